//! Apparent size of things of one size at different places of the table.

use super::{
    grids::{FinePoint, FineQuad},
    table::shape::square_to_quad,
};

/// The plane of the nose lines as a camera with square pixels sees it: a rectangle of known shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Perspective {
    /// Working pixels that the table's longer side would span at a place, seen square on: the constant term, and the change
    /// along x and y.
    size: [f64; 3],
    /// From the working picture to the unit square (corners in the order of the quad), rows of a homography.
    back: [[f64; 3]; 3],
    /// `true` if the side from the first to the second corner is a long one.
    long_first: bool,
    /// Length of the rectangle over its width.
    aspect: f64,
    /// Point at which the camera's axis meets the working picture.
    axis: FinePoint,
    /// Focal length, working pixels.
    focal: f64,
}

/// Deviation of a ball's silhouette from a circle because it lies off the camera's axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Oblique {
    /// Its mean radius over what it would be on the axis at the same depth.
    pub mean: f64,
    /// Its stretch over its mean radius: the amplitudes of cos 2θ and sin 2θ.
    pub stretch: [f64; 2],
}

/// Focal length of most cameras over the longer side of the picture; decides where the corners say little.
const USUAL_FOCAL: f64 = 1.2;

impl Perspective {
    /// Estimates the perspective in which a table of this `aspect` (length over width) is seen as a quad; `axis` is
    /// where the camera's axis meets the picture, `side` the longer side of the whole picture and `focal` the focal
    /// length, if known, all in working pixels. A quad that is no rectangle seen from anywhere is assumed to be seen
    /// from straight above.
    pub fn of(quad: &FineQuad, aspect: f64, axis: FinePoint, side: f64, focal: Option<f64>) -> Self {
        let plane = square_to_quad(&quad.map(|p| p - axis.to_vector()));
        let column = |i: usize| [plane[0][i], plane[1][i], plane[2][i]];
        let (first, second) = (column(0), column(1));
        // Among the focal lengths that cameras have: the one with which the sides are at right angles and in the right
        // ratio.
        let mut best = (f64::MAX, true, 1.0, side * USUAL_FOCAL);
        let focals: Vec<f64> =
            focal.map_or_else(|| (0..16).map(|step| side * 0.6 * 1.16_f64.powi(step)).collect(), |known| vec![known]);
        for focal in focals {
            let unusual = 0.05 * (focal / side / USUAL_FOCAL).ln().powi(2);
            let dot = |a: [f64; 3], b: [f64; 3]| (a[0] * b[0] + a[1] * b[1]) / (focal * focal) + a[2] * b[2];
            let (a, b) = (dot(first, first).sqrt(), dot(second, second).sqrt());
            let skew = dot(first, second) / (a * b).max(1e-12);
            for long_first in [true, false] {
                let (long, short) = if long_first { (a, b) } else { (b, a) };
                let ratio_error = (long / (aspect * short.max(1e-12))).ln();
                let cost = skew * skew + ratio_error * ratio_error + unusual;
                if cost < best.0 {
                    best = (cost, long_first, focal * f64::midpoint(long, aspect * short), focal);
                }
            }
        }
        let (_, long_first, length, focal) = best;
        // The inverse of depth is linear in the picture: known at three corners, known everywhere.
        let (du, dv) = (quad[1] - quad[0], quad[3] - quad[0]);
        let (at_u, at_v) = (1.0 / (1.0 + plane[2][0]) - 1.0, 1.0 / (1.0 + plane[2][1]) - 1.0);
        let turn = du.cross(dv);
        let (x, y) = ((at_u * dv.y - at_v * du.y) / turn, (at_v * du.x - at_u * dv.x) / turn);
        let base = 1.0 - x * quad[0].x - y * quad[0].y;
        let size = [base, x, y].map(|v| v * length);
        let seen = Self { back: inverse(&square_to_quad(quad)), size, long_first, aspect, axis, focal };
        if quad.iter().all(|p| seen.length_at(*p) > 0.0) {
            return seen;
        }
        Self { size: [billiards_table::longer_side(quad), 0.0, 0.0], ..seen }
    }

