//! Counts of messages and clients since the start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What has been counted since the start, over all WebSocket clients and all messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CounterValues {
    /// Messages handed to clients' connections.
    pub messages_sent: u64,
    /// Their bytes, without WebSocket's own.
    pub bytes_sent: u64,
    /// Of the messages, those that went compressed.
    pub compressed: u64,
    /// Messages that clients were too slow for.
    pub dropped: u64,
    /// Messages that were not published because they broke the protocol's own rules.
    pub invalid: u64,
    /// Clients that have connected.
    pub connected: u64,
    /// Clients that were closed because they were too slow, silent, or behind with the alerts.
    pub cut: u64,
    /// Clients turned away because there were too many.
    pub turned_away: u64,
    /// Messages of clients that were answered with an error, those above the rate included.
    pub refused: u64,
    /// Messages of clients above the rate.
    pub rate_limited: u64,
    /// Alerts raised.
    pub alerts: u64,
}
