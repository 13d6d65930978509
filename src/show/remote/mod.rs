//! The table in a browser: one port that serves a page, a REST interface and a WebSocket.
//!
//! ```text
//!  ECS (Publish stage) ──snapshot──► hub: the newest message of each stream ──► one task a client ──► browsers
//! ```
//!
//! The ECS only ever replaces the newest message of a stream; it waits for nobody, and what a slow client missed is
//! gone, not queued. The sockets live on a runtime of their own.
//!
//! # Over HTTP
//!
//! | path | answer |
//! |---|---|
//! | `GET /` | the page |
//! | `GET /api/v1/ws` | the WebSocket |
//! | `/api/v1/…` | what `GET /api/v1/openapi.json` describes; `GET /api/docs` shows it |
//! | `GET /metrics` | figures for Prometheus |
//!
//! From this computer everything may be looked at; who changes anything, or comes from elsewhere, needs a token
//! ([`access`]).
//!
//! Refusals are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problems (`application/problem+json`). A request must
//! name this computer in `Host` (`localhost`, a loopback address or the address listened on), so that a foreign page
//! cannot reach the table through a name that it points here; and a browser may open the WebSocket only from a page that
//! this very server served.
//!
//! # Over the WebSocket
//!
//! JSON messages in the envelope [`envelope::Envelope`]: `type`, `timestamp` (ISO 8601), `sequence`, `data`. The types
//! are in [`message`], [`alert`], [`performance`] and [`client_message`]; [`schema`] makes a JSON Schema of them.
//! `docs/protocol/README.md` describes it all, with an example of every message.
//!
//! A client that says nothing is greeted with a snapshot and gets `state` and `trajectory`. Streams of which only the
//! newest message matters are a topic; what happens once is an [`alert`], queued for each client.
//!
//! # Of our own accord
//!
//! A publisher posts messages to a web address or writes them to a file, behind retries and a circuit breaker
//! (`resilience`); [`settings`] say where to.

pub mod access;
pub mod alert;
mod api;
pub mod boards;
mod camera_picture;
pub mod client_message;
mod counters;
pub mod envelope;
mod fields;
mod frames;
mod guard;
pub mod health;
mod hub;
mod intake;
mod log_tail;
mod mailbox;
pub mod message;
mod metrics;
mod page;
mod payload;
pub mod performance;
pub mod phone;
mod places;
mod problem;
mod publish;
mod publisher;
mod resilience;
pub mod schema;
mod server;
pub mod settings;
pub mod snapshot;
pub mod stream;
mod topic;
mod validation;
mod websocket;

pub use counters::CounterValues;
pub use log_tail::LogTail;
pub use resilience::{BreakerState, SinkData};
pub use validation::InvalidMessage;
pub use websocket::close_code;

use crate::{
    calibrate::CalibrationEnded, model::TableEvent, operate::Desk, sense::LatestSight, stages::PipelineSystems,
};
use access::Tokens;
use bevy::{prelude::*, render::renderer::RenderAdapterInfo};
use futures_util::future::join_all;
use hub::Hub;
use mailbox::{Requests, mailbox};
use phone::PhoneAddresses;
use settings::RemoteSettings;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    runtime::Runtime,
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::timeout,
};
use tracing::{debug, error, info};

/// How long the end of the program waits for clients to take their farewell, and for the runtime after that.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why there is no remote view.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Another program listens there.
    #[error("cannot listen on {0}: address in use; stop the other program or choose another with --listen")]
    AddressInUse(SocketAddr),
    /// The system does not let this user listen there.
    #[error("cannot listen on {0}: permission denied; choose a port above 1023 with --listen")]
    PermissionDenied(SocketAddr),
    /// The address belongs to another computer.
    #[error("cannot listen on {0}: this computer has no such address; choose one that it has with --listen")]
    NoSuchAddress(SocketAddr),
    /// Something else stands in the way.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// Where we wanted to listen.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no threads or no event queue.
    #[error("cannot start the remote view's runtime: {0}")]
    Runtime(io::Error),
}

/// Takes the port, before anything else is started; port 0 takes a free one.
///
/// # Errors
/// When the address cannot be had.
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

/// What the server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Version of the program.
    pub version: String,
}

impl Default for ServerInfo {
    fn default() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

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

/// Serves the table to browsers from a listener that [`bind`] has taken.
///
/// Needs the resources `TableSpec`, `LivePrediction`, `SourceHealth` and `Calibration`.
pub struct RemotePlugin {
    listener: Mutex<Option<TcpListener>>,
    info: ServerInfo,
    limits: Limits,
    settings: RemoteSettings,
    tokens: Tokens,
    log: LogTail,
}

impl RemotePlugin {
    /// Serves from `listener`, under the default limits and settings.
    #[must_use]
    pub fn new(listener: TcpListener, info: ServerInfo) -> Self {
        Self {
            listener: Mutex::new(Some(listener)),
            info,
            limits: Limits::default(),
            settings: RemoteSettings::default(),
            tokens: Tokens::random(),
            log: LogTail::default(),
        }
    }

