//! `phones`: how phones reach the page.

use super::{Failure, warn};
use crate::show::remote::{
    access::Tokens,
    phone::{PhoneAddresses, qr, qr_text, reachable},
};
use clap::Args;
use std::{
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

/// Shows the addresses of the page for phones, each as text and as a QR code.
///
/// The trainer has to be started with the same --listen. Whoever has an address may look at the table, or change
/// everything: the tokens in it lie in access.toml in the user's folder of settings; without that file the next start
/// makes new ones.
#[derive(Debug, Args)]
pub(super) struct PhonesArgs {
    /// Where the trainer listens
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:8000")]
    listen: SocketAddr,
}

/// Where the tokens lie.
pub(super) fn path() -> PathBuf {
    crate::ops::settings::usual_path().with_file_name("access.toml")
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
    let mut out = io::stdout().lock();
    let mut show = |who: &str, address: &str| -> io::Result<()> {
        writeln!(out, "{who}: {address}")?;
        if let Some(rows) = qr(address) {
            writeln!(out, "{}", qr_text(&rows))?;
        }
        out.flush()
    };
    show("to look", &viewer)
        .and_then(|()| show("to change everything", &operator))
        .map_err(|error| Failure::failed(format!("cannot write to standard output: {error}")))?;
    Ok(ExitCode::SUCCESS)
}
