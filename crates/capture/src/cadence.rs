//! Removes repeated pictures from a recording: a clip of 25 frames a second that was converted to 60 shows each picture
//! two or three times, and a ball in it would seem to stop and jump.
//!
//! A converter shows picture *k* at the frame nearest to *k · period*, so repeats come at a strict beat. They are
//! recognised by that beat together with the picture: encoding leaves repeats slightly different, and on a still table
//! pictures are equal without being repeats. From the period each picture gets its original time back, from which the
//! frame's time differs by up to half a frame.

use super::{CaptureError, FrameSource, Picture};
use opencv::{
    core::{self, Mat, Size},
    imgproc,
    prelude::*,
};
use std::{collections::VecDeque, time::Duration};
use tracing::info;

/// Frame rates that recordings are converted from, frames per second.
const RATES: [f64; 13] = [10.0, 12.0, 12.5, 15.0, 20.0, 23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 60.0];
/// Minimum period that can be distinguished from none, frames: 24 pictures a second in 25.
const MIN_PERIOD: f64 = 1.03;
/// Maximum period, frames: 10 pictures a second in 60.
const MAX_PERIOD: f64 = 6.5;
/// Number of phases that are tried for each period.
const PHASES: usize = 48;

/// Maximum number of frames that are read ahead.
const LOOKAHEAD: usize = 30;
/// Maximum memory for frames that are read ahead, bytes.
const MAX_LOOKAHEAD_BYTES: usize = 256 << 20;
/// Number of latest frames from which the beat is determined.
const HISTORY: usize = 150;
/// Number of frames after which the beat is determined again.
const JUDGE_INTERVAL: u64 = 3;
/// Minimum number of frames recognised as new, and as repeated, before a beat is accepted.
const MIN_EVIDENCE: usize = 4;
/// Minimum number of frames from the first conclusive frame to the last before a beat is accepted: fewer fit several
/// beats.
const MIN_SPAN: usize = 24;
/// Minimum relative difference of two periods that count as different.
const MIN_PERIOD_CHANGE: f64 = 0.005;
/// Minimum share of repeats among the conclusive frames between the beats.
const MIN_REPEATS: f64 = 0.93;
/// Minimum share of new pictures among the conclusive frames on the beats: the recording itself may stand still at
/// times.
const MIN_NEW: f64 = 0.6;
/// Share of repeats among the latest conclusive frames between the beats below which a beat is dropped.
const MIN_LASTING_REPEATS: f64 = 0.75;
/// Number of latest frames from which it is checked that a beat continues.
const LASTING: usize = 60;

/// Minimum difference of pictures that shows motion, levels of 255.
const MIN_MOTION: f64 = 8.0;
/// Maximum ratio of the difference of a repeated picture to that of new pictures near it.
const MAX_REPEAT_RATIO: f64 = 0.25;
/// Minimum ratio of the difference of a new picture to that of others near it.
const MIN_NEW_RATIO: f64 = 0.4;
/// Maximum deviation of the distances between frames of a constant rate, as a share of the mean distance.
const MAX_JITTER: f64 = 0.25;

/// Width of the pictures that are compared, pixels.
const SMALL_WIDTH: i32 = 320;
/// Number of most different pixels that are averaged: a moving ball changes few more.
const MAX_DIFFERENT: usize = 64;

/// A recording without its repeated pictures.
pub(super) struct RepeatFilter<S> {
    source: S,
    waiting: VecDeque<Picture>,
    /// Set once the source has ended; holds the error if it broke off.
    ended: Option<Option<CaptureError>>,
    small: Mat,
    frames: Frames,
    beat: Option<Beat>,
    /// Time of the last picture that was delivered, seconds.
    last: f64,
    repeated: u64,
}

impl<S: FrameSource> RepeatFilter<S> {
    pub fn new(source: S) -> Self {
        Self {
            source,
            waiting: VecDeque::new(),
            ended: None,
            small: Mat::default(),
            frames: Frames::default(),
            beat: None,
            last: 0.0,
            repeated: 0,
        }
    }

    fn read_ahead(&mut self) -> Result<(), CaptureError> {
        while self.ended.is_none() && self.waiting.len() <= self.lookahead() {
            match self.source.read() {
                Ok(Some(picture)) => {
                    let difference = self.difference(&picture.image);
                    let difference =
                        difference.map_err(|error| CaptureError::opencv(self.source.describe(), &error))?;
                    let time = picture.time.unwrap_or_default().as_secs_f64();
                    self.frames.push(time, difference, picture.image.size().unwrap_or_default());
                    self.waiting.push_back(picture);
                }
                Ok(None) => self.ended = Some(None),
                Err(error) => self.ended = Some(Some(error)),
            }
        }
        Ok(())
    }

