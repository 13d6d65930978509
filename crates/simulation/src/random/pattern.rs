//! Patterns of floors, carpets, furniture and things.

use super::super::{
    colour::Rgb,
    noise::{cell_noise, smooth_noise},
};

/// A pattern over a plane.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// Kind of the pattern.
    pub kind: PatternKind,
    /// Number that selects among the random versions of the kind.
    pub sort: u32,
}

/// Kinds of patterns; all lengths are in metres.
#[derive(Debug, Clone)]
pub(super) enum PatternKind {
    /// One colour, slightly mottled.
    Plain(Rgb),
    /// Planks along the second axis: colour, and width and length of a plank.
    Planks(Rgb, [f64; 2]),
    /// Square tiles of two colours in turn: colours, side, colour and width of the joints.
    Tiles([Rgb; 2], f64, (Rgb, f64)),
    /// A carpet: colour, and strength of its pile.
    Carpet(Rgb, f32),
    /// A carpet with a repeated motif: ground, two colours of the motif, and period.
    Ornament([Rgb; 3], f64),
    /// Stripes across the first axis: colours and period.
    Stripes([Rgb; 2], f64),
    /// Speckled stone or concrete: colour and strength of the speckles.
    Stone(Rgb, f32),
    /// A printed sheet with lines of text: paper, ink, and half its sides.
    Text([Rgb; 2], [f64; 2]),
    /// A black and white marker of six cells with a white border: half its side.
    Marker(f64),
    /// Lines on a ground: colours of the ground's stripes and their period, colour and half width of the lines.
    Field { ground: [Rgb; 2], period: f64, line: Rgb, half_width: f64, marks: Vec<FieldMark> },
    /// A border of some width inside half the sides, around another pattern.
    Bordered { border: Rgb, width: f64, half: [f64; 2], inside: Box<Pattern> },
}

/// A line on a field.
#[derive(Debug, Clone, Copy)]
pub(super) enum FieldMark {
    /// From one point to another.
    Segment([f64; 2], [f64; 2]),
    /// Centre and radius.
    Circle([f64; 2], f64),
}

impl FieldMark {
    /// Returns the four sides of a rectangle with these corners.
    pub fn rectangle([left, top]: [f64; 2], [right, bottom]: [f64; 2]) -> [Self; 4] {
        let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
        std::array::from_fn(|i| Self::Segment(corners[i], corners[(i + 1) % 4]))
    }

    fn distance(&self, [x, y]: [f64; 2]) -> f64 {
        match *self {
            Self::Segment(from, to) => {
                let (along, offset) = ([to[0] - from[0], to[1] - from[1]], [x - from[0], y - from[1]]);
                let square = (along[0] * along[0] + along[1] * along[1]).max(1e-12);
                let share = ((offset[0] * along[0] + offset[1] * along[1]) / square).clamp(0.0, 1.0);
                (offset[0] - along[0] * share).hypot(offset[1] - along[1] * share)
            }
            Self::Circle(centre, radius) => ((x - centre[0]).hypot(y - centre[1]) - radius).abs(),
        }
    }
}

/// Returns the share of a pixel of this footprint that lies inside an edge at this distance (negative inside).
fn share(distance: f64, footprint: f64) -> f32 {
    (0.5 - distance / footprint).clamp(0.0, 1.0) as f32
}

/// Returns the distance from the nearest multiple of the period.
fn from_multiple(v: f64, period: f64) -> f64 {
    let into = v.rem_euclid(period);
    into.min(period - into)
}

impl Pattern {
    /// Creates a plain pattern.
    pub fn plain(colour: Rgb) -> Self {
        Self { kind: PatternKind::Plain(colour), sort: 40 }
    }

