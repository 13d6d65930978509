//! The thread that encodes and writes, so that the ECS never waits for a disk.

use super::{
    ExportMode,
    error::ExportError,
    picture::{Overlay, SideBySide, frame_from_overlay},
    video::Video,
};
use billiards_capture::{Frame, FrameStamp};
use billiards_table::{CameraView, ProjectorView};
use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, bounded};
use opencv::{
    core::{Mat, Vector},
    imgcodecs::{IMWRITE_PNG_COMPRESSION, imencode},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Maximum number of pictures that wait for the thread.
const QUEUE: usize = 4;
/// Interval at which the end of the run checks the progress of the thread.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// Compression level of PNG files: overlays are mostly black, so that the fastest level suffices.
const PNG_LEVEL: i32 = 1;
const OVERLAY: &str = "overlay.png";
const PICTURE: &str = "camera_and_overlay.png";
const VIDEO: &str = "camera_and_overlay.mp4";

/// Frame and calibration that belong to an overlay picture.
pub(super) struct Backdrop {
    /// The camera's frame; without it the overlay is written alone.
    pub(super) frame: Option<Arc<Frame>>,
    /// Index, time and size of the frame.
    pub(super) stamp: FrameStamp,
    /// Calibration of the camera; without it the light is not added to the camera's picture.
    pub(super) camera: Option<CameraView>,
    /// Calibration of the projector.
    pub(super) projector: ProjectorView,
}

/// A picture to write.
pub(super) struct Job {
    pub(super) overlay: Overlay,
    pub(super) backdrop: Backdrop,
}

/// The ECS's handle of the thread.
pub(super) struct Writer {
    jobs: Sender<Job>,
    end: Receiver<Result<(), ExportError>>,
    written: Arc<AtomicU64>,
    sent: u64,
}

impl Writer {
    pub(super) fn start(dir: PathBuf, mode: ExportMode) -> Result<Self, ExportError> {
        let (jobs, queue) = bounded::<Job>(QUEUE);
        let (report, end) = bounded(1);
        let written = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&written);
        let work = move || {
            let result = Files::new(dir, mode).write_all(&queue, &count);
            if report.send(result).is_err() {
                tracing::debug!("nobody waited for the last picture");
            }
        };
        thread::Builder::new().name("export".into()).spawn(work).map_err(ExportError::Thread)?;
        Ok(Self { jobs, end, written, sent: 0 })
    }

    /// Returns whether another picture can be sent.
    pub(super) fn has_room(&self) -> bool {
        !self.jobs.is_full()
    }

    /// Sends a picture to the thread. Call it only while there is room: this never waits.
    ///
    /// # Errors The thread has ended; returns its error.
    pub(super) fn send(&mut self, job: Job) -> Result<(), ExportError> {
        match self.jobs.try_send(job) {
            Ok(()) => {
                self.sent += 1;
                Ok(())
            }
            Err(_) => self.check().and(Err(ExportError::WriterGone)),
        }
    }

    /// Returns the number of pictures that are written, with all their files.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// Returns the number of pictures that are sent and not yet written.
    pub(super) fn pending(&self) -> u64 {
        self.sent.saturating_sub(self.written())
    }

    /// Checks that the thread is running.
    ///
    /// # Errors The thread has ended early; returns its error.
    pub(super) fn check(&self) -> Result<(), ExportError> {
        match self.end.try_recv() {
            Err(TryRecvError::Empty) => Ok(()),
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) | Err(TryRecvError::Disconnected) => Err(ExportError::WriterGone),
        }
    }

    /// Sends the last pictures and waits until the files are finished, as long as another picture is written within
    /// `stall`. Returns the number of pictures.
    ///
    /// # Errors Writing the last pictures failed, or there is no more progress.
    pub(super) fn finish(self, rest: impl IntoIterator<Item = Job>, stall: Duration) -> Result<u64, ExportError> {
        let mut watch = ProgressWatch { written: self.written(), since: Instant::now(), stall };
        'jobs: for mut job in rest {
            loop {
                match self.jobs.send_timeout(job, CHECK_INTERVAL) {
                    Ok(()) => break,
                    Err(SendTimeoutError::Timeout(back)) => job = back,
                    // The result of the thread, read below, says why it ended.
                    Err(SendTimeoutError::Disconnected(_)) => break 'jobs,
                }
                watch.check(self.written())?;
            }
        }
        // An empty queue without a sender tells the thread that it is complete.
        drop(self.jobs);
        loop {
            match self.end.recv_timeout(CHECK_INTERVAL) {
                Ok(result) => return result.map(|()| self.written.load(Ordering::Acquire)),
                Err(RecvTimeoutError::Timeout) => watch.check(self.written.load(Ordering::Acquire))?,
                Err(RecvTimeoutError::Disconnected) => return Err(ExportError::WriterGone),
            }
        }
    }
}

