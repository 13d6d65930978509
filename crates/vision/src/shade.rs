//! Appearance of the cloth from place to place: light, lamps' hues and glare give one cloth many colours.

use super::{cloth::ClothColour, grids::CoarsePx, picture::Picture};
use euclid::Point2D;

/// Number of tiles along each side of the picture.
const TILES: usize = 8;
/// Number of samples of cloth that determine a tile's colour alone; with fewer the whole table's colour contributes.
const MIN_SAMPLES: f32 = 20.0;

/// The colour of the cloth in each tile of a coarse picture.
#[derive(Debug)]
pub(super) struct Shades {
    /// Tiles per pixel of the picture, across and down.
    tiles: [f32; 2],
    colours: Vec<ClothColour>,
}

impl Shades {
    /// Measures the colours of a cloth in a coarse picture, by its pixels at `places`.
    pub fn of(cloth: &ClothColour, picture: &Picture, places: impl Iterator<Item = [usize; 2]>) -> Self {
        let tiles = [picture.width, picture.height].map(|v| (TILES as f32 / v as f32).min(1.0));
        let mut sums = [[0.0_f32; 4]; TILES * TILES];
        let relaxed = cloth.relaxed();
        places.for_each(|[x, y]| {
            let pixel = picture.pixel(x, y);
            if relaxed.matches(pixel) {
                let sum = &mut sums[index(tiles, Point2D::new(x as f32, y as f32))];
                for (total, part) in sum.iter_mut().zip([pixel[0], pixel[1], pixel[2], 1.0]) {
                    *total += part;
                }
            }
        });
        let colours = sums.map(|[b, g, r, n]| {
            let share = (n / MIN_SAMPLES).min(1.0);
            cloth.shaded([b, g, r].map(|v| v / n.max(1.0)), share)
        });
        Self { tiles, colours: colours.to_vec() }
    }

    /// Returns the cloth at a place.
    pub fn at(&self, p: Point2D<f32, CoarsePx>) -> &ClothColour {
        &self.colours[index(self.tiles, p)]
    }
}

/// Returns the index of the tile that contains a place.
fn index(tiles: [f32; 2], p: Point2D<f32, CoarsePx>) -> usize {
    let at = |v: f32| (v.max(0.0) as usize).min(TILES - 1);
    at(p.y * tiles[1]) * TILES + at(p.x * tiles[0])
}
