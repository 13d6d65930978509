//! `predict`: a layout and an aim in, where the balls would go out.

use super::{Failure, fit::load_physics, predict_shots::predict_shots};
use crate::{
    model::{BallId, BallLabel, Prediction, ShotSettings, TableKind, TablePoint, TableVector},
    think::{
        physics::{BallMotion, Engine, Physics, PhysicsError, Table, Vec2},
        prediction::imagined,
    },
};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Predicts where every ball of a layout goes when the cue ball is struck, until all rest: sliding, rolling, spin,
/// throw, cushions, jaws and pockets.
///
/// The layout is JSON: {"table": "9ft", "balls": {"cue": [x, y], "1": [x, y]}, "cue": {"phi": degrees, "speed": m/s,
/// "side": radii, "height": radii, "elevation": degrees}}; of the cue only phi is needed. Metres from the corner of the
/// playing surface, x across, y along; phi counter-clockwise from +x; side to the left and height upwards, where the
/// tip meets the ball.
#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// A file with the layout; `-` is standard input
    #[arg(value_name = "LAYOUT", required_unless_present = "shots")]
    layout: Option<PathBuf>,

    /// The table's own friction and restitution, as `fit --out` writes them (TOML)
    #[arg(long, value_name = "FILE", conflicts_with = "shots")]
    physics: Option<PathBuf>,

    /// Work out a file of recorded shots instead: {"shots": [{"id", "table", "balls", "cue": {"V0", "phi", "theta", "a",
    /// "b"}}]}; prints one JSON object a line
    #[arg(long, value_name = "FILE", conflicts_with = "layout")]
    shots: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    table: TableKind,
    balls: BTreeMap<BallLabel, [f64; 2]>,
    cue: Aim,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Aim {
    /// Degrees counter-clockwise from +x.
    phi: f64,
    /// Of the cue ball when it leaves, metres a second.
    #[serde(default = "usual_speed")]
    speed: f64,
    /// Of the tip to the left of the ball's centre, ball radii.
    #[serde(default)]
    side: f64,
    /// Of the tip above the ball's centre, ball radii.
    #[serde(default)]
    height: f64,
    /// Of the butt, degrees.
    #[serde(default)]
    elevation: f64,
}

fn usual_speed() -> f64 {
    ShotSettings::default().strike_speed
}

#[derive(Serialize)]
struct Answer {
    /// Which ball has which number in the prediction.
    balls: BTreeMap<u32, BallLabel>,
    prediction: Prediction,
}

impl Layout {
    fn read(path: &PathBuf) -> Result<Self, Failure> {
        let name = path.display();
        let text = if path.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            std::fs::read_to_string(path)
        };
        let text = text.map_err(|e| Failure::usage(format!("cannot read the layout ({e}): {name}")))?;
        let layout: Self =
            serde_json::from_str(&text).map_err(|e| Failure::usage(format!("not a layout ({e}): {name}")))?;
        layout.check().map_err(|reason| Failure::usage(format!("impossible layout ({reason}): {name}")))?;
        Ok(layout)
    }

    /// Where the balls go; they are named by their place in the layout.
    fn foresee(&self, physics: Physics) -> Result<Prediction, PhysicsError> {
        let engine = Engine::new(Table::from(&self.table.spec()), physics)?;
        let balls: Vec<_> = self.balls.values().map(|[x, y]| BallMotion::at_rest(Vec2::new(*x, *y))).collect();
        let ids: Vec<_> = (0..balls.len()).map(|i| BallId(i as u32)).collect();
        let cue_ball = self.balls.keys().position(|label| *label == BallLabel::Cue).unwrap_or(balls.len());
        let settings = ShotSettings {
            strike_speed: self.cue.speed,
            side: self.cue.side,
            height: self.cue.height,
            elevation: self.cue.elevation.to_radians(),
            ..ShotSettings::default()
        };
        let direction = TableVector::from_angle_and_length(euclid::Angle::degrees(self.cue.phi), 1.0);
        let stroke = imagined(&settings, direction, &physics);
        let shot = engine.shoot(&balls, cue_ball, &stroke)?;
        shot.prediction(&ids, cue_ball, &stroke).ok_or(PhysicsError::NoCueBall { ball: cue_ball, count: balls.len() })
    }

    fn check(&self) -> Result<(), String> {
        let spec = self.table.spec();
        if !self.balls.contains_key(&BallLabel::Cue) {
            return Err("there is no ball `cue`".into());
        }
        if !self.cue.phi.is_finite() {
            return Err(format!("phi is {}; degrees are needed", self.cue.phi));
        }
        if !(self.cue.speed > 0.0 && self.cue.speed <= 15.0) {
            return Err(format!("speed is {} m/s; more than 0 and at most 15 is possible", self.cue.speed));
        }
        let places: Vec<_> = self.balls.iter().map(|(label, [x, y])| (label, TablePoint::new(*x, *y))).collect();
        for (i, (label, place)) in places.iter().enumerate() {
            if !spec.holds(*place, 0.0) {
                return Err(format!(
                    "ball {label} at ({}, {}) is not on the table: {} to {} m across and {} to {} m along is possible",
                    place.x,
                    place.y,
                    spec.ball_radius,
                    spec.width - spec.ball_radius,
                    spec.ball_radius,
                    spec.length - spec.ball_radius
                ));
            }
            for (other, there) in &places[..i] {
                let overlap = 2.0 * spec.ball_radius - (*place - *there).length();
                if overlap > 0.0 {
                    return Err(format!("balls {other} and {label} overlap by {:.1} mm", 1e3 * overlap));
                }
            }
        }
        Ok(())
    }
}

