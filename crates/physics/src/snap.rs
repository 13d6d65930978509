//! Correction of measured layouts. Measured positions are off by a millimetre, so frozen balls overlap one another or
//! the cushion a little, or appear to be apart.

use super::engine::Engine;
use super::error::PhysicsError;
use super::motion::BallMotion;
use super::rack::RACK_GAP;
use super::vector::Vec2;

/// Tolerances for the correction of positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Snap {
    /// Maximum measured gap at which balls and cushions are taken to touch, metres.
    pub touching: f64,
    /// Gap that is left between balls and cushions that touch, metres.
    pub gap: f64,
    /// Maximum distance by which a ball is moved, metres.
    pub furthest: f64,
}

impl Default for Snap {
    fn default() -> Self {
        Self { touching: 0.001, gap: RACK_GAP, furthest: 0.01 }
    }
}

/// Maximum overlap of two balls that rounding can cause, metres: rounding to whole centimetres takes up to 5 mm from
/// each of four coordinates.
const MAX_ROUNDED_OVERLAP: f64 = 0.0145;

/// Maximum number of iterations of small moves; a full rack of measured positions needs some dozens.
const MAX_ITERATIONS: usize = 400;

impl Snap {
    /// Returns the distance between the centres of two balls beyond which the pair need not be examined, metres.
    #[must_use]
    pub fn reach(&self, ball_radius: f64) -> f64 {
        2.0 * ball_radius + self.gap + 4.0 * self.furthest
    }
}

/// Moves the balls by as little as needed for a layout that [`Engine::check`] accepts, with balls and cushions that
/// nearly touch frozen to one another. `cue_ball` is the index of the cue ball, if it is there. `candidates` holds the pairs of balls (as indices into `places`) that lie within
/// [`Snap::reach`] of each other; it may hold other pairs too. Returns the largest distance by which a ball was moved,
/// metres.
///
/// # Errors
/// The error of [`Engine::check`] for the layout as given, if it cannot be corrected within [`Snap::furthest`].
pub fn snap(
    engine: &Engine,
    places: &mut [Vec2],
    cue_ball: Option<usize>,
    candidates: &[(usize, usize)],
    how: &Snap,
) -> Result<f64, PhysicsError> {
    let seen = places.to_vec();
    let resting = |places: &[Vec2]| places.iter().map(|p| BallMotion::at_rest(*p)).collect::<Vec<_>>();
    if let Some(ball) = seen.iter().position(|p| !p.is_finite()) {
        return Err(PhysicsError::NotFinite { ball, what: "position" });
    }
    let pairs: Vec<_> = candidates
        .iter()
        .filter(|(i, j)| i != j && *i.max(j) < seen.len())
        .map(|&(i, j)| {
            let distance = engine.contact_distance(i, j, cue_ball);
            (i, j, distance + how.gap, (seen[j] - seen[i]).length() < distance + how.touching)
        })
        .collect();
    for iteration in 0..MAX_ITERATIONS {
        // Pull touching balls together first; in the second half only keep balls apart.
        let draws = iteration < MAX_ITERATIONS / 2;
        let mut moved = 0.0_f64;
        for &(i, j, pitch, touching) in &pairs {
            let line = places[j] - places[i];
            let missing = pitch - line.length();
            if missing > 0.0 || (draws && touching) {
                let normal = if line == Vec2::ZERO { Vec2::new(1.0, 0.0) } else { line.unit_or_zero() };
                places[i] = places[i] - normal * (0.5 * missing);
                places[j] += normal * (0.5 * missing);
                moved = moved.max(missing.abs());
            }
        }
        for (ball, place) in places.iter_mut().enumerate() {
            moved = moved.max(off_cushions(engine, place, engine.reach(cue_ball == Some(ball)) + how.gap, how, draws));
            moved = moved.max(off_holes(engine, place, how));
        }
        if moved < 1e-9 {
            break;
        }
    }
    let furthest = seen.iter().zip(places.iter()).map(|(a, b)| (*b - *a).length()).fold(0.0, f64::max);
    let result = engine.check(&resting(places), cue_ball);
    if result.is_ok() && furthest <= how.furthest {
        return Ok(furthest);
    }
    places.copy_from_slice(&seen);
    // Report the layout as given; it may be valid where only the correction moved a ball too far.
    engine.check(&resting(&seen), cue_ball).and(result).map(|()| 0.0)
}

