//! Calibration: from corners in pictures to the transforms that everybody uses.
//!
//! [`CalibrationSetup`] holds what is known and who said so; systems solve it into [`Calibration`] whenever it changes.

mod homography;
mod profile;

pub use homography::{CornersError, camera_view, centred_corners, from_four_points, lies_across, projector_view};
pub use profile::{CameraCorners, Profile, ProfileError, ProjectorCorners};

use crate::{
    app::PipelineSystems,
    model::{Calibration, FrameSize, TableChoice, TableKind, TableQuad, TableSpec, longer_side, shorter_side},
    sense::{LatestSight, Sight},
};
use bevy::prelude::*;
use tracing::{info, warn};

/// Size of the projector's picture until its window or the headless image says otherwise.
const PROJECTOR_SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Corners that move less than this in the picture, pixels, are the same corners.
const CORNER_JITTER: f64 = 1.5;
/// With the table to be judged from its balls: so many must be seen at once.
const BALLS_TO_JUDGE: usize = 3;

/// Who said where the table lies in the camera's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CornersOrigin {
    /// Found in the picture.
    Found,
    /// Read from a profile or set by the operator: what is found in the picture does not count.
    Given,
}

/// What the calibration is made from.
#[derive(Resource, Debug, Clone, PartialEq)]
pub struct CalibrationSetup {
    /// Which table stands there.
    pub table: TableChoice,
    /// Where it lies in the camera's picture, and who said so.
    pub camera: Option<(CameraCorners, CornersOrigin)>,
    /// Where it lies in the projector's picture; `None` means centred.
    pub projector: Option<ProjectorCorners>,
    /// Size of the projector's picture.
    pub projector_size: FrameSize,
    /// With [`TableChoice::Auto`]: the table that the balls' size speaks for.
    judged: Option<TableKind>,
    /// What was judged was judged with other corners.
    judge_again: bool,
}

impl CalibrationSetup {
    /// As a profile says.
    #[must_use]
    pub fn from_profile(profile: &Profile) -> Self {
        Self {
            table: profile.table,
            camera: profile.camera.map(|corners| (corners, CornersOrigin::Given)),
            projector: profile.projector,
            projector_size: PROJECTOR_SIZE,
            judged: None,
            judge_again: false,
        }
    }

    /// What is in force, as it is written to disk: also what was found in the picture and judged from the balls.
    #[must_use]
    pub fn to_profile(&self) -> Profile {
        Profile {
            table: self.judged.map_or(self.table, |_| TableChoice::Kind(self.table_kind())),
            camera: self.camera.map(|(corners, _)| corners),
            projector: self.projector,
            ..default()
        }
    }

    /// The table that stands there, as far as is known.
    #[must_use]
    pub fn table_kind(&self) -> TableKind {
        match self.table {
            TableChoice::Kind(kind) => kind,
            TableChoice::Auto => self.judged.unwrap_or(TableKind::NineFoot),
        }
    }

    /// Sets the corners in the camera's picture by hand.
    pub fn give_camera_corners(&mut self, size: FrameSize, corners: TableQuad) {
        self.camera = Some((CameraCorners { size, corners }, CornersOrigin::Given));
        self.judge_again = true;
    }

    /// Goes back to the corners that are found in the picture.
    pub fn seek_table(&mut self) {
        self.camera = None;
        self.judged = None;
    }

    /// The corners in the projector's picture that are in force, pixels.
    #[must_use]
    pub fn projector_corners(&self) -> ProjectorCorners {
        let centred = ProjectorCorners {
            size: self.projector_size,
            corners: centred_corners(self.projector_size, &self.table_kind().spec()),
        };
        self.projector.filter(|given| given.size == self.projector_size).unwrap_or(centred)
    }

    /// Takes up what a frame shows. Returns whether anything changed.
    fn observe(&mut self, sight: &Sight) -> bool {
        let before = self.clone();
        let size = sight.detections.size;
        if let Some(corners) = sight.detections.corners() {
            let moved = match &self.camera {
                None => true,
                Some((_, CornersOrigin::Given)) => false,
                Some((known, CornersOrigin::Found)) => {
                    let shift = |(a, b): (_, _)| (a - b) as euclid::Vector2D<f64, _>;
                    known.size != size
                        || known.corners.into_iter().zip(corners).any(|pair| shift(pair).length() > CORNER_JITTER)
                }
            };
            if moved {
                self.camera = Some((CameraCorners { size, corners }, CornersOrigin::Found));
                self.judge_again = true;
            }
            // Only pictures that were seen with the corners in force tell the size of the balls on this table.
            let in_force = self.camera.is_some_and(|(known, _)| known.size == size && known.corners == corners);
            if (self.judged.is_none() || self.judge_again) && (moved || in_force) {
                let judged = judge_table(sight, &corners);
                self.judge_again &= judged.is_none();
                self.judged = judged.or(self.judged);
            }
        }
        *self != before
    }
}

impl Default for CalibrationSetup {
    fn default() -> Self {
        Self::from_profile(&Profile::default())
    }
}

impl Default for Calibration {
    fn default() -> Self {
        solve(&CalibrationSetup::default()).unwrap_or_else(|_| unreachable!("a centred table is a quad"))
    }
}

/// The table that the size of the balls speaks for; `None` when too few are seen clearly.
fn judge_table(sight: &Sight, corners: &TableQuad) -> Option<TableKind> {
    let mut radii: Vec<f64> =
        sight.detections.balls.iter().filter(|ball| ball.confidence > 0.85).map(|ball| ball.radius).collect();
    radii.sort_by(f64::total_cmp);
    let radius = radii.get(radii.len() / 2).filter(|_| radii.len() >= BALLS_TO_JUDGE)?;
    let length = longer_side(corners);
    TableKind::guess(radius / length, length / shorter_side(corners))
}

