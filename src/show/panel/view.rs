//! What the operator sees, as a function of a `Ui`: no window, no entities.

use super::shot::shot_ui;
use crate::{
    model::{CameraPoint, FrameSize, ShotSettings, TableChoice, TableKind, TableQuad},
    rig::calibration::CornersOrigin,
    sense::{Sight, capture::SourceStatus, vision::TableFit},
};
use bevy_egui::egui::{self, Align2, Color32, FontId, Pos2, Rect, Sense, Stroke, Ui, Vec2};
use std::time::Duration;

/// Everything that the panel shows.
pub struct PanelView<'a> {
    /// One line about the source.
    pub source: &'a str,
    /// How the source is doing.
    pub status: &'a SourceStatus,
    /// Processed frames a second.
    pub fps: f64,
    /// Age of the newest frame; `None` before the first.
    pub age: Option<Duration>,
    /// The source has delivered nothing for a while.
    pub stale: bool,
    /// Processed frames.
    pub frames: u64,
    /// Frames that were dropped because a newer one was there.
    pub dropped: u64,
    /// The newest processed frame.
    pub sight: Option<&'a Sight>,
    /// The camera's picture; shows `sight` or an earlier frame.
    pub picture: Option<egui::TextureId>,
    /// Nose-line corners in the picture and who said so.
    pub corners: Option<(TableQuad, CornersOrigin)>,
    /// What the operator chose.
    pub table: TableChoice,
    /// What that comes to.
    pub kind: TableKind,
    /// The stroke that predictions are made for.
    pub shot: ShotSettings,
    /// Address of the page, when the server runs.
    pub page: Option<&'a str>,
    /// Number of browsers that watch.
    pub clients: usize,
    /// Outcome of the last save, for people.
    pub notice: Option<&'a str>,
}

/// What the operator asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum PanelAction {
    /// Moves all four corners to these places of the picture.
    SetCorners(FrameSize, TableQuad),
    /// Finds the corners in the picture again.
    SeekTable,
    /// Says which table stands there.
    SetTable(TableChoice),
    /// Imagines another stroke.
    SetShot(ShotSettings),
    /// Writes the calibration to disk.
    SaveProfile,
}

const GOOD: Color32 = Color32::from_rgb(96, 200, 120);
const BAD: Color32 = Color32::from_rgb(235, 110, 90);
const CORNER: Color32 = Color32::from_rgb(255, 196, 64);
const CUE: Color32 = Color32::from_rgb(120, 220, 255);
/// Side of the square in which a corner can be grabbed, points.
const HANDLE: f32 = 26.0;

/// Draws the whole panel and returns what the operator asked for.
pub fn panel_ui(ui: &mut Ui, view: &PanelView) -> Vec<PanelAction> {
    let mut actions = Vec::new();
    egui::Panel::right("status").default_size(300.0).show(ui, |ui| {
        egui::ScrollArea::vertical().show(ui, |ui| {
            source_ui(ui, view);
            ui.separator();
            table_ui(ui, view, &mut actions);
            ui.separator();
            balls_ui(ui, view);
            ui.separator();
            actions.extend(shot_ui(ui, &view.shot).map(PanelAction::SetShot));
            ui.separator();
            page_ui(ui, view);
        });
    });
    egui::CentralPanel::default().show(ui, |ui| picture_ui(ui, view, &mut actions));
    actions
}

fn source_ui(ui: &mut Ui, view: &PanelView) {
    ui.heading("Source");
    ui.label(view.source);
    let (colour, text) = match view.status {
        SourceStatus::Opening => (CORNER, "opening…".to_owned()),
        SourceStatus::Running if view.stale => (BAD, "no new frames".to_owned()),
        SourceStatus::Running => (GOOD, "running".to_owned()),
        SourceStatus::Lost { reason, retry_in } => {
            (BAD, format!("{reason}; next try in {:.1} s", retry_in.as_secs_f64()))
        }
        SourceStatus::Ended => (CORNER, "ended".to_owned()),
        SourceStatus::Failed(reason) => (BAD, reason.clone()),
    };
    ui.colored_label(colour, text);
    egui::Grid::new("rates").num_columns(2).show(ui, |ui| {
        let mut row = |name: &str, value: String| {
            ui.label(name);
            ui.monospace(value);
            ui.end_row();
        };
        row("frame rate", format!("{:.1} /s", view.fps));
        row("frame age", view.age.map_or("–".into(), |age| format!("{:.0} ms", age.as_secs_f64() * 1e3)));
        row("vision", view.sight.map_or("–".into(), |s| format!("{:.1} ms", s.vision_time.as_secs_f64() * 1e3)));
        row("frames", format!("{} ({} dropped)", view.frames, view.dropped));
    });
}

