//! Outer edge of the cloth: four straight sides around an area of one colour.

use super::{
    NoTable, Side,
    proposals::central_colour,
    region::{Strictness, central_region, cloth_mask},
    shape::{self, Perspective},
};
use crate::{
    VisionError,
    grids::{OutlinePoint, OutlinePx, OutlineQuad, OutlineVector},
    lines::Line,
    picture::Picture,
};
use billiards_table::FrameSize;
use opencv::{
    core::{Mat, Point, Vector},
    imgproc,
    prelude::*,
};
use std::ops::Range;

/// Range of length over width of the outline of the cloth, including cushions and lens distortion, over that of the
/// bed.
const ASPECT: Range<f64> = 0.75..1.3;
/// Maximum deviation of a side from a straight line, pixels: half a pixel of noise, and lens distortion.
const STRAIGHT: f64 = 3.0;
/// Minimum visible share of a side; the rest may lie behind people.
const SEEN: f64 = 0.2;
/// Minimum visible share of all four sides together.
const SEEN_IN_ALL: f64 = 0.45;
/// Minimum share of the region that must lie inside the outline: tables have no tails.
const INSIDE: f64 = 0.94;
/// Minimum share of the outline that must be cloth; balls, people and glare cover the rest.
const FILLED: f64 = 0.6;
/// Minimum share of the cushions' tops that must be cloth; shadows and hands cover the rest.
const CUSHIONS: f64 = 0.4;

/// Returns the reason why the area of the most common colour in the middle of the outline picture is not the cloth of a
/// table of this `aspect`; `Ok` if its outline is that of one. Without colour the cloth is found by its brightness.
pub(super) fn judge(
    small: &Picture,
    colourless: bool,
    strictness: &Strictness,
    aspect: f64,
) -> Result<Result<(), NoTable>, VisionError> {
    let Some(cloth) = central_colour(small, colourless) else { return Ok(Err(NoTable::Dark)) };
    let mask = cloth_mask(small, &cloth, strictness)?;
    let Some(region) = central_region(&mask, strictness)? else { return Ok(Err(NoTable::NoCloth)) };
    verdict(&straights(&contour(&region)?, small.width, small.height), &region, &mask, aspect)
}

/// A point of the outer contour, and the unit vector out of the region there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    at: OutlinePoint,
    outwards: OutlineVector,
}

/// Returns the outer contours of the region's parts, one point per pixel.
pub(super) fn contour(region: &Mat) -> Result<Vec<Edge>, VisionError> {
    let mut found = Vector::<Vector<Point>>::new();
    imgproc::find_contours_def(region, &mut found, imgproc::RETR_EXTERNAL, imgproc::CHAIN_APPROX_NONE)?;
    Ok(found.iter().flat_map(|points| edges_of(&points)).collect())
}

/// Returns the edges of one closed contour.
fn edges_of(points: &Vector<Point>) -> Vec<Edge> {
    // Pixels along the contour over which its direction is taken: several steps of a line's staircase.
    const REACH: usize = 6;
    let points: Vec<_> = points.iter().map(|p| OutlinePoint::new(f64::from(p.x), f64::from(p.y))).collect();
    let n = points.len();
    let turn: f64 =
        (0..n).map(|i| (points[i], points[(i + 1) % n])).map(|(a, b)| a.to_vector().cross(b.to_vector())).sum();
    let edge = |i: usize| {
        let (a, b) = (points[(i + n - REACH.min(n)) % n], points[(i + REACH) % n]);
        let along = (b - a) * turn.signum();
        let length = along.x.hypot(along.y).max(1e-9);
        Edge { at: points[i], outwards: OutlineVector::new(along.y, -along.x) / length }
    };
    (0..n).map(edge).collect()
}

/// Straight part of the contour, possibly in pieces.
#[derive(Debug, Clone)]
pub(super) struct Straight {
    /// Line through the points; its normal points out of the region.
    pub line: Line<OutlinePx>,
    points: Vec<OutlinePoint>,
    /// Side of the picture at which the region ends only because the picture does; `None` for a real edge.
    border: Option<Side>,
}

/// Returns the straight parts of the contour, longest first, in a picture of this size.
pub(super) fn straights(contour: &[Edge], w: usize, h: usize) -> Vec<Straight> {
    const MOST: usize = 14;
    // Minimum share of the contour that a side of a table takes up.
    const SHORTEST: f64 = 0.04;
    let shortest = (SHORTEST * contour.len() as f64).max(12.0) as usize;
    let mut left = contour.to_vec();
    let mut out = Vec::new();
    while out.len() < MOST
        && let Some(line) = strongest_line(&left, w.max(h) as f64)
    {
        let (on, rest): (Vec<_>, Vec<_>) = left.iter().partition(|edge| is_on_line(&line, edge, 1.5 * STRAIGHT));
        left = rest;
        let points: Vec<_> =
            on.into_iter().filter(|edge| is_on_line(&line, edge, STRAIGHT)).map(|edge| edge.at).collect();
        if points.len() < shortest {
            break;
        }
        let on_border =
            |inside: &dyn Fn(&OutlinePoint) -> bool| 2 * points.iter().filter(|p| inside(p)).count() > points.len();
        let (right, bottom) = (w as f64 - 2.5, h as f64 - 2.5);
        let border = if on_border(&|p| p.x < 1.5) {
            Some(Side::Left)
        } else if on_border(&|p| p.x > right) {
            Some(Side::Right)
        } else if on_border(&|p| p.y < 1.5) {
            Some(Side::Top)
        } else if on_border(&|p| p.y > bottom) {
            Some(Side::Bottom)
        } else {
            None
        };
        out.push(Straight { line, points, border });
    }
    out
}

