//! Set-ups at the beginning of a game: the triangles of pool and English pool, snooker's, and carom's.

use super::{
    layout::{Layout, spread},
    scale::shrink,
};
use billiards_table::{BallLabel, BallSet, PlainColour, TablePoint, TableSpec, TableVector};
use rand::{Rng, seq::SliceRandom};

/// Gap between racked balls and maximum displacement of each, metres.
const RACK_GAP: (f64, f64) = (0.0002, 0.000_05);

/// Colours of snooker in the order of the spots: those on the long line from the baulk line on, then those at the ends
/// of the D, the left one first.
const SNOOKER_COLOURS: [PlainColour; 6] = [
    PlainColour::Brown,
    PlainColour::Blue,
    PlainColour::Pink,
    PlainColour::Black,
    PlainColour::Green,
    PlainColour::Yellow,
];

/// Sets up the balls of a table for its game; spreads them where that is not possible. The front ball of a rack comes
/// first after the cue ball.
pub(super) fn rack(spec: &TableSpec, rng: &mut impl Rng) -> Layout {
    let balls = BallSet::of_table(spec).balls();
    let layout = if balls.contains(&BallLabel::Number(8)) {
        Some(pool(spec, rng))
    } else if spec.pockets.is_none() {
        carom(spec, &balls, rng)
    } else if balls.contains(&BallLabel::Colour(PlainColour::Pink)) {
        snooker(spec, &balls, rng)
    } else {
        Some(english(spec, &balls, rng))
    };
    possible(spec, layout, rng)
}

/// Sets up the rack of straight pool after fourteen balls have been potted: the front place is free, one ball lies next
/// to the rack, and the cue ball lies so that it can pot that one and go on into the rack. Spreads the balls where that
/// is not possible.
pub(super) fn straight_pool(spec: &TableSpec, rng: &mut impl Rng) -> Layout {
    if spec.pockets.is_none() {
        return spread(spec, rng);
    }
    let mut layout = rack(spec, rng);
    let aside = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let shrink = shrink(spec);
    let mut random = |reach: f64| -> f64 { rng.random_range(-reach * shrink..reach * shrink) };
    let break_ball =
        TablePoint::new((0.5 + 0.2 * aside) * spec.width + random(0.02), 0.79 * spec.length + random(0.02));
    let cue_ball = TablePoint::new((0.5 + 0.24 * aside) * spec.width + random(0.03), 0.58 * spec.length + random(0.04));
    for (ball, place) in layout.iter_mut().zip([cue_ball, break_ball]) {
        ball.1 = place;
    }
    possible(spec, Some(layout), rng)
}

/// Returns a layout with all balls of the table, within the bed and apart from each other: the given one, or else a
/// spread one.
fn possible(spec: &TableSpec, layout: Option<Layout>, rng: &mut impl Rng) -> Layout {
    let is_possible = |layout: &Layout| {
        let is_free = |i: usize, (label, place): (BallLabel, TablePoint)| {
            layout[..i].iter().all(|(other, beside)| {
                let touching = spec.contact_distance([label, *other].contains(&BallLabel::Cue));
                (place - *beside).length() > touching
            })
        };
        layout.len() == BallSet::of_table(spec).balls().len()
            && layout.iter().enumerate().all(|(i, ball)| spec.holds(ball.1, 0.0) && is_free(i, *ball))
    };
    layout.filter(is_possible).unwrap_or_else(|| spread(spec, rng))
}

