//! The empty table as it appears along every line of sight: floor, rails, cushions, bed and pockets.

use super::{
    colour::{Rgb, smooth},
    look::{PocketLook, TableLook},
    noise::{cell_noise, smooth_noise},
    scale::shrink,
};
use billiards_table::{Jaw, Pocket, RailSegment, TableKind, TableName, TablePoint, TableSpec, TableVector};
use nalgebra::Vector3;

/// Rise of the cushions from the noses to the rails, metres.
const RISE: f64 = 0.008;
/// Height of the floor over the bed, metres.
const FLOOR: f64 = -0.8;
/// Maximum distance from the noses at which the cushions shade the bed, metres.
const SHADED: f64 = 0.12;
/// Minimum number of straight pieces in which a jaw is drawn.
const MIN_PIECES: f64 = 6.0;
/// Maximum distance of such pieces from their arc, metres, if all were equally long; the middle ones are longer.
const MAX_CHORD_ERROR: f64 = 0.000_15;
/// Radius of a spot, metres.
const SPOT: f64 = 0.006;
/// Half the width of a line on the cloth, metres.
const HALF_LINE: f64 = 0.001;
/// Minimum width of the soft edge of a cushion's shadow, metres.
const MIN_PENUMBRA: f64 = 0.003;

/// The empty table and the floor around it.
pub(super) struct TableSurface {
    spec: TableSpec,
    cushions: Vec<Cushion>,
    pockets: Vec<Pocket>,
    diamonds: Vec<Diamond>,
    marks: ClothMarks,
    look: TableLook,
}

/// Surface seen along a line of sight.
#[derive(Debug, Clone, Copy)]
pub(super) struct SurfacePoint {
    /// Reflectance.
    pub paint: Rgb,
    /// Place of most of the surface.
    pub place: TablePoint,
    /// Height of that place over the bed, metres.
    pub height: f64,
    /// `true` in the hole of a pocket, which is open below that place.
    pub is_hole: bool,
}

/// Marks on the cloth.
struct ClothMarks {
    spots: Vec<TablePoint>,
    line: Option<ClothLine>,
    /// Radius of the D behind the line, metres.
    d_radius: Option<f64>,
}

/// A line across the cloth.
struct ClothLine {
    /// Distance from the bottom rail, metres.
    y: f64,
    /// Ends across the table, metres.
    ends: [f64; 2],
    /// Share of the paint in its colour.
    paint: f32,
}

impl ClothMarks {
    /// Returns the marks of a table. On American tables it is the foot spot and, barely visible, the head string, whose
    /// wear goes on over the cushions.
    fn new(spec: &TableSpec) -> Self {
        if TableKind::AMERICAN.map(TableName::Shipped).contains(&spec.kind) {
            let line = ClothLine { y: 0.25 * spec.length, ends: [f64::MIN, f64::MAX], paint: 0.05 };
            let foot = TablePoint::new(0.5 * spec.width, 0.75 * spec.length);
            return Self { spots: vec![foot], line: Some(line), d_radius: None };
        }
        let line = |y| ClothLine { y, ends: [0.0, spec.width], paint: 0.4 };
        let markings = spec.markings;
        Self { spots: spec.spots().collect(), line: markings.baulk_line.map(line), d_radius: markings.d_radius }
    }

    /// Returns the distance of a place from the edges of the nearest spot, metres, negative inside it.
    fn spot_distance(&self, p: TablePoint) -> f64 {
        self.spots.iter().map(|spot| (p - *spot).length() - SPOT).fold(f64::MAX, f64::min)
    }

    /// Returns the distance of a place from the edges of the line and the D, metres, negative inside them.
    fn line_distance(&self, p: TablePoint, middle: f64) -> f64 {
        let Some(ClothLine { y, ends: [from, to], .. }) = self.line else { return f64::MAX };
        let straight = if (from..to).contains(&p.x) { (p.y - y).abs() - HALF_LINE } else { f64::MAX };
        let arc = self
            .d_radius
            .filter(|_| p.y < y)
            .map_or(f64::MAX, |radius| ((p - TablePoint::new(middle, y)).length() - radius).abs() - HALF_LINE);
        straight.min(arc)
    }
}

/// A diamond in the rail.
struct Diamond {
    centre: TablePoint,
    /// Half its extent along table x and y, metres.
    half: [f64; 2],
}

