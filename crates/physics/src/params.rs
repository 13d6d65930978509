//! The model: properties of balls, cloth, cushions and cue, and the law of each kind of contact.
//!
//! Defaults are those of the reference, pooltool 0.6.0 with its default resolvers. Where the reference departs from its
//! own equations, the departure is a named switch in [`Quirks`].

use super::error::PhysicsError;
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use billiards_table::TableSpec;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Acceleration of gravity in the reference, metres per second squared.
pub const GRAVITY: f64 = 9.81;

/// Parameters of balls and cloth.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct BallParams {
    /// Mass of a ball, kilograms.
    pub mass: f64,
    /// Coefficient of friction of a sliding ball on the cloth.
    pub sliding_friction: f64,
    /// Coefficient of resistance of a ball rolling on the cloth.
    pub rolling_friction: f64,
    /// Coefficient of friction of the spin about the vertical, per metre of the ball's radius.
    pub spin_friction_per_radius: f64,
    /// Coefficient of restitution between two balls.
    pub restitution: f64,
    /// Acceleration of gravity, metres per second squared.
    pub gravity: f64,
}

/// Parameters of the cushions' rubber and cloth.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct CushionParams {
    /// Coefficient of restitution.
    pub restitution: f64,
    /// Coefficient of friction.
    pub friction: f64,
}

/// Parameters of the cue.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct CueParams {
    /// Mass of the cue, kilograms.
    pub mass: f64,
    /// Mass of the shaft's end that takes part in the impact, kilograms.
    pub end_mass: f64,
    /// Maximum offset of the tip from the ball's centre without a miscue, ball radii.
    pub miscue_limit: f64,
    /// Factor on the squirt angle: 1 as computed, 0 none.
    pub squirt: f64,
    /// Factor on the spin that a stroke gives: 1 as computed.
    pub english: f64,
}

/// Law of the friction between two balls.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub enum BallFriction {
    /// Coefficient `floor + scale·exp(-decay·slip)`, with the slip in metres per second: D. Alciatore, TP A-14.
    Alciatore {
        /// Coefficient at high slip.
        floor: f64,
        /// Addition to the coefficient at zero slip.
        scale: f64,
        /// Decay of the addition with the slip, seconds per metre.
        decay: f64,
    },
    /// Coefficient that is the same at any slip.
    Constant(f64),
}

/// Law of the collision of two balls.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub enum BallBallLaw {
    /// Restitution and dry friction, in closed form: D. Alciatore, TP.
    FrictionalInelastic(BallFriction),
    /// Elastic collision without friction.
    Frictionless,
    /// Impulse integrated over compression and restitution, with friction between the balls and at the cloth: S.
    /// Mathavan, M. R. Jackson and R. M. Parkin, Sports Engineering 17, 227, 2014.
    Mathavan {
        /// Coefficient of friction between the balls.
        friction: f64,
        /// Number of steps over the impulse.
        steps: u32,
    },
}

/// Law of the collision of a ball with a cushion.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub enum CushionLaw {
    /// Compliant cushion with dry friction: W. J. Stronge, Impact Mechanics, chapter 5.
    Stronge {
        /// Ratio of the tangential spring's frequency to the normal spring's, more than 1 and less than 2.
        frequency_ratio: f64,
    },
    /// One impulse at a rigid cushion: I. Han, Dynamics in carom and three cushion billiards, 2005.
    Han,
    /// Impulse integrated over compression and restitution with friction at cushion and cloth: S. Mathavan,
    /// M. R. Jackson and R. M. Parkin, Proc. IMechE C 224, 1863, 2010.
    Mathavan {
        /// Number of steps over the compression.
        steps: u32,
        /// Minimum size of a step, newton seconds.
        smallest_step: f64,
    },
    /// One impulse at a rigid tilted plane, with the friction of a solid sphere.
    Impulse,
}

