//! The state of the source: written by the supervisor, read by all other parts.

use super::SourceStatus;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The state of a source, shared by the supervisor that writes it and its readers.
#[derive(Debug, Default)]
pub struct SourceBoard(Mutex<SourceReport>);

/// The state of a source at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceReport {
    /// State of the source: opening, running, lost, ended or failed.
    pub status: SourceStatus,
    /// Description by the source itself, one line; empty until it was opened.
    pub description: String,
    /// Number of attempts to open that failed, plus openings that broke off.
    pub failures: u64,
    /// Number of pictures that could not be read.
    pub skipped: u64,
}

impl SourceBoard {
    /// Locks the report for reading. Release it soon: the supervisor waits meanwhile.
    pub fn read(&self) -> MutexGuard<'_, SourceReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the report under its lock.
    pub fn write(&self, change: impl FnOnce(&mut SourceReport)) {
        change(&mut self.read());
    }
}
