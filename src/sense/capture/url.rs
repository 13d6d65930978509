//! A video stream from the network, through FFmpeg.

use super::{CaptureError, FrameSource, Picture, picture::check_picture, quieten_log, source::redact, video::rounded};
use opencv::{
    core::{Mat, Vector},
    prelude::*,
    videoio::{CAP_FFMPEG, CAP_PROP_FPS, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FRAME_WIDTH, VideoCapture},
    videoio::{CAP_PROP_OPEN_TIMEOUT_MSEC, CAP_PROP_READ_TIMEOUT_MSEC},
};

/// FFmpeg gives up to open after this, milliseconds. Not every protocol heeds it: the supervisor watches as well.
const OPEN_TIMEOUT: i32 = 8_000;
/// FFmpeg gives up to wait for a frame after this, milliseconds.
const READ_TIMEOUT: i32 = 5_000;

/// A stream that delivers.
pub(super) struct UrlSource {
    capture: VideoCapture,
    /// The address without a password.
    name: String,
}

impl UrlSource {
    /// Connects.
    pub fn open(url: &str) -> Result<Self, CaptureError> {
        quieten_log();
        let name = redact(url);
        let limits = [CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT, CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT];
        let capture = VideoCapture::from_file_with_params(url, CAP_FFMPEG, &Vector::from_slice(&limits))
            .map_err(|error| CaptureError::opencv(&name, &error))?;
        if capture.is_opened().unwrap_or(false) {
            Ok(Self { capture, name })
        } else {
            Err(CaptureError::StreamRefused { url: name })
        }
    }
}

impl FrameSource for UrlSource {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        let mut image = Mat::default();
        let delivered = self.capture.read(&mut image).map_err(|error| CaptureError::opencv(&self.name, &error))?;
        if !delivered || image.empty() {
            return Err(CaptureError::SignalLost { name: self.name.clone() });
        }
        check_picture(&self.name, &image)?;
        Ok(Some(Picture { image, time: None }))
    }

    fn is_live(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let get = |property| self.capture.get(property).unwrap_or(0.0);
        let (width, height) = (get(CAP_PROP_FRAME_WIDTH), get(CAP_PROP_FRAME_HEIGHT));
        format!("{}, {width}×{height}, {} fps", self.name, rounded(get(CAP_PROP_FPS)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_answer_is_named_without_its_password() {
        // Nothing listens on port 1 of this machine.
        let refused = UrlSource::open("rtsp://me:secret@127.0.0.1:1/table").map(|_| ()).unwrap_err();
        assert!(matches!(refused, CaptureError::StreamRefused { .. }) && refused.retry_helps());
        let text = refused.to_string();
        assert!(text.starts_with("rtsp://…@127.0.0.1:1/table cannot be opened") && !text.contains("secret"), "{text}");
    }
}
