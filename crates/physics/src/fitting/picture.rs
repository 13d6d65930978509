//! Mapping from the pixels of a fixed picture to metres on the table.

use super::error::FitError;
use billiards_table::{
    text::Compact,
    {TablePoint, TableSpec},
};
use nalgebra::{SMatrix, SVector};

/// Scale of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PictureScale {
    /// Corners of the nose lines in pixels: top left, top right, bottom right, bottom left of the picture. Noses are a
    /// little higher than the centres of balls, so that perspective shifts balls by a millimetre or two at most.
    Corners([[f64; 2]; 4]),
    /// Pixels per millimetre of a picture taken from straight above. It does not give the position of the rails.
    PerMillimetre(f64),
}

/// Settings for reading a track in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PictureTrack {
    /// Frame rate, pictures per second.
    pub fps: f64,
    scale: PictureScale,
    /// Homography from pixels to metres, row by row.
    map: [f64; 9],
}

impl PictureTrack {
    /// Prepares the map from pixels to metres. The long side of the quadrilateral is the table's length, in either
    /// orientation.
    ///
    /// # Errors
    /// [`FitError::Scale`] when the numbers give no valid map.
    pub fn new(fps: f64, scale: PictureScale, spec: &TableSpec) -> Result<Self, FitError> {
        if !(fps > 0.0 && fps <= 10_000.0) {
            return Err(FitError::Scale {
                what: "--fps",
                found: Compact(fps).to_string(),
                expected: "pictures a second",
            });
        }
        let map = match scale {
            PictureScale::PerMillimetre(s) if s > 0.0 && s.is_finite() => {
                // The picture's y points down.
                [1e-3 / s, 0.0, 0.0, 0.0, -1e-3 / s, 0.0, 0.0, 0.0, 1.0]
            }
            PictureScale::PerMillimetre(s) => {
                let expected = "pixels a millimetre, more than 0";
                return Err(FitError::Scale { what: "--px-per-mm", found: Compact(s).to_string(), expected });
            }
            PictureScale::Corners(corners) => homography(&corners, spec).ok_or_else(|| FitError::Scale {
                what: "--corners",
                found: format!("{corners:?}"),
                expected: "four corners of a convex quad: top left, top right, bottom right, bottom left",
            })?,
        };
        Ok(Self { fps, scale, map })
    }

    /// Returns whether the map gives the position of the noses.
    #[must_use]
    pub fn has_rails(&self) -> bool {
        matches!(self.scale, PictureScale::Corners(_))
    }

    /// Returns the position of a pixel on the table, metres.
    #[must_use]
    pub fn on_table(&self, x: f64, y: f64) -> TablePoint {
        let [a, b, c, d, e, f, g, h, i] = self.map;
        let w = g * x + h * y + i;
        TablePoint::new((a * x + b * y + c) / w, (d * x + e * y + f) / w)
    }
}

fn homography(corners: &[[f64; 2]; 4], spec: &TableSpec) -> Option<[f64; 9]> {
    let side = |i: usize, j: usize| (corners[j][0] - corners[i][0]).hypot(corners[j][1] - corners[i][1]);
    let turn = |i: usize| {
        let [a, b, c] = [corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]];
        (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    };
    // Clockwise in the picture, y down, and convex; NaN is no turn.
    if !(0..4).all(|i| turn(i) > 1.0) {
        return None;
    }
    let (w, l) = (spec.width, spec.length);
    let lies = side(0, 1) + side(2, 3) > side(1, 2) + side(3, 0);
    // Both maps keep the view from above, not mirrored.
    let table = if lies { [[0.0, 0.0], [0.0, l], [w, l], [w, 0.0]] } else { [[0.0, l], [w, l], [w, 0.0], [0.0, 0.0]] };
    let mut rows = SMatrix::<f64, 8, 8>::zeros();
    let mut right = SVector::<f64, 8>::zeros();
    for (i, ([x, y], to)) in corners.iter().zip(table).enumerate() {
        for (axis, u) in to.into_iter().enumerate() {
            let row = 2 * i + axis;
            for (column, value) in [*x, *y, 1.0].into_iter().enumerate() {
                rows[(row, 3 * axis + column)] = value;
            }
            rows[(row, 6)] = -u * x;
            rows[(row, 7)] = -u * y;
            right[row] = u;
        }
    }
    let h = rows.lu().solve(&right)?;
    let map = [h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0];
    map.iter().all(|value| value.is_finite()).then_some(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    #[test]
    fn corners_go_to_corners_and_stay_right_handed() {
        let spec = TableKind::NINE_FOOT.spec();
        let lying = [[299.5, 186.7], [1642.6, 188.3], [1641.5, 850.0], [297.4, 850.0]];
        let picture = PictureTrack::new(25.0, PictureScale::Corners(lying), &spec).expect("a quad");
        let at = |i: usize| picture.on_table(lying[i][0], lying[i][1]);
        assert!((at(0) - TablePoint::new(0.0, 0.0)).length() < 1e-9);
        assert!((at(2) - TablePoint::new(spec.width, spec.length)).length() < 1e-9);
        let right_and_up = (picture.on_table(900.0, 500.0) - at(3), picture.on_table(900.0, 400.0) - at(3));
        assert!(right_and_up.0.cross(right_and_up.1) > 0.0, "counter-clockwise as seen");
    }

    #[test]
    fn nonsense_makes_no_map() {
        let spec = TableKind::NINE_FOOT.spec();
        let crossed = PictureScale::Corners([[0.0, 0.0], [100.0, 100.0], [100.0, 0.0], [0.0, 100.0]]);
        assert!(PictureTrack::new(25.0, crossed, &spec).is_err());
        assert!(PictureTrack::new(f64::NAN, PictureScale::PerMillimetre(0.5), &spec).is_err());
        assert!(PictureTrack::new(25.0, PictureScale::PerMillimetre(0.0), &spec).is_err());
    }
}
