//! `run`: the trainer itself.

use super::{
    EXIT_FAILED, EXIT_INTERRUPTED, Failure,
    fit::load_physics,
    graphics,
    source::{choices, opener},
};
use crate::{
    app::{PipelineSystems, StagesPlugin},
    model::{FrameSize, ShotSettings, TableChoice, TableVector},
    rig::calibration::{CalibrationPlugin, CalibrationSetup, Profile},
    sense::{
        SenseOptions, SensePlugin, SourceHealth,
        capture::{self, Delivery, Opener, SourceOptions, SourceSpec, SourceStatus},
        tracking::TrackingPlugin,
        vision::BallSet,
    },
    show::{
        export::{ExportMode, ExportPlugin, ExportProgress},
        overlay::{OverlayOutput, OverlayPlugin, ProjectorSurface},
        panel::{PanelPlugin, SourceChoice},
        remote::{self, RemotePlugin, ServerInfo},
    },
    think::{
        physics::Physics,
        prediction::{PredictionPlugin, imagined},
        world::TableWorldPlugin,
    },
};
use bevy::{
    app::{ScheduleRunnerPlugin, TerminalCtrlCHandlerPlugin},
    log::{LogPlugin, tracing_subscriber},
    prelude::*,
    render::{
        RenderPlugin,
        error_handler::{ErrorType, RenderErrorHandler, RenderErrorPolicy},
    },
    window::ExitCondition,
    winit::{WinitPlugin, WinitSettings},
};
use clap::Args;
use signal_hook::consts::SIGTERM;
use std::{
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Runs the trainer: looks at the table through the source, projects the aimed shot, serves the page.
///
/// With a display it opens the operator's window and the projector's (full screen on the second monitor, or on
/// --projector). Without one it runs headless and says so.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Where pictures come from: `camera:N`, a /dev/v4l/by-id/ path, an rtsp:// or http:// address, a video file, a
    /// folder of pictures, or `sim`, a simulated table (`sim:practice`, `sim:break`)
    #[arg(long, value_name = "SOURCE", default_value = "camera:0")]
    source: SourceSpec,

    /// The table: `7ft`, `8ft`, `9ft`, or `auto` to judge it from the size of the balls [default: what the profile
    /// says, or auto]
    #[arg(long, value_name = "SIZE")]
    table: Option<TableChoice>,

    /// The set of balls: `american`, `tv`, `snooker`, `english`, `auto` to recognise it, or a TOML file like
    /// assets/ball-sets/american.toml
    #[arg(long, value_name = "SET", default_value = "auto")]
    ball_set: String,

    /// Time that the camera takes to read a picture from top to bottom (rolling shutter), milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0.0, value_parser = super::readout)]
    readout: f64,

    /// The table's own friction and restitution, as `fit --out` writes them (TOML)
    #[arg(long, value_name = "FILE")]
    physics: Option<PathBuf>,

    #[command(flatten)]
    player: PlayerArgs,

    /// A calibration profile (JSON, see calibration/README.md) [default for cameras and streams: the one that was saved
    /// last, if there is one]
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,

    /// Open no window, even where there is a display; files are then processed frame by frame
    #[arg(long)]
    headless: bool,

    /// End after so many frames
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// Write pictures into this folder, when headless: for a file or with --frames one PNG of the overlay a frame
    /// and a video of camera and overlay side by side; else the newest of both, every few seconds
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Where the page and its WebSocket are served; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    listen: SocketAddr,

    /// Begin a file again at its end
    #[arg(long = "loop")]
    looped: bool,

    /// Begin a file at this time
    #[arg(long, value_name = "SECONDS")]
    start: Option<f64>,

    /// End a file at this time
    #[arg(long, value_name = "SECONDS")]
    end: Option<f64>,

    /// Name of the projector's monitor (`doctor` lists them) [default: the second monitor]
    #[arg(long, value_name = "MONITOR")]
    projector: Option<String>,

    /// Decides what is left to chance in the simulation
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// How the shown shot is struck, and how exactly the player strikes.
#[derive(Debug, Args)]
struct PlayerArgs {
    /// Speed with which a centre hit sends the cue ball off, m/s [default: that of the player's own strokes, 2 before
    /// the first]
    #[arg(long, value_name = "M/S", allow_negative_numbers = true)]
    strike_speed: Option<f64>,

    /// English: offset of the tip to the left of the ball's centre, ball radii
    #[arg(long, value_name = "RADII", default_value_t = 0.0, allow_negative_numbers = true)]
    side: f64,

    /// English as far as the cue's line is seen to pass beside the ball's centre, in place of --side
    #[arg(long, conflicts_with = "side")]
    side_from_cue: bool,

    /// Follow or draw: offset of the tip above the ball's centre, ball radii
    #[arg(long, value_name = "RADII", default_value_t = 0.0, allow_negative_numbers = true)]
    height: f64,

    /// Elevation of the butt, degrees
    #[arg(long, value_name = "DEGREES", default_value_t = 0.0)]
    elevation: f64,

    /// The player's error of aim, degrees (standard deviation)
    #[arg(long, value_name = "DEGREES", default_value_t = 0.1)]
    aim_error: f64,

    /// The player's error of speed, per cent (standard deviation)
    #[arg(long, value_name = "PERCENT", default_value_t = 3.0)]
    speed_error: f64,

    /// The player's error of the tip on the ball, ball radii (standard deviation)
    #[arg(long, value_name = "RADII", default_value_t = 0.02)]
    tip_error: f64,
}

impl PlayerArgs {
    fn settings(&self, physics: &Physics) -> Result<ShotSettings, Failure> {
        let usual = ShotSettings::default();
        let settings = ShotSettings {
            strike_speed: self.strike_speed.unwrap_or(usual.strike_speed),
            speed_from_cue: self.strike_speed.is_none(),
            side: self.side,
            side_from_cue: self.side_from_cue,
            height: self.height,
            elevation: self.elevation.to_radians(),
            aim_error: self.aim_error.to_radians(),
            speed_error: self.speed_error / 100.0,
            tip_error: self.tip_error,
        };
        settings.validate().map_err(Failure::usage)?;
        imagined(&settings, TableVector::new(0.0, 1.0), physics).validate(physics).map_err(Failure::usage)?;
        Ok(settings)
    }
}

/// Size of the projector's picture without a window and without a profile that says it.
const HEADLESS_PICTURE: FrameSize = FrameSize { width: 1280, height: 720 };
/// How often the newest pictures of an endless run are replaced.
const PICTURE_PERIOD: Duration = Duration::from_secs(3);
/// Headless updates are no more frequent than this.
const HEADLESS_UPDATE: Duration = Duration::from_millis(8);

/// What the command line and the computer come to.
struct Plan {
    opener: Opener,
    /// What the panel offers.
    sources: Vec<SourceChoice>,
    delivery: Delivery,
    setup: CalibrationSetup,
    balls: Option<BallSet>,
    listener: std::net::TcpListener,
    address: SocketAddr,
    headless: bool,
    export: Option<(PathBuf, ExportMode)>,
    profile: PathBuf,
    physics: Physics,
    shot: ShotSettings,
}

/// Runs the subcommand.
pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let plan = plan(args)?;
    announce(args, &plan).map_err(|e| Failure::failed(format!("cannot write to standard output: {e}")))?;
    let mut app = build(args, plan);
    stop_on_signals(&mut app)?;
    let failure = RunFailure::default();
    app.insert_resource(failure.clone());
    let exit = app.run();
    let reason = failure.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (exit, reason) {
        (_, Some(reason)) => Err(Failure::failed(reason)),
        (AppExit::Success, None) => Ok(ExitCode::SUCCESS),
        (AppExit::Error(code), None) => Ok(ExitCode::from(code.get())),
    }
}

