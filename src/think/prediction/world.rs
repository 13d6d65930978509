//! Queries to the Rapier world: the first obstacle of a ball, and the balls that lie close together.

use super::aim::{Obstacle, Sweep, Touch};
use crate::think::world::RailFeature;
use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_rapier2d::{
    parry::shape::Ball as Disc,
    prelude::{QueryFilter, RapierContext, ReadRapierContext, ShapeCastOptions},
};
use billiards_table::{Ball, BallId, TablePoint, TableVector};

/// Rapier's bodies with their balls and cushions.
#[derive(SystemParam)]
pub(super) struct Bodies<'w, 's> {
    rapier: ReadRapierContext<'w, 's>,
    balls: Query<'w, 's, &'static Ball>,
    rails: Query<'w, 's, &'static RailFeature>,
}

impl Bodies<'_, '_> {
    /// Returns the Rapier world, once it exists.
    pub fn context(&self) -> Option<RapierContext<'_>> {
        self.rapier.single().ok()
    }

    /// Returns the first ball or cushion that the cue ball, of this radius, touches on a sweep; see
    /// [`collider_radius`](crate::think::world::collider_radius).
    pub fn first_touch(&self, context: &RapierContext<'_>, sweep: &Sweep, radius: f64) -> Option<Touch> {
        let in_the_way = |entity: Entity| self.obstacle(entity).is_some_and(|it| it != Obstacle::Ball(sweep.ball));
        let (entity, hit) = context.cast_shape(
            point(sweep.from),
            0.0,
            vector(sweep.direction),
            &Disc::new(radius as f32),
            // A ball that touches something and moves away from it is not stopped.
            ShapeCastOptions {
                max_time_of_impact: sweep.length as f32,
                stop_at_penetration: false,
                ..ShapeCastOptions::default()
            },
            QueryFilter::default().exclude_sensors().predicate(&in_the_way),
        )?;
        Some(Touch { obstacle: self.obstacle(entity)?, distance: hit.time_of_impact.into() })
    }

    /// Returns the pairs of balls, by their index in `layout`, whose centres are less than `reach` metres apart;
    /// `collider_radius` is that of the balls, metres.
    pub fn near_pairs(
        &self,
        context: &RapierContext<'_>,
        layout: &[(BallId, TablePoint)],
        reach: f64,
        collider_radius: f64,
    ) -> Vec<(usize, usize)> {
        let around = Disc::new((reach - collider_radius) as f32);
        let mut pairs = Vec::new();
        for (i, (_, place)) in layout.iter().enumerate() {
            context.intersect_shape(point(*place), 0.0, &around, QueryFilter::default(), |entity| {
                if let Ok(ball) = self.balls.get(entity) {
                    pairs.extend(layout.iter().position(|(id, _)| *id == ball.id).filter(|j| *j > i).map(|j| (i, j)));
                }
                true
            });
        }
        // A fixed order, independent of the order of the bodies in the world.
        pairs.sort_unstable();
        pairs
    }

    fn obstacle(&self, entity: Entity) -> Option<Obstacle> {
        let ball = self.balls.get(entity).ok().map(|ball| Obstacle::Ball(ball.id));
        ball.or_else(|| self.rails.get(entity).ok().map(|rail| Obstacle::Cushion(rail.0)))
    }
}

fn point(p: TablePoint) -> Vec2 {
    Vec2::new(p.x as f32, p.y as f32)
}

fn vector(v: TableVector) -> Vec2 {
    Vec2::new(v.x as f32, v.y as f32)
}
