//! Queue of the requested screenshots and their hand-over to the writer.

use super::{
    ExportMode, OnFailure,
    error::ExportError,
    picture::Overlay,
    writer::{Backdrop, Job, Writer},
};
use bevy::prelude::*;
use billiards_capture::FrameStamp;
use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

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

/// A requested picture.
struct Shot {
    /// Entity of the screenshot.
    entity: Entity,
    asked: Instant,
    overlay: Option<Overlay>,
    backdrop: Backdrop,
}

/// State of the export: the requested pictures, and the writer that takes them.
#[derive(Resource)]
pub(super) struct Exporter {
    /// Directory of the files.
    pub(super) dir: PathBuf,
    mode: ExportMode,
    on_failure: OnFailure,
    /// `None` when the files are finished, or cannot be.
    writer: Option<Writer>,
    /// Time at which writing is retried after a failure.
    retry_at: Option<Instant>,
    /// Failure that was logged last.
    pub(super) last_logged: Option<String>,
    /// Error that kept the writer from starting.
    unstarted: Option<ExportError>,
    /// Requested pictures, in the order of their requests.
    shots: VecDeque<Shot>,
    /// Number of updates of the app.
    pub(super) updates: u32,
    /// Frame of the last requested picture.
    newest: Option<FrameStamp>,
    /// Frame that arrived last.
    seen: Option<FrameStamp>,
    /// Number of frames without a picture.
    missed: u64,
    asked: Option<Instant>,
}

impl Exporter {
    pub(super) fn new(dir: PathBuf, mode: ExportMode, on_failure: OnFailure) -> Self {
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
    pub(super) fn see(&mut self, stamp: Option<FrameStamp>) {
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
    pub(super) fn wants(&self, stamp: FrameStamp, now: Instant) -> bool {
        self.is_warm()
            && self.writer.is_some()
            && match self.mode {
                ExportMode::EveryFrame => self.newest != Some(stamp) && self.shots.len() < MAX_SHOTS,
                ExportMode::Latest { every } => {
                    self.shots.is_empty() && self.asked.is_none_or(|asked| now.duration_since(asked) >= every)
                }
            }
    }

    /// Records that this entity's screenshot was requested.
    pub(super) fn ask(&mut self, entity: Entity, backdrop: Backdrop, now: Instant) {
        self.newest = Some(backdrop.stamp);
        self.asked = Some(now);
        self.shots.push_back(Shot { entity, asked: now, overlay: None, backdrop });
    }

    /// Returns whether the next frame may be ingested.
    pub(super) fn takes_frames(&self) -> bool {
        match self.mode {
            ExportMode::EveryFrame if self.writer.is_some() => self.is_warm() && self.shots.len() < MAX_SHOTS,
            _ => self.is_warm(),
        }
    }

    /// Records the picture of a screenshot.
    pub(super) fn deliver(&mut self, entity: Entity, overlay: Option<Overlay>) {
        if let Some(shot) = self.shots.iter_mut().find(|shot| shot.entity == entity) {
            shot.overlay = overlay;
        }
    }

    /// Passes delivered pictures to the writer, in order, while it has room.
    pub(super) fn forward(&mut self, now: Instant) -> Result<(), ExportError> {
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
    pub(super) fn fail(&mut self, error: &ExportError, now: Instant) -> bool {
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
    pub(super) fn retry(&mut self, now: Instant) -> Result<(), ExportError> {
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry_at = None;
            fs::create_dir_all(&self.dir).map_err(|source| ExportError::Create { dir: self.dir.clone(), source })?;
            self.writer = Some(Writer::start(self.dir.clone(), self.mode)?);
        }
        Ok(())
    }

    /// Logs that a picture was written after a failure.
    pub(super) fn recover(&mut self) {
        if self.last_logged.is_some() && self.writer.as_ref().is_some_and(|writer| writer.written() > 0) {
            self.last_logged = None;
            info!("pictures are written to {} again", self.dir.display());
        }
    }

    /// Writes the remaining pictures and closes the files. Does nothing the second time.
    pub(super) fn finish(&mut self) -> Result<Option<u64>, ExportError> {
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

    /// Returns the number of pictures on disk, and of those still to come.
    pub(super) fn progress(&self) -> (u64, usize) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::export::writer::testing::sample;
    use billiards_table::FrameSize;
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
}
