//! Load test with many viewers of one trainer: 300 WebSocket clients at 30 states a second, of which five read nothing
//! and five read 1 KB/s. Prints the load on the trainer, what the reading clients receive, and whether the bars hold.
//!
//! `cargo bench --bench load -- --seconds 60`. The trainer is the program itself, on its simulated table; the clients
//! run in this process, so that the load of the trainer is measured without theirs. Linux only: reads /proc.

use futures_util::{SinkExt, StreamExt};
use jiff::Timestamp;
use serde::Deserialize;
use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, sleep},
    time::{Duration, Instant},
};
use tokio::time::{sleep_until, timeout_at};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client},
};

type Any = Box<dyn Error + Send + Sync>;

const READERS: usize = 290;
const NON_READERS: usize = 5;
const SLOW: usize = 5;
/// Rate at which a slow client reads, bytes a second.
const SLOW_RATE: usize = 1024;
/// Subscription of each client.
const SUBSCRIPTION: &str = r#"{"type": "subscribe", "data": {"streams": ["state"], "max_fps": {"state": 30}}}"#;
/// Warm-up time of the trainer.
const WARM_UP: Duration = Duration::from_secs(15);
/// Time in which all clients connect.
const GATHERING: Duration = Duration::from_secs(5);
/// Clock ticks a second in /proc, on all platforms that we build for.
const TICKS: f64 = 100.0;

fn main() -> Result<(), Any> {
    let args: Vec<String> = env::args().collect();
    let option = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let time = Duration::from_secs(option("--seconds").map_or(Ok(15), |text| text.parse())?.max(2));

    // The same part of the same game twice: without clients, and with all of them.
    let trainer = Trainer::start()?;
    sleep(WARM_UP + GATHERING);
    let before = trainer.measure()?;
    sleep(time);
    let alone = Load::between(&before, &trainer.measure()?);
    drop(trainer);

    let trainer = Trainer::start()?;
    sleep(WARM_UP);
    let (got, crowd) = watch(&format!("ws://{}/api/v1/ws", trainer.address), time, &trainer)?;
    report(time, &got, &alone, &crowd)?;
    Ok(())
}

/// Program on its simulated table, without a window; it is killed on drop.
struct Trainer {
    process: Child,
    address: String,
    _settings: tempfile::TempDir,
}

