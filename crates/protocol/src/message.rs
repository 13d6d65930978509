//! Messages of the WebSocket, as types. Lengths are metres in the table's frame: the origin is a corner of the playing
//! surface, x runs across to `width`, y along to `length`, angles turn counter-clockwise from +x as seen from above.

use crate::{client_message::SubscribedData, health::HealthData, performance::PerformanceData};
use billiards_table::{
    AimTarget, BallClass, BallId, BallLabel, BallState, CueState, Fate, PocketId, PotChance, PredictedEvent, Sights,
    SpeedSource, TableLikelihood, TableName,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Version of the protocol that this module describes; it changes with every change that breaks clients.
pub const PROTOCOL_VERSION: u32 = 1;

/// First message of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionData {
    /// Version of the program.
    pub server_version: String,
    /// Version of this protocol, 1; it changes with every change that breaks clients.
    pub protocol_version: u32,
    /// Interval between two pings of the server, seconds; a client that leaves two unanswered is disconnected.
    pub heartbeat_s: f64,
    /// Newest data of all streams except alerts.
    pub snapshot: Snapshot,
}

/// Newest data of all streams except alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The table and what is on it.
    pub state: StateData,
    /// The prediction of the shot that is being aimed.
    pub trajectory: TrajectoryData,
    /// The settings; `null` until they are known.
    pub config: Option<ConfigData>,
    /// Performance of the program; `null` in the first second.
    pub performance: Option<PerformanceData>,
}

/// The settings in force, as returned by `GET /api/v1/config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ConfigData(pub serde_json::Map<String, Value>);

/// State of the server and of this connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusData {
    /// Health report, the same as `GET /api/v1/health`.
    pub health: HealthData,
    /// State of this connection.
    pub connection: ConnectionStatus,
}

/// State of one connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectionStatus {
    /// Number of messages sent before this one.
    pub messages: u64,
    /// Number of bytes of the messages sent before this one, after compression, without WebSocket framing.
    pub bytes: u64,
    /// Number of stream messages that were dropped because this client was too slow; `sequence` skips one number for
    /// each.
    pub dropped: u64,
    /// Streams and options that the client is subscribed to.
    pub subscribed: SubscribedData,
}

/// A point (metres) or velocity (metres per second) in the table's frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scaled {
    /// Component across the table, metres or metres per second.
    pub x: f64,
    /// Component along the table, metres or metres per second.
    pub y: f64,
    /// Pixels per metre in a view of the table that is 3840 pixels long; always positive.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub scale: f64,
}

/// The table and what is on it. An empty table is reported like any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StateData {
    /// The balls, ordered by their ids.
    pub balls: Vec<BallData>,
    /// The cue; `null` if none is detected.
    pub cue: Option<CueData>,
    /// Geometry and appearance of the table.
    pub table: TableData,
    /// Source of the pictures.
    pub source: SourceData,
}

/// A ball on the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BallData {
    /// Id of the ball, stable from message to message and never reused within a run.
    pub id: BallId,
    /// Label of the ball: `cue`, `1` to `15` or `unknown`.
    pub label: BallLabel,
    /// Class of the ball.
    pub class: BallClass,
    /// Position of the ball's centre, projected vertically onto the table, metres.
    pub position: Scaled,
    /// Velocity of the ball, metres per second.
    pub velocity: Scaled,
    /// Radius of the ball, metres; a cue ball may be smaller or larger than the object balls.
    pub radius: f64,
    /// `true` if this is the cue ball.
    pub is_cue_ball: bool,
    /// State of motion of the ball.
    pub state: BallState,
    /// Confidence of the detector when it last saw the ball, 0 to 1.
    pub confidence: f32,
}

/// The cue over the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CueData {
    /// Position of the tip, metres.
    pub tip: Scaled,
    /// Position of the end of the visible shaft away from the tip, metres.
    pub butt: Scaled,
    /// Unit vector from butt to tip.
    pub direction: [f64; 2],
    /// Direction of the cue as an angle, 0 to 360 degrees counter-clockwise from +x.
    pub angle_deg: f64,
    /// State of the cue: aiming, stroking, just struck or away.
    pub state: CueState,
    /// Speed of the tip along the cue's line, metres per second, positive towards the ball.
    pub speed: f64,
}

