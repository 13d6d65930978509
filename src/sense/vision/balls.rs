//! Finding balls: circles of one radius, by votes along the gradients, checked ray by ray.

use super::{
    VisionError, WORKING_LENGTH,
    cloth::ClothColour,
    picture::Picture,
    table::{longer_side, resized},
};
use crate::model::{CameraPoint, TableQuad};
use opencv::{core, imgproc, prelude::*};
use std::f64::consts::TAU;

/// A disc in the working picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Disc {
    /// Centre, pixels of the working picture.
    pub centre: [f64; 2],
    /// Radius, pixels of the working picture.
    pub radius: f64,
    /// Share of the rays on which the edge lies where the circle says.
    pub support: f64,
    /// Share of the rays that see cloth just outside.
    pub cloth_around: f64,
    /// Share of the inner pixels that are not cloth.
    pub filled: f64,
}

impl Disc {
    /// Whether a place lies within `reach` radii of the centre.
    pub fn covers(&self, p: [f64; 2], reach: f64) -> bool {
        (self.centre[0] - p[0]).powi(2) + (self.centre[1] - p[1]).powi(2) < (reach * self.radius).powi(2)
    }

    fn distance(&self, other: &Self) -> f64 {
        (self.centre[0] - other.centre[0]).hypot(self.centre[1] - other.centre[1])
    }
}

/// The table cut out of the picture and brought to one scale.
pub(super) struct Scene {
    /// The cut, slightly smoothed.
    pub picture: Picture,
    /// Nose-line corners in it.
    pub quad: TableQuad,
    /// Length of the table's longer side in it, pixels.
    pub length: f64,
    /// Working pixels a picture pixel.
    pub scale: f64,
    /// Colour of the cloth in it.
    pub cloth: Option<ClothColour>,
    origin: CameraPoint,
    /// For each nose line: the unit normal that points inwards, and the line's offset along it.
    sides: [[f64; 3]; 4],
    edges: Vec<Edge>,
    /// Size of gradient that cloth alone does not make, grey levels a pixel.
    noise: f32,
}

/// A pixel where the brightness of some channel changes.
pub(super) struct Edge {
    /// Pixels of the working picture.
    pub x: f32,
    /// Pixels of the working picture.
    pub y: f32,
    /// Unit vector towards the brighter side.
    pub direction: [f32; 2],
    /// Inside the nose lines, where balls are.
    on_bed: bool,
}

/// Radii that balls can have, as shares of the table's longer side: from a nine-foot table to a toy.
const RADIUS_SHARES: (f64, f64) = (0.0098, 0.026);
const RAYS: usize = 48;

impl Scene {
    /// Cuts the table and its cushions out of `bgr` and finds the edges there.
    pub fn new(bgr: &Mat, corners: &TableQuad) -> Result<Self, VisionError> {
        let margin = 0.06 * longer_side(corners);
        let low = |v: [f64; 4]| (v.into_iter().fold(f64::MAX, f64::min) - margin).floor().max(0.0);
        let high = |v: [f64; 4], end: i32| (v.into_iter().fold(f64::MIN, f64::max) + margin).ceil().min(f64::from(end));
        let (xs, ys) = (corners.map(|p| p.x), corners.map(|p| p.y));
        let (x0, y0) = (low(xs), low(ys));
        let cut = core::Rect::new(
            x0 as i32,
            y0 as i32,
            ((high(xs, bgr.cols()) - x0) as i32).max(1),
            ((high(ys, bgr.rows()) - y0) as i32).max(1),
        );
        let scale = WORKING_LENGTH / longer_side(corners);
        let working = resized(&Mat::roi(bgr, cut)?.try_clone()?, scale)?;
        let mut smooth = Mat::default();
        imgproc::gaussian_blur_def(&working, &mut smooth, core::Size::new(3, 3), 0.7)?;
        let picture = Picture::from_mat(&smooth)?;
        let origin = CameraPoint::new(x0, y0);
        let quad = corners.map(|p| CameraPoint::new((p.x - x0 + 0.5) * scale - 0.5, (p.y - y0 + 0.5) * scale - 0.5));
        let mut scene = Self {
            quad,
            length: longer_side(&quad),
            scale,
            cloth: None,
            origin,
            sides: std::array::from_fn(|i| {
                let (a, b) = (quad[i], quad[(i + 1) % 4]);
                let along = (b - a) / (b - a).length().max(1.0);
                [-along.y, along.x, along.x * a.y - along.y * a.x]
            }),
            edges: Vec::new(),
            noise: 0.0,
            picture,
        };
        scene.cloth = ClothColour::dominant(&scene.picture, |x, y| scene.inset([x as f64, y as f64]) > 4.0);
        scene.find_edges(&smooth)?;
        Ok(scene)
    }

