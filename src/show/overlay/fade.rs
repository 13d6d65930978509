//! Lines fade where it is uncertain that the ball passes there. Pure.

use super::{
    dashes::{DashPattern, dashes},
    lines::{Corner, divided},
    shape::{RibbonCorner, Shape},
};
use crate::model::Opening;

/// Up to this width of the fan, in balls, a line is at its brightest: it hides the spread.
const SURE: f64 = 0.25;
/// From this width on, in balls, a line is at its faintest: the ball may pass beside everything that it seems to hit.
const UNSURE: f64 = 1.75;
/// Corners of a fading line are no further apart than this, metres: steps of its light are not seen.
const STEP: f64 = 0.03;

/// How a line fades along a ball's way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fade<'a> {
    /// How the ball's ways open; `None`: not known, and taken for sure.
    pub opening: Option<&'a Opening>,
    /// Diameter of a ball, metres.
    pub ball: f64,
    /// What is left of the light at its faintest, 0 to 1.
    pub faint: f32,
}

impl Fade<'_> {
    /// Width of the fan at a moment, seconds after the strike: root mean square, metres.
    pub fn width(&self, time: f64) -> f64 {
        self.opening.map_or(0.0, |opening| opening.width_at(time))
    }

    /// How bright a line is at a moment, `faint` to 1.
    pub fn strength(&self, time: f64) -> f32 {
        let share = ((self.width(time) / self.ball - SURE) / (UNSURE - SURE)).clamp(0.0, 1.0);
        // No bend at either end: a bend in brightness looks like a line across.
        let faded = (share * share * (3.0 - 2.0 * share)) as f32;
        (1.0 - faded) + faded * self.faint
    }

    /// The line through these corners, solid without a pattern, in a light (`light` gives it for a strength) that fades;
    /// nothing for a line without a length.
    pub fn line(
        &self,
        corners: &[Corner],
        width: f64,
        pattern: Option<DashPattern>,
        light: impl Fn(f32) -> [f32; 4],
    ) -> Vec<Shape> {
        let [first, .., last] = corners else { return Vec::new() };
        // Fans only open: where the end is sure, everything is.
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
    use crate::model::{BallId, TablePoint};

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
        // A broken line fades as much, stroke by stroke.
        let pattern = DashPattern { stroke: 0.06, gap: 0.04 };
        let broken = fade(&opening).line(&[at(0.0, 0.0), at(1.0, 2.0)], 0.008, Some(pattern), light);
        assert_eq!(broken.len(), 10);
        let Some(Shape::Ribbon { corners }) = broken.last() else { panic!("{broken:?}") };
        assert!(corners[0].colour[0] < 0.5 && (corners[0].at.y - 0.9).abs() < 1e-9, "{corners:?}");
        // A sure line is one stroke of one colour.
        let sure = |pattern| fade(&opening).line(&[at(0.0, 0.0), at(0.1, 0.2)], 0.008, pattern, light);
        assert!(matches!(sure(None)[..], [Shape::Polyline { .. }]));
        assert!(matches!(sure(Some(pattern))[..], [Shape::Dashes { dash: 0.06, gap: 0.04, .. }]));
        assert!(fade(&opening).line(&[at(0.0, 0.0)], 0.008, None, light).is_empty());
    }
}