fn table_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    ui.heading("Table");
    let moved = view.sight.and_then(|sight| match sight.detections.table.ok()?.fit {
        TableFit::Moved { by_px } => Some(by_px),
        TableFit::Fits | TableFit::Hidden => None,
    });
    match view.corners {
        Some((_, CornersOrigin::Given)) if moved.is_some() => {
            let by = moved.unwrap_or_default();
            ui.colored_label(BAD, format!("camera or table were moved by {by:.0} pixels: set the corners again"))
        }
        Some((_, CornersOrigin::Found)) => ui.colored_label(GOOD, "found in the picture"),
        Some((_, CornersOrigin::Given)) => ui.colored_label(GOOD, "corners set by hand"),
        None => {
            let why = view.sight.and_then(|sight| sight.detections.table.err());
            let why = why.map_or_else(|| "no picture yet".to_owned(), |why| why.to_string());
            ui.colored_label(BAD, format!("not found: {why}; or drag the corners"))
        }
    };
    ui.horizontal(|ui| {
        ui.label("size");
        for choice in [TableChoice::Auto].into_iter().chain(TableKind::ALL.map(TableChoice::Kind)) {
            let text = match choice {
                TableChoice::Auto => format!("auto ({})", view.kind),
                TableChoice::Kind(kind) => kind.to_string(),
            };
            if ui.selectable_label(view.table == choice, text).clicked() && view.table != choice {
                actions.push(PanelAction::SetTable(choice));
            }
        }
    });
    ui.horizontal(|ui| {
        if ui.button("Find the table again").clicked() {
            actions.push(PanelAction::SeekTable);
        }
        if ui.button("Save profile").clicked() {
            actions.push(PanelAction::SaveProfile);
        }
    });
    if let Some(notice) = view.notice {
        ui.label(notice);
    }
    ui.weak("Drag the four corners in the picture to the points where the nose lines meet.");
}

fn balls_ui(ui: &mut Ui, view: &PanelView) {
    let balls = view.sight.map_or(&[][..], |sight| &sight.detections.balls);
    ui.heading(format!("Balls: {}", balls.len()));
    let mut labels: Vec<String> = balls.iter().map(|ball| ball.label.to_string()).collect();
    labels.sort_by_key(|label| (label.len(), label.clone()));
    ui.label(labels.join("  "));
    ui.label(match view.sight.and_then(|sight| sight.detections.cue) {
        Some(cue) => format!("cue: seen, {:.0} % of the shaft", 100.0 * cue.confidence),
        None => "cue: not seen".to_owned(),
    });
}

fn page_ui(ui: &mut Ui, view: &PanelView) {
    ui.heading("Browser");
    match view.page {
        Some(page) => {
            ui.monospace(page);
            ui.label(format!("{} watching", view.clients));
        }
        None => {
            ui.colored_label(BAD, "the server is off");
        }
    }
}

/// The camera's picture with what was seen in it, and the corners to drag.
fn picture_ui(ui: &mut Ui, view: &PanelView, actions: &mut Vec<PanelAction>) {
    let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::hover());
    let Some(size) = view.sight.map(|sight| sight.detections.size) else {
        painter.text(
            response.rect.center(),
            Align2::CENTER_CENTER,
            "waiting for the camera",
            FontId::proportional(22.0),
            ui.visuals().weak_text_color(),
        );
        return;
    };
    let place = Placement::fit(size, response.rect);
    if let Some(picture) = view.picture {
        let uv = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
        let tint = if view.stale { Color32::from_gray(90) } else { Color32::WHITE };
        painter.image(picture, place.rect, uv, tint);
    }
    if let Some(sight) = view.sight.filter(|_| !view.stale) {
        for ball in &sight.detections.balls {
            let centre = place.to_screen(ball.centre);
            painter.circle_stroke(centre, ball.radius as f32 * place.scale + 2.0, Stroke::new(1.5, GOOD));
            let label = centre + Vec2::new(ball.radius as f32 * place.scale + 4.0, 0.0);
            painter.text(label, Align2::LEFT_CENTER, ball.label, FontId::proportional(12.0), Color32::WHITE);
        }
        if let Some(cue) = sight.detections.cue {
            let ends = [place.to_screen(cue.tip), place.to_screen(cue.butt)];
            painter.line_segment(ends, Stroke::new(2.0, CUE));
            painter.circle_filled(ends[0], 4.0, CUE);
        }
    }
    // With no table there must be something to drag.
    let corners = view.corners.map_or_else(|| inset_corners(size), |(corners, _)| corners);
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
            actions.push(PanelAction::SetCorners(size, moved));
        }
    }
}

/// Corners to begin with where none are known: a table that fills most of the picture.
fn inset_corners(size: FrameSize) -> TableQuad {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)].map(|(x, y)| CameraPoint::new(x * w, y * h))
}

/// Where the camera's picture lies on the screen.
struct Placement {
    rect: Rect,
    /// Points a pixel.
    scale: f32,
}

