//! The program as a client of itself, the example clients, and the parts of the page that need no browser.

use crate::{
    common::node,
    remote::{Rig, TIMEOUT},
};
use billiards_server::{Limits, settings::RemoteSettings};
use serde_json::Value;
use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

fn watch(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_billiards-trainer"));
    command.arg("watch").args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Rig {
    /// Runs the app until the client has exited.
    fn until_done(&mut self, mut command: Command) -> Output {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let deadline = Instant::now() + TIMEOUT;
        while child.try_wait().expect("a child").is_none() {
            if Instant::now() > deadline {
                child.kill().expect("stopped");
                panic!("still running: {:?}", child.wait_with_output());
            }
            self.app.update();
            thread::sleep(Duration::from_millis(1));
        }
        child.wait_with_output().expect("its output")
    }

    /// Runs the app until the client has printed a greeting.
    fn until_greeted(&mut self, greetings: &mpsc::Receiver<String>) -> String {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if let Ok(greeting) = greetings.try_recv() {
                return greeting;
            }
            assert!(Instant::now() < deadline, "no greeting");
            self.app.update();
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Runs the app until the client is connected.
    fn until_watched(&mut self, child: &mut Child) {
        let deadline = Instant::now() + TIMEOUT;
        while self.watching() == 0 {
            assert!(Instant::now() < deadline && child.try_wait().expect("a child").is_none(), "nobody watches");
            self.app.update();
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn types(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|message| message["type"].as_str().expect("a type").to_owned())
        .collect()
}

#[test]
fn messages_are_printed_a_line_each() {
    let mut rig = Rig::new();
    let url = format!("http://{}/#token=unused", rig.address);
    let output = rig.until_done(watch(&[&url, "--count", "4", "--stream", "state,alert", "--max-fps", "20"]));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let types = types(&output);
    assert_eq!((types.len(), types[0].as_str()), (4, "connection"));
    assert!(types.contains(&"subscribed".to_owned()) && types.contains(&"state".to_owned()), "{types:?}");
}

#[test]
fn what_cannot_be_watched_is_told_in_one_line() {
    for (url, code, part) in [
        ("localhost:1", 2, "expected ws:// or http://"),
        ("wss://localhost:1", 2, "does not speak TLS"),
        ("ws://127.0.0.1:1", 1, "cannot connect"),
    ] {
        let output = watch(&[url]).output().expect("it ran");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(code), "{url}: {stderr}");
        assert!(
            stderr.starts_with("error:") && stderr.contains(part) && stderr.lines().count() == 1,
            "{url}: {stderr}"
        );
    }
    let mut rig = Rig::new();
    let url = format!("ws://{}/api/v1/nothing", rig.address);
    let output = rig.until_done(watch(&[&url]));
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("404"), "{stderr}");
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let mut rig = Rig::new();
    let url = format!("ws://{}", rig.address);
    let mut child = watch(&[&url]).spawn().expect("it starts");
    rig.until_watched(&mut child);
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    out.read_line(&mut line).expect("a line");
    assert!(line.contains("connection"), "{line}");
    drop(out);
    let deadline = Instant::now() + TIMEOUT;
    while child.try_wait().expect("a child").is_none() {
        assert!(Instant::now() < deadline, "still running");
        rig.app.update();
        thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output().expect("its output");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_signal_ends_it_quietly() {
    let mut rig = Rig::new();
    let url = format!("ws://{}", rig.address);
    let mut child = watch(&[&url]).spawn().expect("it starts");
    rig.until_watched(&mut child);
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill is there");
    assert!(killed.success());
    let output = child.wait_with_output().expect("its output");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
}

#[test]
fn when_the_trainer_comes_back_it_goes_on_with_a_snapshot() {
    let mut rig = Rig::new();
    let address = rig.address;
    let mut child = watch(&[&format!("ws://{address}")]).spawn().expect("it starts");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let (sender, greetings) = mpsc::channel();
    let reading = thread::spawn(move || {
        for line in out.lines().map_while(Result::ok).filter(|line| line.contains("\"connection\"")) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    rig.until_greeted(&greetings);
    drop(rig);
    let mut rig = Rig::at(address, Limits::default(), RemoteSettings::default());
    let greeting: Value = serde_json::from_str(&rig.until_greeted(&greetings)).expect("JSON");
    assert_eq!(greeting["sequence"], 1);
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill is there");
    assert!(killed.success());
    let output = child.wait_with_output().expect("its output");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("closed with 1001 the server ends; connecting again in"), "{stderr}");
    reading.join().expect("read to the end");
}

/// Returns the path of an example that cargo has built, next to the folder of this test.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a path");
    let folder = test.ancestors().nth(2).expect("target/release/deps").join("examples");
    folder.join(name)
}

#[test]
fn the_example_in_rust_watches() {
    let mut rig = Rig::new();
    let example = example("watch");
    if !example.exists() {
        writeln!(std::io::stderr(), "skipped: {} is not built; `cargo test` builds it", example.display())
            .expect("reported");
        return;
    }
    let mut command = Command::new(example);
    command.args([&format!("ws://{}/api/v1/ws", rig.address), "4"]);
    assert_watched(&rig.until_done(command));
}

#[test]
fn the_example_in_javascript_watches() {
    let Some(mut command) = node() else { return };
    let mut rig = Rig::new();
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/watch.mjs"));
    command.args([&format!("ws://{}/api/v1/ws", rig.address), "4"]);
    assert_watched(&rig.until_done(command));
}

#[test]
fn the_parts_of_the_page_do_what_they_should() {
    let Some(mut command) = node() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/page/tests");
    let files: Vec<PathBuf> = fs::read_dir(folder).expect("tests").map(|file| file.expect("a file").path()).collect();
    let output = command.arg("--test").args(&files).output().expect("node starts");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !files.is_empty(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
}

/// Checks the output for a greeting, an answer, and states with two balls.
fn assert_watched(output: &Output) {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text} {complaints}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0].trim()), (4, "1 connection"), "{text} {complaints}");
    assert!(lines.iter().any(|line| line.ends_with("state 2 balls")), "{text}");
}
