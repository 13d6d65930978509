//! `predict`: predicts the shot of a layout and an aim.

use super::{
    Failure,
    fit::load_physics,
    layout::{Layout, explain, reported_move},
    output,
    predict_shots::predict_shots,
};
use crate::think::prediction::imagined;
use billiards_physics::{BallMotion, Engine, Physics, PhysicsError, Snap, Vec2, settle};
use billiards_table::{
    BallId, BallLabel, BallPath, Fate, PredictedEvent, PredictedEventKind, Prediction, ShotSettings, TableVector,
};
use clap::Args;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Description of a layout for `--help`.
const LAYOUT_HELP: &str = r#"Layout, in JSON:
  {
    "table": "9ft",                    a name as of `run --table`, or an object with
                                       the keys of a file like assets/tables/9ft.toml
    "balls": {
      "cue": [0.6, 0.5],               x and y of the centre, metres
      "8": [0.7, 1.5],                 a number from 1 to 15, or a colour:
      "red": [[0.3, 1.2], [0.4, 1.2]]  one place or several
    },
    "cue": {
      "phi": 87,                       direction, degrees from +x towards +y
      "speed": 2.5,                    speed of the cue ball, m/s [default: 2]
      "side": 0.1,                     tip to the left, ball radii [default: 0]
      "height": -0.2,                  tip upwards, ball radii [default: 0]
      "elevation": 5                   elevation of the butt, degrees [default: 0]
    }
  }
Colours: red, yellow, green, brown, blue, pink, black; unknown is any ball.
The balls can also be a list:
  [{"label": "cue", "at": [0.6, 0.5]}, {"label": "red", "at": [0.3, 1.2]}]
x runs across the table and y along it, from the corner of the nose lines.
Balls that overlap each other, a rail or a jaw by no more than rounding does
are moved until they touch.

Example:
  echo '{"table":"9ft","balls":{"cue":[0.6,0.5],"8":[0.7,1.5]},"cue":{"phi":87}}' \
    | billiards-trainer predict -"#;

/// Predicts the paths of all balls of a layout from the strike of the cue ball until all are at rest: sliding, rolling,
/// spin, throw, cushions, jaws and pockets.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true, after_help = LAYOUT_HELP)]
pub(super) struct PredictArgs {
    /// File with the layout; `-` is standard input
    #[arg(value_name = "LAYOUT", required_unless_present = "shots")]
    layout: Option<PathBuf>,

    /// Print everything as JSON: {"balls": {number: label}, "prediction": {..}}; the prediction refers to balls by
    /// number
    #[arg(long)]
    json: bool,

    /// Friction and restitution of the table, as `fit --out` writes them (TOML)
    #[arg(long, value_name = "FILE", conflicts_with = "shots")]
    physics: Option<PathBuf>,

    /// Calculate a file of recorded shots instead: {"shots": [{"id", "table", "balls", "cue": {"V0", "phi", "theta",
    /// "a", "b"}}]}; prints one JSON object a line, with "error" for a shot that cannot be calculated
    #[arg(long, value_name = "FILE", conflicts_with = "layout")]
    shots: Option<PathBuf>,
}

/// Answer in JSON.
#[derive(Serialize)]
struct Answer<'a> {
    /// Labels of the balls by their numbers in the prediction.
    balls: BTreeMap<u32, BallLabel>,
    /// Maximum distance by which a ball was moved from its place in the layout, millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_mm: Option<f64>,
    prediction: &'a Prediction,
}

/// Prediction of a layout.
struct Foreseen {
    prediction: Prediction,
    /// Maximum distance by which a ball was moved, metres.
    moved: f64,
}

/// Reads a layout from a file, or from standard input.
fn read(path: &Path) -> Result<Layout, Failure> {
    let name = path.display();
    let text = if path.as_os_str() == "-" { billiards_files::read_stdin() } else { billiards_files::read(path) };
    let text = text.map_err(|e| Failure::usage(format!("cannot read the layout ({e}): {name}")))?;
    Layout::read(&text).map_err(|why| Failure::usage(format!("{why}: {name}")))
}

