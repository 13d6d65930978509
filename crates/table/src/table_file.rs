//! The file of a table, in TOML or JSON, and its checks.

use super::{
    ball_set::BallSet,
    document::{self, DocumentError},
    passage::{Passage, rounding_cut},
    table::{BallSize, ClothSpec, CushionSpec, Markings, PocketPair, PocketSpec, TableSpec},
    table_dimension::TableDimension,
    table_kind::TableName,
    text::Compact,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Games that a table may be for.
pub const GAMES: [&str; 7] = ["8-ball", "9-ball", "10-ball", "straight-pool", "blackball", "snooker", "carom"];

/// Minimum radius of the rounding between nose and facing, metres: no rubber has a sharp edge.
const MIN_JAW_RADIUS: f64 = 0.000_5;

/// Sizes and masses of the balls of a table.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BallsFile {
    /// Diameter of the object balls, metres; at most a fifth of the width of the bed.
    #[schemars(range(min = 0.01, max = 0.1))]
    diameter: f64,
    /// Mass of an object ball, kilograms.
    #[schemars(range(min = 0.001, max = 0.6))]
    mass: f64,
    /// Diameter of the cue ball, metres, if it differs; 0.7 to 1.4 times that of the object balls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cue_diameter: Option<f64>,
    /// Mass of the cue ball, kilograms, if it differs; 0.3 to 3 times that of an object ball.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cue_mass: Option<f64>,
}

/// A table as it is written in a file. Lengths are metres, masses kilograms, angles degrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableFile {
    /// Name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Names of the games that are played on the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub games: Vec<String>,
    /// Names of the ball sets that are played with on the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ball_sets: Vec<String>,
    /// Frequency of the table, relative to others that look like it.
    #[serde(default = "usual", skip_serializing_if = "is_usual")]
    #[schemars(range(min = 0.001, max = 1.0))]
    pub frequency: f64,
    /// Length of the bed, nose to nose, metres.
    #[schemars(range(min = 0.4, max = 5.0))]
    length: f64,
    /// Width of the bed, nose to nose, metres; 0.3 to 0.85 times the length.
    width: f64,
    /// Width of the cushion, nose to wood, metres.
    #[schemars(range(min = 0.01, max = 0.15))]
    cushion_width: f64,
    /// Height of the nose above the bed, metres; at least half the diameter of the largest ball, at most 0.9 times that
    /// of the smallest.
    nose_height: f64,
    /// Sizes and masses of the balls.
    balls: BallsFile,
    /// Dimensions of the pockets; a carom table has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pockets: Option<PocketPair>,
    /// Lines and spots on the cloth, and the marks on the rails.
    #[serde(default)]
    markings: Markings,
    /// Friction of the cloth until it is measured.
    #[serde(default)]
    cloth: ClothSpec,
    /// Bounce of the cushions until it is measured.
    #[serde(default)]
    cushions: CushionSpec,
}

fn usual() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_usual(frequency: &f64) -> bool {
    *frequency == usual()
}

/// Reason why a file describes no table.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TableFileError {
    /// The text is not such a file.
    #[error("not a table ({0})")]
    Format(#[from] DocumentError),
    /// A value is impossible.
    #[error("{key} is {value}: expected {expected}")]
    Value {
        /// Key of the value.
        key: String,
        /// The value.
        value: String,
        /// Values that would be right.
        expected: String,
    },
}

/// Checks values one after another and keeps the first error.
fn check(key: &str, value: f64, range: RangeInclusive<f64>, unit: &str) -> Result<(), TableFileError> {
    if range.contains(&value) {
        return Ok(());
    }
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let expected = format!("{} to {}{unit}", super::rounded(*range.start()), super::rounded(*range.end()));
    Err(TableFileError::Value { key: key.to_owned(), value: Compact(value).to_string(), expected })
}

impl TableFile {
    /// Reads a file in TOML; a byte-order mark at its beginning is ignored.
    ///
    /// # Errors
    /// The text is not such a file: a key is unknown, missing, or of another type.
    pub fn parse(text: &str) -> Result<Self, TableFileError> {
        Ok(document::from_toml(text)?)
    }

