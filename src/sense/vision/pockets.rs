//! Where the pockets open on the bed: what is round in there is a hole, a net, or a potted ball.

use super::{disc::Disc, scene::Scene};
use crate::model::{CameraPoint, CameraPx};

/// The mouth of a pocket, pixels of the working picture.
pub(super) struct Mouth {
    place: [f64; 2],
    reach: f64,
}

impl Mouth {
    /// Whether a disc is (in) the hole rather than a ball beside it.
    pub fn holds(&self, disc: &Disc, radius: f64) -> bool {
        let distance = (disc.centre[0] - self.place[0]).hypot(disc.centre[1] - self.place[1]);
        distance < self.reach + 0.4 * radius && distance < 4.0 * radius
    }
}

impl Scene {
    /// Where the pockets open on the bed: for each corner and each middle of a long side how far the hole reaches in.
    pub(super) fn pocket_mouths(&self, radius: f64) -> Vec<Mouth> {
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
    fn first_cloth(&self, place: CameraPoint, direction: euclid::Vector2D<f64, CameraPx>, radius: f64) -> f64 {
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
}
