//! What light on the cloth is made of.

use super::theme::Rgba;
use crate::model::TablePoint;

/// A shape on the cloth; lengths in metres.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A thick line with round bends and blunt ends.
    Polyline {
        /// Its corners.
        points: Vec<TablePoint>,
        /// Across the line.
        width: f64,
        /// Its light.
        colour: Rgba,
    },
    /// A thick broken line, beginning with a stroke.
    Dashes {
        /// Its corners.
        points: Vec<TablePoint>,
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
        centre: TablePoint,
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
        centre: TablePoint,
        /// To its edge.
        radius: f64,
        /// Its light.
        colour: Rgba,
    },
    /// A filled triangle.
    Triangle {
        /// Its corners.
        corners: [TablePoint; 3],
        /// Its light.
        colour: Rgba,
    },
}
