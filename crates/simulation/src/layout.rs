//! Positions of the balls, apart from the set-ups of games.

use billiards_table::{BallLabel, BallSet, TablePoint, TableSpec};
use rand::Rng;

/// Balls and their places, the cue ball first.
pub(super) type Layout = Vec<(BallLabel, TablePoint)>;

/// Spreads the balls of a table over its bed, clear of the cushions and of each other. Balls for which there is no room
/// are left out.
pub(super) fn spread(spec: &TableSpec, rng: &mut impl Rng) -> Layout {
    /// Number of random places tried for each ball; the one with most clearance is taken.
    const CHOICE: usize = 5;
    /// Maximum number of such choices for a ball.
    const MAX_CHOICES: usize = 2000;
    let radius = largest_radius(spec);
    let margin = 2.4 * radius;
    let mut layout = Layout::new();
    for label in BallSet::of_table(spec).balls() {
        let mut wanted = 4.0 * radius;
        let place = (0..MAX_CHOICES).find_map(|_| {
            let mut best = (f64::MIN, TablePoint::zero());
            for _ in 0..CHOICE {
                let x = rng.random_range(margin..spec.width - margin);
                let y = rng.random_range(margin..spec.length - margin);
                let here = TablePoint::new(x, y);
                let room = clearance(here, layout.iter().map(|(_, p)| *p));
                if room > best.0 {
                    best = (room, here);
                }
            }
            let found = (best.0 >= wanted).then_some(best.1);
            // Lower the demanded clearance on a crowded table, but never so far that balls touch.
            wanted = (0.98 * wanted).max(2.2 * radius);
            found
        });
        layout.extend(place.map(|place| (label, place)));
    }
    layout
}

/// Places the cue ball alone, near one end.
pub(super) fn cue_ball_only(spec: &TableSpec) -> Layout {
    vec![(BallLabel::Cue, TablePoint::new(0.4 * spec.width, 0.09 * spec.length))]
}

/// Finds the place where a pocketed cue ball is put back: on the head string or the baulk line, as near its middle as
/// the other balls allow.
pub(super) fn spot(spec: &TableSpec, others: &[TablePoint]) -> TablePoint {
    let radius = largest_radius(spec);
    let step = 0.5 * radius;
    let line = spec.markings.baulk_line.unwrap_or(0.25 * spec.length);
    let middle = TablePoint::new(0.5 * spec.width, line);
    let across = (0..).map(|i| step * f64::from(i)).take_while(|d| *d < 0.5 * spec.width - 2.0 * radius);
    let places: Vec<_> = across.flat_map(|d| [d, -d].map(|d| TablePoint::new(middle.x + d, middle.y))).collect();
    let free = |p: &&TablePoint| clearance(**p, others.iter().copied()) > 2.2 * radius;
    places.iter().find(free).copied().unwrap_or(middle)
}

/// Returns the radius of the largest ball of a table, metres.
fn largest_radius(spec: &TableSpec) -> f64 {
    spec.ball_radius.max(spec.cue_ball.radius)
}

/// Returns the distance from a place to the nearest of the others.
fn clearance(p: TablePoint, others: impl Iterator<Item = TablePoint>) -> f64 {
    others.map(|other| (other - p).length()).fold(f64::MAX, f64::min)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use billiards_table::{TableKind, TableName};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Asserts that a layout holds each ball of the table, within the bed and apart from the others.
    pub fn assert_sound(spec: &TableSpec, layout: &Layout, name: &str) {
        let sorted = |mut labels: Vec<BallLabel>| {
            labels.sort();
            labels
        };
        let labels = layout.iter().map(|(label, _)| *label).collect();
        assert_eq!(sorted(labels), sorted(BallSet::of_table(spec).balls()), "{name}");
        assert_eq!(layout[0].0, BallLabel::Cue, "{name}");
        for (i, (label, p)) in layout.iter().enumerate() {
            assert!(spec.holds(*p, 0.0), "{name}: {label} at {p:?}");
            for (other, q) in &layout[..i] {
                let touching = spec.contact_distance(*other == BallLabel::Cue);
                assert!((*p - *q).length() > touching, "{name}: {label} and {other}");
            }
        }
    }

    #[test]
    fn balls_are_spread_on_every_table() {
        for kind in TableKind::all() {
            for seed in 0..30 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                assert_sound(&kind.spec(), &spread(&kind.spec(), &mut rng), &format!("{kind} {seed}"));
            }
        }
    }

    #[test]
    fn balls_without_room_are_left_out() {
        let mut crowded = TableSpec { kind: TableName::Custom, width: 0.5, length: 0.6, ..TableKind::NINE_FOOT.spec() };
        (crowded.ball_radius, crowded.cue_ball.radius) = (0.05, 0.05);
        let layout = spread(&crowded, &mut ChaCha8Rng::seed_from_u64(1));
        assert!((2..16).contains(&layout.len()) && layout[0].0 == BallLabel::Cue, "{layout:?}");
    }

    #[test]
    fn the_cue_ball_is_spotted_beside_what_lies_there() {
        for (kind, line) in [("9ft", 0.635), ("snooker-12ft", 0.737), ("english-7ft", 0.36576)] {
            let spec = TableKind::named(kind).expect("shipped").spec();
            let middle = TablePoint::new(0.5 * spec.width, line);
            assert!((spot(&spec, &[]) - middle).length() < 1e-9, "{kind}");
            let beside = spot(&spec, &[middle]);
            assert!(spec.holds(beside, 0.0) && (beside - middle).length() > spec.contact_distance(true), "{kind}");
        }
    }
}
