//! Rods in the picture: the cue, arms and fingers. Each is a straight axis with a radius that may change along it, and
//! rounded ends.

use super::{
    canvas::Canvas,
    colour::{Rgb, smooth},
    cue,
    lamp::Lamp,
    pixel_rays::PixelRays,
    shade::mark,
    shading::{Lighting, Stage, short},
};
use billiards_table::TablePoint;
use nalgebra::Vector3;

/// Minimum length of the pieces in which a rod is drawn, metres: lens distortion curves longer ones.
const PIECE: f64 = 0.05;

/// Ends of a rod's axis: table x, table y, height over the bed, metres.
pub(super) type Ends = [Vector3<f64>; 2];

/// Kind of a rod.
#[derive(Debug, Clone, Copy)]
pub(super) enum RodKind {
    /// The cue, from its tip to its butt.
    Cue,
    /// A limb: its radius at either end, metres, and its colour.
    Limb {
        /// Radii at the first and at the second end.
        radii: [f64; 2],
        /// Colour of skin or clothing.
        colour: Rgb,
    },
}

/// A rod to be drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rod {
    /// Ends of the axis when the shutter opens.
    pub opens: Ends,
    /// Ends of the axis when the shutter closes.
    pub closes: Ends,
    /// Kind of the rod.
    pub kind: RodKind,
}

impl RodKind {
    /// Returns the radius at a share (0 to 1) of the axis, metres.
    fn radius(&self, share: f64) -> f64 {
        match self {
            Self::Cue => cue::radius(share),
            Self::Limb { radii: [a, b], .. } => a + (b - a) * share,
        }
    }

    fn widest(&self) -> f64 {
        self.radius(0.0).max(self.radius(1.0))
    }

    /// Returns the normal used for shading: skin and clothing scatter light below their surface, so that they show less
    /// of their shape than hard materials.
    fn softened(&self, normal: Vector3<f64>) -> Vector3<f64> {
        match self {
            Self::Cue => normal,
            Self::Limb { .. } => (normal + Vector3::z() * 0.9).normalize(),
        }
    }

    /// Returns the width of the penumbra of a shadow cast from this height, metres: the higher, the wider. Close to the
    /// cloth, the light of the room is missing as well.
    fn penumbra(&self, height: f64) -> f64 {
        match self {
            Self::Cue => 0.008 + 0.20 * height,
            Self::Limb { .. } => 0.028 + 0.25 * height,
        }
    }

    /// Returns colour and gloss at a share of the axis.
    fn paint(&self, share: f64) -> (Rgb, f32) {
        match self {
            Self::Cue => cue::paint(share),
            Self::Limb { colour, .. } => (*colour, 0.0),
        }
    }
}

impl Rod {
    /// Returns the ends of the axis at a share (0 to 1) of the time for which the shutter is open.
    fn ends(&self, share: f64) -> Ends {
        [0, 1].map(|i| self.opens[i].lerp(&self.closes[i], share))
    }