/// Outline of a cushion, seen from above.
struct Cushion {
    outline: Vec<TablePoint>,
    low: TablePoint,
    high: TablePoint,
}

impl Cushion {
    /// Creates a cushion from a nose and, for each of its ends, the facing and the jaw there.
    fn new(spec: &TableSpec, nose: &RailSegment, jaws: &[Jaw], facings: &[RailSegment]) -> Self {
        let touches = |end: TablePoint, jaw: &Jaw| ((end - jaw.centre).length() - jaw.radius).abs() < 1e-6;
        // From the wood to the end of the nose.
        let flank = |end: TablePoint, other: TablePoint| {
            let mut points = Vec::new();
            let Some(jaw) = jaws.iter().find(|jaw| touches(end, jaw)) else { return closed_end(spec, end, other) };
            let ends = facings.iter().flat_map(|facing| [(facing.from, facing.to), (facing.to, facing.from)]);
            if let Some((inner, outer)) = ends.into_iter().find(|(inner, _)| touches(*inner, jaw)) {
                points.extend([outer, inner]);
                let (a, b) = (inner - jaw.centre, end - jaw.centre);
                let pieces = pieces(a.cross(b).atan2(a.dot(b)).abs(), jaw.radius);
                // The arc is less than a half turn: directions between its ends, scaled to the radius.
                points.extend((1..pieces).filter_map(|i| {
                    let between = a.lerp(b, f64::from(i) / f64::from(pieces)).try_normalize()?;
                    Some(jaw.centre + between * jaw.radius)
                }));
            }
            points.push(end);
            points
        };
        let mut outline = flank(nose.from, nose.to);
        outline.extend(flank(nose.to, nose.from).into_iter().rev());
        let extreme = |of: fn(f64, f64) -> f64, start: f64| {
            outline.iter().fold(TablePoint::new(start, start), |e, p| TablePoint::new(of(e.x, p.x), of(e.y, p.y)))
        };
        let (low, high) = (extreme(f64::min, f64::MAX), extreme(f64::max, f64::MIN));
        Self { outline, low, high }
    }

    /// Returns the distance from the cushion's edge, negative inside it. Distances above [`SHADED`] are only a lower
    /// bound.
    fn distance(&self, p: TablePoint) -> f64 {
        let (low, high) = (self.low, self.high);
        let aside = (low.x - p.x).max(p.x - high.x).max(low.y - p.y).max(p.y - high.y);
        if aside > SHADED {
            return aside;
        }
        let Some(last) = self.outline.last() else { return f64::MAX };
        let (mut nearest, mut inside, mut previous) = (f64::MAX, false, *last);
        for &corner in &self.outline {
            let (edge, offset) = (previous - corner, p - corner);
            let t = (offset.dot(edge) / edge.square_length().max(1e-18)).clamp(0.0, 1.0);
            nearest = nearest.min((offset - edge * t).square_length());
            if (corner.y > p.y) != (previous.y > p.y) && p.x < corner.x + edge.x * (p.y - corner.y) / edge.y {
                inside = !inside;
            }
            previous = corner;
        }
        if inside { -nearest.sqrt() } else { nearest.sqrt() }
    }
}

/// Returns the end of a cushion, from the wood to the nose line, on a table without pockets: the cushions go on into the
/// corner, where they overlap.
fn closed_end(spec: &TableSpec, end: TablePoint, other: TablePoint) -> Vec<TablePoint> {
    let along = (end - other).try_normalize().unwrap_or_default() * spec.cushion_width;
    let across = TableVector::new(-along.y, along.x);
    let middle = TablePoint::new(0.5 * spec.width, 0.5 * spec.length);
    let outwards = if (end - middle).dot(across) < 0.0 { -across } else { across };
    vec![end + along + outwards, end + along]
}

/// Returns the number of straight pieces in which an arc of an angle (radians) and a radius (metres) is drawn.
fn pieces(angle: f64, radius: f64) -> i32 {
    let longest = 2.0 * (1.0 - MAX_CHORD_ERROR / radius).acos();
    // An arc that is smaller than the error has no longest piece: NaN, which `max` ignores.
    (angle / longest).ceil().max(MIN_PIECES) as i32
}

