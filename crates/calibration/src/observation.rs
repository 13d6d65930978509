//! Calibration of the camera, and detection of the table and its balls, from pictures alone, for the automatic
//! procedure.

use super::{
    camera::{CameraCalibration, CameraHints, camera_calibration},
    projector::{CORNERS_TO_BED, ObservedTable},
};
use billiards_table::{TableChoice, TableKind, longer_side, shorter_side};
use billiards_vision::{
    rectify::Rectifier,
    {Detections, Detector},
};
use opencv::core::Mat;

/// Minimum confidence of a ball from which the size of the table is judged.
const MIN_CONFIDENCE: f32 = 0.85;
/// Minimum number of balls from which the size of the table is judged.
const MIN_BALLS: usize = 3;

/// Prior knowledge of the rig.
#[derive(Debug, Clone, Copy, Default)]
pub struct ObservationOptions {
    /// Choice of table: a size, or the size estimated from the balls.
    pub table: TableChoice,
    /// Prior knowledge of the camera.
    pub camera: CameraHints,
}

/// Calibrates the camera from pictures as delivered (8-bit BGR, of one unmoved table), and detects the table and its
/// balls.
///
/// # Errors
/// A description of why the table or the camera cannot be measured.
pub fn observe_table(
    pictures: &[Mat],
    options: &ObservationOptions,
) -> Result<(CameraCalibration, ObservedTable), String> {
    let guess = match options.table {
        TableChoice::Kind(kind) => kind,
        // The built-in tables have one shape; their size is judged once the lens is known.
        TableChoice::Auto => TableKind::NineFoot,
    };
    let calibrate =
        |kind: TableKind| camera_calibration(pictures, &kind.spec(), options.camera).map_err(|error| error.to_string());
    let mut camera = calibrate(guess)?;
    let newest = pictures.last().ok_or("there is no picture")?;
    let seen = detect(newest, &camera)?;
    let kind = match options.table {
        TableChoice::Kind(kind) => kind,
        TableChoice::Auto => estimate_kind(&seen).unwrap_or(guess),
    };
    if kind != guess {
        camera = calibrate(kind)?;
    }
    let table = kind.spec();
    let balls = seen.balls.iter().filter_map(|ball| camera.view.ball_on_table(ball.centre)).collect();
    let lens = (!camera.lens.is_rectilinear()).then_some(camera.lens);
    let error_mm = 1e3 * CORNERS_TO_BED * camera.focal.bed_sigma;
    let observed = ObservedTable { table, lens, view: camera.view, balls, error_mm };
    Ok((camera, observed))
}

/// Rectifies a picture and detects its balls, with the table fixed at the measured corners.
fn detect(picture: &Mat, camera: &CameraCalibration) -> Result<Detections, String> {
    let rectifier = Rectifier::new(&camera.lens).map_err(|error| error.to_string())?;
    let rectified = rectifier.rectify(picture).map_err(|error| error.to_string())?;
    let mut detector = Detector::new(None);
    detector.fix_table(camera.lens.size, camera.corners);
    detector.detect(&rectified).map_err(|error| error.to_string())
}

/// Returns the kind of table that the size of the balls indicates; `None` if too few are clearly visible.
pub(super) fn estimate_kind(seen: &Detections) -> Option<TableKind> {
    let corners = seen.corners()?;
    let mut radii: Vec<f64> =
        seen.balls.iter().filter(|ball| ball.confidence > MIN_CONFIDENCE).map(|ball| ball.radius).collect();
    radii.sort_by(f64::total_cmp);
    let radius = radii.get(radii.len() / 2).filter(|_| radii.len() >= MIN_BALLS)?;
    let length = longer_side(&corners);
    TableKind::guess(radius / length, length / shorter_side(&corners))
}
