//! Monitoring of the table: detects when the camera no longer sees it where it was found.

use super::{noses::stations, shape};
use crate::{VisionError, table_shape::USUAL_ASPECT};
use billiards_table::{CameraPoint, FrameSize, TableQuad, longer_side};
use nalgebra::{Matrix4, Vector4};
use opencv::{core::Mat, prelude::*};

/// Agreement of a picture with nose lines that were found before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TableFit {
    /// The nose lines are in their place.
    Fits,
    /// Too little of the nose lines is visible to tell.
    Hidden,
    /// The nose lines have been elsewhere for several pictures in a row: the camera was moved, or the table.
    Moved {
        /// Motion of the corner that moved most, pixels.
        by_px: f64,
    },
}

/// Monitors a table that was found, for a fraction of the cost of finding it.
///
/// Some fifty short profiles across the nose lines and the cushions are compared with those of the picture in which the
/// table was found. Each measures the shift of its piece of the cushion; a motion of the whole table must explain most
/// of them. Arms and balls hide some profiles, and light changes all alike: neither is evidence of a motion.
///
/// The reference is never renewed automatically, because it would follow a camera that sags. Create a new watch after
/// finding the table again; and after `Hidden` for long, find the table again, because the light may have changed
/// beyond recognition.
#[derive(Debug, Clone)]
pub struct TableWatch {
    size: FrameSize,
    corners: TableQuad,
    profiles: Vec<Profile>,
    /// Number of successive pictures in which the table was elsewhere.
    moved_pictures: u32,
}

/// Piece of a cushion, read across the nose.
#[derive(Debug, Clone)]
struct Profile {
    /// Side of the table.
    side: usize,
    /// Place on the nose line, relative to the table's middle, in halves of its length.
    at: [f64; 2],
    /// Step between samples, inwards, pixels.
    step: CameraStep,
    /// Place of the sample number 0.
    start: CameraPoint,
    /// Samples of the reference minus their mean, as a vector of unit length.
    reference: Vec<f32>,
}

type CameraStep = euclid::Vector2D<f64, billiards_table::CameraPx>;

/// Maximum number of places along each side.
const STATIONS: usize = 14;
/// Length of a profile outside the nose line, to the rail's edge, in lengths of the table.
const OUTSIDE: f64 = 0.032;
/// Length of a profile inside the nose line, to the shadow of the nose, in lengths of the table.
const INSIDE: f64 = 0.012;
/// Maximum shift searched for in each picture, in samples.
const NEAR_REACH: usize = 10;
/// Maximum shift searched for when hardly any profile fits, in samples.
const FAR_REACH: usize = 60;
/// Minimum correlation of a recognised profile: noise and a cue's shadow leave more, a sleeve less.
const MIN_CORRELATION: f32 = 0.85;
/// Minimum share of the profiles on two opposite sides that must be recognised.
const MIN_SHOWN_SHARE: f64 = 0.3;
/// Minimum number of the profiles on two opposite sides that must be recognised.
const MIN_SHOWN: f64 = 4.0;
/// Minimum share of the recognised profiles that must agree on one motion.
const MIN_AGREEMENT: f64 = 0.6;
/// Maximum residual of a recognised profile that agrees with a motion, pixels.
const MAX_RESIDUAL: f64 = 1.0;
/// Minimum motion of a corner of a moved table, pixels: beyond the effect of noise and a change of light on an edge.
const MIN_MOTION: f64 = 1.4;
/// Number of successive pictures that confirm a motion: leaning on the table for a moment is not one.
const MIN_MOVED_PICTURES: u32 = 10;

