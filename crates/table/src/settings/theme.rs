//! Appearance of the overlay: colours, widths, brightness.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, str::FromStr};

/// Linear red, green, blue and straight alpha, each 0 to 1, as the renderer takes them.
pub type Rgba = [f32; 4];

/// A colour of light as a display names it (sRGB, 8 bits per channel); `#rrggbb` in settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

impl Colour {
    /// Creates the colour of these sRGB channels.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Returns opaque linear light, `strength` (0 to 1) times as bright as the full colour. On a projector, dimmed and
    /// transparent look the same, and only opaque shapes may overlap themselves without a seam.
    #[must_use]
    pub fn light(self, strength: f64) -> Rgba {
        let [red, green, blue] = [self.red, self.green, self.blue].map(|channel| strength as f32 * linear(channel));
        [red, green, blue, 1.0]
    }
}

/// Converts an sRGB channel to linear light, 0 to 1 (IEC 61966-2-1).
fn linear(channel: u8) -> f32 {
    let share = f32::from(channel) / 255.0;
    if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
}

/// A text that is not a colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a colour: expected # and six hexadecimal digits, such as #ffc21a")]
pub struct UnknownColour(pub String);

impl FromStr for Colour {
    type Err = UnknownColour;

    fn from_str(text: &str) -> Result<Self, UnknownColour> {
        let unknown = || UnknownColour(text.to_owned());
        let digits = text.strip_prefix('#').ok_or_else(unknown)?;
        // `from_str_radix` would also take a sign.
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| unknown())?.to_be_bytes();
        Ok(Self { red, green, blue })
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Colour {
    fn schema_name() -> Cow<'static, str> {
        "Colour".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"})
    }
}

/// Height of a line of text that can be read from three metres away, metres.
///
/// Capitals of FiraMono take 0.69 of it: 62 mm. The eyes of a person standing at the table are some 0.85 m above the
/// cloth and see it at an angle of 16°, which leaves 17 mm: 20 minutes of arc at 3 m, as ISO 9241-303 requires.
pub const READABLE_HEIGHT: f64 = 0.09;

/// Colours and dimensions of the overlay. The lines of a shot are distinguished by pattern and width (solid, long
/// strokes, dots) on any cloth, and by colour as far as the cloth reflects it: white, a warm yellow and cyan, unchanged
/// on grey cloth and adapted on others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// Colour of the cue ball's path up to the first contact (a solid line), and of the ghost ball.
    pub aim: Colour,
    /// Colour of the object ball's path (long strokes with an arrow head).
    pub object: Colour,
    /// Colour of the cue ball's path after the contact (dots).
    pub tangent: Colour,
    /// Colour of the pocket that would take the cue ball.
    pub scratch: Colour,
    /// Colour of the text on the cloth.
    pub text: Colour,
    /// Width of the cue ball's line, metres.
    pub aim_width: f64,
    /// Width of the object ball's line, metres.
    pub object_width: f64,
    /// Width of the line after the contact, of crosses and of the other balls' lines, metres.
    pub tangent_width: f64,
    /// Width of the line of the ghost ball, metres.
    pub ghost_width: f64,
    /// Width of the rings round balls and pockets, metres.
    pub ring_width: f64,
    /// Width of the thin lines: the tangent line, the edge of a stopping point, the check pattern; metres.
    pub thin_width: f64,
    /// Radius of the rings round balls, in ball radii; at least [`Theme::MIN_RING_RADII`], so that no light falls on
    /// the ball.
    pub ring_radii: f64,
    /// Height of the names next to balls, metres.
    pub legend_height: f64,
    /// Height of a line of the text with the chance of the pot, metres; its capitals take 0.69 of it.
    pub chance_height: f64,
    /// `true` to lighten colours that the cloth would absorb.
    pub adapt: bool,
    /// Brightness of the overlay, 0 to 1, linear in light.
    pub brightness: f64,
    /// Brightness of the faint parts relative to the rest, 0 to 1.
    pub faint: f64,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            aim: Colour::new(255, 255, 255),
            object: Colour::new(255, 194, 26),
            tangent: Colour::new(26, 230, 255),
            scratch: Colour::new(255, 64, 217),
            text: Colour::new(255, 255, 255),
            aim_width: 0.01,
            object_width: 0.012,
            tangent_width: 0.007,
            ghost_width: 0.004,
            ring_width: 0.004,
            thin_width: 0.003,
            ring_radii: 2.2,
            legend_height: 0.045,
            chance_height: READABLE_HEIGHT,
            adapt: true,
            brightness: 1.0,
            faint: 0.35,
        }
    }
}

impl Theme {
    /// Minimum radius of a ring, ball radii; a smaller one would light the ball.
    pub const MIN_RING_RADII: f64 = 1.7;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_survive_text() {
        let colour = Colour::new(255, 194, 26);
        assert_eq!(colour.to_string(), "#ffc21a");
        assert_eq!("#ffc21a".parse(), Ok(colour));
        for wrong in ["ffc21a", "#ffc2", "#+fc21a", "#gggggg", "#ffc21aff", "#é1234"] {
            assert_eq!(wrong.parse::<Colour>(), Err(UnknownColour(wrong.into())));
        }
    }

    #[test]
    fn light_is_linear_and_dimmed_in_light() {
        assert_eq!(Colour::new(255, 0, 255).light(1.0), [1.0, 0.0, 1.0, 1.0]);
        assert_eq!(Colour::new(255, 255, 0).light(0.25), [0.25, 0.25, 0.0, 1.0]);
        // Half of the sRGB scale is a fifth of the light.
        assert!((Colour::new(128, 128, 128).light(1.0)[0] - 0.216).abs() < 1e-3);
    }

    #[test]
    fn a_theme_survives_settings_and_may_be_partial() {
        let theme = Theme { brightness: 0.5, ..Theme::default() };
        let text = toml::to_string(&theme).expect("serialises");
        assert_eq!(toml::from_str::<Theme>(&text).expect("parses"), theme);
        let partial: Theme = toml::from_str("aim = \"#00ff00\"").expect("parses");
        assert_eq!(partial, Theme { aim: Colour::new(0, 255, 0), ..Theme::default() });
        assert!(toml::from_str::<Theme>("aims = \"#00ff00\"").is_err());
    }
}
