//! `run`: the trainer itself.

use super::{
    Failure, ball_set::BallSetArgs, calibrate, corners::CornersArgs, fit::load_physics, graphics, listen,
    outcome::Outcome, output, player::PlayerArgs, profiles, remove_leftovers, source, table::TableArgs, warn,
};
use crate::{
    app::{Projector, Stage, Trainer},
    calibrate::{CalibrationEnded, FirstCalibration, FirstCalibrationPlugin, FirstCalibrationSystems},
    cli::signals::stop_on_signals,
    operate::{
        SourceChoice, StorageStatus,
        settings_file::{self, SettingsFilePlugin, StoredSettings},
    },
    sense::{SenseOptions, SenseWorker, SourceHealth},
    show::export::{ExportMode, ExportPlugin, ExportProgress, OnFailure},
    stages::PipelineSystems,
    think::prediction::imagined,
};
use bevy::prelude::*;
use billiards_calibration::{CalibrationSetup, Profile};
use billiards_capture::{Delivery, Opener, SourceOptions, SourceSpec, SourceStatus};
use billiards_physics::fitting::TablePhysics;
use billiards_protocol::storage::StorageIssue;
use billiards_server::{access::Tokens, phone, settings::RemoteSettings};
use billiards_table::{
    BallSet, TableVector,
    settings::{Settings, ShotSettings},
};
use clap::Args;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Runs the trainer: tracks the table through the source, projects the aimed shot, serves the page.
///
/// With a display it opens the operator's window and the projector's (full screen on the second monitor, or on
/// --projector). Without one it runs headless and says so.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct RunArgs {
    #[arg(
        long,
        value_name = "SOURCE",
        default_value = "camera:0",
        help = format!("Source of the pictures: {}", billiards_capture::FORMS)
    )]
    source: SourceSpec,

    #[command(flatten)]
    table: TableArgs,

    #[command(flatten)]
    corners: CornersArgs,

    #[command(flatten)]
    ball_set: BallSetArgs,

    /// Readout time of the camera from top to bottom of a picture (rolling shutter), milliseconds (0 to 100)
    #[arg(long, value_name = "MS", default_value_t = 0.0, value_parser = super::readout)]
    readout: f64,

    /// Friction and restitution of the table, as `fit --out` writes them (TOML)
    #[arg(long, value_name = "FILE")]
    physics: Option<PathBuf>,

    #[command(flatten)]
    player: PlayerArgs,

    /// Calibration profile: its name, or a JSON file (see calibration/README.md) [default for cameras and streams:
    /// `table`, if it exists]. A calibration of a simulated table is saved only with this option
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// Settings: what is drawn, its colours, the player's errors; a TOML file, followed while the program runs and
    /// written when settings are changed in the panel or from a phone [default: the user's own]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// Calibrate camera and projector first, as `calibrate --auto` does; the frames of --frames are counted from its
    /// end. With --frames, a calibration that fails ends the run with exit code 1
    #[arg(long)]
    calibrate: bool,

    /// Open no window, even if there is a display; files are then processed frame by frame
    #[arg(long)]
    headless: bool,

    /// End after this number of frames
    #[arg(long, value_name = "N", value_parser = super::count)]
    frames: Option<u64>,

    /// Write pictures into this folder, when headless: for a file or with --frames, one PNG of the overlay for each
    /// frame and a video of camera and overlay side by side; otherwise the newest of both, every few seconds
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Address of the page and its WebSocket: 127.0.0.1:8000, localhost:8000 or 8000 for this computer alone,
    /// 0.0.0.0:8000 for phones too; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000", value_parser = listen::address)]
    listen: SocketAddr,

    /// Restart a file at its end
    #[arg(long = "loop")]
    looped: bool,

    /// Start a file at this time
    #[arg(long, value_name = "SECONDS")]
    start: Option<f64>,

    /// End a file at this time
    #[arg(long, value_name = "SECONDS")]
    end: Option<f64>,

    /// Frame rate of a folder of pictures, pictures a second (0.01 to 1000) [default: 2]
    #[arg(long, value_name = "RATE", value_parser = super::picture_rate)]
    fps: Option<f64>,

    /// Name of the projector's monitor (`doctor` lists them) [default: the second monitor]
    #[arg(long, value_name = "MONITOR")]
    projector: Option<String>,

    /// Seed of the simulation's random numbers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::seed)]
    seed: u64,
}

