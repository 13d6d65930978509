//! What all connections share, and what is known of each.

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

/// A client has this long to send the body of a request.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// What all connections share.
pub(crate) struct Shared {
    pub hub: Arc<Hub>,
    /// Version of the program.
    pub version: String,
    pub limits: Limits,
    pub address: SocketAddr,
    /// Changes once, when the server ends. Nobody looks at this receiver: a clone of it sees a change of any time.
    pub stopping: watch::Receiver<()>,
    pub started: Instant,
    /// Who may do what.
    pub tokens: Tokens,
    /// Where requests go.
    pub mailbox: Mailbox,
    /// The newest lines of the log.
    pub log: LogTail,
    /// Draws the board by which a lens is measured, as SVG.
    pub lens_board: fn() -> Result<String, String>,
    /// One permit a stream of pictures.
    pub pictures: Arc<Semaphore>,
    /// How often each address may ask, and how often it may try a token.
    pub requests: AddressLimiter,
    pub guesses: AddressLimiter,
}

impl Shared {
    /// The health report, now.
    pub fn health(&self) -> HealthData {
        let vitals = self.hub.vitals.borrow().clone();
        let (uptime, clients) = (self.started.elapsed(), self.hub.clients());
        vitals::report(vitals.as_ref(), Instant::now(), uptime, &self.version, clients)
    }
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

/// Counts the parts of an answer that goes on for as long as the client takes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lasting(Arc<AtomicU64>);

impl Lasting {
    /// The client has taken one more.
    pub fn taken(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn parts(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
