//! Test cards for setting up a projector, in pixels of its picture. Pure.

use super::{
    label::Label,
    pattern::{filled, grey},
    shape::Shape,
};
use billiards_table::{FrameSize, ProjectorPoint, ProjectorPx};
use billiards_table::{
    TestCard,
    settings::{Colour, Rgba},
};
use euclid::Vector2D;
use std::f64::consts::TAU;

/// Shapes and labels of a picture in pixels of the projector.
pub type Card = (Vec<Shape<ProjectorPx>>, Vec<Label>);

/// Colours of the bars: white, the primaries and their mixtures, from the brightest to black.
const BARS: [Colour; 8] = [
    Colour::new(255, 255, 255),
    Colour::new(255, 255, 0),
    Colour::new(0, 255, 255),
    Colour::new(0, 255, 0),
    Colour::new(255, 0, 255),
    Colour::new(255, 0, 0),
    Colour::new(0, 0, 255),
    Colour::new(0, 0, 0),
];
/// Number of grey steps, black and white included; as perceptually uniform as sRGB is.
const GREYS: u32 = 11;
/// Number of grid squares along the picture's shorter side.
const SQUARES: f64 = 10.0;
/// Number of spokes of a Siemens star.
const SPOKES: u32 = 36;
const WHITE: Rgba = [1.0; 4];

/// Composes a test card for a picture of this size.
#[must_use]
pub fn compose_card(card: TestCard, size: FrameSize) -> Card {
    match card {
        TestCard::White => (vec![filled(size, WHITE)], Vec::new()),
        TestCard::Black => (Vec::new(), Vec::new()),
        TestCard::Grid => grid(size),
        TestCard::Bars => (bars(size), Vec::new()),
        TestCard::Focus => focus(size),
    }
}

fn at(x: f64, y: f64) -> ProjectorPoint {
    ProjectorPoint::new(x, y)
}

fn measures(size: FrameSize) -> (f64, f64) {
    (size.width.into(), size.height.into())
}

/// Returns a sharp rectangle on whole pixels, given by its top left corner and its size.
fn bar(x: f64, y: f64, width: f64, height: f64, colour: Rgba) -> Shape<ProjectorPx> {
    Shape::rect(at(x, y), at(x + width, y + height), colour)
}

/// Composes the grid: squares counted from the middle, the edges of the picture, circles that reveal a wrong aspect
/// ratio, a cross in the middle, and the size as text.
fn grid(size: FrameSize) -> Card {
    let (w, h) = measures(size);
    let short = w.min(h);
    let (cell, line) = ((short / SQUARES).round().max(2.0), (short / 500.0).round().max(1.0));
    let (middle, quiet) = ((w / 2.0).floor(), grey(0.3));
    let centre = (h / 2.0).floor();
    let mut shapes = Vec::new();
    let steps = |from: f64, end: f64| {
        let count = (end / cell).ceil() as i32;
        (-count..=count).map(move |i| from + f64::from(i) * cell).filter(move |place| (0.0..end).contains(place))
    };
    shapes.extend(steps(middle, w).map(|x| bar(x - line, 0.0, 2.0 * line, h, quiet)));
    shapes.extend(steps(centre, h).map(|y| bar(0.0, y - line, w, 2.0 * line, quiet)));
    let corner = 1.5 * cell;
    let places = [(middle, centre, 0.45 * short), (corner, corner, cell), (w - corner, corner, cell)];
    let below = [(corner, h - corner, cell), (w - corner, h - corner, cell)];
    let ring = |(x, y, radius)| Shape::Ring { centre: at(x, y), radius, width: 2.0 * line, colour: WHITE };
    shapes.extend(places.into_iter().chain(below).map(ring));
    // Edges of the picture and its middle.
    let edges = [(0.0, 0.0, w, line), (0.0, h - line, w, line), (0.0, 0.0, line, h), (w - line, 0.0, line, h)];
    shapes.extend(edges.map(|(x, y, width, height)| bar(x, y, width, height, WHITE)));
    shapes.push(bar(middle - line, centre - cell, 2.0 * line, 2.0 * cell, WHITE));
    shapes.push(bar(middle - cell, centre - line, 2.0 * cell, 2.0 * line, WHITE));
    let words = format!("{} x {}", size.width, size.height);
    let (height, place) = (0.8 * cell, at(middle, centre + 2.5 * cell));
    let half = 0.3 * height * words.chars().count() as f64 + 0.2 * height;
    shapes.push(bar(place.x - half, place.y - height / 2.0, 2.0 * half, height, grey(0.0)));
    (shapes, vec![Label::in_picture(words, place, height, WHITE)])
}

