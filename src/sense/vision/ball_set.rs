//! The colours of a set of balls.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A set of numbered balls: which colour means which numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallSet {
    /// Its name.
    pub name: String,
    /// The colours, two numbers each: the solid and the stripe.
    pub colours: Vec<BallColour>,
}

/// One colour of a set.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallColour {
    /// The solid (1 to 7) and the stripe (9 to 15) of this colour.
    pub numbers: [u8; 2],
    /// What a player calls it.
    pub name: String,
    /// Hue in degrees, saturation and value from 0 to 1, white-balanced.
    pub hsv: [f32; 3],
}

/// A ball set that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BallSetError {
    /// The file cannot be read.
    #[error("cannot read the ball set ({source}): {} (expected `american` or a TOML file like assets/ball-sets/american.toml)", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a ball set.
    #[error("not a ball set ({}): {}", reason.lines().collect::<Vec<_>>().join(" "), path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        reason: String,
    },
}

impl BallSet {
    /// The set that is built in: standard American pool balls, television's pink 4 included.
    #[must_use]
    pub fn american() -> Self {
        let text = include_str!("../../../assets/ball-sets/american.toml");
        toml::from_str(text).expect("the built-in ball set is valid; a test reads it")
    }

    /// A built-in set by its name, or a TOML file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no valid set.
    pub fn load(name: &str) -> Result<Self, BallSetError> {
        if name == "american" {
            return Ok(Self::american());
        }
        let path = Path::new(name);
        let text =
            std::fs::read_to_string(path).map_err(|source| BallSetError::Read { path: path.to_owned(), source })?;
        let invalid = |reason: String| BallSetError::Invalid { path: path.to_owned(), reason };
        let set: Self = toml::from_str(&text).map_err(|e| invalid(e.message().to_owned()))?;
        for colour in &set.colours {
            let [solid, stripe] = colour.numbers;
            if !(1..=7).contains(&solid) || stripe != solid + 8 {
                return Err(invalid(format!(
                    "`{}` has the numbers {solid} and {stripe}; a solid from 1 to 7 and the stripe 8 above it are needed",
                    colour.name
                )));
            }
            let [h, s, v] = colour.hsv;
            if !((0.0..=360.0).contains(&h) && (0.0..=1.0).contains(&s) && (0.0..=1.0).contains(&v)) {
                return Err(invalid(format!(
                    "`{}` has hsv [{h}, {s}, {v}]; hue from 0 to 360, saturation and value from 0 to 1 are needed",
                    colour.name
                )));
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_set_has_every_number() {
        let mut numbers: Vec<u8> = BallSet::american().colours.iter().flat_map(|c| c.numbers).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15]);
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
        assert!(load("name = 'x'").contains("colours"));
        assert!(BallSet::load("no-such-set").expect_err("missing").to_string().contains("no-such-set"));
    }
}
