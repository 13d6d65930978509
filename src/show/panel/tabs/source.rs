//! The Source tab: the source of the pictures.

use crate::show::panel::{
    PanelAction, PanelView,
    layout::{millis, status},
    style::{fact, hint, section, verdict},
};
use bevy_egui::egui::{Button, Ui, Vec2};
use billiards_table::command::Command;

/// Draws the tab.
pub(super) fn source_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let source = &view.source;
    section(ui, "Source", |ui| {
        ui.label(if source.health.description.is_empty() { "not open yet" } else { &source.health.description });
        let (colour, text) = status(source);
        verdict(ui, colour, text);
    });
    section(ui, "Pictures", |ui| {
        let size = view.sight.map(|sight| sight.detections.size);
        fact(ui, "size", size.map_or_else(|| "–".to_owned(), |size| format!("{} × {}", size.width, size.height)));
        fact(ui, "rate", format!("{:.1} a second", source.health.fps));
        fact(ui, "age", millis(source.age));
        fact(ui, "processed", source.health.frames.to_string());
        fact(ui, "passed over", format!("{} for newer ones", source.health.dropped));
        fact(ui, "unreadable", source.health.skipped.to_string());
    });
    if source.choices.is_empty() {
        return;
    }
    section(ui, "Change", |ui| {
        for (i, name) in source.choices.iter().enumerate() {
            let button = Button::selectable(i == source.chosen, *name).truncate().frame_when_inactive(true);
            let hint = if i == source.chosen { "reopen it" } else { "switch to it" };
            if ui.add(button.min_size(Vec2::new(ui.available_width(), 0.0))).on_hover_text(hint).clicked() {
                actions.push(Command::OpenSource(i).into());
            }
        }
        hint(ui, "Selecting the running source reopens it. Selecting another one discards corners set by hand.");
    });
}
