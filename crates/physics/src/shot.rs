//! A shot that has been worked out: every ball's way in pieces of closed form, and the events that join them.

use super::motion::{BallMotion, Piece};
use billiards_table::{FeatureId, MotionState, PocketId};

/// What happened at a moment of a shot. Balls are named by their place in the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The cue struck the ball.
    Strike {
        /// The cue ball.
        ball: u16,
    },
    /// Two balls met.
    Balls {
        /// The one that moved faster towards the other.
        first: u16,
        /// The other.
        second: u16,
    },
    /// A ball met a nose or a facing.
    Rail {
        /// The ball.
        ball: u16,
        /// What it met.
        feature: FeatureId,
    },
    /// A ball met the rounding of a jaw.
    Jaw {
        /// The ball.
        ball: u16,
        /// What it met.
        feature: FeatureId,
    },
    /// A ball fell.
    Pocket {
        /// The ball.
        ball: u16,
        /// Where.
        pocket: PocketId,
    },
    /// A ball went from sliding to rolling, or to spinning, or to rest.
    Settled {
        /// The ball.
        ball: u16,
        /// How it moves from now on.
        into: MotionState,
    },
}

impl EventKind {
    /// The balls that took part: one, or two.
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

    /// Whether a ball met another ball, a cushion or a pocket.
    #[must_use]
    pub fn is_collision(self) -> bool {
        !matches!(self, Self::Strike { .. } | Self::Settled { .. })
    }
}

/// A moment at which the motion of one ball or two changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Seconds after the shot's start.
    pub time: f64,
    /// What happened.
    pub kind: EventKind,
    /// For each ball that took part the pieces before and after, as places in [`Shot::pieces`].
    pub(super) joints: [Joint; 2],
}

/// The pieces that an event joins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Joint {
    pub before: u32,
    pub after: u32,
}

/// A ball's state on both sides of an event. The places differ by the gap that is left between things that met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The ball.
    pub ball: u16,
    /// Just before.
    pub before: BallMotion,
    /// Just after.
    pub after: BallMotion,
    /// How it moves after it.
    pub motion: MotionState,
}

/// Where a ball is at the end of a shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    /// State: at rest, at the centre of its pocket when it fell.
    pub state: BallMotion,
    /// The pocket into which it fell.
    pub pocket: Option<PocketId>,
}

/// A shot: valid from 0 to [`Shot::duration`] and, since everything lies still then, for ever.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shot {
    pub(super) pieces: Vec<Piece>,
    pub(super) events: Vec<Event>,
    pub(super) fallen: Vec<Option<PocketId>>,
    pub(super) duration: f64,
}

impl Shot {
    /// How many balls there are.
    #[must_use]
    pub fn balls(&self) -> usize {
        self.fallen.len()
    }

    /// When the last ball has come to rest, seconds after the start.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.duration
    }

    /// Everything that happened, in order of time.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// All pieces in the order in which they began.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The pieces of one ball's way in order of time; each begins when the one before ends. The last one lasts for ever.
    pub fn path(&self, ball: usize) -> impl DoubleEndedIterator<Item = &Piece> {
        self.pieces.iter().filter(move |piece| usize::from(piece.ball) == ball)
    }

    /// Where a ball is and how it moves at `t` seconds after the start, exact. `None` for a ball that does not exist.
    /// Before the start it is as at the start.
    #[must_use]
    pub fn state(&self, ball: usize, t: f64) -> Option<BallMotion> {
        let t = t.max(0.0);
        let piece = self.path(ball).rev().find(|piece| piece.start <= t)?;
        Some(piece.at(t.min(piece.end)))
    }

    /// Where a ball is in the end. `None` for a ball that does not exist.
    #[must_use]
    pub fn rest(&self, ball: usize) -> Option<Rest> {
        let last = self.path(ball).next_back()?;
        Some(Rest { state: last.initial, pocket: *self.fallen.get(ball)? })
    }

    /// The balls of an event on both of its sides.
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
