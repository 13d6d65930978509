//! Drift detection: checks that the projector's light still falls where it should. Pure.

use crate::projector::median;
use billiards_table::{CameraView, TablePoint, TableVector};
use billiards_vision::DetectedRing;
use std::{collections::VecDeque, time::Duration};

/// Minimum offset of light that counts as off, metres: people notice it.
const MIN_DRIFT: f64 = 0.004;
/// Maximum offset of light that is within tolerance again, metres.
const TOLERANCE: f64 = 0.003;
/// Minimum time for which light must be off, or within tolerance again, before that is reported: somebody who leans on
/// the table causes no drift.
const MIN_DURATION: Duration = Duration::from_secs(2);
/// Maximum time between two observations that is counted; a longer gap says nothing of what happened in between.
const MAX_GAP: Duration = Duration::from_millis(700);
/// Time for which a ring counts after its last measurement, however many newer rings there are.
const MEMORY: Duration = Duration::from_secs(4);
/// Number of the newest rings that count until [`LONG_MEMORY`] has passed: in ordinary play two rings are measured at a
/// time, for the few seconds in which somebody aims, and then the next two elsewhere.
const MIN_COUNTED: usize = 4;
/// Maximum age of a measurement of a ring that counts.
const LONG_MEMORY: Duration = Duration::from_secs(180);
/// Minimum number of measurements of a ring before it counts.
const MIN_LOOKS: usize = 4;
/// Maximum number of measurements of a ring that count.
const MAX_LOOKS: usize = 12;
/// Minimum number of rings that a decision needs: one may lie on a fold, or be mistaken for something else.
const MIN_RINGS: usize = 2;
/// Distance between expected centres below which two measurements are of the same ring, metres: a ball's position
/// varies as it is located repeatedly.
const MAX_SAME_DISTANCE: f64 = 0.005;
/// Minimum distance between the centres of two rings that count as independent measurements, metres.
const MIN_RING_DISTANCE: f64 = 0.05;
/// Minimum ratio of the mean shift's length to the median length of the shifts for a uniform drift; below it, light is
/// off in different directions in different places.
const MIN_EVENNESS: f64 = 0.7;

/// Drift of the projector's light from where it should fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// Offset on the table, metres: the mean over the table, or the largest if the offset differs from place to place.
    pub by: TableVector,
    /// `true` if the offset is the same everywhere: the picture is shifted, neither turned nor zoomed.
    pub even: bool,
}

impl Drift {
    /// Describes the drift for the operator: size, direction as seen in the camera's picture, and what helps.
    #[must_use]
    pub fn words(&self, view: &CameraView) -> String {
        let mm = 1e3 * self.by.length();
        if !self.even {
            return format!(
                "the projector's light lies up to {mm:.0} mm off, in different directions in different places: the \
                 projector was turned or zoomed; calibrate again"
            );
        }
        let direction_words = direction(self.by, view).unwrap_or("beside");
        format!("the projector's light lies {mm:.0} mm {direction_words} where it belongs: calibrate again")
    }
}

/// Returns the direction of an offset at the middle of the camera's picture, in words.
fn direction(by: TableVector, view: &CameraView) -> Option<&'static str> {
    const DIRECTIONS: [&str; 8] = [
        "to the right of",
        "to the bottom right of",
        "below",
        "to the bottom left of",
        "to the left of",
        "to the top left of",
        "above",
        "to the top right of",
    ];
    let middle = euclid::point2(0.5 * f64::from(view.size.width), 0.5 * f64::from(view.size.height));
    let there = view.bed_in_picture(view.bed_at(middle)? + by)? - middle;
    let eighths = (there.y.atan2(there.x) / std::f64::consts::FRAC_PI_4).round() as i32;
    DIRECTIONS.get(eighths.rem_euclid(8) as usize).copied()
}

/// Drift detector for one calibration; create a new one for the next.
#[derive(Debug, Clone, Default)]
pub struct DriftDetector {
    rings: Vec<Ring>,
    last: Option<Duration>,
    /// Time for which the light has been off.
    off_for: Duration,
    /// Time for which the light has been within tolerance.
    fits_for: Duration,
    drift: Option<Drift>,
}

/// A ring of light with its repeated measurements.
#[derive(Debug, Clone)]
struct Ring {
    place: TablePoint,
    seen: VecDeque<(Duration, TableVector)>,
}

