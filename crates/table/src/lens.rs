//! Lens distortion, and the rectified picture that everything after the camera works with.

use super::{CameraPoint, FrameSize};
use euclid::Point2D;
use serde::{Deserialize, Serialize};

/// Unit of the picture as the camera delivers it, distorted by the lens: pixels, y down, a pixel's centre at whole
/// numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SensorPx;

/// A point in the picture as the camera delivers it.
pub type SensorPoint = Point2D<f64, SensorPx>;

/// Maximum number of Newton steps to undistort a ray; four suffice for any lens that shows a whole table.
const MAX_ITERATIONS: usize = 20;
/// Maximum residual of an undistorted ray, focal lengths: less than a ten-thousandth of a pixel.
const MAX_RESIDUAL: f64 = 1e-8;

/// A lens and the sensor behind it: the pinhole camera with the distortion of Brown and Conrady, in the order of
/// OpenCV's coefficients (`calib3d`, "Camera Calibration and 3D Reconstruction").
///
/// A ray is given by the point where it meets a plane one focal length in front of the camera: x right, y down, in
/// focal lengths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lens {
    /// Size of the pictures that the parameters hold for, pixels.
    pub size: FrameSize,
    /// Focal lengths across and down, pixels.
    pub focal: [f64; 2],
    /// Principal point, where the optical axis meets the picture, pixels.
    pub centre: [f64; 2],
    /// Radial coefficients k1, k2, k3: a point at r from the axis is seen at r (1 + k1 r² + k2 r⁴ + k3 r⁶).
    pub radial: [f64; 3],
    /// Tangential coefficients p1, p2, for a lens that is not quite parallel to the sensor.
    pub tangential: [f64; 2],
}

impl Lens {
    /// Creates a lens without distortion, with square pixels and its axis in the middle of the picture.
    #[must_use]
    pub fn rectilinear(size: FrameSize, focal: f64) -> Self {
        let middle = |length: u32| 0.5 * (f64::from(length) - 1.0);
        let centre = [middle(size.width), middle(size.height)];
        Self { size, focal: [focal; 2], centre, radial: [0.0; 3], tangential: [0.0; 2] }
    }

    /// Returns whether the lens has no distortion and square pixels.
    #[must_use]
    pub fn is_rectilinear(&self) -> bool {
        self.radial == [0.0; 3] && self.tangential == [0.0; 2] && self.focal[0] == self.focal[1]
    }

    /// Returns the point of the picture at which a ray is seen.
    #[must_use]
    pub fn see(&self, ray: [f64; 2]) -> SensorPoint {
        let [x, y] = self.distort_ray(ray);
        SensorPoint::new(self.centre[0] + self.focal[0] * x, self.centre[1] + self.focal[1] * y)
    }

    /// Returns the ray that is seen at a point; `None` where the lens shows nothing that a pinhole could show.
    #[must_use]
    pub fn ray(&self, p: SensorPoint) -> Option<[f64; 2]> {
        let distorted = [(p.x - self.centre[0]) / self.focal[0], (p.y - self.centre[1]) / self.focal[1]];
        let mut ray = distorted;
        for _ in 0..MAX_ITERATIONS {
            let seen = self.distort_ray(ray);
            let residual = [seen[0] - distorted[0], seen[1] - distorted[1]];
            if residual[0].hypot(residual[1]) < MAX_RESIDUAL {
                return Some(ray);
            }
            // Derivatives by finite differences: exact enough to converge, and there is no formula to get wrong.
            let step = 1e-6;
            let (right, down) = (self.distort_ray([ray[0] + step, ray[1]]), self.distort_ray([ray[0], ray[1] + step]));
            let [a, c] = [(right[0] - seen[0]) / step, (right[1] - seen[1]) / step];
            let [b, d] = [(down[0] - seen[0]) / step, (down[1] - seen[1]) / step];
            let det = a * d - b * c;
            // Where the picture folds back over itself, the ray cannot be found.
            if det.is_nan() || det <= 0.05 {
                return None;
            }
            let [u, v] = residual;
            ray = [ray[0] - (d * u - b * v) / det, ray[1] - (a * v - c * u) / det];
        }
        None
    }

    fn distort_ray(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let ([k1, k2, k3], [p1, p2]) = (self.radial, self.tangential);
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        [
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ]
    }

