//! `calibrate`: where camera, table and projector stand to each other.

use super::{EXIT_FAILED, Failure, graphics, profiles, source};
use crate::{
    app::PipelineSystems,
    model::TableChoice,
    ops::{
        signals::stop_on_signals,
        trainer::{Stage, Trainer},
    },
    rig::calibration::{
        CalibrationSetup, Optics, Profile,
        automatic::{AutomaticCalibration, CalibrationOrder},
        camera::board::{board_svg, lens_from_boards},
        load_or_before, save_keeping,
    },
    sense::{
        SenseOptions, SourceHealth,
        capture::{self, Delivery, SourceOptions, SourceSpec, SourceStatus, read_picture},
    },
    show::{control::Settings, remote::settings::RemoteSettings},
    think::physics::Physics,
};
use bevy::prelude::*;
use clap::{ArgGroup, Args};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Frames until the source is trusted to run.
const FIRST_FRAMES: u64 = 10;
/// A source that delivers nothing for so long will not.
const PATIENCE: Duration = Duration::from_secs(30);

/// Finds out where camera, table and projector stand to each other, and saves it as a profile.
///
/// Switch the projector on, clear the table of hands, and leave some balls on it, best one near each corner: they tell how
/// high the camera hangs.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["auto", "lens", "board"])))]
pub(super) struct CalibrateArgs {
    /// Do everything: project patterns, see them, solve, prove, save
    #[arg(long)]
    auto: bool,

    /// Measure the camera's lens from pictures of the printed board (8 or more, the board at all places and tilts)
    #[arg(long, value_name = "PICTURE", num_args = 1..)]
    lens: Vec<PathBuf>,

    /// Write the board to print, as SVG
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,

    /// Where pictures come from, as for `run`
    #[arg(long, value_name = "SOURCE", default_value = "camera:0")]
    source: SourceSpec,

    /// The table: `7ft`, `8ft`, `9ft`, or `auto` to judge it from the size of the balls [default: what the profile says]
    #[arg(long, value_name = "SIZE")]
    table: Option<TableChoice>,

    /// Height of the camera's lens over the cloth, metres, where there are no balls to tell it
    #[arg(long, value_name = "METRES", value_parser = height)]
    camera_height: Option<f64>,

    /// Name of the projector's monitor (`doctor` lists them) [default: the second monitor]
    #[arg(long, value_name = "MONITOR")]
    projector: Option<String>,

    /// The profile to save to: a name, or a JSON file [default: `table`; a simulated rig's calibration is saved only where
    /// this is given]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// Open no window: for the simulated rig
    #[arg(long)]
    headless: bool,

