//! Demuxing and decoding of the video stream of a file or an address, with FFmpeg.
//!
//! OpenCV's `VideoCapture` is not suitable: it does not distinguish the end of a file from an error, gives up at the
//! first packet that cannot be decoded, keeps the size of the first picture when the size changes, and assumes square
//! pixels.

use crate::libav;
use billiards_table::FrameSize;
use ffmpeg::{
    Dictionary, Error, Packet, Rational, codec, decoder,
    error::{EAGAIN, EINTR},
    ffi, format, frame, media,
    packet::side_data,
    software::scaling,
};
use opencv::{
    core::{self, CV_8UC3, Mat, RotateFlags, Scalar, Size},
    imgproc,
    prelude::*,
};
use std::{thread, time::Duration};

/// Maximum number of failed reads in a row before a source counts as ended: a stream finds its next part sooner.
const MAX_UNREADABLE: u32 = 5000;
/// Delay before data that are not yet available are requested again.
const AGAIN_INTERVAL: Duration = Duration::from_millis(2);
/// Frame rate assumed if the container does not state one, frames per second.
const DEFAULT_FPS: f64 = 25.0;
/// Maximum frame rate that is accepted, frames per second.
const MAX_FPS: f64 = 1000.0;
/// Accepted ratios of width to height of one pixel.
const PIXEL_ASPECTS: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// Mode in which an address is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecoderMode {
    /// Optimised for throughput: several frames are decoded at a time.
    Recorded,
    /// Optimised for latency: no frame waits for a later one to be decoded.
    Live,
}

/// Statistics of the packets of the video stream so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PacketStats {
    /// Number of packets that were read.
    pub packets: u64,
    /// Number of packets and frames that could not be decoded.
    pub undecodable: u64,
    /// Number of packets that could not be decoded since the last frame that could.
    pub in_a_row: u64,
    /// Set if the last packet of the file, of any stream, lacks its end.
    pub last_is_partial: bool,
    /// Reason why reading ended, if that was not the regular end.
    pub failure: Option<Error>,
}

/// Decoder of one video stream, frame by frame.
pub(super) struct VideoDecoder {
    input: format::context::Input,
    stream: usize,
    decoder: decoder::Video,
    /// Length of a tick of the stream's clock, seconds.
    tick: f64,
    /// Time of the stream's beginning, ticks.
    origin: Option<i64>,
    turn: Option<RotateFlags>,
    frame: frame::Video,
    converter: Option<Converter>,
    draining: bool,
    stats: PacketStats,
}

impl VideoDecoder {
    /// Opens an address in a form that FFmpeg accepts.
    ///
    /// # Errors
    /// The address cannot be read, or has no video that FFmpeg can decode.
    pub fn open(address: &str, options: &[(&str, &str)], mode: DecoderMode) -> Result<Self, Error> {
        libav::start();
        let input = format::input_with_dictionary(address, dictionary(options))?;
        let stream = input.streams().best(media::Type::Video).ok_or(Error::StreamNotFound)?;
        let (index, tick) = (stream.index(), value(stream.time_base()));
        let origin = Some(stream.start_time()).filter(|start| *start != ffi::AV_NOPTS_VALUE);
        let turn = rotation(&stream);
        let decoder = open_decoder(stream.parameters(), mode)?;
        Ok(Self {
            input,
            stream: index,
            decoder,
            tick,
            origin,
            turn,
            frame: frame::Video::empty(),
            converter: None,
            draining: false,
            stats: PacketStats::default(),
        })
    }

