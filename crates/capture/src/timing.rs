//! Timeouts and delays of the supervisor: for a source, between two frames of a recording, and before a retry.

use std::time::{Duration, Instant};

/// Timeouts and delays of the supervisor.
#[derive(Debug, Clone)]
pub struct SupervisorTiming {
    /// Timeout for a source to open.
    pub open: Duration,
    /// Timeout for the first frame of a live source: a camera sets its exposure first.
    pub first_frame: Duration,
    /// Minimum timeout for the next frame of a live source.
    pub stall: Duration,
    /// Minimum timeout for the next frame of a live source, in its frame intervals.
    pub stall_intervals: u32,
    /// Timeout for the next frame of a recording, or of a source that is computed. It is generous: the decoding speed
    /// of a machine must not affect the result.
    pub recorded: Duration,
    /// Delay before the first attempt to reopen; doubled with each attempt.
    pub backoff_first: Duration,
    /// Maximum delay before an attempt to reopen.
    pub backoff_most: Duration,
    /// Maximum delay while a device is absent: looking for it is cheap, and it should be back soon after it is plugged
    /// in.
    pub backoff_absent: Duration,
    /// Time that a source has to run before its delay is reset to the first one.
    pub settled: Duration,
    /// Maximum lag of a recording behind its own times that is caught up; beyond it the recording is re-timed from
    /// there.
    pub late: Duration,
    /// Maximum gap between two times of a recording that is waited for; a longer one is a fault of the file.
    pub gap: Duration,
    /// Maximum time for which a recording shows one frame before that frame is delivered again.
    pub hold: Duration,
    /// Timeout for readers to end when the program does.
    pub leave: Duration,
    /// Maximum number of hanging readers; at this number no further one is started.
    pub most_hanging: usize,
}

impl Default for SupervisorTiming {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(15),
            first_frame: Duration::from_secs(5),
            stall: Duration::from_secs(1),
            stall_intervals: 10,
            recorded: Duration::from_secs(60),
            backoff_first: Duration::from_millis(500),
            backoff_most: Duration::from_secs(10),
            backoff_absent: Duration::from_secs(2),
            settled: Duration::from_secs(3),
            late: Duration::from_millis(500),
            gap: Duration::from_secs(10),
            hold: Duration::from_millis(900),
            leave: Duration::from_millis(500),
            most_hanging: 8,
        }
    }
}

/// The usual time between two frames.
#[derive(Debug, Default)]
pub(super) struct IntervalEstimator {
    last: Option<Instant>,
    /// Smoothed time between two frames; `None` before the second frame.
    pub interval: Option<Duration>,
}

impl IntervalEstimator {
    /// Records the arrival of a frame.
    pub fn record(&mut self, at: Instant) {
        if let Some(last) = self.last.replace(at) {
            let interval = at.saturating_duration_since(last);
            self.interval = Some(self.interval.map_or(interval, |usual| usual.mul_f64(0.9) + interval.mul_f64(0.1)));
        }
    }
}

/// Pacing of a recording at its own speed.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    /// A time of the recording, the instant at which it was due, and the recording's last time.
    anchor: Option<(Duration, Instant, Duration)>,
}

impl Pacer {
    /// Returns the delay from `now` until the frame of this time is due.
    pub fn wait(&mut self, timing: &SupervisorTiming, time: Duration, now: Instant) -> Duration {
        let due = self.anchor.and_then(|(from, then, last)| {
            let steady = time >= last && time - last <= timing.gap;
            steady.then(|| then + time.saturating_sub(from)).filter(|due| now <= *due + timing.late)
        });
        let (from, then) = match (due, self.anchor) {
            (Some(_), Some((from, then, _))) => (from, then),
            _ => (time, now),
        };
        self.anchor = Some((from, then, time));
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }
}

/// The growing delay before a source is reopened.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    absent: bool,
}

impl Backoff {
    /// Creates the backoff before the first failure.
    pub fn new(timing: &SupervisorTiming) -> Self {
        Self { next: timing.backoff_first, absent: false }
    }

    /// Resets the delay after the source ran well for a while.
    pub fn settle(&mut self, timing: &SupervisorTiming) {
        self.next = timing.backoff_first;
    }

    /// Returns the delay after one more failure. The delays start over when a device appears or vanishes.
    pub fn next(&mut self, timing: &SupervisorTiming, absent: bool) -> Duration {
        if self.absent != absent {
            self.absent = absent;
            self.settle(timing);
        }
        let most = if absent { timing.backoff_absent } else { timing.backoff_most };
        let pause = self.next.min(most);
        self.next = (pause * 2).min(most);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn pauses_double_up_to_ten_seconds_and_begin_anew_after_a_good_run() {
        let timing = SupervisorTiming::default();
        let mut backoff = Backoff::new(&timing);
        let pauses = [(); 7].map(|()| backoff.next(&timing, false));
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 10_000, 10_000].map(ms));
        backoff.settle(&timing);
        assert_eq!(backoff.next(&timing, false), ms(500));
    }

    #[test]
    fn an_absent_device_is_looked_for_more_often() {
        let timing = SupervisorTiming::default();
        let mut backoff = Backoff::new(&timing);
        assert_eq!(backoff.next(&timing, false), ms(500));
        assert_eq!([(); 5].map(|()| backoff.next(&timing, true)), [500, 1000, 2000, 2000, 2000].map(ms));
        assert_eq!(backoff.next(&timing, false), ms(500), "it is there again and not quite ready");
    }

    #[test]
    fn a_recording_is_played_at_its_own_speed() {
        let (timing, start, mut pacer) = (SupervisorTiming::default(), Instant::now(), Pacer::default());
        assert_eq!(pacer.wait(&timing, ms(7000), start), ms(0));
        assert_eq!(pacer.wait(&timing, ms(7040), start + ms(10)), ms(30));
        assert_eq!(pacer.wait(&timing, ms(7080), start + ms(50)), ms(30));
        assert_eq!(pacer.wait(&timing, ms(7120), start + ms(130)), ms(0), "a little late: it catches up");
        assert_eq!(pacer.wait(&timing, ms(7160), start + ms(140)), ms(20));
    }

    #[test]
    fn a_recording_that_is_far_behind_or_jumps_starts_afresh() {
        let (timing, start, mut pacer) = (SupervisorTiming::default(), Instant::now(), Pacer::default());
        pacer.wait(&timing, ms(0), start);
        assert_eq!(pacer.wait(&timing, ms(40), start + ms(3000)), ms(0));
        assert_eq!(pacer.wait(&timing, ms(80), start + ms(3000)), ms(40));
        assert_eq!(pacer.wait(&timing, ms(3_600_000), start + ms(3040)), ms(0));
        assert_eq!(pacer.wait(&timing, ms(3_600_040), start + ms(3040)), ms(40));
        assert_eq!(pacer.wait(&timing, ms(0), start + ms(3080)), ms(0));
        assert_eq!(pacer.wait(&timing, ms(40), start + ms(3080)), ms(40));
    }

    #[test]
    fn the_rhythm_is_the_usual_interval() {
        let (mut intervals, start) = (IntervalEstimator::default(), Instant::now());
        intervals.record(start);
        assert_eq!(intervals.interval, None);
        for k in 1..100 {
            intervals.record(start + ms(200 * k));
        }
        let interval = intervals.interval.unwrap();
        assert!(interval.abs_diff(ms(200)) < Duration::from_micros(1), "{interval:?}");
    }
}
