//! The light that a projector casts on a billiard table, as plain data: shapes in metres of the table or in pixels of
//! the projector, labels, and the triangles that a renderer draws.
//!
//! ```text
//!  balls, prediction, odds, settings ──► shapes and labels ──► one triangle list, where light falls
//! ```
//!
//! | part | purpose |
//! |---|---|
//! | [`Composer`], [`Scene`] | the picture of the aimed shot, from frame to frame |
//! | [`shapes`], `painter`, `ways`, `marks`, `fan`, `fade` | convert a shot to shapes |
//! | `afterglow` | fade shots in and out |
//! | [`contrast`] | adapt the colours of the settings to the cloth |
//! | `legend`, `chance`, [`Label`] | text on the cloth |
//! | [`cards`], [`check`], `pattern`, [`points`] | the other pictures |
//! | [`ahead`] | predict where a ball will be when the light arrives |
//! | [`Shape`], `lines`, `dashes`, [`Drawing`], [`tessellate`] | convert shapes to triangles |
//!
//! Only [`Composer`] keeps state, from frame to frame; everything else is a pure function. No renderer is needed.

mod afterglow;
pub mod ahead;
pub mod cards;
mod chance;
pub mod check;
mod composer;
pub mod contrast;
mod dashes;
mod drawing;
mod fade;
mod fan;
mod label;
mod legend;
mod lines;
mod marks;
mod mesh;
mod painter;
mod pattern;
pub mod points;
mod shape;
pub mod shapes;
mod ways;

pub use composer::Composer;
pub use drawing::Drawing;
pub use label::{Label, LabelPlace, TextBox};
pub use mesh::{TriangleList, tessellate};
pub use points::PointsPicture;
pub use shape::{RibbonCorner, Shape};
pub use shapes::Scene;
