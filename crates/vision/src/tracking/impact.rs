//! The stroke inferred from the first contact, for a cue ball that meets a ball before it is seen often enough.
//!
//! The momentum of the balls is the same before and after they meet, so the motion of the cue ball and of the balls
//! that it set in motion gives the velocity of the cue ball before the contact. The line from its resting place, and the
//! place of the ghost ball, give the direction as well; the weight of each of the three depends on the distances.

use super::stroke_fit::{DECELERATION, Sighting, StrokeFit};
use billiards_table::{TablePoint, TableSpec, TableVector};

/// Maximum number of places from which a velocity is measured.
const MAX_PLACES: usize = 3;
/// Maximum distance of the third place from the extrapolation of the first two, metres.
const MAX_EXTRAPOLATION_ERROR: f64 = 0.008;
/// Deceleration of a sliding ball, m/s²: cloth with a friction of 0.2.
const SLIDING_DECELERATION: f64 = 1.96;
/// Standard deviation of the deceleration of a sliding ball, m/s²: cloths differ.
const SLIDING_DECELERATION_SPREAD: f64 = 0.5;
/// Standard deviation of the acceleration of the cue ball after a contact from that of a ball that slides without spin,
/// m/s²: its spin may speed it up or slow it down.
const CUE_BALL_ACCELERATION_SPREAD: f64 = 1.0;
/// Standard deviation of the throw of an object ball from that by a sliding cue ball without spin, radians.
const THROW_SPREAD: f64 = 0.03;
/// Coefficient of friction between two balls at high slip (D. Alciatore, TP A-14).
const FRICTION_FLOOR: f64 = 0.009_951;
/// Addition to the coefficient of friction between two balls at zero slip.
const FRICTION_SCALE: f64 = 0.108;
/// Decay of that addition with the slip, seconds per metre.
const FRICTION_DECAY: f64 = 1.088;
/// Maximum throw, as a ratio of the tangent of the cut angle: with it, the surfaces of two equal solid spheres no longer
/// slip.
const MAX_THROW_RATIO: f64 = 1.0 / 7.0;
/// Number of iterations in which line of centres and throw are made to agree.
const THROW_ITERATIONS: usize = 8;
/// Standard deviation of a resting place along each axis, metres.
const REST_NOISE: f64 = 0.001;
/// Standard deviation of the place of the cue ball at the contact along each axis, metres.
const GHOST_NOISE: f64 = 0.0025;
/// Minimum time after the contact of a sighting that contributes to the velocity, seconds.
const MIN_ELAPSED: f64 = 0.01;
/// Maximum distance between the cue ball and the ghost ball of a ball that lies next to it, metres.
const MAX_GAP: f64 = 0.01;
/// Maximum time between the first and the last ball of a cluster to leave for one blow, seconds: it is passed on from
/// ball to ball across the gaps between them.
const MAX_PASSING_TIME: f64 = 0.05;
/// Maximum angle between the line of the cue ball and the sum of the velocities, radians: beyond it, a ball that was
/// set in motion was not detected.
const MAX_TURN: f64 = 0.35;
/// Maximum angle between the line of the cue ball and the direction inferred from a contact, in standard errors of the
/// two: beyond it, the contact was another one, as it is in a pack of balls, or not all of it was detected.
const MAX_DISAGREEMENT: f64 = 3.0;

/// Standard deviation of the part of the momentum that is missed for each further ball that moves, as a ratio: in a
/// pack, the motion of some balls is not detected, and some have met a rail.
const MISSED_RATIO: f64 = 0.05;

/// A ball set in motion by the cue ball.
#[derive(Debug, Clone, Copy)]
pub struct ObjectBall<'a> {
    /// Resting place of the ball, metres.
    pub rest: TablePoint,
    /// Unit vector along which the ball left.
    pub direction: TableVector,
    /// Standard error of the direction, radians.
    pub direction_error: f64,
    /// Sightings of the ball since it left.
    pub path: &'a [Sighting],
}