    /// Decodes the next frame; returns `false` at the end, or if more packets in a row than `max_bad` are undecodable.
    pub fn next(&mut self, max_bad: u64) -> bool {
        while self.stats.in_a_row <= max_bad {
            match self.decoder.receive_frame(&mut self.frame) {
                Ok(()) => {
                    self.stats.in_a_row = 0;
                    return true;
                }
                Err(Error::Other { errno: EAGAIN }) if !self.draining => {}
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return false,
                Err(_) => {
                    self.note_undecodable();
                    continue;
                }
            }
            match self.read_packet() {
                // An empty packet would signal the end to the decoder.
                Some(packet) if packet.size() == 0 => self.note_undecodable(),
                Some(packet) => {
                    if self.decoder.send_packet(&packet).is_err() {
                        self.note_undecodable();
                    }
                }
                None => {
                    self.draining = true;
                    if self.decoder.send_eof().is_err() {
                        return false;
                    }
                }
            }
        }
        false
    }

    fn note_undecodable(&mut self) {
        self.stats.undecodable += 1;
        self.stats.in_a_row += 1;
    }

    /// Reads the next packet of the video stream; `None` at the end, or if nothing more can be read.
    fn read_packet(&mut self) -> Option<Packet> {
        let mut unreadable = 0;
        loop {
            let mut packet = Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) => {
                    unreadable = 0;
                    self.stats.last_is_partial = packet.is_corrupt();
                    if packet.stream() == self.stream {
                        self.stats.packets += 1;
                        return Some(packet);
                    }
                }
                Err(Error::Eof) => return None,
                Err(Error::InvalidData) if unreadable < MAX_UNREADABLE => unreadable += 1,
                Err(Error::Other { errno: EAGAIN | EINTR }) if unreadable < MAX_UNREADABLE => {
                    unreadable += 1;
                    thread::sleep(AGAIN_INTERVAL);
                }
                Err(error) => {
                    self.stats.failure = Some(error);
                    return None;
                }
            }
        }
    }

    /// Returns the time of the last decoded frame, seconds after the stream's beginning; `None` if it has none.
    pub fn time(&mut self) -> Option<f64> {
        let ticks = self.frame.timestamp()?;
        let origin = *self.origin.get_or_insert(ticks);
        Some((ticks - origin) as f64 * self.tick)
    }

    /// Converts the last decoded frame to 8-bit BGR, upright, with square pixels.
    ///
    /// # Errors
    /// FFmpeg or OpenCV cannot convert it.
    pub fn picture(&mut self) -> Result<Mat, opencv::Error> {
        let shape = Shape::of(&self.frame, self.pixel_aspect());
        if self.converter.as_ref().is_none_or(|converter| converter.shape != shape) {
            self.converter = Some(Converter::new(shape)?);
        }
        let Some(converter) = &mut self.converter else { return Ok(Mat::default()) };
        let picture = converter.convert(&self.frame)?;
        let Some(turn) = self.turn else { return Ok(picture) };
        let mut upright = Mat::default();
        core::rotate(&picture, &mut upright, turn.into())?;
        Ok(upright)
    }

    /// Returns the ratio of width to height of one pixel as stated by the container, or else by the video stream; 1 if
    /// neither states it.
    #[expect(unsafe_code, reason = "the safe interface does not tell what the container says")]
    fn pixel_aspect(&self) -> f64 {
        let Some(stream) = self.input.stream(self.stream) else { return 1.0 };
        // SAFETY: the three objects live as long as `self`, and FFmpeg reads them only during the call.
        let aspect = unsafe {
            let stream = stream.as_ptr().cast_mut();
            ffi::av_guess_sample_aspect_ratio(self.input.as_ptr().cast_mut(), stream, self.frame.as_ptr().cast_mut())
        };
        let aspect = f64::from(aspect.num) / f64::from(aspect.den);
        if PIXEL_ASPECTS.contains(&aspect) { aspect } else { 1.0 }
    }

    /// Seeks to the last key frame at or before this time, seconds after the stream's beginning; returns `false` if the
    /// container does not allow it.
    pub fn seek(&mut self, time: f64) -> bool {
        let target = ((self.origin.unwrap_or(0) as f64 * self.tick + time) * f64::from(ffi::AV_TIME_BASE)) as i64;
        let sought = self.input.seek(target, ..target + 1).is_ok();
        self.decoder.flush();
        self.draining = false;
        sought
    }

    /// Returns the usual frame rate as stated by the container or the video stream, frames per second.
    #[expect(unsafe_code, reason = "the safe interface does not weigh what the container and the stream say")]
    pub fn fps(&self) -> f64 {
        let Some(stream) = self.input.stream(self.stream) else { return DEFAULT_FPS };
        // SAFETY: both objects live as long as `self`, and FFmpeg reads them only during the call.
        let rate = unsafe {
            let stream = stream.as_ptr().cast_mut();
            ffi::av_guess_frame_rate(self.input.as_ptr().cast_mut(), stream, std::ptr::null_mut())
        };
        let fps = value(rate.into());
        if fps > 0.0 && fps <= MAX_FPS { fps } else { DEFAULT_FPS }
    }

    /// Returns the size of the pictures with square pixels, upright: as declared until a frame has been converted.
    pub fn size(&self) -> FrameSize {
        let (width, height) = match &self.converter {
            Some(converter) => converter.shape.square(),
            None => {
                let aspect = self.pixel_aspect();
                let (width, height) = (self.decoder.width(), self.decoder.height());
                Shape { format: self.decoder.format(), width, height, aspect }.square()
            }
        };
        let lying =
            matches!(self.turn, Some(RotateFlags::ROTATE_90_CLOCKWISE | RotateFlags::ROTATE_90_COUNTERCLOCKWISE));
        if lying { FrameSize { width: height, height: width } } else { FrameSize { width, height } }
    }

    /// Returns whether the container states the length of the recording.
    pub fn has_duration(&self) -> bool {
        self.input.duration() > 0
    }

    /// Returns whether this is one picture (JPEG, PNG and the like) rather than a video.
    pub fn is_still(&self) -> bool {
        let format = self.input.format();
        format.name().split(',').any(|name| name == "image2" || name.ends_with("_pipe"))
    }

    /// Returns the statistics of the packets so far.
    pub fn stats(&self) -> &PacketStats {
        &self.stats
    }
}

