//! Light of the projector on the cloth.

use super::{FrameSize, TablePoint};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use std::{sync::Arc, time::Duration};

/// A triangle on the cloth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightTriangle {
    /// Corners of the triangle.
    pub corners: [TablePoint; 3],
    /// `true` if light falls there; a dark triangle removes the light of those before it.
    pub lit: bool,
}

/// A ring of light that lies wholly on the cloth; used to measure where the light falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightRing {
    /// Centre of the ring.
    pub centre: TablePoint,
    /// Radius to the middle of the line, metres.
    pub radius: f64,
    /// Width of the line, metres.
    pub width: f64,
}

/// The picture that is projected from a given time on, as triangles in painter's order.
#[derive(Debug, Clone, PartialEq)]
pub struct LightPicture {
    /// Time at which it was handed to the graphics card, on the source's clock; it reaches the cloth some time later.
    pub since: Duration,
    /// Triangles of the picture, in painter's order.
    pub triangles: Vec<LightTriangle>,
    /// Rings among the triangles.
    pub rings: Vec<LightRing>,
}

/// The newest picture that the overlay has drawn; `None` where nothing is projected.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Default)]
pub struct ProjectedLight(pub Option<Arc<LightPicture>>);

/// A picture in the form in which the projector receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectorPicture {
    /// Size of the picture, pixels.
    pub size: FrameSize,
    /// Pixels: red, green, blue (8-bit sRGB) and alpha, row by row from the top.
    pub rgba: Vec<u8>,
}
