//! Newest state of the ECS for HTTP, as plain data. No system here blocks.

use super::{RemoteServer, camera_picture::AnnotatedFrame};
use crate::{
    calibrate::{LightDrift, MeasuredMouths},
    operate::{CalibrationHistory, CalibrationStatus, ControlState, camera_by_setup, projector_by_setup},
    sense::{LatestSight, SenseWorker, Sight, SourceHealth},
    think::history::ShotHistory,
};
use bevy::{ecs::system::SystemParam, prelude::*, render::renderer::RenderAdapterInfo};
use billiards_calibration::CalibrationSetup;
use billiards_protocol::{
    calibration::{CalibrationReport, PointData, PointsData, ProfilesData, SizeData, TableReport},
    message::LikelyTableData,
    stream::LatestStream,
    vision::{DetectedBall, DetectedCue, DetectionsData, FrameRecord, GpuData, SourceName, SourcesData},
};
use billiards_server::boards::{CameraPicture, FrameReport};
use billiards_table::{Ball, Calibration, CameraPoint, Cue, FrameSize, LivePrediction, TableSpec, settings::Settings};
use billiards_vision::TableFit;
use jiff::Timestamp;
use std::{sync::Arc, time::Instant};

/// Inputs of the boards.
#[derive(SystemParam)]
pub(super) struct CalibrationSources<'w> {
    status: Res<'w, CalibrationStatus>,
    history: Res<'w, CalibrationHistory>,
    setup: Res<'w, CalibrationSetup>,
    calibration: Res<'w, Calibration>,
    control: Res<'w, ControlState>,
    drift: Option<Res<'w, LightDrift>>,
    mouths: Option<Res<'w, MeasuredMouths>>,
}

impl CalibrationSources<'_> {
    fn changed(&self) -> bool {
        self.status.is_changed()
            || self.history.is_changed()
            || self.setup.is_changed()
            || self.calibration.is_changed()
            || self.control.is_changed()
            || self.drift.as_ref().is_some_and(|drift| drift.is_changed())
            || self.mouths.as_ref().is_some_and(|mouths| mouths.is_changed())
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
                profiles: self.control.profiles.iter().map(ToString::to_string).collect(),
                current: self.control.profile_name(),
            },
            table: self.table(),
        }
    }

    fn table(&self) -> TableReport {
        let setup = &self.setup;
        let likely = setup.likely_tables().iter().map(LikelyTableData::from);
        let mouths = self.mouths.as_ref().map(|mouths| mouths.0.as_slice()).unwrap_or_default();
        TableReport::new(setup.table, &setup.table_spec(), setup.table_reason(), likely.collect(), mouths)
    }

    fn points(&self) -> PointsData {
        let set = self.setup.hand_points();
        let FrameSize { width, height } = set.size;
        let (points, _) = set.fitted();
        let points = points.into_iter().map(|point| PointData {
            name: point.name,
            x: point.projector.x,
            y: point.projector.y,
            miss_mm: point.residual_mm,
            wrong: point.outlier,
            extra: point.extra,
        });
        let addable = self.setup.addable_hand_points().into_iter();
        let (marks, addable) = addable.map(|(mark, name)| (mark.id().to_owned(), name)).unzip();
        PointsData {
            size: SizeData { width, height },
            points: points.collect(),
            selected: self.control.hand_point,
            addable,
            marks,
            shown: self.status.points_shown,
        }
    }
}

/// Publishes the state of what operators can change.
pub(super) fn controls(server: Res<RemoteServer>, known: CalibrationSources, mut shown: Local<bool>) {
    if known.changed() || !*shown {
        *shown = true;
        let boards = server.boards();
        boards.set_calibration(known.calibration());
        let sources = known.control.sources.iter().map(|source| SourceName { name: source.name.clone() }).collect();
        boards.set_sources(SourcesData { sources, current: known.control.source });
    }
}

