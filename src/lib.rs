//! Billiards Trainer: sees a pool table through a camera and projects on the cloth where the shot would go.
//!
//! ```text
//!  camera ──► sense ──────────────────► think ───────────────────► show ──► projector, panel, browsers
//!             capture → vision → tracking  prediction ← physics      overlay   panel   remote
//!                             │
//!                             ▼
//!                           model: the table, its balls, its cue, in metres (ECS)
//!  ops: the command line
//! ```
//!
//! Every folder is a station on that way. Start reading at [`model`], then follow a frame: [`sense`] turns pictures
//! into tracked entities, [`think`] turns the aimed cue into a [`model::Prediction`], [`show`] turns that into light.
//! [`app`] has the order of the stages; [`ops::cli`] puts the plugins together.
//!
//! Blocking work never runs on the ECS: capture and vision own a thread each and hand over finished values through
//! slots in which the newest wins; sockets live on a tokio runtime of their own.

pub mod app;
pub mod calibrate;
pub mod ops;
pub mod sense;
pub mod show;
pub mod think;

use billiards_capture::libav;
pub use billiards_table as model;
use billiards_table::text;
