//! Files that the program keeps for the user: settings, calibration profiles, access tokens.
//!
//! A file is replaced in one step, so that a crash leaves the old one or the new one. Its previous content is kept next
//! to it: as `FILE.before` if it was good, as `FILE.bad` if it was damaged. A damaged file is never treated as a
//! missing one, and never replaces a good `FILE.before`. All of them are small: nothing is read beyond [`MAX_SIZE`].

mod leftovers;
mod lock;
mod reading;
mod retry;

pub use leftovers::{remove_all_leftovers, remove_leftovers_of};
pub use lock::{FileLock, LockError};
pub use reading::{MAX_SIZE, ReadError, check_readable, read, read_bytes, read_stdin};
pub use retry::Retry;

use reading::{is_blank, text_of};
use std::{
    ffi::OsString,
    fmt, fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, fchown},
    path::{Path, PathBuf},
};

/// Ending of the copy of the last good file.
const BEFORE: &str = "before";
/// Ending of the copy of a damaged file.
const BAD: &str = "bad";
/// Maximum number of symbolic links followed one after another, the limit of Linux.
const MAX_LINKS: usize = 40;

/// A value that was read from a file or, if that was damaged, from the copy next to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<T> {
    /// The value.
    pub value: T,
    /// Message for people: the damage of the file, and the copy that is used in its place.
    pub warning: Option<String>,
}

impl<T> Loaded<T> {
    /// Wraps a value from the file itself.
    pub fn good(value: T) -> Self {
        Self { value, warning: None }
    }
}

/// Loads a file or, if it is damaged, the last good copy next to it.
///
/// # Errors
/// The file cannot be loaded and either is not damaged or has no good copy. The error is about the file itself.
pub fn load_or_before<T, E: fmt::Display>(
    path: &Path,
    load: impl Fn(&Path) -> Result<T, E>,
    is_damaged: impl Fn(&E) -> bool,
) -> Result<Loaded<T>, E> {
    let error = match load(path) {
        Ok(value) => return Ok(Loaded::good(value)),
        Err(error) if is_damaged(&error) => error,
        Err(error) => return Err(error),
    };
    let before = before(path);
    match load(&before) {
        Ok(value) => {
            let warning = format!("{error}; the previous copy is used instead: {}", before.display());
            Ok(Loaded { value, warning: Some(warning) })
        }
        Err(_) => Err(error),
    }
}

/// Describes another program that holds a file, in words.
pub fn program(process: Option<u32>) -> String {
    process.map_or_else(|| "another trainer".to_owned(), |number| format!("another trainer (process {number})"))
}

/// Returns the path of the copy of the last good file.
pub fn before(path: &Path) -> PathBuf {
    path.with_added_extension(BEFORE)
}

/// Returns the path of the copy of a damaged file.
pub fn bad(path: &Path) -> PathBuf {
    path.with_added_extension(BAD)
}

/// Maximum number of damaged files that are kept; beyond it the last one is replaced.
const MAX_BAD: u32 = 9;

/// Returns the path for a damaged file that holds `bytes`: next to those already kept, but the same bytes only once.
fn free_bad(path: &Path, bytes: &[u8]) -> PathBuf {
    let bad = bad(path);
    let numbered = (2..=MAX_BAD).map(|number| bad.with_added_extension(number.to_string()));
    let free = |file: &PathBuf| {
        let held = read_bytes(file, MAX_SIZE);
        held.map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |held| held == bytes)
    };
    std::iter::once(bad.clone())
        .chain(numbered)
        .find(free)
        .unwrap_or_else(|| bad.with_added_extension(MAX_BAD.to_string()))
}

/// Replaces a file in one step, and keeps its previous content. A file that cannot be read is left alone.
///
/// # Errors
/// A file cannot be read or written; nothing has changed then.
pub fn replace(path: &Path, bytes: &[u8], is_good: impl Fn(&str) -> bool) -> io::Result<()> {
    keep(path, is_good)?;
    put(path, bytes)
}

