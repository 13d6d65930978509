//! The REST interface of the real program: every route answers as its description says, and enforces its access rules.

use crate::{common::program, language::assert_described};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Stdio},
    rc::Rc,
    sync::{Arc, Mutex},
    thread::sleep,
    time::{Duration, Instant},
};
use ureq::{Agent, http::Response};

/// Timeout of every wait.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Program on its simulated table, with a settings folder of its own.
pub struct Trainer {
    pub child: Child,
    address: String,
    folder: Rc<tempfile::TempDir>,
    agent: Agent,
    complaints: Arc<Mutex<String>>,
}

impl Drop for Trainer {
    fn drop(&mut self) {
        // It may have exited already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Answer to a request.
pub struct Answer {
    pub status: u16,
    kind: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Trainer {
    fn start() -> Self {
        Self::start_in(Rc::new(tempfile::tempdir().expect("a temporary directory")), &[])
    }

    /// Starts the program with settings in this folder.
    pub fn launch_in(folder: Rc<tempfile::TempDir>, args: &[&str]) -> Self {
        let mut program = program(&["run", "--source", "sim:still", "--headless", "--listen", "127.0.0.1:0"]);
        program.args(args).env("XDG_CONFIG_HOME", folder.path());
        program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("the program starts");
        let complaints = Arc::new(Mutex::new(String::new()));
        let (log, stderr) = (Arc::clone(&complaints), child.stderr.take().expect("a pipe"));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                log.lock().expect("no panic").extend([line.as_str(), "\n"]);
            }
        });
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let page =
            lines.find_map(|line| line.strip_prefix("page: ").map(str::to_owned)).expect("it says where it listens");
        std::thread::spawn(move || lines.count());
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build().into();
        let address = page.trim_end_matches('/').to_owned();
        Self { child, address, folder, agent, complaints }
    }

    /// Starts the program in a folder, and waits until frames arrive.
    pub fn start_in(folder: Rc<tempfile::TempDir>, args: &[&str]) -> Self {
        let trainer = Self::launch_in(folder, args);
        let is_ok = |path| trainer.get(path).status == 200;
        // Measurements are summarised once a second.
        until("frames never came", || is_ok("/api/v1/health/ready") && is_ok("/api/v1/diagnostics"));
        trainer
    }

    /// Returns what the program has written to standard error.
    pub fn complaints(&self) -> String {
        self.complaints.lock().expect("no panic").clone()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("billiards-trainer").join(name)
    }

    fn token(&self, role: &str) -> String {
        let file = fs::read_to_string(self.path("access.toml")).expect("tokens");
        let tokens: toml::Table = file.parse().expect("TOML");
        tokens[role].as_str().expect("a token").to_owned()
    }

    pub fn get(&self, path: &str) -> Answer {
        answer(self.agent.get(format!("{}{path}", self.address)).call())
    }

    fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let kind = body.is_some().then_some("application/json");
        self.send(method, path, token, kind, body.map_or_else(String::new, |body| body.to_string()), &[])
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        kind: Option<&str>,
        body: String,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.address));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(self.agent.run(request.body(body).expect("a request")))
    }

    pub fn operate(&self, method: &str, path: &str, body: Value) -> Answer {
        let token = self.token("operator");
        self.ask(method, path, Some(&token), (!body.is_null()).then_some(body))
    }
}

/// Waits for a condition that must become true; the timeout is not a measure of speed.
pub fn until(never: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < TIMEOUT, "{never}");
        sleep(Duration::from_millis(50));
    }
}

fn answer(outcome: Result<Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = outcome.expect("an answer");
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
    let bytes = response.body_mut().read_to_vec().expect("a body");
    Answer { status: response.status().as_u16(), kind, text: String::from_utf8_lossy(&bytes).into_owned() }
}

/// Returns the routes of the description: method, path, and the description itself.
fn routes(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let routes = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .expect("methods")
            .iter()
            .map(move |(method, route)| (method.to_uppercase(), path.clone(), route))
    });
    routes.filter(|(_, _, route)| route.get("operationId").is_some()).collect()
}

