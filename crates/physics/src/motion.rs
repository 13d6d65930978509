//! Motion of a ball between events: always a parabola, with a linearly changing spin.
//!
//! With `u = v + ω × (-R z)` the velocity of the ball's lowest point over the cloth (Leckie and Greenspan, 2006;
//! <https://ekiefl.github.io/2020/04/24/pooltool-theory>):
//!
//! | motion | acceleration | lasts |
//! |---|---|---|
//! | sliding, u ≠ 0 | −μ_s g û | 2·\|u\| / (7 μ_s g) |
//! | rolling, u = 0 | −μ_r g v̂ | \|v\| / (μ_r g) |
//! | spinning, v = 0 | 0 | 2 R·\|ω_z\| / (5 μ_sp g) |
//!
//! The direction of `u` does not change while the ball slides, so the acceleration is constant. The spin about the
//! vertical decays independently at 5 μ_sp g / (2 R).

use super::params::Physics;
use super::vector::{Vec2, Vec3};
use billiards_table::MotionState;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Speed below which a ball counts as standing still, metres per second: rounding, not motion.
const STILL: f64 = 1e-12;

/// Position, velocity and spin of a ball at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct BallMotion {
    /// Position of the centre, metres.
    pub position: Vec2,
    /// Velocity of the centre, metres per second.
    pub velocity: Vec2,
    /// Angular velocity, radians per second, right-handed about the table's axes.
    pub spin: Vec3,
}

impl BallMotion {
    /// Creates a ball at rest.
    #[must_use]
    pub fn at_rest(position: Vec2) -> Self {
        Self { position, velocity: Vec2::ZERO, spin: Vec3::ZERO }
    }

    /// Returns the velocity of the ball's lowest point over the cloth, metres per second.
    #[inline]
    #[must_use]
    pub fn slip(&self, radius: f64) -> Vec2 {
        Vec2::new(self.velocity.x - radius * self.spin.y, self.velocity.y + radius * self.spin.x)
    }

    /// Returns the kinetic energy per unit mass, (metres per second) squared.
    #[must_use]
    pub fn energy_per_mass(&self, radius: f64) -> f64 {
        0.5 * self.velocity.length_squared() + 0.2 * radius * radius * self.spin.dot(self.spin)
    }

    /// Returns whether all components are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.position.is_finite() && self.velocity.is_finite() && self.spin.is_finite()
    }
}

/// Decelerations of a ball by the cloth, computed from the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cloth {
    pub radius: f64,
    /// Deceleration of sliding, metres per second squared.
    pub sliding: f64,
    /// Deceleration of rolling, metres per second squared.
    pub rolling: f64,
    /// Decay of the spin about the vertical, radians per second squared.
    pub spinning: f64,
}

impl Cloth {
    pub fn new(physics: &Physics, radius: f64) -> Self {
        let gravity = physics.ball.gravity;
        Self {
            radius,
            sliding: physics.ball.sliding_friction * gravity,
            rolling: physics.ball.rolling_friction * gravity,
            // The radius in the coefficient cancels the one in the denominator.
            spinning: 2.5 * physics.ball.spin_friction_per_radius * gravity,
        }
    }
}

/// One piece of a ball's path: constant acceleration, linearly changing spin. Times are seconds after the shot's start.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Piece {
    /// Index of the ball in the layout.
    pub ball: u16,
    /// Kind of motion.
    pub motion: MotionState,
    /// `true` if the ball has fallen into a pocket: it lies still and nothing collides with it.
    pub pocketed: bool,
    /// Start of the piece, seconds after the shot's start.
    pub start: f64,
    /// End of the piece, seconds after the shot's start; infinite for a ball that stays at rest.
    pub end: f64,
    /// State at `start`.
    pub initial: BallMotion,
    /// Acceleration of the centre, metres per second squared.
    pub acceleration: Vec2,
    /// Rate of change of the spin, radians per second squared; the vertical part stops when the spin is used up.
    pub spin_rate: Vec3,
}

