//! The camera's picture with the detections, and the corners to drag.

use super::{
    PanelAction, PanelView, Tab,
    cushion_lines::cushion_lines,
    style::{ACCENT, BAD, DEEP, GOOD, WARN},
    table_draft::TableDraft,
};
use bevy_egui::egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, Vec2};
use billiards_table::{
    BallPath, BallState, CameraPoint, CameraView, FrameSize, Prediction, TablePoint, TableQuad,
    command::SetupCommand,
    settings::{Colour, Theme},
};
use billiards_vision::Detections;

/// Colour of the nose lines.
pub(super) const CORNER: Color32 = WARN;
const CUE: Color32 = Color32::from_rgb(120, 220, 255);
/// Side of the square in which a corner can be grabbed, points.
const HANDLE: f32 = 26.0;
/// Maximum distance of chords from a curved path, metres.
const CHORD: f64 = 0.004;

/// Draws the picture in the remaining space.
pub(super) fn picture_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::hover());
    let Some(detections) = view.sight.map(|sight| &sight.detections) else {
        painter.rect_filled(response.rect, 6.0, DEEP);
        let colour = ui.visuals().weak_text_color();
        let centre = response.rect.center();
        painter.text(centre, Align2::CENTER_CENTER, "waiting for the camera", FontId::proportional(22.0), colour);
        return;
    };
    let place = Placement::fit(detections.size, response.rect);
    painter.rect_filled(place.rect, 0.0, DEEP);
    if let Some(picture) = view.picture {
        let uv = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
        let tint = if view.source.stale { Color32::from_gray(90) } else { Color32::WHITE };
        painter.image(picture, place.rect, uv, tint);
    }
    let painter = painter.with_clip_rect(place.rect);
    if !view.source.stale {
        seen_ui(&painter, &place, view, detections);
        if let (Some(camera), Some(live), true) = (view.camera, view.prediction.live, view.layers.prediction) {
            shot_ui(&painter, &place, camera, live, &view.settings.overlay.theme, view.table.spec.cue_ball.radius);
        }
    }
    if let (Some(camera), Tab::Table) = (view.camera, view.tab) {
        table_ui(&painter, &place, camera, view);
    }
    if view.layers.noses {
        corners_ui(ui, &painter, &place, view, detections.size, actions);
    }
}

fn seen_ui(painter: &Painter, place: &Placement, view: &PanelView, detections: &Detections) {
    if view.layers.balls {
        for ball in &detections.balls {
            let radius = ball.radius as f32 * place.scale + 2.0;
            painter.circle_stroke(place.to_screen(ball.centre), radius, Stroke::new(1.5, GOOD));
        }
    }
    if let (Some(camera), true) = (view.camera, view.layers.ids) {
        for ball in &view.balls {
            let radius = view.table.spec.radius(ball.is_cue_ball());
            let Some((centre, radius)) = silhouette(camera, place, ball.position, radius) else { continue };
            let text = ball.label.or_id(ball.id);
            let colour = match ball.state {
                BallState::Resting => Color32::WHITE,
                BallState::Moving => CUE,
                BallState::Occluded => BAD,
            };
            tag(painter, centre + Vec2::new(radius + 4.0, 0.0), &text, colour);
        }
    }
    if let Some(cue) = detections.cue.filter(|_| view.layers.cue) {
        let ends = [place.to_screen(cue.tip), place.to_screen(cue.butt)];
        painter.line_segment(ends, Stroke::new(2.0, CUE));
        painter.circle_filled(ends[0], 4.0, CUE);
    }
}

/// Returns the place and the radius of a ball on the screen, points.
fn silhouette(camera: &CameraView, place: &Placement, position: TablePoint, radius: f64) -> Option<(Pos2, f32)> {
    let on_screen = |p: TablePoint| camera.ball_in_picture(p).map(|p| place.to_screen(p));
    let (centre, edge) = (on_screen(position)?, on_screen(position + euclid::vec2(0.0, radius))?);
    Some((centre, centre.distance(edge)))
}

/// Draws the cushions of the table with its pocket mouths, and a ring as large as each ball should be. A table that is
/// being edited is drawn as it would be, for its corners stay where they are in the picture.
fn table_ui(painter: &Painter, place: &Placement, camera: &CameraView, view: &PanelView) {
    let in_force = &view.table.spec;
    let table = TableDraft::recall(painter.ctx(), in_force).edited();
    let (across, along) = (in_force.width / table.width, in_force.length / table.length);
    let to_picture = camera.nose_plane.inverse();
    let stroke = Stroke::new(1.5, ACCENT);
    for line in cushion_lines(&table) {
        let points = line.into_iter().filter_map(|p| to_picture.map(TablePoint::new(across * p.x, along * p.y)));
        painter.line(points.map(|p| place.to_screen(p)).collect(), stroke);
    }
    for ball in &view.balls {
        let radius = along * table.radius(ball.is_cue_ball());
        if let Some((centre, radius)) = silhouette(camera, place, ball.position, radius) {
            painter.circle_stroke(centre, radius, stroke);
        }
    }
}

