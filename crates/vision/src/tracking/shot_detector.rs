//! Detection of shots from the tracks: the beginning of a shot, speed and direction of the cue ball, the contacts, and
//! the end, when all balls lie still again.
//!
//! A shot begins when the cue ball leaves its resting place on a straight line, not when anything moves: hands, sleeves
//! and cues are now and then taken for moving balls, and people move balls. It is reported as soon as the sightings
//! make speed and direction certain, at the first contact at the latest.

use super::{
    contacts::Contacts,
    departure::Departure,
    free_path::{End, FreePath, Surroundings, goes_onwards},
    impact::{Approach, ObjectBall, stroke_by_contact, stroke_into_touching_ball},
    picture_shift::{self, MIN_MOVED_BALLS},
    stroke_fit::{Sighting, StrokeFit},
};
use billiards_table::{Ball, BallId, BallState, Pocket, TableEvent, TablePoint, TableSpec, TableVector};
use std::collections::BTreeMap;

/// Minimum time for which all balls must lie still before a shot is over, seconds.
const STILL_TIME: f64 = 0.3;
/// Minimum number of sightings away from the resting place before a shot is reported.
const MIN_SIGHTINGS: usize = 3;
/// Minimum number of sightings with which a shot is reported even if it is not certain yet.
const MANY_SIGHTINGS: usize = 10;
/// Minimum distance of the struck ball from its resting place, ball radii.
const MIN_TRAVEL: f64 = 0.8;
/// Minimum distance that the struck ball is seen to travel, ball radii.
const MIN_SEEN_TRAVEL: f64 = 0.5;
/// Minimum speed of a stroke, m/s.
const MIN_SPEED: f64 = 0.08;
/// Minimum speed of a stroke of a ball whose resting place was hidden, m/s: hands that put a ball down are slower.
const MIN_HIDDEN_SPEED: f64 = 0.3;
/// Maximum speed of a stroke, m/s: the hardest breaks reach 15.
const MAX_SPEED: f64 = 17.0;
/// Maximum standard error of the speed of a stroke that is certain, as a ratio of the speed.
const CERTAIN_SPEED: f64 = 0.05;
/// Maximum standard error of the direction of a stroke that is certain, radians.
const CERTAIN_DIRECTION: f64 = 0.0045;
/// Standard error of the speed, as a ratio of it, above which the balls that were met determine the speed better.
const DOUBTFUL_SPEED: f64 = 0.12;
/// Share of the mean speed from the resting place to a sighting that a stroke has at least: the time of a picture is known
/// to a tenth of the interval between two.
const SURE_SHARE: f64 = 0.9;
/// Number of sightings after the first contact for which a stroke of uncertain speed waits for the balls that were met.
const CONTACT_SIGHTINGS: usize = 4;
/// Maximum number of sightings from which the direction of an object ball is measured.
const OBJECT_SIGHTINGS: usize = 3;
/// Maximum time for which a contact seen before any stroke was reported may belong to one, seconds.
const MAX_PENDING: f64 = 0.6;
/// Maximum time to wait for a ball that vanished at a pocket before the shot is over, seconds.
const POCKET_TIMEOUT: f64 = 2.5;

/// Stroke measured from a ball's path.
#[derive(Debug, Clone, Copy)]
struct MeasuredStroke {
    stroke: StrokeFit,
    /// `true` once the path has reached its first contact.
    closed: bool,
    /// Number of sightings before the first contact.
    sightings: usize,
}

/// A shot that is under way.
#[derive(Debug, Clone)]
struct Shot {
    /// The struck ball.
    ball: BallId,
    stroke: StrokeFit,
    /// `true` once the path has reached its first contact.
    closed: bool,
}

/// Detects the shots on one table.
#[derive(Debug, Clone)]
pub struct ShotDetector {
    table: TableSpec,
    ball_radius: f64,
    pockets: Vec<Pocket>,
    contacts: Contacts,
    time: f64,
    departures: BTreeMap<BallId, Departure>,
    /// Contacts that were seen before their shot was reported, with their times.
    pending: Vec<(f64, TableEvent)>,
    shot: Option<Shot>,
    /// Time at which a ball was last seen to move, seconds.
    moved_at: f64,
    /// Time at which each ball was last seen, seconds.
    seen_at: BTreeMap<BallId, f64>,
}

impl ShotDetector {
    /// Creates a detector that has seen no frame.
    #[must_use]
    pub fn new(table: &TableSpec) -> Self {
        Self {
            table: *table,
            ball_radius: table.ball_radius,
            pockets: table.features().pockets,
            contacts: Contacts::new(table),
            time: f64::NEG_INFINITY,
            departures: BTreeMap::new(),
            pending: Vec::new(),
            shot: None,
            moved_at: f64::NEG_INFINITY,
            seen_at: BTreeMap::new(),
        }
    }

