//! Comparison with shots recorded with the reference, pooltool 0.6.0: `physics/shots_dev.json` of the test data, which
//! are not part of the repository.

use crate::cushion::{self, CushionContact};
use crate::params::CushionLaw;
use crate::{BallMotion, BallSize, Engine, EventKind, Physics, Shot, Stroke, Table, Vec2, Vec3};
use billiards_table::{FeatureId, MotionState, TableKind};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Returns the recordings. They must be in the folder that `BILLIARDS_TEST_DATA` names. Without that variable they are
/// read from `../shared` next to the repository; if they are not there, returns `None` and prints a message.
pub(super) fn recordings() -> Option<Value> {
    // Read at run time: checkouts that share a target folder share this binary.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let named = std::env::var_os("BILLIARDS_TEST_DATA").map(PathBuf::from);
    let usual = || Path::new(&package).join("../../../shared");
    let path = named.clone().unwrap_or_else(usual).join("physics/shots_dev.json");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).expect("the recordings are JSON")),
        Err(error) => {
            assert!(named.is_none(), "{}: {error}; BILLIARDS_TEST_DATA says that it is there", path.display());
            eprintln!("skipped: {}: {error}", path.display());
            None
        }
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn vec2(value: &Value) -> Vec2 {
    Vec2::new(number(&value[0]), number(&value[1]))
}

fn vec3(value: &Value) -> Vec3 {
    Vec3::new(number(&value[0]), number(&value[1]), number(&value[2]))
}

/// A recorded shot, ready to be repeated.
pub(super) struct Recording<'a> {
    pub value: &'a Value,
    pub names: Vec<&'a str>,
    pub engine: Engine,
    pub balls: Vec<BallMotion>,
    pub cue_ball: usize,
    pub stroke: Stroke,
}

impl<'a> Recording<'a> {
    pub fn new(value: &'a Value) -> Self {
        let table = value["table"].as_str().expect("a table");
        let kind = TableKind::named(table).expect("a known table");
        let layout = value["balls"].as_object().expect("balls");
        let names: Vec<_> = layout.keys().map(String::as_str).collect();
        let cue = &value["cue"];
        Self {
            value,
            engine: Engine::new(Table::from(&kind.spec()), Physics::default()).expect("sound"),
            balls: layout.values().map(|p| BallMotion::at_rest(vec2(p))).collect(),
            cue_ball: names.iter().position(|name| *name == "cue").expect("a cue ball"),
            stroke: Stroke {
                speed: number(&cue["V0"]),
                direction: number(&cue["phi"]).to_radians(),
                elevation: number(&cue["theta"]).to_radians(),
                side: number(&cue["a"]),
                height: number(&cue["b"]),
            },
            names,
        }
    }

    pub fn repeat(&self) -> Shot {
        self.engine.shoot(&self.balls, self.cue_ball, &self.stroke).expect("the recording can be repeated")
    }

    fn id(&self) -> &str {
        self.value["id"].as_str().expect("an id")
    }

    fn is_steady(&self) -> bool {
        self.value["stability"] != "chaotic"
    }

    /// Returns the recorded name of an event and the sorted names of its balls.
    fn describe(&self, kind: EventKind) -> (&'static str, Vec<&'a str>) {
        let name = match kind {
            EventKind::Strike { .. } => "stick_ball",
            EventKind::Balls { .. } => "ball_ball",
            EventKind::Rail { .. } => "ball_linear_cushion",
            EventKind::Jaw { .. } => "ball_circular_cushion",
            EventKind::Pocket { .. } => "ball_pocket",
            EventKind::Settled { .. } => "transition",
        };
        let (first, second) = kind.balls();
        let mut balls: Vec<_> =
            [Some(first), second].into_iter().flatten().map(|ball| self.names[usize::from(ball)]).collect();
        balls.sort_unstable();
        (name, balls)
    }
}

/// Returns the recorded events other than changes of motion, with the sorted names of their balls.
fn recorded_contacts(recording: &Value) -> impl Iterator<Item = (&str, Vec<&str>, &Value)> {
    let events = recording["events"].as_array().expect("events").iter();
    events.filter_map(|event| {
        let kind = event["type"].as_str().expect("a type");
        let contact = kind.starts_with("ball_") || kind == "stick_ball";
        let mut balls: Vec<_> = event["b"].as_object().expect("balls").keys().map(String::as_str).collect();
        balls.sort_unstable();
        contact.then_some((kind, balls, event))
    })
}

