//! The part of a ball's path before its first contact: the straight line on which it left its resting place.

use super::{
    departure::Departure,
    stroke_fit::{Sighting, principal_axis},
};
use billiards_table::{TablePoint, TableSpec, TableVector, distance_to_segment, sweep::meet_circle};

/// Maximum distance by which noise takes a sighting back along the line of the stroke, metres.
const STEP_BACK: f64 = 0.003;
/// Maximum distance of a sighting from the line of the stroke before the first contact, metres.
const MAX_DEVIATION: f64 = 0.012;
/// Part of the maximum deviation that grows with the distance travelled, as a ratio of it: uncalibrated lenses distort
/// lines, and a raised cue curves them.
const MAX_DEVIATION_RATIO: f64 = 0.02;
/// Minimum number of sightings whose scatter limits the distance of the next one from their line.
const MIN_SCATTER_SIGHTINGS: usize = 3;
/// Maximum distance of the next sighting from the line, in units of the scatter of the earlier ones or of the noise of
/// a sighting, whichever is larger.
const MAX_SCATTER_RATIO: f64 = 4.0;
/// Part of the distance of the next sighting from the line that grows with the distance travelled, as a ratio of it: an
/// uncalibrated lens curves the path a little from one sighting to the next.
const MAX_BEND_RATIO: f64 = 0.01;
/// Number of sightings on either side of a bend from which its angle is measured.
const BEND_SIGHTINGS: usize = 3;
/// Minimum angle of a bend that is a contact, radians: uncalibrated lenses and a raised cue curve the path less than
/// this over a few sightings.
const MIN_BEND: f64 = 0.045;
/// Minimum angle of a bend that is a contact, in standard errors of the angle.
const MIN_BEND_RATIO: f64 = 4.0;
/// Maximum angle of the turns measured at later sightings, as a ratio of that of a bend: a sighting at the very corner
/// belongs to the path before it.
const CORNER_RATIO: f64 = 0.97;
/// Maximum distance between sightings of a ball that has come to rest, metres.
const STILL_DISTANCE: f64 = 0.002;
/// Time for which a ball that was hit thin may still be seen in its resting place, seconds: at 5 cm/s it takes about as
/// long to leave the noise of that place.
const GRAZE_TIME: f64 = 0.15;
/// Maximum distance by which the line of the stroke seems to miss a ball that was hit thin, metres: the noise of the
/// line and of the ball's place.
const GRAZE_MARGIN: f64 = 0.002;
/// Distance from a contact within which a sighting may be from before or after it, ball radii.
const NEAR_CONTACT: f64 = 1.5;

/// Ways in which the straight path of a ball ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The path goes on.
    Open,
    /// The ball meets another ball or a rail.
    Contact,
    /// The ball comes to rest.
    Rest,
    /// The ball turns where there is nothing to meet.
    Bend,
}

/// A straight part of a ball's path, from its resting place to its first contact.
#[derive(Debug, Clone, Copy)]
pub struct FreePath {
    /// Index of the first sighting.
    pub first: usize,
    /// Number of sightings.
    pub count: usize,
    /// End of the straight part.
    pub end: End,
}

/// A ball that may be hit.
#[derive(Debug, Clone, Copy)]
struct Obstacle {
    /// Resting place of the ball, metres.
    place: TablePoint,
    /// Time at which the ball was last seen there, seconds.
    rested_at: f64,
    /// Time at which the ball was first seen elsewhere, seconds.
    left_at: Option<f64>,
}

/// Obstacles that the cue ball may meet: the rails, and the other balls.
#[derive(Debug, Clone)]
pub struct Surroundings {
    table: TableSpec,
    others: Vec<Obstacle>,
}

