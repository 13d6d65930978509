//! Solver for the lens from views of the board held in different ways, after Zhang ("A flexible new technique for
//! camera calibration", 2000). Views that no common lens explains (another zoom, a bent board) are detected and left
//! out.

use super::{BoardDetection, BoardError, BoardView, MIN_PICTURES, MIN_TURN, SQUARE, SQUARES, detect_board};
use crate::{camera::LensError, projector::median};
use billiards_table::Lens;
use opencv::{
    calib3d,
    core::{self, Mat, Point2f, Point3f, Size, Vector},
    prelude::*,
};
use rand::{SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;

/// Maximum root mean square residual of the corners, pixels in a picture of 1280 columns: beyond it the board is bent or
/// the pictures are blurred.
const MAX_RMS: f64 = 1.0;
/// Minimum share of the views that must agree on one lens.
const MIN_AGREEMENT: f64 = 0.6;
/// Number of random subsets from each of which a lens is solved: with a third of the views wrong, the odds that every
/// subset holds a wrong one are 1 : 1000.
const DRAWS: usize = 40;
/// Number of views in a random subset.
const DRAWN: usize = 4;
/// Maximum ratio of a view's residual to the usual residual at which the view agrees.
const OUTLIER: f64 = 3.0;
/// Minimum error of a measured focal length, as a share of it: no printed board is flatter or more accurate.
const MIN_FOCAL_ERROR: f64 = 0.001;

/// A lens measured with the board.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardLens {
    /// The lens, its focal length included.
    pub lens: Lens,
    /// Standard deviation of the focal length, as a share of it.
    pub focal_error: f64,
    /// Root mean square residual of the corners, pixels.
    pub rms: f64,
    /// Number of pictures with which the lens was measured.
    pub pictures: usize,
    /// Pictures that were left out, by their index in the input, and the reasons.
    pub excluded: Vec<(usize, ExclusionReason)>,
}

/// Reason why a picture was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExclusionReason {
    /// The picture shows too little of the board.
    #[error("too little of the board is visible")]
    NotDetected,
    /// The picture shows a board of another layout.
    #[error("a board of another layout")]
    OldLayout,
    /// The picture is mirrored.
    #[error("mirrored")]
    Mirrored,
    /// The picture does not fit the lens of the others.
    #[error("does not fit the others: another zoom or focus, a bent board, or blur")]
    Inconsistent,
}

/// Measures the lens from pictures of the board held in different ways; see [`lens_from_views`].
///
/// # Errors
/// Too few pictures show the board, it is held alike in all of them, it fits no lens, or OpenCV fails.
pub fn lens_from_boards(pictures: &[Mat]) -> Result<BoardLens, BoardError> {
    let first = pictures.first().ok_or(BoardError::Pictures(LensError::NoPicture))?;
    if pictures.iter().any(|picture| picture.cols() != first.cols() || picture.rows() != first.rows()) {
        return Err(BoardError::Pictures(LensError::Sizes));
    }
    let (mut views, mut places, mut excluded) = (Vec::new(), Vec::new(), Vec::new());
    for (place, picture) in pictures.iter().enumerate() {
        let why = match detect_board(picture)? {
            BoardDetection::Detected(view) => {
                views.push(view);
                places.push(place);
                continue;
            }
            BoardDetection::NotDetected => ExclusionReason::NotDetected,
            BoardDetection::OldLayout => ExclusionReason::OldLayout,
            BoardDetection::Mirrored => ExclusionReason::Mirrored,
        };
        excluded.push((place, why));
    }
    if views.len() < MIN_PICTURES {
        return Err(too_few(views.len(), &excluded, pictures.len()));
    }
    let found = lens_from_views(&views)?;
    excluded.extend(found.excluded.iter().map(|(view, why)| (places[*view], *why)));
    excluded.sort_by_key(|(place, _)| *place);
    Ok(BoardLens { excluded, ..found })
}

