//! Plain bars that pad a picture to another shape.

use crate::VisionError;
use opencv::{
    core::{self, Mat},
    prelude::*,
};

/// Maximum difference of a channel from the bar's colour: compression makes that much of a plain area.
const MAX_DIFFERENCE: u8 = 10;
/// Minimum share of a row's or column's pixels that have the bar's colour.
const MIN_SHARE: f64 = 0.995;
/// Minimum share of each side of the picture that is left without the bars.
const MIN_CONTENT: f64 = 0.25;
/// Minimum length of each side that is left without the bars, pixels.
const MIN_SIDE: usize = 64;

/// Part of a picture without its bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    pub rect: core::Rect,
    /// `true` if there are bars of one colour above and below: the lower one is then not the missing part of an
    /// incomplete picture.
    pub is_letterboxed: bool,
}

/// Finds the part of an 8-bit BGR picture with packed rows inside plain bars; `None` if there are no bars, or hardly
/// anything else.
pub(super) fn content(bgr: &Mat) -> Result<Option<Content>, VisionError> {
    let (width, height) = (bgr.cols() as usize, bgr.rows() as usize);
    let bytes = bgr.data_bytes()?;
    let pixel = |x: usize, y: usize| -> &[u8] { &bytes[3 * (y * width + x)..3 * (y * width + x) + 3] };
    let is_plain = |line: &mut dyn Iterator<Item = &[u8]>, colour: &[u8]| {
        let (mut plain, mut all) = (0_u32, 0_u32);
        for pixel in line {
            all += 1;
            plain += u32::from(pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(*b) <= MAX_DIFFERENCE));
        }
        f64::from(plain) >= MIN_SHARE * f64::from(all)
    };
    let row = |y: usize, colour: &[u8]| is_plain(&mut (0..width).map(|x| pixel(x, y)), colour);
    let top = (0..height).take_while(|y| row(*y, pixel(0, 0))).count();
    let bottom = (top..height).rev().take_while(|y| row(*y, pixel(0, height - 1))).count();
    let rows = top..height - bottom;
    let column = |x: usize, colour: &[u8]| is_plain(&mut rows.clone().map(|y| pixel(x, y)), colour);
    if rows.is_empty() {
        return Ok(None);
    }
    let left = (0..width).take_while(|x| column(*x, pixel(0, top))).count();
    let right = (left..width).rev().take_while(|x| column(*x, pixel(width - 1, top))).count();
    let enough = |left: usize, all: usize| left >= MIN_SIDE && left as f64 >= MIN_CONTENT * all as f64;
    let (inner_width, inner_height) = (width - left - right, rows.len());
    let any = top + bottom + left + right > 0;
    if !any || !enough(inner_width, width) || !enough(inner_height, height) {
        return Ok(None);
    }
    let rect = core::Rect::new(left as i32, top as i32, inner_width as i32, inner_height as i32);
    let alike = pixel(0, 0).iter().zip(pixel(0, height - 1)).all(|(a, b)| a.abs_diff(*b) <= MAX_DIFFERENCE);
    Ok(Some(Content { rect, is_letterboxed: top > 0 && bottom > 0 && alike }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::Scalar;

    #[test]
    fn bars_are_taken_off_and_pictures_are_not() {
        let mut picture =
            Mat::new_rows_cols_with_default(720, 1280, core::CV_8UC3, Scalar::all(0.0)).expect("a picture");
        core::randu(&mut picture, &0f64, &255f64).expect("noise");
        assert_eq!(content(&picture).expect("looked at"), None);
        for (top, bottom, left, right) in
            [(120, 120, 0, 0), (0, 0, 200, 200), (80, 60, 40, 20), (0, 8, 0, 0), (0, 300, 0, 0), (0, 0, 0, 300)]
        {
            for level in [0.0, 128.0, 255.0] {
                let mut padded = Mat::default();
                let colour = Scalar::all(level);
                core::copy_make_border(&picture, &mut padded, top, bottom, left, right, core::BORDER_CONSTANT, colour)
                    .expect("padded");
                let Content { rect, is_letterboxed } = content(&padded).expect("looked at").expect("bars");
                assert_eq!(rect, core::Rect::new(left, top, 1280, 720), "{level}");
                assert_eq!(is_letterboxed, top > 0 && bottom > 0);
            }
        }
        let plain = Mat::new_rows_cols_with_default(720, 1280, core::CV_8UC3, Scalar::all(90.0)).expect("a picture");
        assert_eq!(content(&plain).expect("looked at"), None);
    }
}
