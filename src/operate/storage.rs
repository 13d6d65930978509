//! Trouble with the files that settings, calibration and access tokens are kept in. It stands here until it is solved:
//! the panel, the page, the health report and alerts tell of it.

use bevy::prelude::Resource;
use billiards_protocol::storage::{StorageIssue, StorageProblem};

/// Present trouble with files, at most one of each kind.
#[derive(Resource, Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageStatus(Vec<StorageProblem>);

impl StorageStatus {
    /// Notes a problem in place of an older one of its kind.
    pub fn set(&mut self, code: StorageIssue, message: impl Into<String>) {
        self.clear(code);
        self.0.push(StorageProblem { code, message: message.into() });
        self.0.sort_by_key(|problem| problem.code);
    }

    /// Notes that a problem is solved.
    pub fn clear(&mut self, code: StorageIssue) {
        self.0.retain(|problem| problem.code != code);
    }

    /// The message of a problem that there is now.
    #[must_use]
    pub fn message(&self, code: StorageIssue) -> Option<&str> {
        self.0.iter().find(|problem| problem.code == code).map(|problem| problem.message.as_str())
    }

    /// The problems, the worst first.
    #[must_use]
    pub fn problems(&self) -> &[StorageProblem] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_there_once_until_it_is_solved() {
        let mut status = StorageStatus::default();
        status.set(StorageIssue::Tokens, "new tokens");
        status.set(StorageIssue::SettingsNotSaved, "disk full");
        status.set(StorageIssue::SettingsNotSaved, "read-only");
        let codes: Vec<_> = status.problems().iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [StorageIssue::SettingsNotSaved, StorageIssue::Tokens]);
        assert_eq!(status.message(StorageIssue::SettingsNotSaved), Some("read-only"));
        status.clear(StorageIssue::SettingsNotSaved);
        assert_eq!(status.message(StorageIssue::SettingsNotSaved), None);
    }
}
