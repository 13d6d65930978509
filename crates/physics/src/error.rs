//! What can be wrong with a layout, a stroke or a model.

use super::vector::Vec2;
use billiards_table::PocketId;
use billiards_table::text::Compact;
use std::fmt;

/// Why a shot cannot be worked out.
#[derive(Debug, Clone, PartialEq)]
pub enum PhysicsError {
    /// There is nothing to work out.
    NoBalls,
    /// More balls than the engine can number.
    TooManyBalls {
        /// Balls given.
        count: usize,
        /// Balls that can be numbered.
        limit: usize,
    },
    /// The stroke is for a ball that does not exist.
    NoCueBall {
        /// The ball that would be struck.
        ball: usize,
        /// Balls given.
        count: usize,
    },
    /// The cue ball moves already.
    CueBallMoves {
        /// The ball that would be struck.
        ball: usize,
        /// Its speed, metres a second.
        speed: f64,
    },
    /// A number is NaN or infinite.
    NotFinite {
        /// The ball.
        ball: usize,
        /// Which of its quantities.
        what: &'static str,
    },
    /// Two balls are inside one another.
    Overlap {
        /// The one with the lower number.
        first: usize,
        /// The one with the higher number.
        second: usize,
        /// How far they are inside one another, metres.
        depth: f64,
    },
    /// A ball is inside a cushion.
    InsideCushion {
        /// The ball.
        ball: usize,
        /// Number of the cushion's feature.
        feature: u8,
        /// How far the ball is inside, metres.
        depth: f64,
    },
    /// A ball is not on the table at all.
    OffTable {
        /// The ball.
        ball: usize,
        /// Where its centre is, metres.
        position: Vec2,
    },
    /// A ball lies over a hole.
    Fallen {
        /// The ball.
        ball: usize,
        /// The pocket of the hole.
        pocket: PocketId,
    },
    /// A part of the stroke is out of range.
    BadStroke {
        /// Which part.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The tip would slip off the ball.
    Miscue {
        /// Offset from the centre, ball radii.
        offset: f64,
        /// The largest offset that holds, ball radii.
        limit: f64,
    },
    /// A part of the model is out of range.
    BadParameter {
        /// Which part.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The balls met so often that the shot was given up.
    TooManyEvents {
        /// Events allowed.
        cap: usize,
        /// When the cap was reached, seconds.
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

/// A length in metres as millimetres: to a tenth, and to a thousandth where that is all there is.
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
