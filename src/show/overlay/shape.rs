//! What light is made of: on the cloth (the usual case) or in the projector's picture.

use crate::model::TableMetres;
use billiards_table::settings::Rgba;
use euclid::Point2D;

/// A corner of a line whose width and light change on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RibbonCorner<Unit = TableMetres> {
    /// Where it is.
    pub at: Point2D<f64, Unit>,
    /// Across the line there.
    pub width: f64,
    /// Its light there.
    pub colour: Rgba,
}

/// A shape; lengths in metres on the cloth, or in pixels of the projector.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape<Unit = TableMetres> {
    /// A thick line with round bends and blunt ends.
    Polyline {
        /// Its corners.
        points: Vec<Point2D<f64, Unit>>,
        /// Across the line.
        width: f64,
        /// Its light.
        colour: Rgba,
    },
    /// A line whose width and light change evenly from corner to corner.
    Ribbon {
        /// Its corners.
        corners: Vec<RibbonCorner<Unit>>,
    },
    /// A thick broken line, beginning with a stroke.
    Dashes {
        /// Its corners.
        points: Vec<Point2D<f64, Unit>>,
        /// Across the line.
        width: f64,
        /// Length of a stroke.
        dash: f64,
        /// Length of the dark between two strokes.
        gap: f64,
        /// Its light.
        colour: Rgba,
    },
    /// A circular line.
    Ring {
        /// Its centre.
        centre: Point2D<f64, Unit>,
        /// To the middle of the line.
        radius: f64,
        /// Across the line.
        width: f64,
        /// Its light.
        colour: Rgba,
    },
    /// A filled circle.
    Disc {
        /// Its centre.
        centre: Point2D<f64, Unit>,
        /// To its edge.
        radius: f64,
        /// Its light.
        colour: Rgba,
    },
    /// A filled circle whose edge goes over into what is below it.
    SoftDisc {
        /// Its centre.
        centre: Point2D<f64, Unit>,
        /// To the middle of its edge.
        radius: f64,
        /// Width of its edge.
        edge: f64,
        /// Its light.
        colour: Rgba,
    },
    /// A filled convex polygon.
    Polygon {
        /// Its corners, in order.
        corners: Vec<Point2D<f64, Unit>>,
        /// Its light.
        colour: Rgba,
    },
}

impl<Unit> Shape<Unit> {
    /// A filled rectangle along the axes, between two opposite corners.
    #[must_use]
    pub fn rect(min: Point2D<f64, Unit>, max: Point2D<f64, Unit>, colour: Rgba) -> Self {
        Self::Polygon { corners: vec![min, Point2D::new(max.x, min.y), max, Point2D::new(min.x, max.y)], colour }
    }
}