impl Piece {
    /// Creates the piece that begins at `start` with the given state. It ends when the undisturbed motion would end.
    pub(super) fn begin(ball: u16, start: f64, initial: BallMotion, cloth: &Cloth) -> Self {
        let slip = initial.slip(cloth.radius);
        let speed_of_slip = slip.length();
        // A contact leaves rounding errors in the slip of a rolling ball.
        if speed_of_slip > STILL {
            Self::slide(ball, start, initial, slip, speed_of_slip, cloth)
        } else {
            Self::roll(ball, start, initial, cloth)
        }
    }

    fn slide(ball: u16, start: f64, initial: BallMotion, slip: Vec2, speed: f64, cloth: &Cloth) -> Self {
        let acceleration = slip * (-cloth.sliding / speed);
        let turn = 2.5 / cloth.radius;
        Self {
            ball,
            motion: MotionState::Sliding,
            pocketed: false,
            start,
            end: start + 2.0 * speed / (7.0 * cloth.sliding),
            initial,
            acceleration,
            spin_rate: Vec3::new(turn * acceleration.y, -turn * acceleration.x, decay(initial.spin.z, cloth)),
        }
    }

    /// Creates the piece of a ball without slip: it rolls, spins on the spot or lies still.
    pub(super) fn roll(ball: u16, start: f64, mut initial: BallMotion, cloth: &Cloth) -> Self {
        let speed = initial.velocity.length();
        if speed <= STILL {
            return Self::stand(ball, start, initial, cloth);
        }
        let acceleration = initial.velocity * (-cloth.rolling / speed);
        // From here on the slip is exactly zero.
        initial.spin.x = -initial.velocity.y / cloth.radius;
        initial.spin.y = initial.velocity.x / cloth.radius;
        Self {
            ball,
            motion: MotionState::Rolling,
            pocketed: false,
            start,
            end: start + speed / cloth.rolling,
            initial,
            acceleration,
            spin_rate: Vec3::new(
                -acceleration.y / cloth.radius,
                acceleration.x / cloth.radius,
                decay(initial.spin.z, cloth),
            ),
        }
    }

    fn stand(ball: u16, start: f64, initial: BallMotion, cloth: &Cloth) -> Self {
        let spin = initial.spin.z;
        let spins = spin.abs() * cloth.radius > STILL;
        Self {
            ball,
            motion: if spins { MotionState::Spinning } else { MotionState::Stationary },
            pocketed: false,
            start,
            end: if spins { start + spin.abs() / cloth.spinning } else { f64::INFINITY },
            initial: BallMotion {
                position: initial.position,
                velocity: Vec2::ZERO,
                spin: Vec3::new(0.0, 0.0, if spins { spin } else { 0.0 }),
            },
            acceleration: Vec2::ZERO,
            spin_rate: Vec3::new(0.0, 0.0, if spins { decay(spin, cloth) } else { 0.0 }),
        }
    }

    /// Creates the piece of a ball that has fallen, at the centre of its pocket.
    pub(super) fn fallen(ball: u16, start: f64, centre: Vec2) -> Self {
        Self {
            ball,
            motion: MotionState::Stationary,
            pocketed: true,
            start,
            end: f64::INFINITY,
            initial: BallMotion::at_rest(centre),
            acceleration: Vec2::ZERO,
            spin_rate: Vec3::ZERO,
        }
    }

    /// Returns the piece that follows when this one ends undisturbed.
    pub(super) fn successor(&self, cloth: &Cloth) -> Self {
        let state = self.at(self.end);
        match self.motion {
            MotionState::Sliding => Self::roll(self.ball, self.end, state, cloth),
            MotionState::Rolling => {
                let stopped = BallMotion { velocity: Vec2::ZERO, ..state };
                Self::stand(self.ball, self.end, stopped, cloth)
            }
            MotionState::Spinning | MotionState::Stationary => {
                Self::stand(self.ball, self.end, BallMotion::at_rest(state.position), cloth)
            }
        }
    }

