//! The room around the table, and what its lines of sight meet: tables, furniture, floor and walls.

use super::{
    super::{camera::SimulatedCamera, colour::Rgb, table::TableSurface},
    pattern::Pattern,
    people::hides_table,
};
use billiards_table::{TablePoint, TableSpec};
use nalgebra::Vector3;

/// Depth under the bed to which the hole of a pocket is open, metres.
const HOLE_DEPTH: f64 = 0.06;
/// Number of halvings with which the place on a table's side is found: to about a millimetre.
const HALVINGS: usize = 9;

/// A line of sight from the camera.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight {
    /// Position of the camera, metres.
    pub eye: Vector3<f64>,
    /// Direction; need not be of unit length.
    pub direction: Vector3<f64>,
}

impl Sight {
    /// Returns the place at a height; meaningless unless the line looks down.
    pub fn at(&self, height: f64) -> TablePoint {
        let reach = (height - self.eye.z) / self.direction.z;
        TablePoint::new(self.eye.x + self.direction.x * reach, self.eye.y + self.direction.y * reach)
    }

    fn place(&self, height: f64) -> Vector3<f64> {
        let p = self.at(height);
        Vector3::new(p.x, p.y, height)
    }

    /// Returns whether the line looks down steeply enough to meet the floor of any room.
    fn looks_down(&self) -> bool {
        self.direction.z < -0.02 * self.direction.x.hypot(self.direction.y)
    }
}

/// Surface that a line of sight meets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Reflectance, reduced where the surface faces away from the light.
    pub paint: Rgb,
    /// Place on the surface, metres.
    pub place: Vector3<f64>,
}

/// Position and direction of a thing that stands in the room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stand {
    /// Origin of the thing, metres.
    pub origin: TablePoint,
    /// Cosine and sine of its direction.
    pub turn: [f64; 2],
}

impl Stand {
    /// Creates a stand at a place, turned by an angle (radians).
    pub fn new(origin: TablePoint, angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self { origin, turn: [cos, sin] }
    }

    /// Returns a place of the room in the thing's own axes.
    pub fn own(&self, p: TablePoint) -> TablePoint {
        let ([cos, sin], offset) = (self.turn, p - self.origin);
        TablePoint::new(cos * offset.x + sin * offset.y, cos * offset.y - sin * offset.x)
    }

    /// Returns a place of the thing's own axes in the room.
    pub fn outside(&self, p: TablePoint) -> TablePoint {
        let [cos, sin] = self.turn;
        self.origin + TablePoint::new(cos * p.x - sin * p.y, sin * p.x + cos * p.y).to_vector()
    }

    fn own_sight(&self, sight: &Sight) -> Sight {
        let eye = self.own(TablePoint::new(sight.eye.x, sight.eye.y));
        let ([cos, sin], d) = (self.turn, sight.direction);
        Sight {
            eye: Vector3::new(eye.x, eye.y, sight.eye.z),
            direction: Vector3::new(cos * d.x + sin * d.y, cos * d.y - sin * d.x, d.z),
        }
    }
}

/// A table in the room.
pub(super) struct StandingTable {
    /// Its upper side.
    pub surface: TableSurface,
    /// Its place: its own axes are those of the table frame.
    pub stand: Stand,
    /// Colour of its sides.
    pub side: Rgb,
    /// Height of the lower edge of its sides over the bed, metres.
    pub bottom: f64,
}

impl StandingTable {
    fn hit(&self, sight: &Sight, footprint: f64) -> Option<Hit> {
        let own = self.stand.own_sight(sight);
        let top = self.surface.top();
        if self.surface.beyond_rail(own.at(top)) < 0.0 {
            let seen = self.surface.point_at(|height| own.at(height), footprint);
            let place = sight.place(if seen.is_hole { -HOLE_DEPTH } else { seen.height });
            return Some(Hit { paint: seen.paint, place });
        }
        if self.surface.beyond_rail(own.at(self.bottom)) >= 0.0 {
            return None;
        }
        let (mut above, mut below) = (top, self.bottom);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(above, below);
            if self.surface.beyond_rail(own.at(middle)) < 0.0 { below = middle } else { above = middle }
        }
        let edge = 0.5 + 0.5 * ((below - self.bottom) / (top - self.bottom)).clamp(0.0, 1.0);
        Some(Hit { paint: self.side * (0.8 * edge) as f32, place: sight.place(below) })
    }

    /// Returns the distance of a place from the outline of the table, metres, negative under it.
    fn beyond(&self, p: TablePoint) -> f64 {
        self.surface.beyond_rail(self.stand.own(p))
    }
}

/// A thing with vertical sides: furniture, a box, a sheet of paper.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Its place: its own axes run along its sides, from its middle.
    pub stand: Stand,
    /// Half its sides, metres; the half axes of a round one.
    pub half: [f64; 2],
    /// Heights of its lower and upper side over the bed, metres.
    pub heights: [f64; 2],
    /// Pattern of its upper side, in its own axes.
    pub face: Pattern,
    /// Colour of its sides.
    pub side: Rgb,
    /// `true` if its outline is an ellipse.
    pub round: bool,
}