    /// Checks the values and returns the table, under this name.
    ///
    /// # Errors
    /// The first value that is impossible, with the range of possible ones.
    pub fn spec(&self, kind: TableName) -> Result<TableSpec, TableFileError> {
        let balls = &self.balls;
        let spec = TableSpec {
            kind,
            length: self.length,
            width: self.width,
            cushion_width: self.cushion_width,
            nose_height: self.nose_height,
            ball_radius: 0.5 * balls.diameter,
            ball_mass: balls.mass,
            cue_ball: BallSize {
                radius: 0.5 * balls.cue_diameter.unwrap_or(balls.diameter),
                mass: balls.cue_mass.unwrap_or(balls.mass),
            },
            pockets: self.pockets,
            markings: self.markings,
            cloth: self.cloth,
            cushions: self.cushions,
        };
        if let Some(game) = self.games.iter().find(|game| !GAMES.contains(&game.as_str())) {
            let expected = GAMES.join(", ");
            return Err(TableFileError::Value { key: "games".into(), value: format!("`{game}`"), expected });
        }
        if let Some(set) = self.ball_sets.iter().find(|set| BallSet::named(set).is_none()) {
            let expected = BallSet::names();
            return Err(TableFileError::Value { key: "ball_sets".into(), value: format!("`{set}`"), expected });
        }
        check("frequency", self.frequency, 0.001..=1.0, "")?;
        spec.check().map(|()| spec)
    }
}

impl From<&TableSpec> for TableFile {
    fn from(spec: &TableSpec) -> Self {
        let own = |cue_ball: f64, object_ball: f64| (cue_ball != object_ball).then_some(cue_ball);
        Self {
            title: String::new(),
            games: Vec::new(),
            ball_sets: Vec::new(),
            frequency: usual(),
            length: spec.length,
            width: spec.width,
            cushion_width: spec.cushion_width,
            nose_height: spec.nose_height,
            balls: BallsFile {
                diameter: 2.0 * spec.ball_radius,
                mass: spec.ball_mass,
                cue_diameter: own(2.0 * spec.cue_ball.radius, 2.0 * spec.ball_radius),
                cue_mass: own(spec.cue_ball.mass, spec.ball_mass),
            },
            pockets: spec.pockets,
            markings: spec.markings,
            cloth: spec.cloth,
            cushions: spec.cushions,
        }
    }
}

impl TableSpec {
    /// Checks that the table is possible.
    ///
    /// # Errors
    /// The first value that is not, by its key in a file, with the range of possible ones.
    pub fn check(&self) -> Result<(), TableFileError> {
        let dimension = |dimension: TableDimension| {
            let value = dimension.of(self);
            value.map_or(Ok(()), |value| check(dimension.key(), value, dimension.range(self), "metres"))
        };
        dimension(TableDimension::Length)?;
        dimension(TableDimension::Width)?;
        check("cushion_width", self.cushion_width, 0.01..=0.15, "metres")?;
        dimension(TableDimension::BallDiameter)?;
        dimension(TableDimension::CueBallDiameter)?;
        check("balls.mass", self.ball_mass, 0.001..=0.6, "kilograms")?;
        check("balls.cue_mass", self.cue_ball.mass, 0.3 * self.ball_mass..=3.0 * self.ball_mass, "kilograms")?;
        dimension(TableDimension::NoseHeight)?;
        if let Some(PocketPair { corner, side }) = &self.pockets {
            dimension(TableDimension::CornerWidth)?;
            self.check_pocket("pockets.corner", corner, 45.0, &Passage::corner(corner, self.cushion_width))?;
            dimension(TableDimension::SideWidth)?;
            self.check_pocket("pockets.side", side, 0.0, &Passage::side(side, self.cushion_width))?;
            // In the order of the features: a long nose, which a side pocket ends, and a short one.
            let noses = self.features().rails;
            let long = noses.first().map_or(0.0, |nose| nose.to.y - nose.from.y);
            let short = noses.get(4).map_or(0.0, |nose| nose.to.x - nose.from.x);
            let corner = "pockets.corner.width, pockets.corner.jaw_radius";
            let both = format!("{corner}, pockets.side.width, pockets.side.jaw_radius");
            let cushion = |rail: &str, keys: &str| format!("cushion between the pockets of a {rail} rail (by {keys})");
            let (long, short) = (super::rounded(long), super::rounded(short));
            check(&cushion("long", &both), long, 0.15 * self.length..=self.length, "metres")?;
            check(&cushion("short", corner), short, 0.3 * self.width..=self.width, "metres")?;
        }
        let Markings { baulk_line, d_radius, spots, .. } = &self.markings;
        if let Some(line) = *baulk_line {
            check("markings.baulk_line", line, 0.05 * self.length..=0.5 * self.length, "metres")?;
        }
        if let Some(radius) = *d_radius {
            let line = baulk_line.ok_or_else(|| TableFileError::Value {
                key: "markings.d_radius".to_owned(),
                value: Compact(radius).to_string(),
                expected: "a baulk_line as well".to_owned(),
            })?;
            check("markings.d_radius", radius, 0.01..=line.min(0.5 * self.width), "metres")?;
        }
        for spot in spots.distances() {
            check("markings.spots", *spot, self.ball_radius..=self.length - self.ball_radius, "metres")?;
        }
        check("cloth.sliding_friction", self.cloth.sliding_friction, 0.02..=1.0, "")?;
        check("cloth.rolling_friction", self.cloth.rolling_friction, 0.001..=0.1, "")?;
        check("cloth.spin_friction_per_radius", self.cloth.spin_friction_per_radius, 0.01..=10.0, "")?;
        check("cushions.restitution", self.cushions.restitution, 0.2..=1.0, "")?;
        check("cushions.friction", self.cushions.friction, 0.0..=1.0, "")
    }

