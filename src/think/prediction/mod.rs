//! Prediction of the shot that the player is about to play, published as [`LivePrediction`].
//!
//! Rapier's world finds the balls that lie close together and the first obstacle on the cue's line; the physics
//! predicts the paths of the balls. If the physics fails, because the layout of the balls is impossible or the stroke
//! would miscue, only the line of sight remains.

mod aim;
mod learning;
mod odds;
mod player;
mod stroke;
mod world;

pub use stroke::imagined;

use crate::{stages::PipelineSystems, think::world::collider_radius};
use aim::{Layout, Spot};
use bevy::prelude::*;
use billiards_physics::{BallMotion, Engine, Physics, Snap, Stroke, Vec2, fitting::TablePhysics, snap};
use billiards_table::{
    AimLine, Ball, BallId, BallState, Cue, Fate, LiveOdds, LivePrediction, LiveStrikeSpeed, Prediction, ShotSettings,
    StrikeSpeed, TableEvent, TableFeatures, TableKind, TablePoint, TableSpec, settings::Settings,
};
use learning::{Address, Player};
use odds::{Odds, ShotInputs, work_out};
use player::LayoutKind;
use std::sync::Arc;
use tracing::{debug, warn};
use world::Bodies;

/// Publishes [`LivePrediction`] and [`LiveStrikeSpeed`] while the cue is aimed at a resting cue ball, and [`LiveOdds`]
/// a moment later. Learns the speed of the player's strokes from [`ShotHistory`](super::history::ShotHistory), if that
/// is present. Keeps the model of the table in use in the resource [`Physics`].
///
/// Needs [`TableWorldPlugin`](super::world::TableWorldPlugin), whose colliders give the first obstacle of a ball.
#[derive(Debug, Clone, Copy, Default)]
pub struct PredictionPlugin {
    /// Waits for the odds, so that they do not depend on the speed of the machine.
    pub in_step: bool,
    /// Measured friction and restitution; the rest of the model is that of the table.
    pub physics: TablePhysics,
}

impl Plugin for PredictionPlugin {
    fn build(&self, app: &mut App) {
        // Until there is a table, the one that is assumed where nothing is known.
        let table = app.world().get_resource::<TableSpec>().copied().unwrap_or_else(|| TableKind::NINE_FOOT.spec());
        app.init_resource::<LivePrediction>()
            .init_resource::<Settings>()
            .init_resource::<LiveOdds>()
            .init_resource::<LiveStrikeSpeed>()
            .init_resource::<Player>()
            .add_message::<TableEvent>()
            .insert_resource(self.physics)
            .insert_resource(self.physics.of_table(&table))
            .insert_resource(Odds::new(self.in_step))
            .add_systems(
                Update,
                follow_table
                    .run_if(resource_exists_and_changed::<TableSpec>)
                    .after(PipelineSystems::Track)
                    .before(PipelineSystems::Predict),
            )
            .add_systems(
                Update,
                (learning::learn, predict.run_if(resource_exists::<TableSpec>))
                    .chain()
                    .in_set(PipelineSystems::Predict),
            )
            .add_systems(Update, work_out.in_set(PipelineSystems::Coach));
    }
}

/// Derives the model of a new table from what was measured.
fn follow_table(table: Res<TableSpec>, measured: Res<TablePhysics>, mut physics: ResMut<Physics>) {
    physics.set_if_neq(measured.of_table(&table));
}

/// Values that are calculated when the table or the physics change.
struct TableModel {
    table: TableSpec,
    physics: Physics,
    features: TableFeatures,
    /// `None` if the parameters of the physics are invalid.
    engine: Option<Arc<Engine>>,
}

impl TableModel {
    fn new(table: TableSpec, physics: Physics) -> Self {
        let engine = Engine::for_table(&table, physics);
        if let Err(error) = &engine {
            warn!("only the line of sight is shown: {error}");
        }
        Self { table, physics, features: table.features(), engine: engine.ok().map(Arc::new) }
    }
}

/// Inputs of a prediction besides the table.
#[derive(Clone, PartialEq)]
struct AimInputs {
    /// Sorted by id, so that the same table gives the same shot to the last digit.
    balls: Vec<(BallId, TablePoint)>,
    cue_ball: BallId,
    stroke: Stroke,
    strike: StrikeSpeed,
    settings: ShotSettings,
}

/// Last prediction's inputs.
#[derive(Default)]
struct Memory {
    known: Option<TableModel>,
    aimed: Option<AimInputs>,
}

