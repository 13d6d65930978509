//! The option `--ball-set` of the subcommands that see balls.

use super::Failure;
use billiards_table::BallSet;
use clap::Args;

/// Choice of the set of balls.
#[derive(Debug, Args)]
pub(super) struct BallSetArgs {
    #[arg(long, value_name = "SET", default_value = "auto", help = help())]
    ball_set: String,
}

fn help() -> String {
    let names = BallSet::names();
    format!("Set of balls: {names}, `auto` to recognise it, or a TOML file like assets/ball-sets/american.toml")
}

impl BallSetArgs {
    /// Returns the chosen set; `None` if it is to be recognised from the balls.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no valid set.
    pub fn choose(&self) -> Result<Option<BallSet>, Failure> {
        BallSet::choose(&self.ball_set, billiards_files::read).map_err(Failure::usage)
    }
}
