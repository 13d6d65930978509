//! Shots that the simulated player considers: unobstructed pots, the easiest first, and hits if there is no pot. Each is
//! simulated with the physics engine before it is played.

use super::{motion::Motion, scale::shrink};
use billiards_table::{
    Jaw, PocketId, PocketPair, PocketSpec, TableFeatures, TablePoint, TableSpec, TableVector, distance_to_segment,
};

/// Minimum and maximum speed of the cue ball in an ordinary shot, metres per second.
const SPEEDS: (f64, f64) = (1.5, 3.5);
/// Speed of the cue ball in a break, metres per second.
const BREAK_SPEED: f64 = 6.0;
/// Maximum cut angle of a pot, degrees.
const MAX_CUT: f64 = 66.0;
/// Maximum number of pots, and of hits, that are simulated.
const MAX_CANDIDATES: usize = 14;
/// Offsets from the geometric direction that are tried for a pot, radians: throw deflects a cut ball from its line.
const AIMS: [f64; 9] = [0.0, 0.003, -0.003, 0.007, -0.007, 0.012, -0.012, 0.02, -0.02];
/// Cut angles of hits, the thinnest first, degrees.
const CUTS: [f64; 6] = [78.0, 66.0, 54.0, 40.0, 25.0, 10.0];

/// Parameters of a shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shot {
    /// Index of the object ball to hit.
    pub target: usize,
    /// Unit direction in which the cue ball leaves.
    pub direction: TableVector,
    /// Speed of the cue ball, metres per second.
    pub speed: f64,
    /// Distance from the cue ball to its contact with the target, metres.
    pub reach: f64,
}

/// A shot and its purpose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ShotCandidate {
    /// The shot.
    pub shot: Shot,
    /// `true` if the target is to be potted, `false` if it is only to be hit.
    pub pots: bool,
}

impl ShotCandidate {
    /// Returns whether the shot, played perfectly, serves its purpose and leaves the cue ball on the table.
    pub fn works(&self, motion: &Motion) -> bool {
        let Self { shot, pots } = self;
        let Some(ends) = motion.simulate(shot.direction * shot.speed) else { return false };
        let end = |ball: usize| ends.get(ball).copied().flatten();
        let after = end(shot.target);
        let done = if *pots { after.is_none() } else { after.is_some() && after != motion.place(shot.target) };
        done && motion.cue_ball().is_some_and(|(ball, _)| end(ball).is_some())
    }

    /// Returns the same candidate, aimed slightly off.
    fn beside(self, angle: f64) -> Self {
        Self { shot: Shot { direction: turned(self.shot.direction, angle), ..self.shot }, ..self }
    }
}

/// Returns all candidates: pots, the easiest first and each with several aims, then hits, the thinnest first. Without
/// pockets there are hits alone, the fullest first.
pub(super) fn candidates(motion: &Motion) -> Vec<ShotCandidate> {
    let Some((_, cue_ball)) = motion.cue_ball() else { return Vec::new() };
    let mut candidates = pots(motion, cue_ball);
    candidates.extend(hits(motion, cue_ball));
    candidates
}

/// Returns a full hit of the ball nearest to the cue ball: the fallback when every candidate fails.
pub(super) fn full_hit(motion: &Motion) -> Option<Shot> {
    let (_, cue_ball) = motion.cue_ball()?;
    let distance = |(_, p): &(usize, TablePoint)| (*p - cue_ball).length();
    let nearest = motion.objects().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    straight(motion, cue_ball, nearest, SPEEDS.0 * pace(motion.spec()))
}

