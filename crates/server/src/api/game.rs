//! `/api/v1/game/*`: the table, and the shots that were played.

use crate::{
    api::{
        extract::{Operator, Params},
        operation::{named, read},
    },
    problem::Problem,
    state::Shared,
};
use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use billiards_protocol::{message::StateData, shot::ShotRecord, stream::LatestStream};
use billiards_table::command::Command;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Parameters of a request for the shots that were played.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoryParams {
    /// Maximum number of shots; all of them if absent.
    #[serde(default)]
    pub limit: Option<u16>,
}

/// Shots that were played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryData {
    /// Finished shots, the newest first.
    pub shots: Vec<ShotRecord>,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new()
        .api_route(
            "/api/v1/game/state",
            get_with(state, |op| named("state", "Table and everything on it")(op).response::<200, Json<StateData>>()),
        )
        .api_route("/api/v1/game/history", read(history, "history", "Shots that have been played"))
        .api_route(
            "/api/v1/game/reset",
            post_with(reset, |op| {
                named("resetGame", "Reset the shot history and the tracking of the balls")(op).response::<204, ()>()
            }),
        )
}

async fn state(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let newest = shared.hub.newest(LatestStream::State).ok_or_else(|| Problem::not_yet("the table"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], newest.data().to_owned()).into_response())
}

async fn history(
    State(shared): State<Arc<Shared>>,
    Params(HistoryParams { limit }): Params<HistoryParams>,
) -> Json<HistoryData> {
    let shots = shared.hub.boards.shots.borrow().clone();
    let shots = shots.iter().flat_map(|shots| shots.iter()).take(limit.map_or(usize::MAX, usize::from));
    Json(HistoryData { shots: shots.cloned().collect() })
}

async fn reset(State(shared): State<Arc<Shared>>, _: Operator) -> Result<StatusCode, Problem> {
    shared.mailbox.ask(Command::ResetGame).await?;
    Ok(StatusCode::NO_CONTENT)
}
