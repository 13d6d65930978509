//! The camera's lens by the printed board, beside the running program: views of the board are gathered while somebody
//! holds it under the camera, and what they tell goes into force.

use super::automatic::{self, AutomaticCalibration, CalibrationOrder, CalibrationProgress};
use crate::{
    sense::{
        LatestSight, SenseWorker, SourceHealth,
        capture::{Frame, SourceStatus},
    },
    stages::PipelineSystems,
};
use bevy::{
    prelude::*,
    tasks::{AsyncComputeTaskPool, Task, block_on, poll_once},
};
use billiards_calibration::{
    CalibrationSetup, Optics,
    camera::board::{BoardError, BoardLens, BoardSight, BoardView, lens_from_views, look_for_board},
};
use std::{sync::Arc, time::Duration};

/// Views from which the lens is worked out;
const ENOUGH: usize = 10;
/// where they do not do, more are gathered, up to so many.
const MOST: usize = 24;
/// Views are further apart than this, in shares of the picture's longer side: of one view, twenty tell no more.
const APART: f64 = 0.06;
/// A board moves by less than this, in the same shares, between two looks while somebody holds it still: what moves is
/// blurred, and bent by a shutter that reads row by row.
const STILL: f64 = 0.008;
/// A view is sought no more often than this: whoever holds the board moves on meanwhile.
const INTERVAL: Duration = Duration::from_millis(300);

/// The measurement of the lens: what it does now, and what the last one came to.
#[derive(Resource, Default)]
pub struct LensCalibration {
    running: Option<Running>,
    last: Option<Result<BoardLens, String>>,
}

struct Running {
    views: Vec<BoardView>,
    /// What the look before showed.
    before: Option<BoardView>,
    progress: CalibrationProgress,
    work: Option<Work>,
    /// When a frame was looked at last, on the clock of the source.
    looked: Option<Duration>,
}

enum Work {
    Looking(Task<Result<BoardSight, String>>),
    Solving(Task<Result<BoardLens, BoardError>>),
}

impl LensCalibration {
    /// How far it is, while one is running.
    #[must_use]
    pub fn progress(&self) -> Option<&CalibrationProgress> {
        self.running.as_ref().map(|running| &running.progress)
    }

    /// What the last one came to; why it failed, in words.
    #[must_use]
    pub fn last(&self) -> Option<&Result<BoardLens, String>> {
        self.last.as_ref()
    }
}

impl Running {
    fn new() -> Self {
        let progress = CalibrationProgress { share: 0.0, words: String::new() };
        let mut running = Self { views: Vec::new(), before: None, progress, work: None, looked: None };
        running.say("Hold the printed board under the camera, flat, well lit and whole in the picture");
        running
    }

    fn say(&mut self, what: &str) {
        let seen = self.views.len();
        let of = ENOUGH.max(seen);
        self.progress =
            CalibrationProgress { share: seen as f64 / of as f64, words: format!("{what}: {seen} of {of} views.") };
    }

    /// Takes up what a frame shows.
    fn take(&mut self, seen: BoardSight) {
        let before = self.before.take();
        let view = match seen {
            BoardSight::Seen(view) => view,
            BoardSight::Unseen => return self.say("The board is not seen: hold it flat, well lit and whole"),
            BoardSight::Mirrored => {
                return self.say("The picture is mirrored: switch mirroring off in the camera's settings");
            }
            BoardSight::OldLayout => {
                return self
                    .say("This is a board of another layout: print the one that this page or calibrate --board gives");
            }
        };
        self.before = Some(view.clone());
        if before.is_none_or(|before| before.distance(&view) > STILL) {
            return self.say("Hold the board still");
        }
        if self.views.iter().any(|before| before.distance(&view) < APART) {
            return self.say("Hold it otherwise: tilt it to all sides, and bring it into the picture's corners");
        }
        self.views.push(view);
        self.say("Good; now hold it otherwise: tilt it to all sides, and bring it into the picture's corners");
        if self.views.len() >= ENOUGH {
            let views = self.views.clone();
            self.work = Some(Work::Solving(AsyncComputeTaskPool::get().spawn(async move { lens_from_views(&views) })));
        }
    }

