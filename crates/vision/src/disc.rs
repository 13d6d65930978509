//! The silhouette of a ball, measured along rays from its centre.

use super::{
    cloth::ClothColour,
    grids::{FinePoint, FineVector},
    perspective::Oblique,
    scene::Scene,
};
use std::{f64::consts::TAU, sync::LazyLock};

/// A disc in the working picture.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Disc {
    /// Centre of the disc.
    pub centre: FinePoint,
    /// Radius, working pixels.
    pub radius: f64,
    /// Share of the rays on which the edge lies where the circle predicts it.
    pub support: f64,
    /// Resemblance to one round thing rather than clutter: 1 for a clean disc.
    pub roundness: f64,
    /// Relative deviation of its radius from that of a ball there.
    pub radius_error: f64,
    /// Share of the rays with cloth just outside.
    pub cloth_around: f64,
    /// Share of the inner pixels that are not cloth, among those that can be judged; 1 if there are none.
    pub filled: f64,
    /// Share of the inner pixels that can be judged: those that neither projected light nor a nose covers.
    pub judged: f64,
    /// Share of the outline on which projected light lies.
    pub lit: f64,
    /// `true` if it is the middle of a streak.
    pub blurred: bool,
}

/// Minimum share of the inside that must be judged to know that a disc is solid.
const ENOUGH_JUDGED: f64 = 0.5;

impl Disc {
    /// Returns the share of the inside that is known not to be cloth: 0 where light and noses cover most of it.
    pub fn solidity(&self) -> f64 {
        if self.judged >= ENOUGH_JUDGED { self.filled } else { 0.0 }
    }

    /// Returns whether a place lies within `reach` radii of the centre.
    pub fn covers(&self, p: FinePoint, reach: f64) -> bool {
        (self.centre - p).square_length() < (reach * self.radius).powi(2)
    }

    /// Returns the score that decides between two discs in one place: half of a ball may look round too, but it is
    /// smaller; and where light hides most of an outline, the rest may fit by chance.
    pub fn strength(&self) -> f64 {
        self.roundness + 0.3 * self.filled - self.radius_error - 0.5 * self.lit
    }

    /// Returns whether two balls touch, or nearly so.
    pub fn touches(&self, other: &Self) -> bool {
        self.distance(other) < 1.3 * (self.radius + other.radius)
    }

    /// Returns the other discs that are near enough to hide parts of its edge.
    pub fn beside(&self, discs: &[Self]) -> Vec<Self> {
        discs.iter().filter(|other| *other != self && other.covers(self.centre, 2.6)).copied().collect()
    }

    /// Returns the distance between two centres, working pixels.
    pub fn distance(&self, other: &Self) -> f64 {
        self.distance_to(other.centre)
    }

    /// Returns the distance of a place from the centre, working pixels.
    pub fn distance_to(&self, p: FinePoint) -> f64 {
        (self.centre.x - p.x).hypot(self.centre.y - p.y)
    }
}

/// Number of rays in the full turn.
pub(super) const RAYS: usize = 48;

/// Direction of a ray, and the functions of its angle that the fit needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Direction {
    pub cos: f64,
    pub sin: f64,
    /// Cosine of twice the angle.
    pub cos2: f64,
    /// Sine of twice the angle.
    pub sin2: f64,
}

impl Direction {
    /// Returns the place at a distance from a centre.
    pub fn from(&self, centre: FinePoint, reach: f64) -> FinePoint {
        FinePoint::new(centre.x + reach * self.cos, centre.y + reach * self.sin)
    }
}

/// Returns the directions of all rays.
pub(super) fn directions() -> &'static [Direction; RAYS] {
    static ALL: LazyLock<[Direction; RAYS]> = LazyLock::new(|| {
        std::array::from_fn(|i| {
            let angle = TAU * i as f64 / RAYS as f64;
            Direction { cos: angle.cos(), sin: angle.sin(), cos2: (2.0 * angle).cos(), sin2: (2.0 * angle).sin() }
        })
    });
    &ALL
}

/// Number of samples along a ray.
pub(super) const SAMPLES: usize = 17;
/// Distances of the first and the last sample of a ray from the centre, in radii.
const REACH: (f64, f64) = (0.56, 1.44);
/// Maximum number of edges recorded on one ray; further ones are ignored.
const CROSSINGS: usize = 6;

