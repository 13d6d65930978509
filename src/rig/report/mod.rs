//! Errors of the trainer on simulated rigs with known truth: closed loops of camera, trainer and projector, and random
//! pictures.

mod aim;
mod calibration;
pub(crate) mod figures;
mod lens;
mod lockstep;
mod loops;
pub(crate) mod picture_figures;
mod rings;
mod rolling;
mod shots;
mod tables;

use super::closed_loop::LoopError;
use billiards_capture::CaptureError;
use billiards_table::{TableKind, TableSpec};
use billiards_vision::VisionError;
use clap::ValueEnum;
use figures::Report;
use std::{
    io,
    num::NonZero,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use tracing::info;

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Closed loops: 3 camera poses × 2 lenses × 3 cloths
    Loops,
    /// Automatic calibrations of random rigs, from nothing
    Calibrate,
    /// Lenses measured from the table alone
    Lens,
    /// The ring that follows a rolling ball
    Rolling,
    /// Whole games: every shot and pot reported once, with its errors
    Shots,
    /// The aim, shown while the player aims and only then, in every scene; with the seed of `--source sim:SCENE --seed
    /// N`
    Aim,
    /// Random pictures: 300 tables in any room, light and view, and 100 pictures without a table
    Tables,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 7] =
        [Self::Loops, Self::Calibrate, Self::Lens, Self::Rolling, Self::Shots, Self::Aim, Self::Tables];

    /// Returns whether the part needs a graphics card, or a stand-in for one, to draw the overlay.
    pub fn draws(self) -> bool {
        !matches!(self, Self::Shots | Self::Aim | Self::Tables)
    }
}

/// Error that prevents a report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    /// The closed loop failed.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// The rig delivered no picture.
    #[error(transparent)]
    Rig(#[from] CaptureError),
    /// A picture could not be processed.
    #[error(transparent)]
    Vision(#[from] VisionError),
    /// OpenCV refused an operation.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
    /// A picture could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Path of the picture.
        path: PathBuf,
        /// Cause of the failure.
        source: io::Error,
    },
}

/// Parameters of a report.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Parts to measure.
    pub parts: Vec<Part>,
    /// Number of random rigs to calibrate.
    pub rigs: u32,
    /// Measurements of each part to make, counted from 1; empty: all of them. Each gives the same result as in the
    /// whole report.
    pub pick: Vec<usize>,
    /// Table of all rigs; `None` for American ones.
    pub table: Option<TableSpec>,
    /// Folder for the random pictures; `None` writes none.
    pub out: Option<PathBuf>,
}

impl Request {
    /// Returns the table of rigs that do not differ in it.
    fn table(&self) -> TableSpec {
        self.table.unwrap_or_else(|| TableKind::NINE_FOOT.spec())
    }
}

/// Measures what is asked for.
///
/// # Errors A loop fails; mere inaccuracy is part of the report.
pub(crate) fn measure(request: &Request) -> Result<Report, ReportError> {
    let wanted = |part| request.parts.contains(&part);
    let loops = if wanted(Part::Loops) { loops::measure(request)? } else { Vec::new() };
    let calibrations = if wanted(Part::Calibrate) { calibration::measure(request)? } else { Vec::new() };
    let lenses = if wanted(Part::Lens) { lens::measure(request)? } else { Vec::new() };
    let rolling = if wanted(Part::Rolling) { rolling::measure(request)? } else { Vec::new() };
    let games = if wanted(Part::Shots) { shots::measure(request)? } else { Vec::new() };
    let aims = if wanted(Part::Aim) { aim::measure(request)? } else { Vec::new() };
    let pictures = if wanted(Part::Tables) { tables::measure(request)? } else { Vec::new() };
    Ok(Report::new(request.seed, loops, calibrations, lenses, rolling, games, aims, pictures))
}

/// Runs `work` for each of the picked items (counted from 1; all if none is picked), on as many threads as there are
/// processors; the results are in the order of the items. Logs its progress, for it takes minutes.
fn each<T: Sync, R: Send>(
    what: &str,
    items: &[T],
    pick: &[usize],
    work: impl Fn(usize, &T) -> Result<R, ReportError> + Sync,
) -> Result<Vec<R>, ReportError> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let one = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(i) else { return };
            if !pick.is_empty() && !pick.contains(&(i + 1)) {
                continue;
            }
            info!("{what} {} of {}", i + 1, items.len());
            let result = work(i, item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((i, result));
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
        for _ in 0..workers {
            scope.spawn(one);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..50).collect();
        let squares = each("square", &items, &[], |i, item| Ok(i * item)).expect("no loop broke");
        assert_eq!(squares, items.iter().map(|item| item * item).collect::<Vec<_>>());
        let picked = each("square", &items, &[8, 3, 99], |i, item| Ok(i * item)).expect("no loop broke");
        assert_eq!(picked, [4, 49]);
        let broken = |_: usize, item: &usize| {
            if *item == 7 { Err(LoopError::TimedOut { what: "a test" }.into()) } else { Ok(*item) }
        };
        assert!(each("failure", &items, &[], broken).is_err());
    }
}
