//! Corners of a table that a person gives: four places of a picture, one after the other around the table.

use super::{CameraPoint, FrameSize, TableQuad};
use euclid::Point2D;

/// Minimum length of a side of the table in the picture, pixels: the balls of a smaller table cannot be detected.
const MIN_SIDE: f64 = 48.0;
/// Minimum sine of the angle at a corner, about one degree: no camera above the cloth sees a flatter one.
const MIN_SINE: f64 = 0.02;
/// Maximum distance of a corner from the picture, as a share of the picture's width or height.
const MAX_BEYOND: f64 = 0.5;

/// Reason why four places cannot be the corners of a table. Corners are numbered from 1, as they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CornerPlacesError {
    /// Two neighbouring corners are too close to each other.
    #[error("corners {0} and {1} are less than {MIN_SIDE} pixels apart")]
    TooClose(usize, usize),
    /// Three corners lie on one line.
    #[error("corners {0}, {1} and {2} lie on one line")]
    Collinear(usize, usize, usize),
    /// Opposite sides cross each other.
    #[error("the sides cross each other: give the corners one after the other around the table")]
    Crossing,
    /// The quad is not convex.
    #[error("corner {0} lies inside the triangle of the others")]
    Dented(usize),
    /// A corner lies far outside the picture.
    #[error("corner {corner} lies far outside the picture of {} × {} pixels", picture.width, picture.height)]
    FarOutside {
        /// Number of the corner.
        corner: usize,
        /// Size of the picture.
        picture: FrameSize,
    },
    /// The middle of the table lies outside the picture.
    #[error("the table lies mostly outside the picture of {} × {} pixels", picture.width, picture.height)]
    MostlyOutside {
        /// Size of the picture.
        picture: FrameSize,
    },
}

/// Checks that four places, one after the other around the table, have the shape of a table in some picture.
///
/// # Errors
/// Two neighbours are too close, three lie on one line, sides cross each other, or the quad is not convex.
pub fn check_corner_places<U>(places: &[Point2D<f64, U>; 4]) -> Result<(), CornerPlacesError> {
    let number = |i: usize| i % 4 + 1;
    let side = |i: usize| places[(i + 1) % 4] - places[i % 4];
    if let Some(i) = (0..4).find(|i| side(*i).length() < MIN_SIDE) {
        return Err(CornerPlacesError::TooClose(number(i), number(i + 1)));
    }
    // Sine of the turn from side i to the next one, at corner i + 1.
    let turns: [f64; 4] = std::array::from_fn(|i| {
        let (before, after) = (side(i), side(i + 1));
        before.cross(after) / (before.length() * after.length())
    });
    if let Some(i) = (0..4).find(|i| turns[*i].abs() < MIN_SINE) {
        return Err(CornerPlacesError::Collinear(number(i), number(i + 1), number(i + 2)));
    }
    let turns_right = |i: usize| turns[i] > 0.0;
    match (0..4).filter(|i| turns_right(*i)).count() {
        0 | 4 => Ok(()),
        2 => Err(CornerPlacesError::Crossing),
        // The one corner that turns the other way is the dent.
        right => {
            let dent = (0..4).find(|i| turns_right(*i) == (right == 1)).unwrap_or_default();
            Err(CornerPlacesError::Dented(number(dent + 1)))
        }
    }
}

/// Returns the corners of a table that was given by four places of a picture, one after the other around the table,
/// clockwise or not, starting at any of them.
///
/// # Errors
/// The places do not have the shape of a table, or lie far or mostly outside the picture.
pub fn ordered_corners(places: [CameraPoint; 4], picture: FrameSize) -> Result<TableQuad, CornerPlacesError> {
    if let Some(far) = places.iter().position(|place| !is_near_picture(*place, picture)) {
        return Err(CornerPlacesError::FarOutside { corner: far + 1, picture });
    }
    check_corner_places(&places)?;
    let quad = in_order(places, picture);
    let middle = quad[0].lerp(quad[2], 0.5);
    let is_inside =
        (0.0..f64::from(picture.width)).contains(&middle.x) && (0.0..f64::from(picture.height)).contains(&middle.y);
    if is_inside { Ok(quad) } else { Err(CornerPlacesError::MostlyOutside { picture }) }
}

