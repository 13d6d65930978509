//! Definition, specification and status of a picture source.

use super::CaptureError;
use opencv::core::Mat;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

/// One picture of a source.
pub struct Picture {
    /// Picture, 8-bit BGR, 64 to 8192 pixels a side.
    pub image: Mat,
    /// Source's own time, never decreasing; `None` for a live source, which is stamped on arrival.
    pub time: Option<Duration>,
}

/// A source of pictures. It is read on a thread of its own, so it may block.
pub trait FrameSource: Send {
    /// Blocks until the next picture; `Ok(None)` at the end of a finite source.
    ///
    /// # Errors
    /// The source broke off; it is then dropped, and reopened if that may help.
    fn read(&mut self) -> Result<Option<Picture>, CaptureError>;

    /// Returns `true` for cameras, streams and the simulation, whose frames come at any time, and `false` for files and
    /// folders, which are paced by the supervisor.
    fn is_live(&self) -> bool;

    /// Returns whether this program makes the pictures itself: when they are late, the machine is slow, and nothing is
    /// lost.
    fn is_computed(&self) -> bool {
        false
    }

    /// Describes the source in one line for the operator, e.g. `smartcue.mp4, 1920×1080, 25 fps`.
    fn describe(&self) -> String;

    /// Returns the number of pictures that the source has skipped since it was opened because they could not be read.
    fn skipped(&self) -> u64 {
        0
    }
}

/// Function that opens a source each time it is called, on a thread of its own, so it may block.
pub type Opener = Arc<dyn Fn() -> Result<Box<dyn FrameSource>, CaptureError> + Send + Sync>;

/// Treatment of frames that are not fetched in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// The newest frame wins; recordings play at their own speed.
    #[default]
    Latest,
    /// Every frame is processed in order; the sender waits (finite sources run headless).
    EveryFrame,
}

/// Status of a source.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "detail")]
pub enum SourceStatus {
    /// The source is being opened for the first time.
    #[default]
    Opening,
    /// The source delivers.
    Running,
    /// The source does not deliver and is being reopened.
    Lost {
        /// Reason in one line.
        reason: String,
        /// Delay until the next attempt.
        retry_in: Duration,
    },
    /// A finite source, or the requested number of frames, has come to its end.
    Ended,
    /// The source cannot be used, and a retry does not help. The reason is one line.
    Failed(String),
}

impl SourceStatus {
    /// Returns whether no further frame will come.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Ended | Self::Failed(_))
    }
}

impl fmt::Display for SourceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opening => f.write_str("opening"),
            Self::Running => f.write_str("running"),
            Self::Lost { reason, retry_in } => write!(f, "lost: {reason}; retry in {:.1} s", retry_in.as_secs_f64()),
            Self::Ended => f.write_str("ended"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// A source, as the operator names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SourceSpec {
    /// The camera `/dev/videoN`, written `camera:N`.
    Camera(i32),
    /// A path below `/dev/`, preferably in `/dev/v4l/by-id/`, which stays with the camera whatever port it is in.
    Device(PathBuf),
    /// An `rtsp`, `rtsps`, `http` or `https` address of a video stream.
    Url(String),
    /// A video file, or one picture.
    Video(PathBuf),
    /// A folder of pictures.
    Folder(PathBuf),
    /// The simulated rig, written `sim` or `sim:scene`.
    Sim(Option<String>),
}

/// A text that is not a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSource {
    /// The text is empty.
    #[error("no source is named: expected {FORMS}")]
    Nothing,
    /// The text is `camera:` without a valid number.
    #[error("`{0}` names no camera: expected camera:N with N a whole number from 0, e.g. camera:0")]
    Camera(String),
    /// The text is a number alone.
    #[error("`{0}` is not a source: a camera is named camera:{0}")]
    BareNumber(String),
    /// The text is an address of another protocol, or one without a host.
    #[error("`{0}` is not a source: an address begins with rtsp://, rtsps://, http:// or https:// and names a host")]
    Address(String),
    /// The text is `sim:` without a scene.
    #[error("`{0}` names no scene: expected sim, or sim:SCENE")]
    Scene(String),
}

/// Accepted forms of a source, for errors and help texts.
pub const FORMS: &str = "camera:N, a /dev/ path such as /dev/v4l/by-id/…, an rtsp:// or http:// address, a video file, a \
                         folder of pictures, or sim[:SCENE], a simulated table";

const SCHEMES: [&str; 4] = ["rtsp", "rtsps", "http", "https"];

