//! Votes for the centres of circles along the gradients.

use super::scene::Scene;
use std::f64::consts::TAU;

impl Scene {
    /// Places where many gradients meet at about `radius`, most votes first; `share` is the part of the circle's edge
    /// that must vote.
    pub(super) fn vote(&self, radius: f64, share: f64) -> Vec<[f64; 2]> {
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
}
