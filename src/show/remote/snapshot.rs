//! Messages that describe the world, built from it without side effects.

use crate::sense::SourceHealth;
use billiards_capture::SourceStatus;
use billiards_protocol::message::{
    AimLineData, BallData, BallSetData, CueData, FanData, GhostBallData, LikelyTableData, OddsData, PathData,
    PocketData, RestData, Scaled, SourceData, SourceState, StateData, StrikeSpeedData, TableData, TrajectoryData,
};
use billiards_table::{
    AimLine, Ball, BallLooks, BallPath, Cue, LiveOdds, LivePrediction, Opening, PredictedEvent, Prediction, ShotOdds,
    StrikeSpeed, TableLikelihood, TablePoint, TableSpec, TableVector, rounded, settings::Colour,
};
use std::{ops::Deref, time::Instant};

/// Length of the view of the table to which `scale` refers, pixels.
const VIEW_LENGTH: f64 = 3840.0;
/// Maximum distance of a path drawn with straight lines from the true one, metres.
const PATH_TOLERANCE: f64 = 0.000_5;
/// Maximum distance between two corners of a fan, metres.
const FAN_STEP: f64 = 0.1;

/// Detected properties of the table.
#[derive(Debug, Clone, Copy, Default)]
pub struct TableObservation<'a> {
    /// `true` if the camera's view of the table is known.
    pub found: bool,
    /// Colour of the cloth: red, green, blue.
    pub cloth: Option<[u8; 3]>,
    /// Ball set in use.
    pub balls: Option<&'a BallLooks>,
    /// Likeliest tables, the likeliest first.
    pub likely: &'a [TableLikelihood],
}

/// Returns the message of the table and what is on it.
#[must_use]
pub fn state<B: Deref<Target = Ball>>(
    table: &TableSpec,
    seen: &TableObservation<'_>,
    balls: impl IntoIterator<Item = B>,
    cue: Option<&Cue>,
    source: &SourceHealth,
    now: Instant,
) -> StateData {
    let mut balls: Vec<BallData> = balls.into_iter().map(|ball| ball_data(&ball, table)).collect();
    balls.sort_unstable_by_key(|ball| ball.id);
    StateData {
        balls,
        cue: cue.map(|cue| cue_data(cue, table)),
        table: table_data(table, seen),
        source: source_data(source, now),
    }
}

/// Returns the message of the prediction: its paths as lines, its speed, and its odds.
#[must_use]
pub fn trajectory(
    table: &TableSpec,
    live: &LivePrediction,
    strike: Option<StrikeSpeed>,
    odds: &LiveOdds,
) -> TrajectoryData {
    let Some(Prediction { aim, aim_line, ghost_ball, paths, events, .. }) = &live.0 else {
        return TrajectoryData::default();
    };
    TrajectoryData {
        aiming: true,
        aim: Some(pair(aim.x, aim.y)),
        ghost_ball: ghost_ball.map(|ghost| GhostBallData {
            x: rounded(ghost.position.x),
            y: rounded(ghost.position.y),
            scale: scale(table),
            object_ball: ghost.object_ball,
            cut_angle_deg: rounded(ghost.cut_angle.to_degrees()),
        }),
        paths: paths.iter().map(path_data).collect(),
        events: events.iter().map(event_data).collect(),
        aim_line: aim_line.as_ref().map(aim_line_data),
        strike_speed: strike.as_ref().map(strike_speed_data),
        odds: odds.0.as_ref().map(|odds| odds_data(odds, paths)),
    }
}

/// Returns the state of the source, and the reason if it does not run.
pub(super) fn source_state(status: &SourceStatus) -> (SourceState, Option<String>) {
    match status {
        SourceStatus::Opening => (SourceState::Opening, None),
        SourceStatus::Running => (SourceState::Running, None),
        SourceStatus::Lost { reason, retry_in } => {
            (SourceState::Lost, Some(format!("{reason}; next try in {:.1} s", retry_in.as_secs_f64())))
        }
        SourceStatus::Ended => (SourceState::Ended, None),
        SourceStatus::Failed(reason) => (SourceState::Failed, Some(reason.clone())),
    }
}

