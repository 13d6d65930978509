//! Envelope of the server's messages.

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

/// Type of a message of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// First message of a connection: [`crate::message::ConnectionData`].
    Connection,
    /// The table and what is on it: [`crate::message::StateData`].
    State,
    /// The prediction of the shot that is being aimed: [`crate::message::TrajectoryData`].
    Trajectory,
    /// Something that happened: [`crate::alert::AlertData`].
    Alert,
    /// The settings in force.
    Config,
    /// Performance of the program: [`crate::performance::PerformanceData`].
    Performance,
    /// Subscription in force from now on: [`crate::client_message::SubscribedData`].
    Subscribed,
    /// Answer to a ping, with the data that the ping carried.
    Pong,
    /// State of the server and of this connection: [`crate::message::StatusData`].
    Status,
    /// Answer to a message that is invalid: [`crate::client_message::ErrorData`].
    Error,
}

impl MessageKind {
    /// All types.
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

    /// Returns the name that stands for the type in messages.
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

/// Envelope of every message of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// Type of the message and of its `data`.
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// Time at which the data were valid (streams) or sent.
    pub timestamp: Timestamp,
    /// Number of the message in this connection, from 1; messages that the client was too slow for are counted too.
    pub sequence: u64,
    /// Content of the message.
    pub data: T,
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerMessage {
    /// Type and content of the message.
    #[serde(flatten)]
    pub content: ServerContent,
    /// Time at which the data were valid (streams) or sent.
    pub timestamp: Timestamp,
    /// Number of the message in this connection, from 1; messages that the client was too slow for are counted too.
    #[schemars(range(min = 1))]
    pub sequence: u64,
}

/// Type and content of a message of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum ServerContent {
    /// First message of a connection.
    Connection(Box<ConnectionData>),
    /// The table and what is on it.
    State(StateData),
    /// The prediction of the shot that is being aimed.
    Trajectory(TrajectoryData),
    /// Something that happened.
    Alert(AlertData),
    /// The settings in force.
    Config(ConfigData),
    /// Performance of the program.
    Performance(PerformanceData),
    /// Subscription in force from now on.
    Subscribed(SubscribedData),
    /// Answer to a ping, with the data that the ping carried.
    Pong(Value),
    /// State of the server and of this connection.
    Status(Box<StatusData>),
    /// Answer to a message that is invalid.
    Error(ErrorData),
}
