//! What an operator chooses of the projector: where its window is, and a picture to set it up with.

#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the operator wants the overlay. The window follows every change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bevy", derive(Resource))]
pub struct ProjectorOutput {
    /// Name of the monitor that is the projector; `None`: the second monitor, if there are two.
    pub monitor: Option<String>,
    /// Whether the window is open.
    pub open: bool,
    /// Whether it fills the screen.
    pub mode: ProjectorMode,
}

impl Default for ProjectorOutput {
    fn default() -> Self {
        Self { monitor: None, open: true, mode: ProjectorMode::Auto }
    }
}

/// Whether the projector's window fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectorMode {
    /// While the projector is connected; else it is a plain window, so that it does not cover the operator's screen.
    #[default]
    Auto,
    /// Always, on whatever screen there is.
    Fullscreen,
    /// Never.
    Windowed,
}

/// A card to set up a projector with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestCard {
    /// All light.
    White,
    /// No light: what a projector throws all the same shows.
    Black,
    /// Squares, circles, a cross in the middle, and the size of the picture in pixels: for shape and size.
    Grid,
    /// Colours and steps of grey.
    Bars,
    /// Stars and fine lines: for sharpness.
    Focus,
}

impl TestCard {
    /// All of them, in the order in which a key steps through them.
    pub const ALL: [Self; 5] = [Self::Grid, Self::Focus, Self::Bars, Self::White, Self::Black];

    /// As it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Black => "black",
            Self::Grid => "grid",
            Self::Bars => "bars",
            Self::Focus => "focus",
        }
    }
}
