//! Pictures without a billiards table: rooms, desks, games, fields.

use super::{
    super::{camera::SimulatedCamera, colour::Rgb, look::rail_width, pixel_rays::PixelRays, rod::Rod},
    RandomPicture, colours,
    dice::Dice,
    finish::Finish,
    lamps::RoomLamps,
    painter::Scenery,
    pattern::{FieldMark, Pattern, PatternKind},
    people::Company,
    room::{Block, Room, Stand},
    things::{self, rug, sheet},
    view::View,
};
use billiards_table::{TableKind, TablePoint, TableSpec};
use std::f64::consts::TAU;

/// Kinds of places without a table.
#[derive(Debug, Clone, Copy)]
enum Place {
    Floor,
    Rug,
    Desk,
    FootballField,
    Court,
    ChessBoard,
    TableTennis,
    Crowd,
    Furniture,
    Plate,
}

/// Paints a picture without a table, whose longer side is at most `max_side` pixels long.
///
/// # Errors OpenCV fails.
pub(super) fn paint(rng: &mut impl Dice, max_side: u32) -> opencv::Result<RandomPicture> {
    // The place takes up as much room in the picture as a table would.
    let spec = TableKind::NINE_FOOT.spec();
    let view = View::random(rng, &spec, rail_width(&spec), max_side);
    let lamps = RoomLamps::random(rng, &spec);
    let Drawn { blocks, floor, height, rods, words } = Drawn::random(rng, &spec);
    let far = 40.0;
    let room = Room {
        floor,
        grid: Stand::new(TablePoint::new(0.5 * spec.width, 0.5 * spec.length), 0.0),
        height,
        walls: [-far, far, -far, far],
        wall: colours::floor(rng),
        tables: Vec::new(),
        blocks,
    };
    let (finish, finish_words) = Finish::random(rng, view.camera.noise);
    let camera: SimulatedCamera = view.camera;
    let rays = PixelRays::new(camera);
    let scenery = Scenery {
        rays: &rays,
        room: &room,
        lamps: &lamps,
        balls: &[],
        rods: &rods,
        cloth: Rgb::BLACK,
        table: None,
        brightness: rng.within(60.0..190.0) as f32,
    };
    let (image, _) = scenery.paint()?;
    let size = camera.size();
    let mut all: Vec<String> = vec!["no table".to_owned()];
    let view_words = view.words.iter().filter(|word| !word.contains("nose") && !word.contains("cut"));
    all.extend(words.iter().chain(&lamps.words).chain(view_words).chain(&finish_words).map(|word| (*word).to_owned()));
    all.push(format!("{}×{}", size.width, size.height));
    Ok(RandomPicture { image: finish.apply(image, rng.random())?, table: None, description: all.join(", ") })
}

/// A place without a table.
struct Drawn {
    blocks: Vec<Block>,
    floor: Pattern,
    /// Height of the floor, metres over the plane in which a table's bed would be.
    height: f64,
    rods: Vec<Rod>,
    words: Vec<&'static str>,
}

impl Drawn {
    fn random(rng: &mut impl Dice, spec: &TableSpec) -> Self {
        let place = rng.weighted([
            (0.10, Place::Floor),
            (0.14, Place::Rug),
            (0.14, Place::Desk),
            (0.11, Place::FootballField),
            (0.09, Place::Court),
            (0.10, Place::ChessBoard),
            (0.09, Place::TableTennis),
            (0.08, Place::Crowd),
            (0.09, Place::Furniture),
            (0.06, Place::Plate),
        ]);
        let middle = TablePoint::new(0.5 * spec.width, 0.5 * spec.length);
        let stand = Stand::new(middle, 0.0);
        let colour = colours::floor(rng);
        let (mut floor, floor_word) = things::floor(rng, colour);
        // What lies on the floor is farther away than a table and so much larger.
        let height = -0.75;
        let half = [0.5 * spec.width, 0.5 * spec.length];
        let on_floor = half.map(|half| 1.3 * half);
        let mut blocks = Vec::new();
        let mut words = match place {
            Place::Floor => vec![floor_word],
            Place::Rug => {
                let half = [on_floor[0] * rng.within(0.6..1.0), on_floor[1] * rng.within(0.5..0.9)];
                blocks.push(rug(rng, stand, half, height));
                vec!["rug", floor_word]
            }
            Place::Desk => {
                blocks.extend(desk(rng, stand, half, height));
                vec!["desk", floor_word]
            }
            Place::FootballField => {
                floor = pitch(rng, on_floor);
                vec!["football field"]
            }
            Place::Court => {
                floor = court(rng, on_floor);
                vec!["court"]
            }
            Place::ChessBoard => {
                blocks.extend(chess(rng, stand, 0.95 * half[0]));
                vec!["chess board", floor_word]
            }
            Place::TableTennis => {
                blocks.push(table_tennis(rng, stand, half));
                vec!["table tennis", floor_word]
            }
            Place::Crowd => vec![floor_word],
            Place::Furniture => {
                blocks.extend((0..rng.random_range(3..9)).map(|_| crate_near(rng, middle, height)));
                vec!["boxes", floor_word]
            }
            Place::Plate => {
                blocks.push(plate(rng, stand, half));
                vec!["plain plate", floor_word]
            }
        };
        let mut rods = Vec::new();
        if matches!(place, Place::Crowd) || rng.chance(0.12) {
            rods.extend(Company::crowd(rng, middle, height).rods);
            words.push("people");
        }
        if rng.chance(0.3) {
            for _ in 0..rng.random_range(1..6) {
                let p = middle + TablePoint::new(rng.within(-1.2..1.2), rng.within(-1.6..1.6)).to_vector();
                let under = blocks.iter().map(|block: &Block| block.top_at(p)).fold(height, f64::max);
                let stand = Stand::new(p, rng.within(0.0..TAU));
                blocks.push(sheet(rng, stand, under + 0.004));
            }
            words.push("papers");
        }
        Self { blocks, floor, height, rods, words }
    }
}