    /// Draws the rod.
    pub fn draw(&self, canvas: &mut Canvas, stage: &Stage<'_>, lamp: &Lamp) {
        let rays = stage.rays;
        let [begin, end] = stage.shutter.span();
        let length = (end - begin).max(1e-9);
        let movement = (0..2).map(|i| (self.closes[i] - self.opens[i]).norm()).fold(0.0, f64::max);
        let moments = stage.shutter.moments(movement / length / rays.footprint(rays.eye().z));
        let middle = self.ends(0.5);
        let lightings: Vec<Lighting> = (0..=4)
            .map(|i| {
                let place = middle[0].lerp(&middle[1], f64::from(i) / 4.0);
                Lighting::new(stage, lamp.at(TablePoint::new(place.x, place.y), rays.eye()), place)
            })
            .collect();
        let pixel = rays.footprint(rays.eye().z);
        // The blur reaches as far to the side as the rod moves.
        visit(
            rays,
            middle,
            self.kind.widest() + movement,
            |line| nearest(rays.eye(), line, middle).0,
            |x, y| {
                let line = rays.direction(x, y);
                let (mut colour, mut shares) = (Rgb::BLACK, 0.0);
                for k in 0..moments {
                    let moment = (stage.shutter.moment(y, k, moments) - begin) / length;
                    let ends = self.ends(moment);
                    let gap_at = |line| {
                        let (share, offset) = nearest(rays.eye(), line, ends);
                        (offset.norm() - self.kind.radius(share), share, offset)
                    };
                    let (beyond, share, offset) = gap_at(line);
                    if beyond > 2.0 * pixel {
                        continue;
                    }
                    let cover = if beyond < -2.0 * pixel {
                        1.0
                    } else {
                        let [right, below] = rays.steps(x, y);
                        let (x, y) = (gap_at(line + right).0 - beyond, gap_at(line + below).0 - beyond);
                        (0.5 - beyond / (x * x + y * y).sqrt().max(1e-6)).clamp(0.0, 1.0) as f32
                    };
                    if cover <= 0.0 {
                        continue;
                    }
                    let radius = self.kind.radius(share);
                    let aside = offset / radius;
                    let aside = aside * (0.995 / aside.norm().max(1e-12)).min(1.0);
                    let normal = aside - line.normalize() * (1.0 - aside.norm_squared()).max(0.0).sqrt();
                    let place = ends[0].lerp(&ends[1], share) + normal * radius;
                    if stage.hides(x, y, place.z) {
                        continue;
                    }
                    let normal = self.kind.softened(normal);
                    let beam = stage.beams.at(place, y);
                    let (paint, gloss) = self.kind.paint(share);
                    let lighting = &lightings[((share * 4.0).round() as usize).min(4)];
                    colour = colour + lighting.shade(paint, gloss, short(normal), beam) * cover;
                    shares += cover;
                }
                if shares > 0.0 {
                    canvas.lay(x, y, colour * (rays.vignette(x, y) / shares), shares / moments as f32);
                }
            },
        );
    }

    /// Marks the shadow that the rod casts on the cloth in the lamp's light: `dark` has 0 to 255 for each pixel.
    pub fn shade(&self, dark: &mut [u8], rays: &PixelRays, lamp: &Lamp) {
        self.shadow(
            rays,
            lamp.middle(),
            |height| self.kind.penumbra(height),
            |x, y, beyond, radius, height| {
                // The wider the edge of a shadow, the paler the shadow.
                let soft = self.kind.penumbra(height);
                let share = 0.85 * smooth(0.5 * soft, -0.5 * soft, beyond) * (2.0 * radius / (radius + soft)).min(0.7);
                mark(dark, y * rays.width() + x, share);
            },
        );
    }

    /// Marks the shadow that the rod casts on the cloth in the light of a lamp at `from` of this size (metres):
    /// `blocked` has 0 to 255 for each pixel.
    pub fn eclipse(&self, blocked: &mut [u8], rays: &PixelRays, from: Vector3<f64>, size: f64) {
        // The cloth lies in no shadow of what is lower, and the shadow of what is almost as high as the lamp is pale and
        // far away.
        let [low, high] = [f64::min, f64::max].map(|of| of(self.opens[0].z, self.opens[1].z));
        if low < 0.0 || high > 0.6 * from.z {
            return;
        }
        let penumbra = |height: f64| (size * height / (from.z - height)).max(0.002);
        self.shadow(rays, from, penumbra, |x, y, beyond, radius, height| {
            let soft = penumbra(height);
            // A shadow that is narrower than the lamp's penumbra is nowhere dark.
            let share = smooth(0.5 * soft, -0.5 * soft, beyond) * (2.0 * radius / soft).min(1.0);
            mark(blocked, y * rays.width() + x, share);
        });
    }

    /// Returns the place at which the rod hides what lies behind it on a line of sight; `None` if the line passes it.
    pub fn meets(&self, eye: Vector3<f64>, line: Vector3<f64>) -> Option<Vector3<f64>> {
        let ends = self.ends(0.5);
        let (share, offset) = nearest(eye, line, ends);
        (offset.norm() < self.kind.radius(share)).then(|| ends[0].lerp(&ends[1], share))
    }

    /// Returns the middle of the axis.
    pub fn middle(&self) -> Vector3<f64> {
        let [from, to] = self.ends(0.5);
        from.lerp(&to, 0.5)
    }

