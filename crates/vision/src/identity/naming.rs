//! Joint assignment of labels to all balls, so that no label is given to more balls than have it.

use super::evidence::Evidence;
use crate::ball_set::{Kind, Marking, Palette};
use billiards_table::{BallClass, BallLabel};
use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};

/// Identity of a ball.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Identity {
    /// Number of the ball, or its colour; unknown if another label is about as likely.
    pub label: BallLabel,
    /// Kind of ball.
    pub class: BallClass,
    /// Probability, 0 to 1, that the label is right, or the class if the label is unknown.
    pub confidence: f32,
}

/// Log-likelihood below which a ball more likely belongs to no kind.
const STRANGE: f32 = -7.0;

/// Minimum confidence of a label.
const MIN_CONFIDENCE: f32 = 0.6;

/// Maximum log-odds for a stripe at which a solid's number is still given, and for a solid at which a stripe's is.
const CONTRARY: f32 = 2.0;

/// Resolution of the log-likelihoods, steps per unit: the solver needs exact arithmetic.
const STEPS_PER_UNIT: f32 = 1000.0;

/// Identifies all balls at once, with the greatest total likelihood.
pub(super) fn assign(balls: &[Evidence], palette: &Palette) -> Vec<Identity> {
    if balls.is_empty() {
        return Vec::new();
    }
    let kinds = palette.kinds();
    let table = Table::new(balls, &kinds);
    let chosen = table.solve(&kinds);
    (0..balls.len()).map(|ball| table.identity(ball, &chosen, &kinds, &balls[ball])).collect()
}

/// Returns the log-likelihood of the balls if they were drawn from these kinds, under the best assignment.
#[must_use]
pub(crate) fn likelihood(balls: &[Evidence], kinds: &[Kind]) -> f32 {
    if balls.is_empty() {
        return 0.0;
    }
    let all: usize = kinds.iter().map(|kind| kind.count).sum();
    let share = |kind: &Kind| (kind.count as f32 / all.max(1) as f32).ln();
    let table = Table::new(balls, kinds);
    let chosen = table.solve(kinds);
    table.rows.iter().zip(chosen).map(|(row, kind)| row[kind] + kinds.get(kind).map_or(0.0, share)).sum()
}

/// Log-likelihood of each ball as each kind; one row per ball, and a last column for none.
struct Table {
    rows: Vec<Vec<f32>>,
}

impl Table {
    fn new(balls: &[Evidence], kinds: &[Kind]) -> Self {
        let row = |ball: &Evidence| {
            let likelihoods = kinds.iter().map(|kind| ball.log_likelihood(kind));
            likelihoods.chain(std::iter::once(STRANGE)).collect()
        };
        Self { rows: balls.iter().map(row).collect() }
    }

    /// Returns the kind of each ball under the assignment of greatest total likelihood; the last column is none.
    fn solve(&self, kinds: &[Kind]) -> Vec<usize> {
        let none = kinds.len();
        let balls = self.rows.len();
        let places: Vec<usize> = kinds
            .iter()
            .enumerate()
            .flat_map(|(kind, Kind { count, .. })| std::iter::repeat_n(kind, (*count).min(balls)))
            .chain(std::iter::repeat_n(none, balls))
            .collect();
        let weights = Matrix::from_fn(balls, places.len(), |(ball, place)| {
            (self.rows[ball][places[place]] * STEPS_PER_UNIT).round() as i64
        });
        kuhn_munkres(&weights).1.into_iter().map(|place| places.get(place).copied().unwrap_or(none)).collect()
    }

