//! One side of a quad in the picture, read across: the lines that run along it, and where the cloth is.
//!
//! A line is judged by how alike it is all along the side, not by its contrast: the edge of a nose is weak on dark cloth
//! and strong under a lamp, but it runs from pocket to pocket. Cloth is whatever resembles the bed farther inside, with
//! the bed's light at that place.

use super::{noses::stations, shape::Perspective};
use crate::{
    cloth::chromaticity,
    grids::{NosePoint, NosePx},
    picture::Picture,
};
use std::ops::Range;

/// Range of depths that is read, in widths of the quad; inwards is positive.
pub(super) const DEPTHS: Range<f64> = -0.12..0.16;
/// Number of depths that are read.
pub(super) const ROWS: usize = 224;
/// Distance of two depths, in widths of the quad.
pub(super) const STEP: f64 = (DEPTHS.end - DEPTHS.start) / ROWS as f64;
/// Number of places along a side at which it is read.
const STATIONS: usize = 64;
/// Depths on the bed whose colour and light are those of the cloth, in widths of the quad.
const BED: [f64; 5] = [0.17, 0.2, 0.24, 0.28, 0.33];
/// Number of neighbours on each side whose light is averaged, stations.
const NEIGHBOURS: usize = 4;
/// Maximum deviation of a line from the parallel to the side, rows over its length.
const SLANT: i32 = 12;
/// Step between slants, rows.
const SLANT_STEP: usize = 2;
/// Number of rows beyond a nose in which another one would be.
const INNER: usize = (0.06 / STEP) as usize;
/// Sum of the channels below which they are mostly noise.
const DARK: f32 = 24.0;

/// The line that stands out most at about one depth.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Edge {
    /// Mean step across the line over its spread along the line, all channels together: 0 in noise, 1 on an edge that is
    /// there nearly everywhere.
    pub clearness: f32,
    /// `true` if the picture darkens inwards.
    pub darkens: bool,
    /// Depths of the line's ends, in widths of the quad.
    pub ends: [f64; 2],
}

/// A side that has been read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Clearest line at about each depth.
    pub edges: Vec<Edge>,
    /// Sums over the rows before each row of the share of cloth.
    cloth: Vec<f32>,
    /// Share of the stations that lie inside the picture at each depth.
    pub visible: Vec<f32>,
    /// Clearness of the clearest line a little beyond each depth inside which the picture darkens as inside a nose.
    pub inner: Vec<f32>,
    /// Cloth at each station.
    bed: Vec<Bed>,
}

/// The bed near one station.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bed {
    colour: [f32; 2],
    spread: f32,
    /// Natural logarithm of the sum of the channels.
    light: f32,
}

impl Bed {
    /// Returns how much a pixel resembles this cloth: 1 for the same colour and light, 0 for others.
    pub fn likeness(&self, pixel: [f32; 3]) -> f32 {
        // Cushions slope and face other lamps than the bed, and noses shade it; but the less colour a cloth has, the more
        // its brightness must tell.
        const DARKER: [f32; 2] = [0.3, 0.7];
        const BRIGHTER: [f32; 2] = [0.25, 0.8];
        const COLOURED: f32 = 0.08;
        let saturation = (self.colour[0] - 1.0 / 3.0).hypot(self.colour[1] - 1.0 / 3.0);
        let between = |[grey, coloured]: [f32; 2]| grey + (coloured - grey) * (saturation / COLOURED).min(1.0);
        let (colour, sum) = chromaticity(pixel);
        // Two grey levels of noise as chromaticity.
        let spread = self.spread.hypot(2.0 / (sum + DARK));
        let difference = (colour[0] - self.colour[0]).hypot(colour[1] - self.colour[1]) / spread;
        let light = (sum + DARK).ln() - self.light;
        let light = light / between(if light < 0.0 { DARKER } else { BRIGHTER });
        let square = 0.25 * (difference * difference + light * light);
        1.0 / (1.0 + square * square)
    }
}

/// Returns the depth of a row.
pub(super) fn depth(row: f64) -> f64 {
    DEPTHS.start + row * STEP
}

/// A side of a quad: its ends and the direction inwards, in the unit square.
#[derive(Debug, Clone, Copy)]
pub(super) struct SideOf {
    from: [f64; 2],
    to: [f64; 2],
    inwards: [f64; 2],
    /// `true` if a pocket is in its middle.
    pub long: bool,
}

