//! Identification of the balls: their white parts, the colour of the rest, and one decision for all balls.

mod appearance;
mod colourless;
mod evidence;
mod light;
mod naming;
mod pattern;
mod pixel;

use super::ball_set::{Palette, Recognition};
use billiards_table::{BallLooks, BallSet};

pub use appearance::Appearance;
pub(super) use appearance::appearances;
pub(super) use colourless::without_colour;
pub use evidence::Evidence;
pub use naming::Identity;
use naming::assign;
pub(super) use naming::likelihood;
pub(super) use pixel::cone_of;

/// Identifies the balls of one table in successive pictures and learns its colours.
#[derive(Debug, Clone)]
pub struct BallIdentifier {
    palette: Palette,
    /// Evidence about the set, if none is given.
    recognition: Option<Recognition>,
}

impl BallIdentifier {
    /// Creates an identifier for balls of this set; with `None`, for the built-in set that they turn out to belong to.
    #[must_use]
    pub fn new(set: impl Into<Option<BallSet>>) -> Self {
        let set = set.into();
        let recognition = set.is_none().then(Recognition::default);
        Self { palette: set.unwrap_or_else(BallSet::american).into(), recognition }
    }

    /// Returns the set that the balls belong to, and its colours.
    #[must_use]
    pub fn looks(&self) -> BallLooks {
        self.palette.looks()
    }

    /// Identifies all balls on the table together.
    pub fn identify(&mut self, balls: &[Evidence]) -> Vec<Identity> {
        if let Some(set) = self.recognition.as_mut().and_then(|recognition| recognition.observe(balls)) {
            self.palette = set.into();
        }
        // The clear balls correct this table's colours, which helps with the others at once.
        let clear = assign(balls, &self.palette);
        self.palette.learn(balls.iter().zip(&clear));
        assign(balls, &self.palette)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallLabel, PlainColour};

    fn plain(hsv: [f32; 3]) -> Evidence {
        Appearance { white: 0.02, colour: Some(hsv), stripe_error: 0.14, ..Appearance::default() }.into()
    }

    /// Reds that are brighter than the set's colour show that the darker, browner ball among them is no red.
    #[test]
    fn the_many_teach_what_the_one_is_not() {
        let mut balls = vec![plain([358.0, 0.96, 0.97]); 7];
        balls.push(plain([5.0, 0.80, 0.86]));
        balls.extend([[48.0, 0.85, 1.0], [205.0, 0.84, 0.8], [182.0, 0.9, 0.6]].map(plain));
        let mut identifier = BallIdentifier::new(None);
        let given = identifier.identify(&balls);
        assert_eq!(identifier.looks().set, "snooker");
        assert!(
            given.iter().take(7).all(|identity| identity.label == BallLabel::Colour(PlainColour::Red)),
            "{given:?}"
        );
        assert_eq!(given[7].label, BallLabel::Colour(PlainColour::Brown));
    }

    #[test]
    fn a_given_set_is_kept() {
        let mut identifier = BallIdentifier::new(BallSet::american());
        identifier.identify(&[plain([351.0, 0.8, 0.93]); 12]);
        assert_eq!(identifier.looks().set, "american");
    }
}