fn predict(
    (table, physics, settings): (Res<TableSpec>, Res<Physics>, Res<Settings>),
    cues: Query<&Cue>,
    balls: Query<&Ball>,
    bodies: Bodies,
    mut player: ResMut<Player>,
    (mut memory, mut live, mut speed, mut odds): (
        Local<Memory>,
        ResMut<LivePrediction>,
        ResMut<LiveStrikeSpeed>,
        ResMut<Odds>,
    ),
) {
    let memory = &mut *memory;
    if memory.known.as_ref().is_none_or(|known| known.table != *table || known.physics != *physics) {
        *memory = Memory { known: Some(TableModel::new(*table, *physics)), aimed: None };
    }
    let Some(known) = memory.known.as_ref() else { return };
    let aimed = aimed(known, &settings.shot, &mut player, &cues, &balls);
    // The balls change with the camera's pictures, not with every update.
    if aimed == memory.aimed && (aimed.is_some() == live.0.is_some()) {
        return;
    }
    let shot = aimed.as_ref().map(|aimed| foresee(known, aimed, &bodies));
    let (prediction, played) = shot.unwrap_or_default();
    odds.wanted = played;
    speed.set_if_neq(LiveStrikeSpeed(aimed.as_ref().filter(|_| prediction.is_some()).map(|aimed| aimed.strike)));
    live.set_if_neq(LivePrediction(prediction));
    memory.aimed = aimed;
}

/// Returns the inputs of the prediction; `None` while nobody aims at a cue ball at rest. Records the player's address.
fn aimed(
    known: &TableModel,
    settings: &ShotSettings,
    player: &mut ResMut<Player>,
    cues: &Query<&Cue>,
    balls: &Query<&Ball>,
) -> Option<AimInputs> {
    let cue = cues.iter().find(|cue| cue.state.is_aimed())?;
    let cue_ball = balls.iter().filter(|ball| ball.is_cue_ball()).min_by_key(|ball| ball.id)?;
    if cue_ball.state == BallState::Moving {
        return None;
    }
    let mut layout: Vec<(BallId, TablePoint)> = balls.iter().map(|ball| (ball.id, ball.position)).collect();
    layout.sort_by_key(|(id, _)| *id);
    let places: Vec<TablePoint> = layout.iter().map(|(_, place)| *place).collect();
    let kind = LayoutKind::of(&places, known.table.ball_radius);
    let player = player.bypass_change_detection();
    let practice = cue.stroke_speed.map(|speed| speed * stroke::ball_speed_ratio(&known.table, &known.physics));
    player.address = Some(Address { layout: kind, practice });
    let (stroke, strike) = stroke::seen(settings, cue, &player.strokes, kind, &known.table, &known.physics);
    Some(AimInputs { balls: layout, cue_ball: cue_ball.id, stroke, strike, settings: *settings })
}

/// Returns the predicted shot, and what is needed to replay it if the physics predicted it.
fn foresee(known: &TableModel, aimed: &AimInputs, bodies: &Bodies) -> (Option<Prediction>, Option<ShotInputs>) {
    let Some(context) = bodies.context() else { return (None, None) };
    let table = &known.table;
    let spots: Vec<Spot> = aimed.balls.iter().map(|(id, position)| Spot { id: *id, position: *position }).collect();
    let cast = |sweep: &aim::Sweep| bodies.first_touch(&context, sweep, table.cue_ball.radius);
    let layout = Layout {
        features: &known.features,
        radius: table.cue_ball.radius,
        contact_distance: table.contact_distance(true),
        balls: &spots,
        horizon: table.length + table.width,
        cast: &cast,
    };
    let direction = Vec2::from_angle(aimed.stroke.direction).into();
    let line = layout.aim_line(aimed.cue_ball, direction);
    let reach = Snap::default().reach(table.ball_radius.max(table.cue_ball.radius));
    let near_pairs = bodies.near_pairs(&context, &aimed.balls, reach, collider_radius(table));
    match shoot(known, aimed, &near_pairs, line) {
        Some((prediction, played)) => (Some(prediction), Some(played)),
        None => (line.map(|line| layout.straight_shot(aimed.cue_ball, &line, aimed.strike.speed)), None),
    }
}

