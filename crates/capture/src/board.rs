//! The state of the source: written by the supervisor, read by everybody.

use super::SourceStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The state of a source, shared by the supervisor that writes it and those who read it.
#[derive(Debug, Default)]
pub struct SourceBoard(Mutex<SourceReport>);

/// The state of a source at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceReport {
    /// State of the source: opening, running, lost, ended or failed.
    pub status: SourceStatus,
    /// One line by the source itself; empty until it was opened.
    pub description: String,
    /// Attempts to open that did not come off, and openings that broke off.
    pub failures: u64,
    /// Pictures that could not be read.
    pub skipped: u64,
}

impl SourceBoard {
    /// Locks the report for reading; release it at once, the supervisor waits meanwhile.
    pub fn read(&self) -> MutexGuard<'_, SourceReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the report under its lock.
    pub fn write(&self, change: impl FnOnce(&mut SourceReport)) {
        change(&mut self.read());
    }
}
