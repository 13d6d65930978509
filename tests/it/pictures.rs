//! Everything that the projector projects besides the usual overlay: the full style, patterns for calibration, test
//! cards, the check of the calibration. Each picture is kept in `CARGO_TARGET_TMPDIR/overlay` for inspection.

use crate::{
    common::table_app,
    overlay::{
        BYSTANDER, CUE, OBJECT, along_the_object_balls_path, app, app_of, assert_lit, at, calibration, drawn, is_dark,
        picture, projector, start, theme,
    },
};
use bevy::prelude::*;
use billiards_capture::{Delivery, SourceStatus};
use billiards_table::{
    Ball, BallClass, BallId, BallLabel, BallState, Calibration, Cue, CueState, FrameSize, Homography, LightDisc,
    LiveOdds, LivePrediction, Opening, PatternPicture, PocketId, PotChance, ProjectedLight, ProjectorPoint,
    ProjectorView, RestSpread, ShotOdds, TableKind, TablePoint, TableSpec, TableVector, TestCard,
    settings::{OverlayStyle, StylePreset, Theme},
};
use billiards_trainer::{sense::SourceHealth, show::overlay::Picture};
use nalgebra::Matrix3;
use opencv::{
    core::{CV_8UC4, Mat},
    imgcodecs::imwrite_def,
    imgproc::{COLOR_RGBA2BGR, cvt_color_def},
    prelude::MatTraitConst,
};
use std::{f64::consts::PI, fs, path::Path, time::Duration};

/// Keeps a picture for inspection.
pub fn keep(image: &Image, name: &str) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("overlay");
    fs::create_dir_all(&dir).expect("a folder");
    let data = image.data.as_deref().expect("pixels");
    let rgba = Mat::new_rows_cols_with_bytes::<opencv::core::Vec4b>(image.height() as i32, image.width() as i32, data);
    let rgba = rgba.expect("a picture");
    assert_eq!(rgba.typ(), CV_8UC4);
    let mut bgr = Mat::default();
    cvt_color_def(&rgba, &mut bgr, COLOR_RGBA2BGR).expect("converts");
    let file = dir.join(name).with_extension("png");
    assert!(imwrite_def(&file, &bgr).expect("writes"));
}

/// Returns the odds of the shot: the object ball's path opens to two balls, both ends spread.
fn odds(table: &TableSpec) -> ShotOdds {
    let rest = |ball, x: f64, y: f64, covariance| RestSpread {
        ball,
        mean: TablePoint::new(x, y),
        covariance,
        places: Vec::new(),
    };
    ShotOdds {
        runs: 64,
        pots: vec![PotChance { ball: OBJECT, pocket: PocketId::LeftTop, chance: 0.62 }],
        scratch: 0.0,
        rests: vec![rest(CUE, 1.1, 1.44, [[0.006, 0.002], [0.002, 0.002]])],
        openings: vec![
            Opening { ball: CUE, widths: vec![(1.0, 0.004), (2.0, 0.06)] },
            Opening { ball: OBJECT, widths: vec![(1.0, 0.0), (2.0, 4.0 * table.ball_radius)] },
        ],
    }
}

/// Returns the colour of a pixel of the projector's picture, 8-bit sRGB.
fn pixel(image: &Image, x: u32, y: u32) -> [u8; 3] {
    let colour = image.get_color_at(x, y).expect("inside").to_srgba();
    [colour.red, colour.green, colour.blue].map(|channel| (channel * 255.0).round() as u8)
}

/// Returns the sum of the linear light of all three channels of a pixel.
fn light_at(image: &Image, x: u32, y: u32) -> f64 {
    let colour = image.get_color_at(x, y).expect("inside").to_linear();
    f64::from(colour.red + colour.green + colour.blue)
}

pub fn settle(app: &mut App) {
    for _ in 0..3 {
        app.update();
    }
}

