//! The table in Rapier: noses, facings and jaws are fixed colliders, pockets are sensors, and each tracked ball is a
//! kinematic body, all in metres and without gravity.
//!
//! Rapier moves nothing here. It finds the first obstacle of a moving ball (see [`prediction`](super::prediction)), and
//! the tracked balls that enter a pocket.

use crate::stages::PipelineSystems;
use bevy::prelude::*;
use bevy_rapier2d::prelude::{
    ActiveCollisionTypes, ActiveEvents, Collider, CollisionEvent, NoUserData, PhysicsSet, RapierConfiguration,
    RapierContextInitialization, RapierPhysicsPlugin, RigidBody, Sensor, TimestepMode,
};
use billiards_table::{Ball, FeatureId, PocketId, RailSegment, TableEvent, TableKind, TablePoint, TableSpec};

/// Length of a physics step, seconds. Rapier moves no body, so it affects no speed.
const STEP: f32 = 1.0 / 60.0;

/// Number of physics steps per update. The first moves the kinematic bodies to the balls, at its end; only the second
/// detects which sensors they are in then.
const STEPS: usize = 2;

/// Minimum distance outside a pocket at which a ball has left it, ball radii, so that noise at the rim is not a second
/// pot.
const OUT_OF_POCKET: f32 = 0.5;

/// Keeps the table and its balls in a Rapier world that steps in `Update` between [`PipelineSystems::Track`] and
/// [`PipelineSystems::Predict`]: the predictions' queries are answered for the balls of the same frame.
pub struct TableWorldPlugin;

impl Plugin for TableWorldPlugin {
    fn build(&self, app: &mut App) {
        // The table is seen from above: gravity has no component along it.
        let configuration = RapierConfiguration { gravity: Vec2::ZERO, ..RapierConfiguration::new(1.0) };
        let world = RapierContextInitialization::InitializeDefaultRapierContext {
            integration_parameters: default(),
            rapier_configuration: configuration,
        };
        let rapier = RapierPhysicsPlugin::<NoUserData>::default().with_custom_initialization(world).in_schedule(Update);
        app.add_plugins(rapier)
            .insert_resource(TimestepMode::Fixed { dt: STEP, substeps: STEPS })
            .add_message::<TableEvent>()
            .add_observer(embody)
            .configure_sets(
                Update,
                (PhysicsSet::SyncBackend, PhysicsSet::StepSimulation, PhysicsSet::Writeback)
                    .chain()
                    .after(PipelineSystems::Track)
                    .before(PipelineSystems::Predict),
            )
            .add_systems(
                Update,
                (
                    build_table
                        .run_if(resource_exists_and_changed::<TableSpec>)
                        .after(PipelineSystems::Track)
                        .before(PhysicsSet::SyncBackend),
                    (report_pocketed, notice_returns)
                        .chain()
                        .after(PhysicsSet::Writeback)
                        .before(PipelineSystems::Predict),
                ),
            );
    }
}

/// Id of a nose, a facing or a jaw.
#[derive(Component, Debug, Clone, Copy, PartialEq, Eq)]
pub struct RailFeature(pub FeatureId);

/// Sensor of a pocket.
///
/// Rapier compares shapes, but a ball falls when its centre comes inside the hole. So the sensor is smaller than the
/// hole by the radius of a ball's collider: the two circles meet exactly when the centre comes inside.
#[derive(Component, Debug, Clone, Copy, PartialEq, Eq)]
pub struct PocketSensor(pub PocketId);

/// Marks a ball whose fall has been reported.
#[derive(Component, Debug, Clone, Copy, PartialEq)]
struct InPocket {
    centre: Vec2,
    /// Distance from the pocket's centre beyond which the ball is out again, metres.
    clear: f32,
}

/// Returns the radius of the collider of every ball, metres. A disc of the cue ball's own radius touches it when the
/// two balls touch: centres of unequal balls are less than the sum of their radii apart. The cue ball's collider has
/// the same radius, because a ball may be recognised as the cue ball at any time.
pub(super) fn collider_radius(table: &TableSpec) -> f64 {
    table.contact_distance(true) - table.cue_ball.radius
}

