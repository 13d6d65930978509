//! Solver for the projector's view from the detected dots, with the accuracy of the result.

use super::{
    decode::DetectedDot,
    error::ProjectorError,
    fit::{fit_map, median},
    observed_table::ObservedTable,
};
use billiards_table::{
    FrameSize, Homography, ProjectorPoint, ProjectorPx, ProjectorView, SensorPoint, TableMetres, TablePoint,
};
use billiards_vision::Side;

/// Minimum number of dots: with four unknown pairs of numbers, errors are averaged and outliers stand out.
pub const MIN_DOTS: usize = 12;
/// Maximum root mean square residual of the dots, millimetres: light that is further off marks the wrong place of a
/// ball.
pub const RMS_LIMIT_MM: f64 = 3.0;
/// Minimum share of the bed that the light must reach: the half where the balls are racked is not enough to play.
pub const MIN_REACH: f64 = 0.6;
/// Minimum distance of a dot's centre from the noses, metres: its own radius, and the width of a cushion's shadow.
const INSET: f64 = 0.025;
/// Maximum residual of a dot, metres; beyond it, the dot is a reflection or lies on something such as a sleeve.
const MAX_RESIDUAL: f64 = 0.004;
/// Minimum ratio of an outlier's residual to the median residual (five standard deviations).
const OUTLIER: f64 = 4.2;
/// Minimum residual of an outlier, millimetres.
const MIN_OUTLIER_MM: f64 = 1.0;
/// Maximum distance of a covered place of the bed from a dot, in usual distances between dots.
const COVER: f64 = 2.2;
/// Maximum share of the bed that may stay uncovered: a corner, a rack of balls.
const MAX_UNCOVERED: f64 = 0.15;
/// Number of places, across and along the bed, at which coverage is tested.
const GRID: (u32, u32) = (9, 17);

/// Reason why a dot was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unused {
    /// The dot fell on a cushion, a rail, a pocket or beyond.
    OffBed,
    /// The dot fell on a ball, or in the shadow of one.
    NearBall,
    /// The dot is an outlier: it lies far from where the map puts it.
    Outlier,
}

/// A dot with its residual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PointReport {
    /// Position in the projector's picture, pixels.
    pub projector: ProjectorPoint,
    /// Position in the delivered camera picture, pixels.
    pub camera: SensorPoint,
    /// Position on the bed by the camera's calibration, metres.
    pub table: TablePoint,
    /// Residual of the map at this dot, millimetres of the table's x and y.
    pub error_mm: [f64; 2],
    /// Reason why the dot was not used; `None` if it was.
    pub unused: Option<Unused>,
}

impl PointReport {
    /// Returns the size of the residual, millimetres.
    #[must_use]
    pub fn residual_mm(&self) -> f64 {
        self.error_mm[0].hypot(self.error_mm[1])
    }
}

/// A calibrated projector.
#[derive(Debug, Clone)]
pub struct ProjectorCalibration {
    /// View of the projector.
    pub view: ProjectorView,
    /// All dots, with their residuals.
    pub points: Vec<PointReport>,
    /// Root mean square residual of the dots that were used, millimetres.
    pub rms_mm: f64,
    /// Largest residual of the dots that were used, millimetres.
    pub worst_mm: f64,
    /// `true` if the camera sees the picture mirrored: the map is valid, but letters read backwards.
    pub mirrored: bool,
    /// `true` if the picture is upside down in the camera's.
    pub upside_down: bool,
    /// Share of the bed that the projector's light reaches, 0 to 1.
    pub reach: f64,
}

