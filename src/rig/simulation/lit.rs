//! A picture of the projector as amounts of light.

use super::colour::Rgb;
use crate::model::ProjectorPicture;

/// Side of the squares of a picture that are left out where they are black, pixels.
const TILE: usize = 16;

/// A picture of the projector as linear amounts of light; black squares take no time.
pub(super) struct LitPicture {
    width: usize,
    height: usize,
    /// Red, green and blue, and nothing: four numbers are read at once.
    light: Vec<[f32; 4]>,
    /// For each square of [`TILE`] pixels whether light comes from it.
    lit: Vec<bool>,
}

impl LitPicture {
    /// Decodes a picture. Where `halved`, each four pixels become one: for cameras that see no single pixel.
    pub fn new(picture: &ProjectorPicture, halved: bool) -> Self {
        let step = if halved { 2 } else { 1 };
        let from_width = picture.size.width as usize;
        let (width, height) = (from_width / step, picture.size.height as usize / step);
        let (across, down) = (width.div_ceil(TILE), height.div_ceil(TILE));
        let (mut light, mut lit) = (vec![[0.0; 4]; width * height], vec![false; across * down]);
        let levels: [f32; 256] = std::array::from_fn(|v| Rgb::stored(v as u8, 0, 0).0[0] / (step * step) as f32);
        for tile in 0..across * down {
            let (left, top) = (tile % across * TILE, tile / across * TILE);
            let columns = left..(left + TILE).min(width);
            for y in top..(top + TILE).min(height) {
                for row in y * step..(y + 1) * step {
                    let first = 4 * (row * from_width + columns.start * step);
                    let Some(bytes) = picture.rgba.get(first..first + 4 * step * columns.len()) else { continue };
                    if is_black(bytes) {
                        continue;
                    }
                    lit[tile] = true;
                    let pixels = &mut light[y * width + columns.start..y * width + columns.end];
                    for (pixel, from) in pixels.iter_mut().zip(bytes.chunks_exact(4 * step)) {
                        for rgba in from.chunks_exact(4) {
                            for (level, byte) in pixel.iter_mut().zip(&rgba[..3]) {
                                *level += levels[usize::from(*byte)];
                            }
                        }
                    }
                }
            }
        }
        Self { width, height, light, lit }
    }

    /// Whether light comes from anywhere within a rectangle: its left, top, right and bottom as shares of the picture.
    pub fn is_lit_within(&self, [left, top, right, bottom]: [f32; 4]) -> bool {
        let tile = |share: f32, length: usize, off: f32| {
            let pixel = (share * length as f32 + off).max(0.0) as usize;
            pixel.min(length.saturating_sub(1)) / TILE
        };
        let across = self.width.div_ceil(TILE);
        let columns = tile(left, self.width, -1.0)..tile(right, self.width, 1.0) + 1;
        (tile(top, self.height, -1.0)..tile(bottom, self.height, 1.0) + 1).any(|row| {
            self.lit.get(row * across + columns.start..row * across + columns.end).is_some_and(|t| t.contains(&true))
        })
    }

    /// The light of a place of the picture, given as shares (0 to 1) of its width and height: red, green and blue.
    pub fn at(&self, [x, y]: [f32; 2]) -> [f32; 4] {
        let (x, y) = (x * self.width as f32 - 0.5, y * self.height as f32 - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (u, v) = (x - left, y - top);
        let first = top as usize * self.width + left as usize;
        let inside = left >= 0.0 && top >= 0.0 && (left as usize) + 1 < self.width && (top as usize) + 1 < self.height;
        let corners = if inside {
            [
                self.light[first],
                self.light[first + 1],
                self.light[first + self.width],
                self.light[first + self.width + 1],
            ]
        } else {
            // Beyond the edge it is dark.
            [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(right, below)| {
                let (x, y) = (left + right, top + below);
                let inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
                if inside { self.light[y as usize * self.width + x as usize] } else { [0.0; 4] }
            })
        };
        let shares = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
        let mut sum = [0.0; 4];
        for (corner, share) in corners.iter().zip(shares) {
            for (sum, part) in sum.iter_mut().zip(corner) {
                *sum += part * share;
            }
        }
        sum
    }
}

/// Whether pixels give no light, whatever their alpha.
fn is_black(rgba: &[u8]) -> bool {
    const COLOURS: u32 = u32::from_ne_bytes([255, 255, 255, 0]);
    rgba.chunks_exact(4).fold(0, |all, p| all | u32::from_ne_bytes([p[0], p[1], p[2], p[3]])) & COLOURS == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrameSize;

    /// Black but for one pixel.
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
