use super::*;
use billiards_table::{BallSet, BallState};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FRAME: f64 = 0.04;

fn at(x: f64, y: f64) -> TablePoint {
    TablePoint::new(x, y)
}

fn plain(position: TablePoint) -> Measurement {
    let appearance = Appearance { colour: Some([90.0, 0.3, 0.5]), ..Appearance::default() };
    Measurement {
        position,
        row: 0.5,
        label: BallLabel::Unknown,
        class: BallClass::Other,
        appearance,
        confidence: 0.9,
        solidity: 1.0,
        blurred: false,
    }
}

fn labelled(position: TablePoint, label: BallLabel) -> Measurement {
    let class = label.class().expect("a known label");
    Measurement {
        position,
        row: 0.5,
        label,
        class,
        appearance: appearance(label),
        confidence: 0.9,
        solidity: 1.0,
        blurred: false,
    }
}

/// Returns the appearance of a ball of the American set.
fn appearance(label: BallLabel) -> Appearance {
    let colours = BallSet::american().colours;
    let colour = colours.iter().find(
        |colour| matches!(label, BallLabel::Number(n) if colour.numbers.is_some_and(|numbers| numbers.contains(&n))),
    );
    let plain = Appearance {
        colour: colour.map(|colour| colour.hsv),
        solid_error: 0.02,
        stripe_error: 0.15,
        ..Appearance::default()
    };
    match label.class() {
        Some(BallClass::Cue) => Appearance { white: 0.99, ..Appearance::default() },
        Some(BallClass::Stripe) => Appearance { white: 0.5, solid_error: 0.2, stripe_error: 0.02, ..plain },
        _ => Appearance { white: 0.05, ..plain },
    }
}

/// Returns two independent normal deviates (Box and Muller).
fn noise(rng: &mut ChaCha8Rng, sd: f64) -> TableVector {
    let (u, v): (f64, f64) = (rng.random_range(f64::EPSILON..1.0), rng.random_range(0.0..std::f64::consts::TAU));
    TableVector::new(v.cos(), v.sin()) * (sd * (-2.0 * u.ln()).sqrt())
}

fn rack() -> Vec<TablePoint> {
    let pitch = 0.057_15;
    let rows = (0..5_u8).flat_map(|row| {
        (0..=row).map(move |i| {
            let (row, i) = (f64::from(row), f64::from(i));
            at(0.635 + (i - row / 2.0) * pitch, 1.9 + row * pitch * 3_f64.sqrt() / 2.0)
        })
    });
    rows.chain([at(0.6, 0.6)]).collect()
}

/// Returns `true`: nothing hides the cloth.
fn bare(_: TablePoint) -> bool {
    true
}

fn tracker() -> Tracker {
    Tracker::new(TrackerSettings::default(), BallIdentifier::new(BallSet::american()))
}

/// Feeds the same picture for some frames and returns the time after them.
fn show(tracker: &mut Tracker, from: f64, frames: u32, picture: &[Measurement]) -> f64 {
    (0..frames).for_each(|i| {
        tracker.update(from + f64::from(i) * FRAME, picture, &bare);
    });
    from + f64::from(frames) * FRAME
}

#[test]
fn still_balls_keep_their_names_and_lie_still() {
    let truth = rack();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut tracker = tracker();
    let mut steps = Vec::new();
    let mut before: Vec<Ball> = Vec::new();
    for frame in 0..200_u32 {
        let picture: Vec<_> = truth.iter().map(|p| plain(*p + noise(&mut rng, 0.001))).collect();
        let balls = tracker.update(f64::from(frame) * FRAME, &picture, &bare).to_vec();
        if frame >= 1 {
            assert_eq!(balls.len(), truth.len(), "frame {frame}");
        }
        if frame >= 2 {
            for (old, new) in before.iter().zip(&balls) {
                assert_eq!(old.id, new.id, "frame {frame}");
                steps.push((new.position - old.position).length());
            }
        }
        before = balls;
    }
    steps.sort_by(f64::total_cmp);
    assert!(steps[steps.len() / 2] <= 0.000_15, "median jitter {} m", steps[steps.len() / 2]);
    for (ball, truth) in before.iter().zip(&truth) {
        assert!((ball.position - *truth).length() < 0.001, "{ball:?} lies at {truth:?}");
        assert_eq!(ball.state, BallState::Resting);
        assert_eq!(ball.velocity, TableVector::zero());
    }
}

