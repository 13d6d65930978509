//! Billiards Trainer: tracks a pool table with a camera and projects the predicted shot on the cloth.
//!
//! ```text
//!  camera ─► sense ─────────────────────► think ─────────────────► show ─► projector, panel, browsers
//!            capture → vision → tracking   prediction ← physics     overlay   panel   remote
//!                            │                  ▲
//!                            ▼                  │
//!              entities: the balls and the cue, in metres of the table (`billiards_table`)
//!
//!  calibrate: poses of camera, table and projector         operate: operator's commands, undo, settings file
//!  cli: the command line   app: the list of plugins   rig: the program over a simulated rig, measured
//! ```
//!
//! Start reading at [`stages`], the order of the work in a frame, then follow one: [`sense`] turns pictures into
//! tracked entities, [`think`] turns the aimed cue into a [`Prediction`](billiards_table::Prediction), [`show`] turns
//! that into light. Whatever needs no Bevy is a crate of its own under `crates/`: table, physics, capture, vision,
//! calibration, simulation, overlay, protocol, server, files.
//!
//! Blocking work never runs on the ECS: capture and vision own a thread each and hand over finished values through
//! slots that keep only the newest value; sockets live on a tokio runtime of their own.

mod app;
pub mod calibrate;
pub mod cli;
pub mod operate;
mod rig;
pub mod sense;
pub mod show;
pub mod stages;
pub mod think;
