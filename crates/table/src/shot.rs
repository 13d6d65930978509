//! A predicted shot: a path for each ball in pieces of closed form, and the events that join them.

use super::{BallId, FeatureId, PocketId, TablePoint, TableVector};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Motion of a ball over one piece of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MotionState {
    /// The contact point slips on the cloth.
    Sliding,
    /// The ball rolls without slipping.
    Rolling,
    /// The ball spins on the spot.
    Spinning,
    /// The ball is at rest.
    Stationary,
}

/// A piece of a path: for `t` in `start..=end`, `position + velocity·dt + acceleration·dt²/2` with `dt = t - start`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PathPiece {
    /// Start of the piece, seconds after the strike.
    pub start: f64,
    /// End of the piece, seconds after the strike, not before `start`.
    pub end: f64,
    /// Position of the ball's centre at `start`.
    pub position: TablePoint,
    /// Velocity at `start`, metres a second.
    pub velocity: TableVector,
    /// Acceleration, metres a second squared, constant over the piece.
    pub acceleration: TableVector,
    /// Motion of the ball.
    pub motion: MotionState,
}

impl PathPiece {
    /// Returns the position of the ball at `t` seconds after the strike; `t` is clamped to the piece.
    #[must_use]
    pub fn at(&self, t: f64) -> TablePoint {
        let dt = t.clamp(self.start, self.end) - self.start;
        self.position + self.velocity * dt + self.acceleration * (0.5 * dt * dt)
    }

    /// Returns the duration of the piece, seconds.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.end - self.start
    }

    /// Returns the position of the ball at the end of the piece.
    #[must_use]
    pub fn end_position(&self) -> TablePoint {
        self.at(self.end)
    }
}

/// End of a ball's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "how", content = "pocket")]
pub enum Fate {
    /// The ball comes to rest at the end of its last piece.
    Rests,
    /// The ball falls into the pocket.
    Pocketed(PocketId),
    /// The prediction does not reach the end of the path.
    Open,
}

/// The path of one ball.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BallPath {
    /// The ball that follows this path.
    pub ball: BallId,
    /// Pieces in order of time; each begins where and when the previous one ends.
    pub pieces: Vec<PathPiece>,
    /// End of the path.
    pub fate: Fate,
}

impl BallPath {
    /// Returns the part of the path between two times, seconds after the strike, with the fate of the whole path.
    #[must_use]
    pub fn between(&self, from: f64, to: f64) -> Self {
        let pieces = self.pieces.iter().filter(|piece| piece.end > from && piece.start < to);
        let part = |piece: &PathPiece| {
            let start = piece.start.max(from);
            PathPiece {
                start,
                end: piece.end.min(to),
                position: piece.at(start),
                velocity: piece.velocity + piece.acceleration * (start - piece.start),
                ..*piece
            }
        };
        Self { pieces: pieces.map(part).collect(), ..*self }
    }

    /// Returns the corners of the path drawn with straight lines: the start of each piece and the end of the last, with
    /// curved pieces divided so that no chord is further than `tolerance` metres from the path.
    #[must_use]
    pub fn polyline(&self, tolerance: f64) -> Vec<TablePoint> {
        let mut points = Vec::with_capacity(self.pieces.len() + 1);
        for piece in &self.pieces {
            let duration = piece.duration();
            // The sagitta of a parabola over dt is |a|·dt²/8.
            let longest = (8.0 * tolerance / piece.acceleration.length()).sqrt();
            let parts = (duration / longest).ceil().clamp(1.0, 256.0);
            points.extend((0..parts as usize).map(|i| piece.at(piece.start + duration * i as f64 / parts)));
        }
        points.extend(self.pieces.last().map(PathPiece::end_position));
        points
    }
}

/// Position of the cue ball when it first touches another ball.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GhostBall {
    /// Centre of the cue ball at contact.
    pub position: TablePoint,
    /// The ball that it touches.
    pub object_ball: BallId,
    /// Angle between the aim line and the line of centres, radians, 0 (full) to π/2 (thin).
    pub cut_angle: f64,
}

/// Kind of an event of a predicted shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PredictedEventKind {
    /// Two balls touch.
    BallContact {
        /// The ball that moves towards the other.
        ball: BallId,
        /// The ball that is hit.
        other: BallId,
    },
    /// A ball touches a rail or a jaw.
    RailContact {
        /// The ball that touches the rail or jaw.
        ball: BallId,
        /// The rail or jaw that it touches.
        feature: FeatureId,
    },
    /// A ball falls into a pocket.
    Pocketed {
        /// The ball that falls.
        ball: BallId,
        /// The pocket that it falls into.
        pocket: PocketId,
    },
}

