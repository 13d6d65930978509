//! Scenes of the simulation.

use std::{fmt, str::FromStr};

/// Scene on the simulated table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scene {
    /// `practice`: a player pots balls one after another from a layout that is spread over the table. On a table without
    /// pockets, here and in other scenes, the player hits them.
    #[default]
    Practice,
    /// `break`: the balls are set up for the table's game; the player breaks and then pots the remaining balls.
    Break,
    /// `straight-pool`: fourteen balls are racked and one lies next to the rack; the player pots it, sends the cue ball
    /// into the rack, and plays on. As `practice` on a table without pockets.
    StraightPool,
    /// `arms`: as `practice`, and occasionally hands and forearms reach over the table.
    Arms,
    /// `light`: as `practice`, while the light of the room changes: the lamp goes off and on, and drifts.
    Light,
    /// `bump`: as `practice`; after six seconds somebody knocks against the camera, which changes its pose slightly.
    Bump,
    /// `projector-bump`: as `practice`; after six seconds somebody knocks against the projector, which shifts its light
    /// by some millimetres.
    ProjectorBump,
    /// `roll`: one ball is rolled along the table repeatedly, at about a metre per second.
    Roll,
    /// `walk`: balls are at rest, and somebody leans over the table and walks along it, in the light of the projector.
    Walk,
    /// `still`: balls lie spread over the table and nobody plays.
    Still,
    /// `empty`: no balls and no people.
    Empty,
}

impl Scene {
    /// All scenes.
    pub const ALL: [Self; 11] = [
        Self::Practice,
        Self::Break,
        Self::StraightPool,
        Self::Arms,
        Self::Light,
        Self::Bump,
        Self::ProjectorBump,
        Self::Roll,
        Self::Walk,
        Self::Still,
        Self::Empty,
    ];

    /// Returns the scene of this name, or [`Scene::Practice`] for `None`.
    ///
    /// # Errors No scene has the name; the message lists the known ones.
    pub fn named(name: Option<&str>) -> Result<Self, UnknownScene> {
        name.map_or(Ok(Self::default()), str::parse)
    }

    /// Returns whether the scene has a player.
    #[must_use]
    pub fn is_played(self) -> bool {
        !matches!(self, Self::Roll | Self::Walk | Self::Still | Self::Empty)
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Practice => "practice",
            Self::Break => "break",
            Self::StraightPool => "straight-pool",
            Self::Arms => "arms",
            Self::Light => "light",
            Self::Bump => "bump",
            Self::ProjectorBump => "projector-bump",
            Self::Roll => "roll",
            Self::Walk => "walk",
            Self::Still => "still",
            Self::Empty => "empty",
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

/// Error for a text that is not the name of a scene.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a scene of the simulation: expected practice, break, straight-pool, arms, light, bump, \
     projector-bump, roll, walk, still or empty"
)]
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
        assert_eq!(Scene::named(Some("straight-pool")), Ok(Scene::StraightPool));
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
