//! The silhouette of a ball, measured along rays from its centre.

use super::scene::Scene;
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

    /// Distance of two centres, pixels.
    pub fn distance(&self, other: &Self) -> f64 {
        (self.centre[0] - other.centre[0]).hypot(self.centre[1] - other.centre[1])
    }
}

/// Rays round the full turn.
pub(super) const RAYS: usize = 48;

impl Scene {
    /// For each ray from `centre` the distances at which an edge crosses it.
    pub(super) fn rays(&self, centre: [f64; 2], radius: f64) -> Vec<Ray> {
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
}

pub(super) struct Ray {
    angle: f64,
    crossings: Vec<f64>,
}

/// An outline round a centre: radius plus a small shift and stretch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Silhouette {
    pub radius: f64,
    pub shift: [f64; 2],
    pub stretch: [f64; 2],
}

impl Silhouette {
    /// Distance of the outline from the centre in a direction, to first order.
    pub fn at(&self, angle: f64) -> f64 {
        let (sin, cos) = angle.sin_cos();
        let (sin2, cos2) = (2.0 * angle).sin_cos();
        self.radius + self.shift[0] * cos + self.shift[1] * sin + self.stretch[0] * cos2 + self.stretch[1] * sin2
    }

    /// Least squares through the crossing nearest to the outline on each ray, and the share of rays that agree.
    pub fn refit(&self, rays: &[Ray], gate: f64, expected: f64, slack: f64) -> Option<(Self, f64)> {
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
