//! Invariants for any layout and any stroke.

use crate::params::{BallBallLaw, CushionLaw, Physics};
use crate::{BallMotion, BallSize, Engine, Event, PhysicsError, Shot, Stroke, Table, Vec2, Vec3, ball_ball, rack};
use billiards_table::{TableKind, TableSpec};
use proptest::prelude::*;

const R: f64 = 0.028_575;
const BODY: BallSize = BallSize { radius: R, mass: 0.170_097 };

fn engine(kind: TableKind, physics: Physics) -> Engine {
    Engine::new(Table::from(&kind.spec()), physics).expect("sound")
}

fn kinds() -> impl Strategy<Value = TableKind> {
    prop::sample::select(TableKind::AMERICAN.to_vec())
}

/// Spreads positions on the unit square over a table; positions that would overlap are left out.
pub(super) fn spread(spec: &TableSpec, seeds: &[(f64, f64)]) -> Vec<BallMotion> {
    let mut places: Vec<Vec2> = Vec::new();
    let radius = spec.ball_radius.max(spec.cue_ball.radius);
    for (x, y) in seeds {
        let room = |length: f64| length - 2.0 * (radius + 1e-4);
        let place = Vec2::new(radius + 1e-4 + x * room(spec.width), radius + 1e-4 + y * room(spec.length));
        if places.iter().all(|other| (*other - place).length() > 2.0 * radius + 1e-5) {
            places.push(place);
        }
    }
    places.into_iter().map(BallMotion::at_rest).collect()
}

pub(super) fn seeds(most: usize) -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 1..most)
}

/// Returns a strategy for strokes up to a ball speed of 15 m/s.
pub(super) fn strokes() -> impl Strategy<Value = Stroke> {
    (0.05..9.8_f64, 0.0..std::f64::consts::TAU, 0.0..0.6_f64, 0.0..0.49_f64, 0.0..std::f64::consts::TAU).prop_map(
        |(speed, direction, elevation, offset, clock)| Stroke {
            speed,
            direction,
            elevation,
            side: offset * clock.cos(),
            height: offset * clock.sin(),
        },
    )
}

/// Returns a rack for the break, the cue ball first.
fn racked(spec: &TableSpec, nine: bool, aside: f64, gap: f64) -> Vec<BallMotion> {
    let foot = rack::foot_spot(spec);
    let rack = if nine { rack::diamond(foot, R, gap) } else { rack::triangle(foot, R, gap) };
    let cue = rack::head_spot(spec) + Vec2::new(aside, 0.0);
    std::iter::once(cue).chain(rack).map(BallMotion::at_rest).collect()
}

/// Returns the deepest overlap of two balls at an event, metres.
fn deepest(shot: &Shot, event: &Event) -> f64 {
    let states: Vec<_> = (0..shot.balls())
        .filter(|ball| shot.path(*ball).rev().find(|piece| piece.start <= event.time).is_some_and(|p| !p.pocketed))
        .map(|ball| shot.state(ball, event.time).expect("exists").position)
        .collect();
    let mut worst = 0.0_f64;
    for (i, a) in states.iter().enumerate() {
        for b in &states[i + 1..] {
            worst = worst.max(2.0 * R - (*b - *a).length());
        }
    }
    worst
}

/// Returns the kinetic energy per unit mass of an event's balls, before and after it.
fn energies(shot: &Shot, event: &Event) -> (f64, f64) {
    shot.changes(event).fold((0.0, 0.0), |(before, after), change| {
        (before + change.before.energy_per_mass(R), after + change.after.energy_per_mass(R))
    })
}

fn check_energy(shot: &Shot) -> Result<(), TestCaseError> {
    // The stroke brings energy in.
    for event in shot.events().iter().filter(|event| event.time > 0.0) {
        let (before, after) = energies(shot, event);
        prop_assert!(after <= before * (1.0 + 1e-9) + 1e-12, "{before} to {after} at {event:?}");
    }
    Ok(())
}

pub(super) fn check_places(engine: &Engine, cue_ball: Option<usize>, shot: &Shot) -> Result<(), TestCaseError> {
    for event in shot.events() {
        for change in shot.changes(event) {
            prop_assert!(engine.table().reaches(change.after.position), "{change:?} at {event:?}");
        }
    }
    for ball in 0..shot.balls() {
        let rest = shot.rest(ball).expect("exists");
        prop_assert_eq!(rest.state.velocity, Vec2::ZERO);
        prop_assert_eq!(rest.state.spin, Vec3::ZERO);
        if rest.pocket.is_none() {
            let place = [rest.state];
            let mut lenient = *engine.physics();
            lenient.limits.overlap = 2e-5;
            let lenient = Engine::new(engine.table().clone(), lenient).expect("sound");
            let lenient = lenient.with_cue_ball(engine.body(true)).expect("sound");
            prop_assert_eq!(lenient.check(&place, cue_ball.filter(|cue_ball| *cue_ball == ball).map(|_| 0)), Ok(()));
        }
    }
    Ok(())
}

