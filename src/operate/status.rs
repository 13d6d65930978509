//! Status of the calibration: progress and results of the automatic one, and the picture on the cloth.

use super::{CalibrationHistory, Change, ControlState};
use crate::{
    calibrate::{CalibrationEnded, Procedures},
    show::overlay::Picture,
};
use bevy::prelude::*;
use billiards_calibration::{
    CalibrationSetup, CalibrationSummary, CameraCorners, CornersOrigin, HandFit, MeasuredProjector, OpticsOrigin,
    ProjectorSetup,
};
use billiards_protocol::calibration::{CalibrationProgress, CameraReport, MeasuredPointData, ProjectorReport};
use billiards_table::{Calibration, Lens, TestCard};
use std::{sync::Arc, time::Instant};

/// Status of the automatic calibrations and of the projector's picture.
#[derive(Resource, Debug, Clone, Default, PartialEq)]
pub struct CalibrationStatus {
    /// `true` if the rig can be calibrated automatically; without a projector it can only be calibrated by hand.
    pub by_itself: bool,
    /// Progress of the calibration that runs.
    pub running: Option<CalibrationProgress>,
    /// Reason why the last calibration failed.
    pub last_error: Option<String>,
    /// Origin of the camera's view, if the automatic calibration of this run is in force.
    pub camera: Option<CameraReport>,
    /// Origin of the projector's view, if it was measured.
    pub projector: Option<ProjectorReport>,
    /// `true` while the check pattern is projected.
    pub check_shown: bool,
    /// `true` while the points that are moved by hand are projected.
    pub points_shown: bool,
    /// Test card that is projected.
    pub card: Option<TestCard>,
}

/// Makes the changes of a calibration procedure undoable.
pub(super) fn record_history(
    procedures: Option<Res<Procedures>>,
    mut ended: MessageReader<CalibrationEnded>,
    setup: Res<CalibrationSetup>,
    mut history: ResMut<CalibrationHistory>,
    // Setup before the procedure, or before its end.
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
    // Measuring the lens changes nothing before its end: other changes made meanwhile are recorded separately.
    if !procedures.needs_projector() || before.is_none() {
        *before = Some(setup.clone());
    }
}

pub(super) fn update_status(
    procedures: Option<Res<Procedures>>,
    mut ended: MessageReader<CalibrationEnded>,
    setup: Res<CalibrationSetup>,
    picture: Option<Res<Picture>>,
    (mut status, mut control): (ResMut<CalibrationStatus>, ResMut<ControlState>),
) {
    for ended in ended.read() {
        // Shown in every view: the calibration's tab need not be open.
        control.notice = Some(match ended.failure() {
            Some(why) => format!("not calibrated: {why}"),
            None => "the calibration is done".to_owned(),
        });
    }
    let procedures = procedures.as_deref();
    let running = procedures.and_then(Procedures::progress).cloned();
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

/// Describes the origin of the camera's view as far as the setup knows it.
#[must_use]
pub fn camera_by_setup(setup: &CalibrationSetup, calibration: &Calibration) -> Option<CameraReport> {
    let camera = calibration.camera.as_ref()?;
    let made = setup.camera.map_or(CornersOrigin::Found, |(_, origin)| origin).words();
    let height = camera.eye.map(|[_, _, height]| height);
    let lens = setup.optics.and_then(|optics| match optics.origin {
        OpticsOrigin::Table => describe_distortion(&optics.lens),
        OpticsOrigin::Board => Some(format!(
            "measured with the printed board{}",
            describe_distortion(&optics.lens).map(|words| format!(", {words}")).unwrap_or_default()
        )),
    });
    Some(CameraReport { made: made.to_owned(), lens, height, error_mm: None })
}

/// Describes the origin of the projector's view as far as the setup knows it.
#[must_use]
pub fn projector_by_setup(setup: &CalibrationSetup) -> ProjectorReport {
    let known = setup.projector.as_ref();
    let made = match known.filter(|given| given.size() == setup.projector_size) {
        Some(ProjectorSetup::Measured(measured)) => return projector_by_dots(measured),
        Some(ProjectorSetup::Corners(set)) if !set.points.is_empty() => return projector_by_hand(setup),
        Some(ProjectorSetup::Corners(_)) => "corners set by hand",
        None if known.is_some() => "made for another picture size; the table is assumed to be centred",
        None => "the table is assumed to be centred in the projector's picture",
    };
    ProjectorReport { made: made.to_owned(), rms_mm: None, worst_mm: None, points: Vec::new() }
}

/// Describes points set by hand; with more points than a homography needs, their residuals are known.
fn projector_by_hand(setup: &CalibrationSetup) -> ProjectorReport {
    let set = setup.hand_points();
    let made = format!("{} points set by hand", set.points.len());
    let Ok(HandFit { residuals_mm, outliers, rms_mm, worst_mm, .. }) = set.fit() else {
        return ProjectorReport { made, rms_mm: None, worst_mm: None, points: Vec::new() };
    };
    let points = set.points.iter().zip(residuals_mm).zip(outliers);
    let points = points.map(|((point, residual), outlier)| MeasuredPointData::new(point.table, residual, !outlier));
    ProjectorReport { made, rms_mm: Some(rms_mm), worst_mm: Some(worst_mm), points: points.collect() }
}

/// Describes the distortion of a lens in words; `None` if it has none.
fn describe_distortion(lens: &Lens) -> Option<String> {
    (!lens.is_rectilinear()).then(|| {
        let half = 0.5 * f64::from(lens.size.width.max(lens.size.height)) / lens.focal[0];
        let distortion = half * half * (lens.radial[0] + half * half * lens.radial[1]);
        format!("{:.1} % distortion at the sides, corrected", 100.0 * distortion)
    })
}

fn camera(summary: &Arc<CalibrationSummary>) -> CameraReport {
    let camera = &summary.camera;
    CameraReport {
        made: "measured automatically".into(),
        lens: describe_distortion(&camera.lens),
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

fn projector_by_dots(measured: &MeasuredProjector) -> ProjectorReport {
    let points = measured.points.iter().map(|point| MeasuredPointData::new(point.table, point.error_mm, point.used));
    ProjectorReport {
        made: format!("measured with {} dots", measured.points.iter().filter(|point| point.used).count()),
        // Files of older versions hold the maximum of another sample, which may be less than the root mean square.
        rms_mm: Some(measured.rms_mm),
        worst_mm: Some(measured.worst_mm.max(measured.rms_mm)),
        points: points.collect(),
    }
}
