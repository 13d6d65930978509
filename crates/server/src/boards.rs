//! State that HTTP reports: the newest value of each kind, as plain data. Nothing here waits.

use crate::frames::Frames;
use billiards_protocol::{
    calibration::CalibrationReport,
    shot::ShotRecord,
    vision::{DetectionsData, FrameRecord, GpuData, SourcesData},
};
use billiards_table::{FrameSize, settings::Settings};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// Newest value of one kind; `None` before the first.
pub(crate) type Board<T> = watch::Sender<Option<Arc<T>>>;

/// State that HTTP reports.
#[derive(Default)]
pub struct Boards {
    pub(crate) calibration: Board<CalibrationReport>,
    pub(crate) sources: Board<SourcesData>,
    pub(crate) settings: Board<Settings>,
    pub(crate) shots: Board<Vec<ShotRecord>>,
    pub(crate) seen: Board<FrameReport>,
    pub(crate) gpu: Board<GpuData>,
    pub(crate) frames: Frames,
    /// Number of clients that watch the camera's picture: it is kept while there are any.
    pub(crate) picture_watchers: AtomicUsize,
}

/// The newest frame, and the detections in it.
pub struct FrameReport {
    /// Size of the camera's picture, pixels.
    pub size: FrameSize,
    /// Time that the detector took.
    pub vision_time: Duration,
    /// State of the table: `fits`, `hidden`, `moved`, or, in words, the reason why none was detected.
    pub table: String,
    /// Detections in the frame.
    pub detections: DetectionsData,
    /// The picture, if it was kept.
    pub picture: Option<Box<dyn CameraPicture>>,
}

/// A picture of the camera that can be encoded for a browser.
pub trait CameraPicture: Send + Sync {
    /// Encodes the picture as a JPEG; `overlay` draws the program's knowledge of the table into it. Takes milliseconds
    /// of a processor.
    ///
    /// # Errors
    /// Returns the reason, in words, if the picture cannot be drawn or encoded.
    fn jpeg(&self, overlay: bool) -> Result<Vec<u8>, String>;
}

impl Boards {
    /// Replaces the state of the calibration.
    pub fn set_calibration(&self, report: CalibrationReport) {
        put(&self.calibration, report);
    }

    /// Replaces the sources of pictures to choose from.
    pub fn set_sources(&self, sources: SourcesData) {
        put(&self.sources, sources);
    }

    /// Replaces the settings in force.
    pub fn set_settings(&self, settings: Settings) {
        put(&self.settings, settings);
    }

    /// Replaces the finished shots, the newest first.
    pub fn set_shots(&self, newest_first: Vec<ShotRecord>) {
        self.shots.send_replace(Some(Arc::new(newest_first)));
    }

    /// Replaces the newest frame, or removes it.
    pub fn set_seen(&self, seen: Option<FrameReport>) {
        self.seen.send_replace(seen.map(Arc::new));
    }

    /// Replaces the graphics adapter that the program renders with.
    pub fn set_gpu(&self, gpu: GpuData) {
        put(&self.gpu, gpu);
    }

    /// Records the processing of a frame.
    pub fn note_frame(&self, frame: FrameRecord) {
        self.frames.push(frame);
    }

    /// Returns whether any client watches the camera's picture.
    #[must_use]
    pub fn is_picture_watched(&self) -> bool {
        self.picture_watchers.load(Ordering::Relaxed) > 0
    }
}

/// Returns the newest value.
pub(crate) fn newest<T>(board: &Board<T>) -> Option<Arc<T>> {
    board.borrow().clone()
}

/// Replaces the value unless it is the same.
fn put<T: PartialEq>(board: &Board<T>, value: T) {
    board.send_if_modified(|shown| {
        let news = shown.as_deref() != Some(&value);
        if news {
            *shown = Some(Arc::new(value));
        }
        news
    });
}
