//! The option with which a user names the table.

use billiards_table::{TableChoice, TableError, TableKind, TableSpec};
use clap::Args;

/// The choice of table.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct TableArgs {
    #[arg(long, value_name = "TABLE", value_parser = choice, help = help())]
    pub table: Option<TableChoice>,
}

fn help() -> String {
    let names = TableKind::names();
    format!(
        "Table: {names}, `auto` to judge it from the picture, or a TOML file like assets/tables/9ft.toml [default: that \
         of the profile, or auto]"
    )
}

/// Returns the choice that a text names: a shipped table, `auto`, or a file.
fn choice(text: &str) -> Result<TableChoice, TableError> {
    TableChoice::load(text, billiards_files::read)
}

/// Returns the table that a text names, where it cannot be judged from a picture.
pub(super) fn known_table(text: &str) -> Result<TableSpec, String> {
    let choice = choice(text).map_err(|error| error.to_string())?;
    choice.spec().ok_or_else(|| format!("expected {}, or a TOML file", TableKind::names()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_name_or_a_file() {
        assert_eq!(known_table("8ft"), Ok(TableKind::EIGHT_FOOT.spec()));
        let error = known_table("auto").expect_err("there is no picture");
        assert!(error.starts_with("expected 7ft, 8ft, 9ft"), "{error}");
        let error = known_table("10ft").expect_err("no table");
        assert!(error.contains("`10ft` is not a table"), "{error}");
    }
}
