//! Fades shots in and out: a cue that is lost for a moment must not make the light blink. Pure.

use super::{label::Label, shape::Shape};
use billiards_table::settings::Rgba;
use billiards_table::{Prediction, ShotOdds};
use std::time::Duration;

/// Time in which a shot fades in.
const RISE: Duration = Duration::from_millis(120);
/// Time in which a shot that is no longer aimed fades out while the balls are at rest.
const FALL: Duration = Duration::from_millis(300);

/// The shot that is drawn, and the progress of its fade.
#[derive(Debug, Default)]
pub(crate) struct Afterglow {
    shot: Option<(Prediction, Option<ShotOdds>)>,
    strength: f32,
    /// Time of the last step on the source's clock.
    last: Option<Duration>,
}

impl Afterglow {
    /// Advances to `now`, on the source's clock. `aimed` is the shot to be drawn; `quiet` permits a shot that is no
    /// longer aimed to fade out. Without a clock nothing fades.
    pub fn step(&mut self, now: Option<Duration>, aimed: Option<(&Prediction, Option<&ShotOdds>)>, quiet: bool) {
        let elapsed = now.zip(self.last).map(|(now, last)| now.saturating_sub(last));
        self.last = now;
        let share = |whole: Duration| elapsed.map_or(1.0, |elapsed| elapsed.as_secs_f32() / whole.as_secs_f32());
        match aimed {
            Some((shot, odds)) => {
                self.strength = (self.strength + share(RISE)).min(1.0);
                self.shot = Some((shot.clone(), odds.cloned()));
            }
            None => self.strength = if quiet { self.strength - share(FALL) } else { 0.0 },
        }
        if self.strength <= 0.0 && aimed.is_none() {
            (self.strength, self.shot) = (0.0, None);
        }
    }

    /// Returns the shot to be drawn.
    pub fn shot(&self) -> Option<(&Prediction, Option<&ShotOdds>)> {
        self.shot.as_ref().map(|(shot, odds)| (shot, odds.as_ref()))
    }

    /// Returns the brightness of the shot, as a share (0 to 1) of its full light.
    pub fn strength(&self) -> f32 {
        // Smooth at either end: a kink would be visible.
        self.strength * self.strength * (3.0 - 2.0 * self.strength)
    }
}

/// Dims a shape.
pub(crate) fn dim(shape: &mut Shape, strength: f32) {
    match shape {
        Shape::Polyline { colour, .. }
        | Shape::Dashes { colour, .. }
        | Shape::Ring { colour, .. }
        | Shape::Disc { colour, .. }
        | Shape::SoftDisc { colour, .. }
        | Shape::Polygon { colour, .. } => dim_light(colour, strength),
        Shape::Ribbon { corners } => {
            corners.iter_mut().for_each(|corner| dim_light(&mut corner.colour, strength));
        }
    }
}

/// Dims a text.
pub(crate) fn dim_label(label: &mut Label, strength: f32) {
    dim_light(&mut label.colour, strength);
}

/// Dims the light but keeps the alpha, so that whatever lies beneath stays covered.
fn dim_light([red, green, blue, _]: &mut Rgba, strength: f32) {
    for channel in [red, green, blue] {
        *channel *= strength;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallId, TableVector};

    fn shot() -> Prediction {
        Prediction {
            cue_ball: BallId(1),
            aim: TableVector::new(0.0, 1.0),
            aim_line: None,
            ghost_ball: None,
            paths: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Returns the strengths over some steps of 30 ms, each given by two flags: the shot is aimed, the balls are at
    /// rest.
    fn strengths(steps: &[(bool, bool)]) -> Vec<f32> {
        let (shot, mut glow) = (shot(), Afterglow::default());
        glow.step(Some(Duration::ZERO), None, true);
        (1..)
            .zip(steps)
            .map(|(i, (aimed, quiet))| {
                glow.step(Some(i * Duration::from_millis(30)), aimed.then_some((&shot, None)), *quiet);
                assert_eq!(glow.shot().is_some(), glow.strength() > 0.0);
                glow.strength()
            })
            .collect()
    }

    #[test]
    fn a_shot_comes_and_goes_softly() {
        let mut steps = vec![(true, true); 5];
        steps.extend([(false, true); 11]);
        let strengths = strengths(&steps);
        assert!(strengths[0] > 0.0 && strengths[0] < 0.3 && strengths[4] == 1.0, "{strengths:?}");
        assert!(strengths[4..].windows(2).all(|pair| pair[1] <= pair[0] && pair[0] - pair[1] < 0.2), "{strengths:?}");
        assert_eq!(strengths[15], 0.0);
    }

    #[test]
    fn a_gap_of_a_frame_is_hardly_seen() {
        let mut steps = vec![(true, true); 5];
        steps.extend([(false, true), (true, true)]);
        let strengths = strengths(&steps);
        assert!(strengths[5] > 0.95 && strengths[6] == 1.0, "{strengths:?}");
    }

    #[test]
    fn a_strike_puts_the_light_out_at_once() {
        let mut steps = vec![(true, true); 5];
        steps.push((false, false));
        assert_eq!(strengths(&steps)[5], 0.0);
    }

    #[test]
    fn without_a_clock_nothing_fades() {
        let (shot, mut glow) = (shot(), Afterglow::default());
        glow.step(None, Some((&shot, None)), true);
        assert_eq!(glow.strength(), 1.0);
        glow.step(None, None, true);
        assert!(glow.shot().is_none());
    }

    #[test]
    fn black_stays_black_and_covers() {
        let centre = billiards_table::TablePoint::new(0.0, 0.0);
        let mut disc = Shape::Disc { centre, radius: 1.0, colour: [0.0, 0.0, 0.0, 1.0] };
        let before = disc.clone();
        dim(&mut disc, 0.3);
        assert_eq!(disc, before);
    }
}