    /// Returns the camera of the rectified picture: of the same size as this lens's picture, with a field of view that
    /// keeps the middles of its four edges visible.
    #[must_use]
    pub fn rectified(&self) -> Pinhole {
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        let centre = CameraPoint::new(0.5 * (width - 1.0), 0.5 * (height - 1.0));
        let focal = f64::midpoint(self.focal[0], self.focal[1]);
        if self.is_rectilinear() {
            return Pinhole { size: self.size, focal, centre: CameraPoint::new(self.centre[0], self.centre[1]) };
        }
        let edges = [(0.0, centre.y), (width - 1.0, centre.y), (centre.x, 0.0), (centre.x, height - 1.0)];
        let shrink = edges.into_iter().filter_map(|(x, y)| {
            let [u, v] = self.ray(SensorPoint::new(x, y))?;
            let half = if y == centre.y { centre.x } else { centre.y };
            Some(half / (focal * if y == centre.y { u.abs() } else { v.abs() }))
        });
        let shrink = shrink.fold(1.0_f64, f64::min).clamp(0.4, 1.0);
        Pinhole { size: self.size, focal: focal * shrink, centre }
    }

    /// Returns the point of the rectified picture for a point of the delivered one.
    #[must_use]
    pub fn undistort(&self, p: SensorPoint) -> Option<CameraPoint> {
        let pinhole = self.rectified();
        self.ray(p).map(|ray| pinhole.see(ray))
    }

    /// Returns the point of the delivered picture for a point of the rectified one.
    #[must_use]
    pub fn distort(&self, p: CameraPoint) -> SensorPoint {
        self.see(self.rectified().ray(p))
    }
}

/// A camera without lens distortion: the camera of the rectified picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pinhole {
    /// Size of its pictures, pixels.
    pub size: FrameSize,
    /// Focal length, pixels.
    pub focal: f64,
    /// Principal point, where the optical axis meets the picture.
    pub centre: CameraPoint,
}

impl Pinhole {
    /// Returns the point of the picture at which a ray is seen.
    #[must_use]
    pub fn see(&self, [x, y]: [f64; 2]) -> CameraPoint {
        CameraPoint::new(self.centre.x + self.focal * x, self.centre.y + self.focal * y)
    }

    /// Returns the ray that is seen at a point.
    #[must_use]
    pub fn ray(&self, p: CameraPoint) -> [f64; 2] {
        [(p.x - self.centre.x) / self.focal, (p.y - self.centre.y) / self.focal]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    #[test]
    fn a_straight_lens_changes_nothing() {
        let lens = Lens::rectilinear(SIZE, 1000.0);
        for (x, y) in [(0.0, 0.0), (640.5, 12.0), (1279.0, 719.0)] {
            let there = lens.undistort(SensorPoint::new(x, y)).expect("seen");
            assert!((there - CameraPoint::new(x, y)).length() < 1e-6, "{there:?}");
        }
    }

    #[test]
    fn a_barrel_bends_the_edge_inwards_and_the_straight_picture_keeps_its_edges() {
        let mut lens = Lens::rectilinear(SIZE, 900.0);
        lens.radial = [-0.2, 0.0, 0.0];
        let (ray, pinhole) = ([0.7, 0.0], Pinhole { size: SIZE, focal: 900.0, centre: CameraPoint::new(639.5, 359.5) });
        assert!(lens.see(ray).x < pinhole.see(ray).x - 50.0);
        let left = lens.undistort(SensorPoint::new(0.0, 359.5)).expect("seen");
        assert!((0.0..2.0).contains(&left.x) || left.x.abs() < 1e-6, "{left:?}");
    }

    #[test]
    fn where_the_picture_folds_there_is_no_ray() {
        let mut lens = Lens::rectilinear(SIZE, 300.0);
        lens.radial = [-0.3, 0.0, 0.0];
        assert!(lens.ray(SensorPoint::new(1279.0, 719.0)).is_none());
    }

    proptest! {
        /// Checks that the distortion of any lens of a camera over a table can be undone.
        #[test]
        fn bending_and_unbending_return_the_point(
            k1 in -0.25..0.15_f64, k2 in -0.02..0.05_f64, p in prop::array::uniform2(-0.002..0.002_f64),
            x in 0.0..1279.0_f64, y in 0.0..719.0_f64,
        ) {
            let lens = Lens { radial: [k1, k2, 0.0], tangential: p, ..Lens::rectilinear(SIZE, 1100.0) };
            let point = SensorPoint::new(x, y);
            let there = lens.undistort(point).expect("seen");
            prop_assert!((lens.distort(there) - point).length() < 1e-3);
        }
    }
}
