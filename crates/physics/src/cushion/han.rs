//! Han's law: one impulse at a rigid cushion whose nose leans over the ball (I. Han, Dynamics in carom and three
//! cushion billiards, J. Mech. Sci. Tech. 19, 976, 2005).

use super::{CushionContact, into_frame, out_of_frame};
use crate::motion::BallMotion;
use crate::params::Physics;
use crate::vector::Vec3;

/// Returns the ball after the contact. Impulses are per unit mass; in Han's frame x points into the cushion.
pub(super) fn bounce(mut ball: BallMotion, contact: &CushionContact, radius: f64, physics: &Physics) -> BallMotion {
    let (e, mu) = (physics.cushion.restitution, physics.cushion.friction);
    let into_cushion = -contact.normal;
    let v = into_frame(ball.velocity.at_height(0.0), into_cushion);
    let w = into_frame(ball.spin, into_cushion);
    let sin = contact.nose_height / radius - 1.0;
    let cos = (1.0 - sin * sin).max(0.0).sqrt();

    // Slip at the contact, equations 14, and the approach along the contact's normal.
    let slip_x = v.x * sin + radius * w.y;
    let slip_y = -v.y - radius * w.z * cos + radius * w.x * sin;
    let slip = slip_x.hypot(slip_y);
    let pressed = (1.0 + e) * v.x * cos;
    // Equations 17 to 20: friction stops the slip, or the contact slips until the end.
    let part = if slip * (2.0 / 7.0) <= mu * pressed { 2.0 / 7.0 } else { mu * pressed / slip };
    let (push_x, push_y) = (part * slip_x, part * slip_y);
    // Equations 21 to 23.
    let x = -push_x * sin - pressed * cos;
    let z = push_x * cos - pressed * sin;
    let turn = 2.5 / radius;
    let spin = Vec3::new(w.x - turn * push_y * sin, w.y + turn * (x * sin - z * cos), w.z + turn * push_y * cos);
    let velocity = Vec3::new(v.x + x, v.y + push_y, 0.0);
    ball.velocity = out_of_frame(velocity, into_cushion).flat();
    ball.spin = out_of_frame(spin, into_cushion);
    ball
}