impl ObjectBall<'_> {
    /// Returns the centre of the ghost ball, which is the place of the cue ball at the contact, if the ball left along
    /// the line of centres, metres.
    fn ghost(&self, ball_radius: f64) -> TablePoint {
        self.rest - self.direction * (2.0 * ball_radius)
    }

    /// Returns the centre of the ghost ball of a cue ball that came sliding from `from`, metres, if the ball left at
    /// `speed`, m/s, thrown off the line of centres.
    fn ghost_from(&self, from: TablePoint, speed: f64, ball_radius: f64) -> TablePoint {
        let thrown = |throw: f64| {
            let (sin, cos) = throw.sin_cos();
            let TableVector { x, y, .. } = self.direction;
            let centres = TableVector::new(x * cos - y * sin, x * sin + y * cos);
            Self { direction: centres, ..*self }
        };
        let mut ball = *self;
        for _ in 0..THROW_ITERATIONS {
            let Some(line) = (ball.ghost(ball_radius) - from).try_normalize() else { break };
            ball = thrown(throw(line.angle_to(ball.direction).radians, speed));
        }
        ball.ghost(ball_radius)
    }
}

/// Returns the angle by which friction turns the direction of an object ball from the line of centres towards the line
/// of a cue ball that slides without spin, radians, with the sign of `cut`, the angle from the line of the cue ball to
/// the line of centres, radians. `speed` is the speed at which the object ball leaves, m/s.
fn throw(cut: f64, speed: f64) -> f64 {
    let slope = cut.tan().abs();
    let friction = FRICTION_FLOOR + FRICTION_SCALE * (-FRICTION_DECAY * slope * speed).exp();
    friction.min(MAX_THROW_RATIO * slope).atan().copysign(cut)
}

/// Path of a cue ball to a ball that it met soon, as far as it was seen.
#[derive(Debug, Clone, Copy)]
pub struct Approach<'a> {
    /// Resting place of the cue ball, metres.
    pub rest: TablePoint,
    /// Time at which the cue ball was last seen there, seconds on the source's clock.
    pub rested_at: f64,
    /// Stroke measured from the sightings before the contact; `None` if there are none.
    pub seen: Option<StrokeFit>,
    /// Sightings of the cue ball that may be from after the contact.
    pub after: &'a [Sighting],
}

/// Place of a ball at a time, seconds on the source's clock.
#[derive(Debug, Clone, Copy)]
struct Place {
    time: f64,
    position: TablePoint,
    /// Standard deviation along each axis, metres.
    noise: f64,
}

impl From<&Sighting> for Place {
    fn from(sighting: &Sighting) -> Self {
        Self { time: sighting.time, position: sighting.position, noise: sighting.noise() }
    }
}

/// Velocity of a ball with its standard error along each axis, m/s.
#[derive(Debug, Clone, Copy)]
struct Velocity {
    value: TableVector,
    error: f64,
}

/// Returns the velocity at `time` of a ball that is seen in `path` from then on and whose speed changes by
/// `acceleration` (mean and standard deviation, m/s²). `None` for fewer than two places.
///
/// It is measured from two places, or three if they lie on one line: later ones, and those behind a bend, belong to
/// another path.
fn velocity_at(time: f64, path: &[Place], acceleration: (f64, f64)) -> Option<Velocity> {
    let (first, second) = (path.first()?, path.get(1)?);
    let step = second.time - first.time;
    let straight_on = |third: &&Place| {
        let lead = second.position + (second.position - first.position) * ((third.time - second.time) / step);
        (third.position - lead).length() <= MAX_EXTRAPOLATION_ERROR
    };
    let last = path.get(2).filter(straight_on).unwrap_or(second);
    let elapsed = last.time - first.time;
    if elapsed.is_nan() || elapsed <= 0.0 {
        return None;
    }
    let mean = (last.position - first.position) / elapsed;
    // The mean holds for the middle of the time.
    let since = (0.5 * (first.time + last.time) - time).max(0.0);
    // A ball that comes to rest at the last place lost as much before the middle as it had there.
    let change = (acceleration.0 * since).max(-mean.length());
    let gain = mean.try_normalize().map_or(TableVector::zero(), |direction| direction * change);
    let noise = first.noise.hypot(last.noise) / elapsed;
    Some(Velocity { value: mean - gain, error: noise.hypot(acceleration.1 * since) })
}

