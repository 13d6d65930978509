//! The simulated rig against its truth: detections, tracks and predictions, in millimetres and degrees.

use billiards_calibration::camera_view;
use billiards_simulation::{Scene, SimulatedRig, SimulationOptions, Truth};
use billiards_table::{
    BallLabel, CameraPoint, PocketMouth, TableDimension, TableKind, TableName, TablePoint, TableSpec,
};
use billiards_vision::{Detections, Detector, measure_mouths};

/// Returns the detections on a simulated table at some moments of a game, with the truth.
fn looks(seed: u64, moments: &[f64]) -> Vec<(Detections, Truth, SimulatedRig)> {
    moments
        .iter()
        .map(|moment| {
            let mut rig = SimulatedRig::new(Scene::Practice, SimulationOptions { seed, ..Default::default() });
            let picture = rig.render_at(*moment).expect("a picture");
            let seen = Detector::new(None).detect(&picture).expect("seen");
            (seen, rig.truth(), rig)
        })
        .collect()
}

#[test]
fn balls_are_where_they_are_said_to_be() {
    for seed in [1, 2, 3] {
        for (seen, truth, rig) in looks(seed, &[0.0, 2.0]) {
            let corners = seen.corners().expect("the table");
            let worst = corners.iter().zip(truth.corners).map(|(a, b)| (*a - b).length()).fold(0.0, f64::max);
            assert!(worst < 3.0, "seed {seed}: a corner is off by {worst:.2} px");
            let view =
                camera_view(rig.camera().size(), &truth.corners, rig.table(), Some(&rig.camera().lens.rectified()));
            let view = view.expect("a view");
            let places: Vec<TablePoint> =
                seen.balls.iter().filter_map(|ball| view.ball_on_table(ball.centre)).collect();
            assert_eq!(places.len(), truth.balls.len(), "seed {seed}");
            for (label, place) in &truth.balls {
                let error = places.iter().map(|p| (*p - *place).length()).fold(f64::MAX, f64::min);
                assert!(error < 0.0015, "seed {seed}: ball {label} is off by {:.2} mm", 1e3 * error);
            }
        }
    }
}

#[test]
fn most_balls_are_named_and_the_cue_ball_always() {
    let (mut named, mut all) = (0, 0);
    for seed in [1, 2, 3] {
        for (seen, truth, rig) in looks(seed, &[0.0]) {
            for (label, place) in &truth.balls {
                let there = rig.camera().to_picture(*place);
                let ball = seen.balls.iter().find(|ball| (ball.centre - there).length() < 5.0).expect("seen");
                all += 1;
                named += usize::from(ball.label == *label);
                assert_eq!(ball.label == BallLabel::Cue, *label == BallLabel::Cue, "seed {seed}: {label}");
            }
        }
    }
    assert!(named * 100 >= all * 85, "{named} of {all}");
}

#[test]
fn the_aimed_cue_is_seen_to_half_a_degree() {
    let mut aimed = 0;
    for (seen, truth, rig) in looks(1, &[2.0, 2.5, 3.0, 3.5]) {
        let (Some((tip, butt)), Some(cue)) = (truth.cue, seen.cue) else { continue };
        let [low, high] = truth.cue_heights.expect("with the cue");
        let seen = |p: TablePoint, z: f64| {
            let seen = rig.camera().see([p.x, p.y, z]).expect("in front of the camera");
            CameraPoint::new(seen.x, seen.y)
        };
        let (tip, butt) = (seen(tip, low), seen(butt, high));
        let error = ((tip - butt).angle_from_x_axis() - (cue.tip - cue.butt).angle_from_x_axis()).signed();
        let error = error.to_degrees().abs();
        assert!(error < 0.5, "the cue is off by {error:.2}°");
        let tip = (tip - cue.tip).length();
        assert!(tip < 8.0, "the tip is off by {tip:.1} px");
        aimed += 1;
    }
    assert!(aimed >= 2, "the cue was seen {aimed} times while the player aims");
}

/// Returns an empty simulated table, and the mouths measured in its picture while it is said to be another one.
fn mouths(kind: TableKind, said: impl Fn(&mut TableSpec)) -> (TableSpec, Vec<PocketMouth>) {
    let mut rig = SimulatedRig::with_table(Scene::Empty, SimulationOptions::default(), kind);
    let picture = rig.render_at(0.0).expect("a picture");
    let (truth, camera) = (*rig.table(), rig.camera());
    let mut table = TableSpec { kind: TableName::Custom, ..truth };
    said(&mut table);
    let view =
        camera_view(camera.size(), &rig.truth().corners, &table, Some(&camera.lens.rectified())).expect("a view");
    (truth, measure_mouths(&picture, None, &table, &view.nose_plane).expect("a picture"))
}

/// Each mouth is measured to 6 mm, which is two pixels, whatever width the table is said to have.
#[test]
fn mouths_of_pockets_are_measured_in_the_picture() {
    for name in ["9ft", "english-7ft", "snooker-12ft", "chinese"] {
        let (truth, mouths) = mouths(TableKind::named(name).expect("shipped"), |table| {
            for dimension in [TableDimension::CornerWidth, TableDimension::SideWidth] {
                let width = dimension.of(table).expect("pockets");
                dimension.set(table, 1.2 * width);
            }
        });
        assert_eq!(mouths.len(), 6, "{name}: {mouths:?}");
        let pockets = truth.pockets.expect("pockets");
        for PocketMouth { pocket, width, uncertainty } in mouths {
            let true_width = if pocket.is_side() { pockets.side.width } else { pockets.corner.width };
            let error = (width - true_width).abs();
            assert!(error < 0.006, "{name}: the {} is off by {:.1} mm", pocket.words(), 1e3 * error);
            assert!(uncertainty < 0.006, "{name}: the {} is uncertain by {:.1} mm", pocket.words(), 1e3 * uncertainty);
        }
    }
}

#[test]
fn no_mouths_are_measured_where_cushions_meet() {
    let carom = TableKind::named("carom-small").expect("shipped");
    assert_eq!(mouths(carom, |table| table.pockets = TableKind::NINE_FOOT.spec().pockets).1, []);
    assert_eq!(mouths(carom, |_| {}).1, []);
}
