//! The operator's choice of table.

use super::{
    document,
    table::TableSpec,
    table_file::{TableFile, TableFileError},
    table_kind::{TableKind, TableName},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;
use std::{borrow::Cow, fmt, path::Path, str::FromStr};

/// A text that is not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a table: expected {names} or auto", names = TableKind::names())]
pub struct UnknownTable(pub String);

/// Reason why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The text is neither a name nor a file.
    #[error("`{name}` is not a table ({reason}): expected auto, {names}, or a TOML file like assets/tables/9ft.toml", names = TableKind::names())]
    Unknown {
        /// The text.
        name: String,
        /// Reason why it cannot be read as a file.
        reason: String,
    },
    /// The file describes no table.
    #[error("{name}: {source}")]
    Invalid {
        /// Path of the file.
        name: String,
        /// Description of the error.
        source: TableFileError,
    },
}

/// The operator's choice of table; in text `auto`, or the name of a shipped one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[expect(clippy::large_enum_variant, reason = "copied when an operator acts, and a plain value is simpler than a box")]
pub enum TableChoice {
    /// Table estimated from the picture.
    #[default]
    Auto,
    /// A shipped table.
    Kind(TableKind),
    /// A table whose dimensions the operator gave.
    Custom(TableSpec),
}

impl TableChoice {
    /// Returns a shipped table by its name, `auto`, or the table of a TOML file, which `read` reads.
    ///
    /// # Errors
    /// The text is none of them, or the file describes no table.
    pub fn load<E: fmt::Display>(
        name: &str,
        read: impl FnOnce(&Path) -> Result<String, E>,
    ) -> Result<Self, TableError> {
        if let Ok(choice) = name.parse() {
            return Ok(choice);
        }
        let text = read(Path::new(name))
            .map_err(|error| TableError::Unknown { name: name.to_owned(), reason: error.to_string() })?;
        let spec = TableFile::parse(&text).and_then(|file| file.spec(TableName::Custom));
        spec.map(Self::Custom).map_err(|source| TableError::Invalid { name: name.to_owned(), source })
    }

    /// Returns the dimensions of the table; `None` if it is to be estimated.
    #[must_use]
    pub fn spec(self) -> Option<TableSpec> {
        match self {
            Self::Auto => None,
            Self::Kind(kind) => Some(kind.spec()),
            Self::Custom(spec) => Some(spec),
        }
    }
}

impl From<TableSpec> for TableChoice {
    fn from(spec: TableSpec) -> Self {
        match spec.kind {
            TableName::Shipped(kind) => Self::Kind(kind),
            TableName::Custom => Self::Custom(spec),
        }
    }
}

impl FromStr for TableChoice {
    type Err = UnknownTable;

    fn from_str(text: &str) -> Result<Self, UnknownTable> {
        match (text, TableKind::named(text)) {
            ("auto", _) => Ok(Self::Auto),
            (_, Some(kind)) => Ok(Self::Kind(kind)),
            _ => Err(UnknownTable(text.to_owned())),
        }
    }
}

impl fmt::Display for TableChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Kind(kind) => kind.fmt(f),
            Self::Custom(spec) => spec.kind.fmt(f),
        }
    }
}

/// On disk and on the wire, a choice is a name or the dimensions.
impl Serialize for TableChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Custom(spec) => TableFile::from(spec).serialize(serializer),
            named => serializer.collect_str(named),
        }
    }
}

impl<'de> Deserialize<'de> for TableChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An untagged enum would hide what is wrong in the dimensions.
        match Value::deserialize(deserializer)? {
            Value::String(name) => name.parse().map_err(D::Error::custom),
            dimensions @ Value::Object(_) => {
                let file: TableFile = document::from_value(dimensions).map_err(D::Error::custom)?;
                file.spec(TableName::Custom).map(Self::Custom).map_err(D::Error::custom)
            }
            other => {
                let given = if other.is_array() { "a list".to_owned() } else { other.to_string() };
                let expected = "the name of a table, or an object with its dimensions";
                Err(D::Error::custom(format!("{given} is not a table: expected {expected}")))
            }
        }
    }
}

impl JsonSchema for TableChoice {
    fn schema_name() -> Cow<'static, str> {
        "TableChoice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = ["auto"].into_iter().chain(TableKind::all().map(TableKind::name)).collect();
        let named = "Name of a shipped table, or `auto` for one that is estimated from the picture.";
        json_schema!({
            "description": "Choice of table: `auto`, the name of a shipped table, or the dimensions of a custom one.",
            "anyOf": [
                { "type": "string", "enum": names, "description": named },
                generator.subschema_for::<TableFile>(),
            ],
        })
    }
}

