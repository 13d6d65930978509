//! What happens on the table.

use super::{BallId, FeatureId, PocketId, TableVector};
use bevy::prelude::Message;
use serde::{Deserialize, Serialize};

/// Something that was seen to happen.
#[derive(Message, Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum TableEvent {
    /// Balls that all lay still begin to move.
    ShotStarted {
        /// The ball that moves first; the cue ball in a proper shot.
        ball: BallId,
        /// Metres a second, over the first frames.
        speed: f64,
        /// Unit direction.
        direction: TableVector,
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
        /// Seconds since the shot started.
        duration: f64,
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
