//! What can be wrong with recorded tracks.

use crate::PhysicsError;
use billiards_table::{TableKind, text::Compact};
use std::{fmt, io, path::PathBuf};

/// Why nothing could be fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The file cannot be read.
    #[error("cannot read the tracks ({source}): {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has no rows.
    #[error("{}: the file has no samples, expected a header `{expected}` and one row for each sample", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// The header that would be right.
        expected: &'static str,
    },
    /// The first row is not a header that is known.
    #[error("{}: line 1: the header is `{found}`, expected `{expected}`", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// The header that was found.
        found: String,
        /// The header that would be right.
        expected: &'static str,
    },
    /// A row has too few or too many columns.
    #[error("{}: line {line}: {found} columns, expected {expected}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// How many there are.
        found: usize,
        /// How many would be right.
        expected: usize,
    },
    /// A field is not what its column holds.
    #[error("{}: line {line}: {column} is `{found}`, expected {expected}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Which column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Time runs backwards or stands still.
    #[error("{}: line {line}: t is {} after {} for ball `{ball}`, expected increasing times", path.display(), Compact(*found), Compact(*before))]
    Time {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The ball.
        ball: String,
        /// Seconds.
        found: f64,
        /// Seconds of the sample before.
        before: f64,
    },
    /// A place is far off the table.
    #[error(
        "{}: line {line}: ball `{ball}` is at ({}, {}) m, off the {kind} table: expected metres from its corner, 0 to {} \
         across and 0 to {} along.{}",
        path.display(), Compact(*x), Compact(*y), kind.spec().width, kind.spec().length, Advice(*fits)
    )]
    OffTable {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The ball.
        ball: String,
        /// Metres across.
        x: f64,
        /// Metres along.
        y: f64,
        /// The table.
        kind: TableKind,
        /// Another table that holds all places of the file.
        fits: Option<TableKind>,
    },
    /// No ball was seen often enough to say anything.
    #[error("{}: no ball has more than {found} samples, expected at least {expected}", path.display())]
    TooFew {
        /// The file.
        path: PathBuf,
        /// Samples of the ball that was seen most often.
        found: usize,
        /// Samples that are needed.
        expected: usize,
    },
    /// A file in pixels without what turns pixels into metres.
    #[error("{}: the columns `frame,x,y` are pixels: expected --fps, and --corners or --px-per-mm", path.display())]
    NoScale {
        /// The file.
        path: PathBuf,
    },
    /// What should turn pixels into metres cannot.
    #[error("{what} is {found}, expected {expected}")]
    Scale {
        /// Which option.
        what: &'static str,
        /// What was given.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// No ball rolls long enough anywhere.
    #[error("no ball moves undisturbed for {samples} samples in {tracks} tracks, expected at least one that rolls")]
    NothingMoves {
        /// Tracks given.
        tracks: usize,
        /// Samples in a row that are needed.
        samples: usize,
    },
    /// The model cannot be computed with.
    #[error(transparent)]
    Physics(#[from] PhysicsError),
    /// The equations have no solution.
    #[error("the fit did not converge: the tracks do not move as balls on a table do (noise {noise_mm:.1} mm)")]
    NoConvergence {
        /// Scatter of the tracks, millimetres.
        noise_mm: f64,
    },
}

/// The table that fits, as advice.
struct Advice(Option<TableKind>);

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(kind) => write!(f, " A {kind} table holds all places: is --table {kind} right?"),
            None => Ok(()),
        }
    }
}
