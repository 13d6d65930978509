//! Watches one ball at rest for the moment at which it leaves its place, and keeps the sightings since then.

use super::stroke_fit::{RestingPlace, Sighting, StrokeFit, fit_stroke};
use billiards_table::TablePoint;

/// Maximum distance from the resting place at which a sighting is noise, metres: a hand that hides a part of the ball
/// shifts its centre by several millimetres.
const MAX_REST_NOISE: f64 = 0.007;
/// Number of successive sightings in one place that establish a resting place.
const SETTLED_SIGHTINGS: usize = 4;
/// Maximum number of sightings that are kept: more than two seconds of a fast camera.
const MAX_SIGHTINGS: usize = 160;
/// Weight of a new sighting in the mean of the resting place.
const REST_WEIGHT: f64 = 0.1;
/// Minimum time for which a ball must have been hidden before it may have lain elsewhere than it was last seen,
/// seconds.
const MIN_HIDDEN_TIME: f64 = 0.3;
/// Minimum time for which a ball that rolled when it was last seen must have been hidden before it may have lain
/// elsewhere, seconds: until then it may reappear and roll on.
const MIN_ROLLING_HIDDEN_TIME: f64 = 3.0;

/// Resting place of a ball, and its path away from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Departure {
    rest: RestingPlace,
    path: Vec<Sighting>,
    /// Most recent sightings, for a new resting place.
    recent: Vec<TablePoint>,
    /// `true` once enough sightings have established the resting place.
    settled: bool,
}

impl Departure {
    /// Creates it from the first sighting of a ball.
    #[must_use]
    pub fn new(first: &Sighting) -> Self {
        Self {
            rest: RestingPlace::seen(first.position, first.time),
            path: Vec::new(),
            recent: vec![first.position],
            settled: false,
        }
    }

    /// Adds the next sighting.
    pub fn observe(&mut self, sighting: &Sighting) {
        if self.recent.len() == SETTLED_SIGHTINGS {
            self.recent.remove(0);
        }
        self.recent.push(sighting.position);
        let offset = sighting.position - self.rest.position;
        if offset.length() <= MAX_REST_NOISE {
            self.rest = RestingPlace::seen(self.rest.position + offset * REST_WEIGHT, sighting.time);
            self.path.clear();
            self.settled |= self.lies_still();
        } else if self.lies_still() {
            self.settle(sighting);
        } else if self.path.len() < MAX_SIGHTINGS {
            self.path.push(*sighting);
        }
    }

    /// Makes the place of a sighting the resting place.
    pub fn settle(&mut self, sighting: &Sighting) {
        self.rest = RestingPlace::seen(sighting.position, sighting.time);
        self.path.clear();
        self.settled = self.lies_still();
    }

    fn lies_still(&self) -> bool {
        let (Some(first), true) = (self.recent.first(), self.recent.len() == SETTLED_SIGHTINGS) else { return false };
        self.recent.iter().all(|place| (*place - *first).length() < 0.5 * MAX_REST_NOISE)
    }

    /// Returns whether its resting place is known.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// Returns the resting place, metres.
    #[must_use]
    pub fn rest(&self) -> TablePoint {
        self.rest.position
    }

    /// Returns the time at which the ball was last seen in its resting place, seconds on the source's clock.
    #[must_use]
    pub fn rested_at(&self) -> f64 {
        self.rest.seen_at
    }

    /// Returns the sightings since it left.
    #[must_use]
    pub fn path(&self) -> &[Sighting] {
        &self.path
    }

    /// Returns whether it has left a known resting place.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.settled && !self.path.is_empty()
    }

    /// Fits the stroke to `count` sightings of its path, beginning with the sighting `first`.
    #[must_use]
    pub fn fit(&self, first: usize, count: usize) -> Option<StrokeFit> {
        fit_stroke(self.rest, self.path.get(first..first + count)?)
    }

    /// Returns the same departure without its resting place, if the ball was hidden before its first sighting for long
    /// enough to have rolled on or been moved meanwhile.
    #[must_use]
    pub fn with_hidden_place(&self) -> Option<Self> {
        let (first, path) = self.path.split_first()?;
        let rest = RestingPlace::hidden(first, &self.rest);
        let least = if self.settled { MIN_HIDDEN_TIME } else { MIN_ROLLING_HIDDEN_TIME };
        (first.time - rest.seen_at >= least).then(|| Self {
            rest,
            path: path.to_vec(),
            settled: true,
            recent: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(departure: &mut Departure, time: f64, x: f64) {
        departure.observe(&Sighting { time, position: TablePoint::new(x, 1.0), blurred: false });
    }

    fn settled() -> Departure {
        let mut ball = Departure::new(&Sighting { time: 0.0, position: TablePoint::new(0.5, 1.0), blurred: false });
        (1..6_u32).for_each(|i| see(&mut ball, 0.04 * f64::from(i), 0.5));
        ball
    }

    #[test]
    fn a_ball_that_rolls_off_has_left() {
        let mut ball = settled();
        assert!(ball.is_settled() && !ball.has_left());
        see(&mut ball, 0.24, 0.504);
        assert!(!ball.has_left(), "noise");
        [0.54, 0.6, 0.66].into_iter().enumerate().for_each(|(i, x)| see(&mut ball, 0.28 + 0.04 * i as f64, x));
        assert!(ball.has_left());
        assert_eq!(ball.path().len(), 3);
        let fit = ball.fit(0, 3).expect("a stroke");
        assert!((fit.speed - 1.5).abs() < 0.1 && fit.direction.x > 0.999, "{fit:?}");
    }

    #[test]
    fn a_ball_that_comes_back_or_was_put_elsewhere_has_not_left() {
        let mut ball = settled();
        see(&mut ball, 0.24, 0.52);
        see(&mut ball, 0.28, 0.5);
        assert!(!ball.has_left());
        (0..4_u32).for_each(|i| see(&mut ball, 0.32 + 0.04 * f64::from(i), 0.9));
        assert!(!ball.has_left() && ball.is_settled());
        assert_eq!(ball.rest().x, 0.9);
    }

    #[test]
    fn a_ball_that_comes_to_light_rolling_may_have_lain_elsewhere() {
        let rolls_on = |ball: &mut Departure, from: f64| {
            (0..4_u32).for_each(|i| see(ball, from + 0.04 * f64::from(i), 0.8 + 0.05 * f64::from(i)));
            ball.with_hidden_place().is_some()
        };
        assert!(!rolls_on(&mut settled(), 0.24), "it was seen until it left");
        assert!(rolls_on(&mut settled(), 0.6));
        // It was still rolling when an arm hid it.
        let rolling = || {
            let mut ball = settled();
            [0.54, 0.6].into_iter().enumerate().for_each(|(i, x)| see(&mut ball, 0.24 + 0.04 * i as f64, x));
            ball.settle(&Sighting { time: 0.28, position: TablePoint::new(0.6, 1.0), blurred: false });
            ball
        };
        assert!(!rolls_on(&mut rolling(), 0.9));
        assert!(rolls_on(&mut rolling(), 3.4));
    }

    #[test]
    fn a_ball_that_was_never_at_rest_does_not_leave() {
        let mut ball = Departure::new(&Sighting { time: 0.0, position: TablePoint::new(0.5, 1.0), blurred: false });
        (1..9_u32).for_each(|i| see(&mut ball, 0.04 * f64::from(i), 0.5 + 0.05 * f64::from(i)));
        assert!(!ball.has_left());
    }
}
