//! Candidates for a shaft: edges of opposite gradient that face each other vote for the line midway between them.

use super::{
    super::{
        disc::Disc,
        grids::{CoarsePoint, FinePoint, FineVector},
        scene::{COARSE, Scene, coarse, fine},
    },
    WIDEST,
    axis::Axis,
};
use std::{f64::consts::PI, ops::RangeInclusive};

/// Number of directions over the half turn.
const DIRECTIONS: usize = 180;
/// Maximum error of the direction of one pair of edge pixels, in steps of the direction.
const SLACK: usize = 4;
/// Width of a step across a line, working pixels.
const CELL: f64 = 2.0;
/// Minimum width of a pair, in radii of the ball: the glint along a dark shaft shows where that shaft lies.
const MIN_WIDTH: f64 = 0.15;
/// Maximum scalar product of the two gradients of a pair, each with a length of 127: a cosine of -0.9.
const OPPOSITE: i32 = -(9 * 127 * 127) / 10;
/// Maximum sine of the angle to a nose line of a line along the rail; one near the rail is part of it.
const ALONG_RAIL: f64 = 0.07;
/// Minimum number of pairs on a line, for each pixel of the ball's radius.
const MIN_PAIR_RATIO: f64 = 0.4;
/// Length that a shaft may extend beyond the pairs on it, in radii of the ball: its edges are fainter there.
const AROUND: f64 = 10.0;

/// Candidate line for a shaft.
pub(super) struct Candidate {
    /// Line along which the shaft may lie.
    pub axis: Axis,
    /// Range of `s` to examine, working pixels.
    pub range: [f64; 2],
}

/// Two edge pixels that face each other.
struct Pair {
    /// Place midway between them.
    middle: FinePoint,
    /// Direction of the line through the middle, in steps.
    direction: usize,
}

/// Finds the lines on which pairs of edges gather, the strongest first: `aimed` lines that pass the place `towards`
/// within 1.6 radii, then `others`.
pub(super) fn candidates(
    scene: &Scene,
    balls: &[Disc],
    radius: f64,
    towards: Option<FinePoint>,
    [aimed, others]: [usize; 2],
) -> Vec<Candidate> {
    let mut pairs = pairs(scene, balls, radius);
    let mut votes = Votes::new(scene);
    for pair in &pairs {
        votes.change(pair, 1);
    }
    let mut found = Vec::new();
    let passing = towards.map(|place| (place, 1.6 * radius));
    let wanted = std::iter::repeat_n(passing, if passing.is_some() { aimed } else { 0 })
        .chain(std::iter::repeat_n(None, others));
    for passing in wanted {
        let Some((axis, direction, count)) = votes.strongest(passing) else { continue };
        if f64::from(count) < MIN_PAIR_RATIO * radius {
            continue;
        }
        // Pairs that voted for this line vote for no other.
        let (gone, kept) = pairs.into_iter().partition::<Vec<_>, _>(|pair| {
            let turned = pair.direction.abs_diff(direction);
            turned.min(DIRECTIONS - turned) <= 2 * SLACK && axis.locate(pair.middle)[1].abs() < 0.7 * radius
        });
        for pair in &gone {
            votes.change(pair, -1);
        }
        pairs = kept;
        let places = gone.iter().map(|pair| axis.locate(pair.middle)[0]);
        let (first, last) = places.fold((f64::MAX, f64::MIN), |(low, high), s| (low.min(s), high.max(s)));
        let Some([low, high]) = axis.inside(scene, 2.0) else { continue };
        let range = [low.max(first - AROUND * radius), high.min(last + AROUND * radius)];
        found.push(Candidate { axis, range });
    }
    found
}

/// Direction of the edge at each coarse pixel of a scene, from the scene's compass, without those within balls.
struct Directions {
    columns: usize,
    all: Vec<[i8; 2]>,
}

/// Fractional bits of the fixed-point coordinates in which coarse pixels are traversed: it rounds faster.
const FIXED_BITS: u32 = 16;
/// Fixed-point value of one coarse pixel.
const FIXED: f64 = 65536.0;

