//! Colours that can be read on the cloth that lies there. Pure.
//!
//! A projector can only add light, and cloth throws back only its own colour. In each of the three channels
//!
//! ```text
//! seen = albedo · (ambient + projector),   dark cloth = albedo · ambient
//! ```
//!
//! so blue light is lost on red cloth, and yellow and white look alike there. The camera's picture gives the colour of
//! `albedo · ambient`; how much of the light the cloth throws back on the whole is taken for a half in its
//! brightest channel, and the projector for twice as bright as the lamps. How different two colours look is their distance in Oklab
//! (B. Ottosson, "A perceptual color space for image processing", 2020), black to white 1; 0.02 is just noticed side
//! by side.
//!
//! Where a colour of the theme is too near to the dark cloth or to another colour, it is mixed with white, which keeps
//! its hue and lights channels that the cloth throws back, or dimmed.

use super::theme::{Colour, Theme};
use bevy::color::{ColorToPacked, LinearRgba, Oklaba, Srgba, color_difference::EuclideanDistance};

/// How much of the light cloth throws back in the channel where that is most.
const ALBEDO: f32 = 0.5;
/// No cloth swallows a channel altogether.
const LEAST_ALBEDO: f32 = 0.01;
/// The projector's white over the light of the lamps, on the cloth: 2000 lumens on a table in 400 lux.
const PROJECTOR: f32 = 2.0;
/// How far from the dark cloth every colour looks, at least.
pub const FROM_CLOTH: f32 = 0.08;
/// How far from the dark cloth the colours are to look, the best first; the last can be had on any cloth.
const GOALS: [f32; 5] = [0.16, 0.14, 0.12, 0.1, FROM_CLOTH];
/// How far from each other any two colours look, at least.
pub const FROM_EACH_OTHER: f32 = 0.05;
/// Shares of white that a colour is mixed with, in light.
const WHITENED: [f32; 9] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
/// What a colour is dimmed to, in light.
const DIMMED: [f32; 6] = [1.0, 0.8, 0.65, 0.5, 0.4, 0.3];

/// How this light looks on a cloth that the camera sees in this colour; `None`: how the cloth looks without.
fn seen(light: Option<Colour>, cloth: Colour) -> Oklaba {
    let [cloth, light] = [Some(cloth), light].map(|colour| colour.map_or([0.0; 3], linear));
    let most = cloth.into_iter().fold(1e-6, f32::max);
    let channel = |i: usize| (cloth[i] / most * ALBEDO).max(LEAST_ALBEDO) * (1.0 + PROJECTOR * light[i]);
    LinearRgba::rgb(channel(0), channel(1), channel(2)).into()
}

/// How different this light looks from the cloth without it.
#[must_use]
pub fn from_cloth(light: Colour, cloth: Colour) -> f32 {
    seen(Some(light), cloth).distance(&seen(None, cloth))
}

/// How different the cloth looks under two lights.
#[must_use]
pub fn from_each_other(a: Colour, b: Colour, cloth: Colour) -> f32 {
    seen(Some(a), cloth).distance(&seen(Some(b), cloth))
}

/// The colour nearest to `wanted` that looks `goal` from this cloth and [`FROM_EACH_OTHER`] from the colours that are
/// `taken`; where there is none, the one that comes closest to that.
#[must_use]
pub fn readable_beside(wanted: Colour, taken: &[Colour], cloth: Colour, goal: f32) -> Colour {
    let light = linear(wanted);
    let mixes = DIMMED.iter().flat_map(|dimmed| WHITENED.map(|white| (white, *dimmed)));
    let mut candidates: Vec<(f32, Colour)> = mixes
        .map(|(white, dimmed)| {
            let [red, green, blue] = light.map(|channel| (channel + white * (1.0 - channel)) * dimmed);
            let [red, green, blue, _] = Srgba::from(LinearRgba::rgb(red, green, blue)).to_u8_array();
            (white + (1.0 - dimmed), Colour { red, green, blue })
        })
        .collect();
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
    let slack = |colour: Colour| slack(colour, taken, cloth, goal);
    let enough = candidates.iter().find(|(_, colour)| slack(*colour) >= 1.0);
    let best = enough.or_else(|| candidates.iter().max_by(|a, b| slack(a.1).total_cmp(&slack(b.1))));
    best.map_or(wanted, |(_, colour)| *colour)
}

