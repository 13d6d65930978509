//! Colours of a set under the light of one table: the set's own, corrected by observation.

use crate::identity::{Evidence, Identity, cone_of};
use billiards_table::{BallClass, BallColour, BallLabel, BallLooks, BallSet};
use std::collections::BTreeMap;

/// A set of balls and its colours under this table's light.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette {
    set: BallSet,
    /// Corrections, one for each of the set's colours.
    learned: Vec<Learned>,
}

/// Learned correction of one colour.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Learned {
    /// Offset of the colour from the set's, in the colour cone.
    shift: [f32; 3],
    /// Number of sightings that it comes from.
    sightings: f32,
}

/// Distribution of white and colour on a ball.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marking {
    /// White all over.
    White,
    /// Coloured all over.
    Plain,
    /// Coloured, with a white spot for the number.
    Spot,
    /// White, with a band of colour.
    Band,
}

impl Marking {
    /// Returns the marking of the balls of a label.
    fn of(label: BallLabel) -> Self {
        match label.class() {
            Some(BallClass::Cue) => Self::White,
            Some(BallClass::Solid | BallClass::Eight) => Self::Spot,
            Some(BallClass::Stripe) => Self::Band,
            Some(BallClass::Other) | None => Self::Plain,
        }
    }
}

/// Balls of one label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kind {
    /// Label of the balls.
    pub label: BallLabel,
    /// Number of such balls.
    pub count: usize,
    /// Distribution of white on them.
    pub marking: Marking,
    /// Colours that such a ball may have.
    pub colours: Vec<Tone>,
}

/// A colour as it appears on one table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tone {
    /// Position in the colour cone.
    pub at: [f32; 3],
    /// Spread of its sightings around there, root mean square along each axis.
    pub spread: f32,
}

impl Tone {
    /// Returns the logarithm of the likelihood of seeing this colour at a place in the cone, relative to the likeliest
    /// place.
    pub fn log_likelihood(&self, seen: [f32; 3]) -> f32 {
        -0.5 * (distance(seen, self.at) / self.spread).powi(2)
    }
}

/// Position of the black 8 in the colour cone: glare and the cloth keep it from being quite black.
const BLACK: [f32; 3] = [0.0, 0.0, 0.16];

/// Spread of a colour over tables, lights and cameras, in the cone; neighbours of a set are 0.35 apart.
const WIDE: f32 = 0.13;

/// Spread of a colour on one table, from shade, glare and projected light, in the cone.
const NARROW: f32 = 0.08;

/// Minimum confidence of an identity to learn from.
const SURE: f32 = 0.95;

/// Weight of a set's own colour, in sightings.
const PRIOR: f32 = 5.0;

/// Number of sightings after which older ones are forgotten, because light changes.
const MEMORY: f32 = 60.0;

/// Maximum shift of a colour in the cone: half the distance between neighbours.
const FARTHEST: f32 = 0.2;

impl From<BallSet> for Palette {
    fn from(set: BallSet) -> Self {
        Self { learned: vec![Learned::default(); set.colours.len()], set }
    }
}

impl Palette {
    /// Learns from balls that were identified with confidence.
    pub fn learn<'a>(&mut self, named: impl IntoIterator<Item = (&'a Evidence, &'a Identity)>) {
        self.learned.resize(self.set.colours.len(), Learned::default());
        for (evidence, identity) in named {
            let Some(seen) = evidence.colour().filter(|_| identity.confidence > SURE) else { continue };
            let has_label = |colour: &BallColour| colour.labels().iter().any(|(label, _)| *label == identity.label);
            let of_label = self.set.colours.iter().zip(&mut self.learned).filter(|(colour, _)| has_label(colour));
            let nearest = of_label.min_by(|(a, p), (b, q)| {
                distance(seen, p.apply(a.hsv).at).total_cmp(&distance(seen, q.apply(b.hsv).at))
            });
            if let Some((colour, learned)) = nearest {
                learned.add(seen, cone_of(colour.hsv));
            }
        }
    }

    /// Returns the set's name and the colours of its balls. If a set has several colours for one label, it is the most
    /// often seen one; the colours are the set's own, so that they do not fluctuate.
    pub fn looks(&self) -> BallLooks {
        let mut seen: BTreeMap<BallLabel, (f32, [u8; 3])> = BTreeMap::new();
        for (colour, learned) in self.set.colours.iter().zip(&self.learned) {
            let own = (learned.sightings, colour.rgb());
            for (label, _) in colour.labels() {
                let most = seen.entry(label).or_insert(own);
                if own.0 > most.0 {
                    *most = own;
                }
            }
        }
        BallLooks {
            set: self.set.name.clone(),
            colours: seen.into_iter().map(|(label, (_, rgb))| (label, rgb)).collect(),
        }
    }

    /// Returns the balls of the set as they appear on this table, the cue ball first.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let kind = |label, count, colours| Kind { label, count, marking: Marking::of(label), colours };
        let mut kinds = vec![kind(BallLabel::Cue, 1, Vec::new())];
        if self.set.is_numbered() {
            kinds.push(kind(BallLabel::Number(8), 1, vec![Tone { at: BLACK, spread: WIDE }]));
        }
        for (i, colour) in self.set.colours.iter().enumerate() {
            let seen = self.learned.get(i).copied().unwrap_or_default().apply(colour.hsv);
            for (label, count) in colour.labels() {
                match kinds.iter_mut().find(|kind| kind.label == label) {
                    Some(kind) => kind.colours.push(seen),
                    None => kinds.push(kind(label, count, vec![seen])),
                }
            }
        }
        kinds
    }
}