impl TableSurface {
    /// Creates the surface of a table with these dimensions.
    pub fn new(spec: &TableSpec, look: TableLook) -> Self {
        let features = spec.features();
        let (noses, facings) = features.rails.split_at(6.min(features.rails.len()));
        let cushions = noses.iter().map(|nose| Cushion::new(spec, nose, &features.jaws, facings)).collect();
        let (diamonds, marks) = (diamonds(spec, &look), ClothMarks::new(spec));
        Self { spec: *spec, cushions, pockets: features.pockets, diamonds, marks, look }
    }

    /// Returns the height of the rails over the bed, metres.
    pub fn top(&self) -> f64 {
        self.spec.nose_height + RISE
    }

    /// Returns the share of the light of a lamp at `from` that the cushions let through to a place near the bed;
    /// `size` is the diameter of the lamp, metres.
    pub fn passes(&self, place: Vector3<f64>, from: Vector3<f64>, size: f64) -> f32 {
        let nose = self.spec.nose_height;
        if place.z > 0.9 * nose || from.z <= nose {
            return 1.0;
        }
        let share = (nose - place.z) / (from.z - place.z);
        let there = place.lerp(&from, share);
        let over = TablePoint::new(there.x, there.y);
        let out = self.beyond_noses(over);
        if out < -SHADED {
            return 1.0;
        }
        // Beyond the cushions, the rails are in the way.
        let width = self.spec.cushion_width;
        let distance = if out > width { width - out } else { self.beyond_cushions(over) };
        let half = 0.5 * (size * share / (1.0 - share)).max(MIN_PENUMBRA);
        smooth(-half, half, distance) as f32
    }

    /// Returns the surface seen along a line of sight, which `at` gives as its place at each height (metres over the
    /// bed); `footprint` is the width of a pixel there, metres.
    pub fn point_at(&self, at: impl Fn(f64) -> TablePoint, footprint: f64) -> SurfacePoint {
        let share = |distance: f64| (0.5 - distance / footprint).clamp(0.0, 1.0) as f32;
        let bed = at(0.0);
        // Distances are negative inside.
        if self.beyond_noses(bed) < -SHADED {
            return SurfacePoint { paint: self.cloth(bed, footprint), place: bed, height: 0.0, is_hole: false };
        }
        let (nose, cushion_width) = (self.spec.nose_height, self.spec.cushion_width);
        let top = self.top();
        let rail = at(top);
        let outer = self.beyond_rail(rail);
        if outer > footprint {
            let ground = at(FLOOR);
            let paint = self.floor(ground, self.beyond_rail(ground).max(outer));
            return SurfacePoint { paint, place: ground, height: FLOOR, is_hole: false };
        }
        // A cushion rises from its nose to the wood.
        let depth = (self.beyond_noses(at(nose)) / cushion_width).clamp(0.0, 1.0);
        let slope = at(nose + RISE * depth);
        let cushion = self.beyond_cushions(slope);
        let out = self.beyond_noses(rail);
        let (hole_in_wood, wall) = self.beyond_hole(rail);
        let (hole_in_bed, _) = self.beyond_hole(bed);
        let open = share(out - cushion_width);
        // In the wood, the hole and its wall are visible; over the cloth, the hole begins at the edge of the bed.
        let hole = if out < 0.0 { share(hole_in_bed) } else { share(hole_in_wood).max(share(hole_in_bed).min(open)) };
        let cushion_share = share(cushion);

        let mut paint = self.rail(rail, out, outer, footprint);
        if share(outer) < 1.0 {
            let ground = at(FLOOR);
            paint = self.floor(ground, self.beyond_rail(ground).max(outer)).mix(paint, share(outer));
        }
        let pocket = &self.look.pocket;
        if let Some((plate, radius)) = pocket.plate {
            paint = paint.mix(plate * self.polish(rail), share(self.beyond_plate(rail, radius)));
        }
        paint = paint.mix(self.liner(hole_in_wood), share(hole_in_wood - pocket.width));
        paint = paint.mix(self.bed(bed, cushion, hole_in_bed, footprint), open);
        if let Some(tone) = self.look.cushion.face
            && self.beyond_noses(bed) > 0.0
            && hole_in_bed > 0.0
        {
            let depth = self.beyond_cushions(bed);
            paint = paint.mix(self.cloth(bed, footprint) * tone, open * share(depth));
        }
        paint = paint.mix(self.hole(hole_in_wood.min(hole_in_bed), wall), hole);
        if let Some((colour, mesh)) = pocket.net {
            paint = paint.mix(colour, hole * net(at(-mesh), mesh, footprint));
        }
        paint = paint.mix(self.cushion_top(slope, self.beyond_noses(slope), cushion, footprint), cushion_share);
        // Pixels on an edge get a height in between, so that light from other directions changes continuously.
        let (open, cushion) = (f64::from(open), f64::from(cushion_share));
        let height = (1.0 - open) * top * (1.0 - cushion) + (nose + RISE * depth) * cushion;
        SurfacePoint { paint, place: at(height), height, is_hole: hole > 0.5 && cushion_share < 0.5 }
    }

