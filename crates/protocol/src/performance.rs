//! How fast the program is, summed up once a second.

use crate::sink::SinkData;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
