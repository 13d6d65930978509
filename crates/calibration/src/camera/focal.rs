//! Estimation of the focal length and the camera's pose, from the table's corners and the outlines of balls.
//!
//! From straight above, the corners of a table determine the ratio of the camera's height to the focal length, but
//! neither of them. A ball away from the axis separates them: its outline is the section of a cone with the picture's
//! plane, an ellipse longer towards the axis by one over the cosine of the angle at which it is seen.

use super::silhouette::EdgePoint;
use crate::{
    homography::{corner_places, from_four_points, lies_across, pose_of},
    least_squares::{FiniteDifferences, Minimum, minimise, robust},
};
use billiards_table::{CameraPoint, CameraPx, Pinhole, Pose, TablePoint, TableQuad, TableSpec};
use nalgebra::{Rotation3, Vector3};

/// Prior knowledge of the camera.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FocalHints {
    /// Height of the camera over the bed as the operator measured it, metres.
    pub height: Option<f64>,
    /// Focal length of the rectified pictures, pixels, and its standard deviation as a share of it, if the lens was
    /// measured with a board.
    pub focal: Option<(f64, f64)>,
}

/// Estimate of the focal length and the camera's pose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FocalEstimate {
    /// Focal length of the rectified picture, pixels.
    pub focal: f64,
    /// Standard deviation of the focal length, pixels.
    pub focal_sigma: f64,
    /// Pose of the camera.
    pub pose: Pose,
    /// Standard deviation of the camera's height over the bed, metres.
    pub height_sigma: f64,
    /// Standard deviation, due to that of the height, of the parallax between a nose and the bed below it in the corner
    /// farthest from the camera's foot point, metres.
    pub parallax_sigma: f64,
    /// Number of balls whose outlines were used.
    pub balls: usize,
    /// Root mean square distance of the balls' edges from the fitted outlines, pixels.
    pub edge_rms: f64,
    /// Root mean square reprojection error of the table's corners, pixels.
    pub corner_rms: f64,
    /// Standard deviation of the place of light on the bed, root mean square over the bed's corners, metres.
    pub bed_sigma: f64,
    /// Standard deviation of the place of a ball, root mean square over the bed's corners, metres.
    pub ball_sigma: f64,
}

impl FocalEstimate {
    /// Returns whether the camera's height is known well enough for light on the bed to be right to about a millimetre.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        /// Minimum standard deviation of the parallax at which the height is unsure, metres.
        const UNSURE: f64 = 0.0012;
        self.parallax_sigma < UNSURE
    }
}

/// Standard deviation of a corner, pixels in a picture of 1280 columns: irregularities of real tables' noses, and the
/// rendering of their edges by the camera.
const CORNER: f64 = 0.3;
/// Standard deviation of the amount by which balls look larger on all sides, pixels: blur, and where in it the edge is
/// taken.
const SPREAD: f64 = 0.3;
/// Usual ratio of the focal length to the longer side of the picture, and the standard deviation of its logarithm.
const USUAL: (f64, f64) = (super::lens::USUAL_FOCAL, 0.35);
/// Standard deviation of the height that an operator measures, as a share of it.
const MEASURED: f64 = 0.02;
/// Minimum number of points around a ball that give an outline.
const FEWEST: usize = 32;
/// Maximum number of balls that are used: more add no information, and take long.
const MOST: usize = 24;

/// Number of unknowns of the camera: logarithm of the focal length over a first guess, turn (3), eye (3). After them
/// come the spread and the places of the balls.
const CAMERA: usize = 7;
/// Index of the spread among the unknowns.
const SPREAD_AT: usize = CAMERA;
/// Index of the first ball among the unknowns.
const BALLS: usize = CAMERA + 1;

/// Estimates the focal length of a rectified picture and the pose of the camera that best explain where the `corners`
/// of the table and the edges of balls (`outlines`, the points around each ball) are seen. `camera` gives size and
/// centre of the picture. Returns `None` if no focal length explains the corners.
pub fn focal_length(
    camera: &Pinhole,
    corners: &TableQuad,
    outlines: &[Vec<EdgePoint>],
    spec: &TableSpec,
    hints: FocalHints,
) -> Option<FocalEstimate> {
    let side = f64::from(camera.size.width.max(camera.size.height));
    let balls: Vec<&Vec<EdgePoint>> = outlines.iter().filter(|outline| outline.len() >= FEWEST).take(MOST).collect();
    let guesses = hints.focal.map_or(vec![0.65 * side, USUAL.0 * side, 1.4 * side], |(focal, _)| vec![focal]);
    let tried = guesses.into_iter().filter_map(|focal| {
        let problem = Problem::new(Pinhole { focal, ..*camera }, corners, &balls, spec, hints)?;
        let solution = problem.solved()?;
        Some((problem, solution))
    });
    let (problem, solution) = tried.min_by(|a, b| a.1.cost.total_cmp(&b.1.cost))?;
    problem.estimate(&solution)
}

