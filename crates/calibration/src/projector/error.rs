//! Errors of calibrating a projector.

use billiards_vision::{Side, VisionError};

/// Error of calibrating a projector. The messages say what would help.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// White light of the projector makes no difference on the bed.
    #[error(
        "the camera sees no light of the projector on the table: it adds {contrast:.1} grey levels where {needed} are \
         needed; switch the projector on, aim it at the table, or darken the room"
    )]
    TooDark {
        /// Contrast of white on the bed, grey levels of the camera (median).
        contrast: f64,
        /// Minimum contrast, grey levels.
        needed: f64,
    },
    /// The room's light alone, or the projector's dimmest dots, exceed the range of the picture.
    #[error(
        "{:.0} % of the table is blown out in the camera's picture; shorten the camera's exposure or dim the light",
        100.0 * share
    )]
    BlownOut {
        /// Share of the bed, or of the dots, that is blown out, 0 to 1.
        share: f64,
    },
    /// Too few dots were read.
    #[error(
        "only {seen} of the projected dots could be read on the bed of the table, {needed} are needed; clear the table, \
         keep out of the light and try again"
    )]
    TooFewDots {
        /// Number of dots on the bed that were read.
        seen: usize,
        /// Minimum number of dots.
        needed: usize,
    },
    /// Something moved in the light during all attempts.
    #[error("something kept moving in the projector's light; step back and try again")]
    Disturbed,
    /// Dots were read, but not everywhere on the bed.
    #[error(
        "no dots were seen on {:.0} % of the table, towards the {} of the camera's picture; is somebody standing there, \
         or something lying on the cloth?", 100.0 * share, towards(*side)
    )]
    Uncovered {
        /// Share of the bed that the light reaches and on which no dot is near, 0 to 1.
        share: f64,
        /// Side of the camera's picture on which the dots are missing.
        side: Side,
    },
    /// The light reaches too little of the table.
    #[error(
        "the projector's picture reaches only {:.0} % of the table, {:.0} % are needed; move or zoom the projector",
        100.0 * share, 100.0 * needed
    )]
    Unreached {
        /// Share of the bed that the light reaches, 0 to 1.
        share: f64,
        /// Minimum share of the bed, 0 to 1.
        needed: f64,
    },
    /// The dots do not fit the projection of any flat picture.
    #[error(
        "the dots fit no flat picture: they are {rms_mm:.1} mm off on the cloth, {limit_mm} mm are allowed; is the \
         camera's calibration right, and does the projector's picture fall on the cloth alone?"
    )]
    PoorFit {
        /// Root mean square residual of the dots, millimetres.
        rms_mm: f64,
        /// Maximum residual that is accepted, millimetres.
        limit_mm: f64,
    },
    /// The check did not confirm the result.
    #[error(
        "in the check the light fell {rms_mm:.1} mm off its places, {limit_mm} mm are allowed; do not touch the \
         projector or table, and try again"
    )]
    CheckFailed {
        /// Root mean square error in the check, millimetres.
        rms_mm: f64,
        /// Maximum error that is accepted, millimetres.
        limit_mm: f64,
    },
    /// The camera moved between the first dark picture and the last.
    #[error("the camera moved by {by_px:.1} pixels during the calibration; let it come to rest and try again")]
    CameraMoved {
        /// Movement of the camera's picture, pixels.
        by_px: f64,
    },
    /// The projector's flashes could not be timed.
    #[error("the projector's flashes could not be timed in the camera: {0}")]
    Latency(#[from] super::latency::LatencyError),
    /// A picture could not be processed.
    #[error(transparent)]
    Vision(#[from] VisionError),
}

impl From<opencv::Error> for ProjectorError {
    fn from(error: opencv::Error) -> Self {
        Self::Vision(error.into())
    }
}

fn towards(side: Side) -> &'static str {
    match side {
        Side::Top => "top",
        Side::Right => "right",
        Side::Bottom => "bottom",
        Side::Left => "left",
    }
}
