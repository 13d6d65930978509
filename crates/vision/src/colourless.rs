//! Detection of pictures without colour: from cameras in night mode, and grey files. Cloth, rails and balls then differ
//! in brightness alone.

use super::{VisionError, cloth::chromaticity};
use opencv::{core::Mat, prelude::*};

/// Number of places sampled along each side of the picture.
const STEPS: usize = 96;
/// Minimum sum of a pixel's channels, grey levels; below it rounding looks like colour.
const MIN_SUM: f32 = 90.0;
/// Maximum distance of the mean chromaticity from neutral: the light of infrared lamps comes out a little purple.
const MAX_TINT: f32 = 0.06;
/// Maximum distance of a pixel's chromaticity from the mean one: compression makes that much of grey.
const MAX_SPREAD: f32 = 0.03;
/// Maximum share of pixels with a colour: a date or a logo that the camera has written into the picture.
const MAX_COLOURED: f64 = 0.003;

/// Returns whether an 8-bit BGR picture with packed rows has no colour.
pub(super) fn is_colourless(bgr: &Mat) -> Result<bool, VisionError> {
    let (width, height) = (bgr.cols() as usize, bgr.rows() as usize);
    let bytes = bgr.data_bytes()?;
    let at = |step: usize, size: usize| (2 * step + 1) * size / (2 * STEPS);
    let mut seen = Vec::with_capacity(STEPS * STEPS);
    for y in (0..STEPS).map(|step| at(step, height)) {
        for x in (0..STEPS).map(|step| at(step, width)) {
            let Some(pixel) = bytes.get(3 * (y * width + x)..).and_then(<[u8]>::first_chunk::<3>) else { continue };
            let (shares, sum) = chromaticity(pixel.map(f32::from));
            if sum >= MIN_SUM {
                seen.push(shares);
            }
        }
    }
    // Too dark to tell.
    if seen.len() < STEPS * STEPS / 50 {
        return Ok(false);
    }
    let mean: [f32; 2] = std::array::from_fn(|i| seen.iter().map(|shares| shares[i]).sum::<f32>() / seen.len() as f32);
    let is_near =
        |shares: &[f32; 2], other: [f32; 2], most: f32| (shares[0] - other[0]).hypot(shares[1] - other[1]) <= most;
    let coloured = seen.iter().filter(|shares| !is_near(shares, mean, MAX_SPREAD)).count();
    Ok(is_near(&mean, [1.0 / 3.0; 2], MAX_TINT) && coloured as f64 <= MAX_COLOURED * seen.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC3, Scalar, Vec3b};

    /// Returns a gradient of grey times a tint, with a coloured square of this side.
    fn picture(tint: [f32; 3], square: i32) -> Mat {
        let mut picture = Mat::new_rows_cols_with_default(360, 640, CV_8UC3, Scalar::all(0.0)).expect("a picture");
        for y in 0..360 {
            for x in 0..640 {
                let grey = 20.0 + (x + y) as f32 / 5.0;
                let coloured = x < square && y < square;
                let pixel = if coloured { [40, 160, 60] } else { tint.map(|part| (grey * part) as u8) };
                *picture.at_2d_mut::<Vec3b>(y, x).expect("inside") = Vec3b::from(pixel);
            }
        }
        picture
    }

    #[test]
    fn only_pictures_whose_parts_differ_in_brightness_alone_have_no_colour() {
        for (tint, square, colourless) in [
            ([1.0, 1.0, 1.0], 0, true),
            ([0.95, 0.85, 1.0], 0, true),
            ([1.0, 1.0, 1.0], 20, true),
            ([1.0, 1.0, 1.0], 60, false),
            ([0.4, 1.0, 0.4], 0, false),
            ([0.05, 0.05, 0.05], 0, false),
        ] {
            assert_eq!(is_colourless(&picture(tint, square)).expect("looked at"), colourless, "{tint:?} {square}");
        }
    }
}
