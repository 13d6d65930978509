//! Straightens pictures: takes the bends of the lens out of them.

use crate::model::{FrameSize, Lens};
use opencv::{
    calib3d,
    core::{BORDER_CONSTANT, CV_16SC2, Mat, Scalar, Size},
    imgproc::{INTER_LINEAR, remap},
    prelude::*,
};

/// Why a picture cannot be straightened.
#[derive(Debug, thiserror::Error)]
pub enum RectifyError {
    /// The lens was measured with pictures of another size.
    #[error(
        "the lens was calibrated for pictures of {}×{}, but they are {}×{}: calibrate again, or set the camera's size back",
        .lens.width, .lens.height, .picture.width, .picture.height
    )]
    Size {
        /// Size of the pictures that the lens holds for.
        lens: FrameSize,
        /// Size of the picture.
        picture: FrameSize,
    },
    /// OpenCV failed.
    #[error("OpenCV: {}", .0.message)]
    OpenCv(#[from] opencv::Error),
}

/// Turns pictures as the camera delivers them into straight ones of the same size.
pub struct Rectifier {
    lens: Lens,
    /// Where each pixel of the straight picture comes from: whole pixels, and the shares between them. `None` when the
    /// lens bends nothing.
    maps: Option<(Mat, Mat)>,
}

impl Rectifier {
    /// For pictures through this lens; works out where each pixel comes from, which takes some milliseconds.
    ///
    /// # Errors
    /// OpenCV has no memory for the maps.
    pub fn new(lens: &Lens) -> Result<Self, RectifyError> {
        Ok(Self { lens: *lens, maps: (!lens.is_straight()).then(|| maps(lens)).transpose()? })
    }

    /// The lens.
    #[must_use]
    pub fn lens(&self) -> &Lens {
        &self.lens
    }

    /// The straight picture (8-bit BGR, of the same size) of a delivered one; `None` when they are the same.
    ///
    /// # Errors
    /// The picture has another size than the lens is for, or OpenCV fails.
    pub fn straighten(&self, bgr: &Mat) -> Result<Option<Mat>, RectifyError> {
        let picture = FrameSize { width: bgr.cols().unsigned_abs(), height: bgr.rows().unsigned_abs() };
        if picture != self.lens.size {
            return Err(RectifyError::Size { lens: self.lens.size, picture });
        }
        let Some((whole, share)) = &self.maps else { return Ok(None) };
        let mut straight = Mat::default();
        remap(bgr, &mut straight, whole, share, INTER_LINEAR, BORDER_CONSTANT, Scalar::default())?;
        Ok(Some(straight))
    }
}

fn maps(lens: &Lens) -> Result<(Mat, Mat), opencv::Error> {
    let pinhole = lens.rectified();
    let matrix = |focal: [f64; 2], centre: [f64; 2]| {
        Mat::from_slice_2d(&[[focal[0], 0.0, centre[0]], [0.0, focal[1], centre[1]], [0.0, 0.0, 1.0]])
    };
    let ([k1, k2, k3], [p1, p2]) = (lens.radial, lens.tangential);
    let coefficients = [k1, k2, p1, p2, k3];
    let size = Size::new(lens.size.width.cast_signed(), lens.size.height.cast_signed());
    let (mut whole, mut share) = (Mat::default(), Mat::default());
    calib3d::init_undistort_rectify_map(
        &matrix(lens.focal, lens.centre)?,
        &Mat::from_slice(&coefficients)?,
        &Mat::default(),
        &matrix([pinhole.focal; 2], [pinhole.centre.x, pinhole.centre.y])?,
        size,
        CV_16SC2,
        &mut whole,
        &mut share,
    )?;
    Ok((whole, share))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CameraPoint;
    use opencv::{
        core::{CV_8UC3, Point},
        imgproc,
    };

    const SIZE: FrameSize = FrameSize { width: 640, height: 360 };

    #[test]
    fn points_move_as_the_lens_says() {
        let lens = Lens { radial: [-0.2, 0.02, 0.0], ..Lens::straight(SIZE, 500.0) };
        let mut bent = Mat::new_rows_cols_with_default(360, 640, CV_8UC3, Scalar::all(0.0)).expect("memory");
        let straight_place = CameraPoint::new(600.0, 40.0);
        let seen = lens.unstraighten(straight_place);
        let centre = Point::new((seen.x * 16.0).round() as i32, (seen.y * 16.0).round() as i32);
        imgproc::circle(&mut bent, centre, 6 * 16, Scalar::all(255.0), -1, imgproc::LINE_AA, 4).expect("drawn");
        let straight = Rectifier::new(&lens).expect("maps").straighten(&bent).expect("straight").expect("bends");
        let (mut sum, mut weight) = ([0.0; 2], 0.0);
        for (i, byte) in straight.data_bytes().expect("continuous").iter().step_by(3).enumerate() {
            let share = f64::from(*byte);
            sum = [sum[0] + share * (i % 640) as f64, sum[1] + share * (i / 640) as f64];
            weight += share;
        }
        let found = CameraPoint::new(sum[0] / weight, sum[1] / weight);
        assert!((found - straight_place).length() < 0.15, "{found:?}");
    }

    #[test]
    fn a_straight_lens_costs_nothing_and_another_size_is_told() {
        let rectifier = Rectifier::new(&Lens::straight(SIZE, 500.0)).expect("made");
        let picture =
            |width, height| Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(0.0)).expect("memory");
        assert!(rectifier.straighten(&picture(640, 360)).expect("same").is_none());
        let error = rectifier.straighten(&picture(320, 180)).expect_err("refused").to_string();
        assert!(error.contains("640×360") && error.contains("320×180"), "{error}");
    }
}
