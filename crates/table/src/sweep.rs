//! First contact of a point on a straight path with a line or a circle, in closed form.
//!
//! A ball that sweeps past an obstacle is equivalent to its centre sweeping past the obstacle grown by its radius.
//! Rapier finds which obstacle comes first; these functions find the exact distance.

use crate::{TablePoint, TableVector};

/// Returns the distance to the first contact from outside with the circle around `centre`, metres; `direction` has unit
/// length. A start inside that moves further in meets the circle at once; one that moves out does not meet it.
#[must_use]
pub fn meet_circle(from: TablePoint, direction: TableVector, centre: TablePoint, radius: f64) -> Option<f64> {
    let out = from - centre;
    let approach = -out.dot(direction);
    if approach <= 0.0 {
        return None;
    }
    let gap = out.square_length() - radius * radius;
    if gap <= 0.0 {
        return Some(0.0);
    }
    let under_root = approach * approach - gap;
    // The smaller of the two roots, in the form without cancellation.
    (under_root >= 0.0).then(|| gap / (approach + under_root.sqrt()))
}

/// Returns the distance to the first contact with the line segment from `a` to `b`, offset by `radius` towards the
/// start, metres. The rounded ends are left out: jaws are obstacles of their own.
#[must_use]
pub fn meet_segment(
    from: TablePoint,
    direction: TableVector,
    a: TablePoint,
    b: TablePoint,
    radius: f64,
) -> Option<f64> {
    let along = (b - a).try_normalize()?;
    let side = TableVector::new(-along.y, along.x);
    let normal = if (from - a).dot(side) < 0.0 { -side } else { side };
    let approach = -direction.dot(normal);
    if approach <= 0.0 {
        return None;
    }
    let distance = (((from - a).dot(normal) - radius) / approach).max(0.0);
    let foot = (from + direction * distance - a).dot(along);
    (0.0..=(b - a).length()).contains(&foot).then_some(distance)
}

/// Returns the distance along a straight path of `length` metres to the point where it enters the circle, metres; 0 if
/// it starts inside.
#[must_use]
pub fn enter_circle(
    from: TablePoint,
    direction: TableVector,
    length: f64,
    centre: TablePoint,
    radius: f64,
) -> Option<f64> {
    if (from - centre).length() < radius {
        return Some(0.0);
    }
    meet_circle(from, direction, centre, radius).filter(|distance| *distance <= length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const X: TableVector = TableVector::new(1.0, 0.0);

    fn at(x: f64, y: f64) -> TablePoint {
        TablePoint::new(x, y)
    }

    #[test]
    fn a_circle_is_met_at_its_edge() {
        assert!((meet_circle(at(0.0, 0.3), X, at(1.0, 0.0), 0.5).expect("met") - 0.6).abs() < 1e-12);
        assert_eq!(meet_circle(at(0.0, 0.6), X, at(1.0, 0.0), 0.5), None, "passed");
        assert_eq!(meet_circle(at(2.0, 0.0), X, at(1.0, 0.0), 0.5), None, "left behind");
        assert_eq!(meet_circle(at(1.2, 0.0), X, at(1.0, 0.0), 0.5), None, "left from inside");
        assert_eq!(meet_circle(at(0.8, 0.0), X, at(1.0, 0.0), 0.5), Some(0.0));
    }

    #[test]
    fn a_segment_is_met_from_both_sides_but_not_beyond_its_ends() {
        let (a, b) = (at(1.0, -0.5), at(1.0, 0.5));
        assert!((meet_segment(at(0.0, 0.0), X, a, b, 0.1).expect("met") - 0.9).abs() < 1e-12);
        assert!((meet_segment(at(3.0, 0.2), -X, b, a, 0.1).expect("met") - 1.9).abs() < 1e-12);
        assert_eq!(meet_segment(at(0.0, 0.6), X, a, b, 0.1), None);
        assert_eq!(meet_segment(at(0.0, 0.0), -X, a, b, 0.1), None);
    }

    #[test]
    fn a_circle_is_entered_within_the_length_only() {
        assert!((enter_circle(at(0.0, 0.0), X, 1.0, at(1.0, 0.0), 0.3).expect("entered") - 0.7).abs() < 1e-12);
        assert_eq!(enter_circle(at(0.0, 0.0), X, 0.6, at(1.0, 0.0), 0.3), None);
        assert_eq!(enter_circle(at(1.1, 0.0), X, 0.6, at(1.0, 0.0), 0.3), Some(0.0));
    }

    proptest! {
        #[test]
        fn contacts_lie_on_what_is_met(
            x in -1.0..1.0_f64, y in -1.0..1.0_f64, angle in 0.0..std::f64::consts::TAU, radius in 0.01..0.5_f64,
        ) {
            let (from, direction) = (at(x, y), TableVector::new(angle.cos(), angle.sin()));
            if let Some(distance) = meet_circle(from, direction, at(0.2, 0.1), radius) {
                let out = from + direction * distance - at(0.2, 0.1);
                prop_assert!(distance >= 0.0);
                prop_assert!(distance == 0.0 || (out.length() - radius).abs() < 1e-9);
                prop_assert!(out.dot(direction) <= 1e-6, "it is approached");
            }
        }
    }
}