#[test]
fn every_hit_of_a_nose_is_resolved_like_the_recording() {
    let Some(file) = recordings() else { return };
    let normals = [
        ("3", Vec2::new(1.0, 0.0)),
        ("6", Vec2::new(1.0, 0.0)),
        ("12", Vec2::new(-1.0, 0.0)),
        ("15", Vec2::new(-1.0, 0.0)),
        ("18", Vec2::new(0.0, 1.0)),
        ("9", Vec2::new(0.0, -1.0)),
    ];
    let physics = Physics::default();
    let radius = 0.028_575;
    let mut hits = 0;
    for shot in file["shots"].as_array().expect("shots") {
        for event in shot["events"].as_array().expect("events") {
            if event["type"] != "ball_linear_cushion" {
                continue;
            }
            let Some((_, normal)) = normals.iter().find(|(name, _)| event["ids"][1] == *name) else {
                continue;
            };
            let (_, ball) = event["b"].as_object().expect("balls").iter().next().expect("a ball");
            let before =
                BallMotion { position: vec2(&ball["p"]), velocity: vec2(&ball["v0"]), spin: vec3(&ball["w0"]) };
            let contact = CushionContact { normal: *normal, distance: radius + 1e-6, nose_height: 0.036_576 };
            let after = cushion::bounce(
                before,
                &contact,
                CushionLaw::STRONGE,
                BallSize { radius, mass: physics.ball.mass },
                &physics,
            );
            let (dv, dw) = ((after.velocity - vec2(&ball["v1"])).length(), (after.spin - vec3(&ball["w1"])).length());
            assert!(dv <= 2e-5 && dw <= 2e-3, "{}: {dv:e} m/s, {dw:e} rad/s: {event}", shot["id"]);
            hits += 1;
        }
    }
    assert!(hits > 1000, "{hits}");
}

#[test]
fn every_contact_is_resolved_like_the_recording() {
    let Some(file) = recordings() else { return };
    let (mut checked, mut beyond) = (0, 0);
    for value in file["shots"].as_array().expect("shots") {
        let recording = Recording::new(value);
        let shot = recording.repeat();
        let mut ours = shot.events().iter().filter(|event| !matches!(event.kind, EventKind::Settled { .. }));
        let mut same = true;
        for (kind, balls, theirs) in recorded_contacts(value) {
            let event = ours.next();
            same = same && event.is_some_and(|event| recording.describe(event.kind) == (kind, balls));
            if !same {
                assert!(!recording.is_steady(), "{}: {theirs}", recording.id());
                beyond += 1;
                continue;
            }
            for change in event.into_iter().flat_map(|event| shot.changes(event)) {
                let ball = &theirs["b"][recording.names[usize::from(change.ball)]];
                let difference = |state: BallMotion, v: &str, w: &str| {
                    ((state.velocity - vec2(&ball[v])).length(), (state.spin - vec3(&ball[w])).length())
                };
                let (dv0, dw0) = difference(change.before, "v0", "w0");
                if kind != "stick_ball" && (dv0 > 2e-5 || dw0 > 2e-3) {
                    assert!(!recording.is_steady(), "{}: before {dv0:e} {dw0:e}: {theirs}", recording.id());
                    same = false;
                    continue;
                }
                let (dv1, dw1) = difference(change.after, "v1", "w1");
                let close = dv1 <= 2e-5 && dw1 <= 2e-3;
                assert!(close || !recording.is_steady(), "{}: {dv1:e} m/s, {dw1:e} rad/s: {theirs}", recording.id());
                checked += 1;
            }
        }
    }
    // The rest lies after the moment at which a break or a clustered layout diverged.
    assert!(checked > 2500 && beyond < 320, "{checked} checked, {beyond} beyond");
}

