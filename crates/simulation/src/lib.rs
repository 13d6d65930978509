//! A simulated rig: a pool table, a player, a camera and a projector over them in software, so that the whole product
//! can be seen and tested without hardware.
//!
//! ```text
//!  player ─► physics engine ─► world (balls, cue, hands, room light at every moment)
//!                                  │ shutter: row by row, over the exposure
//!  ProjectorInlet ─► beams ────────┼─► painter ─► canvas (linear light) ─► noise ─► Picture
//!  (delay, homography)             │ sight: lens and pose, a line for each pixel
//! ```
//!
//! [`SimulatedRig`] is a [`FrameSource`] like any camera, and [`SimulatedRig::projector`] takes the pictures that the
//! overlay has rendered; their light falls on cloth, cushions, balls and hands, and things stand in its way. What is
//! true at the moment of its newest picture is told by [`SimulatedRig::truth`], for tests that compare what the pipeline
//! says with it. [`RigSetup`] says where camera and projector hang and what they are like.
//!
//! A picture that is delivered at `t` was exposed round `t - camera.delay`; light that is handed in at `T` shines from
//! `T + projector.delay` on. Everything is decided by the seed; the clock decides only when a picture is delivered.

mod balls;
mod beams;
mod camera;
mod canvas;
mod cast;
mod clock;
mod colour;
mod cue;
mod hands;
mod inlet;
mod lamp;
mod layout;
mod lit;
mod motion;
mod noise;
mod pace;
mod picture;
mod player;
mod projector;
mod rigs;
mod rod;
mod scene;
mod setup;
mod shade;
mod shading;
mod shots;
mod shutter;
mod sight;
mod skin;
mod stroke;
mod table;
mod world;

pub use camera::SimulatedCamera;
pub use inlet::ProjectorInlet;
pub use motion::PlayedShot;
pub use pace::Metronome;
pub use projector::SimulatedProjector;
pub use scene::{Scene, UnknownScene};
pub use setup::{Cloth, RigSetup, RoomLight};

use balls::BallPose;
use billiards_capture::{CaptureError, FrameSource, LARGEST_SIDE, Picture, SMALLEST_SIDE};
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

/// Seconds beyond the camera's delay for which the projector's pictures are kept: a shutter is open for less, and a late
/// reader is waited for.
const MEMORY: f64 = 0.3;

/// How a simulated rig is set up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulationOptions {
    /// Decides everything that is left to chance: equal seeds give equal pictures.
    pub seed: u64,
    /// Size of the pictures. Sides that no source may have are brought to the nearest that one may.
    pub size: FrameSize,
    /// Pictures a second, 1 to 240; 30 where it is not a number.
    pub fps: f64,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self { seed: 1, size: FrameSize { width: 1280, height: 720 }, fps: 30.0 }
    }
}

/// What is true at the moment of a picture: the middle of the exposure of its middle row.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The balls on the table: those that are in a pocket or falling into one are left out.
    pub balls: Vec<(BallLabel, TablePoint)>,
    /// Velocities of the same balls, in the same order.
    pub velocities: Vec<TableVector>,
    /// Tip and butt of the cue, projected onto the table's plane; the butt may lie outside the picture. `None` while
    /// the tip is not in the picture.
    pub cue: Option<(TablePoint, TablePoint)>,
    /// Heights over the bed, metres, of the cue's axis at tip and butt, where `cue` tells their places: a cue passes over
    /// the rail, so that a camera sees it aslant.
    pub cue_heights: Option<[f64; 2]>,
    /// The nose-line corners in the straightened picture.
    pub corners: TableQuad,
}

/// A pool table, its player, and the camera and projector over them.
///
/// Read as a [`FrameSource`] it keeps real time, or, once [unpaced](SimulatedRig::unpaced), delivers pictures as fast
/// as they are asked for, or, in [lockstep](SimulatedRig::lockstep), when it is told to. With
/// [`SimulatedRig::render_at`] there is no clock at all.
pub struct SimulatedRig {
    scene: Scene,
    options: SimulationOptions,
    spec: TableSpec,
    setup: RigSetup,
    /// The same with the camera or the projector as it hangs after a bump.
    bumped: RigSetup,
    world: World,
    clock: Arc<Clock>,
    inlet: ProjectorInlet,
    /// Made for the first picture; the second one for the rig after the bump.
    painters: [Option<Painter>; 2],
    /// Simulated seconds since the beginning.
    now: f64,
    /// Pictures painted.
    painted: u64,
    /// Number of the picture that is read next.
    next: u64,
    pace: Pace,
}

impl SimulatedRig {
    /// A rig with a nine-foot table at the beginning of the scene.
    #[must_use]
    pub fn new(scene: Scene, options: SimulationOptions) -> Self {
        Self::with_table(scene, options, TableKind::NineFoot)
    }

    /// A rig with another table.
    #[must_use]
    pub fn with_table(scene: Scene, options: SimulationOptions, table: TableKind) -> Self {
        let side = |length: u32| length.clamp(SMALLEST_SIDE, LARGEST_SIDE);
        let size = FrameSize { width: side(options.size.width), height: side(options.size.height) };
        Self::with_setup(scene, options, table, RigSetup::plain(&table.spec(), size))
    }