impl Directions {
    fn new(scene: &Scene, balls: &[Disc]) -> Self {
        let mut directions = Self { columns: scene.coarse.width, all: scene.compass.clone() };
        for ball in balls {
            let (x, y) = coarse(ball.centre).to_tuple();
            let reach = 1.1 * ball.radius / COARSE;
            let rows = (y - reach).ceil().max(0.0) as usize..=(y + reach).max(0.0) as usize;
            let lines = directions.all.chunks_mut(scene.coarse.width.max(1)).enumerate();
            for (row, line) in lines.take(rows.end() + 1).skip(*rows.start()) {
                let half = (reach * reach - (row as f64 - y).powi(2)).max(0.0).sqrt();
                let [first, end] = [(x - half).ceil(), (x + half).floor() + 1.0].map(|v| v.max(0.0) as usize);
                if let Some(covered) = line.get_mut(first..end.min(scene.coarse.width)) {
                    covered.fill([0; 2]);
                }
            }
        }
        directions
    }

    /// Returns the edges met along a line from the centre of a coarse pixel, in steps of one coarse pixel in the
    /// direction `step`, a unit vector: their places and directions, for the steps in this range.
    fn met(
        &self,
        place: CoarsePoint,
        step: [f64; 2],
        looks: RangeInclusive<i32>,
    ) -> impl Iterator<Item = (FinePoint, [i8; 2])> {
        let fixed = |v: f64| (v * FIXED) as i32;
        // Rounded down below: a step ends in the pixel whose centre is at most a quarter of a pixel after it, or less
        // than three quarters before it.
        let ([x, y], step) = (place.to_array().map(|v| fixed(v + 0.25)), step.map(fixed));
        looks.filter_map(move |look| {
            // Negative values wrap to huge ones here.
            let [column, row] = [x + look * step[0], y + look * step[1]].map(|v| (v >> FIXED_BITS) as usize);
            let i = row.wrapping_mul(self.columns).wrapping_add(column);
            let direction = self.all.get(i).filter(|direction| column < self.columns && **direction != [0; 2]);
            direction.map(|direction| (fine(CoarsePoint::new(column as f64, row as f64)), *direction))
        })
    }
}

/// Returns the pairs of edges that are as far apart as the sides of a shaft.
fn pairs(scene: &Scene, balls: &[Disc], radius: f64) -> Vec<Pair> {
    let directions = Directions::new(scene, balls);
    let [nearest, farthest] = [MIN_WIDTH, WIDEST].map(|width| ((width * radius / COARSE) as i32).max(1));
    let sides = rails(scene);
    let free = scene.edges.iter().filter(|edge| {
        let [x, y] = coarse(edge.place.to_f64()).to_array().map(|v| v.round() as usize);
        directions.all.get(y * directions.columns + x).is_some_and(|direction| *direction != [0; 2])
    });
    let mut found = Vec::new();
    // Every other edge is enough.
    for edge in free.step_by(2) {
        let (place, g) = (edge.place.to_f64(), edge.direction.map(f64::from));
        // Each pair once, from the edge whose gradient points down.
        if g[1] < 0.0 || (g[1] == 0.0 && g[0] < 0.0) {
            continue;
        }
        // Computed lazily, only where there is a pair: most edges have none.
        let along = FineVector::new(-g[1], g[0]);
        let parallel = || sides.iter().any(|side| side.cross(along).abs() < ALONG_RAIL);
        let direction =
            || (along.y.atan2(along.x).rem_euclid(PI) / PI * DIRECTIONS as f64).round() as usize % DIRECTIONS;
        let mut known = None;
        let opposite = g.map(|v| (127.0 * v) as i32);
        for side in [1.0, -1.0] {
            for (other, h) in directions.met(coarse(place), g.map(|v| side * v), nearest..=farthest) {
                if opposite[0] * i32::from(h[0]) + opposite[1] * i32::from(h[1]) >= OPPOSITE {
                    continue;
                }
                let middle = FinePoint::new(0.5 * (place.x + other.x), 0.5 * (place.y + other.y));
                if !(scene.inset(middle) < 0.6 * radius && parallel()) {
                    found.push(Pair { middle, direction: *known.get_or_insert_with(direction) });
                }
            }
        }
    }
    found
}

