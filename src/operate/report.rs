//! How the views of camera and projector came about, and how exact they are: one report for panel, REST and page.

use crate::model::{TablePoint, rounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the camera's view came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraReport {
    /// How, in words.
    pub made: String,
    /// The lens, in words; `null` where pictures are taken for straight.
    pub lens: Option<String>,
    /// Height over the bed, metres, where that is known.
    pub height: Option<f64>,
    /// Error to be expected of a ball's place, millimetres, where that is known.
    pub error_mm: Option<f64>,
}

/// How the projector's view came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectorReport {
    /// How, in words.
    pub made: String,
    /// Root mean square error, millimetres: the one to expect on the cloth after an automatic calibration, that of the
    /// points that count when they were set by hand; `null` where nothing was measured.
    pub rms_mm: Option<f64>,
    /// The same error at the worst place, millimetres; never below the root mean square.
    pub worst_mm: Option<f64>,
    /// The points, as they were measured.
    pub points: Vec<MeasuredPointData>,
}

/// A place on the cloth where the projector's light was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredPointData {
    /// Where the light should fall, metres across the table.
    pub x: f64,
    /// Where the light should fall, metres along the table.
    pub y: f64,
    /// By how much it falls beside that across the table, millimetres.
    pub dx_mm: f64,
    /// By how much it falls beside that along the table, millimetres.
    pub dy_mm: f64,
    /// Whether it counted; outliers do not.
    pub used: bool,
}

impl MeasuredPointData {
    /// A report of the light at a place of the table that falls beside it, millimetres of the table's x and y.
    #[must_use]
    pub fn new(place: TablePoint, off_mm: [f64; 2], used: bool) -> Self {
        Self { x: rounded(place.x), y: rounded(place.y), dx_mm: off_mm[0], dy_mm: off_mm[1], used }
    }

    /// Distance of the light from its place, millimetres.
    #[must_use]
    pub fn error_mm(&self) -> f64 {
        self.dx_mm.hypot(self.dy_mm)
    }
}
