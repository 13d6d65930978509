//! Initial positions of the balls.

use billiards_table::{BallLabel, TablePoint, TableSpec};
use rand::{Rng, seq::SliceRandom};

/// Balls and their places, the cue ball first.
pub(super) type Layout = Vec<(BallLabel, TablePoint)>;

/// Gap between racked balls and maximum displacement of each, metres.
const RACK_GAP: (f64, f64) = (0.0002, 0.000_05);

/// Spreads all balls over the bed, clear of the cushions and of each other.
pub(super) fn spread(spec: &TableSpec, rng: &mut impl Rng) -> Layout {
    /// Number of random places tried for each ball; the one with most clearance is taken.
    const CHOICE: usize = 5;
    let radius = spec.ball_radius;
    let margin = 2.4 * radius;
    let mut layout = Layout::new();
    for label in std::iter::once(BallLabel::Cue).chain((1..=15).map(BallLabel::Number)) {
        let mut wanted = 4.0 * radius;
        let place = loop {
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
            if best.0 >= wanted {
                break best.1;
            }
            // Lower the demanded clearance on a crowded table, but never so far that balls touch.
            wanted = (0.98 * wanted).max(2.2 * radius);
        };
        layout.push((label, place));
    }
    layout
}

/// Racks the balls: the triangle on the foot spot, the 8 in its middle, a solid and a stripe at its back corners; the
/// cue ball behind the head string.
pub(super) fn rack(spec: &TableSpec, rng: &mut impl Rng) -> Layout {
    let (gap, jitter) = RACK_GAP;
    let pitch = 2.0 * spec.ball_radius + gap;
    let mut random = |reach: f64| -> f64 { rng.random_range(-reach..reach) };
    let cue_ball = TablePoint::new(0.5 * spec.width + random(0.16 * spec.width), 0.22 * spec.length + random(0.02));
    let places: Vec<_> = (0..5)
        .flat_map(|row| (0..=row).map(move |k| (row, k)))
        .map(|(row, k)| {
            let x = 0.5 * spec.width + pitch * (f64::from(k) - 0.5 * f64::from(row));
            let y = 0.75 * spec.length + pitch * f64::from(row) * 0.75_f64.sqrt();
            TablePoint::new(x + random(jitter), y + random(jitter))
        })
        .collect();
    let mut numbers: Vec<u8> = (1..=15).collect();
    numbers.shuffle(rng);
    // Places are numbered row by row: 4 is the middle of the third row, 10 and 14 are the back corners.
    let mut bring = |place: usize, wanted: &dyn Fn(u8) -> bool, barred: &[usize]| {
        let found = (0..numbers.len()).find(|i| !barred.contains(i) && wanted(numbers[*i]));
        if let Some(found) = found {
            numbers.swap(place, found);
        }
    };
    bring(4, &|n| n == 8, &[]);
    bring(10, &|n| n < 8, &[4]);
    bring(14, &|n| n > 8, &[4, 10]);
    let objects = numbers.into_iter().map(BallLabel::Number).zip(places);
    std::iter::once((BallLabel::Cue, cue_ball)).chain(objects).collect()
}

/// Sets up the rack of straight pool after fourteen balls have been potted: the front place is free, one ball lies next
/// to the rack, and the cue ball lies so that it can pot that one and go on into the rack.
pub(super) fn straight_pool(spec: &TableSpec, rng: &mut impl Rng) -> Layout {
    let mut layout = rack(spec, rng);
    let aside = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let mut random = |reach: f64| -> f64 { rng.random_range(-reach..reach) };
    let break_ball =
        TablePoint::new((0.5 + 0.2 * aside) * spec.width + random(0.02), 0.79 * spec.length + random(0.02));
    let cue_ball = TablePoint::new((0.5 + 0.24 * aside) * spec.width + random(0.03), 0.58 * spec.length + random(0.04));
    for (ball, place) in layout.iter_mut().zip([cue_ball, break_ball]) {
        ball.1 = place;
    }
    layout
}

/// Places the cue ball alone, near one end.
pub(super) fn cue_ball_only(spec: &TableSpec) -> Layout {
    vec![(BallLabel::Cue, TablePoint::new(0.4 * spec.width, 0.09 * spec.length))]
}

/// Finds the place where a pocketed cue ball is put back: on the head string, as near its middle as the other balls
/// allow.
pub(super) fn spot(spec: &TableSpec, others: &[TablePoint]) -> TablePoint {
    let step = 0.5 * spec.ball_radius;
    let middle = TablePoint::new(0.5 * spec.width, 0.25 * spec.length);
    let across = (0..).map(|i| step * f64::from(i)).take_while(|d| *d < 0.5 * spec.width - 2.0 * spec.ball_radius);
    let places: Vec<_> = across.flat_map(|d| [d, -d].map(|d| TablePoint::new(middle.x + d, middle.y))).collect();
    let free = |p: &&TablePoint| clearance(**p, others.iter().copied()) > 2.2 * spec.ball_radius;
    places.iter().find(free).copied().unwrap_or(middle)
}

/// Returns the distance from a place to the nearest of the others.
fn clearance(p: TablePoint, others: impl Iterator<Item = TablePoint>) -> f64 {
    others.map(|other| (other - p).length()).fold(f64::MAX, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn assert_sound(spec: &TableSpec, layout: &Layout) {
        assert_eq!(layout.len(), 16);
        assert_eq!(layout[0].0, BallLabel::Cue);
        for n in 1..=15 {
            assert_eq!(layout.iter().filter(|(label, _)| *label == BallLabel::Number(n)).count(), 1);
        }
        for (i, (label, p)) in layout.iter().enumerate() {
            assert!(spec.holds(*p, 0.0), "{label} at {p:?}");
            for (other, q) in &layout[..i] {
                assert!((*p - *q).length() > 2.0 * spec.ball_radius, "{label} and {other}");
            }
        }
    }

    #[test]
    fn layouts_are_sound_on_every_table() {
        for kind in TableKind::ALL {
            let spec = kind.spec();
            for seed in 0..50 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                assert_sound(&spec, &spread(&spec, &mut rng));
                let rack = rack(&spec, &mut rng);
                assert_sound(&spec, &rack);
                assert_sound(&spec, &straight_pool(&spec, &mut rng));
                assert_eq!(rack[5].0, BallLabel::Number(8));
                let corners = [rack[11].0.class(), rack[15].0.class()];
                assert_ne!(corners[0], corners[1]);
            }
        }
    }

    #[test]
    fn the_cue_ball_is_spotted_beside_what_lies_there() {
        let spec = TableKind::NineFoot.spec();
        let middle = TablePoint::new(0.5 * spec.width, 0.25 * spec.length);
        assert_eq!(spot(&spec, &[]), middle);
        let beside = spot(&spec, &[middle]);
        assert!(spec.holds(beside, 0.0) && (beside - middle).length() > 2.0 * spec.ball_radius);
    }
}