#[test]
fn a_struck_ball_is_followed_through_a_rail() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut tracker = tracker();
    let others = [at(0.3, 0.4), at(0.9, 1.6), at(0.7, 2.2)];
    let mut position = at(0.25, 1.0);
    let mut velocity = TableVector::zero();
    let mut name = None;
    for frame in 0..40_u32 {
        if frame == 10 {
            velocity = TableVector::new(5.0, 0.6);
        }
        position += velocity * FRAME;
        if position.x > 1.27 - 0.0286 {
            position.x = 2.0 * (1.27 - 0.0286) - position.x;
            velocity = TableVector::new(-0.8 * velocity.x, velocity.y);
        }
        if position.x < 0.0286 {
            break;
        }
        let mut picture: Vec<_> = others.iter().map(|p| plain(*p + noise(&mut rng, 0.001))).collect();
        picture.push(labelled(position + noise(&mut rng, 0.001), BallLabel::Cue));
        let balls = tracker.update(f64::from(frame) * FRAME, &picture, &bare);
        if frame < 1 {
            continue;
        }
        assert_eq!(balls.len(), 4, "frame {frame}");
        let cue = balls.iter().find(|ball| ball.label == BallLabel::Cue).expect("the cue ball is tracked");
        assert_eq!(*name.get_or_insert(cue.id), cue.id, "frame {frame}");
        assert!((cue.position - position).length() < 0.015, "frame {frame}: {cue:?} is at {position:?}");
        if frame == 12 {
            assert_eq!(cue.state, BallState::Moving);
            assert!((cue.velocity - velocity).length() < 0.5, "{:?}", cue.velocity);
        }
    }
}

#[test]
fn a_break_at_top_speed_is_followed() {
    let mut tracker = tracker();
    let time = show(&mut tracker, 0.0, 10, &[labelled(at(0.6, 0.5), BallLabel::Cue)]);
    let name = tracker.balls()[0].id;
    let balls = tracker.update(time, &[labelled(at(0.6, 0.82), BallLabel::Cue)], &bare);
    assert_eq!((balls.len(), balls[0].id, balls[0].position), (1, name, at(0.6, 0.82)));
    assert!((balls[0].velocity - TableVector::new(0.0, 8.0)).length() < 0.01);
}

#[test]
fn a_stun_shot_does_not_swap_the_balls() {
    let mut tracker = tracker();
    let cue = |y: f64| labelled(at(0.6, y), BallLabel::Cue);
    let object = |y: f64| plain(at(0.6, y));
    let mut time = show(&mut tracker, 0.0, 8, &[cue(0.5), object(1.2)]);
    for y in [0.7, 0.9, 1.1] {
        tracker.update(time, &[cue(y), object(1.2)], &bare);
        time += FRAME;
    }
    // The cue ball stops dead where it meets the other, which takes over its speed.
    for i in 0..3 {
        tracker.update(time, &[cue(1.143), object(1.357 + 0.2 * f64::from(i))], &bare);
        time += FRAME;
    }
    let balls = tracker.balls();
    assert_eq!(balls.iter().map(|ball| ball.id).collect::<Vec<_>>(), [BallId(1), BallId(2)]);
    assert_eq!(balls[0].label, BallLabel::Cue);
    assert!((balls[0].position - at(0.6, 1.143)).length() < 0.005);
    assert!((balls[1].position - at(0.6, 1.757)).length() < 0.005);
}

#[test]
fn crossing_balls_keep_their_names() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut tracker = tracker();
    for frame in 0..50_u32 {
        let distance = 1.5 * FRAME * f64::from(frame.saturating_sub(5));
        let picture = [
            labelled(at(0.30 + distance, 1.0) + noise(&mut rng, 0.001), BallLabel::Number(1)),
            labelled(at(1.0 - distance, 1.06) + noise(&mut rng, 0.001), BallLabel::Number(2)),
        ];
        if distance > 0.7 {
            break;
        }
        tracker.update(f64::from(frame) * FRAME, &picture, &bare);
    }
    let names: Vec<_> = tracker.balls().iter().map(|ball| (ball.id, ball.label)).collect();
    assert_eq!(names, [(BallId(1), BallLabel::Number(1)), (BallId(2), BallLabel::Number(2))]);
    assert!(tracker.balls()[0].position.x > tracker.balls()[1].position.x);
}

