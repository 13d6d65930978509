//! One look for every setting: its name, a slider, the value with its unit, and a way back to the default.

use super::style::{NAME, ROW, cell};
use bevy_egui::egui::{self, Button, DragValue, RichText, Slider, SliderClamping, Ui, Vec2};
use billiards_table::settings::Colour;
use std::ops::RangeInclusive;

/// Width of the slider, points.
const SLIDER: f32 = 98.0;
/// Width of the value, points.
const VALUE: f32 = 78.0;
/// Side of the button that leads back to the default, points.
const BACK: f32 = 22.0;

/// A number that can be set.
pub(super) struct Setting {
    /// As it is written.
    pub name: &'static str,
    /// Unit in which it is shown.
    pub unit: &'static str,
    /// What it may be, as it is kept.
    pub range: RangeInclusive<f64>,
    /// As it is kept.
    pub default: f64,
    /// What one kept unit is in shown ones.
    pub scale: f64,
    /// Digits after the point that are shown.
    pub decimals: usize,
    /// Small values get as much room as large ones.
    pub logarithmic: bool,
    /// What it does.
    pub help: &'static str,
}

impl Setting {
    fn shown(&self, kept: f64) -> f64 {
        let digits = 10_f64.powi(self.decimals as i32);
        (kept * self.scale * digits).round() / digits + 0.0 // no -0.0
    }

    /// What it does, what it may be and what it is by default.
    fn hint(&self) -> String {
        let number = |kept: f64| format!("{:.*}", self.decimals, self.shown(kept));
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        let (low, high) = (number(*self.range.start()), number(*self.range.end()));
        format!("{}\n{low} to {high}{unit}; {}{unit} by default", self.help, number(self.default))
    }
}

/// Shows a number; true when the operator has changed it.
pub(super) fn number(ui: &mut Ui, value: &mut f64, setting: &Setting) -> bool {
    let (mut shown, before) = (setting.shown(*value), setting.shown(*value));
    let range = setting.shown(*setting.range.start())..=setting.shown(*setting.range.end());
    let hint = setting.hint();
    let reset = row(ui, setting.name, &hint, before != setting.shown(setting.default), |ui| {
        ui.spacing_mut().slider_width = SLIDER;
        let slider = Slider::new(&mut shown, range.clone())
            .show_value(false)
            .clamping(SliderClamping::Edits)
            .logarithmic(setting.logarithmic)
            .smallest_positive(10_f64.powi(-(setting.decimals as i32)))
            .max_decimals(setting.decimals);
        ui.add(slider).on_hover_text(&hint);
        let unit = if setting.unit.is_empty() { String::new() } else { format!(" {}", setting.unit) };
        let drag = DragValue::new(&mut shown)
            .range(range.clone())
            .clamp_existing_to_range(false)
            .speed((range.end() - range.start()) / 300.0)
            .fixed_decimals(setting.decimals)
            .suffix(unit);
        ui.add_sized(Vec2::new(VALUE, ROW), drag).on_hover_text(&hint);
    });
    if reset {
        *value = setting.default;
    } else if shown != before {
        // What was not touched keeps all its digits.
        *value = (shown / setting.scale).clamp(*setting.range.start(), *setting.range.end());
    }
    reset || shown != before
}

/// Shows something that is on or off; true when the operator has changed it.
pub(super) fn switch(ui: &mut Ui, on: &mut bool, name: &str, help: &str) -> bool {
    ui.checkbox(on, name).on_hover_text(help).changed()
}

/// Shows a colour; true when the operator has changed it.
pub(super) fn colour(ui: &mut Ui, value: &mut Colour, name: &'static str, default: Colour, help: &str) -> bool {
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

/// A line of the panel: a name, something to set, and a way back; true when that is taken.
fn row(ui: &mut Ui, name: &str, hint: &str, changed: bool, contents: impl FnOnce(&mut Ui)) -> bool {
    ui.horizontal(|ui| {
        cell(ui, NAME, |ui| ui.label(name).on_hover_text(hint));
        contents(ui);
        ui.spacing_mut().button_padding = Vec2::ZERO;
        let back = Button::new(RichText::new("↺").size(14.0)).min_size(Vec2::splat(BACK));
        // Its place stays, so that nothing jumps.
        ui.add_visible(changed, back).on_hover_text("back to the default").clicked()
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speed() -> Setting {
        Setting {
            name: "speed",
            unit: "mm",
            range: 0.001..=0.05,
            default: 0.008,
            scale: 1e3,
            decimals: 1,
            logarithmic: false,
            help: "How wide.",
        }
    }

    #[test]
    fn the_hint_has_range_default_and_unit() {
        assert_eq!(speed().hint(), "How wide.\n1.0 to 50.0 mm; 8.0 mm by default");
        let plain = Setting { unit: "", scale: 1.0, decimals: 3, ..speed() };
        assert_eq!(plain.hint(), "How wide.\n0.001 to 0.050; 0.008 by default");
    }

    #[test]
    fn looking_changes_nothing_even_out_of_range() {
        let context = egui::Context::default();
        for wanted in [0.008_123_456, 0.2, 0.0] {
            for _ in 0..3 {
                let (mut value, mut changed) = (wanted, true);
                let output = context.run_ui(egui::RawInput::default(), |ui| changed = number(ui, &mut value, &speed()));
                output.drop_without_applying_deltas();
                assert_eq!((value, changed), (wanted, false));
            }
        }
    }
}
