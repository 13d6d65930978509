//! Calibration by hand: points of the table in a drawing of the projector's picture.

use crate::show::panel::{
    PanelAction,
    calibration_view::HandView,
    keys,
    picture::Placement,
    style::{ACCENT, BAD, DEEP, LINE, TEXT, WARN, fact, hint},
};
use bevy_egui::egui::{
    Align, Align2, Color32, FontId, Layout, Painter, Pos2, Rect, RichText, Sense, Stroke, StrokeKind, Ui, Vec2,
};
use billiards_calibration::FittedHandPoint;
use billiards_table::command::{PointCommand, ProjectorCommand, SetupCommand};

/// Space around the projector's picture, points: corners may lie outside it.
const MARGIN: f32 = 12.0;
/// Side of the square in which a point can be grabbed, points.
const HANDLE: f32 = 24.0;
/// Minimum residual that is visible on the cloth, millimetres.
const SEEN_MM: f64 = 3.0;

/// Shows the points, which can be selected, dragged and nudged.
pub(super) fn hand_ui(ui: &mut Ui, hand: &HandView, actions: &mut Vec<PanelAction>) {
    keys::hold_focus(ui);
    picture_ui(ui, hand, actions);
    if let Some(point) = hand.points.get(hand.selected) {
        let place = format!("{:.1}, {:.1} px", point.projector.x, point.projector.y);
        row(ui, hand.selected, point, RichText::new(place));
    }
    if let Some((rms, worst)) = hand.error_mm {
        fact(ui, "all points", format!("{rms:.1} mm RMS, {worst:.1} mm worst"));
        for (i, point) in hand.points.iter().enumerate() {
            residual_ui(ui, i, point);
        }
    }
    buttons_ui(ui, hand, actions);
    if let Some(mut shown) = hand.shown
        && ui.checkbox(&mut shown, "Show on the cloth").on_hover_text("the chosen point is a cross-hair").changed()
    {
        actions.push(ProjectorCommand::ShowPoints(shown).into());
    }
    hint(
        ui,
        "Drag, or Tab and arrows: 1 pixel, Shift 10, Ctrl 0.1. Each corner belongs where two nose lines meet; further \
         points, each on its mark, average the errors of all.",
    );
}

fn picture_ui(ui: &mut Ui, hand: &HandView, actions: &mut Vec<PanelAction>) {
    let HandView { size, points, selected, .. } = hand;
    let width = ui.available_width();
    let height = (width - 2.0 * MARGIN) * size.height as f32 / size.width as f32 + 2.0 * MARGIN;
    let (response, painter) = ui.allocate_painter(Vec2::new(width, height.min(width)), Sense::hover());
    // The focused widget has to be on the screen.
    ui.interact(response.rect, keys::hand_id(), Sense::focusable_noninteractive());
    let place = Placement::fit(*size, response.rect.shrink(MARGIN));
    painter.rect_filled(response.rect, 6.0, DEEP);
    painter.rect_stroke(place.rect, 0.0, Stroke::new(1.0, LINE), StrokeKind::Middle);
    let room = response.rect.shrink(6.0);
    let shown: Vec<_> = points.iter().map(|point| room.clamp(place.to_screen(point.projector))).collect();
    let corners = shown.len().min(4);
    for i in 0..corners {
        painter.line_segment([shown[i], shown[(i + 1) % corners]], Stroke::new(1.5, ACCENT));
    }
    for (i, (point, centre)) in points.iter().zip(shown).enumerate() {
        let handle = ui.interact(
            Rect::from_center_size(centre, Vec2::splat(HANDLE)),
            ui.id().with(("projector point", i)),
            Sense::click_and_drag(),
        );
        let chosen = i == *selected;
        let hovered = handle.hovered() || handle.dragged();
        handle_ui(&painter, centre, i, point, chosen, hovered);
        if !chosen && (handle.clicked() || handle.drag_started()) {
            actions.push(PointCommand::Select(i).into());
        }
        if handle.dragged() && handle.drag_delta() != Vec2::ZERO {
            let by = handle.drag_delta() / place.scale;
            let there = point.projector + euclid::vec2(f64::from(by.x), f64::from(by.y));
            actions.push(PointCommand::Move(i, there).into());
        }
    }
}

fn handle_ui(painter: &Painter, centre: Pos2, i: usize, point: &FittedHandPoint, chosen: bool, hovered: bool) {
    let (fill, text) = if chosen { (ACCENT, Color32::BLACK) } else { (DEEP, Color32::WHITE) };
    let ring = match (hovered, point.outlier) {
        (true, _) => Color32::WHITE,
        (false, true) => BAD,
        (false, false) => ACCENT,
    };
    painter.circle(centre, 9.0, fill, Stroke::new(1.5, ring));
    painter.text(centre, Align2::CENTER_CENTER, i + 1, FontId::proportional(12.5), text);
}

fn buttons_ui(ui: &mut Ui, hand: &HandView, actions: &mut Vec<PanelAction>) {
    ui.horizontal(|ui| {
        if !hand.addable.is_empty() {
            ui.menu_button("Add a point", |ui| {
                for (mark, name) in &hand.addable {
                    if ui.button(name).clicked() {
                        actions.push(PointCommand::Add(*mark).into());
                    }
                }
            });
        }
        let extra = hand.points.get(hand.selected).is_some_and(|point| point.extra);
        if extra && ui.button("Remove").on_hover_text("the chosen point counts no longer").clicked() {
            actions.push(PointCommand::Remove(hand.selected).into());
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Centre").on_hover_text("removes the points; the table is assumed to be centred").clicked() {
                actions.push(SetupCommand::CentreProjector.into());
            }
        });
    });
}

/// Shows a point and a value.
fn row(ui: &mut Ui, i: usize, point: &FittedHandPoint, value: RichText) {
    ui.horizontal(|ui| {
        ui.weak(format!("{} {}", i + 1, point.name));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(value));
    });
}

/// Shows the residual of a point.
fn residual_ui(ui: &mut Ui, i: usize, point: &FittedHandPoint) {
    let Some(residual) = point.residual_mm else { return };
    let (colour, verdict) = match (point.outlier, residual > SEEN_MM) {
        (true, _) => (BAD, ", wrong?"),
        (false, true) => (WARN, ""),
        (false, false) => (TEXT, ""),
    };
    row(ui, i, point, RichText::new(format!("{residual:.1} mm{verdict}")).color(colour));
}
