//! Trouble with the files that settings, calibration and access tokens are kept in. It stands here until it is solved:
//! the panel, the page, the health report and alerts tell of it.

use bevy::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kind of trouble with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageIssue {
    /// Changed settings are in force but could not be written yet. Writing is tried again and again.
    SettingsNotSaved,
    /// Another program writes the same settings file: changes made here are not saved.
    SettingsInUse,
    /// The settings file is damaged, emptied or gone. Other settings than the file's are in force.
    SettingsDamaged,
    /// A measured calibration is in force but could not be written yet. Writing is tried again and again.
    CalibrationNotSaved,
    /// The calibration profile is damaged. The copy from before is in force.
    CalibrationDamaged,
    /// The file of access tokens is damaged or cannot be written. Other tokens than the file's are valid.
    Tokens,
}

/// Trouble with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StorageProblem {
    /// What it is, for programs.
    pub code: StorageIssue,
    /// What it is, with the file, the reason and what helps, for people.
    pub message: String,
}

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