#[test]
fn every_route_answers_as_it_is_described() {
    let trainer = Trainer::start();
    let document = trainer.get("/api/v1/openapi.json").json();
    assert_described(&document, 300);
    let routes = routes(&document);
    assert!(routes.len() >= 49, "{} routes", routes.len());
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("openapi.json", document.clone()).expect("a document");
    let mut checked = 0;
    for (method, path, route) in &routes {
        let changes = method != "GET" && path != "/api/v1/session";
        if changes || path == "/api/v1/debug/log" {
            let refused = trainer.ask(method, &path.replace("{point}", "0").replace("{name}", "x"), None, None);
            assert_eq!((refused.status, refused.code().as_str()), (401, "token_needed"), "{method} {path}");
            assert_eq!(refused.kind, "application/problem+json");
            assert!(route["security"][0].get("operator").is_some(), "{method} {path} says nothing of its token");
        }
        if method != "GET" || path.ends_with("/stream") {
            continue;
        }
        let answer = trainer.operate("GET", path, Value::Null);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let pointer = format!("/paths/{}/get/responses/200/content/application~1json/schema", path.replace('/', "~1"));
        if document.pointer(&pointer).is_some() {
            let schema = compiler.compile(&format!("openapi.json#{pointer}"), &mut schemas).expect("a schema");
            let faults = schemas.validate(&answer.json(), schema).err().map(|error| error.to_string());
            assert_eq!(faults, None, "{path}: {}", answer.text);
            checked += 1;
        }
    }
    assert!(checked >= 18, "{checked} answers were held against their schemas");
    for path in ["/metrics", "/api/docs", "/"] {
        assert_eq!(trainer.get(path).status, 200, "{path}");
    }
    assert!(trainer.get("/metrics").text.contains("billiards_source_up 1"));
}

#[test]
fn settings_are_changed_kept_and_refused_in_words() {
    let trainer = Trainer::start();
    let patch = json!({"overlay": {"on": false, "theme": {"aim": "#00ff00"}}, "shot": {"side": 0.2}});
    let settings = trainer.operate("PATCH", "/api/v1/config", patch).json();
    assert_eq!((&settings["overlay"]["on"], &settings["shot"]["side"]), (&json!(false), &json!(0.2)));
    assert_eq!(trainer.get("/api/v1/config").json(), settings);
    let level = trainer.operate("PUT", "/api/v1/config/assistance", json!({"level": "beginner"})).json();
    assert_eq!(level["level"], "beginner");
    // Written a moment after the last change.
    until("never written", || {
        fs::read_to_string(trainer.path("settings.toml")).is_ok_and(|text| text.contains("#00ff00"))
    });
    let kept = trainer.operate("GET", "/api/v1/config/export", Value::Null);
    assert_eq!(kept.kind, "application/toml");
    for (method, path, body, status, words) in [
        ("PATCH", "/api/v1/config", json!({"overlay": {"theme": {"ring_radii": 1.0}}}), 422, "1.7 to 5"),
        ("PATCH", "/api/v1/config", json!({"overlays": {}}), 422, "overlays"),
        ("PATCH", "/api/v1/config", json!({"remote": {}}), 422, "remote"),
        ("PATCH", "/api/v1/config", json!([1]), 422, "map"),
        ("PUT", "/api/v1/config/assistance", json!({"level": "god"}), 422, "beginner"),
        ("PUT", "/api/v1/vision/source", json!({"index": 99}), 404, "no source 99"),
        ("PUT", "/api/v1/calibration/points/9", json!({"x": 1.0, "y": 1.0}), 404, "no point 9"),
        ("PUT", "/api/v1/calibration/points/x", json!({"x": 1.0, "y": 1.0}), 404, "nothing is at"),
        ("PUT", "/api/v1/calibration/profiles/..%2F..%2Fetc", json!({}), 422, "cannot name a profile"),
        ("POST", "/api/v1/calibration/profiles/gone/apply", json!({}), 404, "gone"),
        ("DELETE", "/api/v1/calibration/profiles/gone", json!({}), 404, "gone"),
        ("POST", "/api/v1/calibration/redo", json!({}), 404, "nothing to make again"),
        ("POST", "/api/v1/nothing", json!({}), 404, "nothing is at"),
        ("DELETE", "/api/v1/config", json!({}), 405, "DELETE"),
    ] {
        let refused = trainer.operate(method, path, body);
        assert_eq!(refused.status, status, "{method} {path}: {}", refused.text);
        assert!(refused.text.contains(words), "{method} {path}: {}", refused.text);
        assert_eq!(refused.kind, "application/problem+json", "{path}");
        assert!(!refused.code().is_empty());
    }
    assert_eq!(trainer.get("/api/v1/config").json()["overlay"]["on"], false, "what is refused changes nothing");
    let token = trainer.token("operator");
    let import = |kind, body: &str| {
        trainer.send("POST", "/api/v1/config/import", Some(&token), Some(kind), body.to_owned(), &[])
    };
    assert_eq!(import("application/toml", "[shot]\nside = \"left\"").status, 422);
    assert_eq!(import("image/png", "x").status, 415);
    assert_eq!(import("application/toml", &"#".repeat(100_000)).status, 413);
    assert_eq!(import("application/toml", &kept.text).json()["shot"]["side"], 0.2);
    assert_eq!(trainer.operate("POST", "/api/v1/config/reset", Value::Null).json()["shot"]["side"], 0.0);
}

