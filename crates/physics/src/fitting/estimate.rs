//! The fit, from tracks to report.

use super::legs::{Cut, LEAST, median};
use super::report::{Estimate, FitReport, RailReport, Standing};
use super::window::{Joint, Window, windows};
use super::{
    error::FitError, repeats::without_repeats, settings::FitSettings, settings::Parameter, solve::Problem,
    solve::root_mean_square, table_size::suspicion, track::Track, track::unnamed_cue_ball,
};
use crate::{Physics, Vec2};

/// Scatter of a window, relative to that of all, above which it does not follow the model.
const STRANGE: f64 = 2.0;
/// Scatter of a window, relative to that of all, up to which its initial state is not searched again.
const WELL: f64 = 1.2;
/// Number of standard errors on either side that contain 95 % of a normal distribution.
const NINETY_FIVE: f64 = 1.96;
/// Factor by which intervals are wider than the equations say. Sampled contacts make the sum of squares a little
/// ragged, so the fit stops near the optimum rather than at it: on tracks that the engine generated, with noise, three
/// quarters of the intervals without this factor contained the truth, and 92 of 100 with it.
const MARGIN: f64 = 2.2;
/// Maximum angle of incidence, from the normal, of contacts in the observed ratio of speeds, radians.
const NEAR_NORMAL: f64 = 0.35;

/// Fits friction and restitution to tracks. Repeated pictures are dropped first.
///
/// # Errors
/// [`FitError::NothingMoves`] when there is nothing to fit, [`FitError::NoConvergence`] when the tracks do not look
/// like balls at all, [`FitError::Physics`] when the model to start from is invalid.
pub fn fit(tracks: &[Track], settings: &FitSettings) -> Result<FitReport, FitError> {
    settings.start.validate()?;
    let (tracks, repeats_dropped) = without_repeats(tracks);
    let cut = Cut::new(&tracks, settings);
    let windows = windows(&cut);
    if windows.is_empty() {
        return Err(FitError::NothingMoves { tracks: tracks.len(), samples: LEAST });
    }
    let problem = Problem { settings, physics: settings.start, free: Vec::new(), windows, scale: cut.noise.max(2e-4) };
    let failed = || FitError::NoConvergence { noise_mm: 1e3 * cut.noise };
    let mut search = Search { problem, standing: Parameter::ALL.map(|_| None), windows_dropped: 0 };
    search.windows_dropped = search.problem.begin(0.0)?;
    search.set_aside_absent();
    let mut is_first = true;
    loop {
        search.free_the_others();
        if !search.descend(is_first)? {
            return Err(failed());
        }
        is_first = false;
        let widths = half_widths(&search.problem)?;
        // One at a time: the others may be well determined without it.
        match search.least_known(&widths) {
            Some((parameter, standing)) => search.set_aside(parameter, standing),
            None => {
                let mut report = report(&search, &widths);
                report.repeats_dropped = repeats_dropped;
                report.warnings.extend(suspicion(&tracks, settings));
                report.warnings.extend(unnamed_cue_ball(&tracks, &settings.spec));
                return Ok(report);
            }
        }
    }
}

/// State of a fit in progress.
struct Search<'a> {
    problem: Problem<'a>,
    /// Reason why a parameter is not fitted, in the order of [`Parameter::ALL`]; `None` for a parameter that is fitted.
    standing: [Option<Standing>; 5],
    windows_dropped: usize,
}

