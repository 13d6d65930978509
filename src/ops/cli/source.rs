//! What opens the source that the command line names.

use super::Failure;
use crate::{
    model::TableKind,
    rig::simulation::{Scene, SimulatedRig, SimulationOptions},
    sense::capture::{self, Delivery, FrameSource, Opener, SourceOptions, SourceSpec},
};
use std::sync::Arc;

/// An opener of the source; the simulation plays on `table`, decided by `seed`, and at its own speed where every frame
/// counts.
pub(super) fn opener(
    source: &SourceSpec,
    options: SourceOptions,
    delivery: Delivery,
    table: TableKind,
    seed: u64,
) -> Result<Opener, Failure> {
    let SourceSpec::Sim(scene) = source else { return Ok(capture::opener(source.clone(), options)) };
    let scene = Scene::named(scene.as_deref()).map_err(Failure::usage)?;
    let simulation = SimulationOptions { seed, ..SimulationOptions::default() };
    Ok(Arc::new(move || {
        let rig = SimulatedRig::with_table(scene, simulation, table);
        let rig = if delivery == Delivery::EveryFrame { rig.unpaced() } else { rig };
        Ok(Box::new(rig) as Box<dyn FrameSource>)
    }))
}
