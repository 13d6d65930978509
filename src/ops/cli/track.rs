//! `track`: a recording in, what happens on the table out, a line a frame.

use super::{EXIT_FAILED, Failure, source};
use crate::{
    app::{PipelineSystems, StagesPlugin},
    model::{
        Ball, BallId, BallLabel, BallState, Calibration, CameraView, Cue, CueState, TableChoice, TableEvent,
        TablePoint, rounded,
    },
    rig::calibration::{CalibrationPlugin, CalibrationSetup, Profile},
    sense::{
        LatestSight, SenseOptions, SensePlugin, SourceHealth,
        capture::{self, Delivery, SourceOptions, SourceSpec, SourceStatus},
        tracking::TrackingPlugin,
        vision::BallSet,
    },
    think::world::TableWorldPlugin,
};
use bevy::{
    app::{ScheduleRunnerPlugin, TerminalCtrlCHandlerPlugin},
    prelude::*,
};
use clap::Args;
use serde::Serialize;
use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

/// Follows the balls and the cue through a recording: every frame, none skipped, as `run` follows them.
#[derive(Debug, Args)]
pub(super) struct TrackArgs {
    /// A video file, a folder of pictures, or `sim` (with --frames)
    #[arg(value_name = "SOURCE")]
    source: SourceSpec,

    /// Print one JSON object a line, a frame each: {"frame", "t": seconds, "balls": [{"id", "label", "px": [x, y],
    /// "m": [x, y], "v": [m/s, m/s], "state"}], "cue": {"tip", "butt", "state", "speed"} | null, "events": [{"kind",
    /// ..}]}; tip and butt in pixels
    #[arg(long)]
    json: bool,

    /// Print the tracks that `fit` reads: t,ball,x,y, a line for each ball seen in each frame
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    /// The table: `7ft`, `8ft`, `9ft`, or `auto` to judge it from the size of the balls
    #[arg(long, value_name = "SIZE", default_value = "auto")]
    table: TableChoice,

    /// The set of balls: `american`, `tv`, `snooker`, `english`, `auto` to recognise it, or a TOML file like
    /// assets/ball-sets/american.toml
    #[arg(long, value_name = "SET", default_value = "auto")]
    ball_set: String,

    /// Time that the camera takes to read a picture from top to bottom (rolling shutter), milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0.0, value_parser = super::readout)]
    readout: f64,

    /// End after so many frames
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// Decides what is left to chance in the simulation
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

#[derive(Default, Serialize)]
struct Line {
    frame: u64,
    t: f64,
    balls: Vec<BallLine>,
    cue: Option<CueLine>,
    events: Vec<TableEvent>,
    /// Why nothing is told of this frame.
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
    /// Of the tip along the line, metres a second.
    speed: f64,
}

/// What the lines are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Format {
    #[default]
    People,
    Json,
    Csv,
}

/// How the report goes.
#[derive(Resource, Default)]
struct Report {
    format: Format,
    /// The number that the next frame should have.
    next: u64,
    failure: Option<Failure>,
}

impl TrackArgs {
    fn format(&self) -> Format {
        match (self.json, self.csv) {
            (true, _) => Format::Json,
            (false, true) => Format::Csv,
            (false, false) => Format::People,
        }
    }
}

/// Runs the subcommand.
pub(super) fn run(args: &TrackArgs) -> Result<ExitCode, Failure> {
    match &args.source {
        SourceSpec::Video(_) | SourceSpec::Folder(_) => {}
        SourceSpec::Sim(_) if args.frames.is_some() => {}
        SourceSpec::Sim(_) => return Err(Failure::usage("the simulation has no end: --frames says how much of it")),
        _ => {
            return Err(Failure::usage(
                "track is for a video file, a folder of pictures or `sim`; `run` is for cameras",
            ));
        }
    }
    capture::check_present(&args.source).map_err(Failure::usage)?;
    let balls = BallSet::choose(&args.ball_set).map_err(Failure::usage)?;
    let setup = CalibrationSetup::from_profile(&Profile { table: args.table, ..Profile::default() });
    let delivery = Delivery::EveryFrame;
    let source::Rig { opener, .. } =
        source::open(&args.source, SourceOptions::default(), delivery, setup.table_kind(), args.seed)?;
    if !matches!(args.source, SourceSpec::Sim(_)) {
        opener().map_err(Failure::usage)?;
    }
    let options = SenseOptions { delivery, max_frames: args.frames, ..SenseOptions::default() };
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins.set(ScheduleRunnerPlugin::run_loop(Duration::ZERO)),
        TerminalCtrlCHandlerPlugin,
        TransformPlugin,
        StagesPlugin,
        SensePlugin::new(opener, balls.clone(), options),
        CalibrationPlugin { setup },
        TrackingPlugin { balls, readout: args.readout / 1e3 },
        TableWorldPlugin,
    ))
    .insert_resource(Report { format: args.format(), ..Report::default() })
    .add_systems(Update, (tell, end_with_source).chain().in_set(PipelineSystems::Publish));
    let exit = app.run();
    let failure = app.world_mut().get_resource_mut::<Report>().and_then(|mut report| report.failure.take());
    match (exit, failure) {
        (_, Some(failure)) => Err(failure),
        (AppExit::Success, None) => Ok(ExitCode::SUCCESS),
        (AppExit::Error(code), None) => Ok(ExitCode::from(code.get())),
    }
}