/// Returns the break: a full, hard hit of the front ball of the rack. Where another ball stands before it, as the pink
/// does in snooker, it is the fullest possible hit of a ball like it.
pub(super) fn break_off(motion: &Motion) -> Option<Shot> {
    let (_, cue_ball) = motion.cue_ball()?;
    let front = motion.objects().next()?;
    let speed = BREAK_SPEED * pace(motion.spec());
    let full = straight(motion, cue_ball, front, speed)?;
    let contact = front.1 - full.direction * motion.spec().contact_distance(true);
    if is_clear(motion, cue_ball, contact, front.0, true) {
        return Some(full);
    }
    let alike: Vec<_> = motion.objects().filter(|(ball, _)| motion.label(*ball) == motion.label(front.0)).collect();
    let turns = CUTS.iter().rev().flat_map(|cut| [1.0, -1.0].map(|side| side * cut.to_radians()));
    let mut hits =
        turns.flat_map(|turn| alike.iter().filter_map(move |ball| hit(motion, cue_ball, *ball, turn, speed)));
    hits.next().or(Some(full))
}

/// Returns the factor on the speeds of shots: on a small table, balls stop after a proportionally shorter distance.
fn pace(spec: &TableSpec) -> f64 {
    shrink(spec).sqrt()
}

/// Returns the shot that hits a ball in the middle; balls that stand before it are not regarded.
fn straight(motion: &Motion, cue_ball: TablePoint, (target, object): (usize, TablePoint), speed: f64) -> Option<Shot> {
    let direction = (object - cue_ball).try_normalize()?;
    let reach = (object - cue_ball).length() - motion.spec().contact_distance(true);
    Some(Shot { target, direction, speed, reach })
}

/// Returns the shot that hits a ball at a cut angle, radians; `None` if the cue ball cannot reach the contact.
fn hit(
    motion: &Motion,
    cue_ball: TablePoint,
    (target, object): (usize, TablePoint),
    cut: f64,
    speed: f64,
) -> Option<Shot> {
    let spec = motion.spec();
    let line = turned((object - cue_ball).try_normalize()?, cut);
    let ghost = object - line * spec.contact_distance(true);
    let approach = ghost - cue_ball;
    let direction = approach.try_normalize()?;
    let possible =
        direction.dot(line) > 0.05 && spec.holds(ghost, 0.0) && is_clear(motion, cue_ball, ghost, target, true);
    possible.then(|| Shot { target, direction, speed, reach: approach.length() })
}

