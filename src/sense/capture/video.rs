//! A video file, from start to end or a range of it, once or over and over.

use super::{
    CaptureError, FrameSource, Picture, SourceOptions,
    picture::{check_file, check_picture, unreadable},
    quieten_log,
    source::short_name,
};
use opencv::{
    core::Mat,
    prelude::*,
    videoio::{CAP_FFMPEG, CAP_PROP_FPS, CAP_PROP_FRAME_COUNT, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FRAME_WIDTH},
    videoio::{CAP_PROP_POS_MSEC, VideoCapture},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Times in files are whole numbers of some tick: an edge of the range may miss its frame by this much.
const TICK: f64 = 1e-3;
/// A seek is not always exact; it aims this much before the range, seconds, and the rest is read frame by frame.
const RUN_UP: f64 = 3.0;
/// Assumed where a file does not say its frame rate.
const USUAL_FPS: f64 = 25.0;

/// Frames of a file with the times that the file gives them.
pub(super) struct VideoSource {
    capture: VideoCapture,
    /// As it was named.
    path: PathBuf,
    start: f64,
    end: Option<f64>,
    looped: bool,
    fps: f64,
    /// Frames in the file, where it says so.
    count: Option<u64>,
    /// What earlier rounds add to the file's times, seconds.
    shift: f64,
    round: Round,
}

/// One way through the range.
#[derive(Debug, Default)]
struct Round {
    /// Time of the frame that was read last, delivered or not, seconds.
    read: Option<f64>,
    /// Times of the first and the last frame that were delivered, seconds.
    delivered: Option<(f64, f64)>,
    frames: u64,
    /// The beginning was skipped, and the first frame has to show whether the seek came out right.
    sought: bool,
}

impl VideoSource {
    /// Opens the file and goes to the start of the range.
    pub fn open(path: &Path, options: &SourceOptions) -> Result<Self, CaptureError> {
        let capture = open_file(path)?;
        let get = |property| capture.get(property).ok().filter(|value| value.is_finite() && *value > 0.0);
        let fps = get(CAP_PROP_FPS).filter(|fps| *fps <= 1000.0).unwrap_or(USUAL_FPS);
        // Some containers answer absurd numbers where they do not know.
        let count = get(CAP_PROP_FRAME_COUNT).filter(|count| *count < 1e9).map(|count| count as u64);
        let mut source = Self {
            capture,
            path: path.into(),
            start: options.start.unwrap_or(0.0),
            end: options.end,
            looped: options.looped,
            fps,
            count,
            shift: 0.0,
            round: Round::default(),
        };
        source.seek()?;
        Ok(source)
    }

    fn failed(&self, error: &opencv::Error) -> CaptureError {
        CaptureError::opencv(self.path.display().to_string(), error)
    }

    /// Skips to shortly before the range.
    fn seek(&mut self) -> Result<(), CaptureError> {
        if self.start > RUN_UP {
            let target = (self.start - RUN_UP) * 1000.0;
            self.round.sought = self.capture.set(CAP_PROP_POS_MSEC, target).map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    /// Goes to the file's first frame. A fresh decoder is the one way that is exact for every container.
    fn reopen(&mut self) -> Result<(), CaptureError> {
        self.capture = open_file(&self.path)?;
        self.round = Round::default();
        Ok(())
    }

    /// Decodes the next frame, and says its time; `None` at the end of the file.
    fn grab(&mut self) -> Result<Option<f64>, CaptureError> {
        if !self.capture.grab().map_err(|error| self.failed(&error))? {
            return Ok(None);
        }
        let said = self.capture.get(CAP_PROP_POS_MSEC).map_err(|error| self.failed(&error))? / 1000.0;
        let expected = self.round.read.map_or(0.0, |last| last + 1.0 / self.fps);
        // Raw streams have no times, and the frames that a decoder hands out at the end of a file often have none
        // either: they follow at the frame rate.
        let usable = (0.0..1e9).contains(&said) && self.round.read.is_none_or(|last| said > last);
        let time = if usable { said } else { expected };
        self.round.read = Some(time);
        Ok(Some(time))
    }

    /// At the end of the range: begins the next round, or says that there is none.
    fn finish(&mut self) -> Result<bool, CaptureError> {
        if self.round.sought {
            // The seek went past the last frame.
            self.reopen()?;
            return Ok(true);
        }
        let Some((first, last)) = self.round.delivered else {
            let length = self.round.read.unwrap_or(0.0);
            return Err(CaptureError::EmptyRange { path: self.path.clone(), start: self.start, end: self.end, length });
        };
        self.check_whole()?;
        if self.looped {
            self.shift += last - first + 1.0 / self.fps;
            self.reopen()?;
            self.seek()?;
        }
        Ok(self.looped)
    }

    /// A file that was cut off ends early without an error of the decoder.
    fn check_whole(&self) -> Result<(), CaptureError> {
        let whole_file = self.start <= 0.0 && self.end.is_none() && self.shift <= 0.0;
        match self.count.filter(|count| whole_file && self.round.frames * 20 < count * 19) {
            Some(count) => Err(CaptureError::CutShort { path: self.path.clone(), frames: self.round.frames, count }),
            None => Ok(()),
        }
    }
}

fn open_file(path: &Path) -> Result<VideoCapture, CaptureError> {
    quieten_log();
    check_file(path)?;
    // FFmpeg takes what stands before a colon for a protocol; an absolute path has none.
    let absolute = std::path::absolute(path).map_err(|error| unreadable(path, error))?;
    let capture = VideoCapture::from_file(&absolute, CAP_FFMPEG)
        .map_err(|error| CaptureError::opencv(path.display().to_string(), &error))?;
    if capture.is_opened().unwrap_or(false) { Ok(capture) } else { Err(CaptureError::NotAVideo { path: path.into() }) }
}

impl FrameSource for VideoSource {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        loop {
            let time = self.grab()?.filter(|time| self.end.is_none_or(|end| time + TICK < end));
            let Some(time) = time else {
                if self.finish()? {
                    continue;
                }
                return Ok(None);
            };
            let run_up = self.start - RUN_UP - 1.0..=self.start + TICK;
            if std::mem::take(&mut self.round.sought) && !run_up.contains(&time) {
                // The seek went elsewhere, or the file has no times to tell: read from the beginning instead.
                self.reopen()?;
                continue;
            }
            if time + TICK < self.start {
                continue;
            }
            let mut image = Mat::default();
            let decoded = self.capture.retrieve_def(&mut image).map_err(|error| self.failed(&error))?;
            if !decoded || image.empty() {
                continue;
            }
            check_picture(&self.path.display().to_string(), &image)?;
            let first = self.round.delivered.map_or(time, |(first, _)| first);
            self.round.delivered = Some((first, time));
            self.round.frames += 1;
            return Ok(Some(Picture { image, time: Some(Duration::from_secs_f64(time + self.shift)) }));
        }
    }

    fn is_live(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        let side = |property| self.capture.get(property).unwrap_or(0.0);
        let (width, height) = (side(CAP_PROP_FRAME_WIDTH), side(CAP_PROP_FRAME_HEIGHT));
        format!("{}, {width}×{height}, {} fps", short_name(&self.path), rounded(self.fps))
    }
}

/// A frame rate with at most two decimals.
pub(super) fn rounded(fps: f64) -> f64 {
    (fps * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::{
        core::{self, Scalar, Size},
        videoio::VideoWriter,
    };
    use std::fs;
    use tempfile::TempDir;

    /// Five seconds at 10 fps, each frame five times as bright as its number.
    fn clip(folder: &TempDir) -> PathBuf {
        let path = folder.path().join("clip.avi");
        let code = VideoWriter::fourcc('M', 'J', 'P', 'G').unwrap();
        let mut writer = VideoWriter::new(&path, code, 10.0, Size::new(96, 64), true).unwrap();
        for k in 0..50 {
            let picture =
                Mat::new_rows_cols_with_default(64, 96, core::CV_8UC3, Scalar::all(5.0 * f64::from(k))).unwrap();
            writer.write(&picture).unwrap();
        }
        writer.release().unwrap();
        path
    }

    /// Number and time in tenths of a second of each frame, at most `most`.
    fn shown(path: &Path, options: &SourceOptions, most: usize) -> Vec<(i32, i32)> {
        let mut source = VideoSource::open(path, options).unwrap();
        let next = || {
            let picture = source.read().unwrap()?;
            let brightness = f64::from(picture.image.data_bytes().unwrap()[0]);
            Some(((brightness / 5.0).round() as i32, (picture.time.unwrap().as_secs_f64() * 10.0).round() as i32))
        };
        std::iter::from_fn(next).take(most).collect()
    }

    fn error(path: &Path, options: &SourceOptions) -> CaptureError {
        let read = VideoSource::open(path, options).and_then(|mut source| source.read());
        read.map(|_| ()).expect_err("the video is refused")
    }

    #[test]
    fn every_frame_comes_once_with_its_time() {
        let folder = TempDir::new().unwrap();
        let expected: Vec<_> = (0..50).map(|k| (k, k)).collect();
        assert_eq!(shown(&clip(&folder), &SourceOptions::default(), 1000), expected);
    }

    #[test]
    fn a_range_begins_and_ends_on_its_frames() {
        let folder = TempDir::new().unwrap();
        let path = clip(&folder);
        for (start, end) in [(0.0, 0.5), (2.0, 2.3), (3.5, 4.0), (4.5, 5.0)] {
            let options = SourceOptions { start: Some(start), end: Some(end), ..SourceOptions::default() };
            let tenth = |time: f64| (time * 10.0).round() as i32;
            let expected: Vec<_> = (tenth(start)..tenth(end)).map(|k| (k, k)).collect();
            assert_eq!(shown(&path, &options, 1000), expected, "{start}..{end}");
        }
    }

    #[test]
    fn a_repeated_range_runs_on_in_time() {
        let folder = TempDir::new().unwrap();
        let options = SourceOptions { looped: true, start: Some(4.0), end: Some(4.3), ..SourceOptions::default() };
        let expected = [(40, 40), (41, 41), (42, 42), (40, 43), (41, 44), (42, 45), (40, 46)];
        assert_eq!(shown(&clip(&folder), &options, 7), expected);
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let folder = TempDir::new().unwrap();
        let (path, options) = (clip(&folder), SourceOptions::default());
        assert!(matches!(error(&folder.path().join("nowhere.mp4"), &options), CaptureError::Missing { .. }));
        assert!(matches!(error(folder.path(), &options), CaptureError::NotAFile { .. }));
        let file = folder.path().join("other.mp4");
        fs::write(&file, "").unwrap();
        assert!(matches!(error(&file, &options), CaptureError::Empty { .. }));
        fs::write(&file, "no video").unwrap();
        assert!(matches!(error(&file, &options), CaptureError::NotAVideo { .. }));
        let late = SourceOptions { start: Some(60.0), ..options };
        assert!(matches!(error(&path, &late), CaptureError::EmptyRange { .. }));
    }

    #[test]
    fn a_video_describes_itself() {
        let folder = TempDir::new().unwrap();
        let source = VideoSource::open(&clip(&folder), &SourceOptions::default()).unwrap();
        assert_eq!(source.describe(), "clip.avi, 96×64, 10 fps");
    }
}