impl DriftDetector {
    /// Records the rings measured in a frame of this time. A frame without rings changes nothing.
    pub fn observe(&mut self, time: Duration, seen: &[DetectedRing]) {
        if seen.is_empty() {
            return;
        }
        let passed = self.last.map_or(Duration::ZERO, |last| time.saturating_sub(last)).min(MAX_GAP);
        self.last = Some(time);
        for ring in seen {
            let known = self.rings.iter_mut().find(|known| (known.place - ring.place).length() < MAX_SAME_DISTANCE);
            match known {
                Some(known) => known.take(time, ring),
                None => {
                    let mut new = Ring { place: ring.place, seen: VecDeque::new() };
                    new.take(time, ring);
                    self.rings.push(new);
                }
            }
        }
        for ring in &mut self.rings {
            ring.seen.retain(|(then, _)| *then + LONG_MEMORY >= time);
        }
        self.rings.retain(|ring| !ring.seen.is_empty());
        let shifts = self.shifts(time);
        let share = |count: usize| count >= MIN_RINGS && 2 * count >= shifts.len();
        if share(shifts.iter().filter(|shift| shift.length() > MIN_DRIFT).count()) {
            (self.off_for, self.fits_for) = (self.off_for + passed, Duration::ZERO);
            if self.off_for >= MIN_DURATION {
                self.drift = Some(drift_of(&shifts));
            }
        } else if share(shifts.iter().filter(|shift| shift.length() < TOLERANCE).count()) {
            (self.off_for, self.fits_for) = (Duration::ZERO, self.fits_for + passed);
            if self.fits_for >= MIN_DURATION {
                self.drift = None;
            }
        }
    }

    /// Returns the drift, if the light is off.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        self.drift
    }

    /// Returns the median shifts of the rings that count at this time, newest first.
    fn shifts(&self, time: Duration) -> Vec<TableVector> {
        let mut rings: Vec<&Ring> = self.rings.iter().filter(|ring| ring.seen.len() >= MIN_LOOKS).collect();
        rings.sort_by_key(|ring| std::cmp::Reverse(ring.newest()));
        let mut counted: Vec<&Ring> = Vec::new();
        for ring in rings {
            let apart = counted.iter().all(|other| (other.place - ring.place).length() > MIN_RING_DISTANCE);
            if apart && (counted.len() < MIN_COUNTED || ring.newest() + MEMORY >= time) {
                counted.push(ring);
            }
        }
        counted.into_iter().map(Ring::usual).collect()
    }
}

impl Ring {
    fn take(&mut self, time: Duration, ring: &DetectedRing) {
        if self.seen.len() == MAX_LOOKS {
            self.seen.pop_front();
        }
        self.seen.push_back((time, ring.offset));
    }

    /// Returns the time of the newest measurement.
    fn newest(&self) -> Duration {
        self.seen.back().map_or(Duration::ZERO, |(then, _)| *then)
    }

    fn usual(&self) -> TableVector {
        let part = |of: fn(&TableVector) -> f64| median(self.seen.iter().map(|(_, offset)| of(offset)).collect());
        TableVector::new(part(|offset| offset.x), part(|offset| offset.y))
    }
}

