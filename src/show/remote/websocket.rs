//! One WebSocket client: the handshake, and the task that brings it the newest messages.
//!
//! The system buffers megabytes for a connection, which on a slow link are many seconds of old news. So a client gets
//! only a few messages ahead of what it is known to have read: a WebSocket ping is sent behind every few messages, its
//! pong says that everything before it has arrived. While that is awaited, the streams move on and only their newest
//! message is sent then.

use super::{
    guard,
    hub::Published,
    message::{self, ClientMessage, ErrorCode, ErrorData, MessageKind, json},
    problem::Problem,
    server::{Peer, Shared, switching},
};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderName, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use std::{convert::Infallible, fmt, future::poll_fn, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use tracing::{debug, warn};

/// A client's message may be this long.
const LONGEST_MESSAGE: usize = 64 * 1024;
/// What may wait for a client's connection in this program; more than any message of ours.
const LARGEST_BACKLOG: usize = 1024 * 1024;
/// What is read from a client at once.
const READ_BUFFER: usize = 8 * 1024;
/// Stream messages that a client may be sent ahead of what it is known to have read.
const AHEAD: u64 = 24;
/// Stream messages after which we ask what has been read.
const ASK_EVERY: u64 = 8;
/// Pings that may stay unanswered.
const UNANSWERED: u32 = 2;
/// A client that connects before the first state waits this long for it.
const FIRST_STATE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a parting client may take.
const FAREWELL: Duration = Duration::from_millis(500);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

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
    let Ok(slot) = shared.hub.slots.clone().try_acquire_owned() else {
        let detail = format!("{} clients watch already", shared.limits.clients);
        let retry = [(header::RETRY_AFTER, "10")];
        return (retry, Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)).into_response();
    };
    tokio::spawn(async move {
        match upgrading.await {
            Ok(connection) => {
                let config = Some(config());
                let socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, config).await;
                debug!("{peer} watches");
                Client::new(socket, peer, shared).run().await;
            }
            Err(error) => debug!("{peer} did not become a WebSocket: {error}"),
        }
        drop(slot);
    });
    switching(&accept)
}

/// Why a request does not become a WebSocket.
#[derive(Debug, PartialEq)]
struct Refusal(StatusCode, &'static str);

/// The key that answers a WebSocket request (RFC 6455, 4.2.1).
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

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(LARGEST_BACKLOG)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE))
}

/// Why a client is no longer served.
#[derive(Debug)]
enum Ending {
    /// It went, with a goodbye or without.
    Left,
    /// The server ends.
    Stopping,
    /// There was nothing to show yet.
    NotReady,
    /// It, or we, broke the rules.
    Broke(Error),
    /// It did not take a message in time.
    Slow(Duration),
    /// It did not answer pings.
    Silent,
}

impl From<Error> for Ending {
    fn from(error: Error) -> Self {
        match error {
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Left,
            Error::Capacity(_) | Error::Utf8(_) | Error::Protocol(_) | Error::WriteBufferFull(_) => Self::Broke(error),
            _ => Self::Left,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("it left"),
            Self::Stopping => f.write_str("the server ends"),
            Self::NotReady => f.write_str("there is no state yet"),
            Self::Broke(error) => write!(f, "{error}"),
            Self::Slow(limit) => write!(f, "it did not take a message within {:.1} s", limit.as_secs_f64()),
            Self::Silent => write!(f, "it left {UNANSWERED} pings unanswered"),
        }
    }
}

