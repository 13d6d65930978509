//! The pictures that are projected to calibrate, as plain shapes in the projector's pixels.

use super::code::{MOST_WORDS, WORD_LENGTH, words};
use billiards_table::{FrameSize, ProjectorPoint};

/// Columns of the grid of dots: 16 by 9 in a wide picture, some 0.17 m apart where it just covers a nine-foot table.
const COLUMNS: u32 = 16;
/// Radius of a dot over the picture's width: 13 mm where the picture just covers a nine-foot table. Large enough to be
/// ten pixels wide for a camera of 1280 columns, small enough that the perspective inside it moves its middle by less
/// than 0.05 mm (radius² × tan(tilt) ÷ distance).
const RADIUS_SHARE: f64 = 0.0052;

/// A round patch of light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightDisc {
    /// Its centre; the picture's top left corner is (0, 0), the middle of its first pixel (0.5, 0.5).
    pub centre: ProjectorPoint,
    /// Its radius, pixels.
    pub radius: f64,
    /// What its pixels are set to, all three channels alike.
    pub level: u8,
}

/// A picture to project: discs over an even ground.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternPicture {
    /// Columns and rows.
    pub size: FrameSize,
    /// What the pixels of the ground are set to, all three channels alike.
    pub ground: u8,
    /// The discs; they do not overlap.
    pub discs: Vec<LightDisc>,
}

impl PatternPicture {
    /// A picture of one grey.
    #[must_use]
    pub fn even(size: FrameSize, level: u8) -> Self {
        Self { size, ground: level, discs: Vec::new() }
    }

    /// Dots of one size on black.
    #[must_use]
    pub fn dots(size: FrameSize, centres: impl IntoIterator<Item = ProjectorPoint>, radius: f64, level: u8) -> Self {
        let discs = centres.into_iter().map(|centre| LightDisc { centre, radius, level }).collect();
        Self { size, ground: 0, discs }
    }

    /// Its pixels, rows of red, green, blue and 255; the edges of discs are smooth.
    #[must_use]
    pub fn rgba(&self) -> Vec<u8> {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let ground = [self.ground, self.ground, self.ground, 255];
        let mut pixels: Vec<u8> = ground.into_iter().cycle().take(4 * width * height).collect();
        for disc in &self.discs {
            let span = |middle: f64, length: usize| {
                let clamped = |v: f64| v.clamp(0.0, length as f64) as usize;
                clamped(middle - disc.radius - 1.0)..clamped(middle + disc.radius + 2.0)
            };
            for y in span(disc.centre.y, height) {
                for x in span(disc.centre.x, width) {
                    let off = (x as f64 + 0.5 - disc.centre.x).hypot(y as f64 + 0.5 - disc.centre.y);
                    let share = (disc.radius - off + 0.5).clamp(0.0, 1.0);
                    let level = f64::from(self.ground) * (1.0 - share) + f64::from(disc.level) * share;
                    let start = 4 * (y * width + x);
                    if let Some(pixel) = pixels.get_mut(start..start + 3).filter(|_| share > 0.0) {
                        pixel.fill(level.round() as u8);
                    }
                }
            }
        }
        pixels
    }
}

/// Dots in even rows over the whole picture of a projector, each with a word of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct DotGrid {
    /// Size of the picture.
    pub size: FrameSize,
    /// Centres of the dots, row by row, pixels of the projector.
    pub centres: Vec<ProjectorPoint>,
    /// Radius of a dot, pixels of the projector.
    pub radius: f64,
    /// Code words of the dots, row by row.
    pub words: Vec<u16>,
}

impl DotGrid {
    /// The grid for pictures of this size.
    #[must_use]
    pub fn over(size: FrameSize) -> Self {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let rows = (f64::from(COLUMNS) * height / width).round().clamp(2.0, (MOST_WORDS as u32 / COLUMNS).into());
        let (dx, dy) = (width / f64::from(COLUMNS), height / rows);
        let centres: Vec<ProjectorPoint> = (0..rows as u32)
            .flat_map(|row| (0..COLUMNS).map(move |column| (f64::from(column) + 0.5, f64::from(row) + 0.5)))
            .map(|(x, y)| ProjectorPoint::new(x * dx, y * dy))
            .collect();
        let words = words(centres.len());
        Self { size, centres, radius: RADIUS_SHARE * width, words }
    }

    /// The picture of one letter of all words, or its inverse: the dots are lit whose words have it, or have it not.
    #[must_use]
    pub fn letter(&self, letter: usize, inverse: bool, level: u8) -> PatternPicture {
        let lit = self.centres.iter().zip(&self.words).filter(|(_, word)| (*word >> letter & 1 == 1) != inverse);
        PatternPicture::dots(self.size, lit.map(|(centre, _)| *centre), self.radius, level)
    }

    /// How many letters the words have.
    #[must_use]
    pub fn letters(&self) -> usize {
        WORD_LENGTH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dot_is_in_the_picture_of_a_letter_or_in_its_inverse() {
        for (width, height, dots) in [(1920, 1080, 144), (1024, 768, 192), (800, 1280, 256)] {
            let grid = DotGrid::over(FrameSize { width, height });
            assert_eq!((grid.centres.len(), grid.words.len()), (dots, dots));
            for letter in 0..grid.letters() {
                let shown = [false, true].map(|inverse| grid.letter(letter, inverse, 255).discs.len());
                assert_eq!(shown[0] + shown[1], dots);
                // Much the same amount of light in both, so that a camera has no reason to change its exposure.
                assert!(shown[0] > 0 && shown[1] > 0, "{letter}: {shown:?}");
            }
        }
    }

    #[test]
    fn a_disc_is_drawn_round_its_centre() {
        let size = FrameSize { width: 40, height: 30 };
        let picture = PatternPicture::dots(size, [ProjectorPoint::new(12.3, 17.8)], 5.0, 200);
        let pixels = picture.rgba();
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for (i, pixel) in pixels.chunks_exact(4).enumerate() {
            let light = f64::from(pixel[0]);
            sum += light;
            x += light * ((i % 40) as f64 + 0.5);
            y += light * ((i / 40) as f64 + 0.5);
        }
        assert!((x / sum - 12.3).abs() < 0.01 && (y / sum - 17.8).abs() < 0.01);
        assert!((sum / 200.0 / (25.0 * std::f64::consts::PI) - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_disc_beyond_the_edge_is_cut_off() {
        let size = FrameSize { width: 8, height: 8 };
        for centre in [(-30.0, 4.0), (0.0, 0.0), (8.0, 9.0), (4.0, f64::NAN)] {
            assert_eq!(PatternPicture::dots(size, [ProjectorPoint::from(centre)], 3.0, 255).rgba().len(), 256);
        }
    }
}
