//! `predict --shots FILE`: calculates recorded shots and prints one JSON object a line, for the accuracy judge.

use super::{
    Failure,
    layout::{explain, reported_move},
    output,
};
use billiards_physics::{BallMotion, Engine, EventKind, Physics, Shot, Snap, Start, Stroke, Vec2, settle};
use billiards_table::{FeatureId, TableSpec, document, text::Compact};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Instant,
};

/// Maximum size of a file of shots, bytes: hundreds of thousands of shots.
const MAX_SIZE: u64 = 100_000_000;
/// Names of the rails in the recordings, in the order of [`billiards_table::TableFeatures`].
const RAILS: [&str; 18] =
    ["3", "15", "6", "12", "18", "9", "1", "17", "8", "10", "2", "16", "7", "11", "4", "14", "5", "13"];
/// Names of the jaws in the recordings, in the order of [`billiards_table::TableFeatures`].
const JAWS: [&str; 12] = ["1t", "17t", "8t", "10t", "2t", "16t", "7t", "11t", "4t", "14t", "5t", "13t"];

#[derive(Deserialize)]
struct File {
    /// Shots, each parsed separately, so that an invalid one does not stop the others.
    shots: Vec<Value>,
}

#[derive(Deserialize)]
struct Recorded {
    id: String,
    table: TableSpec,
    balls: BTreeMap<String, [f64; 2]>,
    cue: CueLine,
}

/// Stroke of a recorded shot: angles in degrees, offsets in ball radii.
#[derive(Deserialize)]
struct CueLine {
    #[serde(rename = "V0")]
    speed: f64,
    phi: f64,
    theta: f64,
    a: f64,
    b: f64,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    events: Vec<EventLine<'a>>,
    #[serde(rename = "final")]
    rest: BTreeMap<&'a str, RestLine>,
    /// Maximum distance by which a ball was moved from its place in the shot, millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_mm: Option<f64>,
    elapsed_us: f64,
}

/// Output line of a shot that cannot be calculated.
#[derive(Serialize)]
struct ErrorLine<'a> {
    id: &'a str,
    error: &'a str,
}

#[derive(Serialize)]
struct EventLine<'a> {
    t: f64,
    #[serde(rename = "type")]
    kind: &'static str,
    ids: Vec<&'a str>,
}

#[derive(Serialize)]
struct RestLine {
    state: &'static str,
    x: f64,
    y: f64,
    pocket: Option<String>,
}

/// Calculates every shot of a file with the default model and prints one line a shot, with the error of a shot that
/// cannot be calculated.
///
/// # Errors The file is not a file of shots, standard output cannot be written, or some shots cannot be calculated.
pub(super) fn predict_shots(path: &Path) -> Result<(), Failure> {
    let name = path.display();
    let bytes = billiards_files::read_bytes(path, MAX_SIZE)
        .map_err(|e| Failure::usage(format!("cannot read the shots ({e}): {name}")))?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let file: File = serde_json::from_slice(text).map_err(|e| {
        let expected = r#"expected {"shots": [{"id", "table", "balls", "cue"}, ..]}"#;
        Failure::usage(format!("not a file of shots ({e}; {expected}): {name}"))
    })?;
    let mut first = None;
    let mut impossible = 0;
    for (id, answer) in calculate(&file.shots) {
        let line = match answer {
            Ok(line) => line,
            Err(error) => {
                impossible += 1;
                let line = serde_json::to_string(&ErrorLine { id: &id, error: &error }).map_err(Failure::failed)?;
                first.get_or_insert_with(|| format!("{id}: {error}"));
                line
            }
        };
        output::print(line)?;
    }
    let Some(first) = first else { return Ok(()) };
    let all = file.shots.len();
    Err(Failure::failed(format!("{impossible} of {all} shots cannot be calculated, the first is {first}: {name}")))
}

/// Calculates shots in order. Each result has the id of its shot, or its number if it has no id, and the line of the
/// shot or its error. A shot with the id of an earlier one is an error: their lines could not be told apart.
fn calculate(shots: &[Value]) -> impl Iterator<Item = (String, Result<String, String>)> {
    let mut ids = BTreeSet::new();
    (1..).zip(shots).map(move |(number, shot)| {
        let id = shot["id"].as_str();
        let answer = if id.is_some_and(|id| !ids.insert(id)) {
            Err("duplicate id: an earlier shot has the same".to_owned())
        } else {
            let read: Result<Recorded, String> =
                document::from_value(shot.clone()).map_err(|error| format!("not a shot ({error})"));
            read.and_then(|recorded| line(&recorded))
        };
        (id.map_or_else(|| format!("number {number}"), str::to_owned), answer)
    })
}