    /// The edges on the bed and the cushions.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Size of gradient that cloth alone does not make, grey levels a pixel.
    pub fn noise(&self) -> f64 {
        f64::from(self.noise)
    }

    /// A place of the working picture in the whole picture.
    pub fn to_picture(&self, p: [f64; 2]) -> CameraPoint {
        CameraPoint::new(
            (p[0] + 0.5) / self.scale - 0.5 + self.origin.x,
            (p[1] + 0.5) / self.scale - 0.5 + self.origin.y,
        )
    }

    /// How far inside the nose lines a place lies, pixels; negative outside.
    pub fn inset(&self, p: [f64; 2]) -> f64 {
        self.sides.iter().map(|[x, y, offset]| x * p[0] + y * p[1] - offset).fold(f64::MAX, f64::min)
    }

    /// Distance of a place's colour from cloth; 1 at the limit. With no cloth colour nothing is cloth.
    pub fn cloth_distance(&self, p: [f64; 2]) -> f32 {
        self.cloth.map_or(2.0, |cloth| cloth.distance(self.picture.sample(p[0] as f32, p[1] as f32)))
    }

    fn find_edges(&mut self, smooth: &Mat) -> Result<(), VisionError> {
        let (mut dx, mut dy) = (Mat::default(), Mat::default());
        imgproc::sobel_def(smooth, &mut dx, core::CV_16S, 1, 0)?;
        imgproc::sobel_def(smooth, &mut dy, core::CV_16S, 0, 1)?;
        let (dx, dy) = (dx.data_typed::<core::Vec3s>()?, dy.data_typed::<core::Vec3s>()?);
        let (w, h) = (self.picture.width, self.picture.height);
        // Squared size of the gradient in the strongest channel; Sobel has eight for a grey level a pixel.
        let strongest = |i: usize| -> (i32, [i32; 2]) {
            let mut best = (0, [0; 2]);
            for c in 0..3 {
                let g = [i32::from(dx[i][c]), i32::from(dy[i][c])];
                let size = g[0] * g[0] + g[1] * g[1];
                if size > best.0 {
                    best = (size, g);
                }
            }
            best
        };
        let mut sizes = Vec::new();
        for y in (0..h).step_by(5) {
            for x in (0..w).step_by(5) {
                if self.inset([x as f64, y as f64]) > 4.0 {
                    sizes.push(strongest(y * w + x).0);
                }
            }
        }
        if sizes.is_empty() {
            return Ok(());
        }
        let middle = sizes.len() / 2;
        sizes.select_nth_unstable(middle);
        self.noise = (4.0 * (sizes[middle] as f32).sqrt() / 8.0).clamp(5.0, 14.0);
        let enough = (8.0 * self.noise).powi(2) as i32;
        for y in 1..h - 1 {
            for x in 1..w - 1 {
                let (size, g) = strongest(y * w + x);
                if size > enough {
                    // Balls reach to the nose lines; the cue lies over the cushions too.
                    let inset = self.inset([x as f64, y as f64]);
                    if inset > -0.03 * self.length {
                        let size = (size as f32).sqrt();
                        let direction = [g[0] as f32 / size, g[1] as f32 / size];
                        self.edges.push(Edge { x: x as f32, y: y as f32, direction, on_bed: inset > -4.0 });
                    }
                }
            }
        }
        Ok(())
    }

    /// All balls on the playing surface; `radius_share` is the radius over the table's longer side where it is known.
    pub fn balls(&self, radius_share: Option<f64>) -> Vec<Disc> {
        let radius = match radius_share {
            Some(share) => share * self.length,
            None => match self.estimate_radius() {
                Some(radius) => radius,
                None => return Vec::new(),
            },
        };
        let kept = self.round_things(radius, 0.16, 0.2);
        let mouths = self.pocket_mouths(radius);
        kept.iter()
            .filter(|disc| {
                // Around a ball there is cloth, or other balls that touch it; around a knuckle there is hand.
                let touching = kept.iter().filter(|other| other != disc && other.distance(disc) < 2.6 * radius).count();
                let free = disc.cloth_around + 0.12 * touching as f64 >= 0.55;
                let in_mouth = mouths.iter().any(|mouth| mouth.holds(disc, radius));
                free && !in_mouth
            })
            .copied()
            .collect()
    }

