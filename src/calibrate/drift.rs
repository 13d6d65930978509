//! Detects and reports when the projector's light no longer falls where it should.
//!
//! The vision thread measures the places of projected rings ([`find_rings`](billiards_vision::find_rings));
//! [`LightDrift`] is the result over some seconds.

use crate::sense::LatestSight;
use bevy::prelude::*;
use billiards_calibration::{CalibrationSetup, Drift, DriftDetector};
use billiards_table::{Calibration, TableEvent};
use billiards_vision::TableFit;
use tracing::{info, warn};

/// Displacement of the projector's light from where it should fall, also in words; `None` while it is within tolerance
/// or unknown.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct LightDrift(pub Option<(Drift, String)>);

/// Evaluates the measured rings, frame by frame.
pub(super) fn watch_light(
    sight: Res<LatestSight>,
    (setup, calibration): (Res<CalibrationSetup>, Res<Calibration>),
    mut watch: Local<DriftDetector>,
    mut reported: ResMut<LightDrift>,
    mut events: MessageWriter<TableEvent>,
) {
    // Without the camera's pose it is unknown where light on the bed appears in the picture; without the projector's,
    // where it falls.
    let view = calibration.camera.filter(|view| view.eye.is_some());
    let known = setup.projector.as_ref().is_some_and(|projector| projector.size() == setup.projector_size);
    let table = sight.0.as_ref().and_then(|sight| sight.detections.table.ok());
    let bumped = table.is_some_and(|table| matches!(table.fit, TableFit::Moved { .. }));
    if calibration.is_changed() || !known || bumped {
        // The movement is reported elsewhere, or has been corrected.
        *watch = DriftDetector::default();
        reported.set_if_neq(LightDrift(None));
        return;
    }
    let (Some(view), Some(sight), true) = (view, &sight.0, sight.is_changed()) else { return };
    watch.observe(sight.stamp.time, &sight.rings);
    match (watch.drift(), &reported.0) {
        (Some(drift), before) => {
            let words = drift.words(&view);
            if before.is_none() {
                warn!("{words}");
                events.write(TableEvent::LightMoved { by: drift.by });
            }
            reported.set_if_neq(LightDrift(Some((drift, words))));
        }
        (None, Some(_)) => {
            info!("the projector's light is in place again");
            events.write(TableEvent::LightFits);
            reported.0 = None;
        }
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests;
