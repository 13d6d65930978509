//! Appearance of one ball in one picture, independent of the set it belongs to.

use super::{
    light::Light,
    pattern::{self, PLACES, Places},
    pixel::{brightest, chroma, hsv, median, quantile, saturation},
};
use crate::{disc::Disc, grids::FineVector, scene::Scene};
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

/// White-balanced appearance of one ball in one picture.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Appearance {
    /// Share of the visible disc that is white, 0 to 1.
    pub white: f32,
    /// Hue in degrees, saturation and value (0 to 1) of the coloured part; `None` if hardly anything is coloured.
    pub colour: Option<[f32; 3]>,
    /// Share of the disc that does not fit the best solid: one colour with a number spot.
    pub solid_error: f32,
    /// Share of the disc that does not fit the best stripe: a band of colour between white caps.
    pub stripe_error: f32,
    /// Share of a ball's radius that the disc falls short of; 0 if it is as large as a ball or larger.
    pub shortfall: f32,
}

/// Returns the appearances of all discs of a scene with balls of this radius over the table's longer side.
pub(crate) fn appearances(scene: &Scene, discs: &[Disc], radius_share: f64) -> Vec<Appearance> {
    let light = Light::new(scene);
    let sightings: Vec<Sighting> = discs.iter().map(|disc| Sighting::new(scene, &light, disc, discs)).collect();
    let white = white_point(&sightings);
    let shortfall = |disc: &Disc| {
        let radius = scene.radius_at(radius_share, disc.centre);
        // A streak is as wide as the ball or, if it is faint, narrower.
        if disc.blurred || radius <= 0.0 { 0.0 } else { (1.0 - disc.radius / radius).max(0.0) as f32 }
    };
    let appearance = |(sighting, disc): (&Sighting, &Disc)| Appearance {
        shortfall: shortfall(disc),
        ..sighting.balanced(white).appearance()
    };
    sightings.iter().zip(discs).map(appearance).collect()
}

/// Pixels of one ball: blue, green, red.
struct Sighting {
    /// Pixels at the places of [`pattern::places`].
    pixels: Vec<[f32; 3]>,
    /// Places that may show something else: cloth, or another ball.
    foreign: Places,
    /// Colour of the cloth around the ball.
    ground: Option<[f32; 3]>,
}

/// Index of the first place so far out that it may show cloth if the radius is slightly wrong.
const RIM: usize = PLACES * 6 / 10;

/// Number of places in the inner half of the disc's radius.
const INNER: usize = PLACES * 3 / 10;

impl Sighting {
    fn new(scene: &Scene, light: &Light, disc: &Disc, discs: &[Disc]) -> Self {
        let at = |[x, y]: [f32; 2]| {
            let place = disc.centre.to_f32() + euclid::vec2(x, y) * disc.radius as f32;
            scene.picture.sample(place.to_f64())
        };
        let is_cloth = |pixel: &[f32; 3]| scene.cloth.is_some_and(|cloth| cloth.matches(*pixel));
        let pixels: Vec<[f32; 3]> = pattern::places().map(at).collect();
        let mut foreign = Places::default();
        let suspect = pixels.iter().enumerate().skip(RIM).filter(|(_, pixel)| is_cloth(pixel));
        suspect.for_each(|(i, _)| pattern::mark(&mut foreign, i));
        // Seen from the side a ball may stand in front of another.
        for other in discs.iter().filter(|other| *other != disc && other.distance(disc) < other.radius + disc.radius) {
            let hidden = |[x, y]: [f32; 2]| {
                let offset = FineVector::new(f64::from(x), f64::from(y)) * disc.radius;
                other.covers(disc.centre + offset, 1.0)
            };
            pattern::places().enumerate().filter(|(_, p)| hidden(*p)).for_each(|(i, _)| pattern::mark(&mut foreign, i));
        }
        let around = (0..16).map(|i| (TAU * i as f32 / 16.0).sin_cos()).map(|(sin, cos)| at([1.4 * cos, 1.4 * sin]));
        let around: Vec<[f32; 3]> = around.filter(is_cloth).collect();
        let ground = median(around, 4);
        let gain = light.gain(disc.centre);
        let lit = |pixel: [f32; 3]| pixel.map(|channel| channel * gain);
        Self { pixels: pixels.into_iter().map(lit).collect(), foreign, ground: ground.map(lit) }
    }