    /// Marks where the rod blocks the light from `from` to the cloth: `blocked` has 0 to 255 for each pixel.
    pub fn block(&self, blocked: &mut [u8], rays: &PixelRays, from: Vector3<f64>) {
        let pixel = rays.footprint(rays.eye().z);
        self.shadow(
            rays,
            from,
            |_| 2.0 * pixel,
            |x, y, beyond, _, _| {
                mark(blocked, y * rays.width() + x, 0.5 - beyond / pixel);
            },
        );
    }

    /// Visits the pixels of the bed in, or within the penumbra of, the shadow of a light at `from`, and calls `paint`
    /// with their coordinates, their distance beyond the edge of the shadow, its half width, and the height of the part
    /// that casts it, all in metres.
    fn shadow(
        &self,
        rays: &PixelRays,
        from: Vector3<f64>,
        soft: impl Fn(f64) -> f64,
        mut paint: impl FnMut(usize, usize, f64, f64, f64),
    ) {
        let ends = self.ends(0.5);
        if ends.iter().any(|end| end.z >= 0.9 * from.z) {
            return;
        }
        let grow = |height: f64| from.z / (from.z - height);
        let cast = ends.map(|end| {
            let onto = from + (end - from) * grow(end.z);
            Vector3::new(onto.x, onto.y, 0.0)
        });
        let highest = ends[0].z.max(ends[1].z).max(0.0);
        let reach = self.kind.widest() * grow(highest) + 0.5 * soft(highest);
        let eye = rays.eye();
        let on_bed = |line: Vector3<f64>| eye + line * eye.z;
        let along = |line| foot(on_bed(line), cast);
        visit(rays, cast, reach, along, |x, y| {
            let place = on_bed(rays.direction(x, y));
            let share = foot(place, cast);
            let height = ends[0].z + (ends[1].z - ends[0].z) * share;
            let radius = self.kind.radius(share) * grow(height);
            let beyond = (place - cast[0].lerp(&cast[1], share)).norm() - radius;
            paint(x, y, beyond, radius, height);
        });
    }
}

/// Returns the share (0 to 1) of the axis at which it is nearest to a place.
fn foot(place: Vector3<f64>, [from, to]: Ends) -> f64 {
    let axis = to - from;
    ((place - from).dot(&axis) / axis.norm_squared().max(1e-18)).clamp(0.0, 1.0)
}

/// Finds the point of an axis nearest to a line of sight: its share (0 to 1) of the axis, and the vector from there to
/// the line, metres.
fn nearest(eye: Vector3<f64>, line: Vector3<f64>, [from, to]: Ends) -> (f64, Vector3<f64>) {
    let (axis, back) = (to - from, eye - from);
    let (aa, ad, dd) = (axis.dot(&axis), axis.dot(&line), line.dot(&line));
    let (ab, db) = (axis.dot(&back), line.dot(&back));
    let share = ((dd * ab - ad * db) / (aa * dd - ad * ad).max(1e-18)).clamp(0.0, 1.0);
    let place = from + axis * share;
    let reach = (place - eye).dot(&line) / dd;
    (share, eye + line * reach - place)
}

/// Calls `paint` once for each pixel near a straight axis. It is drawn in pieces; `along` maps a line of sight to a
/// share (0 to 1) of the axis.
fn visit(
    rays: &PixelRays,
    [from, to]: Ends,
    reach: f64,
    along: impl Fn(Vector3<f64>) -> f64,
    mut paint: impl FnMut(usize, usize),
) {
    let pieces = ((to - from).norm() / PIECE.max(reach)).ceil().clamp(1.0, 200.0);
    for piece in 0..pieces as usize {
        let end = |number: usize| from.lerp(&to, number as f64 / pieces);
        rays.band(end(piece), end(piece + 1), reach, |y, columns| {
            for x in columns {
                let share = along(rays.direction(x, y));
                // Where the lens shows nothing, the share is NaN.
                if share >= 0.0 && ((share * pieces) as usize).min(pieces as usize - 1) == piece {
                    paint(x, y);
                }
            }
        });
    }
}
