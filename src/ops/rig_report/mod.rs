//! How far the trainer is from the truth, on simulated rigs whose truth is known: closed loops of camera, trainer and
//! projector.

mod calibration;
mod lens;
mod loops;
pub(super) mod report;
mod rings;
mod rolling;
mod stand;

use super::closed_loop::LoopError;
use crate::sense::capture::CaptureError;
use clap::ValueEnum;
use report::Report;
use tracing::info;

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    /// Closed loops: 3 camera poses × 2 lenses × 3 cloths
    Loops,
    /// Automatic calibrations of random rigs, from nothing
    Calibrate,
    /// Lenses measured from the table alone
    Lens,
    /// The ring that goes with a rolling ball
    Rolling,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Loops, Self::Calibrate, Self::Lens, Self::Rolling];
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReportError {
    /// The loop broke.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// The rig has no picture.
    #[error(transparent)]
    Rig(#[from] CaptureError),
}

/// Measures these parts with everything left to chance decided by `seed`; `rigs` random rigs are calibrated.
///
/// # Errors
/// A loop breaks; what is merely far off is in the report.
pub(super) fn measure(seed: u64, parts: &[Part], rigs: u32) -> Result<Report, ReportError> {
    let wanted = |part| parts.contains(&part);
    let loops = if wanted(Part::Loops) { loops::measure(seed)? } else { Vec::new() };
    let calibrations = if wanted(Part::Calibrate) { calibration::measure(seed, rigs)? } else { Vec::new() };
    let lenses = if wanted(Part::Lens) { lens::measure(seed)? } else { Vec::new() };
    let rolling = if wanted(Part::Rolling) { rolling::measure(seed)? } else { Vec::new() };
    Ok(Report::new(seed, loops, calibrations, lenses, rolling))
}

/// Tells on the log how far the report is: it takes minutes.
fn tell(what: &str, number: usize, of: usize) {
    info!("{what} {} of {of}", number + 1);
}