impl Block {
    fn hit(&self, sight: &Sight, footprint: f64) -> Option<Hit> {
        let own = self.stand.own_sight(sight);
        let [bottom, top] = self.heights;
        let (upper, lower) = (own.at(top), own.at(bottom));
        let scaled = |p: TablePoint| [p.x / self.half[0], p.y / self.half[1]];
        let (from, to) = (scaled(upper), scaled(lower));
        let inside = if self.round { from[0].hypot(from[1]) < 1.0 } else { from[0].abs().max(from[1].abs()) < 1.0 };
        if inside {
            return Some(Hit { paint: self.face.at([upper.x, upper.y], footprint), place: sight.place(top) });
        }
        let share = if self.round { enter_circle(from, to) } else { enter_square(from, to) }?;
        let height = top + (bottom - top) * share;
        // Sides that face different ways get different amounts of light.
        let met = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
        let facing = if met[0].abs() > met[1].abs() { 0.72 } else { 0.5 };
        Some(Hit { paint: self.side * facing, place: sight.place(height) })
    }

    /// Returns whether the block is seen before the bed or the noses of the table.
    pub fn hides_table(&self, camera: &SimulatedCamera, spec: &TableSpec) -> bool {
        let corners = [[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [0.0, 0.0]];
        corners.into_iter().any(|[x, y]| {
            let p = self.stand.outside(TablePoint::new(x * self.half[0], y * self.half[1]));
            hides_table(camera, spec, Vector3::new(p.x, p.y, self.heights[1]))
        })
    }

    /// Returns the height of the block at a place, metres; minus infinity beside it.
    pub fn top_at(&self, p: TablePoint) -> f64 {
        if self.beyond(p) > 0.0 { f64::NEG_INFINITY } else { self.heights[1] }
    }

    /// Returns the distance of a place from the outline, metres; 0 inside.
    fn beyond(&self, p: TablePoint) -> f64 {
        let own = self.stand.own(p);
        let (x, y) = ((own.x.abs() - self.half[0]).max(0.0), (own.y.abs() - self.half[1]).max(0.0));
        x.hypot(y)
    }
}

/// Returns the share of a way at which it enters the square of half side 1 around the origin.
fn enter_square(from: [f64; 2], to: [f64; 2]) -> Option<f64> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (from, to) in from.into_iter().zip(to) {
        let step = to - from;
        if step.abs() < 1e-12 {
            if from.abs() >= 1.0 {
                return None;
            }
            continue;
        }
        let (a, b) = ((-1.0 - from) / step, (1.0 - from) / step);
        enter = enter.max(a.min(b));
        leave = leave.min(a.max(b));
    }
    (enter < leave).then_some(enter)
}

/// Returns the share of a way at which it enters the circle of radius 1 around the origin.
fn enter_circle(from: [f64; 2], to: [f64; 2]) -> Option<f64> {
    let step = [to[0] - from[0], to[1] - from[1]];
    let (a, b) = (step[0] * step[0] + step[1] * step[1], from[0] * step[0] + from[1] * step[1]);
    let root = b * b - a * (from[0] * from[0] + from[1] * from[1] - 1.0);
    let share = (-b - root.max(0.0).sqrt()) / a.max(1e-18);
    (root > 0.0 && (0.0..1.0).contains(&share)).then_some(share)
}

/// A room and all that stands in it.
pub(super) struct Room {
    /// Pattern of the floor.
    pub floor: Pattern,
    /// Origin and direction of the pattern of the floor.
    pub grid: Stand,
    /// Height of the floor over the bed, metres.
    pub height: f64,
    /// Least and greatest x, least and greatest y of the room, metres.
    pub walls: [f64; 4],
    /// Colour of the walls.
    pub wall: Rgb,
    /// Tables; the first one is the pictured one.
    pub tables: Vec<StandingTable>,
    /// Furniture and things.
    pub blocks: Vec<Block>,
}

impl Room {
    /// Returns the surface that a line of sight meets; `footprint` is the width of a pixel on the table, metres.
    pub fn trace(&self, sight: &Sight, footprint: f64) -> Hit {
        let shell = self.shell(sight, footprint);
        if !sight.looks_down() {
            return shell;
        }
        let tables = self.tables.iter().filter_map(|table| table.hit(sight, footprint));
        let blocks = self.blocks.iter().filter_map(|block| block.hit(sight, footprint));
        // On a line that looks down, what is higher is nearer.
        tables.chain(blocks).fold(shell, |nearest, hit| if hit.place.z > nearest.place.z { hit } else { nearest })
    }

