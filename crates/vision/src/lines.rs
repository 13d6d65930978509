//! Lines in the picture, fitted robustly against outliers.

/// A line in the picture: the points `p` with `normal · p = offset`; `normal` has unit length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub normal: [f64; 2],
    pub offset: f64,
}

impl Line {
    /// Returns the line through two points; `None` if they coincide.
    pub fn through(a: [f64; 2], b: [f64; 2]) -> Option<Self> {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx.hypot(dy);
        (length > 1e-9).then(|| {
            let normal = [-dy / length, dx / length];
            Self { normal, offset: normal[0] * a[0] + normal[1] * a[1] }
        })
    }

    /// Returns the same line with its normal reversed.
    pub fn flipped(self) -> Self {
        Self { normal: self.normal.map(|v| -v), offset: -self.offset }
    }

    /// Returns the same line in a picture that is `scale` times as large; a pixel's centre is at whole numbers.
    pub fn scaled(self, scale: f64) -> Self {
        let middle = 0.5 * (self.normal[0] + self.normal[1]);
        Self { offset: (self.offset + middle) * scale - middle, ..self }
    }

    /// Returns the signed distance of a point, pixels.
    pub fn distance(&self, p: [f64; 2]) -> f64 {
        self.normal[0] * p[0] + self.normal[1] * p[1] - self.offset
    }

    /// Returns the intersection of two lines; `None` if they are (almost) parallel.
    pub fn meet(&self, other: &Self) -> Option<[f64; 2]> {
        let det = self.normal[0] * other.normal[1] - self.normal[1] * other.normal[0];
        (det.abs() > 1e-6).then(|| {
            [
                (self.offset * other.normal[1] - other.offset * self.normal[1]) / det,
                (self.normal[0] * other.offset - other.normal[0] * self.offset) / det,
            ]
        })
    }

    /// Fits a line to weighted points by total least squares.
    pub fn fit(points: impl Iterator<Item = ([f64; 2], f64)> + Clone) -> Option<Self> {
        let (mut w, mut x, mut y) = (0.0, 0.0, 0.0);
        for (p, weight) in points.clone() {
            w += weight;
            x += weight * p[0];
            y += weight * p[1];
        }
        if w <= 0.0 {
            return None;
        }
        let (x, y) = (x / w, y / w);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (p, weight) in points {
            let (dx, dy) = (p[0] - x, p[1] - y);
            xx += weight * dx * dx;
            xy += weight * dx * dy;
            yy += weight * dy * dy;
        }
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        let normal = [-angle.sin(), angle.cos()];
        (xx + yy > 1e-9).then(|| Self { normal, offset: normal[0] * x + normal[1] * y })
    }

    /// Returns the line that most points lie on within `tolerance` pixels, refitted to those, and their share.
    ///
    /// Deterministic: tries the pairs among at most 48 points spread over the list.
    pub fn consensus(points: &[[f64; 2]], tolerance: f64) -> Option<(Self, f64)> {
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

    #[test]
    fn consensus_ignores_a_third_of_outliers() {
        let points: Vec<[f64; 2]> = (0..90)
            .map(|i| {
                let x = f64::from(i);
                [x, if i % 3 == 0 { 40.0 + (x * 7.3) % 50.0 } else { 10.0 + 0.1 * x }]
            })
            .collect();
        let (line, share) = Line::consensus(&points, 1.0).expect("a line");
        assert!(line.distance([0.0, 10.0]).abs() < 0.05 && line.distance([90.0, 19.0]).abs() < 0.05);
        assert!((0.6..0.75).contains(&share), "{share}");
    }

    #[test]
    fn lines_meet_where_they_should() {
        let a = Line::through([0.0, 0.0], [10.0, 10.0]).expect("two points");
        let b = Line::through([0.0, 4.0], [10.0, 4.0]).expect("two points");
        let p = a.meet(&b).expect("not parallel");
        assert!((p[0] - 4.0).abs() < 1e-9 && (p[1] - 4.0).abs() < 1e-9);
        assert!(a.meet(&a).is_none());
        assert!(Line::through([1.0, 1.0], [1.0, 1.0]).is_none());
    }
}
