//! Where a shaft may lie: edges of opposite gradient that face each other vote for the line midway between them.

use super::{
    super::{disc::Disc, scene::Scene},
    WIDEST,
    axis::Axis,
};
use std::f64::consts::PI;

/// Directions that are told apart, over the half turn.
const DIRECTIONS: usize = 180;
/// How far the direction of one pair of edge pixels may be wrong, in those steps.
const SLACK: usize = 4;
/// Width of a step across a line and of a cell in which one edge stands for all, working pixels.
const CELL: f64 = 2.0;
/// The narrowest pair, in radii of the ball: the glint along a dark shaft shows where that shaft lies.
const NARROWEST: f64 = 0.15;
/// Cosine between the gradients of a pair, at most.
const OPPOSITE: f32 = -0.9;
/// Sine of the angle to a nose line below which a line runs along the rail: what lies there and beside the bed is rail.
const ALONG_RAIL: f64 = 0.07;
/// A line needs this many pairs for each pixel of the ball's radius.
const ENOUGH: f64 = 0.4;
/// A shaft may show this far beyond the pairs on it, in radii of the ball: its edges are fainter there.
const AROUND: f64 = 10.0;

/// Where a shaft may lie.
pub(super) struct Candidate {
    /// The line.
    pub axis: Axis,
    /// The range of `s` to look at.
    pub range: [f64; 2],
}

/// Two edge pixels that face each other.
struct Pair {
    middle: [f64; 2],
    /// Direction of the line through the middle, in steps.
    direction: usize,
}

