//! What the panel shows of the calibration, as plain data.

use crate::model::{FrameSize, ProjectorPoint, TablePoint};
use bevy::prelude::Resource;
use std::time::Duration;

/// How the camera's view came about.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraSummary {
    /// How, in words.
    pub made: String,
    /// The lens, in words; `None` where pictures are taken for straight.
    pub lens: Option<String>,
    /// Height of the camera over the bed, metres, where that is known.
    pub height: Option<f64>,
    /// Error to be expected of a ball's place, millimetres, where that is known.
    pub error_mm: Option<f64>,
}

/// A point at which the projector's light was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredPoint {
    /// Where the light should fall.
    pub place: TablePoint,
    /// By how much it falls beside it, millimetres of the table's x and y.
    pub off_mm: [f64; 2],
    /// Whether it counted; outliers do not.
    pub used: bool,
}

impl MeasuredPoint {
    /// How far the light falls beside its place, millimetres.
    #[must_use]
    pub fn error_mm(&self) -> f64 {
        self.off_mm[0].hypot(self.off_mm[1])
    }
}

/// How the projector's view came about.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectorSummary {
    /// How, in words.
    pub made: String,
    /// Root mean square and greatest error over the points that counted, millimetres; `None` where nothing was measured.
    pub error_mm: Option<(f64, f64)>,
    /// The points, as they were measured.
    pub points: Vec<MeasuredPoint>,
}

/// How far a calibration that runs has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// 0 to 1.
    pub share: f32,
    /// What is done now, and what the operator is to do.
    pub words: String,
}

/// What the calibration procedure tells the panel; whoever runs the procedure keeps it. Without it the panel offers
/// calibration by hand alone.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct CalibrationStatus {
    /// How far it has come, while it runs.
    pub running: Option<Progress>,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// How the camera's view came about, where it was calibrated.
    pub camera: Option<CameraSummary>,
    /// How the projector's view came about, where it was calibrated.
    pub projector: Option<ProjectorSummary>,
    /// Whether the check pattern is on the cloth.
    pub check_shown: bool,
    /// Whether the points that are moved by hand are on the cloth.
    pub points_shown: bool,
    /// Names of the test cards.
    pub cards: Vec<String>,
    /// The test card that is on the cloth.
    pub card: Option<String>,
}

/// Points of the table in the projector's picture, to be moved by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandView {
    /// Size of that picture, pixels.
    pub size: FrameSize,
    /// The corners of the nose lines, clockwise from the top left as seen there, then any others.
    pub points: Vec<HandPointView>,
    /// The one that the arrow keys move.
    pub selected: usize,
    /// Names of the points that can be added.
    pub addable: Vec<String>,
    /// Root mean square and greatest miss, millimetres; `None` for four points, which are met whatever they are.
    pub error_mm: Option<(f64, f64)>,
    /// Whether the points are shown on the cloth; `None` where they cannot be.
    pub shown: Option<bool>,
}

/// One of these points.
#[derive(Debug, Clone, PartialEq)]
pub struct HandPointView {
    /// What its place is called.
    pub name: String,
    /// Where it is in the projector's picture, pixels.
    pub projector: ProjectorPoint,
    /// By how much the light of all points together misses it, millimetres on the cloth; `None` for four points.
    pub miss_mm: Option<f64>,
    /// It contradicts all others.
    pub wrong: bool,
    /// It was added, and can be removed.
    pub extra: bool,
}

/// What the panel shows of the calibration.
pub struct CalibrationView<'a> {
    /// How the camera's view came about; `None` without one.
    pub camera: Option<CameraSummary>,
    /// How the projector's view came about.
    pub projector: ProjectorSummary,
    /// The delays of projector and camera together, once measured.
    pub latency: Option<Duration>,
    /// What the procedure tells; `None` where there is no procedure.
    pub procedure: Option<&'a CalibrationStatus>,
    /// Names of the profiles on disk.
    pub profiles: &'a [String],
    /// The name under which the calibration is saved.
    pub current: String,
    /// A change can be taken back.
    pub can_undo: bool,
    /// A change that was taken back can be made again.
    pub can_redo: bool,
    /// Whether the calibration before the last change is in force for a look; `None` where there is nothing to compare.
    pub before_shown: Option<bool>,
    /// By how much the projector's light falls beside where it belongs, in words, where it does.
    pub drift: Option<&'a str>,
    /// The points to be moved by hand; `None` where no light is thrown.
    pub hand: Option<HandView>,
}
