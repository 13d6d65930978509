//! A recording: a video file or a finished video at an address, in full or a range of it, once or in a loop.

use super::{
    CaptureError, FrameSource, Picture, SourceOptions,
    container::{missing_bytes, missing_of_file},
    decoder::{DecoderMode, VideoDecoder},
    picture::{check_file, check_picture, unreadable},
    remote::RemoteFile,
    source::short_name,
};
use std::{
    fs::File,
    io,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    time::Duration,
};
use tracing::{debug, warn};

/// Tolerance at an edge of the range, seconds: times in files are whole numbers of some tick, and may miss the edge.
const TICK: f64 = 1e-3;
/// Distance before the range that a seek aims at, seconds: seeks of some containers are not exact.
const RUN_UP: f64 = 1.0;
/// Minimum decrease of the file's own times that marks another recording appended to the first, seconds.
const MIN_RESTART: f64 = 0.5;
/// Maximum share of undecodable frames in a recording that does not count as damaged.
const MAX_UNDECODABLE_RATIO: f64 = 0.05;

/// Function that opens the recording once more, at its beginning.
pub(super) type Reopen = Box<dyn Fn() -> Result<VideoDecoder, CaptureError> + Send>;

/// A recording, with the frame times that it contains.
pub(super) struct VideoSource {
    decoder: VideoDecoder,
    reopen: Reopen,
    /// Path of the file as given, or the address without a password.
    path: PathBuf,
    /// Name for people.
    name: String,
    /// Full address of a recording that is not a file of this machine.
    address: Option<String>,
    start: f64,
    end: Option<f64>,
    looped: bool,
    /// Offset that earlier rounds add to the recording's times, seconds.
    shift: f64,
    round: Round,
    /// Number of undecodable frames of earlier rounds.
    skipped: u64,
}

/// Returns the number of bytes missing at the end of a recording at an address.
fn missing_at(address: &str) -> io::Result<u64> {
    let file = RemoteFile::open(address)?;
    let length = file.length();
    missing_bytes(file, length)
}

/// One pass through the range.
#[derive(Debug, Default)]
struct Round {
    /// Time of the frame that was read last, delivered or not, seconds.
    read: Option<f64>,
    /// Offset that is added to the file's own times since they decreased, seconds.
    restart: f64,
    /// Times of the first and the last frame that were delivered, seconds.
    delivered: Option<(f64, f64)>,
    frames: u64,
    /// Set while the first frame after a seek has to show whether the seek was correct.
    sought: bool,
}

impl VideoSource {
    /// Opens a file and seeks to the start of the range.
    ///
    /// # Errors
    /// The file is missing, empty, unreadable or not a video.
    pub fn open(path: &Path, options: &SourceOptions) -> Result<Self, CaptureError> {
        let (file, name) = (path.to_owned(), short_name(path));
        Self::new(Box::new(move || open_file(&file)), path.to_owned(), name, None, options)
    }

    /// Plays a finished recording at an address; `name` is the address without a password.
    ///
    /// # Errors
    /// The recording cannot be reopened.
    pub fn at_address(
        reopen: Reopen,
        address: String,
        name: String,
        options: &SourceOptions,
    ) -> Result<Self, CaptureError> {
        Self::new(reopen, name.clone().into(), name, Some(address), options)
    }

    fn new(
        reopen: Reopen,
        path: PathBuf,
        name: String,
        address: Option<String>,
        options: &SourceOptions,
    ) -> Result<Self, CaptureError> {
        let mut source = Self {
            decoder: reopen()?,
            reopen,
            path,
            name,
            address,
            start: options.start.unwrap_or(0.0),
            end: options.end,
            looped: options.looped,
            shift: 0.0,
            round: Round::default(),
            skipped: 0,
        };
        source.seek();
        Ok(source)
    }

    /// Seeks to shortly before the range.
    fn seek(&mut self) {
        if self.start > RUN_UP {
            self.round.sought = true;
            self.decoder.seek(self.start - RUN_UP);
        }
    }

