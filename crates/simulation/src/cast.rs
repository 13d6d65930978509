//! The projector's light on the empty table, as the camera sees it.

use super::{
    canvas::{Canvas, WHITE},
    lit::LitPicture,
    pixel_rays::PixelRays,
    projector::SimulatedProjector,
};
use nalgebra::Vector3;

/// Side of the square tiles of the camera's picture in which light is stored, pixels.
const TILE: usize = 8;

/// For each camera pixel, the place in the projector's picture that lights the surface seen there.
pub(super) struct CastMap {
    width: usize,
    height: usize,
    /// Shares of the projector's width and height; NaN where its picture does not reach.
    from: Vec<[f32; 2]>,
    /// Reflectance, scaled like the light of a [`Canvas`]: blue, green and red.
    paint: Vec<u16>,
    /// For each tile of the camera's picture, the part of the projector's that falls on it: left, top, right, bottom.
    reach: Vec<[f32; 4]>,
    /// Ratio of projector pixels to camera pixels.
    ratio: f64,
}

/// Light of one projector picture, in the tiles of the camera's picture that it reaches.
pub(super) struct Cast {
    /// Left and top of each tile.
    tiles: Vec<(usize, usize)>,
    /// One tile after another, rows of blue, green and red.
    light: Vec<u16>,
}

impl CastMap {
    /// Creates the map from the surface seen in each camera pixel: its place (table x, table y, height), row by row,
    /// and its reflectance.
    pub fn new(rays: &PixelRays, projector: &SimulatedProjector, places: &[Vector3<f64>], paint: Vec<u16>) -> Self {
        let (width, height) = (rays.width(), rays.height());
        let from: Vec<[f32; 2]> = places.iter().map(|p| projector.share(*p).unwrap_or([f32::NAN; 2])).collect();
        let tiles = |y: usize| (0..width).step_by(TILE).map(move |x| (x, y));
        let reach = (0..height).step_by(TILE).flat_map(tiles).map(|(left, top)| {
            let rows = top..(top + TILE).min(height);
            let pixels = rows.flat_map(|y| &from[y * width + left..y * width + (left + TILE).min(width)]);
            let nothing = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
            pixels.fold(nothing, |[l, t, r, b], [x, y]| [l.min(*x), t.min(*y), r.max(*x), b.max(*y)])
        });
        let reach = reach.collect();
        // Both devices look at the bed from almost straight above.
        let size = |focal: f64, eye: f64| focal / eye;
        let ratio = size(projector.lens.focal, projector.pose.eye.z) / size(rays.camera().lens.focal[0], rays.eye().z);
        Self { width, height, from, paint, reach, ratio }
    }

    /// Returns the ratio of projector pixels, at the projector's own resolution, to camera pixels.
    pub fn ratio(&self) -> f64 {
        self.ratio
    }

    /// Returns for each pixel whether the projector's picture reaches the surface seen there, and the reflectance.
    pub fn pixels(&self) -> impl Iterator<Item = (bool, &[u16])> {
        self.from.iter().map(|from| !from[0].is_nan()).zip(self.paint.chunks_exact(3))
    }

    /// Computes the light of a projected picture whose white adds `brightness` times the full light of the room.
    pub fn cast(&self, picture: &LitPicture, brightness: f32) -> Cast {
        let across = self.width.div_ceil(TILE);
        let (mut tiles, mut light) = (Vec::new(), Vec::new());
        for (i, reach) in self.reach.iter().enumerate() {
            if reach[0] > reach[2] || !picture.is_lit_within(*reach) {
                continue;
            }
            let (left, top) = (i % across * TILE, i / across * TILE);
            tiles.push((left, top));
            let right = (left + TILE).min(self.width);
            for y in top..(top + TILE).min(self.height) {
                let row = y * self.width;
                let paint = self.paint[3 * (row + left)..3 * (row + right)].chunks_exact(3);
                for (from, paint) in self.from[row + left..row + right].iter().zip(paint) {
                    let [red, green, blue, _] = if from[0].is_nan() { [0.0; 4] } else { picture.at(*from) };
                    let amount = |light: f32, paint: u16| (light * brightness * f32::from(paint) + 0.5) as u16;
                    light.extend([amount(blue, paint[0]), amount(green, paint[1]), amount(red, paint[2])]);
                }
            }
        }
        Cast { tiles, light }
    }

    /// Adds light to a picture: the share `share(y)` of it in row y, reduced where `blocked` (0 to 255, row by row)
    /// marks an obstruction.
    pub fn add(&self, canvas: &mut Canvas, cast: &Cast, share: impl Fn(usize) -> f32, blocked: &[u8]) {
        let mut light = cast.light.as_slice();
        for &(left, top) in &cast.tiles {
            let pixels = TILE.min(self.width - left);
            for y in top..(top + TILE).min(self.height) {
                let (here, rest) = light.split_at(3 * pixels);
                light = rest;
                let share = (share(y) * 256.0) as u32;
                if share == 0 {
                    continue;
                }
                let first = y * self.width + left;
                let row = canvas.row(left, y, pixels).chunks_exact_mut(3).zip(here.chunks_exact(3));
                for ((onto, light), blocked) in row.zip(&blocked[first..first + pixels]) {
                    let factor = share * (255 - u32::from(*blocked));
                    for (onto, light) in onto.iter_mut().zip(light) {
                        // Never exceeds the light itself.
                        *onto = onto.saturating_add(((u32::from(*light) * factor) / (255 * 256)) as u16);
                    }
                }
            }
        }
    }
}

/// Returns the light that the projector's black level adds to a pixel with this reflectance.
pub(super) fn black(paint: u16, level: f32) -> u16 {
    (f32::from(paint) * level).min(4.0 * WHITE - 1.0) as u16
}
