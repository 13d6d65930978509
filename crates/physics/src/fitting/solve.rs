//! Least squares over windows that share a few parameters, by the Levenberg–Marquardt method.
//!
//! The unknowns of different windows are coupled only through the shared parameters, so each window's own unknowns are
//! eliminated first (Schur complement), and the remaining system is as small as the list of parameters.

use super::settings::{FitSettings, Parameter};
use super::window::Window;
use crate::{Engine, Physics, PhysicsError, Shot, Vec2};
use nalgebra::{DMatrix, DVector};

/// Length of a residual above which it counts less (Huber), in units of the scatter.
const HUBER_THRESHOLD: f64 = 2.5;
/// Maximum number of steps of the shared parameters.
const MAX_ITERATIONS: usize = 40;
/// Maximum number of steps of a window at each step of the shared parameters.
const MAX_WINDOW_ITERATIONS: usize = 10;

/// Normal equations at the present values.
struct Normal {
    /// Matrix of the shared parameters, after elimination.
    shared: DMatrix<f64>,
    right: DVector<f64>,
    windows: Vec<Eliminated>,
}

struct Eliminated {
    inverse: DMatrix<f64>,
    cross: DMatrix<f64>,
    right: DVector<f64>,
}

/// Residuals and derivatives of one window; rows are coordinates of samples.
struct Slope {
    residuals: DVector<f64>,
    weights: DVector<f64>,
    local: DMatrix<f64>,
    shared: DMatrix<f64>,
}

/// Returns the root mean square of single coordinates, metres.
pub(super) fn root_mean_square(residuals: &[Vec2]) -> f64 {
    (residuals.iter().map(|r| r.length_squared()).sum::<f64>() / (2.0 * residuals.len() as f64)).sqrt()
}

/// Eliminates the unknowns of a window. Also returns its contribution to the equations of the shared parameters.
fn eliminate(window: &Window, slope: &Slope, damping: f64) -> Option<(Eliminated, DMatrix<f64>, DVector<f64>)> {
    let weighted = |matrix: &DMatrix<f64>| {
        let mut matrix = matrix.clone();
        for (mut row, weight) in matrix.row_iter_mut().zip(slope.weights.iter()) {
            row *= *weight;
        }
        matrix.transpose()
    };
    let (wl, ws) = (weighted(&slope.local), weighted(&slope.shared));
    let mut own = &wl * &slope.local;
    let mut right = -(&wl * &slope.residuals);
    for (i, unknown) in window.unknowns.iter().enumerate() {
        if let Some(prior) = unknown.prior {
            own[(i, i)] += 1.0 / (prior * prior);
            right[i] -= window.local[i] / (prior * prior);
        }
        own[(i, i)] += damping * own[(i, i)] + 1e-12;
    }
    let inverse = own.cholesky()?.inverse();
    let cross = &wl * &slope.shared;
    let mut shared = &ws * &slope.shared;
    for i in 0..shared.nrows() {
        shared[(i, i)] += damping * shared[(i, i)];
    }
    shared -= cross.transpose() * &inverse * &cross;
    let shared_right = -(&ws * &slope.residuals) - cross.transpose() * &inverse * &right;
    Some((Eliminated { inverse, cross, right }, shared, shared_right))
}

/// Covariances of the shared parameters.
pub(super) struct Covariance {
    /// Covariance from the Jacobian, for residuals of variance 1 in units of the scatter.
    pub plain: DMatrix<f64>,
    /// Covariance from the disagreement between the windows; `None` with too few windows.
    pub spread: Option<DMatrix<f64>>,
}

pub(super) struct Problem<'a> {
    pub settings: &'a FitSettings,
    pub physics: Physics,
    pub free: Vec<Parameter>,
    pub windows: Vec<Window>,
    /// Scatter of single coordinates, metres.
    pub scale: f64,
}

