//! What opens the source that the command line names, and those that the panel offers beside it.

use super::Failure;
use crate::{
    model::TableKind,
    rig::simulation::{Scene, SimulatedRig, SimulationOptions},
    sense::capture::{self, Delivery, FrameSource, Opener, SourceOptions, SourceSpec},
    show::panel::SourceChoice,
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

/// What the panel offers: the source that runs, to be opened anew, and in the simulation its other scenes.
pub(super) fn choices(
    source: &SourceSpec,
    running: &Opener,
    table: TableKind,
    seed: u64,
) -> Result<Vec<SourceChoice>, Failure> {
    let mut choices = vec![SourceChoice { name: source.redacted(), opener: Arc::clone(running) }];
    if let SourceSpec::Sim(scene) = source {
        let running = Scene::named(scene.as_deref()).map_err(Failure::usage)?;
        for scene in Scene::ALL.into_iter().filter(|scene| *scene != running) {
            let spec = SourceSpec::Sim(Some(scene.to_string()));
            let opener = opener(&spec, SourceOptions::default(), Delivery::Latest, table, seed)?;
            choices.push(SourceChoice { name: spec.redacted(), opener });
        }
    }
    Ok(choices)
}