    /// Returns the white-balanced sighting.
    fn balanced(&self, white: [f32; 3]) -> Self {
        let balance = |pixel: &[f32; 3]| std::array::from_fn(|c| (pixel[c] / white[c]).min(1.2));
        let pixels: Vec<[f32; 3]> = self.pixels.iter().map(balance).collect();
        let ground = self.ground.as_ref().map(balance);
        let mut foreign = self.foreign;
        if let Some(tint) = ground.filter(|_| is_white_inside(&pixels)).map(chroma) {
            let tinted = pixels.iter().enumerate().filter(|(_, pixel)| is_tinted(chroma(**pixel), tint));
            tinted.for_each(|(i, _)| pattern::mark(&mut foreign, i));
        }
        Self { pixels, foreign, ground }
    }

    /// Returns the pixels that are the ball's own, with the indices of their places.
    fn own(&self) -> impl Iterator<Item = (usize, &[f32; 3])> {
        self.pixels.iter().enumerate().filter(|(i, _)| !pattern::holds(&self.foreign, *i))
    }

    /// Summarises a balanced sighting.
    fn appearance(&self) -> Appearance {
        let is_coloured = |pixel: &[f32; 3]| saturation(pixel) > COLOURED && brightest(pixel) > 0.5 * DARK;
        let own = median(self.own().map(|(_, pixel)| *pixel).filter(is_coloured).collect(), FEW);
        let (mut white, mut known) = (Places::default(), Places::default());
        for (i, pixel) in self.own() {
            let value = brightest(pixel);
            if value > DARK && is_pale(pixel, own) {
                if value < GREY || (i >= RIM && self.is_edge(pixel, own)) {
                    continue;
                }
                pattern::mark(&mut white, i);
            }
            pattern::mark(&mut known, i);
        }
        let body = self.own().filter(|(i, _)| pattern::holds(&known, *i) && !pattern::holds(&white, *i));
        let colour = median(body.map(|(_, pixel)| *pixel).collect(), FEW).map(hsv);
        let [solid_error, stripe_error] = pattern::pattern_errors(&white, &known);
        let share = pattern::count(&white) as f32 / pattern::count(&known).max(1) as f32;
        Appearance { white: share, colour, solid_error, stripe_error, shortfall: 0.0 }
    }

    /// Returns whether a pixel may be the ball's colour blurred into the cloth's: half way between them there is grey.
    fn is_edge(&self, pixel: &[f32; 3], own: Option<[f32; 3]>) -> bool {
        let (Some(own), Some(ground)) = (own, self.ground) else { return false };
        let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let way: [f32; 3] = std::array::from_fn(|c| ground[c] - own[c]);
        let gone: [f32; 3] = std::array::from_fn(|c| pixel[c] - own[c]);
        let share = (dot(way, gone) / dot(way, way).max(1e-3)).clamp(0.0, 1.0);
        let aside: [f32; 3] = std::array::from_fn(|c| gone[c] - share * way[c]);
        dot(aside, aside) < BLURRED.powi(2)
    }
}

/// Returns whether a pixel is white rather than of the ball's `own` colour. Only the component of a tint towards that
/// colour counts: the cloth's light tints white too.
fn is_pale(pixel: &[f32; 3], own: Option<[f32; 3]>) -> bool {
    let [a, b] = chroma(*pixel);
    let Some(own) = own else { return a.hypot(b) < PALE };
    let [x, y] = chroma(own);
    let size = x.hypot(y).max(1e-3);
    let limit = (0.5 * saturation(&own)).max(PALE);
    a.hypot(b) < limit.max(TINTED) && (a * x + b * y) / size < limit
}

/// Returns whether the middle of a ball is white.
fn is_white_inside(pixels: &[[f32; 3]]) -> bool {
    let pale = pixels.iter().take(INNER).filter(|p| saturation(p) < 0.35 && brightest(p) > GREY).count();
    pale * 10 > INNER * 8
}

/// Returns whether a colour lies between white and the cloth's: the cloth reflects on the lower half of a ball.
fn is_tinted([a, b]: [f32; 2], [x, y]: [f32; 2]) -> bool {
    let size = x.hypot(y).max(0.05);
    (a * x + b * y) / size > 0.5 * PALE && (a * y - b * x).abs() < 0.15 * size && a.hypot(b) < 1.2 * size
}

/// Minimum saturation of a pixel that certainly has the ball's colour.
const COLOURED: f32 = 0.4;

/// Maximum saturation of a pixel without colour.
const PALE: f32 = 0.28;

/// Maximum saturation of white that the cloth's light tints.
const TINTED: f32 = 0.45;

/// Maximum value of a pixel that is practically black.
const DARK: f32 = 0.3;

/// Maximum value of a pale pixel that may be white in the shade or a smudge, and so is no evidence.
const GREY: f32 = 0.5;

/// Minimum number of pixels for a colour.
const FEW: usize = PLACES / 16;

/// Maximum distance of blurred colours from the line between the ball's and the cloth's.
const BLURRED: f32 = 0.08;

