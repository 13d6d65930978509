//! The stroke: the motion that the cue gives to the cue ball.

use super::error::PhysicsError;
use super::motion::BallMotion;
use super::params::Physics;
use super::vector::{Vec2, Vec3};
use billiards_table::BallSize;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// A stroke with the cue.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Stroke {
    /// Speed of the cue at the impact, metres per second; a centre hit gives the ball 1.54 times this speed.
    pub speed: f64,
    /// Direction of the cue over the table, radians counter-clockwise from +x.
    pub direction: f64,
    /// Elevation of the butt, radians: 0 level, less than π/2.
    pub elevation: f64,
    /// Offset of the contact from the ball's centre to the left, as seen by the player, ball radii.
    pub side: f64,
    /// Offset of the contact from the ball's centre upwards, at right angles to the cue, ball radii.
    pub height: f64,
}

impl Stroke {
    /// Creates a level centre hit. The speed of the cue is in metres per second, the direction in radians
    /// counter-clockwise from +x.
    #[must_use]
    pub fn plain(speed: f64, direction: f64) -> Self {
        Self { speed, direction, elevation: 0.0, side: 0.0, height: 0.0 }
    }

    /// Returns the angle by which the ball leaves the line of the cue, radians, counter-clockwise: the shaft's end
    /// takes part in the impact and pushes the ball away from the side that is hit (D. Alciatore, TP A-31). `mass` is
    /// that of the ball, kilograms.
    #[must_use]
    pub fn squirt(&self, mass: f64, physics: &Physics) -> f64 {
        let rest = 1.0 - self.side * self.side;
        let end = mass / physics.cue.end_mass;
        -physics.cue.squirt * (2.5 * self.side * rest.sqrt()).atan2(1.0 + end + 2.5 * rest)
    }

    /// Returns the speed of a ball of this mass (kilograms) after the stroke, metres per second (D. Alciatore, TP A-30).
    #[must_use]
    pub fn ball_speed(&self, mass: f64, physics: &Physics) -> f64 {
        let offset = self.side * self.side + self.height * self.height;
        2.0 * self.speed / (1.0 + mass / physics.cue.mass + 2.5 * offset)
    }

    /// Checks the stroke against the limits of a cue.
    ///
    /// # Errors
    /// [`PhysicsError::BadStroke`] for numbers out of range, [`PhysicsError::Miscue`] for a contact too far off centre.
    pub fn validate(&self, physics: &Physics) -> Result<(), PhysicsError> {
        let numbers = [
            ("direction", self.direction, "a finite angle", self.direction.is_finite()),
            ("side offset", self.side, "a finite number", self.side.is_finite()),
            ("height offset", self.height, "a finite number", self.height.is_finite()),
            ("speed", self.speed, "0 or more and finite", self.speed >= 0.0 && self.speed.is_finite()),
            (
                "elevation",
                self.elevation,
                "0 or more, less than a right angle",
                (0.0..std::f64::consts::FRAC_PI_2).contains(&self.elevation),
            ),
        ];
        if let Some(&(what, value, expected, _)) = numbers.iter().find(|(.., holds)| !holds) {
            return Err(PhysicsError::BadStroke { what, value, expected });
        }
        let (offset, limit) = (self.side.hypot(self.height), physics.cue.miscue_limit);
        if offset > limit {
            return Err(PhysicsError::Miscue { offset, limit });
        }
        Ok(())
    }

    /// Returns the cue ball after the stroke: an instantaneous impact at a point (D. Alciatore, TP A-30). The part of
    /// the velocity down into the cloth is dropped, so the ball never jumps. Squirt rotates the velocity, not the spin.
    #[must_use]
    pub fn strike(&self, position: Vec2, body: BallSize, physics: &Physics) -> BallMotion {
        let speed = self.ball_speed(body.mass, physics);
        let (sin, cos) = self.elevation.sin_cos();
        let velocity = Vec2::from_angle(self.direction + self.squirt(body.mass, physics)) * (speed * cos);
        let spin = physics.cue.english * 2.5 * speed / body.radius;
        // Follow is spin about the axis 90° to the left; with an elevated cue, part of the side is spin about the
        // backward axis.
        let forward = Vec2::from_angle(self.direction);
        let flat = forward.perpendicular() * (spin * self.height) - forward * (spin * self.side * sin);
        BallMotion { position, velocity, spin: Vec3::new(flat.x, flat.y, -spin * self.side * cos) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: f64 = 0.028_575;
    const BODY: BallSize = BallSize { radius: R, mass: 0.170_097 };

    #[test]
    fn a_centre_hit_gives_half_as_much_again() {
        let stroke = Stroke::plain(1.0, 0.0);
        let ball = stroke.strike(Vec2::ZERO, BODY, &Physics::default());
        assert!((ball.velocity.x - 1.538_46).abs() < 1e-4 && ball.velocity.y == 0.0 && ball.spin == Vec3::ZERO);
    }

    #[test]
    fn follow_at_two_fifths_rolls_at_once() {
        let stroke = Stroke { height: 0.4, ..Stroke::plain(2.0, 1.0) };
        let ball = stroke.strike(Vec2::ZERO, BODY, &Physics::default());
        assert!(ball.slip(R).length() < 1e-12);
    }

    #[test]
    fn left_english_turns_clockwise_and_squirts_to_the_right() {
        let stroke = Stroke { side: 0.3, ..Stroke::plain(2.0, 0.0) };
        let ball = stroke.strike(Vec2::ZERO, BODY, &Physics::default());
        assert!(ball.spin.z < 0.0 && ball.velocity.y < 0.0);
        assert!(stroke.squirt(BODY.mass, &Physics::default()).to_degrees().abs() > 1.0);
    }

    #[test]
    fn what_a_cue_cannot_do_is_named() {
        let physics = Physics::default();
        let message = |stroke: Stroke| stroke.validate(&physics).expect_err("bad").to_string();
        assert_eq!(message(Stroke::plain(-1.0, 0.0)), "stroke: speed is -1, expected 0 or more and finite");
        assert!(message(Stroke::plain(f64::NAN, 0.0)).contains("speed is NaN"));
        assert!(message(Stroke { elevation: 2.0, ..Stroke::plain(1.0, 0.0) }).contains("elevation"));
        let miscue = Stroke { side: 0.4, height: -0.4, ..Stroke::plain(1.0, 0.0) };
        assert_eq!(message(miscue), "miscue: the tip hits 0.566 ball radii off centre, expected at most 0.5");
    }
}
