//! Ball detection: circles of one radius, found by gradient voting and verified ray by ray.

use super::{
    disc::{Disc, Evidence, RAYS, Silhouette, directions},
    grids::{FinePoint, FineVector},
    scene::Scene,
    votes::Seed,
};
use std::iter;

/// Range of usual ball radii, as shares of the table's longer side: from a nine-foot pool table to a toy.
pub(super) const RADIUS_SHARES: (f64, f64) = (0.0098, 0.026);
/// Range of ball radii, as shares of the table's longer side, on large snooker tables.
const SMALL_SHARES: (f64, f64) = (0.0065, 0.0098);
/// Maximum relative deviation of the balls' radius from that of the expected table: noses are higher than balls, and
/// lenses distort.
const EXPECTED_SLACK: f64 = 0.15;
/// Minimum ratio of the agreement on a small radius to that on a usual one.
const SMALL_ADVANTAGE: f64 = 3.0;
/// Agreement on a radius that some five balls cause, each of which is found with several radii.
const CLEAR_AGREEMENT: f64 = 12.0;
/// Minimum distance of a ball's centre inside the nose lines, in radii; negative is outside. A ball at the rail is one
/// radius away from the nose, but the nose line may be off by as much, and seen from the side a ball appears above its
/// place.
pub(super) const BEYOND: f64 = -0.35;
/// Minimum share of the circle along which the coarse picture must have an edge before the seed is verified.
const OUTLINE: f64 = 0.6;
/// Minimum share of a circle's edge that must vote for its centre.
const VOTES: f64 = 0.25;
/// Maximum relative deviation of one ball's radius from the expected one.
const SLACK: f64 = 0.15;
/// Minimum share of the inner pixels that must not be cloth.
const FILLED: f64 = 0.6;
/// Minimum roundness after the first pass over the rays; below it the second pass is skipped.
const FAINT: f64 = 0.6;
/// Minimum roundness of a ball on open cloth; fingers, text and crossing rings lie below it.
const ROUND: f64 = 0.72;
/// Minimum roundness of a ball at the rail, where noses and their shadows add edges.
const ROUND_AT_RAIL: f64 = 0.78;
/// Minimum roundness of a ball near a pocket, where nets are full of round meshes, and where there is hardly any cloth
/// around.
const CLEARLY_ROUND: f64 = 0.82;
/// Minimum share of the surroundings of a disc that must be cloth: for a disc that is just round enough, and for a
/// clearly round one, which may lie between projected rings, but not in a hand.
const CLOTH_AROUND: (f64, f64) = (0.5, 0.1);
/// Share of a ball's surroundings that one touching ball occupies.
const TOUCHING: f64 = 0.12;
/// Minimum strength of a disc that is unambiguous.
const CLEAR: f64 = 1.2;
/// Maximum distance from the nose line of a ball that is at the rail, in radii.
const RAIL: f64 = 1.1;
/// Maximum distance from a pocket at which its hole or its net may look round, in radii.
const POCKET: f64 = 3.0;
/// Minimum distance inside the nose lines of a centre near a pocket, in radii; closer ones belong to potted balls.
const OUT_OF_PLAY: f64 = 0.7;
/// Minimum share by which a disc is smaller than a ball if it is only a part of one.
const PART: f64 = 0.09;
/// Minimum share of a disc's inside that differs from the cloth; below it the disc has about the cloth's colour.
const HOLLOW: f64 = 0.93;
/// Maximum distance between an edge and an outline that it lies on, in radii.
const RIM: f64 = 0.07;
/// Minimum share of a whole ball's outline that must be visible.
const SEEN: f64 = 0.55;
/// Additional roundness required of a disc whose whole outline is covered by projected light.
const HALF_SEEN: f64 = 0.1;
/// Reduction of the required roundness for each touching ball.
const PACKED: f64 = 0.03;

/// A disc and the objection to its being a ball, if any.
pub(super) struct Judged {
    pub disc: Disc,
    pub objection: Option<&'static str>,
}

