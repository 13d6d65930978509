//! Trouble with the files that settings, calibration and access tokens are kept in.

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
