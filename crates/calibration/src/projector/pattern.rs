//! Calibration patterns, as plain shapes in the projector's pixels.

use super::code::{MAX_WORDS, WORD_LENGTH, words};
use billiards_table::{FrameSize, PatternPicture, ProjectorPoint};

/// Number of columns in the grid of dots: 16 by 9 dots in a wide picture, about 0.17 m apart where it just covers a
/// nine-foot table.
const COLUMNS: u32 = 16;
/// Ratio of a dot's radius to the picture's width: 13 mm where the picture just covers a nine-foot table. Large enough
/// to be ten pixels wide for a camera of 1280 columns, small enough that the perspective inside it moves its centre by
/// less than 0.05 mm (radius² × tan(tilt) ÷ distance).
const RADIUS_SHARE: f64 = 0.0052;

/// Dots in a regular grid over the whole picture of a projector, each with a code word of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct DotGrid {
    /// Size of the picture, pixels.
    pub size: FrameSize,
    /// Centres of the dots, row by row, pixels of the projector.
    pub centres: Vec<ProjectorPoint>,
    /// Radius of a dot, pixels of the projector.
    pub radius: f64,
    /// Code words of the dots, row by row.
    pub words: Vec<u16>,
}

impl DotGrid {
    /// Creates the grid for pictures of this size.
    #[must_use]
    pub fn over(size: FrameSize) -> Self {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let rows = (f64::from(COLUMNS) * height / width).round().clamp(2.0, (MAX_WORDS as u32 / COLUMNS).into());
        let (dx, dy) = (width / f64::from(COLUMNS), height / rows);
        let centres: Vec<ProjectorPoint> = (0..rows as u32)
            .flat_map(|row| (0..COLUMNS).map(move |column| (f64::from(column) + 0.5, f64::from(row) + 0.5)))
            .map(|(x, y)| ProjectorPoint::new(x * dx, y * dy))
            .collect();
        let words = words(centres.len());
        Self { size, centres, radius: RADIUS_SHARE * width, words }
    }

    /// Returns the picture of one letter of all words, or of its inverse: the lit dots are those whose words have the
    /// letter, or those whose words do not.
    #[must_use]
    pub fn letter(&self, letter: usize, inverse: bool, level: u8) -> PatternPicture {
        let lit = self.centres.iter().zip(&self.words).filter(|(_, word)| (*word >> letter & 1 == 1) != inverse);
        PatternPicture::dots(self.size, lit.map(|(centre, _)| *centre), self.radius, level)
    }

    /// Returns the number of letters in a word.
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
