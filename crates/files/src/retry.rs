//! Delays before retries.

use std::time::{Duration, Instant};

/// Minimum time between two attempts, used for the first retry.
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// Maximum time between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Retries at growing intervals until one succeeds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Retry(Option<Failed>);

#[derive(Debug, Clone, PartialEq)]
struct Failed {
    next: Instant,
    pause: Duration,
    reason: String,
}

impl Retry {
    /// Returns whether an attempt is due.
    pub fn is_due(&self, now: Instant) -> bool {
        self.0.as_ref().is_none_or(|failed| now >= failed.next)
    }

    /// Records a failed attempt. Returns whether its reason differs from that of the previous one.
    pub fn failed(&mut self, now: Instant, reason: &str) -> bool {
        let last = self.0.take();
        let pause = last.as_ref().map_or(MIN_PAUSE, |last| (2 * last.pause).min(MAX_PAUSE));
        let news = last.is_none_or(|last| last.reason != reason);
        self.0 = Some(Failed { next: now + pause, pause, reason: reason.to_owned() });
        news
    }

    /// Records a success. Returns whether it ends a series of failures.
    pub fn succeeded(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_further_and_further_apart_and_a_reason_is_news_once() {
        let start = Instant::now();
        let mut retry = Retry::default();
        let mut now = start;
        let mut pauses = Vec::new();
        for attempt in 0..8 {
            assert!(retry.is_due(now));
            assert_eq!(retry.failed(now, if attempt < 6 { "full" } else { "gone" }), attempt == 0 || attempt == 6);
            let began = now;
            while !retry.is_due(now) {
                now += Duration::from_millis(500);
            }
            pauses.push((now - began).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert!(retry.succeeded() && !retry.succeeded() && retry.is_due(start));
    }
}
