//! A line over the table, and the coordinates of places relative to it.

use super::super::{
    grids::{FinePoint, FineVector},
    scene::Scene,
};

/// A line with a sense of direction: a place on or next to it has a distance `s` along and `t` across.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    /// Point where `s` is 0.
    pub origin: FinePoint,
    /// Unit vector of growing `s`.
    pub along: FineVector,
}

impl Axis {
    /// Returns the unit vector of growing `t`.
    pub fn normal(&self) -> FineVector {
        FineVector::new(-self.along.y, self.along.x)
    }

    /// Returns the place at `s`, `t`.
    pub fn at(&self, s: f64, t: f64) -> FinePoint {
        self.origin + self.along * s + self.normal() * t
    }

    /// Returns `s` and `t` of a place, working pixels.
    pub fn locate(&self, p: FinePoint) -> [f64; 2] {
        let offset = p - self.origin;
        [offset.dot(self.along), offset.dot(self.normal())]
    }

    /// Returns the same line in the opposite direction; `s` and `t` change their signs.
    pub fn reversed(&self) -> Self {
        Self { along: -self.along, ..*self }
    }

    /// Returns the range of `s` inside the working picture, `margin` pixels from its border; `None` if the line misses
    /// it.
    pub fn inside(&self, scene: &Scene, margin: f64) -> Option<[f64; 2]> {
        let size = [scene.picture.width as f64, scene.picture.height as f64];
        let (mut low, mut high) = (f64::MIN, f64::MAX);
        for ((origin, along), size) in self.origin.to_array().into_iter().zip(self.along.to_array()).zip(size) {
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
        let axis = Axis { origin: FinePoint::new(30.0, -4.0), along: FineVector::new(0.6, 0.8) };
        let [s, t] = axis.locate(axis.at(12.0, -5.0));
        assert!((s - 12.0).abs() < 1e-9 && (t + 5.0).abs() < 1e-9);
        let [s, t] = axis.reversed().locate(axis.at(12.0, -5.0));
        assert!((s + 12.0).abs() < 1e-9 && (t - 5.0).abs() < 1e-9);
    }
}
