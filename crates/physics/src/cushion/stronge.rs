//! Stronge's law: compliant collision with friction, for a sphere at a half space (W. J. Stronge, Impact Mechanics,
//! Cambridge 2000, chapter 5).
//!
//! The cushion is one spring along the normal and one across it. Across the normal, the contact sticks or slips by
//! Coulomb's law. Time is measured in units of the normal spring: compression lasts π/2, restitution e·π/2. Velocities
//! are components of the velocity of the ball's point of contact: `vn` < 0 towards the cushion, `vt` ≤ 0 along it.

use super::CushionContact;
use crate::motion::BallMotion;
use crate::params::Physics;
use crate::vector::Vec3;
use std::f64::consts::FRAC_PI_2;

/// Ratio of the contact point's mobility across the normal to that along it, for a solid sphere: 1 + m R²/I.
const BETA: f64 = 3.5;

/// Returns the ball after the contact.
pub(super) fn bounce(
    mut ball: BallMotion,
    contact: &CushionContact,
    frequency_ratio: f64,
    radius: f64,
    physics: &Physics,
) -> BallMotion {
    let normal = contact.leaning_normal(radius);
    let at_contact = ball.velocity.at_height(0.0) + ball.spin.cross(normal * -radius);
    let vn = at_contact.dot(normal);
    let across = at_contact - normal * vn;
    let slip = across.length();
    let tangent = if slip > 0.0 { across * (-1.0 / slip) } else { Vec3::ZERO };

    let law = Compliance::new(physics.cushion.restitution, physics.cushion.friction, frequency_ratio);
    let vt_after = law.tangential_velocity(-slip, vn);
    let gain_n = -(1.0 + physics.cushion.restitution) * vn;
    let gain_t = (vt_after + slip) / BETA;
    let push = tangent * gain_t;
    ball.velocity += (normal * gain_n + push).flat();
    ball.spin += push.cross(normal) * (2.5 / radius);
    ball
}

/// Compliance of the cushion, in units in which the normal spring's angular frequency is 1.
struct Compliance {
    e: f64,
    mu: f64,
    /// Angular frequency of the tangential spring.
    omega: f64,
    /// Ratio of normal to tangential stiffness.
    eta2: f64,
}

impl Compliance {
    fn new(e: f64, mu: f64, frequency_ratio: f64) -> Self {
        Self { e, mu, omega: frequency_ratio, eta2: BETA / (frequency_ratio * frequency_ratio) }
    }

    /// Returns the phase of the normal spring at time `t` during restitution.
    fn phase(&self, t: f64) -> f64 {
        t / self.e + FRAC_PI_2 * (1.0 - 1.0 / self.e)
    }

    /// Returns the tangential velocity of the contact at the end of the impact.
    fn tangential_velocity(&self, vt: f64, vn: f64) -> f64 {
        let Self { e, mu, omega, eta2 } = *self;
        if vn >= 0.0 || mu == 0.0 {
            return vt;
        }
        let ratio = vt / vn;
        // The contact slips throughout.
        if ratio > mu * ((1.0 + e) * BETA - eta2 / e) {
            return vt - mu * BETA * (1.0 + e) * vn;
        }
        let end = (1.0 + e) * FRAC_PI_2;
        // Time at which sticking begins, and the displacement (over μ·|vn|) and velocity of the tangential spring then.
        let (stick, u, v) = if ratio < mu * eta2 { (0.0, 0.0, vt) } else { self.slips_until(vt, vn, ratio) };
        let slips_again = self.sticks_until(stick, u, v / (-mu * vn), end);
        let (sin, cos) = (omega * (slips_again - stick)).sin_cos();
        let velocity = omega * u * -mu * vn * sin + v * cos;
        velocity + mu * BETA * e * vn * (1.0 + self.phase(slips_again).cos())
    }

    /// Returns, for a contact that slips first, the time at which it sticks, and the displacement (over μ·|vn|) and
    /// velocity then.
    fn slips_until(&self, vt: f64, vn: f64, ratio: f64) -> (f64, f64, f64) {
        let Self { e, mu, eta2, .. } = *self;
        let scaled = ratio / mu - BETA;
        if scaled <= 0.0 {
            let cos = (scaled / (eta2 - BETA)).clamp(-1.0, 1.0);
            let t = cos.acos();
            (t, eta2 * t.sin(), vt - mu * BETA * vn * (1.0 - cos))
        } else {
            let cos = (scaled / (eta2 / e - e * BETA)).clamp(-1.0, 1.0);
            let phase = cos.acos();
            let t = e * (phase - FRAC_PI_2 * (1.0 - 1.0 / e));
            (t, eta2 * phase.sin(), vt - mu * BETA * vn * (1.0 - e * cos))
        }
    }

    /// Returns the time at which the tangential spring pulls harder than friction holds: the root of
    /// `|u(t)| = η² sin phase(t)`, displacement and velocity both over μ·|vn|. The residual has a double root where
    /// sticking begins, which is not the solution, so the bracket starts just after it.
    fn sticks_until(&self, stick: f64, u: f64, v: f64, end: f64) -> f64 {
        let Self { e, omega, eta2, .. } = *self;
        let begin = if stick > FRAC_PI_2 { stick + 1e-4 * (end - stick) } else { FRAC_PI_2 };
        // Value and slope of the residual.
        let residual = |t: f64| {
            let (sin, cos) = (omega * (t - stick)).sin_cos();
            let (sin_phase, cos_phase) = self.phase(t).sin_cos();
            let displacement = u * cos - v / omega * sin;
            let slope = -u * omega * sin - v * cos;
            let sign = 1.0_f64.copysign(displacement);
            (sign * displacement - eta2 * sin_phase, sign * slope - eta2 / e * cos_phase)
        };
        let (mut low, mut high) = (begin, end);
        // Start in the middle: the pull at the end says little about the root, which is nearer to the end the less the
        // contact slips.
        let mut t = 0.5 * (low + high);
        for _ in 0..60 {
            let (value, slope) = residual(t);
            if value < 0.0 {
                low = t;
            } else {
                high = t;
            }
            let newton = t - value / slope;
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            let step = (next - t).abs();
            t = next;
            if step < 1e-14 {
                break;
            }
        }
        t
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_regimes_join() {
        let law = Compliance::new(0.85, 0.2, 1.8);
        let eta2 = BETA / (1.8 * 1.8);
        let borders = [0.2 * eta2, 0.2 * (1.85 * BETA - eta2 / 0.85)];
        for border in borders {
            let below = law.tangential_velocity(-(border - 1e-7), -1.0);
            let above = law.tangential_velocity(-(border + 1e-7), -1.0);
            assert!((below - above).abs() < 1e-3, "{border}: {below} {above}");
        }
    }

    #[test]
    fn compliance_turns_the_slip_round() {
        let law = Compliance::new(0.85, 0.2, 1.8);
        assert!(law.tangential_velocity(-0.3, -1.0) > 0.0);
        assert_eq!(law.tangential_velocity(0.0, -1.0), 0.0);
    }

    #[test]
    fn results_scale_with_the_speed() {
        let law = Compliance::new(0.85, 0.2, 1.8);
        for ratio in [0.1, 0.5, 0.9, 1.5] {
            let slow = law.tangential_velocity(-ratio, -1.0);
            assert!((law.tangential_velocity(-3.0 * ratio, -3.0) - 3.0 * slow).abs() < 1e-12);
        }
    }
}
