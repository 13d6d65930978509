//! How the calibration stands: one report for panel, REST and page.

use billiards_table::{TablePoint, TestCard, rounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the calibration stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationReport {
    /// How the camera's view came about; `null` while the table is not known in its picture.
    pub camera: Option<CameraReport>,
    /// How the projector's view came about.
    pub projector: ProjectorReport,
    /// The delays of projector and camera together, milliseconds; `null` before they are measured.
    pub latency_ms: Option<f64>,
    /// The calibration that goes by itself, while it runs: all of it, or the lens alone.
    pub running: Option<CalibrationProgress>,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// By how much the projector's light is seen to lie beside where it belongs, in words; `null` while it fits.
    pub drift: Option<String>,
    /// Whether this run can calibrate by itself: it has a projector.
    pub by_itself: bool,
    /// Whether a change can be taken back.
    pub can_undo: bool,
    /// Whether a change that was taken back can be made again.
    pub can_redo: bool,
    /// Whether the check pattern is on the cloth.
    pub check: bool,
    /// The test card that is on the cloth.
    pub card: Option<TestCard>,
    /// The points that can be moved by hand.
    pub points: PointsData,
    /// The profiles on disk.
    pub profiles: ProfilesData,
}

/// The points in the projector's picture that can be moved by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointsData {
    /// Size of the projector's picture, pixels.
    pub size: SizeData,
    /// The points.
    pub points: Vec<PointData>,
    /// The one that `nudge` without a number moves, and arrow keys in the panel.
    pub selected: usize,
    /// Names of points that can be added.
    pub addable: Vec<String>,
    /// Ids of the marks on the table that these points belong to, in the same order; a request may name them too.
    pub marks: Vec<String>,
    /// Whether the points are on the cloth.
    pub shown: bool,
}

/// Size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeData {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A point in the projector's picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointData {
    /// The place of the table that it belongs on.
    pub name: String,
    /// Pixels of the projector, to the right.
    pub x: f64,
    /// Pixels of the projector, downwards.
    pub y: f64,
    /// By how much the light misses the place, millimetres; `null` with four points, which are always met.
    pub miss_mm: Option<f64>,
    /// Whether it contradicts all others.
    pub wrong: bool,
    /// Whether it was added, and can be removed.
    pub extra: bool,
}

/// Profiles of calibrations on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfilesData {
    /// Their names.
    pub profiles: Vec<String>,
    /// The name under which the calibration is saved.
    pub current: String,
}

/// The progress of a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProgressData")]
pub struct CalibrationProgress {
    /// Share of the procedure that is done, 0 to 1.
    pub share: f64,
    /// The present step, and what the operator is to do, for people.
    pub words: String,
}

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
