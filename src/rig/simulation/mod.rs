//! A simulated rig: a pool table, a player and a camera over them in software, so that the whole product can be seen
//! and tested without hardware.
//!
//! [`SimulatedRig`] is a [`FrameSource`] like any camera. What is true at the moment of its newest picture is told by
//! [`SimulatedRig::truth`], for tests that compare what the pipeline says with it.
//!
//! The balls are moved by a simple model of the simulation's own (`motion`), a scripted player plays them (`player`,
//! `shots`), and pictures are painted from the balls' and the cue's places alone: the empty table once, as a colour
//! for every place of the table (`table`), then shadows, balls and cue over it, and the noise of the sensor.
//! Everything is decided by the seed; the clock decides only when a picture is delivered.

mod balls;
mod beams;
mod camera;
mod canvas;
mod cast;
mod clock;
mod colour;
mod cue;
mod inlet;
mod lamp;
mod layout;
mod lit;
mod motion;
mod noise;
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
mod table;

pub use camera::SimulatedCamera;
pub use inlet::ProjectorInlet;
pub use projector::SimulatedProjector;
pub use scene::{Scene, UnknownScene};
pub use setup::{Cloth, RigSetup, RoomLight};

use crate::{
    model::{
        BallLabel, FrameSize, Homography, ProjectorPoint, ProjectorPx, TableKind, TableMetres, TablePoint, TableQuad,
        TableSpec,
    },
    sense::capture::{CaptureError, FrameSource, LARGEST_SIDE, Picture, SMALLEST_SIDE},
};
use balls::BallPose;
use clock::Clock;
use motion::{Motion, Place, STEP};
use nalgebra::Vector3;
use opencv::{
    core::{CV_8UC3, Mat, Scalar},
    prelude::*,
};
use picture::{FALL_DEPTH, Painter, SeenBall};
use player::Player;
use rod::{Rod, Stuff};
use shutter::Shutter;
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// A reader that is later than this finds that the simulation has waited for it.
const PATIENCE: Duration = Duration::from_secs(1);

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

/// What is true at the moment of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The balls on the table: those that are in a pocket or falling into one are left out.
    pub balls: Vec<(BallLabel, TablePoint)>,
    /// Tip and butt of the cue, projected onto the table's plane; the butt may lie outside the picture. `None` while
    /// the tip is not in the picture.
    pub cue: Option<(TablePoint, TablePoint)>,
    /// The nose-line corners in the picture.
    pub corners: TableQuad,
}

