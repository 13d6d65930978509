//! Speed and direction of a stroke, fitted to the cue ball's sightings between its resting place and its first contact.
//!
//! The path is a straight line. Along it the ball slows down: it slides at first and rolls later, so the deceleration
//! is a parameter of the fit with a prior rather than a constant. The fit is least squares over all sightings, not the
//! difference of the first two, because the first sighting may be of a ball that was struck in the middle of the
//! exposure, and because many recordings do not space their frames evenly.

use billiards_table::{TablePoint, TableVector};
use nalgebra::{Matrix2, Matrix3, SymmetricEigen, Vector2, Vector3};

/// Standard deviation of a sharp sighting, metres.
const SHARP_NOISE: f64 = 0.001;
/// Standard deviation of a motion-blurred sighting, metres.
const BLURRED_NOISE: f64 = 0.003;
/// Standard deviation of the time between the frames of a recording, seconds: many do not record when a picture was
/// taken.
const TIME_NOISE: f64 = 0.005;
/// Standard deviation along the path of the first sighting, as a ratio of the step to the second: the ball may have
/// been struck in the middle of the exposure.
const FIRST_STEP_RATIO: f64 = 0.08;
/// Mean of the prior of the deceleration, m/s²: a sliding ball loses about 2 m/s² (friction 0.2), a rolling one 0.1
/// m/s².
pub const DECELERATION: f64 = 1.2;
/// Standard deviation of the prior of the deceleration, m/s².
const DECELERATION_SPREAD: f64 = 0.7;
/// Maximum time after the first sighting of those that determine the speed, seconds: later the ball may roll, and lose
/// less of it.
const SPEED_TIME: f64 = 0.25;
/// Minimum number of sightings that determine the speed, however long they take.
const MIN_SPEED_SIGHTINGS: usize = 4;
/// Minimum number of sightings with which the speed needs no lower bound: unevenly spaced frames make that too high.
const MIN_UNBOUND_SIGHTINGS: usize = 3;
/// Number of iterations in which the weights of the sightings are adapted to their residuals.
const REWEIGHTINGS: usize = 3;
/// Residual above which a sighting has less weight (Huber's estimator), in standard deviations.
const HUBER: f64 = 1.5;

/// One sighting of a ball.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sighting {
    /// Time of the frame, seconds on the source's clock.
    pub time: f64,
    /// Centre, metres, unfiltered.
    pub position: TablePoint,
    /// `true` if the ball is smeared by its motion.
    pub blurred: bool,
}

impl Sighting {
    /// Returns the standard deviation of the position along each axis, metres.
    #[must_use]
    pub fn noise(&self) -> f64 {
        if self.blurred { BLURRED_NOISE } else { SHARP_NOISE }
    }
}

/// Place in which a ball lay before it was struck, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestingPlace {
    /// A place from which the ball's path continues in a straight line, metres: its resting place, or the first
    /// sighting of a ball that was hidden until then.
    pub position: TablePoint,
    /// Standard deviation of that place along each axis, metres.
    pub noise: f64,
    /// Place in which the ball was last seen at rest, metres.
    pub seen: TablePoint,
    /// Time at which the ball was last seen at rest, seconds on the source's clock.
    pub seen_at: f64,
}

impl RestingPlace {
    /// Standard deviation of a place that is the mean of many sightings, metres.
    const SEEN_NOISE: f64 = 0.0008;

    /// Creates the resting place of a ball that was seen there.
    #[must_use]
    pub fn seen(position: TablePoint, seen_at: f64) -> Self {
        Self { position, noise: Self::SEEN_NOISE, seen: position, seen_at }
    }

    /// Creates the start of a path that reappeared with the sighting `first`, some time after the ball was seen at
    /// rest.
    #[must_use]
    pub fn hidden(first: &Sighting, seen: &Self) -> Self {
        Self { position: first.position, noise: first.noise(), ..*seen }
    }
}

/// A stroke fitted to sightings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StrokeFit {
    /// Time at which the ball left its resting place, seconds on the source's clock.
    pub start: f64,
    /// Speed at that time, m/s.
    pub speed: f64,
    /// Standard error of the speed, as a ratio of it; infinite if the sightings give only a lower bound.
    pub speed_error: f64,
    /// Direction of the stroke, a unit vector.
    pub direction: TableVector,
    /// Standard error of the direction, radians.
    pub direction_error: f64,
}

