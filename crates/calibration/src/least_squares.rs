//! Nonlinear least squares by the Levenberg–Marquardt method.

use nalgebra::{DMatrix, DVector};

/// Maximum number of iterations; a dozen are usual.
const MAX_ITERATIONS: usize = 60;
/// Minimum relative decrease of the cost; a step with a smaller one is the last.
const MIN_DECREASE: f64 = 1e-7;
/// Damping of the first step.
const FIRST_DAMPING: f64 = 1e-3;
/// Minimum damping.
const MIN_DAMPING: f64 = 1e-9;
/// Maximum damping; beyond it, no step leads downhill.
const MAX_DAMPING: f64 = 1e12;

/// A sum of squares to be minimised.
pub(crate) trait SumOfSquares {
    /// Returns the sum of the squared residuals, or of another loss of them; `None` for invalid unknowns.
    fn cost(&self, unknowns: &DVector<f64>) -> Option<f64>;

    /// Returns the normal equations at valid unknowns: half of the second and of the first derivatives of the cost.
    fn normal_equations(&self, unknowns: &DVector<f64>) -> Option<(DMatrix<f64>, DVector<f64>)>;
}

/// Unknowns for which a sum of squares is least.
#[derive(Debug, Clone)]
pub(crate) struct Minimum {
    /// Unknowns that fit best.
    pub unknowns: DVector<f64>,
    /// Cost at the unknowns.
    pub cost: f64,
    /// Covariance of the unknowns, given that residuals of 1 are one standard deviation.
    pub covariance: DMatrix<f64>,
}

/// Finds the unknowns for which the sum of squares is least, from `start`. Returns `None` if these are invalid, or one
/// has no influence.
pub(crate) fn minimise(problem: &impl SumOfSquares, start: DVector<f64>) -> Option<Minimum> {
    let mut cost = problem.cost(&start)?;
    let mut unknowns = start;
    let mut damping = FIRST_DAMPING;
    let mut normal = DMatrix::zeros(0, 0);
    for _ in 0..MAX_ITERATIONS {
        let gradient;
        (normal, gradient) = problem.normal_equations(&unknowns)?;
        let before = cost;
        while damping < MAX_DAMPING {
            let mut damped = normal.clone();
            for i in 0..unknowns.len() {
                damped[(i, i)] *= 1.0 + damping;
            }
            let next = &unknowns - damped.cholesky()?.solve(&gradient);
            if let Some(lower) = problem.cost(&next).filter(|cost| *cost <= before) {
                (unknowns, cost) = (next, lower);
                damping = (0.2 * damping).max(MIN_DAMPING);
                break;
            }
            damping *= 5.0;
        }
        if damping >= MAX_DAMPING || before - cost <= MIN_DECREASE * before {
            break;
        }
    }
    Some(Minimum { unknowns, cost, covariance: normal.cholesky()?.inverse() })
}

/// Residuals whose derivatives are found by finite differences.
pub(crate) struct FiniteDifferences<'a, F> {
    /// Small changes of each unknown, at whose scale the residuals are smooth.
    pub steps: &'a [f64],
    /// Returns the residuals, or `None` for invalid unknowns.
    pub residuals: F,
}

impl<F: Fn(&[f64]) -> Option<Vec<f64>>> FiniteDifferences<'_, F> {
    fn at(&self, unknowns: &DVector<f64>) -> Option<DVector<f64>> {
        let residuals = (self.residuals)(unknowns.as_slice()).map(DVector::from_vec)?;
        residuals.iter().all(|residual| residual.is_finite()).then_some(residuals)
    }
}

impl<F: Fn(&[f64]) -> Option<Vec<f64>>> SumOfSquares for FiniteDifferences<'_, F> {
    fn cost(&self, unknowns: &DVector<f64>) -> Option<f64> {
        Some(self.at(unknowns)?.norm_squared())
    }

    fn normal_equations(&self, unknowns: &DVector<f64>) -> Option<(DMatrix<f64>, DVector<f64>)> {
        let residuals = self.at(unknowns)?;
        let mut jacobian = DMatrix::zeros(residuals.len(), unknowns.len());
        for (i, step) in self.steps.iter().enumerate() {
            let mut beside = unknowns.clone();
            beside[i] += step;
            jacobian.set_column(i, &((self.at(&beside)? - &residuals) / *step));
        }
        Some((jacobian.tr_mul(&jacobian), jacobian.tr_mul(&residuals)))
    }
}

/// Returns a residual whose square grows ever more slowly beyond 1, so that outliers have little influence: Cauchy's
/// loss.
pub(crate) fn robust(residual: f64) -> f64 {
    residual.signum() * residual.powi(2).ln_1p().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solve(start: &[f64], steps: &[f64], residuals: impl Fn(&[f64]) -> Option<Vec<f64>>) -> Option<Minimum> {
        minimise(&FiniteDifferences { steps, residuals }, DVector::from_column_slice(start))
    }

    #[test]
    fn a_decay_is_fitted_in_spite_of_an_outlier() {
        let seen: Vec<(f64, f64)> = (0..40)
            .map(|i| (0.1 * f64::from(i), if i == 11 { 9.0 } else { 3.0 * (-0.7 * 0.1 * f64::from(i)).exp() }))
            .collect();
        let residuals = |x: &[f64]| {
            Some(seen.iter().map(|(t, y)| robust((x[0] * (-x[1] * t).exp() - y) / 0.01)).collect::<Vec<f64>>())
        };
        let found = solve(&[1.0, 0.1], &[1e-6, 1e-6], residuals).expect("a solution").unknowns;
        assert!((found[0] - 3.0).abs() < 1e-3 && (found[1] - 0.7).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn the_covariance_is_that_of_a_mean() {
        let residuals = |x: &[f64]| Some((0..25).map(|i| (x[0] - f64::from(i % 5)) / 2.0).collect::<Vec<f64>>());
        let found = solve(&[10.0], &[1e-4], residuals).expect("a solution");
        assert!((found.unknowns[0] - 2.0).abs() < 1e-6 && (found.cost - 12.5).abs() < 1e-6);
        assert!((found.covariance[(0, 0)] - 4.0 / 25.0).abs() < 1e-6);
    }

    #[test]
    fn invalid_unknowns_and_unknowns_without_influence_have_no_solution() {
        assert!(solve(&[1.0], &[1e-6], |_| None).is_none());
        assert!(solve(&[1.0, 1.0], &[1e-6, 1e-6], |x| Some(vec![x[0] - 2.0])).is_none());
    }
}
