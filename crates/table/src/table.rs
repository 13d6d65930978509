//! The table: its dimensions, and the features that a ball can meet.

use super::TablePoint;
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{f64::consts::FRAC_1_SQRT_2, fmt, str::FromStr};

/// A table size that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum TableKind {
    /// Playing surface 1.9812 m × 0.9906 m.
    #[serde(rename = "7ft")]
    SevenFoot,
    /// Playing surface 2.3368 m × 1.1684 m.
    #[serde(rename = "8ft")]
    EightFoot,
    /// Playing surface 2.54 m × 1.27 m.
    #[serde(rename = "9ft")]
    NineFoot,
}

impl TableKind {
    /// All sizes, smallest first.
    pub const ALL: [Self; 3] = [Self::SevenFoot, Self::EightFoot, Self::NineFoot];

    /// Returns the dimensions of the table.
    #[must_use]
    pub fn spec(self) -> TableSpec {
        let (length, width) = match self {
            Self::SevenFoot => (1.9812, 0.9906),
            Self::EightFoot => (2.3368, 1.1684),
            Self::NineFoot => (2.54, 1.27),
        };
        TableSpec {
            kind: self,
            length,
            width,
            ball_radius: 0.028_575,
            cushion_width: 0.0508,
            nose_height: 0.036_576,
            corner: PocketSpec { width: 0.118, angle: 5.3, depth: 0.0417, radius: 0.062, jaw_radius: 0.020_95 },
            side: PocketSpec { width: 0.137, angle: 7.14, depth: 0.0685, radius: 0.0645, jaw_radius: 0.007_95 },
        }
    }

    /// Guesses the table size from the apparent size of the balls: `radius_share` is the radius of a ball over the
    /// distance of the nose lines along the table, both measured in the same picture, and `aspect` is the table's
    /// length over its width. Returns `None` if no size fits (a toy, a snooker table), or if two fit almost equally
    /// well.
    #[must_use]
    pub fn guess(radius_share: f64, aspect: f64) -> Option<Self> {
        // Allows for lens distortion, and for views from the side, in which the shape is known less well.
        if !((1.8..2.25).contains(&aspect) && radius_share > 0.0) {
            return None;
        }
        let pool = Self::ALL.into_iter().map(|kind| (Some(kind), kind.spec().ball_radius / kind.spec().length));
        let mut kinds: Vec<_> = pool
            .chain([(None, SNOOKER_SHARE)])
            .map(|(kind, share)| (kind, (radius_share / share).ln().abs()))
            .collect();
        kinds.sort_by(|a, b| a.1.total_cmp(&b.1));
        let [(kind, distance), (_, next), ..] = kinds[..] else { return None };
        // Measured radii are off by a few hundredths, and noses are nearer to the camera than balls.
        let clear = (next - distance) / (next + distance).max(1e-9);
        kind.filter(|_| distance < 0.08 && clear > 0.25)
    }
}

/// Ratio of the radius of a snooker ball to the length of a snooker table.
const SNOOKER_SHARE: f64 = 0.026_25 / 3.569;

impl fmt::Display for TableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SevenFoot => "7ft",
            Self::EightFoot => "8ft",
            Self::NineFoot => "9ft",
        })
    }
}

/// A text that is not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a table: expected 7ft, 8ft, 9ft or auto")]
pub struct UnknownTable(pub String);

/// The operator's choice of table; `auto`, `7ft`, `8ft` or `9ft` in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TableChoice {
    /// Table size estimated from the size of the balls in the picture.
    #[default]
    Auto,
    /// Table of this size.
    Kind(TableKind),
}

impl TryFrom<String> for TableChoice {
    type Error = UnknownTable;

    fn try_from(text: String) -> Result<Self, UnknownTable> {
        text.parse()
    }
}

impl From<TableChoice> for String {
    fn from(choice: TableChoice) -> Self {
        choice.to_string()
    }
}

impl FromStr for TableChoice {
    type Err = UnknownTable;

