//! `track --strokes`: prints each stroke beside the aim that was shown before it.
//!
//! Everything is the product's own: the tracked cue, the [`LivePrediction`] that the overlay draws, and the events of
//! the shot. Here they are only joined.

use super::{Failure, outcome::Outcome, output, track::HOLD_TIME};
use crate::{
    rig::report::figures::thousandths,
    sense::{LatestSight, tracking::cue_slope},
    stages::PipelineSystems,
    think::{history::HistoryPlugin, prediction::PredictionPlugin},
};
use bevy::prelude::*;
use billiards_table::{
    Ball, BallId, BallLabel, Calibration, Cue, LivePrediction, Prediction, TableEvent, TableSpec, TableVector,
};
use billiards_vision::NoTable;
use serde::Serialize;
use std::collections::{HashMap, VecDeque};

/// Time before a strike in which the aims belong to its address, seconds. A single frame will not do: in the last one
/// before the strike the cue is blurred.
const ADDRESS_TIME: f64 = 0.5;

/// Compares each stroke with the aim before it, and prints a line for it once the shot is over. The shots are predicted
/// as the trainer predicts them with its default settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct StrokesPlugin {
    /// `true` to print JSON, `false` to print text for people.
    pub json: bool,
}

impl Plugin for StrokesPlugin {
    fn build(&self, app: &mut App) {
        // The history tells the prediction the player's usual speed.
        app.add_plugins((HistoryPlugin, PredictionPlugin::default()))
            .insert_resource(StrokeReport { json: self.json, ..StrokeReport::default() })
            .add_systems(Update, report_strokes.in_set(PipelineSystems::Publish))
            .add_systems(Last, report_rest.run_if(on_message::<AppExit>));
    }
}

/// Aim that is shown in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Aim {
    /// Time of the frame, seconds.
    time: f64,
    cue_ball: BallId,
    /// Direction of the cue, unit vector.
    direction: TableVector,
    /// Offset of the cue's axis to the left of the cue ball's centre, ball radii.
    offset: Option<f64>,
    /// Elevation of the cue, radians; `None` where the camera's place is unknown.
    rise: Option<f64>,
    predicted: Launch,
}

/// Start of the struck ball.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Launch {
    /// Direction off the tip, unit vector.
    direction: TableVector,
    /// First ball that it meets.
    first_ball: Option<BallId>,
}

/// A stroke and the aim before it.
#[derive(Debug, Clone, PartialEq)]
struct PlayedStroke {
    /// Time of the strike, seconds.
    struck_at: f64,
    ball: BallId,
    /// Address, and the prediction at its end; `None` if no aim at the ball was seen.
    aimed: Option<(Address, Launch)>,
    actual: Launch,
    /// `true` once all balls are at rest.
    ended: bool,
}

/// Aim in the last moments before a strike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Address {
    /// Number of frames in which the aim was shown.
    frames: usize,
    /// Mean direction of the cue, degrees.
    direction: f64,
    /// Standard deviation of the direction, degrees.
    spread: f64,
    /// Mean offset of the cue's axis to the left of the cue ball's centre, ball radii.
    offset: Option<f64>,
    /// Mean elevation of the cue, degrees; `None` where the camera's place is unknown.
    rise: Option<f64>,
}

/// Aims of the last moments, and the shot in progress.
#[derive(Debug, Default)]
struct StrokeLog {
    /// Aims, the oldest first.
    aims: VecDeque<Aim>,
    running: Option<PlayedStroke>,
}

/// State of the report.
#[derive(Resource, Default)]
struct StrokeReport {
    json: bool,
    log: StrokeLog,
    /// Labels of the balls; those that have fallen are gone when their stroke is printed.
    labels: HashMap<BallId, BallLabel>,
    /// Number of strokes printed.
    printed: usize,
    /// Reason why the newest frame shows no table.
    no_table: Option<NoTable>,
}