    fn lookahead(&self) -> usize {
        let bytes =
            self.waiting.front().map_or(0, |picture| picture.image.total() * picture.image.elem_size().unwrap_or(3));
        LOOKAHEAD.min(MAX_LOOKAHEAD_BYTES / bytes.max(1)).max(2)
    }

    /// Returns the difference of the picture from the previous one, averaged over the pixels that differ most, levels.
    fn difference(&mut self, picture: &Mat) -> Result<f64, opencv::Error> {
        let height = (f64::from(SMALL_WIDTH) * f64::from(picture.rows()) / f64::from(picture.cols())).round() as i32;
        let (mut reduced, mut grey) = (Mat::default(), Mat::default());
        imgproc::resize(picture, &mut reduced, Size::new(SMALL_WIDTH, height.max(1)), 0.0, 0.0, imgproc::INTER_AREA)?;
        imgproc::cvt_color_def(&reduced, &mut grey, imgproc::COLOR_BGR2GRAY)?;
        let last = std::mem::replace(&mut self.small, grey);
        if last.empty() || last.size()? != self.small.size()? {
            return Ok(f64::from(u8::MAX));
        }
        let mut difference = Mat::default();
        core::absdiff(&last, &self.small, &mut difference)?;
        Ok(mean_of_highest(difference.data_bytes()?, MAX_DIFFERENT))
    }

    /// Finds the beat of the repeats, or drops it if the pictures are no longer repeated.
    fn judge(&mut self) {
        if !self.frames.pushed().is_multiple_of(JUDGE_INTERVAL) && self.ended.is_none() {
            return;
        }
        let Some(interval) = self.frames.interval() else {
            self.beat = None;
            return;
        };
        if let Some(beat) = &self.beat
            && self.frames.lasting_repeats(beat.period).is_some_and(|share| share < MIN_LASTING_REPEATS)
        {
            info!("{}: pictures are no longer repeated", self.source.describe());
            self.beat = None;
        }
        let found = self.frames.find_beat(interval);
        match (&mut self.beat, found) {
            (None, Some(found)) => {
                let (shown, taken) = (1.0 / interval, 1.0 / interval / found.period);
                info!(
                    "{}: {taken:.2} pictures a second are repeated to {shown:.2}; repeats are dropped",
                    self.source.describe()
                );
                self.beat = Some(found);
            }
            (Some(beat), Some(found)) if (found.period / beat.period - 1.0).abs() > MIN_PERIOD_CHANGE => *beat = found,
            _ => {}
        }
    }

    /// Returns a picture taken from the queue with its corrected time; `None` for a repeat.
    fn take(&mut self, mut picture: Picture) -> Option<Picture> {
        let frame = self.frames.first_waiting(self.waiting.len() + 1);
        let own = picture.time.unwrap_or_default().as_secs_f64();
        let time = match &mut self.beat {
            None => own,
            Some(beat) => {
                let Some(due) = beat.advance(&self.frames, frame) else {
                    self.repeated += 1;
                    return None;
                };
                own + (due - frame as f64) * self.frames.interval().unwrap_or(0.0)
            }
        };
        self.last = time.max(self.last);
        picture.time = Some(Duration::from_secs_f64(self.last));
        Some(picture)
    }
}

impl<S: FrameSource> FrameSource for RepeatFilter<S> {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        loop {
            self.read_ahead()?;
            self.judge();
            let Some(picture) = self.waiting.pop_front() else {
                if self.repeated > 0 {
                    info!("{}: {} repeated pictures were dropped", self.source.describe(), self.repeated);
                    self.repeated = 0;
                }
                return match self.ended.as_mut().and_then(Option::take) {
                    Some(error) => Err(error),
                    None => Ok(None),
                };
            };
            if let Some(picture) = self.take(picture) {
                return Ok(Some(picture));
            }
        }
    }

    fn is_live(&self) -> bool {
        self.source.is_live()
    }

    fn describe(&self) -> String {
        self.source.describe()
    }

    fn skipped(&self) -> u64 {
        self.source.skipped()
    }
}

/// Returns the mean of the highest values.
fn mean_of_highest(values: &[u8], count: usize) -> f64 {
    let mut histogram = [0usize; 256];
    for &value in values {
        histogram[usize::from(value)] += 1;
    }
    let (mut left, mut sum) = (count, 0);
    for (level, number) in histogram.iter().enumerate().rev() {
        let taken = left.min(*number);
        sum += level * taken;
        left -= taken;
    }
    sum as f64 / count.max(1) as f64
}

