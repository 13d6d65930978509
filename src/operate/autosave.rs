//! Saves the results of automatic calibrations.

use crate::{
    calibrate::CalibrationEnded,
    operate::{ControlState, StorageStatus},
};
use bevy::prelude::*;
use billiards_calibration::CalibrationSetup;
use billiards_files::Retry;
use billiards_protocol::storage::StorageIssue;
use std::time::Instant;

/// Pending save of a calibration.
#[derive(Debug, Default)]
pub(crate) struct Autosave {
    is_waiting: bool,
    retry: Retry,
}

/// Returns whether a calibration procedure has succeeded since the last update.
pub(crate) fn newly_calibrated(mut ended: MessageReader<CalibrationEnded>) -> bool {
    ended.read().filter(|ended| ended.failure().is_none()).count() > 0
}

/// Notifies the operator that the profile of the real table is not replaced.
pub(crate) fn notify_unsaved(In(calibrated): In<bool>, mut control: ResMut<ControlState>) {
    if calibrated {
        let words = "not saved: the source is not a real table; start with --profile NAME to keep its calibration";
        info!("{words}");
        control.notice = Some(words.to_owned());
    }
}

/// Saves each measured calibration, and retries on failure: otherwise the calibration would be lost at the next start,
/// and nobody would know why.
pub(crate) fn save_calibration(
    In(calibrated): In<bool>,
    setup: Res<CalibrationSetup>,
    (mut control, mut storage): (ResMut<ControlState>, ResMut<StorageStatus>),
    mut autosave: Local<Autosave>,
    ended: MessageReader<AppExit>,
) {
    if calibrated {
        *autosave = Autosave { is_waiting: true, retry: Retry::default() };
    }
    let (now, ending) = (Instant::now(), !ended.is_empty());
    if !autosave.is_waiting || !(ending || autosave.retry.is_due(now)) {
        return;
    }
    match control.profile.save(&setup.to_profile()) {
        Ok(()) => {
            info!("profile saved: {}", control.profile.path().display());
            autosave.is_waiting = false;
            for issue in [StorageIssue::CalibrationNotSaved, StorageIssue::CalibrationDamaged] {
                storage.clear(issue);
            }
            control.list_profiles();
        }
        Err(error) => {
            let words = format!("calibration not saved: {error}");
            if ending {
                error!("{words}");
            } else if autosave.retry.failed(now, &words) {
                error!("{words}; it is in force, and saving is tried again");
                control.notice = Some(words.clone());
                storage.set(StorageIssue::CalibrationNotSaved, words);
            }
        }
    }
}