impl TableWatch {
    /// Creates a watch with this 8-bit BGR picture, in which the nose lines are at `corners`, as the reference.
    ///
    /// # Errors
    /// The picture has another layout, or OpenCV fails.
    pub fn new(bgr: &Mat, corners: &TableQuad) -> Result<Self, VisionError> {
        let pixels = Pixels::of(bgr)?;
        let length = longer_side(corners);
        // One sample per pixel, and no more than a small picture has.
        let step = (length / 1300.0).max(1.0);
        let middle = corners[0].lerp(corners[2], 0.5);
        let size = pixels.size;
        let aspect = shape::view(corners, size, USUAL_ASPECT).map_or(USUAL_ASPECT, |view| view.aspect);
        let count = ((OUTSIDE + INSIDE) * length / step) as usize;
        let mut profiles = Vec::new();
        for side in 0..4 {
            let (a, b) = (corners[side], corners[(side + 1) % 4]);
            let along = (b - a) / (b - a).length().max(1.0);
            let inwards = CameraStep::new(-along.y, along.x) * step;
            for t in stations(STATIONS, (side % 2 == 0) == (aspect > 1.0)) {
                let foot = a.lerp(b, t);
                let start = foot - inwards * (OUTSIDE * length / step);
                let reference = pixels.read(start, inwards, 0, count);
                let at = (foot - middle) / (0.5 * length);
                if let Some(reference) = normalised(&reference) {
                    profiles.push(Profile { side, at: [at.x, at.y], step: inwards, start, reference });
                }
            }
        }
        Ok(Self { size, corners: *corners, profiles, moved_pictures: 0 })
    }

    /// Compares a picture with the reference.
    ///
    /// # Errors
    /// The picture has another layout, or OpenCV fails.
    pub fn look(&mut self, bgr: &Mat) -> Result<TableFit, VisionError> {
        let pixels = Pixels::of(bgr)?;
        if pixels.size != self.size {
            return Ok(TableFit::Hidden);
        }
        let motion = self.motion(&pixels, NEAR_REACH).or_else(|| self.motion(&pixels, FAR_REACH));
        let Some(by_px) = motion else {
            // A hidden table may have moved as well.
            return Ok(TableFit::Hidden);
        };
        self.moved_pictures = if by_px > MIN_MOTION { self.moved_pictures + 1 } else { 0 };
        Ok(if self.moved_pictures >= MIN_MOVED_PICTURES { TableFit::Moved { by_px } } else { TableFit::Fits })
    }

    /// Returns the motion of the corner that moved most, pixels; `None` if no motion explains most of the visible
    /// profiles.
    fn motion(&self, pixels: &Pixels, reach: usize) -> Option<f64> {
        let shifts: Vec<(&Profile, f64)> =
            self.profiles.iter().filter_map(|profile| Some((profile, profile.shift(pixels, reach)?))).collect();
        // Two opposite sides are no evidence of a motion along them.
        for pair in 0..2 {
            let of_pair = |profile: &Profile| profile.side % 2 == pair;
            let all = self.profiles.iter().filter(|profile| of_pair(profile)).count();
            let shown = shifts.iter().filter(|(profile, _)| of_pair(profile)).count();
            if (shown as f64) < (MIN_SHOWN_SHARE * all as f64).max(MIN_SHOWN) {
                return None;
            }
        }
        let motion = Motion::explaining(&shifts)?;
        let agreed = shifts.iter().filter(|(profile, shift)| motion.residual(profile, *shift) < MAX_RESIDUAL).count();
        if (agreed as f64) < MIN_AGREEMENT * shifts.len() as f64 {
            return None;
        }
        let middle = self.corners[0].lerp(self.corners[2], 0.5);
        let half = 0.5 * longer_side(&self.corners);
        let moved = self.corners.map(|p| motion.at([(p.x - middle.x) / half, (p.y - middle.y) / half]));
        Some(moved.iter().map(|[x, y]| x.hypot(*y)).fold(0.0, f64::max))
    }
}

impl Profile {
    /// Returns the shift of the picture inwards here, pixels; `None` if the profile is not recognised.
    fn shift(&self, pixels: &Pixels, reach: usize) -> Option<f64> {
        let samples = pixels.read(self.start, self.step, reach, self.reference.len() + 2 * reach);
        let fits: Vec<f32> = samples
            .windows(self.reference.len())
            .map(|window| {
                let mean = window.iter().sum::<f32>() / window.len() as f32;
                let (mut along, mut square) = (0.0, 1e-6_f32);
                for (value, reference) in window.iter().zip(&self.reference) {
                    along += (value - mean) * reference;
                    square += (value - mean) * (value - mean);
                }
                along / square.sqrt()
            })
            .collect();
        let best = (0..fits.len()).max_by(|a, b| fits[*a].total_cmp(&fits[*b]))?;
        if fits[best] < MIN_CORRELATION {
            return None;
        }
        // At the end of the reach the best shift may lie beyond.
        let (before, here, after) = (*fits.get(best.checked_sub(1)?)?, fits[best], *fits.get(best + 1)?);
        let curvature = before - 2.0 * here + after;
        let between = if curvature < 0.0 { 0.5 * (before - after) / curvature } else { 0.0 };
        Some((best as f64 - reach as f64 + f64::from(between)) * self.step.length())
    }

