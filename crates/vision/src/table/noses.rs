//! Nose lines, and the places along a side at which they are examined.

use crate::lines::Line;
use euclid::Point2D;

/// One nose line, in the pixel grid `U`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nose<U> {
    /// Line along the nose; its normal points inwards.
    pub line: Line<U>,
    /// `true` if its edge was visible; otherwise it is inferred from the cushion's outer edge.
    pub seen: bool,
}

/// Returns the quad between four lines, side 0 first.
pub(super) fn corners<U: Copy>([top, right, bottom, left]: &[Line<U>; 4]) -> Option<[Point2D<f64, U>; 4]> {
    Some([left.meet(top)?, top.meet(right)?, right.meet(bottom)?, bottom.meet(left)?])
}

/// Returns the places along a side at which the nose is examined, as shares of the side, without the pockets.
pub(super) fn stations(count: usize, long: bool) -> impl Iterator<Item = f64> {
    (0..count)
        .map(move |i| 0.11 + 0.78 * i as f64 / (count - 1) as f64)
        .filter(move |t| !long || (t - 0.5).abs() > 0.055)
}