/// Kind of a source, by the origin of its pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A camera or a stream, which shows a real table now.
    Live,
    /// A file or a folder.
    Recorded,
    /// The simulated rig.
    Simulated,
}

impl SourceKind {
    /// Returns whether the source shows a real table now.
    #[must_use]
    pub const fn is_live(self) -> bool {
        match self {
            Self::Live => true,
            Self::Recorded | Self::Simulated => false,
        }
    }

    /// Returns whether the source is a file or a folder.
    #[must_use]
    pub const fn is_recorded(self) -> bool {
        match self {
            Self::Recorded => true,
            Self::Live | Self::Simulated => false,
        }
    }

    /// Returns whether the source is the simulated rig.
    #[must_use]
    pub const fn is_simulated(self) -> bool {
        match self {
            Self::Simulated => true,
            Self::Live | Self::Recorded => false,
        }
    }
}

impl SourceSpec {
    /// Returns the kind of the source. A new kind of source has to be added here.
    #[must_use]
    pub const fn kind(&self) -> SourceKind {
        match self {
            Self::Camera(_) | Self::Device(_) | Self::Url(_) => SourceKind::Live,
            Self::Video(_) | Self::Folder(_) => SourceKind::Recorded,
            Self::Sim(_) => SourceKind::Simulated,
        }
    }

    /// Formats the source like `Display`, but without the password that an address may contain: for logs and screens.
    #[must_use]
    pub fn redacted(&self) -> String {
        match self {
            Self::Url(url) => redact(url),
            other => other.to_string(),
        }
    }
}

impl FromStr for SourceSpec {
    type Err = BadSource;

    /// Parses a source. A path counts as a folder if it is one now or ends in `/`; a missing file is detected only when
    /// it is opened.
    fn from_str(text: &str) -> Result<Self, BadSource> {
        let named = || text.to_owned();
        if text.trim().is_empty() {
            return Err(BadSource::Nothing);
        }
        if let Some(number) = text.strip_prefix("camera:") {
            let plain = number.bytes().all(|b| b.is_ascii_digit());
            let index = number.parse::<i32>().ok().filter(|_| plain);
            return index.map(Self::Camera).ok_or_else(|| BadSource::Camera(named()));
        }
        if text == "sim" {
            return Ok(Self::Sim(None));
        }
        if let Some(scene) = text.strip_prefix("sim:") {
            let scene = Some(scene).filter(|scene| !scene.is_empty()).ok_or_else(|| BadSource::Scene(named()))?;
            return Ok(Self::Sim(Some(scene.to_owned())));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let known = SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
            let (host, _) = split_at_any(rest, &['/', '?', '#']);
            let host = host.rsplit('@').next().unwrap_or_default();
            let named_host = !host.is_empty() && !host.starts_with(':') && !host.contains(char::is_whitespace);
            return if known && named_host { Ok(Self::Url(named())) } else { Err(BadSource::Address(redact(text))) };
        }
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadSource::BareNumber(named()));
        }
        let path = PathBuf::from(text);
        // Files below /dev/shm are ordinary files.
        if path.starts_with("/dev") && !path.starts_with("/dev/shm") && !text.ends_with('/') {
            Ok(Self::Device(path))
        } else if text.ends_with('/') || path.is_dir() {
            Ok(Self::Folder(path))
        } else {
            Ok(Self::Video(path))
        }
    }
}

impl fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camera(index) => write!(f, "camera:{index}"),
            Self::Device(path) | Self::Video(path) => write!(f, "{}", path.display()),
            Self::Url(url) => f.write_str(url),
            // The slash marks a folder even if the folder does not exist when the text is read again.
            Self::Folder(path) => {
                let text = path.display().to_string();
                write!(f, "{}/", text.strip_suffix('/').unwrap_or(&text))
            }
            Self::Sim(None) => f.write_str("sim"),
            Self::Sim(Some(scene)) => write!(f, "sim:{scene}"),
        }
    }
}

impl Serialize for SourceSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SourceSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Returns an address without user, password and query.
pub(super) fn redact(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = split_at_any(rest, &['/', '?', '#']);
    let host = authority.rsplit('@').next().unwrap_or_default();
    let hidden = if host.len() < authority.len() { "…@" } else { "" };
    let (path, query) = split_at_any(path, &['?', '#']);
    let query = if query.is_empty() { "" } else { "?…" };
    format!("{scheme}://{hidden}{host}{path}{query}")
}

fn split_at_any<'a>(text: &'a str, marks: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(marks).unwrap_or(text.len()))
}