/// Interval at which the newest pictures of an endless run are replaced.
const PICTURE_PERIOD: Duration = Duration::from_secs(3);

/// Result of evaluating the command line on this computer.
struct Plan {
    opener: Opener,
    /// Sources that the panel offers.
    sources: Vec<SourceChoice>,
    delivery: Delivery,
    setup: CalibrationSetup,
    balls: Option<BallSet>,
    listener: std::net::TcpListener,
    tokens: Tokens,
    address: SocketAddr,
    headless: bool,
    export: Option<ExportPlugin>,
    profile: PathBuf,
    physics: TablePhysics,
    settings: Settings,
    remote: RemoteSettings,
    settings_file: SettingsFilePlugin,
    storage: StorageStatus,
    projector: Option<Projector>,
}

/// Runs the subcommand.
pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let plan = plan(args)?;
    // The trainer runs even if its announcement cannot be printed.
    if let Err(Failure { message: Some(message), .. }) = output::print(announcement(args, &plan)) {
        warn(&message);
    }
    let mut app = build(args, plan);
    stop_on_signals(&mut app).map_err(Failure::failed)?;
    Outcome::run(app)
}

fn plan(args: &RunArgs) -> Result<Plan, Failure> {
    let recorded = args.source.kind().is_recorded();
    let simulated = args.source.kind().is_simulated();
    if !recorded && (args.looped || args.start.is_some() || args.end.is_some()) {
        return Err(Failure::usage("--loop, --start and --end are for a video file or a folder of pictures"));
    }
    billiards_capture::check_present(&args.source).map_err(Failure::usage)?;
    let headless = args.headless || graphics::no_display().is_some();
    if args.calibrate {
        calibrate::check_possible(&args.source, headless)?;
    }
    let mut storage = StorageStatus::default();
    let (profile, path) = profile(args, &mut storage)?;
    let mut setup = CalibrationSetup::from_profile(&profile);
    setup.table = args.table.table.unwrap_or(setup.table);
    let (balls, corners) = (args.ball_set.choose()?, args.corners.choose(&[])?);

    let physics = load_physics(args.physics.as_deref())?;
    let settings_path = args.settings.clone().unwrap_or_else(settings_file::usual_path);
    remove_leftovers(&[&settings_path, &path]);
    let loaded = settings_file::load_or_before(&settings_path).map_err(Failure::usage)?;
    warn_early(&mut storage, StorageIssue::SettingsDamaged, loaded.warning);
    let StoredSettings { mut settings, remote } = loaded.value;
    let (settings_file, in_use) = SettingsFilePlugin::new(settings_path, settings);
    warn_early(&mut storage, StorageIssue::SettingsInUse, in_use);
    // The saved settings may not suit this table's physics; the options of the command line must.
    let table = setup.table_spec();
    let model = physics.of_table(&table);
    let playable = |shot: &ShotSettings| imagined(shot, TableVector::new(0.0, 1.0), &table, &model).validate(&model);
    if let Err(error) = playable(&settings.shot) {
        warn(format_args!("the stroke in the settings is not possible, the default is used: {error}"));
        settings.shot = ShotSettings::default();
    }
    settings = args.player.over(settings)?;
    playable(&settings.shot).map_err(Failure::usage)?;

    let finite = (recorded && !args.looped) || (args.frames.is_some() && (recorded || simulated));
    // A calibration needs a camera that sees what is projected now.
    let delivery = if headless && finite && !args.calibrate { Delivery::EveryFrame } else { Delivery::Latest };
    let options = SourceOptions {
        looped: args.looped,
        start: args.start,
        end: args.end,
        ..source::options(&args.source, args.fps)?
    };
    let source::Rig { opener, projector, choices: sources } =
        source::open(&args.source, options, delivery, setup.table_spec(), args.seed)?;
    // Report a missing or damaged file before any window opens.
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
            let live = args.source.kind().is_live();
            let endless = mode != ExportMode::EveryFrame;
            let on_failure = if live || endless { OnFailure::GoOn } else { OnFailure::End };
            Some(ExportPlugin { dir: dir.clone(), mode, on_failure })
        }
        None => None,
    };
    let tokens = match Tokens::load_or_make(&super::phones::path()) {
        Ok(loaded) => {
            warn_early(&mut storage, StorageIssue::Tokens, loaded.warning);
            loaded.value
        }
        // Only this computer has access: new tokens for this run suffice.
        Err(error) if args.listen.ip().is_loopback() => {
            warn_early(&mut storage, StorageIssue::Tokens, Some(format!("{error}; this run uses temporary tokens")));
            Tokens::random()
        }
        Err(error) => return Err(Failure::usage(error)),
    };
    let listener = billiards_server::bind(args.listen).map_err(Failure::usage)?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    if graphics::adapters().is_empty() {
        return Err(Failure::failed(graphics::NO_ADAPTER));
    }
    // Last, because it waits for a picture of the source.
    if let Some(corners) = corners {
        corners.put_in_force(&mut setup, &opener)?;
    }
    Ok(Plan {
        opener,
        sources,
        delivery,
        setup,
        balls,
        listener,
        tokens,
        address,
        headless,
        export,
        profile: path,
        physics,
        settings,
        remote,
        settings_file,
        storage,
        // Frames that are written to files must not depend on when a picture of the overlay comes back.
        projector: projector.filter(|_| delivery == Delivery::Latest),
    })
}

