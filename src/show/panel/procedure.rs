//! The automatic calibration in the panel: what is asked of it, and what it tells.

use super::{
    CalibrationHistory, CalibrationStatus, CameraSummary, Change, MeasuredPoint, PanelAction, Progress,
    ProjectorSummary,
};
use crate::{
    app::PipelineSystems,
    rig::calibration::{
        CalibrationSetup,
        automatic::{AutomaticCalibration, CalibrationOrder, CalibrationSummary},
    },
    show::overlay::{Picture, TestCard},
};
use bevy::prelude::*;
use std::{sync::Arc, time::Instant};

/// Links the panel with the automatic calibration and the projector's other pictures.
///
/// Needs `PanelPlugin`, `AutomaticCalibrationPlugin` and `OverlayPlugin`.
#[derive(Debug, Clone, Copy, Default)]
pub struct PanelLinkPlugin;

impl Plugin for PanelLinkPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<CalibrationStatus>()
            .add_systems(Update, (obey, remember.after(PipelineSystems::Coach), tell.in_set(PipelineSystems::Publish)));
    }
}

fn obey(
    mut asked: MessageReader<PanelAction>,
    mut orders: MessageWriter<CalibrationOrder>,
    mut picture: ResMut<Picture>,
) {
    for action in asked.read() {
        // Nothing disturbs a calibration at work.
        let free = !matches!(*picture, Picture::Pattern(_));
        match action {
            PanelAction::StartCalibration => {
                orders.write(CalibrationOrder::Start { camera_height: None });
            }
            PanelAction::CancelCalibration => {
                orders.write(CalibrationOrder::Cancel);
            }
            PanelAction::ShowCheck(shown) if free => {
                *picture = if *shown { Picture::Check } else { Picture::Overlay };
            }
            PanelAction::ShowCard(name) if free => {
                let card = name.as_ref().and_then(|name| TestCard::ALL.into_iter().find(|card| card.name() == *name));
                *picture = card.map_or(Picture::Overlay, Picture::Card);
            }
            _ => {}
        }
    }
}

/// Lets what an automatic calibration has changed be taken back.
fn remember(
    automatic: Res<AutomaticCalibration>,
    setup: Res<CalibrationSetup>,
    mut history: ResMut<CalibrationHistory>,
    mut before: Local<Option<CalibrationSetup>>,
) {
    if automatic.progress().is_some() {
        before.get_or_insert_with(|| setup.clone());
    } else if let Some(before) = before.take()
        && matches!(automatic.last(), Some(Ok(_)))
    {
        history.note(&before, Change::Whole, Instant::now());
    }
}

fn tell(
    automatic: Res<AutomaticCalibration>,
    setup: Res<CalibrationSetup>,
    picture: Res<Picture>,
    mut status: ResMut<CalibrationStatus>,
) {
    let running =
        automatic.progress().map(|progress| Progress { share: progress.share as f32, words: progress.words.clone() });
    let last = automatic.last();
    let card = match &*picture {
        Picture::Card(card) => Some(card.name().to_owned()),
        _ => None,
    };
    status.set_if_neq(CalibrationStatus {
        running,
        last_error: last.and_then(|last| last.as_ref().err().cloned()),
        camera: last.and_then(|last| last.as_ref().ok()).map(camera),
        projector: projector(&setup),
        check_shown: matches!(*picture, Picture::Check),
        cards: TestCard::ALL.map(|card| card.name().to_owned()).to_vec(),
        card,
    });
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