    /// Discs of about this radius on the bed that are round and not cloth, no two in one place. `share` is the part of
    /// the circle's edge that must vote, `slack` the share by which the radius may be wrong.
    fn round_things(&self, radius: f64, share: f64, slack: f64) -> Vec<Disc> {
        let mut found: Vec<Disc> = Vec::new();
        for seed in self.vote(radius, share) {
            // Around a clear disc there are many lesser peaks, all of its own edge.
            let explained = |disc: &Disc| disc.support > 0.95 && disc.covers(seed, 1.2);
            if found.iter().any(explained) || !self.stands_out(seed, radius) {
                continue;
            }
            found.extend(self.verify(seed, radius, slack).filter(|disc| self.is_round(disc, radius)));
        }
        strongest_apart(found, radius)
    }

    /// Whether around most of a circle the inside differs from the outside: a quick look before a careful one.
    fn stands_out(&self, centre: [f64; 2], radius: f64) -> bool {
        const LOOKS: usize = 24;
        let differing = (0..LOOKS).filter(|i| {
            let (sin, cos) = (TAU * *i as f64 / LOOKS as f64).sin_cos();
            let at =
                |share: f64| self.picture.nearest(centre[0] + share * radius * cos, centre[1] + share * radius * sin);
            let (inside, outside) = (at(0.7), at(1.3));
            inside.iter().zip(outside).any(|(a, b)| (a - b).abs() > 1.5 * self.noise)
        });
        2 * differing.count() > LOOKS
    }

    /// Where the pockets open on the bed: for each corner and each middle of a long side how far the hole reaches in.
    fn pocket_mouths(&self, radius: f64) -> Vec<Mouth> {
        let q = &self.quad;
        let first_is_long =
            (q[1] - q[0]).length() + (q[3] - q[2]).length() > (q[2] - q[1]).length() + (q[0] - q[3]).length();
        let long = if first_is_long { [(0, 1), (2, 3)] } else { [(1, 2), (3, 0)] };
        let centre = q[0].lerp(q[1], 0.5).lerp(q[2].lerp(q[3], 0.5), 0.5);
        let corners = (0..4).map(|i| (q[i], q[(i + 1) % 4] - q[i], q[(i + 3) % 4] - q[i]));
        let sides = long.into_iter().map(|(a, b)| {
            let middle = q[a].lerp(q[b], 0.5);
            // Fan out evenly to both sides of the way to the centre.
            let (across, along) = (centre - middle, q[b] - q[a]);
            (middle, across.normalize() + along.normalize(), across.normalize() - along.normalize())
        });
        corners
            .chain(sides)
            .map(|(place, a, b)| {
                let (a, b) = (a.normalize(), b.normalize());
                let mut reaches: Vec<f64> = (1..10)
                    .map(|i| {
                        let share = f64::from(i) / 10.0;
                        let direction = (a * (1.0 - share) + b * share).normalize();
                        self.first_cloth(place, direction, radius)
                    })
                    .collect();
                reaches.sort_by(f64::total_cmp);
                Mouth { place: [place.x, place.y], reach: reaches[reaches.len() / 2] }
            })
            .collect()
    }

    /// Distance from `place` at which cloth begins for good: half a radius of nothing else.
    fn first_cloth(
        &self,
        place: CameraPoint,
        direction: euclid::Vector2D<f64, crate::model::CameraPx>,
        radius: f64,
    ) -> f64 {
        let longest = (5.0 * radius) as usize;
        let mut run = 0;
        for step in 0..longest {
            let p = place + direction * step as f64;
            run = if self.cloth_distance([p.x, p.y]) < 1.0 { run + 1 } else { 0 };
            if f64::from(run) > 0.5 * radius {
                return step as f64 - f64::from(run);
            }
        }
        longest as f64
    }

