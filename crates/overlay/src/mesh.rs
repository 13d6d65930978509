//! Tessellation of shapes: one list of triangles in painter's order, so that one draw call shows the whole picture.
//! Pure.

use super::{
    dashes::{DashPattern, dashes},
    shape::{RibbonCorner, Shape},
};
use billiards_table::settings::Rgba;
use billiards_table::{LightTriangle, TablePoint};
use euclid::{Point2D, Vector2D};
use std::f64::consts::{PI, TAU};

/// Maximum distance of the sides of a polygon from its circle, metres (or pixels): invisible at a projector's
/// millimetre per pixel.
const CIRCLE_TOLERANCE: f64 = 0.0003;
/// Maximum turn of one triangle of a round bend, radians.
const BEND_STEP: f64 = PI / 8.0;
/// Maximum turn that leaves no gap to fill, radians.
const STRAIGHT: f64 = 1e-4;
/// Maximum distance at which two points count as one, metres (or pixels): they do not define a direction.
const SAME_POINT: f64 = 1e-5;

/// Coloured triangles, in the order in which they are painted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TriangleList {
    /// Positions in the unit of the shapes; z is 0.
    pub positions: Vec<[f32; 3]>,
    /// Colours, one per position.
    pub colours: Vec<Rgba>,
    /// Indices into both, three per triangle.
    pub indices: Vec<u32>,
}

/// Converts shapes to triangles, in the same order. Shapes of zero size and shapes with a number that is not finite
/// produce none.
#[must_use]
pub fn tessellate<Unit: Copy>(shapes: &[Shape<Unit>]) -> TriangleList {
    let mut list = TriangleList::default();
    for shape in shapes {
        match shape {
            Shape::Polyline { points, width, colour } => list.stroke(points, *width, *colour),
            Shape::Ribbon { corners } => list.ribbon(corners),
            Shape::Dashes { points, width, dash, gap, colour } => {
                let pattern = DashPattern { stroke: *dash, gap: *gap };
                for stroke in dashes(&distinct(points, |point| *point), pattern) {
                    list.stroke(&stroke, *width, *colour);
                }
            }
            Shape::Ring { centre, radius, width, colour } => list.ring(*centre, *radius, *width, [*colour; 2]),
            Shape::Disc { centre, radius, colour } => list.disc(*centre, *radius, *colour),
            Shape::SoftDisc { centre, radius, edge, colour: [red, green, blue, alpha] } => {
                let edge = edge.min(2.0 * radius);
                list.disc(*centre, radius - edge / 2.0, [*red, *green, *blue, *alpha]);
                list.ring(*centre, *radius, edge, [[*red, *green, *blue, *alpha], [*red, *green, *blue, 0.0]]);
            }
            Shape::Polygon { corners, colour } => list.polygon(corners, *colour),
        }
    }
    list
}

impl TriangleList {
    /// Returns the triangles where light falls, for vision; only for a list of shapes on the table.
    #[must_use]
    pub fn light(&self) -> Vec<LightTriangle> {
        let corner = |i: u32| self.positions.get(i as usize).map(|p| TablePoint::new(p[0].into(), p[1].into()));
        let lit = |i: u32| self.colours.get(i as usize).is_some_and(|[r, g, b, _]| r + g + b > 0.0);
        let corners = |t: &[u32]| Some([corner(*t.first()?)?, corner(*t.get(1)?)?, corner(*t.get(2)?)?]);
        let chunks = self.indices.chunks_exact(3);
        chunks.filter_map(|t| Some(LightTriangle { corners: corners(t)?, lit: t.iter().any(|i| lit(*i)) })).collect()
    }

    fn vertex<Unit>(&mut self, at: Point2D<f64, Unit>, colour: Rgba) -> u32 {
        let index = self.positions.len() as u32;
        self.positions.push([at.x as f32, at.y as f32, 0.0]);
        self.colours.push(colour);
        index
    }

    /// Adds a convex polygon as a fan from its first corner.
    fn polygon<Unit: Copy>(&mut self, corners: &[Point2D<f64, Unit>], colour: Rgba) {
        let [first, second, others @ ..] = corners else { return };
        if others.is_empty() || !corners.iter().all(|corner| corner.is_finite()) {
            return;
        }
        let first = self.vertex(*first, colour);
        let mut before = self.vertex(*second, colour);
        for corner in others {
            let next = self.vertex(*corner, colour);
            self.indices.extend([first, before, next]);
            before = next;
        }
    }

