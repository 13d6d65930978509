//! Automatic calibration at the start of a run.

use super::{CalibrationRequest, Procedures};
use crate::{sense::SourceHealth, stages::PipelineSystems};
use bevy::prelude::*;
use billiards_capture::SourceStatus;

/// Minimum number of frames after which a source counts as running.
const FIRST_FRAMES: u64 = 10;

/// Orders the automatic calibration of camera and projector once the source has delivered a few frames.
#[derive(Debug, Clone, Copy, Default)]
pub struct FirstCalibrationPlugin {
    /// Height of the camera over the bed as the operator measured it, metres.
    pub camera_height: Option<f64>,
}

/// Automatic calibration at the start of this run.
#[derive(Resource, Debug, Clone, Copy)]
pub struct FirstCalibration {
    camera_height: Option<f64>,
    /// Set once it has been requested.
    pub requested: bool,
}

/// Set of the system that requests the first calibration. What watches for its end runs before it, so that the end of
/// an earlier calibration does not count.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FirstCalibrationSystems;

impl Plugin for FirstCalibrationPlugin {
    fn build(&self, app: &mut App) {
        app.configure_sets(
            Update,
            FirstCalibrationSystems.after(PipelineSystems::Ingest).before(PipelineSystems::Coach),
        )
        .insert_resource(FirstCalibration { camera_height: self.camera_height, requested: false })
        .add_systems(Update, request.in_set(FirstCalibrationSystems));
    }
}

fn request(
    (health, procedures): (Res<SourceHealth>, Res<Procedures>),
    mut first: ResMut<FirstCalibration>,
    mut requests: MessageWriter<CalibrationRequest>,
) {
    let runs = health.frames >= FIRST_FRAMES && !matches!(health.status, SourceStatus::Failed(_));
    if !first.requested && runs && procedures.progress().is_none() {
        requests.write(CalibrationRequest::Start { camera_height: first.camera_height });
        first.requested = true;
    }
}
