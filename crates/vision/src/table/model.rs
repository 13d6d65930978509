//! A model of a table against the picture: noses at one width of cushion inside the cloth's outer edge on all four sides,
//! cloth on both sides of the noses and none beyond the cushions, pockets in the corners and in the middle of the long
//! sides.

use super::{
    noses::Nose,
    reading::{self, Edge, ROWS, Reading, STEP, SideOf},
    shape::{self, Perspective, View},
};
use crate::{
    grids::{NosePx, NoseQuad},
    lines::Line,
    picture::Picture,
};
use billiards_table::FrameSize;
use std::ops::Range;

/// Range of the widths of cushions, from snooker tables to toys, in widths of the table.
const WIDTHS: Range<f64> = 0.018..0.085;
/// Number of widths that are tried.
const STEPS: i32 = 28;
/// Candidates for the height of the outer edge above the noses, in widths of the cushion.
const DROP: [f64; 4] = [0.0, 0.1, 0.2, 0.3];
/// Height of the wood above the cloth's edge, in widths of the cushion: on the near side it hides some cushion.
const WOOD: f64 = 0.15;
/// Deviation of the distance of a nose from the outer edge, over the width of the cushion.
const SLACK: f64 = 0.2;
/// Weight of a nose inside which the picture brightens, relative to one inside which it darkens.
const BRIGHTENING: f32 = 0.75;
/// Score of a table that is not worth a second look.
const HOPELESS: f32 = -5.0;
/// Slants, as ratios, at which the height of the outer edges above the noses does not show.
const FROM_ABOVE: f64 = 0.06;
/// Minimum clearness of a visible line: four standard errors of the mean over a side.
const LEAST: f32 = 0.4;

/// What speaks for and against a table, each from 0 to 1 unless stated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence {
    /// Certainty of the nose of each side.
    pub noses: [f32; 4],
    /// 1 for each side inside whose nose the picture darkens.
    pub darkens: [f32; 4],
    /// Certainty of the outer edge of each side; 0.5 outside the picture.
    pub outer: [f32; 4],
    /// Share of cloth on the cushion of each side.
    pub cushions: [f32; 4],
    /// Share of cloth beyond the cushion of each side; 0.5 outside the picture.
    pub beyond: [f32; 4],
    /// Share of cloth on the bed near each side.
    pub beds: [f32; 4],
    /// Certainty of a line inside the nose that darkens inwards as a nose does, for each side.
    pub inner: [f32; 4],
    /// `true` if each side shows its nose, or at least its outer edge.
    pub supported: bool,
    /// Share of each pocket's place, corners first, that is not cloth.
    pub pockets: [f32; 6],
    /// Width of the cushions, in widths of the table.
    pub width: f32,
    /// Natural logarithm of the length over the width of the view, over the expected one.
    pub aspect: f32,
    /// Share of the bed that is cloth.
    pub bed: f32,
    /// Sum of the features by weight.
    pub score: f32,
}

/// A table that explains a part of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub noses: [Nose<NosePx>; 4],
    pub quad: NoseQuad,
    pub evidence: Evidence,
}

/// Returns the tables near a quad, which may be that of the noses, of the cloth or of the rails.
pub(super) fn fits(picture: &Picture, quad: &NoseQuad, size: FrameSize, aspect: f64) -> Vec<Fit> {
    let mut fits = near(picture, quad, size, aspect);
    // Once more around the best of them, which is nearer to the noses than the quad.
    if let Some(Fit { quad, .. }) = best(&fits).filter(|fit| fit.evidence.score > HOPELESS) {
        fits.extend(near(picture, &quad, size, aspect));
    }
    fits
}

/// Returns the table that explains the picture best.
pub(super) fn best(fits: &[Fit]) -> Option<Fit> {
    fits.iter().copied().max_by(|a, b| a.evidence.score.total_cmp(&b.evidence.score))
}

/// Returns the tables in the bands around a quad's sides.
fn near(picture: &Picture, quad: &NoseQuad, size: FrameSize, aspect: f64) -> Vec<Fit> {
    let Some(view) = shape::view(quad, size, aspect) else { return Vec::new() };
    let square = Perspective::onto(quad);
    let sides: [SideOf; 4] = std::array::from_fn(|side| SideOf::new(side, view.aspect));
    let readings: [Reading; 4] = std::array::from_fn(|side| sides[side].read(picture, &square));
    let mut found = Vec::new();
    for (width, drop) in likely_widths(&readings, &view) {
        let likely: [Vec<Choice>; 4] = std::array::from_fn(|side| {
            peaks(choices(&readings[side], apparent(width, drop, view.slant[side])).collect())
        });
        found.extend(combined(picture, &square, &sides, &readings, &likely, view.aspect, width, size, aspect));
    }
    found
}

