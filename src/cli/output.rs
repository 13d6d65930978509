//! Output of commands to the terminal and to files, with its failures.

use super::Failure;
use std::{
    fmt, fs,
    io::{self, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Permissions of a new file, before the user's umask.
const NEW_FILE_MODE: u32 = 0o666;

/// Writes lines to standard output.
///
/// # Errors They cannot be written. If the reader has closed the pipe, the failure is silent, with exit code 0.
pub(super) fn print(text: impl fmt::Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(cannot_print)
}

/// Describes why standard output cannot be written.
pub(super) fn cannot_print(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::silent(),
        _ => Failure::failed(format!("cannot write to standard output: {error}")),
    }
}

/// Prints a message for people to standard error. If that fails, it cannot be reported anywhere, and the work goes on.
pub(super) fn report(text: impl fmt::Display) {
    if writeln!(io::stderr().lock(), "{text}").is_err() {
        // Nobody reads standard error.
    }
}

/// Describes why a file that the command line names cannot be written: the path is invalid, or the disk fails.
pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot write {}: {error}", path.display());
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::AlreadyExists
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput => Failure::usage(message),
        _ => Failure::failed(message),
    }
}

/// Writes a file that the command line names. An existing file is replaced atomically, so that a full disk leaves it
/// unchanged; a device or a pipe is written to.
///
/// # Errors See [`cannot_write`].
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    put(path, bytes).map_err(|error| cannot_write(path, &error))
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // These are devices, e.g. standard output, and are written to, not replaced.
    if path.starts_with("/dev") || path.starts_with("/proc") {
        return fs::write(path, bytes);
    }
    // A symbolic link stays; its target is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = match fs::metadata(&path) {
        Ok(about) if about.is_file() => Some(about.permissions()),
        Ok(_) => return fs::write(path, bytes),
        Err(_) => None,
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Opened and written without `tempfile`, whose errors name the temporary file.
    let open = |path: &Path| fs::OpenOptions::new().write(true).create_new(true).mode(NEW_FILE_MODE).open(path);
    let mut file = tempfile::Builder::new().make_in(folder, open)?;
    file.as_file_mut().write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_device_is_written_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.txt");
        write_file(&path, b"one").expect("written");
        write_file(&path, b"two").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"two");
        let link = folder.path().join("link.txt");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        write_file(&link, b"three").expect("written");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::read(&path).expect("there"), b"three");
        write_file(Path::new("/dev/null"), b"gone").expect("written");
        assert!(!fs::metadata("/dev/null").expect("there").is_file());
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 2);
    }

    #[test]
    fn a_bad_path_and_a_full_disk_are_told_apart() {
        let code = |path: &str| write_file(Path::new(path), b"text").expect_err("refused").code;
        assert_eq!(code("/nowhere/at/all.txt"), super::super::EXIT_USAGE);
        assert_eq!(code("/dev/null/a.txt"), super::super::EXIT_USAGE);
        assert_eq!(code("/"), super::super::EXIT_USAGE);
        assert_eq!(code("/dev/full"), super::super::EXIT_FAILED);
    }

    #[test]
    fn an_error_names_the_file_of_the_command_line_alone() {
        let failure = write_file(Path::new("/nowhere/at/all.txt"), b"text").expect_err("refused");
        let expected = "cannot write /nowhere/at/all.txt: No such file or directory (os error 2)";
        assert_eq!(failure.message.as_deref(), Some(expected));
    }
}
