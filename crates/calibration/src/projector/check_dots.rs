//! The proof of a calibration: dots projected at known places of the table, and where they are seen.

use super::{
    fit::median,
    light::Floats,
    sight::TableSight,
    solve::{is_reached, rms_and_worst},
    spot::Window,
};
use billiards_table::{LightDisc, PatternPicture, ProjectorPoint, ProjectorView, SensorPoint, TablePoint, TableVector};
use billiards_vision::VisionError;
use opencv::core::Mat;

/// The grid of places, across and along.
const GRID: (u32, u32) = (6, 11);
/// The outermost places lie so far inside the noses, metres: as near as a ball's contact point comes to them, nearly.
const INSET: f64 = 0.04;
/// Radius of a dot on the cloth, metres.
const RADIUS: f64 = 0.012;
/// A dot that is dimmer than this share of the usual one is half hidden.
const WHOLE: f64 = 0.4;
/// Two measurements of a dot that differ by more say that something passed, metres.
const STEADY: f64 = 0.001;
/// A place is compared with so many around it,
const NEIGHBOURS: usize = 5;
/// from which it may differ by this, millimetres: the noise of a dim dot, and what a map bends over a third of a metre.
const UNLIKE_MM: f64 = 1.5;

/// Dots at places of the table, in two halves like the fields of a chessboard: each half is the other's dark picture.
#[derive(Debug, Clone)]
pub struct CheckDots {
    view: ProjectorView,
    dots: Vec<CheckDot>,
}

#[derive(Debug, Clone, Copy)]
struct CheckDot {
    place: TablePoint,
    projector: ProjectorPoint,
    radius: f64,
    /// Where it should be seen, and how large.
    camera: SensorPoint,
    camera_radius: f64,
    first_half: bool,
}

/// A place where a dot was projected to, and where it fell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedPoint {
    /// The place.
    pub place: TablePoint,
    /// Where the camera saw the dot, pixels of the delivered picture.
    pub camera: SensorPoint,
    /// By how much it fell beside its place, by the camera's calibration: millimetres, x and y.
    pub error_mm: [f64; 2],
}

/// What came out of the check.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReport {
    /// Place by place; those that balls hide are left out.
    pub points: Vec<CheckedPoint>,
    /// Seen errors, root mean square, millimetres.
    pub rms_mm: f64,
    /// The largest seen error, millimetres.
    pub worst_mm: f64,
    /// Expected true error, root mean square over the places, millimetres: the seen one and that of the camera, which the
    /// check cannot see.
    pub expected_mm: f64,
    /// The same at the worst of the places, millimetres; never below [`CheckReport::expected_mm`].
    pub expected_worst_mm: f64,
    /// Share of the places at which two measurements agreed.
    pub steady: f64,
}

impl CheckDots {
    /// Dots at even places of the bed that the light reaches and no ball hides.
    #[must_use]
    pub fn over(view: &ProjectorView, sight: &TableSight) -> Self {
        let columns = GRID.0 as usize;
        let dots = sight.grid(GRID.0, GRID.1, INSET).into_iter().enumerate().filter_map(|(i, place)| {
            let (projector, camera) = (view.from_table.map(place)?, sight.seen_at(place)?);
            let beside = place + TableVector::new(RADIUS, 0.0);
            let radius = (view.from_table.map(beside)? - projector).length();
            let camera_radius = (sight.seen_at(beside)? - camera).length();
            let visible = is_reached(view, place) && sight.on_bed(camera, 0.5 * INSET) && !sight.near_ball(camera);
            let first_half = (i % columns + i / columns).is_multiple_of(2);
            visible.then_some(CheckDot { place, projector, radius, camera, camera_radius, first_half })
        });
        Self { view: *view, dots: dots.collect() }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dots.is_empty()
    }

    /// The picture of one half.
    #[must_use]
    pub fn picture(&self, first_half: bool, level: u8) -> PatternPicture {
        let mut picture = PatternPicture::dots(self.view.size, [], 0.0, level);
        let half = self.dots.iter().filter(|dot| dot.first_half == first_half);
        picture.discs.extend(half.map(|dot| LightDisc { centre: dot.projector, radius: dot.radius, level }));
        picture
    }

    /// Measures the dots twice: from pairs of light ([`light`](super::light::light)) of the first half and the second.
    ///
    /// # Errors
    /// The pictures differ in size, or OpenCV fails.
    pub fn read(&self, pairs: &[(Mat, Mat); 2], sight: &TableSight) -> Result<CheckReport, VisionError> {
        let once = self.measure(&pairs[0])?;
        let again = self.measure(&pairs[1])?;
        let mut points = Vec::new();
        for (dot, seen) in self.dots.iter().zip(once.iter().zip(&again)) {
            let (Some(a), Some(b)) = seen else { continue };
            let camera = a.lerp(*b, 0.5);
            let placed = sight.place(*a).zip(sight.place(*b)).zip(sight.place(camera));
            let Some((_, there)) = placed.filter(|((a, b), _)| (*a - *b).length() < STEADY) else { continue };
            let error_mm = [1e3 * (there.x - dot.place.x), 1e3 * (there.y - dot.place.y)];
            points.push(CheckedPoint { place: dot.place, camera, error_mm });
        }
        let points = without_shaded(points);
        let seen = |point: &CheckedPoint| point.error_mm[0].hypot(point.error_mm[1]);
        let expected = |point: &CheckedPoint| seen(point).hypot(sight.camera_error_mm(point.place));
        let (rms_mm, worst_mm) = rms_and_worst(points.iter().map(seen));
        let (expected_mm, expected_worst_mm) = rms_and_worst(points.iter().map(expected));
        let steady = points.len() as f64 / self.dots.len().max(1) as f64;
        Ok(CheckReport { points, rms_mm, worst_mm, expected_mm, expected_worst_mm, steady })
    }