/// Predicts the shot of a layout; the balls are numbered by their place in it.
fn foresee(layout: &Layout, physics: Physics) -> Result<Foreseen, PhysicsError> {
    let engine = Engine::for_table(&layout.table, physics)?;
    let mut places: Vec<_> = layout.balls.0.iter().map(|(_, [x, y])| Vec2::new(*x, *y)).collect();
    let moved = settle(&engine, &mut places, layout.balls.cue_ball(), &Snap::default())?;
    let balls: Vec<_> = places.into_iter().map(BallMotion::at_rest).collect();
    let ids: Vec<_> = (0..).take(balls.len()).map(BallId).collect();
    let cue_ball = layout.balls.cue_ball().unwrap_or(balls.len());
    let settings = ShotSettings {
        strike_speed: layout.cue.speed,
        side: layout.cue.side,
        height: layout.cue.height,
        elevation: layout.cue.elevation.to_radians(),
        ..ShotSettings::default()
    };
    let direction = TableVector::from_angle_and_length(euclid::Angle::degrees(layout.cue.phi), 1.0);
    let stroke = imagined(&settings, direction, &layout.table, &physics);
    let shot = engine.shoot(&balls, cue_ball, &stroke)?;
    let none = PhysicsError::NoCueBall { ball: cue_ball, count: balls.len() };
    Ok(Foreseen { prediction: shot.prediction(&ids, cue_ball, &stroke).ok_or(none)?, moved })
}

/// Maximum number of contacts of one ball in the summary.
const MAX_CONTACTS: usize = 5;

/// Returns the summary for people: a line for each ball that moves.
fn summary(layout: &Layout, foreseen: &Foreseen) -> String {
    let names = layout.balls.names();
    let prediction = &foreseen.prediction;
    let mut lines = Vec::new();
    if let Some(moved) = reported_move(foreseen.moved) {
        lines.push(format!("note: balls were moved by up to {moved:.1} mm, so that they touch and do not overlap"));
    }
    lines.extend(prediction.paths.iter().map(|path| {
        let end = path.pieces.last().map_or(0.0, |piece| piece.end);
        let fate = match path.fate {
            Fate::Pocketed(pocket) => format!("falls into the {} at {end:.2} s", pocket.words()),
            Fate::Rests | Fate::Open => {
                let place = path.pieces.last().map(|piece| piece.end_position()).unwrap_or_default();
                format!("rests at ({:.3}, {:.3}) from {end:.2} s on", place.x, place.y)
            }
        };
        let mut parts = contacts(layout, prediction, path, &names);
        parts.push(fate);
        format!("{}: {}", name(&names, path.ball), parts.join(", "))
    }));
    let moves = |number: &usize| prediction.paths.iter().any(|path| path.ball.0 as usize == *number);
    let still: Vec<_> = (0..names.len()).filter(|number| !moves(number)).map(|i| names[i].as_str()).collect();
    if !still.is_empty() {
        lines.push(format!("not moved: {}", still.join(", ")));
    }
    lines.join("\n")
}

fn name(names: &[String], ball: BallId) -> &str {
    names.get(ball.0 as usize).map_or("?", String::as_str)
}

/// Returns the contacts of a ball along its path, in order of time.
fn contacts(layout: &Layout, prediction: &Prediction, path: &BallPath, names: &[String]) -> Vec<String> {
    let features = layout.table.features();
    let cut = |event: &PredictedEvent, other: BallId| {
        let ghost = prediction
            .ghost_ball
            .filter(|ghost| ghost.object_ball == other && (ghost.position - event.position).length() < 1e-3);
        ghost.map_or_else(String::new, |ghost| format!(" (cut {:.1}°)", ghost.cut_angle.to_degrees()))
    };
    let mut parts: Vec<String> = Vec::new();
    for event in &prediction.events {
        let what = match event.kind {
            PredictedEventKind::BallContact { ball, other } if ball == path.ball => {
                format!("hits {}{}", name(names, other), cut(event, other))
            }
            PredictedEventKind::BallContact { ball, other } if other == path.ball => {
                format!("is hit by {}", name(names, ball))
            }
            PredictedEventKind::RailContact { ball, feature } if ball == path.ball => {
                format!("meets {}", features.words(feature))
            }
            _ => continue,
        };
        parts.push(format!("{what} at {:.2} s", event.time));
    }
    if parts.len() > MAX_CONTACTS {
        let more = parts.len() - MAX_CONTACTS;
        parts.truncate(MAX_CONTACTS);
        parts.push(format!("{more} more contacts"));
    }
    parts
}

