//! The catalogue of all settings: name, explanation, limits and presentation of each. The validator, the panel, the
//! page (through the JSON Schema), options of `run` and docs/settings.md are based on it.

use super::{Colour, Settings, ShotSettings, Theme};
use crate::TableSpec;
use std::ops::RangeInclusive;

/// One setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Path in the settings: names of members, joined by dots.
    pub path: &'static str,
    /// Label of its control.
    pub label: &'static str,
    /// Description of its effect, in a sentence.
    pub help: &'static str,
    /// Group under whose heading it is shown.
    pub group: Group,
    /// Kind of its value, and access to it.
    pub field: Field,
    /// Path of the switch that is turned off when a person sets this setting: a value set by hand is not taken from
    /// elsewhere.
    pub overrides: Option<&'static str>,
    /// `true` if it has no effect on a table without pockets, where it is not offered.
    pub needs_pockets: bool,
}

/// Kind of a setting's value, with access to the value.
#[derive(Debug, Clone)]
pub enum Field {
    /// On or off.
    Switch(fn(&mut Settings) -> &mut bool),
    /// A colour of light.
    Colour(fn(&mut Settings) -> &mut Colour),
    /// A number in a range.
    Number(fn(&mut Settings) -> &mut f64, Number),
}

/// Range and presentation of a number.
#[derive(Debug, Clone)]
pub struct Number {
    /// Permitted values, in the stored unit.
    pub range: RangeInclusive<f64>,
    /// Stored unit and displayed unit.
    pub unit: Unit,
    /// Number of decimal places displayed.
    pub decimals: u8,
    /// `true` if a slider gives small values as much room as large ones.
    pub logarithmic: bool,
}

/// Units of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Stored in metres, displayed in millimetres.
    Metres,
    /// Stored and displayed in metres a second.
    MetresPerSecond,
    /// Stored in radians, displayed in degrees.
    Radians,
    /// Stored as a fraction of the whole, displayed in per cent.
    Share,
    /// Stored and displayed in ball radii.
    BallRadii,
    /// Stored in ball radii to the left, displayed in ball radii to the right, the direction in which players count it.
    BallRadiiToLeft,
}

impl Unit {
    /// Returns the stored unit.
    #[must_use]
    pub const fn stored(self) -> &'static str {
        match self {
            Self::Metres => "m",
            Self::MetresPerSecond => "m/s",
            Self::Radians => "rad",
            Self::Share => "",
            Self::BallRadii => "ball radii",
            Self::BallRadiiToLeft => "ball radii to the left",
        }
    }

    /// Returns the displayed unit.
    #[must_use]
    pub const fn displayed(self) -> &'static str {
        match self {
            Self::Metres => "mm",
            Self::MetresPerSecond => "m/s",
            Self::Radians => "°",
            Self::Share => "%",
            Self::BallRadii | Self::BallRadiiToLeft => "R",
        }
    }

    /// Returns the factor from stored to displayed values.
    #[must_use]
    pub fn scale(self) -> f64 {
        match self {
            Self::Metres => 1e3,
            Self::MetresPerSecond | Self::BallRadii => 1.0,
            Self::Radians => 1.0_f64.to_degrees(),
            Self::Share => 100.0,
            Self::BallRadiiToLeft => -1.0,
        }
    }
}

impl Number {
    /// Converts a stored value to the displayed one, rounded to the displayed decimal places.
    #[must_use]
    pub fn to_displayed(&self, stored: f64) -> f64 {
        let digits = 10_f64.powi(self.decimals.into());
        (stored * self.unit.scale() * digits).round() / digits + 0.0 // no -0.0
    }

    /// Converts a displayed value to the stored one, clamped to the range.
    #[must_use]
    pub fn to_stored(&self, displayed: f64) -> f64 {
        (displayed / self.unit.scale() + 0.0).clamp(*self.range.start(), *self.range.end())
    }

    /// Returns the permitted values, in the displayed unit.
    #[must_use]
    pub fn displayed_range(&self) -> RangeInclusive<f64> {
        let (a, b) = (self.to_displayed(*self.range.start()), self.to_displayed(*self.range.end()));
        a.min(b)..=a.max(b)
    }
}

