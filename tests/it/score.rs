//! The script of `make score`, with judges that answer what a test tells them to.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output},
};

/// Figures of the judge of detections, as JSON: recall, precision, and the time for a picture, milliseconds.
fn figures(recall: f64, precision: f64, time: f64) -> String {
    format!(
        r#"{{"images": 3, "recall": {recall}, "precision": {precision}, "rms_mm": NaN, "elapsed_ms_median": {time}}}"#
    )
}

/// Summary of the judge of predictions, with this many right shots of ten.
fn summary(right: u32) -> String {
    format!(
        "falls short: steady {right}/10 (worst final 0.1000 mm), chaotic sequences 5/5, breaks 2/2, missing 0; median \
         3.8 us, full table median 14.9 us, worst break 181 us"
    )
}

/// Writes test data of three pictures and some shots, with judges that print these answers.
fn write_data(folder: &Path, pictures: &str, shots: &str) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    for name in ["a", "b", "c"] {
        write(&format!("vision/dev/images/{name}.json"), &format!(r#"{{"image": "{name}.png"}}"#));
    }
    write("physics/shots_dev.json", "{}");
    for (judge, answer) in [("score_detect", pictures), ("score_predict", shots)] {
        write(&format!("score/{judge}.txt"), answer);
        let program =
            format!("import pathlib\nprint(pathlib.Path(__file__).with_name('{judge}.txt').read_text(), end='')\n");
        write(&format!("score/{judge}.py"), &program);
    }
}

/// Runs the script; `None`, with a message on stderr, if there is no Python.
fn score(data: &Path, keep: &Path, args: &[&str]) -> Option<Output> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/score.py");
    let mut command = Command::new("python3");
    command.arg(script).args(["--program", "true", "--keep"]).arg(keep).args(args).env("BILLIARDS_TEST_DATA", data);
    let output = command.output();
    if output.is_err() {
        writeln!(std::io::stderr(), "skipped: no python3 in the PATH").expect("stderr takes a line");
    }
    output.ok()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

const SETS: [&str; 3] = ["--only", "images", "shots"];

#[test]
fn what_has_changed_since_the_last_run_is_marked() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (data, keep) = (dir.path().join("data"), dir.path().join("build/score.json"));
    let before = format!("a.png: missed 3 at 1,2; no table\nb.png: 2 seen as stripe\n{}\n", figures(0.9, 1.0, 80.0));
    write_data(&data, &before, &format!("s1 (break, chaotic): sequence False\n{}\n", summary(9)));
    let Some(output) = score(&data, &keep, &SETS) else { return };
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.ends_with("no earlier run to compare with\n"), "{text}");
    let is_marked = |line: &&str| line.starts_with(['+', '-', '*']);
    assert_eq!(text.lines().find(is_marked), None);

    let now = format!("a.png: no table\nb.png: 2 seen as solid\nc.png: cue missed\n{}\n", figures(0.8, 1.0, 90.0));
    write_data(&data, &now, &format!("{}\n", summary(10)));
    let earlier = dir.path().join("earlier.json");
    fs::copy(&keep, &earlier).expect("copied");
    let output = score(&data, &keep, &SETS).expect("Python is there");
    let text = stdout(&output);
    let rows: Vec<String> = text
        .lines()
        .filter(|line| is_marked(line) || line.starts_with("      before: "))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "- recall 0.8 0.9",
            "+ a.png: no table",
            "before: missed 3 at 1,2; no table",
            "* b.png: 2 seen as solid",
            "before: 2 seen as stripe",
            "- c.png: cue missed",
            "before: ok",
            "+ steady_right 10 9",
            "+ s1 (break, chaotic): ok",
            "before: sequence False",
        ]
    );
    assert!(text.ends_with("3 better (+), 2 worse (-), 1 different (*)\n"), "{text}");

    // The figures that were kept are those of the last run; an earlier one is named.
    let output = score(&data, &keep, &SETS).expect("Python is there");
    assert!(stdout(&output).ends_with("0 better (+), 0 worse (-), 0 different (*)\n"), "{}", stdout(&output));
    let named = ["--before", earlier.to_str().expect("UTF-8"), "--json"];
    let output = score(&data, &keep, &[&SETS[..], &named].concat()).expect("Python is there");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["changes"].as_array().map(Vec::len), Some(6), "{report}");
    assert_eq!(report["now"]["images"]["figures"]["recall"], 0.8);
}

#[test]
fn a_score_that_cannot_be_is_refused_with_what_is_wrong() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (data, keep) = (dir.path().join("data"), dir.path().join("score.json"));
    let Some(output) = score(&data, &keep, &SETS) else { return };
    assert!(output.status.code() == Some(2) && stderr(&output).contains("no test data"), "{}", stderr(&output));

    // A judge that fails does not stop the others, and its set keeps no figures.
    write_data(&data, "nothing\n", &summary(10));
    let output = score(&data, &keep, &SETS).expect("Python is there");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("images: failed: the judge printed no figures"), "{}", stderr(&output));
    let kept = fs::read_to_string(&keep).expect("kept");
    assert!(kept.contains("shots") && !kept.contains("images"), "{kept}");

    let output = score(&data, &keep, &["--only", "tables_side"]).expect("Python is there");
    assert!(
        output.status.code() == Some(2) && stderr(&output).contains("tables_side is missing"),
        "{}",
        stderr(&output)
    );
    fs::write(&keep, "{}").expect("written");
    let output = score(&data, &keep, &SETS).expect("Python is there");
    let said = stderr(&output);
    assert!(output.status.code() == Some(2) && said.contains("not the figures of an earlier run"), "{said}");
}
