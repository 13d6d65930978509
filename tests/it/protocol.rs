//! The WebSocket protocol v1, tested by a client that knows only its description.

use crate::remote::{Client, Rig, TIMEOUT, connect, farewell, first, next, typed};
use billiards_capture::SourceStatus;
use billiards_protocol::{
    alert::{AlertData, AlertEvent},
    client_message::{Compression, ErrorCode, ErrorData, SubscribedData},
    message::{StateData, StatusData},
    performance::PerformanceData,
    stream::Stream,
};
use billiards_server::Limits;
use billiards_table::{BallId, TableEvent, TableVector};
use billiards_trainer::{sense::SourceHealth, show::remote::RemoteServer};
use flate2::read::ZlibDecoder;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

async fn say(client: &mut Client, message: Value) {
    client.send(Message::text(message.to_string())).await.expect("sent");
}

async fn subscribe(client: &mut Client, data: Value) -> SubscribedData {
    say(client, json!({"type": "subscribe", "data": data})).await;
    next(client, "subscribed").await.data
}

/// Returns the types of the messages up to the answer to a ping.
async fn types_until_pong(client: &mut Client) -> Vec<String> {
    say(client, json!({"type": "ping"})).await;
    let mut types = Vec::new();
    loop {
        let kind = first(client).await["type"].as_str().expect("a type").to_owned();
        if kind == "pong" {
            return types;
        }
        types.push(kind);
    }
}

#[test]
fn a_client_gets_the_streams_that_it_asks_for_and_no_others() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let client = rig.while_clients(async move {
        let subscribed = subscribe(&mut client, json!({"streams": ["trajectory"]})).await;
        assert_eq!(subscribed.streams, [Stream::Trajectory].into());
        assert_eq!(first(&mut client).await["type"], "trajectory", "the newest follows at once");
        client
    });
    // States are published meanwhile; this client receives none of them.
    let client = rig.while_clients(async move {
        let mut client = client;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(types_until_pong(&mut client).await, Vec::<String>::new());
        let subscribed = subscribe(&mut client, json!({"streams": ["state"]})).await;
        assert_eq!(subscribed.streams, [Stream::State, Stream::Trajectory].into());
        next::<StateData>(&mut client, "state").await;
        client
    });
    rig.while_clients(async move {
        let mut client = client;
        say(&mut client, json!({"type": "unsubscribe", "data": {"streams": ["state", "alert"]}})).await;
        let left: SubscribedData = next(&mut client, "subscribed").await.data;
        assert_eq!(left.streams, [Stream::Trajectory].into());
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(types_until_pong(&mut client).await, Vec::<String>::new());
    });
}

/// Keeps the cue ball moving while the clients do their part.
fn while_moving<T: Send + 'static>(rig: &mut Rig, part: impl Future<Output = T> + Send + 'static) -> T {
    let done = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&done);
    let task = rig.clients.spawn(async move {
        let value = timeout(TIMEOUT, part).await.expect("in time");
        over.store(true, Ordering::Relaxed);
        value
    });
    let mut step = 0.0;
    while !done.load(Ordering::Relaxed) && !task.is_finished() {
        step += 1.0;
        rig.move_cue_ball(0.3 + (step * 0.001) % 0.5);
        rig.app.update();
        std::thread::sleep(Duration::from_millis(2));
    }
    rig.clients.block_on(task).expect("no client failed")
}

#[test]
fn the_highest_rate_is_kept_and_what_is_withheld_makes_no_gap() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let (times, steps) = while_moving(&mut rig, async move {
        let subscribed = subscribe(&mut client, json!({"streams": ["state"], "max_fps": {"state": 10}})).await;
        assert_eq!(subscribed.max_fps, [(Stream::State, 10.0)].into());
        let (mut times, mut numbers) = (Vec::new(), Vec::new());
        while times.len() < 21 {
            let state = next::<StateData>(&mut client, "state").await;
            numbers.push(state.sequence);
            times.push(state.timestamp.as_millisecond());
        }
        let steps: BTreeSet<u64> = numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
        (times, steps)
    });
    // Twenty intervals of a tenth of a second, by the publisher's clock: a message is at most one period of the table
    // (1/60 s) older than its due time.
    let span = times[20] - times[0];
    assert!(span >= 2000 - 30, "{span} ms for 21 messages");
    assert_eq!(steps, [1].into(), "nothing was dropped");
}

#[test]
fn only_the_fields_that_were_asked_for_come() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    rig.while_clients(async move {
        let wish = json!({"streams": ["state"], "fields": {"state": ["balls", "source"]}});
        let subscribed = subscribe(&mut client, wish.clone()).await;
        assert_eq!(json!(subscribed.fields), wish["fields"]);
        for _ in 0..3 {
            let state = first(&mut client).await;
            let names: Vec<&String> = state["data"].as_object().expect("an object").keys().collect();
            assert_eq!(names, ["balls", "source"]);
            assert_eq!(state["data"]["balls"][0]["position"]["x"], 0.3);
        }
    });
}

