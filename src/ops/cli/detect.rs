//! `detect`: pictures in, what is seen in them out.

use super::{EXIT_FAILED, Failure};
use crate::{
    model::{BallClass, BallLabel},
    sense::{
        capture::read_picture,
        vision::{BallSet, Detections, Detector},
    },
};
use clap::Args;
use opencv::{core::Mat, imgcodecs};
use serde::Serialize;
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// Finds the table, the balls and the cue in each picture by itself; nothing carries over from one to the next.
#[derive(Debug, Args)]
pub(super) struct DetectArgs {
    /// Pictures of a table, from above or from the side (PNG, JPEG, BMP, TIFF, WebP)
    #[arg(required = true, value_name = "PATH")]
    pictures: Vec<PathBuf>,

    /// Print one JSON object a line, a picture each: {"image", "table": {"corners"} | null, "balls": [{"x", "y", "r",
    /// "label", "class", "in_jaw"}], "cue": {"tip", "butt"} | null, "elapsed_ms"}; pixels of the picture; without a
    /// table "no_table" says why; "colourless": true marks a picture without colour
    #[arg(long)]
    json: bool,

    /// The set of balls: `american`, `tv`, `snooker`, `english`, `auto` to recognise it, or a TOML file like
    /// assets/ball-sets/american.toml
    #[arg(long, value_name = "SET", default_value = "auto")]
    ball_set: String,

    /// Write pictures into this folder of what each stage makes of each picture: to find out why something is not seen
    #[arg(long, value_name = "DIR")]
    debug: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    image: &'a Path,
    table: Option<Table>,
    /// Why there is no table.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_table: Option<String>,
    balls: Vec<Ball>,
    cue: Option<Cue>,
    /// Whether the picture has no colour.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    colourless: bool,
    elapsed_ms: f64,
}

#[derive(Serialize)]
struct Table {
    corners: [[f64; 2]; 4],
}

#[derive(Serialize)]
struct Ball {
    x: f64,
    y: f64,
    r: f64,
    label: BallLabel,
    class: BallClass,
    in_jaw: bool,
}

#[derive(Serialize)]
struct Cue {
    tip: [f64; 2],
    butt: [f64; 2],
}

impl<'a> Answer<'a> {
    fn new(image: &'a Path, seen: &Detections, elapsed_ms: f64) -> Self {
        let balls = seen.balls.iter().map(|ball| Ball {
            x: ball.centre.x,
            y: ball.centre.y,
            r: ball.radius,
            label: ball.label,
            class: ball.class,
            in_jaw: ball.in_jaw,
        });
        Self {
            image,
            table: seen.corners().map(|corners| Table { corners: corners.map(|p| [p.x, p.y]) }),
            no_table: seen.table.err().map(|why| why.to_string()),
            balls: balls.collect(),
            cue: seen.cue.map(|cue| Cue { tip: [cue.tip.x, cue.tip.y], butt: [cue.butt.x, cue.butt.y] }),
            colourless: seen.colourless,
            elapsed_ms,
        }
    }

    fn for_people(&self) -> String {
        let mut text = format!("{}: ", self.image.display());
        let Some(table) = &self.table else {
            return text + "no table: " + self.no_table.as_deref().unwrap_or_default();
        };
        let corners: Vec<String> = table.corners.iter().map(|[x, y]| format!("({x:.1}, {y:.1})")).collect();
        text += &format!("table {}, {} balls, {:.0} ms", corners.join(" "), self.balls.len(), self.elapsed_ms);
        if self.colourless {
            text +=
                "\n  the picture has no colour: table and balls are found by brightness, and hardly a ball has a name";
        }
        for ball in &self.balls {
            text +=
                &format!("\n  {:>7} at ({:7.1}, {:7.1}), radius {:.1}", ball.label.to_string(), ball.x, ball.y, ball.r);
        }
        if let Some(cue) = &self.cue {
            text += &format!(
                "\n  cue tip at ({:.1}, {:.1}), butt at ({:.1}, {:.1})",
                cue.tip[0], cue.tip[1], cue.butt[0], cue.butt[1]
            );
        }
        text
    }
}

/// Writes what each stage makes of a picture, named after it.
fn write_stages(dir: &Path, path: &Path, detector: &mut Detector, picture: &Mat) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)
        .map_err(|e| Failure::usage(format!("cannot make the folder ({e}): {}", dir.display())))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    for (stage, image) in detector.stages(picture).map_err(|e| Failure::failed(format!("{}: {e}", path.display())))? {
        let file = dir.join(format!("{name}-{stage}.png"));
        let text = file.to_string_lossy();
        let written = imgcodecs::imwrite_def(&file, &image);
        if !written.map_err(|e| Failure::failed(format!("cannot write ({}): {text}", e.message)))? {
            return Err(Failure::failed(format!("cannot write: {text}")));
        }
    }
    Ok(())
}

/// Runs the subcommand. A picture that cannot be used is told and left out; the exit code is then 1.
#[expect(clippy::print_stderr, reason = "each bad picture has its line on standard error")]
pub(super) fn run(args: &DetectArgs) -> Result<ExitCode, Failure> {
    let set = BallSet::choose(&args.ball_set).map_err(Failure::usage)?;
    let mut out = io::stdout().lock();
    let mut failed = false;
    for path in &args.pictures {
        let mut complain = |error: &dyn std::fmt::Display| {
            eprintln!("error: {error}");
            failed = true;
        };
        let picture = match read_picture(path) {
            Ok(picture) => picture,
            Err(error) => {
                complain(&error);
                continue;
            }
        };
        let start = Instant::now();
        let seen = match Detector::new(set.clone()).detect(&picture) {
            Ok(seen) => seen,
            Err(error) => {
                complain(&format_args!("{}: {error}", path.display()));
                continue;
            }
        };
        let answer = Answer::new(path, &seen, start.elapsed().as_secs_f64() * 1e3);
        if let Some(dir) = &args.debug {
            write_stages(dir, path, &mut Detector::new(set.clone()), &picture)?;
        }
        let line =
            if args.json { serde_json::to_string(&answer).map_err(Failure::failed)? } else { answer.for_people() };
        match writeln!(out, "{line}") {
            Ok(()) => {}
            // The reader has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(Failure::failed(format!("cannot write to standard output: {error}"))),
        }
    }
    Ok(if failed { ExitCode::from(EXIT_FAILED) } else { ExitCode::SUCCESS })
}
