//! Comparison of a sighting with a tracked ball by label and class.

use billiards_table::{BallClass, BallLabel};

/// Agreement of two descriptions of a ball.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The same label, or the same class where a label is missing.
    Same,
    /// One of the two has neither label nor class.
    Open,
    /// Solid against stripe, or two numbers: easily mistaken for each other.
    Doubtful,
    /// Cue ball, 8 or another ball against one another: hardly mistaken for each other.
    Contrary,
}

/// Returns a consistent pair of label and class: a class with a single ball gives its label, a label implies its class.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u8) -> (BallLabel, BallClass) {
        normalise(BallLabel::Number(n), BallClass::Other)
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
