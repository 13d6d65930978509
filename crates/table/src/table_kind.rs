//! The shipped tables: their names, and what their files say.

use super::{table::TableSpec, table_file::TableFile};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, sync::OnceLock};

/// Name and text of each file of `assets/tables`, in the order of the names.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// A table that is shipped. In text, it is the name of its file in `assets/tables` without the extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableKind(&'static str);

/// A shipped table, read from its file.
#[derive(Debug)]
struct Shipped {
    file: TableFile,
    spec: TableSpec,
}

/// Returns the shipped tables in the order of [`FILES`].
fn shipped() -> &'static [(TableKind, Shipped)] {
    static SHIPPED: OnceLock<Vec<(TableKind, Shipped)>> = OnceLock::new();
    SHIPPED.get_or_init(|| {
        let read = |(name, text): &(&'static str, &str)| {
            let file = TableFile::parse(text).ok()?;
            let kind = TableKind(name);
            let spec = file.spec(TableName::Shipped(kind)).ok()?;
            Some((kind, Shipped { file, spec }))
        };
        FILES.iter().filter_map(read).collect()
    })
}

impl TableKind {
    /// American pool table of 7 feet.
    pub const SEVEN_FOOT: Self = Self("7ft");
    /// American pool table of 8 feet.
    pub const EIGHT_FOOT: Self = Self("8ft");
    /// American pool table of 9 feet: what is assumed where nothing is known.
    pub const NINE_FOOT: Self = Self("9ft");
    /// The American pool tables, smallest first.
    pub const AMERICAN: [Self; 3] = [Self::SEVEN_FOOT, Self::EIGHT_FOOT, Self::NINE_FOOT];

    /// Returns all shipped tables, in the order of their names.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        shipped().iter().map(|(kind, _)| *kind)
    }

    /// Returns the shipped table of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.0 == name)
    }

    fn shipped(self) -> &'static Shipped {
        let found = shipped().iter().find(|(kind, _)| *kind == self);
        // A test reads every file, and a name comes from the list or is one of the constants above.
        &found.unwrap_or_else(|| unreachable!("{} is no file of assets/tables", self.0)).1
    }

    /// Returns the dimensions of the table.
    #[must_use]
    pub fn spec(self) -> TableSpec {
        self.shipped().spec
    }

    /// Returns the name of the table: that of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Returns a name for people, such as `Snooker, 12 ft`.
    #[must_use]
    pub fn title(self) -> &'static str {
        &self.shipped().file.title
    }

    /// Returns the names of the ball sets that are played with on the table.
    #[must_use]
    pub fn ball_sets(self) -> &'static [String] {
        &self.shipped().file.ball_sets
    }

    /// Returns how common the table is, relative to others that look like it.
    #[must_use]
    pub fn frequency(self) -> f64 {
        self.shipped().file.frequency
    }

    /// Returns the names of the games that are played on the table.
    #[must_use]
    pub fn games(self) -> &'static [String] {
        &self.shipped().file.games
    }
}

impl fmt::Display for TableKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for TableKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for TableKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("`{name}` is not a table: expected {}", Self::names()));
        Self::named(&name).ok_or_else(unknown)
    }
}

impl TableKind {
    /// Returns the names of all shipped tables as a list in words.
    #[must_use]
    pub fn names() -> String {
        Self::all().map(Self::name).collect::<Vec<_>>().join(", ")
    }
}

/// Name of a table: that of a shipped one, or `custom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TableName {
    /// A shipped table.
    Shipped(TableKind),
    /// A table whose dimensions the operator gave.
    Custom,
}

impl TableName {
    /// Text of [`TableName::Custom`].
    pub const CUSTOM: &'static str = "custom";

    /// Returns the name in text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Shipped(kind) => kind.name(),
            Self::Custom => Self::CUSTOM,
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for TableName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de> Deserialize<'de> for TableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("`{name}` is not the name of a table"));
        if name == Self::CUSTOM {
            Ok(Self::Custom)
        } else {
            TableKind::named(&name).map(Self::Shipped).ok_or_else(unknown)
        }
    }
}

impl JsonSchema for TableName {
    fn schema_name() -> Cow<'static, str> {
        "TableName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = TableKind::all().map(TableKind::name).chain([Self::CUSTOM]).collect();
        let description = "Name of the table: a shipped one, or `custom` for one whose dimensions the operator gave.";
        json_schema!({ "description": description, "type": "string", "enum": names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_table() {
        for (name, text) in FILES {
            let spec = TableFile::parse(text).and_then(|file| file.spec(TableName::Custom));
            assert!(spec.is_ok(), "{name}: {}", spec.expect_err("an error"));
        }
        assert_eq!(TableKind::all().len(), FILES.len());
        for kind in TableKind::AMERICAN {
            assert_eq!(TableKind::named(kind.name()), Some(kind));
        }
    }

    #[test]
    fn names_survive_json() {
        let names = TableKind::all().map(TableName::Shipped).chain([TableName::Custom]);
        for name in names {
            let text = serde_json::to_string(&name).expect("text");
            assert_eq!(serde_json::from_str::<TableName>(&text).expect("a name"), name);
        }
        let error = serde_json::from_str::<TableKind>("\"10ft\"").expect_err("no table").to_string();
        assert!(error.contains("`10ft`") && error.contains("9ft"), "{error}");
    }
}
