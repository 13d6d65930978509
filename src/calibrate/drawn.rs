//! Patterns as the overlay draws them.

use crate::model::{self, PatternDisc};
use bevy::color::{LinearRgba, Srgba};
use billiards_calibration::projector::PatternPicture;

/// The picture that the overlay is to draw, so that its pixels are set to the levels of the pattern.
#[must_use]
pub fn drawn(pattern: &PatternPicture) -> model::PatternPicture {
    // The overlay thinks in light, patterns in what pixels are set to.
    let light = |level: u8| LinearRgba::from(Srgba::rgb_u8(level, level, level)).red;
    let disc = |disc: &billiards_calibration::projector::LightDisc| PatternDisc {
        centre: disc.centre,
        radius: disc.radius,
        level: light(disc.level),
    };
    model::PatternPicture {
        background: light(pattern.ground),
        discs: pattern.discs.iter().map(disc).collect(),
        rects: Vec::new(),
    }
}
