//! The table as the engine represents it: lines, circles and holes, each with the box in which a ball's centre can
//! touch it.

use super::broad::BroadPhase;
use super::vector::Vec2;
use billiards_table::{FeatureId, PocketId, TableFeatures, TableSpec};

/// A straight piece of cushion that a ball can hit from one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wall {
    /// Identifier of the feature.
    pub id: FeatureId,
    /// One end, metres.
    pub from: Vec2,
    /// Unit vector from `from` to the other end.
    pub along: Vec2,
    /// Length, metres.
    pub length: f64,
    /// Unit vector towards the side on which balls move.
    pub normal: Vec2,
}

impl Wall {
    /// Returns the distance of a point from the wall's line, metres, positive on the side of the balls.
    #[inline]
    #[must_use]
    pub fn distance(&self, p: Vec2) -> f64 {
        (p - self.from).dot(self.normal)
    }

    /// Returns whether the foot of the perpendicular from the point lies on the wall.
    #[inline]
    #[must_use]
    pub fn is_beside(&self, p: Vec2) -> bool {
        let foot = (p - self.from).dot(self.along);
        (0.0..=self.length).contains(&foot)
    }
}

/// The arc of a jaw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JawArc {
    /// Identifier of the feature.
    pub id: FeatureId,
    /// Centre of the arc, metres.
    pub centre: Vec2,
    /// Radius of the arc, metres.
    pub radius: f64,
}

/// The hole of a pocket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hole {
    /// Identifier of the pocket.
    pub id: PocketId,
    /// Centre of the hole, metres.
    pub centre: Vec2,
    /// Radius of the hole, metres: a ball falls when its centre is nearer than this.
    pub radius: f64,
}

/// A small feature, as an index into the list of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// Index into [`Table::walls`].
    Wall(u16),
    /// Index into [`Table::jaw_arcs`].
    JawArc(u16),
    /// Index into [`Table::holes`].
    Hole(u16),
}

/// An axis-aligned rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub low: Vec2,
    pub high: Vec2,
}

impl Bounds {
    /// The rectangle that contains nothing.
    pub const EMPTY: Self =
        Self { low: Vec2::new(f64::INFINITY, f64::INFINITY), high: Vec2::new(f64::NEG_INFINITY, f64::NEG_INFINITY) };

    #[inline]
    pub fn with(self, p: Vec2) -> Self {
        Self {
            low: Vec2::new(self.low.x.min(p.x), self.low.y.min(p.y)),
            high: Vec2::new(self.high.x.max(p.x), self.high.y.max(p.y)),
        }
    }

    #[inline]
    pub fn grown(self, by: f64) -> Self {
        Self { low: self.low - Vec2::new(by, by), high: self.high + Vec2::new(by, by) }
    }

    #[inline]
    pub fn meets(&self, other: &Self) -> bool {
        (self.low.x <= other.high.x)
            & (self.high.x >= other.low.x)
            & (self.low.y <= other.high.y)
            & (self.high.y >= other.low.y)
    }

    #[inline]
    pub fn contains(&self, p: Vec2) -> bool {
        p.x >= self.low.x && p.x <= self.high.x && p.y >= self.low.y && p.y <= self.high.y
    }
}

/// A table: everything that a ball can collide with except other balls. Any set of features is valid, with or without
/// pockets.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Straight cushions, the noses first, longer ones before shorter ones.
    walls: Vec<Wall>,
    jaw_arcs: Vec<JawArc>,
    holes: Vec<Hole>,
    /// Number of noses: walls that are so long that a box excludes little.
    long_walls: usize,
    /// Other features, indexed by the boxes in which a ball's centre touches them.
    others: BroadPhase,
    /// Rectangle in the middle of the table in which a ball's centre touches none of `others`.
    open: Bounds,
    /// Rectangle that contains every possible position of a ball's centre.
    reach: Bounds,
    /// Middle of the table, metres.
    middle: Vec2,
    ball_radius: f64,
    nose_height: f64,
}

/// Number of the first feature that is no nose.
const FIRST_FACING: u8 = 6;

/// Returns whether a wall is a nose, and not a facing.
fn is_nose(wall: &Wall) -> bool {
    wall.id.0 < FIRST_FACING
}

/// Maximum distance between the end of a wall and an arc that joins it, metres.
const JOINT: f64 = 1e-6;

impl From<&TableSpec> for Table {
    fn from(spec: &TableSpec) -> Self {
        Self::new(&spec.features(), spec.ball_radius, spec.nose_height)
    }
}

