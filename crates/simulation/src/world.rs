//! State of the table at every moment of a scene: balls, cue, hands and light.

use super::{
    colour::smooth,
    cue::CuePose,
    hands::{Limb, Person},
    layout,
    motion::Motion,
    player::Player,
    rod::{Rod, RodKind},
    scene::Scene,
};
use billiards_table::{TablePoint, TableSpec, TableVector};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

/// Time step of the simulation, seconds: its course does not depend on the rate at which pictures are taken.
const TICK: f64 = 0.005;
/// Time of the bump of the camera or the projector, seconds.
const BUMP: f64 = 6.0;
/// Interval between two rolls of the ball, seconds.
const ROLLS: f64 = 5.0;
/// Interval between two arms over the table, seconds.
const ARMS: f64 = 4.0;
/// Duration of a walk along the table, and interval between two walks, seconds.
const WALK: [f64; 2] = [7.0, 10.0];

/// The table and the people at it.
pub(super) struct World {
    scene: Scene,
    seed: u64,
    motion: Motion,
    player: Player,
    person: Person,
    ticks: u64,
}

impl World {
    /// Creates the world at the beginning of a scene.
    pub fn new(scene: Scene, seed: u64, spec: &TableSpec) -> Self {
        let mut player = Player::new(scene, seed);
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let person = Person::new(rng);
        let motion = match scene {
            Scene::Empty => Motion::new(spec, &[], rng),
            Scene::Roll => Motion::new(spec, &layout::cue_ball_only(spec), rng),
            _ => player.set_up(spec),
        };
        Self { scene, seed, motion, player, person, ticks: 0 }
    }

    /// Advances to a time. Does nothing if it has passed.
    pub fn advance(&mut self, to: f64) {
        while (self.ticks + 1) as f64 * TICK <= to {
            self.ticks += 1;
            let now = self.ticks as f64 * TICK;
            if self.scene.is_played() {
                self.player.step(now, &mut self.motion);
            } else if self.scene == Scene::Roll {
                self.roll(now);
            }
            self.motion.advance(now);
        }
    }

    /// Rolls the ball from one end of the table, shortly after it has been placed there.
    fn roll(&mut self, now: f64) {
        /// Time for which the ball is at rest first, seconds.
        const LIES: f64 = 0.6;
        let spec = *self.motion.spec();
        // In whole ticks, which do not round.
        let [into, lies] = [self.ticks % (ROLLS / TICK).round() as u64, (LIES / TICK).round() as u64];
        let from = layout::cue_ball_only(&spec)[0].1;
        if into == 0 {
            self.motion.spot_cue_ball(now, from);
        } else if into == lies {
            // Slightly oblique, so that the ball crosses all rows and columns.
            self.motion.roll(now, from, TableVector::new(0.06, 1.08));
        }
    }

    /// Returns the balls.
    pub fn motion(&self) -> &Motion {
        &self.motion
    }

    /// Returns the pose of the cue at a time close to the current one; `None` while nobody holds it over the table.
    pub fn cue(&self, time: f64) -> Option<CuePose> {
        self.player.cue(time)
    }

    /// Returns cue, hands and arms while the shutter is open: the lowest first.
    pub fn rods(&self, [opens, closes]: [f64; 2]) -> Vec<Rod> {
        let (first, last) = (self.limbs(opens), self.limbs(closes));
        if first.len() != last.len() {
            return last.into_iter().map(|(ends, kind)| Rod { opens: ends, closes: ends, kind }).collect();
        }
        let both = first.into_iter().zip(last);
        both.map(|((opens, kind), (closes, _))| Rod { opens, closes, kind }).collect()
    }

    fn limbs(&self, time: f64) -> Vec<Limb> {
        let mut limbs = Vec::new();
        if let (Some(cue), Some((bridge, direction))) = (self.player.cue(time), self.player.bridge(time)) {
            let spec = self.motion.spec();
            let on_rail = !(0.0..spec.width).contains(&bridge.x) || !(0.0..spec.length).contains(&bridge.y);
            let height = if on_rail { spec.nose_height } else { 0.0 };
            limbs.extend(self.person.bridge(bridge, direction, height));
            limbs.push((cue.ends(), RodKind::Cue));
            limbs.extend(self.person.grip(&cue));
            limbs.extend(self.person.body(&cue));
        }
        match self.scene {
            Scene::Arms => limbs.extend(self.arm(time)),
            Scene::Walk => limbs.extend(self.walker(time)),
            _ => {}
        }
        limbs
    }

