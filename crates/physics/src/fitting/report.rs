//! The result of a fit.

use super::settings::Parameter;
use super::table_physics::TablePhysics;
#[cfg(feature = "serde")]
use serde::Serialize;
use std::fmt;

/// Reliability of a value.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "standing", rename_all = "snake_case"))]
pub enum Standing {
    /// The value was fitted.
    Fitted {
        /// Half-width of the 95 % interval.
        plus_minus: f64,
    },
    /// The best value is the least or greatest that is searched, so the tracks and the model disagree; the value is the
    /// default.
    AtLimit {
        /// Value that the fit would have given.
        would_be: f64,
    },
    /// The tracks hold too little information; the value is the default.
    TooWeak {
        /// Value that the fit would have given.
        would_be: f64,
        /// Half-width of the 95 % interval of that value.
        plus_minus: f64,
    },
    /// The tracks hold no information; the value is the default.
    NoEvidence {
        /// Evidence that is missing in the tracks, see [`Parameter::evidence`].
        missing: String,
    },
}

/// Estimate of one parameter.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize))]
pub struct Estimate {
    /// The parameter.
    pub parameter: Parameter,
    /// Fitted value, or the default.
    pub value: f64,
    /// Number of items of evidence, see [`Parameter::evidence`].
    pub count: usize,
    /// Reliability of the value.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub standing: Standing,
}

impl Estimate {
    /// Returns the half-width of the 95 % interval of a fitted value; `None` for a default.
    #[must_use]
    pub fn plus_minus(&self) -> Option<f64> {
        match self.standing {
            Standing::Fitted { plus_minus } => Some(plus_minus),
            Standing::AtLimit { .. } | Standing::TooWeak { .. } | Standing::NoEvidence { .. } => None,
        }
    }
}

/// Speeds of cue balls that come off the rails; balls of another size keep another part of theirs. The ratio is not
/// e_c: a nose above the ball's centre also presses the ball down.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize))]
pub struct RailReport {
    /// Ratio of the speeds after and before the contact of a cue ball that rolls straight into a cushion, by the fitted
    /// model.
    pub implied_speed_ratio: f64,
    /// Half-width of the 95 % interval of that ratio, as far as e_c causes it. Absent when e_c was not fitted.
    pub implied_plus_minus: Option<f64>,
    /// Median of the same ratio from the samples around near-normal contacts of balls as large as the cue ball alone;
    /// absent without such contacts. A little too low where a ball slides before the next sample.
    pub observed_speed_ratio: Option<f64>,
    /// Number of near-normal contacts in that median.
    pub observed_contacts: usize,
    /// Number of rail contacts that were fitted.
    pub contacts: usize,
}

/// The result of a fit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize))]
pub struct FitReport {
    /// Estimates of all parameters, in the order of [`Parameter::ALL`].
    pub estimates: Vec<Estimate>,
    /// Speeds of cue balls that come off the rails; absent without rail contacts.
    pub rails: Option<RailReport>,
    /// Scatter of single coordinates about the fit, millimetres.
    pub scatter_mm: f64,
    /// Number of samples used.
    pub samples: usize,
    /// Number of windows used.
    pub windows: usize,
    /// Number of windows that do not fit the model at all and were left out.
    pub windows_dropped: usize,
    /// Number of pictures that repeat the previous one and were left out.
    pub repeats_dropped: usize,
    /// Doubts about the tracks, one sentence each.
    pub warnings: Vec<String>,
}

impl FitReport {
    /// Returns the estimate of a parameter.
    #[must_use]
    pub fn estimate(&self, parameter: Parameter) -> &Estimate {
        &self.estimates[parameter as usize]
    }

    /// Returns the values, to be saved to a file.
    #[must_use]
    pub fn table_physics(&self) -> TablePhysics {
        let value = |parameter| Some(self.estimate(parameter).value);
        TablePhysics {
            sliding_friction: value(Parameter::SlidingFriction),
            rolling_friction: value(Parameter::RollingFriction),
            cushion_restitution: value(Parameter::CushionRestitution),
            cushion_friction: value(Parameter::CushionFriction),
            ball_restitution: value(Parameter::BallRestitution),
        }
    }
}

impl fmt::Display for FitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<21}{:>9}{:>11}  {:<5}", "parameter", "value", "± 95 %", "n")?;
        for estimate in &self.estimates {
            let plus_minus = estimate.plus_minus().map_or_else(|| "-".to_owned(), |width| format!("{width:.5}"));
            let (name, n) = (estimate.parameter.name(), estimate.count);
            let row = format!("{name:<21}{:>9.5}{plus_minus:>11}  {n:<5}", estimate.value);
            let of = estimate.parameter.evidence();
            match &estimate.standing {
                Standing::Fitted { .. } => writeln!(f, "{row} {of}")?,
                Standing::AtLimit { would_be } => {
                    writeln!(
                        f,
                        "{row} default; the best fit, {would_be:.3}, is the limit of the search: {of} do not fit"
                    )?;
                }
                Standing::TooWeak { would_be, plus_minus } => {
                    writeln!(f, "{row} default; {of} say too little ({would_be:.3} ± {plus_minus:.3})")?;
                }
                Standing::NoEvidence { missing } => writeln!(f, "{row} default; no {missing} in the tracks")?,
            }
        }
        if let Some(rails) = &self.rails {
            write!(f, "straight into a rail a rolling cue ball keeps {:.3}", rails.implied_speed_ratio)?;
            if let Some(width) = rails.implied_plus_minus {
                write!(f, " ± {width:.3}")?;
            }
            write!(f, " of its speed")?;
            match rails.observed_speed_ratio {
                Some(ratio) => {
                    let n = rails.observed_contacts;
                    writeln!(f, " (seen around near-normal contacts: median {ratio:.3}, n = {n})")?;
                }
                None => writeln!(f)?,
            }
        }
        write!(f, "{} samples, scatter {:.2} mm; {} windows", self.samples, self.scatter_mm, self.windows)?;
        if self.windows_dropped > 0 {
            write!(f, ", {} left out that do not fit", self.windows_dropped)?;
        }
        if self.repeats_dropped > 0 {
            write!(f, "; {} repeated pictures left out", self.repeats_dropped)?;
        }
        Ok(())
    }
}
