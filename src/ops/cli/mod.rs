//! The command line; one file a subcommand.

mod calibrate;
mod detect;
mod doctor;
mod fit;
mod graphics;
mod phones;
mod predict;
mod predict_shots;
mod profiles;
mod rig;
mod run;
mod source;
mod track;
mod watch;

use crate::files;
use clap::{Parser, Subcommand};
use std::{path::Path, process::ExitCode};

/// Something failed while the program worked.
const EXIT_FAILED: u8 = 1;
/// The command line, or a file that it names, is no good. clap uses the same code.
const EXIT_USAGE: u8 = 2;

/// Sees a pool table through a camera and projects, on the cloth, where the shot would go.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 110,
    after_help = "Exit codes:\n  0    done\n  1    something failed while working (source, picture, graphics, disk)\n  \
                  2    the command line, or a file that it names, is no good\n  130  interrupted (Ctrl-C, SIGTERM)\n\n\
                  Log: RUST_LOG sets what is logged to standard error, e.g. RUST_LOG=billiards_trainer=debug"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the trainer: camera in, light and browser out
    Run(Box<run::RunArgs>),
    /// Find the table, the balls and the cue in pictures
    Detect(detect::DetectArgs),
    /// Follow the balls and the cue through a recording
    Track(track::TrackArgs),
    /// Predict the shot that a layout and an aim describe
    Predict(predict::PredictArgs),
    /// Fit the model to recorded tracks of this table
    Fit(fit::FitArgs),
    /// Find out where camera, table and projector stand to each other
    Calibrate(Box<calibrate::CalibrateArgs>),
    /// Measure the trainer on simulated rigs, where the truth is known
    Rig(rig::RigArgs),
    /// Show how phones reach the page: addresses with tokens, as text and QR codes
    Phones(phones::PhonesArgs),
    /// Print what a running trainer tells
    Watch(watch::WatchArgs),
    /// Check this computer: camera, graphics, monitors, OpenCV, port
    Doctor(doctor::DoctorArgs),
}

/// Reads the time that a camera takes to read a picture, milliseconds.
fn readout(text: &str) -> Result<f64, String> {
    let ms: f64 = text.parse().map_err(|_| "a number of milliseconds is expected".to_owned())?;
    if (0.0..=100.0).contains(&ms) { Ok(ms) } else { Err("0 to 100 ms is possible".to_owned()) }
}

/// A failure with the code to exit with and one line for people.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The command line, or a file that it names, is no good.
    fn usage(message: impl ToString) -> Self {
        Self { code: EXIT_USAGE, message: message.to_string() }
    }

    /// Something failed while working.
    fn failed(message: impl ToString) -> Self {
        Self { code: EXIT_FAILED, message: message.to_string() }
    }
}

/// Tells of something that is not as it should be and does not stop the work.
#[expect(clippy::print_stderr, reason = "this is where a command line tells of what goes wrong")]
fn warn(message: impl std::fmt::Display) {
    eprintln!("warning: {message}");
}

/// Removes what writes of the user's files have left that were interrupted, by a power failure or a full disk.
fn remove_leftovers(files: &[&Path]) {
    let own_folder = std::iter::once(files::remove_all_leftovers(profiles::store().folder()));
    let failed = own_folder.chain(files.iter().map(|file| files::remove_leftovers_of(file))).find_map(Result::err);
    if let Some(error) = failed {
        warn(format_args!("a temporary file from before could not be removed: {error}"));
    }
}

impl Cli {
    /// Runs the subcommand; errors go to standard error, one line each.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "this is where a command line tells of its errors")]
    pub fn run(self) -> ExitCode {
        crate::sense::capture::quieten_libraries();
        let outcome = match self.command {
            Command::Run(args) => run::run(&args),
            Command::Detect(args) => detect::run(&args),
            Command::Track(args) => track::run(&args),
            Command::Predict(args) => predict::run(&args),
            Command::Fit(args) => fit::run(&args),
            Command::Calibrate(args) => calibrate::run(&args),
            Command::Rig(args) => rig::run(&args),
            Command::Phones(args) => phones::run(&args),
            Command::Watch(args) => watch::run(&args),
            Command::Doctor(args) => doctor::run(&args),
        };
        match outcome {
            Ok(code) => code,
            Err(failure) => {
                eprintln!("error: {}", failure.message);
                ExitCode::from(failure.code)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
