//! Files that are never half written.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

/// Writes a file in one step, and to the disk itself: a crash leaves the old file or the new one. The folder is made
/// where there is none; the file is readable by its user alone.
///
/// # Errors
/// The folder or the file cannot be written; what was there is as it was.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The new name must be on the disk too.
    fs::File::open(folder)?.sync_all()
}

/// The file `FILE.END` beside a file.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    path.with_added_extension(end)
}

/// Copies a file to the one beside it, in one step.
///
/// # Errors
/// The file cannot be read, or the other not written.
pub(crate) fn keep(path: &Path, end: &str) -> io::Result<()> {
    put(&beside(path, end), &fs::read(path)?)
}
