//! The simulated player: looks at the table, walks the cue in, aims, strokes, strikes, waits, and sets the balls up
//! again when few are left. A state machine on time; only its seed decides what it does.

use super::{
    cue::{CuePose, LENGTH},
    layout::{self, Layout},
    motion::Motion,
    scene::Scene,
    shots::{self, Idea, Shot, turned},
};
use crate::model::{BallLabel, TablePoint, TableSpec, TableVector};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

/// Seconds for which the balls must lie still before the player looks at them.
const PATIENCE: f64 = 0.5;
/// Seconds that each idea takes to think through.
const THOUGHT: f64 = 0.03;
/// Object balls that are not worth playing on with.
const FEW: usize = 3;

/// Who plays on the simulated table.
pub(super) struct Player {
    rng: ChaCha8Rng,
    scene: Scene,
    phase: Phase,
    /// Whether the next shot is a break.
    breaks: bool,
}

enum Phase {
    /// Watches the balls; they have lain still for so many seconds.
    Watching(f64),
    /// Has tried so many of the ideas in the mind, for so many seconds.
    Thinking { ideas: Vec<Idea>, tried: usize, time: f64 },
    /// Is so many seconds into a stroke, from walking the cue in to drawing it back.
    Stroking { stroke: Stroke, time: f64 },
}

impl Player {
    /// A player who has just set up the balls.
    pub fn new(scene: Scene, seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed ^ 0x0070_6c61_7965_7221),
            scene,
            phase: Phase::Watching(0.0),
            breaks: scene == Scene::Break,
        }
    }

    /// The balls as the scene begins.
    pub fn set_up(&mut self, spec: &TableSpec) -> Motion {
        self.breaks = self.scene == Scene::Break;
        let layout: Layout = match self.scene {
            Scene::Practice => layout::spread(spec, &mut self.rng),
            Scene::Break => layout::rack(spec, &mut self.rng),
        };
        Motion::new(spec, &layout, &mut self.rng)
    }

    /// Where the cue is; `None` while the player has it away from the table.
    pub fn cue(&self) -> Option<CuePose> {
        match &self.phase {
            Phase::Stroking { stroke, time } => Some(stroke.pose(*time)),
            Phase::Watching(_) | Phase::Thinking { .. } => None,
        }
    }

    /// Goes on by `seconds`, at most a step of the motion.
    pub fn step(&mut self, seconds: f64, motion: &mut Motion) {
        match &mut self.phase {
            Phase::Watching(still) => {
                *still = if motion.is_at_rest() { *still + seconds } else { 0.0 };
                if *still >= PATIENCE {
                    self.tidy(motion);
                    self.phase = Phase::Thinking { ideas: shots::ideas(motion), tried: 0, time: 0.0 };
                }
            }
            Phase::Thinking { ideas, tried, time } => {
                *time += seconds;
                if *time < (*tried + 1) as f64 * THOUGHT {
                    return;
                }
                let shot = match ideas.get(*tried) {
                    _ if self.breaks => shots::full_hit(motion, true),
                    Some(idea) if idea.works(motion) => Some(idea.shot),
                    Some(_) => {
                        *tried += 1;
                        return;
                    }
                    None => shots::full_hit(motion, false),
                };
                self.breaks = false;
                self.phase = match (shot, motion.find(BallLabel::Cue)) {
                    (Some(shot), Some(ball)) => {
                        let stroke = Stroke::new(shot, ball, motion.spec().ball_radius, &mut self.rng);
                        Phase::Stroking { stroke, time: 0.0 }
                    }
                    _ => Phase::Watching(0.0),
                };
            }
            Phase::Stroking { stroke, time } => {
                let before = *time;
                *time += seconds;
                let strike = stroke.strike_time();
                if before < strike && *time >= strike {
                    motion.strike(stroke.direction(strike) * stroke.shot.speed);
                }
                if *time >= stroke.end() {
                    self.phase = Phase::Watching(0.0);
                }
            }
        }
    }

    /// Puts a pocketed cue ball back, or sets all balls up again when few are left.
    fn tidy(&mut self, motion: &mut Motion) {
        if motion.objects().count() <= FEW {
            let spec = *motion.spec();
            *motion = self.set_up(&spec);
        } else if motion.find(BallLabel::Cue).is_none() {
            let others: Vec<TablePoint> = motion.objects().map(|(_, place)| place).collect();
            motion.spot_cue_ball(layout::spot(motion.spec(), &others));
        }
    }
}

