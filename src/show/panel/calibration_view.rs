//! The panel's view of the calibration, as plain data.

use crate::operate::CalibrationStatus;
use billiards_calibration::FittedHandPoint;
use billiards_protocol::calibration::{CameraReport, ProjectorReport};
use billiards_table::{FrameSize, HandMark, ProfileName};
use std::time::Duration;

/// Points of the table in the projector's picture, moved by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct HandView {
    /// Size of the projector's picture, pixels.
    pub size: FrameSize,
    /// The corners of the nose lines, clockwise from the top left as seen there, then any others.
    pub points: Vec<FittedHandPoint>,
    /// Index of the point that the arrow keys move.
    pub selected: usize,
    /// Marks whose points can be added, with their names.
    pub addable: Vec<(HandMark, String)>,
    /// Root mean square and maximum residual, millimetres; `None` for four points, which always fit exactly.
    pub error_mm: Option<(f64, f64)>,
    /// Set while the points are shown on the cloth; `None` if they cannot be.
    pub shown: Option<bool>,
}

/// The panel's view of the calibration.
pub struct CalibrationView<'a> {
    /// Origin of the camera's calibration; `None` without one.
    pub camera: Option<CameraReport>,
    /// Origin of the projector's calibration.
    pub projector: ProjectorReport,
    /// Sum of the delays of projector and camera; `None` until it is measured.
    pub latency: Option<Duration>,
    /// Status of the procedure; `None` if there is none.
    pub procedure: Option<&'a CalibrationStatus>,
    /// Names of the profiles on disk.
    pub profiles: &'a [ProfileName],
    /// Name under which the calibration is saved.
    pub current: String,
    /// Set if a change can be undone.
    pub can_undo: bool,
    /// Set if an undone change can be redone.
    pub can_redo: bool,
    /// Set while the calibration before the last change is in force for comparison; `None` if there is nothing to
    /// compare.
    pub before_shown: Option<bool>,
    /// Description of the offset of the projector's light from its calibrated place, if there is one.
    pub drift: Option<&'a str>,
    /// Points that are moved by hand; `None` without a projected picture.
    pub hand: Option<HandView>,
}