/// Solves for the view of a projector with pictures of `size`, from the dots that were read.
///
/// # Errors
/// Too few dots lie on the bed, they do not cover it, they do not agree on a map within [`RMS_LIMIT_MM`], or the light
/// reaches too little of the table.
pub fn solve_projector(
    size: FrameSize,
    seen: &[DetectedDot],
    observed: &ObservedTable,
) -> Result<ProjectorCalibration, ProjectorError> {
    let placed: Vec<(&DetectedDot, TablePoint, Option<Unused>)> =
        seen.iter().filter_map(|dot| Some((dot, observed.place(dot.camera)?, unfit(dot, observed)))).collect();
    let pairs: Vec<(ProjectorPoint, TablePoint)> =
        placed.iter().filter(|dot| dot.2.is_none()).map(|dot| (dot.0.projector, dot.1)).collect();
    let too_few = |seen| ProjectorError::TooFewDots { seen, needed: MIN_DOTS };
    if pairs.len() < MIN_DOTS {
        return Err(too_few(pairs.len()));
    }
    let map = fit_map(&pairs, MAX_RESIDUAL, MIN_DOTS.max(pairs.len() / 2));
    let Some(map) = map else {
        // For the message: the residual of dots that fit no flat picture.
        let loose = fit_map(&pairs, 20.0 * MAX_RESIDUAL, MIN_DOTS).ok_or_else(|| too_few(0))?;
        let residuals = pairs.iter().map(|(p, q)| loose.map(*p).map_or(f64::INFINITY, |there| (there - *q).length()));
        let usual_mm = 1e3 * median(residuals.collect());
        return Err(ProjectorError::PoorFit { rms_mm: usual_mm, limit_mm: RMS_LIMIT_MM });
    };
    let mut points: Vec<PointReport> = placed
        .iter()
        .map(|(dot, table, unfit)| {
            let there = map.map(dot.projector).unwrap_or(*table);
            let error_mm = [1e3 * (there.x - table.x), 1e3 * (there.y - table.y)];
            PointReport { projector: dot.projector, camera: dot.camera, table: *table, error_mm, unused: *unfit }
        })
        .collect();
    mark_outliers(&mut points);
    let (rms_mm, worst_mm) = rms_and_worst(points.iter().filter(|p| p.unused.is_none()).map(PointReport::residual_mm));
    if rms_mm > RMS_LIMIT_MM {
        return Err(ProjectorError::PoorFit { rms_mm, limit_mm: RMS_LIMIT_MM });
    }
    let view = ProjectorView { size, from_table: map.inverse() };
    let reach = check_cover(&view, &points, observed)?;
    let (mirrored, upside_down) = way_up(&map, size, observed);
    Ok(ProjectorCalibration { view, points, rms_mm, worst_mm, mirrored, upside_down, reach })
}

/// Returns the root mean square and the largest of some numbers; 0 if there are none.
pub(super) fn rms_and_worst(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (count, squares, worst) =
        values.fold((0_u32, 0.0, 0.0_f64), |(count, squares, worst), v| (count + 1, squares + v * v, worst.max(v)));
    ((squares / f64::from(count.max(1))).sqrt(), worst)
}

/// Marks the dots whose residual is much larger than that of the others as outliers: a ball's shadow, a sleeve.
fn mark_outliers(points: &mut [PointReport]) {
    let usual = median(points.iter().filter(|point| point.unused.is_none()).map(PointReport::residual_mm).collect());
    let limit = (OUTLIER * usual).clamp(MIN_OUTLIER_MM, 1e3 * MAX_RESIDUAL);
    for point in points.iter_mut().filter(|point| point.unused.is_none() && point.residual_mm() > limit) {
        point.unused = Some(Unused::Outlier);
    }
}

fn unfit(dot: &DetectedDot, observed: &ObservedTable) -> Option<Unused> {
    if !observed.on_bed(dot.camera, INSET) {
        Some(Unused::OffBed)
    } else {
        observed.near_ball(dot.camera).then_some(Unused::NearBall)
    }
}

