//! `calibrate`: measures the poses of camera, table and projector.

use super::{Failure, graphics, outcome::Outcome, output, profiles, remove_leftovers, source, table::TableArgs, warn};
use crate::{
    app::{Stage, Trainer},
    calibrate::{CalibrationEnded, FirstCalibration, FirstCalibrationPlugin, Procedures},
    cli::signals::stop_on_signals,
    operate::StorageStatus,
    sense::{SenseOptions, SourceHealth},
    stages::PipelineSystems,
};
use bevy::prelude::*;
use billiards_calibration::{
    CalibrationSetup, Optics, Profile, ProfileFile,
    camera::board::{board_svg, lens_from_boards},
};
use billiards_capture::{Delivery, SourceKind, SourceOptions, SourceSpec, SourceStatus, read_picture};
use billiards_protocol::storage::StorageIssue;
use clap::{ArgGroup, Args};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Measures where camera, table and projector stand to each other, and saves the result as a profile.
///
/// Switch the projector on, keep hands off the table, and leave some balls on it, ideally one near each corner: they
/// give the height of the camera.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
#[command(group(ArgGroup::new("what").required(true).args(["auto", "lens", "board"])))]
pub(super) struct CalibrateArgs {
    /// Run the whole procedure: project patterns, detect them, solve, verify, save
    #[arg(long)]
    auto: bool,

    /// Measure the camera's lens from pictures of the printed board (8 or more, with the board in all places and tilts)
    #[arg(long, value_name = "PICTURE", num_args = 1..)]
    lens: Vec<PathBuf>,

    /// Write the board to print to this file, as SVG
    #[arg(long, value_name = "FILE")]
    board: Option<PathBuf>,

    /// Source of the pictures, as for `run`
    #[arg(long, value_name = "SOURCE", default_value = "camera:0")]
    source: SourceSpec,

    #[command(flatten)]
    table: TableArgs,

    /// Height of the camera's lens over the cloth, metres (0.5 to 10), for a table without balls to measure it by
    #[arg(long, value_name = "METRES", value_parser = height)]
    camera_height: Option<f64>,

    /// Name of the projector's monitor (`doctor` lists them) [default: the second monitor]
    #[arg(long, value_name = "MONITOR")]
    projector: Option<String>,

    /// Profile to save to: a name, or a JSON file [default: `table`; a simulated rig's calibration is saved only with
    /// this option]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// Open no window; only for the simulated rig
    #[arg(long)]
    headless: bool,

    /// Seed of the simulation's random numbers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::seed)]
    seed: u64,
}

/// Parses the height of a camera, metres.
fn height(text: &str) -> Result<f64, String> {
    super::number_in(text, "m", 0.5..=10.0)
}

/// Runs the subcommand.
pub(super) fn run(args: &CalibrateArgs) -> Result<ExitCode, Failure> {
    if let Some(file) = &args.board {
        return write_board(file);
    }
    if !args.lens.is_empty() {
        let path = profiles::path(args.profile.as_deref().unwrap_or(profiles::USUAL))?;
        let known = known(&path, &mut StorageStatus::default())?;
        return measure_lens(&args.lens, known, ProfileFile::new(path));
    }
    let path = profiles::path_for(args.profile.as_deref(), &args.source)?;
    let saves = profiles::saves(args.profile.as_deref(), &args.source);
    let mut storage = StorageStatus::default();
    let known = if saves { known(&path, &mut storage)? } else { Profile::default() };
    calibrate(args, &known, path, saves, storage)
}

/// Loads the profile in a file, or an empty one if there is no file; problems are printed and recorded.
fn known(path: &Path, storage: &mut StorageStatus) -> Result<Profile, Failure> {
    remove_leftovers(&[path]);
    if !path.try_exists().unwrap_or(true) {
        return Ok(Profile::default());
    }
    let loaded = Profile::load_or_before(path).map_err(Failure::usage)?;
    if let Some(warning) = loaded.warning {
        warn(&warning);
        storage.set(StorageIssue::CalibrationDamaged, warning);
    }
    Ok(loaded.value)
}

/// Rejects sources that no automatic calibration can work with: a recording, or a camera without a projector.
pub(super) fn check_possible(source: &SourceSpec, headless: bool) -> Result<(), Failure> {
    match source.kind() {
        SourceKind::Recorded => {
            Err(Failure::usage("a recording cannot show what is projected now: choose a camera or `sim`"))
        }
        SourceKind::Live if headless => Err(Failure::usage(
            "without a display there is no projector; only the simulated rig (--source sim) has its own",
        )),
        SourceKind::Live | SourceKind::Simulated => Ok(()),
    }
}

