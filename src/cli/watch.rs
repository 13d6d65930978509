//! `watch`: prints the messages of a running trainer, one a line.

use super::{Failure, output};
use crate::cli::signals::{EXIT_INTERRUPTED, raised_by_signals};
use backon::{BackoffBuilder, ExponentialBuilder};
use billiards_protocol::{
    client_message::{ClientMessage, SubscribeData},
    stream::Stream,
};
use billiards_server::close_code::may_retry;
use clap::Args;
use futures_util::{SinkExt, StreamExt};
use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, Response, Uri, header},
    },
};
use tracing::debug;

/// Timeout of an attempt to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// Maximum silence of the server, which pings every ten seconds.
const SILENCE: Duration = Duration::from_secs(30);
/// Minimum delay before the next attempt to connect, without jitter, which adds up to as much again.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Maximum delay before the next attempt to connect, without jitter.
const MAX_WAIT: Duration = Duration::from_secs(15);
/// Interval at which signals are checked.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Prints the messages of a running trainer, one JSON message a line (see docs/protocol/README.md), until it is
/// interrupted.
///
/// A broken connection is reopened after a delay; the first message is then a snapshot again.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct WatchArgs {
    /// Address of the trainer: ws:// or http://, host and port; the page's whole address also works
    #[arg(value_name = "URL")]
    url: String,

    /// Token, if the trainer requires one [default: the one in the address]
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    /// Streams: state, trajectory, alert, config, performance [default: state,trajectory]
    #[arg(long, value_name = "STREAM", value_delimiter = ',')]
    stream: Vec<Stream>,

    /// Maximum messages of a stream a second (0.1 to 1000); alerts are not limited
    #[arg(long, value_name = "N", value_parser = rate)]
    max_fps: Option<f64>,

    /// End after this number of messages
    #[arg(long, value_name = "N", value_parser = super::count)]
    count: Option<u64>,
}

fn rate(text: &str) -> Result<f64, String> {
    super::number_in(text, "a second", 0.1..=1000.0)
}

/// Runs the subcommand.
pub(super) fn run(args: &WatchArgs) -> Result<ExitCode, Failure> {
    let goal = Goal::new(args)?;
    let raised = raised_by_signals().map_err(Failure::failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    runtime.block_on(async {
        tokio::select! {
            end = watch(&goal, args.count) => end.map(|()| ExitCode::SUCCESS),
            () = until(&raised) => Ok(ExitCode::from(EXIT_INTERRUPTED)),
        }
    })
}

async fn until(raised: &Arc<AtomicBool>) {
    while !raised.load(Ordering::Relaxed) {
        sleep(SIGNAL_INTERVAL).await;
    }
}

/// Address to connect to, with the token and the subscription.
#[derive(Debug, PartialEq)]
struct Goal {
    address: String,
    token: Option<HeaderValue>,
    wish: Option<SubscribeData>,
}

impl Goal {
    fn new(args: &WatchArgs) -> Result<Self, Failure> {
        let (address, token) = address(&args.url).map_err(Failure::usage)?;
        let token = args.token.clone().or(token).map(|token| {
            let value = HeaderValue::try_from(format!("Bearer {token}"));
            value.map_err(|_| Failure::usage("the token contains invalid characters"))
        });
        let streams = if args.stream.is_empty() { Stream::DEFAULT.to_vec() } else { args.stream.clone() };
        let asks = !args.stream.is_empty() || args.max_fps.is_some();
        let limited = args.max_fps.into_iter().flat_map(|rate| {
            streams.iter().filter(|stream| **stream != Stream::Alert).map(move |stream| (*stream, rate))
        });
        let max_fps = limited.collect();
        let wish = SubscribeData { streams: streams.into_iter().collect(), max_fps, ..SubscribeData::default() };
        Ok(Self { address, token: token.transpose()?, wish: asks.then_some(wish) })
    }
}

/// Returns the WebSocket's address, and the token after a `#token=`.
fn address(url: &str) -> Result<(String, Option<String>), String> {
    let bad = |why: &str| format!("`{url}` is not the address of a trainer: {why}, e.g. ws://127.0.0.1:8000");
    let (url_only, fragment) = url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
    let (scheme, rest) = url_only.split_once("://").ok_or_else(|| bad("expected ws:// or http:// at its start"))?;
    match scheme {
        "ws" | "http" => {}
        "wss" | "https" => return Err(format!("`{url}`: the trainer does not speak TLS; use ws:// or http://")),
        _ => return Err(bad("expected ws:// or http:// at its start")),
    }
    let uri: Uri = format!("ws://{rest}").parse().map_err(|_| bad("expected host and port"))?;
    if uri.host().is_none_or(str::is_empty) {
        return Err(bad("expected host and port"));
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let path = match uri.path_and_query().map_or("/", |path| path.as_str()) {
        "/" => "/api/v1/ws",
        path => path,
    };
    let token = fragment.and_then(|fragment| fragment.strip_prefix("token=")).map(str::to_owned);
    Ok((format!("ws://{authority}{path}"), token))
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Reason for the end of a connection.
enum Over {
    /// Everything that was asked for has been printed.
    Done,
    /// Standard output cannot be written any more.
    Unheard(Failure),
    /// Temporary failure: connecting again may succeed.
    Broken(String),
    /// Permanent failure.
    Failed(String),
}

async fn watch(goal: &Goal, count: Option<u64>) -> Result<(), Failure> {
    let mut left = count;
    let backoff =
        ExponentialBuilder::new().with_min_delay(FIRST_WAIT).with_max_delay(MAX_WAIT).with_jitter().without_max_times();
    let mut waits = backoff.build();
    let mut connected_before = false;
    loop {
        let over = match connect(goal).await {
            Ok(socket) => {
                (connected_before, waits) = (true, backoff.build());
                print_all(socket, goal, &mut left).await
            }
            // A failure of the first attempt is more likely a wrong address than an interruption.
            Err(Over::Broken(why)) if !connected_before => Over::Failed(why),
            Err(over) => over,
        };
        match over {
            Over::Done => return Ok(()),
            Over::Unheard(failure) => return Err(failure),
            Over::Failed(why) => return Err(Failure::failed(format!("{}: {why}", goal.address))),
            Over::Broken(why) => {
                let wait = waits.next().unwrap_or(MAX_WAIT);
                let wait_s = wait.as_secs_f64();
                output::report(format_args!("{}: {why}; connecting again in {wait_s:.1} s", goal.address));
                sleep(wait).await;
            }
        }
    }
}

async fn connect(goal: &Goal) -> Result<Socket, Over> {
    let mut request = goal.address.as_str().into_client_request().map_err(|error| Over::Failed(error.to_string()))?;
    if let Some(token) = &goal.token {
        request.headers_mut().insert(header::AUTHORIZATION, token.clone());
    }
    match timeout(CONNECT, connect_async(request)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Error::Http(answer))) => Err(refusal(&answer)),
        Ok(Err(error)) => Err(Over::Broken(format!("cannot connect ({error}): is a trainer running at this address?"))),
        Err(_) => Err(Over::Broken(format!("no answer within {} s", CONNECT.as_secs()))),
    }
}

/// Interprets a server's refusal to open a WebSocket.
fn refusal(answer: &Response<Option<Vec<u8>>>) -> Over {
    let problem = answer.body().as_deref().and_then(|body| serde_json::from_slice::<serde_json::Value>(body).ok());
    let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str()).unwrap_or("no reason given");
    let status = answer.status();
    let why = format!("refused with {status}: {detail}");
    match status.as_u16() {
        401 => Over::Failed(format!("{why}; give the token with --token")),
        408 | 429 | 500.. => Over::Broken(why),
        _ => Over::Failed(why),
    }
}