#[test]
fn an_unseen_ball_is_occluded_then_gone() {
    let mut tracker = tracker();
    let picture = [plain(at(0.6, 0.6))];
    let time = show(&mut tracker, 0.0, 10, &picture);
    assert_eq!(tracker.update(time, &[], &bare)[0].state, BallState::Occluded);
    assert_eq!(tracker.balls()[0].position, at(0.6, 0.6));
    let time = show(&mut tracker, time + FRAME, 8, &[]);
    assert_eq!(tracker.balls().len(), 1);
    // Back before it is given up: the same ball.
    assert_eq!(tracker.update(time, &picture, &bare)[0].state, BallState::Resting);
    assert_eq!(tracker.balls()[0].id, BallId(1));
    show(&mut tracker, time + FRAME, 14, &[]);
    assert!(tracker.balls().is_empty());
}

#[test]
fn a_ball_that_vanishes_into_a_pocket_goes_there_and_is_gone() {
    let mut tracker = tracker();
    let mut time = show(&mut tracker, 0.0, 6, &[plain(at(0.3, 0.3))]);
    for frame in 1..=4 {
        let distance = 1.5 * FRAME * f64::from(frame);
        tracker.update(time, &[plain(at(0.3 - distance, 0.3 - distance))], &bare);
        time += FRAME;
    }
    let hole = TrackerSettings::default().pockets[0].centre;
    let lip = tracker.balls()[0].position;
    let mut shown = Vec::new();
    while let Some(ball) = tracker.update(time, &[], &bare).first() {
        shown.push(ball.position);
        time += FRAME;
    }
    assert_eq!(shown[..4], [lip; 4], "it may come to light again");
    assert_eq!(shown[4..], [hole, hole]);
}

#[test]
fn a_fast_ball_that_is_lost_for_a_moment_near_a_pocket_has_not_fallen() {
    let mut tracker = tracker();
    let hole = TrackerSettings::default().pockets[0].centre;
    let mut time = show(&mut tracker, 0.0, 6, &[plain(at(0.5, 0.5))]);
    for distance in [0.1, 0.25, 0.4] {
        tracker.update(time, &[plain(at(0.5 - distance, 0.5 - distance))], &bare);
        time += FRAME;
    }
    // It rattles in the jaws for three frames and comes out.
    for _ in 0..3 {
        tracker.update(time, &[], &bare);
        time += FRAME;
    }
    for i in 0..5_u32 {
        let balls = tracker.update(time, &[plain(at(0.12 + 0.02 * f64::from(i), 0.1))], &bare);
        assert!(balls.iter().any(|ball| ball.id == BallId(1) && (ball.position - hole).length() > 0.05), "{balls:?}");
        time += FRAME;
    }
}

#[test]
fn a_ball_that_rolls_to_a_pocket_under_an_arm_has_fallen() {
    let mut tracker = tracker();
    let hole = TrackerSettings::default().pockets[0].centre;
    let mut time = show(&mut tracker, 0.0, 6, &[plain(at(0.6, 0.6))]);
    for distance in [0.04, 0.08, 0.12, 0.16] {
        tracker.update(time, &[plain(at(0.6 - distance, 0.6 - distance))], &bare);
        time += FRAME;
    }
    let mut last = None;
    for frame in 0..60_u32 {
        // The arm goes away after a second.
        let balls = tracker.update(time, &[], &|_| frame > 25);
        last = balls.first().map(|ball| ball.position).or(last);
        time += FRAME;
    }
    assert_eq!((tracker.balls().len(), last), (0, Some(hole)));
}

#[test]
fn an_arm_over_a_ball_at_a_pocket_pots_nothing() {
    let mut tracker = tracker();
    let hole = &TrackerSettings::default().pockets[0];
    let lip = hole.centre + TableVector::new(1.0, 1.0).normalize() * (hole.radius + 0.02);
    let others = plain(at(0.6, 0.6));
    let time = show(&mut tracker, 0.0, 30, &[plain(lip), others]);
    for frame in 0..100_u32 {
        tracker.update(time + f64::from(frame) * FRAME, &[others], &|_| false);
    }
    assert_eq!(tracker.balls().len(), 2);
}

