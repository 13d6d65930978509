//! What every message of the server is wrapped in.

use crate::{
    alert::AlertData,
    client_message::{ErrorData, SubscribedData},
    message::{ConfigData, ConnectionData, StateData, StatusData, TrajectoryData},
    performance::PerformanceData,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// The first message: [`crate::message::ConnectionData`].
    Connection,
    /// The table: [`crate::message::StateData`].
    State,
    /// The prediction: [`crate::message::TrajectoryData`].
    Trajectory,
    /// Something that happened: [`crate::alert::AlertData`].
    Alert,
    /// The settings.
    Config,
    /// How fast all this goes: [`crate::performance::PerformanceData`].
    Performance,
    /// What the client gets from now on: [`crate::client_message::SubscribedData`].
    Subscribed,
    /// Answers a ping with what the ping brought.
    Pong,
    /// How the server and this connection do: [`crate::message::StatusData`].
    Status,
    /// Answers what was not understood: [`crate::client_message::ErrorData`].
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

/// A message of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerMessage {
    /// What it says.
    #[serde(flatten)]
    pub content: ServerContent,
    /// When the data were true (streams) or sent.
    pub timestamp: Timestamp,
    /// Number of the message in this connection, from 1; what the client was too slow for is counted too.
    #[schemars(range(min = 1))]
    pub sequence: u64,
}

/// What a message of the server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum ServerContent {
    /// The first message.
    Connection(Box<ConnectionData>),
    /// The table.
    State(StateData),
    /// The prediction.
    Trajectory(TrajectoryData),
    /// Something that happened.
    Alert(AlertData),
    /// The settings.
    Config(ConfigData),
    /// How fast all this goes.
    Performance(PerformanceData),
    /// What the client gets from now on.
    Subscribed(SubscribedData),
    /// Answers a ping with what the ping brought.
    Pong(Value),
    /// How the server and this connection do.
    Status(Box<StatusData>),
    /// Answers what was not understood.
    Error(ErrorData),
}
