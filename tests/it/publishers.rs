//! Messages to a web address and to a file whose receiver works, fails, hangs, rejects, or recovers.

use crate::remote::{Rig, TIMEOUT};
use billiards_protocol::sink::{BreakerState, SinkData};
use billiards_server::{Limits, settings::RemoteSettings};
use billiards_table::TableEvent;
use billiards_trainer::show::remote::RemoteServer;
use serde_json::Value;
use std::{
    collections::VecDeque,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Reaction of a web server.
#[derive(Clone, Copy)]
enum Answer {
    Status(u16),
    /// No answer until the client gives up.
    Hangs,
    /// Closes the connection.
    Closes,
}

/// Web server that gives the listed answers, and 200 after that; it records what was posted to it.
struct Server {
    address: SocketAddr,
    posted: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let posted = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&posted);
        let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answers) = (Arc::clone(&seen), Arc::clone(&answers));
                thread::spawn(move || serve(stream.expect("a connection"), &seen, &answers));
            }
        });
        Self { address, posted }
    }

    fn posted(&self) -> Vec<Value> {
        self.posted.lock().expect("not poisoned").clone()
    }
}

fn serve(stream: TcpStream, posted: &Mutex<Vec<Value>>, answers: &Mutex<VecDeque<Answer>>) {
    let mut input = BufReader::new(stream.try_clone().expect("the same connection"));
    let mut output = stream;
    loop {
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if !matches!(input.read_line(&mut line), Ok(1..)) {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body).expect("a body");
        posted.lock().expect("not poisoned").push(serde_json::from_slice(&body).expect("JSON"));
        let answer = answers.lock().expect("not poisoned").pop_front().unwrap_or(Answer::Status(200));
        match answer {
            Answer::Status(status) => {
                let head = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n");
                output.write_all(head.as_bytes()).expect("answered");
            }
            Answer::Hangs => {
                // The client gives up and closes.
                let mut rest = Vec::new();
                input.read_to_end(&mut rest).expect("closed in the end");
                return;
            }
            Answer::Closes => return,
        }
    }
}

fn rig(publisher: &str, failures: u32) -> Rig {
    let text = format!(
        "[resilience]\nretries = 3\nbase_delay_s = 0.01\nfailures = {failures}\nopen_s = 0.05\n\n[[publishers]]\n{publisher}"
    );
    let settings: RemoteSettings = toml::from_str(&text).expect("settings");
    settings.validate().expect("good ones");
    Rig::with(Limits::default(), settings)
}

fn webhook(server: &Server, timeout_s: f64, failures: u32) -> Rig {
    let address = server.address;
    rig(&format!("kind = \"webhook\"\nurl = \"http://{address}/hook\"\ntimeout_s = {timeout_s}"), failures)
}

impl Rig {
    fn happens(&mut self) {
        self.app.world_mut().write_message(TableEvent::TableMoved);
        self.app.update();
    }

    fn sink(&self) -> SinkData {
        self.app.world().resource::<RemoteServer>().hub().sinks().remove(0)
    }

