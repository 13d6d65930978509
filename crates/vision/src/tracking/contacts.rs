//! Detection of contacts from the tracks: a ball that meets another ball or a rail changes its velocity at once, while
//! the cloth only ever slows it. A contact falls between two frames, so its cause is inferred from the extrapolated
//! path of the ball.

use billiards_table::{Ball, BallId, BallState, RailSegment, TableEvent, TablePoint, TableSpec, TableVector};

/// Minimum change of velocity within a frame that only a contact explains, m/s.
const MIN_JOLT: f64 = 0.25;
/// Minimum change of velocity within a frame that only a contact explains, as a ratio of the velocity.
const MIN_JOLT_RATIO: f64 = 0.25;
/// Maximum error of the distance between two balls at a contact, metres.
const SLACK: f64 = 0.02;
/// Minimum time between two contacts of the same pair, seconds: a filter takes some frames to follow a jump.
const MIN_INTERVAL: f64 = 0.15;

/// Finds the contacts on one table, frame by frame.
#[derive(Debug, Clone)]
pub struct Contacts {
    table: TableSpec,
    noses: Vec<RailSegment>,
    before: Vec<Ball>,
    /// Contacts reported in the last moments, with their times.
    reported: Vec<(f64, TableEvent)>,
}

impl Contacts {
    /// Creates a detector that has seen no frame.
    #[must_use]
    pub fn new(table: &TableSpec) -> Self {
        let mut noses = table.features().rails;
        // Facings are shorter than this; a contact there ends in a pocket or is attributed to the nose.
        noses.retain(|rail| (rail.to - rail.from).length() > 0.2 * table.width);
        Self { table: *table, noses, before: Vec::new(), reported: Vec::new() }
    }

    /// Discards all frames.
    pub fn reset(&mut self) {
        (self.before, self.reported) = (Vec::new(), Vec::new());
    }

    /// Returns the contacts in the `dt` seconds before `time`, at which the balls are these.
    pub fn find(&mut self, time: f64, dt: f64, balls: &[Ball]) -> Vec<TableEvent> {
        let mut events = Vec::new();
        for now in balls.iter().filter(|ball| ball.state != BallState::Occluded) {
            let Some(before) = self.before.iter().find(|ball| ball.id == now.id) else { continue };
            let jolt = (now.velocity - before.velocity).length();
            if jolt > MIN_JOLT.max(MIN_JOLT_RATIO * before.velocity.length()) {
                events.extend(self.cause(before, now, balls, dt));
            }
        }
        events.retain(|event| self.is_new(event, time));
        self.skip(balls);
        events
    }

    /// Adds a frame in which no contacts are searched for.
    pub fn skip(&mut self, balls: &[Ball]) {
        self.before = balls.to_vec();
    }

    /// Returns the contact of a ball whose velocity jumped; `None` for the cue, or if the cause is unclear.
    fn cause(&self, before: &Ball, now: &Ball, balls: &[Ball], dt: f64) -> Option<TableEvent> {
        // Between the frames the ball was somewhere on its old path or on its new one.
        let old_path = (before.position, before.position + before.velocity * dt);
        let new_path = (now.position - now.velocity * dt, now.position);
        let rail = self.noses.iter().find(|nose| self.bounced(nose, before, now, old_path.1));
        if let Some(rail) = rail {
            return Some(TableEvent::RailContact { ball: now.id, feature: rail.id });
        }
        let touch = |other: &Ball| self.table.contact_distance(now.is_cue_ball() || other.is_cue_ball()) + SLACK;
        let near = balls.iter().filter(|other| other.id != now.id).filter_map(|other| {
            let was = self.before.iter().find(|ball| ball.id == other.id)?;
            let other_path = (was.position, was.position + was.velocity * dt);
            let distance = closest(old_path, other_path).min(closest(new_path, other_path));
            // One of the two must have moved: balls at rest next to each other do not meet.
            let speed = before.velocity.length().max(was.velocity.length());
            (distance < touch(other) && speed > MIN_JOLT).then_some((distance, was))
        });
        let (_, other) = near.min_by(|a, b| a.0.total_cmp(&b.0))?;
        let came = before.velocity.length() >= other.velocity.length();
        let (ball, other) = if came { (now.id, other.id) } else { (other.id, now.id) };
        Some(TableEvent::BallContact { ball, other })
    }

