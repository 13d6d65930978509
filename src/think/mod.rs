//! Prediction: pool in closed form, the table in Rapier, and the shot that the cue is aimed at.

pub mod history;
pub mod prediction;
pub mod world;