/// Returns whether a corner of a table may lie at a place: in the picture, or up to half the picture's size outside it.
#[must_use]
pub fn is_near_picture(place: CameraPoint, picture: FrameSize) -> bool {
    let is_near = |at: f64, size: u32| (-MAX_BEYOND..1.0 + MAX_BEYOND).contains(&(at / f64::from(size)));
    is_near(place.x, picture.width) && is_near(place.y, picture.height)
}

/// Returns the corners of a convex quad clockwise, each as near to its corner of the picture as possible.
fn in_order(places: [CameraPoint; 4], picture: FrameSize) -> TableQuad {
    let [a, b, c, d] = places;
    // As y points down, a positive product means clockwise.
    let clockwise = if (c - a).cross(d - b) > 0.0 { places } else { [a, d, c, b] };
    let (w, h) = (f64::from(picture.width), f64::from(picture.height));
    let ideal = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(CameraPoint::from);
    let turned = |by: usize| -> TableQuad { std::array::from_fn(|i| clockwise[(i + by) % 4]) };
    let distance = |by: &usize| -> f64 { turned(*by).iter().zip(&ideal).map(|(a, b)| (*a - *b).square_length()).sum() };
    turned((0..4).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn places(points: [(f64, f64); 4]) -> [CameraPoint; 4] {
        points.map(CameraPoint::from)
    }

    #[test]
    fn corners_may_be_given_either_way_round_and_from_any_of_them() {
        for quad in [
            // Across the picture, along it, turned by thirty degrees, and with corners beyond the picture.
            [(212., 160.), (1068., 158.), (1180., 640.), (98., 642.)],
            [(480., 20.), (800., 24.), (790., 700.), (486., 698.)],
            [(420., 60.), (1020., 400.), (850., 690.), (250., 350.)],
            [(-200., 100.), (1400., 80.), (1500., 800.), (-90., 760.)],
        ] {
            let quad = places(quad);
            for start in 0..4 {
                let clockwise: TableQuad = std::array::from_fn(|i| quad[(start + i) % 4]);
                let other: TableQuad = std::array::from_fn(|i| quad[(start + 4 - i) % 4]);
                assert_eq!(ordered_corners(clockwise, PICTURE), Ok(quad), "from {start}");
                assert_eq!(ordered_corners(other, PICTURE), Ok(quad), "the other way from {start}");
            }
        }
    }

    #[test]
    fn places_that_make_no_table_are_refused_with_what_is_wrong() {
        let (corner, picture) = (2, PICTURE);
        for (given, fault) in [
            ([(100., 100.), (120., 120.), (900., 600.), (100., 600.)], CornerPlacesError::TooClose(1, 2)),
            ([(100., 100.), (900., 100.), (900., 600.), (100., 100.)], CornerPlacesError::TooClose(4, 1)),
            ([(100., 100.), (900., 100.), (500., 102.), (100., 600.)], CornerPlacesError::Collinear(1, 2, 3)),
            ([(500., 350.), (900., 600.), (900., 100.), (100., 100.)], CornerPlacesError::Collinear(4, 1, 2)),
            ([(100., 100.), (900., 600.), (900., 100.), (100., 600.)], CornerPlacesError::Crossing),
            ([(100., 100.), (900., 100.), (400., 300.), (100., 600.)], CornerPlacesError::Dented(3)),
            ([(400., 300.), (100., 600.), (100., 100.), (900., 100.)], CornerPlacesError::Dented(1)),
            (
                [(100., 100.), (2000., 100.), (900., 600.), (100., 600.)],
                CornerPlacesError::FarOutside { corner, picture },
            ),
            (
                [(100., 100.), (f64::NAN, 100.), (900., 600.), (100., 600.)],
                CornerPlacesError::FarOutside { corner, picture },
            ),
            (
                [(1200., 100.), (1800., 100.), (1800., 600.), (1200., 600.)],
                CornerPlacesError::MostlyOutside { picture },
            ),
        ] {
            assert_eq!(ordered_corners(places(given), picture), Err(fault), "{given:?}");
        }
        assert_eq!(CornerPlacesError::TooClose(1, 2).to_string(), "corners 1 and 2 are less than 48 pixels apart");
    }
}