    /// Discards all frames.
    pub fn reset(&mut self) {
        self.contacts.reset();
        self.departures.clear();
        self.pending.clear();
        self.seen_at.clear();
        (self.shot, self.time, self.moved_at) = (None, f64::NEG_INFINITY, f64::NEG_INFINITY);
    }

    /// Adds the frame of `time` (seconds, on the source's own clock): the tracked balls, and the unfiltered sightings
    /// of those that it shows. Returns the events since the frame before. A frame that is not later is ignored.
    pub fn update(&mut self, time: f64, balls: &[Ball], sightings: &[(BallId, Sighting)]) -> Vec<TableEvent> {
        let dt = time - self.time;
        if dt.is_nan() || dt <= 0.0 {
            return Vec::new();
        }
        self.time = time;
        self.departures.retain(|id, _| balls.iter().any(|ball| ball.id == *id));
        self.seen_at.retain(|id, _| balls.iter().any(|ball| ball.id == *id));
        for (id, sighting) in sightings {
            self.seen_at.insert(*id, time);
            self.departures
                .entry(*id)
                .and_modify(|ball| ball.observe(sighting))
                .or_insert_with(|| Departure::new(sighting));
        }
        if self.shot.is_none() && self.all_shifted() {
            self.settle_all();
            self.contacts.skip(balls);
            return Vec::new();
        }
        if dt.is_finite() {
            let met = self.contacts.find(time, dt, balls);
            self.pending.extend(met.into_iter().map(|event| (time, event)));
        } else {
            self.contacts.skip(balls);
        }
        if balls.iter().any(|ball| ball.state == BallState::Moving) {
            self.moved_at = time;
        }
        let mut events = Vec::new();
        if self.shot.is_none() {
            self.pending.retain(|(then, _)| time - then <= MAX_PENDING);
            events.extend(self.begin(balls));
        } else {
            self.extend_path();
        }
        if self.shot.is_some() {
            let begun = self.shot.as_ref().map_or(time, |shot| shot.stroke.start);
            // Contacts before the stroke belong to no shot.
            events.extend(self.pending.drain(..).filter(|(then, _)| *then >= begun).map(|(_, event)| event));
            events.extend(self.end(balls));
        }
        events
    }

    /// Returns the beginning of a shot, once it is certain.
    fn begin(&mut self, balls: &[Ball]) -> Option<TableEvent> {
        let cue_ball = balls.iter().filter(|ball| ball.is_cue_ball()).map(|ball| ball.id).min();
        let candidates: Vec<BallId> = match cue_ball {
            Some(cue_ball) => vec![cue_ball],
            // If no ball is known to be the cue ball, it may be any ball that is seen to leave its place.
            None => balls.iter().map(|ball| ball.id).collect(),
        };
        let stroke_of = |id: BallId| if cue_ball.is_some() { self.stroke(id) } else { self.seen_stroke(id) };
        let (ball, measured) = candidates.into_iter().find_map(|id| Some((id, stroke_of(id)?)))?;
        let stroke = measured.stroke;
        self.shot = Some(Shot { ball, stroke, closed: measured.closed });
        self.moved_at = self.time;
        Some(TableEvent::ShotStarted {
            ball,
            speed: stroke.speed,
            direction: stroke.direction,
            ago: self.time - stroke.start,
        })
    }

    /// Returns the stroke measured from the cue ball's sightings; `None` while they are not enough, or show no stroke.
    fn stroke(&self, id: BallId) -> Option<MeasuredStroke> {
        // A hidden ball may have rolled on or been moved. Its path shows whether it came from its last known place.
        match (self.seen_stroke(id), self.hidden_stroke(id)) {
            (Some(seen), Some(hidden)) if hidden.sightings > seen.sightings => Some(hidden),
            (seen, hidden) => seen.or(hidden).or_else(|| self.stroke_of_still_ball(id)),
        }
    }

    /// Returns all balls but one.
    fn others(&self, id: BallId) -> impl Iterator<Item = &Departure> {
        self.departures.iter().filter(move |(other, _)| **other != id).map(|(_, ball)| ball)
    }

    /// Returns the stroke of a ball that was seen in its resting place.
    fn seen_stroke(&self, id: BallId) -> Option<MeasuredStroke> {
        self.departures.get(&id).filter(|ball| ball.has_left()).and_then(|ball| self.stroke_from(id, ball))
    }

