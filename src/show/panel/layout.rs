//! The panel as a function of a `Ui`: bar, tabs, picture.

use super::{
    PanelAction, PanelView, keys, picture,
    style::{self, ACCENT, BAD, GOOD, LINE, WARN},
    tabs,
    view::{Layers, SourceView, Tab},
};
use crate::sense::SourceHealth;
use bevy_egui::egui::{
    self, Align, Align2, Button, CentralPanel, Color32, Frame, Label, Layout, Margin, Panel, RichText, ScrollArea,
    Sense, Stroke, Ui, Vec2,
};
use billiards_capture::SourceStatus;

/// Width of the open tab, points.
const PAGE: f32 = 372.0;
/// Width of the list of tabs, points.
const RAIL: f32 = 104.0;

/// Draws the whole panel and returns the operator's actions.
pub fn panel_ui(ui: &mut Ui, view: &PanelView) -> Vec<PanelAction> {
    style::dress(ui.ctx());
    let mut actions = keys::handle_shortcuts(ui, view);
    let frame = |x, y| Frame::new().fill(ui.visuals().panel_fill).inner_margin(Margin::symmetric(x, y));
    let (bar, rail, page, middle) = (frame(12, 2), frame(6, 8), frame(8, 8), frame(10, 6));
    Panel::top("bar").exact_size(36.0).frame(bar).show(ui, |ui| bar_ui(ui, view));
    Panel::bottom("notice").exact_size(28.0).frame(bar).show(ui, |ui| notice_ui(ui, view));
    Panel::right("tabs")
        .resizable(false)
        .exact_size(RAIL)
        .frame(rail)
        .show(ui, |ui| rail_ui(ui, view.tab, &mut actions));
    Panel::right("page").resizable(false).exact_size(PAGE).frame(page).show(ui, |ui| {
        // Each tab has its own scroll position.
        ScrollArea::vertical().id_salt(view.tab.name()).auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            tabs::tab_ui(ui, view, &mut actions);
        });
    });
    CentralPanel::default().frame(middle).show(ui, |ui| {
        layers_ui(ui, &view.layers, &mut actions);
        picture::picture_ui(ui, view, &mut actions);
    });
    actions
}

/// Returns a colour and a text for the status of the source.
pub(super) fn status(source: &SourceView) -> (Color32, String) {
    match &source.health.status {
        SourceStatus::Opening => (WARN, "opening…".to_owned()),
        SourceStatus::Running if source.stale => (BAD, "no new frames".to_owned()),
        SourceStatus::Running => (GOOD, "running".to_owned()),
        SourceStatus::Lost { reason, retry_in } => {
            (BAD, format!("{reason}; next try in {:.1} s", retry_in.as_secs_f64()))
        }
        SourceStatus::Ended => (WARN, "ended".to_owned()),
        SourceStatus::Failed(reason) => (BAD, reason.clone()),
    }
}

/// Formats a time in milliseconds, or a dash for `None`.
pub(super) fn millis(time: Option<std::time::Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), |time| format!("{:.0} ms", time.as_secs_f64() * 1e3))
}

fn bar_ui(ui: &mut Ui, view: &PanelView) {
    ui.horizontal_centered(|ui| {
        ui.label(RichText::new("Billiards Trainer").heading().strong());
        ui.separator();
        let (colour, text) = status(&view.source);
        let (dot, painter) = ui.allocate_painter(Vec2::splat(12.0), Sense::hover());
        painter.circle_filled(dot.rect.center(), 5.0, colour);
        // The right side first: it must not be pushed out by a long reason.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut figure = |name: &str, value: String| {
                ui.label(RichText::new(value).monospace());
                ui.weak(name);
                ui.add_space(8.0);
            };
            figure("browsers", view.clients.to_string());
            figure("age", millis(view.source.age));
            figure("fps", format!("{:.1}", view.source.health.fps));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(bar_words(view.source.health, &text)).truncate());
            });
        });
    });
}

/// Returns the description of the source and its status. Failure reasons name the source themselves.
fn bar_words(health: &SourceHealth, status: &str) -> String {
    match &health.status {
        SourceStatus::Lost { .. } | SourceStatus::Failed(_) => status.to_owned(),
        _ if health.description.is_empty() => status.to_owned(),
        _ => format!("{}  {status}", health.description),
    }
}

