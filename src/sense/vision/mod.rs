//! From a picture to a table, its balls and its cue. Pure: no entities, no threads, no clock.
//!
//! Geometry first, colour second: the table's nose lines set the scale; balls are circles of one radius, found by
//! voting along the gradients and checked ray by ray; only then colour says which ball it is.

mod ball_set;
mod balls;
mod cloth;
mod cue;
mod disc;
mod identity;
mod lines;
mod picture;
mod pockets;
mod scene;
mod table;
mod votes;

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
    /// Ball radius over the table's longer side, smoothed over the pictures that showed some balls.
    radius_share: Option<f64>,
    /// Pictures in a row without any ball.
    empty: u32,
}

/// After so many pictures without balls their radius is sought anew.
const EMPTY_FRAMES: u32 = 30;

/// Length that the table's longer side is brought to before balls and cue are sought, pixels.
const WORKING_LENGTH: f64 = 1200.0;

impl Detector {
    /// A detector that knows nothing yet but the colours of the balls.
    #[must_use]
    pub fn new(set: BallSet) -> Self {
        Self { set, known: None, fixed: None }
    }

    /// Uses these nose-line corners (pixels of pictures of this size) instead of seeking the table. Where they span
    /// nothing to look at, nothing is seen until they do.
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
            (None, Some((_, corners))) if !table::usable(&corners, size) => return Ok(nothing),
            (None, Some((_, corners))) => Known { size, corners, radius_share: None, empty: 0 },
            (None, None) => match table::find(bgr)? {
                Some(corners) => Known { size, corners, radius_share: None, empty: 0 },
                None => return Ok(nothing),
            },
        };
        let scene = scene::Scene::new(bgr, &known.corners)?;
        let found = scene.balls(known.radius_share);
        let empty = if found.is_empty() { known.empty + 1 } else { 0 };
        let radius_share = match (known.radius_share, scene.radius_share(&found)) {
            (Some(old), Some(new)) => Some(old + 0.1 * (new - old)),
            // On a table that stays empty, what was taken for balls before may have been none.
            (Some(_), None) if empty >= EMPTY_FRAMES => None,
            (old, new) => old.or(new),
        };
        self.known = Some(Known { radius_share, empty, ..known });
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

#[cfg(test)]
mod tests {
    use super::*;
    use opencv::core::{self, Scalar};

    fn plain(width: i32, height: i32, level: f64) -> Mat {
        Mat::new_rows_cols_with_default(height, width, core::CV_8UC3, Scalar::all(level)).expect("a picture")
    }

    fn noise(width: i32, height: i32) -> Mat {
        let mut picture = plain(width, height, 0.0);
        let mut state = 1_u32;
        for byte in picture.data_bytes_mut().expect("bytes") {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
        picture
    }

    /// Nothing is no table, and no reason to stumble.
    #[test]
    fn black_white_and_noise_show_no_table() {
        for picture in
            [plain(640, 360, 0.0), plain(640, 360, 255.0), plain(64, 64, 90.0), noise(640, 360), noise(65, 400)]
        {
            let seen = Detector::new(BallSet::american()).detect(&picture).expect("a picture");
            assert_eq!((seen.table, seen.balls.len(), seen.cue), (None, 0, None));
        }
    }

    #[test]
    fn other_layouts_and_tiny_pictures_are_refused() {
        let grey = Mat::new_rows_cols_with_default(360, 640, core::CV_8UC1, Scalar::all(90.0)).expect("a picture");
        for picture in [grey, plain(63, 200, 0.0), plain(1, 1, 0.0), Mat::default()] {
            let error = Detector::new(BallSet::american()).detect(&picture).expect_err("refused");
            assert!(error.to_string().contains("8-bit BGR"), "{error}");
        }
    }

    #[test]
    fn corners_that_span_nothing_show_nothing() {
        let size = FrameSize { width: 640, height: 360 };
        let picture = noise(640, 360);
        for corners in [
            [(10., 10.), (12., 10.), (12., 11.), (10., 11.)],
            [(9000., 10.), (9900., 10.), (9900., 400.), (9000., 400.)],
            [(0., 0.), (600., 300.), (600., 0.), (0., 300.)],
            [(f64::NAN, 0.), (600., 0.), (600., 300.), (0., 300.)],
        ] {
            let mut detector = Detector::new(BallSet::american());
            detector.fix_table(size, corners.map(CameraPoint::from));
            assert_eq!(detector.detect(&picture).expect("a picture").table, None);
        }
        let mut detector = Detector::new(BallSet::american());
        let whole = [(-20., -10.), (660., 0.), (650., 350.), (0., 340.)].map(CameraPoint::from);
        detector.fix_table(size, whole);
        assert_eq!(detector.detect(&picture).expect("a picture").table, Some(whole));
    }
}
