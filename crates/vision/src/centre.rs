//! The centre of a ball, measured closely: by the change of hue across its outline.

use super::{
    disc::{Direction, Disc, SAMPLES},
    scene::Scene,
};
use nalgebra::{Matrix3, Vector3};

/// Every other ray is enough.
const STRIDE: usize = 2;
/// What lies farther from the outline than this, in radii, does not pull at it.
const GATE: f64 = 0.3;
/// Places across the outline that are looked at for projected light, less one.
const LOOKS: u32 = 8;
/// After so many rounds the outline rests.
const ROUNDS: usize = 4;
/// What a change of brightness counts beside one of hue.
const BRIGHTNESS: f32 = 0.2;
/// Pulls towards the radius and the centre that were found before, in rays: half an outline does not tell both.
const PULLS: [f64; 3] = [0.5, 0.05, 0.05];

/// How steep the hue is along one ray.
struct Slopes {
    direction: &'static Direction,
    /// Distance of the first from the centre, and from one to the next, working pixels.
    first: f64,
    step: f64,
    sizes: [f32; SAMPLES - 2],
}

/// How much a change of colour (blue, green, red) counts. Shading, glints and shadows change all channels alike, and
/// pull an outline that is measured by brightness to one side. Where there are no hues, brightness tells.
fn hue_change([b, g, r]: [f32; 3]) -> f32 {
    let hue = (b - g).abs().max((g - r).abs()).max((r - b).abs());
    hue.max(BRIGHTNESS * b.abs().max(g.abs()).max(r.abs()))
}

impl Slopes {
    fn new(scene: &Scene, ball: &Disc, direction: &'static Direction) -> Self {
        let (profile, first, step) = scene.profile(ball.centre, ball.radius, direction);
        let sizes = std::array::from_fn(|k| hue_change(std::array::from_fn(|c| profile[k + 2][c] - profile[k][c])));
        Self { direction, first: first + step, step, sizes }
    }

    /// How far the middle of the edge near a reach lies beyond it: the centroid of the slopes, which blur leaves where
    /// it is; `None` where there is no slope.
    fn beyond(&self, reach: f64, gate: f64) -> Option<f64> {
        let (mut sum, mut moment) = (0.0, 0.0);
        for (k, size) in self.sizes.iter().enumerate() {
            let off = self.first + k as f64 * self.step - reach;
            let near = (1.0 - (off / gate).powi(2)).max(0.0);
            let weight = f64::from(*size) * near * near;
            sum += weight;
            moment += weight * off;
        }
        (sum > 1e-6).then(|| moment / sum)
    }
}

