//! From a picture to a table, its balls and its cue. Pure: no entities, no threads, no clock.
//!
//! Geometry first, colour second: the table's nose lines set the scale; balls are circles of one radius, found by
//! voting along the gradients and checked ray by ray; only then colour says which ball it is.

mod ball_set;
mod balls;
mod cloth;
mod cue;
mod identity;
mod lines;
mod picture;
mod table;

use crate::model::{BallClass, BallLabel, CameraPoint, FrameSize, TableQuad};
use opencv::{core::Mat, prelude::*};

pub use ball_set::{BallColour, BallSet, BallSetError};

/// What a picture cannot be read for.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// The picture has another layout.
    #[error("the picture has OpenCV type {0}; an 8-bit BGR picture (type 16) with at least 64 × 64 pixels is needed")]
    Layout(i32),
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
    /// 0 to 1: the share of the silhouette's edge that was seen.
    pub confidence: f32,
}

/// The cue in one picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CueDetection {
    /// The tip.
    pub tip: CameraPoint,
    /// The end of the visible shaft away from the tip.
    pub butt: CameraPoint,
    /// 0 to 1: the share of the visible shaft on which both edges were seen.
    pub confidence: f32,
}

/// Everything seen in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Detections {
    /// Size of the picture.
    pub size: FrameSize,
    /// Nose-line corners; `None` when no table was found, and then there are no balls and no cue either.
    pub table: Option<TableQuad>,
    /// Balls on the playing surface, in no order.
    pub balls: Vec<BallDetection>,
    /// The cue over the table.
    pub cue: Option<CueDetection>,
}

/// Sees pictures of one table, one after another.
///
/// The table is sought in the first picture and then kept: a fixed camera looks at a fixed table. It is sought again
/// when the size of the pictures changes or after [`Detector::forget_table`].
#[derive(Debug)]
pub struct Detector {
    set: BallSet,
    known: Option<Known>,
    /// Set by the operator, in pictures of the size; not sought then.
    fixed: Option<(FrameSize, TableQuad)>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    size: FrameSize,
    corners: TableQuad,
    /// Ball radius over the table's longer side, smoothed over the pictures that showed balls.
    radius_share: Option<f64>,
}

/// Length that the table's longer side is brought to before balls and cue are sought, pixels.
const WORKING_LENGTH: f64 = 1200.0;

impl Detector {
    /// A detector that knows nothing yet but the colours of the balls.
    #[must_use]
    pub fn new(set: BallSet) -> Self {
        Self { set, known: None, fixed: None }
    }

    /// Uses these nose-line corners (pixels of pictures of this size) instead of seeking the table.
    pub fn fix_table(&mut self, size: FrameSize, corners: TableQuad) {
        self.fixed = Some((size, corners));
        self.known = None;
    }

    /// Seeks the table anew in the next picture.
    pub fn forget_table(&mut self) {
        self.fixed = None;
        self.known = None;
    }

    /// Sees one 8-bit BGR picture.
    ///
    /// # Errors
    /// The picture has another pixel layout or is smaller than 64 × 64, or OpenCV fails.
    pub fn detect(&mut self, bgr: &Mat) -> Result<Detections, VisionError> {
        if bgr.typ() != opencv::core::CV_8UC3 || bgr.cols() < 64 || bgr.rows() < 64 {
            return Err(VisionError::Layout(bgr.typ()));
        }
        let size = FrameSize { width: bgr.cols() as u32, height: bgr.rows() as u32 };
        let nothing = Detections { size, table: None, balls: Vec::new(), cue: None };
        let known = match (self.known.filter(|known| known.size == size), self.fixed.filter(|(s, _)| *s == size)) {
            (Some(known), _) => known,
            (None, Some((_, corners))) => Known { size, corners, radius_share: None },
            (None, None) => match table::find(bgr)? {
                Some(found) => Known { size, corners: found.corners, radius_share: None },
                None => return Ok(nothing),
            },
        };
        let scene = balls::Scene::new(bgr, &known.corners)?;
        let found = scene.balls(known.radius_share);
        let share = scene.radius_share(&found);
        let radius_share = match (known.radius_share, share) {
            (Some(old), Some(new)) => Some(old + 0.1 * (new - old)),
            (old, new) => old.or(new),
        };
        self.known = Some(Known { radius_share, ..known });
        let identities = identity::identify(&scene, &found, &self.set);
        let white = identities.iter().zip(&found).find(|((label, _), _)| *label == BallLabel::Cue);
        let cue = white.and_then(|(_, disc)| cue::find(&scene, &found, disc));
        let balls = identities
            .into_iter()
            .zip(&found)
            .map(|((label, class), disc)| BallDetection {
                centre: scene.to_picture(disc.centre),
                radius: disc.radius / scene.scale,
                label,
                class,
                confidence: disc.support as f32,
            })
            .collect();
        Ok(Detections { size, table: Some(known.corners), balls, cue })
    }
}
