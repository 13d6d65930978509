//! Ball sets: the available ones and the colours of their balls.

mod palette;
mod recognition;

use billiards_table::{BallLabel, PlainColour};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

pub(super) use palette::{Kind, Marking, Palette};
pub(super) use recognition::Recognition;

/// A set of balls. Every set contains the white cue ball; a numbered set also contains the black 8.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallSet {
    /// Name of the set.
    pub name: String,
    /// Colours of the other balls.
    pub colours: Vec<BallColour>,
}

/// One colour of a set, of numbered balls or of balls without a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallColour {
    /// Numbers of the solid (1 to 7) and of the stripe (9 to 15) with this colour; `None` for balls without a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<[u8; 2]>,
    /// Number of balls with this colour, 1 to 22, if they have no numbers; `None` for numbered balls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u8>,
    /// Name that players use; for balls without a number one of the names that [`PlainColour`] knows.
    pub name: String,
    /// Hue in degrees, saturation and value from 0 to 1, white-balanced. Saturation is the magnitude of the chroma (the
    /// projection of the colour cube along its grey diagonal) over the value.
    pub hsv: [f32; 3],
}

/// Reason why a ball set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BallSetError {
    /// The file cannot be read.
    #[error("cannot read the ball set ({source}): {} (expected `auto`, {}, or a TOML file like assets/ball-sets/american.toml)", path.display(), names())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Cause of the failure.
        source: std::io::Error,
    },
    /// The file is not a ball set.
    #[error("not a ball set ({}): {}", reason.lines().collect::<Vec<_>>().join(" "), path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// Description of the error and its place.
        reason: String,
    },
}

/// Built-in sets. The first is assumed until the balls match another one.
const SHIPPED: &[&str] = &[
    include_str!("../../../../assets/ball-sets/american.toml"),
    include_str!("../../../../assets/ball-sets/tv.toml"),
    include_str!("../../../../assets/ball-sets/snooker.toml"),
    include_str!("../../../../assets/ball-sets/english.toml"),
    include_str!("../../../../assets/ball-sets/carom.toml"),
];

/// Returns the names of the built-in sets as a list in words.
fn names() -> String {
    BallSet::shipped().map(|set| format!("`{}`", set.name)).collect::<Vec<_>>().join(", ")
}

impl BallSet {
    /// Returns the set of standard American pool balls.
    #[must_use]
    pub fn american() -> Self {
        Self::named("american").unwrap_or_else(|| Self { name: "none".to_owned(), colours: Vec::new() })
    }

    /// Returns the built-in set of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::shipped().find(|set| set.name == name)
    }

    /// Returns all built-in sets, American first.
    pub fn shipped() -> impl Iterator<Item = Self> {
        SHIPPED.iter().filter_map(|text| toml::from_str(text).ok())
    }

    /// Returns the number of its balls without the cue ball and, in a numbered set, the black 8.
    pub(super) fn coloured_balls(&self) -> usize {
        self.colours.iter().flat_map(BallColour::labels).map(|(.., count)| count).sum()
    }

    /// Returns whether its balls have numbers.
    pub(super) fn is_numbered(&self) -> bool {
        self.colours.iter().any(|colour| colour.numbers.is_some())
    }

    /// Returns a built-in set by its name, or loads a TOML file; `None` for `auto`: the set is then recognised from the
    /// balls.
    ///
    /// # Errors
    /// The file cannot be read, or holds no valid set.
    pub fn choose(name: &str) -> Result<Option<Self>, BallSetError> {
        if name == "auto" { Ok(None) } else { Self::load(name).map(Some) }
    }

    /// Returns a built-in set by its name, or loads a TOML file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no valid set.
    pub fn load(name: &str) -> Result<Self, BallSetError> {
        if let Some(set) = Self::named(name) {
            return Ok(set);
        }
        let path = Path::new(name);
        let text =
            std::fs::read_to_string(path).map_err(|source| BallSetError::Read { path: path.to_owned(), source })?;
        let invalid = |reason: String| BallSetError::Invalid { path: path.to_owned(), reason };
        let set: Self = toml::from_str(&text).map_err(|e| invalid(e.message().to_owned()))?;
        set.colours.iter().try_for_each(BallColour::check).map_err(invalid)?;
        Ok(set)
    }
}

