//! What happened between two frames, told from the tracks: shots begin and end, balls meet balls and rails.
//!
//! A ball that meets something changes its velocity at once, while the cloth only ever slows it. Where and what it met
//! is told from the way that it would have gone on, for a contact falls between two frames.

use crate::model::{Ball, BallId, BallState, RailSegment, TableEvent, TablePoint, TableSpec, TableVector};

/// Balls must lie still for so long, seconds, before a shot is over.
const STILL: f64 = 0.3;
/// A velocity that changes by more than this, metres a second,
const JOLT: f64 = 0.25;
/// and by more than this part of itself within a frame was changed by a contact.
const JOLT_SHARE: f64 = 0.25;
/// How much nearer or further than touching two balls may seem at a contact, metres.
const SLACK: f64 = 0.02;
/// So many balls or more that jump alike by more than this, metres, do not jump: the picture does.
const FLOCK: usize = 3;
const SHIFT: f64 = 0.003;
/// The same pair meets again only after so many seconds: a filter takes some frames to swallow a jolt.
const REST: f64 = 0.15;

/// Watches the balls of one table.
#[derive(Debug, Clone)]
pub struct Referee {
    ball_radius: f64,
    noses: Vec<RailSegment>,
    time: f64,
    before: Vec<Ball>,
    /// When the shot began that is under way.
    shot: Option<f64>,
    moved_at: f64,
    /// The picture jumped: what moves since then is not known to.
    shaken: bool,
    /// What was told lately.
    told: Vec<(f64, TableEvent)>,
}

impl Referee {
    /// A referee who has seen nothing of this table.
    #[must_use]
    pub fn new(table: &TableSpec) -> Self {
        let mut noses = table.features().rails;
        // Facings are shorter than this; what happens there ends in a pocket or is told of the nose.
        noses.retain(|rail| (rail.to - rail.from).length() > 0.2 * table.width);
        Self {
            ball_radius: table.ball_radius,
            noses,
            time: f64::NEG_INFINITY,
            before: Vec::new(),
            shot: None,
            moved_at: f64::NEG_INFINITY,
            shaken: false,
            told: Vec::new(),
        }
    }

    /// Forgets what was seen: the next frame is the first.
    pub fn reset(&mut self) {
        (self.before, self.shot, self.told, self.shaken) = (Vec::new(), None, Vec::new(), false);
        self.time = f64::NEG_INFINITY;
    }

    /// Takes in the balls as of `time` (seconds, on the source's own clock), and returns what has happened since the
    /// frame before. A frame that is not later tells nothing.
    pub fn watch(&mut self, time: f64, balls: &[Ball]) -> Vec<TableEvent> {
        let dt = time - self.time;
        // The camera was bumped, or the table; the tracks take some frames to come to rest.
        let settled = !balls.iter().any(|ball| ball.state == BallState::Moving);
        let follows = dt > 0.0 && dt.is_finite();
        if follows {
            self.shaken = self.shot.is_none() && (self.all_shifted(balls) || (self.shaken && !settled));
        }
        let events = if follows && !self.shaken { self.judge(time, dt, balls) } else { Vec::new() };
        self.time = self.time.max(time);
        self.before = balls.to_vec();
        events
    }

    /// What has happened in the `dt` seconds before `time`, in which nothing shook the picture.
    fn judge(&mut self, time: f64, dt: f64, balls: &[Ball]) -> Vec<TableEvent> {
        let mut events = Vec::new();
        let moving = |ball: &&Ball| ball.state == BallState::Moving;
        if balls.iter().any(|ball| moving(&ball)) {
            self.moved_at = time;
            if self.shot.is_none() {
                self.shot = Some(self.time);
                let fastest = |a: &&Ball, b: &&Ball| a.velocity.square_length().total_cmp(&b.velocity.square_length());
                let movers = || balls.iter().filter(moving);
                let struck = movers().find(|ball| ball.is_cue_ball()).or_else(|| movers().max_by(fastest));
                events.extend(struck.map(|ball| TableEvent::ShotStarted {
                    ball: ball.id,
                    speed: ball.velocity.length(),
                    direction: ball.velocity.try_normalize().unwrap_or_default(),
                }));
            }
        }
        for now in balls.iter().filter(|ball| ball.state != BallState::Occluded) {
            let Some(before) = self.before.iter().find(|ball| ball.id == now.id) else { continue };
            let jolt = (now.velocity - before.velocity).length();
            if jolt > JOLT.max(JOLT_SHARE * before.velocity.length()) {
                events.extend(self.cause(before, now, balls, dt));
            }
        }
        events.retain(|event| self.is_news(event, time));
        if let Some(begun) = self.shot.filter(|_| time - self.moved_at >= STILL) {
            events.push(TableEvent::ShotEnded { duration: self.moved_at - begun });
            self.shot = None;
        }
        events
    }

