//! Problems with the files that hold settings, calibration and access tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kind of a problem with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageIssue {
    /// Changed settings are in force but could not be written yet. Writing is retried.
    SettingsNotSaved,
    /// Another program writes the same settings file: changes made here are not saved.
    SettingsInUse,
    /// The settings file is damaged, emptied or missing. Other settings than the file's are in force.
    SettingsDamaged,
    /// A measured calibration is in force but could not be written yet. Writing is retried.
    CalibrationNotSaved,
    /// The calibration profile is damaged. The previous copy is in force.
    CalibrationDamaged,
    /// The file of access tokens is damaged or cannot be written. Other tokens than the file's are valid.
    Tokens,
}

/// A problem with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StorageProblem {
    /// Kind of the problem, for programs.
    pub code: StorageIssue,
    /// Description for people: the problem, the file, the reason and what helps.
    pub message: String,
}
