//! Balls in the picture: shaded spheres with numbers and stripes, and the shadows that they cast.

use super::{
    canvas::Canvas,
    colour::{Rgb, smooth},
    lamp::{Lit, ROOM},
};
use crate::model::{BallLabel, CameraPoint};
use nalgebra::{Matrix3, UnitQuaternion};

/// Where a pixel is looked at, pixels from its centre.
const LOOKS: [(f64, f64); 4] = [(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)];

/// The digits, 3 × 5: rows from the top, the leftmost column in bit 2.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// What is painted on a ball.
#[derive(Debug, Clone, Copy)]
pub(super) struct Skin {
    colour: Rgb,
    ivory: Rgb,
    ink: Rgb,
    pattern: Pattern,
}

#[derive(Debug, Clone, Copy)]
enum Pattern {
    /// Ivory with six dots.
    Dots,
    /// One colour with two number discs.
    Plain(u8),
    /// Ivory with a band of colour and two number discs on it.
    Band(u8),
}

impl Skin {
    /// The skin of a ball of a set for pool.
    pub fn of(label: BallLabel) -> Self {
        const COLOURS: [[u8; 3]; 8] = [
            [246, 196, 34],
            [30, 52, 148],
            [214, 36, 40],
            [98, 48, 138],
            [244, 112, 30],
            [14, 104, 66],
            [128, 36, 40],
            [26, 26, 28],
        ];
        let ivory = Rgb::stored(246, 240, 222);
        let (pattern, [red, green, blue]) = match label {
            BallLabel::Number(n @ 1..=8) => (Pattern::Plain(n), COLOURS[usize::from(n) - 1]),
            BallLabel::Number(n @ 9..=15) => (Pattern::Band(n), COLOURS[usize::from(n) - 9]),
            BallLabel::Cue | BallLabel::Number(_) | BallLabel::Colour(_) | BallLabel::Unknown => {
                (Pattern::Dots, [170, 38, 46])
            }
        };
        Self { colour: Rgb::stored(red, green, blue), ivory, ink: Rgb::stored(20, 20, 22), pattern }
    }

    /// Colour at a place of the surface: a unit vector in the ball's own axes. Numbers are round its z axis, the band
    /// round its x axis.
    fn at(&self, [x, y, z]: [f64; 3]) -> Rgb {
        /// Half the width of the band and radius of the number discs, ball radii.
        const BAND: f64 = 0.55;
        const DISC: f64 = 0.42;
        const DOT: f64 = 0.14;
        let number = match self.pattern {
            Pattern::Dots => {
                let off = |a: f64, b: f64| a.hypot(b) < DOT;
                let dot = off(x, y) || off(y, z) || off(z, x);
                return if dot { self.colour } else { self.ivory };
            }
            Pattern::Plain(number) | Pattern::Band(number) => number,
        };
        if x.hypot(y) < DISC {
            // Seen from outside, so that neither number is mirrored.
            let across = if z < 0.0 { -x } else { x };
            return if is_ink(number, across / DISC, y / DISC) { self.ink } else { self.ivory };
        }
        if matches!(self.pattern, Pattern::Band(_)) && x.abs() > BAND { self.ivory } else { self.colour }
    }
}

/// Whether a place of the number disc (x right, y up, disc radius 1) bears ink.
fn is_ink(number: u8, x: f64, y: f64) -> bool {
    const HEIGHT: f64 = 1.1;
    const CELL: f64 = HEIGHT / 5.0;
    let line = matches!(number, 6 | 9) && x.abs() < 0.36 && (-0.86..-0.7).contains(&y);
    let glyph = |digit: u8, left: f64| {
        let (column, row) = (((x - left) / CELL).floor(), ((0.5 * HEIGHT - y) / CELL).floor());
        let inside = (0.0..3.0).contains(&column) && (0.0..5.0).contains(&row);
        inside && DIGITS[usize::from(digit % 10)][row as usize] & (0b100_u8 >> column as u32) != 0
    };
    let digits = if number < 10 {
        glyph(number, -1.5 * CELL)
    } else {
        glyph(number / 10, -3.25 * CELL) || glyph(number, 0.25 * CELL)
    };
    line || digits
}

