//! Tests of the panel without a window: its drawing, and its reactions to pointer and keys.

mod fixture;

use super::{picture::inset_corners, style::NAME, *};
use crate::operate::CalibrationStatus;
use bevy_egui::egui::{Context, Event, Key, Modifiers, Pos2, Vec2};
use billiards_capture::SourceStatus;
use billiards_protocol::{
    calibration::CalibrationProgress,
    storage::{StorageIssue, StorageProblem},
};
use billiards_table::{
    PocketId, PocketMouth, ProfileName, ProjectorMode, ProjectorOutput, ProjectorPoint, TableChoice, TableKind,
    TableName, TableSpec, TestCard,
    command::{
        Command, PointCommand, ProcedureCommand, ProfileCommand, ProjectorCommand, SettingsCommand, SetupCommand,
    },
    settings::{Colour, Field, Group, SETTINGS, Setting, Settings},
};
use fixture::{Fixture, SCREEN, SIZE, TALL, click, frame, hand, laid_out, pointer, press};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_lost_camera_says_why() {
    let mut fixture = Fixture::empty();
    fixture.health.status = SourceStatus::Lost { reason: "camera:0 is gone".into(), retry_in: Duration::from_secs(2) };
    let (_, seen) = laid_out(SCREEN, &fixture);
    assert!(seen.says("camera:0 is gone; next try in 2.0 s"), "{:?}", seen.texts);
    assert!(seen.says("waiting for the camera"));
}

#[test]
fn the_bar_names_the_source_once() {
    let description = "camera:0, 1920×1080, 60 fps";
    let reason = format!("{description} stopped delivering pictures");
    for (status, expected) in [
        (SourceStatus::Lost { reason: reason.clone(), retry_in: Duration::from_secs(2) }, &*reason),
        (SourceStatus::Failed(reason.clone()), &reason),
        (SourceStatus::Ended, "camera:0, 1920×1080, 60 fps  ended"),
    ] {
        let mut fixture = Fixture { tab: Tab::Keys, ..Fixture::empty() };
        (fixture.health.status, fixture.health.description) = (status, description.into());
        let (_, seen) = laid_out(SCREEN, &fixture);
        let named: usize = seen.texts.iter().map(|(text, ..)| text.matches("camera:0").count()).sum();
        assert!(named == 1 && seen.says(expected), "{:?}", seen.texts);
    }
}

#[test]
fn nothing_moves_when_somebody_aims() {
    for tab in Tab::ALL {
        let aimed = Fixture { tab, ..Fixture::running() };
        let quiet = Fixture { cue: None, live: None, odds: None, tab, ..Fixture::running() };
        let (aimed, quiet) = (laid_out(TALL, &aimed).1, laid_out(TALL, &quiet).1);
        // A dash replaces a missing value.
        for (text, place, _) in quiet.texts.iter().filter(|(text, ..)| text != "–") {
            let same = aimed.texts.iter().filter(|(other, ..)| other == text);
            let nearest = same.map(|(_, other, _)| (other.min - place.min).length()).fold(f32::MAX, f32::min);
            assert!(nearest == f32::MAX || nearest < 0.5, "{tab:?}: `{text}` moves by {nearest}");
        }
    }
}

#[test]
fn a_calibration_is_told_whichever_tab_is_open() {
    let mut fixture = Fixture::empty();
    fixture.tab = Tab::Source;
    let running = Some(CalibrationProgress { share: 0.4, words: "measuring the dots".to_owned() });
    fixture.procedure = Some(CalibrationStatus { running, ..CalibrationStatus::default() });
    assert!(laid_out(SCREEN, &fixture).1.says("calibrating, 40 %: measuring the dots"));
    fixture.procedure = Some(CalibrationStatus::default());
    assert!(!laid_out(SCREEN, &fixture).1.says("calibrating"));
}