/// The latest frames, the waiting ones included. Frames are numbered from 0.
#[derive(Debug, Default)]
struct Frames {
    /// Number of the first frame that is kept.
    first: u64,
    times: VecDeque<f64>,
    /// Difference of each frame from the previous one, levels.
    differences: VecDeque<f64>,
    size: Size,
}

/// Classification of a frame by the differences around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The frame differs from the previous one as others near it do.
    New,
    /// The frame equals the previous one although there is motion before and after it.
    Repeat,
    /// The frame is inconclusive: nothing moves, or the difference is in between.
    Unclear,
}

impl Frames {
    fn push(&mut self, time: f64, difference: f64, size: Size) {
        if size != self.size {
            // Another size is another recording: earlier frames say nothing about it.
            self.first += self.times.len() as u64;
            self.times.clear();
            self.differences.clear();
            self.size = size;
        }
        self.times.push_back(time);
        self.differences.push_back(difference);
        if self.times.len() > HISTORY {
            self.times.pop_front();
            self.differences.pop_front();
            self.first += 1;
        }
    }

    /// Returns the number of frames so far.
    fn pushed(&self) -> u64 {
        self.first + self.times.len() as u64
    }

    /// Returns the number of the first of the last `waiting` frames.
    fn first_waiting(&self, waiting: usize) -> u64 {
        self.pushed() - waiting as u64
    }

    fn place(&self, frame: u64) -> Option<usize> {
        usize::try_from(frame.checked_sub(self.first)?).ok().filter(|place| *place < self.times.len())
    }

    /// Returns the mean time between frames, seconds; `None` if they do not come at a constant rate.
    fn interval(&self) -> Option<f64> {
        let (first, last) = (self.times.front()?, self.times.back()?);
        let count = self.times.len().checked_sub(1).filter(|count| *count > 0)?;
        let mean = (last - first) / count as f64;
        let steps = self.times.iter().zip(self.times.iter().skip(1)).map(|(from, to)| to - from);
        let steady = steps.into_iter().all(|step| (step - mean).abs() <= MAX_JITTER * mean);
        (mean > 0.0 && steady).then_some(mean)
    }

    /// Classifies a frame, on the assumption that new pictures come at this period.
    fn kind(&self, place: usize, period: f64) -> Kind {
        let reach = period.ceil() as usize + 1;
        let highest = |places: std::ops::Range<usize>| self.differences.range(places).copied().fold(0.0, f64::max);
        let before = highest(place.saturating_sub(reach)..place);
        let after = highest(place + 1..(place + 1 + reach).min(self.differences.len()));
        let own = self.differences[place];
        if before.min(after) >= MIN_MOTION && own <= MAX_REPEAT_RATIO * before.min(after) {
            Kind::Repeat
        } else if own >= MIN_MOTION && own >= MIN_NEW_RATIO * before.max(after) {
            Kind::New
        } else {
            Kind::Unclear
        }
    }

    /// Returns the share of repeats among the latest conclusive frames between the beats; `None` if there is none.
    fn lasting_repeats(&self, period: f64) -> Option<f64> {
        let from = self.times.len().saturating_sub(LASTING);
        let kinds: Vec<_> = (from..self.times.len()).map(|place| self.kind(place, period)).collect();
        // The phase may have shifted since: the best one counts.
        let shares = (0..PHASES).filter_map(|phase| Agreement::new(&kinds, period, phase).repeats_between());
        shares.max_by(f64::total_cmp)
    }

    /// Finds the beat at which pictures repeat; `None` if they do not repeat or the frames are inconclusive.
    fn find_beat(&self, interval: f64) -> Option<Beat> {
        let periods = RATES.map(|rate| 1.0 / (rate * interval));
        let candidates = periods.into_iter().filter(|period| (MIN_PERIOD..=MAX_PERIOD).contains(period));
        let fits = candidates.filter_map(|period| Some((period, self.fit(period)?)));
        let best = fits.max_by(|(_, a), (_, b)| a.share.total_cmp(&b.share).then(a.phases.cmp(&b.phases)))?;
        let (period, fit) = best;
        Some(Beat { period, due: self.first as f64 + period * fit.phase / PHASES as f64 })
    }

