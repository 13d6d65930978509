//! Actions of the operator in the panel.

use super::view::{Layers, Tab};
use bevy::prelude::Message;
use billiards_table::command::Command;

/// Action of the operator in the panel.
#[derive(Message, Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "copied when an operator acts, and a plain value is simpler than a box")]
pub enum PanelAction {
    /// Shows another tab.
    ShowTab(Tab),
    /// Sets the layers shown in the camera's picture.
    SetLayers(Layers),
    /// Requests a command of the whole program.
    Ask(Command),
}

impl<C: Into<Command>> From<C> for PanelAction {
    fn from(command: C) -> Self {
        Self::Ask(command.into())
    }
}
