//! Random floors, furniture and things around a table.

use super::{
    super::{colour::Rgb, look::TableLook},
    colours,
    dice::Dice,
    pattern::{Pattern, PatternKind},
    room::{Block, Stand},
};
use billiards_table::{TablePoint, TableSpec};
use std::f64::consts::TAU;

/// Height of a sheet of paper or a rug above what it lies on, metres.
const THIN: f64 = 0.003;
/// Rise of the rails over the noses, metres, with a little more.
const RAIL_RISE: f64 = 0.009;

/// Draws the pattern of a floor of this colour, and its description.
pub(super) fn floor(rng: &mut impl Dice, colour: Rgb) -> (Pattern, &'static str) {
    let second = if rng.chance(0.5) { colours::near(colour, rng) } else { colours::floor(rng) };
    let sort = rng.random_range(0..1_000_000);
    let (kind, word) = match rng.random_range(0..7) {
        0 => (PatternKind::Planks(colours::wood(rng), [rng.within(0.07..0.22), rng.within(0.6..2.0)]), "planks"),
        1 => {
            let joint = (colour * rng.within(0.35..1.25) as f32, rng.within(0.001..0.006));
            (PatternKind::Tiles([colour, colour], rng.within(0.15..0.9), joint), "tiles")
        }
        2 => (PatternKind::Carpet(colour, rng.within(0.3..1.2) as f32), "carpet"),
        3 => (PatternKind::Ornament([colour, second, colours::any(rng)], rng.within(0.12..0.6)), "patterned carpet"),
        4 => (PatternKind::Stone(colour, rng.within(0.0..2.0) as f32), "concrete"),
        5 => (PatternKind::Tiles([colour, second], rng.within(0.2..0.6), (colour, 0.001)), "checked floor"),
        _ => (PatternKind::Plain(colour), "plain floor"),
    };
    (Pattern { kind, sort }, word)
}

/// Draws the things around a table, and their descriptions.
pub(super) fn around(
    rng: &mut impl Dice,
    spec: &TableSpec,
    look: &TableLook,
    floor: f64,
) -> (Vec<Block>, Vec<&'static str>) {
    let (mut blocks, mut words) = (Vec::new(), Vec::new());
    let margin = spec.cushion_width + look.rail.width;
    if rng.chance(0.25) {
        let half = [rng.within(0.8..1.6) + 0.5 * spec.width, rng.within(0.8..1.6) + 0.5 * spec.length];
        let middle = TablePoint::new(0.5 * spec.width, 0.5 * spec.length);
        let stand = Stand::new(middle, rng.within(-0.05..0.05));
        blocks.push(rug(rng, stand, half, floor));
        words.push("rug");
    }
    if rng.chance(0.35) {
        for _ in 0..rng.random_range(1..5) {
            let stand = beside(rng, spec, margin, 0.3..1.6);
            blocks.push(sheet(rng, stand, floor + THIN));
        }
        words.push("papers on the floor");
    }
    if rng.chance(0.30) {
        for _ in 0..rng.random_range(1..4) {
            blocks.push(furniture(rng, spec, margin, floor));
        }
        words.push("furniture");
    }
    if rng.chance(0.25) {
        for _ in 0..rng.random_range(1..4) {
            blocks.push(on_rail(rng, spec, look));
        }
        words.push("things on the rail");
    }
    if rng.chance(0.04) {
        let stand = Stand::new(
            TablePoint::new(spec.width * rng.within(0.1..0.9), spec.length * rng.within(0.1..0.9)),
            rng.within(0.0..TAU),
        );
        blocks.push(sheet(rng, stand, THIN));
        words.push("paper on the bed");
    }
    (blocks, words)
}

/// Draws a place beside the table, `away` metres from its rails, which end `margin` metres beyond the noses.
fn beside(rng: &mut impl Dice, spec: &TableSpec, margin: f64, away: std::ops::Range<f64>) -> Stand {
    let away = margin + rng.within(away);
    let (w, l) = (spec.width, spec.length);
    let (x, y) = (rng.within(-away..w + away), rng.within(-away..l + away));
    let place = match rng.random_range(0..4) {
        0 => TablePoint::new(-away, y),
        1 => TablePoint::new(w + away, y),
        2 => TablePoint::new(x, -away),
        _ => TablePoint::new(x, l + away),
    };
    Stand::new(place, rng.within(0.0..TAU))
}

