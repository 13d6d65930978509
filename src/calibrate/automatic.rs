//! The automatic calibration beside the running program: frames go to the procedure's thread, its pictures to the
//! projector, and what it finds into force.

use super::drawn::drawn;
use crate::{
    model::{Calibration, PatternPicture},
    sense::{
        LatestSight, SenseWorker, SourceClock, SourceHealth,
        capture::{Delivery, SourceStatus},
    },
    stages::PipelineSystems,
};
use bevy::prelude::*;
use billiards_calibration::{
    CalibrationSetup, CalibrationSummary, LookOptions, OpticsOrigin,
    camera::{CameraCalibration, CameraHints},
    look_at_table,
    procedure::{CalibrationRun, Glimpse, ProcedureOptions},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What the operator asks of the calibrations that go by themselves.
#[derive(Message, Debug, Clone, Copy, PartialEq)]
pub enum CalibrationOrder {
    /// Calibrate camera and projector, unless that is running.
    Start {
        /// Height of the camera over the bed as the operator measured it, metres.
        camera_height: Option<f64>,
    },
    /// Measure the lens by the printed board, unless that is running.
    StartLens,
    /// Leave everything as it was before.
    Cancel,
}

/// How far a running calibration is.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationProgress {
    /// 0 to 1.
    pub share: f64,
    /// What happens, or what to do.
    pub words: String,
}

/// The automatic calibration: what it does now, and what the last one came to.
#[derive(Resource, Default)]
pub struct AutomaticCalibration {
    running: Option<Running>,
    last: Option<Result<Arc<CalibrationSummary>, String>>,
}

/// The camera's part, on its way from the procedure's thread.
type CameraPart = Arc<Mutex<Option<CameraCalibration>>>;

struct Running {
    run: CalibrationRun,
    camera: CameraPart,
    progress: CalibrationProgress,
    picture: Option<Arc<PatternPicture>>,
    /// Number of the picture that is thrown.
    number: Option<u64>,
    /// It has not been told yet when the picture was handed over.
    untold: bool,
    handed: Option<(u64, Duration)>,
}

impl AutomaticCalibration {
    /// How far it is, while one is running.
    #[must_use]
    pub fn progress(&self) -> Option<&CalibrationProgress> {
        self.running.as_ref().map(|running| &running.progress)
    }

    /// What the projector is to throw, while one is running.
    #[must_use]
    pub fn picture(&self) -> Option<&Arc<PatternPicture>> {
        self.running.as_ref()?.picture.as_ref()
    }

    /// What the last one came to; why it failed, in words.
    #[must_use]
    pub fn last(&self) -> Option<&Result<Arc<CalibrationSummary>, String>> {
        self.last.as_ref()
    }
}

/// Calibrates camera and projector at [`CalibrationOrder::Start`].
///
/// Needs the resources of `SensePlugin` and `CalibrationPlugin`, and somebody who projects
/// [`AutomaticCalibration::picture`]. Brings [`AutomaticCalibration`].
#[derive(Debug, Clone, Copy, Default)]
pub struct AutomaticCalibrationPlugin;

impl Plugin for AutomaticCalibrationPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<AutomaticCalibration>()
            .add_message::<CalibrationOrder>()
            .add_systems(Update, (obey, advance).chain().in_set(PipelineSystems::Coach))
            .add_systems(Last, note_handing);
    }
}

pub(super) fn obey(
    mut orders: MessageReader<CalibrationOrder>,
    mut automatic: ResMut<AutomaticCalibration>,
    (setup, calibration): (Res<CalibrationSetup>, Res<Calibration>),
    (health, worker): (Res<SourceHealth>, Res<SenseWorker>),
) {
    for order in orders.read() {
        match order {
            CalibrationOrder::Start { .. } if automatic.running.is_some() => {
                warn!("a calibration is running already");
            }
            CalibrationOrder::Start { camera_height } => match begin(&setup, &calibration, &health, *camera_height) {
                Ok(running) => {
                    worker.keep_delivered(true);
                    // What the last one came to is no news of this one.
                    *automatic = AutomaticCalibration { running: Some(running), last: None };
                }
                Err(why) => {
                    warn!("not calibrated: {why}");
                    automatic.last = Some(Err(why));
                }
            },
            CalibrationOrder::StartLens => {}
            CalibrationOrder::Cancel => {
                if let Some(running) = &mut automatic.running {
                    running.run.cancel();
                }
            }
        }
    }
}

