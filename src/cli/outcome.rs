//! Exit of a command that runs an app.

use super::Failure;
use bevy::prelude::*;
use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

/// Failure of the command, reported when its app has ended. It is shared, because the world of an app is gone when
/// [`App::run`] returns.
#[derive(Resource, Clone, Default)]
pub(super) struct Outcome(Arc<Mutex<Option<Failure>>>);

impl Outcome {
    /// Runs the app and returns the exit code of the command.
    ///
    /// # Errors The first failure that a system has reported with [`Outcome::fail`].
    pub fn run(mut app: App) -> Result<ExitCode, Failure> {
        let outcome = Self::default();
        app.insert_resource(outcome.clone());
        let exit = app.run();
        match (outcome.failure().take(), exit) {
            (Some(failure), _) => Err(failure),
            (None, AppExit::Success) => Ok(ExitCode::SUCCESS),
            (None, AppExit::Error(code)) => Ok(ExitCode::from(code.get())),
        }
    }

    /// Ends the app with a failure. Only the first one counts.
    pub fn fail(&self, failure: Failure, exit: &mut MessageWriter<AppExit>) {
        exit.write(AppExit::from_code(failure.code));
        self.failure().get_or_insert(failure);
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::app::ScheduleRunnerPlugin;

    #[test]
    fn a_failure_outlives_its_app() {
        let mut app = App::new();
        app.add_plugins(ScheduleRunnerPlugin::default());
        app.add_systems(Update, |outcome: Res<Outcome>, mut exit: MessageWriter<AppExit>| {
            outcome.fail(Failure::usage("the first"), &mut exit);
            outcome.fail(Failure::failed("the second"), &mut exit);
        });
        let failure = Outcome::run(app).expect_err("it failed");
        assert_eq!((failure.code, failure.message.as_deref()), (super::super::EXIT_USAGE, Some("the first")));
    }
}
