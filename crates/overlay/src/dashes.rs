//! Patterns of dashed lines. Pure.
//!
//! The lines of a shot are distinguished by their dashes, whatever colours the cloth leaves of the light: the cue
//! ball's path up to the contact is solid, the others are dashed, each with its own pattern.

use super::lines::Corner;
use euclid::Point2D;

/// Minimum length of a stroke and of a gap, metres: shorter ones could not be distinguished.
const MIN_LENGTH: f64 = 0.001;

/// Lengths along a dashed line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DashPattern {
    /// Length of a stroke, metres.
    pub stroke: f64,
    /// Length of the gap between two strokes, metres.
    pub gap: f64,
}

impl DashPattern {
    /// Pattern of the path of the object ball: long strokes.
    pub const OBJECT_BALL: Self = Self { stroke: 0.08, gap: 0.03 };
    /// Pattern of the path of the cue ball after the contact: dots, four pixels long with a 720-line projector, with
    /// gaps that are wide enough to be seen from three metres away (5 minutes of arc even at a slant of 1 in 4).
    pub const AFTER_CONTACT: Self = Self { stroke: 0.01, gap: 0.018 };
    /// Pattern of the paths of the balls that are hit later: short strokes.
    pub const OTHER_BALLS: Self = Self { stroke: 0.03, gap: 0.02 };
    /// Pattern of the line of sight.
    pub const SIGHT_LINE: Self = Self { stroke: 0.012, gap: 0.018 };
    /// Pattern of the tangent line.
    pub const TANGENT_LINE: Self = Self { stroke: 0.02, gap: 0.01 };
}

/// A corner of a line that can be cut between corners.
pub(crate) trait LinePoint: Copy {
    /// Returns the distance to another corner, metres.
    fn distance(self, other: Self) -> f64;
    /// Returns the corner at the share `share` (0 to 1) of the line to another one.
    fn towards(self, other: Self, share: f64) -> Self;
}

impl<Unit: Copy> LinePoint for Point2D<f64, Unit> {
    fn distance(self, other: Self) -> f64 {
        (other - self).length()
    }

    fn towards(self, other: Self, share: f64) -> Self {
        self.lerp(other, share)
    }
}

impl LinePoint for Corner {
    fn distance(self, other: Self) -> f64 {
        self.place.distance(other.place)
    }

    fn towards(self, other: Self, share: f64) -> Self {
        Self { place: self.place.lerp(other.place, share), time: self.time + share * (other.time - self.time) }
    }
}

/// Returns the strokes of a dashed line, beginning with a stroke.
pub(crate) fn dashes<P: LinePoint>(points: &[P], pattern: DashPattern) -> Vec<Vec<P>> {
    let Some(&first) = points.first() else { return Vec::new() };
    let (dash, gap) = (pattern.stroke.max(MIN_LENGTH), pattern.gap.max(MIN_LENGTH));
    let mut strokes = Vec::new();
    let mut stroke = vec![first];
    let (mut lit, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut rest = from.distance(to);
        while rest > left {
            let cut = from.towards(to, left / rest);
            if lit {
                stroke.push(cut);
                strokes.push(std::mem::take(&mut stroke));
            } else {
                stroke = vec![cut];
            }
            rest -= left;
            from = cut;
            lit = !lit;
            left = if lit { dash } else { gap };
        }
        left -= rest;
        if lit {
            stroke.push(to);
        }
    }
    if lit && stroke.len() > 1 {
        strokes.push(stroke);
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TablePoint;

    fn point(x: f64, y: f64) -> TablePoint {
        TablePoint::new(x, y)
    }

    #[test]
    fn dashes_are_as_long_as_they_say_and_follow_bends() {
        let corners = [point(0.0, 0.0), point(0.05, 0.0), point(0.05, 0.99)];
        let strokes = dashes(&corners, DashPattern { stroke: 0.03, gap: 0.02 });
        assert_eq!(strokes.len(), 21);
        for stroke in &strokes {
            let length: f64 = stroke.windows(2).map(|pair| (pair[1] - pair[0]).length()).sum();
            assert!((length - 0.03).abs() < 1e-9, "{stroke:?}");
        }
        assert!((strokes[1][0] - point(0.05, 0.0)).length() < 1e-9);
        // Strokes of zero length would never end.
        assert!(dashes(&corners, DashPattern { stroke: 0.0, gap: 0.0 }).len() < 1000);
    }

    #[test]
    fn strokes_keep_their_times() {
        let at = |y: f64, time: f64| Corner { place: point(0.0, y), time };
        let strokes = dashes(&[at(0.0, 1.0), at(0.09, 1.9)], DashPattern { stroke: 0.02, gap: 0.03 });
        let ends: Vec<_> = strokes.iter().flatten().map(|corner| corner.time).collect();
        for (time, expected) in ends.iter().zip([1.0, 1.2, 1.5, 1.7]) {
            assert!((time - expected).abs() < 1e-9, "{ends:?}");
        }
        assert_eq!(ends.len(), 4);
    }
}
