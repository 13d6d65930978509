//! Tracks of the balls and the cue on the table, derived from detections in the picture; a ball keeps its id from frame
//! to frame.
//!
//! [`Tracker`] and [`CueFilter`] are plain data and arithmetic; [`TrackingPlugin`] feeds them with the detections, in
//! metres, and mirrors the result to entities: one with [`Ball`] and `Transform` per ball (one unit of the world is one
//! metre), at most one with [`Cue`]. The ball set in use is in the resource [`BallLooks`].

mod view;

pub(crate) use view::cue_slope;

use crate::{
    sense::{LatestSight, SourceHealth},
    stages::PipelineSystems,
};
use bevy::{ecs::system::SystemParam, prelude::*};
use billiards_capture::FrameStamp;
use billiards_table::{
    Ball, BallId, BallLabel, BallLooks, BallSet, BallState, Calibration, Cue, FrameSize, TableEvent, TableKind,
    TablePoint, TableSpec,
};
use billiards_vision::{
    BallIdentifier, TableFit,
    tracking::{CueBall, CueFilter, CueSettings, ShotDetector, Tracker, TrackerSettings},
};
use std::{collections::BTreeMap, time::Instant};
use tracing::warn;
use view::TableView;

/// Maximum distance, metres, by which a better calibration moves a ball on the table. A calibration that moves it
/// further is that of a camera in another pose: the balls have not moved, but appear elsewhere in the picture.
const VIEW_JUMP: f64 = 0.01;
/// Maximum distance, metres, by which a bump of the camera moves a ball. Beyond it, the view is another one.
const MAX_KNOCK: f64 = 0.3;

/// Updates the entities with [`Ball`] and [`Cue`] from the camera's detections.
///
/// They are removed when the source is stale, when there is no calibration, and when the calibration or the table has
/// changed so much that the balls would jump.
#[derive(Debug, Clone, Default)]
pub struct TrackingPlugin {
    /// Set of balls; `None`: it is recognised.
    pub balls: Option<BallSet>,
    /// Time that the camera takes to read a picture from top to bottom, seconds; 0 for a global shutter.
    pub readout: f64,
}

impl Plugin for TrackingPlugin {
    fn build(&self, app: &mut App) {
        let tracking = Tracking::new(self.balls.clone(), self.readout);
        app.insert_resource(tracking.tracker.looks())
            .insert_resource(tracking)
            .add_message::<TableEvent>()
            .add_message::<ResetTracking>()
            .add_systems(Update, track.in_set(PipelineSystems::Track));
    }
}

/// Request to forget all balls and the cue, and to detect everything on the table as for the first time.
#[derive(Message, Debug, Clone, Copy, Default)]
pub struct ResetTracking;

/// Trackers, and the entities that mirror their results.
#[derive(Resource)]
struct Tracking {
    tracker: Tracker,
    cue_filter: CueFilter,
    shot_detector: ShotDetector,
    readout: f64,
    /// View for which the tracks were made.
    setup: Option<TableView>,
    /// Stamp of the newest frame that was tracked.
    newest: Option<FrameStamp>,
    /// Set while the table is detected to have moved.
    moved: bool,
    /// Picture size that does not fit the calibration, once it has been reported.
    unfit: Option<FrameSize>,
    ball_entities: BTreeMap<BallId, Entity>,
    cue_entity: Option<Entity>,
}

impl Tracking {
    fn new(balls: Option<BallSet>, readout: f64) -> Self {
        let settings = TrackerSettings::default();
        Self {
            cue_filter: CueFilter::new(CueSettings::for_table(&TableKind::NINE_FOOT.spec())),
            tracker: Tracker::new(settings, BallIdentifier::new(balls)),
            readout,
            shot_detector: ShotDetector::new(&TableKind::NINE_FOOT.spec()),
            setup: None,
            newest: None,
            moved: false,
            unfit: None,
            ball_entities: BTreeMap::new(),
            cue_entity: None,
        }
    }
}

/// Detections, and what is needed to place them on the table.
#[derive(SystemParam)]
struct FrameInputs<'w> {
    sight: Res<'w, LatestSight>,
    health: Res<'w, SourceHealth>,
    calibration: Res<'w, Calibration>,
    table: Res<'w, TableSpec>,
}

