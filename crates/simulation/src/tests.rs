//! Tests of the simulated rig as a whole.

use super::*;
use std::hash::{DefaultHasher, Hash, Hasher};

const SMALL: FrameSize = FrameSize { width: 640, height: 360 };

fn rig(scene: Scene, seed: u64, size: FrameSize) -> SimulatedRig {
    SimulatedRig::new(scene, SimulationOptions { seed, size, ..SimulationOptions::default() }).unpaced()
}

fn hashes(seed: u64) -> Vec<u64> {
    let mut rig = rig(Scene::Practice, seed, SMALL);
    (0..3)
        .map(|i| {
            let image = rig.render_at(3.0 + f64::from(i) / 30.0).expect("renders");
            let mut hasher = DefaultHasher::new();
            image.data_bytes().expect("continuous").hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}

#[test]
fn a_seed_gives_the_same_pictures_again_and_another_seed_others() {
    let first = hashes(1);
    assert_eq!(first, hashes(1));
    assert!(first.iter().zip(hashes(2)).all(|(a, b)| *a != b));
    // Even a table at rest gets new noise in each picture.
    assert_ne!(first[0], first[1]);
}

#[test]
fn balls_are_seen_where_they_are() {
    let size = FrameSize { width: 1280, height: 720 };
    for seed in 0..3 {
        let mut rig = rig(Scene::Practice, seed, size);
        let image = rig.render().expect("renders");
        let bytes = image.data_bytes().expect("continuous");
        let truth = rig.truth();
        assert_eq!(truth.balls.len(), 16);
        // Balls that are redder all over than the cloth; their ink and shadows are not.
        for wanted in [BallLabel::Number(1), BallLabel::Number(3), BallLabel::Number(5), BallLabel::Cue] {
            let place = truth.balls.iter().find(|(label, _)| *label == wanted).expect("on the table").1;
            let centre = rig.camera().to_picture(place);
            let reach = 16.0;
            let (mut area, mut sum_x, mut sum_y) = (0.0_f64, 0.0_f64, 0.0_f64);
            for y in (centre.y - reach).ceil() as usize..=(centre.y + reach).floor() as usize {
                let red = |x: &usize| bytes[3 * (y * 1280 + *x) + 2] > 75;
                let mut columns = (centre.x - reach).ceil() as usize..=(centre.x + reach).floor() as usize;
                // From the first to the last, so that numbers and dots leave no holes.
                let Some(first) = columns.clone().find(red) else { continue };
                let last = columns.rfind(red).unwrap_or(first);
                for x in first..=last {
                    (area, sum_x, sum_y) = (area + 1.0, sum_x + x as f64, sum_y + y as f64);
                }
            }
            let error = (sum_x / area - centre.x).hypot(sum_y / area - centre.y);
            assert!(error < 0.3, "seed {seed}, {wanted}: {error} px off");
        }
    }
}

#[test]
fn the_player_aims_and_strikes_within_ten_seconds() {
    for scene in Scene::ALL.into_iter().filter(|scene| scene.is_played()) {
        for seed in 0..4 {
            let mut rig = rig(scene, seed, SMALL);
            let before = rig.truth().balls;
            let mut aimed = None;
            while rig.truth().velocities.iter().all(|velocity| velocity.length() == 0.0) {
                if let Some((tip, butt)) = rig.truth().cue {
                    aimed = (tip - butt).try_normalize();
                }
                rig.step(1.0 / 120.0);
                assert!(rig.now() < 10.0, "{scene} seed {seed}: no strike");
            }
            // The cue ball moves in the direction of the cue.
            let speed = rig.truth().velocities[0];
            let (aimed, went) = (aimed.expect("the cue was shown"), speed.try_normalize().expect("moves"));
            assert!(aimed.dot(went) > 0.999, "{scene} seed {seed}");
            let allowed = if scene == Scene::Break { 5.0..6.1 } else { 1.3..3.6 };
            assert!(allowed.contains(&speed.length()), "{scene} seed {seed}: {}", speed.length());
            rig.step(0.5);
            let after = rig.truth().balls;
            assert!(before.iter().zip(&after).any(|((_, a), (_, b))| (*a - *b).length() > 0.1));
        }
    }
}

#[test]
fn in_two_minutes_balls_stay_on_the_table_or_fall() {
    for (scene, seed) in [(Scene::Practice, 1), (Scene::Practice, 2), (Scene::Break, 3)] {
        let mut rig = rig(scene, seed, SMALL);
        let spec = *rig.table();
        let mut fewest = 16;
        while rig.now() < 120.0 {
            rig.step(1.0 / 30.0);
            let balls = rig.truth().balls;
            assert!(balls.iter().all(|(_, p)| spec.holds(*p, 0.075)), "{scene} seed {seed}: {balls:?}");
            fewest = fewest.min(balls.len());
        }
        assert!(fewest < 16, "{scene} seed {seed}: nothing was potted");
    }
}

#[test]
fn unpaced_pictures_carry_their_time() {
    let mut rig = rig(Scene::Break, 0, SMALL);
    assert!(!rig.is_live());
    for i in 0..3_u32 {
        let picture = rig.read().expect("reads").expect("goes on");
        assert_eq!(picture.image.typ(), CV_8UC3);
        assert_eq!((picture.image.cols(), picture.image.rows()), (640, 360));
        let time = picture.time.expect("stamped").as_secs_f64();
        assert!((time - f64::from(i) / 30.0).abs() < 1e-6);
    }
}

#[test]
fn paced_pictures_are_stamped_by_whoever_reads_them() {
    let options = SimulationOptions { size: SMALL, fps: 240.0, ..SimulationOptions::default() };
    let mut rig = SimulatedRig::new(Scene::Practice, options);
    assert!(rig.is_live());
    assert_eq!(rig.describe(), "simulated table (practice), 640×360, 240 fps");
    let before = rig.now();
    for _ in 0..2 {
        assert_eq!(rig.read().expect("reads").expect("goes on").time, None);
    }
    assert!(rig.now() > before);
}

#[test]
fn impossible_options_are_brought_into_range() {
    let size = FrameSize { width: 0, height: 1_000_000 };
    let rig = SimulatedRig::new(Scene::Practice, SimulationOptions { seed: 0, size, fps: f64::NAN });
    assert_eq!(rig.options.size, FrameSize { width: MIN_SIDE, height: MAX_SIDE });
    assert_eq!(rig.options.fps, 30.0);
    let fast = SimulationOptions { fps: f64::INFINITY, ..SimulationOptions::default() };
    assert_eq!(SimulatedRig::new(Scene::Practice, fast).options.fps, 240.0);
}

#[test]
fn the_metronome_decides_when_a_picture_comes_and_when_none_does_any_more() {
    let options = SimulationOptions { size: SMALL, fps: 20.0, ..SimulationOptions::default() };
    let (mut rig, metronome) = SimulatedRig::new(Scene::Still, options).lockstep();
    assert!(!rig.is_live());
    let reader = std::thread::spawn(move || {
        let mut times = Vec::new();
        while let Some(picture) = rig.read().expect("reads") {
            times.push(picture.time.expect("stamped").as_secs_f64());
        }
        times
    });
    for _ in 0..3 {
        assert!(metronome.tick());
    }
    drop(metronome);
    assert_eq!(reader.join().expect("ends"), [0.0, 0.05, 0.1]);
}

#[test]
fn true_velocities_are_those_of_the_true_places() {
    let mut rig = rig(Scene::Roll, 1, SMALL);
    rig.step(1.2);
    let before = rig.truth();
    rig.step(0.01);
    let after = rig.truth();
    let moved = (after.balls[0].1 - before.balls[0].1) / 0.01;
    assert!((moved - (before.velocities[0] + after.velocities[0]) * 0.5).length() < 1e-6, "{moved:?}");
    assert!((0.9..1.1).contains(&moved.length()));
}

#[test]
fn scenes_show_what_they_promise() {
    let brightness = |rig: &mut SimulatedRig, seconds: f64| {
        let image = rig.render_at(seconds).expect("renders");
        let bytes = image.data_bytes().expect("continuous");
        bytes.iter().map(|v| f64::from(*v)).sum::<f64>() / bytes.len() as f64
    };
    assert_eq!(rig(Scene::Empty, 1, SMALL).truth().balls, []);
    let mut light = rig(Scene::Light, 1, SMALL);
    let (lit, dim) = (brightness(&mut light, 1.0), brightness(&mut light, 6.5));
    assert!(dim < 0.8 * lit, "{lit} {dim}");
    let mut still = rig(Scene::Still, 1, SMALL);
    let before = still.truth();
    still.step(30.0);
    assert_eq!(still.truth(), before);
    let mut bump = rig(Scene::Bump, 1, SMALL);
    let before = bump.truth().corners;
    bump.step(5.9);
    assert_eq!(bump.truth().corners, before);
    bump.step(0.2);
    for (a, b) in bump.truth().corners.iter().zip(before) {
        assert!((1.0..12.0).contains(&(*a - b).length()));
    }
    assert_eq!(bump.render().expect("renders").cols(), 640);
}

#[test]
fn time_does_not_run_backwards() {
    let mut rig = rig(Scene::Practice, 5, SMALL);
    rig.step(2.0);
    for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        rig.step(seconds);
        assert_eq!(rig.now(), 2.0);
    }
    rig.render_at(1.0).expect("renders");
    assert_eq!(rig.now(), 2.0);
}

#[test]
fn a_seed_gives_the_picture_that_it_always_gave() {
    // Mean brightness of each sixteenth of the picture, row by row: measurements on simulated rigs are compared with
    // earlier ones.
    const MEANS: [f64; 16] = [
        61.66, 77.36, 77.52, 61.63, 79.12, 102.07, 100.98, 78.29, 77.95, 100.87, 100.53, 78.47, 62.67, 76.82, 79.88,
        62.24,
    ];
    let image = rig(Scene::Practice, 5, FrameSize { width: 320, height: 180 }).render_at(3.0).expect("renders");
    let bytes = image.data_bytes().expect("continuous");
    let means: [f64; 16] = std::array::from_fn(|i| {
        let (left, top) = (i % 4 * 80, i / 4 * 45);
        let rows = (top..top + 45).flat_map(|y| &bytes[3 * (320 * y + left)..3 * (320 * y + left + 80)]);
        rows.map(|v| f64::from(*v)).sum::<f64>() / (3.0 * 80.0 * 45.0)
    });
    let same = means.iter().zip(MEANS).all(|(mean, before)| (mean - before).abs() < 0.1);
    assert!(same, "{means:.2?}");
}

#[test]
fn every_table_is_drawn_with_its_balls() {
    let size = FrameSize { width: 320, height: 180 };
    let options = SimulationOptions { size, ..SimulationOptions::default() };
    let share = |[b, g, r]: [f64; 3]| [g / (b + g + r), r / (b + g + r)];
    for kind in TableKind::all() {
        let cloth = share(RigSetup::plain(&kind.spec(), size).cloth.colour().encode().map(f64::from));
        // Distance of the colour in the picture of a scene, at a place, from the cloth's.
        let difference = |rig: &SimulatedRig, image: &Mat, place: [f64; 3]| {
            let p = rig.camera().see(place).expect("in front");
            let first = 3 * (p.y.round() as usize * 320 + p.x.round() as usize);
            let bytes = image.data_bytes().expect("continuous");
            let here = share([0, 1, 2].map(|channel| f64::from(bytes[first + channel])));
            (here[0] - cloth[0]).hypot(here[1] - cloth[1])
        };
        let mut empty = SimulatedRig::with_table(Scene::Empty, options, kind).unpaced();
        let image = empty.render().expect("renders");
        let spec = *empty.table();
        let bed = difference(&empty, &image, [0.42 * spec.width, 0.45 * spec.length, 0.0]);
        assert!(bed < 0.05, "{kind}: {bed}");
        let mut still = SimulatedRig::with_table(Scene::Still, options, kind).unpaced();
        let image = still.render().expect("renders");
        for (label, p) in still.truth().balls {
            let ball = difference(&still, &image, [p.x, p.y, spec.radius(label == BallLabel::Cue)]);
            assert!(ball > 0.05, "{kind}: {label} at {p:?}: {ball}");
        }
    }
}

#[test]
fn the_player_plays_on_every_table() {
    for kind in TableKind::all() {
        for scene in [Scene::Practice, Scene::Break, Scene::StraightPool] {
            let mut rig = SimulatedRig::with_table(scene, SimulationOptions::default(), kind);
            let balls = rig.truth().balls.len();
            while rig.played().len() < 2 {
                rig.step(0.25);
                assert!(rig.now() < 120.0, "{kind}, {scene}: {} strokes", rig.played().len());
            }
            assert!(rig.played()[0].struck_at < 12.0, "{kind}, {scene}");
            if rig.table().pockets.is_none() {
                assert_eq!(rig.truth().balls.len(), balls, "{kind}, {scene}");
            }
        }
    }
}
