//! Appearance of the panel, and the small elements of which every tab is built.

use bevy_egui::egui::{
    self, Color32, ComboBox, Context, CornerRadius, FontFamily, FontId, Frame, Label, Layout, Margin, RichText, Stroke,
    TextStyle, Ui, Vec2, WidgetText,
};

/// Colour of a good state.
pub(super) const GOOD: Color32 = Color32::from_rgb(98, 208, 130);
/// Colour of a warning.
pub(super) const WARN: Color32 = Color32::from_rgb(255, 196, 64);
/// Colour of an error.
pub(super) const BAD: Color32 = Color32::from_rgb(244, 118, 98);
/// Colour of the selection, and of everything that can be dragged.
pub(super) const ACCENT: Color32 = Color32::from_rgb(96, 170, 255);
/// Background of pictures and drawings.
pub(super) const DEEP: Color32 = Color32::from_rgb(11, 13, 16);
/// Colour of outlines.
pub(super) const LINE: Color32 = Color32::from_rgb(58, 66, 78);
const GROUND: Color32 = Color32::from_rgb(20, 23, 28);
const CARD: Color32 = Color32::from_rgb(28, 32, 39);
const BUTTON: Color32 = Color32::from_rgb(47, 54, 65);
const HOVERED: Color32 = Color32::from_rgb(61, 71, 86);
const SELECTED: Color32 = Color32::from_rgb(36, 74, 120);
pub(super) const TEXT: Color32 = Color32::from_rgb(221, 227, 235);
const WEAK: Color32 = Color32::from_rgb(154, 164, 178);

/// Height of a row with a control, points.
pub(super) const ROW: f32 = 26.0;
/// Width of the names before values, points.
pub(super) const NAME: f32 = 112.0;
/// Maximum height of an open list, points.
const LIST: f32 = 600.0;

/// Applies the style of the panel, once.
pub(super) fn dress(context: &Context) {
    let dressed =
        context.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default(egui::Id::new("dressed")), true));
    if dressed {
        return;
    }
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(|style| {
        let font = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Small, font(12.5)),
            (TextStyle::Body, font(14.5)),
            (TextStyle::Button, font(14.5)),
            (TextStyle::Heading, font(17.0)),
            (TextStyle::Monospace, FontId::new(13.5, FontFamily::Monospace)),
        ]
        .into();
        let spacing = &mut style.spacing;
        (spacing.item_spacing, spacing.button_padding) = (Vec2::new(6.0, 6.0), Vec2::new(10.0, 3.0));
        // A list may not become higher than the area that it opens in.
        spacing.default_area_size.y = LIST;
        (spacing.interact_size, spacing.scroll) = (Vec2::new(36.0, ROW), egui::style::ScrollStyle::thin());
        let visuals = &mut style.visuals;
        (visuals.panel_fill, visuals.window_fill, visuals.extreme_bg_color) = (GROUND, CARD, DEEP);
        (visuals.weak_text_color, visuals.slider_trailing_fill) = (Some(WEAK), true);
        (visuals.selection.bg_fill, visuals.selection.stroke) = (SELECTED, Stroke::new(1.0, Color32::WHITE));
        (visuals.warn_fg_color, visuals.error_fg_color, visuals.hyperlink_color) = (WARN, BAD, ACCENT);
        visuals.handle_shape = egui::style::HandleShape::Circle;
        let widgets = &mut visuals.widgets;
        for state in [
            &mut widgets.noninteractive,
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
            &mut widgets.open,
        ] {
            (state.corner_radius, state.expansion) = (CornerRadius::same(5), 0.0);
            state.fg_stroke = Stroke::new(1.0, TEXT);
        }
        (widgets.noninteractive.bg_fill, widgets.noninteractive.bg_stroke) = (CARD, Stroke::new(1.0, LINE));
        (widgets.inactive.bg_fill, widgets.inactive.weak_bg_fill) = (BUTTON, BUTTON);
        for state in [&mut widgets.hovered, &mut widgets.active, &mut widgets.open] {
            (state.bg_fill, state.weak_bg_fill, state.bg_stroke) = (HOVERED, HOVERED, Stroke::new(1.0, ACCENT));
        }
    });
}

/// Shows a section of a tab, with a title.
pub(super) fn section<R>(ui: &mut Ui, title: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let card = Frame::new().fill(CARD).corner_radius(8).inner_margin(Margin::symmetric(10, 8));
    card.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(title).heading().strong());
        contents(ui)
    })
    .inner
}

/// Shows a part of a row, of this width.
pub(super) fn cell<R>(ui: &mut Ui, width: f32, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let middle = Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(Vec2::new(width, ROW), middle, |ui| {
        ui.set_min_size(Vec2::new(width, ROW));
        contents(ui)
    })
    .inner
}

/// Shows a name and a value or text.
pub(super) fn fact(ui: &mut Ui, name: &str, value: impl Into<WidgetText>) {
    named(ui, name, Label::new(value).wrap());
}

/// Shows a name and a value, always one line high.
pub(super) fn fact_on_one_line(ui: &mut Ui, name: &str, value: &str) {
    // A label without text has no height.
    let value = if value.is_empty() { " " } else { value };
    named(ui, name, Label::new(value).truncate());
}

fn named(ui: &mut Ui, name: &str, value: Label) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        let width = Vec2::new(NAME, 0.0);
        ui.allocate_ui_with_layout(width, Layout::left_to_right(egui::Align::Min), |ui| {
            ui.set_min_width(NAME);
            ui.weak(name);
        });
        ui.add(value);
    });
}

/// Shows an explanation.
pub(super) fn hint(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).small().weak()).wrap());
}

/// Shows a coloured text on the state of something.
pub(super) fn verdict(ui: &mut Ui, colour: Color32, text: impl Into<String>) {
    ui.add(Label::new(RichText::new(text).color(colour)).wrap());
}

/// Shows a choice, one of which is in force. Returns the new one when another is selected.
pub(super) fn choice<T: PartialEq>(ui: &mut Ui, now: &T, all: impl IntoIterator<Item = (T, String)>) -> Option<T> {
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        for (value, text) in all {
            if ui.add(egui::Button::selectable(value == *now, text).frame_when_inactive(true)).clicked()
                && value != *now
            {
                chosen = Some(value);
            }
        }
    });
    chosen
}

/// Shows a long choice, one of which is in force, as a list that opens; `text` says the one in force. Returns the new one
/// when another is selected.
pub(super) fn drop_down<T: PartialEq>(
    ui: &mut Ui,
    name: &str,
    now: &T,
    text: &str,
    all: impl IntoIterator<Item = (T, String)>,
) -> Option<T> {
    let mut chosen = None;
    let list = ComboBox::from_id_salt(name).width(ui.available_width()).height(LIST).truncate();
    list.selected_text(text).show_ui(ui, |ui| {
        for (value, text) in all {
            if ui.selectable_label(value == *now, text).clicked() && value != *now {
                chosen = Some(value);
            }
        }
    });
    chosen
}
