//! How sure the aimed shot is.

use super::{BallId, PocketId, TablePoint};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How likely a ball falls into a pocket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PotChance {
    /// The ball.
    pub ball: BallId,
    /// Where.
    pub pocket: PocketId,
    /// 0 to 1.
    pub chance: f64,
}

/// Where a ball comes to rest, over all the runs in which it does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestSpread {
    /// The ball.
    pub ball: BallId,
    /// The middle of the places, metres.
    pub mean: TablePoint,
    /// Covariance of x and y, square metres: [[xx, xy], [xy, yy]].
    pub covariance: [[f64; 2]; 2],
    /// The places themselves, metres.
    pub places: Vec<TablePoint>,
}

/// How far apart the runs are along a ball's way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The ball.
    pub ball: BallId,
    /// Seconds after the strike, and how far from where the ball is predicted to be then the runs pass, metres, in the
    /// root mean square.
    pub widths: Vec<(f64, f64)>,
}

impl Opening {
    /// How far apart the runs are at a moment, seconds after the strike, metres: even between two known moments, none
    /// before the first, and as at the last after it.
    #[must_use]
    pub fn width_at(&self, time: f64) -> f64 {
        let mut before = (0.0, 0.0);
        for &(moment, width) in &self.widths {
            if time < moment {
                let share = ((time - before.0) / (moment - before.0)).clamp(0.0, 1.0);
                // Where the runs part for good, the moment before is the last that is known.
                return if width.is_finite() { before.1 + share * (width - before.1) } else { before.1 };
            }
            before = (moment, width);
        }
        before.1
    }

    /// When the runs are further apart than `width` metres for the first time, seconds after the strike; infinite when
    /// they never are.
    #[must_use]
    pub fn wider_than(&self, width: f64) -> f64 {
        let mut before = (0.0, 0.0);
        for &(time, here) in &self.widths {
            if here > width {
                // Between two moments it opens evenly; where it breaks off, the moment before is the last that is known.
                let share = if here.is_finite() { (width - before.1) / (here - before.1) } else { 0.0 };
                return before.0 + share.clamp(0.0, 1.0) * (time - before.0);
            }
            before = (time, here);
        }
        f64::INFINITY
    }
}

/// What comes of the aimed shot when it is played many times with the player's small errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShotOdds {
    /// Times that it was played.
    pub runs: u16,
    /// Every ball and pocket that occurred, the likeliest first.
    pub pots: Vec<PotChance>,
    /// How likely the cue ball falls, 0 to 1.
    pub scratch: f64,
    /// Where the balls of the predicted shot come to rest.
    pub rests: Vec<RestSpread>,
    /// How the ways of the balls of the predicted shot open.
    pub openings: Vec<Opening>,
}

impl ShotOdds {
    /// How likely `ball` falls into `pocket`, 0 to 1.
    #[must_use]
    pub fn chance(&self, ball: BallId, pocket: PocketId) -> f64 {
        self.pots.iter().find(|pot| (pot.ball, pot.pocket) == (ball, pocket)).map_or(0.0, |pot| pot.chance)
    }
}

/// The odds of the shot that is aimed now; `None` while nobody aims, or before they are worked out.
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
