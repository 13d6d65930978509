//! How the simulated balls move: a simple model of the simulation's own.
//!
//! A ball always rolls: it loses speed at one rate and never slides or spins. Two balls meet along the line of their
//! centres with one restitution, a ball meets noses, facings and roundings with another, and no contact has friction.
//! A ball falls when its centre comes inside a pocket's circle. Time goes in steps so short that no ball can pass
//! through anything; contacts of two balls are brought back to the moment of the touch, so that cut angles are right.
//! The same steps from the same start give the same motion to the last bit.

use crate::model::{BallLabel, TableFeatures, TablePoint, TableSpec, TableVector};
use nalgebra::{Quaternion, UnitQuaternion, Vector3};
use rand::Rng;

/// Longest step, seconds: at 8 m/s a ball goes 4 mm in it, a seventh of its radius.
pub(super) const STEP: f64 = 0.0005;
/// Speed that a rolling ball loses, metres a second squared.
const DECELERATION: f64 = 0.01 * 9.81;
/// Share of the approach speed with which balls part.
const BALL_RESTITUTION: f64 = 0.95;
/// Share of the approach speed with which a ball leaves a cushion.
const RAIL_RESTITUTION: f64 = 0.8;
/// Rounds in which the contacts of one step are settled; in a rack each one makes others.
const ROUNDS: usize = 12;
/// Seconds in which a ball sinks into a pocket.
const FALL: f64 = 0.25;

/// Where a ball is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// On the table.
    Bed,
    /// Over the edge of a pocket.
    Falling {
        /// Where it went over the edge.
        from: TablePoint,
        /// Where the pocket's centre is.
        to: TablePoint,
        /// How much of the fall is behind it, 0 to 1.
        done: f64,
    },
    /// Out of sight.
    Down,
}

/// A simulated ball.
#[derive(Debug, Clone)]
pub(super) struct Body {
    /// What is written on it.
    pub label: BallLabel,
    /// Its centre, projected onto the table.
    pub position: TablePoint,
    /// Metres a second; zero unless it rolls on the table.
    pub velocity: TableVector,
    /// From the ball's own axes to table x, table y and up.
    pub turn: UnitQuaternion<f64>,
    /// Where it is.
    pub place: Place,
}

impl Body {
    fn is_still(&self) -> bool {
        self.velocity == TableVector::zero()
    }
}

/// All balls of a table.
#[derive(Debug, Clone)]
pub(super) struct Motion {
    spec: TableSpec,
    features: TableFeatures,
    bodies: Vec<Body>,
}

impl Motion {
    /// The balls of a layout at rest, turned at random but with most numbers in sight.
    pub fn new(spec: &TableSpec, layout: &[(BallLabel, TablePoint)], rng: &mut impl Rng) -> Self {
        let bodies = layout.iter().map(|&(label, position)| {
            let [w, i, j, k]: [f64; 4] = std::array::from_fn(|_| rng.random_range(-1.0..1.0));
            let turn = UnitQuaternion::from_quaternion(Quaternion::new(w + 2.0, i, j, k));
            Body { label, position, velocity: TableVector::zero(), turn, place: Place::Bed }
        });
        Self { spec: *spec, features: spec.features(), bodies: bodies.collect() }
    }

    /// The table's measures.
    pub fn spec(&self) -> &TableSpec {
        &self.spec
    }

    /// What a ball can meet besides other balls.
    pub fn features(&self) -> &TableFeatures {
        &self.features
    }

    /// All balls, those in the pockets included.
    pub fn bodies(&self) -> &[Body] {
        &self.bodies
    }

    /// The balls on the table.
    pub fn on_table(&self) -> impl Iterator<Item = (BallLabel, TablePoint)> {
        self.bodies.iter().filter(|body| body.place == Place::Bed).map(|body| (body.label, body.position))
    }

    /// The balls on the table besides the cue ball.
    pub fn objects(&self) -> impl Iterator<Item = (BallLabel, TablePoint)> {
        self.on_table().filter(|(label, _)| *label != BallLabel::Cue)
    }

    /// Where a ball is; `None` once it is in a pocket.
    pub fn find(&self, label: BallLabel) -> Option<TablePoint> {
        self.on_table().find(|(other, _)| *other == label).map(|(_, position)| position)
    }

    /// Whether nothing moves.
    pub fn is_at_rest(&self) -> bool {
        self.bodies.iter().all(|body| match body.place {
            Place::Bed => body.is_still(),
            Place::Falling { .. } => false,
            Place::Down => true,
        })
    }

    /// Kinetic energy over the mass of a ball, square metres a square second; what rolls counts as if it slid.
    #[cfg(test)]
    fn energy(&self) -> f64 {
        self.bodies.iter().map(|body| 0.5 * body.velocity.square_length()).sum()
    }

