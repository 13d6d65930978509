//! Evidence about one ball, accumulated over its sightings.

use super::{appearance::Appearance, pixel::cone_of};
use crate::ball_set::{Kind, Marking};
use billiards_table::BallLabel;
use serde::{Deserialize, Serialize};

/// Evidence about one ball from its sightings, independent of the set it belongs to. Sightings of a ball at rest repeat
/// the same evidence and are averaged; a rolling ball shows another side, which is new evidence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Number of sightings in the means, up to [`MEMORY`].
    sightings: f32,
    /// Mean share of white, 0 to 1.
    white: f32,
    /// Mean share of a ball's radius that the discs fell short of.
    shortfall: f32,
    /// Mean colour in the colour cone, over the sightings that showed one.
    colour: [f32; 3],
    /// Share of sightings that showed a colour.
    coloured: f32,
    /// Log-odds that it is a stripe, from the side that it shows now.
    view: f32,
    /// Log-odds that it is a stripe, from the sides that it showed before.
    past: f32,
    /// Current label; slightly more evidence is needed to change it.
    #[serde(skip)]
    held: Option<BallLabel>,
}

/// Number of sightings over which means are taken.
const MEMORY: f32 = 30.0;

/// Minimum change of the log-odds that indicates another side of the ball.
const NEW_VIEW: f32 = 1.5;

/// Share of the evidence from older sides that is kept when the ball shows another: a blurred ball shows sides that it
/// does not have.
const KEPT: f32 = 0.5;

/// Maximum log-odds that any number of sightings can reach, so that a mistake can be corrected.
const SURE: f32 = 6.0;

/// Distance in the colour cone above which two colours belong to two balls.
const FAR: f32 = 0.3;

/// Difference of the shares of white above which they hardly belong to one ball, even if it rolls.
const MUCH_WHITE: f32 = 0.6;

/// Factor on the weight of earlier sightings after a contrary one: a few, one after another, outweigh them all.
const DOUBTED: f32 = 0.5;

/// Maximum share of sightings with a colour that is only the cloth's light on white.
const GLIMPSES: f32 = 0.25;

/// Spread of the white share of a cue ball: its dots, its shade and the cloth's light on it.
const WHITE_SPREAD: f32 = 0.06;

/// Spread of the measured radius of a cue ball, as a ratio of the radius: its edge is white against the cloth. The end
/// of a stripe is white too, but its band lies around it, and where that resembles the cloth the disc is the cap alone.
const RADIUS_SPREAD: f32 = 0.04;

/// Minimum log-likelihood of a colour for a kind of ball.
const FARTHEST: f32 = -12.0;

/// Log-likelihoods of seeing no colour: for a stripe, which may be seen from its end, and for any other coloured ball.
const COLOURLESS: (f32, f32) = (-5.0, -9.0);

/// Minimum log-likelihood of white on a ball without any: light falls on it too.
const GLARE: f32 = -2.0;

/// Bonus of the current label, log-likelihood.
const HELD: f32 = 1.0;

impl From<Appearance> for Evidence {
    fn from(appearance: Appearance) -> Self {
        let mut evidence = Self::default();
        evidence.add(appearance);
        evidence
    }
}

impl Evidence {
    /// Adds a sighting.
    pub fn add(&mut self, appearance: Appearance) {
        if self.is_contrary(&appearance) {
            self.doubt();
        }
        let odds = stripe_odds(&appearance).clamp(-SURE, SURE);
        self.sightings = (self.sightings + 1.0).min(MEMORY);
        let rate = 1.0 / self.sightings.max(1.0);
        self.white += rate * (appearance.white - self.white);
        self.shortfall += rate * (appearance.shortfall - self.shortfall);
        if self.sightings > 1.0 && (odds - self.view).abs() > NEW_VIEW {
            self.past = KEPT * (self.past + self.view);
            self.view = odds;
        } else {
            self.view += rate * (odds - self.view);
        }
        let seen = appearance.colour.map(cone_of);
        self.coloured += rate * (f32::from(u8::from(seen.is_some())) - self.coloured);
        if let Some(seen) = seen {
            let rate = rate / self.coloured.max(rate);
            self.colour = std::array::from_fn(|c| self.colour[c] + rate * (seen[c] - self.colour[c]));
        }
    }

    /// Returns whether a sighting more likely shows another ball: the track has slipped, or something lies over the
    /// ball.
    fn is_contrary(&self, appearance: &Appearance) -> bool {
        let far =
            |(a, b): ([f32; 3], [f32; 3])| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>() > FAR.powi(2);
        let whiter = (appearance.white - self.white).abs() > MUCH_WHITE;
        self.sightings > 0.0 && (whiter || self.colour().zip(appearance.colour.map(cone_of)).is_some_and(far))
    }

    /// Reduces the weight of the earlier sightings.
    fn doubt(&mut self) {
        self.sightings *= DOUBTED;
        self.past *= DOUBTED;
    }

    /// Sets the current label of the ball.
    pub fn hold(&mut self, label: BallLabel) {
        self.held = Some(label).filter(|label| *label != BallLabel::Unknown);
    }

    /// Returns the ball's colour in the colour cone; `None` until one was seen.
    pub(crate) fn colour(&self) -> Option<[f32; 3]> {
        (self.coloured > GLIMPSES).then_some(self.colour)
    }

