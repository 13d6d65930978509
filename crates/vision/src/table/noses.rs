//! Detection of the nose lines inside the cloth's outline.
//!
//! Seen from above, a cushion ends in its nose, and below the nose is its shadow: the cloth darkens inwards along a
//! whole side. Among several such edges the nose is chosen for all four sides at once: the cushions are equally wide,
//! and the noses lie a little lower than the outline, which shifts them all towards the camera's foot.

use super::{
    NoTable, Side,
    shape::{Perspective, View},
};
use crate::{
    cloth::chromaticity,
    grids::{NosePoint, NosePx, NoseQuad},
    lines::Line,
    picture::Picture,
};
use euclid::Point2D;
use std::ops::Range;

/// Maximum depth from the outline at which noses are searched for, in widths of the outline.
const DEEPEST: f64 = 0.14;
/// Number of depths that are examined.
const ROWS: usize = 115;
/// Number of places along a side that are examined.
const STATIONS: usize = 120;

/// Parameters of the search for four lines inside an outline, all about equally far from it; in widths of the outline.
struct Band {
    /// Minimum and maximum distance from the outline.
    widths: [f64; 2],
    usual: f64,
    spread: f64,
    /// Minimum relative darkening at which a line counts as visible.
    least: f64,
}

/// Parameters for cushions, from snooker tables to small pool tables. A darkening of this size stands out from noise
/// when it runs all along a side.
const CUSHIONS: Band = Band { widths: [0.022, 0.066], usual: 0.042, spread: 0.015, least: 0.02 };
/// Parameters for cushions inside something that was taken for them.
const INNER: Band = Band { least: 0.07, ..CUSHIONS };
/// Parameters for rails of the cloth's colour.
const RAILS: Band = Band { widths: [0.05, 0.125], usual: 0.085, spread: 0.03, least: 0.03 };

/// Candidates for the height of the outline above the noses, in widths of the cushion.
const DROP: [f64; 4] = [0.0, 0.1, 0.2, 0.3];
/// Height of the wood above the cloth's edge, in widths of the cushion: on the near side it hides some cushion.
const WOOD: f64 = 0.15;
/// Uncertainty of a nose's depth, in widths of the cushion: tilted rails, a rough outline.
const SPREAD: f64 = 0.2;
/// Weight of an edge that brightens inwards, relative to one that darkens: the far edge of a nose's shadow is one too.
pub(super) const BRIGHTENING: f64 = 0.5;
/// Minimum relative darkening at which a line counts as visible where the nose may be hidden: there it may be a shadow.
const CLEAR: f64 = 0.06;
/// Minimum slant of the view at which the nose of the near side may blend with the equally lit bed behind it.
const SLANTED: f64 = 0.45;

/// One side of the outline, read inwards.
struct Strip {
    /// First end of the side, in the unit square.
    from: [f64; 2],
    /// Second end of the side, in the unit square.
    to: [f64; 2],
    /// Vector inwards for a full width of the outline, in the unit square.
    inwards: [f64; 2],
    /// `true` if a pocket is in its middle.
    long: bool,
    /// Strongest darkening on a line at about each depth, and the depths of that line's ends.
    best: Vec<(f64, [f64; 2])>,
}

/// One nose line, in the pixel grid `U`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nose<U> {
    /// Line along the nose; its normal points inwards.
    pub line: Line<U>,
    /// `true` if its edge was visible; otherwise it is inferred from the other three.
    pub seen: bool,
}

/// Finds the noses inside `outline`, side 0 first.
pub(super) fn find(picture: &Picture, outline: &NoseQuad, view: &View) -> Result<[Nose<NosePx>; 4], NoTable> {
    // Around rails of the cloth's colour the outline is that of the rails, and the first lines inside it are the outer
    // edges of the cushions.
    let inner = |noses: &[Nose<NosePx>; 4]| {
        let quad = corners(&noses.map(|nose| nose.line))?;
        inside(picture, &quad, view, &INNER).ok()
    };
    let cushions = inside(picture, outline, view, &CUSHIONS);
    let outer = cushions.or_else(|reason| inside(picture, outline, view, &RAILS).map_err(|_| reason))?;
    let noses = inner(&outer).unwrap_or(outer);
    let quad = corners(&noses.map(|nose| nose.line)).ok_or(NoTable::Shape)?;
    let square = Perspective::onto(&quad);
    let bare = |side: &usize| noses[*side].seen && !Strip::new(*side, view.aspect).is_nose(picture, &square);
    (0..4).find(bare).map_or(Ok(noses), |side| Err(NoTable::NoNose(Side::ALL[side])))
}

