//! The points that are set by hand, in pixels of the projector: a person at the table sees which one is selected and
//! where its light falls. Pure.

use super::{cards::Card, label::Label, pattern::grey, shape::Shape};
use billiards_table::settings::Rgba;
use billiards_table::{FrameSize, ProjectorPoint, ProjectorPx};
use euclid::Vector2D;

/// Points of the projector's picture that are set by hand.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PointsPicture {
    /// The points, in the order of their numbers, pixels.
    pub points: Vec<ProjectorPoint>,
    /// Index of the selected point, counted from 0.
    pub chosen: usize,
    /// Corners of the nose lines computed from all points, in order around the table, pixels.
    pub noses: Vec<ProjectorPoint>,
}

/// Shorter side of the picture to which the following sizes refer, pixels.
const USUAL: f64 = 720.0;
/// Width of lines, pixels.
const LINE: f64 = 1.6;
/// Length of the arms of a cross from its middle, pixels.
const ARM: f64 = 11.0;
/// Length of the arms of the cross-hair at the selected point, pixels.
const CHOSEN_ARM: f64 = 34.0;
/// Radius of the ring around the selected point, pixels.
const RING: f64 = 18.0;
/// Height of the numbers, pixels.
const NUMBER: f64 = 20.0;
/// Height of the number of the selected point, pixels.
const CHOSEN_NUMBER: f64 = 34.0;
/// Brightness of everything that is not selected.
const QUIET: f32 = 0.22;
const WHITE: Rgba = [1.0; 4];

/// Composes a cross for each point with its number, a cross-hair for the selected one, and the nose lines.
#[must_use]
pub fn compose_points(picture: &PointsPicture, size: FrameSize) -> Card {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    let unit = w.min(h) / USUAL;
    let middle = ProjectorPoint::new(w / 2.0, h / 2.0);
    let line = |points, colour| Shape::<ProjectorPx>::Polyline { points, width: (LINE * unit).max(1.0), colour };
    let mut shapes = Vec::new();
    if let Some(first) = picture.noses.first() {
        shapes.push(line(picture.noses.iter().chain([first]).copied().collect(), grey(QUIET)));
    }
    let mut words = Vec::new();
    // The selected one last: its light replaces any other.
    let mut order: Vec<usize> = (0..picture.points.len()).collect();
    order.sort_by_key(|i| *i == picture.chosen);
    for i in order {
        let (at, chosen) = (picture.points[i], i == picture.chosen);
        let (arm, height, colour) =
            if chosen { (CHOSEN_ARM, CHOSEN_NUMBER, WHITE) } else { (ARM, NUMBER, grey(QUIET)) };
        for way in [Vector2D::new(1.0, 0.0), Vector2D::new(0.0, 1.0)] {
            let reach = way * (arm * unit);
            shapes.push(line(vec![at - reach, at + reach], colour));
        }
        if chosen {
            shapes.push(Shape::Ring { centre: at, radius: RING * unit, width: LINE * unit, colour });
        }
        // Next to the cross, towards the middle; inside the picture even if the point is not.
        let height = height * unit;
        let aside = |from: f64, to: f64| if to >= from { 1.0 } else { -1.0 };
        let beside = Vector2D::new(aside(at.x, middle.x), aside(at.y, middle.y)) * (0.6 * arm * unit + 0.6 * height);
        let place = at + beside;
        let place = ProjectorPoint::new(place.x.clamp(height, w - height), place.y.clamp(height, h - height));
        words.push(Label::in_picture((i + 1).to_string(), place, height, colour));
    }
    (shapes, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::LabelPlace;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn picture(chosen: usize) -> PointsPicture {
        let points = [(100.0, 80.0), (1200.0, 80.0), (1200.0, 650.0), (-300.0, 650.0)].map(ProjectorPoint::from);
        PointsPicture { points: points.into(), chosen, noses: points.into() }
    }

    #[test]
    fn the_chosen_point_has_the_only_cross_hair_and_all_have_numbers() {
        for chosen in 0..4 {
            let (shapes, words) = compose_points(&picture(chosen), SIZE);
            let rings: Vec<_> = shapes
                .iter()
                .filter_map(|shape| match shape {
                    Shape::Ring { centre, .. } => Some(*centre),
                    _ => None,
                })
                .collect();
            assert_eq!(rings, [picture(chosen).points[chosen]]);
            let bright: Vec<_> = words.iter().filter(|label| label.colour == WHITE).collect();
            assert_eq!((words.len(), bright.len()), (4, 1));
            assert_eq!(bright[0].text, (chosen + 1).to_string());
            for label in &words {
                let LabelPlace::InPicture(at) = label.place else { panic!("{label:?}") };
                assert!((0.0..1280.0).contains(&at.x) && (0.0..720.0).contains(&at.y), "{at:?}");
            }
            // Both arms of the cross-hair meet exactly in the point.
            let hairs = shapes.iter().filter(|shape| {
                matches!(shape, Shape::Polyline { points, colour: WHITE, .. }
                    if points.len() == 2 && points[0].lerp(points[1], 0.5) == picture(chosen).points[chosen])
            });
            assert_eq!(hairs.count(), 2);
        }
    }

    #[test]
    fn no_points_throw_no_light() {
        assert_eq!(compose_points(&PointsPicture::default(), SIZE), (Vec::new(), Vec::new()));
    }
}
