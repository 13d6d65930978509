//! `run`: the trainer itself.

use super::{EXIT_FAILED, EXIT_INTERRUPTED, Failure, graphics};
use crate::{
    app::{PipelineSystems, StagesPlugin},
    model::{FrameSize, TableChoice},
    rig::{
        calibration::{CalibrationPlugin, CalibrationSetup, Profile},
        simulation::{Scene, SimulatedRig, SimulationOptions},
    },
    sense::{
        SenseOptions, SensePlugin, SourceHealth,
        capture::{self, Delivery, FrameSource, Opener, SourceOptions, SourceSpec, SourceStatus},
        tracking::TrackingPlugin,
        vision::BallSet,
    },
    show::{
        export::{ExportMode, ExportPlugin, ExportProgress},
        overlay::{OverlayOutput, OverlayPlugin, ProjectorSurface},
        panel::PanelPlugin,
        remote::{self, RemotePlugin, ServerInfo},
    },
    think::{prediction::PredictionPlugin, world::TableWorldPlugin},
};
use bevy::{
    app::ScheduleRunnerPlugin,
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
        Arc,
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

    /// The set of balls: `american`, or a TOML file like assets/ball-sets/american.toml
    #[arg(long, value_name = "SET", default_value = "american")]
    ball_set: String,

    /// A calibration profile (JSON, see calibration/README.md)
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

/// Size of the projector's picture without a window.
const HEADLESS_PICTURE: FrameSize = FrameSize { width: 1280, height: 720 };
/// How often the newest pictures of an endless run are replaced.
const PICTURE_PERIOD: Duration = Duration::from_secs(3);
/// Headless updates are no more frequent than this.
const HEADLESS_UPDATE: Duration = Duration::from_millis(8);

/// What the command line and the computer come to.
struct Plan {
    opener: Opener,
    delivery: Delivery,
    setup: CalibrationSetup,
    balls: BallSet,
    listener: std::net::TcpListener,
    address: SocketAddr,
    headless: bool,
    export: Option<(PathBuf, ExportMode)>,
    profile: PathBuf,
}

/// Runs the subcommand.
pub(super) fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let plan = plan(&args)?;
    announce(&args, &plan).map_err(|e| Failure::failed(format!("cannot write to standard output: {e}")))?;
    let mut app = build(&args, plan);
    stop_on_sigterm(&mut app)?;
    let exit = app.run();
    Ok(match exit {
        AppExit::Success => ExitCode::SUCCESS,
        AppExit::Error(code) => ExitCode::from(code.get()),
    })
}

fn plan(args: &RunArgs) -> Result<Plan, Failure> {
    let profile = args.profile.as_deref().map(Profile::load).transpose().map_err(Failure::usage)?;
    let mut setup = CalibrationSetup::from_profile(&profile.unwrap_or_default());
    setup.table = args.table.unwrap_or(setup.table);
    let balls = BallSet::load(&args.ball_set).map_err(Failure::usage)?;

    let no_display = graphics::no_display();
    let headless = args.headless || no_display.is_some();
    let recorded = matches!(args.source, SourceSpec::Video(_) | SourceSpec::Folder(_));
    let simulated = matches!(args.source, SourceSpec::Sim(_));
    let finite = (recorded && !args.looped) || (args.frames.is_some() && (recorded || simulated));
    let delivery = if headless && finite { Delivery::EveryFrame } else { Delivery::Latest };
    let options = SourceOptions { looped: args.looped, start: args.start, end: args.end, ..default() };
    let opener = opener(args, options, delivery)?;
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
    if graphics::adapters().is_empty() {
        return Err(Failure::failed(graphics::NO_ADAPTER));
    }
    let listener = remote::bind(args.listen).map_err(Failure::usage)?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    let profile = args.profile.clone().unwrap_or_else(default_profile);
    Ok(Plan { opener, delivery, setup, balls, listener, address, headless, export, profile })
}

/// Where the panel saves the profile when none was named.
fn default_profile() -> PathBuf {
    directories::ProjectDirs::from("", "", "billiards-trainer")
        .map_or_else(|| PathBuf::from("calibration"), |dirs| dirs.config_dir().to_owned())
        .join("table.json")
}

