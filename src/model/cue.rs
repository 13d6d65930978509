//! The cue.

use super::{TablePoint, TableVector};
use bevy::prelude::Component;
use serde::{Deserialize, Serialize};

/// What the player does with the cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CueState {
    /// Its line passes through the cue ball, tip behind it.
    Aiming,
    /// On or over the table, not aimed at the cue ball.
    Idle,
}

/// The cue over the table: at most one entity.
#[derive(Component, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// The tip.
    pub tip: TablePoint,
    /// The end of the visible shaft away from the tip.
    pub butt: TablePoint,
    /// Unit vector from butt to tip.
    pub direction: TableVector,
    /// What the player does with it.
    pub state: CueState,
}
