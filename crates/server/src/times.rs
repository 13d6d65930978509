//! Latency of the stages between the camera and a browser.

use billiards_protocol::performance::{LatencyStage, StageLatency};
use hdrhistogram::Histogram;
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Maximum time that is distinguished, microseconds; longer ones count as this.
const LONGEST: u64 = 60_000_000;

/// Number of significant decimal digits of a recorded time.
const DIGITS: u8 = 2;

/// Recorded times of one stage.
#[derive(Debug)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("the bounds are in order"))
    }
}

impl Times {
    /// Records a time.
    pub fn record(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LONGEST));
    }

    /// Summarises the times and starts over; `None` if nothing was recorded.
    pub fn take(&mut self, stage: LatencyStage) -> Option<StageLatency> {
        if self.0.is_empty() {
            return None;
        }
        let ms = |micros: u64| micros as f64 / 1e3;
        let at = |quantile| ms(self.0.value_at_quantile(quantile));
        let (p50_ms, p95_ms, p99_ms) = (at(0.5), at(0.95), at(0.99));
        let latency = StageLatency { stage, count: self.0.len(), p50_ms, p95_ms, p99_ms, max_ms: ms(self.0.max()) };
        self.0.reset();
        Some(latency)
    }
}

/// Times that messages wait for clients' connections; all clients write to it.
#[derive(Debug, Default)]
pub(crate) struct SendTimes(Mutex<Times>);

impl SendTimes {
    pub fn record(&self, time: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).record(time);
    }

    pub fn take(&self) -> Option<StageLatency> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(LatencyStage::PublishToSent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut times = Times::default();
        assert_eq!(times.take(LatencyStage::Vision), None);
        (1..=100).for_each(|t| times.record(ms(t)));
        let summed = times.take(LatencyStage::Vision).expect("recorded");
        assert_eq!(summed.count, 100);
        for (value, wanted) in
            [(summed.p50_ms, 50.0), (summed.p95_ms, 95.0), (summed.p99_ms, 99.0), (summed.max_ms, 100.0)]
        {
            assert!((value - wanted).abs() < 1.0, "{value} is not {wanted}");
        }
        assert_eq!(times.take(LatencyStage::Vision), None, "each second stands for itself");
        times.record(Duration::from_secs(100_000));
        assert!(times.take(LatencyStage::Vision).is_some(), "what is too long counts as the longest");
    }
}
