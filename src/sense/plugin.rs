//! The Ingest stage: moves the results of a source's threads to resources of the ECS.

use super::{
    LatestSight, SenseWorker, SourceClock, SourceHealth,
    detect::{MakeDetector, detector},
    worker::PollResult,
};
use crate::stages::PipelineSystems;
use bevy::prelude::*;
use billiards_capture::{Delivery, Opener, SourceStatus, SupervisorTiming};
use billiards_table::{BallSet, Calibration, FrameSize, ProjectedLight, TableQuad};
use billiards_vision::TableShape;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Gate of the Ingest stage with [`Delivery::EveryFrame`]: while it is closed, the source waits. The exporter closes it
/// until a frame is written.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestGate {
    /// `true` while the next sight may enter.
    pub open: bool,
}

impl Default for IngestGate {
    fn default() -> Self {
        Self { open: true }
    }
}

/// Options of frame processing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SenseOptions {
    /// Treatment of frames that are not fetched in time.
    pub delivery: Delivery,
    /// Set if sights carry a preview; can be changed later by [`SenseWorker::set_preview`].
    pub preview: bool,
    /// Set if sights carry their rectified picture.
    pub keep_frames: bool,
    /// Number of processed frames after which the source counts as ended; `None` for no limit.
    pub max_frames: Option<u64>,
    /// Set if the source shows the table that the overlay is projected on: pixels that it may light are ignored.
    pub under_projector: bool,
}

/// Runs a source on its threads and brings its sights into the ECS.
pub struct SensePlugin {
    opener: Opener,
    options: SenseOptions,
    fixed_table: Option<(FrameSize, TableQuad)>,
    shape: TableShape,
    timing: SupervisorTiming,
    make_detector: MakeDetector,
}

impl SensePlugin {
    /// Processes the source of this opener. The balls are assumed to be of this set; `None`: it is recognised.
    #[must_use]
    pub fn new(opener: Opener, balls: Option<BallSet>, options: SenseOptions) -> Self {
        let make_detector: MakeDetector = Arc::new(move || detector(balls.clone()));
        let (shape, timing) = (TableShape::default(), SupervisorTiming::default());
        Self { opener, options, fixed_table: None, shape, timing, make_detector }
    }

    /// Starts with these nose-line corners (pixels of pictures of this size), `None` searches for the table; expects a
    /// table of this shape.
    #[must_use]
    pub fn with_table(self, fixed_table: Option<(FrameSize, TableQuad)>, shape: TableShape) -> Self {
        Self { fixed_table, shape, ..self }
    }
}

impl Plugin for SensePlugin {
    fn build(&self, app: &mut App) {
        let (opener, make_detector) = (Arc::clone(&self.opener), Arc::clone(&self.make_detector));
        let (options, timing, table) = (self.options.clone(), self.timing.clone(), (self.fixed_table, self.shape));
        app.init_resource::<LatestSight>()
            .init_resource::<SourceHealth>()
            .init_resource::<IngestGate>()
            .init_resource::<SourceClock>()
            .insert_resource(SenseWorker::start(opener, options, table, timing, make_detector))
            .add_systems(Update, (send_light, ingest).chain().in_set(PipelineSystems::Ingest))
            .add_systems(Update, warn_colourless.after(PipelineSystems::Ingest))
            .add_systems(Last, stop.run_if(on_message::<AppExit>));
    }
}

/// Logs when pictures lose their colour or get it back, as those of a camera with a night mode do.
fn warn_colourless(latest: Res<LatestSight>, mut before: Local<bool>) {
    let Some(sight) = latest.0.as_ref().filter(|_| latest.is_changed()) else { return };
    match (*before, sight.detections.colourless) {
        (false, true) => warn!(
            "the picture has no colour: table and balls are found by brightness, and most balls stay unnamed; is the \
             camera in night mode?"
        ),
        (true, false) => info!("the picture has colour again"),
        _ => {}
    }
    *before = sight.detections.colourless;
}

