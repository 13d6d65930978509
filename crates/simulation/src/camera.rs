//! The camera of the simulated rig: its pose, its lens and its shutter.

use super::{look::rail_width, scale::scale};
use billiards_table::{CameraPoint, FrameSize, Lens, Pose, SensorPoint, TablePoint, TableQuad, TableSpec};
use nalgebra::{Matrix3, Rotation3, Vector3};

/// Share of the picture's width covered by the table, nose to nose.
const WIDTH_SHARE: f64 = 0.8;
/// Maximum share of the picture's height covered by the table, so that its rails stay in the picture.
const HEIGHT_SHARE: f64 = 0.74;
/// Maximum share of the picture's width and height covered by the table with its rails.
const WHOLE_SHARE: f64 = 0.99;
/// Default height of the camera over the bed of an American table, metres.
const HEIGHT: f64 = 2.2;

/// Returns the axes of a camera or projector that looks straight down, its picture's right along table y and down along
/// x.
pub(super) fn straight_down() -> Matrix3<f64> {
    Matrix3::from_rows(&[Vector3::y().transpose(), Vector3::x().transpose(), -Vector3::z().transpose()])
}

/// A camera over the table: pinhole, lens and shutter.
///
/// The picture delivered at time `t` was exposed around `t - delay`: its middle row at exactly that time, the rows
/// above it earlier and those below it later.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulatedCamera {
    /// Focal length, centre, distortion, and the size of the pictures.
    pub lens: Lens,
    /// Position and orientation of the camera.
    pub pose: Pose,
    /// Exposure time of each row, seconds.
    pub exposure: f64,
    /// Time from the first row's exposure to the last one's (rolling shutter), seconds. 0 is a global shutter.
    pub readout: f64,
    /// Time from the middle of the exposure to the delivery of the picture, seconds.
    pub delay: f64,
    /// Noise of the sensor, relative to that of a good camera in good light (1).
    pub noise: f32,
    /// Share of the light that the lens loses in the corners of the picture.
    pub vignette: f32,
    /// Height of the object balls' centres over the bed, metres: the plane of [`SimulatedCamera::to_picture`].
    pub ball_height: f64,
}

impl SimulatedCamera {
    /// Creates a camera with pictures of this size that show the whole table in their middle: straight from above, the
    /// table's origin at the top left, its x axis (across) pointing down and its y axis (along) to the right.
    #[must_use]
    pub fn over(spec: &TableSpec, size: FrameSize) -> Self {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let beyond = 2.0 * (spec.cushion_width + rail_width(spec));
        let bed = (WIDTH_SHARE * width / spec.length).min(HEIGHT_SHARE * height / spec.width);
        let whole = (width / (spec.length + beyond)).min(height / (spec.width + beyond));
        let pixels_per_metre = bed.min(WHOLE_SHARE * whole);
        let above = HEIGHT * scale(spec);
        let eye = Vector3::new(0.5 * spec.width, 0.5 * spec.length, above);
        Self {
            lens: Lens::rectilinear(size, pixels_per_metre * (above - spec.nose_height)),
            pose: Pose { eye, turn: straight_down() },
            exposure: 0.004,
            readout: 0.0,
            delay: 0.0,
            noise: 1.0,
            vignette: 0.14,
            ball_height: spec.ball_radius,
        }
    }

    /// Returns the same camera after a bump: half a degree and a few millimetres off.
    #[must_use]
    pub fn bumped(&self) -> Self {
        let knock = Rotation3::from_euler_angles(0.0075, -0.006, 0.004).into_inner();
        let pose = Pose { eye: self.pose.eye + Vector3::new(0.003, -0.002, 0.0), turn: knock * self.pose.turn };
        Self { pose, ..*self }
    }

    /// Returns the size of the pictures.
    #[must_use]
    pub fn size(&self) -> FrameSize {
        self.lens.size
    }

    /// Projects a place (table x, table y and height over the bed, metres) to the delivered picture. The point may lie
    /// outside the picture; `None` behind the camera.
    #[must_use]
    pub fn see(&self, place: [f64; 3]) -> Option<SensorPoint> {
        self.pose.ray(Vector3::from(place)).map(|ray| self.lens.see(ray))
    }

    /// Returns whether a place (metres, as in [`SimulatedCamera::see`]) lies within the picture.
    #[must_use]
    pub fn sees(&self, place: [f64; 3]) -> bool {
        let FrameSize { width, height } = self.size();
        self.see(place).is_some_and(|p| {
            (-0.5..f64::from(width) - 0.5).contains(&p.x) && (-0.5..f64::from(height) - 0.5).contains(&p.y)
        })
    }

