//! A composed picture, and where its light falls on the table.

use super::{
    label::TextBox,
    mesh::{TriangleList, tessellate},
    pattern::compose_pattern,
    shape::Shape,
};
use billiards_table::{FrameSize, LightRing, LightTriangle, PatternPicture, ProjectorPx, TablePoint, TableSpec};

/// Maximum distance beyond the noses at which light of unknown position is assumed, metres.
const AROUND: f64 = 0.3;

/// A composed picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawing {
    /// A picture in metres of the table.
    OnTable {
        /// Shapes in painter's order.
        shapes: Vec<Shape>,
        /// Boxes that its labels cover.
        texts: Vec<TextBox>,
    },
    /// A picture in pixels of the projector.
    InPicture {
        /// Shapes in painter's order.
        shapes: Vec<Shape<ProjectorPx>>,
        /// Set if the picture emits any light.
        is_lit: bool,
    },
}

impl Default for Drawing {
    fn default() -> Self {
        Self::OnTable { shapes: Vec::new(), texts: Vec::new() }
    }
}

impl Drawing {
    /// Creates a picture in pixels of the projector that emits light if it has any shape.
    #[must_use]
    pub fn in_picture(shapes: Vec<Shape<ProjectorPx>>) -> Self {
        let is_lit = !shapes.is_empty();
        Self::InPicture { shapes, is_lit }
    }

    /// Creates the picture of a calibration pattern for a projector of this size.
    #[must_use]
    pub fn of_pattern(pattern: &PatternPicture, size: FrameSize) -> Self {
        Self::InPicture { shapes: compose_pattern(pattern, size), is_lit: pattern.is_lit() }
    }

    /// Returns the rings that lie entirely on the cloth.
    #[must_use]
    pub fn rings(&self, table: &TableSpec) -> Vec<LightRing> {
        let Self::OnTable { shapes, .. } = self else { return Vec::new() };
        let on_cloth = |centre: TablePoint, reach: f64| {
            let inside = |place: f64, side: f64| (reach..=side - reach).contains(&place);
            inside(centre.x, table.width) && inside(centre.y, table.length)
        };
        shapes
            .iter()
            .filter_map(|shape| match *shape {
                Shape::Ring { centre, radius, width, .. } if on_cloth(centre, radius + width) => {
                    Some(LightRing { centre, radius, width })
                }
                _ => None,
            })
            .collect()
    }

    /// Returns the triangles of the picture, and those where light falls on the table.
    #[must_use]
    pub fn tessellated(&self, table: &TableSpec) -> (TriangleList, Vec<LightTriangle>) {
        match self {
            Self::OnTable { shapes, texts } => {
                let list = tessellate(shapes);
                let mut light = list.light();
                light.extend(texts.iter().flat_map(|text| lit(text.corners())));
                (list, light)
            }
            Self::InPicture { shapes, is_lit } => {
                // The projector may not be calibrated: any of its pixels may land anywhere.
                let (w, l) = (table.width + AROUND, table.length + AROUND);
                let all = [(-AROUND, -AROUND), (w, -AROUND), (w, l), (-AROUND, l)];
                let light = if *is_lit { lit(all.map(TablePoint::from)).to_vec() } else { Vec::new() };
                (tessellate(shapes), light)
            }
        }
    }
}

/// Splits a lit quadrilateral into two triangles.
fn lit([a, b, c, d]: [TablePoint; 4]) -> [LightTriangle; 2] {
    [[a, b, c], [a, c, d]].map(|corners| LightTriangle { corners, lit: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;

    #[test]
    fn rings_are_told_that_lie_on_the_cloth() {
        let table = TableKind::NINE_FOOT.spec();
        let ring = |x, y| Shape::Ring { centre: TablePoint::new(x, y), radius: 0.05, width: 0.004, colour: [1.0; 4] };
        let disc = Shape::Disc { centre: TablePoint::new(0.5, 0.5), radius: 0.05, colour: [1.0; 4] };
        let shapes = vec![ring(0.5, 0.5), disc, ring(0.04, 0.5), ring(0.5, 2.6)];
        let rings = Drawing::OnTable { shapes, texts: Vec::new() }.rings(&table);
        assert_eq!(rings, [LightRing { centre: TablePoint::new(0.5, 0.5), radius: 0.05, width: 0.004 }]);
        assert!(Drawing::InPicture { shapes: Vec::new(), is_lit: true }.rings(&table).is_empty());
    }

    #[test]
    fn a_pattern_that_emits_light_may_light_anything_and_a_dark_one_nothing() {
        let (table, size) = (TableKind::NINE_FOOT.spec(), FrameSize { width: 640, height: 360 });
        let light = |level| Drawing::of_pattern(&PatternPicture::even(size, level), size).tessellated(&table).1;
        assert_eq!((light(0).len(), light(50).len()), (0, 2));
    }
}
