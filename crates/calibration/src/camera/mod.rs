//! Calibration of the camera: distortion of its lens, pose, and the resulting views of the table's planes.

pub mod board;
#[cfg(test)]
mod drawn;
mod focal;
mod lens;
mod plumb;
mod silhouette;

use super::homography::{CornersError, camera_view};
use billiards_table::{
    BallClass, CameraPoint, CameraView, Lens, Pinhole, TableName, TableQuad, TableSpec, longer_side,
};
use billiards_vision::{
    rectify::{Rectifier, RectifyError},
    {BallDetection, Detector, Picture, VisionError},
};
use opencv::core::Mat;

pub use focal::{FocalEstimate, FocalHints, focal_length};
pub use lens::{LensError, TableLens, corners_through, lens_from_table, refocused};
pub use silhouette::{EdgePoint, silhouette};

/// Prior knowledge of the camera from the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CameraHints {
    /// Lens, measured with a board.
    pub lens: Option<Lens>,
    /// Standard deviation of the lens's focal length, as a share of it; `None` if unknown.
    pub focal_error: Option<f64>,
    /// Height of the camera over the bed, metres; `None` if unknown.
    pub height: Option<f64>,
}

/// Result of calibrating the camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraCalibration {
    /// Lens of the camera.
    pub lens: Lens,
    /// Corners of the noses in rectified pictures, pixels.
    pub corners: TableQuad,
    /// View of the table.
    pub view: CameraView,
    /// Focal length and pose of the camera, with their accuracy.
    pub focal: FocalEstimate,
    /// Notes for the operator: what to know of the camera or to do about it, a sentence each.
    pub notes: Vec<String>,
}