/// Returns the error for too few views, by what most of the other pictures show.
fn too_few(seen: usize, excluded: &[(usize, ExclusionReason)], given: usize) -> BoardError {
    let count = |which| excluded.iter().filter(|(_, why)| *why == which).count();
    let (old, mirrored) = (count(ExclusionReason::OldLayout), count(ExclusionReason::Mirrored));
    if old > seen.max(mirrored) {
        BoardError::OldLayout { seen: old, given }
    } else if mirrored > seen {
        BoardError::Mirrored { seen: mirrored, given }
    } else {
        BoardError::Unseen { seen, given }
    }
}

/// Measures the lens from views of the board held in different ways. Views that do not fit the lens of most are left
/// out.
///
/// # Errors
/// There are too few views, their pictures have different sizes, the board is held alike in all of them, they fit no
/// common lens, or OpenCV fails.
pub fn lens_from_views(views: &[BoardView]) -> Result<BoardLens, BoardError> {
    let size = views.first().ok_or(BoardError::Pictures(LensError::NoPicture))?.size;
    if views.iter().any(|view| view.size != size) {
        return Err(BoardError::Pictures(LensError::Sizes));
    }
    if views.len() < MIN_PICTURES {
        return Err(BoardError::Unseen { seen: views.len(), given: views.len() });
    }
    let targets: Vec<Target> = views.iter().map(Target::of).collect();
    let all = Solution::of(&targets.iter().collect::<Vec<_>>())?;
    all.check_turn()?;
    let agree = agreeing(&targets, all)?;
    if agree.len() < MIN_PICTURES || (agree.len() as f64) < MIN_AGREEMENT * views.len() as f64 {
        return Err(BoardError::Unlike { agree: agree.len(), given: views.len() });
    }
    let used: Vec<&Target> = agree.iter().map(|view| &targets[*view]).collect();
    let solved = Solution::of(&used)?;
    let scale = f64::from(size.width.max(size.height)) / 1280.0;
    if !solved.rms.is_finite() || solved.rms > MAX_RMS * scale {
        return Err(BoardError::Unfit { rms: solved.rms });
    }
    solved.check_turn()?;
    let excluded =
        (0..views.len()).filter(|view| !agree.contains(view)).map(|view| (view, ExclusionReason::Inconsistent));
    Ok(BoardLens {
        lens: solved.lens()?,
        focal_error: focal_error(&used, &solved)?,
        rms: solved.rms,
        pictures: used.len(),
        excluded: excluded.collect(),
    })
}

/// Corners of the board in one view, and their places on the board.
struct Target {
    size: Size,
    board: Vector<Point3f>,
    seen: Vector<Point2f>,
}

impl Target {
    fn of(view: &BoardView) -> Self {
        let across = SQUARES.0 - 1;
        let place = |number: i32| {
            let at = |index: i32| (SQUARE * f64::from(index + 1)) as f32;
            Point3f::new(at(number % across), at(number / across), 0.0)
        };
        Self {
            size: Size::new(view.size.width as i32, view.size.height as i32),
            board: view.corners.iter().map(|(number, _)| place(*number)).collect(),
            seen: view.corners.iter().map(|(_, [x, y])| Point2f::new(*x, *y)).collect(),
        }
    }
}

/// A lens as solved by OpenCV.
struct Solution {
    size: Size,
    camera: Mat,
    distortion: Mat,
    turns: Vector<Mat>,
    /// Root mean square residual of the corners, pixels.
    rms: f64,
    /// Standard deviation of the focal length due to the corners' noise, pixels.
    focal_sigma: f64,
}

