//! The task that serves one client.

use crate::{
    assemble, fields,
    intake::{Intake, Item, Over},
    payload::Payload,
    state::Shared,
    websocket::{
        ending::{Ending, UNANSWERED},
        rate::{Rate, Verdict},
    },
};
use billiards_protocol::{
    client_message::{ClientMessage, Compression, ErrorCode, ErrorData},
    envelope::MessageKind,
    json,
    message::{ConnectionStatus, StatusData},
    stream::Stream,
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use std::{convert::Infallible, future::poll_fn, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use tracing::{debug, warn};

/// Maximum number of stream messages that a client is sent ahead of those that it is known to have read.
const AHEAD: u64 = 24;
/// Number of stream messages between two acknowledgement pings.
const ASK_EVERY: u64 = 8;
/// Timeout of a client that connects before the first state is published.
const FIRST_STATE_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum time that closing a connection may take.
const FAREWELL: Duration = Duration::from_millis(500);

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) struct Client {
    socket: Socket,
    peer: SocketAddr,
    shared: Arc<Shared>,
    stopping: watch::Receiver<()>,
    intake: Intake,
    rate: Rate,
    /// Number of the last message.
    sequence: u64,
    /// Number of messages sent.
    messages: u64,
    /// Number of bytes sent, after compression.
    bytes: u64,
    /// Number of messages that the client was too slow for.
    dropped: u64,
    /// Number of stream messages sent.
    sent: u64,
    /// Value of `sent` at the last ping.
    asked: u64,
    /// Number of stream messages that the client is known to have read.
    read: u64,
    /// Number of pings since the last pong.
    unanswered: u32,
}

impl Client {
    pub fn new(socket: Socket, peer: SocketAddr, shared: Arc<Shared>) -> Self {
        Self {
            socket,
            peer,
            stopping: shared.stopping.clone(),
            intake: Intake::new(&shared.hub),
            rate: Rate::new(&shared.limits),
            shared,
            sequence: 0,
            messages: 0,
            bytes: 0,
            dropped: 0,
            sent: 0,
            asked: 0,
            read: 0,
            unanswered: 0,
        }
    }

    pub async fn run(mut self) {
        let Err(ending) = self.converse().await;
        match ending {
            Ending::Left | Ending::Stopping => debug!("{}: {ending}", self.peer),
            _ => warn!("remote client {} cut: {ending}", self.peer),
        }
        if matches!(ending, Ending::Slow(_) | Ending::Silent | Ending::Behind(_)) {
            self.shared.hub.counters.count(|counts| counts.cut += 1);
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
                    // A client that has not read its messages is sent nothing: this is where its lag shows.
                    self.intake.is_behind()?;
                    if self.unanswered >= UNANSWERED {
                        return Err(Ending::Silent);
                    }
                    self.unanswered += 1;
                    self.ask().await?;
                }
                item = self.intake.next(), if keeps_up => self.forward(item?).await?,
                heard = self.socket.next() => match heard {
                    None => return Err(Ending::Left),
                    Some(heard) => self.answer(heard?).await?,
                },
            }
        }
    }

    /// Waits for the first state, and sends the snapshot.
    async fn greet(&mut self) -> Result<(), Ending> {
        let hub = Arc::clone(&self.shared.hub);
        let deadline = Instant::now() + FIRST_STATE_TIMEOUT;
        // The trajectory is published before the state: once there is a state, there is a trajectory.
        while Stream::DEFAULT.into_iter().filter_map(Stream::latest).any(|stream| hub.newest(stream).is_none()) {
            tokio::select! {
                _ = self.stopping.changed() => return Err(Ending::Stopping),
                _ = tokio::time::sleep_until(deadline) => return Err(Ending::NotReady),
                first = self.intake.first_state() => first?,
            }
        }
        let heartbeat = self.shared.limits.heartbeat.as_secs_f64();
        let data = assemble::connection(&self.shared.version, heartbeat, &self.intake.snapshot());
        self.post(MessageKind::Connection, data).await
    }

    /// Sends a message of a stream.
    async fn forward(&mut self, item: Item) -> Result<(), Ending> {
        let Item { stream, message, fields, missed, prompt } = item;
        self.sequence += missed;
        self.dropped += missed;
        self.shared.hub.counters.count(|counts| counts.dropped += missed);
        let payload = message.payload(fields.as_ref());
        self.send_payload(stream.kind(), message.at, &payload).await?;
        if prompt {
            self.shared.hub.send_times.record(message.published.elapsed());
        }
        self.sent += 1;
        if self.sent - self.asked >= ASK_EVERY {
            self.ask().await?;
        }
        Ok(())
    }

    async fn answer(&mut self, heard: Message) -> Result<(), Ending> {
        if let Message::Text(_) | Message::Binary(_) | Message::Ping(_) = heard {
            match self.rate.judge() {
                Verdict::Heed => {}
                Verdict::Refuse => {
                    self.shared.hub.counters.count(|counts| counts.rate_limited += 1);
                    let most = self.shared.limits.client_messages;
                    let why = format!("more than {most} messages per second; this one was ignored");
                    return self.refuse(&ErrorData::new(ErrorCode::RateLimited, why)).await;
                }
                Verdict::Close => return Err(Ending::Abusive),
            }
        }
        match heard {
            Message::Text(text) => match ClientMessage::parse(&text, |stream| self.known_fields(stream)) {
                Ok(message) => self.obey(message).await,
                Err(error) => self.refuse(&error).await,
            },
            Message::Binary(_) => {
                let why = "expected a text, got a binary message";
                self.refuse(&ErrorData::new(ErrorCode::BadMessage, why)).await
            }
            Message::Pong(payload) => {
                self.unanswered = 0;
                if let Ok(read) = <[u8; 8]>::try_from(&payload[..]).map(u64::from_be_bytes)
                    && read <= self.sent
                {
                    self.read = self.read.max(read);
                }
                Ok(())
            }
            Message::Close(_) => Err(Ending::Left),
            // Pings are answered by the protocol's implementation.
            Message::Ping(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn obey(&mut self, message: ClientMessage) -> Result<(), Ending> {
        match message {
            ClientMessage::Subscribe(wish) => self.intake.subscribe(&wish, &self.shared.hub.alerts),
            ClientMessage::Unsubscribe(wish) => self.intake.unsubscribe(&wish),
            ClientMessage::Ping(data) => return self.post(MessageKind::Pong, json(&data)).await,
            ClientMessage::GetStatus => {
                let status = self.status();
                return self.post(MessageKind::Status, json(&status)).await;
            }
        }
        let subscribed = self.intake.subscribed();
        self.post(MessageKind::Subscribed, json(&subscribed)).await
    }

    async fn refuse(&mut self, error: &ErrorData) -> Result<(), Ending> {
        self.shared.hub.counters.count(|counts| counts.refused += 1);
        self.post(MessageKind::Error, json(error)).await
    }

    fn status(&self) -> StatusData {
        StatusData {
            health: self.shared.health(),
            connection: ConnectionStatus {
                messages: self.messages,
                bytes: self.bytes,
                dropped: self.dropped,
                subscribed: self.intake.subscribed(),
            },
        }
    }

    /// Returns the names of the members of a stream's data; for the settings, the present ones.
    fn known_fields(&self, stream: Stream) -> Option<Vec<String>> {
        if let Some(known) = stream.fields() {
            return Some(known.iter().map(|name| (*name).to_owned()).collect());
        }
        let newest = self.shared.hub.newest(stream.latest()?)?;
        Some(fields::members(newest.data())?.into_iter().map(|(name, _)| name.to_owned()).collect())
    }

    /// Sends a message for this client alone; `data` is JSON.
    async fn post(&mut self, kind: MessageKind, data: String) -> Result<(), Ending> {
        self.send_payload(kind, Timestamp::now(), &Payload::new(data)).await
    }

    async fn send_payload(&mut self, kind: MessageKind, at: Timestamp, payload: &Payload) -> Result<(), Ending> {
        self.sequence += 1;
        let zlib = self.intake.compression == Compression::Zlib;
        let message = assemble::message(kind, at, self.sequence, payload, zlib);
        let (bytes, compressed) = (message.len() as u64, message.is_binary());
        self.send(message).await?;
        self.messages += 1;
        self.bytes += bytes;
        self.shared.hub.counters.count(|counts| {
            counts.messages_sent += 1;
            counts.bytes_sent += bytes;
            counts.compressed += u64::from(compressed);
        });
        Ok(())
    }

    /// Sends a ping, whose pong will acknowledge the stream messages sent so far.
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

    /// Sends a close frame and waits for the client's.
    async fn part(&mut self, ending: &Ending) {
        if let Some(frame) = ending.close_frame()
            && let Err(error) = self.socket.send(Message::Close(Some(frame))).await
        {
            debug!("{}: {error}", self.peer);
            return;
        }
        while let Some(Ok(_)) = self.socket.next().await {}
        if let Ending::Broke(_) = ending {
            drain(self.socket.get_mut()).await;
        }
    }
}

impl From<Over> for Ending {
    fn from(over: Over) -> Self {
        match over {
            Over::Closed => Self::Stopping,
            Over::Behind(lost) => Self::Behind(lost),
        }
    }
}

/// Reads a connection to its end. Closing it with unread input would reset it, and the reset overtakes the close frame.
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
