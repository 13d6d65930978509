//! What the operator asks for, done in a world without a window.

use super::{
    CalibrationHistory, PanelAction, PanelPlugin, PanelState, SourceChoice,
    apply::{apply_calibration, apply_settings, apply_source, apply_view},
    view::{Layers, Tab},
};
use crate::{
    model::{CameraPoint, FrameSize, ProjectorPoint, ShotSettings, TableChoice, TableKind},
    rig::calibration::{CalibrationSetup, CornersOrigin, Profile},
    sense::{
        SenseOptions, SensePlugin, SenseWorker,
        capture::{CaptureError, Opener},
    },
    show::overlay::{OverlaySwitch, ProjectorOutput, Theme},
};
use bevy::prelude::*;
use std::{path::Path, sync::Arc};

const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

fn nothing() -> Opener {
    Arc::new(|| Err(CaptureError::Missing { path: "table.mp4".into() }))
}

fn app(folder: &Path) -> App {
    let sources = ["one", "other"].map(|name| SourceChoice { name: name.into(), opener: nothing() });
    let plugin = PanelPlugin { profile: folder.join("table.json"), sources: sources.into() };
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, SensePlugin::new(nothing(), None, SenseOptions::default())))
        .add_message::<PanelAction>()
        .insert_resource(PanelState::new(&plugin))
        .init_resource::<CalibrationHistory>()
        .init_resource::<CalibrationSetup>()
        .init_resource::<ShotSettings>()
        .init_resource::<Theme>()
        .init_resource::<OverlaySwitch>()
        .init_resource::<ProjectorOutput>()
        .add_systems(Update, (apply_view, apply_settings, apply_source, apply_calibration).chain());
    app
}

fn ask(app: &mut App, action: PanelAction) {
    app.world_mut().write_message(action);
    app.update();
}

fn setup(app: &App) -> &CalibrationSetup {
    app.world().resource()
}