    /// With other settings, which have been found valid.
    #[must_use]
    pub fn with_settings(mut self, settings: RemoteSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Serves under other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Takes these tokens; without, there are new ones at each start.
    #[must_use]
    pub fn with_tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = tokens;
        self
    }

    /// Tells operators what stands in the log.
    #[must_use]
    pub fn with_log(mut self, log: LogTail) -> Self {
        self.log = log;
        self
    }

    fn start(&self, listener: TcpListener) -> Result<(RemoteServer, Requests), RemoteError> {
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
        let hub = Arc::new(Hub::new(&self.limits));
        let (stop, stopping) = watch::channel(());
        let (mailbox, requests) = mailbox();
        let shared = server::Shared {
            hub: hub.clone(),
            info: self.info.clone(),
            limits: self.limits,
            address,
            stopping,
            started: Instant::now(),
            tokens: self.tokens.clone(),
            mailbox,
            log: self.log.clone(),
            pictures: Arc::new(Semaphore::new(self.limits.pictures.into())),
            requests: server::Pace::new(self.limits.requests_a_minute, self.limits.requests_at_once),
            guesses: server::Pace::new(self.limits.guesses_a_minute, self.limits.guesses_a_minute),
        };
        let publishers = publisher::start(&self.settings, &hub, runtime.handle(), &shared.stopping);
        runtime.spawn(server::serve(listener, Arc::new(shared)));
        let phones = phone::reachable(address).map(|address| PhoneAddresses::new(address, &self.tokens));
        let server = RemoteServer { address, phones, hub, stop, publishers, runtime: Some(runtime) };
        Ok((server, requests))
    }
}

impl Plugin for RemotePlugin {
    fn build(&self, app: &mut App) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(listener) = listener else {
            error!("the remote view is off: its listener was used already");
            return;
        };
        match self.start(listener) {
            Ok((server, requests)) => {
                info!("the remote view is at http://{}", server.address);
                app.insert_resource(server).insert_resource(requests);
            }
            // The table works without it.
            Err(error) => error!("the remote view is off: {error}"),
        }
        app.add_message::<TableEvent>()
            .add_message::<CalibrationEnded>()
            .add_systems(
                Update,
                // The trajectory goes first: a client is greeted when there is a state, with both.
                (publish::trajectory, publish::state, publish::vitals, alert::raise, performance::measure)
                    .chain()
                    .in_set(PipelineSystems::Publish)
                    .run_if(resource_exists::<RemoteServer>),
            )
            .add_systems(
                Update,
                (
                    mailbox::obey.before(PipelineSystems::Ingest),
                    alert::raise_storage.in_set(PipelineSystems::Publish).after(publish::vitals),
                    (boards::controls, boards::settings, boards::shots, mailbox::answer)
                        .chain()
                        .in_set(PipelineSystems::Publish)
                        .after(publish::vitals),
                )
                    .run_if(resource_exists::<RemoteServer>.and_then(resource_exists::<Desk>)),
            )
            .add_systems(
                Update,
                boards::seen
                    .in_set(PipelineSystems::Publish)
                    .run_if(resource_exists::<RemoteServer>.and_then(resource_exists::<LatestSight>)),
            )
            .add_systems(
                Update,
                boards::gpu
                    .run_if(resource_added::<RenderAdapterInfo>)
                    .run_if(resource_exists::<RemoteServer>.and_then(resource_exists::<RenderAdapterInfo>)),
            )
            .add_systems(Last, stop.run_if(on_message::<AppExit>));
    }
}

fn stop(mut commands: Commands) {
    commands.remove_resource::<RemoteServer>();
}

/// The running server. Dropping it says goodbye to the clients (close code 1001) and ends it, within two seconds.
#[derive(Resource)]
pub struct RemoteServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// The page's addresses for phones; `None` where only this computer reaches it.
    pub phones: Option<PhoneAddresses>,
    hub: Arc<Hub>,
    stop: watch::Sender<()>,
    publishers: Vec<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

impl RemoteServer {
    /// How many WebSocket clients there are.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.hub.clients()
    }

    /// What has been counted since the start.
    #[must_use]
    pub fn counters(&self) -> CounterValues {
        self.hub.counters()
    }

    /// How the publishers' other ends do.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkData> {
        self.hub.sinks().iter().map(resilience::SinkHandle::data).collect()
    }
}

impl Drop for RemoteServer {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        self.stop.send_replace(());
        // A client gives its place back when it has gone.
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
