//! What the automatic procedure needs of the camera: the table as it sees it, from nothing but pictures.

use super::{
    camera::{CameraCalibration, CameraHints, camera_calibration},
    projector::{CORNERS_TO_BED, TableSight},
};
use billiards_table::{TableChoice, TableKind, longer_side, shorter_side};
use billiards_vision::{
    rectify::Rectifier,
    {Detections, Detector},
};
use opencv::core::Mat;

/// Balls that look as clear as this tell the size of the table.
const CLEAR: f32 = 0.85;
/// So many of them must be seen.
const BALLS_TO_JUDGE: usize = 3;

/// What is known of the rig before it is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct LookOptions {
    /// Which table stands there.
    pub table: TableChoice,
    /// What is known of the camera.
    pub camera: CameraHints,
}

/// Calibrates the camera from pictures as it delivers them (8-bit BGR, of one unmoved table), and sees the table and
/// its balls through it.
///
/// # Errors
/// Says in words why the table or the camera cannot be made out.
pub fn look_at_table(pictures: &[Mat], options: &LookOptions) -> Result<(CameraCalibration, TableSight), String> {
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
        TableChoice::Auto => judge(&seen).unwrap_or(guess),
    };
    if kind != guess {
        camera = calibrate(kind)?;
    }
    let table = kind.spec();
    let balls = seen.balls.iter().filter_map(|ball| camera.view.ball_on_table(ball.centre)).collect();
    let lens = (!camera.lens.is_straight()).then_some(camera.lens);
    let error_mm = 1e3 * CORNERS_TO_BED * camera.focal.bed_sigma;
    let sight = TableSight { table, lens, view: camera.view, balls, error_mm };
    Ok((camera, sight))
}

/// What is seen in a straightened picture, with the corners that were measured.
fn detect(picture: &Mat, camera: &CameraCalibration) -> Result<Detections, String> {
    let rectifier = Rectifier::new(&camera.lens).map_err(|error| error.to_string())?;
    let straight = rectifier.straighten(picture).map_err(|error| error.to_string())?;
    let mut detector = Detector::new(None);
    detector.fix_table(camera.lens.size, camera.corners);
    detector.detect(&straight).map_err(|error| error.to_string())
}

/// The table that the size of the balls speaks for; `None` when too few are seen clearly.
pub(super) fn judge(seen: &Detections) -> Option<TableKind> {
    let corners = seen.corners()?;
    let mut radii: Vec<f64> =
        seen.balls.iter().filter(|ball| ball.confidence > CLEAR).map(|ball| ball.radius).collect();
    radii.sort_by(f64::total_cmp);
    let radius = radii.get(radii.len() / 2).filter(|_| radii.len() >= BALLS_TO_JUDGE)?;
    let length = longer_side(&corners);
    TableKind::guess(radius / length, length / shorter_side(&corners))
}
