//! Detection of balls that move fast enough to be smeared: as wide as a ball, but longer.

use super::{
    disc::{Disc, directions},
    grids::{CoarsePoint, FinePoint, FineVector},
    ground::Ground,
    scene::{COARSE, Scene, coarse, fine},
};

/// Minimum path during the exposure of a smeared ball, in radii; below it the detected disc has its centre in the
/// middle anyway.
const SMEARED: f64 = 0.7;
/// Maximum path during the exposure, in radii; no shutter is open for longer.
const LONGEST: f64 = 8.0;
/// Range of a streak's width, over that of a ball; neighbouring colours bleed in.
const WIDTH: std::ops::RangeInclusive<f64> = 0.8..=1.45;
/// Half of the width below which things are cut off, in radii: a cue, the neck between two balls.
const CUT: f64 = 0.6;
/// Range of a streak's spread, over that of a stadium: that of a hand or a row of balls differs.
const SPREAD: std::ops::RangeInclusive<f64> = 0.88..=1.25;
/// Maximum slope at the softer end over that at the sides: a smeared ball has soft ends, two balls in a row have none.
const MAX_SHARPNESS: f64 = 0.7;
/// Maximum slope at the softer end over that at the sides, for anything longer than two balls in a row: the longer the
/// path, the paler the streak and its sides.
const MAX_LONG_SHARPNESS: f64 = 0.9;
/// Minimum path of a streak that is longer than two balls in a row, in radii, with a margin.
const LONG: f64 = 3.0;
/// Maximum difference of the colours of a streak's two halves, over the difference between ball and cloth: a smeared
/// ball has mixed its colours, two balls in a row differ.
const UNLIKE: f64 = 0.25;
/// Radius of a circle round a disc in a streak, in radii, and the minimum share of it that is not cloth.
const STICKS_OUT: (f64, f64) = (1.25, 0.2);
/// Radius within which a smeared ball may have at most one other ball, in radii: in a crowd everything touches.
const CROWD: f64 = 2.6;
/// Range of the area of a streak after its narrow parts are cut off, in squared radii; the maximum is that of the
/// widest and longest.
const AREA: std::ops::RangeInclusive<f64> = 0.4..=17.0;

/// Remainder of a thing after its narrow parts are cut off.
struct Core {
    /// Centroid of the remainder.
    centre: FinePoint,
    /// Width, from edge to edge of the whole, working pixels.
    width: f64,
    /// Length, from edge to edge of the whole, working pixels.
    length: f64,
    /// Unit vector along it.
    axis: FineVector,
    /// Spread along the axis, over that of a stadium of its size.
    spread: f64,
    /// Its coarse pixels.
    pixels: Vec<[usize; 2]>,
}

/// A smeared ball.
struct Streak {
    /// Centre of the streak.
    centre: FinePoint,
    /// Indices of the discs in it.
    inside: Vec<usize>,
}

