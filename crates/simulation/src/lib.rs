//! A simulated rig: a billiards table, a player, and a camera and a projector over them in software, so that the whole
//! product can be seen and tested without hardware. It draws and plays every table, with the balls that are usual on it.
//!
//! ```text
//!  player ─► physics engine ─► world (balls, cue, hands, room light at every moment)
//!                                  │ shutter: row by row, over the exposure
//!  ProjectorInput ─► beams ────────┼─► painter ─► canvas (linear light) ─► noise ─► Picture
//!  (delay, homography)             │ pixel rays: lens and pose, a line for each pixel
//! ```
//!
//! [`SimulatedRig`] is a [`FrameSource`] like any camera, and [`SimulatedRig::projector`] accepts the pictures that the
//! overlay has rendered; their light falls on cloth, cushions, balls and hands, which cast shadows in it.
//! [`SimulatedRig::truth`] returns the ground truth at the time of the newest picture, for tests that compare the
//! pipeline's results with it. [`RigSetup`] holds the poses and properties of camera and projector.
//!
//! [`RandomPictures`] paints single pictures of random tables in random rooms, and of places without a table, with the
//! truth of each.
//!
//! A picture that is delivered at `t` was exposed around `t - camera.delay`; light that is submitted at `T` shines from
//! `T + projector.delay` on. The seed determines everything; the clock determines only when a picture is delivered.

mod ball_texture;
mod balls;
mod beams;
mod camera;
mod canvas;
mod cast;
mod clock;
mod colour;
mod cue;
mod hands;
mod lamp;
mod layout;
mod lit;
mod look;
mod motion;
mod noise;
mod pace;
mod picture;
mod pixel_rays;
mod player;
mod projector;
mod projector_input;
mod rack;
mod random;
mod rigs;
mod rod;
mod scale;
mod scene;
mod setup;
mod shade;
mod shading;
mod shots;
mod shutter;
mod stroke;
mod table;
mod world;

pub use camera::SimulatedCamera;
pub use motion::PlayedShot;
pub use pace::Metronome;
pub use projector::SimulatedProjector;
pub use projector_input::ProjectorInput;
pub use random::{PicturedBall, PicturedTable, RandomPicture, RandomPictures};
pub use scene::{Scene, UnknownScene};
pub use setup::{Cloth, RigSetup, RoomLight};

use balls::BallPose;
use billiards_capture::{CaptureError, FrameSource, MAX_SIDE, MIN_SIDE, Picture};
use billiards_table::{
    BallLabel, FrameSize, Homography, ProjectorPoint, ProjectorPx, TableKind, TableMetres, TablePoint, TableQuad,
    TableSpec, TableVector,
};
use clock::Clock;
use opencv::{
    core::{CV_8UC3, Mat, Scalar},
    prelude::*,
};
use pace::Pace;
use picture::{Painter, SeenBall};
use shutter::Shutter;
use std::{sync::Arc, time::Duration};
use world::World;

/// Time beyond the camera's delay for which the projector's pictures are kept, seconds: it covers the exposure and a
/// late reader.
const MEMORY: f64 = 0.3;

/// Options of a simulated rig.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulationOptions {
    /// Seed of everything random: equal seeds give equal pictures.
    pub seed: u64,
    /// Size of the pictures. Sides outside the range allowed for a source are clamped to it.
    pub size: FrameSize,
    /// Frame rate, pictures per second, 1 to 240; NaN is replaced by 30.
    pub fps: f64,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self { seed: 1, size: FrameSize { width: 1280, height: 720 }, fps: 30.0 }
    }
}

/// Ground truth at the time of a picture, which is the middle of the exposure of its middle row.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Balls on the table, without those in a pocket or falling into one.
    pub balls: Vec<(BallLabel, TablePoint)>,
    /// Velocities of the same balls, in the same order, metres per second.
    pub velocities: Vec<TableVector>,
    /// Tip and butt of the cue, projected onto the table's plane; the butt may lie outside the picture. `None` while
    /// the tip is not in the picture.
    pub cue: Option<(TablePoint, TablePoint)>,
    /// Heights of the cue's axis over the bed at tip and butt, metres, `None` while `cue` is. A cue passes over the
    /// rail, so that the camera's view of it has parallax.
    pub cue_heights: Option<[f64; 2]>,
    /// Nose-line corners in the rectified picture.
    pub corners: TableQuad,
}

