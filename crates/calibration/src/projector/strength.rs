//! Strength of the projector's light on the cloth: enough to be measured, and not more than the picture can hold.

use super::{error::ProjectorError, observed_table::ObservedTable};
use billiards_table::SensorPoint;
use billiards_vision::VisionError;
use opencv::{
    core::{CV_8UC3, Mat, Vec3b},
    prelude::*,
};

/// Minimum contrast of white on the cloth, grey levels (median over the bed): dots of two levels and more are read
/// through the noise of usual cameras, which is two to three.
pub const MIN_CONTRAST: f64 = 3.0;
/// Minimum level at which a channel is saturated.
const FULL: u8 = 250;
/// Maximum share of the bed that may be blown out: the lamp's reflections, chalk.
const MAX_BLOWN_OUT: f64 = 0.03;
/// Factor by which the level of the projector's picture is reduced in one step.
const LEVEL_REDUCTION: f64 = 0.75;
/// Minimum level of dots: dimmer ones are too close to a projector's black.
const MIN_LEVEL: u8 = 50;
/// Number of places, across and along the bed, at which the light is measured.
const GRID: (u32, u32) = (14, 28);
/// Distance of the outermost measured places from the noses, metres.
const INSET: f64 = 0.05;

/// Assessment of the projector's light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LightAssessment {
    /// The light is strong enough and not too strong.
    Good {
        /// Contrast of the light on the cloth, grey levels (median over the bed).
        contrast: f64,
    },
    /// The light is too strong; a lower level should be tried.
    TurnDown {
        /// Level of the projector's picture to try next, 0 to 255.
        to: u8,
    },
}

/// Assesses the light from a delivered picture of black and one of a uniform `level`.
///
/// # Errors
/// The projector's light makes no difference, or is too strong at any level, or the room's is too strong; or the
/// pictures are not 8-bit BGR.
pub fn assess_light(
    black: &Mat,
    lit: &Mat,
    level: u8,
    observed: &ObservedTable,
) -> Result<LightAssessment, ProjectorError> {
    let places: Vec<SensorPoint> =
        observed.grid(GRID.0, GRID.1, INSET).into_iter().filter_map(|place| observed.seen_at(place)).collect();
    let (black, lit) = (levels(black, &places)?, levels(lit, &places)?);
    let blown_out = |samples: &[Sample]| {
        samples.iter().filter(|sample| sample.brightest >= FULL).count() as f64 / samples.len().max(1) as f64
    };
    let room = blown_out(&black);
    if room > MAX_BLOWN_OUT {
        return Err(ProjectorError::BlownOut { share: room });
    }
    let added = lit.iter().zip(&black).map(|(lit, black)| lit.mean - black.mean).collect();
    let contrast = super::fit::median(added);
    let share = blown_out(&lit);
    if share > MAX_BLOWN_OUT {
        let to = (f64::from(level) * LEVEL_REDUCTION) as u8;
        let too_low = to < MIN_LEVEL;
        return if too_low { Err(ProjectorError::BlownOut { share }) } else { Ok(LightAssessment::TurnDown { to }) };
    }
    if contrast < MIN_CONTRAST {
        return Err(ProjectorError::TooDark { contrast, needed: MIN_CONTRAST });
    }
    Ok(LightAssessment::Good { contrast })
}

/// Values of a few neighbouring pixels.
struct Sample {
    /// Mean of all channels, grey levels.
    mean: f64,
    /// Level of the brightest channel of the middle pixel.
    brightest: u8,
}

fn levels(bgr: &Mat, places: &[SensorPoint]) -> Result<Vec<Sample>, VisionError> {
    if bgr.typ() != CV_8UC3 {
        return Err(VisionError::Layout(bgr.typ()));
    }
    let (width, height) = (bgr.cols() as i64, bgr.rows() as i64);
    let pixels = bgr.data_typed::<Vec3b>()?;
    let at = |x: i64, y: i64| {
        let inside = (0..width).contains(&x) && (0..height).contains(&y);
        inside.then(|| pixels.get((y * width + x) as usize)).flatten()
    };
    let sample = |p: &SensorPoint| {
        let (x, y) = (p.x.round() as i64, p.y.round() as i64);
        let around: Vec<&Vec3b> = (-2..=2)
            .flat_map(|dy| (-2..=2).map(move |dx| (dx, dy)))
            .filter_map(|(dx, dy)| at(x + dx, y + dy))
            .collect();
        let sum: f64 = around.iter().flat_map(|pixel| pixel.0).map(f64::from).sum();
        let brightest = at(x, y)?.0.into_iter().max()?;
        Some(Sample { mean: sum / (3 * around.len()) as f64, brightest })
    };
    Ok(places.iter().map(|p| sample(p).unwrap_or(Sample { mean: 0.0, brightest: 0 })).collect())
}
