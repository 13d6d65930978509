//! How long the supervisor waits: for a source, between two frames of a recording, and before another attempt.

use std::time::{Duration, Instant};

/// How long the supervisor waits for what.
#[derive(Debug, Clone)]
pub struct Tempo {
    /// For a source to open.
    pub open: Duration,
    /// For the first frame of a live source: a camera sets its exposure first.
    pub first_frame: Duration,
    /// For the next frame of a live source, at least.
    pub stall: Duration,
    /// For the next frame of a live source, at least this many of its frame intervals.
    pub stall_intervals: u32,
    /// For the next frame of a recording, or of a source that is computed. Generous: how fast a machine decodes must not
    /// decide what comes out.
    pub recorded: Duration,
    /// Before the first attempt to reopen; doubled with each.
    pub backoff_first: Duration,
    /// The most that it is doubled to.
    pub backoff_most: Duration,
    /// The most while a device is simply not there: to look is cheap, and it shall be back soon after it is plugged in.
    pub backoff_absent: Duration,
    /// A source that ran this long begins with the first back-off again.
    pub settled: Duration,
    /// A recording that is behind its own times by more than this is not hurried on any more.
    pub late: Duration,
    /// A longer gap between two times of a recording is a fault of the file and not waited for.
    pub gap: Duration,
    /// While a recording shows one frame for longer than this, the frame is handed on anew.
    pub hold: Duration,
    /// For readers to end when the program does.
    pub leave: Duration,
    /// So many readers may hang before no further one is started.
    pub most_hanging: usize,
}

impl Default for Tempo {
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
pub(super) struct Rhythm {
    last: Option<Instant>,
    /// None before the second frame.
    pub interval: Option<Duration>,
}

impl Rhythm {
    /// A frame came.
    pub fn beat(&mut self, at: Instant) {
        if let Some(last) = self.last.replace(at) {
            let interval = at.saturating_duration_since(last);
            self.interval = Some(self.interval.map_or(interval, |usual| usual.mul_f64(0.9) + interval.mul_f64(0.1)));
        }
    }
}

/// Plays a recording at its own speed.
#[derive(Debug, Default)]
pub(super) struct Pacer {
    /// A time of the recording, and when it was due; and the recording's last time.
    anchor: Option<(Duration, Instant, Duration)>,
}

impl Pacer {
    /// How long the frame of this time is to wait from now.
    pub fn wait(&mut self, tempo: &Tempo, time: Duration, now: Instant) -> Duration {
        let due = self.anchor.and_then(|(from, then, last)| {
            let steady = time >= last && time - last <= tempo.gap;
            steady.then(|| then + time.saturating_sub(from)).filter(|due| now <= *due + tempo.late)
        });
        let (from, then) = match (due, self.anchor) {
            (Some(_), Some((from, then, _))) => (from, then),
            _ => (time, now),
        };
        self.anchor = Some((from, then, time));
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }
}

/// The growing pause before a source is opened again.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    absent: bool,
}

impl Backoff {
    /// Before the first failure.
    pub fn new(tempo: &Tempo) -> Self {
        Self { next: tempo.backoff_first, absent: false }
    }

    /// The source ran well for a while.
    pub fn settle(&mut self, tempo: &Tempo) {
        self.next = tempo.backoff_first;
    }

    /// The pause after one more failure. A device that appears or vanishes is news, and the pauses begin anew.
    pub fn next(&mut self, tempo: &Tempo, absent: bool) -> Duration {
        if self.absent != absent {
            self.absent = absent;
            self.settle(tempo);
        }
        let most = if absent { tempo.backoff_absent } else { tempo.backoff_most };
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
        let tempo = Tempo::default();
        let mut backoff = Backoff::new(&tempo);
        let pauses = [(); 7].map(|()| backoff.next(&tempo, false));
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 10_000, 10_000].map(ms));
        backoff.settle(&tempo);
        assert_eq!(backoff.next(&tempo, false), ms(500));
    }

    #[test]
    fn an_absent_device_is_looked_for_more_often() {
        let tempo = Tempo::default();
        let mut backoff = Backoff::new(&tempo);
        assert_eq!(backoff.next(&tempo, false), ms(500));
        assert_eq!([(); 5].map(|()| backoff.next(&tempo, true)), [500, 1000, 2000, 2000, 2000].map(ms));
        assert_eq!(backoff.next(&tempo, false), ms(500), "it is there again and not quite ready");
    }

    #[test]
    fn a_recording_is_played_at_its_own_speed() {
        let (tempo, start, mut pacer) = (Tempo::default(), Instant::now(), Pacer::default());
        assert_eq!(pacer.wait(&tempo, ms(7000), start), ms(0));
        assert_eq!(pacer.wait(&tempo, ms(7040), start + ms(10)), ms(30));
        assert_eq!(pacer.wait(&tempo, ms(7080), start + ms(50)), ms(30));
        assert_eq!(pacer.wait(&tempo, ms(7120), start + ms(130)), ms(0), "a little late: it catches up");
        assert_eq!(pacer.wait(&tempo, ms(7160), start + ms(140)), ms(20));
    }

    #[test]
    fn a_recording_that_is_far_behind_or_jumps_starts_afresh() {
        let (tempo, start, mut pacer) = (Tempo::default(), Instant::now(), Pacer::default());
        pacer.wait(&tempo, ms(0), start);
        assert_eq!(pacer.wait(&tempo, ms(40), start + ms(3000)), ms(0));
        assert_eq!(pacer.wait(&tempo, ms(80), start + ms(3000)), ms(40));
        assert_eq!(pacer.wait(&tempo, ms(3_600_000), start + ms(3040)), ms(0));
        assert_eq!(pacer.wait(&tempo, ms(3_600_040), start + ms(3040)), ms(40));
        assert_eq!(pacer.wait(&tempo, ms(0), start + ms(3080)), ms(0));
        assert_eq!(pacer.wait(&tempo, ms(40), start + ms(3080)), ms(40));
    }

    #[test]
    fn the_rhythm_is_the_usual_interval() {
        let (mut rhythm, start) = (Rhythm::default(), Instant::now());
        rhythm.beat(start);
        assert_eq!(rhythm.interval, None);
        for k in 1..100 {
            rhythm.beat(start + ms(200 * k));
        }
        let interval = rhythm.interval.unwrap();
        assert!(interval.abs_diff(ms(200)) < Duration::from_micros(1), "{interval:?}");
    }
}