    /// Returns whether a ball came off a nose: near it, towards it before and away from it now.
    fn bounced(&self, nose: &RailSegment, before: &Ball, now: &Ball, ahead: TablePoint) -> bool {
        let Some(along) = (nose.to - nose.from).try_normalize() else { return false };
        let left = TableVector::new(-along.y, along.x);
        let inwards = if (now.position - nose.from).dot(left) < 0.0 { -left } else { left };
        let reach = self.table.radius(now.is_cue_ball()) + SLACK;
        let near = [before.position, ahead, now.position].iter().any(|p| (*p - nose.from).dot(inwards) < reach);
        let foot = (now.position - nose.from).dot(along);
        let beside = (-reach..=(nose.to - nose.from).length() + reach).contains(&foot);
        near && beside && before.velocity.dot(inwards) < 0.0 && now.velocity.dot(inwards) > 0.0
    }

    /// Returns whether an event was not reported a moment ago, and remembers it.
    fn is_new(&mut self, event: &TableEvent, time: f64) -> bool {
        self.reported.retain(|(then, _)| time - then < MIN_INTERVAL);
        let same = |other: &TableEvent| match (other, event) {
            (TableEvent::BallContact { ball: a, other: b }, TableEvent::BallContact { ball: c, other: d }) => {
                pair(*a, *b) == pair(*c, *d)
            }
            (other, event) => other == event,
        };
        if self.reported.iter().any(|(_, other)| same(other)) {
            return false;
        }
        self.reported.push((time, *event));
        true
    }
}

fn pair(a: BallId, b: BallId) -> (BallId, BallId) {
    (a.min(b), a.max(b))
}