/// Publishes the graphics adapter, once.
pub(super) fn gpu(server: Res<RemoteServer>, adapter: Res<RenderAdapterInfo>) {
    server.boards().set_gpu(GpuData {
        name: adapter.name.clone(),
        backend: adapter.backend.to_string(),
        driver: format!("{} {}", adapter.driver, adapter.driver_info).trim().to_owned(),
        kind: format!("{:?}", adapter.device_type),
    });
}

/// Publishes the settings in force.
pub(super) fn settings(server: Res<RemoteServer>, settings: Res<Settings>) {
    if settings.is_changed() {
        server.hub().publish_news(LatestStream::Config, &*settings);
        server.boards().set_settings(*settings);
    }
}

/// Publishes the shots that were played.
pub(super) fn shots(server: Res<RemoteServer>, history: Option<Res<ShotHistory>>) {
    if let Some(history) = history.filter(|history| history.is_changed()) {
        server.boards().set_shots(history.newest_first().cloned().collect());
    }
}

/// Publishes the newest frame.
pub(super) fn seen(
    server: Res<RemoteServer>,
    (latest, worker, health): (Res<LatestSight>, Option<Res<SenseWorker>>, Res<SourceHealth>),
    (calibration, table, prediction): (Res<Calibration>, Res<TableSpec>, Res<LivePrediction>),
    (balls, cues): (Query<&Ball>, Query<&Cue>),
) {
    let boards = server.boards();
    if let Some(worker) = worker {
        worker.keep_frames(boards.is_picture_watched());
    }
    if !latest.is_changed() {
        return;
    }
    let Some(sight) = &latest.0 else {
        boards.set_seen(None);
        return;
    };
    let (now, captured) = (health.last_sight.unwrap_or_else(Instant::now), sight.stamp.captured);
    boards.note_frame(FrameRecord {
        index: sight.stamp.index,
        at: Timestamp::now(),
        age_ms: 1e3 * now.saturating_duration_since(captured).as_secs_f64(),
        vision_ms: 1e3 * sight.vision_time.as_secs_f64(),
        balls: sight.detections.balls.len(),
        tracked: balls.iter().count(),
        cue: sight.detections.cue.is_some(),
        table: sight.detections.table.is_ok(),
    });
    let picture = sight.frame.is_some().then(|| {
        let drawn = AnnotatedFrame {
            sight: Arc::clone(sight),
            camera: calibration.camera,
            table: *table,
            balls: balls.iter().cloned().collect(),
            cue: cues.iter().next().cloned(),
            prediction: prediction.0.clone(),
        };
        Box::new(drawn) as Box<dyn CameraPicture>
    });
    boards.set_seen(Some(FrameReport {
        size: sight.stamp.size,
        vision_time: sight.vision_time,
        table: match &sight.detections.table {
            Ok(table) => match table.fit {
                TableFit::Fits => "fits".to_owned(),
                TableFit::Hidden => "hidden".to_owned(),
                TableFit::Moved { .. } => "moved".to_owned(),
            },
            Err(why) => why.to_string(),
        },
        detections: detections_data(sight),
        picture,
    }));
}

fn detections_data(sight: &Sight) -> DetectionsData {
    let detections = &sight.detections;
    let balls = detections.balls.iter().map(|ball| {
        let [x, y] = pixels(ball.centre);
        let (label, class) = (ball.label, ball.class);
        DetectedBall { x, y, radius: ball.radius, label, class, confidence: ball.confidence }
    });
    DetectionsData {
        frame: sight.stamp.index,
        time_s: sight.stamp.time.as_secs_f64(),
        width: detections.size.width,
        height: detections.size.height,
        corners: detections.corners().map(|corners| corners.map(pixels)),
        no_table: detections.table.as_ref().err().map(ToString::to_string),
        balls: balls.collect(),
        cue: detections.cue.map(|cue| DetectedCue {
            tip: pixels(cue.tip),
            butt: pixels(cue.butt),
            confidence: cue.confidence,
        }),
    }
}

fn pixels(p: CameraPoint) -> [f64; 2] {
    [p.x, p.y].map(|value| (value * 100.0).round() / 100.0)
}