#[test]
fn the_full_style_fades_where_it_is_uncertain_and_writes_names_beside_the_balls() {
    let mut app = app();
    let table = TableKind::NINE_FOOT.spec();
    app.insert_resource(LiveOdds(Some(odds(&table))));
    drawn(&mut app).style = StylePreset::Full.style();
    start(&mut app);
    settle(&mut app);
    let image = picture(&mut app);
    keep(&image, "full-small");
    let light = |x: f64, y: f64| at(&image, x, y).map(u32::from).iter().sum::<u32>();
    // Along the object ball's path, which runs from (0.5, 1.5) to (0, 2.54): bright, dimmer, faint.
    let along = [0, 4, 8].map(|stroke| {
        let (x, y) = along_the_object_balls_path(stroke);
        light(x, y)
    });
    assert!(along[0] > along[1] && along[1] > along[2] && along[2] > 100, "{along:?}");
    // Next to it the fan glows faintly; elsewhere it is dark.
    let beside = light(0.25 + 0.06, 1.5 + (table.length - 1.5) * 0.5 + 0.03);
    assert!(beside > 0 && beside < along[2], "{beside}");
    assert_eq!(light(1.0, 0.3), 0);
    // Names and chances are drawn as text.
    let words = app.world_mut().query::<&Text2d>().iter(app.world()).map(|text| text.0.clone()).collect::<Vec<_>>();
    for word in ["62 %", "cue", "3", "8"] {
        assert!(words.iter().any(|text| text == word), "{word} in {words:?}");
    }
    for (x, y) in [(0.5, 0.5), (0.5, 1.5), (0.3, 1.916)] {
        assert_eq!(at(&image, x, y), [0; 3], "no light on a ball");
    }

    drawn(&mut app).style = OverlayStyle::NOTHING;
    assert!(is_dark(&picture(&mut app)));
}

