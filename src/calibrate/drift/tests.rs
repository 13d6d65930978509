//! Tests of the light's drift on the simulated table: the overlay is projected, seen by the camera and measured.

use super::*;
use bevy::color::{LinearRgba, Srgba};
use billiards_calibration::camera_view;
use billiards_overlay::{Shape, check::compose_check, tessellate};
use billiards_simulation::{Cloth, RigSetup, Scene, SimulatedProjector, SimulatedRig, SimulationOptions};
use billiards_table::{
    Ball, BallClass, BallId, BallLabel, BallState, CameraView, FrameSize, LightRing, ProjectorPicture, TableKind,
    TablePoint, TableVector, settings::Theme,
};
use billiards_vision::{BallDetection, DetectedRing, find_rings};
use opencv::{
    core::{CV_8UC4, Mat, Point, Scalar, Vector},
    imgproc,
    prelude::*,
};
use std::time::Duration;

const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
/// Time between two measurements, seconds: one frame in ten.
const LOOKS: f64 = 1.0 / 3.0;

/// Simulated table in the light of the check pattern.
struct Stage {
    rig: SimulatedRig,
    view: CameraView,
    rings: Vec<LightRing>,
    watch: DriftDetector,
}

impl Stage {
    /// Creates a stage: the overlay is drawn for the plain projector, and the light falls as the bumped one projects
    /// it.
    fn new(scene: Scene, cloth: Cloth, seed: u64, bump: impl Fn(&SimulatedProjector) -> SimulatedProjector) -> Self {
        let table = TableKind::NINE_FOOT.spec();
        let plain = RigSetup::plain(&table, SIZE);
        let setup = RigSetup { cloth, projector: bump(&plain.projector), ..plain };
        let options = SimulationOptions { seed, ..SimulationOptions::default() };
        let mut rig = SimulatedRig::with_setup(scene, options, TableKind::NINE_FOOT, setup);
        rig.step(0.1);
        let truth = rig.truth();
        let pinhole = rig.camera().lens.rectified();
        let view = camera_view(SIZE, &truth.corners, &table, Some(&pinhole)).expect("a view");
        let balls: Vec<Ball> = (0..).zip(&truth.balls).map(|(id, (label, place))| ball(id, *label, *place)).collect();
        let shapes = compose_check(&table, &balls, &Theme::default());
        let radius = Theme::default().ring_radii * table.ball_radius;
        let rings = shapes.iter().filter_map(|shape| match *shape {
            Shape::Ring { centre, radius: own, width, .. } if (own - radius).abs() < 1e-9 => {
                Some(LightRing { centre, radius, width })
            }
            _ => None,
        });
        let rings = rings.collect();
        rig.projector().show(thrown(&shapes, &plain.projector));
        Self { rig, view, rings, watch: DriftDetector::default() }
    }

    /// Measures the rings in the frame at a moment, and adds them to the watch.
    fn look(&mut self, seconds: f64) -> Vec<DetectedRing> {
        let picture = self.rig.render_at(seconds).expect("a picture");
        let truth = self.rig.truth();
        let balls: Vec<BallDetection> = truth.balls.iter().map(|(label, place)| self.seen(*label, *place)).collect();
        let seen = find_rings(&picture, &self.view, &self.rings, &balls).expect("looked at");
        self.watch.observe(Duration::from_secs_f64(seconds), &seen);
        seen
    }

    fn seen(&self, label: BallLabel, place: TablePoint) -> BallDetection {
        let radius = self.rig.table().ball_radius;
        let [centre, edge] = [0.0, radius].map(|x| self.rig.camera().to_picture(place + TableVector::new(x, 0.0)));
        BallDetection { label, ..BallDetection::unidentified(centre, (edge - centre).length()) }
    }