#[test]
fn settings_that_are_not_saved_are_told_until_they_are() {
    let mut fixture = Fixture::empty();
    fixture.tab = Tab::Health;
    assert!(laid_out(SCREEN, &fixture).1.says("settings and calibration are saved"));
    let message = "settings not saved: the disk is full";
    fixture.storage = vec![StorageProblem { code: StorageIssue::SettingsNotSaved, message: message.into() }];
    let (_, seen) = laid_out(SCREEN, &fixture);
    let count = seen.texts.iter().filter(|(text, ..)| text.contains(message)).count();
    assert_eq!(count, 2, "in the tab and in the line of notices: {:?}", seen.texts);
}

#[test]
fn dragging_a_corner_moves_that_corner_only() {
    let fixture = Fixture::running();
    let (context, seen) = laid_out(SCREEN, &fixture);
    let start = seen.handles[0];
    let end = start + Vec2::new(20.0, 0.0);
    frame(&context, SCREEN, &fixture, pointer(start, None));
    frame(&context, SCREEN, &fixture, pointer(start, Some(true)));
    let actions = frame(&context, SCREEN, &fixture, pointer(end, None)).actions;
    let Some(PanelAction::Ask(Command::Setup(SetupCommand::SetCorners(size, corners)))) = actions.first() else {
        panic!("{actions:?}")
    };
    let before = inset_corners(SIZE);
    assert_eq!((*size, &corners[1..]), (SIZE, &before[1..]));
    assert!(corners[0].x > before[0].x + 5.0 && (corners[0].y - before[0].y).abs() < 0.01, "{corners:?}");
}

#[test]
fn every_tab_fits_the_screen() {
    let mut picture = None;
    for mut fixture in [Fixture::empty(), Fixture::busy(), Fixture::running()] {
        for tab in Tab::ALL {
            fixture.tab = tab;
            let (_, seen) = laid_out(SCREEN, &fixture);
            assert!(seen.texts.len() > 20, "{tab:?}");
            assert!(!seen.says(" use of "), "{tab:?}: two widgets have one id");
            assert!(seen.actions.is_empty(), "{tab:?}: looking asks for {:?}", seen.actions);
            for (text, place, cut) in &seen.texts {
                let inside = place.left() >= cut.left() - 1.0 && place.right() <= cut.right() + 1.0;
                assert!(inside, "{tab:?}: `{text}` at {place:?} is cut off at {cut:?}");
                assert!(cut.right() <= SCREEN.x + 1.0 && cut.bottom() <= SCREEN.y + 1.0, "{tab:?}: `{text}`");
            }
            if let Some(corner) = seen.handles.first() {
                assert_eq!(*picture.get_or_insert(*corner), *corner, "{tab:?} moves the picture");
            }
        }
    }
}

#[test]
fn tabs_open_by_click_and_by_key() {
    let fixture = Fixture::running();
    let (context, seen) = laid_out(SCREEN, &fixture);
    let place = seen.place("Health").center();
    assert_eq!(click(&context, SCREEN, &fixture, place), [PanelAction::ShowTab(Tab::Health)]);
    assert_eq!(press(&context, &fixture, Key::Num4, Modifiers::NONE), [PanelAction::ShowTab(Tab::Calibration)]);
}

#[test]
fn layers_turn_by_click_and_by_key() {
    let fixture = Fixture::running();
    let (context, seen) = laid_out(SCREEN, &fixture);
    let edges = PanelAction::SetLayers(Layers { edges: true, ..Layers::default() });
    assert_eq!(click(&context, SCREEN, &fixture, seen.place("Edges").center()), std::slice::from_ref(&edges));
    assert_eq!(press(&context, &fixture, Key::E, Modifiers::NONE), [edges]);
    let dark = Fixture { layers: Layers { noses: false, ..Layers::default() }, ..Fixture::running() };
    assert!(laid_out(SCREEN, &dark).1.handles.is_empty());
}

