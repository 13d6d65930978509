//! Treatment of a picture after the lens: white balance, contrast, noise, sharpening, compression.

use super::{
    super::{colour::Rgb, noise::SensorNoise},
    dice::Dice,
};
use opencv::{
    core::{Mat, Size, Vector, add_weighted_def},
    imgcodecs::{IMREAD_COLOR, IMWRITE_JPEG_QUALITY, imdecode, imencode},
    imgproc::gaussian_blur_def,
    prelude::*,
};

/// Treatment of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finish {
    /// Factors on red, green and blue.
    cast: [f32; 3],
    /// Exponent of the tones; 1 changes nothing.
    contrast: f32,
    /// Standard deviation of the blur, pixels.
    blur: f64,
    /// Strength of the sharpening.
    sharpening: f64,
    /// Noise of the sensor, relative to that of a good camera in good light.
    noise: f32,
    /// Quality of the JPEG compression, 0 to 100; `None` without compression.
    jpeg: Option<i32>,
}

impl Finish {
    /// Draws the treatment, for a sensor of this noise, with its description.
    pub fn random(rng: &mut impl Dice, noise: f32) -> (Self, Vec<&'static str>) {
        let strong = rng.chance(0.25);
        let reach = if strong { 0.28 } else { 0.08 };
        let warmth = rng.within(-reach..reach) as f32;
        let tint = rng.within(-0.4 * reach..0.4 * reach) as f32;
        let blur = rng.weighted([(0.5, 0.0), (0.35, 0.6), (0.15, 1.3)]) * rng.within(0.5..1.0);
        let finish = Self {
            cast: [1.0 + warmth, 1.0 + tint, 1.0 - warmth],
            contrast: rng.ratio_within(0.8..1.25) as f32,
            blur,
            sharpening: if rng.chance(0.45) { rng.within(0.2..1.2) } else { 0.0 },
            noise,
            jpeg: rng.chance(0.5).then(|| rng.random_range(35..96)),
        };
        let mut words = Vec::new();
        if warmth.abs() > 0.12 {
            words.push(if warmth > 0.0 { "warm cast" } else { "cool cast" });
        }
        words.extend((blur > 0.7).then_some("soft"));
        words.extend((noise > 2.0).then_some("noisy"));
        words.extend(finish.jpeg.is_some_and(|quality| quality < 60).then_some("strongly compressed"));
        (finish, words)
    }

    /// Returns the byte that is stored for each byte of blue, green and red.
    fn tones(&self) -> [[u8; 256]; 3] {
        let [red, green, blue] = self.cast;
        [blue, green, red].map(|factor| {
            std::array::from_fn(|byte| {
                let Rgb([light, ..]) = Rgb::stored(byte as u8, 0, 0);
                let [stored, ..] = Rgb([(light * factor).clamp(0.0, 1.0).powf(self.contrast); 3]).encode();
                stored.round() as u8
            })
        })
    }

    /// Treats a picture.
    ///
    /// # Errors OpenCV fails.
    pub fn apply(&self, mut image: Mat, seed: u64) -> opencv::Result<Mat> {
        if self.blur > 0.0 {
            let mut blurred = Mat::default();
            gaussian_blur_def(&image, &mut blurred, Size::new(0, 0), self.blur)?;
            image = blurred;
        }
        let tones = self.tones();
        for pixel in image.data_bytes_mut()?.chunks_exact_mut(3) {
            for (byte, tones) in pixel.iter_mut().zip(&tones) {
                *byte = tones[usize::from(*byte)];
            }
        }
        let size = billiards_table::FrameSize { width: image.cols() as u32, height: image.rows() as u32 };
        SensorNoise::new(size, seed, self.noise).add(image.data_bytes_mut()?, 0);
        if self.sharpening > 0.0 {
            let (mut smooth, mut sharp) = (Mat::default(), Mat::default());
            gaussian_blur_def(&image, &mut smooth, Size::new(0, 0), 1.0)?;
            add_weighted_def(&image, 1.0 + self.sharpening, &smooth, -self.sharpening, 0.0, &mut sharp)?;
            image = sharp;
        }
        let Some(quality) = self.jpeg else { return Ok(image) };
        let mut bytes = Vector::new();
        imencode(".jpg", &image, &mut bytes, &Vector::from_slice(&[IMWRITE_JPEG_QUALITY, quality]))?;
        imdecode(&bytes, IMREAD_COLOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{CV_8UC3, Scalar};

    #[test]
    fn a_finish_without_effect_leaves_the_picture() {
        let plain = Finish { cast: [1.0; 3], contrast: 1.0, blur: 0.0, sharpening: 0.0, noise: 0.0, jpeg: None };
        let image = || {
            Mat::new_rows_cols_with_default(40, 60, CV_8UC3, Scalar::new(90.0, 130.0, 20.0, 0.0)).expect("a picture")
        };
        let same = plain.apply(image(), 1).expect("treated");
        assert_eq!(same.data_bytes().expect("bytes"), image().data_bytes().expect("bytes"));
        let warm = Finish { cast: [1.2, 1.0, 0.8], noise: 2.0, jpeg: Some(80), ..plain };
        let bytes = |seed: u64| warm.apply(image(), seed).expect("treated").data_bytes().expect("bytes").to_vec();
        assert_eq!(bytes(1), bytes(1));
        let mean =
            |channel: usize| bytes(1).iter().skip(channel).step_by(3).map(|v| f64::from(*v)).sum::<f64>() / 2400.0;
        assert!(mean(0) < 86.0 && (mean(1) - 130.0).abs() < 1.5 && mean(2) > 20.0);
    }
}
