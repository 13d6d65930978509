//! What the panel shows of the calibration, as plain data.

use crate::{model::FrameSize, operate::CalibrationStatus};
use billiards_calibration::JudgedPoint;
use billiards_protocol::calibration::{CameraReport, ProjectorReport};
use billiards_table::{HandMark, ProfileName};
use std::time::Duration;

/// Points of the table in the projector's picture, to be moved by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandView {
    /// Size of that picture, pixels.
    pub size: FrameSize,
    /// The corners of the nose lines, clockwise from the top left as seen there, then any others.
    pub points: Vec<JudgedPoint>,
    /// The one that the arrow keys move.
    pub selected: usize,
    /// The marks whose points can be added, with their names.
    pub addable: Vec<(HandMark, String)>,
    /// Root mean square and greatest miss, millimetres; `None` for four points, which are met whatever they are.
    pub error_mm: Option<(f64, f64)>,
    /// Whether the points are shown on the cloth; `None` where they cannot be.
    pub shown: Option<bool>,
}

/// What the panel shows of the calibration.
pub struct CalibrationView<'a> {
    /// How the camera's view came about; `None` without one.
    pub camera: Option<CameraReport>,
    /// How the projector's view came about.
    pub projector: ProjectorReport,
    /// The delays of projector and camera together, once measured.
    pub latency: Option<Duration>,
    /// What the procedure tells; `None` where there is no procedure.
    pub procedure: Option<&'a CalibrationStatus>,
    /// Names of the profiles on disk.
    pub profiles: &'a [ProfileName],
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