/// Returns the velocity at `time` of an object ball.
fn velocity_of(ball: &ObjectBall, time: f64) -> Option<Velocity> {
    let path: Vec<Place> = ball.path.iter().take(MAX_PLACES).map(Place::from).collect();
    velocity_at(time, &path, (-SLIDING_DECELERATION, SLIDING_DECELERATION_SPREAD))
}

/// Returns the time at which a ball left its resting place, seconds, extrapolated from its path; `None` for fewer than
/// two sightings.
fn left_at(ball: &ObjectBall) -> Option<f64> {
    let first = ball.path.first()?;
    let speed = velocity_of(ball, first.time)?.value.length();
    let since = (first.position - ball.rest).length() / speed;
    since.is_finite().then_some(first.time - since)
}

/// Returns the stroke of a cue ball inferred from its first contact; `None` while too little was seen of the balls
/// afterwards, and if they contradict the line on which the cue ball was seen to move.
///
/// Only those of `balls` count that were seen at least twice. `ball_radius` is half the distance of the centres at the
/// contact, metres; `mass_ratio` is the mass of an object ball over that of the cue ball.
#[must_use]
pub fn stroke_by_contact(
    approach: &Approach,
    balls: &[ObjectBall],
    ball_radius: f64,
    mass_ratio: f64,
) -> Option<StrokeFit> {
    let line = approach.seen.map(|seen| (seen.direction, seen.direction_error));
    let agrees_with_line = |(direction, error): &(TableVector, f64)| {
        line.is_none_or(|line| {
            let limit = (MAX_DISAGREEMENT * error.hypot(line.1)).min(MAX_TURN);
            line.0.angle_to(*direction).radians.abs() <= limit
        })
    };
    let mut left: Vec<(f64, &ObjectBall)> = balls.iter().filter_map(|ball| Some((left_at(ball)?, ball))).collect();
    left.sort_by(|a, b| a.0.total_cmp(&b.0));
    let contact_at = left.first()?.0.max(approach.rested_at);
    // A sighting right after the contact adds nothing.
    let after: Vec<Place> = approach
        .after
        .iter()
        .filter(|sighting| sighting.time >= contact_at + MIN_ELAPSED)
        .map(Place::from)
        .take(MAX_PLACES)
        .collect();
    let velocity_after = |from: Option<TablePoint>| {
        let at_contact = from.map(|position| Place { time: contact_at, position, noise: GHOST_NOISE });
        let path: Vec<Place> = at_contact.into_iter().chain(after.iter().copied()).take(MAX_PLACES).collect();
        velocity_at(contact_at, &path, (-SLIDING_DECELERATION, CUE_BALL_ACCELERATION_SPREAD))
    };
    // At the contact, the cue ball was at the place of the ghost ball. But the ball that it hit is not always seen to
    // leave first, or at all; and no cue ball comes straight back from there.
    let ghost = left.iter().find_map(|(left_at, object)| {
        let speed = velocity_of(object, *left_at)?.value.length();
        let place = object.ghost_from(approach.rest, speed, ball_radius);
        let aside = 2.0 * ball_radius * object.direction_error.hypot(THROW_SPREAD);
        let offset = place - approach.rest;
        let direction = (offset.try_normalize()?, aside.hypot(REST_NOISE) / offset.length());
        let comes_back = |velocity: Velocity| velocity.value.dot(direction.0) < -MAX_DISAGREEMENT * velocity.error;
        let contradictory = line.is_some() && velocity_after(Some(place)).is_some_and(comes_back);
        (!contradictory && agrees_with_line(&direction)).then_some((place, direction))
    });
    let cue_ball = velocity_after(ghost.map(|(place, _)| place))?;
    let (sum, variance) = balls
        .iter()
        .filter_map(|ball| velocity_of(ball, contact_at))
        .fold((cue_ball.value, cue_ball.error.powi(2)), |(sum, variance), ball| {
            (sum + ball.value * mass_ratio, variance + (ball.error * mass_ratio).powi(2))
        });
    let speed = sum.length();
    let missed = MISSED_RATIO * left.len().saturating_sub(1) as f64 * speed;
    let error = variance.sqrt().hypot(missed);
    let momentum = Some((sum.try_normalize()?, error / speed)).filter(agrees_with_line)?;
    let (direction, direction_error) = mean_direction([Some(momentum), line, ghost.map(|(_, direction)| direction)])?;
    let start = match (ghost, approach.seen) {
        (Some((place, _)), _) => contact_at - (place - approach.rest).length() / speed,
        (None, Some(seen)) => seen.start,
        (None, None) => return None,
    };
    let start = start.clamp(approach.rested_at, contact_at);
    let (speed, speed_error) = (speed + DECELERATION * (contact_at - start), error / speed);
    let seen = approach.seen.filter(|seen| seen.speed_error.is_finite());
    let (speed, speed_error) = seen.map_or((speed, speed_error), |seen| {
        let (own, other) = (seen.speed_error.powi(-2), speed_error.powi(-2));
        ((seen.speed * own + speed * other) / (own + other), (own + other).sqrt().recip())
    });
    Some(StrokeFit { start, speed, speed_error, direction, direction_error })
}