    /// Returns the distance from the nearest cushion, negative inside it. Distances above [`SHADED`] are only a lower
    /// bound.
    fn beyond_cushions(&self, p: TablePoint) -> f64 {
        self.cushions.iter().map(|cushion| cushion.distance(p)).fold(f64::MAX, f64::min)
    }

    /// Returns the distance from the nearest plate on a corner of the rails, negative on it.
    fn beyond_plate(&self, p: TablePoint, radius: f64) -> f64 {
        let corners = self.pockets.iter().filter(|pocket| !pocket.id.is_side());
        corners.map(|pocket| (p - pocket.centre).length() - radius).fold(f64::MAX, f64::min)
    }

    /// Returns the brightness of polished metal or plastic, which mirrors the room.
    fn polish(&self, p: TablePoint) -> f32 {
        0.9 + 0.35 * smooth_noise(p.x * 14.0, p.y * 14.0, 40)
    }

    /// Returns the distance beyond the nose lines, by the larger overshoot; negative on the playing surface.
    fn beyond_noses(&self, p: TablePoint) -> f64 {
        (-p.x).max(p.x - self.spec.width).max(-p.y).max(p.y - self.spec.length)
    }

    /// Returns the distance beyond the edge of the nearest hole, and the position relative to its wall: 1 at the wall
    /// that faces the middle of the table, -1 at the opposite one.
    fn beyond_hole(&self, p: TablePoint) -> (f64, f64) {
        let (w, l) = (self.spec.width, self.spec.length);
        let mut nearest = (f64::MAX, 0.0);
        for pocket in &self.pockets {
            let offset = p - pocket.centre;
            let distance = offset.length() - pocket.radius;
            if distance < nearest.0 {
                let outwards = pocket.centre - TablePoint::new(0.5 * w, pocket.centre.y.clamp(0.4 * l, 0.6 * l));
                let wall = outwards.try_normalize().map_or(0.0, |outwards| offset.dot(outwards) / pocket.radius);
                nearest = (distance, wall);
            }
        }
        nearest
    }

    /// Returns the distance beyond the outer edge of the rails, negative inside.
    pub fn beyond_rail(&self, p: TablePoint) -> f64 {
        let (rail, corner) = (self.look.rail.width, self.look.rail.corner);
        let half = |length: f64| 0.5 * length + self.spec.cushion_width + rail - corner;
        let x = (p.x - 0.5 * self.spec.width).abs() - half(self.spec.width);
        let y = (p.y - 0.5 * self.spec.length).abs() - half(self.spec.length);
        x.max(0.0).hypot(y.max(0.0)) + x.max(y).min(0.0) - corner
    }

    fn cloth(&self, p: TablePoint, footprint: f64) -> Rgb {
        let cloth = &self.look.cloth;
        let wear = 0.030 * smooth_noise(p.x * 5.0, p.y * 3.0, 1) + 0.018 * smooth_noise(p.x * 24.0, p.y * 15.0, 2);
        let nap = 0.020 * smooth_noise(p.x * 210.0, p.y * 60.0, 3);
        let fibre = 0.022 * cell_noise((p.x * 900.0) as i32, (p.y * 900.0) as i32, 4);
        let mut colour = cloth.colour * (1.0 + cloth.wear * wear + cloth.weave * nap + cloth.weave * fibre);
        let share = |distance: f64| (0.5 - distance / footprint).clamp(0.0, 1.0) as f32;
        let paint = self.marks.line.as_ref().map_or(0.0, |line| line.paint);
        colour = colour.mix(self.look.rail.sight, paint * share(self.marks.line_distance(p, 0.5 * self.spec.width)));
        colour.mix(cloth.spot, 0.75 * share(self.marks.spot_distance(p)))
    }

