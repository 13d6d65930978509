//! The motion of the balls, computed shot by shot by the physics engine and known exactly at every moment of a shot.

use super::{balls::BallPose, picture::FALL_DEPTH};
use billiards_physics::{BallMotion, Engine, Physics, Piece, Shot, Stroke, Vec2, Vec3};
use billiards_table::{BallLabel, MotionState, TableFeatures, TablePoint, TableSpec, TableVector};
use nalgebra::{Quaternion, UnitQuaternion, Vector3};
use rand::Rng;

/// Time in which a ball sinks into a pocket, seconds.
const FALL: f64 = 0.25;

/// State of a ball at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct State {
    /// Centre, projected onto the table.
    pub position: TablePoint,
    /// Velocity, metres per second.
    pub velocity: TableVector,
    /// Angular velocity, radians per second.
    spin: Vector3<f64>,
    /// Progress of its fall into a pocket: 0 on the table, 1 out of sight.
    pub fallen: f64,
}

/// A ball.
#[derive(Debug, Clone)]
struct Body {
    label: BallLabel,
    /// Path of the ball, times from the beginning of the shot. Empty for a ball in a pocket.
    path: Vec<Piece>,
    /// Rotation from the ball's own axes to those of the table, at the time up to which rotations are known.
    turn: UnitQuaternion<f64>,
}

impl Body {
    fn is_cue_ball(&self) -> bool {
        self.label == BallLabel::Cue
    }

    /// Returns the state `time` seconds after the beginning of the shot; `None` once the ball is out of sight.
    fn state(&self, time: f64) -> Option<State> {
        let time = time.max(0.0);
        let number = self.path.partition_point(|piece| piece.start <= time).checked_sub(1)?;
        let piece = &self.path[number];
        if !piece.pocketed {
            let BallMotion { position, velocity, spin: Vec3 { x, y, z } } = piece.at(time.min(piece.end));
            let spin = Vector3::new(x, y, z);
            return Some(State { position: position.into(), velocity: velocity.into(), spin, fallen: 0.0 });
        }
        let fallen = (time - piece.start) / FALL;
        let before = self.path[number.checked_sub(1)?].at(piece.start);
        let (from, to): (TablePoint, TablePoint) = (before.position.into(), piece.initial.position.into());
        let state = State {
            position: from.lerp(to, fallen * (2.0 - fallen)),
            velocity: TableVector::zero(),
            spin: Vector3::new(before.spin.x, before.spin.y, before.spin.z),
            fallen,
        };
        (fallen < 1.0).then_some(state)
    }
}

/// A stroke played on the simulated table, and its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayedShot {
    /// Time of the contact of cue and ball, simulated seconds since the start.
    pub struck_at: f64,
    /// Velocity of the cue ball off the tip, m/s.
    pub velocity: TableVector,
    /// Labels of the pocketed balls, in the order of the layout: one for each ball, however many have the label.
    pub pocketed: Vec<BallLabel>,
    /// Time at which all balls that stay on the table have come to rest, simulated seconds since the start.
    pub rests_at: f64,
}

/// All balls of a table.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    spec: TableSpec,
    features: TableFeatures,
    engine: Engine,
    bodies: Vec<Body>,
    /// Beginning of the shot, and the time at which all is at rest again.
    shot: [f64; 2],
    /// Time up to which the rotations of the balls are known.
    now: f64,
    /// Strokes so far.
    played: Vec<PlayedShot>,
}

impl Motion {
    /// Creates the balls of a layout at rest, with random orientations in which most numbers are visible.
    pub fn new(spec: &TableSpec, layout: &[(BallLabel, TablePoint)], rng: &mut impl Rng) -> Self {
        let engine = Engine::for_table(spec, Physics::of_table(spec))
            .unwrap_or_else(|error| unreachable!("a table that was checked has a sound model: {error}"));
        let bodies = Vec::new();
        let mut motion = Self {
            spec: *spec,
            features: spec.features(),
            engine,
            bodies,
            shot: [0.0; 2],
            now: 0.0,
            played: Vec::new(),
        };
        motion.lay(layout, rng);
        motion
    }

    /// Removes all balls and places those of a layout.
    pub fn lay(&mut self, layout: &[(BallLabel, TablePoint)], rng: &mut impl Rng) {
        let bodies = layout.iter().map(|&(label, position)| {
            let [w, i, j, k]: [f64; 4] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
            let turn = UnitQuaternion::from_quaternion(Quaternion::new(w + 2.0, i, j, k));
            Body { label, path: vec![resting(position)], turn }
        });
        self.bodies = bodies.collect();
        self.shot = [self.now; 2];
    }

