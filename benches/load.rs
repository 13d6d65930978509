//! Many viewers on one trainer: 300 WebSocket clients at 30 states a second, of which five read nothing and five read
//! 1 KB/s. Prints what the server needs for it, what the reading clients get of it, and whether the bars hold.
//!
//! `cargo bench --bench load -- --seconds 60`. The server runs in this process, the clients in a child of it, so that
//! what is measured of the one is not of the other. Linux: reads /proc.

use bevy::prelude::*;
use billiards_trainer::{
    model::{
        Ball, BallClass, BallId, BallLabel, BallState, Calibration, FrameSize, Homography, LiveOdds, LivePrediction,
        ProjectorView, TableKind, TablePoint, TableVector,
    },
    sense::{SourceHealth, capture::SourceStatus},
    show::remote::{self, RemotePlugin, RemoteServer, ServerInfo},
};
use futures_util::StreamExt;
use jiff::Timestamp;
use nalgebra::Matrix3;
use serde::{Deserialize, Serialize};
use std::{
    env,
    error::Error,
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
    thread::{self, sleep},
    time::{Duration, Instant},
};
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client},
};

type Any = Box<dyn Error + Send + Sync>;

const READERS: usize = 290;
const DEAF: usize = 5;
const SLOW: usize = 5;
/// What a slow client reads a second, bytes.
const SLOW_RATE: usize = 1024;
/// States a second.
const RATE: f64 = 30.0;
/// How long the server is watched before anybody connects.
const IDLE: Duration = Duration::from_secs(5);
/// Clock ticks a second in /proc, on all that we build for.
const TICKS: f64 = 100.0;

/// What the reading clients got.
#[derive(Debug, Serialize, Deserialize)]
struct Got {
    /// Of each client that was connected to the end.
    messages: Vec<u64>,
    /// Numbers that were skipped, all in all.
    missed: u64,
    /// Clients that were cut.
    cut: usize,
    /// Publish to receive, milliseconds: half, 99 of 100, all are below.
    p50: i64,
    p99: i64,
    max: i64,
}

fn main() -> Result<(), Any> {
    let args: Vec<String> = env::args().collect();
    let option = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let seconds = option("--seconds").map_or(Ok(15), |text| text.parse())?;
    match option("--clients-of") {
        Some(url) => watch(url, Duration::from_secs(seconds)),
        None => serve(seconds),
    }
}

/// A table with sixteen balls, one of which moves.
fn app(listener: std::net::TcpListener) -> (App, Entity) {
    let mut app = App::new();
    let far = Instant::now() + Duration::from_secs(3600);
    let plain = Homography::from_matrix(Matrix3::identity()).expect("regular");
    app.add_plugins((MinimalPlugins, RemotePlugin::new(listener, ServerInfo::default())))
        .insert_resource(TableKind::NineFoot.spec())
        .insert_resource(SourceHealth {
            status: SourceStatus::Running,
            description: "a load test".to_owned(),
            fps: RATE,
            last_frame: Some(far),
            last_sight: Some(far),
            ..SourceHealth::default()
        })
        .init_resource::<LivePrediction>()
        .init_resource::<LiveOdds>()
        .insert_resource(Calibration {
            camera: None,
            projector: ProjectorView { size: FrameSize { width: 1920, height: 1080 }, from_table: plain },
            latency: None,
        });
    let ball = |id: u32| Ball {
        id: BallId(id),
        label: if id == 0 { BallLabel::Cue } else { BallLabel::Number(u8::try_from(id).expect("small")) },
        class: if id == 0 { BallClass::Cue } else { BallClass::Solid },
        position: TablePoint::new(0.1 + 0.07 * f64::from(id), 0.2 + 0.13 * f64::from(id)),
        velocity: TableVector::zero(),
        state: BallState::Resting,
        confidence: 0.9,
    };
    let moving = app.world_mut().spawn(ball(0)).id();
    (1..16).for_each(|id| {
        app.world_mut().spawn(ball(id));
    });
    app.finish();
    app.cleanup();
    (app, moving)
}

/// Seconds of processor time that this process has had.
fn processor() -> Result<f64, Any> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / TICKS)
}

/// Memory of this process, MB.
fn memory() -> Result<f64, Any> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? / 1024.0)
}

/// Keeps the table going at its rate until `on` says to stop.
fn play(app: &mut App, moving: Entity, mut on: impl FnMut(&App) -> Result<bool, Any>) -> Result<(), Any> {
    let begin = Instant::now();
    for step in 1_u32.. {
        let mut ball = app.world_mut().get_mut::<Ball>(moving).ok_or("the ball is gone")?;
        ball.position.x = 0.2 + 0.001 * f64::from(step % 500);
        app.update();
        if !on(app)? {
            break;
        }
        sleep((begin + Duration::from_secs_f64(f64::from(step) / RATE)).saturating_duration_since(Instant::now()));
    }
    Ok(())
}

