//! Random light: lamps over the table and aside, windows, and patches of sun.

use super::{
    super::{lamp::Lamp, setup::RoomLight, table::TableSurface},
    dice::Dice,
    room::Stand,
};
use billiards_table::{TablePoint, TableSpec};
use nalgebra::Vector3;
use std::f64::consts::TAU;

/// Light of a room.
pub(super) struct RoomLamps {
    /// The lamps.
    pub lamp: Lamp,
    /// Diameter of each lamp, metres: large ones cast soft shadows.
    pub size: f64,
    /// Patches of sun.
    pub patches: Vec<SunPatch>,
    /// Description.
    pub words: Vec<&'static str>,
}

/// A patch of sun that falls through a window.
pub(super) struct SunPatch {
    stand: Stand,
    /// Half its sides, metres.
    half: [f64; 2],
    /// Light that it adds, relative to that of the lamps.
    light: f32,
}

/// Kinds of light.
#[derive(Debug, Clone, Copy)]
enum Source {
    OverTable,
    Ceiling,
    Aside,
    Window,
}

impl RoomLamps {
    /// Draws the light around a table.
    pub fn random(rng: &mut impl Dice, spec: &TableSpec) -> Self {
        let middle = TablePoint::new(0.5 * spec.width, 0.5 * spec.length);
        let source = rng.weighted([
            (0.38, Source::OverTable),
            (0.24, Source::Ceiling),
            (0.20, Source::Aside),
            (0.18, Source::Window),
        ]);
        let half = 0.5 * spec.length;
        let azimuth = rng.within(0.0..TAU);
        let (sin, cos) = azimuth.sin_cos();
        let aside = |distance: f64| middle + TablePoint::new(distance * cos, distance * sin).to_vector();
        // Lamps stand apart along `along`, around `centre`.
        let row = |centre: TablePoint, along: [f64; 2], height: f64| {
            [-1.0, 0.0, 1.0].map(|i| Vector3::new(centre.x + i * along[0], centre.y + i * along[1], height))
        };
        let (bulbs, size, evenness, word) = match source {
            Source::OverTable => {
                let spread = spec.length * rng.within(0.05..0.35);
                let bulbs = row(aside(0.1 * half * rng.within(0.0..1.0)), [0.0, spread], rng.within(0.8..2.2));
                (bulbs, rng.within(0.05..0.40), rng.within(0.15..0.6), "lamp over the table")
            }
            Source::Ceiling => {
                let spread = rng.within(1.0..2.5);
                let bulbs = row(aside(rng.within(0.0..1.5)), [-spread * sin, spread * cos], rng.within(1.5..2.2));
                (bulbs, rng.within(0.1..1.2), rng.within(0.5..0.92), "even light")
            }
            Source::Aside => {
                let distance = half + rng.within(0.0..1.2);
                let bulbs = row(aside(distance), [-0.05 * sin, 0.05 * cos], rng.within(0.9..2.2));
                (bulbs, rng.within(0.03..0.25), rng.within(0.18..0.6), "lamp from the side")
            }
            Source::Window => {
                let spread = rng.within(0.3..1.0);
                let centre = aside(half + rng.within(0.8..2.5));
                let bulbs = row(centre, [-spread * sin, spread * cos], rng.within(1.0..1.9));
                (bulbs, rng.within(0.5..1.2), rng.within(0.30..0.7), "window light")
            }
        };
        let mut words = vec![word];
        if size < 0.1 && evenness < 0.5 {
            words.push("hard shadows");
        }
        let sunny = rng.chance(if matches!(source, Source::Window) { 0.35 } else { 0.05 });
        let patches = if sunny { sun(rng, spec, azimuth) } else { Vec::new() };
        if sunny {
            words.push("sun");
        }
        let light = RoomLight { level: 1.0, evenness: evenness as f32 };
        Self { lamp: Lamp::new(bulbs, middle, light), size, patches, words }
    }

    /// Returns the light on a place: of the lamps, of which `lit` (0 to 1) are unobstructed, and of the sun.
    pub fn level(&self, place: Vector3<f64>, lit: [f32; 3]) -> f32 {
        let p = TablePoint::new(place.x, place.y);
        let sun: f32 = self.patches.iter().map(|patch| patch.at(p)).sum();
        self.lamp.level_at(place, lit) + sun
    }

    /// Returns which shares of the lamps' light the cushions of a table let through to a place near its bed.
    pub fn past_cushions(&self, surface: &TableSurface, place: Vector3<f64>) -> [f32; 3] {
        self.lamp.bulbs().map(|bulb| surface.passes(place, bulb, self.size))
    }
}

/// Draws the panes of a window on the floor and the table.
fn sun(rng: &mut impl Dice, spec: &TableSpec, azimuth: f64) -> Vec<SunPatch> {
    let middle = TablePoint::new(spec.width * rng.within(-0.1..1.1), spec.length * rng.within(-0.1..1.1));
    let half = [rng.within(0.12..0.45), rng.within(0.12..0.35)];
    let (gap, light) = (rng.within(0.03..0.10), rng.within(0.4..1.6) as f32);
    let (columns, rows) = (rng.random_range(1..3), rng.random_range(1..4));
    let angle = azimuth + rng.within(-0.6..0.6);
    let window = Stand::new(middle, angle);
    let panes = (0..columns).flat_map(|i| (0..rows).map(move |j| (i, j)));
    panes
        .map(|(i, j)| {
            let offset = [i, j].map(f64::from);
            let own = TablePoint::new(offset[0] * (2.0 * half[0] + gap), offset[1] * (2.0 * half[1] + gap));
            SunPatch { stand: Stand::new(window.outside(own), angle), half, light }
        })
        .collect()
}

impl SunPatch {
    /// Returns the light that the patch adds at a place.
    fn at(&self, p: TablePoint) -> f32 {
        /// Width of the soft edge, metres.
        const EDGE: f64 = 0.02;
        let own = self.stand.own(p);
        let inside = (self.half[0] - own.x.abs()).min(self.half[1] - own.y.abs());
        self.light * (0.5 + inside / EDGE).clamp(0.0, 1.0) as f32
    }
}
