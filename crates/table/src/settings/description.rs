//! The catalogue of settings for programs: annotations of the JSON Schema, from which a page builds its controls.

use super::{Group, SETTINGS, Setting, Settings};
use schemars::{Schema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Returns the schema of the settings, annotated from the catalogue.
pub(super) fn described(generator: SchemaSettings) -> Schema {
    let mut schema = generator.into_generator().into_root_schema_for::<Settings>().to_value();
    schema["x-groups"] = Group::ALL.iter().map(|group| json!({"id": group.id(), "title": group.title()})).collect();
    for (place, setting) in SETTINGS.iter().enumerate() {
        if let Some(Value::Object(property)) = schema.pointer_mut(&pointer(setting)) {
            property.extend(annotations(place, setting));
        }
    }
    Schema::try_from(schema).expect("an object is a schema")
}

/// Returns the JSON Pointer of a setting in the schema.
fn pointer(setting: &Setting) -> String {
    format!("/properties/{}", setting.path.replace('.', "/properties/"))
}

/// Returns the annotations of one setting; `place` is its index in the catalogue.
fn annotations(place: usize, setting: &Setting) -> Map<String, Value> {
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| said.insert(name.to_owned(), value);
    say("title", json!(setting.label));
    say("description", json!(setting.help));
    say("x-group", json!(setting.group.id()));
    say("x-order", json!(place));
    if let Some(path) = setting.overrides {
        say("x-overrides", json!(path));
    }
    if setting.needs_pockets {
        say("x-needs-pockets", json!(true));
    }
    if let Some(number) = setting.number() {
        say("minimum", json!(number.range.start()));
        say("maximum", json!(number.range.end()));
        say("x-unit", json!(number.unit.stored()));
        say("x-shown-unit", json!(number.unit.displayed()));
        say("x-scale", json!(number.unit.scale()));
        say("x-decimals", json!(number.decimals));
        say("x-logarithmic", json!(number.logarithmic));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::super::Field;
    use super::*;

    #[test]
    fn every_setting_is_described_in_the_schema() {
        let schema = Settings::schema().to_value();
        for (place, setting) in SETTINGS.iter().enumerate() {
            let property =
                schema.pointer(&pointer(setting)).unwrap_or_else(|| panic!("{} is not in the schema", setting.path));
            assert_eq!((&property["title"], &property["x-order"]), (&json!(setting.label), &json!(place)));
            let kind = match setting.field {
                Field::Switch(_) => "boolean",
                Field::Colour(_) => "string",
                Field::Number(..) => "number",
            };
            assert_eq!(property["type"], kind, "{}", setting.path);
        }
    }

    /// Returns the text of docs/settings.md, generated from the catalogue.
    fn reference() -> String {
        let mut usual = Settings::default();
        let mut text = String::from(
            "# Settings\n\nEverything that can be set in the panel and on the page, in `settings.toml` and at \
             `/api/v1/config` while the program runs. (`settings.toml` also has a part `remote`, taken at the start: see \
             [the protocol](protocol/README.md).) Made from the catalogue of settings (`crates/table/src/settings/catalogue.rs`) by \
             its test; what a file leaves out is the default.\n",
        );
        for group in Group::ALL {
            let title = group.title();
            text += &format!("\n## {title}\n\n| setting | what it does | values | default |\n|---|---|---|---|\n");
            for setting in group.settings() {
                let (values, default) = match &setting.field {
                    Field::Switch(of) => ("`true` or `false`".to_owned(), of(&mut usual).to_string()),
                    Field::Colour(of) => ("`#rrggbb`".to_owned(), of(&mut usual).to_string()),
                    Field::Number(of, number) => {
                        let values =
                            format!("{} to {} {}", number.range.start(), number.range.end(), number.unit.stored());
                        (values.trim_end().to_owned(), ((*of(&mut usual) * 1e6).round() / 1e6).to_string())
                    }
                };
                let Setting { path, label, help, .. } = setting;
                text += &format!("| `{path}` | **{label}**. {help} | {values} | `{default}` |\n");
            }
        }
        text
    }

    #[test]
    fn the_document_says_what_the_catalogue_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
        let text = reference();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &text).expect("written");
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            kept, text,
            "docs/settings.md is old: UPDATE_DOCS=1 cargo test --release -p billiards-table writes it anew"
        );
    }
}