    /// Returns the working pixels that the table's longer side would span at a place, seen square on: the scale of sizes
    /// there.
    pub fn length_at(&self, p: FinePoint) -> f64 {
        self.size[0] + self.size[1] * p.x + self.size[2] * p.y
    }

    /// Returns the silhouette of a ball at a place. A sphere appears as an ellipse whose axis towards the picture's
    /// middle is longer by 1/cos of the angle between the view ray and the camera's axis.
    pub fn oblique(&self, p: FinePoint) -> Oblique {
        let offset = (p - self.axis) / self.focal;
        let square = offset.square_length();
        let longer = (1.0 + square).sqrt();
        let half = 0.5 * (longer - 1.0) / (0.5 * (longer + 1.0));
        let (x, y) = if square > 0.0 { (offset / square.sqrt()).to_tuple() } else { (1.0, 0.0) };
        Oblique { mean: 0.5 * (longer + 1.0), stretch: [half * (x * x - y * y), half * 2.0 * x * y] }
    }

    /// Returns a place on the table, over the table's length: along its longer and its shorter side.
    pub fn on_table(&self, p: FinePoint) -> [f64; 2] {
        let [u, v, w] = self.back.map(|row| row[0] * p.x + row[1] * p.y + row[2]);
        let (u, v) = (u / w, v / w);
        if self.long_first { [u, v / self.aspect] } else { [v, u / self.aspect] }
    }

    /// Returns the place in the working picture of a place on the table, given as by [`Perspective::on_table`].
    pub fn of_table(&self, [along, across]: [f64; 2]) -> FinePoint {
        let across = across * self.aspect;
        let (u, v) = if self.long_first { (along, across) } else { (across, along) };
        let [x, y, w] = inverse(&self.back).map(|row| row[0] * u + row[1] * v + row[2]);
        FinePoint::new(x / w, y / w)
    }

    /// Returns the distance of a place inside the nose lines, over the table's length; negative outside.
    pub fn inset(&self, p: FinePoint) -> f64 {
        let [along, across] = self.on_table(p);
        along.min(1.0 - along).min(across).min(1.0 / self.aspect - across)
    }
}

