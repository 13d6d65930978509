//! Preview of the camera's picture for the panel.

use billiards_table::{CameraPoint, FrameSize};
use opencv::{
    core::{Mat, Size},
    imgproc::{COLOR_BGR2RGBA, INTER_AREA, INTER_NEAREST, cvt_color_def, resize},
    prelude::*,
};

/// Maximum width of a preview, pixels.
const WIDEST: i32 = 960;
/// Tint (RGB) of pixels that the projector may light: a colour that no cloth has.
const LIT: [u8; 3] = [255, 64, 217];
/// Colour (RGB) of edges.
const EDGE: [u8; 3] = [120, 220, 255];

/// Layers that a preview shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreviewLayers {
    /// Shows the camera's picture; the background is black without it.
    pub picture: bool,
    /// Tints what the projector may light: detections there are no evidence.
    pub light: bool,
    /// Marks the edges that balls are detected by. They are computed once more for the preview, which takes about as
    /// long as the detection itself.
    pub edges: bool,
}

impl Default for PreviewLayers {
    fn default() -> Self {
        Self { picture: true, light: false, edges: false }
    }
}

/// Picture of the camera for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Size, at most 960 pixels wide.
    pub size: FrameSize,
    /// Pixels: red, green, blue, alpha, row by row from the top.
    pub rgba: Vec<u8>,
}

impl Preview {
    /// Creates the preview of an 8-bit BGR picture, with a mask of the same size that is not 0 where the projector may
    /// light it, and places of the picture that lie on edges.
    pub(super) fn of(bgr: &Mat, picture: bool, lit: Option<&Mat>, edges: &[CameraPoint]) -> opencv::Result<Self> {
        let mut preview = Self::plain(bgr)?;
        if !picture {
            preview.rgba.chunks_exact_mut(4).for_each(|pixel| pixel[..3].fill(0));
        }
        if let Some(lit) = lit {
            let size = Size::new(preview.size.width as i32, preview.size.height as i32);
            let mut mask = Mat::default();
            resize(lit, &mut mask, size, 0.0, 0.0, INTER_NEAREST)?;
            for (pixel, _) in preview.rgba.chunks_exact_mut(4).zip(mask.data_bytes()?).filter(|(_, lit)| **lit != 0) {
                pixel.iter_mut().zip(LIT).for_each(|(channel, tint)| *channel = u8::midpoint(*channel, tint));
            }
        }
        let scale = f64::from(preview.size.width) / f64::from(bgr.cols());
        for place in edges {
            preview.mark(*place, scale);
        }
        Ok(preview)
    }

    /// Marks the four pixels nearest to a place of the full-size picture: edges lie up to two pixels apart.
    fn mark(&mut self, place: CameraPoint, scale: f64) {
        let FrameSize { width, height } = self.size;
        let [left, top] = [place.x, place.y].map(|v| ((v + 0.5) * scale - 0.5).floor());
        for (x, y) in [(left, top), (left + 1.0, top), (left, top + 1.0), (left + 1.0, top + 1.0)] {
            if (0.0..f64::from(width)).contains(&x) && (0.0..f64::from(height)).contains(&y) {
                let first = 4 * (y as usize * width as usize + x as usize);
                self.rgba[first..first + 3].copy_from_slice(&EDGE);
            }
        }
    }

    fn plain(bgr: &Mat) -> opencv::Result<Self> {
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
        let preview = Preview::of(&bgr, true, None, &[]).unwrap();
        assert_eq!(preview.size, FrameSize { width: 960, height: 540 });
        assert_eq!(preview.rgba.len(), 960 * 540 * 4);
        assert_eq!(preview.rgba[..4], [30, 20, 10, 255]);
    }

    #[test]
    fn light_is_tinted_and_edges_are_marked_where_they_are() {
        let bgr = Mat::new_rows_cols_with_default(200, 1920, core::CV_8UC3, core::Scalar::all(200.0)).unwrap();
        let mut lit = Mat::zeros(200, 1920, core::CV_8UC1).unwrap().to_mat().unwrap();
        lit.row_mut(0).unwrap().set_to_def(&core::Scalar::all(255.0)).unwrap();
        let edges = [(1919.0, 199.0), (-3.0, 5.0), (5.0, 400.0)].map(CameraPoint::from);
        let preview = Preview::of(&bgr, false, Some(&lit), &edges).unwrap();
        assert_eq!(preview.rgba[..4], [127, 32, 108, 255]);
        assert_eq!(preview.rgba[preview.rgba.len() - 4..], [120, 220, 255, 255]);
        let black = preview.rgba.chunks_exact(4).filter(|pixel| pixel[..3] == [0; 3]).count();
        assert_eq!(black, 960 * 99 - 1, "one of the four is inside");
    }
}
