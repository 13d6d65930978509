//! What opens the source that the command line names.

use super::Failure;
use crate::{
    model::TableKind,
    ops::trainer::Projector,
    rig::simulation::{ProjectorInlet, Scene, SimulatedRig, SimulationOptions},
    sense::capture::{self, Delivery, FrameSource, Opener, SourceOptions, SourceSpec},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A source and, where it is the simulated rig, what throws the overlay's light on it.
pub(super) struct Rig {
    /// Opens the source.
    pub opener: Opener,
    /// The simulated projector; whoever has a camera has a projector as well.
    pub projector: Option<Projector>,
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
        return Ok(Rig { opener: capture::opener(source.clone(), options), projector: None });
    };
    let scene = Scene::named(scene.as_deref()).map_err(Failure::usage)?;
    let simulation = SimulationOptions { seed, ..SimulationOptions::default() };
    // A rig that is opened again is another one.
    let inlet: Arc<Mutex<Option<ProjectorInlet>>> = Arc::default();
    let current = Arc::clone(&inlet);
    let opener: Opener = Arc::new(move || {
        let rig = SimulatedRig::with_table(scene, simulation, table);
        let rig = if delivery == Delivery::EveryFrame { rig.unpaced() } else { rig };
        *locked(&current) = Some(rig.projector());
        Ok(Box::new(rig) as Box<dyn FrameSource>)
    });
    let projector: Projector = Box::new(move |picture| {
        if let Some(inlet) = &*locked(&inlet) {
            inlet.show(picture);
        }
    });
    Ok(Rig { opener, projector: Some(projector) })
}

/// Held for a moment only.
fn locked<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
