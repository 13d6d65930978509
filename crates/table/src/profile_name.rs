//! Names of calibration profiles.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Maximum length of a profile's name, characters: file systems allow 255 bytes, and lists have to show it.
const MAX_NAME: usize = 48;

/// Name of a profile: letters, digits, spaces, dots, `-` and `_`; the name of its file without `.json`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProfileName(String);

/// A text that is not the name of a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot name a profile: 1 to {MAX_NAME} letters, digits, spaces, dots, - and _ can, beginning with a letter \
     or digit"
)]
pub struct BadProfileName(pub String);

impl FromStr for ProfileName {
    type Err = BadProfileName;

    fn from_str(text: &str) -> Result<Self, BadProfileName> {
        let text = text.trim();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_');
        let good = text.chars().count() <= MAX_NAME
            && text.chars().next().is_some_and(char::is_alphanumeric)
            && text.chars().all(fits);
        if good { Ok(Self(text.to_owned())) } else { Err(BadProfileName(text.to_owned())) }
    }
}

impl TryFrom<String> for ProfileName {
    type Error = BadProfileName;

    fn try_from(text: String) -> Result<Self, BadProfileName> {
        text.parse()
    }
}

impl From<ProfileName> for String {
    fn from(name: ProfileName) -> Self {
        name.0
    }
}

impl ProfileName {
    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_the_folder() {
        for bad in ["", "..", "../x", "a/b", "a\\b", ".hidden", "C:x", "-x", &"x".repeat(49)] {
            assert!(bad.parse::<ProfileName>().is_err(), "{bad}");
        }
        assert_eq!("café.v3".parse::<ProfileName>().expect("a name").as_str(), "café.v3");
        assert_eq!(" Tisch 3 ".parse::<ProfileName>().expect("a name").to_string(), "Tisch 3");
    }
}