/// Returns the share of the bed that the light reaches, provided that dots were read wherever it does.
fn check_cover(view: &ProjectorView, points: &[PointReport], observed: &ObservedTable) -> Result<f64, ProjectorError> {
    let bed = observed.grid(GRID.0, GRID.1, INSET);
    let used: Vec<&PointReport> = points.iter().filter(|point| point.unused.is_none()).collect();
    let reached: Vec<TablePoint> = bed.iter().filter(|place| is_reached(view, **place)).copied().collect();
    let nearest = |place: TablePoint, but: Option<usize>| {
        let others = used.iter().enumerate().filter(|(i, _)| Some(*i) != but);
        others.map(|(_, point)| (point.table - place).length()).fold(f64::INFINITY, f64::min)
    };
    let spacing = median(used.iter().enumerate().map(|(i, point)| nearest(point.table, Some(i))).collect());
    let bare: Vec<TablePoint> =
        reached.iter().filter(|place| nearest(**place, None) > COVER * spacing).copied().collect();
    let share = bare.len() as f64 / bed.len().max(1) as f64;
    if share > MAX_UNCOVERED {
        return Err(ProjectorError::Uncovered { share, side: side_of(&bare, observed) });
    }
    let reach = reached.len() as f64 / bed.len().max(1) as f64;
    if reach < MIN_REACH {
        return Err(ProjectorError::Unreached { share: reach, needed: MIN_REACH });
    }
    Ok(reach)
}

/// Returns whether a place of the bed lies within the projector's picture.
pub(super) fn is_reached(view: &ProjectorView, place: TablePoint) -> bool {
    let inside = |v: f64, length: u32| (0.0..=f64::from(length)).contains(&v);
    let there = view.from_table.map(place);
    there.is_some_and(|p| inside(p.x, view.size.width) && inside(p.y, view.size.height))
}

/// Returns the side of the camera's picture of the table on which places lie.
fn side_of(places: &[TablePoint], observed: &ObservedTable) -> Side {
    let middle = TablePoint::new(0.5 * observed.table.width, 0.5 * observed.table.length);
    let mean = places.iter().fold(TablePoint::origin(), |sum, p| sum + p.to_vector() / places.len().max(1) as f64);
    let (Some(from), Some(to)) = (observed.seen_at(middle), observed.seen_at(mean)) else { return Side::Left };
    let off = to - from;
    match (off.x.abs() > off.y.abs(), off.x > 0.0, off.y > 0.0) {
        (true, true, _) => Side::Right,
        (true, false, _) => Side::Left,
        (false, _, true) => Side::Bottom,
        (false, _, false) => Side::Top,
    }
}

