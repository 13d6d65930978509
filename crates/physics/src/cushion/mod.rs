//! Collision of a ball with a cushion.
//!
//! All laws get the same contact: a ball that moves towards a nose, the unit normal in the plane of the cloth from the
//! cushion to the ball, and the lean of the normal where the nose is higher than the ball's centre.

mod han;
mod impulse;
mod mathavan;
mod stronge;

use super::motion::BallMotion;
use super::params::{CushionLaw, Physics};
use super::vector::{Vec2, Vec3};
use billiards_table::BallSize;

/// Geometry of the contact between a ball and a cushion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CushionContact {
    /// Unit vector in the plane of the cloth from the cushion to the ball.
    pub normal: Vec2,
    /// Horizontal distance from the origin of the leaning normal to the ball's centre, metres.
    pub distance: f64,
    /// Height of the nose above the cloth, metres.
    pub nose_height: f64,
}

impl CushionContact {
    /// Returns the unit vector in space from the cushion to the ball's centre.
    fn leaning_normal(&self, radius: f64) -> Vec3 {
        let drop = radius - self.nose_height;
        let scale = 1.0 / self.distance.hypot(drop);
        (self.normal * (self.distance * scale)).at_height(drop * scale)
    }
}

/// Returns a ball after its collision with a cushion; its position is unchanged. The vertical velocity is dropped: the
/// ball stays on the cloth.
#[must_use]
pub fn bounce(
    ball: BallMotion,
    contact: &CushionContact,
    law: CushionLaw,
    body: BallSize,
    physics: &Physics,
) -> BallMotion {
    let radius = body.radius;
    match law {
        CushionLaw::Stronge { frequency_ratio } => stronge::bounce(ball, contact, frequency_ratio, radius, physics),
        CushionLaw::Han => han::bounce(ball, contact, radius, physics),
        CushionLaw::Mathavan { steps, smallest_step } => {
            mathavan::bounce(ball, contact, steps, smallest_step, body, physics)
        }
        CushionLaw::Impulse => impulse::bounce(ball, contact, radius, physics),
    }
}

/// Rotates a velocity or spin into the frame of a cushion, in which `normal` is +x.
fn into_frame(v: Vec3, normal: Vec2) -> Vec3 {
    v.flat().rotated(-normal.y, normal.x).at_height(v.z)
}

/// Rotates a velocity or spin back from the frame of a cushion.
fn out_of_frame(v: Vec3, normal: Vec2) -> Vec3 {
    v.flat().rotated(normal.y, normal.x).at_height(v.z)
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: f64 = 0.028_575;
    const BODY: BallSize = BallSize { radius: R, mass: 0.170_097 };

    fn contact() -> CushionContact {
        CushionContact { normal: Vec2::new(0.0, -1.0), distance: R, nose_height: 1.28 * R }
    }

    const LAWS: [CushionLaw; 4] = [CushionLaw::STRONGE, CushionLaw::Han, CushionLaw::MATHAVAN, CushionLaw::Impulse];

    #[test]
    fn every_law_sends_the_ball_back_with_less_energy() {
        for law in LAWS {
            for (velocity, spin) in [
                (Vec2::new(0.0, 1.5), Vec3::ZERO),
                (Vec2::new(1.0, 1.0), Vec3::new(-35.0, 35.0, 0.0)),
                (Vec2::new(2.0, 0.3), Vec3::new(0.0, 0.0, 80.0)),
                (Vec2::new(-3.0, 4.0), Vec3::new(-100.0, 40.0, -60.0)),
            ] {
                let ball = BallMotion { position: Vec2::ZERO, velocity, spin };
                let after = bounce(ball, &contact(), law, BODY, &Physics::default());
                assert!(after.velocity.y < 0.0, "{law:?} {velocity:?}: {after:?}");
                assert!(after.energy_per_mass(R) < ball.energy_per_mass(R), "{law:?} {velocity:?}: {after:?}");
            }
        }
    }

    #[test]
    fn every_law_is_symmetric() {
        for law in LAWS {
            let ball =
                BallMotion { position: Vec2::ZERO, velocity: Vec2::new(0.7, 1.9), spin: Vec3::new(-40.0, 11.0, 23.0) };
            let mirrored = BallMotion { velocity: Vec2::new(-0.7, 1.9), spin: Vec3::new(-40.0, -11.0, -23.0), ..ball };
            let a = bounce(ball, &contact(), law, BODY, &Physics::default());
            let b = bounce(mirrored, &contact(), law, BODY, &Physics::default());
            assert!((a.velocity - Vec2::new(-b.velocity.x, b.velocity.y)).length() < 1e-9, "{law:?}");
            assert!((a.spin - Vec3::new(b.spin.x, -b.spin.y, -b.spin.z)).length() < 1e-7, "{law:?}");
        }
    }

    /// Compares with values computed with pooltool 0.6.0.
    #[test]
    fn the_other_laws_are_the_reference_too() {
        let balls =
            [(Vec2::new(1.2, 2.1), Vec3::new(-60.0, 35.0, 20.0)), (Vec2::new(-0.4, 1.5), Vec3::new(10.0, -5.0, -70.0))];
        let expected = [
            (CushionLaw::Han, 0, [0.933_887_143, -1.664_616, -2.444_694_413, 28.481_049_869, 42.350_686_164]),
            (CushionLaw::Han, 1, [-0.822_924_286, -1.068_18, 13.355_830_521, -15.360_349_956, -34.478_800_15]),
            (CushionLaw::MATHAVAN, 0, [0.911_560_419, -1.644_225_387, -16.045_634_012, 30.668_038_187, 42.175_453_047]),
            (
                CushionLaw::MATHAVAN,
                1,
                [-0.756_068_659, -1.144_369_537, -6.242_243_665, -21.751_509_417, -34.072_282_673],
            ),
            (CushionLaw::Impulse, 0, [0.937_334_374, -1.678_259_67, -2.989_055_278, 28.803_804_615, 42.129_269_232]),
            (
                CushionLaw::Impulse,
                1,
                [-0.825_041_544, -1.082_400_589, 12.967_001_332, -15.026_589_669, -34.190_751_183],
            ),
        ];
        for (law, which, [vx, vy, wx, wy, wz]) in expected {
            let (velocity, spin) = balls[which];
            let ball = BallMotion { position: Vec2::ZERO, velocity, spin };
            let after = bounce(ball, &contact(), law, BODY, &Physics::default());
            assert!((after.velocity - Vec2::new(vx, vy)).length() < 1e-7, "{law:?} {after:?}");
            assert!((after.spin - Vec3::new(wx, wy, wz)).length() < 1e-6, "{law:?} {after:?}");
        }
    }

    #[test]
    fn head_on_the_reference_keeps_seven_tenths() {
        let ball = BallMotion { velocity: Vec2::new(0.0, 2.0), ..BallMotion::default() };
        let after = bounce(ball, &contact(), CushionLaw::STRONGE, BODY, &Physics::default());
        // 1 - (1 + e) cos² of the lean, and a little less for the friction on the leaning nose.
        assert!((after.velocity.y / 2.0 + 0.716).abs() < 0.05, "{after:?}");
    }
}
