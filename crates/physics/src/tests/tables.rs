//! Invariants on every shipped table, with its own balls, pockets, cloth and cushions.

use super::properties::{check_laws, check_places, seeds, spread, strokes};
use crate::{BallMotion, BallSize, Engine, Event, EventKind, Physics, Stroke, Vec2};
use billiards_table::{PocketPair, TableKind, TableName, TableSpec};
use proptest::prelude::*;

/// Returns the engine of a table as it is sold.
fn engine(spec: &TableSpec, physics: Physics) -> Engine {
    Engine::for_table(spec, physics).expect("sound")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn shots_on_every_table_obey_the_laws(
        kind in prop::sample::select(TableKind::all().collect::<Vec<_>>()), seeds in seeds(17), stroke in strokes(),
    ) {
        let spec = kind.spec();
        let mut physics = Physics::of_table(&spec);
        physics.quirks.chased_ball_steals = false;
        let engine = engine(&spec, physics);
        let shot = engine.shoot(&spread(&spec, &seeds), 0, &stroke).expect("ends");
        check_laws(&engine, &shot)?;
        check_places(&engine, Some(0), &shot)?;
    }

    /// No ball gets past a hole, whatever table is accepted, however it is rolled into the mouth.
    #[test]
    fn no_ball_leaves_an_accepted_table(
        by in prop::array::uniform6(0.4..2.0_f64), cue in 0.8..1.25_f64, angle in -5.0..20.0_f64, at in -1.0..1.0_f64,
        towards in -1.0..1.0_f64, corner in any::<bool>(), speed in 0.5..6.0_f64,
    ) {
        let mut spec = TableSpec { kind: TableName::Custom, ..TableKind::NINE_FOOT.spec() };
        spec.ball_radius *= by[0];
        spec.nose_height *= by[0];
        spec.cue_ball.radius = cue * spec.ball_radius;
        spec.cushion_width *= by[1];
        let pockets = spec.pockets.as_mut().expect("pockets");
        let pocket = if corner { &mut pockets.corner } else { &mut pockets.side };
        (pocket.width, pocket.depth, pocket.radius) = (by[2] * pocket.width, by[3] * pocket.depth, by[4] * pocket.radius);
        (pocket.jaw_radius, pocket.angle) = (by[5] * pocket.jaw_radius, angle);
        prop_assume!(spec.check().is_ok());
        let engine = engine(&spec, Physics::of_table(&spec));
        let (mouth, axis) = if corner {
            (Vec2::ZERO, Vec2::new(std::f64::consts::FRAC_1_SQRT_2, std::f64::consts::FRAC_1_SQRT_2))
        } else {
            (Vec2::new(0.0, 0.5 * spec.length), Vec2::new(1.0, 0.0))
        };
        let width = if corner { spec.pockets.expect("pockets").corner.width } else { spec.pockets.expect("pockets").side.width };
        let from = mouth + axis * 0.4 + axis.perpendicular() * (0.2 * at);
        let line = mouth + axis.perpendicular() * (0.5 * width * towards) - from;
        let balls = [BallMotion::at_rest(from)];
        let shot = engine.shoot(&balls, 0, &Stroke::plain(speed, line.y.atan2(line.x))).expect("ends");
        check_places(&engine, Some(0), &shot)?;
    }

    #[test]
    fn a_mirrored_shot_goes_the_mirrored_way_on_every_table(
        kind in prop::sample::select(TableKind::all().collect::<Vec<_>>()), seeds in seeds(4), stroke in strokes(),
    ) {
        let spec = kind.spec();
        let engine = engine(&spec, Physics::of_table(&spec));
        let balls = spread(&spec, &seeds);
        let flip = |p: Vec2| Vec2::new(spec.width - p.x, p.y);
        let mirrored: Vec<_> = balls.iter().map(|ball| BallMotion::at_rest(flip(ball.position))).collect();
        let other = Stroke { direction: std::f64::consts::PI - stroke.direction, side: -stroke.side, ..stroke };
        let (shot, mirror) = (engine.shoot(&balls, 0, &stroke).expect("ends"), engine.shoot(&mirrored, 0, &other).expect("ends"));
        // Rounding grows with every contact.
        for (a, b) in shot.events().iter().zip(mirror.events()).take(5) {
            prop_assert!((a.time - b.time).abs() < 1e-6, "{a:?} and {b:?}");
        }
    }
}