type CameraStep = euclid::Vector2D<f64, CameraPx>;

/// Observations and hints, with a first guess of the camera.
struct Problem<'a> {
    camera: Pinhole,
    pose: Pose,
    corners: &'a TableQuad,
    places: [TablePoint; 4],
    outlines: &'a [&'a Vec<EdgePoint>],
    spec: &'a TableSpec,
    hints: FocalHints,
    /// Scale of the picture relative to one of 1280 columns.
    scale: f64,
}

impl<'a> Problem<'a> {
    fn new(
        camera: Pinhole,
        corners: &'a TableQuad,
        outlines: &'a [&'a Vec<EdgePoint>],
        spec: &'a TableSpec,
        hints: FocalHints,
    ) -> Option<Self> {
        let places = corner_places(lies_across(corners), spec);
        let plane = from_four_points(*corners, places)?;
        let pose = pose_of(&plane, &camera, spec.nose_height)?;
        let scale = f64::from(camera.size.width.max(camera.size.height)) / 1280.0;
        Some(Self { camera, pose, corners, places, outlines, spec, hints, scale })
    }

    /// Solves for the unknowns that fit best, starting from the first guess.
    fn solved(&self) -> Option<Minimum> {
        let mut x = vec![0.0; BALLS];
        let mut steps = vec![1e-5; BALLS];
        for outline in self.outlines {
            let sum = outline.iter().fold(CameraPoint::zero(), |sum, place| sum + place.at.to_vector());
            let middle = sum / outline.len() as f64;
            x.extend(self.pose.meet(self.camera.ray(middle), self.spec.ball_radius)?);
            steps.extend([1e-6; 2]);
        }
        minimise(&FiniteDifferences { steps: &steps, residuals: |x: &[f64]| self.residuals(x) }, x.into())
    }

    /// Returns the camera that the unknowns stand for.
    fn camera(&self, x: &[f64]) -> (Pinhole, Pose) {
        let turn = Rotation3::new(Vector3::new(x[1], x[2], x[3])).into_inner() * self.pose.turn;
        let eye = self.pose.eye + Vector3::new(x[4], x[5], x[6]);
        (Pinhole { focal: self.camera.focal * x[0].exp(), ..self.camera }, Pose { eye, turn })
    }

    /// Returns the reprojection errors of the table's corners for this camera, pixels.
    fn corner_residuals(&self, camera: &Pinhole, pose: &Pose) -> Option<[CameraStep; 4]> {
        let mut residuals = [CameraStep::zero(); 4];
        for ((residual, corner), place) in residuals.iter_mut().zip(self.corners).zip(self.places) {
            *residual = camera.see(pose.ray(Vector3::new(place.x, place.y, self.spec.nose_height))?) - *corner;
        }
        Some(residuals)
    }

    /// Returns all residuals, in standard deviations.
    fn residuals(&self, x: &[f64]) -> Option<Vec<f64>> {
        let (camera, pose) = self.camera(x);
        let mut out = Vec::new();
        let corners = self.corner_residuals(&camera, &pose)?.map(|residual| residual / (CORNER * self.scale));
        out.extend(corners.iter().flat_map(|residual| [residual.x, residual.y]));
        for (outline, residuals) in self.outlines.iter().zip(self.edge_residuals(x)?) {
            out.extend(outline.iter().zip(residuals).map(|(place, residual)| robust(residual / place.noise)));
        }
        out.push(x[SPREAD_AT] / SPREAD);
        let side = f64::from(camera.size.width.max(camera.size.height));
        out.push((camera.focal / side / USUAL.0).ln() / USUAL.1);
        out.extend(self.hints.height.map(|height| (pose.eye.z / height).ln() / MEASURED));
        out.extend(self.hints.focal.map(|(focal, error)| (camera.focal / focal).ln() / error));
        Some(out)
    }

    /// Returns the distances by which the points around each ball lie outside its outline, pixels.
    fn edge_residuals(&self, x: &[f64]) -> Option<Vec<Vec<f64>>> {
        let (camera, pose) = self.camera(x);
        let of = |(outline, place): (&&Vec<EdgePoint>, &[f64])| {
            let ball = pose.turn * (Vector3::new(place[0], place[1], self.spec.ball_radius) - pose.eye);
            let residuals = outline_residuals(&camera, ball, self.spec.ball_radius, outline)?;
            Some(residuals.into_iter().map(|residual| residual - x[SPREAD_AT]).collect())
        };
        self.outlines.iter().zip(x[BALLS..].chunks_exact(2)).map(of).collect()
    }

    fn estimate(&self, solution: &Minimum) -> Option<FocalEstimate> {
        let x = solution.unknowns.as_slice();
        let (camera, pose) = self.camera(x);
        let sigma = |i: usize| solution.covariance[(i, i)].max(0.0).sqrt();
        let residuals: Vec<f64> = self.edge_residuals(x)?.into_iter().flatten().collect();
        let edge_squares: f64 = residuals.iter().map(|residual| residual * residual).sum();
        let edge_rms = (edge_squares / residuals.len().max(1) as f64).sqrt();
        let corners = self.corner_residuals(&camera, &pose)?;
        let corner_rms = (corners.iter().map(|residual| residual.square_length()).sum::<f64>() / 4.0).sqrt();
        let eye = pose.eye;
        let farthest = self.places.iter().map(|p| (p.x - eye.x).hypot(p.y - eye.y)).fold(0.0, f64::max);
        Some(FocalEstimate {
            focal: camera.focal,
            focal_sigma: camera.focal * sigma(0),
            pose,
            height_sigma: sigma(6),
            parallax_sigma: self.spec.nose_height * farthest * sigma(6) / eye.z.powi(2),
            balls: self.outlines.len(),
            edge_rms,
            corner_rms,
            bed_sigma: self.uncertainty(solution, 0.0)?,
            ball_sigma: self.uncertainty(solution, self.spec.ball_radius)?,
        })
    }

    /// Returns the standard deviation of the place of objects at a height that are seen at the table's corners, root
    /// mean square over the corners, metres.
    fn uncertainty(&self, solution: &Minimum, height: f64) -> Option<f64> {
        // Small enough for a linear model.
        const SHARE: f64 = 0.05;
        let x = solution.unknowns.as_slice();
        let spread = solution.covariance.view((0, 0), (CAMERA, CAMERA)).into_owned().cholesky()?.l();
        let (camera, pose) = self.camera(x);
        let seen: Vec<CameraPoint> = self
            .places
            .iter()
            .filter_map(|p| pose.ray(Vector3::new(p.x, p.y, height)).map(|ray| camera.see(ray)))
            .collect();
        let mut square = 0.0;
        for column in spread.column_iter() {
            let mut beside = x.to_vec();
            beside.iter_mut().zip(column.iter()).for_each(|(x, by)| *x += SHARE * by);
            let (other, moved) = self.camera(&beside);
            for (p, place) in seen.iter().zip(self.places) {
                let [x, y] = moved.meet(other.ray(*p), height)?;
                square += (TablePoint::new(x, y) - place).square_length();
            }
        }
        Some((square / 4.0).sqrt() / SHARE)
    }
}

