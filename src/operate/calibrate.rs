//! Commands of the calibration by hand and of the profiles.

use super::{Change, Controls};
use billiards_calibration::{CalibrationSetup, CornersOrigin, HandPointError, Profile, ProfileError, ProfileFile};
use billiards_protocol::storage::StorageIssue;
use billiards_table::{
    ProfileName, ProjectorPoint, TableChoice,
    command::{PointCommand, ProfileCommand, Refusal, SetupCommand},
};
use std::{path::PathBuf, time::Instant};
use tracing::{info, warn};

impl Controls<'_> {
    pub(super) fn change_setup(&mut self, command: &SetupCommand) -> Result<(), Refusal> {
        match command {
            SetupCommand::SetCorners(size, corners) => {
                self.note(Change::CameraCorners);
                self.setup.set_camera_corners(*size, *corners, CornersOrigin::ByHand);
            }
            SetupCommand::SeekTable => {
                self.note(Change::Whole);
                self.setup.search_table();
            }
            SetupCommand::SetTable(choice) => {
                if let TableChoice::Custom(table) = choice {
                    table.check().map_err(|error| Refusal::Invalid(error.to_string()))?;
                }
                self.note(Change::Whole);
                self.setup.table = *choice;
            }
            SetupCommand::CentreProjector => {
                self.note(Change::Whole);
                self.setup.projector = None;
                self.keep_chosen();
            }
            SetupCommand::Undo => {
                let before = self.history.undo(&self.setup);
                self.put(before.ok_or_else(|| Refusal::Missing("there is nothing to take back".to_owned()))?);
            }
            SetupCommand::Redo => {
                let after = self.history.redo(&self.setup);
                self.put(after.ok_or_else(|| Refusal::Missing("there is nothing to make again".to_owned()))?);
            }
            SetupCommand::ShowBefore(before) => {
                if let Some(shown) = self.history.show_before(*before, &self.setup) {
                    self.put(shown);
                }
            }
        }
        Ok(())
    }

    pub(super) fn change_point(&mut self, command: &PointCommand) -> Result<(), Refusal> {
        match command {
            PointCommand::Select(point) => self.control.hand_point = self.known_point(*point)?,
            PointCommand::Move(point, place) => self.move_point(*point, |_| *place)?,
            PointCommand::NudgeSelected { dx, dy } => {
                let point = self.control.hand_point;
                self.move_point(point, |place| place + euclid::vec2(*dx, *dy))?;
            }
            PointCommand::Nudge { point, dx, dy } => {
                self.move_point(*point, |place| place + euclid::vec2(*dx, *dy))?;
                self.control.hand_point = *point;
            }
            PointCommand::Add(mark) => {
                self.change_points(Change::Whole, |setup| setup.add_hand_point(*mark))?;
                self.control.hand_point = self.setup.hand_points().points.len() - 1;
            }
            PointCommand::Remove(point) => {
                let point = self.known_point(*point)?;
                self.change_points(Change::Whole, |setup| setup.remove_hand_point(point))?;
            }
        }
        Ok(())
    }

    /// Saves, loads or deletes a profile; returns what was done, in words.
    pub(super) fn change_profile(&mut self, command: &ProfileCommand) -> Result<String, Refusal> {
        match command {
            ProfileCommand::Save => {
                let path = self.control.profile.path().to_owned();
                self.save(path)
            }
            ProfileCommand::SaveAs(name) => self.save(self.control.store().path(name)),
            ProfileCommand::Load(name) => self.load(name),
            ProfileCommand::Delete(name) => self.delete(name),
        }
    }

    fn note(&mut self, change: Change) {
        self.history.note(&self.setup, change, Instant::now());
    }

    fn known_point(&self, point: usize) -> Result<usize, Refusal> {
        let count = self.setup.hand_points().points.len();
        if point < count {
            Ok(point)
        } else {
            Err(Refusal::Missing(format!("there is no point {point}: there are {count}, counted from 0")))
        }
    }

    /// Moves a point of the table in the projector's picture if the points still form a table.
    fn move_point(&mut self, point: usize, to: impl FnOnce(ProjectorPoint) -> ProjectorPoint) -> Result<(), Refusal> {
        let point = self.known_point(point)?;
        let place = to(self.setup.hand_points().points[point].projector);
        self.change_points(Change::ProjectorPoint(point), |setup| setup.move_hand_point(point, place))
    }

    /// Changes the points in the projector's picture if the change is valid.
    fn change_points(
        &mut self,
        change: Change,
        how: impl FnOnce(&mut CalibrationSetup) -> Result<(), HandPointError>,
    ) -> Result<(), Refusal> {
        let mut changed = self.setup.clone();
        how(&mut changed).map_err(|error| Refusal::Invalid(error.to_string()))?;
        self.note(change);
        *self.setup = changed;
        self.keep_chosen();
        Ok(())
    }

    /// Limits the selected point to those that exist.
    fn keep_chosen(&mut self) {
        let last = self.setup.hand_points().points.len().saturating_sub(1);
        self.control.hand_point = self.control.hand_point.min(last);
    }

    /// Applies a setup.
    fn put(&mut self, mut setup: CalibrationSetup) {
        // The size of the projector's picture belongs to its window, not to the setup.
        setup.projector_size = self.setup.projector_size;
        *self.setup = setup;
        self.keep_chosen();
    }

    fn save(&mut self, path: PathBuf) -> Result<String, Refusal> {
        let profile = self.setup.to_profile();
        let refusal = |error: ProfileError| match error {
            ProfileError::InUse { .. } => Refusal::Busy(error.to_string()),
            error => Refusal::Failed(error.to_string()),
        };
        if path == self.control.profile.path() {
            self.control.profile.save(&profile).map_err(refusal)?;
        } else {
            let mut file = ProfileFile::new(path);
            file.save(&profile).map_err(refusal)?;
            self.control.profile = file;
        }
        for issue in [StorageIssue::CalibrationNotSaved, StorageIssue::CalibrationDamaged] {
            self.storage.clear(issue);
        }
        let text = format!("saved: {}", self.control.profile.path().display());
        info!("{text}");
        self.control.list_profiles();
        Ok(text)
    }

    fn load(&mut self, name: &ProfileName) -> Result<String, Refusal> {
        let path = self.control.store().path(name);
        if !path.exists() {
            return Err(Refusal::Missing(format!("there is no profile `{name}`: {}", path.display())));
        }
        let loaded = Profile::load_or_before(&path).map_err(|error| Refusal::Invalid(error.to_string()))?;
        self.note(Change::Whole);
        self.put(CalibrationSetup::from_profile(&loaded.value));
        if path != self.control.profile.path() {
            self.control.profile = ProfileFile::new(path);
        }
        self.storage.clear(StorageIssue::CalibrationDamaged);
        Ok(match loaded.warning {
            None => format!("in force: {name}"),
            Some(warning) => {
                warn!("{warning}");
                self.storage.set(StorageIssue::CalibrationDamaged, &warning);
                format!("in force: {name}, as it was before: {warning}")
            }
        })
    }

    fn delete(&mut self, name: &ProfileName) -> Result<String, Refusal> {
        let store = self.control.store();
        if !store.path(name).exists() {
            let path = store.path(name);
            return Err(Refusal::Missing(format!("there is no profile `{name}`: {}", path.display())));
        }
        store.delete(name).map_err(|error| Refusal::Failed(error.to_string()))?;
        self.control.list_profiles();
        Ok(format!("deleted: {name}"))
    }
}
