//! Parts of a shot that are drawn: one switch each, and presets that a key steps through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parts that the overlay draws. Every combination is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OverlayStyle {
    /// The cue ball's path.
    pub cue_path: bool,
    /// The cue ball's outline where it first touches a ball.
    pub ghost_ball: bool,
    /// The path of the ball that is hit first.
    pub object_path: bool,
    /// The line at right angles to the line of centres, through the ghost ball: a cue ball without spin leaves along
    /// it.
    pub tangent_line: bool,
    /// The paths of the balls that are hit after that.
    pub other_balls: bool,
    /// Crosses where the cue ball and the object ball meet cushions.
    pub rails: bool,
    /// Outlines where balls come to rest.
    pub stopping_points: bool,
    /// A ring round each pocket that takes a ball.
    pub pocket: bool,
    /// The chance of the pot in per cent, next to its pocket.
    pub chance: bool,
    /// Spread of the outcomes when the shot is played many times: bands along the paths, ellipses round the
    /// stopping points.
    pub fan: bool,
    /// The line along which the cue points, when english or a raised butt takes the cue ball off it.
    pub sight_line: bool,
    /// Rings round the cue ball and the object ball.
    pub rings: bool,
    /// Numbers and names next to the balls while they lie still, also while nobody aims.
    pub legend: bool,
    /// A ring round every ball, which follows it while it moves. Without it the cloth is dark while balls move.
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
    /// The first contact and the pot, and the names of the balls.
    Beginner,
    /// The standard style without stopping points, pocket, chance and rings.
    Lines,
    /// The cue ball's path up to its first contact.
    Minimal,
    /// The standard style, and rings that follow the balls.
    Follow,
}

impl StylePreset {
    /// All presets, in the order in which a key steps through them.
    pub const ALL: [Self; 6] = [Self::Standard, Self::Full, Self::Beginner, Self::Lines, Self::Minimal, Self::Follow];

    /// Returns the name of the preset.
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

    /// Returns the style of the preset.
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
    /// Style of [`StylePreset::Standard`].
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

    /// Style that draws nothing.
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

    /// Returns the preset with this style, if there is one.
    #[must_use]
    pub fn preset(&self) -> Option<StylePreset> {
        StylePreset::ALL.into_iter().find(|preset| preset.style() == *self)
    }

    /// Returns the preset that follows this style; the first one if the style is not a preset.
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
