//! Cuts paths to the part that is drawn. Pure.

use super::dashes::LinePoint;
use billiards_table::{BallPath, TablePoint};

/// Maximum distance of a drawn chord from the path, metres.
const TOLERANCE: f64 = 0.0005;

/// A corner of a drawn path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Corner {
    /// Place of the ball's centre.
    pub place: TablePoint,
    /// Time at that place, seconds after the strike.
    pub time: f64,
}

/// Returns the corners of the part of a path between two times, seconds after the strike.
pub(crate) fn corners_between(path: &BallPath, from: f64, to: f64) -> Vec<Corner> {
    let mut corners: Vec<Corner> = Vec::new();
    for part in path.between(from, to).pieces {
        let places = BallPath { ball: path.ball, pieces: vec![part], fate: path.fate }.polyline(TOLERANCE);
        // They are evenly spaced in time; of a piece without end, only the start is known.
        let step = (part.end - part.start) / places.len().saturating_sub(1).max(1) as f64;
        let step = if step.is_finite() { step } else { 0.0 };
        // The end of a piece is the start of the next.
        corners.pop();
        corners.extend((0..).zip(places).map(|(i, place)| Corner { place, time: part.start + step * f64::from(i) }));
    }
    corners.retain(|corner| corner.place.is_finite());
    corners
}

/// Returns the places without the times.
pub(crate) fn places(corners: &[Corner]) -> Vec<TablePoint> {
    corners.iter().map(|corner| corner.place).collect()
}

/// Returns the line without its first `length` metres; empty if it is not longer than that.
pub(crate) fn without_start(corners: &[Corner], length: f64) -> Vec<Corner> {
    let mut left = length;
    for (i, pair) in corners.windows(2).enumerate() {
        let step = (pair[1].place - pair[0].place).length();
        if step > left {
            let first = pair[0].towards(pair[1], left / step);
            return std::iter::once(first).chain(corners[i + 1..].iter().copied()).collect();
        }
        left -= step;
    }
    Vec::new()
}

/// Returns the line without its last `length` metres; empty if it is not longer than that.
pub(crate) fn without_end(corners: &[Corner], length: f64) -> Vec<Corner> {
    let backwards: Vec<_> = corners.iter().rev().copied().collect();
    let mut rest = without_start(&backwards, length);
    rest.reverse();
    rest
}

/// Returns the same line with corners at most `step` metres apart.
pub(crate) fn divided(corners: &[Corner], step: f64) -> Vec<Corner> {
    let mut finer: Vec<Corner> = Vec::new();
    for pair in corners.windows(2) {
        let parts = ((pair[1].place - pair[0].place).length() / step).ceil().clamp(1.0, 256.0);
        finer.extend((0..parts as usize).map(|i| pair[0].towards(pair[1], i as f64 / parts)));
    }
    finer.extend(corners.last());
    finer
}

/// Returns the length of a line, metres.
pub(crate) fn length(corners: &[Corner]) -> f64 {
    corners.windows(2).map(|pair| (pair[1].place - pair[0].place).length()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallId, Fate, MotionState, PathPiece, TableVector};

    #[test]
    fn a_path_is_cut_in_time_with_its_speed_and_curve() {
        let piece = PathPiece {
            start: 1.0,
            end: 3.0,
            position: TablePoint::new(0.0, 0.0),
            velocity: TableVector::new(1.0, 0.0),
            acceleration: TableVector::new(0.0, 0.5),
            motion: MotionState::Sliding,
        };
        let path = BallPath { ball: BallId(1), pieces: vec![piece], fate: Fate::Rests };
        let part = corners_between(&path, 1.5, 2.5);
        assert!((part[0].place - piece.at(1.5)).length() < 1e-12);
        assert!((part[part.len() - 1].place - piece.at(2.5)).length() < 1e-12);
        for corner in &part {
            // On the parabola y = x² / 4, at their time.
            assert!((corner.place.y - corner.place.x * corner.place.x / 4.0).abs() < 1e-12);
            assert!((corner.place - piece.at(corner.time)).length() < 1e-12);
        }
        assert!(corners_between(&path, 3.0, f64::INFINITY).is_empty());
        assert!(corners_between(&path, f64::NEG_INFINITY, 1.0).is_empty());
    }

    fn line() -> [Corner; 4] {
        let at = |x: f64, y: f64, time: f64| Corner { place: TablePoint::new(x, y), time };
        [at(0.0, 0.0, 0.0), at(1.0, 0.0, 1.0), at(1.0, 0.0, 1.0), at(1.0, 1.0, 3.0)]
    }

    #[test]
    fn a_line_is_cut_by_arc_length() {
        let after = without_start(&line(), 1.25);
        assert_eq!(places(&after), [TablePoint::new(1.0, 0.25), TablePoint::new(1.0, 1.0)]);
        assert_eq!(after[0].time, 1.5);
        assert_eq!(places(&without_end(&line(), 1.25)), [TablePoint::new(0.0, 0.0), TablePoint::new(0.75, 0.0)]);
        assert!(without_start(&line(), 2.0).is_empty());
        assert!(without_end(&[], 1.0).is_empty());
    }

    #[test]
    fn a_divided_line_is_the_same_line() {
        let fine = divided(&line(), 0.3);
        assert!(fine.windows(2).all(|pair| (pair[1].place - pair[0].place).length() < 0.3));
        assert_eq!((fine[0], fine[fine.len() - 1]), (line()[0], line()[3]));
        assert!((length(&fine) - length(&line())).abs() < 1e-12);
        assert!(divided(&[], 0.3).is_empty());
    }
}