/// Fits a stroke of a ball that lay in `rest`, and was then seen in `path`, in order of time and all of it before the
/// first contact.
///
/// `None` if there is no sighting, or none beyond the noise of the resting place.
#[must_use]
pub fn fit_stroke(rest: RestingPlace, path: &[Sighting]) -> Option<StrokeFit> {
    let (direction, direction_error) = line(rest, path)?;
    let first = path.first()?;
    // Measured from where the ball was last seen at rest, or from the place on the line next to that.
    let origin = (first.position - rest.seen).dot(direction).max(0.0);
    let along: Vec<f64> =
        path.iter().map(|sighting| (sighting.position - first.position).dot(direction) + origin).collect();
    let first_way = *along.first()?;
    // The ball took less than this to travel to the first sighting.
    let longest = first.time - rest.seen_at;
    let least_speed = if longest > 0.0 { (first_way / longest).max(0.0) } else { 0.0 };
    let early =
        |(i, sighting): &(usize, &Sighting)| *i < MIN_SPEED_SIGHTINGS || sighting.time - first.time <= SPEED_TIME;
    let path: Vec<Sighting> = path.iter().enumerate().take_while(early).map(|(_, sighting)| *sighting).collect();
    let times: Vec<f64> = path.iter().map(|sighting| sighting.time - first.time).collect();
    let bound = StrokeFit {
        start: rest.seen_at.min(first.time),
        speed: least_speed,
        speed_error: f64::INFINITY,
        direction,
        direction_error,
    };
    let Some(motion) = Motion::fit(&times, &along, &path) else { return Some(bound) };
    let earliest = -longest.max(0.0);
    let since = motion.time_of_zero().clamp(earliest, 0.0);
    let speed = motion.speed + motion.deceleration * -since;
    let speed = if path.len() < MIN_UNBOUND_SIGHTINGS { speed.max(least_speed) } else { speed };
    if !(speed > 0.0 && speed.is_finite()) {
        return Some(bound);
    }
    Some(StrokeFit {
        start: first.time + since,
        speed,
        speed_error: motion.speed_error / speed,
        direction,
        direction_error,
    })
}

/// Returns the direction of the straight line through the resting place and the sightings, and its standard error: the
/// principal axis of the weighted points.
fn line(rest: RestingPlace, path: &[Sighting]) -> Option<(TableVector, f64)> {
    let points: Vec<(TablePoint, f64)> = std::iter::once((rest.position, rest.noise))
        .chain(path.iter().map(|sighting| (sighting.position, sighting.noise())))
        .collect();
    let axis = principal_axis(&points)?;
    let freedom = points.len() as f64 - 2.0;
    let excess = if freedom > 0.0 { (axis.residual / freedom).max(1.0) } else { 1.0 };
    Some((axis.direction, (excess / axis.lever).sqrt()))
}

/// Straight line through points that are known with some noise.
#[derive(Debug, Clone, Copy)]
pub(super) struct PrincipalAxis {
    /// Unit vector along the line, from the first point to the last.
    pub direction: TableVector,
    /// Sum of the squared distances of the points from their centre along the line, in units of their noise: the
    /// inverse square of the standard error of the direction.
    pub lever: f64,
    /// Sum of the squared distances of the points from the line, in units of their noise (χ²).
    pub residual: f64,
}

/// Returns the principal axis of points (place and standard deviation along each axis, metres); `None` for points
/// without one.
pub(super) fn principal_axis(points: &[(TablePoint, f64)]) -> Option<PrincipalAxis> {
    let (first, last) = (points.first()?, points.last()?);
    let chord = (last.0 - first.0).try_normalize().filter(|chord| chord.is_finite())?;
    let points = || points.iter().map(|(place, noise)| (noise.powi(-2), Vector2::new(place.x, place.y)));
    let total: f64 = points().map(|(weight, _)| weight).sum();
    let centre = points().fold(Vector2::zeros(), |sum, (weight, p)| sum + p * weight) / total;
    let spread = points().fold(Matrix2::zeros(), |sum, (weight, p)| {
        let offset = p - centre;
        sum + offset * offset.transpose() * weight
    });
    let eigen = SymmetricEigen::new(spread);
    let major = eigen.eigenvalues.imax();
    let axis = eigen.eigenvectors.column(major);
    let axis = TableVector::new(axis[0], axis[1]);
    let direction = if axis.dot(chord) < 0.0 { -axis } else { axis };
    let (lever, residual) = (eigen.eigenvalues[major], eigen.eigenvalues[1 - major]);
    (lever > 0.0 && lever.is_finite()).then_some(PrincipalAxis { direction, lever, residual })
}

