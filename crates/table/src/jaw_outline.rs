//! The outline of a cushion beside a pocket, seen from above.

use super::{passage::rounding_cut, table::PocketSpec};

/// Outline of a cushion beside a pocket, seen from above: the rounding after the nose, and the facing after it.
///
/// Depths are distances behind the nose line. Places along the nose are counted into the cushion, from the point where
/// the lines of nose and facing would meet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JawOutline {
    /// Angle of the facing off the nose's perpendicular, towards the pocket, radians.
    turn: f64,
    /// Radius of the rounding, metres.
    radius: f64,
    /// Length that the rounding takes from the nose, metres.
    cut: f64,
}

impl JawOutline {
    /// Returns the outline beside a corner pocket.
    #[must_use]
    pub fn corner(pocket: &PocketSpec) -> Self {
        Self::new(45.0 + pocket.angle, pocket.jaw_radius)
    }

    /// Returns the outline beside a side pocket.
    #[must_use]
    pub fn side(pocket: &PocketSpec) -> Self {
        Self::new(pocket.angle, pocket.jaw_radius)
    }

    fn new(turn_deg: f64, radius: f64) -> Self {
        let turn = turn_deg.to_radians();
        Self { turn, radius, cut: rounding_cut(radius, turn) }
    }

    /// Returns the place of the outline along the nose at a depth, both metres.
    #[must_use]
    pub fn along(&self, depth: f64) -> f64 {
        if self.is_rounded(depth) {
            self.cut - (depth * (2.0 * self.radius - depth)).sqrt()
        } else {
            -depth * self.turn.tan()
        }
    }

    /// Returns the change of [`JawOutline::along`] per change of the depth.
    #[must_use]
    pub fn slope(&self, depth: f64) -> f64 {
        if self.is_rounded(depth) {
            (depth - self.radius) / (depth * (2.0 * self.radius - depth)).sqrt()
        } else {
            -self.turn.tan()
        }
    }

    /// Returns whether the outline at a depth, metres, belongs to the rounding.
    fn is_rounded(&self, depth: f64) -> bool {
        depth < self.cut * self.turn.cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Jaw, RailSegment, TableKind, TablePoint};
    use std::f64::consts::FRAC_1_SQRT_2;

    /// Asserts that an outline follows a facing and its rounding; `local` gives places of the table as place along the
    /// nose and depth.
    fn assert_follows(
        outline: &JawOutline,
        (facing, jaw): (RailSegment, Jaw),
        local: impl Fn(TablePoint) -> [f64; 2],
        name: &str,
    ) {
        let ([_, deepest], [_, rounded]) = (local(facing.from), local(facing.to));
        for end in [facing.from, facing.to] {
            let [along, depth] = local(end);
            // The tables take a sine for a tangent at the wood: no more than this off.
            assert!((outline.along(depth) - along).abs() < 1e-4, "{name}: {}", outline.along(depth));
        }
        let [along, depth] = local(jaw.centre);
        for step in 0..=20 {
            let place = rounded * f64::from(step) / 20.0;
            let distance = (outline.along(place) - along).hypot(place - depth);
            assert!((distance - jaw.radius).abs() < 1e-9, "{name}: {distance} at {place}");
        }
        for place in [0.3 * rounded, 0.7 * rounded, f64::midpoint(rounded, deepest)] {
            let change = (outline.along(place + 1e-7) - outline.along(place - 1e-7)) / 2e-7;
            assert!((outline.slope(place) - change).abs() < 1e-4 * change.abs().max(1.0), "{name}: {change}");
        }
    }

    #[test]
    fn outlines_are_those_of_the_features() {
        for kind in TableKind::all() {
            let spec = kind.spec();
            let (features, Some(pockets)) = (spec.features(), spec.pockets) else { continue };
            let corner_end = FRAC_1_SQRT_2 * pockets.corner.width;
            let side_end = 0.5 * (spec.length - pockets.side.width);
            let of_corner = |p: TablePoint| [p.x - corner_end, -p.y];
            let of_side = |p: TablePoint| [side_end - p.y, -p.x];
            // The first corner facing belongs to the bottom rail, the first side facing to the left one.
            let (corner, side) = ((features.rails[6], features.jaws[0]), (features.rails[14], features.jaws[8]));
            assert_follows(&JawOutline::corner(&pockets.corner), corner, of_corner, kind.name());
            assert_follows(&JawOutline::side(&pockets.side), side, of_side, kind.name());
        }
    }
}
