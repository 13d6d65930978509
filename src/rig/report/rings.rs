//! True places on the cloth of the rings that are projected around the balls.

use billiards_table::{ProjectorPicture, ProjectorPoint, ProjectorView, TablePoint, TableVector};

/// Half the width of the band around the ring whose light counts as the ring's, as a ratio of the ring's radius.
const BAND: f64 = 0.2;
/// Minimum brightness of a lit pixel (8-bit).
const LIT: u8 = 96;
/// Minimum number of pixels for the fit of a circle.
const MIN_PIXELS: usize = 40;
/// Number of rounds in which outliers are removed from the circle.
const ITERATIONS: usize = 4;

/// Returns the centre on the cloth of the ring of light that was meant to have its centre at `meant` and the radius
/// `radius` (metres): the circle through the lit pixels, each mapped to where the projector's light truly falls. `None`
/// when no ring is in the picture.
pub(crate) fn centre_of_ring(
    picture: &ProjectorPicture,
    view: &ProjectorView,
    meant: TablePoint,
    radius: f64,
    falls: impl Fn(ProjectorPoint) -> Option<TablePoint>,
) -> Option<TablePoint> {
    let to_table = view.from_table.inverse();
    let reach = [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)]
        .map(|(x, y)| view.from_table.map(meant + TableVector::new(x, y) * (1.5 * radius)));
    let [a, b, c, d] = reach;
    let around = [a?, b?, c?, d?];
    let span = |of: fn(&ProjectorPoint) -> f64, most: u32| {
        let values = around.iter().map(of);
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        low.clamp(0.0, f64::from(most)) as usize..high.clamp(0.0, f64::from(most)) as usize
    };
    let mut lit = Vec::new();
    for y in span(|p| p.y, picture.size.height) {
        for x in span(|p| p.x, picture.size.width) {
            let index = 4 * (y * picture.size.width as usize + x);
            let bright = picture.rgba.get(index..index + 3).is_some_and(|rgb| rgb.iter().any(|v| *v >= LIT));
            // A pixel's centre is half a pixel from its corner.
            let pixel = ProjectorPoint::new(x as f64 + 0.5, y as f64 + 0.5);
            let near =
                bright && to_table.map(pixel).is_some_and(|p| ((p - meant).length() / radius - 1.0).abs() < BAND);
            if near {
                lit.extend(falls(pixel));
            }
        }
    }
    for _ in 0..ITERATIONS {
        let (centre, radius) = circle(&lit)?;
        lit.retain(|p| ((*p - centre).length() / radius - 1.0).abs() < 0.5 * BAND);
    }
    circle(&lit).map(|(centre, _)| centre)
}

/// Fits a circle to points by least squares on x² + y² (Kåsa 1976): accurate where they lie all around it.
fn circle(points: &[TablePoint]) -> Option<(TablePoint, f64)> {
    if points.len() < MIN_PIXELS {
        return None;
    }
    let n = points.len() as f64;
    let mean = points.iter().fold(TableVector::zero(), |sum, p| sum + p.to_vector()) / n;
    let (mut xx, mut xy, mut yy, mut xz, mut yz, mut z) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for p in points {
        let offset = p.to_vector() - mean;
        let square = offset.square_length();
        (xx, xy, yy) = (xx + offset.x * offset.x, xy + offset.x * offset.y, yy + offset.y * offset.y);
        (xz, yz, z) = (xz + offset.x * square, yz + offset.y * square, z + square);
    }
    let det = xx * yy - xy * xy;
    let centre = TableVector::new(0.5 * (xz * yy - yz * xy) / det, 0.5 * (yz * xx - xz * xy) / det);
    let radius = (z / n + centre.square_length()).sqrt();
    (det > 0.0 && radius.is_finite()).then(|| ((mean + centre).to_point(), radius))
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{FrameSize, Homography};
    use nalgebra::Matrix3;

    #[test]
    fn a_ring_is_measured_where_it_falls_and_not_where_it_was_meant() {
        let size = FrameSize { width: 400, height: 300 };
        // 5 mm a pixel; the projector truly stands 3 mm further along x.
        let map = Homography::from_matrix(Matrix3::new(200.0, 0.0, 0.0, 0.0, 200.0, 0.0, 0.0, 0.0, 1.0));
        let view = ProjectorView { size, from_table: map.expect("regular") };
        let meant = TablePoint::new(1.0, 0.7);
        let mut rgba = vec![0; 4 * 400 * 300];
        for y in 0..300_u16 {
            for x in 0..400_u16 {
                let place = TablePoint::new((f64::from(x) + 0.5) * 0.005, (f64::from(y) + 0.5) * 0.005);
                let ring = ((place - meant).length() - 0.055).abs() < 0.006;
                // A line passes through it.
                let line = (place.x - place.y - 0.3).abs() < 0.004;
                if ring || line {
                    rgba[4 * (usize::from(y) * 400 + usize::from(x))] = 255;
                }
            }
        }
        let picture = ProjectorPicture { size, rgba };
        let falls = |p: ProjectorPoint| Some(TablePoint::new(p.x * 0.005 + 0.003, p.y * 0.005));
        let centre = centre_of_ring(&picture, &view, meant, 0.055, falls).expect("a ring");
        assert!((centre - TablePoint::new(1.003, 0.7)).length() < 3e-4, "{centre:?}");
        let nothing = ProjectorPicture { size, rgba: vec![0; 4 * 400 * 300] };
        assert!(centre_of_ring(&nothing, &view, meant, 0.055, falls).is_none());
    }
}
