//! `predict`: a layout and an aim in, where the balls would go out.

use super::{EXIT_USAGE, Failure};
use crate::{
    app::StagesPlugin,
    model::{
        Ball, BallClass, BallId, BallLabel, BallState, Cue, CueState, LivePrediction, TableKind, TablePoint,
        TableVector,
    },
    think::{
        prediction::{PredictionPlugin, PredictionSettings},
        world::TableWorldPlugin,
    },
};
use bevy::prelude::*;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

/// Predicts one shot: cue ball to the ghost ball, object ball, tangent line, one cushion.
///
/// The layout is JSON: {"table": "9ft", "balls": {"cue": [x, y], "1": [x, y]}, "cue": {"phi": degrees, "speed": m/s}}.
/// Metres from the corner of the playing surface, x across, y along; phi counter-clockwise from +x.
#[derive(Debug, Args)]
pub(super) struct PredictArgs {
    /// A file with the layout; `-` is standard input
    #[arg(value_name = "LAYOUT")]
    layout: PathBuf,
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
}

fn usual_speed() -> f64 {
    PredictionSettings::default().strike_speed
}

#[derive(Serialize)]
struct Answer {
    /// Which ball has which number in the prediction.
    balls: BTreeMap<u32, BallLabel>,
    prediction: crate::model::Prediction,
}

impl Layout {
    fn read(args: &PredictArgs) -> Result<Self, Failure> {
        let name = args.layout.display();
        let mut text = String::new();
        let read = if args.layout.as_os_str() == "-" {
            io::stdin().read_to_string(&mut text)
        } else {
            std::fs::read_to_string(&args.layout).map(|content| {
                text = content;
                text.len()
            })
        };
        read.map_err(|e| Failure::usage(format!("cannot read the layout ({e}): {name}")))?;
        let layout: Self =
            serde_json::from_str(&text).map_err(|e| Failure::usage(format!("not a layout ({e}): {name}")))?;
        layout.check().map_err(|reason| Failure::usage(format!("impossible layout ({reason}): {name}")))?;
        Ok(layout)
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
            if !spec.holds(*place, 1e-3) {
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
                if overlap > 1e-3 {
                    return Err(format!("balls {other} and {label} overlap by {:.1} mm", 1e3 * overlap));
                }
            }
        }
        Ok(())
    }
}

/// Runs the subcommand.
pub(super) fn run(args: &PredictArgs) -> Result<ExitCode, Failure> {
    let layout = Layout::read(args)?;
    let Some(prediction) = foresee(&layout) else {
        return Err(Failure { code: EXIT_USAGE, message: "this aim leads nowhere: the cue ball cannot move".into() });
    };
    let names = layout.balls.keys().enumerate().map(|(i, label)| (i as u32, *label)).collect();
    let text = serde_json::to_string_pretty(&Answer { balls: names, prediction }).map_err(Failure::failed)?;
    writeln!(io::stdout(), "{text}").map_err(|e| Failure::failed(format!("cannot write to standard output: {e}")))?;
    Ok(ExitCode::SUCCESS)
}

/// The prediction that the running trainer would show for this layout and aim.
fn foresee(layout: &Layout) -> Option<crate::model::Prediction> {
    let spec = layout.table.spec();
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, TransformPlugin, StagesPlugin, TableWorldPlugin, PredictionPlugin))
        .insert_resource(PredictionSettings { strike_speed: layout.cue.speed })
        .insert_resource(spec);
    app.finish();
    app.cleanup();
    for (i, (label, [x, y])) in layout.balls.iter().enumerate() {
        let ball = Ball {
            id: BallId(i as u32),
            label: *label,
            class: label.class().unwrap_or(BallClass::Other),
            position: TablePoint::new(*x, *y),
            velocity: TableVector::zero(),
            state: BallState::Resting,
            confidence: 1.0,
        };
        app.world_mut().spawn((ball, Transform::from_xyz(*x as f32, *y as f32, 0.0)));
    }
    let [x, y] = layout.balls[&BallLabel::Cue];
    let direction = TableVector::from_angle_and_length(euclid::Angle::degrees(layout.cue.phi), 1.0);
    let tip = TablePoint::new(x, y) - direction * (2.0 * spec.ball_radius);
    let cue = Cue { tip, butt: tip - direction * 1.4, direction, state: CueState::Aiming };
    app.world_mut().spawn(cue);
    // The first update builds the table; from the second on it can be asked.
    for _ in 0..3 {
        app.update();
    }
    app.world().resource::<LivePrediction>().0.clone()
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
        let layout =
            layout(r#"{"table":"9ft","balls":{"cue":[0.6,0.5],"1":[0.6,1.5]},"cue":{"phi":90}}"#).expect("fine");
        let ghost = foresee(&layout).expect("a prediction").ghost_ball.expect("a contact");
        assert!((ghost.position - TablePoint::new(0.6, 1.5 - 2.0 * 0.028_575)).length() < 1e-4);
        assert!(ghost.cut_angle < 1e-3);
    }
}