impl Learned {
    /// Returns the appearance of a colour of the set here.
    fn apply(&self, hsv: [f32; 3]) -> Tone {
        let own = cone_of(hsv);
        let unknown = PRIOR / (PRIOR + self.sightings);
        let spread = (NARROW.powi(2) + unknown * (WIDE.powi(2) - NARROW.powi(2))).sqrt();
        Tone { at: std::array::from_fn(|c| own[c] + self.shift[c]), spread }
    }

    /// Adds a sighting of the colour whose position in the cone is `own`.
    fn add(&mut self, seen: [f32; 3], own: [f32; 3]) {
        let rate = 1.0 / (PRIOR + self.sightings + 1.0);
        self.sightings = (self.sightings + 1.0).min(MEMORY);
        let shift: [f32; 3] = std::array::from_fn(|c| self.shift[c] + rate * (seen[c] - own[c] - self.shift[c]));
        let size = shift.iter().map(|s| s * s).sum::<f32>().sqrt();
        self.shift = shift.map(|s| s * (FARTHEST / size.max(FARTHEST)));
    }
}

/// Returns the distance between two colours in the cone.
fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Appearance;

    fn sighting(hsv: [f32; 3]) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.add(Appearance { colour: Some(hsv), stripe_error: 0.15, ..Appearance::default() });
        evidence
    }

    #[test]
    fn a_palette_moves_towards_what_is_seen_but_not_far() {
        let mut palette = Palette::from(BallSet::american());
        let green = Identity { label: BallLabel::Number(6), class: BallClass::Solid, confidence: 0.99 };
        let colour = |palette: &Palette| {
            palette.kinds().into_iter().find(|kind| kind.label == green.label).expect("a 6").colours[0].at
        };
        let before = colour(&palette);
        let seen = sighting([150.0, 0.7, 0.6]);
        let wanted = seen.colour().expect("a colour");
        (0..200).for_each(|_| palette.learn([(&seen, &green)]));
        assert!(distance(colour(&palette), wanted) < 0.3 * distance(before, wanted));
        let strange = sighting([60.0, 0.9, 1.0]);
        (0..500).for_each(|_| palette.learn([(&strange, &green)]));
        assert!(distance(colour(&palette), before) < FARTHEST + 1e-3);
        let doubtful = Identity { confidence: 0.6, ..green };
        let before = palette.clone();
        palette.learn([(&seen, &doubtful)]);
        assert_eq!(palette, before);
    }

    #[test]
    fn of_the_colours_of_a_number_the_one_that_lies_here_is_told() {
        let mut palette = Palette::from(BallSet::american());
        let maroon = palette.looks();
        assert_eq!((maroon.set.as_str(), maroon.colours.len()), ("american", 14));
        let burgundy = Identity { label: BallLabel::Number(7), class: BallClass::Solid, confidence: 0.99 };
        palette.learn([(&sighting([358.0, 0.58, 0.60]), &burgundy)]);
        let [red, green, blue] = palette.looks().colours[&BallLabel::Number(7)];
        assert!(red > 140 && green < blue, "{red} {green} {blue}");
        assert_eq!(palette.looks().colours[&BallLabel::Number(15)], [red, green, blue]);
        assert_ne!(palette.looks(), maroon);
    }
}
