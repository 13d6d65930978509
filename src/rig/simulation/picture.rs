//! The camera's picture of the table: the empty table drawn once, and over it what moves.

use super::{
    balls::{self, DrawnBall, Skin},
    camera::OverheadCamera,
    canvas::Canvas,
    cue::{self, CuePose},
    lamp::Lamp,
    motion::{Body, Place},
    noise::SensorNoise,
    table::TableSurface,
};
use crate::model::{BallLabel, CameraPoint, TableSpec};

/// Share of the light that the corners of the picture lose in the lens.
const VIGNETTE: f32 = 0.14;

/// Paints the pictures of one camera.
pub(super) struct Painter {
    camera: OverheadCamera,
    lamp: Lamp,
    ball_radius: f64,
    surface: TableSurface,
    /// The empty table: rows of blue, green and red bytes.
    background: Vec<u8>,
    noise: SensorNoise,
    /// The cue ball's, then those of 1 to 15.
    skins: [Skin; 16],
}

impl Painter {
    /// Draws the empty table, which takes a moment; pictures are quick after that.
    pub fn new(spec: &TableSpec, camera: OverheadCamera, seed: u64) -> Self {
        let lamp = Lamp::over(spec);
        let surface = TableSurface::new(spec, lamp);
        let background = empty_table(&surface, &camera);
        let skins = std::array::from_fn(|i| Skin::of(if i == 0 { BallLabel::Cue } else { BallLabel::Number(i as u8) }));
        let noise = SensorNoise::new(camera.size(), seed);
        Self { camera, lamp, ball_radius: spec.ball_radius, surface, background, noise, skins }
    }

    /// Paints picture number `frame` into `bytes`: rows of blue, green and red.
    pub fn paint(&self, bodies: &[Body], cue: Option<&CuePose>, frame: u64, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.background);
        let canvas = &mut Canvas::new(self.camera.size(), bytes);
        let radius = self.ball_radius * self.camera.pixels_per_metre();
        for body in bodies.iter().filter(|body| body.place == Place::Bed) {
            let centre = self.camera.to_picture(body.position);
            balls::draw_shadow(canvas, centre, radius, &self.lamp.at(body.position));
        }
        if let Some(pose) = cue {
            cue::draw_shadow(canvas, pose, &self.camera, &self.lamp);
        }
        for body in bodies {
            // A ball that falls is further from the camera and soon in the dark.
            let depth = match body.place {
                Place::Bed => 0.0,
                Place::Falling { done, .. } => done,
                Place::Down => continue,
            };
            let ball = DrawnBall {
                centre: self.camera.to_picture(body.position),
                radius: radius * (1.0 - 0.15 * depth),
                skin: self.skin(body.label),
                turn: body.turn,
                lit: self.lamp.at(body.position),
                cloth: self.surface.cloth_colour(),
                brightness: (1.0 - 0.93 * depth) as f32 * self.lens(self.camera.to_picture(body.position)),
            };
            ball.draw(canvas);
        }
        if let Some(pose) = cue {
            cue::draw(canvas, pose, &self.camera, &self.lamp);
        }
        self.noise.add(bytes, frame);
    }

    fn lens(&self, p: CameraPoint) -> f32 {
        vignette(&self.camera, p)
    }

    fn skin(&self, label: BallLabel) -> &Skin {
        let i = if let BallLabel::Number(n @ 1..=15) = label { usize::from(n) } else { 0 };
        &self.skins[i]
    }
}

/// Share of the light that comes through the lens to a place of the picture.
fn vignette(camera: &OverheadCamera, p: CameraPoint) -> f32 {
    let size = camera.size();
    let half = CameraPoint::new(0.5 * f64::from(size.width), 0.5 * f64::from(size.height));
    let off = (p - half).square_length() / half.to_vector().square_length();
    1.0 - VIGNETTE * off as f32
}

/// The picture of the empty table.
fn empty_table(surface: &TableSurface, camera: &OverheadCamera) -> Vec<u8> {
    let size = camera.size();
    let footprint = 1.0 / camera.pixels_per_metre();
    let mut bytes = Vec::with_capacity(3 * size.width as usize * size.height as usize);
    for y in 0..size.height {
        for x in 0..size.width {
            let p = CameraPoint::new(f64::from(x), f64::from(y));
            let colour = surface.colour(camera.to_table(p), footprint) * vignette(camera, p);
            bytes.extend(colour.encode().map(|v| (v + 0.5) as u8));
        }
    }
    bytes
}
