//! Calibration: from corners in pictures to the transforms that the other modules use.
//!
//! [`CalibrationSetup`] holds what is known and its origin; systems derive [`Calibration`] from it whenever it changes.

mod drift;
mod first;
mod mouths;
mod procedures;

pub use drift::LightDrift;
pub use first::{FirstCalibration, FirstCalibrationPlugin, FirstCalibrationSystems};
pub use mouths::MeasuredMouths;
pub use procedures::{CalibrationEnded, CalibrationRequest, Procedures, ProceduresPlugin};

use crate::{
    sense::{LatestSight, SensePlugin, SenseWorker},
    stages::PipelineSystems,
};
use bevy::prelude::*;
use billiards_calibration::{CalibrationSetup, TableRequest};
use billiards_table::{Calibration, TableEvent, TableSpec};
use billiards_vision::TableShape;
use tracing::{info, warn};

/// Derives [`Calibration`] and [`TableSpec`] from [`CalibrationSetup`], and updates the latter from the camera's
/// detections.
///
/// Runs before the balls are tracked, so that they are placed with the transforms of their own frame.
#[derive(Debug, Clone, Default)]
pub struct CalibrationPlugin {
    /// Calibration at the start.
    pub setup: CalibrationSetup,
}

impl Plugin for CalibrationPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.setup.table_spec())
            .insert_resource(self.setup.clone())
            .insert_resource(CalibrationSetup::assumed())
            .init_resource::<LightDrift>()
            .init_resource::<MeasuredMouths>()
            .add_message::<TableEvent>()
            .add_systems(
                Update,
                (
                    observe,
                    apply.run_if(resource_changed::<CalibrationSetup>),
                    drift::watch_light,
                    mouths::collect_mouths,
                )
                    .chain()
                    .after(PipelineSystems::Ingest)
                    .before(PipelineSystems::Track),
            )
            // After everything that changes the setup.
            .add_systems(
                Update,
                steer_vision.run_if(resource_changed::<CalibrationSetup>).after(PipelineSystems::Coach),
            );
    }
}

fn observe(sight: Res<LatestSight>, mut setup: ResMut<CalibrationSetup>) {
    let Some(sight) = sight.0.as_deref().filter(|_| sight.is_changed()) else { return };
    if setup.bypass_change_detection().observe(&sight.detections) {
        setup.set_changed();
    }
}

fn apply(setup: Res<CalibrationSetup>, mut calibration: ResMut<Calibration>, mut table: ResMut<TableSpec>) {
    match setup.solve() {
        Ok(solved) => {
            let appears = solved.camera.is_some() && calibration.camera.is_none();
            let spec = setup.table_spec();
            if appears || (solved.camera.is_some() && *table != spec) {
                info!("table: {}, {}", spec.kind, setup.table_reason());
            }
            calibration.set_if_neq(solved);
            table.set_if_neq(spec);
        }
        Err(error) => warn!("the calibration stays as it was: {error}"),
    }
}

/// Returns the plugins that process a source's frames and calibrate its camera. The first frame is already processed
/// with what the setup says of the table: its corners in the picture, and its shape.
pub fn sense_and_calibrate(sense: SensePlugin, setup: CalibrationSetup) -> (SensePlugin, CalibrationPlugin) {
    let sense = sense.with_table(setup.table_request().fixed, expected_shape(&setup));
    (sense, CalibrationPlugin { setup })
}

/// Returns what is known of the table before it is seen: the shape of the one that the operator chose.
fn expected_shape(setup: &CalibrationSetup) -> TableShape {
    setup.table.spec().map_or_else(TableShape::default, |table| TableShape::from(&table))
}