    /// Returns the unit vector inwards.
    fn inwards(&self) -> [f64; 2] {
        let step = self.step.normalize();
        [step.x, step.y]
    }
}

/// Small motion of the table in the picture: shift, rotation and growth.
#[derive(Debug, Clone, Copy)]
struct Motion(Vector4<f64>);

impl Motion {
    /// Returns the motion that most shifts agree on.
    fn explaining(shifts: &[(&Profile, f64)]) -> Option<Self> {
        let mut motion = Self(Vector4::zeros());
        // From coarse to fine: first with all profiles that are not far off, last with those that fit.
        for limit in [f64::INFINITY, 8.0, 4.0, 2.0 * MAX_RESIDUAL, 2.0 * MAX_RESIDUAL] {
            let (mut matrix, mut right) = (Matrix4::zeros(), Vector4::zeros());
            for (profile, shift) in shifts {
                let weight = (1.0 - (motion.residual(profile, *shift) / limit).powi(2)).max(0.0);
                let row = Self::row(profile);
                matrix += weight * row * row.transpose();
                right += weight * row * *shift;
            }
            // A little regularisation, for directions that no visible side determines.
            matrix += Matrix4::identity() * 1e-3;
            motion = Self(matrix.cholesky()?.solve(&right));
        }
        Some(motion)
    }

    /// Returns the shift of a profile per unit of each parameter.
    fn row(profile: &Profile) -> Vector4<f64> {
        let ([x, y], [nx, ny]) = (profile.at, profile.inwards());
        Vector4::new(nx, ny, ny * x - nx * y, nx * x + ny * y)
    }

    /// Returns the residual of a profile's shift from this motion, pixels.
    fn residual(&self, profile: &Profile, shift: f64) -> f64 {
        (Self::row(profile).dot(&self.0) - shift).abs()
    }

    /// Returns the motion of a place, pixels.
    fn at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [shift_x, shift_y, turn, growth] = self.0.into();
        [shift_x - turn * y + growth * x, shift_y + turn * x + growth * y]
    }
}

/// Returns the samples minus their mean, as a vector of unit length; `None` if they show nothing but noise.
fn normalised(samples: &[f32]) -> Option<Vec<f32>> {
    // Grey levels of a sum of three channels.
    const LEAST: f32 = 12.0;
    let mean = samples.iter().sum::<f32>() / samples.len().max(1) as f32;
    let square: f32 = samples.iter().map(|v| (v - mean).powi(2)).sum();
    let deviation = (square / samples.len().max(1) as f32).sqrt();
    (samples.len() > 8 && deviation > LEAST).then(|| samples.iter().map(|v| (v - mean) / square.sqrt()).collect())
}

/// A picture read in place, without a copy.
struct Pixels<'a> {
    data: &'a [u8],
    size: FrameSize,
}

impl<'a> Pixels<'a> {
    fn of(bgr: &'a Mat) -> Result<Self, VisionError> {
        if bgr.typ() != opencv::core::CV_8UC3 || bgr.empty() {
            return Err(VisionError::Layout(bgr.typ()));
        }
        let size = FrameSize { width: bgr.cols() as u32, height: bgr.rows() as u32 };
        Ok(Self { data: bgr.data_bytes()?, size })
    }

