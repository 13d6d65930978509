//! The remote view, over real sockets: a headless app with a constructed world, and clients of the protocol.

use bevy::prelude::*;
use billiards_capture::SourceStatus;
use billiards_protocol::{
    client_message::{ErrorCode, ErrorData},
    envelope::Envelope,
    health::{Health, HealthData},
    message::{ConnectionData, StateData, TrajectoryData},
};
use billiards_server::{Limits, ServerConfig, settings::RemoteSettings};
use billiards_table::{
    Ball, BallClass, BallId, BallLabel, BallPath, BallState, Calibration, Cue, CueState, Fate, FrameSize, Homography,
    LiveOdds, LivePrediction, MotionState, PathPiece, Prediction, ProjectorView, TableKind, TablePoint, TableVector,
};
use billiards_trainer::{
    sense::SourceHealth,
    show::remote::{self, RemotePlugin, RemoteServer},
};
use futures_util::{SinkExt, StreamExt};
use nalgebra::Matrix3;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream as StdTcpStream},
    thread,
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, runtime::Runtime, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

pub type Client = WebSocketStream<TcpStream>;

/// Timeout of every wait.
pub const TIMEOUT: Duration = Duration::from_secs(30);

pub struct Rig {
    pub app: App,
    pub address: SocketAddr,
    cue_ball: Entity,
    pub clients: Runtime,
}

pub fn ball(id: u32, label: BallLabel, x: f64, y: f64) -> Ball {
    Ball {
        id: BallId(id),
        label,
        class: label.class().unwrap_or(BallClass::Other),
        position: TablePoint::new(x, y),
        velocity: TableVector::zero(),
        state: BallState::Resting,
        confidence: 1.0,
    }
}

impl Rig {
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub fn with_limits(limits: Limits) -> Self {
        Self::with(limits, RemoteSettings::default())
    }

    pub fn with(limits: Limits, settings: RemoteSettings) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), limits, settings)
    }

    pub fn at(address: SocketAddr, limits: Limits, settings: RemoteSettings) -> Self {
        let listener = billiards_server::bind(address).expect("a free port");
        let address = listener.local_addr().expect("bound");
        let mut app = App::new();
        app.add_plugins((
            MinimalPlugins,
            RemotePlugin::new(
                listener,
                ServerConfig { version: "1.2.3".to_owned(), limits, settings, ..remote::server_config() },
            ),
        ))
        .insert_resource(TableKind::NINE_FOOT.spec())
        .insert_resource(SourceHealth {
            status: SourceStatus::Running,
            description: "a test".to_owned(),
            fps: 25.0,
            frames: 100,
            dropped: 3,
            // Never stale, however slow the machine.
            last_frame: Some(Instant::now() + Duration::from_secs(600)),
            last_sight: Some(Instant::now() + Duration::from_secs(600)),
            failures: 1,
            vision_errors: 0,
            ..SourceHealth::default()
        })
        .init_resource::<LivePrediction>()
        .init_resource::<LiveOdds>()
        .insert_resource(Calibration {
            camera: None,
            projector: ProjectorView {
                size: FrameSize { width: 1920, height: 1080 },
                from_table: Homography::from_matrix(Matrix3::identity()).expect("regular"),
            },
            latency: None,
        });
        let cue_ball = app.world_mut().spawn(ball(1, BallLabel::Cue, 0.3, 0.6)).id();
        app.world_mut().spawn(ball(2, BallLabel::Number(9), 0.9, 1.8));
        app.world_mut().spawn(Cue {
            tip: TablePoint::new(0.3, 0.5),
            butt: TablePoint::new(0.3, -0.5),
            direction: TableVector::new(0.0, 1.0),
            state: CueState::Aiming,
            speed: 0.25,
            stroke_speed: None,
            offset: None,
        });
        app.finish();
        app.cleanup();
        Self { app, address, cue_ball, clients: Runtime::new().expect("a runtime") }
    }

    /// Runs the app while clients do their part.
    pub fn while_clients<T: Send + 'static>(&mut self, part: impl Future<Output = T> + Send + 'static) -> T {
        let task =
            self.clients.spawn(async move { timeout(TIMEOUT, part).await.expect("the clients are done in time") });
        while !task.is_finished() {
            self.app.update();
            thread::sleep(Duration::from_millis(1));
        }
        self.clients.block_on(task).expect("no client failed")
    }

    /// Connects a client and waits for its greeting.
    pub fn client(&mut self) -> (Client, Envelope<ConnectionData>) {
        let address = self.address;
        self.while_clients(async move {
            let mut client = connect(address, None).await.expect("let in");
            let greeting = typed(first(&mut client).await);
            (client, greeting)
        })
    }

    pub fn move_cue_ball(&mut self, x: f64) {
        let mut ball = self.app.world_mut().get_mut::<Ball>(self.cue_ball).expect("there");
        ball.position.x = x;
    }

    pub fn watching(&self) -> usize {
        self.app.world().resource::<RemoteServer>().hub().clients()
    }

    fn http(&mut self, head: String) -> Answer {
        let address = self.address;
        self.while_clients(async move {
            tokio::task::spawn_blocking(move || http(address, &head)).await.expect("an answer")
        })
    }

    fn get(&mut self, path: &str) -> Answer {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        self.http(head)
    }

    /// Returns the first health report that is not healthy.
    fn trouble(&mut self) -> HealthData {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let health: HealthData = serde_json::from_str(&self.get("/api/v1/health").body).expect("health");
            if health.status != Health::Healthy {
                return health;
            }
            assert!(Instant::now() < deadline, "still healthy");
        }
    }
}

