//! The table as the camera sees it during the projector's calibration.

use billiards_table::{CameraPoint, CameraView, Lens, SensorPoint, TablePoint, TableSpec};

/// Minimum distance of a dot from a ball's centre, in radii of the ball: balls hide light of their own size from the
/// camera, and cast a shadow on the other side.
const CLEAR_OF_BALLS: f64 = 2.2;
/// Minimum distance of a dot from the edge of a pocket, metres.
const CLEAR_OF_POCKETS: f64 = 0.03;
/// Root mean square over a rectangle of an error that grows with the distance from its middle, as a share of the error
/// in its corners: 1/√3.
pub const CORNERS_TO_BED: f64 = 0.577_350_269;

/// The table as the calibrated camera sees it while only the room lights it.
#[derive(Debug, Clone)]
pub struct ObservedTable {
    /// Dimensions of the table.
    pub table: TableSpec,
    /// Lens of the camera; `None` if its pictures have no distortion.
    pub lens: Option<Lens>,
    /// View of the camera, for rectified pictures.
    pub view: CameraView,
    /// Positions of the balls on the table, metres.
    pub balls: Vec<TablePoint>,
    /// Expected error of the camera's calibration on the bed, root mean square, millimetres.
    pub error_mm: f64,
}

impl ObservedTable {
    /// Returns the expected error of the camera's calibration at this place of the bed, millimetres (standard
    /// deviation). It grows with the distance from the middle, as the errors of height and focal length do.
    #[must_use]
    pub fn camera_error_mm(&self, place: TablePoint) -> f64 {
        let middle = TablePoint::new(0.5 * self.table.width, 0.5 * self.table.length);
        let share = (place - middle).length() / middle.to_vector().length();
        self.error_mm / CORNERS_TO_BED * share
    }

    /// Returns the place of the bed that is seen at a point of the delivered picture.
    #[must_use]
    pub fn place(&self, p: SensorPoint) -> Option<TablePoint> {
        self.view.bed_at(self.rectified(p)?)
    }

    /// Returns the point of the delivered picture at which a place of the bed is seen.
    #[must_use]
    pub fn seen_at(&self, place: TablePoint) -> Option<SensorPoint> {
        let rectified = self.view.bed_in_picture(place)?;
        Some(self.lens.map_or_else(|| rectified.cast_unit(), |lens| lens.distort(rectified)))
    }

    fn rectified(&self, p: SensorPoint) -> Option<CameraPoint> {
        self.lens.map_or_else(|| Some(p.cast_unit()), |lens| lens.undistort(p))
    }

    /// Returns whether the surface seen at a point lies on the bed, `inset` metres inside the noses and away from the
    /// pockets. A surface on a cushion is higher and is seen over the bed from some sides, so both planes must agree.
    #[must_use]
    pub fn on_bed(&self, p: SensorPoint, inset: f64) -> bool {
        let Some(rectified) = self.rectified(p) else { return false };
        let inside = |place: TablePoint| {
            (inset..=self.table.width - inset).contains(&place.x)
                && (inset..=self.table.length - inset).contains(&place.y)
        };
        let below_nose = self.view.nose_plane.map(rectified).is_some_and(inside);
        let bed = self.view.bed_at(rectified).filter(|place| inside(*place));
        below_nose && bed.is_some_and(|place| !self.near_pocket(place))
    }

    fn near_pocket(&self, place: TablePoint) -> bool {
        let pockets = self.table.features().pockets;
        pockets.iter().any(|pocket| (pocket.centre - place).length() < pocket.radius + CLEAR_OF_POCKETS)
    }

    /// Returns whether a ball may hide or shade the place that is seen at a point.
    #[must_use]
    pub fn near_ball(&self, p: SensorPoint) -> bool {
        let reach = CLEAR_OF_BALLS * self.table.ball_radius;
        let Some(rectified) = self.rectified(p) else { return true };
        let near = |place: Option<TablePoint>| {
            place.is_some_and(|place| self.balls.iter().any(|ball| (*ball - place).length() < reach))
        };
        // The silhouette covers places behind the ball; the shadow falls around its contact point.
        near(self.view.ball_on_table(rectified)) || near(self.view.bed_at(rectified))
    }

