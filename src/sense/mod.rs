//! Sensing: sources of pictures ([`billiards_capture`]), detection in their frames ([`billiards_vision`]), and the
//! tracks of balls and cue ([`tracking`]).
//!
//! ```text
//! source ──► reader ──► capture thread ──► vision thread ──► Ingest stage
//! ```
//!
//! Each arrow is a channel with room for one value. With [`Delivery::Latest`](billiards_capture::Delivery::Latest) a
//! newer value replaces one that was not fetched; with
//! [`Delivery::EveryFrame`](billiards_capture::Delivery::EveryFrame) the sender waits. Each frame carries its capture
//! time to the end.

mod clock;
mod detect;
mod health;
mod light;
mod plugin;
mod preview;
mod requests;
mod sight;
pub mod tracking;
mod vision_thread;
mod worker;

pub use clock::SourceClock;
pub use health::SourceHealth;
pub use plugin::{IngestGate, SenseOptions, SensePlugin};
pub use preview::{Preview, PreviewLayers};
pub use sight::{LatestSight, Sight};
pub use worker::SenseWorker;