    /// Finds the phase of a period that explains the frames best, if any does.
    fn fit(&self, period: f64) -> Option<Fit> {
        let kinds: Vec<_> = (0..self.times.len()).map(|place| self.kind(place, period)).collect();
        let telling = |kind: &Kind| *kind != Kind::Unclear;
        let span = kinds.iter().rposition(telling)? - kinds.iter().position(telling)?;
        if span < MIN_SPAN {
            return None;
        }
        let shares: Vec<_> = (0..PHASES).map(|phase| Agreement::new(&kinds, period, phase).share()).collect();
        let share = shares.iter().flatten().copied().max_by(f64::total_cmp)?;
        // Neighbouring phases explain the frames equally well: the true one is assumed to be in the middle.
        let equal = |phase: usize| shares[phase % PHASES].is_some_and(|other| other >= share);
        let begin = (0..PHASES).find(|phase| equal(*phase) && !equal(phase + PHASES - 1)).unwrap_or(0);
        let phases = (begin..begin + PHASES).take_while(|phase| equal(*phase)).count();
        Some(Fit { share, phases, phase: begin as f64 + (phases as f64 - 1.0) / 2.0 })
    }
}

/// The best phase of a period.
struct Fit {
    /// Share of the conclusive frames that the phase explains.
    share: f64,
    /// Number of phases that explain as much.
    phases: usize,
    /// Middle of these phases.
    phase: f64,
}

/// Agreement of a beat with the frames: numbers of conclusive frames.
#[derive(Debug, Default)]
struct Agreement {
    /// Number of new pictures on the beats.
    new: usize,
    /// Number of frames on the beats.
    on: usize,
    /// Number of repeats between the beats.
    repeats: usize,
    /// Number of frames between the beats.
    between: usize,
}

impl Agreement {
    fn new(kinds: &[Kind], period: f64, phase: usize) -> Self {
        let mut agreement = Self::default();
        let first = period * phase as f64 / PHASES as f64;
        for (frame, kind) in kinds.iter().enumerate().filter(|(_, kind)| **kind != Kind::Unclear) {
            let beat = ((frame as f64 - first) / period).round();
            if is_nearest(first + beat * period, frame as f64) {
                agreement.on += 1;
                agreement.new += usize::from(*kind == Kind::New);
            } else {
                agreement.between += 1;
                agreement.repeats += usize::from(*kind == Kind::Repeat);
            }
        }
        agreement
    }

    fn repeats_between(&self) -> Option<f64> {
        (self.between > 0).then(|| self.repeats as f64 / self.between as f64)
    }

    /// Returns the mean share of conclusive frames that fit the beat; `None` if it is too small to accept the beat.
    fn share(&self) -> Option<f64> {
        let (new, repeats) = (self.new as f64 / self.on.max(1) as f64, self.repeats_between().unwrap_or(0.0));
        let enough = self.new >= MIN_EVIDENCE && self.repeats >= MIN_EVIDENCE;
        (enough && new >= MIN_NEW && repeats >= MIN_REPEATS).then_some((new + repeats) / 2.0)
    }
}

/// Returns whether this frame is the nearest to a place between frames.
fn is_nearest(place: f64, frame: f64) -> bool {
    (-0.5..0.5).contains(&(place - frame))
}

/// The beat of new pictures, in frames.
#[derive(Debug, Clone, PartialEq)]
struct Beat {
    /// Distance between new pictures.
    period: f64,
    /// Place at which the next new picture is due, or an earlier one.
    due: f64,
}