fn dictionary<'a>(options: &[(&str, &str)]) -> Dictionary<'a> {
    let mut dictionary = Dictionary::new();
    for (key, value) in options {
        dictionary.set(key, value);
    }
    dictionary
}

fn open_decoder(parameters: codec::Parameters, mode: DecoderMode) -> Result<decoder::Video, Error> {
    let id = parameters.id();
    let mut context = codec::context::Context::from_parameters(parameters)?;
    // Frame threading delivers frames with a delay of some frames.
    let kind = match mode {
        DecoderMode::Recorded => codec::threading::Type::Frame,
        DecoderMode::Live => codec::threading::Type::Slice,
    };
    context.set_threading(codec::threading::Config { kind, count: 0, ..codec::threading::Config::default() });
    let decoder = decoder::find(id).ok_or(Error::DecoderNotFound)?;
    // A damaged JPEG is reported as such; otherwise the decoder would fill in the part that it cannot read. In other
    // codecs the following frames build on a damaged one, and dropping it would not help.
    let strict: &[_] = if id == codec::Id::MJPEG { &[("err_detect", "explode")] } else { &[] };
    context.decoder().open_as_with(decoder, dictionary(strict))?.video()
}

/// Returns the value of a rational number.
fn value(rational: Rational) -> f64 {
    f64::from(rational.numerator()) / f64::from(rational.denominator())
}

/// Returns the rotation that makes the pictures upright, as stated by the container.
fn rotation(stream: &format::stream::Stream) -> Option<RotateFlags> {
    let matrix = stream.side_data().find(|side| side.kind() == side_data::Type::DisplayMatrix)?;
    let (words, _) = matrix.data().as_chunks::<4>();
    let word = |k: usize| words.get(k).map(|word| f64::from(i32::from_ne_bytes(*word)));
    let (a, b, c, d) = (word(0)?, word(1)?, word(3)?, word(4)?);
    let angle = (b / b.hypot(d)).atan2(a / a.hypot(c)).to_degrees();
    match (angle.round() as i32).rem_euclid(360) {
        90 => Some(RotateFlags::ROTATE_90_CLOCKWISE),
        180 => Some(RotateFlags::ROTATE_180),
        270 => Some(RotateFlags::ROTATE_90_COUNTERCLOCKWISE),
        _ => None,
    }
}