impl Trainer {
    fn start() -> Result<Self, Any> {
        let settings = tempfile::tempdir()?;
        let process = Command::new(env!("CARGO_BIN_EXE_billiards-trainer"))
            .args(["run", "--source", "sim", "--headless", "--listen", "127.0.0.1:0"])
            .env("XDG_CONFIG_HOME", settings.path())
            .current_dir(settings.path())
            .stdout(Stdio::piped())
            .spawn()?;
        // From here on `Drop` ends the process.
        let mut trainer = Self { process, address: String::new(), _settings: settings };
        let lines = BufReader::new(trainer.process.stdout.take().ok_or("no output")?).lines();
        let (found, address) = mpsc::channel();
        // Keeps reading after the address: a program blocks if nobody reads its output.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let after = line.split_once("http://").map(|(_, rest)| rest);
                if let Some(address) = after.and_then(|rest| rest.split(['/', ' ']).next()) {
                    // Only the first is waited for.
                    found.send(address.to_owned()).ok();
                }
            }
        });
        trainer.address =
            address.recv_timeout(Duration::from_secs(60)).map_err(|_| "the trainer did not say where it is")?;
        Ok(trainer)
    }

    fn measure(&self) -> Result<Measurement, Any> {
        let folder = format!("/proc/{}", self.process.id());
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let status = fs::read_to_string(format!("{folder}/status"))?;
        let memory = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
        let health: serde_json::Value =
            ureq::get(format!("http://{}/api/v1/health", self.address)).call()?.body_mut().read_json()?;
        Ok(Measurement {
            taken: Instant::now(),
            processor: (fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / TICKS,
            memory: memory.split_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? / 1024.0,
            frames: health["source"]["frames"].as_u64().ok_or("no frames")?,
        })
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        // It may have exited already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Measurement of the trainer at a moment.
struct Measurement {
    taken: Instant,
    /// Processor time so far, seconds.
    processor: f64,
    /// Resident memory, MB.
    memory: f64,
    /// Number of frames processed so far.
    frames: u64,
}

/// Load of the trainer between two moments.
struct Load {
    /// Processor load, cores.
    processor: f64,
    /// Maximum memory, MB.
    memory: f64,
    /// Frame rate, frames a second.
    fps: f64,
}

impl Load {
    fn between(from: &Measurement, to: &Measurement) -> Self {
        let seconds = (to.taken - from.taken).as_secs_f64();
        Self {
            processor: (to.processor - from.processor) / seconds,
            memory: to.memory,
            fps: (to.frames - from.frames) as f64 / seconds,
        }
    }
}

/// Results of the reading clients.
#[derive(Debug, Default)]
struct Got {
    /// Number of messages of each client that was connected to the end.
    messages: Vec<u64>,
    /// Number of sequence numbers skipped, over all clients.
    missed: u64,
    /// Number of clients that were disconnected.
    cut: usize,
    /// Sorted times from publishing to receiving, milliseconds.
    times: Vec<i64>,
}

impl Got {
    /// Returns the quantile of the times for a share from 0 to 1, milliseconds.
    fn below(&self, share: f64) -> i64 {
        let times = &self.times;
        times.get((share * times.len() as f64) as usize).or(times.last()).copied().unwrap_or(0)
    }
}

fn report(time: Duration, got: &Got, alone: &Load, crowd: &Load) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let bar = |holds: bool| if holds { "holds" } else { "DOES NOT HOLD" };
    let seconds = time.as_secs_f64();
    writeln!(out, "{READERS} readers, {NON_READERS} that do not read, {SLOW} at {SLOW_RATE} B/s, {seconds} s")?;
    let (more, before) = (100.0 * (crowd.processor - alone.processor), 100.0 * alone.processor);
    let holds = bar(more <= 60.0);
    writeln!(out, "processor   {more:.1} % of a core above {before:.1} % without clients   60 %: {holds}")?;
    let more = crowd.memory - alone.memory;
    writeln!(out, "memory      {more:+.1} MB on {:.0} MB   50 MB: {}", alone.memory, bar(more <= 50.0))?;
    let slower = 100.0 * (1.0 - crowd.fps / alone.fps);
    let holds = bar(slower <= 5.0);
    writeln!(out, "pipeline    {:.2} frames a second, {:.2} without clients   5 %: {holds}", crowd.fps, alone.fps)?;
    let [half, most, all] = [0.5, 0.99, 1.0].map(|share| got.below(share));
    let holds = bar(most <= 50);
    writeln!(out, "latency     {half} ms half, {most} ms 99 of 100, {all} ms longest   50 ms of 99: {holds}")?;
    let rate = |count: Option<&u64>| *count.unwrap_or(&0) as f64 / seconds;
    let (least, most) = (rate(got.messages.iter().min()), rate(got.messages.iter().max()));
    let (missed, cut) = (got.missed, got.cut);
    let holds = bar(missed == 0 && cut == 0 && got.messages.len() == READERS);
    writeln!(
        out,
        "messages    {least:.1} to {most:.1} a second, {missed} missed, {cut} of {READERS} cut   none: {holds}"
    )
}

/// Lets all clients watch the trainer for `time`, and returns their results and the load of the trainer.
fn watch(url: &str, time: Duration, trainer: &Trainer) -> Result<(Got, Load), Any> {
    for _ in 0..NON_READERS {
        let (stream, url) = (connection(url)?, url.to_owned());
        // It connects, and then never reads again.
        thread::spawn(move || {
            let Ok((mut socket, _)) = client(url, stream) else { return };
            if socket.send(Message::text(SUBSCRIPTION)).is_ok() {
                sleep(2 * GATHERING + time);
            }
        });
    }
    for _ in 0..SLOW {
        let (stream, url) = (connection(url)?, url.to_owned());
        thread::spawn(move || {
            let Ok((mut socket, _)) = client(url, Throttled(stream)) else { return };
            if socket.send(Message::text(SUBSCRIPTION)).is_err() {
                return;
            }
            while socket.read().is_ok() {}
        });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let (begin, begins) = (Instant::now() + GATHERING, Timestamp::now() + GATHERING);
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let (mut socket, _) = connect_async(url).await?;
            socket.send(Message::text(SUBSCRIPTION)).await?;
            readers.push(tokio::spawn(read(socket, begins, begin + time)));
        }
        sleep_until(begin.into()).await;
        let first = trainer.measure()?;
        let mut last = trainer.measure()?;
        let mut memory = last.memory;
        while Instant::now() + Duration::from_secs(1) < begin + time {
            tokio::time::sleep(Duration::from_secs(1)).await;
            last = trainer.measure()?;
            memory = memory.max(last.memory);
        }
        let load = Load { memory, ..Load::between(&first, &last) };
        let mut got = Got::default();
        for reader in readers {
            let seen = reader.await?;
            got.missed += seen.missed;
            if seen.cut {
                got.cut += 1;
            } else {
                got.messages.push(seen.messages);
            }
            got.times.extend(seen.times);
        }
        got.times.sort_unstable();
        Ok((got, load))
    })
}

fn connection(url: &str) -> Result<TcpStream, Any> {
    let rest = url.strip_prefix("ws://").ok_or("no ws://")?;
    Ok(TcpStream::connect(rest.split('/').next().ok_or("no address")?)?)
}

/// Stream that is read at [`SLOW_RATE`], once the connection is established.
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
    begin: Timestamp,
    end: Instant,
) -> Seen {
    let (mut seen, mut last) = (Seen::default(), 0);
    let all = async {
        while let Some(Ok(message)) = socket.next().await {
            let Message::Text(text) = message else { continue };
            let now = Timestamp::now();
            let Ok(head) = serde_json::from_str::<Head>(&text) else { return };
            seen.missed += head.sequence - last - 1;
            last = head.sequence;
            // Messages that arrive while others still connect are not measured.
            if head.timestamp > begin {
                seen.messages += 1;
                seen.times.push((now.as_microsecond() - head.timestamp.as_microsecond()).max(0) / 1000);
            }
        }
    };
    seen.cut = timeout_at(end.into(), all).await.is_ok();
    seen
}
