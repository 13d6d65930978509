//! Composition of pictures: the overlay as light on the camera's picture, and both side by side. Pure.

use billiards_table::{CameraView, FrameSize, ProjectorView};
use nalgebra::Matrix3;
use opencv::{
    Result,
    core::{self, BORDER_CONSTANT, CV_8UC3, Mat, Scalar, Size, Vec4b, Vector},
    imgproc,
    prelude::*,
};

/// Maximum height of side-by-side pictures, pixels: they are for viewing, and videos of them for sharing.
const MAX_ROWS: u32 = 720;
/// Gap between the two pictures, pixels.
const GAP: i32 = 8;
/// Grey level of the gap.
const GAP_GREY: f64 = 64.0;

/// Picture of the renderer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Overlay {
    /// Columns and rows.
    pub(super) size: FrameSize,
    /// Red, green, blue and alpha of each pixel, 8 bits each, row by row.
    pub(super) rgba: Vec<u8>,
}

impl Overlay {
    /// Converts the picture to OpenCV's BGR format.
    pub(super) fn to_bgr(&self) -> Result<Mat> {
        let (rows, columns) = (i32::try_from(self.size.height)?, i32::try_from(self.size.width)?);
        let rgba = Mat::new_rows_cols_with_bytes::<Vec4b>(rows, columns, &self.rgba)?;
        let mut bgr = Mat::default();
        imgproc::cvt_color_def(&rgba, &mut bgr, imgproc::COLOR_RGBA2BGR)?;
        Ok(bgr)
    }
}

/// Returns the map from pixels of the overlay (size `overlay`) to the camera's picture (size `frame`), for pixels whose
/// centres are at whole numbers.
pub(super) fn frame_from_overlay(
    overlay: FrameSize,
    frame: FrameSize,
    camera: &CameraView,
    projector: &ProjectorView,
) -> Matrix3<f64> {
    // The projector's frame has its origin at the corner of the first pixel, the others in its middle.
    let to_projector = scaling(overlay, projector.size, 0.5, 0.0);
    let to_frame = scaling(camera.size, frame, 0.5, -0.5);
    let to_camera = projector.from_table.inverse().then(&camera.bed_plane.inverse());
    to_frame * to_camera.matrix() * to_projector
}

/// Returns the map `(p + before) · to / from + after` for each axis.
fn scaling(from: FrameSize, to: FrameSize, before: f64, after: f64) -> Matrix3<f64> {
    let x = f64::from(to.width) / f64::from(from.width.max(1));
    let y = f64::from(to.height) / f64::from(from.height.max(1));
    Matrix3::new(x, 0.0, before * x + after, 0.0, y, before * y + after, 0.0, 0.0, 1.0)
}

/// Arrangement of a camera's picture (left) and the overlay (right) at equal heights. It is fixed by the first two
/// pictures, because a video has one size; later ones of other shapes get black borders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SideBySide {
    left: FrameSize,
    right: FrameSize,
}

impl SideBySide {
    pub(super) fn new(camera: FrameSize, overlay: FrameSize) -> Self {
        let height = even(camera.height.min(MAX_ROWS));
        let pane = |of: FrameSize| {
            let width = f64::from(of.width) * f64::from(height) / f64::from(of.height.max(1));
            FrameSize { width: even(width.round() as u32), height }
        };
        Self { left: pane(camera), right: pane(overlay) }
    }

    /// Returns the size of the whole; both sides are even, as encoders require.
    pub(super) fn size(&self) -> Size {
        Size::new(self.left.width as i32 + GAP + self.right.width as i32, self.left.height as i32)
    }

    /// Composes both BGR pictures side by side. With `light`, the map from overlay pixels to camera pixels, the
    /// overlay's light is added to the camera's picture.
    pub(super) fn compose(&self, camera: &Mat, overlay: &Mat, light: Option<&Matrix3<f64>>) -> Result<Mat> {
        let fit = Fit::new(size_of(camera)?, self.left);
        let mut left = fit.scaled(camera)?;
        if let Some(light) = light {
            let onto_pane = scaling(size_of(camera)?, fit.inner, 0.5, -0.5) * light;
            left = lit(&left, overlay, &onto_pane)?;
        }
        let left = fit.bordered(&left)?;
        let fit = Fit::new(size_of(overlay)?, self.right);
        let right = fit.bordered(&fit.scaled(overlay)?)?;
        let gap = Mat::new_rows_cols_with_default(self.left.height as i32, GAP, CV_8UC3, Scalar::all(GAP_GREY))?;
        let mut whole = Mat::default();
        core::hconcat(&Vector::<Mat>::from_iter([left, gap, right]), &mut whole)?;
        Ok(whole)
    }
}

