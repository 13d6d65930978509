//! Events on the table.

use super::{BallId, FeatureId, PocketId, TableVector};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Message;
use serde::{Deserialize, Serialize};

/// An event that was detected.
#[cfg_attr(feature = "bevy", derive(Message))]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum TableEvent {
    /// The cue ball was struck. Reported once speed and direction are certain, at its first contact at the latest.
    ShotStarted {
        /// The struck ball: the cue ball, or, if none is recognised, the ball that moves first.
        ball: BallId,
        /// Speed of the ball off the tip, metres a second, fitted to the observations so far.
        speed: f64,
        /// Direction of the ball off the tip, unit vector.
        direction: TableVector,
        /// Time between the strike and the frame that made it certain, seconds.
        ago: f64,
    },
    /// Two balls meet.
    BallContact {
        /// The ball that moved towards the other.
        ball: BallId,
        /// The ball that was hit.
        other: BallId,
    },
    /// A ball meets a nose.
    RailContact {
        /// The ball that meets the nose.
        ball: BallId,
        /// The nose that it meets.
        feature: FeatureId,
    },
    /// A ball enters a pocket.
    BallPocketed {
        /// The ball that enters the pocket.
        ball: BallId,
        /// The pocket that it enters.
        pocket: PocketId,
    },
    /// All balls are at rest again.
    ShotEnded {
        /// Time from the strike until the last ball comes to rest, seconds.
        duration: f64,
        /// Speed of the struck ball off the tip, metres a second, fitted to its whole path up to its first contact.
        speed: f64,
        /// Direction of the struck ball off the tip, unit vector, fitted likewise.
        direction: TableVector,
    },
    /// The table is no longer where it was in the camera's picture: camera or table were bumped.
    TableMoved,
    /// The projector's light no longer falls where it should: the projector was bumped.
    LightMoved {
        /// Displacement of the light, metres.
        by: TableVector,
    },
    /// The projector's light falls where it should again.
    LightFits,
    /// A cue appeared over the table.
    CueAppeared,
    /// The cue left the table.
    CueLeft,
}

impl TableEvent {
    /// Returns the ball that `ball` meets, if the event is their contact.
    #[must_use]
    pub fn ball_met_by(&self, ball: BallId) -> Option<BallId> {
        match *self {
            Self::BallContact { ball: mover, other } if mover == ball => Some(other),
            Self::BallContact { ball: mover, other } if other == ball => Some(mover),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_concerns_the_two_balls_that_meet() {
        let contact = TableEvent::BallContact { ball: BallId(9), other: BallId(4) };
        let met = [9, 4, 1].map(|id| contact.ball_met_by(BallId(id)));
        assert_eq!(met, [Some(BallId(4)), Some(BallId(9)), None]);
        let fall = TableEvent::BallPocketed { ball: BallId(9), pocket: PocketId::LeftTop };
        assert_eq!(fall.ball_met_by(BallId(9)), None);
    }
}