/// Distinguishes a slow disk from one that is stuck.
struct ProgressWatch {
    /// Number of pictures at the last progress.
    written: u64,
    /// Time of the last progress.
    since: Instant,
    /// Maximum time without progress.
    stall: Duration,
}

impl ProgressWatch {
    /// Records progress.
    ///
    /// # Errors There was no progress for too long.
    fn check(&mut self, written: u64) -> Result<(), ExportError> {
        if written != self.written {
            (self.written, self.since) = (written, Instant::now());
        }
        if self.since.elapsed() > self.stall {
            return Err(ExportError::Unfinished { seconds: self.stall.as_secs() });
        }
        Ok(())
    }
}

/// The files of one run.
struct Files {
    dir: PathBuf,
    mode: ExportMode,
    sides: Option<SideBySide>,
    video: Option<Video>,
}

impl Files {
    fn new(dir: PathBuf, mode: ExportMode) -> Self {
        Self { dir, mode, sides: None, video: None }
    }

    fn write_all(mut self, queue: &Receiver<Job>, written: &AtomicU64) -> Result<(), ExportError> {
        for job in queue {
            let number = written.load(Ordering::Relaxed) + 1;
            match self.mode {
                ExportMode::EveryFrame => self.add(number, &job)?,
                ExportMode::Latest { .. } => self.replace(&job)?,
            }
            written.store(number, Ordering::Release);
        }
        self.video.map_or(Ok(()), Video::finish)
    }

    fn add(&mut self, number: u64, job: &Job) -> Result<(), ExportError> {
        let file = self.dir.join(format!("overlay_{number:05}.png"));
        let overlay = job.overlay.to_bgr().map_err(|error| ExportError::picture(&file, &error))?;
        put(&file, png(&file, &overlay)?.as_slice())?;
        let file = self.dir.join(VIDEO);
        if let Some((sides, picture)) = self.both(&file, job, &overlay)? {
            let video = match &mut self.video {
                Some(video) => video,
                None => self.video.insert(Video::begin(file, sides.size())?),
            };
            video.push(job.backdrop.stamp.time, &picture)?;
        }
        Ok(())
    }

    fn replace(&mut self, job: &Job) -> Result<(), ExportError> {
        let file = self.dir.join(OVERLAY);
        let overlay = job.overlay.to_bgr().map_err(|error| ExportError::picture(&file, &error))?;
        swap(&file, png(&file, &overlay)?.as_slice())?;
        let file = self.dir.join(PICTURE);
        // Pictures may differ in size.
        self.sides = None;
        if let Some((_, picture)) = self.both(&file, job, &overlay)? {
            swap(&file, png(&file, &picture)?.as_slice())?;
        }
        Ok(())
    }

    /// Returns the camera's picture and the overlay side by side; `None` without a camera's picture.
    fn both(&mut self, file: &Path, job: &Job, overlay: &Mat) -> Result<Option<(SideBySide, Mat)>, ExportError> {
        let Backdrop { frame, stamp, camera, projector } = &job.backdrop;
        let Some(frame) = frame else { return Ok(None) };
        let size = job.overlay.size;
        let light = camera.map(|camera| frame_from_overlay(size, stamp.size, &camera, projector));
        let sides = *self.sides.get_or_insert_with(|| SideBySide::new(stamp.size, size));
        let picture = sides.compose(&frame.image, overlay, light.as_ref());
        Ok(Some((sides, picture.map_err(|error| ExportError::picture(file, &error))?)))
    }
}

fn png(file: &Path, picture: &Mat) -> Result<Vector<u8>, ExportError> {
    let mut bytes = Vector::<u8>::new();
    let options = Vector::<i32>::from_slice(&[IMWRITE_PNG_COMPRESSION, PNG_LEVEL]);
    match imencode(".png", picture, &mut bytes, &options) {
        Ok(true) => Ok(bytes),
        Ok(false) => Err(ExportError::Picture { file: file.to_owned(), reason: "OpenCV refused to encode it".into() }),
        Err(error) => Err(ExportError::picture(file, &error)),
    }
}

/// Writes a file with the standard library: OpenCV would not report why writing failed.
fn put(file: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    fs::write(file, bytes).map_err(|error| ExportError::write(file, error))
}

