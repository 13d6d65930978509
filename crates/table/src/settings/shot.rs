//! How the next stroke is imagined, and how exactly it will be played.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The stroke that predictions are made for, and the player's errors. Lengths on the ball in ball radii, angles in
/// radians, errors as standard deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShotSettings {
    /// Speed with which a centre hit sends the cue ball off, metres a second.
    pub strike_speed: f64,
    /// Predict with the usual speed of the player's strokes once some were seen; `strike_speed` holds until then. False:
    /// `strike_speed` holds for every stroke.
    pub speed_from_cue: bool,
    /// English: offset of the tip from the ball's centre to the left as the player sees it.
    pub side: f64,
    /// The offset of the cue's line from the ball's centre, as seen, stands in for `side`.
    pub side_from_cue: bool,
    /// Follow (up) or draw (down): offset of the tip upwards.
    pub height: f64,
    /// Elevation of the butt.
    pub elevation: f64,
    /// Error of the direction.
    pub aim_error: f64,
    /// Error of the speed, as a part of it.
    pub speed_error: f64,
    /// Error of the tip's place on the ball, sideways and upwards each.
    pub tip_error: f64,
}

impl Default for ShotSettings {
    /// A firm centre hit by a practised player.
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
    /// What [`ShotSettings::strike_speed`] may be: from a touch to the hardest break.
    pub const STRIKE_SPEED: RangeInclusive<f64> = 0.05..=15.0;
    /// What [`ShotSettings::side`] and [`ShotSettings::height`] may be, each; beyond half a radius tips slip off.
    pub const OFFSET: RangeInclusive<f64> = -0.5..=0.5;
    /// What [`ShotSettings::elevation`] may be: level to 80°.
    pub const ELEVATION: RangeInclusive<f64> = 0.0..=1.397;
    /// What [`ShotSettings::aim_error`] may be: none to 10°.
    pub const AIM_ERROR: RangeInclusive<f64> = 0.0..=0.1746;
    /// What [`ShotSettings::speed_error`] may be.
    pub const SPEED_ERROR: RangeInclusive<f64> = 0.0..=1.0;
    /// What [`ShotSettings::tip_error`] may be.
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
