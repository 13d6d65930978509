//! Cutting paths and lines to the part that is drawn. Pure.

use crate::model::{BallPath, PathPiece, TablePoint};

/// No chord of a drawn path is further than this from the path, metres.
const TOLERANCE: f64 = 0.0005;

/// The corners of the part of a path between two moments, seconds after the strike.
pub(super) fn corners_between(path: &BallPath, from: f64, to: f64) -> Vec<TablePoint> {
    let overlapping = path.pieces.iter().filter(|piece| piece.end > from && piece.start < to);
    let pieces = overlapping.map(|piece| {
        let start = piece.start.max(from);
        PathPiece {
            start,
            end: piece.end.min(to),
            position: piece.at(start),
            velocity: piece.velocity + piece.acceleration * (start - piece.start),
            ..*piece
        }
    });
    let part = BallPath { ball: path.ball, pieces: pieces.collect(), fate: path.fate };
    let mut corners = part.polyline(TOLERANCE);
    corners.retain(|corner| corner.x.is_finite() && corner.y.is_finite());
    corners
}

/// The line without its first `length` metres; empty when it is not longer than that.
pub(super) fn without_start(points: &[TablePoint], length: f64) -> Vec<TablePoint> {
    let mut left = length;
    for (i, pair) in points.windows(2).enumerate() {
        let step = (pair[1] - pair[0]).length();
        if step > left {
            let first = pair[0].lerp(pair[1], left / step);
            return std::iter::once(first).chain(points[i + 1..].iter().copied()).collect();
        }
        left -= step;
    }
    Vec::new()
}

/// The line without its last `length` metres; empty when it is not longer than that.
pub(super) fn without_end(points: &[TablePoint], length: f64) -> Vec<TablePoint> {
    let backwards: Vec<_> = points.iter().rev().copied().collect();
    let mut rest = without_start(&backwards, length);
    rest.reverse();
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BallId, Fate, MotionState, TableVector};

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
        assert!((part[0] - piece.at(1.5)).length() < 1e-12);
        assert!((part[part.len() - 1] - piece.at(2.5)).length() < 1e-12);
        for corner in &part {
            // On the parabola y = x² / 4.
            assert!((corner.y - corner.x * corner.x / 4.0).abs() < 1e-12);
        }
        assert!(corners_between(&path, 3.0, f64::INFINITY).is_empty());
        assert!(corners_between(&path, f64::NEG_INFINITY, 1.0).is_empty());
    }

    #[test]
    fn a_line_is_cut_by_arc_length() {
        let line = [
            TablePoint::new(0.0, 0.0),
            TablePoint::new(1.0, 0.0),
            TablePoint::new(1.0, 0.0),
            TablePoint::new(1.0, 1.0),
        ];
        assert_eq!(without_start(&line, 1.25), [TablePoint::new(1.0, 0.25), TablePoint::new(1.0, 1.0)]);
        assert_eq!(without_end(&line, 1.25), [TablePoint::new(0.0, 0.0), TablePoint::new(0.75, 0.0)]);
        assert!(without_start(&line, 2.0).is_empty());
        assert!(without_end(&[], 1.0).is_empty());
    }
}
