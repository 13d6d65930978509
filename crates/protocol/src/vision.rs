//! Sources of pictures, what is seen in their frames and what became of them, and what draws.

use crate::message::SourceState;
use billiards_table::{BallClass, BallLabel};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sources of pictures to choose from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourcesData {
    /// All of them.
    pub sources: Vec<SourceName>,
    /// The one that runs, counted from 0.
    pub current: usize,
}

/// A source of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceName {
    /// As it is written.
    pub name: String,
}

/// What became of one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameRecord {
    /// Number of the frame; a gap is a frame that was not processed.
    pub index: u64,
    /// When it had reached the world.
    pub at: Timestamp,
    /// From its capture until it had reached the world, milliseconds.
    pub age_ms: f64,
    /// Time that seeing took, milliseconds.
    pub vision_ms: f64,
    /// Balls that were seen.
    pub balls: usize,
    /// Balls that are followed.
    pub tracked: usize,
    /// Whether a cue was seen.
    pub cue: bool,
    /// Whether the table was seen.
    pub table: bool,
}

/// What draws.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GpuData {
    /// Its name.
    pub name: String,
    /// How it is spoken to, such as `vulkan`.
    pub backend: String,
    /// Its driver, with the version.
    pub driver: String,
    /// `DiscreteGpu`, `IntegratedGpu`, `VirtualGpu`, `Cpu` (slow) or `Other`.
    pub kind: String,
}

/// How the camera and the seeing do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisionStatus {
    /// What the source does.
    pub source: SourceState,
    /// Why it does not run, in words.
    pub reason: Option<String>,
    /// Frames a second that are seen.
    pub fps: f64,
    /// Columns of a frame.
    pub width: Option<u32>,
    /// Rows of a frame.
    pub height: Option<u32>,
    /// Time that seeing the newest one took, milliseconds.
    pub vision_ms: Option<f64>,
    /// Whether the table is seen: `fits`, `hidden`, `moved`, or why there is none, in words.
    pub table: Option<String>,
    /// Balls in the newest frame.
    pub balls: usize,
    /// Whether a cue is in it.
    pub cue: bool,
}

/// What was seen in one frame, pixels of the straightened picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DetectionsData {
    /// Number of the frame.
    pub frame: u64,
    /// Seconds since the source's first frame.
    pub time_s: f64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Nose-line corners: top left, top right, bottom right, bottom left; `null` without a table.
    pub corners: Option<[[f64; 2]; 4]>,
    /// Why there is no table, in words.
    pub no_table: Option<String>,
    /// Balls, in no order.
    pub balls: Vec<SeenBall>,
    /// The cue.
    pub cue: Option<SeenCue>,
}

/// A ball in one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeenBall {
    /// Centre, pixels.
    pub x: f64,
    /// Centre, pixels.
    pub y: f64,
    /// Pixels.
    pub radius: f64,
    /// As far as this frame tells.
    #[schemars(with = "String")]
    pub label: BallLabel,
    /// What kind of ball it is: `cue`, `eight`, `solid`, `stripe`, `other`.
    #[schemars(with = "String")]
    pub class: BallClass,
    /// 0 to 1.
    pub confidence: f32,
}

/// The cue in one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeenCue {
    /// The tip, pixels.
    pub tip: [f64; 2],
    /// The end of the visible shaft away from it, pixels.
    pub butt: [f64; 2],
    /// 0 to 1.
    pub confidence: f32,
}
