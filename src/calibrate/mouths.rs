//! Measures the mouths of the pockets while the operator describes a table of their own.
//!
//! The vision thread measures them in single pictures ([`measure_mouths`](billiards_vision::measure_mouths));
//! [`MeasuredMouths`] is the result over some seconds.

use crate::sense::{LatestSight, SenseWorker};
use bevy::prelude::*;
use billiards_calibration::{CalibrationSetup, MouthEstimator};
use billiards_table::{Calibration, CameraView, PocketMouth, TableChoice, TableSpec};

/// Mouths of the pockets as measured in the camera's picture: a proposal to the operator, which changes nothing by
/// itself. Empty unless the table is a custom one with pockets whose corners are known in the picture.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct MeasuredMouths(pub Vec<PocketMouth>);

/// Has the mouths measured while they are of use, and collects what was measured of one table in one view.
pub(super) fn collect_mouths(
    sight: Res<LatestSight>,
    (setup, calibration): (Res<CalibrationSetup>, Res<Calibration>),
    worker: Option<Res<SenseWorker>>,
    mut asked: Local<Option<(TableSpec, CameraView)>>,
    mut estimator: Local<MouthEstimator>,
    mut measured: ResMut<MeasuredMouths>,
) {
    let custom = match setup.table {
        TableChoice::Custom(table) => Some(table).filter(|table| table.pockets.is_some()),
        TableChoice::Auto | TableChoice::Kind(_) => None,
    };
    let wanted = custom.zip(calibration.camera);
    if *asked != wanted {
        (*asked, *estimator) = (wanted, MouthEstimator::default());
        if let Some(worker) = worker {
            worker.measure_mouths(wanted);
        }
        measured.set_if_neq(MeasuredMouths::default());
    }
    let Some(newest) = sight.0.as_ref().filter(|_| sight.is_changed() && wanted.is_some()) else { return };
    if !newest.mouths.is_empty() {
        estimator.observe(&newest.mouths);
        measured.set_if_neq(MeasuredMouths(estimator.mouths()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calibrate::CalibrationPlugin, sense::Sight, stages::StagesPlugin};
    use billiards_calibration::CornersOrigin;
    use billiards_capture::FrameStamp;
    use billiards_table::{CameraPoint, FrameSize, PocketId, TableKind, TableName};
    use billiards_vision::{Detections, NoTable};
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn mouth(width: f64) -> PocketMouth {
        PocketMouth { pocket: PocketId::LeftCentre, width, uncertainty: 0.002 }
    }

    /// Returns the proposal after five pictures in which a mouth is so wide, metres.
    fn after_five(app: &mut App, width: f64) -> Vec<PocketMouth> {
        for index in 0..5 {
            let stamp = FrameStamp { index, time: Duration::ZERO, captured: Instant::now(), size: SIZE };
            let sight = Sight::bare(stamp, Detections::nothing(SIZE, NoTable::NoCloth));
            app.insert_resource(LatestSight(Some(Arc::new(Sight { mouths: vec![mouth(width)], ..sight }))));
            app.update();
        }
        app.world().resource::<MeasuredMouths>().0.clone()
    }

    fn choose(app: &mut App, table: TableChoice) {
        app.world_mut().resource_mut::<CalibrationSetup>().table = table;
    }

    #[test]
    fn mouths_are_proposed_for_a_custom_table_that_is_seen() {
        let custom = TableSpec { kind: TableName::Custom, ..TableKind::NINE_FOOT.spec() };
        let mut app = App::new();
        app.add_plugins((StagesPlugin, CalibrationPlugin::default())).insert_resource(LatestSight(None));
        choose(&mut app, custom.into());
        assert_eq!(after_five(&mut app, 0.13), [], "its corners are not known");
        let corners = [(100., 100.), (1100., 100.), (1100., 600.), (100., 600.)].map(CameraPoint::from);
        app.world_mut().resource_mut::<CalibrationSetup>().set_camera_corners(SIZE, corners, CornersOrigin::ByHand);
        assert_eq!(after_five(&mut app, 0.13), [mouth(0.13)]);
        assert_eq!(app.world().resource::<TableSpec>().pockets, custom.pockets, "nothing changes by itself");
        // On a longer table the same pixels are more millimetres: what was measured before counts no more.
        choose(&mut app, TableSpec { length: 1.1 * custom.length, ..custom }.into());
        assert_eq!(after_five(&mut app, 0.14), [mouth(0.14)]);
        let closed = TableChoice::Custom(TableSpec { pockets: None, ..custom });
        for other in [TableChoice::Kind(TableKind::NINE_FOOT), closed, TableChoice::Auto] {
            choose(&mut app, other);
            assert_eq!(after_five(&mut app, 0.13), []);
        }
    }
}
