//! The picture of a room with tables, balls and people in it, in any light and from any side.

use super::{
    super::{
        ball_texture::BallTexture,
        balls::{BallPose, DrawnBall},
        beams::{Beams, PreparedPictures},
        canvas::{Canvas, counted},
        colour::{Rgb, smooth},
        noise::SensorNoise,
        pixel_rays::PixelRays,
        projector::SimulatedProjector,
        rod::Rod,
        shade::{block_soft, mark},
        shading::{Lighting, Stage},
        shutter::Shutter,
        table::TableSurface,
    },
    lamps::RoomLamps,
    room::{Room, Sight},
    truth::LyingBall,
};
use billiards_table::{SensorPoint, TableKind, TablePoint, TableSpec};
use nalgebra::{UnitQuaternion, Vector3};
use opencv::{
    core::{CV_8UC3, Mat, Scalar},
    prelude::*,
};

/// Offsets of the samples of a pixel on an edge, pixels.
const SAMPLES: [[f64; 2]; 4] = [[-0.375, -0.125], [0.125, -0.375], [0.375, 0.125], [-0.125, 0.375]];
/// Minimum difference of neighbours, relative to the brighter one, at which a pixel lies on an edge.
const EDGE: f32 = 0.12;
/// Minimum height over the bed of places on which balls and limbs cast shadows, metres: the table's, not the floor's.
const LOWEST_SHADOW: f32 = -0.05;

/// A ball with its pose and appearance.
pub(super) struct ShownBall<'a> {
    pub ball: LyingBall,
    pub turn: UnitQuaternion<f64>,
    pub texture: &'a BallTexture,
}

/// Everything that a picture shows.
pub(super) struct Scenery<'a> {
    pub rays: &'a PixelRays,
    pub room: &'a Room,
    pub lamps: &'a RoomLamps,
    pub balls: &'a [ShownBall<'a>],
    pub rods: &'a [Rod],
    /// Colour of the cloth, which the balls reflect.
    pub cloth: Rgb,
    /// Table whose middle is exposed; `None` exposes the whole picture.
    pub table: Option<&'a TableSpec>,
    /// Stored brightness of what is exposed, 0 to 255.
    pub brightness: f32,
}

/// Surfaces that the pixels show, before light falls on them.
struct Surfaces {
    paint: Vec<Rgb>,
    /// Height of the surface over the bed, metres; minus infinity where the lens shows nothing.
    heights: Vec<f32>,
}

