//! Control of the program: the commands of operators, from the panel or from a phone, are executed here, in one place,
//! and each is answered.
//!
//! ```text
//!  panel ──Command message──► execute_commands ──┐
//!                                                ├──► Controls (one function for them all) ─► resources, disk
//!  browsers ──request, answered──────────────────┘
//! ```

pub(crate) mod autosave;
mod calibrate;
mod controls;
mod history;
mod points;
pub mod settings_file;
mod status;
mod storage;
#[cfg(test)]
mod tests;

pub use controls::Controls;
pub use history::{CalibrationHistory, Change};
pub use status::{CalibrationStatus, camera_by_setup, projector_by_setup};
pub use storage::StorageStatus;

use crate::{
    calibrate::{CalibrationEnded, CalibrationRequest},
    sense::tracking::ResetTracking,
    stages::PipelineSystems,
};
use bevy::prelude::*;
use billiards_calibration::{ProfileFile, ProfileStore};
use billiards_capture::Opener;
use billiards_table::{ProfileName, command::Command, settings::Settings};
use std::path::{Path, PathBuf};

/// Source that the operator can select.
#[derive(Clone)]
pub struct SourceChoice {
    /// Name of the source, as it is written on the command line.
    pub name: String,
    /// Function that opens the source.
    pub opener: Opener,
}

/// Executes the operators' commands, given as [`Command`] messages and through [`Controls`].
///
/// Needs `SenseWorker`, `CalibrationSetup` and what they need; controls the overlay and the automatic calibration if
/// they are present.
#[derive(Clone)]
pub struct ControlPlugin {
    /// File in which the calibration is saved; the other profiles lie in the same folder.
    pub profile: PathBuf,
    /// Sources to choose from; the first is the one that runs.
    pub sources: Vec<SourceChoice>,
}

impl Plugin for ControlPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(ControlState::new(self))
            .init_resource::<Settings>()
            .init_resource::<CalibrationHistory>()
            .init_resource::<CalibrationStatus>()
            .init_resource::<StorageStatus>()
            .add_message::<Command>()
            .add_message::<CalibrationRequest>()
            .add_message::<CalibrationEnded>()
            .add_message::<ResetTracking>()
            .add_systems(
                Update,
                (
                    execute_commands.before(PipelineSystems::Ingest),
                    points::keep.after(execute_commands).before(PipelineSystems::Present),
                ),
            )
            .add_systems(
                Update,
                (
                    status::record_history.after(PipelineSystems::Coach),
                    status::update_status.in_set(PipelineSystems::Present),
                ),
            );
    }
}

/// State of the operators' controls, apart from the settings and the calibration itself.
#[derive(Resource)]
pub struct ControlState {
    /// Index of the selected point in the projector's picture, which is moved by steps.
    pub hand_point: usize,
    /// File in which the calibration is saved.
    pub profile: ProfileFile,
    /// Names of the profiles in the same folder.
    pub profiles: Vec<ProfileName>,
    /// Sources to choose from.
    pub sources: Vec<SourceChoice>,
    /// Index of the source that runs.
    pub source: usize,
    /// Outcome of the last command, in words.
    pub notice: Option<String>,
}

impl ControlState {
    fn new(plugin: &ControlPlugin) -> Self {
        let mut control = Self {
            hand_point: 0,
            profile: ProfileFile::new(plugin.profile.clone()),
            profiles: Vec::new(),
            sources: plugin.sources.clone(),
            source: 0,
            notice: None,
        };
        control.list_profiles();
        control
    }

    /// Returns the store of the profiles in the folder of the one in use.
    #[must_use]
    pub fn store(&self) -> ProfileStore {
        let folder = self.profile.path().parent().filter(|folder| !folder.as_os_str().is_empty());
        ProfileStore::new(folder.unwrap_or(Path::new(".")).to_owned())
    }

    /// Returns the name under which the calibration is saved.
    #[must_use]
    pub fn profile_name(&self) -> String {
        self.profile.path().file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Updates the list of profiles from the disk: files may be added and removed at any time.
    pub fn list_profiles(&mut self) {
        match self.store().names() {
            Ok(names) => self.profiles = names,
            Err(error) => {
                warn!("{error}");
                self.profiles.clear();
            }
        }
    }
}

fn execute_commands(mut asked: MessageReader<Command>, mut controls: Controls) {
    for command in asked.read() {
        // Refusals are shown in the panel's line of notices, and in the log.
        if let Err(refusal) = controls.execute(command) {
            warn!("{refusal}");
        }
    }
}
