//! What happens, told one by one: of these, nothing is replaced by what is newer.

use super::{RemoteServer, message::json, topic::Published};
use crate::{
    calibrate::CalibrationEnded,
    model::{BallId, TableEvent, rounded},
    operate::{StorageIssue, StorageStatus},
    sense::{SourceHealth, capture::SourceStatus},
};
use bevy::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::broadcast;

/// So many alerts wait for a client; one that is further behind is closed.
pub(super) const WAITING: usize = 256;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertData {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for programs.
    #[serde(flatten)]
    pub event: AlertEvent,
    /// What it is, for people.
    pub message: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Part of the game, or good news.
    Info,
    /// Something does not work for now.
    Warning,
    /// Something does not work until somebody helps.
    Error,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "code", content = "details")]
pub enum AlertEvent {
    /// The source of pictures went away and is being reopened.
    SourceLost {
        /// Why, in words.
        reason: String,
    },
    /// The source delivers again.
    SourceBack {},
    /// The source can not be used.
    SourceFailed {
        /// Why, in words.
        reason: String,
    },
    /// A source that has an end came to it.
    SourceEnded {},
    /// The table is not where it was in the picture: camera or table were bumped.
    TableMoved {},
    /// The projector's light no longer falls where it belongs: the projector was bumped.
    LightMoved {
        /// By how much, metres of the table's x and y.
        by: [f64; 2],
    },
    /// The projector's light falls where it belongs again.
    LightFits {},
    /// The cue ball was struck. Sent once speed and direction are certain, at its first contact at the latest.
    ShotStarted {
        /// The struck ball: the cue ball, or where none is recognised the ball that moves first.
        ball: BallId,
        /// Its speed off the tip, metres a second.
        speed: f64,
        /// Direction in which it left the tip, unit vector in table coordinates.
        direction: [f64; 2],
        /// Seconds between the strike and the frame that made it certain.
        ago: f64,
    },
    /// All balls lie still again.
    ShotEnded {
        /// Seconds from the strike to the last ball's rest.
        duration: f64,
        /// Speed of the struck ball off the tip, metres a second, fitted to its whole path up to its first contact.
        speed: f64,
        /// Direction in which it left the tip, unit vector in table coordinates, fitted likewise.
        direction: [f64; 2],
    },
    /// An automatic calibration came to a good end.
    CalibrationDone {
        /// How far from where it belongs the light is expected to fall, millimetres.
        expected_mm: f64,
    },
    /// An automatic calibration came to nothing.
    CalibrationFailed {
        /// Why, in words.
        reason: String,
    },
    /// The camera's lens was measured by the printed board.
    LensMeasured {
        /// Views of the board.
        views: usize,
        /// Root mean square distance of its corners from where the lens should show them, pixels.
        rms_px: f64,
    },
    /// A measurement of the lens came to nothing.
    LensFailed {
        /// Why, in words.
        reason: String,
    },
    /// A sink of messages fails again and again: nothing is sent there for a while.
    BreakerOpened {
        /// The sink's name.
        sink: String,
        /// Seconds until the next attempt.
        retry_in_s: f64,
        /// Why the last attempt failed, in words.
        reason: String,
    },
    /// One attempt is made to reach the sink again.
    BreakerProbes {
        /// The sink's name.
        sink: String,
    },
    /// The sink takes messages again.
    BreakerClosed {
        /// The sink's name.
        sink: String,
    },
    /// A file of settings, calibration or access tokens cannot be read or written.
    StorageProblem {
        /// Kind of the trouble.
        problem: StorageIssue,
        /// The file, the reason and what helps, for people.
        reason: String,
    },
    /// Trouble with a file is over.
    StorageSolved {
        /// Kind of the trouble.
        problem: StorageIssue,
    },
}

