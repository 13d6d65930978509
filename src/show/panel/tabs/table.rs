//! The Table tab: type of the table, and its position in the camera's picture.

use crate::show::panel::{
    PanelAction, PanelView,
    style::{BAD, GOOD, choice, fact, hint, section, verdict},
};
use bevy_egui::egui::Ui;
use billiards_calibration::CornersOrigin;
use billiards_table::{
    TableChoice, TableKind,
    command::{ProfileCommand, SetupCommand},
};

/// Draws the tab.
pub(super) fn table_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let (table, spec) = (&view.table, &view.table.spec);
    section(ui, "Table", |ui| {
        let all = [TableChoice::Auto].into_iter().chain(TableKind::ALL.map(TableChoice::Kind));
        let chosen = choice(ui, &table.choice, all.map(|choice| (choice, choice.to_string())));
        actions.extend(chosen.map(|wanted| SetupCommand::SetTable(wanted).into()));
        if table.choice == TableChoice::Auto {
            hint(ui, &format!("Judged from the size of the balls: {}.", spec.kind));
        }
        let mm = |metres: f64| format!("{:.0} mm", 1e3 * metres);
        fact(ui, "playing surface", format!("{} × {}", mm(spec.length), mm(spec.width)));
        fact(ui, "ball", format!("{:.2} mm across", 2e3 * spec.ball_radius));
        fact(ui, "nose", format!("{:.1} mm over the bed", 1e3 * spec.nose_height));
        fact(ui, "corner pocket", format!("{} wide", mm(spec.corner.width)));
        fact(ui, "side pocket", format!("{} wide", mm(spec.side.width)));
    });
    section(ui, "In the picture", |ui| {
        place_ui(ui, view);
        ui.horizontal(|ui| {
            if ui.button("Find again").on_hover_text("seeks the table in the picture").clicked() {
                actions.push(SetupCommand::SeekTable.into());
            }
            if ui.button("Save profile").on_hover_text("Ctrl S").clicked() {
                actions.push(ProfileCommand::Save.into());
            }
        });
        hint(ui, "Or drag the four corners in the picture to where the nose lines meet.");
    });
    if let Some((_, corners, _)) = &table.corners {
        section(ui, "Corners", |ui| {
            for (name, p) in ["top left", "top right", "bottom right", "bottom left"].into_iter().zip(corners) {
                fact(ui, name, format!("{:.1}, {:.1} px", p.x, p.y));
            }
        });
    }
}

/// Shows the state of the table's detection in the picture.
fn place_ui(ui: &mut Ui, view: &PanelView) {
    let moved = view.moved();
    match (&view.table.corners, moved) {
        (Some((_, _, origin)), Some(by)) if origin.is_fixed() => {
            let cure = if *origin == CornersOrigin::Measured { "calibrate again" } else { "set the corners again" };
            verdict(ui, BAD, format!("camera or table were moved by {by:.0} pixels: {cure}"));
        }
        (Some((_, _, origin)), _) => verdict(ui, GOOD, origin.words()),
        (None, _) => {
            let why = view.sight.and_then(|sight| sight.detections.table.err());
            let why = why.map_or_else(|| "no picture yet".to_owned(), |why| why.to_string());
            verdict(ui, BAD, format!("not found: {why}; or drag the corners"));
        }
    }
}
