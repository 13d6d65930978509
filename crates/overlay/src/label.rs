//! A short projected text and its place.

use billiards_table::settings::Rgba;
use billiards_table::{ProjectorPoint, TablePoint, TableVector};

/// Ratio of the width of a letter to the height of a line; the font is monospaced.
const LETTER: f64 = 0.6;

/// Place of the middle of a text, and the direction in which it is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LabelPlace {
    /// A place on the table: the text runs along +y with its top towards -x, so that it is read from the long side at
    /// x = width.
    OnTable(TablePoint),
    /// A place in the projector's picture, in which y runs down: the text runs along +x.
    InPicture(ProjectorPoint),
}

/// A line of projected text.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The text.
    pub text: String,
    /// Place of its middle.
    pub place: LabelPlace,
    /// Height of the line: metres on the table, pixels in the picture.
    pub height: f64,
    /// Light of the letters.
    pub colour: Rgba,
}

impl Label {
    /// Creates a line `height` metres high whose middle is at `place` of the table.
    #[must_use]
    pub fn on_table(text: impl Into<String>, place: TablePoint, height: f64, colour: Rgba) -> Self {
        Self { text: text.into(), place: LabelPlace::OnTable(place), height, colour }
    }

    /// Creates a line `height` pixels high whose middle is at `place` of the projector's picture.
    #[must_use]
    pub fn in_picture(text: impl Into<String>, place: ProjectorPoint, height: f64, colour: Rgba) -> Self {
        Self { text: text.into(), place: LabelPlace::InPicture(place), height, colour }
    }
}

/// A rectangle on the table, parallel to its axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextBox {
    /// Centre of the box, metres.
    pub middle: TablePoint,
    /// Half of its size across and along the table, metres.
    pub half: TableVector,
}

impl TextBox {
    /// Returns the box that a line of text of this height covers, centred on this place.
    pub(crate) fn of(text: &str, middle: TablePoint, height: f64) -> Self {
        let letters = text.chars().count() as f64;
        Self { middle, half: TableVector::new(0.5 * height, 0.5 * LETTER * height * letters) }
    }

    /// Returns the corners, counter-clockwise.
    pub(crate) fn corners(&self) -> [TablePoint; 4] {
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
            .map(|(x, y)| self.middle + TableVector::new(x * self.half.x, y * self.half.y))
    }

    /// Returns the same box with a margin on all sides, metres.
    pub(crate) fn grown(&self, margin: f64) -> Self {
        Self { half: self.half + TableVector::new(margin, margin), ..*self }
    }

    /// Returns whether two boxes overlap.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let off = other.middle - self.middle;
        off.x.abs() < self.half.x + other.half.x && off.y.abs() < self.half.y + other.half.y
    }

    /// Returns the distance of a place from the box, metres; 0 inside.
    pub(crate) fn distance(&self, place: TablePoint) -> f64 {
        let off = place - self.middle;
        let beyond = TableVector::new((off.x.abs() - self.half.x).max(0.0), (off.y.abs() - self.half.y).max(0.0));
        beyond.length()
    }

    /// Returns whether a straight line between two places passes through the box (Liang and Barsky's clipping).
    pub(crate) fn is_crossed(&self, from: TablePoint, to: TablePoint) -> bool {
        let (off, way) = (from - self.middle, to - from);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for (off, way, half) in [(off.x, way.x, self.half.x), (off.y, way.y, self.half.y)] {
            if way == 0.0 {
                if off.abs() >= half {
                    return false;
                }
                continue;
            }
            let (a, b) = ((-half - off) / way, (half - off) / way);
            enter = enter.max(a.min(b));
            leave = leave.min(a.max(b));
        }
        enter < leave
    }

    /// Returns whether the box lies on the bed.
    pub(crate) fn lies_within(&self, width: f64, length: f64) -> bool {
        let (low, high) = (self.middle - self.half, self.middle + self.half);
        low.x >= 0.0 && low.y >= 0.0 && high.x <= width && high.y <= length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_know_what_they_touch() {
        let text = TextBox::of("10", TablePoint::new(0.5, 1.0), 0.05);
        assert!((text.half - TableVector::new(0.025, 0.03)).length() < 1e-12);
        let at = TablePoint::new;
        assert!(text.is_crossed(at(0.0, 1.0), at(1.0, 1.0)) && text.is_crossed(at(0.5, 0.98), at(0.5, 0.99)));
        assert!(!text.is_crossed(at(0.0, 1.04), at(1.0, 1.04)) && !text.is_crossed(at(0.0, 1.0), at(0.4, 1.0)));
        assert!(text.is_crossed(at(0.46, 1.02), at(0.54, 0.98)) && !text.is_crossed(at(0.46, 1.02), at(0.5, 1.06)));
        assert!((text.distance(at(0.555, 1.07)) - 0.05).abs() < 1e-9 && text.distance(at(0.51, 1.0)) == 0.0);
        assert!(
            text.meets(&TextBox { middle: at(0.54, 1.05), ..text })
                && !text.meets(&TextBox { middle: at(0.56, 1.0), ..text })
        );
        assert!(text.lies_within(1.27, 2.54) && !TextBox { middle: at(0.01, 1.0), ..text }.lies_within(1.27, 2.54));
    }
}