    /// Whether (nearly) all balls that lay still are elsewhere now, all by the same step: no shot does that.
    fn all_shifted(&self, balls: &[Ball]) -> bool {
        let step = |now: &Ball| {
            let before = self.before.iter().find(|ball| ball.id == now.id && ball.state == BallState::Resting)?;
            Some(now.position - before.position)
        };
        let steps: Vec<TableVector> = balls.iter().filter_map(step).collect();
        let Some(longest) = steps.iter().copied().max_by(|a, b| a.square_length().total_cmp(&b.square_length())) else {
            return false;
        };
        let alike = steps.iter().filter(|step| (**step - longest).length() < 0.3 * longest.length()).count();
        steps.len() >= FLOCK && longest.length() > SHIFT && 10 * alike >= 7 * steps.len()
    }

    /// What a ball has met whose velocity jumped; `None` for the cue, or what cannot be told.
    fn cause(&self, before: &Ball, now: &Ball, balls: &[Ball], dt: f64) -> Option<TableEvent> {
        // Between the frames the ball was somewhere on its old way or on its new one.
        let old_way = (before.position, before.position + before.velocity * dt);
        let new_way = (now.position - now.velocity * dt, now.position);
        let rail = self.noses.iter().find(|nose| self.bounced(nose, before, now, old_way.1));
        if let Some(rail) = rail {
            return Some(TableEvent::RailContact { ball: now.id, feature: rail.id });
        }
        let touch = 2.0 * self.ball_radius + SLACK;
        let near = balls.iter().filter(|other| other.id != now.id).filter_map(|other| {
            let was = self.before.iter().find(|ball| ball.id == other.id)?;
            let their_way = (was.position, was.position + was.velocity * dt);
            let distance = closest(old_way, their_way).min(closest(new_way, their_way));
            // One of the two must have come: balls that lie side by side do not meet.
            let speed = before.velocity.length().max(was.velocity.length());
            (distance < touch && speed > JOLT).then_some((distance, was))
        });
        let (_, other) = near.min_by(|a, b| a.0.total_cmp(&b.0))?;
        let came = before.velocity.length() >= other.velocity.length();
        let (ball, other) = if came { (now.id, other.id) } else { (other.id, now.id) };
        Some(TableEvent::BallContact { ball, other })
    }

    /// Whether a ball came off a nose: near it, towards it before and away from it now.
    fn bounced(&self, nose: &RailSegment, before: &Ball, now: &Ball, ahead: TablePoint) -> bool {
        let Some(along) = (nose.to - nose.from).try_normalize() else { return false };
        let left = TableVector::new(-along.y, along.x);
        let inwards = if (now.position - nose.from).dot(left) < 0.0 { -left } else { left };
        let reach = self.ball_radius + SLACK;
        let near = [before.position, ahead, now.position].iter().any(|p| (*p - nose.from).dot(inwards) < reach);
        let foot = (now.position - nose.from).dot(along);
        let beside = (-reach..=(nose.to - nose.from).length() + reach).contains(&foot);
        near && beside && before.velocity.dot(inwards) < 0.0 && now.velocity.dot(inwards) > 0.0
    }

    /// Whether something was not told a moment ago; remembers it.
    fn is_news(&mut self, event: &TableEvent, time: f64) -> bool {
        self.told.retain(|(then, _)| time - then < REST);
        let same = |told: &TableEvent| match (told, event) {
            (TableEvent::BallContact { ball: a, other: b }, TableEvent::BallContact { ball: c, other: d }) => {
                pair(*a, *b) == pair(*c, *d)
            }
            (told, event) => told == event,
        };
        if self.told.iter().any(|(_, told)| same(told)) {
            return false;
        }
        self.told.push((time, *event));
        true
    }
}

fn pair(a: BallId, b: BallId) -> (BallId, BallId) {
    (a.min(b), a.max(b))
}

