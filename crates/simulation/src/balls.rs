//! Balls in the picture: shaded spheres in perspective.

use super::{
    ball_texture::BallTexture,
    canvas::Canvas,
    colour::Rgb,
    pixel_rays::{Window, union},
    shading::{Lighting, Stage, short},
};
use nalgebra::{Matrix3, UnitQuaternion, Vector3};

/// Sampling offsets within a pixel, pixels from its centre.
const LOOKS: [(f64, f64); 4] = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)];

/// Position and orientation of a ball.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BallPose {
    /// Centre: table x, table y, height over the bed, metres.
    pub centre: Vector3<f64>,
    /// Rotation from the ball's own axes to those of the table.
    pub turn: UnitQuaternion<f64>,
}

/// A ball to be drawn.
pub(super) struct DrawnBall<'a> {
    /// Radius, metres.
    pub radius: f64,
    /// Appearance of the ball's surface.
    pub texture: &'a BallTexture,
    /// Light at the ball's position.
    pub lighting: Lighting,
    /// Colour of the cloth under the ball, which its surface reflects.
    pub cloth: Rgb,
    /// Share of the light that reaches the ball, 0 to 1.
    pub brightness: f32,
}

impl DrawnBall<'_> {
    /// Draws the ball, whose pose at each time is given by `at`; its edge is exact to a small part of a pixel.
    pub fn draw(&self, canvas: &mut Canvas, stage: &Stage<'_>, at: &dyn Fn(f64) -> BallPose) {
        let [begin, end] = stage.shutter.span();
        let (first, last) = (at(begin), at(end));
        let middle = at(stage.shutter.middle);
        let windows = [first, middle, last].map(|pose| stage.rays.window(pose.centre, self.radius));
        let Some(window) = windows.into_iter().fold(None, union) else { return };
        let distance = (middle.centre - first.centre).norm() + (last.centre - middle.centre).norm();
        let pixels = distance / stage.rays.footprint(stage.rays.eye().z) / (end - begin).max(1e-9);
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
        let (rays, eye) = (stage.rays, stage.rays.eye());
        let looks: &[(f64, f64)] = &LOOKS;
        for y in rows {
            let poses = poses(y);
            // A moving ball is blurred anyway, so one sample per pixel is enough.
            let looks = if poses.len() > 2 { &[(0.0, 0.0)] } else { looks };
            let [right, below] = rays.steps(columns.start, y);
            for x in columns.clone() {
                let line = rays.direction(x, y);
                let (mut colour, mut shares) = (Rgb::BLACK, 0.0);
                for (centre, own) in &poses {
                    let to = centre - eye;
                    let share = covered(to, self.radius, line, right, below);
                    if share <= 0.0 {
                        continue;
                    }
                    let normal = normal(to, self.radius, line);
                    if stage.hides(x, y, (centre + normal * self.radius).z) {
                        continue;
                    }
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
                    let vignette = rays.vignette(x, y);
                    canvas.lay(x, y, colour * (vignette / shares), shares / poses.len() as f32);
                }
            }
        }
    }

    /// Returns the light that reaches the camera from the surface point with this normal (axes of the table).
    fn look(&self, own: &Matrix3<f64>, normal: Vector3<f64>, beam: Rgb) -> Rgb {
        let place = own * normal;
        let paint = self.texture.at([place.x, place.y, place.z]);
        let up = normal.z as f32;
        let from_cloth = paint * self.cloth * (0.16 * (1.0 - up) * self.lighting.lit.level);
        (self.lighting.shade(paint, 1.0, short(normal), beam) + from_cloth) * self.brightness
    }
}

/// Returns the share of a pixel that a sphere covers, from the distance at which its line of sight passes the centre;
/// `to` is the vector from the camera to the centre.
fn covered(to: Vector3<f64>, radius: f64, line: Vector3<f64>, right: Vector3<f64>, below: Vector3<f64>) -> f32 {
    let distance = |line: Vector3<f64>| to.cross(&line).norm() / line.norm();
    let here = distance(line);
    let pixel = to.norm() * right.norm();
    if (here - radius).abs() > pixel {
        return if here < radius { 1.0 } else { 0.0 };
    }
    let (x, y) = (distance(line + right) - here, distance(line + below) - here);
    (0.5 + (radius - here) / (x * x + y * y).sqrt()).clamp(0.0, 1.0) as f32
}

