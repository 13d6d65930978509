//! The live prediction in a whole app: from the cue and the balls to paths and events.

use crate::common::table_app;
use bevy::prelude::*;
use billiards_table::{
    AimTarget, Ball, BallClass, BallId, BallLabel, BallState, Cue, CueState, Fate, LiveOdds, LivePrediction,
    LiveStrikeSpeed, PocketId, PredictedEventKind, Prediction, SpeedSource, TableEvent, TableKind, TablePoint,
    TableSpec, TableVector, settings::Settings,
};
use billiards_trainer::think::history::{HistoryPlugin, ShotHistory};

const CUE_BALL: BallId = BallId(1);
const OBJECT_BALL: BallId = BallId(2);

fn at(x: f64, y: f64) -> TablePoint {
    TablePoint::new(x, y)
}

fn ball(id: BallId, position: TablePoint) -> (Ball, Transform) {
    let (label, class) =
        if id == CUE_BALL { (BallLabel::Cue, BallClass::Cue) } else { (BallLabel::Unknown, BallClass::Solid) };
    let velocity = TableVector::zero();
    let ball = Ball { id, label, class, position, velocity, state: BallState::Resting, confidence: 0.9 };
    (ball, Transform::from_xyz(position.x as f32, position.y as f32, 0.0))
}

/// Returns a cue 10 cm behind `ball` that points along `aim`.
fn cue(ball: TablePoint, aim: TableVector) -> Cue {
    let direction = aim.normalize();
    let tip = ball - direction * 0.1;
    Cue {
        tip,
        butt: tip - direction * 0.8,
        direction,
        state: CueState::Aiming,
        speed: 0.0,
        stroke_speed: None,
        offset: Some(0.0),
    }
}

/// Creates a 9-ft table with these balls, the first of them the cue ball, aimed along `aim`.
fn aimed(balls: &[TablePoint], aim: TableVector) -> App {
    let mut app = table_app(TableKind::NINE_FOOT);
    for (id, position) in (1..).map(BallId).zip(balls) {
        app.world_mut().spawn(ball(id, *position));
    }
    let first = balls.first().expect("a cue ball");
    app.world_mut().spawn(cue(*first, aim));
    app.update();
    app.update();
    app
}

fn live(app: &App) -> Option<&Prediction> {
    app.world().resource::<LivePrediction>().0.as_ref()
}

fn table() -> TableSpec {
    TableKind::NINE_FOOT.spec()
}

#[test]
fn the_ghost_ball_is_where_geometry_says() {
    let reach = 2.0 * table().ball_radius;
    for (degrees, object) in
        [(0.0_f64, at(0.6, 1.7)), (20.0, at(0.3, 1.2)), (45.0, at(0.9, 2.0)), (-70.0, at(0.7, 0.9))]
    {
        let cut = degrees.to_radians();
        let centres = TableVector::new(cut.sin(), cut.cos());
        let ghost = object - centres * reach;
        let app = aimed(&[at(ghost.x, 0.3), object], TableVector::new(0.0, 1.0));
        let prediction = live(&app).expect("a prediction");
        let found = prediction.ghost_ball.expect("a ghost ball");
        assert!((found.position - ghost).length() < 0.000_1, "{found:?} instead of {ghost:?}");
        assert_eq!(found.object_ball, OBJECT_BALL);
        assert!((found.cut_angle - cut.abs()).abs() < 0.002, "{found:?}");
        let path = prediction.paths.iter().find(|path| path.ball == OBJECT_BALL).expect("the object ball's path");
        // Throw deflects the ball from the line of centres, in the direction in which the cue ball moves across it, by
        // 5 degrees at most.
        let thrown = centres.angle_to(path.pieces[0].velocity).to_degrees();
        assert!((-1e-6..5.0).contains(&(thrown * degrees.signum())), "thrown by {thrown} degrees at {degrees}");
    }
}

#[test]
fn a_straight_shot_pots_the_ball() {
    let aim = TableVector::new(1.0, 1.0);
    let corner = at(table().width, table().length);
    let app = aimed(&[corner - aim * 0.7, corner - aim * 0.3], aim);
    let prediction = live(&app).expect("a prediction");
    assert_eq!(prediction.cue_ball, CUE_BALL);
    let object = prediction.paths.iter().find(|path| path.ball == OBJECT_BALL).expect("the object ball's path");
    assert_eq!(object.fate, Fate::Pocketed(PocketId::RightTop));
    // A rolling cue ball follows into the same pocket; one that is struck low stays out of it.
    assert_eq!(prediction.paths[0].fate, Fate::Pocketed(PocketId::RightTop));
    let mut app = app;
    app.world_mut().resource_mut::<Settings>().shot.height = -0.4;
    app.update();
    let drawn = &live(&app).expect("a prediction").paths[0];
    assert_eq!(drawn.fate, Fate::Rests);
    let end = drawn.pieces.last().expect("pieces").end_position();
    assert!((end - corner).length() > 0.25, "it ends at {end:?}");
}