    /// Returns the stroke of a ball that reappeared on a straight path some time after it was last seen.
    fn hidden_stroke(&self, id: BallId) -> Option<MeasuredStroke> {
        let departure = self.departures.get(&id)?.with_hidden_place()?;
        let measured = self.stroke_from(id, &departure)?;
        // If no other ball lies still, the camera moves.
        let still = |ball: &Departure| ball.is_settled() && self.time - ball.rested_at() <= STILL_TIME;
        let mut others = self.others(id).peekable();
        let camera_still = others.peek().is_none() || others.any(still);
        let plausible = measured.sightings >= MIN_SIGHTINGS && measured.stroke.speed >= MIN_HIDDEN_SPEED;
        (camera_still && plausible).then_some(measured)
    }

    /// Returns the stroke measured from a ball's sightings if it lay where `departure` has its resting place.
    fn stroke_from(&self, id: BallId, departure: &Departure) -> Option<MeasuredStroke> {
        let path = departure.path();
        if path.len() < MIN_SIGHTINGS {
            return None;
        }
        let free = Surroundings::new(&self.table, self.others(id)).free_path(departure);
        let closed = free.end != End::Open;
        // Hands do not move balls on straight lines.
        if free.end == End::Bend && free.count < MIN_SIGHTINGS {
            return None;
        }
        // It may have met something before it was seen: the later sightings show at least that it moves.
        let seen = departure.fit(free.first, free.count.max(1))?;
        let gone = |sighting: &Sighting| sighting.position - departure.rest();
        let free_sightings = path.iter().skip(free.first).take(free.count);
        let along: Vec<f64> = free_sightings.map(|sighting| gone(sighting).dot(seen.direction)).collect();
        let farthest = path.iter().map(|sighting| gone(sighting).length()).fold(0.0, f64::max);
        let doubtful = closed && seen.speed_error > DOUBTFUL_SPEED;
        let inferred = if doubtful { self.contact_stroke(id, departure, &free) } else { None };
        // The ball that it met may not have been seen often enough yet.
        if doubtful && inferred.is_none() && path.len() < free.first + free.count + CONTACT_SIGHTINGS {
            return None;
        }
        // A ball that was lifted and put elsewhere is not seen to move.
        let moves = path.first().zip(path.last()).is_some_and(|(first, last)| {
            (last.position - first.position).length() >= MIN_SEEN_TRAVEL * self.ball_radius
        });
        if !moves && inferred.is_none() {
            return None;
        }
        let stroke = inferred.unwrap_or(seen);
        let certain = stroke.speed_error <= CERTAIN_SPEED && stroke.direction_error <= CERTAIN_DIRECTION;
        let plausible = goes_onwards(&along)
            && farthest >= MIN_TRAVEL * self.ball_radius
            && (MIN_SPEED..=MAX_SPEED).contains(&stroke.speed);
        let sufficient = free.count >= MIN_SIGHTINGS && certain || free.count >= MANY_SIGHTINGS || closed;
        (plausible && sufficient).then_some(MeasuredStroke { stroke, closed, sightings: free.count })
    }

    /// Returns the stroke inferred from the first contact of the cue ball.
    fn contact_stroke(&self, id: BallId, departure: &Departure, free: &FreePath) -> Option<StrokeFit> {
        let seen = (free.count > 0).then(|| departure.fit(free.first, free.count)).flatten();
        let after = departure.path().get(free.first + free.count..)?;
        let approach = Approach { rest: departure.rest(), rested_at: departure.rested_at(), seen, after };
        let balls: Vec<ObjectBall> = self.object_balls(id, departure.rested_at()).collect();
        let stroke = stroke_by_contact(&approach, &balls, self.contact_radius(), self.mass_ratio())?;
        // Balls that nobody saw took their share of the momentum; but the ball did not leave before it was last seen to
        // rest.
        let speed = |sighting: &Sighting| {
            (sighting.position - departure.rest()).length() / (sighting.time - departure.rested_at())
        };
        let fastest = departure.path().iter().map(speed).filter(|speed| speed.is_finite()).fold(0.0, f64::max);
        Some(StrokeFit { speed: stroke.speed.max(SURE_SHARE * fastest), ..stroke })
    }