impl Surroundings {
    /// Creates the surroundings from the table and the balls with a known resting place.
    #[must_use]
    pub fn new<'a>(table: &TableSpec, others: impl Iterator<Item = &'a Departure>) -> Self {
        let obstacle = |ball: &Departure| Obstacle {
            place: ball.rest(),
            rested_at: ball.rested_at(),
            left_at: ball.path().first().map(|first| first.time),
        };
        Self { table: *table, others: others.filter(|ball| ball.is_settled()).map(obstacle).collect() }
    }

    /// Returns the part of the cue ball's path before its first contact.
    ///
    /// The first sighting may be of a ball that the cue still touches, and lie off the line: it is left out if more
    /// sightings are on one line without it.
    #[must_use]
    pub fn free_path(&self, departure: &Departure) -> FreePath {
        let whole = self.free_from(0, departure);
        let rest = self.free_from(1, departure);
        if whole.end == End::Bend && rest.count > whole.count { rest } else { whole }
    }

    /// Returns the part before the first contact, beginning with the sighting `first`.
    fn free_from(&self, first: usize, departure: &Departure) -> FreePath {
        let (mut count, mut farthest) = (0, f64::NEG_INFINITY);
        let ball_radius = self.table.ball_radius;
        let ended = |count, end| FreePath { first, count, end };
        while let Some(sighting) = departure.path().get(first + count) {
            // The line through the earlier sightings; for the first sighting, the line to itself.
            let Some(line) = departure.fit(first, count.max(1)) else { return ended(count, End::Open) };
            let offset = sighting.position - departure.rest();
            let (along, aside) = (offset.dot(line.direction), offset.cross(line.direction).abs());
            // A ball seen at rest well after that was not hit; one not seen since may have been.
            let undecided = |other: &&Obstacle| other.rested_at < sighting.time + GRAZE_TIME;
            let left = self.others.iter().filter(undecided).filter(|other| other.left_at.is_some());
            let clear = self.clear_distance(departure.rest(), line.direction, left);
            let newest = departure.path().last().map_or(sighting.time, |newest| newest.time);
            // A ball that was hit thin is seen to leave within that time. A hidden one may never be.
            let may_leave = |other: &&Obstacle| {
                newest <= sighting.time || other.rested_at >= sighting.time && newest < sighting.time + GRAZE_TIME
            };
            let waited_for = self.others.iter().filter(undecided).filter(may_leave);
            let all_clear = self.clear_distance(departure.rest(), line.direction, waited_for);
            let hit = |other: &Obstacle| {
                let left = other.left_at.is_some_and(|left| left <= sighting.time);
                left && distance_to_segment(other.place, departure.rest(), sighting.position) < 3.0 * ball_radius
            };
            // Near an obstacle the ball may be on its way there, or already on its way back.
            let reach = NEAR_CONTACT * ball_radius;
            if along > clear - reach || self.others.iter().any(hit) {
                return ended(count, End::Contact);
            }
            if along > all_clear - reach {
                return ended(count, End::Open);
            }
            let turns_back = along < farthest - STEP_BACK;
            let earlier = departure.path().get(first..first + count).unwrap_or_default();
            let path = departure.path().get(first..).unwrap_or_default();
            let bent = is_bent(departure.rest(), path, count);
            if turns_back || bent || aside > max_deviation(departure.rest(), line.direction, earlier, sighting) {
                let near = along > clear - 4.0 * ball_radius;
                return ended(count, if near { End::Contact } else { End::Bend });
            }
            count += 1;
            farthest = farthest.max(along);
            let next = departure.path().get(first + count..first + count + 2);
            let still = |next: &Sighting| (next.position - sighting.position).length() < STILL_DISTANCE;
            if next.is_some_and(|next| next.iter().all(still)) {
                return ended(count, End::Rest);
            }
        }
        ended(count, End::Open)
    }

    /// Returns the distance that the cue ball travels in a straight line until it meets one of these balls or a rail,
    /// metres.
    fn clear_distance<'a>(
        &self,
        from: TablePoint,
        direction: TableVector,
        others: impl Iterator<Item = &'a Obstacle>,
    ) -> f64 {
        let touching = self.table.contact_distance(true);
        let to_balls = others.filter_map(|other| {
            // A ball that lay next to this one is not hit thin by it.
            let apart = (other.place - from).length() > touching + 2.0 * GRAZE_MARGIN;
            let reach = if apart { touching + GRAZE_MARGIN } else { touching };
            meet_circle(from, direction, other.place, reach)
        });
        let TableSpec { width, length, cue_ball, .. } = self.table;
        let to_rails =
            [(from.x, direction.x, width), (from.y, direction.y, length)].into_iter().filter_map(|(p, d, side)| {
                let wall = if d > 0.0 { side - cue_ball.radius } else { cue_ball.radius };
                (d.abs() > 1e-9).then(|| ((wall - p) / d).max(0.0))
            });
        to_balls.chain(to_rails).fold(f64::INFINITY, f64::min)
    }
}