/// Draws a rug.
pub(super) fn rug(rng: &mut impl Dice, stand: Stand, half: [f64; 2], floor: f64) -> Block {
    let (ground, border) = (colours::any(rng), colours::any(rng));
    let sort = rng.random_range(0..1_000_000);
    let inside = if rng.chance(0.5) {
        PatternKind::Ornament([ground, colours::any(rng), border], rng.within(0.10..0.4))
    } else {
        PatternKind::Carpet(ground, rng.within(0.3..1.5) as f32)
    };
    let width = half[0].min(half[1]) * rng.within(0.03..0.2);
    let face = PatternKind::Bordered { border, width, half, inside: Box::new(Pattern { kind: inside, sort }) };
    let face = Pattern { kind: face, sort };
    Block { stand, half, heights: [floor, floor + THIN], face, side: border, round: false }
}

/// Draws a sheet of paper or a marker whose upper side is at a height, metres.
pub(super) fn sheet(rng: &mut impl Dice, stand: Stand, height: f64) -> Block {
    let sort = rng.random_range(0..1_000_000);
    let (kind, half) = if rng.chance(0.3) {
        let half = rng.within(0.06..0.14);
        (PatternKind::Marker(half), [half; 2])
    } else {
        let half = if rng.chance(0.8) { [0.105, 0.1485] } else { [0.21, 0.297] };
        (PatternKind::Text([Rgb([0.78; 3]), Rgb([0.05; 3])], half), half)
    };
    let face = Pattern { kind, sort };
    Block { stand, half, heights: [height - THIN, height], face, side: Rgb([0.7; 3]), round: false }
}

/// Draws a chair, a stool, a desk, a box or a bag beside the table.
fn furniture(rng: &mut impl Dice, spec: &TableSpec, margin: f64, floor: f64) -> Block {
    let (half, height, round) = rng.weighted([
        (0.3, ([0.21, 0.21], 0.45, false)),
        (0.2, ([0.17, 0.17], 0.55, true)),
        (0.2, ([0.35, 0.70], 0.73, false)),
        (0.2, ([0.16, 0.24], 0.30, false)),
        (0.1, ([0.30, 0.30], 0.72, true)),
    ]);
    let reach = f64::hypot(half[0], half[1]);
    let stand = beside(rng, spec, margin, reach + 0.1..reach + 1.3);
    let colour = if rng.chance(0.5) { colours::wood(rng) } else { colours::any(rng) };
    let kind = if rng.chance(0.4) { PatternKind::Planks(colour, [0.12, 1.5]) } else { PatternKind::Plain(colour) };
    let face = Pattern { kind, sort: rng.random_range(0..1_000_000) };
    Block { stand, half, heights: [floor, floor + height], face, side: colour * 0.8, round }
}

/// Draws a thing on the rail: chalk, a telephone, a glass, a box, a marker.
fn on_rail(rng: &mut impl Dice, spec: &TableSpec, look: &TableLook) -> Block {
    let across = 0.4 * look.rail.width;
    let (half, height, round, is_marker) = rng.weighted([
        (0.40, ([0.011, 0.011], 0.02, false, false)),
        (0.18, ([0.037, 0.075], 0.009, false, false)),
        (0.17, ([0.034, 0.034], 0.12, true, false)),
        (0.10, ([0.05, 0.09], 0.04, false, false)),
        (0.15, ([across, across], 0.002 + RAIL_RISE, false, true)),
    ]);
    // In the middle of the rail.
    let out = spec.cushion_width + 0.5 * look.rail.width;
    let share = rng.within(0.05..0.95);
    let place = match rng.random_range(0..4) {
        0 => TablePoint::new(-out, share * spec.length),
        1 => TablePoint::new(spec.width + out, share * spec.length),
        2 => TablePoint::new(share * spec.width, -out),
        _ => TablePoint::new(share * spec.width, spec.length + out),
    };
    let (colour, sort) = (colours::any(rng), rng.random_range(0..1_000_000));
    let bottom = spec.nose_height;
    Block {
        stand: Stand::new(place, rng.within(0.0..TAU)),
        half: half.map(|half: f64| half.min(0.45 * look.rail.width.max(0.03))),
        heights: [bottom, bottom + height],
        face: if is_marker { Pattern { kind: PatternKind::Marker(across), sort } } else { Pattern::plain(colour) },
        side: colour,
        round,
    }
}
