//! Shots that the simulated player considers: unobstructed pots, the easiest first, and thin hits if there is no pot.
//! Each is simulated with the physics engine before it is played.

use super::motion::Motion;
use billiards_table::{BallLabel, PocketId, TablePoint, TableSpec, TableVector, distance_to_segment};

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

/// Parameters of a shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shot {
    /// Object ball to hit.
    pub target: BallLabel,
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
        let end = |label: BallLabel| ends.iter().find(|(other, _)| *other == label).and_then(|(_, end)| *end);
        let after = end(shot.target);
        let done = if *pots { after.is_none() } else { after.is_some() && after != motion.find(shot.target) };
        done && end(BallLabel::Cue).is_some()
    }

    /// Returns the same candidate, aimed slightly off.
    fn beside(self, angle: f64) -> Self {
        Self { shot: Shot { direction: turned(self.shot.direction, angle), ..self.shot }, ..self }
    }
}

/// Returns all candidates: pots, the easiest first and each with several aims, then hits, the thinnest first.
pub(super) fn candidates(motion: &Motion) -> Vec<ShotCandidate> {
    let Some(cue_ball) = motion.find(BallLabel::Cue) else { return Vec::new() };
    let mut candidates = pots(motion, cue_ball);
    candidates.extend(hits(motion, cue_ball));
    candidates
}

/// Returns a full hit of the ball nearest to the cue ball: the break, and the fallback when every candidate fails.
pub(super) fn full_hit(motion: &Motion, hard: bool) -> Option<Shot> {
    let cue_ball = motion.find(BallLabel::Cue)?;
    let distance = |(_, p): &(BallLabel, TablePoint)| (*p - cue_ball).length();
    let nearest = motion.objects().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let direction = (nearest.1 - cue_ball).try_normalize()?;
    let reach = distance(&nearest) - 2.0 * motion.spec().ball_radius;
    Some(Shot { target: nearest.0, direction, speed: if hard { BREAK_SPEED } else { SPEEDS.0 }, reach })
}

fn pots(motion: &Motion, cue_ball: TablePoint) -> Vec<ShotCandidate> {
    let spec = motion.spec();
    let mut found = Vec::new();
    for (label, object) in motion.objects() {
        for (target, inwards, opening) in mouths(spec) {
            let to_pocket = target - object;
            let Some(line) = to_pocket.try_normalize() else { continue };
            let ghost = object - line * (2.0 * spec.ball_radius);
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
            if open && fits() && is_clear(motion, cue_ball, ghost, label) && is_clear(motion, object, target, label) {
                let (reach, rest) = (approach.length(), to_pocket.length());
                // Measure of ease: the player's error grows with long paths and thin cuts.
                let ease = cut / ((reach + 0.15) * (rest + 0.15));
                let speed = (1.2 + 0.5 * (reach + rest / cut)).clamp(SPEEDS.0, SPEEDS.1);
                found.push((ease, ShotCandidate { shot: Shot { target: label, direction, speed, reach }, pots: true }));
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
    let spec = motion.spec();
    let mut found = Vec::new();
    for cut in [78.0, 66.0, 54.0, 40.0, 25.0, 10.0_f64] {
        for (label, object) in motion.objects() {
            for side in [1.0, -1.0] {
                let Some(straight) = (object - cue_ball).try_normalize() else { continue };
                let line = turned(straight, side * cut.to_radians());
                let ghost = object - line * (2.0 * spec.ball_radius);
                let approach = ghost - cue_ball;
                let Some(direction) = approach.try_normalize() else { continue };
                if direction.dot(line) > 0.05 && spec.holds(ghost, 0.0) && is_clear(motion, cue_ball, ghost, label) {
                    let shot = Shot { target: label, direction, speed: 1.1 * SPEEDS.0, reach: approach.length() };
                    found.push(ShotCandidate { shot, pots: false });
                }
            }
        }
    }
    found.truncate(MAX_CANDIDATES);
    found
}

/// Returns for each pocket the middle of its mouth, the direction into it, and the minimum cosine to that direction at
/// which balls are played into it.
fn mouths(spec: &TableSpec) -> [(TablePoint, TableVector, f64); 6] {
    let (w, l) = (spec.width, spec.length);
    // Half-way between the ends of the two noses at the corner.
    let inset = 0.5 * spec.corner.width * std::f64::consts::FRAC_1_SQRT_2;
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
}

/// Returns whether a ball can roll from one place to another without meeting an object ball other than `but`.
fn is_clear(motion: &Motion, from: TablePoint, to: TablePoint, but: BallLabel) -> bool {
    let room = 2.02 * motion.spec().ball_radius;
    motion.objects().all(|(label, place)| label == but || distance_to_segment(place, from, to) > room)
}

/// Rotates a vector counter-clockwise as seen from above.
pub(super) fn turned(v: TableVector, radians: f64) -> TableVector {
    let (sin, cos) = radians.sin_cos();
    TableVector::new(v.x * cos - v.y * sin, v.x * sin + v.y * cos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout;
    use billiards_table::TableKind;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn table(balls: &[(BallLabel, TablePoint)]) -> Motion {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        Motion::new(&TableKind::NineFoot.spec(), balls, rng)
    }

    #[test]
    fn a_straight_ball_before_a_side_pocket_is_potted() {
        let motion =
            table(&[(BallLabel::Cue, TablePoint::new(0.6, 1.27)), (BallLabel::Number(5), TablePoint::new(0.25, 1.27))]);
        let candidate = candidates(&motion)[0];
        assert!(candidate.pots && candidate.shot.target == BallLabel::Number(5));
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
        assert!(
            candidates(&motion)
                .iter()
                .all(|candidate| !candidate.pots || candidate.shot.target == BallLabel::Number(2))
        );
        assert!(candidates(&motion).iter().any(|candidate| !candidate.pots));
    }

    #[test]
    fn most_spread_layouts_hold_a_pot_that_works() {
        let spec = TableKind::NineFoot.spec();
        let with_pot = (0..8).filter(|seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(*seed);
            let layout = layout::spread(&spec, &mut rng);
            let motion = Motion::new(&spec, &layout, &mut rng);
            candidates(&motion).iter().any(|candidate| candidate.pots && candidate.works(&motion))
        });
        assert!(with_pot.count() >= 7);
    }
}