    /// Returns the log-odds that it is a stripe rather than a solid.
    pub(super) fn stripe(&self) -> f32 {
        (self.past + self.view).clamp(-SURE, SURE)
    }

    /// Returns the log-likelihood of the sightings if it is a ball of this kind; 0 for a perfect match.
    pub(crate) fn log_likelihood(&self, kind: &Kind) -> f32 {
        let held = if self.held == Some(kind.label) { HELD } else { 0.0 };
        let colour = || match self.colour() {
            None if kind.marking == Marking::Band => COLOURLESS.0,
            None => COLOURLESS.1,
            Some(seen) => kind.colours.iter().map(|tone| tone.log_likelihood(seen)).fold(FARTHEST, f32::max),
        };
        held + match kind.marking {
            Marking::White => {
                let misses = [(1.0 - self.white) / WHITE_SPREAD, self.shortfall / RADIUS_SPREAD];
                (-0.5 * misses.iter().map(|miss| miss * miss).sum::<f32>()).max(FARTHEST)
            }
            Marking::Plain => colour() + log_chance(-self.stripe()).max(GLARE),
            Marking::Spot => colour() + log_chance(-self.stripe()),
            Marking::Band => colour() + log_chance(self.stripe()),
        }
    }
}

/// Returns the log-odds that a ball is a stripe, by its pattern and its share of white; fitted to balls of six tables.
fn stripe_odds(appearance: &Appearance) -> f32 {
    26.0 * (appearance.solid_error - appearance.stripe_error) + 6.5 * (appearance.white - 0.37)
}

/// Returns the logarithm of the probability with these log-odds.
fn log_chance(odds: f32) -> f32 {
    -(-odds).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appearance(white: f32, lean: f32) -> Appearance {
        Appearance {
            white,
            colour: Some([350.0, 0.7, 0.85]),
            solid_error: 0.1 + lean,
            stripe_error: 0.1,
            ..Appearance::default()
        }
    }

    /// Returns an appearance that stays ambiguous: a stripe that shows its band alone resembles a solid.
    fn doubtful() -> Appearance {
        appearance(0.3, 0.0)
    }

    #[test]
    fn a_ball_at_rest_says_nothing_new() {
        let once = Evidence::from(doubtful()).stripe();
        let mut evidence = Evidence::default();
        (0..200).for_each(|_| evidence.add(doubtful()));
        assert!((evidence.stripe() - once).abs() < 1e-3);
    }

    #[test]
    fn a_rolling_ball_shows_its_stripe() {
        let mut evidence = Evidence::from(doubtful());
        [appearance(0.5, 0.15), appearance(0.3, 0.02), appearance(0.6, 0.2), doubtful()]
            .into_iter()
            .for_each(|appearance| evidence.add(appearance));
        (0..50).for_each(|_| evidence.add(doubtful()));
        assert!(Evidence::from(doubtful()).stripe() < 0.0 && evidence.stripe() > 1.0, "{}", evidence.stripe());
    }

    #[test]
    fn a_mistake_can_be_made_good() {
        let mut evidence = Evidence::default();
        (0..500).for_each(|i| evidence.add(if i % 2 == 0 { appearance(0.6, 0.3) } else { appearance(0.5, 0.1) }));
        (0..100).for_each(|i| evidence.add(if i % 2 == 0 { appearance(0.05, -0.1) } else { appearance(0.1, -0.03) }));
        assert!(evidence.stripe() < -1.0, "{}", evidence.stripe());
    }

    #[test]
    fn a_track_that_slipped_to_another_ball_is_soon_right_again() {
        let mut evidence = Evidence::default();
        (0..300).for_each(|_| evidence.add(doubtful()));
        let blue =
            Appearance { white: 0.05, colour: Some([220.0, 0.8, 0.7]), stripe_error: 0.14, ..Appearance::default() };
        evidence.add(blue);
        let near = |evidence: &Evidence, [a, b, v]: [f32; 3]| {
            evidence.colour().is_some_and(|c| (c[0] - a).abs() + (c[1] - b).abs() + (c[2] - v).abs() < 0.2)
        };
        assert!(near(&evidence, cone_of([350.0, 0.7, 0.85])), "one glimpse moves little: {evidence:?}");
        (0..10).for_each(|_| evidence.add(blue));
        assert!(near(&evidence, cone_of([220.0, 0.8, 0.7])), "{evidence:?}");
        let white = Appearance { white: 1.0, solid_error: 0.6, ..Appearance::default() };
        (0..12).for_each(|_| evidence.add(white));
        assert!(evidence.colour().is_none() && evidence.white > 0.8, "{evidence:?}");
    }

    #[test]
    fn a_glimpse_of_colour_does_not_colour_a_white_ball() {
        let white = Appearance { white: 1.0, solid_error: 0.6, ..Appearance::default() };
        let mut evidence = Evidence::default();
        (0..20).for_each(|i| evidence.add(if i == 3 { appearance(0.8, 0.4) } else { white }));
        assert_eq!(evidence.colour(), None);
    }

    #[test]
    fn evidence_survives_being_stored() {
        let evidence = Evidence::from(doubtful());
        let text = serde_json::to_string(&evidence).expect("JSON");
        assert_eq!(serde_json::from_str::<Evidence>(&text).expect("evidence"), evidence);
    }
}