/// Returns whether the camera sees the picture mirrored, and whether it sees it upside down.
fn way_up(map: &Homography<ProjectorPx, TableMetres>, size: FrameSize, observed: &ObservedTable) -> (bool, bool) {
    let middle = ProjectorPoint::new(0.5 * f64::from(size.width), 0.5 * f64::from(size.height));
    let seen = |x: f64, y: f64| {
        map.map(ProjectorPoint::new(middle.x + x, middle.y + y)).and_then(|place| observed.seen_at(place))
    };
    let step = 0.05 * f64::from(size.height);
    let (Some(here), Some(right), Some(down)) = (seen(0.0, 0.0), seen(step, 0.0), seen(0.0, step)) else {
        return (false, false);
    };
    let (right, down) = (right - here, down - here);
    (right.cross(down) < 0.0, down.y < 0.0 && down.y.abs() > down.x.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projector::{DotGrid, observed_table::testing::observed_table};
    use nalgebra::Matrix3;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    /// Returns the map of a picture a little larger than a nine-foot table, which lies as in the camera's.
    fn falls() -> Homography<ProjectorPx, TableMetres> {
        Homography::from_matrix(Matrix3::new(1e-5, 2.0e-3, -0.09, 2.1e-3, 1e-5, -0.06, 1e-5, -2e-5, 1.0))
            .expect("regular")
    }

    fn seen(falls: &Homography<ProjectorPx, TableMetres>, observed: &ObservedTable) -> Vec<DetectedDot> {
        let dots = DotGrid::over(SIZE).centres.into_iter().enumerate();
        dots.map(|(dot, projector)| {
            let camera = observed.seen_at(falls.map(projector).expect("finite")).expect("finite");
            DetectedDot { dot, projector, camera, contrast: 0.1, agreement: 1.0 }
        })
        .collect()
    }

    #[test]
    fn exact_dots_give_the_exact_view_and_say_which_did_not_count() {
        let mut observed = observed_table();
        observed.balls = vec![TablePoint::new(0.6, 1.2)];
        let mut dots = seen(&falls(), &observed);
        let wrong = dots.iter().position(|dot| (dot.projector - ProjectorPoint::new(360.0, 200.0)).length() < 1.0);
        dots[wrong.expect("in the grid")].camera.x += 5.0;
        let solved = solve_projector(SIZE, &dots, &observed).expect("solved");
        let place = TablePoint::new(0.3, 2.0);
        let there = falls().map(solved.view.from_table.map(place).expect("finite")).expect("finite");
        assert!((there - place).length() < 1e-8);
        assert!(solved.rms_mm < 1e-6 && solved.worst_mm < 1e-6 && solved.reach > 0.99);
        assert!(!solved.mirrored && !solved.upside_down);
        let count = |why| solved.points.iter().filter(|point| point.unused == Some(why)).count();
        assert!(count(Unused::OffBed) > 10 && count(Unused::NearBall) <= 2);
        assert_eq!(count(Unused::Outlier), 1);
    }

    #[test]
    fn what_hinders_is_named() {
        let observed = observed_table();
        let all = seen(&falls(), &observed);
        let error = solve_projector(SIZE, &all[60..66], &observed).expect_err("too few");
        assert!(matches!(error, ProjectorError::TooFewDots { .. }), "{error}");
        let half: Vec<DetectedDot> = all.iter().filter(|dot| dot.camera.x > 600.0).copied().collect();
        let error = solve_projector(SIZE, &half, &observed).expect_err("half");
        assert!(matches!(error, ProjectorError::Uncovered { side: Side::Left, .. }), "{error}");
        let mut bent = all.clone();
        for (i, dot) in bent.iter_mut().enumerate() {
            dot.camera.x += 9.0 * (i as f64).sin();
            dot.camera.y += 9.0 * (i as f64 * 1.7).cos();
        }
        let error = solve_projector(SIZE, &bent, &observed).expect_err("bent");
        assert!(matches!(error, ProjectorError::PoorFit { .. }), "{error}");
        let small = Homography::<ProjectorPx, ProjectorPx>::from_matrix(Matrix3::new(
            0.5, 0.0, 20.0, 0.0, 0.5, 20.0, 0.0, 0.0, 1.0,
        ));
        let aside = seen(&small.expect("regular").then(&falls()), &observed);
        let error = solve_projector(SIZE, &aside, &observed).expect_err("aside");
        assert!(matches!(error, ProjectorError::Unreached { .. }), "{error}");
    }

    #[test]
    fn a_mirror_and_a_half_turn_are_told() {
        let observed = observed_table();
        for (across, down, told) in [(-1.0, 1.0, (true, false)), (1.0, -1.0, (true, true)), (-1.0, -1.0, (false, true))]
        {
            let from = |v: f64, length: f64| if v < 0.0 { length } else { 0.0 };
            let flip = Matrix3::new(across, 0.0, from(across, 1280.0), 0.0, down, from(down, 720.0), 0.0, 0.0, 1.0);
            let flip = Homography::<ProjectorPx, ProjectorPx>::from_matrix(flip).expect("regular");
            let solved = solve_projector(SIZE, &seen(&flip.then(&falls()), &observed), &observed).expect("solved");
            assert_eq!((solved.mirrored, solved.upside_down), told);
        }
    }
}
