//! Pictures of the overlay in files, for runs without a window.
//!
//! ```text
//!  frame ──► overlay image ──screenshot──► writer thread ──► overlay_00001.png …   camera_and_overlay.mp4
//!    └──────────── camera picture ────────────┘              or overlay.png and camera_and_overlay.png, replaced
//! ```
//!
//! A screenshot shows the world as it is at the end of the update that requested it and is delivered some updates
//! later. While too many are pending, the [`IngestGate`] is closed: no frame gets ahead of the pictures.

mod error;
mod exporter;
mod picture;
mod video;
mod writer;

pub use error::ExportError;

use crate::{
    sense::{IngestGate, LatestSight},
    show::overlay::OverlayImage,
    stages::PipelineSystems,
};
use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, ScreenshotCaptured},
};
use billiards_table::{Calibration, FrameSize};
use exporter::Exporter;
use picture::Overlay;
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use writer::Backdrop;

/// Pictures that are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportMode {
    /// For finite runs: `overlay_00001.png` and so on, one for each frame, and `camera_and_overlay.mp4`.
    EveryFrame,
    /// For endless runs: `overlay.png` and `camera_and_overlay.png`, each replaced in one step.
    Latest {
        /// Minimum time between two pictures.
        every: Duration,
    },
}

/// Progress of the export. The run may end when the source has ended and [`ExportProgress::is_idle`].
#[derive(Resource, Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportProgress {
    /// Number of pictures on disk.
    pub written: u64,
    /// Number of pictures still to be taken, or taken and not yet on disk.
    pub pending: usize,
    /// Reason why no pictures are written, one line. Endless runs retry; others have lost pictures and end with an
    /// error.
    pub failed: Option<String>,
}

impl ExportProgress {
    /// Returns whether no picture is pending: all are on disk, or never will be. The video is finished at the end of
    /// the run.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.pending == 0 || self.failed.is_some()
    }
}

/// Writes pictures of [`OverlayImage`] and of the camera's frames into a directory.
///
/// Requires the overlay's image output, `LatestSight` with frames, `Calibration` and [`IngestGate`]. Adds
/// [`ExportProgress`].
#[derive(Debug, Clone)]
pub struct ExportPlugin {
    /// Directory of the files; see [`ExportPlugin::prepare`].
    pub dir: PathBuf,
    /// Pictures that are kept.
    pub mode: ExportMode,
    /// Reaction to a picture that cannot be written.
    pub on_failure: OnFailure,
}

/// Reaction to a picture that cannot be written because the disk is full or the directory is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Ends the program with an error: it runs only for the pictures.
    End,
    /// Continues, because somebody plays by the light of the program. [`ExportMode::Latest`] retries;
    /// [`ExportMode::EveryFrame`] writes no more pictures.
    GoOn,
}

impl ExportPlugin {
    /// Creates the directory if necessary, removes the numbered pictures of an earlier run, and checks that a file can
    /// be created in it. Call it before the app starts, so that a wrong path is reported at once.
    ///
    /// # Errors The directory cannot be created or written into.
    pub fn prepare(dir: impl AsRef<Path>) -> Result<(), ExportError> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(|source| ExportError::Create { dir: dir.to_owned(), source })?;
        remove_old(dir).map_err(|source| ExportError::NotWritable { dir: dir.to_owned(), source })?;
        // Opened and written without `tempfile`, whose errors name the temporary file.
        let open = |path: &Path| fs::OpenOptions::new().write(true).create_new(true).open(path);
        let probe = || tempfile::Builder::new().make_in(dir, open)?.as_file_mut().write_all(b"probe");
        probe().map_err(|source| ExportError::NotWritable { dir: dir.to_owned(), source })
    }
}

/// Removes the numbered pictures of an earlier run, which would look like the end of this one.
fn remove_old(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let number = name.strip_prefix("overlay_").and_then(|rest| rest.strip_suffix(".png"));
        if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

impl Plugin for ExportPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<ExportProgress>()
            .insert_resource(Exporter::new(self.dir.clone(), self.mode, self.on_failure))
            .add_observer(take_delivery)
            .add_systems(PreStartup, hold_frames)
            .add_systems(Update, export.in_set(PipelineSystems::Publish))
            .add_systems(Last, finish.run_if(on_message::<AppExit>));
    }
}

