//! Balls in the picture: shaded spheres in perspective.

use super::{
    canvas::Canvas,
    colour::Rgb,
    shading::{Lighting, Stage, short},
    sight::{Window, union},
    skin::Skin,
};
use nalgebra::{Matrix3, UnitQuaternion, Vector3};

/// Where a pixel is looked at, pixels from its centre.
const LOOKS: [(f64, f64); 4] = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)];

/// Where a ball is and how it is turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BallPose {
    /// Its centre: table x, table y, height over the bed.
    pub centre: Vector3<f64>,
    /// From the ball's own axes to those of the table.
    pub turn: UnitQuaternion<f64>,
}

/// A ball that is to be drawn.
pub(super) struct DrawnBall<'a> {
    /// Its radius, metres.
    pub radius: f64,
    /// What is painted on it.
    pub skin: &'a Skin,
    /// The light where it lies.
    pub lighting: Lighting,
    /// Colour of the cloth under it, which it mirrors.
    pub cloth: Rgb,
    /// Share of the light that reaches it, 0 to 1.
    pub brightness: f32,
}

impl DrawnBall<'_> {
    /// Draws the ball that is where `at` says at each moment; its edge is exact to a small part of a pixel.
    pub fn draw(&self, canvas: &mut Canvas, stage: &Stage<'_>, at: &dyn Fn(f64) -> BallPose) {
        let [begin, end] = stage.shutter.span();
        let (first, last) = (at(begin), at(end));
        let middle = at(stage.shutter.middle);
        let windows = [first, middle, last].map(|pose| stage.sight.window(pose.centre, self.radius));
        let Some(window) = windows.into_iter().fold(None, union) else { return };
        let way = (middle.centre - first.centre).norm() + (last.centre - middle.centre).norm();
        let pixels = way / stage.sight.footprint(stage.sight.eye().z) / (end - begin).max(1e-9);
        let moments = stage.shutter.moments(pixels);
        self.draw_window(canvas, stage, window, &|y| {
            let poses = (0..moments).map(|k| at(stage.shutter.moment(y, k, moments)));
            poses.map(|pose| (pose.centre, pose.turn.inverse().to_rotation_matrix().into_inner())).collect()
        });
    }

    fn draw_window(
        &self,
        canvas: &mut Canvas,
        stage: &Stage<'_>,
        (columns, rows): Window,
        poses: &dyn Fn(usize) -> Vec<(Vector3<f64>, Matrix3<f64>)>,
    ) {
        let (sight, eye) = (stage.sight, stage.sight.eye());
        let looks: &[(f64, f64)] = &LOOKS;
        for y in rows {
            let poses = poses(y);
            // What moves is blurred anyway.
            let looks = if poses.len() > 2 { &[(0.0, 0.0)] } else { looks };
            let [right, below] = sight.steps(columns.start, y);
            for x in columns.clone() {
                let line = sight.direction(x, y);
                let (mut colour, mut shares) = (Rgb::BLACK, 0.0);
                for (centre, own) in &poses {
                    let to = centre - eye;
                    let share = covered(to, self.radius, line, right, below);
                    if share <= 0.0 {
                        continue;
                    }
                    let normal = normal(to, self.radius, line);
                    let beam = stage.beams.at(centre + normal * self.radius, y);
                    let mut seen = Rgb::BLACK;
                    for (aside, down) in looks {
                        let line = line + right * *aside + below * *down;
                        let normal = self::normal(to, self.radius, line);
                        seen = seen + self.look(own, normal, beam);
                    }
                    colour = colour + seen * (share / looks.len() as f32);
                    shares += share;
                }
                if shares > 0.0 {
                    let vignette = sight.vignette(x, y);
                    canvas.lay(x, y, colour * (vignette / shares), shares / poses.len() as f32);
                }
            }
        }
    }

    /// Light that comes to the camera from the place with this normal, in axes of the table.
    fn look(&self, own: &Matrix3<f64>, normal: Vector3<f64>, beam: Rgb) -> Rgb {
        let place = own * normal;
        let paint = self.skin.at([place.x, place.y, place.z]);
        let up = normal.z as f32;
        let from_cloth = paint * self.cloth * (0.16 * (1.0 - up) * self.lighting.lit.level);
        (self.lighting.shade(paint, 1.0, short(normal), beam) + from_cloth) * self.brightness
    }
}

/// Share of a pixel that a sphere covers: by how far its line of sight passes the centre, `to` from the eye.
fn covered(to: Vector3<f64>, radius: f64, line: Vector3<f64>, right: Vector3<f64>, below: Vector3<f64>) -> f32 {
    let miss = |line: Vector3<f64>| to.cross(&line).norm() / line.norm();
    let here = miss(line);
    let pixel = to.norm() * right.norm();
    if (here - radius).abs() > pixel {
        return if here < radius { 1.0 } else { 0.0 };
    }
    let slope = (miss(line + right) - here).hypot(miss(line + below) - here);
    (0.5 + (radius - here) / slope).clamp(0.0, 1.0) as f32
}

/// Outward normal of a sphere where a line of sight meets it; what passes just beyond the rim has the rim's.
fn normal(to: Vector3<f64>, radius: f64, line: Vector3<f64>) -> Vector3<f64> {
    const RIM: f64 = 0.995;
    let forward = line.normalize();
    let off = (forward * to.dot(&forward) - to) / radius;
    let off = off * (RIM / off.norm().max(1e-12)).min(1.0);
    off - forward * (1.0 - off.norm_squared()).max(0.0).sqrt()
}