impl Search<'_> {
    /// Excludes a parameter from the fit; it has its default from now on.
    fn set_aside(&mut self, parameter: Parameter, standing: Standing) {
        self.standing[parameter as usize] = Some(standing);
        self.problem.reset(parameter);
    }

    /// Excludes the parameters for which no window holds evidence.
    fn set_aside_absent(&mut self) {
        for parameter in Parameter::ALL {
            if self.standing[parameter as usize].is_none() && evidence(parameter, &self.problem.windows) == 0 {
                self.set_aside(parameter, Standing::NoEvidence { missing: parameter.evidence().to_owned() });
            }
        }
    }

    fn free_the_others(&mut self) {
        let is_free = |parameter: &Parameter| self.standing[*parameter as usize].is_none();
        self.problem.free = Parameter::ALL.into_iter().filter(is_free).collect();
    }

    /// Searches the best values and drops the windows that do not fit them. Returns whether the search succeeded.
    fn descend(&mut self, is_first: bool) -> Result<bool, FitError> {
        for round in 0..4 {
            for _ in 0..4 {
                if !self.problem.solve()? {
                    return Ok(false);
                }
                if !self.problem.perturb()? {
                    break;
                }
            }
            if is_first && round < 2 {
                // A better model finds better initial states.
                self.windows_dropped += self.problem.begin(WELL)?;
            } else {
                self.windows_dropped += rescale(&mut self.problem)?;
            }
            self.set_aside_absent();
            if self.problem.windows.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the parameter about which the tracks say least, if that is too little; else one whose best value is a
    /// limit.
    fn least_known(&self, widths: &[f64]) -> Option<(Parameter, Standing)> {
        let fitted = || self.problem.free.iter().map(|parameter| (*parameter, parameter.of(&self.problem.physics)));
        let over = |parameter: Parameter, value: f64, width: f64| {
            let over = width / parameter.too_wide(value);
            if over.is_nan() { f64::MAX } else { over }
        };
        let weak = fitted()
            .zip(widths)
            .map(|((parameter, would_be), width)| (over(parameter, would_be, *width), parameter, would_be, *width))
            .filter(|(over, ..)| *over > 1.0)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, parameter, would_be, plus_minus)) = weak {
            return Some((parameter, Standing::TooWeak { would_be, plus_minus }));
        }
        let (parameter, would_be) = fitted().find(|(parameter, value)| parameter.is_at_limit(*value))?;
        Some((parameter, Standing::AtLimit { would_be }))
    }
}

/// Returns the amount of evidence for a parameter in these windows, see [`Parameter::evidence`].
fn evidence(parameter: Parameter, windows: &[Window]) -> usize {
    let joints = |joint: Joint| windows.iter().filter(|window| window.joint == joint).count();
    match parameter {
        Parameter::RollingFriction => {
            windows.iter().flat_map(|window| &window.seen).map(|seen| seen.weight).sum::<f64>().round() as usize
        }
        Parameter::SlidingFriction => windows.iter().map(|window| window.sliding).sum(),
        Parameter::CushionRestitution | Parameter::CushionFriction => joints(Joint::Rail),
        Parameter::BallRestitution => joints(Joint::Balls),
    }
}

/// Estimates the scatter from the residuals and drops windows that do not fit the model at all. Returns the number
/// dropped.
fn rescale(problem: &mut Problem<'_>) -> Result<usize, FitError> {
    let all = problem.residuals()?;
    let lengths = |residuals: &[Vec2]| residuals.iter().flat_map(|r| [r.x.abs(), r.y.abs()]).collect::<Vec<_>>();
    let mut pooled: Vec<_> = all.iter().flat_map(|residuals| lengths(residuals)).collect();
    let scatter = 1.4826 * median(&mut pooled).unwrap_or(problem.scale);
    problem.scale = scatter.max(5e-5);
    let limit = STRANGE * problem.scale.max(3e-4);
    let strange = |residuals: &Vec<Vec2>| root_mean_square(residuals) > limit;
    let mut bad = all.iter().map(strange).collect::<Vec<_>>().into_iter();
    let before = problem.windows.len();
    problem.windows.retain(|_| !bad.next().unwrap_or(false));
    Ok(before - problem.windows.len())
}

