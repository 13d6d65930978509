//! Errors in recorded tracks.

use crate::PhysicsError;
use billiards_table::{TableKind, TableName, text::Compact};
use std::{fmt, io, path::PathBuf};

/// Reason why nothing could be fitted.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The file cannot be read.
    #[error("cannot read the tracks ({source}): {}", path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Cause of the error.
        source: io::Error,
    },
    /// The file has no rows.
    #[error("{}: the file has no samples, expected a header `{expected}` and one row for each sample", path.display())]
    Empty {
        /// Path of the file.
        path: PathBuf,
        /// Header that was expected.
        expected: &'static str,
    },
    /// The first row is not a known header.
    #[error("{}: line 1: the header is `{found}`, expected `{expected}`", path.display())]
    Header {
        /// Path of the file.
        path: PathBuf,
        /// The header that was found.
        found: String,
        /// Header that was expected.
        expected: &'static str,
    },
    /// A row has too few or too many columns.
    #[error("{}: line {line}: {found} columns, expected {expected}", path.display())]
    Columns {
        /// Path of the file.
        path: PathBuf,
        /// Line number, counted from 1.
        line: usize,
        /// Number of columns found.
        found: usize,
        /// Number of columns expected.
        expected: usize,
    },
    /// A field has a value that is not valid in its column.
    #[error("{}: line {line}: {column} is `{found}`, expected {expected}", path.display())]
    Field {
        /// Path of the file.
        path: PathBuf,
        /// Line number, counted from 1.
        line: usize,
        /// Name of the column.
        column: &'static str,
        /// Text that was found.
        found: String,
        /// Valid values, in words.
        expected: &'static str,
    },
    /// The times of a ball do not increase.
    #[error("{}: line {line}: t is {} after {} for ball `{ball}`, expected increasing times", path.display(), Compact(*found), Compact(*before))]
    Time {
        /// Path of the file.
        path: PathBuf,
        /// Line number, counted from 1.
        line: usize,
        /// Name of the ball.
        ball: String,
        /// Time of the sample, seconds.
        found: f64,
        /// Time of the previous sample, seconds.
        before: f64,
    },
    /// A position is far off the table.
    #[error(
        "{}: line {line}: ball `{ball}` is at ({}, {}) m, off the {kind} table: expected metres from its corner, 0 to {} \
         across and 0 to {} along.{}",
        path.display(), Compact(*x), Compact(*y), size[0], size[1], Advice(*fits)
    )]
    OffTable {
        /// Path of the file.
        path: PathBuf,
        /// Line number, counted from 1.
        line: usize,
        /// Name of the ball.
        ball: String,
        /// Position across the table, metres.
        x: f64,
        /// Position along the table, metres.
        y: f64,
        /// Kind of the given table.
        kind: TableName,
        /// Width and length of that table, metres.
        size: [f64; 2],
        /// Kind of a table that contains all positions of the file, if there is one.
        fits: Option<TableKind>,
    },
    /// No ball has enough samples.
    #[error("{}: no ball has more than {found} samples, expected at least {expected}", path.display())]
    TooFew {
        /// Path of the file.
        path: PathBuf,
        /// Number of samples of the ball that has most.
        found: usize,
        /// Minimum number of samples.
        expected: usize,
    },
    /// The file is in pixels, but the scale from pixels to metres is missing.
    #[error("{}: the columns `frame,x,y` are pixels: expected --fps, and --corners or --px-per-mm", path.display())]
    NoScale {
        /// Path of the file.
        path: PathBuf,
    },
    /// The scale from pixels to metres is invalid.
    #[error("{what} is {found}, expected {expected}")]
    Scale {
        /// Name of the option.
        what: &'static str,
        /// Given value.
        found: String,
        /// Valid values, in words.
        expected: &'static str,
    },
    /// No ball moves undisturbed for long enough.
    #[error("no ball moves undisturbed for {samples} samples in {tracks} tracks, expected at least one that rolls")]
    NothingMoves {
        /// Number of tracks given.
        tracks: usize,
        /// Minimum number of consecutive samples.
        samples: usize,
    },
    /// The model is invalid or a shot cannot be computed.
    #[error(transparent)]
    Physics(#[from] PhysicsError),
    /// The fit did not converge.
    #[error("the fit did not converge: the tracks do not move as balls on a table do (noise {noise_mm:.1} mm)")]
    NoConvergence {
        /// Scatter of the tracks, millimetres.
        noise_mm: f64,
    },
}

/// Advice to use the table that fits.
struct Advice(Option<TableKind>);

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(kind) => write!(f, " A {kind} table holds all places: is --table {kind} right?"),
            None => Ok(()),
        }
    }
}
