//! The table in Rapier: its geometry, and balls that fall into its pockets.

use crate::common::{shared, table_app};
use bevy::prelude::*;
use bevy_rapier2d::prelude::Collider;
use billiards_table::{
    Ball, BallClass, BallId, BallLabel, BallState, PocketId, TableEvent, TableFeatures, TableKind, TablePoint,
    TableSpec, TableVector,
};
use billiards_trainer::think::world::{PocketSensor, RailFeature};
use serde_json::Value;
use std::fs;

fn ball(id: u32, position: TablePoint) -> (Ball, Transform) {
    let ball = Ball {
        id: BallId(id),
        label: BallLabel::Unknown,
        class: BallClass::Solid,
        position,
        velocity: TableVector::zero(),
        state: BallState::Resting,
        confidence: 0.9,
    };
    (ball, Transform::from_xyz(position.x as f32, position.y as f32, 0.0))
}

fn place(app: &mut App, ball: Entity, position: TablePoint) {
    let mut at = app.world_mut().get_mut::<Transform>(ball).expect("the ball has a place");
    at.translation = Vec3::new(position.x as f32, position.y as f32, 0.0);
}

/// Runs some updates and returns all pots that were reported meanwhile.
fn falls(app: &mut App, updates: usize) -> Vec<TableEvent> {
    let mut cursor = app.world().resource::<Messages<TableEvent>>().get_cursor_current();
    let mut falls = Vec::new();
    for _ in 0..updates {
        app.update();
        falls.extend(cursor.read(app.world().resource::<Messages<TableEvent>>()).copied());
    }
    falls
}

fn count<C: Component>(app: &mut App) -> usize {
    app.world_mut().query_filtered::<(), With<C>>().iter(app.world()).count()
}

#[test]
fn a_ball_that_comes_into_a_pocket_falls_once() {
    let mut app = table_app(TableKind::NINE_FOOT);
    let features = app.world().resource::<TableSpec>().features();
    let mouse = app.world_mut().spawn(ball(7, TablePoint::new(0.5, 0.5))).id();
    assert!(falls(&mut app, 3).is_empty());
    for pocket in &features.pockets {
        place(&mut app, mouse, pocket.centre);
        let pocketed = TableEvent::BallPocketed { ball: BallId(7), pocket: pocket.id };
        assert_eq!(falls(&mut app, 6), [pocketed]);
        place(&mut app, mouse, TablePoint::new(0.5, 0.5));
        assert!(falls(&mut app, 3).is_empty());
    }
}

#[test]
fn a_ball_falls_when_its_centre_is_over_the_hole() {
    let mut app = table_app(TableKind::NINE_FOOT);
    let features = app.world().resource::<TableSpec>().features();
    let hole = features.pockets.iter().find(|pocket| pocket.id == PocketId::LeftBottom).copied().expect("a pocket");
    let inwards = TableVector::new(1.0, 1.0).normalize();
    let hangs = app.world_mut().spawn(ball(1, hole.centre + inwards * (hole.radius + 0.002))).id();
    assert!(falls(&mut app, 3).is_empty());
    place(&mut app, hangs, hole.centre + inwards * (hole.radius - 0.002));
    assert_eq!(falls(&mut app, 3), [TableEvent::BallPocketed { ball: BallId(1), pocket: PocketId::LeftBottom }]);
    // Noise at the rim is not a second pot.
    for offset in [0.002, -0.002, 0.002, -0.002] {
        place(&mut app, hangs, hole.centre + inwards * (hole.radius + offset));
        assert!(falls(&mut app, 2).is_empty());
    }
}

