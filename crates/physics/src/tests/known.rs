//! Results that are known from theory or from players.

use crate::params::{BallBallLaw, Physics, Quirks};
use crate::{BallMotion, Engine, EventKind, Stroke, Table, Vec2, Vec3};
use billiards_table::{FeatureId, MotionState, RailSegment, TableFeatures, TableKind, TablePoint};

const R: f64 = 0.028_575;

/// Returns an engine with a table that is too large for a ball to reach a cushion.
fn plain(physics: Physics) -> Engine {
    let corners = [(-50.0, -50.0), (50.0, -50.0), (50.0, 50.0), (-50.0, 50.0)].map(|(x, y)| TablePoint::new(x, y));
    let rails = (0..4_u8)
        .map(|i| RailSegment { id: FeatureId(i), from: corners[usize::from(i)], to: corners[usize::from(i + 1) % 4] })
        .collect();
    let features = TableFeatures { rails, jaws: Vec::new(), pockets: Vec::new() };
    Engine::new(Table::new(&features, R, 0.036_576), physics).expect("sound")
}

fn nine_foot() -> Engine {
    Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), Physics::default()).expect("sound")
}

/// Returns the angle by which a rolling cue ball leaves its line after hitting a fraction of the object ball, measured
/// once it rolls again, degrees.
fn deflection(engine: &Engine, hit: f64, speed: f64) -> f64 {
    let cut = (1.0 - hit).asin();
    let line = Vec2::new(cut.cos(), cut.sin());
    let cue = BallMotion {
        position: line * (-2.0 * R) - Vec2::new(0.001, 0.0),
        velocity: Vec2::new(speed, 0.0),
        spin: Vec3::new(0.0, speed / R, 0.0),
    };
    let shot = engine.roll_out(&[cue, BallMotion::at_rest(Vec2::ZERO)], None).expect("rolls out");
    let rolls = shot.path(0).filter(|piece| piece.motion == MotionState::Rolling).nth(1).expect("it rolls again");
    let velocity = rolls.initial.velocity;
    velocity.y.atan2(velocity.x).to_degrees().abs()
}

#[test]
fn the_thirty_degree_rule() {
    let engine = plain(Physics::default());
    for (hit, low, high) in [(0.5, 33.0, 33.8), (0.25, 26.8, 27.1), (0.75, 26.9, 28.0)] {
        for speed in [1.0, 1.5, 2.0] {
            let angle = deflection(&engine, hit, speed);
            assert!(angle > low - 0.15 && angle < high + 0.15, "{hit} at {speed} m/s: {angle}");
        }
    }
    let mut ideal = Physics { ball_ball: BallBallLaw::Frictionless, ..Physics::default() };
    ideal.ball.rolling_friction = 1e-6;
    let angle = deflection(&plain(ideal), 0.5, 1.5);
    assert!((angle - 33.7).abs() < 0.1, "{angle}");
}

#[test]
fn a_stunned_ball_goes_where_theory_says() {
    // 12 v²/(49 μ_s g) sliding, (5v/7)²/(2 μ_r g) rolling.
    let engine = plain(Physics::default());
    let v = 2.0;
    let ball = BallMotion { velocity: Vec2::new(v, 0.0), ..BallMotion::default() };
    let shot = engine.roll_out(&[ball], None).expect("rolls out");
    let expected = 12.0 * v * v / (49.0 * 0.2 * 9.81) + (5.0 * v / 7.0_f64).powi(2) / (2.0 * 0.01 * 9.81);
    assert!((shot.rest(0).expect("a ball").state.position.x - expected).abs() < 1e-9);
    let sliding = 2.0 * v / (7.0 * 0.2 * 9.81);
    assert!((shot.events()[0].time - sliding).abs() < 1e-12);
}

#[test]
fn an_elevated_cue_with_side_makes_the_ball_swerve() {
    let engine = plain(Physics::default());
    let stroke = Stroke { elevation: 30.0_f64.to_radians(), side: 0.4, ..Stroke::plain(2.0, 0.0) };
    let shot = engine.shoot(&[BallMotion::default()], 0, &stroke).expect("shot");
    let first = shot.path(0).find(|piece| piece.is_moving()).expect("moves");
    assert!(first.initial.velocity.y < 0.0, "squirt to the right");
    assert!(first.acceleration.y > 0.0, "swerve to the left");
    assert!(shot.rest(0).expect("a ball").state.position.y > 0.0);
}

#[test]
fn a_straight_follow_shot_follows_and_a_draw_shot_draws() {
    let engine = plain(Physics::default());
    let balls = [Vec2::ZERO, Vec2::new(0.4, 0.0)].map(BallMotion::at_rest);
    let end = |height: f64| {
        let shot = engine.shoot(&balls, 0, &Stroke { height, ..Stroke::plain(2.0, 0.0) }).expect("shot");
        shot.rest(0).expect("the cue ball").state.position.x - (0.4 - 2.0 * R)
    };
    assert!(end(0.4) > 0.2 && end(-0.4) < -0.2, "{} {}", end(0.4), end(-0.4));
}

