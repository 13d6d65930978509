//! Detection of rings of the projector's light at known places of the bed.
//!
//! Light is read along normals of each ring at its expected place. A thin bright line shows as a ridge: it rises above
//! both of its sides, while edges of balls, cloth and shadows rise on one side only. The shift of the ring that puts it
//! on the most ridges is searched for in steps, then refined between them.

use super::{BallDetection, VisionError};
use billiards_table::{CameraView, LightRing, TablePoint, TableVector};
use nalgebra::{Matrix3, Vector3};
use opencv::{
    core::{CV_8UC3, Mat},
    prelude::*,
};
use std::f64::consts::TAU;

/// A detected ring of light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectedRing {
    /// Expected centre of the ring, metres.
    pub place: TablePoint,
    /// Offset of the detected centre from `place`, metres.
    pub offset: TableVector,
    /// Share of the visible part of the ring that was detected, 0 to 1.
    pub share: f64,
}

/// Number of normals of a ring.
const NORMALS: usize = 48;
/// Number of readings along a normal.
const READINGS: usize = 61;
/// Distance between readings along a normal, metres.
const STEP: f64 = 0.001;
/// Distance of the outermost reading from the ring, metres: a ring that is farther off is not found.
const REACH: f64 = STEP * (READINGS / 2) as f64;
/// Steps in which a shift is searched for, metres: half of the thinnest line.
const STRIDE: f64 = 0.002;
/// Distance from a line's edge to the cloth it is compared with, metres: two pixels of a small picture.
const ASIDE: f64 = 0.004;
/// Minimum rise of light above the cloth, grey levels.
const FAINTEST: f64 = 4.0;
/// Minimum rise of light above the cloth, in standard deviations of the noise.
const CLEAR: f64 = 4.0;
/// Radius within which a ball hides the cloth behind it, and its edge and shadow what is next to it, in ball radii.
const HIDES: f64 = 1.15;
/// Minimum share of the normals that must be free to be read.
const FREE: f64 = 0.4;
/// Minimum share of the free normals that must agree.
const AGREE: f64 = 0.6;
/// Maximum distance of a ridge from the ring's first estimate, metres.
const MAX_FIRST_DISTANCE: f64 = 0.003;
/// Maximum distance of a ridge from the ring's refined estimate, metres.
const MAX_REFINED_DISTANCE: f64 = 0.0015;
/// Maximum deviation of the ring's radius from the projected one, metres: lenses blur, and cloth is not flat.
const GROWN: f64 = 0.0025;
/// Minimum eigenvalue of the normalised normal matrix: the directions of the normals must differ enough to determine
/// the whole shift.
const SPREAD: f64 = 0.03;

/// Finds the rings expected in this 8-bit BGR picture of this view, given the balls detected in it. Hidden and unclear
/// rings are left out.
///
/// # Errors
/// The picture has another layout, or OpenCV fails.
pub fn find_rings(
    bgr: &Mat,
    view: &CameraView,
    rings: &[LightRing],
    balls: &[BallDetection],
) -> Result<Vec<DetectedRing>, VisionError> {
    if bgr.typ() != CV_8UC3 || !bgr.is_continuous() {
        return Err(VisionError::Layout(bgr.typ()));
    }
    let to_picture = *view.bed_plane.inverse().matrix();
    let pixels = Pixels { bytes: bgr.data_bytes()?, width: bgr.cols() as usize, height: bgr.rows() as usize };
    Ok(rings.iter().filter_map(|ring| Ridges::read(&pixels, &to_picture, ring, balls)?.place(ring)).collect())
}

struct Pixels<'a> {
    bytes: &'a [u8],
    width: usize,
    height: usize,
}

impl Pixels<'_> {
    /// Returns the mean of the channels at a place, 0 to 255; `None` outside the picture.
    fn at(&self, x: f64, y: f64) -> Option<f64> {
        let inside = x >= 0.0 && y >= 0.0 && x < (self.width - 1) as f64 && y < (self.height - 1) as f64;
        if !inside {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        let (dx, dy) = (x - column as f64, y - row as f64);
        let first = 3 * (row * self.width + column);
        let sum = |from: usize| {
            let pixel = self.bytes.get(from..from + 3)?;
            Some(pixel.iter().map(|byte| f64::from(*byte)).sum::<f64>())
        };
        let below = first + 3 * self.width;
        let upper = sum(first)? * (1.0 - dx) + sum(first + 3)? * dx;
        let lower = sum(below)? * (1.0 - dx) + sum(below + 3)? * dx;
        Some((upper * (1.0 - dy) + lower * dy) / 3.0)
    }
}