/// Returns the colour of white under this light: the bright part of the pale pixels on balls.
fn white_point(balls: &[Sighting]) -> [f32; 3] {
    let mut values: Vec<f32> = balls.iter().flat_map(|ball| &ball.pixels).map(brightest).collect();
    let Some(high) = quantile(&mut values, 0.97) else { return [235.0; 3] };
    // Most of a cue ball, or as much of stripes; under warm or cool light it is less pale.
    let enough = |pale: &Vec<&[f32; 3]>| pale.len() > PLACES / 2;
    let paler = |limit: f32| {
        let pale = |pixel: &&[f32; 3]| brightest(pixel) > 0.5 * high && saturation(pixel) < limit;
        balls.iter().flat_map(|ball| &ball.pixels).filter(pale).collect::<Vec<_>>()
    };
    let Some(pale) = [0.35, 0.45, 0.55].into_iter().map(paler).find(enough) else { return [high; 3] };
    std::array::from_fn(|c| {
        let mut channel: Vec<f32> = pale.iter().map(|pixel| pixel[c]).collect();
        quantile(&mut channel, 0.75).unwrap_or(high).max(1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: [f32; 3] = [0.95, 0.98, 1.0];
    const RED: [f32; 3] = [0.25, 0.1, 0.85];
    const BLUE_CLOTH: [f32; 3] = [0.85, 0.5, 0.1];

    /// Returns a ball that `paint` colours by the place on its disc, under a lamp's light and on a cloth.
    fn ball(light: [f32; 3], paint: impl Fn([f32; 2]) -> [f32; 3]) -> Sighting {
        let lit = |pixel: [f32; 3]| std::array::from_fn(|c| 255.0 * light[c] * pixel[c]);
        Sighting {
            pixels: pattern::places().map(|place| lit(paint(place))).collect(),
            foreign: Places::default(),
            ground: Some(lit(BLUE_CLOTH)),
        }
    }

    fn stripe([_, y]: [f32; 2]) -> [f32; 3] {
        if y.abs() > 0.5 { WHITE } else { RED }
    }

    fn solid([x, y]: [f32; 2]) -> [f32; 3] {
        if x.hypot(y - 0.4) < 0.25 { WHITE } else { RED }
    }

    #[test]
    fn markings_are_told_apart_under_any_light() {
        for light in [[1.0; 3], [0.55, 0.8, 1.0], [0.9, 0.8, 0.65], [0.4; 3]] {
            let balls = [ball(light, |_| WHITE), ball(light, stripe), ball(light, solid), ball(light, |_| [0.1; 3])];
            let white = white_point(&balls);
            let [cue, stripe, solid, black] = balls.map(|ball| ball.balanced(white).appearance());
            assert!(cue.white > 0.99 && cue.colour.is_none(), "{light:?} {cue:?}");
            assert!(stripe.stripe_error + 0.05 < stripe.solid_error, "{light:?} {stripe:?}");
            assert!(solid.solid_error + 0.05 < solid.stripe_error, "{light:?} {solid:?}");
            assert!(black.white == 0.0 && black.colour.is_some_and(|[_, _, value]| value < 0.2), "{light:?} {black:?}");
            for appearance in [stripe, solid] {
                let [hue, _, value] = appearance.colour.expect("a colour");
                assert!((hue - 348.0).abs() < 12.0 && (value - 0.85).abs() < 0.1, "{light:?} {appearance:?}");
            }
        }
    }

    #[test]
    fn the_cloth_shines_on_white_without_colouring_it() {
        let shaded = |[_, y]: [f32; 2]| {
            let share = (y - 0.2).clamp(0.0, 0.6);
            std::array::from_fn(|c| WHITE[c] * (1.0 - share) + BLUE_CLOTH[c] * share)
        };
        let appearance = ball([1.0; 3], shaded).balanced([250.0; 3]).appearance();
        assert!(appearance.white > 0.97 && appearance.colour.is_none(), "{appearance:?}");
    }

    #[test]
    fn what_is_not_the_ball_is_not_looked_at() {
        let mut half = ball([1.0; 3], |[x, _]| if x > 0.0 { WHITE } else { RED });
        let right = pattern::places().enumerate().filter(|(_, [x, _])| *x > 0.0).map(|(i, _)| i);
        right.for_each(|i| pattern::mark(&mut half.foreign, i));
        assert_eq!(half.balanced([250.0; 3]).appearance().white, 0.0);
    }

    #[test]
    fn nothing_to_see_is_no_reason_to_stumble() {
        assert!(white_point(&[]).iter().all(|channel| *channel > 0.0));
        let dark = ball([0.0; 3], |_| WHITE);
        let white = white_point(std::slice::from_ref(&dark));
        assert!(dark.balanced(white).appearance().white.is_finite());
    }
}
