//! Health report. Every value is measured.

use crate::{message::SourceState, storage::StorageProblem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Overall state of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Frames arrive and are processed.
    Healthy,
    /// Frames are old, the source is lost, or the main loop hangs.
    Degraded,
    /// The source is being opened for the first time.
    Starting,
}

/// Response of `GET /api/v1/health`. The status code is always 200: any response means that the server runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthData {
    /// Overall state of the program.
    pub status: Health,
    /// Version of the program.
    pub version: String,
    /// Time since the server was started, seconds.
    pub uptime_s: f64,
    /// State of the source of pictures.
    pub source: SourceHealthData,
    /// Number of WebSocket clients.
    pub clients: usize,
    /// `true` if the camera's view of the table is known.
    pub table_found: bool,
    /// Number of balls on the table.
    pub balls: usize,
    /// State of the files of settings, calibration and access tokens.
    pub storage: StorageHealthData,
}

/// State of the files of settings, calibration and access tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StorageHealthData {
    /// `true` if every change of the settings has reached the disk, except those of the last second.
    pub settings_saved: bool,
    /// Present problems, the worst first; empty if there are none.
    pub problems: Vec<StorageProblem>,
}

/// State of the source of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceHealthData {
    /// State of the source.
    pub status: SourceState,
    /// Reason why the source does not run, for people; `null` unless it is lost or failed.
    pub reason: Option<String>,
    /// Frames processed per second.
    pub fps: f64,
    /// Age of the newest frame now, milliseconds; `null` before the first frame.
    pub frame_age_ms: Option<u64>,
    /// Number of frames processed so far.
    pub frames: u64,
    /// Number of frames that were replaced by newer ones before they were processed.
    pub dropped: u64,
    /// Number of failed attempts to open the source, and of times that an open source was lost.
    pub failures: u64,
}