/// Returns the resting places of `lying` that are reached from the cue ball at `rest` through balls that lie next to
/// each other.
fn cluster_at(rest: TablePoint, lying: &[TablePoint], table: &TableSpec) -> Vec<TablePoint> {
    let mut unreached = lying.to_vec();
    let mut next_to = |place: TablePoint, contact_distance: f64| -> Vec<TablePoint> {
        unreached.extract_if(.., |other| lie_together(place, *other, contact_distance)).collect()
    };
    let mut border = next_to(rest, table.contact_distance(true));
    let mut cluster = Vec::new();
    while let Some(place) = border.pop() {
        border.extend(next_to(place, table.contact_distance(false)));
        cluster.push(place);
    }
    cluster
}

/// Returns whether two balls, whose centres are `contact_distance` metres apart when they touch, lie so close that one
/// that is struck meets the other at once.
fn lie_together(one: TablePoint, other: TablePoint, contact_distance: f64) -> bool {
    (other - one).length() <= contact_distance + MAX_GAP
}

/// Returns the stroke of a cue ball that lay at `rest`, hit a ball next to it full and stayed in its place, so that
/// only other balls are seen to leave: that ball, or those behind it, to which it passes the blow on. `lying` are the
/// resting places of all other balls, those that left included. `None` if no ball lay next to it on the line along
/// which the balls of its cluster left.
#[must_use]
pub fn stroke_into_touching_ball(
    rest: TablePoint,
    lying: &[TablePoint],
    balls: &[ObjectBall],
    table: &TableSpec,
) -> Option<StrokeFit> {
    let cluster = cluster_at(rest, lying, table);
    let contact_distance = table.contact_distance(true);
    let mut left: Vec<(f64, &ObjectBall)> = balls
        .iter()
        .filter(|ball| cluster.contains(&ball.rest))
        .filter_map(|ball| Some((left_at(ball)?, ball)))
        .collect();
    left.sort_by(|a, b| a.0.total_cmp(&b.0));
    let start = left.first()?.0;
    left.retain(|(time, _)| time - start <= MAX_PASSING_TIME);
    let velocities = left.iter().filter_map(|(time, ball)| velocity_of(ball, *time));
    let (sum, variance) = velocities
        .fold((TableVector::zero(), 0.0), |(sum, variance), ball| (sum + ball.value, variance + ball.error.powi(2)));
    let speed = sum.length();
    let error = variance.sqrt().hypot(MISSED_RATIO * (left.len() - 1) as f64 * speed);
    let momentum = (sum.try_normalize()?, error / speed);
    // A ball that is not hit full leaves the cue ball some of its speed.
    let turn = |direction: TableVector| momentum.0.angle_to(direction).radians.abs();
    let touched = cluster.iter().filter(|place| lie_together(rest, **place, contact_distance)).filter_map(|place| {
        let offset = *place - rest;
        let direction = offset.try_normalize()?;
        Some((direction, (2.0 * REST_NOISE.powi(2)).sqrt() / offset.length(), *place))
    });
    let (line, line_error, touched) = touched
        .min_by(|a, b| turn(a.0).total_cmp(&turn(b.0)))
        .filter(|(direction, ..)| turn(*direction) <= MAX_TURN)?;
    // What the touched ball itself shows, if it left.
    let own = left.iter().find(|(_, ball)| ball.rest == touched).map(|(_, ball)| *ball);
    if own.is_some_and(|ball| (ball.ghost(0.5 * contact_distance) - rest).length() > MAX_GAP) {
        return None;
    }
    let own = own.map(|ball| (ball.direction, ball.direction_error.hypot(THROW_SPREAD)));
    let (direction, direction_error) = mean_direction([Some((line, line_error)), Some(momentum), own])?;
    Some(StrokeFit { start, speed, speed_error: error / speed, direction, direction_error })
}

