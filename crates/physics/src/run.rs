//! The event loop: finds the next event and applies it.
//!
//! After W. Leckie and M. Greenspan, An event-based pool physics simulator, 2005: between events every ball moves in
//! closed form, so the loop only finds the time of the next event, moves the balls that take part in it to that time,
//! applies the law of the contact, and searches again for those balls. There is no time step.
//!
//! Each ball stores only its earliest event. When a ball's path changes, its next event is searched again, and so is
//! that of every ball that was going to collide with it.

use super::ball_ball;
use super::cushion::{self, CushionContact};
use super::engine::{Engine, Kind, Start};
use super::error::PhysicsError;
use super::kiss;
use super::motion::{BallMotion, Piece};
use super::params::CushionLaw;
use super::shot::{Event, EventKind, Joint, Shot};
use super::vector::Vec2;

/// Kind of a ball's next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// The motion ends undisturbed.
    Settle,
    Wall(u16),
    JawArc(u16),
    Hole(u16),
    Ball(u16),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Next {
    pub time: f64,
    pub meeting: Meeting,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    pub piece: Piece,
    /// Index of the piece in the shot.
    slot: u32,
    pub next: Next,
}

/// A shot being computed.
pub(super) struct Run<'a> {
    pub engine: &'a Engine,
    /// Index of the cue ball, if it is there.
    cue_ball: Option<u16>,
    shot: &'a mut Shot,
    pub bodies: Vec<Body>,
    /// Current time, seconds after the shot's start.
    pub now: f64,
    /// Balls whose next event has to be searched.
    stale: Vec<u16>,
}

impl<'a> Run<'a> {
    /// Creates a run with the balls in their initial states.
    pub fn new(engine: &'a Engine, balls: &[BallMotion], cue_ball: Option<usize>, shot: &'a mut Shot) -> Self {
        shot.fallen.resize(balls.len(), None);
        let cue_ball = cue_ball.and_then(|ball| u16::try_from(ball).ok());
        let bodies = (0..)
            .zip(balls)
            .map(|(number, ball)| {
                let piece = Piece::begin(number, 0.0, *ball, &engine.kind(cue_ball == Some(number)).cloth);
                shot.pieces.push(piece);
                Body { piece, slot: u32::from(number), next: Next { time: piece.end, meeting: Meeting::Settle } }
            })
            .collect();
        Self { engine, cue_ball, shot, bodies, now: 0.0, stale: Vec::with_capacity(balls.len()) }
    }

