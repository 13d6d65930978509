//! Collision of two balls of equal mass: instantaneous and at a point.

mod mathavan;

use super::motion::BallMotion;
use super::params::{BallBallLaw, BallFriction, Physics};
use super::vector::Vec2;

/// Slip speed below which no friction acts, metres per second.
const NO_SLIP: f64 = 2.2e-14;

/// Returns two balls after their collision. Their positions give the line of centres and are not changed.
#[must_use]
pub fn collide(first: BallMotion, second: BallMotion, radius: f64, physics: &Physics) -> (BallMotion, BallMotion) {
    let normal = (second.position - first.position).unit_or_zero();
    match physics.ball_ball {
        BallBallLaw::FrictionalInelastic(friction) => frictional(first, second, normal, radius, friction, physics),
        BallBallLaw::Frictionless => frictionless(first, second, normal),
        BallBallLaw::Mathavan { friction, steps } => {
            mathavan::collide(first, second, normal, radius, (friction, steps), physics)
        }
    }
}

/// Applies an elastic collision without friction: the balls swap their speeds along the line of centres.
fn frictionless(mut first: BallMotion, mut second: BallMotion, normal: Vec2) -> (BallMotion, BallMotion) {
    let swapped = normal * (first.velocity - second.velocity).dot(normal);
    first.velocity = first.velocity - swapped;
    second.velocity += swapped;
    (first, second)
}

/// Applies restitution along the line of centres and dry friction across it (D. Alciatore, TP,
/// extended to two moving balls). With n from the first ball to the second, t = z × n, and the slip of the surfaces at
/// the contact `s = (v1t − v2t + R(ω1z + ω2z), −R(ω1t + ω2t))` along (t, z), the friction impulse per unit mass is
/// `D = −μ·N·ŝ` as long as that does not reverse the slip, and `−s/7` otherwise; N is the impulse that presses the
/// balls together. The vertical velocities that D gives are dropped: the balls stay on the cloth.
fn frictional(
    mut first: BallMotion,
    mut second: BallMotion,
    normal: Vec2,
    radius: f64,
    friction: BallFriction,
    physics: &Physics,
) -> (BallMotion, BallMotion) {
    let tangent = normal.perpendicular();
    let e = physics.ball.restitution;
    let closing = (first.velocity - second.velocity).dot(normal);
    let pressed = 0.5 * (1.0 + e) * closing;

    let slip_t = (first.velocity - second.velocity).dot(tangent) + radius * (first.spin.z + second.spin.z);
    let slip_z = -radius * (first.spin + second.spin).flat().dot(tangent);
    let slip = slip_t.hypot(slip_z);
    let (mut push_t, mut push_z) = (0.0, 0.0);
    if slip > NO_SLIP {
        let mu = match friction {
            BallFriction::Alciatore { floor, scale, decay } => floor + scale * (-decay * slip).exp(),
            BallFriction::Constant(mu) => mu,
        };
        let impulse = if physics.quirks.ball_friction_uses_rebound { e * closing.abs() } else { pressed.abs() };
        // The impulse per unit mass D changes the slip by 7 D.
        let part = (mu * impulse / slip).min(1.0 / 7.0);
        (push_t, push_z) = (-part * slip_t, -part * slip_z);
    }

    let push = normal * -pressed + tangent * push_t;
    first.velocity += push;
    second.velocity = second.velocity - push;
    // Both spins change by the same vector: 5/(2R) n × D.
    let turn = 2.5 / radius;
    let turned = tangent * (-turn * push_z);
    for ball in [&mut first, &mut second] {
        ball.spin += turned.at_height(turn * push_t);
    }
    (first, second)
}

/// Separates two balls that leave a contact with nearly the same velocity and would otherwise collide repeatedly: the
/// chased ball takes a tenth of the chaser's speed along the line of centres, as in the reference.
#[must_use]
pub fn separate_similar_velocities(mut first: BallMotion, mut second: BallMotion) -> (BallMotion, BallMotion) {
    const STOLEN: f64 = 0.1;
    const SIMILAR_SPEED: f64 = 0.01;
    const SIMILAR_DIRECTION: f64 = 0.9;
    let normal = (second.position - first.position).unit_or_zero();
    let (v1, v2) = (first.velocity, second.velocity);
    let (n1, n2) = (v1.dot(normal), v2.dot(normal));
    if (n1 - n2).abs() < SIMILAR_SPEED {
        let product = v1.dot(v2);
        let speeds = v1.length() * v2.length();
        if speeds > 0.0 && product > SIMILAR_DIRECTION * speeds {
            let stolen = if n1 > n2 { n1 } else { -n2 } * STOLEN;
            first.velocity = v1 - normal * stolen;
            second.velocity = v2 + normal * stolen;
        }
    }
    (first, second)
}

