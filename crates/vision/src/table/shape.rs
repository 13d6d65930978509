//! Shape and view of the rectangle that a quad in the picture shows.

use billiards_table::{FrameSize, TableQuad};
use euclid::Point2D;
use std::{marker::PhantomData, ops::Range};

/// Returns whether a quad is convex, with its corners clockwise (y down).
pub(super) fn is_convex<U>(quad: &[Point2D<f64, U>; 4]) -> bool {
    (0..4).all(|i| {
        let (a, b, c) = (quad[i], quad[(i + 1) % 4], quad[(i + 2) % 4]);
        (b - a).cross(c - b) > 0.0
    })
}

/// Returns the area of a quad, square pixels.
pub(super) fn area<U>(quad: &[Point2D<f64, U>; 4]) -> f64 {
    0.5 * (quad[2] - quad[0]).cross(quad[3] - quad[1]).abs()
}

/// The perspective that takes the unit square to a quad in the pixel grid `U`: (0, 0), (1, 0), (1, 1), (0, 1) to its
/// corners in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Perspective<U> {
    rows: [[f64; 3]; 3],
    grid: PhantomData<U>,
}

impl<U> Perspective<U> {
    /// Creates the perspective of a convex quad.
    pub fn onto(quad: &[Point2D<f64, U>; 4]) -> Self {
        Self { rows: square_to_quad(quad), grid: PhantomData }
    }

    /// Returns the place in the picture of a point of the unit square.
    pub fn at(&self, u: f64, v: f64) -> Point2D<f64, U> {
        let [x, y, w] = self.rows.map(|row| row[0] * u + row[1] * v + row[2]);
        Point2D::new(x / w, y / w)
    }
}

/// Returns the homography that takes the corners (0, 0), (1, 0), (1, 1), (0, 1) of the unit square to those of a quad,
/// row by row.
pub(crate) fn square_to_quad<U>(quad: &[Point2D<f64, U>; 4]) -> [[f64; 3]; 3] {
    let [p0, p1, p2, p3] = *quad;
    let (d1, d2, s) = (p1 - p2, p3 - p2, p0 - p1 + (p2 - p3));
    let det = d1.cross(d2);
    // Three collinear corners span no square; then this is merely affine.
    let (g, h) = if det.abs() > 1e-9 { (s.cross(d2) / det, d1.cross(s) / det) } else { (0.0, 0.0) };
    [
        [p1.x - p0.x + g * p1.x, p3.x - p0.x + h * p3.x, p0.x],
        [p1.y - p0.y + g * p1.y, p3.y - p0.y + h * p3.y, p0.y],
        [g, h, 1.0],
    ]
}

/// View of a rectangle by a camera with square pixels and its principal point in the picture's middle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// Length of the rectangle along the quad's side 0 over that along its side 1.
    pub aspect: f64,
    /// Slant of the view across each side, in order: horizontal over vertical part of the view ray, positive where it
    /// runs inwards, as across the side nearest to the camera.
    pub slant: [f64; 4],
}

impl View {
    /// Returns whether the rectangle's longer side over its shorter one is within a range around `aspect`; the range is
    /// a factor.
    pub fn has_aspect(&self, aspect: f64, factor: &Range<f64>) -> bool {
        let longer = self.aspect.max(1.0 / self.aspect);
        (factor.start * aspect..factor.end * aspect).contains(&longer)
    }
}

/// Range of the focal lengths of cameras, in lengths of the picture's longer side: from wide angle to a far television
/// camera.
const FOCAL: [f64; 2] = [0.45, 6.0];
/// Maximum deviation of the corners from right angles, as a cosine: lenses distort, and broadcasters crop.
const SKEW: f64 = 0.12;