/// Sends the vision thread the lens to rectify with, the shape of the table, and the corners to use or the request to
/// find them.
fn steer_vision(
    setup: Res<CalibrationSetup>,
    worker: Option<Res<SenseWorker>>,
    mut asked: Local<Option<(TableRequest, TableShape)>>,
) {
    let Some(worker) = worker else { return };
    worker.use_lens(setup.lens());
    let (request, shape) = (setup.table_request(), expected_shape(&setup));
    // The worker has been started with the first request and shape.
    let Some((request_before, shape_before)) = asked.replace((request, shape)) else { return };
    if shape != shape_before {
        worker.expect_table(shape);
    }
    if request != request_before {
        match request.fixed {
            Some((size, corners)) => worker.fix_table(size, corners),
            None => worker.search_table(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sense::Sight;
    use billiards_calibration::CornersOrigin;
    use billiards_capture::FrameStamp;
    use billiards_table::{CameraPoint, FrameSize, TableKind, TableName};
    use billiards_vision::{BallDetection, DetectedTable, Detections, TableFit};
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn sight(left: f64, ball_radius: f64) -> Arc<Sight> {
        let corners = [(left, 100.), (left + 1000., 100.), (left + 1000., 600.), (left, 600.)].map(CameraPoint::from);
        let ball = |i: u32| BallDetection::unidentified(CameraPoint::new(300. + f64::from(i) * 60., 300.), ball_radius);
        let stamp = FrameStamp { index: 0, time: Duration::ZERO, captured: Instant::now(), size: SIZE };
        let detections = Detections {
            size: SIZE,
            table: Ok(DetectedTable { corners, fit: TableFit::Fits }),
            balls: (0..4).map(ball).collect(),
            cue: None,
            ground: None,
            colourless: false,
            has_pockets: None,
        };
        Arc::new(Sight::bare(stamp, detections))
    }

    fn app(setup: CalibrationSetup) -> App {
        let mut app = App::new();
        app.add_plugins((crate::stages::StagesPlugin, CalibrationPlugin { setup })).insert_resource(LatestSight(None));
        app.update();
        app
    }

    fn see(app: &mut App, sight: Arc<Sight>) -> Calibration {
        app.insert_resource(LatestSight(Some(sight)));
        app.update();
        *app.world().resource::<Calibration>()
    }

    #[test]
    fn a_found_table_is_used_and_its_size_judged_from_the_balls() {
        let mut app = app(CalibrationSetup::default());
        assert!(app.world().resource::<Calibration>().camera.is_none());
        let eight = TableKind::EIGHT_FOOT.spec();
        let view = see(&mut app, sight(100., 1000. * eight.ball_radius / eight.length)).camera.expect("a view");
        assert_eq!(app.world().resource::<TableSpec>().kind, TableName::Shipped(TableKind::EIGHT_FOOT));
        let end = view.ball_on_table(CameraPoint::new(1100., 600.)).expect("finite");
        assert!((end.y - eight.length).abs() < 1e-9 && (end.x - eight.width).abs() < 1e-9);
    }

    #[test]
    fn corners_given_by_hand_stay_and_corners_found_follow() {
        let mut app = app(CalibrationSetup::default());
        let first = see(&mut app, sight(100., 11.));
        assert_eq!(see(&mut app, sight(101., 11.)), first, "a pixel of jitter moves nothing");
        let second = see(&mut app, sight(140., 11.));
        assert_ne!(second, first);
        let given = [(10., 10.), (1270., 10.), (1270., 640.), (10., 640.)].map(CameraPoint::from);
        app.world_mut().resource_mut::<CalibrationSetup>().set_camera_corners(SIZE, given, CornersOrigin::ByHand);
        let third = see(&mut app, sight(140., 11.));
        assert_ne!(third, second);
        assert_eq!(see(&mut app, sight(100., 11.)), third);
        let profile = app.world().resource::<CalibrationSetup>().to_profile();
        assert_eq!(profile.camera.expect("kept").corners, given);
        let loaded = CalibrationSetup::from_profile(&profile);
        assert_eq!(loaded.camera.map(|(_, origin)| origin), Some(CornersOrigin::ByHand));
    }
}
