//! Tracking from the balls and the cue of each picture, in metres, to those on the table, which keep their ids from
//! picture to picture; and the events of a shot. Plain data and arithmetic: [`Tracker`], [`CueFilter`], [`Referee`].

mod assign;
mod contacts;
mod cue;
mod departure;
mod flock;
mod free_path;
mod identity;
mod impact;
mod kalman;
mod referee;
mod rest;
mod settings;
mod stroke_fit;
mod strokes;
mod tracker;
mod trail;

pub use cue::{CueBall, CueFilter, CueSettings};
pub use kalman::MotionModel;
pub use referee::Referee;
pub use settings::TrackerSettings;
pub use tracker::{Measurement, Tracker};
