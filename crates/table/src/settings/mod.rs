//! Everything that can be set while the program runs, as one value that is saved, sent to browsers and changed by them.

pub mod catalogue;
mod description;
mod shot;
mod style;
mod theme;

pub use catalogue::{Field, Group, Number, SETTINGS, Setting, Unit};
pub use shot::ShotSettings;
pub use style::{OverlayStyle, StylePreset};
pub use theme::{Colour, READABLE_HEIGHT, Rgba, Theme, UnknownColour};

use crate::{
    document::{self, DocumentError},
    text::Compact,
};
#[cfg(feature = "bevy")]
use bevy_ecs::prelude::Resource;
use description::described;
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ops::RangeInclusive;

/// Everything that can be set while the program runs. Members that a file or a message omits take their defaults.
#[cfg_attr(feature = "bevy", derive(Resource))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Content and appearance of the overlay on the cloth.
    pub overlay: OverlaySettings,
    /// The stroke that predictions are made for, and the player's errors.
    pub shot: ShotSettings,
}

/// Content and appearance of the overlay on the cloth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OverlaySettings {
    /// `true` if light is projected.
    pub on: bool,
    /// Parts of the overlay that are drawn.
    pub style: OverlayStyle,
    /// Colours, widths and brightness.
    pub theme: Theme,
}

impl Default for OverlaySettings {
    fn default() -> Self {
        Self { on: true, style: OverlayStyle::default(), theme: Theme::default() }
    }
}

/// Reason why settings cannot be applied.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// A number is out of its range.
    #[error("{path} is {}: expected {} to {}{}", Compact(*value), range.start(), range.end(), after_number(unit))]
    Range {
        /// Path of the setting.
        path: &'static str,
        /// Value of the setting, in `unit`.
        value: f64,
        /// Permitted values, in `unit`.
        range: RangeInclusive<f64>,
        /// Unit of value and range; empty for a fraction.
        unit: &'static str,
    },
    /// The tip would slip off the ball; the number is its distance from the centre, ball radii.
    #[error(
        "shot.side and shot.height together are {} ball radii from the centre: expected up to {}; further out is a miscue",
        Compact(*.0), ShotSettings::OFFSET.end()
    )]
    Miscue(f64),
    /// The value is not settings: it has an unknown name, or a value of another type.
    #[error("not settings: {0}")]
    Shape(String),
}

/// Returns a unit as it is written after a number.
fn after_number(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!(" {unit}") }
}

impl From<DocumentError> for SettingsError {
    fn from(error: DocumentError) -> Self {
        Self::Shape(error.to_string())
    }
}

impl Settings {
    /// Checks that all values can be applied.
    ///
    /// # Errors
    /// Names the first value that cannot be applied, and the permitted ones.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let mut values = *self;
        for Setting { path, field, .. } in &SETTINGS {
            let Field::Number(of, number) = field else { continue };
            let value = *of(&mut values);
            // No range contains NaN.
            if !number.range.contains(&value) {
                return Err(SettingsError::Range {
                    path,
                    value,
                    range: number.range.clone(),
                    unit: number.unit.stored(),
                });
            }
        }
        // A diagonal offset slips off at the same distance from the centre.
        let offset = self.shot.side.hypot(self.shot.height);
        if offset > *ShotSettings::OFFSET.end() { Err(SettingsError::Miscue(offset)) } else { Ok(()) }
    }

    /// Returns these settings with an RFC 7396 merge patch applied; `null` restores a default.
    ///
    /// # Errors
    /// The result is not valid settings, or cannot be applied.
    pub fn patched(&self, patch: &Value) -> Result<Self, SettingsError> {
        if !patch.is_object() {
            return Err(SettingsError::Shape("a JSON object is expected".to_owned()));
        }
        let mut value = serde_json::to_value(self).map_err(|error| SettingsError::Shape(error.to_string()))?;
        merge(&mut value, patch);
        let settings: Self = document::from_value(value)?;
        settings.validate()?;
        Ok(settings)
    }

    /// Returns the merge patch (RFC 7396) that turns `before` into these settings.
    ///
    /// # Panics
    /// Never: settings are plain data with a JSON form.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Value {
        let json = |settings: &Self| serde_json::to_value(settings).expect("settings have a JSON form");
        changed(&json(before), &json(self)).unwrap_or_else(|| Value::Object(serde_json::Map::new()))
    }

    /// Reads settings from TOML.
    ///
    /// # Errors
    /// Names the place where the text is not valid settings, or the value that cannot be applied.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = document::from_toml(text)?;
        settings.validate()?;
        Ok(settings)
    }

    /// Returns the settings as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("plain data whose keys are strings has a TOML form")
    }

    /// Returns the JSON Schema of the settings. Each has its label as `title`, its range, and under names that begin
    /// with `x-` what a control for it needs ([`catalogue`]).
    #[must_use]
    pub fn schema() -> Schema {
        described(SchemaSettings::default().with(|settings| settings.inline_subschemas = true))
    }
}