impl SideOf {
    /// Returns a side of a quad whose sides 0 and 2 are `aspect` times as long as the others in space.
    pub fn new(side: usize, aspect: f64) -> Self {
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        // Widths are measured across the shorter side of the rectangle.
        let (along_u, along_v) = (1.0_f64.min(1.0 / aspect), 1.0_f64.min(aspect));
        let inwards = [[0.0, along_v], [-along_u, 0.0], [0.0, -along_v], [along_u, 0.0]][side];
        Self {
            from: corners[side],
            to: corners[(side + 1) % 4],
            inwards,
            long: side.is_multiple_of(2) == (aspect > 1.0),
        }
    }

    /// Returns the place at a share of the side and a depth.
    pub fn at(&self, square: &Perspective<NosePx>, t: f64, depth: f64) -> NosePoint {
        let [u, v] = [0, 1].map(|i| self.from[i] + t * (self.to[i] - self.from[i]) + depth * self.inwards[i]);
        square.at(u, v)
    }

    /// Reads the side.
    pub fn read(&self, picture: &Picture, square: &Perspective<NosePx>) -> Reading {
        let places: Vec<f64> = stations(STATIONS, self.long).collect();
        let bed = self.bed(picture, square, &places);
        let pixels = (self.at(square, 0.5, DEPTHS.end) - self.at(square, 0.5, DEPTHS.start)).length() / ROWS as f64;
        // A step over some three pixels.
        let reach = (1.5 / pixels.max(0.05)).round().clamp(1.0, 16.0) as usize;
        let mut steps: Vec<Vec<Option<[f32; 3]>>> = Vec::with_capacity(places.len());
        let (mut cloth, mut visible) = (vec![0.0_f32; ROWS], vec![0.0_f32; ROWS]);
        for (t, bed) in places.iter().zip(&bed) {
            let samples: Vec<Option<[f32; 3]>> = (0..ROWS + 2 * reach)
                .map(|k| sample(picture, self.at(square, *t, depth(k as f64 - reach as f64))))
                .collect();
            for (k, pixel) in samples[reach..reach + ROWS].iter().enumerate() {
                if let Some(pixel) = pixel {
                    visible[k] += 1.0;
                    cloth[k] += bed.likeness(*pixel);
                }
            }
            let read: Vec<Option<[f32; 3]>> = samples
                .iter()
                .map(|pixel| {
                    pixel.map(|pixel| {
                        let ([green, red], sum) = chromaticity(pixel);
                        [(sum + DARK).ln(), green, red]
                    })
                })
                .collect();
            steps.push((0..ROWS).map(|k| Some(step(read[k]?, read[k + 2 * reach]?))).collect());
        }
        let count = places.len() as f32;
        let mut sum = 0.0;
        let mut sums = Vec::with_capacity(ROWS + 1);
        sums.push(0.0);
        for (cloth, visible) in cloth.iter().zip(&visible) {
            sum += if *visible > 0.0 { cloth / visible } else { 0.0 };
            sums.push(sum);
        }
        visible.iter_mut().for_each(|visible| *visible /= count);
        let edges = clearest(&places, &steps);
        Reading { inner: darkening_beyond(&edges), edges, cloth: sums, visible, bed }
    }

    /// Returns the cloth at each station, from the bed farther inside.
    fn bed(&self, picture: &Picture, square: &Perspective<NosePx>, places: &[f64]) -> Vec<Bed> {
        let samples: Vec<Vec<([f32; 2], f32)>> = places
            .iter()
            .map(|t| {
                let at = |depth: &f64| sample(picture, self.at(square, *t, *depth)).map(chromaticity);
                BED.iter().filter_map(at).map(|(colour, sum)| (colour, (sum + DARK).ln())).collect()
            })
            .collect();
        let all = || samples.iter().flatten();
        let colour = [0, 1].map(|i| median(all().map(|(colour, _)| colour[i]).collect()));
        let deviation = median(all().map(|(c, _)| (c[0] - colour[0]).hypot(c[1] - colour[1])).collect());
        let spread = (2.0 * deviation).clamp(0.012, 0.03);
        (0..places.len())
            .map(|i| {
                let near = samples[i.saturating_sub(NEIGHBOURS)..(i + NEIGHBOURS + 1).min(places.len())].iter();
                let near: Vec<&([f32; 2], f32)> = near.flatten().collect();
                let light = median(near.iter().map(|(_, light)| *light).collect());
                let colour = [0, 1].map(|i| median(near.iter().map(|(colour, _)| colour[i]).collect()));
                Bed { colour, spread, light }
            })
            .collect()
    }
}

