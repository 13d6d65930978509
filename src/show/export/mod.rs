//! Pictures of the overlay in files, for runs without a window.
//!
//! ```text
//!  frame ──► overlay image ──screenshot──► writer thread ──► overlay_00001.png …   camera_and_overlay.mp4
//!    └──────────── camera picture ────────────┘              or overlay.png and camera_and_overlay.png, replaced
//! ```
//!
//! A screenshot shows the world as it is at the end of the update that requested it and is delivered some updates
//! later. While too many are pending, the [`IngestGate`] is closed: no frame gets ahead of the pictures.

mod error;
mod picture;
mod video;
mod writer;

pub use error::ExportError;

use crate::{
    model::{Calibration, FrameSize},
    sense::{IngestGate, LatestSight, capture::FrameStamp},
    show::overlay::OverlayImage,
    stages::PipelineSystems,
};
use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};
use picture::Overlay;
use std::{
    collections::VecDeque,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use writer::{Backdrop, Job, Writer};

/// Number of updates before the renderer's first picture is complete.
const WARM_UP: u32 = 3;
/// Maximum number of pending screenshots. Each takes three updates; one more keeps the renderer busy while the writer
/// takes the first.
const MAX_SHOTS: usize = 4;
/// Timeout of a screenshot.
const SHOT_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum time without a finished picture for which the end of the program waits.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Interval at which an endless run retries to write pictures after a failure.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// Pictures that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportMode {
    /// For finite runs: `overlay_00001.png` and so on, one for each frame, and `camera_and_overlay.mp4`.
    EveryFrame,
    /// For endless runs: `overlay.png` and `camera_and_overlay.png`, each replaced in one step.
    Latest {
        /// Minimum time between two pictures.
        every: Duration,
    },
}

/// Progress of the export. The run may end when the source has ended and [`ExportProgress::is_idle`].
#[derive(Resource, Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportProgress {
    /// Number of pictures on disk.
    pub written: u64,
    /// Number of pictures still to be taken, or taken and not yet on disk.
    pub pending: usize,
    /// Reason why no pictures are written, one line. Endless runs retry; others have lost pictures and end with an
    /// error.
    pub failed: Option<String>,
}

impl ExportProgress {
    /// Returns whether no picture is pending: all are on disk, or never will be. The video is finished at the end of
    /// the run.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.pending == 0 || self.failed.is_some()
    }
}

/// Writes pictures of [`OverlayImage`] and of the camera's frames into a directory.
///
/// Requires the overlay's image output, `LatestSight` with frames, `Calibration` and [`IngestGate`]. Adds
/// [`ExportProgress`].
#[derive(Debug, Clone)]
pub struct ExportPlugin {
    /// Directory of the files; see [`ExportPlugin::prepare`].
    pub dir: PathBuf,
    /// Pictures that are kept.
    pub mode: ExportMode,
    /// Reaction to a picture that cannot be written.
    pub on_failure: OnFailure,
}

/// Reaction to a picture that cannot be written because the disk is full or the directory is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Ends the program with an error: it runs only for the pictures.
    End,
    /// Continues, because somebody plays by the light of the program. [`ExportMode::Latest`] retries;
    /// [`ExportMode::EveryFrame`] writes no more pictures.
    GoOn,
}

impl ExportPlugin {
    /// Creates the directory if necessary, removes the numbered pictures of an earlier run, and checks that a file can
    /// be created in it. Call it before the app starts, so that a wrong path is reported at once.
    ///
    /// # Errors The directory cannot be created or written into.
    pub fn prepare(dir: impl AsRef<Path>) -> Result<(), ExportError> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(|source| ExportError::Create { dir: dir.to_owned(), source })?;
        remove_old(dir).map_err(|source| ExportError::NotWritable { dir: dir.to_owned(), source })?;
        // Opened and written without `tempfile`, whose errors name the temporary file.
        let open = |path: &Path| fs::OpenOptions::new().write(true).create_new(true).open(path);
        let probe = || tempfile::Builder::new().make_in(dir, open)?.as_file_mut().write_all(b"probe");
        probe().map_err(|source| ExportError::NotWritable { dir: dir.to_owned(), source })
    }
}

