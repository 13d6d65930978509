//! Which calibration profile the command line means.

use super::Failure;
use crate::rig::calibration::{ProfileName, ProfileStore};
use std::path::PathBuf;

/// The name under which a calibration is saved where none is given.
const USUAL: &str = "table";

/// The profiles of this user.
pub(super) fn store() -> ProfileStore {
    let folder = directories::ProjectDirs::from("", "", "billiards-trainer")
        .map_or_else(|| PathBuf::from("calibration"), |dirs| dirs.config_dir().to_owned());
    ProfileStore::new(folder)
}

/// The file that `--profile` means: a path, where it has a slash or ends in `.json`, else a name among the user's
/// profiles; the usual one where nothing is said.
pub(super) fn path(said: Option<&str>) -> Result<PathBuf, Failure> {
    let said = said.unwrap_or(USUAL);
    if said.contains('/') || said.ends_with(".json") {
        return Ok(PathBuf::from(said));
    }
    let name: ProfileName = said.parse().map_err(Failure::usage)?;
    Ok(store().path(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_for_among_the_users_profiles_and_paths_are_paths() {
        let path = |said| path(said).expect("a profile");
        assert_eq!(path(Some("club/3.json")), PathBuf::from("club/3.json"));
        assert_eq!(path(Some("here.json")), PathBuf::from("here.json"));
        assert!(path(Some("club 3")).ends_with("billiards-trainer/club 3.json"));
        assert!(path(None).ends_with("billiards-trainer/table.json"));
        assert!(super::path(Some("..")).is_err());
    }
}
