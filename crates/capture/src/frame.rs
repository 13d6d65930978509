//! A picture with its stamp, and the clock that stamps pictures.

use billiards_table::FrameSize;
use opencv::core::Mat;
use std::time::{Duration, Instant};

/// Number, times and size of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameStamp {
    /// Number of the frame in its source, from 0. A gap is a frame that was dropped or could not be read.
    pub index: u64,
    /// Time since the source's first frame, never decreasing: file time for recordings (also with a start: the frame at
    /// 10 s of the file has 10 s), arrival time for live sources. It continues when a source is repeated or reopened.
    pub time: Duration,
    /// Time at which the frame came into the program (monotonic clock).
    pub captured: Instant,
    /// Size of the picture, pixels.
    pub size: FrameSize,
}

/// A picture with its stamp.
pub struct Frame {
    /// Picture, 8-bit BGR.
    pub image: Mat,
    /// Number, times and size of the frame.
    pub stamp: FrameStamp,
}

/// Clock that numbers frames and gives them times that never decrease, over all openings of a source.
#[derive(Debug, Default)]
pub(super) struct FrameClock {
    next_index: u64,
    /// Arrival time of the very first frame.
    first: Option<Instant>,
    last: Option<(Duration, Instant)>,
    /// Offset that is added to the source's own times.
    shift: Duration,
    reopened: bool,
}

impl FrameClock {
    /// Records that the source was reopened: its own times may start over.
    pub fn reopened(&mut self) {
        self.reopened = true;
    }

    /// Skips the numbers of frames that could not be read: those that follow keep their numbers.
    pub fn skip(&mut self, frames: u64) {
        self.next_index += frames;
    }

    /// Stamps the next frame; `own` is the time that the source gives it.
    pub fn stamp(&mut self, own: Option<Duration>, captured: Instant, size: FrameSize) -> FrameStamp {
        let first = *self.first.get_or_insert(captured);
        let time = match (own, self.last) {
            (None, _) => captured.saturating_duration_since(first),
            (Some(own), Some((last, then))) if self.reopened && own + self.shift <= last => {
                // The source started over: it continues from its last frame, after the time for which it was lost.
                self.shift = (last + captured.saturating_duration_since(then)).saturating_sub(own);
                own + self.shift
            }
            (Some(own), _) => own + self.shift,
        };
        let time = self.last.map_or(time, |(last, _)| time.max(last));
        self.reopened = false;
        self.last = Some((time, captured));
        let index = self.next_index;
        self.next_index += 1;
        FrameStamp { index, time, captured, size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: FrameSize = FrameSize { width: 64, height: 64 };

    fn seconds(value: f64) -> Duration {
        Duration::from_secs_f64(value)
    }

    #[test]
    fn live_frames_are_timed_by_their_arrival() {
        let (mut clock, start) = (FrameClock::default(), Instant::now());
        assert_eq!(clock.stamp(None, start, SIZE).time, Duration::ZERO);
        let next = clock.stamp(None, start + seconds(0.02), SIZE);
        assert_eq!((next.index, next.time), (1, seconds(0.02)));
        clock.reopened();
        let back = clock.stamp(None, start + seconds(7.0), SIZE);
        assert_eq!((back.index, back.time), (2, seconds(7.0)));
    }

    #[test]
    fn recorded_frames_keep_their_own_time_whenever_they_arrive() {
        let (mut clock, start) = (FrameClock::default(), Instant::now());
        for (k, time) in [10.0, 10.04, 10.08].into_iter().enumerate() {
            let stamp = clock.stamp(Some(seconds(time)), start + seconds(5.0 * k as f64), SIZE);
            assert_eq!((stamp.index, stamp.time), (k as u64, seconds(time)));
        }
    }

    #[test]
    fn frames_that_cannot_be_read_have_their_numbers() {
        let (mut clock, start) = (FrameClock::default(), Instant::now());
        let mut index = |skipped: u64| {
            clock.skip(skipped);
            clock.stamp(None, start, SIZE).index
        };
        assert_eq!([0, 2, 0, 1].map(&mut index), [0, 3, 4, 6]);
    }

    #[test]
    fn time_never_falls() {
        let (mut clock, start) = (FrameClock::default(), Instant::now());
        let times = [0.0, 0.2, 0.1, 0.3].map(|time| clock.stamp(Some(seconds(time)), start, SIZE).time);
        assert_eq!(times, [0.0, 0.2, 0.2, 0.3].map(seconds));
    }

    #[test]
    fn a_recording_that_is_opened_again_runs_on() {
        let (mut clock, start) = (FrameClock::default(), Instant::now());
        clock.stamp(Some(seconds(3.0)), start, SIZE);
        clock.reopened();
        let times = [(0.0, 2.0), (0.5, 2.5)]
            .map(|(own, arrival)| clock.stamp(Some(seconds(own)), start + seconds(arrival), SIZE).time);
        assert_eq!(times, [seconds(5.0), seconds(5.5)]);
    }
}
