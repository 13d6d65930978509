//! Selection of members of a JSON object, cut out of its text: nothing is parsed into numbers and written again, so the
//! members that a client receives are exactly those that the others receive.

use std::collections::BTreeSet;

/// Names of the members to keep.
pub(crate) type Fields = BTreeSet<String>;

/// Returns the object with only these members, or the unchanged text if it is not an object.
pub(crate) fn select(object: &str, fields: &Fields) -> String {
    let Some(members) = members(object) else { return object.to_owned() };
    let kept: Vec<&str> =
        members.into_iter().filter(|(name, _)| fields.contains(*name)).map(|(_, member)| member).collect();
    format!("{{{}}}", kept.join(","))
}

/// Returns the members of an object that serde_json wrote, each as its name and the text from the name's quote to the
/// end of the value; `None` if it is not an object.
pub(crate) fn members(object: &str) -> Option<Vec<(&str, &str)>> {
    let inside = object.strip_prefix('{')?.strip_suffix('}')?;
    let mut members = Vec::new();
    let mut begin = 0;
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (i, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                members.push(member(&inside[begin..i])?);
                begin = i + 1;
            }
            _ => {}
        }
    }
    if begin < inside.len() {
        members.push(member(&inside[begin..])?);
    }
    Some(members)
}

/// Splits a member into its name and its text. Names are identifiers here, so there is nothing to unescape.
fn member(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let name = text.strip_prefix('"')?;
    Some((&name[..name.find('"')?], text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn fields(names: &[&str]) -> Fields {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn members_are_kept_letter_by_letter() {
        let object = r#"{"a":{"b":[1,{"c":"},{"}]},"d":0.30000000000000004,"e":"x\",\"d\":1","f":null}"#;
        assert_eq!(select(object, &fields(&["d", "f"])), r#"{"d":0.30000000000000004,"f":null}"#);
        assert_eq!(select(object, &fields(&["a"])), r#"{"a":{"b":[1,{"c":"},{"}]}}"#);
        assert_eq!(select(object, &fields(&["e"])), r#"{"e":"x\",\"d\":1"}"#);
        assert_eq!(select(object, &fields(&[])), "{}");
        assert_eq!(select("{}", &fields(&["a"])), "{}");
        assert_eq!(select("[1]", &fields(&["a"])), "[1]");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\\\\\"{},]{0,5}", inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn one_member_of_any_object_is_that_member(value in any_json(), other in any_json()) {
            let text = json!({"first": other, "value": value, "z": other}).to_string();
            let kept: Value = serde_json::from_str(&select(&text, &fields(&["value"]))).expect("JSON");
            prop_assert_eq!(kept, json!({"value": value}));
        }
    }
}
