//! How the calibration stands: what the automatic one does and has found, and what is on the cloth.

use super::{CalibrationHistory, Change, Desk};
use crate::{
    calibrate::{CalibrationEnded, Procedures},
    model::{Calibration, Lens, TablePoint},
    show::overlay::{Picture, TestCard},
};
use bevy::prelude::*;
use billiards_calibration::{
    CalibrationSetup, CalibrationSummary, CameraCorners, CornersOrigin, HandFit, MeasuredProjector, OpticsOrigin,
    ProjectorSetup,
};
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
    /// Root mean square and greatest error, millimetres: those to expect on the cloth after an automatic calibration, those
    /// of the points that count when they were set by hand; `None` where nothing was measured.
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

/// What the calibrations that go by themselves and the projector's picture tell.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct CalibrationStatus {
    /// Whether the calibration can be done by itself; else there is no projector, and by hand is all there is.
    pub by_itself: bool,
    /// How far it has come, while it runs.
    pub running: Option<Progress>,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// How the camera's view came about, where the automatic calibration of this run is in force.
    pub camera: Option<CameraSummary>,
    /// How the projector's view came about, where it was measured.
    pub projector: Option<ProjectorSummary>,
    /// Whether the check pattern is on the cloth.
    pub check_shown: bool,
    /// Whether the points that are moved by hand are on the cloth.
    pub points_shown: bool,
    /// The test card that is on the cloth.
    pub card: Option<TestCard>,
}

/// Lets what a calibration procedure has changed be taken back.
pub(super) fn remember(
    procedures: Option<Res<Procedures>>,
    mut ended: MessageReader<CalibrationEnded>,
    setup: Res<CalibrationSetup>,
    mut history: ResMut<CalibrationHistory>,
    // What was before the procedure, or before its end.
    mut before: Local<Option<CalibrationSetup>>,
) {
    for ended in ended.read() {
        if let Some(before) = before.take().filter(|_| ended.failure().is_none()) {
            history.note(&before, Change::Whole, Instant::now());
        }
    }
    let Some(procedures) = procedures.filter(|procedures| procedures.progress().is_some()) else {
        *before = None;
        return;
    };
    // The lens changes nothing before its end: what is changed meanwhile is noted by itself.
    if !procedures.needs_projector() || before.is_none() {
        *before = Some(setup.clone());
    }
}

pub(super) fn tell(
    procedures: Option<Res<Procedures>>,
    mut ended: MessageReader<CalibrationEnded>,
    setup: Res<CalibrationSetup>,
    picture: Option<Res<Picture>>,
    (mut status, mut desk): (ResMut<CalibrationStatus>, ResMut<Desk>),
) {
    for ended in ended.read() {
        // Told wherever the operator is: the tab of the calibration need not be open.
        desk.notice = Some(match ended.failure() {
            Some(why) => format!("not calibrated: {why}"),
            None => "the calibration is done".to_owned(),
        });
    }
    let procedures = procedures.as_deref();
    let running = procedures
        .and_then(Procedures::progress)
        .map(|progress| Progress { share: progress.share as f32, words: progress.words.clone() });
    let picture = picture.as_deref();
    let in_force = procedures.and_then(Procedures::rig).filter(|summary| is_in_force(summary, &setup));
    status.set_if_neq(CalibrationStatus {
        by_itself: procedures.is_some_and(Procedures::has_projector),
        last_error: procedures.and_then(Procedures::last_failure).map(str::to_owned),
        running,
        camera: in_force.map(camera),
        projector: setup.measured_projector().map(projector_by_dots),
        check_shown: matches!(picture, Some(Picture::Check)),
        points_shown: matches!(picture, Some(Picture::Points(_))),
        card: match picture {
            Some(Picture::Card(card)) => Some(*card),
            _ => None,
        },
    });
}

/// How the camera's view came about, as far as the set-up tells.
#[must_use]
pub fn camera_by_setup(setup: &CalibrationSetup, calibration: &Calibration) -> Option<CameraSummary> {
    let camera = calibration.camera.as_ref()?;
    let made = setup.camera.map_or(CornersOrigin::Found, |(_, origin)| origin).words();
    let height = camera.eye.map(|[_, _, height]| height);
    let lens = setup.optics.and_then(|optics| match optics.origin {
        OpticsOrigin::Table => bends(&optics.lens),
        OpticsOrigin::Board => Some(format!(
            "measured with the printed board{}",
            bends(&optics.lens).map(|words| format!(", {words}")).unwrap_or_default()
        )),
    });
    Some(CameraSummary { made: made.to_owned(), lens, height, error_mm: None })
}

/// How the projector's view came about, as far as the set-up tells.
#[must_use]
pub fn projector_by_setup(setup: &CalibrationSetup) -> ProjectorSummary {
    let known = setup.projector.as_ref();
    let made = match known.filter(|given| given.size() == setup.projector_size) {
        Some(ProjectorSetup::Measured(measured)) => return projector_by_dots(measured),
        Some(ProjectorSetup::Corners(set)) if !set.points.is_empty() => return projector_by_hand(setup),
        Some(ProjectorSetup::Corners(_)) => "corners set by hand",
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

/// How much a lens bends, in words; `None` where it does not.
fn bends(lens: &Lens) -> Option<String> {
    (!lens.is_straight()).then(|| {
        let half = 0.5 * f64::from(lens.size.width.max(lens.size.height)) / lens.focal[0];
        let bends = half * half * (lens.radial[0] + half * half * lens.radial[1]);
        format!("bends by {:.1} % at the sides, straightened", 100.0 * bends)
    })
}

fn camera(summary: &Arc<CalibrationSummary>) -> CameraSummary {
    let camera = &summary.camera;
    CameraSummary {
        made: "measured by itself".into(),
        lens: bends(&camera.lens),
        height: Some(camera.focal.pose.eye.z),
        error_mm: Some(1e3 * camera.focal.ball_sigma),
    }
}

/// Returns whether what a calibration found of the camera has not been replaced since: by a profile, by hand, by undo.
fn is_in_force(summary: &CalibrationSummary, setup: &CalibrationSetup) -> bool {
    let camera = &summary.camera;
    let corners = CameraCorners { size: camera.lens.size, corners: camera.corners };
    setup.camera == Some((corners, CornersOrigin::Measured)) && setup.lens() == Some(camera.lens)
}

fn projector_by_dots(measured: &MeasuredProjector) -> ProjectorSummary {
    let points = measured.points.iter().map(|point| MeasuredPoint {
        place: point.table,
        off_mm: point.error_mm,
        used: point.used,
    });
    ProjectorSummary {
        made: format!("measured with {} dots", measured.points.iter().filter(|point| point.used).count()),
        // Files of older programs hold the worst of another sample, which may be less than the root mean square.
        error_mm: Some((measured.rms_mm, measured.worst_mm.max(measured.rms_mm))),
        points: points.collect(),
    }
}
