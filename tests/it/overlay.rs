//! The overlay as the projector gets it, checked by its pixels. Needs a Vulkan driver; a software one suffices.

use bevy::{
    app::PluginsState,
    log::LogPlugin,
    prelude::*,
    render::{
        RenderPlugin,
        view::screenshot::{Screenshot, ScreenshotCaptured},
    },
    time::TimeUpdateStrategy,
    window::ExitCondition,
    winit::WinitPlugin,
};
use billiards_capture::{Frame, FrameStamp, SourceStatus};
use billiards_table::{
    Ball, BallClass, BallId, BallLabel, BallPath, BallState, Calibration, CameraView, Fate, FrameSize, GhostBall,
    Homography, LivePrediction, MotionState, PathPiece, PocketId, PredictedEvent, PredictedEventKind, Prediction,
    ProjectorView, TableKind, TablePoint, TableSpec, TableVector,
    settings::{Colour, OverlaySettings, Settings, Theme},
};
use billiards_trainer::{
    sense::{IngestGate, LatestSight, Sight, SourceHealth},
    show::{
        export::{ExportMode, ExportPlugin, ExportProgress, OnFailure},
        overlay::{OverlayImage, OverlayOutput, OverlayPlugin},
    },
    stages::{PipelineSystems, StagesPlugin},
};
use billiards_vision::{Detections, NoTable};
use nalgebra::Matrix3;
use opencv::{
    core::{CV_8UC3, Mat, Scalar, Vec3b},
    imgcodecs::{IMREAD_COLOR, imread},
    prelude::{MatTraitConst, VideoCaptureTrait},
    videoio::{CAP_FFMPEG, VideoCapture},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub const SIZE: FrameSize = FrameSize { width: 640, height: 360 };
/// Scale of the picture, pixels a metre.
const SCALE: f64 = 235.0;
pub const CUE: BallId = BallId(1);
pub const OBJECT: BallId = BallId(2);
pub const BYSTANDER: BallId = BallId(3);

/// Returns a projector's view with the table's length across the picture, and its origin at the top left.
pub fn projector() -> ProjectorView {
    let matrix = Matrix3::new(0.0, SCALE, 20.0, SCALE, 0.0, 30.0, 0.0, 0.0, 1.0);
    ProjectorView { size: SIZE, from_table: Homography::from_matrix(matrix).expect("regular") }
}

/// Returns a calibration with a camera that sees the table as the projector lights it.
pub fn calibration() -> Calibration {
    let table_from_picture = Matrix3::new(0.0, 1.0, -30.0, 1.0, 0.0, -20.0, 0.0, 0.0, SCALE);
    let plane = Homography::from_matrix(table_from_picture).expect("regular");
    let camera = CameraView::flat(SIZE, plane);
    Calibration { camera: Some(camera), projector: projector(), latency: None }
}

/// Returns the settings of the overlay, to be changed.
pub fn drawn(app: &mut App) -> Mut<'_, OverlaySettings> {
    app.world_mut().resource_mut::<Settings>().map_unchanged(|settings| &mut settings.overlay)
}

/// Returns a theme whose lines are wide enough to cover whole pixels without antialiasing.
pub fn theme() -> Theme {
    Theme {
        aim_width: 0.03,
        object_width: 0.03,
        tangent_width: 0.03,
        ghost_width: 0.01,
        ring_width: 0.02,
        ring_radii: 2.2,
        ..Theme::default()
    }
}

fn ball(id: BallId, label: BallLabel, x: f64, y: f64) -> Ball {
    Ball {
        id,
        label,
        class: label.class().unwrap_or(BallClass::Other),
        position: TablePoint::new(x, y),
        velocity: TableVector::zero(),
        state: BallState::Resting,
        confidence: 1.0,
    }
}