#[test]
fn every_ball_is_where_the_recording_has_it_at_any_time() {
    let Some(file) = recordings() else { return };
    let mut worst = 0.0_f64;
    for value in file["shots"].as_array().expect("shots") {
        let recording = Recording::new(value);
        if !recording.is_steady() {
            continue;
        }
        let shot = recording.repeat();
        for (ball, name) in recording.names.iter().enumerate() {
            for point in value["traj"][name].as_array().into_iter().flatten() {
                let at = shot.state(ball, number(&point[0])).expect("the ball exists");
                let recorded = Vec2::new(number(&point[1]), number(&point[2]));
                // Times are rounded to 10 µs; a fallen ball is then moved to the pocket's centre.
                let slack = 1e-5 + 2e-5 * at.velocity.length().max(1.0);
                let distance = (at.position - recorded).length();
                let about_to_fall = value["pocketed"].get(name).is_some();
                assert!(
                    distance < slack || about_to_fall && distance < 0.1,
                    "{} {name}: {distance} at {point}",
                    recording.id()
                );
                if !about_to_fall {
                    worst = worst.max(distance);
                }
            }
        }
        for (ball, name) in recording.names.iter().enumerate() {
            let rest = shot.rest(ball).expect("the ball exists");
            let theirs = &value["final"][name];
            assert_eq!(rest.pocket.map(|pocket| pocket.to_string()).as_deref(), theirs["pocket"].as_str());
            let place = Vec2::new(number(&theirs["x"]), number(&theirs["y"]));
            assert!((rest.state.position - place).length() < 1e-5, "{} {name}", recording.id());
        }
        assert!((shot.duration() - number(&value["duration_s"])).abs() < 2e-5, "{}", recording.id());
    }
    assert!(worst > 0.0 && worst < 2e-4, "{worst}");
}

#[test]
fn every_table_is_the_recorded_one() {
    let Some(file) = recordings() else { return };
    for kind in TableKind::AMERICAN {
        let table = Table::from(&kind.spec());
        let geometry = &file["meta"]["tables"][kind.to_string()]["geometry"];
        for line in geometry["linear"].as_array().expect("lines") {
            let (p1, p2) = (vec2(&line["p1"]), vec2(&line["p2"]));
            let wall = table.walls().iter().find(|wall| {
                let ends = [wall.from, wall.from + wall.along * wall.length];
                [(p1, p2), (p2, p1)]
                    .iter()
                    .any(|(a, b)| (ends[0] - *a).length() < 1e-9 && (ends[1] - *b).length() < 1e-9)
            });
            let wall = wall.expect("the wall is there");
            // The recorded line is l·x + y + c = 0, or x + c = 0 where it is upright; side 1 is where that is positive.
            let d = p2 - p1;
            let up = if d.x == 0.0 { Vec2::new(1.0, 0.0) } else { Vec2::new(-d.y / d.x, 1.0) };
            let side = line["direction"].as_i64().expect("a side");
            assert_eq!(up.dot(wall.normal) > 0.0, side == 1, "{kind} {line}");
        }
        for circle in geometry["circular"].as_array().expect("circles") {
            let centre = vec2(&circle["center"]);
            assert!(table.jaw_arcs().iter().any(|arc| (arc.centre - centre).length() < 1e-9));
        }
    }
}

#[test]
fn motions_settle_like_the_recording() {
    let Some(file) = recordings() else { return };
    let mut settled = 0;
    for value in file["shots"].as_array().expect("shots") {
        let recording = Recording::new(value);
        if !recording.is_steady() {
            continue;
        }
        let shot = recording.repeat();
        for event in value["events"].as_array().expect("events") {
            let kind = event["type"].as_str().expect("a type");
            let Some(into) = [
                ("_rolling", MotionState::Rolling),
                ("_spinning", MotionState::Spinning),
                ("_stationary", MotionState::Stationary),
            ]
            .into_iter()
            .find_map(|(end, into)| kind.ends_with(end).then_some(into)) else {
                continue;
            };
            let name = event["ids"][0].as_str().expect("a ball");
            let found = shot.events().iter().any(|ours| {
                matches!(ours.kind, EventKind::Settled { ball, into: to }
                    if recording.names[usize::from(ball)] == name && to == into)
                    && (ours.time - number(&event["t"])).abs() < 2e-5
            });
            assert!(found, "{}: {event}", recording.id());
            settled += 1;
        }
    }
    assert!(settled > 1200, "{settled}");
}

#[test]
fn names_of_features_are_unique() {
    let table = Table::from(&TableKind::NINE_FOOT.spec());
    let mut ids: Vec<FeatureId> =
        table.walls().iter().map(|wall| wall.id).chain(table.jaw_arcs().iter().map(|arc| arc.id)).collect();
    ids.sort_by_key(|id| id.0);
    ids.dedup();
    assert_eq!(ids.len(), 30);
}
