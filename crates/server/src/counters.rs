//! Counters of the remote view; they only increase.

use billiards_protocol::counters::CounterValues;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counters, incremented wherever something happens.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<CounterValues>);

impl Counters {
    /// Increments counters.
    pub fn count(&self, what: impl FnOnce(&mut CounterValues)) {
        what(&mut self.lock());
    }

    /// Returns the present counts of everything except alerts, which are counted separately.
    pub fn values(&self) -> CounterValues {
        *self.lock()
    }

    /// Locks the counters; held for a moment only.
    fn lock(&self) -> MutexGuard<'_, CounterValues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
