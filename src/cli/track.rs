//! `track`: prints what happens on the table in a recording, a line a frame.

use super::{
    Failure,
    ball_set::BallSetArgs,
    corners::{CornersArgs, describe_misfit},
    outcome::Outcome,
    output, source,
    strokes::StrokesPlugin,
    table::TableArgs,
};
use crate::{
    app::stderr_log,
    calibrate::sense_and_calibrate,
    cli::signals::stop_on_signals,
    sense::{LatestSight, SenseOptions, SensePlugin, SourceHealth, tracking::TrackingPlugin},
    stages::{PipelineSystems, StagesPlugin},
    think::world::TableWorldPlugin,
};
use bevy::{app::ScheduleRunnerPlugin, log::LogPlugin, prelude::*};
use billiards_calibration::{CalibrationSetup, Profile};
use billiards_capture::{Delivery, SourceKind, SourceSpec, SourceStatus};
use billiards_table::{
    Ball, BallId, BallLabel, BallState, Calibration, CameraView, Cue, CueState, TableEvent, TablePoint, rounded,
};
use clap::Args;
use serde::Serialize;
use std::{collections::VecDeque, process::ExitCode, time::Duration};

/// Tracks the balls and the cue through a recording: every frame, none skipped, as `run` does.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct TrackArgs {
    /// A video file, a folder of pictures, or `sim` (with --frames)
    #[arg(value_name = "SOURCE")]
    source: SourceSpec,

    /// Print one JSON object a line, one for each frame: {"frame", "t": seconds, "balls": [{"id", "label", "px": [x,
    /// y], "m": [x, y], "v": [m/s, m/s], "state"}], "cue": {"tip", "butt", "state", "speed"} | null, "events":
    /// [{"kind", ..}]}; tip and butt in pixels. A stroke is reported with the frame that first shows it, "ago" seconds
    /// after the strike. A frame that cannot be read or processed has an "error", and no "t" if its time is unknown
    #[arg(long)]
    json: bool,

    /// Print the tracks that `fit` reads: t,ball,x,y, a line for each ball detected in each frame; the cue ball is
    /// `cue`, others have their numbers of `--json`
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    /// Print a line for each stroke, none for frames: the address in the half second before it, the prediction at the
    /// end of the address (with default settings), and what the ball did. With --json one JSON object for each stroke:
    /// {"t": seconds, "ball": {"id", "label"}, "address": {"frames", "direction", "spread", "offset", "rise"} | null,
    /// "predicted": {"direction", "first_ball": {"id", "label"} | null} | null, "actual": as "predicted",
    /// "difference", "first_ball_right", "ended"}. Angles in degrees, counter-clockwise; directions from the table's x
    /// axis; "spread" is the standard deviation; "offset" of the cue's axis from the ball's centre in ball radii,
    /// positive to the left; "rise" is the least that takes the cue over the nose, null where the camera's place is
    /// unknown; "difference" is the actual direction minus the predicted one; "ended" is false if the recording does
    /// not show all balls at rest again. Without an address "predicted" and what is derived from it are null
    #[arg(long, conflicts_with = "csv")]
    strokes: bool,

    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    corners: CornersArgs,

    #[command(flatten)]
    ball_set: BallSetArgs,

    /// Readout time of the camera from top to bottom of a picture (rolling shutter), milliseconds (0 to 100)
    #[arg(long, value_name = "MS", default_value_t = 0.0, value_parser = super::readout)]
    readout: f64,

    /// Frame rate of a folder of pictures, pictures a second (0.01 to 1000) [default: 2]
    #[arg(long, value_name = "RATE", value_parser = super::picture_rate)]
    fps: Option<f64>,

    /// End after this number of frames
    #[arg(long, value_name = "N", value_parser = super::count)]
    frames: Option<u64>,

    /// Seed of the simulation's random numbers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::seed)]
    seed: u64,
}

#[derive(Default, Serialize)]
struct Line {
    frame: u64,
    /// Time of the frame, seconds; `None` if it could not be read or processed.
    t: Option<f64>,
    balls: Vec<BallLine>,
    cue: Option<CueLine>,
    events: Vec<TableEvent>,
    /// Reason why there are no data of this frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct BallLine {
    id: BallId,
    label: BallLabel,
    px: [f64; 2],
    m: [f64; 2],
    v: [f64; 2],
    state: BallState,
}

#[derive(Serialize)]
struct CueLine {
    tip: [f64; 2],
    butt: [f64; 2],
    state: CueState,
    /// Speed of the tip along the cue's line, m/s.
    speed: f64,
}