/// Returns the mean of directions (unit vectors), each weighted by its standard error (radians), and its own standard
/// error; `None` if there are none, or if they cancel.
fn mean_direction(estimates: [Option<(TableVector, f64)>; 3]) -> Option<(TableVector, f64)> {
    let estimates = estimates.into_iter().flatten();
    let (sum, weight) = estimates.fold((TableVector::zero(), 0.0), |(sum, total), (direction, error)| {
        let weight = error.max(1e-6).powi(-2);
        (sum + direction * weight, total + weight)
    });
    Some((sum.try_normalize()?, weight.sqrt().recip()))
}

#[cfg(test)]
mod tests {
    use super::{super::stroke_fit::tests::any_sightings, *};
    use billiards_table::TableKind;
    use proptest::prelude::*;

    const RADIUS: f64 = 0.028_575;
    const FRAME: f64 = 1.0 / 30.0;
    const CUE_REST: TablePoint = TablePoint::new(0.6, 1.0);

    /// Returns a table whose balls all have this radius.
    fn table() -> TableSpec {
        let spec = TableKind::NINE_FOOT.spec();
        assert_eq!((spec.ball_radius, spec.cue_ball.radius), (RADIUS, RADIUS));
        spec
    }

    fn unit(angle: f64) -> TableVector {
        TableVector::new(angle.cos(), angle.sin())
    }

    /// Returns sightings of a ball that is at `from` at `start` and slides off, in the first frames after that.
    fn slide(from: TablePoint, velocity: TableVector, start: f64) -> Vec<Sighting> {
        let first = (start / FRAME).floor() as i32 + 1;
        (first..first + 3)
            .map(|i| {
                let (time, speed) = (f64::from(i) * FRAME, velocity.length());
                let since = (time - start).min(speed / SLIDING_DECELERATION);
                let distance = since - 0.5 * SLIDING_DECELERATION * since * since / speed.max(1e-9);
                Sighting { time, position: from + velocity * distance, blurred: false }
            })
            .collect()
    }