/// Tells of the frame that has come in, and of those before it that could not be seen.
fn tell(
    sight: Res<LatestSight>,
    calibration: Res<Calibration>,
    (balls, cues): (Query<&Ball>, Query<&Cue>),
    mut events: MessageReader<TableEvent>,
    mut report: ResMut<Report>,
    mut exit: MessageWriter<AppExit>,
) {
    let Some(sight) = sight.0.as_deref().filter(|_| sight.is_changed()) else { return };
    let mut lines: Vec<Line> = (report.next..sight.stamp.index).map(Line::unseen).collect();
    report.next = sight.stamp.index + 1;
    let mut line = Line { frame: sight.stamp.index, t: sight.stamp.time.as_secs_f64(), ..Line::default() };
    if let Some(view) = &calibration.camera {
        line.balls = balls.iter().filter_map(|ball| BallLine::new(ball, view)).collect();
        line.balls.sort_by_key(|ball| ball.id);
        line.cue = cues.iter().next().and_then(|cue| CueLine::new(cue, view));
    }
    line.events = events.read().copied().collect();
    line.error = sight.detections.table.err().map(|why| format!("no table: {why}"));
    lines.push(line);
    let mut out = io::stdout().lock();
    for line in lines {
        let written = match report.format {
            Format::Json => {
                serde_json::to_string(&line).map_err(io::Error::from).and_then(|text| writeln!(out, "{text}"))
            }
            Format::Csv => line.csv(&mut out),
            Format::People => writeln!(out, "{}", line.for_people()),
        };
        match written {
            Ok(()) => {}
            // The reader has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                exit.write(AppExit::Success);
            }
            Err(error) => {
                report.failure = Some(Failure::failed(format!("cannot write to standard output: {error}")));
                exit.write(AppExit::from_code(EXIT_FAILED));
            }
        }
    }
}

fn end_with_source(health: Res<SourceHealth>, mut report: ResMut<Report>, mut exit: MessageWriter<AppExit>) {
    match &health.status {
        SourceStatus::Failed(reason) => {
            report.failure = Some(Failure::failed(reason));
            exit.write(AppExit::from_code(EXIT_FAILED));
        }
        status if status.is_final() && health.vision_errors > 0 => {
            let (unseen, all) = (health.vision_errors, health.frames + health.vision_errors);
            report.failure = Some(Failure::failed(format!("{unseen} of {all} frames could not be seen")));
            exit.write(AppExit::from_code(EXIT_FAILED));
        }
        status if status.is_final() => {
            exit.write(AppExit::Success);
        }
        _ => {}
    }
}

impl Line {
    /// A frame that could not be seen.
    fn unseen(frame: u64) -> Self {
        Self { frame, error: Some("the frame could not be seen".to_owned()), ..Self::default() }
    }

    /// The balls that are seen, a line each, under a header before the first frame.
    fn csv(&self, out: &mut impl Write) -> io::Result<()> {
        if self.frame == 0 {
            writeln!(out, "t,ball,x,y")?;
        }
        let mut seen = self.balls.iter().filter(|ball| ball.state != BallState::Occluded);
        seen.try_for_each(|ball| writeln!(out, "{:.4},{},{:.5},{:.5}", self.t, ball.id.0, ball.m[0], ball.m[1]))
    }

    fn for_people(&self) -> String {
        let mut text = format!("{:6} {:8.3} s", self.frame, self.t);
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
    /// `None` for a ball that the picture cannot show.
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

/// To a hundredth of a pixel.
fn pixels(place: TablePoint, view: &CameraView) -> Option<[f64; 2]> {
    view.ball_in_picture(place).map(|p| [(p.x * 100.0).round() / 100.0, (p.y * 100.0).round() / 100.0])
}
