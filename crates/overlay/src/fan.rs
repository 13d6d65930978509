//! Spread of the outcomes of a shot: a band along each path, an ellipse around each resting place.

use super::{
    lines::{Corner, corners_between, divided},
    painter::{BLACK, Painter, Shot},
    shape::{RibbonCorner, Shape},
};
use billiards_table::{BallPath, Fate, RestSpread, TablePoint, TableVector};
use nalgebra::{Matrix2, SymmetricEigen};
use std::f64::consts::TAU;

/// Maximum light of a band, as a share of the full light.
const BAND_LIGHT: f32 = 0.1;
/// Maximum additional width of a band, metres: beyond, it is meaningless.
const WIDEST: f64 = 0.5;
/// Maximum distance between corners of a band, metres.
const STEP: f64 = 0.03;
/// Axes of the ellipse in standard deviations: two of three outcomes lie inside (of a normal distribution in the plane,
/// 1 - exp(-k²/2)).
const ELLIPSE: f64 = 1.5;
/// Number of corners of an ellipse.
const ELLIPSE_STEPS: u32 = 72;
/// Minimum half axis of an ellipse, metres: a line of light has a width.
const MIN_AXIS: f64 = 0.008;
/// Maximum half axis of an ellipse, metres: a larger one is not drawn, because the resting place is unknown.
const MAX_AXIS: f64 = 0.6;
/// Width of the dark frame around the bed, metres.
const FRAME: f64 = 0.6;

impl Painter<'_> {
    /// Draws the bands and the ellipses of the cue ball and the object ball, cut off at the noses.
    pub fn fan(&mut self, shot: &Shot<'_>) {
        let theme = self.scene.theme;
        let drawn = self.shapes.len();
        let balls = [(Some(shot.prediction.cue_ball), theme.tangent), (shot.object_ball, theme.object)];
        let balls: Vec<_> = balls.into_iter().filter_map(|(ball, colour)| Some((ball?, colour))).collect();
        for (ball, colour) in &balls {
            if let Some(path) = shot.path_of(*ball) {
                self.band(path, |painter, strength| painter.light(*colour, strength));
            }
        }
        // The resting place of a ball that missed its pocket is of no interest to the player.
        let is_to_rest = |ball| shot.path_of(ball).is_some_and(|path| path.fate == Fate::Rests);
        for (ball, colour) in balls.iter().filter(|(ball, _)| is_to_rest(*ball)) {
            let spread = self.scene.odds.and_then(|odds| odds.rests.iter().find(|rest| rest.ball == *ball));
            if let Some(points) = spread.and_then(ellipse) {
                self.shapes.push(Shape::Polyline { points, width: theme.thin_width, colour: self.faint(*colour) });
            }
        }
        if self.shapes.len() > drawn {
            self.frame();
        }
    }

    /// Draws the band of the ball's possible paths: one root mean square to either side, and the ball's own width.
    fn band(&mut self, path: &BallPath, light: impl Fn(&Self, f32) -> [f32; 4]) {
        let fade = self.fade(path.ball);
        if fade.opening.is_none() {
            return;
        }
        let corner = |corner: &Corner| {
            let spread = (2.0 * fade.width(corner.time)).min(WIDEST);
            let strength = BAND_LIGHT * glow(spread / fade.ball);
            RibbonCorner { at: corner.place, width: fade.ball + spread, colour: light(self, strength) }
        };
        let corners = divided(&corners_between(path, f64::NEG_INFINITY, f64::INFINITY), STEP);
        let corners = corners.iter().map(corner).collect();
        self.shapes.push(Shape::Ribbon { corners });
    }

    /// Covers the surroundings of the bed with black.
    fn frame(&mut self) {
        let (w, l) = (self.scene.table.width, self.scene.table.length);
        let sides = [
            ((-FRAME, -FRAME), (0.0, l + FRAME)),
            ((w, -FRAME), (w + FRAME, l + FRAME)),
            ((0.0, -FRAME), (w, 0.0)),
            ((0.0, l), (w, l + FRAME)),
        ];
        self.shapes.extend(sides.map(|(min, max)| Shape::rect(min.into(), max.into(), BLACK)));
    }
}

/// Returns the brightness of a band, 0 to 1, at a spread of `spread` ball diameters: dark where the path is certain,
/// brightest at one ball, and dimmer again where it is spread wider.
fn glow(spread: f64) -> f32 {
    (4.0 * spread / (1.0 + spread).powi(2)) as f32
}

/// Returns a closed line around two of three resting places; `None` if they are spread too wide or the spread is not
/// finite.
fn ellipse(spread: &RestSpread) -> Option<Vec<TablePoint>> {
    let [[xx, xy], [_, yy]] = spread.covariance;
    if !(xx.is_finite() && xy.is_finite() && yy.is_finite() && spread.mean.is_finite()) {
        return None;
    }
    let axes = SymmetricEigen::new(Matrix2::new(xx, xy, xy, yy));
    let reach = axes.eigenvalues.map(|variance| (ELLIPSE * variance.max(0.0).sqrt()).max(MIN_AXIS));
    if reach.max() > MAX_AXIS {
        return None;
    }
    let corner = |i: u32| {
        let (sin, cos) = (TAU * f64::from(i) / f64::from(ELLIPSE_STEPS)).sin_cos();
        let off = axes.eigenvectors * nalgebra::Vector2::new(cos * reach.x, sin * reach.y);
        spread.mean + TableVector::new(off.x, off.y)
    };
    Some((0..=ELLIPSE_STEPS).map(corner).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::BallId;

    fn spread(covariance: [[f64; 2]; 2]) -> RestSpread {
        RestSpread { ball: BallId(1), mean: TablePoint::new(0.5, 1.0), covariance, places: Vec::new() }
    }

    #[test]
    fn an_ellipse_holds_two_of_three_outcomes() {
        // Four times as wide along the diagonal as across it.
        let along = ellipse(&spread([[0.0085, 0.0075], [0.0075, 0.0085]])).expect("an ellipse");
        let reach = |x: f64, y: f64| {
            let off = along.iter().map(|p| (*p - TablePoint::new(0.5, 1.0)).dot(TableVector::new(x, y).normalize()));
            off.fold(0.0, f64::max)
        };
        assert!((reach(1.0, 1.0) - ELLIPSE * 0.016_f64.sqrt()).abs() < 1e-3);
        assert!((reach(1.0, -1.0) - ELLIPSE * 0.001_f64.sqrt()).abs() < 1e-3);
        assert!((along[0] - along[along.len() - 1]).length() < 1e-9, "closed");
    }

    #[test]
    fn a_band_is_dark_where_all_is_sure_and_brightest_at_one_ball() {
        assert_eq!([0.0, 1.0].map(glow), [0.0, 1.0]);
        assert!(glow(0.5) < 1.0 && glow(3.0) < glow(2.0));
    }

    #[test]
    fn a_place_that_is_sure_is_small_and_one_that_nobody_knows_is_none() {
        let sure = ellipse(&spread([[0.0; 2]; 2])).expect("an ellipse");
        assert!(sure.iter().all(|p| (*p - TablePoint::new(0.5, 1.0)).length() < 0.01));
        assert_eq!(ellipse(&spread([[1.0, 0.0], [0.0, 0.01]])), None);
        assert_eq!(ellipse(&spread([[f64::NAN, 0.0], [0.0, 0.01]])), None);
    }
}