/// Composes bars of colour above and steps of grey below.
fn bars(size: FrameSize) -> Vec<Shape<ProjectorPx>> {
    let (w, h) = measures(size);
    let split = (h * 2.0 / 3.0).round();
    let edge = |i: usize, count: usize| (w * i as f64 / count as f64).round();
    let colours = BARS.iter().enumerate().map(|(i, colour)| {
        let (left, right) = (edge(i, BARS.len()), edge(i + 1, BARS.len()));
        bar(left, 0.0, right - left, split, colour.light(1.0))
    });
    let greys = (0..GREYS).map(|i| {
        let level = (255 * i / (GREYS - 1)) as u8;
        let (left, right) = (edge(i as usize, GREYS as usize), edge(i as usize + 1, GREYS as usize));
        bar(left, split, right - left, h - split, Colour::new(level, level, level).light(1.0))
    });
    colours.chain(greys).collect()
}

/// Composes Siemens stars in the middle and the corners, and lines of one to four pixels next to the middle.
fn focus(size: FrameSize) -> Card {
    let (w, h) = measures(size);
    let short = w.min(h);
    let (big, small) = (0.22 * short, 0.12 * short);
    let corner = 0.16 * short;
    let mut shapes = star(at(w / 2.0, h / 2.0), big);
    for (x, y) in [(corner, corner), (w - corner, corner), (corner, h - corner), (w - corner, h - corner)] {
        shapes.extend(star(at(x, y), small));
    }
    let mut words = Vec::new();
    let patch = (0.12 * short).round();
    for thick in 1..=4_u32 {
        let pitch = f64::from(2 * thick);
        let lines = (patch / pitch).floor();
        let top = (h / 2.0 + (f64::from(thick) - 2.5) * 1.3 * patch - patch / 2.0).round();
        let (upright, lying) = ((w / 2.0 - big - 1.6 * patch).round(), (w / 2.0 + big + 0.6 * patch).round());
        for i in (0..lines as u32).map(|i| f64::from(i) * pitch) {
            shapes.push(bar(upright + i, top, f64::from(thick), patch, WHITE));
            shapes.push(bar(lying, top + i, patch, f64::from(thick), WHITE));
        }
        let (height, middle) = (0.5 * patch, top + patch / 2.0);
        for x in [upright - 0.5 * patch, lying + 1.5 * patch] {
            words.push(Label::in_picture(thick.to_string(), at(x, middle), height, WHITE));
        }
    }
    (shapes, words)
}

/// Returns spokes that get finer towards the centre: the larger the blurred area there, the worse the focus.
fn star(centre: ProjectorPoint, radius: f64) -> Vec<Shape<ProjectorPx>> {
    let rim = |turn: f64| {
        let (sin, cos) = (turn * TAU / f64::from(SPOKES)).sin_cos();
        centre + Vector2D::new(cos, sin) * radius
    };
    let spoke = |i| Shape::Polygon { corners: vec![centre, rim(f64::from(i)), rim(f64::from(i) + 0.5)], colour: WHITE };
    (0..SPOKES).map(spoke).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::tessellate;

    #[test]
    fn every_card_stays_in_its_picture_at_every_size() {
        for size in [(1920, 1080), (1280, 800), (800, 1280), (64, 64), (1, 1)] {
            let size = FrameSize { width: size.0, height: size.1 };
            for card in TestCard::ALL {
                let list = tessellate(&compose_card(card, size).0);
                assert_eq!(list.positions.is_empty(), card == TestCard::Black);
                if size.width < 100 {
                    continue;
                }
                for [x, y, _] in list.positions {
                    // Lines of the grid have a width.
                    let within = |v: f32, size: u32| (-5.0..=size as f32 + 5.0).contains(&v);
                    let inside = within(x, size.width) && within(y, size.height);
                    assert!(inside, "{} {size:?}: {x} {y}", card.name());
                }
            }
        }
    }

    #[test]
    fn the_grid_says_its_size() {
        let (_, words) = compose_card(TestCard::Grid, FrameSize { width: 1920, height: 1080 });
        assert_eq!(words[0].text, "1920 x 1080");
    }
}