#[test]
fn a_pattern_lands_on_its_pixels_whatever_the_calibration() {
    let mut app = app();
    let discs = [(40.37, 51.81, 3.0), (300.5, 200.25, 6.4), (600.9, 330.1, 12.3)];
    let disc = |(x, y, radius)| LightDisc { centre: ProjectorPoint::new(x, y), radius, level: 255 };
    let size = FrameSize { width: 640, height: 360 };
    let mut discs_and_grey = discs.map(disc).to_vec();
    discs_and_grey.push(LightDisc { centre: ProjectorPoint::new(110.0, 75.0), radius: 10.0, level: 128 });
    let pattern = PatternPicture { size, ground: 0, discs: discs_and_grey };
    app.insert_resource(Picture::Pattern(pattern.clone()));
    start(&mut app);
    settle(&mut app);
    let image = picture(&mut app);
    for (x, y, radius) in discs {
        let reach = radius.ceil() as u32 + 2;
        let (mut sum, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
        for row in (y as u32 - reach)..=(y as u32 + reach) {
            for column in (x as u32 - reach)..=(x as u32 + reach) {
                let light = light_at(&image, column, row) / 3.0;
                sum += light;
                sum_x += light * (f64::from(column) + 0.5);
                sum_y += light * (f64::from(row) + 0.5);
            }
        }
        let error = (sum_x / sum - x).hypot(sum_y / sum - y);
        println!(
            "disc of radius {radius}: centre of light off by {error:.4} px, light {:.4} of its area",
            sum / (PI * radius * radius)
        );
        assert!(error < 0.03, "{x}, {y}: {error}");
        assert!((sum / (PI * radius * radius) - 1.0).abs() < 0.02);
    }
    assert!(pixel(&image, 110, 75)[0].abs_diff(128) <= 1, "pixels are set to the levels of the pattern");
    let lit = app.world().resource::<ProjectedLight>().0.clone().expect("a picture");
    assert_eq!(lit.triangles.len(), 2, "anything may be lit");

    app.insert_resource(Picture::Pattern(PatternPicture { ground: 137, ..pattern }));
    let image = picture(&mut app);
    for (x, y) in [(0, 0), (639, 0), (0, 359), (639, 359)] {
        assert_eq!(pixel(&image, x, y), [137; 3], "the ground reaches every corner");
    }
    drawn(&mut app).on = false;
    assert!(is_dark(&picture(&mut app)));
}

#[test]
fn test_cards_and_the_check_are_drawn() {
    let mut app = app();
    start(&mut app);
    settle(&mut app);
    app.insert_resource(Picture::Card(TestCard::White));
    let white = picture(&mut app);
    assert_eq!([pixel(&white, 0, 0), pixel(&white, 639, 359)], [[255; 3]; 2]);
    app.insert_resource(Picture::Card(TestCard::Black));
    assert!(is_dark(&picture(&mut app)));
    app.insert_resource(Picture::Card(TestCard::Grid));
    let grid = picture(&mut app);
    assert_eq!([pixel(&grid, 0, 180), pixel(&grid, 639, 100), pixel(&grid, 320, 180)], [[255; 3]; 3]);
    app.insert_resource(Picture::Card(TestCard::Bars));
    let bars = picture(&mut app);
    assert_eq!([pixel(&bars, 120, 10), pixel(&bars, 600, 10)], [[255, 255, 0], [0; 3]]);

    app.insert_resource(Picture::Check);
    let check = picture(&mut app);
    let table = TableKind::NINE_FOOT.spec();
    for (x, y) in [(0.5, 0.5), (0.5, 1.5), (0.3, 1.916)] {
        assert_lit(&check, (x + 2.2 * table.ball_radius, y), theme().aim, "a ring round every ball");
        assert_eq!(at(&check, x, y), [0; 3]);
    }
    assert_eq!(at(&check, 0.5, 1.0), [0; 3], "no line of a shot");
}

#[test]
fn a_rolling_ball_has_its_ring_where_it_will_be() {
    let mut app = app();
    let mut calibration = calibration();
    calibration.latency = Some(Duration::from_millis(80));
    drawn(&mut app).style = StylePreset::Follow.style();
    // With `EveryFrame` no time passes but that of the delays.
    app.insert_resource(calibration).insert_resource(LivePrediction(None)).insert_resource(SourceHealth {
        status: SourceStatus::Running,
        delivery: Delivery::EveryFrame,
        ..SourceHealth::default()
    });
    start(&mut app);
    settle(&mut app);
    let mut balls = app.world_mut().query::<&mut Ball>();
    for mut ball in balls.iter_mut(app.world_mut()).filter(|ball| ball.id == BYSTANDER) {
        (ball.state, ball.velocity, ball.position) =
            (BallState::Moving, TableVector::new(0.6, 0.8), TablePoint::new(0.6, 0.9));
    }
    let image = picture(&mut app);
    let ahead = TablePoint::new(0.6 + 0.6 * 0.08, 0.9 + 0.8 * 0.08);
    // The centre of the light around that place.
    let (mut sum, mut middle) = (0.0, TableVector::zero());
    let middle_of = projector().from_table.map(ahead).expect("finite");
    for row in (middle_of.y as u32 - 25)..=(middle_of.y as u32 + 25) {
        for column in (middle_of.x as u32 - 25)..=(middle_of.x as u32 + 25) {
            let place = projector()
                .from_table
                .inverse()
                .map(ProjectorPoint::new(f64::from(column) + 0.5, f64::from(row) + 0.5));
            let light = light_at(&image, column, row);
            sum += light;
            middle += (place.expect("finite") - ahead) * light;
        }
    }
    let centre = middle / sum;
    let (along, aside) = (centre.dot(TableVector::new(0.6, 0.8)), centre.cross(TableVector::new(0.6, 0.8)).abs());
    println!("ring of a ball at 1 m/s under 80 ms of delay: {:.2} mm ahead, {:.2} mm aside", 1e3 * along, 1e3 * aside);
    // It may be ahead by half of the time for which a picture stays on the cloth.
    assert!(sum > 0.0 && (-0.002..0.0105).contains(&along) && aside < 0.002, "{centre:?}");
}

/// Size of the pictures for inspection, pixels.
const LARGE: FrameSize = FrameSize { width: 1920, height: 1080 };

/// Returns a calibration with the table across a large picture, upright for a viewer at its long side at x = width.
fn large() -> Calibration {
    let scale = 720.0;
    let matrix = Matrix3::new(0.0, scale, 46.0, scale, 0.0, 83.0, 0.0, 0.0, 1.0);
    let from_table = Homography::from_matrix(matrix).expect("regular");
    Calibration { projector: ProjectorView { size: LARGE, from_table }, ..calibration() }
}

/// Returns a table in the middle of a game of eight-ball, with the cue aimed at the 2.
fn game() -> Vec<Ball> {
    let places = [
        (0, 0.42, 0.62),
        (2, 0.66, 1.52),
        (1, 0.20, 0.30),
        (8, 1.10, 0.85),
        (5, 1.05, 1.75),
        (12, 1.11, 1.79),
        (10, 0.35, 1.90),
        (14, 1.22, 2.30),
        (3, 0.05, 1.60),
        (7, 0.62, 2.20),
        (15, 0.75, 0.35),
    ];
    let ball = |(id, (number, x, y)): (u32, &(u8, f64, f64))| {
        let label = if *number == 0 { BallLabel::Cue } else { BallLabel::Number(*number) };
        Ball {
            id: BallId(id),
            label,
            class: label.class().unwrap_or(BallClass::Other),
            position: TablePoint::new(*x, *y),
            velocity: TableVector::zero(),
            state: BallState::Resting,
            confidence: 1.0,
        }
    };
    (1..).zip(&places).map(ball).collect()
}

/// Returns the prediction and the odds of the game, by the physics.
fn worked_out(balls: &[Ball]) -> (LivePrediction, LiveOdds) {
    let mut app = table_app(TableKind::NINE_FOOT);
    for ball in balls {
        let place = ball.position;
        app.world_mut().spawn((ball.clone(), Transform::from_xyz(place.x as f32, place.y as f32, 0.0)));
    }
    let [cue_ball, object, ..] = balls else { panic!("two balls") };
    // A thin cut into the pocket at the far right.
    let table = TableKind::NINE_FOOT.spec();
    let pocket = TablePoint::new(table.width, table.length);
    let ghost = object.position - (pocket - object.position).normalize() * (2.0 * table.ball_radius);
    let direction = (ghost - cue_ball.position).normalize();
    let tip = cue_ball.position - direction * 0.1;
    app.world_mut().spawn(Cue {
        tip,
        butt: tip - direction * 0.8,
        direction,
        state: CueState::Aiming,
        speed: 0.0,
        stroke_speed: None,
        offset: Some(0.0),
    });
    app.update();
    app.update();
    (app.world().resource::<LivePrediction>().clone(), app.world().resource::<LiveOdds>().clone())
}

#[test]
fn pictures_of_a_whole_game_are_lit_and_no_ball_is() {
    let balls = game();
    let (prediction, odds) = worked_out(&balls);
    assert!(prediction.0.is_some() && odds.0.is_some());
    let mut app = app_of(LARGE);
    let spawned: Vec<Entity> = app.world_mut().query_filtered::<Entity, With<Ball>>().iter(app.world()).collect();
    for entity in spawned {
        app.world_mut().despawn(entity);
    }
    app.world_mut().spawn_batch(balls.clone());
    app.insert_resource(large()).insert_resource(prediction).insert_resource(odds);
    drawn(&mut app).theme = Theme::default();
    start(&mut app);
    settle(&mut app);
    let place = large().projector.from_table;
    let mut pictures: Vec<(String, Picture, OverlayStyle)> = Vec::new();
    for preset in StylePreset::ALL {
        pictures.push((format!("style-{}", preset.name()), Picture::Overlay, preset.style()));
    }
    for card in TestCard::ALL {
        pictures.push((format!("card-{}", card.name()), Picture::Card(card), OverlayStyle::default()));
    }
    pictures.push(("check".into(), Picture::Check, OverlayStyle::default()));
    for (name, shown, style) in pictures {
        let on_table = shown.is_on_table();
        app.insert_resource(shown);
        drawn(&mut app).style = style;
        app.update();
        let image = picture(&mut app);
        keep(&image, &name);
        assert_eq!(is_dark(&image), name == "card-black", "{name}");
        for ball in balls.iter().filter(|_| on_table) {
            let middle = place.map(ball.position).expect("finite");
            assert_eq!(pixel(&image, middle.x as u32, middle.y as u32), [0; 3], "{name}: {:?}", ball.label);
        }
    }
}