/// Draws the shadow of a ball at `centre` on the cloth; `radius` in pixels.
pub(super) fn draw_shadow(canvas: &mut Canvas<'_>, centre: CameraPoint, radius: f64, lit: &Lit) {
    let (columns, rows) = canvas.window(centre, 2.3 * radius);
    // Table x points down in the picture and table y to the right.
    let casts = lit.bulbs.map(|[x, y, z]| [y / z, x / z].map(|slope| -radius * f64::from(slope)));
    for y in rows {
        for x in columns.clone() {
            let (dx, dy) = (x as f64 - centre.x, y as f64 - centre.y);
            // Close round the ball little light of the room comes in.
            let mut dark = 0.24 * smooth(1.55, 0.75, dx.hypot(dy) / radius);
            for (cast, share) in casts.iter().zip(lit.shares) {
                let off = (dx - cast[0]).hypot(dy - cast[1]) / radius;
                dark += 0.30 * f64::from(share) * smooth(1.5, 0.65, off);
            }
            if dark > 0.0 {
                canvas.lay(x, y, [0.0; 3], dark.min(0.9) as f32);
            }
        }
    }
}

/// A ball that is to be drawn.
pub(super) struct DrawnBall<'a> {
    /// Where its centre is seen.
    pub centre: CameraPoint,
    /// Its radius in pixels.
    pub radius: f64,
    /// What is painted on it.
    pub skin: &'a Skin,
    /// From the ball's own axes to those of the table.
    pub turn: UnitQuaternion<f64>,
    /// The light where it lies.
    pub lit: Lit,
    /// Colour of the cloth under it, which it mirrors.
    pub cloth: Rgb,
    /// Share of the light that reaches it, 0 to 1.
    pub brightness: f32,
}

