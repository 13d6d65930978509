//! A video file that is written picture by picture and stays playable up to its last fragment however the writing ends.

use super::error::ExportError;
use billiards_capture::libav;
use ffmpeg::{Dictionary, Error, Packet, Rational, codec, encoder, format, frame, software::scaling};
use opencv::{
    core::{Mat, Size},
    prelude::*,
};
use std::{path::PathBuf, time::Duration};

/// Ticks per second of the video's clock; MPEG-4 counts them in 16 bits.
const TICKS_PER_SECOND: i32 = 60_000;
/// Number of pictures in a fragment of the file, and thus the maximum number lost if writing is interrupted.
const FRAGMENT_PICTURES: u32 = 25;
/// Codecs in order of preference: H.264 plays everywhere, MPEG-4 in most players.
const CODECS: [codec::Id; 2] = [codec::Id::H264, codec::Id::MPEG4];
/// Bit rate of MPEG-4, bits per pixel and second; H.264 is given a quality instead.
const MPEG4_BITS_PER_PIXEL: usize = 4;

/// A video that is being written. Its pictures keep their timestamps.
pub(super) struct Video {
    file: PathBuf,
    output: format::context::Output,
    encoder: encoder::Video,
    scaler: scaling::Context,
    bgr: frame::Video,
    /// Time of the first picture.
    start: Option<Duration>,
    /// Time of the last picture relative to the first, ticks.
    last: i64,
}

impl Video {
    /// Starts a video of BGR pictures of this size, both sides even.
    ///
    /// # Errors The file cannot be written, or FFmpeg has no encoder.
    pub(super) fn begin(file: PathBuf, size: Size) -> Result<Self, ExportError> {
        libav::start();
        let (width, height) = (size.width.unsigned_abs(), size.height.unsigned_abs());
        let failed = |error| ExportError::write(&file, libav::io_error(error));
        // FFmpeg takes the part before a colon for a protocol.
        let address = format!("file:{}", file.display());
        let mut output = format::output_as(&address, "mp4").map_err(failed)?;
        let encoder = CODECS.into_iter().find_map(|codec| open_encoder(codec, width, height).ok());
        let no_encoder = || ExportError::NoEncoder { file: file.clone(), width: size.width, height: size.height };
        let encoder = encoder.ok_or_else(no_encoder)?;
        let mut stream = output.add_stream(encoder.codec()).map_err(failed)?;
        stream.set_parameters(&encoder);
        stream.set_time_base(Rational(1, TICKS_PER_SECOND));
        output.write_header_with(fragmented()).map_err(failed)?;
        let (from, to) = (format::Pixel::BGR24, format::Pixel::YUV420P);
        let scaler = scaling::Context::get(from, width, height, to, width, height, scaling::Flags::BICUBIC);
        let scaler = scaler.map_err(failed)?;
        let bgr = frame::Video::new(from, width, height);
        Ok(Self { file, output, encoder, scaler, bgr, start: None, last: -1 })
    }

    /// Adds a picture with its time.
    ///
    /// # Errors The encoder refuses, or the file cannot be written.
    pub(super) fn push(&mut self, time: Duration, picture: &Mat) -> Result<(), ExportError> {
        let length = self.bgr.width() as usize * 3;
        let (stride, bytes) = (self.bgr.stride(0), picture.data_bytes());
        let bytes = bytes.map_err(|error| ExportError::picture(&self.file, &error))?;
        for (target, source) in self.bgr.data_mut(0).chunks_mut(stride).zip(bytes.chunks_exact(length)) {
            target[..length].copy_from_slice(source);
        }
        let start = *self.start.get_or_insert(time);
        let ticks = time.saturating_sub(start).as_secs_f64() * f64::from(TICKS_PER_SECOND);
        // Two pictures must not have the same time.
        self.last = (ticks.round() as i64).max(self.last + 1);
        self.encode().map_err(|error| ExportError::write(&self.file, libav::io_error(error)))
    }

    fn encode(&mut self) -> Result<(), Error> {
        // A new frame for each picture: the encoder may keep it.
        let mut yuv = frame::Video::empty();
        self.scaler.run(&self.bgr, &mut yuv)?;
        yuv.set_pts(Some(self.last));
        self.encoder.send_frame(&yuv)?;
        self.write_packets()
    }

    fn write_packets(&mut self) -> Result<(), Error> {
        let Some(to) = self.output.stream(0).map(|stream| stream.time_base()) else {
            return Err(Error::StreamNotFound);
        };
        let mut packet = Packet::empty();
        while self.encoder.receive_packet(&mut packet).is_ok() {
            packet.set_stream(0);
            packet.rescale_ts(Rational(1, TICKS_PER_SECOND), to);
            packet.write_interleaved(&mut self.output)?;
        }
        Ok(())
    }

