//! The Calibration tab: the calibration of camera and projector, and its correction.

use super::{error_map::error_map_ui, hand::hand_ui};
use crate::{
    operate::CalibrationStatus,
    show::panel::{
        PanelAction, PanelView,
        calibration_view::CalibrationView,
        layout::millis,
        style::{ACCENT, BAD, WARN, fact, hint, section, verdict},
    },
};
use bevy_egui::egui::{Align, Button, Color32, Id, Layout, Margin, ProgressBar, RichText, TextEdit, Ui, Vec2};
use billiards_table::{
    ProfileName, TestCard,
    command::{ProcedureCommand, ProfileCommand, ProjectorCommand, SetupCommand},
};

/// Draws the tab.
pub(super) fn calibration_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let calibration = &view.calibration;
    section(ui, "Calibration", |ui| {
        if let Some(procedure) = calibration.procedure {
            procedure_ui(ui, procedure, actions);
        }
        if let Some(words) = calibration.drift {
            verdict(ui, BAD, words);
        }
        undo_ui(ui, calibration, actions);
    });
    section(ui, "In force", |ui| summary_ui(ui, view));
    if let Some(hand) = &calibration.hand {
        section(ui, "Projector by hand", |ui| hand_ui(ui, hand, actions));
    }
    section(ui, "Profiles", |ui| profiles_ui(ui, calibration, actions));
}

fn procedure_ui(ui: &mut Ui, procedure: &CalibrationStatus, actions: &mut Vec<PanelAction>) {
    if let Some(progress) = &procedure.running {
        ui.add(ProgressBar::new(progress.share as f32).show_percentage().fill(ACCENT.gamma_multiply(0.6)));
        ui.label(&progress.words);
        if ui.button("Cancel").on_hover_text("Esc; the former calibration stays in force").clicked() {
            actions.push(ProcedureCommand::Cancel.into());
        }
    } else {
        let button = Button::new(RichText::new("Calibrate").size(16.0).color(Color32::WHITE));
        let button = button.fill(ui.visuals().selection.bg_fill);
        if ui
            .add_sized(Vec2::new(ui.available_width(), 34.0), button)
            .on_hover_text("F5: camera, projector and latency, in under a minute")
            .clicked()
        {
            actions.push(ProcedureCommand::Calibrate.into());
        }
        let help = "first, for a lens with strong distortion: hold the printed board (calibration/charuco-a4.svg) under the camera";
        if ui.button("Measure the lens").on_hover_text(help).clicked() {
            actions.push(ProcedureCommand::MeasureLens.into());
        }
    }
    if let Some(error) = &procedure.last_error {
        verdict(ui, BAD, error);
    }
    let mut check = procedure.check_shown;
    if ui
        .checkbox(&mut check, "Check pattern")
        .on_hover_text("rings round every ball, nose lines, marks of the table")
        .changed()
    {
        actions.push(ProjectorCommand::ShowCheck(check).into());
    }
    ui.horizontal_wrapped(|ui| {
        ui.label("Test card");
        for card in [None].into_iter().chain(TestCard::ALL.map(Some)) {
            let text = card.map_or("none", TestCard::name);
            let chosen = procedure.card == card;
            if ui.add(Button::selectable(chosen, text).frame_when_inactive(true)).clicked() && !chosen {
                actions.push(ProjectorCommand::ShowCard(card).into());
            }
        }
    });
}

fn undo_ui(ui: &mut Ui, calibration: &CalibrationView, actions: &mut Vec<PanelAction>) {
    ui.horizontal(|ui| {
        let mut button = |enabled, text, keys, command: SetupCommand| {
            if ui.add_enabled(enabled, Button::new(text)).on_hover_text(keys).clicked() {
                actions.push(command.into());
            }
        };
        button(calibration.can_undo, "Undo", "Ctrl Z", SetupCommand::Undo);
        button(calibration.can_redo, "Redo", "Ctrl Shift Z", SetupCommand::Redo);
        if let Some(before) = calibration.before_shown {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                for (value, text) in [(false, "After"), (true, "Before")] {
                    let button = Button::selectable(before == value, text).frame_when_inactive(true);
                    let hint = "compares the calibration before the last change with the one after it";
                    if ui.add(button).on_hover_text(hint).clicked() && before != value {
                        actions.push(SetupCommand::ShowBefore(value).into());
                    }
                }
            });
        }
    });
}

