//! People at the table, as seen by a camera over it: hands, arms, and bodies that lean over the bed.

use super::{
    colour::Rgb,
    cue::CuePose,
    rod::{Ends, RodKind},
};
use billiards_table::{TablePoint, TableVector};
use nalgebra::Vector3;
use rand::{Rng, seq::IndexedRandom};

/// A body part: the ends of its axis and its appearance.
pub(super) type Limb = (Ends, RodKind);

/// A person at the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    skin: Rgb,
    sleeve: Rgb,
    hair: Rgb,
    /// Glove on the bridge hand, as players wear it so that the cue slides well.
    glove: Rgb,
}

/// A flat hand: position of its wrist, the direction in which it points, and the direction to its thumb's side.
#[derive(Debug, Clone, Copy)]
struct Hand {
    wrist: Vector3<f64>,
    forward: Vector3<f64>,
    thumb: Vector3<f64>,
}

/// Returns a direction along the table in three dimensions.
fn level(v: TableVector) -> Vector3<f64> {
    Vector3::new(v.x, v.y, 0.0)
}

impl Person {
    /// Creates a person of random appearance.
    pub fn new(rng: &mut impl Rng) -> Self {
        let skins = [(214, 164, 136), (190, 136, 106), (132, 88, 64), (226, 178, 152)];
        let sleeves = [(38, 42, 58), (92, 28, 34), (70, 74, 80), (96, 88, 62), (30, 62, 50)];
        let any = |of: &[(u8, u8, u8)], rng: &mut _| {
            let (r, g, b) = of.choose(rng).copied().unwrap_or((128, 128, 128));
            Rgb::stored(r, g, b)
        };
        Self {
            skin: any(&skins, rng),
            sleeve: any(&sleeves, rng),
            hair: Rgb::stored(44, 34, 28),
            glove: Rgb::stored(34, 34, 40),
        }
    }

    fn skin(&self, from: Vector3<f64>, to: Vector3<f64>, radii: [f64; 2]) -> Limb {
        ([from, to], RodKind::Limb { radii, colour: self.skin })
    }

    fn clothed(&self, from: Vector3<f64>, to: Vector3<f64>, radii: [f64; 2]) -> Limb {
        ([from, to], RodKind::Limb { radii, colour: self.sleeve })
    }

    /// Returns palm, fingers and thumb; the lowest parts first.
    fn hand(hand: Hand, colour: Rgb) -> Vec<Limb> {
        /// Offset of each finger from the middle of the hand at the knuckle and at the tip, length, and radius, metres.
        const FINGERS: [[f64; 4]; 4] = [
            [0.030, 0.042, 0.068, 0.0085],
            [0.010, 0.014, 0.080, 0.0090],
            [-0.010, -0.012, 0.074, 0.0086],
            [-0.028, -0.038, 0.056, 0.0076],
        ];
        let Hand { wrist, forward, thumb } = hand;
        let up = Vector3::z();
        let piece =
            |from: Vector3<f64>, to: Vector3<f64>, radii: [f64; 2]| ([from, to], RodKind::Limb { radii, colour });
        let knuckle = |aside: f64| wrist + forward * 0.088 + thumb * aside - up * 0.008;
        let mut limbs: Vec<Limb> = FINGERS
            .iter()
            .flat_map(|&[aside, out, length, radius]| {
                let from = knuckle(aside);
                let bend = from + forward * (0.5 * length) + thumb * (0.5 * (out - aside)) + up * 0.004;
                let tip = from + forward * length + thumb * (out - aside) - up * 0.006;
                [piece(from, bend, [1.1 * radius, radius]), piece(bend, tip, [radius, 0.85 * radius])]
            })
            .collect();
        let root = wrist + forward * 0.03 + thumb * 0.026;
        let joint = wrist + forward * 0.066 + thumb * 0.052 - up * 0.004;
        let tip = wrist + forward * 0.098 + thumb * 0.056 - up * 0.010;
        limbs.extend([piece(root, joint, [0.015, 0.0115]), piece(joint, tip, [0.0115, 0.009])]);
        for aside in [-0.020, 0.020, 0.0] {
            let from = wrist + forward * 0.02 + thumb * (0.8 * aside);
            limbs.push(piece(from, knuckle(aside), [0.021, 0.016]));
        }
        limbs.push(piece(wrist - forward * 0.03, wrist + forward * 0.02, [0.026, 0.025]));
        limbs
    }