#[test]
fn a_lag_returns() {
    // Head-on at a rail a ball without spin keeps 0.716 of its speed; roll lifts it off the leaning nose and adds to it.
    let engine = nine_foot();
    let ball = [BallMotion::at_rest(Vec2::new(0.635, 0.635))];
    let shot = engine.shoot(&ball, 0, &Stroke::plain(1.6, std::f64::consts::FRAC_PI_2)).expect("shot");
    let hits: Vec<_> = shot.events().iter().filter(|event| matches!(event.kind, EventKind::Rail { .. })).collect();
    assert!(!hits.is_empty());
    let change = shot.changes(hits[0]).next().expect("a ball");
    let ratio = -change.after.velocity.y / change.before.velocity.y;
    assert!(ratio > 0.716 && ratio < 0.85, "{ratio}");
    assert!(change.after.velocity.x.abs() < 1e-12);
}

#[test]
fn a_line_of_frozen_balls_passes_the_blow_on() {
    let mut physics = Physics { ball_ball: BallBallLaw::Frictionless, ..Physics::default() };
    physics.quirks.chased_ball_steals = false;
    let engine = plain(physics);
    let mut balls = vec![BallMotion { velocity: Vec2::new(2.0, 0.0), ..BallMotion::at_rest(Vec2::new(-0.3, 0.0)) }];
    balls.extend((0..4).map(|i| BallMotion::at_rest(Vec2::new((2.0 * R + 1e-9) * f64::from(i), 0.0))));
    let shot = engine.roll_out(&balls, None).expect("rolls out");
    let last = shot.events().iter().filter(|event| matches!(event.kind, EventKind::Balls { .. })).nth(3).expect("four");
    let passed = shot.changes(last).map(|change| change.after.velocity.x).fold(0.0, f64::max);
    let arrived = shot.changes(shot.events().first().expect("an event")).next().expect("a ball").before.velocity.x;
    assert!((passed - arrived).abs() < 1e-3, "{passed} of {arrived}");
}

#[test]
fn a_carom_table_and_a_snooker_ball_are_just_other_features() {
    let corners = [(0.0, 0.0), (1.42, 0.0), (1.42, 2.84), (0.0, 2.84)].map(|(x, y)| TablePoint::new(x, y));
    let rails = (0..4_u8)
        .map(|i| RailSegment { id: FeatureId(i), from: corners[usize::from(i)], to: corners[usize::from(i + 1) % 4] })
        .collect();
    let features = TableFeatures { rails, jaws: Vec::new(), pockets: Vec::new() };
    let engine = Engine::new(Table::new(&features, 0.030_75, 0.037), Physics::default()).expect("sound");
    let ball = [BallMotion::at_rest(Vec2::new(0.3, 0.4))];
    let shot = engine.shoot(&ball, 0, &Stroke::plain(5.0, 0.6)).expect("shot");
    let rails = shot.events().iter().filter(|event| matches!(event.kind, EventKind::Rail { .. })).count();
    assert!(rails >= 5, "{rails}");
    assert_eq!(shot.rest(0).expect("a ball").pocket, None);
}

#[test]
fn every_quirk_can_be_switched_off() {
    let spec = TableKind::NINE_FOOT.spec();
    let at = |quirks: Quirks, balls: &[BallMotion]| {
        let physics = Physics { quirks, ..Physics::default() };
        let engine = Engine::new(Table::from(&spec), physics).expect("sound");
        let shot = engine.roll_out(balls, None).expect("ends");
        shot.events().iter().find(|event| event.kind.is_collision()).map(|event| {
            let after = shot.changes(event).next().expect("a ball").after;
            (event.time, after.velocity)
        })
    };
    let with = Quirks::default();
    let towards = |from: (f64, f64), to: (f64, f64), speed: f64| {
        let (from, to) = (Vec2::new(from.0, from.1), Vec2::new(to.0, to.1));
        BallMotion { velocity: (to - from).unit_or_zero() * speed, ..BallMotion::at_rest(from) }
    };
    // A cut, a nose, a jaw, and two balls that move in the same direction.
    let cut = [towards((0.3, 0.6), (0.6, 0.63), 2.0), BallMotion::at_rest(Vec2::new(0.6, 0.6))];
    let nose = [towards((0.3, 0.6), (0.0, 0.8), 2.0)];
    let jaw = [towards((0.05, 0.6), (0.091, -0.021), 2.0)];
    let pair = [towards((0.3, 0.6), (0.9, 0.6), 1.0), towards((0.3 + 2.0 * R + 1e-5, 0.6), (0.9, 0.6), 0.995)];
    for (without, balls) in [
        (Quirks { ball_friction_uses_rebound: false, ..with }, &cut[..]),
        (Quirks { cushion_contact_at_radius: false, ..with }, &nose[..]),
        (Quirks { jaw_normal_from_centre: false, ..with }, &jaw[..]),
        (Quirks { chased_ball_steals: false, ..with }, &pair[..]),
    ] {
        let (on, off) = (at(with, balls), at(without, balls));
        assert!(on.is_some() && off.is_some() && on != off, "{without:?}: {on:?} {off:?}");
    }
    // The exact contact with a nose above the centre is closer to the nose than one radius, and so later.
    let (near, far) = (at(Quirks { cushion_contact_at_radius: false, ..with }, &nose), at(with, &nose));
    assert!(near.map(|(time, _)| time) > far.map(|(time, _)| time));
}
