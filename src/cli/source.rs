//! What opens the source that the command line names, and those that the panel offers beside it.

use super::{Failure, output};
use crate::{
    app::Projector,
    model::TableKind,
    operate::SourceChoice,
    sense::capture::{self, Delivery, FrameSource, Opener, SourceOptions, SourceSpec},
};
use billiards_simulation::{ProjectorInlet, Scene, SimulatedRig, SimulationOptions};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A source and, where it is the simulated rig, what throws the overlay's light on it.
pub(super) struct Rig {
    /// Opens the source.
    pub opener: Opener,
    /// The simulated projector; whoever has a camera has a projector as well.
    pub projector: Option<Projector>,
    /// What the panel offers: the source that runs, to be opened anew, and in the simulation its other scenes.
    pub choices: Vec<SourceChoice>,
}

/// Where the light goes: into the rig that was opened last.
type Socket = Arc<Mutex<Option<ProjectorInlet>>>;

/// Returns the options of a source for which `fps` pictures a second are given; tells which rate is assumed where a folder
/// of pictures is given none.
///
/// # Errors
/// A rate for anything but a folder of pictures.
pub(super) fn options(source: &SourceSpec, fps: Option<f64>) -> Result<SourceOptions, Failure> {
    let options = SourceOptions::default();
    match (source, fps) {
        (SourceSpec::Folder(_), Some(folder_fps)) => Ok(SourceOptions { folder_fps, ..options }),
        (SourceSpec::Folder(_), None) => {
            let rate = options.folder_fps;
            output::tell(format_args!("note: the pictures are taken as {rate} a second; --fps says otherwise"));
            Ok(options)
        }
        (_, Some(_)) => {
            Err(Failure::usage("--fps is for a folder of pictures: other sources have a rate of their own"))
        }
        (_, None) => Ok(options),
    }
}

/// An opener of the source; the simulation plays on `table`, decided by `seed`, and at its own speed where every frame
/// counts.
pub(super) fn open(
    source: &SourceSpec,
    options: SourceOptions,
    delivery: Delivery,
    table: TableKind,
    seed: u64,
) -> Result<Rig, Failure> {
    let SourceSpec::Sim(scene) = source else {
        let opener = capture::opener(source.clone(), options);
        let choices = vec![SourceChoice { name: source.redacted(), opener: Arc::clone(&opener) }];
        return Ok(Rig { opener, projector: None, choices });
    };
    let running = Scene::named(scene.as_deref()).map_err(Failure::usage)?;
    let socket = Socket::default();
    let open = |scene: Scene| simulated(scene, delivery, table, seed, Arc::clone(&socket));
    let others = Scene::ALL.into_iter().filter(|scene| *scene != running);
    let choices = [running].into_iter().chain(others).map(|scene| {
        let name = SourceSpec::Sim(Some(scene.to_string())).redacted();
        SourceChoice { name, opener: open(scene) }
    });
    let (opener, choices) = (open(running), choices.collect());
    let projector: Projector = Box::new(move |picture| {
        if let Some(inlet) = &*locked(&socket) {
            inlet.show(picture);
        }
    });
    Ok(Rig { opener, projector: Some(projector), choices })
}

/// Opens a simulated rig, and plugs its projector in.
fn simulated(scene: Scene, delivery: Delivery, table: TableKind, seed: u64, socket: Socket) -> Opener {
    let options = SimulationOptions { seed, ..SimulationOptions::default() };
    Arc::new(move || {
        let rig = SimulatedRig::with_table(scene, options, table);
        let rig = if delivery == Delivery::EveryFrame { rig.unpaced() } else { rig };
        *locked(&socket) = Some(rig.projector());
        Ok(Box::new(rig) as Box<dyn FrameSource>)
    })
}

/// Held for a moment only.
fn locked<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
