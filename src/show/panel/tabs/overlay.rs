//! How light is drawn, and where the projector's window is.

use crate::{
    operate::{ProjectorCommand, SettingsCommand, toggles::ToggleView},
    show::{
        overlay::{ProjectorMode, ProjectorOutput},
        panel::{
            PanelAction, PanelView,
            setting::{Setting, colour, number, switch},
            style::{BAD, GOOD, NAME, cell, choice, fact, hint, section, verdict},
            view::OverlayView,
        },
    },
};
use bevy_egui::egui::{ComboBox, Ui};
use billiards_table::settings::{Colour, Theme};
use std::ops::RangeInclusive;

/// What [`Theme`] takes: widths of lines, metres.
const WIDTHS: RangeInclusive<f64> = 0.001..=0.05;
/// Radii of rings, ball radii.
const RING_RADII: RangeInclusive<f64> = Theme::MIN_RING_RADII..=5.0;
/// Parts of a whole.
const PARTS: RangeInclusive<f64> = 0.0..=1.0;

/// Draws the tab.
pub(super) fn overlay_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let Some(overlay) = &view.overlay else {
        ui.weak("no light is thrown");
        return;
    };
    section(ui, "Shown", |ui| toggles_ui(ui, &overlay.toggles, actions));
    if let Some(output) = overlay.output {
        section(ui, "Projector", |ui| window_ui(ui, overlay, output, actions));
    }
    actions.extend(theme_ui(ui, &overlay.theme).map(|wanted| SettingsCommand::SetTheme(wanted).into()));
}

fn toggles_ui(ui: &mut Ui, toggles: &[ToggleView], actions: &mut Vec<PanelAction>) {
    for &ToggleView { toggle, mut on } in toggles {
        if switch(ui, &mut on, toggle.label(), toggle.help()) {
            actions.push(SettingsCommand::Toggle(toggle, on).into());
        }
    }
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
    let size = overlay.picture.map_or_else(|| "–".to_owned(), |size| format!("{} × {} px", size.width, size.height));
    fact(ui, "picture", size);
    ui.horizontal(|ui| {
        cell(ui, NAME, |ui| ui.label("Monitor").on_hover_text("By name: it is found again when it was unplugged."));
        let text = |name: Option<&str>| name.unwrap_or("the second one").to_owned();
        ComboBox::from_id_salt("monitor")
            .selected_text(text(output.monitor.as_deref()))
            .width(ui.available_width())
            .truncate()
            .show_ui(ui, |ui| {
                // A monitor that is away can still be chosen: it will come back.
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

/// Shows colours and measures; returns them when the operator has changed something.
fn theme_ui(ui: &mut Ui, theme: &Theme) -> Option<Theme> {
    let (mut wanted, usual) = (*theme, Theme::default());
    section(ui, "Light", |ui| {
        let part = |ui: &mut Ui, value: &mut f32, name, default: f32, help| {
            let mut kept = f64::from(*value);
            let setting = Setting {
                name,
                unit: "%",
                range: PARTS,
                default: f64::from(default),
                scale: 100.0,
                decimals: 0,
                logarithmic: false,
                help,
            };
            if number(ui, &mut kept, &setting) {
                *value = kept as f32;
            }
        };
        part(ui, &mut wanted.brightness, "Brightness", usual.brightness, "How bright everything is.");
        part(ui, &mut wanted.faint, "Quiet things", usual.faint, "How bright the quiet things are beside the rest.");
    });
    section(ui, "Colours", |ui| {
        for (value, default, name, help) in [
            (
                &mut wanted.aim,
                usual.aim,
                "Aim",
                "The cue ball's path up to the first contact, a solid line; the ghost ball.",
            ),
            (
                &mut wanted.object,
                usual.object,
                "Object ball",
                "The object ball's path: long strokes and an arrow head.",
            ),
            (&mut wanted.tangent, usual.tangent, "After contact", "The cue ball's path after the contact: dots."),
            (&mut wanted.scratch, usual.scratch, "Scratch", "The pocket that would take the cue ball."),
            (&mut wanted.text, usual.text, "Words", "Words on the cloth."),
        ] as [(&mut Colour, Colour, &'static str, &str); 5]
        {
            colour(ui, value, name, default, help);
        }
        hint(ui, "On a coloured cloth they are lightened until they can be read. Lines also differ in their strokes.");
    });
    section(ui, "Widths on the cloth", |ui| {
        for (value, default, name, help) in [
            (&mut wanted.aim_width, usual.aim_width, "Aim line", "The cue ball's line."),
            (&mut wanted.object_width, usual.object_width, "Object line", "The object ball's line."),
            (&mut wanted.tangent_width, usual.tangent_width, "Other lines", "After the contact, crosses, other balls."),
            (&mut wanted.ghost_width, usual.ghost_width, "Ghost ball", "The line of the ghost ball."),
            (&mut wanted.ring_width, usual.ring_width, "Rings", "Rings round balls and pockets."),
        ] as [(&mut f64, f64, &'static str, &'static str); 5]
        {
            let setting =
                Setting { name, unit: "mm", range: WIDTHS, default, scale: 1e3, decimals: 1, logarithmic: true, help };
            number(ui, value, &setting);
        }
        let radius = Setting {
            name: "Ring radius",
            unit: "R",
            range: RING_RADII,
            default: usual.ring_radii,
            scale: 1.0,
            decimals: 2,
            logarithmic: false,
            help: "Radius of the rings round balls, in ball radii: no light falls on the ball.",
        };
        number(ui, &mut wanted.ring_radii, &radius);
        hint(ui, "A reset arrow stands beside what is not as it was delivered.");
    });
    (wanted != *theme).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_set_can_be_drawn() {
        for (width, part, radii) in
            [(*WIDTHS.start(), *PARTS.start(), *RING_RADII.start()), (*WIDTHS.end(), *PARTS.end(), *RING_RADII.end())]
        {
            let theme = Theme {
                aim_width: width,
                object_width: width,
                tangent_width: width,
                ghost_width: width,
                ring_width: width,
                ring_radii: radii,
                brightness: part as f32,
                faint: part as f32,
                ..Theme::default()
            };
            assert_eq!(theme.validate(), Ok(()));
        }
    }
}
