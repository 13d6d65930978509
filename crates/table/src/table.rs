//! The table: its dimensions, its balls, its markings, and its cloth and cushions.

use super::{
    TablePoint,
    table_kind::{TableKind, TableName},
};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Dimensions of the pockets of one sort.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PocketSpec {
    /// Width of the mouth between the points where the lines of the facings meet those of the noses, metres.
    pub width: f64,
    /// Angle by which the facings open, degrees; 0 where they are parallel.
    #[schemars(range(min = -5.0, max = 30.0))]
    pub angle: f64,
    /// Distance from the nose line (side) or the corner (corner) outwards to the centre of the hole, metres.
    pub depth: f64,
    /// Radius of the hole, metres.
    pub radius: f64,
    /// Radius of the rounding between nose and facing, metres.
    pub jaw_radius: f64,
}

/// Dimensions of the pockets of a table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PocketPair {
    /// Dimensions of the four corner pockets.
    pub corner: PocketSpec,
    /// Dimensions of the two side pockets.
    pub side: PocketSpec,
}

/// Size and mass of a ball.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BallSize {
    /// Radius, metres.
    pub radius: f64,
    /// Mass, kilograms.
    pub mass: f64,
}

impl BallSize {
    /// Returns the horizontal distance between the centres of two balls that lie on the cloth and touch, metres:
    /// centres of unequal balls are at different heights.
    #[inline]
    #[must_use]
    pub fn contact_distance(&self, other: &Self) -> f64 {
        // (R₁ + R₂)² − (R₁ − R₂)² = 4 R₁ R₂
        2.0 * (self.radius * other.radius).sqrt()
    }
}

/// Marks on the wood of the rails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sights {
    /// Diamonds at every eighth of the length and every quarter of the width.
    #[default]
    Diamonds,
    /// None, as on snooker tables.
    None,
}

/// Maximum number of spots on the long centre line.
pub const MAX_SPOTS: usize = 6;

/// Spots on the long centre line, by their distances from the bottom rail, metres.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Spots {
    distances: [f64; MAX_SPOTS],
    count: usize,
}

impl Spots {
    /// Returns the distances from the bottom rail, metres.
    #[must_use]
    pub fn distances(&self) -> &[f64] {
        &self.distances[..self.count]
    }

    fn scaled(mut self, by: f64) -> Self {
        self.distances.iter_mut().for_each(|distance| *distance *= by);
        self
    }
}

impl TryFrom<Vec<f64>> for Spots {
    type Error = String;

    fn try_from(given: Vec<f64>) -> Result<Self, String> {
        let mut spots = Self { count: given.len(), ..Self::default() };
        let places = spots.distances.get_mut(..given.len());
        let places = places.ok_or_else(|| format!("{} spots: expected at most {MAX_SPOTS}", given.len()))?;
        places.copy_from_slice(&given);
        Ok(spots)
    }
}

impl From<Spots> for Vec<f64> {
    fn from(spots: Spots) -> Self {
        spots.distances().to_vec()
    }
}

/// Lines and spots on the cloth, and the sights on the rails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Markings {
    /// Distance of the baulk line from the bottom rail, metres; `None` without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baulk_line: Option<f64>,
    /// Radius of the D on the baulk line, metres; `None` without one. Its ends are spots too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub d_radius: Option<f64>,
    /// Spots on the long centre line, by their distances from the bottom rail, metres.
    #[schemars(with = "Vec<f64>", length(max = MAX_SPOTS))]
    pub spots: Spots,
    /// Marks on the rails.
    pub sights: Sights,
}

impl Markings {
    /// Returns the lines and spots of a bed of another length, which is this many times as long.
    pub(crate) fn scaled(self, by: f64) -> Self {
        let scaled = |distance: f64| by * distance;
        Self {
            baulk_line: self.baulk_line.map(scaled),
            d_radius: self.d_radius.map(scaled),
            spots: self.spots.scaled(by),
            sights: self.sights,
        }
    }
}

/// Friction of a cloth until it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClothSpec {
    /// Coefficient of friction of a sliding ball.
    #[schemars(range(min = 0.02, max = 1.0))]
    pub sliding_friction: f64,
    /// Coefficient of resistance of a rolling ball.
    #[schemars(range(min = 0.001, max = 0.1))]
    pub rolling_friction: f64,
    /// Coefficient of friction of the spin about the vertical, per metre of the ball's radius.
    #[schemars(range(min = 0.01, max = 10.0))]
    pub spin_friction_per_radius: f64,
}