/// Rises of the readings above both of their sides, along the normals of a ring.
struct Ridges {
    /// Rises of each normal, grey levels; NaN where something hides the cloth.
    rises: Vec<[f64; READINGS]>,
    directions: Vec<TableVector>,
    /// Minimum rise that counts as light, grey levels.
    least: f64,
}

impl Ridges {
    fn read(pixels: &Pixels, to_picture: &Matrix3<f64>, ring: &LightRing, balls: &[BallDetection]) -> Option<Self> {
        let see = |place: TablePoint| {
            let p = to_picture * Vector3::new(place.x, place.y, 1.0);
            (p.x / p.z, p.y / p.z)
        };
        // Only balls close to the ring can hide it.
        let middle = see(ring.centre);
        let edge = see(ring.centre + TableVector::new(ring.radius + 2.0 * REACH, 0.0));
        let about = (edge.0 - middle.0).hypot(edge.1 - middle.1);
        let near: Vec<_> = balls
            .iter()
            .map(|ball| (ball.centre, HIDES * ball.radius + 1.0))
            .filter(|(centre, radius)| (centre.x - middle.0).hypot(centre.y - middle.1) < about + radius)
            .collect();
        let (mut rises, mut directions) = (Vec::with_capacity(NORMALS), Vec::with_capacity(NORMALS));
        for k in 0..NORMALS {
            let (sin, cos) = (TAU * k as f64 / NORMALS as f64).sin_cos();
            let direction = TableVector::new(cos, sin);
            let readings: [f64; READINGS] = std::array::from_fn(|i| {
                let (x, y) = see(ring.centre + direction * (ring.radius - REACH + STEP * i as f64));
                let hidden = near.iter().any(|(centre, radius)| (centre.x - x).hypot(centre.y - y) < *radius);
                if hidden { f64::NAN } else { pixels.at(x, y).unwrap_or(f64::NAN) }
            });
            rises.push(rise(&readings, ring.width));
            directions.push(direction);
        }
        let mut all: Vec<f64> = rises.iter().flatten().copied().filter(|rise| rise.is_finite()).map(f64::abs).collect();
        if all.is_empty() {
            return None;
        }
        // Light and its surroundings may make up half of all readings; the lower quarter is cloth. For a normal
        // distribution the lower quartile of the absolute values is 0.319 standard deviations.
        let quarter = all.len() / 4;
        let usual = *all.select_nth_unstable_by(quarter, f64::total_cmp).1;
        Some(Self { rises, directions, least: FAINTEST.max(CLEAR * usual / 0.319) })
    }

    /// Returns the rise at a place of a normal, metres outwards from the ring.
    fn at(&self, normal: usize, outwards: f64) -> Option<f64> {
        let i = ((outwards + REACH) / STEP).round();
        let inside = (0.0..READINGS as f64).contains(&i);
        Some(self.rises[normal][inside.then_some(i as usize)?]).filter(|rise| rise.is_finite())
    }

    /// Returns the position of the ridge near a place of a normal, metres outwards from the ring, if there is one.
    fn ridge(&self, normal: usize, outwards: f64, max_distance: f64) -> Option<f64> {
        let rises = &self.rises[normal];
        let [first, last] = [outwards - max_distance, outwards + max_distance]
            .map(|at| ((at + REACH) / STEP).round().max(1.0) as usize);
        let top = (first..=last.min(READINGS - 2))
            .filter(|i| rises[*i] > self.least)
            .max_by(|a, b| rises[*a].total_cmp(&rises[*b]))?;
        let (before, here, after) = (rises[top - 1], rises[top], rises[top + 1]);
        let curvature = before - 2.0 * here + after;
        let between = if curvature < 0.0 { (0.5 * (before - after) / curvature).clamp(-0.5, 0.5) } else { 0.0 };
        Some((top as f64 + between) * STEP - REACH)
    }

