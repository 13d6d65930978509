//! Fits the model of the physics to this very table, from recorded tracks of balls.
//!
//! ```text
//!  CSV ─► tracks ─► repeats ─► legs and contacts ─► windows ─► least squares on the engine ─► FitReport ─► TablePhysics
//! ```
//!
//! A track is cut into legs of undisturbed motion (`legs`): between rest, strikes, rails and other balls. Every contact
//! with a rail or a ball makes a window, the legs on both sides of it; legs without a contact make windows of their own.
//! Each window has its own unknown start (place, velocity, slip, side spin), all share the parameters of the table, and
//! the engine predicts where the balls are (`solve`). No window spans two contacts, so what the model of the cushion
//! gets wrong at one contact does not add up over a shot.
//!
//! Residuals are weighed after Huber. The 95 % intervals come from the Jacobian at the optimum and the residual variance,
//! widened for residuals that stay on one side for several samples, for windows that say different things, and by a
//! margin. On tracks that the engine made, with noise, 92 of 100 held the truth: take them as a guide. A parameter that
//! the tracks say nothing or too little about, or whose best value is a limit of the search, keeps its default, and the
//! report says why.

mod error;
mod estimate;
mod legs;
mod picture;
mod repeats;
mod report;
mod settings;
mod solve;
mod table_physics;
mod table_size;
#[cfg(test)]
mod tests;
mod track;
mod window;

pub use error::FitError;
pub use estimate::fit;
pub use picture::{PictureScale, PictureTrack};
pub use report::{Estimate, FitReport, RailReport, Standing};
pub use settings::{FitSettings, Parameter};
pub use table_physics::{TablePhysics, TablePhysicsError};
pub use track::{MIN_SAMPLES, Sample, Track, read_tracks};