/// Entities and resources that mirror the tracks for the rest of the program.
#[derive(SystemParam)]
struct Mirror<'w, 's> {
    commands: Commands<'w, 's>,
    balls: Query<'w, 's, (&'static mut Ball, &'static mut Transform)>,
    cues: Query<'w, 's, &'static mut Cue>,
    looks: ResMut<'w, BallLooks>,
    events: MessageWriter<'w, TableEvent>,
}

fn track(
    seen: FrameInputs,
    mut tracking: ResMut<Tracking>,
    mut mirror: Mirror,
    mut forget: MessageReader<ResetTracking>,
) {
    let tracking = &mut *tracking;
    if forget.read().count() > 0 {
        tracking.clear(&mut mirror);
    }
    let Some(view) = seen.calibration.camera.filter(|_| !seen.health.is_stale(Instant::now())) else {
        tracking.clear(&mut mirror);
        return;
    };
    let setup = TableView { view, table: *seen.table };
    tracking.change_setup(setup, &mut mirror);
    let Some(sight) = seen.sight.0.as_deref() else { return };
    if tracking.newest == Some(sight.stamp) {
        return;
    }
    let size = sight.detections.size;
    if size != view.size {
        if tracking.unfit.replace(size) != Some(size) {
            warn!(
                "frames are {}×{} but the calibration is made for {}×{}: nothing is tracked until it is made again",
                size.width, size.height, view.size.width, view.size.height
            );
        }
        tracking.clear(&mut mirror);
        return;
    }
    tracking.unfit = None;
    tracking.newest = Some(sight.stamp);

    let time = sight.stamp.time.as_secs_f64();
    if matches!(sight.detections.table, Ok(table) if matches!(table.fit, TableFit::Moved { .. })) {
        if !std::mem::replace(&mut tracking.moved, true) {
            warn!("the table is not where it was in the picture: camera or table were moved");
            mirror.events.write(TableEvent::TableMoved);
        }
    } else {
        tracking.moved = false;
    }
    let radius = setup.radius_in_picture();
    let bare = |place: TablePoint| {
        let centre = setup.view.ball_in_picture(place);
        sight.detections.ground.as_ref().zip(centre).is_some_and(|(ground, centre)| ground.is_bare(centre, radius))
    };
    let balls = tracking.tracker.update(time, &setup.measurements(sight), &bare);
    let cue = tracking.cue_filter.update(time, setup.cue(sight), cue_ball(balls), &bare);
    let sightings = tracking.tracker.sightings();
    let balls = tracking.tracker.balls();
    mirror.events.write_batch(tracking.shot_detector.update(time, balls, &sightings));
    mirror.show_balls(&mut tracking.ball_entities, balls);
    mirror.show_cue(&mut tracking.cue_entity, cue);
    mirror.looks.set_if_neq(tracking.tracker.looks());
}

/// Returns the cue ball, if it is tracked.
fn cue_ball(balls: &[Ball]) -> Option<CueBall> {
    let ball = balls.iter().find(|ball| ball.label == BallLabel::Cue)?;
    Some(CueBall { position: ball.position, moving: ball.state == BallState::Moving })
}

impl Tracking {
    /// Applies a new view of the table.
    fn change_setup(&mut self, setup: TableView, mirror: &mut Mirror) {
        match self.setup.map(|before| (before, setup.jump_from(&before))) {
            Some((before, _)) if setup == before => {}
            Some((before, jump)) if jump < VIEW_JUMP => {
                self.tracker.remap(|place| setup.place_of(place, &before).unwrap_or(place));
                self.cue_filter.reset();
                self.shot_detector.reset();
            }
            Some((_, jump)) if jump < MAX_KNOCK => {
                self.tracker.expect_moved_picture();
                self.cue_filter.reset();
            }
            _ => {
                self.clear(mirror);
                let settings = TrackerSettings::for_table(&setup.table);
                self.tracker.reconfigure(TrackerSettings { readout: self.readout, ..settings });
                self.cue_filter = CueFilter::new(CueSettings::for_table(&setup.table));
                self.shot_detector = ShotDetector::new(&setup.table);
            }
        }
        self.setup = Some(setup);
    }