impl Table {
    /// Creates a table from its features, the radius of its balls and the height of its noses above the cloth, metres.
    ///
    /// The side from which balls hit a wall follows from the geometry: rubber lies behind a wall, and the centre of an
    /// arc that joins it lies in the rubber. A wall that no arc joins faces the middle of the table.
    #[must_use]
    pub fn new(features: &TableFeatures, ball_radius: f64, nose_height: f64) -> Self {
        let jaw_arcs: Vec<_> = features
            .jaws
            .iter()
            .map(|jaw| JawArc { id: jaw.id, centre: jaw.centre.into(), radius: jaw.radius })
            .collect();
        let holes: Vec<_> = features
            .pockets
            .iter()
            .map(|pocket| Hole { id: pocket.id, centre: pocket.centre.into(), radius: pocket.radius })
            .collect();
        let ends = features.rails.iter().flat_map(|rail| [Vec2::from(rail.from), Vec2::from(rail.to)]);
        let all = ends.fold(Bounds::EMPTY, Bounds::with);
        let middle = (all.low + all.high) * 0.5;
        let mut walls: Vec<_> = features
            .rails
            .iter()
            .map(|rail| {
                let (from, to) = (Vec2::from(rail.from), Vec2::from(rail.to));
                let length = (to - from).length();
                let along = (to - from).unit_or_zero();
                let joined = jaw_arcs
                    .iter()
                    .find(|arc| [from, to].iter().any(|end| ((*end - arc.centre).length() - arc.radius).abs() < JOINT));
                let side = along.perpendicular();
                let towards_play = match joined {
                    Some(arc) => -(arc.centre - from).dot(side),
                    None => (middle - from).dot(side),
                };
                Wall { id: rail.id, from, along, length, normal: if towards_play < 0.0 { -side } else { side } }
            })
            .filter(|wall| wall.length > 0.0)
            .collect();
        walls.sort_by(|a, b| is_nose(b).cmp(&is_nose(a)).then(b.length.total_cmp(&a.length)));
        let long_walls = walls.iter().take_while(|wall| is_nose(wall)).count();

        let holes_too = holes.iter().fold(all, |bounds, hole| bounds.with(hole.centre));
        let reach = jaw_arcs.iter().fold(holes_too, |bounds, arc| bounds.with(arc.centre));
        let (others, open) = (BroadPhase::new(&[]), Bounds::EMPTY);
        let table = Self { walls, jaw_arcs, holes, long_walls, others, open, reach, middle, ball_radius, nose_height };
        table.indexed_for(ball_radius)
    }

    /// Returns the same table with its features indexed for balls of up to this radius, metres.
    pub(super) fn indexed_for(mut self, radius: f64) -> Self {
        let around = |centre: Vec2, radius: f64| Bounds::EMPTY.with(centre).grown(radius);
        let mut boxes = Vec::new();
        for (i, wall) in (0..).zip(&self.walls).skip(self.long_walls) {
            let ends = Bounds::EMPTY.with(wall.from).with(wall.from + wall.along * wall.length);
            boxes.push((ends.grown(radius), Obstacle::Wall(i)));
        }
        for (i, arc) in (0..).zip(&self.jaw_arcs) {
            boxes.push((around(arc.centre, arc.radius + radius), Obstacle::JawArc(i)));
        }
        for (i, hole) in (0..).zip(&self.holes) {
            boxes.push((around(hole.centre, hole.radius), Obstacle::Hole(i)));
        }
        let noses = self.long_walls().iter();
        let inside = noses.flat_map(|wall| [wall.from, wall.from + wall.along * wall.length]);
        // Start from the rectangle inside the noses, less a margin for rounding: only features near the pockets reach
        // into it, and their boxes are cut off.
        let inside = inside.fold(Bounds::EMPTY, Bounds::with).grown(-radius - 1e-9);
        self.open = open_middle(&boxes, self.middle, inside);
        self.others = BroadPhase::new(&boxes);
        self
    }

    /// Returns the radius of the balls, metres.
    #[must_use]
    pub fn ball_radius(&self) -> f64 {
        self.ball_radius
    }

    /// Returns the height of the noses above the cloth, metres.
    #[must_use]
    pub fn nose_height(&self) -> f64 {
        self.nose_height
    }

    /// Returns the straight cushions.
    #[must_use]
    pub fn walls(&self) -> &[Wall] {
        &self.walls
    }

    /// Returns the arcs of the jaws.
    #[must_use]
    pub fn jaw_arcs(&self) -> &[JawArc] {
        &self.jaw_arcs
    }

    /// Returns the holes.
    #[must_use]
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// Returns whether a ball's centre can be at a point at all: on the cloth or over a hole.
    #[must_use]
    pub fn reaches(&self, p: Vec2) -> bool {
        self.reach.contains(p)
    }

    /// Returns the hole below a ball's centre; such a ball falls.
    #[must_use]
    pub fn hole_under(&self, p: Vec2) -> Option<&Hole> {
        self.holes.iter().find(|hole| (p - hole.centre).length() < hole.radius)
    }