fn ball_data(ball: &Ball, table: &TableSpec) -> BallData {
    BallData {
        id: ball.id,
        label: ball.label,
        class: ball.class,
        position: point(ball.position, table),
        velocity: vector(ball.velocity, table),
        radius: table.radius(ball.is_cue_ball()),
        is_cue_ball: ball.is_cue_ball(),
        state: ball.state,
        confidence: ball.confidence,
    }
}

fn cue_data(cue: &Cue, table: &TableSpec) -> CueData {
    CueData {
        tip: point(cue.tip, table),
        butt: point(cue.butt, table),
        direction: pair(cue.direction.x, cue.direction.y),
        angle_deg: rounded(cue.direction.y.atan2(cue.direction.x).to_degrees().rem_euclid(360.0)),
        state: cue.state,
        speed: rounded(cue.speed),
    }
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    Colour { red, green, blue }.to_string()
}

fn ball_set_data(looks: &BallLooks) -> BallSetData {
    let colours = looks.colours.iter().map(|(label, colour)| (*label, hex(*colour))).collect();
    BallSetData { name: looks.set.clone(), colours }
}

fn table_data(table: &TableSpec, seen: &TableObservation<'_>) -> TableData {
    let features = table.features();
    TableData {
        kind: table.kind,
        title: table.title(),
        likely: seen.likely.iter().map(LikelyTableData::from).collect(),
        length: table.length,
        width: table.width,
        cushion_width: table.cushion_width,
        ball_radius: table.ball_radius,
        cue_ball_radius: table.cue_ball.radius,
        found: seen.found,
        cloth: seen.cloth.map(hex),
        ball_set: seen.balls.map(ball_set_data).unwrap_or_default(),
        rails: features.rails.iter().map(|r| [pair(r.from.x, r.from.y), pair(r.to.x, r.to.y)]).collect(),
        pockets: features
            .pockets
            .iter()
            .map(|p| PocketData { id: p.id, x: rounded(p.centre.x), y: rounded(p.centre.y), radius: p.radius })
            .collect(),
        spots: table.spots().map(|p| pair(p.x, p.y)).collect(),
        baulk_line: table.markings.baulk_line.map(rounded),
        d_radius: table.markings.d_radius.map(rounded),
        sights: table.markings.sights,
    }
}

fn source_data(source: &SourceHealth, now: Instant) -> SourceData {
    let (status, reason) = source_state(&source.status);
    SourceData {
        status,
        reason,
        description: source.description.clone(),
        fps: (source.fps * 10.0).round() / 10.0,
        frame_age_ms: source.age(now).map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        stale: source.is_stale(now),
    }
}

fn path_data(path: &BallPath) -> PathData {
    let points = path.polyline(PATH_TOLERANCE).into_iter().map(|p| pair(p.x, p.y)).collect();
    PathData { ball: path.ball, points, fate: path.fate }
}

fn event_data(event: &PredictedEvent) -> PredictedEvent {
    let position = TablePoint::new(rounded(event.position.x), rounded(event.position.y));
    PredictedEvent { time: rounded(event.time), position, kind: event.kind }
}

fn aim_line_data(line: &AimLine) -> AimLineData {
    AimLineData { from: pair(line.from.x, line.from.y), to: pair(line.to.x, line.to.y), target: line.target }
}

fn strike_speed_data(strike: &StrikeSpeed) -> StrikeSpeedData {
    StrikeSpeedData {
        speed: rounded(strike.speed),
        source: strike.source,
        strokes: strike.strokes,
        reason: strike.reason(),
    }
}

/// Returns the spread of the paths along a path; `None` if the runs part at once.
fn fan_data(path: &BallPath, opening: &Opening) -> Option<FanData> {
    let moments = path.pieces.iter().flat_map(|piece| {
        // The speed within a piece is at most that at one of its ends, which also holds for a ball that turns back.
        let fastest = piece.velocity.length().max((piece.velocity + piece.acceleration * piece.duration()).length());
        let parts = (fastest * piece.duration() / FAN_STEP).ceil().clamp(1.0, 64.0) as u32;
        (0..parts).map(move |i| (piece, piece.start + piece.duration() * f64::from(i) / f64::from(parts)))
    });
    let end = path.pieces.last().map(|piece| (piece, piece.end));
    let corners: Vec<[f64; 3]> = moments
        .chain(end)
        .map(|(piece, time)| (piece.at(time), opening.width_at(time)))
        .take_while(|(place, width)| place.is_finite() && width.is_finite())
        .map(|(place, width)| [rounded(place.x), rounded(place.y), rounded(width)])
        .collect();
    (corners.len() > 1).then_some(FanData { ball: path.ball, corners })
}