impl Scene<'_> {
    /// Returns the discs, those in streaks moved to the streaks' centres, and the streaks that contain no disc.
    pub fn with_streaks(&self, mut discs: Vec<Disc>, ground: &Ground, radius_share: f64) -> Vec<Disc> {
        let found = discs.clone();
        let crowded = |disc: &Disc| found.iter().filter(|other| other.distance(disc) < CROWD * disc.radius).count() > 2;
        for disc in discs.iter_mut().filter(|disc| self.sticks_out(disc) && !crowded(disc)) {
            if let Some(streak) = self.streak(disc.centre, radius_share, &found)
                && streak.inside.len() == 1
            {
                (disc.centre, disc.blurred) = (streak.centre, true);
            }
        }
        let middle = FinePoint::new(0.5 * self.picture.width as f64, 0.5 * self.picture.height as f64);
        let usual = self.radius_at(radius_share, middle);
        for piece in ground.wide_pieces(CUT * usual / self.scale) {
            let n = piece.len() as f64;
            let sum = piece.iter().fold(euclid::Vector2D::zero(), |sum, p| sum + p.to_vector());
            let middle = self.of_picture((sum / n).to_point());
            let radius = self.radius_at(radius_share, middle);
            let area = n * (ground.cell() * self.scale / radius).powi(2);
            let near = |reach: f64| discs.iter().filter(|disc| disc.distance_to(middle) < reach * radius).count();
            if !AREA.contains(&area) || near(1.0) > 0 || near(CROWD) > 1 {
                continue;
            }
            let Some(Streak { centre, inside }) = self.streak(middle, radius_share, &discs) else { continue };
            match inside[..] {
                [] => discs.push(Disc { centre, radius, blurred: true, ..Disc::default() }),
                // A disc was found in a part of the streak.
                [part] if !discs[part].blurred => {
                    discs[part] = Disc { centre, radius, blurred: true, ..discs[part] };
                }
                _ => {}
            }
        }
        discs
    }

    /// Returns whether a disc may be a part of something longer.
    fn sticks_out(&self, disc: &Disc) -> bool {
        let (reach, share) = STICKS_OUT;
        let all = directions().iter().step_by(2);
        let needed = (share * all.len() as f64) as usize;
        all.filter(|ray| self.cloth_distance(ray.from(disc.centre, reach * disc.radius)) >= 1.0).count() >= needed
    }

    /// Returns the streak around a place; `None` if there is none.
    fn streak(&self, place: FinePoint, radius_share: f64, discs: &[Disc]) -> Option<Streak> {
        let radius = self.radius_at(radius_share, place);
        let core = self.core(place, radius)?;
        let contains = |disc: &Disc| {
            let centre = coarse(disc.centre);
            let reach = 0.5 * radius / COARSE;
            core.pixels.iter().any(|[x, y]| (*x as f64 - centre.x).hypot(*y as f64 - centre.y) < reach)
        };
        let path = (core.length - core.width) / radius;
        let max_sharpness = if path >= LONG { MAX_LONG_SHARPNESS } else { MAX_SHARPNESS };
        let fits = (SMEARED..LONGEST).contains(&path)
            && WIDTH.contains(&(core.width / (2.0 * radius)))
            && SPREAD.contains(&core.spread)
            && self.sharpness(&core, radius) < max_sharpness
            && self.contrast(&core, radius) < UNLIKE;
        let inside = || (0..discs.len()).filter(|i| contains(&discs[*i])).collect();
        fits.then(|| Streak { centre: core.centre, inside: inside() })
    }

    /// Returns the slope of the brightness at the softer end over the mean slope at the sides.
    fn sharpness(&self, core: &Core, radius: f64) -> f64 {
        let (along, across) = (core.axis, FineVector::new(-core.axis.y, core.axis.x));
        let steepest = |size: f64, direction: FineVector| {
            // From well within the edge to well beyond it.
            let step = 0.1 * radius;
            let at = |i: i32| {
                let reach = 0.5 * size - 0.9 * radius + f64::from(i) * step;
                self.picture.sample(core.centre + direction * reach)
            };
            (0..14)
                .map(|i| (at(i), at(i + 2)))
                .fold(0.0, |most: f32, (a, b)| (0..3).fold(most, |most, c| most.max((a[c] - b[c]).abs())))
        };
        let ends = steepest(core.length, along).min(steepest(core.length, -along));
        let sides = steepest(core.width, across) + steepest(core.width, -across);
        f64::from(2.0 * ends / sides.max(1.0))
    }

    /// Returns the difference of the colours of the two halves over that between the whole and the surrounding cloth.
    fn contrast(&self, core: &Core, radius: f64) -> f64 {
        let along = |reach: f64| self.picture.sample(core.centre + core.axis * reach);
        let mean = |from: f64, to: f64| {
            let all = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| along(from + share * (to - from)));
            std::array::from_fn(|c| all.iter().map(|pixel| pixel[c]).sum::<f32>() / all.len() as f32)
        };
        let difference = |a: [f32; 3], b: [f32; 3]| (0..3).map(|c| (a[c] - b[c]).abs()).fold(0.0, f32::max);
        let (near, far) = (0.1 * radius, 0.5 * core.length - 0.7 * radius);
        let (front, back) = (mean(near, far), mean(-near, -far));
        let outside = 0.5 * core.length + 0.4 * radius;
        let cloth: [f32; 3] = std::array::from_fn(|c| 0.5 * (along(outside)[c] + along(-outside)[c]));
        let whole = std::array::from_fn(|c| 0.5 * (front[c] + back[c]));
        f64::from(difference(front, back) / difference(whole, cloth).max(1.0))
    }

    /// Returns the thing that contains a place, cut to its wide parts; `None` if the place is cloth or narrow, if the
    /// thing is large, or if light hides it.
    fn core(&self, place: FinePoint, radius: f64) -> Option<Core> {
        let (w, h) = (self.coarse.width, self.coarse.height);
        let cut = CUT * radius / COARSE;
        let ring: Vec<[isize; 2]> = directions()
            .iter()
            .step_by(3)
            .map(|ray| [(cut * ray.cos).round() as isize, (cut * ray.sin).round() as isize])
            .collect();
        let foreign = |x: usize, y: usize| {
            let cloth = self.cloth_at_coarse(x, y);
            !self.is_coarse_lit(x, y) && cloth.is_none_or(|cloth| !cloth.matches(self.coarse.pixel(x, y)))
        };
        let wide = |x: usize, y: usize| {
            ring.iter().all(|[dx, dy]| match (x.checked_add_signed(*dx), y.checked_add_signed(*dy)) {
                (Some(x), Some(y)) => x < w && y < h && foreign(x, y),
                _ => false,
            })
        };
        let [x, y] = coarse(place).to_array().map(|v| v.round().max(0.0) as usize);
        // Half of the longest path, and the ball itself at its end.
        let reach = ((0.5 * LONGEST + 1.5) * radius / COARSE) as usize;
        let side = 2 * reach + 1;
        let (left, top) = (x.checked_sub(reach)?, y.checked_sub(reach)?);
        if x + reach >= w || y + reach >= h || !wide(x, y) {
            return None;
        }
        let mut seen = vec![false; side * side];
        seen[reach * side + reach] = true;
        let (mut open, mut pixels) = (vec![[x, y]], Vec::new());
        while let Some([x, y]) = open.pop() {
            pixels.push([x, y]);
            if x <= left || y <= top || x + 1 >= left + side || y + 1 >= top + side {
                return None;
            }
            for [x, y] in [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]] {
                let known = &mut seen[(y - top) * side + x - left];
                if !*known && wide(x, y) {
                    open.push([x, y]);
                }
                *known = true;
            }
        }
        Some(measured(pixels, cut))
    }
}

