//! WebSocket clients: the handshake, and one task per client that sends the messages.
//!
//! The system buffers megabytes for a connection, which on a slow link are many seconds of outdated messages. A client
//! is therefore sent only a few messages ahead of those that it is known to have read: a WebSocket ping follows every
//! few messages, and its pong acknowledges everything before it. Until it arrives, the streams move on, and only their
//! newest message is sent afterwards.

mod client;
mod ending;
mod rate;

use crate::{
    guard,
    places::Full,
    problem::Problem,
    state::{Peer, Shared},
};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
pub use ending::close_code;

use client::Client;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};
use tracing::debug;

/// Maximum length of a client's message, bytes.
const MAX_MESSAGE: usize = 64 * 1024;
/// Maximum size of the write buffer of a client's connection, bytes; larger than any message of this program.
const MAX_BACKLOG: usize = 1024 * 1024;
/// Size of the read buffer of a client's connection, bytes.
const READ_BUFFER: usize = 8 * 1024;

/// Answers a request for a WebSocket, and starts the client's task.
pub(super) async fn upgrade(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(peer)): Extension<Peer>,
    mut request: Request,
) -> Response {
    let accept = match accept_key(&request) {
        Ok(accept) => accept,
        Err(Refusal(StatusCode::UPGRADE_REQUIRED, detail)) => {
            let offer = [(header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_VERSION, "13")];
            return (offer, Problem::new(StatusCode::UPGRADE_REQUIRED, detail)).into_response();
        }
        Err(Refusal(status, detail)) => return Problem::new(status, detail).into_response(),
    };
    if !guard::origin_is_ours(request.headers()) {
        debug!("{peer} refused: its page came from {:?}", request.headers().get(header::ORIGIN));
        let detail = "only the page of this server may connect from a browser";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    let Some(upgrading) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Problem::new(StatusCode::BAD_REQUEST, "this connection cannot be upgraded").into_response();
    };
    let place = match shared.hub.places.take(peer.ip()) {
        Ok(place) => place,
        Err(full) => {
            shared.hub.counters.count(|counts| counts.turned_away += 1);
            let status = match full {
                Full::All(_) => StatusCode::SERVICE_UNAVAILABLE,
                Full::OfOneAddress(_) => StatusCode::TOO_MANY_REQUESTS,
            };
            return Problem::new(status, full.to_string()).retry_after(10).into_response();
        }
    };
    tokio::spawn(async move {
        match upgrading.await {
            Ok(connection) => {
                let config = Some(config());
                let socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, config).await;
                debug!("{peer} watches");
                shared.hub.counters.count(|counts| counts.connected += 1);
                Client::new(socket, peer, shared).run().await;
            }
            Err(error) => debug!("{peer} did not become a WebSocket: {error}"),
        }
        drop(place);
    });
    switching(&accept)
}

/// Reason why a request does not become a WebSocket.
#[derive(Debug, PartialEq)]
struct Refusal(StatusCode, &'static str);

/// Returns the key that answers a WebSocket request (RFC 6455, 4.2.1).
fn accept_key(request: &Request) -> Result<String, Refusal> {
    let names = |name: HeaderName, wanted: &str| {
        let mut values = request.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.any(|value| value.split(',').any(|token| token.trim().eq_ignore_ascii_case(wanted)))
    };
    if request.method() != Method::GET {
        return Err(Refusal(StatusCode::METHOD_NOT_ALLOWED, "a WebSocket is opened with GET"));
    }
    if !names(header::CONNECTION, "upgrade") || !names(header::UPGRADE, "websocket") {
        return Err(Refusal(StatusCode::UPGRADE_REQUIRED, "this is a WebSocket: connect with ws://"));
    }
    if guard::only(request.headers(), header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(Refusal(StatusCode::UPGRADE_REQUIRED, "expected Sec-WebSocket-Version: 13"));
    }
    match guard::only(request.headers(), header::SEC_WEBSOCKET_KEY) {
        // 16 bytes in base64.
        Some(key) if key.len() == 24 && key.ends_with("==") => Ok(derive_accept_key(key.as_bytes())),
        _ => Err(Refusal(StatusCode::BAD_REQUEST, "expected one Sec-WebSocket-Key of 16 bytes in base64")),
    }
}

/// Returns the response that turns a connection into a WebSocket.
fn switching(accept: &str) -> Response {
    let headers =
        [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_ACCEPT, accept)];
    (StatusCode::SWITCHING_PROTOCOLS, headers, Body::empty()).into_response()
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_BACKLOG)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http};

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut request = http::Request::builder().uri("/api/v1/ws");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).expect("a request")
    }

    const GOOD: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    #[test]
    fn a_handshake_is_answered_as_in_the_standard() {
        assert_eq!(accept_key(&request(&GOOD)), Ok("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned()));
    }

    #[test]
    fn half_a_handshake_is_refused() {
        let without = |name: &str| {
            let headers: Vec<_> = GOOD.into_iter().filter(|(n, _)| *n != name).collect();
            accept_key(&request(&headers)).expect_err("refused").0
        };
        assert_eq!(without("connection"), StatusCode::UPGRADE_REQUIRED);
        assert_eq!(without("upgrade"), StatusCode::UPGRADE_REQUIRED);
        assert_eq!(without("sec-websocket-version"), StatusCode::UPGRADE_REQUIRED);
        assert_eq!(without("sec-websocket-key"), StatusCode::BAD_REQUEST);
        let twice = [GOOD.as_slice(), &[("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")]].concat();
        assert_eq!(accept_key(&request(&twice)).expect_err("refused").0, StatusCode::BAD_REQUEST);
    }
}
