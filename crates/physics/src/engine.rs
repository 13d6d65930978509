//! The engine: a table and a model, ready for shots, with the checks of layouts and strokes.

use super::error::PhysicsError;
use super::motion::{BallMotion, Cloth};
use super::params::Physics;
use super::run::Run;
use super::shot::Shot;
use super::stick::Stroke;
use super::table::Table;
use billiards_table::{BallSize, TableSpec};

/// A kind of ball, with what follows from its body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kind {
    pub body: BallSize,
    pub cloth: Cloth,
    /// Horizontal distance of the centre from a nose that the ball touches, metres.
    pub reach: f64,
}

impl Kind {
    fn new(body: BallSize, nose: f64, physics: &Physics) -> Result<Self, PhysicsError> {
        let BallSize { radius, mass } = body;
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let checks = [
            ("ball radius", radius, "more than 0 and finite", positive(radius)),
            ("ball mass", mass, "more than 0 and finite", positive(mass)),
            ("nose height", nose, "more than 0, less than a ball's diameter", nose > 0.0 && nose < 2.0 * radius),
        ];
        if let Some(&(name, value, expected, _)) = checks.iter().find(|(.., holds)| !holds) {
            return Err(PhysicsError::BadParameter { name, value, expected });
        }
        let over = nose - radius;
        let reach =
            if physics.quirks.cushion_contact_at_radius { radius } else { (radius * radius - over * over).sqrt() };
        Ok(Self { body, cloth: Cloth::new(physics, radius), reach })
    }
}

/// Beginning of a shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start<'a> {
    /// The cue strikes a ball; others may be moving already.
    Strike {
        /// Index of the cue ball in the layout.
        cue_ball: usize,
        /// The stroke.
        stroke: &'a Stroke,
    },
    /// The balls move already.
    Moving {
        /// Index of the cue ball in the layout, if it is there. It makes a difference only where the cue ball has a
        /// body of its own.
        cue_ball: Option<usize>,
    },
}

impl Start<'_> {
    /// Returns the index of the cue ball in the layout, if it is there.
    #[must_use]
    pub fn cue_ball(&self) -> Option<usize> {
        match *self {
            Self::Strike { cue_ball, .. } => Some(cue_ball),
            Self::Moving { cue_ball } => cue_ball,
        }
    }
}

/// A table and a model, ready for shots. A shot depends on nothing else, and the same shot always gives the same
/// result.
#[derive(Debug, Clone, PartialEq)]
pub struct Engine {
    pub(super) table: Table,
    pub(super) physics: Physics,
    object_ball: Kind,
    cue_ball: Kind,
    /// Horizontal distance between the centres of the cue ball and an object ball that touch, metres.
    mixed_distance: f64,
}

impl Engine {
    /// Checks the model and prepares it for a table. All balls have the table's radius and the model's mass.
    ///
    /// # Errors
    /// [`PhysicsError::BadParameter`] when a parameter of the model, the radius of the balls or the height of the noses
    /// is out of range.
    pub fn new(table: Table, physics: Physics) -> Result<Self, PhysicsError> {
        physics.validate()?;
        let body = BallSize { radius: table.ball_radius(), mass: physics.ball.mass };
        let kind = Kind::new(body, table.nose_height(), &physics)?;
        let mixed_distance = body.contact_distance(&body);
        Ok(Self { object_ball: kind, cue_ball: kind, mixed_distance, table, physics })
    }

