use super::*;
use billiards_table::{BallClass, BallLabel, TableKind, TablePoint, TableVector};

const FRAME: f64 = 0.04;
const CUE: BallId = BallId(1);
const OBJECT: BallId = BallId(2);
const OTHER: BallId = BallId(3);

/// Places of balls in one frame; a ball without a place is hidden.
type Frame = Vec<(BallId, Option<(f64, f64)>)>;

/// Feeds frames one after another, with velocities taken from the places, and collects the reported events.
fn watch(frames: &[Frame]) -> Vec<(usize, TableEvent)> {
    let mut detector = ShotDetector::new(&TableKind::NINE_FOOT.spec());
    let mut last: BTreeMap<BallId, TablePoint> = BTreeMap::new();
    let mut events = Vec::new();
    for (i, frame) in frames.iter().enumerate() {
        let time = i as f64 * FRAME;
        let (mut balls, mut sightings) = (Vec::new(), Vec::new());
        for (id, place) in frame {
            let before = last.get(id).copied();
            let position = place.map_or(before.unwrap_or_default(), TablePoint::from);
            let velocity = before.map_or(TableVector::zero(), |before| (position - before) / FRAME);
            let moves = velocity.length() > 0.05;
            balls.push(Ball {
                id: *id,
                label: if *id == CUE { BallLabel::Cue } else { BallLabel::Number(3) },
                class: if *id == CUE { BallClass::Cue } else { BallClass::Solid },
                position,
                velocity: if moves { velocity } else { TableVector::zero() },
                state: match place {
                    None => BallState::Occluded,
                    Some(_) if moves => BallState::Moving,
                    Some(_) => BallState::Resting,
                },
                confidence: 1.0,
            });
            if place.is_some() {
                sightings.push((*id, Sighting { time, position, blurred: false }));
                last.insert(*id, position);
            }
        }
        events.extend(detector.update(time, &balls, &sightings).into_iter().map(|event| (i, event)));
    }
    events
}

/// Returns ten frames in which balls lie at these places.
fn still(places: &[(BallId, (f64, f64))]) -> Vec<Frame> {
    vec![places.iter().map(|(id, place)| (*id, Some(*place))).collect(); 10]
}

/// Returns frames in which one ball moves along these places while the others lie still.
fn moving(id: BallId, path: &[(f64, f64)], others: &[(BallId, (f64, f64))]) -> Vec<Frame> {
    let frame = |place: &(f64, f64)| {
        std::iter::once((id, Some(*place))).chain(others.iter().map(|(id, place)| (*id, Some(*place)))).collect()
    };
    path.iter().map(frame).collect()
}

fn kinds(events: &[(usize, TableEvent)]) -> Vec<&'static str> {
    events
        .iter()
        .map(|(_, event)| match event {
            TableEvent::ShotStarted { .. } => "start",
            TableEvent::ShotEnded { .. } => "end",
            TableEvent::BallContact { .. } => "ball",
            TableEvent::RailContact { .. } => "rail",
            _ => "other",
        })
        .collect()
}

#[test]
fn a_full_hit_is_a_shot_a_contact_and_an_end() {
    let (cue, object) = ((0.6, 1.0), (0.6, 1.5));
    let mut frames = still(&[(CUE, cue), (OBJECT, object)]);
    // Struck half a frame before it is seen at 2 m/s; touching at y = 1.443.
    let path: Vec<_> = (0..5).map(|i| (0.6, 1.04 + 0.08 * f64::from(i))).collect();
    frames.extend(moving(CUE, &path, &[(OBJECT, object)]));
    let after: Vec<_> = (0..5).map(|i| (0.6, 1.55 + 0.07 * f64::from(i))).collect();
    frames.extend(moving(OBJECT, &after, &[(CUE, (0.6, 1.44))]));
    frames.extend(still(&[(CUE, (0.6, 1.44)), (OBJECT, (0.6, 1.83))]));
    let events = watch(&frames);
    assert_eq!(kinds(&events), ["start", "ball", "end"], "{events:?}");
    let (frame, TableEvent::ShotStarted { ball: CUE, speed, direction, ago }) = events[0] else { panic!("{events:?}") };
    assert!(frame <= 15 && (speed - 2.0).abs() < 0.15 && direction.y > 0.9999, "{events:?}");
    let struck = frame as f64 * FRAME - ago;
    assert!((struck - 9.5 * FRAME).abs() < 0.2 * FRAME, "{struck}");
    let TableEvent::ShotEnded { duration, speed, .. } = events[2].1 else { panic!("{events:?}") };
    assert!((duration - 10.5 * FRAME).abs() < 1.6 * FRAME && (speed - 2.0).abs() < 0.15, "{events:?}");
}