/// Motion along the line: `offset + speed·t - deceleration·t²/2`, with `t` since the first sighting.
struct Motion {
    offset: f64,
    speed: f64,
    deceleration: f64,
    /// Standard error of the speed, m/s.
    speed_error: f64,
}

impl Motion {
    /// Fits the motion; `None` for fewer than two sightings.
    fn fit(times: &[f64], along: &[f64], path: &[Sighting]) -> Option<Self> {
        let (second, first) = (along.get(1)?, along.first()?);
        let (last, last_time) = (along.last()?, times.last()?);
        let usual_speed = if *last_time > 0.0 { (last - first).abs() / last_time } else { 0.0 };
        let first_noise = FIRST_STEP_RATIO * (second - first).abs();
        let mut noise: Vec<f64> =
            path.iter().map(|sighting| sighting.noise().hypot(TIME_NOISE * usual_speed)).collect();
        if let Some(of_first) = noise.first_mut() {
            *of_first = of_first.hypot(first_noise);
        }
        let mut motion = Self::least_squares(times, along, &noise)?;
        // Unevenly spaced frames scatter along the path by more than the noise of a sighting. Scaled by the observed
        // scatter, the sightings no longer overrule the prior of the deceleration; outliers have less weight.
        for _ in 0..REWEIGHTINGS {
            let residuals: Vec<f64> =
                times.iter().zip(along).zip(&noise).map(|((t, s), noise)| (s - motion.at(*t)) / noise).collect();
            let freedom = (path.len() as f64 - 2.0).max(1.0);
            let scale = (residuals.iter().map(|r| r * r).sum::<f64>() / freedom).sqrt().max(1.0);
            let scaled: Vec<f64> = residuals
                .iter()
                .zip(&noise)
                .map(|(residual, noise)| noise * scale * (residual.abs() / (HUBER * scale)).max(1.0).sqrt())
                .collect();
            motion = Self::least_squares(times, along, &scaled)?;
        }
        Some(motion)
    }

    /// Solves the weighted least squares with the prior of the deceleration; `noise` holds the standard deviations.
    fn least_squares(times: &[f64], along: &[f64], noise: &[f64]) -> Option<Self> {
        let prior = DECELERATION_SPREAD.powi(-2);
        let mut normal = Matrix3::zeros();
        let mut right = Vector3::zeros();
        normal[(2, 2)] += prior;
        right[2] += prior * DECELERATION;
        for ((t, s), noise) in times.iter().zip(along).zip(noise) {
            let row = Vector3::new(1.0, *t, -0.5 * t * t);
            let weight = noise.powi(-2);
            normal += row * row.transpose() * weight;
            right += row * (weight * s);
        }
        let covariance = normal.try_inverse()?;
        let solution = covariance * right;
        Some(Self {
            offset: solution[0],
            speed: solution[1],
            deceleration: solution[2],
            speed_error: covariance[(1, 1)].sqrt(),
        })
    }

    /// Returns the distance along the line at a time.
    fn at(&self, t: f64) -> f64 {
        self.offset + self.speed * t - 0.5 * self.deceleration * t * t
    }

