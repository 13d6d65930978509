//! Turns events into alerts.

use super::RemoteServer;
use crate::{calibrate::CalibrationEnded, operate::StorageStatus, sense::SourceHealth};
use bevy::prelude::*;
use billiards_capture::SourceStatus;
use billiards_protocol::alert::AlertEvent;
use billiards_table::{TableEvent, rounded};

/// Raises alerts for new problems with files, and for those that are solved.
pub(super) fn raise_storage(server: Res<RemoteServer>, storage: Res<StorageStatus>, mut before: Local<StorageStatus>) {
    for event in storage_news(&before, &storage) {
        server.hub().raise(event);
    }
    if *before != *storage {
        before.clone_from(&storage);
    }
}

fn storage_news(before: &StorageStatus, now: &StorageStatus) -> Vec<AlertEvent> {
    let new = now.problems().iter().filter(|problem| !before.problems().contains(problem));
    let new = new.map(|problem| AlertEvent::StorageProblem { problem: problem.code, reason: problem.message.clone() });
    let solved = before.problems().iter().filter(|problem| now.message(problem.code).is_none());
    new.chain(solved.map(|problem| AlertEvent::StorageSolved { problem: problem.code })).collect()
}

/// Raises alerts for the events since the last update.
pub(super) fn raise(
    server: Res<RemoteServer>,
    mut happened: MessageReader<TableEvent>,
    source: Res<SourceHealth>,
    mut calibrated: MessageReader<CalibrationEnded>,
    mut status: Local<SourceStatus>,
) {
    let hub = server.hub();
    if source.is_changed() && source.status != *status {
        if let Some(event) = of_source(&status, &source.status) {
            hub.raise(event);
        }
        *status = source.status.clone();
    }
    for event in happened.read().filter_map(AlertEvent::of_table) {
        hub.raise(event);
    }
    for ended in calibrated.read() {
        hub.raise(of_calibration(ended));
    }
}

/// Returns the alert for the end of a calibration procedure.
fn of_calibration(ended: &CalibrationEnded) -> AlertEvent {
    match ended {
        CalibrationEnded::Rig(Ok(summary)) => {
            AlertEvent::CalibrationDone { expected_mm: rounded(summary.outcome.check.expected_mm) }
        }
        CalibrationEnded::Rig(Err(reason)) => AlertEvent::CalibrationFailed { reason: reason.clone() },
        CalibrationEnded::Lens(Ok(lens)) => {
            AlertEvent::LensMeasured { views: lens.pictures, rms_px: rounded(lens.rms) }
        }
        CalibrationEnded::Lens(Err(reason)) => AlertEvent::LensFailed { reason: reason.clone() },
    }
}

/// Returns the alert for a change of the source's status; `None` if it needs none.
fn of_source(before: &SourceStatus, now: &SourceStatus) -> Option<AlertEvent> {
    use SourceStatus::{Ended, Failed, Lost, Opening, Running};
    match (before, now) {
        // The time to the next attempt is not news.
        (Lost { reason: before, .. }, Lost { reason, .. }) if before == reason => None,
        (_, Lost { reason, .. }) => Some(AlertEvent::SourceLost { reason: reason.clone() }),
        (Lost { .. }, Running) => Some(AlertEvent::SourceBack {}),
        (Ended, Ended) | (Failed(_), Failed(_)) => None,
        (_, Ended) => Some(AlertEvent::SourceEnded {}),
        (_, Failed(reason)) => Some(AlertEvent::SourceFailed { reason: reason.clone() }),
        (_, Opening | Running) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_protocol::{alert::AlertData, storage::StorageIssue};
    use std::time::Duration;

    #[test]
    fn the_source_is_told_of_when_it_goes_and_when_it_comes_back() {
        let lost = |reason: &str, seconds| SourceStatus::Lost {
            reason: reason.to_owned(),
            retry_in: Duration::from_secs(seconds),
        };
        let code = |before: &SourceStatus, now: &SourceStatus| {
            let event = of_source(before, now)?;
            Some(serde_json::to_value(event).expect("JSON")["code"].as_str().expect("a name").to_owned())
        };
        let running = SourceStatus::Running;
        assert_eq!(code(&SourceStatus::Opening, &running), None);
        assert_eq!(code(&running, &lost("unplugged", 1)).as_deref(), Some("source_lost"));
        assert_eq!(code(&lost("unplugged", 1), &lost("unplugged", 2)), None);
        assert_eq!(code(&lost("unplugged", 1), &running).as_deref(), Some("source_back"));
        assert_eq!(code(&running, &SourceStatus::Ended).as_deref(), Some("source_ended"));
        let failed = SourceStatus::Failed("no such file".to_owned());
        assert_eq!(code(&SourceStatus::Opening, &failed).as_deref(), Some("source_failed"));
    }

    #[test]
    fn trouble_with_files_is_told_when_it_comes_and_when_it_goes() {
        let (mut before, mut now) = (StorageStatus::default(), StorageStatus::default());
        now.set(StorageIssue::SettingsNotSaved, "settings not saved: the disk is full");
        now.set(StorageIssue::Tokens, "new tokens");
        let messages = |before: &StorageStatus, now: &StorageStatus| -> Vec<String> {
            storage_news(before, now).into_iter().map(|event| AlertData::from(event).message).collect()
        };
        assert_eq!(messages(&before, &now), ["settings not saved: the disk is full", "new tokens"]);
        before.clone_from(&now);
        assert!(messages(&before, &now).is_empty());
        now.clear(StorageIssue::SettingsNotSaved);
        now.set(StorageIssue::Tokens, "other tokens");
        assert_eq!(messages(&before, &now), ["other tokens", "the settings are saved"]);
    }
}
