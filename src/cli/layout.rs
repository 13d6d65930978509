//! Layout and aim as users write them, in JSON.

use billiards_physics::PhysicsError;
use billiards_table::{BallLabel, FeatureId, ShotSettings, TableSpec, document, text::Compact};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

/// Places of the balls, and the stroke of the cue ball.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layout {
    /// The table: the name of a shipped one, or its dimensions.
    pub table: TableSpec,
    /// Places of the balls.
    pub balls: Balls,
    /// Aim and stroke of the cue.
    pub cue: Aim,
}

/// Aim and stroke of the cue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aim {
    /// Direction, degrees counter-clockwise from +x.
    pub phi: f64,
    /// Speed of the cue ball right after the strike, m/s.
    #[serde(default = "usual_speed")]
    pub speed: f64,
    /// Offset of the tip to the left of the ball's centre, ball radii.
    #[serde(default)]
    pub side: f64,
    /// Offset of the tip above the ball's centre, ball radii.
    #[serde(default)]
    pub height: f64,
    /// Elevation of the butt, degrees.
    #[serde(default)]
    pub elevation: f64,
}

fn usual_speed() -> f64 {
    ShotSettings::default().strike_speed
}

/// Permitted speeds of the cue ball, m/s.
const SPEEDS: RangeInclusive<f64> = 0.01..=15.0;
/// Permitted elevations of the butt, degrees.
const ELEVATIONS: RangeInclusive<f64> = 0.0..=89.0;

/// Balls with their places, metres, ordered by label. In JSON a map from labels to places or lists of places, or a list
/// of balls.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Balls(pub Vec<(BallLabel, [f64; 2])>);

/// Maximum number of balls in a layout: more than fit on any table would only take long to be rejected.
const MAX_BALLS: usize = 500;

/// Ball in a list.
#[derive(Deserialize)]
struct Listed {
    label: BallLabel,
    #[serde(alias = "m", alias = "position")]
    at: [f64; 2],
}

impl<'de> Deserialize<'de> for Balls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Self(mut balls) = deserializer.deserialize_any(BallsVisitor)?;
        if balls.len() > MAX_BALLS {
            let count = balls.len();
            return Err(D::Error::custom(format!("there are {count} balls, expected at most {MAX_BALLS}")));
        }
        balls.sort_by_key(|(label, _)| *label);
        Ok(Self(balls))
    }
}

struct BallsVisitor;

impl<'de> Visitor<'de> for BallsVisitor {
    type Value = Balls;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"balls like {"cue": [0.6, 0.5]} or [{"label": "cue", "at": [0.6, 0.5]}]"#)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Balls, A::Error> {
        let mut balls = Vec::new();
        // Collected in a list: a map would lose one of two equal keys.
        while let Some((label, value)) = map.next_entry::<BallLabel, Value>()? {
            let places = places(&value).ok_or_else(|| {
                let wanted = "a place [x, y] in metres, or a list of places";
                A::Error::custom(format!("ball {label} is {value}, expected {wanted}"))
            })?;
            balls.extend(places.into_iter().map(|place| (label, place)));
        }
        Ok(Balls(balls))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Balls, A::Error> {
        let mut balls = Vec::new();
        while let Some(Listed { label, at }) = list.next_element()? {
            balls.push((label, at));
        }
        Ok(Balls(balls))
    }
}

/// Parses one place or a list of places, metres.
fn places(value: &Value) -> Option<Vec<[f64; 2]>> {
    let place = |value: &Value| match &value.as_array()?[..] {
        [x, y] => Some([x.as_f64()?, y.as_f64()?]),
        _ => None,
    };
    place(value).map(|one| vec![one]).or_else(|| value.as_array()?.iter().map(place).collect())
}

impl Balls {
    /// Returns the names of the balls: their labels, with numbers if several balls have the same label.
    pub fn names(&self) -> Vec<String> {
        let mut counts: BTreeMap<BallLabel, usize> = BTreeMap::new();
        let numbered = |(label, _): &(BallLabel, [f64; 2])| {
            let count = counts.entry(*label).or_insert(0);
            *count += 1;
            let several = self.0.iter().filter(|(other, _)| other == label).count() > 1;
            if several { format!("{label} #{count}") } else { label.to_string() }
        };
        self.0.iter().map(numbered).collect()
    }