impl Scene<'_> {
    /// Returns the mean radius of a ball's silhouette at a place, working pixels; `radius_share` is the ball's radius
    /// over the table's length.
    pub(super) fn radius_at(&self, radius_share: f64, p: FinePoint) -> f64 {
        radius_share * self.perspective.length_at(p) * self.perspective.oblique(p).mean
    }

    /// Returns all balls on the playing surface with this radius, given over the table's longer side.
    pub fn balls(&self, radius_share: f64) -> Vec<Disc> {
        let round = self.round_things(radius_share, VOTES, SLACK);
        let is_free = |disc: &&Disc| {
            // A ball is surrounded by cloth, or by other balls that touch it; a knuckle by the rest of the hand.
            let touching = round.iter().filter(|other| *other != *disc && other.touches(disc)).count();
            let at_pocket = self.pocket_distance(disc.centre, radius_share) < POCKET + 1.0;
            let needed = if at_pocket && disc.roundness >= CLEARLY_ROUND {
                0.0
            } else {
                // The rounder the disc, the less cloth it needs.
                let (most, least) = CLOTH_AROUND;
                let clear = (disc.roundness - ROUND) / (CLEARLY_ROUND - ROUND);
                most + (least - most) * clear.clamp(0.0, 1.0)
            };
            disc.cloth_around + TOUCHING * touching as f64 >= needed
        };
        let free: Vec<Disc> = round.iter().filter(is_free).copied().collect();
        let placed = |disc: &Disc| {
            let whole = self.completed(disc, self.radius_at(radius_share, disc.centre), &free);
            whole.unwrap_or_else(|| self.centred(disc, self.radius_at(radius_share, disc.centre), &free))
        };
        free.iter().map(placed).collect()
    }

    /// Returns the discs of about this radius on the bed that are round and not cloth, no two in the same place.
    /// `votes` is the share of the circle's edge that must vote, `slack` the maximum relative error of the radius.
    fn round_things(&self, radius_share: f64, votes: f64, slack: f64) -> Vec<Disc> {
        let mut kept: Vec<Disc> = Vec::new();
        let mut seeds = self.seeds(radius_share, votes, OUTLINE);
        // Touching balls hide parts of each other's edges: those found first explain the missing edges of the rest.
        for round in 0..3 {
            let mut found: Vec<Disc> = Vec::new();
            seeds.retain(|seed| {
                // Around an unambiguous disc there are many lesser peaks, all of its own edge.
                let explained = |disc: &Disc| disc.strength() > CLEAR && disc.covers(seed.place, 1.2);
                if found.iter().any(explained) || kept.iter().any(|disc| disc.covers(seed.place, 1.5)) {
                    return false;
                }
                let neighbours: Vec<Disc> = kept.iter().filter(|disc| disc.covers(seed.place, 2.6)).copied().collect();
                if round > 0 && neighbours.is_empty() {
                    return false;
                }
                let Some(disc) = self.verify(seed, slack, &neighbours) else { return true };
                let ball = self.objection(&disc, radius_share, neighbours.len()).is_none();
                found.extend(ball.then_some(disc));
                !ball
            });
            if found.is_empty() {
                break;
            }
            kept = strongest_apart(kept, found);
        }
        kept
    }

    /// Returns the whole ball of which a disc shows only a part. The white cap of a stripe whose colour is near the
    /// cloth's is round too, but smaller than a ball; and on a ball of the cloth's colour shadows and glints show
    /// better than its outline. `None` if the disc is no smaller than a ball of this mean radius and differs from the
    /// cloth, or if the outline of the whole ball is not visible.
    fn completed(&self, disc: &Disc, radius: f64, balls: &[Disc]) -> Option<Disc> {
        let mut room = radius - disc.radius;
        if disc.filled < HOLLOW {
            room = room.abs().max(PART * radius);
        } else if room < PART * radius {
            return None;
        }
        let neighbours = disc.beside(balls);
        // The part may lie anywhere inside the ball.
        let aside = [0.35, 0.7, 1.0]
            .into_iter()
            .flat_map(|share| directions().iter().step_by(4).map(move |way| way.from(disc.centre, share * room)));
        let shifts = iter::once(disc.centre).chain(aside);
        let expected = Silhouette::expected(radius, &self.perspective.oblique(disc.centre));
        let tried = shifts.filter_map(|centre| {
            let rays = self.rays(centre, radius, 1, &neighbours)?;
            let shape = expected.settled(&rays, RIM * radius)?;
            Some((shape.rim(&rays, RIM * radius), centre, shape))
        });
        let (rim, centre, shape) = tried.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (rim >= SEEN).then_some(Disc { centre: centre + shape.shift, radius, ..*disc })
    }

    /// Returns the reason why a disc is no ball on the bed, if there is one; it must be round enough for its place.
    fn objection(&self, disc: &Disc, radius_share: f64, touching: usize) -> Option<&'static str> {
        let near_pocket = self.pocket_distance(disc.centre, radius_share) < POCKET;
        let inset = self.perspective.inset(disc.centre) / radius_share;
        let at_rail = inset < RAIL;
        // A disc deep in a pocket is out of play.
        let potted = near_pocket && inset < OUT_OF_PLAY;
        // Hidden edges are no evidence, so a ball in a pack needs less roundness.
        let round = match (near_pocket, at_rail) {
            (true, _) => CLEARLY_ROUND,
            (false, true) => ROUND_AT_RAIL,
            _ => ROUND - PACKED * touching.min(4) as f64,
        };
        if potted || self.inset(disc.centre) < BEYOND * self.radius_at(radius_share, disc.centre) {
            Some("off the bed")
        } else if disc.filled < FILLED {
            Some("cloth inside")
        } else {
            (disc.roundness < round + HALF_SEEN * disc.lit).then_some("not round")
        }
    }

    /// Returns all verified discs, each judged on its own, with the objections to them; for diagnosis.
    pub(super) fn judged(&self, radius_share: f64) -> Vec<Judged> {
        let seeds = self.seeds(radius_share, VOTES, OUTLINE);
        let discs = seeds.iter().filter_map(|seed| self.verify(seed, SLACK, &[]));
        discs.map(|disc| Judged { disc, objection: self.objection(&disc, radius_share, 0) }).collect()
    }

    /// Returns the median radius of the balls over the table's longer side; `None` for fewer than three clear ones,
    /// which may be a hand or a glass.
    pub fn radius_share(&self, balls: &[Disc]) -> Option<f64> {
        let mut shares: Vec<f64> = balls.iter().filter(|b| b.support > 0.85).map(|b| self.share_of(b)).collect();
        shares.sort_by(f64::total_cmp);
        (shares.len() >= 3).then(|| shares[shares.len() / 2])
    }

    /// Returns the radius of a disc over the table's length.
    pub(super) fn share_of(&self, disc: &Disc) -> f64 {
        disc.radius / self.radius_at(1.0, disc.centre)
    }

    /// Returns the radius over the table's length that most round things on the table agree on.
    pub fn estimate_radius(&self) -> Option<f64> {
        let (low, high) = RADIUS_SHARES;
        if let Some(share) = self.shape.ball_share.filter(|share| !(low..=high).contains(share)) {
            let range = ((1.0 - EXPECTED_SLACK) * share, (1.0 + EXPECTED_SLACK) * share);
            return self.agreed_radius(range).map(|(share, _)| share);
        }
        let usual = self.agreed_radius(RADIUS_SHARES);
        let is_clear = |(share, agreement): &(f64, f64)| *share >= low && *agreement >= CLEAR_AGREEMENT;
        if usual.as_ref().is_some_and(is_clear) {
            return usual.map(|(share, _)| share);
        }
        // Spots on the cloth, numbers and projected marks are small and round too.
        let least = CLEAR_AGREEMENT.max(SMALL_ADVANTAGE * usual.map_or(0.0, |(_, agreement)| agreement));
        let small = self.agreed_radius(SMALL_SHARES).filter(|(_, agreement)| *agreement >= least);
        small.or(usual).map(|(share, _)| share)
    }

    /// Returns the radius over the table's length that most round things agree on, among radii of a range, and how many
    /// of them do, by their weights.
    fn agreed_radius(&self, (low, high): (f64, f64)) -> Option<(f64, f64)> {
        let mut found: Vec<(f64, f64)> = Vec::new();
        let mut share = low;
        while share < high {
            let kept = self.round_things(share, 0.3, 0.15);
            found.extend(kept.iter().map(|disc| (self.share_of(disc), disc.support.powi(2))));
            share *= 1.1;
        }
        let agreement = |r: f64| -> f64 {
            found.iter().map(|(other, weight)| weight * (1.0 - ((other / r - 1.0) / 0.08).powi(2)).max(0.0)).sum()
        };
        let best = found.iter().map(|(r, _)| *r).max_by(|a, b| agreement(*a).total_cmp(&agreement(*b)))?;
        let near = found.iter().filter(|(r, _)| (r / best - 1.0).abs() < 0.08);
        let (sum, weight) = near.fold((0.0, 0.0), |(s, w), (r, weight)| (s + r * weight, w + weight));
        Some((sum / weight, agreement(best)))
    }

    /// Fits the silhouette near a seed; its radius may be off by the share `slack`, and `neighbours` may hide parts of
    /// it.
    fn verify(&self, seed: &Seed, slack: f64, neighbours: &[Disc]) -> Option<Disc> {
        let radius = seed.radius;
        let mut centre = seed.place;
        let expected = Silhouette::expected(radius, &self.perspective.oblique(centre));
        let mut shape = expected;
        let mut evidence = Evidence::default();
        // First with half of the rays: most seeds are spurious.
        for (stride, gate) in [(2, 0.3), (1, 0.15)] {
            let rays = self.rays(centre, radius, stride, neighbours)?;
            for _ in 0..3 {
                shape = shape.refit(&rays, gate * radius, &expected, slack)?;
            }
            evidence = shape.evidence(&rays, gate * radius);
            centre += shape.shift;
            shape.shift = FineVector::zero();
            let strayed = (centre.x - seed.place.x).hypot(centre.y - seed.place.y) > 0.5 * radius;
            if strayed || evidence.roundness(seed.outline) < FAINT {
                return None;
            }
        }
        let roundness = evidence.roundness(self.outline(centre, shape.radius, 1, neighbours));
        if roundness < ROUND - PACKED * neighbours.len().min(4) as f64 {
            return None;
        }
        let r = shape.radius;
        let cloth_around = self.cloth_around(centre, &shape, radius);
        let (filled, judged) = self.filled(centre, r);
        let lit = 1.0 - self.unlit(centre, r);
        let radius_error = (r / radius - 1.0).abs();
        Some(Disc {
            centre,
            radius: r,
            support: evidence.near_edges,
            roundness,
            radius_error,
            cloth_around,
            filled,
            judged,
            lit,
            blurred: false,
        })
    }

    /// Returns the share of rays with cloth just outside a silhouette, among the rays that projected light does not
    /// cover.
    fn cloth_around(&self, centre: FinePoint, shape: &Silhouette, radius: f64) -> f64 {
        let (mut cloth, mut looking) = (0, 0);
        for ray in directions() {
            // Chroma is stored coarsely: next to the edge the ball's colour bleeds into the cloth.
            let mut places = [0.35, 0.2, 0.5]
                .into_iter()
                .map(|beyond| ray.from(centre, shape.at(ray) + beyond * radius))
                .filter(|p| !self.is_lit(*p) && !self.behind_nose(*p, 0.0))
                .peekable();
            looking += usize::from(places.peek().is_some());
            cloth += usize::from(places.any(|p| self.cloth_distance(p) < 1.0));
        }
        cloth as f64 / looking.max(1) as f64
    }

    /// Returns the share of the inner pixels that are not cloth, among those that neither projected light nor a nose
    /// covers, and the share of all inner pixels that these are.
    fn filled(&self, centre: FinePoint, radius: f64) -> (f64, f64) {
        let light = self.cloth_light(centre, 1.45 * radius);
        let (mut all, mut inner, mut foreign) = (0, 0, 0);
        for ray in directions().iter().step_by(2) {
            for share in [0.15, 0.3, 0.45, 0.6] {
                let p = ray.from(centre, share * radius);
                all += 1;
                if self.is_lit(p) || self.behind_nose(p, 0.0) {
                    continue;
                }
                inner += 1;
                // A shadow darkens cloth; nothing on the table looks brighter except a white ball on grey cloth.
                let pixel = self.picture.sample(p);
                let brighter = light.is_some_and(|light| pixel.iter().sum::<f32>() > 1.3 * light);
                // The colour usual near a pocket may be that of a shadow.
                let other =
                    ![self.cloth_at(p), self.cloth.as_ref()].into_iter().flatten().any(|cloth| cloth.matches(pixel));
                foreign += usize::from(brighter || other);
            }
        }
        // Covered all over: no evidence against a ball.
        let filled = if inner == 0 { 1.0 } else { f64::from(foreign as u32) / f64::from(inner) };
        (filled, f64::from(inner) / f64::from(all))
    }

    /// Returns the median brightness (sum of the channels) of the cloth on a circle; `None` if little of it is cloth.
    fn cloth_light(&self, centre: FinePoint, reach: f64) -> Option<f32> {
        let cloth = self.cloth_at(centre)?;
        let mut sums: Vec<f32> = directions()
            .iter()
            .map(|ray| ray.from(centre, reach))
            .filter(|p| !self.is_lit(*p))
            .map(|p| self.picture.sample(p))
            .filter(|pixel| cloth.matches(*pixel))
            .map(|pixel| pixel.iter().sum())
            .collect();
        sums.sort_by(f32::total_cmp);
        (sums.len() > RAYS / 6).then(|| sums[sums.len() / 2])
    }
}

/// Merges the discs; of those that overlap only the strongest is kept.
fn strongest_apart(kept: Vec<Disc>, mut found: Vec<Disc>) -> Vec<Disc> {
    found.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
    let mut all = kept;
    for disc in found {
        // Touching balls are two radii apart; slant and blur bring them a little closer.
        if all.iter().all(|other| other.distance(&disc) > 0.8 * (other.radius + disc.radius)) {
            all.push(disc);
        }
    }
    all
}