/// Returns whether a piece of contour lies on a line and faces the same way.
fn is_on_line(line: &Line<OutlinePx>, edge: &Edge, tolerance: f64) -> bool {
    // 25 degrees: the staircase of a thin line, and frayed cloth.
    const FACING: f64 = 0.9;
    line.distance(edge.at).abs() < tolerance && line.normal.dot(edge.outwards) > FACING
}

/// Returns the line on which most of the contour lies, its normal outwards: a Hough transform in which each point votes
/// only for lines in its own direction.
fn strongest_line(contour: &[Edge], reach: f64) -> Option<Line<OutlinePx>> {
    const ANGLES: usize = 120;
    // The direction of a point is known to about 6 degrees.
    const SPREAD: usize = 2;
    const BIN: f64 = 3.0;
    let bins = (3.0 * reach / BIN) as usize + 1;
    let normal = |angle: usize| {
        let (sin, cos) = (std::f64::consts::TAU * angle as f64 / ANGLES as f64).sin_cos();
        OutlineVector::new(cos, sin)
    };
    let mut votes = vec![0_u32; ANGLES * bins];
    for edge in contour {
        let turn = edge.outwards.y.atan2(edge.outwards.x) / std::f64::consts::TAU;
        let own = (turn.rem_euclid(1.0) * ANGLES as f64).round() as usize;
        for angle in own + ANGLES - SPREAD..=own + ANGLES + SPREAD {
            let n = normal(angle % ANGLES);
            let bin = (n.dot(edge.at.to_vector()) + 1.5 * reach) / BIN;
            votes[(angle % ANGLES) * bins + (bin as usize).min(bins - 1)] += 1;
        }
    }
    let best = (0..votes.len()).max_by_key(|i| votes[*i])?;
    let n = normal(best / bins);
    let mut line = Line { normal: n, offset: ((best % bins) as f64 + 0.5) * BIN - 1.5 * reach };
    for tolerance in [2.0 * BIN, STRAIGHT, STRAIGHT] {
        let on = contour.iter().filter(|edge| is_on_line(&line, edge, tolerance)).map(|edge| (edge.at, 1.0));
        let fitted = Line::fit(on)?;
        line = if fitted.normal.dot(n) < 0.0 { fitted.flipped() } else { fitted };
    }
    Some(line)
}

/// Returns the reason why the four straight parts that best enclose the region are not the sides of a table of this
/// `aspect`, or why there are none.
fn verdict(straights: &[Straight], region: &Mat, mask: &Mat, aspect: f64) -> Result<Result<(), NoTable>, VisionError> {
    let size = FrameSize { width: region.cols() as u32, height: region.rows() as u32 };
    let (bytes, mask) = (region.data_bytes()?, mask.data_bytes()?);
    let area = bytes.iter().filter(|v| **v != 0).count() as f64;
    let angle = |s: &Straight| s.line.normal.y.atan2(s.line.normal.x);
    let mut order: Vec<&Straight> = straights.iter().collect();
    order.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    let mut best: Option<(f64, Result<(), NoTable>)> = None;
    for_each_four(order.len(), |four| {
        let sides = four.map(|i| order[i]);
        let Some(quad) = corners(&sides) else { return };
        let Some(seen) = support(&sides, &quad) else { return };
        let filled = filled(&quad, bytes, size);
        let cut = sides.iter().find_map(|side| side.border).or_else(|| outside(&quad, size));
        let fills = sides.iter().filter(|side| side.border.is_some()).count() > 2;
        let verdict = match cut {
            Some(_) if fills => Err(NoTable::Fills),
            Some(side) => Err(NoTable::Cut(side)),
            None if filled * shape::area(&quad) < INSIDE * area => return,
            None if filled < FILLED || cushions(&quad, mask, size) < CUSHIONS => return,
            None if !table_shaped(&quad, size, aspect) => Err(NoTable::Shape),
            None => Ok(()),
        };
        // Sides of another shape win only if they fit far better.
        let score = seen * filled * if verdict.is_ok() { 1.0 } else { 0.8 };
        if best.as_ref().is_none_or(|(most, _)| score > *most) {
            best = Some((score, verdict));
        }
    });
    Ok(best.map_or(Err(NoTable::Ragged), |(_, verdict)| verdict))
}

