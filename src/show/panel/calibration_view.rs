//! What the panel shows of the calibration, as plain data.

use crate::{
    model::{FrameSize, ProjectorPoint},
    rig::calibration::ProfileName,
    show::control::{CalibrationStatus, CameraSummary, ProjectorSummary},
};
use std::time::Duration;

/// The table's corners in the projector's picture, to be moved by hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HandView {
    /// Size of that picture, pixels.
    pub size: FrameSize,
    /// Top left, top right, bottom right, bottom left as seen there.
    pub corners: [ProjectorPoint; 4],
    /// The one that the arrow keys move.
    pub selected: usize,
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
    pub profiles: &'a [ProfileName],
    /// The name under which the calibration is saved.
    pub current: String,
    /// A change can be taken back.
    pub can_undo: bool,
    /// A change that was taken back can be made again.
    pub can_redo: bool,
    /// Whether the calibration before the last change is in force for a look; `None` where there is nothing to compare.
    pub before_shown: Option<bool>,
    /// The corners to be moved by hand; `None` where no light is thrown.
    pub hand: Option<HandView>,
}
