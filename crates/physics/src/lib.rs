//! Closed-form simulation of a pool shot, from the tip of the cue to the last ball at rest.
//!
//! ```text
//!  Stroke ─► stick ─┐                     ┌─► shot: pieces and events ─► outcome: Prediction
//!  layout ─► check ─┴─► engine: next event ┤
//!  TableSpec ─► table ──► roots ──────────►└─► kiss ─► ball_ball | cushion | pocket ─► motion ─► engine
//! ```
//!
//! Balls slide, roll, spin or rest ([`motion`](Piece)). Each of these motions is an exact parabola, so nothing is
//! stepped through time: the [`Engine`] finds the next collision ([`Table`] holds the cushions and holes), and the law
//! of that contact gives the motion after it ([`ball_ball`], [`cushion`]). [`Physics`] holds every parameter and every
//! choice of law; its defaults are those of pooltool 0.6.0, which this engine reproduces to the rounding of its
//! recordings. A [`Shot`] can be queried for any ball at any time.
//!
//! Lengths are metres, times seconds, angles radians, in the table's frame: x across, y along, z up. Everything is `f64`
//! and deterministic; there is no clock, no thread and no randomness.
//!
//! ```
//! use billiards_physics::{BallMotion, Engine, Physics, PhysicsError, Stroke, Table, Vec2};
//! use billiards_table::{BallId, TableKind};
//!
//! let engine = Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), Physics::default())?;
//! let balls = [(0.6, 0.5), (0.65, 1.5)].map(|(x, y)| BallMotion::at_rest(Vec2::new(x, y)));
//! let stroke = Stroke::plain(1.3, std::f64::consts::FRAC_PI_2);
//! let shot = engine.shoot(&balls, 0, &stroke)?;
//! assert!(shot.state(0, 0.5).is_some(), "the cue ball half a second after the strike");
//! let prediction = shot.prediction(&[BallId(0), BallId(1)], 0, &stroke).expect("the cue ball has a name");
//! assert_eq!(prediction.ghost_ball.map(|ghost| ghost.object_ball), Some(BallId(1)));
//! # Ok::<(), PhysicsError>(())
//! ```

pub mod ball_ball;
mod broad;
pub mod cushion;
mod engine;
mod error;
mod fan;
pub mod fitting;
pub mod kiss;
mod motion;
mod outcome;
pub mod params;
pub mod rack;
mod roots;
mod run;
mod seek;
mod shot;
mod snap;
mod stick;
mod table;
#[cfg(test)]
mod tests;
mod vector;

pub use billiards_table::BallSize;
pub use engine::{Engine, Start};
pub use error::PhysicsError;
pub use fan::{Fan, Scatter};
pub use motion::{BallMotion, Piece};
pub use params::Physics;
pub use shot::{Change, Event, EventKind, Rest, Shot};
pub use snap::{Snap, settle, snap};
pub use stick::Stroke;
pub use table::{Hole, JawArc, Table, Wall};
pub use vector::{Vec2, Vec3};
