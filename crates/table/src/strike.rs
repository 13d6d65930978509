//! Speed for which the aimed shot is predicted.

#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Source of the speed of a predicted stroke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpeedSource {
    /// The set speed, which the operator has fixed for every stroke.
    Fixed,
    /// The set speed, because no stroke of this kind has been seen in this session yet.
    Set,
    /// The usual speed of the player's strokes in this session.
    Usual,
    /// The speed of the practice strokes of this address, multiplied by the player's usual ratio of stroke to practice
    /// stroke.
    PracticeStrokes,
}

/// The speed for which a shot is predicted, and its source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrikeSpeed {
    /// Speed of the cue ball after a centre hit, metres a second.
    pub speed: f64,
    /// Source of the speed.
    pub source: SpeedSource,
    /// Number of the player's strokes that it was learnt from; for a set speed, number of strokes of another kind seen.
    pub strokes: usize,
}

impl StrikeSpeed {
    /// Returns the reason for this speed, as text for people.
    #[must_use]
    pub fn reason(&self) -> String {
        let strokes = match self.strokes {
            1 => "1 stroke".to_owned(),
            count => format!("{count} strokes"),
        };
        match self.source {
            SpeedSource::Fixed => "fixed by the operator".to_owned(),
            SpeedSource::Set if self.strokes == 0 => "set; no stroke seen yet".to_owned(),
            SpeedSource::Set => "set; no stroke of this kind seen yet".to_owned(),
            SpeedSource::Usual => format!("usual for this player, {strokes}"),
            SpeedSource::PracticeStrokes => format!("from the practice strokes of this player, {strokes}"),
        }
    }
}

/// The speed of the shot that is predicted now; `None` while there is no prediction.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LiveStrikeSpeed(pub Option<StrikeSpeed>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_tells_source_and_number_of_strokes() {
        let reason = |source, strokes| StrikeSpeed { speed: 2.0, source, strokes }.reason();
        assert_eq!(reason(SpeedSource::Set, 0), "set; no stroke seen yet");
        assert_eq!(reason(SpeedSource::Set, 2), "set; no stroke of this kind seen yet");
        assert_eq!(reason(SpeedSource::Fixed, 0), "fixed by the operator");
        assert_eq!(reason(SpeedSource::Usual, 1), "usual for this player, 1 stroke");
        assert_eq!(reason(SpeedSource::Usual, 5), "usual for this player, 5 strokes");
        assert_eq!(reason(SpeedSource::PracticeStrokes, 6), "from the practice strokes of this player, 6 strokes");
    }
}
