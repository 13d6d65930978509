//! How long the stations take, on simulated pictures of the table.

use billiards_trainer::{
    model::FrameSize,
    rig::simulation::{Scene, SimulatedRig, SimulationOptions},
    sense::vision::{BallSet, Detector},
};
use criterion::Criterion;
use std::hint::black_box;

fn rig(width: u32, height: u32) -> SimulatedRig {
    SimulatedRig::new(Scene::Practice, SimulationOptions { size: FrameSize { width, height }, ..Default::default() })
}

fn vision(c: &mut Criterion) {
    let mut group = c.benchmark_group("vision, a frame of a known table");
    group.sample_size(20);
    for (width, height) in [(1280, 720), (1920, 1080), (3840, 2160)] {
        let frame = rig(width, height).render_at(6.0).expect("a picture");
        let mut detector = Detector::new(BallSet::american());
        detector.detect(&frame).expect("a table");
        group.bench_function(format!("{width}×{height}"), |b| {
            b.iter(|| detector.detect(black_box(&frame)).expect("seen"));
        });
    }
    group.finish();
    let frame = rig(1280, 720).render_at(6.0).expect("a picture");
    c.benchmark_group("vision, the first frame").sample_size(10).bench_function("1280×720", |b| {
        b.iter(|| Detector::new(BallSet::american()).detect(black_box(&frame)).expect("seen"));
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

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    vision(&mut criterion);
    simulation(&mut criterion);
    criterion.final_summary();
}
