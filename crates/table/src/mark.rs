//! Marks of the table that people find by eye.

use crate::{TablePoint, TableSpec};
use serde::{Deserialize, Serialize};

/// A mark that a person can find on a table, in addition to the corners of the nose lines; not every table has all of
/// them. The head is at y = 0, the left at x = 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandMark {
    /// The middle of the bed.
    CentreSpot,
    /// The middle of the head half.
    HeadSpot,
    /// The middle of the foot half.
    FootSpot,
    /// Middle of the side pocket's mouth at x = 0, on the nose line.
    LeftSide,
    /// Middle of the side pocket's mouth at x = width, on the nose line.
    RightSide,
    /// Point of the nose line opposite the middle diamond of the rail at y = 0.
    HeadRail,
    /// Point of the nose line opposite the middle diamond of the rail at y = length.
    FootRail,
    /// Point of the nose line at x = 0 opposite the diamond halfway between its middle and the head.
    LeftHead,
    /// Point of the nose line at x = 0 opposite the diamond halfway between its middle and the foot.
    LeftFoot,
    /// Point of the nose line at x = width opposite the diamond halfway between its middle and the head.
    RightHead,
    /// Point of the nose line at x = width opposite the diamond halfway between its middle and the foot.
    RightFoot,
}

impl HandMark {
    /// All marks, the most informative first.
    pub const ALL: [Self; 11] = [
        Self::CentreSpot,
        Self::HeadSpot,
        Self::FootSpot,
        Self::LeftSide,
        Self::RightSide,
        Self::HeadRail,
        Self::FootRail,
        Self::LeftHead,
        Self::LeftFoot,
        Self::RightHead,
        Self::RightFoot,
    ];

    /// Returns the identifier of the mark, as used in a profile.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::CentreSpot => "centre_spot",
            Self::HeadSpot => "head_spot",
            Self::FootSpot => "foot_spot",
            Self::LeftSide => "left_side",
            Self::RightSide => "right_side",
            Self::HeadRail => "head_rail",
            Self::FootRail => "foot_rail",
            Self::LeftHead => "left_head",
            Self::LeftFoot => "left_foot",
            Self::RightHead => "right_head",
            Self::RightFoot => "right_foot",
        }
    }

    /// Returns the mark with this [`HandMark::id`].
    #[must_use]
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.id() == id)
    }

    /// Returns the position as fractions of the table's width and length.
    const fn shares(self) -> (f64, f64) {
        match self {
            Self::CentreSpot => (0.5, 0.5),
            Self::HeadSpot => (0.5, 0.25),
            Self::FootSpot => (0.5, 0.75),
            Self::LeftSide => (0.0, 0.5),
            Self::RightSide => (1.0, 0.5),
            Self::HeadRail => (0.5, 0.0),
            Self::FootRail => (0.5, 1.0),
            Self::LeftHead => (0.0, 0.25),
            Self::LeftFoot => (0.0, 0.75),
            Self::RightHead => (1.0, 0.25),
            Self::RightFoot => (1.0, 0.75),
        }
    }

    /// Returns the position of the mark on a table.
    #[must_use]
    pub fn place(self, spec: &TableSpec) -> TablePoint {
        let (x, y) = self.shares();
        TablePoint::new(x * spec.width, y * spec.length)
    }

    /// Returns the name of the mark in a picture in which the table lies across, or upright: by its position there,
    /// like the names of the corners.
    #[must_use]
    pub fn name(self, across: bool) -> String {
        let (x, y) = self.shares();
        let word = |share: f64, [low, middle, high]: [&'static str; 3]| match share {
            share if share < 0.5 => low,
            share if share > 0.5 => high,
            _ => middle,
        };
        let (upright, sideways) = if across {
            (word(x, ["top", "", "bottom"]), word(y, ["left", "", "right"]))
        } else {
            (word(y, ["bottom", "", "top"]), word(x, ["left", "", "right"]))
        };
        let what = match self {
            Self::CentreSpot => return "centre spot".to_owned(),
            Self::HeadSpot | Self::FootSpot => "spot",
            Self::LeftSide | Self::RightSide => "side pocket",
            Self::HeadRail | Self::FootRail => "rail, middle",
            Self::LeftHead | Self::LeftFoot | Self::RightHead | Self::RightFoot => "diamond",
        };
        let words = [upright, sideways, what];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