/// Returns the inverse of a homography, up to scale.
fn inverse(m: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let cross =
        |a: [f64; 3], b: [f64; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    let columns = [cross(m[1], m[2]), cross(m[2], m[0]), cross(m[0], m[1])];
    std::array::from_fn(|i| std::array::from_fn(|j| columns[j][i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::longer_side;

    /// Returns the corners of a table of aspect 2, its longer side one unit long, seen by a camera with a focal length
    /// of 1000 pixels.
    fn seen(tilt_deg: f64, distance: f64, turn_deg: f64) -> (FineQuad, impl Fn(f64, f64) -> (FinePoint, f64)) {
        seen_with(0.5, tilt_deg, distance, turn_deg)
    }

    /// Returns the corners of a table of this width, its longer side one unit long, seen by such a camera.
    fn seen_with(
        width: f64,
        tilt_deg: f64,
        distance: f64,
        turn_deg: f64,
    ) -> (FineQuad, impl Fn(f64, f64) -> (FinePoint, f64)) {
        let (sin, cos) = tilt_deg.to_radians().sin_cos();
        let (turn_sin, turn_cos) = turn_deg.to_radians().sin_cos();
        let project = move |x: f64, y: f64| {
            let (x, y) = (x * turn_cos - y * turn_sin, x * turn_sin + y * turn_cos);
            let depth = distance - y * sin;
            (FinePoint::new(640.0 + 1000.0 * x / depth, 360.0 + 1000.0 * y * cos / depth), 1000.0 / depth)
        };
        let half = 0.5 * width;
        ([(-0.5, -half), (0.5, -half), (0.5, half), (-0.5, half)].map(|(x, y)| project(x, y).0), project)
    }

    #[test]
    fn from_above_all_places_are_alike() {
        let (quad, _) = seen(0.0, 1.0, 0.0);
        let view = Perspective::of(&quad, 2.0, FinePoint::new(640.0, 360.0), 1280.0, None);
        assert!(view.long_first);
        for p in [(140.0, 110.0), (640.0, 360.0), (1100.0, 600.0)].map(FinePoint::from) {
            assert!((view.length_at(p) / longer_side(&quad) - 1.0).abs() < 0.01);
        }
        let [along, across] = view.on_table(FinePoint::new(640.0, 360.0));
        assert!((along - 0.5).abs() < 1e-9 && (across - 0.25).abs() < 1e-9);
    }

    #[test]
    fn a_table_of_another_shape_has_the_same_scale_in_both_directions() {
        let (quad, project) = seen_with(0.7, 40.0, 1.6, 30.0);
        let view = Perspective::of(&quad, 1.0 / 0.7, FinePoint::new(640.0, 360.0), 1280.0, Some(1000.0));
        for (x, y) in [(-0.4, -0.3), (0.4, 0.3), (0.0, 0.0)] {
            let (p, size) = project(x, y);
            assert!((view.length_at(p) / size - 1.0).abs() < 0.05, "{x} {y}");
            let [along, across] = view.on_table(p);
            assert!((along - 0.5 - x).abs() < 1e-6 && (across - 0.35 - y).abs() < 1e-6);
            assert!((view.of_table([along, across]) - p).length() < 1e-6, "{x} {y}");
        }
    }

    /// The silhouette of a sphere, by its tangent cone, is the predicted ellipse.
    #[test]
    fn a_ball_aside_is_stretched() {
        let (quad, _) = seen(0.0, 1.0, 0.0);
        let view = Perspective::of(&quad, 2.0, FinePoint::new(640.0, 360.0), 1280.0, Some(1000.0));
        let (centre, radius) = ([0.42_f64, 0.2, 1.0], 0.01_f64);
        let distance = centre.iter().map(|v| v * v).sum::<f64>();
        let cone = (1.0 - radius * radius / distance).sqrt();
        let middle = FinePoint::new(640.0 + 420.0, 360.0 + 200.0);
        let oblique = view.oblique(middle);
        for i in 0..24 {
            let angle = std::f64::consts::TAU * f64::from(i) / 24.0;
            let (sin, cos) = angle.sin_cos();
            // From the middle outwards until the ray leaves the cone.
            let (mut low, mut high) = (0.0, 30.0);
            for _ in 0..40 {
                let reach = f64::midpoint(low, high);
                let ray = [(420.0 + reach * cos) / 1000.0, (200.0 + reach * sin) / 1000.0, 1.0];
                let dot: f64 = ray.iter().zip(centre).map(|(a, b)| a * b).sum();
                let norm = (ray.iter().map(|v| v * v).sum::<f64>() * distance).sqrt();
                if dot / norm > cone { low = reach } else { high = reach }
            }
            let [a, b] = oblique.stretch;
            let said = 10.0 * oblique.mean * (1.0 + a * (2.0 * angle).cos() + b * (2.0 * angle).sin());
            assert!((said - low).abs() < 0.1, "{angle}: {said} {low}");
        }
    }

    #[test]
    fn from_the_side_near_places_are_larger() {
        for (tilt, turn) in [(40.0, 0.0), (55.0, 30.0), (50.0, 90.0), (60.0, 75.0)] {
            let (quad, project) = seen(tilt, 1.6, turn);
            let view = Perspective::of(&quad, 2.0, FinePoint::new(640.0, 360.0), 1280.0, None);
            assert!(view.long_first);
            for (x, y) in [(-0.4, -0.2), (0.4, -0.2), (0.0, 0.0), (0.4, 0.2)] {
                let (p, size) = project(x, y);
                let ratio = view.length_at(p) / size;
                assert!((ratio - 1.0).abs() < 0.05, "tilt {tilt}, turn {turn}: {ratio}");
                let [along, across] = view.on_table(p);
                assert!((along - 0.5 - x).abs() < 1e-6 && (across - 0.25 - y).abs() < 1e-6);
            }
        }
    }
}
