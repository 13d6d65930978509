//! Whole games on simulated tables: every shot and every pot must be reported once, and none that was not played.

use super::{
    ReportError, Request, each,
    figures::{ShotFigures, thousandths},
};
use crate::{
    calibrate::sense_and_calibrate,
    rig::closed_loop::LoopError,
    sense::{LatestSight, SenseOptions, SensePlugin, SourceHealth, tracking::TrackingPlugin},
    stages::{PipelineSystems, StagesPlugin},
    think::{
        history::{HistoryPlugin, ShotHistory},
        world::TableWorldPlugin,
    },
};
use bevy::prelude::*;
use billiards_calibration::CalibrationSetup;
use billiards_capture::{CaptureError, Delivery, FrameSource, Opener, Picture, SourceStatus};
use billiards_simulation::{PlayedShot, Scene, SimulatedRig, SimulationOptions};
use billiards_table::{Ball, BallId, BallLabel, TableEvent, TableSpec, TableVector};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Scenes in which somebody plays, all of them on the same table.
const SCENES: [Scene; 6] = [Scene::Practice, Scene::Break, Scene::StraightPool, Scene::Arms, Scene::Light, Scene::Bump];
/// Number of frames of each game.
const FRAMES: u64 = 1800;
/// Frame rate, pictures a second.
const FPS: f64 = 30.0;
/// Minimum time from the rest of all balls to the last frame for a shot to count, seconds: pots are reported late.
const SETTLE: f64 = 3.5;
/// Maximum time between a stroke and its reported time, seconds.
const SAME_STROKE: f64 = 0.5;

/// Watches a game of each scene.
pub(crate) fn measure(request: &Request) -> Result<Vec<ShotFigures>, ReportError> {
    each("game", &SCENES, &request.pick, |i, scene| {
        let options =
            SimulationOptions { seed: request.seed.wrapping_mul(53).wrapping_add(i as u64), fps: FPS, ..default() };
        watch(*scene, options, request.table())
    })
}

/// Shot as it was reported.
#[derive(Debug, Clone)]
struct ReportedShot {
    struck_at: f64,
    ball: BallLabel,
    speed: f64,
    direction: TableVector,
}

/// Shots and balls reported during a game.
#[derive(Resource, Default)]
struct GameReport {
    shots: Vec<ReportedShot>,
    labels: HashMap<BallId, BallLabel>,
}

fn listen(
    mut events: MessageReader<TableEvent>,
    balls: Query<&Ball>,
    sight: Res<LatestSight>,
    mut report: ResMut<GameReport>,
) {
    report.labels.extend(balls.iter().map(|ball| (ball.id, ball.label)));
    let now = sight.0.as_ref().map_or(0.0, |sight| sight.stamp.time.as_secs_f64());
    for event in events.read() {
        match *event {
            TableEvent::ShotStarted { ball, speed, direction, ago } => {
                let ball = report.labels.get(&ball).copied().unwrap_or(BallLabel::Unknown);
                report.shots.push(ReportedShot { struck_at: now - ago, ball, speed, direction });
            }
            TableEvent::ShotEnded { speed, direction, .. } => {
                if let Some(shot) = report.shots.last_mut() {
                    (shot.speed, shot.direction) = (speed, direction);
                }
            }
            _ => {}
        }
    }
}

/// The rig as a source that is shared with the code that needs the truth.
struct Shared(Arc<Mutex<SimulatedRig>>);

impl FrameSource for Shared {
    fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read()
    }

    fn is_live(&self) -> bool {
        false
    }

    fn describe(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).describe()
    }
}