/// Finds the lines inside an outline.
fn inside(picture: &Picture, outline: &NoseQuad, view: &View, band: &Band) -> Result<[Nose<NosePx>; 4], NoTable> {
    let square = Perspective::onto(outline);
    let strips: [Strip; 4] = std::array::from_fn(|side| Strip::new(side, view.aspect).read(picture, &square));
    agree(&strips, &square, view, band)
}

/// Returns the quad between four lines, side 0 first.
pub(super) fn corners<U: Copy>([top, right, bottom, left]: &[Line<U>; 4]) -> Option<[Point2D<f64, U>; 4]> {
    Some([left.meet(top)?, top.meet(right)?, right.meet(bottom)?, bottom.meet(left)?])
}

/// Returns the places along a side at which the nose is examined, as shares of the side, without the pockets.
pub(super) fn stations(count: usize, long: bool) -> impl Iterator<Item = f64> {
    (0..count)
        .map(move |i| 0.11 + 0.78 * i as f64 / (count - 1) as f64)
        .filter(move |t| !long || (t - 0.5).abs() > 0.055)
}

impl Strip {
    fn new(side: usize, aspect: f64) -> Self {
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        // Widths are measured across the shorter side of the rectangle.
        let (along_u, along_v) = (1.0_f64.min(1.0 / aspect), 1.0_f64.min(aspect));
        let inwards = [[0.0, along_v], [-along_u, 0.0], [0.0, -along_v], [along_u, 0.0]][side];
        let long = side.is_multiple_of(2) == (aspect > 1.0);
        Self { from: corners[side], to: corners[(side + 1) % 4], inwards, long, best: Vec::new() }
    }

    fn read(mut self, picture: &Picture, square: &Perspective<NosePx>) -> Self {
        let stations: Vec<f64> = stations(STATIONS, self.long).collect();
        let profiles: Vec<Vec<f64>> = stations.iter().map(|t| self.darkening(picture, square, *t)).collect();
        self.best = strongest(&stations, &profiles);
        self
    }

    /// Returns whether a side of the nose quad has cloth on both sides, as a nose has and the edge of a rail has not.
    fn is_nose(&self, picture: &Picture, square: &Perspective<NosePx>) -> bool {
        // Depths on the cushion, and on the bed beyond the nose's shadow and, from the side, the far cushion's face; in
        // widths of the table.
        const CUSHION: f64 = -0.015;
        const BED: f64 = 0.2;
        // Cushions slope, and face other lamps than the bed.
        const LIGHT: Range<f32> = 0.45..2.2;
        const COLOUR: f32 = 0.12;
        let mut differences: Vec<(f32, f32)> = stations(STATIONS / 3, self.long)
            .map(|t| {
                let [(outer, light), (inner, lit)] = [CUSHION, BED].map(|depth| {
                    let p = self.at(square, t, depth);
                    chromaticity(picture.sample(p.x as f32, p.y as f32))
                });
                ((outer[0] - inner[0]).hypot(outer[1] - inner[1]), light / lit.max(1.0))
            })
            .collect();
        let middle = differences.len() / 2;
        let (_, &mut (colour, _), _) = differences.select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0));
        let (_, &mut (_, light), _) = differences.select_nth_unstable_by(middle, |a, b| a.1.total_cmp(&b.1));
        colour < COLOUR && LIGHT.contains(&light)
    }

    /// Returns the place at a share of the side and a depth.
    fn at(&self, square: &Perspective<NosePx>, t: f64, depth: f64) -> NosePoint {
        let [u, v] = [0, 1].map(|i| self.from[i] + t * (self.to[i] - self.from[i]) + depth * self.inwards[i]);
        square.at(u, v)
    }

    /// Returns the relative darkening of the picture inwards, for each depth.
    fn darkening(&self, picture: &Picture, square: &Perspective<NosePx>, t: f64) -> Vec<f64> {
        // Sums of the channels below this are mostly noise.
        const DARK: f32 = 24.0;
        // Limit reached by a shadow's edge, so that nothing else outvotes it.
        const MOST: f64 = 0.5;
        let step = DEEPEST / ROWS as f64;
        let pixels = (self.at(square, t, DEEPEST) - self.at(square, t, 0.0)).length() / ROWS as f64;
        // The difference over some three pixels.
        let reach = (1.5 / pixels.max(0.05)).round().clamp(1.0, 12.0) as usize;
        let light: Vec<f64> = (0..ROWS + 2 * reach)
            .map(|k| {
                let p = self.at(square, t, (k as f64 - reach as f64) * step);
                f64::from((picture.sample(p.x as f32, p.y as f32).iter().sum::<f32>() + DARK).ln())
            })
            .collect();
        (0..ROWS).map(|k| (light[k] - light[k + 2 * reach]).clamp(-MOST, MOST)).collect()
    }

    fn line(&self, square: &Perspective<NosePx>, [start, end]: [f64; 2]) -> Option<Line<NosePx>> {
        Line::through(self.at(square, 0.0, start), self.at(square, 1.0, end))
    }

    /// Returns the strongest darkening near a depth, with less weight for lines farther off.
    fn strongest_near(&self, depth: f64, spread: f64) -> (f64, [f64; 2]) {
        let score = |i: usize| {
            let distance = (i as f64 * DEEPEST / ROWS as f64 - depth) / spread;
            self.best[i].0 * (-0.5 * distance * distance).exp()
        };
        let i = (0..ROWS).max_by(|a, b| score(*a).total_cmp(&score(*b))).unwrap_or(0);
        (score(i), self.best[i].1)
    }
}

