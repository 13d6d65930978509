//! How fast all this goes: measured where it happens, summed up once a second.

use super::{RemoteServer, hub::Hub, message::json, resilience::SinkData, topic::Topic};
use crate::sense::{LatestSight, SourceHealth};
use bevy::prelude::*;
use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often it is summed up.
const PERIOD: Duration = Duration::from_secs(1);
/// The longest time that is told apart, microseconds.
const LONGEST: u64 = 60_000_000;
/// Decimal digits of a measured time that are right.
const DIGITS: u8 = 2;

/// How fast all this goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PerformanceData {
    /// Processed frames a second.
    pub fps: f64,
    /// Age of the newest frame, from its capture on; `null` before the first.
    pub frame_age_ms: Option<u64>,
    /// Frames that newer ones replaced before they were processed, since the source was opened.
    pub frames_dropped: u64,
    /// WebSocket clients now.
    pub clients: usize,
    /// Messages to all WebSocket clients since the start.
    pub messages: MessageCounts,
    /// How long the stages took, of all that passed them in the last second; a stage that nothing passed is left out.
    pub latency: Vec<StageLatency>,
    /// Where messages go besides WebSocket clients.
    pub sinks: Vec<SinkData>,
}

/// Messages to all WebSocket clients since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageCounts {
    /// Handed to the clients' connections.
    pub sent: u64,
    /// Their bytes, as they went, without WebSocket's own.
    pub bytes: u64,
    /// Of those sent, how many were compressed.
    pub compressed: u64,
    /// What clients were too slow for.
    pub dropped: u64,
    /// Not published because they broke this protocol's rules: a fault of the program.
    pub invalid: u64,
}

/// A stage on the way from the camera to a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LatencyStage {
    /// The detector's work on a frame.
    Vision,
    /// From a frame's way into the program until its detections are in the world; contains `vision`.
    CaptureToSight,
    /// From there until the first state that tells of them is published; contains tracking and prediction.
    SightToPublish,
    /// From the publication of a message until it was handed to a client's connection.
    PublishToSent,
}

/// How long a stage took. Milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageLatency {
    /// Which.
    pub stage: LatencyStage,
    /// Times that it was passed.
    pub count: u64,
    /// Half of the times were shorter.
    pub p50_ms: f64,
    /// 95 of 100 were shorter.
    pub p95_ms: f64,
    /// 99 of 100 were shorter.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// Times of one stage.
#[derive(Debug)]
struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST, DIGITS).expect("the bounds are in order"))
    }
}

impl Times {
    fn record(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LONGEST));
    }

    /// Sums up and begins anew; `None` when nothing was recorded.
    fn take(&mut self, stage: LatencyStage) -> Option<StageLatency> {
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

/// How long messages wait for clients' connections; all clients write to it.
#[derive(Debug, Default)]
pub(super) struct SendTimes(Mutex<Times>);

impl SendTimes {
    pub fn record(&self, time: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).record(time);
    }

    fn take(&self) -> Option<StageLatency> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take(LatencyStage::PublishToSent)
    }
}

/// The stages in this program, and what has been seen of them.
#[derive(Default)]
pub(super) struct Stopwatch {
    vision: Times,
    capture: Times,
    publish: Times,
    /// When the newest sight reached the world, while no state has told of it.
    untold: Option<Instant>,
    frames: u64,
    states: u64,
    summed: Option<Instant>,
}

impl Stopwatch {
    /// Takes note of a new sight.
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
            self.untold = self.untold.or(Some(seen));
        }
    }

    /// Takes note of a new state.
    fn note_state(&mut self, states: &Topic) {
        let Some(newest) = states.newest().filter(|newest| newest.count != self.states) else { return };
        self.states = newest.count;
        if let Some(seen) = self.untold.take() {
            self.publish.record(newest.published.saturating_duration_since(seen));
        }
    }

    /// Sums up, when it is time to.
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
            hub.send_times.take(),
        ];
        let counted = hub.counters.values();
        Some(PerformanceData {
            fps: (source.fps * 10.0).round() / 10.0,
            frame_age_ms: source.age(now).map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            frames_dropped: source.dropped,
            clients: hub.clients(),
            messages: MessageCounts {
                sent: counted.messages_sent,
                bytes: counted.bytes_sent,
                compressed: counted.compressed,
                dropped: counted.dropped,
                invalid: counted.invalid,
            },
            latency: latency.into_iter().flatten().collect(),
            sinks: hub.sinks().iter().map(|sink| sink.data()).collect(),
        })
    }
}

/// Measures, and publishes once a second; comes after the state.
pub(super) fn measure(
    server: Res<RemoteServer>,
    source: Res<SourceHealth>,
    sight: Option<Res<LatestSight>>,
    mut watch: Local<Stopwatch>,
) {
    let seen = sight.as_ref().filter(|sight| sight.is_changed()).and_then(|sight| sight.0.as_ref());
    watch.note_sight(&source, seen.map(|sight| sight.vision_time));
    watch.note_state(&server.hub.state);
    if let Some(data) = watch.sum(&server.hub, &source, Instant::now()) {
        server.hub.performance.publish(json(&data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::remote::Limits;

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
            hub.state.publish("{}".to_owned());
            watch.note_state(&hub.state);
            hub.state.publish("{}".to_owned());
            watch.note_state(&hub.state);
        }
        hub.counters.count(|counts| counts.messages_sent += 7);
        hub.send_times.record(ms(1));
        let data = watch.sum(&hub, &source, start + ms(1001)).expect("a second is over");
        let counts: Vec<_> = data.latency.iter().map(|stage| (stage.stage, stage.count)).collect();
        use LatencyStage::{CaptureToSight, PublishToSent, SightToPublish, Vision};
        assert_eq!(counts, [(Vision, 5), (CaptureToSight, 5), (SightToPublish, 5), (PublishToSent, 1)]);
        assert!((data.latency[1].p50_ms - 30.0).abs() < 0.5, "{:?}", data.latency);
        assert!(data.latency[2].p50_ms >= 99.0, "{:?}", data.latency);
        assert_eq!((data.fps, data.frames_dropped, data.messages.sent), (30.0, 2, 7));
        assert!(data.frame_age_ms.is_some_and(|age| (1131..1140).contains(&age)));
        assert_eq!(watch.sum(&hub, &source, start + ms(1500)), None);
    }
}
