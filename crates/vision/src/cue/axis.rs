//! A line over the table, and the coordinates of places relative to it.

use super::super::scene::Scene;

/// A line with a sense of direction: a place on or next to it has a distance `s` along and `t` across.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    /// Point where `s` is 0, working pixels.
    pub origin: [f64; 2],
    /// Unit vector of growing `s`.
    pub along: [f64; 2],
}

impl Axis {
    /// Returns the unit vector of growing `t`.
    pub fn normal(&self) -> [f64; 2] {
        [-self.along[1], self.along[0]]
    }

    /// Returns the place at `s`, `t`, working pixels.
    pub fn at(&self, s: f64, t: f64) -> [f64; 2] {
        let n = self.normal();
        [self.origin[0] + self.along[0] * s + n[0] * t, self.origin[1] + self.along[1] * s + n[1] * t]
    }

    /// Returns `s` and `t` of a place.
    pub fn locate(&self, p: [f64; 2]) -> [f64; 2] {
        let n = self.normal();
        let d = [p[0] - self.origin[0], p[1] - self.origin[1]];
        [d[0] * self.along[0] + d[1] * self.along[1], d[0] * n[0] + d[1] * n[1]]
    }

    /// Returns the same line in the opposite direction; `s` and `t` change their signs.
    pub fn reversed(&self) -> Self {
        Self { along: self.along.map(|v| -v), ..*self }
    }

    /// Returns the range of `s` inside the working picture, `margin` pixels from its border; `None` if the line misses
    /// it.
    pub fn inside(&self, scene: &Scene, margin: f64) -> Option<[f64; 2]> {
        let size = [scene.picture.width as f64, scene.picture.height as f64];
        let (mut low, mut high) = (f64::MIN, f64::MAX);
        for ((origin, along), size) in self.origin.into_iter().zip(self.along).zip(size) {
            let (first, last) = (margin - origin, size - 1.0 - margin - origin);
            if along.abs() < 1e-9 {
                if first > 0.0 || last < 0.0 {
                    return None;
                }
                continue;
            }
            let (a, b) = (first / along, last / along);
            low = low.max(a.min(b));
            high = high.min(a.max(b));
        }
        (high > low).then_some([low, high])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_again() {
        let axis = Axis { origin: [30.0, -4.0], along: [0.6, 0.8] };
        let [s, t] = axis.locate(axis.at(12.0, -5.0));
        assert!((s - 12.0).abs() < 1e-9 && (t + 5.0).abs() < 1e-9);
        let [s, t] = axis.reversed().locate(axis.at(12.0, -5.0));
        assert!((s + 12.0).abs() < 1e-9 && (t - 5.0).abs() < 1e-9);
    }
}