/// A group of settings under one heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Brightness of the light.
    Light,
    /// Parts of the overlay that are drawn or left out.
    Drawn,
    /// Colours of light.
    Colours,
    /// Sizes on the cloth.
    Sizes,
    /// Stroke that is predicted.
    Stroke,
    /// Standard deviations of the player's strokes.
    Errors,
}

impl Group {
    /// All groups, in the order in which they are shown.
    pub const ALL: [Self; 6] = [Self::Light, Self::Drawn, Self::Colours, Self::Sizes, Self::Stroke, Self::Errors];

    /// Returns the identifier of the group in the schema.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Drawn => "drawn",
            Self::Colours => "colours",
            Self::Sizes => "sizes",
            Self::Stroke => "stroke",
            Self::Errors => "errors",
        }
    }

    /// Returns the heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Drawn => "What is drawn",
            Self::Colours => "Colours",
            Self::Sizes => "Sizes on the cloth",
            Self::Stroke => "Stroke",
            Self::Errors => "The player's errors",
        }
    }

    /// Returns the settings of the group, in the order in which they are shown.
    pub fn settings(self) -> impl Iterator<Item = &'static Setting> {
        SETTINGS.iter().filter(move |setting| setting.group == self)
    }
}

impl Setting {
    /// Returns the same setting, which turns off the switch at `path` when a person sets it.
    const fn overriding(mut self, path: &'static str) -> Self {
        self.overrides = Some(path);
        self
    }

    /// Returns the same setting, which has no effect on a table without pockets.
    const fn of_pockets(mut self) -> Self {
        self.needs_pockets = true;
        self
    }

    /// Returns whether the setting has an effect on a table.
    #[must_use]
    pub fn applies_to(&self, table: &TableSpec) -> bool {
        !self.needs_pockets || table.pockets.is_some()
    }

    /// Returns range, unit and decimal places; `None` if the setting is not a number.
    #[must_use]
    pub fn number(&self) -> Option<&Number> {
        if let Field::Number(_, number) = &self.field { Some(number) } else { None }
    }

    /// Returns the setting at a path.
    #[must_use]
    pub fn find(path: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.path == path)
    }
}

const WIDTHS: RangeInclusive<f64> = 0.001..=0.05;
const HEIGHTS: RangeInclusive<f64> = 0.02..=0.2;

const fn setting(path: &'static str, label: &'static str, help: &'static str, group: Group, field: Field) -> Setting {
    Setting { path, label, help, group, field, overrides: None, needs_pockets: false }
}

const fn switch(
    path: &'static str,
    label: &'static str,
    help: &'static str,
    group: Group,
    field: fn(&mut Settings) -> &mut bool,
) -> Setting {
    setting(path, label, help, group, Field::Switch(field))
}

const fn numeric(
    path: &'static str,
    label: &'static str,
    help: &'static str,
    group: Group,
    number: Number,
    field: fn(&mut Settings) -> &mut f64,
) -> Setting {
    setting(path, label, help, group, Field::Number(field, number))
}

const fn drawn(
    path: &'static str,
    label: &'static str,
    help: &'static str,
    field: fn(&mut Settings) -> &mut bool,
) -> Setting {
    switch(path, label, help, Group::Drawn, field)
}

const fn colour(
    path: &'static str,
    label: &'static str,
    help: &'static str,
    field: fn(&mut Settings) -> &mut Colour,
) -> Setting {
    setting(path, label, help, Group::Colours, Field::Colour(field))
}

const fn size(
    path: &'static str,
    label: &'static str,
    help: &'static str,
    range: RangeInclusive<f64>,
    field: fn(&mut Settings) -> &mut f64,
) -> Setting {
    numeric(path, label, help, Group::Sizes, number(range, Unit::Metres, 1, true), field)
}

const fn number(range: RangeInclusive<f64>, unit: Unit, decimals: u8, logarithmic: bool) -> Number {
    Number { range, unit, decimals, logarithmic }
}

