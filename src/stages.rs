//! The stages of a frame and their order.

use bevy::prelude::*;

/// The stages through which a frame of the camera becomes light, in order, in `Update`.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PipelineSystems {
    /// Finished values of the camera and vision threads come in.
    Ingest,
    /// Detections become balls and a cue in table metres.
    Track,
    /// The aimed shot is predicted. Rapier has stepped between `Track` and here.
    Predict,
    /// The shot is judged.
    Coach,
    /// Overlay and panel take up what changed.
    Present,
    /// Snapshots leave for browsers and files.
    Publish,
}

/// Orders the stages; every application that runs a part of the pipeline adds it.
#[derive(Debug, Default, Clone, Copy)]
pub struct StagesPlugin;

impl Plugin for StagesPlugin {
    fn build(&self, app: &mut App) {
        use PipelineSystems::{Coach, Ingest, Predict, Present, Publish, Track};
        app.configure_sets(Update, (Ingest, Track, Predict, Coach, Present, Publish).chain());
    }
}
