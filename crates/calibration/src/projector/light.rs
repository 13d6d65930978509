//! Pictures as amounts of light, so that the light of the room can be subtracted from that of the projector.

use billiards_vision::VisionError;
use opencv::{
    core::{self, CV_8UC3, CV_32F, Mat},
    prelude::*,
};

/// Returns the amount of light, 0 to 1, for each byte value in a picture as cameras store it (IEC 61966-2-1, sRGB).
fn curve() -> [f32; 256] {
    std::array::from_fn(|byte| {
        let v = byte as f32 / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

/// Returns the light in an 8-bit BGR picture, the mean of all three channels: one channel of floats, 0 to 1.
///
/// # Errors
/// The picture has another layout, or OpenCV fails.
pub fn light(bgr: &Mat) -> Result<Mat, VisionError> {
    if bgr.typ() != CV_8UC3 {
        return Err(VisionError::Layout(bgr.typ()));
    }
    let (mut linear, mut sum) = (Mat::default(), Mat::default());
    core::lut(bgr, &Mat::from_slice(&curve())?, &mut linear)?;
    core::transform(&linear, &mut sum, &Mat::from_slice(&[1.0_f32 / 3.0; 3])?)?;
    Ok(sum)
}

/// Mean light of several pictures.
#[derive(Debug, Default)]
pub struct MeanLight {
    sum: Option<Mat>,
    count: u32,
}

impl MeanLight {
    /// Adds a picture of light.
    ///
    /// # Errors
    /// The picture has another size than those before, or OpenCV fails.
    pub fn add(&mut self, light: Mat) -> Result<(), VisionError> {
        self.sum = Some(match self.sum.take() {
            Some(sum) => {
                let mut more = Mat::default();
                core::add_def(&sum, &light, &mut more)?;
                more
            }
            None => light,
        });
        self.count += 1;
        Ok(())
    }

    /// Returns the mean; empty if no picture was added.
    ///
    /// # Errors
    /// OpenCV fails.
    pub fn mean(&self) -> Result<Mat, VisionError> {
        let mut mean = Mat::default();
        if let Some(sum) = &self.sum {
            sum.convert_to(&mut mean, CV_32F, 1.0 / f64::from(self.count), 0.0)?;
        }
        Ok(mean)
    }
}

/// Returns the light in one picture minus that in another of the same size.
///
/// # Errors
/// The sizes differ, or OpenCV fails.
pub fn difference(more: &Mat, less: &Mat) -> Result<Mat, VisionError> {
    let mut difference = Mat::default();
    core::subtract_def(more, less, &mut difference)?;
    Ok(difference)
}

/// One channel of floats that is read at whole pixels.
pub(super) struct Floats<'a> {
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    values: &'a [f32],
}

impl<'a> Floats<'a> {
    /// Borrows the values of a picture that is stored in one piece.
    ///
    /// # Errors
    /// The picture is not stored in one piece, or is not one channel of floats.
    pub fn of(picture: &'a Mat) -> Result<Self, VisionError> {
        let values = picture.data_typed::<f32>()?;
        Ok(Self { width: picture.cols() as usize, height: picture.rows() as usize, values })
    }

    /// Returns all values, row by row.
    pub fn values(&self) -> &[f32] {
        self.values
    }

    /// Returns the value of a pixel; `None` outside the picture.
    pub fn get(&self, x: i64, y: i64) -> Option<f32> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        (x < self.width).then(|| self.values.get(y * self.width + x).copied()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::Scalar;

    #[test]
    fn light_adds_up_where_bytes_do_not() {
        let of = |byte: f64| {
            let bgr = Mat::new_rows_cols_with_default(4, 6, CV_8UC3, Scalar::all(byte)).unwrap();
            let light = light(&bgr).unwrap();
            Floats::of(&light).unwrap().get(5, 3).unwrap()
        };
        assert!((of(255.0) - 1.0).abs() < 1e-5 && of(0.0) == 0.0);
        // Twice the light of 100 is stored as 138.
        assert!((2.0 * of(100.0) / of(138.0) - 1.0).abs() < 0.01);
    }

    #[test]
    fn the_mean_of_two_lies_between_them() {
        let mut mean = MeanLight::default();
        for value in [0.2, 0.6] {
            mean.add(Mat::new_rows_cols_with_default(2, 2, CV_32F, Scalar::all(value)).unwrap()).unwrap();
        }
        let mean = mean.mean().unwrap();
        let floats = Floats::of(&mean).unwrap();
        assert!((floats.get(1, 1).unwrap() - 0.4).abs() < 1e-6);
        assert_eq!(floats.get(2, 0).or(floats.get(-1, 0)).or(floats.get(0, 2)), None);
    }

    #[test]
    fn a_grey_picture_is_refused() {
        let grey = Mat::new_rows_cols_with_default(4, 4, core::CV_8UC1, Scalar::all(0.0)).unwrap();
        assert!(matches!(light(&grey), Err(VisionError::Layout(0))));
    }
}