/// 1 and more where a colour looks far enough from the cloth and from the colours that are taken.
fn slack(colour: Colour, taken: &[Colour], cloth: Colour, goal: f32) -> f32 {
    let others = taken.iter().map(|other| from_each_other(colour, *other, cloth) / FROM_EACH_OTHER);
    others.fold(from_cloth(colour, cloth) / goal, f32::min)
}

/// The theme with colours that can be read on a cloth that the camera sees in this colour: as far from the cloth as all
/// of them can be and still be told apart. What matters most keeps its colour longest: the aim, then the object ball,
/// the cue ball's way on, the scratch.
#[must_use]
pub fn readable(theme: &Theme, cloth: Colour) -> Theme {
    let tries = GOALS.map(|goal| {
        let mut adapted = *theme;
        let mut taken = Vec::new();
        let mut reached = true;
        for role in [&mut adapted.aim, &mut adapted.object, &mut adapted.tangent, &mut adapted.scratch] {
            *role = readable_beside(*role, &taken, cloth, goal);
            reached &= slack(*role, &taken, cloth, goal) >= 1.0;
            taken.push(*role);
        }
        // Words are no lines: they may have the colour of one.
        adapted.text = readable_beside(theme.text, &[], cloth, goal);
        (reached, adapted)
    });
    let last = tries.last().map_or(*theme, |(_, adapted)| *adapted);
    tries.into_iter().find(|(reached, _)| *reached).map_or(last, |(_, adapted)| adapted)
}

/// How different two cloths look to the camera, in Oklab.
#[must_use]
pub fn between_cloths(a: Colour, b: Colour) -> f32 {
    seen(None, a).distance(&seen(None, b))
}

/// Linear light of a colour, 0 to 1.
fn linear(colour: Colour) -> [f32; 3] {
    let [red, green, blue, _] = colour.light(1.0);
    [red, green, blue]
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOTHS: [(&str, Colour); 8] = [
        ("green", Colour::new(30, 110, 60)),
        ("dark green", Colour::new(20, 90, 50)),
        ("blue", Colour::new(40, 100, 170)),
        ("electric blue", Colour::new(20, 120, 190)),
        ("red", Colour::new(150, 30, 35)),
        ("burgundy", Colour::new(100, 20, 35)),
        ("grey", Colour::new(110, 110, 112)),
        ("charcoal", Colour::new(50, 50, 52)),
    ];

    #[test]
    fn every_role_can_be_read_on_every_cloth_and_told_from_the_others() {
        for (name, cloth) in CLOTHS {
            let Theme { aim, object, tangent, scratch, text, .. } = readable(&Theme::default(), cloth);
            let roles = [aim, object, tangent, scratch];
            for (i, role) in roles.into_iter().enumerate() {
                let contrast = from_cloth(role, cloth);
                assert!(contrast >= FROM_CLOTH, "{role} on {name}: {contrast}");
                for other in &roles[..i] {
                    let apart = from_each_other(role, *other, cloth);
                    assert!(apart >= FROM_EACH_OTHER, "{role} and {other} on {name}: {apart}");
                }
            }
            assert!(from_cloth(text, cloth) >= FROM_CLOTH);
            let least = roles.into_iter().map(|role| from_cloth(role, cloth)).fold(1.0, f32::min);
            // Nothing but light of its own colour comes off a deep red cloth.
            assert!(least >= 0.12 || name == "red", "{name}: {least}");
        }
    }

    #[test]
    fn what_is_lost_on_a_cloth_is_whitened_and_what_is_not_stays() {
        let (blue, red_cloth) = (Colour::new(0, 0, 255), CLOTHS[4].1);
        assert!(from_cloth(blue, red_cloth) < FROM_CLOTH);
        let better = readable_beside(blue, &[], red_cloth, FROM_CLOTH);
        assert!(from_cloth(better, red_cloth) >= FROM_CLOTH);
        assert!(better.blue > better.red && better.blue > better.green, "still bluish: {better}");
        assert_eq!(readable(&Theme::default(), CLOTHS[6].1), Theme::default());
    }

    #[test]
    fn odd_cloths_are_no_trouble() {
        for cloth in [Colour::new(0, 0, 0), Colour::new(255, 255, 255), Colour::new(255, 0, 0)] {
            assert!(from_cloth(readable(&Theme::default(), cloth).aim, cloth) >= FROM_CLOTH);
        }
    }
}