/// Corrects a layout that a person wrote down. Rounded positions make frozen balls overlap and balls at a rail or in a
/// jaw sink into it; such balls are moved as [`snap`] moves them. A valid layout is not changed. Returns the largest
/// distance by which a ball was moved, metres.
///
/// # Errors
/// The error of [`Engine::check`] for the layout as given; [`PhysicsError::OffTable`] for a ball behind a cushion;
/// [`PhysicsError::Fallen`] for one that lies over a hole by more than [`Snap::furthest`]; and
/// [`PhysicsError::Overlap`] for an overlap deeper than rounding can cause.
pub fn settle(engine: &Engine, places: &mut [Vec2], cue_ball: Option<usize>, how: &Snap) -> Result<f64, PhysicsError> {
    let table = engine.table();
    for (ball, place) in places.iter().enumerate().filter(|(_, place)| place.is_finite()) {
        if !table.is_in_play(*place) {
            return Err(PhysicsError::OffTable { ball, position: *place });
        }
        if let Some(hole) = table.hole_under(*place)
            && (*place - hole.centre).length() < hole.radius - how.furthest
        {
            return Err(PhysicsError::Fallen { ball, pocket: hole.id });
        }
    }
    let resting: Vec<_> = places.iter().map(|place| BallMotion::at_rest(*place)).collect();
    let over_hole = places.iter().any(|place| table.hole_under(*place).is_some());
    if !over_hole && engine.check(&resting, cue_ball).is_ok() {
        return Ok(0.0);
    }
    let largest = engine.body(true).radius.max(engine.body(false).radius);
    let reach = how.reach(largest);
    let pairs = (0..places.len()).flat_map(|i| (i + 1..places.len()).map(move |j| (i, j)));
    let candidates: Vec<_> = pairs.filter(|(i, j)| (places[*j] - places[*i]).length() < reach).collect();
    for &(first, second) in &candidates {
        let depth = engine.contact_distance(first, second, cue_ball) - (places[second] - places[first]).length();
        if depth > MAX_ROUNDED_OVERLAP {
            return Err(PhysicsError::Overlap { first, second, depth });
        }
    }
    let moved = snap(engine, places, cue_ball, &candidates, how)?;
    let fallen = (0..).zip(&*places).find_map(|(ball, place)| Some((ball, table.hole_under(*place)?.id)));
    fallen.map_or(Ok(moved), |(ball, pocket)| Err(PhysicsError::Fallen { ball, pocket }))
}

/// Moves a ball that lies over the edge of a hole, and would fall, to that edge. Returns the distance moved, metres.
fn off_holes(engine: &Engine, place: &mut Vec2, how: &Snap) -> f64 {
    let Some(hole) = engine.table().hole_under(*place) else { return 0.0 };
    let line = *place - hole.centre;
    let missing = hole.radius + how.gap - line.length();
    if missing > how.furthest {
        return 0.0;
    }
    *place += line.unit_or_zero() * missing;
    missing
}

