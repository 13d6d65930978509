//! Plain counts of what the remote view does; they only rise.

use billiards_protocol::counters::CounterValues;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts, from wherever something happens.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<CounterValues>);

impl Counters {
    /// Counts something.
    pub fn count(&self, what: impl FnOnce(&mut CounterValues)) {
        what(&mut self.lock());
    }

    /// All of them, now, but the alerts, which count themselves.
    pub fn values(&self) -> CounterValues {
        *self.lock()
    }

    /// Held for a moment only.
    fn lock(&self) -> MutexGuard<'_, CounterValues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