#[test]
fn a_ball_that_is_hit_before_the_cue_ball_is_seen_again_tells_the_stroke() {
    // 4 m/s, 0.1 m apart: the contact is in the first frame. A cut of 30° to the left.
    let (cue, cut): ((f64, f64), f64) = ((0.6, 1.0), 30.0_f64.to_radians());
    let ghost = (0.6, 1.1);
    let object = (ghost.0 - 0.057_15 * cut.sin(), ghost.1 + 0.057_15 * cut.cos());
    let mut frames = still(&[(CUE, cue), (OBJECT, object), (OTHER, (1.1, 0.3))]);
    for i in 1..6_u32 {
        let t = FRAME * f64::from(i) - 0.03;
        let (v, w) = (4.0 * cut.cos() * 0.97 * t, 4.0 * cut.sin() * t);
        frames.push(vec![
            (CUE, Some((ghost.0 + w * cut.cos(), ghost.1 + w * cut.sin()))),
            (OBJECT, Some((object.0 - v * cut.sin(), object.1 + v * cut.cos()))),
            (OTHER, Some((1.1, 0.3))),
        ]);
    }
    let events = watch(&frames);
    let (_, TableEvent::ShotStarted { ball: CUE, speed, direction, .. }) = events[0] else { panic!("{events:?}") };
    assert!((speed - 4.0).abs() < 0.4 && direction.x.abs() < 0.02, "{events:?}");
}

#[test]
fn a_cue_ball_that_rolled_on_under_an_arm_is_struck_from_where_it_is_seen_to_come() {
    let other = (OTHER, Some((1.1, 0.3)));
    let mut frames = still(&[(CUE, (0.6, 1.0)), (OTHER, (1.1, 0.3))]);
    frames.extend(vec![vec![(CUE, None), other]; 40]);
    // From (0.63, 1.05), where it was not detected, at 2 m/s.
    let path: Vec<_> = (0..8).map(|i| 0.05 + 0.08 * f64::from(i)).map(|distance| (0.63 + distance, 1.05)).collect();
    frames.extend(moving(CUE, &path, &[(OTHER, (1.1, 0.3))]));
    let events = watch(&frames);
    let [(frame, TableEvent::ShotStarted { ball: CUE, speed, direction, ago })] = events[..] else {
        panic!("{events:?}")
    };
    assert!((speed - 2.0).abs() < 0.2 && direction.y.abs() < 0.01, "{events:?}");
    let struck = frame as f64 * FRAME - ago;
    assert!((struck - 49.3 * FRAME).abs() < 2.0 * FRAME, "{struck}");
    // All balls move the same way: the camera turns.
    let mut frames = still(&[(CUE, (0.6, 1.0)), (OTHER, (1.1, 0.3))]);
    frames.extend(vec![vec![(CUE, None), (OTHER, None)]; 40]);
    let turning = path.iter().map(|(x, y)| vec![(CUE, Some((*x, *y))), (OTHER, Some((x + 0.5, y - 0.7)))]);
    frames.extend(turning);
    assert_eq!(kinds(&watch(&frames)), [] as [&str; 0]);
}

