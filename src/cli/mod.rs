//! The command line; one file a subcommand.

mod calibrate;
mod detect;
mod doctor;
mod fit;
mod graphics;
mod layout;
mod listen;
mod outcome;
mod output;
mod phones;
mod predict;
mod predict_shots;
mod profiles;
mod rig;
mod run;
pub(crate) mod signals;
mod source;
mod track;
mod watch;

use crate::cli::signals::exit_on_signals;
use billiards_files;
use clap::{Parser, Subcommand};
use std::{ops::RangeInclusive, path::Path, process::ExitCode};

/// Something failed while the program worked.
const EXIT_FAILED: u8 = 1;
/// The command line, or a file that it names, is no good. clap uses the same code.
const EXIT_USAGE: u8 = 2;

/// Sees a pool table through a camera and projects, on the cloth, where the shot would go.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 110,
    after_help = "Exit codes:\n  0    done\n  1    something failed while working (source, graphics, network, disk)\n  \
                  2    the command line, or a file that it names, is no good\n  130  interrupted (Ctrl-C, SIGTERM)\n\n\
                  Log: RUST_LOG sets what is logged to standard error, e.g. RUST_LOG=billiards=debug"
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
    number_in(text, "ms", 0.0..=100.0)
}

/// Reads the rate of a folder of pictures, pictures a second.
fn picture_rate(text: &str) -> Result<f64, String> {
    number_in(text, "pictures a second", 0.01..=1000.0)
}

/// Reads a number of a unit within a range.
fn number_in(text: &str, unit: &str, range: RangeInclusive<f64>) -> Result<f64, String> {
    let possible = || format!("{} to {} {unit} is possible", range.start(), range.end());
    let value: f64 = text.parse().map_err(|_| format!("a number is expected; {}", possible()))?;
    if range.contains(&value) { Ok(value) } else { Err(possible()) }
}

/// Reads how many frames, messages or the like are wanted.
fn count(text: &str) -> Result<u64, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| "a whole number is expected, 1 or more, e.g. 300".to_owned())
}

/// Reads the seed of the simulation.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a whole number is expected, 0 to {}, e.g. 7", u64::MAX))
}

/// A failure with the code to exit with and one line for people.
#[derive(Debug)]
struct Failure {
    code: u8,
    /// Nothing where there is nobody to tell.
    message: Option<String>,
}

impl Failure {
    /// The command line, or a file that it names, is no good.
    fn usage(message: impl ToString) -> Self {
        Self { code: EXIT_USAGE, message: Some(message.to_string()) }
    }

    /// Something failed while working.
    fn failed(message: impl ToString) -> Self {
        Self { code: EXIT_FAILED, message: Some(message.to_string()) }
    }

    /// Whoever reads the output has seen enough.
    fn silent() -> Self {
        Self { code: 0, message: None }
    }
}

/// Tells of something that is not as it should be and does not stop the work.
fn warn(message: impl std::fmt::Display) {
    output::tell(format_args!("warning: {message}"));
}

/// Removes what writes of the user's files have left that were interrupted, by a power failure or a full disk.
fn remove_leftovers(files: &[&Path]) {
    let own_folder = std::iter::once(billiards_files::remove_all_leftovers(profiles::store().folder()));
    let failed =
        own_folder.chain(files.iter().map(|file| billiards_files::remove_leftovers_of(file))).find_map(Result::err);
    if let Some(error) = failed {
        warn(format_args!("a temporary file from before could not be removed: {error}"));
    }
}

impl Cli {
    /// Parses the command line and runs the subcommand; errors go to standard error, one line each.
    #[must_use]
    pub fn main() -> ExitCode {
        let outcome = match Self::try_parse() {
            Ok(cli) => cli.run(),
            // A wrong command line, or a request for help or for the version.
            Err(answer) => {
                let code = u8::try_from(answer.exit_code()).unwrap_or(EXIT_USAGE);
                match answer.print() {
                    // Standard error of a wrong command line need not be readable.
                    Err(error) if !answer.use_stderr() => Err(output::cannot_print(error)),
                    _ => Ok(ExitCode::from(code)),
                }
            }
        };
        outcome.unwrap_or_else(|Failure { code, message }| {
            if let Some(message) = message {
                output::tell(format_args!("error: {message}"));
            }
            ExitCode::from(code)
        })
    }

    fn run(self) -> Result<ExitCode, Failure> {
        crate::sense::capture::quieten_libraries();
        match &self.command {
            // They end in good order.
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
}