    /// Reads `count` samples, one step apart, from `before` steps ahead of `start` on; sums of the three channels,
    /// bilinear. Places outside take the border's.
    fn read(&self, start: CameraPoint, step: CameraStep, before: usize, count: usize) -> Vec<f32> {
        let (w, h) = (self.size.width as usize, self.size.height as usize);
        let sum = |x: usize, y: usize| {
            let i = 3 * (y.min(h - 1) * w + x.min(w - 1));
            self.data[i..i + 3].iter().map(|v| u32::from(*v)).sum::<u32>() as f32
        };
        (0..count)
            .map(|k| {
                let p = start + step * (k as f64 - before as f64);
                let (x, y) = (p.x.clamp(0.0, (w - 1) as f64), p.y.clamp(0.0, (h - 1) as f64));
                let (x0, y0) = (x as usize, y as usize);
                let (fx, fy) = ((x - x0 as f64) as f32, (y - y0 as f64) as f32);
                let top = sum(x0, y0) * (1.0 - fx) + sum(x0 + 1, y0) * fx;
                let bottom = sum(x0, y0 + 1) * (1.0 - fx) + sum(x0 + 1, y0 + 1) * fx;
                top * (1.0 - fy) + bottom * fy
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::drawn::{ABOVE, GREEN, arm, lit, noisy, quad, table},
        *,
    };

    /// Returns the fit after ten pictures of a table at `corners`.
    fn after_ten(corners: [(f64, f64); 4], change: impl Fn(&mut Mat)) -> TableFit {
        let mut watch = TableWatch::new(&table(GREEN, &quad(ABOVE), 1280, 720), &quad(ABOVE)).expect("a watch");
        let mut picture = noisy(&table(GREEN, &quad(corners), 1280, 720), 2);
        change(&mut picture);
        let mut fit = TableFit::Hidden;
        for _ in 0..MIN_MOVED_PICTURES {
            fit = watch.look(&picture).expect("a picture");
        }
        fit
    }

    /// Returns the corners shifted, turned about the picture's middle by degrees, and grown.
    fn moved(shift: [f64; 2], turn: f64, growth: f64) -> [(f64, f64); 4] {
        let (sin, cos) = turn.to_radians().sin_cos();
        ABOVE.map(|(x, y)| {
            let (x, y) = ((x - 640.0) * growth, (y - 360.0) * growth);
            (640.0 + x * cos - y * sin + shift[0], 360.0 + x * sin + y * cos + shift[1])
        })
    }

    #[test]
    fn a_bumped_camera_shows_within_ten_pictures() {
        for (corners, expected) in [
            (moved([3.0, 0.0], 0.0, 1.0), 3.0),
            (moved([0.0, -3.0], 0.0, 1.0), 3.0),
            (moved([-40.0, 25.0], 0.0, 1.0), 47.2),
            (moved([0.0, 0.0], 0.3, 1.0), 2.8),
            (moved([0.0, 0.0], 0.0, 1.006), 3.2),
        ] {
            let fit = after_ten(corners, |_| {});
            assert!(matches!(fit, TableFit::Moved { by_px } if (by_px - expected).abs() < 0.6), "{expected}: {fit:?}");
        }
    }

    #[test]
    fn light_arms_and_a_projected_picture_are_no_motion() {
        let changes: [&dyn Fn(&mut Mat); 5] = [
            &|_| {},
            &|picture| *picture = lit(picture, |_, _| 1.3),
            &|picture| *picture = lit(picture, |x, _| 0.6 + 0.3 * x),
            &|picture| {
                arm(picture, (300, 0), (400, 300), 90, [60., 60., 70.]);
                arm(picture, (1279, 300), (900, 350), 80, [150., 170., 220.]);
            },
            &|picture| {
                let inside = |v: f64, low: f64, high: f64| (low..high).contains(&v);
                *picture = lit(picture, |x, y| if inside(x, 0.13, 0.87) && inside(y, 0.17, 0.83) { 1.25 } else { 1.0 });
                arm(picture, (200, 150), (1000, 590), 5, [220., 220., 220.]);
            },
        ];
        for (i, change) in changes.iter().enumerate() {
            assert_eq!(after_ten(ABOVE, change), TableFit::Fits, "{i}");
        }
    }

    #[test]
    fn a_moment_is_not_believed_and_nothing_is_hidden() {
        let truth = quad(ABOVE);
        let plain = table(GREEN, &truth, 1280, 720);
        let mut watch = TableWatch::new(&plain, &truth).expect("a watch");
        let bumped = table(GREEN, &quad(moved([6.0, 0.0], 0.0, 1.0)), 1280, 720);
        for _ in 0..3 {
            for _ in 1..MIN_MOVED_PICTURES {
                assert_eq!(watch.look(&bumped).expect("a picture"), TableFit::Fits);
            }
            assert_eq!(watch.look(&plain).expect("a picture"), TableFit::Fits);
        }
        assert_eq!(watch.look(&lit(&plain, |_, _| 0.0)).expect("a picture"), TableFit::Hidden);
        let other = table(GREEN, &truth, 640, 360);
        assert_eq!(watch.look(&other).expect("a picture"), TableFit::Hidden);
        assert!(watch.look(&Mat::default()).is_err());
    }
}
