//! Capture of stamped frames from a camera, a stream, a file or a folder. Sources block, break off and hang; the
//! supervisor isolates the rest of the program from that.

mod board;
mod cadence;
mod camera;
mod channel;
mod container;
mod decoder;
mod error;
mod exif;
mod folder;
mod frame;
mod header;
pub mod libav;
mod picture;
mod remote;
mod source;
mod supervisor;
#[cfg(test)]
mod testing;
mod timing;
mod url;
mod video;

pub use error::{CaptureError, panic_text};
pub use frame::{Frame, FrameStamp};
pub use picture::{MAX_ELONGATED, MAX_SIDE, MIN_SIDE, read_picture};
pub use source::{BadSource, Delivery, FORMS, FrameSource, Opener, Picture, SourceKind, SourceSpec, SourceStatus};

pub use board::{SourceBoard, SourceReport};
pub use channel::{SlotSender, StopHandle, StopToken, Stopped, slot, stop_pair};
pub use supervisor::Supervisor;
pub use timing::SupervisorTiming;

use opencv::core::{LogLevel, set_log_level};
use std::{
    ffi::OsStr,
    sync::{Arc, Once},
};

/// Playback options of recorded pictures. Live sources ignore them.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceOptions {
    /// `true` to start over at the end.
    pub looped: bool,
    /// Start of the range, seconds of the recording; the frame at this time is the first.
    pub start: Option<f64>,
    /// End of the range, seconds of the recording; the frame at this time is not shown.
    pub end: Option<f64>,
    /// Frame rate of a folder, pictures a second.
    pub folder_fps: f64,
}

impl Default for SourceOptions {
    fn default() -> Self {
        Self { looped: false, start: None, end: None, folder_fps: 2.0 }
    }
}

impl SourceOptions {
    fn check(&self) -> Result<(), CaptureError> {
        let start = self.start.unwrap_or(0.0);
        let possible = (0.0..1e9).contains(&start) && self.end.is_none_or(|end| end > start);
        if !possible {
            return Err(CaptureError::BadRange { start, end: self.end });
        }
        if !(0.01..=1000.0).contains(&self.folder_fps) {
            return Err(CaptureError::BadRate { fps: self.folder_fps });
        }
        Ok(())
    }
}

/// Opens a source; blocks until it is open. A video path with the extension of a picture is shown as a folder of one.
///
/// # Errors
/// The source is absent, of another kind, damaged or refused, the options are invalid, or it is the simulated rig,
/// which its owner opens.
pub fn open(spec: &SourceSpec, options: &SourceOptions) -> Result<Box<dyn FrameSource>, CaptureError> {
    options.check()?;
    let source: Box<dyn FrameSource> = match spec {
        SourceSpec::Camera(index) => Box::new(camera::CameraSource::open_index(*index)?),
        SourceSpec::Device(path) => Box::new(camera::CameraSource::open_device(path)?),
        SourceSpec::Url(url) => url::open(url, options)?,
        SourceSpec::Video(path) if picture::is_picture(path) => Box::new(folder::FolderSource::single(path, options)?),
        SourceSpec::Video(path) => Box::new(cadence::RepeatFilter::new(video::VideoSource::open(path, options)?)),
        SourceSpec::Folder(path) => Box::new(folder::FolderSource::open(path, options)?),
        SourceSpec::Sim(_) => return Err(CaptureError::SimulationElsewhere),
    };
    Ok(source)
}

/// Checks that a camera is plugged in; other sources are not checked.
///
/// # Errors
/// There is no such camera; the error lists those that are present.
pub fn check_present(spec: &SourceSpec) -> Result<(), CaptureError> {
    match spec {
        SourceSpec::Camera(index) => camera::index_present(*index).map(|_| ()),
        SourceSpec::Device(path) => camera::device_present(path),
        _ => Ok(()),
    }
}

/// Returns an opener of a source.
#[must_use]
pub fn opener(spec: SourceSpec, options: SourceOptions) -> Opener {
    Arc::new(move || open(&spec, &options))
}

/// Keeps OpenCV, graphics drivers and the Wayland library from writing to stderr, and makes V4L2 give up on a silent
/// camera early. Call it first in `main`: most of them are configured through the environment, which can only be set
/// while the program has one thread. Later calls silence OpenCV alone. A variable that the user has set is left
/// unchanged.
#[expect(unsafe_code, reason = "there is no other way to tell V4L2 and Wayland")]
pub fn quieten_libraries() {
    quieten_log();
    let alone = std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1);
    if !alone {
        return;
    }
    let nowhere = std::env::temp_dir();
    for (name, value) in [
        ("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", OsStr::new("3")),
        // Graphics drivers log messages for their own developers.
        ("EGL_LOG_LEVEL", OsStr::new("fatal")),
        ("MESA_VK_IGNORE_CONFORMANCE_WARNING", OsStr::new("1")),
        // Graphics drivers look for a Wayland display, and its library reports an error if this is not set.
        ("XDG_RUNTIME_DIR", nowhere.as_os_str()),
    ] {
        if std::env::var_os(name).is_none() {
            // SAFETY: no other thread can read or write the environment, as this is the program's only one.
            unsafe {
                std::env::set_var(name, value);
            }
        }
    }
}

/// Silences OpenCV's log: errors are reported by typed, one-line messages; OpenCV's own go to stderr and say less.
fn quieten_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = set_log_level(LogLevel::LOG_LEVEL_SILENT) {
            tracing::warn!("OpenCV's log cannot be silenced: {}", error.message);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(spec: &str, options: &SourceOptions) -> CaptureError {
        open(&spec.parse().unwrap(), options).map(|_| ()).expect_err("the source is refused")
    }

    #[test]
    fn impossible_options_are_refused_before_anything_is_opened() {
        let options = SourceOptions::default();
        for (start, end) in [(Some(-1.0), None), (Some(f64::NAN), None), (Some(3.0), Some(3.0)), (None, Some(f64::NAN))]
        {
            let ranged = SourceOptions { start, end, ..options.clone() };
            assert!(matches!(error("nowhere.mp4", &ranged), CaptureError::BadRange { .. }), "{start:?}..{end:?}");
        }
        for folder_fps in [0.0, -2.0, f64::NAN, f64::INFINITY] {
            let paced = SourceOptions { folder_fps, ..options.clone() };
            assert!(matches!(error("nowhere/", &paced), CaptureError::BadRate { .. }), "{folder_fps}");
        }
    }

    #[test]
    fn each_spec_opens_its_own_kind_of_source() {
        let options = SourceOptions::default();
        assert!(matches!(error("camera:4242", &options), CaptureError::CameraAbsent { .. }));
        assert!(matches!(error("/dev/v4l/by-id/none", &options), CaptureError::DeviceAbsent { .. }));
        assert!(matches!(error("nowhere.mp4", &options), CaptureError::Missing { .. }));
        assert!(matches!(error("nowhere.png", &options), CaptureError::Missing { .. }));
        assert!(matches!(error("nowhere/", &options), CaptureError::Missing { .. }));
        assert!(matches!(error("sim:break", &options), CaptureError::SimulationElsewhere));
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("table.png");
        std::fs::write(&picture, testing::blank(".png", 100, 80)).unwrap();
        let mut source = open(&SourceSpec::Video(picture), &options).unwrap();
        assert!(source.read().unwrap().is_some() && source.read().unwrap().is_none());
    }
}