pub async fn connect(address: SocketAddr, origin: Option<&str>) -> Result<Client, Box<Error>> {
    let mut request = format!("ws://{address}/api/v1/ws").into_client_request().map_err(Box::new)?;
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("a header"));
    }
    let stream = TcpStream::connect(address).await.map_err(|error| Box::new(error.into()))?;
    Ok(client_async(request, stream).await.map_err(Box::new)?.0)
}

fn refused(result: Result<Client, Box<Error>>) -> u16 {
    match result.map_err(|error| *error) {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Returns the next message.
pub async fn first(client: &mut Client) -> Value {
    loop {
        match client.next().await.expect("connected").expect("a message") {
            Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
            Message::Close(frame) => panic!("closed: {frame:?}"),
            _ => {}
        }
    }
}

pub fn typed<T: DeserializeOwned>(message: Value) -> T {
    serde_json::from_value(message).expect("the shape that is documented")
}

/// Returns the next message of a type.
pub async fn next<T: DeserializeOwned>(client: &mut Client, kind: &str) -> Envelope<T> {
    loop {
        let message = first(client).await;
        if message["type"] == kind {
            return typed(message);
        }
    }
}

/// Reads states until the cue ball is at `x`.
pub async fn until_cue_ball_at(client: &mut Client, x: f64) -> Envelope<StateData> {
    loop {
        let state = next::<StateData>(client, "state").await;
        let cue_ball = state.data.balls.iter().find(|ball| ball.is_cue_ball).expect("a cue ball");
        if (cue_ball.position.x - x).abs() < 1e-4 {
            return state;
        }
    }
}

/// Reads until the connection ends; returns the close frame.
pub async fn farewell(mut client: Client) -> Option<CloseFrame> {
    let mut farewell = None;
    while let Some(Ok(message)) = client.next().await {
        if let Message::Close(frame) = message {
            farewell = frame;
        }
    }
    farewell
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn http(address: SocketAddr, head: &str) -> Answer {
    let mut stream = StdTcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    stream.write_all(head.as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("answered");
    // An icon is not text.
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

#[test]
fn a_client_is_greeted_with_everything_and_then_told_what_changes() {
    let mut rig = Rig::new();
    let (mut client, greeting) = rig.client();
    assert_eq!((greeting.sequence, greeting.data.protocol_version), (1, 1));
    assert_eq!(greeting.data.server_version, "1.2.3");
    let state = &greeting.data.snapshot.state;
    assert_eq!(state.balls.iter().map(|ball| ball.id).collect::<Vec<_>>(), [BallId(1), BallId(2)]);
    assert_eq!(state.balls[1].class, BallClass::Stripe);
    assert!((state.cue.as_ref().expect("a cue").angle_deg - 90.0).abs() < 1e-6);
    assert!((state.balls[0].position.scale - 3840.0 / 2.54).abs() < 1e-6);
    assert_eq!((state.table.found, state.table.rails.len(), state.table.pockets.len()), (false, 18, 6));
    assert_eq!(state.source.description, "a test");
    assert!(!greeting.data.snapshot.trajectory.aiming);

    rig.move_cue_ball(0.7);
    let (mut client, state) = rig.while_clients(async move {
        let state = until_cue_ball_at(&mut client, 0.7).await;
        (client, state)
    });
    assert!(state.sequence > greeting.sequence);
    assert!(state.timestamp >= greeting.timestamp);

    let aim = TableVector::new(0.0, 1.0);
    let piece = PathPiece {
        start: 0.0,
        end: 1.0,
        position: TablePoint::new(0.7, 0.6),
        velocity: aim,
        acceleration: TableVector::zero(),
        motion: MotionState::Rolling,
    };
    rig.app.insert_resource(LivePrediction(Some(Prediction {
        cue_ball: BallId(1),
        aim,
        aim_line: None,
        ghost_ball: None,
        paths: vec![BallPath { ball: BallId(1), pieces: vec![piece], fate: Fate::Rests }],
        events: vec![],
    })));
    let (mut client, trajectory) = rig.while_clients(async move {
        let trajectory = next::<TrajectoryData>(&mut client, "trajectory").await;
        (client, trajectory)
    });
    assert!(trajectory.data.aiming);
    assert_eq!(trajectory.data.paths[0].points, [[0.7, 0.6], [0.7, 1.6]]);

    let cue_ball = rig.cue_ball;
    rig.app.world_mut().despawn(cue_ball);
    rig.while_clients(async move { while next::<StateData>(&mut client, "state").await.data.balls.len() != 1 {} });
}

#[test]
fn numbers_of_messages_only_rise() {
    let mut rig = Rig::new();
    let (mut client, greeting) = rig.client();
    let numbers = rig.while_clients(async move {
        let mut numbers = vec![greeting.sequence];
        while numbers.len() < 4 {
            numbers.push(first(&mut client).await["sequence"].as_u64().expect("a number"));
        }
        numbers
    });
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn what_is_not_understood_is_answered_and_forgiven() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let (bad, binary, unknown, pong) = rig.while_clients(async move {
        client.send(Message::text("hello")).await.expect("sent");
        let bad = next::<ErrorData>(&mut client, "error").await;
        client.send(Message::binary(vec![1, 2, 3])).await.expect("sent");
        let binary = next::<ErrorData>(&mut client, "error").await;
        client.send(Message::text(r#"{"type":"dance"}"#)).await.expect("sent");
        let unknown = next::<ErrorData>(&mut client, "error").await;
        client.send(Message::text(r#"{"type":"ping","data":{"t":7}}"#)).await.expect("sent");
        (bad, binary, unknown, next::<Value>(&mut client, "pong").await)
    });
    assert_eq!(bad.data.code, ErrorCode::BadMessage);
    assert_eq!(binary.data.code, ErrorCode::BadMessage);
    assert_eq!(unknown.data.code, ErrorCode::UnknownMessage);
    assert!(unknown.data.message.contains("dance"), "{}", unknown.data.message);
    assert_eq!(pong.data, serde_json::json!({"t": 7}));
}

#[test]
fn a_message_that_is_too_long_closes_with_1009() {
    let mut rig = Rig::new();
    let (mut client, _) = rig.client();
    let farewell = rig.while_clients(async move {
        client.send(Message::text("x".repeat(70_000))).await.expect("sent");
        farewell(client).await
    });
    assert_eq!(farewell.map(|frame| frame.code), Some(CloseCode::Size));
}

#[test]
fn foreign_pages_are_refused_and_our_own_is_not() {
    let mut rig = Rig::new();
    let address = rig.address;
    let (foreign, own) = rig.while_clients(async move {
        let own = format!("http://{address}");
        (connect(address, Some("http://evil.example")).await, connect(address, Some(own.as_str())).await)
    });
    assert_eq!(refused(foreign), 403);
    assert!(own.is_ok());
}

#[test]
fn a_name_that_points_here_is_not_ours() {
    let mut rig = Rig::new();
    let answer = rig.http("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned());
    assert_eq!(answer.status, 421);
    let answer =
        rig.http(format!("GET / HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", rig.address.port()));
    assert_eq!(answer.status, 200);
}

#[test]
fn one_client_too_many_is_told_so() {
    let mut rig = Rig::with_limits(Limits { clients: 1, ..Limits::default() });
    let (first, _) = rig.client();
    assert_eq!(rig.watching(), 1);
    let address = rig.address;
    let second = rig.while_clients(async move { connect(address, None).await });
    assert_eq!(refused(second), 503);
    drop(first);
}

#[test]
fn a_client_that_never_reads_holds_up_nobody() {
    let mut rig = Rig::new();
    let (deaf, _) = rig.client();
    let (mut reader, _) = rig.client();
    // Far more than the server sends ahead of what a client reads.
    for step in 0..100 {
        let x = 0.3 + f64::from(step) * 0.005;
        rig.move_cue_ball(x);
        reader = rig.while_clients(async move {
            until_cue_ball_at(&mut reader, x).await;
            reader
        });
    }
    // Once the client reads again, it gets the present state, with a sequence number that counts what it missed.
    rig.move_cue_ball(0.9);
    let mut late = deaf;
    let newest = rig.while_clients(async move { until_cue_ball_at(&mut late, 0.9).await });
    assert!(newest.sequence > 100, "{}", newest.sequence);
}

#[test]
fn a_client_that_is_gone_without_a_word_is_cut() {
    let mut rig = Rig::with_limits(Limits { heartbeat: Duration::from_millis(50), ..Limits::default() });
    let (deaf, _) = rig.client();
    assert_eq!(rig.watching(), 1);
    let deadline = Instant::now() + TIMEOUT;
    while rig.watching() > 0 {
        assert!(Instant::now() < deadline, "still watching");
        rig.app.update();
        thread::sleep(Duration::from_millis(5));
    }
    drop(deaf);
}

#[test]
fn the_end_is_announced() {
    let mut rig = Rig::new();
    let (client, _) = rig.client();
    let listening = rig.clients.spawn(farewell(client));
    rig.app.world_mut().write_message(AppExit::Success);
    rig.app.update();
    assert!(!rig.app.world().contains_resource::<RemoteServer>());
    let farewell = rig.clients.block_on(async { timeout(TIMEOUT, listening).await.expect("in time") });
    assert_eq!(farewell.expect("listened").map(|frame| frame.code), Some(CloseCode::Away));
    assert!(StdTcpStream::connect(rig.address).is_err(), "nobody listens any more");
}

#[test]
fn health_is_what_is_true() {
    let mut rig = Rig::new();
    rig.app.update();
    let answer = rig.get("/api/v1/health");
    assert_eq!(answer.status, 200);
    let health: HealthData = serde_json::from_str(&answer.body).expect("the shape that is documented");
    assert_eq!((health.status, health.version.as_str()), (Health::Healthy, "1.2.3"));
    assert_eq!((health.balls, health.clients, health.table_found), (2, 0, false));
    let source = health.source;
    assert_eq!((source.frames, source.dropped, source.failures, source.frame_age_ms), (100, 3, 1, Some(0)));

    rig.app.world_mut().resource_mut::<SourceHealth>().status =
        SourceStatus::Lost { reason: "unplugged".to_owned(), retry_in: Duration::from_secs(2) };
    let (client, _) = rig.client(); // also lets the app run on
    let health = rig.trouble();
    assert_eq!((health.status, health.clients), (Health::Degraded, 1));
    assert_eq!(health.source.reason.as_deref(), Some("unplugged; next try in 2.0 s"));
    drop(client);
}

#[test]
fn what_is_not_there_is_a_problem() {
    let mut rig = Rig::new();
    let answer = rig.get("/api/v1/nothing");
    assert_eq!(answer.status, 404);
    assert!(answer.head.contains("content-type: application/problem+json"), "{}", answer.head);
    let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["detail"], "nothing is at /api/v1/nothing");

    let head = format!("POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", rig.address);
    assert_eq!(rig.http(head).status, 405);
    assert_eq!(rig.get("/api/v1/ws").status, 426);
}

#[test]
fn the_page_is_small_and_asks_nobody_else() {
    let mut rig = Rig::new();
    let mut size = 0;
    for (path, kind) in
        [("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"), ("/icon.svg", "image/svg+xml")]
    {
        let answer = rig.get(path);
        assert_eq!(answer.status, 200, "{path}");
        for header in [
            format!("content-type: {kind}").as_str(),
            "content-security-policy: default-src 'self'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
        ] {
            assert!(answer.head.contains(header), "{path}: {header} in {}", answer.head);
        }
        let text = answer.body.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://"), "{path} names another server");
        size += answer.body.len();
    }
    assert!(size < 60 * 1024, "{size} bytes");
}

#[test]
fn a_phone_can_keep_the_page_and_a_wrong_address_leads_back_to_it() {
    let mut rig = Rig::new();
    for (path, kind) in [
        ("/favicon.ico", "image/x-icon"),
        ("/icon-192.png", "image/png"),
        ("/icon-512.png", "image/png"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ] {
        let answer = rig.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains(&format!("content-type: {kind}\r\n")), "{path}: {}", answer.head);
    }
    let manifest: Value = serde_json::from_str(&rig.get("/manifest.webmanifest").body).expect("JSON");
    assert_eq!((&manifest["name"], &manifest["start_url"]), (&"Billiards Trainer".into(), &"/".into()));
    for icon in manifest["icons"].as_array().expect("icons") {
        assert_eq!(rig.get(icon["src"].as_str().expect("an address")).status, 200, "{icon}");
    }

    for path in ["/tabel", "/index.htm", "/x/y/z", "/icon.ico"] {
        let address = rig.address;
        let head =
            |accept| format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
        let page = rig.http(head("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert_eq!(page.status, 404, "{path}");
        assert!(page.head.contains("content-type: text/html"), "{path}: {}", page.head);
        assert!(page.body.contains("<h1>") && page.body.contains("href=\"/\""), "{path}: {}", page.body);
        let problem = rig.http(head("application/json"));
        assert_eq!(problem.status, 404, "{path}");
        assert!(problem.head.contains("content-type: application/problem+json"), "{path}: {}", problem.head);
    }
}

#[test]
fn a_taken_port_is_told_before_the_app_starts() {
    let rig = Rig::new();
    let error = billiards_server::bind(rig.address).expect_err("taken").to_string();
    let address = rig.address;
    assert_eq!(
        error,
        format!("cannot listen on {address}: address in use; stop the other program or choose another with --listen")
    );
}
