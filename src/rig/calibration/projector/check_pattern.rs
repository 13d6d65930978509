//! A picture by which anybody can judge a calibration with the naked eye.

use crate::model::{TablePoint, TableSpec};

/// Radius of the ring around a ball, in radii of balls: clear of its foot also when the light comes from the side.
const RING: f64 = 1.35;
/// Of a table's rails, the noses come first.
const NOSES: usize = 6;

/// A line of the check pattern, on the bed, table metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CheckShape {
    /// A circle.
    Ring {
        /// Its centre.
        centre: TablePoint,
        /// Its radius, metres.
        radius: f64,
    },
    /// A straight line.
    Line {
        /// One end.
        from: TablePoint,
        /// The other end.
        to: TablePoint,
    },
}

/// Rings around the balls' contact points and the pockets, and the nose lines.
#[must_use]
pub fn check_pattern(table: &TableSpec, balls: &[TablePoint]) -> Vec<CheckShape> {
    let features = table.features();
    let rings = balls.iter().map(|ball| CheckShape::Ring { centre: *ball, radius: RING * table.ball_radius });
    let noses = features.rails.iter().take(NOSES).map(|nose| CheckShape::Line { from: nose.from, to: nose.to });
    let pockets =
        features.pockets.iter().map(|pocket| CheckShape::Ring { centre: pocket.centre, radius: pocket.radius });
    rings.chain(noses).chain(pockets).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableKind;

    #[test]
    fn balls_noses_and_pockets_are_marked() {
        let table = TableKind::EightFoot.spec();
        let shapes = check_pattern(&table, &[TablePoint::new(0.3, 0.4), TablePoint::new(0.9, 2.0)]);
        assert_eq!(shapes.len(), 2 + 6 + 6);
        let on_nose_lines = |p: TablePoint| {
            p.x.abs().min((p.x - table.width).abs()).min(p.y.abs()).min((p.y - table.length).abs()) < 1e-9
        };
        let lines = shapes.iter().filter_map(|shape| match shape {
            CheckShape::Line { from, to } => Some((*from, *to)),
            CheckShape::Ring { .. } => None,
        });
        assert!(lines.into_iter().all(|(from, to)| on_nose_lines(from) && on_nose_lines(to)));
    }
}