impl Scene<'_> {
    /// Whether no projected light lies near the outline of a ball on one side of it.
    fn is_dark(&self, ball: &Disc, direction: &Direction) -> bool {
        let reaches = (0..=LOOKS).map(|k| 1.0 + GATE * (2.0 * f64::from(k) / f64::from(LOOKS) - 1.0));
        self.lit.is_none()
            || !reaches.into_iter().any(|reach| self.is_lit(direction.from(ball.centre, reach * ball.radius)))
    }

    /// A ball with its centre measured closely; the same where that says too little. `balls` are all that there are.
    pub(super) fn centred(&self, ball: &Disc, balls: &[Disc]) -> Disc {
        let Some(free) = self.free_directions(ball.centre, ball.radius, STRIDE, &ball.beside(balls)) else {
            return *ball;
        };
        let rays = free.len();
        let dark = free.into_iter().filter(|direction| self.is_dark(ball, direction));
        let slopes: Vec<Slopes> = dark.map(|direction| Slopes::new(self, ball, direction)).collect();
        if slopes.len() < rays.div_ceil(4) {
            return *ball;
        }
        let [stretch_x, stretch_y] = self.perspective.oblique(ball.centre).stretch;
        // Mean radius, and shift of the centre.
        let mut outline = Vector3::new(ball.radius, 0.0, 0.0);
        for _ in 0..ROUNDS {
            let mut normal = Matrix3::from_diagonal(&(Vector3::from(PULLS) * slopes.len() as f64));
            let mut right = Vector3::from(PULLS).component_mul(&(Vector3::new(ball.radius, 0.0, 0.0) - outline))
                * slopes.len() as f64;
            for ray in &slopes {
                let Direction { cos, sin, cos2, sin2 } = ray.direction;
                let row = Vector3::new(1.0 + stretch_x * cos2 + stretch_y * sin2, *cos, *sin);
                if let Some(beyond) = ray.beyond(row.dot(&outline), GATE * ball.radius) {
                    normal += row * row.transpose();
                    right += beyond * row;
                }
            }
            let Some(factors) = normal.cholesky() else { return *ball };
            outline += factors.solve(&right);
        }
        let shift = [outline[1], outline[2]];
        if shift[0].hypot(shift[1]) > GATE * ball.radius {
            return *ball;
        }
        Disc { centre: [0, 1].map(|i| ball.centre[i] + shift[i]), ..*ball }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BallDetection, BallSet, Detector, disc::directions, synthetic};
    use opencv::prelude::*;

    #[test]
    fn brightness_counts_less_than_hue() {
        assert!((hue_change([50.0, 50.0, 50.0]) - BRIGHTNESS * 50.0).abs() < 1e-6);
        assert!((hue_change([-20.0, 5.0, 10.0]) - 30.0).abs() < 1e-6);
    }

    #[test]
    fn the_middle_of_a_blurred_edge_is_its_centroid() {
        let sizes = std::array::from_fn(|k| match k {
            5 | 7 => 10.0,
            6 => 20.0,
            // Far off, and stronger.
            13 => 90.0,
            _ => 0.0,
        });
        let slopes = Slopes { direction: &directions()[0], first: 10.0, step: 0.5, sizes };
        assert!(slopes.beyond(13.0, 3.0).is_some_and(|off| off.abs() < 1e-9));
        assert!(slopes.beyond(12.5, 3.0).is_some_and(|off| (0.3..0.6).contains(&off)));
        assert_eq!(slopes.beyond(20.0, 3.0), None);
    }

    /// A ball in light from one side, with a shadow on the cloth on the other, is where its outline is.
    #[test]
    fn light_from_one_side_moves_no_centre() {
        let balls = [
            (300.3, 200.6, [30.0, 30.0, 220.0]),
            (500.7, 300.2, [200.0, 60.0, 30.0]),
            (700.0, 150.5, [30.0, 200.0, 230.0]),
            (200.4, 400.0, [235.0; 3]),
        ];
        let mut picture = synthetic::table(&balls);
        let width = picture.cols() as usize;
        for (i, byte) in picture.data_bytes_mut().expect("bytes").iter_mut().enumerate() {
            let (x, y) = ((i / 3 % width) as f64, (i / 3 / width) as f64);
            for (cx, cy, _) in balls {
                let reach = (x - cx).hypot(y - cy) / synthetic::RADIUS;
                if reach < 1.8 {
                    // Darker to the right, on the ball as on the cloth; the shadow fades.
                    let side = ((x - cx) / synthetic::RADIUS).clamp(0.0, 1.0);
                    *byte = (f64::from(*byte) * (1.0 - 0.45 * side * (1.8 - reach).min(1.0))) as u8;
                }
            }
        }
        let mut detector = Detector::new(BallSet::american());
        detector.fix_table(synthetic::SIZE, synthetic::corners());
        let seen = detector.detect(&picture).expect("a picture").balls;
        for (x, y, colour) in balls {
            let off = |ball: &BallDetection| (ball.centre.x - x).hypot(ball.centre.y - y);
            let nearest = seen.iter().map(off).fold(f64::MAX, f64::min);
            assert!(nearest < 0.05 * synthetic::RADIUS, "{colour:?}: {nearest}");
        }
    }
}