/// Crossing of an edge and a ray.
#[derive(Debug, Clone, Copy, Default)]
struct Crossing {
    /// Distance from the centre, working pixels.
    reach: f64,
    /// Slope of the edge, grey levels per pixel.
    slope: f64,
}

/// One ray and the edges that cross it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ray {
    direction: Direction,
    crossings: [Crossing; CROSSINGS],
    count: usize,
}

/// Evidence of the rays round a silhouette.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Evidence {
    /// Share of the rays with an edge near the silhouette.
    pub near_edges: f64,
    /// Share of the rays with an edge right on it.
    pub tight_edges: f64,
    /// Share of the rays on which that edge is the strongest.
    pub strongest_edges: f64,
}

impl Evidence {
    /// Returns the resemblance to one round thing rather than clutter, 0 to 1; `outline` is the share of the outline on
    /// which the coarse picture has an edge.
    pub fn roundness(&self, outline: f64) -> f64 {
        (outline + self.near_edges + self.tight_edges + self.strongest_edges) / 4.0
    }
}

/// Weight of an edge between two things that are not cloth, relative to one where cloth begins.
const BETWEEN: f64 = 0.85;
/// Weight of an edge within cloth, which is a shadow's or that of a ball of the cloth's colour.
const WITHIN: f64 = 0.5;
/// Margin by which anything that hides a ball is widened, in radii: its own edge must not be taken for the ball's.
const COVER: f64 = 0.15;
/// Minimum share of the rays that must look past the neighbours inside a pack.
const FREE: f64 = 0.2;
/// Minimum share of the rays past the neighbours that must be free of projected light.
const UNLIT: f64 = 0.3;

impl Scene<'_> {
    /// Finds the edges along every `stride`-th ray from `centre`, except rays that are no evidence. `None` if too few
    /// rays are left.
    pub(super) fn rays(&self, centre: FinePoint, radius: f64, stride: usize, neighbours: &[Disc]) -> Option<Vec<Ray>> {
        let free = self.free_directions(centre, radius, stride, neighbours)?;
        Some(free.into_iter().map(|ray| self.ray(centre, radius, ray)).collect())
    }

    /// Returns every `stride`-th direction from `centre`, except those that look at a neighbour or through projected
    /// light. `None` if too few are left.
    pub(super) fn free_directions(
        &self,
        centre: FinePoint,
        radius: f64,
        stride: usize,
        neighbours: &[Disc],
    ) -> Option<Vec<&'static Direction>> {
        let total = RAYS / stride;
        let hidden = |ray: &Direction| self.is_hidden(ray.from(centre, radius), radius, neighbours);
        let mut free: Vec<_> = directions().iter().step_by(stride).filter(|ray| !hidden(ray)).collect();
        let all = free.len();
        if self.lit.is_some() {
            let lit = |ray: &Direction, reach: f64| self.is_lit(ray.from(centre, reach * radius));
            free.retain(|ray| ![0.75, 0.84, 0.93, 1.02, 1.11, 1.2].into_iter().any(|reach| lit(ray, reach)));
        }
        let enough = all as f64 >= FREE * total as f64 && free.len() as f64 >= UNLIT * all as f64;
        enough.then_some(free)
    }

    /// Returns whether the outline of a ball with this radius is hidden at a place by a neighbour or a nose in front of
    /// it.
    pub(super) fn is_hidden(&self, p: FinePoint, radius: f64, neighbours: &[Disc]) -> bool {
        neighbours.iter().any(|disc| disc.covers(p, 1.0 + COVER)) || self.behind_nose(p, COVER * radius)
    }

    /// Returns the weight of an edge as evidence of a ball's outline, by the colours on both sides: a ball ends where
    /// cloth begins; an edge within cloth is that of a shadow.
    fn telling(cloth: Option<&ClothColour>, inside: [f32; 3], outside: [f32; 3]) -> f64 {
        match cloth.map(|cloth| (cloth.is_shaded(inside), cloth.matches(outside))) {
            Some((false, true)) => 1.0,
            Some((false, false)) | None => BETWEEN,
            Some((true, _)) => WITHIN,
        }
    }

    /// Returns the smoothed colours along a ray, the distance of the first from the centre, and the distance between
    /// them, working pixels.
    pub(super) fn profile(
        &self,
        centre: FinePoint,
        radius: f64,
        direction: &Direction,
    ) -> ([[f32; 3]; SAMPLES], f64, f64) {
        let (first, step) = (REACH.0 * radius, (REACH.1 - REACH.0) * radius / (SAMPLES - 1) as f64);
        let raw: [[f32; 3]; SAMPLES] =
            std::array::from_fn(|k| self.picture.sample(direction.from(centre, first + k as f64 * step)));
        let mut profile = raw;
        for (out, window) in profile[1..].iter_mut().zip(raw.windows(3)) {
            *out = std::array::from_fn(|c| 0.25 * (window[0][c] + 2.0 * window[1][c] + window[2][c]));
        }
        (profile, first, step)
    }

    fn ray(&self, centre: FinePoint, radius: f64, direction: &Direction) -> Ray {
        let cloth = self.cloth_at(centre);
        let (profile, first, step) = self.profile(centre, radius, direction);
        // Grey levels per pixel, strongest channel.
        let mut slopes = [0.0_f32; SAMPLES];
        for (out, window) in slopes[1..].iter_mut().zip(profile.windows(3)) {
            let difference = |c: usize| (window[2][c] - window[0][c]).abs();
            *out = difference(0).max(difference(1)).max(difference(2)) / (2.0 * step as f32);
        }
        let mut ray = Ray { direction: *direction, crossings: [Crossing::default(); CROSSINGS], count: 0 };
        for (k, window) in slopes[..SAMPLES - 1].windows(3).enumerate().skip(1) {
            let [before, here, after] = [window[0], window[1], window[2]];
            if here > self.noise && here >= before && here > after && ray.count < CROSSINGS {
                let curvature = before - 2.0 * here + after;
                let shift = if curvature.abs() > 1e-6 { 0.5 * (before - after) / curvature } else { 0.0 };
                let reach = first + ((k + 1) as f64 + f64::from(shift)) * step;
                let (inside, outside) = (profile[k.saturating_sub(1)], profile[(k + 3).min(SAMPLES - 1)]);
                ray.crossings[ray.count] =
                    Crossing { reach, slope: f64::from(here) * Self::telling(cloth, inside, outside) };
                ray.count += 1;
            }
        }
        ray
    }
}

