//! People and slender things in a random picture: players, arms, onlookers, cues, cables, triangles.

use super::{
    super::{
        camera::SimulatedCamera,
        colour::Rgb,
        cue::{CuePose, LENGTH},
        hands::{Limb, Person},
        rod::{Rod, RodKind},
        scale::shrink,
    },
    colours,
    dice::Dice,
};
use billiards_table::{TablePoint, TableSpec, TableVector};
use nalgebra::Vector3;
use std::f64::consts::TAU;

/// Maximum height of the floor on which people stand, metres over the bed: a toy stands on a desk.
const MAX_GROUND: f64 = -0.7;

/// People and slender things, the lowest first.
#[derive(Default)]
pub(super) struct Company {
    /// Limbs and slender things.
    pub rods: Vec<Rod>,
    /// Description.
    pub words: Vec<&'static str>,
}

/// Returns a direction along the table.
fn direction(rng: &mut impl Dice) -> TableVector {
    let (sin, cos) = rng.within(0.0..TAU).sin_cos();
    TableVector::new(cos, sin)
}

fn still((ends, kind): Limb) -> Rod {
    Rod { opens: ends, closes: ends, kind }
}

impl Company {
    fn add(&mut self, limbs: impl IntoIterator<Item = Limb>, word: &'static str) {
        self.rods.extend(limbs.into_iter().map(still));
        self.words.push(word);
    }

    /// Draws those who are at a table with a ball at `target`, on a floor `floor` metres over the bed.
    pub fn random(
        rng: &mut impl Dice,
        spec: &TableSpec,
        camera: &SimulatedCamera,
        target: Option<TablePoint>,
        floor: f64,
    ) -> Self {
        let mut company = Self::default();
        if rng.chance(0.05) {
            company.add(triangle(rng, spec), "triangle");
        }
        if rng.chance(0.06) {
            company.add([lying_cue(rng, spec)], "cue on the bed");
        }
        if rng.chance(0.07) {
            company.add(cable(rng, spec), "cable");
        }
        if let Some(target) = target.filter(|_| rng.chance(0.16)) {
            company.add(player(rng, spec, target), "player");
        } else if rng.chance(0.12) {
            company.add(arm(rng, spec), "arm");
        } else if rng.chance(0.03) {
            let along = spec.length * rng.within(0.1..0.9);
            company.add(Person::new(rng).lean(along), "player leans over");
        }
        if rng.chance(0.28) {
            for _ in 0..rng.random_range(1..4) {
                let limbs = onlooker(rng, spec, floor.min(MAX_GROUND));
                if limbs.iter().all(|(ends, _)| ends.iter().all(|end| !hides_table(camera, spec, *end))) {
                    company.add(limbs, "onlooker");
                }
            }
        }
        company
    }

    /// Draws people who stand about a place without a table.
    pub fn crowd(rng: &mut impl Dice, around: TablePoint, floor: f64) -> Self {
        let mut company = Self::default();
        for _ in 0..rng.random_range(1..6) {
            let place = around + direction(rng) * rng.within(0.2..2.5);
            company.add(Person::new(rng).stand(place, direction(rng), floor), "person");
        }
        company
    }
}

/// Returns whether something at this place is seen before the bed or the noses of the table.
pub(super) fn hides_table(camera: &SimulatedCamera, spec: &TableSpec, place: Vector3<f64>) -> bool {
    let ray = place - camera.pose.eye;
    if ray.z >= 0.0 {
        return false;
    }
    let behind = camera.pose.eye + ray * ((spec.nose_height - camera.pose.eye.z) / ray.z);
    let margin = 0.2;
    (-margin..spec.width + margin).contains(&behind.x) && (-margin..spec.length + margin).contains(&behind.y)
}

/// Returns a player who aims at the cue ball.
fn player(rng: &mut impl Dice, spec: &TableSpec, ball: TablePoint) -> Vec<Limb> {
    let person = Person::new(rng);
    let aim = direction(rng);
    let radius = spec.cue_ball.radius;
    let tip = ball - aim * (radius + rng.within(0.01..0.15) * shrink(spec));
    let clearance = spec.nose_height + 0.021;
    let cue = CuePose::over(tip, tip - aim * LENGTH, radius, rng.within(0.3..1.0), clearance);
    let bridge = tip - aim * (rng.within(0.14..0.28) * shrink(spec));
    let on_bed = (0.0..spec.width).contains(&bridge.x) && (0.0..spec.length).contains(&bridge.y);
    let mut limbs = person.bridge(bridge, aim, if on_bed { 0.0 } else { spec.nose_height });
    limbs.push((cue.ends(), RodKind::Cue));
    limbs.extend(person.grip(&cue));
    if rng.chance(0.6) {
        limbs.extend(person.body(&cue));
    }
    limbs
}

/// Returns an arm that reaches in over a rail.
fn arm(rng: &mut impl Dice, spec: &TableSpec) -> Vec<Limb> {
    let (side, along, deep) = (rng.chance(0.5), rng.within(0.1..0.9), rng.within(0.0..0.45));
    let inwards = TableVector::new(if side { 1.0 } else { -1.0 }, rng.within(-0.5..0.5)).normalize();
    let edge = TablePoint::new(if side { 0.0 } else { spec.width }, along * spec.length);
    Person::new(rng).reach(edge + inwards * deep, inwards, rng.within(0.05..0.10))
}

