//! Check that the camera did not move between two pictures of the same room.

use super::{fit::median, light::light};
use billiards_vision::VisionError;
use opencv::{
    core::{self, CV_32F, Mat, Rect, Size},
    imgproc,
    prelude::*,
};

/// Number of pieces, across and down, in which the picture is compared: people hide some of them.
const PIECES: (i32, i32) = (4, 3);
/// Minimum share of a piece's energy that must agree on a shift; below it, the two pictures do not show the same thing
/// there.
const LEAST_AGREEMENT: f64 = 0.25;
/// Minimum number of pieces that agree on a shift.
const FEWEST: usize = 3;

/// Returns the shift of the later picture against the earlier, pixels: the median over pieces of the picture. `None` if
/// too few pieces agree.
///
/// Each piece is compared by the phases of its Fourier transform (Kuglin & Hines 1975), which do not depend on the
/// light.
///
/// # Errors
/// The pictures differ in size, are not 8-bit BGR, or OpenCV fails.
pub fn shift(earlier: &Mat, later: &Mat) -> Result<Option<f64>, VisionError> {
    let (earlier, later) = (edges(earlier)?, edges(later)?);
    let piece = Size::new(earlier.cols() / PIECES.0, earlier.rows() / PIECES.1);
    let mut window = Mat::default();
    imgproc::create_hanning_window(&mut window, piece, CV_32F)?;
    let mut shifts = Vec::new();
    for (row, column) in (0..PIECES.1).flat_map(|row| (0..PIECES.0).map(move |column| (row, column))) {
        let place = Rect::new(column * piece.width, row * piece.height, piece.width, piece.height);
        let (a, b) = (Mat::roi(&earlier, place)?.try_clone()?, Mat::roi(&later, place)?.try_clone()?);
        let mut agreement = 0.0;
        let off = imgproc::phase_correlate(&a, &b, &window, Some(&mut agreement))?;
        if agreement > LEAST_AGREEMENT {
            shifts.push(off.x.hypot(off.y));
        }
    }
    Ok((shifts.len() >= FEWEST).then(|| median(shifts)))
}

/// Returns the detail at a scale of a few pixels; uniform cloth becomes zero.
fn edges(bgr: &Mat) -> Result<Mat, VisionError> {
    let light = light(bgr)?;
    let (mut smooth, mut wide, mut edges) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::gaussian_blur_def(&light, &mut smooth, Size::new(0, 0), 1.0)?;
    imgproc::gaussian_blur_def(&light, &mut wide, Size::new(0, 0), 5.0)?;
    core::subtract_def(&smooth, &wide, &mut edges)?;
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC3, Scalar};

    /// Draws a room with things in it, each moved `shift` pixels to the right.
    fn room(shift: f64, light: f64) -> Mat {
        let mut picture = Mat::new_rows_cols_with_default(360, 640, CV_8UC3, Scalar::all(20.0)).expect("OpenCV");
        for i in 0..120 {
            // The centre in sixteenths of a pixel.
            let at = |v: f64| (16.0 * v).round() as i32;
            let (x, y) = (f64::from(i * 83 % 640) + shift, f64::from(i * 47 % 360));
            let colour = Scalar::all(light * f64::from(40 + i * 29 % 90));
            imgproc::circle(
                &mut picture,
                core::Point::new(at(x), at(y)),
                16 * (4 + i % 7),
                colour,
                -1,
                imgproc::LINE_AA,
                4,
            )
            .expect("OpenCV");
        }
        picture
    }

    #[test]
    fn a_shift_is_measured_whatever_the_light_and_whoever_stands_there() {
        let before = room(0.0, 1.0);
        for by in [0.0, 0.75, 3.0] {
            let mut after = room(by, 1.4);
            imgproc::rectangle(&mut after, Rect::new(80, 0, 110, 360), Scalar::all(90.0), -1, 8, 0).expect("OpenCV");
            let seen = shift(&before, &after).expect("OpenCV").expect("told");
            assert!((seen - by).abs() < 0.2, "{seen} for {by}");
        }
    }

    #[test]
    fn two_pictures_of_nothing_say_nothing() {
        let grey = Mat::new_rows_cols_with_default(360, 640, CV_8UC3, Scalar::all(90.0)).expect("OpenCV");
        assert_eq!(shift(&room(0.0, 1.0), &grey).expect("OpenCV"), None);
    }
}