/// Returns the likeliest widths of the cushions, each with the height of their outer edges above the noses.
fn likely_widths(readings: &[Reading; 4], view: &View) -> Vec<(f64, f64)> {
    const MOST: usize = 3;
    // Minimum factor between two widths.
    const APART: f64 = 1.2;
    let is_above = view.slant.iter().all(|slant| slant.abs() < FROM_ABOVE);
    let drops = if is_above { &DROP[..1] } else { &DROP[..] };
    let mut sums: Vec<(f32, f64, f64)> = (0..=STEPS)
        .flat_map(|i| {
            let width = WIDTHS.start + (WIDTHS.end - WIDTHS.start) * f64::from(i) / f64::from(STEPS);
            drops.iter().map(move |&drop| {
                let best = |side: usize| {
                    let found = choices(&readings[side], apparent(width, drop, view.slant[side]));
                    found.map(|choice| choice.score).fold(-1.0, f32::max)
                };
                (usual(width) * 4.0 + (0..4).map(best).sum::<f32>(), width, drop)
            })
        })
        .collect();
    sums.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (_, width, drop) in sums {
        if out.len() < MOST && out.iter().all(|(other, _)| (width / other).max(other / width) > APART) {
            out.push((width, drop));
        }
    }
    out
}

/// Returns the best table of all combinations of likely noses.
fn combined(
    picture: &Picture,
    square: &Perspective<NosePx>,
    sides: &[SideOf; 4],
    readings: &[Reading; 4],
    likely: &[Vec<Choice>; 4],
    aspect: f64,
    width: f64,
    size: FrameSize,
    expected: f64,
) -> Vec<Fit> {
    // Number of combinations of which everything is computed.
    const MOST_COMPLETE: usize = 16;
    let mut found: Vec<Fit> = Vec::new();
    let count = likely.each_ref().map(Vec::len);
    for i in 0..count.iter().product() {
        let picked = [
            i % count[0],
            i / count[0] % count[1],
            i / (count[0] * count[1]) % count[2],
            i / (count[0] * count[1] * count[2]),
        ];
        let chosen: [Choice; 4] = std::array::from_fn(|side| likely[side][picked[side]]);
        let line = |side: usize| -> Option<Line<NosePx>> {
            let [start, end] = chosen[side].nose;
            Line::through(sides[side].at(square, 0.0, start), sides[side].at(square, 1.0, end))
        };
        let [Some(a), Some(b), Some(c), Some(d)] = [line(0), line(1), line(2), line(3)] else { continue };
        let lines = [a, b, c, d];
        let Some(quad) = super::noses::corners(&lines).filter(shape::is_convex) else { continue };
        let noses: [Nose<NosePx>; 4] =
            std::array::from_fn(|side| Nose { line: lines[side], seen: chosen[side].clearness > LEAST });
        let mut evidence = Evidence {
            noses: chosen.map(|side| side.seen),
            outer: chosen.map(|side| side.outer),
            darkens: chosen.map(|side| f32::from(u8::from(side.darkens))),
            cushions: chosen.map(|side| side.cushion),
            beyond: chosen.map(|side| side.beyond),
            beds: chosen.map(|side| side.bed),
            inner: chosen.map(|side| side.inner),
            supported: chosen.iter().all(|side| side.clearness > LEAST || side.supported)
                && chosen.iter().filter(|side| side.clearness > LEAST).count() > 2,
            pockets: pockets(picture, &quad, aspect, readings),
            width: width as f32,
            aspect: 0.0,
            bed: 0.0,
            score: 0.0,
        };
        evidence.score = evidence.sum();
        found.push(Fit { noses, quad, evidence });
    }
    // What takes long to compute, only for those that are likely without it.
    found.sort_by(|a, b| b.evidence.score.total_cmp(&a.evidence.score));
    found.truncate(MOST_COMPLETE);
    for Fit { quad, evidence, .. } in &mut found {
        let aspect = shape::view(quad, size, expected).map(|view| view.aspect.ln().abs() - expected.ln());
        evidence.aspect = aspect.unwrap_or(1.0) as f32;
        evidence.bed = bed(picture, quad, readings);
        evidence.score = evidence.sum();
    }
    found
}

