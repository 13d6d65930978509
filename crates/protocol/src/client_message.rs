//! Messages that a client may send, and the error that answers an invalid one.

use crate::stream::Stream;
use billiards_table::text::Compact;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A client's message: its `type` and, where it has any, its `data`. Other members of the envelope are allowed and
/// ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Subscribes to streams. Answered with `subscribed`, and with the newest message of each of these streams.
    Subscribe(SubscribeData),
    /// Unsubscribes from streams. Answered with `subscribed`.
    Unsubscribe(UnsubscribeData),
    /// Requests a `pong` that carries the same data; without data it carries `null`.
    Ping(Option<Value>),
    /// Requests a `status`.
    GetStatus,
}

/// Streams that a client subscribes to, with their options.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribeData {
    /// Names of the streams. The first `subscribe` of a connection replaces the default streams; a later one adds to
    /// the subscribed streams and replaces the options of a stream that is already subscribed.
    #[schemars(length(min = 1))]
    pub streams: BTreeSet<Stream>,
    /// Maximum number of messages per second of a stream, 0.1 to 1000; unlimited if absent. Alerts cannot be limited.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub max_fps: BTreeMap<Stream, f64>,
    /// Top-level members of a stream's `data` to keep; all of them if absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Stream, BTreeSet<String>>,
    /// Compression of messages from now on; unchanged if absent or `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
}

/// Streams that a client unsubscribes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnsubscribeData {
    /// Names of the streams; one that is not subscribed is ignored.
    pub streams: BTreeSet<Stream>,
}

/// Subscription in force from now on: a `subscribe` with this content would change nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SubscribedData {
    /// Names of the subscribed streams.
    pub streams: BTreeSet<Stream>,
    /// Maximum number of messages per second of each stream that has a limit.
    pub max_fps: BTreeMap<Stream, f64>,
    /// Members of `data` that are kept, for each stream of which not all are.
    pub fields: BTreeMap<Stream, BTreeSet<String>>,
    /// Compression of messages.
    pub compression: Compression,
}

/// Compression of the server's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// No compression: every message is a text.
    #[default]
    None,
    /// Compression of messages above 1024 bytes, where it saves a tenth or more: sent as a binary message, which is the
    /// text in zlib format (RFC 1950).
    Zlib,
}

/// Error in a client's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorData {
    /// Code of the error, for programs.
    pub code: ErrorCode,
    /// Description of the error and of what would be right, for people.
    pub message: String,
}

/// Code of an error in a client's message, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The message is not JSON, not an object with a `type`, or not a text.
    BadMessage,
    /// The `type` is unknown to this server.
    UnknownMessage,
    /// The `type` is known, but the `data` do not fit it.
    BadData,
    /// The client has exceeded its rate limit; this message was ignored.
    RateLimited,
}

impl ErrorData {
    /// Creates an error from a code for programs and a message for people.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Permitted range of [`SubscribeData::max_fps`], messages per second.
const RATES: std::ops::RangeInclusive<f64> = 0.1..=1000.0;
/// A quarter of the maximum number of characters that an answer quotes from a client's message.
const QUOTED: usize = 64;

impl ClientMessage {
    /// Parses a client's text. `known` returns the names of the members of a stream's data where they are known.
    ///
    /// # Errors
    /// Returns the answer to an invalid message: it says what is wrong and what would be right.
    pub fn parse(text: &str, known: impl Fn(Stream) -> Option<Vec<String>>) -> Result<Self, ErrorData> {
        let bad = |why: String| ErrorData::new(ErrorCode::BadMessage, why);
        let mut message: Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| bad(format!("expected a JSON object with a \"type\": {error}")))?;
        let kind = match message.remove("type") {
            Some(Value::String(kind)) => kind,
            Some(other) => return Err(bad(format!("\"type\" must be a text, not {}", quoted(&other.to_string())))),
            None => return Err(bad("the object has no \"type\"".to_owned())),
        };
        let data = message.remove("data");
        match kind.as_str() {
            "subscribe" => {
                let data: SubscribeData = read("subscribe", data)?;
                data.check(known)?;
                Ok(Self::Subscribe(data))
            }
            "unsubscribe" => Ok(Self::Unsubscribe(read("unsubscribe", data)?)),
            "ping" => Ok(Self::Ping(data.filter(|data| !data.is_null()))),
            "get_status" => Ok(Self::GetStatus),
            other => Err(ErrorData::new(
                ErrorCode::UnknownMessage,
                format!(
                    "unknown type `{}`: expected `subscribe`, `unsubscribe`, `ping` or `get_status`",
                    quoted(other)
                ),
            )),
        }
    }
}

fn read<T: DeserializeOwned>(kind: &str, data: Option<Value>) -> Result<T, ErrorData> {
    let data = data.ok_or_else(|| ErrorData::new(ErrorCode::BadData, format!("`{kind}` needs \"data\"")))?;
    serde_json::from_value(data).map_err(|error| {
        ErrorData::new(ErrorCode::BadData, format!("the data of `{kind}`: {}", quoted(&error.to_string())))
    })
}

