//! Pictures of the operator's panel: each tab is drawn, over a simulated table. Needs a Vulkan driver; a software one
//! suffices. The pictures are kept in the folder that `PANEL_SHOTS` names, for inspection.

use bevy::{
    app::PluginsState,
    camera::RenderTarget,
    log::LogPlugin,
    prelude::*,
    render::{
        RenderPlugin,
        render_resource::{TextureFormat, TextureUsages},
        view::screenshot::{Screenshot, ScreenshotCaptured},
    },
    window::{ExitCondition, Monitor},
    winit::WinitPlugin,
};
use bevy_egui::PrimaryEguiContext;
use billiards_calibration::CalibrationSetup;
use billiards_capture::{FrameSource, Opener};
use billiards_physics::fitting::TablePhysics;
use billiards_protocol::calibration::{CalibrationProgress, MeasuredPointData, ProjectorReport};
use billiards_simulation::{Scene, SimulatedRig, SimulationOptions};
use billiards_table::{
    Ball, FrameSize, LiveOdds, ProjectorOutput, TableKind, TablePoint,
    command::{PointCommand, ProfileCommand, SettingsCommand},
};
use billiards_trainer::{
    calibrate::sense_and_calibrate,
    operate::{CalibrationStatus, ControlPlugin, SourceChoice},
    sense::{LatestSight, SenseOptions, SensePlugin, SourceHealth, tracking::TrackingPlugin},
    show::{
        overlay::{OverlayOutput, OverlayPlugin},
        panel::{Layers, PanelAction, PanelPlugin, Tab},
        remote::{self, RemotePlugin},
    },
    stages::StagesPlugin,
    think::{prediction::PredictionPlugin, world::TableWorldPlugin},
};
use serde_json::json;
use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Smallest screen on which the panel must be usable, pixels.
const SCREEN: FrameSize = FrameSize { width: 1280, height: 720 };
/// Timeout for what must be present before the first picture, with a software renderer.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Image that the operator's camera draws on.
#[derive(Resource)]
struct Canvas(Handle<Image>);

#[derive(Resource, Default)]
struct Taken(Option<Image>);

fn simulation(scene: Scene) -> Opener {
    let options = SimulationOptions { fps: 10.0, ..SimulationOptions::default() };
    Arc::new(move || {
        Ok(Box::new(SimulatedRig::with_table(scene, options, TableKind::NINE_FOOT)) as Box<dyn FrameSource>)
    })
}

/// Creates the trainer as it runs with windows, but drawn into pictures.
fn app(profile: PathBuf) -> App {
    let listener = billiards_server::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let sources = [Scene::Practice, Scene::Break]
        .map(|scene| SourceChoice { name: format!("sim:{scene}"), opener: simulation(scene) });
    let sense = SenseOptions { preview: true, ..default() };
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() })
            .set(RenderPlugin { synchronous_pipeline_compilation: true, ..default() })
            .disable::<WinitPlugin>()
            .disable::<LogPlugin>(),
    )
    .add_plugins((
        StagesPlugin,
        sense_and_calibrate(SensePlugin::new(simulation(Scene::Practice), None, sense), CalibrationSetup::default()),
        TrackingPlugin::default(),
        TableWorldPlugin,
        PredictionPlugin { in_step: false, physics: TablePhysics::default() },
        RemotePlugin::new(listener, remote::server_config()),
        OverlayPlugin { output: OverlayOutput::Image { size: SCREEN } },
        ControlPlugin { profile, sources: sources.into() },
        PanelPlugin,
    ))
    .add_systems(PostStartup, draw_on_a_canvas);
    while app.plugins_state() == PluginsState::Adding {
        bevy::tasks::tick_global_task_pools_on_main_thread();
    }
    app.finish();
    app.cleanup();
    app
}

fn draw_on_a_canvas(
    mut commands: Commands,
    mut images: ResMut<Assets<Image>>,
    operator: Single<Entity, With<PrimaryEguiContext>>,
) {
    let mut image = Image::new_target_texture(SCREEN.width, SCREEN.height, TextureFormat::Rgba8UnormSrgb, None);
    image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
    let image = images.add(image);
    commands.entity(*operator).insert(RenderTarget::Image(image.clone().into()));
    commands.insert_resource(Canvas(image));
    commands.init_resource::<Taken>();
}