impl Solution {
    fn of(targets: &[&Target]) -> opencv::Result<Self> {
        let board: Vector<Vector<Point3f>> = targets.iter().map(|target| target.board.clone()).collect();
        let seen: Vector<Vector<Point2f>> = targets.iter().map(|target| target.seen.clone()).collect();
        let size = targets.first().map_or_else(Size::default, |target| target.size);
        // The aspect ratio of the first guess, square pixels, is kept.
        let (mut camera, mut distortion) = (Mat::eye(3, 3, core::CV_64F)?.to_mat()?, Mat::default());
        let (mut turns, mut shifts) = (Vector::<Mat>::new(), Vector::<Mat>::new());
        let (mut inner, mut outer, mut views) = (Mat::default(), Mat::default(), Mat::default());
        // A third radial term is more than a few pictures of a board can determine.
        let flags = calib3d::CALIB_FIX_K3 | calib3d::CALIB_FIX_ASPECT_RATIO;
        let criteria = core::TermCriteria::new(core::TermCriteria_COUNT + core::TermCriteria_EPS, 100, 1e-9)?;
        let rms = calib3d::calibrate_camera_extended(
            &board,
            &seen,
            size,
            &mut camera,
            &mut distortion,
            &mut turns,
            &mut shifts,
            &mut inner,
            &mut outer,
            &mut views,
            flags,
            criteria,
        )?;
        // With a fixed aspect ratio, the second focal length is the free one.
        let focal_sigma = inner.data_typed::<f64>()?.get(1).copied().unwrap_or(f64::INFINITY);
        Ok(Self { size, camera, distortion, turns, rms, focal_sigma })
    }

    fn focal(&self) -> opencv::Result<f64> {
        self.camera.at_2d::<f64>(0, 0).copied()
    }

    fn lens(&self) -> opencv::Result<Lens> {
        let distortion = self.distortion.data_typed::<f64>()?;
        let term = |i: usize| distortion.get(i).copied().unwrap_or(0.0);
        let at = |row: i32, column: i32| self.camera.at_2d::<f64>(row, column).copied();
        Ok(Lens {
            size: billiards_table::FrameSize { width: self.size.width as u32, height: self.size.height as u32 },
            focal: [at(0, 0)?, at(1, 1)?],
            centre: [at(0, 2)?, at(1, 2)?],
            radial: [term(0), term(1), term(4)],
            tangential: [term(2), term(3)],
        })
    }

    /// Returns the root mean square residual of a view's corners, pixels, with the board at the pose that fits best.
    fn residual(&self, target: &Target) -> opencv::Result<f64> {
        let (mut turn, mut shift, mut shown) = (Mat::default(), Mat::default(), Vector::<Point2f>::new());
        let method = calib3d::SOLVEPNP_ITERATIVE;
        let (camera, distortion) = (&self.camera, &self.distortion);
        let placed =
            calib3d::solve_pnp(&target.board, &target.seen, camera, distortion, &mut turn, &mut shift, false, method)?;
        if !placed {
            return Ok(f64::INFINITY);
        }
        calib3d::project_points_def(&target.board, &turn, &shift, camera, distortion, &mut shown)?;
        let squares: f64 = shown
            .iter()
            .zip(&target.seen)
            .map(|(a, b)| f64::from(a.x - b.x).powi(2) + f64::from(a.y - b.y).powi(2))
            .sum();
        Ok((squares / target.seen.len().max(1) as f64).sqrt())
    }

    fn residuals(&self, targets: &[Target]) -> opencv::Result<Vec<f64>> {
        targets.iter().map(|target| self.residual(target)).collect()
    }

    /// Rejects views in which the board always faces the same way.
    fn check_turn(&self) -> Result<(), BoardError> {
        let mut faces = Vec::with_capacity(self.turns.len());
        for turn in &self.turns {
            let mut matrix = Mat::default();
            calib3d::rodrigues_def(&turn, &mut matrix)?;
            let at = |row: i32| matrix.at_2d::<f64>(row, 2).copied();
            faces.push(nalgebra::Vector3::new(at(0)?, at(1)?, at(2)?));
        }
        let angle = |a: &nalgebra::Vector3<f64>, b: &nalgebra::Vector3<f64>| a.angle(b).to_degrees();
        let turned = faces.iter().flat_map(|a| faces.iter().map(move |b| angle(a, b))).fold(0.0, f64::max);
        if turned < MIN_TURN { Err(BoardError::Alike { turned }) } else { Ok(()) }
    }
}

