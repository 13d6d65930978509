//! Performance of the pipeline: measured in each stage, summarised once a second.

use super::RemoteServer;
use crate::sense::{LatestSight, SourceHealth};
use bevy::prelude::*;
use billiards_protocol::{
    performance::{LatencyStage, PerformanceData},
    stream::LatestStream,
};
use billiards_server::{Hub, times::Times};
use std::time::{Duration, Instant};

/// Interval between two summaries.
const PERIOD: Duration = Duration::from_secs(1);

/// Stages in this program, with their measurements.
#[derive(Default)]
pub(super) struct Stopwatch {
    vision: Times,
    capture: Times,
    publish: Times,
    /// Time at which the newest sight reached the world, until a state is published for it.
    unpublished: Option<Instant>,
    frames: u64,
    states: u64,
    summed: Option<Instant>,
}

impl Stopwatch {
    /// Records a new sight.
    fn note_sight(&mut self, source: &SourceHealth, vision: Option<Duration>) {
        if source.frames == self.frames {
            return;
        }
        self.frames = source.frames;
        if let Some(vision) = vision {
            self.vision.record(vision);
        }
        if let (Some(captured), Some(seen)) = (source.last_frame, source.last_sight) {
            self.capture.record(seen.saturating_duration_since(captured));
            self.unpublished = self.unpublished.or(Some(seen));
        }
    }

    /// Records a new state.
    fn note_state(&mut self, hub: &Hub) {
        let Some(newest) = hub.newest(LatestStream::State).filter(|newest| newest.count != self.states) else { return };
        self.states = newest.count;
        if let Some(seen) = self.unpublished.take() {
            self.publish.record(newest.published.saturating_duration_since(seen));
        }
    }

    /// Summarises the measurements when the interval is over.
    fn sum(&mut self, hub: &Hub, source: &SourceHealth, now: Instant) -> Option<PerformanceData> {
        let since = *self.summed.get_or_insert(now);
        if now.saturating_duration_since(since) < PERIOD {
            return None;
        }
        self.summed = Some(now);
        let latency = [
            self.vision.take(LatencyStage::Vision),
            self.capture.take(LatencyStage::CaptureToSight),
            self.publish.take(LatencyStage::SightToPublish),
            hub.take_send_times(),
        ];
        Some(PerformanceData {
            fps: (source.fps * 10.0).round() / 10.0,
            frame_age_ms: source.age(now).map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            frames_dropped: source.dropped,
            clients: hub.clients(),
            messages: hub.message_counts(),
            latency: latency.into_iter().flatten().collect(),
            sinks: hub.sinks(),
        })
    }
}

/// Measures, and publishes once a second; runs after the state is published.
pub(super) fn measure(
    server: Res<RemoteServer>,
    source: Res<SourceHealth>,
    sight: Option<Res<LatestSight>>,
    mut watch: Local<Stopwatch>,
) {
    let seen = sight.as_ref().filter(|sight| sight.is_changed()).and_then(|sight| sight.0.as_ref());
    watch.note_sight(&source, seen.map(|sight| sight.vision_time));
    watch.note_state(server.hub());
    if let Some(data) = watch.sum(server.hub(), &source, Instant::now()) {
        server.hub().publish(LatestStream::Performance, &data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_protocol::message::TrajectoryData;
    use billiards_server::Limits;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn each_stage_is_measured_once_a_frame() {
        let (hub, mut watch, start) = (Hub::new(&Limits::default()), Stopwatch::default(), Instant::now());
        let mut source = SourceHealth { fps: 29.97, dropped: 2, ..SourceHealth::default() };
        assert_eq!(watch.sum(&hub, &source, start), None);
        for frame in 1..=5 {
            let seen = start.checked_sub(ms(100)).expect("the clock runs for longer");
            source = SourceHealth { frames: frame, last_frame: Some(seen - ms(30)), last_sight: Some(seen), ..source };
            for _ in 0..3 {
                watch.note_sight(&source, Some(ms(20)));
            }
            hub.publish(LatestStream::State, &"a state");
            watch.note_state(&hub);
            hub.publish(LatestStream::State, &"a state");
            watch.note_state(&hub);
        }
        let bad = TrajectoryData { aim: Some([f64::NAN, 0.0]), ..TrajectoryData::default() };
        assert!(!hub.is_valid(LatestStream::Trajectory, &bad));
        let data = watch.sum(&hub, &source, start + ms(1001)).expect("a second is over");
        assert_eq!(data.messages.invalid, 1);
        let counts: Vec<_> = data.latency.iter().map(|stage| (stage.stage, stage.count)).collect();
        use LatencyStage::{CaptureToSight, SightToPublish, Vision};
        assert_eq!(counts, [(Vision, 5), (CaptureToSight, 5), (SightToPublish, 5)]);
        assert!((data.latency[1].p50_ms - 30.0).abs() < 0.5, "{:?}", data.latency);
        assert!(data.latency[2].p50_ms >= 99.0, "{:?}", data.latency);
        assert_eq!((data.fps, data.frames_dropped), (30.0, 2));
        assert!(data.frame_age_ms.is_some_and(|age| (1131..1140).contains(&age)));
        assert_eq!(watch.sum(&hub, &source, start + ms(1500)), None);
    }
}
