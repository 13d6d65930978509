//! The check of the calibration: light around everything of known position. Where it is off, the calibration is wrong.
//! Pure.

use super::{
    marks::{DISC_RADII, POCKET_MARGIN},
    painter::BLACK,
    shape::Shape,
};
use billiards_table::settings::{Colour, Theme};
use billiards_table::{Ball, TablePoint, TableSpec, TableVector};

/// Length of the mark on the nose line opposite a diamond, metres.
const DIAMOND: f64 = 0.04;
/// Number of parts into which diamonds divide the long sides; the short sides have half as many.
const PARTS: u32 = 8;

/// Composes rings around all balls, a line along every nose, marks opposite the diamonds, and rings around the pockets;
/// no light falls on a ball.
#[must_use]
pub fn compose_check(table: &TableSpec, balls: &[Ball], theme: &Theme) -> Vec<Shape> {
    let light = |colour: Colour| colour.light(theme.brightness);
    let features = table.features();
    let noses = features.rails.iter().filter(|rail| is_nose(table, rail.from, rail.to)).map(|rail| Shape::Polyline {
        points: vec![rail.from, rail.to],
        width: theme.thin_width,
        colour: light(theme.aim),
    });
    let pockets = features.pockets.iter().map(|pocket| Shape::Ring {
        centre: pocket.centre,
        radius: pocket.radius + POCKET_MARGIN,
        width: theme.ring_width,
        colour: light(theme.object),
    });
    let diamonds = diamonds(table).into_iter().map(|(on_nose, inwards)| Shape::Polyline {
        points: vec![on_nose, on_nose + inwards * DIAMOND],
        width: theme.thin_width,
        colour: light(theme.tangent),
    });
    let radius = theme.ring_radii.max(Theme::MIN_RING_RADII) * table.ball_radius;
    let rings = balls.iter().map(|ball| Shape::Ring {
        centre: ball.position,
        radius,
        width: theme.ring_width,
        colour: light(theme.aim),
    });
    let dark = DISC_RADII * table.ball_radius;
    let discs = balls.iter().map(|ball| Shape::Disc { centre: ball.position, radius: dark, colour: BLACK });
    noses.chain(pockets).chain(diamonds).chain(rings).chain(discs).collect()
}

/// Returns whether a piece of cushion lies on a nose line, rather than in the mouth of a pocket.
fn is_nose(table: &TableSpec, from: TablePoint, to: TablePoint) -> bool {
    let on = |a: f64, b: f64, line: f64| (a - line).abs() < 1e-9 && (b - line).abs() < 1e-9;
    on(from.x, to.x, 0.0) || on(from.x, to.x, table.width) || on(from.y, to.y, 0.0) || on(from.y, to.y, table.length)
}

/// Returns the places on the noses opposite the diamonds, each with the direction to the bed. There are none at the
/// side pockets.
fn diamonds(table: &TableSpec) -> Vec<(TablePoint, TableVector)> {
    let parts = |count: u32| (1..count).map(move |i| f64::from(i) / f64::from(count));
    let long = parts(PARTS).filter(|part| *part != 0.5).map(|part| part * table.length);
    let short = parts(PARTS / 2).map(|part| part * table.width);
    let along = long.flat_map(|y| {
        [
            (TablePoint::new(0.0, y), TableVector::new(1.0, 0.0)),
            (TablePoint::new(table.width, y), TableVector::new(-1.0, 0.0)),
        ]
    });
    let across = short.flat_map(|x| {
        [
            (TablePoint::new(x, 0.0), TableVector::new(0.0, 1.0)),
            (TablePoint::new(x, table.length), TableVector::new(0.0, -1.0)),
        ]
    });
    along.chain(across).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use billiards_table::TableKind;

    #[test]
    fn a_table_has_six_noses_six_pockets_and_eighteen_diamonds() {
        let table = TableKind::NineFoot.spec();
        let shapes = compose_check(&table, &[], &Theme::default());
        let rings = shapes.iter().filter(|shape| matches!(shape, Shape::Ring { .. })).count();
        assert_eq!((shapes.len(), rings), (6 + 6 + 18, 6));
    }
}
