//! Streams that a client can subscribe to.

use crate::envelope::MessageKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A stream of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// The table and what is on it. A client receives the newest message only.
    State,
    /// The prediction of the shot that is being aimed. A client receives the newest message only.
    Trajectory,
    /// Alerts: events as they happen. A client receives every message.
    Alert,
    /// The settings in force. A client receives the newest message only.
    Config,
    /// Performance of the program, once a second. A client receives the newest message only.
    Performance,
}

impl Stream {
    /// All streams.
    pub const ALL: [Self; 5] = [Self::State, Self::Trajectory, Self::Alert, Self::Config, Self::Performance];
    /// Streams of a client that has not subscribed to any.
    pub const DEFAULT: [Self; 2] = [Self::State, Self::Trajectory];

    /// Returns the stream as one of which a client receives the newest message only; `None` for a stream whose messages
    /// are queued for each client, so that none is lost.
    #[must_use]
    pub fn latest(self) -> Option<LatestStream> {
        match self {
            Self::State => Some(LatestStream::State),
            Self::Trajectory => Some(LatestStream::Trajectory),
            Self::Alert => None,
            Self::Config => Some(LatestStream::Config),
            Self::Performance => Some(LatestStream::Performance),
        }
    }

    /// Returns the name that stands for the stream in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.kind().name()
    }

    /// Returns the type of the stream's messages.
    #[must_use]
    pub fn kind(self) -> MessageKind {
        match self {
            Self::State => MessageKind::State,
            Self::Trajectory => MessageKind::Trajectory,
            Self::Alert => MessageKind::Alert,
            Self::Config => MessageKind::Config,
            Self::Performance => MessageKind::Performance,
        }
    }

    /// Returns the names of the top-level members of the stream's `data`; `None` for the settings, whose members this
    /// module does not know.
    #[must_use]
    pub fn fields(self) -> Option<&'static [&'static str]> {
        match self {
            Self::State => Some(&["balls", "cue", "table", "source"]),
            Self::Trajectory => {
                Some(&["aiming", "aim", "ghost_ball", "paths", "events", "aim_line", "strike_speed", "odds"])
            }
            Self::Alert => Some(&["severity", "code", "details", "message"]),
            Self::Config => None,
            Self::Performance => {
                Some(&["fps", "frame_age_ms", "frames_dropped", "clients", "messages", "latency", "sinks"])
            }
        }
    }
}

/// A stream of which a client receives the newest message only. Those of [`Stream`] that are missing here are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LatestStream {
    /// The table and what is on it.
    State,
    /// The prediction of the shot that is being aimed.
    Trajectory,
    /// The settings in force.
    Config,
    /// Performance of the program, once a second.
    Performance,
}

impl From<LatestStream> for Stream {
    fn from(stream: LatestStream) -> Self {
        match stream {
            LatestStream::State => Self::State,
            LatestStream::Trajectory => Self::Trajectory,
            LatestStream::Config => Self::Config,
            LatestStream::Performance => Self::Performance,
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Stream {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|stream| stream.name() == text)
            .ok_or_else(|| format!("`{text}` is not a stream: expected {}", Self::ALL.map(Self::name).join(", ")))
    }
}
