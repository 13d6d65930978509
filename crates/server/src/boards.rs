//! What HTTP tells: the newest of each thing, as plain data. Nothing here waits for anybody.

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

/// The newest of one thing; `None` before the first.
pub(crate) type Board<T> = watch::Sender<Option<Arc<T>>>;

/// All boards.
#[derive(Default)]
pub struct Boards {
    pub(crate) calibration: Board<CalibrationReport>,
    pub(crate) sources: Board<SourcesData>,
    pub(crate) settings: Board<Settings>,
    pub(crate) shots: Board<Vec<ShotRecord>>,
    pub(crate) seen: Board<SeenFrame>,
    pub(crate) gpu: Board<GpuData>,
    pub(crate) frames: Frames,
    /// How many clients look at the camera's picture: it is kept while there are any.
    pub(crate) picture_watchers: AtomicUsize,
}

/// The newest frame, and what was seen in it.
pub struct SeenFrame {
    /// Size of the camera's picture, pixels.
    pub size: FrameSize,
    /// Time that seeing took.
    pub vision_time: Duration,
    /// Whether the table is seen: `fits`, `hidden`, `moved`, or why there is none, in words.
    pub table: String,
    /// What was seen.
    pub detections: DetectionsData,
    /// The picture, where it was kept.
    pub picture: Option<Box<dyn CameraPicture>>,
}

/// A picture of the camera that can be packed for a browser.
pub trait CameraPicture: Send + Sync {
    /// Packs it as a JPEG, with what is known drawn into it if `overlay` says so. Takes milliseconds of a processor.
    ///
    /// # Errors
    /// In words, when it cannot be drawn or packed.
    fn jpeg(&self, overlay: bool) -> Result<Vec<u8>, String>;
}

impl Boards {
    /// Puts up how the calibration stands.
    pub fn set_calibration(&self, report: CalibrationReport) {
        put(&self.calibration, report);
    }

    /// Puts up the sources of pictures to choose from.
    pub fn set_sources(&self, sources: SourcesData) {
        put(&self.sources, sources);
    }

    /// Puts up the settings in force.
    pub fn set_settings(&self, settings: Settings) {
        put(&self.settings, settings);
    }

    /// Puts up the shots that are over, the newest first.
    pub fn set_shots(&self, newest_first: Vec<ShotRecord>) {
        self.shots.send_replace(Some(Arc::new(newest_first)));
    }

    /// Puts up the newest frame, or takes it away.
    pub fn set_seen(&self, seen: Option<SeenFrame>) {
        self.seen.send_replace(seen.map(Arc::new));
    }

    /// Puts up what draws.
    pub fn set_gpu(&self, gpu: GpuData) {
        put(&self.gpu, gpu);
    }

    /// Notes what became of a frame.
    pub fn note_frame(&self, frame: FrameRecord) {
        self.frames.push(frame);
    }

    /// Whether anybody looks at the camera's picture.
    #[must_use]
    pub fn is_picture_watched(&self) -> bool {
        self.picture_watchers.load(Ordering::Relaxed) > 0
    }
}

/// What stands on a board.
pub(crate) fn newest<T>(board: &Board<T>) -> Option<Arc<T>> {
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
