//! How much of this computer the clients may use.

use std::{num::NonZeroU32, time::Duration};

/// How much of this computer the clients may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// WebSocket clients at once; the next one is refused with 503.
    pub clients: u16,
    /// HTTP connections at once, WebSocket clients not counted; the next one is closed.
    pub connections: u16,
    /// Of either, so many from one address at most; this computer itself is not meant.
    pub of_one_address: u16,
    /// A client that does not take a message for this long is cut.
    pub send_timeout: Duration,
    /// A client is pinged this often, and cut when it leaves two pings unanswered.
    pub heartbeat: Duration,
    /// Messages a second that a client may send; what is more is refused, and whoever goes on is cut.
    pub client_messages: u32,
    /// Messages that a client may send at once after a while of silence.
    pub client_burst: u32,
    /// Streams of the camera's picture at once.
    pub pictures: u16,
    /// HTTP requests of one address a minute,
    pub requests_a_minute: NonZeroU32,
    /// and at once.
    pub requests_at_once: NonZeroU32,
    /// Tokens that one address may try a minute.
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