/// One stroke from walking the cue in to drawing it back.
#[derive(Debug, Clone, Copy)]
struct Stroke {
    shot: Shot,
    /// Where the cue ball lies.
    ball: TablePoint,
    ball_radius: f64,
    /// Practice strokes before the real one.
    practice: u32,
    /// Angle by which the cue is off when it is walked in, radians.
    approach: f64,
    /// Phases of the hand's wobble.
    wobble: [f64; 4],
}

impl Stroke {
    /// Seconds: walking in, settling on the line, one practice stroke, drawing back, the pause before the strike.
    const WALK: f64 = 1.3;
    const SETTLE: f64 = 1.9;
    const PRACTICE: f64 = 0.85;
    const DRAW: f64 = 0.5;
    const PAUSE: f64 = 0.2;
    /// Seconds after the strike: holding the cue still, taking it away.
    const HOLD: f64 = 0.35;
    const AWAY: f64 = 0.9;
    /// Distances from tip to ball, metres: far off, at the ball, and how far practice and the real stroke draw back.
    const FAR: f64 = 0.85;
    const NEAR: f64 = 0.018;
    const PRACTICE_LENGTH: f64 = 0.11;
    const DRAWN: f64 = 0.2;
    /// Most that the cue goes on past where it met the ball, metres.
    const FOLLOW: f64 = 0.1;

    fn new(shot: Shot, ball: TablePoint, ball_radius: f64, rng: &mut ChaCha8Rng) -> Self {
        let askew: f64 = rng.random_range(0.08..0.2);
        let side = if rng.random_range(0..2) == 0 { -1.0 } else { 1.0 };
        Self {
            shot,
            ball,
            ball_radius,
            practice: rng.random_range(2..=3),
            approach: side * askew,
            wobble: std::array::from_fn(|_| rng.random_range(0.0..TAU)),
        }
    }

    /// Seconds from the beginning to the moment at which the tip meets the ball.
    fn strike_time(&self) -> f64 {
        Self::WALK
            + Self::SETTLE
            + f64::from(self.practice) * Self::PRACTICE
            + Self::DRAW
            + Self::PAUSE
            + self.forward()
    }

    /// Seconds from the pause to the strike: evenly faster up to the speed of the shot.
    fn forward(&self) -> f64 {
        2.0 * Self::DRAWN / self.shot.speed
    }

    /// How far the cue goes on past where it met the ball, and how long that takes.
    fn follow(&self) -> (f64, f64) {
        let way = Self::FOLLOW.min(0.4 * self.shot.reach.max(0.0)).max(0.01);
        (way, 2.0 * way / (0.7 * self.shot.speed))
    }

    /// Seconds from the beginning until the cue is away.
    fn end(&self) -> f64 {
        self.strike_time() + self.follow().1 + Self::HOLD + Self::AWAY
    }

    /// Distance from tip to ball along the cue; negative past where they met.
    fn gap(&self, time: f64) -> f64 {
        let ease = |share: f64| share * share * (3.0 - 2.0 * share);
        let between = |from: f64, to: f64, share: f64| from + (to - from) * share;
        let (way, follow) = self.follow();
        let practice = f64::from(self.practice) * Self::PRACTICE;
        let forward = self.forward();
        let lengths =
            [Self::WALK, Self::SETTLE, practice, Self::DRAW, Self::PAUSE, forward, follow, Self::HOLD, Self::AWAY];
        let mut rest = time.max(0.0);
        for (part, length) in lengths.into_iter().enumerate() {
            if rest >= length {
                rest -= length;
                continue;
            }
            let share = rest / length;
            return match part {
                0 => between(Self::FAR, Self::NEAR, ease(share)),
                1 => Self::NEAR,
                2 => {
                    let swing = 0.5 - 0.5 * (TAU * share * f64::from(self.practice)).cos();
                    Self::NEAR + Self::PRACTICE_LENGTH * swing
                }
                3 => between(Self::NEAR, Self::DRAWN, ease(share)),
                4 => Self::DRAWN,
                5 => Self::DRAWN * (1.0 - share * share),
                6 => -way * share * (2.0 - share),
                7 => -way,
                _ => between(-way, Self::FAR, ease(share)),
            };
        }
        Self::FAR
    }

    /// How unsteady the hand still is, 1 when the cue has been walked in; and how far the walk has come, 0 to 1.
    fn steadiness(time: f64) -> (f64, f64) {
        let walked = (time / Self::WALK).clamp(0.0, 1.0);
        ((-(time - Self::WALK).max(0.0) / 0.5).exp(), walked * walked * (3.0 - 2.0 * walked))
    }

