//! Calibration by hand: points of the projector's picture that are moved until their light falls on known places.

use super::fit::fit_map;
use crate::model::{FrameSize, ProjectorPoint, ProjectorView, TablePoint, TableSpec};
use euclid::Vector2D;

/// Moves that can be undone.
const MOST_UNDONE: usize = 500;
/// All points count: nobody moves one by this much, metres.
const ANYWHERE: f64 = 100.0;

/// A point of the projector's picture whose light is to fall on a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HandPoint {
    /// In the projector's picture.
    pub projector: ProjectorPoint,
    /// On the bed.
    pub table: TablePoint,
}

/// Points that are moved by hand, one at a time, with a memory of what they were.
#[derive(Debug, Clone, PartialEq)]
pub struct HandPoints {
    /// Size of the projector's picture.
    pub size: FrameSize,
    points: Vec<HandPoint>,
    selected: usize,
    /// The points before each move, the latest last; and what was undone.
    before: Vec<Vec<HandPoint>>,
    undone: Vec<Vec<HandPoint>>,
}

/// What the points say.
#[derive(Debug, Clone, PartialEq)]
pub struct HandSolution {
    /// Where the light falls.
    pub view: ProjectorView,
    /// By how much the map misses each point, millimetres on the table; nothing for four points.
    pub misses_mm: Vec<f64>,
}

impl HandPoints {
    /// Points that were set before.
    #[must_use]
    pub fn new(size: FrameSize, points: Vec<HandPoint>) -> Self {
        Self { size, points, selected: 0, before: Vec::new(), undone: Vec::new() }
    }

    /// The four corners of the nose lines, where a view has them. `None` where it has them nowhere.
    #[must_use]
    pub fn corners(view: &ProjectorView, table: &TableSpec) -> Option<Self> {
        let (w, l) = (table.width, table.length);
        let points = [(0.0, 0.0), (w, 0.0), (w, l), (0.0, l)]
            .map(TablePoint::from)
            .map(|place| Some(HandPoint { projector: view.from_table.map(place)?, table: place }));
        points.into_iter().collect::<Option<Vec<_>>>().map(|points| Self::new(view.size, points))
    }

    /// The points.
    #[must_use]
    pub fn points(&self) -> &[HandPoint] {
        &self.points
    }

    /// Number of the point that moves.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Takes the next point, or the first after the last.
    pub fn select_next(&mut self) {
        self.selected = (self.selected + 1) % self.points.len().max(1);
    }

    /// Takes the point of this number, if there is one.
    pub fn select(&mut self, number: usize) {
        if number < self.points.len() {
            self.selected = number;
        }
    }

    /// Moves the selected point by pixels of the projector's picture, but not further than one picture beyond its edge.
    pub fn move_selected(&mut self, right: f64, down: f64) {
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        let Some(point) = self.points.get(self.selected) else { return };
        let there = point.projector + Vector2D::new(right, down);
        if there.x.is_finite() && there.y.is_finite() {
            let held = ProjectorPoint::new(there.x.clamp(-width, 2.0 * width), there.y.clamp(-height, 2.0 * height));
            self.change(|points, selected| points[selected].projector = held);
        }
    }

    /// Adds a point and takes it.
    pub fn add(&mut self, point: HandPoint) {
        self.change(|points, _| points.push(point));
        self.selected = self.points.len() - 1;
    }

    fn change(&mut self, change: impl FnOnce(&mut Vec<HandPoint>, usize)) {
        self.before.push(self.points.clone());
        if self.before.len() > MOST_UNDONE {
            self.before.remove(0);
        }
        self.undone.clear();
        change(&mut self.points, self.selected);
    }