    /// Returns the dimensions of the table.
    pub fn spec(&self) -> &TableSpec {
        &self.spec
    }

    /// Returns the features of the table that a ball can meet, besides other balls.
    pub fn features(&self) -> &TableFeatures {
        &self.features
    }

    /// Returns the number of balls, including those in the pockets.
    pub fn len(&self) -> usize {
        self.bodies.len()
    }

    /// Returns the state of a ball at a time; `None` once it is out of sight.
    pub fn state(&self, ball: usize, time: f64) -> Option<State> {
        self.bodies.get(ball)?.state(time - self.shot[0])
    }

    /// Returns the label of a ball.
    pub fn label(&self, ball: usize) -> BallLabel {
        self.bodies.get(ball).map_or(BallLabel::Unknown, |body| body.label)
    }

    /// Returns the pose of a ball at a time close to that up to which rotations are known; `None` once it is out of
    /// sight.
    pub fn pose(&self, ball: usize, time: f64) -> Option<BallPose> {
        let body = self.bodies.get(ball)?;
        let state = self.state(ball, time)?;
        let height = self.spec.radius(body.is_cue_ball()) - FALL_DEPTH * state.fallen;
        let turn = self.turned(body, self.now, time);
        Some(BallPose { centre: Vector3::new(state.position.x, state.position.y, height), turn })
    }

    /// Returns the rotation of a ball at `to`, given that `body.turn` holds at `from`. Spins change linearly, so the
    /// spin in the middle is used.
    fn turned(&self, body: &Body, from: f64, to: f64) -> UnitQuaternion<f64> {
        let spin = body.state(f64::midpoint(from, to) - self.shot[0]).map_or(Vector3::zeros(), |state| state.spin);
        UnitQuaternion::from_scaled_axis(spin * (to - from)) * body.turn
    }

    /// Returns the balls on the table at a time.
    pub fn on_table(&self, time: f64) -> impl Iterator<Item = (BallLabel, State)> {
        self.bodies.iter().filter_map(move |body| {
            let state = body.state(time - self.shot[0]).filter(|state| state.fallen == 0.0)?;
            Some((body.label, state))
        })
    }

    /// Returns the object balls that lie on the table once all is at rest, with their places.
    pub fn objects(&self) -> impl Iterator<Item = (usize, TablePoint)> {
        let objects = (0..self.len()).filter(move |ball| !self.bodies[*ball].is_cue_ball());
        objects.filter_map(move |ball| Some((ball, self.place(ball)?)))
    }

    /// Returns the cue ball and its place once all is at rest; `None` if it is in a pocket.
    pub fn cue_ball(&self) -> Option<(usize, TablePoint)> {
        let ball = self.bodies.iter().position(Body::is_cue_ball)?;
        Some((ball, self.place(ball)?))
    }

    /// Returns the place of a ball once all is at rest; `None` if it is in a pocket.
    pub fn place(&self, ball: usize) -> Option<TablePoint> {
        self.state(ball, f64::INFINITY).filter(|state| state.fallen == 0.0).map(|state| state.position)
    }

    /// Returns whether all balls are at rest.
    pub fn is_at_rest(&self, time: f64) -> bool {
        time >= self.shot[1]
    }

    /// Returns the cue speed with which a centre hit gives the cue ball this speed, metres per second.
    pub fn cue_speed(&self, ball_speed: f64) -> f64 {
        ball_speed / Stroke::plain(1.0, 0.0).ball_speed(self.engine.body(true).mass, self.engine.physics())
    }

    /// Simulates a centre hit that gives the cue ball a velocity, and returns the final place of each ball, `None` in a
    /// pocket. Returns `None` if the cue ball is not on the table or the positions of the balls are not possible.
    pub fn simulate(&self, velocity: TableVector) -> Option<Vec<Option<TablePoint>>> {
        let (shot, balls) = self.struck(velocity)?;
        let mut ends = vec![None; self.len()];
        for (i, ball) in balls.into_iter().enumerate() {
            let rest = shot.rest(i).filter(|rest| rest.pocket.is_none());
            ends[ball] = rest.map(|rest| rest.state.position.into());
        }
        Some(ends)
    }

    /// Strikes the cue ball in the centre at a time, so that it gets a velocity. Does nothing if the cue ball is not on
    /// the table.
    pub fn strike(&mut self, time: f64, velocity: TableVector) {
        if let Some((shot, balls)) = self.struck(velocity) {
            let falls = |i: usize| shot.rest(i).is_none_or(|rest| rest.pocket.is_some());
            let pocketed =
                balls.iter().enumerate().filter(|(i, _)| falls(*i)).map(|(_, body)| self.bodies[*body].label);
            let pocketed = pocketed.collect();
            self.played.push(PlayedShot { struck_at: time, velocity, pocketed, rests_at: time + shot.duration() });
            self.follow(time, &shot, &balls);
        }
    }