/// Geometry and appearance of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableData {
    /// Name of the table.
    pub kind: TableName,
    /// Name of the table for people, such as `American, 9 ft` or `custom 2.40 × 1.20 m`.
    pub title: String,
    /// Likeliest tables, at most two, the likeliest first; empty unless the table is estimated from the picture, and until
    /// there is an estimate.
    pub likely: Vec<LikelyTableData>,
    /// Length of the playing surface, nose to nose, metres.
    pub length: f64,
    /// Width of the playing surface, nose to nose, metres.
    pub width: f64,
    /// Width of the cushions, nose to wood, metres.
    pub cushion_width: f64,
    /// Radius of the object balls, metres.
    pub ball_radius: f64,
    /// Radius of the cue ball, metres.
    pub cue_ball_radius: f64,
    /// `true` if the camera's view of the table is known.
    pub found: bool,
    /// Colour of the cloth as the camera sees it, `#rrggbb`; `null` until it is known.
    pub cloth: Option<String>,
    /// Set that the balls are assumed to belong to.
    pub ball_set: BallSetData,
    /// Straight segments of the cushions, each as its two end points `[x, y]`, metres: 6 noses, then 12 facings; 4 noses
    /// on a table without pockets.
    pub rails: Vec<[[f64; 2]; 2]>,
    /// The pockets; empty on a table without any.
    pub pockets: Vec<PocketData>,
    /// Spots on the cloth, `[x, y]`, metres; the ends of the D are among them.
    pub spots: Vec<[f64; 2]>,
    /// Distance of the baulk line from the bottom rail, metres; `null` without one.
    pub baulk_line: Option<f64>,
    /// Radius of the D on the baulk line, metres; `null` without one.
    pub d_radius: Option<f64>,
    /// Marks on the rails.
    pub sights: Sights,
}

/// A table that the one in the picture may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LikelyTableData {
    /// Name of the table.
    pub kind: TableName,
    /// Name of the table for people.
    pub title: String,
    /// Probability that the table in the picture is this one, 0 to 1.
    pub probability: f64,
}

impl From<&TableLikelihood> for LikelyTableData {
    fn from(TableLikelihood { kind, probability }: &TableLikelihood) -> Self {
        Self {
            kind: TableName::Shipped(*kind),
            title: kind.title().to_owned(),
            probability: (probability * 1e3).round() / 1e3,
        }
    }
}

/// A set of balls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BallSetData {
    /// Name of the set: a built-in one such as `american`, or one defined by the operator.
    pub name: String,
    /// Colour under white light, `#rrggbb`, of each label that has one in this set. The cue ball (white) and the 8
    /// (black) are left out.
    pub colours: BTreeMap<BallLabel, String>,
}

/// A pocket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PocketData {
    /// Id of the pocket.
    pub id: PocketId,
    /// X coordinate of the pocket's centre (across the table), metres.
    pub x: f64,
    /// Y coordinate of the pocket's centre (along the table), metres.
    pub y: f64,
    /// Radius of the pocket, metres.
    pub radius: f64,
}

/// State of the source of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    /// The source is being opened.
    Opening,
    /// The source delivers frames.
    Running,
    /// The source was lost and is being reopened.
    Lost,
    /// The source has reached its end.
    Ended,
    /// The source could not be opened.
    Failed,
}

/// Source of the pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceData {
    /// State of the source.
    pub status: SourceState,
    /// Reason why the source does not run, for people; `null` unless it is lost or failed.
    pub reason: Option<String>,
    /// Description of the source, for people.
    pub description: String,
    /// Frames processed per second.
    pub fps: f64,
    /// Age of the newest frame when this message was published, milliseconds; `null` before the first frame.
    pub frame_age_ms: Option<u64>,
    /// `true` if frames are old or missing: the message then describes the past, not the present.
    pub stale: bool,
}

