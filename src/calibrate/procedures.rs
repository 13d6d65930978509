//! Calibration procedures, which run alongside the program: frames go to the procedure's thread, its pictures to the
//! projector, and its results into force.

use crate::{
    sense::{LatestSight, SenseWorker, SourceClock, SourceHealth},
    stages::PipelineSystems,
};
use bevy::prelude::*;
use billiards_calibration::{
    CalibrationSetup, CalibrationSummary, ObservationOptions, Optics, OpticsOrigin,
    camera::{CameraHints, board::BoardLens},
    procedure::{ProcedureInput, ProcedureOptions, ProcedureRun, ProcedureStep, calibrate_rig, measure_lens},
};
use billiards_capture::{Delivery, SourceStatus};
use billiards_protocol::calibration::CalibrationProgress;
use billiards_table::{Calibration, PatternPicture};
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

/// Request to start or to cancel a procedure.
#[derive(Message, Debug, Clone, Copy, PartialEq)]
pub enum CalibrationRequest {
    /// Calibrate camera and projector.
    Start {
        /// Height of the camera over the bed as the operator measured it, metres.
        camera_height: Option<f64>,
    },
    /// Measure the lens by the printed board.
    StartLens,
    /// Cancel the procedure that runs and leave everything as it was before.
    Cancel,
}

/// End of a procedure, or the refusal to start one. The results of the procedure are already in force.
#[derive(Message, Debug, Clone)]
pub enum CalibrationEnded {
    /// Calibration of camera and projector, or the reason why there is none.
    Rig(Result<Arc<CalibrationSummary>, String>),
    /// Measurement of the lens, or the reason why there is none.
    Lens(Result<Arc<BoardLens>, String>),
}

impl CalibrationEnded {
    /// Returns why the procedure failed, in words; `None` if it succeeded.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::Rig(Err(why)) | Self::Lens(Err(why)) => Some(why),
            Self::Rig(Ok(_)) | Self::Lens(Ok(_)) => None,
        }
    }
}

/// Procedure that runs, one at a time, with the newest calibration of this run and the reason why the last procedure
/// failed.
#[derive(Resource, Default)]
pub struct Procedures {
    has_projector: bool,
    running: Option<Running>,
    rig: Option<Arc<CalibrationSummary>>,
    last_failure: Option<String>,
}

struct Running {
    work: Work,
    progress: CalibrationProgress,
    picture: Option<Arc<PatternPicture>>,
    /// Number of the picture that is projected.
    number: Option<u64>,
    /// Set until the procedure is informed when the picture was handed over.
    handover_pending: bool,
    handed: Option<(u64, Duration)>,
}

enum Work {
    Rig(ProcedureRun<CalibrationSummary>),
    Lens(ProcedureRun<BoardLens>),
}

impl Work {
    /// Returns the name of the procedure, for the log.
    fn name(&self) -> &'static str {
        match self {
            Self::Rig(_) => "calibration",
            Self::Lens(_) => "lens",
        }
    }

    fn advance(&mut self, input: ProcedureInput<'_>) -> ProcedureStep {
        match self {
            Self::Rig(run) => run.advance(input),
            Self::Lens(run) => run.advance(input),
        }
    }

    fn cancel(&mut self) {
        match self {
            Self::Rig(run) => run.cancel(),
            Self::Lens(run) => run.cancel(),
        }
    }
}

impl Procedures {
    /// Returns whether camera and projector can be calibrated, i.e. whether there is a projector.
    #[must_use]
    pub fn has_projector(&self) -> bool {
        self.has_projector
    }

    /// Returns the progress of the procedure that runs; `None` while none does.
    #[must_use]
    pub fn progress(&self) -> Option<&CalibrationProgress> {
        self.running.as_ref().map(|running| &running.progress)
    }

    /// Returns `true` while camera and projector are calibrated.
    #[must_use]
    pub fn needs_projector(&self) -> bool {
        self.running.as_ref().is_some_and(|running| matches!(running.work, Work::Rig(_)))
    }

    /// Returns the picture that the projector must show for the procedure that runs.
    #[must_use]
    pub fn picture(&self) -> Option<&Arc<PatternPicture>> {
        self.running.as_ref()?.picture.as_ref()
    }

    /// Returns the newest calibration of camera and projector that succeeded in this run of the program.
    #[must_use]
    pub fn rig(&self) -> Option<&Arc<CalibrationSummary>> {
        self.rig.as_ref()
    }

    /// Returns why the last procedure failed, in words; `None` if it succeeded, and while one runs.
    #[must_use]
    pub fn last_failure(&self) -> Option<&str> {
        self.last_failure.as_deref()
    }
}

/// Runs procedures on [`CalibrationRequest`]s and sends [`CalibrationEnded`] when they end.
///
/// Needs the resources of `SensePlugin` and `CalibrationPlugin`, and with a projector also a system that projects
/// [`Procedures::picture`]. Inserts [`Procedures`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ProceduresPlugin {
    /// `true` if there is a projector to calibrate.
    pub has_projector: bool,
}

