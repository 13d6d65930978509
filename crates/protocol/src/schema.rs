//! JSON Schema of the protocol (draft 2020-12), generated from the types.

use crate::{client_message::ClientMessage, envelope::ServerMessage};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// Returns the schema of every message in both directions.
///
/// A message reduced to the fields that a client asked for lacks the others; the schema describes the complete message.
#[must_use]
pub fn protocol() -> Value {
    let mut server = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut client = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let from_server = server.subschema_for::<ServerMessage>();
    let from_client = client.subschema_for::<ClientMessage>();
    let mut definitions = server.take_definitions(true);
    definitions.extend(client.take_definitions(true));
    definitions.values_mut().for_each(describe_tags);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Billiards Trainer, WebSocket protocol v1",
        "description": "A message of the server or of a client.",
        "anyOf": [from_server, from_client],
        "$defs": definitions,
    })
}

/// Gives the tag of each variant of an enum the description of the variant: a doc comment cannot reach a tag, and
/// editors show the description of the member at which the cursor stands.
fn describe_tags(definition: &mut Value) {
    let variants = definition.get_mut("oneOf").and_then(Value::as_array_mut);
    for variant in variants.into_iter().flatten() {
        let Some(description) = variant.get("description").cloned() else { continue };
        let members = variant.get_mut("properties").and_then(Value::as_object_mut);
        for tag in members.into_iter().flat_map(|members| members.values_mut()).filter_map(Value::as_object_mut) {
            if tag.contains_key("const") {
                tag.entry("description").or_insert_with(|| description.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{envelope::MessageKind, stream::Stream};
    use std::{collections::BTreeSet, env, fs, path::PathBuf};

    fn docs(file: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol").join(file)
    }

    fn committed() -> Value {
        let text = fs::read_to_string(docs("v1.schema.json")).expect("docs/protocol/v1.schema.json");
        serde_json::from_str(&text).expect("JSON")
    }

    #[test]
    fn the_committed_schema_is_that_of_the_types() {
        let schema = protocol();
        if env::var_os("UPDATE_SCHEMA").is_some() {
            let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
            fs::write(docs("v1.schema.json"), text).expect("written");
        }
        let update =
            "UPDATE_SCHEMA=1 cargo test --release -p billiards-protocol the_committed_schema_is_that_of_the_types";
        assert!(committed() == schema, "docs/protocol/v1.schema.json is out of date: run `{update}`");
    }

    /// Collects the schemas of constants that lack a description.
    fn undescribed<'a>(schema: &'a Value, found: &mut Vec<&'a Value>) {
        match schema {
            Value::Object(members) => {
                if members.contains_key("const") && !members.contains_key("description") {
                    found.push(schema);
                }
                members.values().for_each(|member| undescribed(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| undescribed(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_constant_is_described() {
        let (schema, mut found) = (protocol(), Vec::new());
        undescribed(&schema, &mut found);
        assert!(found.is_empty(), "{found:?}");
    }

    /// Returns the JSON examples of the protocol's description.
    fn examples() -> Vec<Value> {
        let text = fs::read_to_string(docs("README.md")).expect("docs/protocol/README.md");
        let blocks = text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
        blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"))).collect()
    }

    /// Returns a function that reports a message's violations of a schema, if any.
    fn validator(schema: Value) -> impl Fn(&Value) -> Option<String> {
        let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
        compiler.add_resource("protocol.json", schema).expect("a document");
        let index = compiler.compile("protocol.json", &mut schemas).expect("a schema");
        move |message| schemas.validate(message, index).err().map(|error| error.to_string())
    }

    #[test]
    fn every_example_fits_the_schema_and_the_types() {
        let faults = validator(committed());
        let mut shown = BTreeSet::new();
        for example in examples() {
            assert_eq!(faults(&example), None, "{example}");
            let kind = example["type"].as_str().expect("a type").to_owned();
            if MessageKind::ALL.iter().any(|known| known.name() == kind) {
                let message: ServerMessage = serde_json::from_value(example.clone()).expect(&kind);
                assert_eq!(serde_json::to_value(&message).expect("JSON"), example, "written as it was read");
            } else {
                let known = |stream: Stream| Some(stream.fields()?.iter().map(|name| (*name).to_owned()).collect());
                ClientMessage::parse(&example.to_string(), known).expect(&kind);
            }
            shown.insert(kind);
        }
        let client = ["subscribe", "unsubscribe", "ping", "get_status"];
        let all: BTreeSet<String> =
            MessageKind::ALL.iter().map(|kind| kind.name()).chain(client).map(str::to_owned).collect();
        assert_eq!(shown, all, "every message has an example");
    }

    #[test]
    fn what_breaks_the_protocol_breaks_the_schema() {
        let faults = validator(protocol());
        let example = |kind: &str| {
            examples().into_iter().find(|example| example["type"] == kind).unwrap_or_else(|| panic!("no {kind}"))
        };
        let breaks = |kind: &str, pointer: &str, value: Value| {
            let mut message = example(kind);
            assert_eq!(faults(&message), None);
            *message.pointer_mut(pointer).unwrap_or_else(|| panic!("{kind} has no {pointer}")) = value;
            assert_ne!(faults(&message), None, "{message}");
        };
        breaks("state", "/data/balls/0/position/scale", json!(0));
        breaks("state", "/data/balls/0/position/scale", Value::Null);
        breaks("state", "/data/balls/0/label", json!("16"));
        breaks("state", "/data/balls/0/position/x", json!("0.5"));
        breaks("state", "/sequence", json!(0));
        breaks("state", "/timestamp", json!(5));
        breaks("state", "/type", json!("stat"));
        breaks("subscribe", "/data/streams", json!(["states"]));
        breaks("subscribe", "/data/streams", json!([]));
        breaks("alert", "/data/code", json!("rain"));
    }

    /// Names of the members of a definition.
    fn members(name: &str) -> BTreeSet<String> {
        let schema = protocol();
        let properties = schema["$defs"][name]["properties"].as_object().unwrap_or_else(|| panic!("no {name}"));
        properties.keys().cloned().collect()
    }

    #[test]
    fn the_snapshot_has_a_member_for_each_stream_that_is_not_queued() {
        let streams = Stream::ALL.iter().filter(|stream| stream.latest().is_some());
        assert_eq!(members("Snapshot"), streams.map(|stream| stream.name().to_owned()).collect());
    }

    #[test]
    fn the_fields_that_a_client_may_name_are_those_that_there_are() {
        let known = |stream: Stream| -> BTreeSet<String> {
            stream.fields().into_iter().flatten().map(|name| (*name).to_owned()).collect()
        };
        assert_eq!(known(Stream::State), members("StateData"));
        assert_eq!(known(Stream::Trajectory), members("TrajectoryData"));
        assert_eq!(known(Stream::Performance), members("PerformanceData"));
        let alert = examples().into_iter().find(|example| example["type"] == "alert").expect("an alert");
        let written = alert["data"].as_object().expect("an object").keys().cloned().collect();
        assert_eq!(known(Stream::Alert), written);
    }
}
