//! Broad phase: finds the small features of a table that a ball's path can touch at all, with parry's tree of boxes,
//! which Rapier's own queries also use.

use super::table::{Bounds, Obstacle};
use parry2d::{
    bounding_volume::Aabb,
    math::Vector,
    partitioning::{Bvh, BvhBuildStrategy},
};

/// Features, indexed by the boxes in which a ball's centre touches them.
#[derive(Debug, Clone)]
pub(super) struct BroadPhase {
    tree: Bvh,
    obstacles: Vec<Obstacle>,
}

/// Margin for the rounding of boxes to single precision, metres: thirty times the spacing of `f32` at five metres.
const ROUNDING: f64 = 1.5e-5;

impl BroadPhase {
    pub fn new(boxes: &[(Bounds, Obstacle)]) -> Self {
        let leaves: Vec<Aabb> = boxes.iter().map(|(bounds, _)| single(&bounds.grown(ROUNDING))).collect();
        Self {
            tree: Bvh::from_leaves(BvhBuildStrategy::Binned, &leaves),
            obstacles: boxes.iter().map(|(_, obstacle)| *obstacle).collect(),
        }
    }

    /// Calls `visit` with each feature whose box intersects `path`, always in the same order.
    #[inline]
    pub fn meeting(&self, path: &Bounds, mut visit: impl FnMut(Obstacle)) {
        for leaf in self.tree.intersect_aabb(&single(&path.grown(ROUNDING))) {
            visit(self.obstacles[leaf as usize]);
        }
    }

    /// Returns the features.
    #[cfg(test)]
    pub fn obstacles(&self) -> &[Obstacle] {
        &self.obstacles
    }
}

impl PartialEq for BroadPhase {
    /// Compares only the list of features: the tree follows from their geometry, which the table compares separately.
    fn eq(&self, other: &Self) -> bool {
        self.obstacles == other.obstacles
    }
}

fn single(bounds: &Bounds) -> Aabb {
    let corner = |x: f64, y: f64| Vector::new(x as f32, y as f32);
    Aabb::new(corner(bounds.low.x, bounds.low.y), corner(bounds.high.x, bounds.high.y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::Vec2;
    use proptest::prelude::*;

    fn bounds(x: f64, y: f64, width: f64, height: f64) -> Bounds {
        Bounds { low: Vec2::new(x, y), high: Vec2::new(x + width, y + height) }
    }

    proptest! {
        /// Single precision may report a box too many, never one too few.
        #[test]
        fn no_box_is_missed(
            boxes in proptest::collection::vec((-1.0..4.0_f64, -1.0..4.0_f64, 0.0..0.3_f64, 0.0..0.3_f64), 0..40),
            (x, y, width, height) in (-1.0..4.0_f64, -1.0..4.0_f64, 0.0..2.0_f64, 0.0..2.0_f64),
        ) {
            let boxes: Vec<_> =
                (0..).zip(&boxes).map(|(i, (x, y, w, h))| (bounds(*x, *y, *w, *h), Obstacle::JawArc(i))).collect();
            let path = bounds(x, y, width, height);
            let mut met = Vec::new();
            BroadPhase::new(&boxes).meeting(&path, |obstacle| met.push(obstacle));
            for (bounds, obstacle) in &boxes {
                prop_assert!(!bounds.meets(&path) || met.contains(obstacle));
            }
        }
    }
}
