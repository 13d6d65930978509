//! Shapes of light: on the cloth (the usual case) or in the projector's picture.

use billiards_table::{TableMetres, settings::Rgba};
use euclid::Point2D;

/// A corner of a line whose width and light vary along it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RibbonCorner<Unit = TableMetres> {
    /// Position.
    pub at: Point2D<f64, Unit>,
    /// Width of the line there.
    pub width: f64,
    /// Light of the line there.
    pub colour: Rgba,
}

/// A shape; lengths in metres on the cloth, or in pixels of the projector.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape<Unit = TableMetres> {
    /// A thick line with round bends and blunt ends.
    Polyline {
        /// Corners.
        points: Vec<Point2D<f64, Unit>>,
        /// Width of the line.
        width: f64,
        /// Light.
        colour: Rgba,
    },
    /// A line whose width and light vary linearly from corner to corner.
    Ribbon {
        /// Corners.
        corners: Vec<RibbonCorner<Unit>>,
    },
    /// A thick dashed line, beginning with a stroke.
    Dashes {
        /// Corners.
        points: Vec<Point2D<f64, Unit>>,
        /// Width of the line.
        width: f64,
        /// Length of a stroke.
        dash: f64,
        /// Length of the gap between two strokes.
        gap: f64,
        /// Light.
        colour: Rgba,
    },
    /// A circular line.
    Ring {
        /// Centre.
        centre: Point2D<f64, Unit>,
        /// Radius to the middle of the line.
        radius: f64,
        /// Width of the line.
        width: f64,
        /// Light.
        colour: Rgba,
    },
    /// A filled circle.
    Disc {
        /// Centre.
        centre: Point2D<f64, Unit>,
        /// Radius.
        radius: f64,
        /// Light.
        colour: Rgba,
    },
    /// A filled circle whose edge blends into the shapes below it.
    SoftDisc {
        /// Centre.
        centre: Point2D<f64, Unit>,
        /// Radius to the middle of the edge.
        radius: f64,
        /// Width of the edge.
        edge: f64,
        /// Light.
        colour: Rgba,
    },
    /// A filled convex polygon.
    Polygon {
        /// Corners, in order.
        corners: Vec<Point2D<f64, Unit>>,
        /// Light.
        colour: Rgba,
    },
}

impl<Unit> Shape<Unit> {
    /// Creates a filled rectangle parallel to the axes, between two opposite corners.
    #[must_use]
    pub fn rect(min: Point2D<f64, Unit>, max: Point2D<f64, Unit>, colour: Rgba) -> Self {
        Self::Polygon { corners: vec![min, Point2D::new(max.x, min.y), max, Point2D::new(min.x, max.y)], colour }
    }
}
