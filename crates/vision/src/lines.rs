//! Lines in a picture, fitted robustly against outliers.

use euclid::{Point2D, Vector2D};

/// A line in the pixel grid `U`: the points `p` with `normal · p = offset`; `normal` has unit length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line<U> {
    pub normal: Vector2D<f64, U>,
    pub offset: f64,
}

impl<U: Copy> Line<U> {
    /// Returns the line through two points; `None` if they coincide.
    pub fn through(a: Point2D<f64, U>, b: Point2D<f64, U>) -> Option<Self> {
        let along = b - a;
        let length = along.x.hypot(along.y);
        (length > 1e-9).then(|| {
            let normal = Vector2D::new(-along.y, along.x) / length;
            Self { normal, offset: normal.dot(a.to_vector()) }
        })
    }

    /// Returns the same line with its normal reversed.
    pub fn flipped(self) -> Self {
        Self { normal: -self.normal, offset: -self.offset }
    }

    /// Returns the same line in a picture that is `scale` times as large; a pixel's centre is at whole numbers.
    pub fn scaled<V>(self, scale: f64) -> Line<V> {
        let middle = 0.5 * (self.normal.x + self.normal.y);
        Line { normal: self.normal.cast_unit(), offset: (self.offset + middle) * scale - middle }
    }

    /// Returns the signed distance of a point, pixels.
    pub fn distance(&self, p: Point2D<f64, U>) -> f64 {
        self.normal.dot(p.to_vector()) - self.offset
    }

    /// Returns the intersection of two lines; `None` if they are (almost) parallel.
    pub fn meet(&self, other: &Self) -> Option<Point2D<f64, U>> {
        let det = self.normal.cross(other.normal);
        (det.abs() > 1e-6).then(|| {
            Point2D::new(
                (self.offset * other.normal.y - other.offset * self.normal.y) / det,
                (self.normal.x * other.offset - other.normal.x * self.offset) / det,
            )
        })
    }

    /// Fits a line to weighted points by total least squares.
    pub fn fit(points: impl Iterator<Item = (Point2D<f64, U>, f64)> + Clone) -> Option<Self> {
        let (mut w, mut x, mut y) = (0.0, 0.0, 0.0);
        for (p, weight) in points.clone() {
            w += weight;
            x += weight * p.x;
            y += weight * p.y;
        }
        if w <= 0.0 {
            return None;
        }
        let (x, y) = (x / w, y / w);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (p, weight) in points {
            let (dx, dy) = (p.x - x, p.y - y);
            xx += weight * dx * dx;
            xy += weight * dx * dy;
            yy += weight * dy * dy;
        }
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        let normal = Vector2D::new(-angle.sin(), angle.cos());
        (xx + yy > 1e-9).then(|| Self { normal, offset: normal.dot(Vector2D::new(x, y)) })
    }

    /// Returns the line that most points lie on within `tolerance` pixels, refitted to those, and their share.
    ///
    /// Deterministic: tries the pairs among at most 48 points spread over the list.
    pub fn consensus(points: &[Point2D<f64, U>], tolerance: f64) -> Option<(Self, f64)> {
        if points.len() < 8 {
            return None;
        }
        let step = points.len().div_ceil(48);
        let picks: Vec<_> = points.iter().copied().step_by(step).collect();
        let votes = |line: &Self| points.iter().filter(|p| line.distance(**p).abs() < tolerance).count();
        let mut best: Option<(Self, usize)> = None;
        for (i, a) in picks.iter().enumerate() {
            // Neighbouring points give directions that are mostly noise.
            for b in picks.iter().skip(i + 4) {
                let Some(line) = Self::through(*a, *b) else { continue };
                let count = votes(&line);
                if best.is_none_or(|(_, most)| count > most) {
                    best = Some((line, count));
                }
            }
        }
        let (mut line, _) = best?;
        for _ in 0..2 {
            let near = points.iter().filter(|p| line.distance(**p).abs() < tolerance).map(|p| (*p, 1.0));
            line = Self::fit(near)?;
        }
        Some((line, votes(&line) as f64 / points.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::CameraPoint;

    #[test]
    fn consensus_ignores_a_third_of_outliers() {
        let points: Vec<CameraPoint> = (0..90)
            .map(|i| {
                let x = f64::from(i);
                CameraPoint::new(x, if i % 3 == 0 { 40.0 + (x * 7.3) % 50.0 } else { 10.0 + 0.1 * x })
            })
            .collect();
        let (line, share) = Line::consensus(&points, 1.0).expect("a line");
        let [first, last] = [(0.0, 10.0), (90.0, 19.0)].map(CameraPoint::from);
        assert!(line.distance(first).abs() < 0.05 && line.distance(last).abs() < 0.05);
        assert!((0.6..0.75).contains(&share), "{share}");
    }

    #[test]
    fn lines_meet_where_they_should() {
        let through = |a: (f64, f64), b: (f64, f64)| Line::through(CameraPoint::from(a), CameraPoint::from(b));
        let a = through((0.0, 0.0), (10.0, 10.0)).expect("two points");
        let b = through((0.0, 4.0), (10.0, 4.0)).expect("two points");
        let p = a.meet(&b).expect("not parallel");
        assert!((p.x - 4.0).abs() < 1e-9 && (p.y - 4.0).abs() < 1e-9);
        assert!(a.meet(&a).is_none());
        assert!(through((1.0, 1.0), (1.0, 1.0)).is_none());
    }
}
