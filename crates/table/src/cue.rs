//! The cue.

use super::{TablePoint, TableVector};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Activity of the player with the cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CueState {
    /// The line of the cue passes through the cue ball, tip behind it, and the cue is held still or turned.
    Aiming,
    /// The cue is aimed, and moved to and fro along its line.
    Stroking,
    /// The cue has just struck the cue ball.
    Struck,
    /// The cue is on or over the table, not aimed at the cue ball.
    Away,
}

impl CueState {
    /// Returns whether the next shot can be predicted from the cue.
    #[must_use]
    pub fn is_aimed(self) -> bool {
        matches!(self, Self::Aiming | Self::Stroking)
    }
}

/// The cue over the table: at most one entity.
#[cfg_attr(feature = "bevy", derive(Component))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// Position of the tip.
    pub tip: TablePoint,
    /// End of the visible shaft away from the tip.
    pub butt: TablePoint,
    /// Unit vector from butt to tip.
    pub direction: TableVector,
    /// Activity of the player with the cue.
    pub state: CueState,
    /// Speed of the tip along the line, metres a second, positive towards the ball.
    pub speed: f64,
    /// Maximum forward speed of the tip in the last stroke of this approach, metres a second; `None` before the first.
    pub stroke_speed: Option<f64>,
    /// Offset of the line to the left of the cue ball's centre, as the player sees it, metres; `None` if there is no
    /// cue ball.
    pub offset: Option<f64>,
}
