//! The Publish stage: changes of the world become the newest message, and its state becomes the health report.

use super::{
    RemoteServer,
    snapshot::{self, TableObservation},
};
use crate::{
    operate::StorageStatus,
    sense::{LatestSight, SourceHealth},
};
use bevy::{ecs::system::SystemParam, prelude::*};
use billiards_calibration::CalibrationSetup;
use billiards_protocol::stream::LatestStream;
use billiards_server::Vitals;
use billiards_table::{Ball, BallLooks, Calibration, Cue, LiveOdds, LivePrediction, LiveStrikeSpeed, TableSpec};
use std::time::{Duration, Instant};

/// Minimum nominal time between two messages of a stream while something changes.
const FASTEST: Duration = Duration::from_nanos(1_000_000_000 / 60);
/// Maximum time by which a message may be early: a 60 Hz loop is never exactly one.
const SLACK: Duration = Duration::from_millis(4);
/// Maximum difference of a channel between two colours of the same cloth (8-bit).
const OTHER_CLOTH: u8 = 12;
/// Nominal time between two messages when nothing changes, or nobody watches.
const SLOWEST: Duration = Duration::from_millis(500);

/// Rate limiter of a stream.
#[derive(Default)]
pub(super) struct Pace {
    changed: bool,
    last: Option<Instant>,
    next: Option<Instant>,
}

impl Pace {
    /// Returns whether to publish now: at once when something has changed since the last time, but not above the
    /// highest rate; without watchers, or without changes (if the stream is to be kept alive), at the lowest.
    fn is_due(&mut self, now: Instant, changed: bool, watched: bool, keep_alive: bool) -> bool {
        self.changed |= changed;
        let due = match (self.last, self.next) {
            (Some(last), Some(next)) => {
                let waited = now.saturating_duration_since(last) >= SLOWEST;
                (waited && (self.changed || keep_alive)) || (self.changed && watched && now + SLACK >= next)
            }
            _ => true,
        };
        if due {
            self.changed = false;
            self.last = Some(now);
            // A loop a little above 60 Hz occasionally misses a message and may catch up on one, not on more.
            let earliest = now.checked_sub(FASTEST).unwrap_or(now);
            self.next = Some(self.next.map_or(now, |next| next.max(earliest)) + FASTEST);
        }
        due
    }
}

pub(super) fn trajectory(
    server: Res<RemoteServer>,
    table: Res<TableSpec>,
    (live, strike, odds): (Res<LivePrediction>, Option<Res<LiveStrikeSpeed>>, Res<LiveOdds>),
    mut pace: Local<Pace>,
) {
    let changed = live.is_changed()
        || odds.is_changed()
        || table.is_changed()
        || strike.as_ref().is_some_and(|strike| strike.is_changed());
    let strike = strike.and_then(|strike| strike.0);
    let hub = server.hub();
    if pace.is_due(Instant::now(), changed, hub.is_watched(), false) {
        let trajectory = snapshot::trajectory(&table, &live, strike, &odds);
        if hub.is_valid(LatestStream::Trajectory, &trajectory) {
            hub.publish_news(LatestStream::Trajectory, &trajectory);
        }
    }
}

/// Inputs of a state message.
#[derive(SystemParam)]
pub(super) struct StateInputs<'w, 's> {
    table: Res<'w, TableSpec>,
    calibration: Res<'w, Calibration>,
    setup: Option<Res<'w, CalibrationSetup>>,
    source: Res<'w, SourceHealth>,
    sight: Option<Res<'w, LatestSight>>,
    looks: Option<Res<'w, BallLooks>>,
    balls: Query<'w, 's, &'static Ball>,
    cues: Query<'w, 's, &'static Cue>,
    balls_moved: Query<'w, 's, (), Changed<Ball>>,
    cues_moved: Query<'w, 's, (), Changed<Cue>>,
    balls_gone: RemovedComponents<'w, 's, Ball>,
    cues_gone: RemovedComponents<'w, 's, Cue>,
}

