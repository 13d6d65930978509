//! Random pictures of tables in any room, light and view, and of rooms without a table: a test of how well a table is
//! found that does not depend on a few photographs.
//!
//! Everything about a picture is drawn from wide distributions: table, cloth, rails, pockets, balls, lamps, floor,
//! furniture, people, camera, lens, noise and compression. The seed and the index of a picture determine it.

mod balls;
mod colours;
mod dice;
mod finish;
mod lamps;
mod looks;
mod painter;
mod pattern;
mod people;
mod places;
mod room;
mod things;
mod truth;
mod view;

pub use truth::{PicturedBall, PicturedTable};

use super::{
    ball_texture::BallTexture, colour::Rgb, look::TableLook, pixel_rays::PixelRays, scale::shrink, table::TableSurface,
};
use billiards_capture::CaptureError;
use billiards_table::{BallLabel, BallSet, TableKind, TableName, TablePoint, TableSpec};
use dice::Dice;
use finish::Finish;
use lamps::RoomLamps;
use nalgebra::{UnitQuaternion, Vector3};
use opencv::core::Mat;
use painter::{Scenery, ShownBall};
use people::Company;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use room::{Block, Room, Stand, StandingTable};
use std::{collections::BTreeMap, f64::consts::TAU};
use truth::LyingBall;
use view::View;

/// A series of random pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomPictures {
    seed: u64,
    max_side: u32,
    spec: Option<TableSpec>,
}

/// A random picture and what it shows.
#[derive(Debug, Clone)]
pub struct RandomPicture {
    /// The picture, 8-bit BGR.
    pub image: Mat,
    /// The table in it; `None` if there is none.
    pub table: Option<PicturedTable>,
    /// Description of what was drawn, in words.
    pub description: String,
}

/// Height of the floor, metres over the bed.
const FLOOR: f64 = -0.8;
/// Numbers that separate the pictures with a table from those without.
const SERIES: [u64; 2] = [0x7461_626c_6573, 0x0072_6f6f_6d73];

impl RandomPictures {
    /// Creates a series whose pictures are 320 to 3840 pixels long; equal seeds give equal pictures.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, max_side: 3840, spec: None }
    }

    /// Limits the longer side of the pictures, pixels, to 320 or more. Pictures that are not longer stay the same.
    #[must_use]
    pub fn with_max_side(self, pixels: u32) -> Self {
        Self { max_side: pixels.max(view::MIN_LONG_SIDE as u32), ..self }
    }

    /// Replaces the tables, which are any of the shipped ones, by one table.
    #[must_use]
    pub fn with_table(self, table: impl Into<TableSpec>) -> Self {
        Self { spec: Some(table.into()), ..self }
    }

    fn rng(&self, series: u64, index: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ series);
        rng.set_stream(index);
        rng
    }

    /// Paints the picture with a table of this index.
    ///
    /// # Errors OpenCV fails.
    pub fn table(&self, index: u64) -> Result<RandomPicture, CaptureError> {
        let rng = &mut self.rng(SERIES[0], index);
        TablePlan::random(rng, self.spec, self.max_side)
            .paint(rng.random())
            .map_err(|error| CaptureError::opencv("a random picture", &error))
    }

    /// Paints the picture without a table of this index.
    ///
    /// # Errors OpenCV fails.
    pub fn without_table(&self, index: u64) -> Result<RandomPicture, CaptureError> {
        let rng = &mut self.rng(SERIES[1], index);
        places::paint(rng, self.max_side).map_err(|error| CaptureError::opencv("a random picture", &error))
    }
}

/// Everything that is drawn of a picture with a table.
struct TablePlan {
    spec: TableSpec,
    set: BallSet,
    cloth: Rgb,
    view: View,
    room: Room,
    lamps: RoomLamps,
    /// Balls on the bed and, after them, `potted` balls in pockets.
    balls: Vec<(LyingBall, UnitQuaternion<f64>)>,
    potted: usize,
    company: Company,
    finish: Finish,
    brightness: f32,
    words: Vec<String>,
}

