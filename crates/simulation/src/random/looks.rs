//! Random tables: cloth, cushions, rails and pockets.

use super::{
    super::{
        colour::Rgb,
        look::{ClothLook, CushionLook, PocketLook, RailLook, TableLook},
        scale::shrink,
    },
    colours::{self, Dye},
    dice::Dice,
};
use billiards_table::TableSpec;

/// Materials of rails.
#[derive(Debug, Clone, Copy)]
enum RailMaterial {
    Wood,
    Black,
    White,
    Metal,
    Coloured,
}

/// Kinds of pockets.
#[derive(Debug, Clone, Copy)]
enum PocketKind {
    Leather,
    Plastic,
    Castings,
    Net,
}

/// Draws the appearance of a table, with its description.
pub(super) fn table(rng: &mut impl Dice, spec: &TableSpec, cloth: Dye) -> (TableLook, String) {
    let (rail, rail_word) = rail(rng, spec, cloth.colour);
    let (pocket, pocket_word) = pocket(rng, spec);
    let look = TableLook {
        cloth: ClothLook {
            colour: cloth.colour,
            wear: rng.ratio_within(0.4..4.0) as f32,
            weave: rng.ratio_within(0.3..3.0) as f32,
            spot: if rng.chance(0.6) { Rgb::stored(24, 30, 40) } else { Rgb::stored(230, 228, 222) },
        },
        cushion: CushionLook {
            // Lighter or darker than the bed, but never quite the same: the usual top is 1.12 times as bright.
            tone: if rng.chance(0.4) { rng.within(0.70..0.84) } else { rng.within(0.96..1.22) } as f32,
            lip: rng.within(0.0..0.30),
            shade: [rng.within(0.15..0.65), rng.within(0.03..0.20)],
            face: Some(rng.within(0.35..0.7) as f32),
        },
        rail,
        pocket,
    };
    let pockets = if spec.pockets.is_some() { format!("{pocket_word} pockets") } else { "no pockets".to_owned() };
    (look, format!("{} cloth, {rail_word} rails, {pockets}", cloth.name))
}

fn rail(rng: &mut impl Dice, spec: &TableSpec, cloth: Rgb) -> (RailLook, &'static str) {
    let material = rng.weighted([
        (0.50, RailMaterial::Wood),
        (0.20, RailMaterial::Black),
        (0.12, RailMaterial::White),
        (0.10, RailMaterial::Metal),
        (0.08, RailMaterial::Coloured),
    ]);
    let grey = |v: f64| Rgb([v as f32; 3]);
    let (colour, grain, word) = match material {
        RailMaterial::Wood => (colours::wood(rng), rng.within(0.3..1.3), "wooden"),
        RailMaterial::Black => (grey(rng.within(0.006..0.04)), rng.within(0.0..0.4), "black"),
        RailMaterial::White => (grey(rng.within(0.55..0.85)), rng.within(0.0..0.2), "white"),
        RailMaterial::Metal => (grey(rng.within(0.10..0.45)), rng.within(0.0..0.3), "grey"),
        RailMaterial::Coloured if rng.chance(0.3) => (colours::near(cloth, rng), 0.1, "cloth-coloured"),
        RailMaterial::Coloured => (colours::any(rng), 0.1, "coloured"),
    };
    let light = colour.0.iter().sum::<f32>() > 0.9;
    let shrink = shrink(spec);
    let width = shrink * rng.within(0.05..0.15);
    let strip = rng.chance(0.2).then(|| {
        let shade = if rng.chance(0.6) { 0.7 } else { 0.03 };
        (grey(shade), shrink * rng.within(0.002..0.008))
    });
    let rail = RailLook {
        width,
        corner: width * rng.within(0.05..0.9),
        colour,
        grain,
        strip,
        sight: if light { grey(0.02) } else { grey(0.75) },
        round_sights: rng.chance(0.5),
    };
    (rail, word)
}

fn pocket(rng: &mut impl Dice, spec: &TableSpec) -> (PocketLook, &'static str) {
    let kind = rng.weighted([
        (0.35, PocketKind::Leather),
        (0.30, PocketKind::Plastic),
        (0.15, PocketKind::Castings),
        (0.20, PocketKind::Net),
    ]);
    let shrink = shrink(spec);
    let grey = |v: f64| Rgb([v as f32; 3]);
    let radius = spec.pockets.map_or(0.06, |pockets| pockets.corner.radius);
    let hole = grey(rng.within(0.002..0.02));
    let dark = PocketLook { liner: grey(0.03), width: 0.013 * shrink, hole, net: None, plate: None };
    let look = match kind {
        PocketKind::Leather => {
            let leather = colours::hsv(rng.within(12.0..32.0), rng.within(0.1..0.6), rng.within(0.12..0.45));
            PocketLook { liner: leather, width: shrink * rng.within(0.008..0.025), ..dark }
        }
        PocketKind::Plastic => {
            let plate =
                rng.chance(0.5).then(|| (grey(rng.within(0.01..0.25)), radius + shrink * rng.within(0.03..0.09)));
            PocketLook { liner: grey(rng.within(0.008..0.12)), width: shrink * rng.within(0.012..0.03), plate, ..dark }
        }
        PocketKind::Castings => {
            let metal = grey(rng.within(0.25..0.65));
            PocketLook { liner: metal, plate: Some((metal, radius + shrink * rng.within(0.05..0.12))), ..dark }
        }
        PocketKind::Net => {
            let cord = if rng.chance(0.7) { grey(rng.within(0.4..0.8)) } else { colours::any(rng) };
            PocketLook { net: Some((cord, shrink * rng.within(0.010..0.026))), ..dark }
        }
    };
    let word = match kind {
        PocketKind::Leather => "leather",
        PocketKind::Plastic => "plastic",
        PocketKind::Castings => "metal",
        PocketKind::Net => "net",
    };
    (look, word)
}