    /// Returns the minimum loss of log-likelihood if `ball` becomes a kind that `other` allows: by taking a free one,
    /// by exchanging kinds with a ball that has it, or by leaving that ball without a kind.
    fn margin(&self, ball: usize, chosen: &[usize], kinds: &[Kind], other: impl Fn(usize) -> bool) -> f32 {
        let none = kinds.len();
        let own = chosen[ball];
        let taken = |kind: usize| chosen.iter().filter(|k| **k == kind).count();
        let is_free = |kind: usize| kinds.get(kind).is_none_or(|k| taken(kind) < k.count);
        let gain = |row: usize, to: usize| self.rows[row][to] - self.rows[row][chosen[row]];
        let best = (0..=none)
            .filter(|kind| *kind != own && other(*kind) && (label_of(kinds, *kind) != BallLabel::Cue || is_free(*kind)))
            .map(|kind| {
                let driven_out = if is_free(kind) {
                    0.0
                } else {
                    let holders = (0..chosen.len()).filter(|holder| chosen[*holder] == kind);
                    holders.map(|holder| gain(holder, own).max(gain(holder, none))).fold(f32::MIN, f32::max)
                };
                gain(ball, kind) + driven_out
            })
            .fold(f32::MIN, f32::max);
        -best
    }

    fn identity(&self, ball: usize, chosen: &[usize], kinds: &[Kind], evidence: &Evidence) -> Identity {
        let label = |kind: usize| label_of(kinds, kind);
        let odds = evidence.stripe();
        // The others may leave a ball only a number of the wrong sort: then its own was given to another.
        let own = match label(chosen[ball]) {
            number if number.class() == Some(BallClass::Solid) && odds > CONTRARY => BallLabel::Unknown,
            number if number.class() == Some(BallClass::Stripe) && odds < -CONTRARY => BallLabel::Unknown,
            label => label,
        };
        let confidence = chance(self.margin(ball, chosen, kinds, |_| true));
        // Of two white balls one is the cue ball, whatever the other is, and there is no play without it.
        if let Some(class) = own.class().filter(|_| confidence >= MIN_CONFIDENCE || own == BallLabel::Cue) {
            return Identity { label: own, class, confidence };
        }
        // Without a known number a ball is still a solid or a stripe, if the set has such.
        let numbered = kinds.iter().any(|kind| kind.marking == Marking::Band);
        let class = match own.class() {
            Some(class) => class,
            None if !numbered => BallClass::Other,
            None if odds > 0.0 => BallClass::Stripe,
            None => BallClass::Solid,
        };
        let confidence = match own.class() {
            Some(_) => chance(self.margin(ball, chosen, kinds, |kind| label(kind).class() != Some(class))),
            None => chance(odds.abs()),
        };
        let class = if confidence >= MIN_CONFIDENCE { class } else { BallClass::Other };
        let named = match class {
            BallClass::Eight => BallLabel::Number(8),
            _ => BallLabel::Unknown,
        };
        Identity { label: named, class, confidence }
    }
}

/// Returns the label of a kind; unknown for none.
fn label_of(kinds: &[Kind], kind: usize) -> BallLabel {
    kinds.get(kind).map_or(BallLabel::Unknown, |kind| kind.label)
}

