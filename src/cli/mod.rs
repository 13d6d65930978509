//! Command line, with one file for each subcommand.

mod ball_set;
mod calibrate;
mod corners;
mod detect;
mod doctor;
mod fit;
mod graphics;
mod layout;
mod listen;
mod outcome;
mod output;
mod phones;
mod player;
mod predict;
mod predict_shots;
mod profiles;
mod rig;
mod run;
pub(crate) mod signals;
mod source;
mod strokes;
mod table;
mod track;
mod watch;

use crate::cli::signals::exit_on_signals;
use billiards_files;
use clap::{Parser, Subcommand};
use std::{ops::RangeInclusive, path::Path, process::ExitCode};

/// Exit code of a failure at work.
const EXIT_FAILED: u8 = 1;
/// Exit code for a command line, or a file that it names, that cannot be used. clap uses the same code.
const EXIT_USAGE: u8 = 2;

/// Tracks a pool table with a camera and projects the predicted shot on the cloth.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 110,
    after_help = "Exit codes:\n  0    done\n  1    something failed while working (source, graphics, network, disk)\n  \
                  2    the command line, or a file that it names, is invalid\n  130  interrupted (Ctrl-C, SIGTERM)\n\n\
                  Log: RUST_LOG sets what is logged to standard error, e.g. RUST_LOG=billiards=debug"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the trainer: track the table, project the shot, serve the page
    Run(Box<run::RunArgs>),
    /// Detect the table, the balls and the cue in pictures
    Detect(detect::DetectArgs),
    /// Track the balls and the cue through a recording
    Track(track::TrackArgs),
    /// Predict the shot that a layout and an aim describe
    Predict(predict::PredictArgs),
    /// Fit the model to recorded tracks of this table
    Fit(fit::FitArgs),
    /// Measure where camera, table and projector stand to each other
    Calibrate(Box<calibrate::CalibrateArgs>),
    /// Measure the trainer's errors on simulated rigs with known truth
    Rig(rig::RigArgs),
    /// Show the page's addresses for phones, with tokens, as text and QR codes
    Phones(phones::PhonesArgs),
    /// Print the messages of a running trainer
    Watch(watch::WatchArgs),
    /// Check this computer: camera, graphics, monitors, OpenCV, port
    Doctor(doctor::DoctorArgs),
}

/// Parses the readout time of a camera, milliseconds.
fn readout(text: &str) -> Result<f64, String> {
    number_in(text, "ms", 0.0..=100.0)
}

/// Parses the frame rate of a folder of pictures, pictures a second.
fn picture_rate(text: &str) -> Result<f64, String> {
    number_in(text, "pictures a second", 0.01..=1000.0)
}

/// Parses a number with a unit within a range.
fn number_in(text: &str, unit: &str, range: RangeInclusive<f64>) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("expected a number from {} to {} {unit}", range.start(), range.end()))
}

/// Parses a number of frames, messages or the like: 1 or more.
fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "expected a whole number, 1 or more, e.g. 300".to_owned())
}

/// Parses the seed of the simulation.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number, 0 to {}, e.g. 7", u64::MAX))
}

/// Failure with its exit code and one line for people.
#[derive(Debug)]
struct Failure {
    code: u8,
    /// Message for people; `None` if there is nothing to report.
    message: Option<String>,
}

impl Failure {
    /// Creates the failure of a command line, or of a file that it names.
    fn usage(message: impl ToString) -> Self {
        Self { code: EXIT_USAGE, message: Some(message.to_string()) }
    }

    /// Creates the failure of something that went wrong at work.
    fn failed(message: impl ToString) -> Self {
        Self { code: EXIT_FAILED, message: Some(message.to_string()) }
    }

    /// Creates a failure without a message, with exit code 0: the reader of the output has closed it.
    fn silent() -> Self {
        Self { code: 0, message: None }
    }
}

/// Prints a warning about something that does not stop the work.
fn warn(message: impl std::fmt::Display) {
    output::report(format_args!("warning: {message}"));
}

/// Removes temporary files of interrupted writes of the user's files, e.g. after a power failure or on a full disk.
fn remove_leftovers(files: &[&Path]) {
    let own_folder = std::iter::once(billiards_files::remove_all_leftovers(profiles::store().folder()));
    let failed =
        own_folder.chain(files.iter().map(|file| billiards_files::remove_leftovers_of(file))).find_map(Result::err);
    if let Some(error) = failed {
        warn(format_args!("cannot remove a temporary file of an interrupted write: {error}"));
    }
}

impl Cli {
    /// Parses the command line and runs the subcommand; errors go to standard error, one line each.
    #[must_use]
    pub fn main() -> ExitCode {
        let outcome = match Self::try_parse() {
            Ok(cli) => cli.run(),
            // Invalid command line, or a request for help or for the version.
            Err(mut answer) => {
                corners::add_example(&mut answer);
                let code = u8::try_from(answer.exit_code()).unwrap_or(EXIT_USAGE);
                match answer.print() {
                    // Standard error of an invalid command line need not be writable.
                    Err(error) if !answer.use_stderr() => Err(output::cannot_print(error)),
                    _ => Ok(ExitCode::from(code)),
                }
            }
        };
        outcome.unwrap_or_else(|Failure { code, message }| {
            if let Some(message) = message {
                output::report(format_args!("error: {message}"));
            }
            ExitCode::from(code)
        })
    }

    fn run(self) -> Result<ExitCode, Failure> {
        billiards_capture::quieten_libraries();
        match &self.command {
            // These commands shut down gracefully.
            Command::Run(_) | Command::Track(_) | Command::Calibrate(_) | Command::Watch(_) => {}
            Command::Detect(_)
            | Command::Predict(_)
            | Command::Fit(_)
            | Command::Rig(_)
            | Command::Phones(_)
            | Command::Doctor(_) => exit_on_signals(),
        }
        match self.command {
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

    #[test]
    fn the_readme_lists_every_command() {
        let readme = include_str!("../../README.md");
        for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let rows = [format!("| `{} ", command.get_name()), format!("| `{}`", command.get_name())];
            assert!(rows.iter().any(|row| readme.contains(row)), "README has no row for `{}`", command.get_name());
        }
    }
}
