//! A short projected text and its place.

use crate::model::{ProjectorPoint, TablePoint, TableVector};
use bevy::prelude::*;
use billiards_table::settings::Rgba;
use std::f32::consts::FRAC_PI_2;

/// Font size of the glyphs before they are scaled to the height of the label, pixels.
pub(super) const FONT_SIZE: f32 = 72.0;
/// Layer above the overlay's mesh.
const LAYER: f32 = 1.0;
/// Ratio of the width of a letter to the height of a line; the font is monospaced.
const LETTER: f64 = 0.6;

/// A projected text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub text: String,
    pub transform: Transform,
    pub colour: Rgba,
}

impl Label {
    /// Creates a line `height` metres high whose middle is at `place` of the table: the text runs along +y with its top
    /// towards -x, so that it is read from the long side at x = width.
    pub fn on_table(text: impl Into<String>, place: TablePoint, height: f64, colour: Rgba) -> Self {
        let transform = Transform::from_xyz(place.x as f32, place.y as f32, LAYER)
            .with_rotation(Quat::from_rotation_z(FRAC_PI_2))
            .with_scale(Vec3::splat(height as f32 / FONT_SIZE));
        Self { text: text.into(), transform, colour }
    }

    /// Creates a line `height` pixels high whose middle is at `place` of the projector's picture, in which y runs down.
    pub fn in_picture(text: impl Into<String>, place: ProjectorPoint, height: f64, colour: Rgba) -> Self {
        let scale = height as f32 / FONT_SIZE;
        let transform =
            Transform::from_xyz(place.x as f32, place.y as f32, LAYER).with_scale(Vec3::new(scale, -scale, scale));
        Self { text: text.into(), transform, colour }
    }
}

/// A rectangle on the table, parallel to its axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextBox {
    pub middle: TablePoint,
    /// Half of its size across and along the table, metres.
    pub half: TableVector,
}

impl TextBox {
    /// Returns the box that a line of text of this height covers, centred on this place.
    pub fn of(text: &str, middle: TablePoint, height: f64) -> Self {
        let letters = text.chars().count() as f64;
        Self { middle, half: TableVector::new(0.5 * height, 0.5 * LETTER * height * letters) }
    }

    /// Returns the corners, counter-clockwise.
    pub fn corners(&self) -> [TablePoint; 4] {
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
            .map(|(x, y)| self.middle + TableVector::new(x * self.half.x, y * self.half.y))
    }

    /// Returns the same box with a margin on all sides, metres.
    pub fn grown(&self, margin: f64) -> Self {
        Self { half: self.half + TableVector::new(margin, margin), ..*self }
    }

    /// Returns whether two boxes overlap.
    pub fn meets(&self, other: &Self) -> bool {
        let off = other.middle - self.middle;
        off.x.abs() < self.half.x + other.half.x && off.y.abs() < self.half.y + other.half.y
    }

    /// Returns the distance of a place from the box, metres; 0 inside.
    pub fn distance(&self, place: TablePoint) -> f64 {
        let off = place - self.middle;
        let beyond = TableVector::new((off.x.abs() - self.half.x).max(0.0), (off.y.abs() - self.half.y).max(0.0));
        beyond.length()
    }

    /// Returns whether a straight line between two places passes through the box (Liang and Barsky's clipping).
    pub fn is_crossed(&self, from: TablePoint, to: TablePoint) -> bool {
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
    pub fn lies_within(&self, width: f64, length: f64) -> bool {
        let (low, high) = (self.middle - self.half, self.middle + self.half);
        low.x >= 0.0 && low.y >= 0.0 && high.x <= width && high.y <= length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_run_along_the_table_and_their_tops_point_away_from_the_reader() {
        let label = Label::on_table("8", TablePoint::new(0.3, 0.9), 0.05, [1.0; 4]);
        let right = label.transform.transform_point(Vec3::X) - label.transform.translation;
        let up = label.transform.transform_point(Vec3::Y) - label.transform.translation;
        assert!(right.y > 0.0 && right.x.abs() < 1e-6);
        assert!(up.x < 0.0 && up.y.abs() < 1e-6);
    }

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