    /// Writes the pictures that the encoder holds back, and closes the file.
    ///
    /// # Errors The file cannot be written.
    pub(super) fn finish(mut self) -> Result<(), ExportError> {
        let rest =
            self.encoder.send_eof().and_then(|()| self.write_packets()).and_then(|()| self.output.write_trailer());
        rest.map_err(|error| ExportError::write(&self.file, libav::io_error(error)))
    }
}

fn open_encoder(id: codec::Id, width: u32, height: u32) -> Result<encoder::Video, Error> {
    let codec = encoder::find(id).ok_or(Error::EncoderNotFound)?;
    let mut encoder = codec::context::Context::new_with_codec(codec).encoder().video()?;
    encoder.set_width(width);
    encoder.set_height(height);
    encoder.set_format(format::Pixel::YUV420P);
    encoder.set_time_base(Rational(1, TICKS_PER_SECOND));
    encoder.set_gop(FRAGMENT_PICTURES);
    encoder.set_flags(codec::Flags::GLOBAL_HEADER);
    let mut options = Dictionary::new();
    if id == codec::Id::H264 {
        // Encoders other than x264 ignore options that they do not know.
        for (key, value) in [("preset", "veryfast"), ("tune", "zerolatency"), ("crf", "20")] {
            options.set(key, value);
        }
    } else {
        encoder.set_bit_rate(MPEG4_BITS_PER_PIXEL * width as usize * height as usize);
    }
    encoder.open_as_with(codec, options)
}

/// Returns the options for a file of fragments, each of which can be played without the following ones.
fn fragmented<'a>() -> Dictionary<'a> {
    let mut options = Dictionary::new();
    options.set("movflags", "empty_moov+default_base_moof+frag_keyframe");
    options.set("flush_packets", "1");
    options
}

#[cfg(test)]
pub(super) mod testing {
    use billiards_capture::{CaptureError, SourceOptions, SourceSpec};
    use std::{path::Path, time::Duration};

    /// Returns the time of each picture of a video, to the millisecond.
    pub(in crate::show::export) fn times(file: &Path) -> Result<Vec<Duration>, CaptureError> {
        let mut source = billiards_capture::open(&SourceSpec::Video(file.into()), &SourceOptions::default())?;
        let mut times = Vec::new();
        while let Some(picture) = source.read()? {
            let time = picture.time.expect("a recording tells times");
            times.push(Duration::from_millis((time.as_secs_f64() * 1000.0).round() as u64));
        }
        Ok(times)
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::times, *};
    use opencv::core::{CV_8UC3, Scalar};
    use std::{fs, path::Path};

    fn millis(values: &[u64]) -> Vec<Duration> {
        values.iter().copied().map(Duration::from_millis).collect()
    }

    /// Returns a video that is being written, with a picture at each of these times.
    fn begun(file: &Path, times: &[Duration]) -> Result<Video, ExportError> {
        let mut video = Video::begin(file.to_owned(), Size::new(96, 64))?;
        for (number, time) in times.iter().enumerate() {
            let grey = Scalar::all(40.0 + (number % 100) as f64);
            let picture = Mat::new_rows_cols_with_default(64, 96, CV_8UC3, grey).expect("allocates");
            video.push(*time, &picture)?;
        }
        Ok(video)
    }

    #[test]
    fn every_picture_is_in_the_video_at_its_time_however_few() {
        let dir = tempfile::tempdir().expect("temporary directory");
        for expected in [&[0][..], &[0, 100, 200, 300, 400, 500], &[0, 20, 60, 1000, 1017]] {
            let file = dir.path().join("video: 1.mp4");
            let from = Duration::from_secs(3600);
            let shifted: Vec<_> = millis(expected).into_iter().map(|time| time + from).collect();
            begun(&file, &shifted).and_then(Video::finish).expect("written");
            assert_eq!(times(&file).expect("plays"), millis(expected));
        }
    }

    #[test]
    fn a_video_whose_writing_broke_off_plays_to_its_last_fragment() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let file = dir.path().join("video.mp4");
        let given: Vec<_> = (0..60).map(|number| Duration::from_millis(40 * number)).collect();
        let video = begun(&file, &given).expect("begun");
        let broken = dir.path().join("broken.mp4");
        fs::copy(&file, &broken).expect("copied while it is written");
        drop(video);
        let played = times(&broken).expect("plays");
        assert!(played.len() >= 50 && played == given[..played.len()], "{} pictures", played.len());
    }

    #[test]
    fn a_directory_that_is_gone_is_an_error() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let error = begun(&dir.path().join("gone/video.mp4"), &[]).map(|_| ()).expect_err("no directory");
        assert!(matches!(&error, ExportError::Write { .. }), "{error}");
    }
}