impl AlertEvent {
    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::SourceLost { .. }
            | Self::TableMoved {}
            | Self::LightMoved { .. }
            | Self::BreakerOpened { .. }
            | Self::StorageProblem { .. } => Severity::Warning,
            Self::SourceFailed { .. } | Self::CalibrationFailed { .. } | Self::LensFailed { .. } => Severity::Error,
            _ => Severity::Info,
        }
    }

    /// From what was seen on the table; `None` for what only the panel tells of.
    fn of_table(event: &TableEvent) -> Option<Self> {
        match *event {
            TableEvent::ShotStarted { ball, speed, direction, ago } => Some(Self::ShotStarted {
                ball,
                speed: rounded(speed),
                direction: [rounded(direction.x), rounded(direction.y)],
                ago: rounded(ago),
            }),
            TableEvent::ShotEnded { duration, speed, direction } => Some(Self::ShotEnded {
                duration: rounded(duration),
                speed: rounded(speed),
                direction: [rounded(direction.x), rounded(direction.y)],
            }),
            TableEvent::TableMoved => Some(Self::TableMoved {}),
            TableEvent::LightMoved { by } => Some(Self::LightMoved { by: [rounded(by.x), rounded(by.y)] }),
            TableEvent::LightFits => Some(Self::LightFits {}),
            TableEvent::BallContact { .. }
            | TableEvent::RailContact { .. }
            | TableEvent::BallPocketed { .. }
            | TableEvent::CueAppeared
            | TableEvent::CueLeft => None,
        }
    }

    /// From the end of a calibration procedure.
    fn of_calibration(ended: &CalibrationEnded) -> Self {
        match ended {
            CalibrationEnded::Rig(Ok(summary)) => {
                Self::CalibrationDone { expected_mm: rounded(summary.outcome.check.expected_mm) }
            }
            CalibrationEnded::Rig(Err(reason)) => Self::CalibrationFailed { reason: reason.clone() },
            CalibrationEnded::Lens(Ok(lens)) => Self::LensMeasured { views: lens.pictures, rms_px: rounded(lens.rms) },
            CalibrationEnded::Lens(Err(reason)) => Self::LensFailed { reason: reason.clone() },
        }
    }

    /// From a change of the source's status; `None` when that is no news.
    fn of_source(before: &SourceStatus, now: &SourceStatus) -> Option<Self> {
        use SourceStatus::{Ended, Failed, Lost, Opening, Running};
        match (before, now) {
            // The time to the next attempt is not news.
            (Lost { reason: before, .. }, Lost { reason, .. }) if before == reason => None,
            (_, Lost { reason, .. }) => Some(Self::SourceLost { reason: reason.clone() }),
            (Lost { .. }, Running) => Some(Self::SourceBack {}),
            (Ended, Ended) | (Failed(_), Failed(_)) => None,
            (_, Ended) => Some(Self::SourceEnded {}),
            (_, Failed(reason)) => Some(Self::SourceFailed { reason: reason.clone() }),
            (_, Opening | Running) => None,
        }
    }
}

impl fmt::Display for AlertEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceLost { reason } => write!(f, "the source is lost: {reason}"),
            Self::SourceBack {} => f.write_str("the source is back"),
            Self::SourceFailed { reason } => write!(f, "the source cannot be used: {reason}"),
            Self::SourceEnded {} => f.write_str("the source has come to its end"),
            Self::TableMoved {} => f.write_str("camera or table were moved"),
            Self::LightMoved { by: [x, y] } => {
                write!(
                    f,
                    "the projector's light lies {:.0} mm beside where it belongs: calibrate again",
                    1e3 * x.hypot(*y)
                )
            }
            Self::LightFits {} => f.write_str("the projector's light falls where it belongs again"),
            Self::ShotStarted { ball, speed, .. } => write!(f, "shot: ball #{} leaves at {speed:.2} m/s", ball.0),
            Self::ShotEnded { duration, .. } => write!(f, "all balls lie still after {duration:.1} s"),
            Self::CalibrationDone { expected_mm } => {
                write!(f, "calibrated: light is expected to fall {expected_mm:.1} mm from where it belongs")
            }
            Self::CalibrationFailed { reason } => write!(f, "the calibration failed: {reason}"),
            Self::LensMeasured { views, rms_px } => {
                write!(f, "the lens is measured: {views} views, met to {rms_px:.2} pixels; calibrate now")
            }
            Self::LensFailed { reason } => write!(f, "the lens was not measured: {reason}"),
            Self::BreakerOpened { sink, retry_in_s, reason } => {
                write!(f, "{sink} fails again and again, next attempt in {retry_in_s:.1} s: {reason}")
            }
            Self::BreakerProbes { sink } => write!(f, "{sink} is tried again"),
            Self::BreakerClosed { sink } => write!(f, "{sink} takes messages again"),
            Self::StorageProblem { reason, .. } => f.write_str(reason),
            Self::StorageSolved { problem } => f.write_str(match problem {
                StorageIssue::SettingsNotSaved | StorageIssue::SettingsDamaged => "the settings are saved",
                StorageIssue::SettingsInUse => "the settings are kept by this trainer again",
                StorageIssue::CalibrationNotSaved | StorageIssue::CalibrationDamaged => "the calibration is saved",
                StorageIssue::Tokens => "the tokens for phones are saved",
            }),
        }
    }
}