/// Warns of a problem with a file at once, before the log is set up, and records it for the panel and the page.
fn warn_early(storage: &mut StorageStatus, issue: StorageIssue, warning: Option<String>) {
    if let Some(warning) = warning {
        warn(&warning);
        storage.set(issue, warning);
    }
}

/// Loads the named profile, or the usual one of a real table if it exists; returns it with the file to save to.
fn profile(args: &RunArgs, storage: &mut StorageStatus) -> Result<(Profile, PathBuf), Failure> {
    let path = profiles::path_for(args.profile.as_deref(), &args.source)?;
    let named = args.profile.is_some();
    // A profile that is to be created need not exist.
    let present = path.try_exists().unwrap_or(true);
    // A file in a missing folder is more likely a typing error than a profile to create.
    let mut folders = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    let own = path.starts_with(profiles::store().folder());
    let makeable = own || folders.next().is_none_or(Path::is_dir);
    let wanted = if present { named || args.source.kind().is_live() } else { named && !makeable && !args.calibrate };
    if named && !present && !wanted && !args.calibrate {
        let path = path.display();
        warn(format_args!(
            "no such profile yet: the table is not calibrated; a calibration will be saved there: {path}"
        ));
    }
    if !wanted {
        return Ok((Profile::default(), path));
    }
    let loaded = Profile::load_or_before(&path).map_err(Failure::usage)?;
    warn_early(storage, StorageIssue::CalibrationDamaged, loaded.warning);
    Ok((loaded.value, path))
}

/// Returns the lines that say what runs, and at which address.
fn announcement(args: &RunArgs, plan: &Plan) -> String {
    let mut lines = Vec::new();
    if let Some(reason) = graphics::no_display().filter(|_| !args.headless) {
        lines.push(format!("no display ({reason}): running headless"));
    }
    lines.push(format!("source: {}", args.source.redacted()));
    match (&plan.export, &args.out) {
        (Some(export), _) => lines.push(format!("pictures: {}", export.dir.display())),
        (None, Some(_)) => lines.push("pictures: none, the windows show them; --out needs --headless".to_owned()),
        (None, None) => {}
    }
    lines.push(format!("page: http://{}/", phone::here(plan.address)));
    if let Some(address) = phone::reachable(plan.address) {
        lines.push(format!("phones: http://{address}/ with a token; `billiards-trainer phones` shows it as a QR code"));
    }
    lines.push("Ctrl-C ends the run".to_owned());
    lines.join("\n")
}

