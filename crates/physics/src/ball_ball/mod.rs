//! Collision of two balls: instantaneous and at a point.
//!
//! Balls may differ in radius and mass. On the cloth the centre of the larger one is higher, so that the line of centres
//! leans. The smaller ball is pressed onto the cloth, which bears it; the larger one is pushed up, and that velocity is
//! dropped: the balls stay on the cloth. Mathavan's law ignores the lean.

mod mathavan;

use super::motion::BallMotion;
use super::params::{BallBallLaw, BallFriction, Physics};
use super::vector::Vec2;
use billiards_table::BallSize;

/// Slip speed below which no friction acts, metres per second.
const NO_SLIP: f64 = 2.2e-14;

/// Returns two balls after their collision. Their positions give the line of centres and are not changed.
#[must_use]
pub fn collide(
    first: BallMotion,
    second: BallMotion,
    bodies: [BallSize; 2],
    physics: &Physics,
) -> (BallMotion, BallMotion) {
    let pair = Pair::new(&first, &second, bodies);
    match physics.ball_ball {
        BallBallLaw::FrictionalInelastic(friction) => frictional(first, second, &pair, friction, physics),
        BallBallLaw::Frictionless => frictionless(first, second, &pair),
        BallBallLaw::Mathavan { friction, steps } => {
            mathavan::collide(first, second, &pair, (friction, steps), physics)
        }
    }
}

/// Geometry and masses of two balls in contact.
#[derive(Debug, Clone, Copy)]
struct Pair {
    /// Horizontal unit vector from the first ball to the second.
    normal: Vec2,
    radii: [f64; 2],
    /// Mass of the first ball over that of the second.
    mass_ratio: f64,
    /// Sine of the angle by which the line of centres rises from the first ball to the second.
    sin: f64,
    /// Cosine of that angle.
    cos: f64,
}

impl Pair {
    fn new(first: &BallMotion, second: &BallMotion, [one, two]: [BallSize; 2]) -> Self {
        let sin = (two.radius - one.radius) / (two.radius + one.radius);
        Self {
            normal: (second.position - first.position).unit_or_zero(),
            radii: [one.radius, two.radius],
            mass_ratio: one.mass / two.mass,
            sin,
            cos: (1.0 - sin * sin).sqrt(),
        }
    }

    /// Returns the change of the first ball's horizontal velocity when the balls approach each other at `closing` metres
    /// per second along the horizontal normal and separate with the coefficient of restitution `e`. It is the impulse
    /// per unit mass of the first ball.
    fn pressed(&self, e: f64, closing: f64) -> f64 {
        let lean = self.cos * self.cos;
        // The cloth takes the vertical part of the impulse from the smaller ball.
        let inertia = if self.sin < 0.0 { 1.0 + lean * self.mass_ratio } else { lean + self.mass_ratio };
        (1.0 + e) * closing * lean / inertia
    }
}

/// Applies an elastic collision without friction: balls of equal mass swap their speeds along the line of centres.
fn frictionless(mut first: BallMotion, mut second: BallMotion, pair: &Pair) -> (BallMotion, BallMotion) {
    let push = pair.normal * pair.pressed(1.0, (first.velocity - second.velocity).dot(pair.normal));
    first.velocity = first.velocity - push;
    second.velocity += push * pair.mass_ratio;
    (first, second)
}