/// Sends the projected picture to the vision thread.
fn send_light(worker: Res<SenseWorker>, light: Option<Res<ProjectedLight>>, calibration: Option<Res<Calibration>>) {
    let (Some(light), Some(calibration)) = (light, calibration) else { return };
    if !worker.options().under_projector || !(light.is_changed() || calibration.is_changed()) {
        return;
    }
    if let (Some(picture), Some(view)) = (&light.0, &calibration.camera) {
        worker.show_light(picture, view, calibration.latency);
    }
}

/// Silence after which the frame rate measured before is discarded.
const RATE_TIMEOUT: Duration = Duration::from_secs(10);

/// Maximum time that the program's end waits for the threads.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Takes the outputs of the vision thread without waiting for it.
fn ingest(
    mut worker: ResMut<SenseWorker>,
    gate: Res<IngestGate>,
    (mut latest, mut clock): (ResMut<LatestSight>, ResMut<SourceClock>),
    mut health: ResMut<SourceHealth>,
    mut last_taken: Local<Option<Instant>>,
) {
    let now = Instant::now();
    let options = worker.options().clone();
    let mut next = health.clone();
    if worker.begins_anew() {
        next = SourceHealth { delivery: options.delivery, ..default() };
        *last_taken = None;
        if latest.0.is_some() {
            latest.0 = None;
        }
        *clock = SourceClock { runs: options.delivery == Delivery::Latest, ..default() };
    }

    let shut = options.delivery == Delivery::EveryFrame && !gate.open;
    let limit_reached = options.max_frames.is_some_and(|most| next.frames >= most);
    let taken = if shut {
        PollResult::Nothing
    } else if limit_reached {
        worker.halt();
        PollResult::Over
    } else {
        worker.take()
    };
    let over = matches!(taken, PollResult::Over);
    if let PollResult::Sight(output) = taken {
        let stamp = output.sight.stamp;
        next.frames += 1;
        let unseen = output.errors + worker.board().read().skipped;
        next.dropped = (stamp.index + 1).saturating_sub(next.frames + unseen);
        next.last_frame = Some(stamp.captured);
        next.last_sight = Some(now);
        if let Some(last) = last_taken.replace(now) {
            next.fps = smoothed(next.fps, now.saturating_duration_since(last));
        }
        latest.0 = Some(output.sight);
        (clock.newest, clock.added) = (Some((stamp.time, stamp.captured)), Duration::ZERO);
    }

    {
        let report = worker.board().read();
        let status = match (&report.status, over) {
            (_, true) if limit_reached => Some(SourceStatus::Ended),
            // The last sights have not arrived yet.
            (status, false) if status.is_final() => None,
            (status, true) if !status.is_final() => Some(SourceStatus::Failed("the vision thread has ended".into())),
            (status, _) => Some(status.clone()),
        };
        next.status = status.unwrap_or(next.status);
        next.description.clone_from(&report.description);
        (next.failures, next.skipped) = (report.failures, report.skipped);
    }
    next.vision_errors = worker.vision_errors();
    let forgotten = last_taken.is_some_and(|last| now.saturating_duration_since(last) > RATE_TIMEOUT);
    if forgotten || matches!(next.status, SourceStatus::Lost { .. } | SourceStatus::Failed(_)) {
        next.fps = 0.0;
        *last_taken = None;
    }
    health.set_if_neq(next);
}

/// Returns the frame rate, smoothed exponentially in the interval (weight of the newest: 0.1).
fn smoothed(fps: f64, interval: Duration) -> f64 {
    let interval = interval.as_secs_f64().max(1e-6);
    let usual = if fps > 0.0 { 1.0 / fps } else { interval };
    1.0 / (0.9 * usual + 0.1 * interval)
}

fn stop(mut worker: ResMut<SenseWorker>) {
    worker.shut_down(EXIT_TIMEOUT);
}