    /// Returns places evenly spaced over the bed, `across` by `along`, the outermost `inset` metres from the noses.
    #[must_use]
    pub fn grid(&self, across: u32, along: u32, inset: f64) -> Vec<TablePoint> {
        let at = |i: u32, count: u32, length: f64| {
            inset + (length - 2.0 * inset) * f64::from(i) / f64::from(count.saturating_sub(1).max(1))
        };
        let place = |x, y| TablePoint::new(at(x, across, self.table.width), at(y, along, self.table.length));
        (0..along).flat_map(|y| (0..across).map(move |x| place(x, y))).collect()
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use billiards_table::{FrameSize, Pinhole, Pose, TableKind};
    use nalgebra::Vector3;

    /// Returns a nine-foot table without balls under a camera without distortion.
    pub fn observed_table() -> ObservedTable {
        let size = FrameSize { width: 1280, height: 720 };
        let pinhole = Pinhole { size, focal: 1000.0, centre: CameraPoint::new(639.5, 359.5) };
        let eye = Vector3::new(0.5, 1.1, 2.5);
        let pose = Pose::looking(eye, Vector3::new(0.6, 1.3, 0.0), Vector3::y()).expect("a direction");
        let plane = |height| pose.plane(&pinhole, height).expect("regular");
        let (ball_plane, bed_plane, nose_plane) = (plane(0.028_575), plane(0.0), plane(0.036_576));
        let view = CameraView { size, ball_plane, bed_plane, nose_plane, eye: Some(eye.into()) };
        ObservedTable { table: TableKind::NINE_FOOT.spec(), lens: None, view, balls: Vec::new(), error_mm: 0.3 }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::observed_table, *};
    use billiards_table::Lens;

    #[test]
    fn places_are_seen_where_they_are_found_again_also_through_a_bent_lens() {
        let mut observed = observed_table();
        for lens in [None, Some(Lens { radial: [-0.1, 0.0, 0.0], ..Lens::rectilinear(observed.view.size, 1000.0) })] {
            observed.lens = lens;
            for place in observed.grid(4, 7, 0.05) {
                let seen = observed.seen_at(place).expect("seen");
                assert!((observed.place(seen).expect("found") - place).length() < 1e-6);
                assert!(observed.on_bed(seen, 0.01), "{place:?}");
            }
        }
    }

    #[test]
    fn the_cameras_error_grows_outwards_and_has_the_told_mean() {
        let observed = observed_table();
        let errors: Vec<f64> =
            observed.grid(41, 81, 0.0).into_iter().map(|place| observed.camera_error_mm(place)).collect();
        let rms = (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt();
        assert!((rms / observed.error_mm - 1.0).abs() < 0.03, "{rms}");
        assert!(observed.camera_error_mm(TablePoint::new(0.635, 1.27)) < 1e-9);
    }

    #[test]
    fn cushions_pockets_and_balls_are_kept_clear_of() {
        let mut observed = observed_table();
        let on_bed = |x, y| observed.on_bed(observed.seen_at(TablePoint::new(x, y)).expect("seen"), 0.01);
        assert!(on_bed(0.3, 0.3) && on_bed(0.03, 0.6));
        assert!(!on_bed(0.005, 0.6) && !on_bed(-0.05, 0.6) && !on_bed(0.02, 1.27) && !on_bed(1.25, 0.02));
        observed.balls = vec![TablePoint::new(1.0, 2.0)];
        let near = |x, y| observed.near_ball(observed.seen_at(TablePoint::new(x, y)).expect("seen"));
        assert!(near(1.0, 2.0) && near(1.03, 2.03) && !near(1.0, 1.9));
    }
}
