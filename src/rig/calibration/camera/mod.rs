//! The camera: how its lens bends, where it hangs, and what that makes of the planes of the table.

pub mod board;
#[cfg(test)]
mod drawn;
mod focal;
mod lens;
mod silhouette;
mod solve;

use super::homography::{CornersError, camera_view};
use crate::{
    model::{CameraPoint, CameraView, Lens, Pinhole, TableQuad, TableSpec, longer_side},
    sense::{
        rectify::{Rectifier, RectifyError},
        vision::{Detector, Picture, VisionError},
    },
};
use opencv::core::Mat;

pub use focal::{FocalEstimate, FocalHints, focal_length};
pub use lens::{LensError, TableLens, corners_through, lens_from_table, refocused};
pub use silhouette::{EdgePlace, silhouette};

/// What the operator knows of the camera.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CameraHints {
    /// The lens, measured with a board.
    pub lens: Option<Lens>,
    /// Height of the camera over the bed, metres.
    pub height: Option<f64>,
}

/// What was measured of the camera.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraCalibration {
    /// Its lens.
    pub lens: Lens,
    /// Where the corners of the noses are seen in straight pictures.
    pub corners: TableQuad,
    /// How it sees the table.
    pub view: CameraView,
    /// How well its focal length and place are known.
    pub focal: FocalEstimate,
    /// What a person should know of it or do about it, a sentence each.
    pub notes: Vec<String>,
}

/// Why the camera cannot be calibrated.
#[derive(Debug, thiserror::Error)]
pub enum CameraCalibrationError {
    /// The lens cannot be measured, or the table is not seen.
    #[error("{0}")]
    Lens(#[from] LensError),
    /// The table is not one that any camera sees so.
    #[error(
        "the cushions do not lie as those of a {kind} table ({off:.1} pixels off): choose the table that stands there, or \
         clear its edges", kind = spec.kind
    )]
    Shape {
        /// Root mean square distance of the corners from where they should be seen, pixels.
        off: f64,
        /// The table that was expected.
        spec: TableSpec,
    },
    /// The corners give no view.
    #[error("{0}")]
    Corners(#[from] CornersError),
    /// The picture cannot be straightened.
    #[error("{0}")]
    Rectify(#[from] RectifyError),
    /// The picture cannot be looked at.
    #[error("{0}")]
    Vision(#[from] VisionError),
    /// OpenCV refused an operation.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

/// Distance of the corners from where a table's are seen, over the table's length, from which it is another table.
const OTHER_TABLE: f64 = 0.006;
/// How much of its edge a ball must show to be measured.
const CLEAR: f32 = 0.8;

/// Everything about the camera that pictures of the table tell: lens, corners, place, and the planes of the table. All
/// pictures (8-bit BGR, as delivered) must be of one unmoved camera and table; one is enough, and balls near the corners
/// of the table make the camera's height certain.
///
/// # Errors
/// The table is not seen, not of this shape, or the lens cannot be measured.
pub fn camera_calibration(
    pictures: &[Mat],
    spec: &TableSpec,
    hints: CameraHints,
) -> Result<CameraCalibration, CameraCalibrationError> {
    let (lens, corners) = match hints.lens {
        Some(lens) => (lens, corners_through(pictures, &lens)?),
        None => lens_from_table(pictures).map(|found| (found.lens, found.corners))?,
    };
    let outlines = outlines(pictures, &lens)?;
    let pinhole = lens.rectified();
    let known = FocalHints { height: hints.height, focal: hints.lens.map(|_| pinhole.focal) };
    let none = CornersError::NoPose(pinhole.focal);
    let focal = focal_length(&pinhole, &corners, &outlines, spec, known).ok_or(none)?;
    let off = focal.corner_rms;
    if off > OTHER_TABLE * longer_side(&corners) {
        return Err(CameraCalibrationError::Shape { off, spec: *spec });
    }
    let lens = refocused(&lens, focal.focal / pinhole.focal);
    let view = camera_view(lens.size, &corners, spec, Some(&Pinhole { focal: focal.focal, ..pinhole }))?;
    let notes = notes(&lens, &focal, hints);
    Ok(CameraCalibration { lens, corners, view, focal, notes })
}

/// Of each ball in the straightened pictures, the places round it; each ball once, those first that lie far from the
/// middle and so tell most.
fn outlines(pictures: &[Mat], lens: &Lens) -> Result<Vec<Vec<EdgePlace>>, CameraCalibrationError> {
    let rectifier = Rectifier::new(lens)?;
    let mut balls: Vec<(CameraPoint, Vec<EdgePlace>)> = Vec::new();
    for picture in pictures {
        let straight = rectifier.straighten(picture)?;
        let pixels = Picture::from_mat(&straight)?;
        for ball in Detector::new(None).detect(&straight)?.balls {
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

/// What a person should know.
fn notes(lens: &Lens, focal: &FocalEstimate, hints: CameraHints) -> Vec<String> {
    let mut notes = Vec::new();
    notes.push(if lens.is_straight() {
        "The lens bends nothing that can be measured.".to_owned()
    } else {
        let half = 0.5 * f64::from(lens.size.width.max(lens.size.height)) / lens.focal[0];
        let bends = half.powi(2) * (lens.radial[0] + half.powi(2) * lens.radial[1]);
        format!("The lens bends: at the sides of the picture by {:.1} %. It is straightened.", 100.0 * bends)
    });
    let (height, doubt) = (focal.pose.eye.z, focal.height_sigma);
    notes.push(format!("The camera hangs {height:.2} m over the bed, give or take {doubt:.2} m."));
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