fn build(args: &RunArgs, plan: Plan) -> App {
    let mut app = trainer(args, plan).build();
    app.add_systems(Update, end_with_source.after(PipelineSystems::Publish));
    if args.source.kind().is_recorded() {
        app.insert_resource(Recorded);
    }
    if args.calibrate {
        app.add_plugins(FirstCalibrationPlugin::default())
            .insert_resource(FramesAfterCalibration(args.frames))
            .add_systems(
                Update,
                count_after_calibration.after(PipelineSystems::Ingest).before(FirstCalibrationSystems),
            );
    }
    app
}

/// Number of frames to process after the calibration of `run --calibrate`; `None` for an endless run.
#[derive(Resource, Debug)]
struct FramesAfterCalibration(Option<u64>);

/// Starts counting the frames of the run at the end of its first calibration. With a limit on the frames nobody is
/// there to repeat the calibration, so a failure ends the run.
fn count_after_calibration(
    (health, first): (Res<SourceHealth>, Res<FirstCalibration>),
    (frames, mut is_over): (Res<FramesAfterCalibration>, Local<bool>),
    mut ended: MessageReader<CalibrationEnded>,
    mut worker: ResMut<SenseWorker>,
    outcome: Res<Outcome>,
    mut exit: MessageWriter<AppExit>,
) {
    let of_rig = |ended: &CalibrationEnded| match ended {
        CalibrationEnded::Rig(found) => Some(found.as_ref().err().cloned()),
        CalibrationEnded::Lens(_) => None,
    };
    let Some(failure) = ended.read().find_map(of_rig).filter(|_| first.requested && !*is_over) else { return };
    *is_over = true;
    match (failure, frames.0) {
        (None, frames) => worker.end_after(frames.map(|frames| health.frames + frames)),
        (Some(why), Some(_)) => outcome.fail(Failure::failed(format!("not calibrated: {why}")), &mut exit),
        (Some(_), None) => {}
    }
}

fn trainer(args: &RunArgs, plan: Plan) -> Trainer {
    let stage = if plan.headless { Stage::Headless } else { Stage::Windows { monitor: args.projector.clone() } };
    let real = args.source.kind().is_live();
    Trainer {
        sense: SenseOptions {
            delivery: plan.delivery,
            preview: !plan.headless,
            keep_frames: plan.export.is_some(),
            max_frames: args.frames.filter(|_| !args.calibrate),
            under_projector: plan.projector.is_some() || (real && !plan.headless),
        },
        readout: args.readout / 1e3,
        balls: plan.balls,
        physics: plan.physics,
        settings: plan.settings,
        remote: plan.remote,
        settings_file: Some(plan.settings_file),
        storage: plan.storage,
        in_step: plan.delivery == Delivery::EveryFrame,
        stage,
        sources: plan.sources,
        listener: Some(plan.listener),
        tokens: Some(plan.tokens),
        export: plan.export,
        projector: plan.projector,
        saves: profiles::saves(args.profile.as_deref(), &args.source),
        profile: plan.profile,
        ..Trainer::new(plan.opener, plan.setup)
    }
}

/// Marks a run whose source is a file or a folder.
#[derive(Resource)]
struct Recorded;

/// Ends the run when the source has ended or failed, and every picture is written.
fn end_with_source(
    (health, recorded): (Res<SourceHealth>, Option<Res<Recorded>>),
    progress: Option<Res<ExportProgress>>,
    outcome: Res<Outcome>,
    mut exit: MessageWriter<AppExit>,
) {
    if !health.status.is_final() || progress.as_ref().is_some_and(|progress| !progress.is_idle()) {
        return;
    }
    let failed = match &health.status {
        SourceStatus::Failed(reason) => Some(reason.clone()),
        _ => progress.and_then(|progress| progress.failed.clone()),
    };
    // The exit code must tell that part of a recording was not read; a camera occasionally delivers a bad picture.
    let all = health.frames + health.vision_errors + health.skipped;
    let unread = (recorded.is_some() && health.skipped > 0)
        .then(|| format!("{} of {all} pictures could not be read", health.skipped));
    let failed = failed.or(unread);
    if let Some(reason) = failed {
        outcome.fail(Failure::failed(reason), &mut exit);
    } else {
        info!("{} frames processed", health.frames);
        exit.write(AppExit::Success);
    }
}