    /// Returns whether a ball's centre can lie at a point: between the nose lines, or in the mouth of a pocket between
    /// its facings. The distance to the cushions is ignored. Unlike [`Table::reaches`], this excludes points behind the
    /// cushions.
    #[must_use]
    pub fn is_in_play(&self, p: Vec2) -> bool {
        if self.long_walls().iter().all(|nose| nose.distance(p) >= 0.0) {
            return true;
        }
        let nearest = |to: Vec2| {
            let apart = |hole: &&Hole| (hole.centre - to).length();
            self.holes.iter().min_by(|a, b| apart(a).total_cmp(&apart(b)))
        };
        let Some(hole) = nearest(p).filter(|hole| (p - hole.centre).length() < hole.radius + 3.0 * self.ball_radius)
        else {
            return false;
        };
        let mut facings = self.walls[self.long_walls..].iter();
        facings.all(|wall| nearest(wall.from).is_some_and(|of| of.id != hole.id) || wall.distance(p) > 0.0)
    }

    /// Returns the noses: walls that need no box.
    #[inline]
    pub(super) fn long_walls(&self) -> &[Wall] {
        &self.walls[..self.long_walls]
    }

    /// Returns the features other than long walls.
    #[inline]
    pub(super) fn others(&self) -> &BroadPhase {
        &self.others
    }

    /// Returns a rectangle in which a ball's centre touches long walls only.
    #[inline]
    pub(super) fn open(&self) -> &Bounds {
        &self.open
    }
}

/// Returns a large rectangle around the middle that intersects none of the boxes: each box cuts off the side that costs
/// least.
fn open_middle(boxes: &[(Bounds, Obstacle)], middle: Vec2, all: Bounds) -> Bounds {
    let mut open = all;
    for (cut, _) in boxes {
        if !open.meets(cut) {
            continue;
        }
        // Fraction of the rectangle that is left when it ends before this box, for each of its four sides.
        let left = [
            (cut.low.x > middle.x).then(|| (cut.low.x - open.low.x) / (open.high.x - open.low.x)),
            (cut.high.x < middle.x).then(|| (open.high.x - cut.high.x) / (open.high.x - open.low.x)),
            (cut.low.y > middle.y).then(|| (cut.low.y - open.low.y) / (open.high.y - open.low.y)),
            (cut.high.y < middle.y).then(|| (open.high.y - cut.high.y) / (open.high.y - open.low.y)),
        ];
        let best = (0..4).filter_map(|side| left[side].map(|part| (part, side))).max_by(|a, b| a.0.total_cmp(&b.0));
        // One floating-point step inwards, so that the two do not touch.
        match best {
            Some((_, 0)) => open.high.x = cut.low.x.next_down(),
            Some((_, 1)) => open.low.x = cut.high.x.next_up(),
            Some((_, 2)) => open.high.y = cut.low.y.next_down(),
            Some((_, _)) => open.low.y = cut.high.y.next_up(),
            None => return Bounds::EMPTY,
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{RailSegment, TableKind, TablePoint};

    #[test]
    fn balls_are_on_the_side_of_the_cloth_and_the_holes() {
        for kind in TableKind::AMERICAN {
            let spec = kind.spec();
            let table = Table::from(&spec);
            assert_eq!((table.walls.len(), table.long_walls, table.others.obstacles().len()), (18, 6, 30));
            let middle = Vec2::new(spec.width / 2.0, spec.length / 2.0);
            for wall in table.long_walls() {
                assert!(wall.distance(middle) > 0.0, "{wall:?}");
            }
            for wall in &table.walls[6..] {
                let to_hole = |hole: &&Hole| (hole.centre - wall.from).length();
                let hole = table.holes.iter().min_by(|a, b| to_hole(a).total_cmp(&to_hole(b))).expect("holes");
                assert!(wall.distance(hole.centre) > 0.0, "{wall:?}");
            }
        }
    }

    #[test]
    fn the_middle_is_open() {
        let spec = TableKind::NINE_FOOT.spec();
        let table = Table::from(&spec);
        let open = table.open();
        assert!(open.low.x < 0.029 && open.high.x > spec.width - 0.029, "{open:?}");
        assert!(open.low.y < 0.033 && open.high.y > spec.length - 0.033, "{open:?}");
        let mut met = 0;
        table.others().meeting(&open.grown(-1e-4), |_| met += 1);
        assert_eq!(met, 0);
    }

    #[test]
    fn a_table_without_pockets_is_a_table() {
        let corners = [(0.0, 0.0), (1.42, 0.0), (1.42, 2.84), (0.0, 2.84)].map(|(x, y)| TablePoint::new(x, y));
        let rails = (0..4_u8)
            .map(|i| RailSegment {
                id: FeatureId(i),
                from: corners[usize::from(i)],
                to: corners[usize::from(i + 1) % 4],
            })
            .collect();
        let table = Table::new(&TableFeatures { rails, jaws: Vec::new(), pockets: Vec::new() }, 0.030_75, 0.037);
        assert!(table.walls().iter().all(|wall| wall.distance(Vec2::new(0.7, 1.4)) > 0.0));
        assert!(table.reaches(Vec2::new(0.1, 0.1)) && !table.reaches(Vec2::new(-0.1, 0.1)));
    }
}