fn drift_of(shifts: &[TableVector]) -> Drift {
    let mean = shifts.iter().fold(TableVector::zero(), |sum, shift| sum + *shift) / shifts.len() as f64;
    let usual = median(shifts.iter().map(|shift| shift.length()).collect());
    if mean.length() >= MIN_EVENNESS * usual {
        return Drift { by: mean, even: true };
    }
    let largest = shifts.iter().copied().max_by(|a, b| a.length().total_cmp(&b.length()));
    Drift { by: largest.unwrap_or(mean), even: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{FrameSize, Homography};
    use nalgebra::Matrix3;

    /// Returns a view in which the table lies across the picture: x of the table runs down, y to the right.
    fn view() -> CameraView {
        let plane = Homography::from_matrix(Matrix3::new(0., 0.002, 0., 0.002, 0., 0., 0., 0., 1.)).expect("regular");
        CameraView::flat(FrameSize { width: 1280, height: 720 }, plane)
    }

    /// Observes rings in a row, each off by the result of `off_mm` for the numbers of the ring and of the look; returns
    /// the time at which the drift changes.
    fn watched(
        watch: &mut DriftDetector,
        looks: std::ops::Range<u64>,
        rings: u32,
        off_mm: impl Fn(u32, u64) -> (f64, f64),
    ) -> Option<Duration> {
        for look in looks {
            let seen: Vec<DetectedRing> = (0..rings)
                .map(|i| {
                    let offset = TableVector::from(off_mm(i, look)) * 1e-3;
                    DetectedRing { place: TablePoint::new(0.3, 0.3 + 0.4 * f64::from(i)), offset, share: 0.9 }
                })
                .collect();
            let before = watch.drift().is_some();
            watch.observe(Duration::from_millis(333 * look), &seen);
            // Most frames have no measurements.
            watch.observe(Duration::from_millis(333 * look + 33), &[]);
            if watch.drift().is_some() != before {
                return Some(Duration::from_millis(333 * look));
            }
        }
        None
    }

    #[test]
    fn light_that_stays_off_is_reported_with_its_size_and_direction() {
        for (offset, direction_words) in [
            ((0.0, -7.0), "7 mm to the left of"),
            ((0.0, 8.2), "8 mm to the right of"),
            ((-5.0, 0.4), "5 mm above where"),
            ((6.0, 6.0), "8 mm to the bottom right of"),
        ] {
            let mut watch = DriftDetector::default();
            assert_eq!(watched(&mut watch, 0..200, 3, |_, look| (0.4 * (look % 3) as f64, 0.3)), None);
            let wobble = |look: u64| 0.5 * ((look % 3) as f64 - 1.0);
            let reported_at =
                watched(&mut watch, 200..240, 3, |_, look| (offset.0 + wobble(look), offset.1)).expect("reported");
            let after = reported_at.saturating_sub(Duration::from_millis(333 * 200));
            assert!((MIN_DURATION..3 * MIN_DURATION).contains(&after), "{after:?}");
            let drift = watch.drift().expect("reported");
            assert!((drift.by * 1e3 - TableVector::from(offset)).length() < 0.6 && drift.even, "{drift:?}");
            assert!(drift.words(&view()).contains(direction_words), "{}", drift.words(&view()));
            let fits = watched(&mut watch, 240..300, 3, |_, _| (0.5, 0.0)).expect("withdrawn");
            assert!(fits < Duration::from_millis(333 * 265), "{fits:?}");
        }
    }

    #[test]
    fn what_passes_or_is_seen_of_one_ring_alone_is_not_reported() {
        let mut watch = DriftDetector::default();
        let lean = |_, look| if (60..63).contains(&look) { (20.0, 0.0) } else { (0.5, 0.0) };
        assert_eq!(watched(&mut watch, 0..200, 4, lean), None);
        assert_eq!(watched(&mut DriftDetector::default(), 0..200, 1, |_, _| (9.0, 0.0)), None);
        // One of three is mistaken for something else; one in four looks goes wrong.
        let one = |i, _| if i == 1 { (9.0, 0.0) } else { (0.5, 0.0) };
        assert_eq!(watched(&mut DriftDetector::default(), 0..200, 3, one), None);
        let some = |_, look| if look % 4 == 0 { (15.0, 0.0) } else { (0.5, 0.0) };
        assert_eq!(watched(&mut DriftDetector::default(), 0..200, 3, some), None);
        // Looks that are minutes apart say nothing of the time between.
        let mut watch = DriftDetector::default();
        for look in 0..3 {
            let place = |i: u32| TablePoint::new(0.3, f64::from(i));
            let seen =
                [0, 1].map(|i| DetectedRing { place: place(i), offset: TableVector::new(0.009, 0.0), share: 1.0 });
            watch.observe(Duration::from_secs(60 * look), &seen);
        }
        assert_eq!(watch.drift(), None);
    }

    #[test]
    fn two_rings_at_a_time_tell_within_a_few_aims() {
        let mut watch = DriftDetector::default();
        // Every fifteen seconds somebody aims for two and a half at two other balls; after the fourth aim the projector is
        // knocked.
        let reported = (0..12_u64).find(|aim| {
            let offset = if *aim < 4 { TableVector::new(0.0004, 0.0) } else { TableVector::new(0.0, 0.008) };
            for look in 0..8 {
                let place = |i: u32| TablePoint::new(0.2 + 0.08 * *aim as f64, 0.4 + f64::from(i));
                let seen = [0, 1].map(|i| DetectedRing { place: place(i), offset, share: 0.8 });
                watch.observe(Duration::from_millis(15_000 * aim + 310 * look), &seen);
            }
            watch.drift().is_some()
        });
        assert!(matches!(reported, Some(4..=6)), "{reported:?}");
        assert!((watch.drift().expect("reported").by - TableVector::new(0.0, 0.008)).length() < 1e-6);
    }

    #[test]
    fn a_zoom_is_reported_though_its_mean_is_zero() {
        let mut watch = DriftDetector::default();
        watched(&mut watch, 0..40, 4, |i, _| (0.0, 6.0 * (f64::from(i) - 1.5))).expect("reported");
        let drift = watch.drift().expect("reported");
        assert!(!drift.even && (drift.by.length() - 0.009).abs() < 1e-6, "{drift:?}");
        assert!(drift.words(&view()).contains("up to 9 mm") && drift.words(&view()).contains("zoomed"));
    }
}
