//! Recognition of the set that the balls on a table belong to.

use super::{Kind, Palette};
use crate::identity::{Evidence, likelihood};
use billiards_table::BallSet;

/// Scores of the built-in sets: the likelihood of the balls seen so far under each.
#[derive(Debug, Clone)]
pub(crate) struct Recognition {
    /// Sets with their balls and scores; a score is the mean logarithm of the likelihood over the last pictures.
    sets: Vec<(BallSet, Vec<Kind>, f32)>,
    /// Index of the set assumed now.
    current: usize,
    /// `true` until the first observation.
    fresh: bool,
}

/// Minimum advantage of a set whose balls have numbers as those of the assumed set do, or have none as they do, in
/// natural logarithms: American and television sets share most colours.
const OTHER_COLOURS: f32 = 3.0;

/// Minimum advantage of a set that differs from the assumed one in whether its balls have numbers, in natural
/// logarithms: solids that do not show their spot resemble balls without numbers, and only many of one colour are
/// clear.
const OTHER_GAME: f32 = 8.0;

/// Minimum number of coloured balls for a decision: two or three could belong to any set.
const MIN_COLOURED_BALLS: usize = 4;

/// Weight of one picture in the score.
const RATE: f32 = 0.1;

impl Default for Recognition {
    fn default() -> Self {
        // Sets with too few balls for a decision, the cue ball not counted, can only be named.
        let decidable = BallSet::shipped().filter(|set| set.balls().len() > MIN_COLOURED_BALLS);
        let sets: Vec<_> = decidable.map(|set| (set.clone(), Palette::from(set).kinds(), 0.0)).collect();
        let assumed = BallSet::american().name;
        let current = sets.iter().position(|(set, ..)| set.name == assumed).unwrap_or(0);
        Self { sets, current, fresh: true }
    }
}

impl Recognition {
    /// Adds the balls that are seen together; returns the new set if they turn out to belong to another than before.
    pub fn observe(&mut self, balls: &[Evidence]) -> Option<BallSet> {
        if balls.iter().filter(|ball| ball.colour().is_some()).count() < MIN_COLOURED_BALLS {
            return None;
        }
        let rate = if self.fresh { 1.0 } else { RATE };
        self.fresh = false;
        for (_, kinds, score) in &mut self.sets {
            *score += rate * (likelihood(balls, kinds) - *score);
        }
        let (assumed, _, score) = self.sets.get(self.current)?;
        let over = |set: &BallSet| if set.is_numbered() == assumed.is_numbered() { OTHER_COLOURS } else { OTHER_GAME };
        let better =
            self.sets.iter().enumerate().filter(|(i, other)| *i != self.current && other.2 > score + over(&other.0));
        // Sets that share the colours seen so far have equal scores: their order must not decide.
        let likelier = better.max_by(|(_, a), (_, b)| a.2.total_cmp(&b.2).then_with(|| b.0.name.cmp(&a.0.name)));
        let (best, (set, ..)) = likelier?;
        let set = set.clone();
        self.current = best;
        Some(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Appearance;

    fn plain(hsv: [f32; 3]) -> Evidence {
        Appearance { white: 0.02, colour: Some(hsv), stripe_error: 0.14, ..Appearance::default() }.into()
    }

    fn recognised(balls: &[Evidence]) -> Option<String> {
        Recognition::default().observe(balls).map(|set| set.name)
    }

    const RED: [f32; 3] = [351.0, 0.8, 0.93];
    const YELLOW: [f32; 3] = [47.0, 0.75, 0.98];
    const TV_PINK: [f32; 3] = [331.0, 0.47, 0.94];
    const BLUE: [f32; 3] = [220.0, 0.78, 0.73];
    const GREEN: [f32; 3] = [175.0, 0.76, 0.45];
    const ORANGE: [f32; 3] = [14.0, 0.7, 0.96];
    const PURPLE: [f32; 3] = [275.0, 0.5, 0.65];
    const LIME: [f32; 3] = [87.0, 0.65, 0.8];

    #[test]
    fn many_of_one_colour_are_another_game() {
        let reds = [plain(RED); 9];
        assert_eq!(recognised(&[&reds[..], &[BLUE, GREEN, YELLOW].map(plain)].concat()).as_deref(), Some("snooker"));
        let mixed = [[plain(RED); 6], [plain(YELLOW); 6]].concat();
        assert_eq!(recognised(&mixed).as_deref(), Some("english"));
    }

    #[test]
    fn a_pink_four_is_television_s() {
        let balls = [TV_PINK, RED, BLUE, GREEN, ORANGE, YELLOW].map(plain);
        assert_eq!(recognised(&balls).as_deref(), Some("tv"));
    }

    #[test]
    fn purple_and_lime_are_the_newer_television_set_s() {
        let balls = [TV_PINK, PURPLE, LIME, RED, BLUE, YELLOW].map(plain);
        assert_eq!(recognised(&balls).as_deref(), Some("tv-black"));
    }

    #[test]
    fn what_all_sets_have_tells_nothing() {
        assert_eq!(recognised(&[BLUE, GREEN, YELLOW, ORANGE, RED].map(plain)), None);
        assert_eq!(recognised(&[plain(RED); 3]), None);
        assert_eq!(recognised(&[]), None);
    }

    #[test]
    fn a_set_is_kept_until_another_is_clearly_likelier() {
        let mut recognition = Recognition::default();
        let reds = [plain(RED); 12];
        assert!(recognition.observe(&reds).is_some());
        assert_eq!(recognition.observe(&reds), None);
        // A few frames of what might be another set do not matter.
        assert_eq!(recognition.observe(&[BLUE, GREEN, YELLOW, ORANGE].map(plain)), None);
    }
}
