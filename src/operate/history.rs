//! Undo and redo of the calibration.

use bevy::prelude::Resource;
use billiards_calibration::CalibrationSetup;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Maximum number of changes that can be undone.
const DEPTH: usize = 64;
/// Maximum time between two movements of one point that count as one change, e.g. a drag or an arrow key held down.
const ONE_MOVE: Duration = Duration::from_millis(800);

/// Kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The corners in the camera's picture were dragged.
    CameraCorners,
    /// A point in the projector's picture was moved.
    ProjectorPoint(usize),
    /// Any change that is made in one step.
    Whole,
}

/// Former calibrations, and those that were undone.
#[derive(Resource, Debug, Default)]
pub struct CalibrationHistory {
    past: VecDeque<CalibrationSetup>,
    future: Vec<CalibrationSetup>,
    last: Option<(Change, Instant)>,
    before_shown: bool,
}

impl CalibrationHistory {
    /// Records the calibration in force, immediately before it is changed.
    pub fn note(&mut self, before: &CalibrationSetup, change: Change, now: Instant) {
        let goes_on = self.last.is_some_and(|(last, then)| {
            change != Change::Whole && last == change && now.saturating_duration_since(then) < ONE_MOVE
        });
        self.last = Some((change, now));
        self.future.clear();
        self.before_shown = false;
        if goes_on {
            return;
        }
        if self.past.len() == DEPTH {
            self.past.pop_front();
        }
        self.past.push_back(before.clone());
    }

    /// Returns whether a change can be undone.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Returns whether an undone change can be redone.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Returns whether the calibration before the last change is shown temporarily; `None` if there is nothing to
    /// compare.
    #[must_use]
    pub fn before_shown(&self) -> Option<bool> {
        (self.before_shown || self.can_undo()).then_some(self.before_shown)
    }

    /// Undoes the last change: returns the calibration before it, and keeps `current` for redo.
    pub fn undo(&mut self, current: &CalibrationSetup) -> Option<CalibrationSetup> {
        let before = self.past.pop_back()?;
        self.future.push(current.clone());
        (self.last, self.before_shown) = (None, false);
        Some(before)
    }

    /// Redoes the change that was undone last: returns the calibration after it, and keeps `current` for undo.
    pub fn redo(&mut self, current: &CalibrationSetup) -> Option<CalibrationSetup> {
        let after = self.future.pop()?;
        self.past.push_back(current.clone());
        (self.last, self.before_shown) = (None, false);
        Some(after)
    }

    /// Returns the calibration to apply in order to show the one before the last change, or the one after it; `None` if
    /// that one is already shown.
    pub fn show_before(&mut self, before: bool, current: &CalibrationSetup) -> Option<CalibrationSetup> {
        if before == self.before_shown {
            return None;
        }
        let shown = if before { self.undo(current) } else { self.redo(current) };
        self.before_shown = before && shown.is_some();
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{TableChoice, TableKind};

    fn setup(kind: TableKind) -> CalibrationSetup {
        let mut setup = CalibrationSetup::default();
        setup.table = TableChoice::Kind(kind);
        setup
    }

    #[test]
    fn changes_are_taken_back_and_made_again() {
        let [seven, eight, nine] = TableKind::AMERICAN.map(setup);
        let (mut history, now) = (CalibrationHistory::default(), Instant::now());
        assert_eq!(history.undo(&seven), None);
        history.note(&seven, Change::Whole, now);
        history.note(&eight, Change::Whole, now);
        assert_eq!(history.undo(&nine), Some(eight.clone()));
        assert_eq!(history.undo(&eight), Some(seven.clone()));
        assert_eq!(history.redo(&seven), Some(eight.clone()));
        assert!(history.can_redo());
        history.note(&eight, Change::Whole, now);
        assert!(!history.can_redo(), "what was taken back is gone once something else is done");
    }

    #[test]
    fn a_drag_is_one_change() {
        let [seven, eight, nine] = TableKind::AMERICAN.map(setup);
        let (mut history, now) = (CalibrationHistory::default(), Instant::now());
        for (i, shown) in [&seven, &eight, &eight].into_iter().enumerate() {
            history.note(shown, Change::ProjectorPoint(1), now + i as u32 * ONE_MOVE / 2);
        }
        history.note(&eight, Change::ProjectorPoint(2), now + ONE_MOVE);
        assert_eq!(history.undo(&nine), Some(eight.clone()));
        assert_eq!(history.undo(&eight), Some(seven));
        assert!(!history.can_undo());
    }

    #[test]
    fn before_and_after_are_looked_at_in_turn() {
        let [seven, eight, _] = TableKind::AMERICAN.map(setup);
        let (mut history, now) = (CalibrationHistory::default(), Instant::now());
        assert_eq!(history.before_shown(), None);
        history.note(&seven, Change::Whole, now);
        assert_eq!(history.before_shown(), Some(false));
        assert_eq!(history.show_before(true, &eight), Some(seven.clone()));
        assert_eq!(history.before_shown(), Some(true));
        assert_eq!(history.show_before(true, &seven), None);
        assert_eq!(history.show_before(false, &seven), Some(eight));
        assert_eq!(history.before_shown(), Some(false));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut history, now) = (CalibrationHistory::default(), Instant::now());
        for _ in 0..2 * DEPTH {
            history.note(&CalibrationSetup::default(), Change::Whole, now);
        }
        let undone = std::iter::from_fn(|| history.undo(&CalibrationSetup::default())).count();
        assert_eq!(undone, DEPTH);
    }
}
