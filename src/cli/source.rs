//! Openers of the source that the command line names, and of the others that the panel offers.

use super::{Failure, output};
use crate::{app::Projector, operate::SourceChoice};
use billiards_capture::{Delivery, FrameSource, Opener, SourceOptions, SourceSpec};
use billiards_simulation::{ProjectorInput, Scene, SimulatedRig, SimulationOptions};
use billiards_table::TableSpec;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// Locks a slot; the guard must be held only briefly.
fn locked<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