#[cfg(test)]
mod tests {
    use super::{super::vision_thread::tests::scripted, *};
    use billiards_capture::{CaptureError, FrameSource, Picture};
    use crossbeam_channel::{Receiver, bounded};
    use opencv::core::{CV_8UC3, Mat, Scalar};
    use std::{convert::Infallible, sync::Mutex, thread};

    /// Source that delivers `pictures` pictures, and then ends, or hangs until the sender of the channel is dropped.
    struct Script {
        live: bool,
        pictures: u64,
        count: u64,
        hang: Option<Receiver<Infallible>>,
    }

    impl FrameSource for Script {
        fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
            if self.count == self.pictures {
                if let Some(released) = &self.hang {
                    assert!(released.recv().is_err());
                }
                return Ok(None);
            }
            let time = (!self.live).then(|| Duration::from_millis(10 * self.count));
            self.count += 1;
            let image = Mat::new_rows_cols_with_default(64, 64, CV_8UC3, Scalar::all(90.0)).unwrap();
            Ok(Some(Picture { image, time }))
        }

        fn is_live(&self) -> bool {
            self.live
        }

        fn describe(&self) -> String {
            "script".into()
        }
    }

    fn recorded(pictures: u64) -> Result<Script, CaptureError> {
        Ok(Script { live: false, pictures, count: 0, hang: None })
    }

    fn live(pictures: u64, hang: Option<Receiver<Infallible>>) -> Result<Script, CaptureError> {
        Ok(Script { live: true, pictures, count: 0, hang })
    }

    /// Returns an opener that opens the source at the first attempt and finds none later.
    fn opener(first: Result<Script, CaptureError>) -> Opener {
        let first = Mutex::new(Some(first));
        Arc::new(move || {
            let absent = CaptureError::Missing { path: "nothing more".into() };
            let attempt = first.lock().unwrap().take().unwrap_or(Err(absent));
            attempt.map(|source| Box::new(source) as Box<dyn FrameSource>)
        })
    }

    /// Waits until a condition holds, and fails after ten seconds.
    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let limit = Instant::now() + Duration::from_secs(10);
        while !holds() {
            assert!(Instant::now() < limit, "{what}: not within ten seconds");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Returns an app with a scripted source and a detector that finds nothing.
    fn app(options: SenseOptions, source: Result<Script, CaptureError>) -> App {
        let make_detector: MakeDetector = Arc::new(|| scripted(|_| Ok(())));
        let mut app = App::new();
        let (opener, timing) = (opener(source), SupervisorTiming::default());
        let shape = TableShape::default();
        let plugin = SensePlugin { opener, options, fixed_table: None, shape, timing, make_detector };
        app.add_plugins((MinimalPlugins, plugin));
        app
    }

    fn every_frame() -> SenseOptions {
        SenseOptions { delivery: Delivery::EveryFrame, ..default() }
    }

    fn health(app: &App) -> &SourceHealth {
        app.world().resource()
    }

    /// Updates until the source has ended, and returns the index of each sight that came in.
    fn run_to_the_end(app: &mut App) -> Vec<u64> {
        let mut seen: Vec<u64> = Vec::new();
        until("the source ends", || {
            app.update();
            let newest = app.world().resource::<LatestSight>().0.as_ref().map(|sight| sight.stamp.index);
            seen.extend(newest.filter(|index| seen.last() != Some(index)));
            health(app).status.is_final()
        });
        seen
    }

    #[test]
    fn every_frame_comes_in_and_only_then_the_end() {
        let mut app = app(every_frame(), recorded(40));
        assert!(run_to_the_end(&mut app).into_iter().eq(0..40));
        let health = health(&app);
        assert_eq!((health.status.clone(), health.frames, health.dropped), (SourceStatus::Ended, 40, 0));
        assert_eq!(health.description, "script");
        assert!(!health.is_stale(Instant::now()));
    }

    #[test]
    fn a_closed_gate_holds_the_frames_and_the_end_back() {
        let mut app = app(every_frame(), recorded(3));
        app.insert_resource(IngestGate { open: false });
        for _ in 0..20 {
            app.update();
            thread::sleep(Duration::from_millis(1));
        }
        assert!(app.world().resource::<LatestSight>().0.is_none());
        app.insert_resource(IngestGate { open: true });
        assert_eq!(run_to_the_end(&mut app), [0, 1, 2]);
    }

    #[test]
    fn the_number_of_frames_can_be_limited() {
        let options = SenseOptions { max_frames: Some(5), ..every_frame() };
        let mut app = app(options, recorded(40));
        assert_eq!(run_to_the_end(&mut app), [0, 1, 2, 3, 4]);
        assert_eq!((health(&app).status.clone(), health(&app).frames), (SourceStatus::Ended, 5));
    }

    #[test]
    fn dropped_frames_are_counted() {
        let mut app = app(SenseOptions::default(), live(200, None));
        let seen = run_to_the_end(&mut app);
        let health = health(&app);
        assert!(seen.is_sorted() && health.frames == seen.len() as u64);
        assert_eq!(health.dropped, seen.last().unwrap() + 1 - health.frames);
    }

    #[test]
    fn a_source_that_cannot_be_opened_fails_and_says_why() {
        let missing = CaptureError::Missing { path: "table.mp4".into() };
        let mut app = app(SenseOptions::default(), Err(missing));
        assert!(run_to_the_end(&mut app).is_empty());
        assert_eq!(health(&app).status, SourceStatus::Failed("table.mp4 does not exist".into()));
        assert!(health(&app).is_stale(Instant::now()));
    }

    #[test]
    fn the_source_can_be_switched() {
        let (_hold, held) = bounded::<Infallible>(1);
        let mut app = app(every_frame(), live(3, Some(held)));
        until("the first source runs", || {
            app.update();
            health(&app).frames == 3
        });
        let next = opener(recorded(2));
        app.world_mut().resource_mut::<SenseWorker>().switch_source(next, None);
        app.update();
        assert!(health(&app).frames <= 1);
        until("the second source ends", || {
            app.update();
            health(&app).status.is_final()
        });
        assert_eq!((health(&app).status.clone(), health(&app).frames), (SourceStatus::Ended, 2));
    }

    #[test]
    fn the_program_ends_its_threads() {
        let (_hold, held) = bounded::<Infallible>(1);
        let mut app = app(SenseOptions::default(), live(0, Some(held)));
        app.update();
        app.world_mut().write_message(AppExit::Success);
        app.update();
        assert_eq!(app.world().resource::<SenseWorker>().threads(), 0);
    }

    #[test]
    fn sight_grows_stale_with_time_or_with_the_source() {
        let now = Instant::now();
        let running = SourceHealth { status: SourceStatus::Running, last_sight: Some(now), fps: 30.0, ..default() };
        assert!(!running.is_stale(now + Duration::from_millis(900)));
        assert!(running.is_stale(now + Duration::from_millis(1100)));
        let slow = SourceHealth { fps: 0.5, ..running.clone() };
        assert!(!slow.is_stale(now + Duration::from_secs(5)) && slow.is_stale(now + Duration::from_secs(7)));
        let counted = SourceHealth { delivery: Delivery::EveryFrame, ..running.clone() };
        assert!(!counted.is_stale(now + Duration::from_secs(3600)));
        let lost = SourceStatus::Lost { reason: "camera:0 is absent".into(), retry_in: Duration::from_secs(1) };
        assert!(SourceHealth { status: lost, ..counted }.is_stale(now));
        assert!(SourceHealth::default().is_stale(now));
    }

    #[test]
    fn the_rate_is_smooth() {
        let tenth = Duration::from_millis(100);
        assert!((smoothed(0.0, tenth) - 10.0).abs() < 1e-9);
        let slower = smoothed(20.0, tenth);
        assert!(slower < 20.0 && slower > 15.0);
        assert!(((0..200).fold(20.0, |fps, _| smoothed(fps, tenth)) - 10.0).abs() < 1e-3);
    }
}
