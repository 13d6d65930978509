//! Racks: balls frozen to one another, up to a tiny gap.

use super::vector::Vec2;
use billiards_table::TableSpec;

/// Gap between racked balls, metres: wider than any displacement by rounding and contacts.
pub const RACK_GAP: f64 = 2e-5;

/// Returns the centre of the front ball of a rack, metres: the middle of the far half.
#[must_use]
pub fn foot_spot(spec: &TableSpec) -> Vec2 {
    Vec2::new(spec.width / 2.0, spec.length * 0.75)
}

/// Returns the centre of the cue ball for the break, metres: the middle of the near half.
#[must_use]
pub fn head_spot(spec: &TableSpec) -> Vec2 {
    Vec2::new(spec.width / 2.0, spec.length * 0.25)
}

/// Returns the centres of a rack with `counts` balls in its rows, metres. The middle of the first row is at `apex`,
/// further rows lie towards +y. The order is row by row, each from −x to +x. Neighbours are `2·radius + gap` apart.
#[must_use]
pub fn rows(counts: &[usize], apex: Vec2, radius: f64, gap: f64) -> Vec<Vec2> {
    let pitch = 2.0 * radius + gap;
    let depth = pitch * 0.75_f64.sqrt();
    (0_u32..)
        .zip(counts)
        .flat_map(|(row, &count)| {
            let left = apex + Vec2::new(-0.5 * pitch * (count.max(1) - 1) as f64, depth * f64::from(row));
            (0..count).map(move |column| left + Vec2::new(pitch * column as f64, 0.0))
        })
        .collect()
}

/// Returns the centres of the triangle of 15 balls, see [`rows`].
#[must_use]
pub fn triangle(apex: Vec2, radius: f64, gap: f64) -> Vec<Vec2> {
    rows(&[1, 2, 3, 4, 5], apex, radius, gap)
}

/// Returns the centres of the diamond of 9 balls, see [`rows`].
#[must_use]
pub fn diamond(apex: Vec2, radius: f64, gap: f64) -> Vec<Vec2> {
    rows(&[1, 2, 3, 2, 1], apex, radius, gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn racked_balls_are_a_gap_apart() {
        for balls in [triangle(Vec2::ZERO, 0.03, 1e-5), diamond(Vec2::new(0.6, 1.9), 0.03, 1e-5)] {
            for (i, a) in balls.iter().enumerate() {
                let nearest = balls.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, b)| (*b - *a).length());
                assert!((nearest.fold(f64::INFINITY, f64::min) - 0.060_01).abs() < 1e-12);
            }
        }
        assert_eq!(triangle(Vec2::ZERO, 0.03, 0.0).len(), 15);
        assert_eq!(diamond(Vec2::ZERO, 0.03, 0.0).len(), 9);
    }
}
