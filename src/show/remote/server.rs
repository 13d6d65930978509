//! The port: takes connections, and answers what is not a WebSocket.

use super::{
    Limits, ServerInfo, guard,
    health::{self, HealthData},
    hub::Hub,
    message::json,
    websocket,
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use serde::Serialize;
use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tracing::{debug, warn};

/// A client has this long to send the head of a request; a kept connection may be silent for as long.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// No HTTP connection lives longer, WebSockets not meant: the whole page is a matter of milliseconds.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(120);
/// What a request and its answer may buffer.
const HTTP_BUFFER: usize = 32 * 1024;

const PAGE: Asset = Asset::new("text/html; charset=utf-8", include_str!("../../../assets/page/index.html"));
const STYLE: Asset = Asset::new("text/css; charset=utf-8", include_str!("../../../assets/page/page.css"));
const SCRIPT: Asset = Asset::new("text/javascript; charset=utf-8", include_str!("../../../assets/page/page.js"));
const ICON: Asset = Asset::new("image/svg+xml", include_str!("../../../assets/page/icon.svg"));

/// What all connections share.
pub(super) struct Shared {
    pub hub: Arc<Hub>,
    pub info: ServerInfo,
    pub limits: Limits,
    pub address: SocketAddr,
    /// Changes once, when the server ends. Nobody looks at this receiver: a clone of it sees a change of any time.
    pub stopping: watch::Receiver<()>,
    started: Instant,
}

impl Shared {
    pub fn new(
        hub: Arc<Hub>,
        info: ServerInfo,
        limits: Limits,
        address: SocketAddr,
        stopping: watch::Receiver<()>,
    ) -> Self {
        Self { hub, info, limits, address, stopping, started: Instant::now() }
    }

    /// The health report, now.
    pub fn health(&self) -> HealthData {
        let vitals = self.hub.vitals.borrow().clone();
        let (uptime, clients) = (self.started.elapsed(), self.hub.clients());
        health::report(vitals.as_ref(), Instant::now(), uptime, &self.info.version, clients)
    }
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub SocketAddr);

/// Takes connections until the server ends.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = router(shared.clone());
    let connections = Arc::new(Semaphore::new(shared.limits.connections.into()));
    let mut stopping = shared.stopping.clone();
    loop {
        let accepted = tokio::select! {
            _ = stopping.changed() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(connection) => connection,
            // The client went away while it waited.
            Err(error) if is_of_one_client(&error) => continue,
            // Out of file handles, most likely: others have to close first.
            Err(error) => {
                warn!("cannot take a connection on {}: {error}; trying again in a second", shared.address);
                sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let Ok(place) = connections.clone().try_acquire_owned() else {
            debug!("{peer} turned away: {} connections are open", shared.limits.connections);
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            converse(stream, peer, router).await;
            drop(place);
        });
    }
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn converse(stream: TcpStream, peer: SocketAddr, router: Router) {
    // Small messages must not wait for each other.
    if let Err(error) = stream.set_nodelay(true) {
        debug!("{peer}: {error}");
        return;
    }
    let service = TowerToHyperService::new(router.layer(Extension(Peer(peer))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_HEAD_TIMEOUT)
        .max_buf_size(HTTP_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    match timeout(CONNECTION_LIFETIME, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!("{peer}: {error}"),
        Err(_) => debug!("{peer}: closed after {} s", CONNECTION_LIFETIME.as_secs()),
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(|| async { PAGE }))
        .route("/page.css", get(|| async { STYLE }))
        .route("/page.js", get(|| async { SCRIPT }))
        .route("/icon.svg", get(|| async { ICON }))
        .route("/api/v1/health", get(health))
        .route("/api/v1/ws", get(websocket::upgrade))
        .fallback(|request: Request| async move {
            Problem::new(StatusCode::NOT_FOUND, format!("nothing is at {}", request.uri().path()))
        })
        .method_not_allowed_fallback(|request: Request| async move {
            let (method, path) = (request.method(), request.uri().path());
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not for {path}; use GET"))
        })
        .layer(from_fn_with_state(shared.clone(), only_our_host))
        .layer(map_response(harden))
        .with_state(shared)
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, json(&shared.health())).into_response()
}

async fn only_our_host(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match guard::only(request.headers(), header::HOST) {
        None => Problem::new(StatusCode::BAD_REQUEST, "expected one Host header").into_response(),
        Some(host) if guard::host_is_ours(host, shared.address) => next.run(request).await,
        Some(host) => {
            let detail = format!("this server is not `{host}`; ask for localhost or {}", shared.address);
            Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response()
        }
    }
}

async fn harden(mut response: Response) -> Response {
    let policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A file of the page, built in.
struct Asset {
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    const fn new(kind: &'static str, text: &'static str) -> Self {
        Self { kind, text }
    }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        // The next version of the program has another page under the same name.
        ([(header::CONTENT_TYPE, self.kind), (header::CACHE_CONTROL, "no-cache")], self.text).into_response()
    }
}

/// A refusal after RFC 9457.
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    /// `detail` says to people what was wrong and what would be right.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Document<'a> {
            title: &'a str,
            status: u16,
            detail: &'a str,
        }
        let Self { status, detail } = self;
        // Without a `type` it is `about:blank`: the title is the status' own.
        let body = json(&Document {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &detail,
        });
        let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        (status, headers, body).into_response()
    }
}

/// The answer that turns a connection into a WebSocket.
pub(super) fn switching(accept: &str) -> Response {
    let headers =
        [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_ACCEPT, accept)];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}
