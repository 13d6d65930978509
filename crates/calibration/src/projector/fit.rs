//! Homography that fits many pairs of points best in spite of outliers.

use crate::{
    from_four_points,
    least_squares::{SumOfSquares, minimise},
};
use billiards_table::Homography;
use euclid::Point2D;
use nalgebra::{DMatrix, DVector, Matrix3, SMatrix, SVector};
use rand::{SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;

/// Number of random samples of four pairs: with a third of all pairs wrong, the odds that none of the samples is good
/// are 1 : 10^20.
const DRAWS: usize = 200;
/// Minimum second-smallest eigenvalue of the direct linear transform, per pair; a smaller one is due to rounding.
const MIN_SPAN: f64 = 1e-9;
/// Size of a residual, in standard deviations, beyond which it counts by its size and no longer by its square (Huber's
/// choice).
const HUBER: f64 = 1.345;

/// Fits a homography to pairs, with errors measured in `Dst`: random samples (Fischler & Bolles 1981) find the pairs
/// that agree within `near`, and from these a Levenberg-Marquardt search with Huber's weights finds the map (Hartley &
/// Zisserman, Multiple View Geometry, 2nd ed., §4.8 and A6.8). Equal pairs give equal maps.
///
/// Returns `None` if no four pairs span a map with which at least `fewest` pairs agree.
#[must_use]
pub fn fit_map<Src, Dst>(
    pairs: &[(Point2D<f64, Src>, Point2D<f64, Dst>)],
    near: f64,
    fewest: usize,
) -> Option<Homography<Src, Dst>> {
    if pairs.len() < fewest.max(4) {
        return None;
    }
    let off = |map: &Homography<Src, Dst>, (p, q): &(Point2D<f64, Src>, Point2D<f64, Dst>)| {
        map.map(*p).map_or(f64::INFINITY, |there| (there - *q).length())
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut best: Option<(f64, Homography<Src, Dst>)> = None;
    for _ in 0..DRAWS {
        let drawn = index::sample(&mut rng, pairs.len(), 4);
        let drawn: [usize; 4] = std::array::from_fn(|i| drawn.index(i));
        let Some(map) = from_four_points(drawn.map(|i| pairs[i].0), drawn.map(|i| pairs[i].1)) else { continue };
        // MSAC (Torr & Zisserman): the residuals of the pairs that agree count, not only the number of these pairs.
        let cost: f64 = pairs.iter().map(|pair| off(&map, pair).min(near).powi(2)).sum();
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, map));
        }
    }
    let (_, mut map) = best?;
    // The first selection uses a map through four noisy points, the second a map through all.
    for _ in 0..2 {
        let near: Vec<_> = pairs.iter().filter(|pair| off(&map, pair) < near).copied().collect();
        if near.len() < fewest.max(4) {
            return None;
        }
        map = least_squares(&near, &map, Loss::Huber)?;
    }
    let agree = pairs.iter().filter(|pair| off(&map, pair) < near).count();
    (agree >= fewest).then_some(map)
}

/// Fits a homography to pairs of equal weight, with errors measured in `Dst`: the direct linear transform of normalised
/// coordinates, then a Levenberg-Marquardt search for the least sum of squares (Hartley & Zisserman, §4.2 and §4.4).
/// Four pairs are met exactly.
///
/// Returns `None` for fewer than four pairs, or if they do not span a map.
#[must_use]
pub fn fit_all<Src, Dst>(pairs: &[(Point2D<f64, Src>, Point2D<f64, Dst>)]) -> Option<Homography<Src, Dst>> {
    if pairs.len() < 4 {
        return None;
    }
    least_squares(pairs, &direct(pairs)?, Loss::Squares)
}

/// Solves the direct linear transform: the map is the vector that the equations of all pairs bring nearest to zero.
fn direct<Src, Dst>(pairs: &[(Point2D<f64, Src>, Point2D<f64, Dst>)]) -> Option<Homography<Src, Dst>> {
    let (from, to) = (normaliser(pairs.iter().map(|pair| pair.0)), normaliser(pairs.iter().map(|pair| pair.1)));
    let mut normal = SMatrix::<f64, 9, 9>::zeros();
    for (p, q) in pairs {
        let ([x, y], [u, v]) = (inside(&from, p.x, p.y), inside(&to, q.x, q.y));
        for row in [[x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, -u], [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, -v]] {
            let row = SVector::<f64, 9>::from(row);
            normal += row * row.transpose();
        }
    }
    let eigen = normal.symmetric_eigen();
    let [least, next] = {
        let mut order: Vec<usize> = (0..9).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*a].total_cmp(&eigen.eigenvalues[*b]));
        [order[0], order[1]]
    };
    // Collinear pairs leave more than one map.
    if eigen.eigenvalues[next] < MIN_SPAN * pairs.len() as f64 {
        return None;
    }
    let h = eigen.eigenvectors.column(least);
    let solved = Matrix3::from_fn(|row, column| h[3 * row + column]);
    Homography::from_matrix(to.try_inverse()? * solved * from)
}