impl Scenery<'_> {
    /// Paints the picture; returns it with the height over the bed of the surface that each pixel shows.
    ///
    /// # Errors OpenCV has no memory for the picture.
    pub fn paint(&self) -> opencv::Result<(Mat, Vec<f32>)> {
        let rays = self.rays;
        let Surfaces { paint, heights } = self.surfaces();
        let light = self.light(&heights);
        let lit: Vec<Rgb> = paint.into_iter().zip(light).map(|(paint, light)| paint * light).collect();
        let gain = self.gain(&lit);
        let background: Vec<u16> = lit.into_iter().flat_map(|light| counted(light * gain)).collect();
        let mut canvas = Canvas::new(rays.width(), rays.height());
        canvas.begin(&background, 1.0);
        self.draw(&mut canvas, &heights, gain);
        // Sides are at most MAX_SIDE.
        let (rows, columns) = (rays.height() as i32, rays.width() as i32);
        let mut image = Mat::new_rows_cols_with_default(rows, columns, CV_8UC3, Scalar::all(0.0))?;
        canvas.develop(&SensorNoise::new(rays.camera().size(), 0, 0.0), 0, image.data_bytes_mut()?);
        Ok((image, heights))
    }

    /// Returns the line of sight through a place of a pixel; `None` where the lens shows nothing.
    fn sight(&self, x: usize, y: usize, offset: [f64; 2]) -> Option<Sight> {
        let (rays, eye) = (self.rays, self.rays.eye());
        let direction = rays.direction(x, y);
        let direction = if direction.x.is_nan() {
            let camera = rays.camera();
            camera.pose.direction(camera.lens.ray(SensorPoint::new(x as f64, y as f64))?)
        } else {
            let [right, below] = rays.steps(x, y);
            let there = direction + right * offset[0] + below * offset[1];
            if there.x.is_nan() { direction } else { there }
        };
        Some(Sight { eye, direction })
    }

    /// Returns the width of a pixel on the table, metres.
    fn footprint(&self, x: usize, y: usize) -> f64 {
        let width = self.rays.steps(x, y).map(|step| step.norm()).iter().sum::<f64>() * 0.5 * self.rays.eye().z;
        if width.is_finite() { width.clamp(1e-5, 0.1) } else { 0.1 }
    }

    /// Finds the surface of each pixel; pixels on edges are sampled more than once.
    fn surfaces(&self) -> Surfaces {
        let (width, height) = (self.rays.width(), self.rays.height());
        let (mut paint, mut heights) = (Vec::with_capacity(width * height), Vec::with_capacity(width * height));
        for y in 0..height {
            for x in 0..width {
                let hit = self.sight(x, y, [0.0; 2]).map(|sight| self.room.trace(&sight, self.footprint(x, y)));
                paint.push(hit.map_or(Rgb::BLACK, |hit| hit.paint));
                heights.push(hit.map_or(f32::NEG_INFINITY, |hit| hit.place.z as f32));
            }
        }
        let sampled = paint.clone();
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let i = y * width + x;
                let neighbours = [i - 1, i + 1, i - width, i + width];
                if !neighbours.into_iter().any(|j| differ(sampled[i], sampled[j])) {
                    continue;
                }
                let footprint = 0.5 * self.footprint(x, y);
                let sum = SAMPLES.into_iter().fold(Rgb::BLACK, |sum, offset| {
                    let hit = self.sight(x, y, offset).map(|sight| self.room.trace(&sight, footprint));
                    sum + hit.map_or(Rgb::BLACK, |hit| hit.paint)
                });
                paint[i] = sum * (1.0 / SAMPLES.len() as f32);
            }
        }
        Surfaces { paint, heights }
    }

    /// Returns the place that a pixel shows at a height; a place at the camera where the lens shows nothing.
    fn place(&self, x: usize, y: usize, height: f32) -> Vector3<f64> {
        let p = self.rays.place(x, y, f64::from(height));
        let place = Vector3::new(p.x, p.y, f64::from(height));
        if place.x.is_finite() && place.y.is_finite() { place } else { self.rays.eye() }
    }

    /// Returns the amount of light on the surface of each pixel, as the lens passes it.
    fn light(&self, heights: &[f32]) -> Vec<f32> {
        let (rays, lamps) = (self.rays, self.lamps);
        let width = rays.width();
        let shadows = lamps.lamp.bulbs().map(|bulb| self.shadows(heights, bulb));
        let contact = self.contact();
        let table = self.room.tables.first();
        let light = |(i, height): (usize, &f32)| {
            let (x, y) = (i % width, i / width);
            let place = self.place(x, y, *height);
            let near_bed = (LOWEST_SHADOW..0.05).contains(height);
            let past = |table: &TableSurface| lamps.past_cushions(table, place);
            let past = table.filter(|_| near_bed).map_or([1.0; 3], |table| past(&table.surface));
            let lit = std::array::from_fn(|bulb| past[bulb] * (1.0 - f32::from(shadows[bulb][i]) / 255.0));
            let open = 1.0 - if near_bed { f32::from(contact[i]) / 255.0 } else { 0.0 };
            lamps.level(place, lit) * open * rays.vignette(x, y)
        };
        heights.iter().enumerate().map(light).collect()
    }

    /// Returns the share of a lamp's light that balls and rods keep from the table, 0 to 255 for each pixel.
    fn shadows(&self, heights: &[f32], from: Vector3<f64>) -> Vec<u8> {
        let (rays, size) = (self.rays, self.lamps.size);
        let mut blocked = vec![0; heights.len()];
        for ShownBall { ball, .. } in self.balls {
            block_soft(&mut blocked, rays, from, size, ball.centre, ball.radius);
        }
        for rod in self.rods {
            rod.eclipse(&mut blocked, rays, from, size);
        }
        for (blocked, height) in blocked.iter_mut().zip(heights) {
            if *height < LOWEST_SHADOW {
                *blocked = 0;
            }
        }
        blocked
    }

    /// Returns the share of all light that is missing around the places where balls touch the bed, 0 to 255 for each
    /// pixel.
    fn contact(&self) -> Vec<u8> {
        let rays = self.rays;
        let mut dark = vec![0; rays.width() * rays.height()];
        for ShownBall { ball, .. } in self.balls {
            let below = Vector3::new(ball.centre.x, ball.centre.y, ball.centre.z - ball.radius);
            let Some((columns, rows)) = rays.window(below, 1.6 * ball.radius) else { continue };
            for y in rows {
                for x in columns.clone() {
                    let p = rays.place(x, y, below.z);
                    let distance = (p.x - below.x).hypot(p.y - below.y) / ball.radius;
                    mark(&mut dark, y * rays.width() + x, 0.45 * smooth(1.55, 0.5, distance));
                }
            }
        }
        dark
    }

    /// Returns the exposure.
    fn gain(&self, light: &[Rgb]) -> f32 {
        let (width, height) = (self.rays.width(), self.rays.height());
        let exposed = |x: usize, y: usize| {
            self.table.is_none_or(|spec| {
                let p = self.rays.place(x, y, 0.0);
                (0.1 * spec.width..0.9 * spec.width).contains(&p.x)
                    && (0.1 * spec.length..0.9 * spec.length).contains(&p.y)
            })
        };
        let (mut sum, mut count) = (0.0, 0_u32);
        for y in (0..height).step_by(5) {
            for x in (0..width).step_by(5).filter(|x| exposed(*x, y)) {
                sum += f64::from(light[y * width + x].0.iter().copied().fold(0.0, f32::max));
                count += 1;
            }
        }
        let mean = (sum / f64::from(count.max(1))) as f32;
        let Rgb([wanted, ..]) = Rgb::stored(self.brightness.clamp(1.0, 255.0) as u8, 0, 0);
        wanted / mean.max(1e-4)
    }

    /// Draws balls and rods, the farthest first.
    fn draw(&self, canvas: &mut Canvas, heights: &[f32], gain: f32) {
        let (rays, eye) = (self.rays, self.rays.eye());
        let lamp = self.lamps.lamp.dimmed(gain);
        let camera = rays.camera();
        let shutter = Shutter::new(camera, 0.0);
        // There is no projector; this one shows nothing.
        let projector = SimulatedProjector::over(&TableKind::NINE_FOOT.spec());
        let shown = PreparedPictures::default();
        let beams = Beams::new(&projector, &shown, &[], &shutter, rays.height());
        let stage = Stage { rays, shutter, beams, heights: Some(heights) };
        enum Thing<'a> {
            Ball(&'a ShownBall<'a>),
            Rod(&'a Rod),
        }
        let balls = self.balls.iter().map(|shown| ((shown.ball.centre - eye).norm(), Thing::Ball(shown)));
        let rods = self.rods.iter().map(|rod| ((rod.middle() - eye).norm(), Thing::Rod(rod)));
        let mut things: Vec<_> = balls.chain(rods).collect();
        things.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        for (_, thing) in things {
            match thing {
                Thing::Rod(rod) => rod.draw(canvas, &stage, &lamp),
                Thing::Ball(ShownBall { ball, turn, texture }) => {
                    let lit = lamp.at(TablePoint::new(ball.centre.x, ball.centre.y), eye);
                    let lighting = Lighting::new(&stage, lit, ball.centre);
                    let (cloth, radius) = (self.cloth, ball.radius);
                    let drawn = DrawnBall { radius, texture, lighting, cloth, brightness: 1.0 };
                    drawn.draw(canvas, &stage, &|_| BallPose { centre: ball.centre, turn: *turn });
                }
            }
        }
    }
}

/// Returns whether two neighbours differ so much that an edge runs between them.
fn differ(a: Rgb, b: Rgb) -> bool {
    a.0.into_iter().zip(b.0).any(|(a, b)| (a - b).abs() > EDGE * a.max(b) + 0.002)
}