impl TablePlan {
    fn random(rng: &mut impl Dice, spec: Option<TableSpec>, max_side: u32) -> Self {
        let kinds: Vec<TableKind> = TableKind::all().collect();
        let kind = kinds.choose(rng).copied().unwrap_or(TableKind::NINE_FOOT);
        let spec = spec.unwrap_or_else(|| kind.spec());
        let sets = match spec.kind {
            TableName::Shipped(kind) => kind.ball_sets(),
            TableName::Custom => &[],
        };
        let set = sets.choose(rng).and_then(|name| BallSet::named(name)).unwrap_or_else(BallSet::american);
        let dye = colours::cloth(rng);
        let (look, look_words) = looks::table(rng, &spec, dye);
        let view = View::random(rng, &spec, look.rail.width, max_side);
        let lamps = RoomLamps::random(rng, &spec);
        let layout = balls::scatter(rng, &spec, &set);
        let target = layout.first().map(|(_, place)| *place);
        let mut balls: Vec<_> = layout
            .into_iter()
            .map(|(label, place)| lying(rng, &spec, label, Vector3::new(place.x, place.y, 0.0)))
            .collect();
        let potted = potted(rng, &spec, &set);
        let potted_balls = potted.len();
        balls.extend(potted);
        let height = if shrink(&spec) < 0.6 { -rng.within(0.1..0.35) } else { FLOOR };
        let (room, room_words) = room(rng, &spec, look, dye.colour, height, &view);
        let company = Company::random(rng, &spec, &view.camera, target, height);
        let (finish, finish_words) = Finish::random(rng, view.camera.noise);
        let natural = dye.colour.encode().into_iter().fold(0.0, f32::max);
        let brightness = (natural * rng.ratio_within(0.65..1.55) as f32).clamp(34.0, 215.0);
        let size = view.camera.size();
        let mut words = vec![spec.title(), format!("{} balls", set.name), look_words];
        words.extend(lamps.words.iter().chain(&room_words).chain(&view.words).map(|word| (*word).to_owned()));
        words.extend(company.words.iter().chain(&finish_words).map(|word| (*word).to_owned()));
        words.push(format!("{}×{}", size.width, size.height));
        let (cloth, potted) = (dye.colour, potted_balls);
        Self { spec, set, cloth, view, room, lamps, balls, potted, company, finish, brightness, words }
    }

    fn paint(self, seed: u64) -> opencv::Result<RandomPicture> {
        let camera = self.view.camera;
        let rays = PixelRays::new(camera);
        let textures: BTreeMap<BallLabel, BallTexture> =
            self.set.balls().into_iter().map(|label| (label, BallTexture::of(label, &self.set))).collect();
        let shown: Vec<ShownBall<'_>> = self
            .balls
            .iter()
            .filter_map(|(ball, turn)| {
                Some(ShownBall { ball: *ball, turn: *turn, texture: textures.get(&ball.label)? })
            })
            .collect();
        let scenery = Scenery {
            rays: &rays,
            room: &self.room,
            lamps: &self.lamps,
            balls: &shown,
            rods: &self.company.rods,
            cloth: self.cloth,
            table: Some(&self.spec),
            brightness: self.brightness,
        };
        let (image, heights) = scenery.paint()?;
        let on_bed: Vec<LyingBall> = self.balls.iter().map(|(ball, _)| *ball).collect();
        let on_bed = &on_bed[..on_bed.len() - self.potted];
        let table = PicturedTable {
            spec: self.spec,
            corners: camera.corners(&self.spec).map(truth::as_delivered),
            outside: view::outside(&camera, &self.spec),
            balls: truth::pictured_balls(&camera, on_bed, &self.company.rods, &heights),
        };
        Ok(RandomPicture {
            image: self.finish.apply(image, seed)?,
            table: Some(table),
            description: self.words.join(", "),
        })
    }
}

/// Returns a ball that lies on the point `below`, turned anyhow.
fn lying(
    rng: &mut impl Dice,
    spec: &TableSpec,
    label: BallLabel,
    below: Vector3<f64>,
) -> (LyingBall, UnitQuaternion<f64>) {
    let radius = spec.radius(label == BallLabel::Cue);
    let mut angle = || rng.within(0.0..TAU);
    let turn = UnitQuaternion::from_euler_angles(angle(), angle(), angle());
    (LyingBall { label, centre: below + Vector3::z() * radius, radius }, turn)
}

