//! One stroke of the simulated player, from walking the cue in to drawing it back.

use super::{
    cue::{CuePose, LENGTH},
    shots::{Shot, turned},
};
use billiards_table::{TablePoint, TableVector};
use rand::Rng;
use std::f64::consts::TAU;

/// One stroke from walking the cue in to drawing it back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    /// What is played.
    pub shot: Shot,
    /// Speed of the cue as it meets the ball, metres a second.
    cue_speed: f64,
    /// Where the cue ball lies.
    ball: TablePoint,
    ball_radius: f64,
    /// How far behind the tip something stands in the cue's way, and how high it is, metres.
    obstacle: [f64; 2],
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

    /// A stroke at the cue ball that lies at `ball`; `obstacle` is the distance behind the tip and the height of what the
    /// cue has to pass over.
    pub fn new(
        shot: Shot,
        cue_speed: f64,
        ball: TablePoint,
        ball_radius: f64,
        obstacle: [f64; 2],
        rng: &mut impl Rng,
    ) -> Self {
        let askew: f64 = rng.random_range(0.08..0.2);
        let side = if rng.random_range(0..2) == 0 { -1.0 } else { 1.0 };
        Self {
            shot,
            cue_speed,
            ball,
            ball_radius,
            obstacle,
            practice: rng.random_range(2..=3),
            approach: side * askew,
            wobble: std::array::from_fn(|_| rng.random_range(0.0..TAU)),
        }
    }

    /// Seconds from the beginning to the moment at which the tip meets the ball.
    pub fn strike_time(&self) -> f64 {
        Self::WALK
            + Self::SETTLE
            + f64::from(self.practice) * Self::PRACTICE
            + Self::DRAW
            + Self::PAUSE
            + self.forward()
    }

    /// Seconds from the pause to the strike: evenly faster up to the speed of the shot.
    fn forward(&self) -> f64 {
        2.0 * Self::DRAWN / self.cue_speed
    }

    /// How far the cue goes on past where it met the ball, and how long that takes.
    fn follow(&self) -> (f64, f64) {
        let way = Self::FOLLOW.min(0.4 * self.shot.reach.max(0.0)).max(0.01);
        (way, 2.0 * way / (0.7 * self.cue_speed))
    }

    /// Seconds from the beginning until the cue is away.
    pub fn end(&self) -> f64 {
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
    pub fn direction(&self, time: f64) -> TableVector {
        let time = time.min(self.strike_time());
        let (unsteady, walked) = Self::steadiness(time);
        let [a, b, ..] = self.wobble;
        let sway = 0.7 * (TAU * 0.6 * time + a).sin() + 0.3 * (TAU * 1.7 * time + b).sin();
        // A degree at first; what is left at the strike is a good player's error.
        let angle = self.approach * (1.0 - walked) + (0.018 * unsteady + 0.0003) * sway;
        turned(self.shot.direction, angle)
    }

    /// Where the bridge hand is that leads the cue: the place under the cue, and the direction in which it points.
    pub fn bridge(&self, time: f64) -> (TablePoint, TableVector) {
        /// Distance of the bridge from the ball, metres.
        const REACH: f64 = 0.23;
        let direction = self.direction(time);
        // The hand comes and goes with the cue but rests on the table while it strokes.
        let (way, _) = self.follow();
        let stays = self.end() - Self::AWAY;
        let gone = match time {
            _ if time < Self::WALK => self.gap(time) - Self::NEAR,
            _ if time > stays => self.gap(time) + way,
            _ => 0.0,
        };
        (self.ball - direction * (self.ball_radius + REACH + gone), direction)
    }

    /// Where the cue is.
    pub fn pose(&self, time: f64) -> CuePose {
        let direction = self.direction(time);
        let (unsteady, walked) = Self::steadiness(time.min(self.strike_time()));
        let [.., c, d] = self.wobble;
        let sway = (TAU * 0.5 * time + c).sin() * 0.7 + (TAU * 1.3 * time + d).sin() * 0.3;
        let aside = 0.006 * unsteady * walked * sway;
        let across = TableVector::new(-direction.y, direction.x);
        let tip = self.ball + across * aside - direction * (self.ball_radius + self.gap(time));
        let [reach, height] = self.obstacle;
        CuePose::over(tip, tip - direction * LENGTH, reach + self.gap(time), height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::BallLabel;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Seconds between the moments that are looked at.
    const STEP: f64 = 0.0005;

    fn stroke() -> Stroke {
        let shot = Shot { target: BallLabel::Number(1), direction: TableVector::new(0.6, 0.8), speed: 2.0, reach: 0.5 };
        let rng = &mut ChaCha8Rng::seed_from_u64(3);
        Stroke::new(shot, 2.0, TablePoint::new(0.5, 0.6), 0.0286, [0.5, 0.05], rng)
    }

    #[test]
    fn the_tip_moves_without_jumps_and_meets_the_ball_at_the_speed_of_the_shot() {
        let stroke = stroke();
        let mut time = 0.0;
        while time < stroke.end() {
            let moved = (stroke.pose(time + STEP).tip - stroke.pose(time).tip).length();
            assert!(moved < 1.05 * 2.0 * STEP, "{moved} at {time}");
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
    fn the_bridge_rests_while_the_cue_strokes() {
        let stroke = stroke();
        let strike = stroke.strike_time();
        let at = |time: f64| stroke.bridge(time).0;
        assert!((at(strike) - at(strike - 1.0)).length() < 0.002 && (at(strike + 0.1) - at(strike)).length() < 0.002);
        assert!((at(0.0) - at(strike)).length() > 0.5 && (at(stroke.end()) - at(strike)).length() > 0.5);
        assert!((at(strike) - stroke.ball).length() > 0.2);
        let mut time = 0.0;
        while time < stroke.end() {
            assert!((at(time + STEP) - at(time)).length() < 0.003, "a jump at {time}");
            time += STEP;
        }
    }
}
