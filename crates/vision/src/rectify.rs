//! Rectified pictures, free of the lens's distortion.

use billiards_table::{CameraPoint, FrameSize, Lens};
use opencv::{
    core::{self, Mat, Scalar},
    imgproc,
    prelude::*,
};
use std::borrow::Cow;

/// Reason why a picture cannot be rectified.
#[derive(Debug, thiserror::Error)]
pub enum RectifyError {
    /// The lens was measured in pictures of another size.
    #[error(
        "the picture has {} × {} pixels, but the lens was measured in pictures of {} × {}: calibrate the camera anew or \
         set it to that size", picture.width, picture.height, lens.width, lens.height
    )]
    Size {
        /// Size of the picture.
        picture: FrameSize,
        /// Size of the pictures that the lens holds for.
        lens: FrameSize,
    },
    /// OpenCV refused an operation.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

/// Rectifies the pictures of one lens, as [`Lens::undistort`] does with points.
#[derive(Debug)]
pub struct Rectifier {
    size: FrameSize,
    /// Place in the original picture of each pixel of the rectified one, in OpenCV's fixed-point form; `None` for a
    /// lens without distortion.
    maps: Option<(Mat, Mat)>,
}

impl Rectifier {
    /// Computes the place in the original picture of every pixel of the rectified one.
    ///
    /// # Errors
    /// OpenCV has no memory for the maps.
    pub fn new(lens: &Lens) -> opencv::Result<Self> {
        let size = lens.size;
        if lens.is_rectilinear() {
            return Ok(Self { size, maps: None });
        }
        let (rows, columns) = (size.height as i32, size.width as i32);
        let mut seen = Mat::new_rows_cols_with_default(rows, columns, core::CV_32FC2, Scalar::all(0.0))?;
        let pinhole = lens.rectified();
        for y in 0..rows {
            for (x, out) in (0..columns).zip(seen.at_row_mut::<core::Vec2f>(y)?) {
                let p = lens.see(pinhole.ray(CameraPoint::new(f64::from(x), f64::from(y))));
                *out = core::Vec2f::from([p.x as f32, p.y as f32]);
            }
        }
        let (mut whole, mut rest) = (Mat::default(), Mat::default());
        imgproc::convert_maps(&seen, &core::no_array(), &mut whole, &mut rest, core::CV_16SC2, false)?;
        Ok(Self { size, maps: Some((whole, rest)) })
    }

    /// Returns the rectified picture. Places that the lens does not show are black. For a lens without distortion it is
    /// `picture` itself.
    ///
    /// # Errors
    /// The picture's size is not that of the lens, or OpenCV fails.
    pub fn rectify<'a>(&self, picture: &'a Mat) -> Result<Cow<'a, Mat>, RectifyError> {
        let size = FrameSize { width: picture.cols() as u32, height: picture.rows() as u32 };
        if size != self.size {
            return Err(RectifyError::Size { picture: size, lens: self.size });
        }
        let Some((whole, rest)) = &self.maps else { return Ok(Cow::Borrowed(picture)) };
        let mut rectified = Mat::default();
        let (linear, outside) = (imgproc::INTER_LINEAR, core::BORDER_CONSTANT);
        imgproc::remap(picture, &mut rectified, whole, rest, linear, outside, Scalar::all(0.0))?;
        Ok(Cow::Owned(rectified))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: FrameSize = FrameSize { width: 320, height: 180 };

    /// Returns a picture with a bright spot where the lens shows this place of the rectified picture.
    fn spot(lens: &Lens, place: CameraPoint) -> Mat {
        let mut picture =
            Mat::new_rows_cols_with_default(180, 320, core::CV_8UC3, Scalar::all(0.0)).expect("a picture");
        let seen = lens.distort(place);
        for y in 0..180 {
            for x in 0..320 {
                let distance = (f64::from(x) - seen.x).hypot(f64::from(y) - seen.y);
                let level = (250.0 * (-0.5 * (distance / 2.0).powi(2)).exp()) as u8;
                *picture.at_2d_mut::<core::Vec3b>(y, x).expect("a pixel") = core::Vec3b::all(level);
            }
        }
        picture
    }

    #[test]
    fn a_spot_comes_to_its_rectified_place() {
        let mut lens = Lens::rectilinear(SIZE, 260.0);
        lens.radial = [-0.22, 0.03, 0.0];
        let rectifier = Rectifier::new(&lens).expect("maps");
        for place in [(160.0, 90.0), (30.0, 25.0), (290.0, 150.0)].map(CameraPoint::from) {
            let delivered = spot(&lens, place);
            let rectified = rectifier.rectify(&delivered).expect("a picture");
            let (mut weight, mut sum) = (0.0, CameraPoint::zero());
            for y in 0..180 {
                for x in 0..320 {
                    let level = f64::from(rectified.at_2d::<core::Vec3b>(y, x).expect("a pixel")[1]);
                    weight += level;
                    sum += euclid::vec2(f64::from(x), f64::from(y)) * level;
                }
            }
            assert!((sum / weight - place).length() < 0.2, "{place:?}: {:?}", sum / weight);
        }
    }

    #[test]
    fn a_rectilinear_lens_leaves_the_picture_and_other_sizes_are_refused() {
        let lens = Lens::rectilinear(SIZE, 260.0);
        let rectifier = Rectifier::new(&lens).expect("maps");
        let picture = spot(&lens, CameraPoint::new(100.0, 50.0));
        assert_eq!(rectifier.rectify(&picture).expect("a picture").data(), picture.data());
        let other = Mat::new_rows_cols_with_default(90, 160, core::CV_8UC3, Scalar::all(0.0)).expect("a picture");
        let error = rectifier.rectify(&other).expect_err("refused").to_string();
        assert!(error.contains("160 × 90") && error.contains("320 × 180"), "{error}");
    }
}
