//! Openers of the source that the command line names, and of the others that the panel offers.

use super::{Failure, output};
use crate::{app::Projector, operate::SourceChoice};
use billiards_capture::{
    Delivery, FrameSource, Opener, SourceBoard, SourceOptions, SourceSpec, SourceStatus, Supervisor, SupervisorTiming,
    slot, stop_pair,
};
use billiards_simulation::{ProjectorInput, Scene, SimulatedRig, SimulationOptions};
use billiards_table::{FrameSize, TableSpec};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Time after which a source without frames counts as failed.
pub(super) const FRAME_TIMEOUT: Duration = Duration::from_secs(30);

/// Source and, for the simulated rig, the projector of the overlay's light.
pub(super) struct Rig {
    /// Opens the source.
    pub opener: Opener,
    /// Simulated projector; `None` for other sources, whose projector is real.
    pub projector: Option<Projector>,
    /// Sources that the panel offers: the one that runs, to be reopened, and in the simulation its other scenes.
    pub choices: Vec<SourceChoice>,
}

/// Projector of the simulated rig that was opened last, to which the light goes.
type ProjectorSlot = Arc<Mutex<Option<ProjectorInput>>>;

/// Returns the options of a source for which `fps` pictures a second are given; prints the assumed rate if none is
/// given for a folder of pictures.
///
/// # Errors A rate is given for a source other than a folder of pictures.
pub(super) fn options(source: &SourceSpec, fps: Option<f64>) -> Result<SourceOptions, Failure> {
    let options = SourceOptions::default();
    match (source, fps) {
        (SourceSpec::Folder(_), Some(folder_fps)) => Ok(SourceOptions { folder_fps, ..options }),
        (SourceSpec::Folder(_), None) => {
            let rate = options.folder_fps;
            output::report(format_args!("note: the pictures are shown at {rate} a second; --fps sets another rate"));
            Ok(options)
        }
        (_, Some(_)) => Err(Failure::usage("--fps is for a folder of pictures: other sources have their own rate")),
        (_, None) => Ok(options),
    }
}

/// Returns the source and its projector; a simulation plays on `table` with the seed `seed`, and at its own speed if
/// `delivery` is [`Delivery::EveryFrame`].
pub(super) fn open(
    source: &SourceSpec,
    options: SourceOptions,
    delivery: Delivery,
    table: TableSpec,
    seed: u64,
) -> Result<Rig, Failure> {
    let SourceSpec::Sim(scene) = source else {
        let opener = billiards_capture::opener(source.clone(), options);
        let choices = vec![SourceChoice { name: source.redacted(), opener: Arc::clone(&opener) }];
        return Ok(Rig { opener, projector: None, choices });
    };
    let running = Scene::named(scene.as_deref()).map_err(Failure::usage)?;
    let slot = ProjectorSlot::default();
    let open = |scene: Scene| simulated(scene, delivery, table, seed, Arc::clone(&slot));
    let others = Scene::ALL.into_iter().filter(|scene| *scene != running);
    let choices = [running].into_iter().chain(others).map(|scene| {
        let name = SourceSpec::Sim(Some(scene.to_string())).redacted();
        SourceChoice { name, opener: open(scene) }
    });
    let (opener, choices) = (open(running), choices.collect());
    let projector: Projector = Box::new(move |picture| {
        if let Some(projector) = &*locked(&slot) {
            projector.show(picture);
        }
    });
    Ok(Rig { opener, projector: Some(projector), choices })
}

/// Returns an opener of a simulated rig that also connects its projector.
fn simulated(scene: Scene, delivery: Delivery, table: TableSpec, seed: u64, slot: ProjectorSlot) -> Opener {
    let options = SimulationOptions { seed, ..SimulationOptions::default() };
    Arc::new(move || {
        let rig = SimulatedRig::with_table(scene, options, table);
        let rig = if delivery == Delivery::EveryFrame { rig.unpaced() } else { rig };
        *locked(&slot) = Some(rig.projector());
        Ok(Box::new(rig) as Box<dyn FrameSource>)
    })
}

/// Returns the size of the first picture of a source, which is opened for it and closed again.
///
/// # Errors The source cannot be opened, or delivers no picture in time.
pub(super) fn picture_size(opener: &Opener) -> Result<FrameSize, Failure> {
    let (stop, token) = stop_pair();
    let (sender, frames) = slot(Delivery::EveryFrame, token.clone());
    let (board, timing) = (Arc::<SourceBoard>::default(), SupervisorTiming::default());
    let supervisor =
        Supervisor::start(Arc::clone(opener), Delivery::EveryFrame, sender, Arc::clone(&board), token, timing)
            .map_err(|error| Failure::failed(format!("a thread for the source cannot be started: {error}")))?;
    let first = frames.recv_timeout(FRAME_TIMEOUT);
    // A camera must be closed before it can be opened again.
    drop((stop, frames));
    if supervisor.join().is_err() {
        return Err(Failure::failed("the capture thread has panicked"));
    }
    first.map(|frame| frame.stamp.size).map_err(|_| match &board.read().status {
        SourceStatus::Failed(reason) => Failure::failed(reason),
        status => Failure::failed(no_frames(status)),
    })
}

/// Describes a source that has delivered nothing in [`FRAME_TIMEOUT`].
pub(super) fn no_frames(status: &SourceStatus) -> String {
    format!("the source delivers no frames: it is {status}")
}

/// Locks a slot; the guard must be held only briefly.
fn locked<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::{
        core::{CV_8UC3, Mat, Scalar},
        imgcodecs::imwrite_def,
    };

    #[test]
    fn the_size_of_a_sources_pictures_is_known_before_it_runs() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("table.png");
        let opener = billiards_capture::opener(SourceSpec::Video(path.clone()), SourceOptions::default());
        let failure = picture_size(&opener).expect_err("there is no picture");
        assert!(failure.message.is_some_and(|message| message.contains("table.png")));
        let image = Mat::new_rows_cols_with_default(80, 100, CV_8UC3, Scalar::all(90.0)).expect("a picture");
        assert!(imwrite_def(path.to_str().expect("UTF-8"), &image).expect("written"));
        assert_eq!(picture_size(&opener).expect("a picture"), FrameSize { width: 100, height: 80 });
    }
}
