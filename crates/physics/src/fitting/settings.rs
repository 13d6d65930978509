//! What is fitted, and what is known beforehand.

use crate::{Engine, Physics, PhysicsError, Table, params::Allowance};
use billiards_table::{TableFeatures, TableKind, TableSpec};
use serde::{Deserialize, Serialize};

/// A number of the model that tracks can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Friction of a sliding ball on the cloth.
    SlidingFriction,
    /// Resistance of a rolling ball.
    RollingFriction,
    /// Restitution of the cushions, e_c of the model: not the ratio of speeds, which is smaller.
    CushionRestitution,
    /// Friction of the cushions.
    CushionFriction,
    /// Restitution of two balls.
    BallRestitution,
}

impl Parameter {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 5] = [
        Self::SlidingFriction,
        Self::RollingFriction,
        Self::CushionRestitution,
        Self::CushionFriction,
        Self::BallRestitution,
    ];

    /// What it is called, for people.
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

    /// What its count counts.
    #[must_use]
    pub fn evidence(self) -> &'static str {
        match self {
            Self::SlidingFriction => "legs that may slide",
            Self::RollingFriction => "samples",
            Self::CushionRestitution | Self::CushionFriction => "rail contacts",
            Self::BallRestitution => "ball contacts",
        }
    }

    /// Its value in a model.
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

    /// Sets it in a model.
    pub fn set(self, physics: &mut Physics, value: f64) {
        match self {
            Self::SlidingFriction => physics.ball.sliding_friction = value,
            Self::RollingFriction => physics.ball.rolling_friction = value,
            Self::CushionRestitution => physics.cushion.restitution = value,
            Self::CushionFriction => physics.cushion.friction = value,
            Self::BallRestitution => physics.ball.restitution = value,
        }
    }

    /// Least and greatest value that is sought.
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

    /// Whether a value lies at a limit of [`Parameter::range`], as far as a search can tell.
    #[must_use]
    pub fn is_at_limit(self, value: f64) -> bool {
        let (least, most) = self.range();
        let close = 1e-3 * (most - least);
        value <= least + close || value >= most - close
    }

    /// A 95 % interval wider than this to either side says too little: the default is the better guess.
    #[must_use]
    pub fn too_wide(self, value: f64) -> f64 {
        match self {
            Self::SlidingFriction | Self::RollingFriction => 0.6 * value,
            Self::CushionRestitution | Self::CushionFriction | Self::BallRestitution => 0.15,
        }
    }

    /// Step of the numerical derivative.
    pub(super) fn step(self) -> f64 {
        match self {
            Self::RollingFriction => 2e-5,
            _ => 2e-4,
        }
    }
}

/// What is known beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct FitSettings {
    /// The table.
    pub spec: TableSpec,
    /// Whether the tracks say where the noses are. They do not when pixels are only scaled.
    pub rails: bool,
    /// The table was assumed, as nobody has named it.
    pub table_assumed: bool,
    /// The model to start from; what cannot be told from the tracks stays as it is here.
    pub start: Physics,
}

/// Most events of a trial shot: it has one contact or two, and then rolls out between the rails.
const MAX_EVENTS: Allowance = Allowance { base: 300, each: 50 };

impl FitSettings {
    /// A table of a built-in size, with the default model.
    #[must_use]
    pub fn new(kind: TableKind) -> Self {
        Self { spec: kind.spec(), rails: true, table_assumed: false, start: Physics::default() }
    }

    /// The six noses without jaws and holes: only undisturbed motion and noses are fitted.
    pub(super) fn table(&self) -> Table {
        let mut rails = self.spec.features().rails;
        rails.truncate(6);
        if !self.rails {
            // Far away: nothing is met, and every place is on the table.
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

    /// The engine for trial values: starts that noise has put a little inside a cushion or a ball are accepted.
    pub(super) fn engine(&self, physics: &Physics) -> Result<Engine, PhysicsError> {
        let mut physics = *physics;
        physics.limits.overlap = 0.02;
        physics.limits.events = MAX_EVENTS;
        Engine::new(self.table(), physics)
    }
}
