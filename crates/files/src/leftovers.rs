//! Temporary files that an interrupted write has left behind: `.NAME.XXXXXX.tmp` next to the file `NAME`.

use super::{folder, hidden_name, target};
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// Ending of a temporary file.
pub(super) const SUFFIX: &str = ".tmp";
/// Number of random letters before the ending.
pub(super) const RANDOM_LETTERS: usize = 6;
/// Prefix of the temporary files that version 0.1.0 wrote, before the random letters.
const OLD_PREFIX: &str = ".tmp";

/// Returns the prefix of the temporary files of a file.
pub(super) fn prefix(path: &Path) -> OsString {
    hidden_name(path, "")
}

/// Removes what interrupted writes of this file and its copies have left behind, and returns the paths removed.
///
/// # Errors
/// The folder cannot be read, or a leftover cannot be removed.
pub fn remove_leftovers_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    let target = target(path);
    let mut removed = Vec::new();
    for file in [target, super::before(path), super::bad(path)] {
        let prefix = prefix(&file);
        let is_ours = |name: &str| prefix.to_str().and_then(|prefix| name.strip_prefix(prefix)).is_some_and(is_random);
        removed.extend(remove_leftovers(folder(&file), is_ours)?);
    }
    Ok(removed)
}

/// Removes what interrupted writes have left behind in a folder of this program's own, and returns the paths removed.
///
/// # Errors
/// The folder cannot be read, or a leftover cannot be removed.
pub fn remove_all_leftovers(own_folder: &Path) -> io::Result<Vec<PathBuf>> {
    remove_leftovers(own_folder, |name| {
        let hidden = name.strip_prefix('.').and_then(|name| name.strip_suffix(SUFFIX)?.rsplit_once('.'));
        let is_new = hidden.is_some_and(|(owner, letters)| !owner.is_empty() && are_random_letters(letters));
        is_new || name.strip_prefix(OLD_PREFIX).is_some_and(are_random_letters)
    })
}

fn remove_leftovers(folder: &Path, is_ours: impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut removed = Vec::new();
    for entry in entries {
        let entry = entry?;
        let ours = entry.file_name().to_str().is_some_and(&is_ours) && entry.file_type()?.is_file();
        if ours && !is_being_written(&entry.path()) {
            fs::remove_file(entry.path())?;
            removed.push(entry.path());
        }
    }
    Ok(removed)
}

/// Returns whether another program is writing a temporary file at the moment: it then holds a lock on it.
fn is_being_written(path: &Path) -> bool {
    fs::File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

/// Returns whether a text is what follows the prefix: random letters and the ending.
fn is_random(text: &str) -> bool {
    text.strip_suffix(SUFFIX).is_some_and(are_random_letters)
}

fn are_random_letters(text: &str) -> bool {
    text.len() == RANDOM_LETTERS && text.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::tempdir;

    #[test]
    fn only_leftovers_of_our_own_are_removed() {
        let ours = [".settings.toml.aB3xYz.tmp", ".settings.toml.before.000000.tmp", ".settings.toml.bad.zzzzzz.tmp"];
        let own_folder = [".access.toml.aB3xYz.tmp", ".club 3.json.aB3xYz.tmp", ".tmpAbC123"];
        let foreign = [
            "settings.toml",
            "settings.toml.tmp",
            ".settings.toml.tmp",
            ".settings.toml.aB3.tmp",
            ".tmp",
            ".tmpfile12x",
        ];
        let dir = tempdir().expect("a temporary directory");
        for name in ours.iter().chain(&own_folder).chain(&foreign) {
            fs::write(dir.path().join(name), "x").expect("written");
        }
        let path = dir.path().join("settings.toml");
        // One is being written.
        let written = fs::File::open(dir.path().join(ours[0])).expect("there");
        written.lock().expect("a lock");
        assert_eq!(remove_leftovers_of(&path).expect("removed").len(), ours.len() - 1);
        drop(written);
        assert_eq!(remove_leftovers_of(&path).expect("removed"), [dir.path().join(ours[0])]);
        assert_eq!(remove_all_leftovers(dir.path()).expect("removed").len(), own_folder.len());
        for name in foreign {
            assert!(dir.path().join(name).exists(), "{name}");
        }
        assert!(remove_all_leftovers(&dir.path().join("none")).expect("nothing").is_empty());
    }
}
