//! The time of the rig, which the projector's pictures are stamped with as they come in.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The time of a rig, shared with those who hand in pictures.
#[derive(Debug)]
pub(super) struct Clock(Mutex<Time>);

#[derive(Debug, Clone, Copy)]
enum Time {
    /// Stands still until it is set.
    Simulated(f64),
    /// Began then.
    Real(Instant),
}

impl Clock {
    /// A simulated clock at 0.
    pub fn simulated() -> Self {
        Self(Mutex::new(Time::Simulated(0.0)))
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the rig's beginning.
    pub fn now(&self) -> f64 {
        match *self.time() {
            Time::Simulated(now) => now,
            Time::Real(began) => began.elapsed().as_secs_f64(),
        }
    }

    /// Sets a simulated clock, but never back.
    pub fn set(&self, seconds: f64) {
        if let Time::Simulated(now) = &mut *self.time() {
            *now = now.max(seconds);
        }
    }

    /// Makes it a real clock that began at `began`.
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
