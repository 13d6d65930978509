//! Alerts: events that are sent one by one. None is replaced by a newer one.

use crate::storage::StorageIssue;
use billiards_table::{BallId, TableEvent, rounded};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An alert: something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertData {
    /// Severity of the alert.
    pub severity: Severity,
    /// Code and details of the event, for programs.
    #[serde(flatten)]
    pub event: AlertEvent,
    /// Description of the event, for people.
    pub message: String,
}

/// Severity of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information: part of the game, or good news.
    Info,
    /// Something does not work for now.
    Warning,
    /// Something does not work until somebody intervenes.
    Error,
}

/// Event that an alert reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "code", content = "details")]
pub enum AlertEvent {
    /// The source of pictures was lost and is being reopened.
    SourceLost {
        /// Reason for the loss, in words.
        reason: String,
    },
    /// The source delivers frames again.
    SourceBack {},
    /// The source cannot be used.
    SourceFailed {
        /// Reason for the failure, in words.
        reason: String,
    },
    /// A source that has an end has reached it.
    SourceEnded {},
    /// The table has moved in the picture: camera or table were bumped.
    TableMoved {},
    /// The projector's light no longer falls in its correct place: the projector was bumped.
    LightMoved {
        /// Displacement of the light along the table's x and y, metres.
        by: [f64; 2],
    },
    /// The projector's light falls in its correct place again.
    LightFits {},
    /// The cue ball was struck. Sent once speed and direction are certain, at the cue ball's first contact at the
    /// latest.
    ShotStarted {
        /// The struck ball: the cue ball, or where none is recognised the ball that moves first.
        ball: BallId,
        /// Speed of the struck ball off the tip, metres per second.
        speed: f64,
        /// Direction in which the struck ball left the tip, unit vector in table coordinates.
        direction: [f64; 2],
        /// Time between the strike and the frame that made it certain, seconds.
        ago: f64,
    },
    /// All balls lie still again after a shot.
    ShotEnded {
        /// Time from the strike to the last ball's rest, seconds.
        duration: f64,
        /// Speed of the struck ball off the tip, metres per second, fitted to its whole path up to its first contact.
        speed: f64,
        /// Direction in which the struck ball left the tip, unit vector in table coordinates, fitted to its whole path
        /// up to its first contact.
        direction: [f64; 2],
    },
    /// An automatic calibration has succeeded.
    CalibrationDone {
        /// Expected distance of the light from its correct place, millimetres.
        expected_mm: f64,
    },
    /// An automatic calibration has failed.
    CalibrationFailed {
        /// Reason for the failure, in words.
        reason: String,
    },
    /// The camera's lens was measured with the printed board.
    LensMeasured {
        /// Number of views of the board.
        views: usize,
        /// Root mean square reprojection error of the board's corners, pixels.
        rms_px: f64,
    },
    /// A measurement of the lens has failed.
    LensFailed {
        /// Reason for the failure, in words.
        reason: String,
    },
    /// A sink of messages has failed repeatedly: nothing is sent to it for a while.
    BreakerOpened {
        /// Name of the sink.
        sink: String,
        /// Time until the next attempt, seconds.
        retry_in_s: f64,
        /// Reason for the failure of the last attempt, in words.
        reason: String,
    },
    /// A single attempt is made to reach the sink again.
    BreakerProbes {
        /// Name of the sink.
        sink: String,
    },
    /// The sink accepts messages again.
    BreakerClosed {
        /// Name of the sink.
        sink: String,
    },
    /// A file of settings, calibration or access tokens cannot be read or written.
    StorageProblem {
        /// Kind of the problem.
        problem: StorageIssue,
        /// Description for people: the file, the reason and what helps.
        reason: String,
    },
    /// A problem with a file is solved.
    StorageSolved {
        /// Kind of the problem.
        problem: StorageIssue,
    },
}

impl AlertEvent {
    /// Returns the severity of the event.
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

    /// Returns the alert of an event on the table; `None` for an event that only the panel shows.
    #[must_use]
    pub fn of_table(event: &TableEvent) -> Option<Self> {
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
}

impl fmt::Display for AlertEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceLost { reason } => write!(f, "the source is lost: {reason}"),
            Self::SourceBack {} => f.write_str("the source is back"),
            Self::SourceFailed { reason } => write!(f, "the source cannot be used: {reason}"),
            Self::SourceEnded {} => f.write_str("the source has ended"),
            Self::TableMoved {} => f.write_str("camera or table were moved"),
            Self::LightMoved { by: [x, y] } => {
                write!(f, "the projector's light is {:.0} mm off: calibrate again", 1e3 * x.hypot(*y))
            }
            Self::LightFits {} => f.write_str("the projector's light is in place again"),
            Self::ShotStarted { ball, speed, .. } => write!(f, "shot: ball #{} leaves at {speed:.2} m/s", ball.0),
            Self::ShotEnded { duration, .. } => write!(f, "all balls at rest after {duration:.1} s"),
            Self::CalibrationDone { expected_mm } => {
                write!(f, "calibrated: expected error of the light {expected_mm:.1} mm")
            }
            Self::CalibrationFailed { reason } => write!(f, "the calibration failed: {reason}"),
            Self::LensMeasured { views, rms_px } => {
                write!(
                    f,
                    "the lens is measured: {views} views, reprojection error {rms_px:.2} pixels RMS; calibrate now"
                )
            }
            Self::LensFailed { reason } => write!(f, "the lens was not measured: {reason}"),
            Self::BreakerOpened { sink, retry_in_s, reason } => {
                write!(f, "{sink} keeps failing, next attempt in {retry_in_s:.1} s: {reason}")
            }
            Self::BreakerProbes { sink } => write!(f, "{sink} is being retried"),
            Self::BreakerClosed { sink } => write!(f, "{sink} accepts messages again"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableVector;
    use serde_json::json;

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
}