    /// A rig that is set up otherwise; the size of the pictures is the camera's, whatever the options say.
    #[must_use]
    pub fn with_setup(scene: Scene, options: SimulationOptions, table: TableKind, setup: RigSetup) -> Self {
        let fps = if options.fps.is_nan() { 30.0 } else { options.fps.clamp(1.0, 240.0) };
        let spec = table.spec();
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
            inlet: ProjectorInlet::new(Arc::clone(&clock), setup.projector.delay, setup.camera.delay + MEMORY),
            clock,
            painters: [None, None],
            now: 0.0,
            painted: 0,
            next: 0,
            pace: Pace::Real(None),
        }
    }

    /// The same rig without a clock of its own: `read` returns at once, and each picture carries its simulated time.
    #[must_use]
    pub fn unpaced(mut self) -> Self {
        self.pace = Pace::Free;
        self
    }

    /// The same rig in lockstep with others: `read` waits for the metronome, one tick for each picture, and each picture
    /// carries its simulated time. Once the metronome is dropped, there are no more pictures.
    #[must_use]
    pub fn lockstep(mut self) -> (Self, Metronome) {
        let (metronome, pace) = Metronome::new(self.options.fps, Arc::clone(&self.clock));
        self.pace = pace;
        (self, metronome)
    }

    /// The table's measures.
    #[must_use]
    pub fn table(&self) -> &TableSpec {
        &self.spec
    }

    /// The camera as it hangs now, which maps places of the table to the picture.
    #[must_use]
    pub fn camera(&self) -> &SimulatedCamera {
        &self.setup().camera
    }

    /// Everything that stands round the table, as it is now.
    #[must_use]
    pub fn setup(&self) -> &RigSetup {
        if self.world.is_bumped(self.exposed()) { &self.bumped } else { &self.setup }
    }

    /// Where pictures are handed in to the projector.
    #[must_use]
    pub fn projector(&self) -> ProjectorInlet {
        self.inlet.clone()
    }

    /// Where on the bed the light of a point of the projector's picture truly falls. `None` where it never does.
    #[must_use]
    pub fn lights(&self, p: ProjectorPoint) -> Option<TablePoint> {
        self.setup().projector.lights(p)
    }

    /// The true map from the bed to the projector's picture. `None` where the projector lies in the plane of the bed.
    #[must_use]
    pub fn projector_from_bed(&self) -> Option<Homography<TableMetres, ProjectorPx>> {
        self.setup().projector.from_bed()
    }

    /// Simulated seconds since the beginning: when the newest picture was delivered.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.now
    }

    /// When the middle row of a picture is exposed that is delivered now.
    fn exposed(&self) -> f64 {
        (self.now - self.setup.camera.delay).max(0.0)
    }

    /// Lets balls and player go on by `seconds` without a picture. Nothing happens where that is no positive number.
    pub fn step(&mut self, seconds: f64) {
        if !(seconds > 0.0 && seconds.is_finite()) {
            return;
        }
        self.now += seconds;
        self.clock.set(self.now);
        let [_, closes] = Shutter::new(&self.setup.camera, self.exposed()).span();
        self.world.advance(closes);
    }

    /// The picture (8-bit BGR) that is delivered `seconds` after the beginning, or now where that has passed.
    ///
    /// # Errors
    /// OpenCV has no memory for the picture.
    pub fn render_at(&mut self, seconds: f64) -> Result<Mat, CaptureError> {
        self.step(seconds - self.now);
        self.render()
    }

    /// The picture (8-bit BGR) that is delivered now.
    ///
    /// # Errors
    /// OpenCV has no memory for the picture.
    pub fn render(&mut self) -> Result<Mat, CaptureError> {
        self.paint().map_err(|error| CaptureError::opencv("the simulated table", &error))
    }

    /// What is true in the picture that is delivered now.
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

    /// Every stroke that was played so far, in order.
    #[must_use]
    pub fn played(&self) -> &[PlayedShot] {
        self.world.motion().played()
    }

    fn paint(&mut self) -> opencv::Result<Mat> {
        let FrameSize { width, height } = self.options.size;
        // Sides are at most LARGEST_SIDE.
        let mut image = Mat::new_rows_cols_with_default(height as i32, width as i32, CV_8UC3, Scalar::all(0.0))?;
        let (seed, spec, time) = (self.options.seed, self.spec, self.exposed());
        let [plain, bumped] = &mut self.painters;
        let plain = plain.get_or_insert_with(|| Painter::new(&spec, &self.setup, seed));
        // Made ahead of time, so that the bump is not delayed.
        let is_bumped = self.bumped != self.setup;
        let bumped = is_bumped.then(|| bumped.get_or_insert_with(|| Painter::new(&spec, &self.bumped, seed)));
        let painter = match bumped {
            Some(painter) if self.world.is_bumped(time) => painter,
            _ => plain,
        };
        let shutter = Shutter::new(&self.setup.camera, time);
        let motion = self.world.motion();
        let ways: Vec<_> = (0..motion.len())
            .filter(|ball| motion.pose(*ball, time).is_some())
            .map(|ball| (motion.label(ball), move |time: f64| -> Option<BallPose> { motion.pose(ball, time) }))
            .collect();
        let balls: Vec<SeenBall<'_>> = ways.iter().map(|(label, at)| SeenBall { label: *label, at }).collect();
        let rods = self.world.rods(shutter.span());
        let shining = self.inlet.between(shutter.span());
        let bytes = image.data_bytes_mut()?;
        painter.paint(&shutter, &balls, &rods, &shining, self.world.gain(time), self.painted, bytes);
        self.painted += 1;
        Ok(image)
    }
}

impl FrameSource for SimulatedRig {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        let fps = self.options.fps;
        // A picture can be made as soon as its last row has been exposed.
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