    /// Returns the index of the cue ball in the list.
    pub fn cue_ball(&self) -> Option<usize> {
        self.0.iter().position(|(label, _)| *label == BallLabel::Cue)
    }
}

impl Layout {
    /// Parses a layout and checks what can be checked without the physics.
    ///
    /// # Errors The layout is invalid; the error says in one line why.
    pub fn read(text: &str) -> Result<Self, String> {
        let layout: Self = document::from_json(text).map_err(|e| format!("not a layout ({e})"))?;
        layout.check().map_err(|why| format!("impossible layout ({why})"))?;
        Ok(layout)
    }

    fn check(&self) -> Result<(), String> {
        if self.balls.cue_ball().is_none() {
            return Err("there is no ball `cue`".to_owned());
        }
        let mut pairs = self.balls.0.windows(2);
        let twice =
            pairs.find(|pair| pair[0].0 == pair[1].0 && matches!(pair[0].0, BallLabel::Cue | BallLabel::Number(_)));
        if let Some(pair) = twice {
            return Err(format!("ball {} is given twice", pair[0].0));
        }
        let aim = &self.cue;
        for (name, value, unit, range) in [
            ("phi", aim.phi, "degrees", -1e6..=1e6),
            ("speed", aim.speed, "m/s", SPEEDS),
            ("side", aim.side, "ball radii", ShotSettings::OFFSET),
            ("height", aim.height, "ball radii", ShotSettings::OFFSET),
            ("elevation", aim.elevation, "degrees", ELEVATIONS),
        ] {
            if !range.contains(&value) {
                let (value, least, most) = (Compact(value), Compact(*range.start()), Compact(*range.end()));
                return Err(format!("{name} of the cue is {value} {unit}, expected {least} to {most}"));
            }
        }
        Ok(())
    }
}

/// Minimum movement of a ball that is reported, metres; smaller ones are mere rounding.
const MIN_REPORTED_MOVE: f64 = 1e-4;

/// Returns the distance by which a ball was moved so that nothing overlaps, millimetres; `None` if it need not be
/// reported.
pub(super) fn reported_move(metres: f64) -> Option<f64> {
    (metres >= MIN_REPORTED_MOVE).then(|| (1e5 * metres).round() / 1e2)
}