fn notice(app: &App) -> &str {
    app.world().resource::<PanelState>().notice.as_deref().unwrap_or_default()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

#[test]
fn corners_of_the_projector_are_nudged_undone_and_compared() {
    let dir = folder();
    let mut app = app(dir.path());
    let before = setup(&app).projector_corners();
    ask(&mut app, PanelAction::SelectHandPoint(2));
    ask(&mut app, PanelAction::NudgeProjector { dx: 0.1, dy: -10.0 });
    ask(&mut app, PanelAction::MoveHandPoint(0, ProjectorPoint::new(30.0, 20.0)));
    let after = setup(&app).projector_corners();
    assert!((after.corners[2] - before.corners[2] - euclid::vec2(0.1, -10.0)).length() < 1e-9);
    assert_eq!((after.corners[0], after.corners[1]), (ProjectorPoint::new(30.0, 20.0), before.corners[1]));
    ask(&mut app, PanelAction::Undo);
    assert_eq!(setup(&app).projector_corners().corners[0], before.corners[0]);
    ask(&mut app, PanelAction::Undo);
    assert_eq!(setup(&app).projector, None);
    ask(&mut app, PanelAction::Undo);
    ask(&mut app, PanelAction::Redo);
    ask(&mut app, PanelAction::Redo);
    assert_eq!(setup(&app).projector_corners(), after);
    ask(&mut app, PanelAction::ShowBefore(true));
    assert_eq!(setup(&app).projector_corners().corners[0], before.corners[0]);
    ask(&mut app, PanelAction::ShowBefore(false));
    assert_eq!(setup(&app).projector_corners(), after);
    ask(&mut app, PanelAction::CentreProjector);
    assert_eq!(setup(&app).projector, None);
}

#[test]
fn points_beside_the_corners_are_added_moved_removed_and_undone() {
    let dir = folder();
    let mut app = app(dir.path());
    let chosen = |app: &App| app.world().resource::<PanelState>().hand_point;
    let count = |app: &App| setup(app).hand_points().points.len();
    ask(&mut app, PanelAction::AddHandPoint("centre spot".into()));
    ask(&mut app, PanelAction::AddHandPoint("left spot".into()));
    assert_eq!((count(&app), chosen(&app)), (6, 5), "what was added is chosen");
    let before = setup(&app).hand_points();
    for _ in 0..3 {
        ask(&mut app, PanelAction::NudgeProjector { dx: 1.0, dy: -0.1 });
    }
    let after = setup(&app).hand_points();
    assert!((after.points[5].projector - before.points[5].projector - euclid::vec2(3.0, -0.3)).length() < 1e-9);
    assert_eq!(after.points[..5], before.points[..5]);
    ask(&mut app, PanelAction::Undo);
    assert_eq!(setup(&app).hand_points(), before, "keys in a row are one change");
    ask(&mut app, PanelAction::RemoveHandPoint(4));
    assert_eq!((count(&app), chosen(&app)), (5, 4), "what is chosen is there");
    ask(&mut app, PanelAction::SelectHandPoint(5));
    assert_eq!(chosen(&app), 0, "after the last comes the first");
    for (refused, words) in [
        (PanelAction::AddHandPoint("left spot".into()), "`left spot` cannot be added"),
        (PanelAction::RemoveHandPoint(2), "bottom right corner cannot be removed"),
        (PanelAction::MoveHandPoint(7, ProjectorPoint::zero()), "no point 8"),
    ] {
        ask(&mut app, refused);
        assert!(notice(&app).contains(words), "{words}: {}", notice(&app));
    }
    assert_eq!(count(&app), 5);
    ask(&mut app, PanelAction::SaveProfileAs("points".into()));
    ask(&mut app, PanelAction::CentreProjector);
    assert_eq!((count(&app), setup(&app).projector.clone()), (4, None));
    ask(&mut app, PanelAction::LoadProfile("points".into()));
    assert_eq!(setup(&app).hand_points().points[4].name, "left spot");
}

#[test]
fn corners_that_make_no_table_are_refused() {
    let dir = folder();
    let mut app = app(dir.path());
    let opposite = setup(&app).projector_corners().corners[2] + euclid::vec2(50.0, 50.0);
    ask(&mut app, PanelAction::MoveHandPoint(0, opposite));
    assert_eq!(setup(&app).projector, None);
    assert!(notice(&app).contains("the four corners do not make"), "{}", notice(&app));
    ask(&mut app, PanelAction::MoveHandPoint(9, opposite));
    ask(&mut app, PanelAction::NudgeProjector { dx: 1.0, dy: 0.0 });
    assert_eq!(notice(&app), "", "what was refused is forgotten when the next is done");
}

#[test]
fn corners_of_the_camera_are_given_and_taken_back() {
    let dir = folder();
    let mut app = app(dir.path());
    let corners = [(10., 10.), (1270., 10.), (1270., 640.), (10., 640.)].map(CameraPoint::from);
    ask(&mut app, PanelAction::SetCorners(SIZE, corners));
    assert_eq!(setup(&app).camera.map(|(seen, origin)| (seen.corners, origin)), Some((corners, CornersOrigin::Given)));
    ask(&mut app, PanelAction::SeekTable);
    assert_eq!(setup(&app).camera, None);
    ask(&mut app, PanelAction::SetTable(TableChoice::Kind(TableKind::SevenFoot)));
    ask(&mut app, PanelAction::Undo);
    ask(&mut app, PanelAction::Undo);
    assert_eq!(setup(&app).camera.map(|(seen, _)| seen.corners), Some(corners));
    assert_eq!(setup(&app).table, TableChoice::Auto);
}

#[test]
fn another_window_is_not_undone() {
    let dir = folder();
    let mut app = app(dir.path());
    ask(&mut app, PanelAction::NudgeProjector { dx: 1.0, dy: 0.0 });
    app.world_mut().resource_mut::<CalibrationSetup>().projector_size = FrameSize { width: 1920, height: 1080 };
    ask(&mut app, PanelAction::Undo);
    assert_eq!(setup(&app).projector_size, FrameSize { width: 1920, height: 1080 });
}

#[test]
fn profiles_are_saved_loaded_and_deleted_by_name() {
    let dir = folder();
    let mut app = app(dir.path());
    ask(&mut app, PanelAction::SetTable(TableChoice::Kind(TableKind::EightFoot)));
    ask(&mut app, PanelAction::SaveProfileAs("club".into()));
    assert!(notice(&app).starts_with("saved: "), "{}", notice(&app));
    ask(&mut app, PanelAction::SetTable(TableChoice::Kind(TableKind::SevenFoot)));
    ask(&mut app, PanelAction::SaveProfileAs("bar".into()));
    assert_eq!(app.world().resource::<PanelState>().profiles, ["bar", "club"]);
    ask(&mut app, PanelAction::LoadProfile("club".into()));
    assert_eq!(setup(&app).table, TableChoice::Kind(TableKind::EightFoot));
    ask(&mut app, PanelAction::Undo);
    assert_eq!(setup(&app).table, TableChoice::Kind(TableKind::SevenFoot));
    ask(&mut app, PanelAction::SaveProfile);
    let club = Profile::load(&dir.path().join("club.json")).expect("saved under the name that is in force");
    assert_eq!(club.table, TableChoice::Kind(TableKind::SevenFoot));
    ask(&mut app, PanelAction::DeleteProfile("bar".into()));
    assert_eq!(app.world().resource::<PanelState>().profiles, ["club"]);
}

#[test]
fn bad_profiles_change_nothing_and_say_why() {
    let dir = folder();
    let mut app = app(dir.path());
    std::fs::write(dir.path().join("torn.json"), "{\"version\":").expect("writes");
    std::fs::write(dir.path().join("newer.json"), "{\"version\":7}").expect("writes");
    let before = setup(&app).clone();
    for (action, words) in [
        (PanelAction::LoadProfile("torn".into()), "not a calibration profile"),
        (PanelAction::LoadProfile("newer".into()), "version 7"),
        (PanelAction::LoadProfile("gone".into()), "gone.json"),
        (PanelAction::DeleteProfile("gone".into()), "cannot delete"),
        (PanelAction::SaveProfileAs("../out".into()), "cannot name a profile"),
    ] {
        ask(&mut app, action);
        assert!(notice(&app).contains(words), "{words}: {}", notice(&app));
    }
    assert_eq!(*setup(&app), before);
    assert!(dir.path().join("torn.json").exists());
}

#[test]
fn settings_take_effect_at_once() {
    let dir = folder();
    let mut app = app(dir.path());
    let shot = ShotSettings { strike_speed: 4.0, ..ShotSettings::default() };
    let theme = Theme { brightness: 0.5, ..Theme::default() };
    let output = ProjectorOutput { monitor: Some("HDMI-1".into()), ..ProjectorOutput::default() };
    ask(&mut app, PanelAction::SetShot(shot));
    ask(&mut app, PanelAction::SetTheme(theme));
    ask(&mut app, PanelAction::SetOutput(output.clone()));
    ask(&mut app, PanelAction::SetToggle("Light on the cloth", false));
    let world = app.world();
    assert_eq!((*world.resource::<ShotSettings>(), *world.resource::<Theme>()), (shot, theme));
    assert_eq!((world.resource::<ProjectorOutput>(), world.resource::<OverlaySwitch>().on), (&output, false));
}

#[test]
fn tabs_layers_and_sources_change() {
    let dir = folder();
    let mut app = app(dir.path());
    let layers = Layers { edges: true, ..Layers::default() };
    ask(&mut app, PanelAction::SetLayers(layers));
    ask(&mut app, PanelAction::ShowTab(Tab::Keys));
    let corners = [(10., 10.), (1270., 10.), (1270., 640.), (10., 640.)].map(CameraPoint::from);
    ask(&mut app, PanelAction::SetCorners(SIZE, corners));
    ask(&mut app, PanelAction::OpenSource(0));
    assert!(setup(&app).camera.is_some(), "the same camera hangs where it hung");
    ask(&mut app, PanelAction::OpenSource(7));
    ask(&mut app, PanelAction::OpenSource(1));
    assert!(setup(&app).camera.is_none());
    let state = app.world().resource::<PanelState>();
    assert_eq!((state.tab, state.layers, state.source), (Tab::Keys, layers, 1));
    assert!(app.world().contains_resource::<SenseWorker>());
}