    /// Returns the colour at a place; `footprint` is the width of a pixel there, metres.
    pub fn at(&self, p: [f64; 2], footprint: f64) -> Rgb {
        let [x, y] = p;
        let cell = |x: f64, y: f64| (x.floor() as i32, y.floor() as i32);
        let noise = |x: f64, y: f64, layer: u32| smooth_noise(x, y, self.sort + layer);
        match &self.kind {
            PatternKind::Plain(colour) => *colour * (1.0 + 0.05 * noise(x * 4.0, y * 4.0, 0)),
            PatternKind::Planks(colour, [width, length]) => {
                let (row, _) = cell(x / width, 0.0);
                let shifted = y + f64::from(cell_noise(row, 0, self.sort)) * length;
                let (column, _) = cell(shifted / length, 0.0);
                let tone = 0.16 * cell_noise(row, column, self.sort + 1)
                    + 0.10 * noise(y * 2.0, x * 70.0, 2)
                    + 0.06 * noise(y * 9.0, x * 240.0, 3);
                let seam = from_multiple(x, *width).min(from_multiple(shifted, *length));
                *colour * ((1.0 + tone) * (1.0 - 0.45 * share(seam - 0.0015, footprint)))
            }
            PatternKind::Tiles(colours, side, (joint, half_width)) => {
                let (i, j) = cell(x / side, y / side);
                let tile = colours[(i + j).rem_euclid(2) as usize] * (1.0 + 0.06 * cell_noise(i, j, self.sort));
                let tile = tile * (1.0 + 0.05 * noise(x * 11.0, y * 11.0, 1));
                let seam = from_multiple(x, *side).min(from_multiple(y, *side)) - half_width;
                tile.mix(*joint, share(seam, footprint))
            }
            PatternKind::Carpet(colour, pile) => {
                let (i, j) = cell(x * 260.0, y * 260.0);
                let tone = 0.10 * noise(x * 3.0, y * 3.0, 0)
                    + pile * (0.12 * noise(x * 60.0, y * 60.0, 1) + 0.16 * cell_noise(i, j, self.sort + 2));
                *colour * (1.0 + tone)
            }
            PatternKind::Ornament([ground, first, second], period) => {
                let (i, j) = cell(x / period, y / period);
                let (u, v) = (x / period - f64::from(i) - 0.5, y / period - f64::from(j) - 0.5);
                let (ring, cross) = (u.hypot(v), u.abs().min(v.abs()));
                let foot = footprint / period;
                let paint = ground.mix(*first, share((ring - 0.34).abs() - 0.05, foot));
                let paint =
                    paint.mix(*second, share(ring - 0.16, foot).max(share((cross - 0.03).max(0.42 - ring), foot)));
                paint * (1.0 + 0.12 * noise(x * 60.0, y * 60.0, 1))
            }
            PatternKind::Stripes([ground, stripe], period) => {
                let into = from_multiple(x, *period) - 0.25 * period;
                ground.mix(*stripe, share(into, footprint)) * (1.0 + 0.06 * noise(x * 30.0, y * 30.0, 1))
            }
            PatternKind::Stone(colour, speckles) => {
                let tone = 0.10 * noise(x * 1.7, y * 1.7, 0)
                    + 0.08 * noise(x * 9.0, y * 9.0, 1)
                    + speckles * 0.3 * noise(x * 130.0, y * 130.0, 2).powi(3);
                *colour * (1.0 + tone)
            }
            PatternKind::Text([paper, ink], [half_x, half_y]) => {
                let (across, down) = (x / half_x, y / half_y);
                let (row, word) = cell((down + 1.0) * 14.0, (across + 1.0) * 12.0);
                let line = ((down + 1.0) * 14.0).fract();
                let printed = across.abs() < 0.8
                    && down.abs() < 0.86
                    && (0.3..0.65).contains(&line)
                    && cell_noise(row, word, self.sort) > -0.6
                    && cell_noise(row, 0, self.sort + 1) > -0.7;
                if printed { paper.mix(*ink, 0.7) } else { *paper }
            }
            PatternKind::Marker(half) => {
                let (i, j) = cell((x / half + 1.0) * 4.0, (y / half + 1.0) * 4.0);
                let border = !(1..7).contains(&i) || !(1..7).contains(&j);
                let frame = !(2..6).contains(&i) || !(2..6).contains(&j);
                let white = border || (!frame && cell_noise(i, j, self.sort) > 0.0);
                if white { Rgb([0.8; 3]) } else { Rgb([0.02; 3]) }
            }
            PatternKind::Field { ground, period, line, half_width, marks } => {
                let stripe = ground[cell(y / period, 0.0).0.rem_euclid(2) as usize];
                let (i, j) = cell(x * 40.0, y * 40.0);
                let stripe =
                    stripe * (1.0 + 0.08 * noise(x * 0.8, y * 0.8, 0) + 0.10 * cell_noise(i, j, self.sort + 1));
                let distance = marks.iter().map(|mark| mark.distance(p)).fold(f64::MAX, f64::min);
                stripe.mix(*line, share(distance - half_width, footprint))
            }
            PatternKind::Bordered { border, width, half, inside } => {
                let depth = (half[0] - x.abs()).min(half[1] - y.abs());
                let within = inside.at(p, footprint);
                within.mix(*border * (1.0 + 0.1 * noise(x * 40.0, y * 40.0, 5)), share(depth - width, footprint))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_alternate_and_have_joints() {
        let (black, white, grey) = (Rgb([0.02; 3]), Rgb([0.8; 3]), Rgb([0.3; 3]));
        let tiles = Pattern { kind: PatternKind::Tiles([black, white], 0.3, (grey, 0.004)), sort: 1 };
        let at = |x: f64, y: f64| tiles.at([x, y], 0.001).0[1];
        assert!(at(0.15, 0.15) < 0.05 && at(0.45, 0.15) > 0.6 && at(-0.15, 0.15) > 0.6 && at(0.45, 0.45) < 0.05);
        assert!((at(0.3, 0.15) - 0.3).abs() < 1e-6);
    }

    #[test]
    fn fields_have_lines() {
        let (green, white) = (Rgb([0.1, 0.4, 0.1]), Rgb([0.9; 3]));
        let marks =
            FieldMark::rectangle([-2.0, -1.0], [2.0, 1.0]).into_iter().chain([FieldMark::Circle([0.0; 2], 0.5)]);
        let kind = PatternKind::Field {
            ground: [green; 2],
            period: 1.0,
            line: white,
            half_width: 0.05,
            marks: marks.collect(),
        };
        let field = Pattern { kind, sort: 3 };
        let red = |x: f64, y: f64| field.at([x, y], 0.01).0[0];
        assert!(red(2.0, 0.3) > 0.8 && red(1.0, -1.0) > 0.8 && red(0.5, 0.0) > 0.8 && red(1.2, 0.2) < 0.2);
    }
}
