//! State of the sinks of messages other than WebSocket clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// State of a sink's circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BreakerState {
    /// Closed: every message is sent.
    Closed,
    /// Open: nothing is sent for a while.
    Open,
    /// Probing: a single message is tried.
    Probing,
}

/// State of a sink; the counts are since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SinkData {
    /// Name of the sink.
    pub name: String,
    /// State of the sink's circuit breaker.
    pub breaker: BreakerState,
    /// Number of times that the breaker opened.
    pub opened: u64,
    /// Number of messages that were delivered.
    pub delivered: u64,
    /// Number of failed attempts that may succeed later.
    pub failures: u64,
    /// Number of attempts that were retries.
    pub retries: u64,
    /// Number of messages that the receiver refused permanently.
    pub refused: u64,
    /// Number of messages that were never delivered: abandoned, or replaced by newer ones meanwhile.
    pub dropped: u64,
}
