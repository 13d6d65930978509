//! What goes over the WebSocket, as types. Lengths are metres in the table's frame: a corner of the playing surface is
//! (0, 0), x runs across to `width`, y along to `length`, angles turn counter-clockwise from +x as seen from above.

use crate::model::{
    AimTarget, BallClass, BallId, BallLabel, BallState, CueState, Fate, PocketId, PotChance, PredictedEvent, TableKind,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The version of what this module describes; it changes when a client would have to.
pub const PROTOCOL_VERSION: u32 = 1;

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// The first message: [`ConnectionData`].
    Connection,
    /// The table: [`StateData`].
    State,
    /// The prediction: [`TrajectoryData`].
    Trajectory,
    /// Answers a ping with what the ping brought.
    Pong,
    /// Answers what was not understood: [`ErrorData`].
    Error,
}

impl MessageKind {
    fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::State => "state",
            Self::Trajectory => "trajectory",
            Self::Pong => "pong",
            Self::Error => "error",
        }
    }
}

/// What every message of the server is wrapped in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// What `data` is.
    #[serde(rename = "type")]
    pub kind: MessageKind,
    /// When the data were true (state, trajectory) or sent.
    pub timestamp: Timestamp,
    /// Number of the message in this connection, from 1; what the client was too slow for is counted too.
    pub sequence: u64,
    /// The content.
    pub data: T,
}

/// The first message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionData {
    /// Version of the program.
    pub server_version: String,
    /// [`PROTOCOL_VERSION`].
    pub protocol_version: u32,
    /// Everything that is known.
    pub snapshot: Snapshot,
}

/// Everything that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The table.
    pub state: StateData,
    /// The prediction.
    pub trajectory: TrajectoryData,
}

/// A point (metres) or velocity (metres a second).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// Across the table.
    pub x: f64,
    /// Along the table.
    pub y: f64,
    /// Pixels a metre in a view of the table that is 3840 pixels long; always positive.
    pub scale: f64,
}

/// The table and what is on it. An empty table is told like any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateData {
    /// In the order of their ids.
    pub balls: Vec<BallData>,
    /// The cue, if one is seen.
    pub cue: Option<CueData>,
    /// The table.
    pub table: TableData,
    /// Where the pictures come from.
    pub source: SourceData,
}

/// A ball.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BallData {
    /// Stable name.
    pub id: BallId,
    /// `cue`, `1` to `15` or `unknown`.
    pub label: BallLabel,
    /// What kind of ball it is.
    pub class: BallClass,
    /// Centre, projected vertically onto the table.
    pub position: Scaled,
    /// Metres a second.
    pub velocity: Scaled,
    /// Metres.
    pub radius: f64,
    /// Whether this is the ball that is struck.
    pub is_cue_ball: bool,
    /// What it is doing.
    pub state: BallState,
    /// 0 to 1.
    pub confidence: f32,
}

/// The cue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CueData {
    /// The tip.
    pub tip: Scaled,
    /// The end of the visible shaft away from the tip.
    pub butt: Scaled,
    /// Unit vector from butt to tip.
    pub direction: [f64; 2],
    /// The same as an angle, 0 to 360 degrees counter-clockwise from +x.
    pub angle_deg: f64,
    /// What the player does with it.
    pub state: CueState,
    /// Of the tip along the line, metres a second, positive towards the ball.
    pub speed: f64,
}

/// The table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableData {
    /// Which built-in size it is.
    pub kind: TableKind,
    /// Nose to nose along the table, metres.
    pub length: f64,
    /// Nose to nose across the table, metres.
    pub width: f64,
    /// Radius of its balls, metres.
    pub ball_radius: f64,
    /// Whether the camera's view of the table is known.
    pub found: bool,
    /// Straight pieces of cushion, both ends: 6 noses, then 12 facings.
    pub rails: Vec<[[f64; 2]; 2]>,
    /// The holes.
    pub pockets: Vec<PocketData>,
}