/// All settings, in the order in which they are shown within their groups.
pub static SETTINGS: [Setting; 41] = [
    switch("overlay.on", "Light on the cloth", "Off, the projector shows black.", Group::Light, |settings| {
        &mut settings.overlay.on
    }),
    numeric(
        "overlay.theme.brightness",
        "Brightness",
        "How bright everything is.",
        Group::Light,
        number(0.0..=1.0, Unit::Share, 0, false),
        |settings| &mut settings.overlay.theme.brightness,
    ),
    numeric(
        "overlay.theme.faint",
        "Quiet things",
        "Brightness of secondary elements relative to the rest.",
        Group::Light,
        number(0.0..=1.0, Unit::Share, 0, false),
        |settings| &mut settings.overlay.theme.faint,
    ),
    drawn(
        "overlay.style.cue_path",
        "Cue ball's path",
        "A solid line to the first contact, dots after it.",
        |settings| &mut settings.overlay.style.cue_path,
    ),
    drawn(
        "overlay.style.ghost_ball",
        "Ghost ball",
        "The cue ball's outline where it first touches a ball.",
        |settings| &mut settings.overlay.style.ghost_ball,
    ),
    drawn(
        "overlay.style.object_path",
        "Object ball's path",
        "The path of the ball that is hit first: long strokes and an arrow head.",
        |settings| &mut settings.overlay.style.object_path,
    ),
    drawn("overlay.style.tangent_line", "Tangent line", "Where a cue ball without spin leaves to.", |settings| {
        &mut settings.overlay.style.tangent_line
    }),
    drawn(
        "overlay.style.other_balls",
        "Other balls' paths",
        "The paths of the balls that are hit after that: short, faint strokes.",
        |settings| &mut settings.overlay.style.other_balls,
    ),
    drawn("overlay.style.rails", "Cushion marks", "Crosses where balls meet cushions.", |settings| {
        &mut settings.overlay.style.rails
    }),
    drawn("overlay.style.stopping_points", "Stopping points", "Outlines where balls come to rest.", |settings| {
        &mut settings.overlay.style.stopping_points
    }),
    drawn("overlay.style.pocket", "Pocket rings", "A ring round each pocket that takes a ball.", |settings| {
        &mut settings.overlay.style.pocket
    })
    .of_pockets(),
    drawn("overlay.style.chance", "Make %", "Probability of the pot, next to its pocket.", |settings| {
        &mut settings.overlay.style.chance
    })
    .of_pockets(),
    drawn(
        "overlay.style.fan",
        "Spread",
        "How far the outcomes lie apart when the shot is played many times.",
        |settings| &mut settings.overlay.style.fan,
    ),
    drawn(
        "overlay.style.sight_line",
        "Line of sight",
        "Where the cue points, when english takes the cue ball off it.",
        |settings| &mut settings.overlay.style.sight_line,
    ),
    drawn(
        "overlay.style.rings",
        "Rings round the balls",
        "Rings round the cue ball and the object ball.",
        |settings| &mut settings.overlay.style.rings,
    ),
    drawn(
        "overlay.style.legend",
        "Names of the balls",
        "Numbers and names next to the balls while they are at rest.",
        |settings| &mut settings.overlay.style.legend,
    ),
    drawn(
        "overlay.style.follow",
        "Follow rolling balls",
        "A ring round every ball, which goes with it while it moves.",
        |settings| &mut settings.overlay.style.follow,
    ),
    colour(
        "overlay.theme.aim",
        "Aim",
        "The cue ball's path up to the first contact, a solid line; the ghost ball.",
        |settings| &mut settings.overlay.theme.aim,
    ),
    colour(
        "overlay.theme.object",
        "Object ball",
        "The object ball's path: long strokes and an arrow head.",
        |settings| &mut settings.overlay.theme.object,
    ),
    colour("overlay.theme.tangent", "After contact", "The cue ball's path after the contact: dots.", |settings| {
        &mut settings.overlay.theme.tangent
    }),
    colour("overlay.theme.scratch", "Scratch", "The pocket that would take the cue ball.", |settings| {
        &mut settings.overlay.theme.scratch
    })
    .of_pockets(),
    colour("overlay.theme.text", "Words", "Words on the cloth.", |settings| &mut settings.overlay.theme.text),
    switch(
        "overlay.theme.adapt",
        "Adapt to the cloth",
        "Colours that the cloth would swallow are lightened until they can be read.",
        Group::Colours,
        |settings| &mut settings.overlay.theme.adapt,
    ),
    size("overlay.theme.aim_width", "Aim line", "Width of the cue ball's line.", WIDTHS, |settings| {
        &mut settings.overlay.theme.aim_width
    }),
    size("overlay.theme.object_width", "Object line", "Width of the object ball's line.", WIDTHS, |settings| {
        &mut settings.overlay.theme.object_width
    }),
    size(
        "overlay.theme.tangent_width",
        "Other lines",
        "Width of the line after the contact, of crosses and of the other balls' lines.",
        WIDTHS,
        |settings| &mut settings.overlay.theme.tangent_width,
    ),
    size("overlay.theme.ghost_width", "Ghost ball", "Width of the line of the ghost ball.", WIDTHS, |settings| {
        &mut settings.overlay.theme.ghost_width
    }),
    size("overlay.theme.ring_width", "Rings", "Width of the rings round balls and pockets.", WIDTHS, |settings| {
        &mut settings.overlay.theme.ring_width
    }),
    size(
        "overlay.theme.thin_width",
        "Thin lines",
        "Width of the tangent line, of the edge of a stopping point and of the check pattern.",
        WIDTHS,
        |settings| &mut settings.overlay.theme.thin_width,
    ),
    numeric(
        "overlay.theme.ring_radii",
        "Ring radius",
        "Radius of the rings round balls: large enough that no light falls on the ball.",
        Group::Sizes,
        number(Theme::MIN_RING_RADII..=5.0, Unit::BallRadii, 2, false),
        |settings| &mut settings.overlay.theme.ring_radii,
    ),
    size("overlay.theme.legend_height", "Names", "Height of the names next to balls.", HEIGHTS, |settings| {
        &mut settings.overlay.theme.legend_height
    }),
    size("overlay.theme.chance_height", "Make %", "Height of the chance of the pot.", HEIGHTS, |settings| {
        &mut settings.overlay.theme.chance_height
    })
    .of_pockets(),
    numeric(
        "shot.strike_speed",
        "Speed",
        "Speed with which a centre hit sends the cue ball off. Set by hand, the player's usual speed no longer \
               counts.",
        Group::Stroke,
        number(ShotSettings::STRIKE_SPEED, Unit::MetresPerSecond, 2, true),
        |settings| &mut settings.shot.strike_speed,
    )
    .overriding("shot.speed_from_cue"),
    switch(
        "shot.speed_from_cue",
        "Speed from the player",
        "Once strokes of this player were seen, their usual speed stands in for the set one.",
        Group::Stroke,
        |settings| &mut settings.shot.speed_from_cue,
    ),
    numeric(
        "shot.side",
        "Side",
        "English: offset of the tip from the ball's centre.",
        Group::Stroke,
        number(ShotSettings::OFFSET, Unit::BallRadiiToLeft, 2, false),
        |settings| &mut settings.shot.side,
    )
    .overriding("shot.side_from_cue"),
    switch(
        "shot.side_from_cue",
        "Side from the cue",
        "English from the detected offset of the cue's line from the ball's centre, instead of the set side.",
        Group::Stroke,
        |settings| &mut settings.shot.side_from_cue,
    ),
    numeric(
        "shot.height",
        "Height",
        "Offset of the tip from the ball's centre: follow above it, draw below it.",
        Group::Stroke,
        number(ShotSettings::OFFSET, Unit::BallRadii, 2, false),
        |settings| &mut settings.shot.height,
    ),
    numeric(
        "shot.elevation",
        "Elevation",
        "How steeply the cue points down: with side, the path curves.",
        Group::Stroke,
        number(ShotSettings::ELEVATION, Unit::Radians, 1, false),
        |settings| &mut settings.shot.elevation,
    ),
    numeric(
        "shot.aim_error",
        "Error of aim",
        "By how much the player misses the direction (standard deviation).",
        Group::Errors,
        number(ShotSettings::AIM_ERROR, Unit::Radians, 2, true),
        |settings| &mut settings.shot.aim_error,
    ),
    numeric(
        "shot.speed_error",
        "Error of speed",
        "By how much of it the player misses the speed (standard deviation).",
        Group::Errors,
        number(ShotSettings::SPEED_ERROR, Unit::Share, 1, true),
        |settings| &mut settings.shot.speed_error,
    ),
    numeric(
        "shot.tip_error",
        "Error of the tip",
        "By how much the tip misses its place on the ball, to the side and upwards each (standard deviation).",
        Group::Errors,
        number(ShotSettings::TIP_ERROR, Unit::BallRadii, 3, true),
        |settings| &mut settings.shot.tip_error,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableKind;
    use serde_json::{Value, json};

    /// Returns the value at a path, in JSON.
    fn at(settings: &Settings, path: &str) -> Value {
        let value = serde_json::to_value(settings).expect("settings have a JSON form");
        value
            .pointer(&format!("/{}", path.replace('.', "/")))
            .cloned()
            .unwrap_or_else(|| panic!("{path} is no setting"))
    }

    /// Collects the paths of everything in the settings that is not an object.
    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        let Value::Object(members) = value else { return found.push(path.to_owned()) };
        for (name, member) in members {
            leaves(member, &if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, found);
        }
    }

    #[test]
    fn every_setting_is_listed_once_and_nothing_else() {
        let mut kept = Vec::new();
        leaves(&serde_json::to_value(Settings::default()).expect("JSON"), "", &mut kept);
        let mut listed: Vec<_> = SETTINGS.iter().map(|setting| setting.path.to_owned()).collect();
        kept.sort();
        listed.sort();
        assert_eq!(listed, kept);
        assert_eq!(Group::ALL.iter().flat_map(|group| group.settings()).count(), SETTINGS.len());
    }

    #[test]
    fn every_path_leads_to_the_value_beside_it() {
        for setting in &SETTINGS {
            let (mut settings, before) = (Settings::default(), Settings::default());
            match &setting.field {
                Field::Switch(of) => *of(&mut settings) ^= true,
                Field::Colour(of) => *of(&mut settings) = Colour::new(1, 2, 3),
                Field::Number(of, number) => {
                    let value = of(&mut settings);
                    *value = if *value == *number.range.end() { *number.range.start() } else { *number.range.end() };
                }
            }
            let change = setting.path.rsplit('.').fold(at(&settings, setting.path), |value, name| json!({name: value}));
            assert_eq!(settings.changes_since(&before), change, "{}", setting.path);
        }
    }

    #[test]
    fn what_tells_of_pots_is_offered_where_there_are_pockets() {
        let [pool, carom] = ["9ft", "carom-match"].map(|name| TableKind::named(name).expect("shipped").spec());
        for setting in &SETTINGS {
            let words = format!("{} {}", setting.label, setting.help).to_lowercase();
            let tells_of_pots = ["scratch", " pot", "make %", "pocket rings"].iter().any(|word| words.contains(word));
            assert!(setting.applies_to(&pool), "{}", setting.path);
            assert_ne!(setting.applies_to(&carom), tells_of_pots, "{}", setting.path);
        }
    }

    #[test]
    fn what_is_overridden_is_a_switch() {
        for path in SETTINGS.iter().filter_map(|setting| setting.overrides) {
            assert!(matches!(Setting::find(path).map(|other| &other.field), Some(Field::Switch(_))), "{path}");
        }
    }

    #[test]
    fn shown_values_lead_back() {
        for setting in &SETTINGS {
            let Field::Number(_, number) = &setting.field else { continue };
            for kept in [*number.range.start(), *number.range.end()] {
                let back = number.to_stored(number.to_displayed(kept));
                assert!((number.to_displayed(back) - number.to_displayed(kept)).abs() < 1e-9, "{}", setting.path);
                assert!(number.displayed_range().contains(&number.to_displayed(kept)));
            }
        }
    }
}
