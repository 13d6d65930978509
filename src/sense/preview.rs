//! The picture for the panel.

use crate::model::FrameSize;
use opencv::{
    core::{Mat, Size},
    imgproc::{COLOR_BGR2RGBA, INTER_AREA, cvt_color_def, resize},
    prelude::*,
};

/// The widest preview, pixels.
const WIDEST: i32 = 960;

/// The camera's picture for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// At most 960 pixels wide.
    pub size: FrameSize,
    /// Red, green, blue, alpha, row by row from the top.
    pub rgba: Vec<u8>,
}

impl Preview {
    /// Of an 8-bit BGR picture.
    pub(super) fn of(bgr: &Mat) -> opencv::Result<Self> {
        let mut rgba = Mat::default();
        if bgr.cols() > WIDEST {
            let rows = f64::from(bgr.rows()) * f64::from(WIDEST) / f64::from(bgr.cols());
            let size = Size::new(WIDEST, rows.round().max(1.0) as i32);
            let mut small = Mat::default();
            resize(bgr, &mut small, size, 0.0, 0.0, INTER_AREA)?;
            cvt_color_def(&small, &mut rgba, COLOR_BGR2RGBA)?;
        } else {
            cvt_color_def(bgr, &mut rgba, COLOR_BGR2RGBA)?;
        }
        let size = FrameSize { width: rgba.cols().unsigned_abs(), height: rgba.rows().unsigned_abs() };
        Ok(Self { size, rgba: rgba.data_bytes()?.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core;

    #[test]
    fn a_preview_is_red_green_blue_and_at_most_960_wide() {
        let colour = core::Scalar::new(10.0, 20.0, 30.0, 0.0);
        let bgr = Mat::new_rows_cols_with_default(1080, 1920, core::CV_8UC3, colour).unwrap();
        let preview = Preview::of(&bgr).unwrap();
        assert_eq!(preview.size, FrameSize { width: 960, height: 540 });
        assert_eq!(preview.rgba.len(), 960 * 540 * 4);
        assert_eq!(preview.rgba[..4], [30, 20, 10, 255]);
    }
}
