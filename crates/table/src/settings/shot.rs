//! Parameters of the next stroke, and the player's errors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The stroke that predictions are made for, and the player's errors. Lengths on the ball are in ball radii, angles in
/// radians, errors are standard deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShotSettings {
    /// Speed that a centre hit gives the cue ball, metres a second.
    pub strike_speed: f64,
    /// `true` to predict with the usual speed of the player's strokes once some have been seen, and with `strike_speed`
    /// until then; `false` to predict every stroke with `strike_speed`.
    pub speed_from_cue: bool,
    /// English: offset of the tip to the left of the ball's centre, as the player sees it, ball radii.
    pub side: f64,
    /// `true` to use the offset of the cue's line from the ball's centre, as detected, instead of `side`.
    pub side_from_cue: bool,
    /// Vertical offset of the tip, ball radii: follow (positive, up) or draw (negative, down).
    pub height: f64,
    /// Elevation of the butt, radians.
    pub elevation: f64,
    /// Error of the direction, radians.
    pub aim_error: f64,
    /// Error of the speed, as a fraction of it.
    pub speed_error: f64,
    /// Error of the tip's position on the ball, sideways and upwards each, ball radii.
    pub tip_error: f64,
}

impl Default for ShotSettings {
    /// Returns the settings of a firm centre hit by a practised player.
    fn default() -> Self {
        Self {
            strike_speed: 2.0,
            speed_from_cue: true,
            side: 0.0,
            side_from_cue: false,
            height: 0.0,
            elevation: 0.0,
            aim_error: 0.1_f64.to_radians(),
            speed_error: 0.03,
            tip_error: 0.02,
        }
    }
}

impl ShotSettings {
    /// Permitted values of [`ShotSettings::strike_speed`], metres a second: from a touch to the hardest break.
    pub const STRIKE_SPEED: RangeInclusive<f64> = 0.05..=15.0;
    /// Permitted values of [`ShotSettings::side`] and [`ShotSettings::height`], ball radii each; beyond half a radius
    /// the tip slips off.
    pub const OFFSET: RangeInclusive<f64> = -0.5..=0.5;
    /// Permitted values of [`ShotSettings::elevation`], radians: level to 80°.
    pub const ELEVATION: RangeInclusive<f64> = 0.0..=1.397;
    /// Permitted values of [`ShotSettings::aim_error`], radians: none to 10°.
    pub const AIM_ERROR: RangeInclusive<f64> = 0.0..=0.1746;
    /// Permitted values of [`ShotSettings::speed_error`], as a fraction of the speed.
    pub const SPEED_ERROR: RangeInclusive<f64> = 0.0..=1.0;
    /// Permitted values of [`ShotSettings::tip_error`], ball radii.
    pub const TIP_ERROR: RangeInclusive<f64> = 0.0..=0.5;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default() {
        let read: ShotSettings = serde_json::from_str(r#"{"side":0.2}"#).expect("parses");
        assert_eq!(read, ShotSettings { side: 0.2, ..ShotSettings::default() });
        assert!(serde_json::from_str::<ShotSettings>(r#"{"sidee":0.2}"#).is_err());
    }
}