#[test]
fn a_table_is_chosen_changed_and_taken_back() {
    let trainer = Trainer::start();
    let path = "/api/v1/calibration/table";
    let tables = trainer.get("/api/v1/calibration/tables").json();
    let tables = tables["tables"].as_array().expect("tables");
    assert!(tables.contains(&json!({"name": "snooker-12ft", "title": "Snooker, 12 ft"})), "{tables:?}");
    assert_eq!(trainer.get(path).json()["choice"], "auto");
    let chosen = trainer.operate("PUT", path, json!({"table": "8ft"})).json()["table"].clone();
    assert_eq!((&chosen["title"], &chosen["reason"]), (&json!("American, 8 ft"), &json!("as given")));
    assert_eq!(chosen["likely"], json!([]));
    // The mouths are measured meanwhile.
    let without_mouths = |mut table: Value| {
        (table["mouths"], table["measured"]) = (json!([]), json!([]));
        table
    };
    let changed = without_mouths(trainer.operate("PATCH", path, json!({"width": 1.1})).json()["table"].clone());
    assert_eq!((&changed["choice"]["width"], &changed["spec"]), (&json!(1.1), &changed["choice"]));
    let whole = trainer.operate("PUT", path, json!({"table": changed["spec"]})).json()["table"].clone();
    assert_eq!(without_mouths(whole), changed, "what was read can be written");
    until("never published", || trainer.get("/api/v1/game/state").json()["table"]["title"] == changed["title"]);
    let with = |key: &str, value: Value| {
        let mut table = changed["spec"].clone();
        table[key] = value;
        json!({"table": table})
    };
    for (method, body, words) in [
        ("PUT", json!({"table": "10ft"}), "expected 7ft"),
        ("PUT", json!({"table": 9}), "table: 9 is not a table: expected the name of a table, or an object"),
        ("PUT", with("width", json!(null)), "table: width: invalid type: null, expected f64"),
        ("PUT", with("length", json!(96.0)), "length is 96: expected 0.4 to 5 metres"),
        ("PUT", with("lenght", json!(2.0)), "lenght"),
        ("PATCH", json!({"nose_height": 0.06}), "nose_height is 0.06: expected"),
        ("PATCH", json!({"nose": 0.04}), "nose_height"),
    ] {
        let refused = trainer.operate(method, path, body);
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid"), "{}", refused.text);
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
    }
    assert_eq!(without_mouths(trainer.get(path).json()), changed, "what is refused changes nothing");
    for _ in 0..3 {
        trainer.operate("POST", "/api/v1/calibration/undo", Value::Null);
    }
    assert_eq!(trainer.get(path).json()["choice"], "auto");
}

