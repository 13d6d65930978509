//! Motion of the cue along its line: feathering before the stroke, and finally through the ball.

use billiards_table::{CueState, TablePoint, TableVector};

/// Minimum speed of the tip along the line that counts as stroking, metres per second; below it a hand trembles.
const MIN_STROKING_SPEED: f64 = 0.12;
/// Maximum pause in the stroking, seconds; after a longer one the player aims again.
const MAX_PAUSE: f64 = 0.4;
/// Minimum peak speed of a forward stroke that indicates how hard the shot will be, metres per second.
const MIN_PEAK_SPEED: f64 = 0.25;
/// Minimum length of such a forward stroke, metres.
const MIN_STROKE_LENGTH: f64 = 0.03;
/// Maximum time since the cue was aimed for it to have struck the cue ball that rolls now, seconds.
const JUST_AIMED: f64 = 0.3;
/// Time for which the cue counts as one that has struck, seconds.
const FOLLOW_THROUGH: f64 = 1.0;
/// Number of sightings over which the speed is measured.
const SIGHTINGS: usize = 3;
/// Maximum time between sightings that contribute to the speed, seconds.
const MAX_GAP: f64 = 0.25;

/// History of the tip's motion along the line.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Strokes {
    /// Time (seconds) and distance along the line so far (metres) of the last sightings, the newest last.
    positions: Vec<(f64, f64)>,
    /// Position of the tip in the newest sighting.
    tip: TablePoint,
    /// Time at which stroking was last seen, seconds.
    stroked_at: Option<f64>,
    /// Forward stroke in progress: the distance along the line at which it began, and its highest speed.
    forward: Option<(f64, f64)>,
    /// Highest speed of the last completed forward stroke, metres per second.
    pub last: Option<f64>,
    aimed_at: Option<f64>,
    struck_at: Option<f64>,
}

impl Strokes {
    /// Adds the position of the tip and the direction of the cue, a unit vector. Only steps along the line count: a cue
    /// that is turned is not stroked.
    pub fn add(&mut self, time: f64, tip: TablePoint, direction: TableVector) {
        if self.positions.last().is_some_and(|(before, _)| !(0.0..=MAX_GAP).contains(&(time - before))) {
            self.positions.clear();
            self.forward = None;
        }
        if self.positions.last().is_some_and(|(before, _)| *before == time) {
            return;
        }
        let position = self.positions.last().map_or(0.0, |(_, position)| position + (tip - self.tip).dot(direction));
        self.tip = tip;
        if self.positions.len() == SIGHTINGS {
            self.positions.remove(0);
        }
        self.positions.push((time, position));
        let speed = self.speed();
        if speed.abs() > MIN_STROKING_SPEED {
            self.stroked_at = Some(time);
        }
        if speed > MIN_STROKING_SPEED {
            let (from, fastest) = self.forward.unwrap_or((position, 0.0));
            self.forward = Some((from, speed.max(fastest)));
        } else if let Some((from, fastest)) = self.forward.take()
            && fastest >= MIN_PEAK_SPEED
            && position - from >= MIN_STROKE_LENGTH
        {
            self.last = Some(fastest);
        }
    }

    /// Returns the speed along the line, metres per second, positive forwards; 0 until enough sightings are known.
    pub fn speed(&self) -> f64 {
        match (self.positions.first(), self.positions.last()) {
            (Some((t0, s0)), Some((t1, s1))) if self.positions.len() == SIGHTINGS && t1 > t0 => (s1 - s0) / (t1 - t0),
            _ => 0.0,
        }
    }

    /// Returns the state of the cue; `aimed` is whether the cue points at a ball that lies still, `rolls` whether the
    /// cue ball rolls.
    pub fn state(&mut self, time: f64, aimed: bool, rolls: bool) -> CueState {
        let since = |then: Option<f64>| then.map_or(f64::INFINITY, |then| time - then);
        if aimed {
            self.aimed_at = Some(time);
            self.struck_at = None;
            return if since(self.stroked_at) <= MAX_PAUSE { CueState::Stroking } else { CueState::Aiming };
        }
        // Bringing the cue in is no stroke.
        self.forward = None;
        if rolls && self.struck_at.is_none() && since(self.aimed_at) <= JUST_AIMED {
            self.struck_at = Some(time);
        }
        if since(self.struck_at) <= FOLLOW_THROUGH {
            return CueState::Struck;
        }
        if since(self.aimed_at) > JUST_AIMED {
            // The next approach may be to another shot.
            self.last = None;
        }
        CueState::Away
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const FRAME: f64 = 0.04;

    /// Returns a place on the cue's line.
    fn at(position: f64) -> TablePoint {
        TablePoint::new(0.7, 1.0 + position)
    }

    /// Feathers the cue `amplitude` metres to and fro, once per second, for some frames.
    fn feather(strokes: &mut Strokes, frames: std::ops::Range<u32>, amplitude: f64) -> Vec<CueState> {
        frames
            .map(|frame| {
                let time = f64::from(frame) * FRAME;
                strokes.add(time, at(-amplitude * (TAU * time).cos()), TableVector::new(0.0, 1.0));
                strokes.state(time, true, false)
            })
            .collect()
    }

    #[test]
    fn a_feathered_cue_tells_its_speed_when_a_stroke_is_done() {
        let mut strokes = Strokes::default();
        feather(&mut strokes, 0..12, 0.1);
        assert_eq!(strokes.last, None, "still going forwards");
        let states = feather(&mut strokes, 12..40, 0.1);
        let fastest = TAU * 0.1;
        assert!((strokes.last.expect("a stroke") - fastest).abs() < 0.05 * fastest, "{:?}", strokes.last);
        assert!(states.iter().all(|state| *state == CueState::Stroking));
    }

    #[test]
    fn a_trembling_cue_is_aimed() {
        let mut strokes = Strokes::default();
        let states = feather(&mut strokes, 0..100, 0.004);
        assert!(states.iter().all(|state| *state == CueState::Aiming));
        assert_eq!(strokes.last, None);
    }

    #[test]
    fn a_cue_that_is_turned_is_not_stroked() {
        let mut strokes = Strokes::default();
        for frame in 0..50_u32 {
            // 20° per second about the tip, far from the origin.
            let angle = (20.0 * FRAME * f64::from(frame)).to_radians();
            strokes.add(
                f64::from(frame) * FRAME,
                TablePoint::new(1.2, 2.4),
                TableVector::new(angle.cos(), angle.sin()),
            );
            assert_eq!(strokes.state(f64::from(frame) * FRAME, true, false), CueState::Aiming);
        }
        assert_eq!(strokes.last, None);
    }

    #[test]
    fn another_approach_begins_anew() {
        let mut strokes = Strokes::default();
        feather(&mut strokes, 0..60, 0.1);
        assert!(strokes.last.is_some());
        assert_eq!(strokes.state(2.5, false, false), CueState::Away);
        assert!(strokes.last.is_some(), "a moment away is none");
        assert_eq!(strokes.state(4.0, false, false), CueState::Away);
        assert_eq!(strokes.last, None);
    }

    #[test]
    fn gaps_and_repeats_are_no_speed() {
        let mut strokes = Strokes::default();
        for (time, position) in [(0.0, 0.0), (0.04, 0.04), (0.04, 0.3), (2.0, 0.5), (2.04, 0.5)] {
            strokes.add(time, at(position), TableVector::new(0.0, 1.0));
            assert_eq!(strokes.speed(), 0.0);
        }
    }
}