/// Returns the part of `now` that differs from `before`; `None` if nothing does.
fn changed(before: &Value, now: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, now) else {
        return (before != now).then(|| now.clone());
    };
    let members = new.iter().filter_map(|(name, value)| {
        let change = old.get(name).map_or_else(|| Some(value.clone()), |before| changed(before, value))?;
        Some((name.clone(), change))
    });
    let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let all: serde_json::Map<_, _> = members.chain(gone).collect();
    (!all.is_empty()).then_some(Value::Object(all))
}

/// Composes two merge patches into one that does what `first` and then `then` do, as long as neither removes an object
/// that the other changes.
#[must_use]
pub fn compose_patches(first: &Value, then: &Value) -> Value {
    let (Value::Object(first), Value::Object(then)) = (first, then) else { return then.clone() };
    let mut both = first.clone();
    for (name, change) in then {
        let change = first.get(name).map_or_else(|| change.clone(), |before| compose_patches(before, change));
        both.insert(name.clone(), change);
    }
    Value::Object(both)
}

/// Merges a patch into a value (RFC 7396).
fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    let Value::Object(value) = value else { return };
    for (name, change) in patch {
        if change.is_null() {
            value.remove(name);
        } else {
            merge(value.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merging_is_that_of_the_standard() {
        // The examples of RFC 7396, appendix A, that concern objects.
        for (before, patch, after) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut value = before;
            merge(&mut value, &patch);
            assert_eq!(value, after);
        }
    }

    #[test]
    fn a_composed_patch_does_what_both_do() {
        for (first, then) in [
            (json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"b": {"c": 4}})),
            (json!({"b": {"c": 2}}), json!({"b": null})),
            (json!({"b": 1}), json!({"b": 2})),
            (json!({"b": {"c": null}}), json!({"b": {"d": 3}})),
            (json!({}), json!({"e": [1, 2]})),
        ] {
            let before = json!({"a": 0, "b": {"c": 0, "d": 0}, "e": [0]});
            let (mut one_by_one, mut at_once) = (before.clone(), before);
            merge(&mut one_by_one, &first);
            merge(&mut one_by_one, &then);
            merge(&mut at_once, &compose_patches(&first, &then));
            assert_eq!(one_by_one, at_once, "{first} {then}");
        }
    }

    #[test]
    fn a_patch_changes_what_it_names_and_null_brings_the_default_back() {
        let patch = json!({"overlay": {"on": false, "theme": {"aim": "#00ff00", "brightness": 0.5}}});
        let settings = Settings::default().patched(&patch).expect("good");
        assert!(!settings.overlay.on);
        assert_eq!(settings.overlay.theme.aim.to_string(), "#00ff00");
        assert_eq!((settings.shot, settings.overlay.style), (ShotSettings::default(), OverlayStyle::default()));
        let back = settings.patched(&json!({"overlay": {"theme": null}})).expect("good");
        assert_eq!((back.overlay.theme, back.overlay.on), (Theme::default(), false));
    }

    #[test]
    fn nonsense_is_named_and_changes_nothing() {
        let before = Settings::default();
        for (patch, words) in [
            (json!({"overlays": {}}), "overlays"),
            (
                json!({"overlay": {"style": {"fan": 3}}}),
                "overlay.style.fan: invalid type: integer `3`, expected a boolean",
            ),
            (json!({"overlay": {"theme": {"aim": "red"}}}), "red"),
            (json!({"overlay": {"theme": {"ring_radii": 1.0}}}), "1.7 to 5"),
            (json!({"shot": {"strike_speed": 99.0}}), "shot.strike_speed is 99: expected 0.05 to 15 m/s"),
            (json!({"overlay": {"theme": {"brightness": 1.5}}}), "overlay.theme.brightness is 1.5: expected 0 to 1"),
            (json!({"shot": {"side": 0.4, "height": -0.4}}), "together"),
            (json!([1]), "object"),
        ] {
            let error = before.patched(&patch).expect_err("nonsense").to_string();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(before.validate(), Ok(()));
        let shot = ShotSettings { side: f64::NAN, ..before.shot };
        let error = Settings { shot, ..before }.validate().expect_err("no number").to_string();
        assert_eq!(error, "shot.side is NaN: expected -0.5 to 0.5 ball radii to the left");
    }

    #[test]
    fn settings_survive_toml_and_may_be_partial() {
        let settings = Settings::default().patched(&json!({"shot": {"side": 0.25}})).expect("good");
        assert_eq!(Settings::from_toml(&settings.to_toml()), Ok(settings));
        assert_eq!(Settings::from_toml("").expect("nothing is the default"), Settings::default());
        let error = Settings::from_toml("[overlay]\nstile = 1\n").expect_err("a name that is none").to_string();
        assert!(error.contains("line 2, column 1: ") && error.contains("stile"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }

    #[test]
    fn the_default_is_valid_by_its_own_schema() {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("settings.json", Settings::schema().to_value()).expect("a document");
        let schema = compiler.compile("settings.json", &mut schemas).expect("a schema");
        let value = serde_json::to_value(Settings::default()).expect("serialises");
        assert!(schemas.validate(&value, schema).is_ok());
        for nonsense in [json!({"overlay": {"theme": {"aim": 3}}}), json!({"nothing": 3})] {
            assert!(schemas.validate(&nonsense, schema).is_err(), "{nonsense}");
        }
    }
}