/// The simulated table is an American one, whose mouths are 118 and 137 mm wide.
#[test]
fn measured_mouths_are_proposed_and_taken_over_by_a_change() {
    let trainer = Trainer::start();
    let path = "/api/v1/calibration/table";
    let table = || trainer.get(path).json();
    trainer.operate("PATCH", path, json!({"corner_width": 0.11, "side_width": 0.15}));
    until("never measured", || table()["measured"].as_array().is_some_and(|measured| measured.len() == 2));
    let told = table();
    let widths = |table: &Value| {
        let pockets = &table["spec"]["pockets"];
        json!([pockets["corner"]["width"], pockets["side"]["width"]])
    };
    assert_eq!(widths(&told), json!([0.11, 0.15]), "nothing changes by itself");
    let mouth = &told["mouths"][0];
    assert!(mouth["pocket"].is_string() && mouth["width"].is_f64() && mouth["uncertainty"].is_f64(), "{mouth}");
    let [corner, side] = [("corner_width", 0.118), ("side_width", 0.137)].map(|(id, truth)| {
        let found = told["measured"].as_array().and_then(|all| all.iter().find(|one| one["id"] == id)).expect(id);
        let value = found["value"].as_f64().expect("a width");
        assert!((value - truth).abs() < 0.006, "{found}");
        value
    });
    let used =
        trainer.operate("PATCH", path, json!({"corner_width": corner, "side_width": side})).json()["table"].clone();
    assert_eq!(widths(&used), json!([corner, side]));
}