    fn stroke<Unit: Copy>(&mut self, points: &[Point2D<f64, Unit>], width: f64, colour: Rgba) {
        let corners: Vec<_> = points.iter().map(|at| RibbonCorner { at: *at, width, colour }).collect();
        self.ribbon(&corners);
    }

    fn ribbon<Unit: Copy>(&mut self, corners: &[RibbonCorner<Unit>]) {
        if !corners.iter().all(|corner| is_size(corner.width)) {
            return;
        }
        let mut before: Option<Vector2D<f64, Unit>> = None;
        for pair in distinct(corners, |corner| corner.at).windows(2) {
            let [from, to] = pair else { continue };
            let along = (to.at - from.at).normalize();
            let side = left_of(along);
            if let Some(before) = before {
                self.bend(from, before, along);
            }
            let (here, there) = (side * (from.width / 2.0), side * (to.width / 2.0));
            let [a, b] = [from.at + here, from.at - here].map(|at| self.vertex(at, from.colour));
            let [c, d] = [to.at - there, to.at + there].map(|at| self.vertex(at, to.colour));
            self.indices.extend([a, b, c, a, c, d]);
            before = Some(along);
        }
    }

    /// Fills the gap on the outer side of a bend.
    fn bend<Unit: Copy>(
        &mut self,
        corner: &RibbonCorner<Unit>,
        before: Vector2D<f64, Unit>,
        after: Vector2D<f64, Unit>,
    ) {
        let turn = before.cross(after).atan2(before.dot(after));
        if turn.abs() < STRAIGHT {
            return;
        }
        let start = left_of(before) * (-turn.signum() * corner.width / 2.0);
        let steps = (turn.abs() / BEND_STEP).ceil().max(1.0) as u32;
        let arc = (0..=steps).map(|i| {
            let (sin, cos) = (turn * f64::from(i) / f64::from(steps)).sin_cos();
            corner.at + Vector2D::new(start.x * cos - start.y * sin, start.x * sin + start.y * cos)
        });
        let fan: Vec<_> = std::iter::once(corner.at).chain(arc).collect();
        self.polygon(&fan, corner.colour);
    }

    fn disc<Unit: Copy>(&mut self, centre: Point2D<f64, Unit>, radius: f64, colour: Rgba) {
        if is_size(radius) {
            let rim: Vec<_> = circle(centre, radius, circle_steps(radius)).collect();
            self.polygon(&rim, colour);
        }
    }

    /// Adds a circular line with separate colours at the inner and at the outer rim.
    fn ring<Unit: Copy>(&mut self, centre: Point2D<f64, Unit>, radius: f64, width: f64, [inside, outside]: [Rgba; 2]) {
        let (inner, outer) = (radius - width / 2.0, radius + width / 2.0);
        if !centre.is_finite() || !is_size(width) || !is_size(outer) {
            return;
        }
        if inner <= 0.0 && inside == outside {
            return self.disc(centre, outer, inside);
        }
        let steps = circle_steps(outer);
        let first = self.positions.len() as u32;
        for (near, far) in circle(centre, inner.max(0.0), steps).zip(circle(centre, outer, steps)) {
            self.vertex(near, inside);
            self.vertex(far, outside);
        }
        for step in 0..steps {
            let (this, next) = (first + 2 * step, first + 2 * ((step + 1) % steps));
            self.indices.extend([this, this + 1, next + 1, this, next + 1, next]);
        }
    }
}

fn is_size(length: f64) -> bool {
    length.is_finite() && length > 0.0
}

/// Returns the direction a quarter turn counter-clockwise from `direction`.
fn left_of<Unit>(direction: Vector2D<f64, Unit>) -> Vector2D<f64, Unit> {
    Vector2D::new(-direction.y, direction.x)
}

fn circle<Unit: Copy>(centre: Point2D<f64, Unit>, radius: f64, steps: u32) -> impl Iterator<Item = Point2D<f64, Unit>> {
    (0..steps).map(move |i| {
        let (sin, cos) = (TAU * f64::from(i) / f64::from(steps)).sin_cos();
        centre + Vector2D::new(cos, sin) * radius
    })
}

/// Returns the number of sides that keep a circle round within the tolerance.
fn circle_steps(radius: f64) -> u32 {
    // The sagitta of a side that spans the angle 2a is r (1 - cos a).
    let half_side = (1.0 - CIRCLE_TOLERANCE / radius).clamp(-1.0, 1.0).acos();
    (PI / half_side).ceil().clamp(12.0, 128.0) as u32
}