fn serve(seconds: u64) -> Result<(), Any> {
    let listener = remote::bind(([127, 0, 0, 1], 0).into())?;
    let url = format!("ws://{}/api/v1/ws", listener.local_addr()?);
    let (mut app, moving) = app(listener);

    let (begin, before) = (Instant::now(), processor()?);
    play(&mut app, moving, |_| Ok(begin.elapsed() < IDLE))?;
    let idle = (processor()? - before) / begin.elapsed().as_secs_f64();
    let small = memory()?;

    let mut clients = Command::new(env::current_exe()?)
        .args(["--clients-of", &url, "--seconds", &seconds.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let all = READERS + DEAF + SLOW;
    play(&mut app, moving, |app| Ok(app.world().resource::<RemoteServer>().clients() < all))?;
    let (begin, before, mut large) = (Instant::now(), processor()?, memory()?);
    let mut busy = None;
    play(&mut app, moving, |_| {
        large = large.max(memory()?);
        if busy.is_none() && begin.elapsed().as_secs() >= seconds.saturating_sub(2).max(1) {
            busy = Some((processor()? - before) / begin.elapsed().as_secs_f64());
        }
        Ok(clients.try_wait()?.is_none())
    })?;
    let mut text = String::new();
    clients.stdout.take().ok_or("no output")?.read_to_string(&mut text)?;
    let got: Got = serde_json::from_str(&text)?;
    report(seconds, &got, 100.0 * (busy.ok_or("the clients have failed")? - idle), large - small, idle)?;
    Ok(())
}

fn report(seconds: u64, got: &Got, processor: f64, memory: f64, idle: f64) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let bar = |holds: bool| if holds { "holds" } else { "DOES NOT HOLD" };
    writeln!(out, "{READERS} readers, {DEAF} deaf, {SLOW} at {SLOW_RATE} B/s, {RATE} states a second, {seconds} s")?;
    writeln!(
        out,
        "processor   {processor:.1} % of a core above idle ({:.1} %)   60 %: {}",
        100.0 * idle,
        bar(processor <= 60.0)
    )?;
    writeln!(out, "memory      {memory:+.1} MB   50 MB: {}", bar(memory <= 50.0))?;
    writeln!(
        out,
        "latency     {} ms half, {} ms 99 of 100, {} ms longest   50 ms of 99: {}",
        got.p50,
        got.p99,
        got.max,
        bar(got.p99 <= 50)
    )?;
    let (least, most) = (got.messages.iter().min().unwrap_or(&0), got.messages.iter().max().unwrap_or(&0));
    let whole = got.missed == 0 && got.cut == 0 && got.messages.len() == READERS;
    writeln!(
        out,
        "messages    {least} to {most} a reader, {} missed, {} of {READERS} cut   none: {}",
        got.missed,
        got.cut,
        bar(whole)
    )
}

/// The child: all the clients.
fn watch(url: &str, time: Duration) -> Result<(), Any> {
    for _ in 0..DEAF {
        let (stream, url) = (connection(url)?, url.to_owned());
        // It opens, and then never reads again.
        thread::spawn(move || {
            let socket = client(url, stream);
            sleep(2 * time);
            drop(socket);
        });
    }
    for _ in 0..SLOW {
        let (stream, url) = (connection(url)?, url.to_owned());
        thread::spawn(move || {
            let Ok((mut socket, _)) = client(url, Throttled(stream)) else { return };
            while socket.read().is_ok() {}
        });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let got = runtime.block_on(async {
        let mut readers = Vec::new();
        for _ in 0..READERS {
            readers.push(tokio::spawn(read(connect_async(url).await?.0, time)));
        }
        let (mut got, mut times) = (Got { messages: vec![], missed: 0, cut: 0, p50: 0, p99: 0, max: 0 }, vec![]);
        for reader in readers {
            let seen = reader.await?;
            got.missed += seen.missed;
            if seen.cut {
                got.cut += 1;
            } else {
                got.messages.push(seen.messages);
            }
            times.extend(seen.times);
        }
        times.sort_unstable();
        let at = |share: f64| times.get((share * times.len() as f64) as usize).or(times.last()).copied().unwrap_or(0);
        (got.p50, got.p99, got.max) = (at(0.5), at(0.99), at(1.0));
        Ok::<Got, Any>(got)
    })?;
    writeln!(io::stdout(), "{}", serde_json::to_string(&got)?)?;
    Ok(())
}

fn connection(url: &str) -> Result<TcpStream, Any> {
    let rest = url.strip_prefix("ws://").ok_or("no ws://")?;
    Ok(TcpStream::connect(rest.split('/').next().ok_or("no address")?)?)
}

/// Reads so much a second, once the connection stands.
struct Throttled(TcpStream);

impl Read for Throttled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = buffer.len().min(SLOW_RATE / 4);
        let read = self.0.read(&mut buffer[..end])?;
        sleep(Duration::from_secs_f64(read as f64 / SLOW_RATE as f64));
        Ok(read)
    }
}

impl Write for Throttled {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[derive(Default)]
struct Seen {
    messages: u64,
    missed: u64,
    cut: bool,
    times: Vec<i64>,
}

#[derive(Deserialize)]
struct Head {
    timestamp: Timestamp,
    sequence: u64,
}

async fn read(
    mut socket: tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
    time: Duration,
) -> Seen {
    let (mut seen, mut last) = (Seen::default(), 0);
    let all = async {
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let now = Timestamp::now();
            let Ok(head) = serde_json::from_str::<Head>(&text) else { return };
            seen.missed += head.sequence - last - 1;
            last = head.sequence;
            // The greeting tells of the past.
            if head.sequence > 1 {
                seen.messages += 1;
                seen.times.push((now.as_microsecond() - head.timestamp.as_microsecond()).max(0) / 1000);
            }
        }
    };
    seen.cut = timeout(time, all).await.is_ok();
    seen
}
