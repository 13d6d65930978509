//! The light on the camera's sensor, pixel by pixel, and the picture developed from it.

use super::{colour::Rgb, noise::SensorNoise};

/// Canvas value of the picture's white. Brighter light is kept up to four times this value.
pub(super) const WHITE: f32 = 16384.0;

/// Linear amounts of light: rows of blue, green and red.
pub(super) struct Canvas {
    width: usize,
    light: Vec<u16>,
    /// Byte stored in the picture for each amount of light.
    stored: Vec<u8>,
}

/// Converts an amount of light to canvas values: blue, green and red.
pub(super) fn counted(Rgb([r, g, b]): Rgb) -> [u16; 3] {
    // Casts from floats saturate.
    [b, g, r].map(|v| (v * WHITE + 0.5) as u16)
}

impl Canvas {
    /// Creates a dark canvas.
    pub fn new(width: usize, height: usize) -> Self {
        let stored = (0..=WHITE as u16)
            .map(|v| {
                let [level, ..] = Rgb([f32::from(v) / WHITE; 3]).encode();
                (level + 0.5) as u8
            })
            .collect();
        Self { width, light: vec![0; 3 * width * height], stored }
    }

    /// Starts from a background of the same size, `gain` times as bright.
    pub fn begin(&mut self, background: &[u16], gain: f32) {
        if gain == 1.0 {
            self.light.copy_from_slice(background);
            return;
        }
        let gain = (gain * 4096.0) as u32;
        for (light, from) in self.light.iter_mut().zip(background) {
            *light = ((u32::from(*from) * gain) >> 12).min(u32::from(u16::MAX)) as u16;
        }
    }

    fn pixel(&mut self, x: usize, y: usize) -> &mut [u16] {
        let first = 3 * (y * self.width + x);
        &mut self.light[first..first + 3]
    }

    /// Returns a piece of a row, to add light to.
    pub fn row(&mut self, x: usize, y: usize, pixels: usize) -> &mut [u16] {
        let first = 3 * (y * self.width + x);
        &mut self.light[first..first + 3 * pixels]
    }

    /// Blends a colour over a pixel, covering the share `share` (0 to 1) of it.
    pub fn lay(&mut self, x: usize, y: usize, colour: Rgb, share: f32) {
        let Rgb([r, g, b]) = colour;
        for (light, over) in self.pixel(x, y).iter_mut().zip([b, g, r]) {
            let under = f32::from(*light);
            *light = (under + (over * WHITE - under) * share + 0.5) as u16;
        }
    }

    /// Removes the share `share` (0 to 1) of a pixel's light.
    pub fn darken(&mut self, x: usize, y: usize, share: f32) {
        for light in self.pixel(x, y) {
            *light = (f32::from(*light) * (1.0 - share) + 0.5) as u16;
        }
    }

    /// Removes a share of each pixel's light (0 to 255; 255 is all of it), row by row.
    pub fn darken_all(&mut self, shares: &[u8]) {
        const BLOCK: usize = 32;
        for (lights, shares) in self.light.chunks_mut(3 * BLOCK).zip(shares.chunks(BLOCK)) {
            // Most of the table lies in no shadow.
            if shares.iter().fold(0, |all, share| all | share) == 0 {
                continue;
            }
            for (light, share) in lights.chunks_exact_mut(3).zip(shares) {
                for light in light {
                    *light = (u32::from(*light) * (255 - u32::from(*share)) / 255) as u16;
                }
            }
        }
    }

    /// Writes the picture: rows of blue, green and red bytes, with the noise of picture number `frame`.
    pub fn develop(&self, noise: &SensorNoise, frame: u64, bytes: &mut [u8]) {
        for (byte, light) in bytes.iter_mut().zip(&self.light) {
            // Clip to white.
            *byte = self.stored[usize::from((*light).min(WHITE as u16))];
        }
        noise.add(bytes, frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::FrameSize;

    fn developed(canvas: &Canvas) -> Vec<u8> {
        let mut bytes = vec![0; canvas.light.len()];
        canvas.develop(&SensorNoise::new(FrameSize { width: 4, height: 2 }, 0, 0.0), 0, &mut bytes);
        bytes
    }

    #[test]
    fn stored_colours_come_back_and_too_bright_is_white() {
        let mut canvas = Canvas::new(4, 2);
        canvas.lay(1, 1, Rgb::stored(10, 120, 250), 1.0);
        canvas.lay(2, 1, Rgb([3.0, 0.5, 9.0]), 1.0);
        let bytes = developed(&canvas);
        assert_eq!(bytes[15..18], [250, 120, 10]);
        assert_eq!([bytes[18], bytes[20]], [255, 255]);
        assert!(bytes[..15].iter().all(|v| *v == 0));
    }

    #[test]
    fn colours_mix_by_their_light() {
        let mut canvas = Canvas::new(4, 2);
        canvas.begin(&[8192; 24], 0.5);
        canvas.lay(0, 0, Rgb([1.0, 0.0, 0.25]), 0.5);
        canvas.darken(1, 0, 0.75);
        assert_eq!(canvas.light[..6], [4096, 2048, 10240, 1024, 1024, 1024]);
        assert_eq!(counted(Rgb([1.0, 0.5, -1.0])), [0, 8192, 16384]);
    }
}