/// Replaces the file in one step, so that a reader never sees half of it.
fn swap(file: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let new = file.with_extension("png.new");
    if let Err(error) = put(&new, bytes) {
        // A partial file on a full disk is useless; if it cannot be removed either, the error above covers that.
        fs::remove_file(&new).ok();
        return Err(error);
    }
    fs::rename(&new, file).map_err(|error| ExportError::write(file, error))
}

#[cfg(test)]
pub(super) mod testing {
    use super::{Backdrop, Job};
    use crate::show::export::picture::Overlay;
    use billiards_capture::{Frame, FrameStamp};
    use billiards_table::{FrameSize, Homography, ProjectorView};
    use nalgebra::Matrix3;
    use opencv::core::{CV_8UC3, Mat, Scalar};
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    /// Returns a grey camera picture and an overlay of one shade of red, both identified by their number; 20 of them
    /// per second.
    pub(in crate::show::export) fn sample(number: u64, overlay: FrameSize, frame: FrameSize) -> Job {
        let (rows, columns) = (frame.height as i32, frame.width as i32);
        let image = Mat::new_rows_cols_with_default(rows, columns, CV_8UC3, Scalar::all(50.0)).expect("allocates");
        let time = Duration::from_millis(50 * number);
        let stamp = FrameStamp { index: number, time, captured: Instant::now(), size: frame };
        let pixels = overlay.width as usize * overlay.height as usize;
        let from_table = Homography::from_matrix(Matrix3::identity()).expect("regular");
        Job {
            overlay: Overlay { size: overlay, rgba: [number as u8, 0, 0, 255].repeat(pixels) },
            backdrop: Backdrop {
                frame: Some(Arc::new(Frame { image, stamp })),
                stamp,
                camera: None,
                projector: ProjectorView { size: overlay, from_table },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::sample, *};
    use crate::show::export::video;
    use billiards_table::FrameSize;
    use opencv::{
        imgcodecs::{IMREAD_COLOR, imread},
        prelude::*,
    };

    const SIZE: FrameSize = FrameSize { width: 128, height: 72 };
    const TIMEOUT: Duration = Duration::from_secs(30);

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).expect("readable");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_finite_run_leaves_numbered_pictures_and_one_video() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut writer = Writer::start(dir.path().into(), ExportMode::EveryFrame).expect("starts");
        writer.send(sample(0, SIZE, SIZE)).expect("room");
        let rest = (1..7).map(|number| sample(number, SIZE, SIZE));
        assert_eq!(writer.finish(rest, TIMEOUT).expect("finished"), 7);
        let mut expected: Vec<_> = (1..=7).map(|number| format!("overlay_{number:05}.png")).collect();
        expected.insert(0, VIDEO.into());
        assert_eq!(names(dir.path()), expected);
        let picture = imread(dir.path().join("overlay_00007.png"), IMREAD_COLOR).expect("reads");
        assert_eq!(picture.at_2d::<opencv::core::Vec3b>(3, 3).expect("inside").0, [0, 0, 6], "red, in OpenCV's order");
        let times: Vec<_> = (0..7).map(|number| Duration::from_millis(50 * number)).collect();
        assert_eq!(video::testing::times(&dir.path().join(VIDEO)).expect("plays"), times);
    }

    #[test]
    fn an_endless_run_keeps_two_whole_pictures() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mode = ExportMode::Latest { every: Duration::from_secs(1) };
        let writer = Writer::start(dir.path().into(), mode).expect("starts");
        let larger = FrameSize { width: 160, height: 100 };
        let rest = [sample(1, SIZE, SIZE), sample(2, SIZE, larger)];
        assert_eq!(writer.finish(rest, TIMEOUT).expect("finished"), 2);
        assert_eq!(names(dir.path()), [PICTURE, OVERLAY]);
        let picture = imread(dir.path().join(PICTURE), IMREAD_COLOR).expect("reads");
        assert_eq!(picture.rows(), 100);
    }

    #[test]
    fn an_overlay_without_a_camera_picture_is_written_alone() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let writer = Writer::start(dir.path().into(), ExportMode::EveryFrame).expect("starts");
        let mut job = sample(1, SIZE, SIZE);
        job.backdrop.frame = None;
        assert_eq!(writer.finish([job], TIMEOUT).expect("finished"), 1);
        assert_eq!(names(dir.path()), ["overlay_00001.png"]);
    }

    #[test]
    fn what_the_disk_refuses_is_named() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let gone = dir.path().join("gone");
        let writer = Writer::start(gone.clone(), ExportMode::EveryFrame).expect("starts");
        let error = writer.finish([sample(1, SIZE, SIZE)], TIMEOUT).expect_err("no directory");
        assert!(
            matches!(&error, ExportError::Write { file, .. } if *file == gone.join("overlay_00001.png")),
            "{error}"
        );
    }
}
