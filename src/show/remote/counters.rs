//! Plain counts of what the remote view does; they only rise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A count that only rises.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub fn add(&self, by: u64) {
        self.0.fetch_add(by, Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What is counted over all WebSocket clients and all messages.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Messages handed to clients' connections.
    pub messages_sent: Count,
    /// Their bytes, without WebSocket's own.
    pub bytes_sent: Count,
    /// Of the messages, those that went compressed.
    pub compressed: Count,
    /// Messages that clients were too slow for.
    pub dropped: Count,
    /// Messages that were not published because they broke the protocol's own rules.
    pub invalid: Count,
    /// Clients that have connected.
    pub connected: Count,
    /// Clients that were closed because they were too slow, silent, or behind with the alerts.
    pub cut: Count,
    /// Clients turned away because there were too many.
    pub turned_away: Count,
    /// Messages of clients that were answered with an error, those above the rate included.
    pub refused: Count,
    /// Messages of clients above the rate.
    pub rate_limited: Count,
}

/// What has been counted since the start, at a moment.
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

impl Counters {
    /// All of them, now, but the alerts, which count themselves.
    pub fn values(&self) -> CounterValues {
        CounterValues {
            messages_sent: self.messages_sent.get(),
            bytes_sent: self.bytes_sent.get(),
            compressed: self.compressed.get(),
            dropped: self.dropped.get(),
            invalid: self.invalid.get(),
            connected: self.connected.get(),
            cut: self.cut.get(),
            turned_away: self.turned_away.get(),
            refused: self.refused.get(),
            rate_limited: self.rate_limited.get(),
            alerts: 0,
        }
    }
}