/// Returns the view under which a quad comes nearest to a rectangle of this `aspect` (length over width); `None` if no
/// usual camera sees it as a rectangle at all.
pub(crate) fn view<U>(quad: &[Point2D<f64, U>; 4], size: FrameSize, aspect: f64) -> Option<View> {
    const STEPS: i32 = 32;
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let centre = euclid::vec2(0.5 * (width - 1.0), 0.5 * (height - 1.0));
    let square = square_to_quad(&quad.map(|p| p - centre));
    let longest = width.max(height);
    let focal = |i: i32| FOCAL[0] * (FOCAL[1] / FOCAL[0]).powf(f64::from(i) / f64::from(STEPS)) * longest;
    let deviation = |view: &View| (view.aspect.ln().abs() - aspect.ln()).abs();
    (0..=STEPS).filter_map(|i| view_through(&square, focal(i))).min_by(|a, b| deviation(a).total_cmp(&deviation(b)))
}

/// Returns whether nose lines can be those of a table of this `aspect`, with tolerance for lenses and toys.
pub(super) fn table(quad: &TableQuad, size: FrameSize, aspect: f64) -> bool {
    /// Range of the apparent aspect over the true one.
    const TOLERANCE: Range<f64> = 0.85..1.2;
    is_convex(quad) && view(quad, size, aspect).is_some_and(|view| view.has_aspect(aspect, &TOLERANCE))
}

/// Returns the view with this focal length, pixels; `square` takes the unit square to the quad relative to the principal
/// point.
fn view_through(square: &[[f64; 3]; 3], focal: f64) -> Option<View> {
    let column = |i: usize| nalgebra::Vector3::new(square[0][i] / focal, square[1][i] / focal, square[2][i]);
    let (u, v, origin) = (column(0), column(1), column(2));
    let (along, across) = (u.norm(), v.norm());
    let (e, f) = (u / along, v / across);
    if !(along > 0.0 && across > 0.0) || e.dot(&f).abs() > SKEW {
        return None;
    }
    let (x, y, height) = (-e.dot(&origin), -f.dot(&origin), e.cross(&f).dot(&origin).abs().max(1e-9));
    // From the camera's foot inwards across each side.
    let slant = [-y, x - along, y - across, -x].map(|inwards| inwards / height);
    Some(View { aspect: along / across, slant })
}

#[cfg(test)]
mod tests {
    use super::{super::drawn::seen, *};
    use billiards_table::CameraPoint;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    #[test]
    fn a_perspective_keeps_the_corners() {
        let quad = seen(2.0, 35.0, 20.0, 1500.0);
        let square = Perspective::onto(&quad);
        for (p, (u, v)) in quad.iter().zip([(0., 0.), (1., 0.), (1., 1.), (0., 1.)]) {
            assert!((square.at(u, v) - *p).length() < 1e-9);
        }
    }

    #[test]
    fn a_table_is_twice_as_long_as_wide_from_everywhere() {
        for (elevation, turn) in [(90.0, 0.0), (88.0, 3.0), (60.0, 0.0), (35.0, 0.0), (35.0, 30.0), (30.0, 75.0)] {
            let view = view(&seen(2.0, elevation, turn, 1500.0), SIZE, 2.0).expect("a rectangle");
            assert!((view.aspect * 2.0 - 1.0).abs() < 0.06, "{elevation} {turn}: {view:?}");
        }
    }

    #[test]
    fn a_square_from_above_stays_a_square() {
        let view = view(&seen(1.0, 88.0, 4.0, 1500.0), SIZE, 2.0).expect("a rectangle");
        assert!((0.9..1.1).contains(&view.aspect), "{view:?}");
    }

    #[test]
    fn the_near_side_is_looked_across_inwards() {
        let view = view(&seen(2.0, 40.0, 0.0, 1500.0), SIZE, 2.0).expect("a rectangle");
        assert!(view.slant[2] > 0.4 && view.slant[0] < -0.8, "{view:?}");
        assert!(view.slant[1] < 0.0 && (view.slant[1] - view.slant[3]).abs() < 1e-6, "{view:?}");
    }

    #[test]
    fn a_kite_is_no_rectangle() {
        let kite = [(600., 50.), (700., 300.), (600., 700.), (500., 300.)].map(CameraPoint::from);
        assert!(view(&kite, SIZE, 2.0).is_none_or(|v| !(1.5..2.5).contains(&v.aspect.max(1.0 / v.aspect))));
    }
}
