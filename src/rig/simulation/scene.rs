//! What is played on the simulated table.

use std::{fmt, str::FromStr};

/// What is played on the simulated table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scene {
    /// A player pots balls one after another from a layout that is spread over the table.
    #[default]
    Practice,
    /// The balls are racked; the player breaks and then pots what the break leaves.
    Break,
}

impl Scene {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Practice, Self::Break];

    /// The scene of this name, [`Scene::Practice`] where none is named.
    ///
    /// # Errors
    /// No scene has the name; the message lists those there are.
    pub fn named(name: Option<&str>) -> Result<Self, UnknownScene> {
        name.map_or(Ok(Self::default()), str::parse)
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Practice => "practice",
            Self::Break => "break",
        })
    }
}

impl FromStr for Scene {
    type Err = UnknownScene;

    fn from_str(text: &str) -> Result<Self, UnknownScene> {
        let scene = Self::ALL.into_iter().find(|scene| scene.to_string() == text);
        scene.ok_or_else(|| UnknownScene(text.to_owned()))
    }
}

/// A text that names no scene.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scene of the simulation: expected practice or break")]
pub struct UnknownScene(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_text() {
        for scene in Scene::ALL {
            assert_eq!(scene.to_string().parse(), Ok(scene));
        }
        assert_eq!(Scene::named(None), Ok(Scene::Practice));
        assert_eq!(Scene::named(Some("break")), Ok(Scene::Break));
    }

    #[test]
    fn the_error_lists_every_name() {
        let message = Scene::named(Some("snooker")).expect_err("unknown").to_string();
        assert!(message.contains("snooker"));
        for scene in Scene::ALL {
            assert!(message.contains(&scene.to_string()), "{message}");
        }
    }
}
