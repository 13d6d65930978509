//! Ten thousand messages that no client should send, over real sockets: each is answered, or the connection is closed
//! with a reason.

use crate::remote::{Client, Rig, connect};
use billiards_server::Limits;
use billiards_trainer::show::remote::RemoteServer;
use futures_util::{SinkExt, StreamExt};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

/// Total number of messages.
const MESSAGES: usize = 10_000;
/// Number of messages on one connection.
const BATCH: usize = 500;

/// Returns a random JSON value.
fn any_value(rng: &mut ChaCha8Rng, depth: u32) -> Value {
    const TEXTS: [&str; 9] =
        ["state", "alert", "subscribe", "", "ä\u{1F3B1}\u{0}", "NaN", "balls", "zlib", "../../etc/passwd"];
    match rng.random_range(0..if depth > 3 { 5 } else { 8 }) {
        0 => Value::Null,
        1 => json!(rng.random::<bool>()),
        2 => json!(rng.random::<i64>()),
        3 => json!(rng.random_range(-1e300..1e300)),
        4 => json!(TEXTS.choose(rng)),
        5 | 6 => (0..rng.random_range(0..4)).map(|_| any_value(rng, depth + 1)).collect(),
        _ => {
            const NAMES: [&str; 7] = ["streams", "max_fps", "fields", "compression", "state", "type", "data"];
            let members = (0..rng.random_range(0..4))
                .map(|_| ((*NAMES.choose(rng).expect("some")).to_owned(), any_value(rng, depth + 1)));
            Value::Object(members.collect())
        }
    }
}

/// Returns a message that is invalid in some way, or valid at the wrong time.
fn any_message(rng: &mut ChaCha8Rng) -> Message {
    const KINDS: [&str; 9] =
        ["subscribe", "unsubscribe", "ping", "get_status", "pong", "state", "connection", "", "SUBSCRIBE"];
    let kind = *KINDS.choose(rng).expect("some");
    let text = match rng.random_range(0..10) {
        // Wrong types, and valid ones in any order.
        0..=4 => json!({"type": kind, "data": any_value(rng, 0), "sequence": any_value(rng, 3)}).to_string(),
        5 => any_value(rng, 0).to_string(),
        // Truncated.
        6 => {
            let whole = json!({"type": kind, "data": any_value(rng, 0)}).to_string();
            let end = rng.random_range(0..=whole.len());
            whole.chars().take(end).collect()
        }
        // Not JSON.
        7 => (0..rng.random_range(0..200)).map(|_| rng.random::<char>()).collect(),
        // Deeply nested, or long.
        8 if rng.random() => "[".repeat(rng.random_range(1..5000)),
        8 => json!({"type": kind, "data": "x".repeat(rng.random_range(0..20_000))}).to_string(),
        _ => {
            let bytes: Vec<u8> = (0..rng.random_range(0..300)).map(|_| rng.random()).collect();
            return Message::binary(bytes);
        }
    };
    Message::text(text)
}

/// Sends a batch and counts the answers; every message gets exactly one.
async fn converse(client: Client, messages: Vec<Message>) {
    let count = messages.len();
    let (mut sink, mut stream) = client.split();
    let sending = tokio::spawn(async move {
        for message in messages {
            sink.send(message).await.expect("the connection stays open");
        }
        sink
    });
    let mut answers = 0;
    while answers < count {
        match stream.next().await.expect("open").expect("a message") {
            Message::Text(text) => {
                let answer: Value = serde_json::from_str(&text).expect("JSON");
                let kind = answer["type"].as_str().expect("a type");
                answers += usize::from(matches!(kind, "error" | "pong" | "status" | "subscribed"));
            }
            // A compressed message: an answer to a long ping, or a stream's message; a status distinguishes the pings.
            Message::Binary(packed) => {
                let text = unpacked(&packed);
                let answer: Value = serde_json::from_str(&text).expect("JSON");
                let kind = answer["type"].as_str().expect("a type");
                answers += usize::from(matches!(kind, "error" | "pong" | "status" | "subscribed"));
            }
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
    drop(sending.await.expect("all sent"));
}

fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::ZlibDecoder::new(packed), &mut text).expect("zlib");
    text
}

#[test]
fn whatever_is_said_is_answered() {
    let mut rig = Rig::with_limits(Limits { client_messages: 1_000_000, client_burst: 1_000_000, ..Limits::default() });
    let address = rig.address;
    rig.app.update();
    for batch in 0..MESSAGES / BATCH {
        let mut rng = ChaCha8Rng::seed_from_u64(batch as u64);
        let messages: Vec<Message> = (0..BATCH).map(|_| any_message(&mut rng)).collect();
        rig.while_clients(async move {
            let client = connect(address, None).await.expect("let in");
            converse(client, messages).await;
        });
    }
    let counted = rig.app.world().resource::<RemoteServer>().hub().counters();
    assert_eq!((counted.connected, counted.cut, counted.invalid), ((MESSAGES / BATCH) as u64, 0, 0));
    assert!(counted.messages_sent > MESSAGES as u64 && counted.refused > MESSAGES as u64 / 2, "{counted:?}");
}

#[test]
fn what_breaks_the_rules_of_the_connection_closes_it_with_a_reason() {
    let mut rig = Rig::new();
    let address = rig.address;
    for (message, code) in [
        (Message::text("x".repeat(65 * 1024)), 1009),
        (Message::binary(vec![0; 200 * 1024]), 1009),
        (Message::text(format!("{{\"type\":\"ping\",\"data\":\"{}\"}}", "x".repeat(70_000))), 1009),
        (Message::Frame(Frame::message(vec![0xFF, 0xFE], OpCode::Data(Data::Text), true)), 1007),
        (Message::Frame(Frame::message(vec![1], OpCode::Data(Data::Continue), true)), 1002),
    ] {
        let frame = rig.while_clients(async move {
            let mut client = connect(address, None).await.expect("let in");
            client.send(message).await.expect("sent");
            crate::remote::farewell(client).await
        });
        assert_eq!(frame.map(|frame| u16::from(frame.code)), Some(code));
    }
}