    /// Goes on; says what it came to once it is over.
    fn advance(&mut self, frame: Option<(Duration, &Arc<Frame>)>) -> Option<Result<BoardLens, String>> {
        match &mut self.work {
            Some(Work::Looking(task)) => {
                let seen = block_on(poll_once(task))?;
                self.work = None;
                match seen {
                    Ok(seen) => self.take(seen),
                    Err(error) => return Some(Err(error)),
                }
            }
            Some(Work::Solving(task)) => {
                let solved = block_on(poll_once(task))?;
                self.work = None;
                match solved {
                    Ok(lens) => return Some(Ok(lens)),
                    Err(error) if self.views.len() >= MOST => return Some(Err(error.to_string())),
                    Err(error) => self.say(&error.to_string()),
                }
            }
            None => {
                let (time, frame) = frame?;
                if self.looked.is_none_or(|looked| time.saturating_sub(looked) >= INTERVAL || time < looked) {
                    self.looked = Some(time);
                    let frame = Arc::clone(frame);
                    let look = async move { look_for_board(&frame.image).map_err(|error| format!("OpenCV: {error}")) };
                    self.work = Some(Work::Looking(AsyncComputeTaskPool::get().spawn(look)));
                }
            }
        }
        None
    }
}

/// Measures the lens at [`CalibrationOrder::StartLens`].
///
/// Needs the resources of `SensePlugin` and `CalibrationPlugin`. Brings [`LensCalibration`].
#[derive(Debug, Clone, Copy, Default)]
pub struct LensCalibrationPlugin;

impl Plugin for LensCalibrationPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<LensCalibration>()
            .add_message::<CalibrationOrder>()
            .add_systems(Update, (obey.after(automatic::obey), advance).chain().in_set(PipelineSystems::Coach));
    }
}

fn obey(
    mut orders: MessageReader<CalibrationOrder>,
    mut lens: ResMut<LensCalibration>,
    (automatic, worker): (Option<Res<AutomaticCalibration>>, Option<Res<SenseWorker>>),
) {
    let busy = automatic.is_some_and(|automatic| automatic.progress().is_some());
    for order in orders.read() {
        match order {
            CalibrationOrder::StartLens if busy => warn!("the lens is not measured: a calibration is running"),
            CalibrationOrder::StartLens if lens.running.is_none() => {
                keep(worker.as_deref(), true);
                *lens = LensCalibration { running: Some(Running::new()), last: None };
            }
            CalibrationOrder::StartLens => warn!("the lens is being measured already"),
            CalibrationOrder::Cancel if lens.running.is_some() => {
                keep(worker.as_deref(), false);
                *lens = LensCalibration { running: None, last: Some(Err("cancelled".to_owned())) };
            }
            CalibrationOrder::Cancel | CalibrationOrder::Start { .. } => {}
        }
    }
}

/// The board bends with the lens only in the pictures as they are delivered.
fn keep(worker: Option<&SenseWorker>, delivered: bool) {
    if let Some(worker) = worker {
        worker.keep_delivered(delivered);
    }
}

