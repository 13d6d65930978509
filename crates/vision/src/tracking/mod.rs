//! Tracking from the balls and the cue of each picture, in metres, to those on the table, which keep their ids from
//! picture to picture; and the events of a shot. Plain data and arithmetic: [`Tracker`], [`CueFilter`],
//! [`ShotDetector`].

mod assign;
mod contacts;
mod cue;
mod departure;
mod free_path;
mod identity;
mod impact;
mod kalman;
mod picture_shift;
mod rest;
mod settings;
mod shot_detector;
mod stroke_fit;
mod strokes;
mod track;
mod tracker;

pub use cue::{CueBall, CueFilter, CueSettings};
pub use kalman::MotionModel;
pub use settings::TrackerSettings;
pub use shot_detector::ShotDetector;
pub use tracker::{Measurement, Tracker};
