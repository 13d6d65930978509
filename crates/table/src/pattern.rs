//! Pictures for calibration, in pixels of the projector: projected while it is not yet known where they fall.

use crate::{FrameSize, ProjectorPoint};

/// A round patch of light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightDisc {
    /// Its centre; the picture's top left corner is (0, 0), the middle of its first pixel (0.5, 0.5).
    pub centre: ProjectorPoint,
    /// Its radius, pixels.
    pub radius: f64,
    /// What its pixels are set to, all three channels alike.
    pub level: u8,
}

/// A picture to project: discs over an even ground.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternPicture {
    /// Columns and rows.
    pub size: FrameSize,
    /// What the pixels of the ground are set to, all three channels alike.
    pub ground: u8,
    /// The discs; they do not overlap.
    pub discs: Vec<LightDisc>,
}

impl PatternPicture {
    /// Returns whether any pixel is set to more than black.
    #[must_use]
    pub fn is_lit(&self) -> bool {
        self.ground > 0 || self.discs.iter().any(|disc| disc.level > 0)
    }

    /// A picture of one grey.
    #[must_use]
    pub fn even(size: FrameSize, level: u8) -> Self {
        Self { size, ground: level, discs: Vec::new() }
    }

    /// Dots of one size on black.
    #[must_use]
    pub fn dots(size: FrameSize, centres: impl IntoIterator<Item = ProjectorPoint>, radius: f64, level: u8) -> Self {
        let discs = centres.into_iter().map(|centre| LightDisc { centre, radius, level }).collect();
        Self { size, ground: 0, discs }
    }

    /// Its pixels, rows of red, green, blue and 255; the edges of discs are smooth.
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
                    let off = (x as f64 + 0.5 - disc.centre.x).hypot(y as f64 + 0.5 - disc.centre.y);
                    let share = (disc.radius - off + 0.5).clamp(0.0, 1.0);
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