    fn bed(&self, p: TablePoint, cushion: f64, hole: f64, footprint: f64) -> Rgb {
        let (cushion, hole) = (cushion.max(0.0), hole.max(0.0));
        // The nose overhangs the bed: dark under it, and dim for some distance in front of it.
        let [under, before] = self.look.cushion.shade;
        let under_nose = under * (-cushion / 0.0075).exp() + before * (-cushion / 0.035).exp();
        let at_hole = 0.6 * (-hole / 0.009).exp();
        self.cloth(p, footprint) * ((1.0 - under_nose) * (1.0 - at_hole)) as f32
    }

    fn cushion_top(&self, p: TablePoint, out: f64, cushion: f64, footprint: f64) -> Rgb {
        let width = self.spec.cushion_width;
        let depth = out.clamp(0.0, width);
        // The top is inclined towards the table: bright at the nose, dimmer towards the wood, with a dark joint there.
        let lip = self.look.cushion.lip * (cushion.min(0.0) / 0.004).exp();
        let joint = 0.6 * (-(width - depth) / 0.003).exp();
        let tone = (1.12 + lip - 0.26 * depth / width) * (1.0 - joint);
        self.cloth(p, footprint) * (tone as f32 * self.look.cushion.tone)
    }

    fn hole(&self, hole: f64, wall: f64) -> Rgb {
        let edge = (hole.min(0.0) / 0.008).exp();
        let lit = 0.55 * smooth(0.15, 1.0, wall);
        let PocketLook { hole, liner, .. } = self.look.pocket;
        hole.mix(liner, (0.5 * edge + lit).min(1.0) as f32 * 0.8)
    }

    fn liner(&self, hole: f64) -> Rgb {
        let across = (hole / self.look.pocket.width).clamp(0.0, 1.0);
        let sheen = (-((across - 0.45) / 0.22).powi(2)).exp();
        self.look.pocket.liner * (0.7 + 1.5 * sheen) as f32
    }

    fn rail(&self, p: TablePoint, out: f64, outer: f64, footprint: f64) -> Rgb {
        let (w, l) = (self.spec.width, self.spec.length);
        let (over_x, over_y) = ((-p.x).max(p.x - w), (-p.y).max(p.y - l));
        // Along and across the grain, which runs along the rail.
        let (along, across, sort) = if over_x > over_y { (p.y, p.x, 10) } else { (p.x, p.y, 20) };
        let grain = 0.5 * smooth_noise(along * 2.5, across * 60.0, sort)
            + 0.35 * smooth_noise(along * 7.0, across * 190.0, sort + 1)
            + 0.25 * smooth_noise(along * 40.0, across * 420.0, sort + 2);
        let look = &self.look.rail;
        let place = ((out - self.spec.cushion_width) / look.width).clamp(0.0, 1.0);
        let rounded = 0.8 + 0.38 * (std::f64::consts::PI * place.powf(0.8)).sin();
        let edge = 0.6 * (outer.min(0.0) / 0.007).exp();
        let mitre = if over_x.min(over_y) > 0.0 { 0.4 * (-(over_x - over_y).abs() / 0.0015).exp() } else { 0.0 };
        let tone = (1.0 + 0.30 * look.grain * f64::from(grain)) * rounded * (1.0 - edge) * (1.0 - mitre);
        let mut colour = look.colour * tone as f32;
        if let Some((strip, width)) = look.strip {
            let beyond = out - self.spec.cushion_width - width;
            colour = colour.mix(strip, (0.5 - beyond / footprint).clamp(0.0, 1.0) as f32);
        }
        for diamond in &self.diamonds {
            let offset = p - diamond.centre;
            let [a, b] = diamond.half;
            let distance = if look.round_sights {
                offset.length() - a.min(b)
            } else {
                (offset.x.abs() / a + offset.y.abs() / b - 1.0) * a * b / a.hypot(b)
            };
            colour = colour.mix(look.sight, (0.5 - distance / footprint).clamp(0.0, 1.0) as f32);
        }
        colour
    }

