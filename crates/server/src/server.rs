//! The server as the program holds it: started from a listener, stopped by being dropped.

use crate::{
    access::Tokens,
    boards::Boards,
    error::RemoteError,
    hub::Hub,
    limiter::AddressLimiter,
    limits::Limits,
    log_tail::LogTail,
    mailbox::{Requests, mailbox},
    phone::{self, PhoneAddresses},
    publisher, serve,
    settings::RemoteSettings,
    state::Shared,
};
use futures_util::future::join_all;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Runtime,
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::timeout,
};
use tracing::debug;

/// Maximum time that a shutdown waits for clients and publishers to finish, and then for the runtime.
const FAREWELL: Duration = Duration::from_secs(1);

/// Binds the port, before anything else is started; port 0 takes a free one.
///
/// # Errors
/// If the address cannot be bound.
pub fn bind(address: SocketAddr) -> Result<TcpListener, RemoteError> {
    let listen = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?; // the runtime waits for the socket, no thread does
        Ok(listener)
    };
    listen().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => RemoteError::AddressInUse(address),
        io::ErrorKind::PermissionDenied => RemoteError::PermissionDenied(address),
        io::ErrorKind::AddrNotAvailable => RemoteError::NoSuchAddress(address),
        _ => RemoteError::Listen { address, source },
    })
}

/// Configuration of a server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Version of the program, as reported to clients.
    pub version: String,
    /// Limits on the resources that clients may use.
    pub limits: Limits,
    /// Publishers, and the handling of messages that they cannot deliver. The settings have been validated.
    pub settings: RemoteSettings,
    /// Access tokens of viewers and operators.
    pub tokens: Tokens,
    /// The newest lines of the log, for operators.
    pub log: LogTail,
    /// Draws the board for the measurement of a lens, as SVG; an error is reported to the client that requests it.
    pub lens_board: fn() -> Result<String, String>,
}

impl ServerConfig {
    /// Creates a configuration with the default limits, no publishers, new tokens and an empty log.
    #[must_use]
    pub fn new(version: impl Into<String>, lens_board: fn() -> Result<String, String>) -> Self {
        Self {
            version: version.into(),
            limits: Limits::default(),
            settings: RemoteSettings::default(),
            tokens: Tokens::random(),
            log: LogTail::default(),
            lens_board,
        }
    }
}

/// A running server. Dropping it disconnects the clients (close code 1001) and stops it, within two seconds.
pub struct Server {
    address: SocketAddr,
    phones: Option<PhoneAddresses>,
    hub: Arc<Hub>,
    stop: watch::Sender<()>,
    publishers: Vec<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

impl Server {
    /// Starts serving from a listener that [`bind`] has returned. The returned requests are those that clients make of
    /// the program.
    ///
    /// # Errors
    /// If the system provides no threads, or the listener is unusable.
    pub fn start(listener: TcpListener, config: &ServerConfig) -> Result<(Self, Requests), RemoteError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("remote")
            .enable_all()
            .build()
            .map_err(RemoteError::Runtime)?;
        let address = listener.local_addr().map_err(RemoteError::Runtime)?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener).map_err(RemoteError::Runtime)?
        };
        let limits = config.limits;
        let hub = Arc::new(Hub::new(&limits));
        let (stop, stopping) = watch::channel(());
        let (mailbox, requests) = mailbox();
        let shared = Shared {
            hub: hub.clone(),
            version: config.version.clone(),
            limits,
            address,
            stopping,
            started: Instant::now(),
            tokens: config.tokens.clone(),
            mailbox,
            log: config.log.clone(),
            lens_board: config.lens_board,
            pictures: Arc::new(Semaphore::new(limits.pictures.into())),
            requests: AddressLimiter::new(limits.requests_a_minute, limits.requests_at_once),
            guesses: AddressLimiter::new(limits.guesses_a_minute, limits.guesses_a_minute),
        };
        let publishers = publisher::start(&config.settings, &hub, runtime.handle(), &shared.stopping);
        runtime.spawn(serve::serve(listener, Arc::new(shared)));
        let phones = phone::reachable(address).map(|address| PhoneAddresses::new(address, &config.tokens));
        Ok((Self { address, phones, hub, stop, publishers, runtime: Some(runtime) }, requests))
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the page's addresses for phones; `None` where only this computer reaches it.
    #[must_use]
    pub fn phones(&self) -> Option<&PhoneAddresses> {
        self.phones.as_ref()
    }

    /// Returns the hub, where the program publishes messages to clients, and which counts clients and messages.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns the state that the REST interface reports, which the program keeps up to date.
    #[must_use]
    pub fn boards(&self) -> &Boards {
        &self.hub.boards
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        self.stop.send_replace(());
        // A client releases its place when it has gone.
        let all_gone = async {
            let publishers = timeout(FAREWELL, join_all(self.publishers.drain(..)));
            let clients = timeout(FAREWELL, self.hub.places.all_left());
            let (publishers, clients) = tokio::join!(publishers, clients);
            publishers.is_ok() && clients.is_ok()
        };
        if !runtime.block_on(all_gone) {
            debug!("not all remote clients and publishers said goodbye in time");
        }
        runtime.shutdown_timeout(FAREWELL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_told_in_one_line() {
        let first = bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = first.local_addr().expect("bound");
        let error = bind(address).expect_err("taken");
        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen on {address}: address in use; stop the other program or choose another with --listen"
            )
        );
    }

    #[test]
    fn a_foreign_address_is_told_in_one_line() {
        let address = SocketAddr::from(([192, 0, 2, 1], 8000)); // TEST-NET-1 belongs to nobody
        let error = bind(address).expect_err("not ours").to_string();
        assert_eq!(
            error,
            "cannot listen on 192.0.2.1:8000: this computer has no such address; choose one that it has with --listen"
        );
    }
}