    /// Runs the app until the sink is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&SinkData) -> bool) -> SinkData {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let sink = self.sink();
            if wanted(&sink) {
                return sink;
            }
            assert!(Instant::now() < deadline, "{what}: {sink:?}");
            self.app.update();
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Returns the codes of the alerts, each alert once, in order of first arrival.
fn codes(posted: &[Value]) -> Vec<&str> {
    let mut codes: Vec<&str> = Vec::new();
    let mut sequences: Vec<u64> = Vec::new();
    for message in posted {
        assert_eq!(message["type"], "alert");
        let sequence = message["sequence"].as_u64().expect("a number");
        if !sequences.contains(&sequence) {
            sequences.push(sequence);
            codes.push(message["data"]["code"].as_str().expect("a code"));
        }
    }
    codes
}

#[test]
fn alerts_are_posted() {
    let server = Server::start(vec![]);
    let mut rig = webhook(&server, 5.0, 10);
    rig.happens();
    rig.happens();
    let sink = rig.until("two are there", |sink| sink.delivered == 2);
    assert_eq!((sink.failures, sink.breaker, sink.dropped), (0, BreakerState::Closed, 0));
    assert_eq!(codes(&server.posted()), ["table_moved", "table_moved"]);
    assert_eq!(server.posted().iter().map(|m| m["sequence"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(2)]);
}

#[test]
fn what_fails_for_a_while_is_tried_again() {
    let server = Server::start(vec![Answer::Status(500), Answer::Closes, Answer::Status(503)]);
    let mut rig = webhook(&server, 5.0, 10);
    rig.happens();
    let sink = rig.until("it is there", |sink| sink.delivered == 1);
    assert_eq!((sink.failures, sink.retries, sink.opened), (3, 3, 0));
    assert_eq!(codes(&server.posted()), ["table_moved"]);
}

#[test]
fn one_that_hangs_is_given_up_in_time_and_tried_again() {
    let server = Server::start(vec![Answer::Hangs]);
    let mut rig = webhook(&server, 0.1, 10);
    rig.happens();
    let sink = rig.until("it is there", |sink| sink.delivered == 1);
    assert_eq!((sink.failures, sink.retries), (1, 1));
}

#[test]
fn a_refusal_is_final() {
    let server = Server::start(vec![Answer::Status(400)]);
    let mut rig = webhook(&server, 5.0, 10);
    rig.happens();
    rig.happens();
    let sink = rig.until("the second is there", |sink| sink.delivered == 1);
    assert_eq!((sink.refused, sink.retries, sink.failures, sink.dropped), (1, 0, 0, 1));
    assert_eq!(server.posted().len(), 2);
}

#[test]
fn the_breaker_opens_probes_once_and_closes_and_no_alert_is_lost() {
    let server = Server::start(vec![Answer::Status(500); 7]);
    let mut rig = webhook(&server, 5.0, 6);
    rig.happens();
    rig.until("the breaker opens", |sink| sink.opened == 1);
    rig.happens();
    let sink = rig.until("everything is there", |sink| sink.delivered >= 2 && sink.breaker == BreakerState::Closed);
    // Six failures open it; the probe fails (one attempt), the next one succeeds.
    assert_eq!((sink.failures, sink.opened, sink.dropped), (7, 2, 0));
    rig.until("its own alerts are there", |sink| sink.delivered >= 7);
    let posted = server.posted();
    let posted_codes = codes(&posted);
    assert_eq!(posted_codes.iter().filter(|code| **code == "table_moved").count(), 2);
    for (code, times) in [("breaker_opened", 2), ("breaker_probes", 2), ("breaker_closed", 1)] {
        assert_eq!(posted_codes.iter().filter(|c| **c == code).count(), times, "{code}: {posted_codes:?}");
    }
}

#[test]
fn one_that_is_away_and_comes_back_is_found() {
    // Nobody listens there until later.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let url = format!("kind = \"webhook\"\nurl = \"http://{address}/\"");
    let mut rig = rig(&url, 4);
    rig.happens();
    rig.until("the breaker opens", |sink| sink.opened >= 1);
    let listener = TcpListener::bind(address).expect("the same port");
    let posted = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&posted);
    thread::spawn(move || {
        let answers = Mutex::new(VecDeque::new());
        for stream in listener.incoming() {
            serve(stream.expect("a connection"), &seen, &answers);
        }
    });
    rig.until("it is there", |sink| sink.delivered >= 1 && sink.breaker == BreakerState::Closed);
    assert_eq!(codes(&posted.lock().expect("not poisoned"))[0], "table_moved");
}

#[test]
fn messages_are_lines_of_a_file_and_all_of_them_are_there_at_the_end() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("log.jsonl");
    let file = format!("kind = \"file\"\npath = {path:?}\nstreams = [\"state\", \"alert\"]\nmax_fps = 1000.0");
    let mut rig = rig(&file, 10);
    rig.happens();
    rig.until("some are there", |sink| sink.delivered >= 3);
    rig.app.world_mut().remove_resource::<RemoteServer>();
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.ends_with('\n'));
    let messages: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(messages.len() >= 3);
    assert!(messages.iter().any(|message| message["type"] == "alert"));
    let numbers: Vec<u64> = messages.iter().map(|message| message["sequence"].as_u64().expect("a number")).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}