/// Departures of the reference from its own equations; all are on in the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Quirks {
    /// `true` if the friction impulse between balls is μ times the change of the *relative* normal velocity after the
    /// impact, e·|Δv|; the normal impulse per unit mass is (1+e)/2·|Δv|.
    pub ball_friction_uses_rebound: bool,
    /// `true` if a ball touches a nose when its centre is one radius away horizontally. At a nose above the centre, the
    /// exact distance is less by `R - √(R² - (h-R)²)`.
    pub cushion_contact_at_radius: bool,
    /// `true` if the normal at a jaw leans from the centre of its arc, so that it is flatter than the normal at a nose.
    pub jaw_normal_from_centre: bool,
    /// `true` if, of two balls that leave a contact with nearly the same velocity, the chased one takes a tenth of the
    /// chaser's speed along the line of centres, so that the pair does not collide for ever.
    pub chased_ball_steals: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            ball_friction_uses_rebound: true,
            cushion_contact_at_radius: true,
            jaw_normal_from_centre: true,
            chased_ball_steals: true,
        }
    }
}

/// A maximum number of events that grows with the number of balls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Allowance {
    /// Number of events allowed in any shot.
    pub base: usize,
    /// Additional number of events allowed per ball.
    pub each: usize,
}

impl Allowance {
    /// Returns the number of events allowed with `balls` balls.
    #[must_use]
    pub fn of(self, balls: usize) -> usize {
        self.base.saturating_add(self.each.saturating_mul(balls))
    }
}

/// Limits of the computation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Limits {
    /// Maximum number of events of a shot; more are an error.
    pub events: Allowance,
    /// Number of events after which balls that press against one another are separated at [`Limits::hop`]. Otherwise a
    /// ball that presses against others, such as a cue ball with much follow behind a frozen row, collides with them
    /// thousands of times per second.
    pub patience: Allowance,
    /// Minimum speed at which balls separate in a shot with more events than [`Limits::patience`], metres per second;
    /// the energy is taken from the rest of their motion.
    pub hop: f64,
    /// Gap that is left between bodies after a contact, metres, so that rounding cannot make them overlap.
    pub gap: f64,
    /// Maximum overlap of two balls, or of a ball and a cushion, that is accepted in a layout, metres.
    pub overlap: f64,
}

/// The complete model: everything that a shot depends on except the table, the balls' states and the stroke.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "bevy", derive(Resource))]
pub struct Physics {
    /// Parameters of balls and cloth.
    pub ball: BallParams,
    /// Parameters of the cushions.
    pub cushion: CushionParams,
    /// Parameters of the cue.
    pub cue: CueParams,
    /// Law of the collision of two balls.
    pub ball_ball: BallBallLaw,
    /// Law of the collision with a nose or facing.
    pub rail: CushionLaw,
    /// Law of the collision with a jaw.
    pub jaw: CushionLaw,
    /// Departures of the reference from its own equations.
    pub quirks: Quirks,
    /// Limits of the computation.
    pub limits: Limits,
}

impl Default for BallFriction {
    fn default() -> Self {
        Self::Alciatore { floor: 0.009_951, scale: 0.108, decay: 1.088 }
    }
}

impl BallBallLaw {
    /// The reference's Mathavan model with its default steps.
    pub const MATHAVAN: Self = Self::Mathavan { friction: 0.05, steps: 1000 };
}

impl CushionLaw {
    /// The reference's default law.
    pub const STRONGE: Self = Self::Stronge { frequency_ratio: 1.8 };
    /// The reference's Mathavan model with its default steps.
    pub const MATHAVAN: Self = Self::Mathavan { steps: 1000, smallest_step: 0.001 };
}

impl Default for Physics {
    fn default() -> Self {
        Self {
            ball: BallParams {
                mass: 0.170_097,
                sliding_friction: 0.2,
                rolling_friction: 0.01,
                spin_friction_per_radius: 4.0 / 9.0,
                restitution: 0.95,
                gravity: GRAVITY,
            },
            cushion: CushionParams { restitution: 0.85, friction: 0.2 },
            cue: CueParams { mass: 0.567, end_mass: 0.170_097 / 30.0, miscue_limit: 0.5, squirt: 1.0, english: 1.0 },
            ball_ball: BallBallLaw::FrictionalInelastic(BallFriction::default()),
            rail: CushionLaw::STRONGE,
            jaw: CushionLaw::STRONGE,
            quirks: Quirks::default(),
            limits: Limits {
                events: Allowance { base: 4000, each: 50 },
                patience: Allowance { base: 200, each: 20 },
                hop: 0.02,
                gap: 1e-6,
                overlap: 1e-6,
            },
        }
    }
}

