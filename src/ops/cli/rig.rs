//! `rig`: what can be told of the trainer on simulated rigs, where the truth is known.

use super::{EXIT_FAILED, Failure, graphics};
use crate::ops::rig_report::{self, Part, Request};
use clap::{Args, Subcommand};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Measures the trainer on simulated rigs, where the truth is known.
#[derive(Debug, Args)]
pub(super) struct RigArgs {
    #[command(subcommand)]
    command: RigCommand,
}

#[derive(Debug, Subcommand)]
enum RigCommand {
    /// Run closed loops of camera, trainer and projector, and print how far everything is from the truth
    Report(ReportArgs),
}

#[derive(Debug, Args)]
struct ReportArgs {
    /// Decides everything that is left to chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Print every figure as JSON
    #[arg(long)]
    json: bool,

    /// Only these parts
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,

    /// How many random rigs are calibrated
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rigs: u32,

    /// Only these measurements of each part, counted from 1: to repeat those that stand out
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pick: Vec<usize>,
}

/// Runs the subcommand.
pub(super) fn run(args: &RigArgs) -> Result<ExitCode, Failure> {
    let RigCommand::Report(args) = &args.command;
    if graphics::adapters().is_empty() {
        return Err(Failure::failed(graphics::NO_ADAPTER));
    }
    let parts = if args.only.is_empty() { Part::ALL.to_vec() } else { args.only.clone() };
    let request = Request { seed: args.seed, parts, rigs: args.rigs, pick: args.pick.clone() };
    let report = rig_report::measure(&request).map_err(Failure::failed)?;
    let mut out = io::stdout().lock();
    let written = if args.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from).and_then(|()| writeln!(out))
    } else {
        report.bars.iter().try_for_each(|bar| {
            let verdict = if bar.holds { "holds " } else { "MISSED" };
            writeln!(out, "{verdict}  {}\n        {}", bar.bar, bar.measured)
        })
    };
    written.map_err(|e| Failure::failed(format!("cannot write to standard output: {e}")))?;
    Ok(if report.holds { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) })
}
