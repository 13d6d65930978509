//! Position and orientation of a camera or a projector, and its view of planes of the table.

use super::{CameraPx, Homography, Pinhole, TableMetres};
use nalgebra::{Matrix3, Vector3};

/// Position and orientation of a camera; a projector is a camera with the light reversed.
///
/// Positions are x and y of the table frame and the height above the bed (z, up), metres. A ray is given as in
/// [`Lens`](super::Lens): x right and y down in the picture, in focal lengths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pose {
    /// Position in the table frame, metres.
    pub eye: Vector3<f64>,
    /// Rotation from table axes to the camera's axes: the rows are its right, down and forward directions.
    pub turn: Matrix3<f64>,
}

impl Pose {
    /// Creates the pose at `eye` that faces `target`, rotated so that `right` (a direction of the table frame) points
    /// right in the picture as nearly as possible. Returns `None` if the arguments define no direction.
    #[must_use]
    pub fn looking(eye: Vector3<f64>, target: Vector3<f64>, right: Vector3<f64>) -> Option<Self> {
        let forward = (target - eye).try_normalize(1e-9)?;
        let right = (right - forward * right.dot(&forward)).try_normalize(1e-9)?;
        let down = forward.cross(&right);
        Some(Self { eye, turn: Matrix3::from_rows(&[right.transpose(), down.transpose(), forward.transpose()]) })
    }

    /// Returns the ray on which a place is seen; `None` if the place is behind the camera.
    #[must_use]
    pub fn ray(&self, place: Vector3<f64>) -> Option<[f64; 2]> {
        let own = self.turn * (place - self.eye);
        (own.z > 1e-6).then(|| [own.x / own.z, own.y / own.z])
    }

    /// Returns the direction of a ray in table axes. It is not of unit length: its forward component is one focal
    /// length.
    #[must_use]
    pub fn direction(&self, [x, y]: [f64; 2]) -> Vector3<f64> {
        self.turn.transpose() * Vector3::new(x, y, 1.0)
    }

    /// Returns x and y of the point where a ray meets the plane at this height, metres; `None` if it never does.
    #[must_use]
    pub fn meet(&self, ray: [f64; 2], height: f64) -> Option<[f64; 2]> {
        let direction = self.direction(ray);
        let reach = (height - self.eye.z) / direction.z;
        (reach.is_finite() && reach > 0.0).then(|| {
            let place = self.eye + direction * reach;
            [place.x, place.y]
        })
    }

    /// Returns the homography from the picture of a pinhole camera with this pose to the plane at this height. Returns
    /// `None` if the plane passes through the camera.
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

    /// Returns the pose two metres above the middle of a nine-foot table, with the table's length across the picture.
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