/// Runs the subcommand.
pub(super) fn run(args: &PredictArgs) -> Result<ExitCode, Failure> {
    let cannot_write = |e: io::Error| Failure::failed(format!("cannot write to standard output: {e}"));
    if let Some(shots) = &args.shots {
        let mut out = BufWriter::new(io::stdout().lock());
        predict_shots(shots, &mut out).map_err(Failure::usage)?;
        out.flush().map_err(cannot_write)?;
    }
    if let Some(path) = &args.layout {
        let layout = Layout::read(path)?;
        let prediction = layout
            .foresee(load_physics(args.physics.as_deref())?)
            .map_err(|e| Failure::usage(format!("impossible shot ({e}): {}", path.display())))?;
        let names = layout.balls.keys().enumerate().map(|(i, label)| (i as u32, *label)).collect();
        let text = serde_json::to_string_pretty(&Answer { balls: names, prediction }).map_err(Failure::failed)?;
        writeln!(io::stdout(), "{text}").map_err(cannot_write)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Result<Layout, String> {
        let layout: Layout = serde_json::from_str(text).map_err(|e| e.to_string())?;
        layout.check()?;
        Ok(layout)
    }

    #[test]
    fn impossible_layouts_say_why() {
        let refused = |text: &str| layout(text).expect_err("refused");
        assert!(refused(r#"{"table":"9ft","balls":{"1":[0.5,0.5]},"cue":{"phi":0}}"#).contains("no ball `cue`"));
        assert!(
            refused(r#"{"table":"9ft","balls":{"cue":[0.5,0.5],"1":[0.5,0.53]},"cue":{"phi":0}}"#)
                .contains("overlap by 27.1 mm")
        );
        assert!(refused(r#"{"table":"9ft","balls":{"cue":[0.5,2.53]},"cue":{"phi":0}}"#).contains("not on the table"));
        assert!(
            refused(r#"{"table":"9ft","balls":{"cue":[0.5,0.5]},"cue":{"phi":0,"speed":-1}}"#).contains("speed is -1")
        );
        assert!(refused(r#"{"table":"6ft","balls":{"cue":[0.5,0.5]},"cue":{"phi":0}}"#).contains("6ft"));
    }

    #[test]
    fn a_straight_shot_is_foreseen() {
        let text = r#"{"table":"9ft","balls":{"cue":[0.6,0.5],"1":[0.6,1.5]},"cue":{"phi":90}}"#;
        let ghost = layout(text)
            .expect("fine")
            .foresee(Physics::default())
            .expect("a prediction")
            .ghost_ball
            .expect("a contact");
        assert!((ghost.position - TablePoint::new(0.6, 1.5 - 2.0 * 0.028_575)).length() < 1e-5);
        assert!(ghost.cut_angle < 1e-3);
    }

    #[test]
    fn a_miscue_is_refused() {
        let text = r#"{"table":"9ft","balls":{"cue":[0.6,0.5]},"cue":{"phi":90,"side":0.9}}"#;
        let error = layout(text).expect("a layout").foresee(Physics::default()).expect_err("refused").to_string();
        assert!(error.contains("0.9"), "{error}");
    }
}
