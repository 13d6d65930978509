//! Operator's choices for the projector: the position of its window, and a picture to set it up with.

#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Placement of the overlay's window, as chosen by the operator. The window follows every change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bevy", derive(Resource))]
pub struct ProjectorOutput {
    /// Name of the monitor that is the projector; `None` selects the second monitor, if there are two.
    pub monitor: Option<String>,
    /// `true` if the window is open.
    pub open: bool,
    /// Condition under which the window fills the screen.
    pub mode: ProjectorMode,
}

impl Default for ProjectorOutput {
    fn default() -> Self {
        Self { monitor: None, open: true, mode: ProjectorMode::Auto }
    }
}

/// Condition under which the projector's window fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProjectorMode {
    /// Full screen while the projector is connected; otherwise a plain window that does not cover the operator's
    /// screen.
    #[default]
    Auto,
    /// Always full screen, on any screen.
    Fullscreen,
    /// Never full screen.
    Windowed,
}

/// A test card to set up a projector with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestCard {
    /// All white.
    White,
    /// All black: shows the light that the projector emits even so.
    Black,
    /// Squares, circles, a cross in the middle, and the size of the picture in pixels: to check shape and size.
    Grid,
    /// Colours and steps of grey.
    Bars,
    /// Stars and fine lines: to check sharpness.
    Focus,
}

impl TestCard {
    /// All test cards, in the order in which a key steps through them.
    pub const ALL: [Self; 5] = [Self::Grid, Self::Focus, Self::Bars, Self::White, Self::Black];

    /// Returns the name of the test card.
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