    /// Median radius of the balls over the table's longer side.
    pub fn radius_share(&self, balls: &[Disc]) -> Option<f64> {
        let mut radii: Vec<f64> = balls.iter().filter(|b| b.support > 0.85).map(|b| b.radius).collect();
        radii.sort_by(f64::total_cmp);
        radii.get(radii.len() / 2).map(|r| r / self.length)
    }

    /// The radius that most round things on the table agree on.
    fn estimate_radius(&self) -> Option<f64> {
        let (low, high) = RADIUS_SHARES;
        let mut found: Vec<(f64, f64)> = Vec::new();
        let mut share = low;
        while share < high {
            let radius = share * self.length;
            let kept = self.round_things(radius, 0.3, 0.15);
            found.extend(kept.iter().map(|disc| (disc.radius, disc.support.powi(2))));
            share *= 1.1;
        }
        let agreement = |r: f64| -> f64 {
            found.iter().map(|(other, weight)| weight * (1.0 - ((other / r - 1.0) / 0.08).powi(2)).max(0.0)).sum()
        };
        let best = found.iter().map(|(r, _)| *r).max_by(|a, b| agreement(*a).total_cmp(&agreement(*b)))?;
        let near = found.iter().filter(|(r, _)| (r / best - 1.0).abs() < 0.08);
        let (sum, weight) = near.fold((0.0, 0.0), |(s, w), (r, weight)| (s + r * weight, w + weight));
        Some(sum / weight)
    }

