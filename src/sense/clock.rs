//! The clock of the source.

use bevy::prelude::Resource;
use std::time::{Duration, Instant};

/// Clock of the source: the time of its frames ([`FrameStamp::time`](billiards_capture::FrameStamp::time)), continued
/// between them.
#[derive(Resource, Debug, Clone, Copy, PartialEq)]
pub struct SourceClock {
    /// Time of the newest sight, and its moment of capture. `None` before the first.
    pub(super) newest: Option<(Duration, Instant)>,
    /// `false` with [`Delivery::EveryFrame`](billiards_capture::Delivery::EveryFrame): there time advances with the
    /// frames alone, so that the result of a run does not depend on its speed.
    pub(super) runs: bool,
    /// Time that [`SourceClock::run_on`] has added since the newest sight.
    pub(super) added: Duration,
}

impl Default for SourceClock {
    fn default() -> Self {
        Self { newest: None, runs: true, added: Duration::ZERO }
    }
}

impl SourceClock {
    /// Returns the source's time at `now`; zero before the first frame.
    #[must_use]
    pub fn at(&self, now: Instant) -> Duration {
        let Some((time, captured)) = self.newest else { return Duration::ZERO };
        time + self.added + if self.runs { now.saturating_duration_since(captured) } else { Duration::ZERO }
    }

    /// Advances time between two frames of a source whose every frame is processed, for a run that projects more
    /// pictures than the camera takes.
    pub fn run_on(&mut self, by: Duration) {
        self.added += by;
    }

    /// Returns the age of the newest sight at `now`, measured from its capture; if every frame is processed, the time
    /// added by [`SourceClock::run_on`].
    #[must_use]
    pub fn age(&self, now: Instant) -> Duration {
        self.newest.map_or(Duration::ZERO, |(time, _)| self.at(now) - time)
    }
}
