//! Layouts and strokes at the limits of what is valid, and beyond them.

use crate::params::Allowance;
use crate::{BallMotion, Engine, EventKind, Physics, PhysicsError, Shot, Start, Stroke, Table, Vec2, Vec3};
use billiards_table::{FeatureId, RailSegment, TableFeatures, TableKind, TablePoint};

fn engine() -> Engine {
    Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), Physics::default()).expect("sound")
}

fn resting(places: &[(f64, f64)]) -> Vec<BallMotion> {
    places.iter().map(|(x, y)| BallMotion::at_rest(Vec2::new(*x, *y))).collect()
}

#[test]
fn layouts_that_cannot_be_are_named() {
    let engine = engine();
    let message = |balls: &[BallMotion]| engine.roll_out(balls, None).expect_err("cannot be").to_string();
    assert_eq!(message(&[]), "no balls on the table: expected at least one");
    assert_eq!(
        message(&resting(&[(0.3, 0.3), (0.6, 0.6), (0.6, 0.65)])),
        "ball 1 and ball 2 overlap by 7.1 mm: expected centres at least two radii apart"
    );
    assert_eq!(message(&resting(&[(3.0, 0.3)])), "ball 0 at (3, 0.3) m is not on the table");
    assert!(message(&resting(&[(0.5, 0.5), (0.02, 0.6)])).starts_with("ball 1 is 8.6 mm inside cushion"));
    assert_eq!(message(&resting(&[(f64::NAN, 0.3)])), "position of ball 0 is not a finite number");
    let mut moving = resting(&[(0.3, 0.3)]);
    moving[0].velocity.x = f64::INFINITY;
    assert_eq!(message(&moving), "velocity of ball 0 is not a finite number");
    moving[0].velocity.x = 0.0;
    moving[0].spin.z = f64::NAN;
    assert_eq!(message(&moving), "spin of ball 0 is not a finite number");
}

#[test]
fn strokes_that_cannot_be_are_named() {
    let engine = engine();
    let balls = resting(&[(0.3, 0.3), (0.6, 0.6)]);
    let message = |cue: usize, stroke: Stroke| engine.shoot(&balls, cue, &stroke).expect_err("cannot be").to_string();
    let plain = Stroke::plain(1.0, 0.0);
    assert_eq!(message(2, plain), "no cue ball: the stroke is for ball 2, but there are only 2 balls");
    assert!(message(0, Stroke::plain(-0.5, 0.0)).contains("speed is -0.5"));
    assert!(message(0, Stroke { side: 0.6, ..plain }).starts_with("miscue"));
    let mut moving = balls.clone();
    moving[0].velocity = Vec2::new(0.5, 0.0);
    let error = engine.shoot(&moving, 0, &plain).expect_err("moves");
    assert_eq!(error, PhysicsError::CueBallMoves { ball: 0, speed: 0.5 });
}

#[test]
fn a_shot_is_empty_after_an_error() {
    let engine = engine();
    let mut shot = Shot::default();
    let stroke = Stroke::plain(1.0, 0.0);
    engine
        .shoot_into(&resting(&[(0.3, 0.3)]), Start::Strike { cue_ball: 0, stroke: &stroke }, &mut shot)
        .expect("ends");
    assert!(!shot.events().is_empty());
    engine.shoot_into(&[], Start::Strike { cue_ball: 0, stroke: &stroke }, &mut shot).expect_err("no balls");
    assert_eq!(shot, Shot::default());
}

#[test]
fn the_cap_is_an_error() {
    let mut physics = Physics::default();
    physics.limits.events = Allowance { base: 3, each: 0 };
    let engine = Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), physics).expect("sound");
    let error = engine.shoot(&resting(&[(0.3, 0.3)]), 0, &Stroke::plain(5.0, 1.0)).expect_err("capped");
    assert!(matches!(error, PhysicsError::TooManyEvents { cap: 3, .. }), "{error}");
}

#[test]
fn a_stroke_without_speed_moves_nothing() {
    let shot = engine().shoot(&resting(&[(0.3, 0.3)]), 0, &Stroke::plain(0.0, 1.0)).expect("nothing");
    assert_eq!(shot.duration(), 0.0);
    assert_eq!(shot.state(0, 5.0), Some(BallMotion::at_rest(Vec2::new(0.3, 0.3))));
    assert_eq!((shot.state(1, 0.0), shot.rest(1)), (None, None));
}

#[test]
fn a_ball_over_a_hole_falls_at_once() {
    let mut ball = resting(&[(-0.02, -0.02)]);
    ball[0].velocity = Vec2::new(0.1, 0.1);
    let shot = engine().roll_out(&ball, None).expect("falls");
    assert!(matches!(shot.events()[0].kind, EventKind::Pocket { ball: 0, .. }));
    assert_eq!(shot.duration(), 0.0);
}

#[test]
fn a_ball_spins_on_the_spot() {
    let mut ball = resting(&[(0.5, 0.5)]);
    ball[0].spin = Vec3::new(0.0, 0.0, 30.0);
    let shot = engine().roll_out(&ball, None).expect("spins");
    assert_eq!(shot.events().len(), 1);
    let halfway = shot.state(0, 0.5 * shot.duration()).expect("exists");
    assert!((halfway.spin.z - 15.0).abs() < 1e-9);
}

#[test]
fn two_hundred_balls_are_fine() {
    let corners = [(0.0, 0.0), (3.0, 0.0), (3.0, 6.0), (0.0, 6.0)].map(|(x, y)| TablePoint::new(x, y));
    let rails = (0..4_u8)
        .map(|i| RailSegment { id: FeatureId(i), from: corners[usize::from(i)], to: corners[usize::from(i + 1) % 4] })
        .collect();
    let features = TableFeatures { rails, jaws: Vec::new(), pockets: Vec::new() };
    let engine = Engine::new(Table::new(&features, 0.028_575, 0.036_576), Physics::default()).expect("sound");
    let balls: Vec<_> = (0..200)
        .map(|i| Vec2::new(0.2 + 0.2 * f64::from(i % 13), 0.2 + 0.3 * f64::from(i / 13)))
        .map(BallMotion::at_rest)
        .collect();
    let shot = engine.shoot(&balls, 0, &Stroke::plain(9.0, 0.7)).expect("ends");
    assert!(shot.events().len() > 20);
    assert_eq!(shot.balls(), 200);
}

#[test]
fn the_same_shot_gives_the_same_result() {
    let engine = engine();
    let balls = resting(&[(0.3, 0.3), (0.6, 0.6), (0.9, 1.9), (0.5, 1.2)]);
    let stroke = Stroke { side: 0.2, height: 0.1, ..Stroke::plain(4.0, 0.8) };
    let one = engine.shoot(&balls, 0, &stroke).expect("ends");
    assert_eq!(one, engine.shoot(&balls, 0, &stroke).expect("ends"));
}