    /// Resets the tracks and removes their entities.
    fn clear(&mut self, mirror: &mut Mirror) {
        self.tracker.reset();
        self.cue_filter.reset();
        self.shot_detector.reset();
        mirror.show_balls(&mut self.ball_entities, &[]);
        mirror.show_cue(&mut self.cue_entity, None);
    }
}

impl Mirror<'_, '_> {
    /// Makes the entities match `balls` exactly.
    fn show_balls(&mut self, entities: &mut BTreeMap<BallId, Entity>, balls: &[Ball]) {
        entities.retain(|id, entity| {
            let stays = balls.iter().any(|ball| ball.id == *id);
            if !stays {
                self.commands.entity(*entity).try_despawn();
            }
            stays
        });
        for ball in balls {
            let place = Vec2::new(ball.position.x as f32, ball.position.y as f32);
            let known = entities.get(&ball.id).copied();
            if let Some((mut shown, mut transform)) = known.and_then(|entity| self.balls.get_mut(entity).ok()) {
                shown.set_if_neq(ball.clone());
                if transform.translation.truncate() != place {
                    transform.translation = place.extend(transform.translation.z);
                }
            } else {
                let name = Name::new(format!("ball {}", ball.id.0));
                let bundle = (ball.clone(), Transform::from_translation(place.extend(0.0)), name);
                entities.insert(ball.id, self.commands.spawn(bundle).id());
            }
        }
    }

    /// Makes the entity with [`Cue`] match `cue`.
    fn show_cue(&mut self, entity: &mut Option<Entity>, cue: Option<Cue>) {
        let Some(cue) = cue else {
            if let Some(gone) = entity.take() {
                self.commands.entity(gone).try_despawn();
                self.events.write(TableEvent::CueLeft);
            }
            return;
        };
        if let Some(mut shown) = entity.and_then(|entity| self.cues.get_mut(entity).ok()) {
            shown.set_if_neq(cue);
        } else {
            *entity = Some(self.commands.spawn((cue, Name::new("cue"))).id());
            self.events.write(TableEvent::CueAppeared);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sense::Sight;
    use billiards_capture::{Delivery, SourceStatus};
    use billiards_table::{BallClass, CameraPoint, CameraView, CueState, Homography, ProjectorView};
    use billiards_vision::{Appearance, BallDetection, CueDetection, Detections, NoTable};
    use nalgebra::Matrix3;
    use std::{sync::Arc, time::Duration};

    /// Returns the view of a camera that looks straight down, `offset` metres to the side.
    pub(super) fn setup(offset: f64) -> TableView {
        let plane = Homography::from_matrix(Matrix3::new(0.002, 0.0, offset, 0.0, -0.002, 2.6, 0.0, 0.0, 1.0));
        let plane = plane.expect("regular");
        let size = FrameSize { width: 640, height: 1300 };
        let view = CameraView::flat(size, plane);
        TableView { view, table: TableKind::NINE_FOOT.spec() }
    }

    /// Returns the sight of the camera of `setup(0.0)` in frame `index`: a cue ball at (0.6, 1.0), another ball in the
    /// pocket's net beyond the nose line, and a cue that points at the cue ball.
    fn sight(index: u32) -> LatestSight {
        let size = setup(0.0).view.size;
        let time = Duration::from_millis(40) * index;
        let ball = |x: f64, y: f64, label: BallLabel, class: BallClass| BallDetection {
            label,
            class,
            appearance: Appearance { white: if label == BallLabel::Cue { 0.99 } else { 0.0 }, ..Appearance::default() },
            confidence: 0.9,
            ..BallDetection::unidentified(CameraPoint::new(x, y), 14.0)
        };
        let balls = vec![
            ball(300.0, 800.0, BallLabel::Cue, BallClass::Cue),
            ball(-60.0, 665.0, BallLabel::Unknown, BallClass::Solid),
        ];
        let cue = CueDetection {
            tip: CameraPoint::new(150.0, 800.0),
            butt: CameraPoint::new(20.0, 800.0),
            width: 5.0,
            confidence: 0.9,
        };
        let stamp = FrameStamp { index: index.into(), time, captured: Instant::now(), size };
        let detections = Detections { balls, cue: Some(cue), ..Detections::nothing(size, NoTable::NoCloth) };
        LatestSight(Some(Arc::new(Sight::bare(stamp, detections))))
    }

    fn app() -> App {
        let TableView { view, table } = setup(0.0);
        let from_table = Homography::from_matrix(Matrix3::identity()).expect("regular");
        let projector = ProjectorView { size: view.size, from_table };
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, TrackingPlugin::default()))
            .insert_resource(table)
            .insert_resource(Calibration { camera: Some(view), projector, latency: None })
            .insert_resource(SourceHealth {
                status: SourceStatus::Running,
                delivery: Delivery::EveryFrame,
                ..SourceHealth::default()
            })
            .init_resource::<LatestSight>();
        app
    }

