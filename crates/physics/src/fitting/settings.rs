//! Parameters and settings of a fit.

use crate::{Engine, Physics, PhysicsError, Table, params::Allowance};
use billiards_table::{TableFeatures, TableSpec};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// A parameter of the model that tracks can determine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Parameter {
    /// Coefficient of friction of a sliding ball on the cloth.
    SlidingFriction,
    /// Coefficient of resistance of a ball rolling on the cloth.
    RollingFriction,
    /// Coefficient of restitution of the cushions, e_c of the model: not the ratio of speeds, which is smaller.
    CushionRestitution,
    /// Coefficient of friction of the cushions.
    CushionFriction,
    /// Coefficient of restitution between two balls.
    BallRestitution,
}

impl Parameter {
    /// All parameters, in the order of the report.
    pub const ALL: [Self; 5] = [
        Self::SlidingFriction,
        Self::RollingFriction,
        Self::CushionRestitution,
        Self::CushionFriction,
        Self::BallRestitution,
    ];

    /// Returns the name for display.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SlidingFriction => "sliding friction",
            Self::RollingFriction => "rolling friction",
            Self::CushionRestitution => "cushion restitution",
            Self::CushionFriction => "cushion friction",
            Self::BallRestitution => "ball restitution",
        }
    }

    /// Returns the kind of evidence that is counted for the parameter.
    #[must_use]
    pub fn evidence(self) -> &'static str {
        match self {
            Self::SlidingFriction => "legs that may slide",
            Self::RollingFriction => "samples",
            Self::CushionRestitution | Self::CushionFriction => "rail contacts",
            Self::BallRestitution => "ball contacts",
        }
    }

    /// Returns the parameter's value in a model.
    #[must_use]
    pub fn of(self, physics: &Physics) -> f64 {
        match self {
            Self::SlidingFriction => physics.ball.sliding_friction,
            Self::RollingFriction => physics.ball.rolling_friction,
            Self::CushionRestitution => physics.cushion.restitution,
            Self::CushionFriction => physics.cushion.friction,
            Self::BallRestitution => physics.ball.restitution,
        }
    }

    /// Sets the parameter's value in a model.
    pub fn set(self, physics: &mut Physics, value: f64) {
        match self {
            Self::SlidingFriction => physics.ball.sliding_friction = value,
            Self::RollingFriction => physics.ball.rolling_friction = value,
            Self::CushionRestitution => physics.cushion.restitution = value,
            Self::CushionFriction => physics.cushion.friction = value,
            Self::BallRestitution => physics.ball.restitution = value,
        }
    }

    /// Returns the least and the greatest value that are searched.
    #[must_use]
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::SlidingFriction => (0.02, 0.8),
            Self::RollingFriction => (0.001, 0.06),
            Self::CushionRestitution => (0.3, 1.0),
            Self::CushionFriction => (0.0, 0.8),
            Self::BallRestitution => (0.6, 1.0),
        }
    }

    /// Returns whether a value lies at a limit of [`Parameter::range`], within the accuracy of the search.
    #[must_use]
    pub fn is_at_limit(self, value: f64) -> bool {
        let (least, most) = self.range();
        let close = 1e-3 * (most - least);
        value <= least + close || value >= most - close
    }

    /// Returns the maximum half-width of a 95 % interval; with a wider one, the default is the better guess.
    #[must_use]
    pub fn too_wide(self, value: f64) -> f64 {
        match self {
            Self::SlidingFriction | Self::RollingFriction => 0.6 * value,
            Self::CushionRestitution | Self::CushionFriction | Self::BallRestitution => 0.15,
        }
    }

    /// Returns the step of the numerical derivative.
    pub(super) fn step(self) -> f64 {
        match self {
            Self::RollingFriction => 2e-5,
            _ => 2e-4,
        }
    }
}

/// Settings of a fit: the table and the model to start from.
#[derive(Debug, Clone, PartialEq)]
pub struct FitSettings {
    /// Specification of the table.
    pub spec: TableSpec,
    /// `true` if the tracks give the position of the noses. They do not when pixels are only scaled.
    pub rails: bool,
    /// `true` if the table was assumed because none was named.
    pub table_assumed: bool,
    /// Model to start from; parameters that the tracks cannot determine keep its values.
    pub start: Physics,
}

/// Number of noses of a table with pockets, which come first among its features; one without has fewer pieces.
const MAX_NOSES: usize = 6;
/// Maximum number of events of a trial shot: it has one or two contacts, and then rolls out between the rails.
const MAX_EVENTS: Allowance = Allowance { base: 300, each: 50 };

impl FitSettings {
    /// Creates settings for a table, with the model that is usual for it.
    #[must_use]
    pub fn new(table: impl Into<TableSpec>) -> Self {
        let spec = table.into();
        Self { spec, rails: true, table_assumed: false, start: Physics::of_table(&spec) }
    }

    /// Returns a table of the noses without jaws and holes: only undisturbed motion and noses are fitted.
    pub(super) fn table(&self) -> Table {
        let mut rails = self.spec.features().rails;
        rails.truncate(MAX_NOSES);
        if !self.rails {
            // Far away: no nose is hit, and every position is on the table.
            for rail in &mut rails {
                for end in [&mut rail.from, &mut rail.to] {
                    end.x = if end.x > self.spec.width / 2.0 { 1e3 } else { -1e3 };
                    end.y = if end.y > self.spec.length / 2.0 { 1e3 } else { -1e3 };
                }
            }
            rails.retain(|rail| (rail.to - rail.from).length() > 1.0);
        }
        let features = TableFeatures { rails, jaws: Vec::new(), pockets: Vec::new() };
        Table::new(&features, self.spec.ball_radius, self.spec.nose_height)
    }

    /// Returns the engine for trial values, with the balls of the table. It accepts initial states that noise has put a
    /// little inside a cushion or a ball.
    pub(super) fn engine(&self, physics: &Physics) -> Result<Engine, PhysicsError> {
        let mut physics = *physics;
        physics.limits.overlap = 0.02;
        physics.limits.events = MAX_EVENTS;
        Engine::new(self.table(), physics)?.with_cue_ball_of(&self.spec)
    }
}