#[test]
fn a_cue_ball_that_stays_where_it_hits_a_ball_next_to_it_was_struck() {
    let (cue, object) = ((0.6, 1.0), (0.6, 1.06));
    let mut frames = still(&[(CUE, cue), (OBJECT, object)]);
    let path: Vec<_> = (0..5).map(|i| (0.6, 1.1 + 0.06 * f64::from(i))).collect();
    frames.extend(moving(OBJECT, &path, &[(CUE, (0.6, 1.002))]));
    let events = watch(&frames);
    let (_, TableEvent::ShotStarted { ball: CUE, speed, direction, .. }) = events[0] else { panic!("{events:?}") };
    assert!((speed - 1.5).abs() < 0.15 && direction.y > 0.999, "{events:?}");
    // The ball next to it passes the blow on and stays as well.
    let behind = (0.6, 1.12);
    let mut frames = still(&[(CUE, cue), (OBJECT, object), (OTHER, behind)]);
    let path: Vec<_> = (0..5).map(|i| (0.6, 1.16 + 0.06 * f64::from(i))).collect();
    frames.extend(moving(OTHER, &path, &[(CUE, (0.6, 1.002)), (OBJECT, object)]));
    let events = watch(&frames);
    let (_, TableEvent::ShotStarted { ball: CUE, speed, direction, .. }) = events[0] else { panic!("{events:?}") };
    assert!((speed - 1.5).abs() < 0.15 && direction.y > 0.999, "{events:?}");
    // Pushed by a hand, from a place that the cue ball is not next to.
    let apart = ((0.6, 1.0), (0.6, 1.09));
    let mut frames = still(&[(CUE, apart.0), (OBJECT, apart.1)]);
    let path: Vec<_> = (0..5).map(|i| (0.6, 1.13 + 0.06 * f64::from(i))).collect();
    frames.extend(moving(OBJECT, &path, &[(CUE, apart.0)]));
    assert_eq!(kinds(&watch(&frames)), [] as [&str; 0]);
}

#[test]
fn people_who_move_balls_play_no_shot() {
    let (cue, object) = ((0.6, 1.0), (0.6, 1.5));
    let mut frames = still(&[(CUE, cue), (OBJECT, object)]);
    let path: Vec<_> = (0..12).map(|i| (0.6 + 0.03 * f64::from(i), 1.5)).collect();
    frames.extend(moving(OBJECT, &path, &[(CUE, cue)]));
    frames.extend(still(&[(CUE, cue), (OBJECT, (0.93, 1.5))]));
    // The cue ball is lifted and put elsewhere, then pushed round a corner.
    frames.extend(vec![vec![(CUE, None), (OBJECT, Some((0.93, 1.5)))]; 20]);
    frames.extend(still(&[(CUE, (0.3, 0.4)), (OBJECT, (0.93, 1.5))]));
    let round: Vec<_> =
        (0..20).map(|i| 0.3 * f64::from(i)).map(|a| (0.3 + 0.1 * a.sin(), 0.5 - 0.1 * a.cos())).collect();
    frames.extend(moving(CUE, &round, &[(OBJECT, (0.93, 1.5))]));
    let end = round[19];
    frames.extend(still(&[(CUE, end), (OBJECT, (0.93, 1.5))]));
    assert_eq!(kinds(&watch(&frames)), [] as [&str; 0]);
}

#[test]
fn a_cue_ball_that_a_hand_half_hides_is_not_struck() {
    let places: Vec<_> = (0..60).map(|i| (0.6 + [0.0, 0.006, 0.012, 0.009, 0.0][i % 5], 1.0)).collect();
    let mut frames = still(&[(CUE, (0.6, 1.0)), (OBJECT, (0.9, 1.2))]);
    frames.extend(moving(CUE, &places, &[(OBJECT, (0.9, 1.2))]));
    assert_eq!(kinds(&watch(&frames)), [] as [&str; 0]);
}

#[test]
fn a_bumped_camera_is_no_shot() {
    let lie = |dx: f64| -> Vec<(BallId, (f64, f64))> {
        (1..6_u32).map(|i| (BallId(i), (0.2 * f64::from(i) + dx, 1.0))).collect()
    };
    let mut frames = still(&lie(0.0));
    frames.extend(still(&lie(0.03)));
    assert_eq!(watch(&frames), []);
}

