//! From a picture to a table, its balls and its cue, and from picture to picture the same balls ([`tracking`]). Pure: no
//! entities, no threads, no clock.
//!
//! Geometry first, colour second: the table's nose lines set the scale; balls are circles of one radius, found by
//! voting along the gradients and checked ray by ray; only then colour says which ball it is.

mod ball_set;
mod balls;
mod centre;
mod cloth;
mod colourless;
mod cue;
mod detector;
mod disc;
mod edges;
mod ground;
mod identity;
mod lines;
mod lit;
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
pub mod tracking;
mod votes;

use billiards_table::{BallClass, BallLabel, CameraPoint, FrameSize, TableQuad};

pub use ball_set::{BallColour, BallSet, BallSetError};
pub use detector::Detector;
pub use ground::Ground;
pub use identity::{Evidence, Identity, Look, Namer};
pub use picture::Picture;
pub use rings::{RingSeen, find_rings};
pub use table::{NoTable, Side, TableFit, find as find_table, nose_points};

/// What a picture cannot be read for.
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
        /// Its OpenCV type.
        kind: i32,
        /// Its columns.
        width: i32,
        /// Its rows.
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
    /// Centre of the visible silhouette.
    pub centre: CameraPoint,
    /// Radius of the silhouette, pixels.
    pub radius: f64,
    /// What is written on it, as far as this picture tells.
    pub label: BallLabel,
    /// What kind of ball it is.
    pub class: BallClass,
    /// What its colours come to, for [`Evidence`].
    pub look: Look,
    /// 0 to 1: the share of the silhouette's edge that was seen.
    pub confidence: f32,
    /// 0 to 1: the share of its inside that is not cloth. Rings of light have none, a ball of the cloth's colour little.
    pub solidity: f32,
    /// It is smeared by its motion; the centre is where it was in the middle of the exposure.
    pub blurred: bool,
    /// It lies in the mouth of a pocket: still in play, but about to drop or hard to see.
    pub in_jaw: bool,
}

impl BallDetection {
    /// A ball of which only the place is known, pixels.
    #[must_use]
    pub fn unidentified(centre: CameraPoint, radius: f64) -> Self {
        Self {
            centre,
            radius,
            label: BallLabel::Unknown,
            class: BallClass::Other,
            look: Look::default(),
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
    /// The tip.
    pub tip: CameraPoint,
    /// The end of the visible shaft away from the tip.
    pub butt: CameraPoint,
    /// Diameter of the shaft near the tip, pixels.
    pub width: f64,
    /// 0 to 1: the share of the visible shaft on which both edges were seen.
    pub confidence: f32,
}

/// Everything seen in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detections {
    /// Size of the picture.
    pub size: FrameSize,
    /// The table, or why there is none; then there are no balls and no cue either.
    pub table: Result<SeenTable, NoTable>,
    /// Balls on the playing surface, in no order.
    pub balls: Vec<BallDetection>,
    /// The cue over the table.
    pub cue: Option<CueDetection>,
    /// What lies on the bed, cell by cell; `None` without a table.
    pub ground: Option<Ground>,
    /// Whether the picture has no colour: balls are then told apart by brightness alone, and none has a name but, where
    /// it is clearly the brightest, the cue ball.
    pub colourless: bool,
}

/// The table in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenTable {
    /// Nose-line corners: top left, top right, bottom right, bottom left.
    pub corners: TableQuad,
    /// Whether it is still where it was found.
    pub fit: TableFit,
}

impl Detections {
    /// Nothing, for a reason.
    #[must_use]
    pub fn nothing(size: FrameSize, why: NoTable) -> Self {
        Self {
            size,
            table: Err(why),
            balls: Vec::new(),
            cue: None,
            ground: None,
            colourless: why == NoTable::Colourless,
        }
    }

    /// Nose-line corners of the table; `None` when none was found.
    #[must_use]
    pub fn corners(&self) -> Option<TableQuad> {
        self.table.ok().map(|table| table.corners)
    }
}

/// Length that the table's longer side is brought to before balls and cue are sought, pixels.
const WORKING_LENGTH: f64 = 1200.0;
