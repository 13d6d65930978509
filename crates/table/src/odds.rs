//! Chances of the aimed shot.

use super::{BallId, PocketId, TablePoint};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Chance that a ball falls into a pocket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PotChance {
    /// The ball that falls.
    pub ball: BallId,
    /// The pocket that it falls into.
    pub pocket: PocketId,
    /// Probability, 0 to 1.
    pub chance: f64,
}

/// Spread of the places where a ball comes to rest, over all the runs in which it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestSpread {
    /// The ball.
    pub ball: BallId,
    /// Mean of the places, metres.
    pub mean: TablePoint,
    /// Covariance of x and y, square metres: [[xx, xy], [xy, yy]].
    pub covariance: [[f64; 2]; 2],
    /// The places themselves, metres.
    pub places: Vec<TablePoint>,
}

/// Divergence of the runs along a ball's path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The ball that follows the path.
    pub ball: BallId,
    /// Pairs of a time, seconds after the strike, and the root mean square distance at which the runs pass the
    /// predicted position of the ball at that time, metres.
    pub widths: Vec<(f64, f64)>,
}

impl Opening {
    /// Returns the divergence of the runs at a time in seconds after the strike, metres: interpolated linearly from 0
    /// at the strike through the known times, and constant after the last.
    #[must_use]
    pub fn width_at(&self, time: f64) -> f64 {
        let mut before = (0.0, 0.0);
        for &(moment, width) in &self.widths {
            if time < moment {
                let share = ((time - before.0) / (moment - before.0)).clamp(0.0, 1.0);
                // Where the runs part for good, the time before is the last with a known width.
                return if width.is_finite() { before.1 + share * (width - before.1) } else { before.1 };
            }
            before = (moment, width);
        }
        before.1
    }

    /// Returns the first time at which the runs are further apart than `width` metres, seconds after the strike;
    /// infinite if they never are.
    #[must_use]
    pub fn wider_than(&self, width: f64) -> f64 {
        let mut before = (0.0, 0.0);
        for &(time, here) in &self.widths {
            if here > width {
                // Linear between two times; where the runs part for good, the time before is the last with a known
                // width.
                let share = if here.is_finite() { (width - before.1) / (here - before.1) } else { 0.0 };
                return before.0 + share.clamp(0.0, 1.0) * (time - before.0);
            }
            before = (time, here);
        }
        f64::INFINITY
    }
}

/// Outcome of the aimed shot when it is played many times with the player's small errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShotOdds {
    /// Number of times that it was played.
    pub runs: u16,
    /// Chance of every ball and pocket that occurred, the most likely first.
    pub pots: Vec<PotChance>,
    /// Probability that the cue ball falls, 0 to 1.
    pub scratch: f64,
    /// Resting places of the balls of the predicted shot.
    pub rests: Vec<RestSpread>,
    /// Divergence along the paths of the balls of the predicted shot.
    pub openings: Vec<Opening>,
}

impl ShotOdds {
    /// Returns the probability that `ball` falls into `pocket`, 0 to 1.
    #[must_use]
    pub fn chance(&self, ball: BallId, pocket: PocketId) -> f64 {
        self.pots.iter().find(|pot| (pot.ball, pot.pocket) == (ball, pocket)).map_or(0.0, |pot| pot.chance)
    }
}

/// The odds of the shot that is aimed now; `None` while nobody aims, or before they are computed.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveOdds(pub Option<ShotOdds>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fan_is_wider_than_a_ball_from_some_moment_on() {
        let opening = |widths: &[(f64, f64)]| Opening { ball: BallId(1), widths: widths.to_vec() };
        assert_eq!(opening(&[]).wider_than(0.03), f64::INFINITY);
        assert_eq!(opening(&[(1.0, 0.01), (2.0, 0.02)]).wider_than(0.03), f64::INFINITY);
        assert!((opening(&[(1.0, 0.01), (2.0, 0.05)]).wider_than(0.03) - 1.5).abs() < 1e-12);
        assert_eq!(opening(&[(1.0, 0.01), (2.0, f64::INFINITY)]).wider_than(0.03), 1.0);
    }
}
