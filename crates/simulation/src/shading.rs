//! Shading: the amount of light that comes from a surface into the camera.

use super::{
    beams::Beams,
    colour::Rgb,
    lamp::{Illumination, dot, glint},
    pixel_rays::PixelRays,
    shutter::Shutter,
};
use nalgebra::Vector3;

/// Camera, shutter and projector of a picture.
pub(super) struct Stage<'a> {
    /// Lines of sight of the camera.
    pub rays: &'a PixelRays,
    /// Exposure of the rows.
    pub shutter: Shutter,
    /// Light of the projector.
    pub beams: Beams<'a>,
    /// Height over the bed of the surface that each pixel shows, which hides what lies lower; `None` where nothing can
    /// be hidden, as for a camera over the table.
    pub heights: Option<&'a [f32]>,
}

impl Stage<'_> {
    /// Returns whether the surface that a pixel shows hides a place on its line of sight at this height.
    pub fn hides(&self, x: usize, y: usize, height: f64) -> bool {
        self.heights.is_some_and(|heights| height < f64::from(heights[y * self.rays.width() + x]))
    }
}

/// Light at the place of an object: from the lamps, and the directions for the projector's light.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lighting {
    /// Light of the lamps.
    pub lit: Illumination,
    /// Direction to the projector.
    towards: [f32; 3],
    /// Half-way direction between projector and camera.
    mirror: [f32; 3],
}

impl Lighting {
    /// Creates the lighting of a place.
    pub fn new(stage: &Stage<'_>, lit: Illumination, place: Vector3<f64>) -> Self {
        let towards = (stage.beams.eye() - place).normalize();
        let half = (towards + (stage.rays.eye() - place).normalize()).normalize();
        Self { lit, towards: short(towards), mirror: short(half) }
    }

    /// Returns the light from a surface of this paint and gloss (0 to 1) with this normal; `beam` is the projector's
    /// light on level cloth there.
    pub fn shade(&self, paint: Rgb, gloss: f32, normal: [f32; 3], beam: Rgb) -> Rgb {
        let polished = gloss > 0.0;
        let shine = if polished { gloss * self.lit.gloss(normal) } else { 0.0 };
        let lamps = (paint * self.lit.matt(normal) + Rgb::WHITE * shine) * self.lit.level;
        if beam == Rgb::BLACK {
            return lamps;
        }
        let facing = dot(self.towards, normal).max(0.0) / self.towards[2].max(0.1);
        let mirrored = if polished { gloss * glint(dot(self.mirror, normal)) } else { 0.0 };
        lamps + beam * (paint * facing + Rgb::WHITE * mirrored)
    }
}

/// Converts to single precision, which suffices for light.
pub(super) fn short(v: Vector3<f64>) -> [f32; 3] {
    [v.x as f32, v.y as f32, v.z as f32]
}
