//! `predict --shots FILE`: works out recorded shots and prints one JSON object a line, for the accuracy judge.

use crate::model::{FeatureId, TableKind};
use crate::think::physics::{BallMotion, Engine, EventKind, Physics, PhysicsError, Shot, Stroke, Table, Vec2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Names that the recordings give to the features of a pool table, in the order of [`crate::model::TableFeatures`].
const RAILS: [&str; 18] =
    ["3", "15", "6", "12", "18", "9", "1", "17", "8", "10", "2", "16", "7", "11", "4", "14", "5", "13"];
const JAWS: [&str; 12] = ["1t", "17t", "8t", "10t", "2t", "16t", "7t", "11t", "4t", "14t", "5t", "13t"];

/// Why recorded shots cannot be worked out.
#[derive(Debug, thiserror::Error)]
pub(super) enum PredictShotsError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no file of shots.
    #[error("{}: {source}; expected {{\"shots\": [{{\"id\", \"table\", \"balls\", \"cue\"}}, ..]}}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A shot has no ball `cue`.
    #[error("shot {0}: no ball is named `cue`")]
    NoCueBall(String),
    /// A shot cannot be.
    #[error("shot {id}: {source}")]
    Physics {
        /// The shot.
        id: String,
        /// Why.
        source: PhysicsError,
    },
    /// The result cannot be written.
    #[error("cannot write the result: {0}")]
    Write(#[from] io::Error),
}

#[derive(Deserialize)]
struct File {
    shots: Vec<Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    id: String,
    table: TableKind,
    balls: BTreeMap<String, [f64; 2]>,
    cue: CueLine,
}

/// Angles in degrees, offsets in ball radii.
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
    elapsed_us: f64,
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

/// Works out every shot of a file with the default model and writes one line a shot.
///
/// # Errors
/// See [`PredictShotsError`].
pub(super) fn predict_shots(path: &Path, out: &mut dyn Write) -> Result<(), PredictShotsError> {
    let text = std::fs::read(path).map_err(|source| PredictShotsError::Read { path: path.to_owned(), source })?;
    let file: File =
        serde_json::from_slice(&text).map_err(|source| PredictShotsError::Format { path: path.to_owned(), source })?;
    for shot in &file.shots {
        let line = predict(shot)?;
        serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn predict(recorded: &Recorded) -> Result<Line<'_>, PredictShotsError> {
    let wrong = |source| PredictShotsError::Physics { id: recorded.id.clone(), source };
    let names: Vec<&str> = recorded.balls.keys().map(String::as_str).collect();
    let cue_ball = names.iter().position(|name| *name == "cue");
    let cue_ball = cue_ball.ok_or_else(|| PredictShotsError::NoCueBall(recorded.id.clone()))?;
    let balls: Vec<_> = recorded.balls.values().map(|[x, y]| BallMotion::at_rest(Vec2::new(*x, *y))).collect();
    let engine = Engine::new(Table::from(&recorded.table.spec()), Physics::default()).map_err(wrong)?;
    let cue = &recorded.cue;
    let stroke = Stroke {
        speed: cue.speed,
        direction: cue.phi.to_radians(),
        elevation: cue.theta.to_radians(),
        side: cue.a,
        height: cue.b,
    };
    let mut shot = Shot::default();
    // The middle of a few warm runs.
    let mut times = [0.0; 9];
    for time in &mut times {
        let start = Instant::now();
        engine.shoot_into(&balls, Some((cue_ball, &stroke)), &mut shot).map_err(wrong)?;
        *time = start.elapsed().as_secs_f64() * 1e6;
    }
    times.sort_by(f64::total_cmp);
    let rests = names.iter().enumerate().filter_map(|(ball, name)| {
        let rest = shot.rest(ball)?;
        let state = if rest.pocket.is_some() { "pocketed" } else { "stationary" };
        let place = rest.state.position;
        Some((*name, RestLine { state, x: place.x, y: place.y, pocket: rest.pocket.map(|pocket| pocket.to_string()) }))
    });
    Ok(Line {
        id: &recorded.id,
        events: shot.events().iter().map(|event| event_line(event.time, event.kind, &names)).collect(),
        rest: rests.collect(),
        elapsed_us: times[times.len() / 2],
    })
}

fn event_line<'a>(t: f64, kind: EventKind, names: &[&'a str]) -> EventLine<'a> {
    let (first, second) = kind.balls();
    let mut ids: Vec<&str> = [Some(first), second].into_iter().flatten().map(|ball| names[usize::from(ball)]).collect();
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

fn pocket_name(pocket: crate::model::PocketId) -> &'static str {
    use crate::model::PocketId as P;
    match pocket {
        P::LeftBottom => "lb",
        P::LeftCentre => "lc",
        P::LeftTop => "lt",
        P::RightBottom => "rb",
        P::RightCentre => "rc",
        P::RightTop => "rt",
    }
}