impl Ending {
    /// What to say at parting; nothing to one who does not listen.
    fn close_frame(&self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Left | Self::Slow(_) | Self::Silent => return None,
            Self::Stopping => (CloseCode::Away, "the server ends"),
            Self::NotReady => (CloseCode::Again, "there is no state yet"),
            Self::Broke(Error::Capacity(_)) => (CloseCode::Size, "a message may have 64 KiB"),
            Self::Broke(Error::WriteBufferFull(_)) => (CloseCode::Error, "a message does not fit this connection"),
            Self::Broke(Error::Utf8(_)) => (CloseCode::Invalid, "a text must be UTF-8"),
            Self::Broke(_) => (CloseCode::Protocol, "not WebSocket"),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// A client's place in a stream.
struct Feed {
    news: watch::Receiver<Option<Published>>,
    seen: u64,
}

impl Feed {
    /// The newest message, and how many the client missed before it; `None` before the first.
    fn take(&mut self) -> Option<(Published, u64)> {
        let newest = self.news.borrow_and_update().clone()?;
        let missed = newest.count.saturating_sub(self.seen + 1);
        self.seen = newest.count;
        Some((newest, missed))
    }
}

struct Client {
    socket: Socket,
    peer: SocketAddr,
    shared: Arc<Shared>,
    stopping: watch::Receiver<()>,
    state: Feed,
    trajectory: Feed,
    /// Number of the last message.
    sequence: u64,
    /// Stream messages sent, asked for, and known to have been read.
    sent: u64,
    asked: u64,
    read: u64,
    /// Pings since the last pong.
    unanswered: u32,
}

impl Client {
    fn new(socket: Socket, peer: SocketAddr, shared: Arc<Shared>) -> Self {
        Self {
            socket,
            peer,
            stopping: shared.stopping.clone(),
            state: Feed { news: shared.hub.state.subscribe(), seen: 0 },
            trajectory: Feed { news: shared.hub.trajectory.subscribe(), seen: 0 },
            shared,
            sequence: 0,
            sent: 0,
            asked: 0,
            read: 0,
            unanswered: 0,
        }
    }

    async fn run(mut self) {
        let Err(ending) = self.converse().await;
        match ending {
            Ending::Left | Ending::Stopping => debug!("{}: {ending}", self.peer),
            _ => warn!("remote client {} cut: {ending}", self.peer),
        }
        if timeout(FAREWELL, self.part(&ending)).await.is_err() {
            debug!("{} did not take its leave", self.peer);
        }
    }

    async fn converse(&mut self) -> Result<Infallible, Ending> {
        self.greet().await?;
        let beat = self.shared.limits.heartbeat;
        let mut heartbeat = interval_at(Instant::now() + beat, beat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let keeps_up = self.sent - self.read < AHEAD;
            tokio::select! {
                _ = self.stopping.changed() => return Err(Ending::Stopping),
                _ = heartbeat.tick() => {
                    if self.unanswered >= UNANSWERED {
                        return Err(Ending::Silent);
                    }
                    self.unanswered += 1;
                    self.ask().await?;
                }
                news = self.state.news.changed(), if keeps_up => {
                    news.map_err(|_| Ending::Stopping)?;
                    self.forward(MessageKind::State).await?;
                }
                news = self.trajectory.news.changed(), if keeps_up => {
                    news.map_err(|_| Ending::Stopping)?;
                    self.forward(MessageKind::Trajectory).await?;
                }
                heard = self.socket.next() => match heard {
                    None => return Err(Ending::Left),
                    Some(heard) => self.answer(heard?).await?,
                },
            }
        }
    }

    /// Waits for the first state, and sends everything that is known.
    async fn greet(&mut self) -> Result<(), Ending> {
        let deadline = Instant::now() + FIRST_STATE_TIMEOUT;
        let (state, trajectory) = loop {
            // The trajectory is published before the state: with the one there is the other.
            let state = self.state.news.borrow_and_update().clone();
            let trajectory = self.trajectory.news.borrow_and_update().clone();
            if let (Some(state), Some(trajectory)) = (state, trajectory) {
                break (state, trajectory);
            }
            tokio::select! {
                _ = self.stopping.changed() => return Err(Ending::Stopping),
                _ = tokio::time::sleep_until(deadline) => return Err(Ending::NotReady),
                news = self.state.news.changed() => news.map_err(|_| Ending::Stopping)?,
            }
        };
        (self.state.seen, self.trajectory.seen) = (state.count, trajectory.count);
        let data = message::connection(&self.shared.info.version, &state.data, &trajectory.data);
        self.post(MessageKind::Connection, Timestamp::now(), &data).await
    }

    /// Sends the newest message of a stream.
    async fn forward(&mut self, kind: MessageKind) -> Result<(), Ending> {
        let feed = if kind == MessageKind::Trajectory { &mut self.trajectory } else { &mut self.state };
        let Some((news, missed)) = feed.take() else { return Ok(()) };
        self.sequence += missed;
        self.post(kind, news.at, &news.data).await?;
        self.sent += 1;
        if self.sent - self.asked >= ASK_EVERY {
            self.ask().await?;
        }
        Ok(())
    }

    async fn answer(&mut self, heard: Message) -> Result<(), Ending> {
        let refusal = match heard {
            Message::Text(text) => match ClientMessage::parse(&text) {
                Ok(ClientMessage::Ping(data)) => {
                    return self.post(MessageKind::Pong, Timestamp::now(), &data.to_string()).await;
                }
                Err(refusal) => refusal,
            },
            Message::Binary(_) => {
                ErrorData { code: ErrorCode::BadMessage, message: "expected a text, got a binary message".to_owned() }
            }
            Message::Pong(payload) => {
                self.unanswered = 0;
                if let Ok(read) = <[u8; 8]>::try_from(&payload[..]).map(u64::from_be_bytes)
                    && read <= self.sent
                {
                    self.read = self.read.max(read);
                }
                return Ok(());
            }
            Message::Close(_) => return Err(Ending::Left),
            // Pings are answered by the protocol's own code.
            Message::Ping(_) | Message::Frame(_) => return Ok(()),
        };
        self.post(MessageKind::Error, Timestamp::now(), &json(&refusal)).await
    }

    async fn post(&mut self, kind: MessageKind, at: Timestamp, data: &str) -> Result<(), Ending> {
        self.sequence += 1;
        self.send(Message::Text(message::envelope(kind, at, self.sequence, data))).await
    }

    /// Pings behind what was sent so far.
    async fn ask(&mut self) -> Result<(), Ending> {
        self.asked = self.sent;
        self.send(Message::Ping(self.sent.to_be_bytes().to_vec().into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Ending> {
        let limit = self.shared.limits.send_timeout;
        match timeout(limit, self.socket.send(message)).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(Ending::Slow(limit)),
        }
    }

    /// Says goodbye and waits for the other's.
    async fn part(&mut self, ending: &Ending) {
        if let Some(frame) = ending.close_frame() {
            if let Err(error) = self.socket.send(Message::Close(Some(frame))).await {
                debug!("{}: {error}", self.peer);
                return;
            }
        } else if !matches!(ending, Ending::Left) {
            return;
        }
        while let Some(Ok(_)) = self.socket.next().await {}
        if let Ending::Broke(_) = ending {
            drain(self.socket.get_mut()).await;
        }
    }
}

/// Reads a connection to its end. To close one with unread input is to reset it, and the reset overtakes the farewell.
async fn drain(connection: &mut TokioIo<Upgraded>) {
    let mut connection = Pin::new(connection);
    if poll_fn(|context| connection.as_mut().poll_shutdown(context)).await.is_err() {
        return;
    }
    let mut waste = [0; 4096];
    loop {
        let mut buffer = ReadBuf::new(&mut waste);
        let read = poll_fn(|context| connection.as_mut().poll_read(context, &mut buffer)).await;
        if read.is_err() || buffer.filled().is_empty() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http};
    use tokio_tungstenite::tungstenite::error::CapacityError;

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

    #[test]
    fn what_was_missed_is_counted() {
        let (sender, news) = watch::channel(None);
        let mut feed = Feed { news, seen: 0 };
        assert!(feed.take().is_none());
        let publish = |count| {
            sender.send_replace(Some(Published { count, at: Timestamp::UNIX_EPOCH, data: "{}".into() }));
        };
        publish(1);
        assert_eq!(feed.take().map(|(_, missed)| missed), Some(0));
        publish(2);
        publish(5);
        assert_eq!(feed.take().map(|(_, missed)| missed), Some(3));
    }

    #[test]
    fn an_ending_tells_the_client_why() {
        let code = |ending: Ending| ending.close_frame().map(|frame| u16::from(frame.code));
        assert_eq!(code(Ending::Stopping), Some(1001));
        let too_long = CapacityError::MessageTooLong { size: 70_000, max_size: LONGEST_MESSAGE };
        assert_eq!(code(Error::from(too_long).into()), Some(1009));
        assert_eq!(code(Error::Utf8("bad".to_owned()).into()), Some(1007));
        assert_eq!(code(Error::ConnectionClosed.into()), None);
        assert_eq!(code(Ending::Silent), None);
    }
}
