//! Pictures in plain memory, and bilinear sampling.

use super::{
    VisionError,
    grids::{FinePoint, StoredPoint, StoredPx},
};
use euclid::Point2D;
use opencv::{core, core::Mat, imgproc, prelude::*};

/// An 8-bit BGR picture with its rows packed; a pixel's centre is at whole numbers.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Width, pixels.
    pub width: usize,
    /// Height, pixels.
    pub height: usize,
    data: Vec<u8>,
}

impl Picture {
    /// Copies a continuous 8-bit BGR picture.
    ///
    /// # Errors
    /// The bytes of the picture are not contiguous.
    pub fn from_mat(mat: &Mat) -> Result<Self, VisionError> {
        let (width, height) = (mat.cols() as usize, mat.rows() as usize);
        Ok(Self { width, height, data: mat.data_bytes()?.to_vec() })
    }

    /// Returns the bytes of one row: blue, green, red of each pixel.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.data[3 * y * self.width..3 * (y + 1) * self.width]
    }

    /// Returns the pixel at a place inside the picture: blue, green, red.
    pub fn pixel(&self, x: usize, y: usize) -> [f32; 3] {
        let i = 3 * (y * self.width + x);
        [f32::from(self.data[i]), f32::from(self.data[i + 1]), f32::from(self.data[i + 2])]
    }

    /// Returns a bilinear sample; places outside take the nearest pixel of the border.
    pub fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        bilinear(&self.data, self.width, self.height, x, y)
    }
}

/// A picture read at another scale: places are given in working pixels, and only the pixels asked for are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// Width, working pixels.
    pub width: usize,
    /// Height, working pixels.
    pub height: usize,
    data: &'a [u8],
    stored: [usize; 2],
    /// Stored pixels per working pixel.
    step: f32,
    /// Place of the working pixel 0, 0 in the stored picture.
    origin: Point2D<f32, StoredPx>,
}

impl<'a> View<'a> {
    /// Creates a view of a continuous 8-bit BGR picture. `origin` is the place of the first of `size` working pixels,
    /// and a working pixel is `step` stored pixels wide.
    pub fn new(stored: &'a Mat, origin: StoredPoint, step: f64, size: [usize; 2]) -> Result<Self, VisionError> {
        Ok(Self {
            width: size[0],
            height: size[1],
            data: stored.data_bytes()?,
            stored: [stored.cols() as usize, stored.rows() as usize],
            step: step as f32,
            origin: origin.to_f32(),
        })
    }

    /// Returns the column and row of the stored pixel nearest to a place; places outside take the border's.
    pub fn stored(&self, p: FinePoint) -> [usize; 2] {
        let place = self.place(p);
        let at = |v: f32, size: usize| ((v + 0.5).max(0.0) as usize).min(size - 1);
        [at(place.x, self.stored[0]), at(place.y, self.stored[1])]
    }

    /// Returns a bilinear sample; places outside take the nearest pixel of the border.
    pub fn sample(&self, p: FinePoint) -> [f32; 3] {
        let place = self.place(p);
        bilinear(self.data, self.stored[0], self.stored[1], place.x, place.y)
    }

    /// Returns the place in the stored picture.
    fn place(&self, p: FinePoint) -> Point2D<f32, StoredPx> {
        Point2D::new(p.x as f32 * self.step + self.origin.x, p.y as f32 * self.step + self.origin.y)
    }
}

/// Samples packed BGR bilinearly; places outside take the nearest pixel of the border. Black if there are not two
/// pixels in each direction.
fn bilinear(data: &[u8], width: usize, height: usize, x: f32, y: f32) -> [f32; 3] {
    let x = x.clamp(0.0, (width - 1) as f32);
    let y = y.clamp(0.0, (height - 1) as f32);
    // The last pixel is the far end of the interval before it.
    let last = |size: usize| (size as u32).saturating_sub(2);
    let (x0, y0) = ((x as u32).min(last(width)), (y as u32).min(last(height)));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let i = 3 * (y0 as usize * width + x0 as usize);
    let pair = |i: usize| data.get(i..).and_then(<[u8]>::first_chunk::<6>);
    let (Some(top), Some(bottom)) = (pair(i), pair(i + 3 * width)) else { return [0.0; 3] };
    let mut sample = [0.0; 3];
    for (c, out) in sample.iter_mut().enumerate() {
        let [a, b, d, e] = [top[c], top[c + 3], bottom[c], bottom[c + 3]].map(f32::from);
        let (upper, lower) = (a + (b - a) * fx, d + (e - d) * fx);
        *out = upper + (lower - upper) * fy;
    }
    sample
}

/// Returns the picture at half the size, areas averaged; an odd last row or column is left out.
pub(super) fn halved(picture: &(impl MatTraitConst + core::ToInputArray)) -> Result<Mat, VisionError> {
    let size = core::Size::new((picture.cols() / 2).max(1), (picture.rows() / 2).max(1));
    let even = core::Rect::new(0, 0, (2 * size.width).min(picture.cols()), (2 * size.height).min(picture.rows()));
    let mut out = Mat::default();
    imgproc::resize(&Mat::roi(picture, even)?, &mut out, size, 0.0, 0.0, imgproc::INTER_AREA)?;
    Ok(out)
}

/// Returns a copy at another scale; below one half it is halved first, so that no pixel is skipped.
pub(super) fn scaled(picture: &(impl MatTraitConst + core::ToInputArray), scale: f64) -> Result<Mat, VisionError> {
    if scale <= 0.5 {
        return scaled(&halved(picture)?, 2.0 * scale);
    }
    let mut out = Mat::default();
    imgproc::resize(picture, &mut out, core::Size::default(), scale, scale, imgproc::INTER_LINEAR)?;
    Ok(out)
}
