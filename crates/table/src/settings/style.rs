//! What of a shot is drawn: one switch a thing, and presets that a key steps through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the overlay draws. Every combination can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OverlayStyle {
    /// The cue ball's path.
    pub cue_path: bool,
    /// The cue ball's outline where it first touches a ball.
    pub ghost_ball: bool,
    /// The path of the ball that is hit first.
    pub object_path: bool,
    /// The line at right angles to the line of centres, through the ghost ball: a cue ball without spin leaves along it.
    pub tangent_line: bool,
    /// The paths of the balls that are hit after that.
    pub other_balls: bool,
    /// Crosses where the cue ball and the object ball meet cushions.
    pub rails: bool,
    /// Outlines where balls come to rest.
    pub stopping_points: bool,
    /// A ring round each pocket that takes a ball.
    pub pocket: bool,
    /// The chance of the pot in per cent beside its pocket.
    pub chance: bool,
    /// Spread of the outcomes when the shot is played many times: bands along the paths, ellipses round the
    /// stopping points.
    pub fan: bool,
    /// Where the cue points, when english or a raised butt takes the cue ball off it.
    pub sight_line: bool,
    /// Rings round the cue ball and the object ball.
    pub rings: bool,
    /// Numbers and names beside the balls while they lie still, also while nobody aims.
    pub legend: bool,
    /// A ring round every ball, which goes with it while it moves. Without it the cloth is dark while balls move.
    pub follow: bool,
}

/// A style with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StylePreset {
    /// The shot, its pocket and its chance.
    Standard,
    /// Everything that concerns the shot.
    Full,
    /// The first contact and the pot, and what the balls are called.
    Beginner,
    /// Paths alone.
    Lines,
    /// The cue ball's path up to its first contact.
    Minimal,
    /// The usual, and rings that go with the balls.
    Follow,
}

impl StylePreset {
    /// All of them, in the order in which a key steps through them.
    pub const ALL: [Self; 6] = [Self::Standard, Self::Full, Self::Beginner, Self::Lines, Self::Minimal, Self::Follow];

    /// As it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Full => "full",
            Self::Beginner => "beginner",
            Self::Lines => "lines",
            Self::Minimal => "minimal",
            Self::Follow => "follow",
        }
    }

    /// What it draws.
    #[must_use]
    pub fn style(self) -> OverlayStyle {
        let standard = OverlayStyle::STANDARD;
        match self {
            Self::Standard => standard,
            Self::Full => OverlayStyle { tangent_line: true, fan: true, legend: true, ..standard },
            Self::Beginner => OverlayStyle {
                other_balls: false,
                rails: false,
                sight_line: false,
                tangent_line: true,
                legend: true,
                ..standard
            },
            Self::Lines => {
                OverlayStyle { stopping_points: false, pocket: false, chance: false, rings: false, ..standard }
            }
            Self::Minimal => OverlayStyle { cue_path: true, ghost_ball: true, ..OverlayStyle::NOTHING },
            Self::Follow => OverlayStyle { follow: true, ..standard },
        }
    }
}

impl OverlayStyle {
    /// What [`StylePreset::Standard`] draws.
    pub const STANDARD: Self = Self {
        tangent_line: false,
        fan: false,
        legend: false,
        follow: false,
        cue_path: true,
        ghost_ball: true,
        object_path: true,
        other_balls: true,
        rails: true,
        stopping_points: true,
        pocket: true,
        chance: true,
        sight_line: true,
        rings: true,
    };

    /// Draws nothing.
    pub const NOTHING: Self = Self {
        cue_path: false,
        ghost_ball: false,
        object_path: false,
        tangent_line: false,
        other_balls: false,
        rails: false,
        stopping_points: false,
        pocket: false,
        chance: false,
        fan: false,
        sight_line: false,
        rings: false,
        legend: false,
        follow: false,
    };

    /// The preset that it is, if it is one.
    #[must_use]
    pub fn preset(&self) -> Option<StylePreset> {
        StylePreset::ALL.into_iter().find(|preset| preset.style() == *self)
    }

    /// The preset that comes after this style; after one of the player's own, the first.
    #[must_use]
    pub fn next(&self) -> StylePreset {
        let mut presets = StylePreset::ALL.into_iter().cycle().skip_while(|preset| Some(*preset) != self.preset());
        let found = self.preset().and_then(|_| presets.nth(1));
        found.unwrap_or(StylePreset::Standard)
    }
}

impl Default for OverlayStyle {
    fn default() -> Self {
        Self::STANDARD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_steps_through_all_presets() {
        let mut style = OverlayStyle::default();
        let mut seen = Vec::new();
        for _ in StylePreset::ALL {
            seen.push(style.preset().expect("a preset").name());
            style = style.next().style();
        }
        assert_eq!(seen, ["standard", "full", "beginner", "lines", "minimal", "follow"]);
        assert_eq!(style, OverlayStyle::default());
        assert_eq!(OverlayStyle::NOTHING.next(), StylePreset::Standard);
    }

    #[test]
    fn a_style_survives_settings_and_may_be_partial() {
        let style = StylePreset::Full.style();
        assert_eq!(toml::from_str::<OverlayStyle>(&toml::to_string(&style).expect("text")).expect("parses"), style);
        assert_eq!(
            toml::from_str::<OverlayStyle>("fan = true").expect("parses"),
            OverlayStyle { fan: true, ..OverlayStyle::default() }
        );
        assert!(toml::from_str::<OverlayStyle>("fans = true").is_err());
    }
}