    fn from_str(text: &str) -> Result<Self, UnknownTable> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let kind = TableKind::ALL.into_iter().find(|kind| kind.to_string() == text);
        kind.map(Self::Kind).ok_or_else(|| UnknownTable(text.to_owned()))
    }
}

impl fmt::Display for TableChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Kind(kind) => kind.fmt(f),
        }
    }
}

/// Dimensions of the pockets of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PocketSpec {
    /// Width of the mouth between the jaws, metres.
    pub width: f64,
    /// Angle by which the facings open, degrees.
    pub angle: f64,
    /// Distance from the nose line (side) or the corner (corner) outwards to the centre of the hole, metres.
    pub depth: f64,
    /// Radius of the hole, metres.
    pub radius: f64,
    /// Radius of the rounding between nose and facing, metres.
    pub jaw_radius: f64,
}

/// Dimensions of a table.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TableSpec {
    /// Built-in size of the table.
    pub kind: TableKind,
    /// Length of the bed, nose to nose, metres.
    pub length: f64,
    /// Width of the bed, nose to nose, metres.
    pub width: f64,
    /// Radius of the balls, metres.
    pub ball_radius: f64,
    /// Width of the cushion, nose to wood, metres.
    pub cushion_width: f64,
    /// Height of the nose above the bed, metres.
    pub nose_height: f64,
    /// Dimensions of the four corner pockets.
    pub corner: PocketSpec,
    /// Dimensions of the two side pockets.
    pub side: PocketSpec,
}

/// Number of a piece of cushion: its index in [`TableFeatures::rails`] or, from 100 on, 100 plus its index in
/// [`TableFeatures::jaws`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct FeatureId(pub u8);

/// A pocket of the table. Seen with y up, `left` is x = 0 and `bottom` is y = 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum PocketId {
    /// Pocket at (0, 0).
    #[serde(rename = "lb")]
    LeftBottom,
    /// Pocket at (0, length / 2).
    #[serde(rename = "lc")]
    LeftCentre,
    /// Pocket at (0, length).
    #[serde(rename = "lt")]
    LeftTop,
    /// Pocket at (width, 0).
    #[serde(rename = "rb")]
    RightBottom,
    /// Pocket at (width, length / 2).
    #[serde(rename = "rc")]
    RightCentre,
    /// Pocket at (width, length).
    #[serde(rename = "rt")]
    RightTop,
}

impl PocketId {
    /// Returns the pocket in words, as seen with y up.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::LeftBottom => "bottom left pocket",
            Self::LeftCentre => "left side pocket",
            Self::LeftTop => "top left pocket",
            Self::RightBottom => "bottom right pocket",
            Self::RightCentre => "right side pocket",
            Self::RightTop => "top right pocket",
        }
    }
}

impl PocketId {
    /// Returns whether the pocket is in the middle of a long rail.
    #[must_use]
    pub const fn is_side(self) -> bool {
        matches!(self, Self::LeftCentre | Self::RightCentre)
    }
}

impl fmt::Display for PocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LeftBottom => "lb",
            Self::LeftCentre => "lc",
            Self::LeftTop => "lt",
            Self::RightBottom => "rb",
            Self::RightCentre => "rc",
            Self::RightTop => "rt",
        })
    }
}

/// A straight piece of cushion nose or pocket facing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RailSegment {
    /// Number of the segment.
    pub id: FeatureId,
    /// One end.
    pub from: TablePoint,
    /// The other end.
    pub to: TablePoint,
}

/// The rounding between a nose and a facing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Jaw {
    /// Number of the jaw.
    pub id: FeatureId,
    /// Centre of the circle.
    pub centre: TablePoint,
    /// Radius of the circle, metres.
    pub radius: f64,
}

/// A hole; a ball falls when its centre comes inside.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pocket {
    /// Identifier of the pocket.
    pub id: PocketId,
    /// Centre of the circle.
    pub centre: TablePoint,
    /// Radius of the circle, metres.
    pub radius: f64,
}

/// Everything that a ball can meet, other balls excepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableFeatures {
    /// Straight pieces: 6 noses, then 12 facings.
    pub rails: Vec<RailSegment>,
    /// Roundings between noses and facings, 12 in number.
    pub jaws: Vec<Jaw>,
    /// Holes, 6 in number.
    pub pockets: Vec<Pocket>,
}

