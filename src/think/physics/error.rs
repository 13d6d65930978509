//! What can be wrong with a layout, a stroke or a model.

use super::vector::Vec2;

/// Why a shot cannot be worked out.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PhysicsError {
    /// There is nothing to work out.
    #[error("no balls on the table: expected at least one")]
    NoBalls,
    /// More balls than the engine can number.
    #[error("{count} balls on the table: expected at most {limit}")]
    TooManyBalls {
        /// Balls given.
        count: usize,
        /// Balls that can be numbered.
        limit: usize,
    },
    /// The stroke is for a ball that does not exist.
    #[error("no cue ball: the stroke is for ball {ball}, but there are only {count} balls (numbered from 0)")]
    NoCueBall {
        /// The ball that would be struck.
        ball: usize,
        /// Balls given.
        count: usize,
    },
    /// The cue ball moves already.
    #[error("ball {ball} moves at {speed:.3} m/s: a stroke needs a cue ball at rest")]
    CueBallMoves {
        /// The ball that would be struck.
        ball: usize,
        /// Its speed, metres a second.
        speed: f64,
    },
    /// A number is NaN or infinite.
    #[error("{what} of ball {ball} is not a finite number")]
    NotFinite {
        /// The ball.
        ball: usize,
        /// Which of its quantities.
        what: &'static str,
    },
    /// Two balls are inside one another.
    #[error("balls {first} and {second} overlap by {:.3} mm: expected centres at least two radii apart", .depth * 1e3)]
    Overlap {
        /// The one with the lower number.
        first: usize,
        /// The one with the higher number.
        second: usize,
        /// How far they are inside one another, metres.
        depth: f64,
    },
    /// A ball is inside a cushion.
    #[error("ball {ball} is {:.3} mm inside cushion {feature}: expected its centre at least one radius in front of it", .depth * 1e3)]
    InsideCushion {
        /// The ball.
        ball: usize,
        /// Number of the cushion's feature.
        feature: u8,
        /// How far the ball is inside, metres.
        depth: f64,
    },
    /// A ball is not on the table at all.
    #[error("ball {ball} at ({:.4}, {:.4}) m is off the table", .position.x, .position.y)]
    OffTable {
        /// The ball.
        ball: usize,
        /// Where its centre is, metres.
        position: Vec2,
    },
    /// A part of the stroke is out of range.
    #[error("stroke: {what} is {value}, expected {expected}")]
    BadStroke {
        /// Which part.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The tip would slip off the ball.
    #[error("miscue: the tip hits {offset:.3} ball radii off centre, expected at most {limit:.3}")]
    Miscue {
        /// Offset from the centre, ball radii.
        offset: f64,
        /// The largest offset that holds, ball radii.
        limit: f64,
    },
    /// A part of the model is out of range.
    #[error("physics: {name} is {value}, expected {expected}")]
    BadParameter {
        /// Which part.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The balls met so often that the shot was given up.
    #[error("more than {cap} events by {time:.4} s: the shot was given up")]
    TooManyEvents {
        /// Events allowed.
        cap: usize,
        /// When the cap was reached, seconds.
        time: f64,
    },
}
