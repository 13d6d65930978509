//! Saves what a calibration that goes by itself has found.

use crate::{
    calibrate::CalibrationEnded,
    operate::{Desk, StorageStatus},
};
use bevy::prelude::*;
use billiards_calibration::CalibrationSetup;
use billiards_files::Retry;
use billiards_protocol::storage::StorageIssue;
use std::time::Instant;

/// A calibration that is to be saved.
#[derive(Debug, Default)]
pub(crate) struct Autosave {
    is_waiting: bool,
    retry: Retry,
}

/// Returns whether a calibration procedure has succeeded since the last update.
pub(crate) fn newly_calibrated(mut ended: MessageReader<CalibrationEnded>) -> bool {
    ended.read().filter(|ended| ended.failure().is_none()).count() > 0
}

/// Says that the profile of the real table is not replaced.
pub(crate) fn tell_unsaved(In(calibrated): In<bool>, mut desk: ResMut<Desk>) {
    if calibrated {
        let words = "not saved: the source is not a real table; start with --profile NAME to keep its calibration";
        info!("{words}");
        desk.notice = Some(words.to_owned());
    }
}

/// Saves each calibration that was measured, and tries again where that fails: the light is right until the program
/// ends, and nobody would know why it is not at the next start.
pub(crate) fn save_calibration(
    In(calibrated): In<bool>,
    setup: Res<CalibrationSetup>,
    (mut desk, mut storage): (ResMut<Desk>, ResMut<StorageStatus>),
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
    match desk.profile.save(&setup.to_profile()) {
        Ok(()) => {
            info!("profile saved: {}", desk.profile.path().display());
            autosave.is_waiting = false;
            for issue in [StorageIssue::CalibrationNotSaved, StorageIssue::CalibrationDamaged] {
                storage.clear(issue);
            }
            desk.list_profiles();
        }
        Err(error) => {
            let words = format!("calibration not saved: {error}");
            if ending {
                error!("{words}");
            } else if autosave.retry.failed(now, &words) {
                error!("{words}; it is in force, and saving is tried again");
                desk.notice = Some(words.clone());
                storage.set(StorageIssue::CalibrationNotSaved, words);
            }
        }
    }
}
