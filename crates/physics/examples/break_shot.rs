//! Breaks a rack of fifteen balls and prints the first events: strike, contacts, rails and pots.
//!
//! ```sh
//! cargo run --release -p billiards-physics --example break_shot
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use billiards_physics::{BallMotion, Engine, EventKind, Physics, PhysicsError, Stroke, Table, rack};
use billiards_table::TableKind;
use std::f64::consts::FRAC_PI_2;

fn main() -> Result<(), PhysicsError> {
    let table = TableKind::NINE_FOOT.spec();
    let engine = Engine::new(Table::from(&table), Physics::default())?;
    let mut layout = vec![rack::head_spot(&table)];
    layout.extend(rack::triangle(rack::foot_spot(&table), table.ball_radius, rack::RACK_GAP));
    let layout: Vec<BallMotion> = layout.into_iter().map(BallMotion::at_rest).collect();

    // A cue at 6 m/s gives the cue ball some 9 m/s. Aimed dead straight, the break would be symmetrical.
    let shot = engine.shoot(&layout, 0, &Stroke::plain(6.0, FRAC_PI_2 + 0.002))?;

    for event in shot.events().iter().filter(|event| !matches!(event.kind, EventKind::Settled { .. })).take(20) {
        println!("{:8.4} s  {:?}", event.time, event.kind);
    }
    let potted = (1..shot.balls()).filter(|ball| shot.rest(*ball).is_some_and(|rest| rest.pocket.is_some())).count();
    println!("{} events in {:.1} s, {potted} object balls potted", shot.events().len(), shot.duration());
    Ok(())
}
