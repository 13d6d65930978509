//! Errors in layouts, strokes and models.

use super::vector::Vec2;
use billiards_table::PocketId;
use billiards_table::text::Compact;
use std::fmt;

/// Reason why a shot cannot be computed.
#[derive(Debug, Clone, PartialEq)]
pub enum PhysicsError {
    /// The layout has no balls.
    NoBalls,
    /// The layout has more balls than the engine can number.
    TooManyBalls {
        /// Number of balls given.
        count: usize,
        /// Maximum number of balls.
        limit: usize,
    },
    /// The stroke is for a ball that does not exist.
    NoCueBall {
        /// Index of the ball that would be struck.
        ball: usize,
        /// Number of balls given.
        count: usize,
    },
    /// The cue ball is already moving.
    CueBallMoves {
        /// Index of the ball that would be struck.
        ball: usize,
        /// Speed of the ball, metres per second.
        speed: f64,
    },
    /// A number is NaN or infinite.
    NotFinite {
        /// Index of the ball.
        ball: usize,
        /// Name of the quantity: position, velocity or spin.
        what: &'static str,
    },
    /// Two balls overlap.
    Overlap {
        /// Lower index of the two balls.
        first: usize,
        /// Higher index of the two balls.
        second: usize,
        /// Depth of the overlap, metres.
        depth: f64,
    },
    /// A ball is inside a cushion.
    InsideCushion {
        /// Index of the ball.
        ball: usize,
        /// Number of the cushion's feature.
        feature: u8,
        /// Depth of the ball inside the cushion, metres.
        depth: f64,
    },
    /// A ball is not on the table at all.
    OffTable {
        /// Index of the ball.
        ball: usize,
        /// Position of the ball's centre, metres.
        position: Vec2,
    },
    /// A ball lies over a hole.
    Fallen {
        /// Index of the ball.
        ball: usize,
        /// The pocket of the hole.
        pocket: PocketId,
    },
    /// A parameter of the stroke is out of range.
    BadStroke {
        /// Name of the parameter.
        what: &'static str,
        /// Given value.
        value: f64,
        /// Valid range, in words.
        expected: &'static str,
    },
    /// The tip would slip off the ball.
    Miscue {
        /// Offset of the tip from the ball's centre, ball radii.
        offset: f64,
        /// Maximum offset without a miscue, ball radii.
        limit: f64,
    },
    /// A parameter of the model is out of range.
    BadParameter {
        /// Name of the parameter.
        name: &'static str,
        /// Given value.
        value: f64,
        /// Valid range, in words.
        expected: &'static str,
    },
    /// The shot was abandoned because it had too many events.
    TooManyEvents {
        /// Maximum number of events.
        cap: usize,
        /// Time at which the maximum was reached, seconds after the shot's start.
        time: f64,
    },
}

impl PhysicsError {
    /// Describes the error in one line. `ball` names a ball by its number in the layout, and `cushion` a feature of the
    /// table by its number.
    #[must_use]
    pub fn describe(&self, ball: &dyn Fn(usize) -> String, cushion: &dyn Fn(u8) -> String) -> String {
        match *self {
            Self::NoBalls => "no balls on the table: expected at least one".to_owned(),
            Self::TooManyBalls { count, limit } => format!("{count} balls on the table: expected at most {limit}"),
            Self::NoCueBall { ball: struck, count } => {
                format!("no cue ball: the stroke is for {}, but there are only {count} balls", ball(struck))
            }
            Self::CueBallMoves { ball: struck, speed } => {
                format!("{} moves at {speed:.3} m/s: a stroke needs a cue ball at rest", ball(struck))
            }
            Self::NotFinite { ball: number, what } => format!("{what} of {} is not a finite number", ball(number)),
            Self::Overlap { first, second, depth } => format!(
                "{} and {} overlap by {} mm: expected centres at least two radii apart",
                ball(first),
                ball(second),
                millimetres(depth)
            ),
            Self::InsideCushion { ball: number, feature, depth } => format!(
                "{} is {} mm inside {}: expected its centre at least one radius in front of it",
                ball(number),
                millimetres(depth),
                cushion(feature)
            ),
            Self::OffTable { ball: number, position: Vec2 { x, y } } => {
                format!("{} at ({}, {}) m is not on the table", ball(number), Compact(x), Compact(y))
            }
            Self::Fallen { ball: number, pocket } => {
                format!("{} lies over the {} and has fallen: leave it out", ball(number), pocket.words())
            }
            Self::BadStroke { what, value, expected } => {
                format!("stroke: {what} is {}, expected {expected}", Compact(value))
            }
            Self::Miscue { offset, limit } => {
                let offset = Compact((offset * 1e3).round() / 1e3);
                format!("miscue: the tip hits {offset} ball radii off centre, expected at most {limit}")
            }
            Self::BadParameter { name, value, expected } => {
                format!("physics: {name} is {}, expected {expected}", Compact(value))
            }
            Self::TooManyEvents { cap, time } => {
                format!("more than {cap} events by {time:.4} s: the shot was given up")
            }
        }
    }
}

/// Converts metres to millimetres, rounded to a tenth, or to a thousandth below a tenth of a millimetre.
fn millimetres(metres: f64) -> Compact {
    let step = if metres.abs() < 1e-4 { 1e3 } else { 10.0 };
    Compact((1e3 * metres * step).round() / step)
}

impl fmt::Display for PhysicsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(&|ball| format!("ball {ball}"), &|feature| format!("cushion {feature}")))
    }
}

impl std::error::Error for PhysicsError {}