fn write_board(file: &Path) -> Result<ExitCode, Failure> {
    let svg = board_svg().map_err(|error| Failure::failed(format!("OpenCV: {}", error.message)))?;
    output::write_file(file, svg.as_bytes())?;
    output::print(format_args!(
        "{}: print it at 100 % on A4, check its ruler, glue it to something flat",
        file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn measure_lens(pictures: &[PathBuf], known: Profile, mut file: ProfileFile) -> Result<ExitCode, Failure> {
    let read: Vec<_> =
        pictures.iter().map(|path| read_picture(path).map_err(Failure::usage)).collect::<Result<_, _>>()?;
    let board = lens_from_boards(&read).map_err(Failure::usage)?;
    // Corners in pictures that were rectified with another lens are invalid.
    file.save(&Profile { optics: Some(Optics::by_board(&board)), camera: None, camera_origin: None, ..known })
        .map_err(Failure::failed)?;
    for (place, why) in &board.excluded {
        output::print(format_args!("left out: {}: {why}", pictures[*place].display()))?;
    }
    let [focal, _] = board.lens.focal;
    output::print(format_args!(
        "lens: {} of {} pictures, reprojection error {:.2} pixels RMS, focal length {focal:.0} pixels ± {:.1} %; saved: {}",
        board.pictures,
        pictures.len(),
        board.rms,
        100.0 * board.focal_error,
        file.path().display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn calibrate(
    args: &CalibrateArgs,
    known: &Profile,
    path: PathBuf,
    saves: bool,
    storage: StorageStatus,
) -> Result<ExitCode, Failure> {
    let headless = args.headless || graphics::no_display().is_some();
    // Checked before the source is looked for: a recording is rejected whether it exists or not.
    check_possible(&args.source, headless)?;
    billiards_capture::check_present(&args.source).map_err(Failure::usage)?;
    if graphics::adapters().is_empty() {
        return Err(Failure::failed(graphics::NO_ADAPTER));
    }
    // Checked before anybody waits for a calibration that cannot be saved.
    ProfileFile::new(path.clone()).lock().map_err(Failure::failed)?;
    let mut setup = CalibrationSetup::from_profile(known);
    setup.table = args.table.table.unwrap_or(setup.table);
    // The known pose of the camera is measured anew.
    setup.camera = None;
    let rig = source::open(&args.source, SourceOptions::default(), Delivery::Latest, setup.table_spec(), args.seed)?;
    let stage = if headless { Stage::Headless } else { Stage::Windows { monitor: args.projector.clone() } };
    let trainer = Trainer {
        sense: SenseOptions { preview: !headless, under_projector: true, ..default() },
        storage,
        stage,
        projector: rig.projector,
        profile: path,
        saves,
        ..Trainer::new(rig.opener, setup)
    };
    let mut app = trainer.build();
    stop_on_signals(&mut app).map_err(Failure::failed)?;
    app.add_plugins(FirstCalibrationPlugin { camera_height: args.camera_height })
        .init_resource::<Attempt>()
        .add_systems(Update, report_attempt.after(PipelineSystems::Publish));
    Outcome::run(app)
}

/// Calibration of this run, as far as it was reported.
#[derive(Resource, Debug, Default)]
struct Attempt {
    /// Text of the step that was printed last.
    words: String,
    /// Error of standard output, if it cannot be written. The calibration continues nevertheless.
    unheard: Option<Failure>,
    /// Set once the calibration has succeeded; it is saved at the end of that update.
    succeeded: bool,
}

impl Attempt {
    fn say(&mut self, text: std::fmt::Arguments<'_>) {
        if self.unheard.is_none() {
            self.unheard = output::print(text).err();
        }
    }
}

/// Prints the progress of the calibration; ends the run with it, or if the source delivers nothing.
fn report_attempt(
    (mut attempt, first, time): (ResMut<Attempt>, Res<FirstCalibration>, Res<Time<Real>>),
    (health, procedures, storage): (Res<SourceHealth>, Res<Procedures>, Res<StorageStatus>),
    mut ended: MessageReader<CalibrationEnded>,
    outcome: Res<Outcome>,
    mut exit: MessageWriter<AppExit>,
) {
    if !first.requested {
        match &health.status {
            SourceStatus::Failed(why) => outcome.fail(Failure::failed(why), &mut exit),
            status if time.elapsed() > source::FRAME_TIMEOUT => {
                outcome.fail(Failure::failed(source::no_frames(status)), &mut exit);
            }
            _ => {}
        }
        return;
    }
    if let Some(progress) = procedures.progress().filter(|progress| progress.words != attempt.words) {
        attempt.say(format_args!("{:3.0} %  {}", 100.0 * progress.share, progress.words));
        attempt.words.clone_from(&progress.words);
    }
    if attempt.succeeded {
        match storage.message(StorageIssue::CalibrationNotSaved) {
            Some(why) => outcome.fail(Failure::failed(why), &mut exit),
            None if attempt.unheard.is_some() => {
                let failure = attempt.unheard.take().unwrap_or_else(Failure::silent);
                outcome.fail(failure, &mut exit);
            }
            None => {
                exit.write(AppExit::Success);
            }
        }
    }
    for ended in ended.read() {
        match ended {
            CalibrationEnded::Rig(Ok(summary)) => {
                summary.notes().iter().for_each(|note| attempt.say(format_args!("       {note}")));
                attempt.succeeded = true;
            }
            CalibrationEnded::Rig(Err(why)) => {
                let why = format!("not calibrated: {why}; the former calibration stays in force");
                outcome.fail(Failure::failed(why), &mut exit);
            }
            // The operator has started it in the panel.
            CalibrationEnded::Lens(_) => {}
        }
    }
}