    /// Projects the centre of an object ball at a place of the table to the rectified picture, which is the delivered one
    /// for a lens without distortion. Returns NaN behind the camera.
    #[must_use]
    pub fn to_picture(&self, p: TablePoint) -> CameraPoint {
        self.rectified_point([p.x, p.y, self.ball_height])
    }

    /// Returns the nose-line corners, at the height of the noses, in the delivered picture: clockwise from the top
    /// left. NaN behind the camera.
    #[must_use]
    pub fn corners(&self, spec: &TableSpec) -> [SensorPoint; 4] {
        let unseen = SensorPoint::new(f64::NAN, f64::NAN);
        self.corner_places(spec).map(|place| self.see(place).unwrap_or(unseen))
    }

    /// Returns the nose-line corners in the rectified picture.
    #[must_use]
    pub fn quad(&self, spec: &TableSpec) -> TableQuad {
        self.corner_places(spec).map(|place| self.rectified_point(place))
    }

    fn rectified_point(&self, place: [f64; 3]) -> CameraPoint {
        let ray = self.pose.ray(Vector3::from(place));
        ray.map_or(CameraPoint::new(f64::NAN, f64::NAN), |ray| self.lens.rectified().see(ray))
    }

    /// Returns the corners of the nose lines, clockwise from the one that appears at the top left.
    fn corner_places(&self, spec: &TableSpec) -> [[f64; 3]; 4] {
        let (w, l, h) = (spec.width, spec.length, spec.nose_height);
        let mut places = [[0.0, 0.0, h], [0.0, l, h], [w, l, h], [w, 0.0, h]];
        let from_top_left = places.map(|place| self.see(place).map_or(f64::MAX, |p| p.x + p.y));
        let first = (0..4).min_by(|a, b| from_top_left[*a].total_cmp(&from_top_left[*b])).unwrap_or(0);
        places.rotate_left(first);
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    #[test]
    fn the_table_lies_along_the_picture() {
        let spec = TableKind::NINE_FOOT.spec();
        let camera = SimulatedCamera::over(&spec, SIZE);
        let [tl, tr, br, bl] = camera.corners(&spec);
        assert!((tr.x - tl.x - 1024.0).abs() < 1e-9 && (tr.y - tl.y).abs() < 1e-9);
        assert!((bl.y - tl.y - 512.0).abs() < 1e-9 && (bl.x - tl.x).abs() < 1e-9);
        assert!((br - tl - ((tr - tl) + (bl - tl))).length() < 1e-9);
        assert!((tl.x + br.x - 1279.0).abs() < 1e-9 && (tl.y + br.y - 719.0).abs() < 1e-9);
        assert_eq!(camera.quad(&spec).map(|p| (p.x, p.y)), camera.corners(&spec).map(|p| (p.x, p.y)));
    }

    #[test]
    fn what_is_higher_is_seen_further_out() {
        let spec = TableKind::NINE_FOOT.spec();
        let camera = SimulatedCamera::over(&spec, SIZE);
        let seen = |z| camera.see([0.1, 0.2, z]).expect("in front");
        assert!(seen(0.1).x < seen(0.0).x && seen(0.1).y < seen(0.0).y);
        assert!((seen(spec.ball_radius).x - camera.to_picture(TablePoint::new(0.1, 0.2)).x).abs() < 1e-9);
        assert!(camera.sees([0.1, 0.2, 0.0]) && !camera.sees([0.1, 4.0, 0.0]) && !camera.sees([0.6, 1.0, 3.0]));
    }

    #[test]
    fn the_first_corner_is_the_top_left_one_however_the_camera_hangs() {
        let spec = TableKind::EIGHT_FOOT.spec();
        let mut camera = SimulatedCamera::over(&spec, SIZE);
        for _ in 0..2 {
            let [tl, tr, br, bl] = camera.corners(&spec);
            assert!(tl.x < tr.x && tl.y < bl.y && br.x > bl.x && br.y > tr.y);
            let half_turn = Matrix3::from_diagonal(&Vector3::new(-1.0, -1.0, 1.0));
            camera.pose.turn = half_turn * camera.pose.turn;
        }
    }

    #[test]
    fn a_distorted_lens_changes_the_delivered_picture_and_not_the_rectified_one() {
        let spec = TableKind::NINE_FOOT.spec();
        let mut camera = SimulatedCamera::over(&spec, SIZE);
        camera.lens.radial = [-0.15, 0.02, 0.0];
        let p = TablePoint::new(0.2, 0.3);
        let there = camera.see([p.x, p.y, camera.ball_height]).expect("in front");
        let rectified = camera.lens.undistort(there).expect("seen");
        assert!((rectified - camera.to_picture(p)).length() < 1e-3);
        assert!((rectified.x - there.x).hypot(rectified.y - there.y) > 1.0);
    }
}
