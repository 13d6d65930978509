//! The Keys tab: the keyboard shortcuts.

use crate::show::panel::{
    keys::{SHORT_CUTS, elsewhere},
    style::{fact, hint, section},
};
use bevy_egui::egui::{RichText, Ui};

/// Draws the tab.
pub(super) fn keys_ui(ui: &mut Ui) {
    section(ui, "Keys", |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        let here = SHORT_CUTS.iter().map(|short_cut| (short_cut.keys, short_cut.words));
        for (keys, words) in here.chain(elsewhere()) {
            fact(ui, keys, RichText::new(words));
        }
    });
    hint(
        ui,
        "Tab and the arrows move corners on the tab Calibration. Keys that are typed into a field do nothing else.",
    );
}