/// Prediction of the shot that is being aimed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TrajectoryData {
    /// `true` while somebody aims; otherwise all other members are empty or `null`.
    pub aiming: bool,
    /// Unit vector of the direction in which the cue ball would leave; `null` while nobody aims.
    pub aim: Option<[f64; 2]>,
    /// Position of the cue ball at its first contact with another ball; `null` if it hits none.
    pub ghost_ball: Option<GhostBallData>,
    /// Predicted path of each ball that would move, the cue ball's first.
    pub paths: Vec<PathData>,
    /// Events between the parts of the paths, in order of time.
    pub events: Vec<PredictedEvent>,
    /// Line on which the cue points, up to the first obstacle; `null` if it is unknown.
    pub aim_line: Option<AimLineData>,
    /// Speed that the prediction assumes, and its origin; `null` while nobody aims.
    pub strike_speed: Option<StrikeSpeedData>,
    /// Probabilities of the outcomes; `null` until they are computed, a moment after the shot itself.
    pub odds: Option<OddsData>,
}

/// Speed that a prediction assumes, and its origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StrikeSpeedData {
    /// Speed of the cue ball after a centre hit, metres per second; always positive.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub speed: f64,
    /// Origin of the speed.
    pub source: SpeedSource,
    /// Number of the player's strokes that the speed was learnt from; for a set speed, number of strokes of another
    /// kind that were seen.
    pub strokes: usize,
    /// Origin of the speed for people, such as `usual for this player, 5 strokes`.
    pub reason: String,
}

/// Line on which the cue points, as the path of the cue ball's centre.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AimLineData {
    /// Present position `[x, y]` of the cue ball's centre, metres.
    pub from: [f64; 2],
    /// Position `[x, y]` of the cue ball's centre at the first obstacle, metres.
    pub to: [f64; 2],
    /// The first obstacle.
    pub target: AimTarget,
}

/// Outcomes of the shot when it is simulated many times with the player's small errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OddsData {
    /// Number of simulated runs.
    pub runs: u16,
    /// Probability that the cue ball falls into a pocket, 0 to 1.
    pub scratch: f64,
    /// Probability of each combination of ball and pocket that occurred, most likely first.
    pub pots: Vec<PotChance>,
    /// Resting places of the balls of the shot.
    pub rests: Vec<RestData>,
    /// Spread of the paths of the balls of the shot.
    pub fans: Vec<FanData>,
}

/// Spread of a ball's paths over the simulated runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FanData {
    /// Id of the ball.
    pub ball: BallId,
    /// Points along the ball's predicted path, at most about a hand's breadth (0.1 m) apart, each as `[x, y, spread]`,
    /// metres; `spread` is the root mean square distance at which the simulated runs pass to either side. The list ends
    /// where the runs diverge for good.
    pub corners: Vec<[f64; 3]>,
}

/// Resting places of a ball over the simulated runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RestData {
    /// Id of the ball.
    pub ball: BallId,
    /// Mean `[x, y]` of the resting places, metres.
    pub mean: [f64; 2],
    /// Covariance of x and y, square metres, as `[[xx, xy], [xy, yy]]`.
    pub covariance: [[f64; 2]; 2],
    /// All resting places `[x, y]`, metres.
    pub places: Vec<[f64; 2]>,
}

/// Position of the cue ball at its first contact with another ball.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GhostBallData {
    /// X coordinate of the cue ball's centre (across the table), metres.
    pub x: f64,
    /// Y coordinate of the cue ball's centre (along the table), metres.
    pub y: f64,
    /// Pixels per metre in a view of the table that is 3840 pixels long; always positive.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub scale: f64,
    /// Id of the ball that the cue ball hits.
    pub object_ball: BallId,
    /// Cut angle, degrees, from 0 (full) to 90 (thin).
    pub cut_angle_deg: f64,
}

/// Predicted path of one ball.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathData {
    /// Id of the ball that follows this path.
    pub ball: BallId,
    /// Vertices `[x, y]` of the path as a polyline, metres; it stays within half a millimetre of the predicted path.
    pub points: Vec<[f64; 2]>,
    /// Fate of the ball at the end of the path.
    pub fate: Fate,
}

/// Returns the JSON of a message's data.
///
/// # Panics
/// If a map has a key that is not a string: no type of this crate has such a key.
pub fn json<T: Serialize>(data: &T) -> String {
    serde_json::to_string(data).expect("plain data whose keys are strings has a JSON form")
}
