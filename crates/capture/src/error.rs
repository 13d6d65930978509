//! Errors between a source and its pictures: one line each, with the cause, the place and what is expected.

use super::picture::{MAX_ELONGATED, MAX_SIDE, MIN_SIDE};
use billiards_table::text::Compact;
use std::{any::Any, fmt, io, path::PathBuf, time::Duration};

/// Error of a source, a file or a picture that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// Nothing exists at the path.
    #[error("{path} does not exist")]
    Missing {
        /// Path that does not exist.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error("{path} is empty")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The path is not a file.
    #[error("{path} is not a file")]
    NotAFile {
        /// Path that is not a file.
        path: PathBuf,
    },
    /// The path is not a folder.
    #[error("{path} is not a folder")]
    NotAFolder {
        /// Path that is not a folder.
        path: PathBuf,
    },
    /// The operating system cannot read the file or folder.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Error of the operating system.
        reason: io::Error,
    },
    /// No decoder accepts the file as a video.
    #[error("{path} is not a video that can be decoded (mp4, mkv, avi, mov, webm), or it is damaged")]
    NotAVideo {
        /// The file.
        path: PathBuf,
    },
    /// No frame of the video or picture of the folder lies in the requested range.
    #[error("{path} has no frame between {start} s and {end}: it ends at {length:.3} s", start = Compact(*.start), end = End(.end))]
    EmptyRange {
        /// The file or folder.
        path: PathBuf,
        /// Start of the range, seconds.
        start: f64,
        /// End of the range, seconds; `None` for the end of the file.
        end: Option<f64>,
        /// Time of the last frame that was found, seconds.
        length: f64,
    },
    /// The file is not of a known picture format.
    #[error("{path} is not a picture (png, jpg, bmp, tif or webp)")]
    NotAnImage {
        /// The file.
        path: PathBuf,
    },
    /// The end of the recording is missing.
    #[error("{path} is cut short after {frames} frames ({seconds:.2} s){}", Lost(*.missing, .reason.as_deref()))]
    CutShort {
        /// The file, or the address without the password that it may contain.
        path: PathBuf,
        /// Number of frames that were present.
        frames: u64,
        /// Time of the last of them, seconds.
        seconds: f64,
        /// Number of bytes that the file lacks according to its container; 0 if the container does not state it.
        missing: u64,
        /// Reason why reading ended, if it did not end with the file.
        reason: Option<String>,
    },
    /// A considerable part of the recording cannot be decoded.
    #[error("{path} is damaged: {undecodable} of its {packets} frames cannot be decoded")]
    Undecodable {
        /// The file, or the address without the password that it may contain.
        path: PathBuf,
        /// Number of frames that cannot be decoded.
        undecodable: u64,
        /// Number of frames that were read.
        packets: u64,
    },
    /// The last part of the picture is missing.
    #[error("{path} is cut short: the last part of the picture is missing")]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// The bytes of the picture contradict each other.
    #[error("{path} is damaged: the picture cannot be decoded")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// No decoder accepts the picture.
    #[error("{path} cannot be decoded: it is damaged, or a kind of picture that is not supported")]
    UnknownPicture {
        /// The file.
        path: PathBuf,
    },
    /// The pixels of the picture have a type that is not accepted.
    #[error("{path} is not an 8- or 16-bit picture: its pixels are {pixels}; save it with 8 bits a channel")]
    UnsupportedPixels {
        /// The file.
        path: PathBuf,
        /// Type of its pixels, in words.
        pixels: String,
    },
    /// The file is too large for a picture of an accepted size.
    #[error("{path} has {bytes} bytes; a picture file of at most {most} bytes is needed")]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Length of the file, bytes.
        bytes: u64,
        /// Maximum length that is read, bytes.
        most: u64,
    },
    /// A side of the picture is too short.
    #[error("{name} is {width}×{height} pixels; a picture of {} to {} pixels a side is needed", MIN_SIDE, MAX_SIDE)]
    TooSmall {
        /// File or source.
        name: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A side of the picture is too long.
    #[error("{name} is {width}×{height} pixels; a picture of {} to {} pixels a side is needed", MIN_SIDE, MAX_SIDE)]
    TooLarge {
        /// File or source.
        name: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The picture is too elongated.
    #[error("{name} is {width}×{height} pixels; the longer side must be less than {} times the shorter", MAX_ELONGATED)]
    TooElongated {
        /// File or source.
        name: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The source's pictures do not have the pixel layout 8-bit BGR.
    #[error("{name} delivers pictures of OpenCV type {layout}; 8-bit BGR (type 16) is needed")]
    NotBgr {
        /// The source.
        name: String,
        /// OpenCV's number of the layout.
        layout: i32,
    },
    /// The folder contains no file with the extension of a picture.
    #[error("{path} contains no picture (png, jpg, jpeg, bmp, tif, tiff or webp)")]
    NoPictures {
        /// The folder.
        path: PathBuf,
    },
    /// The folder contains pictures, but none can be read.
    #[error("none of the {count} pictures in {path} can be read; the first: {first}")]
    NoneReadable {
        /// The folder.
        path: PathBuf,
        /// Number of pictures that were tried.
        count: usize,
        /// Error of the first picture.
        first: Box<CaptureError>,
    },
    /// The camera is currently absent.
    #[error("camera:{index} is absent; {}", Present(.present))]
    CameraAbsent {
        /// Number of the camera.
        index: i32,
        /// The cameras that were found.
        present: Vec<PathBuf>,
    },
    /// The device is currently absent.
    #[error("{path} is absent; {}", Present(.present))]
    DeviceAbsent {
        /// The device.
        path: PathBuf,
        /// The cameras that were found.
        present: Vec<PathBuf>,
    },
    /// The device exists, but cannot be used as a camera.
    #[error("{device} cannot be opened as a camera: {reason}")]
    CameraRefused {
        /// The device.
        device: PathBuf,
        /// Reason, as far as it is known.
        reason: String,
    },
    /// The stream's server did not answer, or not with a video.
    #[error("{url} cannot be opened: {reason}; is the address right, and does it serve a video?")]
    StreamRefused {
        /// The address, without the password that it may contain.
        url: String,
        /// Message of the server, the system or FFmpeg.
        reason: String,
    },
    /// A camera or stream stopped delivering.
    #[error("{name} stopped delivering pictures")]
    SignalLost {
        /// The source.
        name: String,
    },
    /// The source delivered nothing within the timeout.
    #[error("{name} delivered nothing for {:.1} s", .waited.as_secs_f64())]
    Stalled {
        /// The source.
        name: String,
        /// Timeout that expired.
        waited: Duration,
    },
    /// The same picture was delivered repeatedly, as some drivers do after the cable was pulled.
    #[error("{name} delivered the same picture for {:.1} s", .lasted.as_secs_f64())]
    Frozen {
        /// The source.
        name: String,
        /// Time for which the picture stayed the same.
        lasted: Duration,
    },
    /// The maximum number of readers hang; no further one is started.
    #[error("{count} readers of the source hang; it is opened again when one of them returns")]
    TooManyHang {
        /// Number of hanging readers.
        count: usize,
    },
    /// The time range is invalid.
    #[error("a range from {start} s to {end} is not possible: start must be 0 or more and end after it", start = Compact(*.start), end = End(.end))]
    BadRange {
        /// Start of the range, seconds.
        start: f64,
        /// End of the range, seconds; `None` for the end of the file.
        end: Option<f64>,
    },
    /// The frame rate of a folder is invalid.
    #[error("the rate of a folder is {} pictures a second, expected 0.01 to 1000", Compact(*.fps))]
    BadRate {
        /// Frame rate, pictures a second.
        fps: f64,
    },
    /// The simulated rig cannot be opened by this crate.
    #[error("sim is not a recorded or live picture: the simulated rig is opened by the program that runs it")]
    SimulationElsewhere,
    /// Another source cannot be opened, and a retry does not help.
    #[error("{name} cannot be opened: {reason}")]
    Unavailable {
        /// The source.
        name: String,
        /// Reason.
        reason: String,
    },
    /// Another source broke off, and a retry may help.
    #[error("{name} was interrupted: {reason}")]
    Interrupted {
        /// The source.
        name: String,
        /// Reason.
        reason: String,
    },
    /// A source panicked, which is a bug.
    #[error("the reader of the source panicked: {what}")]
    Panicked {
        /// Message of the panic.
        what: String,
    },
    /// OpenCV failed unexpectedly.
    #[error("{name}: OpenCV failed: {reason}")]
    OpenCv {
        /// The source or file.
        name: String,
        /// Message of OpenCV, on one line.
        reason: String,
    },
}

impl CaptureError {
    /// Wraps an error of OpenCV; its message is cut to its first line.
    #[must_use]
    pub fn opencv(name: impl Into<String>, error: &opencv::Error) -> Self {
        let reason = error.message.lines().next().unwrap_or_default().trim().to_owned();
        Self::OpenCv { name: name.into(), reason }
    }

    /// Returns whether a source that has not delivered yet is worth a retry: cameras are plugged in, servers come up,
    /// but a file that is not a video stays so.
    #[must_use]
    pub fn retry_helps(&self) -> bool {
        match self {
            Self::CameraAbsent { .. }
            | Self::DeviceAbsent { .. }
            | Self::CameraRefused { .. }
            | Self::StreamRefused { .. }
            | Self::SignalLost { .. }
            | Self::Stalled { .. }
            | Self::Frozen { .. }
            | Self::TooManyHang { .. }
            | Self::Interrupted { .. } => true,
            Self::Missing { .. }
            | Self::Empty { .. }
            | Self::NotAFile { .. }
            | Self::NotAFolder { .. }
            | Self::Unreadable { .. }
            | Self::NotAVideo { .. }
            | Self::EmptyRange { .. }
            | Self::NotAnImage { .. }
            | Self::Truncated { .. }
            | Self::CutShort { .. }
            | Self::Undecodable { .. }
            | Self::Damaged { .. }
            | Self::UnknownPicture { .. }
            | Self::UnsupportedPixels { .. }
            | Self::FileTooLarge { .. }
            | Self::TooSmall { .. }
            | Self::TooLarge { .. }
            | Self::TooElongated { .. }
            | Self::NotBgr { .. }
            | Self::NoPictures { .. }
            | Self::NoneReadable { .. }
            | Self::BadRange { .. }
            | Self::BadRate { .. }
            | Self::SimulationElsewhere
            | Self::Unavailable { .. }
            | Self::Panicked { .. }
            | Self::OpenCv { .. } => false,
        }
    }

    /// Returns whether the device is just absent: checking again costs next to nothing.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::CameraAbsent { .. } | Self::DeviceAbsent { .. })
    }
}

/// The end of a time range, in words.
struct End<'a>(&'a Option<f64>);

