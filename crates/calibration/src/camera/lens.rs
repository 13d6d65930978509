//! Measurement of the lens's distortion from the table alone: its noses are straight.

use super::plumb::{Sides, distances, lens_of, meeting, solved};
use billiards_table::{CameraPoint, FrameSize, Lens, TableQuad, longer_side};
use billiards_vision::{
    rectify::{Rectifier, RectifyError},
    {NoTable, VisionError, find_table, nose_points},
};
use opencv::{core::Mat, prelude::*};

/// Usual ratio of a webcam's focal length, on its axis, to the longer side of the picture. Distortion coefficients
/// refer to a focal length, which straight lines do not determine.
pub const USUAL_FOCAL: f64 = 0.9;

/// A lens measured by the straightness of the noses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableLens {
    /// Lens; its focal length is assumed to be 0.9 of the picture's longer side.
    pub lens: Lens,
    /// Corners in which the noses meet in its rectified pictures, pixels.
    pub corners: TableQuad,
    /// Root mean square distance of the noses' points from straight lines after rectification, pixels of the delivered
    /// picture.
    pub rms: f64,
    /// Largest distance from the lines among the points that show a nose, pixels of the delivered picture.
    pub worst: f64,
    /// Number of points that show a nose.
    pub points: usize,
}

/// Error of measuring a lens.
#[derive(Debug, thiserror::Error)]
pub enum LensError {
    /// No picture was given.
    #[error("no picture was given; at least one of the whole table is needed")]
    NoPicture,
    /// The pictures have different sizes.
    #[error("the pictures are of several sizes; let the camera keep one size")]
    Sizes,
    /// The table is not detected.
    #[error("{0}")]
    NoTable(#[from] NoTable),
    /// The noses are mostly hidden.
    #[error("only {seen} of {all} places along the cushions show their edge: clear the table's sides and light them")]
    Hidden {
        /// Number of places that show a nose.
        seen: usize,
        /// Number of places that were examined.
        all: usize,
    },
    /// No lens makes the noses straight.
    #[error(
        "no lens makes the cushions straight: {rms:.1} pixels remain, expected at most {}; keep hands off them",
        Self::CROOKED
    )]
    Crooked {
        /// Root mean square distance from lines, pixels.
        rms: f64,
    },
    /// The picture cannot be processed.
    #[error("{0}")]
    Vision(#[from] VisionError),
    /// The picture cannot be rectified.
    #[error("{0}")]
    Rectify(#[from] RectifyError),
    /// An OpenCV operation failed.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

impl LensError {
    /// Maximum root mean square distance of the noses' points from lines, pixels in a picture of 1280 columns; beyond
    /// it, they are not noses.
    const CROOKED: f64 = 1.2;
}

/// Distortions that are tried first: shift of the middle of the picture's left and right edge outwards from where a
/// lens without distortion shows it, as a share. The steps are small enough for the table to be recognised.
const INITIAL_DISTORTIONS: [f64; 6] = [0.0, -0.05, -0.1, 0.04, -0.15, -0.2];
/// Maximum distance from the sides of the detected table at which a nose is searched for, as shares of the table's
/// length, round by round.
const REACH: [f64; 3] = [0.008, 0.006, 0.003];
/// Maximum number of searches for the table, each with a better lens.
const SEARCHES: usize = 5;
/// Maximum movement of a corner, in lengths of the table, at which the search has converged.
const SETTLED: f64 = 0.0025;
/// Standard deviation of a point on a nose, pixels in a picture of 1280 columns.
const NOISE: f64 = 0.25;
/// Minimum distance from a line at which a point shows no nose, in standard deviations.
const MIN_OUTLIER: f64 = 5.0;
/// Minimum share of the places along the noses that must show them.
const MIN_INLIER_SHARE: f64 = 0.4;
/// Minimum number of points that must show noses.
const FEWEST: usize = 40;
/// Minimum share of the points that show noses for which no other lens is tried.
const CLEAR: f64 = 0.85;
/// Minimum improvement of the fit by a lens with distortion over one without, in half squares of the noise: points next
/// to each other have common errors, and no rail is perfectly straight.
const MIN_IMPROVEMENT: f64 = 25.0;
/// Minimum movement of the noses by a lens with distortion, pixels.
const MIN_SHIFT: f64 = 0.12;

/// Returns the same lens with a focal length `times` as long; distortion and rectified pictures stay the same.
#[must_use]
pub fn refocused(lens: &Lens, times: f64) -> Lens {
    let [k1, k2, k3] = lens.radial;
    let radial = [k1 * times.powi(2), k2 * times.powi(4), k3 * times.powi(6)];
    Lens {
        focal: lens.focal.map(|focal| times * focal),
        radial,
        tangential: lens.tangential.map(|p| times * p),
        ..*lens
    }
}

/// Finds the lens that makes the noses straight in one or several pictures of an unmoved table of this `aspect` (length
/// over width); a lens without distortion if none is measurable.
///
/// # Errors
/// No table is detected, its noses are hidden or never become straight, or OpenCV fails.
pub fn lens_from_table(pictures: &[Mat], aspect: f64) -> Result<TableLens, LensError> {
    let first = pictures.first().ok_or(LensError::NoPicture)?;
    let size = FrameSize { width: first.cols() as u32, height: first.rows() as u32 };
    if pictures.iter().any(|picture| picture.cols() != first.cols() || picture.rows() != first.rows()) {
        return Err(LensError::Sizes);
    }
    let mut best: Option<Fit> = None;
    let mut reason = None;
    for share in INITIAL_DISTORTIONS {
        match converged(first, distorted(size, share), true, aspect) {
            Ok(fit) if best.as_ref().is_none_or(|best| fit.inliers() > best.inliers()) => best = Some(fit),
            Ok(_) => {}
            Err(LensError::NoTable(why)) => reason = reason.or(Some(why)),
            Err(error) => return Err(error),
        }
        if best.as_ref().is_some_and(Fit::is_clear) {
            break;
        }
    }
    let found = best.ok_or_else(|| LensError::NoTable(reason.unwrap_or(NoTable::NoCloth)))?;
    found.with_all(pictures, true)?.result()
}

/// Finds the corners in which the noses of a table of this `aspect` (length over width) meet in the rectified pictures
/// of a known lens, pixels.
///
/// # Errors
/// No table is detected in the first picture, or OpenCV fails.
pub fn corners_through(pictures: &[Mat], lens: &Lens, aspect: f64) -> Result<TableQuad, LensError> {
    let first = pictures.first().ok_or(LensError::NoPicture)?;
    let fit = converged(first, *lens, false, aspect)?.with_all(pictures, false)?;
    Ok(fit.corners)
}

/// Returns a lens whose distortion is proportional to the cube of the distance from its axis; `share` is the shift at
/// the edge, as in [`INITIAL_DISTORTIONS`].
fn distorted(size: FrameSize, share: f64) -> Lens {
    let side = f64::from(size.width.max(size.height));
    let mut lens = Lens::rectilinear(size, USUAL_FOCAL * side);
    lens.radial[0] = share / (0.5 / USUAL_FOCAL).powi(2);
    lens
}

/// Improves a first lens, with the noses traced anew for each better one. Unless `fit_distortion`, the lens stays, and
/// only the corners are improved.
fn converged(picture: &Mat, start: Lens, fit_distortion: bool, aspect: f64) -> Result<Fit, LensError> {
    let mut lens = start;
    let mut fit = None;
    // In a distorted picture other lines may be taken for the noses: they are searched for again in each better
    // rectified one.
    for _ in 0..SEARCHES {
        let rectifier = Rectifier::new(&lens)?;
        let rectified = rectifier.rectify(picture)?;
        let quad = find_table(&rectified, aspect)??;
        let found = Fit::of(traced(picture, &lens, &quad, REACH[0])?, &quad, lens, fit_distortion)?;
        let moved = found.corners.iter().zip(quad).map(|(a, b)| (*a - b).length()).fold(0.0, f64::max);
        lens = found.lens;
        fit = Some(found);
        if moved < SETTLED * longer_side(&quad) {
            break;
        }
    }
    // The search may have followed only half of a nose: the fit leads to the rest of it.
    let mut fit = fit.ok_or(LensError::NoPicture)?;
    for reach in REACH {
        fit = Fit::of(traced(picture, &fit.lens, &fit.corners, reach)?, &fit.corners, fit.lens, fit_distortion)?;
    }
    Ok(fit)
}

/// Traces the noses near the sides of `quad` in the rectified picture, and returns their points in the delivered one.
fn traced(picture: &Mat, lens: &Lens, quad: &TableQuad, reach: f64) -> Result<Sides, LensError> {
    let rectifier = Rectifier::new(lens)?;
    let rectified = rectifier.rectify(picture)?;
    let points = nose_points(&rectified, quad, (reach * longer_side(quad)).max(2.0))?;
    let to_delivered = |side: Vec<CameraPoint>| side.into_iter().map(|p| lens.distort(p)).collect();
    Ok(points.map(to_delivered))
}

/// Points on the noses, and the lens that makes them straight.
#[derive(Debug, Clone)]
struct Fit {
    sides: Sides,
    lens: Lens,
    /// Corners in which the noses meet in its rectified pictures, pixels.
    corners: TableQuad,
    /// Distances of the points from straight lines, pixels of the delivered picture.
    residuals: Vec<f64>,
    /// Cost of the fit, in half squares of the noise.
    cost: f64,
    /// Standard deviation of a point in pictures of this size, pixels.
    noise: f64,
}

impl Fit {
    /// Fits lines and, if `fit_distortion`, the lens to the points; `quad` holds the approximate corners in the
    /// rectified pictures of the lens at the start.
    fn of(sides: Sides, quad: &TableQuad, start: Lens, fit_distortion: bool) -> Result<Self, LensError> {
        let ragged = || LensError::NoTable(NoTable::Ragged);
        let noise = NOISE * f64::from(start.size.width.max(start.size.height)) / 1280.0;
        let corners = quad.map(|p| start.rectified().ray(p));
        let found = solved(&sides, &corners, &start, fit_distortion, noise).ok_or_else(ragged)?;
        let x = found.unknowns.as_slice();
        let lens = lens_of(&start, x);
        let residuals = distances(&sides, x, &lens).ok_or_else(ragged)?;
        let corners = meeting(x, &lens).ok_or_else(ragged)?;
        Ok(Self { sides, lens, corners, residuals, cost: 0.5 * found.cost, noise })
    }

    /// Fits the noses of all pictures. People may stand in front of some; noses that they hide have no influence.
    fn with_all(&self, pictures: &[Mat], fit_distortion: bool) -> Result<Self, LensError> {
        let mut all = Sides::default();
        for picture in pictures {
            let sides = traced(picture, &self.lens, &self.corners, REACH[2])?;
            all.iter_mut().zip(sides).for_each(|(all, more)| all.extend(more));
        }
        Self::of(all, &self.corners, self.lens, fit_distortion)
    }

    /// Fits the same points through a lens without distortion.
    fn refit_rectilinear(&self) -> Result<Self, LensError> {
        let flat = Lens::rectilinear(self.lens.size, self.lens.focal[0]);
        let seen = self.corners.map(|p| self.lens.distort(p));
        let quad = seen.map(|p| CameraPoint::new(p.x, p.y));
        Self::of(self.sides.clone(), &quad, flat, false)
    }

    /// Returns the number of points that lie on lines.
    fn inliers(&self) -> usize {
        self.residuals.iter().filter(|residual| residual.abs() < MIN_OUTLIER * self.noise).count()
    }

    fn is_clear(&self) -> bool {
        let sides = self.sides.iter().all(|side| side.len() >= FEWEST);
        sides && self.inliers() as f64 > CLEAR * self.residuals.len() as f64 && self.rms() < 2.0 * self.noise
    }

    /// Returns the root mean square of the distances, without outliers.
    fn rms(&self) -> f64 {
        let inliers: Vec<f64> = self.residuals.iter().copied().filter(|v| v.abs() < MIN_OUTLIER * self.noise).collect();
        (inliers.iter().map(|v| v * v).sum::<f64>() / inliers.len().max(1) as f64).sqrt()
    }

    /// Returns the result, with a lens without distortion unless the points clearly show one.
    fn result(self) -> Result<TableLens, LensError> {
        let flat = self.refit_rectilinear()?;
        let (points, all) = (self.inliers(), self.residuals.len());
        if (points as f64) < MIN_INLIER_SHARE * all as f64 || points < FEWEST {
            return Err(LensError::Hidden { seen: points, all });
        }
        let moved = (flat.rms().powi(2) - self.rms().powi(2)).max(0.0).sqrt();
        let has_distortion = flat.cost - self.cost > MIN_IMPROVEMENT
            && (moved > MIN_SHIFT || flat.inliers() < self.inliers() - points / 10);
        let best = if has_distortion { self } else { flat };
        let rms = best.rms();
        if rms > LensError::CROOKED * best.noise / NOISE {
            return Err(LensError::Crooked { rms });
        }
        let inliers = best.residuals.iter().map(|v| v.abs()).filter(|v| *v < MIN_OUTLIER * best.noise);
        Ok(TableLens { lens: best.lens, corners: best.corners, rms, worst: inliers.fold(0.0, f64::max), points })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::drawn::Drawn, *};
    use billiards_table::SensorPoint;
    use nalgebra::Vector3;
    use proptest::prelude::*;

    /// Returns the largest distance of rectified points from where a picture without distortion and with the same
    /// corners has them, over the plane of the noses, metres.
    fn worst(scene: &Drawn, lens: &Lens) -> f64 {
        use crate::from_four_points;
        use billiards_table::TablePoint;
        let (w, l, h) = (scene.spec.width, scene.spec.length, scene.spec.nose_height);
        let see = |x: f64, y: f64| {
            let ray = scene.pose.ray(Vector3::new(x, y, h)).expect("in front");
            lens.undistort(scene.lens.see(ray)).expect("seen")
        };
        let corners = [(0.0, 0.0), (0.0, l), (w, l), (w, 0.0)];
        let plane = from_four_points(corners.map(|(x, y)| see(x, y)), corners.map(TablePoint::from)).expect("a quad");
        let distance = |x: f64, y: f64| (plane.map(see(x, y)).expect("finite") - TablePoint::new(x, y)).length();
        (0..=100).map(|i| distance(w * f64::from(i % 10) / 9.0, l * f64::from(i / 10) / 10.0)).fold(0.0, f64::max)
    }

    #[test]
    fn a_barrel_of_ten_percent_is_undistorted_to_two_millimetres() {
        let scene = Drawn::above(0.9, -0.10, 3.0, Vec::new());
        let found = lens_from_table(&[scene.picture()], 2.0).expect("a lens");
        assert!(found.rms < 0.4, "{found:?}");
        assert!(worst(&scene, &found.lens) < 0.002, "{} {found:?}", worst(&scene, &found.lens));
    }

    #[test]
    fn a_lens_without_measurable_distortion_is_rectilinear() {
        let scene = Drawn::above(0.9, 0.0, 3.0, Vec::new());
        let found = lens_from_table(&[scene.picture()], 2.0).expect("a lens");
        assert!(found.lens.is_rectilinear(), "{found:?}");
        let through = corners_through(&[scene.picture()], &found.lens, 2.0).expect("corners");
        assert!(found.corners.iter().zip(through).all(|(a, b)| (*a - b).length() < 0.2), "{through:?} {found:?}");
    }

    #[test]
    fn no_table_and_pictures_of_several_sizes_are_refused() {
        let grey = |side: i32| {
            Mat::new_rows_cols_with_default(side, 640, opencv::core::CV_8UC3, opencv::core::Scalar::all(90.0))
                .expect("a picture")
        };
        assert!(matches!(lens_from_table(&[], 2.0), Err(LensError::NoPicture)));
        assert!(matches!(lens_from_table(&[grey(360)], 2.0), Err(LensError::NoTable(_))));
        assert!(matches!(lens_from_table(&[grey(360), grey(480)], 2.0), Err(LensError::Sizes)));
    }

    proptest! {
        /// A lens rectifies as before with another focal length.
        #[test]
        fn a_refocused_lens_undistorts_as_before(
            times in 0.6..1.7_f64, k1 in -0.25..0.1_f64, k2 in -0.02..0.04_f64, p in -0.002..0.002_f64,
            x in 0.0..1279.0_f64, y in 0.0..719.0_f64,
        ) {
            let size = FrameSize { width: 1280, height: 720 };
            let lens = Lens { radial: [k1, k2, 0.0], tangential: [p, -p], ..Lens::rectilinear(size, 1100.0) };
            let other = refocused(&lens, times);
            let place = SensorPoint::new(x, y);
            let (a, b) = (lens.undistort(place).expect("seen"), other.undistort(place).expect("seen"));
            prop_assert!((a - b).length() < 1e-3, "{a:?} {b:?}");
            prop_assert!((other.rectified().focal / lens.rectified().focal - times).abs() < 1e-6);
        }
    }
}