/// Format of the output lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Format {
    #[default]
    People,
    Json,
    Csv,
    /// No lines: the strokes are printed instead.
    None,
}

/// Time for which a line is held back, seconds: a stroke is confirmed late, and reported in the line of the frame that
/// first shows it.
pub(super) const HOLD_TIME: f64 = 1.0;

/// State of the report.
#[derive(Resource, Default)]
struct Report {
    format: Format,
    /// Number of the frame that is expected next.
    next: u64,
    /// Set if the source has an end of its own and is tracked to it.
    whole: bool,
    /// Number of frames of another size than those that the corners of the command line are for.
    misfits: u64,
    /// Lines that are not printed yet.
    held: VecDeque<Line>,
}

impl Report {
    /// Adds lines for the frames up to `until` that could not be read or processed, and then this one. Prints the lines
    /// that are complete.
    fn take(&mut self, until: u64, line: Option<Line>) -> Result<(), Failure> {
        self.held.extend((self.next..until).map(Line::unseen));
        self.next = self.next.max(until);
        let Some(mut line) = line else { return Ok(()) };
        self.next = line.frame + 1;
        let now = line.t.unwrap_or(f64::INFINITY);
        let strokes = line.events.extract_if(.., |event| matches!(event, TableEvent::ShotStarted { .. }));
        let strokes: Vec<TableEvent> = strokes.collect();
        self.held.push_back(line);
        strokes.into_iter().for_each(|stroke| self.date_back(stroke, now));
        while self.held.front().is_some_and(|first| first.t.is_none_or(|t| now - t > HOLD_TIME)) {
            self.print_first()?;
        }
        Ok(())
    }

    /// Adds a stroke, confirmed at `now`, to the line of the frame that first shows it.
    fn date_back(&mut self, stroke: TableEvent, now: f64) {
        let TableEvent::ShotStarted { ball, speed, direction, ago } = stroke else { return };
        let struck_at = now - ago;
        let shows = |line: &&mut Line| line.t.is_some_and(|t| t >= struck_at);
        if let Some(line) = self.held.iter_mut().find(shows) {
            let ago = line.t.map_or(ago, |t| t - struck_at);
            line.events.insert(0, TableEvent::ShotStarted { ball, speed, direction, ago });
        }
    }

    /// Prints all lines that are held back.
    fn flush(&mut self) -> Result<(), Failure> {
        while !self.held.is_empty() {
            self.print_first()?;
        }
        Ok(())
    }

    fn print_first(&mut self) -> Result<(), Failure> {
        let Some(line) = self.held.pop_front() else { return Ok(()) };
        let text = match self.format {
            Format::Json => serde_json::to_string(&line).map_err(Failure::failed)?,
            Format::Csv => line.csv(),
            Format::People => line.for_people(),
            Format::None => String::new(),
        };
        if text.is_empty() { Ok(()) } else { output::print(text) }
    }
}

impl TrackArgs {
    fn format(&self) -> Format {
        match (self.strokes, self.json, self.csv) {
            (true, ..) => Format::None,
            (_, true, _) => Format::Json,
            (_, _, true) => Format::Csv,
            _ => Format::People,
        }
    }
}

/// Runs the subcommand.
pub(super) fn run(args: &TrackArgs) -> Result<ExitCode, Failure> {
    match args.source.kind() {
        SourceKind::Recorded => {}
        SourceKind::Simulated if args.frames.is_some() => {}
        SourceKind::Simulated => {
            return Err(Failure::usage("the simulation has no end: --frames N ends it"));
        }
        SourceKind::Live => {
            return Err(Failure::usage(
                "track is for a video file, a folder of pictures or `sim`; `run` is for cameras",
            ));
        }
    }
    billiards_capture::check_present(&args.source).map_err(Failure::usage)?;
    let balls = args.ball_set.choose()?;
    let corners = args.corners.choose(&[args.source.to_string().into()])?;
    let mut setup =
        CalibrationSetup::from_profile(&Profile { table: args.table.table.unwrap_or_default(), ..Profile::default() });
    let delivery = Delivery::EveryFrame;
    let options = source::options(&args.source, args.fps)?;
    let source::Rig { opener, .. } = source::open(&args.source, options, delivery, setup.table_spec(), args.seed)?;
    if !args.source.kind().is_simulated() {
        opener().map_err(Failure::usage)?;
    }
    if let Some(corners) = corners {
        corners.put_in_force(&mut setup, &opener)?;
    }
    let options = SenseOptions { delivery, max_frames: args.frames, ..SenseOptions::default() };
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins.set(ScheduleRunnerPlugin::run_loop(Duration::ZERO)),
        // A failure of the source is reported at the end.
        LogPlugin { filter: "warn,billiards_capture::supervisor=off".into(), ..stderr_log() },
        TransformPlugin,
        StagesPlugin,
        sense_and_calibrate(SensePlugin::new(opener, balls.clone(), options), setup),
        TrackingPlugin { balls, readout: args.readout / 1e3 },
        TableWorldPlugin,
    ))
    .insert_resource(Report { format: args.format(), whole: args.frames.is_none(), ..Report::default() })
    .add_systems(Update, (report_frame, end_with_source).chain().in_set(PipelineSystems::Publish))
    .add_systems(Last, print_rest.run_if(on_message::<AppExit>));
    if args.strokes {
        app.add_plugins(StrokesPlugin { json: args.json });
    }
    stop_on_signals(&mut app).map_err(Failure::failed)?;
    Outcome::run(app)
}

