//! Fits to tracks that the engine made, so that the truth is known.

use super::{FitReport, FitSettings, Parameter, Sample, Standing, TablePhysics, Track, fit};
use crate::model::{TableKind, TablePoint};
use crate::think::physics::{BallMotion, Engine, EventKind, Physics, Stroke, Table, Vec2};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

/// How tracks are made.
struct Play {
    physics: Physics,
    strokes: usize,
    fps: f64,
    /// Standard deviation of the noise, metres.
    noise: f64,
    /// Whether a second ball lies in the way.
    objects: bool,
    speeds: std::ops::Range<f64>,
    /// Greatest offset of the tip, ball radii.
    offset: f64,
    /// Seconds that are recorded of a stroke.
    seconds: f64,
}

impl Default for Play {
    fn default() -> Self {
        let mut physics = Physics::default();
        physics.ball.rolling_friction = 0.0075;
        physics.ball.sliding_friction = 0.16;
        physics.cushion.restitution = 0.80;
        physics.cushion.friction = 0.14;
        physics.ball.restitution = 0.92;
        Self {
            physics,
            strokes: 14,
            fps: 30.0,
            noise: 0.001,
            objects: false,
            speeds: 0.8..3.0,
            offset: 0.3,
            seconds: 9.0,
        }
    }
}

/// A normal deviate, after Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (TAU * rng.random::<f64>()).cos()
}

impl Play {
    fn tracks(&self, seed: u64) -> Vec<Track> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let spec = TableKind::NineFoot.spec();
        let engine = Engine::new(Table::from(&spec), self.physics).expect("sound");
        let mut tracks = Vec::new();
        for recording in 0..self.strokes {
            let mut place = || Vec2::new(rng.random_range(0.2..1.07), rng.random_range(0.3..2.2));
            let (cue, object) = (place(), place());
            let mut balls = vec![BallMotion::at_rest(cue)];
            let mut direction = rng.random_range(0.0..TAU);
            if self.objects && (object - cue).length() > 0.25 {
                balls.push(BallMotion::at_rest(object));
                let line = object - cue;
                let off = rng.random_range(-0.7..0.7) * 2.0 * spec.ball_radius;
                direction = line.y.atan2(line.x) + (off / line.length()).asin();
            }
            let (angle, size) = (rng.random_range(0.0..TAU), rng.random_range(0.0..=self.offset));
            let stroke = Stroke {
                side: size * angle.cos(),
                height: size * angle.sin(),
                ..Stroke::plain(rng.random_range(self.speeds.clone()), direction)
            };
            let shot = engine.shoot(&balls, 0, &stroke).expect("can be done");
            // Not in step with the pictures, and the balls lie still for a while first.
            let lead = 0.4 + rng.random::<f64>() / self.fps;
            let until = self.seconds.min(shot.duration() + 0.5);
            for ball in 0..balls.len() {
                let fallen = shot.events().iter().find_map(|event| match event.kind {
                    EventKind::Pocket { ball: this, .. } if usize::from(this) == ball => Some(event.time),
                    _ => None,
                });
                let end = fallen.unwrap_or(until);
                let times = (0..).map(|i| f64::from(i) / self.fps).take_while(|t| t - lead < end);
                let samples: Vec<_> = times
                    .map(|t| {
                        let p = shot.state(ball, t - lead).expect("a ball").position;
                        let (dx, dy) = (self.noise * normal(&mut rng), self.noise * normal(&mut rng));
                        Sample { t, position: TablePoint::new(p.x + dx, p.y + dy) }
                    })
                    .collect();
                tracks.push(Track { recording, ball: ball.to_string(), samples });
            }
        }
        tracks
    }

    fn fit(&self, seed: u64) -> FitReport {
        fit(&self.tracks(seed), &FitSettings::new(TableKind::NineFoot)).expect("fits")
    }
}

fn error(report: &FitReport, truth: &Physics, parameter: Parameter) -> f64 {
    report.estimate(parameter).value - parameter.of(truth)
}

#[test]
fn a_known_table_is_recovered() {
    for (seed, fps, strokes) in [(1, 30.0, 14), (2, 30.0, 14), (5, 25.0, 10), (9, 25.0, 10)] {
        let play = Play { fps, strokes, ..Play::default() };
        let report = play.fit(seed);
        let rolling = error(&report, &play.physics, Parameter::RollingFriction);
        assert!(rolling.abs() < 0.03 * play.physics.ball.rolling_friction, "{seed}: {report}");
        assert!(error(&report, &play.physics, Parameter::CushionRestitution).abs() < 0.02, "{seed}: {report}");
        assert!(error(&report, &play.physics, Parameter::SlidingFriction).abs() < 0.02, "{seed}: {report}");
        assert!(error(&report, &play.physics, Parameter::CushionFriction).abs() < 0.03, "{seed}: {report}");
        let e_c = report.estimate(Parameter::CushionRestitution);
        assert!(e_c.plus_minus().is_some_and(|width| width < 0.02), "{seed}: {report}");
        assert!((report.scatter_mm - 1.0).abs() < 0.15, "{seed}: {report}");
        // No ball met another.
        let e_b = report.estimate(Parameter::BallRestitution);
        assert!(matches!(e_b.standing, Standing::NoEvidence { .. }) && e_b.value == 0.95, "{seed}: {report}");
    }
}

#[test]
fn two_balls_tell_of_one_another() {
    let play = Play { objects: true, ..Play::default() };
    let report = play.fit(4);
    assert!(error(&report, &play.physics, Parameter::BallRestitution).abs() < 0.02, "{report}");
    assert!(report.estimate(Parameter::BallRestitution).plus_minus().is_some(), "{report}");
    assert!(error(&report, &play.physics, Parameter::RollingFriction).abs() < 0.03 * 0.0075, "{report}");
}

/// One slow ball in the middle of the table.
#[test]
fn what_the_tracks_do_not_show_stays_as_it_was() {
    let play = Play { strokes: 4, speeds: 0.15..0.2, seconds: 1.6, ..Play::default() };
    let report = play.fit(3);
    for parameter in [Parameter::CushionRestitution, Parameter::CushionFriction, Parameter::BallRestitution] {
        let estimate = report.estimate(parameter);
        assert!(matches!(estimate.standing, Standing::NoEvidence { .. }), "{report}");
        assert_eq!(estimate.value, parameter.of(&Physics::default()), "{report}");
    }
    assert!(report.rails.is_none() && report.to_string().contains("no rail contacts in the tracks"), "{report}");
}

#[test]
fn the_same_tracks_give_the_same_fit() {
    let play = Play { strokes: 3, ..Play::default() };
    assert_eq!(play.fit(7), play.fit(7));
}

#[test]
fn nothing_to_fit_is_an_error() {
    let lying = |i: i32| Sample { t: f64::from(i) / 30.0, position: TablePoint::new(0.5, 0.5) };
    let track = Track { recording: 0, ball: "cue".into(), samples: (0..60).map(lying).collect() };
    let settings = FitSettings::new(TableKind::NineFoot);
    let refused = fit(&[track], &settings).expect_err("nothing moves").to_string();
    assert!(refused.starts_with("no ball moves undisturbed for 6 samples in 1 tracks"), "{refused}");
    assert!(fit(&[], &settings).is_err());
}

#[test]
fn what_was_fitted_survives_a_file() {
    let report = Play { strokes: 3, ..Play::default() }.fit(2);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.toml");
    TablePhysics::save(&report, &path).expect("written");
    assert_eq!(TablePhysics::load(&path).expect("sound"), report.table_physics());
}
