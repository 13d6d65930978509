//! How the next stroke is imagined, and how exactly it will be played.

use crate::text::Compact;
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The stroke that predictions are made for, and the player's errors. Lengths on the ball in ball radii, angles in
/// radians, errors as standard deviations.
#[cfg_attr(feature = "bevy", derive(Resource))]
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

/// A setting that is out of range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name} is {}; {} to {} is possible", Compact(*value), range.start(), range.end())]
pub struct BadShotSetting {
    /// Which.
    pub name: &'static str,
    /// What it is.
    pub value: f64,
    /// What it may be.
    pub range: RangeInclusive<f64>,
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

    /// Checks every number.
    ///
    /// # Errors
    /// Names the first that is out of range, and the range.
    pub fn validate(&self) -> Result<(), BadShotSetting> {
        for (name, value, range) in [
            ("strike speed (m/s)", self.strike_speed, Self::STRIKE_SPEED),
            ("side (ball radii)", self.side, Self::OFFSET),
            ("height (ball radii)", self.height, Self::OFFSET),
            ("elevation (radians)", self.elevation, Self::ELEVATION),
            ("aim error (radians)", self.aim_error, Self::AIM_ERROR),
            ("speed error (part of the speed)", self.speed_error, Self::SPEED_ERROR),
            ("tip error (ball radii)", self.tip_error, Self::TIP_ERROR),
        ] {
            if !range.contains(&value) {
                return Err(BadShotSetting { name, value, range });
            }
        }
        // To the side and up together the tip slips off as soon.
        let offset = self.side.hypot(self.height);
        if offset > *Self::OFFSET.end() {
            let (name, range) =
                ("side and height together (ball radii; further out is a miscue)", 0.0..=*Self::OFFSET.end());
            return Err(BadShotSetting { name, value: offset, range });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_possible_and_nonsense_is_named() {
        assert_eq!(ShotSettings::default().validate(), Ok(()));
        let error = ShotSettings { side: f64::NAN, ..ShotSettings::default() }.validate().expect_err("NaN");
        assert_eq!(error.to_string(), "side (ball radii) is NaN; -0.5 to 0.5 is possible");
        let far = ShotSettings { side: 0.4, height: -0.4, ..ShotSettings::default() };
        assert!(far.validate().expect_err("slips off").to_string().contains("together"));
        assert!(ShotSettings { strike_speed: 16.0, ..ShotSettings::default() }.validate().is_err());
    }

    #[test]
    fn what_is_left_out_is_the_default() {
        let read: ShotSettings = serde_json::from_str(r#"{"side":0.2}"#).expect("parses");
        assert_eq!(read, ShotSettings { side: 0.2, ..ShotSettings::default() });
        assert!(serde_json::from_str::<ShotSettings>(r#"{"sidee":0.2}"#).is_err());
    }
}
