//! The page in a real browser: the real program shows its simulated table, Chromium draws it.
//!
//! Needs `chromium` (or `google-chrome`) and `chromedriver` in the PATH. Without them the test is skipped, except where
//! `CI` is set: there a missing browser is a failure.

use crate::{common::program, webdriver::Browser};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, sleep},
    time::Duration,
};

/// Timeout for a program to start, even a debug build on a busy machine.
const START: Duration = Duration::from_secs(60);
/// Maximum number of checks of the page.
const LOOKS: u32 = 240;
/// Pause between two checks: with [`LOOKS`], a minute in all.
const PAUSE: Duration = Duration::from_millis(250);
/// Minimum distance by which a moving ball has moved, metres: far more than noise.
const MOVED: f64 = 0.05;

struct Viewport {
    name: &'static str,
    width: u32,
    height: u32,
    phone: bool,
}

const PHONE: Viewport = Viewport { name: "phone", width: 390, height: 844, phone: true };
const DESKTOP: Viewport = Viewport { name: "desktop", width: 1280, height: 800, phone: false };

#[test]
fn the_page_draws_the_simulated_table_as_it_moves() {
    let Some((browser, driver)) = browser_and_driver() else { return };
    let trainer = program(&["run", "--source", "sim", "--headless", "--listen", "127.0.0.1:0"]);
    let (_trainer, page) = Running::start(trainer, address_in);
    let mut chromedriver = Command::new(driver);
    chromedriver.arg("--port=0");
    let (_chromedriver, driver_address) = Running::start(chromedriver, driver_address_in);

    for viewport in [DESKTOP, PHONE] {
        look(&open(&driver_address, &browser, &viewport), &page, &viewport);
    }
}

/// Returns the operator's token of a trainer whose settings are in this folder.
fn operators_token(settings: &Path) -> String {
    let tokens = fs::read_to_string(settings.join("billiards-trainer/access.toml")).expect("tokens");
    let tokens: toml::Table = tokens.parse().expect("TOML");
    tokens["operator"].as_str().expect("a token").to_owned()
}

/// Runs JavaScript that returns a promise, and waits for it.
fn waited(browser: &Browser, script: &str) -> Value {
    browser.run(&format!("return (async () => {{ {script} }})()"))
}

#[test]
fn only_operators_change_anything_and_the_page_outlives_a_restart() {
    let Some((browser, driver)) = browser_and_driver() else { return };
    let settings = tempfile::tempdir().expect("a temporary directory");
    let trainer = |listen: &str| {
        let mut trainer = program(&["run", "--source", "sim:still", "--headless", "--listen", listen]);
        trainer.env("XDG_CONFIG_HOME", settings.path());
        Running::start(trainer, address_in)
    };
    let (running, page) = trainer("127.0.0.1:0");
    let mut chromedriver = Command::new(driver);
    chromedriver.arg("--port=0");
    let (_chromedriver, driver_address) = Running::start(chromedriver, driver_address_in);
    let phone = open(&driver_address, &browser, &PHONE);
    phone.go_to(&page);
    poll(&phone, "balls", |state| !balls(state).is_empty());

    let turn = "const answer = await fetch('/api/v1/config', {method: 'PATCH', headers: \
                {'content-type': 'application/json'}, body: JSON.stringify({overlay: {on: false}})}); \
                return [answer.status, (await answer.json()).code ?? 'done'];";
    assert_eq!(waited(&phone, turn), json!([401, "token_needed"]), "whoever only looks changes nothing");
    let light = "return (await (await fetch('/api/v1/config')).json()).overlay.on";
    assert_eq!(waited(&phone, light), true);

    // The address of the QR code signs in, and does not remain readable.
    phone.go_to(&format!("{page}/?again#token={}", operators_token(settings.path())));
    poll(&phone, "balls", |state| !balls(state).is_empty());
    until(&phone, "nothing of the token in its address", "return !location.href.includes('token')");
    let role = "return (async () => (await (await fetch('/api/v1/session')).json()).role === 'operator')()";
    until(&phone, "an operator", role);
    assert_eq!(phone.run("return document.cookie"), "", "no script reads the token");
    assert_eq!(waited(&phone, turn), json!([200, "done"]));
    assert_eq!(waited(&phone, light), false);
    assert_eq!(waited(&phone, READABLE), json!([]), "an operator's phone");

    drop(running);
    until(&phone, "a lost connection", "return !window.billiards.connected()");
    let (_running, _) = trainer(page.strip_prefix("http://").expect("an address"));
    until(&phone, "its connection back", "return window.billiards.connected()");
    poll(&phone, "balls", |state| !balls(state).is_empty());
}

