//! Health report. Every value is measured.

use billiards_protocol::{
    health::{Health, HealthData, SourceHealthData, StorageHealthData},
    message::SourceState,
    storage::{StorageIssue, StorageProblem},
};
use std::time::{Duration, Instant};

/// Maximum silence of the main loop before it counts as hung; it reports twice a second.
const LOOP_HANGS_AFTER: Duration = Duration::from_secs(2);

/// Input of the health report.
#[derive(Debug, Clone, PartialEq)]
pub struct Vitals {
    /// Time at which these values were taken: the main loop is alive as long as it advances.
    pub taken: Instant,
    /// State of the source.
    pub status: SourceState,
    /// Reason why the source does not run.
    pub reason: Option<String>,
    /// Set while frames are old or missing.
    pub stale: bool,
    /// Frames processed per second.
    pub fps: f64,
    /// Arrival of the newest frame.
    pub last_frame: Option<Instant>,
    /// Number of frames processed so far.
    pub frames: u64,
    /// Number of frames that were replaced by newer ones before they were processed.
    pub dropped: u64,
    /// Number of failed attempts to open the source, and of times that an open source was lost.
    pub failures: u64,
    /// Set while the camera's view of the table is known.
    pub table_found: bool,
    /// Number of balls on the table.
    pub balls: usize,
    /// Problems with the user's files, the worst first.
    pub storage: Vec<StorageProblem>,
}

/// Returns the report at `now`; `vitals` are `None` before the main loop has run once.
pub(crate) fn report(
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
        storage: storage(vitals.map_or(&[], |v| &v.storage)),
    }
}

fn storage(problems: &[StorageProblem]) -> StorageHealthData {
    StorageHealthData {
        settings_saved: problems.iter().all(|problem| problem.code != StorageIssue::SettingsNotSaved),
        problems: problems.to_vec(),
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
            storage: Vec::new(),
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
        let message = "settings not saved: the disk is full".to_owned();
        vitals.storage.push(StorageProblem { code: StorageIssue::SettingsNotSaved, message });
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