    /// Returns the inferred stroke of a cue ball that leaves `CUE_REST` at time 0 and meets a ball after `gap` metres,
    /// at a cut of `cut` radians.
    fn inferred_stroke(speed: f64, angle: f64, gap: f64, cut: f64) -> Option<StrokeFit> {
        let direction = unit(angle);
        // Friction on the path to the contact.
        let at_contact = (speed * speed - 2.0 * DECELERATION * gap).sqrt();
        let contact_at = (speed - at_contact) / DECELERATION;
        let ghost = CUE_REST + direction * gap;
        let centres = unit(angle + cut);
        let object = ghost + centres * (2.0 * RADIUS);
        // Friction at the contact takes up to a seventh of the slip.
        let across = TableVector::new(-centres.y, centres.x) * -cut.signum();
        let rubbed = (at_contact * cut.sin().abs() / 7.0).min(0.06 * at_contact * cut.cos());
        let taken = centres * (at_contact * cut.cos()) + across * rubbed;
        let line = taken.normalize();
        let object_path = slide(object, taken, contact_at);
        let after = slide(ghost, direction * at_contact - taken, contact_at);
        let approach = Approach { rest: CUE_REST, rested_at: -0.5 * FRAME, seen: None, after: &after };
        let ball = ObjectBall { rest: object, direction: line, direction_error: 0.01, path: &object_path };
        stroke_by_contact(&approach, &[ball], RADIUS, 1.0)
    }

    proptest! {
        #[test]
        fn the_balls_after_the_contact_determine_the_stroke(
            speed in 1.0..5.0_f64,
            angle in 0.0..std::f64::consts::TAU,
            gap in 0.02..0.15_f64,
            cut in -1.2..1.2_f64,
        ) {
            let fit = inferred_stroke(speed, angle, gap, cut).expect("a stroke");
            prop_assert!((fit.speed / speed - 1.0).abs() < 0.1, "{fit:?} for {speed}");
            let turn = fit.direction.angle_to(unit(angle)).radians.abs();
            prop_assert!(turn < 2.5 * fit.direction_error && fit.direction_error < 0.1, "{fit:?}");
            prop_assert!(fit.start >= -0.5 * FRAME && fit.start < gap / speed, "{fit:?}");
        }
    }

    proptest! {
        #[test]
        fn any_sightings_give_finite_numbers(
            path in any_sightings(0..7, 0.1),
            split in 0..7_usize,
            angle in 0.0..std::f64::consts::TAU,
        ) {
            let (after, path) = path.split_at(split.min(path.len()));
            let ball = ObjectBall { rest: TablePoint::new(0.7, 1.1), direction: unit(angle), direction_error: 0.0, path };
            let approach = Approach { rest: CUE_REST, rested_at: 0.0, seen: None, after };
            let by_contact = stroke_by_contact(&approach, &[ball, ball], RADIUS, 1.0);
            let passed_on = stroke_into_touching_ball(CUE_REST, &[ball.rest], &[ball, ball], &table());
            for fit in by_contact.into_iter().chain(passed_on) {
                prop_assert!(fit.speed.is_finite() && fit.start.is_finite() && fit.direction.is_finite(), "{fit:?}");
            }
        }
    }

    #[test]
    fn balls_that_contradict_the_line_tell_nothing() {
        let (object, ghost) = (TablePoint::new(0.6, 1.2), TablePoint::new(0.6, 1.142));
        let seen = StrokeFit {
            start: 0.0,
            speed: 2.0,
            speed_error: f64::INFINITY,
            direction: unit(0.0),
            direction_error: 0.02,
        };
        let path = slide(object, TableVector::new(0.0, 2.0), 0.05);
        let after = slide(ghost, TableVector::new(0.0, 0.1), 0.05);
        let approach = Approach { rest: CUE_REST, rested_at: 0.0, seen: Some(seen), after: &after };
        let ball = ObjectBall { rest: object, direction: unit(1.57), direction_error: 0.01, path: &path };
        assert_eq!(stroke_by_contact(&approach, &[ball], RADIUS, 1.0), None);
        let once = ObjectBall { path: &path[..1], ..ball };
        assert_eq!(stroke_by_contact(&Approach { seen: None, ..approach }, &[once], RADIUS, 1.0), None, "seen once");
        assert_eq!(stroke_by_contact(&Approach { seen: None, ..approach }, &[], RADIUS, 1.0), None);
    }