/// A billiards table, its player, and the camera and projector over them.
///
/// Read as a [`FrameSource`] it keeps real time, or, once [unpaced](SimulatedRig::unpaced), delivers pictures as fast
/// as they are requested, or, in [lockstep](SimulatedRig::lockstep), on each tick of a metronome. With
/// [`SimulatedRig::render_at`] there is no clock at all.
pub struct SimulatedRig {
    scene: Scene,
    options: SimulationOptions,
    spec: TableSpec,
    setup: RigSetup,
    /// Setup after the bump of the camera or the projector.
    bumped: RigSetup,
    world: World,
    clock: Arc<Clock>,
    projector_input: ProjectorInput,
    /// Created for the first picture; the second one is for the rig after the bump.
    painters: [Option<Painter>; 2],
    /// Simulated seconds since the start.
    now: f64,
    /// Number of pictures painted.
    painted: u64,
    /// Number of the next picture to read.
    next: u64,
    pace: Pace,
}

impl SimulatedRig {
    /// Creates a rig with a nine-foot table at the beginning of the scene.
    #[must_use]
    pub fn new(scene: Scene, options: SimulationOptions) -> Self {
        Self::with_table(scene, options, TableKind::NINE_FOOT)
    }

    /// Creates a rig with the given table.
    #[must_use]
    pub fn with_table(scene: Scene, options: SimulationOptions, table: impl Into<TableSpec>) -> Self {
        let table = table.into();
        let side = |length: u32| length.clamp(MIN_SIDE, MAX_SIDE);
        let size = FrameSize { width: side(options.size.width), height: side(options.size.height) };
        Self::with_setup(scene, options, table, RigSetup::plain(&table, size))
    }

    /// Creates a rig with the given setup. The size of the pictures is the camera's; that of the options is ignored.
    #[must_use]
    pub fn with_setup(scene: Scene, options: SimulationOptions, table: impl Into<TableSpec>, setup: RigSetup) -> Self {
        let fps = if options.fps.is_nan() { 30.0 } else { options.fps.clamp(1.0, 240.0) };
        let spec = table.into();
        let clock = Arc::new(Clock::simulated());
        Self {
            scene,
            options: SimulationOptions { size: setup.camera.size(), fps, ..options },
            spec,
            setup,
            bumped: match scene {
                Scene::Bump => RigSetup { camera: setup.camera.bumped(), ..setup },
                Scene::ProjectorBump => RigSetup { projector: setup.projector.bumped(), ..setup },
                _ => setup,
            },
            world: World::new(scene, options.seed, &spec),
            projector_input: ProjectorInput::new(
                Arc::clone(&clock),
                setup.projector.delay,
                setup.camera.delay + MEMORY,
            ),
            clock,
            painters: [None, None],
            now: 0.0,
            painted: 0,
            next: 0,
            pace: Pace::Real(None),
        }
    }

    /// Removes the clock: `read` returns at once, and each picture carries its simulated time.
    #[must_use]
    pub fn unpaced(mut self) -> Self {
        self.pace = Pace::Free;
        self
    }

    /// Puts the rig in lockstep with its caller: `read` waits for the metronome, one tick for each picture, and each
    /// picture carries its simulated time. Once the metronome is dropped, there are no more pictures.
    #[must_use]
    pub fn lockstep(mut self) -> (Self, Metronome) {
        let (metronome, pace) = Metronome::new(self.options.fps, Arc::clone(&self.clock));
        self.pace = pace;
        (self, metronome)
    }

    /// Returns the dimensions of the table.
    #[must_use]
    pub fn table(&self) -> &TableSpec {
        &self.spec
    }

    /// Returns the camera at its current pose, which maps places of the table to the picture.
    #[must_use]
    pub fn camera(&self) -> &SimulatedCamera {
        &self.setup().camera
    }

    /// Returns the current setup of the rig.
    #[must_use]
    pub fn setup(&self) -> &RigSetup {
        if self.world.is_bumped(self.exposed()) { &self.bumped } else { &self.setup }
    }

    /// Returns the projector's input, to which pictures are submitted.
    #[must_use]
    pub fn projector(&self) -> ProjectorInput {
        self.projector_input.clone()
    }

    /// Returns the true place on the bed that a point of the projector's picture lights. `None` if its light never
    /// meets the bed.
    #[must_use]
    pub fn lights(&self, p: ProjectorPoint) -> Option<TablePoint> {
        self.setup().projector.lights(p)
    }

    /// Returns the true map from the bed to the projector's picture. `None` if the projector lies in the plane of the
    /// bed.
    #[must_use]
    pub fn projector_from_bed(&self) -> Option<Homography<TableMetres, ProjectorPx>> {
        self.setup().projector.from_bed()
    }

