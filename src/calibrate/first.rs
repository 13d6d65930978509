//! Automatic calibration at the start of a run.

use super::{CalibrationOrder, Procedures};
use crate::{sense::SourceHealth, stages::PipelineSystems};
use bevy::prelude::*;

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
    /// Set once it has been ordered.
    pub ordered: bool,
}

impl Plugin for FirstCalibrationPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(FirstCalibration { camera_height: self.camera_height, ordered: false })
            .add_systems(Update, order.after(PipelineSystems::Ingest).before(PipelineSystems::Coach));
    }
}

fn order(
    (health, procedures): (Res<SourceHealth>, Res<Procedures>),
    mut first: ResMut<FirstCalibration>,
    mut orders: MessageWriter<CalibrationOrder>,
) {
    if !first.ordered && health.frames >= FIRST_FRAMES && procedures.progress().is_none() {
        orders.write(CalibrationOrder::Start { camera_height: first.camera_height });
        first.ordered = true;
    }
}