    /// Without its throw, the ball shows a ghost ball two degrees aside.
    #[test]
    fn the_throw_of_the_object_ball_does_not_turn_the_stroke() {
        for cut in [-0.35, 0.35_f64] {
            let fit = inferred_stroke(1.5, 0.7, 0.093, cut).expect("a stroke");
            let turn = fit.direction.angle_to(unit(0.7)).radians.to_degrees();
            assert!(turn.abs() < 0.3, "{turn}° at a cut of {cut}");
        }
    }

    #[test]
    fn a_heavier_object_ball_has_more_of_the_momentum() {
        let (speed, mass_ratio, direction) = (2.0, 1.25, unit(0.4));
        let (ghost, taken) = (CUE_REST + direction * 0.05, direction * (0.7 * speed));
        let object = ghost + direction * (2.0 * RADIUS);
        let path = slide(object, taken, 0.02);
        let after = slide(ghost, direction * speed - taken * mass_ratio, 0.02);
        let approach = Approach { rest: CUE_REST, rested_at: -0.5 * FRAME, seen: None, after: &after };
        let ball = ObjectBall { rest: object, direction, direction_error: 0.01, path: &path };
        let fit = stroke_by_contact(&approach, &[ball], RADIUS, mass_ratio).expect("a stroke");
        assert!((fit.speed / speed - 1.0).abs() < 0.1, "{fit:?}");
    }

    /// In a rack the balls that leave first are not those that the cue ball hit.
    #[test]
    fn a_ball_that_the_cue_ball_did_not_hit_does_not_turn_the_line() {
        let towards = std::f64::consts::FRAC_PI_2;
        let line =
            StrokeFit { start: 0.0, speed: 5.0, speed_error: 0.2, direction: unit(towards), direction_error: 0.004 };
        let (apex, contact_at) = (CUE_REST + unit(towards) * 0.8, 0.16);
        let split = 0.5;
        let behind = [towards + split, towards - split].map(|angle| {
            let rest = apex + unit(angle) * (2.0 * RADIUS);
            (rest, unit(angle), slide(rest, unit(angle) * (5.0 / (2.0 * split.cos())), contact_at))
        });
        let after = slide(apex - unit(towards) * (2.0 * RADIUS), unit(towards) * 0.05, contact_at);
        let balls = behind.each_ref().map(|(rest, direction, path)| ObjectBall {
            rest: *rest,
            direction: *direction,
            direction_error: 0.01,
            path,
        });
        let approach = Approach { rest: CUE_REST, rested_at: -0.5 * FRAME, seen: Some(line), after: &after };
        let fit = stroke_by_contact(&approach, &balls, RADIUS, 1.0).expect("a stroke");
        assert!(fit.direction.angle_to(line.direction).radians.abs() < 0.005, "{fit:?}");
        assert!((fit.speed / 5.0 - 1.0).abs() < 0.1, "{fit:?}");
        // Half of the balls that left were not detected.
        assert_eq!(stroke_by_contact(&approach, &balls[..1], RADIUS, 1.0), None);
    }

    #[test]
    fn a_ball_that_leaves_from_beside_the_cue_ball_tells_the_stroke() {
        let direction = unit(0.8);
        let rest = CUE_REST + direction * (2.0 * RADIUS + 0.003);
        let path = slide(rest, direction * 1.5, 0.01);
        let ball = ObjectBall { rest, direction, direction_error: 0.01, path: &path };
        let fit = stroke_into_touching_ball(CUE_REST, &[rest], &[ball], &table()).expect("a stroke");
        assert!((fit.speed - 1.5).abs() < 0.1 && (fit.start - 0.01).abs() < 0.005, "{fit:?}");
        let elsewhere = CUE_REST + unit(2.0) * 0.06;
        assert_eq!(stroke_into_touching_ball(elsewhere, &[rest], &[ball], &table()), None);
    }

