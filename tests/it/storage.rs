//! Files of settings and calibration that are damaged, cannot be written, or are also written by another program.

use crate::rest::{Trainer, until};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
    rc::Rc,
};
use tempfile::{TempDir, tempdir};

const GOOD: &str = "[shot]\nside = 0.1\n";
const PROFILE: &str = "{\"version\": 2, \"table\": \"7ft\"}\n";

/// Creates a folder with settings in it, as the program finds it.
fn folder(files: &[(&str, &[u8])]) -> Rc<TempDir> {
    let folder = Rc::new(tempdir().expect("a temporary directory"));
    let own = folder.path().join("billiards-trainer");
    fs::create_dir(&own).expect("a folder");
    for (name, bytes) in files {
        fs::write(own.join(name), bytes).expect("written");
    }
    folder
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn problems(trainer: &Trainer) -> Vec<String> {
    let health = trainer.get("/api/v1/health").json();
    let problems = health["storage"]["problems"].as_array().expect("a list").clone();
    problems.iter().map(|problem| format!("{}: {}", problem["code"], problem["message"])).collect()
}

fn patch(trainer: &Trainer, patch: Value) {
    let answer = trainer.operate("PATCH", "/api/v1/config", patch);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

fn shot(trainer: &Trainer, name: &str) -> f64 {
    trainer.get("/api/v1/config").json()["shot"][name].as_f64().expect("a number")
}

/// Ends the program gracefully.
fn end(mut trainer: Trainer) {
    let ended = Command::new("kill").args(["-TERM", &trainer.child.id().to_string()]).status().expect("a signal");
    assert!(ended.success());
    trainer.child.wait().expect("it ends");
}

#[test]
fn damaged_files_are_told_everywhere_and_good_copies_are_used() {
    let folder = folder(&[
        ("settings.toml", b""),
        ("settings.toml.before", GOOD.as_bytes()),
        ("club.json", b"{\"version\": 2, \xff"),
        ("club.json.before", PROFILE.as_bytes()),
        (".settings.toml.aB3xYz.tmp", b"[sh"),
    ]);
    let trainer = Trainer::start_in(folder, &["--profile", "club"]);
    assert_eq!(shot(&trainer, "side"), 0.1);
    let (output, log) =
        (trainer.complaints(), trainer.operate("GET", "/api/v1/debug/log?limit=1000", Value::Null).text);
    for (code, file) in [("settings_damaged", "settings.toml.before"), ("calibration_damaged", "club.json.before")] {
        assert!(output.contains(file) && log.contains(file), "{output}{log}");
        assert!(problems(&trainer).iter().any(|line| line.contains(code) && line.contains(file)));
    }
    assert!(!trainer.path(".settings.toml.aB3xYz.tmp").exists());
    patch(&trainer, json!({"shot": {"height": 0.2}}));
    until("the settings were not mended", || text(&trainer.path("settings.toml")).contains("height = 0.2"));
    until("the trouble was not over", || problems(&trainer).iter().all(|line| !line.contains("settings")));
    assert!(text(&trainer.path("settings.toml")).contains("side = 0.1"));
    assert_eq!(text(&trainer.path("settings.toml.before")), GOOD);
}

/// The first command may come with the first update.
#[test]
fn a_change_in_the_first_moments_is_saved() {
    let trainer = Trainer::launch_in(folder(&[("settings.toml", GOOD.as_bytes())]), &[]);
    until("it took no command", || {
        trainer.operate("PATCH", "/api/v1/config", json!({"shot": {"height": 0.2}})).status == 200
    });
    until("the change was lost", || text(&trainer.path("settings.toml")).contains("height = 0.2"));
}

#[test]
fn settings_that_cannot_be_written_are_told_and_written_later() {
    let folder = folder(&[]);
    let (there, gone) = (folder.path().join("club"), folder.path().join("gone"));
    let (real, link) = (folder.path().join("real.toml"), there.join("settings.toml"));
    fs::create_dir(&there).expect("a folder");
    fs::write(&real, GOOD).expect("written");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("a mode");
    symlink(&real, &link).expect("a link");
    let trainer = Trainer::start_in(folder, &["--settings", link.to_str().expect("UTF-8")]);
    // A file in place of the folder: not even root can write there.
    fs::rename(&there, &gone).expect("moved away");
    fs::write(&there, "").expect("written");
    patch(&trainer, json!({"shot": {"height": 0.2}}));
    until("nobody was told", || problems(&trainer).iter().any(|line| line.contains("settings not saved: ")));
    assert_eq!(trainer.get("/api/v1/health").json()["storage"]["settings_saved"], false);
    assert!(trainer.complaints().contains("settings not saved: "));
    fs::remove_file(&there).expect("removed");
    fs::rename(&gone, &there).expect("moved back");
    until("never written", || text(&real).contains("height = 0.2"));
    until("the trouble was not over", || problems(&trainer).is_empty());
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o640);
    // An edit while a change waits to be written: both are kept.
    patch(&trainer, json!({"shot": {"height": 0.3}}));
    fs::write(&real, text(&real).replace("side = 0.1", "side = 0.25 # by hand")).expect("written");
    until("the change was lost", || text(&real).contains("height = 0.3"));
    assert!(text(&real).contains("side = 0.25 # by hand"), "{}", text(&real));
    until("the edit was not taken", || shot(&trainer, "side") == 0.25);
    assert_eq!(shot(&trainer, "height"), 0.3);
}

#[test]
fn a_second_program_does_not_write_until_the_first_has_ended() {
    let folder = folder(&[("settings.toml", GOOD.as_bytes())]);
    let first = Trainer::start_in(Rc::clone(&folder), &[]);
    let second = Trainer::start_in(folder, &[]);
    assert!(!first.complaints().contains("another trainer") && second.complaints().contains("another trainer"));
    assert!(problems(&second).iter().any(|line| line.contains("settings_in_use")));
    patch(&second, json!({"shot": {"height": 0.2}}));
    until("nobody was told", || problems(&second).iter().any(|line| line.contains("settings not saved: ")));
    assert_eq!(text(&second.path("settings.toml")), GOOD);
    patch(&first, json!({"shot": {"side": -0.2}}));
    end(first);
    until("never written", || text(&second.path("settings.toml")).contains("height = 0.2"));
    assert!(text(&second.path("settings.toml")).contains("side = -0.2"));
    until("the edit was not taken", || shot(&second, "side") == -0.2);
    until("the trouble was not over", || problems(&second).is_empty());
    let lock = second.path(".settings.toml.lock");
    assert!(lock.exists());
    end(second);
    assert!(!lock.exists());
}
