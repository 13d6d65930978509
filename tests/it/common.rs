//! Helpers that the whole-app tests share.

use bevy::{prelude::*, time::TimeUpdateStrategy};
use billiards_physics::fitting::TablePhysics;
use billiards_table::{TableKind, TableSpec};
use billiards_trainer::{
    stages::StagesPlugin,
    think::{prediction::PredictionPlugin, world::TableWorldPlugin},
};
use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Returns a file of the test data that are not part of the repository, by its path there. They must be in the folder
/// that `BILLIARDS_TEST_DATA` names; without that variable they are used if they are in `../shared`, otherwise the
/// result is `None`, with a message on stderr.
pub fn shared(path: &str) -> Option<PathBuf> {
    let named = env::var_os("BILLIARDS_TEST_DATA").map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let file = named.clone().unwrap_or_else(usual).join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(named.is_none(), "{} is missing, and BILLIARDS_TEST_DATA says that it is there", file.display());
    writeln!(std::io::stderr(), "skipped: {} is not there", file.display()).expect("stderr takes a line");
    None
}

/// Returns Node with a built-in WebSocket; `None`, with a message on stderr, if there is none.
pub fn node() -> Option<Command> {
    let known = || {
        let version = Command::new("node").arg("--version").output().ok()?;
        let version = String::from_utf8(version.stdout).ok()?;
        let major: u32 = version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()?;
        let mut command = Command::new("node");
        match major {
            22.. => {}
            20 | 21 => {
                command.arg("--experimental-websocket");
            }
            _ => return None,
        }
        Some(command)
    };
    let node = known();
    if node.is_none() {
        writeln!(std::io::stderr(), "skipped: no node 20 or newer in the PATH").expect("stderr takes a line");
    }
    node
}

/// Runs the program until it exits.
pub fn trainer(args: &[&str]) -> Output {
    program(args).output().expect("the program starts")
}

/// Returns the program with settings of its own: neither those of the person who runs the tests, nor those of another
/// test at the same time.
pub fn program(args: &[&str]) -> Command {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("config-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut program = Command::new(env!("CARGO_BIN_EXE_billiards-trainer"));
    program.args(args).env("XDG_CONFIG_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    program
}

/// Creates an app without windows that keeps a table in Rapier and predicts on it; time advances by 16 ms per update.
pub fn table_app(kind: TableKind) -> App {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        TransformPlugin,
        StagesPlugin,
        TableWorldPlugin,
        PredictionPlugin { in_step: true, physics: TablePhysics::default() },
    ))
    .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_millis(16)))
    .insert_resource::<TableSpec>(kind.spec());
    app.finish();
    app.cleanup();
    app
}