fn begin(
    setup: &CalibrationSetup,
    calibration: &Calibration,
    health: &SourceHealth,
    camera_height: Option<f64>,
) -> Result<Running, String> {
    if health.delivery == Delivery::EveryFrame {
        return Err("a recording does not see what the projector throws now: choose a camera".into());
    }
    if health.status != SourceStatus::Running {
        return Err(format!("the camera is {}: connect it first", health.status));
    }
    let board = setup.optics.filter(|optics| optics.origin == OpticsOrigin::Board);
    let camera = CameraHints {
        lens: board.map(|optics| optics.lens),
        focal_error: board.and_then(|optics| optics.focal_error),
        height: camera_height,
    };
    let options = LookOptions { table: setup.table, camera };
    let former = setup.projector.is_some().then_some(calibration.projector);
    let camera = CameraPart::default();
    let part = Arc::clone(&camera);
    let look = move |pictures: &[opencv::core::Mat]| {
        let (seen, sight) = look_at_table(pictures, &options)?;
        *part.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(sight)
    };
    let procedure = ProcedureOptions { projector: setup.projector_size, former };
    let run = CalibrationRun::start(procedure, look).map_err(|error| format!("no thread for it: {error}"))?;
    let progress = CalibrationProgress { share: 0.0, words: String::new() };
    Ok(Running { run, camera, progress, picture: None, number: None, untold: false, handed: None })
}

fn advance(
    mut automatic: ResMut<AutomaticCalibration>,
    mut setup: ResMut<CalibrationSetup>,
    (sight, health, worker): (Res<LatestSight>, Res<SourceHealth>, Res<SenseWorker>),
) {
    let Some(running) = &mut automatic.running else { return };
    let frame = sight.0.as_ref().filter(|_| sight.is_changed()).and_then(|sight| sight.delivered.as_ref());
    let step = running.run.advance(Glimpse {
        drawn: running.handed.take(),
        frame: frame.map(|frame| (frame.stamp.time, &frame.image)),
        source_lost: matches!(health.status, SourceStatus::Lost { .. } | SourceStatus::Failed(_) | SourceStatus::Ended),
    });
    if running.progress.words != step.words && !step.ended {
        info!("calibration: {}", step.words);
    }
    running.progress = CalibrationProgress { share: step.progress, words: step.words };
    if let Some((number, picture)) = step.show.filter(|(number, _)| running.number != Some(*number)) {
        running.picture = Some(Arc::new(drawn(&picture)));
        (running.number, running.untold) = (Some(number), true);
    }
    if step.ended {
        let outcome = running.run.outcome();
        let camera = running.camera.lock().unwrap_or_else(PoisonError::into_inner).take();
        automatic.running = None;
        worker.keep_delivered(false);
        automatic.last = Some(match (outcome, camera) {
            (Some(Ok(outcome)), Some(camera)) => {
                let summary = CalibrationSummary { camera, outcome };
                setup.take_up(&summary);
                if let Some((seen, _)) = setup.camera {
                    worker.fix_table(seen.size, seen.corners);
                }
                summary.notes().iter().for_each(|note| info!("{note}"));
                Ok(Arc::new(summary))
            }
            (Some(Err(error)), _) => Err(error.to_string()),
            (Some(Ok(_)), None) | (None, _) => Err("the calibration ended without a result".into()),
        });
        if let Some(Err(why)) = &automatic.last {
            warn!("not calibrated: {why}; the former calibration stays in force");
        }
    }
}

/// Tells the procedure when its picture was handed over: as late in the update as can be, like the overlay's own.
fn note_handing(mut automatic: ResMut<AutomaticCalibration>, clock: Res<SourceClock>) {
    let Some(running) = automatic.bypass_change_detection().running.as_mut().filter(|running| running.untold) else {
        return;
    };
    running.untold = false;
    running.handed = running.number.map(|number| (number, clock.at(Instant::now())));
}
