//! A projector picture as amounts of light.

use super::colour::Rgb;
use billiards_table::ProjectorPicture;

/// Side of the square tiles of a picture that are skipped where they are black, pixels.
const TILE: usize = 8;
/// Side of a stored tile, pixels: includes the first pixels of its neighbours, so that each place between four pixels
/// lies within one tile.
const SIDE: usize = TILE + 1;

/// A projector picture as linear amounts of light, with a dark rim of one pixel; black tiles take no memory and no
/// time.
pub(super) struct LitPicture {
    width: usize,
    height: usize,
    /// Number of tiles in a row.
    across: usize,
    /// For each tile the number of tiles stored before it; `None` if it is black.
    kept: Vec<Option<usize>>,
    /// Stored tiles, row by row: red, green, blue and an unused fourth value, because four numbers are read at once.
    light: Vec<[f32; 4]>,
}

impl LitPicture {
    /// Decodes a picture. With `halved`, each block of four pixels becomes one, for cameras that do not resolve single
    /// pixels.
    pub fn new(picture: &ProjectorPicture, halved: bool) -> Self {
        let step = if halved { 2 } else { 1 };
        let stride = picture.size.width as usize;
        let (width, height) = (stride / step, picture.size.height as usize / step);
        let (across, down) = ((width + 1).div_ceil(TILE), (height + 1).div_ceil(TILE));
        let mut lit = Self { width, height, across, kept: Vec::with_capacity(across * down), light: Vec::new() };
        let levels: [f32; 256] = std::array::from_fn(|v| Rgb::stored(v as u8, 0, 0).0[0] / (step * step) as f32);
        for tile in 0..across * down {
            // The rim comes before the first pixel.
            let (left, top) = (tile % across * TILE, tile / across * TILE);
            let columns = left.saturating_sub(1)..(left + TILE).min(width);
            let rows = top.saturating_sub(1)..(top + TILE).min(height);
            let bytes = |y: usize| {
                let first = 4 * (y * stride + columns.start * step);
                picture.rgba.get(first..first + 4 * step * columns.len()).unwrap_or_default()
            };
            if (rows.start * step..rows.end * step).all(|y| is_black(bytes(y))) {
                lit.kept.push(None);
                continue;
            }
            let start = lit.light.len();
            lit.kept.push(Some(start / (SIDE * SIDE)));
            lit.light.resize(start + SIDE * SIDE, [0.0; 4]);
            for y in rows {
                let first = start + (y + 1 - top) * SIDE + columns.start + 1 - left;
                for from in (y * step..(y + 1) * step).map(bytes) {
                    for (pixel, from) in lit.light[first..].iter_mut().zip(from.chunks_exact(4 * step)) {
                        for rgba in from.chunks_exact(4) {
                            for (level, byte) in pixel.iter_mut().zip(&rgba[..3]) {
                                *level += levels[usize::from(*byte)];
                            }
                        }
                    }
                }
            }
        }
        lit
    }

    /// Returns whether there is light anywhere within a rectangle: its left, top, right and bottom as shares of the
    /// picture.
    pub fn is_lit_within(&self, [left, top, right, bottom]: [f32; 4]) -> bool {
        let tile = |share: f32, length: usize| (share.clamp(0.0, 1.0) * length as f32 + 0.5) as usize / TILE;
        let columns = tile(left, self.width)..tile(right, self.width) + 1;
        (tile(top, self.height)..tile(bottom, self.height) + 1).any(|row| {
            let squares = self.kept.get(row * self.across + columns.start..row * self.across + columns.end);
            squares.is_some_and(|squares| squares.iter().any(Option::is_some))
        })
    }

