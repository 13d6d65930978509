//! Tests of the operator's commands in a world without a window.

use super::{ControlPlugin, ControlState, SourceChoice};
use crate::{
    calibrate::CalibrationRequest,
    sense::{SenseOptions, SensePlugin, SenseWorker},
    show::overlay::Picture,
};
use bevy::prelude::*;
use billiards_calibration::{CalibrationSetup, CornersOrigin, Profile};
use billiards_capture::{CaptureError, Opener};
use billiards_table::{
    CameraPoint, FrameSize, HandMark, PatternPicture, ProfileName, ProjectorOutput, ProjectorPoint, TableChoice,
    TableKind, TableName, TableSpec, TestCard,
    command::{
        Command, PointCommand, ProcedureCommand, ProfileCommand, ProjectorCommand, SettingsCommand, SetupCommand,
    },
    settings::Settings,
};
use std::{path::Path, sync::Arc};

const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

fn nothing() -> Opener {
    Arc::new(|| Err(CaptureError::Missing { path: "table.mp4".into() }))
}

fn app(folder: &Path) -> App {
    let sources = ["one", "other"].map(|name| SourceChoice { name: name.into(), opener: nothing() });
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, SensePlugin::new(nothing(), None, SenseOptions::default())))
        .init_resource::<CalibrationSetup>()
        .insert_resource(CalibrationSetup::assumed())
        .init_resource::<Picture>()
        .init_resource::<ProjectorOutput>()
        .add_plugins(ControlPlugin { profile: folder.join("table.json"), sources: sources.into() });
    app
}

fn pattern() -> Picture {
    Picture::Pattern(PatternPicture::even(FrameSize { width: 1280, height: 720 }, 0))
}

fn named(name: &str) -> ProfileName {
    name.parse().expect("a name")
}

fn ask(app: &mut App, command: impl Into<Command>) {
    app.world_mut().write_message::<Command>(command.into());
    app.update();
}

fn setup(app: &App) -> &CalibrationSetup {
    app.world().resource()
}

fn settings(app: &App) -> Settings {
    *app.world().resource()
}