/// Makes two balls that collided separate at `speed` or more, metres per second. Where that adds energy, all velocities
/// and spins of the two are scaled down until they have no more energy than before.
#[must_use]
pub fn separate_at_speed(
    mut first: BallMotion,
    mut second: BallMotion,
    radius: f64,
    speed: f64,
) -> (BallMotion, BallMotion) {
    let normal = (second.position - first.position).unit_or_zero();
    let parting = (second.velocity - first.velocity).dot(normal);
    let push = normal * (0.5 * (speed - parting));
    if parting >= speed {
        return (first, second);
    }
    let before = first.energy_per_mass(radius) + second.energy_per_mass(radius);
    first.velocity = first.velocity - push;
    second.velocity += push;
    let after = first.energy_per_mass(radius) + second.energy_per_mass(radius);
    if after > before {
        let part = (before / after).sqrt();
        for ball in [&mut first, &mut second] {
            ball.velocity = ball.velocity * part;
            ball.spin = ball.spin * part;
        }
    }
    (first, second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::Vec3;

    const R: f64 = 0.028_575;

    fn pair(cut_degrees: f64, speed: f64, spin: Vec3) -> (BallMotion, BallMotion) {
        let direction = Vec2::from_angle(cut_degrees.to_radians());
        let cue = BallMotion { position: Vec2::ZERO, velocity: Vec2::new(speed, 0.0), spin };
        (cue, BallMotion::at_rest(direction * (2.0 * R)))
    }

    /// Returns the angle by which the object ball leaves the line of centres, degrees.
    fn throw(cut_degrees: f64, speed: f64, spin: Vec3) -> f64 {
        let (cue, object) = pair(cut_degrees, speed, spin);
        let (_, object) = collide(cue, object, R, &Physics::default());
        (cut_degrees.to_radians() - object.velocity.y.atan2(object.velocity.x)).to_degrees()
    }

    #[test]
    fn a_stunned_cue_ball_throws_at_a_half_ball_hit() {
        for (speed, expected) in [(0.5, 4.84), (1.0, 4.05), (2.0, 2.59), (3.4, 1.50), (6.7, 0.71)] {
            let angle = throw(30.0, speed, Vec3::ZERO);
            assert!((angle - expected).abs() < 0.006, "{speed} m/s: {angle}");
        }
    }

    #[test]
    fn a_rolling_cue_ball_throws_half_as_much() {
        for (speed, expected) in [(0.5, 2.0), (1.0, 1.3), (2.0, 0.6)] {
            let angle = throw(30.0, speed, Vec3::new(0.0, speed / R, 0.0));
            assert!((angle - expected).abs() < 0.06, "{speed} m/s: {angle}");
        }
    }

    #[test]
    fn spin_throws_a_full_ball() {
        for (speed, part, expected) in [(0.5, 0.75, 4.56), (2.0, 0.5, 2.6)] {
            let angle = throw(0.0, speed, Vec3::new(0.0, 0.0, part * speed / R)).abs();
            assert!((angle - expected).abs() < 0.06, "{speed} m/s: {angle}");
        }
    }

    #[test]
    fn gearing_english_does_not_throw() {
        for cut in [10.0, 30.0, 55.0_f64] {
            let gearing = cut.to_radians().sin() * 1.5 / R;
            assert!(throw(cut, 1.5, Vec3::new(0.0, 0.0, gearing)).abs() < 1e-9);
        }
    }

    #[test]
    fn without_friction_balls_part_at_a_right_angle() {
        let physics = Physics { ball_ball: BallBallLaw::Frictionless, ..Physics::default() };
        let (cue, object) = pair(37.0, 2.0, Vec3::ZERO);
        let (cue, object) = collide(cue, object, R, &physics);
        assert!(cue.velocity.dot(object.velocity).abs() < 1e-12);
        assert!((cue.velocity + object.velocity - Vec2::new(2.0, 0.0)).length() < 1e-12);
    }

    #[test]
    fn restitution_and_throw_take_from_the_right_angle() {
        for (cut, expected) in [(30.0, 84.7), (60.0, 87.7)] {
            let (cue, object) = pair(cut, 2.0, Vec3::ZERO);
            let (cue, object) = collide(cue, object, R, &Physics::default());
            let angle = (cue.velocity.dot(object.velocity) / (cue.velocity.length() * object.velocity.length())).acos();
            assert!((angle.to_degrees() - expected).abs() < 0.5, "{cut}: {}", angle.to_degrees());
        }
    }

    #[test]
    fn a_hop_is_paid_for() {
        let first = BallMotion { spin: Vec3::new(0.0, 60.0, 0.0), ..BallMotion::at_rest(Vec2::ZERO) };
        let second = BallMotion::at_rest(Vec2::new(2.0 * R, 0.0));
        let (a, b) = separate_at_speed(first, second, R, 0.02);
        assert!(((b.velocity - a.velocity).x - 0.02).abs() < 1e-5);
        let energy = |a: &BallMotion, b: &BallMotion| a.energy_per_mass(R) + b.energy_per_mass(R);
        assert!((energy(&a, &b) - energy(&first, &second)).abs() < 1e-12);
        assert_eq!(separate_at_speed(second, first, R, 0.0), (second, first));
    }

    #[test]
    fn companions_part() {
        let first = BallMotion { velocity: Vec2::new(1.0, 0.0), ..BallMotion::at_rest(Vec2::ZERO) };
        let second = BallMotion { velocity: Vec2::new(0.995, 0.0), ..BallMotion::at_rest(Vec2::new(2.0 * R, 0.0)) };
        let (a, b) = separate_similar_velocities(first, second);
        assert!((a.velocity.x - 0.9).abs() < 1e-12 && (b.velocity.x - 1.095).abs() < 1e-12);
        let resting = BallMotion { velocity: Vec2::ZERO, ..second };
        assert_eq!(separate_similar_velocities(first, resting), (first, resting));
    }
}
