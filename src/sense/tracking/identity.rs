//! Who a tracked ball is: evidence gathered over time, and one decision for all balls, so that no label is held twice.

use super::assign::assign;
use crate::model::{BallClass, BallLabel};

/// What is left of the older evidence when a sighting names the ball.
const KEPT_ON_A_NAME: f64 = 0.95;

/// The same when a sighting names nobody: it says little, so little is forgotten.
const KEPT_ON_NO_NAME: f64 = 0.995;

/// Evidence that a label needs before it is given.
const ENOUGH: f64 = 0.8;

/// Share of a ball's evidence that a label needs before it is given.
const ENOUGH_SHARE: f64 = 0.3;

/// Evidence for the label or class that a ball holds already counts this many times over, so that names do not flicker.
const HELD_FACTOR: f64 = 1.3;

/// And it counts this much more, however little it is.
const HELD_BONUS: f64 = 1.0;

/// Labels: the cue ball and 1 to 15.
const LABELS: usize = 16;

/// What may be said of a ball whose label is not known.
const PLAIN_CLASSES: [BallClass; 3] = [BallClass::Solid, BallClass::Stripe, BallClass::Other];

/// How well two descriptions of a ball go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same name, or the same class where a name is missing.
    Same,
    /// One of the two says nothing.
    Open,
    /// Solid against stripe, or two numbers: easily mistaken.
    Doubtful,
    /// Cue ball, 8 or another ball against one another: hardly mistaken.
    Contrary,
}

/// A label and a class that mean one thing: a class with a single ball names it, a name implies its class.
#[must_use]
pub fn normalise(label: BallLabel, class: BallClass) -> (BallLabel, BallClass) {
    match (label, class) {
        (BallLabel::Unknown, BallClass::Cue) => (BallLabel::Cue, BallClass::Cue),
        (BallLabel::Unknown, BallClass::Eight) => (BallLabel::Number(8), BallClass::Eight),
        (label, class) => (label, label.class().unwrap_or(class)),
    }
}

/// Compares two normalised descriptions.
#[must_use]
pub fn likeness(a: (BallLabel, BallClass), b: (BallLabel, BallClass)) -> Likeness {
    let numbered = |class| matches!(class, BallClass::Solid | BallClass::Stripe);
    match (a, b) {
        ((_, BallClass::Other), _) | (_, (_, BallClass::Other)) => Likeness::Open,
        ((x, _), (y, _)) if x == y && x != BallLabel::Unknown => Likeness::Same,
        ((x, p), (y, q)) if p == q && (x == BallLabel::Unknown || y == BallLabel::Unknown) => Likeness::Same,
        ((_, p), (_, q)) if numbered(p) && numbered(q) => Likeness::Doubtful,
        _ => Likeness::Contrary,
    }
}

/// What the sightings of one ball have said about it, the older the fainter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    labels: [f64; LABELS],
    /// Solid, stripe, other.
    classes: [f64; PLAIN_CLASSES.len()],
}

impl Evidence {
    /// Takes a sighting in.
    pub fn observe(&mut self, label: BallLabel, class: BallClass, confidence: f32) {
        let weight = f64::from(if confidence.is_finite() { confidence.clamp(0.05, 1.0) } else { 0.05 });
        let (label, class) = normalise(label, class);
        let kept = if index(label).is_some() { KEPT_ON_A_NAME } else { KEPT_ON_NO_NAME };
        self.labels.iter_mut().for_each(|evidence| *evidence *= kept);
        if let Some(evidence) = index(label).and_then(|i| self.labels.get_mut(i)) {
            *evidence += weight;
        }
        let kept = if class == BallClass::Other { KEPT_ON_NO_NAME } else { KEPT_ON_A_NAME };
        self.classes.iter_mut().for_each(|evidence| *evidence *= kept);
        for (evidence, plain) in self.classes.iter_mut().zip(PLAIN_CLASSES) {
            *evidence += if plain == class { weight } else { 0.0 };
        }
    }

    /// How much speaks for `label` when `held` is the label of the ball now; `None` if too little does.
    fn score(&self, label: BallLabel, held: BallLabel) -> Option<f64> {
        let evidence = index(label).and_then(|i| self.labels.get(i)).copied()?;
        let all: f64 = self.labels.iter().sum();
        // A label that is held may fade to nearly nothing while sightings are silent, but not be talked down.
        let enough = if label == held { 0.05 } else { ENOUGH };
        if evidence < enough || evidence < ENOUGH_SHARE * all {
            return None;
        }
        Some(if label == held { evidence * HELD_FACTOR + HELD_BONUS } else { evidence })
    }

