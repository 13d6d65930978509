//! Result of an automatic calibration, in words and as part of the setup.

use crate::{
    CalibrationSetup, CornersOrigin, MeasuredPoint, MeasuredProjector, Optics, OpticsOrigin, ProfileLatency,
    camera::CameraCalibration, procedure::CalibrationOutcome,
};
use billiards_table::TableName;
use std::time::Duration;

/// Result of a calibration of camera and projector.
#[derive(Debug, Clone)]
pub struct CalibrationSummary {
    /// The calibrated camera.
    pub camera: CameraCalibration,
    /// Calibration of the projector, with its verification.
    pub outcome: CalibrationOutcome,
}

impl CalibrationSummary {
    /// Returns notes for the operator, one sentence each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let (outcome, check) = (&self.outcome, &self.outcome.check);
        let used = outcome.projector.points.iter().filter(|point| point.unused.is_none()).count();
        let mut notes = vec![
            format!(
                "Light is expected to fall {:.1} mm from where it belongs (root mean square), {:.1} mm at the worst place.",
                check.expected_mm, check.expected_worst_mm
            ),
            format!("The light was measured at {used} dots and checked at {} places.", check.points.len()),
            format!("Projector and camera have a delay of {:.0} ms.", 1e3 * outcome.latency.delay.as_secs_f64()),
        ];
        if let Some((rms, worst)) = outcome.before_mm {
            notes.push(format!("Before, the light was {rms:.1} mm off ({worst:.1} mm at the worst place)."));
        }
        notes.extend(self.camera.notes.iter().chain(&outcome.warnings).cloned());
        notes
    }
}

impl CalibrationSetup {
    /// Applies the results of an automatic calibration: lens, table, projector and delay.
    pub fn apply_summary(&mut self, CalibrationSummary { camera, outcome }: &CalibrationSummary) {
        if let TableName::Shipped(kind) = outcome.observed.table.kind {
            self.set_estimated_kind(kind);
        }
        let board = self.optics.filter(|optics| optics.origin == OpticsOrigin::Board);
        self.optics = Some(Optics {
            lens: camera.lens,
            focal_error: Some(camera.focal.focal_sigma / camera.focal.focal),
            origin: board.map_or(OpticsOrigin::Table, |board| board.origin),
        });
        self.set_camera_corners(camera.lens.size, camera.corners, CornersOrigin::Measured);
        let (projector, check) = (&outcome.projector, &outcome.check);
        let matrix = projector.view.from_table.matrix();
        let points = projector.points.iter().map(|point| MeasuredPoint {
            projector: point.projector,
            camera: point.camera,
            table: point.table,
            error_mm: point.error_mm,
            used: point.unused.is_none(),
        });
        self.set_measured_projector(MeasuredProjector {
            size: projector.view.size,
            from_table: std::array::from_fn(|row| std::array::from_fn(|column| matrix[(row, column)])),
            rms_mm: check.expected_mm,
            worst_mm: check.expected_worst_mm,
            points: points.collect(),
        });
        let ms = |time: Duration| 1e3 * time.as_secs_f64();
        let latency = &outcome.latency;
        self.latency = Some(ProfileLatency { ms: ms(latency.delay), spread_ms: ms(latency.spread) });
    }
}