    /// Returns to the first frame of the recording. Only a fresh decoder is exact for every container.
    fn rewind(&mut self) -> Result<(), CaptureError> {
        self.skipped += self.decoder.stats().undecodable;
        self.decoder = (self.reopen)()?;
        self.round = Round::default();
        Ok(())
    }

    /// Decodes the next frame and returns its time; `None` at the end of the recording.
    fn grab(&mut self) -> Option<f64> {
        if !self.decoder.next(u64::MAX) {
            return None;
        }
        let interval = 1.0 / self.decoder.fps();
        let own = self.decoder.time();
        // Raw streams have no times: their frames follow at the frame rate.
        let time = match (own.map(|own| own + self.round.restart), self.round.read) {
            (Some(time), None) if time > -MIN_RESTART => time.max(0.0),
            (_, None) => 0.0,
            (Some(time), Some(last)) if time > last => time,
            (Some(time), Some(last)) if last - time > MIN_RESTART => {
                self.round.restart += last + interval - time;
                last + interval
            }
            (_, Some(last)) => last + interval,
        };
        self.round.read = Some(time);
        // Without times the result of the seek is unknown.
        Some(if self.round.sought && own.is_none() { f64::INFINITY } else { time })
    }

    /// Handles the end of the range: starts the next round and returns `true`, or returns `false` if there is none.
    fn finish(&mut self) -> Result<bool, CaptureError> {
        if self.round.sought {
            // The seek went past the last frame.
            self.rewind()?;
            return Ok(true);
        }
        let whole = self.start <= 0.0 && self.end.is_none() && self.shift <= 0.0;
        let faults = if whole { self.check_whole() } else { Ok(()) };
        let Some((first, last)) = self.round.delivered else {
            faults?;
            let length = self.round.read.unwrap_or(0.0);
            return Err(CaptureError::EmptyRange { path: self.path.clone(), start: self.start, end: self.end, length });
        };
        faults?;
        if self.looped {
            self.shift += last - first + 1.0 / self.decoder.fps();
            self.rewind()?;
            self.seek();
        }
        Ok(self.looped)
    }

    /// Checks that the recording is complete: a file that was cut off ends early without an error of the decoder, but
    /// its container shows it.
    fn check_whole(&self) -> Result<(), CaptureError> {
        let stats = self.decoder.stats();
        let missing = match &self.address {
            None => missing_of_file(&self.path).map_err(|error| unreadable(&self.path, error))?,
            // It was played to its end: a server that does not answer another request is no damage.
            Some(address) => missing_at(address).unwrap_or_else(|error| {
                debug!("{}: cannot determine whether it is complete: {error}", self.name);
                0
            }),
        };
        if missing > 0 || stats.last_is_partial || stats.failure.is_some() {
            let seconds = self.round.read.unwrap_or(0.0);
            return Err(CaptureError::CutShort {
                path: self.path.clone(),
                frames: self.round.frames,
                seconds,
                missing,
                reason: stats.failure.map(|failure| failure.to_string()),
            });
        }
        if stats.undecodable as f64 > stats.packets as f64 * MAX_UNDECODABLE_RATIO {
            let (path, undecodable, packets) = (self.path.clone(), stats.undecodable, stats.packets);
            return Err(CaptureError::Undecodable { path, undecodable, packets });
        }
        if stats.undecodable > 0 {
            warn!("{}: {} frames could not be decoded and were passed over", self.path.display(), stats.undecodable);
        }
        Ok(())
    }
}

fn open_file(path: &Path) -> Result<VideoDecoder, CaptureError> {
    check_file(path)?;
    // FFmpeg takes the text before a colon for a protocol.
    let absolute = std::path::absolute(path).map_err(|error| unreadable(path, error))?;
    let opened = if let Some(text) = absolute.to_str() {
        VideoDecoder::open(&format!("file:{text}"), &[], DecoderMode::Recorded)
    } else {
        // FFmpeg's Rust interface only takes names in UTF-8; an open file has another one.
        let file = File::open(path).map_err(|error| unreadable(path, error))?;
        VideoDecoder::open(&format!("file:/proc/self/fd/{}", file.as_raw_fd()), &[], DecoderMode::Recorded)
    };
    opened.map_err(|_| CaptureError::NotAVideo { path: path.into() })
}