fn odds_data(odds: &ShotOdds, paths: &[BallPath]) -> OddsData {
    let fans = paths.iter().filter_map(|path| {
        let opening = odds.openings.iter().find(|opening| opening.ball == path.ball)?;
        fan_data(path, opening)
    });
    let rests = odds.rests.iter().map(|rest| RestData {
        ball: rest.ball,
        mean: pair(rest.mean.x, rest.mean.y),
        covariance: rest.covariance.map(|row| row.map(|value| (value * 1e9).round() / 1e9)),
        places: rest.places.iter().map(|p| pair(p.x, p.y)).collect(),
    });
    OddsData {
        runs: odds.runs,
        scratch: rounded(odds.scratch),
        pots: odds.pots.clone(),
        rests: rests.collect(),
        fans: fans.collect(),
    }
}

fn scale(table: &TableSpec) -> f64 {
    VIEW_LENGTH / table.length
}

fn point(p: TablePoint, table: &TableSpec) -> Scaled {
    vector(p.to_vector(), table)
}

fn vector(v: TableVector, table: &TableSpec) -> Scaled {
    Scaled { x: rounded(v.x), y: rounded(v.y), scale: scale(table) }
}

fn pair(x: f64, y: f64) -> [f64; 2] {
    [rounded(x), rounded(y)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{
        AimTarget, BallClass, BallId, BallLabel, BallState, CueState, Fate, GhostBall, MotionState, PathPiece,
        PocketId, PotChance, PredictedEventKind, RestSpread, SpeedSource, TableKind, TableName,
    };
    use serde_json::{Value, json};
    use std::time::Duration;

    fn ball(id: u32, label: BallLabel, x: f64, y: f64) -> Ball {
        Ball {
            id: BallId(id),
            label,
            class: label.class().unwrap_or(BallClass::Other),
            position: TablePoint::new(x, y),
            velocity: TableVector::new(0.5, -0.25),
            state: BallState::Moving,
            confidence: 0.9,
        }
    }

    fn source(status: SourceStatus, last_frame: Option<Instant>) -> SourceHealth {
        SourceHealth {
            status,
            description: "a camera".to_owned(),
            fps: 29.97,
            frames: 10,
            dropped: 1,
            last_frame,
            last_sight: last_frame,
            failures: 0,
            vision_errors: 0,
            ..SourceHealth::default()
        }
    }

    fn as_json(data: &impl serde::Serialize) -> Value {
        serde_json::to_value(data).expect("serialises")
    }

    #[test]
    fn a_state_has_the_shape_that_clients_know() {
        let table = TableKind::NINE_FOOT.spec();
        let now = Instant::now();
        let cue = Cue {
            tip: TablePoint::new(0.6, 0.4),
            butt: TablePoint::new(0.6, -0.6),
            direction: TableVector::new(0.0, 1.0),
            state: CueState::Aiming,
            speed: 0.25,
            stroke_speed: None,
            offset: None,
        };
        let balls = [ball(4, BallLabel::Number(3), 0.5, 1.9), ball(2, BallLabel::Cue, 0.635, 0.1 + 0.2)];
        let looks = BallLooks { set: "tv".to_owned(), colours: [(BallLabel::Number(3), [200, 30, 9])].into() };
        let likely = [
            TableLikelihood { kind: TableKind::NINE_FOOT, probability: 0.7216 },
            TableLikelihood { kind: TableKind::EIGHT_FOOT, probability: 0.21 },
        ];
        let seen = TableObservation { found: true, cloth: Some([20, 100, 7]), balls: Some(&looks), likely: &likely };
        let source = source(SourceStatus::Running, now.checked_sub(Duration::from_millis(40)));
        let state = as_json(&state(&table, &seen, &balls, Some(&cue), &source, now));
        let scale = 3840.0 / 2.54;
        assert_eq!(
            state["balls"][0],
            json!({
                "id": 2, "label": "cue", "class": "cue",
                "position": {"x": 0.635, "y": 0.3, "scale": scale},
                "velocity": {"x": 0.5, "y": -0.25, "scale": scale},
                "radius": 0.028_575, "is_cue_ball": true, "state": "moving", "confidence": 0.9_f32,
            })
        );
        assert_eq!(state["balls"][1]["label"], "3");
        assert_eq!(
            state["cue"],
            json!({
                "tip": {"x": 0.6, "y": 0.4, "scale": scale}, "butt": {"x": 0.6, "y": -0.6, "scale": scale},
                "direction": [0.0, 1.0], "angle_deg": 90.0, "state": "aiming", "speed": 0.25,
            })
        );
        assert_eq!(
            state["source"],
            json!({
                "status": "running", "reason": null, "description": "a camera", "fps": 30.0, "frame_age_ms": 40,
                "stale": false,
            })
        );
        let table = &state["table"];
        assert_eq!((&table["kind"], &table["found"], &table["length"]), (&json!("9ft"), &json!(true), &json!(2.54)));
        assert_eq!(table["cloth"], "#146407");
        assert_eq!(table["ball_set"], json!({"name": "tv", "colours": {"3": "#c81e09"}}));
        assert_eq!(table["rails"].as_array().map(Vec::len), Some(18));
        assert_eq!(table["rails"][4].as_array().map(Vec::len), Some(2));
        assert_eq!(table["pockets"][0]["id"], "lb");
        assert_eq!(table["pockets"].as_array().map(Vec::len), Some(6));
        assert_eq!((&table["title"], &table["cue_ball_radius"]), (&json!("American, 9 ft"), &json!(0.028_575)));
        assert_eq!(table["spots"], json!([[0.635, 0.635], [0.635, 1.27], [0.635, 1.905]]));
        assert_eq!((&table["baulk_line"], &table["sights"]), (&Value::Null, &json!("diamonds")));
        assert_eq!(
            table["likely"],
            json!([
                {"kind": "9ft", "title": "American, 9 ft", "probability": 0.722},
                {"kind": "8ft", "title": "American, 8 ft", "probability": 0.21},
            ])
        );
    }

    #[test]
    fn a_state_tells_any_table() {
        let (nothing, now) = (source(SourceStatus::Opening, None), Instant::now());
        let balls = [ball(1, BallLabel::Cue, 0.4, 0.4), ball(2, BallLabel::Number(3), 0.5, 0.9)];
        let told =
            |table: &TableSpec| as_json(&state(table, &TableObservation::default(), &balls, None, &nothing, now));
        let english = told(&TableKind::named("english-7ft").expect("shipped").spec());
        let radii = |state: &Value| [state["balls"][0]["radius"].clone(), state["balls"][1]["radius"].clone()];
        assert_eq!(radii(&english), [english["table"]["cue_ball_radius"].clone(), json!(0.0254)]);
        assert_ne!(english["table"]["cue_ball_radius"], english["table"]["ball_radius"]);

        let snooker = told(&TableKind::named("snooker-12ft").expect("shipped").spec())["table"].clone();
        assert_eq!((&snooker["baulk_line"], &snooker["d_radius"]), (&json!(0.737), &json!(0.292)));
        assert_eq!((&snooker["sights"], &snooker["spots"][4]), (&json!("none"), &json!([0.597, 0.737])));

        let carom = TableKind::named("carom-match").expect("shipped").spec();
        let carom = told(&TableSpec { kind: TableName::Custom, ..carom })["table"].clone();
        assert_eq!((&carom["kind"], &carom["title"]), (&json!("custom"), &json!("custom 2.84 × 1.42 m")));
        assert_eq!((&carom["pockets"], carom["rails"].as_array().map(Vec::len)), (&json!([]), Some(4)));
    }

    #[test]
    fn an_empty_table_is_a_state_too() {
        let nothing = source(SourceStatus::Opening, None);
        let none: [&Ball; 0] = [];
        let state = as_json(&state(
            &TableKind::SEVEN_FOOT.spec(),
            &TableObservation::default(),
            none,
            None,
            &nothing,
            Instant::now(),
        ));
        assert_eq!((&state["balls"], &state["cue"]), (&json!([]), &Value::Null));
        assert_eq!(state["source"]["frame_age_ms"], Value::Null);
    }

    #[test]
    fn a_lost_source_says_why_and_what_comes() {
        let lost = SourceStatus::Lost { reason: "unplugged".to_owned(), retry_in: Duration::from_millis(1500) };
        assert_eq!(source_state(&lost), (SourceState::Lost, Some("unplugged; next try in 1.5 s".to_owned())));
    }

    #[test]
    fn nobody_aiming_is_an_empty_trajectory() {
        let trajectory =
            as_json(&trajectory(&TableKind::NINE_FOOT.spec(), &LivePrediction(None), None, &LiveOdds(None)));
        let empty = json!({"aiming": false, "aim": null, "ghost_ball": null, "paths": [], "events": [], "aim_line": null, "strike_speed": null, "odds": null});
        assert_eq!(trajectory, empty);
    }

    #[test]
    fn a_prediction_becomes_lines() {
        let piece = PathPiece {
            start: 0.0,
            end: 2.0,
            position: TablePoint::new(0.2, 0.3),
            velocity: TableVector::new(0.1, 0.5),
            acceleration: TableVector::zero(),
            motion: MotionState::Rolling,
        };
        let live = LivePrediction(Some(Prediction {
            cue_ball: BallId(1),
            aim: TableVector::new(0.0, 1.0),
            aim_line: Some(AimLine {
                from: TablePoint::new(0.2, 0.3),
                to: TablePoint::new(0.2, 1.3),
                target: AimTarget::Ball(BallId(5)),
            }),
            ghost_ball: Some(GhostBall {
                position: TablePoint::new(0.4, 1.3),
                object_ball: BallId(5),
                cut_angle: std::f64::consts::FRAC_PI_6,
            }),
            paths: vec![BallPath { ball: BallId(1), pieces: vec![piece], fate: Fate::Pocketed(PocketId::LeftTop) }],
            events: vec![PredictedEvent {
                time: 2.0,
                position: TablePoint::new(0.4, 1.3),
                kind: PredictedEventKind::BallContact { ball: BallId(1), other: BallId(5) },
            }],
        }));
        let odds = LiveOdds(Some(ShotOdds {
            runs: 64,
            pots: vec![PotChance { ball: BallId(5), pocket: PocketId::LeftTop, chance: 0.75 }],
            scratch: 0.0,
            rests: vec![RestSpread {
                ball: BallId(1),
                mean: TablePoint::new(0.3, 0.4),
                covariance: [[1e-4, 0.0], [0.0, 2e-4]],
                places: vec![TablePoint::new(0.3, 0.4)],
            }],
            openings: vec![Opening { ball: BallId(1), widths: vec![(1.0, 0.02), (2.0, f64::INFINITY)] }],
        }));
        let strike = StrikeSpeed { speed: 3.4, source: SpeedSource::Usual, strokes: 5 };
        let trajectory = as_json(&trajectory(&TableKind::NINE_FOOT.spec(), &live, Some(strike), &odds));
        // At most a tenth of a metre apart, to the last corner before the runs part.
        let fans = trajectory["odds"]["fans"].clone();
        let corners: Vec<[f64; 3]> = serde_json::from_value(fans[0]["corners"].clone()).expect("corners");
        assert_eq!((corners[0], corners[5], corners.len()), ([0.2, 0.3, 0.0], [0.290_91, 0.754_55, 0.018_18], 11));
        let expected = json!({
            "aiming": true,
            "aim": [0.0, 1.0],
            "ghost_ball": {"x": 0.4, "y": 1.3, "scale": 3840.0 / 2.54, "object_ball": 5, "cut_angle_deg": 30.0},
            "paths": [{"ball": 1, "points": [[0.2, 0.3], [0.4, 1.3]], "fate": {"how": "pocketed", "pocket": "lt"}}],
            "events": [{"time": 2.0, "position": [0.4, 1.3], "kind": "ball_contact", "ball": 1, "other": 5}],
            "aim_line": {"from": [0.2, 0.3], "to": [0.2, 1.3], "target": {"what": "ball", "id": 5}},
            "strike_speed": {
                "speed": 3.4, "source": "usual", "strokes": 5, "reason": "usual for this player, 5 strokes",
            },
            "odds": {
                "runs": 64,
                "scratch": 0.0,
                "pots": [{"ball": 5, "pocket": "lt", "chance": 0.75}],
                "rests": [
                    {"ball": 1, "mean": [0.3, 0.4], "covariance": [[1e-4, 0.0], [0.0, 2e-4]], "places": [[0.3, 0.4]]}
                ],
                "fans": fans,
            },
        });
        assert_eq!(trajectory, expected);
    }
}
