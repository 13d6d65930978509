//! Lines that fade where the ball's path is uncertain. Pure.

use super::{
    dashes::{DashPattern, dashes},
    lines::{Corner, divided},
    shape::{RibbonCorner, Shape},
};
use billiards_table::Opening;

/// Maximum width of the fan at which a line has full brightness, ball diameters: the line hides the spread.
const SURE: f64 = 0.25;
/// Minimum width of the fan at which a line has its lowest brightness, ball diameters: the ball may miss everything
/// that it seems to hit.
const UNSURE: f64 = 1.75;
/// Maximum distance between corners of a fading line, metres: the steps of its light are invisible.
const STEP: f64 = 0.03;

/// Fading of a line along a ball's path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fade<'a> {
    /// Opening of the fan of the ball's paths; `None` if it is not known, in which case the path counts as certain.
    pub opening: Option<&'a Opening>,
    /// Diameter of a ball, metres.
    pub ball: f64,
    /// Minimum brightness, as a share (0 to 1) of the full light.
    pub faint: f32,
}

impl Fade<'_> {
    /// Returns the width of the fan at a time, seconds after the strike: root mean square, metres.
    pub fn width(&self, time: f64) -> f64 {
        self.opening.map_or(0.0, |opening| opening.width_at(time))
    }

    /// Returns the brightness of a line at a time, `faint` to 1.
    pub fn strength(&self, time: f64) -> f32 {
        let share = ((self.width(time) / self.ball - SURE) / (UNSURE - SURE)).clamp(0.0, 1.0);
        // Smooth at either end: a kink in brightness looks like a line across.
        let faded = (share * share * (3.0 - 2.0 * share)) as f32;
        (1.0 - faded) + faded * self.faint
    }

    /// Returns the line through these corners, solid without a pattern, in a light that fades (`light` maps a strength
    /// to it); nothing for a line of zero length.
    pub fn line(
        &self,
        corners: &[Corner],
        width: f64,
        pattern: Option<DashPattern>,
        light: impl Fn(f32) -> [f32; 4],
    ) -> Vec<Shape> {
        let [first, .., last] = corners else { return Vec::new() };
        // Fans only open: if the end is certain, everything is.
        if self.strength(last.time) >= 1.0 && self.strength(first.time) >= 1.0 {
            let (points, colour) = (corners.iter().map(|corner| corner.place).collect(), light(1.0));
            return vec![match pattern {
                Some(DashPattern { stroke, gap }) => Shape::Dashes { points, width, dash: stroke, gap, colour },
                None => Shape::Polyline { points, width, colour },
            }];
        }
        let corner =
            |corner: &Corner| RibbonCorner { at: corner.place, width, colour: light(self.strength(corner.time)) };
        let ribbon = |stroke: &[Corner]| Shape::Ribbon { corners: divided(stroke, STEP).iter().map(corner).collect() };
        match pattern {
            Some(pattern) => dashes(corners, pattern).iter().map(|stroke| ribbon(stroke)).collect(),
            None => vec![ribbon(corners)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallId, TablePoint};

    const BALL: f64 = 0.05;

    fn opening(widths: &[(f64, f64)]) -> Opening {
        Opening { ball: BallId(1), widths: widths.to_vec() }
    }

    fn fade(opening: &Opening) -> Fade<'_> {
        Fade { opening: Some(opening), ball: BALL, faint: 0.3 }
    }

    #[test]
    fn the_width_is_even_between_the_moments() {
        let opening = opening(&[(1.0, 0.02), (3.0, 0.06), (4.0, f64::INFINITY)]);
        let fade = fade(&opening);
        for (time, width) in [(-1.0, 0.0), (0.5, 0.01), (2.0, 0.04), (3.5, 0.06), (4.0, f64::INFINITY)] {
            assert!(fade.width(time) == width || (fade.width(time) - width).abs() < 1e-12, "{time}");
        }
        assert!((fade.strength(9.0) - 0.3).abs() < 1e-6);
        assert_eq!(Fade { opening: None, ..fade }.strength(9.0), 1.0);
    }

    #[test]
    fn a_line_loses_its_light_little_by_little() {
        let opening = opening(&[(2.0, 0.1)]);
        let at = |y: f64, time: f64| Corner { place: TablePoint::new(0.5, y), time };
        let light = |s: f32| [s, s, s, 1.0];
        let line = fade(&opening).line(&[at(0.0, 0.0), at(1.0, 2.0)], 0.008, None, light);
        let [Shape::Ribbon { corners }] = &line[..] else { panic!("{line:?}") };
        let levels: Vec<f32> = corners.iter().map(|corner| corner.colour[0]).collect();
        assert_eq!((levels[0], levels[levels.len() - 1] < 0.31), (1.0, true));
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] && pair[0] - pair[1] < 0.05), "{levels:?}");
        // A dashed line fades as much, stroke by stroke.
        let pattern = DashPattern { stroke: 0.06, gap: 0.04 };
        let broken = fade(&opening).line(&[at(0.0, 0.0), at(1.0, 2.0)], 0.008, Some(pattern), light);
        assert_eq!(broken.len(), 10);
        let Some(Shape::Ribbon { corners }) = broken.last() else { panic!("{broken:?}") };
        assert!(corners[0].colour[0] < 0.5 && (corners[0].at.y - 0.9).abs() < 1e-9, "{corners:?}");
        // A certain line is one stroke of one colour.
        let sure = |pattern| fade(&opening).line(&[at(0.0, 0.0), at(0.1, 0.2)], 0.008, pattern, light);
        assert!(matches!(sure(None)[..], [Shape::Polyline { .. }]));
        assert!(matches!(sure(Some(pattern))[..], [Shape::Dashes { dash: 0.06, gap: 0.04, .. }]));
        assert!(fade(&opening).line(&[at(0.0, 0.0)], 0.008, None, light).is_empty());
    }
}