/// Moves a ball off the noses that are nearer than `reach` metres, or to those that it nearly touches. Returns the
/// largest move, metres.
fn off_cushions(engine: &Engine, place: &mut Vec2, reach: f64, how: &Snap, draws: bool) -> f64 {
    let mut moved = 0.0_f64;
    for wall in engine.table().walls() {
        let missing = reach - wall.distance(*place);
        let touches = missing > 0.0 && missing < how.furthest + reach;
        let nearly = draws && missing <= 0.0 && -missing < how.touching;
        if (touches || nearly) && wall.is_beside(*place) {
            *place += wall.normal * missing;
            moved = moved.max(missing.abs());
        }
    }
    for arc in engine.table().jaw_arcs() {
        let line = *place - arc.centre;
        let missing = arc.radius + reach - line.length();
        if missing > 0.0 {
            *place += line.unit_or_zero() * missing;
            moved = moved.max(missing);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rack;
    use crate::{Physics, Table};
    use billiards_table::TableKind;

    fn engine() -> Engine {
        Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), Physics::default()).expect("sound")
    }

    fn all_pairs(balls: usize) -> Vec<(usize, usize)> {
        (0..balls).flat_map(|i| (i + 1..balls).map(move |j| (i, j))).collect()
    }

    #[test]
    fn a_rack_seen_to_a_millimetre_can_be_broken() {
        let engine = engine();
        let spec = TableKind::NINE_FOOT.spec();
        let mut places = rack::triangle(rack::foot_spot(&spec), spec.ball_radius, 0.0);
        for (i, place) in places.iter_mut().enumerate() {
            let angle = 2.4 * i as f64;
            *place += Vec2::new(angle.cos(), angle.sin()) * 0.0007;
        }
        let candidates = all_pairs(places.len());
        let moved = snap(&engine, &mut places, None, &candidates, &Snap::default()).expect("can be put right");
        assert!(moved < 0.003, "{moved}");
        let balls: Vec<_> = places.iter().map(|p| BallMotion::at_rest(*p)).collect();
        assert_eq!(engine.check(&balls, None), Ok(()));
    }

    #[test]
    fn a_ball_at_the_cushion_is_put_to_it() {
        let engine = engine();
        for x in [0.0279, 0.0290] {
            let mut places = [Vec2::new(x, 0.6)];
            snap(&engine, &mut places, None, &[], &Snap::default()).expect("can be put right");
            assert!((places[0].x - 0.028_575 - RACK_GAP).abs() < 1e-9);
        }
    }

    /// Rounds to every decimal from centimetres to micrometres, with the rack at many angles.
    #[test]
    fn a_rack_at_any_rounding_can_be_broken() {
        let engine = engine();
        let spec = TableKind::NINE_FOOT.spec();
        for decimals in 2..=6 {
            let unit = 10_f64.powi(decimals);
            let rounded = |value: f64| (value * unit).round() / unit;
            for turn in 0..40 {
                let angle = 0.31 * f64::from(turn);
                let (sin, cos) = angle.sin_cos();
                let apex = Vec2::new(0.635 + 0.0137 * angle, 1.4 - 0.0091 * angle);
                let mut places = rack::triangle(Vec2::ZERO, spec.ball_radius, 0.0);
                for place in &mut places {
                    let turned = apex + Vec2::new(cos * place.x - sin * place.y, sin * place.x + cos * place.y);
                    *place = Vec2::new(rounded(turned.x), rounded(turned.y));
                }
                let moved = settle(&engine, &mut places, None, &Snap::default()).expect("can be put right");
                assert!(moved < (2.0 / unit).max(1e-4), "{decimals} decimals, {angle}: {moved}");
                let balls: Vec<_> = places.iter().map(|p| BallMotion::at_rest(*p)).collect();
                assert_eq!(engine.check(&balls, None), Ok(()));
            }
        }
    }

    #[test]
    fn balls_hang_in_jaws_and_lie_at_rails() {
        let engine = engine();
        let spec = TableKind::NINE_FOOT.spec();
        let (w, l) = (spec.width, spec.length);
        // A valid layout is left unchanged.
        for (x, y) in [(0.635, 0.6), (0.01, l / 2.0), (w - 0.01, l / 2.0), (0.018, 0.018), (w - 0.018, l - 0.018)] {
            let mut places = [Vec2::new(x, y)];
            assert_eq!(settle(&engine, &mut places, None, &Snap::default()), Ok(0.0), "({x}, {y})");
            assert_eq!(places[0], Vec2::new(x, y));
        }
        // Rounded into a rail, into a jaw, over the edge of a hole.
        for (x, y) in
            [(0.028, 0.6), (0.02, 0.6), (0.5, l - 0.0285), (0.0112, 0.0588), (0.01, 0.01), (w + 0.006, l / 2.0)]
        {
            let mut places = [Vec2::new(x, y)];
            let moved = settle(&engine, &mut places, None, &Snap::default()).expect("can be put right");
            assert!(moved > 0.0 && moved <= 0.01, "({x}, {y}): {moved}");
            assert_eq!(engine.check(&[BallMotion::at_rest(places[0])], None), Ok(()));
            assert_eq!(engine.table().hole_under(places[0]), None);
        }
        let refused =
            |x: f64, y: f64| settle(&engine, &mut [Vec2::new(x, y)], None, &Snap::default()).expect_err("refused");
        for (x, y) in [(-0.04, 0.6), (0.6, -0.06), (0.6, l + 0.04), (-0.045, 0.11), (2.0, 0.5), (1e300, 0.5)] {
            assert!(matches!(refused(x, y), PhysicsError::OffTable { .. }), "({x}, {y}): {}", refused(x, y));
        }
        for (x, y) in [(-0.02, -0.02), (-0.05, l / 2.0), (w + 0.03, l + 0.03)] {
            assert!(matches!(refused(x, y), PhysicsError::Fallen { .. }), "({x}, {y}): {}", refused(x, y));
        }
        assert!(matches!(refused(0.01, 0.6), PhysicsError::InsideCushion { .. }));
        let mut pair = [Vec2::new(0.5, 0.5), Vec2::new(0.5, 0.542)];
        let error = settle(&engine, &mut pair, None, &Snap::default()).expect_err("no rounding");
        assert!(matches!(error, PhysicsError::Overlap { first: 0, second: 1, .. }), "{error}");
        pair[1].y = 0.543;
        settle(&engine, &mut pair, None, &Snap::default()).expect("rounded to centimetres");
        assert!(matches!(refused(f64::NAN, 0.6), PhysicsError::NotFinite { .. }));
    }

    #[test]
    fn what_cannot_be_put_right_stays_and_is_named() {
        let engine = engine();
        let mut places = [Vec2::new(0.5, 0.5), Vec2::new(0.5, 0.51)];
        let error = snap(&engine, &mut places, None, &[(0, 1)], &Snap::default()).expect_err("too deep");
        assert!(matches!(error, PhysicsError::Overlap { first: 0, second: 1, .. }), "{error}");
        assert_eq!(places[1], Vec2::new(0.5, 0.51));
    }
}
