//! Patterns of white on a ball. The number spot of a solid is a small cap; a stripe's band leaves two large ones at the
//! ends of an axis. (A solid has its number twice, but shows one at a time.)

use std::{f32::consts::PI, sync::LazyLock};

/// Number of places on the visible disc at which a ball is sampled.
pub(super) const PLACES: usize = 256;

/// A set of places, one bit each.
pub(super) type Places = [u64; PLACES / 64];

/// Maximum distance of the places from the centre, radii of the silhouette; beyond it the edge is blurred into the
/// background.
const REACH: f32 = 0.9;

static AT: LazyLock<[[f32; 2]; PLACES]> = LazyLock::new(|| {
    std::array::from_fn(|i| {
        let (sin, cos) = (golden_angle() * i as f32).sin_cos();
        let reach = REACH * ((i as f32 + 0.5) / PLACES as f32).sqrt();
        [reach * cos, reach * sin]
    })
});

/// Returns the places, in radii from the centre of the silhouette, evenly spread, from the inside out.
pub(super) fn places() -> impl Iterator<Item = [f32; 2]> {
    AT.iter().copied()
}

/// Returns the golden angle, radians: multiples of it never come near to repeating a direction.
fn golden_angle() -> f32 {
    PI * (3.0 - 5.0_f32.sqrt())
}

/// Adds a place to a set.
pub(super) fn mark(set: &mut Places, place: usize) {
    if let Some(word) = set.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

/// Returns whether a place is in a set.
pub(super) fn holds(set: &Places, place: usize) -> bool {
    set.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
}

/// Returns the number of places in a set.
pub(super) fn count(set: &Places) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

/// Radii of the spot of a solid, degrees seen from the ball's centre, with a penalty for rare ones, as a share of
/// places that counts as an error; no spot is one of them. The largest are the spots of miniature balls.
const SPOTS: [(f32, f32); 5] = [(0.0, 0.0), (16.0, 0.0), (22.0, 0.0), (28.0, 0.01), (34.0, 0.03)];

/// Radii of the caps of a stripe, degrees seen from the ball's centre, with a penalty for rare ones, as a share of
/// places; the band is about half as wide as the ball.
const CAPS: [(f32, f32); 4] = [(43.0, 0.02), (50.0, 0.0), (57.0, 0.0), (64.0, 0.0)];

/// Number of directions of the axis that are tried, over the visible half of the sphere.
const AXES: usize = 96;

/// Radius of the number spots in a stripe's band, degrees.
const BAND_SPOT: f32 = 24.0;

/// Radius of the number in a stripe's cap, degrees.
const CAP_NUMBER: f32 = 20.0;

/// Number of places of the spots round the band that are tried; a spot on the far side is as good as none.
const BAND_SPOTS: usize = 6;

/// White places of a ball, and the penalty for the rarity of such a ball.
type Pattern = (Places, f32);

static SOLIDS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let solids = |(spot, rare)| axes().map(move |axis| (cap(axis, spot), rare));
    SPOTS.into_iter().flat_map(solids).collect()
});

static STRIPES: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let with_numbers = |axis: [f32; 3], cap: f32| {
        let white = caps(axis, cap);
        let spotted = (0..BAND_SPOTS).map(move |i| {
            let spot = caps(on_equator(axis, PI * i as f32 / BAND_SPOTS as f32), BAND_SPOT);
            std::array::from_fn(|i| white[i] | spot[i])
        });
        // Some sets have the number in the cap.
        let number = caps(axis, CAP_NUMBER);
        let numbered = std::array::from_fn(|i| white[i] & !number[i]);
        [white, numbered].into_iter().chain(spotted)
    };
    let stripes = |(cap, rare)| axes().flat_map(move |axis| with_numbers(axis, cap)).map(move |white| (white, rare));
    CAPS.into_iter().flat_map(stripes).collect()
});

/// Returns directions over the visible half of the sphere, evenly spread; unit vectors, z towards the camera.
fn axes() -> impl Iterator<Item = [f32; 3]> {
    (0..AXES).map(move |i| {
        let z = (i as f32 + 0.5) / AXES as f32;
        let (sin, cos) = (golden_angle() * i as f32).sin_cos();
        let across = (1.0 - z * z).sqrt();
        [across * cos, across * sin, z]
    })
}

