//! What the ECS shows to HTTP: the newest of each thing, as plain data. Nothing here waits for anybody.

use super::{RemoteServer, frames::Frames, message::json};
use crate::{
    calibrate::{CalibrationProgress, LightDrift},
    model::{Ball, Calibration, CameraView, Cue, FrameSize, LivePrediction, Prediction, TableSpec},
    operate::{
        CalibrationHistory, CalibrationStatus, CameraReport, Desk, ProjectorReport, camera_by_setup, projector_by_setup,
    },
    sense::{LatestSight, SenseWorker, Sight, SourceHealth},
    show::overlay::TestCard,
    think::history::{ShotHistory, ShotRecord},
};
use bevy::{ecs::system::SystemParam, prelude::*, render::renderer::RenderAdapterInfo};
use billiards_calibration::CalibrationSetup;
use billiards_table::settings::Settings;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use tokio::sync::watch;

/// The newest of one thing; `None` before the first.
pub(super) type Board<T> = watch::Sender<Option<Arc<T>>>;

/// All boards.
#[derive(Default)]
pub(super) struct Boards {
    pub calibration: Board<CalibrationReport>,
    pub sources: Board<SourcesData>,
    pub settings: Board<Settings>,
    pub shots: Board<Vec<ShotRecord>>,
    pub seen: Board<Seen>,
    pub gpu: Board<GpuData>,
    pub frames: Frames,
    /// How many clients look at the camera's picture: it is kept while there are any.
    pub picture_watchers: AtomicUsize,
}

/// What stands on a board.
pub(super) fn newest<T>(board: &Board<T>) -> Option<Arc<T>> {
    board.borrow().clone()
}

/// Puts something on a board, unless it stands there already.
fn put<T: PartialEq>(board: &Board<T>, value: T) {
    board.send_if_modified(|shown| {
        let news = shown.as_deref() != Some(&value);
        if news {
            *shown = Some(Arc::new(value));
        }
        news
    });
}

/// What draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GpuData {
    /// Its name.
    pub name: String,
    /// How it is spoken to, such as `vulkan`.
    pub backend: String,
    /// Its driver, with the version.
    pub driver: String,
    /// `DiscreteGpu`, `IntegratedGpu`, `VirtualGpu`, `Cpu` (slow) or `Other`.
    pub kind: String,
}

/// The newest frame, and what was on the table then.
pub(super) struct Seen {
    pub sight: Arc<Sight>,
    pub camera: Option<CameraView>,
    pub table: TableSpec,
    pub balls: Vec<Ball>,
    pub cue: Option<Cue>,
    pub prediction: Option<Prediction>,
}

/// How the calibration stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationReport {
    /// How the camera's view came about; `null` while the table is not known in its picture.
    pub camera: Option<CameraReport>,
    /// How the projector's view came about.
    pub projector: ProjectorReport,
    /// The delays of projector and camera together, milliseconds; `null` before they are measured.
    pub latency_ms: Option<f64>,
    /// The calibration that goes by itself, while it runs: all of it, or the lens alone.
    pub running: Option<CalibrationProgress>,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// By how much the projector's light is seen to lie beside where it belongs, in words; `null` while it fits.
    pub drift: Option<String>,
    /// Whether this run can calibrate by itself: it has a projector.
    pub by_itself: bool,
    /// Whether a change can be taken back.
    pub can_undo: bool,
    /// Whether a change that was taken back can be made again.
    pub can_redo: bool,
    /// Whether the check pattern is on the cloth.
    pub check: bool,
    /// The test card that is on the cloth.
    pub card: Option<TestCard>,
    /// The points that can be moved by hand.
    pub points: PointsData,
    /// The profiles on disk.
    pub profiles: ProfilesData,
}

/// The points in the projector's picture that can be moved by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointsData {
    /// Size of the projector's picture, pixels.
    pub size: SizeData,
    /// The points.
    pub points: Vec<PointData>,
    /// The one that `nudge` without a number moves, and arrow keys in the panel.
    pub selected: usize,
    /// Names of points that can be added.
    pub addable: Vec<String>,
    /// Ids of the marks on the table that these points belong to, in the same order; a request may name them too.
    pub marks: Vec<String>,
    /// Whether the points are on the cloth.
    pub shown: bool,
}

/// Size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeData {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A point in the projector's picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointData {
    /// The place of the table that it belongs on.
    pub name: String,
    /// Pixels of the projector, to the right.
    pub x: f64,
    /// Pixels of the projector, downwards.
    pub y: f64,
    /// By how much the light misses the place, millimetres; `null` with four points, which are always met.
    pub miss_mm: Option<f64>,
    /// Whether it contradicts all others.
    pub wrong: bool,
    /// Whether it was added, and can be removed.
    pub extra: bool,
}

/// Profiles of calibrations on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfilesData {
    /// Their names.
    pub profiles: Vec<String>,
    /// The name under which the calibration is saved.
    pub current: String,
}

/// Sources of pictures to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourcesData {
    /// All of them.
    pub sources: Vec<SourceName>,
    /// The one that runs, counted from 0.
    pub current: usize,
}

/// A source of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceName {
    /// As it is written.
    pub name: String,
}

/// What became of one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameRecord {
    /// Number of the frame; a gap is a frame that was not processed.
    pub index: u64,
    /// When it had reached the world.
    pub at: Timestamp,
    /// From its capture until it had reached the world, milliseconds.
    pub age_ms: f64,
    /// Time that seeing took, milliseconds.
    pub vision_ms: f64,
    /// Balls that were seen.
    pub balls: usize,
    /// Balls that are followed.
    pub tracked: usize,
    /// Whether a cue was seen.
    pub cue: bool,
    /// Whether the table was seen.
    pub table: bool,
}