/// Prints messages until the connection ends.
async fn print_all(mut socket: Socket, goal: &Goal, left: &mut Option<u64>) -> Over {
    if let Some(wish) = &goal.wish {
        let text = serde_json::to_string(&ClientMessage::Subscribe(wish.clone())).expect("plain data have a JSON form");
        if let Err(error) = socket.send(Message::text(text)).await {
            return Over::Broken(error.to_string());
        }
    }
    loop {
        let message = match timeout(SILENCE, socket.next()).await {
            Err(_) => return Over::Broken(format!("nothing received for {} s", SILENCE.as_secs())),
            Ok(None) => return Over::Broken("the connection was closed".to_owned()),
            Ok(Some(Err(error))) => return Over::Broken(error.to_string()),
            Ok(Some(Ok(message))) => message,
        };
        match message {
            Message::Text(text) => {
                if let Err(failure) = output::print(text.as_str()) {
                    leave(socket).await;
                    return Over::Unheard(failure);
                }
                if let Some(left) = left {
                    *left -= 1;
                    if *left == 0 {
                        return leave(socket).await;
                    }
                }
            }
            Message::Close(frame) => {
                let (code, reason) = frame.map_or((1005, String::new()), |f| (f.code.into(), f.reason.to_string()));
                let why = format!("closed with {code} {reason}");
                return if may_retry(code) { Over::Broken(why) } else { Over::Failed(why) };
            }
            // The protocol library answers pings; no compression was requested.
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}

async fn leave(mut socket: Socket) -> Over {
    if let Err(error) = socket.close(None).await {
        debug!("no goodbye: {error}");
    }
    Over::Done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_completed() {
        let plain = |url: &str| address(url).map(|(address, _)| address);
        for url in ["ws://localhost:8000", "http://localhost:8000/", "http://localhost:8000/#token=abc"] {
            assert_eq!(plain(url).as_deref(), Ok("ws://localhost:8000/api/v1/ws"), "{url}");
        }
        assert_eq!(plain("ws://[::1]:8000/other?x=1").as_deref(), Ok("ws://[::1]:8000/other?x=1"));
        assert_eq!(address("http://h:1/#token=abc").expect("fine").1.as_deref(), Some("abc"));
    }

    #[test]
    fn a_wrong_address_is_told() {
        for (url, part) in [
            ("localhost:8000", "expected ws:// or http://"),
            ("ftp://localhost", "expected ws:// or http://"),
            ("wss://localhost:8000", "does not speak TLS"),
            ("ws://", "host and port"),
            ("ws://a b:1", "host and port"),
        ] {
            let message = address(url).expect_err(url);
            assert!(message.contains(part), "{url}: {message}");
        }
    }
}