    /// Returns the light at a place of the picture, given as shares (0 to 1) of its width and height: red, green, blue
    /// and an unused fourth value. It is dark outside.
    pub fn at(&self, [x, y]: [f32; 2]) -> [f32; 4] {
        // Measured from the centre of the first rim pixel.
        let (x, y) = (x * self.width as f32 + 0.5, y * self.height as f32 + 0.5);
        let (column, row) = (x as usize, y as usize);
        if !(x >= 0.0 && y >= 0.0 && column <= self.width && row <= self.height) {
            return [0.0; 4];
        }
        let kept = self.kept.get(row / TILE * self.across + column / TILE);
        let Some(kept) = kept.copied().flatten() else { return [0.0; 4] };
        let first = kept * SIDE * SIDE + row % TILE * SIDE + column % TILE;
        let (u, v) = (x - column as f32, y - row as f32);
        let [a, b, c, d] = [first, first + 1, first + SIDE, first + SIDE + 1].map(|i| self.light[i]);
        std::array::from_fn(|i| {
            let (above, below) = (a[i] + (b[i] - a[i]) * u, c[i] + (d[i] - c[i]) * u);
            above + (below - above) * v
        })
    }
}

/// Returns whether pixels emit no light, whatever their alpha.
fn is_black(rgba: &[u8]) -> bool {
    const COLOURS: u32 = u32::from_ne_bytes([255, 255, 255, 0]);
    rgba.chunks_exact(4).fold(0, |all, p| all | u32::from_ne_bytes([p[0], p[1], p[2], p[3]])) & COLOURS == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::FrameSize;

    /// Returns a picture that is black except for one pixel.
    fn picture(x: usize, y: usize) -> ProjectorPicture {
        let mut rgba = [0, 0, 0, 255].repeat(64 * 48);
        rgba[4 * (y * 64 + x)..4 * (y * 64 + x) + 3].copy_from_slice(&[255, 128, 0]);
        ProjectorPicture { size: FrameSize { width: 64, height: 48 }, rgba }
    }

    #[test]
    fn light_is_where_the_pixel_is() {
        let lit = LitPicture::new(&picture(20, 30), false);
        let at = |x: f32, y: f32| lit.at([x / 64.0, y / 48.0]);
        let [red, green, blue, _] = at(20.5, 30.5);
        assert!((red - 1.0).abs() < 1e-4 && (green - 0.2158).abs() < 1e-3 && blue == 0.0);
        assert!((at(20.0, 30.5)[0] - 0.5).abs() < 1e-4 && at(19.4, 30.5)[0] == 0.0 && at(20.5, 31.6)[0] == 0.0);
        assert!(lit.is_lit_within([0.3, 0.6, 0.35, 0.7]) && !lit.is_lit_within([0.6, 0.0, 1.0, 0.3]));
    }

    #[test]
    fn a_halved_picture_has_its_light_in_the_same_place() {
        let lit = LitPicture::new(&picture(20, 30), true);
        let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
        for y in 0..480 {
            for x in 0..640 {
                let (px, py) = (x as f32 / 640.0, y as f32 / 480.0);
                let light = lit.at([px, py])[0];
                (sum, x_sum, y_sum) = (sum + light, x_sum + light * px, y_sum + light * py);
            }
        }
        assert!((x_sum / sum * 64.0 - 21.0).abs() < 0.05 && (y_sum / sum * 48.0 - 31.0).abs() < 0.05);
        assert!((sum / 100.0 - 1.0).abs() < 0.02, "{sum}");
    }

    #[test]
    fn missing_bytes_and_the_outside_are_dark() {
        let mut short = picture(63, 47);
        short.rgba.truncate(1000);
        let lit = LitPicture::new(&short, false);
        assert_eq!(lit.at([0.99, 0.99]), [0.0; 4]);
        let lit = LitPicture::new(&picture(63, 47), false);
        assert!(lit.at([0.9999, 0.9999])[0] > 0.2 && lit.at([1.1, 1.1])[0] == 0.0 && lit.at([-3.0, 0.5])[0] == 0.0);
        let none = LitPicture::new(&ProjectorPicture { size: FrameSize { width: 0, height: 0 }, rgba: vec![] }, false);
        assert!(none.at([0.5, 0.5]) == [0.0; 4] && !none.is_lit_within([0.0, 0.0, 1.0, 1.0]));
    }
}