    /// Returns the place of the floor or of a wall.
    fn shell(&self, sight: &Sight, footprint: f64) -> Hit {
        let [left, right, bottom, top] = self.walls;
        if sight.looks_down() {
            let p = sight.at(self.height);
            if (left..right).contains(&p.x) && (bottom..top).contains(&p.y) {
                let own = self.grid.own(p);
                let paint = self.floor.at([own.x, own.y], footprint) * self.under_things(p);
                return Hit { paint, place: Vector3::new(p.x, p.y, self.height) };
            }
        }
        let (eye, d) = (sight.eye, sight.direction);
        let until = |from: f64, step: f64, ends: [f64; 2]| match step {
            _ if step > 1e-9 => (ends[1] - from) / step,
            _ if step < -1e-9 => (ends[0] - from) / step,
            _ => f64::MAX,
        };
        let (x, y) = (until(eye.x, d.x, [left, right]), until(eye.y, d.y, [bottom, top]));
        let facing = if x < y { 0.85 } else { 0.7 };
        let place = eye + d * x.min(y).clamp(0.0, 100.0);
        let skirting = if place.z - self.height < 0.08 { 0.6 } else { 1.0 };
        Hit { paint: self.wall * (facing * skirting), place }
    }

    /// Returns the share of the light that reaches the floor under and beside things.
    fn under_things(&self, p: TablePoint) -> f32 {
        let shadow = |beyond: f64, reach: f64| 1.0 - 0.72 * (-beyond.max(0.0) / reach).exp();
        let tables = self.tables.iter().map(|table| shadow(table.beyond(p), 0.25));
        let blocks = self.blocks.iter().filter(|block| block.heights[0] < self.height + 0.05).map(|block| {
            let tall = (block.heights[1] - self.height).clamp(0.0, 0.6);
            shadow(block.beyond(p), 0.02 + 0.25 * tall).max(1.0 - 2.0 * tall)
        });
        tables.chain(blocks).product::<f64>() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(round: bool) -> Block {
        Block {
            stand: Stand::new(TablePoint::new(1.0, 2.0), 0.5),
            half: [0.4, 0.2],
            heights: [-0.8, -0.1],
            face: Pattern::plain(Rgb([0.5; 3])),
            side: Rgb([0.1; 3]),
            round,
        }
    }

    fn sight(eye: [f64; 3], through: [f64; 3]) -> Sight {
        let eye = Vector3::from(eye);
        Sight { eye, direction: Vector3::from(through) - eye }
    }

    #[test]
    fn blocks_show_their_upper_side_and_the_sides_towards_the_camera() {
        for round in [false, true] {
            let block = block(round);
            let above = block.hit(&sight([1.0, 2.0, 2.0], [1.05, 2.02, -0.1]), 0.002).expect("met");
            assert!((above.place - Vector3::new(1.05, 2.02, -0.1)).norm() < 1e-9 && above.paint.0[0] > 0.4);
            // Towards the middle of the block, but well below its upper side.
            let aside = block.hit(&sight([1.0, 6.0, 1.0], [1.0, 2.0, -0.6]), 0.002).expect("met");
            assert!(aside.paint.0[0] < 0.2 && (-0.6..-0.1).contains(&aside.place.z), "{aside:?}");
            let own = block.stand.own(TablePoint::new(aside.place.x, aside.place.y));
            let on_edge =
                if round { (own.x / 0.4).hypot(own.y / 0.2) } else { (own.x / 0.4).abs().max((own.y / 0.2).abs()) };
            assert!((on_edge - 1.0).abs() < 1e-9, "{own:?}");
            assert!(block.hit(&sight([1.0, 2.0, 2.0], [3.0, 2.0, -0.1]), 0.002).is_none());
        }
    }

    #[test]
    fn a_stand_leads_there_and_back() {
        let stand = Stand::new(TablePoint::new(0.3, -0.7), 2.1);
        let p = TablePoint::new(1.7, 0.4);
        assert!((stand.outside(stand.own(p)) - p).length() < 1e-12);
    }

    #[test]
    fn lines_of_sight_end_on_floor_and_walls() {
        let room = Room {
            floor: Pattern::plain(Rgb([0.3; 3])),
            grid: Stand::new(TablePoint::zero(), 0.0),
            height: -0.8,
            walls: [-3.0, 3.0, -4.0, 4.0],
            wall: Rgb([0.6; 3]),
            tables: Vec::new(),
            blocks: vec![block(false)],
        };
        let at = |through: [f64; 3]| room.trace(&sight([0.0, 0.0, 1.5], through), 0.002).place;
        assert!((at([-1.0, -1.0, -0.8]) - Vector3::new(-1.0, -1.0, -0.8)).norm() < 1e-9);
        assert!((at([-3.0, 0.5, 1.0]) - Vector3::new(-3.0, 0.5, 1.0)).norm() < 1e-9);
        assert!((at([1.0, 4.0, 2.0]) - Vector3::new(1.0, 4.0, 2.0)).norm() < 1e-9, "above the horizon");
        assert!((at([1.0, 2.0, -0.1]).z + 0.1).abs() < 1e-9, "the block");
    }
}