    /// Where each dot is seen, as far as it is.
    fn measure(&self, (first, second): &(Mat, Mat)) -> Result<Vec<Option<SensorPoint>>, VisionError> {
        let (first, second) = (Floats::of(first)?, Floats::of(second)?);
        let windows: Vec<Option<Window>> = self
            .dots
            .iter()
            .map(|dot| {
                let (on, off) = if dot.first_half { (&first, &second) } else { (&second, &first) };
                Window::around(dot.camera, dot.camera_radius, |x, y| Some(on.get(x, y)? - off.get(x, y)?))
            })
            .collect();
        let contrast = |dot: &CheckDot, window: &Window| {
            window.middle(dot.camera, dot.camera_radius).map(|p| (p, window.contrast(p, dot.camera_radius)))
        };
        let seen: Vec<Option<(SensorPoint, f64)>> =
            self.dots.iter().zip(&windows).map(|(dot, window)| contrast(dot, window.as_ref()?)).collect();
        let usual = median(seen.iter().flatten().map(|(_, contrast)| *contrast).collect());
        Ok(seen.into_iter().map(|seen| seen.filter(|(_, v)| *v > WHOLE * usual).map(|(p, _)| p)).collect())
    }
}

/// Leaves out places whose error is unlike those around them: a map of a plane errs alike at neighbouring places, so
/// something shades or hides part of the dot there.
fn without_shaded(points: Vec<CheckedPoint>) -> Vec<CheckedPoint> {
    let alone = |point: &CheckedPoint| {
        let mut others: Vec<&CheckedPoint> = points.iter().filter(|other| other.place != point.place).collect();
        others.sort_by(|a, b| (a.place - point.place).length().total_cmp(&(b.place - point.place).length()));
        let around = |i: usize| median(others.iter().take(NEIGHBOURS).map(|other| other.error_mm[i]).collect());
        (point.error_mm[0] - around(0)).hypot(point.error_mm[1] - around(1)) > UNLIKE_MM
    };
    points.iter().filter(|point| !alone(point)).copied().collect()
}

/// By how much a former calibration would miss these places, if light falls as `now` says: root mean square and worst,
/// millimetres. `None` where it says nothing of them.
#[must_use]
pub fn former_miss(former: &ProjectorView, now: &ProjectorView, places: &[TablePoint]) -> Option<(f64, f64)> {
    let falls = now.from_table.inverse();
    let misses: Option<Vec<f64>> = places
        .iter()
        .map(|place| {
            let aimed = former.from_table.map(*place)?;
            falls.map(aimed).map(|there| 1e3 * (there - *place).length())
        })
        .collect();
    (former.size == now.size).then(|| misses.map(|misses| rms_and_worst(misses.into_iter())))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{centred_corners, projector::sight::testing::sight, projector_view};
    use billiards_table::{FrameSize, TableKind};

    fn report(errors: impl Fn(usize) -> [f64; 2]) -> Vec<CheckedPoint> {
        let places = sight().grid(6, 11, 0.04).into_iter().enumerate();
        let at = |(i, place)| CheckedPoint { place, camera: SensorPoint::origin(), error_mm: errors(i) };
        without_shaded(places.map(at).collect())
    }

    #[test]
    fn a_single_dot_that_is_off_is_shaded_and_a_map_that_is_off_is_not() {
        assert_eq!(report(|i| [if i == 20 { 4.0 } else { 0.2 }, 0.1]).len(), 65);
        assert_eq!(report(|i| [0.5 * (i / 6) as f64, 3.0]).len(), 66);
    }

    #[test]
    fn balls_are_left_out_and_the_halves_make_up_the_whole() {
        let size = FrameSize { width: 1280, height: 720 };
        let table = TableKind::NineFoot.spec();
        let view = projector_view(size, &centred_corners(size, &table), &table).expect("a view");
        let mut sight = sight();
        let all = CheckDots::over(&view, &sight);
        assert!((40..=66).contains(&all.len()) && !all.is_empty());
        let halves = [true, false].map(|half| all.picture(half, 200).discs.len());
        assert!(halves[0] + halves[1] == all.len() && halves[0].abs_diff(halves[1]) < 6);
        sight.balls = sight.grid(6, 11, 0.04).into_iter().take(12).collect();
        assert!(CheckDots::over(&view, &sight).len() <= all.len() - 8);
    }

    #[test]
    fn a_former_calibration_is_compared_on_the_table() {
        let size = FrameSize { width: 1280, height: 720 };
        let table = TableKind::NineFoot.spec();
        let corners = centred_corners(size, &table);
        let now = projector_view(size, &corners, &table).expect("a view");
        let former =
            projector_view(size, &corners.map(|p| ProjectorPoint::new(p.x + 4.5, p.y)), &table).expect("a view");
        let (rms, worst) = former_miss(&former, &now, &sight().grid(3, 5, 0.1)).expect("compared");
        let millimetres = 4.5 * 2540.0 / (corners[1].x - corners[0].x);
        assert!((rms - millimetres).abs() < 1e-6 && (worst - millimetres).abs() < 1e-6);
        let other = ProjectorView { size: FrameSize { width: 640, height: 360 }, ..now };
        assert_eq!(former_miss(&other, &now, &[]), None);
    }
}