/// Applies restitution along the line of centres and dry friction across it (D. Alciatore, TP,
/// extended to two moving balls of any radius and mass). With n the unit vector along the line of centres from the first
/// ball to the second, t = z × n_horizontal / |n_horizontal| and b = n × t, the slip of the surfaces at the contact is
/// `s = ((v1 − v2)·t + Ω·b, (v1 − v2)·b − Ω·t)` along (t, b), where `Ω = R1 ω1 + R2 ω2`. The friction impulse per unit
/// mass of the first ball is `D = −μ·N·ŝ` as long as that does not reverse the slip, and `−s / (3.5 (1 + m1/m2))`
/// otherwise; N is the impulse that presses the balls together. The vertical velocities that D gives are dropped: the
/// balls stay on the cloth.
fn frictional(
    mut first: BallMotion,
    mut second: BallMotion,
    pair: &Pair,
    friction: BallFriction,
    physics: &Physics,
) -> (BallMotion, BallMotion) {
    let Pair { normal, radii: [radius, other_radius], mass_ratio, sin, cos } = *pair;
    let tangent = normal.perpendicular();
    let e = physics.ball.restitution;
    let closing = (first.velocity - second.velocity).dot(normal);
    let pressed = pair.pressed(e, closing);

    let spin = first.spin + second.spin * (other_radius / radius);
    let level_spin = spin.flat();
    let slip_t =
        (first.velocity - second.velocity).dot(tangent) + radius * (cos * spin.z - sin * level_spin.dot(normal));
    let slip_b = -radius * level_spin.dot(tangent) - sin * closing;
    let slip = slip_t.hypot(slip_b);
    let (mut push_t, mut push_b) = (0.0, 0.0);
    if slip > NO_SLIP {
        let mu = match friction {
            BallFriction::Alciatore { floor, scale, decay } => floor + scale * (-decay * slip).exp(),
            BallFriction::Constant(mu) => mu,
        };
        let impulse = if physics.quirks.ball_friction_uses_rebound {
            e * closing.abs() * (2.0 / (1.0 + mass_ratio))
        } else {
            pressed.abs() / cos
        };
        // The impulse per unit mass D changes the slip by 7 D between balls of equal mass.
        let part = (mu * impulse / slip).min(1.0 / (3.5 * (1.0 + mass_ratio)));
        (push_t, push_b) = (-part * slip_t, -part * slip_b);
    }

    let push = normal * -(pressed + sin * push_b) + tangent * push_t;
    first.velocity += push;
    second.velocity = second.velocity - push * mass_ratio;
    // Both spins change along n × D.
    let turned =
        |turn: f64| (tangent * (-turn * push_b) - normal * (turn * sin * push_t)).at_height(turn * cos * push_t);
    first.spin += turned(2.5 / radius);
    second.spin += turned(2.5 / other_radius * mass_ratio);
    (first, second)
}

