//! The light over a table: a lamp or a window at one side leaves the other darker.

use crate::{grids::FinePoint, scene::Scene};
use nalgebra::{Matrix3, Vector3};

/// Brightness of the cloth from place to place: its logarithm is a plane over the working picture.
pub(super) struct Light {
    /// Logarithm of the brightness in the table's middle, and its change to the right and down over half the table's
    /// longer side.
    plane: Vector3<f64>,
    /// The table's middle.
    middle: FinePoint,
    /// Half the table's longer side, working pixels.
    half: f64,
}

/// Number of places along each side of the table at which the cloth is sampled.
const GRID: usize = 16;

/// Maximum logarithm of the change of light that is not corrected: lamps light a cloth otherwise than the balls on it.
const EVEN: f64 = 0.12;

/// Maximum logarithm of the gain: a greater difference is not caused by the light.
const STRONGEST: f64 = 0.7;

/// Weight that keeps the plane flat where little of the cloth is visible, in samples.
const STIFFNESS: f64 = 2.0;

impl Light {
    /// Measures the light on the cloth of a scene.
    pub fn new(scene: &Scene) -> Self {
        let [a, b, c, d] = scene.quad;
        let between = |p: FinePoint, q: FinePoint, share: f64| p + (q - p) * share;
        let inside = |across: f64, down: f64| between(between(a, b, across), between(d, c, across), down);
        let mut light = Self { plane: Vector3::zeros(), middle: inside(0.5, 0.5), half: (scene.length / 2.0).max(1.0) };
        let mut normal = Matrix3::from_diagonal(&Vector3::new(0.0, STIFFNESS, STIFFNESS));
        let mut right = Vector3::zeros();
        let share = |i: usize| (i as f64 + 0.5) / GRID as f64;
        for at in (0..GRID * GRID).map(|i| inside(share(i % GRID), share(i / GRID))) {
            let pixel = scene.picture.sample(at);
            if scene.cloth.is_some_and(|cloth| cloth.matches(pixel)) {
                let [x, y] = light.place(at);
                let row = Vector3::new(1.0, x, y);
                normal += row * row.transpose();
                right += row * f64::from(pixel.iter().sum::<f32>().max(1.0)).ln();
            }
        }
        if let Some(normal) = normal.cholesky() {
            light.plane = normal.solve(&right);
        }
        light
    }

    /// Returns the factor that makes pixels at a place about as bright as in the middle.
    pub fn gain(&self, at: FinePoint) -> f32 {
        let [x, y] = self.place(at);
        let change = -self.plane[1] * x - self.plane[2] * y;
        ((change.abs() - EVEN).clamp(0.0, STRONGEST) * change.signum()).exp() as f32
    }

    /// Returns the offset of a place from the middle, in halves of the table's longer side.
    fn place(&self, at: FinePoint) -> [f64; 2] {
        ((at - self.middle) / self.half).to_array()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableShape;
    use billiards_table::CameraPoint;
    use opencv::{
        core::{CV_8UC3, Mat, Scalar},
        prelude::*,
    };

    /// Returns the light on a blue cloth that falls off to the right by `falloff`.
    fn lit(falloff: f64) -> Light {
        let (width, height) = (600, 300);
        let mut picture = Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(0.0)).expect("a picture");
        for (i, pixel) in picture.data_bytes_mut().expect("bytes").chunks_exact_mut(3).enumerate() {
            let light = 1.0 - falloff * (i % 600) as f64 / 600.0;
            pixel.copy_from_slice(&[200.0, 120.0, 40.0].map(|channel| (channel * light) as u8));
        }
        let corners = [(50., 50.), (550., 50.), (550., 250.), (50., 250.)].map(CameraPoint::from);
        let scene = Scene::new(&picture, 1.0, &corners, None, None, TableShape::default()).expect("a scene");
        Light::new(&scene)
    }

    #[test]
    fn the_dark_side_is_brightened() {
        let light = lit(0.6);
        let aside = euclid::vec2(0.8 * light.half, 0.0);
        assert_eq!(light.gain(light.middle), 1.0);
        assert!(light.gain(light.middle + aside) > 1.1);
        assert!(light.gain(light.middle - aside) < 0.97);
    }

    #[test]
    fn even_light_is_left_alone() {
        let light = lit(0.1);
        assert_eq!(light.gain(light.middle + euclid::vec2(light.half, 0.0)), 1.0);
    }
}