/// An event of a predicted shot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PredictedEvent {
    /// Time of the event, seconds after the strike.
    pub time: f64,
    /// Centre of the ball at that time, x and y in metres; of the first ball if there are two.
    #[schemars(with = "[f64; 2]")]
    pub position: TablePoint,
    /// Kind of the event.
    #[serde(flatten)]
    pub kind: PredictedEventKind,
}

/// First obstacle on the cue's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "what", content = "id")]
pub enum AimTarget {
    /// A ball.
    Ball(BallId),
    /// A nose, a facing or a jaw.
    Cushion(FeatureId),
    /// A pocket.
    Pocket(PocketId),
}

/// The player's line of sight: the cue ball's path if it left straight along the cue. English, a raised butt and swerve
/// take the predicted path off it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AimLine {
    /// Centre of the cue ball.
    pub from: TablePoint,
    /// Centre of the cue ball when it reaches the first obstacle.
    pub to: TablePoint,
    /// The obstacle.
    pub target: AimTarget,
}

/// Prediction of the shot that is aimed now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The ball that would be struck.
    pub cue_ball: BallId,
    /// Direction in which it would leave, unit vector.
    pub aim: TableVector,
    /// The line of sight, if it is known.
    pub aim_line: Option<AimLine>,
    /// First contact with another ball, if there is one.
    pub ghost_ball: Option<GhostBall>,
    /// Path of each ball that would move; the cue ball's first.
    pub paths: Vec<BallPath>,
    /// Events that join the pieces, in order of time.
    pub events: Vec<PredictedEvent>,
}

impl Prediction {
    /// Returns the time at which the cue ball first touches another ball, seconds after the strike.
    #[must_use]
    pub fn first_contact(&self) -> Option<f64> {
        self.events.iter().find_map(|event| match event.kind {
            PredictedEventKind::BallContact { ball, other } if [ball, other].contains(&self.cue_ball) => {
                Some(event.time)
            }
            _ => None,
        })
    }
}

/// The prediction that is valid now; `None` while nobody aims.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LivePrediction(pub Option<Prediction>);

#[cfg(test)]
mod tests {
    use super::*;

    fn parabola() -> PathPiece {
        PathPiece {
            start: 1.0,
            end: 2.0,
            position: TablePoint::new(0.2, 0.3),
            velocity: TableVector::new(1.0, 0.0),
            acceleration: TableVector::new(0.0, 2.0),
            motion: MotionState::Sliding,
        }
    }

    #[test]
    fn a_piece_is_a_parabola_held_at_its_ends() {
        assert_eq!(parabola().at(1.5), TablePoint::new(0.7, 0.55));
        assert_eq!(parabola().at(0.0), parabola().position);
        assert_eq!(parabola().at(9.0), TablePoint::new(1.2, 1.3));
    }

    #[test]
    fn a_part_of_a_path_runs_along_it() {
        let path = BallPath { ball: BallId(1), pieces: vec![parabola()], fate: Fate::Rests };
        let part = path.between(1.25, 1.75);
        assert_eq!(part.pieces.len(), 1);
        for t in [1.25, 1.5, 1.75] {
            assert!((part.pieces[0].at(t) - parabola().at(t)).length() < 1e-12);
        }
        assert_eq!(part.pieces[0].end_position(), parabola().at(1.75));
        assert!(path.between(2.0, f64::INFINITY).pieces.is_empty());
        assert_eq!(path.between(f64::NEG_INFINITY, f64::INFINITY), path);
    }

    #[test]
    fn chords_stay_within_the_tolerance() {
        let piece = parabola();
        let path = BallPath { ball: BallId(1), pieces: vec![piece], fate: Fate::Rests };
        let corners = path.polyline(0.0005);
        let n = corners.len() - 1;
        for (i, chord) in corners.windows(2).enumerate() {
            let middle = piece.at(1.0 + (i as f64 + 0.5) / n as f64);
            assert!((chord[0].lerp(chord[1], 0.5) - middle).length() <= 0.000_501);
        }
        let straight = PathPiece { acceleration: TableVector::zero(), ..piece };
        assert_eq!(BallPath { pieces: vec![straight], ..path }.polyline(0.0005).len(), 2);
    }
}