/// Truncates a quotation from a client's message to about a line.
fn quoted(text: &str) -> String {
    let longest = 4 * QUOTED;
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl SubscribeData {
    /// Checks the constraints that the types do not express.
    fn check(&self, known: impl Fn(Stream) -> Option<Vec<String>>) -> Result<(), ErrorData> {
        let bad = |why: String| Err(ErrorData::new(ErrorCode::BadData, why));
        if self.streams.is_empty() {
            return bad(format!("\"streams\" is empty: there are {}", Stream::ALL.map(Stream::name).join(", ")));
        }
        for stream in self.max_fps.keys().chain(self.fields.keys()) {
            if !self.streams.contains(stream) {
                return bad(format!("`{stream}` has a manner but is not among the \"streams\""));
            }
        }
        for (stream, rate) in &self.max_fps {
            if *stream == Stream::Alert {
                return bad("\"max_fps\": alerts are sent one by one, their rate cannot be limited".to_owned());
            }
            if !RATES.contains(rate) {
                let (least, most) = (RATES.start(), RATES.end());
                return bad(format!("\"max_fps\" of `{stream}` is {}; {least} to {most} is possible", Compact(*rate)));
            }
        }
        for (stream, fields) in &self.fields {
            let Some(known) = known(*stream) else { continue };
            if fields.is_empty() {
                return bad(format!("\"fields\" of `{stream}` is empty: there are {}", known.join(", ")));
            }
            if let Some(unknown) = fields.iter().find(|field| !known.contains(field)) {
                let known = known.join(", ");
                return bad(format!("`{stream}` has no field `{}`: there are {known}", quoted(unknown)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known(stream: Stream) -> Option<Vec<String>> {
        Some(stream.fields()?.iter().map(|name| (*name).to_owned()).collect())
    }

    fn parse(text: &str) -> Result<ClientMessage, ErrorData> {
        ClientMessage::parse(text, known)
    }

    #[test]
    fn what_clients_may_say_is_understood() {
        assert_eq!(parse(r#"{"type":"ping"}"#), Ok(ClientMessage::Ping(None)));
        let with_data = r#"{"type":"ping","data":{"t":1},"sequence":5}"#;
        assert_eq!(parse(with_data), Ok(ClientMessage::Ping(Some(json!({"t": 1})))));
        assert_eq!(parse(r#"{"type":"get_status","data":null}"#), Ok(ClientMessage::GetStatus));
        let text = r#"{"type":"subscribe","data":{"streams":["state","alert"],"max_fps":{"state":10},
            "fields":{"state":["balls"]},"compression":"zlib"}}"#;
        let wanted = SubscribeData {
            streams: [Stream::State, Stream::Alert].into(),
            max_fps: [(Stream::State, 10.0)].into(),
            fields: [(Stream::State, ["balls".to_owned()].into())].into(),
            compression: Some(Compression::Zlib),
        };
        assert_eq!(parse(text), Ok(ClientMessage::Subscribe(wanted)));
        let streams = [Stream::Config].into();
        let text = r#"{"type":"unsubscribe","data":{"streams":["config"]}}"#;
        assert_eq!(parse(text), Ok(ClientMessage::Unsubscribe(UnsubscribeData { streams })));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for message in [
            ClientMessage::Subscribe(SubscribeData { streams: Stream::ALL.into(), ..SubscribeData::default() }),
            ClientMessage::Unsubscribe(UnsubscribeData { streams: Stream::DEFAULT.into() }),
            ClientMessage::Ping(Some(json!(7))),
            ClientMessage::Ping(None),
            ClientMessage::GetStatus,
        ] {
            let text = serde_json::to_string(&message).expect("JSON");
            assert_eq!(parse(&text), Ok(message), "{text}");
        }
    }

    fn refusal(text: &str) -> (ErrorCode, String) {
        let error = parse(text).expect_err(text);
        (error.code, error.message)
    }

    #[test]
    fn anything_else_is_told_apart() {
        for bad in ["", "ping", "[]", "{}", r#"{"type":1}"#, "{\"type\":\"ping\"", "null", "\"ping\""] {
            assert_eq!(refusal(bad).0, ErrorCode::BadMessage, "{bad}");
        }
        assert_eq!(refusal(r#"{"type":"dance"}"#).0, ErrorCode::UnknownMessage);
        let long = format!(r#"{{"type":"{}"}}"#, "ä".repeat(10_000));
        assert!(refusal(&long).1.len() < 1000);
    }

    #[test]
    fn a_wrong_wish_names_what_there_is() {
        for (data, part) in [
            ("", "needs \"data\""),
            (r#","data":{"streams":["states"]}"#, "`states`, expected one of `state`, `trajectory`"),
            (r#","data":{"streams":[]}"#, "empty: there are state, trajectory, alert, config, performance"),
            (r#","data":{"streams":["state"],"fps":5}"#, "unknown field `fps`"),
            (r#","data":{"streams":["state"],"max_fps":{"state":0}}"#, "0.1 to 1000"),
            (r#","data":{"streams":["state"],"max_fps":{"state":"5"}}"#, "expected f64"),
            (r#","data":{"streams":["state"],"max_fps":{"config":5}}"#, "not among"),
            (r#","data":{"streams":["alert"],"max_fps":{"alert":5}}"#, "one by one"),
            (r#","data":{"streams":["state"],"fields":{"state":["ball"]}}"#, "there are balls, cue, table, source"),
            (r#","data":{"streams":["state"],"fields":{"state":[]}}"#, "empty"),
            (r#","data":{"streams":["state"],"compression":"gzip"}"#, "`none` or `zlib`"),
        ] {
            let (code, message) = refusal(&format!(r#"{{"type":"subscribe"{data}}}"#));
            assert_eq!(code, ErrorCode::BadData, "{data}");
            assert!(message.contains(part), "{data}: {message}");
        }
    }
}
