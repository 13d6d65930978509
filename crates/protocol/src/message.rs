//! What goes over the WebSocket, as types. Lengths are metres in the table's frame: a corner of the playing surface is
//! (0, 0), x runs across to `width`, y along to `length`, angles turn counter-clockwise from +x as seen from above.

use crate::{client_message::SubscribedData, health::HealthData, performance::PerformanceData};
use billiards_table::{
    AimTarget, BallClass, BallId, BallLabel, BallState, CueState, Fate, PocketId, PotChance, PredictedEvent,
    SpeedSource, TableKind,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The version of what this module describes; it changes when a client would have to.
pub const PROTOCOL_VERSION: u32 = 1;

/// The first message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionData {
    /// Version of the program.
    pub server_version: String,
    /// Version of this protocol, 1; it changes when a client would have to.
    pub protocol_version: u32,
    /// Seconds between two pings of the server; a client that leaves two unanswered is closed.
    pub heartbeat_s: f64,
    /// Everything that is known.
    pub snapshot: Snapshot,
}

/// Everything that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The table.
    pub state: StateData,
    /// The prediction.
    pub trajectory: TrajectoryData,
    /// The settings; `null` while there are none to tell.
    pub config: Option<ConfigData>,
    /// How fast all this goes; `null` in the first second.
    pub performance: Option<PerformanceData>,
}

/// The settings, as `GET /api/v1/config` tells them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ConfigData(pub serde_json::Map<String, Value>);

/// How the server and this connection do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusData {
    /// The same as `GET /api/v1/health`.
    pub health: HealthData,
    /// This connection.
    pub connection: ConnectionStatus,
}

/// How a connection does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionStatus {
    /// Messages sent before this one.
    pub messages: u64,
    /// Their bytes, as they went.
    pub bytes: u64,
    /// Messages of streams that this client was too slow for; each is a number that `sequence` skips.
    pub dropped: u64,
    /// What the client gets.
    pub subscribed: SubscribedData,
}

/// A point (metres) or velocity (metres a second).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scaled {
    /// Across the table.
    pub x: f64,
    /// Along the table.
    pub y: f64,
    /// Pixels a metre in a view of the table that is 3840 pixels long; always positive.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub scale: f64,
}

/// The table and what is on it. An empty table is told like any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// The cloth's colour as the camera sees it, `#rrggbb`; `null` until it is seen.
    pub cloth: Option<String>,
    /// What the balls are taken for.
    pub ball_set: BallSetData,
    /// Straight pieces of cushion, both ends: 6 noses, then 12 facings.
    pub rails: Vec<[[f64; 2]; 2]>,
    /// The holes.
    pub pockets: Vec<PocketData>,
}

/// A set of balls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BallSetData {
    /// `american`, `tv`, `snooker`, `english`, or the name of an operator's own.
    pub name: String,
    /// Colour under white light, `#rrggbb`, of each label that the set has a colour for: not of the cue ball, which is
    /// white, nor of the 8, which is black.
    pub colours: BTreeMap<BallLabel, String>,
}

/// A hole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
    /// The speed that the shot is predicted with, and why; `null` while nobody aims.
    pub strike_speed: Option<StrikeSpeedData>,
    /// How sure all this is; comes a moment after the shot itself.
    pub odds: Option<OddsData>,
}

/// The speed that a shot is predicted with, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StrikeSpeedData {
    /// Speed of the cue ball after a centre hit, metres a second; always positive.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub speed: f64,
    /// Where the speed comes from.
    pub source: SpeedSource,
    /// Number of the player's strokes that it was learnt from; for a set speed, of strokes of another kind that were seen.
    pub strokes: usize,
    /// The same for people, such as `usual for this player, 5 strokes`.
    pub reason: String,
}

/// Where the cue points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AimLineData {
    /// The cue ball's centre, metres.
    pub from: [f64; 2],
    /// Its centre at the first thing in the way, metres.
    pub to: [f64; 2],
    /// What that is.
    pub target: AimTarget,
}

/// What comes of the shot when it is played many times with the player's small errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OddsData {
    /// Times that it was played.
    pub runs: u16,
    /// How likely the cue ball falls, 0 to 1.
    pub scratch: f64,
    /// Every ball and pocket that occurred, the likeliest first.
    pub pots: Vec<PotChance>,
    /// Where the balls of the shot come to rest.
    pub rests: Vec<RestData>,
    /// How far the ways of the balls of the shot spread.
    pub fans: Vec<FanData>,
}

/// How far a ball's ways spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FanData {
    /// The ball.
    pub ball: BallId,
    /// Corners of its way, metres, a hand's breadth apart at most: x, y, and how far to either side of it the ball passes
    /// in the root mean square. The way ends where the runs part for good.
    pub corners: Vec<[f64; 3]>,
}

/// Where a ball comes to rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GhostBallData {
    /// Across the table, metres.
    pub x: f64,
    /// Along the table, metres.
    pub y: f64,
    /// Pixels a metre in a view of the table that is 3840 pixels long; always positive.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub scale: f64,
    /// The ball that it touches.
    pub object_ball: BallId,
    /// 0 (full) to 90 (thin).
    pub cut_angle_deg: f64,
}

/// One ball's way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathData {
    /// Whose way.
    pub ball: BallId,
    /// Corners of the way drawn with straight lines, within half a millimetre.
    pub points: Vec<[f64; 2]>,
    /// How it ends.
    pub fate: Fate,
}

/// Returns the JSON of a message's data.
///
/// # Panics
/// Where a key of a map is no string: no type of this crate has such a key.
pub fn json<T: Serialize>(data: &T) -> String {
    serde_json::to_string(data).expect("plain data whose keys are strings has a JSON form")
}