/// Returns for each depth the line around it along which the picture darkens most.
fn strongest(stations: &[f64], profiles: &[Vec<f64>]) -> Vec<(f64, [f64; 2])> {
    // Maximum deviation of a line from the parallel to the outline, in rows over its length.
    const SLANT: isize = 9;
    let mean = |start: f64, end: f64| {
        let sum: f64 = stations
            .iter()
            .zip(profiles)
            .map(|(t, profile)| profile.get((start + (end - start) * t).round() as usize).copied().unwrap_or(0.0))
            .sum();
        let mean = sum / stations.len().max(1) as f64;
        // Light from low on one side leaves that side's cushion darker than the bed.
        if mean < 0.0 { BRIGHTENING * -mean } else { mean }
    };
    let depth = |row: f64| row * DEEPEST / ROWS as f64;
    (0..ROWS)
        .map(|row| {
            (-SLANT..=SLANT)
                .map(|slant| (row as f64 - 0.5 * slant as f64, row as f64 + 0.5 * slant as f64))
                .filter(|(start, end)| *start >= 0.0 && *end >= 0.0)
                .map(|(start, end)| (mean(start, end), [depth(start), depth(end)]))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .unwrap_or_default()
        })
        .collect()
}

/// Finds the noses that fit one width of the cushions best.
fn agree(
    strips: &[Strip; 4],
    square: &Perspective<NosePx>,
    view: &View,
    band: &Band,
) -> Result<[Nose<NosePx>; 4], NoTable> {
    const STEPS: i32 = 44;
    let may_hide = |side: usize| view.slant[side] > SLANTED;
    let mut best: Option<(f64, [(bool, [f64; 2]); 4])> = None;
    for i in 0..=STEPS {
        let cushion = band.widths[0] + (band.widths[1] - band.widths[0]) * f64::from(i) / f64::from(STEPS);
        let usual = (cushion - band.usual) / band.spread;
        for drop in DROP {
            let mut total = 0.0;
            let noses = std::array::from_fn(|side| {
                let slant = view.slant[side];
                let depth = cushion * (1.0 - drop * slant - WOOD * slant.max(0.0)).max(0.25);
                let (score, ends) = strips[side].strongest_near(depth, SPREAD * cushion);
                total += score;
                let seen = score > if may_hide(side) { band.least.max(CLEAR) } else { band.least };
                (seen, if seen { ends } else { [depth, depth] })
            });
            let score = total * (-0.5 * usual * usual).exp();
            if best.is_none_or(|(most, _)| score > most) {
                best = Some((score, noses));
            }
        }
    }
    let Some((_, ends)) = best else { return Err(NoTable::Shape) };
    if let Some(side) = (0..4).find(|side| !ends[*side].0 && !may_hide(*side)) {
        return Err(NoTable::NoNose(Side::ALL[side]));
    }
    let nose = |side: usize| {
        let (seen, ends) = ends[side];
        strips[side].line(square, ends).map(|line| Nose { line, seen })
    };
    match (nose(0), nose(1), nose(2), nose(3)) {
        (Some(a), Some(b), Some(c), Some(d)) => Ok([a, b, c, d]),
        _ => Err(NoTable::Shape),
    }
}