/// Returns the angle by which a path from `rest` turns before its sighting number `at`, and the minimum angle of a bend
/// there, radians. `None` for too few sightings on either side.
fn turn_before(rest: TablePoint, path: &[Sighting], at: usize) -> Option<(f64, f64)> {
    let (earlier, next) = (path.get(..at)?, path.get(at..at + BEND_SIGHTINGS)?);
    if earlier.len() < 2 {
        return None;
    }
    // Only the nearest sightings: a long path may curve a little.
    let near = earlier.get(earlier.len().saturating_sub(BEND_SIGHTINGS + 1)..)?;
    let from = (earlier.len() <= BEND_SIGHTINGS).then_some(rest);
    let axis = |from: Option<TablePoint>, side: &[Sighting]| {
        let noise = side.iter().map(Sighting::noise).fold(0.0, f64::max);
        let places = from.into_iter().chain(side.iter().map(|sighting| sighting.position));
        principal_axis(&places.map(|place| (place, noise)).collect::<Vec<_>>())
    };
    let (before, after) = (axis(from, near)?, axis(None, next)?);
    let angle = before.direction.angle_to(after.direction).radians.abs();
    let error = (before.lever.recip() + after.lever.recip()).sqrt();
    Some((angle, MIN_BEND.max(MIN_BEND_RATIO * error)))
}

/// Returns whether a path from `rest` bends before its sighting number `at`, and most there: a thin hit on a ball that
/// is not detected turns the path by a few degrees from one sighting to the next, and a line that is fitted to both
/// sides hides that.
fn is_bent(rest: TablePoint, path: &[Sighting], at: usize) -> bool {
    let Some((angle, limit)) = turn_before(rest, path, at) else { return false };
    let later: Vec<f64> =
        (1..BEND_SIGHTINGS).map_while(|step| turn_before(rest, path, at + step)).map(|(angle, _)| angle).collect();
    // Until later sightings confirm it, those after the bend may be from both sides.
    angle > limit && !later.is_empty() && later.iter().all(|later| *later < CORNER_RATIO * angle)
}

/// Returns the maximum distance from the line through `rest` at which a sighting is still on it, metres, given the
/// scatter of the earlier ones. A fixed limit would let a path that bends at a thin hit drag its line along.
fn max_deviation(rest: TablePoint, direction: TableVector, earlier: &[Sighting], sighting: &Sighting) -> f64 {
    let along = (sighting.position - rest).dot(direction).abs();
    let limit = MAX_DEVIATION + MAX_DEVIATION_RATIO * along;
    if earlier.len() < MIN_SCATTER_SIGHTINGS {
        return limit;
    }
    let squares: f64 = earlier.iter().map(|earlier| (earlier.position - rest).cross(direction).powi(2)).sum();
    let scatter = (squares / earlier.len() as f64).sqrt().max(sighting.noise());
    limit.min(MAX_SCATTER_RATIO * scatter + MAX_BEND_RATIO * along)
}

