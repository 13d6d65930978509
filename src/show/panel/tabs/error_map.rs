//! A small map of the table with the points at which the projector's light was measured.

use crate::show::panel::style::{BAD, DEEP, GOOD, LINE, WARN, hint};
use bevy_egui::egui::{Color32, Pos2, Sense, Stroke, StrokeKind, Ui, Vec2};
use billiards_protocol::calibration::MeasuredPointData;
use billiards_table::TableSpec;

/// Points of the screen per millimetre of error: errors are enlarged.
const ENLARGED: f32 = 5.0;
/// Maximum good error, millimetres.
const FINE_MM: f64 = 2.0;
/// Minimum bad error, millimetres.
const BAD_MM: f64 = 4.0;
/// Space around the table, points.
const MARGIN: f32 = 10.0;

/// Draws the map, with the table's length horizontal.
pub(super) fn error_map_ui(ui: &mut Ui, table: &TableSpec, points: &[MeasuredPointData]) {
    let width = ui.available_width();
    let scale = (width - 2.0 * MARGIN) / table.length as f32;
    let size = Vec2::new(width, table.width as f32 * scale + 2.0 * MARGIN);
    let (response, painter) = ui.allocate_painter(size, Sense::hover());
    painter.rect_filled(response.rect, 6.0, DEEP);
    let bed = response.rect.shrink(MARGIN);
    painter.rect_stroke(bed, 0.0, Stroke::new(1.0, LINE), StrokeKind::Middle);
    for point in points {
        let at = bed.min + Vec2::new(point.y as f32, point.x as f32) * scale;
        let (dx, dy) = (point.dx_mm, point.dy_mm);
        let tip = at + Vec2::new(dy as f32, dx as f32) * ENLARGED;
        let colour = colour(point);
        if point.used {
            painter.circle_filled(at, 2.5, colour);
            painter.line_segment([at, response.rect.clamp(tip)], Stroke::new(1.5, colour));
        } else {
            painter.circle_stroke(at, 3.0, Stroke::new(1.0, colour));
        }
    }
    let hovered = response.hover_pos().and_then(|pointer| nearest(points, pointer, bed.min, scale));
    if let Some(point) = hovered {
        let used = if point.used { "" } else { ", not counted" };
        response.on_hover_text_at_pointer(format!("{:.2} mm{used}", point.error_mm()));
    }
    hint(ui, &format!("Up to {FINE_MM} mm green, beyond {BAD_MM} mm red; rings did not count. Errors are enlarged."));
}

fn colour(point: &MeasuredPointData) -> Color32 {
    match point.error_mm() {
        _ if !point.used => Color32::GRAY,
        error if error <= FINE_MM => GOOD,
        error if error <= BAD_MM => WARN,
        _ => BAD,
    }
}

/// Returns the point under the pointer.
fn nearest(points: &[MeasuredPointData], pointer: Pos2, origin: Pos2, scale: f32) -> Option<&MeasuredPointData> {
    let away =
        |point: &MeasuredPointData| (origin + Vec2::new(point.y as f32, point.x as f32) * scale).distance(pointer);
    points.iter().min_by(|a, b| away(a).total_cmp(&away(b))).filter(|point| away(point) < 8.0)
}