/// Draws text on a dark background, so that it is readable on any cloth.
fn tag(painter: &Painter, at: Pos2, text: &str, colour: Color32) {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(12.5), colour);
    let rect = Align2::LEFT_CENTER.anchor_size(at, galley.size());
    painter.rect_filled(rect.expand2(Vec2::new(3.0, 0.0)), 3.0, Color32::from_black_alpha(150));
    painter.galley(rect.min, galley, colour);
}

fn shot_ui(
    painter: &Painter,
    place: &Placement,
    camera: &CameraView,
    shot: &Prediction,
    theme: &Theme,
    cue_ball_radius: f64,
) {
    let on_screen = |p: TablePoint| camera.ball_in_picture(p).map(|p| place.to_screen(p));
    let line = |path: &BallPath| -> Vec<Pos2> { path.polyline(CHORD).into_iter().filter_map(on_screen).collect() };
    // The patterns are those on the cloth: solid, dots, long strokes, short strokes.
    let contact = shot.first_contact().unwrap_or(f64::INFINITY);
    let object_ball = shot.ghost_ball.map(|ghost| ghost.object_ball);
    for path in &shot.paths {
        let thick = Stroke::new(2.0, paint(theme.object));
        if path.ball == shot.cue_ball {
            painter.line(line(&path.between(f64::NEG_INFINITY, contact)), Stroke::new(2.0, paint(theme.aim)));
            let after = line(&path.between(contact, f64::INFINITY));
            painter.extend(Shape::dotted_line(&after, paint(theme.tangent), 6.0, 1.5));
        } else if Some(path.ball) == object_ball {
            painter.extend(Shape::dashed_line(&line(path), thick, 14.0, 5.0));
        } else {
            painter.extend(Shape::dashed_line(&line(path), Stroke::new(1.0, thick.color), 5.0, 4.0));
        }
    }
    if let Some(ghost) = &shot.ghost_ball
        && let Some((centre, radius)) = silhouette(camera, place, ghost.position, cue_ball_radius)
    {
        painter.circle_stroke(centre, radius, Stroke::new(1.5, paint(theme.aim)));
    }
}

fn paint(colour: Colour) -> Color32 {
    Color32::from_rgb(colour.red, colour.green, colour.blue)
}

fn corners_ui(
    ui: &Ui,
    painter: &Painter,
    place: &Placement,
    view: &PanelView,
    size: FrameSize,
    actions: &mut Vec<PanelAction>,
) {
    // Without a table there must be something to drag.
    let corners = view.table.corners.map_or_else(|| inset_corners(size), |(_, corners, _)| corners);
    for i in 0..4 {
        let ends = [place.to_screen(corners[i]), place.to_screen(corners[(i + 1) % 4])];
        painter.line_segment(ends, Stroke::new(1.5, CORNER));
    }
    for i in 0..4 {
        let grab = Rect::from_center_size(place.to_screen(corners[i]), Vec2::splat(HANDLE));
        let handle = ui.interact(grab, ui.id().with(("corner", i)), Sense::drag());
        let width = if handle.hovered() || handle.dragged() { 4.0 } else { 2.0 };
        painter.circle_stroke(grab.center(), 8.0, Stroke::new(width, CORNER));
        if handle.dragged() {
            let mut moved = corners;
            moved[i] = place.to_picture(grab.center() + handle.drag_delta(), size);
            actions.push(SetupCommand::SetCorners(size, moved).into());
        }
    }
}

/// Returns initial corners if none are known: a table that fills most of the picture.
pub(super) fn inset_corners(size: FrameSize) -> TableQuad {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)].map(|(x, y)| CameraPoint::new(x * w, y * h))
}

/// Placement of a picture on the screen.
pub(super) struct Placement {
    /// Area of the screen that it fills, points.
    pub rect: Rect,
    /// Scale, points per pixel.
    pub scale: f32,
}

impl Placement {
    /// Centres a picture in the available space, as large as possible.
    pub fn fit(size: FrameSize, room: Rect) -> Self {
        let scale = (room.width() / size.width as f32).min(room.height() / size.height as f32).max(0.01);
        let extent = Vec2::new(size.width as f32 * scale, size.height as f32 * scale);
        Self { rect: Rect::from_center_size(room.center(), extent), scale }
    }

    /// Maps a point of the picture to the screen.
    pub fn to_screen<U>(&self, p: euclid::Point2D<f64, U>) -> Pos2 {
        // Pixel centres are at whole numbers, half a pixel inside their cells.
        self.rect.min + Vec2::new(p.x as f32 + 0.5, p.y as f32 + 0.5) * self.scale
    }

    /// Maps a point of the screen to the picture, clamped to the picture.
    fn to_picture(&self, p: Pos2, size: FrameSize) -> CameraPoint {
        let p = (p - self.rect.min) / self.scale;
        CameraPoint::new(
            f64::from(p.x - 0.5).clamp(0.0, f64::from(size.width) - 1.0),
            f64::from(p.y - 0.5).clamp(0.0, f64::from(size.height) - 1.0),
        )
    }
}
