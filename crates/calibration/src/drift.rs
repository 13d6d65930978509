//! Whether the projector's light still falls where it belongs. Pure.

use crate::projector::median;
use billiards_table::{CameraView, TablePoint, TableVector};
use billiards_vision::RingSeen;
use std::{collections::VecDeque, time::Duration};

/// Light that lies further off than this is off, metres: people see it.
const LIMIT: f64 = 0.004;
/// Light that lies less far off than this fits again, metres.
const FITS: f64 = 0.003;
/// It has to be off for so long, and to fit again for so long: somebody who leans on the table is no drift.
const PATIENCE: Duration = Duration::from_secs(2);
/// A longer time between two looks says nothing of what was in between.
const LONGEST_GAP: Duration = Duration::from_millis(700);
/// Time for which what was seen of a ring counts whatever else is seen.
const MEMORY: Duration = Duration::from_secs(4);
/// Number of the newest rings that count up to [`LONG_MEMORY`]: in ordinary play two rings are seen at a time, for the
/// few seconds in which somebody aims, and then the next two elsewhere.
const MIN_COUNTED: usize = 4;
/// Time for which what was seen of a ring counts at most.
const LONG_MEMORY: Duration = Duration::from_secs(180);
/// Minimum number of times that a ring has to be seen before it counts, and maximum number of times that count.
const FEWEST_LOOKS: usize = 4;
const MOST_LOOKS: usize = 12;
/// The fewest rings that tell: one may lie on a fold, or be mistaken for something else.
const FEWEST_RINGS: usize = 2;
/// Rings nearer to each other than this are one ring, metres: a ball's, as it is placed again and again.
const SAME: f64 = 0.005;
/// Rings whose centres are nearer than this are not two witnesses, metres.
const APART: f64 = 0.05;
/// Where the mean shift is less than this share of the usual one, light is off one way here and another there.
const EVEN: f64 = 0.7;

/// Light that no longer falls where it belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drift {
    /// By how much, metres on the table: the mean over the table, or the largest where it is off one way here and
    /// another there.
    pub by: TableVector,
    /// Whether it is off the same way everywhere: shifted, neither turned nor zoomed.
    pub even: bool,
}

impl Drift {
    /// What to tell people: size, direction as seen in the camera's picture, and what helps.
    #[must_use]
    pub fn words(&self, view: &CameraView) -> String {
        let mm = 1e3 * self.by.length();
        if !self.even {
            return format!(
                "the projector's light lies up to {mm:.0} mm beside where it belongs, here one way and there another: \
                 projector turned or zoomed; calibrate again"
            );
        }
        let way = direction(self.by, view).unwrap_or("beside");
        format!("the projector's light lies {mm:.0} mm {way} where it belongs: calibrate again")
    }
}

/// Which way something goes in the middle of the camera's picture, in words.
fn direction(by: TableVector, view: &CameraView) -> Option<&'static str> {
    const WAYS: [&str; 8] = [
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
    WAYS.get(eighths.rem_euclid(8) as usize).copied()
}

/// Watches the light under one calibration; make a new one for the next.
#[derive(Debug, Clone, Default)]
pub struct DriftWatch {
    rings: Vec<Ring>,
    last: Option<Duration>,
    /// For how long the light has been off, and for how long it has fitted.
    off_for: Duration,
    fits_for: Duration,
    drift: Option<Drift>,
}

/// A ring that was seen again and again.
#[derive(Debug, Clone)]
struct Ring {
    place: TablePoint,
    seen: VecDeque<(Duration, TableVector)>,
}