    /// Places where many gradients meet at about `radius`, most votes first; `share` is the part of the circle's edge
    /// that must vote.
    fn vote(&self, radius: f64, share: f64) -> Vec<[f64; 2]> {
        let (w, h) = (self.picture.width, self.picture.height);
        let mut votes = vec![0_u16; w * h];
        for edge in self.edges.iter().filter(|edge| edge.on_bed) {
            for reach in [-1.1, -1.0, -0.9, 0.9, 1.0, 1.1] {
                let x = edge.x + edge.direction[0] * (reach * radius) as f32;
                let y = edge.y + edge.direction[1] * (reach * radius) as f32;
                let (x, y) = (x + 0.5, y + 0.5);
                if x >= 0.0 && y >= 0.0 && (x as usize) < w && (y as usize) < h {
                    votes[y as usize * w + x as usize] += 1;
                }
            }
        }
        // The sum over 5 × 5 pixels, rows first.
        let mut rows = vec![0_u32; w * h];
        for y in 0..h {
            let row = &votes[y * w..(y + 1) * w];
            for x in 2..w - 2 {
                rows[y * w + x] = row[x - 2..=x + 2].iter().map(|v| u32::from(*v)).sum();
            }
        }
        let mut sums = vec![0_u32; w * h];
        for y in 2..h - 2 {
            for x in 2..w - 2 {
                sums[y * w + x] = (0..5).map(|k| rows[(y + k - 2) * w + x]).sum();
            }
        }
        // An edge is about two pixels wide.
        let enough = (share * TAU * radius * 2.0) as u32;
        let reach = (0.35 * radius) as usize;
        let mut seeds = Vec::new();
        for y in 2..h - 2 {
            for x in 2..w - 2 {
                let here = sums[y * w + x];
                if here < enough || self.inset([x as f64, y as f64]) < 0.5 * radius {
                    continue;
                }
                let mut peak = true;
                'window: for yy in y.saturating_sub(reach)..=(y + reach).min(h - 1) {
                    for xx in x.saturating_sub(reach)..=(x + reach).min(w - 1) {
                        let other = sums[yy * w + xx];
                        if other > here || (other == here && (yy, xx) < (y, x)) {
                            peak = false;
                            break 'window;
                        }
                    }
                }
                if peak {
                    seeds.push((here, [x as f64, y as f64]));
                }
            }
        }
        seeds.sort_by_key(|(votes, _)| std::cmp::Reverse(*votes));
        seeds.into_iter().map(|(_, seed)| seed).collect()
    }

    /// Fits the silhouette near a seed: `radius` may be wrong by the share `slack`.
    fn verify(&self, seed: [f64; 2], radius: f64, slack: f64) -> Option<Disc> {
        let mut centre = seed;
        let mut shape = Silhouette { radius, ..Silhouette::default() };
        let mut support = 0.0;
        for round in 0..2 {
            let rays = self.rays(centre, radius);
            let gate = if round == 0 { 0.3 } else { 0.15 } * radius;
            for _ in 0..3 {
                let fit = shape.refit(&rays, gate, radius, slack)?;
                shape = fit.0;
                support = fit.1;
            }
            centre[0] += shape.shift[0];
            centre[1] += shape.shift[1];
            shape.shift = [0.0; 2];
            if (centre[0] - seed[0]).hypot(centre[1] - seed[1]) > 0.5 * radius {
                return None;
            }
        }
        let r = shape.radius;
        let around = (0..RAYS).filter(|i| {
            let angle = TAU * *i as f64 / RAYS as f64;
            // Chroma is stored coarsely: next to the edge the ball's colour bleeds into the cloth.
            [0.2, 0.35, 0.5].into_iter().any(|beyond| {
                let reach = shape.at(angle) + beyond * radius;
                self.cloth_distance([centre[0] + reach * angle.cos(), centre[1] + reach * angle.sin()]) < 1.0
            })
        });
        let cloth_around = around.count() as f64 / RAYS as f64;
        let light = self.cloth_light(centre, 1.45 * r);
        let (mut inner, mut foreign) = (0, 0);
        for i in 0..RAYS {
            let angle = TAU * i as f64 / RAYS as f64;
            for share in [0.2, 0.4, 0.55, 0.7, 0.8] {
                let p = [centre[0] + share * r * angle.cos(), centre[1] + share * r * angle.sin()];
                inner += 1;
                // A shadow darkens cloth; nothing on the table brightens it but a white ball on grey cloth.
                let pixel = self.picture.sample(p[0] as f32, p[1] as f32);
                let brighter = light.is_some_and(|light| pixel.iter().sum::<f32>() > 1.3 * light);
                foreign += usize::from(brighter || self.cloth_distance(p) > 1.0);
            }
        }
        Some(Disc { centre, radius: r, support, cloth_around, filled: f64::from(foreign as u32) / f64::from(inner) })
    }

    /// Median brightness (sum of the channels) of the cloth on a circle; `None` where little of it is cloth.
    fn cloth_light(&self, centre: [f64; 2], reach: f64) -> Option<f32> {
        let cloth = self.cloth?;
        let mut sums: Vec<f32> = (0..RAYS)
            .map(|i| TAU * i as f64 / RAYS as f64)
            .map(|angle| {
                let (x, y) = (centre[0] + reach * angle.cos(), centre[1] + reach * angle.sin());
                self.picture.sample(x as f32, y as f32)
            })
            .filter(|pixel| cloth.matches(*pixel))
            .map(|pixel| pixel.iter().sum())
            .collect();
        sums.sort_by(f32::total_cmp);
        (sums.len() > RAYS / 6).then(|| sums[sums.len() / 2])
    }

    /// For each ray from `centre` the distances at which an edge crosses it.
    fn rays(&self, centre: [f64; 2], radius: f64) -> Vec<Ray> {
        let first = 0.6 * radius;
        let count = (0.85 * radius).ceil() as usize;
        let mut profile: Vec<[f32; 3]> = Vec::with_capacity(count + 2);
        let mut steps: Vec<f32> = Vec::with_capacity(count);
        (0..RAYS)
            .map(|i| {
                let angle = TAU * i as f64 / RAYS as f64;
                let (sin, cos) = angle.sin_cos();
                profile.clear();
                profile.extend((0..count + 2).map(|k| {
                    let reach = first + k as f64 - 1.0;
                    self.picture.sample((centre[0] + reach * cos) as f32, (centre[1] + reach * sin) as f32)
                }));
                // Grey levels a pixel, strongest channel.
                steps.clear();
                steps.extend(
                    profile
                        .windows(3)
                        .map(|window| (0..3).map(|c| (window[2][c] - window[0][c]).abs()).fold(0.0, f32::max) / 2.0),
                );
                let mut crossings = Vec::new();
                for k in 1..count - 1 {
                    let (before, here, after) = (steps[k - 1], steps[k], steps[k + 1]);
                    if here > self.noise && here >= before && here > after {
                        let bend = before - 2.0 * here + after;
                        let shift = if bend.abs() > 1e-6 { 0.5 * (before - after) / bend } else { 0.0 };
                        crossings.push(first + k as f64 + f64::from(shift));
                    }
                }
                Ray { angle, crossings }
            })
            .collect()
    }

    /// Whether a disc is round, not of cloth, and on the bed.
    fn is_round(&self, disc: &Disc, radius: f64) -> bool {
        // A ball at the rail touches the nose: its centre is a radius away from it.
        self.inset(disc.centre) > 0.7 * radius && disc.support >= 0.84 && disc.filled >= 0.6
    }
}

