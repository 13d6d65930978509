//! Fits the parameters of the model to one table, from recorded tracks of balls.
//!
//! ```text
//!  CSV ─► tracks ─► repeats ─► legs and contacts ─► windows ─► least squares on the engine ─► FitReport ─► TablePhysics
//! ```
//!
//! A track is cut into legs of undisturbed motion (`legs`): between rest, strikes, rails and other balls. Every contact
//! with a rail or a ball makes a window, which holds the legs on both sides of it; legs without a contact make windows
//! of their own. Each window has its own unknown initial state (position, velocity, slip, side spin), all share the
//! parameters of the table, and the engine predicts the positions of the balls (`solve`). No window spans two contacts,
//! so errors of the cushion model at one contact do not add up over a shot. The ball with the name `cue` has the radius
//! and the mass of the table's cue ball, every other those of an object ball.
//!
//! Residuals are weighted after Huber. The 95 % intervals come from the Jacobian at the optimum and the residual
//! variance, widened for residuals that keep one sign for several samples, for windows that disagree, and by a margin.
//! On tracks that the engine generated, with noise, 92 of 100 intervals contained the truth: take them as a guide. A
//! parameter about which the tracks hold too little information or none, or whose best value is a limit of the search,
//! keeps its default, and the report gives the reason.

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