    /// Gives the cue ball a velocity, if it is on the table.
    pub fn strike(&mut self, velocity: TableVector) {
        let cue_ball = self.bodies.iter_mut().find(|body| body.label == BallLabel::Cue && body.place == Place::Bed);
        if let Some(body) = cue_ball {
            body.velocity = velocity;
        }
    }

    /// Puts the cue ball down at rest, wherever it was.
    pub fn spot_cue_ball(&mut self, position: TablePoint) {
        if let Some(body) = self.bodies.iter_mut().find(|body| body.label == BallLabel::Cue) {
            (body.position, body.velocity, body.place) = (position, TableVector::zero(), Place::Bed);
        }
    }

    /// Goes on by `seconds`, at most [`STEP`].
    pub fn step(&mut self, seconds: f64) {
        if self.is_at_rest() {
            return;
        }
        for body in &mut self.bodies {
            match body.place {
                Place::Bed => roll(body, seconds, self.spec.ball_radius),
                Place::Falling { from, to, done } => fall(body, from, to, done + seconds / FALL),
                Place::Down => {}
            }
        }
        self.settle_balls(seconds);
        self.meet_cushions();
        self.meet_pockets();
    }

    fn settle_balls(&mut self, seconds: f64) {
        let reach = 2.0 * self.spec.ball_radius;
        for _ in 0..ROUNDS {
            let mut settled = true;
            for i in 1..self.bodies.len() {
                let (before, rest) = self.bodies.split_at_mut(i);
                let Some(body) = rest.first_mut().filter(|body| body.place == Place::Bed) else { continue };
                for other in before.iter_mut().filter(|other| other.place == Place::Bed) {
                    if !(body.is_still() && other.is_still()) {
                        settled &= !collide(body, other, reach, seconds);
                    }
                }
            }
            if settled {
                break;
            }
        }
    }

    fn meet_cushions(&mut self) {
        let radius = self.spec.ball_radius;
        for body in self.bodies.iter_mut().filter(|body| body.place == Place::Bed) {
            // No feature is nearer than a radius there.
            if body.is_still() || self.spec.holds(body.position, 0.0) {
                continue;
            }
            for rail in &self.features.rails {
                let way = rail.to - rail.from;
                let t = ((body.position - rail.from).dot(way) / way.square_length()).clamp(0.0, 1.0);
                bounce(body, rail.from + way * t, radius);
            }
            for jaw in &self.features.jaws {
                bounce(body, jaw.centre, radius + jaw.radius);
            }
        }
    }

    fn meet_pockets(&mut self) {
        for body in self.bodies.iter_mut().filter(|body| body.place == Place::Bed) {
            if self.spec.holds(body.position, 0.0) {
                continue;
            }
            let pocket = self.features.pockets.iter().find(|p| (body.position - p.centre).length() < p.radius);
            if let Some(pocket) = pocket {
                body.place = Place::Falling { from: body.position, to: pocket.centre, done: 0.0 };
                body.velocity = TableVector::zero();
            }
        }
    }
}

/// Rolls on for `seconds`.
fn roll(body: &mut Body, seconds: f64, radius: f64) {
    let speed = body.velocity.length();
    if speed == 0.0 {
        return;
    }
    let after = (speed - DECELERATION * seconds).max(0.0);
    let way = body.velocity * (0.5 * (speed + after) / speed * seconds);
    body.position += way;
    body.velocity = if after > 0.0 { body.velocity * (after / speed) } else { TableVector::zero() };
    // The point of contact rests on the cloth: the ball turns about up × way.
    body.turn = UnitQuaternion::from_scaled_axis(Vector3::new(-way.y, way.x, 0.0) / radius) * body.turn;
}

/// Sinks until `done` (0 to 1) of the fall is behind it.
fn fall(body: &mut Body, from: TablePoint, to: TablePoint, done: f64) {
    if done >= 1.0 {
        body.place = Place::Down;
    } else {
        body.position = from.lerp(to, done * (2.0 - done));
        body.place = Place::Falling { from, to, done };
    }
}

/// Lets two balls collide that are nearer than `reach` and approach each other; whether they did.
fn collide(a: &mut Body, b: &mut Body, reach: f64, seconds: f64) -> bool {
    let apart = b.position - a.position;
    let depth = apart.square_length() - reach * reach;
    let velocity = b.velocity - a.velocity;
    let along = apart.dot(velocity);
    if depth >= 0.0 || along >= 0.0 {
        return false;
    }
    // They touched when |apart - velocity · back| was the reach.
    let square = velocity.square_length();
    let back = ((along + (along * along - square * depth).sqrt()) / square).clamp(0.0, seconds);
    let Some(normal) = (apart - velocity * back).try_normalize() else { return false };
    let approach = velocity.dot(normal);
    if approach >= 0.0 {
        return false;
    }
    a.position -= a.velocity * back;
    b.position -= b.velocity * back;
    // Equal masses.
    let change = normal * (0.5 * (1.0 + BALL_RESTITUTION) * approach);
    a.velocity += change;
    b.velocity -= change;
    a.position += a.velocity * back;
    b.position += b.velocity * back;
    true
}

