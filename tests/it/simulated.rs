//! The simulated rig against its truth: detections, tracks and predictions, in millimetres and degrees.

use billiards_calibration::camera_view;
use billiards_simulation::{Scene, SimulatedRig, SimulationOptions, Truth};
use billiards_table::{BallLabel, CameraPoint, TablePoint};
use billiards_vision::{Detections, Detector};

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
