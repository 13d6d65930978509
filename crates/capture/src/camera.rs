//! A camera of this machine, through V4L2.

use super::{
    CaptureError, FrameSource, Picture,
    picture::{check_picture, unreadable},
    quieten_log,
    video::rounded,
};
use opencv::{
    core::Mat,
    prelude::*,
    videoio::{CAP_PROP_BUFFERSIZE, CAP_PROP_FOURCC, CAP_PROP_FPS, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FRAME_WIDTH},
    videoio::{CAP_V4L2, VideoCapture, VideoWriter},
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Time of identical pictures after which a camera counts as frozen: a sensor's noise changes every picture, so
/// identical bytes come from a driver that repeats itself.
const FROZEN_AFTER: Duration = Duration::from_secs(2);
/// Minimum spread of a picture's bytes for a comparison, levels; below it (a covered lens, a dark room) it may be
/// identical each time.
const FEATURELESS: u8 = 16;
/// Number of bytes of a picture that are compared, spread over all of it.
const COMPARED: usize = 2 << 20;

/// Returns the device of a camera by its number.
///
/// # Errors
/// There is no such device.
pub(super) fn index_present(index: i32) -> Result<PathBuf, CaptureError> {
    let device = PathBuf::from(format!("/dev/video{index}"));
    if device.exists() { Ok(device) } else { Err(CaptureError::CameraAbsent { index, present: present() }) }
}

/// Checks that a device exists.
///
/// # Errors
/// The device does not exist.
pub(super) fn device_present(path: &Path) -> Result<(), CaptureError> {
    if path.exists() { Ok(()) } else { Err(CaptureError::DeviceAbsent { path: path.into(), present: present() }) }
}

/// An open camera.
pub(super) struct CameraSource {
    capture: VideoCapture,
    name: String,
    mode: String,
    watch: FreezeWatch,
}

impl CameraSource {
    /// Opens `/dev/videoN`.
    pub fn open_index(index: i32) -> Result<Self, CaptureError> {
        Self::open(&index_present(index)?, format!("camera:{index}"))
    }

    /// Opens a device by its path, e.g. a link in `/dev/v4l/by-id/`.
    pub fn open_device(path: &Path) -> Result<Self, CaptureError> {
        device_present(path)?;
        // OpenCV only accepts cameras as /dev/videoN.
        let device = path.canonicalize().map_err(|error| unreadable(path, error))?;
        Self::open(&device, path.display().to_string())
    }

    fn open(device: &Path, name: String) -> Result<Self, CaptureError> {
        quieten_log();
        let failed = |error: opencv::Error| CaptureError::opencv(&name, &error);
        // Gives the reason of a failure, which OpenCV does not.
        let refused = |reason: String| CaptureError::CameraRefused { device: device.into(), reason };
        File::open(device).map_err(|error| refused(error.to_string()))?;
        let mut capture = VideoCapture::from_file(device, CAP_V4L2).map_err(failed)?;
        if !capture.is_opened().map_err(failed)? {
            return Err(refused("another program may be using it, or it delivers no pictures".into()));
        }
        // Requests: a camera uses the nearest value that it supports. Uncompressed, USB 2 carries 10 fps at this size.
        // One buffer, so that a frame is not old when it is fetched.
        let motion_jpeg = f64::from(VideoWriter::fourcc('M', 'J', 'P', 'G').map_err(failed)?);
        for (property, value) in [
            (CAP_PROP_FOURCC, motion_jpeg),
            (CAP_PROP_FRAME_WIDTH, 1280.0),
            (CAP_PROP_FRAME_HEIGHT, 720.0),
            (CAP_PROP_FPS, 60.0),
            (CAP_PROP_BUFFERSIZE, 1.0),
        ] {
            capture.set(property, value).map_err(failed)?;
        }
        let get = |property| capture.get(property).unwrap_or(0.0);
        let (width, height) = (get(CAP_PROP_FRAME_WIDTH), get(CAP_PROP_FRAME_HEIGHT));
        let mode = format!("{width}×{height}, {} fps", rounded(get(CAP_PROP_FPS)));
        Ok(Self { capture, name, mode, watch: FreezeWatch::default() })
    }
}

impl FrameSource for CameraSource {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        let failed = |error: opencv::Error| CaptureError::opencv(&self.name, &error);
        let mut image = Mat::default();
        if !self.capture.read(&mut image).map_err(failed)? || image.empty() {
            return Err(CaptureError::SignalLost { name: self.name.clone() });
        }
        check_picture(&self.name, &image)?;
        let same_for = self.watch.observe(image.data_bytes().map_err(failed)?, Instant::now());
        match same_for {
            Some(lasted) if lasted > FROZEN_AFTER => Err(CaptureError::Frozen { name: self.name.clone(), lasted }),
            _ => Ok(Some(Picture { image, time: None })),
        }
    }

    fn is_live(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        format!("{}, {}", self.name, self.mode)
    }
}

