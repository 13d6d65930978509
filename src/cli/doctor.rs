//! `doctor`: checks this computer and says what to do about what is missing.

use super::{EXIT_FAILED, Failure, graphics, listen, output};
use bevy::{
    a11y::AccessibilityPlugin,
    input::InputPlugin,
    prelude::*,
    window::{ExitCondition, Monitor},
    winit::WinitPlugin,
};
use billiards_capture::{SourceOptions, SourceSpec, libav, open};
use clap::Args;
use opencv::videoio::{self, VideoCaptureAPIs};
use std::{
    fmt, fs,
    net::SocketAddr,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

/// Checks what the trainer needs of this computer and says what to do if something is missing.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub(super) struct DoctorArgs {
    /// Address of the page to check, as for `run`
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000", value_parser = listen::address)]
    listen: SocketAddr,
}

enum Verdict {
    Works,
    /// The trainer runs, with fewer functions.
    Lacks,
    /// The trainer does not run.
    Fails,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Works => "ok",
            Self::Lacks => "missing",
            Self::Fails => "FAILS",
        })
    }
}

struct Finding {
    verdict: Verdict,
    what: &'static str,
    text: String,
}

fn finding(verdict: Verdict, what: &'static str, text: impl Into<String>) -> Finding {
    Finding { verdict, what, text: text.into() }
}

/// Runs the subcommand; the exit code is 1 if the trainer cannot run.
pub(super) fn run(args: &DoctorArgs) -> Result<ExitCode, Failure> {
    let mut fails = false;
    let checks: [&dyn Fn() -> Vec<Finding>; 5] =
        [&opencv_build, &cameras, &adapters, &monitors, &|| vec![port(args.listen)]];
    for check in checks {
        for Finding { verdict, what, text } in check() {
            fails |= matches!(verdict, Verdict::Fails);
            output::print(format_args!("{verdict:<8} {what:<10} {text}"))?;
        }
    }
    Ok(if fails { ExitCode::from(EXIT_FAILED) } else { ExitCode::SUCCESS })
}

fn opencv_build() -> Vec<Finding> {
    let version = opencv::core::get_version_string().unwrap_or_else(|e| format!("of unknown version ({e})"));
    let mut findings = vec![finding(Verdict::Works, "OpenCV", version)];
    // CAP_VFW (Video for Windows) has the number of V4L2, and the bindings have only this name for it.
    let text = "V4L2 (USB cameras)";
    findings.push(if videoio::has_backend(VideoCaptureAPIs::CAP_VFW).unwrap_or(false) {
        finding(Verdict::Works, "OpenCV", format!("supports {text}"))
    } else {
        let text = format!("was built without {text}: install Debian's or Ubuntu's libopencv-dev");
        finding(Verdict::Lacks, "OpenCV", text)
    });
    findings.push(finding(
        Verdict::Works,
        "FFmpeg",
        format!("{}, for video files and network streams", libav::version()),
    ));
    findings
}

fn cameras() -> Vec<Finding> {
    let mut paths: Vec<_> = fs::read_dir("/dev/v4l/by-id")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        // Further interfaces of one camera carry no pictures.
        .filter(|path| path.to_string_lossy().ends_with("index0"))
        .collect();
    if paths.is_empty() {
        let devices = fs::read_dir("/dev").into_iter().flatten().flatten().map(|entry| entry.path());
        paths = devices.filter(|path| path.to_string_lossy().starts_with("/dev/video")).collect();
    }
    paths.sort();
    if paths.is_empty() {
        let text = "none found: plug one in; until then try --source sim, or a video file";
        return vec![finding(Verdict::Lacks, "camera", text)];
    }
    let try_out = |path: std::path::PathBuf| match open(&SourceSpec::Device(path.clone()), &SourceOptions::default()) {
        Ok(source) => finding(Verdict::Works, "camera", format!("--source {} ({})", path.display(), source.describe())),
        Err(error) => finding(Verdict::Lacks, "camera", error.to_string()),
    };
    paths.into_iter().map(try_out).collect()
}

fn adapters() -> Vec<Finding> {
    let found = graphics::adapters();
    if found.is_empty() {
        return vec![finding(Verdict::Fails, "graphics", graphics::NO_ADAPTER)];
    }
    found.into_iter().map(|adapter| finding(Verdict::Works, "graphics", adapter)).collect()
}

fn monitors() -> Vec<Finding> {
    if let Some(reason) = graphics::no_display() {
        return vec![finding(Verdict::Lacks, "monitors", format!("no display ({reason}): the trainer runs headless"))];
    }
    let found = list_monitors();
    let mut findings: Vec<_> = found.iter().map(|text| finding(Verdict::Works, "monitor", text.clone())).collect();
    if found.len() < 2 {
        findings.push(finding(
            Verdict::Lacks,
            "projector",
            "no second monitor: connect the projector and extend the desktop onto it; until then it opens as a window",
        ));
    }
    findings
}

/// Lists the monitors through a short-lived app with a window that is never shown.
fn list_monitors() -> Vec<String> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&found);
    let collect = move |monitors: Query<&Monitor>, mut updates: Local<u32>, mut exit: MessageWriter<AppExit>| {
        *updates += 1;
        if monitors.is_empty() && *updates < 10 {
            return;
        }
        let lines = monitors.iter().map(|monitor| {
            let name = monitor.name.as_deref().unwrap_or("unnamed");
            let place = monitor.physical_position;
            format!("{name}: {} × {} at ({}, {})", monitor.physical_width, monitor.physical_height, place.x, place.y)
        });
        *list.lock().unwrap_or_else(PoisonError::into_inner) = lines.collect();
        exit.write(AppExit::Success);
    };
    let hidden = Window { visible: false, ..default() };
    let window = WindowPlugin { primary_window: Some(hidden), exit_condition: ExitCondition::DontExit, ..default() };
    App::new()
        .add_plugins((MinimalPlugins, InputPlugin, AccessibilityPlugin, window, WinitPlugin::default()))
        .add_systems(Update, collect)
        .run();
    let lines = found.lock().unwrap_or_else(PoisonError::into_inner);
    lines.clone()
}

fn port(address: SocketAddr) -> Finding {
    match billiards_server::bind(address) {
        Ok(_) => finding(Verdict::Works, "port", format!("{address} is free: the page would be at http://{address}/")),
        Err(error) => finding(Verdict::Fails, "port", error.to_string()),
    }
}
