//! A ball: its identity, position and motion.

use super::{TablePoint, TableVector};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::{Component, Resource};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

/// Identifier of a tracked ball on the wire and on disk; never reused within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BallId(pub u32);

/// Class of a ball.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BallClass {
    /// The white ball that is struck.
    Cue,
    /// The black 8.
    Eight,
    /// A ball of one colour all over, 1 to 7.
    Solid,
    /// A white ball with a band of colour, 9 to 15.
    Stripe,
    /// A ball of another game, or one that is not recognised yet.
    Other,
}

impl BallClass {
    /// Returns the name of the class on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cue => "cue",
            Self::Eight => "eight",
            Self::Solid => "solid",
            Self::Stripe => "stripe",
            Self::Other => "other",
        }
    }
}

/// Colour of a ball without a number, as in snooker and English pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlainColour {
    /// Red, one of many.
    Red,
    /// Yellow, one of many in English pool, one of a kind in snooker.
    Yellow,
    /// Green, 3 points in snooker.
    Green,
    /// Brown, 4 points in snooker.
    Brown,
    /// Blue, 5 points in snooker.
    Blue,
    /// Pink, 6 points in snooker.
    Pink,
    /// Black, 7 points in snooker; the last ball in English pool.
    Black,
}

impl PlainColour {
    /// All colours.
    pub const ALL: [Self; 7] = [Self::Red, Self::Yellow, Self::Green, Self::Brown, Self::Blue, Self::Pink, Self::Black];

    /// Returns the name of the colour on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Brown => "brown",
            Self::Blue => "blue",
            Self::Pink => "pink",
            Self::Black => "black",
        }
    }

    /// Returns the colour of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.name() == name)
    }
}

/// Label of a ball, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BallLabel {
    /// The cue ball.
    Cue,
    /// A numbered ball, 1 to 15.
    Number(u8),
    /// A ball without a number.
    Colour(PlainColour),
    /// A ball that is not recognised.
    Unknown,
}

impl BallLabel {
    /// Returns the class that the label implies; `None` for an unknown ball.
    #[must_use]
    pub fn class(self) -> Option<BallClass> {
        match self {
            Self::Cue => Some(BallClass::Cue),
            Self::Number(8) => Some(BallClass::Eight),
            Self::Number(n) if n < 8 => Some(BallClass::Solid),
            Self::Number(_) => Some(BallClass::Stripe),
            Self::Colour(_) => Some(BallClass::Other),
            Self::Unknown => None,
        }
    }

    /// Returns a name for the ball of this id: its label, or, if that is unknown, the id as `#3`.
    #[must_use]
    pub fn or_id(self, id: BallId) -> String {
        if self == Self::Unknown { format!("#{}", id.0) } else { self.to_string() }
    }
}

impl fmt::Display for BallLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cue => f.write_str("cue"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Colour(colour) => f.write_str(colour.name()),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The set of balls on the table, and its colours under white light.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BallLooks {
    /// Name of the ball set; empty before any is known.
    pub set: String,
    /// Red, green and blue of each label for which the set has a colour; the white of the cue ball and the black of the
    /// 8 are not among them.
    pub colours: BTreeMap<BallLabel, [u8; 3]>,
}

/// A text that is not the label of a ball.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a ball: expected cue, 1 to 15, red, yellow, green, brown, blue, pink, black, or unknown")]
pub struct UnknownLabel(pub String);

impl FromStr for BallLabel {
    type Err = UnknownLabel;

    fn from_str(text: &str) -> Result<Self, UnknownLabel> {
        match text {
            "cue" => Ok(Self::Cue),
            "unknown" => Ok(Self::Unknown),
            // A label has no sign.
            _ => match (PlainColour::named(text), text.parse()) {
                (Some(colour), _) => Ok(Self::Colour(colour)),
                (None, Ok(n @ 1..=15)) if !text.starts_with('+') => Ok(Self::Number(n)),
                _ => Err(UnknownLabel(text.to_owned())),
            },
        }
    }
}

impl Serialize for BallLabel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BallLabel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for BallLabel {
    fn schema_name() -> Cow<'static, str> {
        "BallLabel".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let plain = [Self::Cue, Self::Unknown].into_iter();
        let all = plain.chain((1..=15).map(Self::Number)).chain(PlainColour::ALL.map(Self::Colour));
        let names: Vec<String> = all.map(|label| label.to_string()).collect();
        let description = "Label of the ball, as far as it is known: `cue`, its number, or its colour.";
        json_schema!({ "description": description, "type": "string", "enum": names })
    }
}

/// State of a tracked ball.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BallState {
    /// The ball is at rest.
    Resting,
    /// The ball moves.
    Moving,
    /// The ball was not detected in the newest frame, and is assumed to be where it was last.
    Occluded,
}

/// A tracked ball on the table; one entity each.
#[cfg_attr(feature = "bevy", derive(Component))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ball {
    /// Stable identifier.
    pub id: BallId,
    /// Label of the ball.
    pub label: BallLabel,
    /// Class of the ball.
    pub class: BallClass,
    /// Centre, projected vertically onto the table, metres.
    pub position: TablePoint,
    /// Velocity, metres a second; zero unless the ball moves, or moved until it was hidden a moment ago.
    pub velocity: TableVector,
    /// State of the ball.
    pub state: BallState,
    /// Confidence of the detector when it last saw the ball, 0 to 1.
    pub confidence: f32,
}

impl Ball {
    /// Returns whether this is the cue ball.
    #[must_use]
    pub fn is_cue_ball(&self) -> bool {
        self.class == BallClass::Cue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_survive_text() {
        for label in (1..=15).map(BallLabel::Number).chain([BallLabel::Cue, BallLabel::Unknown]) {
            assert_eq!(label.to_string().parse(), Ok(label));
        }
        assert_eq!("16".parse::<BallLabel>(), Err(UnknownLabel("16".into())));
        assert_eq!("0".parse::<BallLabel>(), Err(UnknownLabel("0".into())));
    }

    #[test]
    fn numbers_know_their_class() {
        assert_eq!(BallLabel::Number(7).class(), Some(BallClass::Solid));
        assert_eq!(BallLabel::Number(8).class(), Some(BallClass::Eight));
        assert_eq!(BallLabel::Number(9).class(), Some(BallClass::Stripe));
        assert_eq!(BallLabel::Unknown.class(), None);
    }
}