/// Returns the settings after a click.
fn after_click(context: &Context, fixture: &Fixture, at: Pos2, what: &str) -> Settings {
    let actions = click(context, TALL, fixture, at);
    let Some(PanelAction::Ask(Command::Settings(SettingsCommand::Patch(patch)))) = actions.first() else {
        panic!("{what}: {actions:?}")
    };
    fixture.settings.patched(patch).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn every_setting_can_be_changed_and_brought_back() {
    for setting in &SETTINGS {
        let tab = if setting.path.starts_with("shot.") { Tab::Prediction } else { Tab::Overlay };
        let mut fixture = Fixture { tab, ..Fixture::running() };
        let usual = fixture.settings;
        // Names occur under more than one heading.
        let place = |seen: &fixture::Frame| {
            let all: Vec<_> = Group::ALL.iter().flat_map(|group| group.settings()).collect();
            let on_tab = |other: &&&Setting| (other.path.starts_with("shot.")) == (tab == Tab::Prediction);
            let before = all.iter().take_while(|other| other.path != setting.path).filter(on_tab);
            seen.places(setting.label)[before.filter(|other| other.label == setting.label).count()]
        };
        let (context, seen) = laid_out(TALL, &fixture);
        let row = place(&seen).left_center();
        match &setting.field {
            Field::Switch(_) => fixture.settings = after_click(&context, &fixture, row, setting.path),
            // Four fifths along the slider.
            Field::Number(..) => {
                let at = row + Vec2::new(NAME + 6.0 + 0.8 * 98.0, 0.0);
                fixture.settings = after_click(&context, &fixture, at, setting.path);
            }
            Field::Colour(of) => *of(&mut fixture.settings) = Colour::new(1, 2, 3),
        }
        assert_ne!(fixture.settings, usual, "{}", setting.path);
        let mut expected = usual;
        if let Some(Setting { field: Field::Switch(of), .. }) = setting.overrides.and_then(Setting::find) {
            // Turned off by the change, even to the default.
            *of(&mut expected) = false;
        }
        let (context, _) = laid_out(TALL, &fixture);
        let back = match &setting.field {
            Field::Switch(_) => row,
            _ => row + Vec2::new(NAME + 98.0 + 78.0 + 18.0 + 11.0, 0.0),
        };
        assert_eq!(after_click(&context, &fixture, back, setting.path), expected, "{}", setting.path);
    }
}

#[test]
fn switches_and_choices_act() {
    let cases: [(Tab, &str, PanelAction); 14] = [
        (Tab::Overlay, "Light on the cloth", SettingsCommand::Patch(json!({"overlay": {"on": false}})).into()),
        (
            Tab::Overlay,
            "Close the window",
            ProjectorCommand::SetOutput(ProjectorOutput { open: false, ..Fixture::busy().output }).into(),
        ),
        (
            Tab::Overlay,
            "Window",
            ProjectorCommand::SetOutput(ProjectorOutput { mode: ProjectorMode::Windowed, ..Fixture::busy().output })
                .into(),
        ),
        (Tab::Table, "American, 8 ft, 21 %", SetupCommand::SetTable(TableChoice::Kind(TableKind::EIGHT_FOOT)).into()),
        (Tab::Table, "Find again", SetupCommand::SeekTable.into()),
        (Tab::Source, "camera:0", Command::OpenSource(0).into()),
        (Tab::Calibration, "Undo", SetupCommand::Undo.into()),
        (Tab::Calibration, "Redo", SetupCommand::Redo.into()),
        (Tab::Calibration, "Before", SetupCommand::ShowBefore(true).into()),
        (Tab::Calibration, "Centre", SetupCommand::CentreProjector.into()),
        (Tab::Calibration, "Check pattern", ProjectorCommand::ShowCheck(true).into()),
        (Tab::Calibration, "grid", ProjectorCommand::ShowCard(Some(TestCard::Grid)).into()),
        (Tab::Calibration, "Cancel", ProcedureCommand::Cancel.into()),
        (Tab::Calibration, "3", PointCommand::Select(2).into()),
    ];
    for (tab, words, expected) in cases {
        let fixture = Fixture { tab, ..Fixture::running() };
        let (context, seen) = laid_out(TALL, &fixture);
        assert_eq!(click(&context, TALL, &fixture, seen.place(words).center()), [expected], "{words}");
    }
}

fn custom(kind: TableKind) -> Fixture {
    let table = TableSpec { kind: TableName::Custom, ..kind.spec() };
    Fixture { tab: Tab::Table, choice: TableChoice::Custom(table), ..Fixture::running() }
}

/// Returns the table that is put in force, the only action.
fn set_table(actions: &[PanelAction]) -> TableChoice {
    match actions {
        [PanelAction::Ask(Command::Setup(SetupCommand::SetTable(wanted)))] => *wanted,
        _ => panic!("{actions:?}"),
    }
}

#[test]
fn any_table_is_chosen_from_the_list() {
    let fixture = Fixture { tab: Tab::Table, ..Fixture::running() };
    let (context, seen) = laid_out(TALL, &fixture);
    assert!(seen.says("This table is judged from the balls."));
    click(&context, TALL, &fixture, seen.place("auto: American, 9 ft").center());
    frame(&context, TALL, &fixture, Vec::new());
    let open = frame(&context, TALL, &fixture, Vec::new());
    for kind in TableKind::all() {
        assert_eq!(open.places(kind.title()).len(), 1, "{kind}");
    }
    let wanted = set_table(&click(&context, TALL, &fixture, open.place("Snooker, 12 ft").center()));
    assert_eq!(wanted, TableChoice::Kind(TableKind::named("snooker-12ft").expect("shipped")));
}

#[test]
fn facts_are_those_of_the_table() {
    let shows = |name: &str, words: &str| {
        let choice = TableChoice::Kind(TableKind::named(name).expect("shipped"));
        let fixture = Fixture { tab: Tab::Table, choice, ..Fixture::running() };
        laid_out(TALL, &fixture).1.says(words)
    };
    assert!(shows("9ft", "side pocket") && !shows("9ft", "cue ball"));
    assert!(shows("english-7ft", "47.60 mm across"));
    assert!(!shows("carom-match", "side pocket") && !shows("carom-match", "judged from the balls"));
}

#[test]
fn pots_are_told_of_where_there_are_pockets() {
    let frames = |name: &str| {
        let choice = TableChoice::Kind(TableKind::named(name).expect("shipped"));
        [Tab::Prediction, Tab::Overlay].map(|tab| laid_out(TALL, &Fixture { tab, choice, ..Fixture::running() }).1)
    };
    let (pool, carom) = (frames("9ft"), frames("carom-match"));
    for words in ["pots", "scratch", "Scratch", "Make %", "Pocket rings", "jaws"] {
        let says = |frames: &[fixture::Frame]| frames.iter().any(|seen| !seen.places(words).is_empty());
        assert!(says(&pool) && !says(&carom), "{words}");
    }
    assert!(pool[0].says("The chances on the cloth") && !carom[0].says("chances"));
}

#[test]
fn a_custom_table_is_put_in_force_when_a_drag_ends() {
    let fixture = custom(TableKind::NINE_FOOT);
    let (context, seen) = laid_out(TALL, &fixture);
    // The value is right of the name.
    let field = seen.place("Length").left_center() + Vec2::new(NAME + 20.0, 0.0);
    let act = |by: f32, pressed| frame(&context, TALL, &fixture, pointer(field + Vec2::new(by, 0.0), pressed)).actions;
    act(0.0, None);
    act(0.0, Some(true));
    for by in [10.0, 20.0, 30.0] {
        assert_eq!(act(by, None), [], "nothing is sent while it is dragged");
    }
    let mut actions = act(30.0, Some(false));
    actions.extend(act(30.0, None));
    let TableChoice::Custom(sent) = set_table(&actions) else { panic!("{actions:?}") };
    let before = TableKind::NINE_FOOT.spec();
    assert!(sent.length > before.length + 0.01 && sent.width == before.width, "{sent:?}");
    assert_eq!(act(30.0, None), [], "it is sent once");
}

#[test]
fn an_impossible_table_is_told_and_not_put_in_force() {
    let fixture = custom(TableKind::NINE_FOOT);
    let (context, seen) = laid_out(TALL, &fixture);
    let field = seen.place("Ball").left_center() + Vec2::new(NAME + 20.0, 0.0);
    assert_eq!(click(&context, TALL, &fixture, field), []);
    frame(&context, TALL, &fixture, Vec::new());
    frame(&context, TALL, &fixture, vec![Event::Text("80".into())]);
    let enter = |pressed| Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    let entered = frame(&context, TALL, &fixture, vec![enter(true), enter(false)]);
    let told = frame(&context, TALL, &fixture, Vec::new());
    assert_eq!((entered.actions, &told.actions[..]), (Vec::new(), &[][..]));
    assert!(told.says("nose_height is 0.036576: expected 0.04 to 0.072 metres"), "{:?}", told.texts);
    assert_eq!(click(&context, TALL, &fixture, told.place("Discard").center()), []);
    assert!(!frame(&context, TALL, &fixture, Vec::new()).says("nose_height"));
}

#[test]
fn pockets_are_taken_away_and_their_mouths_with_them() {
    let fixture = custom(TableKind::NINE_FOOT);
    let (context, seen) = laid_out(TALL, &fixture);
    assert!(seen.says("Corner pocket") && seen.says("Side pocket"));
    let mut actions = click(&context, TALL, &fixture, seen.place("Pockets").center());
    let after = frame(&context, TALL, &fixture, Vec::new());
    actions.extend(after.actions.clone());
    assert_eq!(set_table(&actions).spec().map(|table| table.pockets), Some(None));
    let after = frame(&context, TALL, &fixture, Vec::new());
    assert!(!after.says("Corner pocket") && after.cushions == 4, "{}", after.cushions);
}

#[test]
fn measured_mouths_are_used_at_a_click() {
    let mouth = |pocket, width| PocketMouth { pocket, width, uncertainty: 0.002 };
    let mouths = vec![mouth(PocketId::LeftBottom, 0.124), mouth(PocketId::RightCentre, 0.131)];
    let fixture = Fixture { mouths, ..custom(TableKind::NINE_FOOT) };
    let (context, seen) = laid_out(TALL, &fixture);
    assert!(seen.says("measured: 124 ± 2 mm") && seen.says("measured: 131 ± 2 mm"), "{:?}", seen.texts);
    assert_eq!(seen.actions, [], "they are a proposal");
    let wanted = set_table(&click(&context, TALL, &fixture, seen.place("Use measured mouths").center()));
    let pockets = wanted.spec().and_then(|table| table.pockets).expect("pockets");
    assert_eq!((pockets.corner.width, pockets.side.width), (0.124, 0.131));
    let used = Fixture { choice: wanted, ..fixture };
    let seen = laid_out(TALL, &used).1;
    assert!(seen.says("measured: 124 ± 2 mm") && !seen.says("Use measured mouths"));
}

#[test]
fn the_cushions_are_drawn_in_the_picture_of_the_table_tab() {
    assert_eq!(laid_out(TALL, &custom(TableKind::NINE_FOOT)).1.cushions, 30, "18 straight lines and 12 roundings");
    assert_eq!(laid_out(TALL, &Fixture { tab: Tab::Health, ..Fixture::running() }).1.cushions, 0);
}

#[test]
fn keys_nudge_the_corner_that_is_chosen() {
    let fixture = Fixture { tab: Tab::Calibration, ..Fixture::running() };
    let (context, _) = laid_out(SCREEN, &fixture);
    let nudge = |dx, dy| vec![PanelAction::Ask(Command::Point(PointCommand::NudgeSelected { dx, dy }))];
    assert_eq!(press(&context, &fixture, Key::ArrowLeft, Modifiers::NONE), nudge(-1.0, 0.0));
    assert_eq!(press(&context, &fixture, Key::ArrowDown, Modifiers::SHIFT), nudge(0.0, 10.0));
    assert_eq!(press(&context, &fixture, Key::ArrowUp, Modifiers::CTRL), nudge(0.0, -0.1));
    assert_eq!(
        press(&context, &fixture, Key::Tab, Modifiers::NONE),
        [PanelAction::Ask(Command::Point(PointCommand::Select(1)))]
    );
    assert_eq!(
        press(&context, &fixture, Key::Tab, Modifiers::SHIFT),
        [PanelAction::Ask(Command::Point(PointCommand::Select(8)))]
    );
    assert_eq!(press(&context, &fixture, Key::ArrowRight, Modifiers::NONE), nudge(1.0, 0.0), "the keyboard stays");
    assert_eq!(
        press(&context, &fixture, Key::Z, Modifiers::CTRL),
        [PanelAction::Ask(Command::Setup(SetupCommand::Undo))]
    );
    assert_eq!(
        press(&context, &fixture, Key::Z, Modifiers::CTRL | Modifiers::SHIFT),
        [PanelAction::Ask(Command::Setup(SetupCommand::Redo))]
    );
    let elsewhere = Fixture { tab: Tab::Health, ..Fixture::running() };
    let (context, _) = laid_out(SCREEN, &elsewhere);
    assert_eq!(press(&context, &elsewhere, Key::ArrowLeft, Modifiers::NONE), []);
}

#[test]
fn dragging_a_corner_of_the_projector_chooses_and_moves_it() {
    let fixture = Fixture { tab: Tab::Calibration, ..Fixture::running() };
    let (context, seen) = laid_out(TALL, &fixture);
    let start = seen.place("3").center();
    frame(&context, TALL, &fixture, pointer(start, None));
    frame(&context, TALL, &fixture, pointer(start, Some(true)));
    let actions = frame(&context, TALL, &fixture, pointer(start + Vec2::new(-10.0, 0.0), None)).actions;
    let [
        PanelAction::Ask(Command::Point(PointCommand::Select(2))),
        PanelAction::Ask(Command::Point(PointCommand::Move(2, there))),
    ] = &actions[..]
    else {
        panic!("{actions:?}")
    };
    let before: ProjectorPoint = fixture.hand.as_ref().expect("given").points[2].projector;
    assert!(there.x < before.x - 20.0 && (there.y - before.y).abs() < 0.5, "{there:?}");
}

#[test]
fn points_are_added_removed_and_shown_with_what_they_are_missed_by() {
    let mut fixture = Fixture { tab: Tab::Calibration, hand: Some(hand(4)), ..Fixture::running() };
    let (_, seen) = laid_out(TALL, &fixture);
    assert!(!seen.says("Remove") && !seen.says("all points") && !seen.says("centre spot"));
    let hand = hand(9);
    fixture.hand = Some(HandView { selected: 5, ..hand.clone() });
    let (context, seen) = laid_out(TALL, &fixture);
    assert!(seen.says("1.2 mm RMS, 16.0 mm worst") && seen.says("10.0 mm, wrong?"), "{:?}", seen.texts);
    for (i, point) in hand.points.iter().enumerate() {
        assert!(seen.says(&format!("{} {}", i + 1, point.name)), "{}", point.name);
    }
    let remove = seen.place("Remove").center();
    assert_eq!(click(&context, TALL, &fixture, remove), [PanelAction::Ask(Command::Point(PointCommand::Remove(5)))]);
    let show = seen.place("Show on the cloth").center();
    assert_eq!(
        click(&context, TALL, &fixture, show),
        [PanelAction::Ask(Command::Projector(ProjectorCommand::ShowPoints(true)))]
    );
    click(&context, TALL, &fixture, seen.place("Add a point").center());
    frame(&context, TALL, &fixture, Vec::new());
    let open = frame(&context, TALL, &fixture, Vec::new());
    let (mark, name) = &hand.addable[1];
    let actions = click(&context, TALL, &fixture, open.place(name).center());
    assert_eq!(actions, [PanelAction::Ask(Command::Point(PointCommand::Add(*mark)))]);
}

#[test]
fn what_is_typed_is_no_short_cut() {
    let mut fixture = Fixture { tab: Tab::Calibration, procedure: None, profiles: Vec::new(), ..Fixture::running() };
    fixture.balls.clear();
    let (context, seen) = laid_out(TALL, &fixture);
    // The field is left of the button.
    let field = seen.place("Save as").left_center() - Vec2::new(40.0, 0.0);
    click(&context, TALL, &fixture, field);
    for (key, text) in [(Key::R, "r"), (Key::Num1, "1"), (Key::C, "c")] {
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        let actions =
            frame(&context, TALL, &fixture, vec![event(true), Event::Text(text.into()), event(false)]).actions;
        assert_eq!(actions, [], "{text}");
    }
    assert_eq!(press(&context, &fixture, Key::ArrowLeft, Modifiers::NONE), []);
    let actions = press(&context, &fixture, Key::Enter, Modifiers::NONE);
    let [PanelAction::Ask(Command::Profile(ProfileCommand::SaveAs(name)))] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert!(name.as_str().contains("r1c"), "{name}");
}

#[test]
fn what_is_not_there_is_not_offered() {
    let mut fixture = Fixture { tab: Tab::Calibration, procedure: None, ..Fixture::running() };
    let (context, seen) = laid_out(TALL, &fixture);
    for words in ["Calibrate", "Cancel", "Check pattern", "Test card", "Before"] {
        assert!(!seen.says(words), "{words}");
    }
    assert_eq!(press(&context, &fixture, Key::F5, Modifiers::NONE), []);
    fixture.procedure = Some(CalibrationStatus::default());
    let (context, seen) = laid_out(TALL, &fixture);
    let place = seen.place("Calibrate").center();
    assert_eq!(
        click(&context, TALL, &fixture, place),
        [PanelAction::Ask(Command::Procedure(ProcedureCommand::Calibrate))]
    );
    assert_eq!(
        press(&context, &fixture, Key::F5, Modifiers::NONE),
        [PanelAction::Ask(Command::Procedure(ProcedureCommand::Calibrate))]
    );
    assert_eq!(press(&context, &fixture, Key::Escape, Modifiers::NONE), []);
    fixture.procedure = Fixture::busy().procedure;
    assert_eq!(
        press(&context, &fixture, Key::Escape, Modifiers::NONE),
        [PanelAction::Ask(Command::Procedure(ProcedureCommand::Cancel))]
    );
}

#[test]
fn profiles_load_at_once_and_are_deleted_at_the_second_click() {
    let club: ProfileName = "club".parse().expect("a name");
    let fixture = Fixture { tab: Tab::Calibration, profiles: vec![club.clone()], ..Fixture::running() };
    let (context, seen) = laid_out(TALL, &fixture);
    let place = seen.place("club").center();
    assert_eq!(
        click(&context, TALL, &fixture, place),
        [PanelAction::Ask(Command::Profile(ProfileCommand::Load(club.clone())))]
    );
    assert_eq!(click(&context, TALL, &fixture, seen.place("Delete").center()), []);
    let sure = frame(&context, TALL, &fixture, Vec::new()).place("Really delete").center();
    assert_eq!(
        click(&context, TALL, &fixture, sure),
        [PanelAction::Ask(Command::Profile(ProfileCommand::Delete(club)))]
    );
    assert!(frame(&context, TALL, &fixture, Vec::new()).says("Delete"));
}

#[test]
fn short_cuts_are_listed_and_do_not_clash() {
    let (_, seen) = laid_out(SCREEN, &Fixture { tab: Tab::Keys, ..Fixture::running() });
    for short_cut in keys::SHORT_CUTS {
        assert!(seen.says(short_cut.keys) && seen.says(short_cut.words), "{}", short_cut.keys);
    }
    let fixture = Fixture::running();
    let (context, _) = laid_out(SCREEN, &fixture);
    // This switches windows of other programs.
    assert_eq!(press(&context, &fixture, Key::R, Modifiers::ALT), []);
    let all: Vec<_> = keys::SHORT_CUTS.iter().flat_map(keys::ShortCut::chords).collect();
    for (i, chord) in all.iter().enumerate() {
        assert!(!all[..i].contains(chord), "{chord:?}");
    }
}
