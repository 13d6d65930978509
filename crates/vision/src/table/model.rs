//! A model of a table against the picture: noses at one width of cushion inside the cloth's outer edge on all four sides,
//! cloth on both sides of the noses and none beyond the cushions, pockets in the corners and in the middle of the long
//! sides.

use super::{
    cushions::{Choice, apparent, choices, likely_widths, peaks},
    evidence::Evidence,
    noses::{self, Nose},
    reading::{self, Reading, SideOf},
    shape::{self, Perspective, View},
};
use crate::{
    grids::{NosePx, NoseQuad},
    lines::Line,
    picture::Picture,
};
use billiards_table::FrameSize;

/// Score of a table that is not worth a second look.
const HOPELESS: f32 = -5.0;
/// Number of combinations with one width of the cushions of which everything is computed.
const MOST_COMPLETE: usize = 16;

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
    let bands = Bands::new(picture, quad, view);
    let with_width = |(width, drop): (f64, f64)| {
        let mut found = bands.combinations(width, drop);
        // What takes long to compute, only for those that are likely without it.
        found.sort_by(|a, b| b.evidence.score.total_cmp(&a.evidence.score));
        found.truncate(MOST_COMPLETE);
        found
    };
    let mut found: Vec<Fit> = likely_widths(&bands.readings, &view).into_iter().flat_map(with_width).collect();
    for Fit { quad, evidence, .. } in &mut found {
        let deviation = shape::view(quad, size, aspect).map(|view| view.aspect.ln().abs() - aspect.ln());
        evidence.aspect = deviation.unwrap_or(1.0) as f32;
        evidence.bed = bands.bed(quad);
        evidence.score = evidence.sum();
    }
    found
}

/// The bands around the sides of a quad, read.
struct Bands<'a> {
    picture: &'a Picture,
    square: Perspective<NosePx>,
    view: View,
    sides: [SideOf; 4],
    readings: [Reading; 4],
}

impl<'a> Bands<'a> {
    fn new(picture: &'a Picture, quad: &NoseQuad, view: View) -> Self {
        let square = Perspective::onto(quad);
        let sides: [SideOf; 4] = std::array::from_fn(|side| SideOf::new(side, view.aspect));
        let readings = std::array::from_fn(|side| sides[side].read(picture, &square));
        Self { picture, square, view, sides, readings }
    }

    /// Returns all combinations of likely noses with cushions of this width, whose outer edges lie `drop` widths above
    /// the noses. The evidence lacks what takes long to compute.
    fn combinations(&self, width: f64, drop: f64) -> Vec<Fit> {
        let likely: [Vec<Choice>; 4] = std::array::from_fn(|side| {
            peaks(choices(&self.readings[side], apparent(width, drop, self.view.slant[side])).collect())
        });
        let [a, b, c, d] = &likely;
        let mut found = Vec::with_capacity(a.len() * b.len() * c.len() * d.len());
        for a in a {
            for b in b {
                for c in c {
                    found.extend(d.iter().filter_map(|d| self.fit(&[*a, *b, *c, *d], width)));
                }
            }
        }
        found
    }

    /// Returns the table with these noses; `None` if they enclose nothing.
    fn fit(&self, chosen: &[Choice; 4], width: f64) -> Option<Fit> {
        let line = |side: usize| -> Option<Line<NosePx>> {
            let [start, end] = chosen[side].nose;
            Line::through(self.sides[side].at(&self.square, 0.0, start), self.sides[side].at(&self.square, 1.0, end))
        };
        let lines = [line(0)?, line(1)?, line(2)?, line(3)?];
        let quad = noses::corners(&lines).filter(shape::is_convex)?;
        let noses = std::array::from_fn(|side| Nose { line: lines[side], seen: chosen[side].is_clear() });
        let clear = chosen.iter().filter(|choice| choice.is_clear()).count();
        let mut evidence = Evidence {
            noses: chosen.map(|choice| choice.certainty),
            darkens: chosen.map(|choice| f32::from(u8::from(choice.darkens))),
            outer: chosen.map(|choice| choice.outer),
            cushions: chosen.map(|choice| choice.cushion),
            beyond: chosen.map(|choice| choice.beyond),
            beds: chosen.map(|choice| choice.bed),
            inner: chosen.map(|choice| choice.inner),
            supported: clear > 2 && chosen.iter().all(Choice::is_supported),
            pockets: self.pockets(&quad),
            width: width as f32,
            ..Evidence::default()
        };
        evidence.score = evidence.sum();
        Some(Fit { noses, quad, evidence })
    }

    /// Returns the share of each pocket's place that is not cloth, corners first; 0.5 outside the picture.
    fn pockets(&self, quad: &NoseQuad) -> [f32; 6] {
        // Places are in widths of the table from the point where the noses meet, or from the middle of the long nose.
        const CORNER: f64 = 0.012;
        const SIDE: f64 = 0.03;
        const RADIUS: f64 = 0.02;
        let square = Perspective::onto(quad);
        let (u, v) = (1.0_f64.min(1.0 / self.view.aspect), 1.0_f64.min(self.view.aspect));
        let [a, b] = [CORNER * u, CORNER * v];
        // The place of each pocket, and the side and the share of it whose bed is nearest.
        let corners =
            [([-a, -b], 0, 0.0), ([1.0 + a, -b], 0, 1.0), ([1.0 + a, 1.0 + b], 2, 0.0), ([-a, 1.0 + b], 2, 1.0)];
        let middles = if self.view.aspect > 1.0 {
            [([0.5, -SIDE * v], 0, 0.5), ([0.5, 1.0 + SIDE * v], 2, 0.5)]
        } else {
            [([-SIDE * u, 0.5], 3, 0.5), ([1.0 + SIDE * u, 0.5], 1, 0.5)]
        };
        let other = |([x, y], side, share): ([f64; 2], usize, f64)| {
            let bed = self.readings[side].bed_at(share);
            let grid = (-2..=2).flat_map(|i| (-2..=2).map(move |j| (f64::from(i), f64::from(j))));
            let places = grid.map(|(i, j)| square.at(x + 0.5 * RADIUS * u * i, y + 0.5 * RADIUS * v * j));
            let (count, sum) = places
                .filter_map(|place| reading::sample(self.picture, place))
                .fold((0.0, 0.0), |(count, sum), pixel| (count + 1.0, sum + 1.0 - bed.likeness(pixel)));
            if count > 8.0 { sum / count } else { 0.5 }
        };
        let [a, b, c, d] = corners.map(other);
        let [e, f] = middles.map(other);
        [a, b, c, d, e, f]
    }

    /// Returns the share of the bed that is cloth.
    fn bed(&self, quad: &NoseQuad) -> f32 {
        const GRID: usize = 16;
        let square = Perspective::onto(quad);
        let at = |i: usize| (i as f64 + 0.5) / GRID as f64;
        let likeness = |(u, v): (f64, f64)| {
            let Some(pixel) = reading::sample(self.picture, square.at(u, v)) else { return 0.0 };
            // The light of the nearest side that fits; the colour is the same anywhere.
            let shares = [u, v, 1.0 - u, 1.0 - v];
            let beds = self.readings.iter().zip(shares).map(|(reading, share)| reading.bed_at(share));
            beds.map(|bed| bed.likeness(pixel)).fold(0.0, f32::max)
        };
        let places = (0..GRID).flat_map(|i| (0..GRID).map(move |j| (at(i), at(j))));
        places.map(likeness).sum::<f32>() / (GRID * GRID) as f32
    }
}