#[test]
fn a_bank_hits_the_rail_where_it_should_and_comes_off_it() {
    let start = at(0.4, 0.6);
    let app = aimed(&[start], TableVector::new(1.0, 1.0));
    let prediction = live(&app).expect("a prediction");
    let wall = table().width - table().ball_radius;
    let hit = at(wall, start.y + wall - start.x);
    let first = prediction.events[0];
    assert!((first.position - hit).length() < 0.000_1, "{first:?} is not at {hit:?}");
    assert!(matches!(first.kind, PredictedEventKind::RailContact { ball: CUE_BALL, .. }));
    let after = prediction.paths[0].pieces.iter().find(|piece| piece.start >= first.time).expect("a way on");
    assert!(after.velocity.x < 0.0 && after.velocity.y > 0.0, "{after:?}");
    assert_eq!((prediction.ghost_ball, prediction.paths[0].fate), (None, Fate::Rests));
}

/// An impossible stroke has no physics, but the line of sight is still shown.
#[test]
fn a_miscue_leaves_the_line_of_sight() {
    let start = at(0.4, 0.6);
    let mut app = aimed(&[start], TableVector::new(1.0, 1.0));
    app.world_mut().resource_mut::<Settings>().shot.side = 0.9;
    app.update();
    let prediction = live(&app).expect("a prediction");
    let wall = table().width - table().ball_radius;
    let hit = at(wall, start.y + wall - start.x);
    let [piece] = &prediction.paths[0].pieces[..] else { panic!("one piece: {prediction:?}") };
    assert!((piece.end_position() - hit).length() < 1e-9, "{piece:?} does not end at {hit:?}");
    assert_eq!(prediction.paths[0].fate, Fate::Open);
    let line = prediction.aim_line.expect("a line");
    assert!((line.to - hit).length() < 1e-9 && matches!(line.target, AimTarget::Cushion(_)), "{line:?}");
}

/// Left english squirts the cue ball to the right of where the cue points; the line of sight stays.
#[test]
fn english_takes_the_cue_ball_off_the_line_of_sight() {
    let object = at(0.6, 2.0);
    let mut app = aimed(&[at(0.6, 0.4), object], TableVector::new(0.0, 1.0));
    app.world_mut().resource_mut::<Settings>().shot.side = 0.4;
    app.update();
    let prediction = live(&app).expect("a prediction");
    let line = prediction.aim_line.expect("a line");
    let full = at(0.6, object.y - 2.0 * table().ball_radius);
    assert!((line.to - full).length() < 1e-9 && line.target == AimTarget::Ball(OBJECT_BALL), "{line:?}");
    assert!(prediction.aim.x > 0.01, "{:?}", prediction.aim);
}

/// Returns the speed of the predicted cue ball, its source, and the number of strokes behind it.
fn strike(app: &App) -> (f64, SpeedSource, usize) {
    let speed = live(app).expect("a prediction").paths[0].pieces[0].velocity.length();
    let estimate = app.world().resource::<LiveStrikeSpeed>().0.expect("a speed");
    assert!((estimate.speed - speed).abs() < 1e-9, "{estimate:?} is shown and {speed} is predicted");
    ((1e6 * speed).round() / 1e6, estimate.source, estimate.strokes)
}

/// Moves the cue to and fro at this speed before the stroke.
fn practise(app: &mut App, speed: f64) {
    let mut cues = app.world_mut().query::<&mut Cue>();
    let mut cue = cues.single_mut(app.world_mut()).expect("the cue");
    (cue.state, cue.stroke_speed) = (CueState::Stroking, Some(speed));
    app.update();
}

/// Plays a stroke, after which all balls come to rest.
fn play(app: &mut App, speed: f64) {
    let direction = TableVector::new(0.0, 1.0);
    app.world_mut().write_message(TableEvent::ShotStarted { ball: CUE_BALL, speed, direction, ago: 0.1 });
    app.update();
    app.world_mut().write_message(TableEvent::ShotEnded { duration: 2.0, speed, direction });
    app.update();
    app.update();
}

/// The shot is predicted with the speed of the player's strokes, not with that of the practice strokes.
#[test]
fn the_speed_is_learnt_from_the_strokes_and_not_from_the_practice_strokes() {
    let mut app = aimed(&[at(0.6, 0.5)], TableVector::new(0.0, 1.0));
    HistoryPlugin.build(&mut app);
    assert_eq!(strike(&app), (2.0, SpeedSource::Set, 0));
    practise(&mut app, 0.4);
    assert_eq!(strike(&app), (2.0, SpeedSource::Set, 0));
    play(&mut app, 3.4);
    assert_eq!(strike(&app), (3.4, SpeedSource::Usual, 1));
    for speed in [3.2, 3.6] {
        practise(&mut app, 0.5);
        play(&mut app, speed);
    }
    practise(&mut app, 0.3);
    assert_eq!(strike(&app), (3.4, SpeedSource::Usual, 3));
    app.world_mut().resource_mut::<Settings>().shot.speed_from_cue = false;
    app.update();
    assert_eq!(strike(&app), (2.0, SpeedSource::Fixed, 0));
    app.world_mut().resource_mut::<Settings>().shot.speed_from_cue = true;
    // Another session, perhaps with another player.
    app.world_mut().resource_mut::<ShotHistory>().clear();
    app.update();
    app.update();
    assert_eq!(strike(&app), (2.0, SpeedSource::Set, 0));
}