/// Returns a direction at right angles to an axis.
fn on_equator([x, y, z]: [f32; 3], angle: f32) -> [f32; 3] {
    let across = x.hypot(y).max(1e-6);
    let (sin, cos) = angle.sin_cos();
    let (u, v) = ([-y / across, x / across, 0.0], [-x * z / across, -y * z / across, across]);
    std::array::from_fn(|i| u[i] * cos + v[i] * sin)
}

/// Returns the places on the two caps of this radius in degrees at the ends of an axis.
fn caps(axis: [f32; 3], radius: f32) -> Places {
    let (near, far) = (cap(axis, radius), cap(axis.map(|a| -a), radius));
    std::array::from_fn(|i| near[i] | far[i])
}

/// Returns the places on the cap of this radius in degrees round a direction.
fn cap([ax, ay, az]: [f32; 3], radius: f32) -> Places {
    let mut white = Places::default();
    let limit = radius.to_radians().cos();
    for (i, [x, y]) in places().enumerate() {
        let z = (1.0 - x * x - y * y).max(0.0).sqrt();
        if radius > 0.0 && ax * x + ay * y + az * z > limit {
            mark(&mut white, i);
        }
    }
    white
}

/// Returns the share of the `known` places that the best solid and the best stripe get wrong.
pub(super) fn pattern_errors(white: &Places, known: &Places) -> [f32; 2] {
    let one = 1.0 / count(known).max(1) as f32;
    let better = |best: f32, (pattern, rare): &Pattern| {
        let mut error = *rare;
        for ((pattern, white), known) in pattern.iter().zip(white).zip(known) {
            error += one * ((pattern ^ white) & known).count_ones() as f32;
            if error >= best {
                return best;
            }
        }
        error
    };
    [&*SOLIDS, &*STRIPES].map(|patterns| patterns.iter().fold(1.0, better))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Places = [u64::MAX; PLACES / 64];

    #[test]
    fn sets_hold_what_was_marked() {
        let mut set = Places::default();
        [0, 63, 64, PLACES - 1, PLACES].into_iter().for_each(|place| mark(&mut set, place));
        assert_eq!(count(&set), 4);
        assert!(holds(&set, 63) && holds(&set, PLACES - 1) && !holds(&set, 1) && !holds(&set, PLACES));
    }

    #[test]
    fn places_fill_the_disc_from_the_inside_out() {
        let reach: Vec<f32> = places().map(|[x, y]| x.hypot(y)).collect();
        assert!(reach.windows(2).all(|pair| pair[0] <= pair[1]) && reach.iter().all(|r| *r <= REACH));
        assert_eq!(reach.len(), PLACES);
    }

    #[test]
    fn a_ball_without_white_is_a_solid() {
        let [solid, stripe] = pattern_errors(&Places::default(), &ALL);
        assert!(solid == 0.0 && stripe > 0.08, "{solid} {stripe}");
    }

    /// Directions between the axes that are tried are recognised too.
    #[test]
    fn solids_and_stripes_are_told_apart_from_all_sides() {
        for i in 0..60 {
            let (z, angle) = (i as f32 / 60.0, 2.1 * i as f32);
            let across = (1.0 - z * z).sqrt();
            let axis = [across * angle.cos(), across * angle.sin(), z];
            let [solid, stripe] = pattern_errors(&caps(axis, 53.0), &ALL);
            assert!(stripe < 0.1 && solid > stripe + 0.02, "a stripe along {axis:?}: {solid} {stripe}");
            let [solid, stripe] = pattern_errors(&cap(axis, 20.0), &ALL);
            assert!(solid < 0.08 && stripe > solid + 0.02, "a solid along {axis:?}: {solid} {stripe}");
        }
    }

    #[test]
    fn what_is_not_known_does_not_count() {
        let white = cap([0.0, 0.0, 1.0], 20.0);
        assert_eq!(pattern_errors(&white, &white.map(|word| !word))[0], 0.0);
        assert_eq!(pattern_errors(&white, &Places::default())[0], 0.0);
    }
}