    /// Returns all strokes played so far, in order.
    pub fn played(&self) -> &[PlayedShot] {
        &self.played
    }

    /// Lets the cue ball roll from a place with a velocity, from a time on.
    pub fn roll(&mut self, time: f64, from: TablePoint, velocity: TableVector) {
        self.spot_cue_ball(time, from);
        let (mut balls, numbers) = self.lie();
        for (ball, number) in balls.iter_mut().zip(&numbers) {
            if self.bodies[*number].is_cue_ball() {
                let radius = self.spec.cue_ball.radius;
                ball.velocity = velocity.into();
                ball.spin = Vec3::new(-velocity.y / radius, velocity.x / radius, 0.0);
            }
        }
        let cue_ball = numbers.iter().position(|number| self.bodies[*number].is_cue_ball());
        if let Ok(shot) = self.engine.roll_out(&balls, cue_ball) {
            self.follow(time, &shot, &numbers);
        }
    }

    /// Places the cue ball at rest, wherever it was.
    pub fn spot_cue_ball(&mut self, time: f64, position: TablePoint) {
        let rests: Vec<Vec<Piece>> = (0..self.bodies.len()).map(|i| self.rest(i).into_iter().collect()).collect();
        for (body, rest) in self.bodies.iter_mut().zip(rests) {
            body.path = if body.is_cue_ball() { vec![resting(position)] } else { rest };
        }
        self.shot = [time; 2];
    }

    /// Rotates the balls up to a time, at most a few milliseconds after the last one.
    pub fn advance(&mut self, time: f64) {
        let turns: Vec<_> = self.bodies.iter().map(|body| self.turned(body, self.now, time)).collect();
        for (body, turn) in self.bodies.iter_mut().zip(turns) {
            body.turn = turn;
        }
        self.now = time;
    }

    /// Returns the final resting state of a ball, unless it is in a pocket.
    fn rest(&self, ball: usize) -> Option<Piece> {
        let state = self.state(ball, f64::INFINITY)?;
        Some(resting(state.position))
    }

    /// Returns the balls that finally lie on the table, for the engine, and their indices.
    fn lie(&self) -> (Vec<BallMotion>, Vec<usize>) {
        let rests = (0..self.bodies.len()).filter_map(|i| Some((self.rest(i)?.initial, i)));
        rests.unzip()
    }

    fn struck(&self, velocity: TableVector) -> Option<(Shot, Vec<usize>)> {
        let (balls, numbers) = self.lie();
        let cue_ball = numbers.iter().position(|number| self.bodies[*number].is_cue_ball())?;
        let stroke = Stroke::plain(self.cue_speed(velocity.length()), velocity.y.atan2(velocity.x));
        let shot = self.engine.shoot(&balls, cue_ball, &stroke).ok()?;
        Some((shot, numbers))
    }

    fn follow(&mut self, time: f64, shot: &Shot, numbers: &[usize]) {
        for body in &mut self.bodies {
            body.path.clear();
        }
        for (i, number) in numbers.iter().enumerate() {
            self.bodies[*number].path = shot.path(i).copied().collect();
        }
        self.shot = [time, time + shot.duration() + FALL];
    }
}

