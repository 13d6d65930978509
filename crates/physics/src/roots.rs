//! Times at which a point on a parabola first crosses a line or enters a circle: bracketed roots in real arithmetic.
//!
//! Only crossings in the right direction count, so no minimum time is needed to exclude the previous contact: a ball
//! that has just left a cushion moves away from it.

use super::vector::Vec2;

/// Motion of one point relative to another: `offset + velocity·t + acceleration·t²/2`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Relative {
    pub offset: Vec2,
    pub velocity: Vec2,
    pub acceleration: Vec2,
}

/// Returns the first `t` ≥ 0 at which `gap + speed·t + acceleration·t²/2` falls through zero. A negative gap that is
/// closing counts as crossed before.
#[inline]
pub(super) fn falls_through_zero(gap: f64, speed: f64, acceleration: f64) -> Option<f64> {
    let under_root = speed * speed - 2.0 * acceleration * gap;
    if under_root < 0.0 {
        return None;
    }
    // The falling crossing is always (-speed - root) / acceleration; each branch uses the form without cancellation.
    let root = under_root.sqrt();
    let t = if speed < 0.0 {
        if gap < 0.0 {
            return None;
        }
        2.0 * gap / (root - speed)
    } else if acceleration < 0.0 {
        (speed + root) / -acceleration
    } else {
        return None;
    };
    (t >= 0.0).then_some(t)
}

impl Relative {
    /// Returns the first time in `0..=horizon` at which the distance falls below `reach`; 0 if it is already below and
    /// still falling.
    #[inline]
    pub fn enters(&self, reach: f64, horizon: f64) -> Option<f64> {
        let Self { offset: q, velocity: v, acceleration: a } = *self;
        let square = q.length_squared();
        let approach = q.dot(v);
        let c0 = square - reach * reach;
        if c0 <= 0.0 && (approach < 0.0 || approach == 0.0 && v.length_squared() + q.dot(a) < 0.0) {
            return Some(0.0);
        }
        if misses(q.x, v.x, a.x, reach, horizon) || misses(q.y, v.y, a.y, reach, horizon) {
            return None;
        }
        // The component along the initial offset, times the offset's length: the distance is never less than that
        // component.
        let pull = q.dot(a);
        let nearest = lowest(square, approach, pull, horizon);
        if nearest > 0.0 && nearest * nearest > reach * reach * square {
            return None;
        }
        let quartic =
            Quartic([c0.max(0.0), 2.0 * approach, v.length_squared() + pull, v.dot(a), 0.25 * a.length_squared()]);
        quartic.falls_through_zero(horizon)
    }
}

/// Returns the least value of `p + v·t + a·t²/2` for `t` in `0..=horizon`.
#[inline]
fn lowest(p: f64, v: f64, a: f64, horizon: f64) -> f64 {
    let end = p + (v + 0.5 * a * horizon) * horizon;
    if v < 0.0 && -v < a * horizon { p - 0.5 * v * v / a } else { p.min(end) }
}

/// Returns whether one coordinate stays further than `reach` from zero over `0..=horizon`.
#[inline]
fn misses(p: f64, v: f64, a: f64, reach: f64, horizon: f64) -> bool {
    let sign = 1.0_f64.copysign(p);
    lowest(sign * p, sign * v, sign * a, horizon) > reach
}

/// Coefficients of a quartic polynomial, lowest power first.
struct Quartic([f64; 5]);

impl Quartic {
    #[inline]
    fn value(&self, t: f64) -> f64 {
        let [c0, c1, c2, c3, c4] = self.0;
        c0 + t * (c1 + t * (c2 + t * (c3 + t * c4)))
    }

    #[inline]
    fn slope(&self, t: f64) -> f64 {
        let [_, c1, c2, c3, c4] = self.0;
        c1 + t * (2.0 * c2 + t * (3.0 * c3 + t * (4.0 * c4)))
    }

    /// Returns the first falling crossing of zero in `0..=horizon`, given a non-negative value at 0.
    ///
    /// The roots of the second derivative divide the time into at most three intervals on which the slope is monotone,
    /// so that each holds at most one minimum.
    fn falls_through_zero(&self, horizon: f64) -> Option<f64> {
        let [c0, c1, c2, c3, c4] = self.0;
        let (first, second) = quadratic_roots(6.0 * c4, 3.0 * c3, c2);
        let mut low = Corner { t: 0.0, value: c0, slope: c1 };
        for t in [first, second, horizon] {
            let t = t.min(horizon);
            if t.is_nan() || t <= low.t {
                continue;
            }
            let high = Corner { t, value: self.value(t), slope: self.slope(t) };
            if let Some(root) = self.crossing(low, high) {
                return Some(root);
            }
            low = high;
        }
        None
    }

    /// Returns the falling crossing between two corners between which the slope is monotone.
    fn crossing(&self, mut low: Corner, mut high: Corner) -> Option<f64> {
        if high.value <= 0.0 {
            // Above zero at the lower corner, or at zero and about to rise.
            return (low.value > 0.0 || low.slope > 0.0).then(|| self.between(low.t, high.t));
        }
        if low.slope >= 0.0 || high.slope <= 0.0 {
            return None;
        }
        // Convex with a minimum inside: the tangents at the corners meet below the curve.
        for _ in 0..64 {
            let meet = (high.value - low.value + low.slope * low.t - high.slope * high.t) / (low.slope - high.slope);
            if low.value + low.slope * (meet - low.t) > 0.0 || meet <= low.t || meet >= high.t {
                return None;
            }
            let corner = Corner { t: meet, value: self.value(meet), slope: self.slope(meet) };
            if corner.value <= 0.0 {
                return Some(self.between(low.t, meet));
            }
            if corner.slope < 0.0 {
                low = corner;
            } else {
                high = corner;
            }
        }
        None
    }