impl Plugin for ProceduresPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(Procedures { has_projector: self.has_projector, ..default() })
            .add_message::<CalibrationRequest>()
            .add_message::<CalibrationEnded>()
            .add_systems(Update, (handle_requests, advance).chain().in_set(PipelineSystems::Coach))
            .add_systems(Last, note_handing);
    }
}

fn handle_requests(
    mut requests: MessageReader<CalibrationRequest>,
    mut procedures: ResMut<Procedures>,
    (setup, calibration): (Res<CalibrationSetup>, Res<Calibration>),
    (health, worker): (Res<SourceHealth>, Option<Res<SenseWorker>>),
    mut ended: MessageWriter<CalibrationEnded>,
) {
    for request in requests.read() {
        let begun = match request {
            CalibrationRequest::Cancel => {
                if let Some(running) = &mut procedures.running {
                    running.work.cancel();
                }
                continue;
            }
            CalibrationRequest::Start { .. } | CalibrationRequest::StartLens if procedures.running.is_some() => {
                warn!("a calibration is running already");
                continue;
            }
            CalibrationRequest::Start { camera_height } => {
                begin_rig(&setup, &calibration, &health, *camera_height).map_err(|why| CalibrationEnded::Rig(Err(why)))
            }
            CalibrationRequest::StartLens => begin_lens(&health).map_err(|why| CalibrationEnded::Lens(Err(why))),
        };
        match begun {
            Ok(work) => {
                // The delivered pictures are needed: only these have the lens's distortion.
                keep_delivered(worker.as_deref(), true);
                procedures.running = Some(Running::new(work));
                procedures.last_failure = None;
            }
            Err(refused) => {
                let why = refused.failure().unwrap_or_default();
                warn!("not calibrated: {why}");
                procedures.last_failure = Some(why.to_owned());
                ended.write(refused);
            }
        }
    }
}

fn begin_rig(
    setup: &CalibrationSetup,
    calibration: &Calibration,
    health: &SourceHealth,
    camera_height: Option<f64>,
) -> Result<Work, String> {
    if health.delivery == Delivery::EveryFrame {
        return Err("a recording cannot show what is projected now: choose a camera".into());
    }
    needs_running(&health.status)?;
    let board = setup.optics.filter(|optics| optics.origin == OpticsOrigin::Board);
    let camera = CameraHints {
        lens: board.map(|optics| optics.lens),
        focal_error: board.and_then(|optics| optics.focal_error),
        height: camera_height,
    };
    let observation = ObservationOptions { table: setup.table, camera };
    let former = setup.projector.is_some().then_some(calibration.projector);
    let options = ProcedureOptions { projector: setup.projector_size, former };
    let run = ProcedureRun::start(move |rig| calibrate_rig(rig, &observation, &options));
    run.map(Work::Rig).map_err(no_thread)
}

fn begin_lens(health: &SourceHealth) -> Result<Work, String> {
    needs_running(&health.status)?;
    ProcedureRun::start(|rig| measure_lens(rig)).map(Work::Lens).map_err(no_thread)
}

fn needs_running(status: &SourceStatus) -> Result<(), String> {
    if *status == SourceStatus::Running { Ok(()) } else { Err(format!("the camera is {status}: connect it first")) }
}

fn no_thread(error: io::Error) -> String {
    format!("no thread for it: {error}")
}

fn is_gone(status: &SourceStatus) -> bool {
    match status {
        SourceStatus::Lost { .. } | SourceStatus::Failed(_) | SourceStatus::Ended => true,
        SourceStatus::Opening | SourceStatus::Running => false,
    }
}

fn keep_delivered(worker: Option<&SenseWorker>, keep: bool) {
    if let Some(worker) = worker {
        worker.keep_delivered(keep);
    }
}

impl Running {
    fn new(work: Work) -> Self {
        let words = match work {
            Work::Rig(_) => "Looking at the table.",
            Work::Lens(_) => "Looking for the printed board.",
        };
        let progress = CalibrationProgress { share: 0.0, words: words.to_owned() };
        Self { work, progress, picture: None, number: None, handover_pending: false, handed: None }
    }
}