/// Adds a body to a tracked ball.
fn embody(added: On<Add, Ball>, table: Option<Res<TableSpec>>, mut commands: Commands) {
    let table = table.map_or_else(|| TableKind::NINE_FOOT.spec(), |table| *table);
    let collider = Collider::ball(collider_radius(&table) as f32);
    commands.entity(added.entity).try_insert((RigidBody::KinematicPositionBased, collider));
}

/// Replaces the table by that of the present [`TableSpec`].
fn build_table(
    table: Res<TableSpec>,
    mut built: Local<Option<TableSpec>>,
    parts: Query<Entity, Or<(With<RailFeature>, With<PocketSensor>)>>,
    mut balls: Query<&mut Collider, With<Ball>>,
    mut commands: Commands,
) {
    // Changed but equal: a new table would make balls in pockets fall again.
    if built.replace(*table) == Some(*table) {
        return;
    }
    parts.iter().for_each(|part| commands.entity(part).despawn());
    let (features, ball_radius) = (table.features(), collider_radius(&table));
    for rail in &features.rails {
        let (collider, middle) = bar(rail);
        let name = Name::new(format!("rail {}", rail.id.0));
        commands.spawn((RailFeature(rail.id), RigidBody::Fixed, collider, middle, name));
    }
    for jaw in &features.jaws {
        let name = Name::new(format!("jaw {}", jaw.id.0));
        let collider = Collider::ball(jaw.radius as f32);
        commands.spawn((RailFeature(jaw.id), RigidBody::Fixed, collider, place(jaw.centre), name));
    }
    for pocket in &features.pockets {
        // Rapier needs a collider with a size, even for a hole that is no wider than a ball.
        let radius = (pocket.radius - ball_radius).max(0.001);
        commands.spawn((
            PocketSensor(pocket.id),
            RigidBody::Fixed,
            Collider::ball(radius as f32),
            Sensor,
            ActiveEvents::COLLISION_EVENTS,
            // By default Rapier does not test fixed bodies against kinematic ones.
            ActiveCollisionTypes::KINEMATIC_STATIC,
            place(pocket.centre),
            Name::new(format!("pocket {}", pocket.id)),
        ));
    }
    for mut collider in &mut balls {
        *collider = Collider::ball(ball_radius as f32);
    }
}

/// Returns a straight piece of cushion relative to its middle, where single precision is finest.
fn bar(rail: &RailSegment) -> (Collider, Transform) {
    let half = (rail.to - rail.from) / 2.0;
    let end = Vec2::new(half.x as f32, half.y as f32);
    (Collider::segment(-end, end), place(rail.from + half))
}

fn place(p: TablePoint) -> Transform {
    Transform::from_xyz(p.x as f32, p.y as f32, 0.0)
}

/// Reports each tracked ball that enters a pocket, once.
fn report_pocketed(
    table: Option<Res<TableSpec>>,
    mut collisions: MessageReader<CollisionEvent>,
    pockets: Query<(&PocketSensor, &Transform)>,
    balls: Query<&Ball, Without<InPocket>>,
    mut events: MessageWriter<TableEvent>,
    mut commands: Commands,
) {
    let Some((table, holes)) = table.and_then(|table| Some((*table, table.pockets?))) else {
        collisions.clear();
        return;
    };
    let mut reported: Vec<Entity> = Vec::new();
    for collision in collisions.read() {
        let CollisionEvent::Started(one, other, _) = *collision else { continue };
        for (sensor, entity) in [(one, other), (other, one)] {
            let (Ok((pocket, at)), Ok(ball)) = (pockets.get(sensor), balls.get(entity)) else { continue };
            if reported.contains(&entity) {
                continue;
            }
            reported.push(entity);
            events.write(TableEvent::BallPocketed { ball: ball.id, pocket: pocket.0 });
            let hole = if pocket.0.is_side() { holes.side.radius } else { holes.corner.radius };
            let clear = hole as f32 + OUT_OF_POCKET * table.ball_radius as f32;
            commands.entity(entity).try_insert(InPocket { centre: at.translation.truncate(), clear });
        }
    }
}

/// Allows a ball that has come out of its pocket to be reported again.
fn notice_returns(balls: Query<(Entity, &Transform, &InPocket)>, mut commands: Commands) {
    for (entity, at, fallen) in &balls {
        if at.translation.truncate().distance(fallen.centre) > fallen.clear {
            commands.entity(entity).try_remove::<InPocket>();
        }
    }
}
