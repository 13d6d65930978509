//! Calibration profile that the command line selects.

use super::Failure;
use billiards_calibration::ProfileStore;
use billiards_capture::{SourceKind, SourceSpec};
use billiards_table::ProfileName;
use std::path::{Path, PathBuf};

/// Name of the profile of the user's real table if `--profile` names none.
pub(super) const USUAL: &str = "table";
/// Extensions of other text formats: nobody means a profile of the name `club.toml`.
const OTHER_FORMATS: [&str; 6] = ["toml", "yaml", "yml", "txt", "ini", "xml"];

/// Returns the store of this user's profiles.
pub(super) fn store() -> ProfileStore {
    let folder = directories::ProjectDirs::from("", "", "billiards-trainer")
        .map_or_else(|| PathBuf::from("calibration"), |dirs| dirs.config_dir().to_owned());
    ProfileStore::new(folder)
}

/// Returns whether a calibration of `source` is saved automatically: always for the real table, else only if
/// `--profile` names a profile. Calibrations of a simulation or a recording must not replace that of the real table.
pub(super) fn saves(named: Option<&str>, source: &SourceSpec) -> bool {
    named.is_some() || source.kind().is_live()
}

/// Returns the file of the profile for `source`: the one that `--profile` names, else the default for its kind.
pub(super) fn path_for(named: Option<&str>, source: &SourceSpec) -> Result<PathBuf, Failure> {
    let usual = match source.kind() {
        SourceKind::Live => USUAL,
        SourceKind::Recorded => "recording",
        SourceKind::Simulated => "simulation",
    };
    path(named.unwrap_or(usual))
}

/// Returns the file that `--profile` means: a path if it contains a slash, ends in `.json` or names an existing file,
/// else the profile of that name in the user's folder.
pub(super) fn path(named: &str) -> Result<PathBuf, Failure> {
    let file = Path::new(named);
    let extension = file.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    if named.contains('/') || extension.as_deref() == Some("json") || file.is_file() {
        return Ok(file.to_owned());
    }
    if let Some(format) = extension.filter(|extension| OTHER_FORMATS.contains(&extension.as_str())) {
        return Err(Failure::usage(format!(
            "`{named}` is not a profile: profiles are JSON files, not {format}; give a name or a file ending in .json"
        )));
    }
    let name: ProfileName = named.parse().map_err(Failure::usage)?;
    Ok(store().path(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_for_among_the_users_profiles_and_paths_are_paths() {
        let path = |named| path(named).expect("a profile");
        assert_eq!(path("club/3.json"), PathBuf::from("club/3.json"));
        assert_eq!(path("here.json"), PathBuf::from("here.json"));
        assert_eq!(path("HERE.JSON"), PathBuf::from("HERE.JSON"));
        assert_eq!(path("Cargo.toml"), PathBuf::from("Cargo.toml"), "a file that is there is meant");
        assert!(path("club 3").ends_with("billiards-trainer/club 3.json"));
        assert!(path("café.v3").ends_with("billiards-trainer/café.v3.json"));
        assert!(super::path("..").is_err());
    }

    #[test]
    fn files_of_other_formats_are_not_taken_for_names() {
        for named in ["club.toml", "club.TOML", "club.yaml", "club.yml", "notes.txt", "club.ini"] {
            let Err(refused) = path(named) else { panic!("{named} is taken for a name") };
            let message = refused.message.expect("words");
            assert!(message.contains("JSON") && message.contains(named), "{message}");
        }
    }

    #[test]
    fn simulations_and_recordings_have_usual_profiles_of_their_own() {
        let usual = |source: &str| path_for(None, &source.parse().expect("a source")).expect("a profile");
        assert!(usual("camera:0").ends_with("billiards-trainer/table.json"));
        assert!(usual("rtsp://10.0.0.1/x").ends_with("billiards-trainer/table.json"));
        for source in ["sim", "sim:still", "match.mp4"] {
            assert!(!usual(source).ends_with("table.json"), "{source}");
        }
        assert!(saves(None, &"camera:0".parse().expect("a source")));
        for source in ["sim", "sim:still", "match.mp4"] {
            let source = source.parse().expect("a source");
            assert!(!saves(None, &source) && saves(Some("club"), &source), "{source:?}");
        }
        let named = path_for(Some("table"), &"sim".parse().expect("a source")).expect("a profile");
        assert!(named.ends_with("billiards-trainer/table.json"));
    }
}