    fn show(app: &mut App, frames: std::ops::Range<u32>) {
        for index in frames {
            app.insert_resource(sight(index));
            app.update();
        }
    }

    fn count<C: Component>(app: &mut App) -> usize {
        app.world_mut().query_filtered::<(), With<C>>().iter(app.world()).count()
    }

    #[test]
    fn what_is_seen_is_mirrored_to_entities() {
        let mut app = app();
        show(&mut app, 0..4);
        let (entity, ball, at) =
            app.world_mut().query::<(Entity, &Ball, &Transform)>().single(app.world()).expect("one ball on the table");
        assert_eq!(ball.label, BallLabel::Cue);
        assert!((ball.position - TablePoint::new(0.6, 1.0)).length() < 1e-9);
        assert_eq!(at.translation, Vec3::new(ball.position.x as f32, ball.position.y as f32, 0.0));
        let cue = app.world_mut().query::<&Cue>().single(app.world()).expect("one cue");
        assert_eq!(cue.state, CueState::Aiming);
        // The same sight again is not a new frame, and the entity stays.
        app.update();
        show(&mut app, 4..8);
        assert!(app.world().get::<Ball>(entity).is_some());
        assert_eq!((count::<Ball>(&mut app), count::<Cue>(&mut app)), (1, 1));
    }

    #[test]
    fn a_lost_source_clears_the_table() {
        let mut app = app();
        show(&mut app, 0..4);
        let lost = SourceStatus::Lost { reason: "unplugged".into(), retry_in: Duration::from_secs(1) };
        app.world_mut().resource_mut::<SourceHealth>().status = lost;
        app.update();
        assert_eq!((count::<Ball>(&mut app), count::<Cue>(&mut app)), (0, 0));
    }

    /// Returns the resting ball in the first frame in which the camera is assumed to look from `offset` metres to the
    /// side.
    fn ball_seen_from(offset: f64) -> Ball {
        let mut app = app();
        show(&mut app, 0..40);
        app.world_mut().resource_mut::<Calibration>().camera = Some(setup(offset).view);
        show(&mut app, 40..41);
        app.world_mut().query::<&Ball>().single(app.world()).expect("one ball").clone()
    }

    #[test]
    fn a_better_calibration_takes_resting_balls_along() {
        let ball = ball_seen_from(0.003);
        assert_eq!((ball.id, ball.state), (BallId(1), BallState::Resting));
        assert!((ball.position.x - 0.603).abs() < 1e-6, "{ball:?}");
    }

    #[test]
    fn a_knocked_camera_moves_no_ball() {
        let ball = ball_seen_from(0.05);
        assert_eq!((ball.id, ball.state), (BallId(1), BallState::Resting));
        assert!((ball.position.x - 0.65).abs() < 1e-9, "{ball:?}");
    }

    #[test]
    fn a_calibration_that_jumps_begins_anew() {
        let mut app = app();
        show(&mut app, 0..4);
        app.world_mut().resource_mut::<Calibration>().camera = Some(setup(-0.4).view);
        show(&mut app, 4..7);
        let ball = app.world_mut().query::<&Ball>().single(app.world()).expect("one ball");
        assert!((ball.position.x - 0.2).abs() < 1e-9 && ball.id != BallId(1), "{ball:?}");
        // Without a calibration there is nothing on the table.
        app.world_mut().resource_mut::<Calibration>().camera = None;
        app.update();
        assert_eq!((count::<Ball>(&mut app), count::<Cue>(&mut app)), (0, 0));
    }
}