    /// Returns the shift that puts the ring on the most ridges; every other normal is enough to find it.
    fn sought(&self, ring: &LightRing) -> Option<TableVector> {
        let steps = (REACH / STRIDE) as i32;
        let (mut best, mut most) = (None, 0.0);
        for (i, j) in (-steps..=steps).flat_map(|i| (-steps..=steps).map(move |j| (i, j))) {
            let offset = TableVector::new(f64::from(i), f64::from(j)) * STRIDE;
            if offset.length() > REACH {
                continue;
            }
            let (mut free, mut sum) = (0_u32, 0.0);
            for (normal, direction) in self.directions.iter().enumerate().step_by(2) {
                if let Some(rise) = self.at(normal, outwards(offset, 0.0, *direction, ring)) {
                    free += 1;
                    // Light that is brighter in one place must not outweigh the rest.
                    sum += (rise / self.least).clamp(0.0, 2.0);
                }
            }
            let mean = sum / f64::from(free.max(1));
            if f64::from(2 * free) >= FREE * NORMALS as f64 && mean > most {
                (best, most) = (Some(offset), mean);
            }
        }
        best
    }

    fn place(&self, ring: &LightRing) -> Option<DetectedRing> {
        let offset = self.sought(ring)?;
        let mut known = Vector3::new(offset.x, offset.y, 0.0);
        let mut max_distance = MAX_FIRST_DISTANCE;
        let mut seen = (0_u32, 0_u32);
        for _ in 0..3 {
            let (mut normal, mut right) = (Matrix3::zeros(), Vector3::zeros());
            seen = (0, 0);
            for (k, direction) in self.directions.iter().enumerate() {
                let row = Vector3::new(direction.x, direction.y, 1.0);
                let there = outwards(TableVector::new(known.x, known.y), known.z, *direction, ring);
                if self.at(k, there).is_none() {
                    continue;
                }
                seen.0 += 1;
                if let Some(ridge) = self.ridge(k, there, max_distance) {
                    seen.1 += 1;
                    normal += row * row.transpose();
                    right += row * (ridge - there);
                }
            }
            if f64::from(seen.1) < AGREE * f64::from(seen.0) || f64::from(seen.0) < FREE * NORMALS as f64 {
                return None;
            }
            let information = (normal / f64::from(seen.1)).symmetric_eigenvalues().min();
            if information < SPREAD {
                return None;
            }
            known += normal.lu().solve(&right)?;
            max_distance = MAX_REFINED_DISTANCE;
        }
        let offset = TableVector::new(known.x, known.y);
        let share = f64::from(seen.1) / f64::from(seen.0);
        (known.z.abs() < GROWN && offset.length() < REACH).then_some(DetectedRing { place: ring.centre, offset, share })
    }
}

/// Returns the distance outwards from its expected place at which a shifted and grown ring crosses a normal, metres.
fn outwards(offset: TableVector, grown: f64, direction: TableVector, ring: &LightRing) -> f64 {
    let (along, radius) = (offset.dot(direction), ring.radius + grown);
    let across = offset.square_length() - along * along;
    along + (radius * radius - across).max(0.0).sqrt() - ring.radius
}

