//! FFmpeg's libraries: how they are started, and what their errors say.

use ffmpeg::{Error, util::log};
use std::{io, sync::Once};

/// Starts FFmpeg's libraries, once, and keeps them from writing to stderr: what goes wrong is told by typed errors.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = ffmpeg::init() {
            tracing::warn!("FFmpeg cannot be started: {error}");
        }
        log::set_level(log::Level::Quiet);
    });
}

/// The error of the operating system that FFmpeg passes on, or FFmpeg's own words.
pub fn io_error(error: Error) -> io::Error {
    match error {
        Error::Other { errno } => io::Error::from_raw_os_error(errno),
        other => io::Error::other(other.to_string()),
    }
}

/// Version of the library that reads and writes containers, e.g. `libavformat 59.27.100`.
pub fn version() -> String {
    let number = ffmpeg::format::version();
    format!("libavformat {}.{}.{}", number >> 16, (number >> 8) & 0xff, number & 0xff)
}

/// First part of [`version`].
pub fn major_version() -> u32 {
    ffmpeg::format::version() >> 16
}
