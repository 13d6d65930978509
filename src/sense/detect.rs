//! Interface between the vision thread and a detector.

use billiards_table::{BallSet, CameraPoint, FrameSize, Pinhole, TableQuad};
use billiards_vision::{Detections, Detector, TableShape};
use opencv::core::Mat;
use std::sync::Arc;

/// Nose-line corners that the operator has set, pixels, and the size of the pictures that they belong to.
pub(super) type FixedTable = (FrameSize, TableQuad);

/// Detector, or its stand-in in a test.
pub(super) trait Detect {
    /// Detects table, balls and cue in an 8-bit BGR picture; `lit` marks what the projector may light in it.
    fn detect(&mut self, bgr: &Mat, lit: Option<&Mat>) -> Result<Detections, String>;
    /// Returns the places of the picture where edges are detected.
    fn edges(&self, bgr: &Mat, lit: Option<&Mat>) -> Result<Vec<CameraPoint>, String>;
    /// Uses these corners from now on; `None` searches for the table again.
    fn use_table(&mut self, fixed: Option<FixedTable>);
    /// Expects a table of this shape from now on.
    fn expect_table(&mut self, shape: TableShape);
    /// Assumes from now on that the pictures are those of this camera.
    fn use_camera(&mut self, camera: Option<Pinhole>);
}

impl Detect for Detector {
    fn detect(&mut self, bgr: &Mat, lit: Option<&Mat>) -> Result<Detections, String> {
        self.detect_under(bgr, lit).map_err(|error| error.to_string())
    }

    fn edges(&self, bgr: &Mat, lit: Option<&Mat>) -> Result<Vec<CameraPoint>, String> {
        self.edge_places(bgr, lit).map_err(|error| error.to_string())
    }

    fn use_table(&mut self, fixed: Option<FixedTable>) {
        match fixed {
            Some((size, corners)) => self.fix_table(size, corners),
            None => self.forget_table(),
        }
    }

    fn expect_table(&mut self, shape: TableShape) {
        Self::expect_table(self, shape);
    }

    fn use_camera(&mut self, camera: Option<Pinhole>) {
        Self::use_camera(self, camera);
    }
}

/// Returns the detector of the product.
pub(super) fn detector(balls: Option<BallSet>) -> Box<dyn Detect> {
    Box::new(Detector::new(balls))
}

/// Factory of detectors; called again after a detector has panicked.
pub(super) type MakeDetector = Arc<dyn Fn() -> Box<dyn Detect> + Send + Sync>;