/// Draws balls that lie in the pockets, in sight.
fn potted(rng: &mut impl Dice, spec: &TableSpec, set: &BallSet) -> Vec<(LyingBall, UnitQuaternion<f64>)> {
    if !rng.chance(0.2) {
        return Vec::new();
    }
    let (pockets, labels) = (spec.features().pockets, set.balls());
    let mut balls = Vec::new();
    for pocket in pockets {
        let label = labels.choose(rng).copied().filter(|label| *label != BallLabel::Cue);
        if let Some(label) = label.filter(|_| rng.chance(0.3)) {
            let below = Vector3::new(pocket.centre.x, pocket.centre.y, -2.4 * spec.ball_radius);
            balls.push(lying(rng, spec, label, below));
        }
    }
    balls
}

/// Draws the room around a table, on a floor `height` metres over the bed, and its description.
fn room(
    rng: &mut impl Dice,
    spec: &TableSpec,
    look: TableLook,
    cloth: Rgb,
    height: f64,
    view: &View,
) -> (Room, Vec<&'static str>) {
    let near_cloth = rng.chance(0.15);
    let colour = if near_cloth { colours::near(cloth, rng) } else { colours::floor(rng) };
    let (floor, word) = things::floor(rng, colour);
    let mut words = vec![word];
    if near_cloth {
        words.push("floor of the cloth's colour");
    }
    let eye = view.camera.pose.eye;
    let mut wall = |far: f64| far + rng.within(1.5..4.5);
    let walls =
        [-wall((-eye.x).max(0.0)), wall(eye.x.max(spec.width)), -wall((-eye.y).max(0.0)), wall(eye.y.max(spec.length))];
    let side = if rng.chance(0.6) { look.rail.colour * 0.8 } else { colours::any(rng) };
    let bottom = (0.4 * height).max(-rng.within(0.12..0.35));
    let (mut blocks, thing_words) = things::around(rng, spec, &look, height);
    blocks.retain(|block| block.heights[0] >= 0.0 || !block.hides_table(&view.camera, spec));
    words.extend(thing_words);
    blocks.extend(legs(spec, &look, [height, bottom], side));
    let table = StandingTable {
        surface: TableSurface::new(spec, look),
        stand: Stand::new(TablePoint::zero(), 0.0),
        side,
        bottom,
    };
    let mut tables = vec![table];
    if height == FLOOR && rng.chance(0.15) {
        tables.push(second_table(rng, spec, look, side, bottom));
        words.push("another table");
    }
    let grid = Stand::new(
        TablePoint::new(rng.within(-1.0..1.0), rng.within(-1.0..1.0)),
        if rng.chance(0.6) { 0.0 } else { rng.within(0.0..TAU) },
    );
    (Room { floor, grid, height, walls, wall: colours::floor(rng), tables, blocks }, words)
}

/// Returns the legs of a table: their heights over the bed, lower first, and their colour.
fn legs(spec: &TableSpec, look: &TableLook, heights: [f64; 2], colour: Rgb) -> [Block; 4] {
    let half = 0.06 * shrink(spec);
    let inset = look.rail.width + spec.cushion_width - 2.0 * half;
    let (w, l) = (spec.width, spec.length);
    let corners = [[-inset, -inset], [w + inset, -inset], [-inset, l + inset], [w + inset, l + inset]];
    corners.map(|[x, y]| Block {
        stand: Stand::new(TablePoint::new(x, y), 0.0),
        half: [half; 2],
        heights,
        face: pattern::Pattern::plain(colour),
        side: colour * 0.7,
        round: false,
    })
}

/// Draws another table beside the pictured one.
fn second_table(rng: &mut impl Dice, spec: &TableSpec, look: TableLook, side: Rgb, bottom: f64) -> StandingTable {
    let other = colours::cloth(rng);
    let look = if rng.chance(0.7) { look } else { looks::table(rng, spec, other).0 };
    let margin = 2.0 * (spec.cushion_width + look.rail.width);
    let gap = rng.within(0.7..1.6);
    let before = if rng.chance(0.5) { 1.0 } else { -1.0 };
    let origin = if rng.chance(0.6) {
        TablePoint::new(before * (spec.width + margin + gap), rng.within(-0.5..0.5))
    } else {
        TablePoint::new(rng.within(-0.5..0.5), before * (spec.length + margin + gap))
    };
    let stand = Stand::new(origin, rng.within(-0.05..0.05));
    StandingTable { surface: TableSurface::new(spec, look), stand, side, bottom }
}

#[cfg(test)]
mod tests;
