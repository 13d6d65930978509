//! The cue.

use super::{TablePoint, TableVector};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the player does with the cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CueState {
    /// Its line passes through the cue ball, tip behind it, held still or turned.
    Aiming,
    /// Aimed, and moved to and fro along its line.
    Stroking,
    /// It has just sent the cue ball off.
    Struck,
    /// On or over the table, not aimed at the cue ball.
    Away,
}

impl CueState {
    /// Whether the next shot can be told from the cue.
    #[must_use]
    pub fn is_aimed(self) -> bool {
        matches!(self, Self::Aiming | Self::Stroking)
    }
}

/// The cue over the table: at most one entity.
#[cfg_attr(feature = "bevy", derive(Component))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// The tip.
    pub tip: TablePoint,
    /// The end of the visible shaft away from the tip.
    pub butt: TablePoint,
    /// Unit vector from butt to tip.
    pub direction: TableVector,
    /// What the player does with it.
    pub state: CueState,
    /// Speed of the tip along the line, metres a second, positive towards the ball.
    pub speed: f64,
    /// The fastest that the tip went forwards in the last stroke of this approach, metres a second; `None` before one.
    pub stroke_speed: Option<f64>,
    /// How far the line passes to the left of the cue ball's centre, as the player sees it, metres; `None` when no cue
    /// ball is there.
    pub offset: Option<f64>,
}
