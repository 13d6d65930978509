//! Whether the camera stood still between two pictures of the same room.

use super::{fit::median, light::light};
use crate::sense::vision::VisionError;
use opencv::{
    core::{self, CV_32F, Mat, Rect, Size},
    imgproc,
    prelude::*,
};

/// The picture is compared in so many pieces across and down: people hide some of them.
const PIECES: (i32, i32) = (4, 3);
/// Pieces in which less of the energy than this agrees on a shift show no two pictures of one thing.
const LEAST_AGREEMENT: f64 = 0.25;
/// The fewest pieces that tell.
const FEWEST: usize = 3;

/// By how much the later picture is shifted against the earlier, pixels: the median over pieces of the picture. `None`
/// where too little of them agrees to tell.
///
/// Each piece is compared by the phases of its Fourier transform (Kuglin & Hines 1975), which light does not change.
///
/// # Errors
/// The pictures differ in size, are no 8-bit BGR, or OpenCV fails.
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

/// What changes over a few pixels; even cloth becomes nothing.
fn edges(bgr: &Mat) -> Result<Mat, VisionError> {
    let light = light(bgr)?;
    let (mut smooth, mut wide, mut edges) = (Mat::default(), Mat::default(), Mat::default());
    imgproc::gaussian_blur_def(&light, &mut smooth, Size::new(0, 0), 1.0)?;
    imgproc::gaussian_blur_def(&light, &mut wide, Size::new(0, 0), 5.0)?;
    core::subtract_def(&smooth, &wide, &mut edges)?;
    Ok(edges)
}