/// Calculates a shot and returns its line.
fn line(recorded: &Recorded) -> Result<String, String> {
    let spec = recorded.table;
    let names: Vec<String> = recorded.balls.keys().cloned().collect();
    let describe = |error| explain(&error, &names, &spec);
    let cue_ball = names.iter().position(|name| name == "cue");
    let cue_ball = cue_ball.ok_or_else(|| "no ball is named `cue`".to_owned())?;
    let theta = recorded.cue.theta;
    if !(0.0..90.0).contains(&theta) {
        return Err(format!("theta is {} degrees, expected 0 or more and less than 90", Compact(theta)));
    }
    let engine = Engine::for_table(&spec, Physics::of_table(&spec)).map_err(describe)?;
    let mut places: Vec<_> = recorded.balls.values().map(|[x, y]| Vec2::new(*x, *y)).collect();
    let moved = settle(&engine, &mut places, Some(cue_ball), &Snap::default()).map_err(describe)?;
    let balls: Vec<_> = places.into_iter().map(BallMotion::at_rest).collect();
    let cue = &recorded.cue;
    let stroke = Stroke {
        speed: cue.speed,
        direction: cue.phi.to_radians(),
        elevation: cue.theta.to_radians(),
        side: cue.a,
        height: cue.b,
    };
    let mut shot = Shot::default();
    // The median of a few warm runs.
    let mut times = [0.0; 9];
    for time in &mut times {
        let start = Instant::now();
        engine.shoot_into(&balls, Start::Strike { cue_ball, stroke: &stroke }, &mut shot).map_err(describe)?;
        *time = start.elapsed().as_secs_f64() * 1e6;
    }
    times.sort_by(f64::total_cmp);
    let rests = names.iter().enumerate().filter_map(|(ball, name)| {
        let rest = shot.rest(ball)?;
        let state = if rest.pocket.is_some() { "pocketed" } else { "stationary" };
        let place = rest.state.position;
        Some((
            name.as_str(),
            RestLine { state, x: place.x, y: place.y, pocket: rest.pocket.map(|pocket| pocket.to_string()) },
        ))
    });
    let line = Line {
        id: &recorded.id,
        events: shot.events().iter().map(|event| event_line(event.time, event.kind, &names)).collect(),
        rest: rests.collect(),
        moved_mm: reported_move(moved),
        elapsed_us: times[times.len() / 2],
    };
    serde_json::to_string(&line).map_err(|error| error.to_string())
}

fn event_line(t: f64, kind: EventKind, names: &[String]) -> EventLine<'_> {
    let (first, second) = kind.balls();
    let balls = [Some(first), second].into_iter().flatten();
    let mut ids: Vec<&str> = balls.map(|ball| names[usize::from(ball)].as_str()).collect();
    let kind = match kind {
        EventKind::Strike { .. } => "stick_ball",
        EventKind::Balls { .. } => "ball_ball",
        EventKind::Rail { feature, .. } => {
            ids.push(feature_name(feature));
            "ball_linear_cushion"
        }
        EventKind::Jaw { feature, .. } => {
            ids.push(feature_name(feature));
            "ball_circular_cushion"
        }
        EventKind::Pocket { pocket, .. } => {
            ids.push(pocket_name(pocket));
            "ball_pocket"
        }
        EventKind::Settled { .. } => "transition",
    };
    EventLine { t, kind, ids }
}

fn feature_name(id: FeatureId) -> &'static str {
    let number = usize::from(id.0);
    RAILS.get(number).or_else(|| JAWS.get(number.wrapping_sub(100))).copied().unwrap_or("?")
}

fn pocket_name(pocket: billiards_table::PocketId) -> &'static str {
    use billiards_table::PocketId as P;
    match pocket {
        P::LeftBottom => "lb",
        P::LeftCentre => "lc",
        P::LeftTop => "lt",
        P::RightBottom => "rb",
        P::RightCentre => "rc",
        P::RightTop => "rt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_accepted_once() {
        let shot =
            r#"{"id":"a","table":"9ft","balls":{"cue":[0.6,0.5]},"cue":{"V0":1,"phi":90,"theta":0,"a":0,"b":0}}"#;
        let other = shot.replace(r#""id":"a""#, r#""id":"b""#);
        let shots = [shot, shot, &other, "{}", "{}"].map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
        let answers: Vec<_> = calculate(&shots).collect();
        let ids: Vec<_> = answers.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a", "a", "b", "number 4", "number 5"]);
        assert!(answers[0].1.is_ok() && answers[2].1.is_ok(), "{answers:?}");
        assert!(answers[1].1.as_ref().is_err_and(|error| error.starts_with("duplicate id")), "{answers:?}");
        assert!(answers[3].1.as_ref().is_err_and(|error| error.contains("missing field `id`")), "{answers:?}");
    }
}