impl Reading {
    /// Returns the mean share of cloth between two rows.
    pub fn cloth(&self, rows: Range<usize>) -> f32 {
        let (start, end) = (rows.start.min(ROWS), rows.end.min(ROWS));
        if end > start { (self.cloth[end] - self.cloth[start]) / (end - start) as f32 } else { 0.0 }
    }

    /// Returns the cloth at a share of the side.
    pub fn bed_at(&self, t: f64) -> Bed {
        let i = (t * self.bed.len() as f64) as usize;
        self.bed.get(i.min(self.bed.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// Returns for each row the clearness of the clearest line within [`INNER`] rows beyond it inside which the picture
/// darkens; the flank of the line at that row itself is not one.
fn darkening_beyond(edges: &[Edge]) -> Vec<f32> {
    let beyond = |row: usize| {
        let (mut clearest, mut gap) = (0.0_f32, f32::INFINITY);
        for edge in &edges[row..(row + INNER).min(edges.len())] {
            gap = gap.min(edge.clearness);
            if edge.darkens && edge.clearness > 2.0 * gap {
                clearest = clearest.max(edge.clearness);
            }
        }
        clearest
    };
    (0..edges.len()).map(beyond).collect()
}

/// Returns the pixel at a place; `None` outside the picture.
pub(super) fn sample(picture: &Picture, p: NosePoint) -> Option<[f32; 3]> {
    let (x, y) = (p.x as f32, p.y as f32);
    let inside = (0.0..=(picture.width - 1) as f32).contains(&x) && (0.0..=(picture.height - 1) as f32).contains(&y);
    inside.then(|| picture.sample(x, y))
}

/// Returns the step from an outer to an inner place, limited so that no shadow outvotes the rest of a side.
fn step(outer: [f32; 3], inner: [f32; 3]) -> [f32; 3] {
    const LIMITS: [f32; 3] = [0.5, 0.1, 0.1];
    std::array::from_fn(|i| (outer[i] - inner[i]).clamp(-LIMITS[i], LIMITS[i]))
}

/// Returns the median of some values; 0 if there are none.
fn median(mut values: Vec<f32>) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// Returns for each row the clearest line around it.
fn clearest(places: &[f64], steps: &[Vec<Option<[f32; 3]>>]) -> Vec<Edge> {
    // Steps that are lost in the noise of a camera, in each channel.
    const NOISE: [f32; 3] = [0.02, 0.004, 0.004];
    // A line must be inside the picture at most stations.
    let enough = places.len() / 2;
    let clearness = |start: f64, end: f64| {
        let (mut n, mut sum, mut square) = (0_usize, [0.0_f32; 3], [0.0_f32; 3]);
        for (t, steps) in places.iter().zip(steps) {
            let row = (start + (end - start) * t).round();
            if row < 0.0 {
                continue;
            }
            if let Some(Some(step)) = steps.get(row as usize) {
                n += 1;
                for i in 0..3 {
                    sum[i] += step[i];
                    square[i] += step[i] * step[i];
                }
            }
        }
        if n < enough {
            return (0.0, false);
        }
        let n = n as f32;
        let part = |i: usize| {
            let mean = sum[i] / n;
            mean * mean / ((square[i] / n - mean * mean).max(0.0) + NOISE[i] * NOISE[i])
        };
        ((part(0) + part(1) + part(2)).sqrt(), sum[0] > 0.0)
    };
    (0..ROWS)
        .map(|row| {
            (-SLANT..=SLANT)
                .step_by(SLANT_STEP)
                .map(|slant| (row as f64 - 0.5 * f64::from(slant), row as f64 + 0.5 * f64::from(slant)))
                .map(|(start, end)| {
                    let (clearness, darkens) = clearness(start, end);
                    Edge { clearness, darkens, ends: [depth(start), depth(end)] }
                })
                .max_by(|a, b| a.clearness.total_cmp(&b.clearness))
                .unwrap_or_default()
        })
        .collect()
}
