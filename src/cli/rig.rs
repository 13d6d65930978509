//! `rig`: measures the trainer's errors on simulated rigs with known truth.

use super::{EXIT_FAILED, Failure, graphics, output, table::known_table};
use crate::rig::report::{self, Part, Request, picture_figures};
use billiards_table::TableSpec;
use clap::{Args, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// Measures the trainer's errors on simulated rigs with known truth.
#[derive(Debug, Args)]
pub(super) struct RigArgs {
    #[command(subcommand)]
    command: RigCommand,
}

#[derive(Debug, Subcommand)]
enum RigCommand {
    /// Run closed loops of camera, trainer and projector, and print the errors of all parts
    Report(ReportArgs),
}

#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
struct ReportArgs {
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::seed)]
    seed: u64,

    /// Print every figure as JSON
    #[arg(long)]
    json: bool,

    /// Measure only these parts
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,

    /// Number of random rigs to calibrate, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = rigs)]
    rigs: u32,

    /// Table of all rigs: a name as of `run --table`, or a TOML file [default: 9ft, and for random rigs 7ft to 9ft]
    #[arg(long, value_name = "TABLE", value_parser = known_table)]
    table: Option<TableSpec>,

    /// Make only these measurements of each part, counted from 1, e.g. to repeat conspicuous ones
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pick: Vec<usize>,

    /// Write the random pictures of the part `tables` into this folder, with the true corners in yellow and the found
    /// ones in red
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn rigs(text: &str) -> Result<u32, String> {
    let rigs = text.parse().ok().filter(|rigs| (1..=1000).contains(rigs));
    rigs.ok_or_else(|| "expected a whole number, 1 to 1000".to_owned())
}

/// Runs the subcommand.
pub(super) fn run(args: &RigArgs) -> Result<ExitCode, Failure> {
    let RigCommand::Report(args) = &args.command;
    let parts = if args.only.is_empty() { Part::ALL.to_vec() } else { args.only.clone() };
    if parts.iter().any(|part| part.draws()) && graphics::adapters().is_empty() {
        return Err(Failure::failed(graphics::NO_ADAPTER));
    }
    let request = Request {
        seed: args.seed,
        parts,
        rigs: args.rigs,
        pick: args.pick.clone(),
        table: args.table,
        out: args.out.clone(),
    };
    let measured = report::measure(&request).map_err(Failure::failed)?;
    if args.json {
        output::print(serde_json::to_string_pretty(&measured).map_err(Failure::failed)?)?;
    } else {
        for requirement in &measured.requirements {
            let verdict = if requirement.holds { "holds " } else { "MISSED" };
            output::print(format_args!("{verdict}  {}\n        {}", requirement.text, requirement.measured))?;
        }
        for failure in picture_figures::failures(&measured.pictures) {
            output::print(failure)?;
        }
    }
    Ok(if measured.holds { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) })
}