    /// Finds a root by Newton's method within a bracket: not negative at `low`, not positive at `high`.
    fn between(&self, mut low: f64, mut high: f64) -> f64 {
        let (at_low, at_high) = (self.value(low), self.value(high));
        if at_low <= 0.0 && self.slope(low) < 0.0 {
            return low;
        }
        let mut t = low + (high - low) * (at_low / (at_low - at_high)).clamp(0.0, 1.0);
        if !(t > low && t < high) {
            t = 0.5 * (low + high);
        }
        for _ in 0..80 {
            let value = self.value(t);
            if value > 0.0 {
                low = t;
            } else {
                high = t;
            }
            let next = t - value / self.slope(t);
            let inside = next > low && next < high;
            let next = if inside { next } else { 0.5 * (low + high) };
            let step = (next - t).abs();
            t = next;
            if step <= 4.0 * f64::EPSILON * t || (inside && step < 1e-15) {
                break;
            }
        }
        t
    }
}

#[derive(Clone, Copy)]
struct Corner {
    t: f64,
    value: f64,
    slope: f64,
}

/// Returns the real roots of `a·t² + b·t + c`, the smaller first; NaN if there are none.
#[inline]
fn quadratic_roots(a: f64, b: f64, c: f64) -> (f64, f64) {
    let under_root = b * b - 4.0 * a * c;
    if under_root < 0.0 {
        return (f64::NAN, f64::NAN);
    }
    let q = -0.5 * (b + under_root.sqrt().copysign(b));
    let (one, two) = (q / a, c / q);
    if one < two { (one, two) } else { (two, one) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the first falling crossing by brute force.
    fn by_steps(relative: &Relative, reach: f64, horizon: f64) -> Option<f64> {
        let distance =
            |t: f64| (relative.offset + (relative.velocity + relative.acceleration * (0.5 * t)) * t).length() - reach;
        let n = 20_000;
        let time = |i: i32| horizon * f64::from(i) / f64::from(n);
        (0..n).find(|&i| distance(time(i)) > 0.0 && distance(time(i + 1)) <= 0.0).map(time)
    }

    #[test]
    fn lines_are_crossed_downwards_only() {
        assert_eq!(falls_through_zero(1.0, -2.0, 0.0), Some(0.5));
        assert_eq!(falls_through_zero(1.0, 2.0, 0.0), None);
        assert_eq!(falls_through_zero(1.0, -1.0, 1.0), None, "turns back");
        let t = falls_through_zero(1.0, 1.0, -1.0).expect("comes back");
        assert!((1.0 + t - 0.5 * t * t).abs() < 1e-14);
        assert_eq!(falls_through_zero(-1.0, -1.0, 0.0), None, "crossed before");
        let t = falls_through_zero(-1.0, 3.0, -1.0).expect("over and back");
        assert!((t - (3.0 + 7.0_f64.sqrt())).abs() < 1e-14);
        assert_eq!(falls_through_zero(0.0, -1.0, 0.0), Some(0.0));
        assert_eq!(falls_through_zero(0.0, 0.0, 0.0), None);
    }

    #[test]
    fn circles_are_entered_on_a_straight_way() {
        let relative =
            Relative { offset: Vec2::new(-1.0, 0.3), velocity: Vec2::new(2.0, 0.0), acceleration: Vec2::ZERO };
        let t = relative.enters(0.5, 10.0).expect("enters");
        assert!((t - 0.3).abs() < 1e-15);
        assert_eq!(relative.enters(0.5, 0.29), None);
        assert_eq!(relative.enters(0.2, 10.0), None);
        let inside = Relative { offset: Vec2::new(-0.1, 0.0), ..relative };
        assert_eq!(inside.enters(0.5, 1.0), Some(0.0));
        let leaving = Relative { offset: Vec2::new(0.1, 0.0), ..relative };
        assert_eq!(leaving.enters(0.5, 1.0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
        #[test]
        fn circles_are_entered_when_a_search_by_steps_says_so(
            q in prop::array::uniform2(-1.5..1.5_f64), v in prop::array::uniform2(-3.0..3.0_f64),
            a in prop::array::uniform2(-4.0..4.0_f64), horizon in 0.01..2.0_f64,
        ) {
            let reach = 0.057_15;
            let relative = Relative {
                offset: Vec2::new(q[0], q[1]), velocity: Vec2::new(v[0], v[1]), acceleration: Vec2::new(a[0], a[1]),
            };
            prop_assume!(relative.offset.length() > reach);
            let found = relative.enters(reach, horizon);
            if let Some(coarse) = by_steps(&relative, reach, horizon) {
                let t = found.expect("missed");
                prop_assert!(t <= coarse + horizon / 20_000.0 + 1e-12);
            }
            if let Some(t) = found {
                let at = relative.offset + (relative.velocity + relative.acceleration * (0.5 * t)) * t;
                prop_assert!((at.length() - reach).abs() < 1e-12, "{}", at.length() - reach);
                prop_assert!(at.dot(relative.velocity + relative.acceleration * t) <= 1e-9);
            }
        }
    }
}