/// Keeps a ball's centre `reach` away from a place and throws it back if it comes nearer.
fn bounce(body: &mut Body, from: TablePoint, reach: f64) {
    let away = body.position - from;
    let distance = away.length();
    if distance >= reach || distance == 0.0 {
        return;
    }
    let normal = away / distance;
    body.position = from + normal * reach;
    let approach = body.velocity.dot(normal);
    if approach < 0.0 {
        body.velocity -= normal * ((1.0 + RAIL_RESTITUTION) * approach);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::TableKind, rig::simulation::layout};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::f64::consts::TAU;

    fn table(balls: &[(BallLabel, TablePoint)]) -> Motion {
        Motion::new(&TableKind::NineFoot.spec(), balls, &mut ChaCha8Rng::seed_from_u64(0))
    }

    /// All balls of a spread layout, thrown about.
    fn commotion(kind: TableKind, seed: u64) -> Motion {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let spec = kind.spec();
        let layout = layout::spread(&spec, &mut rng);
        let mut motion = Motion::new(&spec, &layout, &mut rng);
        for body in &mut motion.bodies {
            let (angle, speed): (f64, f64) = (rng.random_range(0.0..TAU), rng.random_range(0.0..8.0));
            body.velocity = TableVector::new(speed * angle.cos(), speed * angle.sin());
        }
        motion
    }

    #[test]
    fn a_ball_rolls_as_far_as_its_speed_carries_it() {
        let mut motion = table(&[(BallLabel::Cue, TablePoint::new(0.6, 0.5))]);
        motion.strike(TableVector::new(0.0, 0.4));
        let mut time = 0.0;
        while !motion.is_at_rest() {
            motion.step(STEP);
            time += STEP;
        }
        let rolled = motion.bodies[0].position.y - 0.5;
        assert!((rolled - 0.16 / (2.0 * DECELERATION)).abs() < 1e-6 && (time - 0.4 / DECELERATION).abs() < 2.0 * STEP);
    }

    #[test]
    fn a_rolling_ball_turns_once_in_its_circumference() {
        let mut motion = table(&[(BallLabel::Cue, TablePoint::new(0.6, 0.5))]);
        motion.strike(TableVector::new(0.0, 1.0));
        let start = motion.bodies[0].turn;
        let radius = motion.spec.ball_radius;
        let way = |motion: &Motion| motion.bodies[0].position.y - 0.5;
        while way(&motion) < 0.25 * TAU * radius {
            motion.step(STEP);
        }
        // A quarter turn brings what was on top to the front.
        let front = motion.bodies[0].turn * start.inverse() * Vector3::z();
        assert!((front - Vector3::y()).norm() < 0.03, "{front}");
    }

    #[test]
    fn a_cut_ball_leaves_along_the_line_of_centres() {
        let object = TablePoint::new(0.635, 1.2);
        for cut in [0.0, 0.3, 0.9, -1.2_f64] {
            let line = TableVector::new(cut.sin(), cut.cos());
            let ghost = object - line * (2.0 * 0.028_575);
            let mut motion =
                table(&[(BallLabel::Cue, ghost - TableVector::new(0.0, 0.3)), (BallLabel::Number(1), object)]);
            motion.strike(TableVector::new(0.0, 3.0));
            while motion.bodies[1].is_still() {
                motion.step(STEP);
            }
            let left = motion.bodies[1].velocity;
            assert!(left.normalize().cross(line).abs() < 0.002, "cut {cut}: {left:?}");
        }
    }

    #[test]
    fn energy_never_rises() {
        for seed in 0..4 {
            let mut motion = commotion(TableKind::SevenFoot, seed);
            let mut before = motion.energy();
            for _ in 0..20_000 {
                motion.step(STEP);
                let after = motion.energy();
                assert!(after <= before * (1.0 + 1e-12), "seed {seed}: {before} to {after}");
                before = after;
            }
        }
    }

    #[test]
    fn no_ball_escapes() {
        for seed in 0..3 {
            for kind in TableKind::ALL {
                let mut motion = commotion(kind, seed);
                let spec = motion.spec;
                let mut steps = 0;
                while !motion.is_at_rest() {
                    motion.step(STEP);
                    steps += 1;
                    // Between the jaws of a pocket a centre may lie beyond the nose lines.
                    assert!(motion.on_table().all(|(_, p)| spec.holds(p, 0.075)), "{kind} seed {seed}");
                    assert!(steps < 200_000, "{kind} seed {seed}: never comes to rest");
                }
                let places: Vec<_> = motion.on_table().map(|(_, p)| p).collect();
                for (i, a) in places.iter().enumerate() {
                    for b in &places[..i] {
                        assert!((*a - *b).length() > 1.9 * spec.ball_radius, "{kind} seed {seed}");
                    }
                }
            }
        }
    }
}
