//! The Overlay tab: appearance of the projected light, and the projector's window.

use crate::show::panel::{
    PanelAction, PanelView,
    setting::{changed_settings, group_ui},
    style::{BAD, GOOD, NAME, cell, choice, fact, hint, section, verdict},
    view::OverlayView,
};
use bevy_egui::egui::{ComboBox, Ui};
use billiards_table::{FrameSize, ProjectorMode, ProjectorOutput, command::ProjectorCommand, settings::Group};

/// Draws the tab.
pub(super) fn overlay_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let Some(overlay) = &view.overlay else {
        ui.weak("nothing is projected");
        return;
    };
    let mut wanted = view.settings;
    for group in [Group::Light, Group::Drawn] {
        group_ui(ui, group, &view.table.spec, &mut wanted);
    }
    if let Some(output) = overlay.output {
        section(ui, "Projector", |ui| window_ui(ui, overlay, output, actions));
    }
    for group in [Group::Colours, Group::Sizes] {
        group_ui(ui, group, &view.table.spec, &mut wanted);
    }
    hint(ui, "Lines also differ in their dashes. A reset arrow marks each setting that differs from its default.");
    actions.extend(changed_settings(&view.settings, &wanted));
}

fn window_ui(ui: &mut Ui, overlay: &OverlayView, output: &ProjectorOutput, actions: &mut Vec<PanelAction>) {
    let mut wanted = output.clone();
    let connected = output.monitor.as_deref().is_none_or(|name| overlay.monitors.contains(&name));
    match (&output.monitor, connected) {
        (Some(name), false) => verdict(ui, BAD, format!("{name} is not connected")),
        _ if !output.open => verdict(ui, BAD, "the window is closed"),
        (None, _) if overlay.monitors.len() < 2 => {
            verdict(ui, BAD, "no second monitor: connect the projector and extend the desktop onto it");
        }
        _ => verdict(ui, GOOD, "connected"),
    }
    let FrameSize { width, height } = overlay.picture;
    fact(ui, "picture", format!("{width} × {height} px"));
    ui.horizontal(|ui| {
        cell(ui, NAME, |ui| ui.label("Monitor").on_hover_text("By name: it is found again after it was unplugged."));
        let text = |name: Option<&str>| name.unwrap_or("the second one").to_owned();
        ComboBox::from_id_salt("monitor")
            .selected_text(text(output.monitor.as_deref()))
            .width(ui.available_width())
            .truncate()
            .show_ui(ui, |ui| {
                // A disconnected monitor can still be selected: it will come back.
                let away = output.monitor.as_deref().filter(|_| !connected);
                let names = overlay.monitors.iter().copied().chain(away);
                for name in [None].into_iter().chain(names.map(Some)) {
                    ui.selectable_value(&mut wanted.monitor, name.map(str::to_owned), text(name));
                }
            });
    });
    let modes = [
        (ProjectorMode::Auto, "Auto".to_owned()),
        (ProjectorMode::Fullscreen, "Screen".to_owned()),
        (ProjectorMode::Windowed, "Window".to_owned()),
    ];
    ui.horizontal(|ui| {
        cell(ui, NAME, |ui| {
            ui.label("Size").on_hover_text("Auto: the whole screen while the projector is connected, else a window.")
        });
        if let Some(mode) = choice(ui, &output.mode, modes) {
            wanted.mode = mode;
        }
    });
    let text = if output.open { "Close the window" } else { "Open the window" };
    if ui.button(text).on_hover_text("P opens it").clicked() {
        wanted.open = !output.open;
    }
    if wanted != *output {
        actions.push(ProjectorCommand::SetOutput(wanted).into());
    }
}