/// A pool table, its player and the camera over them.
///
/// Read as a [`FrameSource`] it keeps real time, or, once [unpaced](SimulatedRig::unpaced), delivers pictures as fast
/// as they are asked for. With [`SimulatedRig::render_at`] there is no clock at all.
pub struct SimulatedRig {
    scene: Scene,
    options: SimulationOptions,
    spec: TableSpec,
    setup: RigSetup,
    clock: Arc<Clock>,
    inlet: ProjectorInlet,
    motion: Motion,
    player: Player,
    /// Made for the first picture.
    painter: Option<Painter>,
    /// Simulated seconds since the beginning.
    now: f64,
    /// Pictures painted.
    painted: u64,
    /// Number of the picture that is read next.
    next: u64,
    paced: bool,
    /// When picture 0 was due.
    started: Option<Instant>,
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
        let mut player = Player::new(scene, options.seed);
        let clock = Arc::new(Clock::simulated());
        Self {
            scene,
            options: SimulationOptions { size: setup.camera.size(), fps, ..options },
            spec,
            setup,
            inlet: ProjectorInlet::new(Arc::clone(&clock), setup.projector.delay),
            clock,
            motion: player.set_up(&spec),
            player,
            painter: None,
            now: 0.0,
            painted: 0,
            next: 0,
            paced: true,
            started: None,
        }
    }

    /// The same rig without a clock of its own: `read` returns at once, and each picture carries its simulated time.
    #[must_use]
    pub fn unpaced(mut self) -> Self {
        self.paced = false;
        self
    }

    /// The table's measures.
    #[must_use]
    pub fn table(&self) -> &TableSpec {
        &self.spec
    }

    /// The camera, which maps places of the table to the picture and back.
    #[must_use]
    pub fn camera(&self) -> &SimulatedCamera {
        &self.setup.camera
    }

    /// Everything that stands round the table.
    #[must_use]
    pub fn setup(&self) -> &RigSetup {
        &self.setup
    }

    /// Where pictures are handed in to the projector.
    #[must_use]
    pub fn projector(&self) -> ProjectorInlet {
        self.inlet.clone()
    }

    /// Where on the bed the light of a point of the projector's picture truly falls. `None` where it never does.
    #[must_use]
    pub fn lights(&self, p: ProjectorPoint) -> Option<TablePoint> {
        self.setup.projector.lights(p)
    }

    /// The true map from the bed to the projector's picture. `None` where the projector lies in the plane of the bed.
    #[must_use]
    pub fn projector_from_bed(&self) -> Option<Homography<TableMetres, ProjectorPx>> {
        self.setup.projector.from_bed()
    }

    /// Simulated seconds since the beginning.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.now
    }

    /// Lets balls and player go on by `seconds` without a picture. Nothing happens where that is no positive number.
    pub fn step(&mut self, seconds: f64) {
        if !(seconds > 0.0 && seconds.is_finite()) {
            return;
        }
        let steps = (seconds / STEP).ceil();
        let step = seconds / steps;
        for _ in 0..steps as u64 {
            self.player.step(step, &mut self.motion);
            self.motion.step(step);
        }
        self.now += seconds;
        self.clock.set(self.now);
    }

    /// The picture (8-bit BGR) of the simulated moment `seconds` after the beginning; of now where that has passed.
    ///
    /// # Errors
    /// OpenCV has no memory for the picture.
    pub fn render_at(&mut self, seconds: f64) -> Result<Mat, CaptureError> {
        self.step(seconds - self.now);
        self.render()
    }

    /// The picture (8-bit BGR) of now.
    ///
    /// # Errors
    /// OpenCV has no memory for the picture.
    pub fn render(&mut self) -> Result<Mat, CaptureError> {
        self.paint().map_err(|error| CaptureError::opencv("the simulated table", &error))
    }

    /// What is true now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let cue = self.player.cue().filter(|cue| self.setup.camera.sees(cue.at(0.0).into()));
        Truth {
            balls: self.motion.on_table().collect(),
            cue: cue.map(|cue| (cue.tip, cue.butt)),
            corners: self.setup.camera.quad(&self.spec),
        }
    }

    fn paint(&mut self) -> opencv::Result<Mat> {
        let FrameSize { width, height } = self.options.size;
        // Sides are at most LARGEST_SIDE.
        let mut image = Mat::new_rows_cols_with_default(height as i32, width as i32, CV_8UC3, Scalar::all(0.0))?;
        let seed = self.options.seed;
        let painter = self.painter.get_or_insert_with(|| Painter::new(&self.spec, &self.setup, seed));
        let radius = self.spec.ball_radius;
        let poses: Vec<_> = self
            .motion
            .bodies()
            .iter()
            .filter_map(|body| {
                let depth = match body.place {
                    Place::Bed => 0.0,
                    Place::Falling { done, .. } => done,
                    Place::Down => return None,
                };
                let centre = Vector3::new(body.position.x, body.position.y, radius - FALL_DEPTH * depth);
                Some((body.label, move |_: f64| BallPose { centre, turn: body.turn }))
            })
            .collect();
        let balls: Vec<SeenBall<'_>> = poses.iter().map(|(label, at)| SeenBall { label: *label, at }).collect();
        let rods: Vec<Rod> = self.player.cue().iter().map(|cue| Rod::still(cue.ends(), Stuff::Cue)).collect();
        let shining = self.inlet.between(Shutter::new(&self.setup.camera, self.now).span());
        let bytes = image.data_bytes_mut()?;
        painter.paint(&self.setup, self.now, &balls, &rods, &shining, self.painted, bytes);
        self.painted += 1;
        Ok(image)
    }

    /// When picture number `frame` is due, after the first.
    fn due(&self, frame: u64) -> Duration {
        Duration::from_secs_f64(frame as f64 / self.options.fps)
    }

    /// Sleeps until the next picture is due. Pictures that are past due when the reader comes are passed over; a
    /// reader that comes much too late finds that the simulation has stood still.
    fn keep_time(&mut self) {
        let now = Instant::now();
        let started = *self.started.get_or_insert(now);
        let due = started + self.due(self.next);
        let late = now.saturating_duration_since(due);
        if late.is_zero() {
            thread::sleep(due.saturating_duration_since(now));
        } else if late > PATIENCE {
            self.started = Some(started + late);
        } else {
            self.next += (late.as_secs_f64() * self.options.fps) as u64;
        }
    }
}

impl FrameSource for SimulatedRig {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        if self.paced {
            self.keep_time();
        }
        let time = self.due(self.next);
        self.next += 1;
        let image = self.render_at(time.as_secs_f64())?;
        Ok(Some(Picture { image, time: (!self.paced).then_some(time) }))
    }

    fn is_live(&self) -> bool {
        self.paced
    }

    fn describe(&self) -> String {
        let FrameSize { width, height } = self.options.size;
        format!("simulated table ({}), {width}×{height}, {} fps", self.scene, self.options.fps)
    }
}