/// Returns the triangle of pool: the 8 in its middle, a solid and a stripe at its back corners, the front ball on the
/// foot spot; the cue ball behind the head string.
fn pool(spec: &TableSpec, rng: &mut impl Rng) -> Layout {
    let cue_ball = behind_line(spec, rng);
    let places = triangle(spec, 0.75 * spec.length, rng);
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

/// Returns the triangle of English pool: the black in its middle on its spot, the colours around it alternating; the
/// cue ball behind the baulk line.
fn english(spec: &TableSpec, balls: &[BallLabel], rng: &mut impl Rng) -> Layout {
    let black = BallLabel::Colour(PlainColour::Black);
    let cue_ball = behind_line(spec, rng);
    let spot = spec.markings.spots.distances().last().copied().unwrap_or(0.75 * spec.length);
    // The black lies in the third row.
    let places = triangle(spec, spot - 2.0 * pitch(spec) * 0.75_f64.sqrt(), rng);
    let coloured: Vec<_> = balls.iter().copied().filter(|label| ![BallLabel::Cue, black].contains(label)).collect();
    let (one, other) = coloured.split_at(coloured.len() / 2);
    let mut labels: Vec<_> = one.iter().zip(other).flat_map(|(one, other)| [*one, *other]).collect();
    labels.insert(labels.len().min(4), black);
    std::iter::once((BallLabel::Cue, cue_ball)).chain(labels.into_iter().zip(places)).collect()
}

/// Returns the set-up of snooker: the reds in a triangle behind the pink, the colours on their spots, the cue ball in
/// the D, beside the baulk colours. `None` if spots are missing.
fn snooker(spec: &TableSpec, balls: &[BallLabel], rng: &mut impl Rng) -> Option<Layout> {
    let (line, radius) = (spec.markings.baulk_line?, spec.markings.d_radius?);
    let pink = *spec.markings.spots.distances().get(2)?;
    let side = if rng.random_bool(0.5) { 0.5 } else { -0.5 };
    let mut random = |reach: f64| -> f64 { rng.random_range(-reach..reach) };
    let cue_ball =
        TablePoint::new(0.5 * spec.width + (side + random(0.1)) * radius, line - (0.4 + random(0.1)) * radius);
    let red = BallLabel::Colour(PlainColour::Red);
    let reds = balls.iter().copied().filter(|label| *label == red).zip(triangle(spec, pink + pitch(spec), rng));
    let colours = SNOOKER_COLOURS.map(BallLabel::Colour).into_iter().zip(spec.spots());
    Some(std::iter::once((BallLabel::Cue, cue_ball)).chain(reds).chain(colours).collect())
}

/// Returns the opening position of carom (UMB world rules): the red on the foot spot, the opponent's ball on the head
/// spot, the player's ball beside that. `None` if spots are missing.
fn carom(spec: &TableSpec, balls: &[BallLabel], rng: &mut impl Rng) -> Option<Layout> {
    /// Distance of the starting spots from the head spot, in widths of the bed: 182.5 mm on a match table.
    const START: f64 = 0.1825 / 1.42;
    let spots = spec.markings.spots.distances();
    let on_line = |y: f64| TablePoint::new(0.5 * spec.width, y);
    let (head, foot) = (on_line(*spots.first()?), on_line(*spots.last()?));
    let side = if rng.random_bool(0.5) { START } else { -START };
    let place = |label| match label {
        BallLabel::Cue => head + TableVector::new(side * spec.width, 0.0),
        BallLabel::Colour(PlainColour::Red) => foot,
        _ => head,
    };
    Some(balls.iter().map(|label| (*label, place(*label))).collect())
}

/// Returns the distance between neighbours in a rack, metres.
fn pitch(spec: &TableSpec) -> f64 {
    2.0 * spec.ball_radius + RACK_GAP.0
}

/// Returns a place of the cue ball behind the baulk line, or behind the head string of a table without one.
fn behind_line(spec: &TableSpec, rng: &mut impl Rng) -> TablePoint {
    let mut random = |reach: f64| -> f64 { rng.random_range(-reach..reach) };
    let behind = spec.markings.baulk_line.map_or(0.22 * spec.length, |line| 0.88 * line);
    TablePoint::new(0.5 * spec.width + random(0.16 * spec.width), behind + random(0.02 * shrink(spec)))
}

/// Returns the places of fifteen racked balls, row by row; the front one is `front` metres from the bottom rail.
fn triangle(spec: &TableSpec, front: f64, rng: &mut impl Rng) -> Vec<TablePoint> {
    let pitch = pitch(spec);
    let mut random = || -> f64 { rng.random_range(-RACK_GAP.1..RACK_GAP.1) };
    (0..5)
        .flat_map(|row| (0..=row).map(move |k| (row, k)))
        .map(|(row, k)| {
            let x = 0.5 * spec.width + pitch * (f64::from(k) - 0.5 * f64::from(row));
            let y = front + pitch * f64::from(row) * 0.75_f64.sqrt();
            TablePoint::new(x + random(), y + random())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::tests::assert_sound;
    use billiards_table::{TableKind, TableName};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn racked(kind: &str) -> (TableSpec, Layout) {
        let spec = TableKind::named(kind).expect("shipped").spec();
        let layout = rack(&spec, &mut ChaCha8Rng::seed_from_u64(1));
        (spec, layout)
    }

    fn place(layout: &Layout, colour: PlainColour) -> TablePoint {
        layout.iter().find(|(label, _)| *label == BallLabel::Colour(colour)).expect("on the table").1
    }

    #[test]
    fn every_table_is_set_up() {
        for kind in TableKind::all() {
            let spec = kind.spec();
            for seed in 0..50 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let name = format!("{kind} {seed}");
                assert_sound(&spec, &rack(&spec, &mut rng), &name);
                assert_sound(&spec, &straight_pool(&spec, &mut rng), &name);
            }
        }
    }

    #[test]
    fn pool_has_the_eight_in_the_middle_and_both_kinds_in_the_corners() {
        for kind in TableKind::AMERICAN {
            for seed in 0..50 {
                let rack = rack(&kind.spec(), &mut ChaCha8Rng::seed_from_u64(seed));
                assert_eq!(rack[5].0, BallLabel::Number(8));
                assert_ne!(rack[11].0.class(), rack[15].0.class());
            }
        }
    }

    #[test]
    fn english_pool_has_the_black_on_its_spot() {
        for kind in ["english-6ft", "english-7ft", "english-7ft-51mm"] {
            let (spec, layout) = racked(kind);
            let spot = spec.spots().next().expect("a spot");
            assert!((place(&layout, PlainColour::Black) - spot).length() < 1e-4, "{kind}");
            assert!(layout[0].1.y < spec.markings.baulk_line.expect("a line"), "{kind}");
            // Each corner of the triangle has another neighbour.
            assert!(layout[1].0 != layout[2].0 && layout[11].0 != layout[12].0 && layout[15].0 != layout[14].0);
        }
    }

    #[test]
    fn snooker_has_its_colours_on_their_spots_and_the_reds_behind_the_pink() {
        for kind in ["snooker-6ft", "snooker-10ft", "snooker-12ft"] {
            let (spec, layout) = racked(kind);
            let (line, radius) = (spec.markings.baulk_line.expect("a line"), spec.markings.d_radius.expect("a D"));
            let middle = 0.5 * spec.width;
            let [yellow, green, brown] =
                [PlainColour::Yellow, PlainColour::Green, PlainColour::Brown].map(|colour| place(&layout, colour));
            assert_eq!(brown, TablePoint::new(middle, line), "{kind}");
            assert!((green.x - (middle - radius)).abs() < 1e-9 && (yellow.x - (middle + radius)).abs() < 1e-9);
            let [blue, pink, black] =
                [PlainColour::Blue, PlainColour::Pink, PlainColour::Black].map(|colour| place(&layout, colour));
            assert!((blue.y - 0.5 * spec.length).abs() < 1e-3 && blue.y < pink.y && pink.y < black.y, "{kind}");
            let reds = || layout.iter().filter(|(label, _)| *label == BallLabel::Colour(PlainColour::Red));
            assert_eq!(reds().count(), 15);
            assert!(reds().all(|(_, p)| p.y > pink.y && p.y < black.y), "{kind}");
            let cue_ball = layout[0].1;
            assert!(cue_ball.y < line && (cue_ball - brown).length() < radius, "{kind}: {cue_ball:?}");
        }
    }

    #[test]
    fn carom_opens_as_the_rules_say() {
        for kind in ["carom-match", "carom-small"] {
            let (spec, layout) = racked(kind);
            let (head, foot) = (spec.markings.spots.distances()[0], spec.markings.spots.distances()[2]);
            assert_eq!(place(&layout, PlainColour::Red), TablePoint::new(0.5 * spec.width, foot));
            assert_eq!(place(&layout, PlainColour::Yellow), TablePoint::new(0.5 * spec.width, head));
            let offset = layout[0].1 - place(&layout, PlainColour::Yellow);
            assert!(offset.y == 0.0 && (0.15..0.19).contains(&offset.x.abs()), "{kind}: {offset:?}");
        }
    }

    #[test]
    fn balls_that_do_not_fit_in_a_rack_are_spread() {
        let mut crowded = TableSpec { kind: TableName::Custom, width: 0.5, length: 0.6, ..TableKind::NINE_FOOT.spec() };
        (crowded.ball_radius, crowded.cue_ball.radius) = (0.05, 0.05);
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        for layout in [rack(&crowded, rng), straight_pool(&crowded, rng)] {
            assert!(layout.iter().all(|(_, place)| crowded.holds(*place, 0.0)), "{layout:?}");
        }
    }
}
