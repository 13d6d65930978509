use super::*;
use crate::{MeasuredProjector, Profile, ProjectorSetup, centred_corners, projector_view};
use billiards_table::{TableChoice, TableKind, TableVector};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

fn spec() -> TableSpec {
    TableKind::NINE_FOOT.spec()
}

/// Returns the view of a projector that is mounted at an angle.
fn skewed_view(j: [f64; 8]) -> ProjectorView {
    let mut corners = centred_corners(SIZE, &spec());
    for (corner, shift) in corners.iter_mut().zip(j.chunks_exact(2)) {
        *corner += euclid::vec2(shift[0], shift[1]);
    }
    projector_view(SIZE, &corners, &spec()).expect("a view")
}

/// Returns all points of a projector, each set with an error of up to this many pixels.
fn set_by_hand(truth: &ProjectorView, error_px: f64, seed: u64) -> ProjectorCorners {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut hand = |place: TablePoint| {
        let mut error = || error_px * rng.random_range(-1.0..=1.0);
        truth.from_table.map(place).expect("finite") + euclid::vec2(error(), error())
    };
    let corners = corner_places(true, &spec()).map(&mut hand);
    let points = HandMark::ALL.map(|mark| MarkedPoint { mark, projector: hand(mark.place(&spec())) });
    ProjectorCorners { size: SIZE, corners, points: points.to_vec() }
}

