//! The check of the calibration: light around everything of known position. Where it is off, the calibration is wrong.
//! Pure.

use super::{
    marks::{POCKET_MARGIN, dark_disc, ring_around},
    shape::Shape,
};
use billiards_table::settings::{Colour, Theme};
use billiards_table::{Ball, Diamond, Sights, TablePoint, TableSpec, TableVector};

/// Length of the mark on the nose line opposite a diamond, and of the bars of a cross on a spot, metres.
const DIAMOND: f64 = 0.04;

/// Composes rings around all balls, a line along every nose, marks opposite the diamonds, and rings around the pockets;
/// no light falls on a ball. On a table without diamonds, the marks lie on the baulk line and the spots.
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
    let marks = match table.markings.sights {
        Sights::Diamonds => diamond_marks(table),
        Sights::None => cloth_marks(table),
    };
    let marks = marks.into_iter().map(|ends| Shape::Polyline {
        points: ends.to_vec(),
        width: theme.thin_width,
        colour: light(theme.tangent),
    });
    let rings = balls.iter().map(|ball| ring_around(table, ball, theme, light(theme.aim)));
    let discs = balls.iter().map(|ball| dark_disc(table, ball));
    noses.chain(pockets).chain(marks).chain(rings).chain(discs).collect()
}

/// Returns whether a piece of cushion lies on a nose line, rather than in the mouth of a pocket.
fn is_nose(table: &TableSpec, from: TablePoint, to: TablePoint) -> bool {
    let on = |a: f64, b: f64, line: f64| (a - line).abs() < 1e-9 && (b - line).abs() < 1e-9;
    on(from.x, to.x, 0.0) || on(from.x, to.x, table.width) || on(from.y, to.y, 0.0) || on(from.y, to.y, table.length)
}

/// Returns marks from the noses inwards, opposite the diamonds.
fn diamond_marks(table: &TableSpec) -> Vec<[TablePoint; 2]> {
    let mark = |on_nose: Diamond| [on_nose.centre, on_nose.centre + on_nose.inwards * DIAMOND];
    table.diamonds(0.0).into_iter().map(mark).collect()
}

/// Returns the baulk line, and the bars of a cross on each spot.
fn cloth_marks(table: &TableSpec) -> Vec<[TablePoint; 2]> {
    let baulk_line = table.markings.baulk_line.map(|y| [TablePoint::new(0.0, y), TablePoint::new(table.width, y)]);
    let bars = [TableVector::new(0.5 * DIAMOND, 0.0), TableVector::new(0.0, 0.5 * DIAMOND)];
    let crosses = table.spots().flat_map(|spot| bars.map(|bar| [spot - bar, spot + bar]));
    baulk_line.into_iter().chain(crosses).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use billiards_table::{BallClass, BallId, BallLabel, BallState, TableKind};

    #[test]
    fn a_table_has_six_noses_six_pockets_and_eighteen_diamonds() {
        let table = TableKind::NINE_FOOT.spec();
        let shapes = compose_check(&table, &[], &Theme::default());
        let rings = shapes.iter().filter(|shape| matches!(shape, Shape::Ring { .. })).count();
        assert_eq!((shapes.len(), rings), (6 + 6 + 18, 6));
    }

    #[test]
    fn other_tables_show_what_they_have() {
        let shapes = |name: &str| {
            let table = TableKind::named(name).expect("a shipped table").spec();
            (compose_check(&table, &[], &Theme::default()), table)
        };
        let rings = |shapes: &[Shape]| shapes.iter().filter(|shape| matches!(shape, Shape::Ring { .. })).count();
        // Four noses, and diamonds in the middle of the long sides too.
        let (carom, _) = shapes("carom-match");
        assert_eq!((carom.len(), rings(&carom)), (4 + 20, 0));
        // The baulk line, and two bars on each spot.
        let (snooker, table) = shapes("snooker-12ft");
        assert_eq!((snooker.len(), rings(&snooker)), (6 + 6 + 1 + 2 * table.spots().count(), 6));
    }

    #[test]
    fn each_ball_has_a_ring_and_a_disc_of_its_own_size() {
        let table = TableKind::named("english-7ft").expect("a shipped table").spec();
        let ball = |label: BallLabel, class: BallClass| Ball {
            id: BallId(1),
            label,
            class,
            position: TablePoint::new(0.4, 0.9),
            velocity: TableVector::zero(),
            state: BallState::Resting,
            confidence: 1.0,
        };
        let radii = |ball: Ball| -> Vec<f64> {
            let shapes = compose_check(&table, &[ball], &Theme::default());
            let radii = shapes.iter().rev().take(2).map(|shape| match shape {
                Shape::Ring { radius, .. } | Shape::Disc { radius, .. } => *radius,
                other => panic!("{other:?}"),
            });
            radii.collect()
        };
        let cue_ball = radii(ball(BallLabel::Cue, BallClass::Cue));
        let object_ball = radii(ball(BallLabel::Unknown, BallClass::Other));
        for (cue_ball, object_ball) in cue_ball.iter().zip(&object_ball) {
            assert!((cue_ball / object_ball - table.cue_ball.radius / table.ball_radius).abs() < 1e-12);
        }
    }
}
