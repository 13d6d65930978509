//! The colour of the cloth, independent of brightness, and the pixels that have it; in a picture without colour the
//! brightness of the cloth.

use super::picture::Picture;

/// Returns the chromaticity of a pixel given as blue, green, red: green and red as shares of the sum, and the sum.
/// Light that only dims or brightens does not change the shares.
pub(super) fn chromaticity([b, g, r]: [f32; 3]) -> ([f32; 2], f32) {
    let sum = b + g + r;
    ([g / sum.max(1.0), r / sum.max(1.0)], sum)
}

/// Minimum sum of the three channels, grey levels; below it chromaticity is noise.
const DARK: f32 = 40.0;

/// Appearance of the cloth in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ClothColour {
    mean: [f32; 2],
    /// Distance in chromaticity up to which a pixel counts as cloth.
    pub tolerance: f32,
    /// Median sum of the three channels.
    pub brightness: f32,
    /// Minimum and maximum brightness of cloth, over the median.
    light: [f32; 2],
    /// Set if the picture has no colour, so that brightness alone identifies cloth.
    colourless: bool,
}

/// Minimum and maximum brightness of cloth over the median where its colour identifies it: in shadows and under lamps.
const COLOURED_LIGHT: [f32; 2] = [0.30, 2.2];
/// Minimum factor by which the brightness of cloth may deviate up and down without colour: that of an even cloth.
const MIN_GREY_LIGHT: f32 = 1.18;
/// Maximum factor by which the brightness of cloth may deviate up and down without colour: that of an uneven or noisy
/// cloth.
const MAX_GREY_LIGHT: f32 = 1.35;

impl ClothColour {
    /// Finds the most common chromaticity among the pixels of `picture` at `places`, of which some ten thousand are
    /// enough; `None` if too few are bright enough.
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
        let (tolerance, brightness) = ((4.0 * spread).clamp(0.022, 0.06), near[middle].1);
        Some(Self { mean, tolerance, brightness, light: COLOURED_LIGHT, colourless: false })
    }

    /// Finds the most common brightness among the pixels of a picture without colour; `None` if too few are bright
    /// enough.
    pub fn dominant_grey(picture: &Picture, places: impl Iterator<Item = [usize; 2]>) -> Option<Self> {
        let samples = places.map(|[x, y]| chromaticity(picture.pixel(x, y))).filter(|(_, sum)| *sum > DARK);
        let mut samples: Vec<_> = samples.collect();
        if samples.len() < 200 {
            return None;
        }
        samples.sort_by(|a, b| a.1.total_cmp(&b.1));
        // The most samples within a narrow range of brightness.
        let end = |first: usize| samples.partition_point(|(_, sum)| *sum <= MIN_GREY_LIGHT * samples[first].1);
        let first = (0..samples.len()).max_by_key(|first| end(*first) - first)?;
        let band = &samples[first..end(first)];
        let brightness = band[band.len() / 2].1;
        let mut deviations: Vec<f32> = band.iter().map(|(_, sum)| (sum / brightness - 1.0).abs()).collect();
        let middle = deviations.len() / 2;
        let spread = *deviations.select_nth_unstable_by(middle, f32::total_cmp).1;
        let reach = (1.0 + 6.0 * spread).clamp(MIN_GREY_LIGHT, MAX_GREY_LIGHT);
        let mean = [0, 1].map(|i| band.iter().map(|(c, _)| c[i]).sum::<f32>() / band.len() as f32);
        // A wide tolerance: the remaining colour comes from compression.
        Some(Self { mean, tolerance: 0.1, brightness, light: [1.0 / reach, reach], colourless: true })
    }

    /// Returns a variant that matches cloth in another light as well: about the same hue, and any plausible brightness.
    pub fn relaxed(&self) -> Self {
        let light = if self.colourless { self.light.map(|light| light.powf(1.8)) } else { self.light };
        Self { tolerance: 1.8 * self.tolerance, light, ..*self }
    }

    /// Returns the cloth's appearance where `pixel` is its average colour; `share` is the weight of that average.
    pub fn shaded(&self, pixel: [f32; 3], share: f32) -> Self {
        let (c, sum) = chromaticity(pixel);
        let between = |a: f32, b: f32| a + share * (b - a);
        Self {
            mean: [between(self.mean[0], c[0]), between(self.mean[1], c[1])],
            brightness: between(self.brightness, sum),
            ..*self
        }
    }

    /// Returns the distance of a pixel from cloth, 1 at the limit: in chromaticity, or by a brightness that no light
    /// explains.
    pub fn distance(&self, pixel: [f32; 3]) -> f32 {
        let (c, sum) = chromaticity(pixel);
        let colour = ((c[0] - self.mean[0]).powi(2) + (c[1] - self.mean[1]).powi(2)).sqrt() / self.tolerance;
        let ratio = sum / self.brightness;
        let [darkest, brightest] = self.light;
        let light = if ratio < darkest {
            darkest / ratio.max(0.01)
        } else if ratio > brightest {
            ratio / brightest
        } else {
            0.0
        };
        colour.max(light)
    }

    /// Returns whether a pixel has the cloth's hue at any brightness, as far as the hue can be told in the dark.
    pub fn has_colour(&self, pixel: [f32; 3]) -> bool {
        // One grey level of noise, as chromaticity.
        const NOISE: f32 = 1.5;
        // Sum of the channels below which there is no hue.
        const BLACK: f32 = 20.0;
        let (c, sum) = chromaticity(pixel);
        let distance = ((c[0] - self.mean[0]).powi(2) + (c[1] - self.mean[1]).powi(2)).sqrt();
        if self.colourless {
            return self.relaxed().matches(pixel);
        }
        sum > BLACK && distance < self.tolerance + NOISE / sum
    }

    /// Returns whether a pixel may be cloth, including cloth in a ball's shadow, which keeps its hue.
    pub fn is_shaded(&self, pixel: [f32; 3]) -> bool {
        /// Minimum brightness of cloth where a ball stands on it, over the usual one.
        const DARKEST: f32 = 0.15;
        let sum: f32 = pixel.iter().sum();
        self.matches(pixel)
            || (!self.colourless && self.has_colour(pixel) && (DARKEST..1.0).contains(&(sum / self.brightness)))
    }

    /// Returns whether a pixel has the cloth's colour: [`ClothColour::distance`] below 1, computed without its
    /// divisions because it runs for every part of the picture.
    pub fn matches(&self, [b, g, r]: [f32; 3]) -> bool {
        let sum = b + g + r;
        let scale = sum.max(1.0);
        let (green, red) = (g - self.mean[0] * scale, r - self.mean[1] * scale);
        let lit = sum >= self.light[0] * self.brightness && sum <= self.light[1] * self.brightness;
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
            let mean = [0.42, 0.2];
            for (light, colourless) in [(COLOURED_LIGHT, false), ([0.8, 1.25], true)] {
                let cloth = ClothColour { mean, tolerance: 0.05, brightness: 300.0, light, colourless };
                let pixel = pixel.map(f32::from);
                let distance = cloth.distance(pixel);
                // At the limit itself rounding decides.
                prop_assume!((distance - 1.0).abs() > 1e-3);
                prop_assert_eq!(cloth.matches(pixel), distance < 1.0, "{}", distance);
            }
        }
    }
}