fn notice_ui(ui: &mut Ui, view: &PanelView) {
    ui.horizontal_centered(|ui| {
        if let Some(running) = view.calibration.procedure.and_then(|procedure| procedure.running.as_ref()) {
            let words = format!("calibrating, {:.0} %: {}", 100.0 * running.share, running.words);
            ui.add(Label::new(RichText::new(words).color(ACCENT)).truncate());
        } else if let Some(notice) = view.notice {
            ui.add(Label::new(RichText::new(notice).color(ACCENT)).truncate());
        } else if let Some(problem) = view.storage.first() {
            ui.add(Label::new(RichText::new(&problem.message).color(WARN)).truncate());
        } else if let Some(newest) = view.events.first() {
            ui.add(Label::new(RichText::new(format!("{}  {}", newest.at, newest.text)).weak()).truncate());
        }
    });
}

fn rail_ui(ui: &mut Ui, open: Tab, actions: &mut Vec<PanelAction>) {
    ui.spacing_mut().item_spacing.y = 4.0;
    for (number, tab) in (1..).zip(Tab::ALL) {
        let size = Vec2::new(ui.available_width(), 34.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let visuals = ui.style().interact_selectable(&response, tab == open);
        if tab == open || response.hovered() || response.has_focus() {
            ui.painter().rect_filled(rect, 6.0, visuals.weak_bg_fill);
        }
        if tab == open {
            let edge = egui::Rect::from_min_size(rect.min + Vec2::new(0.0, 7.0), Vec2::new(3.0, rect.height() - 14.0));
            ui.painter().rect_filled(edge, 1.5, ACCENT);
        }
        let text = if tab == open { Color32::WHITE } else { ui.visuals().text_color() };
        let font = egui::TextStyle::Button.resolve(ui.style());
        ui.painter().text(rect.left_center() + Vec2::new(11.0, 0.0), Align2::LEFT_CENTER, tab.name(), font, text);
        response.widget_info(|| {
            egui::WidgetInfo::selected(egui::WidgetType::SelectableLabel, true, tab == open, tab.name())
        });
        if response.on_hover_text(format!("key {number}")).clicked() && tab != open {
            actions.push(PanelAction::ShowTab(tab));
        }
    }
}

/// Draws the row of layer buttons above the picture.
fn layers_ui(ui: &mut Ui, now: &Layers, actions: &mut Vec<PanelAction>) {
    let mut wanted = *now;
    ui.horizontal(|ui| {
        let layer = |ui: &mut Ui, on: &mut bool, name: &str, help: &str| {
            let (fill, stroke) =
                if *on { (ui.visuals().selection.bg_fill, ACCENT) } else { (Color32::TRANSPARENT, LINE) };
            let text = if *on { Color32::WHITE } else { ui.visuals().weak_text_color() };
            let button = Button::new(RichText::new(name).color(text)).fill(fill).stroke(Stroke::new(1.0, stroke));
            if ui.add(button.selected(*on)).on_hover_text(help).clicked() {
                *on = !*on;
            }
        };
        layer(ui, &mut wanted.picture, "Raw", "R: the camera's picture");
        layer(
            ui,
            &mut wanted.light,
            "Light mask",
            "M: what the projector may light; what is seen there does not count",
        );
        layer(ui, &mut wanted.edges, "Edges", "E: the edges that balls are sought by; slows seeing down");
        ui.separator();
        layer(ui, &mut wanted.balls, "Balls", "B: rings round the balls that are seen");
        layer(ui, &mut wanted.ids, "Ids", "I: names of the balls that are tracked");
        layer(ui, &mut wanted.cue, "Cue", "C: the cue that is seen");
        layer(ui, &mut wanted.prediction, "Aimed shot", "A: where the aimed shot would go");
        layer(ui, &mut wanted.noses, "Nose lines", "N: the nose lines, with corners to drag");
    });
    if wanted != *now {
        actions.push(PanelAction::SetLayers(wanted));
    }
}