fn advance(
    mut procedures: ResMut<Procedures>,
    mut setup: ResMut<CalibrationSetup>,
    (sight, health, worker): (Res<LatestSight>, Res<SourceHealth>, Option<Res<SenseWorker>>),
    mut ended: MessageWriter<CalibrationEnded>,
) {
    let Some(running) = &mut procedures.bypass_change_detection().running else { return };
    let frame = sight.0.as_ref().filter(|_| sight.is_changed()).and_then(|sight| sight.delivered.as_ref());
    let step = running.work.advance(ProcedureInput {
        drawn: running.handed.take(),
        frame: frame.map(|frame| (frame.stamp.time, &frame.image)),
        source_lost: is_gone(&health.status),
    });
    if !step.words.is_empty() && running.progress.words != step.words && !step.ended {
        info!("{}: {}", running.work.name(), step.words);
        running.progress.words = step.words;
    }
    running.progress.share = step.progress;
    if let Some((number, picture)) = step.show.filter(|(number, _)| running.number != Some(*number)) {
        running.picture = Some(picture);
        (running.number, running.handover_pending) = (Some(number), true);
    }
    procedures.set_changed();
    if !step.ended {
        return;
    }
    keep_delivered(worker.as_deref(), false);
    let Some(Running { work, .. }) = procedures.running.take() else { return };
    let end = match work {
        Work::Rig(run) => CalibrationEnded::Rig(found(run)),
        Work::Lens(run) => CalibrationEnded::Lens(found(run)),
    };
    match &end {
        CalibrationEnded::Rig(Ok(summary)) => {
            setup.apply_summary(summary);
            summary.notes().iter().for_each(|note| info!("{note}"));
            procedures.rig = Some(Arc::clone(summary));
        }
        CalibrationEnded::Lens(Ok(found)) => {
            info!("lens: measured in {} views, reprojection error {:.2} pixels RMS", found.pictures, found.rms);
            if !found.excluded.is_empty() {
                warn!("lens: {} views do not fit the others and were left out", found.excluded.len());
            }
            setup.optics = Some(Optics::by_board(found));
            // Corners in pictures that were rectified with another lens are invalid.
            setup.search_table();
        }
        CalibrationEnded::Rig(Err(why)) => warn!("not calibrated: {why}; the former calibration stays in force"),
        CalibrationEnded::Lens(Err(why)) => warn!("lens: {why}"),
    }
    procedures.last_failure = end.failure().map(str::to_owned);
    ended.write(end);
}

/// Returns the result of a procedure that has ended, or the reason why there is none, in words.
fn found<T: Send + 'static>(mut run: ProcedureRun<T>) -> Result<Arc<T>, String> {
    let outcome = run.outcome().ok_or_else(|| "the procedure ended without a result".to_owned())?;
    outcome.map(Arc::new).map_err(|error| error.to_string())
}

/// Records when the picture was handed over: as late in the update as possible, like the overlay's own pictures.
fn note_handing(mut procedures: ResMut<Procedures>, clock: Option<Res<SourceClock>>) {
    let Some(running) =
        procedures.bypass_change_detection().running.as_mut().filter(|running| running.handover_pending)
    else {
        return;
    };
    running.handover_pending = false;
    running.handed = running.number.zip(clock.map(|clock| clock.at(Instant::now())));
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::ecs::message::Messages;

    fn app(status: SourceStatus) -> App {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, crate::stages::StagesPlugin, ProceduresPlugin::default()))
            .insert_resource(CalibrationSetup::default())
            .insert_resource(CalibrationSetup::assumed())
            .insert_resource(SourceHealth { status, ..default() })
            .init_resource::<LatestSight>();
        app
    }

    fn request(app: &mut App, request: CalibrationRequest) {
        app.world_mut().write_message(request);
        app.update();
    }

    fn procedures(app: &App) -> &Procedures {
        app.world().resource()
    }

    /// Updates until the procedure has ended, and returns its outcome.
    fn ended(app: &mut App) -> Vec<CalibrationEnded> {
        let began = Instant::now();
        while procedures(app).progress().is_some() {
            assert!(began.elapsed() < Duration::from_secs(20), "it goes on");
            app.update();
        }
        app.world_mut().resource_mut::<Messages<CalibrationEnded>>().drain().collect()
    }

    #[test]
    fn a_procedure_can_be_cancelled_and_its_end_is_told_once() {
        let mut app = app(SourceStatus::Running);
        request(&mut app, CalibrationRequest::StartLens);
        assert!(procedures(&app).progress().is_some() && !procedures(&app).needs_projector());
        request(&mut app, CalibrationRequest::Cancel);
        let ended_messages = ended(&mut app);
        assert!(
            matches!(ended_messages.as_slice(), [CalibrationEnded::Lens(Err(why))] if why == "cancelled"),
            "{ended_messages:?}"
        );
        assert_eq!(procedures(&app).last_failure(), Some("cancelled"));
        assert!(ended(&mut app).is_empty());
        // The outcome of the last procedure is not that of this one.
        request(&mut app, CalibrationRequest::StartLens);
        assert_eq!(procedures(&app).last_failure(), None);
    }

    #[test]
    fn a_procedure_ends_with_the_camera_and_does_not_begin_without_one() {
        let mut app = app(SourceStatus::Running);
        request(&mut app, CalibrationRequest::StartLens);
        app.world_mut().resource_mut::<SourceHealth>().status = SourceStatus::Ended;
        let ended_messages = ended(&mut app);
        assert!(
            matches!(ended_messages.as_slice(), [CalibrationEnded::Lens(Err(why))] if why.contains("connect it")),
            "{ended_messages:?}"
        );
        assert_eq!(app.world().resource::<CalibrationSetup>().optics, None);
        for wanted in [CalibrationRequest::StartLens, CalibrationRequest::Start { camera_height: None }] {
            request(&mut app, wanted);
            let ended_messages = ended(&mut app);
            assert!(
                ended_messages.len() == 1 && ended_messages[0].failure().is_some_and(|why| why.contains("connect it")),
                "{ended_messages:?}"
            );
        }
    }
}