impl Beat {
    /// Returns the place at which the picture of this frame is due; `None` if it is a repeat. Call it for each frame in
    /// turn.
    fn advance(&mut self, frames: &Frames, frame: u64) -> Option<f64> {
        let at = frame as f64;
        let late = ((at - 0.5 - self.due) / self.period).ceil();
        if late > 0.0 {
            // Frames from before the beat was known.
            self.due += late * self.period;
        }
        let kind = |frame: u64| frames.place(frame).map_or(Kind::Unclear, |place| frames.kind(place, self.period));
        let own = kind(frame);
        if own == Kind::New {
            self.due = self.due.clamp(at - 0.5, at + 0.499);
        } else if self.due >= at + 0.5 {
            return None;
        } else if let Some(next) =
            (1..self.period.ceil() as u64).map(|ahead| frame + ahead).find(|f| kind(*f) == Kind::New)
            && next as f64 + 0.5 <= self.due + self.period
        {
            // The next picture comes before its beat: the moving picture decides the phase.
            if own == Kind::Repeat {
                self.due = at + 0.5;
                return None;
            }
            self.due = (next as f64 + 0.499 - self.period).min(at);
        }
        let due = self.due;
        self.due += self.period;
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{Rect, Scalar};

    /// A recording of a dark disc that stands, then moves, then stands, `rate` pictures a second, converted to `shown`
    /// frames a second; every picture is slightly different, as an encoder leaves it.
    struct Converted {
        rate: f64,
        shown: f64,
        next: u32,
        frames: u32,
    }

    const SPEED: f64 = 200.0;

    /// Returns the place of the disc at a time, pixels.
    fn place(time: f64) -> f64 {
        60.0 + SPEED * (time - 0.8).clamp(0.0, 1.6)
    }

    impl FrameSource for Converted {
        fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
            if self.next == self.frames {
                return Ok(None);
            }
            let shown = f64::from(self.next) / self.shown;
            // The converter shows the newest picture whose time, rounded to frames, has come.
            let picture =
                (0..).take_while(|k| (f64::from(*k) * self.shown / self.rate).round() <= f64::from(self.next));
            let taken = f64::from(picture.last().unwrap_or(0)) / self.rate;
            let grain = f64::from(self.next % 3);
            let mut image =
                Mat::new_rows_cols_with_default(360, 640, core::CV_8UC3, Scalar::all(120.0 + grain)).unwrap();
            let disc = Rect::new(place(taken).round() as i32, 150, 24, 24);
            imgproc::rectangle(&mut image, disc, Scalar::all(30.0), -1, imgproc::LINE_8, 0).unwrap();
            self.next += 1;
            Ok(Some(Picture { image, time: Some(Duration::from_secs_f64(shown)) }))
        }

        fn is_live(&self) -> bool {
            false
        }

        fn describe(&self) -> String {
            "clip".into()
        }
    }

    /// Returns the time of each picture that comes out, and the place of the disc in it.
    fn played(rate: f64, shown: f64) -> Vec<(f64, f64)> {
        let frames = (3.2 * shown) as u32;
        let mut steady = RepeatFilter::new(Converted { rate, shown, next: 0, frames });
        let mut out = Vec::new();
        while let Some(picture) = steady.read().unwrap() {
            let row = picture.image.row(160).unwrap().try_clone().unwrap();
            let dark = row.data_bytes().unwrap().chunks(3).position(|pixel| pixel[0] < 80).unwrap();
            out.push((picture.time.unwrap().as_secs_f64(), dark as f64));
        }
        out
    }

    #[test]
    fn a_converted_recording_is_given_its_own_times_back() {
        for (rate, shown) in
            [(25.0, 50.0), (25.0, 60.0), (25.0, 30.0), (24.0, 30.0), (24.0, 60.0), (15.0, 60.0), (30.0, 50.0)]
        {
            let out = played(rate, shown);
            let moving: Vec<_> = out.iter().filter(|(_, x)| *x > 62.0 && *x < 378.0).collect();
            let expected = 1.58 * rate;
            assert!((moving.len() as f64 - expected).abs() < 3.0, "{rate} in {shown}: {} pictures", moving.len());
            for pair in moving.windows(2) {
                let (time, distance) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
                assert!((time * rate - 1.0).abs() < 0.03, "{rate} in {shown}: {time} s");
                assert!(
                    (distance / time / SPEED - 1.0).abs() < 0.15,
                    "{rate} in {shown}: {distance} pixels in {time} s"
                );
            }
            // The times are correct to half a frame.
            for (time, x) in &moving {
                assert!((x - place(*time)).abs() < SPEED * 0.6 / shown + 1.0, "{rate} in {shown}: {x} at {time}");
            }
        }
    }

    #[test]
    fn what_is_not_converted_comes_through_as_it_is() {
        for rate in [25.0, 30.0, 60.0] {
            let out = played(rate, rate);
            assert_eq!(out.len(), (3.2 * rate) as usize);
            for (k, (time, _)) in out.iter().enumerate() {
                assert!((time - k as f64 / rate).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_still_table_is_shown_at_the_beat_of_its_pictures() {
        let still: Vec<_> = played(25.0, 60.0).into_iter().filter(|(time, _)| *time > 2.6).collect();
        assert!((13..=17).contains(&still.len()), "{}", still.len());
        assert!(still.windows(2).all(|pair| (0.03..0.06).contains(&(pair[1].0 - pair[0].0))));
    }

    #[test]
    fn the_highest_values_are_averaged() {
        assert_eq!(mean_of_highest(&[1, 9, 7, 3, 200], 2), 104.5);
        assert_eq!(mean_of_highest(&[5], 4), 1.25);
    }
}