/// Updates until a condition holds.
fn until(app: &mut App, what: &str, mut holds: impl FnMut(&mut World) -> bool) {
    let begin = Instant::now();
    while !holds(app.world_mut()) {
        assert!(begin.elapsed() < TIMEOUT, "waited in vain: {what}");
        app.update();
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns the panel as it is drawn next.
fn picture(app: &mut App) -> Image {
    let canvas = app.world().resource::<Canvas>().0.clone();
    app.world_mut()
        .spawn(Screenshot::image(canvas))
        .observe(|shot: On<ScreenshotCaptured>, mut taken: ResMut<Taken>| taken.0 = Some(shot.image.clone()));
    until(app, "a picture", |world| world.resource::<Taken>().0.is_some());
    app.world_mut().resource_mut::<Taken>().0.take().expect("taken")
}

fn ask(app: &mut App, action: impl Into<PanelAction>) {
    app.world_mut().write_message(action.into());
    // Executed in one update, drawn in the next.
    for _ in 0..3 {
        app.update();
    }
}

/// Returns the number of different colours.
fn colours(image: &Image) -> usize {
    let mut colours: Vec<&[u8]> = image.data.as_ref().expect("pixels").chunks_exact(4).collect();
    colours.sort_unstable();
    colours.dedup();
    colours.len()
}

fn keep(image: &Image, dir: &Path, name: &str) {
    let picture = image.clone().try_into_dynamic().expect("an 8-bit picture");
    picture.to_rgb8().save(dir.join(format!("{name}.png"))).expect("saves");
}

/// Returns a plausible calibration, with errors that grow towards the corners.
fn measured() -> CalibrationStatus {
    let spec = TableKind::NINE_FOOT.spec();
    let points = (0..40).map(|i| {
        let place = TablePoint::new(
            (0.1 + 0.2 * f64::from(i % 5)) * spec.width,
            (0.0625 + 0.125 * f64::from(i / 5)) * spec.length,
        );
        let residual = [4.0 * (place.x / spec.width - 0.5), 6.0 * (place.y / spec.length - 0.5)];
        MeasuredPointData::new(place, residual, i != 7)
    });
    CalibrationStatus {
        projector: Some(ProjectorReport {
            made: "measured with 40 markers".into(),
            rms_mm: Some(1.8),
            worst_mm: Some(3.4),
            points: points.collect(),
        }),
        by_itself: true,
        ..default()
    }
}

#[test]
fn every_tab_is_drawn() {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    let dir = env::var_os("PANEL_SHOTS").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&dir).expect("a folder");
    let mut app = app(temporary.path().join("table.json"));
    app.update();
    // The first pictures may be older than the fonts.
    let waiting = (0..10).map(|_| picture(&mut app)).find(|image| colours(image) > 50).expect("words at least");
    assert_eq!((waiting.width(), waiting.height()), (SCREEN.width, SCREEN.height));
    until(&mut app, "an aimed shot", |world| {
        world.resource::<LatestSight>().0.as_ref().is_some_and(|sight| sight.preview.is_some())
            && world.query::<&Ball>().iter(world).count() > 8
            && world.resource::<LiveOdds>().0.is_some()
    });
    ask(&mut app, ProfileCommand::Save);
    ask(&mut app, ProfileCommand::SaveAs("club - lights on".parse().expect("a name")));
    ask(&mut app, ProfileCommand::SaveAs("club".parse().expect("a name")));
    ask(&mut app, PointCommand::NudgeSelected { dx: 10.0, dy: -4.0 });
    // Behave as if a projector were connected.
    app.insert_resource(ProjectorOutput::default());
    for (name, x) in [("HDMI-1", 1920), ("eDP-1", 0)] {
        app.world_mut().spawn(Monitor {
            name: Some(name.into()),
            physical_height: 1080,
            physical_width: 1920,
            physical_position: IVec2::new(x, 0),
            refresh_rate_millihertz: None,
            scale_factor: 1.0,
            video_modes: Vec::new(),
        });
    }
    let theme = json!({"aim_width": 0.012, "aim": "#78ffa0"});
    ask(&mut app, SettingsCommand::Patch(json!({"overlay": {"theme": theme}})));
    let mut pictures = Vec::new();
    for tab in Tab::ALL {
        ask(&mut app, PanelAction::ShowTab(tab));
        let image = picture(&mut app);
        keep(&image, &dir, tab.name());
        assert!(colours(&image) > 500, "{}: {} colours", tab.name(), colours(&image));
        pictures.push((tab, image));
    }
    for (i, (tab, image)) in pictures.iter().enumerate() {
        let same = pictures.iter().take(i).find(|(_, other)| other.data == image.data);
        assert!(same.is_none(), "{} looks like {}", tab.name(), same.map_or("", |(tab, _)| tab.name()));
    }

    app.insert_resource(measured());
    ask(&mut app, PanelAction::ShowTab(Tab::Calibration));
    keep(&picture(&mut app), &dir, "Calibration-measured");
    app.world_mut().resource_mut::<CalibrationStatus>().running =
        Some(CalibrationProgress { share: 0.4, words: "Looking for markers: 23 of 40. Keep off the table.".into() });
    ask(&mut app, PanelAction::SetLayers(Layers { picture: false, edges: true, ..Layers::default() }));
    let frames = app.world().resource::<SourceHealth>().frames;
    until(&mut app, "frames with edges", |world| world.resource::<SourceHealth>().frames > frames + 3);
    keep(&picture(&mut app), &dir, "Calibration-running-edges");
}