fn opener(args: &RunArgs, options: SourceOptions, delivery: Delivery) -> Result<Opener, Failure> {
    let SourceSpec::Sim(scene) = &args.source else { return Ok(capture::opener(args.source.clone(), options)) };
    let scene = Scene::named(scene.as_deref()).map_err(Failure::usage)?;
    let simulation = SimulationOptions { seed: args.seed, ..default() };
    Ok(Arc::new(move || {
        let rig = SimulatedRig::new(scene, simulation);
        let rig = if delivery == Delivery::EveryFrame { rig.unpaced() } else { rig };
        Ok(Box::new(rig) as Box<dyn FrameSource>)
    }))
}

/// Ends the run in good order on SIGTERM, wherever it was started: Bevy listens to no signal at all where SIGINT or
/// SIGHUP is ignored, as behind `nohup` or `&` in a script.
fn stop_on_sigterm(app: &mut App) -> Result<(), Failure> {
    let raised = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&raised))
        .map_err(|e| Failure::failed(format!("cannot listen to signals: {e}")))?;
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
        filter: "warn,billiards_trainer=info,wgpu_hal=error,wgpu_core=error".into(),
        fmt_layer: |_| {
            let to_stderr = tracing_subscriber::fmt::Layer::default().with_writer(io::stderr);
            // Colours are for people, not for files.
            Some(Box::new(to_stderr.with_ansi(io::stderr().is_terminal())))
        },
        ..default()
    };
    // The first picture must not be black because its pipeline is still being compiled.
    let render = RenderPlugin { synchronous_pipeline_compilation: plan.headless, ..default() };
    if plan.headless {
        let no_window = WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() };
        app.add_plugins(DefaultPlugins.set(no_window).set(render).set(log).disable::<WinitPlugin>())
            .add_plugins(ScheduleRunnerPlugin::run_loop(HEADLESS_UPDATE));
    } else {
        let window = Window { title: "Billiards Trainer".into(), resolution: (1280, 720).into(), ..default() };
        let window =
            WindowPlugin { primary_window: Some(window), exit_condition: ExitCondition::OnPrimaryClosed, ..default() };
        app.add_plugins(DefaultPlugins.set(window).set(render).set(log))
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
    };
    let given = plan.setup.camera.map(|(seen, _)| (seen.size, seen.corners));
    app.add_plugins((
        StagesPlugin,
        SensePlugin::new(plan.opener, plan.balls, sense).with_table(given),
        CalibrationPlugin { setup: plan.setup },
        TrackingPlugin,
        TableWorldPlugin,
        PredictionPlugin { in_step: plan.delivery == Delivery::EveryFrame },
        RemotePlugin::new(plan.listener, ServerInfo::default()),
    ));
    let output = if plan.headless {
        OverlayOutput::Image { size: HEADLESS_PICTURE }
    } else {
        OverlayOutput::Window { monitor: args.projector.clone() }
    };
    app.add_plugins(OverlayPlugin { output })
        .add_systems(Update, follow_projector.after(PipelineSystems::Ingest).before(PipelineSystems::Track))
        .add_systems(Update, end_with_source.after(PipelineSystems::Publish));
    if let Some((dir, mode)) = plan.export {
        app.add_plugins(ExportPlugin { dir, mode });
    }
    if !plan.headless {
        app.add_plugins(PanelPlugin { profile: plan.profile });
    }
    app
}

/// The projector's picture is as large as its window.
fn follow_projector(surface: Res<ProjectorSurface>, mut setup: ResMut<CalibrationSetup>) {
    if setup.projector_size != surface.size {
        setup.projector_size = surface.size;
    }
}

/// Ends the run when the source has ended and every picture is written; with an error when the source failed.
fn end_with_source(health: Res<SourceHealth>, progress: Option<Res<ExportProgress>>, mut exit: MessageWriter<AppExit>) {
    match &health.status {
        SourceStatus::Ended if progress.is_none_or(|progress| progress.is_idle()) => {
            info!("{} frames processed", health.frames);
            exit.write(AppExit::Success);
        }
        SourceStatus::Failed(reason) => {
            error!("{reason}");
            exit.write(AppExit::from_code(EXIT_FAILED));
        }
        _ => {}
    }
}
