//! The cue: its pose and its appearance.

use super::{
    colour::{Rgb, smooth},
    rod::Ends,
};
use billiards_table::TablePoint;
use nalgebra::Vector3;

/// Length of the cue, metres.
pub(super) const LENGTH: f64 = 1.47;

/// Height of the middle of the tip over the bed, radii of the cue ball: about that of its centre.
const TIP_HEIGHT: f64 = 0.030 / 0.028_575;
/// Minimum rise of the cue from tip to butt, metres.
const RISE: f64 = 0.075;

/// Pose of the cue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CuePose {
    /// Tip, projected onto the table.
    pub tip: TablePoint,
    /// Butt, [`LENGTH`] away from the tip.
    pub butt: TablePoint,
    /// Height of the middle of the tip over the bed, metres.
    tip_height: f64,
    /// Rise from tip to butt, metres.
    rise: f64,
}

impl CuePose {
    /// Returns a cue that points at a cue ball of this radius and clears an obstacle `clearance` metres high, `reach`
    /// metres behind its tip: a rail or a ball.
    pub fn over(tip: TablePoint, butt: TablePoint, ball_radius: f64, reach: f64, clearance: f64) -> Self {
        let tip_height = TIP_HEIGHT * ball_radius;
        let wanted = (clearance - tip_height) * LENGTH / reach.max(0.05);
        // The elevation is limited, even over a ball that lies close behind the cue ball.
        Self { tip, butt, tip_height, rise: wanted.clamp(RISE, 0.45) }
    }

    /// Returns the point on the axis `s` metres behind the tip.
    pub fn at(&self, s: f64) -> Vector3<f64> {
        let p = self.tip.lerp(self.butt, s / LENGTH);
        Vector3::new(p.x, p.y, self.tip_height + self.rise * s / LENGTH)
    }

    /// Returns the ends of the axis, inside the rounded ends.
    pub fn ends(&self) -> Ends {
        [self.at(radius(0.0)), self.at(LENGTH - radius(1.0))]
    }
}

/// Returns the radius of the cue at a share of its length, metres: constant near the tip, then widening.
pub(super) fn radius(share: f64) -> f64 {
    0.0063 + 0.0082 * smooth(0.1, 1.0, share)
}

/// Returns the colour and gloss of the cue at a share of its length.
pub(super) fn paint(share: f64) -> (Rgb, f32) {
    let materials = materials();
    let s = share * LENGTH;
    let (_, colour, gloss) = materials.iter().find(|(end, ..)| s <= *end).unwrap_or(&materials[8]);
    (*colour, *gloss)
}

/// Returns the cue's materials from the tip on: end of each, metres from the tip, its colour and its gloss.
fn materials() -> [(f64, Rgb, f32); 9] {
    let maple = Rgb::stored(226, 196, 150);
    let black = Rgb::stored(28, 26, 27);
    let wood = Rgb::stored(74, 34, 24);
    let ivory = Rgb::stored(240, 234, 218);
    [
        (0.004, Rgb::stored(66, 98, 138), 0.0),
        (0.028, ivory, 0.35),
        (0.730, maple, 0.25),
        (0.738, black, 0.3),
        (0.752, Rgb::stored(196, 190, 178), 0.6),
        (1.020, wood, 0.35),
        (1.030, ivory, 0.3),
        (1.340, Rgb::stored(44, 42, 46), 0.08),
        (LENGTH, wood, 0.35),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn materials_follow_each_other_to_the_end() {
        let ends = materials().map(|(end, ..)| end);
        assert!(ends.is_sorted() && ends[8] == LENGTH);
        assert!(radius(0.0) < radius(0.5) && radius(0.5) < radius(1.0));
    }

    #[test]
    fn the_cue_passes_over_what_stands_behind_the_ball() {
        let (tip, butt) = (TablePoint::new(0.4, 0.5), TablePoint::new(0.4, 0.5 + LENGTH));
        let level = CuePose::over(tip, butt, 0.028_575, 1.0, 0.055);
        assert_eq!((level.rise, level.at(0.0).z), (RISE, 0.030));
        let raised = CuePose::over(tip, butt, 0.028_575, 0.15, 0.055);
        assert!((raised.at(0.15).z - 0.055).abs() < 1e-9);
        assert!((raised.ends()[0].z - 0.030).abs() < 0.002);
        let small = CuePose::over(tip, butt, 0.016, 1.0, 0.055);
        assert!((small.at(0.0).z - 0.016).abs() < 0.001);
    }
}