#[test]
fn a_ball_that_stops_before_a_pocket_under_an_arm_has_not_fallen() {
    let hole = &TrackerSettings::default().pockets[0];
    let inwards = TableVector::new(1.0, 1.0).normalize();
    let stop = hole.centre + inwards * (hole.radius + 0.038);
    let covered = |arm: bool| {
        let mut tracker = tracker();
        // It rolls out at 0.1 m/s² and is hidden in the last frames of that.
        let before_stop = |frames: u32| inwards * (0.05 * (f64::from(frames) * FRAME).powi(2));
        let mut time = show(&mut tracker, 0.0, 6, &[plain(stop + before_stop(30))]);
        for frames in (3..30_u32).rev() {
            tracker.update(time, &[plain(stop + before_stop(frames))], &bare);
            time += FRAME;
        }
        for _ in 0..75_u32 {
            tracker.update(time, &[], &|_| !arm);
            time += FRAME;
        }
        tracker.balls().len()
    };
    assert_eq!((covered(true), covered(false)), (1, 0));
}

#[test]
fn balls_lie_still_in_a_picture_that_moves() {
    let places = [(0.3, 0.4), (0.9, 1.6), (0.7, 2.2), (0.5, 1.0), (0.2, 1.5), (1.0, 0.9), (0.4, 0.6), (0.8, 0.6)]
        .map(TablePoint::from);
    // In the moved picture, two pale balls look like each other.
    let picture = |dx: f64| {
        let labels = [1, 2, 3, 4, 5, 6, 7, 8].map(|n| BallLabel::Number(if dx > 0.0 && n > 6 { 15 - n } else { n }));
        let moved = places.map(|place| place + TableVector::new(dx, 0.3 * dx));
        moved.into_iter().zip(labels).map(|(place, label)| labelled(place, label)).collect::<Vec<_>>()
    };
    let mut tracker = tracker();
    let time = show(&mut tracker, 0.0, 20, &picture(0.0));
    let names: Vec<BallId> = tracker.balls().iter().map(|ball| ball.id).collect();
    for (i, dx) in [0.03, 0.03, 0.0, 0.0].into_iter().enumerate() {
        let balls = tracker.update(time + FRAME * i as f64, &picture(dx), &bare);
        assert!(balls.iter().map(|ball| ball.id).eq(names.iter().copied()), "{balls:?}");
        let distance = |(ball, place): (&Ball, &TablePoint)| (ball.position - *place).length();
        assert!(balls.iter().zip(&places).all(|pair| distance(pair) < 0.035), "frame {i}: {balls:?}");
        assert!(balls.iter().all(|ball| ball.state == BallState::Resting), "frame {i}: {balls:?}");
    }
}

#[test]
fn a_single_false_sighting_is_no_ball() {
    let mut tracker = tracker();
    let time = show(&mut tracker, 0.0, 5, &[plain(at(0.6, 0.6))]);
    tracker.update(time, &[plain(at(0.6, 0.6)), plain(at(0.2, 2.0))], &bare);
    let time = show(&mut tracker, time + FRAME, 20, &[plain(at(0.6, 0.6))]);
    assert_eq!(tracker.balls().len(), 1);
    // A ball seen twice in one frame is not two balls.
    show(&mut tracker, time, 10, &[plain(at(0.6, 0.6)), plain(at(0.62, 0.6))]);
    assert_eq!(tracker.balls().len(), 1);
}

#[test]
fn light_that_wanders_over_the_cloth_is_no_ball() {
    let mut tracker = tracker();
    let ball = plain(at(0.6, 0.6));
    let time = show(&mut tracker, 0.0, 20, &[ball]);
    for frame in 0..40_u32 {
        let light = plain(at(0.3, 0.4 + 0.008 * f64::from(frame)));
        let balls = tracker.update(time + f64::from(frame) * FRAME, &[ball, light], &bare);
        assert_eq!(balls.len(), 1, "frame {frame}");
    }
}