fn inside(m: &Matrix3<f64>, x: f64, y: f64) -> [f64; 2] {
    let [x, y, _] = (m * nalgebra::Vector3::new(x, y, 1.0)).into();
    [x, y]
}

/// Loss of a residual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// Square of the residual.
    Squares,
    /// Square of the residual, or its size if it is larger than usual.
    Huber,
}

/// Returns the transform that moves the centroid of points to 0 and scales their mean distance from it to √2 (Hartley &
/// Zisserman §4.4).
fn normaliser<Unit>(points: impl Iterator<Item = Point2D<f64, Unit>> + Clone) -> Matrix3<f64> {
    let count = points.clone().count().max(1) as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |(x, y), p| (x + p.x / count, y + p.y / count));
    let spread: f64 = points.map(|p| (p.x - x).hypot(p.y - y)).sum::<f64>() / count;
    let scale = std::f64::consts::SQRT_2 / spread.max(1e-12);
    Matrix3::new(scale, 0.0, -scale * x, 0.0, scale, -scale * y, 0.0, 0.0, 1.0)
}

fn least_squares<Src, Dst>(
    pairs: &[(Point2D<f64, Src>, Point2D<f64, Dst>)],
    start: &Homography<Src, Dst>,
    loss: Loss,
) -> Option<Homography<Src, Dst>> {
    let (from, to) = (normaliser(pairs.iter().map(|pair| pair.0)), normaliser(pairs.iter().map(|pair| pair.1)));
    let (from_back, to_back) = (from.try_inverse()?, to.try_inverse()?);
    let pairs: Vec<[[f64; 2]; 2]> =
        pairs.iter().map(|(p, q)| [inside(&from, p.x, p.y), inside(&to, q.x, q.y)]).collect();
    let first = to * start.matrix() * from_back;
    let start = DVector::from_fn(8, |i, _| first[(i / 3, i % 3)] / first[(2, 2)]);
    let threshold = match loss {
        Loss::Squares => f64::INFINITY,
        Loss::Huber => HUBER * deviation(&pairs, &start),
    };
    let h = minimise(&HomographyFit { pairs: &pairs, threshold }, start)?.unknowns;
    let solved = Matrix3::new(h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0);
    Homography::from_matrix(to_back * solved * from)
}

/// Returns the residual of a map at a pair, the mapped point, and the map's denominator there.
fn residual_at([[x, y], [u, v]]: &[[f64; 2]; 2], h: &DVector<f64>) -> ([f64; 2], [f64; 2], f64) {
    let w = h[6] * x + h[7] * y + 1.0;
    let (mu, mv) = ((h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w);
    ([mu - u, mv - v], [mu, mv], w)
}

/// Returns the standard deviation of a coordinate, from the median of the residuals, which is 1.177 standard deviations
/// for a normal distribution in two dimensions.
fn deviation(pairs: &[[[f64; 2]; 2]], h: &DVector<f64>) -> f64 {
    let sizes = pairs.iter().map(|pair| residual_at(pair, h).0).map(|[u, v]| u.hypot(v));
    (median(sizes.collect()) / 1.177).max(1e-9)
}

/// Fit of a homography, with its last element 1, to pairs of normalised points.
struct HomographyFit<'a> {
    pairs: &'a [[[f64; 2]; 2]],
    /// Size of a residual beyond which it counts by its size and no longer by its square (Huber).
    threshold: f64,
}