/// What the boards are made of.
#[derive(SystemParam)]
pub(super) struct Told<'w> {
    status: Res<'w, CalibrationStatus>,
    history: Res<'w, CalibrationHistory>,
    setup: Res<'w, CalibrationSetup>,
    calibration: Res<'w, Calibration>,
    desk: Res<'w, Desk>,
    drift: Option<Res<'w, LightDrift>>,
}

impl Told<'_> {
    fn changed(&self) -> bool {
        self.status.is_changed()
            || self.history.is_changed()
            || self.setup.is_changed()
            || self.calibration.is_changed()
            || self.desk.is_changed()
            || self.drift.as_ref().is_some_and(|drift| drift.is_changed())
    }

    fn calibration(&self) -> CalibrationReport {
        let status = &*self.status;
        let camera = status.camera.clone().or_else(|| camera_by_setup(&self.setup, &self.calibration));
        let projector = status.projector.clone().unwrap_or_else(|| projector_by_setup(&self.setup));
        CalibrationReport {
            camera,
            projector,
            latency_ms: self.calibration.latency.map(|latency| 1e3 * latency.as_secs_f64()),
            running: status.running.clone(),
            last_error: status.last_error.clone(),
            drift: self.drift.as_ref().and_then(|drift| drift.0.as_ref()).map(|(_, words)| words.clone()),
            by_itself: status.by_itself,
            can_undo: self.history.can_undo(),
            can_redo: self.history.can_redo(),
            check: status.check_shown,
            card: status.card,
            points: self.points(),
            profiles: ProfilesData {
                profiles: self.desk.profiles.iter().map(ToString::to_string).collect(),
                current: self.desk.profile_name(),
            },
        }
    }

    fn points(&self) -> PointsData {
        let set = self.setup.hand_points();
        let FrameSize { width, height } = set.size;
        let (points, _) = set.judged();
        let points = points.into_iter().map(|point| PointData {
            name: point.name,
            x: point.projector.x,
            y: point.projector.y,
            miss_mm: point.miss_mm,
            wrong: point.wrong,
            extra: point.extra,
        });
        let addable = self.setup.addable_hand_points().into_iter();
        let (marks, addable) = addable.map(|(mark, name)| (mark.id().to_owned(), name)).unzip();
        PointsData {
            size: SizeData { width, height },
            points: points.collect(),
            selected: self.desk.hand_point,
            addable,
            marks,
            shown: self.status.points_shown,
        }
    }
}

/// Puts up what operators can change.
pub(super) fn controls(server: Res<RemoteServer>, told: Told, mut shown: Local<bool>) {
    if told.changed() || !*shown {
        *shown = true;
        let boards = &server.hub.boards;
        put(&boards.calibration, told.calibration());
        let sources = told.desk.sources.iter().map(|source| SourceName { name: source.name.clone() }).collect();
        put(&boards.sources, SourcesData { sources, current: told.desk.source });
    }
}

/// Puts up what draws, once.
pub(super) fn gpu(server: Res<RemoteServer>, adapter: Res<RenderAdapterInfo>) {
    put(
        &server.hub.boards.gpu,
        GpuData {
            name: adapter.name.clone(),
            backend: adapter.backend.to_string(),
            driver: format!("{} {}", adapter.driver, adapter.driver_info).trim().to_owned(),
            kind: format!("{:?}", adapter.device_type),
        },
    );
}

/// Puts up the settings in force.
pub(super) fn settings(server: Res<RemoteServer>, settings: Res<Settings>) {
    if settings.is_changed() {
        server.hub.config.publish_news(json(&*settings));
        put(&server.hub.boards.settings, *settings);
    }
}

/// Puts up what was played.
pub(super) fn shots(server: Res<RemoteServer>, history: Option<Res<ShotHistory>>) {
    if let Some(history) = history.filter(|history| history.is_changed()) {
        server.hub.boards.shots.send_replace(Some(Arc::new(history.newest_first().cloned().collect())));
    }
}

/// Puts up the newest frame.
pub(super) fn seen(
    server: Res<RemoteServer>,
    (latest, worker, health): (Res<LatestSight>, Option<Res<SenseWorker>>, Res<SourceHealth>),
    (calibration, table, prediction): (Res<Calibration>, Res<TableSpec>, Res<LivePrediction>),
    (balls, cues): (Query<&Ball>, Query<&Cue>),
) {
    let boards = &server.hub.boards;
    if let Some(worker) = worker {
        worker.keep_frames(boards.picture_watchers.load(Ordering::Relaxed) > 0);
    }
    if !latest.is_changed() {
        return;
    }
    let Some(sight) = &latest.0 else {
        boards.seen.send_replace(None);
        return;
    };
    let (now, captured) = (health.last_sight.unwrap_or_else(Instant::now), sight.stamp.captured);
    boards.frames.push(FrameRecord {
        index: sight.stamp.index,
        at: Timestamp::now(),
        age_ms: 1e3 * now.saturating_duration_since(captured).as_secs_f64(),
        vision_ms: 1e3 * sight.vision_time.as_secs_f64(),
        balls: sight.detections.balls.len(),
        tracked: balls.iter().count(),
        cue: sight.detections.cue.is_some(),
        table: sight.detections.table.is_ok(),
    });
    boards.seen.send_replace(Some(Arc::new(Seen {
        sight: Arc::clone(sight),
        camera: calibration.camera,
        table: *table,
        balls: balls.iter().cloned().collect(),
        cue: cues.iter().next().cloned(),
        prediction: prediction.0.clone(),
    })));
}