#[test]
fn a_rolling_shutter_is_allowed_for() {
    let max_error = |readout: f64| {
        let settings = TrackerSettings { readout, ..TrackerSettings::default() };
        let mut tracker = Tracker::new(settings, BallIdentifier::new(BallSet::american()));
        let mut worst = 0.0_f64;
        for frame in 0..20_u32 {
            let time = f64::from(frame) * FRAME;
            let truth = at(0.1 + 1.2 * (time - 0.2).max(0.0), 0.5);
            // The lowest row is read 15 ms after the middle one.
            let seen = at(0.1 + 1.2 * (time + 0.015 - 0.2).max(0.0), 0.5);
            let sighting = Measurement { row: 1.0, ..labelled(seen, BallLabel::Cue) };
            let balls = tracker.update(time, &[sighting], &bare);
            if frame > 10 {
                worst = worst.max((balls[0].position - truth).length());
            }
        }
        worst
    };
    assert!(max_error(0.03) < 0.004 && max_error(0.0) > 0.012, "{} {}", max_error(0.03), max_error(0.0));
}

#[test]
fn a_ball_that_is_put_down_is_new() {
    let mut tracker = tracker();
    let ball = plain(at(0.6, 0.6));
    let time = show(&mut tracker, 0.0, 20, &[ball]);
    let placed = plain(at(0.3, 2.0));
    let time = show(&mut tracker, time, 3, &[ball, placed]);
    assert_eq!(tracker.balls().len(), 1);
    assert_eq!(tracker.update(time, &[ball, placed], &bare).len(), 2);
}

#[test]
fn a_hidden_ball_is_believed_to_be_there() {
    let mut tracker = tracker();
    let time = show(&mut tracker, 0.0, 10, &[plain(at(0.6, 0.6))]);
    for frame in 0..200_u32 {
        let balls = tracker.update(time + f64::from(frame) * FRAME, &[], &|_| false);
        assert_eq!((balls.len(), balls[0].state), (1, BallState::Occluded), "frame {frame}");
    }
    // The arm has gone, and so has the ball.
    show(&mut tracker, time + 200.0 * FRAME, 16, &[]);
    assert!(tracker.balls().is_empty());
}

#[test]
fn a_stray_does_not_take_a_hidden_ball_s_name() {
    let mut tracker = tracker();
    let time = show(&mut tracker, 0.0, 10, &[labelled(at(0.6, 0.6), BallLabel::Cue)]);
    // An arm, and something round on it, for a second; then the cue ball is struck from under the arm.
    let stray = plain(at(0.7, 0.8));
    for frame in 0..25_u32 {
        let sighting = if frame < 6 { vec![] } else { vec![stray] };
        tracker.update(time + f64::from(frame) * FRAME, &sighting, &|_| false);
        let cue = tracker.balls().iter().find(|ball| ball.id == BallId(1)).expect("believed to be there");
        assert_eq!((cue.position, cue.state), (at(0.6, 0.6), BallState::Occluded));
    }
    tracker.update(time + 25.0 * FRAME, &[labelled(at(0.6, 0.75), BallLabel::Cue)], &|_| false);
    let cue = tracker.balls().iter().find(|ball| ball.id == BallId(1)).expect("struck");
    assert_eq!((cue.position, cue.state), (at(0.6, 0.75), BallState::Moving));
}

#[test]
fn a_hanger_that_is_knocked_in_is_gone() {
    let mut tracker = tracker();
    let hole = &TrackerSettings::default().pockets[0];
    let lip = hole.centre + TableVector::new(1.0, 1.0).normalize() * (hole.radius + 0.02);
    let mut time = show(&mut tracker, 0.0, 10, &[plain(lip), plain(at(0.4, 0.4))]);
    for distance in [0.1, 0.2, 0.3] {
        let struck = plain(at(0.4 - distance, 0.4 - distance));
        tracker.update(time, &[plain(lip), struck], &|_| false);
        time += FRAME;
    }
    for frame in 0..60_u32 {
        tracker.update(time + f64::from(frame) * FRAME, &[plain(at(0.08, 0.08))], &|_| false);
    }
    assert_eq!(tracker.balls().len(), 1, "{:?}", tracker.balls());
}

#[test]
fn a_slow_ball_that_vanishes_in_the_mouth_of_a_pocket_has_fallen() {
    let mut tracker = tracker();
    // At 0.12 m/s along the nose line, seen for the last time where there is still cloth under it.
    let mut time = 0.0;
    for frame in 0..12_u32 {
        let rolling = plain(at(0.0215 + 0.12 * FRAME * f64::from(11 - frame), 0.040));
        tracker.update(time, &[rolling, plain(at(0.6, 0.6))], &|_| false);
        time += FRAME;
    }
    for frame in 0..60_u32 {
        // No cloth is seen there: the jaw hides the mouth.
        tracker.update(time + f64::from(frame) * FRAME, &[plain(at(0.6, 0.6))], &|_| false);
    }
    assert_eq!(tracker.balls().len(), 1, "{:?}", tracker.balls());
}