/// The transforms that a set-up comes to.
fn solve(setup: &CalibrationSetup) -> Result<Calibration, CornersError> {
    let spec = setup.table_kind().spec();
    let projector = setup.projector_corners();
    Ok(Calibration {
        camera: setup.camera.map(|(seen, _)| camera_view(seen.size, &seen.corners, &spec)).transpose()?,
        projector: projector_view(projector.size, &projector.corners, &spec)?,
        latency: None,
    })
}

/// Keeps [`Calibration`] and [`TableSpec`] as [`CalibrationSetup`] says, and that as the camera sees the table.
///
/// Runs before the balls are tracked, so that they are placed with the transforms of their own frame.
#[derive(Debug, Clone, Default)]
pub struct CalibrationPlugin {
    /// What to begin with.
    pub setup: CalibrationSetup,
}

impl Plugin for CalibrationPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.setup.table_kind().spec())
            .insert_resource(self.setup.clone())
            .init_resource::<Calibration>()
            .add_systems(
                Update,
                (observe, apply.run_if(resource_changed::<CalibrationSetup>))
                    .chain()
                    .after(PipelineSystems::Ingest)
                    .before(PipelineSystems::Track),
            );
    }
}

fn observe(sight: Res<LatestSight>, mut setup: ResMut<CalibrationSetup>) {
    let Some(sight) = sight.0.as_deref().filter(|_| sight.is_changed()) else { return };
    if setup.bypass_change_detection().observe(sight) {
        setup.set_changed();
    }
}

fn apply(setup: Res<CalibrationSetup>, mut calibration: ResMut<Calibration>, mut table: ResMut<TableSpec>) {
    match solve(&setup) {
        Ok(solved) => {
            let appears = solved.camera.is_some() && calibration.camera.is_none();
            let kind = setup.table_kind();
            if appears || (solved.camera.is_some() && table.kind != kind) {
                let why = match (setup.table, setup.judged) {
                    (TableChoice::Kind(_), _) => "as given",
                    (TableChoice::Auto, Some(_)) => "judged from the balls",
                    (TableChoice::Auto, None) => "assumed until there are balls to judge by",
                };
                info!("table: {kind}, {why}");
            }
            calibration.set_if_neq(solved);
            table.set_if_neq(kind.spec());
        }
        Err(error) => warn!("the calibration stays as it was: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{BallClass, BallLabel, CameraPoint},
        sense::{
            capture::FrameStamp,
            vision::{BallDetection, Detections, Look, SeenTable, TableFit},
        },
    };
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn sight(left: f64, ball_radius: f64) -> Arc<Sight> {
        let corners = [(left, 100.), (left + 1000., 100.), (left + 1000., 600.), (left, 600.)].map(CameraPoint::from);
        let ball = |i: u32| BallDetection {
            centre: CameraPoint::new(300. + f64::from(i) * 60., 300.),
            radius: ball_radius,
            label: BallLabel::Unknown,
            class: BallClass::Other,
            look: Look::default(),
            confidence: 1.0,
            solidity: 1.0,
            blurred: false,
            in_jaw: false,
        };
        Arc::new(Sight {
            stamp: FrameStamp { index: 0, time: Duration::ZERO, captured: Instant::now(), size: SIZE },
            detections: Detections {
                size: SIZE,
                table: Ok(SeenTable { corners, fit: TableFit::Fits }),
                balls: (0..4).map(ball).collect(),
                cue: None,
                ground: None,
            },
            vision_time: Duration::ZERO,
            preview: None,
            frame: None,
        })
    }

    fn app(setup: CalibrationSetup) -> App {
        let mut app = App::new();
        app.add_plugins((crate::app::StagesPlugin, CalibrationPlugin { setup })).insert_resource(LatestSight(None));
        app.update();
        app
    }

    fn see(app: &mut App, sight: Arc<Sight>) -> Calibration {
        app.insert_resource(LatestSight(Some(sight)));
        app.update();
        *app.world().resource::<Calibration>()
    }

    #[test]
    fn a_found_table_is_used_and_its_size_judged_from_the_balls() {
        let mut app = app(CalibrationSetup::default());
        assert!(app.world().resource::<Calibration>().camera.is_none());
        let eight = TableKind::EightFoot.spec();
        let view = see(&mut app, sight(100., 1000. * eight.ball_radius / eight.length)).camera.expect("a view");
        assert_eq!(app.world().resource::<TableSpec>().kind, TableKind::EightFoot);
        let end = view.ball_on_table(CameraPoint::new(1100., 600.)).expect("finite");
        assert!((end.y - eight.length).abs() < 1e-9 && (end.x - eight.width).abs() < 1e-9);
    }

    #[test]
    fn corners_given_by_hand_stay_and_corners_found_follow() {
        let mut app = app(CalibrationSetup::default());
        let first = see(&mut app, sight(100., 11.));
        assert_eq!(see(&mut app, sight(101., 11.)), first, "a pixel of jitter moves nothing");
        let second = see(&mut app, sight(140., 11.));
        assert_ne!(second, first);
        let given = [(10., 10.), (1270., 10.), (1270., 640.), (10., 640.)].map(CameraPoint::from);
        app.world_mut().resource_mut::<CalibrationSetup>().give_camera_corners(SIZE, given);
        let third = see(&mut app, sight(140., 11.));
        assert_ne!(third, second);
        assert_eq!(see(&mut app, sight(100., 11.)), third);
        let profile = app.world().resource::<CalibrationSetup>().to_profile();
        assert_eq!(profile.camera.expect("kept").corners, given);
    }
}