/// Returns somebody who stands beside the table.
fn onlooker(rng: &mut impl Dice, spec: &TableSpec, ground: f64) -> Vec<Limb> {
    let towards = direction(rng);
    let middle = TablePoint::new(0.5 * spec.width, 0.5 * spec.length);
    let half = [0.5 * spec.width + 0.45, 0.5 * spec.length + 0.45];
    let edge = (half[0] / towards.x.abs().max(1e-9)).min(half[1] / towards.y.abs().max(1e-9));
    let place = middle + towards * (edge + rng.within(0.0..1.2));
    Person::new(rng).stand(place, direction(rng), ground)
}

/// Returns the wooden or plastic triangle, somewhere on the bed.
fn triangle(rng: &mut impl Dice, spec: &TableSpec) -> Vec<Limb> {
    let side = 10.6 * spec.ball_radius;
    let middle = TablePoint::new(spec.width * rng.within(0.3..0.7), spec.length * rng.within(0.2..0.8));
    let (turn, thick) = (rng.within(0.0..TAU), 0.35 * spec.ball_radius);
    let colour = if rng.chance(0.5) { colours::wood(rng) } else { Rgb([0.01; 3]) };
    let corner = |i: u32| {
        let (sin, cos) = (turn + f64::from(i) * TAU / 3.0).sin_cos();
        let reach = side / 3_f64.sqrt();
        Vector3::new(middle.x + reach * cos, middle.y + reach * sin, spec.ball_radius)
    };
    (0..3).map(|i| ([corner(i), corner(i + 1)], RodKind::Limb { radii: [thick; 2], colour })).collect()
}

/// Returns a cue that lies on the bed.
fn lying_cue(rng: &mut impl Dice, spec: &TableSpec) -> Limb {
    let along = direction(rng);
    let tip = TablePoint::new(spec.width * rng.within(0.1..0.9), spec.length * rng.within(0.1..0.9));
    let butt = tip + along * LENGTH;
    let inside = (0.0..spec.width).contains(&butt.x) && (0.0..spec.length).contains(&butt.y);
    // A butt beyond the bed lies on the rail.
    let height = if inside { 0.016 } else { spec.nose_height + 0.024 };
    ([Vector3::new(tip.x, tip.y, 0.008), Vector3::new(butt.x, butt.y, height)], RodKind::Cue)
}

/// Returns a cable that lies over a part of the table.
fn cable(rng: &mut impl Dice, spec: &TableSpec) -> Vec<Limb> {
    let colour = if rng.chance(0.7) { Rgb([0.008; 3]) } else { colours::any(rng) };
    let radius = rng.within(0.002..0.005);
    let end = |rng: &mut _, outside: f64| {
        let p = TablePoint::new(spec.width * Dice::within(rng, 0.0..1.0), spec.length * Dice::within(rng, 0.0..1.0));
        p + direction(rng) * outside
    };
    let [a, b, c, d] = [end(rng, 0.8), end(rng, 0.2), end(rng, 0.2), end(rng, 0.8)];
    let height = spec.nose_height + 0.015;
    let at = |t: f64| {
        let (ab, bc, cd) = (a.lerp(b, t), b.lerp(c, t), c.lerp(d, t));
        let p = ab.lerp(bc, t).lerp(bc.lerp(cd, t), t);
        Vector3::new(p.x, p.y, height)
    };
    const PIECES: u32 = 24;
    let point = |i: u32| at(f64::from(i) / f64::from(PIECES));
    (0..PIECES).map(|i| ([point(i), point(i + 1)], RodKind::Limb { radii: [radius; 2], colour })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{FrameSize, TableKind};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn all_sorts_of_company_come() {
        let spec = TableKind::NINE_FOOT.spec();
        let camera = SimulatedCamera::over(&spec, FrameSize { width: 640, height: 360 });
        let mut words = Vec::new();
        for seed in 0..200 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let company = Company::random(rng, &spec, &camera, Some(TablePoint::new(0.4, 0.9)), -0.8);
            assert_eq!(company.rods.is_empty(), company.words.is_empty());
            words.extend(company.words);
        }
        for word in ["triangle", "cue on the bed", "cable", "player", "arm", "player leans over", "onlooker"] {
            assert!(words.contains(&word), "no {word}");
        }
    }

    #[test]
    fn onlookers_do_not_hide_the_table() {
        let spec = TableKind::NINE_FOOT.spec();
        let camera = SimulatedCamera::over(&spec, FrameSize { width: 640, height: 360 });
        assert!(hides_table(&camera, &spec, Vector3::new(0.6, 1.2, 0.5)));
        assert!(hides_table(&camera, &spec, Vector3::new(-0.15, 1.2, 0.0)));
        assert!(!hides_table(&camera, &spec, Vector3::new(-1.0, 1.2, -0.8)));
        assert!(!hides_table(&camera, &spec, Vector3::new(0.6, 1.2, 3.0)), "behind the camera");
    }
}