    /// Checks all but the width of the pockets of one sort, whose facings leave the nose at `turn` degrees when they are
    /// parallel.
    fn check_pocket(&self, key: &str, pocket: &PocketSpec, turn: f64, passage: &Passage) -> Result<(), TableFileError> {
        let named = |name: &str| format!("{key}.{name}");
        let ball = 2.0 * self.ball_radius.max(self.cue_ball.radius);
        check(&named("angle"), pocket.angle, -5.0..=30.0, "degrees")?;
        check(&named("depth"), pocket.depth, 0.0..=3.0 * ball, "metres")?;
        let facing = (turn + pocket.angle).to_radians();
        // Depth behind the nose at which a rounding of radius 1 m ends.
        let depth = rounding_cut(1.0, facing) * facing.cos();
        check(&named("jaw_radius"), pocket.jaw_radius, MIN_JAW_RADIUS..=0.99 * self.cushion_width / depth, "metres")?;
        // A ball that gets past the hole would leave the table, and a hole may not reach far into the bed.
        let closing = passage.closing_radius(self.ball_radius.min(self.cue_ball.radius));
        let widest = pocket.depth + ball.max(0.5 * pocket.width);
        check(&named("radius"), pocket.radius, (0.4 * ball).max(closing)..=widest, "metres")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableKind;
    use proptest::prelude::*;

    fn nine_foot() -> TableSpec {
        TableSpec { kind: TableName::Custom, ..TableKind::NINE_FOOT.spec() }
    }

    #[test]
    fn a_table_survives_its_file() {
        for kind in TableKind::all() {
            let spec = kind.spec();
            let text = toml::to_string(&TableFile::from(&spec)).expect("TOML");
            let again = TableFile::parse(&text).and_then(|file| file.spec(spec.kind)).expect("a table");
            assert_eq!(again, spec, "{kind}: {text}");
        }
    }

    #[test]
    fn impossible_values_are_named() {
        let error = |change: fn(&mut TableSpec)| {
            let mut spec = nine_foot();
            change(&mut spec);
            spec.check().expect_err("impossible").to_string()
        };
        assert_eq!(error(|spec| spec.length = 100.0), "length is 100: expected 0.4 to 5 metres");
        assert!(error(|spec| spec.length = 0.0).starts_with("length is 0:"));
        assert!(error(|spec| spec.length = 1e300).starts_with("length is 1e300:"));
        assert!(error(|spec| spec.width = f64::NAN).starts_with("width is NaN:"));
        assert!(error(|spec| spec.ball_radius = 0.07).starts_with("balls.diameter is 0.14:"));
        assert!(error(|spec| spec.cue_ball.radius = 0.01).starts_with("balls.cue_diameter is 0.02:"));
        assert!(error(|spec| spec.nose_height = 0.06).starts_with("nose_height is 0.06:"));
        let pockets = |spec: &mut TableSpec, change: fn(&mut PocketPair)| spec.pockets.iter_mut().for_each(change);
        let of_pockets = |change: fn(&mut PocketPair)| {
            let mut spec = nine_foot();
            pockets(&mut spec, change);
            spec.check().expect_err("impossible").to_string()
        };
        assert!(of_pockets(|pair| pair.corner.width = 0.05).starts_with("pockets.corner.width is 0.05:"));
        assert!(of_pockets(|pair| pair.side.width = 1.3).starts_with("pockets.side.width is 1.3:"));
        assert!(of_pockets(|pair| pair.side.jaw_radius = 0.2).starts_with("pockets.side.jaw_radius is 0.2:"));
        let short_cushion = |spec: &mut TableSpec| {
            spec.cushion_width = 0.15;
            let wide = |corner: PocketSpec| PocketSpec { width: 0.44, jaw_radius: 0.6, radius: 0.2, ..corner };
            spec.pockets = spec.pockets.map(|pair| PocketPair { corner: wide(pair.corner), ..pair });
        };
        let words = "cushion between the pockets of a short rail (by pockets.corner.width, \
                     pockets.corner.jaw_radius) is 0.2";
        assert!(error(short_cushion).starts_with(words), "{}", error(short_cushion));
        assert!(error(|spec| spec.markings.d_radius = Some(0.3)).contains("a baulk_line as well"));
        assert!(error(|spec| spec.cloth.rolling_friction = 0.0).starts_with("cloth.rolling_friction is 0:"));
    }

    #[test]
    fn keys_that_are_wrong_unknown_or_missing_are_named_with_their_place() {
        let error = |text: &str| TableFile::parse(text).expect_err("no table").to_string();
        assert!(error("length = 2.54\nlenght = 1.0\n").contains("line 2, column 1: lenght: unknown field"));
        let wrong = error("[pockets.corner]\nwidth = \"wide\"");
        let words = "line 2, column 9: pockets.corner.width: invalid type: string \"wide\", expected f64";
        assert!(wrong.contains(words), "{wrong}");
        assert!(error("length = 2.54").contains("missing field"));
        let spots = vec![0.1; crate::MAX_SPOTS + 1];
        assert!(error(&format!("[markings]\nspots = {spots:?}")).contains("7 spots: expected at most 6"));
        let game = TableFile { games: vec!["9ball".into()], ..TableFile::from(&nine_foot()) };
        let error = game.spec(TableName::Custom).expect_err("no game").to_string();
        assert!(error.contains("games is `9ball`: expected 8-ball"), "{error}");
    }

    proptest! {
        /// Numbers of any size give a table whose features are finite, or an error.
        #[test]
        fn any_numbers_are_a_table_or_refused(values in prop::array::uniform12(prop::num::f64::ANY), scale in 0.5..2.0_f64) {
            let mut spec = nine_foot();
            let near = |value: f64, usual: f64| if value.is_finite() { usual * scale } else { value };
            (spec.length, spec.width) = (near(values[0], spec.length), near(values[1], spec.width));
            spec.ball_radius = near(values[2], spec.ball_radius);
            spec.cue_ball.radius = near(values[3], spec.cue_ball.radius);
            if let Some(pockets) = &mut spec.pockets {
                pockets.corner.width = near(values[4], pockets.corner.width);
                pockets.corner.jaw_radius = near(values[5], pockets.corner.jaw_radius);
                pockets.side.jaw_radius = values[6];
                pockets.side.angle = values[7];
            }
            if spec.check().is_ok() {
                let features = spec.features();
                let finite = |p: crate::TablePoint| p.x.is_finite() && p.y.is_finite();
                prop_assert!(features.rails.iter().all(|rail| finite(rail.from) && finite(rail.to)));
                prop_assert!(features.jaws.iter().all(|jaw| finite(jaw.centre)));
            }
        }
    }
}