impl Physics {
    /// Creates the default model with the balls, cloth and cushions of a table.
    #[must_use]
    pub fn of_table(table: &TableSpec) -> Self {
        let mut physics = Self::default();
        physics.ball.mass = table.ball_mass;
        physics.ball.sliding_friction = table.cloth.sliding_friction;
        physics.ball.rolling_friction = table.cloth.rolling_friction;
        physics.ball.spin_friction_per_radius = table.cloth.spin_friction_per_radius;
        physics.cushion = CushionParams { restitution: table.cushions.restitution, friction: table.cushions.friction };
        physics
    }

    /// Checks that every parameter is in range.
    ///
    /// # Errors
    /// [`PhysicsError::BadParameter`] names the first parameter out of range.
    pub fn validate(&self) -> Result<(), PhysicsError> {
        let positive = [
            ("ball mass", self.ball.mass),
            ("sliding friction", self.ball.sliding_friction),
            ("rolling friction", self.ball.rolling_friction),
            ("spin friction per radius", self.ball.spin_friction_per_radius),
            ("gravity", self.ball.gravity),
            ("cue mass", self.cue.mass),
            ("cue end mass", self.cue.end_mass),
            ("gap", self.limits.gap),
        ];
        let unit = [("ball restitution", self.ball.restitution), ("cushion restitution", self.cushion.restitution)];
        let not_negative = [
            ("cushion friction", self.cushion.friction),
            ("squirt", self.cue.squirt),
            ("english", self.cue.english),
            ("hop", self.limits.hop),
            ("accepted overlap", self.limits.overlap),
        ];
        check(&positive, "more than 0 and finite", |v| v > 0.0 && v.is_finite())?;
        check(&unit, "more than 0, at most 1", |v| v > 0.0 && v <= 1.0)?;
        check(&not_negative, "0 or more and finite", |v| v >= 0.0 && v.is_finite())?;
        check(&[("miscue limit", self.cue.miscue_limit)], "more than 0, less than 1", |v| v > 0.0 && v < 1.0)?;
        for law in [self.rail, self.jaw] {
            if let CushionLaw::Stronge { frequency_ratio } = law {
                check(&[("frequency ratio", frequency_ratio)], "more than 1, less than 2", |v| v > 1.0 && v < 2.0)?;
            }
            if let CushionLaw::Mathavan { steps, smallest_step } = law {
                check(&[("steps", f64::from(steps))], "1 or more", |v| v >= 1.0)?;
                check(&[("smallest step", smallest_step)], "more than 0 and finite", |v| v > 0.0 && v.is_finite())?;
            }
        }
        if let BallBallLaw::Mathavan { friction, steps } = self.ball_ball {
            check(&[("ball friction", friction)], "0 or more and finite", |v| v >= 0.0 && v.is_finite())?;
            check(&[("steps", f64::from(steps))], "1 or more", |v| v >= 1.0)?;
        }
        if let BallBallLaw::FrictionalInelastic(friction) = self.ball_ball {
            let (a, b, c) = match friction {
                BallFriction::Alciatore { floor, scale, decay } => (floor, scale, decay),
                BallFriction::Constant(friction) => (friction, 0.0, 0.0),
            };
            let numbers = [("ball friction", a), ("ball friction scale", b), ("ball friction decay", c)];
            check(&numbers, "0 or more and finite", |v| v >= 0.0 && v.is_finite())?;
        }
        Ok(())
    }
}

fn check(
    numbers: &[(&'static str, f64)],
    expected: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), PhysicsError> {
    match numbers.iter().find(|(_, value)| !holds(*value)) {
        Some(&(name, value)) => Err(PhysicsError::BadParameter { name, value, expected }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_sound_and_nonsense_is_named() {
        assert_eq!(Physics::default().validate(), Ok(()));
        let mut physics = Physics::default();
        physics.ball.rolling_friction = f64::NAN;
        let error = physics.validate().expect_err("NaN");
        assert_eq!(error.to_string(), "physics: rolling friction is NaN, expected more than 0 and finite");
        let physics = Physics { jaw: CushionLaw::Stronge { frequency_ratio: 2.0 }, ..Physics::default() };
        assert!(physics.validate().is_err());
    }
}