impl Placement {
    /// As large as the room allows, centred.
    fn fit(size: FrameSize, room: Rect) -> Self {
        let scale = (room.width() / size.width as f32).min(room.height() / size.height as f32).max(0.01);
        let rect =
            Rect::from_center_size(room.center(), Vec2::new(size.width as f32 * scale, size.height as f32 * scale));
        Self { rect, scale }
    }

    fn to_screen(&self, p: CameraPoint) -> Pos2 {
        // A pixel's centre is at whole numbers, half a pixel inside its cell.
        self.rect.min + Vec2::new(p.x as f32 + 0.5, p.y as f32 + 0.5) * self.scale
    }

    fn to_picture(&self, p: Pos2, size: FrameSize) -> CameraPoint {
        let p = (p - self.rect.min) / self.scale;
        CameraPoint::new(
            f64::from(p.x - 0.5).clamp(0.0, f64::from(size.width) - 1.0),
            f64::from(p.y - 0.5).clamp(0.0, f64::from(size.height) - 1.0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sense::{
        capture::FrameStamp,
        vision::{Detections, NoTable},
    };
    use std::time::Instant;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn sight() -> Sight {
        Sight {
            stamp: FrameStamp { index: 3, time: Duration::ZERO, captured: Instant::now(), size: SIZE },
            detections: Detections::nothing(SIZE, NoTable::NoCloth),
            vision_time: Duration::from_millis(9),
            preview: None,
            frame: None,
            delivered: None,
        }
    }

    fn view<'a>(sight: Option<&'a Sight>, status: &'a SourceStatus) -> PanelView<'a> {
        PanelView {
            source: "camera:0",
            status,
            fps: 30.0,
            age: Some(Duration::from_millis(12)),
            stale: false,
            frames: 4,
            dropped: 0,
            sight,
            picture: None,
            corners: Some((inset_corners(SIZE), CornersOrigin::Found)),
            table: TableChoice::Auto,
            kind: TableKind::NineFoot,
            shot: ShotSettings::default(),
            page: Some("http://127.0.0.1:8000/"),
            clients: 2,
            notice: None,
        }
    }

    /// What one frame of the panel came to.
    struct Frame {
        actions: Vec<PanelAction>,
        texts: Vec<String>,
        handles: Vec<Pos2>,
    }

    /// Runs one frame of the panel on a screen of 1280 × 720 points.
    fn frame(context: &egui::Context, view: &PanelView, events: Vec<egui::Event>) -> Frame {
        let screen = Rect::from_min_size(Pos2::ZERO, Vec2::new(1280.0, 720.0));
        let input = egui::RawInput { screen_rect: Some(screen), events, ..Default::default() };
        let mut seen = Frame { actions: Vec::new(), texts: Vec::new(), handles: Vec::new() };
        let output = context.run_ui(input, |ui| seen.actions = panel_ui(ui, view));
        for clipped in &output.shapes {
            match &clipped.shape {
                egui::Shape::Text(text) => seen.texts.push(text.galley.text().to_owned()),
                egui::Shape::Circle(circle) if circle.stroke.color == CORNER => seen.handles.push(circle.center),
                _ => {}
            }
        }
        output.drop_without_applying_deltas();
        seen
    }

    fn pointer(pos: Pos2, pressed: Option<bool>) -> Vec<egui::Event> {
        let mut events = vec![egui::Event::PointerMoved(pos)];
        events.extend(pressed.map(|pressed| egui::Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::default(),
        }));
        events
    }

    #[test]
    fn a_lost_camera_says_why() {
        let status = SourceStatus::Lost { reason: "camera:0 is gone".into(), retry_in: Duration::from_secs(2) };
        let Frame { texts, .. } = frame(&egui::Context::default(), &view(None, &status), Vec::new());
        assert!(texts.iter().any(|text| text.contains("camera:0 is gone") && text.contains("2.0 s")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("waiting for the camera")));
    }

    #[test]
    fn dragging_a_corner_moves_that_corner_only() {
        let (context, sight, status) = (egui::Context::default(), sight(), SourceStatus::Running);
        let view = view(Some(&sight), &status);
        // The first frames lay out; then the handles are where they will be dragged from.
        frame(&context, &view, Vec::new());
        let start = frame(&context, &view, Vec::new()).handles[0];
        let end = start + Vec2::new(20.0, 0.0);
        frame(&context, &view, pointer(start, None));
        frame(&context, &view, pointer(start, Some(true)));
        let actions = frame(&context, &view, pointer(end, None)).actions;
        let Some(PanelAction::SetCorners(size, corners)) = actions.first() else { panic!("{actions:?}") };
        let before = inset_corners(SIZE);
        assert_eq!((*size, &corners[1..]), (SIZE, &before[1..]));
        assert!(corners[0].x > before[0].x + 5.0 && (corners[0].y - before[0].y).abs() < 0.01, "{corners:?}");
    }
}