fn summary_ui(ui: &mut Ui, view: &PanelView) {
    let calibration = &view.calibration;
    match &calibration.camera {
        Some(camera) => {
            fact(ui, "camera", &camera.made);
            fact(ui, "lens", camera.lens.as_deref().unwrap_or("assumed free of distortion"));
            let height = camera.height.map(|height| format!("{height:.2} m over the bed"));
            fact(ui, "height", height.unwrap_or_else(|| "not known".to_owned()));
            if let Some(error) = camera.error_mm {
                fact(ui, "expected error", format!("{error:.1} mm"));
            }
        }
        None => fact(ui, "camera", RichText::new("the table is not known in its picture").color(BAD)),
    }
    let projector = &calibration.projector;
    fact(ui, "projector", &projector.made);
    match projector.rms_mm.zip(projector.worst_mm) {
        Some((rms, worst)) => fact(ui, "error", format!("{rms:.1} mm RMS, {worst:.1} mm worst")),
        None => fact(ui, "error", RichText::new("not measured").color(WARN)),
    }
    fact(ui, "latency", calibration.latency.map_or_else(|| "not measured".to_owned(), |time| millis(Some(time))));
    if !projector.points.is_empty() {
        error_map_ui(ui, &view.table.spec, &projector.points);
    }
}

fn profiles_ui(ui: &mut Ui, calibration: &CalibrationView, actions: &mut Vec<PanelAction>) {
    // The profile to be deleted, until that is confirmed.
    let doomed_id = Id::new("profile to delete");
    let doomed: Option<ProfileName> = ui.data(|data| data.get_temp(doomed_id));
    for name in calibration.profiles {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let sure = doomed.as_ref() == Some(name);
                let text = if sure { RichText::new("Really delete").color(BAD) } else { RichText::new("Delete") };
                if ui.button(text).clicked() {
                    if sure {
                        actions.push(ProfileCommand::Delete(name.clone()).into());
                    }
                    ui.data_mut(|data| {
                        if sure {
                            data.remove::<ProfileName>(doomed_id);
                        } else {
                            data.insert_temp(doomed_id, name.clone());
                        }
                    });
                }
                let current = name.as_str() == calibration.current;
                let load = Button::selectable(current, name.as_str()).truncate().frame_when_inactive(true);
                let width = ui.available_width();
                if ui.add(load.min_size(Vec2::new(width, 0.0))).on_hover_text("puts it in force").clicked() {
                    actions.push(ProfileCommand::Load(name.clone()).into());
                }
            });
        });
    }
    let typed_id = Id::new("name of the profile");
    let mut typed: String = ui.data(|data| data.get_temp(typed_id)).unwrap_or_else(|| calibration.current.clone());
    ui.horizontal(|ui| {
        let field = ui.add(
            TextEdit::singleline(&mut typed).desired_width(ui.available_width() - 82.0).margin(Margin::symmetric(6, 4)),
        );
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(bevy_egui::egui::Key::Enter));
        let name = typed.parse::<ProfileName>();
        let button = ui.add_enabled(name.is_ok(), Button::new("Save as"));
        let (pressed, name) = match name {
            Ok(name) => (button.clicked(), Some(name)),
            Err(error) => (button.on_disabled_hover_text(error.to_string()).clicked(), None),
        };
        if let Some(name) = name.filter(|_| pressed || entered) {
            actions.push(ProfileCommand::SaveAs(name).into());
        }
    });
    ui.data_mut(|data| data.insert_temp(typed_id, typed));
    hint(ui, "A profile keeps the table and the corners in both pictures.");
}
