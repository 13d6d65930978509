//! Mathavan's law: the impulse that presses the balls together grows in small steps through compression and restitution
//! (S. Mathavan, M. R. Jackson and R. M. Parkin, Numerical simulations of the frictional collisions of solid balls on a
//! rough surface, Sports Engineering 17, 227, 2014). Each step applies the friction between the balls, and the friction
//! of the cloth on the ball that is pressed down.

use super::Pair;
use crate::motion::BallMotion;
use crate::params::Physics;
use crate::vector::{Vec2, Vec3};

/// Returns two balls after their collision.
pub(super) fn collide(
    first: BallMotion,
    second: BallMotion,
    pair: &Pair,
    (friction, steps): (f64, u32),
    physics: &Physics,
) -> (BallMotion, BallMotion) {
    let closing = (first.velocity - second.velocity).dot(pair.normal);
    if closing <= 0.0 {
        return (first, second);
    }
    let e = physics.ball.restitution;
    let mut impact = Impact { pair, friction, cloth: physics.ball.sliding_friction, balls: [first, second] };
    // Without friction at the cloth, this many steps complete both phases.
    let step = (1.0 + e) * closing / (1.0 + pair.mass_ratio) / f64::from(steps);
    let (mut work, mut wanted) = (0.0, f64::INFINITY);
    for _ in 0..steps.saturating_mul(10) {
        let before = impact.closing();
        impact.advance(step);
        let after = impact.closing();
        work += 0.5 * step * (before + after).abs();
        if wanted.is_infinite() && after <= 0.0 {
            // Restitution gives back e² of the work of compression.
            wanted = (1.0 + e * e) * work;
        }
        if work >= wanted {
            break;
        }
    }
    impact.balls.into()
}

struct Impact<'a> {
    pair: &'a Pair,
    /// Coefficient of friction between the balls.
    friction: f64,
    /// Coefficient of friction at the cloth.
    cloth: f64,
    balls: [BallMotion; 2],
}

impl Impact<'_> {
    /// Returns the speed at which the balls approach each other, metres per second.
    fn closing(&self) -> f64 {
        (self.balls[0].velocity - self.balls[1].velocity).dot(self.pair.normal)
    }

    /// Applies one step of the impulse that presses the balls together, per unit mass of the first ball, metres per
    /// second.
    fn advance(&mut self, step: f64) {
        let Pair { normal, radii, mass_ratio, .. } = *self.pair;
        let (tangent, radius) = (normal.perpendicular(), radii[0]);
        let [first, second] = self.balls;
        // Slip of the first ball's surface over the second's, along the tangent and upwards.
        let spin = first.spin + second.spin * (radii[1] / radius);
        let along = (first.velocity - second.velocity).dot(tangent) + radius * spin.z;
        let up = -radius * spin.flat().dot(tangent);
        let slip = along.hypot(up);
        let rub = if slip > 0.0 { self.friction * step / slip } else { 0.0 };
        let (push, lift) = (-rub * along, -rub * up);
        // The force that lifts one ball presses the other down.
        let pressed = [(-lift).max(0.0), lift.max(0.0)];
        for (i, (sign, share)) in [(1.0, 1.0), (-1.0, mass_ratio)].into_iter().enumerate() {
            let ball = &mut self.balls[i];
            let drag = cloth_drag(ball, radii[i]) * (-self.cloth * pressed[i] * share);
            ball.velocity += (tangent * push - normal * step) * (sign * share) + drag;
            // Torque of the other ball, n × (push t + lift z), and of the cloth, −z × drag.
            let turn = 2.5 / radii[i];
            let level = tangent * (-lift * share) - drag.perpendicular();
            ball.spin += Vec3::new(turn * level.x, turn * level.y, turn * (push * share));
        }
    }
}

/// Returns the direction in which the ball's lowest point slips over the cloth, as a unit vector; zero when it rolls.
fn cloth_drag(ball: &BallMotion, radius: f64) -> Vec2 {
    // v + ω × (−R z)
    (ball.velocity - Vec2::new(ball.spin.y, -ball.spin.x) * radius).unit_or_zero()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{BallBallLaw, BallFriction};
    use billiards_table::BallSize;
    use proptest::prelude::*;

    const R: f64 = 0.028_575;
    const BODY: BallSize = BallSize { radius: R, mass: 0.170_097 };

    fn physics(friction: f64) -> Physics {
        Physics { ball_ball: BallBallLaw::Mathavan { friction, steps: 1000 }, ..Physics::default() }
    }

    fn hit(cut: f64, speed: f64, spin: Vec3, physics: &Physics) -> [BallMotion; 2] {
        let cue = BallMotion { position: Vec2::ZERO, velocity: Vec2::new(speed, 0.0), spin };
        let object = BallMotion::at_rest(Vec2::from_angle(cut) * (2.0 * R));
        super::super::collide(cue, object, [BODY; 2], physics).into()
    }

    #[test]
    fn without_friction_it_is_plain_restitution() {
        let [cue, object] = hit(0.6, 2.0, Vec3::ZERO, &physics(0.0));
        let normal = Vec2::from_angle(0.6);
        let speed = 2.0 * 0.6_f64.cos();
        assert!((object.velocity - normal * (0.975 * speed)).length() < 2e-3 * speed);
        assert!((cue.velocity + object.velocity - Vec2::new(2.0, 0.0)).length() < 1e-9);
    }

    /// With the same constant friction the throw is that of the closed form, apart from cloth and quirks.
    #[test]
    fn throw_is_that_of_the_closed_form() {
        let mut closed =
            Physics { ball_ball: BallBallLaw::FrictionalInelastic(BallFriction::Constant(0.06)), ..Physics::default() };
        closed.quirks.ball_friction_uses_rebound = false;
        let angle = |ball: &BallMotion| ball.velocity.y.atan2(ball.velocity.x).to_degrees();
        for (cut, spin) in [(30.0_f64, 0.0), (10.0, 20.0), (50.0, -10.0), (0.0, 15.0)] {
            let spin = Vec3::new(0.0, 0.0, spin);
            let [_, there] = hit(cut.to_radians(), 1.5, spin, &physics(0.06));
            let [_, closed] = hit(cut.to_radians(), 1.5, spin, &closed);
            assert!((angle(&there) - angle(&closed)).abs() < 0.05, "{cut}°: {} {}", angle(&there), angle(&closed));
        }
    }

    /// The paper's forward creep: a ball that is hit full by a rolling one is pressed onto the cloth.
    #[test]
    fn a_rolling_ball_gives_some_of_its_roll() {
        let rolling = Vec3::new(0.0, 1.0 / R, 0.0);
        let [cue, object] = hit(0.0, 1.0, rolling, &physics(0.05));
        assert!(cue.spin.y < 1.0 / R && object.spin.y < 0.0, "{cue:?} {object:?}");
        assert!(cue.velocity.y.abs() < 1e-12 && object.velocity.y.abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn energy_never_rises(
            cut in -1.4..1.4_f64, speed in 0.05..10.0_f64, x in -60.0..60.0_f64, y in -60.0..60.0_f64, z in -60.0..60.0_f64,
        ) {
            let spin = Vec3::new(x, y, z);
            let balls = hit(cut, speed, spin, &physics(0.05));
            let cue = BallMotion { position: Vec2::ZERO, velocity: Vec2::new(speed, 0.0), spin };
            let after: f64 = balls.iter().map(|ball| ball.energy_per_mass(R)).sum();
            prop_assert!(after <= cue.energy_per_mass(R) * (1.0 + 1e-6), "{after}");
        }
    }
}
