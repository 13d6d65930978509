//! Errors while pictures are written.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Error while pictures are written; one line each.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The directory does not exist and cannot be created.
    #[error("cannot make the directory {}: {source}; choose another with --out", dir.display())]
    Create {
        /// The directory.
        dir: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The directory exists, but no file can be created in it.
    #[error("cannot write into {}: {source}; choose another with --out", dir.display())]
    NotWritable {
        /// The directory.
        dir: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A file cannot be written: the disk is full, or the directory is gone.
    #[error("cannot write {}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A picture cannot be composed or encoded.
    #[error("cannot compose {}: {reason}", file.display())]
    Picture {
        /// The file for which it was meant.
        file: PathBuf,
        /// Message of OpenCV.
        reason: String,
    },
    /// FFmpeg has no encoder for this size.
    #[error("cannot write {}: FFmpeg has no encoder (H.264 or MPEG-4) for {width}×{height} pixels here", file.display())]
    NoEncoder {
        /// The file.
        file: PathBuf,
        /// Number of columns.
        width: i32,
        /// Number of rows.
        height: i32,
    },
    /// The operating system cannot start a thread.
    #[error("cannot start the thread that writes pictures: {0}")]
    Thread(io::Error),
    /// The writing thread has ended unexpectedly.
    #[error("the thread that writes pictures stopped unexpectedly")]
    WriterGone,
    /// The writing thread made no progress at the end of the run.
    #[error("no picture was finished within {seconds} s; the last files may be incomplete")]
    Unfinished {
        /// Time without progress, seconds.
        seconds: u64,
    },
    /// The renderer never delivered a picture.
    #[error("the renderer delivered no picture of frame {frame} within {seconds} s")]
    NoPicture {
        /// Index of the frame.
        frame: u64,
        /// Timeout, seconds.
        seconds: u64,
    },
}

impl ExportError {
    pub(super) fn write(file: &Path, source: io::Error) -> Self {
        Self::Write { file: file.to_owned(), source }
    }

    /// Creates the error from OpenCV's message, joining its lines into one.
    pub(super) fn picture(file: &Path, error: &opencv::Error) -> Self {
        let reason = error.message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self::Picture { file: file.to_owned(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_one_line() {
        let cv = opencv::Error::new(-215, "OpenCV(4.6.0) warp.cpp:3: error:\n(-215:Assertion failed) x > 0\n");
        let error = ExportError::picture(Path::new("out/a.png"), &cv).to_string();
        assert_eq!(error, "cannot compose out/a.png: OpenCV(4.6.0) warp.cpp:3: error: (-215:Assertion failed) x > 0");
    }
}
