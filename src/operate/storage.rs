//! Problems with the files of settings, calibration and access tokens. Each stays until it is solved, and is shown in
//! the panel, on the page, in the health report and in alerts.

use bevy::prelude::Resource;
use billiards_protocol::storage::{StorageIssue, StorageProblem};

/// Present problems with files, at most one of each kind.
#[derive(Resource, Debug, Clone, Default, PartialEq, Eq)]
pub struct StorageStatus(Vec<StorageProblem>);

impl StorageStatus {
    /// Records a problem and replaces an older one of its kind.
    pub fn set(&mut self, code: StorageIssue, message: impl Into<String>) {
        self.clear(code);
        self.0.push(StorageProblem { code, message: message.into() });
        self.0.sort_by_key(|problem| problem.code);
    }

    /// Removes a problem that is solved.
    pub fn clear(&mut self, code: StorageIssue) {
        self.0.retain(|problem| problem.code != code);
    }

    /// Returns the message of a present problem.
    #[must_use]
    pub fn message(&self, code: StorageIssue) -> Option<&str> {
        self.0.iter().find(|problem| problem.code == code).map(|problem| problem.message.as_str())
    }

    /// Returns the present problems, the worst first.
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
