//! Random colours of cloths, rails, floors and things, with their names.

use super::{super::colour::Rgb, dice::Dice};

/// A colour and its name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dye {
    /// Colour in full light.
    pub colour: Rgb,
    /// Name for the description of a picture.
    pub name: &'static str,
}

/// Returns the colour that a picture stores with this hue (degrees), saturation and value (0 to 1).
pub(super) fn hsv(hue: f64, saturation: f64, value: f64) -> Rgb {
    let channel = |offset: f64| {
        let k = (offset + hue / 60.0).rem_euclid(6.0);
        let share = value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0);
        (255.0 * share).round() as u8
    };
    Rgb::stored(channel(5.0), channel(3.0), channel(1.0))
}

/// Returns the name of a hue, degrees.
fn hue_name(hue: f64) -> &'static str {
    const ENDS: [(f64, &str); 9] = [
        (15.0, "red"),
        (40.0, "orange"),
        (68.0, "yellow"),
        (160.0, "green"),
        (195.0, "teal"),
        (255.0, "blue"),
        (290.0, "purple"),
        (335.0, "pink"),
        (360.0, "red"),
    ];
    ENDS.iter().find(|(end, _)| hue < *end).map_or("red", |(_, name)| name)
}

/// Sorts of cloth colours.
#[derive(Debug, Clone, Copy)]
enum ClothDye {
    AnyHue,
    Green,
    Blue,
    Red,
    Grey,
    Tan,
    Black,
}

/// Returns the colour of a cloth: any hue, and the usual ones, greys, tans and blacks more often.
pub(super) fn cloth(rng: &mut impl Dice) -> Dye {
    let sort = rng.weighted([
        (0.46, ClothDye::AnyHue),
        (0.13, ClothDye::Green),
        (0.11, ClothDye::Blue),
        (0.05, ClothDye::Red),
        (0.10, ClothDye::Grey),
        (0.09, ClothDye::Tan),
        (0.06, ClothDye::Black),
    ]);
    let (hues, saturations, values) = match sort {
        ClothDye::AnyHue => (0.0..360.0, 0.40..0.92, 0.22..0.72),
        ClothDye::Green => (125.0..165.0, 0.55..0.90, 0.30..0.60),
        ClothDye::Blue => (198.0..222.0, 0.60..0.90, 0.45..0.75),
        ClothDye::Red => (340.0..360.0, 0.60..0.85, 0.35..0.60),
        ClothDye::Grey => (0.0..360.0, 0.0..0.07, 0.28..0.72),
        ClothDye::Tan => (28.0..44.0, 0.22..0.48, 0.48..0.80),
        ClothDye::Black => (0.0..360.0, 0.0..0.15, 0.10..0.20),
    };
    let (hue, saturation, value) = (rng.within(hues), rng.within(saturations), rng.within(values));
    let name = match sort {
        ClothDye::Grey => "grey",
        ClothDye::Tan => "tan",
        ClothDye::Black => "black",
        _ => hue_name(hue),
    };
    Dye { colour: hsv(hue, saturation, value), name }
}

/// Returns a colour of wood, from beech to wenge.
pub(super) fn wood(rng: &mut impl Dice) -> Rgb {
    let value = rng.within(0.16..0.86);
    // Light woods are yellowish and pale, dark ones reddish.
    let dark = 1.0 - value;
    hsv(rng.within(14.0..24.0) + 14.0 * value, (0.22 + 0.5 * dark + rng.within(-0.08..0.10)).clamp(0.1, 0.75), value)
}

/// Returns the colour of a floor: mostly pale or greyish.
pub(super) fn floor(rng: &mut impl Dice) -> Rgb {
    let saturation = rng.weighted([(0.55, 0.12), (0.3, 0.35), (0.15, 0.75)]);
    hsv(rng.within(0.0..360.0), rng.within(0.0..saturation), rng.within(0.12..0.85))
}

/// Returns the colour of clothes, furniture or things: any.
pub(super) fn any(rng: &mut impl Dice) -> Rgb {
    hsv(rng.within(0.0..360.0), rng.within(0.0..0.85), rng.within(0.06..0.92))
}

/// Returns almost the same colour: the same hue, a little lighter or darker.
pub(super) fn near(colour: Rgb, rng: &mut impl Dice) -> Rgb {
    let gain = rng.ratio_within(0.72..1.38) as f32;
    let tint = [0; 3].map(|_| rng.within(0.92..1.08) as f32);
    Rgb(std::array::from_fn(|i| (colour.0[i] * gain * tint[i]).clamp(0.004, 0.95)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primary_colours_have_their_hues() {
        let stored = |hue| hsv(hue, 1.0, 1.0).encode().map(|v| v.round() as u8);
        assert_eq!([stored(0.0), stored(120.0), stored(240.0)], [[0, 0, 255], [0, 255, 0], [255, 0, 0]]);
        assert_eq!([hue_name(5.0), hue_name(120.0), hue_name(359.0)], ["red", "green", "red"]);
        assert_eq!(hsv(77.0, 0.0, 0.5).encode().map(|v| v.round() as u8), [128; 3]);
    }
}