/// Detector of a driver that delivers its last picture for ever.
#[derive(Debug, Default)]
struct FreezeWatch {
    /// Fingerprint of the last picture, and the time since which it has been the same.
    same: Option<(u64, Instant)>,
}

impl FreezeWatch {
    /// Returns the time for which the picture has been identical; `None` for a picture without features, which is
    /// inconclusive.
    fn observe(&mut self, bytes: &[u8], now: Instant) -> Option<Duration> {
        let Some(print) = fingerprint(bytes) else {
            self.same = None;
            return None;
        };
        let since = self.same.filter(|(last, _)| *last == print).map_or(now, |(_, since)| since);
        self.same = Some((print, since));
        Some(now.saturating_duration_since(since))
    }
}

/// Returns a hash over bytes from all parts of a picture; `None` if they are nearly the same all over.
fn fingerprint(bytes: &[u8]) -> Option<u64> {
    const CHUNK: usize = 1024;
    let step = (bytes.len() / COMPARED).max(1);
    let (mut hash, mut low, mut high) = (0u64, u8::MAX, u8::MIN);
    for chunk in bytes.chunks(CHUNK).step_by(step) {
        let (words, rest) = chunk.as_chunks::<8>();
        for word in words {
            hash = (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
        for &byte in rest {
            hash = (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
        // A few bytes of each chunk show the spread well enough.
        for &byte in chunk.iter().step_by(31) {
            (low, high) = (low.min(byte), high.max(byte));
        }
    }
    (high.saturating_sub(low) >= FEATURELESS).then_some(hash)
}

/// Lists the cameras that are present, stable names first.
fn present() -> Vec<PathBuf> {
    let listed = |folder: &str, prefix: &str| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
        let mut found: Vec<_> = entries.filter(named).collect();
        // By length first: video10 comes after video9.
        found.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
        found
    };
    let mut all = listed("/dev/v4l/by-id", "");
    all.extend(listed("/dev", "video"));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(seed: u8) -> Vec<u8> {
        (0..64 * 64 * 3).map(|k: u32| (k as u8).wrapping_mul(7).wrapping_add(seed)).collect()
    }

    #[test]
    fn a_camera_that_is_not_there_is_absent() {
        let error = |opened: Result<CameraSource, CaptureError>| opened.map(|_| ()).unwrap_err();
        assert!(matches!(error(CameraSource::open_index(4242)), CaptureError::CameraAbsent { index: 4242, .. }));
        let absent = error(CameraSource::open_device(Path::new("/dev/v4l/by-id/usb-None-video-index0")));
        assert!(matches!(absent, CaptureError::DeviceAbsent { .. }));
        assert!(absent.is_absence() && absent.retry_helps());
    }

    #[test]
    fn a_device_that_is_no_camera_is_refused() {
        let refused = CameraSource::open_device(Path::new("/dev/null")).map(|_| ()).unwrap_err();
        assert!(matches!(&refused, CaptureError::CameraRefused { device, .. } if device == Path::new("/dev/null")));
    }

    #[test]
    fn the_same_picture_is_timed_and_a_changed_byte_resets() {
        let (mut watch, start) = (FreezeWatch::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(watch.observe(&picture(0), at(0)), Some(Duration::ZERO));
        assert_eq!(watch.observe(&picture(0), at(3)), Some(Duration::from_secs(3)));
        let mut noisy = picture(0);
        noisy[5000] ^= 1;
        assert_eq!(watch.observe(&noisy, at(4)), Some(Duration::ZERO));
        assert_eq!(watch.observe(&noisy, at(5)), Some(Duration::from_secs(1)));
    }

    #[test]
    fn a_covered_lens_is_no_frozen_camera() {
        let (mut watch, start) = (FreezeWatch::default(), Instant::now());
        let dark = vec![3; 64 * 64 * 3];
        assert_eq!(watch.observe(&dark, start), None);
        assert_eq!(watch.observe(&dark, start + Duration::from_secs(60)), None);
    }
}