/// Returns the probability of the likelier of two alternatives with these log-odds.
fn chance(margin: f32) -> f32 {
    1.0 / (1.0 + (-margin).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Appearance;
    use billiards_table::{BallSet, PlainColour};

    fn solid(hsv: [f32; 3]) -> Evidence {
        Appearance { white: 0.05, colour: Some(hsv), stripe_error: 0.14, ..Appearance::default() }.into()
    }

    fn stripe(hsv: [f32; 3]) -> Evidence {
        Appearance { white: 0.4, colour: Some(hsv), solid_error: 0.2, ..Appearance::default() }.into()
    }

    fn white() -> Evidence {
        Appearance { white: 1.0, solid_error: 0.6, ..Appearance::default() }.into()
    }

    fn named(balls: &[Evidence], set: &str) -> Vec<Identity> {
        assign(balls, &BallSet::named(set).expect("built in").into())
    }

    fn labels(balls: &[Evidence], set: &str) -> Vec<BallLabel> {
        named(balls, set).into_iter().map(|identity| identity.label).collect()
    }

    const YELLOW: [f32; 3] = [45.0, 0.7, 0.98];
    const RED: [f32; 3] = [350.0, 0.72, 0.87];
    const DARK: [f32; 3] = [200.0, 0.5, 0.15];

    #[test]
    fn every_ball_of_a_numbered_set_is_itself() {
        for name in ["american", "tv", "tv-black"] {
            let set = BallSet::named(name).expect("built in");
            let mut balls = vec![white(), solid(DARK)];
            let mut wanted = vec![BallLabel::Cue, BallLabel::Number(8)];
            for colour in &set.colours {
                for (number, ball) in colour.numbers.into_iter().flatten().zip([solid(colour.hsv), stripe(colour.hsv)])
                {
                    if !wanted.contains(&BallLabel::Number(number)) {
                        balls.push(ball);
                        wanted.push(BallLabel::Number(number));
                    }
                }
            }
            assert_eq!(labels(&balls, name), wanted);
        }
    }

    #[test]
    fn of_two_yellows_the_whiter_is_the_nine() {
        let faint = Appearance {
            white: 0.27,
            colour: Some(YELLOW),
            solid_error: 0.1,
            stripe_error: 0.09,
            ..Appearance::default()
        };
        assert_eq!(labels(&[faint.into(), solid(YELLOW)], "american"), [BallLabel::Number(9), BallLabel::Number(1)]);
    }

    #[test]
    fn reds_are_as_many_as_there_are() {
        let mut balls = vec![solid([352.0, 0.84, 0.95]); 15];
        balls.push(white());
        let given = labels(&balls, "snooker");
        assert!(given.iter().take(15).all(|label| *label == BallLabel::Colour(PlainColour::Red)), "{given:?}");
        assert_eq!(given.last(), Some(&BallLabel::Cue));
    }

    #[test]
    fn of_many_alike_none_gets_a_number() {
        let given = named(&[solid(RED); 6], "american");
        assert!(given.iter().all(|identity| identity.label == BallLabel::Unknown), "{given:?}");
    }

    #[test]
    fn a_strange_colour_is_still_a_stripe() {
        let given = named(&[stripe([110.0, 0.9, 0.9]), solid([110.0, 0.9, 0.9])], "american");
        assert_eq!(given.iter().map(|i| i.label).collect::<Vec<_>>(), [BallLabel::Unknown; 2]);
        assert_eq!(given.iter().map(|i| i.class).collect::<Vec<_>>(), [BallClass::Stripe, BallClass::Solid]);
    }

    #[test]
    fn no_number_goes_against_what_is_seen() {
        let given = named(&[solid(RED), solid([350.0, 0.7, 0.84])], "american");
        assert!(given.iter().all(|identity| identity.class == BallClass::Solid), "{given:?}");
    }

    #[test]
    fn of_two_white_balls_one_is_the_cue_ball() {
        let end_on = Appearance { white: 0.97, solid_error: 0.5, ..Appearance::default() };
        let given = named(&[end_on.into(), white()], "american");
        assert_eq!(given[1].label, BallLabel::Cue);
        assert_eq!((given[0].label, given[0].class), (BallLabel::Unknown, BallClass::Stripe));
    }

    /// A stripe's coloured rim is taken for cloth: the disc is the cap alone, whiter than a cue ball with dots.
    #[test]
    fn the_white_cap_of_a_stripe_is_no_cue_ball() {
        let cap = Appearance { white: 1.0, solid_error: 0.6, shortfall: 0.12, ..Appearance::default() };
        let dotted = Appearance { white: 0.93, solid_error: 0.55, shortfall: 0.02, ..Appearance::default() };
        let given = named(&[cap.into(), dotted.into()], "american");
        assert_eq!(given[1].label, BallLabel::Cue);
        assert_eq!(given[0].class, BallClass::Stripe);
    }

    #[test]
    fn what_is_held_is_kept_in_doubt() {
        let between = [2.0, 0.62, 0.73];
        let held = |number: u8| {
            let mut ball = solid(between);
            ball.hold(BallLabel::Number(number));
            labels(&[ball], "american")[0]
        };
        assert_ne!(held(3), BallLabel::Number(7));
        assert_ne!(held(7), BallLabel::Number(3));
    }

    #[test]
    fn no_balls_no_names() {
        assert!(named(&[], "american").is_empty());
        assert_eq!(labels(&[Evidence::default()], "american").len(), 1);
        let bare = BallSet { name: "bare".to_owned(), colours: Vec::new() };
        assert_eq!(assign(&[white(), solid(RED)], &bare.into())[0].label, BallLabel::Cue);
    }
}