/// Returns the last part of a path, for people.
pub(super) fn short_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SourceSpec, BadSource> {
        text.parse()
    }

    #[test]
    fn specs_survive_text() {
        for (text, spec) in [
            ("camera:0", SourceSpec::Camera(0)),
            ("camera:12", SourceSpec::Camera(12)),
            ("/dev/video2", SourceSpec::Device("/dev/video2".into())),
            (
                "/dev/v4l/by-id/usb-Cam_1-video-index0",
                SourceSpec::Device("/dev/v4l/by-id/usb-Cam_1-video-index0".into()),
            ),
            (
                "rtsp://me:secret@10.0.0.7:554/live?ch=1",
                SourceSpec::Url("rtsp://me:secret@10.0.0.7:554/live?ch=1".into()),
            ),
            ("https://host/video.m3u8", SourceSpec::Url("https://host/video.m3u8".into())),
            ("clips/break.mp4", SourceSpec::Video("clips/break.mp4".into())),
            ("/dev/shm/break.mp4", SourceSpec::Video("/dev/shm/break.mp4".into())),
            ("nowhere/pictures/", SourceSpec::Folder("nowhere/pictures/".into())),
            ("sim", SourceSpec::Sim(None)),
            ("sim:break", SourceSpec::Sim(Some("break".into()))),
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&spec), "{text}");
            assert_eq!(spec.to_string(), text);
            let json = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<SourceSpec>(&json).unwrap(), spec);
        }
    }

    #[test]
    fn each_source_is_of_one_kind() {
        for (text, facts) in [
            ("camera:0", [true, false, false]),
            ("/dev/video2", [true, false, false]),
            ("rtsp://10.0.0.7/live", [true, false, false]),
            ("clips/break.mp4", [false, true, false]),
            ("nowhere/pictures/", [false, true, false]),
            ("sim:break", [false, false, true]),
        ] {
            let kind = parse(text).unwrap().kind();
            assert_eq!([kind.is_live(), kind.is_recorded(), kind.is_simulated()], facts, "{text}");
        }
    }

    #[test]
    fn a_path_that_is_a_folder_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().display().to_string();
        let spec = parse(&text).unwrap();
        assert_eq!(spec, SourceSpec::Folder(folder.path().into()));
        let written = spec.to_string();
        assert_eq!(written, format!("{text}/"));
        assert!(matches!(parse(&written), Ok(SourceSpec::Folder(_))));
    }

    #[test]
    fn what_names_no_source_is_told_what_would() {
        assert_eq!(parse(" "), Err(BadSource::Nothing));
        for text in ["camera:", "camera:x", "camera:-1", "camera:+1", "camera:99999999999"] {
            assert_eq!(parse(text), Err(BadSource::Camera(text.into())), "{text}");
        }
        assert_eq!(parse("0"), Err(BadSource::BareNumber("0".into())));
        assert_eq!(parse("0").unwrap_err().to_string(), "`0` is not a source: a camera is named camera:0");
        for text in ["ftp://host/a.mp4", "rtsp://", "http:///video", "rtsp://:554/live"] {
            assert_eq!(parse(text), Err(BadSource::Address(text.into())), "{text}");
        }
        assert_eq!(parse("sim:"), Err(BadSource::Scene("sim:".into())));
        for text in ["", "camera:x", "7", "udp://@239.0.0.1:1234", "sim:"] {
            assert_eq!(parse(text).unwrap_err().to_string().lines().count(), 1);
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let shown = |text: &str| parse(text).unwrap().redacted();
        assert_eq!(shown("rtsp://me:se@cret@10.0.0.7:554/live?token=abc"), "rtsp://…@10.0.0.7:554/live?…");
        assert_eq!(shown("rtsp://10.0.0.7/live"), "rtsp://10.0.0.7/live");
        assert_eq!(shown("camera:1"), "camera:1");
    }

    #[test]
    fn a_status_is_one_line_and_serialises() {
        let lost = SourceStatus::Lost { reason: "camera:0 is absent".into(), retry_in: Duration::from_millis(500) };
        assert_eq!(lost.to_string(), "lost: camera:0 is absent; retry in 0.5 s");
        let json = serde_json::to_value(SourceStatus::Failed("a.mp4 is empty".into())).unwrap();
        assert_eq!(json, serde_json::json!({ "state": "failed", "detail": "a.mp4 is empty" }));
        assert!(!lost.is_final() && SourceStatus::Ended.is_final());
    }
}
