//! Limits on the resources that clients may use.

use std::{num::NonZeroU32, time::Duration};

/// Limits on the resources that clients may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of WebSocket clients; a further one is refused with 503.
    pub clients: u16,
    /// Maximum number of HTTP connections, WebSocket clients excluded; a further one is closed.
    pub connections: u16,
    /// Maximum number of connections, and of clients, per remote address. Loopback is exempt.
    pub of_one_address: u16,
    /// Maximum time that a client may take to accept a message; then it is disconnected.
    pub send_timeout: Duration,
    /// Interval between two pings of a client, which is disconnected when it leaves two unanswered.
    pub heartbeat: Duration,
    /// Maximum number of messages per second from a client; more are refused, and a client that persists is
    /// disconnected.
    pub client_messages: u32,
    /// Maximum number of messages that a client may send at once after a period of silence.
    pub client_burst: u32,
    /// Maximum number of simultaneous streams of the camera's picture.
    pub pictures: u16,
    /// Maximum number of HTTP requests per minute from one address.
    pub requests_a_minute: NonZeroU32,
    /// Maximum number of HTTP requests that one address may send at once.
    pub requests_at_once: NonZeroU32,
    /// Maximum number of tokens per minute that one address may try.
    pub guesses_a_minute: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self {
            clients: 400,
            connections: 400,
            of_one_address: 64,
            send_timeout: Duration::from_secs(5),
            heartbeat: Duration::from_secs(10),
            client_messages: 20,
            client_burst: 40,
            pictures: 8,
            requests_a_minute: number(6000),
            requests_at_once: number(600),
            guesses_a_minute: number(10),
        }
    }
}