fn hold_frames(mut gate: ResMut<IngestGate>) {
    gate.open = false;
}

fn take_delivery(mut delivery: On<ScreenshotCaptured>, mut exporter: ResMut<Exporter>) {
    let (entity, image) = (delivery.entity, &mut delivery.event_mut().image);
    let size = FrameSize { width: image.width(), height: image.height() };
    let overlay = image.data.take().map(|rgba| Overlay { size, rgba });
    exporter.deliver(entity, overlay);
}

fn export(
    mut commands: Commands,
    mut exporter: ResMut<Exporter>,
    mut progress: ResMut<ExportProgress>,
    mut gate: ResMut<IngestGate>,
    (sight, calibration, image): (Res<LatestSight>, Res<Calibration>, Res<OverlayImage>),
    mut exit: MessageWriter<AppExit>,
) {
    let now = Instant::now();
    exporter.updates = exporter.updates.saturating_add(1);
    if let Err(error) = exporter.retry(now).and_then(|()| exporter.forward(now))
        && exporter.fail(&error, now)
    {
        exit.write(AppExit::error());
    }
    exporter.recover();
    exporter.see(sight.0.as_ref().map(|sight| sight.stamp));
    if let Some(sight) = sight.0.as_ref().filter(|sight| exporter.wants(sight.stamp, now)) {
        let backdrop = Backdrop {
            frame: sight.frame.clone(),
            stamp: sight.stamp,
            camera: calibration.camera,
            projector: calibration.projector,
        };
        let entity = commands.spawn((Name::new("Picture of the overlay"), Screenshot::image(image.0.clone()))).id();
        exporter.ask(entity, backdrop, now);
    }
    let (written, pending) = exporter.progress();
    progress.set_if_neq(ExportProgress { written, pending, failed: exporter.last_logged.clone() });
    let open = exporter.takes_frames();
    if gate.open != open {
        gate.open = open;
    }
}

fn finish(mut exporter: ResMut<Exporter>, mut progress: ResMut<ExportProgress>, mut exit: MessageWriter<AppExit>) {
    match exporter.finish() {
        Ok(None) => {}
        Ok(Some(written)) => {
            info!("{written} pictures written to {}", exporter.dir.display());
            *progress = ExportProgress { written, pending: 0, failed: None };
        }
        Err(error) => {
            if exporter.fail(&error, Instant::now()) {
                exit.write(AppExit::error());
            }
            progress.pending = 0;
            progress.failed.clone_from(&exporter.last_logged);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_made_and_tried_beforehand() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let nested = dir.path().join("a/b");
        ExportPlugin::prepare(&nested).expect("made");
        assert_eq!(fs::read_dir(&nested).expect("there").count(), 0, "the probe is gone");
        for name in ["overlay_00007.png", "overlay_mine.png"] {
            fs::write(nested.join(name), "").expect("written");
        }
        ExportPlugin::prepare(&nested).expect("there");
        assert!(!nested.join("overlay_00007.png").exists() && nested.join("overlay_mine.png").exists());
        let file = dir.path().join("file");
        fs::write(&file, "").expect("written");
        let error = ExportPlugin::prepare(&file).expect_err("a file");
        assert!(matches!(error, ExportError::Create { .. }), "{error}");
        assert_eq!(error.to_string().lines().count(), 1);
        // Nobody can create a file there.
        let error = ExportPlugin::prepare("/proc").expect_err("not writable");
        assert!(matches!(error, ExportError::NotWritable { .. }), "{error}");
        assert!(!error.to_string().contains(".tmp"), "{error}");
    }

    #[test]
    fn idle_means_all_is_written_or_never_will_be() {
        let progress =
            |pending, failed: Option<&str>| ExportProgress { written: 1, pending, failed: failed.map(str::to_owned) };
        assert!(progress(0, None).is_idle() && progress(2, Some("disk full")).is_idle());
        assert!(!progress(1, None).is_idle());
    }
}