impl StateInputs<'_, '_> {
    /// Returns whether anything has changed since the last call.
    fn changed(&mut self) -> bool {
        let gone = self.balls_gone.read().count() + self.cues_gone.read().count() > 0;
        let setup = self.setup.as_ref().is_some_and(|setup| setup.is_changed());
        let resources = setup || self.table.is_changed() || self.calibration.is_changed() || self.source.is_changed();
        gone || resources || !self.balls_moved.is_empty() || !self.cues_moved.is_empty()
    }
}

/// Publishes the health report at every update, because it contains the age of the newest frame.
pub(super) fn vitals(
    server: Res<RemoteServer>,
    (calibration, source): (Res<Calibration>, Res<SourceHealth>),
    balls: Query<&Ball>,
    storage: Option<Res<StorageStatus>>,
) {
    let now = Instant::now();
    let (status, reason) = snapshot::source_state(&source.status);
    server.hub().set_vitals(Vitals {
        taken: now,
        status,
        reason,
        stale: source.is_stale(now),
        fps: source.fps,
        last_frame: source.last_frame,
        frames: source.frames,
        dropped: source.dropped,
        failures: source.failures,
        table_found: calibration.camera.is_some(),
        balls: balls.iter().count(),
        storage: storage.map_or_else(Vec::new, |storage| storage.problems().to_vec()),
    });
}

pub(super) fn state(
    server: Res<RemoteServer>,
    mut known: StateInputs,
    mut pace: Local<Pace>,
    // The colour that was published last: noise is not a change.
    mut cloth: Local<Option<[u8; 3]>>,
) {
    let now = Instant::now();
    let changed = known.changed();
    let hub = server.hub();
    if !pace.is_due(now, changed, hub.is_watched(), true) {
        return;
    }
    let source = &known.source;
    let sight = known.sight.as_ref().and_then(|sight| sight.0.as_ref());
    if let Some(seen) = sight.and_then(|sight| sight.detections.ground.as_ref()?.cloth()) {
        let other = |shown: [u8; 3]| shown.iter().zip(seen).any(|(a, b)| a.abs_diff(b) > OTHER_CLOTH);
        if cloth.is_none_or(other) {
            *cloth = Some(seen);
        }
    }
    let seen = TableObservation {
        found: known.calibration.camera.is_some(),
        cloth: *cloth,
        balls: known.looks.as_deref(),
        likely: known.setup.as_ref().map(|setup| setup.likely_tables()).unwrap_or_default(),
    };
    let state = snapshot::state(&known.table, &seen, known.balls.iter(), known.cues.iter().next(), source, now);
    if hub.is_valid(LatestStream::State, &state) {
        hub.publish(LatestStream::State, &state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many of `updates` updates, `step` apart, are due.
    fn due(updates: u32, step: Duration, changed: bool, watched: bool, keep_alive: bool) -> usize {
        let start = Instant::now();
        let mut pace = Pace::default();
        (0..updates).filter(|i| pace.is_due(start + step * *i, changed, watched, keep_alive)).count()
    }

    #[test]
    fn a_fast_loop_is_held_to_60_messages_a_second() {
        let count = due(10_000, Duration::from_millis(1), true, true, true);
        assert!((590..=610).contains(&count), "{count} in 10 s");
    }

    #[test]
    fn a_loop_near_60_hz_loses_next_to_nothing() {
        for micros in [16_400, 16_667, 17_000] {
            let count = due(600, Duration::from_micros(micros), true, true, true);
            assert!(count >= 585, "{count} of 600 at {micros} µs");
        }
    }

    #[test]
    fn without_changes_or_watchers_it_is_two_a_second() {
        let step = Duration::from_millis(10);
        assert_eq!(due(1000, step, false, true, true), 20);
        assert_eq!(due(1000, step, true, false, true), 20);
        assert_eq!(due(1000, step, false, true, false), 1);
    }

    #[test]
    fn a_change_that_comes_too_early_is_not_forgotten() {
        let start = Instant::now();
        let mut pace = Pace::default();
        let at = |ms| start + Duration::from_millis(ms);
        assert!(pace.is_due(at(0), true, true, false));
        assert!(!pace.is_due(at(2), true, true, false));
        assert!(pace.is_due(at(17), false, true, false));
        assert!(!pace.is_due(at(900), false, true, false));
    }
}
