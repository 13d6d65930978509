//! Calibration of the camera, and detection of the table and its balls, from pictures alone, for the automatic
//! procedure.

use super::{
    camera::{CameraCalibration, CameraHints, camera_calibration},
    projector::{CORNERS_TO_BED, ObservedTable},
};
use billiards_table::{
    BallLabel, BallSet, TableChoice, TableEvidence, TableKind, TableSpec, longer_side, shorter_side,
};
use billiards_vision::{
    rectify::Rectifier,
    {BallDetection, Detections, Detector, TableShape},
};
use opencv::core::Mat;

/// Minimum confidence of a ball from which the size of the table is judged.
const MIN_CONFIDENCE: f32 = 0.85;
/// Maximum difference of the logarithms of the aspect ratios of two tables of one shape.
const SAME_SHAPE: f64 = 0.01;
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
    let calibrate =
        |table: &TableSpec| camera_calibration(pictures, table, options.camera).map_err(|error| error.to_string());
    let (mut camera, guess) = match options.table.spec() {
        Some(table) => (calibrate(&table)?, table),
        None => calibrate_some_shape(calibrate)?,
    };
    let newest = pictures.last().ok_or("there is no picture")?;
    let seen = detect(newest, &camera, options.table)?;
    let estimated = || table_evidence(&seen).and_then(|found| found.recognised()).map_or(guess, TableKind::spec);
    let table = options.table.spec().unwrap_or_else(estimated);
    if table != guess {
        camera = calibrate(&table)?;
    }
    let balls = seen.balls.iter().filter_map(|ball| camera.view.ball_on_table(ball.centre)).collect();
    let lens = (!camera.lens.is_rectilinear()).then_some(camera.lens);
    let error_mm = 1e3 * CORNERS_TO_BED * camera.focal.bed_sigma;
    let observed = ObservedTable { table, lens, view: camera.view, balls, error_mm };
    Ok((camera, observed))
}

/// Calibrates with a table of the shape that the corners fit. Nearly all tables are twice as long as wide; their size is
/// judged once the lens is known.
fn calibrate_some_shape(
    calibrate: impl Fn(&TableSpec) -> Result<CameraCalibration, String>,
) -> Result<(CameraCalibration, TableSpec), String> {
    let usual = TableKind::NINE_FOOT.spec();
    let error = match calibrate(&usual) {
        Ok(camera) => return Ok((camera, usual)),
        Err(error) => error,
    };
    let is_other =
        |table: &TableSpec| (table.length * usual.width / (table.width * usual.length)).ln().abs() > SAME_SHAPE;
    let others = TableKind::all().map(TableKind::spec).filter(is_other);
    let found = others.filter_map(|table| Some((calibrate(&table).ok()?, table))).next();
    found.ok_or(error)
}

/// Rectifies a picture and detects its balls, with the table fixed at the measured corners and, unless it is to be
/// judged, of the chosen kind.
fn detect(picture: &Mat, camera: &CameraCalibration, table: TableChoice) -> Result<Detections, String> {
    let rectifier = Rectifier::new(&camera.lens).map_err(|error| error.to_string())?;
    let rectified = rectifier.rectify(picture).map_err(|error| error.to_string())?;
    let mut detector = Detector::new(None);
    if let Some(table) = table.spec() {
        detector.expect_table(TableShape::from(&table));
    }
    detector.fix_table(camera.lens.size, camera.corners);
    // The first look recognises the set of balls, the second one names them.
    let mut look = || detector.detect(&rectified).map_err(|error| error.to_string());
    look().and_then(|_| look())
}

/// Returns what a picture shows of the kind of the table; `None` if too few balls are clearly visible.
pub(super) fn table_evidence(seen: &Detections) -> Option<TableEvidence> {
    let corners = seen.corners()?;
    let mut radii: Vec<f64> =
        seen.balls.iter().filter(|ball| ball.confidence > MIN_CONFIDENCE).map(|ball| ball.radius).collect();
    radii.sort_by(f64::total_cmp);
    let radius = radii.get(radii.len() / 2).filter(|_| radii.len() >= MIN_BALLS)?;
    let length = longer_side(&corners);
    let ball_sets = sets_with(&seen.balls);
    let aspect = length / shorter_side(&corners);
    Some(TableEvidence { radius_share: radius / length, aspect, pockets: seen.has_pockets, ball_sets })
}

/// Minimum share of the named balls that a set must hold.
const MIN_HELD: f64 = 0.8;

/// Returns the names of the ball sets to which the balls may belong; none if too few are named.
fn sets_with(balls: &[BallDetection]) -> Vec<String> {
    let named: Vec<BallLabel> = balls.iter().map(|ball| ball.label).filter(|label| is_telling(*label)).collect();
    if named.len() < MIN_BALLS {
        return Vec::new();
    }
    BallSet::shipped().filter(|set| set.share_of(&named) >= MIN_HELD).map(|set| set.name).collect()
}

/// Returns whether a label tells the set: every set has a cue ball.
fn is_telling(label: BallLabel) -> bool {
    !matches!(label, BallLabel::Cue | BallLabel::Unknown)
}
