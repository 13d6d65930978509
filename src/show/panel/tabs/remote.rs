//! Who watches in a browser.

use crate::show::panel::{
    PanelView,
    style::{BAD, GOOD, fact, hint, section, verdict},
};
use bevy_egui::egui::{Label, RichText, Ui};

/// Draws the tab.
pub(super) fn remote_ui(ui: &mut Ui, view: &PanelView) {
    section(ui, "Browsers", |ui| match view.page {
        Some(page) => {
            verdict(ui, GOOD, "the page is served at");
            ui.add(Label::new(RichText::new(page).monospace().size(15.0)).wrap());
            fact(ui, "watching", view.clients.to_string());
        }
        None => verdict(ui, BAD, "the server is off: its port was taken, or it could not be started; the log says why"),
    });
    if let Some(page) = view.page {
        section(ui, "For programs", |ui| {
            fact(ui, "health", format!("{page}api/v1/health"));
            fact(ui, "live", format!("{}api/v1/ws", page.replacen("http", "ws", 1)));
        });
        section(ui, "From phones", |ui| {
            hint(ui, "To be seen from phones in the same network, the program is started with");
            ui.monospace("--listen 0.0.0.0:8000");
        });
    }
}