/// Returns the error of the light, root mean square over the table, metres.
fn rms_error(view: &ProjectorView, truth: &ProjectorView) -> f64 {
    let falls = truth.from_table.inverse();
    let places = (0..=8).flat_map(|i| (0..=4).map(move |j| (f64::from(i) / 8.0, f64::from(j) / 4.0)));
    let squares: Vec<f64> = places
        .map(|(y, x)| {
            let place = TablePoint::new(x * spec().width, y * spec().length);
            let there = view.from_table.map(place).and_then(|p| falls.map(p)).expect("finite");
            (there - place).square_length()
        })
        .collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

proptest! {
    /// Points that are set exactly give the exact map, however many there are.
    #[test]
    fn exact_points_give_the_exact_map(j in prop::array::uniform8(-60.0..60.0_f64), count in 0..=11_usize) {
        let truth = skewed_view(j);
        let mut set = set_by_hand(&truth, 0.0, 1);
        set.points.truncate(count);
        let fit = set.hand_points(&spec()).fit().expect("a fit");
        prop_assert!(rms_error(&fit.view, &truth) < 1e-7, "{}", rms_error(&fit.view, &truth));
        prop_assert!(fit.worst_mm < 1e-4 && !fit.outliers.contains(&true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Errors of setting points by hand are averaged by many points, but not by four.
    #[test]
    fn many_points_are_better_than_four(j in prop::array::uniform8(-60.0..60.0_f64), seed in 0..1000_u64) {
        let truth = skewed_view(j);
        let (mut four, mut all) = (0.0, 0.0);
        for round in 0..12 {
            let set = set_by_hand(&truth, 1.5, 100 * seed + round);
            let few = ProjectorCorners { points: Vec::new(), ..set.clone() };
            four += rms_error(&few.hand_points(&spec()).view().expect("a view"), &truth).powi(2);
            all += rms_error(&set.hand_points(&spec()).view().expect("a view"), &truth).powi(2);
        }
        prop_assert!(all < 0.8 * four, "{:.2} mm with all, {:.2} mm with four", 1e3 * (all / 12.0).sqrt(), 1e3 * (four / 12.0).sqrt());
    }
}

#[test]
fn four_corners_are_the_view_that_they_were() {
    let setup = CalibrationSetup::default();
    let points = setup.hand_points();
    let names: Vec<&str> = points.points.iter().map(|point| point.name.as_str()).collect();
    assert_eq!(names, CORNERS);
    let known = setup.projector_corners();
    let view = projector_view(SIZE, &known.corners, &spec()).expect("a view");
    assert_eq!(points.view(), Ok(view));
    assert_eq!(setup.solve().expect("solved").projector, view);
    let fit = points.fit().expect("a fit");
    assert!(fit.worst_mm < 1e-9 && fit.outliers == [false; 4]);
}

#[test]
fn points_are_added_where_the_light_falls_moved_and_removed() {
    let mut setup = CalibrationSetup::default();
    let before = setup.solve().expect("solved").projector;
    assert_eq!(setup.addable_hand_points().len(), HandMark::ALL.len());
    setup.add_hand_point(HandMark::CentreSpot).expect("added");
    setup.add_hand_point(HandMark::LeftHead).expect("added");
    assert!(!setup.addable_hand_points().iter().any(|(mark, _)| *mark == HandMark::CentreSpot));
    let points = setup.hand_points();
    assert_eq!((points.points.len(), points.points[4].name.as_str()), (6, "centre spot"));
    assert_eq!(points.points[5].table, TablePoint::new(0.0, 0.25 * spec().length));
    let same = setup.solve().expect("solved").projector;
    assert!(rms_error(&same, &before) < 1e-9, "adding a point moves no light");
    // The light of that point moves all other light a little, but less than itself.
    let there = points.points[4].projector + euclid::vec2(3.0, 0.0);
    setup.move_hand_point(4, there).expect("moved");
    assert_eq!(setup.hand_points().points[4].projector, there);
    let fit = setup.hand_points().fit().expect("a fit");
    assert!(fit.rms_mm > 0.3 && fit.worst_mm < 6.0, "{fit:?}");
    setup.remove_hand_point(4).expect("removed");
    assert_eq!(setup.hand_points().points[4].name, "top left diamond");
    setup.remove_hand_point(4).expect("removed");
    assert!(rms_error(&setup.solve().expect("solved").projector, &before) < 1e-12);
}

#[test]
fn only_marks_that_the_table_has_can_be_added() {
    let setup = |name: &str| {
        let kind = TableKind::named(name).expect("a shipped table");
        CalibrationSetup::from_profile(&Profile { table: TableChoice::Kind(kind), ..Profile::default() })
    };
    let sides = [HandMark::LeftSide, HandMark::RightSide];
    let [centre, foot] = [HandMark::CentreSpot, HandMark::FootSpot];
    let pocketless: Vec<_> = HandMark::ALL.into_iter().filter(|mark| !sides.contains(mark)).collect();
    for (name, marks) in [
        ("9ft", HandMark::ALL.to_vec()),
        ("carom-match", pocketless),
        // No diamonds.
        ("snooker-12ft", vec![centre, foot, sides[0], sides[1]]),
    ] {
        let offered: Vec<_> = setup(name).addable_hand_points().into_iter().map(|(mark, _)| mark).collect();
        assert_eq!(offered, marks, "{name}");
        for mark in HandMark::ALL {
            let before = setup(name);
            let mut after = before.clone();
            let added = after.add_hand_point(mark);
            assert_eq!(added.is_ok(), marks.contains(&mark), "{name}: {mark:?}");
            if let Err(error) = added {
                let words = error.to_string();
                assert!(words.contains("cannot be added: the table has none"), "{name}: {words}");
                assert_eq!(after, before, "{name}: {mark:?}");
            }
        }
    }
}

#[test]
fn a_mark_has_one_id_here_and_in_a_profile() {
    for mark in HandMark::ALL {
        assert_eq!(HandMark::by_id(mark.id()), Some(mark));
        assert_eq!(serde_json::to_value(mark).expect("JSON"), mark.id());
    }
    assert_eq!(HandMark::by_id("moon"), None);
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let mut setup = CalibrationSetup::default();
    setup.add_hand_point(HandMark::CentreSpot).expect("added");
    let before = setup.clone();
    let words = |error: Result<(), HandPointError>| error.expect_err("refused").to_string();
    assert!(words(setup.move_hand_point(5, ProjectorPoint::zero())).contains("no point 6: there are 5"));
    assert!(words(setup.move_hand_point(0, ProjectorPoint::new(f64::NAN, 0.0))).contains("NaN"));
    let opposite = setup.hand_points().points[2].projector + euclid::vec2(50.0, 50.0);
    assert!(words(setup.move_hand_point(0, opposite)).contains("the four corners do not make"));
    assert!(words(setup.remove_hand_point(1)).contains("top right corner cannot be removed"));
    assert!(words(setup.remove_hand_point(7)).contains("no point 8"));
    assert!(words(setup.add_hand_point(HandMark::CentreSpot)).contains("`centre spot` cannot be added"));
    assert_eq!(setup, before);
    setup.move_hand_point(0, ProjectorPoint::new(-1e9, 0.0)).expect("held");
    assert_eq!(setup.hand_points().points[0].projector.x, -640.0);
}

#[test]
fn an_outlier_is_found_and_accurate_points_are_kept() {
    for seed in 0..20 {
        let mut set = set_by_hand(&skewed_view([0.0; 8]), 0.6, seed);
        let fit = set.hand_points(&spec()).fit().expect("a fit");
        assert!(!fit.outliers.contains(&true), "seed {seed}: {fit:?}");
        for (count, outlier) in [(11, 7), (11, 4), (4, 5), (2, 5)] {
            let mut set = set.clone();
            set.points.truncate(count);
            set.points[outlier - 4].projector.x += 30.0;
            let fit = set.hand_points(&spec()).fit().expect("a fit");
            let found: Vec<usize> = (0..fit.outliers.len()).filter(|i| fit.outliers[*i]).collect();
            assert_eq!(found, [outlier], "seed {seed}, {count} points: {fit:?}");
        }
        // Among five points, the outlier cannot be identified.
        set.points.truncate(1);
        set.points[0].projector.x += 30.0;
        assert!(!set.hand_points(&spec()).fit().expect("a fit").outliers.contains(&true));
    }
}

#[test]
fn names_go_by_the_picture_and_are_all_different() {
    for across in [true, false] {
        let names: Vec<String> = HandMark::ALL.iter().map(|mark| mark.name(across)).collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name) && !CORNERS.contains(&name.as_str()), "{name}");
        }
    }
    // Corner by corner: a mark named top lies between the corners named top.
    let corners = centred_corners(SIZE, &spec());
    let set = ProjectorCorners { size: SIZE, corners, points: Vec::new() };
    let view = set.hand_points(&spec()).view().expect("a view");
    let upright = corners.map(|p| ProjectorPoint::new(720.0 - p.y, p.x));
    let upright = [upright[3], upright[0], upright[1], upright[2]];
    let turned = ProjectorCorners { size: FrameSize { width: 720, height: 1280 }, corners: upright, ..set };
    let turned = turned.hand_points(&spec()).view().expect("a view");
    for (view, across) in [(view, true), (turned, false)] {
        let middle = view.from_table.map(HandMark::CentreSpot.place(&spec())).expect("finite");
        for mark in HandMark::ALL {
            let p = view.from_table.map(mark.place(&spec())).expect("finite") - middle;
            let name = mark.name(across);
            for (word, holds) in
                [("top", p.y < -1.0), ("bottom", p.y > 1.0), ("left", p.x < -1.0), ("right", p.x > 1.0)]
            {
                assert_eq!(name.split(' ').any(|part| part == word), holds, "{name} {p:?} {across}");
            }
        }
    }
}

#[test]
fn points_survive_the_disk_and_older_files_have_none() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("hand.json");
    let mut setup = CalibrationSetup::default();
    setup.add_hand_point(HandMark::FootSpot).expect("added");
    setup.move_hand_point(4, ProjectorPoint::new(901.5, 360.25)).expect("moved");
    setup.to_profile().save(&path).expect("saved");
    let text = std::fs::read_to_string(&path).expect("read");
    assert!(text.contains("\"foot_spot\"") && text.contains("\"version\": 2"), "{text}");
    let loaded = CalibrationSetup::from_profile(&Profile::load(&path).expect("loads"));
    assert_eq!(loaded.hand_points(), setup.hand_points());
    // Without further points, the file can be read by older programs.
    setup.remove_hand_point(4).expect("removed");
    setup.to_profile().save(&path).expect("saved");
    assert!(!std::fs::read_to_string(&path).expect("read").contains("points"));
    Profile::load(&path).expect("loads");

    let head = r#"{"version":2,"projector":{"size":{"width":1280,"height":720},"corners":[[10,10],[600,12],[610,400],[8,390]],"points":"#;
    let load = |points: &str| {
        std::fs::write(&path, format!("{head}{points}}}}}")).expect("writes");
        Profile::load(&path).map_err(|error| error.to_string())
    };
    assert!(load("[]").is_ok());
    let twice = r#"[{"mark":"centre_spot","projector":[300,200]},{"mark":"centre_spot","projector":[301,200]}]"#;
    assert!(load(twice).expect_err("refused").contains("`centre_spot` is given twice"));
    assert!(load(r#"[{"mark":"moon","projector":[300,200]}]"#).is_err());
    let torn = r#"[{"mark":"centre_spot","projector":[1e300,200]}]"#;
    assert!(load(torn).expect_err("refused").contains("projector"));
}

#[test]
fn what_was_measured_is_given_up_for_points_that_begin_there() {
    let measured = MeasuredProjector {
        size: SIZE,
        from_table: [[0.0, 460.0, 55.0], [460.0, 0.0, 70.0], [0.0, 0.001, 1.0]],
        rms_mm: 0.8,
        worst_mm: 1.9,
        points: Vec::new(),
    };
    let truth = measured.view().expect("a view");
    let mut setup = CalibrationSetup::default();
    setup.set_measured_projector(measured);
    setup.add_hand_point(HandMark::RightSide).expect("added");
    assert!(matches!(setup.projector, Some(ProjectorSetup::Corners(_))));
    assert!(rms_error(&setup.solve().expect("solved").projector, &truth) < 1e-9);
    let side = truth.from_table.map(TablePoint::origin() + TableVector::new(1.27, 1.27)).expect("finite");
    assert!((setup.hand_points().points[4].projector - side).length() < 1e-6);
}
