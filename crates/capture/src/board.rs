//! How the source is doing: written by the supervisor, read by everybody.

use super::SourceStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the source is doing, for everybody to read.
#[derive(Debug, Default)]
pub(crate) struct SourceBoard(Mutex<SourceReport>);

/// What stands on the board.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SourceReport {
    pub status: SourceStatus,
    /// One line by the source itself; empty until it was opened.
    pub description: String,
    /// Attempts to open that did not come off, and openings that broke off.
    pub failures: u64,
    /// Pictures that could not be read.
    pub skipped: u64,
}

impl SourceBoard {
    /// Held for a moment only: nobody waits for anything meanwhile.
    pub fn read(&self) -> MutexGuard<'_, SourceReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self, change: impl FnOnce(&mut SourceReport)) {
        change(&mut self.read());
    }
}
