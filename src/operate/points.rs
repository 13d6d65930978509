//! Projection of the points that are moved by hand.

use super::ControlState;
use crate::show::overlay::Picture;
use bevy::prelude::*;
use billiards_calibration::CalibrationSetup;
use billiards_overlay::PointsPicture;

/// Updates the projected points from the setup while they are shown.
pub(super) fn keep(setup: Res<CalibrationSetup>, control: Res<ControlState>, picture: Option<ResMut<Picture>>) {
    let Some(mut picture) = picture.filter(|picture| matches!(**picture, Picture::Points(_))) else { return };
    let set = setup.hand_points();
    let noses = set.view().map_or_else(
        |_| Vec::new(),
        |view| set.points.iter().take(4).filter_map(|corner| view.from_table.map(corner.table)).collect(),
    );
    let points = set.points.iter().map(|point| point.projector).collect();
    picture.set_if_neq(Picture::Points(PointsPicture { points, chosen: control.hand_point, noses }));
}
