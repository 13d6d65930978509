//! Assembly of messages from existing JSON: data shared by all clients are serialised once.

use crate::{
    payload::Payload,
    topic::{Newest, Published},
};
use billiards_protocol::{envelope::MessageKind, json, message::PROTOCOL_VERSION, stream::Stream};
use jiff::Timestamp;
use tokio_tungstenite::tungstenite::Message;

/// Returns the part of a message before its data.
fn head(kind: MessageKind, at: Timestamp, sequence: u64) -> String {
    format!(r#"{{"type":"{}","timestamp":"{at:.3}","sequence":{sequence},"data":"#, kind.name())
}

/// Part of a message after its data.
const TAIL: &str = "}";

/// Returns a whole message, as text.
pub(crate) fn text(kind: MessageKind, at: Timestamp, sequence: u64, data: &str) -> String {
    let mut text = head(kind, at, sequence);
    text.reserve_exact(data.len() + TAIL.len());
    text.push_str(data);
    text.push_str(TAIL);
    text
}

/// Returns a whole message for a WebSocket: a text, or its zlib form where that is requested and worthwhile.
pub(crate) fn message(kind: MessageKind, at: Timestamp, sequence: u64, payload: &Payload, zlib: bool) -> Message {
    if zlib && let Some(packed) = payload.packed_between(&head(kind, at, sequence), TAIL) {
        return Message::binary(packed);
    }
    Message::text(text(kind, at, sequence, payload.text()))
}

/// Returns the JSON of the data of the first message, `ConnectionData`, around a snapshot that holds the newest message
/// of each stream as the member of that name.
pub(crate) fn connection(server_version: &str, heartbeat_s: f64, snapshot: &[(Stream, Newest)]) -> String {
    let data = |newest: &Newest| newest.as_deref().map_or("null", Published::data).to_owned();
    let members = snapshot.iter().map(|(stream, newest)| format!(r#""{stream}":{}"#, data(newest)));
    let (version, members) = (json(&server_version), members.collect::<Vec<_>>().join(","));
    format!(
        r#"{{"server_version":{version},"protocol_version":{PROTOCOL_VERSION},"heartbeat_s":{heartbeat_s:?},"snapshot":{{{members}}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_protocol::{
        envelope::Envelope,
        message::{
            BallSetData, ConfigData, ConnectionData, Snapshot, SourceData, SourceState, StateData, TableData,
            TrajectoryData,
        },
    };
    use billiards_table::{Sights, TableKind, TableName};
    use serde_json::{Value, json};
    use std::sync::Arc;

    #[test]
    fn an_assembled_message_is_the_typed_one() {
        let at = Timestamp::new(1_700_000_000, 123_000_000).expect("in range");
        for kind in MessageKind::ALL {
            let text = text(kind, at, 7, r#"{"a":[1.5]}"#);
            let typed = Envelope { kind, timestamp: at, sequence: 7, data: json!({"a": [1.5]}) };
            assert_eq!(serde_json::from_str::<Envelope<Value>>(&text).expect("parses"), typed);
            assert!(text.contains(r#""timestamp":"2023-11-14T22:13:20.123Z""#), "{text}");
        }
    }

    fn newest(data: String) -> Newest {
        Some(Arc::new(Published::new(1, data)))
    }

    fn nobody_aims() -> TrajectoryData {
        TrajectoryData::default()
    }

    fn empty_table() -> StateData {
        StateData {
            balls: vec![],
            cue: None,
            table: TableData {
                kind: TableName::Shipped(TableKind::NINE_FOOT),
                title: "American, 9 ft".to_owned(),
                likely: vec![],
                length: 2.54,
                width: 1.27,
                cushion_width: 0.0508,
                ball_radius: 0.028_575,
                cue_ball_radius: 0.028_575,
                found: false,
                cloth: None,
                ball_set: BallSetData::default(),
                rails: vec![],
                pockets: vec![],
                spots: vec![[0.635, 1.27]],
                baulk_line: None,
                d_radius: None,
                sights: Sights::Diamonds,
            },
            source: SourceData {
                status: SourceState::Opening,
                reason: None,
                description: "a \"quoted\" name".to_owned(),
                fps: 0.0,
                frame_age_ms: None,
                stale: true,
            },
        }
    }

    #[test]
    fn an_assembled_greeting_is_the_typed_one() {
        let text = connection(
            "1.0 \"beta\"",
            10.0,
            &[
                (Stream::State, newest(json(&empty_table()))),
                (Stream::Trajectory, newest(json(&nobody_aims()))),
                (Stream::Config, newest(r#"{"a":1}"#.to_owned())),
                (Stream::Performance, None),
            ],
        );
        let typed: ConnectionData = serde_json::from_str(&text).expect("parses");
        let versions = (typed.server_version.as_str(), typed.protocol_version);
        assert_eq!((versions, typed.heartbeat_s), (("1.0 \"beta\"", PROTOCOL_VERSION), 10.0));
        let Snapshot { state, trajectory, config, performance, .. } = typed.snapshot;
        assert_eq!((state, trajectory), (empty_table(), nobody_aims()));
        let settings = ConfigData([("a".to_owned(), 1.into())].into_iter().collect());
        assert_eq!((config, performance), (Some(settings), None));
    }
}
