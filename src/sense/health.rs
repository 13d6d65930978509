//! State of the source and rates of its frames.

use bevy::prelude::Resource;
use billiards_capture::{Delivery, SourceStatus};
use std::time::{Duration, Instant};

/// State of the source and counts of its frames.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct SourceHealth {
    /// Present state. `Ended` and `Failed` are set only after the last sight has been ingested.
    pub status: SourceStatus,
    /// One line that describes the source; empty until the source is opened.
    pub description: String,
    /// Treatment of frames that are not fetched in time.
    pub delivery: Delivery,
    /// Processed frames a second, smoothed; 0 while there are none.
    pub fps: f64,
    /// Number of processed frames.
    pub frames: u64,
    /// Number of delivered frames that a newer one replaced before they were processed.
    pub dropped: u64,
    /// Capture time of the newest processed frame.
    pub last_frame: Option<Instant>,
    /// Time at which its detections reached the ECS.
    pub last_sight: Option<Instant>,
    /// Number of failed attempts to open the source and of lost connections.
    pub failures: u64,
    /// Number of frames that could not be processed.
    pub vision_errors: u64,
    /// Number of pictures of the source that could not be decoded.
    pub skipped: u64,
}

impl SourceHealth {
    /// Returns the age of the newest processed frame; `None` before the first.
    #[must_use]
    pub fn age(&self, now: Instant) -> Option<Duration> {
        self.last_frame.map(|then| now.saturating_duration_since(then))
    }

    /// Returns whether the newest sight is outdated: the source is lost, or there was no frame for a second (for three
    /// intervals of a source below three frames a second). If every frame is processed, time is ignored, so that the
    /// result of a run does not depend on its speed.
    #[must_use]
    pub fn is_stale(&self, now: Instant) -> bool {
        match (&self.status, self.delivery) {
            (SourceStatus::Lost { .. } | SourceStatus::Failed(_), _) => true,
            (_, Delivery::EveryFrame) => false,
            (_, Delivery::Latest) => {
                let usual = if self.fps > 0.0 { 3.0 / self.fps } else { 0.0 };
                // Measured from the arrival, not from the capture: a slow machine is late, but it works.
                let silence = self.last_sight.map(|then| now.saturating_duration_since(then));
                silence.is_none_or(|silence| silence.as_secs_f64() > usual.max(1.0))
            }
        }
    }
}