/// Removes the numbered pictures of an earlier run, which would look like the end of this one.
fn remove_old(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let number = name.strip_prefix("overlay_").and_then(|rest| rest.strip_suffix(".png"));
        if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

impl Plugin for ExportPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<ExportProgress>()
            .insert_resource(Exporter::new(self.dir.clone(), self.mode, self.on_failure))
            .add_observer(take_delivery)
            .add_systems(PreStartup, hold_frames)
            .add_systems(Update, export.in_set(PipelineSystems::Publish))
            .add_systems(Last, finish.run_if(on_message::<AppExit>));
    }
}

/// A requested picture.
struct Shot {
    /// Entity of the screenshot.
    entity: Entity,
    asked: Instant,
    overlay: Option<Overlay>,
    backdrop: Backdrop,
}

#[derive(Resource)]
struct Exporter {
    dir: PathBuf,
    mode: ExportMode,
    on_failure: OnFailure,
    /// `None` when the files are finished, or cannot be.
    writer: Option<Writer>,
    /// Time at which writing is retried after a failure.
    retry_at: Option<Instant>,
    /// Failure that was logged last.
    last_logged: Option<String>,
    /// Error that kept the writer from starting.
    unstarted: Option<ExportError>,
    /// Requested pictures, in the order of their requests.
    shots: VecDeque<Shot>,
    updates: u32,
    /// Frame of the last requested picture.
    newest: Option<FrameStamp>,
    /// Frame that arrived last.
    seen: Option<FrameStamp>,
    /// Number of frames without a picture.
    missed: u64,
    asked: Option<Instant>,
}

