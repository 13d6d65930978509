//! What the whole-app tests share.

use bevy::{prelude::*, time::TimeUpdateStrategy};
use billiards_trainer::{
    app::StagesPlugin,
    model::{TableKind, TableSpec},
    think::{physics::Physics, prediction::PredictionPlugin, world::TableWorldPlugin},
};
use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

/// A file of the shared test data, by its path there. `None`, with a word on stderr, where the data are not at hand;
/// but under CI they must be.
pub fn shared(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(env::var_os("CI").is_none(), "{} is missing: CI needs the shared test data", file.display());
    writeln!(std::io::stderr(), "skipped: {} is not there", file.display()).expect("stderr takes a line");
    None
}

/// Runs the program to its end.
pub fn trainer(args: &[&str]) -> Output {
    program(args).output().expect("the program starts")
}

/// The program, with settings of its own: those of the person who runs the tests are nobody's business.
pub fn program(args: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_billiards-trainer"));
    program.args(args).env("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR"));
    program
}

/// An app without windows that keeps a table in Rapier and predicts on it; time goes on by 16 ms an update.
pub fn table_app(kind: TableKind) -> App {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        TransformPlugin,
        StagesPlugin,
        TableWorldPlugin,
        PredictionPlugin { in_step: true, physics: Physics::default() },
    ))
    .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_millis(16)))
    .insert_resource::<TableSpec>(kind.spec());
    app.finish();
    app.cleanup();
    app
}