/// Layout of decoded frames.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shape {
    format: format::Pixel,
    width: u32,
    height: u32,
    /// Ratio of width to height of one pixel.
    aspect: f64,
}

impl Shape {
    fn of(frame: &frame::Video, aspect: f64) -> Self {
        Self { format: frame.format(), width: frame.width(), height: frame.height(), aspect }
    }

    /// Returns columns and rows after its pixels are stretched to squares.
    fn square(&self) -> (u32, u32) {
        let stretched = |side: u32, by: f64| (f64::from(side) * by).round() as u32;
        if self.aspect >= 1.0 {
            (stretched(self.width, self.aspect), self.height)
        } else {
            (self.width, stretched(self.height, 1.0 / self.aspect))
        }
    }
}

/// Converter from frames of one shape to BGR pictures with square pixels.
struct Converter {
    shape: Shape,
    scaler: Scaler,
    bgr: frame::Video,
}

struct Scaler(scaling::Context);

// SAFETY: the context belongs to this value alone and is not bound to a thread.
#[expect(unsafe_code, reason = "the crate does not say of this one type what it says of its others")]
unsafe impl Send for Scaler {}

impl Converter {
    fn new(shape: Shape) -> Result<Self, opencv::Error> {
        let (width, height) = shape.square();
        let flags = scaling::Flags::BICUBIC;
        let Shape { format, width: columns, height: rows, .. } = shape;
        let scaler = scaling::Context::get(format, columns, rows, format::Pixel::BGR24, width, height, flags);
        let scaler = scaler.map_err(|error| failed(&error))?;
        Ok(Self { shape, scaler: Scaler(scaler), bgr: frame::Video::empty() })
    }

    fn convert(&mut self, frame: &frame::Video) -> Result<Mat, opencv::Error> {
        self.scaler.0.run(frame, &mut self.bgr).map_err(|error| failed(&error))?;
        // An interlaced frame combines two moments: only one of them is shown.
        let fields = if frame.is_interlaced() && self.bgr.height() == frame.height() { 2 } else { 1 };
        let (rows, columns) = (self.bgr.height() as usize, self.bgr.width() as usize);
        let (bytes, stride, length) = (self.bgr.data(0), self.bgr.stride(0), 3 * columns);
        let (height, width) = (rows.div_ceil(fields) as i32, columns as i32);
        let mut picture = Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::default())?;
        let lines = bytes.chunks(stride).step_by(fields);
        for (target, source) in picture.data_bytes_mut()?.chunks_exact_mut(length).zip(lines) {
            target.copy_from_slice(&source[..length]);
        }
        if fields == 1 {
            return Ok(picture);
        }
        let mut whole = Mat::default();
        imgproc::resize_def(&picture, &mut whole, Size::new(width, rows as i32))?;
        Ok(whole)
    }
}

fn failed(error: &Error) -> opencv::Error {
    opencv::Error::new(core::StsError, format!("FFmpeg: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_stretched_to_squares_and_never_thinned_out() {
        let shape = |width, height, aspect| Shape { format: format::Pixel::YUV420P, width, height, aspect };
        assert_eq!(shape(1440, 1080, 4.0 / 3.0).square(), (1920, 1080));
        assert_eq!(shape(720, 576, 16.0 / 15.0).square(), (768, 576));
        assert_eq!(shape(720, 480, 8.0 / 9.0).square(), (720, 540));
        assert_eq!(shape(640, 360, 1.0).square(), (640, 360));
    }
}
