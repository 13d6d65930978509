//! Refinement of a ball's centre by the change of hue across its outline.

use super::{
    cloth::ClothColour,
    disc::{Direction, Disc, SAMPLES},
    grids::FineVector,
    scene::Scene,
};
use nalgebra::{Matrix3, Vector3};

/// Stride over the rays: every other one is enough.
const STRIDE: usize = 2;
/// Maximum distance from the outline at which a change counts, in radii; also the maximum shift of the centre.
const GATE: f64 = 0.3;
/// Number of iterations after which the outline has converged.
const ITERATIONS: usize = 4;
/// Weight of a change with something other than cloth beyond it, on a ball with cloth all round it.
const WITHIN: f32 = 0.2;
/// Distance beyond a change, in samples, at which the colour is read: near enough that cloth is met beyond an outline,
/// and far enough to be past the blur of that outline.
const BEYOND: usize = 2;
/// Weight of a change of brightness relative to one of hue.
const BRIGHTNESS: f32 = 0.2;
/// Weights of the priors on the radius and on the two coordinates of the centre, as shares of all rays: half an outline
/// does not determine both.
const PULLS: [f64; 3] = [0.1, 0.05, 0.05];

/// Gradient of the hue along one ray.
struct Slopes {
    direction: &'static Direction,
    /// Distance of the first sample from the centre, working pixels.
    first: f64,
    /// Distance between samples, working pixels.
    step: f64,
    sizes: [f32; SAMPLES - 2],
}

/// Returns the weight of a change of colour (blue, green, red). Shading, glints and shadows change all channels alike,
/// and pull an outline that is measured by brightness to one side. Where there are no hues, brightness decides.
fn hue_change([b, g, r]: [f32; 3]) -> f32 {
    let hue = (b - g).abs().max((g - r).abs()).max((r - b).abs());
    hue.max(BRIGHTNESS * b.abs().max(g.abs()).max(r.abs()))
}

/// Returns the weight of a change whose outer side has this distance from cloth's colour (1 at the limit). The outline
/// of a ball is where cloth begins; all other edges are painted on it. The weight never falls to zero, or balls of the
/// cloth's colour would have no outline.
fn outline_share(distance: f32) -> f32 {
    WITHIN + (1.0 - WITHIN) / (1.0 + distance * distance)
}

impl Slopes {
    /// Measures the gradients along one ray. With `cloth`, the ball has cloth of that colour all round it.
    fn new(scene: &Scene, ball: &Disc, cloth: Option<&ClothColour>, direction: &'static Direction) -> Self {
        let (profile, first, step) = scene.profile(ball.centre, ball.radius, direction);
        let sizes = std::array::from_fn(|k| {
            let change = hue_change(std::array::from_fn(|c| profile[k + 2][c] - profile[k][c]));
            let beyond = profile[(k + 2 + BEYOND).min(SAMPLES - 1)];
            change * cloth.map_or(1.0, |cloth| outline_share(cloth.distance(beyond)))
        });
        Self { direction, first: first + step, step, sizes }
    }

    /// Returns the distance of the edge near a reach beyond that reach: the centroid of the slopes, which blur does not
    /// move; `None` if there is no slope.
    fn beyond(&self, reach: f64, gate: f64) -> Option<f64> {
        let (mut sum, mut moment) = (0.0, 0.0);
        for (k, size) in self.sizes.iter().enumerate() {
            let distance = self.first + k as f64 * self.step - reach;
            let near = (1.0 - (distance / gate).powi(2)).max(0.0);
            let weight = f64::from(*size) * near * near;
            sum += weight;
            moment += weight * distance;
        }
        (sum > 1e-6).then(|| moment / sum)
    }
}