/// A picture scaled into a pane, as large as its aspect ratio allows.
struct Fit {
    pane: FrameSize,
    inner: FrameSize,
}

impl Fit {
    fn new(picture: FrameSize, pane: FrameSize) -> Self {
        let across = f64::from(pane.width) / f64::from(picture.width.max(1));
        let down = f64::from(pane.height) / f64::from(picture.height.max(1));
        let scale = across.min(down);
        let side = |length: u32, most: u32| ((f64::from(length) * scale).round() as u32).clamp(1, most);
        Self {
            pane,
            inner: FrameSize { width: side(picture.width, pane.width), height: side(picture.height, pane.height) },
        }
    }

    fn scaled(&self, picture: &Mat) -> Result<Mat> {
        let mut scaled = Mat::default();
        let size = Size::new(self.inner.width as i32, self.inner.height as i32);
        imgproc::resize(picture, &mut scaled, size, 0.0, 0.0, imgproc::INTER_AREA)?;
        Ok(scaled)
    }

    fn bordered(&self, picture: &Mat) -> Result<Mat> {
        let (across, down) =
            ((self.pane.width - self.inner.width) as i32, (self.pane.height - self.inner.height) as i32);
        let (left, top) = (across / 2, down / 2);
        let mut whole = Mat::default();
        core::copy_make_border(
            picture,
            &mut whole,
            top,
            down - top,
            left,
            across - left,
            BORDER_CONSTANT,
            Scalar::default(),
        )?;
        Ok(whole)
    }
}

/// Adds the overlay's light to the picture; `map` leads from overlay pixels to pixels of the picture.
fn lit(picture: &Mat, overlay: &Mat, map: &Matrix3<f64>) -> Result<Mat> {
    let row = |r: usize| [map[(r, 0)], map[(r, 1)], map[(r, 2)]];
    let map = Mat::from_slice_2d::<f64>(&[row(0), row(1), row(2)])?;
    let mut light = Mat::default();
    imgproc::warp_perspective_def(overlay, &mut light, &map, picture.size()?)?;
    let mut lit = Mat::default();
    // 8-bit addition saturates, as a camera does.
    core::add_def(picture, &light, &mut lit)?;
    Ok(lit)
}

fn size_of(picture: &Mat) -> Result<FrameSize> {
    let size = picture.size()?;
    Ok(FrameSize { width: u32::try_from(size.width)?, height: u32::try_from(size.height)? })
}