fn piece(start: f64, from: TablePoint, to: TablePoint) -> PathPiece {
    PathPiece {
        start,
        end: start + 1.0,
        position: from,
        velocity: to - from,
        acceleration: TableVector::zero(),
        motion: MotionState::Rolling,
    }
}

/// Returns a shot in which the cue ball at (0.5, 0.5) hits the ball at (0.5, 1.5), which runs over the bystander's
/// place to the far left pocket; the cue ball continues to the right.
pub fn shot(table: &TableSpec) -> Prediction {
    let ghost = TablePoint::new(0.5, 1.5 - 2.0 * table.ball_radius);
    let contact = PredictedEventKind::BallContact { ball: CUE, other: OBJECT };
    Prediction {
        cue_ball: CUE,
        aim: TableVector::new(0.0, 1.0),
        aim_line: None,
        ghost_ball: Some(GhostBall { position: ghost, object_ball: OBJECT, cut_angle: 0.4 }),
        paths: vec![
            BallPath {
                ball: CUE,
                pieces: vec![
                    piece(0.0, TablePoint::new(0.5, 0.5), ghost),
                    piece(1.0, ghost, TablePoint::new(1.1, ghost.y)),
                ],
                fate: Fate::Rests,
            },
            BallPath {
                ball: OBJECT,
                pieces: vec![piece(1.0, TablePoint::new(0.5, 1.5), TablePoint::new(0.0, table.length))],
                fate: Fate::Pocketed(PocketId::LeftTop),
            },
        ],
        events: vec![PredictedEvent { time: 1.0, position: ghost, kind: contact }],
    }
}

/// Returns the middle of a stroke of the object ball's path.
pub fn along_the_object_balls_path(stroke: u32) -> (f64, f64) {
    let table = TableKind::NINE_FOOT.spec();
    let along = TableVector::new(-0.5, table.length - 1.5).normalize();
    let place = TablePoint::new(0.5, 1.5) + along * (table.ball_radius + 0.11 * f64::from(stroke) + 0.04);
    (place.x, place.y)
}

pub fn app() -> App {
    app_of(SIZE)
}

/// Creates the same app with a picture of another size.
pub fn app_of(size: FrameSize) -> App {
    let table = TableKind::NINE_FOOT.spec();
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
            .set(RenderPlugin { synchronous_pipeline_compilation: true, ..default() })
            .disable::<WinitPlugin>()
            .disable::<LogPlugin>(),
    )
    .add_plugins(StagesPlugin)
    .insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_millis(10)))
    .insert_resource(SourceHealth { status: SourceStatus::Running, ..SourceHealth::default() })
    .insert_resource(LatestSight(None))
    .insert_resource(LivePrediction(Some(shot(&table))))
    .insert_resource(table)
    .insert_resource(calibration())
    .insert_resource(Settings { overlay: OverlaySettings { theme: theme(), ..default() }, ..default() })
    .add_plugins(OverlayPlugin { output: OverlayOutput::Image { size } })
    .add_systems(First, |mut health: ResMut<SourceHealth>| health.last_sight = Some(Instant::now()));
    app.world_mut().spawn_batch([
        ball(CUE, BallLabel::Cue, 0.5, 0.5),
        ball(OBJECT, BallLabel::Number(3), 0.5, 1.5),
        ball(BYSTANDER, BallLabel::Number(8), 0.3, 1.916),
    ]);
    app
}

/// Does what the app's runner does before the first update.
pub fn start(app: &mut App) {
    while app.plugins_state() == PluginsState::Adding {
        bevy::tasks::tick_global_task_pools_on_main_thread();
    }
    app.finish();
    app.cleanup();
}

#[derive(Resource, Default)]
struct Taken(Option<Image>);

