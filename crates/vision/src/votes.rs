//! Gradient voting for the centres of circles.

use super::{
    balls::{BEYOND, RADIUS_SHARES},
    disc::{Disc, directions},
    grids::{CoarsePoint, FinePoint},
    scene::{COARSE, Scene, coarse, fine},
};
use std::f64::consts::TAU;

/// Share of the edge pixels that vote.
const VOTERS: f64 = 0.5;

/// Minimum share of a dark circle's votes that is required however much of the circle the projector lights.
const MIN_UNLIT: f64 = 0.4;

/// Candidate for the place of a circle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed {
    /// Centre of the circle.
    pub place: FinePoint,
    /// Radius of a ball there, working pixels.
    pub radius: f64,
    /// Share of the circle along which the coarse picture has edges that run with it.
    pub outline: f64,
}

impl Scene<'_> {
    /// Finds places where many gradients meet at about the radius that a ball has there and that edges surround, in
    /// descending order of the surrounded share. `votes` is the share of the circle's edge that must vote, `outline`
    /// the share that must have an edge, `radius_share` the radius over the table's length.
    pub(super) fn seeds(&self, radius_share: f64, votes: f64, outline: f64) -> Vec<Seed> {
        let (w, h) = (self.coarse.width, self.coarse.height);
        let sums = self.votes(radius_share);
        // Number of votes on a circle with a radius of one working pixel; an edge is about two coarse pixels wide.
        let full = TAU / COARSE * 2.0 * VOTERS;
        let lengths = self.quad.map(|p| self.perspective.length_at(p));
        let least = votes * full * radius_share * lengths.into_iter().fold(f64::MAX, f64::min);
        let least = if self.lit.is_some() { MIN_UNLIT * least } else { least };
        let mut seeds = Vec::new();
        for y in 1..h.saturating_sub(1) {
            let columns = self.columns(y, BEYOND * radius_share.max(RADIUS_SHARES.1) * self.length);
            let columns = columns.start.max(1)..columns.end.min(w - 1);
            for x in columns.filter(|x| sums[y * w + x] >= least as u16 && is_crest(&sums, w, *x, y)) {
                let place = fine(CoarsePoint::new(x as f64, y as f64));
                let radius = self.radius_at(radius_share, place);
                let votes = votes * self.unlit(place, radius).max(MIN_UNLIT);
                let has_votes = f64::from(sums[y * w + x]) >= votes * full * radius;
                let reach = (0.35 * radius / COARSE) as usize;
                if has_votes && is_peak(&sums, w, h, x, y, reach) && self.inset(place) > BEYOND * radius {
                    let seed = Seed { place, radius, outline: self.outline(place, radius, 2, &[]) };
                    seeds.extend((seed.outline >= outline).then_some((sums[y * w + x], seed)));
                }
            }
        }
        seeds.sort_by(|(a, x), (b, y)| y.outline.total_cmp(&x.outline).then(b.cmp(a)));
        seeds.into_iter().map(|(_, seed)| seed).collect()
    }

    /// Counts for each coarse pixel the gradients that put a centre there or on a neighbouring pixel.
    pub(super) fn votes(&self, radius_share: f64) -> Vec<u16> {
        boxed(&self.ballot(radius_share), self.coarse.width, self.coarse.height)
    }

    /// Counts for each coarse pixel the gradients that put a centre there.
    fn ballot(&self, radius_share: f64) -> Vec<u16> {
        let (w, h) = (self.coarse.width, self.coarse.height);
        let mut votes = vec![0_u16; w * h];
        for edge in self.edges.iter().filter(|edge| edge.votes) {
            let place = edge.place.to_f64();
            let radius = (self.radius_at(radius_share, place) / COARSE) as f32;
            let [x, y] = coarse(place).to_array().map(|v| v as f32 + 0.5);
            let [dx, dy] = edge.direction.map(|v| v * radius);
            for reach in [-1.1, -1.0, -0.9, 0.9, 1.0, 1.1] {
                let (x, y) = ((x + reach * dx) as i32, (y + reach * dy) as i32);
                // Negative values wrap to huge ones here.
                if (x as usize) < w && (y as usize) < h {
                    votes[y as usize * w + x as usize] += 1;
                }
            }
        }
        votes
    }

    /// Returns the share of a circle without projected light; the rest has no votes.
    pub(super) fn unlit(&self, centre: FinePoint, radius: f64) -> f64 {
        if self.lit.is_none() {
            return 1.0;
        }
        let rays = || directions().iter().step_by(3);
        let dark = rays().filter(|ray| !self.is_lit(ray.from(centre, radius))).count();
        dark as f64 / rays().count() as f64
    }

    /// Returns the share of a circle along which the coarse picture has edges that run with it, except where neighbours
    /// or light are. Every `stride`-th ray is used.
    pub(super) fn outline(&self, centre: FinePoint, radius: f64, stride: usize, neighbours: &[Disc]) -> f64 {
        let (w, h) = (self.coarse.width, self.coarse.height);
        let [x, y] = coarse(centre).to_array().map(|v| v as f32 + 0.5);
        let coarse_radius = (radius / COARSE) as f32;
        let (mut seen, mut looking) = (0_usize, 0_u32);
        for ray in directions().iter().step_by(stride) {
            let at = ray.from(centre, radius);
            if self.is_hidden(at, radius, neighbours) {
                continue;
            }
            let (cos, sin) = (ray.cos as f32, ray.sin as f32);
            let pixel = |reach: f32| {
                let (x, y) = (x + reach * coarse_radius * cos, y + reach * coarse_radius * sin);
                let inside = x >= 0.0 && y >= 0.0 && (x as usize) < w && (y as usize) < h;
                inside.then_some((x as usize, y as usize))
            };
            let reaches = || [1.0, 0.92, 1.08, 0.84, 1.16].into_iter().filter_map(pixel);
            if self.lit.is_some() && reaches().any(|(x, y)| self.is_coarse_lit(x, y)) {
                continue;
            }
            looking += 1;
            seen += usize::from(reaches().any(|(x, y)| {
                let [dx, dy] = self.compass[y * w + x].map(f32::from);
                // Within some 35 degrees.
                (dx * cos + dy * sin).abs() > 0.82 * 127.0
            }));
        }
        // Without any free ray there is no evidence for or against.
        if looking == 0 { 0.5 } else { seen as f64 / f64::from(looking) }
    }
}