    /// Returns the simulated time since the start, seconds, which is the delivery time of the newest picture.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.now
    }

    /// Returns the time at which the middle row of a picture delivered now was exposed.
    fn exposed(&self) -> f64 {
        (self.now - self.setup.camera.delay).max(0.0)
    }

    /// Advances balls and player by `seconds` without a picture. Does nothing unless that is a positive finite number.
    pub fn step(&mut self, seconds: f64) {
        if !(seconds > 0.0 && seconds.is_finite()) {
            return;
        }
        self.now += seconds;
        self.clock.set(self.now);
        let [_, closes] = Shutter::new(&self.setup.camera, self.exposed()).span();
        self.world.advance(closes);
    }

    /// Renders the picture (8-bit BGR) that is delivered `seconds` after the start, or now if that time has passed.
    ///
    /// # Errors OpenCV has no memory for the picture.
    pub fn render_at(&mut self, seconds: f64) -> Result<Mat, CaptureError> {
        self.step(seconds - self.now);
        self.render()
    }

    /// Renders the picture (8-bit BGR) that is delivered now.
    ///
    /// # Errors OpenCV has no memory for the picture.
    pub fn render(&mut self) -> Result<Mat, CaptureError> {
        self.paint().map_err(|error| CaptureError::opencv("the simulated table", &error))
    }

    /// Returns the ground truth of the picture that is delivered now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let time = self.exposed();
        let cue = self.world.cue(time).filter(|cue| self.camera().sees(cue.at(0.0).into()));
        let (balls, velocities) =
            self.world.motion().on_table(time).map(|(label, state)| ((label, state.position), state.velocity)).unzip();
        let heights = cue.map(|cue| [0.0, cue::LENGTH].map(|s| cue.at(s).z));
        let (cue, corners) = (cue.map(|cue| (cue.tip, cue.butt)), self.camera().quad(&self.spec));
        Truth { balls, velocities, cue, cue_heights: heights, corners }
    }

    /// Returns all strokes played so far, in order.
    #[must_use]
    pub fn played(&self) -> &[PlayedShot] {
        self.world.motion().played()
    }

    fn paint(&mut self) -> opencv::Result<Mat> {
        let FrameSize { width, height } = self.options.size;
        // Sides are at most MAX_SIDE.
        let mut image = Mat::new_rows_cols_with_default(height as i32, width as i32, CV_8UC3, Scalar::all(0.0))?;
        let (seed, spec, time) = (self.options.seed, self.spec, self.exposed());
        let [plain, bumped] = &mut self.painters;
        let plain = plain.get_or_insert_with(|| Painter::new(&spec, &self.setup, seed));
        // Created ahead of time, so that the bump is not delayed.
        let is_bumped = self.bumped != self.setup;
        let bumped = is_bumped.then(|| bumped.get_or_insert_with(|| Painter::new(&spec, &self.bumped, seed)));
        let painter = match bumped {
            Some(painter) if self.world.is_bumped(time) => painter,
            _ => plain,
        };
        let shutter = Shutter::new(&self.setup.camera, time);
        let motion = self.world.motion();
        let poses: Vec<_> = (0..motion.len())
            .filter(|ball| motion.pose(*ball, time).is_some())
            .map(|ball| (motion.label(ball), move |time: f64| -> Option<BallPose> { motion.pose(ball, time) }))
            .collect();
        let balls: Vec<SeenBall<'_>> = poses.iter().map(|(label, at)| SeenBall { label: *label, at }).collect();
        let rods = self.world.rods(shutter.span());
        let projected = self.projector_input.between(shutter.span());
        let bytes = image.data_bytes_mut()?;
        painter.paint(&shutter, &balls, &rods, &projected, self.world.gain(time), self.painted, bytes);
        self.painted += 1;
        Ok(image)
    }
}

impl FrameSource for SimulatedRig {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        let fps = self.options.fps;
        // A picture can be rendered as soon as its last row has been exposed.
        let [_, closes] = Shutter::new(&self.setup.camera, 0.0).span();
        let lead = self.setup.camera.delay - closes;
        let Some(number) = self.pace.wait(self.next, fps, lead, &self.clock) else { return Ok(None) };
        self.next = number + 1;
        let time = Duration::from_secs_f64(number as f64 / fps);
        let image = self.render_at(time.as_secs_f64())?;
        self.pace.deliver(number, fps);
        Ok(Some(Picture { image, time: (!self.is_live()).then_some(time) }))
    }

    fn is_live(&self) -> bool {
        matches!(self.pace, Pace::Real(_))
    }

    fn is_computed(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let FrameSize { width, height } = self.options.size;
        format!("simulated table ({}), {width}×{height}, {} fps", self.scene, self.options.fps)
    }
}

#[cfg(test)]
mod light_tests;
#[cfg(test)]
mod tests;