    /// Takes the last move back; says whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.before.pop() else { return false };
        self.undone.push(std::mem::replace(&mut self.points, before));
        self.selected = self.selected.min(self.points.len().saturating_sub(1));
        true
    }

    /// Does again what was taken back last; says whether there was anything.
    pub fn redo(&mut self) -> bool {
        let Some(after) = self.undone.pop() else { return false };
        self.before.push(std::mem::replace(&mut self.points, after));
        true
    }

    /// Where the light falls if it falls as the points say. `None` where they are fewer than four, or lie on a line.
    #[must_use]
    pub fn solve(&self) -> Option<HandSolution> {
        let pairs: Vec<(ProjectorPoint, TablePoint)> =
            self.points.iter().map(|point| (point.projector, point.table)).collect();
        let falls = fit_map(&pairs, ANYWHERE, pairs.len())?;
        let misses_mm =
            pairs.iter().map(|(p, q)| falls.map(*p).map_or(f64::INFINITY, |there| 1e3 * (there - *q).length()));
        let misses_mm = misses_mm.collect();
        Some(HandSolution { view: ProjectorView { size: self.size, from_table: falls.inverse() }, misses_mm })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::TableKind,
        rig::calibration::{centred_corners, projector_view},
    };

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };

    fn hand() -> (HandPoints, ProjectorView) {
        let table = TableKind::NineFoot.spec();
        let view = projector_view(SIZE, &centred_corners(SIZE, &table), &table).expect("a view");
        (HandPoints::corners(&view, &table).expect("corners"), view)
    }

    #[test]
    fn four_corners_give_the_view_they_came_from_and_follow_the_hand() {
        let (mut hand, view) = hand();
        let place = TablePoint::new(0.4, 1.9);
        let there = |hand: &HandPoints| hand.solve().expect("solved").view.from_table.map(place).expect("finite");
        assert!((there(&hand) - view.from_table.map(place).expect("finite")).length() < 1e-6);
        let corner = hand.points()[2];
        hand.select(2);
        hand.move_selected(3.0, -10.0);
        let solution = hand.solve().expect("solved");
        let moved = solution.view.from_table.map(corner.table).expect("finite");
        assert!((moved - corner.projector - Vector2D::new(3.0, -10.0)).length() < 1e-6);
        assert!(solution.misses_mm.iter().all(|miss| *miss < 1e-6));
    }

    #[test]
    fn moves_are_undone_and_done_again() {
        let (mut hand, _) = hand();
        let first = hand.clone();
        assert!(!hand.undo() && !hand.redo());
        hand.select_next();
        hand.move_selected(0.1, 0.0);
        hand.add(HandPoint { projector: ProjectorPoint::new(640.0, 360.0), table: TablePoint::new(0.635, 1.27) });
        let last = hand.points().to_vec();
        assert!(hand.undo() && hand.undo() && !hand.undo());
        assert_eq!(hand.points(), first.points());
        assert!(hand.redo() && hand.redo() && !hand.redo());
        assert_eq!(hand.points(), last);
        assert!(hand.undo());
        hand.move_selected(1.0, 1.0);
        assert!(!hand.redo(), "a new move forgets what was undone");
        hand.move_selected(f64::NAN, 0.0);
        hand.move_selected(1e12, 0.0);
        assert!(hand.points().iter().all(|point| point.projector.x <= 2560.0));
    }

    #[test]
    fn a_fifth_point_shows_by_how_much_they_disagree() {
        let (mut hand, view) = hand();
        let place = TablePoint::new(0.635, 1.27);
        let projector = view.from_table.map(place).expect("finite") + Vector2D::new(4.0, 0.0);
        hand.add(HandPoint { projector, table: place });
        let solution = hand.solve().expect("solved");
        assert!(solution.misses_mm.iter().any(|miss| *miss > 1.0));
    }

    #[test]
    fn three_points_or_a_line_say_nothing() {
        let (hand, _) = hand();
        assert!(HandPoints::new(SIZE, hand.points()[..3].to_vec()).solve().is_none());
        let line = (0..4).map(f64::from).map(|i| HandPoint {
            projector: ProjectorPoint::new(100.0 * i, 50.0),
            table: TablePoint::new(0.1 * i, 0.0),
        });
        assert!(HandPoints::new(SIZE, line.collect()).solve().is_none());
        let mut none = HandPoints::new(SIZE, Vec::new());
        none.select_next();
        none.move_selected(1.0, 0.0);
        assert!(none.solve().is_none());
    }
}