fn pots(motion: &Motion, cue_ball: TablePoint) -> Vec<ShotCandidate> {
    let spec = motion.spec();
    let (mouths, pace) = (mouths(spec, motion.features()), pace(spec));
    let mut found = Vec::new();
    for (ball, object) in motion.objects() {
        for &(target, inwards, opening) in &mouths {
            let to_pocket = target - object;
            let Some(line) = to_pocket.try_normalize() else { continue };
            let ghost = object - line * spec.contact_distance(true);
            let approach = ghost - cue_ball;
            let Some(direction) = approach.try_normalize() else { continue };
            let cut = direction.dot(line);
            let open = line.dot(inwards) > opening && cut > MAX_CUT.to_radians().cos() && spec.holds(ghost, 0.0);
            // On into the pocket, past both jaws.
            let fits =
                || {
                    let end = target + line * spec.ball_radius;
                    motion.features().jaws.iter().all(|jaw| {
                        distance_to_segment(jaw.centre, object, end) > jaw.radius + spec.ball_radius + 0.0005
                    })
                };
            let clear =
                || is_clear(motion, cue_ball, ghost, ball, true) && is_clear(motion, object, target, ball, false);
            if open && fits() && clear() {
                let (reach, rest) = (approach.length(), to_pocket.length());
                // Measure of ease: the player's error grows with long paths and thin cuts.
                let ease = cut / ((reach + 0.15) * (rest + 0.15));
                let speed = pace * (1.2 + 0.5 * (reach + rest / cut)).clamp(SPEEDS.0, SPEEDS.1);
                found.push((ease, ShotCandidate { shot: Shot { target: ball, direction, speed, reach }, pots: true }));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found
        .into_iter()
        .take(MAX_CANDIDATES)
        .flat_map(|(_, candidate)| AIMS.map(|angle| candidate.beside(angle)))
        .collect()
}

fn hits(motion: &Motion, cue_ball: TablePoint) -> Vec<ShotCandidate> {
    let speed = 1.1 * SPEEDS.0 * pace(motion.spec());
    let mut cuts = CUTS;
    if motion.spec().pockets.is_none() {
        cuts.reverse();
    }
    let mut found = Vec::new();
    for cut in cuts {
        for ball in motion.objects() {
            for side in [1.0, -1.0] {
                let shot = hit(motion, cue_ball, ball, side * cut.to_radians(), speed);
                found.extend(shot.map(|shot| ShotCandidate { shot, pots: false }));
            }
        }
    }
    found.truncate(MAX_CANDIDATES);
    found
}

/// Returns for each pocket the place at which balls are aimed, the direction into it, and the minimum cosine to that
/// direction at which balls are played into it.
fn mouths(spec: &TableSpec, features: &TableFeatures) -> Vec<(TablePoint, TableVector, f64)> {
    let Some(PocketPair { corner, .. }) = &spec.pockets else { return Vec::new() };
    let (w, l) = (spec.width, spec.length);
    let inset = inset(corner, features);
    [
        PocketId::LeftBottom,
        PocketId::LeftCentre,
        PocketId::LeftTop,
        PocketId::RightBottom,
        PocketId::RightCentre,
        PocketId::RightTop,
    ]
    .map(|pocket| {
        let left = matches!(pocket, PocketId::LeftBottom | PocketId::LeftCentre | PocketId::LeftTop);
        let x = if left { -1.0 } else { 1.0 };
        let y = match pocket {
            PocketId::LeftBottom | PocketId::RightBottom => -1.0,
            PocketId::LeftCentre | PocketId::RightCentre => 0.0,
            PocketId::LeftTop | PocketId::RightTop => 1.0,
        };
        let corner = TablePoint::new(0.5 * w * (1.0 + x), 0.5 * l * (1.0 + y));
        let inwards = TableVector::new(x, y).normalize();
        if y == 0.0 {
            (corner, inwards, 50.0_f64.to_radians().cos())
        } else {
            (corner - TableVector::new(x, y) * inset, inwards, 44.0_f64.to_radians().cos())
        }
    })
    .to_vec()
}

/// Returns the distance of the place at which balls are aimed from both rails of a corner, metres: half-way between the
/// lines of the facings where they meet the noses, or, where the jaws are rounded so much that the noses end far from
/// there, half-way between the centres of the jaws, where the passage is narrowest.
fn inset(corner: &PocketSpec, features: &TableFeatures) -> f64 {
    let from_corner = |jaw: &&Jaw| jaw.centre.to_vector().square_length();
    let jaw = features.jaws.iter().min_by(|a, b| from_corner(a).total_cmp(&from_corner(b)));
    match jaw {
        Some(jaw) if jaw.radius > 0.5 * corner.width => 0.5 * (jaw.centre.x + jaw.centre.y),
        _ => 0.5 * corner.width * std::f64::consts::FRAC_1_SQRT_2,
    }
}

/// Returns whether a ball can roll from one place to another without meeting an object ball other than `but`.
fn is_clear(motion: &Motion, from: TablePoint, to: TablePoint, but: usize, is_cue_ball: bool) -> bool {
    let room = 1.01 * motion.spec().contact_distance(is_cue_ball);
    motion.objects().all(|(ball, place)| ball == but || distance_to_segment(place, from, to) > room)
}

/// Rotates a vector counter-clockwise as seen from above.
pub(super) fn turned(v: TableVector, radians: f64) -> TableVector {
    let (sin, cos) = radians.sin_cos();
    TableVector::new(v.x * cos - v.y * sin, v.x * sin + v.y * cos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{layout::spread, rack::rack};
    use billiards_table::{BallLabel, PlainColour, TableKind};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn table(balls: &[(BallLabel, TablePoint)]) -> Motion {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        Motion::new(&TableKind::NINE_FOOT.spec(), balls, rng)
    }

    #[test]
    fn a_straight_ball_before_a_side_pocket_is_potted() {
        let motion =
            table(&[(BallLabel::Cue, TablePoint::new(0.6, 1.27)), (BallLabel::Number(5), TablePoint::new(0.25, 1.27))]);
        let candidate = candidates(&motion)[0];
        assert!(candidate.pots && candidate.shot.target == 1);
        assert!((candidate.shot.direction - TableVector::new(-1.0, 0.0)).length() < 1e-9);
    }

    #[test]
    fn a_snookered_ball_is_no_candidate() {
        // The 2 lies between the cue ball and the 1.
        let motion = table(&[
            (BallLabel::Cue, TablePoint::new(0.635, 0.4)),
            (BallLabel::Number(2), TablePoint::new(0.635, 1.0)),
            (BallLabel::Number(1), TablePoint::new(0.635, 1.12)),
        ]);
        assert!(candidates(&motion).iter().all(|candidate| !candidate.pots || candidate.shot.target == 1));
        assert!(candidates(&motion).iter().any(|candidate| !candidate.pots));
    }

    #[test]
    fn most_spread_layouts_hold_a_pot_that_works() {
        let spec = TableKind::NINE_FOOT.spec();
        let with_pot = (0..8).filter(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(*seed);
            let layout = spread(&spec, &mut rng);
            let motion = Motion::new(&spec, &layout, &mut rng);
            candidates(&motion).iter().any(|candidate| candidate.pots && candidate.works(&motion))
        });
        assert!(with_pot.count() >= 7);
    }

    /// Returns the balls of a table, racked or spread.
    fn set_up(kind: &str, seed: u64, is_racked: bool) -> Motion {
        let spec = TableKind::named(kind).expect("shipped").spec();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let layout = if is_racked { rack(&spec, &mut rng) } else { spread(&spec, &mut rng) };
        Motion::new(&spec, &layout, &mut rng)
    }

    #[test]
    fn without_pockets_balls_are_hit_the_fullest_first() {
        let motion = set_up("carom-match", 2, true);
        let candidates = candidates(&motion);
        assert!(!candidates.is_empty() && candidates.iter().all(|candidate| !candidate.pots));
        assert!(candidates[0].works(&motion));
        // The red comes first, and it is hit almost in the middle.
        let ((_, cue_ball), red) = (motion.cue_ball().expect("there"), motion.place(1).expect("there"));
        assert_eq!(motion.label(1), BallLabel::Colour(PlainColour::Red));
        let aside = (red - cue_ball).cross(candidates[0].shot.direction).abs();
        assert!(candidates[0].shot.target == 1 && aside < 0.5 * motion.spec().ball_radius, "{aside}");
    }

    #[test]
    fn every_rack_is_broken_by_hitting_it_first() {
        for kind in TableKind::all().filter(|kind| kind.spec().pockets.is_some()) {
            let motion = set_up(kind.name(), 3, true);
            let shot = break_off(&motion).expect("a break");
            assert_eq!(motion.label(shot.target), motion.label(1), "{kind}");
            let ends = motion.simulate(shot.direction * shot.speed).expect("possible");
            let moved = (1..motion.len()).filter(|ball| ends[*ball] != motion.place(*ball)).count();
            assert!(ends[shot.target] != motion.place(shot.target) && moved > 3, "{kind}: {moved}");
        }
    }

    #[test]
    fn a_ball_before_a_corner_of_any_table_is_potted() {
        for kind in TableKind::all().filter(|kind| kind.spec().pockets.is_some()) {
            let spec = kind.spec();
            // The cue ball lies so near that it hardly follows.
            let places = [0.26, 0.2].map(|share| TablePoint::new(share * spec.width, share * spec.width));
            let balls = [(BallLabel::Cue, places[0]), (BallLabel::Number(5), places[1])];
            let motion = Motion::new(&spec, &balls, &mut ChaCha8Rng::seed_from_u64(0));
            let candidate = candidates(&motion)[0];
            assert!(candidate.pots && candidate.works(&motion), "{kind}");
            let target = mouths(&spec, motion.features())[0].0;
            // The passage is open there, whatever the radius of its jaws.
            let jaws = &motion.features().jaws;
            assert!(jaws.iter().all(|jaw| (jaw.centre - target).length() > jaw.radius + spec.ball_radius), "{kind}");
        }
    }
}
