//! The health report. Every value is measured.

use crate::{message::SourceState, storage::StorageProblem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the product does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Frames come and are worked on.
    Healthy,
    /// Frames are old, the source is lost, or the main loop hangs.
    Degraded,
    /// The source is being opened for the first time.
    Starting,
}

/// What `GET /api/v1/health` answers. The status code is always 200: that there is an answer says that the server runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthData {
    /// Whether the product does its work.
    pub status: Health,
    /// Version of the program.
    pub version: String,
    /// Seconds since the server was started.
    pub uptime_s: f64,
    /// The source of pictures.
    pub source: SourceHealthData,
    /// WebSocket clients.
    pub clients: usize,
    /// Whether the camera's view of the table is known.
    pub table_found: bool,
    /// Balls on the table.
    pub balls: usize,
    /// Files of settings, calibration and access tokens.
    pub storage: StorageHealthData,
}

/// Files of settings, calibration and access tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StorageHealthData {
    /// Whether every change of the settings has reached the disk, but for those of the last second.
    pub settings_saved: bool,
    /// Present trouble, the worst first; empty where there is none.
    pub problems: Vec<StorageProblem>,
}

/// How the source of pictures does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceHealthData {
    /// What it does.
    pub status: SourceState,
    /// Why it does not run, in words.
    pub reason: Option<String>,
    /// Processed frames a second.
    pub fps: f64,
    /// Age of the newest frame now; `null` before the first.
    pub frame_age_ms: Option<u64>,
    /// Frames so far.
    pub frames: u64,
    /// Frames that newer ones replaced before they were processed.
    pub dropped: u64,
    /// Attempts to open the source that did not come off, and openings that broke off.
    pub failures: u64,
}
