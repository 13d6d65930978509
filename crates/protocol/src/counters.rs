//! Counts of messages and clients since the start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts since the start, over all WebSocket clients and all messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CounterValues {
    /// Number of messages handed to clients' connections.
    pub messages_sent: u64,
    /// Number of bytes handed to clients' connections, after compression, without WebSocket framing.
    pub bytes_sent: u64,
    /// Number of messages handed to clients' connections in compressed form.
    pub compressed: u64,
    /// Number of messages dropped because clients were too slow.
    pub dropped: u64,
    /// Number of messages not published because they broke the protocol's own rules.
    pub invalid: u64,
    /// Number of clients that have connected.
    pub connected: u64,
    /// Number of clients disconnected because they were too slow, silent, or behind with the alerts.
    pub cut: u64,
    /// Number of clients rejected because there were too many.
    pub turned_away: u64,
    /// Number of clients' messages answered with an error, those above the rate limit included.
    pub refused: u64,
    /// Number of clients' messages above the rate limit.
    pub rate_limited: u64,
    /// Number of alerts raised.
    pub alerts: u64,
}
