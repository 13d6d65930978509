//! `phones`: shows the addresses at which phones reach the page.

use super::{Failure, listen, output, warn};
use billiards_server::{
    access::Tokens,
    phone::{PhoneAddresses, qr, qr_text, reachable},
};
use clap::Args;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

/// Shows the addresses of the page for phones, each as text and as a QR code.
///
/// The trainer must be started with the same --listen. Anybody with an address can view the table, or change
/// everything: its token is kept in access.toml in the user's settings folder; without that file the next start creates
/// new tokens.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct PhonesArgs {
    /// Address at which the trainer listens, as for `run`
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8000", value_parser = listen::address)]
    listen: SocketAddr,
}

/// Returns the path of the file of tokens.
pub(super) fn path() -> PathBuf {
    crate::operate::settings_file::usual_path().with_file_name("access.toml")
}

/// Runs the subcommand.
pub(super) fn run(args: &PhonesArgs) -> Result<ExitCode, Failure> {
    let loaded = Tokens::load_or_make(&path()).map_err(Failure::usage)?;
    loaded.warning.iter().for_each(warn);
    let tokens = loaded.value;
    let address = reachable(args.listen).ok_or_else(|| {
        let why = if args.listen.ip().is_loopback() { "only this computer reaches it" } else { "there is no network" };
        Failure::usage(format!("phones cannot reach {}: {why}", args.listen))
    })?;
    let PhoneAddresses { viewer, operator } = PhoneAddresses::new(address, &tokens);
    for (who, address) in [("to watch", &viewer), ("to control", &operator)] {
        output::print(format_args!("{who}: {address}"))?;
        if let Some(rows) = qr(address) {
            output::print(qr_text(&rows))?;
        }
    }
    output::print(format_args!("These addresses reach a trainer that runs with --listen {}", args.listen))?;
    Ok(ExitCode::SUCCESS)
}
