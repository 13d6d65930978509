//! Pictures for calibration, in pixels of the projector: what is thrown while it is not yet known where it lands.

use super::ProjectorPoint;

/// A filled circle with a soft edge of one pixel, so that its centre of light is exact to a small part of a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternDisc {
    /// Its centre, pixels; the first pixel of a row reaches from 0 to 1.
    pub centre: ProjectorPoint,
    /// To the middle of its edge, pixels.
    pub radius: f64,
    /// How bright it is, 0 to 1, linear in light.
    pub level: f32,
}

/// A filled rectangle along the rows; at whole numbers its edges are sharp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatternRect {
    /// The corner at the top left, pixels; the first pixel of a row reaches from 0 to 1.
    pub min: ProjectorPoint,
    /// The corner at the bottom right, pixels.
    pub max: ProjectorPoint,
    /// How bright it is, 0 to 1, linear in light.
    pub level: f32,
}

/// A grey picture: the background, rectangles on it, and discs on both; later ones cover earlier ones.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PatternPicture {
    /// How bright everything else is, 0 to 1, linear in light.
    pub background: f32,
    /// The discs.
    pub discs: Vec<PatternDisc>,
    /// The rectangles.
    pub rects: Vec<PatternRect>,
}

impl PatternPicture {
    /// Whether any light is thrown at all.
    #[must_use]
    pub fn is_lit(&self) -> bool {
        let levels = self.discs.iter().map(|disc| disc.level).chain(self.rects.iter().map(|rect| rect.level));
        levels.chain([self.background]).any(|level| level > 0.0)
    }
}
