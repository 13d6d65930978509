//! The part of the picture that the projector lights: it is unknown there, not evidence.

use super::{VisionError, picture::halved, picture::scaled};
use opencv::{core, core::Mat, imgproc, prelude::*};

/// The lit part of a scene, slightly widened: light bleeds into neighbouring pixels.
pub(super) struct LitMask {
    /// One byte per stored pixel of the scene's picture, rows packed.
    fine: Vec<u8>,
    width: usize,
    /// One byte per coarse pixel of the scene.
    coarse: Vec<u8>,
}

impl LitMask {
    /// Creates it from a mask of the whole picture: halved as often as the picture was (`step` of its pixels to one),
    /// and the part `cut` of that brought to the size of the coarse picture by `scale`.
    pub fn new(mask: &Mat, step: f64, cut: core::Rect, scale: f64) -> Result<Self, VisionError> {
        let mut fine = Mat::default();
        imgproc::threshold(mask, &mut fine, 0.0, 255.0, imgproc::THRESH_BINARY)?;
        let mut reached = 1.0;
        while reached < step {
            fine = halved(&fine)?;
            reached *= 2.0;
        }
        let fine = widened(&fine)?;
        let coarse = widened(&scaled(&Mat::roi(&fine, cut)?, scale)?)?;
        let bytes = |mat: &Mat| -> Result<Vec<u8>, VisionError> { Ok(mat.data_bytes()?.to_vec()) };
        Ok(Self { fine: bytes(&fine)?, width: fine.cols() as usize, coarse: bytes(&coarse)? })
    }

    /// Returns whether a stored pixel is lit; `x` and `y` must lie inside.
    pub fn at(&self, x: usize, y: usize) -> bool {
        self.fine.get(y * self.width + x).is_some_and(|byte| *byte != 0)
    }

    /// Returns whether a coarse pixel is lit, given its index in the rows of the coarse picture.
    pub fn at_coarse(&self, i: usize) -> bool {
        // At least a quarter of the pixel is lit.
        self.coarse.get(i).is_some_and(|byte| *byte >= 64)
    }
}

/// Widens the mask by one pixel on every side.
fn widened(mask: &Mat) -> Result<Mat, VisionError> {
    let mut out = Mat::default();
    let square = imgproc::get_structuring_element_def(imgproc::MORPH_RECT, core::Size::new(3, 3))?;
    imgproc::dilate_def(mask, &mut out, &square)?;
    Ok(out)
}