    /// Returns the kind of a ball.
    #[inline]
    pub fn kind(&self, ball: u16) -> &'a Kind {
        self.engine.kind(self.cue_ball == Some(ball))
    }

    /// Returns the horizontal distance between the centres of two balls that touch, metres.
    #[inline]
    pub fn contact_distance(&self, one: u16, two: u16) -> f64 {
        self.engine.contact_distance(one, two, self.cue_ball)
    }

    /// Strikes a ball, if the shot begins with a stroke, and follows all balls until they rest.
    pub fn follow(mut self, start: Start) -> Result<(), PhysicsError> {
        if let Start::Strike { cue_ball, stroke } = start {
            let position = self.bodies[cue_ball].piece.initial.position;
            let ball = u16::try_from(cue_ball).unwrap_or(u16::MAX);
            let struck = stroke.strike(position, self.kind(ball).body, &self.engine.physics);
            let joint = self.change(ball, struck);
            self.record(EventKind::Strike { ball }, [joint, Joint::default()]);
        }
        self.stale.clear();
        self.stale.extend((0..).zip(&self.bodies).filter(|(_, body)| body.piece.is_moving()).map(|(number, _)| number));
        self.refresh();

        let cap = self.engine.physics.limits.events.of(self.bodies.len());
        while let Some(ball) = self.first() {
            if self.shot.events.len() >= cap {
                return Err(PhysicsError::TooManyEvents { cap, time: self.now });
            }
            let next = self.bodies[usize::from(ball)].next;
            self.now = next.time;
            self.happen(ball, next.meeting);
            self.refresh();
        }
        self.shot.duration = self.now;
        Ok(())
    }

    /// Returns the ball with the earliest event. Among events at the same time, ends of motion and falls into pockets
    /// come before collisions, then the one with more energy comes first, as in the reference.
    fn first(&self) -> Option<u16> {
        let mut first = None;
        let mut time = f64::INFINITY;
        for (number, body) in (0_u16..).zip(&self.bodies) {
            if body.next.time < time {
                (first, time) = (Some(number), body.next.time);
            } else if body.next.time == time
                && let Some(other) = first
                && self.rank(number) > self.rank(other)
            {
                first = Some(number);
            }
        }
        first
    }

    fn rank(&self, ball: u16) -> (bool, f64) {
        let body = &self.bodies[usize::from(ball)];
        let alone = matches!(body.next.meeting, Meeting::Settle | Meeting::Hole(_));
        let state = body.piece.at(self.now);
        let energy = match body.next.meeting {
            Meeting::Ball(other) => {
                (state.velocity - self.bodies[usize::from(other)].piece.velocity(self.now)).length_squared()
            }
            _ => {
                let body = self.kind(ball).body;
                body.mass * state.energy_per_mass(body.radius)
            }
        };
        (alone, energy)
    }

    /// Applies an event to a ball now and marks the balls whose next event is then unknown.
    fn happen(&mut self, ball: u16, meeting: Meeting) {
        let engine = self.engine;
        let Kind { cloth, reach, .. } = self.kind(ball);
        let piece = self.bodies[usize::from(ball)].piece;
        self.stale.clear();
        match meeting {
            Meeting::Settle => {
                let follower = piece.successor(cloth);
                let joint = self.replace(ball, follower);
                self.record(EventKind::Settled { ball, into: follower.motion }, [joint, Joint::default()]);
                self.stale.push(ball);
                if piece.is_moving() {
                    self.mark_waiting_for(ball, ball);
                }
            }
            Meeting::Wall(i) => {
                let wall = engine.table.walls()[usize::from(i)];
                let ball_now = piece.at(self.now);
                let gap = engine.physics.limits.gap;
                let kissed = kiss::wall(ball_now, wall.from, wall.normal, *reach, gap);
                let distance = wall.distance(kissed.position);
                let joint = self.bounce(ball, kissed, wall.normal, distance, engine.physics.rail);
                self.record(EventKind::Rail { ball, feature: wall.id }, [joint, Joint::default()]);
            }
            Meeting::JawArc(i) => {
                let arc = engine.table.jaw_arcs()[usize::from(i)];
                let reach = arc.radius + reach;
                let kissed = kiss::arc(piece.at(self.now), arc.centre, reach, engine.physics.limits.gap);
                let offset = kissed.position - arc.centre;
                let from_centre = offset.length();
                let leans_from_centre = engine.physics.quirks.jaw_normal_from_centre;
                let distance = if leans_from_centre { from_centre } else { from_centre - arc.radius };
                let joint = self.bounce(ball, kissed, offset * (1.0 / from_centre), distance, engine.physics.jaw);
                self.record(EventKind::Jaw { ball, feature: arc.id }, [joint, Joint::default()]);
            }
            Meeting::Hole(i) => {
                let hole = engine.table.holes()[usize::from(i)];
                let joint = self.replace(ball, Piece::fallen(ball, self.now, hole.centre));
                self.shot.fallen[usize::from(ball)] = Some(hole.id);
                self.record(EventKind::Pocket { ball, pocket: hole.id }, [joint, Joint::default()]);
                self.mark_waiting_for(ball, ball);
            }
            Meeting::Ball(other) => self.collide(ball, other),
        }
    }

    fn bounce(&mut self, ball: u16, state: BallMotion, normal: Vec2, distance: f64, law: CushionLaw) -> Joint {
        let engine = self.engine;
        let contact = CushionContact { normal, distance, nose_height: engine.table.nose_height() };
        let after = cushion::bounce(state, &contact, law, self.kind(ball).body, &engine.physics);
        let joint = self.change(ball, after);
        self.stale.push(ball);
        self.mark_waiting_for(ball, ball);
        joint
    }

    fn collide(&mut self, one: u16, two: u16) {
        let engine = self.engine;
        // Use the order of the layout, so that the result does not depend on which ball found the other.
        let (a, b) = (one.min(two), one.max(two));
        let (state_a, state_b) =
            (self.bodies[usize::from(a)].piece.at(self.now), self.bodies[usize::from(b)].piece.at(self.now));
        let bodies = [a, b].map(|ball| self.kind(ball).body);
        let distance = self.contact_distance(a, b);
        let limits = &engine.physics.limits;
        // Leave as wide a gap as there is room for, and none between balls that are wedged in.
        let (kissed_a, kissed_b) = (0..8)
            .map(|halvings| kiss::balls(state_a, state_b, distance, limits.gap * 0.5_f64.powi(halvings)))
            .find(|(to_a, to_b)| self.has_room(a, b, &state_a, to_a) && self.has_room(b, a, &state_b, to_b))
            .unwrap_or((state_a, state_b));
        let (mut after_a, mut after_b) = ball_ball::collide(kissed_a, kissed_b, bodies, &engine.physics);
        if self.shot.events.len() >= limits.patience.of(self.bodies.len()) {
            (after_a, after_b) = ball_ball::separate_at_speed(after_a, after_b, bodies, limits.hop);
        } else if engine.physics.quirks.chased_ball_steals {
            (after_a, after_b) = ball_ball::separate_similar_velocities(after_a, after_b, bodies);
        }
        let (joint_a, joint_b) = (self.change(a, after_a), self.change(b, after_b));
        let line = state_b.position - state_a.position;
        // The first ball is the one whose speed along the line of centres contributes more to the approach.
        let (kind, joints) = if state_a.velocity.dot(line) >= -state_b.velocity.dot(line) {
            (EventKind::Balls { first: a, second: b }, [joint_a, joint_b])
        } else {
            (EventKind::Balls { first: b, second: a }, [joint_b, joint_a])
        };
        self.record(kind, joints);
        self.stale.extend([a, b]);
        self.mark_waiting_for(a, b);
    }

    /// Returns whether a ball can be moved a little without overlapping a nose or any ball other than `except`.
    fn has_room(&self, ball: u16, except: u16, from: &BallMotion, to: &BallMotion) -> bool {
        let blocked = (0_u16..).zip(&self.bodies).any(|(number, other)| {
            if number == ball || number == except || other.piece.pocketed {
                return false;
            }
            let there =
                if other.piece.is_moving() { other.piece.position(self.now) } else { other.piece.initial.position };
            let apart = (there - to.position).length_squared();
            apart < self.contact_distance(ball, number).powi(2) && apart < (there - from.position).length_squared()
        });
        !blocked
            && self.engine.table.long_walls().iter().all(|wall| {
                let distance = wall.distance(to.position);
                distance >= self.kind(ball).reach || distance >= wall.distance(from.position)
            })
    }

    /// Gives a ball a new state from now on.
    fn change(&mut self, ball: u16, state: BallMotion) -> Joint {
        self.replace(ball, Piece::begin(ball, self.now, state, &self.kind(ball).cloth))
    }

    /// Ends a ball's present piece now and begins another.
    fn replace(&mut self, ball: u16, piece: Piece) -> Joint {
        let body = &mut self.bodies[usize::from(ball)];
        let before = body.slot;
        let after = u32::try_from(self.shot.pieces.len()).unwrap_or(u32::MAX);
        self.shot.pieces[before as usize].end = self.now;
        self.shot.pieces.push(piece);
        *body = Body { piece, slot: after, next: Next { time: piece.end, meeting: Meeting::Settle } };
        Joint { before, after }
    }

    fn record(&mut self, kind: EventKind, joints: [Joint; 2]) {
        self.shot.events.push(Event { time: self.now, kind, joints });
    }

    /// Marks the balls that were going to collide with one of two balls whose path has changed.
    fn mark_waiting_for(&mut self, one: u16, two: u16) {
        for (number, body) in (0_u16..).zip(&mut self.bodies) {
            if (body.next.meeting == Meeting::Ball(one) || body.next.meeting == Meeting::Ball(two))
                && number != one
                && number != two
            {
                body.next = Next { time: body.piece.end, meeting: Meeting::Settle };
                self.stale.push(number);
            }
        }
    }

    /// Searches the next event of the marked balls.
    fn refresh(&mut self) {
        for i in 0..self.stale.len() {
            let ball = self.stale[i];
            let next = self.seek(ball);
            self.bodies[usize::from(ball)].next = next;
            if let Meeting::Ball(other) = next.meeting {
                self.bodies[usize::from(other)].next = Next { time: next.time, meeting: Meeting::Ball(ball) };
            }
        }
    }
}
