//! What would happen next: pool in closed form, the table in Rapier, and the shot that the cue is aimed at.

pub mod fitting;
pub mod history;
pub mod physics;
pub mod prediction;
pub mod world;
