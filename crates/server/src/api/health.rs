//! `/api/v1/health*` and `/api/v1/version`.

use crate::{api::operation::read, problem::Problem, state::Shared};
use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use billiards_protocol::{
    health::{Health, HealthData},
    message::PROTOCOL_VERSION,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Positive answer to a health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Yes {
    /// Always `ok`.
    pub status: String,
}

/// Versions of the program and the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VersionData {
    /// Version of the program.
    pub version: String,
    /// Version of the WebSocket's protocol.
    pub protocol_version: u32,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new()
        .api_route("/api/v1/health", read(report, "health", "Health of each part of the program"))
        .api_route("/api/v1/health/live", read(live, "live", "Liveness: any answer means that the program runs"))
        .api_route("/api/v1/health/ready", read(ready, "ready", "Readiness: 200 while frames arrive and are processed"))
        .api_route("/api/v1/version", read(version, "version", "Versions of the program and of the protocol"))
}

async fn report(State(shared): State<Arc<Shared>>) -> Json<HealthData> {
    Json(shared.health())
}

fn ok() -> Json<Yes> {
    Json(Yes { status: "ok".to_owned() })
}

async fn live() -> Json<Yes> {
    ok()
}

async fn ready(State(shared): State<Arc<Shared>>) -> Result<Json<Yes>, Problem> {
    let report = shared.health();
    if report.status == Health::Healthy {
        return Ok(ok());
    }
    let why = report.source.reason.unwrap_or_else(|| "frames are old, or none has come yet".to_owned());
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).with_code("not_ready").retry_after(2))
}

async fn version(State(shared): State<Arc<Shared>>) -> Json<VersionData> {
    let version = shared.version.clone();
    Json(VersionData { version, protocol_version: PROTOCOL_VERSION })
}
