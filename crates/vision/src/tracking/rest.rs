//! Stabilises a resting ball: its shown position does not follow the noise of the sightings.

use billiards_table::{TablePoint, TableVector};

/// Minimum distance of two successive sightings to the same side of the shown position that ends the rest, metres.
const MIN_REPEATED_STEP: f64 = 0.004;

/// Minimum distance of a single sighting from the shown position that ends the rest at once, metres.
pub const MIN_SINGLE_STEP: f64 = 0.012;

/// Maximum distance of the mean of the sightings from the shown position at which the latter does not change, metres.
const DEAD_BAND: f64 = 0.0003;

/// Number of sightings during which the shown position follows the mean.
const SETTLED: u32 = 25;

/// Approximate number of sightings over which the mean is taken.
const MEMORY: u32 = 50;

/// Weight of the estimate with which the rest begins, in sightings.
const HEAD_START: u32 = 3;

/// A ball at rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    mean: TablePoint,
    sightings: u32,
    shown: TablePoint,
    /// Offset of the newest sighting from the shown position if it was suspicious, metres.
    outlier: Option<TableVector>,
}

impl Rest {
    /// Creates a rest that begins at `at`.
    #[must_use]
    pub fn new(at: TablePoint) -> Self {
        Self { mean: at, sightings: HEAD_START, shown: at, outlier: None }
    }

    /// Maps the rest to the places of a new calibration.
    pub fn remap(&mut self, map: impl Fn(TablePoint) -> TablePoint) {
        (self.mean, self.shown, self.outlier) = (map(self.mean), map(self.shown), None);
    }

    /// Returns the shown position of the ball.
    #[must_use]
    pub fn shown(&self) -> TablePoint {
        self.shown
    }

    /// Adds a sighting; returns `false` if it shows that the ball no longer lies there.
    #[must_use]
    pub fn observe(&mut self, sighting: TablePoint) -> bool {
        let offset = sighting - self.shown;
        if offset.length() > MIN_SINGLE_STEP {
            return false;
        }
        if offset.length() > MIN_REPEATED_STEP {
            let again = self.outlier.is_some_and(|before| before.dot(offset) > 0.5 * before.length() * offset.length());
            // An outlier is kept out of the mean: it is either noise or the end of the rest.
            self.outlier = Some(offset);
            return !again;
        }
        self.outlier = None;
        self.sightings += u32::from(self.sightings < MEMORY);
        self.mean += (sighting - self.mean) / f64::from(self.sightings);
        if self.sightings <= SETTLED || (self.mean - self.shown).length() > DEAD_BAND {
            self.shown = self.mean;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64) -> TablePoint {
        TablePoint::new(x, y)
    }

    #[test]
    fn one_outlier_is_ignored_two_are_believed() {
        let mut rest = Rest::new(at(0.5, 0.5));
        assert!(rest.observe(at(0.506, 0.5)));
        assert_eq!(rest.shown(), at(0.5, 0.5));
        assert!(rest.observe(at(0.5, 0.5)));
        assert!(rest.observe(at(0.505, 0.5)));
        assert!(rest.observe(at(0.495, 0.5)), "to the other side is noise");
        assert!(!rest.observe(at(0.495, 0.501)));
    }

    #[test]
    fn a_jump_ends_the_rest_at_once() {
        assert!(!Rest::new(at(0.5, 0.5)).observe(at(0.513, 0.5)));
    }

    #[test]
    fn the_settled_position_stays_within_the_dead_band() {
        let mut rest = Rest::new(at(0.5, 0.5));
        for _ in 0..60 {
            assert!(rest.observe(at(0.5, 0.5)));
        }
        for _ in 0..300 {
            assert!(rest.observe(at(0.5002, 0.5)));
        }
        assert_eq!(rest.shown(), at(0.5, 0.5));
        // A slow drift beyond the band is followed, in steps.
        for _ in 0..300 {
            assert!(rest.observe(at(0.5015, 0.5)));
        }
        assert!((rest.shown() - at(0.5015, 0.5)).length() < 0.0006);
    }
}
