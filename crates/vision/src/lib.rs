//! Detection of the table, its balls and the cue in a picture, and tracking of the balls from picture to picture
//! ([`tracking`]). Pure: no entities, no threads, no clock.
//!
//! Geometry comes first, colour second: the table's nose lines set the scale; balls are circles of one radius, found by
//! gradient voting and verified ray by ray; only then colour identifies each ball.

mod ball_set;
mod balls;
mod centre;
mod cloth;
mod colourless;
mod corner_pockets;
mod cue;
mod detector;
mod disc;
mod edges;
mod grids;
mod ground;
mod identity;
mod lines;
mod lit;
mod mouths;
mod perspective;
mod picture;
mod pockets;
pub mod rectify;
mod rings;
mod scene;
mod shade;
mod stages;
mod streaks;
#[cfg(test)]
mod synthetic;
mod table;
mod table_shape;
pub mod tracking;
mod votes;

use billiards_table::{BallClass, BallLabel, CameraPoint, FrameSize, TableQuad};

pub use detector::Detector;
pub use ground::Ground;
pub use identity::{Appearance, BallIdentifier, Evidence, Identity};
pub use mouths::measure_mouths;
pub use picture::Picture;
pub use rings::{DetectedRing, find_rings};
pub use table::{NoTable, Side, TableFit, TableHypothesis, find as find_table, nose_points, table_hypotheses};
pub use table_shape::TableShape;

/// Reason why a picture cannot be processed.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The picture has another layout.
    #[error("the picture has OpenCV type {0}; an 8-bit BGR picture (type 16) with at least 64 × 64 pixels is needed")]
    Layout(i32),
    /// The mask of projected light does not fit the picture.
    #[error(
        "the mask of projected light has OpenCV type {kind} and {width} × {height} pixels; type 0 (8-bit, one channel) \
         and the picture's {} × {} pixels are needed", picture.width, picture.height
    )]
    Mask {
        /// OpenCV type of the mask.
        kind: i32,
        /// Number of columns of the mask.
        width: i32,
        /// Number of rows of the mask.
        height: i32,
        /// Size of the picture.
        picture: FrameSize,
    },
    /// OpenCV refused an operation.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

/// A ball in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BallDetection {
    /// Centre of the visible silhouette, pixels.
    pub centre: CameraPoint,
    /// Radius of the silhouette, pixels.
    pub radius: f64,
    /// Label of the ball, as far as this picture shows it.
    pub label: BallLabel,
    /// Kind of ball.
    pub class: BallClass,
    /// Summary of its colours, for [`Evidence`].
    pub appearance: Appearance,
    /// Share of the silhouette's edge that was detected, 0 to 1.
    pub confidence: f32,
    /// Share of its inside that is known not to be cloth, 0 to 1: none for rings of light and where projected light covers
    /// most of it, little for a ball of the cloth's colour.
    pub solidity: f32,
    /// `true` if it is smeared by its motion; the centre is then its place in the middle of the exposure.
    pub blurred: bool,
    /// `true` if it lies in the mouth of a pocket: still in play, but about to drop or hard to see.
    pub in_jaw: bool,
}

impl BallDetection {
    /// Creates a ball of which only place and radius are known, pixels.
    #[must_use]
    pub fn unidentified(centre: CameraPoint, radius: f64) -> Self {
        Self {
            centre,
            radius,
            label: BallLabel::Unknown,
            class: BallClass::Other,
            appearance: Appearance::default(),
            confidence: 1.0,
            solidity: 1.0,
            blurred: false,
            in_jaw: false,
        }
    }
}

/// The cue in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CueDetection {
    /// Tip of the cue, pixels.
    pub tip: CameraPoint,
    /// End of the visible shaft away from the tip, pixels.
    pub butt: CameraPoint,
    /// Diameter of the shaft near the tip, pixels.
    pub width: f64,
    /// Share of the visible shaft on which both edges were detected, 0 to 1.
    pub confidence: f32,
}

/// All detections of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detections {
    /// Size of the picture.
    pub size: FrameSize,
    /// The table, or the reason why there is none; then there are no balls and no cue either.
    pub table: Result<DetectedTable, NoTable>,
    /// Balls on the playing surface, in no order.
    pub balls: Vec<BallDetection>,
    /// The cue over the table.
    pub cue: Option<CueDetection>,
    /// Map of the bed, cell by cell; `None` without a table.
    pub ground: Option<Ground>,
    /// `true` if the picture has no colour: balls are then distinguished by brightness alone, and none has a label
    /// except the cue ball where it is clearly the brightest.
    pub colourless: bool,
    /// `true` if the corners of the table are open, as on a table with pockets; `false` if cushions meet there, as on a
    /// carom table; `None` if too few corners can be judged.
    pub has_pockets: Option<bool>,
}

/// The table in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectedTable {
    /// Nose-line corners: top left, top right, bottom right, bottom left.
    pub corners: TableQuad,
    /// Agreement of the picture with the place where the table was found.
    pub fit: TableFit,
}

impl Detections {
    /// Creates empty detections for a reason.
    #[must_use]
    pub fn nothing(size: FrameSize, why: NoTable) -> Self {
        Self {
            size,
            table: Err(why),
            balls: Vec::new(),
            cue: None,
            ground: None,
            colourless: why == NoTable::Colourless,
            has_pockets: None,
        }
    }

    /// Returns the nose-line corners of the table; `None` if none was found.
    #[must_use]
    pub fn corners(&self) -> Option<TableQuad> {
        self.table.ok().map(|table| table.corners)
    }
}

/// Length to which the table's longer side is scaled before balls and cue are detected, pixels.
const WORKING_LENGTH: f64 = 1200.0;