    /// Decides what is left to chance in the simulation
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Reads the height of a camera.
fn height(text: &str) -> Result<f64, String> {
    let metres: f64 = text.parse().map_err(|_| "a number of metres is expected".to_owned())?;
    if (0.5..=10.0).contains(&metres) { Ok(metres) } else { Err("0.5 to 10 m is possible".to_owned()) }
}

/// Runs the subcommand.
pub(super) fn run(args: &CalibrateArgs) -> Result<ExitCode, Failure> {
    if let Some(file) = &args.board {
        return write_board(file);
    }
    if !args.lens.is_empty() {
        let path = profiles::path(args.profile.as_deref().unwrap_or(profiles::USUAL))?;
        let known = if path.exists() { load_or_before(&path).map_err(Failure::usage)? } else { Profile::default() };
        return measure_lens(&args.lens, known, &path);
    }
    let path = profiles::path_for(args.profile.as_deref(), &args.source)?;
    let saves = profiles::saves(args.profile.as_deref(), &args.source);
    let known = if saves && path.exists() { load_or_before(&path).map_err(Failure::usage)? } else { default() };
    calibrate(args, &known, path, saves)
}

/// Refuses what no automatic calibration can work with: a recording, or a camera without a projector beside it.
pub(super) fn check_possible(source: &SourceSpec, headless: bool) -> Result<(), Failure> {
    match source {
        SourceSpec::Sim(_) => Ok(()),
        SourceSpec::Video(_) | SourceSpec::Folder(_) => {
            Err(Failure::usage("a recording does not see what the projector throws now: choose a camera or `sim`"))
        }
        _ if headless => Err(Failure::usage(
            "without a display there is no projector; only the simulated rig (--source sim) has its own",
        )),
        _ => Ok(()),
    }
}

fn say(text: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{text}")
        .map_err(|e| Failure::failed(format!("cannot write to standard output: {e}")))
}

fn write_board(file: &Path) -> Result<ExitCode, Failure> {
    let svg = board_svg().map_err(|error| Failure::failed(format!("OpenCV: {}", error.message)))?;
    fs::write(file, svg).map_err(|error| Failure::usage(format!("cannot write {}: {error}", file.display())))?;
    say(format_args!("{}: print it at 100 % on A4, check its ruler, glue it to something flat", file.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn measure_lens(pictures: &[PathBuf], known: Profile, path: &Path) -> Result<ExitCode, Failure> {
    let read: Vec<_> =
        pictures.iter().map(|path| read_picture(path).map_err(Failure::usage)).collect::<Result<_, _>>()?;
    let board = lens_from_boards(&read).map_err(Failure::usage)?;
    // Corners in pictures that were straightened otherwise mean nothing any more.
    save_keeping(path, &Profile { optics: Some(Optics::by_board(&board)), camera: None, camera_origin: None, ..known })
        .map_err(Failure::failed)?;
    for (place, why) in &board.left_out {
        say(format_args!("left out: {}: {why}", pictures[*place].display()))?;
    }
    let [focal, _] = board.lens.focal;
    say(format_args!(
        "lens: {} of {} pictures, corners met to {:.2} pixels, focal length {focal:.0} pixels give or take {:.1} %; saved: {}",
        board.pictures,
        pictures.len(),
        board.rms,
        100.0 * board.focal_error,
        path.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn calibrate(args: &CalibrateArgs, known: &Profile, path: PathBuf, saves: bool) -> Result<ExitCode, Failure> {
    let headless = args.headless || graphics::no_display().is_some();
    // Checked before the source is looked for: a recording is refused whether it is there or not.
    check_possible(&args.source, headless)?;
    capture::check_present(&args.source).map_err(Failure::usage)?;
    if graphics::adapters().is_empty() {
        return Err(Failure::failed(graphics::NO_ADAPTER));
    }
    let mut setup = CalibrationSetup::from_profile(known);
    setup.table = args.table.unwrap_or(setup.table);
    // What was true of the camera's place is to be found anew.
    setup.camera = None;
    let rig = source::open(&args.source, SourceOptions::default(), Delivery::Latest, setup.table_kind(), args.seed)?;
    let stage = if headless { Stage::Headless } else { Stage::Windows { monitor: args.projector.clone() } };
    let trainer = Trainer {
        opener: rig.opener,
        sense: SenseOptions { preview: !headless, under_projector: true, ..default() },
        readout: 0.0,
        balls: None,
        setup,
        physics: Physics::default(),
        settings: Settings::default(),
        remote: RemoteSettings::default(),
        settings_file: None,
        sources: Vec::new(),
        in_step: false,
        stage,
        listener: None,
        tokens: None,
        export: None,
        projector: rig.projector,
        profile: path,
        saves,
        log: true,
    };
    let mut app = trainer.build();
    stop_on_signals(&mut app).map_err(Failure::failed)?;
    let attempt = Attempt { camera_height: args.camera_height, ..default() };
    app.insert_resource(attempt).add_systems(Update, drive.after(PipelineSystems::Publish));
    match app.run() {
        AppExit::Success => Ok(ExitCode::SUCCESS),
        AppExit::Error(code) => Ok(ExitCode::from(code.get())),
    }
}

/// The calibration that this run is for.
#[derive(Resource, Debug, Default)]
struct Attempt {
    camera_height: Option<f64>,
    started: bool,
    /// What was told last.
    words: String,
}

/// Starts the calibration when the source runs, tells how it goes, and ends with it.
#[expect(clippy::print_stderr, clippy::print_stdout, reason = "this is what the command tells people")]
fn drive(
    (mut attempt, time): (ResMut<Attempt>, Res<Time<Real>>),
    (health, automatic): (Res<SourceHealth>, Res<AutomaticCalibration>),
    mut orders: MessageWriter<CalibrationOrder>,
    mut exit: MessageWriter<AppExit>,
) {
    let mut fail = |why: &str| {
        eprintln!("error: {why}");
        exit.write(AppExit::from_code(EXIT_FAILED));
    };
    if !attempt.started {
        match &health.status {
            SourceStatus::Failed(why) => fail(why),
            _ if health.frames >= FIRST_FRAMES => {
                orders.write(CalibrationOrder::Start { camera_height: attempt.camera_height });
                attempt.started = true;
            }
            status if time.elapsed() > PATIENCE => fail(&format!("the source delivers no frames: it is {status}")),
            _ => {}
        }
        return;
    }
    if let Some(progress) = automatic.progress().filter(|progress| progress.words != attempt.words) {
        println!("{:3.0} %  {}", 100.0 * progress.share, progress.words);
        attempt.words.clone_from(&progress.words);
    }
    match automatic.last() {
        Some(Ok(summary)) => {
            summary.notes().iter().for_each(|note| println!("       {note}"));
            exit.write(AppExit::Success);
        }
        Some(Err(why)) => fail(&format!("not calibrated: {why}; the former calibration stays in force")),
        None => {}
    }
}
