//! The noses that a side may have: each with the outer edge of its cushion at the distance that the cushion's width
//! demands.

use super::{
    reading::{self, Edge, ROWS, Reading, STEP},
    shape::View,
};
use std::ops::Range;

/// Range of the widths of cushions, from snooker tables to toys, in widths of the table.
const WIDTHS: Range<f64> = 0.018..0.085;
/// Width of most cushions, in widths of the table.
pub(super) const USUAL_WIDTH: f64 = 0.042;
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
/// Slants, as ratios, at which the height of the outer edges above the noses does not show.
const FROM_ABOVE: f64 = 0.06;
/// Minimum certainty of a visible line: three standard errors of the mean over a side.
const CLEAR: f32 = 0.36;

/// Returns the likeliest widths of the cushions, each with the height of their outer edges above the noses.
pub(super) fn likely_widths(readings: &[Reading; 4], view: &View) -> Vec<(f64, f64)> {
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

/// Returns the width of a cushion in the picture, in widths of the quad.
pub(super) fn apparent(width: f64, drop: f64, slant: f64) -> f64 {
    width * (1.0 - drop * slant - WOOD * slant.max(0.0)).max(0.25)
}

/// Returns the best choices that are apart from each other.
pub(super) fn peaks(mut choices: Vec<Choice>) -> Vec<Choice> {
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

/// Returns how usual a width of the cushions is, 0 to 1.
fn usual(width: f64) -> f32 {
    const SPREAD: f64 = 0.35;
    let deviation = (width / USUAL_WIDTH).ln() / SPREAD;
    (0.75 + 0.25 * (-0.5 * deviation * deviation).exp()) as f32
}

/// A nose that a side may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    /// Agreement of this side alone with a table.
    pub score: f32,
    /// Depth of the nose's middle, in widths of the quad.
    pub depth: f64,
    /// Depths of the ends of the nose.
    pub nose: [f64; 2],
    /// Certainty of the nose, 0 to 1.
    pub certainty: f32,
    /// `true` if the picture darkens inside the nose.
    pub darkens: bool,
    /// Certainty of the outer edge of the cushion; 0.5 outside the picture.
    pub outer: f32,
    /// Share of cloth on the cushion.
    pub cushion: f32,
    /// Share of cloth beyond the cushion; 0.5 outside the picture.
    pub beyond: f32,
    /// Share of cloth on the bed near the nose.
    pub bed: f32,
    /// Certainty of a line inside the nose that darkens inwards as a nose does.
    pub inner: f32,
}

impl Choice {
    /// Returns whether the nose is visible.
    pub fn is_clear(&self) -> bool {
        self.certainty > CLEAR
    }

    /// Returns whether the nose is visible, or at least the outer edge of its cushion.
    pub fn is_supported(&self) -> bool {
        // Minimum certainty of an outer edge that stands for the nose.
        const OUTER: f32 = 0.5;
        self.is_clear() || self.outer > OUTER
    }
}

/// Returns the noses of a side whose cushion appears this wide, in widths of the quad.
pub(super) fn choices(reading: &Reading, width: f64) -> impl Iterator<Item = Choice> {
    // Depths of the bed beyond the shadow of the nose.
    const BED: Range<f64> = 0.015..0.06;
    let rows = |depth: f64| (depth / STEP).round().max(1.0) as usize;
    let (slack, half, bed) = (rows(SLACK * width), rows(0.5 * width), rows(BED.start)..rows(BED.end));
    let width = rows(width);
    (width + slack + half..ROWS - bed.end).filter(|nose| reading.visible[*nose] > 0.7).map(move |nose| {
        let Edge { clearness, darkens, ends } = reading.edges[nose];
        let middle = nose - width;
        let (outer, cushion, beyond) = if reading.visible[middle - half] > 0.5 {
            let outer = (middle - slack..=middle + slack)
                .max_by(|a, b| reading.edges[*a].clearness.total_cmp(&reading.edges[*b].clearness))
                .unwrap_or(middle);
            // Without the edges themselves.
            let cushion = reading.cloth(outer + 2..nose.saturating_sub(2).max(outer + 3));
            let beyond = reading.cloth(outer.saturating_sub(half)..outer.saturating_sub(2));
            (certainty(reading.edges[outer].clearness), cushion, beyond)
        } else {
            // The rail is outside the picture: as likely as not.
            (0.5, reading.cloth(middle..nose), 0.5)
        };
        let depth = reading::depth(nose as f64);
        let mut choice = Choice {
            score: 0.0,
            depth,
            nose: [depth; 2],
            certainty: certainty(clearness),
            darkens,
            outer,
            cushion,
            beyond,
            bed: reading.cloth(nose + bed.start..nose + bed.end),
            inner: certainty(reading.inner[nose]),
        };
        if choice.is_clear() {
            choice.nose = ends;
        }
        choice.score = choice.certainty * if darkens { 1.0 } else { BRIGHTENING } + 0.5 * outer + cushion - beyond
            + 0.3 * choice.bed
            - 0.4 * choice.inner;
        choice
    })
}

/// Returns how certain a line is, 0 to 1.
fn certainty(clearness: f32) -> f32 {
    const HALF: f32 = 0.7;
    clearness / (clearness + HALF)
}
