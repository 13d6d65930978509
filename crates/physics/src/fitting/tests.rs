//! Fits to tracks that the engine generated, so that the truth is known.

use super::{FitReport, FitSettings, Parameter, Sample, Standing, TablePhysics, Track, fit, track::parse};
use crate::{BallMotion, Engine, EventKind, Physics, Stroke, Vec2};
use billiards_table::{TableKind, TablePoint};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{f64::consts::TAU, path::Path};

/// Settings for the generation of tracks.
struct Play {
    table: TableKind,
    physics: Physics,
    strokes: usize,
    fps: f64,
    /// Standard deviation of the noise, metres.
    noise: f64,
    /// `true` if a second ball lies in the path.
    objects: bool,
    speeds: std::ops::Range<f64>,
    /// Maximum offset of the tip, ball radii.
    offset: f64,
    /// Recorded time of each stroke, seconds.
    seconds: f64,
}

impl Default for Play {
    fn default() -> Self {
        Self::on(TableKind::NINE_FOOT)
    }
}

impl Play {
    /// Returns play on a table with other cloth, cushions and balls than are usual for its kind.
    fn on(table: TableKind) -> Self {
        let mut physics = Physics::of_table(&table.spec());
        physics.ball.rolling_friction *= 0.75;
        physics.ball.sliding_friction *= 0.8;
        physics.cushion.restitution -= 0.05;
        physics.cushion.friction *= 0.7;
        physics.ball.restitution -= 0.03;
        Self {
            table,
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

    fn tracks(&self, seed: u64) -> Vec<Track> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let spec = self.table.spec();
        let engine = Engine::for_table(&spec, self.physics).expect("sound");
        let mut tracks = Vec::new();
        for recording in 0..self.strokes {
            let mut place = || {
                let x = rng.random_range(0.2..spec.width - 0.2);
                Vec2::new(x, rng.random_range(0.3..spec.length - 0.34))
            };
            let (cue, object) = (place(), place());
            let mut balls = vec![BallMotion::at_rest(cue)];
            let mut direction = rng.random_range(0.0..TAU);
            if self.objects && (object - cue).length() > 0.25 {
                balls.push(BallMotion::at_rest(object));
                let line = object - cue;
                let offset = rng.random_range(-0.7..0.7) * spec.contact_distance(true);
                direction = line.y.atan2(line.x) + (offset / line.length()).asin();
            }
            let (angle, size) = (rng.random_range(0.0..TAU), rng.random_range(0.0..=self.offset));
            let stroke = Stroke {
                side: size * angle.cos(),
                height: size * angle.sin(),
                ..Stroke::plain(rng.random_range(self.speeds.clone()), direction)
            };
            let shot = engine.shoot(&balls, 0, &stroke).expect("can be done");
            // Strokes are not synchronous with the pictures, and the balls lie still for a while first.
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
                let name = if ball == 0 { "cue".to_owned() } else { ball.to_string() };
                tracks.push(Track { recording, ball: name, samples });
            }
        }
        tracks
    }

    fn fit(&self, seed: u64) -> FitReport {
        fit(&self.tracks(seed), &FitSettings::new(self.table)).expect("fits")
    }
}

/// Returns a normal deviate, after Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (TAU * rng.random::<f64>()).cos()
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
        // No ball hit another.
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

