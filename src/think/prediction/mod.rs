//! Where the shot would go that the player is about to play, published as [`LivePrediction`].
//!
//! The physics answers. Where it cannot, because the balls lie as no balls can or the stroke would miscue, the line of
//! aim is cast through Rapier's table instead, in straight lines.

mod aim;
mod exact;
mod odds;

use crate::{
    app::PipelineSystems,
    model::{
        Ball, BallId, BallState, Cue, CueState, LiveOdds, LivePrediction, Prediction, TableFeatures, TablePoint,
        TableSpec, TableVector,
    },
    think::{
        physics::{BallMotion, Engine, Physics, Scatter, Snap, Stroke, Table, Vec2 as Vec2d, snap},
        world::RailFeature,
    },
};
use aim::{Layout, Obstacle, Spot, Sweep, Touch};
use bevy::prelude::*;
use bevy_rapier2d::{
    parry::shape::Ball as Disc,
    prelude::{QueryFilter, RapierContext, ReadRapierContext, ShapeCastOptions},
};
use odds::{Odds, Played, work_out};
use std::sync::Arc;
use tracing::{debug, warn};

/// Publishes [`LivePrediction`] while the cue is aimed at a resting cue ball, and [`LiveOdds`] a moment later.
///
/// Needs [`TableWorldPlugin`](super::world::TableWorldPlugin), whose colliders say what a ball would meet first.
#[derive(Debug, Clone, Copy, Default)]
pub struct PredictionPlugin {
    /// The odds are waited for, so that they do not depend on how fast the machine is.
    pub in_step: bool,
}

impl Plugin for PredictionPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<LivePrediction>()
            .init_resource::<PredictionSettings>()
            .init_resource::<LiveOdds>()
            .insert_resource(Odds::new(self.in_step))
            .add_systems(Update, predict.in_set(PipelineSystems::Predict).run_if(resource_exists::<TableSpec>))
            .add_systems(Update, work_out.in_set(PipelineSystems::Coach));
    }
}

/// How the shot is imagined.
#[derive(Resource, Debug, Clone, Copy, PartialEq)]
pub struct PredictionSettings {
    /// Speed with which a centre hit sends the cue ball off, metres a second.
    pub strike_speed: f64,
    /// Offset of the tip from the ball's centre to the left as the player sees it, ball radii.
    pub side: f64,
    /// Offset of the tip upwards, ball radii.
    pub height: f64,
    /// Elevation of the butt, radians.
    pub elevation: f64,
    /// Balls, cloth, cushions and cue.
    pub physics: Physics,
    /// How exact the player is.
    pub scatter: Scatter,
}

impl Default for PredictionSettings {
    fn default() -> Self {
        Self {
            strike_speed: 2.0,
            side: 0.0,
            height: 0.0,
            elevation: 0.0,
            physics: Physics::default(),
            scatter: Scatter::default(),
        }
    }
}

impl PredictionSettings {
    /// The stroke with these settings in a direction.
    #[must_use]
    pub fn stroke(&self, direction: TableVector) -> Stroke {
        let per_cue_speed = Stroke::plain(1.0, 0.0).ball_speed(&self.physics);
        Stroke {
            speed: self.strike_speed / per_cue_speed,
            direction: direction.y.atan2(direction.x),
            elevation: self.elevation,
            side: self.side,
            height: self.height,
        }
    }
}

/// What is worked out when the table or the model changes.
struct Known {
    table: TableSpec,
    physics: Physics,
    features: TableFeatures,
    /// `None` where the model's numbers make no sense.
    engine: Option<Arc<Engine>>,
}

impl Known {
    fn new(table: TableSpec, physics: Physics) -> Self {
        let engine = Engine::new(Table::from(&table), physics);
        if let Err(error) = &engine {
            warn!("shots are predicted in straight lines: {error}");
        }
        Self { table, physics, features: table.features(), engine: engine.ok().map(Arc::new) }
    }
}

fn predict(
    table: Res<TableSpec>,
    settings: Res<PredictionSettings>,
    cues: Query<&Cue>,
    balls: Query<&Ball>,
    rails: Query<&RailFeature>,
    rapier: ReadRapierContext,
    (mut known, mut live, mut odds): (Local<Option<Known>>, ResMut<LivePrediction>, ResMut<Odds>),
) {
    if known.as_ref().is_none_or(|known| known.table != *table || known.physics != settings.physics) {
        *known = Some(Known::new(*table, settings.physics));
    }
    let Some(known) = known.as_ref() else { return };
    let aimed = cues.iter().find(|cue| cue.state == CueState::Aiming);
    let cue_ball = balls.iter().filter(|ball| ball.is_cue_ball()).min_by_key(|ball| ball.id);
    odds.wanted = None;
    let prediction = match (aimed, cue_ball.filter(|ball| ball.state != BallState::Moving)) {
        (Some(cue), Some(cue_ball)) => {
            // A layout that cannot be, or a stroke that no cue can do, still has a line of aim.
            let shot = shoot(known, &settings, cue, cue_ball, &balls);
            let (prediction, played) = shot.unzip();
            odds.wanted = played;
            prediction.or_else(|| {
                let context = rapier.single().ok()?;
                aim_line(known, cue, cue_ball, settings.strike_speed, (&balls, &rails), &context)
            })
        }
        _ => None,
    };
    live.set_if_neq(LivePrediction(prediction));
}

/// The shot as the physics has it; `None`, with the reason in the log, when it cannot be.
fn shoot(
    known: &Known,
    settings: &PredictionSettings,
    cue: &Cue,
    cue_ball: &Ball,
    balls: &Query<&Ball>,
) -> Option<(Prediction, Played)> {
    let engine = known.engine.as_ref()?;
    // In the order of their names, so that the same table gives the same shot to the last digit.
    let mut layout: Vec<(BallId, TablePoint)> = balls.iter().map(|ball| (ball.id, ball.position)).collect();
    layout.sort_by_key(|(id, _)| *id);
    let ids: Vec<BallId> = layout.iter().map(|(id, _)| *id).collect();
    let struck = ids.iter().position(|id| *id == cue_ball.id)?;
    let mut places: Vec<Vec2d> = layout.iter().map(|(_, place)| (*place).into()).collect();
    let stroke = settings.stroke(cue.direction);
    let shot = snap(engine, &mut places, &Snap::default()).and_then(|_| {
        let balls: Vec<BallMotion> = places.iter().map(|place| BallMotion::at_rest(*place)).collect();
        Ok((engine.shoot(&balls, struck, &stroke)?, balls))
    });
    match shot {
        Ok((shot, balls)) => {
            let prediction = shot.prediction(&ids, struck, &stroke)?;
            let (engine, scatter) = (Arc::clone(engine), settings.scatter);
            Some((prediction, Played { engine, balls, ids, struck, stroke, scatter }))
        }
        Err(error) => {
            debug!("the shot is aimed in straight lines: {error}");
            None
        }
    }
}

/// The shot in straight lines, by Rapier's casts.
fn aim_line(
    known: &Known,
    cue: &Cue,
    cue_ball: &Ball,
    strike_speed: f64,
    (balls, rails): (&Query<&Ball>, &Query<&RailFeature>),
    context: &RapierContext<'_>,
) -> Option<Prediction> {
    let (table, features) = (&known.table, &known.features);
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
