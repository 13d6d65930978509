//! Timing of the delivery of pictures.

use super::clock::Clock;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Maximum delay of a reader; beyond it, the simulation shifts its clock instead of skipping pictures.
const MAX_READER_DELAY: Duration = Duration::from_secs(1);

/// Timing by which pictures are delivered.
pub(super) enum Pace {
    /// Real time; holds the time at which picture 0 was due, once a picture has been requested.
    Real(Option<Instant>),
    /// Pictures are delivered as fast as they are requested.
    Free,
    /// One picture is delivered for each tick of a [`Metronome`].
    Ticks(mpsc::Receiver<()>),
}

/// Advances a rig in [lockstep](super::SimulatedRig::lockstep), picture by picture. The pictures end when it is
/// dropped.
#[derive(Debug)]
pub struct Metronome {
    ticks: mpsc::Sender<()>,
    count: AtomicU64,
    period: f64,
    clock: Arc<Clock>,
}

impl Metronome {
    /// Creates a metronome and its pace for a rig with `fps` pictures per second.
    pub(super) fn new(fps: f64, clock: Arc<Clock>) -> (Self, Pace) {
        let (ticks, receiver) = mpsc::channel();
        (Self { ticks, count: AtomicU64::new(0), period: 1.0 / fps, clock }, Pace::Ticks(receiver))
    }

    /// Allows one more picture: the rig's time advances to that picture's at once, so that light submitted from now on
    /// comes after it. Returns whether the rig still exists to render it.
    pub fn tick(&self) -> bool {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        self.clock.set(number as f64 * self.period);
        self.ticks.send(()).is_ok()
    }
}

impl Pace {
    /// Waits until picture `number`, due at `due(number)` after the first, may be rendered; `lead` seconds before that,
    /// all its light has been submitted. Returns the number of the picture to render: overdue pictures are skipped.
    /// Returns `None` at the end of all pictures.
    pub fn wait(&mut self, number: u64, fps: f64, lead: f64, clock: &Clock) -> Option<u64> {
        let due = |number: u64| Duration::from_secs_f64(number as f64 / fps);
        match self {
            Self::Free => Some(number),
            Self::Ticks(ticks) => ticks.recv().ok().map(|()| number),
            Self::Real(started) => {
                let now = Instant::now();
                let began = *started.get_or_insert_with(|| {
                    clock.run_from(now);
                    now
                });
                let late = now.saturating_duration_since(began + due(number));
                if late > MAX_READER_DELAY {
                    *started = Some(began + late);
                    clock.run_from(began + late);
                    return Some(number);
                }
                let passed = (late.as_secs_f64() * fps) as u64;
                let ready = began + due(number + passed).saturating_sub(Duration::from_secs_f64(lead.max(0.0)));
                thread::sleep(ready.saturating_duration_since(now));
                Some(number + passed)
            }
        }
    }

    /// Holds picture `number` back until it is due.
    pub fn deliver(&self, number: u64, fps: f64) {
        if let Self::Real(Some(began)) = self {
            let due = *began + Duration::from_secs_f64(number as f64 / fps);
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metronome_allows_one_picture_a_tick_and_moves_the_time() {
        let clock = Arc::new(Clock::simulated());
        let (metronome, mut pace) = Metronome::new(50.0, Arc::clone(&clock));
        for number in 0..3 {
            assert!(metronome.tick());
            assert!((clock.now() - 0.02 * number as f64).abs() < 1e-12);
            assert_eq!(pace.wait(number, 50.0, 0.0, &clock), Some(number));
        }
        drop(metronome);
        assert_eq!(pace.wait(3, 50.0, 0.0, &clock), None);
    }

    #[test]
    fn a_late_reader_misses_pictures_and_a_very_late_one_finds_that_all_has_waited() {
        let clock = Clock::simulated();
        let mut pace = Pace::Real(Instant::now().checked_sub(Duration::from_millis(500)));
        let next = pace.wait(0, 100.0, 0.0, &clock).expect("goes on");
        assert!((50..200).contains(&next), "{next}");
        let mut pace = Pace::Real(Instant::now().checked_sub(Duration::from_secs(30)));
        assert_eq!(pace.wait(7, 100.0, 0.0, &clock), Some(7));
    }
}