/// A cue ball of 47.6 mm hits balls of 50.8 mm, and falls back from them more than a ball of their size would.
#[test]
fn a_smaller_cue_ball_is_fitted_as_such() {
    let english = TableKind::named("english-7ft").expect("shipped");
    assert!(english.spec().cue_ball.radius < english.spec().ball_radius);
    let play = Play { objects: true, fps: 60.0, speeds: 0.6..1.8, ..Play::on(english) };
    let report = play.fit(6);
    assert!(report.estimate(Parameter::BallRestitution).plus_minus().is_some(), "{report}");
    assert!(error(&report, &play.physics, Parameter::BallRestitution).abs() < 0.02, "{report}");
    let rolling = error(&report, &play.physics, Parameter::RollingFriction);
    assert!(rolling.abs() < 0.03 * play.physics.ball.rolling_friction, "{report}");
    assert!(error(&report, &play.physics, Parameter::SlidingFriction).abs() < 0.02, "{report}");
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

/// Strokes that send the cue ball off another one and round three cushions or more. A ball slides for a few samples only,
/// so that sliding friction is known less well.
#[test]
fn three_cushion_tracks_give_a_carom_table() {
    let carom = TableKind::named("carom-match").expect("shipped");
    let play =
        Play { objects: true, strokes: 40, fps: 50.0, noise: 0.002, speeds: 1.5..3.0, seconds: 8.0, ..Play::on(carom) };
    let report = play.fit(8);
    for (parameter, most) in
        [(Parameter::RollingFriction, 0.03), (Parameter::CushionRestitution, 0.03), (Parameter::SlidingFriction, 0.05)]
    {
        assert!(report.estimate(parameter).plus_minus().is_some(), "{report}");
        let truth = parameter.of(&play.physics);
        let error = error(&report, &play.physics, parameter);
        assert!(error.abs() < most * truth, "{} {truth}: {report}", parameter.name());
    }
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
    let settings = FitSettings::new(TableKind::NINE_FOOT);
    let refused = fit(&[track], &settings).expect_err("nothing moves").to_string();
    assert!(refused.starts_with("no ball moves undisturbed for 6 samples in 1 tracks"), "{refused}");
    assert!(fit(&[], &settings).is_err());
}

#[test]
fn what_was_fitted_survives_a_file() {
    let report = Play { strokes: 3, ..Play::default() }.fit(2);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.toml");
    std::fs::write(&path, TablePhysics::text(&report)).expect("written");
    assert_eq!(TablePhysics::load(&path).expect("sound"), report.table_physics());
}

/// Damage to a file of tracks between a camera and a fit.
#[derive(Debug, Clone)]
enum Mishap {
    /// A fraction of the rows is lost.
    Lost(f64),
    /// Only the first rows are there.
    Short(usize),
    /// Each picture is repeated this number of times.
    Repeated(usize),
    /// Positions are noisy; the value is the standard deviation, metres.
    Noisy(f64),
    /// Positions are wrong by a factor.
    Scaled(f64),
    /// The coordinates x and y are swapped.
    Turned,
    /// Times are wrong by a factor.
    Timed(f64),
    /// Each row has one of several names at random.
    Renamed,
    /// All balls lie still from this row on.
    Still(usize),
    /// Bytes are wrong.
    Garbled(usize),
}

fn mishaps() -> impl Strategy<Value = Vec<Mishap>> {
    let one = prop_oneof![
        (0.0..0.99).prop_map(Mishap::Lost),
        (0..150_usize).prop_map(Mishap::Short),
        (2..4_usize).prop_map(Mishap::Repeated),
        (-5.0..-0.5_f64).prop_map(|power| Mishap::Noisy(10_f64.powf(power))),
        (0.5..1.2).prop_map(Mishap::Scaled),
        Just(Mishap::Turned),
        (-3.0..3.0_f64).prop_map(|power| Mishap::Timed(10_f64.powf(power))),
        Just(Mishap::Renamed),
        (0..150_usize).prop_map(Mishap::Still),
        (1..4_usize).prop_map(Mishap::Garbled),
    ];
    proptest::collection::vec(one, 0..4)
}

type Row = (f64, String, f64, f64);

fn suffer(rows: &mut Vec<Row>, mishap: &Mishap, rng: &mut ChaCha8Rng) {
    match *mishap {
        Mishap::Lost(share) => rows.retain(|_| rng.random::<f64>() >= share),
        Mishap::Short(count) => rows.truncate(count),
        Mishap::Repeated(times) => {
            let interval = 1.0 / 30.0 / times as f64;
            let again =
                |row: &Row| (0..times).map(|k| (row.0 + interval * k as f64, row.1.clone(), row.2, row.3)).collect();
            *rows = rows.iter().flat_map(|row| -> Vec<Row> { again(row) }).collect();
            rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        Mishap::Noisy(size) => rows.iter_mut().for_each(|row| {
            row.2 += size * normal(rng);
            row.3 += size * normal(rng);
        }),
        Mishap::Scaled(factor) => rows.iter_mut().for_each(|row| (row.2, row.3) = (row.2 * factor, row.3 * factor)),
        Mishap::Turned => rows.iter_mut().for_each(|row| (row.2, row.3) = (row.3, row.2)),
        Mishap::Timed(factor) => rows.iter_mut().for_each(|row| row.0 *= factor),
        Mishap::Renamed => rows.iter_mut().for_each(|row| row.1 = rng.random_range(0..3).to_string()),
        Mishap::Still(from) => {
            let mut places = std::collections::BTreeMap::new();
            for row in rows.iter_mut().skip(from) {
                (row.2, row.3) = *places.entry(row.1.clone()).or_insert((row.2, row.3));
            }
        }
        Mishap::Garbled(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any file and any subset of its rows gives a report or an error, and what a report calls default is the default.
    #[test]
    fn no_file_is_too_odd(play in 0..3_u64, mishaps in mishaps(), seed in any::<u64>(), kind in 0..3_usize) {
        let play = Play { strokes: 1 + play as usize, seconds: 1.5, objects: play > 0, ..Play::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut rows: Vec<Row> = Vec::new();
        for track in play.tracks(seed % 7) {
            // One file is one recording: the strokes follow each other.
            let later = 10.0 * track.recording as f64;
            let row = |sample: &Sample| (later + sample.t, track.ball.clone(), sample.position.x, sample.position.y);
            rows.extend(track.samples.iter().map(row));
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        mishaps.iter().for_each(|mishap| suffer(&mut rows, mishap, &mut rng));
        let mut text = "t,ball,x,y\n".to_owned();
        text.extend(rows.iter().map(|(t, ball, x, y)| format!("{t:.4},{ball},{x:.5},{y:.5}\n")));
        for mishap in &mishaps {
            if let Mishap::Garbled(count) = mishap {
                let mut bytes = text.into_bytes();
                for _ in 0..*count {
                    let at = rng.random_range(0..bytes.len());
                    bytes[at] = *b"0123456789.,-e\n\"x".get(rng.random_range(0..17)).expect("a byte");
                }
                text = String::from_utf8(bytes).expect("ASCII");
            }
        }
        let settings = FitSettings::new(TableKind::AMERICAN[kind]);
        let Ok(tracks) = parse(Path::new("odd.csv"), &text, 0, &settings.spec, None) else { return Ok(()) };
        let Ok(report) = fit(&tracks, &settings) else { return Ok(()) };
        for estimate in &report.estimates {
            let default = estimate.parameter.of(&settings.start);
            let (least, most) = estimate.parameter.range();
            match estimate.standing {
                Standing::Fitted { plus_minus } => {
                    prop_assert!(plus_minus.is_finite() && least < estimate.value && estimate.value < most, "{report}");
                }
                _ => prop_assert_eq!(estimate.value, default, "{}", report),
            }
        }
        let file = TablePhysics::text(&report);
        let usual = toml::to_string(&report.table_physics()).expect("TOML");
        for line in file.lines().filter(|line| line.contains("default:")) {
            let (value, _) = line.split_once(" #").expect("a comment");
            prop_assert!(usual.lines().any(|line| line == value), "{value} is not in {usual}");
        }
    }
}

/// The sliding friction of this table is above the greatest value that is searched.
#[test]
fn a_fit_at_a_limit_is_told_and_not_used() {
    let mut play = Play::default();
    play.physics.ball.sliding_friction = 0.9;
    let report = play.fit(1);
    let sliding = report.estimate(Parameter::SlidingFriction);
    assert!(matches!(sliding.standing, Standing::AtLimit { .. } | Standing::TooWeak { .. }), "{report}");
    assert_eq!(sliding.value, Physics::default().ball.sliding_friction);
}

#[test]
fn repeated_pictures_change_nothing() {
    let play = Play { strokes: 8, ..Play::default() };
    let tracks = play.tracks(1);
    let settings = FitSettings::new(TableKind::NINE_FOOT);
    let once = fit(&tracks, &settings).expect("fits");
    // Pictures of 30 per second in a file of 60, and in one of 50.
    for shown in [60.0, 50.0] {
        let again = tracks.iter().map(|track| {
            let last = track.samples.last().expect("samples").t;
            let times = (0..).map(|k| f64::from(k) / shown).take_while(|t| *t <= last);
            let shown = times.map(|t| {
                let newest = track.samples.partition_point(|sample| sample.t <= t + 1e-9).max(1) - 1;
                Sample { t, ..track.samples[newest] }
            });
            Track { samples: shown.collect(), ..track.clone() }
        });
        let report = fit(&again.collect::<Vec<_>>(), &settings).expect("fits");
        assert!(report.repeats_dropped > 0, "{report}");
        for parameter in [Parameter::RollingFriction, Parameter::CushionRestitution, Parameter::SlidingFriction] {
            let (one, two) = (once.estimate(parameter), report.estimate(parameter));
            assert!((one.value - two.value).abs() < 0.03 * one.value + 0.002, "{shown}: {once}\n{report}");
        }
    }
}