/// The mouth of a pocket, pixels of the working picture.
struct Mouth {
    place: [f64; 2],
    reach: f64,
}

impl Mouth {
    /// Whether a disc is (in) the hole rather than a ball beside it.
    fn holds(&self, disc: &Disc, radius: f64) -> bool {
        let distance = (disc.centre[0] - self.place[0]).hypot(disc.centre[1] - self.place[1]);
        distance < self.reach + 0.4 * radius && distance < 4.0 * radius
    }
}

/// The strongest discs of which no two overlap.
fn strongest_apart(mut discs: Vec<Disc>, radius: f64) -> Vec<Disc> {
    discs.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    let mut kept: Vec<Disc> = Vec::new();
    for disc in discs {
        // Touching balls are two radii apart; slant and blur bring them a little closer.
        if kept.iter().all(|other| other.distance(&disc) > 1.6 * radius) {
            kept.push(disc);
        }
    }
    kept
}

/// What decides between two discs in the same place.
fn strength(disc: &Disc) -> f64 {
    disc.support + 0.3 * disc.filled
}

struct Ray {
    angle: f64,
    crossings: Vec<f64>,
}

/// An outline round a centre: radius plus a small shift and stretch.
#[derive(Debug, Clone, Copy, Default)]
struct Silhouette {
    radius: f64,
    shift: [f64; 2],
    stretch: [f64; 2],
}

impl Silhouette {
    /// Distance of the outline from the centre in a direction, to first order.
    fn at(&self, angle: f64) -> f64 {
        let (sin, cos) = angle.sin_cos();
        let (sin2, cos2) = (2.0 * angle).sin_cos();
        self.radius + self.shift[0] * cos + self.shift[1] * sin + self.stretch[0] * cos2 + self.stretch[1] * sin2
    }

    /// Least squares through the crossing nearest to the outline on each ray, and the share of rays that agree.
    fn refit(&self, rays: &[Ray], gate: f64, expected: f64, slack: f64) -> Option<(Self, f64)> {
        let mut normal = nalgebra::SMatrix::<f64, 5, 5>::zeros();
        let mut right = nalgebra::SVector::<f64, 5>::zeros();
        let mut agreeing = 0;
        for ray in rays {
            let here = self.at(ray.angle);
            let nearest = ray.crossings.iter().copied().min_by(|a, b| (a - here).abs().total_cmp(&(b - here).abs()));
            let Some(reach) = nearest.filter(|reach| (reach - here).abs() < gate) else { continue };
            agreeing += 1;
            let residual = reach - here;
            // Soft-L1: beyond 5 % of the radius an outlier pulls no harder.
            let weight = 1.0 / (1.0 + (residual / (0.05 * expected)).powi(2)).sqrt();
            let (sin, cos) = ray.angle.sin_cos();
            let (sin2, cos2) = (2.0 * ray.angle).sin_cos();
            let row = nalgebra::SVector::<f64, 5>::from([1.0, cos, sin, cos2, sin2]);
            normal += weight * row * row.transpose();
            right += weight * (reach - expected) * row;
        }
        if agreeing < RAYS / 4 {
            return None;
        }
        // Pulls towards the expected circle, so that half an outline gives no egg.
        for (i, pull) in [0.5, 0.2, 0.2, 6.0, 6.0].into_iter().enumerate() {
            normal[(i, i)] += pull;
        }
        let s = normal.cholesky()?.solve(&right);
        let radius = expected + s[0].clamp(-slack * expected, slack * expected);
        let limit = 0.18 * expected;
        Some((
            Self {
                radius,
                shift: [s[1].clamp(-limit, limit), s[2].clamp(-limit, limit)],
                stretch: [s[3].clamp(-limit, limit), s[4].clamp(-limit, limit)],
            },
            f64::from(agreeing as u32) / RAYS as f64,
        ))
    }
}
