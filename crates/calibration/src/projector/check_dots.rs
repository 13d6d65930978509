//! Verification of a calibration: dots are projected at known places of the table and measured with the camera.

use super::{
    fit::median,
    light::Floats,
    observed_table::ObservedTable,
    solve::{is_reached, rms_and_worst},
    spot::Window,
};
use billiards_table::{LightDisc, PatternPicture, ProjectorPoint, ProjectorView, SensorPoint, TablePoint, TableVector};
use billiards_vision::VisionError;
use opencv::core::Mat;

/// Number of places, across and along the table.
const GRID: (u32, u32) = (6, 11);
/// Distance of the outermost places from the noses, metres: nearly as close as a ball's contact point comes to them.
const INSET: f64 = 0.04;
/// Radius of a dot on the cloth, metres.
const RADIUS: f64 = 0.012;
/// Minimum brightness of a dot, as a share of the usual one; a dimmer dot is half hidden.
const WHOLE: f64 = 0.4;
/// Maximum difference of two measurements of a dot, metres; beyond it, something passed through the light.
const STEADY: f64 = 0.001;
/// Number of neighbouring places with which a place is compared.
const NEIGHBOURS: usize = 5;
/// Maximum difference of a place's error from that of its neighbours, millimetres: the noise of a dim dot, and the
/// variation of a map's error over a third of a metre.
const UNLIKE_MM: f64 = 1.5;

/// Dots at places of the table, in two halves like the squares of a chessboard: each half is the other's dark picture.
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
    /// Expected centre in the delivered camera picture, pixels.
    camera: SensorPoint,
    /// Expected radius in the delivered camera picture, pixels.
    camera_radius: f64,
    first_half: bool,
}

/// A place at which a dot was projected, and the position where it fell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedPoint {
    /// Intended place on the table, metres.
    pub place: TablePoint,
    /// Position of the dot in the delivered camera picture, pixels.
    pub camera: SensorPoint,
    /// Offset of the dot from its place by the camera's calibration, millimetres: x and y.
    pub error_mm: [f64; 2],
}

/// Result of the check.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReport {
    /// Checked places, without those that are hidden or shaded or whose measurements disagree.
    pub points: Vec<CheckedPoint>,
    /// Measured error, root mean square, millimetres.
    pub rms_mm: f64,
    /// Largest measured error, millimetres.
    pub worst_mm: f64,
    /// Expected true error, root mean square over the places, millimetres: the measured error combined with that of the
    /// camera, which the check cannot measure.
    pub expected_mm: f64,
    /// Expected true error at the worst of the places, millimetres; never below [`CheckReport::expected_mm`].
    pub expected_worst_mm: f64,
    /// Share of the places at which two measurements agreed, 0 to 1.
    pub steady: f64,
}

impl CheckDots {
    /// Creates dots at evenly spaced places of the bed that the light reaches and no ball hides.
    #[must_use]
    pub fn over(view: &ProjectorView, observed: &ObservedTable) -> Self {
        let columns = GRID.0 as usize;
        let dots = observed.grid(GRID.0, GRID.1, INSET).into_iter().enumerate().filter_map(|(i, place)| {
            let (projector, camera) = (view.from_table.map(place)?, observed.seen_at(place)?);
            let beside = place + TableVector::new(RADIUS, 0.0);
            let radius = (view.from_table.map(beside)? - projector).length();
            let camera_radius = (observed.seen_at(beside)? - camera).length();
            let visible =
                is_reached(view, place) && observed.on_bed(camera, 0.5 * INSET) && !observed.near_ball(camera);
            let first_half = (i % columns + i / columns).is_multiple_of(2);
            visible.then_some(CheckDot { place, projector, radius, camera, camera_radius, first_half })
        });
        Self { view: *view, dots: dots.collect() }
    }