/// A table that is named or given by its dimensions; not `auto`.
impl<'de> Deserialize<'de> for TableSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let unknown = || D::Error::custom(format!("`auto` is not a table: expected {}", TableKind::names()));
        TableChoice::deserialize(deserializer)?.spec().ok_or_else(unknown)
    }
}

impl Serialize for TableSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TableChoice::from(*self).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_text() {
        for text in ["7ft", "8ft", "9ft", "snooker-12ft", "auto"] {
            assert_eq!(text.parse::<TableChoice>().expect("known").to_string(), text);
        }
        assert_eq!("10ft".parse::<TableChoice>(), Err(UnknownTable("10ft".into())));
    }

    #[test]
    fn choices_survive_json() {
        let custom = TableSpec { kind: TableName::Custom, length: 2.4, ..TableKind::NINE_FOOT.spec() };
        for choice in [TableChoice::Auto, TableChoice::Kind(TableKind::SEVEN_FOOT), TableChoice::Custom(custom)] {
            let text = serde_json::to_string(&choice).expect("text");
            assert_eq!(serde_json::from_str::<TableChoice>(&text).expect("a choice"), choice, "{text}");
        }
        let mut wrong = serde_json::to_value(TableChoice::Custom(custom)).expect("JSON");
        wrong["length"] = 96.0.into();
        let error = serde_json::from_value::<TableChoice>(wrong).expect_err("inches").to_string();
        assert!(error.contains("length is 96"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_named_by_its_path() {
        let custom = TableSpec { kind: TableName::Custom, ..TableKind::NINE_FOOT.spec() };
        let dimensions = serde_json::to_value(TableChoice::Custom(custom)).expect("JSON");
        for (place, value, words) in [
            ("/length", Value::from("long"), "length: invalid type: string \"long\", expected f64"),
            ("/pockets/side/angle", Value::Null, "pockets.side.angle: invalid type: null, expected f64"),
            ("/markings/spots/1", Value::from(true), "markings.spots[1]: invalid type: boolean `true`, expected f64"),
        ] {
            let mut wrong = dimensions.clone();
            *wrong.pointer_mut(place).expect("a key") = value;
            let error = serde_json::from_value::<TableChoice>(wrong).expect_err(place).to_string();
            assert_eq!(error, words);
        }
        for (value, words) in [(Value::from(9), "9 is not a table"), (Value::Array(Vec::new()), "a list is not")] {
            let error = serde_json::from_value::<TableChoice>(value).expect_err(words).to_string();
            assert!(error.starts_with(words) && error.contains("an object with its dimensions"), "{error}");
        }
    }

    #[test]
    fn the_schema_admits_choices_and_nothing_else() {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("choice.json", schemars::schema_for!(TableChoice).to_value()).expect("a document");
        let index = compiler.compile("choice.json", &mut schemas).expect("a schema");
        let fits = |choice: &Value| schemas.validate(choice, index).is_ok();
        assert!(fits(&"auto".into()) && !fits(&"10ft".into()));
        for kind in TableKind::all() {
            assert!(fits(&kind.name().into()), "{kind}");
            let custom = TableChoice::Custom(TableSpec { kind: TableName::Custom, ..kind.spec() });
            let dimensions = serde_json::to_value(custom).expect("JSON");
            assert!(fits(&dimensions), "{dimensions}");
            for (key, value) in [("length", 96.0), ("frequency", 2.0), ("lenght", 2.0)] {
                let mut wrong = dimensions.clone();
                wrong[key] = value.into();
                assert!(!fits(&wrong), "{key}");
            }
        }
    }

    #[test]
    fn a_file_that_is_no_table_is_named() {
        let load = |name: &str, text: Result<&str, &'static str>| TableChoice::load(name, |_| text.map(str::to_owned));
        let error = load("nothere.toml", Err("it is larger than 1 MB")).expect_err("no file").to_string();
        assert!(
            error.starts_with("`nothere.toml` is not a table (it is larger than 1 MB): expected auto, "),
            "{error}"
        );
        assert!(error.contains("9ft"), "{error}");
        let error = load("half.toml", Ok("length = 2.5")).expect_err("no width").to_string();
        assert!(error.starts_with("half.toml: ") && error.contains("missing field"), "{error}");
        let table = toml::to_string(&TableChoice::Custom(TableKind::SEVEN_FOOT.spec())).expect("TOML");
        let TableChoice::Custom(read) = load("mine.toml", Ok(&table)).expect("a table") else { panic!("not a file") };
        assert_eq!(read, TableSpec { kind: TableName::Custom, ..TableKind::SEVEN_FOOT.spec() });
        assert_eq!(load("7ft", Err("not asked")).expect("a name"), TableChoice::Kind(TableKind::SEVEN_FOOT));
    }
}
