//! `fit`: fits friction and rails of a table to recorded tracks.

use super::{Failure, corners::place, output, table::known_table};
use billiards_physics::fitting::{
    FitError, FitSettings, PictureScale, PictureTrack, TablePhysics, TablePhysicsError, fit, read_tracks,
};
use billiards_table::{TableKind, TableSpec};
use clap::Args;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Maximum size of a file of tracks, bytes: hours of play.
const MAX_TRACKS_SIZE: u64 = 1_000_000_000;

/// Fits friction, rails and balls of the model to recorded tracks of balls on this table.
///
/// TRACKS are CSV files with the columns t,ball,x,y: seconds, a name (`cue` for the cue ball), metres from the corner
/// of the bed, x across, y along; `track --csv` writes them from a video. Ten strokes at different speeds and angles,
/// each recorded until all balls rest, are plenty. Files with the columns frame,x,y (pixels of the cue ball) are read
/// with --fps, and --corners or --px-per-mm.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct FitArgs {
    /// Files with tracks; each is a separate recording
    #[arg(value_name = "TRACKS", required = true)]
    tracks: Vec<PathBuf>,
    /// Table on which the tracks were recorded: a name as of `run --table`, or a TOML file [default: 9ft]
    #[arg(long, value_name = "TABLE", value_parser = known_table)]
    table: Option<TableSpec>,
    /// Frame rate of tracks in pixels, pictures a second
    #[arg(long, value_name = "N")]
    fps: Option<f64>,
    /// Corners of the nose lines in pixels: top left, top right, bottom right, bottom left
    #[arg(long, value_name = "X,Y", num_args = 4, value_parser = place, requires = "fps", conflicts_with = "px_per_mm",
        allow_hyphen_values = true)]
    corners: Option<Vec<[f64; 2]>>,
    /// Scale of a picture from straight above, pixels a millimetre, if the corners are unknown: rails are not fitted
    #[arg(long, value_name = "S", requires = "fps")]
    px_per_mm: Option<f64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the fitted parameters to a TOML file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl FitArgs {
    fn scale(&self) -> Option<PictureScale> {
        let corners = self.corners.as_ref().and_then(|corners| corners[..].try_into().ok());
        corners.map(PictureScale::Corners).or(self.px_per_mm.map(PictureScale::PerMillimetre))
    }
}

/// Loads the parameters fitted to a table; without a file, nothing is measured.
pub(super) fn load_physics(path: Option<&Path>) -> Result<TablePhysics, Failure> {
    let Some(path) = path else { return Ok(TablePhysics::default()) };
    billiards_files::check_readable(path, billiards_files::MAX_SIZE)
        .map_err(|source| TablePhysicsError::Access { path: path.to_owned(), source })
        .and_then(|()| TablePhysics::load(path))
        .map_err(Failure::usage)
}

/// Checks that each recording is given once: given twice, its samples would count twice, and the fitted values would
/// seem more certain than they are.
fn check_given_once(tracks: &[PathBuf]) -> Result<(), Failure> {
    let mut given: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for path in tracks {
        // A file that does not exist is reported when it is read.
        let file = path.canonicalize().unwrap_or_else(|_| path.clone());
        let Some(first) = given.insert(file, path) else { continue };
        let twice = if first == path {
            format!("{} is given twice", path.display())
        } else {
            format!("{} and {} are the same file", path.display(), first.display())
        };
        return Err(Failure::usage(format!("{twice}; give each recording once")));
    }
    Ok(())
}

/// Runs the subcommand.
pub(super) fn run(args: &FitArgs) -> Result<ExitCode, Failure> {
    check_given_once(&args.tracks)?;
    for path in &args.tracks {
        billiards_files::check_readable(path, MAX_TRACKS_SIZE)
            .map_err(|source| Failure::usage(FitError::Read { path: path.clone(), source }))?;
    }
    let mut settings = FitSettings::new(args.table.unwrap_or_else(|| TableKind::NINE_FOOT.spec()));
    settings.table_assumed = args.table.is_none();
    let picture = match (args.fps, args.scale()) {
        (Some(fps), Some(scale)) => Some(PictureTrack::new(fps, scale, &settings.spec).map_err(Failure::usage)?),
        _ => None,
    };
    if args.fps.is_some() && picture.is_none() {
        output::report(format_args!(
            "warning: --fps is ignored: it is for tracks in pixels, together with --corners or --px-per-mm"
        ));
    }
    settings.rails = picture.as_ref().is_none_or(PictureTrack::has_rails);
    let tracks = read_tracks(&args.tracks, &settings.spec, picture.as_ref()).map_err(Failure::usage)?;
    let report = fit(&tracks, &settings).map_err(Failure::failed)?;
    for warning in &report.warnings {
        output::report(format_args!("warning: {warning}"));
    }
    // Written before the report is printed: the reader of the output may have closed it.
    let saved = args.out.as_ref().map(|path| output::write_file(path, TablePhysics::text(&report).as_bytes()));
    let text =
        if args.json { serde_json::to_string_pretty(&report).map_err(Failure::failed)? } else { report.to_string() };
    let printed = output::print(text);
    saved.transpose()?;
    printed.map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_given_once() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| dir.path().join(name);
        for name in ["a.csv", "b.csv"] {
            std::fs::write(path(name), "").expect("written");
        }
        std::os::unix::fs::symlink(path("a.csv"), path("link.csv")).expect("a link");
        let refused = |names: [&str; 2]| check_given_once(&names.map(path)).err().and_then(|failure| failure.message);
        assert_eq!(refused(["a.csv", "b.csv"]), None);
        for (names, part) in [
            (["a.csv", "a.csv"], "a.csv is given twice"),
            (["gone.csv", "gone.csv"], "gone.csv is given twice"),
            (["a.csv", "link.csv"], "are the same file"),
        ] {
            let message = refused(names).expect("refused");
            assert!(message.contains(part), "{names:?}: {message}");
        }
    }
}
