//! What happens on the table.

use super::{BallId, FeatureId, PocketId, TableVector};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Message;
use serde::{Deserialize, Serialize};

/// Something that was seen to happen.
#[cfg_attr(feature = "bevy", derive(Message))]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum TableEvent {
    /// The cue ball was struck. Told once speed and direction are certain, at its first contact at the latest.
    ShotStarted {
        /// The struck ball: the cue ball, or where none is recognised the ball that moves first.
        ball: BallId,
        /// Its speed off the tip, metres a second, fitted to what was seen of it so far.
        speed: f64,
        /// Unit vector.
        direction: TableVector,
        /// Seconds between the strike and the frame that made it certain.
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
        /// The ball.
        ball: BallId,
        /// The nose.
        feature: FeatureId,
    },
    /// A ball enters a pocket.
    BallPocketed {
        /// The ball.
        ball: BallId,
        /// Where.
        pocket: PocketId,
    },
    /// All balls lie still again.
    ShotEnded {
        /// Seconds from the strike to the last ball's rest.
        duration: f64,
        /// Speed of the struck ball off the tip, metres a second, fitted to its whole path up to its first contact.
        speed: f64,
        /// Unit vector, fitted likewise.
        direction: TableVector,
    },
    /// The table is not where it was in the camera's picture: camera or table were bumped.
    TableMoved,
    /// The projector's light no longer falls where it belongs: the projector was bumped.
    LightMoved {
        /// By how much, metres.
        by: TableVector,
    },
    /// The projector's light falls where it belongs again.
    LightFits,
    /// A cue comes over the table.
    CueAppeared,
    /// The cue has gone.
    CueLeft,
}