    /// On an English table the cue ball is smaller: its centre is nearer to a ball that it touches.
    #[test]
    fn balls_of_two_sizes_lie_together_by_the_sizes_of_both() {
        let english = TableKind::named("english-7ft").expect("a shipped table").spec();
        let [to_cue_ball, between] = [true, false].map(|is_cue_ball| english.contact_distance(is_cue_ball) + MAX_GAP);
        assert!(between - to_cue_ball > 0.001, "{between} {to_cue_ball}");
        // Passed on from a ball next to the cue ball to the one that leaves.
        let stroke = |first: f64, second: f64| {
            let direction = unit(0.8);
            let touched = CUE_REST + direction * first;
            let rest = touched + direction * second;
            let path = slide(rest, direction * 1.5, 0.01);
            let ball = ObjectBall { rest, direction, direction_error: 0.01, path: &path };
            stroke_into_touching_ball(CUE_REST, &[touched, rest], &[ball], &english)
        };
        let fit = stroke(to_cue_ball - 1e-6, between - 1e-6).expect("a stroke");
        assert!((fit.speed - 1.5).abs() < 0.1, "{fit:?}");
        assert_eq!(stroke(between - 1e-6, between - 1e-6), None, "too far from the cue ball");
        assert_eq!(stroke(to_cue_ball - 1e-6, between + 1e-6), None, "too far from each other");
    }

    proptest! {
        /// The touched ball stays as well, as in Newton's cradle: those behind it leave.
        #[test]
        fn a_blow_that_is_passed_on_tells_the_stroke(
            speed in 0.5..6.0_f64,
            angle in 0.0..std::f64::consts::TAU,
            gap in 0.0..0.005_f64,
            between in 1..4_u32,
            split in 0.1..0.6_f64,
        ) {
            let step = unit(angle) * (2.0 * RADIUS + gap);
            let between: Vec<TablePoint> = (1..=between).map(|i| CUE_REST + step * f64::from(i)).collect();
            let last = *between.last().expect("a touched ball");
            let left = [split, -split].map(|turn| {
                let direction = unit(angle + turn);
                let rest = last + direction * (2.0 * RADIUS + gap);
                (rest, direction, slide(rest, direction * (0.5 * speed / split.cos()), 0.01))
            });
            let aside = CUE_REST + unit(angle + 1.8) * (2.0 * RADIUS);
            let lying: Vec<TablePoint> =
                between.iter().copied().chain(left.iter().map(|(rest, ..)| *rest)).chain([aside]).collect();
            let balls = left.each_ref().map(|(rest, direction, path)| ObjectBall {
                rest: *rest,
                direction: *direction,
                direction_error: 0.01,
                path,
            });
            let fit = stroke_into_touching_ball(CUE_REST, &lying, &balls, &table()).expect("a stroke");
            prop_assert!((fit.speed / speed - 1.0).abs() < 0.1, "{fit:?} for {speed}");
            prop_assert!(fit.direction.angle_to(unit(angle)).radians.abs() < 0.01, "{fit:?}");
            prop_assert!(fit.direction_error < 0.03, "{fit:?}");
            // Balls that lie apart do not pass the blow on, and none is passed on backwards.
            let apart: Vec<TablePoint> = lying.iter().copied().filter(|place| *place != last).collect();
            prop_assert_eq!(stroke_into_touching_ball(CUE_REST, &apart, &balls, &table()), None);
            let beyond = last + step * 2.0;
            prop_assert_eq!(stroke_into_touching_ball(beyond, &lying, &balls, &table()), None);
        }
    }
}