/// Predicts the shot with the physics; `None`, with the reason in the log, if that is impossible.
fn shoot(
    known: &TableModel,
    aimed: &AimInputs,
    near_pairs: &[(usize, usize)],
    line: Option<AimLine>,
) -> Option<(Prediction, ShotInputs)> {
    let engine = known.engine.as_ref()?;
    let ids: Vec<BallId> = aimed.balls.iter().map(|(id, _)| *id).collect();
    let struck = ids.iter().position(|id| *id == aimed.cue_ball)?;
    let mut places: Vec<Vec2> = aimed.balls.iter().map(|(_, place)| (*place).into()).collect();
    let shot = snap(engine, &mut places, Some(struck), near_pairs, &Snap::default()).and_then(|_| {
        let balls: Vec<BallMotion> = places.iter().map(|place| BallMotion::at_rest(*place)).collect();
        Ok((engine.shoot(&balls, struck, &aimed.stroke)?, balls))
    });
    match shot {
        Ok((shot, balls)) => {
            let prediction = Prediction { aim_line: line, ..shot.prediction(&ids, struck, &aimed.stroke)? };
            let (engine, scatter) = (Arc::clone(engine), (&aimed.settings).into());
            let falls = prediction.paths.iter().filter_map(|path| match path.fate {
                Fate::Pocketed(pocket) => Some((path.ball, pocket)),
                Fate::Rests | Fate::Open => None,
            });
            let falls = falls.collect();
            Some((prediction, ShotInputs { engine, balls, ids, struck, stroke: aimed.stroke, scatter, falls }))
        }
        Err(error) => {
            debug!("only the line of sight is shown: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        stages::StagesPlugin,
        think::world::{PocketSensor, RailFeature, TableWorldPlugin},
    };
    use billiards_table::{BallClass, BallLabel, CueState, TableVector};

    fn measured() -> TablePhysics {
        TablePhysics { cushion_restitution: Some(0.8), ..TablePhysics::default() }
    }

    fn app(table: TableSpec) -> App {
        let mut app = App::new();
        app.add_plugins((
            MinimalPlugins,
            TransformPlugin,
            StagesPlugin,
            TableWorldPlugin,
            PredictionPlugin { in_step: true, physics: measured() },
        ))
        .insert_resource(table);
        app.finish();
        app.cleanup();
        app
    }

    /// Places the balls, the first of them the cue ball, and a cue that is aimed along the table.
    fn aim(app: &mut App, places: &[(f64, f64)]) {
        for (i, (x, y)) in (0..).zip(places) {
            let class = if i == 0 { BallClass::Cue } else { BallClass::Other };
            let label = if i == 0 { BallLabel::Cue } else { BallLabel::Unknown };
            let (position, velocity) = (TablePoint::new(*x, *y), TableVector::zero());
            let ball =
                Ball { id: BallId(i), label, class, position, velocity, state: BallState::Resting, confidence: 1.0 };
            app.world_mut().spawn((ball, Transform::from_xyz(*x as f32, *y as f32, 0.0)));
        }
        let (x, y) = places[0];
        app.world_mut().spawn(Cue {
            tip: TablePoint::new(x, y - 0.1),
            butt: TablePoint::new(x, y - 0.9),
            direction: TableVector::new(0.0, 1.0),
            state: CueState::Aiming,
            speed: 0.0,
            stroke_speed: None,
            offset: Some(0.0),
        });
        app.update();
        app.update();
    }

    fn count<C: Component>(app: &mut App) -> usize {
        app.world_mut().query_filtered::<(), With<C>>().iter(app.world()).count()
    }

    #[test]
    fn on_a_table_without_pockets_nothing_falls() {
        let table = TableKind::named("carom-match").expect("a shipped table").spec();
        let mut app = app(table);
        let object = TablePoint::new(0.73, 1.5);
        aim(&mut app, &[(0.71, 0.6), (object.x, object.y), (0.3, 2.0)]);
        assert_eq!((count::<RailFeature>(&mut app), count::<PocketSensor>(&mut app)), (4, 0));
        let prediction = app.world().resource::<LivePrediction>().0.as_ref().expect("a prediction");
        let ghost = prediction.ghost_ball.expect("a contact");
        assert!(((ghost.position - object).length() - 2.0 * table.ball_radius).abs() < 1e-5, "{ghost:?}");
        assert!(prediction.paths.iter().all(|path| path.fate == Fate::Rests), "{prediction:?}");
        let odds = app.world().resource::<LiveOdds>().0.as_ref().expect("the odds");
        assert!(odds.pots.is_empty() && odds.scratch == 0.0 && !odds.rests.is_empty());
    }

    #[test]
    fn a_smaller_cue_ball_meets_the_object_ball_at_their_own_distance() {
        let table = TableKind::named("english-7ft").expect("a shipped table").spec();
        let mut app = app(table);
        let object = TablePoint::new(0.42, 1.2);
        aim(&mut app, &[(0.4, 0.4), (object.x, object.y)]);
        let prediction = app.world().resource::<LivePrediction>().0.as_ref().expect("a prediction");
        let (line, ghost) = prediction.aim_line.zip(prediction.ghost_ball).expect("a contact");
        let reach = table.contact_distance(true);
        assert!(((line.to - object).length() - reach).abs() < 1e-9, "{line:?}");
        assert!(((ghost.position - object).length() - reach).abs() < 1e-5, "{ghost:?}");
    }

    #[test]
    fn the_model_is_that_of_the_table_in_use() {
        let nine_foot = TableKind::NINE_FOOT.spec();
        let mut app = app(nine_foot);
        let model = |app: &App| *app.world().resource::<Physics>();
        assert_eq!(model(&app), measured().of_table(&nine_foot), "before the first update");
        let english = TableKind::named("english-7ft").expect("a shipped table").spec();
        *app.world_mut().resource_mut::<TableSpec>() = english;
        app.update();
        assert_eq!(model(&app), measured().of_table(&english));
        assert_eq!((model(&app).ball.mass, model(&app).cushion.restitution), (english.ball_mass, 0.8));
    }
}
