//! The dimensions of a table that an operator measures and sets.

use super::{
    passage::Passage,
    table::{BallSize, PocketPair, PocketSpec, TableSpec},
    table_kind::TableKind,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A dimension of a table that an operator measures and sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableDimension {
    /// Length of the bed, nose to nose.
    Length,
    /// Width of the bed, nose to nose.
    Width,
    /// Diameter of the object balls.
    BallDiameter,
    /// Diameter of the cue ball.
    CueBallDiameter,
    /// Height of the nose above the bed.
    NoseHeight,
    /// Width of the mouths of the corner pockets.
    CornerWidth,
    /// Width of the mouths of the side pockets.
    SideWidth,
}

impl TableDimension {
    /// All dimensions, in the order in which they are shown and set.
    pub const ALL: [Self; 7] = [
        Self::Length,
        Self::Width,
        Self::BallDiameter,
        Self::CueBallDiameter,
        Self::NoseHeight,
        Self::CornerWidth,
        Self::SideWidth,
    ];

    /// Returns the key of the dimension in a table file.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Width => "width",
            Self::BallDiameter => "balls.diameter",
            Self::CueBallDiameter => "balls.cue_diameter",
            Self::NoseHeight => "nose_height",
            Self::CornerWidth => "pockets.corner.width",
            Self::SideWidth => "pockets.side.width",
        }
    }

    /// Returns a name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Length => "Length",
            Self::Width => "Width",
            Self::BallDiameter => "Ball",
            Self::CueBallDiameter => "Cue ball",
            Self::NoseHeight => "Nose height",
            Self::CornerWidth => "Corner pocket",
            Self::SideWidth => "Side pocket",
        }
    }

    /// Returns the dimension of a table, metres; `None` for pockets that the table lacks.
    #[must_use]
    pub fn of(self, table: &TableSpec) -> Option<f64> {
        match self {
            Self::Length => Some(table.length),
            Self::Width => Some(table.width),
            Self::BallDiameter => Some(2.0 * table.ball_radius),
            Self::CueBallDiameter => Some(2.0 * table.cue_ball.radius),
            Self::NoseHeight => Some(table.nose_height),
            Self::CornerWidth => table.pockets.map(|pockets| pockets.corner.width),
            Self::SideWidth => table.pockets.map(|pockets| pockets.side.width),
        }
    }

    /// Returns the possible values on a table with these other dimensions, metres.
    #[must_use]
    pub fn range(self, table: &TableSpec) -> RangeInclusive<f64> {
        let (object_ball, cue_ball) = (2.0 * table.ball_radius, 2.0 * table.cue_ball.radius);
        let (smaller, larger) = (object_ball.min(cue_ball), object_ball.max(cue_ball));
        let largest = 0.1_f64.min(0.2 * table.width);
        match self {
            Self::Length => 0.4..=5.0,
            Self::Width => 0.3 * table.length..=0.85 * table.length,
            Self::BallDiameter => 0.01..=largest,
            Self::CueBallDiameter => 0.7 * object_ball..=(1.4 * object_ball).min(largest),
            // A nose below the centre of a ball would let it climb; one above its top would let it pass.
            Self::NoseHeight => 0.5 * larger..=0.9 * smaller,
            Self::CornerWidth | Self::SideWidth => 1.02 * larger..=0.35 * table.width,
        }
    }

    /// Sets the dimension of a table, metres. What depends on it follows: markings keep their share of the length, balls
    /// their density, and a cue ball as large as the object balls stays as large. Pockets that the table lacks are left
    /// out.
    pub fn set(self, table: &mut TableSpec, metres: f64) {
        match (self, &mut table.pockets) {
            (Self::Length, _) => {
                table.markings = table.markings.scaled(metres / table.length);
                table.length = metres;
            }
            (Self::Width, _) => table.width = metres,
            (Self::BallDiameter, _) => {
                let ball = BallSize { radius: table.ball_radius, mass: table.ball_mass }.resized(0.5 * metres);
                if table.cue_ball.radius == table.ball_radius {
                    table.cue_ball = table.cue_ball.resized(ball.radius);
                }
                (table.ball_radius, table.ball_mass) = (ball.radius, ball.mass);
            }
            (Self::CueBallDiameter, _) => table.cue_ball = table.cue_ball.resized(0.5 * metres),
            (Self::NoseHeight, _) => table.nose_height = metres,
            (Self::CornerWidth, Some(pockets)) => pockets.corner = pockets.corner.widened(metres),
            (Self::SideWidth, Some(pockets)) => pockets.side = pockets.side.widened(metres),
            (Self::CornerWidth | Self::SideWidth, None) => {}
        }
        table.close_pockets();
    }
}

impl BallSize {
    /// Returns a ball of the same density and another radius, metres.
    fn resized(self, radius: f64) -> Self {
        Self { radius, mass: self.mass * (radius / self.radius).powi(3) }
    }
}

