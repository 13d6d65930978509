//! Common appearance of all settings: name, slider, value with its unit, and a reset to the default.

use super::{
    PanelAction,
    style::{NAME, ROW, cell, section},
};
use bevy_egui::egui::{self, Button, DragValue, RichText, Slider, SliderClamping, Ui, Vec2};
use billiards_table::{
    TableSpec,
    command::SettingsCommand,
    settings::{Colour, Field, Group, Number, Setting, Settings},
};

/// Width of the slider, points.
const SLIDER: f32 = 98.0;
/// Width of the value, points.
const VALUE: f32 = 78.0;
/// Side of the reset button, points.
const BACK: f32 = 22.0;

/// Shows the settings of a group that have an effect on this table under its heading; applies changes to `wanted`.
pub(super) fn group_ui(ui: &mut Ui, group: Group, table: &TableSpec, wanted: &mut Settings) {
    section(ui, group.title(), |ui| {
        for setting in group.settings().filter(|setting| setting.applies_to(table)) {
            setting_ui(ui, setting, wanted);
        }
    });
}

/// Returns the command that applies changed settings; `None` if nothing was changed.
pub(super) fn changed_settings(before: &Settings, wanted: &Settings) -> Option<PanelAction> {
    (wanted != before).then(|| SettingsCommand::Patch(wanted.changes_since(before)).into())
}

/// Shows a setting. When the operator changes it, `wanted` is updated, and the switch that it overrides is turned off.
pub(super) fn setting_ui(ui: &mut Ui, setting: &Setting, wanted: &mut Settings) {
    let mut usual = Settings::default();
    let changed = match &setting.field {
        Field::Switch(of) => switch(ui, of(wanted), setting.label, setting.help),
        Field::Colour(of) => colour(ui, of(wanted), setting.label, *of(&mut usual), setting.help),
        Field::Number(of, kind) => {
            let default = *of(&mut usual);
            number(ui, of(wanted), setting.label, &hint(setting.help, kind, default), kind, default)
        }
    };
    if changed {
        turn_off_overridden(setting, wanted);
    }
}

/// Turns off the switch that a setting overrides when it is set by hand.
pub(super) fn turn_off_overridden(setting: &Setting, wanted: &mut Settings) {
    if let Some(Setting { field: Field::Switch(of), .. }) = setting.overrides.and_then(Setting::find) {
        *of(wanted) = false;
    }
}

/// Returns the description of a number with its range and its default.
fn hint(help: &str, kind: &Number, default: f64) -> String {
    let number = |shown: f64| format!("{shown:.*}", usize::from(kind.decimals));
    let (low, high) = kind.displayed_range().into_inner();
    let (low, high, default, unit) =
        (number(low), number(high), number(kind.to_displayed(default)), kind.unit.displayed());
    format!("{help}\n{low} to {high} {unit}; {default} {unit} by default")
}

/// Shows a number. Returns whether the operator has changed it.
fn number(ui: &mut Ui, value: &mut f64, name: &str, hint: &str, kind: &Number, default: f64) -> bool {
    let (mut shown, before) = (kind.to_displayed(*value), kind.to_displayed(*value));
    let (range, decimals) = (kind.displayed_range(), usize::from(kind.decimals));
    let reset = row(ui, name, hint, before != kind.to_displayed(default), |ui| {
        ui.spacing_mut().slider_width = SLIDER;
        let slider = Slider::new(&mut shown, range.clone())
            .show_value(false)
            .clamping(SliderClamping::Edits)
            .logarithmic(kind.logarithmic)
            .smallest_positive(10_f64.powi(-i32::from(kind.decimals)))
            .max_decimals(decimals);
        ui.add(slider).on_hover_text(hint);
        let drag = DragValue::new(&mut shown)
            .range(range.clone())
            .clamp_existing_to_range(false)
            .speed((range.end() - range.start()) / 300.0)
            .fixed_decimals(decimals)
            .suffix(format!(" {}", kind.unit.displayed()));
        ui.add_sized(Vec2::new(VALUE, ROW), drag).on_hover_text(hint);
    });
    if reset {
        *value = default;
    } else if shown != before {
        // An untouched value keeps all its digits.
        *value = kind.to_stored(shown);
    }
    reset || shown != before
}

/// Shows a switch. Returns whether the operator has changed it.
fn switch(ui: &mut Ui, on: &mut bool, name: &str, help: &str) -> bool {
    ui.checkbox(on, name).on_hover_text(help).changed()
}

/// Shows a colour. Returns whether the operator has changed it.
fn colour(ui: &mut Ui, value: &mut Colour, name: &str, default: Colour, help: &str) -> bool {
    let hint = format!("{help}\n{default} by default");
    let mut rgb = [value.red, value.green, value.blue];
    let reset = row(ui, name, &hint, *value != default, |ui| {
        ui.spacing_mut().interact_size = Vec2::new(SLIDER, ROW - 6.0);
        ui.color_edit_button_srgb(&mut rgb).on_hover_text(&hint);
        let text = Colour::new(rgb[0], rgb[1], rgb[2]).to_string();
        ui.add_sized(Vec2::new(VALUE, ROW), egui::Label::new(RichText::new(text).monospace()));
    });
    let wanted = if reset { default } else { Colour::new(rgb[0], rgb[1], rgb[2]) };
    std::mem::replace(value, wanted) != wanted
}

/// Shows a row of the panel: a name, a control, and a reset button. Returns whether that button is clicked.
fn row(ui: &mut Ui, name: &str, hint: &str, changed: bool, contents: impl FnOnce(&mut Ui)) -> bool {
    ui.horizontal(|ui| {
        cell(ui, NAME, |ui| ui.label(name).on_hover_text(hint));
        contents(ui);
        ui.spacing_mut().button_padding = Vec2::ZERO;
        let back = Button::new(RichText::new("↺").size(14.0)).min_size(Vec2::splat(BACK));
        // The space of the button is reserved, so that nothing moves.
        ui.add_visible(changed, back).on_hover_text("back to the default").clicked()
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width() -> (&'static Setting, &'static Number) {
        let setting = Setting::find("overlay.theme.aim_width").expect("a setting");
        (setting, setting.number().expect("a width is a number"))
    }

    #[test]
    fn the_hint_has_range_default_and_unit() {
        assert_eq!(hint("How wide.", width().1, 0.008), "How wide.\n1.0 to 50.0 mm; 8.0 mm by default");
    }

    #[test]
    fn looking_changes_nothing_even_out_of_range() {
        let context = egui::Context::default();
        for aim_width in [0.008_123_456, 0.2, 0.0] {
            let mut before = Settings::default();
            before.overlay.theme.aim_width = aim_width;
            let mut wanted = before;
            for _ in 0..3 {
                let output = context.run_ui(egui::RawInput::default(), |ui| setting_ui(ui, width().0, &mut wanted));
                output.drop_without_applying_deltas();
                assert_eq!(wanted, before);
            }
        }
    }
}