/// Strikes the cue ball alone from one place towards another.
fn events(spec: &TableSpec, from: Vec2, to: Vec2, speed: f64) -> Vec<Event> {
    let line = to - from;
    let stroke = Stroke::plain(speed, line.y.atan2(line.x));
    let shot = engine(spec, Physics::of_table(spec)).shoot(&[BallMotion::at_rest(from)], 0, &stroke);
    shot.expect("ends").events().to_vec()
}

#[test]
fn a_ball_rolled_straight_into_a_pocket_falls() {
    for kind in TableKind::all() {
        let spec = kind.spec();
        for pocket in spec.features().pockets {
            let side = |size: f64, at: f64| if at < 0.25 * size { 1.0 } else { -1.0 };
            let inwards = Vec2::new(
                side(spec.width, pocket.centre.x),
                if pocket.id.is_side() { 0.0 } else { side(spec.length, pocket.centre.y) },
            );
            let hole = Vec2::from(pocket.centre);
            let seen = events(&spec, hole + inwards * (0.35 * spec.width), hole, 1.5);
            let falls = |event: &Event| matches!(event.kind, EventKind::Pocket { pocket: id, .. } if id == pocket.id);
            assert!(seen.iter().any(falls), "{kind} {:?}: {seen:?}", pocket.id);
        }
    }
}

#[test]
fn a_ball_on_a_table_without_pockets_never_falls() {
    for kind in TableKind::all().filter(|kind| kind.spec().pockets.is_none()) {
        let spec = kind.spec();
        let middle = Vec2::new(0.5 * spec.width, 0.47 * spec.length);
        for (x, y) in [(0.0, 0.0), (spec.width, 0.0), (spec.width, spec.length), (0.0, 0.5 * spec.length)] {
            let seen = events(&spec, middle, Vec2::new(x, y), 5.0);
            assert!(seen.iter().all(|event| !matches!(event.kind, EventKind::Pocket { .. })), "{kind}: {seen:?}");
        }
    }
}

/// A ball that meets the rounding of a snooker jaw is thrown off it along the line of centres.
#[test]
fn a_rounded_jaw_deflects_a_ball_by_its_arc() {
    let spec = TableKind::named("snooker-12ft").expect("shipped").spec();
    let PocketPair { corner, .. } = spec.pockets.expect("pockets");
    let jaw = *spec.features().jaws.first().expect("jaws");
    assert_eq!(jaw.radius, corner.jaw_radius);
    // Straight down the table onto the arc beside the bottom left pocket, a third of it from the nose's end.
    let turn = 0.25_f64;
    let contact_x = jaw.centre.x - (jaw.radius + spec.cue_ball.radius) * turn.sin();
    let balls = [BallMotion::at_rest(Vec2::new(contact_x, 0.5))];
    let shot =
        engine(&spec, Physics::of_table(&spec)).shoot(&balls, 0, &Stroke::plain(1.0, -std::f64::consts::FRAC_PI_2));
    let shot = shot.expect("ends");
    let hit = shot.events().iter().find(|event| event.kind.is_collision()).expect("hits the jaw");
    let change = shot.changes(hit).next().expect("a ball");
    let from_centre = change.before.position - Vec2::from(jaw.centre);
    assert!((from_centre.length() - jaw.radius - spec.cue_ball.radius).abs() < 1e-6, "{change:?}");
    assert!((from_centre.x / from_centre.y + turn.tan()).abs() < 1e-3, "{change:?}");
    assert!(change.after.velocity.x < -0.1 && change.after.velocity.y > 0.0, "{change:?}");
}

#[test]
fn the_cue_ball_has_the_mass_ratio_of_its_table() {
    let spec = TableKind::named("english-7ft").expect("shipped").spec();
    let mut physics = Physics::of_table(&spec);
    physics.ball.mass *= 2.0;
    let engine = engine(&spec, physics);
    let BallSize { radius, mass } = engine.body(true);
    assert_eq!(radius, spec.cue_ball.radius);
    assert!((mass - 2.0 * spec.cue_ball.mass).abs() < 1e-12);
}
