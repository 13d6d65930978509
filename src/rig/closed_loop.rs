//! The trainer in a closed loop with a simulated rig, frame by frame in lockstep: what the overlay draws is the light
//! that the next frames see.
//!
//! ```text
//!  permit ──► simulated rig ──frame──► sense ──► track ──► predict ──► overlay ──picture──┐
//!                  ▲                                                                       │
//!                  └────────────────────── the projector's light ◄────────────────────────┘
//! ```

use crate::{
    app::Trainer,
    calibrate::sense_and_calibrate,
    sense::{SenseOptions, SensePlugin, SenseWorker, SourceClock, SourceHealth, tracking::TrackingPlugin},
    show::tap::TappedPictures,
    stages::StagesPlugin,
    think::world::TableWorldPlugin,
};
use bevy::{
    app::PluginsState,
    prelude::*,
    render::{render_resource::PollType, renderer::RenderDevice},
    tasks::tick_global_task_pools_on_main_thread,
};
use billiards_calibration::CalibrationSetup;
use billiards_capture::{CaptureError, Delivery, FrameSource, Opener, Picture, SourceStatus};
use billiards_simulation::{ProjectorInput, SimulatedRig};
use billiards_table::ProjectorPicture;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Timeout of a frame or a picture of the overlay.
const FRAME_TIMEOUT: Duration = Duration::from_secs(60);

/// Number of pictures still on their way back from the graphics card when another one has been drawn, including that
/// one.
const PENDING_PICTURES: u64 = 1;

/// Waits for all work submitted to the graphics card.
const WAIT: PollType = PollType::Wait { submission_index: None, timeout: None };

/// Set once a closed loop of this process has set up the log.
static LOGS: AtomicBool = AtomicBool::new(cfg!(test));

/// Error that ends a closed loop.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoopError {
    /// The simulated source has ended or failed.
    #[error("the simulated rig delivers no more frames: {0}")]
    Source(String),
    /// A frame or its picture did not arrive in time.
    #[error("{what} did not come through within {} s", FRAME_TIMEOUT.as_secs())]
    TimedOut {
        /// Description of what was waited for.
        what: &'static str,
    },
}

/// Newest picture that the overlay has drawn.
type Newest = Arc<Mutex<Option<Arc<ProjectorPicture>>>>;

/// Trainer together with the simulated rig that it observes and projects on.
pub(crate) struct ClosedLoop {
    app: App,
    rig: Arc<Mutex<SimulatedRig>>,
    permits: Sender<()>,
    picture: Newest,
}

impl ClosedLoop {
    /// Starts a loop with the calibration in `setup`.
    pub fn new(rig: SimulatedRig, setup: CalibrationSetup) -> Self {
        let input = rig.projector();
        let rig = Arc::new(Mutex::new(rig.unpaced()));
        let (permits, permitted) = bounded(1);
        let picture = Newest::default();
        let trainer = Trainer {
            sense: SenseOptions { delivery: Delivery::EveryFrame, under_projector: true, ..default() },
            in_step: true,
            projector: Some(projector(input, Arc::clone(&picture))),
            log: !LOGS.swap(true, Ordering::Relaxed),
            ..Trainer::new(opener(&rig, permitted), setup)
        };
        let mut app = trainer.build();
        while app.plugins_state() == PluginsState::Adding {
            tick_global_task_pools_on_main_thread();
        }
        app.finish();
        app.cleanup();
        Self { app, rig, permits, picture }
    }

    /// Starts a loop without a projector: the trainer detects and tracks, nothing is drawn, and no graphics card is
    /// needed.
    pub fn without_projector(rig: SimulatedRig, setup: CalibrationSetup) -> Self {
        let rig = Arc::new(Mutex::new(rig.unpaced()));
        let (permits, permitted) = bounded(1);
        let sense = SenseOptions { delivery: Delivery::EveryFrame, ..default() };
        let mut app = App::new();
        app.add_plugins((
            MinimalPlugins,
            TransformPlugin,
            StagesPlugin,
            sense_and_calibrate(SensePlugin::new(opener(&rig, permitted), None, sense), setup),
            TrackingPlugin { balls: None, readout: 0.0 },
            TableWorldPlugin,
        ));
        app.finish();
        app.cleanup();
        Self { app, rig, permits, picture: Newest::default() }
    }