impl Default for ClothSpec {
    fn default() -> Self {
        Self { sliding_friction: 0.2, rolling_friction: 0.01, spin_friction_per_radius: 4.0 / 9.0 }
    }
}

/// Bounce of the cushions until it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CushionSpec {
    /// Coefficient of restitution.
    #[schemars(range(min = 0.2, max = 1.0))]
    pub restitution: f64,
    /// Coefficient of friction.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub friction: f64,
}

impl Default for CushionSpec {
    fn default() -> Self {
        Self { restitution: 0.85, friction: 0.2 }
    }
}

/// A table: its dimensions, its balls, its markings, and its cloth and cushions.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableSpec {
    /// Name of the table.
    pub kind: TableName,
    /// Length of the bed, nose to nose, metres.
    pub length: f64,
    /// Width of the bed, nose to nose, metres.
    pub width: f64,
    /// Width of the cushion, nose to wood, metres.
    pub cushion_width: f64,
    /// Height of the nose above the bed, metres.
    pub nose_height: f64,
    /// Radius of the object balls, metres.
    pub ball_radius: f64,
    /// Mass of an object ball, kilograms.
    pub ball_mass: f64,
    /// Size and mass of the cue ball.
    pub cue_ball: BallSize,
    /// Dimensions of the pockets; `None` on a carom table.
    pub pockets: Option<PocketPair>,
    /// Lines and spots on the cloth, and the sights on the rails.
    pub markings: Markings,
    /// Friction of the cloth until it is measured.
    pub cloth: ClothSpec,
    /// Bounce of the cushions until it is measured.
    pub cushions: CushionSpec,
}

impl From<TableKind> for TableSpec {
    fn from(kind: TableKind) -> Self {
        kind.spec()
    }
}

impl TableSpec {
    /// Returns a name for people: that of a shipped table, or the size of a custom one.
    #[must_use]
    pub fn title(&self) -> String {
        match self.kind {
            TableName::Shipped(kind) => kind.title().to_owned(),
            TableName::Custom => format!("custom {:.2} × {:.2} m", self.length, self.width),
        }
    }

    /// Returns whether a ball centred at `p` lies on the playing surface; `slack` metres beyond the noses are allowed.
    #[must_use]
    pub fn holds(&self, p: TablePoint, slack: f64) -> bool {
        let reach = self.ball_radius - slack;
        (reach..=self.width - reach).contains(&p.x) && (reach..=self.length - reach).contains(&p.y)
    }

    /// Returns the size and mass of the cue ball or of an object ball.
    #[must_use]
    pub fn ball(&self, is_cue_ball: bool) -> BallSize {
        if is_cue_ball { self.cue_ball } else { BallSize { radius: self.ball_radius, mass: self.ball_mass } }
    }

    /// Returns the radius of the cue ball or of the object balls, metres.
    #[must_use]
    pub fn radius(&self, is_cue_ball: bool) -> f64 {
        self.ball(is_cue_ball).radius
    }

    /// Returns the spots of the table, metres: those on the long centre line, and the ends of the D.
    pub fn spots(&self) -> impl Iterator<Item = TablePoint> + use<> {
        let Self { width, markings, .. } = *self;
        let middle = 0.5 * width;
        let on_line = (0..markings.spots.count).map(move |i| TablePoint::new(middle, markings.spots.distances[i]));
        let ends = markings.baulk_line.zip(markings.d_radius).into_iter();
        on_line.chain(
            ends.flat_map(move |(line, radius)| [middle - radius, middle + radius].map(|x| TablePoint::new(x, line))),
        )
    }

    /// Returns the horizontal distance between the centres of two balls that touch, metres, see
    /// [`BallSize::contact_distance`]. `cue_ball` says whether one of the two is the cue ball.
    #[must_use]
    pub fn contact_distance(&self, cue_ball: bool) -> f64 {
        self.ball(cue_ball).contact_distance(&self.ball(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centres_of_balls_that_touch_are_both_radii_apart() {
        let english = TableKind::named("english-7ft").expect("shipped").spec();
        let (object, cue) = (english.radius(false), english.radius(true));
        assert!(cue < object);
        assert!((english.contact_distance(true).hypot(object - cue) - (object + cue)).abs() < 1e-15);
        assert!((english.contact_distance(false) - 2.0 * object).abs() < 1e-15);
    }
}
