//! Sources of pictures, detections in their frames, records of the frames, and the graphics adapter.

use crate::message::SourceState;
use billiards_table::{BallClass, BallLabel};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sources of pictures to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourcesData {
    /// All sources.
    pub sources: Vec<SourceName>,
    /// Index of the source that is in use, counted from 0.
    pub current: usize,
}

/// A source of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceName {
    /// Name of the source in the notation of the command line, with secrets redacted.
    pub name: String,
}

/// Record of the processing of one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameRecord {
    /// Number of the frame; a gap in the numbers stands for frames that were not processed.
    pub index: u64,
    /// Time at which the frame's detections reached the main loop.
    pub at: Timestamp,
    /// Time from the frame's capture until its detections reached the main loop, milliseconds.
    pub age_ms: f64,
    /// Time that the detector took, milliseconds.
    pub vision_ms: f64,
    /// Number of balls detected in the frame.
    pub balls: usize,
    /// Number of balls being tracked.
    pub tracked: usize,
    /// `true` if a cue was detected.
    pub cue: bool,
    /// `true` if the table was detected.
    pub table: bool,
}

/// Graphics adapter that the program renders with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GpuData {
    /// Name of the adapter.
    pub name: String,
    /// Graphics interface that is used, such as `vulkan`.
    pub backend: String,
    /// Driver of the adapter, with its version.
    pub driver: String,
    /// Kind of the adapter: `DiscreteGpu`, `IntegratedGpu`, `VirtualGpu`, `Cpu` (slow) or `Other`.
    pub kind: String,
}

/// State of the camera and the detector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisionStatus {
    /// State of the source.
    pub source: SourceState,
    /// Reason why the source does not run, for people; `null` unless it is lost or failed.
    pub reason: Option<String>,
    /// Frames processed per second.
    pub fps: f64,
    /// Width of a frame, pixels; `null` while there is no frame.
    pub width: Option<u32>,
    /// Height of a frame, pixels; `null` while there is no frame.
    pub height: Option<u32>,
    /// Time that the detector took for the newest frame, milliseconds; `null` while there is no frame.
    pub vision_ms: Option<f64>,
    /// State of the table in the newest frame: `fits`, `hidden`, `moved`, or, in words, the reason why none was
    /// detected; `null` while there is no frame.
    pub table: Option<String>,
    /// Number of balls in the newest frame.
    pub balls: usize,
    /// `true` if a cue is in the newest frame.
    pub cue: bool,
}

/// Detections in one frame, in pixels of the rectified picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectionsData {
    /// Number of the frame.
    pub frame: u64,
    /// Time since the source's first frame, seconds.
    pub time_s: f64,
    /// Width of the picture, pixels.
    pub width: u32,
    /// Height of the picture, pixels.
    pub height: u32,
    /// Corners `[x, y]` of the nose lines, pixels: top left, top right, bottom right, bottom left; `null` without a
    /// table.
    pub corners: Option<[[f64; 2]; 4]>,
    /// Reason why no table was detected, in words; `null` with a table.
    pub no_table: Option<String>,
    /// The balls, in no particular order.
    pub balls: Vec<DetectedBall>,
    /// The cue; `null` if none was detected.
    pub cue: Option<DetectedCue>,
}

/// A ball detected in one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectedBall {
    /// X coordinate of the ball's centre, pixels.
    pub x: f64,
    /// Y coordinate of the ball's centre, pixels.
    pub y: f64,
    /// Radius of the ball, pixels.
    pub radius: f64,
    /// Label of the ball as far as this frame shows it: `cue`, `1` to `15` or `unknown`.
    #[schemars(with = "String")]
    pub label: BallLabel,
    /// Class of the ball: `cue`, `eight`, `solid`, `stripe`, `other`.
    #[schemars(with = "String")]
    pub class: BallClass,
    /// Confidence of the detection, 0 to 1.
    pub confidence: f32,
}

/// The cue detected in one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectedCue {
    /// Position `[x, y]` of the tip, pixels.
    pub tip: [f64; 2],
    /// Position `[x, y]` of the end of the visible shaft away from the tip, pixels.
    pub butt: [f64; 2],
    /// Confidence of the detection, 0 to 1.
    pub confidence: f32,
}
