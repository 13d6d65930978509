//! Typed coordinates and the transforms between the frames.
//!
//! | frame | unit | origin and axes |
//! |---|---|---|
//! | [`SensorPx`](super::SensorPx) | pixels of the picture as the camera delivers it | top left corner of the picture, x right, y down; a pixel's centre is at whole numbers |
//! | [`CameraPx`] | pixels of the same picture, rectified; identical where no lens is known | likewise |
//! | [`TableMetres`] | metres | a corner of the playing surface where two nose lines meet, x across (0..width), y along (0..length), angles counter-clockwise from +x as seen from above |
//! | [`ProjectorPx`] | pixels of the projected picture | top left corner of the picture, x right, y down |
//!
//! A function that mixes two frames does not compile. The transforms are plain data here; only the calibration creates
//! them.

use euclid::{Point2D, Vector2D};
use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Unit of the camera's rectified picture: pixels, y down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CameraPx;

/// Unit of the table: metres, y along the table, seen from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableMetres;

/// Unit of the projector's picture: pixels, y down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectorPx;

/// A point in the camera's picture.
pub type CameraPoint = Point2D<f64, CameraPx>;
/// A point on the table, or the vertical projection of a ball's centre onto it.
pub type TablePoint = Point2D<f64, TableMetres>;
/// A displacement (metres), direction (unit length) or velocity (metres a second) on the table.
pub type TableVector = Vector2D<f64, TableMetres>;
/// A point in the projector's picture.
pub type ProjectorPoint = Point2D<f64, ProjectorPx>;

/// Width and height of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameSize {
    /// Number of columns.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

/// The four nose-line corners of a table in the picture: top left, top right, bottom right, bottom left as seen there.
pub type TableQuad = [CameraPoint; 4];

/// Rounds a length in metres to a hundredth of a millimetre, for texts: smaller digits are noise, and half of the text.
#[must_use]
pub fn rounded(metres: f64) -> f64 {
    (metres * 1e5).round() / 1e5 + 0.0 // no -0.0
}

/// Returns the distance of a point from the line segment between two points, metres.
#[must_use]
pub fn distance_to_segment(place: TablePoint, from: TablePoint, to: TablePoint) -> f64 {
    let segment = to - from;
    let share = ((place - from).dot(segment) / segment.square_length().max(1e-18)).clamp(0.0, 1.0);
    (place - (from + segment * share)).length()
}

/// Returns the mean length of a quad's longer pair of opposite sides, pixels.
#[must_use]
pub fn longer_side<U>(quad: &[Point2D<f64, U>; 4]) -> f64 {
    let [a, b] = pairs_of_sides(quad);
    a.max(b)
}

/// Returns the mean length of a quad's shorter pair of opposite sides, pixels.
#[must_use]
pub fn shorter_side<U>(quad: &[Point2D<f64, U>; 4]) -> f64 {
    let [a, b] = pairs_of_sides(quad);
    a.min(b)
}

/// Returns the mean lengths of the two pairs of opposite sides, pixels.
fn pairs_of_sides<U>(quad: &[Point2D<f64, U>; 4]) -> [f64; 2] {
    let side = |i: usize| (quad[(i + 1) % 4] - quad[i]).length();
    [f64::midpoint(side(0), side(2)), f64::midpoint(side(1), side(3))]
}

/// A projective map of the plane from frame `Src` to frame `Dst`.
pub struct Homography<Src, Dst> {
    matrix: Matrix3<f64>,
    frames: PhantomData<fn(Src) -> Dst>,
}

// Derived impls would require the same traits of the unit markers.
impl<Src, Dst> Clone for Homography<Src, Dst> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Src, Dst> Copy for Homography<Src, Dst> {}
impl<Src, Dst> PartialEq for Homography<Src, Dst> {
    fn eq(&self, other: &Self) -> bool {
        self.matrix == other.matrix
    }
}
impl<Src, Dst> std::fmt::Debug for Homography<Src, Dst> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Homography").field(&self.matrix).finish()
    }
}

impl<Src, Dst> Homography<Src, Dst> {
    /// Wraps a matrix that maps homogeneous column vectors of `Src` to `Dst`. Returns `None` if it is not finite or not
    /// invertible.
    #[must_use]
    pub fn from_matrix(matrix: Matrix3<f64>) -> Option<Self> {
        let scale = matrix.abs().max();
        let regular =
            matrix.iter().all(|v| v.is_finite()) && scale > 0.0 && (matrix / scale).determinant().abs() > 1e-18;
        regular.then_some(Self { matrix, frames: PhantomData })
    }

    /// Returns the 3×3 matrix that maps homogeneous column vectors of `Src` to `Dst`.
    #[must_use]
    pub fn matrix(&self) -> &Matrix3<f64> {
        &self.matrix
    }

    /// Maps a point of `Src` to `Dst`; `None` on the horizon line.
    #[must_use]
    pub fn map(&self, p: Point2D<f64, Src>) -> Option<Point2D<f64, Dst>> {
        let q = self.matrix * Vector3::new(p.x, p.y, 1.0);
        let (x, y) = (q.x / q.z, q.y / q.z);
        (x.is_finite() && y.is_finite()).then(|| Point2D::new(x, y))
    }

    /// Returns the map from `Dst` back to `Src`.
    #[must_use]
    pub fn inverse(&self) -> Homography<Dst, Src> {
        let inverse =
            self.matrix.try_inverse().unwrap_or_else(|| unreachable!("from_matrix admits regular matrices only"));
        Homography { matrix: inverse, frames: PhantomData }
    }

    /// Composes two maps: first this one, then `next`.
    #[must_use]
    pub fn then<End>(&self, next: &Homography<Dst, End>) -> Homography<Src, End> {
        Homography { matrix: next.matrix * self.matrix, frames: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keystone() -> Homography<CameraPx, TableMetres> {
        Homography::from_matrix(Matrix3::new(2.0, 0.1, 5.0, -0.2, 1.5, 3.0, 1e-4, 2e-4, 1.0)).expect("regular")
    }

    #[test]
    fn a_map_and_its_inverse_return_the_point() {
        let p = CameraPoint::new(640.0, 360.0);
        let there = keystone().map(p).expect("finite");
        let back = keystone().inverse().map(there).expect("finite");
        assert!((back - p).length() < 1e-9);
    }

    #[test]
    fn a_singular_matrix_is_refused() {
        assert!(Homography::<CameraPx, TableMetres>::from_matrix(Matrix3::zeros()).is_none());
        assert!(Homography::<CameraPx, TableMetres>::from_matrix(Matrix3::repeat(1.0)).is_none());
        assert!(Homography::<CameraPx, TableMetres>::from_matrix(Matrix3::repeat(f64::NAN)).is_none());
    }
}
