//! The health report. Every value is measured.

use super::{hub::Vitals, message::SourceState};
use crate::operate::{StorageIssue, StorageProblem, StorageStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// A main loop that has not been heard of for this long hangs; it reports twice a second.
const LOOP_HANGS_AFTER: Duration = Duration::from_secs(2);

/// Whether the product does its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Frames come and are worked on.
    Healthy,
    /// Frames are old, the source is lost, or the main loop hangs.
    Degraded,
    /// The source is being opened for the first time.
    Starting,
}

/// What `GET /api/v1/health` answers. The status code is always 200: that there is an answer says that the server runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthData {
    /// Whether the product does its work.
    pub status: Health,
    /// Version of the program.
    pub version: String,
    /// Seconds since the server was started.
    pub uptime_s: f64,
    /// The source of pictures.
    pub source: SourceHealthData,
    /// WebSocket clients.
    pub clients: usize,
    /// Whether the camera's view of the table is known.
    pub table_found: bool,
    /// Balls on the table.
    pub balls: usize,
    /// Files of settings, calibration and access tokens.
    pub storage: StorageHealthData,
}

/// Files of settings, calibration and access tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StorageHealthData {
    /// Whether every change of the settings has reached the disk, but for those of the last second.
    pub settings_saved: bool,
    /// Present trouble, the worst first; empty where there is none.
    pub problems: Vec<StorageProblem>,
}

/// How the source of pictures does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceHealthData {
    /// What it does.
    pub status: SourceState,
    /// Why it does not run, in words.
    pub reason: Option<String>,
    /// Processed frames a second.
    pub fps: f64,
    /// Age of the newest frame now; `null` before the first.
    pub frame_age_ms: Option<u64>,
    /// Frames so far.
    pub frames: u64,
    /// Frames that newer ones replaced before they were processed.
    pub dropped: u64,
    /// Attempts to open the source that did not come off, and openings that broke off.
    pub failures: u64,
}

/// The report at `now`; `vitals` are `None` before the main loop has run once.
pub(super) fn report(
    vitals: Option<&Vitals>,
    now: Instant,
    uptime: Duration,
    version: &str,
    clients: usize,
) -> HealthData {
    let age = |then: Instant| now.saturating_duration_since(then);
    let status = match vitals {
        None => Health::Starting,
        Some(v) if age(v.taken) > LOOP_HANGS_AFTER => Health::Degraded,
        Some(v) => match v.status {
            SourceState::Opening => Health::Starting,
            SourceState::Running if !v.stale => Health::Healthy,
            _ => Health::Degraded,
        },
    };
    let source = match vitals {
        None => SourceHealthData {
            status: SourceState::Opening,
            reason: None,
            fps: 0.0,
            frame_age_ms: None,
            frames: 0,
            dropped: 0,
            failures: 0,
        },
        Some(v) => SourceHealthData {
            status: v.status,
            reason: v.reason.clone(),
            fps: (v.fps * 10.0).round() / 10.0,
            frame_age_ms: v.last_frame.map(|at| u64::try_from(age(at).as_millis()).unwrap_or(u64::MAX)),
            frames: v.frames,
            dropped: v.dropped,
            failures: v.failures,
        },
    };
    HealthData {
        status,
        version: version.to_owned(),
        uptime_s: (uptime.as_secs_f64() * 1e3).round() / 1e3,
        source,
        clients,
        table_found: vitals.is_some_and(|v| v.table_found),
        balls: vitals.map_or(0, |v| v.balls),
        storage: storage(vitals.map(|v| &v.storage)),
    }
}

fn storage(status: Option<&StorageStatus>) -> StorageHealthData {
    StorageHealthData {
        settings_saved: status.is_none_or(|status| status.message(StorageIssue::SettingsNotSaved).is_none()),
        problems: status.map_or_else(Vec::new, |status| status.problems().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vitals(status: SourceState, at: Instant) -> Vitals {
        Vitals {
            taken: at,
            status,
            reason: None,
            stale: false,
            fps: 24.96,
            last_frame: Some(at),
            frames: 100,
            dropped: 3,
            failures: 1,
            table_found: true,
            balls: 16,
            storage: StorageStatus::default(),
        }
    }

    fn status(vitals: Option<&Vitals>, now: Instant) -> Health {
        report(vitals, now, Duration::ZERO, "1", 0).status
    }

    #[test]
    fn a_running_source_with_new_frames_is_healthy() {
        let at = Instant::now();
        let now = at + Duration::from_millis(40);
        let report = report(Some(&vitals(SourceState::Running, at)), now, Duration::from_millis(1500), "1.2.3", 2);
        assert_eq!(report.status, Health::Healthy);
        assert_eq!((report.version.as_str(), report.uptime_s, report.clients), ("1.2.3", 1.5, 2));
        assert_eq!((report.table_found, report.balls), (true, 16));
        let source = report.source;
        assert_eq!((source.fps, source.frame_age_ms, source.frames, source.dropped), (25.0, Some(40), 100, 3));
    }

    #[test]
    fn old_frames_a_lost_source_and_a_hanging_loop_are_not() {
        let at = Instant::now();
        let stale = Vitals { stale: true, ..vitals(SourceState::Running, at) };
        assert_eq!(status(Some(&stale), at), Health::Degraded);
        for lost in [SourceState::Lost, SourceState::Failed, SourceState::Ended] {
            assert_eq!(status(Some(&vitals(lost, at)), at), Health::Degraded);
        }
        let hanging = Vitals { last_frame: None, ..vitals(SourceState::Opening, at) };
        assert_eq!(status(Some(&hanging), at + Duration::from_secs(3)), Health::Degraded);
    }

    #[test]
    fn settings_that_are_not_saved_are_told_and_hinder_nothing() {
        let at = Instant::now();
        let mut vitals = vitals(SourceState::Running, at);
        let of = |vitals: &Vitals| report(Some(vitals), at, Duration::ZERO, "1", 0);
        assert_eq!(of(&vitals).storage, StorageHealthData { settings_saved: true, problems: Vec::new() });
        vitals.storage.set(StorageIssue::SettingsNotSaved, "settings not saved: the disk is full");
        let HealthData { status, storage, .. } = of(&vitals);
        assert_eq!((status, storage.settings_saved), (Health::Healthy, false));
        assert!(storage.problems[0].message.contains("the disk is full"));
    }

    #[test]
    fn before_the_first_frame_it_starts() {
        let now = Instant::now();
        assert_eq!(status(None, now), Health::Starting);
        assert_eq!(status(Some(&vitals(SourceState::Opening, now)), now), Health::Starting);
    }
}
