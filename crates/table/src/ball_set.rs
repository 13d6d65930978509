//! Ball sets: the shipped ones, and the colours of their balls.

use super::{
    ball::{BallLabel, PlainColour},
    document,
    table::TableSpec,
    table_kind::TableName,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fmt, iter,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Name and text of each file of `assets/ball-sets`.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/ball_sets.rs"));

/// Name of the set of American pool balls.
const AMERICAN: &str = "american";

/// A set of balls. Every set contains the white cue ball; a numbered set also contains the black 8.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallSet {
    /// Name of the set; for a shipped one that of its file without the extension.
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
    #[error("cannot read the ball set ({reason}): {} (expected `auto`, {}, or a TOML file like assets/ball-sets/american.toml)", path.display(), BallSet::names())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Cause of the failure.
        reason: String,
    },
    /// The file is not a ball set.
    #[error("not a ball set ({reason}): {}", path.display())]
    Invalid {
        /// Path of the file.
        path: PathBuf,
        /// Description of the error and its place.
        reason: String,
    },
}

impl BallSet {
    /// Returns the set of standard American pool balls.
    #[must_use]
    pub fn american() -> Self {
        Self::named(AMERICAN).unwrap_or_else(|| Self { name: "none".to_owned(), colours: Vec::new() })
    }

    /// Returns the shipped set of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::shipped().find(|set| set.name == name)
    }

    /// Returns all shipped sets, American first, the others in the order of their files.
    pub fn shipped() -> impl Iterator<Item = Self> {
        static SHIPPED: OnceLock<Vec<BallSet>> = OnceLock::new();
        let read = || {
            let sets = FILES.iter().filter_map(|(_, text)| toml::from_str::<Self>(text).ok());
            let (american, others): (Vec<_>, Vec<_>) = sets.partition(|set| set.name == AMERICAN);
            american.into_iter().chain(others).collect()
        };
        SHIPPED.get_or_init(read).iter().cloned()
    }

    /// Returns the names of the shipped sets as a list in words.
    #[must_use]
    pub fn names() -> String {
        Self::shipped().map(|set| format!("`{}`", set.name)).collect::<Vec<_>>().join(", ")
    }

    /// Returns the set that is usual on a table: the first one that its file names, and American balls on a table whose
    /// dimensions the operator gave.
    #[must_use]
    pub fn of_table(table: &TableSpec) -> Self {
        let TableName::Shipped(kind) = table.kind else { return Self::american() };
        kind.ball_sets().first().and_then(|name| Self::named(name)).unwrap_or_else(Self::american)
    }

    /// Returns the label of each ball, the cue ball first: the numbers in order, or each colour as often as there are
    /// balls of it.
    #[must_use]
    pub fn balls(&self) -> Vec<BallLabel> {
        let (numbered, plain): (Vec<_>, Vec<_>) = self.colours.iter().partition(|colour| colour.numbers.is_some());
        let eight = self.is_numbered().then_some(BallLabel::Number(8));
        let numbers: BTreeSet<BallLabel> =
            numbered.iter().flat_map(|colour| colour.labels()).map(|(label, _)| label).chain(eight).collect();
        let plain =
            plain.iter().flat_map(|colour| colour.labels()).flat_map(|(label, count)| iter::repeat_n(label, count));
        iter::once(BallLabel::Cue).chain(numbers).chain(plain).collect()
    }

    /// Returns the share of the balls with these labels that the set has: of each label no more than its own.
    #[must_use]
    pub fn share_of(&self, labels: &[BallLabel]) -> f64 {
        let mut own = self.balls();
        let held = labels
            .iter()
            .filter(|label| own.iter().position(|other| other == *label).map(|i| own.swap_remove(i)).is_some());
        held.count() as f64 / labels.len().max(1) as f64
    }

    /// Returns whether its balls have numbers.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.colours.iter().any(|colour| colour.numbers.is_some())
    }

    /// Returns a shipped set by its name, or the set of a TOML file, which `read` reads; `None` for `auto`: the set is
    /// then recognised from the balls.
    ///
    /// # Errors
    /// The file cannot be read, or holds no valid set.
    pub fn choose<E: fmt::Display>(
        name: &str,
        read: impl FnOnce(&Path) -> Result<String, E>,
    ) -> Result<Option<Self>, BallSetError> {
        if name == "auto" { Ok(None) } else { Self::load(name, read).map(Some) }
    }

    fn load<E: fmt::Display>(name: &str, read: impl FnOnce(&Path) -> Result<String, E>) -> Result<Self, BallSetError> {
        if let Some(set) = Self::named(name) {
            return Ok(set);
        }
        let path = Path::new(name);
        let text =
            read(path).map_err(|error| BallSetError::Read { path: path.to_owned(), reason: error.to_string() })?;
        let invalid = |reason: String| BallSetError::Invalid { path: path.to_owned(), reason };
        let set: Self = document::from_toml(&text).map_err(|error| invalid(error.to_string()))?;
        set.colours.iter().try_for_each(BallColour::check).map_err(invalid)?;
        Ok(set)
    }
}

impl BallColour {
    /// Returns the labels of this colour, each with the number of balls that have it.
    #[must_use]
    pub fn labels(&self) -> Vec<(BallLabel, usize)> {
        match (self.numbers, self.count) {
            (Some(numbers), _) => numbers.map(|number| (BallLabel::Number(number), 1)).to_vec(),
            (None, count) => PlainColour::named(&self.name)
                .map(|colour| (BallLabel::Colour(colour), usize::from(count.unwrap_or(1))))
                .into_iter()
                .collect(),
        }
    }

