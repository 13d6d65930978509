//! Calibration of camera, table and projector from pictures alone.

use super::{
    interface::RigInterface,
    script::{ProcedureError, ProcedureOptions, calibrate},
};
use crate::{CalibrationSummary, ObservationOptions, observe_table};
use opencv::core::Mat;

/// Calibrates the camera by the table and the projector by its light; `observation` holds what is known of table and
/// camera.
///
/// # Errors
/// The reason in words that say what would help. Nothing has been changed then.
pub fn calibrate_rig(
    rig: &mut dyn RigInterface,
    observation: &ObservationOptions,
    options: &ProcedureOptions,
) -> Result<CalibrationSummary, ProcedureError> {
    let mut camera = None;
    let mut observe = |pictures: &[Mat]| {
        let (seen, observed) = observe_table(pictures, observation)?;
        camera = Some(seen);
        Ok(observed)
    };
    let outcome = calibrate(rig, &mut observe, options)?;
    let camera = camera.ok_or_else(|| ProcedureError::Camera("it has not been looked at".to_owned()))?;
    Ok(CalibrationSummary { camera, outcome })
}