/// Calls `call` with every choice of four out of the first `n` numbers, ascending.
pub(super) fn for_each_four(n: usize, mut call: impl FnMut([usize; 4])) {
    for a in 0..n {
        for b in a + 1..n {
            for c in b + 1..n {
                for d in c + 1..n {
                    call([a, b, c, d]);
                }
            }
        }
    }
}

/// Returns the corners of sides in angular order: corner `i` between sides `i - 1` and `i`; `None` if they enclose
/// nothing.
pub(super) fn corners(sides: &[&Straight; 4]) -> Option<OutlineQuad> {
    let meet = |i: usize| sides[(i + 3) % 4].line.meet(&sides[i].line);
    let quad = [meet(0)?, meet(1)?, meet(2)?, meet(3)?];
    shape::is_convex(&quad).then_some(quad)
}

/// Returns the share of the quad's sides on which the contour was found; `None` if too little is visible.
pub(super) fn support(sides: &[&Straight; 4], quad: &OutlineQuad) -> Option<f64> {
    let (mut seen, mut length) = (0.0, 0.0);
    for (i, side) in sides.iter().enumerate() {
        let (a, b) = (quad[i], quad[(i + 1) % 4]);
        let (whole, along) = ((b - a).length(), (b - a).normalize());
        let on = side.points.iter().filter(|p| (0.0..whole).contains(&(**p - a).dot(along))).count();
        // A slanted line has fewer pixels than it is long.
        let on = (on as f64 / along.x.abs().max(along.y.abs())).min(whole);
        if on < SEEN * whole {
            return None;
        }
        seen += on;
        length += whole;
    }
    Some(seen / length).filter(|share| *share > SEEN_IN_ALL)
}

/// Returns the share of a quad that a mask fills.
pub(super) fn filled(quad: &OutlineQuad, mask: &[u8], size: FrameSize) -> f64 {
    const STEPS: usize = 24;
    let square = Perspective::onto(quad);
    let at = |k: usize| (k as f64 + 0.5) / STEPS as f64;
    let inside = |i: &usize| within(square.at(at(i % STEPS), at(i / STEPS)), mask, size);
    (0..STEPS * STEPS).filter(inside).count() as f64 / (STEPS * STEPS) as f64
}

/// Returns the share of the cushions' tops that a mask fills: inside a real outline the cloth reaches up to the
/// outline.
fn cushions(quad: &OutlineQuad, mask: &[u8], size: FrameSize) -> f64 {
    const STEPS: usize = 50;
    // Half the width of a cushion across a table, or most of it along the table.
    const INSET: f64 = 0.015;
    let square = Perspective::onto(quad);
    let at = |k: usize| {
        let t = 0.1 + 0.8 * (k as f64 + 0.5) / STEPS as f64;
        [(t, INSET), (t, 1.0 - INSET), (INSET, t), (1.0 - INSET, t)].map(|(u, v)| square.at(u, v))
    };
    let inside = (0..STEPS).flat_map(at).filter(|p| within(*p, mask, size)).count();
    inside as f64 / (4 * STEPS) as f64
}

/// Returns whether a place is in the mask of a picture.
fn within(p: OutlinePoint, mask: &[u8], size: FrameSize) -> bool {
    let p = p.round();
    let inside = (0.0..f64::from(size.width)).contains(&p.x) && (0.0..f64::from(size.height)).contains(&p.y);
    inside && mask[p.y as usize * size.width as usize + p.x as usize] != 0
}

/// Returns the side of the picture beyond which a corner lies.
fn outside(quad: &OutlineQuad, size: FrameSize) -> Option<Side> {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    // Noses lie inside the outline, so the outline may reach a little beyond the picture.
    let spare = 0.01 * w;
    quad.iter().find_map(|p| {
        [(-p.x, Side::Left), (p.x - w, Side::Right), (-p.y, Side::Top), (p.y - h, Side::Bottom)]
            .into_iter()
            .find(|(beyond, _)| *beyond > spare)
            .map(|(_, side)| side)
    })
}

/// Returns whether an outline can be that of a table of this `aspect`.
pub(super) fn table_shaped(quad: &OutlineQuad, size: FrameSize, aspect: f64) -> bool {
    shape::view(quad, size, aspect).is_some_and(|view| view.has_aspect(aspect, &ASPECT))
}

/// Returns the same corners in the order top left, top right, bottom right, bottom left, as nearly as possible.
pub(super) fn in_order(quad: OutlineQuad, size: FrameSize) -> OutlineQuad {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    let picture = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(OutlinePoint::from);
    let turned = |by: usize| -> OutlineQuad { std::array::from_fn(|i| quad[(i + by) % 4]) };
    let distance =
        |by: &usize| -> f64 { turned(*by).iter().zip(&picture).map(|(a, b)| (*a - *b).square_length()).sum() };
    turned((0..4).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0))
}