impl SumOfSquares for HomographyFit<'_> {
    fn cost(&self, h: &DVector<f64>) -> Option<f64> {
        let sizes = self.pairs.iter().map(|pair| residual_at(pair, h).0).map(|[u, v]| u.hypot(v));
        let loss = |size: f64| {
            if size > self.threshold { self.threshold * (2.0 * size - self.threshold) } else { size * size }
        };
        Some(sizes.map(loss).sum())
    }

    fn normal_equations(&self, h: &DVector<f64>) -> Option<(DMatrix<f64>, DVector<f64>)> {
        let (mut normal, mut gradient) = (SMatrix::<f64, 8, 8>::zeros(), SVector::<f64, 8>::zeros());
        for pair in self.pairs {
            let (residual, [mu, mv], w) = residual_at(pair, h);
            let size = residual[0].hypot(residual[1]);
            let weight = if size > self.threshold { self.threshold / size } else { 1.0 };
            let [x, y, one] = [pair[0][0] / w, pair[0][1] / w, 1.0 / w];
            let rows = [
                SVector::<f64, 8>::from([x, y, one, 0.0, 0.0, 0.0, -mu * x, -mu * y]),
                SVector::<f64, 8>::from([0.0, 0.0, 0.0, x, y, one, -mv * x, -mv * y]),
            ];
            for (row, residual) in rows.iter().zip(residual) {
                normal += row * row.transpose() * weight;
                gradient += row * (weight * residual);
            }
        }
        Some((DMatrix::from_column_slice(8, 8, normal.as_slice()), DVector::from_column_slice(gradient.as_slice())))
    }
}

/// Returns the median of some numbers, the upper one of two; 0 if there are none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{ProjectorPoint, ProjectorPx, TableMetres, TablePoint};
    use proptest::prelude::*;
    use rand::Rng;

    type Pairs = Vec<(ProjectorPoint, TablePoint)>;

    /// Returns the map of a projector of 1280 × 720 pixels that stands askew over a table.
    fn keystone(a: f64, b: f64) -> Homography<ProjectorPx, TableMetres> {
        Homography::from_matrix(Matrix3::new(1e-4, 1.8e-3, 0.02, 2.1e-3, -1e-4, -0.1, a, b, 1.0)).unwrap()
    }

    fn pairs(map: &Homography<ProjectorPx, TableMetres>, noise: f64, wrong: usize) -> Pairs {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut pairs: Pairs = (0..96)
            .map(|i| {
                let p = ProjectorPoint::new(50.0 + 100.0 * f64::from(i % 12), 45.0 + 90.0 * f64::from(i / 12));
                let q = map.map(p).unwrap();
                // Two uniformly distributed numbers, with a standard deviation of `noise` in each coordinate.
                let mut shift = || noise * 3.0_f64.sqrt() * rng.random_range(-1.0..1.0);
                (p, TablePoint::new(q.x + shift(), q.y + shift()))
            })
            .collect();
        for pair in pairs.iter_mut().step_by(96 / wrong.max(1)).take(wrong) {
            pair.1.x += 0.09;
        }
        pairs
    }

    #[test]
    fn noise_is_averaged_and_wrong_pairs_are_left_out() {
        let truth = keystone(1e-4, -5e-5);
        for wrong in [0, 8, 32] {
            let map = fit_map(&pairs(&truth, 0.5e-3, wrong), 4e-3, 12).unwrap();
            for (x, y) in [(0.0, 0.0), (1280.0, 0.0), (640.0, 360.0), (1280.0, 720.0)] {
                let p = ProjectorPoint::new(x, y);
                let off = (map.map(p).unwrap() - truth.map(p).unwrap()).length();
                assert!(off < 0.5e-3, "{off} m with {wrong} wrong");
            }
        }
    }

    #[test]
    fn too_few_or_degenerate_pairs_give_no_map() {
        let all = pairs(&keystone(0.0, 0.0), 0.0, 0);
        assert!(fit_map(&all[..3], 4e-3, 4).is_none());
        assert!(fit_map(&all[..12], 4e-3, 6).is_none(), "all on a line");
        assert!(fit_map(&[all[0]; 20], 4e-3, 6).is_none());
    }

    proptest! {
        /// Without noise the map is found again, also one that turns or mirrors the picture.
        #[test]
        fn exact_pairs_give_the_exact_map(a in -2e-4..2e-4_f64, b in -2e-4..2e-4_f64, mirror in any::<bool>()) {
            let truth = keystone(a, b);
            let flip = Homography::<ProjectorPx, ProjectorPx>::from_matrix(
                Matrix3::new(if mirror { -1.0 } else { 1.0 }, 0.0, if mirror { 1280.0 } else { 0.0 }, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
            ).unwrap();
            let truth = flip.then(&truth);
            let map = fit_map(&pairs(&truth, 0.0, 0), 4e-3, 12).unwrap();
            let p = ProjectorPoint::new(1000.0, 100.0);
            prop_assert!((map.map(p).unwrap() - truth.map(p).unwrap()).length() < 1e-8);
        }
    }
}