/// Runs the subcommand.
pub(super) fn run(args: &PredictArgs) -> Result<ExitCode, Failure> {
    if let Some(shots) = &args.shots {
        predict_shots(shots)?;
    }
    if let Some(path) = &args.layout {
        let layout = read(path)?;
        let physics = load_physics(args.physics.as_deref())?.of_table(&layout.table);
        let foreseen = foresee(&layout, physics).map_err(|error| {
            let why = explain(&error, &layout.balls.names(), &layout.table);
            Failure::usage(format!("impossible layout ({why}): {}", path.display()))
        })?;
        let text = if args.json {
            let labels = (0..).zip(&layout.balls.0).map(|(i, (label, _))| (i, *label)).collect();
            let moved_mm = reported_move(foreseen.moved);
            let answer = Answer { balls: labels, moved_mm, prediction: &foreseen.prediction };
            serde_json::to_string_pretty(&answer).map_err(Failure::failed)?
        } else {
            summary(&layout, &foreseen)
        };
        output::print(text)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TablePoint;

    fn layout(balls: &str, cue: &str) -> Layout {
        Layout::read(&format!(r#"{{"table":"9ft","balls":{balls},"cue":{cue}}}"#)).expect("a layout")
    }

    fn refused(balls: &str) -> String {
        let layout = layout(balls, r#"{"phi":0}"#);
        let error = foresee(&layout, Physics::default()).err().expect("refused");
        explain(&error, &layout.balls.names(), &layout.table)
    }

    #[test]
    fn impossible_layouts_say_why() {
        for (balls, part) in [
            (r#"{"cue":[0.5,0.5],"1":[0.5,0.53]}"#, "ball cue and ball 1 overlap by 27.1 mm"),
            (r#"{"cue":[0.5,2.53]}"#, "ball cue is 18.6 mm inside the top rail"),
            (r#"{"cue":[0.5,2.58]}"#, "ball cue at (0.5, 2.58) m is not on the table"),
            (r#"{"cue":[0.5,1e300]}"#, "ball cue at (0.5, 1e300) m is not on the table"),
            (r#"{"cue":[0.5,0.5],"3":[-0.02,-0.02]}"#, "ball 3 lies over the bottom left pocket"),
        ] {
            assert!(refused(balls).contains(part), "{balls}: {}", refused(balls));
        }
    }

    #[test]
    fn a_straight_shot_is_foreseen() {
        let layout = layout(r#"{"cue":[0.6,0.5],"1":[0.6,1.5],"9":[0.2,0.2]}"#, r#"{"phi":90}"#);
        let foreseen = foresee(&layout, Physics::default()).expect("a prediction");
        let ghost = foreseen.prediction.ghost_ball.expect("a contact");
        assert!((ghost.position - TablePoint::new(0.6, 1.5 - 2.0 * 0.028_575)).length() < 1e-5);
        assert!(ghost.cut_angle < 1e-3 && foreseen.moved == 0.0);
        let text = summary(&layout, &foreseen);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].starts_with("cue: hits 1 (cut 0.0°) at 0."), "{text}");
        assert!(lines[1].starts_with("1: is hit by cue at 0."), "{text}");
        assert!(lines[1].contains("meets the top rail"), "{text}");
        assert_eq!(lines.last(), Some(&"not moved: 9"));
    }

    /// Checks frozen balls whose places are rounded, balls in the jaws, and balls at the rail.
    #[test]
    fn touching_balls_are_no_overlap() {
        let rack = r#"{"cue":[0.635,0.6],"1":[0.635,1.905],"2":[0.606,1.954],"3":[0.664,1.954],"8":[0.635,2.004]}"#;
        let broken = layout(rack, r#"{"phi":90,"speed":8}"#);
        let foreseen = foresee(&broken, Physics::default()).expect("a prediction");
        assert!(foreseen.moved < 0.001 && foreseen.prediction.paths.len() == 5);
        let rail = layout(r#"{"cue":[0.028,0.6],"4":[0.01,1.27],"5":[1.2415,2]}"#, r#"{"phi":90}"#);
        let foreseen = foresee(&rail, Physics::default()).expect("a prediction");
        assert!(summary(&rail, &foreseen).starts_with("note: balls were moved by up to 0.6 mm"));
    }

    #[test]
    fn a_miscue_is_refused() {
        let layout = layout(r#"{"cue":[0.6,0.5]}"#, r#"{"phi":90,"side":0.4,"height":0.4}"#);
        let error = foresee(&layout, Physics::default()).err().expect("refused").to_string();
        assert!(error.contains("miscue") && error.contains("0.566"), "{error}");
    }
}
