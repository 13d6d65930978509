//! Reading of small files, never without a limit: a device has no end, and a large file is none of a person's settings.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    os::unix::fs::FileTypeExt,
    path::Path,
};

/// Maximum size of a file that a person writes or that the program keeps for its user, bytes.
pub const MAX_SIZE: u64 = 1_000_000;
/// Devices that are read as files are: standard input, which may be a terminal, and the one that is always empty.
const READABLE_DEVICES: [&str; 2] = ["/dev/stdin", "/dev/null"];

/// Reason why no text could be read from a file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file does not exist, is no regular file, is too large, or the operating system cannot read it.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file exists and is empty.
    #[error("the file is empty")]
    Empty,
    /// The file is not UTF-8 text; the number is the position of the first invalid byte.
    #[error("the file is not UTF-8 text, from byte {0} on")]
    NotText(usize),
}

impl ReadError {
    /// Returns whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::NotFound)
    }
}

/// Checks that a path leads to a regular file of at most `max` bytes, or to a pipe or standard input, whose size shows
/// only when they are read.
///
/// # Errors
/// There is no such file, it is a folder, a device or a socket, or it is too large.
pub fn check_readable(path: &Path, max: u64) -> io::Result<()> {
    let about = fs::metadata(path)?;
    let kind = about.file_type();
    if kind.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder, not a file"));
    }
    let is_readable_device = READABLE_DEVICES.iter().any(|device| path == Path::new(device));
    if !(kind.is_file() || kind.is_fifo() || is_readable_device) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is a device or a socket, not a file"));
    }
    if about.len() > max { Err(too_large(max)) } else { Ok(()) }
}

/// Reads a file of at most `max` bytes.
///
/// # Errors
/// As for [`check_readable`], and if the file cannot be read.
pub fn read_bytes(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    check_readable(path, max)?;
    read_all(File::open(path)?, max)
}

/// Reads a text file of at most [`MAX_SIZE`] bytes, without a byte order mark.
///
/// # Errors
/// The file cannot be read, is empty, or is not text.
pub fn read(path: &Path) -> Result<String, ReadError> {
    let text = text_of(read_bytes(path, MAX_SIZE)?)?;
    // A device such as /dev/null is empty by nature; a file that was written is not.
    if is_blank(&text) && fs::metadata(path)?.is_file() { Err(ReadError::Empty) } else { Ok(text) }
}

/// Reads a text of at most [`MAX_SIZE`] bytes from standard input, without a byte order mark.
///
/// # Errors
/// Standard input cannot be read, holds more, or is not text.
pub fn read_stdin() -> Result<String, ReadError> {
    text_of(read_all(io::stdin().lock(), MAX_SIZE)?)
}

fn read_all(source: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max { Err(too_large(max)) } else { Ok(bytes) }
}

fn too_large(max: u64) -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {} MB", max as f64 / 1e6))
}

pub(super) fn text_of(bytes: Vec<u8>) -> Result<String, ReadError> {
    let text = String::from_utf8(bytes).map_err(|error| ReadError::NotText(error.utf8_error().valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Returns whether a text is empty, blank or only zeros. Some file systems fill a file with zeros when the power fails.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0').is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::Write, os::fd::AsRawFd, thread};

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("table.toml");
        fs::write(&path, [b' '; 9]).expect("written");
        assert_eq!(read_bytes(&path, 9).expect("small enough"), [b' '; 9]);
        let error = read_bytes(&path, 8).expect_err("too large");
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::FileTooLarge, "it is larger than 0.000008 MB")
        );
        File::create(&path).and_then(|file| file.set_len(MAX_SIZE + 1)).expect("written");
        assert_eq!(read(&path).expect_err("too large").to_string(), "it is larger than 1 MB");
    }

    #[test]
    fn what_is_no_file_is_named() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (path, words) in
            [(Path::new("/dev/zero"), "device"), (Path::new("/dev/full"), "device"), (dir.path(), "folder")]
        {
            let error = read(path).expect_err("no file").to_string();
            assert!(error.contains(words), "{}: {error}", path.display());
        }
        assert!(read(&dir.path().join("none")).expect_err("missing").is_missing());
        assert_eq!(read(Path::new("/dev/null")).expect("empty by nature"), "");
    }

    /// A shell hands over the output of a command as a pipe.
    #[test]
    fn a_pipe_is_read_and_one_without_end_is_not() {
        let read_from = |text: &'static [u8], times: usize| {
            let (reader, mut writer) = io::pipe().expect("a pipe");
            let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
            // Ends when nobody reads any more.
            let writing = thread::spawn(move || (0..times).try_for_each(|_| writer.write_all(text)));
            let text = read(Path::new(&path));
            drop(reader);
            (text, writing.join().expect("no panic"))
        };
        let (text, written) = read_from(b"length = 2.54\n", 1);
        assert!(written.is_ok() && text.expect("a text") == "length = 2.54\n");
        let (text, written) = read_from(b"# no end\n", usize::MAX);
        assert_eq!(text.expect_err("no end").to_string(), "it is larger than 1 MB");
        assert!(written.is_err(), "the rest was read");
    }
}