    fn floor(&self, p: TablePoint, outer: f64) -> Rgb {
        /// Width and length of a plank, metres.
        const PLANK: (f64, f64) = (0.19, 1.6);
        let row = (p.x / PLANK.0).floor();
        let shift = f64::from(cell_noise(row as i32, 0, 30)) * PLANK.1;
        let column = ((p.y + shift) / PLANK.1).floor();
        let (x, y) = (p.x - row * PLANK.0, p.y + shift - column * PLANK.1);
        let seam = x.min(PLANK.0 - x).min(y).min(PLANK.1 - y);
        let tone = 0.14 * cell_noise(row as i32, column as i32, 31)
            + 0.10 * smooth_noise(p.y * 2.0, p.x * 70.0, 32)
            + 0.06 * smooth_noise(p.y * 9.0, p.x * 240.0, 33);
        let shadow = 0.72 * (-outer.max(0.0) / 0.25).exp();
        let joint = 0.35 * (-seam / 0.002).exp();
        Rgb::stored(104, 96, 88) * (0.5 * (1.0 + f64::from(tone)) * (1.0 - shadow) * (1.0 - joint)) as f32
    }
}

/// Returns the share of a pixel of this footprint that the cords of a net with this mesh (metres) cover.
fn net(p: TablePoint, mesh: f64, footprint: f64) -> f32 {
    /// Half the width of a cord, as a share of the mesh.
    const HALF_CORD: f64 = 0.14;
    let from_cord = |v: f64| {
        let into = (v / mesh).rem_euclid(1.0);
        into.min(1.0 - into) * mesh
    };
    let distance = from_cord(p.x + p.y).min(from_cord(p.x - p.y)) - HALF_CORD * mesh;
    (0.5 - distance / footprint).clamp(0.0, 1.0) as f32
}

/// Returns the distance of the diamonds behind the noses on rails of this width, metres.
fn diamond_offset(spec: &TableSpec, rail_width: f64) -> f64 {
    spec.cushion_width + 0.42 * rail_width
}