/// Returns the outward normal of a sphere where a line of sight meets it; lines that pass just beyond the rim get the
/// normal of the rim.
fn normal(to: Vector3<f64>, radius: f64, line: Vector3<f64>) -> Vector3<f64> {
    const RIM: f64 = 0.995;
    let forward = line.normalize();
    let offset = (forward * to.dot(&forward) - to) / radius;
    let offset = offset * (RIM / offset.norm().max(1e-12)).min(1.0);
    offset - forward * (1.0 - offset.norm_squared()).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        beams::{Beams, PreparedPictures},
        camera::SimulatedCamera,
        lamp::Lamp,
        noise::SensorNoise,
        pixel_rays::PixelRays,
        projector::SimulatedProjector,
        setup::RoomLight,
        shutter::Shutter,
    };
    use billiards_table::{BallLabel, BallSet, FrameSize, Pose, SensorPoint, TableKind, TablePoint};

    /// Renders a ball over a black and over a white ground and returns the share of each pixel that the ball covers.
    fn covered_pixels(camera: SimulatedCamera, centre: Vector3<f64>) -> Vec<f64> {
        let spec = TableKind::NINE_FOOT.spec();
        let (rays, projector, shown) =
            (PixelRays::new(camera), SimulatedProjector::over(&spec), PreparedPictures::default());
        let shutter = Shutter::new(&camera, 0.0);
        let beams = Beams::new(&projector, &shown, &[], &shutter, rays.height());
        let stage = Stage { rays: &rays, shutter, beams, heights: None };
        let lit = Lamp::over(&spec, RoomLight::default()).at(TablePoint::new(centre.x, centre.y), rays.eye());
        let ball = DrawnBall {
            radius: spec.ball_radius,
            texture: &BallTexture::of(BallLabel::Number(13), &BallSet::american()),
            lighting: Lighting::new(&stage, lit, centre),
            cloth: Rgb::stored(28, 112, 172),
            brightness: 1.0,
        };
        let turn = UnitQuaternion::from_euler_angles(0.3, 1.2, 2.0);
        let over = |ground: u16| {
            let mut canvas = Canvas::new(rays.width(), rays.height());
            canvas.begin(&vec![ground; 3 * rays.width() * rays.height()], 1.0);
            ball.draw(&mut canvas, &stage, &|_| BallPose { centre, turn });
            let noise = SensorNoise::new(camera.size(), 0, 0.0);
            let mut bytes = vec![0; 3 * rays.width() * rays.height()];
            canvas.develop(&noise, 0, &mut bytes);
            bytes
        };
        // The light of the ground in a pixel gives its coverage, whatever the ball's colour.
        let light = |byte: u8| f64::from(Rgb::stored(byte, 0, 0).0[0]);
        let (black, white) = (over(0), over(16384));
        black.chunks_exact(3).zip(white.chunks_exact(3)).map(|(b, w)| 1.0 - (light(w[0]) - light(b[0]))).collect()
    }

    #[test]
    fn the_silhouette_is_that_of_a_sphere_in_perspective_through_the_lens() {
        let spec = TableKind::NINE_FOOT.spec();
        let size = FrameSize { width: 640, height: 360 };
        let plain = SimulatedCamera::over(&spec, size);
        let mut distorted = plain;
        distorted.lens.radial = [-0.2, 0.03, 0.0];
        let target = Vector3::new(0.6, 1.3, 0.0);
        let pose =
            Pose::looking(Vector3::new(0.2, 1.0, 2.0), target, Vector3::new(0.05, 1.0, 0.0)).expect("a direction");
        for camera in [plain, distorted, SimulatedCamera { pose, ..distorted }] {
            for (x, y) in [(0.635, 1.27), (0.13, 0.21), (1.05, 2.2)] {
                let centre = Vector3::new(x, y, spec.ball_radius);
                let (mut area, mut sum) = (0.0, [0.0; 2]);
                for (i, share) in covered_pixels(camera, centre).into_iter().enumerate() {
                    area += share;
                    sum = [sum[0] + share * (i % 640) as f64, sum[1] + share * (i / 640) as f64];
                }
                // The rim: the points where lines of sight touch the sphere.
                let (to, radius) = (centre - camera.pose.eye, spec.ball_radius);
                let distance = to.norm();
                let sine = radius / distance;
                let forward = to / distance;
                let right = forward.cross(&Vector3::x()).normalize();
                let up = right.cross(&forward);
                let rim: Vec<SensorPoint> = (0..720)
                    .map(|i| {
                        let (sin, cos) = (f64::from(i) * std::f64::consts::PI / 360.0).sin_cos();
                        let aside = (right * cos + up * sin) * (radius * (1.0 - sine * sine).sqrt());
                        let place = camera.pose.eye + to * (1.0 - sine * sine) + aside;
                        camera.see(place.into()).expect("in front")
                    })
                    .collect();
                // Area and centroid of a polygon.
                let (mut true_area, mut true_sum) = (0.0, [0.0; 2]);
                for (i, a) in rim.iter().enumerate() {
                    let b = rim[(i + 1) % rim.len()];
                    let cross = a.x * b.y - b.x * a.y;
                    true_area += 0.5 * cross;
                    true_sum = [true_sum[0] + (a.x + b.x) * cross / 6.0, true_sum[1] + (a.y + b.y) * cross / 6.0];
                }
                let error = (sum[0] / area - true_sum[0] / true_area).hypot(sum[1] / area - true_sum[1] / true_area);
                assert!(error < 0.04, "{error} px off at {x} {y}");
                assert!((area / true_area.abs() - 1.0).abs() < 0.012, "{area} {true_area}");
            }
        }
    }
}
