//! Rate-limited logging of messages that were not published.

use billiards_protocol::validation::InvalidMessage;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tracing::error;

/// Minimum interval between two log entries.
const LOG_PERIOD: Duration = Duration::from_secs(1);

/// Logs faults of messages, but not every one.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<(Option<Instant>, u64)>);

impl Complaints {
    /// Counts a fault. Returns the number of faults since the last log entry if another is due.
    fn due(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, count) = &mut *state;
        *count += 1;
        if last.is_some_and(|last| now.saturating_duration_since(last) < LOG_PERIOD) {
            return None;
        }
        *last = Some(now);
        Some(std::mem::take(count))
    }

    /// Records a fault of a message.
    pub fn note(&self, kind: &str, fault: &InvalidMessage) {
        if let Some(count) = self.due(Instant::now()) {
            error!("{count} messages were not published; the newest, a {kind}: {fault}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_told_once_a_second() {
        let (complaints, start) = (Complaints::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(complaints.due(at(0)), Some(1));
        assert_eq!((complaints.due(at(10)), complaints.due(at(990))), (None, None));
        assert_eq!(complaints.due(at(1000)), Some(3));
    }
}