fn plan(args: &RunArgs) -> Result<Plan, Failure> {
    let recorded = matches!(args.source, SourceSpec::Video(_) | SourceSpec::Folder(_));
    let simulated = matches!(args.source, SourceSpec::Sim(_));
    if !recorded && (args.looped || args.start.is_some() || args.end.is_some()) {
        return Err(Failure::usage("--loop, --start and --end are for a video file or a folder of pictures"));
    }
    capture::check_present(&args.source).map_err(Failure::usage)?;
    let (profile, path) = profile(args, !recorded && !simulated)?;
    let mut setup = CalibrationSetup::from_profile(&profile);
    setup.table = args.table.unwrap_or(setup.table);
    let balls = BallSet::choose(&args.ball_set).map_err(Failure::usage)?;

    let physics = load_physics(args.physics.as_deref())?;
    let shot = args.player.settings(&physics)?;

    let headless = args.headless || graphics::no_display().is_some();
    let finite = (recorded && !args.looped) || (args.frames.is_some() && (recorded || simulated));
    let delivery = if headless && finite { Delivery::EveryFrame } else { Delivery::Latest };
    let options = SourceOptions { looped: args.looped, start: args.start, end: args.end, ..default() };
    let opener = opener(&args.source, options, delivery, setup.table_kind(), args.seed)?;
    let sources = choices(&args.source, &opener, setup.table_kind(), args.seed)?;
    // A file that is missing or damaged shall be told before any window opens.
    if recorded {
        opener().map_err(Failure::usage)?;
    }
    let export = match args.out.as_ref().filter(|_| headless) {
        Some(dir) => {
            ExportPlugin::prepare(dir).map_err(Failure::usage)?;
            let mode = if finite || args.frames.is_some() {
                ExportMode::EveryFrame
            } else {
                ExportMode::Latest { every: PICTURE_PERIOD }
            };
            Some((dir.clone(), mode))
        }
        None => None,
    };
    let listener = remote::bind(args.listen).map_err(Failure::usage)?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    if graphics::adapters().is_empty() {
        return Err(Failure::failed(graphics::NO_ADAPTER));
    }
    Ok(Plan {
        opener,
        sources,
        delivery,
        setup,
        balls,
        listener,
        address,
        headless,
        export,
        profile: path,
        physics,
        shot,
    })
}