impl Scene<'_> {
    /// Returns the ball with its centre refined, or unchanged if there is too little evidence. `radius` is the mean
    /// radius at this place as estimated from all balls, working pixels; `balls` are all balls found.
    pub(super) fn centred(&self, ball: &Disc, radius: f64, balls: &[Disc]) -> Disc {
        let neighbours = ball.beside(balls);
        let Some(free) = self.free_directions(ball.centre, ball.radius, STRIDE, &neighbours) else { return *ball };
        // In a pack cloth lies beyond only a part of the outline, which would pull the centre there.
        let cloth = self.cloth_at(ball.centre).filter(|_| neighbours.is_empty());
        let slopes: Vec<Slopes> = free.into_iter().map(|direction| Slopes::new(self, ball, cloth, direction)).collect();
        let [stretch_x, stretch_y] = self.perspective.oblique(ball.centre).stretch;
        // Mean radius, and shift of the centre.
        let expected = Vector3::new(radius, 0.0, 0.0);
        let mut outline = expected;
        for _ in 0..ITERATIONS {
            let pulls = Vector3::from(PULLS) * slopes.len() as f64;
            let (mut normal, mut right) = (Matrix3::from_diagonal(&pulls), pulls.component_mul(&(expected - outline)));
            for ray in &slopes {
                let Direction { cos, sin, cos2, sin2 } = ray.direction;
                let row = Vector3::new(1.0 + stretch_x * cos2 + stretch_y * sin2, *cos, *sin);
                if let Some(beyond) = ray.beyond(row.dot(&outline), GATE * radius) {
                    normal += row * row.transpose();
                    right += beyond * row;
                }
            }
            let Some(factors) = normal.cholesky() else { return *ball };
            outline += factors.solve(&right);
        }
        let shift = FineVector::new(outline[1], outline[2]);
        if shift.x.hypot(shift.y) > GATE * radius {
            return *ball;
        }
        Disc { centre: ball.centre + shift, ..*ball }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BallDetection, Detector, disc::directions, synthetic};
    use billiards_table::{BallSet, CameraPoint};
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
        assert!(slopes.beyond(13.0, 3.0).is_some_and(|distance| distance.abs() < 1e-9));
        assert!(slopes.beyond(12.5, 3.0).is_some_and(|distance| (0.3..0.6).contains(&distance)));
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
            let distance = |ball: &BallDetection| (ball.centre.x - x).hypot(ball.centre.y - y);
            let nearest = seen.iter().map(distance).fold(f64::MAX, f64::min);
            assert!(nearest < 0.05 * synthetic::RADIUS, "{colour:?}: {nearest}");
        }
    }

    /// Marks painted near the outline do not move the centre: the white between the bands of a stripe that shows its
    /// pole leaves only a crescent of colour.
    #[test]
    fn paint_near_the_outline_moves_no_centre() {
        let balls = [
            (300.3, 200.6, [160.0, 40.0, 20.0], 0.0_f64),
            (500.7, 300.2, [30.0, 30.0, 160.0], 2.1),
            (700.0, 150.5, [20.0, 120.0, 230.0], 3.9),
            (200.4, 400.0, [120.0, 20.0, 90.0], 5.2),
        ];
        let mut picture = synthetic::table(&balls.map(|(x, y, colour, _)| (x, y, colour)));
        for (x, y, _, way) in balls {
            let aside = euclid::vec2(0.18 * synthetic::RADIUS * way.cos(), 0.18 * synthetic::RADIUS * way.sin());
            let pole = CameraPoint::new(x, y) + aside;
            synthetic::disc(&mut picture, pole, 0.78 * synthetic::RADIUS, [215.0; 3]);
        }
        let mut detector = Detector::new(BallSet::american());
        detector.fix_table(synthetic::SIZE, synthetic::corners());
        let seen = detector.detect(&picture).expect("a picture").balls;
        for (x, y, colour, _) in balls {
            let distance = |ball: &BallDetection| (ball.centre.x - x).hypot(ball.centre.y - y);
            let nearest = seen.iter().map(distance).fold(f64::MAX, f64::min);
            assert!(nearest < 0.01 * synthetic::RADIUS, "{colour:?}: {nearest}");
        }
    }
}