#[test]
fn a_wrong_body_is_refused_as_what_it_is() {
    let trainer = Trainer::start();
    let token = trainer.token("operator");
    let send = |method, path: &str, body: &str| {
        let path = format!("/api/v1{path}");
        trainer.send(method, &path, Some(&token), Some("application/json"), body.to_owned(), &[])
    };
    let (table, point) = ("/calibration/table", "/calibration/points/0");
    // What is not JSON, also after a value that would be wrong.
    for (method, path, body) in [
        ("PUT", table, ""),
        ("PUT", table, "length = 2.54"),
        ("PUT", table, r#"{"table": "#),
        ("PUT", table, r#"{"table": 9, "#),
        ("PATCH", table, r#"{"length": 2.6} {}"#),
        ("PATCH", table, r#"{"length": NaN}"#),
        ("PUT", point, r#"{"x": 1.0, "y"}"#),
        ("PATCH", "/config", r#"{"shot": }"#),
        ("POST", "/config/import", r#"{"shot": "#),
        ("POST", "/session", "token"),
    ] {
        let refused = send(method, path, body);
        assert_eq!((refused.status, refused.code().as_str()), (400, "bad_request"), "{path} {body}: {}", refused.text);
    }
    for (method, path, body, words) in [
        ("PUT", table, "{}", "missing field `table`"),
        (
            "PUT",
            table,
            r#"{"table": {"length": "long"}}"#,
            r#"table: length: invalid type: string "long", expected f64"#,
        ),
        ("PUT", table, r#"{"table": {"length": 1e999}}"#, "table.length: number out of range"),
        ("PATCH", table, r#"{"length": "long"}"#, r#"length: invalid type: string "long", expected f64"#),
        ("PATCH", table, r#"{"length": 1e300}"#, "length is 1e300: expected 0.4 to 5 metres"),
        ("PUT", point, r#"{"x": 1.0}"#, "missing field `y`"),
        ("POST", "/calibration/points/add", r#"{"name": 3}"#, "name: invalid type: integer `3`, expected a string"),
        ("PUT", "/calibration/check", r#"{"shown": "yes"}"#, "shown: invalid type"),
        ("PUT", "/calibration/card", r#"{"name": "moon"}"#, "name: unknown variant `moon`"),
        ("PUT", "/vision/source", r#"{"index": -1}"#, "index: invalid value: integer `-1`"),
        ("PATCH", "/config", r#"{"shot": {"side": "left"}}"#, "shot.side: invalid type"),
        ("POST", "/config/import", r#"{"shot": {"side": "left"}}"#, "shot.side: invalid type"),
        ("POST", "/config/import", r#"{"shot": {"side": 9.0}}"#, "shot.side is 9: expected -0.5 to 0.5"),
        ("POST", "/session", r#"{"token": 3}"#, "token: invalid type"),
    ] {
        let refused = send(method, path, body);
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid"), "{path} {body}: {}", refused.text);
        let detail = refused.json()["detail"].as_str().expect("words").to_owned();
        assert!(detail.contains(words), "{path} {body}: {detail}");
    }
    let import = |body: &str| {
        let path = "/api/v1/config/import";
        trainer.send("POST", path, Some(&token), Some("application/toml"), body.to_owned(), &[]).status
    };
    assert_eq!([import("[shot"), import("[shot]\nside = 9.0"), import("[shot]\nside = 0.1")], [400, 422, 200]);
}

#[test]
fn marks_that_a_table_lacks_are_not_offered() {
    let trainer = Trainer::start();
    let put = trainer.operate("PUT", "/api/v1/calibration/table", json!({"table": "carom-match"}));
    let points = put.json()["points"].clone();
    let offered = |name: &str| points[name].as_array().is_some_and(|names| names.len() == 9);
    assert!(offered("marks") && offered("addable"), "{points}");
    assert!(!points.to_string().contains("side"), "{points}");
    for name in ["left_side", "right_side", "top side pocket"] {
        let refused = trainer.operate("POST", "/api/v1/calibration/points/add", json!({"name": name}));
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid"), "{}", refused.text);
        assert!(refused.text.contains(&format!("`{name}` cannot be added")), "{}", refused.text);
    }
}

#[test]
fn tokens_let_in_whom_they_should() {
    let trainer = Trainer::start();
    assert_eq!(trainer.get("/api/v1/session").json(), json!({"role": "viewer", "loopback": true}));
    let (viewer, operator) = (trainer.token("viewer"), trainer.token("operator"));
    let reset = |token: &str| trainer.ask("POST", "/api/v1/game/reset", Some(token), None);
    assert_eq!((reset(&viewer).status, reset(&viewer).code().as_str()), (403, "forbidden"));
    assert_eq!(reset("guess").status, 403);
    assert_eq!(reset(&operator).status, 204);
    // Another site's page in the operator's browser.
    let foreign = [("origin", "http://evil.example"), ("cookie", &format!("billiards_token={operator}"))];
    let refused = trainer.send("POST", "/api/v1/game/reset", None, None, String::new(), &foreign);
    assert_eq!((refused.status, refused.code().as_str()), (403, "foreign_origin"));
    let own = [("origin", trainer.address.as_str()), ("cookie", &format!("billiards_token={operator}"))];
    assert_eq!(trainer.send("POST", "/api/v1/game/reset", None, None, String::new(), &own).status, 204);
    // A request from elsewhere through a proxy.
    let elsewhere = [("x-forwarded-for", "203.0.113.9")];
    let refused = trainer.send("GET", "/api/v1/game/state", None, None, String::new(), &elsewhere);
    assert_eq!((refused.status, refused.code().as_str()), (401, "token_needed"));
    assert_eq!(trainer.send("GET", "/api/v1/game/state", Some(&viewer), None, String::new(), &elsewhere).status, 200);
    assert_eq!(trainer.send("GET", "/api/v1/health/live", None, None, String::new(), &elsewhere).status, 200);
    // The cookie is the operator's, and guessing is rate-limited.
    let signed = trainer.ask("POST", "/api/v1/session", None, Some(json!({"token": operator})));
    assert_eq!((signed.status, &signed.json()["role"]), (200, &json!("operator")));
    let tries: Vec<u16> = (0..12)
        .map(|_| trainer.ask("POST", "/api/v1/session", None, Some(json!({"token": "x".repeat(32)}))).status)
        .collect();
    assert!(tries.contains(&401) && tries.ends_with(&[429]), "{tries:?}");
    let log = trainer.operate("GET", "/api/v1/debug/log?limit=1000", Value::Null);
    assert!(log.status == 200 && !log.text.contains(&operator) && !log.text.contains(&viewer));
}

#[test]
fn points_are_nudged_and_pictures_come() {
    let trainer = Trainer::start();
    let before = trainer.get("/api/v1/calibration/points").json();
    assert_eq!(before["points"].as_array().map(Vec::len), Some(4));
    let after = trainer.operate("POST", "/api/v1/calibration/points/2/nudge", json!({"dx": 1.5, "dy": -10.0})).json();
    let (was, is) = (&before["points"][2], &after["points"]["points"][2]);
    assert!((is["x"].as_f64().expect("x") - was["x"].as_f64().expect("x") - 1.5).abs() < 1e-9);
    assert!((is["y"].as_f64().expect("y") - was["y"].as_f64().expect("y") + 10.0).abs() < 1e-9);
    assert_eq!((&after["points"]["selected"], &after["can_undo"]), (&json!(2), &json!(true)));
    let undone = trainer.operate("POST", "/api/v1/calibration/undo", Value::Null).json();
    assert_eq!(undone["points"]["points"][2]["x"], was["x"]);
    // A point is added by the id of its mark or by its name.
    let add = |name: &Value| trainer.operate("POST", "/api/v1/calibration/points/add", json!({"name": name}));
    let first = add(&json!("left_side")).json();
    let marks = first["points"]["marks"].as_array().expect("marks");
    assert!(!marks.contains(&json!("left_side")) && marks.len() == 10, "{marks:?}");
    let second = add(&first["points"]["addable"][0]).json();
    assert_eq!(second["points"]["points"].as_array().map(Vec::len), Some(6), "{second}");
    let refused = add(&json!("moon"));
    assert!(refused.status == 422 && refused.text.contains("expected one of"), "{}", refused.text);
    for _ in 0..2 {
        assert_eq!(trainer.operate("POST", "/api/v1/calibration/undo", Value::Null).status, 200);
    }
    let saved = trainer.operate("PUT", "/api/v1/calibration/profiles/club%203", json!({}));
    assert_eq!(saved.json()["profiles"]["current"], "club 3", "{}", saved.text);
    assert_eq!(trainer.operate("DELETE", "/api/v1/calibration/profiles/club%203", Value::Null).status, 200);

    let mut picture = trainer
        .agent
        .get(format!("{}/api/v1/vision/snapshot?overlay=true", trainer.address))
        .call()
        .expect("a picture");
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    let jpeg = picture.body_mut().read_to_vec().expect("bytes");
    assert!(jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.len() > 10_000, "{} bytes", jpeg.len());
    // Addresses as dashboards write them to bypass caches.
    for query in ["?t=1699999999", "?overlay=true&_=1699999999", "?_=1"] {
        let answer = trainer.get(&format!("/api/v1/vision/snapshot{query}"));
        assert_eq!((answer.status, answer.kind.as_str()), (200, "image/jpeg"), "{query}");
    }
    assert_eq!(trainer.get("/api/v1/vision/snapshot?overlays=true").status, 422);
    assert_eq!(trainer.get("/api/v1/vision/stream?fps=1000").status, 422);
    let host = trainer.address.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(host).expect("connects");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a limit");
    let request = format!("GET /api/v1/vision/stream?fps=30&overlay=true HTTP/1.1\r\nHost: {host}\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("asked");
    let (mut got, mut part) = (Vec::new(), [0; 16384]);
    while got.windows(12).filter(|window| window == b"--picture\r\nC").count() < 3 {
        let read = stream.read(&mut part).expect("pictures");
        assert!(read > 0, "the stream ended: {}", String::from_utf8_lossy(&got[..got.len().min(300)]));
        got.extend_from_slice(&part[..read]);
    }
}

#[test]
fn a_calibration_is_started_watched_and_broken_off() {
    let trainer = Trainer::start();
    let board = trainer.get("/api/v1/calibration/lens/board.svg");
    assert_eq!((board.kind.as_str(), board.text.starts_with("<svg")), ("image/svg+xml", true));
    assert_eq!(trainer.get("/api/v1/calibration/progress").json(), Value::Null);
    for (start, words) in [("lens/start", "board"), ("start", "")] {
        let begun = trainer.operate("POST", &format!("/api/v1/calibration/{start}"), Value::Null);
        assert_eq!(begun.status, 200, "{}", begun.text);
        let report = || trainer.get("/api/v1/calibration").json();
        until(&format!("{start}: progress never came"), || {
            report()["running"]["words"].as_str().is_some_and(|text| !text.is_empty() && text.contains(words))
        });
        for other in ["lens/start", "start"] {
            let refused = trainer.operate("POST", &format!("/api/v1/calibration/{other}"), Value::Null);
            assert_eq!((refused.status, refused.text.contains("cancel it first")), (409, true), "{}", refused.text);
        }
        assert_eq!(trainer.operate("POST", "/api/v1/calibration/cancel", Value::Null).status, 200);
        until(&format!("{start}: it never ended"), || {
            let report = report();
            report["running"].is_null() && report["last_error"].is_string()
        });
    }
}