fn watch(scene: Scene, options: SimulationOptions, table: TableSpec) -> Result<ShotFigures, ReportError> {
    let rig = Arc::new(Mutex::new(SimulatedRig::with_table(scene, options, table).unpaced()));
    let opener: Opener = {
        let rig = Arc::clone(&rig);
        Arc::new(move || Ok(Box::new(Shared(Arc::clone(&rig))) as Box<dyn FrameSource>))
    };
    let sense = SenseOptions { delivery: Delivery::EveryFrame, max_frames: Some(FRAMES), ..default() };
    let mut setup = CalibrationSetup::default();
    setup.table = table.into();
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        TransformPlugin,
        StagesPlugin,
        sense_and_calibrate(SensePlugin::new(opener, None, sense), setup),
        TrackingPlugin::default(),
        TableWorldPlugin,
        HistoryPlugin,
    ))
    .init_resource::<GameReport>()
    .add_systems(Update, listen.in_set(PipelineSystems::Publish));
    app.finish();
    app.cleanup();
    loop {
        app.update();
        match &app.world().resource::<SourceHealth>().status {
            SourceStatus::Failed(reason) => return Err(LoopError::Source(reason.clone()).into()),
            status if status.is_final() => break,
            _ => {}
        }
    }
    let delay = rig.lock().unwrap_or_else(PoisonError::into_inner).setup().camera.delay;
    let played = rig.lock().unwrap_or_else(PoisonError::into_inner).played().to_vec();
    let end = FRAMES as f64 / FPS;
    let name = format!("{scene}, seed {}", options.seed);
    Ok(compare(name, &played, delay, end, &app))
}

/// Compares what was played with what was reported.
fn compare(game: String, played: &[PlayedShot], delay: f64, end: f64, app: &App) -> ShotFigures {
    let reported = &app.world().resource::<GameReport>().shots;
    let records: Vec<_> = app.world().resource::<ShotHistory>().newest_first().collect();
    let records: Vec<_> = records.into_iter().rev().collect();
    let counted: Vec<&PlayedShot> = played.iter().filter(|shot| shot.rests_at + delay + SETTLE < end).collect();
    let mut figures = ShotFigures { game, played: counted.len(), ..ShotFigures::default() };
    let mut used = vec![false; reported.len()];
    for shot in &counted {
        let seen_at = shot.struck_at + delay;
        figures.pots += shot.pocketed.len();
        let near = |shot: &ReportedShot| (shot.struck_at - seen_at).abs() <= SAME_STROKE;
        let Some(i) = (0..reported.len()).find(|i| !used[*i] && near(&reported[*i])) else {
            figures.faults.push(format!("{seen_at:.2} s: a stroke was not told"));
            continue;
        };
        used[i] = true;
        let one = &reported[i];
        if one.ball != BallLabel::Cue {
            figures.faults.push(format!("{seen_at:.2} s: {} told to be struck", one.ball));
        }
        let speed = shot.velocity.length();
        let turn = shot.velocity.angle_to(one.direction).to_degrees().abs();
        figures.told += 1;
        if (one.speed / speed - 1.0).abs() > 0.1 || turn > 1.0 {
            let description = format!("{:.2} m/s, {turn:.2}° off", one.speed);
            figures.strokes.push(format!("{seen_at:.2} s: {speed:.2} m/s, told {description}"));
        }
        figures.speed_error = figures.speed_error.max(thousandths((one.speed / speed - 1.0).abs()));
        figures.direction_error = figures.direction_error.max(thousandths(turn));
        figures.time_error = figures.time_error.max(thousandths((one.struck_at - seen_at).abs()));
        let mut fallen: Vec<String> = shot.pocketed.iter().map(ToString::to_string).collect();
        let mut seen = records.get(i).map(|record| record.balls_pocketed.clone()).unwrap_or_default();
        fallen.sort();
        seen.sort();
        if fallen != seen {
            figures.faults.push(format!("{seen_at:.2} s: {fallen:?} fell, told {seen:?}"));
        }
    }
    for (shot, _) in reported.iter().zip(&used).filter(|(_, used)| !**used) {
        // A shot that was played too late to count is not an invention.
        let late = played.iter().any(|played| (played.struck_at + delay - shot.struck_at).abs() <= SAME_STROKE);
        if !late {
            figures.faults.push(format!(
                "{:.2} s: a shot of {} at {:.2} m/s was invented",
                shot.struck_at, shot.ball, shot.speed
            ));
        }
    }
    figures
}
