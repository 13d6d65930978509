//! What came of a fit.

use super::settings::Parameter;
use super::table_physics::TablePhysics;
use serde::Serialize;
use std::fmt;

/// How far a value is to be trusted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Standing {
    /// Fitted.
    Fitted {
        /// Half of the 95 % interval.
        plus_minus: f64,
    },
    /// The best value is the least or greatest that is sought, so the tracks and the model disagree; the value is the
    /// default.
    AtLimit {
        /// What the fit would have been.
        would_be: f64,
    },
    /// The tracks say too little; the value is the default.
    TooWeak {
        /// What the fit would have been.
        would_be: f64,
        /// Half of its 95 % interval.
        plus_minus: f64,
    },
    /// The tracks say nothing; the value is the default.
    NoEvidence {
        /// What there would have to be in the tracks.
        missing: String,
    },
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Which.
    pub parameter: Parameter,
    /// Fitted, or the default.
    pub value: f64,
    /// How many things tell about it, see [`Parameter::evidence`].
    pub count: usize,
    /// How far it is to be trusted.
    #[serde(flatten)]
    pub standing: Standing,
}

impl Estimate {
    /// Half of the 95 % interval of a fitted value.
    #[must_use]
    pub fn plus_minus(&self) -> Option<f64> {
        match self.standing {
            Standing::Fitted { plus_minus } => Some(plus_minus),
            Standing::AtLimit { .. } | Standing::TooWeak { .. } | Standing::NoEvidence { .. } => None,
        }
    }
}

/// How fast balls come off the rails. The ratio is not e_c: a nose above the ball's centre presses the ball down too.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RailReport {
    /// Speed after over speed before of a ball that rolls straight into a cushion, by the fitted model.
    pub implied_speed_ratio: f64,
    /// Half of its 95 % interval, as far as e_c makes it. Absent when e_c was not fitted.
    pub implied_plus_minus: Option<f64>,
    /// The median of the same ratio from the samples around near-normal contacts alone. A little too low where a ball
    /// slides before the next sample is seen.
    pub observed_speed_ratio: Option<f64>,
    /// Near-normal contacts of that median.
    pub observed_contacts: usize,
    /// Rail contacts that were fitted.
    pub contacts: usize,
}

/// What came of a fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FitReport {
    /// All parameters, in the order of [`Parameter::ALL`].
    pub estimates: Vec<Estimate>,
    /// Absent without rail contacts.
    pub rails: Option<RailReport>,
    /// Scatter of single coordinates about the fit, millimetres.
    pub scatter_mm: f64,
    /// Samples that were used.
    pub samples: usize,
    /// Windows that were used.
    pub windows: usize,
    /// Windows that do not fit the model at all and were left out.
    pub windows_dropped: usize,
    /// Pictures that repeat the one before and were left out.
    pub repeats_dropped: usize,
    /// What is suspicious about the tracks, a sentence each.
    pub warnings: Vec<String>,
}

impl FitReport {
    /// The estimate of a parameter.
    #[must_use]
    pub fn estimate(&self, parameter: Parameter) -> &Estimate {
        &self.estimates[parameter as usize]
    }

    /// The values, to be kept in a file.
    #[must_use]
    pub fn table_physics(&self) -> TablePhysics {
        let value = |parameter| self.estimate(parameter).value;
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
            write!(f, "straight into a rail a rolling ball keeps {:.3}", rails.implied_speed_ratio)?;
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