/// Draws a desk with a keyboard, a screen seen from above, cups and books.
fn desk(rng: &mut impl Dice, stand: Stand, half: [f64; 2], floor: f64) -> Vec<Block> {
    let wood = if rng.chance(0.7) { colours::wood(rng) } else { colours::any(rng) };
    let kind = PatternKind::Planks(wood, [rng.within(0.1..0.6), 2.5]);
    let face = Pattern { kind, sort: rng.random_range(0..1_000_000) };
    let top = Block { stand, half, heights: [floor, 0.0], face, side: wood * 0.7, round: false };
    let mut blocks = vec![top];
    for _ in 0..rng.random_range(2..9) {
        let (size, height, round) = rng.weighted([
            (0.25, ([0.07, 0.22], 0.025, false)),
            (0.20, ([0.04, 0.04], 0.10, true)),
            (0.25, ([0.09, 0.13], 0.03, false)),
            (0.15, ([0.10, 0.30], 0.40, false)),
            (0.15, ([0.12, 0.12], 0.02, true)),
        ]);
        let place = TablePoint::new(half[0] * rng.within(-0.85..0.85), half[1] * rng.within(-0.85..0.85));
        let colour = colours::any(rng);
        blocks.push(Block {
            stand: Stand::new(stand.outside(place), rng.within(0.0..TAU)),
            half: size,
            heights: [0.0, height],
            face: Pattern::plain(colour),
            side: colour,
            round,
        });
    }
    blocks
}

/// Draws a football field of this half size, metres: a small model of one, which looks the same from above.
fn pitch(rng: &mut impl Dice, [x, y]: [f64; 2]) -> Pattern {
    let grass = colours::hsv(rng.within(85.0..140.0), rng.within(0.35..0.8), rng.within(0.25..0.6));
    let mut marks: Vec<FieldMark> = FieldMark::rectangle([-x, -y], [x, y]).to_vec();
    marks.push(FieldMark::Segment([-x, 0.0], [x, 0.0]));
    marks.push(FieldMark::Circle([0.0; 2], 0.17 * y));
    for end in [-1.0, 1.0] {
        marks.extend(FieldMark::rectangle([-0.6 * x, end * y], [0.6 * x, end * 0.69 * y]));
        marks.extend(FieldMark::rectangle([-0.27 * x, end * y], [0.27 * x, end * 0.9 * y]));
    }
    let ground = [grass, grass * rng.within(0.75..1.0) as f32];
    let period = 2.0 * y / f64::from(rng.random_range(8_u32..16));
    let kind = PatternKind::Field { ground, period, line: Rgb([0.75; 3]), half_width: 0.004, marks };
    Pattern { kind, sort: rng.random_range(0..1_000_000) }
}

/// Draws a court for tennis, volleyball or basketball.
fn court(rng: &mut impl Dice, [x, y]: [f64; 2]) -> Pattern {
    let colour = colours::any(rng);
    let mut marks: Vec<FieldMark> = FieldMark::rectangle([-x, -y], [x, y]).to_vec();
    marks.extend(FieldMark::rectangle([-0.75 * x, -y], [0.75 * x, y]));
    marks.extend(FieldMark::rectangle([-0.75 * x, -0.54 * y], [0.75 * x, 0.54 * y]));
    marks.push(FieldMark::Segment([0.0, -0.54 * y], [0.0, 0.54 * y]));
    if rng.chance(0.4) {
        marks.push(FieldMark::Circle([0.0, -0.54 * y], 0.3 * x));
        marks.push(FieldMark::Circle([0.0, 0.54 * y], 0.3 * x));
    }
    let line = if rng.chance(0.8) { Rgb([0.75; 3]) } else { colours::any(rng) };
    let kind = PatternKind::Field { ground: [colour; 2], period: 1.0, line, half_width: 0.006, marks };
    Pattern { kind, sort: rng.random_range(0..1_000_000) }
}

