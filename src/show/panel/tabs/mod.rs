//! The tabs, each a function of a `Ui`.

mod balls;
mod calibration;
mod error_map;
mod hand;
mod health;
mod keys;
pub(super) mod overlay;
mod prediction;
mod remote;
mod source;
mod table;
mod tip;

use super::{PanelAction, PanelView, view::Tab};
use bevy_egui::egui::Ui;

/// Draws the open tab.
pub(super) fn tab_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    match view.tab {
        Tab::Source => source::source_ui(ui, view, actions),
        Tab::Table => table::table_ui(ui, view, actions),
        Tab::Balls => balls::balls_ui(ui, view),
        Tab::Calibration => calibration::calibration_ui(ui, view, actions),
        Tab::Prediction => prediction::prediction_ui(ui, view, actions),
        Tab::Overlay => overlay::overlay_ui(ui, view, actions),
        Tab::Remote => remote::remote_ui(ui, view),
        Tab::Health => health::health_ui(ui, view),
        Tab::Keys => keys::keys_ui(ui),
    }
}
