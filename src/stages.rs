//! The stages of a frame and their order.

use bevy::prelude::*;

/// Stages in `Update` that turn a frame of the camera into projected light, in order.
#[derive(SystemSet, Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PipelineSystems {
    /// Receives the finished values of the camera and vision threads.
    Ingest,
    /// Turns detections into balls and a cue in table metres.
    Track,
    /// Predicts the aimed shot. Rapier has stepped between `Track` and this stage.
    Predict,
    /// Judges the shot.
    Coach,
    /// Updates overlay and panel with what changed.
    Present,
    /// Sends snapshots to browsers and files.
    Publish,
}

/// Orders the stages; every application that runs part of the pipeline adds this plugin.
#[derive(Debug, Default, Clone, Copy)]
pub struct StagesPlugin;

impl Plugin for StagesPlugin {
    fn build(&self, app: &mut App) {
        use PipelineSystems::{Coach, Ingest, Predict, Present, Publish, Track};
        app.configure_sets(Update, (Ingest, Track, Predict, Coach, Present, Publish).chain());
    }
}