/// Draws a chess board of this half side, metres, with pieces.
fn chess(rng: &mut impl Dice, stand: Stand, half: f64) -> Vec<Block> {
    let side = half / 4.6;
    let dark = if rng.chance(0.6) { colours::wood(rng) * 0.4 } else { colours::any(rng) * 0.5 };
    let light = Rgb([0.65, 0.55, 0.40]);
    let tiles = Pattern { kind: PatternKind::Tiles([dark, light], side, (dark, 0.0005)), sort: 5 };
    let kind =
        PatternKind::Bordered { border: dark * 0.8, width: 0.6 * side, half: [half; 2], inside: Box::new(tiles) };
    let face = Pattern { kind, sort: 6 };
    let board = Block { stand, half: [half; 2], heights: [0.0, 0.03], face, side: dark, round: false };
    let mut blocks = vec![board];
    for _ in 0..rng.random_range(0..33) {
        let square = [rng.random_range(-4..4), rng.random_range(-4..4)].map(|i| (f64::from(i) + 0.5) * side);
        let colour = if rng.chance(0.5) { Rgb([0.7, 0.62, 0.5]) } else { Rgb([0.015; 3]) };
        blocks.push(Block {
            stand: Stand::new(stand.outside(TablePoint::new(square[0], square[1])), 0.0),
            half: [0.33 * side; 2],
            heights: [0.03, 0.03 + side * rng.within(0.8..1.8)],
            face: Pattern::plain(colour),
            side: colour,
            round: true,
        });
    }
    blocks
}

/// Draws a table for table tennis.
fn table_tennis(rng: &mut impl Dice, stand: Stand, half: [f64; 2]) -> Block {
    let colour = rng.weighted([(0.5, [0.02, 0.06, 0.25]), (0.3, [0.02, 0.14, 0.07]), (0.2, [0.05, 0.05, 0.06])]);
    let line = Rgb([0.75; 3]);
    let half = [1.08 * half[0], half[1]];
    let mut marks = FieldMark::rectangle([-half[0], -half[1]], half).to_vec();
    marks.push(FieldMark::Segment([0.0, -half[1]], [0.0, half[1]]));
    marks.push(FieldMark::Segment([-half[0], 0.0], [half[0], 0.0]));
    let kind = PatternKind::Field { ground: [Rgb(colour); 2], period: 9.0, line, half_width: 0.012, marks };
    let face = Pattern { kind, sort: rng.random_range(0..1_000_000) };
    Block { stand, half, heights: [-0.02, 0.0], face, side: Rgb(colour), round: false }
}

/// Draws a box that stands on the floor near a place.
fn crate_near(rng: &mut impl Dice, middle: TablePoint, floor: f64) -> Block {
    let place = middle + TablePoint::new(rng.within(-1.2..1.2), rng.within(-1.6..1.6)).to_vector();
    let colour = if rng.chance(0.4) { Rgb([0.35, 0.22, 0.11]) } else { colours::any(rng) };
    Block {
        stand: Stand::new(place, rng.within(0.0..TAU)),
        half: [rng.within(0.1..0.6), rng.within(0.1..0.6)],
        heights: [floor, floor + rng.within(0.05..0.9)],
        face: Pattern::plain(colour),
        side: colour,
        round: rng.chance(0.2),
    }
}

/// Draws a plain plate with the shape of a table: a tablecloth, a board, a mattress.
fn plate(rng: &mut impl Dice, stand: Stand, half: [f64; 2]) -> Block {
    let colour = colours::any(rng);
    let kind = match rng.random_range(0..3) {
        0 => PatternKind::Plain(colour),
        1 => PatternKind::Carpet(colour, 0.5),
        _ => PatternKind::Stripes([colour, colours::near(colour, rng)], rng.within(0.05..0.4)),
    };
    let face = Pattern { kind, sort: rng.random_range(0..1_000_000) };
    let half = [half[0] * rng.within(0.7..1.2), half[1] * rng.within(0.8..1.1)];
    Block { stand, half, heights: [0.0, rng.within(0.01..0.5)], face, side: colour * 0.7, round: rng.chance(0.15) }
}