/// Returns the rise of the mean over a line's width above the brighter one of its sides, for each reading.
fn rise(readings: &[f64; READINGS], width: f64) -> [f64; READINGS] {
    let half = ((0.5 * width / STEP).round() as usize).max(1);
    let aside = half + (ASIDE / STEP).round() as usize;
    let mean = |at: usize, half: usize| {
        let piece = readings.get(at.checked_sub(half)?..=at + half)?;
        Some(piece.iter().sum::<f64>() / piece.len() as f64)
    };
    std::array::from_fn(|i| {
        let sides = || Some((mean(i.checked_sub(aside)?, 1)?, mean(i + aside, 1)?));
        match (mean(i, half), sides()) {
            // A NaN on either side gives no rise.
            (Some(line), Some((inner, outer))) if (inner + outer).is_finite() => line - inner.max(outer),
            _ => f64::NAN,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{CameraPoint, FrameSize, Homography};
    use opencv::{
        core::{Point, Scalar},
        imgproc,
    };
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Scale of the pictures, 2 mm per pixel, with the orientation of the table.
    const PIXEL: f64 = 0.002;

    fn view() -> CameraView {
        let matrix = Matrix3::new(PIXEL, 0.0, 0.0, 0.0, PIXEL, 0.0, 0.0, 0.0, 1.0);
        let plane = Homography::from_matrix(matrix).expect("regular");
        CameraView::flat(FrameSize { width: 300, height: 200 }, plane)
    }

    fn cloth(noise: f64, seed: u64) -> Mat {
        let mut picture =
            Mat::new_rows_cols_with_default(200, 300, CV_8UC3, Scalar::new(80.0, 110.0, 30.0, 0.0)).expect("a picture");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for byte in picture.data_bytes_mut().expect("continuous") {
            *byte = (f64::from(*byte) + noise * rng.random_range(-1.0..1.0)).round() as u8;
        }
        picture
    }

    /// Draws a circle with coordinates in sixteenths of a pixel.
    fn circle(picture: &mut Mat, centre: TablePoint, radius: f64, thick: i32, level: f64) {
        let at = |metres: f64| (16.0 * metres / PIXEL).round() as i32;
        let centre = Point::new(at(centre.x), at(centre.y));
        imgproc::circle(picture, centre, at(radius), Scalar::all(level), thick, imgproc::LINE_AA, 4).expect("drawn");
    }

    fn ring(centre: TablePoint) -> LightRing {
        LightRing { centre, radius: 0.05, width: 0.004 }
    }

    fn ball(place: TablePoint) -> BallDetection {
        BallDetection::unidentified(CameraPoint::new(place.x / PIXEL, place.y / PIXEL), 0.0286 / PIXEL)
    }

    #[test]
    fn a_ring_is_measured_to_a_small_part_of_a_pixel() {
        let place = TablePoint::new(0.3, 0.2);
        for (i, (x, y)) in [(0.0, 0.0), (0.004, -0.003), (-0.011, 0.006), (0.02, 0.012)].into_iter().enumerate() {
            let offset = TableVector::new(x, y);
            let mut picture = cloth(6.0, i as u64);
            circle(&mut picture, place + offset, 0.05, 2, 230.0);
            circle(&mut picture, place, 0.0286, -1, 240.0);
            let seen = find_rings(&picture, &view(), &[ring(place)], &[ball(place)]).expect("looked at");
            let [seen] = seen[..] else { panic!("{offset:?}: {seen:?}") };
            assert!((seen.offset - offset).length() < 0.0005, "{:?} for {offset:?}", seen.offset);
            assert!(seen.share > 0.9 && seen.place == place);
        }
    }

    #[test]
    fn what_is_half_hidden_is_measured_and_what_is_not_there_is_not() {
        let place = TablePoint::new(0.3, 0.2);
        let offset = TableVector::new(0.006, -0.004);
        let mut picture = cloth(6.0, 7);
        circle(&mut picture, place + offset, 0.05, 2, 230.0);
        // A line and a ball across it.
        let ends = [Point::new(20, 60), Point::new(280, 130)];
        imgproc::line(&mut picture, ends[0], ends[1], Scalar::all(220.0), 4, imgproc::LINE_AA, 0).expect("drawn");
        let beside = place + TableVector::new(0.05, 0.02);
        circle(&mut picture, beside, 0.0286, -1, 40.0);
        let balls = [ball(place), ball(beside)];
        let seen = find_rings(&picture, &view(), &[ring(place)], &balls).expect("looked at");
        assert!(seen.len() == 1 && (seen[0].offset - offset).length() < 0.001, "{seen:?}");
        // No light, light of another size, a bright edge, a line: none is the ring.
        let mut others = [0; 4].map(|_| cloth(6.0, 8));
        circle(&mut others[1], place, 0.08, 2, 230.0);
        circle(&mut others[2], place, 0.05, -1, 230.0);
        imgproc::line(&mut others[3], ends[0], ends[1], Scalar::all(220.0), 3, imgproc::LINE_AA, 0).expect("drawn");
        for (i, other) in others.iter().enumerate() {
            let seen = find_rings(other, &view(), &[ring(place)], &[]).expect("looked at");
            assert!(seen.is_empty(), "{i}: {seen:?}");
        }
        // Out of the picture.
        let out = find_rings(&picture, &view(), &[ring(TablePoint::new(2.0, 2.0))], &[]).expect("looked at");
        assert!(out.is_empty());
    }
}
