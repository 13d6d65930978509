//! A computed shot: every ball's path in closed-form pieces, and the events that join them.

use super::motion::{BallMotion, Piece};
use billiards_table::{FeatureId, MotionState, PocketId};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Kind of an event during a shot. Balls are given by their index in the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub enum EventKind {
    /// The cue struck the ball.
    Strike {
        /// Index of the cue ball.
        ball: u16,
    },
    /// Two balls collided.
    Balls {
        /// Index of the ball that moved faster towards the other.
        first: u16,
        /// Index of the other ball.
        second: u16,
    },
    /// A ball hit a nose or a facing.
    Rail {
        /// Index of the ball.
        ball: u16,
        /// Nose or facing that was hit.
        feature: FeatureId,
    },
    /// A ball hit the arc of a jaw.
    Jaw {
        /// Index of the ball.
        ball: u16,
        /// Jaw that was hit.
        feature: FeatureId,
    },
    /// A ball fell into a pocket.
    Pocket {
        /// Index of the ball.
        ball: u16,
        /// Pocket into which the ball fell.
        pocket: PocketId,
    },
    /// A ball's motion changed without a contact, for example from sliding to rolling, to spinning or to rest.
    Settled {
        /// Index of the ball.
        ball: u16,
        /// Motion of the ball from this moment on.
        into: MotionState,
    },
}

impl EventKind {
    /// Returns the one or two balls that took part.
    #[must_use]
    pub fn balls(self) -> (u16, Option<u16>) {
        match self {
            Self::Balls { first, second } => (first, Some(second)),
            Self::Strike { ball }
            | Self::Rail { ball, .. }
            | Self::Jaw { ball, .. }
            | Self::Pocket { ball, .. }
            | Self::Settled { ball, .. } => (ball, None),
        }
    }

    /// Returns whether a ball hit another ball, a cushion or a pocket.
    #[must_use]
    pub fn is_collision(self) -> bool {
        !matches!(self, Self::Strike { .. } | Self::Settled { .. })
    }
}

/// A moment at which the motion of one or two balls changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Time, seconds after the shot's start.
    pub time: f64,
    /// Kind of the event.
    pub kind: EventKind,
    /// Pieces before and after the event for each ball that took part, as indices into [`Shot::pieces`].
    pub(super) joints: [Joint; 2],
}

/// Indices of the two pieces that an event joins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Joint {
    pub before: u32,
    pub after: u32,
}

/// State of a ball before and after an event. The two positions differ by the gap that is left between bodies in
/// contact.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Change {
    /// Index of the ball.
    pub ball: u16,
    /// State just before the event.
    pub before: BallMotion,
    /// State just after the event.
    pub after: BallMotion,
    /// Motion after the event.
    pub motion: MotionState,
}

/// State of a ball at the end of a shot.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Rest {
    /// State of the ball: at rest, at the centre of the pocket if it fell.
    pub state: BallMotion,
    /// Pocket into which the ball fell; `None` if it did not fall.
    pub pocket: Option<PocketId>,
}

/// A shot, valid from 0 to [`Shot::duration`] and, since everything lies still then, at any later time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shot {
    pub(super) pieces: Vec<Piece>,
    pub(super) events: Vec<Event>,
    pub(super) fallen: Vec<Option<PocketId>>,
    pub(super) duration: f64,
}

impl Shot {
    /// Returns the number of balls.
    #[must_use]
    pub fn balls(&self) -> usize {
        self.fallen.len()
    }

    /// Returns the time at which the last ball has come to rest, seconds after the start.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.duration
    }

    /// Returns all events in order of time.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns all pieces in the order in which they began.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Returns the pieces of one ball's path in order of time; each begins when the previous one ends. The last one
    /// never ends.
    pub fn path(&self, ball: usize) -> impl DoubleEndedIterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| usize::from(piece.ball) == ball)
    }

    /// Returns the state of a ball `t` seconds after the start, exact, or `None` for a ball that does not exist. Before
    /// the start it is the state at the start.
    #[must_use]
    pub fn state(&self, ball: usize, t: f64) -> Option<BallMotion> {
        let t = t.max(0.0);
        let piece = self.path(ball).rev().find(|piece| piece.start <= t)?;
        Some(piece.at(t.min(piece.end)))
    }

    /// Returns the final state of a ball, or `None` for a ball that does not exist.
    #[must_use]
    pub fn rest(&self, ball: usize) -> Option<Rest> {
        let last = self.path(ball).next_back()?;
        Some(Rest { state: last.initial, pocket: *self.fallen.get(ball)? })
    }

    /// Returns the states of an event's balls before and after it.
    pub fn changes(&self, event: &Event) -> impl Iterator<Item = Change> {
        let (first, second) = event.kind.balls();
        let joints = event.joints;
        let time = event.time;
        [Some(first), second].into_iter().zip(joints).filter_map(move |(ball, joint)| {
            let (before, after) = (self.pieces[joint.before as usize], self.pieces[joint.after as usize]);
            let ball = ball?;
            Some(Change { ball, before: before.at(time), after: after.initial, motion: after.motion })
        })
    }

    /// Empties the shot but keeps its memory.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.events.clear();
        self.fallen.clear();
        self.duration = 0.0;
    }
}