/// Returns the indices of the views that agree on one lens: the lens of a random few with the least median of residuals
/// (Rousseeuw 1984) finds the first half, and then views are added as long as they are not outliers for the lens that
/// they have a part in (the forward search of Atkinson & Riani 2000).
fn agreeing(targets: &[Target], all: Solution) -> opencv::Result<Vec<usize>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut residuals = all.residuals(targets)?;
    for _ in 0..DRAWS {
        let few: Vec<&Target> = index::sample(&mut rng, targets.len(), DRAWN).iter().map(|i| &targets[i]).collect();
        // A few views may all be alike and determine no lens.
        let Ok(solution) = Solution::of(&few) else { continue };
        let tried = solution.residuals(targets)?;
        if median(tried.clone()) < median(residuals.clone()) {
            residuals = tried;
        }
    }
    let mut order: Vec<usize> = (0..targets.len()).collect();
    order.sort_by(|a, b| residuals[*a].total_cmp(&residuals[*b]));
    let mut agree = order[..(targets.len() / 2).max(DRAWN)].to_vec();
    while agree.len() < targets.len() {
        let solution = Solution::of(&agree.iter().map(|view| &targets[*view]).collect::<Vec<_>>())?;
        let residuals = solution.residuals(targets)?;
        let outside = (0..targets.len()).filter(|view| !agree.contains(view));
        let Some(next) = outside.min_by(|a, b| residuals[*a].total_cmp(&residuals[*b])) else { break };
        agree.push(next);
        let with_it = Solution::of(&agree.iter().map(|view| &targets[*view]).collect::<Vec<_>>())?;
        let usual = median(agree.iter().map(|view| with_it.residual(&targets[*view])).collect::<Result<_, _>>()?);
        if with_it.residual(&targets[next])? > OUTLIER * usual {
            agree.pop();
            break;
        }
    }
    // The first half may have included a wrong view.
    let solution = Solution::of(&agree.iter().map(|view| &targets[*view]).collect::<Vec<_>>())?;
    let residuals = solution.residuals(targets)?;
    let usual = median(agree.iter().map(|view| residuals[*view]).collect());
    agree.retain(|view| residuals[*view] <= OUTLIER * usual);
    agree.sort_unstable();
    Ok(agree)
}