/// Error of calibrating the camera.
#[derive(Debug, thiserror::Error)]
pub enum CameraCalibrationError {
    /// The lens cannot be measured, or the table is not detected.
    #[error("{0}")]
    Lens(#[from] LensError),
    /// The corners do not fit a table of the expected kind.
    #[error(
        "the cushions do not lie as those of a {kind} table ({rms:.1} pixels off): choose the table that stands there, or \
         clear its edges"
    )]
    Shape {
        /// Root mean square reprojection error of the corners, pixels.
        rms: f64,
        /// Kind of table that was expected.
        kind: TableName,
    },
    /// The corners give no view.
    #[error("{0}")]
    Corners(#[from] CornersError),
    /// The picture cannot be rectified.
    #[error("{0}")]
    Rectify(#[from] RectifyError),
    /// The picture cannot be processed.
    #[error("{0}")]
    Vision(#[from] VisionError),
    /// An OpenCV operation failed.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

/// Maximum reprojection error of the corners, as a share of the table's length in the picture; beyond it, the table is
/// of another kind.
const OTHER_TABLE: f64 = 0.006;
/// Assumed error of the focal length of a lens measured with a board, as a share of it, if it is not given.
const USUAL_FOCAL_ERROR: f64 = 0.005;
/// Minimum share of a ball's edge that must be visible for the ball to be measured.
const CLEAR: f32 = 0.8;

/// Calibrates the camera from pictures of the table: lens, corners, pose, and the planes of the table. All pictures
/// (8-bit BGR, as delivered) must be of one unmoved camera and table; one is enough, and balls near the corners of the
/// table make the camera's height certain.
///
/// # Errors
/// The table is not detected, not of this shape, or the lens cannot be measured.
pub fn camera_calibration(
    pictures: &[Mat],
    spec: &TableSpec,
    hints: CameraHints,
) -> Result<CameraCalibration, CameraCalibrationError> {
    let aspect = spec.length / spec.width;
    let (lens, corners) = match hints.lens {
        Some(lens) => (lens, corners_through(pictures, &lens, aspect)?),
        None => lens_from_table(pictures, aspect).map(|found| (found.lens, found.corners))?,
    };
    let outlines = outlines(pictures, &lens, spec)?;
    let pinhole = lens.rectified();
    let known = FocalHints {
        height: hints.height,
        focal: hints.lens.map(|_| (pinhole.focal, hints.focal_error.unwrap_or(USUAL_FOCAL_ERROR))),
    };
    let none = CornersError::NoPose(pinhole.focal);
    let focal = focal_length(&pinhole, &corners, &outlines, spec, known).ok_or(none)?;
    let rms = focal.corner_rms;
    if rms > OTHER_TABLE * longer_side(&corners) {
        return Err(CameraCalibrationError::Shape { rms, kind: spec.kind });
    }
    let lens = refocused(&lens, focal.focal / pinhole.focal);
    let view = camera_view(lens.size, &corners, spec, Some(&Pinhole { focal: focal.focal, ..pinhole }))?;
    let notes = notes(&lens, &focal, hints);
    Ok(CameraCalibration { lens, corners, view, focal, notes })
}

/// Measures the outline of each ball in the rectified pictures, each ball once; those far from the middle, which add
/// most information, come first. A cue ball of another size than the other balls is left out.
fn outlines(pictures: &[Mat], lens: &Lens, spec: &TableSpec) -> Result<Vec<Vec<EdgePoint>>, CameraCalibrationError> {
    let rectifier = Rectifier::new(lens)?;
    let has_size = |ball: &BallDetection| spec.radius(ball.class == BallClass::Cue) == spec.ball_radius;
    let mut balls: Vec<(CameraPoint, Vec<EdgePoint>)> = Vec::new();
    for picture in pictures {
        let rectified = rectifier.rectify(picture)?;
        let pixels = Picture::from_mat(&rectified)?;
        let mut detector = Detector::new(None);
        detector.expect_table(spec.into());
        for ball in detector.detect(&rectified)?.balls.into_iter().filter(has_size) {
            let known = balls.iter().any(|(centre, _)| (*centre - ball.centre).length() < ball.radius);
            if !known && !ball.blurred && !ball.in_jaw && ball.confidence > CLEAR {
                balls.push((ball.centre, silhouette(&pixels, &ball)));
            }
        }
    }
    let middle = lens.rectified().centre;
    balls.sort_by(|a, b| (b.0 - middle).square_length().total_cmp(&(a.0 - middle).square_length()));
    Ok(balls.into_iter().map(|(_, outline)| outline).collect())
}

/// Returns notes for the operator.
fn notes(lens: &Lens, focal: &FocalEstimate, hints: CameraHints) -> Vec<String> {
    let mut notes = Vec::new();
    notes.push(if lens.is_rectilinear() {
        "The lens has no measurable distortion.".to_owned()
    } else {
        let edge = 0.5 * f64::from(lens.size.width.max(lens.size.height)) / lens.focal[0];
        let distortion = 100.0 * (lens.see([edge, 0.0]).x - lens.see([0.0, 0.0]).x) / (edge * lens.focal[0]) - 100.0;
        let shape = if distortion < 0.0 { "inwards" } else { "outwards" };
        format!("The lens distorts the sides of the picture {shape} by {:.1} %; that is corrected.", distortion.abs())
    });
    let (height, doubt) = (focal.pose.eye.z, focal.height_sigma);
    notes.push(format!("The camera is {height:.2} ± {doubt:.2} m above the bed."));
    if !focal.is_sure() {
        notes.push(format!(
            "Its height is not known well enough: light on the cloth may come out {:.1} mm wrong in the corners. Put a ball \
             near each corner of the table and calibrate again, or measure the height of the lens over the cloth and enter it.",
            1e3 * focal.parallax_sigma
        ));
    }
    if let Some(told) = hints.height.filter(|told| (told / height - 1.0).abs() > 0.05) {
        notes.push(format!(
            "The height that was entered, {told:.2} m, does not fit what the picture shows: measure it again."
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::{drawn::Drawn, *};
    use billiards_table::{TableKind, TablePoint};
    use nalgebra::Vector3;

    const RED: [f64; 3] = [40.0, 30.0, 220.0];
    const WHITE: [f64; 3] = [225.0, 240.0, 245.0];
    const YELLOW: [f64; 3] = [30.0, 200.0, 240.0];

    fn spread() -> Vec<(TablePoint, [f64; 3])> {
        let places = [(0.1, 0.15), (1.1, 0.2), (0.6, 0.9), (0.2, 2.3), (1.15, 2.4), (0.9, 1.9)];
        places.into_iter().map(TablePoint::from).zip([RED, YELLOW, WHITE, YELLOW, RED, WHITE]).collect()
    }

    /// Returns the largest distance over the table between the measured and the true place of points at a height,
    /// metres.
    fn worst(
        scene: &Drawn,
        found: &CameraCalibration,
        height: f64,
        map: impl Fn(CameraPoint) -> Option<TablePoint>,
    ) -> f64 {
        let (w, l) = (scene.spec.width, scene.spec.length);
        let distance = |x: f64, y: f64| {
            let ray = scene.pose.ray(Vector3::new(x, y, height)).expect("in front");
            let seen = found.lens.undistort(scene.lens.see(ray)).expect("seen");
            (map(seen).expect("finite") - TablePoint::new(x, y)).length()
        };
        (0..=100).map(|i| distance(w * f64::from(i % 10) / 9.0, l * f64::from(i / 10) / 10.0)).fold(0.0, f64::max)
    }

    #[test]
    fn bed_and_balls_lie_right_from_above_and_from_aside() {
        for (edge, tilt) in [(0.0, 0.0), (-0.08, 6.0)] {
            let scene = Drawn::above(0.8, edge, tilt, spread());
            let found = camera_calibration(&[scene.picture()], &scene.spec, CameraHints::default()).expect("a camera");
            let height = found.focal.pose.eye.z / scene.pose.eye.z;
            assert!((height - 1.0).abs() < 0.08, "{height}: {found:?}");
            let bed = worst(&scene, &found, 0.0, |p| found.view.bed_at(p));
            let ball = worst(&scene, &found, scene.spec.ball_radius, |p| found.view.ball_on_table(p));
            assert!(bed < 0.0025 && ball < 0.002, "bed {bed} ball {ball} {found:?}");
        }
    }

    #[test]
    fn an_empty_table_from_above_asks_for_balls_or_the_height() {
        let scene = Drawn::above(0.8, 0.0, 0.0, Vec::new());
        let picture = scene.picture();
        let found =
            camera_calibration(std::slice::from_ref(&picture), &scene.spec, CameraHints::default()).expect("a camera");
        assert!(!found.focal.is_sure() && found.notes.iter().any(|note| note.contains("ball near each corner")));
        let hints = CameraHints { height: Some(scene.pose.eye.z), ..CameraHints::default() };
        let found = camera_calibration(&[picture], &scene.spec, hints).expect("a camera");
        assert!(found.focal.is_sure(), "{found:?}");
        assert!(worst(&scene, &found, 0.0, |p| found.view.bed_at(p)) < 0.002);
    }

    #[test]
    fn a_known_lens_is_kept_but_for_a_trifle() {
        let scene = Drawn::above(0.8, -0.08, 4.0, Vec::new());
        let hints = CameraHints { lens: Some(scene.lens), ..CameraHints::default() };
        let found = camera_calibration(&[scene.picture()], &scene.spec, hints).expect("a camera");
        assert!((found.lens.focal[0] / scene.lens.focal[0] - 1.0).abs() < 0.01, "{found:?}");
        assert!((found.focal.pose.eye - scene.pose.eye).norm() < 0.05, "{found:?}");
    }

    #[test]
    fn pictures_without_a_table_are_refused_with_the_reason() {
        let grey = Mat::new_rows_cols_with_default(360, 640, opencv::core::CV_8UC3, opencv::core::Scalar::all(90.0));
        let spec = TableKind::NINE_FOOT.spec();
        for pictures in [vec![], vec![grey.expect("a picture")]] {
            let error = camera_calibration(&pictures, &spec, CameraHints::default()).expect_err("refused");
            assert!(matches!(error, CameraCalibrationError::Lens(_)) && !error.to_string().is_empty());
        }
    }
}
