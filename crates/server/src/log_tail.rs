//! The newest lines of the log, for operators who cannot see the terminal.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::VecDeque,
    fmt::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// Maximum number of lines that are kept.
const LINES: usize = 1000;
/// Maximum length of a line's message, characters; the rest is cut off.
const LONGEST: usize = 2000;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// Time at which the line was written.
    pub at: Timestamp,
    /// Level of the line: `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    /// Part of the program that wrote the line.
    pub target: String,
    /// Text of the line.
    pub message: String,
}

/// The newest lines of the log; clones share them. As a layer of the log it receives every event that the log receives.
#[derive(Debug, Clone, Default)]
pub struct LogTail(Arc<Mutex<VecDeque<LogLine>>>);

impl LogTail {
    /// Returns the newest lines, at most `limit`, the newest first.
    #[must_use]
    pub fn newest_first(&self, limit: usize) -> Vec<LogLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().take(limit).cloned().collect()
    }

    /// Adds a warning that was raised before the log existed.
    pub fn note_warning(&self, target: &str, message: &str) {
        let level = tracing::Level::WARN.to_string();
        self.push(LogLine { at: Timestamp::now(), level, target: target.to_owned(), message: message.to_owned() });
    }

    fn push(&self, line: LogLine) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl<S: Subscriber> Layer<S> for LogTail {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let mut message = words.0;
        if let Some((end, _)) = message.char_indices().nth(LONGEST) {
            message.truncate(end);
        }
        let metadata = event.metadata();
        self.push(LogLine {
            at: Timestamp::now(),
            level: metadata.level().to_string(),
            target: metadata.target().to_owned(),
            message,
        });
    }
}

/// Message of an event, followed by its other fields.
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let gap = if self.0.is_empty() { "" } else { " " };
        let written = match field.name() {
            "message" => write!(self.0, "{gap}{value:?}"),
            name => write!(self.0, "{gap}{name}={value:?}"),
        };
        written.expect("a String takes every text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::subscriber::with_default;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn the_newest_lines_are_kept_with_their_level() {
        let tail = LogTail::default();
        with_default(tracing_subscriber::registry().with(tail.clone()), || {
            for i in 0..LINES + 5 {
                tracing::info!("line {i}");
            }
            tracing::warn!(pocket = "lt", "ball {} fell", 3);
        });
        let lines = tail.newest_first(2);
        assert_eq!((lines[0].level.as_str(), lines[0].message.as_str()), ("WARN", "ball 3 fell pocket=\"lt\""));
        assert_eq!(lines[1].message, format!("line {}", LINES + 4));
        assert!(lines[0].target.contains("log_tail"));
        assert_eq!(tail.newest_first(usize::MAX).len(), LINES);
    }

    #[test]
    fn long_lines_are_cut_between_letters() {
        let tail = LogTail::default();
        with_default(tracing_subscriber::registry().with(tail.clone()), || tracing::error!("{}", "é".repeat(3000)));
        assert_eq!(tail.newest_first(1)[0].message.chars().count(), LONGEST);
    }
}