    /// Returns the true displacement of light that is meant for a place, metres.
    fn true_offset(&self, place: TablePoint) -> TableVector {
        let sent = SimulatedProjector::over(self.rig.table()).from_bed().expect("a map");
        self.rig.lights(sent.map(place).expect("finite")).expect("met") - place
    }
}

fn ball(id: u32, label: BallLabel, position: TablePoint) -> Ball {
    Ball {
        id: BallId(id),
        label,
        class: label.class().unwrap_or(BallClass::Other),
        position,
        velocity: TableVector::zero(),
        state: BallState::Resting,
        confidence: 1.0,
    }
}

/// Draws these shapes in a projector's picture.
fn thrown(shapes: &[Shape], projector: &SimulatedProjector) -> ProjectorPicture {
    let (size, map) = (projector.lens.size, projector.from_bed().expect("a map"));
    let picture = Mat::zeros(size.height as i32, size.width as i32, CV_8UC4).expect("a picture");
    let mut picture = picture.to_mat().expect("a picture");
    let list = tessellate(shapes);
    for triangle in list.indices.chunks_exact(3) {
        let points: Vector<Point> = triangle
            .iter()
            .map(|i| {
                let [x, y, _] = list.positions[*i as usize];
                let p = map.map(TablePoint::new(x.into(), y.into())).expect("in sight");
                // In sixteenths of a pixel, whose centre OpenCV has at whole numbers.
                Point::new((16.0 * (p.x - 0.5)).round() as i32, (16.0 * (p.y - 0.5)).round() as i32)
            })
            .collect();
        let [red, green, blue, _] = list.colours[triangle[0] as usize];
        let Srgba { red, green, blue, .. } = LinearRgba::rgb(red, green, blue).into();
        let colour = Scalar::new(red.into(), green.into(), blue.into(), 1.0) * 255.0;
        imgproc::fill_convex_poly(&mut picture, &points, colour, imgproc::LINE_AA, 4).expect("drawn");
    }
    ProjectorPicture { size, rgba: picture.data_bytes().expect("continuous").to_vec() }
}

#[test]
fn light_that_fits_is_never_said_to_be_off() {
    for (cloth, seed) in [(Cloth::Blue, 1), (Cloth::Green, 2), (Cloth::Red, 3)] {
        // Six hundred frames, in which somebody leans over the table and walks along it.
        let mut stage = Stage::new(Scene::Walk, cloth, seed, |plain| *plain);
        let mut looks = 0;
        for look in 1..=60 {
            looks += stage.look(LOOKS * f64::from(look)).len();
            assert_eq!(stage.watch.drift(), None, "{cloth:?}, look {look}");
        }
        assert!(looks > 60 * stage.rings.len() / 2, "{cloth:?}: {looks} rings seen");
    }
}

#[test]
fn light_that_lies_beside_is_reported_within_seconds_with_size_and_direction() {
    for (cloth, seed) in [(Cloth::Blue, 1), (Cloth::Green, 2), (Cloth::Red, 3)] {
        let mut stage = Stage::new(Scene::Still, cloth, seed, SimulatedProjector::bumped);
        let (mut seconds, mut offsets, mut worst) = (0.2, Vec::new(), 0.0_f64);
        let drift = loop {
            for ring in stage.look(seconds) {
                offsets.push(stage.true_offset(ring.place));
                worst = worst.max((ring.offset - stage.true_offset(ring.place)).length());
            }
            if let Some(drift) = stage.watch.drift() {
                break drift;
            }
            seconds += LOOKS;
            assert!(seconds < 6.0, "{cloth:?}: not reported");
        };
        let truth = offsets.iter().fold(TableVector::zero(), |sum, offset| sum + *offset) / offsets.len() as f64;
        assert!(worst < 0.001, "{cloth:?}: a ring is measured {worst} m wrong");
        assert!((0.006..0.0105).contains(&truth.length()), "{truth:?}");
        assert!((drift.by - truth).length() < 0.0015 && drift.even, "{:?} for {truth:?}", drift.by);
    }
}
