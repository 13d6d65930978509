//! How the calibration stands: what the automatic one does and has found, and what is on the cloth.

use super::{CalibrationHistory, Change};
use crate::{
    model::{Calibration, TablePoint},
    rig::calibration::{
        CalibrationSetup, CornersOrigin, HandFit, ProjectorSetup,
        automatic::{AutomaticCalibration, CalibrationSummary},
    },
    show::overlay::{Picture, TestCard},
};
use bevy::prelude::*;
use std::{sync::Arc, time::Instant};

/// How the camera's view came about.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraSummary {
    /// How, in words.
    pub made: String,
    /// The lens, in words; `None` where pictures are taken for straight.
    pub lens: Option<String>,
    /// Height of the camera over the bed, metres, where that is known.
    pub height: Option<f64>,
    /// Error to be expected of a ball's place, millimetres, where that is known.
    pub error_mm: Option<f64>,
}

/// A point at which the projector's light was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredPoint {
    /// Where the light should fall.
    pub place: TablePoint,
    /// By how much it falls beside it, millimetres of the table's x and y.
    pub off_mm: [f64; 2],
    /// Whether it counted; outliers do not.
    pub used: bool,
}

impl MeasuredPoint {
    /// How far the light falls beside its place, millimetres.
    #[must_use]
    pub fn error_mm(&self) -> f64 {
        self.off_mm[0].hypot(self.off_mm[1])
    }
}

/// How the projector's view came about.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectorSummary {
    /// How, in words.
    pub made: String,
    /// Root mean square and greatest error over the points that counted, millimetres; `None` where nothing was measured.
    pub error_mm: Option<(f64, f64)>,
    /// The points, as they were measured.
    pub points: Vec<MeasuredPoint>,
}

/// How far a calibration that runs has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// 0 to 1.
    pub share: f32,
    /// What is done now, and what the operator is to do.
    pub words: String,
}

/// What the automatic calibration and the projector's picture tell.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct CalibrationStatus {
    /// Whether the calibration can be done by itself; else there is no projector, and by hand is all there is.
    pub by_itself: bool,
    /// How far it has come, while it runs.
    pub running: Option<Progress>,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// How the camera's view came about, where it was calibrated.
    pub camera: Option<CameraSummary>,
    /// How the projector's view came about, where it was calibrated.
    pub projector: Option<ProjectorSummary>,
    /// Whether the check pattern is on the cloth.
    pub check_shown: bool,
    /// Whether the points that are moved by hand are on the cloth.
    pub points_shown: bool,
    /// The test card that is on the cloth.
    pub card: Option<TestCard>,
}

/// Lets what an automatic calibration has changed be taken back.
pub(super) fn remember(
    automatic: Option<Res<AutomaticCalibration>>,
    setup: Res<CalibrationSetup>,
    mut history: ResMut<CalibrationHistory>,
    mut before: Local<Option<CalibrationSetup>>,
) {
    let Some(automatic) = automatic else { return };
    if automatic.progress().is_some() {
        before.get_or_insert_with(|| setup.clone());
    } else if let Some(before) = before.take()
        && matches!(automatic.last(), Some(Ok(_)))
    {
        history.note(&before, Change::Whole, Instant::now());
    }
}

pub(super) fn tell(
    automatic: Option<Res<AutomaticCalibration>>,
    setup: Res<CalibrationSetup>,
    picture: Option<Res<Picture>>,
    mut status: ResMut<CalibrationStatus>,
) {
    let (Some(automatic), Some(picture)) = (automatic, picture) else { return };
    let running =
        automatic.progress().map(|progress| Progress { share: progress.share as f32, words: progress.words.clone() });
    let last = automatic.last();
    let card = match &*picture {
        Picture::Card(card) => Some(*card),
        _ => None,
    };
    status.set_if_neq(CalibrationStatus {
        by_itself: true,
        running,
        last_error: last.and_then(|last| last.as_ref().err().cloned()),
        camera: last.and_then(|last| last.as_ref().ok()).map(camera),
        projector: projector(&setup),
        check_shown: matches!(*picture, Picture::Check),
        points_shown: matches!(*picture, Picture::Points(_)),
        card,
    });
}

/// How the camera's view came about, as far as the set-up tells.
#[must_use]
pub fn camera_by_setup(setup: &CalibrationSetup, calibration: &Calibration) -> Option<CameraSummary> {
    let camera = calibration.camera.as_ref()?;
    let made = match setup.camera {
        Some((_, CornersOrigin::Given)) => "corners set by hand",
        _ => "corners found in the picture",
    };
    let height = camera.eye.map(|[_, _, height]| height);
    Some(CameraSummary { made: made.to_owned(), lens: None, height, error_mm: None })
}

/// How the projector's view came about, as far as the set-up tells.
#[must_use]
pub fn projector_by_setup(setup: &CalibrationSetup) -> ProjectorSummary {
    let known = setup.projector.as_ref();
    let made = match known.filter(|given| given.size() == setup.projector_size) {
        Some(ProjectorSetup::Corners(set)) if !set.points.is_empty() => return projector_by_hand(setup),
        Some(_) => "corners set by hand",
        None if known.is_some() => "made for another size of picture; the table is thought centred",
        None => "the table is thought centred in its picture",
    };
    ProjectorSummary { made: made.to_owned(), error_mm: None, points: Vec::new() }
}

/// More points than a map needs tell how well it meets them.
fn projector_by_hand(setup: &CalibrationSetup) -> ProjectorSummary {
    let set = setup.hand_points();
    let made = format!("{} points set by hand", set.points.len());
    let Ok(HandFit { misses_mm, outliers, rms_mm, worst_mm, .. }) = set.fit() else {
        return ProjectorSummary { made, error_mm: None, points: Vec::new() };
    };
    let points = set.points.iter().zip(misses_mm).zip(outliers);
    let points = points.map(|((point, off_mm), wrong)| MeasuredPoint { place: point.table, off_mm, used: !wrong });
    ProjectorSummary { made, error_mm: Some((rms_mm, worst_mm)), points: points.collect() }
}

fn camera(summary: &Arc<CalibrationSummary>) -> CameraSummary {
    let (camera, lens) = (&summary.camera, summary.camera.lens);
    let lens = (!lens.is_straight()).then(|| {
        let half = 0.5 * f64::from(lens.size.width.max(lens.size.height)) / lens.focal[0];
        let bends = half * half * (lens.radial[0] + half * half * lens.radial[1]);
        format!("bends by {:.1} % at the sides, straightened", 100.0 * bends)
    });
    CameraSummary {
        made: "measured by itself".into(),
        lens,
        height: Some(camera.focal.pose.eye.z),
        error_mm: Some(1e3 * camera.focal.ball_sigma),
    }
}

fn projector(setup: &CalibrationSetup) -> Option<ProjectorSummary> {
    let measured = setup.measured_projector()?;
    let points = measured.points.iter().map(|point| MeasuredPoint {
        place: point.table,
        off_mm: point.error_mm,
        used: point.used,
    });
    Some(ProjectorSummary {
        made: format!("measured with {} dots", measured.points.iter().filter(|point| point.used).count()),
        error_mm: Some((measured.rms_mm, measured.worst_mm)),
        points: points.collect(),
    })
}
