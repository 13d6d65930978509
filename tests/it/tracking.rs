//! `track` on real clips and on a simulated game: every frame has its line, balls keep their names, projected light is
//! not a ball, and strokes are compared with the aim before them.

use crate::common::{shared, trainer};
use billiards_simulation::{Scene, SimulatedRig, SimulationOptions};
use billiards_table::{BallLabel, TableVector};
use serde_json::Value;
use std::fs;

/// Returns the lines of `track --json`; `None` if the clip is not available.
fn track(clip: &str) -> Option<Vec<Value>> {
    let clip = shared(&format!("vision/dev/videos/{clip}"))?;
    let output = trainer(&["track", "--json", clip.to_str().expect("text")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().enumerate().all(|(i, line)| line["frame"] == i), "every frame, in order");
    Some(lines)
}

fn balls(line: &Value) -> &[Value] {
    line["balls"].as_array().expect("balls")
}

fn distance(ball: &Value, x: f64, y: f64) -> f64 {
    let at = |i: usize| ball["px"][i].as_f64().expect("a number");
    (at(0) - x).hypot(at(1) - y)
}

/// Three balls are at rest while lines and ghost balls move over the cloth.
#[test]
fn projected_ghosts_are_no_balls() {
    let Some(lines) = track("billiardai_search_result1.mp4") else { return };
    assert!(lines.len() > 150);
    for line in &lines[10..] {
        let states: Vec<_> = balls(line).iter().map(|ball| &ball["state"]).collect();
        assert!(states.len() == 3 && states.iter().all(|state| *state != "moving"), "{}: {states:?}", line["frame"]);
    }
}

#[test]
fn a_struck_cue_ball_is_followed() {
    let (Some(lines), Some(truth)) =
        (track("smartcue_clip6.mp4"), shared("vision/dev/videos/smartcue_clip6_cueball.csv"))
    else {
        return;
    };
    let truth = fs::read_to_string(truth).expect("readable");
    let rows = truth.lines().skip(1).map(|row| {
        let mut cells = row.split(',').map(|cell| cell.parse::<f64>().expect("a number"));
        (cells.next().expect("frame") as usize, cells.next().expect("x"), cells.next().expect("y"))
    });
    let (mut ids, mut near, mut all) = (Vec::new(), 0, 0);
    // The first frame shows every ball for the first time: they are confirmed from the second on.
    for (frame, x, y) in rows.filter(|(frame, ..)| *frame > 0) {
        let cue = balls(&lines[frame]).iter().find(|ball| ball["label"] == "cue");
        let cue = cue.unwrap_or_else(|| panic!("frame {frame}: no cue ball"));
        ids.push(cue["id"].as_u64().expect("a number"));
        all += 1;
        near += usize::from(distance(cue, x, y) < 7.5);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one name: {ids:?}");
    assert!(near + 4 >= all, "{near} of {all} frames within half a radius");
    let kinds: Vec<_> = lines.iter().flat_map(|line| line["events"].as_array().expect("events")).collect();
    assert!(kinds.iter().any(|event| event["kind"] == "shot_started"), "{kinds:?}");
    assert!(kinds.iter().any(|event| event["kind"] == "rail_contact"), "{kinds:?}");
}

#[test]
fn balls_have_their_numbers_at_the_end() {
    let (Some(lines), Some(truth)) =
        (track("unipd_game1_clip1.mp4"), shared("vision/dev/images/unipd_game1_clip1_last.json"))
    else {
        return;
    };
    let truth: Value = serde_json::from_slice(&fs::read(truth).expect("readable")).expect("JSON");
    let last = balls(lines.last().expect("frames"));
    let misidentified: Vec<_> = truth["balls"]
        .as_array()
        .expect("balls")
        .iter()
        .filter(|ball| {
            let (x, y) = (ball["x"].as_f64().expect("x"), ball["y"].as_f64().expect("y"));
            !last
                .iter()
                .any(|seen| seen["label"] == ball["label"] && distance(seen, x, y) < ball["r"].as_f64().expect("r"))
        })
        .map(|ball| ball["label"].clone())
        .collect();
    assert!(misidentified.is_empty(), "not seen, or called otherwise: {misidentified:?}");
}

/// Stroke as it was measured by hand in the pictures of a clip, frame by frame.
struct Look {
    clip: &'static str,
    /// First frame in which the cue ball has left its place.
    frame: u64,
    /// Speed, m/s: between the first frames, and on average up to the first contact.
    speed: [f64; 2],
    /// Direction, degrees from the table's x axis.
    direction: f64,
}

/// Clips of one stroke each; the player feathers before it for up to ten seconds, sleeves and hands lie on the cloth,
/// four are breaks whose cue ball is a pale streak, and several have unevenly spaced frames.
const LOOKS: [Look; 9] = [
    Look { clip: "smartcue_clip1", frame: 33, speed: [6.8, 7.9], direction: -114.4 },
    Look { clip: "smartcue_clip2", frame: 24, speed: [2.3, 2.7], direction: -87.3 },
    Look { clip: "smartcue_clip4", frame: 18, speed: [9.8, 10.2], direction: -113.3 },
    Look { clip: "smartcue_clip5", frame: 24, speed: [1.75, 1.89], direction: 56.4 },
    Look { clip: "smartcue_clip6", frame: 58, speed: [3.2, 3.3], direction: 168.5 },
    Look { clip: "smartcue_clip7", frame: 126, speed: [3.54, 3.6], direction: -14.7 },
    Look { clip: "smartcue_clip8", frame: 18, speed: [6.8, 9.1], direction: -114.1 },
    Look { clip: "smartcue_clip10", frame: 258, speed: [1.48, 1.6], direction: 96.3 },
    Look { clip: "smartcue_clip11", frame: 124, speed: [11.4, 11.7], direction: -112.9 },
];

#[test]
fn each_clip_shows_one_stroke_by_the_cue_ball() {
    for look in LOOKS {
        let Some(lines) = track(&format!("{}.mp4", look.clip)) else { return };
        let mut labels = std::collections::HashMap::new();
        let mut strokes = Vec::new();
        for line in &lines {
            labels.extend(balls(line).iter().map(|ball| (ball["id"].as_u64(), ball["label"].clone())));
            let events = line["events"].as_array().expect("events");
            let started = events.iter().filter(|event| event["kind"] == "shot_started");
            let frame = line["frame"].as_u64().expect("a number");
            strokes.extend(started.map(|event| (frame, labels[&event["ball"].as_u64()].clone(), event.clone())));
        }
        let clip = look.clip;
        let [(frame, label, stroke)] = &strokes[..] else { panic!("{clip}: {strokes:?}") };
        assert_eq!(label, "cue", "{clip}");
        assert!(frame.abs_diff(look.frame) <= 2, "{clip}: frame {frame}");
        let number = |value: &Value| value.as_f64().expect("a number");
        let speed = number(&stroke["speed"]);
        assert!((0.9 * look.speed[0]..1.1 * look.speed[1]).contains(&speed), "{clip}: {speed} m/s");
        let direction = number(&stroke["direction"][1]).atan2(number(&stroke["direction"][0])).to_degrees();
        assert!((direction - look.direction).abs() < 1.0, "{clip}: {direction}°");
    }
}

/// Returns the distance between an angle in the output and a true direction, degrees.
fn off(angle: &Value, truth: TableVector) -> f64 {
    let turn = angle.as_f64().expect("a number") - truth.y.atan2(truth.x).to_degrees();
    ((turn + 180.0).rem_euclid(360.0) - 180.0).abs()
}

/// Aim and stroke of the simulated player are known. The recording ends while the balls still roll.
#[test]
fn a_stroke_is_compared_with_the_aim_before_it() {
    let output = trainer(&["track", "--strokes", "--json", "--seed", "5", "--frames", "260", "sim:practice"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let strokes: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [stroke] = &strokes[..] else { panic!("one stroke: {text}") };

    let mut rig = SimulatedRig::new(Scene::Practice, SimulationOptions { seed: 5, ..SimulationOptions::default() });
    let mut before = rig.truth();
    while rig.played().is_empty() {
        before = rig.truth();
        rig.step(1.0 / 30.0);
        assert!(rig.now() < 20.0, "nobody plays");
    }
    let (shot, (tip, butt)) = (&rig.played()[0], before.cue.expect("the cue is at the ball"));
    let (_, from) = *before.balls.iter().find(|(label, _)| *label == BallLabel::Cue).expect("a cue ball");
    let (line, reach) = (shot.velocity.normalize(), rig.table().contact_distance(true));
    // Distance that the cue ball rolls until it meets each ball on its line.
    let on_line = before.balls.iter().filter_map(|(label, place)| {
        let (ahead, aside) = ((*place - from).dot(line), (*place - from).cross(line).abs());
        (ahead > 0.0 && aside < reach).then(|| (*label, ahead - (reach.powi(2) - aside.powi(2)).sqrt()))
    });
    let first = on_line.min_by(|a, b| a.1.total_cmp(&b.1)).expect("a ball on the line").0.to_string();

    assert!((stroke["t"].as_f64().expect("a number") - shot.struck_at).abs() < 0.05, "{stroke}, {shot:?}");
    assert_eq!(stroke["ball"]["label"], "cue");
    let address = &stroke["address"];
    assert!(address["frames"].as_u64().is_some_and(|frames| frames >= 10), "{stroke}");
    assert!(off(&address["direction"], tip - butt) < 1.0, "{stroke}");
    assert!(address["spread"].as_f64().is_some_and(|spread| spread < 0.2), "{stroke}");
    assert!(address["offset"].as_f64().is_some_and(|offset| offset.abs() < 0.2), "{stroke}");
    for what in ["predicted", "actual"] {
        assert!(off(&stroke[what]["direction"], shot.velocity) < 1.0, "{what} in {stroke}, {shot:?}");
        assert_eq!(stroke[what]["first_ball"]["label"], first.as_str(), "{what} in {stroke}");
    }
    let difference = stroke["difference"].as_f64().expect("a number");
    let (predicted, actual) = (&stroke["predicted"]["direction"], &stroke["actual"]["direction"]);
    let expected = actual.as_f64().expect("a number") - predicted.as_f64().expect("a number");
    assert!((difference - expected).abs() < 0.01, "{stroke}");
    assert_eq!((&stroke["first_ball_right"], &stroke["ended"]), (&Value::Bool(true), &Value::Bool(false)));
}

/// The output of `track --csv` for a struck ball is valid input of `fit`.
#[test]
fn recorded_strokes_can_be_fitted() {
    let Some(clip) = shared("vision/dev/videos/smartcue_clip6.mp4") else { return };
    let output = trainer(&["track", "--csv", clip.to_str().expect("text")]);
    let tracks = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
    fs::write(tracks.path(), &output.stdout).expect("written");
    let fitted = trainer(&["fit", "--json", tracks.path().to_str().expect("text")]);
    assert!(fitted.status.success(), "{}", String::from_utf8_lossy(&fitted.stderr));
    let fitted = String::from_utf8(fitted.stdout).expect("text");
    let value: Value = serde_json::from_str(&fitted).expect("JSON");
    let estimates = value["estimates"].as_array().expect("estimates");
    let rolling =
        estimates.iter().find(|estimate| estimate["parameter"] == "rolling_friction").expect("rolling friction");
    let rolling = rolling["value"].as_f64().expect("a number");
    assert!((0.0063..0.0077).contains(&rolling), "{rolling}");
}

#[test]
fn sources_that_have_no_end_are_refused() {
    for (source, word) in [("camera:0", "cameras"), ("sim", "--frames")] {
        let output = trainer(&["track", source]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(word), "{source}");
    }
}