/// Returns the distances by which points on a ball's edge lie outside its outline, pixels, seen from the outline's
/// middle. `ball` is the ball's centre in the camera's axes, metres.
fn outline_residuals(camera: &Pinhole, ball: Vector3<f64>, radius: f64, places: &[EdgePoint]) -> Option<Vec<f64>> {
    if ball.z <= 2.0 * radius {
        return None;
    }
    // The cone of rays that touch the ball: (d·ball)² = (ball² - radius²) d². Along d = ball / ball.z + t (e, 0) this is
    // quadratic in t.
    let reach = ball.norm_squared() - radius * radius;
    let middle = ball / ball.z;
    let ends = ball.norm_squared() * radius * radius / (ball.z * ball.z);
    let centre = camera.see([middle.x, middle.y]);
    let residual = |place: &EdgePoint| {
        let offset = place.at - centre;
        let e = offset / offset.length().max(1e-9);
        let (along, across) = (e.x * ball.x + e.y * ball.y, e.x * middle.x + e.y * middle.y);
        let (a, b) = (along * along - reach, middle.dot(&ball) * along - reach * across);
        let t = (-b - (b * b - a * ends).max(0.0).sqrt()) / a;
        offset.length() - camera.focal * t
    };
    Some(places.iter().map(residual).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{FrameSize, TableKind};

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    /// Returns corners and outlines as a camera at a pose sees them.
    fn seen(camera: &Pinhole, pose: &Pose, balls: &[(f64, f64)]) -> (TableQuad, Vec<Vec<EdgePoint>>) {
        let spec = TableKind::NINE_FOOT.spec();
        let corners = corner_places(true, &spec)
            .map(|p| camera.see(pose.ray(Vector3::new(p.x, p.y, spec.nose_height)).expect("in front")));
        let outline = |(x, y): &(f64, f64)| {
            let to = Vector3::new(*x, *y, spec.ball_radius) - pose.eye;
            // The circle in which the cone of rays touches the ball.
            let (distance, r) = (to.norm(), spec.ball_radius);
            let axis = to / distance;
            let [u, v] = [Vector3::x(), Vector3::y()].map(|e| (e - axis * axis.dot(&e)).normalize());
            let v = (v - u * u.dot(&v)).normalize();
            let (nearer, wide) = (distance - r * r / distance, r * (1.0 - (r / distance).powi(2)).sqrt());
            (0..48)
                .map(|i| {
                    let (sin, cos) = (std::f64::consts::TAU * f64::from(i) / 48.0).sin_cos();
                    let place = pose.eye + axis * nearer + (u * cos + v * sin) * wide;
                    EdgePoint { at: camera.see(pose.ray(place).expect("in front")), noise: 0.7 }
                })
                .collect()
        };
        (corners, balls.iter().map(outline).collect())
    }

    fn camera(focal: f64) -> Pinhole {
        Pinhole { size: SIZE, focal, centre: CameraPoint::new(639.5, 359.5) }
    }

    fn pose(eye: [f64; 3], target: [f64; 2]) -> Pose {
        let target = Vector3::new(target[0], target[1], 0.0);
        Pose::looking(Vector3::from(eye), target, Vector3::new(0.03, 1.0, 0.0)).expect("a direction")
    }

    #[test]
    fn balls_near_the_corners_tell_the_height_from_straight_above() {
        let spec = TableKind::NINE_FOOT.spec();
        for (focal, height) in [(1000.0, 2.2), (800.0, 1.8), (1400.0, 3.0)] {
            let pose = pose([0.635, 1.27, height], [0.635, 1.27]);
            let (corners, outlines) = seen(&camera(focal), &pose, &[(0.1, 0.12), (1.15, 2.4), (0.2, 2.3), (0.6, 1.2)]);
            let found = focal_length(&camera(1.0), &corners, &outlines, &spec, FocalHints::default()).expect("found");
            assert!((found.focal / focal - 1.0).abs() < 0.02, "{focal}: {found:?}");
            assert!((found.pose.eye.z / height - 1.0).abs() < 0.02, "{height}: {found:?}");
            assert!(found.is_sure() && found.bed_sigma < 0.0025, "{found:?}");
        }
    }

    #[test]
    fn without_balls_it_is_said_that_nothing_tells_the_height() {
        let spec = TableKind::NINE_FOOT.spec();
        let pose = pose([0.635, 1.27, 2.2], [0.635, 1.27]);
        let (corners, outlines) = seen(&camera(1000.0), &pose, &[(0.635, 1.27)]);
        for outlines in [&[][..], &outlines] {
            let found = focal_length(&camera(1.0), &corners, outlines, &spec, FocalHints::default()).expect("found");
            assert!(!found.is_sure(), "{found:?}");
            let hints = FocalHints { height: Some(2.2), ..FocalHints::default() };
            let found = focal_length(&camera(1.0), &corners, outlines, &spec, hints).expect("found");
            assert!(found.is_sure() && (found.pose.eye.z - 2.2).abs() < 0.02, "{found:?}");
        }
    }

    #[test]
    fn a_tilted_camera_needs_no_balls() {
        let spec = TableKind::NINE_FOOT.spec();
        let pose = pose([2.2, 1.5, 2.6], [0.6, 1.3]);
        let (corners, _) = seen(&camera(1100.0), &pose, &[]);
        let found = focal_length(&camera(1.0), &corners, &[], &spec, FocalHints::default()).expect("found");
        assert!(found.is_sure() && (found.focal / 1100.0 - 1.0).abs() < 0.03, "{found:?}");
    }
}