/// Reports the frame that has come in, and those before it that could not be processed.
fn report_frame(
    sight: Res<LatestSight>,
    (setup, calibration): (Res<CalibrationSetup>, Res<Calibration>),
    (balls, cues): (Query<&Ball>, Query<&Cue>),
    mut events: MessageReader<TableEvent>,
    (mut report, outcome): (ResMut<Report>, Res<Outcome>),
    mut exit: MessageWriter<AppExit>,
) {
    let Some(sight) = sight.0.as_deref().filter(|_| sight.is_changed()) else { return };
    let mut line = Line { frame: sight.stamp.index, t: Some(sight.stamp.time.as_secs_f64()), ..Line::default() };
    if let Some(view) = &calibration.camera {
        line.balls = balls.iter().filter_map(|ball| BallLine::new(ball, view)).collect();
        line.balls.sort_by_key(|ball| ball.id);
        line.cue = cues.iter().next().and_then(|cue| CueLine::new(cue, view));
    }
    line.events = events.read().copied().collect();
    let fitting = setup.table_request().fixed;
    let misfit = fitting.and_then(|(size, _)| describe_misfit(sight.detections.size, size));
    report.misfits += u64::from(misfit.is_some());
    line.error = misfit.or_else(|| sight.detections.table.err().map(|why| format!("no table: {why}")));
    if let Err(failure) = report.take(sight.stamp.index, Some(line)) {
        outcome.fail(failure, &mut exit);
    }
}

fn end_with_source(
    health: Res<SourceHealth>,
    (mut report, outcome): (ResMut<Report>, Res<Outcome>),
    mut exit: MessageWriter<AppExit>,
) {
    if !health.status.is_final() {
        return;
    }
    let (unseen, unread) = (health.vision_errors, health.skipped);
    let all = health.frames + unseen + unread;
    // No frame follows the last ones that could not be read or processed.
    let last = if report.whole { all } else { 0 };
    let printed = report.take(last, None);
    let failure = match (&health.status, printed) {
        (SourceStatus::Failed(reason), _) => Failure::failed(reason),
        (_, Err(failure)) => failure,
        _ if unread > 0 => Failure::failed(format!("{unread} of {all} pictures could not be read")),
        _ if unseen > 0 => Failure::failed(format!("{unseen} of {all} frames could not be processed")),
        _ if report.misfits > 0 => {
            let misfits = report.misfits;
            Failure::failed(format!("{misfits} of {all} frames have another size than those that the corners are for"))
        }
        _ => {
            exit.write(AppExit::Success);
            return;
        }
    };
    outcome.fail(failure, &mut exit);
}

/// Prints the lines that are held back when the app ends.
fn print_rest(mut report: ResMut<Report>, outcome: Res<Outcome>, mut exit: MessageWriter<AppExit>) {
    if let Err(failure) = report.flush() {
        outcome.fail(failure, &mut exit);
    }
}

impl Line {
    /// Returns the line of a frame that could not be processed.
    fn unseen(frame: u64) -> Self {
        Self { frame, error: Some("this frame could not be read or processed".to_owned()), ..Self::default() }
    }

    /// Formats the detected balls, a line each, with a header before the first frame.
    fn csv(&self) -> String {
        let header = (self.frame == 0).then(|| "t,ball,x,y".to_owned());
        let t = self.t.unwrap_or_default();
        let seen = self.balls.iter().filter(|ball| ball.state != BallState::Occluded);
        let rows = seen.map(|ball| format!("{t:.4},{},{:.5},{:.5}", ball.track_name(), ball.m[0], ball.m[1]));
        header.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }

