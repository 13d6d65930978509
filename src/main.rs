//! Parses the command line and runs it.

use std::process::ExitCode;

fn main() -> ExitCode {
    billiards_trainer::ops::cli::Cli::main()
}
