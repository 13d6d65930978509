//! How the sinks of messages do besides WebSocket clients.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a sink's circuit breaker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BreakerState {
    /// Everything is sent.
    Closed,
    /// Nothing is sent for a while.
    Open,
    /// One message is tried.
    Probing,
}

/// How a sink does; the counts are since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SinkData {
    /// Its name.
    pub name: String,
    /// What its circuit breaker does.
    pub breaker: BreakerState,
    /// Times that the breaker opened.
    pub opened: u64,
    /// Messages that were taken.
    pub delivered: u64,
    /// Attempts that failed and may succeed later.
    pub failures: u64,
    /// Of the attempts, those that were retries.
    pub retries: u64,
    /// Messages that the other end refused for good.
    pub refused: u64,
    /// Messages that never got there: given up, or replaced by newer ones meanwhile.
    pub dropped: u64,
}
