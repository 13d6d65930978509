//! Calibration pictures in pixels of the projector, projected before it is known where their light falls.

use crate::{FrameSize, ProjectorPoint};

/// A round patch of light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightDisc {
    /// Centre, pixels; the picture's top left corner is (0, 0), the middle of its first pixel (0.5, 0.5).
    pub centre: ProjectorPoint,
    /// Radius, pixels.
    pub radius: f64,
    /// Value of the pixels, 0 to 255, the same in all three channels.
    pub level: u8,
}

/// A picture to project: discs on a uniform background.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternPicture {
    /// Size of the picture, pixels.
    pub size: FrameSize,
    /// Value of the background's pixels, 0 to 255, the same in all three channels.
    pub ground: u8,
    /// Discs of the picture, which do not overlap.
    pub discs: Vec<LightDisc>,
}

impl PatternPicture {
    /// Returns whether any pixel is brighter than black.
    #[must_use]
    pub fn is_lit(&self) -> bool {
        self.ground > 0 || self.discs.iter().any(|disc| disc.level > 0)
    }

    /// Creates a picture of one grey level.
    #[must_use]
    pub fn even(size: FrameSize, level: u8) -> Self {
        Self { size, ground: level, discs: Vec::new() }
    }

    /// Creates a picture of equal dots on black.
    #[must_use]
    pub fn dots(size: FrameSize, centres: impl IntoIterator<Item = ProjectorPoint>, radius: f64, level: u8) -> Self {
        let discs = centres.into_iter().map(|centre| LightDisc { centre, radius, level }).collect();
        Self { size, ground: 0, discs }
    }

    /// Returns the pixels as rows of red, green, blue and 255; the edges of discs are smooth.
    #[must_use]
    pub fn rgba(&self) -> Vec<u8> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let ground = [self.ground, self.ground, self.ground, 255];
        let mut pixels: Vec<u8> = ground.into_iter().cycle().take(4 * width * height).collect();
        for disc in &self.discs {
            let span = |middle: f64, length: usize| {
                let clamped = |v: f64| v.clamp(0.0, length as f64) as usize;
                clamped(middle - disc.radius - 1.0)..clamped(middle + disc.radius + 2.0)
            };
            for y in span(disc.centre.y, height) {
                for x in span(disc.centre.x, width) {
                    let distance = (x as f64 + 0.5 - disc.centre.x).hypot(y as f64 + 0.5 - disc.centre.y);
                    let share = (disc.radius - distance + 0.5).clamp(0.0, 1.0);
                    let level = f64::from(self.ground) * (1.0 - share) + f64::from(disc.level) * share;
                    let start = 4 * (y * width + x);
                    if let Some(pixel) = pixels.get_mut(start..start + 3).filter(|_| share > 0.0) {
                        pixel.fill(level.round() as u8);
                    }
                }
            }
        }
        pixels
    }
}
