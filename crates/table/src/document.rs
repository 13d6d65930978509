//! Documents that people and programs write, in TOML and JSON: an error names the place in the text, the path of the
//! key, and the reason.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Path;

/// Reason why a document cannot be read, in one line: the place in the text, the path of the key, and what is wrong
/// there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(String);

/// Reads a value from TOML; a byte-order mark at its beginning is ignored.
///
/// # Errors
/// The text is not TOML, or a key is unknown, missing, or of another type.
pub fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, DocumentError> {
    let text = without_mark(text);
    let document = toml::Deserializer::parse(text).map_err(|error| in_toml(text, "", &error))?;
    serde_path_to_error::deserialize(document).map_err(|error| in_toml(text, &key(error.path()), error.inner()))
}

/// Reads a value from JSON; a byte-order mark at its beginning is ignored.
///
/// # Errors
/// The text is not JSON, or a key is unknown, missing, or of another type.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, DocumentError> {
    let mut document = serde_json::Deserializer::from_str(without_mark(text));
    let value = serde_path_to_error::deserialize(&mut document).map_err(|error| DocumentError(error.to_string()))?;
    document.end().map_err(|error| DocumentError(error.to_string()))?;
    Ok(value)
}

/// Reads a value from JSON that was parsed before.
///
/// # Errors
/// A key is unknown, missing, or of another type.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DocumentError> {
    serde_path_to_error::deserialize(value).map_err(|error| DocumentError(error.to_string()))
}

fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

/// Returns the path of a key as the beginning of a message; nothing for the document itself.
fn key(path: &Path) -> String {
    if path.iter().next().is_some() { format!("{path}: ") } else { String::new() }
}

fn in_toml(text: &str, key: &str, error: &toml::de::Error) -> DocumentError {
    let reason = error.message().lines().collect::<Vec<_>>().join(" ");
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map_or_else(String::new, |before| {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("line {line}, column {column}: ")
    });
    DocumentError(format!("{place}{key}{reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Ball {
        diameter: f64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Game {
        balls: Vec<Ball>,
        #[serde(default)]
        table: Option<Ball>,
    }

    #[test]
    fn a_wrong_value_is_named_by_its_path() {
        let of_toml = |text: &str| from_toml::<Game>(text).expect_err(text).to_string();
        let error = of_toml("[[balls]]\ndiameter = 0.05\n[[balls]]\ndiameter = \"large\"\n");
        assert_eq!(error, "line 4, column 12: balls[1].diameter: invalid type: string \"large\", expected f64");
        let error = of_toml("balls = []\n[table]\ndiametre = 1.0\n");
        assert!(error.contains("table.diametre: unknown field `diametre`, expected `diameter`"), "{error}");
        assert!(of_toml("[table]\ndiameter = 1.0\n").contains("missing field `balls`"));
        assert!(of_toml("balls = [\n").starts_with("line "), "not TOML");

        let of_json = |text: &str| from_json::<Game>(text).expect_err(text).to_string();
        let error = of_json(r#"{"balls": [{"diameter": "large"}]}"#);
        assert!(error.starts_with("balls[0].diameter: invalid type: string \"large\", expected f64"), "{error}");
        let error = of_json(r#"{"balls": [], "table": {"diameter": 1e999}}"#);
        assert!(error.starts_with("table.diameter: number out of range"), "{error}");
        assert!(of_json(r#"{"balls": []} {}"#).starts_with("trailing characters"));
        assert!(of_json("").starts_with("EOF") && of_json("{balls").starts_with("key must be a string"));

        let error = from_value::<Game>(json!({"balls": [{"diameter": null}]})).expect_err("null").to_string();
        assert_eq!(error, "balls[0].diameter: invalid type: null, expected f64");
    }

    #[test]
    fn a_byte_order_mark_is_ignored() {
        let game = Game { balls: Vec::new(), table: None };
        assert_eq!(from_toml("\u{feff}balls = []"), Ok(game));
        assert_eq!(from_json("\u{feff}{\"diameter\": 1}"), Ok(Ball { diameter: 1.0 }));
    }
}