/// Removes a file, and keeps its previous content.
///
/// # Errors
/// A file cannot be read, written or removed; nothing has changed then.
pub fn remove(path: &Path, is_good: impl Fn(&str) -> bool) -> io::Result<()> {
    keep(path, is_good)?;
    fs::remove_file(path)
}

/// Copies a good file to `FILE.before` and any other to `FILE.bad`; a blank one is not worth a copy.
fn keep(path: &Path, is_good: impl Fn(&str) -> bool) -> io::Result<()> {
    let bytes = match read_bytes(path, MAX_SIZE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    match text_of(bytes.clone()) {
        Ok(text) if is_blank(&text) => Ok(()),
        Ok(text) if is_good(&text) => put(&before(path), &bytes),
        _ => put(&free_bad(path, &bytes), &bytes),
    }
}

/// Writes a file in one step, and syncs it to the disk: a crash leaves the old file or the new one. Symbolic links are
/// followed, and owner and mode are preserved. A new file is readable by its user alone; its folder is created if it is
/// missing.
///
/// # Errors
/// The folder or the file cannot be written; nothing has changed then.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = target(path);
    let folder = folder(&target);
    fs::create_dir_all(folder)?;
    let old = match fs::metadata(&target) {
        Ok(old) if !old.is_file() => return Err(io::Error::other("it is not a regular file")),
        Ok(old) => {
            // Renaming would bypass the protection of a file that its user has made read-only.
            fs::OpenOptions::new().append(true).open(&target)?;
            Some(old)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let file = written(&target, bytes)?;
    if let Some(old) = old {
        let new = file.as_file().metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            // Only root may give a file back to its owner; for others it has to suffice that the file was writable.
            fchown(file.as_file(), Some(old.uid()), Some(old.gid())).ok();
        }
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target)?;
    // The new directory entry must be on the disk too.
    fs::File::open(folder)?.sync_all()
}

/// Writes a file that does not exist yet, as [`put`] does.
///
/// # Errors
/// The folder or the file cannot be written, or the file already exists (`AlreadyExists`).
pub fn put_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = target(path);
    fs::create_dir_all(folder(&target))?;
    let file = written(&target, bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(&target)?;
    fs::File::open(folder(&target))?.sync_all()
}

/// Writes a temporary file next to a file, locked while it is written; unlocked ones are recognised as leftovers.
fn written(target: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(&leftovers::prefix(target))
        .suffix(leftovers::SUFFIX)
        .rand_bytes(leftovers::RANDOM_LETTERS)
        .tempfile_in(folder(target))
        // Without the random name, so that the same failure has the same message each time.
        .map_err(|error| io::Error::from(error.kind()))?;
    // On file systems without locks, others may remove it as a leftover too early; the write is then retried.
    file.as_file().try_lock().ok();
    file.as_file_mut().write_all(bytes)?;
    Ok(file)
}

/// Returns the file that a path leads to, with symbolic links followed. It need not exist.
fn target(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder(&target).join(next),
            Err(_) => break,
        }
    }
    target
}

