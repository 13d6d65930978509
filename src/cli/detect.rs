//! `detect`: prints what is detected in pictures.

use super::{
    Failure,
    ball_set::BallSetArgs,
    corners::{CornersArgs, GivenCorners, describe_misfit},
    output,
};
use billiards_capture::read_picture;
use billiards_table::{BallClass, BallLabel, BallSet, FrameSize, TableQuad};
use billiards_vision::{Detections, Detector};
use clap::Args;
use opencv::{
    core::{Mat, Vector},
    imgcodecs,
    prelude::MatTraitConst,
};
use serde::Serialize;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

/// Detects the table, the balls and the cue in each picture, independently of the other pictures.
#[derive(Debug, Args)]
pub(super) struct DetectArgs {
    /// Pictures of a table, from above or from the side (PNG, JPEG, BMP, TIFF, WebP)
    #[arg(required = true, value_name = "PATH")]
    pictures: Vec<PathBuf>,

    /// Print one JSON object a line, one for each picture: {"image", "table": {"corners"} | null, "balls": [{"x", "y",
    /// "r", "label", "class", "in_jaw"}], "cue": {"tip", "butt"} | null, "elapsed_ms"}; in pixels of the picture;
    /// without a table "no_table" gives the reason; "colourless": true marks a picture without colour
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    corners: CornersArgs,

    #[command(flatten)]
    ball_set: BallSetArgs,

    /// Write the intermediate pictures of each detection stage into this folder, to find out why something is not
    /// detected
    #[arg(long, value_name = "DIR")]
    debug: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    image: String,
    table: Option<Table>,
    /// Reason why there is no table.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_table: Option<String>,
    balls: Vec<Ball>,
    cue: Option<Cue>,
    /// `true` if the picture has no colour.
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

impl Answer {
    fn new(image: &Path, seen: &Detections, elapsed_ms: f64) -> Self {
        let balls = seen.balls.iter().map(|ball| Ball {
            x: ball.centre.x,
            y: ball.centre.y,
            r: ball.radius,
            label: ball.label,
            class: ball.class,
            in_jaw: ball.in_jaw,
        });
        Self {
            image: image.display().to_string(),
            table: seen.corners().map(|corners| Table { corners: corners.map(|p| [p.x, p.y]) }),
            no_table: seen.table.err().map(|why| why.to_string()),
            balls: balls.collect(),
            cue: seen.cue.map(|cue| Cue { tip: [cue.tip.x, cue.tip.y], butt: [cue.butt.x, cue.butt.y] }),
            colourless: seen.colourless,
            elapsed_ms,
        }
    }

    fn to_json(&self) -> Result<String, Failure> {
        serde_json::to_string(self).map_err(|error| Failure::failed(format!("{}: {error}", self.image)))
    }

    fn for_people(&self) -> String {
        let mut text = format!("{}: ", self.image);
        let Some(table) = &self.table else {
            return text + "no table: " + self.no_table.as_deref().unwrap_or_default();
        };
        let corners: Vec<String> = table.corners.iter().map(|[x, y]| format!("({x:.1}, {y:.1})")).collect();
        text += &format!("table {}, {} balls, {:.0} ms", corners.join(" "), self.balls.len(), self.elapsed_ms);
        if self.colourless {
            text +=
                "\n  the picture has no colour: table and balls are found by brightness, and most balls stay unnamed";
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

/// Writer of the stages' pictures to a folder. Pictures of the same name from different folders get a number.
struct Stages<'a> {
    folder: &'a Path,
    names: HashMap<String, usize>,
}

impl<'a> Stages<'a> {
    /// Creates the folder.
    fn new(folder: &'a Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| output::cannot_write(folder, &error))?;
        Ok(Self { folder, names: HashMap::new() })
    }

    /// Writes the result of each stage for a picture, named after the picture.
    fn write(&mut self, path: &Path, detector: &Detector, picture: &Mat) -> Result<(), Failure> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let times = self.names.entry(name.clone()).or_insert(0);
        *times += 1;
        let name = if *times == 1 { name } else { format!("{name}-{times}") };
        let stages = detector.stages(picture).map_err(|e| Failure::failed(format!("{}: {e}", path.display())))?;
        for (stage, image) in stages {
            let file = self.folder.join(format!("{name}-{stage}.png"));
            let mut png = Vector::new();
            // OpenCV's own writer does not report a full disk.
            imgcodecs::imencode_def(".png", &image, &mut png)
                .map_err(|error| Failure::failed(format!("{}: OpenCV: {}", file.display(), error.message)))?;
            output::write_file(&file, png.as_slice())?;
        }
        Ok(())
    }
}

/// Maker of the detectors, a new one for each picture.
struct Detectors {
    set: Option<BallSet>,
    corners: Option<GivenCorners>,
    /// Corners in order, and the size of the pictures that they are for: that of the first one in which they fit.
    fitting: Option<(FrameSize, TableQuad)>,
}

impl Detectors {
    /// Creates the detector for a picture.
    ///
    /// # Errors The corners of the command line are for pictures of another size, or lie outside this one.
    fn make(&mut self, path: &Path, picture: &Mat) -> Result<Detector, Failure> {
        let mut detector = Detector::new(self.set.clone());
        let Some(corners) = &self.corners else { return Ok(detector) };
        let size = FrameSize { width: picture.cols() as u32, height: picture.rows() as u32 };
        let (fitting, quad) = match self.fitting {
            Some(known) => known,
            None => *self.fitting.insert((size, corners.in_picture(size, None)?)),
        };
        if let Some(misfit) = describe_misfit(size, fitting) {
            return Err(Failure::usage(format!("{}: {misfit}, like the first one", path.display())));
        }
        detector.fix_table(size, quad);
        Ok(detector)
    }
}

/// Runs the subcommand. A picture that cannot be used is reported and skipped; the others are processed nevertheless,
/// and the exit code reports the failure.
pub(super) fn run(args: &DetectArgs) -> Result<ExitCode, Failure> {
    let (set, corners) = (args.ball_set.choose()?, args.corners.choose(&args.pictures)?);
    let mut detectors = Detectors { set, corners, fitting: None };
    let mut stages = args.debug.as_deref().map(Stages::new).transpose()?;
    let mut codes = Vec::new();
    let mut complain = |failure: Failure| {
        output::report(format_args!("error: {}", failure.message.unwrap_or_default()));
        codes.push(failure.code);
    };
    for path in &args.pictures {
        match see(path, &mut detectors) {
            Err(failure) => complain(failure),
            Ok((picture, answer)) => {
                output::print(if args.json { answer.to_json()? } else { answer.for_people() })?;
                if let Some(stages) = &mut stages {
                    let written =
                        detectors.make(path, &picture).and_then(|detector| stages.write(path, &detector, &picture));
                    written.unwrap_or_else(&mut complain);
                }
            }
        }
    }
    // A failure of the program is worse than a picture that cannot be used.
    Ok(codes.into_iter().min().map_or(ExitCode::SUCCESS, ExitCode::from))
}

/// Reads one picture and detects what is in it.
fn see(path: &Path, detectors: &mut Detectors) -> Result<(Mat, Answer), Failure> {
    let picture = read_picture(path).map_err(Failure::usage)?;
    let start = Instant::now();
    let seen = detectors.make(path, &picture)?.detect(&picture);
    let seen = seen.map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    let answer = Answer::new(path, &seen, start.elapsed().as_secs_f64() * 1e3);
    Ok((picture, answer))
}