fn advance(
    mut lens: ResMut<LensCalibration>,
    mut setup: ResMut<CalibrationSetup>,
    (sight, health, worker): (Res<LatestSight>, Res<SourceHealth>, Option<Res<SenseWorker>>),
) {
    let Some(running) = &mut lens.bypass_change_detection().running else { return };
    let before = running.progress.words.clone();
    let newest = sight.0.as_ref().filter(|_| sight.is_changed());
    let frame = newest.and_then(|sight| Some((sight.stamp.time, sight.delivered.as_ref()?)));
    let outcome = match &health.status {
        SourceStatus::Failed(_) | SourceStatus::Lost { .. } | SourceStatus::Ended => {
            Some(Err(format!("the camera is {}: connect it first", health.status)))
        }
        SourceStatus::Opening | SourceStatus::Running => running.advance(frame),
    };
    if running.progress.words != before {
        info!("lens: {}", running.progress.words);
        lens.set_changed();
    }
    let Some(outcome) = outcome else { return };
    keep(worker.as_deref(), false);
    match &outcome {
        Ok(found) => {
            info!("lens: measured in {} views, corners met to {:.2} pixels", found.pictures, found.rms);
            if !found.left_out.is_empty() {
                warn!("lens: {} views do not fit the others and were left out", found.left_out.len());
            }
            setup.optics = Some(Optics::by_board(found));
            // Corners in pictures that were straightened otherwise mean nothing any more.
            setup.seek_table();
            if let Some(worker) = worker {
                worker.use_lens(Some(found.lens));
                worker.seek_table();
            }
        }
        Err(why) => warn!("lens: {why}"),
    }
    *lens = LensCalibration { running: None, last: Some(outcome) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::FrameSize,
        sense::{
            Sight,
            capture::FrameStamp,
            vision::{Detections, NoTable},
        },
    };
    use billiards_calibration::{OpticsOrigin, camera::board::testing};
    use opencv::{core::Mat, prelude::MatTraitConst};
    use std::time::Instant;

    fn app() -> App {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, crate::stages::StagesPlugin, LensCalibrationPlugin))
            .insert_resource(CalibrationSetup::default())
            .insert_resource(SourceHealth { status: SourceStatus::Running, ..default() })
            .init_resource::<LatestSight>();
        app
    }

    fn order(app: &mut App, order: CalibrationOrder) {
        app.world_mut().write_message(order);
        app.update();
    }

    fn lens(app: &App) -> &LensCalibration {
        app.world().resource()
    }

    /// Shows a picture and waits until it has been looked at, and what follows from it.
    fn show(app: &mut App, index: u64, image: &Mat) {
        let size = FrameSize { width: image.cols() as u32, height: image.rows() as u32 };
        let stamp = FrameStamp { index, time: INTERVAL * index as u32, captured: Instant::now(), size };
        app.insert_resource(LatestSight(Some(Arc::new(Sight {
            delivered: Some(Arc::new(Frame { stamp, image: image.clone() })),
            ..Sight::bare(stamp, Detections::nothing(size, NoTable::NoCloth))
        }))));
        app.update();
        while lens(app).running.as_ref().is_some_and(|running| running.work.is_some()) {
            app.update();
        }
    }

    fn words(app: &App) -> &str {
        lens(app).progress().map_or("", |progress| &progress.words)
    }

    #[test]
    fn a_board_that_is_held_in_ten_ways_tells_the_lens() {
        let mut app = app();
        order(&mut app, CalibrationOrder::StartLens);
        assert!(words(&app).ends_with("0 of 10 views."), "{}", words(&app));
        let pictures = testing::pictures();
        show(&mut app, 0, &pictures[0]);
        assert!(words(&app).starts_with("Hold the board still"), "{}", words(&app));
        show(&mut app, 1, &pictures[0]);
        show(&mut app, 2, &pictures[0]);
        assert!(words(&app).starts_with("Hold it otherwise") && words(&app).ends_with("1 of 10 views."));
        show(&mut app, 3, &testing::nothing());
        assert!(words(&app).starts_with("The board is not seen"), "{}", words(&app));
        let (turn, shift) = testing::POSES[0];
        show(&mut app, 4, &testing::picture_of(&testing::old_board(), &testing::lens(), turn, shift));
        assert!(words(&app).starts_with("This is a board of another layout"), "{}", words(&app));
        let mut mirrored = Mat::default();
        opencv::core::flip(&pictures[0], &mut mirrored, 1).expect("flipped");
        show(&mut app, 5, &mirrored);
        assert!(words(&app).starts_with("The picture is mirrored"), "{}", words(&app));
        for (i, picture) in (2..).zip(&pictures[1..]) {
            show(&mut app, 2 * i + 4, picture);
            show(&mut app, 2 * i + 5, picture);
        }
        let Some(Ok(found)) = lens(&app).last() else { panic!("{:?} {}", lens(&app).last(), words(&app)) };
        assert!((found.lens.focal[0] / testing::FOCAL - 1.0).abs() < 0.01 && found.rms < 0.3, "{found:?}");
        let setup: &CalibrationSetup = app.world().resource();
        assert_eq!(setup.optics.map(|optics| (optics.lens, optics.origin)), Some((found.lens, OpticsOrigin::Board)));
    }

    #[test]
    fn it_can_be_cancelled_and_ends_with_the_camera() {
        let mut app = app();
        order(&mut app, CalibrationOrder::StartLens);
        order(&mut app, CalibrationOrder::Cancel);
        assert!(matches!(lens(&app).last(), Some(Err(why)) if why == "cancelled") && words(&app).is_empty());
        order(&mut app, CalibrationOrder::StartLens);
        assert!(lens(&app).last().is_none());
        app.world_mut().resource_mut::<SourceHealth>().status = SourceStatus::Ended;
        app.update();
        let Some(Err(why)) = lens(&app).last() else { panic!("it goes on: {}", words(&app)) };
        assert!(why.contains("connect it"), "{why}");
        assert_eq!(app.world().resource::<CalibrationSetup>().optics, None);
    }
}
