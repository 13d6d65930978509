//! The passage between the facings of a pocket, which its hole must close: a ball that gets past a hole would leave the
//! table.

use super::{TablePoint, frames::distance_to_segment, table::PocketSpec};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2};

/// Returns the length, metres, that a rounding of this radius takes from the nose and from a facing that turns off the
/// nose's perpendicular by `turn` radians.
pub(super) fn rounding_cut(radius: f64, turn: f64) -> f64 {
    radius / (0.5 * (FRAC_PI_2 + turn)).tan()
}

/// One facing of a pocket, seen along the axis of its mouth: x is the distance outwards from the line between the points
/// where facings and noses would meet, y the distance from the axis, both metres.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passage {
    /// End of the facing at its rounding.
    inner: TablePoint,
    /// End of the facing at the wood.
    outer: TablePoint,
    /// Distance of the hole's centre outwards, metres.
    hole: f64,
}

impl Passage {
    /// Returns the passage of a corner pocket in a cushion of this width, metres.
    pub fn corner(pocket: &PocketSpec, cushion: f64) -> Self {
        let turn = (45.0 + pocket.angle).to_radians();
        let cut = rounding_cut(pocket.jaw_radius, turn);
        // From the mouth's line, `back` behind the nose line and `along` towards the corner.
        let at = |along: f64, back: f64| {
            TablePoint::new(FRAC_1_SQRT_2 * (along + back), 0.5 * pocket.width - FRAC_1_SQRT_2 * (along - back))
        };
        Self {
            inner: at(cut * turn.sin(), cut * turn.cos()),
            outer: at(cushion * turn.tan(), cushion),
            hole: 0.5 * pocket.width + pocket.depth,
        }
    }

    /// Returns the passage of a side pocket in a cushion of this width, metres.
    pub fn side(pocket: &PocketSpec, cushion: f64) -> Self {
        let turn = pocket.angle.to_radians();
        let cut = rounding_cut(pocket.jaw_radius, turn);
        let at = |back: f64, aside: f64| TablePoint::new(back, 0.5 * pocket.width - aside);
        Self {
            inner: at(cut * turn.cos(), cut * turn.sin()),
            outer: at(cushion, cushion * turn.sin()),
            hole: pocket.depth,
        }
    }

    /// Returns the radius, metres, above which the hole takes every ball of this radius that comes through the passage,
    /// also one that slides along the facing.
    pub fn closing_radius(&self, ball_radius: f64) -> f64 {
        let beside = |facing: TablePoint| TablePoint::new(facing.x, (facing.y - ball_radius).max(0.0));
        distance_to_segment(TablePoint::new(self.hole, 0.0), beside(self.inner), beside(self.outer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableKind;

    #[test]
    fn every_shipped_hole_closes_its_passage() {
        for kind in TableKind::all() {
            let spec = kind.spec();
            let ball = spec.ball_radius.min(spec.cue_ball.radius);
            let Some(pockets) = spec.pockets else { continue };
            let corner = Passage::corner(&pockets.corner, spec.cushion_width).closing_radius(ball);
            let side = Passage::side(&pockets.side, spec.cushion_width).closing_radius(ball);
            assert!(corner < pockets.corner.radius && side < pockets.side.radius, "{kind}: {corner} {side}");
        }
    }

    /// The ends of the facings are those of the features.
    #[test]
    fn facings_are_those_of_the_table() {
        let spec = TableKind::NINE_FOOT.spec();
        let pockets = spec.pockets.expect("pockets");
        let facings = &spec.features().rails[6..];
        let (corner, side) = (facings[0], facings[8]);
        let mouth = pockets.corner.width * FRAC_1_SQRT_2;
        let of_corner =
            |p: TablePoint| TablePoint::new(FRAC_1_SQRT_2 * (mouth - p.x - p.y), FRAC_1_SQRT_2 * (p.x - p.y));
        let of_side = |p: TablePoint| TablePoint::new(-p.x, p.y - 0.5 * spec.length);
        let passage = Passage::corner(&pockets.corner, spec.cushion_width);
        for (ours, theirs) in [(passage.outer, of_corner(corner.from)), (passage.inner, of_corner(corner.to))] {
            assert!((ours - theirs).length() < 1e-9, "{ours:?} {theirs:?}");
        }
        let passage = Passage::side(&pockets.side, spec.cushion_width);
        for (ours, theirs) in [(passage.outer, of_side(side.from)), (passage.inner, of_side(side.to))] {
            assert!((ours.x - theirs.x).abs() < 1e-9 && (ours.y - theirs.y.abs()).abs() < 1e-9, "{ours:?} {theirs:?}");
        }
    }
}
