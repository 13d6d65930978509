//! Recognition of the table from a picture: which of the shipped ones explains what was measured.

use super::table_kind::TableKind;

/// Standard deviation of the logarithm of the measured ratio of ball to bed: radii are off by a few hundredths, and noses
/// are nearer to the camera than balls.
const SHARE_ERROR: f64 = 0.04;
/// Standard deviation of the logarithm of the measured aspect ratio: lenses distort, and from the side the shape is known
/// less well.
const ASPECT_ERROR: f64 = 0.07;
/// Relative likelihood of a table whose balls or pockets are not those that were seen.
const MISMATCH: f64 = 0.02;
/// Likelihood of what was measured for a table of another kind (a toy, or one of unusual size): that of a shipped table
/// 2.5 standard deviations away.
const OTHER: f64 = 0.044;
/// Ball set that is assumed until the balls show another one.
const USUAL_SET: &str = "american";
/// Relative frequency of tables that are not for the assumed set.
const UNUSUAL: f64 = 0.1;
/// Minimum probability of a table that is recognised.
const SURE: f64 = 0.6;

/// Evidence of the kind of a table in a picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableEvidence {
    /// Radius of an object ball over the distance of the nose lines along the table.
    pub radius_share: f64,
    /// Length of the bed over its width.
    pub aspect: f64,
    /// `true` if the table has pockets; `None` if that is not known.
    pub pockets: Option<bool>,
    /// Names of the ball sets to which the balls on the table may belong; empty if that is not known.
    pub ball_sets: Vec<String>,
}

/// A table with the probability that it is the one in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableLikelihood {
    /// The table.
    pub kind: TableKind,
    /// Probability, 0 to 1; those of all tables and of an unknown one add up to 1.
    pub probability: f64,
}

impl TableEvidence {
    /// Returns all shipped tables, the likeliest first.
    #[must_use]
    pub fn ranking(&self) -> Vec<TableLikelihood> {
        let weights: Vec<(TableKind, f64)> = TableKind::all().map(|kind| (kind, self.weight(kind))).collect();
        let total: f64 = OTHER + weights.iter().map(|(_, weight)| weight).sum::<f64>();
        let mut ranking: Vec<_> =
            weights.into_iter().map(|(kind, weight)| TableLikelihood { kind, probability: weight / total }).collect();
        ranking.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        ranking
    }

    /// Returns the table that was recognised; `None` if no table fits, or if two fit almost equally well.
    #[must_use]
    pub fn recognised(&self) -> Option<TableKind> {
        let ranking = self.ranking();
        let best = ranking.first()?;
        // Tables that differ only in their pockets, jaws or cue balls look alike: the commonest stands for them.
        let alike = ranking.iter().filter(|other| look_alike(best.kind, other.kind));
        (alike.map(|other| other.probability).sum::<f64>() >= SURE).then_some(best.kind)
    }

    /// Returns the likelihood of a table, times its frequency.
    fn weight(&self, kind: TableKind) -> f64 {
        let spec = kind.spec();
        let share = (self.radius_share * spec.length / spec.ball_radius).ln() / SHARE_ERROR;
        let aspect = (self.aspect * spec.width / spec.length).ln() / ASPECT_ERROR;
        let fit = (-0.5 * (share * share + aspect * aspect)).exp();
        let matches = |condition: bool| if condition { 1.0 } else { MISMATCH };
        let pockets = self.pockets.is_none_or(|pockets| pockets == spec.pockets.is_some());
        let balls = self.ball_sets.is_empty() || kind.ball_sets().iter().any(|set| self.ball_sets.contains(set));
        // Nothing is assumed of the balls on a table without pockets: those of carom are too few to be recognised.
        let for_usual = kind.ball_sets().iter().any(|set| set == USUAL_SET);
        let assumes = self.ball_sets.is_empty() && self.pockets != Some(false);
        let assumed = if assumes && !for_usual { UNUSUAL } else { 1.0 };
        let weight = fit * matches(pockets) * matches(balls) * assumed * kind.frequency();
        if weight.is_finite() { weight } else { 0.0 }
    }
}

/// Returns whether two tables have the same bed and object balls.
fn look_alike(one: TableKind, other: TableKind) -> bool {
    let size = |kind: TableKind| {
        let spec = kind.spec();
        (spec.length, spec.width, spec.ball_radius, spec.pockets.is_some())
    };
    size(one) == size(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn evidence(kind: TableKind) -> TableEvidence {
        let spec = kind.spec();
        TableEvidence {
            radius_share: spec.ball_radius / spec.length,
            aspect: spec.length / spec.width,
            pockets: Some(spec.pockets.is_some()),
            ball_sets: kind.ball_sets().to_vec(),
        }
    }

    #[test]
    fn ball_size_indicates_an_american_table() {
        for kind in TableKind::AMERICAN {
            for error in [0.98, 1.0, 1.02] {
                let seen = evidence(kind);
                let seen = TableEvidence { radius_share: error * seen.radius_share, pockets: None, ..seen };
                assert_eq!(seen.recognised(), Some(kind), "{:?}", &seen.ranking()[..3]);
            }
            assert_eq!(TableEvidence { aspect: 1.4, ..evidence(kind) }.recognised(), None);
        }
        for radius_share in [0.0, -1.0, f64::NAN, f64::INFINITY, 0.0095, 1.0] {
            let seen = TableEvidence { radius_share, ..evidence(TableKind::NINE_FOOT) };
            assert_eq!(seen.recognised(), None, "{radius_share}: {:?}", &seen.ranking()[..3]);
        }
    }

    /// A table with the same bed and balls as another one can only be named second.
    #[test]
    fn every_table_is_among_the_two_likeliest() {
        for kind in TableKind::all() {
            let ranking = evidence(kind).ranking();
            assert!(ranking[..2].iter().any(|likely| likely.kind == kind), "{kind}: {:?}", &ranking[..3]);
        }
    }

    proptest! {
        #[test]
        fn probabilities_add_up_to_at_most_one(radius_share in prop::num::f64::ANY, aspect in prop::num::f64::ANY) {
            let seen = TableEvidence { radius_share, aspect, ..TableEvidence::default() };
            let total: f64 = seen.ranking().iter().map(|likely| likely.probability).sum();
            prop_assert!((0.0..1.0 + 1e-9).contains(&total), "{total}");
        }
    }
}