/// Returns the overlay as it is after the next update.
pub fn picture(app: &mut App) -> Image {
    let image = app.world().resource::<OverlayImage>().0.clone();
    app.init_resource::<Taken>();
    app.world_mut()
        .spawn(Screenshot::image(image))
        .observe(|shot: On<ScreenshotCaptured>, mut taken: ResMut<Taken>| taken.0 = Some(shot.image.clone()));
    for _ in 0..200 {
        app.update();
        if let Some(image) = app.world_mut().resource_mut::<Taken>().0.take() {
            return image;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("the renderer delivered no picture");
}

/// Returns the colour at a place of the table, 8-bit sRGB; the conversion through linear light may change it by one.
pub fn at(image: &Image, x: f64, y: f64) -> [u8; 3] {
    let pixel = projector().from_table.map(TablePoint::new(x, y)).expect("finite");
    let colour = image.get_color_at(pixel.x as u32, pixel.y as u32).expect("inside").to_srgba();
    [colour.red, colour.green, colour.blue].map(|channel| (channel * 255.0).round() as u8)
}

pub fn assert_lit(image: &Image, (x, y): (f64, f64), colour: Colour, what: &str) {
    let (seen, expected) = (at(image, x, y), [colour.red, colour.green, colour.blue]);
    assert!(seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1), "{what}: {seen:?} instead of {expected:?}");
}

pub fn is_dark(image: &Image) -> bool {
    let data = image.data.as_ref().expect("pixels");
    data.chunks_exact(4).all(|pixel| pixel[..3] == [0, 0, 0])
}

#[test]
fn light_falls_where_the_shot_goes_and_on_no_ball() {
    let mut app = app();
    start(&mut app);
    for _ in 0..3 {
        app.update();
    }
    let (theme, ball_radius) = (theme(), TableKind::NINE_FOOT.spec().ball_radius);
    let lit = picture(&mut app);
    assert_eq!((lit.width(), lit.height()), (SIZE.width, SIZE.height));
    assert_lit(&lit, (0.5, 1.0), theme.aim, "the aim line, midway");
    // The tenth dot, and the dark gap between it and the next.
    let dot = 0.5 + ball_radius + 10.0 * 0.028 + 0.005;
    assert_lit(&lit, (dot, 1.5 - 2.0 * ball_radius), theme.tangent, "the cue ball's path after the contact");
    assert_eq!(at(&lit, dot + 0.014, 1.5 - 2.0 * ball_radius), [0; 3], "between two dots");
    assert_lit(&lit, along_the_object_balls_path(1), theme.object, "the object ball's path");
    assert_lit(&lit, (0.5 + 2.2 * ball_radius, 1.5), theme.object, "the ring round the object ball");
    assert_eq!(at(&lit, 1.0, 0.3), [0; 3], "dark elsewhere");
    for (x, y) in [(0.5, 0.5), (0.5, 1.5), (0.3, 1.916)] {
        for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
            let place = (x + dx * ball_radius, y + dy * ball_radius);
            assert_eq!(at(&lit, place.0, place.1), [0; 3], "no light on the ball at {x}, {y}");
        }
    }

    app.world_mut().resource_mut::<SourceHealth>().status =
        SourceStatus::Lost { reason: "unplugged".into(), retry_in: Duration::from_secs(1) };
    assert!(is_dark(&picture(&mut app)), "what is stale is not shown");
    app.world_mut().resource_mut::<SourceHealth>().status = SourceStatus::Running;
    assert_lit(&picture(&mut app), (0.5, 1.0), theme.aim, "it comes back");

    let mut balls = app.world_mut().query::<&mut Ball>();
    for mut ball in balls.iter_mut(app.world_mut()).filter(|ball| ball.id == BYSTANDER) {
        ball.state = BallState::Moving;
    }
    assert!(is_dark(&picture(&mut app)), "dark while a ball moves");
}