impl Problem<'_> {
    /// Finds the best initial state of each window for the present model. The initial slip and side spin cannot be
    /// observed, so several are tried. Windows whose residuals are no larger than `well` times the scatter stay as they
    /// are; those that cannot be computed are dropped. Returns the number dropped.
    pub fn begin(&mut self, well: f64) -> Result<usize, PhysicsError> {
        let free = std::mem::take(&mut self.free);
        let engine = self.settings.engine(&self.physics)?;
        let before = self.windows.len();
        let mut kept = Vec::new();
        for window in std::mem::take(&mut self.windows) {
            kept.extend(self.best_start(window, &engine, well)?);
        }
        self.windows = kept;
        self.free = free;
        Ok(before - self.windows.len())
    }

    fn best_start(&self, mut window: Window, engine: &Engine, well: f64) -> Result<Option<Window>, PhysicsError> {
        let (mut shot, mut out) = (Shot::default(), Vec::new());
        if window.residuals(engine, &window.local, &mut shot, &mut out).is_ok()
            && root_mean_square(&out) <= well * self.scale
        {
            return Ok(Some(window));
        }
        let mut best: Option<(f64, Vec<f64>)> = None;
        for candidate in window.candidates() {
            window.local = candidate;
            let cost = self.settle(&mut window, engine, 20)?;
            if cost.is_finite() && best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, window.local.clone()));
            }
        }
        Ok(best.map(|(_, local)| {
            window.local = local;
            window
        }))
    }

    /// Descends in all parameters until nothing is gained. At every trial of the shared parameters each window is
    /// optimised individually first, so that one awkward window does not hold up the others. Windows that cannot be
    /// computed are dropped. Returns `false` if the equations have no solution.
    pub fn solve(&mut self) -> Result<bool, PhysicsError> {
        let mut damping = 1e-3;
        let mut engine = self.settings.engine(&self.physics)?;
        let mut cost = 0.0;
        for mut window in std::mem::take(&mut self.windows) {
            let own = self.settle(&mut window, &engine, MAX_WINDOW_ITERATIONS)?;
            if own.is_finite() {
                cost += own;
                self.windows.push(window);
            }
        }
        for _ in 0..MAX_ITERATIONS {
            if self.free.is_empty() {
                break;
            }
            let slopes = self.slopes(&engine)?;
            loop {
                let step = self.normal(&slopes, damping).and_then(|normal| self.step(&normal));
                let Some((physics, locals)) = step else {
                    damping *= 10.0;
                    if damping > 1e9 {
                        return Ok(false);
                    }
                    continue;
                };
                let trial = self.settings.engine(&physics)?;
                let mut now = 0.0;
                let mut settled = Vec::with_capacity(locals.len());
                let mut windows = std::mem::take(&mut self.windows);
                for (window, local) in windows.iter_mut().zip(locals) {
                    let old = std::mem::replace(&mut window.local, local);
                    if !self.window_cost(window, &trial).is_finite() {
                        window.local.clone_from(&old);
                    }
                    now += self.settle(window, &trial, MAX_WINDOW_ITERATIONS)?;
                    settled.push(std::mem::replace(&mut window.local, old));
                }
                self.windows = windows;
                if now <= cost {
                    let gain = (cost - now) / cost.max(1e-12);
                    (self.physics, engine, cost) = (physics, trial, now);
                    for (window, local) in self.windows.iter_mut().zip(settled) {
                        window.local = local;
                    }
                    let bold = damping < 1e-2;
                    damping = (damping * 0.2).max(1e-9);
                    if gain < 1e-6 && bold {
                        return Ok(true);
                    }
                    break;
                }
                damping *= 6.0;
                // No step is short enough: this is the minimum, up to rounding and the kinks of sampled contacts.
                if damping > 1e6 {
                    return Ok(true);
                }
            }
        }
        Ok(true)
    }

    /// Tries points around the present one, along the axes of its confidence ellipsoid, and moves to the best that is
    /// better. Sampled contacts make small kinks in the sum of squares, where a descent can stop on a long slope.
    /// Returns whether it moved.
    pub fn perturb(&mut self) -> Result<bool, PhysicsError> {
        if self.free.is_empty() || self.windows.is_empty() {
            return Ok(false);
        }
        let Some(covariance) = self.covariance()? else {
            return Ok(false);
        };
        let axes = covariance.plain.symmetric_eigen();
        let engine = self.settings.engine(&self.physics)?;
        let slopes = self.slopes(&engine)?;
        let Some(normal) = self.normal(&slopes, 1e-9) else {
            return Ok(false);
        };
        let mut windows = std::mem::take(&mut self.windows);
        let mut best: Option<(Physics, Vec<Vec<f64>>)> = None;
        let start: Vec<_> = windows.iter().map(|window| window.local.clone()).collect();
        let mut least = 0.0;
        for window in &mut windows {
            least += self.settle(window, &engine, MAX_WINDOW_ITERATIONS)?;
        }
        // A gain within rounding does not count.
        least -= 0.5;
        for axis in 0..self.free.len() {
            for far in [-8.0, -3.0, -1.0, 1.0, 3.0, 8.0] {
                let mut physics = self.physics;
                let mut moved = DVector::zeros(self.free.len());
                for (i, parameter) in self.free.iter().enumerate() {
                    let (low, high) = parameter.range();
                    let by = far * axes.eigenvalues[axis].max(0.0).sqrt() * axes.eigenvectors[(i, axis)];
                    let value = parameter.of(&self.physics);
                    let next = (value + by).clamp(low, high);
                    moved[i] = next - value;
                    parameter.set(&mut physics, next);
                }
                let trial = self.settings.engine(&physics)?;
                let mut cost = 0.0;
                for ((window, local), part) in windows.iter_mut().zip(&start).zip(&normal.windows) {
                    let by = &part.inverse * (&part.right - &part.cross * &moved);
                    window.local = local.iter().zip(by.iter()).map(|(value, by)| value + by).collect();
                    if !self.window_cost(window, &trial).is_finite() {
                        window.local.clone_from(local);
                    }
                    cost += self.settle(window, &trial, MAX_WINDOW_ITERATIONS)?;
                }
                if cost < least {
                    least = cost;
                    best = Some((physics, windows.iter().map(|window| window.local.clone()).collect()));
                }
            }
        }
        let moved = best.is_some();
        let locals = match best {
            Some((physics, locals)) => {
                self.physics = physics;
                locals
            }
            None => start,
        };
        for (window, local) in windows.iter_mut().zip(locals) {
            window.local = local;
        }
        self.windows = windows;
        Ok(moved)
    }

    /// Descends in the unknowns of one window. Returns its cost.
    fn settle(&self, window: &mut Window, engine: &Engine, iterations: usize) -> Result<f64, PhysicsError> {
        let mut damping = 1e-6;
        let mut cost = self.window_cost(window, engine);
        if !cost.is_finite() {
            return Ok(cost);
        }
        for _ in 0..iterations {
            let slope = self.slope(window, engine, &[])?;
            loop {
                if damping > 1e4 {
                    return Ok(cost);
                }
                let Some((part, _, _)) = eliminate(window, &slope, damping) else {
                    damping *= 10.0;
                    continue;
                };
                let by = &part.inverse * &part.right;
                let next = window.local.iter().zip(by.iter()).map(|(value, by)| value + by).collect();
                let old = std::mem::replace(&mut window.local, next);
                let now = self.window_cost(window, engine);
                if now <= cost {
                    let gain = (cost - now) / cost.max(1e-12);
                    cost = now;
                    damping = (damping * 0.2).max(1e-9);
                    if gain < 1e-6 {
                        return Ok(cost);
                    }
                    break;
                }
                window.local = old;
                damping *= 8.0;
            }
        }
        Ok(cost)
    }

    /// Returns the residuals of all windows, metres, without weights.
    pub fn residuals(&self) -> Result<Vec<Vec<Vec2>>, PhysicsError> {
        let engine = self.settings.engine(&self.physics)?;
        let mut shot = Shot::default();
        let one = |window: &Window| {
            let mut out = Vec::new();
            window.residuals(&engine, &window.local, &mut shot, &mut out)?;
            Ok(out)
        };
        self.windows.iter().map(one).collect()
    }

    /// Returns the cost of a window; infinite if it cannot be computed.
    fn window_cost(&self, window: &Window, engine: &Engine) -> f64 {
        let (mut shot, mut out) = (Shot::default(), Vec::new());
        if window.residuals(engine, &window.local, &mut shot, &mut out).is_err() {
            return f64::INFINITY;
        }
        let of_samples: f64 = window
            .seen
            .iter()
            .zip(&out)
            .map(|(seen, residual)| {
                let r = residual.length() / self.scale;
                seen.weight * if r <= HUBER_THRESHOLD { r * r } else { HUBER_THRESHOLD * (2.0 * r - HUBER_THRESHOLD) }
            })
            .sum();
        let unknowns = window.unknowns.iter().zip(&window.local);
        let of_priors: f64 = unknowns.filter_map(|(u, value)| Some((value / u.prior?).powi(2))).sum();
        let cost = of_samples + of_priors;
        if cost.is_nan() { f64::INFINITY } else { cost }
    }

    fn slopes(&self, engine: &Engine) -> Result<Vec<Slope>, PhysicsError> {
        let mut sides = Vec::new();
        for parameter in &self.free {
            let (low, high) = parameter.range();
            let value = parameter.of(&self.physics);
            let ends = [(value - parameter.step()).max(low), (value + parameter.step()).min(high)];
            let engines = ends.map(|end| {
                let mut physics = self.physics;
                parameter.set(&mut physics, end);
                self.settings.engine(&physics)
            });
            let [one, two] = engines;
            sides.push((one?, two?, ends[1] - ends[0]));
        }
        self.windows.iter().map(|window| self.slope(window, engine, &sides)).collect()
    }

    fn slope(&self, window: &Window, engine: &Engine, sides: &[(Engine, Engine, f64)]) -> Result<Slope, PhysicsError> {
        let rows = 2 * window.seen.len();
        let (mut shot, mut low, mut high) = (Shot::default(), Vec::new(), Vec::new());
        window.residuals(engine, &window.local, &mut shot, &mut low)?;
        let flat = |v: &[Vec2]| DVector::from_iterator(rows, v.iter().flat_map(|r| [r.x, r.y])) / self.scale;
        let residuals = flat(&low);
        let weigh = |(seen, r): (&super::window::Seen, &Vec2)| {
            let weight = seen.weight * (HUBER_THRESHOLD * self.scale / r.length().max(1e-12)).min(1.0);
            [weight, weight]
        };
        let weights = DVector::from_iterator(rows, window.seen.iter().zip(&low).flat_map(weigh));
        let mut local = DMatrix::zeros(rows, window.local.len());
        let mut values = window.local.clone();
        for (column, unknown) in window.unknowns.iter().enumerate() {
            let value = values[column];
            values[column] = value - unknown.step;
            let below = window.residuals(engine, &values, &mut shot, &mut low).is_ok();
            values[column] = value + unknown.step;
            let above = window.residuals(engine, &values, &mut shot, &mut high).is_ok();
            values[column] = value;
            if below && above {
                local.set_column(column, &((flat(&high) - flat(&low)) / (2.0 * unknown.step)));
            }
        }
        let mut shared = DMatrix::zeros(rows, sides.len());
        for (column, (one, two, width)) in sides.iter().enumerate() {
            let below = window.residuals(one, &window.local, &mut shot, &mut low).is_ok();
            let above = window.residuals(two, &window.local, &mut shot, &mut high).is_ok();
            if below && above {
                shared.set_column(column, &((flat(&high) - flat(&low)) / *width));
            }
        }
        Ok(Slope { residuals, weights, local, shared })
    }

    fn normal(&self, slopes: &[Slope], damping: f64) -> Option<Normal> {
        let n = self.free.len();
        let mut normal = Normal { shared: DMatrix::zeros(n, n), right: DVector::zeros(n), windows: Vec::new() };
        for (window, slope) in self.windows.iter().zip(slopes) {
            let (part, shared, right) = eliminate(window, slope, damping)?;
            normal.shared += shared;
            normal.right += right;
            normal.windows.push(part);
        }
        Some(normal)
    }

    fn step(&self, normal: &Normal) -> Option<(Physics, Vec<Vec<f64>>)> {
        let mut physics = self.physics;
        let mut moved = DVector::zeros(self.free.len());
        if !self.free.is_empty() {
            let by = normal.shared.clone().cholesky()?.solve(&normal.right);
            for (i, parameter) in self.free.iter().enumerate() {
                let (low, high) = parameter.range();
                let value = parameter.of(&self.physics);
                let next = (value + by[i]).clamp(low, high);
                moved[i] = next - value;
                parameter.set(&mut physics, next);
            }
        }
        let one = |(window, part): (&Window, &Eliminated)| {
            let by = &part.inverse * (&part.right - &part.cross * &moved);
            window.local.iter().zip(by.iter()).map(|(value, by)| value + by).collect::<Vec<_>>()
        };
        Some((physics, self.windows.iter().zip(&normal.windows).map(one).collect()))
    }

    /// Resets a parameter to its default and excludes it from the free ones.
    pub fn reset(&mut self, parameter: Parameter) {
        parameter.set(&mut self.physics, parameter.of(&self.settings.start));
        self.free.retain(|free| *free != parameter);
    }

    /// Returns the covariances of the shared parameters; `None` when the windows do not determine some combination of
    /// them.
    pub fn covariance(&self) -> Result<Option<Covariance>, PhysicsError> {
        let engine = self.settings.engine(&self.physics)?;
        let slopes = self.slopes(&engine)?;
        let n = self.free.len();
        let (mut shared, mut scores) = (DMatrix::zeros(n, n), DMatrix::zeros(n, n));
        for (window, slope) in self.windows.iter().zip(&slopes) {
            let Some((_, part, right)) = eliminate(window, slope, 0.0) else {
                return Ok(None);
            };
            shared += part;
            scores += &right * right.transpose();
        }
        let Some(factors) = shared.cholesky() else {
            return Ok(None);
        };
        let plain = factors.inverse();
        let windows = self.windows.len();
        // With few windows their spread has no meaning.
        let spread =
            (windows > 3 * n && n > 0).then(|| &plain * scores * &plain * (windows as f64 / (windows - n) as f64));
        // A matrix that is not finite has no axes.
        let is_finite = |matrix: &DMatrix<f64>| matrix.iter().all(|value| value.is_finite());
        let known = is_finite(&plain) && spread.as_ref().is_none_or(is_finite);
        Ok(known.then_some(Covariance { plain, spread }))
    }
}