/// Returns the smallest distance between two points that move along straight lines in the same time, metres.
fn closest(one: (TablePoint, TablePoint), other: (TablePoint, TablePoint)) -> f64 {
    let start = one.0 - other.0;
    let drift = (one.1 - one.0) - (other.1 - other.0);
    let share = if drift.square_length() > 0.0 { -start.dot(drift) / drift.square_length() } else { 0.0 };
    (start + drift * share.clamp(0.0, 1.0)).length()
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{BallClass, BallLabel, BallSize, TableKind};

    const FRAME: f64 = 0.04;
    const CUE: BallId = BallId(1);
    const OBJECT: BallId = BallId(2);

    fn ball(id: BallId, position: (f64, f64), velocity: (f64, f64)) -> Ball {
        let velocity = TableVector::from(velocity);
        Ball {
            id,
            label: if id == CUE { BallLabel::Cue } else { BallLabel::Number(3) },
            class: if id == CUE { BallClass::Cue } else { BallClass::Other },
            position: position.into(),
            velocity,
            state: if velocity.length() > 0.0 { BallState::Moving } else { BallState::Resting },
            confidence: 1.0,
        }
    }

    /// Feeds frames one after another and collects the reported events on a nine-foot table.
    fn watch(frames: &[Vec<Ball>]) -> Vec<TableEvent> {
        watch_on(&TableKind::NINE_FOOT.spec(), frames)
    }

    /// Feeds frames one after another and collects the reported events on a table.
    fn watch_on(table: &TableSpec, frames: &[Vec<Ball>]) -> Vec<TableEvent> {
        let mut contacts = Contacts::new(table);
        (0_u32..).zip(frames).flat_map(|(i, balls)| contacts.find(f64::from(i) * FRAME, FRAME, balls)).collect()
    }

    #[test]
    fn a_full_hit_is_one_contact() {
        let mut frames = vec![vec![ball(CUE, (0.6, 1.0), (0.0, 0.0)), ball(OBJECT, (0.6, 1.3), (0.0, 0.0))]; 3];
        // Touching at y = 1.243.
        frames.extend(
            [1.05, 1.13, 1.21].map(|y| vec![ball(CUE, (0.6, y), (0.0, 2.0)), ball(OBJECT, (0.6, 1.3), (0.0, 0.0))]),
        );
        frames
            .extend([1.34, 1.41].map(|y| vec![ball(CUE, (0.6, 1.25), (0.0, 0.0)), ball(OBJECT, (0.6, y), (0.0, 1.8))]));
        frames.extend(vec![vec![ball(CUE, (0.6, 1.25), (0.0, 0.0)), ball(OBJECT, (0.6, 1.41), (0.0, 0.0))]; 10]);
        assert_eq!(watch(&frames), [TableEvent::BallContact { ball: CUE, other: OBJECT }]);
    }

    #[test]
    fn balls_of_other_sizes_meet_at_their_own_distance() {
        let nine_foot = TableKind::NINE_FOOT.spec();
        let small = BallSize { radius: 0.8 * nine_foot.ball_radius, ..nine_foot.cue_ball };
        let table = TableSpec { cue_ball: small, ..nine_foot };
        // The ball passes another one at a distance and changes its velocity there.
        let passing = |id: BallId, distance: f64| {
            let other = ball(BallId(3), (0.6, 1.3), (0.0, 0.0));
            let at = |y: f64, velocity: (f64, f64)| vec![ball(id, (0.6 + distance, y), velocity), other.clone()];
            let frames = [at(1.2, (0.0, 2.0)), at(1.28, (0.0, 2.0)), at(1.34, (0.0, 1.0)), at(1.38, (0.0, 1.0))];
            watch_on(&table, &frames).len()
        };
        let [mixed, alike] = [true, false].map(|with_cue_ball| table.contact_distance(with_cue_ball) + SLACK);
        let between = 0.5 * (mixed + alike);
        assert!(mixed < between && between < alike);
        assert_eq!([passing(CUE, between), passing(CUE, mixed - 0.001)], [0, 1]);
        assert_eq!([passing(OBJECT, between), passing(OBJECT, alike + 0.001)], [1, 0]);
    }

    #[test]
    fn a_rail_contact_names_the_rail() {
        let spec = TableKind::NINE_FOOT.spec();
        let mut frames = vec![vec![ball(CUE, (0.9, 1.0), (0.0, 0.0))]];
        frames.extend([1.0, 1.1, 1.2].map(|x| vec![ball(CUE, (x, 1.0), (2.5, 0.0))]));
        frames.extend([1.19, 1.11, 1.03].map(|x| vec![ball(CUE, (x, 1.0), (-2.0, 0.0))]));
        let reported = watch(&frames);
        let [TableEvent::RailContact { ball: CUE, feature }] = &reported[..] else { panic!("{reported:?}") };
        let rail = spec.features().rails.into_iter().find(|rail| rail.id == *feature).expect("a rail");
        assert!(rail.from.x > 1.2 && rail.to.x > 1.2 && rail.from.y.min(rail.to.y) < 1.0, "{rail:?}");
    }

    #[test]
    fn friction_and_noise_are_no_contacts() {
        let slowing = (0..60_u32).map(|i| {
            let speed = 1.0 - 0.01 * f64::from(i) + if i % 2 == 0 { 0.05 } else { -0.05 };
            vec![ball(CUE, (0.3 + 0.012 * f64::from(i), 1.0), (speed, 0.0)), ball(OBJECT, (0.5, 1.06), (0.0, 0.0))]
        });
        assert_eq!(watch(&slowing.collect::<Vec<_>>()), []);
    }
}