/// Returns the folder that a file is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns `.NAME.` and an ending: the name of a hidden file that belongs to another.
fn hidden_name(path: &Path, end: &str) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(end);
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use tempfile::tempdir;

    fn is_good(text: &str) -> bool {
        text.starts_with("good")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_good_file_is_kept_and_a_damaged_one_never_takes_its_place() {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/settings.toml");
        let read = |path: PathBuf| fs::read(path).expect("there");
        replace(&path, b"good 1", is_good).expect("written");
        replace(&path, b"good 2", is_good).expect("written");
        assert_eq!(read(before(&path)), b"good 1");
        for damage in [&b"half a fi"[..], b"\xff\xfe\x00", b"", b" \n", b"\0\0\0\0"] {
            fs::write(&path, damage).expect("damaged");
            replace(&path, b"good 3", is_good).expect("written");
            assert_eq!((read(path.clone()), read(before(&path))), (b"good 3".to_vec(), b"good 1".to_vec()));
            fs::write(&path, b"good 2").expect("as before");
        }
        // A blank file is not kept, no damaged file replaces another, and none is kept twice.
        fs::write(&path, b"half a fi").expect("damaged");
        remove(&path, is_good).expect("removed");
        let kept = ["settings.toml.bad", "settings.toml.bad.2", "settings.toml.before"];
        assert_eq!(names(&dir.path().join("deep")), kept);
        let second = bad(&path).with_added_extension("2");
        assert_eq!((read(before(&path)), read(bad(&path))), (b"good 1".to_vec(), b"half a fi".to_vec()));
        assert_eq!(read(second), b"\xff\xfe\x00");
    }

    #[test]
    fn every_kind_of_damage_falls_back_and_says_so() {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        let load = |path: &Path| match read(path) {
            Ok(text) if is_good(&text) => Ok(text),
            Ok(text) => Err(format!("nonsense: {text}")),
            Err(error) => Err(error.to_string()),
        };
        let loaded = || load_or_before(&path, load, |_| true);
        for (damage, words) in
            [(&b"half"[..], "nonsense"), (b"good\xff", "UTF-8 text, from byte 4"), (b"", "empty"), (b"\0\0", "empty")]
        {
            fs::write(&path, damage).expect("damaged");
            fs::remove_file(before(&path)).ok();
            assert!(loaded().expect_err("nothing to fall back on").contains(words));
            fs::write(before(&path), "good 1").expect("kept");
            let Loaded { value, warning } = loaded().expect("from before");
            let warning = warning.expect("words");
            assert_eq!(value, "good 1");
            assert!(warning.contains(words) && warning.contains("settings.toml.before"), "{warning}");
        }
        fs::write(&path, "\u{feff}good 2").expect("as some editors write");
        assert_eq!(loaded().expect("good"), Loaded::good("good 2".to_owned()));
    }

    #[test]
    fn links_are_followed_and_modes_stay() {
        let dir = tempdir().expect("a temporary directory");
        let (real, link) = (dir.path().join("real/settings.toml"), dir.path().join("settings.toml"));
        symlink("real/settings.toml", &link).expect("a link");
        // Also if the target of the link does not exist yet.
        put(&link, b"good 1").expect("written");
        assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o644, 0o660] {
            fs::set_permissions(&real, fs::Permissions::from_mode(mode)).expect("a mode");
            replace(&link, b"good 2", is_good).expect("written");
            assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, mode);
        }
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!((fs::read(&real).expect("there"), fs::read(before(&link)).expect("kept")), {
            (b"good 2".to_vec(), b"good 2".to_vec())
        });
        let circle = dir.path().join("circle");
        symlink("circle", &circle).expect("a link");
        assert!(put(&circle, b"x").is_err());
        assert!(put(Path::new("/dev/null"), b"x").expect_err("a device").to_string().contains("regular"));
        assert_eq!(names(dir.path()), ["circle", "real", "settings.toml", "settings.toml.before"]);
    }

    #[test]
    fn what_cannot_be_written_leaves_everything_as_it_was() {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        put(&path, b"good 1").expect("written");
        // The copy cannot be written.
        fs::create_dir(before(&path)).expect("a folder");
        assert!(replace(&path, b"good 2", is_good).is_err());
        assert_eq!(fs::read(&path).expect("there"), b"good 1");
        assert_eq!(names(dir.path()), ["settings.toml", "settings.toml.before"]);
        let [first, second] = [(); 2].map(|()| put(&path.join("deeper"), b"x").expect_err("a file").to_string());
        assert_eq!(first, second);
    }

    #[test]
    fn a_new_file_does_not_replace_one() {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("deep/access.toml");
        put_new(&path, b"first").expect("written");
        assert_eq!(put_new(&path, b"second").expect_err("there").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("there"), b"first");
    }
}
