//! Appearance of balls: colours, numbers and stripes.

use super::colour::Rgb;
use billiards_table::{BallLabel, BallSet};

/// Digits, 3 × 5: rows from the top, the leftmost column in bit 2.
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

/// Appearance of a ball.
#[derive(Debug, Clone, Copy)]
pub(super) struct BallTexture {
    colour: Rgb,
    ivory: Rgb,
    ink: Rgb,
    pattern: Pattern,
}

#[derive(Debug, Clone, Copy)]
enum Pattern {
    /// Ivory with six dots.
    Dots,
    /// One colour all over.
    Even,
    /// One colour with two number discs.
    Plain(u8),
    /// Ivory with a band of colour and two number discs on it.
    Band(u8),
}

impl BallTexture {
    /// Returns the texture of a ball of a set. The balls have the colours that the set gives them, but for American
    /// ones, which have those of new balls and not those that photographs show.
    pub fn of(label: BallLabel, set: &BallSet) -> Self {
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
        let of_set = set.colours.iter().find(|colour| colour.labels().iter().any(|(of_set, _)| *of_set == label));
        let numbered = |colour: u8| match of_set {
            Some(of_set) if *set != BallSet::american() => of_set.rgb(),
            _ => COLOURS[usize::from(colour)],
        };
        let (pattern, [red, green, blue]) = match (label, of_set) {
            (BallLabel::Number(n @ 1..=8), _) => (Pattern::Plain(n), numbered(n - 1)),
            (BallLabel::Number(n @ 9..=15), _) => (Pattern::Band(n), numbered(n - 9)),
            (BallLabel::Colour(_), Some(colour)) => (Pattern::Even, colour.rgb()),
            _ => (Pattern::Dots, [170, 38, 46]),
        };
        Self { colour: Rgb::stored(red, green, blue), ivory, ink: Rgb::stored(20, 20, 22), pattern }
    }

    /// Returns the colour at a place of the surface, given as a unit vector in the ball's own axes. Numbers are centred
    /// on its z axis, the band runs around its x axis.
    pub fn at(&self, [x, y, z]: [f64; 3]) -> Rgb {
        /// Half the width of the band, ball radii.
        const BAND: f64 = 0.55;
        /// Radius of the number discs, ball radii.
        const DISC: f64 = 0.42;
        /// Radius of the dots, ball radii.
        const DOT: f64 = 0.14;
        let number = match self.pattern {
            Pattern::Dots => {
                let in_dot = |a: f64, b: f64| a * a + b * b < DOT * DOT;
                let dot = in_dot(x, y) || in_dot(y, z) || in_dot(z, x);
                return if dot { self.colour } else { self.ivory };
            }
            Pattern::Even => return self.colour,
            Pattern::Plain(number) | Pattern::Band(number) => number,
        };
        if x * x + y * y < DISC * DISC {
            // Mirrored on one side, so that both numbers are readable from outside.
            let across = if z < 0.0 { -x } else { x };
            return if is_ink(number, across / DISC, y / DISC) { self.ink } else { self.ivory };
        }
        if matches!(self.pattern, Pattern::Band(_)) && x.abs() > BAND { self.ivory } else { self.colour }
    }
}

/// Returns whether a place of the number disc (x right, y up, disc radius 1) is inked.
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

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::PlainColour;

    #[test]
    fn numbers_are_upright_and_not_mirrored() {
        // The foot of a 7 is left of its top right corner; the stem of a 4 is on the right.
        assert!(is_ink(7, 0.25, 0.45) && is_ink(7, -0.25, 0.45) && !is_ink(7, -0.25, -0.45));
        assert!(is_ink(4, 0.25, -0.45) && !is_ink(4, -0.25, -0.45));
        assert!(is_ink(9, 0.0, -0.78) && !is_ink(8, 0.0, -0.78));
        let texture = BallTexture::of(BallLabel::Number(4), &BallSet::american());
        let place = |x: f64, y: f64, side: f64| {
            let (x, y) = (0.42 * x, 0.42 * y);
            [x * side, y, side * (1.0 - x * x - y * y).sqrt()]
        };
        for side in [1.0, -1.0] {
            assert_eq!(texture.at(place(0.25, -0.45, side)), texture.ink);
            assert_eq!(texture.at(place(-0.25, -0.45, side)), texture.ivory);
        }
    }

    #[test]
    fn stripes_are_ivory_at_the_poles() {
        let stripe = BallTexture::of(BallLabel::Number(11), &BallSet::american());
        assert_eq!(stripe.at([1.0, 0.0, 0.0]), stripe.ivory);
        assert_eq!(stripe.at([0.0, 1.0, 0.0]), stripe.colour);
        let solid = BallTexture::of(BallLabel::Number(3), &BallSet::american());
        assert_eq!(solid.at([1.0, 0.0, 0.0]), stripe.colour);
    }

    #[test]
    fn balls_made_for_television_have_their_own_colours() {
        let [american, tv] = ["american", "tv"].map(|name| BallSet::named(name).expect("shipped"));
        let four = |set: &BallSet| BallTexture::of(BallLabel::Number(4), set).at([1.0, 0.0, 0.0]).encode();
        let ([_, _, purple], [_, _, pink]) = (four(&american), four(&tv));
        assert!(purple < 120.0 && pink > 220.0, "{purple} {pink}");
        let eight = BallTexture::of(BallLabel::Number(8), &tv);
        assert!(eight.at([1.0, 0.0, 0.0]).encode().iter().all(|v| *v < 40.0));
    }

    #[test]
    fn balls_without_numbers_have_one_colour() {
        let set = BallSet::named("snooker").expect("shipped");
        let pink = BallTexture::of(BallLabel::Colour(PlainColour::Pink), &set);
        let [blue, green, red] = pink.at([0.0, 0.0, 1.0]).encode();
        assert!(
            red > 240.0 && (120.0..160.0).contains(&green) && (160.0..190.0).contains(&blue),
            "{red} {green} {blue}"
        );
        assert_eq!(pink.at([0.0, 0.0, 1.0]), pink.at([0.6, 0.8, 0.0]));
        let white = BallTexture::of(BallLabel::Cue, &set);
        assert_eq!(white.at([0.6, 0.0, 0.8]), white.ivory);
    }
}
