//! The engine: a table and a model, ready for shots, with the checks of layouts and strokes.

use super::error::PhysicsError;
use super::motion::{BallMotion, Cloth};
use super::params::Physics;
use super::run::Run;
use super::shot::Shot;
use super::stick::Stroke;
use super::table::Table;

/// A table and a model, ready for shots. A shot depends on nothing else, and the same shot always gives the same
/// result.
#[derive(Debug, Clone, PartialEq)]
pub struct Engine {
    pub(super) table: Table,
    pub(super) physics: Physics,
    pub(super) cloth: Cloth,
    /// Horizontal distance of a ball's centre from a nose that it touches, metres.
    pub(super) reach: f64,
}

impl Engine {
    /// Checks the model and prepares it for a table.
    ///
    /// # Errors
    /// [`PhysicsError::BadParameter`] when a parameter of the model, the radius of the balls or the height of the noses
    /// is out of range.
    pub fn new(table: Table, physics: Physics) -> Result<Self, PhysicsError> {
        physics.validate()?;
        let (radius, nose) = (table.ball_radius(), table.nose_height());
        if !(radius > 0.0 && radius.is_finite()) {
            let expected = "more than 0 and finite";
            return Err(PhysicsError::BadParameter { name: "ball radius", value: radius, expected });
        }
        if !(nose > 0.0 && nose < 2.0 * radius) {
            let expected = "more than 0, less than a ball's diameter";
            return Err(PhysicsError::BadParameter { name: "nose height", value: nose, expected });
        }
        let over = nose - radius;
        let reach =
            if physics.quirks.cushion_contact_at_radius { radius } else { (radius * radius - over * over).sqrt() };
        Ok(Self { cloth: Cloth::new(&physics, radius), reach, table, physics })
    }

    /// Returns the table.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Returns the horizontal distance of a ball's centre from the nose of a cushion that it touches, metres.
    #[must_use]
    pub fn reach(&self) -> f64 {
        self.reach
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
        self.shoot_into(balls, Some((cue_ball, stroke)), &mut shot)?;
        Ok(shot)
    }

    /// Follows balls that are already moving until they rest.
    ///
    /// # Errors
    /// See [`Engine::shoot_into`].
    pub fn roll_out(&self, balls: &[BallMotion]) -> Result<Shot, PhysicsError> {
        let mut shot = Shot::default();
        self.shoot_into(balls, None, &mut shot)?;
        Ok(shot)
    }

    /// Computes a shot as [`Engine::shoot`] does, or as [`Engine::roll_out`] does without a stroke, and reuses the
    /// memory of `shot`. The shot is empty after an error.
    ///
    /// # Errors
    /// An invalid layout, see [`Engine::check`]; a stroke for a ball that does not exist or is moving; an invalid
    /// stroke, see [`Stroke::validate`]; [`PhysicsError::TooManyEvents`].
    pub fn shoot_into(
        &self,
        balls: &[BallMotion],
        stroke: Option<(usize, &Stroke)>,
        shot: &mut Shot,
    ) -> Result<(), PhysicsError> {
        shot.clear();
        self.check(balls)?;
        if let Some((ball, stroke)) = stroke {
            let struck = balls.get(ball).ok_or(PhysicsError::NoCueBall { ball, count: balls.len() })?;
            let speed = struck.velocity.length();
            if speed > 0.0 {
                return Err(PhysicsError::CueBallMoves { ball, speed });
            }
            stroke.validate(&self.physics)?;
        }
        let done = Run::new(self, balls, shot).follow(stroke);
        if done.is_err() {
            shot.clear();
        }
        done
    }

    /// Checks that a layout is possible.
    ///
    /// # Errors
    /// [`PhysicsError::NoBalls`], [`PhysicsError::TooManyBalls`], and for the first invalid ball
    /// [`PhysicsError::NotFinite`], [`PhysicsError::OffTable`], [`PhysicsError::InsideCushion`] or
    /// [`PhysicsError::Overlap`]. Overlaps up to [`super::params::Limits::overlap`] are accepted.
    pub fn check(&self, balls: &[BallMotion]) -> Result<(), PhysicsError> {
        let limit = usize::from(u16::MAX);
        if balls.is_empty() {
            return Err(PhysicsError::NoBalls);
        }
        if balls.len() > limit {
            return Err(PhysicsError::TooManyBalls { count: balls.len(), limit });
        }
        let accepted = self.physics.limits.overlap;
        let diameter = 2.0 * self.table.ball_radius();
        for (first, ball) in balls.iter().enumerate() {
            self.check_place(first, ball)?;
            for (second, other) in balls.iter().enumerate().skip(first + 1) {
                let apart = (other.position - ball.position).length_squared();
                if apart < (diameter - accepted).powi(2) {
                    return Err(PhysicsError::Overlap { first, second, depth: diameter - apart.sqrt() });
                }
            }
        }
        Ok(())
    }

    fn check_place(&self, number: usize, ball: &BallMotion) -> Result<(), PhysicsError> {
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
            let depth = self.reach - wall.distance(ball.position);
            // More than a diameter deep, the ball is on the far side, at another cushion.
            if depth > accepted && depth < 2.0 * self.reach && wall.is_beside(ball.position) {
                return Err(PhysicsError::InsideCushion { ball: number, feature: wall.id.0, depth });
            }
        }
        for arc in self.table.jaw_arcs() {
            let depth = arc.radius + self.reach - (ball.position - arc.centre).length();
            if depth > accepted {
                return Err(PhysicsError::InsideCushion { ball: number, feature: arc.id.0, depth });
            }
        }
        Ok(())
    }
}
