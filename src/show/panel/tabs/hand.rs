//! Calibration by hand: the table's corners in a drawing of the projector's picture.

use crate::show::{
    control::{Command, held},
    panel::{
        PanelAction,
        calibration_view::HandView,
        keys,
        picture::Placement,
        style::{ACCENT, DEEP, LINE, NAME, cell, hint},
    },
};
use bevy_egui::egui::{Align, Align2, Color32, FontId, Layout, Rect, Sense, Stroke, Ui, Vec2};

/// Room round the projector's picture, points: corners may lie outside it.
const MARGIN: f32 = 12.0;
/// Side of the square in which a corner can be grabbed, points.
const HANDLE: f32 = 24.0;

/// Shows the corners, to be chosen, dragged and nudged.
pub(super) fn hand_ui(ui: &mut Ui, hand: &HandView, actions: &mut Vec<PanelAction>) {
    keys::hold_focus(ui);
    let HandView { size, corners, selected } = hand;
    let width = ui.available_width();
    let height = (width - 2.0 * MARGIN) * size.height as f32 / size.width as f32 + 2.0 * MARGIN;
    let (response, painter) = ui.allocate_painter(Vec2::new(width, height.min(width)), Sense::hover());
    // What has the focus has to be on the screen.
    ui.interact(response.rect, keys::hand_id(), Sense::focusable_noninteractive());
    let place = Placement::fit(*size, response.rect.shrink(MARGIN));
    painter.rect_filled(response.rect, 6.0, DEEP);
    painter.rect_stroke(place.rect, 0.0, Stroke::new(1.0, LINE), bevy_egui::egui::StrokeKind::Middle);
    let room = response.rect.shrink(6.0);
    let shown = corners.map(|corner| room.clamp(place.to_screen(corner)));
    for i in 0..4 {
        painter.line_segment([shown[i], shown[(i + 1) % 4]], Stroke::new(1.5, ACCENT));
    }
    for (i, (corner, centre)) in corners.iter().zip(shown).enumerate() {
        let handle = ui.interact(
            Rect::from_center_size(centre, Vec2::splat(HANDLE)),
            ui.id().with(("projector corner", i)),
            Sense::click_and_drag(),
        );
        let chosen = i == *selected;
        let (fill, text) = if chosen { (ACCENT, Color32::BLACK) } else { (DEEP, Color32::WHITE) };
        let ring = if handle.hovered() || handle.dragged() { Color32::WHITE } else { ACCENT };
        painter.circle(centre, 9.0, fill, Stroke::new(1.5, ring));
        painter.text(centre, Align2::CENTER_CENTER, i + 1, FontId::proportional(12.5), text);
        if !chosen && (handle.clicked() || handle.drag_started()) {
            actions.push(Command::SelectHandPoint(i).into());
        }
        if handle.dragged() && handle.drag_delta() != Vec2::ZERO {
            let by = handle.drag_delta() / place.scale;
            let there = *corner + euclid::vec2(f64::from(by.x), f64::from(by.y));
            actions.push(Command::MoveHandPoint(i, held(there, *size)).into());
        }
    }
    if let Some(corner) = corners.get(*selected) {
        let name = ["top left", "top right", "bottom right", "bottom left"].get(*selected).copied().unwrap_or_default();
        ui.horizontal(|ui| {
            cell(ui, NAME, |ui| ui.weak(format!("{} {name}", selected + 1)));
            ui.label(format!("{:.1}, {:.1} px", corner.x, corner.y));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Centre").on_hover_text("forgets the corners; the table is thought centred").clicked() {
                    actions.push(Command::CentreProjector.into());
                }
            });
        });
    }
    hint(ui, "Drag, or Tab and arrows: 1 pixel, Shift 10, Ctrl 0.1. Each corner belongs where two nose lines meet.");
}
