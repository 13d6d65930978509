//! Random balls on a table: how many, which, and where.

use super::{super::layout::Layout, dice::Dice};
use billiards_table::{BallLabel, BallSet, Pocket, TablePoint, TableSpec, TableVector};
use rand::seq::SliceRandom;
use std::f64::consts::TAU;

/// Maximum number of places tried for a ball.
const TRIES: usize = 200;

/// Draws the balls on a table: none, a few, or all, alone, in clusters and at cushions.
pub(super) fn scatter(rng: &mut impl Dice, spec: &TableSpec, set: &BallSet) -> Layout {
    if rng.chance(0.07) {
        return Layout::new();
    }
    let mut balls = set.balls();
    if let Some((_, objects)) = balls.split_first_mut() {
        objects.shuffle(rng);
    }
    let count = if rng.chance(0.4) { balls.len() } else { rng.random_range(1..=balls.len()) };
    balls.truncate(count);
    let (beside, frozen) = (rng.within(0.0..0.5), rng.within(0.0..0.25));
    let pockets = spec.features().pockets;
    let mut layout = Layout::new();
    for label in balls {
        let place = (0..TRIES).find_map(|_| {
            let place = draw(rng, spec, &layout, label, [beside, frozen]);
            let is_free = layout.iter().all(|(other, there)| {
                let touching = spec.contact_distance([label, *other].contains(&BallLabel::Cue));
                (place - *there).length() > 1.001 * touching
            });
            (is_free && lies(spec, &pockets, label, place)).then_some(place)
        });
        layout.extend(place.map(|place| (label, place)));
    }
    layout
}

/// Draws one place: next to another ball, at a cushion, or anywhere.
fn draw(
    rng: &mut impl Dice,
    spec: &TableSpec,
    layout: &Layout,
    label: BallLabel,
    [beside, frozen]: [f64; 2],
) -> TablePoint {
    let anywhere = TablePoint::new(spec.width * rng.within(0.0..1.0), spec.length * rng.within(0.0..1.0));
    let radius = spec.radius(label == BallLabel::Cue);
    if !layout.is_empty() && rng.chance(beside) {
        let (other, there) = layout[rng.random_range(0..layout.len())];
        let (sin, cos) = rng.within(0.0..TAU).sin_cos();
        let touching = spec.contact_distance([label, other].contains(&BallLabel::Cue));
        return there + TableVector::new(cos, sin) * (touching * rng.within(1.002..1.25));
    }
    if rng.chance(frozen) {
        return match rng.random_range(0..4) {
            0 => TablePoint::new(radius, anywhere.y),
            1 => TablePoint::new(spec.width - radius, anywhere.y),
            2 => TablePoint::new(anywhere.x, radius),
            _ => TablePoint::new(anywhere.x, spec.length - radius),
        };
    }
    anywhere
}

/// Returns whether a ball can lie at a place: on the bed, and not over a hole.
fn lies(spec: &TableSpec, pockets: &[Pocket], label: BallLabel, place: TablePoint) -> bool {
    let radius = spec.radius(label == BallLabel::Cue);
    let on_bed =
        (radius..=spec.width - radius).contains(&place.x) && (radius..=spec.length - radius).contains(&place.y);
    on_bed && pockets.iter().all(|pocket| (place - pocket.centre).length() > pocket.radius)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn balls_lie_on_the_bed_and_apart() {
        let mut counts = Vec::new();
        for kind in TableKind::all() {
            let spec = kind.spec();
            for seed in 0..40 {
                let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                let pockets = spec.features().pockets;
                let layout = scatter(rng, &spec, &BallSet::of_table(&spec));
                for (i, (label, place)) in layout.iter().enumerate() {
                    assert!(lies(&spec, &pockets, *label, *place), "{kind} {seed}: {label} at {place:?}");
                    for (other, there) in &layout[..i] {
                        let touching = spec.contact_distance([label, other].contains(&&BallLabel::Cue));
                        assert!((*place - *there).length() > touching, "{kind} {seed}: {label} and {other}");
                    }
                }
                counts.push(layout.len());
            }
        }
        assert!(counts.contains(&0) && counts.contains(&1) && counts.contains(&16) && counts.contains(&22));
    }
}