/// Returns the unit vectors along the nose lines.
fn rails(scene: &Scene) -> [FineVector; 4] {
    std::array::from_fn(|i| {
        let side = scene.quad[(i + 1) % 4] - scene.quad[i];
        side / side.length().max(1.0)
    })
}

/// Votes for lines by direction and by offset from the middle of the picture.
struct Votes {
    /// Middle of the working picture.
    middle: FinePoint,
    bins: usize,
    /// Unit vectors of the directions.
    along: Vec<FineVector>,
    counts: Vec<i16>,
}

impl Votes {
    fn new(scene: &Scene) -> Self {
        let middle = FinePoint::new(0.5 * scene.picture.width as f64, 0.5 * scene.picture.height as f64);
        let bins = (2.0 * middle.x.hypot(middle.y) / CELL) as usize + 2;
        let along = (0..DIRECTIONS)
            .map(|i| {
                let (sin, cos) = (PI * i as f64 / DIRECTIONS as f64).sin_cos();
                FineVector::new(cos, sin)
            })
            .collect();
        Self { middle, bins, along, counts: vec![0; DIRECTIONS * bins] }
    }

    /// Returns the bin, with fraction, of the line through `p` in a direction.
    fn bin(&self, p: FinePoint, along: FineVector) -> f64 {
        let offset = along.cross(p - self.middle);
        offset / CELL + 0.5 * self.bins as f64
    }

    fn change(&mut self, pair: &Pair, by: i16) {
        for turned in pair.direction + DIRECTIONS - SLACK..=pair.direction + DIRECTIONS + SLACK {
            let i = turned % DIRECTIONS;
            let Some(along) = self.along.get(i) else { continue };
            let bin = self.bin(pair.middle, *along);
            if let Some(count) = self.counts.get_mut(i * self.bins + bin as usize) {
                *count = count.saturating_add(by);
            }
        }
    }

    /// Climbs to a local maximum of the votes: the best line near a ball may lie on the slope of a neighbouring
    /// maximum.
    fn climbed(&self, from: (i16, usize, usize)) -> (i16, usize, usize) {
        let mut best = from;
        loop {
            let (count, i, bin) = best;
            for i in i.saturating_sub(1)..=(i + 1).min(DIRECTIONS - 1) {
                for bin in bin.saturating_sub(3)..=(bin + 3).min(self.bins - 1) {
                    if let Some(more) = self.counts.get(i * self.bins + bin).filter(|more| **more > best.0) {
                        best = (*more, i, bin);
                    }
                }
            }
            if best.0 == count {
                return best;
            }
        }
    }

    /// Returns the line with the most votes, its direction and its votes; only lines within a distance of a place, if
    /// given.
    fn strongest(&self, passing: Option<(FinePoint, f64)>) -> Option<(Axis, usize, i16)> {
        let mut best: Option<(i16, usize, usize)> = None;
        for (i, row) in self.counts.chunks_exact(self.bins).enumerate() {
            let (mut first, mut end) = (0, self.bins);
            if let Some((place, distance)) = passing {
                let bin = self.bin(place, *self.along.get(i)?);
                first = (bin - distance / CELL).max(0.0) as usize;
                end = ((bin + distance / CELL) as usize + 1).min(self.bins);
            }
            let Some(row) = row.get(first..end) else { continue };
            let most = row.iter().copied().max().unwrap_or(0);
            if best.is_none_or(|(count, ..)| most > count) {
                let at = row.iter().position(|count| *count == most).unwrap_or(0);
                best = Some((most, i, first + at));
            }
        }
        let (count, i, bin) = self.climbed(best?);
        let along = *self.along.get(i)?;
        let offset = (bin as f64 + 0.5 - 0.5 * self.bins as f64) * CELL;
        let origin = self.middle + FineVector::new(-along.y, along.x) * offset;
        Some((Axis { origin, along }, i, count))
    }
}