impl DrawnBall<'_> {
    /// Draws the ball; its edge is exact to a small part of a pixel.
    pub fn draw(&self, canvas: &mut Canvas<'_>) {
        let own = self.turn.inverse().to_rotation_matrix().into_inner();
        let (columns, rows) = canvas.window(self.centre, self.radius + 1.0);
        for y in rows {
            for x in columns.clone() {
                let (dx, dy) = (x as f64 - self.centre.x, y as f64 - self.centre.y);
                let share = self.radius + 0.5 - dx.hypot(dy);
                if share <= 0.0 {
                    continue;
                }
                let mut colour = Rgb::BLACK;
                for (aside, down) in LOOKS {
                    // Table x points down in the picture and table y to the right.
                    let (u, v) = ((dy + down) / self.radius, (dx + aside) / self.radius);
                    // What lies just beyond the rim has the colour of the rim.
                    let shrink = (0.995 / u.hypot(v)).min(1.0);
                    let (u, v) = (u * shrink, v * shrink);
                    colour = colour + self.look(&own, [u, v, (1.0 - u * u - v * v).max(0.0).sqrt()]) * 0.25;
                }
                canvas.lay(x, y, colour.encode(), share.min(1.0) as f32);
            }
        }
    }

    /// Light that comes to the camera from the place with this normal, in axes of the table.
    fn look(&self, own: &Matrix3<f64>, normal: [f64; 3]) -> Rgb {
        let place = own * nalgebra::Vector3::from(normal);
        let paint = self.skin.at([place.x, place.y, place.z]);
        let normal = normal.map(|v| v as f32);
        let dot = |a: [f32; 3]| a[0] * normal[0] + a[1] * normal[1] + a[2] * normal[2];
        let up = normal[2];
        let mut matt = ROOM * (0.55 + 0.45 * up);
        let mut gloss = 0.0;
        for ((bulb, mirror), share) in self.lit.bulbs.into_iter().zip(self.lit.mirrors).zip(self.lit.shares) {
            // Lamps are not points: their light reaches a little beyond the horizon.
            matt += (1.0 - ROOM) * share * ((dot(bulb) + 0.35) / 1.35).max(0.0);
            let mirrored = dot(mirror).max(0.0);
            gloss += share * (0.85 * mirrored.powi(180) + 0.035 * mirrored.powi(14));
        }
        let from_cloth = self.cloth * (0.16 * (1.0 - up));
        let Rgb([r, g, b]) = paint;
        let Rgb([cr, cg, cb]) = from_cloth;
        let shaded = Rgb([r * (matt + cr), g * (matt + cg), b * (matt + cb)]) + Rgb([1.0; 3]) * gloss;
        shaded * (self.lit.level * self.brightness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{FrameSize, TableKind, TablePoint},
        rig::simulation::lamp::Lamp,
    };

    #[test]
    fn numbers_are_upright_and_not_mirrored() {
        // The foot of a 7 is left of its top right corner; the stem of a 4 is on the right.
        assert!(is_ink(7, 0.25, 0.45) && is_ink(7, -0.25, 0.45) && !is_ink(7, -0.25, -0.45));
        assert!(is_ink(4, 0.25, -0.45) && !is_ink(4, -0.25, -0.45));
        assert!(is_ink(9, 0.0, -0.78) && !is_ink(8, 0.0, -0.78));
        let skin = Skin::of(BallLabel::Number(4));
        let place = |x: f64, y: f64, side: f64| {
            let (x, y) = (0.42 * x, 0.42 * y);
            [x * side, y, side * (1.0 - x * x - y * y).sqrt()]
        };
        for side in [1.0, -1.0] {
            assert_eq!(skin.at(place(0.25, -0.45, side)), skin.ink);
            assert_eq!(skin.at(place(-0.25, -0.45, side)), skin.ivory);
        }
    }

    #[test]
    fn stripes_are_ivory_at_the_poles() {
        let stripe = Skin::of(BallLabel::Number(11));
        assert_eq!(stripe.at([1.0, 0.0, 0.0]), stripe.ivory);
        assert_eq!(stripe.at([0.0, 1.0, 0.0]), stripe.colour);
        let solid = Skin::of(BallLabel::Number(3));
        assert_eq!(solid.at([1.0, 0.0, 0.0]), stripe.colour);
    }

    #[test]
    fn the_silhouette_has_the_centre_and_the_radius() {
        let spec = TableKind::NineFoot.spec();
        let size = FrameSize { width: 60, height: 60 };
        let skin = Skin::of(BallLabel::Number(13));
        for centre in [CameraPoint::new(30.0, 30.0), CameraPoint::new(29.37, 30.81)] {
            let ball = DrawnBall {
                centre,
                radius: 12.3,
                skin: &skin,
                turn: UnitQuaternion::from_euler_angles(0.3, 1.2, 2.0),
                lit: Lamp::over(&spec).at(TablePoint::new(0.2, 2.3)),
                cloth: Rgb::stored(28, 112, 172),
                brightness: 1.0,
            };
            let on = |ground: u8| {
                let mut bytes = vec![ground; 60 * 60 * 3];
                ball.draw(&mut Canvas::new(size, &mut bytes));
                bytes
            };
            // What a pixel shows of its ground tells how far it is covered, whatever the ball's colour.
            let (black, white) = (on(0), on(255));
            let (mut area, mut sum) = (0.0_f64, [0.0_f64; 2]);
            for y in 0..60_usize {
                for x in 0..60_usize {
                    let i = 3 * (y * 60 + x);
                    let share = 1.0 - (f64::from(white[i]) - f64::from(black[i])) / 255.0;
                    area += share;
                    sum = [sum[0] + share * x as f64, sum[1] + share * y as f64];
                }
            }
            assert!((area / (std::f64::consts::PI * 12.3 * 12.3) - 1.0).abs() < 0.005, "{area}");
            assert!((CameraPoint::new(sum[0] / area, sum[1] / area) - centre).length() < 0.03, "{sum:?}");
        }
    }
}
