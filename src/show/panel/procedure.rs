//! The automatic calibration in the panel: what is asked of it, and what it tells.

use super::{
    CalibrationHistory, CalibrationStatus, CameraSummary, Change, MeasuredPoint, PanelAction, PanelState, Progress,
    ProjectorSummary, Tab,
};
use crate::{
    app::PipelineSystems,
    rig::calibration::{
        CalibrationSetup,
        automatic::{AutomaticCalibration, CalibrationOrder, CalibrationSummary},
    },
    show::overlay::{Picture, PointsPicture, TestCard},
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
        app.init_resource::<CalibrationStatus>().add_systems(
            Update,
            (
                (obey, keep_points).chain().before(PipelineSystems::Present),
                remember.after(PipelineSystems::Coach),
                tell.in_set(PipelineSystems::Publish),
            ),
        );
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
            // Who moves a point wants to see it on the cloth.
            PanelAction::ShowHandPoints(true)
            | PanelAction::SelectHandPoint(_)
            | PanelAction::MoveHandPoint(..)
            | PanelAction::NudgeProjector { .. }
            | PanelAction::AddHandPoint(_)
            | PanelAction::RemoveHandPoint(_)
                if free && !matches!(*picture, Picture::Points(_)) =>
            {
                *picture = Picture::Points(PointsPicture::default());
            }
            PanelAction::ShowHandPoints(false) if matches!(*picture, Picture::Points(_)) => {
                *picture = Picture::Overlay;
            }
            PanelAction::ShowTab(tab) if *tab != Tab::Calibration && matches!(*picture, Picture::Points(_)) => {
                *picture = Picture::Overlay;
            }
            _ => {}
        }
    }
}

/// Keeps the points on the cloth where they are set.
fn keep_points(setup: Res<CalibrationSetup>, state: Res<PanelState>, mut picture: ResMut<Picture>) {
    if !matches!(*picture, Picture::Points(_)) {
        return;
    }
    let set = setup.hand_points();
    let noses = set.view().map_or_else(
        |_| Vec::new(),
        |view| set.points.iter().take(4).filter_map(|corner| view.from_table.map(corner.table)).collect(),
    );
    let points = set.points.iter().map(|point| point.projector).collect();
    picture.set_if_neq(Picture::Points(PointsPicture { points, chosen: state.hand_point, noses }));
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
        points_shown: matches!(*picture, Picture::Points(_)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{PatternPicture, ProjectorPoint},
        show::panel::PanelPlugin,
    };

    fn app() -> App {
        let mut app = App::new();
        let plugin = PanelPlugin { profile: "table.json".into(), sources: Vec::new() };
        app.add_message::<PanelAction>()
            .add_message::<CalibrationOrder>()
            .insert_resource(PanelState::new(&plugin))
            .init_resource::<CalibrationSetup>()
            .init_resource::<Picture>()
            .add_systems(Update, (obey, keep_points).chain());
        app
    }

    fn ask(app: &mut App, action: PanelAction) -> Picture {
        app.world_mut().write_message(action);
        app.update();
        app.world().resource::<Picture>().clone()
    }

    #[test]
    fn the_chosen_point_is_on_the_cloth_while_points_are_set() {
        let mut app = app();
        app.world_mut().resource_mut::<PanelState>().hand_point = 2;
        let Picture::Points(shown) = ask(&mut app, PanelAction::SelectHandPoint(2)) else { panic!("points") };
        let set = app.world().resource::<CalibrationSetup>().hand_points();
        assert_eq!((shown.chosen, shown.points.len(), shown.noses.len()), (2, 4, 4));
        assert_eq!(shown.points[2], set.points[2].projector);
        // What moves on the cloth is the point itself, and not what all points together make of it.
        let mut setup = app.world_mut().resource_mut::<CalibrationSetup>();
        setup.add_hand_point("centre spot").expect("added");
        let there = ProjectorPoint::new(700.0, 380.0);
        setup.move_hand_point(4, there).expect("moved");
        let Picture::Points(shown) = ask(&mut app, PanelAction::NudgeProjector { dx: 0.0, dy: 0.0 }) else {
            panic!("points")
        };
        assert_eq!(shown.points[4], there);
        assert!(shown.noses.iter().zip(&shown.points).all(|(nose, corner)| (*nose - *corner).length() > 0.5));
        assert_eq!(ask(&mut app, PanelAction::ShowTab(Tab::Health)), Picture::Overlay, "nobody sets points any more");
        assert!(matches!(ask(&mut app, PanelAction::ShowHandPoints(true)), Picture::Points(_)));
        assert_eq!(ask(&mut app, PanelAction::ShowHandPoints(false)), Picture::Overlay);
    }

    #[test]
    fn points_do_not_disturb_a_calibration_at_work() {
        let mut app = app();
        let pattern = Picture::Pattern(PatternPicture::default());
        app.insert_resource(pattern.clone());
        assert_eq!(ask(&mut app, PanelAction::SelectHandPoint(1)), pattern);
    }
}
