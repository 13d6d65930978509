//! Randomness in pictures: the grain of materials and the noise of the sensor.

use billiards_table::FrameSize;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Returns a pseudo-random value of -1 to 1 that belongs to a cell of a grid.
pub(super) fn cell_noise(x: i32, y: i32, sort: u32) -> f32 {
    let mut h =
        (x as u32).wrapping_mul(0x85eb_ca6b) ^ (y as u32).wrapping_mul(0xc2b2_ae35) ^ sort.wrapping_mul(0x27d4_eb2f);
    for factor in [0x2c1b_3c6d, 0x297a_2d39, 0x1b56_c4e9] {
        h ^= h >> 15;
        h = h.wrapping_mul(factor);
    }
    h ^= h >> 14;
    (f64::from(h) / f64::from(u32::MAX) * 2.0 - 1.0) as f32
}

/// Returns smooth noise of -1 to 1 over the plane, with features about one unit wide; `sort` selects the pattern.
pub(super) fn smooth_noise(x: f64, y: f64, sort: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f64| (t * t * (3.0 - 2.0 * t)) as f32;
    let (u, v) = (ease(x - left), ease(y - top));
    let (i, j) = (left as i32, top as i32);
    let row = |j: i32| {
        let (a, b) = (cell_noise(i, j, sort), cell_noise(i.wrapping_add(1), j, sort));
        a + (b - a) * u
    };
    let (a, b) = (row(j), row(j.wrapping_add(1)));
    a + (b - a) * v
}

/// Standard deviations of a channel's noise, grey levels: of the part common to all channels and of each channel's own
/// part.
const DEVIATION: (f32, f32) = (1.0, 1.1);
/// Number of rows of the store from which each row of a picture takes its noise.
const ROWS: usize = 128;
/// Number of places in a row of the store at which a picture's row can begin.
const STARTS: usize = 256;

/// Noise of the camera's sensor: a store created once, from which each row of each picture takes another piece.
pub(super) struct SensorNoise {
    seed: u64,
    /// Number of bytes in a row of a picture.
    row: usize,
    /// Number of bytes in a row of the store.
    stride: usize,
    store: Vec<i8>,
}

impl SensorNoise {
    /// Creates noise for pictures of this size with three channels, `strength` times that of a good camera.
    pub fn new(size: FrameSize, seed: u64, strength: f32) -> Self {
        let width = size.width as usize;
        let stride = 3 * (width + STARTS);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut store = Vec::with_capacity(stride * ROWS);
        let mut bytes = [0_u8; 16];
        while store.len() < stride * ROWS {
            rng.fill_bytes(&mut bytes);
            // Four uniform bytes add up to something close to a normal distribution.
            let normal = |i: usize| {
                let sum: i32 = bytes[4 * i..4 * i + 4].iter().map(|v| i32::from(*v)).sum();
                (sum - 510) as f32 / 147.8
            };
            let shared = strength * DEVIATION.0 * normal(0);
            store.extend((1..4).map(|i| (shared + strength * DEVIATION.1 * normal(i)).round() as i8));
        }
        Self { seed, row: 3 * width, stride, store }
    }

    /// Adds the noise of picture number `frame`.
    pub fn add(&self, bytes: &mut [u8], frame: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ (frame + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for row in bytes.chunks_exact_mut(self.row.max(1)) {
            let (line, pixel): (usize, usize) = (rng.random_range(0..ROWS), rng.random_range(0..STARTS));
            let start = line * self.stride + 3 * pixel;
            for (byte, noise) in row.iter_mut().zip(&self.store[start..start + self.row]) {
                *byte = byte.saturating_add_signed(*noise);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_noise_is_smooth_and_bounded() {
        let mut previous = smooth_noise(-3.0, 0.4, 7);
        for i in 1..6000 {
            let here = smooth_noise(-3.0 + f64::from(i) * 0.001, 0.4, 7);
            assert!(here.abs() <= 1.0 && (here - previous).abs() < 0.005);
            previous = here;
        }
    }

    #[test]
    fn noise_is_mild_unbiased_and_new_in_each_picture() {
        let size = FrameSize { width: 320, height: 200 };
        let noise = SensorNoise::new(size, 5, 1.0);
        let picture = |frame: u64| {
            let mut bytes = vec![100_u8; 320 * 200 * 3];
            noise.add(&mut bytes, frame);
            bytes
        };
        let first = picture(0);
        assert_eq!(first, picture(0));
        assert_ne!(first, picture(1));
        let n = first.len() as f64;
        let mean = first.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = first.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        assert!((mean - 100.0).abs() < 0.1 && (1.0..2.5).contains(&variance.sqrt()), "{mean} {variance}");
    }
}