impl Exporter {
    fn new(dir: PathBuf, mode: ExportMode, on_failure: OnFailure) -> Self {
        // FFmpeg takes the part before a colon for the name of a protocol.
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        let (writer, unstarted) = match Writer::start(dir.clone(), mode) {
            Ok(writer) => (Some(writer), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            dir,
            mode,
            on_failure,
            writer,
            retry_at: None,
            last_logged: None,
            unstarted,
            shots: VecDeque::new(),
            updates: 0,
            newest: None,
            seen: None,
            missed: 0,
            asked: None,
        }
    }

    fn is_warm(&self) -> bool {
        self.updates >= WARM_UP
    }

    /// Records the current frame, and counts the one before if it got no picture: a live camera does not wait.
    fn see(&mut self, stamp: Option<FrameStamp>) {
        if self.seen != stamp && self.awaits() {
            self.missed += 1;
        }
        self.seen = stamp;
    }

    /// Returns whether the current frame still needs its picture.
    fn awaits(&self) -> bool {
        self.mode == ExportMode::EveryFrame && self.writer.is_some() && self.seen.is_some() && self.seen != self.newest
    }

    /// Returns whether a picture of the world with this frame is needed.
    fn wants(&self, stamp: FrameStamp, now: Instant) -> bool {
        self.is_warm()
            && self.writer.is_some()
            && match self.mode {
                ExportMode::EveryFrame => self.newest != Some(stamp) && self.shots.len() < MAX_SHOTS,
                ExportMode::Latest { every } => {
                    self.shots.is_empty() && self.asked.is_none_or(|asked| now.duration_since(asked) >= every)
                }
            }
    }

    fn ask(&mut self, entity: Entity, backdrop: Backdrop, now: Instant) {
        self.newest = Some(backdrop.stamp);
        self.asked = Some(now);
        self.shots.push_back(Shot { entity, asked: now, overlay: None, backdrop });
    }

    /// Returns whether the next frame may be ingested.
    fn takes_frames(&self) -> bool {
        match self.mode {
            ExportMode::EveryFrame if self.writer.is_some() => self.is_warm() && self.shots.len() < MAX_SHOTS,
            _ => self.is_warm(),
        }
    }

    fn deliver(&mut self, entity: Entity, overlay: Option<Overlay>) {
        if let Some(shot) = self.shots.iter_mut().find(|shot| shot.entity == entity) {
            shot.overlay = overlay;
        }
    }

    /// Passes delivered pictures to the writer, in order, while it has room.
    fn forward(&mut self, now: Instant) -> Result<(), ExportError> {
        if let Some(error) = self.unstarted.take() {
            return Err(error);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.check()?;
        while writer.has_room() && self.shots.front().is_some_and(|shot| shot.overlay.is_some()) {
            let Some(Shot { overlay: Some(overlay), backdrop, .. }) = self.shots.pop_front() else { break };
            writer.send(Job { overlay, backdrop })?;
        }
        match self.shots.front() {
            Some(shot) if shot.overlay.is_none() && now.duration_since(shot.asked) > SHOT_TIMEOUT => {
                Err(ExportError::NoPicture { frame: shot.backdrop.stamp.index, seconds: SHOT_TIMEOUT.as_secs() })
            }
            _ => Ok(()),
        }
    }

    /// Drops the pending pictures after a failure. Returns whether the program has to end.
    fn fail(&mut self, error: &ExportError, now: Instant) -> bool {
        let reason = error.to_string();
        if self.last_logged.as_ref() != Some(&reason) {
            error!("{reason}");
        }
        self.last_logged = Some(reason);
        self.writer = None;
        self.shots.clear();
        let again = matches!(self.mode, ExportMode::Latest { .. }) && self.on_failure == OnFailure::GoOn;
        self.retry_at = again.then(|| now + RETRY_INTERVAL);
        self.on_failure == OnFailure::End
    }

    /// Restarts the writer when it is time to retry. The directory may have been removed.
    fn retry(&mut self, now: Instant) -> Result<(), ExportError> {
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry_at = None;
            fs::create_dir_all(&self.dir).map_err(|source| ExportError::Create { dir: self.dir.clone(), source })?;
            self.writer = Some(Writer::start(self.dir.clone(), self.mode)?);
        }
        Ok(())
    }

    /// Logs that a picture was written after a failure.
    fn recover(&mut self) {
        if self.last_logged.is_some() && self.writer.as_ref().is_some_and(|writer| writer.written() > 0) {
            self.last_logged = None;
            info!("pictures are written to {} again", self.dir.display());
        }
    }

    /// Writes the remaining pictures and closes the files. Does nothing the second time.
    fn finish(&mut self) -> Result<Option<u64>, ExportError> {
        let mut missing = u64::from(self.awaits());
        let Some(writer) = self.writer.take() else { return Ok(None) };
        let rest = std::mem::take(&mut self.shots).into_iter().filter_map(|shot| {
            let job = shot.overlay.map(|overlay| Job { overlay, backdrop: shot.backdrop });
            missing += u64::from(job.is_none());
            job
        });
        let written = writer.finish(rest.collect::<Vec<_>>(), STALL_TIMEOUT)?;
        if missing > 0 {
            warn!("the run ended before the last {missing} pictures were taken");
        }
        if self.missed > 0 {
            warn!("{} frames came faster than pictures can be taken and have none", self.missed);
        }
        Ok(Some(written))
    }

    fn progress(&self) -> (u64, usize) {
        let (written, sent) = self.writer.as_ref().map_or((0, 0), |writer| (writer.written(), writer.pending()));
        (written, usize::from(self.awaits()) + self.shots.len() + usize::try_from(sent).unwrap_or(usize::MAX))
    }
}

impl Drop for Exporter {
    /// Covers exits that are not announced by a message.
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            error!("{error}");
        }
    }
}

fn hold_frames(mut gate: ResMut<IngestGate>) {
    gate.open = false;
}