    fn for_people(&self) -> String {
        let time = self.t.map_or_else(String::new, |t| format!("{t:.3} s"));
        let mut text = format!("{:6} {time:>10}", self.frame);
        if let Some(error) = &self.error {
            return text + "  " + error;
        }
        for ball in &self.balls {
            let mark = match ball.state {
                BallState::Resting => "",
                BallState::Moving => "*",
                BallState::Occluded => "?",
            };
            text += &format!("  {}{mark} ({:.3}, {:.3})", ball.label, ball.m[0], ball.m[1]);
        }
        for event in &self.events {
            text += &format!("  {event:?}");
        }
        text
    }
}

impl BallLine {
    /// Returns `None` for a ball that the picture cannot show.
    fn new(ball: &Ball, view: &CameraView) -> Option<Self> {
        Some(Self {
            id: ball.id,
            label: ball.label,
            px: pixels(ball.position, view)?,
            m: [rounded(ball.position.x), rounded(ball.position.y)],
            v: [rounded(ball.velocity.x), rounded(ball.velocity.y)],
            state: ball.state,
        })
    }

    /// Returns the name of the ball's track. Several balls may have one label, but only one is the cue ball, and `fit`
    /// must know it.
    fn track_name(&self) -> String {
        if self.label == BallLabel::Cue { self.label.to_string() } else { self.id.0.to_string() }
    }
}

impl CueLine {
    fn new(cue: &Cue, view: &CameraView) -> Option<Self> {
        Some(Self {
            tip: pixels(cue.tip, view)?,
            butt: pixels(cue.butt, view)?,
            state: cue.state,
            speed: rounded(cue.speed),
        })
    }
}

/// Rounds to a hundredth of a pixel.
fn pixels(place: TablePoint, view: &CameraView) -> Option<[f64; 2]> {
    view.ball_in_picture(place).map(|p| [(p.x * 100.0).round() / 100.0, (p.y * 100.0).round() / 100.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableVector;

    fn line(frame: u64, events: Vec<TableEvent>) -> Line {
        Line { frame, t: Some(0.04 * frame as f64), events, ..Line::default() }
    }

    #[test]
    fn a_stroke_is_told_with_the_frame_that_first_shows_it() {
        let mut report = Report { format: Format::Csv, ..Report::default() };
        for frame in 0..20 {
            report.take(frame, Some(line(frame, vec![]))).expect("printed");
        }
        let direction = TableVector::new(0.0, 1.0);
        let stroke = TableEvent::ShotStarted { ball: BallId(1), speed: 2.0, direction, ago: 0.13 };
        report.take(20, Some(line(20, vec![stroke, TableEvent::CueLeft]))).expect("printed");
        let lines: Vec<_> = report.held.iter().filter(|line| !line.events.is_empty()).collect();
        let [first, last] = lines[..] else { panic!("{} lines", lines.len()) };
        assert_eq!((first.frame, last.frame, last.events.len()), (17, 20, 1));
        assert!(matches!(first.events[..], [TableEvent::ShotStarted { ago, .. }] if (ago - 0.01).abs() < 1e-9));
    }

    #[test]
    fn a_track_tells_which_ball_is_the_cue_ball() {
        let ball =
            |id, label, state| BallLine { id: BallId(id), label, px: [0.0; 2], m: [0.5, 1.0], v: [0.0; 2], state };
        let balls = vec![
            ball(1, BallLabel::Cue, BallState::Moving),
            ball(2, BallLabel::Number(8), BallState::Occluded),
            ball(4, BallLabel::Unknown, BallState::Resting),
        ];
        let text = Line { balls, ..line(2, vec![]) }.csv();
        assert_eq!(text, "0.0800,cue,0.50000,1.00000\n0.0800,4,0.50000,1.00000");
    }

    #[test]
    fn no_frame_is_left_out() {
        let mut report = Report { format: Format::Csv, ..Report::default() };
        report.take(2, Some(line(2, vec![]))).expect("printed");
        report.take(5, None).expect("printed");
        let frames: Vec<u64> = report.held.iter().map(|line| line.frame).collect();
        assert_eq!(frames, [2, 3, 4], "the first two, without a time, are printed");
        report.flush().expect("printed");
        assert!(report.held.is_empty());
    }
}