/// The profile that is named, or the one that the operator saved last where a real table is looked at; and where to save.
fn profile(args: &RunArgs, real: bool) -> Result<(Profile, PathBuf), Failure> {
    let path = args.profile.clone().unwrap_or_else(default_profile);
    let wanted = args.profile.is_some() || (real && path.exists());
    let profile = if wanted { Profile::load(&path).map_err(Failure::usage)? } else { Profile::default() };
    Ok((profile, path))
}

/// Where the panel saves the profile when none was named.
fn default_profile() -> PathBuf {
    directories::ProjectDirs::from("", "", "billiards-trainer")
        .map_or_else(|| PathBuf::from("calibration"), |dirs| dirs.config_dir().to_owned())
        .join("table.json")
}

/// Why the run failed, to be told when everything is closed.
#[derive(Resource, Clone, Default)]
struct RunFailure(Arc<Mutex<Option<String>>>);

/// Ends the run in good order on Ctrl-C, SIGTERM and SIGHUP, however often they come: supervisors like to send two.
/// Bevy's own handler would stop at the second one, pictures half written.
fn stop_on_signals(app: &mut App) -> Result<(), Failure> {
    let raised = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&raised);
    if ctrlc::try_set_handler(move || seen.store(true, Ordering::Relaxed)).is_err() {
        // Behind `nohup`, or `&` in a script, some signals are ignored and shall stay so; SIGTERM is always meant.
        signal_hook::flag::register(SIGTERM, Arc::clone(&raised))
            .map_err(|e| Failure::failed(format!("cannot listen to signals: {e}")))?;
    }
    app.add_systems(Update, move |mut exit: MessageWriter<AppExit>| {
        if raised.load(Ordering::Relaxed) {
            exit.write(AppExit::from_code(EXIT_INTERRUPTED));
        }
    });
    Ok(())
}

fn announce(args: &RunArgs, plan: &Plan) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if let Some(reason) = graphics::no_display().filter(|_| !args.headless) {
        writeln!(out, "no display ({reason}): running headless")?;
    }
    writeln!(out, "source: {}", args.source.redacted())?;
    match (&plan.export, &args.out) {
        (Some((dir, _)), _) => writeln!(out, "pictures: {}", dir.display())?,
        (None, Some(_)) => writeln!(out, "pictures: none, the windows show them; --out is for --headless")?,
        (None, None) => {}
    }
    writeln!(out, "page: http://{}/", plan.address)?;
    writeln!(out, "Ctrl-C ends it")?;
    out.flush()
}