fn report_strokes(
    (sight, calibration, table): (Res<LatestSight>, Res<Calibration>, Res<TableSpec>),
    live: Res<LivePrediction>,
    (balls, cues): (Query<&Ball>, Query<&Cue>),
    mut events: MessageReader<TableEvent>,
    (mut report, outcome): (ResMut<StrokeReport>, Res<Outcome>),
    mut exit: MessageWriter<AppExit>,
) {
    let Some(sight) = sight.0.as_deref().filter(|_| sight.is_changed()) else { return };
    let now = sight.stamp.time.as_secs_f64();
    let report = &mut *report;
    report.no_table = sight.detections.table.err();
    report.labels.extend(balls.iter().map(|ball| (ball.id, ball.label)));
    let aimed = cues.iter().find(|cue| cue.state.is_aimed());
    if let Some((cue, prediction)) = aimed.zip(live.0.as_ref()) {
        let camera_known = calibration.camera.is_some_and(|view| view.eye.is_some());
        report.log.add_aim(Aim::new(now, cue, prediction, &table, camera_known));
    }
    for event in events.read() {
        if let Some(stroke) = report.log.take(event, now)
            && let Err(failure) = report.print(&stroke)
        {
            outcome.fail(failure, &mut exit);
        }
    }
}

/// Prints the stroke whose shot is not over when the app ends.
fn report_rest(mut report: ResMut<StrokeReport>, outcome: Res<Outcome>, mut exit: MessageWriter<AppExit>) {
    if let Some(stroke) = report.log.running.take()
        && let Err(failure) = report.print(&stroke)
    {
        outcome.fail(failure, &mut exit);
    }
    if report.printed == 0 {
        let why = report.no_table.map_or_else(String::new, |why| format!("; no table: {why}"));
        output::report(format_args!("note: no stroke was seen{why}"));
    }
}

impl Aim {
    /// Creates the aim of the frame at `time`; the elevation of the cue is estimated only if the camera's place is
    /// known: only then does it correct the direction.
    fn new(time: f64, cue: &Cue, prediction: &Prediction, table: &TableSpec, camera_known: bool) -> Self {
        Self {
            time,
            cue_ball: prediction.cue_ball,
            direction: cue.direction,
            offset: cue.offset.map(|offset| offset / table.cue_ball.radius),
            rise: camera_known.then(|| cue_slope(table, cue.tip, cue.butt - cue.tip).atan()),
            predicted: Launch {
                direction: prediction.aim,
                first_ball: prediction.ghost_ball.map(|ghost| ghost.object_ball),
            },
        }
    }
}

impl Address {
    /// Returns the address that consists of these aims; `None` if there are none.
    fn of(aims: &[Aim]) -> Option<Self> {
        let sum = aims.iter().fold(TableVector::zero(), |sum, aim| sum + aim.direction);
        let mean_direction = sum.try_normalize()?;
        let variance = mean(aims.iter().map(|aim| mean_direction.angle_to(aim.direction).radians.powi(2)))?;
        Some(Self {
            frames: aims.len(),
            direction: degrees_of(mean_direction),
            spread: thousandths(variance.sqrt().to_degrees()),
            offset: mean(aims.iter().filter_map(|aim| aim.offset)).map(thousandths),
            rise: mean(aims.iter().filter_map(|aim| aim.rise)).map(|rise| thousandths(rise.to_degrees())),
        })
    }

    fn for_people(&self) -> String {
        let offset = self.offset.map_or_else(String::new, |offset| format!(", {}", aside(offset, " R")));
        let rise = self.rise.map_or_else(String::new, |rise| format!(", rise {rise:.1}°"));
        format!("aimed at {:.2}° ± {:.2}°{offset}{rise}", self.direction, self.spread)
    }
}

impl StrokeLog {
    /// Adds the aim of the newest frame.
    fn add_aim(&mut self, aim: Aim) {
        let oldest = aim.time - ADDRESS_TIME - HOLD_TIME;
        self.aims.retain(|aim| aim.time >= oldest);
        self.aims.push_back(aim);
    }