/// A hole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PocketData {
    /// Its name.
    pub id: PocketId,
    /// Of the centre.
    pub x: f64,
    /// Of the centre.
    pub y: f64,
    /// Metres.
    pub radius: f64,
}

/// What the source of pictures does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    /// Is being opened.
    Opening,
    /// Delivers.
    Running,
    /// Went away and is being reopened.
    Lost,
    /// Came to its end.
    Ended,
    /// Could not be opened.
    Failed,
}

/// Where the pictures come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceData {
    /// What it does.
    pub status: SourceState,
    /// Why it does not run, in words.
    pub reason: Option<String>,
    /// What it is, in words.
    pub description: String,
    /// Processed frames a second.
    pub fps: f64,
    /// Age of the newest frame when this was published; `null` before the first.
    pub frame_age_ms: Option<u64>,
    /// Frames are old or missing: what the message says was true, not is.
    pub stale: bool,
}

/// Where the shot that is aimed now would go.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrajectoryData {
    /// Whether somebody aims; everything else is empty if not.
    pub aiming: bool,
    /// Unit direction in which the cue ball would leave.
    pub aim: Option<[f64; 2]>,
    /// The cue ball when it first touches another ball.
    pub ghost_ball: Option<GhostBallData>,
    /// A path for each ball that would move, the cue ball's first.
    pub paths: Vec<PathData>,
    /// What joins the pieces, in order of time.
    pub events: Vec<PredictedEvent>,
    /// Where the cue points, up to the first thing in the way.
    pub aim_line: Option<AimLineData>,
    /// How sure all this is; comes a moment after the shot itself.
    pub odds: Option<OddsData>,
}

/// Where the cue points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AimLineData {
    /// The cue ball's centre, metres.
    pub from: [f64; 2],
    /// Its centre at the first thing in the way, metres.
    pub to: [f64; 2],
    /// What that is.
    pub target: AimTarget,
}

/// What comes of the shot when it is played many times with the player's small errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OddsData {
    /// Times that it was played.
    pub runs: u16,
    /// How likely the cue ball falls, 0 to 1.
    pub scratch: f64,
    /// Every ball and pocket that occurred, the likeliest first.
    pub pots: Vec<PotChance>,
    /// Where the balls of the shot come to rest.
    pub rests: Vec<RestData>,
}

/// Where a ball comes to rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestData {
    /// The ball.
    pub ball: BallId,
    /// The middle of the places, metres.
    pub mean: [f64; 2],
    /// Covariance of x and y, square metres.
    pub covariance: [[f64; 2]; 2],
    /// The places, metres.
    pub places: Vec<[f64; 2]>,
}

/// The cue ball when it first touches another ball.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GhostBallData {
    /// Across the table, metres.
    pub x: f64,
    /// Along the table, metres.
    pub y: f64,
    /// As in [`Scaled`].
    pub scale: f64,
    /// The ball that it touches.
    pub object_ball: BallId,
    /// 0 (full) to 90 (thin).
    pub cut_angle_deg: f64,
}

/// One ball's way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathData {
    /// Whose way.
    pub ball: BallId,
    /// Corners of the way drawn with straight lines, within half a millimetre.
    pub points: Vec<[f64; 2]>,
    /// How it ends.
    pub fate: Fate,
}

/// What was wrong with a client's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorData {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what was wrong and what would be right.
    pub message: String,
}

/// What was wrong with a client's message, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, or not an object with a `type`.
    BadMessage,
    /// A `type` that this server does not know.
    UnknownMessage,
}

/// What a client may say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ClientMessage {
    /// Wants a `pong` with this in it.
    Ping(Value),
}

impl ClientMessage {
    /// Reads a client's text.
    pub fn parse(text: &str) -> Result<Self, ErrorData> {
        #[derive(Deserialize)]
        struct Incoming {
            #[serde(rename = "type")]
            kind: String,
            #[serde(default)]
            data: Value,
        }
        let incoming: Incoming = serde_json::from_str(text).map_err(|error| ErrorData {
            code: ErrorCode::BadMessage,
            message: format!("expected a JSON object with a \"type\": {error}"),
        })?;
        match incoming.kind.as_str() {
            "ping" => Ok(Self::Ping(incoming.data)),
            kind => Err(ErrorData {
                code: ErrorCode::UnknownMessage,
                message: format!("unknown type `{}`: expected `ping`", kind.chars().take(64).collect::<String>()),
            }),
        }
    }
}

