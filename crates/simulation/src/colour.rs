//! Colours as amounts of light, and their encoding in a picture.

use std::ops::{Add, Mul};

/// Linear amounts of red, green and blue light; 1 is the white of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rgb(pub [f32; 3]);

impl Rgb {
    /// White of the picture.
    pub const WHITE: Self = Self([1.0; 3]);
    /// No light.
    pub const BLACK: Self = Self([0.0; 3]);

    /// Decodes a colour from the sRGB values stored in a picture.
    pub fn stored(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue].map(|v| {
            let v = f32::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        }))
    }

    /// Mixes the share `share` (0 to 1) of `over` with the rest of this colour.
    pub fn mix(self, over: Self, share: f32) -> Self {
        self * (1.0 - share) + over * share
    }

    /// Encodes the colour as blue, green and red values of a picture, 0 to 255 but not yet rounded.
    pub fn encode(self) -> [f32; 3] {
        let [r, g, b] = self.0.map(|v| {
            let v = v.clamp(0.0, 1.0);
            255.0 * if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
        });
        [b, g, r]
    }
}

impl Add for Rgb {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self([self.0[0] + other.0[0], self.0[1] + other.0[1], self.0[2] + other.0[2]])
    }
}

impl Mul for Rgb {
    type Output = Self;

    /// Returns light of one colour reflected by a surface of the other.
    fn mul(self, other: Self) -> Self {
        Self([self.0[0] * other.0[0], self.0[1] * other.0[1], self.0[2] * other.0[2]])
    }
}

impl Mul<f32> for Rgb {
    type Output = Self;

    fn mul(self, factor: f32) -> Self {
        Self(self.0.map(|v| v * factor))
    }
}

/// Rises smoothly from 0 at `from` to 1 at `to`; constant outside.
pub(super) fn smooth(from: f64, to: f64, v: f64) -> f64 {
    let t = ((v - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_colours_come_back() {
        for v in [0, 1, 10, 11, 77, 128, 254, 255] {
            let [b, g, r] = Rgb::stored(v, 128, 255 - v).encode().map(|v| v.round() as u8);
            assert_eq!([r, g, b], [v, 128, 255 - v]);
        }
    }

    #[test]
    fn smooth_is_held_at_its_ends() {
        assert_eq!([-1.0, 0.0, 0.5, 1.0, 2.0].map(|v| smooth(0.0, 1.0, v)), [0.0, 0.0, 0.5, 1.0, 1.0]);
        // It falls if the ends are swapped.
        assert_eq!(smooth(2.0, 1.0, 1.0), 1.0);
    }
}
