//! Nonlinear least squares.

use nalgebra::{DMatrix, DVector};

/// Result of a least-squares search.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    /// Unknowns that fit best.
    pub x: DVector<f64>,
    /// Half the sum of the squared residuals at the unknowns.
    pub cost: f64,
    /// Covariance of the unknowns, given that residuals of 1 are one standard deviation.
    pub covariance: DMatrix<f64>,
}

/// Maximum number of iterations; a dozen are usual.
const ROUNDS: usize = 60;
/// Minimum relative decrease of the cost; a step with a smaller one is the last.
const ENOUGH: f64 = 1e-7;
/// Maximum damping; beyond it, no step leads downhill.
const STUCK: f64 = 1e12;

/// Finds the unknowns for which the sum of the squared residuals is least, by the Levenberg-Marquardt method with
/// slopes by finite differences. `steps` are small changes of each unknown, at whose scale the residuals are smooth.
/// `residuals` returns `None` for invalid unknowns. Returns `None` if the unknowns are invalid at the start, or one has
/// no influence.
pub(super) fn least_squares(
    start: &[f64],
    steps: &[f64],
    residuals: impl Fn(&[f64]) -> Option<Vec<f64>>,
) -> Option<Solution> {
    let of =
        |x: &DVector<f64>| residuals(x.as_slice()).map(DVector::from_vec).filter(|r| r.iter().all(|v| v.is_finite()));
    let mut x = DVector::from_column_slice(start);
    let mut r = of(&x)?;
    let mut damping = 1e-3;
    let mut normal = DMatrix::zeros(0, 0);
    for _ in 0..ROUNDS {
        let mut slopes = DMatrix::zeros(r.len(), x.len());
        for (i, step) in steps.iter().enumerate() {
            let mut beside = x.clone();
            beside[i] += step;
            slopes.set_column(i, &((of(&beside)? - &r) / *step));
        }
        normal = slopes.tr_mul(&slopes);
        let downhill = -slopes.tr_mul(&r);
        let before = r.norm_squared();
        while damping < STUCK {
            let mut damped = normal.clone();
            for i in 0..x.len() {
                damped[(i, i)] *= 1.0 + damping;
            }
            let next = damped.cholesky()?.solve(&downhill) + &x;
            if let Some(better) = of(&next).filter(|r| r.norm_squared() <= before) {
                (x, r) = (next, better);
                damping = (0.2 * damping).max(1e-9);
                break;
            }
            damping *= 5.0;
        }
        if damping >= STUCK || before - r.norm_squared() <= ENOUGH * before {
            break;
        }
    }
    let covariance = normal.cholesky()?.inverse();
    Some(Solution { x, cost: 0.5 * r.norm_squared(), covariance })
}

/// Returns a residual whose square grows ever more slowly beyond 1, so that outliers have little influence: Cauchy's
/// loss.
pub(super) fn robust(residual: f64) -> f64 {
    residual.signum() * residual.powi(2).ln_1p().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decay_is_fitted_in_spite_of_an_outlier() {
        let seen: Vec<(f64, f64)> = (0..40)
            .map(|i| (0.1 * f64::from(i), if i == 11 { 9.0 } else { 3.0 * (-0.7 * 0.1 * f64::from(i)).exp() }))
            .collect();
        let off = |x: &[f64]| {
            Some(seen.iter().map(|(t, y)| robust((x[0] * (-x[1] * t).exp() - y) / 0.01)).collect::<Vec<f64>>())
        };
        let found = least_squares(&[1.0, 0.1], &[1e-6, 1e-6], off).expect("a solution");
        assert!((found.x[0] - 3.0).abs() < 1e-3 && (found.x[1] - 0.7).abs() < 1e-3, "{:?}", found.x);
    }

    #[test]
    fn the_covariance_is_that_of_a_mean() {
        let off = |x: &[f64]| Some((0..25).map(|i| (x[0] - f64::from(i % 5)) / 2.0).collect::<Vec<f64>>());
        let found = least_squares(&[10.0], &[1e-4], off).expect("a solution");
        assert!((found.x[0] - 2.0).abs() < 1e-6);
        assert!((found.covariance[(0, 0)] - 4.0 / 25.0).abs() < 1e-6);
    }

    #[test]
    fn nonsense_has_no_solution() {
        assert!(least_squares(&[1.0], &[1e-6], |_| None).is_none());
        assert!(least_squares(&[1.0, 1.0], &[1e-6, 1e-6], |x| Some(vec![x[0] - 2.0])).is_none());
    }
}