/// Returns the diamonds of a table, which are longer towards the bed than along the rail.
fn diamonds(spec: &TableSpec, look: &TableLook) -> Vec<Diamond> {
    let [long, short] = [0.0105, 0.006].map(|half| half * shrink(spec));
    let diamonds = spec.diamonds(diamond_offset(spec, look.rail.width)).into_iter().map(|diamond| {
        let half = if diamond.inwards.y == 0.0 { [long, short] } else { [short, long] };
        Diamond { centre: diamond.centre, half }
    });
    diamonds.collect()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{look::rail_width, setup::Cloth},
        *,
    };
    use billiards_table::TableKind;

    fn usual(spec: &TableSpec) -> TableSurface {
        TableSurface::new(spec, TableLook::usual(spec, Cloth::Blue.colour()))
    }

    fn brightness(colour: Rgb) -> f32 {
        colour.encode().iter().sum()
    }

    #[test]
    fn cushions_end_at_the_nose_lines_and_at_the_wood() {
        for kind in TableKind::all() {
            let spec = kind.spec();
            let surface = usual(&spec);
            assert_eq!(surface.cushions.len(), if spec.pockets.is_some() { 6 } else { 4 });
            let inside = |x: f64, y: f64| surface.cushions.iter().any(|c| c.distance(TablePoint::new(x, y)) < 0.0);
            for (x, y) in [(0.3 * spec.width, 0.0), (0.7 * spec.width, spec.length)] {
                let outwards = if y == 0.0 { -1.0 } else { 1.0 };
                assert!(!inside(x, y - 0.001 * outwards) && inside(x, y + 0.001 * outwards), "{kind}");
                let wood = y + outwards * spec.cushion_width;
                assert!(inside(x, wood - 0.001 * outwards) && !inside(x, wood + 0.001 * outwards), "{kind}");
            }
            assert!(inside(-0.02, 0.3 * spec.length) && inside(spec.width + 0.02, 0.7 * spec.length), "{kind}");
            // No cushion in the mouths, and closed corners where there are none.
            let mouths = [(-0.01, 0.5 * spec.length), (-0.005, -0.005)];
            assert!(mouths.iter().all(|(x, y)| inside(*x, *y) == spec.pockets.is_none()), "{kind}");
        }
    }

    #[test]
    fn jaws_are_round() {
        for kind in TableKind::all() {
            let spec = kind.spec();
            let (surface, features) = (usual(&spec), spec.features());
            for cushion in &surface.cushions {
                let points = cushion.outline.len();
                assert!(!TableKind::AMERICAN.contains(&kind) || points == 16, "{kind}: {points}");
                for jaw in &features.jaws {
                    let off = |p: TablePoint| ((p - jaw.centre).length() - jaw.radius).abs();
                    let chords = cushion.outline.windows(2).filter(|ends| ends.iter().all(|end| off(*end) < 1e-9));
                    let error = chords.map(|ends| off(ends[0].lerp(ends[1], 0.5))).fold(0.0, f64::max);
                    assert!(error < 0.0003, "{kind}: {error}");
                }
            }
        }
    }

    #[test]
    fn marks_are_those_of_the_table() {
        let surface = |kind: &str| {
            let spec = TableKind::named(kind).expect("shipped").spec();
            (spec, usual(&spec))
        };
        let at = |surface: &TableSurface, x: f64, y: f64| {
            brightness(surface.point_at(|_| TablePoint::new(x, y), 0.0025).paint)
        };
        let (spec, snooker) = surface("snooker-12ft");
        let (line, radius) = (spec.markings.baulk_line.expect("a line"), spec.markings.d_radius.expect("a D"));
        let middle = 0.5 * spec.width;
        assert!(at(&snooker, 0.2 * spec.width, line) > 1.15 * at(&snooker, 0.2 * spec.width, line + 0.05));
        assert!(at(&snooker, middle, line - radius) > 1.15 * at(&snooker, middle, line - radius + 0.05));
        assert!(at(&snooker, middle, line + radius) < 1.15 * at(&snooker, middle, line + radius + 0.05));
        // Those on the long line; the others lie on the baulk line.
        for spot in spec.spots().skip(1).take(3) {
            assert!(at(&snooker, spot.x, spot.y) < 0.8 * at(&snooker, spot.x, spot.y + 0.05), "{spot:?}");
        }
        assert!(snooker.diamonds.is_empty());
        // Without side pockets, the long rails have a diamond in the middle too.
        let (spec, carom) = surface("carom-match");
        let offset = diamond_offset(&spec, rail_width(&spec));
        assert!(at(&carom, -offset, 0.5 * spec.length) > 1.8 * at(&carom, -offset, 0.5 * spec.length + 0.03));
        assert_eq!((carom.diamonds.len(), surface("9ft").1.diamonds.len()), (20, 18));
    }

    #[test]
    fn nose_lines_are_strong_edges_and_pockets_are_dark() {
        let spec = TableKind::NINE_FOOT.spec();
        let surface = usual(&spec);
        let at = |x: f64, y: f64| brightness(surface.point_at(|_| TablePoint::new(x, y), 0.0025).paint);
        for (bed, top) in [(at(0.6, 0.002), at(0.6, -0.004)), (at(0.002, 0.8), at(-0.004, 0.8))] {
            assert!(top > 1.4 * bed, "{top} {bed}");
        }
        let cloth = at(0.5 * spec.width, 0.5 * spec.length);
        for pocket in &surface.pockets {
            assert!(at(pocket.centre.x, pocket.centre.y) < 0.4 * cloth, "{pocket:?}");
        }
        // A diamond against its wood.
        let offset = diamond_offset(&spec, rail_width(&spec));
        assert!(at(-offset, spec.length / 8.0) > 1.8 * at(-offset, spec.length / 8.0 + 0.03));
    }

    #[test]
    fn the_bed_is_cloth_coloured_everywhere() {
        let spec = TableKind::EIGHT_FOOT.spec();
        let surface = usual(&spec);
        let share = |colour: Rgb| {
            let [b, g, r] = colour.encode();
            [g / (b + g + r), r / (b + g + r)]
        };
        let middle = share(Cloth::Blue.colour());
        for i in 0..40 {
            for j in 0..20 {
                let (x, y) = (spec.width * (0.07 + 0.0217 * f64::from(j)), spec.length * (0.02 + 0.005 * f64::from(i)));
                let here = share(surface.point_at(|_| TablePoint::new(x, y), 0.0025).paint);
                assert!((here[0] - middle[0]).hypot(here[1] - middle[1]) < 0.02, "{x} {y}: {here:?}");
            }
        }
    }
}