impl TableFeatures {
    /// Returns a rail or a jaw in words, as seen with y up; the numbers are those of [`TableSpec::features`].
    #[must_use]
    pub fn words(&self, feature: FeatureId) -> String {
        let place = match feature.0 {
            0 | 2 => return "the left rail".to_owned(),
            1 | 3 => return "the right rail".to_owned(),
            4 => return "the bottom rail".to_owned(),
            5 => return "the top rail".to_owned(),
            _ => {
                let facing = self.rails.iter().find(|rail| rail.id == feature).map(|rail| rail.from);
                facing.or_else(|| self.jaws.iter().find(|jaw| jaw.id == feature).map(|jaw| jaw.centre))
            }
        };
        let apart = |pocket: &&Pocket| place.map_or(f64::INFINITY, |place| (pocket.centre - place).length());
        let nearest = self.pockets.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)));
        nearest.map_or_else(|| "a cushion".to_owned(), |pocket| format!("a jaw of the {}", pocket.id.words()))
    }
}

impl TableSpec {
    /// Returns whether a ball centred at `p` lies on the playing surface; `slack` metres beyond the noses are allowed.
    #[must_use]
    pub fn holds(&self, p: TablePoint, slack: f64) -> bool {
        let reach = self.ball_radius - slack;
        (reach..=self.width - reach).contains(&p.x) && (reach..=self.length - reach).contains(&p.y)
    }

