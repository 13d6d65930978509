//! Plays one shot and prints where every ball comes to rest.
//!
//! ```sh
//! cargo run --release -p billiards-physics --example one_shot
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use billiards_physics::{BallMotion, Engine, Physics, PhysicsError, Stroke, Table, Vec2};
use billiards_table::TableKind;

fn main() -> Result<(), PhysicsError> {
    let table = TableKind::NineFoot.spec();
    let engine = Engine::new(Table::from(&table), Physics::default())?;
    // The cue ball is the first of the layout; the object ball lies on the line to the far right corner.
    let layout = [Vec2::new(0.60, 0.60), Vec2::new(0.85, 1.60)].map(BallMotion::at_rest);
    let stroke = Stroke { height: -0.3, ..Stroke::plain(1.6, 78_f64.to_radians()) };

    let shot = engine.shoot(&layout, 0, &stroke)?;

    println!("the shot takes {:.2} s", shot.duration());
    for ball in 0..shot.balls() {
        let Some(rest) = shot.rest(ball) else { continue };
        let place = rest.state.position;
        match rest.pocket {
            Some(pocket) => println!("ball {ball} falls into pocket {pocket}"),
            None => println!("ball {ball} rests at x = {:.3} m, y = {:.3} m", place.x, place.y),
        }
    }
    Ok(())
}
