//! What every message of the server is wrapped in.

use super::payload::Payload;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Message;

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// The first message: [`super::message::ConnectionData`].
    Connection,
    /// The table: [`super::message::StateData`].
    State,
    /// The prediction: [`super::message::TrajectoryData`].
    Trajectory,
    /// Something that happened: [`super::alert::AlertData`].
    Alert,
    /// The settings.
    Config,
    /// How fast all this goes: [`super::performance::PerformanceData`].
    Performance,
    /// What the client gets from now on: [`super::client_message::SubscribedData`].
    Subscribed,
    /// Answers a ping with what the ping brought.
    Pong,
    /// How the server and this connection do: [`super::message::StatusData`].
    Status,
    /// Answers what was not understood: [`super::client_message::ErrorData`].
    Error,
}

impl MessageKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Connection,
        Self::State,
        Self::Trajectory,
        Self::Alert,
        Self::Config,
        Self::Performance,
        Self::Subscribed,
        Self::Pong,
        Self::Status,
        Self::Error,
    ];

    /// As it is written on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::State => "state",
            Self::Trajectory => "trajectory",
            Self::Alert => "alert",
            Self::Config => "config",
            Self::Performance => "performance",
            Self::Subscribed => "subscribed",
            Self::Pong => "pong",
            Self::Status => "status",
            Self::Error => "error",
        }
    }
}

/// What every message of the server is wrapped in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// What `data` is.
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// When the data were true (streams) or sent.
    pub timestamp: Timestamp,
    /// Number of the message in this connection, from 1; what the client was too slow for is counted too.
    pub sequence: u64,
    /// The content.
    pub data: T,
}

/// What stands before the data, which are JSON already: what all clients share is serialised once.
fn head(kind: MessageKind, at: Timestamp, sequence: u64) -> String {
    format!(r#"{{"type":"{}","timestamp":"{at:.3}","sequence":{sequence},"data":"#, kind.name())
}

/// What stands behind the data.
const TAIL: &str = "}";

/// A whole message, as text.
pub(super) fn text(kind: MessageKind, at: Timestamp, sequence: u64, data: &str) -> String {
    let mut text = head(kind, at, sequence);
    text.reserve_exact(data.len() + TAIL.len());
    text.push_str(data);
    text.push_str(TAIL);
    text
}

/// A whole message for a WebSocket: a text, or what zlib makes of it where that is wanted and pays.
pub(super) fn message(kind: MessageKind, at: Timestamp, sequence: u64, payload: &Payload, zlib: bool) -> Message {
    if zlib && let Some(packed) = payload.packed_between(&head(kind, at, sequence), TAIL) {
        return Message::binary(packed);
    }
    Message::text(text(kind, at, sequence, payload.text()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn an_assembled_message_is_the_typed_one() {
        let at = Timestamp::new(1_700_000_000, 123_000_000).expect("in range");
        for kind in MessageKind::ALL {
            let text = text(kind, at, 7, r#"{"a":[1.5]}"#);
            let typed = Envelope { kind, timestamp: at, sequence: 7, data: json!({"a": [1.5]}) };
            assert_eq!(serde_json::from_str::<Envelope<Value>>(&text).expect("parses"), typed);
            assert!(text.contains(r#""timestamp":"2023-11-14T22:13:20.123Z""#), "{text}");
        }
    }
}