impl DriftWatch {
    /// Takes up what was seen of the rings in a frame of this time. What was not seen says nothing.
    pub fn observe(&mut self, time: Duration, seen: &[RingSeen]) {
        if seen.is_empty() {
            return;
        }
        let passed = self.last.map_or(Duration::ZERO, |last| time.saturating_sub(last)).min(LONGEST_GAP);
        self.last = Some(time);
        for ring in seen {
            let known = self.rings.iter_mut().find(|known| (known.place - ring.place).length() < SAME);
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
        let share = |count: usize| count >= FEWEST_RINGS && 2 * count >= shifts.len();
        if share(shifts.iter().filter(|shift| shift.length() > LIMIT).count()) {
            (self.off_for, self.fits_for) = (self.off_for + passed, Duration::ZERO);
            if self.off_for >= PATIENCE {
                self.drift = Some(drift_of(&shifts));
            }
        } else if share(shifts.iter().filter(|shift| shift.length() < FITS).count()) {
            (self.off_for, self.fits_for) = (Duration::ZERO, self.fits_for + passed);
            if self.fits_for >= PATIENCE {
                self.drift = None;
            }
        }
    }

    /// By how much the light is off, if it is.
    #[must_use]
    pub fn drift(&self) -> Option<Drift> {
        self.drift
    }

    /// Returns the usual shifts of the rings that count at this time: the newest first.
    fn shifts(&self, time: Duration) -> Vec<TableVector> {
        let mut rings: Vec<&Ring> = self.rings.iter().filter(|ring| ring.seen.len() >= FEWEST_LOOKS).collect();
        rings.sort_by_key(|ring| std::cmp::Reverse(ring.newest()));
        let mut counted: Vec<&Ring> = Vec::new();
        for ring in rings {
            let apart = counted.iter().all(|other| (other.place - ring.place).length() > APART);
            if apart && (counted.len() < MIN_COUNTED || ring.newest() + MEMORY >= time) {
                counted.push(ring);
            }
        }
        counted.into_iter().map(Ring::usual).collect()
    }
}

impl Ring {
    fn take(&mut self, time: Duration, ring: &RingSeen) {
        if self.seen.len() == MOST_LOOKS {
            self.seen.pop_front();
        }
        self.seen.push_back((time, ring.off));
    }

    /// When it was seen last.
    fn newest(&self) -> Duration {
        self.seen.back().map_or(Duration::ZERO, |(then, _)| *then)
    }

