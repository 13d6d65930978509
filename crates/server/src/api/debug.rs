//! `/api/v1/debug/*`: information for troubleshooting.

use crate::{
    api::{
        extract::{Operator, Params},
        operation::read,
    },
    log_tail::LogLine,
    state::Shared,
};
use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use billiards_protocol::vision::FrameRecord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Default number of lines.
const USUAL_LINES: u16 = 200;

/// Records of the newest frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FramesData {
    /// Records of at most 100 frames, none older than 5 s, the newest first.
    pub frames: Vec<FrameRecord>,
}

/// The newest lines of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogData {
    /// Lines of the log, the newest first.
    pub lines: Vec<LogLine>,
}

/// Parameters of a request for lines of the log.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogParams {
    /// Maximum number of lines; 200 if absent.
    #[serde(default)]
    pub limit: Option<u16>,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new()
        .api_route("/api/v1/debug/frames", read(frames, "frames", "Processing records of the newest frames"))
        .api_route("/api/v1/debug/log", read(log, "log", "Newest lines of the log"))
}

async fn frames(State(shared): State<Arc<Shared>>) -> Json<FramesData> {
    Json(FramesData { frames: shared.hub.boards.frames.newest_first() })
}

async fn log(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Params(LogParams { limit }): Params<LogParams>,
) -> Json<LogData> {
    Json(LogData { lines: shared.log.newest_first(limit.unwrap_or(USUAL_LINES).into()) })
}