    /// Adds an event of the frame at `now`, seconds. Returns the stroke that ends with it.
    fn take(&mut self, event: &TableEvent, now: f64) -> Option<PlayedStroke> {
        match *event {
            TableEvent::ShotStarted { ball, direction, ago, .. } => {
                let struck_at = now - ago;
                let actual = Launch { direction, first_ball: None };
                let aimed = self.aimed(ball, struck_at);
                // A shot that was still in progress has no end of its own: its balls were lost from sight.
                self.running.replace(PlayedStroke { struck_at, ball, aimed, actual, ended: false })
            }
            TableEvent::ShotEnded { direction, .. } => {
                let stroke = self.running.take()?;
                Some(PlayedStroke { actual: Launch { direction, ..stroke.actual }, ended: true, ..stroke })
            }
            _ => {
                let stroke = self.running.as_mut()?;
                let first_ball = &mut stroke.actual.first_ball;
                *first_ball = first_ball.or_else(|| event.ball_met_by(stroke.ball));
                None
            }
        }
    }

    /// Returns the address at `ball` before a strike, and the prediction at its end.
    fn aimed(&self, ball: BallId, struck_at: f64) -> Option<(Address, Launch)> {
        let address_times = struck_at - ADDRESS_TIME..=struck_at;
        let belongs = |aim: &&Aim| aim.cue_ball == ball && address_times.contains(&aim.time);
        let aims: Vec<Aim> = self.aims.iter().filter(belongs).copied().collect();
        Address::of(&aims).zip(aims.last().map(|aim| aim.predicted))
    }
}

impl StrokeReport {
    fn print(&mut self, stroke: &PlayedStroke) -> Result<(), Failure> {
        self.printed += 1;
        let line = StrokeLine::new(stroke, |id| self.labels.get(&id).copied().unwrap_or(BallLabel::Unknown));
        if self.json {
            output::print(serde_json::to_string(&line).map_err(Failure::failed)?)
        } else {
            output::print(line.for_people())
        }
    }
}

/// Output for one stroke. Directions in degrees from the table's x axis, counter-clockwise.
#[derive(Serialize)]
struct StrokeLine {
    /// Time of the strike, seconds.
    t: f64,
    ball: NamedBall,
    /// `None` if no aim at the ball was seen.
    address: Option<Address>,
    /// Prediction at the end of the address.
    predicted: Option<LaunchLine>,
    actual: LaunchLine,
    /// Actual direction minus the predicted one, degrees; positive if the ball left to the left of the prediction.
    difference: Option<f64>,
    /// `None` without a prediction, and while a ball may still be met.
    first_ball_right: Option<bool>,
    /// `true` if all balls came to rest in the recording.
    ended: bool,
}

#[derive(Serialize)]
struct LaunchLine {
    direction: f64,
    first_ball: Option<NamedBall>,
}

#[derive(Serialize)]
struct NamedBall {
    id: BallId,
    label: BallLabel,
}

impl StrokeLine {
    /// Creates the line of a stroke; `label` returns the label of a ball.
    fn new(stroke: &PlayedStroke, label: impl Fn(BallId) -> BallLabel) -> Self {
        let named = |id: BallId| NamedBall { id, label: label(id) };
        let launch = |launch: Launch| LaunchLine {
            direction: degrees_of(launch.direction),
            first_ball: launch.first_ball.map(named),
        };
        let actual = stroke.actual;
        let (address, predicted) = stroke.aimed.unzip();
        let first_ball_known = stroke.ended || actual.first_ball.is_some();
        let difference = |predicted: Launch| predicted.direction.angle_to(actual.direction).to_degrees();
        Self {
            t: thousandths(stroke.struck_at),
            ball: named(stroke.ball),
            address,
            predicted: predicted.map(launch),
            actual: launch(actual),
            difference: predicted.map(|predicted| thousandths(difference(predicted))),
            first_ball_right: predicted
                .filter(|_| first_ball_known)
                .map(|predicted| predicted.first_ball == actual.first_ball),
            ended: stroke.ended,
        }
    }

