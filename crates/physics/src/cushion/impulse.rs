//! One impulse at a rigid plane that leans over the ball, with the friction of a solid sphere: the contact slips
//! throughout, or the slip stops.

use super::CushionContact;
use crate::motion::BallMotion;
use crate::params::Physics;

/// Returns the ball after the contact.
pub(super) fn bounce(mut ball: BallMotion, contact: &CushionContact, radius: f64, physics: &Physics) -> BallMotion {
    let normal = contact.leaning_normal(radius);
    let at_contact = ball.velocity.at_height(0.0) + ball.spin.cross(normal * -radius);
    let vn = at_contact.dot(normal);
    let slip = at_contact - normal * vn;
    let pressed = -(1.0 + physics.cushion.restitution) * vn;
    // An impulse moves the contact point of a solid sphere 7/2 times as much across as along the normal.
    let part =
        if slip.length() > 0.0 { (physics.cushion.friction * pressed / slip.length()).min(2.0 / 7.0) } else { 0.0 };
    let push = slip * -part;
    ball.velocity += (normal * pressed + push).flat();
    ball.spin += push.cross(normal) * (2.5 / radius);
    ball
}