    /// Passes one frame through all stages and its picture on to the projector.
    ///
    /// # Errors The frame or the picture does not arrive.
    pub fn frame(&mut self) -> Result<(), LoopError> {
        let before = self.health().frames;
        // A full channel means that the previous permit has not been used: it suffices for this frame.
        if self.permits.is_empty() && self.permits.send(()).is_err() {
            return Err(LoopError::Source("its thread has ended".into()));
        }
        let begin = Instant::now();
        while self.health().frames == before {
            // Each update costs a picture: update only when a frame has been processed.
            while !self.app.world().resource::<SenseWorker>().has_sight() && begin.elapsed() < FRAME_TIMEOUT {
                if let SourceStatus::Failed(reason) = &self.health().status {
                    return Err(LoopError::Source(reason.clone()));
                }
                thread::sleep(Duration::from_micros(200));
            }
            self.update();
            if begin.elapsed() > FRAME_TIMEOUT {
                return Err(LoopError::TimedOut { what: "a frame" });
            }
        }
        self.expose()
    }

    /// Advances the time between two frames, and passes what is drawn then on to the projector.
    ///
    /// # Errors The picture does not arrive.
    pub fn between_frames(&mut self, by: Duration) -> Result<(), LoopError> {
        self.rig().step(by.as_secs_f64());
        self.world_mut().resource_mut::<SourceClock>().run_on(by);
        self.update();
        self.expose()
    }

    /// Runs all systems once, and waits until what they draw is finished: otherwise a busy graphics card would
    /// sometimes be late by a picture, and runs would not be reproducible.
    fn update(&mut self) {
        self.app.update();
        if let Some(Err(error)) = self.app.world().get_resource::<RenderDevice>().map(|device| device.poll(WAIT)) {
            tracing::warn!("the graphics card was not waited for: {error}");
        }
    }

    /// Passes the picture that the overlay drew last on to the projector.
    fn expose(&mut self) -> Result<(), LoopError> {
        let begin = Instant::now();
        let tapped = |app: &App| app.world().get_resource::<TappedPictures>().map(|pictures| pictures.0);
        let Some(handed) = tapped(&self.app) else { return Ok(()) };
        while tapped(&self.app).is_some_and(|now| now < handed + PENDING_PICTURES) {
            self.update();
            if begin.elapsed() > FRAME_TIMEOUT {
                return Err(LoopError::TimedOut { what: "a picture of the overlay" });
            }
        }
        Ok(())
    }

    /// Returns the world of the trainer.
    pub fn world(&self) -> &World {
        self.app.world()
    }

    /// Returns the world of the trainer, to be changed between frames.
    pub fn world_mut(&mut self) -> &mut World {
        self.app.world_mut()
    }

    /// Locks the rig, which does not advance between frames. Hold the guard only briefly.
    pub fn rig(&self) -> MutexGuard<'_, SimulatedRig> {
        self.rig.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the picture that the projector was given last.
    pub fn picture(&self) -> Option<Arc<ProjectorPicture>> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn health(&self) -> &SourceHealth {
        self.app.world().resource()
    }
}

fn projector(input: ProjectorInput, newest: Newest) -> crate::app::Projector {
    Box::new(move |picture| {
        let shared = Arc::new(picture);
        *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&shared));
        input.show(ProjectorPicture::clone(&shared));
    })
}

/// Returns an opener of the rig as a source that delivers one frame per permit, and ends when the permits' sender is
/// dropped.
fn opener(rig: &Arc<Mutex<SimulatedRig>>, permits: Receiver<()>) -> Opener {
    let rig = Arc::clone(rig);
    Arc::new(move || Ok(Box::new(Stepped { rig: Arc::clone(&rig), permits: permits.clone() }) as Box<dyn FrameSource>))
}

