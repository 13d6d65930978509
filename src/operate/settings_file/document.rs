//! Changes of a TOML text that preserve its order, its comments and everything that is not changed.

use serde_json::{Map, Value};
use toml_edit::{DocumentMut, Item, TableLike};

/// Returns the text with an RFC 7396 merge patch applied; `None` if the text is not TOML, or the patch contains what
/// TOML cannot represent.
pub(super) fn patched(text: &str, patch: &Value) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    merge(document.as_table_mut(), patch.as_object()?)?;
    Some(document.to_string())
}

fn merge(table: &mut dyn TableLike, patch: &Map<String, Value>) -> Option<()> {
    for (name, change) in patch {
        match change {
            Value::Null => {
                table.remove(name);
            }
            Value::Object(inner) => {
                if !table.get(name).is_some_and(Item::is_table_like) {
                    table.insert(name, toml_edit::table());
                }
                merge(table.get_mut(name)?.as_table_like_mut()?, inner)?;
            }
            plain => {
                let mut new = plain_value(plain)?;
                match table.get_mut(name).and_then(Item::as_value_mut) {
                    Some(old) => {
                        // The comments of the old value stay.
                        *new.decor_mut() = old.decor().clone();
                        *old = new;
                    }
                    None => {
                        table.insert(name, Item::Value(new));
                    }
                }
            }
        }
    }
    Some(())
}

fn plain_value(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Bool(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::Array(values) => {
            toml_edit::Value::Array(values.iter().map(plain_value).collect::<Option<toml_edit::Array>>()?)
        }
        Value::Null | Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_the_patch_names_is_changed() {
        let text = "# mine\n[overlay]\non = true # light\nstyle = { fan = true }\n\n[shot]\nside = 0.1\nheight = 0\n";
        for (patch, after) in [
            (json!({}), text.to_owned()),
            (json!({"overlay": {"on": false}}), text.replace("on = true", "on = false")),
            (json!({"overlay": {"style": {"fan": false}}}), text.replace("{ fan = true }", "{ fan = false }")),
            (
                json!({"shot": {"side": null, "height": 0.5}}),
                text.replace("side = 0.1\nheight = 0\n", "height = 0.5\n"),
            ),
            (
                json!({"overlay": {"theme": {"aim": "#00ff00", "brightness": 0.85}}}),
                text.replace("\n\n[shot]", "\n\n[overlay.theme]\naim = \"#00ff00\"\nbrightness = 0.85\n\n[shot]"),
            ),
        ] {
            assert_eq!(patched(text, &patch).as_deref(), Some(after.as_str()), "{patch}");
        }
        assert_eq!(patched("", &json!({"shot": {"side": 0.5}})).as_deref(), Some("[shot]\nside = 0.5\n"));
        assert_eq!(patched("[shot", &json!({})), None);
    }
}