fn notice(app: &App) -> &str {
    app.world().resource::<ControlState>().notice.as_deref().unwrap_or_default()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

#[test]
fn corners_of_the_projector_are_nudged_undone_and_compared() {
    let dir = folder();
    let mut app = app(dir.path());
    let before = setup(&app).projector_corners();
    ask(&mut app, PointCommand::Select(2));
    ask(&mut app, PointCommand::NudgeSelected { dx: 0.1, dy: -10.0 });
    ask(&mut app, PointCommand::Move(0, ProjectorPoint::new(30.0, 20.0)));
    let after = setup(&app).projector_corners();
    assert!((after.corners[2] - before.corners[2] - euclid::vec2(0.1, -10.0)).length() < 1e-9);
    assert_eq!((after.corners[0], after.corners[1]), (ProjectorPoint::new(30.0, 20.0), before.corners[1]));
    ask(&mut app, SetupCommand::Undo);
    assert_eq!(setup(&app).projector_corners().corners[0], before.corners[0]);
    ask(&mut app, SetupCommand::Undo);
    assert_eq!(setup(&app).projector, None);
    ask(&mut app, SetupCommand::Undo);
    ask(&mut app, SetupCommand::Redo);
    ask(&mut app, SetupCommand::Redo);
    assert_eq!(setup(&app).projector_corners(), after);
    ask(&mut app, SetupCommand::ShowBefore(true));
    assert_eq!(setup(&app).projector_corners().corners[0], before.corners[0]);
    ask(&mut app, SetupCommand::ShowBefore(false));
    assert_eq!(setup(&app).projector_corners(), after);
    ask(&mut app, SetupCommand::CentreProjector);
    assert_eq!(setup(&app).projector, None);
}

#[test]
fn points_beside_the_corners_are_added_moved_removed_and_undone() {
    let dir = folder();
    let mut app = app(dir.path());
    let chosen = |app: &App| app.world().resource::<ControlState>().hand_point;
    let count = |app: &App| setup(app).hand_points().points.len();
    ask(&mut app, PointCommand::Add(HandMark::CentreSpot));
    ask(&mut app, PointCommand::Add(HandMark::HeadSpot));
    assert_eq!((count(&app), chosen(&app)), (6, 5), "what was added is chosen");
    let before = setup(&app).hand_points();
    for _ in 0..3 {
        ask(&mut app, PointCommand::NudgeSelected { dx: 1.0, dy: -0.1 });
    }
    let after = setup(&app).hand_points();
    assert!((after.points[5].projector - before.points[5].projector - euclid::vec2(3.0, -0.3)).length() < 1e-9);
    assert_eq!(after.points[..5], before.points[..5]);
    ask(&mut app, SetupCommand::Undo);
    assert_eq!(setup(&app).hand_points(), before, "keys in a row are one change");
    ask(&mut app, PointCommand::Remove(4));
    assert_eq!((count(&app), chosen(&app)), (5, 4), "what is chosen is there");
    ask(&mut app, PointCommand::Select(5));
    assert_eq!(chosen(&app), 4, "there is no such point");
    for (refused, words) in [
        (PointCommand::Add(HandMark::HeadSpot), "`left spot` cannot be added"),
        (PointCommand::Remove(2), "bottom right corner cannot be removed"),
        (PointCommand::Move(7, ProjectorPoint::zero()), "no point 7"),
    ] {
        ask(&mut app, refused);
        assert!(notice(&app).contains(words), "{words}: {}", notice(&app));
    }
    assert_eq!(count(&app), 5);
    ask(&mut app, ProfileCommand::SaveAs(named("points")));
    ask(&mut app, SetupCommand::CentreProjector);
    assert_eq!((count(&app), setup(&app).projector.clone()), (4, None));
    ask(&mut app, ProfileCommand::Load(named("points")));
    assert_eq!(setup(&app).hand_points().points[4].name, "left spot");
}

#[test]
fn the_chosen_point_is_on_the_cloth_while_points_are_set() {
    let dir = folder();
    let mut app = app(dir.path());
    let shown = |app: &App| app.world().resource::<Picture>().clone();
    ask(&mut app, PointCommand::Select(2));
    let Picture::Points(points) = shown(&app) else { panic!("points") };
    let set = setup(&app).hand_points();
    assert_eq!((points.chosen, points.points.len(), points.noses.len()), (2, 4, 4));
    assert_eq!(points.points[2], set.points[2].projector);
    // The projected point itself moves, not its place in the fit of all points.
    let there = ProjectorPoint::new(700.0, 380.0);
    ask(&mut app, PointCommand::Add(HandMark::CentreSpot));
    ask(&mut app, PointCommand::Move(4, there));
    let Picture::Points(points) = shown(&app) else { panic!("points") };
    assert_eq!(points.points[4], there);
    assert!(points.noses.iter().zip(&points.points).all(|(nose, corner)| (*nose - *corner).length() > 0.5));
    ask(&mut app, ProjectorCommand::ShowPoints(false));
    assert_eq!(shown(&app), Picture::Overlay);
    ask(&mut app, ProjectorCommand::ShowPoints(true));
    assert!(matches!(shown(&app), Picture::Points(_)));
    app.insert_resource(pattern());
    ask(&mut app, PointCommand::Select(1));
    assert!(matches!(shown(&app), Picture::Pattern(_)), "a calibration at work is not disturbed");
}

#[test]
fn corners_that_make_no_table_are_refused() {
    let dir = folder();
    let mut app = app(dir.path());
    let opposite = setup(&app).projector_corners().corners[2] + euclid::vec2(50.0, 50.0);
    ask(&mut app, PointCommand::Move(0, opposite));
    assert_eq!(setup(&app).projector, None);
    assert!(notice(&app).contains("the four corners do not make"), "{}", notice(&app));
    ask(&mut app, PointCommand::Move(9, opposite));
    ask(&mut app, PointCommand::NudgeSelected { dx: 1.0, dy: 0.0 });
    assert_eq!(notice(&app), "", "what was refused is forgotten when the next is done");
}

#[test]
fn corners_of_the_camera_are_given_and_taken_back() {
    let dir = folder();
    let mut app = app(dir.path());
    let corners = [(10., 10.), (1270., 10.), (1270., 640.), (10., 640.)].map(CameraPoint::from);
    ask(&mut app, SetupCommand::SetCorners(SIZE, corners));
    assert_eq!(setup(&app).camera.map(|(seen, origin)| (seen.corners, origin)), Some((corners, CornersOrigin::ByHand)));
    ask(&mut app, SetupCommand::SeekTable);
    assert_eq!(setup(&app).camera, None);
    ask(&mut app, SetupCommand::SetTable(TableChoice::Kind(TableKind::SEVEN_FOOT)));
    ask(&mut app, SetupCommand::Undo);
    ask(&mut app, SetupCommand::Undo);
    assert_eq!(setup(&app).camera.map(|(seen, _)| seen.corners), Some(corners));
    assert_eq!(setup(&app).table, TableChoice::Auto);
}

#[test]
fn another_window_is_not_undone() {
    let dir = folder();
    let mut app = app(dir.path());
    ask(&mut app, PointCommand::NudgeSelected { dx: 1.0, dy: 0.0 });
    app.world_mut().resource_mut::<CalibrationSetup>().projector_size = FrameSize { width: 1920, height: 1080 };
    ask(&mut app, SetupCommand::Undo);
    assert_eq!(setup(&app).projector_size, FrameSize { width: 1920, height: 1080 });
}

#[test]
fn profiles_are_saved_loaded_and_deleted_by_name() {
    let dir = folder();
    let mut app = app(dir.path());
    ask(&mut app, SetupCommand::SetTable(TableChoice::Kind(TableKind::EIGHT_FOOT)));
    ask(&mut app, ProfileCommand::SaveAs(named("club")));
    assert!(notice(&app).starts_with("saved: "), "{}", notice(&app));
    ask(&mut app, SetupCommand::SetTable(TableChoice::Kind(TableKind::SEVEN_FOOT)));
    ask(&mut app, ProfileCommand::SaveAs(named("bar")));
    assert_eq!(app.world().resource::<ControlState>().profiles, [named("bar"), named("club")]);
    ask(&mut app, ProfileCommand::Load(named("club")));
    assert_eq!(setup(&app).table, TableChoice::Kind(TableKind::EIGHT_FOOT));
    ask(&mut app, SetupCommand::Undo);
    assert_eq!(setup(&app).table, TableChoice::Kind(TableKind::SEVEN_FOOT));
    ask(&mut app, ProfileCommand::Save);
    let club = Profile::load(&dir.path().join("club.json")).expect("saved under the name that is in force");
    assert_eq!(club.table, TableChoice::Kind(TableKind::SEVEN_FOOT));
    ask(&mut app, ProfileCommand::Delete(named("bar")));
    assert_eq!(app.world().resource::<ControlState>().profiles, [named("club")]);
}

#[test]
fn a_custom_table_is_set_kept_and_taken_back() {
    let dir = folder();
    let mut app = app(dir.path());
    let custom = TableSpec { kind: TableName::Custom, length: 2.4, width: 1.2, ..TableKind::NINE_FOOT.spec() };
    ask(&mut app, SetupCommand::SetTable(TableChoice::Custom(custom)));
    assert_eq!(setup(&app).table_spec(), custom);
    ask(&mut app, ProfileCommand::SaveAs(named("home")));
    let inches = TableSpec { length: 96.0, ..custom };
    ask(&mut app, SetupCommand::SetTable(TableChoice::Custom(inches)));
    assert_eq!(notice(&app), "length is 96: expected 0.4 to 5 metres");
    assert_eq!(setup(&app).table_spec(), custom, "what is refused changes nothing");
    ask(&mut app, SetupCommand::Undo);
    assert_eq!(setup(&app).table, TableChoice::Auto);
    ask(&mut app, SetupCommand::Redo);
    assert_eq!(setup(&app).table, TableChoice::Custom(custom));
    ask(&mut app, SetupCommand::SetTable(TableChoice::Auto));
    ask(&mut app, ProfileCommand::Load(named("home")));
    assert_eq!(setup(&app).table, TableChoice::Custom(custom));
}

#[test]
fn bad_profiles_change_nothing_and_say_why() {
    let dir = folder();
    let mut app = app(dir.path());
    std::fs::write(dir.path().join("torn.json"), "{\"version\":").expect("writes");
    std::fs::write(dir.path().join("newer.json"), "{\"version\":7}").expect("writes");
    let before = setup(&app).clone();
    for (command, words) in [
        (ProfileCommand::Load(named("torn")), "not a calibration profile"),
        (ProfileCommand::Load(named("newer")), "version 7"),
        (ProfileCommand::Load(named("gone")), "gone.json"),
        (ProfileCommand::Delete(named("gone")), "gone.json"),
    ] {
        ask(&mut app, command);
        assert!(notice(&app).contains(words), "{words}: {}", notice(&app));
    }
    assert_eq!(*setup(&app), before);
    assert!(dir.path().join("torn.json").exists());
}

#[test]
fn settings_take_effect_at_once() {
    let dir = folder();
    let mut app = app(dir.path());
    let output = ProjectorOutput { monitor: Some("HDMI-1".into()), ..ProjectorOutput::default() };
    let patch =
        serde_json::json!({"shot": {"strike_speed": 4.0}, "overlay": {"on": false, "theme": {"brightness": 0.5}}});
    ask(&mut app, SettingsCommand::Patch(patch));
    ask(&mut app, ProjectorCommand::SetOutput(output.clone()));
    let Settings { overlay, shot } = settings(&app);
    assert_eq!((shot.strike_speed, overlay.theme.brightness, overlay.on), (4.0, 0.5, false));
    assert_eq!(app.world().resource::<ProjectorOutput>(), &output);
}

#[test]
fn sources_change() {
    let dir = folder();
    let mut app = app(dir.path());
    let corners = [(10., 10.), (1270., 10.), (1270., 640.), (10., 640.)].map(CameraPoint::from);
    ask(&mut app, SetupCommand::SetCorners(SIZE, corners));
    ask(&mut app, Command::OpenSource(0));
    assert!(setup(&app).camera.is_some(), "the same camera hangs where it hung");
    ask(&mut app, Command::OpenSource(7));
    assert!(notice(&app).contains("no source 7"), "{}", notice(&app));
    ask(&mut app, Command::OpenSource(1));
    assert!(setup(&app).camera.is_none());
    assert_eq!(app.world().resource::<ControlState>().source, 1);
    assert!(app.world().contains_resource::<SenseWorker>());
}

#[test]
fn all_settings_are_put_in_force_or_none() {
    let dir = folder();
    let mut app = app(dir.path());
    let patch = serde_json::json!({"overlay": {"on": false, "style": {"fan": true}}, "shot": {"side": 0.2}});
    ask(&mut app, SettingsCommand::Patch(patch));
    let Settings { overlay, shot } = settings(&app);
    assert_eq!((overlay.on, overlay.style.fan, shot.side), (false, true, 0.2));
    let nonsense = serde_json::json!({"overlay": {"on": true}, "shot": {"side": 2.0}});
    ask(&mut app, SettingsCommand::Patch(nonsense));
    assert!(notice(&app).contains("-0.5 to 0.5"), "{}", notice(&app));
    assert!(!settings(&app).overlay.on);
    ask(&mut app, SettingsCommand::Replace(Settings::default()));
    assert_eq!(settings(&app), Settings::default());
}

#[test]
fn a_calibration_at_work_has_the_projector() {
    let dir = folder();
    let mut app = app(dir.path());
    ask(&mut app, ProjectorCommand::ShowCard(Some(TestCard::Grid)));
    assert_eq!(*app.world().resource::<Picture>(), Picture::Card(TestCard::Grid));
    ask(&mut app, ProjectorCommand::ShowCheck(true));
    assert_eq!(*app.world().resource::<Picture>(), Picture::Check);
    let pattern = pattern();
    app.insert_resource(pattern.clone());
    ask(&mut app, ProjectorCommand::ShowCard(None));
    assert_eq!(*app.world().resource::<Picture>(), pattern);
    assert!(notice(&app).contains("until it is done"), "{}", notice(&app));
    // This run cannot calibrate automatically.
    ask(&mut app, ProcedureCommand::Calibrate);
    assert!(notice(&app).contains("no projector"), "{}", notice(&app));
    assert!(app.world().resource::<Messages<CalibrationRequest>>().is_empty());
}
