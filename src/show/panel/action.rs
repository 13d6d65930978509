//! What the operator does in the panel.

use super::view::{Layers, Tab};
use bevy::prelude::Message;
use billiards_table::command::Command;

/// What the operator did in the panel.
#[derive(Message, Debug, Clone, PartialEq)]
pub enum PanelAction {
    /// Shows another tab.
    ShowTab(Tab),
    /// Shows other things in the camera's picture.
    SetLayers(Layers),
    /// Asks for something that concerns the whole program.
    Ask(Command),
}

impl<C: Into<Command>> From<C> for PanelAction {
    fn from(command: C) -> Self {
        Self::Ask(command.into())
    }
}
