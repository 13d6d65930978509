//! Finding balls: circles of one radius, by votes along the gradients, checked ray by ray.

use super::{
    disc::{Disc, RAYS, Silhouette},
    scene::Scene,
};
use std::f64::consts::TAU;

/// Radii that balls can have, as shares of the table's longer side: from a nine-foot table to a toy.
const RADIUS_SHARES: (f64, f64) = (0.0098, 0.026);

impl Scene {
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

    /// Median radius of the balls over the table's longer side; `None` for fewer than three clear ones, which may be a
    /// hand or a glass.
    pub fn radius_share(&self, balls: &[Disc]) -> Option<f64> {
        let mut radii: Vec<f64> = balls.iter().filter(|b| b.support > 0.85).map(|b| b.radius).collect();
        radii.sort_by(f64::total_cmp);
        (radii.len() >= 3).then(|| radii[radii.len() / 2] / self.length)
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

    /// Whether a disc is round, not of cloth, and on the bed.
    fn is_round(&self, disc: &Disc, radius: f64) -> bool {
        // A ball at the rail touches the nose: its centre is a radius away from it.
        self.inset(disc.centre) > 0.7 * radius && disc.support >= 0.84 && disc.filled >= 0.6
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
