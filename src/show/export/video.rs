//! One video file, written picture by picture.

use super::error::ExportError;
use opencv::{
    core::{Mat, Size},
    prelude::*,
    videoio::{CAP_FFMPEG, VideoCapture, VideoWriter},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Assumed where the stamps do not tell, pictures a second.
const USUAL_RATE: f64 = 25.0;
/// The rate is judged from this many pictures before the file is begun.
const HELD: usize = 5;
/// H.264 plays everywhere; where OpenCV cannot write it, MPEG-4 plays in most players.
const CODECS: [[char; 4]; 2] = [['a', 'v', 'c', '1'], ['m', 'p', '4', 'v']];

/// A video that begins when its rate is known.
pub(super) struct Video {
    file: PathBuf,
    size: Size,
    held: Vec<(Duration, Mat)>,
    writer: Option<VideoWriter>,
}

impl Video {
    /// A video of BGR pictures of this size, both sides even.
    pub(super) fn new(file: PathBuf, size: Size) -> Self {
        Self { file, size, held: Vec::new(), writer: None }
    }

    /// Adds the picture of this time.
    ///
    /// # Errors
    /// No encoder, or the encoder refuses.
    pub(super) fn push(&mut self, time: Duration, picture: Mat) -> Result<(), ExportError> {
        if let Some(writer) = &mut self.writer {
            return write(&self.file, writer, &picture);
        }
        self.held.push((time, picture));
        if self.held.len() >= HELD { self.begin() } else { Ok(()) }
    }

    /// Closes the file and looks whether it opens: the encoder tells nobody that the disk was full.
    ///
    /// # Errors
    /// No encoder, or the file is damaged.
    pub(super) fn finish(mut self) -> Result<(), ExportError> {
        if self.writer.is_none() {
            self.begin()?;
        }
        if let Some(mut writer) = self.writer.take() {
            writer.release().map_err(|error| ExportError::picture(&self.file, &error))?;
        }
        let opened = VideoCapture::from_file(&self.file, CAP_FFMPEG).and_then(|video| video.is_opened());
        if matches!(opened, Ok(true)) { Ok(()) } else { Err(ExportError::Damaged { file: self.file }) }
    }

    fn begin(&mut self) -> Result<(), ExportError> {
        let times: Vec<_> = self.held.iter().map(|(time, _)| *time).collect();
        let mut writer = open(&self.file, rate(&times), self.size)?;
        for (_, picture) in self.held.drain(..) {
            write(&self.file, &mut writer, &picture)?;
        }
        self.writer = Some(writer);
        Ok(())
    }
}

fn open(file: &Path, rate: f64, size: Size) -> Result<VideoWriter, ExportError> {
    for [a, b, c, d] in CODECS {
        let writer = VideoWriter::fourcc(a, b, c, d)
            .and_then(|codec| VideoWriter::new_with_backend(file, CAP_FFMPEG, codec, rate, size, true));
        if let Ok(writer) = writer
            && matches!(writer.is_opened(), Ok(true))
        {
            return Ok(writer);
        }
    }
    Err(ExportError::NoEncoder { file: file.to_owned(), width: size.width, height: size.height })
}

fn write(file: &Path, writer: &mut VideoWriter, picture: &Mat) -> Result<(), ExportError> {
    writer.write(picture).map_err(|error| ExportError::picture(file, &error))
}

/// Pictures a second, by the median distance of the times; [`USUAL_RATE`] where they do not tell.
fn rate(times: &[Duration]) -> f64 {
    let mut distances: Vec<_> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
    distances.retain(|distance| !distance.is_zero());
    distances.sort();
    let Some(median) = distances.get(distances.len() / 2) else { return USUAL_RATE };
    // Encoders count time in thousandths.
    ((1.0 / median.as_secs_f64()).clamp(1.0, 120.0) * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::{
        core::{CV_8UC3, Scalar},
        videoio::{CAP_PROP_FPS, CAP_PROP_FRAME_COUNT},
    };

    fn times(millis: &[u64]) -> Vec<Duration> {
        millis.iter().copied().map(Duration::from_millis).collect()
    }

    #[test]
    fn the_rate_is_that_of_the_stamps() {
        assert_eq!(rate(&times(&[0, 40, 80, 120])), 25.0);
        assert_eq!(rate(&times(&[1000, 1020, 1040, 9000])), 50.0);
        let film: Vec<_> = (0..4).map(|i| Duration::from_secs_f64(f64::from(i) * 1001.0 / 30000.0)).collect();
        assert_eq!(rate(&film), 29.97);
        assert_eq!(rate(&times(&[0, 5000, 10000])), 1.0, "a slide show stays playable");
        for silent in [&[][..], &[7], &[7, 7, 7], &[9, 3]] {
            assert_eq!(rate(&times(silent)), USUAL_RATE);
        }
    }

    fn record(dir: &Path, pictures: u64) -> Result<(f64, f64), ExportError> {
        let file = dir.join("video.mp4");
        let mut video = Video::new(file.clone(), Size::new(64, 48));
        for i in 0..pictures {
            let grey = Scalar::all(40.0 + i as f64);
            let picture = Mat::new_rows_cols_with_default(48, 64, CV_8UC3, grey).expect("allocates");
            video.push(Duration::from_millis(100 * i), picture)?;
        }
        video.finish()?;
        let video = VideoCapture::from_file(&file, CAP_FFMPEG).expect("opens");
        Ok((video.get(CAP_PROP_FRAME_COUNT).expect("counts"), video.get(CAP_PROP_FPS).expect("tells")))
    }

    #[test]
    fn every_picture_is_in_the_video_however_few() {
        let dir = tempfile::tempdir().expect("temporary directory");
        assert_eq!(record(dir.path(), 1).expect("written"), (1.0, 25.0));
        assert_eq!(record(dir.path(), 12).expect("written"), (12.0, 10.0));
    }

    #[test]
    fn a_directory_that_is_gone_is_an_error() {
        let dir = tempfile::tempdir().expect("temporary directory");
        assert!(record(&dir.path().join("gone"), 3).is_err());
    }
}
