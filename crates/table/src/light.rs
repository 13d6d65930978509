//! The light that the projector throws on the cloth.

use super::{FrameSize, TablePoint};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use std::{sync::Arc, time::Duration};

/// A triangle on the cloth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightTriangle {
    /// Its corners.
    pub corners: [TablePoint; 3],
    /// Whether light falls there; a dark one takes the light of those before it away.
    pub lit: bool,
}

/// A ring of light that lies wholly on the cloth: by it is told where light falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightRing {
    /// Its centre.
    pub centre: TablePoint,
    /// To the middle of its line, metres.
    pub radius: f64,
    /// Across its line, metres.
    pub width: f64,
}

/// The picture that is being projected, from its moment on, as triangles in painter's order.
#[derive(Debug, Clone, PartialEq)]
pub struct LightPicture {
    /// When it was handed to the graphics card, on the source's clock; it reaches the cloth some time after.
    pub since: Duration,
    /// What it consists of.
    pub triangles: Vec<LightTriangle>,
    /// The rings among that.
    pub rings: Vec<LightRing>,
}

/// The newest picture that the overlay has drawn; `None` where nothing is projected.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Default)]
pub struct ProjectedLight(pub Option<Arc<LightPicture>>);

/// A picture as the projector is given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectorPicture {
    /// Columns and rows.
    pub size: FrameSize,
    /// Red, green, blue (8-bit sRGB) and alpha, row by row from the top.
    pub rgba: Vec<u8>,
}