    fn for_people(&self) -> String {
        let no_ball = if self.ended { "no ball" } else { "no ball yet" };
        let mut text = format!("{:8.3} s  {}: ", self.t, self.ball.name());
        match &self.address {
            Some(address) => text += &address.for_people(),
            None => text += "no address was seen",
        }
        if let Some(predicted) = &self.predicted {
            text += &format!("; predicted {}", predicted.for_people("no ball"));
        }
        text += &format!("; went {}", self.actual.for_people(no_ball));
        if let Some(difference) = self.difference {
            text += &format!(", {}", aside(difference, "°"));
        }
        text
    }
}

impl LaunchLine {
    /// Formats direction and first ball; `no_ball` stands for a ball that is not met.
    fn for_people(&self, no_ball: &str) -> String {
        let ball = self.first_ball.as_ref().map_or_else(|| no_ball.to_owned(), NamedBall::name);
        format!("{:.2}° to {ball}", self.direction)
    }
}

impl NamedBall {
    fn name(&self) -> String {
        self.label.or_id(self.id)
    }
}

/// Formats an amount that is positive to the left.
fn aside(amount: f64, unit: &str) -> String {
    let side = if amount < 0.0 { "right" } else { "left" };
    format!("{:.2}{unit} to the {side}", amount.abs())
}

/// Returns the angle of a direction from the table's x axis, degrees.
fn degrees_of(direction: TableVector) -> f64 {
    thousandths(direction.y.atan2(direction.x).to_degrees())
}