    /// Returns the forearm from wrist to elbow: bare first, then the sleeve.
    fn forearm(&self, wrist: Vector3<f64>, elbow: Vector3<f64>) -> [Limb; 2] {
        let cuff = wrist.lerp(&elbow, 0.45);
        [self.skin(wrist, cuff, [0.026, 0.035]), self.clothed(cuff, elbow, [0.041, 0.054])]
    }

    /// Returns the bridge hand, which guides the cue at `place` and points along `direction` (a unit vector), with its
    /// arm. Its support is `height` metres over the bed there.
    pub fn bridge(&self, place: TablePoint, direction: TableVector, height: f64) -> Vec<Limb> {
        let forward = level(direction);
        let right = Vector3::new(direction.y, -direction.x, 0.0);
        // The cue runs between thumb and forefinger.
        let wrist = Vector3::new(place.x, place.y, height + 0.024) - forward * 0.105 - right * 0.046;
        let mut limbs = Self::hand(Hand { wrist, forward, thumb: right }, self.glove);
        let elbow = wrist - forward * 0.25 - right * 0.07 + Vector3::z() * 0.09;
        limbs.extend(self.forearm(wrist - forward * 0.03, elbow));
        let shoulder = elbow - forward * 0.35 - right * 0.10 + Vector3::z() * 0.22;
        limbs.push(self.clothed(elbow, shoulder, [0.052, 0.072]));
        limbs
    }

    /// Returns the hand that holds the cue, and its arm.
    pub fn grip(&self, cue: &CuePose) -> Vec<Limb> {
        let (front, back) = (cue.at(1.08), cue.at(1.17));
        let forward = (front - back).normalize();
        let right = forward.cross(&Vector3::z()).normalize();
        let up = Vector3::z() * 0.012;
        let mut limbs = vec![self.skin(front + up, back + up, [0.027, 0.030])];
        for i in 0..4 {
            let across = back.lerp(&front, 0.12 + 0.25 * f64::from(i)) + up * 1.6;
            limbs.push(self.skin(across - right * 0.026 - up, across + right * 0.022, [0.0095, 0.0105]));
        }
        let wrist = back + up * 3.0 - forward * 0.02;
        let elbow = wrist - forward * 0.10 + right * 0.05 + Vector3::z() * 0.24;
        limbs.extend(self.forearm(wrist, elbow));
        limbs.push(self.clothed(elbow, elbow + right * 0.05 - forward * 0.22 + Vector3::z() * 0.10, [0.054, 0.075]));
        limbs
    }

    /// Returns head and body of a player who bends over the table, as far as they reach over it: left of the cue, so
    /// that the cue stays visible.
    pub fn body(&self, cue: &CuePose) -> Vec<Limb> {
        let forward = (cue.at(0.0) - cue.at(1.0)).normalize();
        let left = Vector3::z().cross(&forward).normalize();
        let at = |s: f64, aside: f64, height: f64| {
            let place = cue.at(s) + left * aside;
            Vector3::new(place.x, place.y, height)
        };
        let head = RodKind::Limb { radii: [0.085, 0.078], colour: self.hair };
        vec![
            self.clothed(at(1.00, 0.27, 0.28), at(1.62, 0.40, 0.26), [0.11, 0.14]),
            self.skin(at(0.97, 0.25, 0.31), at(0.93, 0.24, 0.33), [0.05, 0.055]),
            ([at(0.90, 0.235, 0.34), at(0.86, 0.23, 0.35)], head),
        ]
    }

    /// Returns an arm that reaches over the table, from the place of its fingertips and the direction in which it
    /// points.
    pub fn reach(&self, tips: TablePoint, direction: TableVector, height: f64) -> Vec<Limb> {
        let forward = level(direction);
        let thumb = Vector3::new(direction.y, -direction.x, 0.0);
        let wrist = Vector3::new(tips.x, tips.y, height) - forward * 0.17;
        let elbow = wrist - forward * 0.27 + Vector3::z() * 0.10;
        let shoulder = elbow - forward * 0.30 + Vector3::z() * 0.14;
        let mut limbs = Self::hand(Hand { wrist, forward, thumb }, self.skin);
        limbs.extend(self.forearm(wrist - forward * 0.03, elbow));
        limbs.push(self.clothed(elbow, shoulder, [0.054, 0.075]));
        limbs
    }

