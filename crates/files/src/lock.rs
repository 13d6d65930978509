//! An advisory lock on a file that is replaced in one step. The lock is on `.NAME.lock` next to the file, which is
//! removed with the lock; if a program is killed, the operating system releases the lock.

use super::{folder, hidden_name, target};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process,
};

/// Maximum number of attempts when the lock file is removed in the meantime. On file systems without stable inode
/// numbers the attempts would never end.
const MAX_ATTEMPTS: usize = 10;

/// Right to write a file, held against other programs until it is dropped.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    path: PathBuf,
}

/// Reason why a file could not be locked.
#[derive(Debug)]
pub enum LockError {
    /// Another program holds the lock; the number is its process id, if it has written one.
    Held(Option<u32>),
    /// The folder supports no lock: it does not exist, is read-only, or its file system has no locks.
    Unavailable(io::Error),
}

impl FileLock {
    /// Locks a file, which need not exist; its folder must.
    ///
    /// # Errors
    /// Another program holds the lock, or locking is not possible.
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        let target = target(path);
        let path = folder(&target).join(hidden_name(&target, "lock"));
        for _ in 0..MAX_ATTEMPTS {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(&path)
                .map_err(LockError::Unavailable)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut number = String::new();
                    let read = file.read_to_string(&mut number);
                    return Err(LockError::Held(read.ok().and_then(|_| number.trim().parse().ok())));
                }
                Err(TryLockError::Error(error)) => return Err(LockError::Unavailable(error)),
            }
            // The previous owner may have removed it between opening and locking.
            if is_at(&file, &path) {
                // The process id is for messages only.
                file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", process::id())).ok();
                return Ok(Self { file, path });
            }
        }
        Err(LockError::Unavailable(io::Error::other("another program keeps replacing the lock file")))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if is_at(&self.file, &self.path) {
            fs::remove_file(&self.path).ok();
        }
    }
}

/// Returns whether an open file is still the one at that path.
fn is_at(file: &File, path: &Path) -> bool {
    let id = |metadata: io::Result<fs::Metadata>| metadata.ok().map(|metadata| (metadata.dev(), metadata.ino()));
    id(file.metadata()).is_some_and(|open| id(fs::metadata(path)) == Some(open))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::tempdir;

    #[test]
    fn one_at_a_time_has_the_lock_by_whatever_name() {
        let dir = tempdir().expect("a temporary directory");
        let (path, link) = (dir.path().join("settings.toml"), dir.path().join("link.toml"));
        symlink(&path, &link).expect("a link");
        let first = FileLock::acquire(&path).expect("free");
        for name in [&path, &link] {
            let refused = FileLock::acquire(name).expect_err("held");
            assert!(matches!(refused, LockError::Held(Some(number)) if number == process::id()), "{refused:?}");
        }
        let other = FileLock::acquire(&dir.path().join("other.toml")).expect("another file");
        drop((first, other));
        let again = FileLock::acquire(&link).expect("free again");
        drop(again);
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1, "the link alone is left");
    }

    #[test]
    fn a_lock_that_a_killed_program_left_is_free() {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("settings.toml");
        fs::write(dir.path().join(".settings.toml.lock"), "4711\n").expect("written");
        let _lock = FileLock::acquire(&path).expect("free");
        let nowhere = FileLock::acquire(&dir.path().join("none/settings.toml"));
        assert!(matches!(nowhere, Err(LockError::Unavailable(error)) if error.kind() == io::ErrorKind::NotFound));
    }
}