/// A ball that moves without an address was moved by hand.
#[test]
fn a_ball_that_nobody_addressed_is_no_stroke() {
    let mut app = aimed(&[at(0.6, 0.5)], TableVector::new(0.0, 1.0));
    HistoryPlugin.build(&mut app);
    let cue = app.world_mut().query_filtered::<Entity, With<Cue>>().single(app.world()).expect("the cue");
    play(&mut app, 3.0);
    app.world_mut().get_mut::<Cue>(cue).expect("the cue").state = CueState::Away;
    app.update();
    play(&mut app, 1.0);
    play(&mut app, 1.0);
    app.world_mut().get_mut::<Cue>(cue).expect("the cue").state = CueState::Aiming;
    app.update();
    // After the first stroke the cue was aimed once more.
    assert_eq!(strike(&app).2, 2);
}

#[test]
fn the_prediction_sees_the_balls_of_the_same_update() {
    let mut app = aimed(&[at(0.6, 0.5), at(0.9, 2.0)], TableVector::new(0.0, 1.0));
    assert_eq!(live(&app).expect("a prediction").ghost_ball, None);
    let world = app.world_mut();
    let mut balls = world.query::<(&mut Ball, &mut Transform)>();
    let (mut object, mut place) = balls.iter_mut(world).find(|(ball, _)| ball.id == OBJECT_BALL).expect("the ball");
    object.position = at(0.6, 1.5);
    place.translation = Vec3::new(0.6, 1.5, 0.0);
    app.update();
    let ghost = live(&app).expect("a prediction").ghost_ball.expect("the ball that came into the way");
    assert!((ghost.position - at(0.6, 1.5 - 2.0 * table().ball_radius)).length() < 0.000_1);
}

#[test]
fn without_an_aimed_cue_there_is_no_prediction() {
    let mut app = aimed(&[at(0.6, 0.5), at(0.6, 1.5)], TableVector::new(0.0, 1.0));
    assert!(live(&app).is_some());
    let cue = app.world_mut().query_filtered::<Entity, With<Cue>>().single(app.world()).expect("the cue");
    app.world_mut().get_mut::<Cue>(cue).expect("the cue").state = CueState::Away;
    app.update();
    assert_eq!(live(&app), None);
    app.world_mut().get_mut::<Cue>(cue).expect("the cue").state = CueState::Aiming;
    app.update();
    assert!(live(&app).is_some());
    app.world_mut().despawn(cue);
    app.update();
    assert_eq!(live(&app), None);
}

#[test]
fn a_rolling_cue_ball_has_no_prediction() {
    let mut app = aimed(&[at(0.6, 0.5), at(0.6, 1.5)], TableVector::new(0.0, 1.0));
    for mut ball in app.world_mut().query::<&mut Ball>().iter_mut(app.world_mut()) {
        ball.state = BallState::Moving;
    }
    app.update();
    assert_eq!(live(&app), None);
}

#[test]
fn a_short_pot_is_likely_and_a_long_cut_is_not() {
    let corner = at(table().width, table().length);
    let odds = |balls: &[TablePoint], aim: TableVector| {
        let app = aimed(balls, aim);
        let path = live(&app)?.paths.iter().find(|path| path.ball == OBJECT_BALL)?;
        let Fate::Pocketed(pocket) = path.fate else { return None };
        let odds = app.world().resource::<LiveOdds>().0.as_ref()?;
        Some((odds.chance(OBJECT_BALL, pocket), odds.clone()))
    };
    let diagonal = TableVector::new(1.0, 1.0).normalize();
    let (near, fan) = odds(&[corner - diagonal * 0.7, corner - diagonal * 0.3], diagonal).expect("a pot");
    assert!(near > 0.95, "{near}");
    assert!(fan.runs >= 64 && fan.openings.iter().any(|opening| opening.ball == OBJECT_BALL));
    // The same line, over the whole length of the table.
    let (far, _) = odds(&[corner - diagonal * 1.6, corner - diagonal * 0.9], diagonal).expect("a pot");
    assert!(far < near, "{far} and {near}");
    for rest in &fan.rests {
        let [[xx, xy], [yx, yy]] = rest.covariance;
        assert!(xy == yx && xx >= 0.0 && yy >= 0.0 && xx * yy >= xy * xy - 1e-12, "{rest:?}");
    }
}