/// Returns the standard deviation of the focal length, as a share of it: the larger of that due to the corners' noise
/// and that found by leaving out each view in turn (the jackknife), which also covers bent boards and lenses that the
/// distortion model does not fit.
fn focal_error(targets: &[&Target], solved: &Solution) -> opencv::Result<f64> {
    let count = targets.len() as f64;
    let mut without = Vec::with_capacity(targets.len());
    for left in 0..targets.len() {
        let others: Vec<&Target> =
            targets.iter().enumerate().filter(|(i, _)| *i != left).map(|(_, target)| *target).collect();
        without.push(Solution::of(&others)?.focal()?);
    }
    let mean = without.iter().sum::<f64>() / count;
    let squares: f64 = without.iter().map(|focal| (focal - mean).powi(2)).sum();
    let jackknife = ((count - 1.0) / count * squares).sqrt();
    Ok((jackknife.max(solved.focal_sigma) / solved.focal()?).max(MIN_FOCAL_ERROR))
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{FOCAL, POSES, lens, nothing, old_board, picture, picture_of, pictures, view},
        *,
    };
    use billiards_table::SensorPoint;

    #[test]
    fn the_lens_comes_out_of_ten_pictures() {
        let found = lens_from_boards(&pictures()).expect("a lens");
        assert_eq!(found.pictures, 10);
        assert!(found.rms < 0.3, "{found:?}");
        assert!((found.lens.focal[0] / FOCAL - 1.0).abs() < 3.0 * found.focal_error, "{found:?}");
        assert!(found.focal_error < 0.01 && found.excluded.is_empty(), "{found:?}");
        // The camera may be solved with a slight turn: differences between rays are compared.
        let ray = |lens: &Lens, p: (f64, f64)| {
            let [a, b] = [p, (320.0, 180.0)].map(|p| lens.ray(SensorPoint::from(p)).expect("seen"));
            [a[0] - b[0], a[1] - b[1]]
        };
        for place in [(160.0, 80.0), (320.0, 40.0), (470.0, 280.0), (30.0, 30.0)] {
            let [a, b] = [ray(&lens(), place), ray(&found.lens, place)];
            let off = (a[0] - b[0]).hypot(a[1] - b[1]) * FOCAL;
            assert!(off < 1.5, "{place:?} {off} {found:?}");
        }
    }

    #[test]
    fn unseen_and_alike_boards_are_refused() {
        let error = lens_from_boards(&vec![nothing(); 8]).expect_err("refused");
        assert!(matches!(error, BoardError::Unseen { seen: 0, given: 8 }), "{error}");
        let flat = picture(&lens(), [0.0, 0.0, 1.5], [0.0, 0.0, 330.0]);
        let error = lens_from_boards(&vec![flat; 7]).expect_err("refused");
        assert!(matches!(error, BoardError::Alike { .. }), "{error}");
        assert!(lens_from_boards(&[]).is_err());
    }

    fn zoomed(zoom: f64) -> Lens {
        Lens { focal: lens().focal.map(|focal| zoom * focal), ..lens() }
    }

    /// Returns views through a lens of this zoom at these indices, and through the usual one at the others.
    fn views(zoom: f64, which: &[usize]) -> Vec<BoardView> {
        let of = |(i, (turn, [x, y, z])): (usize, &([f64; 3], [f64; 3]))| {
            let zoom = if which.contains(&i) { zoom } else { 1.0 };
            view(&zoomed(zoom), *turn, [*x, *y, zoom * z])
        };
        POSES.iter().enumerate().map(of).collect()
    }

    #[test]
    fn views_of_another_zoom_are_found_and_left_out() {
        for (zoom, which) in [(1.4, [2, 5, 8]), (0.75, [4, 6, 9]), (1.25, [3, 6, 7]), (1.6, [1, 3, 5])] {
            let found = lens_from_views(&views(zoom, &which)).expect("a lens");
            let expected: Vec<_> = which.iter().map(|i| (*i, ExclusionReason::Inconsistent)).collect();
            assert_eq!(found.excluded, expected, "zoom {zoom}: {found:?}");
            assert!((found.lens.focal[0] / FOCAL - 1.0).abs() < 3.0 * found.focal_error, "zoom {zoom}: {found:?}");
        }
    }

    #[test]
    fn the_error_of_the_focal_length_follows_the_views() {
        let all = views(1.0, &[]);
        let many = lens_from_views(&all).expect("a lens");
        let few = lens_from_views(&all[..6]).expect("a lens");
        assert!(many.excluded.is_empty() && many.focal_error < few.focal_error, "{many:?} {few:?}");
        for found in [many, few] {
            assert!((found.lens.focal[0] / FOCAL - 1.0).abs() < 3.0 * found.focal_error, "{found:?}");
        }
    }

    #[test]
    fn views_through_two_lenses_are_refused() {
        let error = lens_from_views(&views(1.5, &[1, 2, 5, 6, 8])).expect_err("refused");
        assert!(matches!(error, BoardError::Unlike { given: 10, .. } | BoardError::Unfit { .. }), "{error}");
    }

    #[test]
    fn old_and_mirrored_boards_are_named_and_single_ones_left_out() {
        let (turn, shift) = POSES[1];
        let old = picture_of(&old_board(), &lens(), turn, shift);
        let error = lens_from_boards(&vec![old.clone(); 8]).expect_err("refused");
        assert!(matches!(error, BoardError::OldLayout { seen: 8, given: 8 }), "{error}");
        let mut pictures = pictures();
        let mut mirrored = Mat::default();
        core::flip(&pictures[0], &mut mirrored, 1).expect("flipped");
        let error = lens_from_boards(&vec![mirrored.clone(); 8]).expect_err("refused");
        assert!(matches!(error, BoardError::Mirrored { seen: 8, given: 8 }), "{error}");
        (pictures[1], pictures[7], pictures[3]) = (mirrored, old, nothing());
        let found = lens_from_boards(&pictures).expect("a lens");
        let expected =
            [(1, ExclusionReason::Mirrored), (3, ExclusionReason::NotDetected), (7, ExclusionReason::OldLayout)];
        assert_eq!(found.excluded, expected);
    }
}
