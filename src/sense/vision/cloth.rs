//! The colour of the cloth, blind to brightness, and the pixels that have it.

use super::picture::Picture;

/// Chromaticity of a pixel, blue, green, red: green and red as shares of its sum, and the sum. Light that only dims or
/// brightens leaves the shares alone.
pub(super) fn chromaticity([b, g, r]: [f32; 3]) -> ([f32; 2], f32) {
    let sum = b + g + r;
    ([g / sum.max(1.0), r / sum.max(1.0)], sum)
}

/// Below this sum of the three channels, chromaticity is noise.
const DARK: f32 = 40.0;

/// What cloth looks like in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ClothColour {
    mean: [f32; 2],
    /// Distance in chromaticity up to which a pixel counts as cloth.
    pub tolerance: f32,
    /// Median sum of the three channels.
    pub brightness: f32,
}

impl ClothColour {
    /// The most common chromaticity among the pixels of `picture` at `places`, of which some ten thousand are enough;
    /// `None` when too few are lit.
    pub fn dominant(picture: &Picture, places: impl Iterator<Item = [usize; 2]>) -> Option<Self> {
        const BINS: usize = 64;
        let mut samples = Vec::new();
        let mut histogram = vec![0_u32; BINS * BINS];
        let bin = |v: f32| ((v * BINS as f32) as usize).min(BINS - 1);
        places.for_each(|[x, y]| {
            let (c, sum) = chromaticity(picture.pixel(x, y));
            if sum > DARK {
                histogram[bin(c[0]) * BINS + bin(c[1])] += 1;
                samples.push((c, sum));
            }
        });
        if samples.len() < 200 {
            return None;
        }
        let neighbourhood = |i: usize| -> u32 {
            let (row, column) = (i / BINS, i % BINS);
            (row.saturating_sub(1)..=(row + 1).min(BINS - 1))
                .flat_map(|r| (column.saturating_sub(1)..=(column + 1).min(BINS - 1)).map(move |c| r * BINS + c))
                .map(|j| histogram[j])
                .sum()
        };
        let mode = (0..BINS * BINS).filter(|i| histogram[*i] > 0).max_by_key(|i| neighbourhood(*i))?;
        let mut mean = [mode / BINS, mode % BINS].map(|v| (v as f32 + 0.5) / BINS as f32);
        let squared = |c: [f32; 2], mean: [f32; 2]| (c[0] - mean[0]).powi(2) + (c[1] - mean[1]).powi(2);
        for _ in 0..4 {
            let (mut n, mut total) = (0.0_f32, [0.0_f32; 2]);
            for (c, _) in samples.iter().filter(|(c, _)| squared(*c, mean) < 0.035 * 0.035) {
                n += 1.0;
                total = [total[0] + c[0], total[1] + c[1]];
            }
            mean = total.map(|v| v / n.max(1.0));
        }
        let mut near: Vec<_> =
            samples.iter().map(|(c, sum)| (squared(*c, mean), *sum)).filter(|(d, _)| *d < 0.06 * 0.06).collect();
        if near.len() < 100 {
            return None;
        }
        let middle = near.len() / 2;
        near.select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0));
        let spread = near[middle].0.sqrt();
        near.select_nth_unstable_by(middle, |a, b| a.1.total_cmp(&b.1));
        Some(Self { mean, tolerance: (4.0 * spread).clamp(0.022, 0.06), brightness: near[middle].1 })
    }

    /// What matches cloth in another light as well: the hue about right, the brightness possible.
    pub fn akin(&self) -> Self {
        Self { tolerance: 1.8 * self.tolerance, ..*self }
    }

    /// The cloth where it looks like `pixel` on average; `share` is how much that is trusted.
    pub fn shaded(&self, pixel: [f32; 3], share: f32) -> Self {
        let (c, sum) = chromaticity(pixel);
        let between = |a: f32, b: f32| a + share * (b - a);
        Self {
            mean: [between(self.mean[0], c[0]), between(self.mean[1], c[1])],
            brightness: between(self.brightness, sum),
            ..*self
        }
    }

    /// Distance of a pixel from cloth: 1 at the limit. Chromaticity, or a brightness that no light explains.
    pub fn distance(&self, pixel: [f32; 3]) -> f32 {
        let (c, sum) = chromaticity(pixel);
        let colour = ((c[0] - self.mean[0]).powi(2) + (c[1] - self.mean[1]).powi(2)).sqrt() / self.tolerance;
        let ratio = sum / self.brightness;
        let light = if ratio < 0.30 {
            0.30 / ratio.max(0.01)
        } else if ratio > 2.2 {
            ratio / 2.2
        } else {
            0.0
        };
        colour.max(light)
    }

    /// Whether a pixel has the cloth's hue, however bright it is, as far as that shows in the dark.
    pub fn has_colour(&self, pixel: [f32; 3]) -> bool {
        // One grey level of noise, as chromaticity.
        const NOISE: f32 = 1.5;
        // In less light there is no hue.
        const BLACK: f32 = 20.0;
        let (c, sum) = chromaticity(pixel);
        let off = ((c[0] - self.mean[0]).powi(2) + (c[1] - self.mean[1]).powi(2)).sqrt();
        sum > BLACK && off < self.tolerance + NOISE / sum
    }

    /// Whether a pixel may be cloth, in a ball's shadow too: there it keeps its hue.
    pub fn is_shaded(&self, pixel: [f32; 3]) -> bool {
        /// Brightness where a ball stands on the cloth, over the usual one.
        const DARKEST: f32 = 0.15;
        let sum: f32 = pixel.iter().sum();
        self.matches(pixel) || (self.has_colour(pixel) && (DARKEST..1.0).contains(&(sum / self.brightness)))
    }

    /// Whether a pixel has the cloth's colour: [`ClothColour::distance`] below 1, without its divisions, for it is asked
    /// of every part of the picture.
    pub fn matches(&self, [b, g, r]: [f32; 3]) -> bool {
        let sum = b + g + r;
        let scale = sum.max(1.0);
        let (green, red) = (g - self.mean[0] * scale, r - self.mean[1] * scale);
        let lit = sum >= 0.30 * self.brightness && sum <= 2.2 * self.brightness;
        lit && green * green + red * red < (self.tolerance * scale).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn matching_is_a_distance_below_one(pixel in [0_u8..=255, 0_u8..=255, 0_u8..=255]) {
            let cloth = ClothColour { mean: [0.42, 0.2], tolerance: 0.05, brightness: 300.0 };
            let pixel = pixel.map(f32::from);
            let distance = cloth.distance(pixel);
            // At the limit itself rounding decides.
            prop_assume!((distance - 1.0).abs() > 1e-3);
            prop_assert_eq!(cloth.matches(pixel), distance < 1.0, "{}", distance);
        }
    }
}