impl BallColour {
    /// Returns the labels of this colour, each with its marking and the number of balls that have it.
    fn labels(&self) -> Vec<(BallLabel, Marking, usize)> {
        match (self.numbers, self.count) {
            (Some([solid, stripe]), _) => {
                vec![(BallLabel::Number(solid), Marking::Spot, 1), (BallLabel::Number(stripe), Marking::Band, 1)]
            }
            (None, count) => PlainColour::named(&self.name)
                .map(|colour| (BallLabel::Colour(colour), Marking::Plain, usize::from(count.unwrap_or(1))))
                .into_iter()
                .collect(),
        }
    }

    fn check(&self) -> Result<(), String> {
        match (self.numbers, self.count) {
            (Some([solid, stripe]), None) if !(1..=7).contains(&solid) || stripe != solid + 8 => Err(format!(
                "`{}` has the numbers {solid} and {stripe}; a solid from 1 to 7 and the stripe 8 above it are needed",
                self.name
            )),
            (None, Some(0 | 23..)) => Err(format!("`{}` has a count that is not from 1 to 22", self.name)),
            (None, Some(_)) if PlainColour::named(&self.name).is_none() => Err(format!(
                "`{}` is not the name of a ball without a number; {} are",
                self.name,
                PlainColour::ALL.map(PlainColour::name).join(", ")
            )),
            (Some(_), None) | (None, Some(_)) => self.check_hsv(),
            (Some(_), Some(_)) | (None, None) => {
                Err(format!("`{}` needs either its two numbers or the count of its balls", self.name))
            }
        }
    }

    fn check_hsv(&self) -> Result<(), String> {
        let [h, s, v] = self.hsv;
        if (0.0..=360.0).contains(&h) && (0.0..=1.0).contains(&s) && (0.0..=1.0).contains(&v) {
            return Ok(());
        }
        Err(format!(
            "`{}` has hsv [{h}, {s}, {v}]; hue from 0 to 360, saturation and value from 0 to 1 are needed",
            self.name
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_set_is_valid() {
        assert_eq!(BallSet::shipped().count(), SHIPPED.len());
        for set in BallSet::shipped() {
            for colour in &set.colours {
                colour.check().expect("a valid colour");
            }
        }
    }

    #[test]
    fn numbered_sets_have_every_number() {
        for name in ["american", "tv"] {
            let set = BallSet::named(name).expect("built in");
            let mut numbers: Vec<u8> = set.colours.iter().filter_map(|c| c.numbers).flatten().collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15]);
        }
    }

    #[test]
    fn sets_without_numbers_are_complete() {
        let balls = |name| {
            let set = BallSet::named(name).expect("built in");
            set.colours.iter().flat_map(BallColour::labels).map(|(_, _, count)| count).sum::<usize>()
        };
        assert_eq!((balls("snooker"), balls("english")), (21, 15));
    }

    #[test]
    fn a_bad_set_says_what_is_wrong() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("set.toml");
        let load = |text: &str| {
            std::fs::write(&path, text).expect("writes");
            BallSet::load(path.to_str().expect("UTF-8")).expect_err("refused").to_string()
        };
        let colour = "name = 'x'\n[[colours]]\nname = 'red'\n";
        assert!(load(&format!("{colour}numbers = [3, 12]\nhsv = [0, 1, 1]")).contains("numbers 3 and 12"));
        assert!(load(&format!("{colour}numbers = [3, 11]\nhsv = [0, 7, 1]")).contains("saturation"));
        assert!(load(&format!("{colour}count = 0\nhsv = [0, 1, 1]")).contains("count"));
        assert!(load(&format!("{colour}hsv = [0, 1, 1]")).contains("either"));
        assert!(load("name = 'x'\n[[colours]]\nname = 'mauve'\ncount = 1\nhsv = [0, 1, 1]").contains("mauve"));
        assert!(load("name = 'x'").contains("colours"));
        assert!(BallSet::load("no-such-set").expect_err("missing").to_string().contains("no-such-set"));
    }

    #[test]
    fn a_set_is_chosen_by_name_or_left_open() {
        assert_eq!(BallSet::choose("auto").expect("a choice"), None);
        assert_eq!(BallSet::choose("tv").expect("a choice"), BallSet::named("tv"));
    }
}
