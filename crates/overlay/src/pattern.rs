//! Calibration patterns as shapes, in pixels of the projector. Pure.

use super::shape::Shape;
use bevy_color::{LinearRgba, Srgba};
use billiards_table::settings::Rgba;
use billiards_table::{FrameSize, PatternPicture, ProjectorPoint, ProjectorPx};

/// Width of a disc's soft edge, pixels: each pixel on it gets its share of light, so that the centre of light is that
/// of the disc without any smoothing by the graphics card.
const EDGE: f64 = 1.0;

/// Returns a grey of this linear level.
pub(crate) fn grey(level: f32) -> Rgba {
    let level = level.clamp(0.0, 1.0);
    [level, level, level, 1.0]
}

/// Returns a rectangle of one colour over a whole picture of this size.
pub(crate) fn filled(size: FrameSize, colour: Rgba) -> Shape<ProjectorPx> {
    let corner = ProjectorPoint::new(size.width.into(), size.height.into());
    Shape::rect(ProjectorPoint::origin(), corner, colour)
}

/// Composes a calibration pattern for a picture of this size.
pub(crate) fn compose_pattern(pattern: &PatternPicture, size: FrameSize) -> Vec<Shape<ProjectorPx>> {
    // The overlay uses linear light, patterns use pixel values.
    let light = |level: u8| grey(LinearRgba::from(Srgba::rgb_u8(level, level, level)).red);
    let discs = pattern.discs.iter().map(|disc| {
        let colour = light(disc.level);
        Shape::SoftDisc { centre: disc.centre, radius: disc.radius, edge: EDGE, colour }
    });
    std::iter::once(filled(size, light(pattern.ground))).chain(discs).collect()
}
