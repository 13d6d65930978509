//! Colours that are readable on the present cloth. Pure.
//!
//! A projector can only add light, and cloth reflects only its own colour. In each of the three channels
//!
//! ```text
//! seen = albedo · (ambient + projector),   dark cloth = albedo · ambient
//! ```
//!
//! so blue light is lost on red cloth, and yellow and white look alike there. The camera's picture gives the colour of
//! `albedo · ambient`; the albedo is assumed to be a half in its highest channel, and the projector to be twice as
//! bright as the lamps. Colours are compared in Oklab (B. Ottosson, "A perceptual color space for image processing",
//! 2020), in which black and white are 1 apart; 0.02 is just noticeable side by side.
//!
//! Thin lines far away are seen by their lightness, hardly by their hue. So every colour has to lighten the cloth by a
//! share of the effect of white light, and the colours of the three lines have to differ as well. A colour of the theme
//! that does not is replaced with the most similar one that does. Saturated cloths leave little of any hue: there the
//! lines are distinguished by lightness and by their patterns (`dashes.rs`).

use bevy_color::{LinearRgba, Oklaba, color_difference::EuclideanDistance};
use billiards_table::settings::{Colour, Theme};

/// Albedo of a cloth in its highest channel.
const ALBEDO: f32 = 0.5;
/// Minimum albedo of a cloth in any channel.
const MIN_ALBEDO: f32 = 0.01;
/// Ratio of the light of the projector's white to the light of the lamps, on the cloth: 2000 lumens on a table in 400
/// lux.
const PROJECTOR: f32 = 2.0;
/// Number of levels of each channel that are tried, from 0 to 255.
const LEVELS: u8 = 9;

/// Requirements on the colours of a theme.
#[derive(Debug, Clone, Copy)]
struct Goal {
    /// Minimum lightness that a colour adds to the cloth, as a share of what white adds.
    lightness: f32,
    /// Minimum distance between two colours on the cloth, in Oklab.
    apart: f32,
}

/// Goals, the best first. The last one can be reached on any cloth.
const GOALS: [Goal; 7] = [
    Goal { lightness: 0.65, apart: 0.1 },
    Goal { lightness: 0.65, apart: 0.08 },
    Goal { lightness: 0.55, apart: 0.1 },
    Goal { lightness: 0.55, apart: 0.08 },
    Goal { lightness: 0.65, apart: 0.06 },
    Goal { lightness: 0.55, apart: 0.06 },
    Goal { lightness: 0.45, apart: 0.05 },
];
/// Share of a goal's lightness required of the ring around the pocket that takes the cue ball: it is no thin line.
const SCRATCH_LIGHTNESS: f32 = 0.65;

/// Light of the projector, and its appearance.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    colour: Colour,
    /// Colour on a white screen.
    shown: Oklaba,
    /// Colour on the cloth.
    seen: Oklaba,
}

impl Candidate {
    fn new(colour: Colour, cloth: Colour) -> Self {
        let [red, green, blue] = linear(colour);
        Self { colour, shown: LinearRgba::rgb(red, green, blue).into(), seen: seen(Some(colour), cloth) }
    }
}

/// Colours that a projector can produce on one cloth.
struct Palette {
    cloth: Colour,
    /// Lightness of the cloth without the projector, and the lightness that white light adds to it.
    lightness: [f32; 2],
    candidates: Vec<Candidate>,
}

impl Palette {
    fn new(cloth: Colour) -> Self {
        let level = |i: u8| (f32::from(i) / f32::from(LEVELS - 1) * 255.0).round() as u8;
        let levels = || (0..LEVELS).map(level);
        let colours = levels()
            .flat_map(|red| levels().flat_map(move |green| levels().map(move |blue| Colour { red, green, blue })));
        let dark = seen(None, cloth).lightness;
        let white = seen(Some(Colour::new(255, 255, 255)), cloth).lightness;
        let candidates = colours.map(|colour| Candidate::new(colour, cloth)).collect();
        Self { cloth, lightness: [dark, white - dark], candidates }
    }

    /// Returns the colour most similar to `wanted` that reaches a goal together with the colours that are taken, and
    /// `true`; if no colour reaches it, the one that comes closest to it, and `false`.
    fn nearest(&self, wanted: Colour, taken: &[Oklaba], goal: Goal) -> (Candidate, bool) {
        let [dark, most] = self.lightness;
        let reached = |candidate: &Candidate| {
            let lightened = (candidate.seen.lightness - dark) / (goal.lightness * most).max(f32::MIN_POSITIVE);
            let apart = taken.iter().map(|other| candidate.seen.distance(other) / goal.apart);
            apart.fold(lightened, f32::min)
        };
        let wanted = Candidate::new(wanted, self.cloth);
        let all = || std::iter::once(&wanted).chain(&self.candidates);
        let unlike = |candidate: &Candidate| candidate.shown.distance(&wanted.shown);
        let good = all().filter(|candidate| reached(candidate) >= 1.0);
        let best = good.min_by(|a, b| unlike(a).total_cmp(&unlike(b)));
        match best {
            Some(best) => (*best, true),
            None => (*all().max_by(|a, b| reached(a).total_cmp(&reached(b))).unwrap_or(&wanted), false),
        }
    }