fn build(args: &RunArgs, plan: Plan) -> App {
    let mut app = App::new();
    let log = LogPlugin {
        filter: "warn,billiards_trainer=info,wgpu_hal=error,wgpu_core=error,bevy_render::view::window::screenshot=off"
            .into(),
        fmt_layer: |_| {
            let to_stderr = tracing_subscriber::fmt::Layer::default().with_writer(io::stderr);
            // Colours are for people, not for files.
            Some(Box::new(to_stderr.with_ansi(io::stderr().is_terminal())))
        },
        ..default()
    };
    // The first picture must not be black because its pipeline is still being compiled.
    let render = RenderPlugin { synchronous_pipeline_compilation: plan.headless, ..default() };
    let defaults = DefaultPlugins.set(render).set(log).disable::<TerminalCtrlCHandlerPlugin>();
    if plan.headless {
        let no_window = WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() };
        app.add_plugins(defaults.set(no_window).disable::<WinitPlugin>())
            .add_plugins(ScheduleRunnerPlugin::run_loop(HEADLESS_UPDATE));
    } else {
        let window = Window { title: "Billiards Trainer".into(), resolution: (1280, 720).into(), ..default() };
        let window =
            WindowPlugin { primary_window: Some(window), exit_condition: ExitCondition::OnPrimaryClosed, ..default() };
        app.add_plugins(defaults.set(window))
            // A table that nobody clicks on is still played on.
            .insert_resource(WinitSettings::continuous());
    }
    app.insert_resource(RenderErrorHandler(|error, _, _| match error.ty {
        ErrorType::DeviceLost => RenderErrorPolicy::Recover(default()),
        _ => RenderErrorPolicy::StopRendering,
    }));

    let sense = SenseOptions {
        delivery: plan.delivery,
        preview: !plan.headless,
        keep_frames: plan.export.is_some(),
        max_frames: args.frames,
        under_projector: !plan.headless
            && matches!(args.source, SourceSpec::Camera(_) | SourceSpec::Device(_) | SourceSpec::Url(_)),
    };
    let headless_picture = plan.setup.projector.map_or(HEADLESS_PICTURE, |projector| projector.size);
    let given = plan.setup.camera.map(|(seen, _)| (seen.size, seen.corners));
    app.insert_resource(plan.shot).add_plugins((
        StagesPlugin,
        SensePlugin::new(plan.opener, plan.balls.clone(), sense).with_table(given),
        CalibrationPlugin { setup: plan.setup },
        TrackingPlugin { balls: plan.balls, readout: args.readout / 1e3 },
        TableWorldPlugin,
        PredictionPlugin { in_step: plan.delivery == Delivery::EveryFrame, physics: plan.physics },
        RemotePlugin::new(plan.listener, ServerInfo::default()),
    ));
    let output = if plan.headless {
        // Nobody looks at light that goes into no picture.
        plan.export.is_some().then_some(OverlayOutput::Image { size: headless_picture })
    } else {
        Some(OverlayOutput::Window { monitor: args.projector.clone() })
    };
    if let Some(output) = output {
        app.add_plugins(OverlayPlugin { output })
            .add_systems(Update, follow_projector.after(PipelineSystems::Ingest).before(PipelineSystems::Track));
    }
    app.add_systems(Update, end_with_source.after(PipelineSystems::Publish));
    if let Some((dir, mode)) = plan.export {
        app.add_plugins(ExportPlugin { dir, mode });
    }
    if !plan.headless {
        app.add_plugins(PanelPlugin { profile: plan.profile, sources: plan.sources });
    }
    app
}

/// The projector's picture is as large as its window.
fn follow_projector(surface: Res<ProjectorSurface>, mut setup: ResMut<CalibrationSetup>) {
    if setup.projector_size == surface.size {
        return;
    }
    setup.projector_size = surface.size;
    if let Some(made_for) = setup.projector.map(|projector| projector.size).filter(|size| *size != surface.size) {
        warn!(
            "the projector is calibrated for {}×{} but its picture is {}×{}: the table is thought centred in it",
            made_for.width, made_for.height, surface.size.width, surface.size.height
        );
    }
}

/// Ends the run when the source has ended or failed, and every picture is written.
fn end_with_source(
    health: Res<SourceHealth>,
    progress: Option<Res<ExportProgress>>,
    failure: Res<RunFailure>,
    mut exit: MessageWriter<AppExit>,
) {
    if !health.status.is_final() || progress.is_some_and(|progress| !progress.is_idle()) {
        return;
    }
    if let SourceStatus::Failed(reason) = &health.status {
        *failure.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.clone());
        exit.write(AppExit::from_code(EXIT_FAILED));
    } else {
        info!("{} frames processed", health.frames);
        exit.write(AppExit::Success);
    }
}