    /// Returns red, green and blue of the colour under white light.
    #[must_use]
    pub fn rgb(&self) -> [u8; 3] {
        let [hue, saturation, value] = self.hsv;
        let (sin, cos) = hue.to_radians().sin_cos();
        let (a, b) = (saturation * value * cos, saturation * value * sin);
        // Channels relative to their mean; the brightest is the value.
        let channels = [2.0 / 3.0 * a, b / 3_f32.sqrt() - a / 3.0, -b / 3_f32.sqrt() - a / 3.0];
        let mean = value - channels[0].max(channels[1]).max(channels[2]);
        channels.map(|channel| (255.0 * (mean + channel).clamp(0.0, 1.0)).round() as u8)
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
    use crate::TableKind;

    #[test]
    fn every_file_is_a_set_of_its_name() {
        let names: BTreeSet<String> = BallSet::shipped().map(|set| set.name).collect();
        let files: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(names, files);
        assert_eq!(BallSet::shipped().next(), Some(BallSet::american()));
        for set in BallSet::shipped() {
            for colour in &set.colours {
                colour.check().expect("a valid colour");
            }
        }
    }

    #[test]
    fn every_table_names_sets_that_are_shipped() {
        for kind in TableKind::all() {
            assert!(!kind.ball_sets().is_empty(), "{kind}");
            for name in kind.ball_sets() {
                assert!(BallSet::named(name).is_some(), "{kind}: {name}");
            }
            assert_eq!(BallSet::of_table(&kind.spec()).name, kind.ball_sets()[0]);
        }
        let custom = TableSpec { kind: TableName::Custom, ..TableKind::NINE_FOOT.spec() };
        assert_eq!(BallSet::of_table(&custom), BallSet::american());
    }

    #[test]
    fn numbered_sets_have_every_number() {
        let wanted: Vec<BallLabel> = iter::once(BallLabel::Cue).chain((1..=15).map(BallLabel::Number)).collect();
        for name in ["american", "tv", "tv-black"] {
            let set = BallSet::named(name).expect("shipped");
            assert!(set.is_numbered());
            assert_eq!(set.balls(), wanted);
        }
    }

    #[test]
    fn sets_without_numbers_are_complete() {
        let count = |name, label| {
            let set = BallSet::named(name).expect("shipped");
            assert!(!set.is_numbered());
            set.balls().into_iter().filter(|ball| label == BallLabel::Unknown || *ball == label).count()
        };
        let all = |name| count(name, BallLabel::Unknown);
        assert_eq!((all("snooker"), all("english"), all("english-blue"), all("carom")), (22, 16, 16, 3));
        assert_eq!(count("snooker", BallLabel::Colour(PlainColour::Red)), 15);
        assert_eq!(count("english", BallLabel::Colour(PlainColour::Yellow)), 7);
        assert_eq!(count("carom", BallLabel::Cue), 1);
    }

    #[test]
    fn a_set_knows_its_balls() {
        for set in BallSet::shipped() {
            assert_eq!(set.share_of(&set.balls()), 1.0, "{}", set.name);
        }
        let american = BallSet::american();
        assert_eq!(american.share_of(&[BallLabel::Colour(PlainColour::Pink), BallLabel::Unknown]), 0.0);
        let yellows = [BallLabel::Colour(PlainColour::Yellow); 4];
        let share = |name| BallSet::named(name).expect("shipped").share_of(&yellows);
        assert_eq!((share("english"), share("snooker")), (1.0, 0.25));
    }

    #[test]
    fn a_bad_set_says_what_is_wrong() {
        let load = |text: &str| {
            let read = |_: &Path| Ok::<_, &str>(text.to_owned());
            BallSet::choose("mine.toml", read).expect_err("refused").to_string()
        };
        let colour = "name = 'x'\n[[colours]]\nname = 'red'\n";
        assert!(load(&format!("{colour}numbers = [3, 12]\nhsv = [0, 1, 1]")).contains("numbers 3 and 12"));
        assert!(load(&format!("{colour}numbers = [3, 11]\nhsv = [0, 7, 1]")).contains("saturation"));
        assert!(load(&format!("{colour}count = 0\nhsv = [0, 1, 1]")).contains("count"));
        assert!(load(&format!("{colour}hsv = [0, 1, 1]")).contains("either"));
        assert!(load("name = 'x'\n[[colours]]\nname = 'mauve'\ncount = 1\nhsv = [0, 1, 1]").contains("mauve"));
        assert!(load("name = 'x'").contains("colours"));
        let wrong = load(&format!("{colour}count = 'three'"));
        assert!(wrong.contains("line 4, column 9: colours[0].count: invalid type: string"), "{wrong}");
        let unread =
            BallSet::choose("no-such-set", |_| Err("it is larger than 1 MB")).expect_err("missing").to_string();
        assert!(unread.contains("no-such-set") && unread.contains("larger than 1 MB"), "{unread}");
    }

    #[test]
    fn a_set_is_chosen_by_name_or_left_open() {
        let choose = |name: &str| BallSet::choose(name, |_| Err("no file is read")).expect("a choice");
        assert_eq!((choose("auto"), choose("tv")), (None, BallSet::named("tv")));
    }
}