    /// Checks the model and prepares it for a table with its pockets and balls. The masses are in the table's ratio, that
    /// of an object ball is the model's.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn for_table(table: &TableSpec, physics: Physics) -> Result<Self, PhysicsError> {
        Self::new(Table::from(table), physics)?.with_cue_ball_of(table)
    }

    /// Gives the cue ball the radius that it has on a table, and a mass in that table's ratio to an object ball's.
    pub(super) fn with_cue_ball_of(self, table: &TableSpec) -> Result<Self, PhysicsError> {
        let mass = self.physics.ball.mass * (table.cue_ball.mass / table.ball_mass);
        let body = BallSize { radius: table.cue_ball.radius, mass };
        if body == self.object_ball.body { Ok(self) } else { self.with_cue_ball(body) }
    }

    /// Gives the cue ball a body of its own, as on English pub tables.
    ///
    /// Centres of different bodies are at different heights: a ball that hits a larger one pushes it forwards and up, and
    /// is pressed onto the cloth. The upward velocity is dropped, so that balls never jump.
    ///
    /// # Errors
    /// [`PhysicsError::BadParameter`] when its radius or mass is out of range, or it is so small that the noses are
    /// above it.
    pub fn with_cue_ball(mut self, body: BallSize) -> Result<Self, PhysicsError> {
        self.cue_ball = Kind::new(body, self.table.nose_height(), &self.physics)?;
        self.mixed_distance = body.contact_distance(&self.object_ball.body);
        let largest = body.radius.max(self.object_ball.body.radius);
        self.table = self.table.indexed_for(largest);
        Ok(self)
    }

    /// Returns the body of the cue ball or of the object balls.
    #[must_use]
    pub fn body(&self, is_cue_ball: bool) -> BallSize {
        self.kind(is_cue_ball).body
    }

    #[inline]
    pub(super) fn kind(&self, is_cue_ball: bool) -> &Kind {
        if is_cue_ball { &self.cue_ball } else { &self.object_ball }
    }

    /// Returns the horizontal distance between the centres of two balls of a layout that touch, metres, given their
    /// indices and that of the cue ball, if it is there.
    #[inline]
    #[must_use]
    pub fn contact_distance<Index: PartialEq>(&self, one: Index, two: Index, cue_ball: Option<Index>) -> f64 {
        let with_cue_ball = cue_ball.is_some_and(|cue_ball| cue_ball == one || cue_ball == two);
        if with_cue_ball { self.mixed_distance } else { 2.0 * self.object_ball.body.radius }
    }

    /// Returns the table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Returns the horizontal distance of a ball's centre from the nose of a cushion that it touches, metres.
    #[must_use]
    pub fn reach(&self, is_cue_ball: bool) -> f64 {
        self.kind(is_cue_ball).reach
    }

    /// Returns the model.
    #[must_use]
    pub fn physics(&self) -> &Physics {
        &self.physics
    }

    /// Strikes ball number `cue_ball` of a layout and follows all balls until they rest. Balls other than the cue ball
    /// may already be moving.
    ///
    /// # Errors
    /// See [`Engine::shoot_into`].
    pub fn shoot(&self, balls: &[BallMotion], cue_ball: usize, stroke: &Stroke) -> Result<Shot, PhysicsError> {
        let mut shot = Shot::default();
        self.shoot_into(balls, Start::Strike { cue_ball, stroke }, &mut shot)?;
        Ok(shot)
    }

    /// Follows balls that are already moving until they rest; `cue_ball` is the index of the cue ball, if it is there.
    ///
    /// # Errors
    /// See [`Engine::shoot_into`].
    pub fn roll_out(&self, balls: &[BallMotion], cue_ball: Option<usize>) -> Result<Shot, PhysicsError> {
        let mut shot = Shot::default();
        self.shoot_into(balls, Start::Moving { cue_ball }, &mut shot)?;
        Ok(shot)
    }

    /// Computes a shot as [`Engine::shoot`] and [`Engine::roll_out`] do, and reuses the memory of `shot`. The shot is
    /// empty after an error.
    ///
    /// # Errors
    /// An invalid layout, see [`Engine::check`]; a stroke for a ball that does not exist or is moving; an invalid
    /// stroke, see [`Stroke::validate`]; [`PhysicsError::TooManyEvents`].
    pub fn shoot_into(&self, balls: &[BallMotion], start: Start, shot: &mut Shot) -> Result<(), PhysicsError> {
        shot.clear();
        self.check(balls, start.cue_ball())?;
        if let Start::Strike { cue_ball: ball, stroke } = start {
            let struck = balls.get(ball).ok_or(PhysicsError::NoCueBall { ball, count: balls.len() })?;
            let speed = struck.velocity.length();
            if speed > 0.0 {
                return Err(PhysicsError::CueBallMoves { ball, speed });
            }
            stroke.validate(&self.physics)?;
        }
        let done = Run::new(self, balls, start.cue_ball(), shot).follow(start);
        if done.is_err() {
            shot.clear();
        }
        done
    }

    /// Checks that a layout is possible; `cue_ball` is the index of the cue ball, if it is there.
    ///
    /// # Errors
    /// [`PhysicsError::NoBalls`], [`PhysicsError::TooManyBalls`], and for the first invalid ball
    /// [`PhysicsError::NotFinite`], [`PhysicsError::OffTable`], [`PhysicsError::InsideCushion`] or
    /// [`PhysicsError::Overlap`]. Overlaps up to [`super::params::Limits::overlap`] are accepted.
    pub fn check(&self, balls: &[BallMotion], cue_ball: Option<usize>) -> Result<(), PhysicsError> {
        let limit = usize::from(u16::MAX);
        if balls.is_empty() {
            return Err(PhysicsError::NoBalls);
        }
        if balls.len() > limit {
            return Err(PhysicsError::TooManyBalls { count: balls.len(), limit });
        }
        let accepted = self.physics.limits.overlap;
        for (first, ball) in balls.iter().enumerate() {
            self.check_place(first, ball, self.kind(cue_ball == Some(first)).reach)?;
            for (second, other) in balls.iter().enumerate().skip(first + 1) {
                let distance = self.contact_distance(first, second, cue_ball);
                let apart = (other.position - ball.position).length_squared();
                if apart < (distance - accepted).powi(2) {
                    return Err(PhysicsError::Overlap { first, second, depth: distance - apart.sqrt() });
                }
            }
        }
        Ok(())
    }

    fn check_place(&self, number: usize, ball: &BallMotion, reach: f64) -> Result<(), PhysicsError> {
        let parts = [
            ("position", ball.position.is_finite()),
            ("velocity", ball.velocity.is_finite()),
            ("spin", ball.spin.is_finite()),
        ];
        if let Some((what, _)) = parts.into_iter().find(|(_, finite)| !finite) {
            return Err(PhysicsError::NotFinite { ball: number, what });
        }
        if !self.table.reaches(ball.position) {
            return Err(PhysicsError::OffTable { ball: number, position: ball.position });
        }
        let accepted = self.physics.limits.overlap;
        for wall in self.table.walls() {
            let depth = reach - wall.distance(ball.position);
            // More than a diameter deep, the ball is on the far side, at another cushion.
            if depth > accepted && depth < 2.0 * reach && wall.is_beside(ball.position) {
                return Err(PhysicsError::InsideCushion { ball: number, feature: wall.id.0, depth });
            }
        }
        for arc in self.table.jaw_arcs() {
            let depth = arc.radius + reach - (ball.position - arc.centre).length();
            if depth > accepted {
                return Err(PhysicsError::InsideCushion { ball: number, feature: arc.id.0, depth });
            }
        }
        Ok(())
    }
}