#[test]
fn a_break_is_a_shot_even_if_all_balls_scatter_at_once() {
    let cue = (0.635, 0.5);
    let rack: Vec<(BallId, (f64, f64))> =
        (0..9_u32).map(|i| (BallId(10 + i), (0.55 + 0.06 * f64::from(i % 3), 1.9 + 0.06 * f64::from(i / 3)))).collect();
    let mut frames = still(&[&[(CUE, cue)], &rack[..]].concat());
    let path: Vec<_> = (0..4).map(|i| (0.635, 0.7 + 0.32 * f64::from(i))).collect();
    frames.extend(moving(CUE, &path, &rack));
    for i in 1..8_u32 {
        let scattered = rack.iter().zip(0_u32..).map(|((id, (x, y)), n)| {
            let (angle, distance) = (0.35 * f64::from(n), 0.08 * f64::from(i));
            (*id, Some((x + distance * angle.cos(), y + distance * angle.sin())))
        });
        frames.push(scattered.chain([(CUE, Some((0.635, 1.82 - 0.01 * f64::from(i))))]).collect());
    }
    let events = watch(&frames);
    let starts: Vec<_> = events.iter().filter(|(_, event)| matches!(event, TableEvent::ShotStarted { .. })).collect();
    let [(_, TableEvent::ShotStarted { ball: CUE, speed, .. })] = starts[..] else { panic!("{events:?}") };
    assert!((speed - 8.0).abs() < 0.5, "{events:?}");
}

#[test]
fn a_shot_waits_for_a_ball_that_vanished_at_a_pocket() {
    let (cue, object) = ((0.6, 1.0), (0.3, 0.3));
    let mut frames = still(&[(CUE, cue), (OBJECT, object)]);
    let path: Vec<_> = (1..6).map(|i| (0.6 - 0.06 * f64::from(i), 1.0)).collect();
    frames.extend(moving(CUE, &path, &[(OBJECT, object)]));
    // Meanwhile the object ball is hidden in the jaw.
    frames.push(vec![(CUE, Some((0.3, 1.0))), (OBJECT, Some((0.02, 0.02)))]);
    frames.extend(vec![vec![(CUE, Some((0.3, 1.0))), (OBJECT, None)]; 30]);
    assert_eq!(kinds(&watch(&frames)), ["start"]);
    frames.extend(vec![vec![(CUE, Some((0.3, 1.0)))]; 20]);
    assert_eq!(kinds(&watch(&frames)), ["start", "end"]);
}

#[test]
fn repeated_frames_and_a_reset_tell_nothing() {
    let mut detector = ShotDetector::new(&TableKind::NINE_FOOT.spec());
    let sighting = |time, y| Sighting { time, position: TablePoint::new(0.6, y), blurred: false };
    let ball = |y: f64| Ball {
        id: CUE,
        label: BallLabel::Cue,
        class: BallClass::Cue,
        position: TablePoint::new(0.6, y),
        velocity: TableVector::new(0.0, 2.0),
        state: BallState::Moving,
        confidence: 1.0,
    };
    for i in 0..10_u32 {
        let time = FRAME * f64::from(i);
        assert!(detector.update(time, &[ball(1.0)], &[(CUE, sighting(time, 1.0))]).is_empty());
    }
    for i in 1..9_u32 {
        // Always the same time.
        let y = 1.0 + 0.08 * f64::from(i);
        assert!(detector.update(9.0 * FRAME, &[ball(y)], &[(CUE, sighting(9.0 * FRAME, y))]).is_empty());
    }
    detector.reset();
    for i in 0..8_u32 {
        let (time, y) = (1.0 + FRAME * f64::from(i), 1.0 + 0.08 * f64::from(i));
        assert!(detector.update(time, &[ball(y)], &[(CUE, sighting(time, y))]).is_empty(), "never at rest");
    }
}