/// Returns a path of a ball that stays at rest.
fn resting(position: TablePoint) -> Piece {
    Piece {
        ball: 0,
        motion: MotionState::Stationary,
        pocketed: false,
        start: 0.0,
        end: f64::INFINITY,
        initial: BallMotion::at_rest(position.into()),
        acceleration: Vec2::ZERO,
        spin_rate: Vec3::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{PlainColour, TableKind};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::f64::consts::TAU;

    fn table(balls: &[(BallLabel, TablePoint)]) -> Motion {
        on(TableKind::NINE_FOOT, balls)
    }

    fn on(kind: TableKind, balls: &[(BallLabel, TablePoint)]) -> Motion {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        Motion::new(&kind.spec(), balls, rng)
    }

    #[test]
    fn a_struck_ball_gets_its_velocity_and_comes_to_rest() {
        let start = TablePoint::new(0.6, 0.5);
        let mut motion = table(&[(BallLabel::Cue, start)]);
        let velocity = TableVector::new(0.3, 0.9);
        motion.strike(2.0, velocity);
        assert_eq!(motion.state(0, 1.9).expect("there").position, start);
        assert!((motion.state(0, 2.0).expect("there").velocity - velocity).length() < 1e-9);
        let later = motion.state(0, 2.1).expect("there");
        assert!((later.position - start - velocity * 0.1).length() < 0.012 && later.velocity.length() < 0.95);
        assert!(!motion.is_at_rest(3.0) && motion.is_at_rest(60.0));
        assert_eq!(motion.cue_ball(), motion.state(0, 60.0).map(|state| (0, state.position)));
    }

    #[test]
    fn a_rolling_ball_turns_once_in_its_circumference() {
        let mut motion = table(&[(BallLabel::Cue, TablePoint::new(0.6, 0.2))]);
        let radius = motion.spec.ball_radius;
        motion.roll(0.0, TablePoint::new(0.6, 0.5), TableVector::new(0.0, 1.0));
        let start = motion.bodies[0].turn;
        let mut time = 0.0;
        while motion.state(0, time).expect("there").position.y - 0.5 < 0.25 * TAU * radius {
            time += 0.001;
            motion.advance(time);
        }
        // A quarter turn brings the top to the front.
        let front = motion.bodies[0].turn * start.inverse() * Vector3::z();
        assert!((front - Vector3::y()).norm() < 0.05, "{front}");
        // Between the steps the rotation is known as well.
        let between = motion.pose(0, time + 0.002).expect("there").turn;
        motion.advance(time + 0.002);
        assert!(between.angle_to(&motion.bodies[0].turn) < 1e-9);
    }

    #[test]
    fn a_potted_ball_sinks_and_is_gone() {
        let balls = [(BallLabel::Cue, TablePoint::new(0.6, 1.27)), (BallLabel::Number(5), TablePoint::new(0.25, 1.27))];
        let mut motion = table(&balls);
        let simulated = motion.simulate(TableVector::new(-2.0, 0.0)).expect("possible");
        assert_eq!(simulated[1], None);
        motion.strike(1.0, TableVector::new(-2.0, 0.0));
        let mut heights = vec![motion.pose(1, 1.0).expect("there").centre.z];
        let mut time = 1.0;
        while let Some(pose) = motion.pose(1, time) {
            heights.push(pose.centre.z);
            time += 0.01;
        }
        assert!(heights.is_sorted_by(|a, b| a >= b) && heights[heights.len() - 1] < -0.05);
        assert_eq!(motion.place(1), None);
        assert!(motion.on_table(time).all(|(label, _)| label == BallLabel::Cue));
        // The cue ball can be put back, and pocketed balls stay pocketed.
        motion.spot_cue_ball(time, TablePoint::new(0.3, 0.3));
        assert_eq!((motion.objects().count(), motion.cue_ball()), (0, Some((0, TablePoint::new(0.3, 0.3)))));
    }

    #[test]
    fn balls_of_one_label_are_told_apart() {
        let red = BallLabel::Colour(PlainColour::Red);
        let kind = TableKind::named("snooker-12ft").expect("shipped");
        let middle = 0.5 * kind.spec().length;
        let balls = [
            (BallLabel::Cue, TablePoint::new(0.32, middle)),
            (red, TablePoint::new(0.25, middle)),
            (red, TablePoint::new(0.9, 0.9)),
            (red, TablePoint::new(0.9, 2.9)),
        ];
        let mut motion = on(kind, &balls);
        let ends = motion.simulate(TableVector::new(-2.0, 0.0)).expect("possible");
        assert!(ends[1].is_none() && ends[2] == Some(balls[2].1) && ends[3] == Some(balls[3].1), "{ends:?}");
        motion.strike(0.0, TableVector::new(-2.0, 0.0));
        assert_eq!(motion.played()[0].pocketed, [red]);
        assert_eq!(motion.objects().map(|(ball, _)| ball).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn a_smaller_cue_ball_lies_lower_and_needs_a_slower_cue() {
        let kind = TableKind::named("english-7ft").expect("shipped");
        let spec = kind.spec();
        let black = BallLabel::Colour(PlainColour::Black);
        let balls = [(BallLabel::Cue, TablePoint::new(0.3, 0.5)), (black, TablePoint::new(0.6, 1.2))];
        let motion = on(kind, &balls);
        let height = |ball| motion.pose(ball, 0.0).expect("there").centre.z;
        assert_eq!((height(0), height(1)), (spec.cue_ball.radius, spec.ball_radius));
        let heavy = on(TableKind::NINE_FOOT, &[balls[0]]);
        assert!(motion.cue_speed(2.0) < heavy.cue_speed(2.0));
    }
}