#[test]
fn another_table_takes_the_place_of_the_first() {
    let mut app = table_app(TableKind::SEVEN_FOOT);
    let mouse = app.world_mut().spawn(ball(1, TablePoint::new(0.5, 0.5))).id();
    app.update();
    assert_eq!((count::<RailFeature>(&mut app), count::<PocketSensor>(&mut app)), (30, 6));
    *app.world_mut().resource_mut::<TableSpec>() = TableKind::NINE_FOOT.spec();
    app.update();
    app.update();
    assert_eq!((count::<RailFeature>(&mut app), count::<PocketSensor>(&mut app)), (30, 6));
    // The pockets are those of the larger table.
    place(&mut app, mouse, TablePoint::new(1.29, 2.56));
    assert_eq!(falls(&mut app, 3), [TableEvent::BallPocketed { ball: BallId(1), pocket: PocketId::RightTop }]);
}

#[test]
fn a_ball_taken_off_leaves_nothing_behind() {
    let mut app = table_app(TableKind::NINE_FOOT);
    let gone = app.world_mut().spawn(ball(1, TablePoint::new(0.5, 0.5))).id();
    app.update();
    assert!(app.world().get::<Collider>(gone).is_some(), "a tracked ball has a body");
    app.world_mut().despawn(gone);
    assert!(falls(&mut app, 3).is_empty());
}

/// Feature as numbers that can be compared: `[x, y, x, y]` of a segment, `[x, y, radius, 0]` of a circle.
type Figures = [f64; 4];

fn number(value: &Value, path: &[&str]) -> f64 {
    let found = path.iter().fold(value, |value, key| match key.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[*key],
    });
    found.as_f64().unwrap_or_else(|| panic!("{path:?} of {value} is no number"))
}

fn list<'a>(geometry: &'a Value, key: &str) -> &'a Vec<Value> {
    geometry[key].as_array().unwrap_or_else(|| panic!("`{key}` is no list"))
}

/// Returns a segment with its ends in a fixed order, so that equal segments compare equal.
fn segment(a: [f64; 2], b: [f64; 2]) -> Figures {
    let (a, b) = if a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])).is_le() { (a, b) } else { (b, a) };
    [a[0], a[1], b[0], b[1]]
}

fn ours(features: &TableFeatures) -> [Vec<Figures>; 3] {
    let circle = |p: TablePoint, r: f64| [p.x, p.y, r, 0.0];
    [
        features.rails.iter().map(|rail| segment(rail.from.to_array(), rail.to.to_array())).collect(),
        features.jaws.iter().map(|jaw| circle(jaw.centre, jaw.radius)).collect(),
        features.pockets.iter().map(|pocket| circle(pocket.centre, pocket.radius)).collect(),
    ]
}

fn reference(geometry: &Value) -> [Vec<Figures>; 3] {
    let end = |value: &Value, key: &str| [number(value, &[key, "0"]), number(value, &[key, "1"])];
    let circle = |value: &Value| {
        let [x, y] = end(value, "center");
        [x, y, number(value, &["radius"]), 0.0]
    };
    [
        list(geometry, "linear").iter().map(|value| segment(end(value, "p1"), end(value, "p2"))).collect(),
        list(geometry, "circular").iter().map(circle).collect(),
        list(geometry, "pockets").iter().map(circle).collect(),
    ]
}

fn close(a: &Figures, b: &Figures) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
}

#[test]
fn the_geometry_is_that_of_the_reference() {
    let Some(file) = shared("physics/shots_dev.json") else { return };
    let text = fs::read_to_string(&file).expect("the reference shots can be read");
    let shots: Value = serde_json::from_str(&text).expect("the reference shots are JSON");
    for kind in TableKind::AMERICAN {
        let geometry = &shots["meta"]["tables"][kind.to_string()]["geometry"];
        for (mine, theirs) in ours(&kind.spec().features()).iter().zip(&reference(geometry)) {
            assert_eq!(mine.len(), theirs.len(), "{kind}");
            for feature in theirs {
                let alike = mine.iter().filter(|own| close(own, feature)).count();
                assert_eq!(alike, 1, "{kind}: {feature:?} has {alike} counterparts");
            }
        }
    }
}
