//! Benchmarks of the stages, on simulated pictures of the table.

use billiards_capture::{SourceOptions, SourceSpec, open};
use billiards_physics::{BallMotion, Engine, Fan, Physics, Scatter, Shot, Start, Stroke, Table, Vec2, rack};
use billiards_simulation::{Scene, SimulatedRig, SimulationOptions};
use billiards_table::{FrameSize, TableKind};
use billiards_vision::Detector;
use criterion::Criterion;
use std::{hint::black_box, path::Path};

fn rig(width: u32, height: u32) -> SimulatedRig {
    SimulatedRig::new(Scene::Practice, SimulationOptions { size: FrameSize { width, height }, ..Default::default() })
}

fn vision(c: &mut Criterion) {
    let mut group = c.benchmark_group("vision, a frame of a known table");
    group.sample_size(20);
    for (width, height) in [(1280, 720), (1920, 1080), (3840, 2160)] {
        let frame = rig(width, height).render_at(6.0).expect("a picture");
        let mut detector = Detector::new(None);
        detector.detect(&frame).expect("a table");
        group.bench_function(format!("{width}×{height}"), |b| {
            b.iter(|| detector.detect(black_box(&frame)).expect("seen"));
        });
    }
    let data = std::env::var_os("BILLIARDS_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), std::path::PathBuf::from);
    // Real frames, if the clips are available.
    for (name, width) in [("smartcue_clip6", 1920), ("unipd_game1_clip1", 1024), ("billiardai_search_result1", 1280)] {
        let file = data.join("vision/dev/videos").join(name);
        let Ok(mut clip) = open(&SourceSpec::Video(file.with_extension("mp4")), &SourceOptions::default()) else {
            continue;
        };
        let mut detector = Detector::new(None);
        let mut frames = Vec::new();
        while let (Ok(Some(frame)), true) = (clip.read(), frames.len() < 60) {
            detector.detect(&frame.image).expect("seen");
            frames.push(frame.image);
        }
        let mut next = frames.iter().cycle();
        group.bench_function(format!("{name}, {width} wide"), |b| {
            b.iter(|| detector.detect(black_box(next.next().expect("endless"))).expect("seen"));
        });
    }
    group.finish();
    let frame = rig(1280, 720).render_at(6.0).expect("a picture");
    c.benchmark_group("vision, the first frame").sample_size(10).bench_function("1280×720", |b| {
        b.iter(|| Detector::new(None).detect(black_box(&frame)).expect("seen"));
    });
}

fn simulation(c: &mut Criterion) {
    let mut rig = rig(1280, 720);
    rig.render().expect("a picture");
    c.bench_function("simulated picture, 1280×720", |b| {
        b.iter(|| {
            rig.step(1.0 / 30.0);
            black_box(rig.render().expect("a picture"));
        });
    });
}

/// Returns a nine-foot table with its physics.
fn table() -> Engine {
    Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), Physics::default()).expect("sound numbers")
}

/// Benchmarks a cut over three balls, the same with a full table, a break, and the fan of the cut.
fn physics(c: &mut Criterion) {
    let engine = table();
    let mut group = c.benchmark_group("physics");
    let resting = |places: &[(f64, f64)]| -> Vec<BallMotion> {
        places.iter().map(|(x, y)| BallMotion::at_rest(Vec2::new(*x, *y))).collect()
    };
    let three = resting(&[(0.4, 0.5), (0.7, 1.4), (0.9, 2.1)]);
    let cut = Stroke::plain(1.6, 1.28);
    let mut full = three.clone();
    full.extend(
        (0..13).map(|i| BallMotion::at_rest(Vec2::new(0.15 + 0.08 * f64::from(i), 0.25 + 0.15 * f64::from(i % 4)))),
    );
    full.retain(|ball| ball.position == three[0].position || (ball.position - three[0].position).length() > 0.06);
    let spec = TableKind::NINE_FOOT.spec();
    let mut rack = vec![rack::head_spot(&spec)];
    rack.extend(rack::triangle(rack::foot_spot(&spec), spec.ball_radius, rack::RACK_GAP));
    let rack: Vec<BallMotion> = rack.into_iter().map(BallMotion::at_rest).collect();
    let power = Stroke::plain(6.0, std::f64::consts::FRAC_PI_2);
    let mut shot = Shot::default();
    for (name, balls, stroke) in
        [("cut, 3 balls", &three, &cut), ("cut, full table", &full, &cut), ("break", &rack, &power)]
    {
        engine.shoot_into(balls, Start::Strike { cue_ball: 0, stroke }, &mut shot).expect("a shot that can be");
        group.bench_function(name, |b| {
            b.iter(|| {
                engine.shoot_into(black_box(balls), Start::Strike { cue_ball: 0, stroke }, &mut shot).expect("a shot");
            });
        });
    }
    let scatter = Scatter::default();
    group.bench_function("fan of 64, 3 balls", |b| {
        b.iter(|| black_box(Fan::shoot(&engine, &three, 0, &cut, &scatter, 64).expect("a fan")));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    vision(&mut criterion);
    simulation(&mut criterion);
    physics(&mut criterion);
    criterion.final_summary();
}
