//! The camera's picture of the table: the empty table is drawn once, and everything that moves is drawn over it.

use super::{
    ball_texture::BallTexture,
    balls::{BallPose, DrawnBall},
    beams::{Beams, PreparedPictures},
    canvas::{Canvas, counted},
    cast::{CastMap, black},
    colour::Rgb,
    lamp::Lamp,
    look::TableLook,
    noise::SensorNoise,
    pixel_rays::PixelRays,
    projector::SimulatedProjector,
    projector_input::ProjectedPicture,
    rod::Rod,
    setup::RigSetup,
    shade,
    shading::{Lighting, Stage},
    shutter::Shutter,
    table::TableSurface,
};
use billiards_table::{BallLabel, BallSet, TablePoint, TableSpec};
use nalgebra::Vector3;
use std::collections::BTreeMap;

/// A ball in the picture.
pub(super) struct SeenBall<'a> {
    /// Label of the ball.
    pub label: BallLabel,
    /// Pose at each time; `None` once the ball is out of sight.
    pub at: &'a dyn Fn(f64) -> Option<BallPose>,
}

/// Painter of the pictures of one camera.
pub(super) struct Painter {
    rays: PixelRays,
    lamp: Lamp,
    spec: TableSpec,
    cloth: Rgb,
    canvas: Canvas,
    /// The empty table in the light of the room.
    background: Vec<u16>,
    projector: SimulatedProjector,
    map: CastMap,
    shown: PreparedPictures,
    /// Share of the projector's light that is blocked, 0 to 255 for each pixel.
    blocked: Vec<u8>,
    noise: SensorNoise,
    /// Textures of the balls of the table.
    textures: BTreeMap<BallLabel, BallTexture>,
}

impl Painter {
    /// Draws the empty table, which takes a moment; painting pictures is fast after that.
    pub fn new(spec: &TableSpec, setup: &RigSetup, seed: u64) -> Self {
        let rays = PixelRays::new(setup.camera);
        let lamp = Lamp::over(spec, setup.light);
        let surface = TableSurface::new(spec, TableLook::usual(spec, setup.cloth.colour()));
        let (background, map) = empty_table(&surface, &rays, &lamp, &setup.projector);
        let set = BallSet::of_table(spec);
        let textures = set.balls().into_iter().map(|label| (label, BallTexture::of(label, &set))).collect();
        let noise = SensorNoise::new(setup.camera.size(), seed, setup.camera.noise);
        let canvas = Canvas::new(rays.width(), rays.height());
        let (projector, shown) = (setup.projector, PreparedPictures::default());
        let blocked = vec![0; rays.width() * rays.height()];
        let cloth = setup.cloth.colour();
        Self { rays, lamp, spec: *spec, cloth, canvas, background, projector, map, shown, blocked, noise, textures }
    }

    /// Paints picture number `frame` into `bytes`: rows of blue, green and red. The rods are drawn over the balls, in
    /// order; `projected` is the light of the projector while the shutter is open, and `gain` scales the light of the
    /// room.
    pub fn paint(
        &mut self,
        shutter: &Shutter,
        balls: &[SeenBall<'_>],
        rods: &[Rod],
        projected: &[ProjectedPicture],
        gain: f32,
        frame: u64,
        bytes: &mut [u8],
    ) {
        self.shown.update(projected, &self.map, &self.projector);
        let (canvas, rays) = (&mut self.canvas, &self.rays);
        let lamp = &self.lamp.dimmed(gain);
        let beams = Beams::new(&self.projector, &self.shown, projected, shutter, rays.height());
        let stage = &Stage { rays, shutter: *shutter, beams, heights: None };
        let drawn: Vec<_> = balls
            .iter()
            .filter_map(|ball| {
                let middle = (ball.at)(shutter.middle)?;
                let lit = lamp.at(TablePoint::new(middle.centre.x, middle.centre.y), rays.eye());
                let radius = self.spec.radius(ball.label == BallLabel::Cue);
                let drawn = DrawnBall {
                    radius,
                    texture: self.textures.get(&ball.label)?,
                    lighting: Lighting::new(stage, lit, middle.centre),
                    cloth: self.cloth,
                    // It is dark in a pocket.
                    brightness: (1.0 - 0.93 * ((radius - middle.centre.z) / FALL_DEPTH).clamp(0.0, 1.0)) as f32,
                };
                Some((drawn, middle, ball.at))
            })
            .collect();

        canvas.begin(&self.background, gain);
        for (ball, middle, _) in drawn.iter().filter(|(ball, middle, _)| middle.centre.z > 0.9 * ball.radius) {
            shade::ball(canvas, rays, middle.centre, ball.radius, &ball.lighting.lit);
        }
        if !rods.is_empty() {
            self.blocked.fill(0);
            for rod in rods {
                rod.shade(&mut self.blocked, rays, lamp);
            }
            canvas.darken_all(&self.blocked);
        }
        if !stage.beams.are_dark() {
            self.blocked.fill(0);
            for (ball, middle, _) in &drawn {
                shade::block(&mut self.blocked, rays, stage.beams.eye(), middle.centre, ball.radius);
            }
            for rod in rods {
                rod.block(&mut self.blocked, rays, stage.beams.eye());
            }
            stage.beams.add(canvas, &self.map, &self.blocked);
        }
        for (ball, middle, at) in &drawn {
            // A ball that disappears before the shutter closes stays at its middle pose.
            ball.draw(canvas, stage, &|time| at(time).unwrap_or(*middle));
        }
        for rod in rods {
            rod.draw(canvas, stage, lamp);
        }
        canvas.develop(&self.noise, frame, bytes);
    }
}

/// Depth to which a ball has sunk when it is out of sight, metres.
pub(super) const FALL_DEPTH: f64 = 0.12;

/// Draws the empty table in the light of the room and of the projector's black, and computes how it reflects the
/// projector's light.
fn empty_table(
    surface: &TableSurface,
    rays: &PixelRays,
    lamp: &Lamp,
    projector: &SimulatedProjector,
) -> (Vec<u16>, CastMap) {
    let pixels = rays.width() * rays.height();
    let (mut light, mut paint) = (Vec::with_capacity(3 * pixels), Vec::with_capacity(3 * pixels));
    let mut places = Vec::with_capacity(pixels);
    let footprint = rays.footprint(rays.eye().z);
    for y in 0..rays.height() {
        for x in 0..rays.width() {
            let seen = surface.point_at(|height| rays.place(x, y, height), footprint);
            let vignette = rays.vignette(x, y);
            light.extend(counted(seen.paint * (lamp.level(seen.place) * vignette)));
            // The table blocks most of the projector's light on the floor.
            let reached = if seen.height < 0.0 { Rgb::BLACK } else { seen.paint };
            paint.extend(counted(reached * vignette));
            places.push(Vector3::new(seen.place.x, seen.place.y, seen.height));
        }
    }
    let map = CastMap::new(rays, projector, &places, paint);
    for (light, (reached, paint)) in light.chunks_exact_mut(3).zip(map.pixels()) {
        if reached {
            for (light, paint) in light.iter_mut().zip(paint) {
                *light = light.saturating_add(black(*paint, projector.black));
            }
        }
    }
    (light, map)
}
