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
mod camera;
mod canvas;
mod colour;
mod cue;
mod lamp;
mod layout;
mod motion;
mod noise;
mod picture;
mod player;
mod scene;
mod shots;
mod table;

pub use camera::OverheadCamera;
pub use scene::{Scene, UnknownScene};

use crate::{
    model::{BallLabel, FrameSize, TableKind, TablePoint, TableQuad, TableSpec},
    sense::capture::{CaptureError, FrameSource, LARGEST_SIDE, Picture, SMALLEST_SIDE},
};
use motion::{Motion, STEP};
use opencv::{
    core::{CV_8UC3, Mat, Scalar},
    prelude::*,
};
use picture::Painter;
use player::Player;
use std::{
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
    camera: OverheadCamera,
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
        let fps = if options.fps.is_nan() { 30.0 } else { options.fps.clamp(1.0, 240.0) };
        let spec = table.spec();
        let mut player = Player::new(scene, options.seed);
        Self {
            scene,
            options: SimulationOptions { size, fps, ..options },
            spec,
            camera: OverheadCamera::over(&spec, size),
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
    pub fn camera(&self) -> &OverheadCamera {
        &self.camera
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
        let cue = self.player.cue().filter(|cue| self.camera.sees(cue.tip));
        Truth {
            balls: self.motion.on_table().collect(),
            cue: cue.map(|cue| (cue.tip, cue.butt)),
            corners: self.camera.corners(&self.spec),
        }
    }

    fn paint(&mut self) -> opencv::Result<Mat> {
        let FrameSize { width, height } = self.options.size;
        // Sides are at most LARGEST_SIDE.
        let mut image = Mat::new_rows_cols_with_default(height as i32, width as i32, CV_8UC3, Scalar::all(0.0))?;
        let seed = self.options.seed;
        let painter = self.painter.get_or_insert_with(|| Painter::new(&self.spec, self.camera, seed));
        let cue = self.player.cue();
        painter.paint(self.motion.bodies(), cue.as_ref(), self.painted, image.data_bytes_mut()?);
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

#[cfg(test)]
mod tests;
