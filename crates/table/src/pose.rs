//! Where a camera or a projector stands, and how it sees planes of the table from there.

use super::{CameraPx, Homography, Pinhole, TableMetres};
use nalgebra::{Matrix3, Vector3};

/// Where a camera stands and which way it looks; a projector is a camera backwards.
///
/// Places are x and y of the table frame and the height over the bed (z, up), metres; a ray is named as in
/// [`Lens`](super::Lens): x right and y down in the picture, in focal lengths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Where it stands.
    pub eye: Vector3<f64>,
    /// From table axes to its own: the rows are its right, its down and its forward. A rotation.
    pub turn: Matrix3<f64>,
}

impl Pose {
    /// From `eye` towards `target`, turned so that `right` (a direction of the table) points right in the picture as
    /// nearly as it can. `None` where these name no direction.
    #[must_use]
    pub fn looking(eye: Vector3<f64>, target: Vector3<f64>, right: Vector3<f64>) -> Option<Self> {
        let forward = (target - eye).try_normalize(1e-9)?;
        let right = (right - forward * right.dot(&forward)).try_normalize(1e-9)?;
        let down = forward.cross(&right);
        Some(Self { eye, turn: Matrix3::from_rows(&[right.transpose(), down.transpose(), forward.transpose()]) })
    }

    /// The ray in which a place is seen; `None` behind it.
    #[must_use]
    pub fn ray(&self, place: Vector3<f64>) -> Option<[f64; 2]> {
        let own = self.turn * (place - self.eye);
        (own.z > 1e-6).then(|| [own.x / own.z, own.y / own.z])
    }

    /// The direction of a ray, table axes, not of unit length: a focal length ahead.
    #[must_use]
    pub fn direction(&self, [x, y]: [f64; 2]) -> Vector3<f64> {
        self.turn.transpose() * Vector3::new(x, y, 1.0)
    }

    /// Where a ray meets the plane at this height; `None` where it never does.
    #[must_use]
    pub fn meet(&self, ray: [f64; 2], height: f64) -> Option<[f64; 2]> {
        let direction = self.direction(ray);
        let reach = (height - self.eye.z) / direction.z;
        (reach.is_finite() && reach > 0.0).then(|| {
            let place = self.eye + direction * reach;
            [place.x, place.y]
        })
    }

    /// How a pinhole camera that stands here sees the plane at this height. `None` when the plane passes through it.
    #[must_use]
    pub fn plane(&self, camera: &Pinhole, height: f64) -> Option<Homography<CameraPx, TableMetres>> {
        let intrinsic =
            Matrix3::new(camera.focal, 0.0, camera.centre.x, 0.0, camera.focal, camera.centre.y, 0.0, 0.0, 1.0);
        let shift = self.turn * (Vector3::new(0.0, 0.0, height) - self.eye);
        let plane = Matrix3::from_columns(&[self.turn.column(0).into(), self.turn.column(1).into(), shift]);
        Homography::<TableMetres, CameraPx>::from_matrix(intrinsic * plane).map(|seen| seen.inverse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CameraPoint, FrameSize};

    fn camera() -> Pinhole {
        let size = FrameSize { width: 1280, height: 720 };
        Pinhole { size, focal: 1000.0, centre: CameraPoint::new(639.5, 359.5) }
    }

    /// Two metres over the middle of a nine-foot table, the table's length across the picture.
    fn overhead() -> Pose {
        let (eye, target) = (Vector3::new(0.635, 1.27, 2.0), Vector3::new(0.635, 1.27, 0.0));
        Pose::looking(eye, target, Vector3::y()).expect("a direction")
    }

    #[test]
    fn from_above_the_length_runs_right_and_the_width_down() {
        let pose = overhead();
        let seen = |x, y| camera().see(pose.ray(Vector3::new(x, y, 0.0)).expect("in front"));
        assert!((seen(0.635, 1.27) - CameraPoint::new(639.5, 359.5)).length() < 1e-9);
        assert!((seen(0.635, 1.77) - CameraPoint::new(889.5, 359.5)).length() < 1e-9);
        assert!((seen(0.835, 1.27) - CameraPoint::new(639.5, 459.5)).length() < 1e-9);
        assert!(pose.ray(Vector3::new(0.635, 1.27, 2.5)).is_none());
    }

    #[test]
    fn planes_agree_with_rays_at_every_height() {
        let eye = Vector3::new(0.2, 0.9, 2.2);
        let pose = Pose::looking(eye, Vector3::new(0.6, 1.2, 0.0), Vector3::new(0.1, 1.0, 0.0)).expect("a direction");
        assert!((pose.turn.determinant() - 1.0).abs() < 1e-12);
        for height in [0.0, 0.028_575, 0.036_576] {
            let plane = pose.plane(&camera(), height).expect("regular");
            for (x, y) in [(0.0, 0.0), (1.27, 2.54), (0.4, 1.9)] {
                let ray = pose.ray(Vector3::new(x, y, height)).expect("in front");
                let there = plane.map(camera().see(ray)).expect("finite");
                assert!((there.x - x).hypot(there.y - y) < 1e-9, "{there:?}");
                let [mx, my] = pose.meet(ray, height).expect("met");
                assert!((mx - x).hypot(my - y) < 1e-9);
            }
        }
    }
}