#[test]
fn a_ball_that_rattles_and_vanishes_in_the_mouth_of_a_pocket_has_fallen() {
    let mut tracker = tracker();
    let hole = &TrackerSettings::default().pockets[0];
    let outwards = TableVector::new(1.0, 1.0).normalize();
    let mut time = 0.0;
    // Off a jaw and back: seen for the last time over the rim, on its way out.
    for distance in [0.10, 0.08, 0.06, 0.04, 0.02, 0.012, 0.018] {
        let rattling = plain(hole.centre + outwards * (hole.radius + distance));
        tracker.update(time, &[rattling, plain(at(0.6, 0.6))], &|_| false);
        time += FRAME;
    }
    for frame in 0..60_u32 {
        tracker.update(time + f64::from(frame) * FRAME, &[plain(at(0.6, 0.6))], &|_| false);
    }
    assert_eq!(tracker.balls().len(), 1, "{:?}", tracker.balls());
}

#[test]
fn only_one_ball_is_the_cue_ball() {
    let mut tracker = tracker();
    let picture = [labelled(at(0.3, 0.5), BallLabel::Cue), labelled(at(0.9, 0.5), BallLabel::Cue)];
    show(&mut tracker, 0.0, 10, &picture);
    assert_eq!(tracker.balls().iter().filter(|ball| ball.is_cue_ball()).count(), 1);
}

#[test]
fn odd_times_do_no_harm() {
    let mut tracker = tracker();
    let picture = [plain(at(0.6, 0.6))];
    show(&mut tracker, 10.0, 5, &picture);
    let before = tracker.balls().to_vec();
    assert_eq!(tracker.update(10.0 + 4.0 * FRAME, &[], &bare), before, "the same time again changes nothing");
    assert_eq!(tracker.update(f64::NAN, &[], &bare), before);
    let anew = tracker.update(3.0, &picture, &bare)[0].id;
    assert_eq!(anew, BallId(2), "an earlier time begins anew, and no name is used again");
    assert_eq!(tracker.update(1e9, &picture, &bare)[0].id, BallId(3), "so does a time much later");
}

proptest! {
    #[test]
    fn labels_are_unique_and_numbers_finite(
        frames in proptest::collection::vec(
            (
                prop_oneof![Just(0.0), Just(-0.5), Just(1e6), 0.001..0.2_f64],
                proptest::collection::vec((0.0..1.27_f64, 0.0..2.54_f64, 0..19_u8, 0.0..1.0_f32), 0..24),
            ),
            1..40,
        ),
    ) {
        let mut tracker = tracker();
        let mut time = 0.0;
        for (step, sightings) in frames {
            time += step;
            let picture: Vec<_> = sightings
                .into_iter()
                .map(|(x, y, name, confidence)| {
                    let (label, class) = match name {
                        0 => (BallLabel::Cue, BallClass::Cue),
                        16 => (BallLabel::Unknown, BallClass::Solid),
                        17 => (BallLabel::Unknown, BallClass::Cue),
                        18 => (BallLabel::Unknown, BallClass::Other),
                        n => (BallLabel::Number(n), BallLabel::Number(n).class().unwrap_or(BallClass::Other)),
                    };
                    // Half of the balls stay on a grid, so that some are tracked.
                    let snap = |v: f64| if name % 2 == 0 { (v * 5.0).round() / 5.0 } else { v };
                    Measurement { position: at(snap(x), snap(y)), row: 0.5, label, class, appearance: appearance(label), confidence, solidity: confidence, blurred: false }
                })
                .collect();
            let balls = tracker.update(time, &picture, &bare).to_vec();
            for (i, ball) in balls.iter().enumerate() {
                prop_assert!(ball.position.is_finite() && ball.velocity.is_finite(), "{:?}", ball);
                prop_assert!(ball.velocity.length() < 15.001, "{:?}", ball);
                for other in &balls[i + 1..] {
                    prop_assert!(ball.id != other.id);
                    prop_assert!(ball.label != other.label || ball.label == BallLabel::Unknown, "{:?}", balls);
                }
                prop_assert_eq!(ball.label.class().unwrap_or(ball.class), ball.class);
            }
        }
    }
}
