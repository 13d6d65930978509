//! Edges: pixels at which the brightness of some channel changes.

use super::{grids::FinePx, picture::Picture};
use euclid::Point2D;

/// A pixel where the brightness of some channel changes.
pub(super) struct Edge {
    /// Place of the pixel's centre.
    pub place: Point2D<f32, FinePx>,
    /// Unit vector towards the brighter side.
    pub direction: [f32; 2],
    /// `true` if the edge also votes for its neighbours where votes by all of them would be too many.
    pub votes: bool,
}

/// Sobel gradients of one row of a picture, all channels side by side; eight units are one grey level per pixel.
pub(super) struct Gradients {
    smooth: Vec<i16>,
    step: Vec<i16>,
    across: Vec<i16>,
    down: Vec<i16>,
    size: Vec<i16>,
}

impl Gradients {
    /// Allocates the buffers for the rows of a picture.
    pub fn new(picture: &Picture) -> Self {
        let empty = || vec![0_i16; 3 * picture.width];
        Self { smooth: empty(), step: empty(), across: empty(), down: empty(), size: empty() }
    }

    /// Computes the gradients along a row that has a row above and below.
    pub fn take(&mut self, picture: &Picture, y: usize) {
        let (above, here, below) = (picture.row(y - 1), picture.row(y), picture.row(y + 1));
        for ((out, a), (b, c)) in self.smooth.iter_mut().zip(above).zip(here.iter().zip(below)) {
            *out = i16::from(*a) + 2 * i16::from(*b) + i16::from(*c);
        }
        for ((out, a), c) in self.step.iter_mut().zip(above).zip(below) {
            *out = i16::from(*c) - i16::from(*a);
        }
        let n = self.smooth.len() - 6;
        for ((out, a), b) in self.across[3..n + 3].iter_mut().zip(&self.smooth[..n]).zip(&self.smooth[6..]) {
            *out = *b - *a;
        }
        let sides = self.step[..n].iter().zip(&self.step[6..]);
        for ((out, b), (a, c)) in self.down[3..n + 3].iter_mut().zip(&self.step[3..n + 3]).zip(sides) {
            *out = *a + 2 * *b + *c;
        }
        for ((out, a), b) in self.size.iter_mut().zip(&self.across).zip(&self.down) {
            *out = a.abs() + b.abs();
        }
    }

    /// Calls `found` with the column and the direction of each gradient of at least `min_size` in a range of columns.
    pub fn above(&self, columns: std::ops::Range<usize>, min_size: f32, mut found: impl FnMut(usize, [f32; 2])) {
        const TOGETHER: usize = 8;
        let least = min_size as i16;
        for first in columns.clone().step_by(TOGETHER) {
            let end = (first + TOGETHER).min(columns.end);
            // Most of a table is plain cloth.
            if self.size[3 * first..3 * end].iter().fold(0, |most, size| most.max(*size)) < least {
                continue;
            }
            for x in first..end {
                if let Some((g, size)) = self.strongest(x, min_size) {
                    found(x, g.map(|v| v / size));
                }
            }
        }
    }

    /// Returns the gradient of the strongest channel at column `x`, and its size, if that is at least `min_size`.
    pub fn strongest(&self, x: usize, min_size: f32) -> Option<([f32; 2], f32)> {
        let channels = 3 * x..3 * x + 3;
        let sizes = &self.size[channels.clone()];
        // The sum of both components is never smaller than the size: a quick test before the exact one.
        if f32::from(sizes[0].max(sizes[1]).max(sizes[2])) < min_size {
            return None;
        }
        let (mut most, mut strongest) = (-1, [0, 0]);
        for (a, b) in self.across[channels.clone()].iter().zip(&self.down[channels]) {
            let (a, b) = (i32::from(*a), i32::from(*b));
            let squared = a * a + b * b;
            if squared > most {
                (most, strongest) = (squared, [a, b]);
            }
        }
        let size = (most as f32).sqrt();
        (size >= min_size).then(|| (strongest.map(|v| v as f32), size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::{core, prelude::*};

    #[test]
    fn a_step_in_one_channel_has_its_gradient() {
        let mut mat = Mat::new_rows_cols_with_default(5, 8, core::CV_8UC3, core::Scalar::all(50.0)).expect("a picture");
        for y in 0..5 {
            for x in 4..8 {
                mat.at_2d_mut::<core::Vec3b>(y, x).expect("a pixel")[1] = 90;
            }
        }
        let picture = Picture::from_mat(&mat).expect("bytes");
        let mut gradients = Gradients::new(&picture);
        gradients.take(&picture, 2);
        assert_eq!(gradients.strongest(4, 80.0), Some(([160.0, 0.0], 160.0)));
        assert_eq!(gradients.strongest(1, 80.0), None);
    }
}