impl From<AlertEvent> for AlertData {
    fn from(event: AlertEvent) -> Self {
        Self { severity: event.severity(), message: event.to_string(), event }
    }
}

/// The alerts of late: each client has its own place in them.
#[derive(Debug)]
pub(super) struct Alerts {
    sender: broadcast::Sender<Arc<Published>>,
    count: Mutex<u64>,
}

impl Alerts {
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(WAITING), count: Mutex::new(0) }
    }

    /// Tells all clients, and waits for none.
    pub fn raise(&self, event: AlertEvent) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let alert = Published::new(*count, json(&AlertData::from(event)));
        // Where nobody listens, there is nobody to tell.
        if self.sender.send(Arc::new(alert)).is_err() {
            trace!("nobody listens to alerts");
        }
    }

    /// How many there have been.
    pub fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The alerts from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender.subscribe()
    }
}

/// Tells of new trouble with files, and of trouble that is over.
pub(super) fn raise_storage(server: Res<RemoteServer>, storage: Res<StorageStatus>, mut before: Local<StorageStatus>) {
    for event in storage_news(&before, &storage) {
        server.hub.alerts.raise(event);
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

/// Tells of what happened since the last time.
pub(super) fn raise(
    server: Res<RemoteServer>,
    mut happened: MessageReader<TableEvent>,
    source: Res<SourceHealth>,
    mut calibrated: MessageReader<CalibrationEnded>,
    mut status: Local<SourceStatus>,
) {
    let alerts = &server.hub.alerts;
    if source.is_changed() && source.status != *status {
        if let Some(event) = AlertEvent::of_source(&status, &source.status) {
            alerts.raise(event);
        }
        *status = source.status.clone();
    }
    for event in happened.read().filter_map(AlertEvent::of_table) {
        alerts.raise(event);
    }
    for ended in calibrated.read() {
        alerts.raise(AlertEvent::of_calibration(ended));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableVector;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn an_alert_has_the_shape_that_clients_know() {
        let direction = TableVector::new(0.0, 1.0);
        let event = TableEvent::ShotStarted { ball: BallId(3), speed: 2.0, direction, ago: 0.1 };
        let alert = AlertData::from(AlertEvent::of_table(&event).expect("news"));
        let written = serde_json::to_value(&alert).expect("JSON");
        let wanted = json!({
            "severity": "info", "code": "shot_started", "message": "shot: ball #3 leaves at 2.00 m/s",
            "details": {"ball": 3, "speed": 2.0, "direction": [0.0, 1.0], "ago": 0.1},
        });
        assert_eq!(written, wanted);
        assert_eq!(serde_json::from_value::<AlertData>(written).expect("the same type"), alert);
        let empty = serde_json::to_value(AlertData::from(AlertEvent::TableMoved {})).expect("JSON");
        assert_eq!(empty["details"], json!({}));
    }

    #[test]
    fn the_source_is_told_of_when_it_goes_and_when_it_comes_back() {
        let lost = |reason: &str, seconds| SourceStatus::Lost {
            reason: reason.to_owned(),
            retry_in: Duration::from_secs(seconds),
        };
        let code = |before: &SourceStatus, now: &SourceStatus| {
            let event = AlertEvent::of_source(before, now)?;
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

    #[test]
    fn every_listener_hears_every_alert_until_it_is_too_far_behind() {
        let alerts = Alerts::new();
        let mut listener = alerts.subscribe();
        for _ in 0..WAITING {
            alerts.raise(AlertEvent::TableMoved {});
        }
        for count in 1..=WAITING as u64 {
            assert_eq!(listener.try_recv().expect("waits").count, count);
        }
        for _ in 0..=WAITING {
            alerts.raise(AlertEvent::TableMoved {});
        }
        assert!(matches!(listener.try_recv(), Err(broadcast::error::TryRecvError::Lagged(1))));
    }
}