/// Returns the corners at finite places, without those that coincide with the one before.
fn distinct<Corner: Copy, Unit: Copy>(
    corners: &[Corner],
    place: impl Fn(&Corner) -> Point2D<f64, Unit>,
) -> Vec<Corner> {
    let mut kept: Vec<Corner> = Vec::with_capacity(corners.len());
    for corner in corners.iter().filter(|corner| place(corner).is_finite()) {
        if kept.last().is_none_or(|last| (place(corner) - place(last)).length() > SAME_POINT) {
            kept.push(*corner);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Rgba = [1.0; 4];
    const BLACK: Rgba = [0.0, 0.0, 0.0, 1.0];

    fn point(x: f64, y: f64) -> TablePoint {
        TablePoint::new(x, y)
    }

    fn line(points: &[(f64, f64)], width: f64) -> Shape {
        Shape::Polyline { points: points.iter().map(|&(x, y)| point(x, y)).collect(), width, colour: WHITE }
    }

    /// Returns the total area of the triangles, counting overlaps twice.
    fn area(list: &TriangleList) -> f64 {
        let corner = |i: u32| list.positions[i as usize].map(f64::from);
        let triangles = list.indices.chunks_exact(3).map(|triangle| {
            let [a, b, c] = [corner(triangle[0]), corner(triangle[1]), corner(triangle[2])];
            ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs() / 2.0
        });
        triangles.sum()
    }

    fn is_sound(list: &TriangleList) -> bool {
        list.positions.len() == list.colours.len()
            && list.positions.iter().flatten().all(|v| v.is_finite())
            && list.indices.len().is_multiple_of(3)
            && list.indices.iter().all(|&i| (i as usize) < list.positions.len())
    }

    #[test]
    fn a_line_is_as_wide_as_it_says() {
        let list = tessellate(&[line(&[(0.1, 0.2), (1.1, 0.2)], 0.008)]);
        assert_eq!(list.indices.len(), 6);
        let ys = list.positions.iter().map(|p| p[1]);
        let (low, high) = ys.fold((f32::MAX, f32::MIN), |(low, high), y| (low.min(y), high.max(y)));
        assert!((high - low - 0.008).abs() < 1e-6, "{low} {high}");
        assert!((area(&list) - 0.008).abs() < 1e-6);
        let aslant = tessellate(&[line(&[(0.0, 0.0), (0.3, 0.4)], 0.01)]);
        assert!((area(&aslant) - 0.005).abs() < 1e-6);
    }

    #[test]
    fn a_bend_is_filled_on_its_outer_side_for_either_turn() {
        for up in [1.0, -1.0] {
            let list = tessellate(&[line(&[(0.0, 0.0), (1.0, 0.0), (1.0, up)], 0.2)]);
            assert!(is_sound(&list));
            // A quarter of a turn takes four triangles; their rim lies half the width from the corner, beyond both
            // rectangles.
            assert_eq!(list.indices.len() / 3, 2 + 4 + 2);
            let rim: Vec<_> =
                list.positions.iter().filter(|p| p[0] > 1.0 + 1e-3 && p[1] * (up as f32) < -1e-3).collect();
            assert_eq!(rim.len(), 3);
            for p in rim {
                assert!(((p[0] - 1.0).hypot(p[1]) - 0.1).abs() < 1e-6, "{p:?}");
            }
        }
    }

    #[test]
    fn points_that_coincide_and_lines_of_no_length_are_sound() {
        let list = tessellate(&[line(&[(0.0, 0.0), (0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (2.0, 0.0)], 0.01)]);
        assert!(is_sound(&list));
        assert_eq!(list.indices.len() / 3, 4);
        for nothing in [
            line(&[], 0.01),
            line(&[(0.5, 0.5)], 0.01),
            line(&[(0.5, 0.5), (0.5, 0.5)], 0.01),
            line(&[(0.0, 0.0), (1.0, 0.0)], 0.0),
            line(&[(0.0, 0.0), (f64::NAN, 0.0)], 0.01),
            Shape::Ring { centre: point(f64::NAN, 0.0), radius: 0.05, width: 0.004, colour: WHITE },
            Shape::Disc { centre: point(0.0, 0.0), radius: -1.0, colour: WHITE },
            Shape::Dashes { points: vec![], width: 0.01, dash: 0.0, gap: 0.0, colour: WHITE },
            Shape::Polygon { corners: vec![point(0.0, f64::INFINITY); 3], colour: WHITE },
            Shape::Ribbon { corners: Vec::new() },
        ] {
            assert_eq!(tessellate(std::slice::from_ref(&nothing)), TriangleList::default(), "{nothing:?}");
        }
    }

    #[test]
    fn a_line_that_turns_back_is_sound() {
        assert!(is_sound(&tessellate(&[line(&[(0.0, 0.0), (1.0, 0.0), (0.0, 0.0)], 0.01)])));
    }

    #[test]
    fn rings_have_two_triangles_a_side_and_the_right_width() {
        let (radius, width) = (0.054, 0.004);
        let list = tessellate(&[Shape::Ring { centre: point(0.3, 0.4), radius, width, colour: WHITE }]);
        let steps = circle_steps(radius + width / 2.0) as usize;
        assert!((12..=128).contains(&steps));
        assert_eq!(list.indices.len(), 3 * 2 * steps);
        assert!(is_sound(&list));
        for p in &list.positions {
            let off = (f64::from(p[0]) - 0.3).hypot(f64::from(p[1]) - 0.4);
            assert!(((off - radius).abs() - width / 2.0).abs() < 1e-6);
        }
        assert!((area(&list) / (TAU * radius * width) - 1.0).abs() < 0.02);
        // A ring wider than its radius has no hole.
        let full = tessellate(&[Shape::Ring { centre: point(0.0, 0.0), radius: 0.01, width: 0.04, colour: WHITE }]);
        assert_eq!(full, tessellate(&[Shape::Disc { centre: point(0.0, 0.0), radius: 0.03, colour: WHITE }]));
    }

    #[test]
    fn a_disc_is_round_within_the_tolerance() {
        let list = tessellate(&[Shape::Disc { centre: point(0.0, 0.0), radius: 0.04, colour: BLACK }]);
        assert!((area(&list) / (PI * 0.04 * 0.04) - 1.0).abs() < 0.02);
    }

    #[test]
    fn painters_order_is_kept() {
        let shapes = [
            line(&[(0.0, 0.0), (1.0, 0.0)], 0.01),
            Shape::Disc { centre: point(0.5, 0.0), radius: 0.04, colour: BLACK },
        ];
        let list = tessellate(&shapes);
        let colours: Vec<_> = list.indices.iter().map(|&i| list.colours[i as usize]).collect();
        assert_eq!(&colours[..6], [WHITE; 6]);
        assert!(colours[6..].iter().all(|colour| *colour == BLACK));
    }

    #[test]
    fn a_ribbon_changes_width_and_light_evenly_without_a_seam() {
        let corner = |x: f64, width: f64, level: f32| RibbonCorner {
            at: point(x, 0.0),
            width,
            colour: [level, level, level, 1.0],
        };
        let list = tessellate(&[Shape::Ribbon { corners: vec![corner(0.0, 0.01, 1.0), corner(1.0, 0.03, 0.2)] }]);
        assert!(is_sound(&list));
        assert!((area(&list) - 0.02).abs() < 1e-6);
        for (place, colour) in list.positions.iter().zip(&list.colours) {
            assert_eq!(colour[0], if place[0] < 0.5 { 1.0 } else { 0.2 });
        }
        let bent = [
            corner(0.0, 0.01, 1.0),
            corner(1.0, 0.01, 0.5),
            RibbonCorner { at: point(1.0, 1.0), ..corner(0.0, 0.01, 0.1) },
        ];
        let list = tessellate(&[Shape::Ribbon { corners: bent.to_vec() }]);
        let at_bend = list.positions.iter().zip(&list.colours).filter(|(p, _)| (p[0] - 1.0).hypot(p[1]) < 0.006);
        assert!(at_bend.clone().count() > 6 && at_bend.clone().all(|(_, colour)| colour[0] == 0.5));
    }

    #[test]
    fn the_light_of_a_soft_disc_is_that_of_a_sharp_one() {
        let disc = Shape::SoftDisc { centre: point(9.3, 4.1), radius: 6.0, edge: 1.0, colour: WHITE };
        let list = tessellate(&[disc]);
        assert!(is_sound(&list) && list.indices.len() >= 3 * 2 * 48);
        for (p, colour) in list.positions.iter().zip(&list.colours) {
            let off = (f64::from(p[0]) - 9.3).hypot(f64::from(p[1]) - 4.1);
            assert!((off - if colour[3] > 0.5 { 5.5 } else { 6.5 }).abs() < 1e-5, "{p:?} {colour:?}");
        }
        // A disc that is all edge is a cone.
        let tiny = tessellate(&[Shape::SoftDisc { centre: point(0.0, 0.0), radius: 0.2, edge: 1.0, colour: WHITE }]);
        assert!(is_sound(&tiny) && tiny.positions.iter().flatten().all(|v| v.abs() < 0.41));
    }
}