#[test]
fn words_appear_on_the_cloth_when_the_camera_stays_away() {
    let mut app = app();
    app.insert_resource(LivePrediction(None));
    start(&mut app);
    for _ in 0..3 {
        app.update();
    }
    assert!(is_dark(&picture(&mut app)), "nobody aims");
    app.world_mut().resource_mut::<SourceHealth>().status =
        SourceStatus::Lost { reason: "unplugged".into(), retry_in: Duration::from_secs(1) };
    app.update();
    assert!(is_dark(&picture(&mut app)), "a short trouble is not shown");
    app.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::from_millis(1500)));
    for _ in 0..5 {
        app.update();
    }
    assert!(!is_dark(&picture(&mut app)));
}

/// Number of frames of the exported run.
const FRAMES: u64 = 8;

/// Stand-in for the source: every other frame has a shot to show.
fn feed(
    gate: Res<IngestGate>,
    table: Res<TableSpec>,
    mut next: Local<u64>,
    mut latest: ResMut<LatestSight>,
    mut prediction: ResMut<LivePrediction>,
) {
    if !gate.open || *next == FRAMES {
        return;
    }
    let grey = Scalar::all(40.0);
    let image =
        Mat::new_rows_cols_with_default(SIZE.height as i32, SIZE.width as i32, CV_8UC3, grey).expect("allocates");
    let time = Duration::from_millis(50 * *next);
    let stamp = FrameStamp { index: *next, time, captured: Instant::now(), size: SIZE };
    latest.0 = Some(Arc::new(Sight {
        stamp,
        detections: Detections::nothing(SIZE, NoTable::NoCloth),
        rings: Vec::new(),
        mouths: Vec::new(),
        vision_time: Duration::ZERO,
        preview: None,
        frame: Some(Arc::new(Frame { image, stamp })),
        delivered: None,
    }));
    prediction.0 = next.is_multiple_of(2).then(|| shot(&table));
    *next += 1;
}

#[test]
fn each_frame_gets_its_own_picture_and_the_video_is_whole() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut app = app();
    app.insert_resource(IngestGate { open: true })
        .add_plugins(ExportPlugin { dir: dir.path().into(), mode: ExportMode::EveryFrame, on_failure: OnFailure::End })
        .add_systems(Update, feed.in_set(PipelineSystems::Ingest));
    start(&mut app);
    for _ in 0..2000 {
        app.update();
        assert_eq!(app.should_exit(), None);
        let progress = app.world().resource::<ExportProgress>();
        if progress.written == FRAMES && progress.is_idle() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    app.world_mut().write_message(AppExit::Success);
    app.update();
    assert_eq!(app.should_exit(), Some(AppExit::Success));
    assert_eq!(app.world().resource::<ExportProgress>(), &ExportProgress { written: FRAMES, pending: 0, failed: None });

    // A place on the aim line.
    let (column, row) = (20 + SCALE as i32, 30 + SCALE as i32 / 2);
    for number in 1..=FRAMES {
        let picture = imread(dir.path().join(format!("overlay_{number:05}.png")), IMREAD_COLOR).expect("reads");
        let expected = if number % 2 == 1 { [255; 3] } else { [0; 3] };
        assert_eq!(picture.at_2d::<Vec3b>(row, column).expect("inside").0, expected, "picture {number}");
    }
    let mut video = VideoCapture::from_file(dir.path().join("camera_and_overlay.mp4"), CAP_FFMPEG).expect("opens");
    let mut picture = Mat::default();
    assert!(video.read(&mut picture).expect("decodes"));
    let rest = (0..).take_while(|_| video.grab().expect("decodes")).count() as u64;
    assert_eq!(1 + rest, FRAMES);
    assert_eq!((picture.cols(), picture.rows()), (640 + 8 + 640, 360));
    let grey = |x: i32, y: i32| picture.at_2d::<Vec3b>(y, x).expect("inside").0;
    assert!(grey(column, row).iter().all(|v| *v > 200), "light on the camera's picture, left");
    assert!(grey(648 + column, row).iter().all(|v| *v > 200), "the overlay, right");
    assert!(grey(column, row + 60).iter().all(|v| (20..60).contains(v)), "the camera's picture, unlit");
}