    /// Returns the number of dots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dots.len()
    }

    /// Returns whether there are no dots.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dots.is_empty()
    }

    /// Returns the picture of one half of the dots.
    #[must_use]
    pub fn picture(&self, first_half: bool, level: u8) -> PatternPicture {
        let mut picture = PatternPicture::dots(self.view.size, [], 0.0, level);
        let half = self.dots.iter().filter(|dot| dot.first_half == first_half);
        picture.discs.extend(half.map(|dot| LightDisc { centre: dot.projector, radius: dot.radius, level }));
        picture
    }

    /// Measures the dots twice, from two pairs of light ([`light`](super::light::light)) of the first and the second
    /// half.
    ///
    /// # Errors
    /// The pictures differ in size, or OpenCV fails.
    pub fn read(&self, pairs: &[(Mat, Mat); 2], observed: &ObservedTable) -> Result<CheckReport, VisionError> {
        let once = self.measure(&pairs[0])?;
        let again = self.measure(&pairs[1])?;
        let mut points = Vec::new();
        for (dot, seen) in self.dots.iter().zip(once.iter().zip(&again)) {
            let (Some(a), Some(b)) = seen else { continue };
            let camera = a.lerp(*b, 0.5);
            let placed = observed.place(*a).zip(observed.place(*b)).zip(observed.place(camera));
            let Some((_, there)) = placed.filter(|((a, b), _)| (*a - *b).length() < STEADY) else { continue };
            let error_mm = [1e3 * (there.x - dot.place.x), 1e3 * (there.y - dot.place.y)];
            points.push(CheckedPoint { place: dot.place, camera, error_mm });
        }
        let points = without_shaded(points);
        let seen = |point: &CheckedPoint| point.error_mm[0].hypot(point.error_mm[1]);
        let expected = |point: &CheckedPoint| seen(point).hypot(observed.camera_error_mm(point.place));
        let (rms_mm, worst_mm) = rms_and_worst(points.iter().map(seen));
        let (expected_mm, expected_worst_mm) = rms_and_worst(points.iter().map(expected));
        let steady = points.len() as f64 / self.dots.len().max(1) as f64;
        Ok(CheckReport { points, rms_mm, worst_mm, expected_mm, expected_worst_mm, steady })
    }

    /// Returns the position of each dot in the delivered picture; `None` for dots that are not detected.
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

/// Removes places whose error differs from that of their neighbours: a map of a plane has similar errors at
/// neighbouring places, so something shades or hides part of the dot there.
fn without_shaded(points: Vec<CheckedPoint>) -> Vec<CheckedPoint> {
    let alone = |point: &CheckedPoint| {
        let mut others: Vec<&CheckedPoint> = points.iter().filter(|other| other.place != point.place).collect();
        others.sort_by(|a, b| (a.place - point.place).length().total_cmp(&(b.place - point.place).length()));
        let around = |i: usize| median(others.iter().take(NEIGHBOURS).map(|other| other.error_mm[i]).collect());
        (point.error_mm[0] - around(0)).hypot(point.error_mm[1] - around(1)) > UNLIKE_MM
    };
    points.iter().filter(|point| !alone(point)).copied().collect()
}

/// Returns the error of a former calibration at these places, given that light falls as by `now`: root mean square and
/// worst, millimetres. `None` if the two are for pictures of different sizes, or a place cannot be mapped.
#[must_use]
pub fn former_error_mm(former: &ProjectorView, now: &ProjectorView, places: &[TablePoint]) -> Option<(f64, f64)> {
    let falls = now.from_table.inverse();
    let errors: Option<Vec<f64>> = places
        .iter()
        .map(|place| {
            let aimed = former.from_table.map(*place)?;
            falls.map(aimed).map(|there| 1e3 * (there - *place).length())
        })
        .collect();
    (former.size == now.size).then(|| errors.map(|errors| rms_and_worst(errors.into_iter())))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{centred_corners, projector::observed_table::testing::observed_table, projector_view};
    use billiards_table::{FrameSize, TableKind};

    fn report(errors: impl Fn(usize) -> [f64; 2]) -> Vec<CheckedPoint> {
        let places = observed_table().grid(6, 11, 0.04).into_iter().enumerate();
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
        let table = TableKind::NINE_FOOT.spec();
        let view = projector_view(size, &centred_corners(size, &table), &table).expect("a view");
        let mut observed = observed_table();
        let all = CheckDots::over(&view, &observed);
        assert!((40..=66).contains(&all.len()) && !all.is_empty());
        let halves = [true, false].map(|half| all.picture(half, 200).discs.len());
        assert!(halves[0] + halves[1] == all.len() && halves[0].abs_diff(halves[1]) < 6);
        observed.balls = observed.grid(6, 11, 0.04).into_iter().take(12).collect();
        assert!(CheckDots::over(&view, &observed).len() <= all.len() - 8);
    }

    #[test]
    fn a_former_calibration_is_compared_on_the_table() {
        let size = FrameSize { width: 1280, height: 720 };
        let table = TableKind::NINE_FOOT.spec();
        let corners = centred_corners(size, &table);
        let now = projector_view(size, &corners, &table).expect("a view");
        let former =
            projector_view(size, &corners.map(|p| ProjectorPoint::new(p.x + 4.5, p.y)), &table).expect("a view");
        let (rms, worst) = former_error_mm(&former, &now, &observed_table().grid(3, 5, 0.1)).expect("compared");
        let millimetres = 4.5 * 2540.0 / (corners[1].x - corners[0].x);
        assert!((rms - millimetres).abs() < 1e-6 && (worst - millimetres).abs() < 1e-6);
        let other = ProjectorView { size: FrameSize { width: 640, height: 360 }, ..now };
        assert_eq!(former_error_mm(&other, &now, &[]), None);
    }
}
