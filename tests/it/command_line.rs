//! The program as a newcomer uses it, including odd input: one line that names the fault, and the right exit code.

use crate::common::{program, shared, trainer};
use billiards_simulation::{Scene, SimulatedRig, SimulationOptions, Truth};
use opencv::{
    core::{CV_8UC3, Mat, Scalar, Vector},
    imgcodecs,
};
use serde_json::Value;
use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
};

/// Returns the lines of the program's standard error.
fn complaints(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// Runs the program and expects it to fail: the code, and one line with all of `parts`.
fn refused(args: &[&str], code: i32, parts: &[&str]) {
    let output = trainer(args);
    let lines = complaints(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {lines:?}");
    let found = lines.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(found, "{args:?}: {lines:?} does not tell of {parts:?}");
    assert!(lines.len() == 1 && !lines.iter().any(|line| line.contains("panicked")), "{args:?}: {lines:?}");
}

fn picture(path: &Path, width: i32, height: i32) {
    let mat = Mat::new_rows_cols_with_default(height, width, CV_8UC3, Scalar::all(90.0)).expect("a picture");
    assert!(imgcodecs::imwrite(path.to_str().expect("UTF-8"), &mat, &Vector::new()).expect("written"));
}

#[test]
fn bad_pictures_are_named_with_what_is_wrong() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    fs::write(path("empty.png"), "").expect("written");
    fs::write(path("text.jpg"), "not a picture").expect("written");
    picture(Path::new(&path("good.png")), 320, 200);
    picture(Path::new(&path("dot.png")), 1, 1);
    picture(Path::new(&path("thread.png")), 20_000, 1);
    let whole = fs::read(path("good.png")).expect("read");
    fs::write(path("half.png"), &whole[..60]).expect("written");
    for (name, part) in [
        ("none.png", "does not exist"),
        ("empty.png", "empty"),
        ("text.jpg", "not a picture"),
        ("half.png", "cut"),
        ("dot.png", "1×1"),
        ("thread.png", "20000×1"),
    ] {
        refused(&["detect", "--json", &path(name)], 2, &["error:", name, part]);
    }
    refused(&["detect", &path("")], 2, &["error:"]);

    // A picture of something else is not an error: it has no table. One bad picture does not stop the others.
    let output = trainer(&["detect", "--json", &path("none.png"), &path("good.png")]);
    assert_eq!(output.status.code(), Some(2));
    let line = String::from_utf8(output.stdout).expect("UTF-8");
    let answer: Value = serde_json::from_str(&line).expect("one line of JSON");
    assert!(answer["table"].is_null() && answer["balls"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn a_run_that_cannot_be_is_refused_before_it_starts() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    fs::write(path("empty.mp4"), "").expect("written");
    fs::write(path("text.mp4"), "not a video").expect("written");
    fs::write(path("broken.json"), "{").expect("written");
    fs::write(path("file"), "").expect("written");
    let run = |args: &[&str], parts: &[&str]| {
        let args: Vec<&str> = ["run", "--headless", "--listen", "127.0.0.1:0"].iter().chain(args).copied().collect();
        refused(&args, 2, parts);
    };
    run(&["--source", &path("none.mp4")], &["none.mp4", "does not exist"]);
    run(&["--source", &path("empty.mp4")], &["empty.mp4", "empty"]);
    run(&["--source", &path("text.mp4")], &["text.mp4"]);
    run(&["--source", "sim:circus"], &["circus", "practice"]);
    run(&["--source", "sim", "--profile", &path("broken.json")], &["broken.json", "profile"]);
    run(&["--source", "sim", "--profile", "club.toml"], &["club.toml", "JSON"]);
    picture(Path::new(&path("table.png")), 320, 200);
    run(&["--source", &path("table.png"), "--calibrate", "--frames", "60"], &["recording", "choose a camera or `sim`"]);
    run(&["--source", "sim", "--ball-set", &path("no.toml")], &["no.toml", "ball set"]);
    run(&["--source", "sim", "--out", &path("file/pictures")], &["file/pictures"]);

    run(&["--source", "sim", "--side", "0.9"], &["side", "0.9", "-0.5 to 0.5"]);
    run(&["--source", "sim", "--side", "0.4", "--height", "0.4"], &["miscue"]);
    run(&["--source", "sim", "--strike-speed", "-3"], &["strike speed (m/s) is -3", "0.05 to 15"]);
    run(&["--source", "sim", "--elevation", "200"], &["--elevation", "elevation (degrees) is 200", "0 to 80"]);
    run(&["--source", "sim", "--aim-error", "-1"], &["aim error (degrees) is -1", "0 to 10"]);
    run(&["--source", "sim", "--speed-error", "1e300"], &["speed error (per cent) is 1e300,", "0 to 100"]);
    run(&["--source", "sim", "--start", "5"], &["--start", "video"]);
    run(&["--source", "camera:77"], &["camera:77", "absent"]);

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    refused(&["run", "--headless", "--source", "sim", "--listen", &address], 2, &[&address, "address in use"]);
}

#[test]
fn the_command_line_itself_is_checked() {
    refused(&["run", "--headless", "--source", "sim", "--fps", "10"], 2, &["--fps", "folder"]);
    for args in
        [&["run", "--table", "12ft"][..], &["run", "--source", "camera:x"], &["run", "--frames", "0"], &["dance"]]
    {
        let output = trainer(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(complaints(&output)[0].starts_with("error:"), "{args:?}");
    }
    let help = trainer(&["run", "--help"]);
    let text = String::from_utf8(help.stdout).expect("UTF-8");
    assert!(help.status.success() && ["--source", "--profile", "--out", "--listen"].iter().all(|o| text.contains(o)));
}

#[test]
fn a_layout_is_predicted_and_an_impossible_one_refused() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("layout.json");
    let file = file.to_str().expect("UTF-8");
    fs::write(file, r#"{"table":"9ft","balls":{"cue":[0.6,0.5],"3":[0.6,1.5]},"cue":{"phi":90}}"#).expect("written");
    let output = trainer(&["predict", file]);
    assert!(output.status.success(), "{:?}", complaints(&output));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("cue: hits 3 (cut 0.0°) at 0.") && text.contains("\n3: is hit by cue"), "{text}");
    let output = trainer(&["predict", "--json", file]);
    assert!(output.status.success(), "{:?}", complaints(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let y = answer["prediction"]["ghost_ball"]["position"][1].as_f64().expect("a ghost ball");
    assert!((y - (1.5 - 0.05715)).abs() < 1e-4, "{y}");
    fs::write(file, r#"{"table":"9ft","balls":{"cue":[0.6,9.5]},"cue":{"phi":90}}"#).expect("written");
    refused(&["predict", file], 2, &["not on the table", file]);
}

/// An impossible shot does not stop the others.
#[test]
fn each_recorded_shot_has_its_line() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("shots.json");
    let cue = r#""cue":{"V0":1.5,"phi":90,"theta":0,"a":0,"b":0}"#;
    let shot = |id: &str, balls: &str, cue: &str| format!(r#"{{"id":"{id}","table":"9ft","balls":{balls},{cue}}}"#);
    let shots = [
        shot("first", r#"{"cue":[0.6,0.5]}"#, cue),
        shot("deep", r#"{"cue":[0.6,0.5],"1":[0.6,0.51]}"#, cue),
        shot("off", r#"{"cue":[0.6,9.5]}"#, cue),
        shot("none", r#"{"1":[0.6,0.5]}"#, cue),
        shot("steep", r#"{"cue":[0.6,0.5]}"#, &cue.replace(r#""theta":0"#, r#""theta":200"#)),
        r#"{"id":"half","table":"9ft"}"#.to_owned(),
        shot("last", r#"{"cue":[0.6,0.5],"1":[0.6,1.5]}"#, cue),
    ];
    fs::write(&file, format!("\u{feff}{{\"shots\":[{}]}}", shots.join(","))).expect("written");
    let file = file.to_str().expect("UTF-8");
    let output = trainer(&["predict", "--shots", file]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> = String::from_utf8(output.stdout.clone())
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let outcomes: Vec<_> =
        lines.iter().map(|line| (line["id"].as_str().expect("a name"), line["error"].as_str())).collect();
    let [first, deep, off, none, steep, half, last] = outcomes[..] else { panic!("seven lines: {outcomes:?}") };
    assert_eq!((first, last), (("first", None), ("last", None)));
    assert!(lines[6]["final"]["cue"]["x"].is_f64());
    for ((id, error), (name, part)) in [deep, off, none, steep, half].into_iter().zip([
        ("deep", "ball 1 and ball cue overlap by 47.1 mm"),
        ("off", "ball cue at (0.6, 9.5) m is not on the table"),
        ("none", "no ball is named `cue`"),
        ("steep", "theta is 200 degrees"),
        ("half", "missing field"),
    ]) {
        assert!(id == name && error.is_some_and(|error| error.contains(part)), "{id}: {error:?}");
    }
    let said = complaints(&output);
    assert!(said.len() == 1 && said[0].contains("5 of 7 shots") && said[0].contains("deep"), "{said:?}");
}

/// Pictures that cannot be read keep their numbers and their lines.
#[test]
fn a_damaged_picture_of_a_folder_is_told_in_its_place() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for name in ["b.png", "d.png"] {
        picture(&dir.path().join(name), 320, 200);
    }
    for name in ["a.png", "c.png", "e.png"] {
        fs::write(dir.path().join(name), "not a picture").expect("written");
    }
    let folder = dir.path().to_str().expect("UTF-8");
    let output = trainer(&["track", "--json", folder]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let numbers: Vec<_> = lines.iter().map(|line| line["frame"].as_u64().expect("a number")).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    for (line, time) in lines.iter().zip([None, Some(0.5), None, Some(1.5), None]) {
        assert_eq!(line["t"].as_f64(), time, "{line}");
        let unread = line["error"].as_str().is_some_and(|error| error.contains("could not be read"));
        assert_eq!(unread, time.is_none(), "{line}");
    }
    let said = complaints(&output);
    for part in ["a.png", "c.png", "e.png", "3 of 5 pictures could not be read", "shown at 2 a second; --fps"] {
        assert!(said.iter().any(|line| line.contains(part)), "{part} is missing: {said:?}");
    }
    let timed = trainer(&["track", "--json", "--fps", "10", folder]);
    assert!(String::from_utf8_lossy(&timed.stdout).contains("\"t\":0.3,"), "{timed:?}");
    // The exit code tells scripts, too.
    let ran = trainer(&["run", "--headless", "--source", folder, "--listen", "127.0.0.1:0"]);
    let said = complaints(&ran);
    assert_eq!(ran.status.code(), Some(1), "{said:?}");
    assert!(said.iter().any(|line| line.contains("3 of 5 pictures could not be read")), "{said:?}");
}

/// Every command, not only those that run an app, ends with the exit code of an interrupted one.
#[test]
fn a_signal_ends_a_command_with_its_code() {
    let program = env!("CARGO_BIN_EXE_billiards-trainer");
    // Started like a background job of a script: Ctrl-C and SIGHUP are ignored.
    let ignoring = ["-c", "trap '' INT HUP; exec \"$0\" predict -", program];
    let mut beside = Command::new("sh");
    beside.args(ignoring).stdout(Stdio::null()).stderr(Stdio::null());
    ends_by_sigterm(&mut beside);
    ends_by_sigterm(&mut self::program(&["predict", "-"]));
}

/// Starts a command that waits for its input, and ends it once it handles SIGTERM.
fn ends_by_sigterm(command: &mut Command) {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let catches_sigterm = || {
        let status = fs::read_to_string(&status).expect("it runs");
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("a mask").trim().to_owned();
        u64::from_str_radix(&caught, 16).expect("a mask") >> 14 & 1 == 1
    };
    crate::rest::until("it does not listen to signals", catches_sigterm);
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill is there").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

/// A profile that does not exist yet is accepted: otherwise a calibration could not be saved under a new name.
#[test]
fn a_profile_may_be_new() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let profile = dir.path().join("new.json");
    let profile = profile.to_str().expect("UTF-8");
    let sim = ["run", "--headless", "--source", "sim:still", "--frames", "2", "--listen", "127.0.0.1:0", "--profile"];
    let output = trainer(&[&sim[..], &[profile]].concat());
    let said = complaints(&output);
    assert_eq!(output.status.code(), Some(0), "{said:?}");
    assert!(said.iter().any(|line| line.contains("no such profile yet") && line.contains("new.json")), "{said:?}");
    // In a missing folder, it is more likely a typing error.
    refused(&[&sim[..], &["/nowhere/new.json"]].concat(), 2, &["/nowhere/new.json"]);
}

/// Creates the files that the tables of failures below name.
fn prepared(dir: &Path) -> impl Fn(&str) -> String {
    let path = {
        let dir = dir.to_path_buf();
        move |name: &str| dir.join(name).to_str().expect("UTF-8").to_owned()
    };
    picture(Path::new(&path("good.png")), 320, 200);
    fs::create_dir(path("pictures")).expect("made");
    picture(Path::new(&path("pictures/a.png")), 320, 200);
    fs::create_dir(path("unreadable")).expect("made");
    fs::write(path("unreadable/a.png"), "not a picture").expect("written");
    fs::write(path("text"), "something else").expect("written");
    fs::write(path("text.mp4"), "something else").expect("written");
    File::create(path("huge")).and_then(|file| file.set_len(2_000_000)).expect("written");
    let layout = r#"{"table":"9ft","balls":{"cue":[0.6,0.5]},"cue":{"phi":90}}"#;
    fs::write(path("layout.json"), layout).expect("written");
    let shot = r#"{"id":"1","table":"9ft","balls":{"cue":[0.6,0.5]},"cue":{"V0":1,"phi":90,"theta":0,"a":0,"b":0}}"#;
    fs::write(path("shots.json"), format!(r#"{{"shots":[{shot}]}}"#)).expect("written");
    let row = |k: i32| {
        let t = f64::from(k) / 30.0;
        format!("{t:.4},cue,0.6,{:.5}\n", 0.3 + 0.8 * t - 0.05 * t * t)
    };
    fs::write(path("tracks.csv"), format!("t,ball,x,y\n{}", (0..60).map(row).collect::<String>())).expect("written");
    path
}

/// Every failure says what and where, with the exit code that `--help` states.
#[test]
fn failures_have_their_codes() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = prepared(dir.path());
    let (good, layout, tracks) = (path("good.png"), path("layout.json"), path("tracks.csv"));
    let (text, video, unreadable) = (path("text"), path("text.mp4"), path("unreadable"));
    let (gone, nowhere) = (path("gone"), path("gone/out"));
    for (args, code, parts) in [
        (&["detect", &gone][..], 2, &["gone", "does not exist"][..]),
        (&["detect", &text], 2, &["text", "not a picture"]),
        (&["detect", dir.path().to_str().expect("UTF-8")], 2, &["not a file"]),
        (&["detect", "--ball-set", &gone, &good], 2, &["gone", "ball set"]),
        (&["detect", "--debug", &path("text/stages"), &good], 2, &["text/stages", "cannot write"]),
        (&["track", &gone], 2, &["gone", "does not exist"]),
        (&["track", &video], 2, &["text.mp4", "not a video"]),
        (&["track", &unreadable], 1, &["none of the 1 pictures", "a.png"]),
        (&["track", "camera:0"], 2, &["run"]),
        (&["predict", &gone], 2, &["gone", "cannot read"]),
        (&["predict", &text], 2, &["text", "not a layout"]),
        (&["predict", "--physics", &gone, &layout], 2, &["gone", "cannot read"]),
        (&["predict", "--physics", &layout, &layout], 2, &["layout.json", "not a fitted table"]),
        (&["predict", "--shots", &gone], 2, &["gone", "cannot read"]),
        (&["predict", "--shots", &layout], 2, &["layout.json", "shots"]),
        (&["fit", &gone], 2, &["gone", "cannot read"]),
        (&["fit", &text], 2, &["text", "header"]),
        (&["fit", &tracks, &tracks], 2, &["tracks.csv", "given twice"]),
        (&["fit", &tracks, "--out", &nowhere], 2, &["gone/out", "cannot write"]),
        (&["fit", &tracks, "--out", "/dev/full"], 1, &["/dev/full", "cannot write"]),
        (&["calibrate", "--board", "/dev/full"], 1, &["/dev/full", "cannot write"]),
        (&["calibrate", "--board", &nowhere], 2, &["gone/out", "cannot write"]),
        (&["calibrate", "--lens", &gone], 2, &["gone", "does not exist"]),
        (&["calibrate", "--auto", "--source", &video], 2, &["recording"]),
        (&["run", "--headless", "--source", &gone], 2, &["gone", "does not exist"]),
        (&["run", "--headless", "--source", "sim", "--physics", &gone], 2, &["gone", "cannot read"]),
        (&["phones", "--listen", "8000"], 2, &["127.0.0.1:8000", "only this computer"]),
        (&["watch", "nonsense"], 2, &["nonsense", "ws://"]),
        (&["watch", "ws://127.0.0.1:1"], 1, &["127.0.0.1:1", "cannot connect"]),
    ] {
        let output = trainer(args);
        let said = complaints(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said:?}");
        let found = said.iter().any(|line| line.starts_with("error: ") && parts.iter().all(|part| line.contains(part)));
        assert!(found, "{args:?}: {said:?} does not tell of {parts:?}");
        assert!(!said.iter().any(|line| line.contains("panicked")), "{args:?}: {said:?}");
    }
}

/// A device, a folder or a huge file in the place of a small one is named as what it is, and not read to its end.
#[test]
fn what_is_no_small_file_is_not_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = prepared(dir.path());
    let (layout, huge, pictures) = (path("layout.json"), path("huge"), path("pictures"));
    let run = ["run", "--headless", "--listen", "127.0.0.1:0", "--source", "sim"];
    for (file, reason) in [
        ("/dev/zero", "it is a device"),
        (huge.as_str(), "it is larger than 1 MB"),
        (pictures.as_str(), "it is a folder"),
    ] {
        let on_run = |option| [&run[..], &[option, file]].concat();
        for (args, words) in [
            (vec!["predict", file], "cannot read the layout"),
            (vec!["predict", "--physics", file, &layout], "cannot read the fitted table"),
            (on_run("--table"), "is not a table"),
            (on_run("--ball-set"), "cannot read the ball set"),
            (on_run("--profile"), "cannot read the profile"),
            (on_run("--settings"), "cannot read the settings"),
            (vec!["fit", "--table", file, &layout], "is not a table"),
        ] {
            let output = trainer(&args);
            let said = complaints(&output);
            assert_eq!(output.status.code(), Some(2), "{args:?}: {said:?}");
            let parts = ["error: ", file, words, reason];
            let found = said.iter().any(|line| parts.iter().all(|part| line.contains(part)));
            assert!(found, "{args:?}: {said:?} does not tell of {parts:?}");
        }
    }
    // These may be large, but end.
    refused(&["predict", "--shots", "/dev/zero"], 2, &["/dev/zero", "cannot read the shots", "it is a device"]);
    refused(&["fit", "/dev/zero"], 2, &["/dev/zero", "cannot read the tracks", "it is a device"]);
}

/// A table, as a layout, may come from another program.
#[test]
fn a_table_is_read_from_a_pipe() {
    let table = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/tables/8ft.toml")).expect("a shipped table");
    let mut cat = Command::new("cat").stdin(table).stdout(Stdio::piped()).spawn().expect("cat is there");
    let pipe = cat.stdout.take().expect("a pipe");
    let mut tracks = tempfile::NamedTempFile::new().expect("a temporary file");
    std::io::Write::write_all(&mut tracks, b"something else").expect("written");
    let name = tracks.path().to_str().expect("UTF-8");
    let output = program(&["fit", "--table", "/dev/stdin", name]).stdin(pipe).output().expect("the program starts");
    let said = complaints(&output);
    assert!(said.len() == 1 && said[0].contains("header") && !said[0].contains("not a table"), "{said:?}");
    assert!(cat.wait().expect("it ends").success());
}

/// Invalid numbers and addresses are rejected with the permitted values.
#[test]
fn options_say_what_is_possible() {
    for (args, parts) in [
        (&["run", "--frames", "-1"][..], &["-1", "--frames", "1 or more"][..]),
        (&["run", "--frames", "1.5"], &["1.5", "--frames", "1 or more"]),
        (&["run", "--seed", "-1"], &["-1", "--seed", "0 to"]),
        (&["run", "--readout", "-5"], &["-5", "--readout", "0 to 100 ms"]),
        (&["run", "--listen", "nonsense"], &["nonsense", "127.0.0.1:8000"]),
        (&["run", "--listen", "localhost"], &["localhost", "127.0.0.1:8000"]),
        (&["doctor", "--listen", "8000000"], &["8000000", "65535"]),
        (&["track", "--frames", "-1", "sim"], &["-1", "--frames", "1 or more"]),
        (&["calibrate", "--auto", "--camera-height", "-2"], &["-2", "--camera-height", "0.5 to 10 m"]),
        (&["watch", "--max-fps", "-1", "ws://localhost:1"], &["-1", "--max-fps", "0.1 to 1000"]),
        (&["watch", "--count", "-1", "ws://localhost:1"], &["-1", "--count", "1 or more"]),
        (&["rig", "report", "--rigs", "-1"], &["-1", "--rigs", "1 to 1000"]),
        (&["fit", "--table", "12ft", "x.csv"], &["12ft", "7ft, 8ft, 9ft"]),
        (
            &["detect", "x.png", "--corners", "1,2", "300,2", "300,200"],
            &["4 values", "--corners", "e.g. --corners 212,160"],
        ),
        (&["detect", "x.png", "--corners"], &["a value is required", "--corners", "e.g. --corners 212,160"]),
        (
            &["detect", "--corners", "1,2", "300,2", "300,200", "x.png"],
            &["x.png", "two numbers", "e.g. --corners 212,160"],
        ),
        (&["track", "sim", "--corners", "1,2", "300,2", "a,200", "1,200"], &["a,200", "e.g. --corners 212,160"]),
        (&["run", "--corners", "1,2", "300,2", "300,200", "1,200", "5,6"], &["5,6", "four corners", "e.g. --corners"]),
    ] {
        let output = trainer(args);
        let said = complaints(&output).join(" ");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{args:?}: {said} does not tell of {parts:?}");
    }
}

/// Writes a picture of the simulated table, and returns its truth.
fn simulated(path: &Path) -> Truth {
    let mut rig = SimulatedRig::new(Scene::Practice, SimulationOptions::default());
    let image = rig.render_at(0.0).expect("a picture");
    assert!(imgcodecs::imwrite(path.to_str().expect("UTF-8"), &image, &Vector::new()).expect("written"));
    rig.truth()
}

/// Corners may be given in any order around the table. They hold for pictures of one size.
#[test]
fn corners_of_the_command_line_fix_the_table() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let (table, other) = (path("a.png"), path("b.png"));
    let truth = simulated(Path::new(&table));
    picture(Path::new(&other), 320, 200);
    let [a, b, c, d] = truth.corners.map(|p| format!("{},{}", p.x, p.y));
    let corners = ["--corners", &c, &b, &a, &d];

    let output = trainer(&[&["detect", "--json", &table, &other][..], &corners].concat());
    let said = complaints(&output);
    assert_eq!(output.status.code(), Some(2), "{said:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    for (i, corner) in truth.corners.iter().enumerate() {
        for (k, expected) in [corner.x, corner.y].into_iter().enumerate() {
            let found = answer["table"]["corners"][i][k].as_f64().expect("a number");
            assert!((found - expected).abs() < 1e-9, "{answer} for {:?}", truth.corners);
        }
    }
    assert_eq!(answer["balls"].as_array().map(Vec::len), Some(truth.balls.len()), "{answer}");
    let parts = ["b.png", "320 × 200 pixels", "the corners are for pictures of 1280 × 720"];
    assert!(said.len() == 1 && parts.iter().all(|part| said[0].contains(part)), "{said:?}");

    let folder = dir.path().to_str().expect("UTF-8");
    let output = trainer(&[&["track", "--json", "--fps", "2"][..], &corners, &[folder]].concat());
    let said = complaints(&output);
    assert_eq!(output.status.code(), Some(1), "{said:?}");
    assert!(said.iter().any(|line| line.contains("1 of 2 frames have another size")), "{said:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [first, second] = &lines[..] else { panic!("two lines: {text}") };
    assert!(first["error"].is_null() && first["balls"].is_array(), "{first}");
    assert!(second["error"].as_str().is_some_and(|error| error.contains("320 × 200 pixels")), "{second}");
}

#[test]
fn corners_that_make_no_table_are_refused_with_an_example() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("good.png");
    picture(&file, 640, 360);
    let file = file.to_str().expect("UTF-8");
    for (corners, part) in [
        (["10,10", "600,10", "10,300", "600,300"], "the sides cross each other"),
        (["10,10", "300,11", "600,12", "10,300"], "corners 1, 2 and 3 lie on one line"),
        (["500,10", "900,10", "900,300", "500,300"], "mostly outside the picture of 640 × 360"),
        (["10,10", "600,10", "600,900", "10,300"], "corner 3 lies far outside the picture of 640 × 360"),
    ] {
        let corners = [&["--corners"][..], &corners].concat();
        let parts = ["--corners", part, "an example: --corners 212,160"];
        refused(&[&["detect", file][..], &corners].concat(), 2, &parts);
        refused(&[&["track", file][..], &corners].concat(), 2, &parts);
        let run = ["run", "--headless", "--listen", "127.0.0.1:0", "--source", file];
        refused(&[&run[..], &corners].concat(), 2, &parts);
    }
    let five = ["detect", "--corners", "10,10", "600,10", "600,300", "10,300", "5,6", file];
    refused(&five, 2, &["--corners", "5,6 is a fifth"]);
}

/// Returns a command line of every command that prints its result to standard output and ends by itself. Each succeeds
/// with the files of [`prepared`], so that a failure of such a command is due to an output that cannot be written.
fn printing_commands(path: &impl Fn(&str) -> String) -> Vec<Vec<String>> {
    let command = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
    vec![
        command(&["--help"]),
        command(&["--version"]),
        command(&["run", "--help"]),
        command(&["detect", &path("good.png")]),
        command(&["detect", "--json", &path("good.png")]),
        command(&["track", &path("pictures")]),
        command(&["track", "--json", &path("pictures")]),
        command(&["predict", &path("layout.json")]),
        command(&["predict", "--json", &path("layout.json")]),
        command(&["predict", "--shots", &path("shots.json")]),
        command(&["fit", &path("tracks.csv"), "--out", &path("fitted.toml")]),
        command(&["calibrate", "--board", &path("board.svg")]),
        command(&["doctor", "--listen", "127.0.0.1:0"]),
    ]
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = prepared(dir.path());
    for args in printing_commands(&path) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let full = File::options().write(true).open("/dev/full").expect("a full disk");
        let output = program(&args).stdout(full).stderr(Stdio::piped()).output().expect("the program starts");
        let said = complaints(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said:?}");
        let found = said.iter().any(|line| line.starts_with("error: cannot write to standard output: "));
        assert!(found, "{args:?}: {said:?}");
    }
    // The other results of a command exist nevertheless.
    assert!(fs::read_to_string(path("fitted.toml")).expect("written").contains("rolling_friction"));
    assert!(fs::read_to_string(path("board.svg")).expect("written").contains("svg"));
}

#[test]
fn a_reader_that_goes_is_no_failure() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = prepared(dir.path());
    for args in printing_commands(&path).into_iter().filter(|args| args[0] != "doctor") {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = program(&args).stdout(writer).stderr(Stdio::piped()).output().expect("the program starts");
        let said = complaints(&output);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said:?}");
        assert!(!said.iter().any(|line| line.contains("error") || line.contains("panicked")), "{args:?}: {said:?}");
    }
}

/// The trainer runs even if the address of its page cannot be printed.
#[test]
fn a_trainer_runs_without_anybody_to_tell() {
    let args = ["run", "--headless", "--source", "sim", "--frames", "3", "--listen", "127.0.0.1:0"];
    let full = || File::options().write(true).open("/dev/full").expect("a full disk");
    let output = program(&args).stdout(full()).stderr(Stdio::piped()).output().expect("the program starts");
    let said = complaints(&output);
    assert_eq!(output.status.code(), Some(0), "{said:?}");
    assert!(said.iter().any(|line| line.starts_with("warning: cannot write to standard output")), "{said:?}");
    let deaf = program(&args).stdout(full()).stderr(full()).status().expect("the program starts");
    assert_eq!(deaf.code(), Some(0));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let gone = program(&args).stdout(writer).stderr(Stdio::piped()).output().expect("the program starts");
    assert_eq!(gone.status.code(), Some(0), "{:?}", complaints(&gone));
    // A failure has its exit code even if its message cannot be printed.
    let code = program(&["detect", "gone.png"]).stderr(full()).status().expect("the program starts").code();
    assert_eq!(code, Some(2));
}

/// Small inputs that once failed.
#[test]
fn tracks_that_say_little_are_fitted_without_harm() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("table.toml");
    for name in ["panic_clip3.csv", "panic_resting_ball.csv", "f_o_dup60.csv", "f_orig.csv"] {
        let Some(tracks) = shared(&format!("cases/csv/{name}")) else { return };
        let tracks = tracks.to_str().expect("UTF-8");
        let output = trainer(&["fit", tracks, "--table", "9ft", "--out", out.to_str().expect("UTF-8")]);
        let said = complaints(&output);
        assert!(!said.iter().any(|line| line.contains("panicked")), "{name}: {said:?}");
        match output.status.code() {
            Some(0) => {
                let text = fs::read_to_string(&out).expect("written");
                let file: toml::Table = text.parse().expect("TOML");
                for (key, default) in
                    [("cushion_restitution", 0.85), ("sliding_friction", 0.2), ("cushion_friction", 0.2)]
                {
                    let line = text.lines().find(|line| line.starts_with(key)).expect("each has a line");
                    let value = file[key].as_float().expect("a number");
                    assert!(!line.contains("default") || value == default, "{name}: {line}");
                    assert!(value < 0.97, "{name}: {line}");
                }
            }
            code => assert!(code == Some(1) && said.len() == 1, "{name}: {said:?}"),
        }
    }
}

/// A recorded file gives the same result on every machine: each frame is processed, and the run ends with the file.
#[test]
fn a_clip_is_run_frame_by_frame_and_ends() {
    let Some(clip) = shared("vision/dev/videos/smartcue_clip1.mp4") else { return };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().to_str().expect("UTF-8");
    let clip = clip.to_str().expect("UTF-8");
    let args = ["run", "--headless", "--source", clip, "--frames", "6", "--out", out, "--listen", "127.0.0.1:0"];
    let output = trainer(&args);
    assert_eq!(output.status.code(), Some(0), "{:?}", complaints(&output));
    let mut files: Vec<_> = fs::read_dir(dir.path())
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    files.sort();
    assert_eq!(files[0], "camera_and_overlay.mp4");
    assert_eq!(files[1..], (1..=6).map(|i| format!("overlay_{i:05}.png")).collect::<Vec<_>>());

    // The player aims from the first frame on: the overlay of the last frame shows a line.
    let picture = imgcodecs::imread(dir.path().join(&files[6]), imgcodecs::IMREAD_COLOR).expect("read");
    let bytes = opencv::prelude::MatTraitConstManual::data_bytes(&picture).expect("bytes");
    assert!(bytes.iter().filter(|v| **v > 200).count() > 1000, "the overlay is dark");
}