/// Returns the half-widths of the 95 % intervals of the free parameters; infinite when the tracks do not determine
/// them.
fn half_widths(problem: &Problem<'_>) -> Result<Vec<f64>, FitError> {
    let count = problem.free.len();
    if count == 0 {
        return Ok(Vec::new());
    }
    let Some(covariance) = problem.covariance()? else {
        return Ok(vec![f64::INFINITY; count]);
    };
    let (mut sum, mut weight, mut unknowns) = (0.0, 0.0, count as f64);
    let (mut product, mut square) = (0.0, 0.0);
    for (window, residuals) in problem.windows.iter().zip(problem.residuals()?) {
        let limit = 2.5 * problem.scale;
        let held: Vec<_> = residuals.iter().map(|r| *r * (limit / r.length().max(1e-12)).min(1.0)).collect();
        let mut share = 0.0;
        for (seen, r) in window.seen.iter().zip(&held) {
            sum += seen.weight * r.length_squared();
            weight += 2.0 * seen.weight;
            share += seen.weight;
        }
        // A window that shares its samples shares its unknowns too.
        unknowns += window.local.len() as f64 * share / window.seen.len() as f64;
        for i in (0..held.len().saturating_sub(1)).filter(|i| window.adjoin(*i)) {
            product += held[i].dot(held[i + 1]);
            square += held[i].length_squared();
        }
    }
    let variance = sum / (weight - unknowns).max(1.0) / (problem.scale * problem.scale);
    // Residuals that keep one sign for several samples count as fewer independent ones.
    let together = (product / square.max(1e-30)).clamp(0.0, 0.95);
    let variance = variance * (1.0 + together) / (1.0 - together);
    let both = |i: usize| {
        let spread = covariance.spread.as_ref().map_or(0.0, |spread| spread[(i, i)]);
        MARGIN * NINETY_FIVE * (variance * covariance.plain[(i, i)]).max(spread).sqrt()
    };
    Ok((0..count).map(both).collect())
}

fn report(search: &Search<'_>, widths: &[f64]) -> FitReport {
    let Search { problem, standing, windows_dropped } = search;
    let estimates = Parameter::ALL.map(|parameter| {
        let fitted = problem.free.iter().zip(widths).find(|(free, _)| **free == parameter);
        let (value, standing) = match (&standing[parameter as usize], fitted) {
            (None, Some((_, plus_minus))) => {
                (parameter.of(&problem.physics), Standing::Fitted { plus_minus: *plus_minus })
            }
            // A parameter that is not fitted has its default, for whatever reason.
            (standing, _) => {
                let missing = || Standing::NoEvidence { missing: parameter.evidence().to_owned() };
                (parameter.of(&problem.settings.start), standing.clone().unwrap_or_else(missing))
            }
        };
        Estimate { parameter, value, count: evidence(parameter, &problem.windows), standing }
    });
    FitReport {
        rails: rails(problem, &estimates[Parameter::CushionRestitution as usize]),
        estimates: estimates.to_vec(),
        scatter_mm: 1e3 * problem.scale,
        samples: evidence(Parameter::RollingFriction, &problem.windows),
        windows: problem.windows.len(),
        windows_dropped: *windows_dropped,
        repeats_dropped: 0,
        warnings: Vec::new(),
    }
}

fn rails(problem: &Problem<'_>, e_c: &Estimate) -> Option<RailReport> {
    let radius = problem.settings.spec.cue_ball.radius;
    let observed = problem.windows.iter().filter(|window| window.radius() == Some(radius));
    let observed = observed.filter_map(|window| window.observed);
    let mut ratios: Vec<_> = observed.filter(|(_, angle)| *angle < NEAR_NORMAL).map(|(ratio, _)| ratio).collect();
    let contacts = problem.windows.iter().filter(|window| window.joint == Joint::Rail).count();
    let at = |restitution: f64| {
        let mut physics = problem.physics;
        Parameter::CushionRestitution.set(&mut physics, restitution);
        implied(&physics, problem.settings)
    };
    // The ratio is nearly linear in e_c.
    let slope = (at(e_c.value) - at(e_c.value - 0.01)) / 0.01;
    (contacts > 0).then(|| RailReport {
        implied_speed_ratio: at(e_c.value),
        implied_plus_minus: e_c.plus_minus().map(|width| slope * width),
        observed_speed_ratio: median(&mut ratios),
        observed_contacts: ratios.len(),
        contacts,
    })
}

/// Returns the ratio of the speeds after and before the contact of a cue ball that rolls straight into a cushion.
fn implied(physics: &Physics, settings: &FitSettings) -> f64 {
    use crate::{BallMotion, Vec3, cushion};
    let body = settings.spec.cue_ball;
    let radius = body.radius;
    let ball =
        BallMotion { position: Vec2::ZERO, velocity: Vec2::new(-1.0, 0.0), spin: Vec3::new(0.0, -1.0 / radius, 0.0) };
    let contact = cushion::CushionContact {
        normal: Vec2::new(1.0, 0.0),
        distance: radius,
        nose_height: settings.spec.nose_height,
    };
    cushion::bounce(ball, &contact, physics.rail, body, physics).velocity.x
}