fn take_delivery(mut delivery: On<ScreenshotCaptured>, mut exporter: ResMut<Exporter>) {
    let (entity, image) = (delivery.entity, &mut delivery.event_mut().image);
    let size = FrameSize { width: image.width(), height: image.height() };
    let overlay = image.data.take().map(|rgba| Overlay { size, rgba });
    exporter.deliver(entity, overlay);
}

fn export(
    mut commands: Commands,
    mut exporter: ResMut<Exporter>,
    mut progress: ResMut<ExportProgress>,
    mut gate: ResMut<IngestGate>,
    (sight, calibration, image): (Res<LatestSight>, Res<Calibration>, Res<OverlayImage>),
    mut exit: MessageWriter<AppExit>,
) {
    let now = Instant::now();
    exporter.updates = exporter.updates.saturating_add(1);
    if let Err(error) = exporter.retry(now).and_then(|()| exporter.forward(now))
        && exporter.fail(&error, now)
    {
        exit.write(AppExit::error());
    }
    exporter.recover();
    exporter.see(sight.0.as_ref().map(|sight| sight.stamp));
    if let Some(sight) = sight.0.as_ref().filter(|sight| exporter.wants(sight.stamp, now)) {
        let backdrop = Backdrop {
            frame: sight.frame.clone(),
            stamp: sight.stamp,
            camera: calibration.camera,
            projector: calibration.projector,
        };
        let entity = commands.spawn((Name::new("Picture of the overlay"), Screenshot::image(image.0.clone()))).id();
        exporter.ask(entity, backdrop, now);
    }
    let (written, pending) = exporter.progress();
    progress.set_if_neq(ExportProgress { written, pending, failed: exporter.last_logged.clone() });
    let open = exporter.takes_frames();
    if gate.open != open {
        gate.open = open;
    }
}