    /// Returns the time at which the ball was in its resting place, seconds since the first sighting.
    fn time_of_zero(&self) -> f64 {
        // Newton's method on a parabola that is nearly straight here; two steps are exact to microseconds.
        let mut t = -self.offset / self.speed;
        for _ in 0..2 {
            t -= self.at(t) / (self.speed - self.deceleration * t);
        }
        if t.is_finite() { t } else { 0.0 }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: f64 = 0.04;
    const REST: TablePoint = TablePoint::new(0.6, 0.5);

    /// Returns sightings at some times after the strike of a ball that leaves at `speed` and slides.
    fn sightings(direction: TableVector, speed: f64, times: &[f64], noise: f64) -> Vec<Sighting> {
        times
            .iter()
            .enumerate()
            .map(|(i, t)| {
                let distance = speed * t - 0.5 * 1.96 * t * t;
                let side = if i % 2 == 0 { noise } else { -noise };
                let left = TableVector::new(-direction.y, direction.x);
                Sighting { time: 1.0 + t, position: REST + direction * distance + left * side, blurred: false }
            })
            .collect()
    }

    #[test]
    fn a_sliding_ball_is_measured_at_the_strike() {
        let direction = TableVector::new(0.6, 0.8);
        let path = sightings(direction, 2.5, &[0.015, 0.055, 0.095, 0.135, 0.175], 0.001);
        let fit = fit_stroke(RestingPlace::seen(REST, 0.975), &path).expect("a stroke");
        assert!((fit.speed - 2.5).abs() < 0.05 * 2.5, "{fit:?}");
        assert!((fit.start - 1.0).abs() < 0.005, "{fit:?}");
        assert!(fit.direction.cross(direction).abs() < 0.3_f64.to_radians(), "{fit:?}");
        assert!(fit.speed_error < 0.06 && fit.direction_error < 0.4_f64.to_radians(), "{fit:?}");
    }

    #[test]
    fn unevenly_spaced_frames_make_the_speed_doubtful_and_then_average_out() {
        let direction = TableVector::new(1.0, 0.0);
        // The recording says 40 ms a frame; the pictures were taken 20, 60, 40 ms apart.
        let truth = [0.02, 0.06, 0.12, 0.14, 0.20, 0.22, 0.28, 0.30, 0.36];
        let mut path = sightings(direction, 2.0, &truth, 0.0);
        for (i, sighting) in path.iter_mut().enumerate() {
            sighting.time = 1.02 + FRAME * i as f64;
        }
        let early = fit_stroke(RestingPlace::seen(REST, 0.98), &path[..4]).expect("a stroke");
        assert!(early.speed_error > 0.04, "{early:?}");
        let late = fit_stroke(RestingPlace::seen(REST, 0.98), &path).expect("a stroke");
        assert!((late.speed - 2.0).abs() < 0.2, "{late:?}");
    }

    #[test]
    fn one_sighting_gives_a_direction_and_a_lower_bound() {
        let path = sightings(TableVector::new(0.0, 1.0), 3.0, &[0.03], 0.0);
        let fit = fit_stroke(RestingPlace::seen(REST, 0.99), &path).expect("a stroke");
        assert!(fit.speed > 2.0 && fit.speed < 3.0 && fit.speed_error.is_infinite(), "{fit:?}");
        assert!(fit.direction.y > 0.999);
    }

    #[test]
    fn nothing_to_go_by_is_no_stroke() {
        assert_eq!(fit_stroke(RestingPlace::seen(REST, 0.0), &[]), None);
        let here = Sighting { time: 1.0, position: REST, blurred: false };
        assert_eq!(fit_stroke(RestingPlace::seen(REST, 0.0), &[here]), None);
    }

    /// Generates sightings anywhere on and around a table, up to `gap` seconds apart.
    pub fn any_sightings(count: std::ops::Range<usize>, gap: f64) -> impl Strategy<Value = Vec<Sighting>> {
        let place = (-1.0..3.0_f64, -1.0..3.0_f64, 0.0..gap, any::<bool>());
        proptest::collection::vec(place, count).prop_map(|places| {
            let mut time = 0.0;
            let sighting = |(x, y, dt, blurred)| {
                time += dt;
                Sighting { time, position: TablePoint::new(x, y), blurred }
            };
            places.into_iter().map(sighting).collect()
        })
    }

    proptest! {
        #[test]
        fn any_even_recording_is_measured(
            angle in 0.0..std::f64::consts::TAU,
            speed in 0.4..9.0_f64,
            phase in 0.0..1.0_f64,
            count in 4..9_usize,
            frame in 0.016..0.045_f64,
        ) {
            let direction = TableVector::new(angle.cos(), angle.sin());
            let times: Vec<f64> = (0..count).map(|i| frame * (i as f64 + phase)).collect();
            // A ball that stops within the recording is another matter.
            prop_assume!(speed > 1.96 * frame * count as f64);
            let path = sightings(direction, speed, &times, 0.0005);
            let rested_at = 1.0 - frame * (1.0 - phase);
            if let Some(fit) = fit_stroke(RestingPlace::seen(REST, rested_at), &path) {
                prop_assert!((fit.speed - speed).abs() < 0.1 * speed + 0.03, "{fit:?} for {speed}");
                prop_assert!(fit.start >= rested_at - 1e-9 && fit.start <= path[0].time + 1e-9);
            }
        }

        #[test]
        fn any_points_give_finite_numbers(path in any_sightings(1..12, 0.2)) {
            if let Some(fit) = fit_stroke(RestingPlace::seen(REST, 0.0), &path) {
                prop_assert!(fit.speed.is_finite() && fit.speed >= 0.0 && fit.start.is_finite());
                prop_assert!(fit.direction.is_finite() && (fit.direction.length() - 1.0).abs() < 1e-6);
            }
        }
    }
}
