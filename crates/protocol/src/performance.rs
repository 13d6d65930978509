//! Performance of the program, summarised once a second.

use crate::sink::SinkData;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Performance of the program, summarised once a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PerformanceData {
    /// Frames processed per second.
    pub fps: f64,
    /// Age of the newest frame since its capture, milliseconds; `null` before the first frame.
    pub frame_age_ms: Option<u64>,
    /// Number of frames that were replaced by newer ones before they were processed, since the source was opened.
    pub frames_dropped: u64,
    /// Number of WebSocket clients now.
    pub clients: usize,
    /// Counts of messages to all WebSocket clients since the start.
    pub messages: MessageCounts,
    /// Latency of each stage over the last second; a stage that nothing passed is left out.
    pub latency: Vec<StageLatency>,
    /// State of the sinks of messages other than WebSocket clients.
    pub sinks: Vec<SinkData>,
}

/// Counts of messages to all WebSocket clients since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageCounts {
    /// Number of messages handed to the clients' connections.
    pub sent: u64,
    /// Number of bytes handed to the clients' connections, after compression, without WebSocket framing.
    pub bytes: u64,
    /// Number of messages handed to the clients' connections in compressed form.
    pub compressed: u64,
    /// Number of messages dropped because clients were too slow.
    pub dropped: u64,
    /// Number of messages not published because they broke this protocol's rules: a fault of the program.
    pub invalid: u64,
}

/// A stage between the camera and a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LatencyStage {
    /// Processing of a frame by the detector.
    Vision,
    /// Time from a frame's arrival in the program until its detections reach the main loop; contains `vision`.
    CaptureToSight,
    /// Time from the arrival of detections in the main loop until the first state that includes them is published;
    /// contains tracking and prediction.
    SightToPublish,
    /// Time from the publication of a message until it is handed to a client's connection.
    PublishToSent,
}

/// Latency of a stage, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageLatency {
    /// The stage.
    pub stage: LatencyStage,
    /// Number of times that the stage was passed.
    pub count: u64,
    /// Median latency, milliseconds.
    pub p50_ms: f64,
    /// 95th percentile of the latency, milliseconds.
    pub p95_ms: f64,
    /// 99th percentile of the latency, milliseconds.
    pub p99_ms: f64,
    /// Maximum latency, milliseconds.
    pub max_ms: f64,
}