/// Smallest distance of two points that go along straight ways in the same time, metres.
fn closest(one: (TablePoint, TablePoint), other: (TablePoint, TablePoint)) -> f64 {
    let start = one.0 - other.0;
    let drift = (one.1 - one.0) - (other.1 - other.0);
    let share = if drift.square_length() > 0.0 { -start.dot(drift) / drift.square_length() } else { 0.0 };
    (start + drift * share.clamp(0.0, 1.0)).length()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BallClass, BallLabel, TableKind};

    const FRAME: f64 = 0.04;
    const CUE: BallId = BallId(1);
    const OBJECT: BallId = BallId(2);

    fn ball(id: BallId, position: (f64, f64), velocity: (f64, f64)) -> Ball {
        let velocity = TableVector::from(velocity);
        Ball {
            id,
            label: if id == CUE { BallLabel::Cue } else { BallLabel::Number(3) },
            class: BallClass::Other,
            position: position.into(),
            velocity,
            state: if velocity.length() > 0.0 { BallState::Moving } else { BallState::Resting },
            confidence: 1.0,
        }
    }

    /// Shows frames one after another and collects what is told.
    fn watch(frames: &[Vec<Ball>]) -> Vec<TableEvent> {
        let mut referee = Referee::new(&TableKind::NineFoot.spec());
        (0_u32..).zip(frames).flat_map(|(i, balls)| referee.watch(f64::from(i) * FRAME, balls)).collect()
    }

    #[test]
    fn a_full_hit_is_a_shot_a_contact_and_an_end() {
        let mut frames = vec![vec![ball(CUE, (0.6, 1.0), (0.0, 0.0)), ball(OBJECT, (0.6, 1.3), (0.0, 0.0))]; 3];
        // Touching at y = 1.243.
        frames.extend(
            [1.05, 1.13, 1.21].map(|y| vec![ball(CUE, (0.6, y), (0.0, 2.0)), ball(OBJECT, (0.6, 1.3), (0.0, 0.0))]),
        );
        frames
            .extend([1.34, 1.41].map(|y| vec![ball(CUE, (0.6, 1.25), (0.0, 0.0)), ball(OBJECT, (0.6, y), (0.0, 1.8))]));
        frames.extend(vec![vec![ball(CUE, (0.6, 1.25), (0.0, 0.0)), ball(OBJECT, (0.6, 1.41), (0.0, 0.0))]; 10]);
        let told = watch(&frames);
        let [start, contact, end] = &told[..] else { panic!("{told:?}") };
        assert!(matches!(start, TableEvent::ShotStarted { ball: CUE, speed, .. } if (*speed - 2.0).abs() < 1e-9));
        assert_eq!(*contact, TableEvent::BallContact { ball: CUE, other: OBJECT });
        assert!(matches!(end, TableEvent::ShotEnded { duration } if (*duration - 5.0 * FRAME).abs() < 1e-9), "{end:?}");
    }

    #[test]
    fn a_rail_is_told_by_its_name() {
        let spec = TableKind::NineFoot.spec();
        let mut frames = vec![vec![ball(CUE, (0.9, 1.0), (0.0, 0.0))]];
        frames.extend([1.0, 1.1, 1.2].map(|x| vec![ball(CUE, (x, 1.0), (2.5, 0.0))]));
        frames.extend([1.19, 1.11, 1.03].map(|x| vec![ball(CUE, (x, 1.0), (-2.0, 0.0))]));
        let told = watch(&frames);
        let [_, TableEvent::RailContact { ball: CUE, feature }] = &told[..] else { panic!("{told:?}") };
        let rail = spec.features().rails.into_iter().find(|rail| rail.id == *feature).expect("a rail");
        assert!(rail.from.x > 1.2 && rail.to.x > 1.2 && rail.from.y.min(rail.to.y) < 1.0, "{rail:?}");
    }

    #[test]
    fn friction_and_noise_are_no_contacts() {
        let slowing = (0..60_u32).map(|i| {
            let speed = 1.0 - 0.01 * f64::from(i) + if i % 2 == 0 { 0.05 } else { -0.05 };
            vec![ball(CUE, (0.3 + 0.012 * f64::from(i), 1.0), (speed, 0.0)), ball(OBJECT, (0.5, 1.06), (0.0, 0.0))]
        });
        let told = watch(&slowing.collect::<Vec<_>>());
        assert!(matches!(told[..], [TableEvent::ShotStarted { .. }]), "{told:?}");
    }

    #[test]
    fn a_bumped_camera_is_no_shot() {
        let lie = |dx: f64, speed: f64| -> Vec<Ball> {
            (1..6_u32).map(|i| ball(BallId(i), (0.2 * f64::from(i) + dx, 1.0), (speed, 0.0))).collect()
        };
        let mut frames = vec![lie(0.0, 0.0), lie(0.0, 0.0), lie(0.03, 0.75)];
        frames.extend([0.3, 0.1, 0.05, 0.03].map(|speed| lie(0.03, speed)));
        frames.push(lie(0.03, 0.0));
        assert_eq!(watch(&frames), []);
    }

    #[test]
    fn repeated_frames_and_a_reset_tell_nothing() {
        let mut referee = Referee::new(&TableKind::NineFoot.spec());
        let moving = [ball(CUE, (0.6, 1.0), (0.0, 2.0))];
        assert!(referee.watch(1.0, &moving).is_empty(), "the first frame has nothing before it");
        assert!(referee.watch(1.0, &moving).is_empty());
        assert!(referee.watch(0.5, &moving).is_empty());
        assert_eq!(referee.watch(1.04, &moving).len(), 1);
        referee.reset();
        assert!(referee.watch(1.08, &moving).is_empty());
    }
}
