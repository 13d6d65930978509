//! Plays one shot and prints where every ball comes to rest.
//!
//! ```sh
//! cargo run --release -p billiards-physics --example one_shot
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use billiards_physics::{BallMotion, Engine, Physics, PhysicsError, Stroke, Table, Vec2};
use billiards_table::{PocketId, TableKind};

fn main() -> Result<(), PhysicsError> {
    let table = TableKind::NINE_FOOT.spec();
    let engine = Engine::new(Table::from(&table), Physics::default())?;
    let (cue_ball, object_ball) = (Vec2::new(0.60, 0.60), Vec2::new(0.85, 1.60));

    // The cue ball has to be at the ghost ball when it hits the object ball: two radii behind it, as seen from the
    // pocket.
    let pockets = table.features().pockets;
    let pocket =
        pockets.iter().find(|pocket| pocket.id == PocketId::RightTop).expect("every pool table has one").centre;
    let to_pocket = (Vec2::from(pocket) - object_ball).unit_or_zero();
    let ghost = object_ball - to_pocket * (2.0 * table.ball_radius);
    let aim = ghost - cue_ball;
    let stroke = Stroke { height: -0.3, ..Stroke::plain(1.6, aim.y.atan2(aim.x)) };

    // The cue ball is number 0 of the layout.
    let layout = [cue_ball, object_ball].map(BallMotion::at_rest);
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