/// Separates two balls that leave a contact with nearly the same velocity and would otherwise collide repeatedly: the
/// chased ball takes a tenth of the chaser's speed along the line of centres, as in the reference. Their momentum is
/// kept.
#[must_use]
pub fn separate_similar_velocities(
    mut first: BallMotion,
    mut second: BallMotion,
    [one, two]: [BallSize; 2],
) -> (BallMotion, BallMotion) {
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
            // The chaser loses this speed; the momentum decides what the other one gains.
            let (from_first, to_second) = if n1 > n2 { (1.0, one.mass / two.mass) } else { (two.mass / one.mass, 1.0) };
            first.velocity = v1 - normal * (stolen * from_first);
            second.velocity = v2 + normal * (stolen * to_second);
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
    [one, two]: [BallSize; 2],
    speed: f64,
) -> (BallMotion, BallMotion) {
    let normal = (second.position - first.position).unit_or_zero();
    let parting = (second.velocity - first.velocity).dot(normal);
    if parting >= speed {
        return (first, second);
    }
    let mass_ratio = one.mass / two.mass;
    let push = normal * ((speed - parting) / (1.0 + mass_ratio));
    // Energy per mass of the first ball.
    let energy = |first: &BallMotion, second: &BallMotion| {
        first.energy_per_mass(one.radius) + second.energy_per_mass(two.radius) / mass_ratio
    };
    let before = energy(&first, &second);
    first.velocity = first.velocity - push;
    second.velocity += push * mass_ratio;
    let after = energy(&first, &second);
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
    use proptest::prelude::*;

    const R: f64 = 0.028_575;
    const BODY: BallSize = BallSize { radius: R, mass: 0.170_097 };

    fn pair(cut_degrees: f64, speed: f64, spin: Vec3) -> (BallMotion, BallMotion) {
        let direction = Vec2::from_angle(cut_degrees.to_radians());
        let cue = BallMotion { position: Vec2::ZERO, velocity: Vec2::new(speed, 0.0), spin };
        (cue, BallMotion::at_rest(direction * (2.0 * R)))
    }

    /// Returns the angle by which the object ball leaves the line of centres, degrees.
    fn throw(cut_degrees: f64, speed: f64, spin: Vec3) -> f64 {
        let (cue, object) = pair(cut_degrees, speed, spin);
        let (_, object) = collide(cue, object, [BODY; 2], &Physics::default());
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
        let (cue, object) = collide(cue, object, [BODY; 2], &physics);
        assert!(cue.velocity.dot(object.velocity).abs() < 1e-12);
        assert!((cue.velocity + object.velocity - Vec2::new(2.0, 0.0)).length() < 1e-12);
    }

    #[test]
    fn restitution_and_throw_take_from_the_right_angle() {
        for (cut, expected) in [(30.0, 84.7), (60.0, 87.7)] {
            let (cue, object) = pair(cut, 2.0, Vec3::ZERO);
            let (cue, object) = collide(cue, object, [BODY; 2], &Physics::default());
            let angle = (cue.velocity.dot(object.velocity) / (cue.velocity.length() * object.velocity.length())).acos();
            assert!((angle.to_degrees() - expected).abs() < 0.5, "{cut}: {}", angle.to_degrees());
        }
    }

    #[test]
    fn a_hop_is_paid_for() {
        let first = BallMotion { spin: Vec3::new(0.0, 60.0, 0.0), ..BallMotion::at_rest(Vec2::ZERO) };
        let second = BallMotion::at_rest(Vec2::new(2.0 * R, 0.0));
        let (a, b) = separate_at_speed(first, second, [BODY; 2], 0.02);
        assert!(((b.velocity - a.velocity).x - 0.02).abs() < 1e-5);
        let energy = |a: &BallMotion, b: &BallMotion| a.energy_per_mass(R) + b.energy_per_mass(R);
        assert!((energy(&a, &b) - energy(&first, &second)).abs() < 1e-12);
        assert_eq!(separate_at_speed(second, first, [BODY; 2], 0.0), (second, first));
    }

    #[test]
    fn companions_part() {
        let first = BallMotion { velocity: Vec2::new(1.0, 0.0), ..BallMotion::at_rest(Vec2::ZERO) };
        let second = BallMotion { velocity: Vec2::new(0.995, 0.0), ..BallMotion::at_rest(Vec2::new(2.0 * R, 0.0)) };
        let (a, b) = separate_similar_velocities(first, second, [BODY; 2]);
        assert!((a.velocity.x - 0.9).abs() < 1e-12 && (b.velocity.x - 1.095).abs() < 1e-12);
        let resting = BallMotion { velocity: Vec2::ZERO, ..second };
        assert_eq!(separate_similar_velocities(first, resting, [BODY; 2]), (first, resting));
    }

    /// English pub balls: a cue ball of 47.6 mm and object balls of 50.8 mm, all of one material.
    const SMALL: BallSize = BallSize { radius: 0.0238, mass: 0.0939 };
    const LARGE: BallSize = BallSize { radius: 0.0254, mass: 0.1139 };

    fn unequal(cut: f64, speed: f64, spin: Vec3, bodies: [BallSize; 2]) -> (BallMotion, BallMotion) {
        let cue = BallMotion { position: Vec2::ZERO, velocity: Vec2::new(speed, 0.0), spin };
        (cue, BallMotion::at_rest(Vec2::from_angle(cut) * bodies[0].contact_distance(&bodies[1])))
    }

    #[test]
    fn a_full_hit_on_another_mass_keeps_momentum_and_restitution() {
        // Equal radii: the textbook's collision of two masses in one dimension.
        for ratio in [0.5, 0.8, 1.0, 1.25, 2.0] {
            let bodies = [BallSize { mass: BODY.mass * ratio, ..BODY }, BODY];
            let (cue, object) = unequal(0.0, 2.0, Vec3::ZERO, bodies);
            let (cue, object) = collide(cue, object, bodies, &Physics::default());
            let e = Physics::default().ball.restitution;
            assert!((object.velocity.x - 2.0 * ratio * (1.0 + e) / (1.0 + ratio)).abs() < 1e-12, "{ratio}");
            assert!((cue.velocity.x - 2.0 * (ratio - e) / (1.0 + ratio)).abs() < 1e-12, "{ratio}");
        }
    }

    #[test]
    fn a_smaller_cue_ball_follows_less_and_bounces_back_more() {
        let full_hit = |bodies: [BallSize; 2]| {
            let (cue, object) = unequal(0.0, 2.0, Vec3::ZERO, bodies);
            collide(cue, object, bodies, &Physics::default()).0.velocity.x
        };
        assert!(full_hit([SMALL, LARGE]) < full_hit([LARGE, LARGE]));
        assert!(full_hit([LARGE, SMALL]) > full_hit([LARGE, LARGE]));
    }

    #[test]
    fn the_line_of_centres_leans_by_what_the_radii_differ() {
        let (cue, object) = unequal(0.3, 1.0, Vec3::ZERO, [SMALL, LARGE]);
        let pair = Pair::new(&cue, &object, [SMALL, LARGE]);
        let rise = LARGE.radius - SMALL.radius;
        let apart = SMALL.contact_distance(&LARGE);
        assert!((pair.sin / pair.cos - rise / apart).abs() < 1e-12);
        assert!((apart.hypot(rise) - SMALL.radius - LARGE.radius).abs() < 1e-15);
        assert_eq!(BODY.contact_distance(&BODY), 2.0 * R);
    }

    proptest! {
        /// Momentum along the cloth is kept but for what the cloth takes in Mathavan's law, energy never rises, and the
        /// result is the same whichever ball is called the first, and in the mirror.
        #[test]
        fn unequal_balls_obey_the_conservation_laws(
            cut in -1.4..1.4_f64, speed in 0.05..10.0_f64, x in -60.0..60.0_f64, y in -60.0..60.0_f64,
            z in -60.0..60.0_f64, radii in (0.02..0.035_f64, 0.02..0.035_f64), masses in (0.08..0.25_f64, 0.08..0.25_f64),
            law in 0..3_usize, exact in any::<bool>(),
        ) {
            let one = BallSize { radius: radii.0, mass: masses.0 };
            let two = BallSize { radius: radii.1, mass: masses.1 };
            let laws = [
                BallBallLaw::FrictionalInelastic(BallFriction::default()), BallBallLaw::Frictionless, BallBallLaw::MATHAVAN,
            ];
            let mut physics = Physics { ball_ball: laws[law], ..Physics::default() };
            physics.quirks.ball_friction_uses_rebound = !exact;
            let spin = Vec3::new(x, y, z);
            let (cue, object) = unequal(cut, speed, spin, [one, two]);
            let (a, b) = collide(cue, object, [one, two], &physics);
            let energy = |a: &BallMotion, b: &BallMotion| {
                one.mass * a.energy_per_mass(one.radius) + two.mass * b.energy_per_mass(two.radius)
            };
            prop_assert!(energy(&a, &b) <= energy(&cue, &object) * (1.0 + 1e-6), "{} {}", energy(&a, &b), energy(&cue, &object));
            if law < 2 {
                let momentum = a.velocity * one.mass + b.velocity * two.mass;
                prop_assert!((momentum - cue.velocity * one.mass).length() < 1e-12);
            }
            let (swapped_b, swapped_a) = collide(object, cue, [two, one], &physics);
            prop_assert!((a.velocity - swapped_a.velocity).length() < 1e-9 && (b.velocity - swapped_b.velocity).length() < 1e-9);
            prop_assert!((a.spin - swapped_a.spin).length() < 1e-6 && (b.spin - swapped_b.spin).length() < 1e-6);
            let mirrored = BallMotion { spin: Vec3::new(-x, y, -z), ..cue };
            let (_, other_side) = unequal(-cut, speed, spin, [one, two]);
            let (c, d) = collide(mirrored, other_side, [one, two], &physics);
            prop_assert!((a.velocity - Vec2::new(c.velocity.x, -c.velocity.y)).length() < 1e-9);
            prop_assert!((b.spin - Vec3::new(-d.spin.x, d.spin.y, -d.spin.z)).length() < 1e-6);
        }
    }
}