impl PocketSpec {
    /// Returns the pocket with another width of its mouth, metres, and a hole in proportion.
    fn widened(self, width: f64) -> Self {
        let by = width / self.width;
        Self { width, radius: by * self.radius, ..self }
    }

    fn scaled(self, by: f64) -> Self {
        let Self { width, angle, depth, radius, jaw_radius } = self;
        Self { width: by * width, angle, depth: by * depth, radius: by * radius, jaw_radius: by * jaw_radius }
    }
}

/// Minimum ratio of the radius of a hole to the radius that just closes its passage.
const CLOSED: f64 = 1.02;

impl TableSpec {
    /// Makes holes that small balls could pass as large as is needed.
    fn close_pockets(&mut self) {
        let (cushion, ball) = (self.cushion_width, self.ball_radius.min(self.cue_ball.radius));
        let Some(PocketPair { corner, side }) = &mut self.pockets else { return };
        let (of_corner, of_side) = (Passage::corner(corner, cushion), Passage::side(side, cushion));
        let close = |pocket: &mut PocketSpec, passage: Passage| {
            let closing = passage.closing_radius(ball);
            if pocket.radius < closing {
                pocket.radius = CLOSED * closing;
            }
        };
        close(corner, of_corner);
        close(side, of_side);
    }

    /// Gives the table pockets, those of an American table in proportion to the balls, or takes them away. Pockets that
    /// there are already stay as they are.
    pub fn set_pockets(&mut self, wanted: bool) {
        let american = TableKind::NINE_FOOT.spec();
        let by = self.ball_radius / american.ball_radius;
        let usual = american
            .pockets
            .map(|PocketPair { corner, side }| PocketPair { corner: corner.scaled(by), side: side.scaled(by) });
        self.pockets = self.pockets.or(usual).filter(|_| wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table_kind::TableName;

    fn custom(kind: TableKind) -> TableSpec {
        TableSpec { kind: TableName::Custom, ..kind.spec() }
    }

    #[test]
    fn dimensions_are_read_as_they_were_set() {
        for kind in TableKind::all() {
            for dimension in TableDimension::ALL {
                let mut table = custom(kind);
                let Some(before) = dimension.of(&table) else { continue };
                dimension.set(&mut table, before);
                assert_eq!(table, custom(kind), "{kind} {dimension:?}");
                dimension.set(&mut table, 1.01 * before);
                assert_eq!(dimension.of(&table), Some(1.01 * before), "{kind} {dimension:?}");
                assert!(dimension.range(&table).contains(&before), "{kind} {dimension:?}");
            }
        }
    }

    #[test]
    fn a_value_out_of_range_is_refused_by_its_key() {
        for dimension in TableDimension::ALL {
            let mut table = custom(TableKind::NINE_FOOT);
            let beyond = 1.001 * dimension.range(&table).end();
            dimension.set(&mut table, beyond);
            let error = table.check().expect_err("too large").to_string();
            assert!(error.starts_with(&format!("{} is ", dimension.key())), "{dimension:?}: {error}");
        }
    }

    #[test]
    fn what_depends_on_a_dimension_follows() {
        let mut snooker = custom(TableKind::named("snooker-12ft").expect("shipped"));
        let before = snooker;
        TableDimension::Length.set(&mut snooker, 0.5 * before.length);
        assert_eq!(snooker.markings.baulk_line, before.markings.baulk_line.map(|line| 0.5 * line));
        assert_eq!(snooker.markings.spots.distances()[0], 0.5 * before.markings.spots.distances()[0]);
        let mut pool = custom(TableKind::NINE_FOOT);
        TableDimension::BallDiameter.set(&mut pool, 0.05);
        assert_eq!((pool.cue_ball.radius, pool.cue_ball.mass), (pool.ball_radius, pool.ball_mass));
        assert!((0.11..0.12).contains(&pool.ball_mass), "{}", pool.ball_mass);
        TableDimension::CueBallDiameter.set(&mut pool, 0.048);
        TableDimension::BallDiameter.set(&mut pool, 0.051);
        assert_eq!(pool.cue_ball.radius, 0.024, "a cue ball of its own size keeps it");
    }

    #[test]
    fn pockets_come_and_go() {
        let mut pool = custom(TableKind::NINE_FOOT);
        pool.set_pockets(true);
        assert_eq!(pool, custom(TableKind::NINE_FOOT));
        pool.set_pockets(false);
        assert_eq!((pool.pockets, TableDimension::SideWidth.of(&pool)), (None, None));
        for kind in TableKind::all() {
            let mut table = custom(kind);
            table.set_pockets(false);
            assert_eq!(table.check(), Ok(()), "{kind}");
            table.set_pockets(true);
            assert_eq!(table.check(), Ok(()), "{kind}");
        }
    }
}
