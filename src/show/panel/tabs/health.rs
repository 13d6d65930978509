//! The Health tab: state of all parts of the program.

use crate::show::panel::{
    PanelView,
    layout::{millis, status},
    style::{BAD, GOOD, WARN, cell, fact, section},
};
use bevy_egui::egui::{Color32, Label, RichText, Sense, Ui, Vec2};

/// Maximum age of a frame, milliseconds: with older ones the light lags behind the balls.
const OLD_MS: u128 = 150;

/// Draws the tab.
pub(super) fn health_ui(ui: &mut Ui, view: &PanelView) {
    section(ui, "Health", |ui| {
        let (colour, words) = status(&view.source);
        lamp(ui, colour, "source", &words);
        let (colour, words) = table(view);
        lamp(ui, colour, "table", &words);
        let (colour, words) = projector(view);
        lamp(ui, colour, "projector", words);
        match view.page {
            Some(_) => lamp(ui, GOOD, "browsers", &format!("{} watching", view.clients)),
            None => lamp(ui, BAD, "browsers", "the server is off"),
        }
        if view.storage.is_empty() {
            lamp(ui, GOOD, "files", "settings and calibration are saved");
        }
        for problem in view.storage {
            lamp(ui, WARN, "files", &problem.message);
        }
    });
    section(ui, "Figures", |ui| {
        let health = view.source.health;
        let old = view.source.age.is_some_and(|age| age.as_millis() > OLD_MS);
        let age = RichText::new(millis(view.source.age));
        fact(ui, "frame age", if old { age.color(WARN) } else { age });
        fact(ui, "vision", millis(view.sight.map(|sight| sight.vision_time)));
        fact(ui, "latency", view.calibration.latency.map_or("not measured".to_owned(), |time| millis(Some(time))));
        fact(ui, "frames", format!("{} processed, {} passed over", health.frames, health.dropped));
        let errors =
            format!("{} unseen, {} unreadable, {} failures", health.vision_errors, health.skipped, health.failures);
        fact(ui, "errors", errors);
        fact(ui, "balls", view.balls.len().to_string());
    });
    section(ui, "Events", |ui| {
        if view.events.is_empty() {
            ui.weak("none yet");
        }
        for line in view.events.iter().take(14) {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().interact_size.y = 0.0;
                ui.label(RichText::new(&line.at).monospace().weak());
                ui.add(Label::new(&line.text).wrap());
            });
        }
    });
}

fn table(view: &PanelView) -> (Color32, String) {
    match (view.moved(), &view.table.corners) {
        (Some(by), _) => (BAD, format!("moved by {by:.0} pixels")),
        (None, Some(_)) => (GOOD, format!("{}, in its place", view.table.spec.kind)),
        (None, None) => (BAD, "not found".to_owned()),
    }
}

fn projector<'a>(view: &'a PanelView) -> (Color32, &'a str) {
    let Some(overlay) = &view.overlay else { return (WARN, "nothing is projected") };
    match overlay.output {
        Some(output) if !output.open => (BAD, "its window is closed"),
        Some(output) => match output.monitor.as_deref() {
            Some(name) if !overlay.monitors.contains(&name) => (BAD, "its monitor is not connected"),
            Some(name) => (GOOD, name),
            None if overlay.monitors.len() < 2 => (WARN, "in a window: there is no second monitor"),
            None => (GOOD, "on the second monitor"),
        },
        None => (GOOD, "drawn into pictures"),
    }
}

fn lamp(ui: &mut Ui, colour: Color32, name: &str, words: &str) {
    ui.horizontal(|ui| {
        let (dot, painter) = ui.allocate_painter(Vec2::splat(12.0), Sense::hover());
        painter.circle_filled(dot.rect.center(), 5.0, colour);
        cell(ui, 84.0, |ui| ui.weak(name));
        ui.add(Label::new(words).wrap());
    });
}
