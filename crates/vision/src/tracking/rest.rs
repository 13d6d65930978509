//! Keeps a resting ball still: what is shown of it does not follow the noise of the sightings.

use billiards_table::{TablePoint, TableVector};

/// A sighting this far off, metres, two frames running and to the same side, ends the rest.
const THAW: f64 = 0.004;

/// A sighting this far off, metres, ends it at once.
pub const THAW_AT_ONCE: f64 = 0.012;

/// The shown position stays while the mean of the sightings is nearer to it than this, metres.
const DEAD_BAND: f64 = 0.0003;

/// So many sightings the shown position follows the mean before it settles.
const SETTLED: u32 = 25;

/// The mean forgets sightings older than about so many.
const MEMORY: u32 = 50;

/// How much the estimate counts with which the rest begins, in sightings.
const HEAD_START: u32 = 3;

/// A ball that lies still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    mean: TablePoint,
    sightings: u32,
    shown: TablePoint,
    /// How far off the newest sighting was, if it was suspicious.
    suspicion: Option<TableVector>,
}

impl Rest {
    /// A rest that begins at `at`.
    #[must_use]
    pub fn new(at: TablePoint) -> Self {
        Self { mean: at, sightings: HEAD_START, shown: at, suspicion: None }
    }

    /// The same rest where places on the table are others than they were taken for.
    pub fn remap(&mut self, map: impl Fn(TablePoint) -> TablePoint) {
        (self.mean, self.shown, self.suspicion) = (map(self.mean), map(self.shown), None);
    }

    /// Where the ball is shown.
    #[must_use]
    pub fn shown(&self) -> TablePoint {
        self.shown
    }

    /// Takes a sighting in; false when it says that the ball no longer lies there.
    #[must_use]
    pub fn observe(&mut self, sighting: TablePoint) -> bool {
        let off = sighting - self.shown;
        if off.length() > THAW_AT_ONCE {
            return false;
        }
        if off.length() > THAW {
            let again = self.suspicion.is_some_and(|before| before.dot(off) > 0.5 * before.length() * off.length());
            // An outlier is kept out of the mean: it is either noise or the end of the rest.
            self.suspicion = Some(off);
            return !again;
        }
        self.suspicion = None;
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
