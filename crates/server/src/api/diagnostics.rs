//! `/api/v1/diagnostics`: performance of the program, its graphics adapter and its clients.

use crate::{api::operation::read, boards::newest, problem::Problem, state::Shared};
use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use billiards_protocol::{
    counters::CounterValues, performance::PerformanceData, stream::LatestStream, vision::GpuData,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Performance of the program, its graphics adapter and its clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiagnosticsData {
    /// Frames, latency by stage with percentiles, and sinks with their breakers, summarised once a second.
    pub performance: PerformanceData,
    /// Graphics adapter that the program renders with; `null` if it does not render.
    pub gpu: Option<GpuData>,
    /// Counts of messages and clients since the start.
    pub messages: CounterValues,
    /// Number of clients that watch the camera's picture.
    pub picture_watchers: usize,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new().api_route(
        "/api/v1/diagnostics",
        read(report, "diagnostics", "Performance, graphics adapter and message counts"),
    )
}

async fn report(State(shared): State<Arc<Shared>>) -> Result<Json<DiagnosticsData>, Problem> {
    let newest_performance =
        shared.hub.newest(LatestStream::Performance).ok_or_else(|| Problem::not_yet("the performance"))?;
    let performance = serde_json::from_str(newest_performance.data()).map_err(|error| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, format!("cannot read the performance report: {error}"))
    })?;
    let boards = &shared.hub.boards;
    Ok(Json(DiagnosticsData {
        performance,
        gpu: newest(&boards.gpu).map(|gpu| (*gpu).clone()),
        messages: shared.hub.counters(),
        picture_watchers: boards.picture_watchers.load(std::sync::atomic::Ordering::Relaxed),
    }))
}
