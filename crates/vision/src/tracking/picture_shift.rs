//! Distinguishes a moved picture from moved balls: when the camera is knocked, (nearly) all balls at rest are detected
//! elsewhere at once, and in the same direction. No shot does that: in a break the cue ball leaves first, and the
//! others scatter.

use billiards_table::TableVector;

/// Minimum number of balls that move at once when the picture does: fewer may be pushed by a hand.
pub const MIN_MOVED_BALLS: usize = 3;
/// Minimum share of the resting balls that move when the picture does.
const MIN_MOVED_SHARE: f64 = 0.7;
/// Minimum length of the sum of the steps over the sum of their lengths; 1 if all balls move the same way.
const MIN_COHERENCE: f64 = 0.8;

/// Returns the mean of the `steps` that some of a number of `resting` balls made within a frame, metres, if the picture
/// has moved; `None` if it has not, or if the steps are fewer than `fewest`.
#[must_use]
pub fn common_shift(steps: &[TableVector], resting: usize, fewest: usize) -> Option<TableVector> {
    let sum = steps.iter().fold(TableVector::zero(), |sum, step| sum + *step);
    let lengths: f64 = steps.iter().map(|step| step.length()).sum();
    let moved = steps.len() >= fewest
        && steps.len() as f64 >= MIN_MOVED_SHARE * resting as f64
        && sum.length() > MIN_COHERENCE * lengths;
    moved.then(|| sum / steps.len() as f64)
}