    /// Returns a person who stands on a floor at this height (metres over the bed) and faces along a direction.
    pub fn stand(&self, place: TablePoint, direction: TableVector, floor: f64) -> Vec<Limb> {
        let (forward, left) = (level(direction), Vector3::new(-direction.y, direction.x, 0.0));
        let at = |ahead: f64, aside: f64, height: f64| {
            Vector3::new(place.x, place.y, floor + height) + forward * ahead + left * aside
        };
        let dark = |from, to, radii| ([from, to], RodKind::Limb { radii, colour: self.hair });
        let mut limbs = Vec::new();
        for side in [-1.0, 1.0] {
            limbs.push(dark(at(-0.06, 0.11 * side, 0.05), at(0.14, 0.13 * side, 0.04), [0.05, 0.045]));
            limbs.push(self.clothed(at(0.0, 0.11 * side, 0.10), at(0.0, 0.10 * side, 0.85), [0.065, 0.09]));
            limbs.push(self.clothed(at(0.0, 0.22 * side, 1.38), at(0.03, 0.27 * side, 1.10), [0.06, 0.05]));
            limbs.push(self.skin(at(0.03, 0.27 * side, 1.10), at(0.12, 0.26 * side, 0.86), [0.042, 0.035]));
        }
        limbs.push(self.clothed(at(0.0, 0.0, 0.88), at(0.0, 0.0, 1.32), [0.15, 0.17]));
        limbs.push(self.clothed(at(0.0, -0.14, 1.40), at(0.0, 0.14, 1.40), [0.085, 0.085]));
        limbs.push(self.skin(at(0.02, 0.0, 1.46), at(0.05, 0.0, 1.58), [0.055, 0.08]));
        limbs.push(dark(at(0.0, 0.0, 1.60), at(0.02, 0.0, 1.66), [0.095, 0.09]));
        limbs
    }

    /// Returns a person who leans over the side x = 0 of the table at y = `along` and reaches out over it.
    pub fn lean(&self, along: f64) -> Vec<Limb> {
        let at = |x: f64, aside: f64, z: f64| Vector3::new(x, along + aside, z);
        let mut limbs = self.reach(TablePoint::new(0.62, along + 0.12), TableVector::new(1.0, 0.0), 0.09);
        limbs.extend([
            self.clothed(at(-0.30, 0.0, 0.30), at(0.06, 0.0, 0.46), [0.17, 0.15]),
            self.clothed(at(0.06, -0.17, 0.46), at(0.06, 0.17, 0.46), [0.085, 0.085]),
            self.skin(at(0.14, 0.0, 0.50), at(0.20, 0.0, 0.53), [0.055, 0.06]),
        ]);
        let head = RodKind::Limb { radii: [0.098, 0.090], colour: self.hair };
        limbs.push(([at(0.26, 0.0, 0.57), at(0.31, 0.0, 0.57)], head));
        limbs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_cue_lies_over_the_bridge_between_thumb_and_forefinger() {
        let person = Person::new(&mut ChaCha8Rng::seed_from_u64(1));
        let (place, direction) = (TablePoint::new(0.5, 0.8), TableVector::new(0.0, 1.0));
        let hand = person.bridge(place, direction, 0.0);
        // On both sides of the cue's line, near the place where the cue is guided.
        let beside = |side: f64| {
            hand.iter()
                .flat_map(|(ends, _)| ends)
                .any(|end| (end.y - place.y).abs() < 0.03 && (0.002..0.03).contains(&(side * (end.x - place.x))))
        };
        assert!(beside(1.0) && beside(-1.0));
        // Nothing sinks into the cloth.
        assert!(hand.iter().flat_map(|(ends, _)| ends).all(|end| end.z > 0.005));
    }

    #[test]
    fn whoever_leans_over_the_table_moves_along_with_it() {
        let person = Person::new(&mut ChaCha8Rng::seed_from_u64(1));
        let (here, there) = (person.lean(0.5), person.lean(0.7));
        assert_eq!(here.len(), there.len());
        for ((a, _), (b, _)) in here.iter().zip(&there) {
            assert!((b[0] - a[0] - Vector3::new(0.0, 0.2, 0.0)).norm() < 1e-9);
        }
    }
}