/// JSON of plain data.
pub(super) fn json<T: Serialize>(data: &T) -> String {
    serde_json::to_string(data).expect("plain data whose keys are strings has a JSON form")
}

/// A whole message around data that are JSON already: what all clients share is serialised once.
pub(super) fn envelope(kind: MessageKind, at: Timestamp, sequence: u64, data: &str) -> Utf8Bytes {
    format!(r#"{{"type":"{}","timestamp":"{at:.3}","sequence":{sequence},"data":{data}}}"#, kind.name()).into()
}

/// JSON of [`ConnectionData`] around a state and a trajectory that are JSON already.
pub(super) fn connection(server_version: &str, state: &str, trajectory: &str) -> String {
    let version = Value::from(server_version);
    format!(
        r#"{{"server_version":{version},"protocol_version":{PROTOCOL_VERSION},"snapshot":{{"state":{state},"trajectory":{trajectory}}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody_aims() -> TrajectoryData {
        TrajectoryData::default()
    }

    fn empty_table() -> StateData {
        StateData {
            balls: vec![],
            cue: None,
            table: TableData {
                kind: TableKind::NineFoot,
                length: 2.54,
                width: 1.27,
                ball_radius: 0.028_575,
                found: false,
                rails: vec![],
                pockets: vec![],
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
    fn an_assembled_message_is_the_typed_one() {
        let at = Timestamp::new(1_700_000_000, 123_000_000).expect("in range");
        let text = envelope(MessageKind::Trajectory, at, 7, &json(&nobody_aims()));
        let typed = Envelope { kind: MessageKind::Trajectory, timestamp: at, sequence: 7, data: nobody_aims() };
        assert_eq!(serde_json::from_str::<Envelope<TrajectoryData>>(&text).expect("parses"), typed);
        assert!(text.contains(r#""timestamp":"2023-11-14T22:13:20.123Z""#), "{text}");
        for kind in [MessageKind::Connection, MessageKind::State, MessageKind::Pong, MessageKind::Error] {
            assert_eq!(json(&kind), format!("\"{}\"", kind.name()));
        }
    }

    #[test]
    fn an_assembled_greeting_is_the_typed_one() {
        let text = connection("1.0 \"beta\"", &json(&empty_table()), &json(&nobody_aims()));
        let typed = ConnectionData {
            server_version: "1.0 \"beta\"".to_owned(),
            protocol_version: PROTOCOL_VERSION,
            snapshot: Snapshot { state: empty_table(), trajectory: nobody_aims() },
        };
        assert_eq!(serde_json::from_str::<ConnectionData>(&text).expect("parses"), typed);
    }

    #[test]
    fn clients_may_ping() {
        assert_eq!(ClientMessage::parse(r#"{"type":"ping"}"#), Ok(ClientMessage::Ping(Value::Null)));
        let with_data = r#"{"type":"ping","data":{"t":1}}"#;
        assert_eq!(ClientMessage::parse(with_data), Ok(ClientMessage::Ping(serde_json::json!({"t": 1}))));
    }

    #[test]
    fn anything_else_is_told_apart() {
        let code = |text: &str| ClientMessage::parse(text).expect_err("refused").code;
        assert_eq!(code(r#"{"type":"subscribe"}"#), ErrorCode::UnknownMessage);
        for bad in ["", "ping", "[]", "{}", r#"{"type":1}"#, "{\"type\":\"ping\""] {
            assert_eq!(code(bad), ErrorCode::BadMessage, "{bad}");
        }
        assert_eq!(json(&ErrorCode::BadMessage), r#""bad_message""#);
    }
}