/// Returns the width of a cushion in the picture, in widths of the quad.
fn apparent(width: f64, drop: f64, slant: f64) -> f64 {
    width * (1.0 - drop * slant - WOOD * slant.max(0.0)).max(0.25)
}

/// Returns the best choices that are apart from each other.
fn peaks(mut choices: Vec<Choice>) -> Vec<Choice> {
    const MOST: usize = 4;
    /// Distance of two noses, in widths of the quad.
    const APART: f64 = 0.008;
    choices.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut out: Vec<Choice> = Vec::new();
    for choice in choices {
        if out.len() < MOST && out.iter().all(|other| (other.depth - choice.depth).abs() > APART) {
            out.push(choice);
        }
    }
    out
}

impl Evidence {
    /// Returns the features that are weighed.
    pub fn features(&self) -> [f32; FEATURES] {
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let least = |values: &[f32]| values.iter().copied().fold(1.0_f32, f32::min);
        let most = |values: &[f32]| values.iter().copied().fold(0.0_f32, f32::max);

        let spread = |values: &[f32]| most(values) - least(values);
        let width = (self.width / 0.042).ln();
        [
            mean(&self.noses),
            least(&self.noses),
            mean(&std::array::from_fn::<f32, 4, _>(|side| self.noses[side] * self.darkens[side])),
            mean(&self.outer),
            least(&self.outer),
            mean(&self.cushions),
            least(&self.cushions),
            mean(&self.beyond),
            most(&self.beyond),
            least(&std::array::from_fn::<f32, 4, _>(|side| self.cushions[side] - self.beyond[side])),
            spread(&self.beyond),
            spread(&self.cushions),
            mean(&self.beds),
            mean(&self.inner),
            most(&self.inner),
            mean(&self.pockets[..4]),
            least(&self.pockets[..4]),
            mean(&self.pockets[4..]),
            self.bed,
            width * width,
            self.aspect.abs(),
        ]
    }

    /// Returns the weighted sum of the features.
    fn sum(&self) -> f32 {
        BIAS + WEIGHTS.iter().zip(self.features()).map(|(weight, feature)| weight * feature).sum::<f32>()
    }
}

/// Number of features that are weighed.
pub const FEATURES: usize = 21;

/// Weights of the features, from random simulated pictures (`scripts/train_table_model.py`).
const WEIGHTS: [f32; FEATURES] = [
    5.65, 4.24, 0.80, -0.09, 0.29, 6.48, 3.24, 0.48, 0.14, 0.88, -0.98, -1.64, -5.70, -3.17, -0.60, 2.92, 3.22, 0.99,
    5.34, -6.95, -5.98,
];
/// Constant part of the score: it is 0 where a table and something else are equally likely.
const BIAS: f32 = -18.35;

/// Returns how usual a width of the cushions is, 0 to 1.
fn usual(width: f64) -> f32 {
    const USUAL: f64 = 0.042;
    const SPREAD: f64 = 0.35;
    let deviation = (width / USUAL).ln() / SPREAD;
    (0.75 + 0.25 * (-0.5 * deviation * deviation).exp()) as f32
}

/// A nose that a side may have.
#[derive(Debug, Clone, Copy)]
struct Choice {
    score: f32,
    depth: f64,
    /// Depths of the ends of the nose.
    nose: [f64; 2],
    clearness: f32,
    seen: f32,
    outer: f32,
    cushion: f32,
    beyond: f32,
    darkens: bool,
    bed: f32,
    inner: f32,
    supported: bool,
}