    /// Returns the arm that reaches over the table at a time.
    fn arm(&self, time: f64) -> Vec<Limb> {
        let spec = self.motion.spec();
        let number = (time / ARMS).floor();
        let into = time - number * ARMS;
        let rng = &mut ChaCha8Rng::seed_from_u64(self.seed ^ 0x6172_6d73 ^ (number.max(0.0) as u64).rotate_left(32));
        let (along, deep) = (rng.random_range(0.12..0.88) * spec.length, rng.random_range(0.2..0.6));
        let (side, slant) = (rng.random_bool(0.5), rng.random_range(-0.4..0.4_f64));
        let reached = smooth(0.2, 1.2, into) * smooth(3.4, 2.4, into);
        if reached == 0.0 {
            return Vec::new();
        }
        let far = -0.5 + (0.5 + deep) * reached;
        let direction = TableVector::new(if side { 1.0 } else { -1.0 }, slant).normalize();
        let edge = TablePoint::new(if side { 0.0 } else { spec.width }, along);
        // A slight sway.
        let sway = 0.02 * (TAU * 0.9 * into).sin();
        self.person.reach(edge + direction * far + TableVector::new(0.0, sway), direction, 0.07)
    }

    /// Returns the person who walks along the table at a time.
    fn walker(&self, time: f64) -> Vec<Limb> {
        let [walks, again] = WALK;
        let number = (time / again).floor();
        let share = (time - number * again) / walks;
        if !(0.0..1.0).contains(&share) {
            return Vec::new();
        }
        let length = self.motion.spec().length;
        let along = -0.6 + (length + 1.2) * share;
        self.person.lean(if number as i64 % 2 == 0 { along } else { length - along })
    }

    /// Returns the light of the room at a time, relative to that of the setup (1).
    pub fn gain(&self, time: f64) -> f32 {
        if self.scene != Scene::Light {
            return 1.0;
        }
        /// Period of the lamp, which is off for a part of it, seconds.
        const PERIOD: f64 = 14.0;
        let into = time.max(0.0) % PERIOD;
        let dimming = smooth(5.0, 5.25, into) * smooth(8.25, 8.0, into);
        let drift = 0.12 * (TAU * time / 23.0).sin();
        ((1.0 + drift) * (1.0 - 0.6 * dimming)) as f32
    }

    /// Returns whether the camera or the projector has been bumped by then.
    pub fn is_bumped(&self, time: f64) -> bool {
        matches!(self.scene, Scene::Bump | Scene::ProjectorBump) && time >= BUMP
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    fn world(scene: Scene) -> World {
        World::new(scene, 3, &TableKind::NINE_FOOT.spec())
    }

    #[test]
    fn what_happens_does_not_depend_on_how_often_one_looks() {
        let (mut often, mut seldom) = (world(Scene::Practice), world(Scene::Practice));
        for i in 1..=900 {
            often.advance(f64::from(i) * 0.01);
        }
        seldom.advance(9.0);
        for ball in 0..16 {
            assert_eq!(often.motion.pose(ball, 9.0), seldom.motion.pose(ball, 9.0));
        }
        assert_eq!(often.cue(9.0), seldom.cue(9.0));
    }

    #[test]
    fn the_rolled_ball_goes_a_metre_a_second_again_and_again() {
        let mut world = world(Scene::Roll);
        for round in 0..3 {
            let base = f64::from(round) * ROLLS;
            world.advance(base + 0.3);
            assert!(world.motion.state(0, base + 0.3).expect("there").velocity.length() == 0.0);
            world.advance(base + 1.5);
            let state = world.motion.state(0, base + 1.5).expect("there");
            assert!((0.9..1.1).contains(&state.velocity.length()), "{state:?}");
        }
    }

    #[test]
    fn arms_and_walkers_come_and_go_and_lamps_too() {
        let (mut seen, mut unseen) = (0, 0);
        let (arms, walk) = (world(Scene::Arms), world(Scene::Walk));
        for i in 0..400 {
            let time = f64::from(i) * 0.1;
            for limbs in [arms.limbs(time), walk.limbs(time)] {
                if limbs.is_empty() { unseen += 1 } else { seen += 1 }
            }
        }
        assert!(seen > 300 && unseen > 100, "{seen} {unseen}");
        let light = world(Scene::Light);
        let gains: Vec<f32> = (0..200).map(|i| light.gain(f64::from(i) * 0.1)).collect();
        assert!(gains.iter().any(|gain| *gain < 0.5) && gains.iter().any(|gain| *gain > 1.05));
        assert_eq!(arms.gain(6.5), 1.0);
        assert!(!world(Scene::Bump).is_bumped(5.9) && world(Scene::Bump).is_bumped(6.1) && !arms.is_bumped(7.0));
    }
}