    /// Returns the theme with colours that reach a goal, and whether they all do.
    fn adapt(&self, theme: &Theme, goal: Goal) -> (Theme, bool) {
        let (aim, aim_reached) = self.nearest(theme.aim, &[], goal);
        let (object, object_reached) = self.nearest(theme.object, &[aim.seen], goal);
        let (tangent, tangent_reached) = self.nearest(theme.tangent, &[aim.seen, object.seen], goal);
        // Next to the ring of the other pocket.
        let ring = Goal { lightness: SCRATCH_LIGHTNESS * goal.lightness, ..goal };
        let (scratch, scratch_reached) = self.nearest(theme.scratch, &[object.seen], ring);
        // Text is not a line: it may have the colour of one.
        let (text, text_reached) = self.nearest(theme.text, &[], goal);
        let adapted = Theme {
            aim: aim.colour,
            object: object.colour,
            tangent: tangent.colour,
            scratch: scratch.colour,
            text: text.colour,
            ..*theme
        };
        (adapted, aim_reached && object_reached && tangent_reached && scratch_reached && text_reached)
    }
}

/// Returns the appearance of this light on a cloth that the camera sees in this colour; with `None`, that of the cloth
/// alone.
fn seen(light: Option<Colour>, cloth: Colour) -> Oklaba {
    let [cloth, light] = [Some(cloth), light].map(|colour| colour.map_or([0.0; 3], linear));
    let most = cloth.into_iter().fold(1e-6, f32::max);
    let channel = |i: usize| (cloth[i] / most * ALBEDO).max(MIN_ALBEDO) * (1.0 + PROJECTOR * light[i]);
    LinearRgba::rgb(channel(0), channel(1), channel(2)).into()
}

/// Returns the theme with colours that are readable on a cloth that the camera sees in this colour: they reach the best
/// goal that all of them can reach together. The most important line keeps its colour longest: the aim, then the object
/// ball, then the cue ball after the contact.
#[must_use]
pub fn readable(theme: &Theme, cloth: Colour) -> Theme {
    let palette = Palette::new(cloth);
    let mut last = *theme;
    for goal in GOALS {
        let (adapted, reached) = palette.adapt(theme, goal);
        last = adapted;
        if reached {
            break;
        }
    }
    last
}

/// Returns the difference of two cloths for the camera, in Oklab.
#[must_use]
pub fn between_cloths(a: Colour, b: Colour) -> f32 {
    seen(None, a).distance(&seen(None, b))
}

/// Returns the linear light of a colour, 0 to 1.
fn linear(colour: Colour) -> [f32; 3] {
    let [red, green, blue, _] = colour.light(1.0);
    [red, green, blue]
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOTHS: [(&str, Colour); 14] = [
        ("green", Colour::new(30, 110, 60)),
        ("dark green", Colour::new(20, 90, 50)),
        ("blue", Colour::new(40, 100, 170)),
        ("electric blue", Colour::new(20, 120, 190)),
        ("red", Colour::new(150, 30, 35)),
        ("burgundy", Colour::new(100, 20, 35)),
        ("grey", Colour::new(110, 110, 112)),
        ("charcoal", Colour::new(50, 50, 52)),
        ("black", Colour::new(24, 24, 26)),
        ("tan", Colour::new(170, 140, 95)),
        ("camel", Colour::new(190, 150, 100)),
        ("purple", Colour::new(80, 40, 120)),
        ("teal", Colour::new(14, 78, 84)),
        ("orange", Colour::new(210, 100, 20)),
    ];

    fn lightness_added(light: Colour, cloth: Colour) -> f32 {
        seen(Some(light), cloth).lightness - seen(None, cloth).lightness
    }

    fn from_each_other(a: Colour, b: Colour, cloth: Colour) -> f32 {
        seen(Some(a), cloth).distance(&seen(Some(b), cloth))
    }

    #[test]
    fn every_line_lightens_every_cloth_and_differs_from_the_others() {
        for (name, cloth) in CLOTHS {
            let Theme { aim, object, tangent, scratch, text, .. } = readable(&Theme::default(), cloth);
            for (role, least) in [(aim, 0.2), (text, 0.2), (object, 0.1), (tangent, 0.1), (scratch, 0.06)] {
                let added = lightness_added(role, cloth);
                assert!(added >= least, "{role} on {name}: {added}");
            }
            for (a, b) in [(aim, object), (aim, tangent), (object, tangent), (object, scratch)] {
                let apart = from_each_other(a, b, cloth);
                assert!(apart >= 0.05, "{a} and {b} on {name}: {apart}");
            }
        }
    }

    #[test]
    fn what_is_lost_on_a_cloth_is_lightened_and_what_is_not_stays() {
        let (blue, red_cloth) = (Colour::new(0, 0, 255), CLOTHS[4].1);
        assert!(lightness_added(blue, red_cloth) < 0.03);
        let better = readable(&Theme { aim: blue, ..Theme::default() }, red_cloth).aim;
        assert!(lightness_added(better, red_cloth) >= 0.1);
        assert!(better.blue >= better.red && better.blue > better.green, "still bluish: {better}");
        assert_eq!(readable(&Theme::default(), CLOTHS[6].1), Theme::default());
    }

    #[test]
    fn odd_cloths_are_no_trouble() {
        for cloth in [Colour::new(0, 0, 0), Colour::new(255, 255, 255), Colour::new(255, 0, 0)] {
            let most = lightness_added(Colour::new(255, 255, 255), cloth);
            let added = lightness_added(readable(&Theme::default(), cloth).aim, cloth);
            assert!(added >= 0.4 * most, "{cloth}: {added} of {most}");
        }
    }
}