#[test]
fn a_wrong_wish_is_refused_and_changes_nothing() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    rig.while_clients(async move {
        for (data, part) in [
            (json!({"streams": ["score"]}), "expected one of `state`"),
            (json!({"streams": ["state"], "fields": {"state": ["ball"]}}), "there are balls, cue, table, source"),
            (json!({"streams": ["state"], "max_fps": {"state": -1}}), "0.1 to 1000"),
        ] {
            say(&mut client, json!({"type": "subscribe", "data": data})).await;
            let error: ErrorData = next(&mut client, "error").await.data;
            assert_eq!(error.code, ErrorCode::BadData);
            assert!(error.message.contains(part), "{}", error.message);
        }
        say(&mut client, json!({"type": "get_status"})).await;
        let status: StatusData = next(&mut client, "status").await.data;
        assert_eq!(status.connection.subscribed.streams, Stream::DEFAULT.into());
        assert!(status.connection.messages >= 4 && status.connection.bytes > 1000);
        assert_eq!((status.connection.dropped, status.health.clients), (0, 1));
    });
}

#[test]
fn long_messages_come_compressed_to_who_asked_for_it() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    rig.while_clients(async move {
        let subscribed = subscribe(&mut client, json!({"streams": ["state"], "compression": "zlib"})).await;
        assert_eq!(subscribed.compression, Compression::Zlib);
        let (packed, text) = loop {
            match client.next().await.expect("connected").expect("a message") {
                Message::Binary(packed) => {
                    let mut text = String::new();
                    ZlibDecoder::new(&packed[..]).read_to_string(&mut text).expect("zlib");
                    break (packed.len(), text);
                }
                Message::Text(text) => panic!("a state of this length came as a text: {text}"),
                _ => {}
            }
        };
        assert!(text.len() > 1024 && packed * 10 <= text.len() * 9, "{packed} of {}", text.len());
        let state: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(state["type"], "state");
        let _: StateData = typed(state["data"].clone());
        assert_eq!(types_until_pong(&mut client).await, Vec::<String>::new(), "what is short comes as a text");
    });
}

#[test]
fn alerts_come_one_by_one_and_in_order() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let client = rig.while_clients(async move {
        subscribe(&mut client, json!({"streams": ["alert"]})).await;
        client
    });
    let world = rig.app.world_mut();
    let direction = TableVector::new(0.0, 1.0);
    world.write_message(TableEvent::ShotStarted { ball: BallId(1), speed: 2.0, direction, ago: 0.1 });
    world.write_message(TableEvent::CueLeft);
    world.write_message(TableEvent::ShotEnded { duration: 3.5, speed: 2.0, direction });
    world.write_message(TableEvent::TableMoved);
    rig.app.update();
    let lost = SourceStatus::Lost { reason: "unplugged".to_owned(), retry_in: Duration::from_secs(1) };
    for status in [lost, SourceStatus::Running] {
        rig.app.world_mut().resource_mut::<SourceHealth>().status = status;
        rig.app.update();
    }
    let (events, numbers) = rig.while_clients(async move {
        let mut client = client;
        let (mut events, mut numbers) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            let alert = next::<AlertData>(&mut client, "alert").await;
            numbers.push(alert.sequence);
            events.push(alert.data.event);
        }
        (events, numbers)
    });
    let wanted = [
        AlertEvent::ShotStarted { ball: BallId(1), speed: 2.0, direction: [0.0, 1.0], ago: 0.1 },
        AlertEvent::ShotEnded { duration: 3.5, speed: 2.0, direction: [0.0, 1.0] },
        AlertEvent::TableMoved {},
        AlertEvent::SourceLost { reason: "unplugged".to_owned() },
        AlertEvent::SourceBack {},
    ];
    assert_eq!(events, wanted);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
}

#[test]
fn a_client_that_takes_no_alerts_is_closed_and_told_why() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let client = rig.while_clients(async move {
        subscribe(&mut client, json!({"streams": ["alert"]})).await;
        client
    });
    // Far more events at once than are queued for a client.
    for _ in 0..5000 {
        rig.app.world_mut().write_message(TableEvent::TableMoved);
    }
    rig.app.update();
    let frame = rig.while_clients(farewell(client));
    assert_eq!(frame.map(|frame| u16::from(frame.code)), Some(4002));
    assert_eq!(rig.app.world().resource::<RemoteServer>().hub().counters().cut, 1);
}

