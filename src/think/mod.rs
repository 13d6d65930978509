//! What would happen next: the table in Rapier, and the shot that the cue is aimed at.

pub mod prediction;
pub mod world;