fn even(length: u32) -> u32 {
    (length & !1).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{Homography, ProjectorPoint};
    use opencv::core::Vec3b;

    const CAMERA: FrameSize = FrameSize { width: 200, height: 100 };
    const OVERLAY: FrameSize = FrameSize { width: 160, height: 90 };

    fn plain(size: FrameSize, bgr: [f64; 3]) -> Mat {
        let colour = Scalar::new(bgr[0], bgr[1], bgr[2], 0.0);
        Mat::new_rows_cols_with_default(size.height as i32, size.width as i32, CV_8UC3, colour).expect("allocates")
    }

    fn pixel(picture: &Mat, x: i32, y: i32) -> [u8; 3] {
        picture.at_2d::<Vec3b>(y, x).expect("inside").0
    }

    fn views() -> (CameraView, ProjectorView) {
        // The camera sees a metre as 100 pixels from its corner, the projector lights a metre with 80 of its 320 × 180.
        let camera =
            Homography::from_matrix(Matrix3::new(0.01, 0.0, 0.0, 0.0, 0.01, 0.0, 0.0, 0.0, 1.0)).expect("regular");
        let projector =
            Homography::from_matrix(Matrix3::new(80.0, 0.0, 40.0, 0.0, 80.0, 20.0, 0.0, 0.0, 1.0)).expect("regular");
        (
            CameraView::flat(CAMERA, camera),
            ProjectorView { size: FrameSize { width: 320, height: 180 }, from_table: projector },
        )
    }

    #[test]
    fn the_overlay_becomes_bgr() {
        let size = FrameSize { width: 3, height: 1 };
        let overlay = Overlay { size, rgba: vec![1, 2, 3, 255, 4, 5, 6, 0, 7, 8, 9, 255] };
        let bgr = overlay.to_bgr().expect("converts");
        assert_eq!([pixel(&bgr, 0, 0), pixel(&bgr, 1, 0), pixel(&bgr, 2, 0)], [[3, 2, 1], [6, 5, 4], [9, 8, 7]]);
        let short = Overlay { size, rgba: vec![0; 11] };
        assert!(short.to_bgr().is_err());
    }

    #[test]
    fn an_overlay_pixel_is_seen_where_its_light_falls() {
        let (camera, projector) = views();
        // The overlay is rendered at half the projector's size, the frame came at half the calibrated size.
        let half = FrameSize { width: 100, height: 50 };
        let map = frame_from_overlay(OVERLAY, half, &camera, &projector);
        let (u, v) = (60.0, 35.0);
        let table =
            projector.from_table.inverse().map(ProjectorPoint::new(2.0 * (u + 0.5), 2.0 * (v + 0.5))).expect("finite");
        let seen = camera.ball_in_picture(table).expect("finite");
        let q = map * nalgebra::Vector3::new(u, v, 1.0);
        assert!((q.x / q.z - ((seen.x + 0.5) / 2.0 - 0.5)).abs() < 1e-9);
        assert!((q.y / q.z - ((seen.y + 0.5) / 2.0 - 0.5)).abs() < 1e-9);
    }

    #[test]
    fn both_pictures_stand_side_by_side_with_light_on_the_left() {
        let sides = SideBySide::new(CAMERA, OVERLAY);
        assert_eq!(sides.size(), Size::new(200 + 8 + 178, 100));
        let mut overlay = plain(OVERLAY, [0.0; 3]);
        let spot = core::Rect::new(70, 40, 20, 10);
        imgproc::rectangle(&mut overlay, spot, Scalar::new(0.0, 100.0, 250.0, 0.0), -1, imgproc::LINE_8, 0)
            .expect("draws");
        let (camera, projector) = views();
        let light = frame_from_overlay(OVERLAY, CAMERA, &camera, &projector);
        let whole = sides.compose(&plain(CAMERA, [10.0, 20.0, 30.0]), &overlay, Some(&light)).expect("composes");
        assert_eq!(whole.size().expect("sized"), sides.size());
        // Overlay (80, 45) is projector (161, 91), is table (1.5125, 0.8875) m, is camera (151.25, 88.75).
        assert_eq!(pixel(&whole, 151, 88), [10, 120, 255], "light is added and saturates");
        assert_eq!(pixel(&whole, 50, 50), [10, 20, 30], "no light, no change");
        assert_eq!(pixel(&whole, 204, 50), [64; 3], "the gap");
        assert_eq!(pixel(&whole, 208 + 89, 50), [0, 100, 250], "the raw overlay");
        let dark = sides.compose(&plain(CAMERA, [10.0; 3]), &overlay, None).expect("composes");
        assert_eq!(pixel(&dark, 151, 88), [10; 3]);
    }

    #[test]
    fn a_picture_of_another_shape_gets_borders() {
        let sides = SideBySide::new(CAMERA, OVERLAY);
        let square = plain(FrameSize { width: 50, height: 50 }, [9.0; 3]);
        let whole = sides.compose(&square, &plain(OVERLAY, [0.0; 3]), None).expect("composes");
        assert_eq!(whole.size().expect("sized"), sides.size());
        assert_eq!((pixel(&whole, 20, 50), pixel(&whole, 100, 50), pixel(&whole, 180, 50)), ([0; 3], [9; 3], [0; 3]));
    }

    #[test]
    fn large_pictures_are_scaled_down_to_even_sides() {
        let sides = SideBySide::new(FrameSize { width: 1921, height: 1081 }, FrameSize { width: 1280, height: 800 });
        assert_eq!(sides.size(), Size::new(1278 + 8 + 1152, 720));
        let tiny = SideBySide::new(FrameSize { width: 1, height: 1 }, FrameSize { width: 1, height: 99 });
        assert_eq!(tiny.size(), Size::new(2 + 8 + 2, 2));
    }
}