/// Returns the mean of numbers; `None` if there are none.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then_some(sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::FeatureId;
    use serde_json::json;

    const FRAME: f64 = 0.04;
    const CUE_BALL: BallId = BallId(1);
    const RED: BallId = BallId(5);
    const BLACK: BallId = BallId(8);

    fn unit(degrees: f64) -> TableVector {
        let angle = degrees.to_radians();
        TableVector::new(angle.cos(), angle.sin())
    }

    /// Returns an aim at the cue ball along the cue, which is expected to meet the red ball.
    fn aim(time: f64, degrees: f64) -> Aim {
        Aim {
            time,
            cue_ball: CUE_BALL,
            direction: unit(degrees),
            offset: Some(0.2),
            rise: Some(2_f64.to_radians()),
            predicted: Launch { direction: unit(degrees), first_ball: Some(RED) },
        }
    }

    /// Returns a log of a cue that alternates by ±0.1° about this direction, from 0 to 2 s.
    fn addressed(degrees: f64) -> StrokeLog {
        let mut log = StrokeLog::default();
        for frame in 0..=50_u32 {
            let turn = if frame % 2 == 0 { 0.1 } else { -0.1 };
            log.add_aim(aim(f64::from(frame) * FRAME, degrees + turn));
        }
        log
    }

    fn started(degrees: f64, ago: f64) -> TableEvent {
        TableEvent::ShotStarted { ball: CUE_BALL, speed: 2.0, direction: unit(degrees), ago }
    }

    fn ended(degrees: f64) -> TableEvent {
        TableEvent::ShotEnded { duration: 3.0, speed: 2.0, direction: unit(degrees) }
    }

    fn label(id: BallId) -> BallLabel {
        match id {
            CUE_BALL => BallLabel::Cue,
            BLACK => BallLabel::Number(8),
            _ => BallLabel::Unknown,
        }
    }

    /// Plays events that are all detected at `now`, and returns the line of the one stroke that ends.
    fn play(log: &mut StrokeLog, now: f64, events: &[TableEvent]) -> StrokeLine {
        let strokes: Vec<PlayedStroke> = events.iter().filter_map(|event| log.take(event, now)).collect();
        let [stroke] = &strokes[..] else { panic!("one stroke: {strokes:?}") };
        StrokeLine::new(stroke, label)
    }

    #[test]
    fn a_stroke_is_compared_with_the_half_second_before_it() {
        let mut log = addressed(90.0);
        // The follow-through is detected before the stroke is certain.
        log.add_aim(aim(2.1, 70.0));
        let (touch, rail) = (
            TableEvent::BallContact { ball: CUE_BALL, other: RED },
            TableEvent::RailContact { ball: CUE_BALL, feature: FeatureId(2) },
        );
        let others = TableEvent::BallContact { ball: RED, other: BLACK };
        let later = TableEvent::BallContact { ball: BLACK, other: CUE_BALL };
        let line = play(&mut log, 2.2, &[started(88.0, 0.17), rail, others, touch, later, ended(89.5)]);
        let expected = json!({
            "t": 2.03,
            "ball": {"id": 1, "label": "cue"},
            "address": {"frames": 12, "direction": 90.0, "spread": 0.1, "offset": 0.2, "rise": 2.0},
            "predicted": {"direction": 90.1, "first_ball": {"id": 5, "label": "unknown"}},
            "actual": {"direction": 89.5, "first_ball": {"id": 5, "label": "unknown"}},
            "difference": -0.6,
            "first_ball_right": true,
            "ended": true,
        });
        assert_eq!(serde_json::to_value(&line).expect("JSON"), expected);
        assert_eq!(
            line.for_people(),
            "   2.030 s  cue: aimed at 90.00° ± 0.10°, 0.20 R to the left, rise 2.0°; predicted 90.10° to #5; went \
             89.50° to #5, 0.60° to the right"
        );
    }

    #[test]
    fn another_ball_or_none_is_not_the_predicted_one() {
        let other = TableEvent::BallContact { ball: BLACK, other: CUE_BALL };
        let line = play(&mut addressed(90.0), 2.1, &[started(90.0, 0.1), other, ended(90.0)]);
        assert_eq!(line.first_ball_right, Some(false));
        let line = play(&mut addressed(90.0), 2.1, &[started(90.0, 0.1), ended(90.0)]);
        assert_eq!(line.first_ball_right, Some(false));
        assert!(line.for_people().contains("went 90.00° to no ball, "), "{}", line.for_people());
    }

    #[test]
    fn directions_are_averaged_across_half_a_turn() {
        let line = play(&mut addressed(180.0), 2.03, &[started(-179.0, 0.0), ended(-179.0)]);
        let address = line.address.expect("an address");
        assert!((address.direction.abs() - 180.0).abs() < 0.01 && (address.spread - 0.1).abs() < 0.002, "{address:?}");
        // The last frame points to -179.9°.
        assert!((line.difference.expect("predicted") - 0.9).abs() < 0.002, "{:?}", line.difference);
    }

    #[test]
    fn no_address_is_invented() {
        let another = StrokeLog {
            aims: addressed(90.0).aims.into_iter().map(|aim| Aim { cue_ball: BLACK, ..aim }).collect(),
            running: None,
        };
        // Nothing was aimed, long before, or at another ball.
        for (mut log, now) in [(StrokeLog::default(), 2.1), (addressed(90.0), 2.7), (another, 2.1)] {
            let line = play(&mut log, now, &[started(45.0, 0.1), ended(45.0)]);
            assert!(line.address.is_none() && line.predicted.is_none());
            assert_eq!((line.difference, line.first_ball_right), (None, None));
            assert!(line.for_people().ends_with("s  cue: no address was seen; went 45.00° to no ball"));
        }
    }

    #[test]
    fn a_shot_without_an_end_claims_no_more_than_was_seen() {
        let mut log = addressed(90.0);
        assert_eq!(log.take(&started(90.0, 0.1), 2.1), None);
        // Its end was not seen before the next one began.
        let line = play(&mut log, 9.0, &[started(10.0, 0.1)]);
        assert_eq!((line.first_ball_right, line.ended), (None, false));
        assert!(line.for_people().contains("went 90.00° to no ball yet, "), "{}", line.for_people());
        assert!(log.running.is_some_and(|stroke| stroke.aimed.is_none()));
    }

    #[test]
    fn aims_that_no_stroke_can_belong_to_are_forgotten() {
        let mut log = StrokeLog::default();
        for frame in 0..10_000_u32 {
            log.add_aim(aim(f64::from(frame) * FRAME, 90.0));
        }
        assert!(log.aims.len() < 50, "{}", log.aims.len());
    }
}