fn finish(mut exporter: ResMut<Exporter>, mut progress: ResMut<ExportProgress>, mut exit: MessageWriter<AppExit>) {
    match exporter.finish() {
        Ok(None) => {}
        Ok(Some(written)) => {
            info!("{written} pictures written to {}", exporter.dir.display());
            *progress = ExportProgress { written, pending: 0, failed: None };
        }
        Err(error) => {
            if exporter.fail(&error, Instant::now()) {
                exit.write(AppExit::error());
            }
            progress.pending = 0;
            progress.failed.clone_from(&exporter.last_logged);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{writer::testing::sample, *};
    use opencv::{
        core::Vec3b,
        imgcodecs::{IMREAD_COLOR, imread},
        prelude::MatTraitConst,
    };
    use std::thread;

    const SIZE: FrameSize = FrameSize { width: 64, height: 36 };

    fn entity(number: u64) -> Entity {
        Entity::from_raw_u32(1 + number as u32).expect("an index")
    }

    /// Requests the picture of this frame, as the system does.
    fn ask(exporter: &mut Exporter, number: u64, now: Instant) -> Job {
        let (job, twin) = (sample(number, SIZE, SIZE), sample(number, SIZE, SIZE));
        exporter.see(Some(job.backdrop.stamp));
        assert!(exporter.wants(job.backdrop.stamp, now), "frame {number}");
        let stamp = job.backdrop.stamp;
        exporter.ask(entity(number), Backdrop { stamp, ..twin.backdrop }, now);
        job
    }

    fn wait_until_written(exporter: &mut Exporter, pictures: u64) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while exporter.progress() != (pictures, 0) {
            assert!(Instant::now() < deadline, "{:?}", exporter.progress());
            thread::sleep(Duration::from_millis(2));
            exporter.forward(Instant::now()).expect("written");
        }
    }

    #[test]
    fn frames_wait_for_their_pictures_and_pictures_keep_their_order() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut exporter = Exporter::new(dir.path().into(), ExportMode::EveryFrame, OnFailure::End);
        let now = Instant::now();
        let first = sample(0, SIZE, SIZE).backdrop.stamp;
        assert!(!exporter.wants(first, now) && !exporter.takes_frames(), "the renderer is not warm");
        exporter.updates = WARM_UP;
        let jobs: Vec<_> = (0..MAX_SHOTS as u64)
            .map(|number| {
                assert!(exporter.takes_frames());
                ask(&mut exporter, number, now)
            })
            .collect();
        assert!(!exporter.takes_frames(), "too many on their way");
        assert!(!exporter.wants(jobs[3].backdrop.stamp, now), "one picture a frame");
        // The second is delivered first and has to wait.
        let mut overlays = jobs.into_iter().map(|job| job.overlay);
        let (zeroth, next) = (overlays.next(), overlays.next());
        exporter.deliver(entity(1), next);
        exporter.forward(now).expect("nothing to send");
        assert_eq!(exporter.progress(), (0, MAX_SHOTS));
        exporter.deliver(entity(0), zeroth);
        exporter.forward(now).expect("sent");
        assert!(exporter.takes_frames());
        for (number, overlay) in (2..).zip(overlays) {
            exporter.deliver(entity(number), Some(overlay));
        }
        wait_until_written(&mut exporter, MAX_SHOTS as u64);
        for number in 1..=MAX_SHOTS {
            let file = dir.path().join(format!("overlay_{number:05}.png"));
            let picture = imread(file, IMREAD_COLOR).expect("reads");
            let [_, _, red] = picture.at_2d::<Vec3b>(0, 0).expect("inside").0;
            assert_eq!(usize::from(red), number - 1);
        }
        assert_eq!(exporter.finish().expect("finished"), Some(MAX_SHOTS as u64));
        assert_eq!(exporter.finish().expect("nothing the second time"), None);
        assert!(dir.path().join("camera_and_overlay.mp4").exists());
    }

    #[test]
    fn a_frame_that_came_too_fast_is_waited_for_until_the_next_replaces_it() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut exporter = Exporter::new(dir.path().into(), ExportMode::EveryFrame, OnFailure::End);
        let stamps = [0, 1].map(|number| sample(number, SIZE, SIZE).backdrop.stamp);
        for _ in 0..2 {
            exporter.see(Some(stamps[0]));
        }
        assert_eq!((exporter.progress(), exporter.missed), ((0, 1), 0), "the run may not end yet");
        exporter.see(Some(stamps[1]));
        assert_eq!((exporter.progress(), exporter.missed), ((0, 1), 1));
        exporter.updates = WARM_UP;
        assert!(exporter.wants(stamps[1], Instant::now()));
    }

    #[test]
    fn an_endless_run_takes_a_picture_now_and_then_and_never_holds_frames() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let every = Duration::from_secs(5);
        let mut exporter = Exporter::new(dir.path().into(), ExportMode::Latest { every }, OnFailure::GoOn);
        exporter.updates = WARM_UP;
        let now = Instant::now();
        let job = ask(&mut exporter, 0, now);
        assert!(exporter.takes_frames());
        let stamp = job.backdrop.stamp;
        assert!(!exporter.wants(stamp, now + every), "one at a time");
        exporter.deliver(entity(0), Some(job.overlay));
        exporter.forward(now).expect("sent");
        assert!(!exporter.wants(stamp, now + every / 2), "too early");
        assert!(exporter.wants(stamp, now + every), "of the same frame: the overlay may have changed");
    }

    #[test]
    fn a_picture_that_never_comes_and_a_disk_that_refuses_are_errors() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut exporter = Exporter::new(dir.path().into(), ExportMode::EveryFrame, OnFailure::End);
        exporter.updates = WARM_UP;
        let now = Instant::now();
        ask(&mut exporter, 7, now);
        exporter.forward(now + SHOT_TIMEOUT).expect("still time");
        let error = exporter.forward(now + SHOT_TIMEOUT + Duration::from_millis(1)).expect_err("too late");
        assert_eq!(error.to_string(), "the renderer delivered no picture of frame 7 within 30 s");

        let mut exporter = Exporter::new(dir.path().join("gone"), ExportMode::EveryFrame, OnFailure::End);
        exporter.updates = WARM_UP;
        let job = ask(&mut exporter, 0, now);
        exporter.deliver(entity(0), Some(job.overlay));
        exporter.forward(now).expect("sent");
        let deadline = Instant::now() + Duration::from_secs(30);
        let error = loop {
            assert!(Instant::now() < deadline);
            match exporter.forward(now) {
                Ok(()) => thread::sleep(Duration::from_millis(2)),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, ExportError::Write { .. }), "{error}");
        exporter.writer = None;
    }

    #[test]
    fn an_endless_run_goes_on_without_its_directory_and_writes_when_it_is_back() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let out = dir.path().join("pictures");
        let mode = ExportMode::Latest { every: Duration::ZERO };
        let mut exporter = Exporter::new(out.clone(), mode, OnFailure::GoOn);
        exporter.updates = WARM_UP;
        let now = Instant::now();
        // A file in place of the directory: it can be neither written into nor created.
        fs::write(&out, "in the way").expect("written");
        let job = ask(&mut exporter, 0, now);
        exporter.deliver(entity(0), Some(job.overlay));
        exporter.forward(now).expect("sent");
        let error = loop {
            match exporter.forward(now) {
                Ok(()) => thread::sleep(Duration::from_millis(2)),
                Err(error) => break error,
            }
        };
        assert!(!exporter.fail(&error, now), "the program goes on");
        assert!(exporter.takes_frames() && exporter.last_logged.is_some());
        assert!(!exporter.wants(sample(1, SIZE, SIZE).backdrop.stamp, now), "not at once");
        let error = exporter.retry(now + RETRY_INTERVAL).expect_err("the file is still there");
        assert!(matches!(error, ExportError::Create { .. }), "{error}");
        assert!(!exporter.fail(&error, now + RETRY_INTERVAL));

        fs::remove_file(&out).expect("removed");
        let later = now + 3 * RETRY_INTERVAL;
        exporter.retry(later).expect("made anew");
        let job = ask(&mut exporter, 2, later);
        exporter.deliver(entity(2), Some(job.overlay));
        wait_until_written(&mut exporter, 1);
        exporter.recover();
        assert_eq!(exporter.last_logged, None);
        assert!(out.join("overlay.png").exists());
    }

    #[test]
    fn a_directory_is_made_and_tried_beforehand() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let nested = dir.path().join("a/b");
        ExportPlugin::prepare(&nested).expect("made");
        assert_eq!(fs::read_dir(&nested).expect("there").count(), 0, "the probe is gone");
        for name in ["overlay_00007.png", "overlay_mine.png"] {
            fs::write(nested.join(name), "").expect("written");
        }
        ExportPlugin::prepare(&nested).expect("there");
        assert!(!nested.join("overlay_00007.png").exists() && nested.join("overlay_mine.png").exists());
        let file = dir.path().join("file");
        fs::write(&file, "").expect("written");
        let error = ExportPlugin::prepare(&file).expect_err("a file");
        assert!(matches!(error, ExportError::Create { .. }), "{error}");
        assert_eq!(error.to_string().lines().count(), 1);
        // Nobody can create a file there.
        let error = ExportPlugin::prepare("/proc").expect_err("not writable");
        assert!(matches!(error, ExportError::NotWritable { .. }), "{error}");
        assert!(!error.to_string().contains(".tmp"), "{error}");
    }

    #[test]
    fn idle_means_all_is_written_or_never_will_be() {
        let progress =
            |pending, failed: Option<&str>| ExportProgress { written: 1, pending, failed: failed.map(str::to_owned) };
        assert!(progress(0, None).is_idle() && progress(2, Some("disk full")).is_idle());
        assert!(!progress(1, None).is_idle());
    }
}
