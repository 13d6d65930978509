//! The program as a newcomer uses it, odd input included: one line that says what is wrong, an exit code that means it.

use crate::common::{shared, trainer};
use opencv::{
    core::{CV_8UC3, Mat, Scalar, Vector},
    imgcodecs,
};
use serde_json::Value;
use std::{fs, net::TcpListener, path::Path, process::Output};

/// What the program complains of.
fn complaints(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// Runs and expects refusal: the code, and one line with all of `parts`.
fn refused(args: &[&str], code: i32, parts: &[&str]) {
    let output = trainer(args);
    let lines = complaints(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {lines:?}");
    let told = lines.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(told, "{args:?}: {lines:?} does not tell of {parts:?}");
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
        refused(&["detect", "--json", &path(name)], 1, &["error:", name, part]);
    }
    refused(&["detect", &path("")], 1, &["error:"]);

    // A picture of something else is no error: there is no table in it. One bad picture does not stop the others.
    let output = trainer(&["detect", "--json", &path("none.png"), &path("good.png")]);
    assert_eq!(output.status.code(), Some(1));
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
    run(&["--source", "sim", "--start", "5"], &["--start", "video"]);
    run(&["--source", "camera:77"], &["camera:77", "absent"]);

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    refused(&["run", "--headless", "--source", "sim", "--listen", &address], 2, &[&address, "address in use"]);
}

#[test]
fn the_command_line_itself_is_checked() {
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
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let y = answer["prediction"]["ghost_ball"]["position"][1].as_f64().expect("a ghost ball");
    assert!((y - (1.5 - 0.05715)).abs() < 1e-4, "{y}");
    fs::write(file, r#"{"table":"9ft","balls":{"cue":[0.6,9.5]},"cue":{"phi":90}}"#).expect("written");
    refused(&["predict", file], 2, &["not on the table", file]);
}

/// A recorded file comes out the same on every machine: each frame is processed, the run ends by itself.
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

    // The player aims from the first frame on: by the last one there is a line in the light.
    let picture = imgcodecs::imread(dir.path().join(&files[6]), imgcodecs::IMREAD_COLOR).expect("read");
    let bytes = opencv::prelude::MatTraitConstManual::data_bytes(&picture).expect("bytes");
    assert!(bytes.iter().filter(|v| **v > 200).count() > 1000, "the overlay is dark");
}
