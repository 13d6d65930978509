//! What can be switched on and off in the overlay: one list to show, one place to switch.

use crate::show::overlay::OverlaySwitch;

/// The overlay as a whole.
const LIGHT: &str = "Light on the cloth";

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Toggle {
    /// As it is written, and named in [`PanelAction::SetToggle`](super::PanelAction::SetToggle).
    pub name: &'static str,
    /// Whether it is on.
    pub on: bool,
    /// What it does, for a tooltip.
    pub help: &'static str,
}

/// The switches as they are.
pub(super) fn list(switch: &OverlaySwitch) -> Vec<Toggle> {
    vec![Toggle { name: LIGHT, on: switch.on, help: "Off, the projector throws no light at all." }]
}

/// Turns the switch of this name.
pub(super) fn set(switch: &mut OverlaySwitch, name: &str, on: bool) {
    if name == LIGHT {
        switch.on = on;
    }
}