/// Outline round a centre: a radius with a small shift and stretch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Silhouette {
    pub radius: f64,
    pub shift: FineVector,
    pub stretch: [f64; 2],
}

impl Silhouette {
    /// Returns the outline of a ball of this mean radius.
    pub fn expected(radius: f64, oblique: &Oblique) -> Self {
        Self { radius, shift: FineVector::zero(), stretch: oblique.stretch.map(|share| share * radius) }
    }

    /// Returns the distance of the outline from the centre in a direction, to first order.
    pub fn at(&self, ray: &Direction) -> f64 {
        self.radius
            + self.shift.x * ray.cos
            + self.shift.y * ray.sin
            + self.stretch[0] * ray.cos2
            + self.stretch[1] * ray.sin2
    }

    /// Returns the crossing on a ray that this outline explains best: steep and near.
    fn explains<'r>(&self, ray: &'r Ray, gate: f64) -> Option<&'r Crossing> {
        let here = self.at(&ray.direction);
        let merit = |crossing: &Crossing| crossing.slope * (1.0 - ((crossing.reach - here) / gate).powi(2));
        let best = ray.crossings[..ray.count].iter().max_by(|a, b| merit(a).total_cmp(&merit(b)));
        best.filter(|crossing| merit(crossing) > 0.0)
    }

    /// Fits the outline by least squares to one crossing on each ray, among those within `gate` of this outline.
    pub fn refit(&self, rays: &[Ray], gate: f64, expected: &Self, slack: f64) -> Option<Self> {
        let mut normal = nalgebra::SMatrix::<f64, 5, 5>::zeros();
        let mut right = nalgebra::SVector::<f64, 5>::zeros();
        let mut agreeing = 0;
        for ray in rays {
            let Some(crossing) = self.explains(ray, gate) else { continue };
            agreeing += 1;
            let residual = crossing.reach - self.at(&ray.direction);
            // Soft-L1: beyond 5 % of the radius an outlier pulls no harder.
            let weight = 1.0 / (1.0 + (residual / (0.05 * expected.radius)).powi(2)).sqrt();
            let Direction { cos, sin, cos2, sin2 } = ray.direction;
            let row = nalgebra::SVector::<f64, 5>::from([1.0, cos, sin, cos2, sin2]);
            normal += weight * row * row.transpose();
            right += weight * (crossing.reach - expected.at(&ray.direction)) * row;
        }
        if 4 * agreeing < rays.len() {
            return None;
        }
        // Priors towards the expected outline, so that half an outline does not give an egg shape.
        let share = rays.len() as f64 / RAYS as f64;
        for (i, pull) in [4.0, 0.2, 0.2, 6.0, 6.0].into_iter().enumerate() {
            normal[(i, i)] += pull * share;
        }
        let s = normal.cholesky()?.solve(&right);
        let [most, limit] = [slack, 0.18].map(|share| share * expected.radius);
        let [x, y] = expected.stretch;
        Some(Self {
            radius: expected.radius + s[0].clamp(-most, most),
            shift: FineVector::new(s[1].clamp(-limit, limit), s[2].clamp(-limit, limit)),
            stretch: [x + s[3].clamp(-limit, limit), y + s[4].clamp(-limit, limit)],
        })
    }

    /// Returns the outline of this size and shape, shifted until the edges near it lie on it; faint edges count as much
    /// as strong ones.
    pub fn settled(&self, rays: &[Ray], gate: f64) -> Option<Self> {
        let mut moved = *self;
        for _ in 0..3 {
            let mut normal = nalgebra::Matrix2::identity();
            let mut right = nalgebra::Vector2::zeros();
            for ray in rays {
                let Some(distance) = moved.nearest(ray).filter(|distance| distance.abs() < gate) else { continue };
                let row = nalgebra::Vector2::new(ray.direction.cos, ray.direction.sin);
                normal += row * row.transpose();
                right += distance * row;
            }
            let step = normal.cholesky()?.solve(&right);
            moved.shift += FineVector::new(step.x, step.y);
        }
        Some(moved)
    }

    /// Returns the distance of the nearest edge on a ray beyond this outline; negative inside.
    fn nearest(&self, ray: &Ray) -> Option<f64> {
        let here = self.at(&ray.direction);
        let distances = ray.crossings[..ray.count].iter().map(|crossing| crossing.reach - here);
        distances.min_by(|a, b| a.abs().total_cmp(&b.abs()))
    }

    /// Returns the share of the rays with an edge nearer to this outline than `gate`; nearer ones count more.
    pub fn rim(&self, rays: &[Ray], gate: f64) -> f64 {
        let weights = rays.iter().filter_map(|ray| self.nearest(ray));
        let weights = weights.map(|distance| (1.0 - (distance / gate).powi(2)).max(0.0));
        weights.sum::<f64>() / rays.len().max(1) as f64
    }

    /// Collects the evidence of the rays for this outline.
    pub fn evidence(&self, rays: &[Ray], gate: f64) -> Evidence {
        let (mut near, mut tight, mut strongest) = (0, 0, 0);
        for ray in rays {
            let Some(crossing) = self.explains(ray, gate) else { continue };
            near += 1;
            tight += usize::from((crossing.reach - self.at(&ray.direction)).abs() < 0.08 * self.radius);
            strongest += usize::from(ray.crossings[..ray.count].iter().all(|other| other.slope <= crossing.slope));
        }
        let share = |n: usize| n as f64 / rays.len().max(1) as f64;
        Evidence { near_edges: share(near), tight_edges: share(tight), strongest_edges: share(strongest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Between arcs of projected light everything is covered, and nothing there tells cloth from a ball.
    #[test]
    fn a_disc_under_light_is_not_known_to_be_solid() {
        let ball = Disc { filled: 1.0, judged: 1.0, ..Disc::default() };
        assert_eq!(ball.solidity(), 1.0);
        assert_eq!(Disc { judged: 0.1, ..ball }.solidity(), 0.0);
        assert_eq!(Disc { judged: 0.0, ..ball }.solidity(), 0.0);
        assert_eq!(Disc { filled: 0.7, judged: 0.8, ..ball }.solidity(), 0.7);
    }
}