    /// Returns noses, facings, jaws and pockets, after the layout of pooltool's `PocketTableSpecs`: a quarter of each
    /// is computed and mirrored.
    #[must_use]
    pub fn features(&self) -> TableFeatures {
        let (w, l, cushion) = (self.width, self.length, self.cushion_width);
        let (corner_angle, side_angle) = ((45.0 + self.corner.angle).to_radians(), self.side.angle.to_radians());
        let mouth = self.corner.width * FRAC_1_SQRT_2;
        let right = std::f64::consts::FRAC_PI_2;
        // Length that the rounding takes from the nose and from the facing.
        let corner_cut = self.corner.jaw_radius / ((right + corner_angle) / 2.0).tan();
        let side_cut = self.side.jaw_radius / ((right + side_angle) / 2.0).tan();
        let corner_end = mouth + corner_cut;
        let side_end = (l - self.side.width) / 2.0 - side_cut;
        let point = TablePoint::new;
        let mirror_x = |p: TablePoint| point(w - p.x, p.y);
        let mirror_y = |p: TablePoint| point(p.x, l - p.y);

        let left_nose = (point(0.0, corner_end), point(0.0, side_end));
        let bottom_nose = (point(corner_end, 0.0), point(w - corner_end, 0.0));
        let corner_facing = (
            point(mouth - cushion * corner_angle.tan(), -cushion),
            point(mouth - corner_cut * corner_angle.sin(), -corner_cut * corner_angle.cos()),
        );
        let swap = |p: TablePoint| point(p.y, p.x);
        let side_facing = (
            point(-cushion, (l - self.side.width) / 2.0 + cushion * side_angle.sin()),
            point(-side_cut * side_angle.cos(), (l - self.side.width) / 2.0 + side_cut * side_angle.sin()),
        );
        let quarter = |(a, b): (TablePoint, TablePoint)| {
            [
                (a, b),
                (mirror_x(a), mirror_x(b)),
                (mirror_y(a), mirror_y(b)),
                (mirror_x(mirror_y(a)), mirror_x(mirror_y(b))),
            ]
        };

        let mut segments = Vec::with_capacity(18);
        segments.extend(quarter(left_nose));
        segments.extend([bottom_nose, (mirror_y(bottom_nose.0), mirror_y(bottom_nose.1))]);
        segments.extend(quarter(corner_facing));
        segments.extend(quarter((swap(corner_facing.0), swap(corner_facing.1))));
        segments.extend(quarter(side_facing));
        let rails = (0..).zip(segments).map(|(i, (from, to))| RailSegment { id: FeatureId(i), from, to }).collect();

        let jaw_kinds = [
            (point(corner_end, -self.corner.jaw_radius), self.corner.jaw_radius),
            (point(-self.corner.jaw_radius, corner_end), self.corner.jaw_radius),
            (point(-self.side.jaw_radius, side_end), self.side.jaw_radius),
        ];
        let jaws = (100..)
            .zip(jaw_kinds.into_iter().flat_map(|(c, r)| quarter((c, c)).map(|(centre, _)| (centre, r))))
            .map(|(i, (centre, radius))| Jaw { id: FeatureId(i), centre, radius })
            .collect();

        let corner = point(-self.corner.depth * FRAC_1_SQRT_2, -self.corner.depth * FRAC_1_SQRT_2);
        let side = point(-self.side.depth, l / 2.0);
        let pockets = [
            (PocketId::LeftBottom, corner, self.corner.radius),
            (PocketId::LeftCentre, side, self.side.radius),
            (PocketId::LeftTop, mirror_y(corner), self.corner.radius),
            (PocketId::RightBottom, mirror_x(corner), self.corner.radius),
            (PocketId::RightCentre, mirror_x(side), self.side.radius),
            (PocketId::RightTop, mirror_x(mirror_y(corner)), self.corner.radius),
        ]
        .into_iter()
        .map(|(id, centre, radius)| Pocket { id, centre, radius })
        .collect();
        TableFeatures { rails, jaws, pockets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_have_names() {
        let features = TableKind::NineFoot.spec().features();
        let middle = |feature: usize| {
            let RailSegment { from, to, .. } = features.rails[feature];
            (from + to.to_vector()) / 2.0
        };
        for (feature, words) in [(0, "left"), (1, "right"), (2, "left"), (3, "right"), (4, "bottom"), (5, "top")] {
            let p = middle(feature);
            let found = match (p.x, p.y) {
                (x, _) if x < 0.01 => "left",
                (x, _) if x > 1.26 => "right",
                (_, y) if y < 0.01 => "bottom",
                _ => "top",
            };
            assert_eq!(found, words);
            assert_eq!(features.words(FeatureId(feature as u8)), format!("the {words} rail"));
        }
        for (feature, pocket) in
            [(100, PocketId::LeftBottom), (108, PocketId::LeftCentre), (111, PocketId::RightCentre)]
        {
            assert_eq!(features.words(FeatureId(feature)), format!("a jaw of the {}", pocket.words()));
        }
    }

    #[test]
    fn names_survive_text() {
        for text in ["7ft", "8ft", "9ft", "auto"] {
            assert_eq!(text.parse::<TableChoice>().expect("known").to_string(), text);
        }
        assert_eq!("10ft".parse::<TableChoice>(), Err(UnknownTable("10ft".into())));
    }

    #[test]
    fn ball_size_tells_the_table() {
        for kind in TableKind::ALL {
            let spec = kind.spec();
            for error in [0.98, 1.0, 1.02] {
                assert_eq!(TableKind::guess(error * spec.ball_radius / spec.length, 2.0), Some(kind));
            }
            assert_eq!(TableKind::guess(spec.ball_radius / spec.length, 1.4), None);
        }
        for share in [0.0, -1.0, f64::NAN, 0.009, 0.02, 1.0, SNOOKER_SHARE, 0.0118] {
            assert_eq!(TableKind::guess(share, 2.0), None, "{share}");
        }
    }

    #[test]
    fn rails_end_where_their_roundings_begin() {
        for kind in TableKind::ALL {
            let features = kind.spec().features();
            assert_eq!((features.rails.len(), features.jaws.len(), features.pockets.len()), (18, 12, 6));
            // Every rounding is tangent to one nose and one facing at the ends of both.
            for jaw in &features.jaws {
                let touching = features
                    .rails
                    .iter()
                    .flat_map(|rail| [rail.from, rail.to])
                    .filter(|end| ((*end - jaw.centre).length() - jaw.radius).abs() < 1e-9);
                assert_eq!(touching.count(), 2, "{kind} {jaw:?}");
            }
        }
    }
}
