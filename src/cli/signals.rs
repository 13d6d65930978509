//! Signals that end the program.

use bevy::prelude::*;
use signal_hook::{consts::SIGTERM, flag::register_conditional_shutdown};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Exit code after a signal; Bevy uses the same code for Ctrl-C.
pub(crate) const EXIT_INTERRUPTED: u8 = 130;

/// Returns a flag that Ctrl-C, SIGTERM and SIGHUP set instead of ending the program; call it only once per process.
pub(crate) fn raised_by_signals() -> Result<Arc<AtomicBool>, String> {
    let raised = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&raised);
    if ctrlc::try_set_handler(move || seen.store(true, Ordering::Relaxed)).is_err() {
        // Under `nohup`, or with `&` in a script, some signals are ignored and must stay so; SIGTERM is always handled.
        signal_hook::flag::register(SIGTERM, Arc::clone(&raised))
            .map_err(|e| format!("cannot listen to signals: {e}"))?;
    }
    Ok(raised)
}

/// Ends the program at once on Ctrl-C, SIGTERM and SIGHUP: for commands that leave nothing half done, so that their
/// exit code is that of an interrupted command and not that of a killed one.
pub(crate) fn exit_on_signals() {
    let exit = || signal_hook::low_level::exit(i32::from(EXIT_INTERRUPTED));
    if ctrlc::try_set_handler(exit).is_err() {
        // Under `nohup`, or with `&` in a script, some signals are ignored and must stay so; SIGTERM is always handled.
        let always = Arc::new(AtomicBool::new(true));
        if let Err(error) = register_conditional_shutdown(SIGTERM, EXIT_INTERRUPTED.into(), always) {
            debug!("SIGTERM is left as it is: {error}");
        }
    }
}

/// Ends the run gracefully on Ctrl-C, SIGTERM and SIGHUP, even on repeated signals: supervisors often send two. Bevy's
/// own handler would stop at the second one, with pictures half written.
pub(crate) fn stop_on_signals(app: &mut App) -> Result<(), String> {
    let raised = raised_by_signals()?;
    app.add_systems(Update, move |mut exit: MessageWriter<AppExit>| {
        if raised.load(Ordering::Relaxed) {
            exit.write(AppExit::from_code(EXIT_INTERRUPTED));
        }
    });
    Ok(())
}
