//! Corners of the table, by which a table with pockets differs from one without: outside the point where two nose lines
//! meet there is a dark hole, or the cloth of the cushions.

use super::{grids::FinePoint, scene::Scene};

/// Distances of the sampled places outside both nose lines of a corner, over the table's length. The places lie in the
/// holes of all shipped tables with pockets and on the cushions of all others, even if the height of the noses shifts
/// holes by a centimetre.
const OFFSETS: [f64; 3] = [0.0075, 0.0095, 0.0115];
/// Minimum number of a corner's nine places that must agree on what is there.
const MIN_AGREEING: usize = 6;
/// Maximum brightness of a hole over that of the cloth.
const MAX_HOLE_LIGHT: f32 = 0.3;
/// Minimum number of corners with a hole on a table with pockets.
const MIN_HOLES: usize = 2;
/// Minimum number of corners with a cushion on a table without pockets.
const MIN_CUSHIONS: usize = 3;

/// Content of the area outside a corner of the nose lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Hole,
    Cushion,
}

impl Scene<'_> {
    /// Returns whether the corners of the table are open, as on a table with pockets; `None` if too few corners can be
    /// judged.
    pub fn has_open_corners(&self) -> Option<bool> {
        let ends = [[false, false], [true, false], [true, true], [false, true]];
        let corners = ends.map(|end| self.corner_content(end));
        let count = |content: Content| corners.iter().filter(|corner| **corner == Some(content)).count();
        match (count(Content::Hole), count(Content::Cushion)) {
            (MIN_HOLES.., _) => Some(true),
            (0, MIN_CUSHIONS..) => Some(false),
            _ => None,
        }
    }

    /// Returns what lies outside the corner at these ends of the longer and of the shorter side (`true`: the far end);
    /// `None` if its places disagree or cannot be judged.
    fn corner_content(&self, [far_along, far_across]: [bool; 2]) -> Option<Content> {
        let outside = |far: bool, end: f64, offset: f64| if far { end + offset } else { -offset };
        let contents = OFFSETS.map(|x| {
            OFFSETS.map(|y| {
                let place = [outside(far_along, 1.0, x), outside(far_across, 1.0 / self.shape.aspect, y)];
                self.content(self.perspective.of_table(place))
            })
        });
        let count = |content: Content| contents.as_flattened().iter().filter(|seen| **seen == Some(content)).count();
        [Content::Hole, Content::Cushion].into_iter().find(|content| count(*content) >= MIN_AGREEING)
    }

    /// Returns what lies at a place outside the nose lines; `None` if it is neither dark nor cloth, or cannot be seen.
    fn content(&self, p: FinePoint) -> Option<Content> {
        let inside = |v: f64, size: usize| (0.0..size as f64).contains(&v);
        let visible = inside(p.x, self.picture.width) && inside(p.y, self.picture.height);
        if !visible || self.is_lit(p) || self.behind_nose(p, 0.0) {
            return None;
        }
        let (cloth, pixel) = (self.cloth_at(p)?, self.picture.sample(p));
        if pixel.iter().sum::<f32>() < MAX_HOLE_LIGHT * cloth.brightness && !cloth.is_shaded(pixel) {
            return Some(Content::Hole);
        }
        // Brightness alone does not tell a cushion from the fittings of a pocket.
        (!self.colourless && cloth.matches(pixel)).then_some(Content::Cushion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Detector, synthetic};
    use billiards_table::{FrameSize, TableKind};
    use opencv::{
        core::{self, Mat},
        prelude::*,
    };
    use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_4};

    const BLACK: [f64; 3] = [20.0, 18.0, 15.0];
    const SKIN: [f64; 3] = [120.0, 150.0, 210.0];

    /// Draws a table with a disc of a colour (blue, green, red) outside each of the first `count` corners.
    fn table_with(count: usize, colour: [f64; 3]) -> Mat {
        let mut picture = synthetic::table(&[]);
        let outwards = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
        for (corner, (x, y)) in synthetic::corners().into_iter().zip(outwards).take(count) {
            synthetic::disc(&mut picture, corner + euclid::vec2(7.0 * x, 7.0 * y), 13.0, colour);
        }
        picture
    }

    /// Returns the judgement of the part of a drawn picture between two columns.
    fn judged(picture: &Mat, columns: std::ops::Range<i32>, lit: Option<&Mat>) -> Option<bool> {
        let part = core::Rect::new(columns.start, 0, columns.end - columns.start, picture.rows());
        let cut = Mat::roi(picture, part).expect("inside").try_clone().expect("a copy");
        let size = FrameSize { width: part.width as u32, height: part.height as u32 };
        let corners = synthetic::corners().map(|p| p - euclid::vec2(f64::from(part.x), 0.0));
        let mut detector = Detector::new(None);
        detector.fix_table(size, corners);
        let seen = detector.detect_under(&cut, lit).expect("a picture");
        assert_eq!(seen.corners(), Some(corners));
        seen.has_pockets
    }

    #[test]
    fn holes_in_the_corners_are_pockets() {
        for (holes, expected) in [(4, Some(true)), (2, Some(true)), (1, None), (0, Some(false))] {
            assert_eq!(judged(&table_with(holes, BLACK), 0..960, None), expected, "{holes} holes");
        }
    }

    #[test]
    fn covered_corners_are_not_judged() {
        for (hands, expected) in [(1, Some(false)), (2, None), (4, None)] {
            assert_eq!(judged(&table_with(hands, SKIN), 0..960, None), expected, "{hands} hands");
        }
    }

    #[test]
    fn corners_outside_the_picture_are_not_judged() {
        let (closed, open) = (table_with(0, BLACK), table_with(4, BLACK));
        for (columns, expected) in [(64..960, [None, Some(true)]), (64..896, [None, None])] {
            let seen = [&closed, &open].map(|picture| judged(picture, columns.clone(), None));
            assert_eq!(seen, expected, "columns {columns:?}");
        }
    }

    #[test]
    fn lit_corners_are_not_judged() {
        for (holes, expected) in [(0, None), (2, None), (4, Some(true))] {
            let mut picture = table_with(holes, BLACK);
            let mut mask = Mat::zeros(540, 960, core::CV_8UC1).expect("a mask").to_mat().expect("a mask");
            for row in [47, 51, 55] {
                synthetic::light(&mut picture, &mut mask, (30, row), (930, row));
            }
            assert_eq!(judged(&picture, 0..960, Some(&mask)), expected, "{holes} holes");
        }
    }

    /// The camera sees the holes up to a centimetre beside their places in the plane of the noses.
    #[test]
    fn the_sampled_places_fit_all_shipped_tables() {
        for kind in TableKind::all() {
            let spec = kind.spec();
            let offsets = OFFSETS.map(|offset| offset * spec.length);
            let Some(pockets) = spec.pockets else {
                assert!(offsets.iter().all(|offset| *offset < spec.cushion_width), "{kind}");
                continue;
            };
            let centre = FRAC_1_SQRT_2 * pockets.corner.depth;
            for direction in 0..8 {
                let (sin, cos) = (f64::from(direction) * FRAC_PI_4).sin_cos();
                let distance = |x: f64, y: f64| (x - centre - 0.01 * cos).hypot(y - centre - 0.01 * sin);
                let places = offsets.iter().flat_map(|x| offsets.iter().map(|y| distance(*x, *y)));
                let inside = places.filter(|distance| *distance < pockets.corner.radius).count();
                assert!(inside >= MIN_AGREEING, "{kind}, direction {direction}: {inside}");
            }
        }
    }
}