/// Measures centre and size of connected pixels from which a rim of the width `cut`, coarse pixels, was cut off.
fn measured(pixels: Vec<[usize; 2]>, cut: f64) -> Core {
    let n = pixels.len() as f64;
    let places = || pixels.iter().map(|[x, y]| CoarsePoint::new(*x as f64, *y as f64));
    let centre = places().fold(CoarsePoint::origin(), |sum, p| sum + p.to_vector() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in places().map(|p| (p - centre).to_tuple()) {
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
    }
    let (sin, cos) = (0.5 * (2.0 * xy).atan2(xx - yy)).sin_cos();
    let (mean, spread) = (0.5 * (xx + yy) / n, (0.5 * (xx - yy)).hypot(xy) / n);
    let (along, across) = (mean + spread, mean - spread);
    // The stadium (two half discs and a rectangle between them) of this area with the same spread across.
    let half = 2.0 * across.max(0.25).sqrt();
    let discs = std::f64::consts::PI * half * half;
    let straight = ((n - discs) / (2.0 * half)).max(0.0);
    let ends = 0.25 * half * half + straight * half * 4.0 / (3.0 * std::f64::consts::PI) + 0.25 * straight * straight;
    let expected = (discs * ends + 2.0 * half * straight.powi(3) / 12.0) / (discs + 2.0 * half * straight);
    let width = 2.0 * (half + cut) * COARSE;
    Core {
        centre: fine(centre),
        width,
        length: width + straight * COARSE,
        axis: FineVector::new(cos, sin),
        spread: (along / expected).sqrt(),
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Detector, synthetic};
    use super::*;
    use billiards_table::{BallSet, CameraPoint};
    use opencv::prelude::*;

    /// Returns the pixels within `reach` of a segment along x from the origin, shifted by 50.
    fn stadium(length: usize, reach: f64) -> Vec<[usize; 2]> {
        let near = |x: f64, y: f64| (x - x.clamp(0.0, length as f64)).hypot(y) <= reach;
        let all = (0..200).flat_map(|x| (0..100).map(move |y| [x, y]));
        all.filter(|[x, y]| near(*x as f64 - 50.0, *y as f64 - 50.0)).collect()
    }

    #[test]
    fn a_stadium_has_its_length_and_width() {
        for (length, reach) in [(0, 6.0), (8, 6.0), (30, 6.0), (30, 9.0)] {
            let core = measured(stadium(length, reach), 2.0);
            let (wide, long) = (2.0 * (reach + 2.0) * COARSE, (length as f64 + 2.0 * (reach + 2.0)) * COARSE);
            // A rectangle is spread a little more across than a disc.
            assert!((0.95..1.2).contains(&(core.width / wide)), "{length} {reach}: {} not {wide}", core.width);
            assert!((core.length / long - 1.0).abs() < 0.12, "{length} {reach}: {} not {long}", core.length);
            assert!(SPREAD.contains(&core.spread), "{length} {reach}: {}", core.spread);
            let centre = coarse(core.centre);
            assert!((centre.x - 50.0 - 0.5 * length as f64).abs() < 0.3 && (centre.y - 50.0).abs() < 0.3);
        }
    }
    /// Returns a drawn table with balls at rest and a white one that moves from one place to another.
    fn exposed(from: CameraPoint, to: CameraPoint) -> Mat {
        const STEPS: usize = 16;
        let at = |k: usize| from + (to - from) * k as f64 / (STEPS - 1) as f64;
        let blue = [200.0, 60.0, 30.0];
        let rest = [(200.0, 150.0, blue), (400.0, 300.0, blue), (419.8, 300.0, blue), (700.0, 90.0, blue)];
        let moments: Vec<_> =
            (0..STEPS).map(|k| synthetic::table(&[&rest[..], &[(at(k).x, at(k).y, [240.0; 3])]].concat())).collect();
        let mut picture = moments[0].clone();
        for (i, byte) in picture.data_bytes_mut().expect("bytes").iter_mut().enumerate() {
            let sum: usize = moments.iter().map(|moment| usize::from(moment.data_bytes().expect("bytes")[i])).sum();
            *byte = (sum / STEPS) as u8;
        }
        picture
    }

    #[test]
    fn a_running_ball_is_where_it_was_in_the_middle_of_the_exposure() {
        let mut detector = Detector::new(BallSet::american());
        detector.fix_table(synthetic::SIZE, synthetic::corners());
        for (from, to) in
            [((600.0, 300.0), (600.0, 300.0)), ((600.0, 300.0), (625.0, 315.0)), ((500.0, 200.0), (560.0, 190.0))]
        {
            let (from, to) = (CameraPoint::from(from), CameraPoint::from(to));
            let seen = detector.detect(&exposed(from, to)).expect("a picture");
            assert_eq!(seen.balls.len(), 5, "{from:?}: {:?}", seen.balls);
            let middle = from.lerp(to, 0.5);
            let near = |ball: &&super::super::BallDetection| (ball.centre - middle).length() < 0.2 * synthetic::RADIUS;
            let ball = seen.balls.iter().find(near).expect("the running ball");
            assert_eq!(ball.blurred, from != to);
            assert_eq!(seen.balls.iter().filter(|ball| ball.blurred).count(), usize::from(from != to));
        }
    }
}