    /// Unit direction of the cue. After the strike it is kept.
    fn direction(&self, time: f64) -> TableVector {
        let time = time.min(self.strike_time());
        let (unsteady, walked) = Self::steadiness(time);
        let [a, b, ..] = self.wobble;
        let sway = 0.7 * (TAU * 0.6 * time + a).sin() + 0.3 * (TAU * 1.7 * time + b).sin();
        // A degree at first; what is left at the strike is a good player's error.
        let angle = self.approach * (1.0 - walked) + (0.018 * unsteady + 0.0003) * sway;
        turned(self.shot.direction, angle)
    }

    fn pose(&self, time: f64) -> CuePose {
        let direction = self.direction(time);
        let (unsteady, walked) = Self::steadiness(time.min(self.strike_time()));
        let [.., c, d] = self.wobble;
        let sway = (TAU * 0.5 * time + c).sin() * 0.7 + (TAU * 1.3 * time + d).sin() * 0.3;
        let aside = 0.006 * unsteady * walked * sway;
        let across = TableVector::new(-direction.y, direction.x);
        let tip = self.ball + across * aside - direction * (self.ball_radius + self.gap(time));
        CuePose::over(tip, tip - direction * LENGTH, 0.5, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::TableKind, rig::simulation::motion::STEP};

    fn stroke() -> Stroke {
        let shot = Shot { target: BallLabel::Number(1), direction: TableVector::new(0.6, 0.8), speed: 2.0, reach: 0.5 };
        Stroke::new(shot, TablePoint::new(0.5, 0.6), 0.0286, &mut ChaCha8Rng::seed_from_u64(3))
    }

    #[test]
    fn the_tip_moves_without_jumps_and_meets_the_ball_at_the_speed_of_the_shot() {
        let stroke = stroke();
        let mut time = 0.0;
        while time < stroke.end() {
            let moved = (stroke.pose(time + STEP).tip - stroke.pose(time).tip).length();
            assert!(moved < 1.05 * stroke.shot.speed * STEP, "{moved} at {time}");
            time += STEP;
        }
        let strike = stroke.strike_time();
        assert!(stroke.gap(strike - 1e-6).abs() < 1e-4);
        assert!(((stroke.gap(strike - 0.002) - stroke.gap(strike - 0.001)) / 0.001 - 2.0).abs() < 0.05);
        assert!((stroke.gap(0.0) - Stroke::FAR).abs() < 1e-9 && stroke.gap(99.0) == Stroke::FAR);
    }

    #[test]
    fn the_hand_settles_on_the_line() {
        let stroke = stroke();
        let off = |time: f64| stroke.direction(time).cross(stroke.shot.direction).abs();
        assert!(off(0.0) > 0.05);
        let strike = stroke.strike_time();
        assert!((0..50).all(|i| off(strike - 0.02 * f64::from(i)) < 0.0008));
        assert_eq!(stroke.direction(strike), stroke.direction(strike + 1.0));
        let pose = stroke.pose(strike - 0.5);
        // The line of the cue passes through the ball, and the cue has its length.
        assert!((stroke.ball - pose.tip).cross(stroke.direction(strike - 0.5)).abs() < 0.001);
        assert!(((pose.tip - pose.butt).length() - LENGTH).abs() < 1e-9);
    }

    #[test]
    fn few_balls_are_set_up_again_and_a_lost_cue_ball_comes_back() {
        let spec = TableKind::NineFoot.spec();
        let mut player = Player::new(Scene::Practice, 1);
        let mut motion = player.set_up(&spec);
        let all = motion.bodies().len();
        let few: Vec<_> = motion.on_table().take(4).collect();
        motion = Motion::new(&spec, &few, &mut ChaCha8Rng::seed_from_u64(0));
        player.tidy(&mut motion);
        assert_eq!(motion.bodies().len(), all);
        let pocket = motion.features().pockets[0].centre;
        motion.spot_cue_ball(pocket);
        motion.strike(TableVector::new(0.1, 0.1));
        while !motion.is_at_rest() {
            motion.step(STEP);
        }
        assert_eq!(motion.find(BallLabel::Cue), None);
        player.tidy(&mut motion);
        let back = motion.find(BallLabel::Cue).expect("spotted");
        assert!(spec.holds(back, 0.0) && motion.objects().all(|(_, p)| (p - back).length() > 2.0 * spec.ball_radius));
    }
}