/// Checks that no two balls overlap at any event.
fn check_overlaps(shot: &Shot) -> Result<(), TestCaseError> {
    for event in shot.events() {
        let depth = deepest(shot, event);
        prop_assert!(depth < 1e-9, "{depth} at {event:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn shots_end_on_the_table_without_overlap(kind in kinds(), seeds in seeds(17), stroke in strokes()) {
        let engine = engine(kind, Physics::default());
        let balls = spread(&kind.spec(), &seeds);
        let shot = engine.shoot(&balls, 0, &stroke).expect("ends");
        check_places(&engine, None, &shot)?;
        check_overlaps(&shot)?;
    }

    #[test]
    fn breaks_end_on_the_table_without_overlap(
        kind in kinds(), nine in any::<bool>(), aside in -0.2..0.2_f64, angle in -0.05..0.05_f64, speed in 1.0..9.8_f64,
        gap in prop::sample::select(vec![0.0, 1e-9, 1e-6, 2e-5, 1e-4]),
    ) {
        let engine = engine(kind, Physics::default());
        let balls = racked(&kind.spec(), nine, aside, gap);
        let to_apex = balls[1].position - balls[0].position;
        let stroke = Stroke::plain(speed, to_apex.y.atan2(to_apex.x) + angle);
        let shot = engine.shoot(&balls, 0, &stroke).expect("ends");
        check_places(&engine, None, &shot)?;
        check_overlaps(&shot)?;
    }

    #[test]
    fn energy_never_rises(
        kind in kinds(), seeds in seeds(17), stroke in strokes(),
        law in prop::sample::select(vec![CushionLaw::STRONGE, CushionLaw::Han, CushionLaw::Impulse, CushionLaw::MATHAVAN]),
    ) {
        let mut physics = Physics { rail: law, jaw: law, ..Physics::default() };
        physics.quirks.chased_ball_steals = false;
        let engine = engine(kind, physics);
        let shot = engine.shoot(&spread(&kind.spec(), &seeds), 0, &stroke).expect("ends");
        check_energy(&shot)?;
    }

    #[test]
    fn a_break_gains_no_energy(
        kind in kinds(), nine in any::<bool>(), angle in -0.05..0.05_f64, speed in 1.0..9.8_f64,
    ) {
        let mut physics = Physics::default();
        physics.quirks.chased_ball_steals = false;
        let engine = engine(kind, physics);
        let stroke = Stroke::plain(speed, std::f64::consts::FRAC_PI_2 + angle);
        let shot = engine.shoot(&racked(&kind.spec(), nine, 0.0, 1e-5), 0, &stroke).expect("ends");
        check_energy(&shot)?;
    }

    #[test]
    fn smooth_balls_keep_their_momentum(
        v in prop::array::uniform4(-5.0..5.0_f64), angle in 0.0..std::f64::consts::TAU,
        rough in any::<bool>(), spin in prop::array::uniform3(-80.0..80.0_f64),
    ) {
        let physics =
            if rough { Physics::default() } else { Physics { ball_ball: BallBallLaw::Frictionless, ..Physics::default() } };
        let spin = Vec3::new(spin[0], spin[1], spin[2]);
        let first = BallMotion { position: Vec2::ZERO, velocity: Vec2::new(v[0], v[1]), spin };
        let closing = first.velocity - Vec2::new(v[2], v[3]);
        let line = Vec2::from_angle(angle);
        // Place the second ball on the side towards which the first one moves.
        let line = if closing.dot(line) < 0.0 { -line } else { line };
        let second = BallMotion { position: line * (2.0 * R), velocity: Vec2::new(v[2], v[3]), spin: Vec3::ZERO };
        prop_assume!(closing.dot(line) > 1e-9);
        let (a, b) = ball_ball::collide(first, second, [BODY; 2], &physics);
        prop_assert!((a.velocity + b.velocity - first.velocity - second.velocity).length() < 1e-12);
        prop_assert!((b.velocity - a.velocity).dot(line) > 0.0, "they part");
        let energy = |a: &BallMotion, b: &BallMotion| a.energy_per_mass(R) + b.energy_per_mass(R);
        prop_assert!(energy(&a, &b) <= energy(&first, &second) + 1e-9);
        if !rough {
            prop_assert!((energy(&a, &b) - energy(&first, &second)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_mirrored_shot_goes_the_mirrored_way(kind in kinds(), seeds in seeds(4), stroke in strokes()) {
        let engine = engine(kind, Physics::default());
        let spec = kind.spec();
        let balls = spread(&spec, &seeds);
        let flip = |p: Vec2| Vec2::new(spec.width - p.x, p.y);
        let mirrored: Vec<_> = balls.iter().map(|ball| BallMotion::at_rest(flip(ball.position))).collect();
        let other = Stroke { direction: std::f64::consts::PI - stroke.direction, side: -stroke.side, ..stroke };
        let one = engine.shoot(&balls, 0, &stroke).expect("ends");
        let two = engine.shoot(&mirrored, 0, &other).expect("ends");
        // Rounding errors grow from contact to contact.
        for (a, b) in one.events().iter().zip(two.events()).take(8) {
            prop_assert!((a.time - b.time).abs() < 1e-6, "{a:?} {b:?}");
            for (p, q) in one.changes(a).zip(two.changes(b)) {
                prop_assert!((p.after.position - flip(q.after.position)).length() < 1e-5, "{p:?} {q:?}");
                prop_assert!((p.after.spin.z + q.after.spin.z).abs() < 1e-3, "{p:?} {q:?}");
            }
        }
    }

    #[test]
    fn a_shot_taken_up_later_goes_the_same_way(kind in kinds(), seeds in seeds(4), stroke in strokes(), part in 0.0..1.0_f64) {
        let engine = engine(kind, Physics::default());
        let shot = engine.shoot(&spread(&kind.spec(), &seeds), 0, &stroke).expect("ends");
        let from = part * shot.duration();
        prop_assume!(shot.path(0).all(|piece| !piece.pocketed || piece.start > from));
        prop_assume!(shot.events().iter().all(|event| (event.time - from).abs() > 1e-6));
        let standing: Vec<_> = (0..shot.balls())
            .filter(|ball| shot.path(*ball).all(|piece| !piece.pocketed || piece.start > from))
            .collect();
        let states: Vec<_> = standing.iter().map(|ball| shot.state(*ball, from).expect("exists")).collect();
        let later = engine.roll_out(&states, None).expect("ends");
        let rest = shot.events().iter().filter(|event| event.time > from);
        for (a, b) in rest.zip(later.events()).take(6) {
            prop_assert!((a.time - from - b.time).abs() < 1e-6, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_layout_in_motion_ends(kind in kinds(), seeds in seeds(17), speeds in prop::collection::vec((-8.0..8.0_f64, -8.0..8.0_f64, -100.0..100.0_f64), 17)) {
        let engine = engine(kind, Physics::default());
        let mut balls = spread(&kind.spec(), &seeds);
        for (ball, (x, y, spin)) in balls.iter_mut().zip(speeds) {
            ball.velocity = Vec2::new(x, y);
            ball.spin = Vec3::new(spin, -0.5 * spin, spin);
        }
        let shot = engine.roll_out(&balls, None).expect("ends");
        check_places(&engine, None, &shot)?;
    }
}

/// A ball that bounces off a side pocket's jaw comes out of the mouth and then runs along the nose.
#[test]
fn a_ball_out_of_a_mouth_meets_the_nose_in_time() {
    let engine = engine(TableKind::SEVEN_FOOT, Physics::default());
    let ball = BallMotion {
        position: Vec2::new(0.026_093, 0.928_320),
        velocity: Vec2::new(0.161_75, 1.375_61),
        spin: Vec3::new(-36.663_9, -36.563_4, -20.992_8),
    };
    let shot = engine.roll_out(&[ball], None).expect("ends");
    let hit = shot.events().iter().find(|event| event.kind.is_collision()).expect("hits the nose");
    let place = shot.changes(hit).next().expect("a ball").before.position;
    assert!((place.x - R).abs() < 1e-9, "{place:?}");
}

#[test]
fn no_rail_is_lost_at_fifteen_metres_a_second() {
    for kind in TableKind::AMERICAN {
        let engine = engine(kind, Physics::default());
        let spec = kind.spec();
        for i in 0..2000 {
            let direction = std::f64::consts::TAU * f64::from(i) / 2000.0;
            let place = Vec2::new(spec.width * 0.31, spec.length * 0.47);
            let velocity = Vec2::from_angle(direction) * 15.0;
            let spin = Vec3::new(0.0, 0.0, f64::from(i % 7 - 3) * 60.0);
            let shot = engine.roll_out(&[BallMotion { position: place, velocity, spin }], None).expect("ends");
            check_places(&engine, None, &shot).expect("stays on the table");
        }
    }
}

#[test]
fn frozen_rows_and_pressed_balls_end() -> Result<(), PhysicsError> {
    let spec = TableKind::NINE_FOOT.spec();
    for steals in [true, false] {
        let mut physics = Physics::default();
        physics.quirks.chased_ball_steals = steals;
        let engine = engine(TableKind::NINE_FOOT, physics);
        for gap in [0.0, 1e-9, 1e-6, 1e-5] {
            for count in [2, 5, 12] {
                // A row that touches the rail, struck along itself, at its side, and with much follow.
                let row = (0..count).map(|i| {
                    BallMotion::at_rest(Vec2::new(R + 1e-9 + (2.0 * R + gap) * f64::from(i), spec.length * 0.3))
                });
                let balls: Vec<_> = row.collect();
                for direction in [std::f64::consts::PI, 0.0, 2.5, -2.5, std::f64::consts::FRAC_PI_2] {
                    for height in [-0.45, 0.0, 0.45] {
                        let last = balls.len() - 1;
                        let stroke = Stroke { height, ..Stroke::plain(4.0, direction) };
                        engine.shoot(&balls, last, &stroke)?;
                        engine.shoot(&balls, 0, &stroke)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Checks at every event of a shot, whose first ball is the cue ball, that energy does not rise and that no two balls
/// overlap.
pub(super) fn check_laws(engine: &Engine, shot: &Shot) -> Result<(), TestCaseError> {
    let body_of = |ball: u16| engine.body(ball == 0);
    for event in shot.events().iter().filter(|event| event.time > 0.0) {
        let (before, after) = shot.changes(event).fold((0.0, 0.0), |(before, after), change| {
            let BallSize { radius, mass } = body_of(change.ball);
            let energy = |state: BallMotion| mass * state.energy_per_mass(radius);
            (before + energy(change.before), after + energy(change.after))
        });
        prop_assert!(after <= before * (1.0 + 1e-9) + 1e-12, "{before} to {after} at {event:?}");
        let (first, second) = event.kind.balls();
        for one in [Some(first), second].into_iter().flatten() {
            let state = |ball: u16| shot.state(usize::from(ball), event.time).expect("exists").position;
            for other in (0_u16..).take(shot.balls()).filter(|other| *other != one) {
                let lies = |ball: u16| {
                    let piece = shot.path(usize::from(ball)).rev().find(|piece| piece.start <= event.time);
                    piece.is_some_and(|piece| !piece.pocketed)
                };
                if lies(one) && lies(other) {
                    let distance = engine.contact_distance(one, other, Some(0));
                    let apart = (state(one) - state(other)).length();
                    prop_assert!(apart >= distance - 1e-7, "{apart} of {distance} at {event:?}");
                }
            }
        }
    }
    Ok(())
}

/// Returns a strategy for the body of a cue ball.
fn any_cue_ball() -> impl Strategy<Value = BallSize> {
    (0.0225..0.034_f64, 0.08..0.26_f64).prop_map(|(radius, mass)| BallSize { radius, mass })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the cue ball's size and mass, a shot ends, no two balls overlap, energy never rises, and all balls rest
    /// where they can lie.
    #[test]
    fn shots_with_another_cue_ball_obey_the_laws(
        kind in kinds(), seeds in seeds(9), stroke in strokes(), body in any_cue_ball(),
    ) {
        let spec = kind.spec();
        let engine = engine(kind, Physics::default()).with_cue_ball(body).expect("sound");
        // Room for the largest ball.
        let balls: Vec<BallMotion> = spread(&spec, &seeds);
        prop_assume!(engine.check(&balls, Some(0)).is_ok());
        let shot = engine.shoot(&balls, 0, &stroke).expect("ends");
        check_laws(&engine, &shot)?;
        check_places(&engine, Some(0), &shot)?;
    }

    /// A cue ball with the body of the others changes nothing, to the last bit.
    #[test]
    fn an_equal_cue_ball_changes_nothing(kind in kinds(), seeds in seeds(9), stroke in strokes()) {
        let engine = engine(kind, Physics::default());
        let balls = spread(&kind.spec(), &seeds);
        let equal = engine.clone().with_cue_ball(BODY).expect("sound");
        prop_assert_eq!(engine.shoot(&balls, 0, &stroke), equal.shoot(&balls, 0, &stroke));
    }
}