/// Returns whether sightings at the distances `along` a line progress along it; a recording may show a picture twice.
#[must_use]
pub fn goes_onwards(along: &[f64]) -> bool {
    along.windows(2).all(|step| step[1] > step[0] - STEP_BACK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallSize, TableKind};

    fn table() -> TableSpec {
        TableKind::NINE_FOOT.spec()
    }

    /// Returns the departure of a ball that lay at (0.6, 0.5) and is seen at these places, 40 ms apart.
    fn departure(path: impl Iterator<Item = (f64, f64)>) -> Departure {
        departure_from((0.6, 0.5), path)
    }

    /// Returns the departure of a ball that lay at `rest` and is seen at these places, 40 ms apart.
    fn departure_from(rest: (f64, f64), path: impl Iterator<Item = (f64, f64)>) -> Departure {
        let sighting = |i: usize, place: (f64, f64)| Sighting {
            time: 0.04 * i as f64,
            position: TablePoint::from(place),
            blurred: false,
        };
        let mut ball = Departure::new(&sighting(0, rest));
        std::iter::repeat_n(rest, 5).chain(path).enumerate().for_each(|(i, p)| ball.observe(&sighting(i + 1, p)));
        ball
    }

    #[test]
    fn a_thin_hit_ends_the_free_path_though_nobody_saw_the_other_ball() {
        // A turn by 15° after four sightings.
        let turned = |i: usize| {
            let (distance, after) = (0.06 * (i.min(4) as f64), 0.06 * (i.saturating_sub(4) as f64));
            let turn = 15.0_f64.to_radians();
            (0.6 + after * turn.sin(), 0.5 + distance + after * turn.cos())
        };
        let surroundings = Surroundings::new(&table(), std::iter::empty());
        let free = surroundings.free_path(&departure((1..12).map(turned)));
        assert!((4..=5).contains(&free.count) && free.end != End::Open, "{free:?}");
    }

    #[test]
    fn a_bend_by_a_few_degrees_ends_the_free_path_before_it() {
        // A turn by 7° after four sightings, seen with noise of a millimetre.
        let turned = |i: usize| {
            let (distance, after) = (0.05 * (i.min(4) as f64), 0.05 * (i.saturating_sub(4) as f64));
            let turn = 7.0_f64.to_radians();
            (0.6 + after * turn.sin() + [0.001, -0.001, 0.0, 0.0005][i % 4], 0.5 + distance + after * turn.cos())
        };
        let surroundings = Surroundings::new(&table(), std::iter::empty());
        let departure = departure((1..12).map(turned));
        let free = surroundings.free_path(&departure);
        assert!((3..=5).contains(&free.count) && free.end != End::Open, "{free:?}");
        let line = departure.fit(free.first, free.count).expect("a line").direction;
        assert!(line.angle_to(TableVector::new(0.0, 1.0)).radians.abs() < 0.01, "{line:?}");
    }

    #[test]
    fn a_ball_that_was_hit_thin_ends_the_path_though_it_leaves_slowly() {
        const CONTACT: usize = 5;
        let turn = 4.0_f64.to_radians();
        let cue_ball = |i: usize| {
            let (before, after) = (0.05 * (i.min(CONTACT) as f64), 0.05 * (i.saturating_sub(CONTACT) as f64));
            (0.6 - after * turn.sin(), 0.5 + before + after * turn.cos())
        };
        // It leaves at 9 cm/s, so that two sightings pass before it has left the noise of its resting place.
        let object_ball = |i: usize| (0.6567 + 0.0036 * (i.saturating_sub(CONTACT) as f64), 0.752);
        for seen in 1..15 {
            let cue_ball = departure((1..seen).map(cue_ball));
            let object_ball = departure_from((0.6567, 0.752), (1..seen).map(object_ball));
            let free = Surroundings::new(&table(), [&object_ball].into_iter()).free_path(&cue_ball);
            assert!(free.count <= CONTACT, "{free:?} after {seen}");
            assert_eq!(free.end == End::Contact, seen > CONTACT + 3, "{free:?} after {seen}");
        }
        // If it stays at rest, the path goes on.
        let cue_ball = departure((1..12).map(|i| (0.6, 0.5 + 0.05 * f64::from(i))));
        let object_ball = departure_from((0.6567, 0.752), (1..12).map(|_| (0.6567, 0.752)));
        let free = Surroundings::new(&table(), [&object_ball].into_iter()).free_path(&cue_ball);
        assert!(free.count > CONTACT && free.end == End::Open, "{free:?}");
    }

    #[test]
    fn a_smaller_cue_ball_passes_where_another_one_touches() {
        let small = BallSize { radius: 0.8 * table().ball_radius, ..table().cue_ball };
        let unequal = TableSpec { cue_ball: small, ..table() };
        let beside = (0.656, 1.0);
        let other = departure_from(beside, std::iter::repeat_n(beside, 2));
        let clear = |table: &TableSpec| {
            let known = Surroundings::new(table, [&other].into_iter());
            known.clear_distance(TablePoint::new(0.6, 0.5), TableVector::new(0.0, 1.0), known.others.iter())
        };
        assert!(clear(&table()) < 0.5);
        assert!((clear(&unequal) - (2.54 - small.radius - 0.5)).abs() < 1e-9);
    }

    #[test]
    fn a_path_that_the_lens_bends_is_one() {
        // 12 mm of curvature over half a metre, and noise of 2 mm.
        let bent = |i: usize| {
            let distance = 0.06 * i as f64;
            (0.6 + 0.012 * (distance / 0.5).powi(2) + [0.002, -0.002, 0.0][i % 3], 0.5 + distance)
        };
        let surroundings = Surroundings::new(&table(), std::iter::empty());
        let free = surroundings.free_path(&departure((1..10).map(bent)));
        assert!(free.count == 9 && free.end == End::Open, "{free:?}");
    }
}
