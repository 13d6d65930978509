//! FFmpeg's libraries: initialisation, errors and version.

use ffmpeg::{Error, util::log};
use std::{io, sync::Once};

/// Initialises FFmpeg's libraries, once, and keeps them from writing to stderr: failures are reported by typed errors.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ffmpeg::init() {
            tracing::warn!("FFmpeg cannot be started: {error}");
        }
        log::set_level(log::Level::Quiet);
    });
}

/// Returns the error of the operating system that FFmpeg passes on, or one with FFmpeg's own text.
pub fn io_error(error: Error) -> io::Error {
    match error {
        Error::Other { errno } => io::Error::from_raw_os_error(errno),
        other => io::Error::other(other.to_string()),
    }
}

/// Returns the version of the library that reads and writes containers, e.g. `libavformat 59.27.100`.
pub fn version() -> String {
    let number = ffmpeg::format::version();
    format!("libavformat {}.{}.{}", number >> 16, (number >> 8) & 0xff, number & 0xff)
}

/// Returns the first part of [`version`].
pub fn major_version() -> u32 {
    ffmpeg::format::version() >> 16
}
