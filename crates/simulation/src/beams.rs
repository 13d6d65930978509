//! Light of the projector in one picture of the camera.

use super::{
    canvas::Canvas,
    cast::{Cast, CastMap},
    colour::Rgb,
    lit::LitPicture,
    projector::SimulatedProjector,
    projector_input::ProjectedPicture,
    shutter::Shutter,
};
use billiards_table::ProjectorPicture;
use nalgebra::Vector3;
use std::sync::Arc;

/// Ratio of projector pixels to camera pixels above which single projector pixels are not resolved.
const FINE: f64 = 1.35;

/// A projector picture, prepared for rendering.
struct PreparedPicture {
    picture: Arc<ProjectorPicture>,
    lit: LitPicture,
    cast: Cast,
}

/// Prepared pictures that are or were recently projected.
#[derive(Default)]
pub(super) struct PreparedPictures(Vec<PreparedPicture>);

impl PreparedPictures {
    /// Prepares the pictures in `projected` and drops all others.
    pub fn update(&mut self, projected: &[ProjectedPicture], map: &CastMap, projector: &SimulatedProjector) {
        self.0.retain(|ready| projected.iter().any(|projected| Arc::ptr_eq(&projected.picture, &ready.picture)));
        for projected in projected {
            if self.0.iter().any(|ready| Arc::ptr_eq(&projected.picture, &ready.picture)) {
                continue;
            }
            let picture = Arc::clone(&projected.picture);
            let stretch = f64::from(picture.size.width) / f64::from(projector.lens.size.width);
            let lit = LitPicture::new(&picture, map.ratio() * stretch > FINE);
            let cast = map.cast(&lit, projector.gain());
            self.0.push(PreparedPicture { picture, lit, cast });
        }
    }
}

/// Light of the projector while the camera exposes one picture.
pub(super) struct Beams<'a> {
    projector: &'a SimulatedProjector,
    /// Each picture with the share of the exposure, row by row, in which it is projected.
    shines: Vec<(&'a PreparedPicture, Vec<f32>)>,
}

impl<'a> Beams<'a> {
    /// Creates the beams from pictures that are [ready](PreparedPictures::update).
    pub fn new(
        projector: &'a SimulatedProjector,
        shown: &'a PreparedPictures,
        projected: &[ProjectedPicture],
        shutter: &Shutter,
        rows: usize,
    ) -> Self {
        let ends = projected.iter().skip(1).map(|next| next.begins).chain([f64::INFINITY]);
        let shines = projected.iter().zip(ends).filter_map(|(projected, ends)| {
            let ready = shown.0.iter().find(|ready| Arc::ptr_eq(&projected.picture, &ready.picture))?;
            let shares = (0..rows).map(|y| shutter.share(y, [projected.begins, ends]));
            Some((ready, shares.collect()))
        });
        Self { projector, shines: shines.collect() }
    }

    /// Returns the position of the projector.
    pub fn eye(&self) -> Vector3<f64> {
        self.projector.pose.eye
    }

    /// Returns whether nothing is projected.
    pub fn are_dark(&self) -> bool {
        self.shines.is_empty()
    }

    /// Returns the light that reaches a place while a row is exposed, as it would fall on level cloth.
    pub fn at(&self, place: Vector3<f64>, row: usize) -> Rgb {
        let Some(share) = self.projector.share(place) else { return Rgb::BLACK };
        let black = Rgb([self.projector.black; 3]);
        self.shines.iter().fold(black, |sum, (ready, shares)| {
            let weight = shares.get(row).copied().unwrap_or(0.0);
            if weight == 0.0 {
                return sum;
            }
            let [red, green, blue, _] = ready.lit.at(share);
            sum + Rgb([red, green, blue]) * (weight * self.projector.gain())
        })
    }

    /// Adds the projected light on the empty table to a picture, except where `blocked` (0 to 255) marks an
    /// obstruction.
    pub fn add(&self, canvas: &mut Canvas, map: &CastMap, blocked: &[u8]) {
        for (ready, shares) in &self.shines {
            map.add(canvas, &ready.cast, |y| shares.get(y).copied().unwrap_or(0.0), blocked);
        }
    }
}
