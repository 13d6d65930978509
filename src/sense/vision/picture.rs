//! A picture in plain memory, and sampling it between its pixels.

use super::VisionError;
use opencv::{core::Mat, prelude::*};

/// An 8-bit BGR picture with its rows packed; a pixel's centre is at whole numbers.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub width: usize,
    pub height: usize,
    data: Vec<u8>,
}

impl Picture {
    /// Copies a continuous 8-bit BGR picture.
    pub fn from_mat(mat: &Mat) -> Result<Self, VisionError> {
        let (width, height) = (mat.cols() as usize, mat.rows() as usize);
        Ok(Self { width, height, data: mat.data_bytes()?.to_vec() })
    }

    /// The pixel at a place inside the picture, blue, green, red.
    pub fn pixel(&self, x: usize, y: usize) -> [f32; 3] {
        let i = 3 * (y * self.width + x);
        [f32::from(self.data[i]), f32::from(self.data[i + 1]), f32::from(self.data[i + 2])]
    }

    /// The pixel nearest to a place; places outside take the border's.
    pub fn nearest(&self, x: f64, y: f64) -> [f32; 3] {
        self.pixel(((x + 0.5) as usize).min(self.width - 1), ((y + 0.5) as usize).min(self.height - 1))
    }

    /// Bilinear sample; places outside take the nearest pixel of the border.
    pub fn sample(&self, x: f32, y: f32) -> [f32; 3] {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let (a, b, c, d) = (self.pixel(x0, y0), self.pixel(x1, y0), self.pixel(x0, y1), self.pixel(x1, y1));
        std::array::from_fn(|i| {
            let top = a[i] + (b[i] - a[i]) * fx;
            let bottom = c[i] + (d[i] - c[i]) * fx;
            top + (bottom - top) * fy
        })
    }
}