impl FrameSource for VideoSource {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        loop {
            let time = self.grab().filter(|time| self.end.is_none_or(|end| time + TICK < end) || self.round.sought);
            let Some(time) = time else {
                if self.finish()? {
                    continue;
                }
                return Ok(None);
            };
            if std::mem::take(&mut self.round.sought) && time > self.start + TICK {
                // The seek went too far, or the file has no times: read from the beginning instead.
                self.rewind()?;
                continue;
            }
            if time + TICK < self.start {
                continue;
            }
            let name = self.path.display().to_string();
            let image = self.decoder.picture().map_err(|error| CaptureError::opencv(&name, &error))?;
            check_picture(&name, &image)?;
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
        let size = self.decoder.size();
        format!("{}, {}×{}, {} fps", self.name, size.width, size.height, rounded(self.decoder.fps()))
    }

    fn skipped(&self) -> u64 {
        self.skipped + self.decoder.stats().undecodable
    }
}

/// Rounds a frame rate to at most two decimals.
pub(super) fn rounded(fps: f64) -> f64 {
    (fps * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::{
        core::{self, Mat, Scalar, Size},
        prelude::*,
        videoio::VideoWriter,
    };
    use std::fs;
    use tempfile::TempDir;

    /// Writes a clip of five seconds at 10 fps, each frame five times as bright as its number.
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

    /// Returns number and time in tenths of a second of each frame, at most `most`.
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
    fn a_video_without_its_end_plays_to_there_and_says_so() {
        let folder = TempDir::new().unwrap();
        let path = clip(&folder);
        let whole = fs::read(&path).unwrap();
        for lost in [1, 2000, whole.len() / 2] {
            fs::write(&path, &whole[..whole.len() - lost]).unwrap();
            let mut source = VideoSource::open(&path, &SourceOptions::default()).unwrap();
            let mut frames = 0;
            let failure = loop {
                match source.read() {
                    Ok(Some(_)) => frames += 1,
                    Ok(None) => panic!("{lost} bytes are missing"),
                    Err(failure) => break failure,
                }
            };
            assert!(frames > 10);
            assert!(
                matches!(&failure, CaptureError::CutShort { missing, frames: reported, .. }
                    if *missing == lost as u64 && *reported == frames),
                "{failure}"
            );
        }
    }

    #[test]
    fn frames_that_cannot_be_decoded_are_passed_over_and_many_are_damage() {
        let folder = TempDir::new().unwrap();
        let path = clip(&folder);
        let mut bytes = fs::read(&path).unwrap();
        let starts: Vec<_> = (0..bytes.len() - 3).filter(|at| bytes[*at..].starts_with(&[0xff, 0xd8, 0xff])).collect();
        assert_eq!(starts.len(), 50);
        let mut damage = |frames: std::ops::Range<usize>| {
            for frame in frames {
                // Up to the header of the next frame.
                bytes[starts[frame] + 4..starts[frame + 1] - 16].fill(0x11);
            }
            fs::write(&path, &bytes).unwrap();
        };
        damage(20..22);
        let mut source = VideoSource::open(&path, &SourceOptions::default()).unwrap();
        let mut frames = 0;
        while source.read().unwrap().is_some() {
            frames += 1;
        }
        assert_eq!((frames, source.skipped()), (48, 2));
        damage(30..40);
        let mut source = VideoSource::open(&path, &SourceOptions::default()).unwrap();
        let failure = std::iter::from_fn(|| source.read().transpose()).find_map(Result::err).expect("damaged");
        assert!(matches!(failure, CaptureError::Undecodable { undecodable: 12, packets: 50, .. }), "{failure}");
    }

    #[test]
    fn a_video_describes_itself() {
        let folder = TempDir::new().unwrap();
        let source = VideoSource::open(&clip(&folder), &SourceOptions::default()).unwrap();
        assert_eq!(source.describe(), "clip.avi, 96×64, 10 fps");
    }
}
