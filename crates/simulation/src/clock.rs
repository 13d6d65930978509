//! The rig's clock, from which incoming projector pictures get their timestamps.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Clock of a rig, shared with the threads that submit pictures.
#[derive(Debug)]
pub(super) struct Clock(Mutex<Time>);

#[derive(Debug, Clone, Copy)]
enum Time {
    /// Stands still until it is set; seconds.
    Simulated(f64),
    /// Runs in real time from this instant.
    Real(Instant),
}

impl Clock {
    /// Creates a simulated clock at 0.
    pub fn simulated() -> Self {
        Self(Mutex::new(Time::Simulated(0.0)))
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the seconds since the rig's start.
    pub fn now(&self) -> f64 {
        match *self.time() {
            Time::Simulated(now) => now,
            Time::Real(began) => began.elapsed().as_secs_f64(),
        }
    }

    /// Advances a simulated clock to this time; it never goes back.
    pub fn set(&self, seconds: f64) {
        if let Time::Simulated(now) = &mut *self.time() {
            *now = now.max(seconds);
        }
    }

    /// Turns it into a real-time clock that started at `began`.
    pub fn run_from(&self, began: Instant) {
        *self.time() = Time::Real(began);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_clock_goes_where_it_is_set_but_not_back() {
        let clock = Clock::simulated();
        assert_eq!(clock.now(), 0.0);
        clock.set(2.0);
        clock.set(1.0);
        assert_eq!(clock.now(), 2.0);
        clock.run_from(Instant::now());
        clock.set(1e9);
        assert!(clock.now() < 1e8);
    }
}
