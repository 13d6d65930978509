//! Named profiles: the files of one folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The longest name of a profile, bytes: file systems take 255, and the list has to show it.
const LONGEST_NAME: usize = 48;

/// A profile that cannot be named so, or not be removed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProfileNameError {
    /// The name makes no file name.
    #[error(
        "`{0}` cannot name a profile: 1 to {LONGEST_NAME} letters, digits, spaces, dots, - and _ can, and no dot first"
    )]
    BadName(String),
    /// The file cannot be removed.
    #[error("cannot delete the profile ({source}): {}", path.display())]
    Delete {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The folder that a profile lies in, with the others.
pub(super) fn folder(profile: &Path) -> PathBuf {
    profile.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// The name of a profile: that of its file.
pub(super) fn name(profile: &Path) -> String {
    profile.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Names of the profiles in a folder, in order; none where it cannot be read.
pub(super) fn list(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let profiles = files.filter(|path| path.extension().is_some_and(|end| end == "json") && path.is_file());
    let mut names: Vec<String> = profiles.map(|path| name(&path)).collect();
    names.sort();
    names
}

/// The file of the profile of this name.
pub(super) fn path(folder: &Path, name: &str) -> Result<PathBuf, ProfileNameError> {
    let name = name.trim();
    let fits = |letter: char| letter.is_alphanumeric() || " .-_".contains(letter);
    let good = (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('.');
    // Not `with_extension`: names may have dots.
    good.then(|| folder.join(format!("{name}.json"))).ok_or_else(|| ProfileNameError::BadName(name.to_owned()))
}

/// Removes the profile of this name from the disk.
pub(super) fn delete(folder: &Path, name: &str) -> Result<(), ProfileNameError> {
    let path = path(folder, name)?;
    fs::remove_file(&path).map_err(|source| ProfileNameError::Delete { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::calibration::Profile;

    #[test]
    fn profiles_are_saved_listed_and_deleted_by_name() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in ["table 2", "café.v3"] {
            Profile::default().save(&path(dir.path(), name).expect("a name")).expect("saves");
        }
        fs::write(dir.path().join("notes.txt"), "").expect("writes");
        assert_eq!(list(dir.path()), ["café.v3", "table 2"]);
        delete(dir.path(), "table 2").expect("deletes");
        assert_eq!(list(dir.path()), ["café.v3"]);
        assert!(delete(dir.path(), "table 2").expect_err("gone").to_string().contains("table 2.json"));
        assert_eq!(list(&dir.path().join("none")), Vec::<String>::new());
    }

    #[test]
    fn names_stay_in_their_folder() {
        for bad in ["", "  ", "../table", "a/b", "a\\b", ".hidden", "C:x", &"x".repeat(49)] {
            assert!(path(Path::new("folder"), bad).is_err(), "{bad}");
        }
        assert_eq!(path(Path::new("folder"), " club ").expect("a name"), Path::new("folder/club.json"));
        assert_eq!(folder(Path::new("table.json")), Path::new("."));
        assert_eq!(name(Path::new("a/table.v2.json")), "table.v2");
    }
}