/// Waits until a script returns `true`.
fn until(browser: &Browser, wanted: &str, script: &str) {
    let there = (0..LOOKS).any(|_| {
        let there = browser.run(script) == true;
        if !there {
            sleep(PAUSE);
        }
        there
    });
    assert!(there, "the page never had {wanted}");
}

/// Opens the page, and waits for what it must show.
fn look(browser: &Browser, page: &str, viewport: &Viewport) {
    browser.go_to(page);
    assert_eq!(browser.run("return document.title"), "Billiards Trainer");

    poll(browser, "balls", |state| !balls(state).is_empty());
    // Each ball is compared with its first place: after an interruption of the source the balls have new ids.
    let mut first_seen: HashMap<u64, [f64; 2]> = HashMap::new();
    poll(browser, "a ball that moves", |state| {
        balls(state).into_iter().any(|(id, at)| {
            let was = *first_seen.entry(id).or_insert(at);
            (at[0] - was[0]).hypot(at[1] - was[1]) > MOVED
        })
    });
    assert_eq!(browser.run("return window.billiards.connected()"), true);
    let messages = browser.run("return window.billiards.messages()");
    assert!(messages.as_u64().is_some_and(|count| count > 2), "{messages} messages");

    let colours = browser.run(COLOURS);
    assert!(colours.as_u64().is_some_and(|count| count > 3), "the canvas shows {colours} colours");
    let rows = browser.run("return document.querySelectorAll('#balls li').length");
    assert!(rows.as_u64().is_some_and(|rows| rows > 0), "the balls are listed as text");
    let fits = browser.run("return document.documentElement.scrollWidth <= window.innerWidth");
    assert_eq!(fits, true, "{} scrolls sideways", viewport.name);

    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{}.png", viewport.name));
    let png = BASE64_STANDARD.decode(browser.screenshot()).expect("base64");
    fs::write(&file, png).expect("the screenshot is written");
}

/// Script that lists everything illegible, unreachable or invisible on the page, with letters of normal and of double
/// size: what exceeds the screen or overlaps other words, what has the focus under the tabs, headings that skip a
/// level, a table that is shown twice or in another orientation than on the first tab.
const READABLE: &str = r"
    const bad = [];
    const settled = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const seen = (element) => element.checkVisibility() && !element.closest('.unseen, .skip, svg, #notices');
    const apart = (a, b) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) < 2 || Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) < 4;
    const box = (id) => document.getElementById(id).getBoundingClientRect();
    const canvas = document.querySelector('canvas');
    const lies = getComputedStyle(canvas).getPropertyValue('--upright');
    for (const size of ['100%', '200%']) {
      document.documentElement.style.fontSize = size;
      for (const tab of document.querySelectorAll('[role=tab]')) {
        const tell = (words) => bad.push(`${size} ${tab.textContent.trim()}: ${words}`);
        tab.click();
        document.querySelectorAll('details').forEach((details) => (details.open = true));
        await settled();
        const all = [...document.body.querySelectorAll('*')].filter(seen);
        for (const element of all) {
          const { left, right, width } = element.getBoundingClientRect();
          const name = `${element.tagName} ${element.id} ${element.textContent.trim().slice(0, 20)}`;
          if (width > 0 && (left < -1 || right > innerWidth + 1)) tell(`${name} reaches from ${left} to ${right}`);
          const words = ['BUTTON', 'LABEL', 'LI', 'P', 'DD', 'H1'].includes(element.tagName);
          if (words && element.scrollWidth > element.clientWidth + 1) tell(`${name} is wider than its place`);
        }
        const leaves = all.filter((one) => !one.children.length && one.textContent.trim() && !one.closest('#tabs'));
        const boxes = leaves.map((one) => [one, one.getBoundingClientRect()]);
        boxes.forEach(([one, place], i) => {
          const other = boxes.slice(i + 1).find(([, other]) => !apart(place, other));
          if (other) tell(`${one.textContent} lies over ${other[0].textContent}`);
        });
        const controls = all.filter((one) => one.matches('#panels :is(a, button, input, select, summary):enabled, #panels :is(a, summary)'));
        for (const one of [...controls, ...controls.toReversed()]) {
          one.focus();
          const place = one.getBoundingClientRect();
          const under = ['tabs', 'stage'].find((id) => !apart(place, box(id)));
          if (under) tell(`${one.tagName} ${one.textContent} has the focus under ${under}`);
          if (place.top < -1 || place.bottom > innerHeight + 1) tell(`${one.tagName} ${one.textContent} has the focus out of sight`);
        }
        const levels = [...document.querySelectorAll('h1, h2, h3, h4')].filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]));
        if (levels.some((level, i) => level > (levels[i - 1] ?? 0) + 1)) tell(`headings ${levels}`);
        const tables = ['table', 'camera'].filter((id) => document.getElementById(id).checkVisibility());
        if (tables.length > 1) tell('the table twice');
        if (getComputedStyle(canvas).getPropertyValue('--upright') !== lies) tell('the table is turned');
        scrollTo(0, 0);
      }
    }
    document.documentElement.style.fontSize = '';
    document.getElementById('tab-table').click();
    return bad;
