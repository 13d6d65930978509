//! Where the shot would go that the player is about to play, published as [`LivePrediction`].

mod aim;
mod exact;

use crate::{
    app::PipelineSystems,
    model::{
        Ball, BallState, Cue, CueState, LivePrediction, Prediction, TableFeatures, TablePoint, TableSpec, TableVector,
    },
    think::world::RailFeature,
};
use aim::{Layout, Obstacle, Spot, Sweep, Touch};
use bevy::prelude::*;
use bevy_rapier2d::{
    parry::shape::Ball as Disc,
    prelude::{QueryFilter, RapierContext, ReadRapierContext, ShapeCastOptions},
};

/// Publishes [`LivePrediction`] while the cue is aimed at a resting cue ball.
///
/// Needs [`TableWorldPlugin`](super::world::TableWorldPlugin), whose colliders say what a ball would meet first.
pub struct PredictionPlugin;

impl Plugin for PredictionPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<LivePrediction>()
            .init_resource::<PredictionSettings>()
            .add_systems(Update, predict.in_set(PipelineSystems::Predict).run_if(resource_exists::<TableSpec>));
    }
}

/// How the shot is imagined.
#[derive(Resource, Debug, Clone, Copy, PartialEq)]
pub struct PredictionSettings {
    /// Speed with which the cue ball leaves, metres a second.
    pub strike_speed: f64,
}

impl Default for PredictionSettings {
    fn default() -> Self {
        Self { strike_speed: 2.0 }
    }
}

/// The table's features, worked out when the table changes.
type KnownFeatures = Option<(TableSpec, TableFeatures)>;

fn predict(
    table: Res<TableSpec>,
    settings: Res<PredictionSettings>,
    cues: Query<&Cue>,
    balls: Query<&Ball>,
    rails: Query<&RailFeature>,
    rapier: ReadRapierContext,
    (mut features, mut live): (Local<KnownFeatures>, ResMut<LivePrediction>),
) {
    let features: &mut KnownFeatures = &mut features;
    if features.as_ref().is_none_or(|(known, _)| *known != *table) {
        *features = Some((*table, table.features()));
    }
    let aimed = cues.iter().find(|cue| cue.state == CueState::Aiming);
    let prediction = match (aimed, features.as_ref(), rapier.single()) {
        (Some(cue), Some((_, features)), Ok(context)) => {
            foresee(cue, &table, features, settings.strike_speed, (&balls, &rails), &context)
        }
        _ => None,
    };
    live.set_if_neq(LivePrediction(prediction));
}

/// The shot that `cue` is aimed for; `None` while the cue ball rolls or is not there.
fn foresee(
    cue: &Cue,
    table: &TableSpec,
    features: &TableFeatures,
    strike_speed: f64,
    (balls, rails): (&Query<&Ball>, &Query<&RailFeature>),
    context: &RapierContext<'_>,
) -> Option<Prediction> {
    let cue_ball = balls.iter().filter(|ball| ball.is_cue_ball()).min_by_key(|ball| ball.id)?;
    if cue_ball.state == BallState::Moving {
        return None;
    }
    let obstacle = |entity: Entity| {
        let ball = balls.get(entity).ok().map(|ball| Obstacle::Ball(ball.id));
        ball.or_else(|| rails.get(entity).ok().map(|rail| Obstacle::Cushion(rail.0)))
    };
    let disc = Disc::new(table.ball_radius as f32);
    let cast = |sweep: &Sweep<'_>| {
        let in_the_way = |entity: Entity| obstacle(entity).is_some_and(|it| !sweep.ignored.contains(&it));
        let (entity, hit) = context.cast_shape(
            point(sweep.from),
            0.0,
            vector(sweep.direction),
            &disc,
            // A ball that touches something and moves away from it is free to go.
            ShapeCastOptions {
                max_time_of_impact: sweep.length as f32,
                stop_at_penetration: false,
                ..ShapeCastOptions::default()
            },
            QueryFilter::default().exclude_sensors().predicate(&in_the_way),
        )?;
        let normal = hit.details.map(|details| TableVector::new(details.normal1.x.into(), details.normal1.y.into()));
        Some(Touch {
            obstacle: obstacle(entity)?,
            distance: hit.time_of_impact.into(),
            normal: normal.and_then(TableVector::try_normalize).unwrap_or(-sweep.direction),
        })
    };
    let spots: Vec<Spot> = balls.iter().map(|ball| Spot { id: ball.id, position: ball.position }).collect();
    let layout = Layout {
        features,
        ball_radius: table.ball_radius,
        balls: &spots,
        horizon: table.length + table.width,
        cast: &cast,
    };
    layout.predict(cue_ball.id, cue.direction, strike_speed)
}

fn point(p: TablePoint) -> Vec2 {
    Vec2::new(p.x as f32, p.y as f32)
}

fn vector(v: TableVector) -> Vec2 {
    Vec2::new(v.x as f32, v.y as f32)
}
