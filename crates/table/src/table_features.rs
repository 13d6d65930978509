//! The features of a table that a ball can meet: noses, facings, jaws and pockets.

use super::{
    TablePoint,
    passage::rounding_cut,
    table::{PocketPair, TableSpec},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{f64::consts::FRAC_1_SQRT_2, fmt};

/// Number of a piece of cushion. On a table with pockets, its index in [`TableFeatures::rails`] or, from 100 on, 100
/// plus its index in [`TableFeatures::jaws`]; on one without, 0 left, 1 right, 4 bottom, 5 top.
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
    /// Straight pieces: 6 noses, then 12 facings; 4 noses on a table without pockets.
    pub rails: Vec<RailSegment>,
    /// Roundings between noses and facings, 12 in number; none on a table without pockets.
    pub jaws: Vec<Jaw>,
    /// Holes, 6 in number; none on a table without pockets.
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
    /// Returns noses, facings, jaws and pockets, after the layout of pooltool's `PocketTableSpecs`: a quarter of each
    /// is computed and mirrored.
    #[must_use]
    pub fn features(&self) -> TableFeatures {
        self.pockets.map_or_else(|| self.closed_features(), |pockets| self.open_features(&pockets))
    }

    /// Returns the four noses of a table without pockets, numbered as on other tables.
    fn closed_features(&self) -> TableFeatures {
        let [near_left, near_right, far_left, far_right] =
            [(0.0, 0.0), (self.width, 0.0), (0.0, self.length), (self.width, self.length)]
                .map(|(x, y)| TablePoint::new(x, y));
        let rails = [
            (0, near_left, far_left),
            (1, near_right, far_right),
            (4, near_left, near_right),
            (5, far_left, far_right),
        ];
        let rails = rails.map(|(id, from, to)| RailSegment { id: FeatureId(id), from, to }).to_vec();
        TableFeatures { rails, jaws: Vec::new(), pockets: Vec::new() }
    }

    /// Returns the features of a table with pockets.
    fn open_features(&self, PocketPair { corner: corner_spec, side: side_spec }: &PocketPair) -> TableFeatures {
        let (w, l, cushion) = (self.width, self.length, self.cushion_width);
        let (corner_angle, side_angle) = ((45.0 + corner_spec.angle).to_radians(), side_spec.angle.to_radians());
        let mouth = corner_spec.width * FRAC_1_SQRT_2;
        let corner_cut = rounding_cut(corner_spec.jaw_radius, corner_angle);
        let side_cut = rounding_cut(side_spec.jaw_radius, side_angle);
        let corner_end = mouth + corner_cut;
        let side_end = (l - side_spec.width) / 2.0 - side_cut;
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
            point(-cushion, (l - side_spec.width) / 2.0 + cushion * side_angle.sin()),
            point(-side_cut * side_angle.cos(), (l - side_spec.width) / 2.0 + side_cut * side_angle.sin()),
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
            (point(corner_end, -corner_spec.jaw_radius), corner_spec.jaw_radius),
            (point(-corner_spec.jaw_radius, corner_end), corner_spec.jaw_radius),
            (point(-side_spec.jaw_radius, side_end), side_spec.jaw_radius),
        ];
        let jaws = (100..)
            .zip(jaw_kinds.into_iter().flat_map(|(c, r)| quarter((c, c)).map(|(centre, _)| (centre, r))))
            .map(|(i, (centre, radius))| Jaw { id: FeatureId(i), centre, radius })
            .collect();

        let corner = point(-corner_spec.depth * FRAC_1_SQRT_2, -corner_spec.depth * FRAC_1_SQRT_2);
        let side = point(-side_spec.depth, l / 2.0);
        let pockets = [
            (PocketId::LeftBottom, corner, corner_spec.radius),
            (PocketId::LeftCentre, side, side_spec.radius),
            (PocketId::LeftTop, mirror_y(corner), corner_spec.radius),
            (PocketId::RightBottom, mirror_x(corner), corner_spec.radius),
            (PocketId::RightCentre, mirror_x(side), side_spec.radius),
            (PocketId::RightTop, mirror_x(mirror_y(corner)), corner_spec.radius),
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
    use crate::TableKind;

    #[test]
    fn features_have_names() {
        let features = TableKind::NINE_FOOT.spec().features();
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
    fn rails_end_where_their_roundings_begin() {
        for kind in TableKind::all() {
            let features = kind.spec().features();
            if features.pockets.is_empty() {
                assert_eq!((features.rails.len(), features.jaws.len()), (4, 0), "{kind}");
                continue;
            }
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
