//! The plumb-line method: finds the distortion of a lens from lines that are straight in the scene (Devernay and
//! Faugeras, "Straight lines have to be straight", 2001).

use crate::least_squares::{FiniteDifferences, Minimum, minimise, robust};
use billiards_table::{Lens, SensorPoint, TableQuad};

/// Standard deviations of usual lenses: k1, k2, and the distance of the axis from the middle of the picture, in lengths
/// of its longer side.
const USUAL: [f64; 3] = [0.6, 0.15, 0.01];

/// Points on the noses in the delivered picture, a list for each side.
pub(super) type Sides = [Vec<SensorPoint>; 4];

/// Solves for lines and, where `fit_distortion`, a lens that fit the points: the line parameters (angle of the normal,
/// distance from the middle in focal lengths) of each side, then k1, k2 and the shift of the centre in lengths of the
/// picture's longer side.
pub(super) fn solved(
    sides: &Sides,
    corners: &[[f64; 2]; 4],
    start: &Lens,
    fit_distortion: bool,
    noise: f64,
) -> Option<Minimum> {
    let mut x: Vec<f64> = (0..4).flat_map(|i| line_through(corners[i], corners[(i + 1) % 4])).collect();
    if fit_distortion {
        let side = f64::from(start.size.width.max(start.size.height));
        let middle = Lens::rectilinear(start.size, start.focal[0]).centre;
        let shift = [0, 1].map(|i| (start.centre[i] - middle[i]) / side);
        x.extend([start.radial[0], start.radial[1], shift[0], shift[1]]);
    }
    let steps = vec![1e-6; x.len()];
    let mut best = None;
    // From a large scale of the loss to a small one.
    for scale in [6.0 * noise, noise] {
        let residuals = |x: &[f64]| {
            let lens = lens_of(start, x);
            let mut residuals = distances(sides, x, &lens)?;
            residuals.iter_mut().for_each(|v| *v = robust(*v / scale));
            if let [k1, k2, right, down] = x[8..] {
                let [usual_k1, usual_k2, usual_shift] = USUAL;
                residuals.extend([k1 / usual_k1, k2 / usual_k2, right / usual_shift, down / usual_shift]);
            }
            Some(residuals)
        };
        let found = minimise(&FiniteDifferences { steps: &steps, residuals }, x.into())?;
        x = found.unknowns.as_slice().to_vec();
        best = Some(found);
    }
    best
}

/// Returns the lens that a vector of unknowns stands for.
pub(super) fn lens_of(start: &Lens, x: &[f64]) -> Lens {
    let [k1, k2, right, down] = x[8..] else { return *start };
    let side = f64::from(start.size.width.max(start.size.height));
    let middle = Lens::rectilinear(start.size, start.focal[0]);
    let centre = [middle.centre[0] + side * right, middle.centre[1] + side * down];
    Lens { centre, radial: [k1, k2, 0.0], ..middle }
}

/// Returns the line through two rays: the angle of its normal and its distance from the middle.
fn line_through(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let angle = dx.atan2(-dy);
    [angle, angle.cos() * a[0] + angle.sin() * a[1]]
}

/// Returns the corners in which the lines of the sides meet in the rectified picture, pixels; `None` if two of them are
/// nearly parallel.
pub(super) fn meeting(x: &[f64], lens: &Lens) -> Option<TableQuad> {
    let mut quad = TableQuad::default();
    for (i, corner) in quad.iter_mut().enumerate() {
        let [(a, p), (b, q)] = [(i + 3) % 4, i].map(|side| (x[2 * side], x[2 * side + 1]));
        let turn = (b - a).sin();
        if turn.abs() < 1e-3 {
            return None;
        }
        *corner = lens.rectified().see([(p * b.sin() - q * a.sin()) / turn, (q * a.cos() - p * b.cos()) / turn]);
    }
    Some(quad)
}

/// Returns the distances of all points from the lines of their sides, pixels of the delivered picture; `None` if the
/// lens cannot show one of the points.
pub(super) fn distances(sides: &Sides, x: &[f64], lens: &Lens) -> Option<Vec<f64>> {
    let mut out = Vec::with_capacity(sides.iter().map(Vec::len).sum());
    for (side, line) in sides.iter().zip(x.chunks_exact(2)) {
        let (sin, cos) = line[0].sin_cos();
        for p in side {
            let ray = lens.ray(*p)?;
            let distance = cos * ray[0] + sin * ray[1] - line[1];
            // Measured in the delivered picture: otherwise the smallest picture would look straightest.
            let seen = (p.x - lens.centre[0]).hypot(p.y - lens.centre[1]);
            out.push(distance * seen / ray[0].hypot(ray[1]).max(1e-9));
        }
    }
    Some(out)
}