    fn usual(&self) -> TableVector {
        let part = |of: fn(&TableVector) -> f64| median(self.seen.iter().map(|(_, off)| of(off)).collect());
        TableVector::new(part(|off| off.x), part(|off| off.y))
    }
}

fn drift_of(shifts: &[TableVector]) -> Drift {
    let mean = shifts.iter().fold(TableVector::zero(), |sum, shift| sum + *shift) / shifts.len() as f64;
    let usual = median(shifts.iter().map(|shift| shift.length()).collect());
    if mean.length() >= EVEN * usual {
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

    /// The table across the picture: x of the table runs down, y to the right.
    fn view() -> CameraView {
        let plane = Homography::from_matrix(Matrix3::new(0., 0.002, 0., 0.002, 0., 0., 0., 0., 1.)).expect("regular");
        CameraView::flat(FrameSize { width: 1280, height: 720 }, plane)
    }

    /// Rings in a row, each off by what the function says of its number and of the look's.
    fn watched(
        watch: &mut DriftWatch,
        looks: std::ops::Range<u64>,
        rings: u32,
        off_mm: impl Fn(u32, u64) -> (f64, f64),
    ) -> Option<Duration> {
        for look in looks {
            let seen: Vec<RingSeen> = (0..rings)
                .map(|i| {
                    let off = TableVector::from(off_mm(i, look)) * 1e-3;
                    RingSeen { place: TablePoint::new(0.3, 0.3 + 0.4 * f64::from(i)), off, share: 0.9 }
                })
                .collect();
            let before = watch.drift().is_some();
            watch.observe(Duration::from_millis(333 * look), &seen);
            // Most frames are not looked at.
            watch.observe(Duration::from_millis(333 * look + 33), &[]);
            if watch.drift().is_some() != before {
                return Some(Duration::from_millis(333 * look));
            }
        }
        None
    }

    #[test]
    fn light_that_stays_off_is_told_with_its_size_and_way() {
        for (off, way) in [
            ((0.0, -7.0), "7 mm to the left of"),
            ((0.0, 8.2), "8 mm to the right of"),
            ((-5.0, 0.4), "5 mm above where"),
            ((6.0, 6.0), "8 mm to the bottom right of"),
        ] {
            let mut watch = DriftWatch::default();
            assert_eq!(watched(&mut watch, 0..200, 3, |_, look| (0.4 * (look % 3) as f64, 0.3)), None);
            let wobble = |look: u64| 0.5 * ((look % 3) as f64 - 1.0);
            let told = watched(&mut watch, 200..240, 3, |_, look| (off.0 + wobble(look), off.1)).expect("told");
            let after = told.saturating_sub(Duration::from_millis(333 * 200));
            assert!((PATIENCE..3 * PATIENCE).contains(&after), "{after:?}");
            let drift = watch.drift().expect("told");
            assert!((drift.by * 1e3 - TableVector::from(off)).length() < 0.6 && drift.even, "{drift:?}");
            assert!(drift.words(&view()).contains(way), "{}", drift.words(&view()));
            let fits = watched(&mut watch, 240..300, 3, |_, _| (0.5, 0.0)).expect("withdrawn");
            assert!(fits < Duration::from_millis(333 * 265), "{fits:?}");
        }
    }

    #[test]
    fn what_passes_or_is_seen_of_one_ring_alone_is_not_told() {
        let mut watch = DriftWatch::default();
        let lean = |_, look| if (60..63).contains(&look) { (20.0, 0.0) } else { (0.5, 0.0) };
        assert_eq!(watched(&mut watch, 0..200, 4, lean), None);
        assert_eq!(watched(&mut DriftWatch::default(), 0..200, 1, |_, _| (9.0, 0.0)), None);
        // One of three is mistaken for something else; one in four looks goes wrong.
        let one = |i, _| if i == 1 { (9.0, 0.0) } else { (0.5, 0.0) };
        assert_eq!(watched(&mut DriftWatch::default(), 0..200, 3, one), None);
        let some = |_, look| if look % 4 == 0 { (15.0, 0.0) } else { (0.5, 0.0) };
        assert_eq!(watched(&mut DriftWatch::default(), 0..200, 3, some), None);
        // Looks that are minutes apart say nothing of the time between.
        let mut watch = DriftWatch::default();
        for look in 0..3 {
            let place = |i: u32| TablePoint::new(0.3, f64::from(i));
            let seen = [0, 1].map(|i| RingSeen { place: place(i), off: TableVector::new(0.009, 0.0), share: 1.0 });
            watch.observe(Duration::from_secs(60 * look), &seen);
        }
        assert_eq!(watch.drift(), None);
    }

    #[test]
    fn two_rings_at_a_time_tell_within_a_few_aims() {
        let mut watch = DriftWatch::default();
        // Every fifteen seconds somebody aims for two and a half at two other balls; after the fourth aim the projector is
        // knocked.
        let told = (0..12_u64).find(|aim| {
            let off = if *aim < 4 { TableVector::new(0.0004, 0.0) } else { TableVector::new(0.0, 0.008) };
            for look in 0..8 {
                let place = |i: u32| TablePoint::new(0.2 + 0.08 * *aim as f64, 0.4 + f64::from(i));
                let seen = [0, 1].map(|i| RingSeen { place: place(i), off, share: 0.8 });
                watch.observe(Duration::from_millis(15_000 * aim + 310 * look), &seen);
            }
            watch.drift().is_some()
        });
        assert!(matches!(told, Some(4..=6)), "{told:?}");
        assert!((watch.drift().expect("told").by - TableVector::new(0.0, 0.008)).length() < 1e-6);
    }

    #[test]
    fn a_zoom_is_told_though_its_mean_is_nothing() {
        let mut watch = DriftWatch::default();
        watched(&mut watch, 0..40, 4, |i, _| (0.0, 6.0 * (f64::from(i) - 1.5))).expect("told");
        let drift = watch.drift().expect("told");
        assert!(!drift.even && (drift.by.length() - 0.009).abs() < 1e-6, "{drift:?}");
        assert!(drift.words(&view()).contains("up to 9 mm") && drift.words(&view()).contains("zoomed"));
    }
}