    /// Class of a ball without a label that had class `held`.
    fn plain_class(&self, held: BallClass) -> BallClass {
        let score = |class: BallClass, evidence: f64| {
            if class == held { evidence * HELD_FACTOR + HELD_BONUS } else { evidence }
        };
        // A sighting that does not know the class speaks for none; "other" is what is left.
        let known = self.classes.iter().zip(PLAIN_CLASSES).filter(|(_, class)| *class != BallClass::Other);
        known
            .map(|(evidence, class)| (score(class, *evidence), class))
            .filter(|(score, _)| *score >= ENOUGH)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(BallClass::Other, |(_, class)| class)
    }
}

/// Names all balls at once: each label goes to at most one ball, and so that the most evidence is heeded. A ball that
/// gets none has the class that its sightings speak for, never one that belongs to a single ball.
#[must_use]
pub fn name_all<'a>(
    balls: impl IntoIterator<Item = (&'a Evidence, (BallLabel, BallClass))>,
) -> Vec<(BallLabel, BallClass)> {
    let balls: Vec<_> = balls.into_iter().collect();
    let chosen = assign(balls.len(), LABELS, 0.0, |ball, i| {
        let (evidence, (held, _)) = balls.get(ball)?;
        evidence.score(label(i), *held).map(|score| -score)
    });
    chosen
        .into_iter()
        .zip(&balls)
        .map(|(chosen, (evidence, (_, held)))| match chosen.map(label) {
            Some(name) => normalise(name, BallClass::Other),
            None => (BallLabel::Unknown, evidence.plain_class(*held)),
        })
        .collect()
}

fn index(label: BallLabel) -> Option<usize> {
    match label {
        BallLabel::Cue => Some(0),
        BallLabel::Number(n @ 1..=15) => Some(usize::from(n)),
        BallLabel::Number(_) | BallLabel::Unknown => None,
    }
}

fn label(index: usize) -> BallLabel {
    match u8::try_from(index) {
        Ok(0) => BallLabel::Cue,
        Ok(n) => BallLabel::Number(n),
        Err(_) => BallLabel::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: (BallLabel, BallClass) = (BallLabel::Unknown, BallClass::Other);

    fn seen(sightings: &[(BallLabel, BallClass, usize)]) -> Evidence {
        let mut evidence = Evidence::default();
        for (label, class, times) in sightings {
            (0..*times).for_each(|_| evidence.observe(*label, *class, 1.0));
        }
        evidence
    }

    fn number(n: u8) -> (BallLabel, BallClass) {
        normalise(BallLabel::Number(n), BallClass::Other)
    }

    #[test]
    fn the_stronger_claim_gets_the_label() {
        let strong = seen(&[(BallLabel::Cue, BallClass::Cue, 20)]);
        let weak = seen(&[(BallLabel::Cue, BallClass::Cue, 3), (BallLabel::Unknown, BallClass::Stripe, 2)]);
        let names = name_all([(&weak, NOBODY), (&strong, NOBODY)]);
        assert_eq!(names, [(BallLabel::Unknown, BallClass::Stripe), (BallLabel::Cue, BallClass::Cue)]);
    }

    #[test]
    fn a_class_with_one_ball_names_it() {
        let eight = seen(&[(BallLabel::Unknown, BallClass::Eight, 2)]);
        assert_eq!(name_all([(&eight, NOBODY)]), [number(8)]);
    }

    #[test]
    fn a_flicker_does_not_rename() {
        let mut evidence = seen(&[(BallLabel::Number(1), BallClass::Solid, 10)]);
        for _ in 0..4 {
            evidence.observe(BallLabel::Number(9), BallClass::Stripe, 1.0);
            assert_eq!(name_all([(&evidence, number(1))]), [number(1)]);
        }
        // But who is called 9 for long is the 9.
        (0..20).for_each(|_| evidence.observe(BallLabel::Number(9), BallClass::Stripe, 1.0));
        assert_eq!(name_all([(&evidence, number(1))]), [number(9)]);
    }

    #[test]
    fn silence_does_not_unname() {
        let mut evidence = seen(&[(BallLabel::Number(5), BallClass::Solid, 10)]);
        (0..500).for_each(|_| evidence.observe(BallLabel::Unknown, BallClass::Other, 0.9));
        assert_eq!(name_all([(&evidence, number(5))]), [number(5)]);
    }

    #[test]
    fn likeness_goes_by_name_then_by_class() {
        let plain = |class| (BallLabel::Unknown, class);
        assert_eq!(likeness(number(3), number(3)), Likeness::Same);
        assert_eq!(likeness(number(3), plain(BallClass::Solid)), Likeness::Same);
        assert_eq!(likeness(number(3), number(4)), Likeness::Doubtful);
        assert_eq!(likeness(number(3), plain(BallClass::Stripe)), Likeness::Doubtful);
        assert_eq!(likeness(number(3), plain(BallClass::Other)), Likeness::Open);
        assert_eq!(likeness(number(3), number(8)), Likeness::Contrary);
        assert_eq!(likeness((BallLabel::Cue, BallClass::Cue), plain(BallClass::Solid)), Likeness::Contrary);
    }
}