struct Stepped {
    rig: Arc<Mutex<SimulatedRig>>,
    permits: Receiver<()>,
}

impl FrameSource for Stepped {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        if self.permits.recv().is_err() {
            return Ok(None);
        }
        self.rig.lock().unwrap_or_else(PoisonError::into_inner).read()
    }

    fn is_live(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        self.rig.lock().unwrap_or_else(PoisonError::into_inner).describe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calibrate::LightDrift, show::overlay::Picture};
    use billiards_calibration::{CornersOrigin, MeasuredProjector, Optics, OpticsOrigin, ProjectorSetup};
    use billiards_simulation::{RigSetup, Scene, SimulationOptions};
    use billiards_table::{
        CameraPoint, FrameSize, Lens, PatternPicture, TableChoice, TableKind, TablePoint,
        settings::{Settings, StylePreset},
    };

    #[test]
    fn what_is_drawn_last_is_what_the_projector_has() {
        let rig = SimulatedRig::new(Scene::Empty, SimulationOptions::default());
        let mut running = ClosedLoop::new(rig, CalibrationSetup::default());
        running.frame().expect("a frame");
        for i in 0..12_u32 {
            let level = if i.is_multiple_of(2) { 255 } else { 0 };
            let pattern = PatternPicture::even(FrameSize { width: 1280, height: 720 }, level);
            running.world_mut().insert_resource(Picture::Pattern(pattern));
            if i.is_multiple_of(3) {
                running.frame().expect("a frame");
            } else {
                running.between_frames(Duration::from_millis(5)).expect("a picture");
            }
            let shown = running.picture().expect("a picture");
            assert_eq!(shown.rgba[0], level, "picture {i}");
        }
    }

    /// Returns the setup that a perfect calibration of the plain rig would give.
    fn calibrated() -> CalibrationSetup {
        let size = FrameSize { width: 1280, height: 720 };
        let spec = TableKind::NINE_FOOT.spec();
        let RigSetup { camera, projector, .. } = RigSetup::plain(&spec, size);
        let mut setup = CalibrationSetup::default();
        setup.table = TableChoice::Kind(TableKind::NINE_FOOT);
        let lens = Lens::rectilinear(size, camera.lens.rectified().focal);
        setup.optics = Some(Optics { lens, focal_error: Some(0.01), origin: OpticsOrigin::Table });
        let corners = camera.quad(&spec).map(|p| CameraPoint::new(p.x, p.y));
        setup.set_camera_corners(size, corners, CornersOrigin::Measured);
        let map = projector.from_bed().expect("a map");
        let from_table = std::array::from_fn(|row| std::array::from_fn(|column| map.matrix()[(row, column)]));
        let size = projector.lens.size;
        let measured = MeasuredProjector { size, from_table, rms_mm: 0.5, worst_mm: 1.0, points: Vec::new() };
        setup.projector = Some(ProjectorSetup::Measured(measured));
        setup
    }

    #[test]
    fn a_bumped_projector_is_reported_within_seconds_and_not_before() {
        let options = SimulationOptions { fps: 15.0, ..SimulationOptions::default() };
        let rig = SimulatedRig::new(Scene::ProjectorBump, options);
        let mut running = ClosedLoop::new(rig, calibrated());
        running.world_mut().resource_mut::<Settings>().overlay.style = StylePreset::Follow.style();
        let (drift, words) = loop {
            running.frame().expect("a frame");
            let now = running.rig().now();
            let reported = running.world().resource::<LightDrift>().0.clone();
            assert!(now > 6.0 || reported.is_none(), "reported before the bump: {reported:?}");
            if let Some((drift, words)) = reported {
                break (drift, words);
            }
            assert!(now < 12.0, "not reported");
        };
        let sent = calibrated().solve().expect("solved").projector;
        let middle = TablePoint::new(0.635, 1.27);
        let pixel = sent.from_table.map(middle).expect("a pixel");
        let truth = running.rig().lights(pixel).expect("met") - middle;
        assert!((drift.by - truth).length() < 0.0015, "{:?} for {truth:?}: {words}", drift.by);
    }
}
