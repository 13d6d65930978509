//! How the lens bends, from the table alone: its noses are straight.

use super::plumb::{Sides, distances, lens_of, meeting, solved};
use billiards_table::{CameraPoint, FrameSize, Lens, TableQuad, longer_side};
use billiards_vision::{
    rectify::{Rectifier, RectifyError},
    {NoTable, VisionError, find_table, nose_points},
};
use opencv::{core::Mat, prelude::*};

/// Focal length over the longer side of the picture that webcams usually have, of what they see straight ahead. How
/// strongly a lens bends is told by numbers that refer to a focal length, and lines tell none.
pub const USUAL_FOCAL: f64 = 0.9;

/// A lens that was measured by the straightness of the noses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableLens {
    /// The lens; its focal length is assumed, 0.9 of the picture's longer side.
    pub lens: Lens,
    /// Where in its straight pictures the noses meet.
    pub corners: TableQuad,
    /// How straight the noses have become: root mean square distance of their points from lines, pixels of the
    /// delivered picture.
    pub rms: f64,
    /// The same, of the point that lies furthest off among those that show a nose, pixels.
    pub worst: f64,
    /// How many points show a nose.
    pub points: usize,
}

/// Why a lens cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum LensError {
    /// There is nothing to measure it in.
    #[error("no picture was given; one of the whole table is needed at least")]
    NoPicture,
    /// The pictures are of several sizes.
    #[error("the pictures are of several sizes; let the camera keep one size")]
    Sizes,
    /// The table is not seen.
    #[error("{0}")]
    NoTable(#[from] NoTable),
    /// The noses are mostly hidden.
    #[error("only {seen} of {all} places along the cushions show their edge: clear the table's sides and light them")]
    Hidden {
        /// Places that show a nose.
        seen: usize,
        /// Places that were looked at.
        all: usize,
    },
    /// No lens makes the noses straight.
    #[error(
        "the cushions stay {rms:.1} pixels crooked with any lens; at most {} are usual: keep hands and cloths off them",
        Self::CROOKED
    )]
    Crooked {
        /// Root mean square distance from lines, pixels.
        rms: f64,
    },
    /// The picture cannot be looked at.
    #[error("{0}")]
    Vision(#[from] VisionError),
    /// The picture cannot be straightened.
    #[error("{0}")]
    Rectify(#[from] RectifyError),
    /// OpenCV refused an operation.
    #[error("OpenCV: {0}")]
    OpenCv(#[from] opencv::Error),
}

impl LensError {
    /// Crookedness beyond which the points are no noses, pixels in a picture of 1280 columns.
    const CROOKED: f64 = 1.2;
}

/// Where lenses are tried at first: how much further out than a straight lens's the middle of the picture's left and
/// right edge is seen, as a share. From one to the next the table is recognised.
const TRIED: [f64; 6] = [0.0, -0.05, -0.1, 0.04, -0.15, -0.2];
/// How far from the sides of the table that was found a nose is sought, as shares of the table's length, round by round.
const REACH: [f64; 3] = [0.008, 0.006, 0.003];
/// Searches for the table with better and better lenses, and how little a corner moves, in lengths of the table, once
/// it is found.
const SEARCHES: usize = 5;
const SETTLED: f64 = 0.0025;
/// Noise of a nose's place, pixels in a picture of 1280 columns.
const NOISE: f64 = 0.25;
/// What lies further off than so many times the noise shows no nose.
const STRAY: f64 = 5.0;
/// Share of the places along the noses that must show them.
const SHOWN: f64 = 0.4;
/// And how many at least.
const FEWEST: usize = 40;
/// Share of the places that show noses with which no other lens needs to be tried.
const CLEAR: f64 = 0.85;
/// By how much a bent lens must fit better than a straight one, in half squares of the noise, and how far it must move
/// the noses, pixels: places next to each other err alike, and no rail is perfectly straight.
const BETTER: f64 = 25.0;
const BENDS: f64 = 0.12;
/// The same lens in other words: bends and straight pictures stay what they are, but for a focal length `times` as long.
#[must_use]
pub fn refocused(lens: &Lens, times: f64) -> Lens {
    let [k1, k2, k3] = lens.radial;
    let radial = [k1 * times.powi(2), k2 * times.powi(4), k3 * times.powi(6)];
    Lens {
        focal: lens.focal.map(|focal| times * focal),
        radial,
        tangential: lens.tangential.map(|p| times * p),
        ..*lens
    }
}

/// The lens that makes the noses straight in one or several pictures of an unmoved table; where nothing measurable is
/// bent, a straight one.
///
/// # Errors
/// No table is found, its noses are hidden or never come straight, or OpenCV fails.
pub fn lens_from_table(pictures: &[Mat]) -> Result<TableLens, LensError> {
    let first = pictures.first().ok_or(LensError::NoPicture)?;
    let size = FrameSize { width: first.cols() as u32, height: first.rows() as u32 };
    if pictures.iter().any(|picture| picture.cols() != first.cols() || picture.rows() != first.rows()) {
        return Err(LensError::Sizes);
    }
    let mut best: Option<Fit> = None;
    let mut reason = None;
    for share in TRIED {
        match converged(first, bending(size, share), true) {
            Ok(fit) if best.as_ref().is_none_or(|best| fit.near() > best.near()) => best = Some(fit),
            Ok(_) => {}
            Err(LensError::NoTable(why)) => reason = reason.or(Some(why)),
            Err(error) => return Err(error),
        }
        if best.as_ref().is_some_and(Fit::is_clear) {
            break;
        }
    }
    let found = best.ok_or_else(|| LensError::NoTable(reason.unwrap_or(NoTable::NoCloth)))?;
    found.with_all(pictures, true)?.judged()
}

/// Where the noses meet in the straight pictures of a known lens.
///
/// # Errors
/// No table is found in the first picture, or OpenCV fails.
pub fn corners_through(pictures: &[Mat], lens: &Lens) -> Result<TableQuad, LensError> {
    let first = pictures.first().ok_or(LensError::NoPicture)?;
    let fit = converged(first, *lens, false)?.with_all(pictures, false)?;
    Ok(fit.corners)
}

/// A lens that bends only in proportion to the cube of the distance from its axis.
fn bending(size: FrameSize, share: f64) -> Lens {
    let side = f64::from(size.width.max(size.height));
    let mut lens = Lens::straight(size, USUAL_FOCAL * side);
    lens.radial[0] = share / (0.5 / USUAL_FOCAL).powi(2);
    lens
}

/// The lens to which a first one leads, the noses traced anew with each better one. Where the lens may not be `bent`
/// further, it stays, and only the corners become better.
fn converged(picture: &Mat, start: Lens, bent: bool) -> Result<Fit, LensError> {
    let mut lens = start;
    let mut fit = None;
    // In a bent picture other lines may be taken for the noses: they are sought again in each straighter one.
    for _ in 0..SEARCHES {
        let rectifier = Rectifier::new(&lens)?;
        let straight = rectifier.straighten(picture)?;
        let quad = find_table(&straight)??;
        let found = Fit::of(traced(picture, &lens, &quad, REACH[0])?, &quad, lens, bent)?;
        let moved = found.corners.iter().zip(quad).map(|(a, b)| (*a - b).length()).fold(0.0, f64::max);
        lens = found.lens;
        fit = Some(found);
        if moved < SETTLED * longer_side(&quad) {
            break;
        }
    }
    // The search may have met a nose on half of its length alone: what was fitted leads to the rest of it.
    let mut fit = fit.ok_or(LensError::NoPicture)?;
    for reach in REACH {
        fit = Fit::of(traced(picture, &fit.lens, &fit.corners, reach)?, &fit.corners, fit.lens, bent)?;
    }
    Ok(fit)
}

/// The noses as the picture shows them, near the sides of `quad` in the picture that the lens makes straight.
fn traced(picture: &Mat, lens: &Lens, quad: &TableQuad, reach: f64) -> Result<Sides, LensError> {
    let rectifier = Rectifier::new(lens)?;
    let straight = rectifier.straighten(picture)?;
    let points = nose_points(&straight, quad, (reach * longer_side(quad)).max(2.0))?;
    let bent = |side: Vec<CameraPoint>| side.into_iter().map(|p| lens.unstraighten(p)).collect();
    Ok(points.map(bent))
}

/// Points on the noses, and the lens that makes them straight.
#[derive(Debug, Clone)]
struct Fit {
    sides: Sides,
    lens: Lens,
    /// Where the noses meet in its straight pictures.
    corners: TableQuad,
    /// Distances of the points from straight lines, pixels of the delivered picture.
    off: Vec<f64>,
    /// Cost of that, in half squares of the noise.
    cost: f64,
    /// Noise of a point in pictures of this size, pixels.
    noise: f64,
}

impl Fit {
    /// The lines, and where it may be `bent` the lens, that fit the points best; `quad` are about the corners in the
    /// straight pictures of the lens at the start.
    fn of(sides: Sides, quad: &TableQuad, start: Lens, bent: bool) -> Result<Self, LensError> {
        let ragged = || LensError::NoTable(NoTable::Ragged);
        let noise = NOISE * f64::from(start.size.width.max(start.size.height)) / 1280.0;
        let corners = quad.map(|p| start.rectified().ray(p));
        let found = solved(&sides, &corners, &start, bent, noise).ok_or_else(ragged)?;
        let x = found.x.as_slice();
        let lens = lens_of(&start, x);
        let off = distances(&sides, x, &lens).ok_or_else(ragged)?;
        let corners = meeting(x, &lens).ok_or_else(ragged)?;
        Ok(Self { sides, lens, corners, off, cost: found.cost, noise })
    }

    /// The same with the noses of all pictures. People may stand before some; what they hide counts for nothing.
    fn with_all(&self, pictures: &[Mat], bent: bool) -> Result<Self, LensError> {
        let mut all = Sides::default();
        for picture in pictures {
            let sides = traced(picture, &self.lens, &self.corners, REACH[2])?;
            all.iter_mut().zip(sides).for_each(|(all, more)| all.extend(more));
        }
        Self::of(all, &self.corners, self.lens, bent)
    }

    /// The same points through a lens that bends nothing.
    fn unbent(&self) -> Result<Self, LensError> {
        let flat = Lens::straight(self.lens.size, self.lens.focal[0]);
        let seen = self.corners.map(|p| self.lens.unstraighten(p));
        let quad = seen.map(|p| CameraPoint::new(p.x, p.y));
        Self::of(self.sides.clone(), &quad, flat, false)
    }

    /// How many points lie on lines.
    fn near(&self) -> usize {
        self.off.iter().filter(|off| off.abs() < STRAY * self.noise).count()
    }

    fn is_clear(&self) -> bool {
        let sides = self.sides.iter().all(|side| side.len() >= FEWEST);
        sides && self.near() as f64 > CLEAR * self.off.len() as f64 && self.rms() < 2.0 * self.noise
    }

    /// Root mean square of the distances that are no strays'.
    fn rms(&self) -> f64 {
        let near: Vec<f64> = self.off.iter().copied().filter(|v| v.abs() < STRAY * self.noise).collect();
        (near.iter().map(|v| v * v).sum::<f64>() / near.len().max(1) as f64).sqrt()
    }

    /// The lens, straight where the points do not clearly say otherwise.
    fn judged(self) -> Result<TableLens, LensError> {
        let flat = self.unbent()?;
        let (points, all) = (self.near(), self.off.len());
        if (points as f64) < SHOWN * all as f64 || points < FEWEST {
            return Err(LensError::Hidden { seen: points, all });
        }
        let moved = (flat.rms().powi(2) - self.rms().powi(2)).max(0.0).sqrt();
        let bends = flat.cost - self.cost > BETTER && (moved > BENDS || flat.near() < self.near() - points / 10);
        let best = if bends { self } else { flat };
        let rms = best.rms();
        if rms > LensError::CROOKED * best.noise / NOISE {
            return Err(LensError::Crooked { rms });
        }
        let near = best.off.iter().map(|v| v.abs()).filter(|v| *v < STRAY * best.noise);
        Ok(TableLens { lens: best.lens, corners: best.corners, rms, worst: near.fold(0.0, f64::max), points })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::drawn::Drawn, *};
    use billiards_table::SensorPoint;
    use nalgebra::Vector3;
    use proptest::prelude::*;

    /// Worst distance of what is straightened from where a straight picture with the same corners has it, over the
    /// plane of the noses, metres.
    fn worst(scene: &Drawn, lens: &Lens) -> f64 {
        use crate::from_four_points;
        use billiards_table::TablePoint;
        let (w, l, h) = (scene.spec.width, scene.spec.length, scene.spec.nose_height);
        let see = |x: f64, y: f64| {
            let ray = scene.pose.ray(Vector3::new(x, y, h)).expect("in front");
            lens.straighten(scene.lens.see(ray)).expect("seen")
        };
        let corners = [(0.0, 0.0), (0.0, l), (w, l), (w, 0.0)];
        let plane = from_four_points(corners.map(|(x, y)| see(x, y)), corners.map(TablePoint::from)).expect("a quad");
        let off = |x: f64, y: f64| (plane.map(see(x, y)).expect("finite") - TablePoint::new(x, y)).length();
        (0..=100).map(|i| off(w * f64::from(i % 10) / 9.0, l * f64::from(i / 10) / 10.0)).fold(0.0, f64::max)
    }

    #[test]
    fn a_barrel_of_ten_percent_is_straightened_to_two_millimetres() {
        let scene = Drawn::above(0.9, -0.10, 3.0, Vec::new());
        let found = lens_from_table(&[scene.picture()]).expect("a lens");
        assert!(found.rms < 0.4, "{found:?}");
        assert!(worst(&scene, &found.lens) < 0.002, "{} {found:?}", worst(&scene, &found.lens));
    }

    #[test]
    fn a_lens_that_bends_nothing_measurable_is_straight() {
        let scene = Drawn::above(0.9, 0.0, 3.0, Vec::new());
        let found = lens_from_table(&[scene.picture()]).expect("a lens");
        assert!(found.lens.is_straight(), "{found:?}");
        let through = corners_through(&[scene.picture()], &found.lens).expect("corners");
        assert!(found.corners.iter().zip(through).all(|(a, b)| (*a - b).length() < 0.2), "{through:?} {found:?}");
    }

    #[test]
    fn no_table_and_pictures_of_several_sizes_are_refused() {
        let grey = |side: i32| {
            Mat::new_rows_cols_with_default(side, 640, opencv::core::CV_8UC3, opencv::core::Scalar::all(90.0))
                .expect("a picture")
        };
        assert!(matches!(lens_from_table(&[]), Err(LensError::NoPicture)));
        assert!(matches!(lens_from_table(&[grey(360)]), Err(LensError::NoTable(_))));
        assert!(matches!(lens_from_table(&[grey(360), grey(480)]), Err(LensError::Sizes)));
    }

    proptest! {
        /// With another focal length a lens bends as before.
        #[test]
        fn a_refocused_lens_straightens_as_before(
            times in 0.6..1.7_f64, k1 in -0.25..0.1_f64, k2 in -0.02..0.04_f64, p in -0.002..0.002_f64,
            x in 0.0..1279.0_f64, y in 0.0..719.0_f64,
        ) {
            let size = FrameSize { width: 1280, height: 720 };
            let lens = Lens { radial: [k1, k2, 0.0], tangential: [p, -p], ..Lens::straight(size, 1100.0) };
            let other = refocused(&lens, times);
            let place = SensorPoint::new(x, y);
            let (a, b) = (lens.straighten(place).expect("seen"), other.straighten(place).expect("seen"));
            prop_assert!((a - b).length() < 1e-3, "{a:?} {b:?}");
            prop_assert!((other.rectified().focal / lens.rectified().focal - times).abs() < 1e-6);
        }
    }
}