/// Describes, in the words of a layout, why a shot cannot be calculated.
pub(super) fn explain(error: &PhysicsError, names: &[String], spec: &TableSpec) -> String {
    let features = spec.features();
    let ball = |number: usize| names.get(number).map_or_else(|| "a ball".to_owned(), |name| format!("ball {name}"));
    let cushion = |feature: u8| features.words(FeatureId(feature));
    let why = error.describe(&ball, &cushion);
    if matches!(error, PhysicsError::OffTable { .. }) {
        let (r, w, l) = (spec.ball_radius.min(spec.cue_ball.radius), spec.width, spec.length);
        let range = |size: f64| format!("{:.3} to {:.3} m", r, size - r);
        return format!("{why}: expected {} across and {} along, more in the pockets' jaws", range(w), range(l));
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(balls: &str, cue: &str) -> Result<Layout, String> {
        Layout::read(&format!(r#"{{"table":"9ft","balls":{balls},"cue":{cue}}}"#))
    }

    fn balls(text: &str) -> Vec<(String, [f64; 2])> {
        let layout = read(text, r#"{"phi":90}"#).expect("a layout");
        layout.balls.names().into_iter().zip(layout.balls.0.iter().map(|(_, place)| *place)).collect()
    }

    #[test]
    fn balls_are_read_from_a_map_and_from_a_list() {
        let cue = ("cue".to_owned(), [0.6, 0.5]);
        assert_eq!(balls(r#"{"08":[0.7,1.5],"cue":[0.6,0.5]}"#), [cue.clone(), ("8".to_owned(), [0.7, 1.5])]);
        let reds = [cue, ("red #1".to_owned(), [0.1, 1.0]), ("red #2".to_owned(), [0.2, 1.0])];
        assert_eq!(balls(r#"{"cue":[0.6,0.5],"red":[[0.1,1],[0.2,1]]}"#), reds);
        assert_eq!(balls(r#"{"red":[0.1,1],"cue":[0.6,0.5],"red":[0.2,1]}"#), reds);
        let listed =
            r#"[{"label":"red","at":[0.1,1]},{"label":"cue","position":[0.6,0.5]},{"id":3,"label":"red","m":[0.2,1]}]"#;
        assert_eq!(balls(listed), reds);
    }

    #[test]
    fn what_is_no_layout_is_named() {
        let refused = |balls: &str| read(balls, r#"{"phi":90}"#).expect_err(balls);
        for (text, part) in [
            (r#"{"1":[0.5,0.5]}"#, "no ball `cue`"),
            (r#"[]"#, "no ball `cue`"),
            (r#"{"cue":[0.5,0.5],"8":[0.1,1],"08":[0.2,1]}"#, "ball 8 is given twice"),
            (r#"{"cue":[[0.5,0.5],[0.6,0.6]]}"#, "ball cue is given twice"),
            (r#"[{"label":"cue","at":[0.5,0.5]},{"label":"8","at":[0.1,1]},{"label":"08","at":[0.2,1]}]"#, "ball 8"),
            (r#"{"cue":[0.5]}"#, "ball cue is [0.5], expected a place [x, y]"),
            (r#"{"cue":"here"}"#, "ball cue is \"here\""),
            (r#"{"cue":[0.5,0.5],"16":[0.1,1]}"#, "`16` is not a ball"),
            (r#"[{"label":"cue","at":[0.5]}]"#, "line 1"),
            (r#""cue""#, "balls: invalid type: string \"cue\", expected balls like"),
        ] {
            let message = refused(text);
            assert!(message.contains(part), "{text}: {message}");
        }
        assert!(Layout::read("").expect_err("empty").contains("not a layout"));
    }

    #[test]
    fn a_wrong_table_is_named_by_its_key() {
        let refused = |table: &str| {
            let text = format!(r#"{{"table":{table},"balls":{{"cue":[0.5,0.5]}},"cue":{{"phi":0}}}}"#);
            Layout::read(&text).expect_err(table)
        };
        for (table, part) in [
            (r#"{"length":"long"}"#, "not a layout (table: length: invalid type: string \"long\", expected f64"),
            ("9", "table: 9 is not a table: expected the name of a table, or an object"),
            (r#""10ft""#, "table: `10ft` is not a table"),
        ] {
            let message = refused(table);
            assert!(message.contains(part), "{table}: {message}");
        }
    }

    #[test]
    fn an_aim_is_checked_in_its_own_units() {
        let refused = |cue: &str| read(r#"{"cue":[0.5,0.5]}"#, cue).expect_err(cue);
        for (cue, part) in [
            (r#"{"phi":0,"speed":-1}"#, "speed of the cue is -1 m/s, expected 0.01 to 15"),
            (r#"{"phi":0,"speed":1e300}"#, "speed of the cue is 1e300 m/s"),
            (r#"{"phi":0,"elevation":200}"#, "elevation of the cue is 200 degrees, expected 0 to 89"),
            (r#"{"phi":0,"side":0.9}"#, "side of the cue is 0.9 ball radii, expected -0.5 to 0.5"),
            (r#"{"phi":0,"sied":0.1}"#, "unknown field `sied`"),
            (r#"{"phi":"left"}"#, "cue.phi: invalid type: string \"left\", expected f64"),
            (r#"{}"#, "missing field `phi`"),
        ] {
            let message = refused(cue);
            assert!(message.contains(part), "{cue}: {message}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        assert!(Layout::read("\u{feff}{\"table\":\"9ft\",\"balls\":{\"cue\":[0.6,0.5]},\"cue\":{\"phi\":87}}").is_ok());
    }

    #[test]
    fn balls_have_names_in_errors() {
        let spec = billiards_table::TableKind::NINE_FOOT.spec();
        let names = ["cue", "red #1"].map(str::to_owned);
        let error = PhysicsError::Overlap { first: 0, second: 1, depth: 0.0271 };
        assert!(explain(&error, &names, &spec).starts_with("ball cue and ball red #1 overlap by 27.1 mm"));
        let error = PhysicsError::InsideCushion { ball: 1, feature: 0, depth: 0.02 };
        assert!(explain(&error, &names, &spec).starts_with("ball red #1 is 20 mm inside the left rail"));
        let error = PhysicsError::OffTable { ball: 0, position: billiards_physics::Vec2::new(0.5, 9.5) };
        let message = explain(&error, &names, &spec);
        assert!(message.contains("(0.5, 9.5) m is not on the table") && message.contains("2.511 m along"), "{message}");
    }
}