#[test]
fn performance_is_measured() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let data: PerformanceData = rig.while_clients(async move {
        subscribe(&mut client, json!({"streams": ["performance"]})).await;
        next(&mut client, "performance").await.data
    });
    assert_eq!((data.fps, data.clients, data.frames_dropped), (25.0, 1, 3));
    assert!(data.messages.sent >= 2 && data.messages.bytes > 1000);
    assert_eq!((data.messages.invalid, data.sinks.len()), (0, 0));
}

#[test]
fn who_talks_too_much_is_warned_and_then_closed() {
    let mut rig = Rig::with_limits(Limits { client_messages: 1, client_burst: 3, ..Limits::default() });
    let (client, _) = rig.client();
    let (pongs, codes, frame) = rig.while_clients(async move {
        let (mut sink, mut stream) = client.split();
        let talking = tokio::spawn(async move {
            // Until the server closes the connection.
            while sink.send(Message::text(r#"{"type":"ping"}"#)).await.is_ok() {}
        });
        let (mut pongs, mut codes, mut frame) = (0, BTreeSet::new(), None);
        while let Some(Ok(message)) = stream.next().await {
            match message {
                Message::Text(text) => {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    pongs += u32::from(message["type"] == "pong");
                    if message["type"] == "error" {
                        codes.insert(message["data"]["code"].as_str().expect("a code").to_owned());
                    }
                }
                Message::Close(close) => frame = close,
                _ => {}
            }
        }
        talking.await.expect("ended");
        (pongs, codes, frame)
    });
    assert!((3..30).contains(&pongs), "{pongs} of a flood were heeded");
    assert_eq!(codes, ["rate_limited".to_owned()].into());
    assert_eq!(frame.map(|frame| u16::from(frame.code)), Some(1008));
    assert!(rig.app.world().resource::<RemoteServer>().hub().counters().rate_limited > 50);
}

#[test]
fn who_comes_back_begins_with_a_snapshot() {
    let mut rig = Rig::new();
    let (first_client, greeting) = rig.client();
    drop(first_client);
    rig.move_cue_ball(0.8);
    rig.app.update();
    let address = rig.address;
    let again = rig.while_clients(async move {
        loop {
            let mut client = connect(address, None).await.expect("let in");
            let again = first(&mut client).await;
            // The former state may be the newest for some milliseconds.
            if again["data"]["snapshot"]["state"]["balls"][0]["position"]["x"] == 0.8 {
                return again;
            }
        }
    });
    assert_eq!((greeting.sequence, &again["type"], &again["sequence"]), (1, &json!("connection"), &json!(1)));
    assert!(again["data"]["snapshot"]["config"].is_null());
    assert_eq!(again["data"]["heartbeat_s"], 10.0);
}

#[test]
fn what_breaks_the_protocol_is_never_sent() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let client = rig.while_clients(async move {
        next::<StateData>(&mut client, "state").await;
        client
    });
    rig.move_cue_ball(f64::NAN);
    let deadline = Instant::now() + TIMEOUT;
    while rig.app.world().resource::<RemoteServer>().hub().counters().invalid < 2 {
        assert!(Instant::now() < deadline, "nobody has noticed");
        rig.app.update();
        std::thread::sleep(Duration::from_millis(1));
    }
    rig.move_cue_ball(0.4);
    rig.while_clients(async move {
        let mut client = client;
        // Every message must be complete: an incomplete one would not match the type.
        while next::<StateData>(&mut client, "state").await.data.balls[0].position.x < 0.39 {}
    });
}

#[test]
fn what_the_server_really_says_fits_the_schema() {
    let mut rig = Rig::new();
    let (mut client, greeting) = rig.client();
    let client_side = async move {
        let wish = json!({"streams": ["state", "trajectory", "alert", "performance"]});
        say(&mut client, json!({"type": "subscribe", "data": wish})).await;
        say(&mut client, json!({"type": "get_status"})).await;
        say(&mut client, json!({"type": "ping"})).await;
        say(&mut client, json!({"type": "dance"})).await;
        let mut messages = Vec::new();
        let kinds = |messages: &[Value]| -> BTreeSet<String> {
            messages.iter().map(|message| message["type"].as_str().expect("a type").to_owned()).collect()
        };
        while kinds(&messages).len() < 7 {
            messages.push(first(&mut client).await);
        }
        messages
    };
    let mut messages = rig.while_clients(client_side);
    messages.push(json!(greeting));
    let text = include_str!("../../docs/protocol/v1.schema.json");
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("protocol.json", serde_json::from_str(text).expect("JSON")).expect("a document");
    let schema = compiler.compile("protocol.json", &mut schemas).expect("a schema");
    for message in messages {
        let faults = schemas.validate(&message, schema).err().map(|error| error.to_string());
        assert_eq!(faults, None, "{message}");
    }
}