/// Returns the noses of a side whose cushion appears this wide, in widths of the quad.
fn choices(reading: &Reading, width: f64) -> impl Iterator<Item = Choice> {
    // Depth of the bed beyond the shadow of the nose.
    const BED: Range<f64> = 0.015..0.06;
    // Minimum certainty of an outer edge that stands for the nose.
    const OUTER: f32 = 0.5;
    let rows = width / STEP;
    let [slack, half] = [SLACK * rows, 0.5 * rows].map(|rows| rows.round().max(1.0) as usize);
    let rows = rows.round() as usize;
    let bed = [BED.start, BED.end].map(|depth| (depth / STEP) as usize);
    (rows + slack + half..ROWS - bed[1]).filter(|nose| reading.visible[*nose] > 0.7).map(move |nose| {
        let Edge { clearness, darkens, ends } = reading.edges[nose];
        let seen = certainty(clearness);
        let middle = nose - rows;
        let (outer, cushion, beyond, supported) = if reading.visible[middle - half] > 0.5 {
            let found = (middle - slack..=middle + slack)
                .max_by(|a, b| reading.edges[*a].clearness.total_cmp(&reading.edges[*b].clearness))
                .unwrap_or(middle);
            let on = reading.cloth(found + 2..nose.saturating_sub(2).max(found + 3));
            let beyond = reading.cloth(found.saturating_sub(half)..found.saturating_sub(2));
            let outer = certainty(reading.edges[found].clearness);
            (outer, on, beyond, outer > OUTER)
        } else {
            // The rail is outside the picture: as likely as not.
            (0.5, reading.cloth(middle..nose), 0.5, false)
        };
        let inner = reading.cloth(nose + bed[0]..nose + bed[1]);
        let deeper = certainty(reading.inner[nose]);
        let nose_score = seen * if darkens { 1.0 } else { BRIGHTENING };
        let score = nose_score + 0.5 * outer + cushion - beyond + 0.3 * inner - 0.4 * deeper;
        let depth = reading::depth(nose as f64);
        let nose = if clearness > LEAST { ends } else { [depth; 2] };
        Choice {
            score,
            depth,
            nose,
            clearness,
            seen,
            outer,
            cushion,
            beyond,
            darkens,
            bed: inner,
            inner: deeper,
            supported,
        }
    })
}

/// Returns how certain a line is, 0 to 1.
fn certainty(clearness: f32) -> f32 {
    const HALF: f32 = 0.7;
    clearness / (clearness + HALF)
}

/// Returns the share of each pocket's place that is not cloth; 0.5 outside the picture.
fn pockets(picture: &Picture, quad: &NoseQuad, aspect: f64, readings: &[Reading; 4]) -> [f32; 6] {
    // Places are in widths of the table from the point where the noses meet, or from the middle of the long nose.
    const CORNER: f64 = 0.012;
    const SIDE: f64 = 0.03;
    const RADIUS: f64 = 0.02;
    let square = Perspective::onto(quad);
    let (u, v) = (1.0_f64.min(1.0 / aspect), 1.0_f64.min(aspect));
    let middle = if aspect > 1.0 {
        [[0.5, -SIDE * v], [0.5, 1.0 + SIDE * v]]
    } else {
        [[-SIDE * u, 0.5], [1.0 + SIDE * u, 0.5]]
    };
    let [a, b] = [CORNER * u, CORNER * v];
    let places = [[-a, -b], [1.0 + a, -b], [1.0 + a, 1.0 + b], [-a, 1.0 + b], middle[0], middle[1]];
    // The side whose bed is nearest, and the share of it.
    let beds = if aspect > 1.0 {
        [(0, 0.0), (0, 1.0), (2, 0.0), (2, 1.0), (0, 0.5), (2, 0.5)]
    } else {
        [(0, 0.0), (0, 1.0), (2, 0.0), (2, 1.0), (3, 0.5), (1, 0.5)]
    };
    std::array::from_fn(|i| {
        let bed = readings[beds[i].0].bed_at(beds[i].1);
        let (mut other, mut all) = (0.0, 0.0);
        for x in -2..=2 {
            for y in -2..=2 {
                let [du, dv] = [f64::from(x) * 0.5 * RADIUS * u, f64::from(y) * 0.5 * RADIUS * v];
                if let Some(pixel) = reading::sample(picture, square.at(places[i][0] + du, places[i][1] + dv)) {
                    other += 1.0 - bed.likeness(pixel);
                    all += 1.0;
                }
            }
        }
        if all > 8.0 { other / all } else { 0.5 }
    })
}

/// Returns the share of the bed that is cloth.
fn bed(picture: &Picture, quad: &NoseQuad, readings: &[Reading; 4]) -> f32 {
    const GRID: usize = 16;
    let square = Perspective::onto(quad);
    let at = |i: usize| (i as f64 + 0.5) / GRID as f64;
    let mut sum = 0.0;
    for (i, j) in (0..GRID).flat_map(|i| (0..GRID).map(move |j| (at(i), at(j)))) {
        let Some(pixel) = reading::sample(picture, square.at(i, j)) else { continue };
        // The light of the nearer long side; the colour is the same anywhere.
        let near =
            [readings[0].bed_at(i), readings[1].bed_at(j), readings[2].bed_at(1.0 - i), readings[3].bed_at(1.0 - j)];
        sum += near.iter().map(|bed| bed.likeness(pixel)).fold(0.0, f32::max);
    }
    sum / (GRID * GRID) as f32
}