/// Sums over 3 × 3 pixels; zero at the border.
fn boxed(votes: &[u16], w: usize, h: usize) -> Vec<u16> {
    let mut sums = vec![0_u16; w * h];
    if w < 3 {
        return sums;
    }
    let mut column = vec![0_u16; w];
    for y in 1..h.saturating_sub(1) {
        let (above, rest) = votes[(y - 1) * w..(y + 2) * w].split_at(w);
        let (here, below) = rest.split_at(w);
        for ((sum, a), (b, c)) in column.iter_mut().zip(above).zip(here.iter().zip(below)) {
            *sum = a + b + c;
        }
        for ((out, a), (b, c)) in sums[y * w + 1..].iter_mut().zip(&column).zip(column[1..].iter().zip(&column[2..])) {
            *out = a + b + c;
        }
    }
    sums
}

/// Returns whether none of the four neighbours of a pixel inside the border has more votes; most pixels lie on a slope.
fn is_crest(sums: &[u16], w: usize, x: usize, y: usize) -> bool {
    let i = y * w + x;
    [i - 1, i + 1, i - w, i + w].into_iter().all(|other| sums[other] <= sums[i])
}

/// Returns whether no pixel within `reach` has more votes; among equal ones the first is the peak.
fn is_peak(sums: &[u16], w: usize, h: usize, x: usize, y: usize, reach: usize) -> bool {
    let here = sums[y * w + x];
    (y.saturating_sub(reach)..=(y + reach).min(h - 1)).all(|row| {
        (x.saturating_sub(reach)..=(x + reach).min(w - 1)).all(|column| {
            let other = sums[row * w + column];
            other < here || (other == here && (row, column) >= (y, x))
        })
    })
}