/// Lines on which pairs of edges gather, the strongest first: `aimed` that pass the place `towards` within 1.6 radii,
/// then `others`.
pub(super) fn candidates(
    scene: &Scene,
    balls: &[Disc],
    radius: f64,
    towards: Option<[f64; 2]>,
    [aimed, others]: [usize; 2],
) -> Vec<Candidate> {
    let mut pairs = pairs(scene, balls, radius);
    let mut votes = Votes::new(scene);
    for pair in &pairs {
        votes.change(pair, 1);
    }
    let mut found = Vec::new();
    let near = towards.map(|place| (place, 1.6 * radius));
    let wanted =
        std::iter::repeat_n(near, if near.is_some() { aimed } else { 0 }).chain(std::iter::repeat_n(None, others));
    for near in wanted {
        let Some((axis, direction, count)) = votes.strongest(near) else { continue };
        if f64::from(count) < ENOUGH * radius {
            continue;
        }
        // What has voted for this line votes for no other.
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

/// One edge for each small cell of the picture, found by its place.
struct Grid {
    columns: usize,
    /// For each cell 1 + the edge's number, `EMPTY`, or `BALL`.
    cells: Vec<u16>,
    edges: Vec<Thinned>,
}

/// Place of an edge, working pixels, and the direction of its gradient.
type Thinned = ([f32; 2], [f32; 2]);

const EMPTY: u16 = 0;
/// Within a ball no edge counts.
const BALL: u16 = u16::MAX;

impl Grid {
    fn new(scene: &Scene, balls: &[Disc]) -> Self {
        let [columns, rows] = [scene.picture.width, scene.picture.height].map(|n| (n as f64 / CELL) as usize + 1);
        let mut grid = Self { columns, cells: vec![EMPTY; columns * rows], edges: Vec::new() };
        for ball in balls {
            grid.cover(ball.centre, 1.1 * ball.radius);
        }
        for edge in &scene.edges {
            let place = [edge.x, edge.y];
            let Some(i) = grid.cell(place).filter(|i| grid.cells.get(*i) == Some(&EMPTY)) else { continue };
            if grid.edges.len() + 1 < usize::from(BALL) {
                grid.edges.push((place, edge.direction));
                grid.cells[i] = grid.edges.len() as u16;
            }
        }
        grid
    }

    fn cover(&mut self, [x, y]: [f64; 2], reach: f64) {
        let rows = (reach / CELL) as i32;
        for row in -rows..=rows {
            let up = f64::from(row) * CELL;
            let half = (reach * reach - up * up).max(0.0).sqrt();
            let ends = [x - half, x + half].map(|x| self.cell([x as f32, (y + up) as f32]));
            if let [Some(first), Some(last)] = ends {
                self.cells.iter_mut().take(last + 1).skip(first).for_each(|cell| *cell = BALL);
            }
        }
    }

    fn cell(&self, [x, y]: [f32; 2]) -> Option<usize> {
        let (column, row) = ((x / CELL as f32) as usize, (y / CELL as f32) as usize);
        let i = row * self.columns + column;
        (x >= 0.0 && y >= 0.0 && column < self.columns && i < self.cells.len()).then_some(i)
    }

    /// The edge in the cell of a place.
    fn edge(&self, place: [f32; 2]) -> Option<&Thinned> {
        self.edges.get(usize::from(*self.cells.get(self.cell(place)?)?).checked_sub(1)?)
    }
}

/// The pairs of edges that are as far apart as the sides of a shaft.
fn pairs(scene: &Scene, balls: &[Disc], radius: f64) -> Vec<Pair> {
    let grid = Grid::new(scene, balls);
    let [nearest, farthest] = [NARROWEST, WIDEST].map(|width| ((width * radius / CELL) as usize).max(1));
    let sides = rails(scene);
    let mut found = Vec::new();
    // Every other edge tells enough.
    for ([x, y], g) in grid.edges.iter().step_by(2) {
        // Each pair once, seen from the edge whose gradient points down.
        if g[1] < 0.0 || (g[1] == 0.0 && g[0] < 0.0) {
            continue;
        }
        // Worked out only where there is a pair: most edges have none.
        let along = [f64::from(-g[1]), f64::from(g[0])];
        let parallel = || sides.iter().any(|side| (side[0] * along[1] - side[1] * along[0]).abs() < ALONG_RAIL);
        let direction =
            || (along[1].atan2(along[0]).rem_euclid(PI) / PI * DIRECTIONS as f64).round() as usize % DIRECTIONS;
        for side in [CELL as f32, -CELL as f32] {
            for step in nearest..=farthest {
                let apart = side * step as f32;
                let Some((other, h)) = grid.edge([x + apart * g[0], y + apart * g[1]]) else { continue };
                if g[0] * h[0] + g[1] * h[1] >= OPPOSITE {
                    continue;
                }
                let middle = [f64::from(x + other[0]) / 2.0, f64::from(y + other[1]) / 2.0];
                if !(scene.inset(middle) < 0.6 * radius && parallel()) {
                    found.push(Pair { middle, direction: direction() });
                }
            }
        }
    }
    found
}

/// Unit vectors along the nose lines.
fn rails(scene: &Scene) -> [[f64; 2]; 4] {
    std::array::from_fn(|i| {
        let side = scene.quad[(i + 1) % 4] - scene.quad[i];
        let length = side.length().max(1.0);
        [side.x / length, side.y / length]
    })
}

/// Votes for lines by direction and by offset from the middle of the picture.
struct Votes {
    middle: [f64; 2],
    bins: usize,
    /// Unit vectors of the directions.
    along: Vec<[f64; 2]>,
    counts: Vec<i16>,
}

impl Votes {
    fn new(scene: &Scene) -> Self {
        let middle = [0.5 * scene.picture.width as f64, 0.5 * scene.picture.height as f64];
        let bins = (2.0 * middle[0].hypot(middle[1]) / CELL) as usize + 2;
        let along = (0..DIRECTIONS)
            .map(|i| {
                let (sin, cos) = (PI * i as f64 / DIRECTIONS as f64).sin_cos();
                [cos, sin]
            })
            .collect();
        Self { middle, bins, along, counts: vec![0; DIRECTIONS * bins] }
    }

    /// The bin, with fraction, of the line through `p` in a direction.
    fn bin(&self, p: [f64; 2], along: [f64; 2]) -> f64 {
        let offset = along[0] * (p[1] - self.middle[1]) - along[1] * (p[0] - self.middle[0]);
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

    /// The place among the votes that uphill steps lead to: the best line near a ball may be the slope of one beside it.
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

    /// The line with the most votes, its direction and its votes; of those within a distance of a place, if given.
    fn strongest(&self, near: Option<([f64; 2], f64)>) -> Option<(Axis, usize, i16)> {
        let mut best: Option<(i16, usize, usize)> = None;
        for (i, row) in self.counts.chunks_exact(self.bins).enumerate() {
            let (mut first, mut end) = (0, self.bins);
            if let Some((place, distance)) = near {
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
        let origin = [self.middle[0] - along[1] * offset, self.middle[1] + along[0] * offset];
        Some((Axis { origin, along }, i, count))
    }
}
