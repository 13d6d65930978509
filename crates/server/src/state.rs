//! State shared by all connections, and knowledge of each.

use crate::{
    access::Tokens, hub::Hub, limiter::AddressLimiter, limits::Limits, log_tail::LogTail, mailbox::Mailbox, vitals,
};
use billiards_protocol::health::HealthData;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, watch};

/// Timeout for the body of a request.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// State shared by all connections.
pub(crate) struct Shared {
    pub hub: Arc<Hub>,
    /// Version of the program.
    pub version: String,
    pub limits: Limits,
    pub address: SocketAddr,
    /// Changes once, when the server stops. This receiver is never read itself, so that every clone of it notices the
    /// change, however early it was.
    pub stopping: watch::Receiver<()>,
    pub started: Instant,
    /// Access tokens of viewers and operators.
    pub tokens: Tokens,
    /// Sends requests to the program.
    pub mailbox: Mailbox,
    /// The newest lines of the log.
    pub log: LogTail,
    /// Draws the board for the measurement of a lens, as SVG.
    pub lens_board: fn() -> Result<String, String>,
    /// One permit per stream of pictures.
    pub pictures: Arc<Semaphore>,
    /// Rate limit of requests per address.
    pub requests: AddressLimiter,
    /// Rate limit of attempted tokens per address.
    pub guesses: AddressLimiter,
}

impl Shared {
    /// Returns the present health report.
    pub fn health(&self) -> HealthData {
        let vitals = self.hub.vitals.borrow().clone();
        let (uptime, clients) = (self.started.elapsed(), self.hub.clients());
        vitals::report(vitals.as_ref(), Instant::now(), uptime, &self.version, clients)
    }
}

/// Address of the client at the other end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

/// Counts the parts of a response that lasts as long as the client accepts them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lasting(Arc<AtomicU64>);

impl Lasting {
    /// Records that the client has accepted one more part.
    pub fn taken(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn parts(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