";

/// Script that returns the number of colours of the canvas, in a grid of points.
const COLOURS: &str = r"
    const canvas = document.querySelector('canvas');
    const context = canvas.getContext('2d');
    const colours = new Set();
    for (let x = 1; x < 40; x += 1) {
      for (let y = 1; y < 40; y += 1) {
        const at = [Math.floor(canvas.width * x / 40), Math.floor(canvas.height * y / 40)];
        colours.add(context.getImageData(...at, 1, 1).data.join());
      }
    }
    return colours.size;
";

/// Polls the page's newest state until it is as wanted.
fn poll(browser: &Browser, wanted: &str, mut is_there: impl FnMut(&Value) -> bool) -> Value {
    let mut state = Value::Null;
    for _ in 0..LOOKS {
        state = browser.run("return window.billiards ? window.billiards.state() : null");
        if is_there(&state) {
            return state;
        }
        sleep(PAUSE);
    }
    panic!("the page never had {wanted}; its last state was {state}");
}

/// Returns the ids and places of the balls of a state.
fn balls(state: &Value) -> Vec<(u64, [f64; 2])> {
    let balls = state["balls"].as_array().map_or(&[][..], Vec::as_slice);
    let place = |ball: &Value| {
        let at = &ball["position"];
        Some((ball["id"].as_u64()?, [at["x"].as_f64()?, at["y"].as_f64()?]))
    };
    balls.iter().filter_map(place).collect()
}

fn open(driver: &str, browser: &Path, viewport: &Viewport) -> Browser {
    let Viewport { width, height, phone, .. } = viewport;
    let mut options = json!({
        "binary": browser,
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            format!("--window-size={width},{height}"),
        ],
    });
    if *phone {
        let metrics = json!({"width": width, "height": height, "pixelRatio": 2.0, "touch": true});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    Browser::open(driver, &json!({"browserName": "chrome", "goog:chromeOptions": options}))
}

/// Returns browser and driver; `None`, with a message, if they are missing and `CI` is not set.
fn browser_and_driver() -> Option<(PathBuf, PathBuf)> {
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(in_path);
    if let (Some(browser), Some(driver)) = (browser, in_path("chromedriver")) {
        return Some((browser, driver));
    }
    let missing = "no chromium and chromedriver in the PATH; on Debian: apt-get install chromium chromium-driver";
    assert!(env::var_os("CI").is_none(), "{missing}");
    // Bypasses the capture of the test's output: a skipped test must not look like a passed one.
    io::stderr().write_all(format!("skipped, {missing}\n").as_bytes()).expect("stderr");
    None
}

fn in_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn driver_address_in(line: &str) -> Option<String> {
    let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
    let port: u16 = port.trim_end_matches('.').parse().ok()?;
    Some(format!("http://127.0.0.1:{port}"))
}

fn address_in(line: &str) -> Option<String> {
    let address = &line[line.find("http://127.0.0.1:")?..];
    let end = address.find(|c: char| !(c.is_ascii_alphanumeric() || ":/.".contains(c))).unwrap_or(address.len());
    Some(address[..end].trim_end_matches(['.', '/']).to_owned())
}

/// Program that is killed on drop.
struct Running(Child);

impl Running {
    /// Starts a program and waits for the line of its output in which `find` finds something.
    fn start(mut command: Command, find: impl Fn(&str) -> Option<String> + Send + 'static) -> (Self, String) {
        let name = command.get_program().display().to_string();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let running = Self(child);
        let (found, wait) = mpsc::channel();
        // Keeps reading after the match: a program blocks if nobody reads its output.
        thread::spawn(move || {
            let mut found = Some(found);
            for line in output.lines().map_while(Result::ok) {
                if let Some(text) = find(&line)
                    && let Some(found) = found.take()
                {
                    found.send(text).ok();
                }
            }
        });
        let text = wait.recv_timeout(START).unwrap_or_else(|_| panic!("{name} did not say where it listens"));
        (running, text)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have exited already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
