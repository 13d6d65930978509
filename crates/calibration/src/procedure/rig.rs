//! Calibration of camera, table and projector from pictures alone.

use super::{
    script::{ProcedureError, ProcedureOptions, calibrate},
    stand::Stand,
};
use crate::{CalibrationSummary, LookOptions, look_at_table};
use opencv::core::Mat;

/// Calibrates the camera by the table and the projector by its light; `look` holds what is known of table and camera.
///
/// # Errors
/// The reason in words that say what would help. Nothing has been changed then.
pub fn calibrate_rig(
    stand: &mut dyn Stand,
    look: &LookOptions,
    options: &ProcedureOptions,
) -> Result<CalibrationSummary, ProcedureError> {
    let mut camera = None;
    let mut look_at = |pictures: &[Mat]| {
        let (seen, sight) = look_at_table(pictures, look)?;
        camera = Some(seen);
        Ok(sight)
    };
    let outcome = calibrate(stand, &mut look_at, options)?;
    let camera = camera.ok_or_else(|| ProcedureError::Camera("it has not been looked at".to_owned()))?;
    Ok(CalibrationSummary { camera, outcome })
}
