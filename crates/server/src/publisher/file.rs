//! Publisher that appends each message as a line to a file.

use crate::{
    resilience::{Failure, Sink},
    settings::FileSettings,
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::task::spawn_blocking;

/// Sink that appends each message as a line to a file (JSON Lines).
pub(super) struct JsonLines(Arc<Mutex<Lines>>);

struct Lines {
    path: PathBuf,
    max_bytes: u64,
    keep: u8,
    /// The file and its length, bytes, while it is open.
    open: Option<(File, u64)>,
}

impl JsonLines {
    pub fn new(settings: &FileSettings) -> Self {
        let FileSettings { path, max_bytes, keep, .. } = settings.clone();
        Self(Arc::new(Mutex::new(Lines { path, max_bytes, keep, open: None })))
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Lines) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let lines = Arc::clone(&self.0);
        let work = spawn_blocking(move || work(&mut lines.lock().unwrap_or_else(PoisonError::into_inner)));
        match work.await {
            Ok(done) => done.map_err(|error| Failure::Transient(error.to_string())),
            Err(error) => Err(Failure::Transient(format!("the write was aborted: {error}"))),
        }
    }
}

impl Sink for JsonLines {
    async fn attempt(&self, message: Arc<str>) -> Result<(), Failure> {
        self.with(move |lines| lines.add(&message)).await
    }

    async fn finish(&self) -> Result<(), Failure> {
        self.with(|lines| lines.open.take().map_or(Ok(()), |(file, _)| file.sync_all())).await
    }
}

impl Lines {
    fn add(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        let (mut file, length) = match self.open.take() {
            Some(open) => open,
            None => self.reopen()?,
        };
        let full = length > 0 && length + line.len() as u64 > self.max_bytes;
        let length = if full {
            file.sync_all()?;
            drop(file);
            self.set_aside()?;
            let (next, length) = self.reopen()?;
            file = next;
            length
        } else {
            length
        };
        match file.write_all(line.as_bytes()) {
            Ok(()) => self.open = Some((file, length + line.len() as u64)),
            Err(error) => {
                // An incomplete line is removed; the file is reopened next time.
                file.set_len(length)?;
                return Err(error);
            }
        }
        Ok(())
    }

    fn reopen(&self) -> io::Result<(File, u64)> {
        let mut file = OpenOptions::new().append(true).create(true).read(true).open(&self.path)?;
        let length = file.metadata()?.len();
        // A previous run may have been stopped in the middle of a line.
        if length > 0 && last_byte(&self.path, length)? != b'\n' {
            file.write_all(b"\n")?;
            return Ok((file, length + 1));
        }
        Ok((file, length))
    }

    /// Renames `PATH` to `PATH.1`, that to `PATH.2`, and so on; the oldest is deleted.
    fn set_aside(&self) -> io::Result<()> {
        if self.keep == 0 {
            return fs::remove_file(&self.path);
        }
        for number in (1..self.keep).rev() {
            let from = numbered(&self.path, number);
            if from.exists() {
                fs::rename(from, numbered(&self.path, number + 1))?;
            }
        }
        fs::rename(&self.path, numbered(&self.path, 1))
    }
}

fn last_byte(path: &Path, length: u64) -> io::Result<u8> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(length - 1))?;
    let mut byte = [0];
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn numbered(path: &Path, number: u8) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &Path, max_bytes: u64, keep: u8) -> Lines {
        Lines { path: path.to_owned(), max_bytes, keep, open: None }
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).expect("a file")
    }

    #[test]
    fn lines_are_added_and_full_files_set_aside() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log.jsonl");
        fs::write(&path, "before\n").expect("written");
        let mut log = lines(&path, 20, 2);
        for word in ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"] {
            log.add(word).expect("written");
        }
        assert_eq!(read(&path), "eighth\n");
        assert_eq!(read(&numbered(&path, 1)), "sixth\nseventh\n");
        assert_eq!(read(&numbered(&path, 2)), "third\nfourth\nfifth\n");
        assert!(!numbered(&path, 3).exists(), "the oldest goes");
        // A line that is longer than a file may be is written all the same.
        log.add(&"x".repeat(100)).expect("written");
        assert_eq!(read(&path).len(), 101);
        assert_eq!(read(&numbered(&path, 1)), "eighth\n");
    }

    #[test]
    fn half_a_line_of_a_run_before_is_ended() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("log.jsonl");
        fs::write(&path, "{\"half\":").expect("written");
        lines(&path, 1000, 0).add("{}").expect("written");
        assert_eq!(read(&path), "{\"half\":\n{}\n");
    }

    #[test]
    fn a_folder_that_comes_later_is_found_then() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("later/log.jsonl");
        let mut log = lines(&path, 1000, 0);
        assert_eq!(log.add("a").expect_err("no folder").kind(), io::ErrorKind::NotFound);
        fs::create_dir(dir.path().join("later")).expect("made");
        log.add("b").expect("written");
        assert_eq!(read(&path), "b\n");
    }
}
