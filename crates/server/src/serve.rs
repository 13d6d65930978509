//! The port: accepts connections, and answers requests other than those for a WebSocket.

use crate::{
    access::{self, Role},
    api, guard, metrics, page,
    places::Places,
    problem::Problem,
    state::{Lasting, Peer, Shared},
    websocket,
};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header, header::Entry},
    middleware::{Next, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tracing::{debug, warn};

/// Timeout for the head of a request; an idle connection is closed after the same time.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Maximum lifetime of an HTTP connection, WebSockets excluded: the whole page takes milliseconds. A connection with a
/// stream of pictures lives on as long as it takes some of them in each such period.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(120);
/// Maximum size of the buffers of a request and its response, bytes.
const HTTP_BUFFER: usize = 32 * 1024;

/// Accepts connections until the server stops.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = router(shared.clone());
    let places = Arc::new(Places::new(shared.limits.connections, shared.limits.of_one_address));
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
            // Most likely out of file handles: other connections have to close first.
            Err(error) => {
                warn!("cannot take a connection on {}: {error}; trying again in a second", shared.address);
                sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let place = match places.take(peer.ip()) {
            Ok(place) => place,
            Err(full) => {
                debug!("{peer} turned away: {full}");
                continue;
            }
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
    let lasting = Lasting::default();
    let service = TowerToHyperService::new(router.layer(Extension(Peer(peer))).layer(Extension(lasting.clone())));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_HEAD_TIMEOUT)
        .max_buf_size(HTTP_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let mut parts = 0;
    loop {
        match timeout(CONNECTION_LIFETIME, connection.as_mut()).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => return debug!("{peer}: {error}"),
            Err(_) if lasting.parts() > parts => parts = lasting.parts(),
            Err(_) => return debug!("{peer}: closed after {} s", CONNECTION_LIFETIME.as_secs()),
        }
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .merge(page::router())
        .route("/api/v1/ws", get(websocket::upgrade))
        .route("/metrics", get(metrics::answer))
        .merge(api::router())
        .fallback(|request: Request| async move { page::not_found(&request) })
        .method_not_allowed_fallback(|request: Request| async move {
            let (method, path) = (request.method(), request.uri().path());
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is not for {path}; see /api/docs"))
        })
        .layer(from_fn_with_state(shared.clone(), admit))
        .layer(from_fn_with_state(shared.clone(), only_our_host))
        .layer(map_response(harden))
        .with_state(shared)
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

/// Determines the role of a request's sender, and rejects a request that is not permitted.
async fn admit(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(peer)): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    if !shared.requests.allowed(peer.ip()) {
        let detail = "too many requests; slow down";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(1).into_response();
    }
    let role = shared.tokens.judge(request.headers(), peer.ip());
    if access::is_wrong(role, request.headers()) && !shared.guesses.allowed(peer.ip()) {
        let detail = "too many tokens were tried; wait a minute";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(60).into_response();
    }
    let path = request.uri().path();
    // Another site's page must not make this computer encode pictures, even if it never sees them.
    let from = guard::only(request.headers(), HeaderName::from_static("sec-fetch-site"));
    if (path.starts_with("/api/") || path == "/metrics") && matches!(from, Some("cross-site" | "same-site")) {
        let detail = "only the page of this server may ask from a browser";
        return Problem::new(StatusCode::FORBIDDEN, detail).with_code("foreign_origin").into_response();
    }
    // The page itself holds no secret, and is where a token is entered.
    let open = !(path.starts_with("/api/") || path == "/metrics")
        || path == "/api/v1/session"
        || path == "/api/v1/health/live";
    if role == Role::None && !open {
        let detail = "a token is required from this address: send `Authorization: Bearer …`, or sign in on the page";
        let mut refusal = Problem::new(StatusCode::UNAUTHORIZED, detail).into_response();
        refusal.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return refusal;
    }
    // A browser states which page a change comes from; another site's page must not make one with our cookie.
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !guard::origin_is_ours(request.headers()) {
        let detail = "only the page of this server may change anything from a browser";
        return Problem::new(StatusCode::FORBIDDEN, detail).with_code("foreign_origin").into_response();
    }
    request.extensions_mut().insert(role);
    next.run(request).await
}

async fn harden(mut response: Response) -> Response {
    let policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        // Headers that a route has set take precedence.
        if let Entry::Vacant(free) = response.headers_mut().entry(name) {
            free.insert(HeaderValue::from_static(value));
        }
    }
    response
}
