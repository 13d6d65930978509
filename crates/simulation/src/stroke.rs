//! One stroke of the simulated player, from the approach of the cue to its withdrawal.

use super::{
    cue::{CuePose, LENGTH},
    shots::{Shot, turned},
};
use billiards_table::{TablePoint, TableVector};
use rand::Rng;
use std::f64::consts::TAU;

/// One stroke, from the approach of the cue to its withdrawal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    /// Parameters of the shot.
    pub shot: Shot,
    /// Speed of the cue when it meets the ball, metres per second.
    cue_speed: f64,
    /// Position of the cue ball.
    ball: TablePoint,
    ball_radius: f64,
    /// Distance of an obstacle behind the tip, and its height, metres.
    obstacle: [f64; 2],
    /// Number of practice strokes before the real one.
    practice: u32,
    /// Angle by which the cue is off while it approaches, radians.
    approach: f64,
    /// Phases of the hand's wobble.
    wobble: [f64; 4],
}

impl Stroke {
    /// Duration of the approach of the cue, seconds.
    const WALK: f64 = 1.3;
    /// Time for settling on the line, seconds.
    const SETTLE: f64 = 1.9;
    /// Duration of one practice stroke, seconds.
    const PRACTICE: f64 = 0.85;
    /// Duration of drawing back, seconds.
    const DRAW: f64 = 0.5;
    /// Pause before the strike, seconds.
    const PAUSE: f64 = 0.2;
    /// Time for which the cue is held still after the strike, seconds.
    const HOLD: f64 = 0.35;
    /// Duration of taking the cue away, seconds.
    const AWAY: f64 = 0.9;
    /// Distance from tip to ball before the approach and after the withdrawal, metres.
    const FAR: f64 = 0.85;
    /// Distance from tip to ball at address, metres.
    const NEAR: f64 = 0.018;
    /// Length of a practice stroke, metres.
    const PRACTICE_LENGTH: f64 = 0.11;
    /// Distance from tip to ball when drawn back for the real stroke, metres.
    const DRAWN: f64 = 0.2;
    /// Maximum distance that the cue follows through beyond the contact, metres.
    const FOLLOW: f64 = 0.1;

    /// Creates a stroke at the cue ball that lies at `ball`; `obstacle` is the distance behind the tip and the height
    /// of an obstacle that the cue has to pass over.
    pub fn new(
        shot: Shot,
        cue_speed: f64,
        ball: TablePoint,
        ball_radius: f64,
        obstacle: [f64; 2],
        rng: &mut impl Rng,
    ) -> Self {
        let angle: f64 = rng.random_range(0.08..0.2);
        let side = if rng.random_range(0..2) == 0 { -1.0 } else { 1.0 };
        Self {
            shot,
            cue_speed,
            ball,
            ball_radius,
            obstacle,
            practice: rng.random_range(2..=3),
            approach: side * angle,
            wobble: std::array::from_fn(|_| rng.random_range(0.0..TAU)),
        }
    }

    /// Returns the time from the beginning to the contact of tip and ball, seconds.
    pub fn strike_time(&self) -> f64 {
        Self::WALK
            + Self::SETTLE
            + f64::from(self.practice) * Self::PRACTICE
            + Self::DRAW
            + Self::PAUSE
            + self.forward()
    }

    /// Returns the duration of the forward stroke, which has constant acceleration up to the speed of the cue, seconds.
    fn forward(&self) -> f64 {
        2.0 * Self::DRAWN / self.cue_speed
    }

    /// Returns the distance of the follow-through beyond the contact, metres, and its duration, seconds.
    fn follow(&self) -> (f64, f64) {
        let distance = Self::FOLLOW.min(0.4 * self.shot.reach.max(0.0)).max(0.01);
        (distance, 2.0 * distance / (0.7 * self.cue_speed))
    }

    /// Returns the time from the beginning until the cue is away, seconds.
    pub fn end(&self) -> f64 {
        self.strike_time() + self.follow().1 + Self::HOLD + Self::AWAY
    }

    /// Returns the distance from tip to ball along the cue, metres; negative beyond the contact.
    fn gap(&self, time: f64) -> f64 {
        let ease = |share: f64| share * share * (3.0 - 2.0 * share);
        let between = |from: f64, to: f64, share: f64| from + (to - from) * share;
        let (distance, follow) = self.follow();
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
                6 => -distance * share * (2.0 - share),
                7 => -distance,
                _ => between(-distance, Self::FAR, ease(share)),
            };
        }
        Self::FAR
    }

    /// Returns the unsteadiness of the hand, 1 at the end of the approach, and the progress of the approach, 0 to 1.
    fn steadiness(time: f64) -> (f64, f64) {
        let walked = (time / Self::WALK).clamp(0.0, 1.0);
        ((-(time - Self::WALK).max(0.0) / 0.5).exp(), walked * walked * (3.0 - 2.0 * walked))
    }

    /// Returns the unit direction of the cue. It is constant after the strike.
    pub fn direction(&self, time: f64) -> TableVector {
        let time = time.min(self.strike_time());
        let (unsteady, walked) = Self::steadiness(time);
        let [a, b, ..] = self.wobble;
        let sway = 0.7 * (TAU * 0.6 * time + a).sin() + 0.3 * (TAU * 1.7 * time + b).sin();
        // A degree at first; the rest at the strike is a good player's error.
        let angle = self.approach * (1.0 - walked) + (0.018 * unsteady + 0.0003) * sway;
        turned(self.shot.direction, angle)
    }

    /// Returns the place of the bridge hand under the cue, and the direction in which it points.
    pub fn bridge(&self, time: f64) -> (TablePoint, TableVector) {
        /// Distance of the bridge from the ball, metres.
        const REACH: f64 = 0.23;
        let direction = self.direction(time);
        // The hand comes and goes with the cue but rests on the table during the strokes.
        let (distance, _) = self.follow();
        let stays = self.end() - Self::AWAY;
        let gone = match time {
            _ if time < Self::WALK => self.gap(time) - Self::NEAR,
            _ if time > stays => self.gap(time) + distance,
            _ => 0.0,
        };
        (self.ball - direction * (self.ball_radius + REACH + gone), direction)
    }

    /// Returns the pose of the cue.
    pub fn pose(&self, time: f64) -> CuePose {
        let direction = self.direction(time);
        let (unsteady, walked) = Self::steadiness(time.min(self.strike_time()));
        let [.., c, d] = self.wobble;
        let sway = (TAU * 0.5 * time + c).sin() * 0.7 + (TAU * 1.3 * time + d).sin() * 0.3;
        let aside = 0.006 * unsteady * walked * sway;
        let across = TableVector::new(-direction.y, direction.x);
        let tip = self.ball + across * aside - direction * (self.ball_radius + self.gap(time));
        let [reach, height] = self.obstacle;
        CuePose::over(tip, tip - direction * LENGTH, self.ball_radius, reach + self.gap(time), height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Interval between the tested times, seconds.
    const STEP: f64 = 0.0005;

    fn stroke() -> Stroke {
        let shot = Shot { target: 1, direction: TableVector::new(0.6, 0.8), speed: 2.0, reach: 0.5 };
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
        let error = |time: f64| stroke.direction(time).cross(stroke.shot.direction).abs();
        assert!(error(0.0) > 0.05);
        let strike = stroke.strike_time();
        assert!((0..50).all(|i| error(strike - 0.02 * f64::from(i)) < 0.0008));
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
