//! Broken lines. Pure.

use euclid::Point2D;

/// Shorter strokes and gaps of a broken line could not be told apart, metres.
const SHORTEST_DASH: f64 = 0.001;

/// The strokes of a broken line, beginning with a stroke.
pub(super) fn dashes<Unit: Copy>(points: &[Point2D<f64, Unit>], dash: f64, gap: f64) -> Vec<Vec<Point2D<f64, Unit>>> {
    let Some(&first) = points.first() else { return Vec::new() };
    let (dash, gap) = (dash.max(SHORTEST_DASH), gap.max(SHORTEST_DASH));
    let mut strokes = Vec::new();
    let mut stroke = vec![first];
    let (mut lit, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        let mut rest = (to - from).length();
        while rest > left {
            let cut = from.lerp(to, left / rest);
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
    use crate::model::TablePoint;

    fn point(x: f64, y: f64) -> TablePoint {
        TablePoint::new(x, y)
    }

    #[test]
    fn dashes_are_as_long_as_they_say_and_follow_bends() {
        let corners = [point(0.0, 0.0), point(0.05, 0.0), point(0.05, 0.99)];
        let strokes = dashes(&corners, 0.03, 0.02);
        assert_eq!(strokes.len(), 21);
        for stroke in &strokes {
            let length: f64 = stroke.windows(2).map(|pair| (pair[1] - pair[0]).length()).sum();
            assert!((length - 0.03).abs() < 1e-9, "{stroke:?}");
        }
        assert!((strokes[1][0] - point(0.05, 0.0)).length() < 1e-9);
        // Strokes of no length would never end.
        assert!(dashes(&corners, 0.0, 0.0).len() < 1000);
    }
}