impl fmt::Display for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(end) => write!(f, "{} s", Compact(*end)),
            None => f.write_str("the end"),
        }
    }
}

/// The missing part of a recording that was cut short, in words.
struct Lost<'a>(u64, Option<&'a str>);

impl fmt::Display for Lost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(0, None) => Ok(()),
            Self(0, Some(reason)) => write!(f, ": {reason}"),
            Self(missing, _) => write!(f, ": the last {missing} bytes are missing"),
        }
    }
}

/// The cameras that are present, in words.
struct Present<'a>(&'a [PathBuf]);

impl fmt::Display for Present<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.0.split_first() else { return f.write_str("no camera is present") };
        write!(f, "present: {}", first.display())?;
        others.iter().try_for_each(|other| write!(f, ", {}", other.display()))
    }
}

/// Returns the message of a panic, on one line.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_camera_names_those_that_are_present() {
        let absent = |present| CaptureError::CameraAbsent { index: 3, present }.to_string();
        assert_eq!(absent(vec![]), "camera:3 is absent; no camera is present");
        assert_eq!(
            absent(vec!["/dev/video0".into(), "/dev/video2".into()]),
            "camera:3 is absent; present: /dev/video0, /dev/video2"
        );
    }

    #[test]
    fn errors_are_one_line() {
        let opencv = opencv::Error::new(-215, "OpenCV(4.6.0) assertion failed\nin function 'x'\n");
        assert_eq!(
            CaptureError::opencv("a.mp4", &opencv).to_string(),
            "a.mp4: OpenCV failed: OpenCV(4.6.0) assertion failed"
        );
        let waited = Duration::from_millis(1300);
        let stalled = CaptureError::Stalled { name: "camera:0".into(), waited };
        assert_eq!(stalled.to_string(), "camera:0 delivered nothing for 1.3 s");
        let range = CaptureError::BadRange { start: 4.0, end: Some(2.0) };
        assert!(range.to_string().starts_with("a range from 4 s to 2 s is not possible"), "{range}");
    }

    #[test]
    fn only_what_may_come_back_is_tried_again() {
        assert!(CaptureError::CameraAbsent { index: 0, present: vec![] }.retry_helps());
        assert!(CaptureError::StreamRefused { url: "rtsp://table".into(), reason: "refused".into() }.retry_helps());
        assert!(!CaptureError::NotAVideo { path: "a.txt".into() }.retry_helps());
        assert!(!CaptureError::Missing { path: "a.mp4".into() }.retry_helps());
    }
}