    /// Returns whether the ball's centre moves.
    #[inline]
    #[must_use]
    pub fn is_moving(&self) -> bool {
        matches!(self.motion, MotionState::Sliding | MotionState::Rolling)
    }

    /// Returns the centre of the ball at `t`, metres. Times outside the piece are extrapolated.
    #[inline]
    #[must_use]
    pub fn position(&self, t: f64) -> Vec2 {
        let dt = t - self.start;
        self.initial.position + (self.initial.velocity + self.acceleration * (0.5 * dt)) * dt
    }

    /// Returns the velocity at `t`, metres per second.
    #[inline]
    #[must_use]
    pub fn velocity(&self, t: f64) -> Vec2 {
        self.initial.velocity + self.acceleration * (t - self.start)
    }

    /// Returns the state at `t`, exact within the piece.
    #[inline]
    #[must_use]
    pub fn at(&self, t: f64) -> BallMotion {
        if self.motion == MotionState::Stationary {
            return self.initial;
        }
        let dt = t - self.start;
        let spin = self.initial.spin;
        let turned = self.spin_rate.z * dt;
        BallMotion {
            position: self.position(t),
            velocity: self.velocity(t),
            spin: Vec3::new(
                spin.x + self.spin_rate.x * dt,
                spin.y + self.spin_rate.y * dt,
                if turned.abs() >= spin.z.abs() { 0.0 } else { spin.z + turned },
            ),
        }
    }
}

fn decay(spin: f64, cloth: &Cloth) -> f64 {
    if spin == 0.0 { 0.0 } else { -cloth.spinning.copysign(spin) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloth() -> Cloth {
        Cloth::new(&Physics::default(), 0.028_575)
    }

    #[test]
    fn a_stunned_ball_rolls_at_five_sevenths() {
        let start = BallMotion { velocity: Vec2::new(1.4, 0.0), ..BallMotion::default() };
        let slide = Piece::begin(0, 0.5, start, &cloth());
        assert_eq!(slide.motion, MotionState::Sliding);
        let roll = slide.successor(&cloth());
        assert_eq!(roll.motion, MotionState::Rolling);
        assert!((roll.initial.velocity - Vec2::new(1.0, 0.0)).length() < 1e-12);
        assert!(slide.at(slide.end).slip(0.028_575).length() < 1e-12);
        let end = roll.successor(&cloth());
        assert_eq!(end.motion, MotionState::Stationary);
        // v²/(2 μ_r g)
        assert!(((end.initial.position - roll.initial.position).x - 1.0 / (2.0 * 0.0981)).abs() < 1e-9);
    }

    #[test]
    fn side_spin_outlives_the_roll_and_then_stops() {
        let radius = 0.028_575;
        let spin = Vec3::new(0.0, 0.1 / radius, -40.0);
        let start = BallMotion { velocity: Vec2::new(0.1, 0.0), spin, ..BallMotion::default() };
        let roll = Piece::begin(3, 0.0, start, &cloth());
        let spinning = roll.successor(&cloth());
        assert_eq!((roll.motion, spinning.motion), (MotionState::Rolling, MotionState::Spinning));
        let decay = 5.0 * 0.0127 * 9.81 / (2.0 * radius);
        assert!((spinning.initial.spin.z + 40.0 - decay * roll.end).abs() < 1e-9);
        assert!((spinning.end - 40.0 / decay).abs() < 1e-9);
        assert_eq!(spinning.successor(&cloth()).motion, MotionState::Stationary);
    }

    #[test]
    fn a_ball_can_slide_while_it_stands() {
        let start = BallMotion { spin: Vec3::new(0.0, 30.0, 0.0), ..BallMotion::default() };
        let slide = Piece::begin(0, 0.0, start, &cloth());
        assert_eq!(slide.motion, MotionState::Sliding);
        assert!(slide.acceleration.x > 0.0, "top spin drives the ball on");
    }
}