    /// Returns the balls that left their resting places after `since`, seconds, and move.
    fn object_balls(&self, id: BallId, since: f64) -> impl Iterator<Item = ObjectBall<'_>> {
        self.departures.iter().filter(move |(other, ball)| **other != id && ball.has_left()).filter_map(
            move |(_, ball)| {
                let (first, last) = ball.path().first().zip(ball.path().last())?;
                let fit = ball.fit(0, ball.path().len().min(OBJECT_SIGHTINGS))?;
                let moves = (last.position - first.position).length() >= MIN_SEEN_TRAVEL * self.ball_radius;
                (first.time > since && moves).then(|| ObjectBall {
                    rest: ball.rest(),
                    direction: fit.direction,
                    direction_error: fit.direction_error,
                    path: ball.path(),
                })
            },
        )
    }

    /// Returns half the distance of the centres of the cue ball and an object ball that touch, metres.
    fn contact_radius(&self) -> f64 {
        0.5 * self.table.contact_distance(true)
    }

    /// Returns the mass of an object ball over that of the cue ball.
    fn mass_ratio(&self) -> f64 {
        self.table.ball_mass / self.table.cue_ball.mass
    }

    /// Returns the stroke of a cue ball that hit a ball next to it and stayed in its place.
    fn stroke_of_still_ball(&self, id: BallId) -> Option<MeasuredStroke> {
        let departure = self.departures.get(&id).filter(|ball| ball.is_settled())?;
        let stayed = |ball: &ObjectBall| ball.path.get(1).is_some_and(|second| departure.rested_at() >= second.time);
        let left: Vec<ObjectBall> = self.object_balls(id, f64::NEG_INFINITY).filter(stayed).collect();
        let lying: Vec<TablePoint> = self.others(id).filter(|ball| ball.is_settled()).map(|ball| ball.rest()).collect();
        let stroke = stroke_into_touching_ball(departure.rest(), &lying, &left, &self.table)
            .map(|stroke| StrokeFit { speed: stroke.speed * self.mass_ratio(), ..stroke })
            .filter(|stroke| (MIN_HIDDEN_SPEED..=MAX_SPEED).contains(&stroke.speed))?;
        Some(MeasuredStroke { stroke, closed: true, sightings: 0 })
    }

    /// Adds the newest sighting of the struck ball to its path, up to its first contact.
    fn extend_path(&mut self) {
        let Some(mut shot) = self.shot.take() else { return };
        if !shot.closed
            && let Some(departure) = self.departures.get(&shot.ball)
        {
            if departure.path().is_empty() {
                shot.closed = true;
            } else if let Some(measured) = self.stroke(shot.ball) {
                (shot.stroke, shot.closed) = (measured.stroke, measured.closed);
            }
        }
        self.shot = Some(shot);
    }

    /// Returns the end of the shot, once all balls lie still.
    fn end(&mut self, balls: &[Ball]) -> Option<TableEvent> {
        let waits = balls.iter().any(|ball| self.may_be_falling(ball));
        if self.time - self.moved_at < STILL_TIME || waits {
            return None;
        }
        let shot = self.shot.take()?;
        self.settle_all();
        self.pending.clear();
        let StrokeFit { start, speed, direction, .. } = shot.stroke;
        Some(TableEvent::ShotEnded { duration: (self.moved_at - start).max(0.0), speed, direction })
    }

    /// Returns whether a ball vanished at a pocket a moment ago, so that it may still be falling.
    fn may_be_falling(&self, ball: &Ball) -> bool {
        let unseen = self.time - self.seen_at.get(&ball.id).copied().unwrap_or(f64::NEG_INFINITY);
        let begun = self.shot.as_ref().map_or(f64::INFINITY, |shot| shot.stroke.start);
        let vanished_in_shot = self.time - unseen >= begun - STILL_TIME;
        let at_pocket =
            |pocket: &Pocket| (pocket.centre - ball.position).length() < pocket.radius + 1.5 * self.ball_radius;
        ball.state == BallState::Occluded
            && vanished_in_shot
            && unseen <= POCKET_TIMEOUT
            && self.pockets.iter().any(at_pocket)
    }

    /// Makes the newest place of each ball its resting place.
    fn settle_all(&mut self) {
        for departure in self.departures.values_mut() {
            if let Some(newest) = departure.path().last().copied() {
                departure.settle(&newest);
            }
        }
    }

    /// Returns whether (nearly) all balls left their places in this frame in the same direction: the camera was
    /// knocked.
    fn all_shifted(&self) -> bool {
        let settled: Vec<&Departure> = self.departures.values().filter(|ball| ball.is_settled()).collect();
        let steps: Vec<TableVector> = settled
            .iter()
            .filter_map(|ball| {
                let first = ball.path().first().filter(|first| first.time == self.time)?;
                Some(first.position - ball.rest())
            })
            .collect();
        picture_shift::common_shift(&steps, settled.len(), MIN_MOVED_BALLS).is_some()
    }
}

#[cfg(test)]
mod tests;
