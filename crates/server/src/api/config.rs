//! `/api/v1/config*`: all settings that can be changed while the program runs.

use crate::{
    api::{
        extract::{Body, Operator, bytes, read_json, read_toml},
        operation::{named, read},
    },
    boards::newest,
    problem::Problem,
    state::Shared,
};
use aide::{
    OperationOutput,
    axum::{
        ApiRouter,
        routing::{patch_with, post_with, put_with},
    },
    generate::GenContext,
    openapi::{self, Operation},
};
use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use billiards_table::{
    command::{Command, SettingsCommand},
    settings::{Settings, StylePreset},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Amount of help that is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AssistanceData {
    /// Level that the present settings of the overlay amount to; `null` if they match none.
    pub level: Option<StylePreset>,
    /// All levels.
    pub levels: Vec<StylePreset>,
}

/// A level of help to select.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssistanceRequest {
    /// Level of help.
    pub level: StylePreset,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new()
        .api_route("/api/v1/config", read(all, "config", "Settings in force"))
        .api_route(
            "/api/v1/config",
            patch_with(patch, |op| {
                named("patchConfig", "Change some of the settings")(op).description(
                    "RFC 7396 merge patch: only the members that it names are changed; `null` resets a setting to its \
                     default.",
                )
            }),
        )
        .api_route("/api/v1/config/schema", read(schema, "configSchema", "JSON Schema of the settings"))
        .api_route("/api/v1/config/export", read(export, "exportConfig", "Export the settings as a TOML file"))
        .api_route(
            "/api/v1/config/import",
            post_with(import, |op| {
                let op = named("importConfig", "Import settings from a TOML or JSON file")(op);
                op.description("TOML as it is exported, or JSON; what it leaves out is the default.")
                    .input::<Json<Settings>>()
                    .response::<200, Json<Settings>>()
            }),
        )
        .api_route(
            "/api/v1/config/reset",
            post_with(reset, named("resetConfig", "Reset all settings to their defaults")),
        )
        .api_route("/api/v1/config/assistance", read(assistance, "assistance", "Level of assistance of the overlay"))
        .api_route(
            "/api/v1/config/assistance",
            put_with(assist, named("setAssistance", "Set the level of assistance of the overlay")),
        )
}

async fn all(State(shared): State<Arc<Shared>>) -> Result<Json<Settings>, Problem> {
    in_force(&shared).map(Json)
}

fn in_force(shared: &Shared) -> Result<Settings, Problem> {
    newest(&shared.hub.boards.settings).map(|settings| *settings).ok_or_else(|| Problem::not_yet("the settings"))
}

async fn ask(shared: &Shared, command: impl Into<Command>) -> Result<Json<Settings>, Problem> {
    shared.mailbox.ask(command).await?;
    in_force(shared).map(Json)
}

async fn patch(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(patch): Body<serde_json::Map<String, Value>>,
) -> Result<Json<Settings>, Problem> {
    ask(&shared, SettingsCommand::Patch(Value::Object(patch))).await
}

async fn schema() -> Json<Value> {
    Json(Settings::schema().to_value())
}

/// A TOML file.
struct TomlFile(String);

impl IntoResponse for TomlFile {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "application/toml"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"billiards-trainer.toml\""),
        ];
        (headers, self.0).into_response()
    }
}

impl OperationOutput for TomlFile {
    type Inner = String;

    fn operation_response(context: &mut GenContext, operation: &mut Operation) -> Option<openapi::Response> {
        let mut response = String::operation_response(context, operation)?;
        let content = std::mem::take(&mut response.content);
        response.content = content.into_values().map(|media| ("application/toml".to_owned(), media)).collect();
        Some(response)
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, openapi::Response)> {
        Self::operation_response(context, operation).map(|response| (Some(200), response)).into_iter().collect()
    }
}

async fn export(State(shared): State<Arc<Shared>>) -> Result<TomlFile, Problem> {
    in_force(&shared).map(|settings| TomlFile(settings.to_toml()))
}

async fn import(State(shared): State<Arc<Shared>>, _: Operator, request: Request) -> Result<Json<Settings>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (is_json, is_toml) = (kind.contains("json"), kind.contains("toml") || kind.starts_with("text/plain"));
    if !is_json && !is_toml {
        let detail = "application/toml or application/json is expected";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let bytes = bytes(request, &shared).await?;
    let settings = if is_json { read_json(&bytes)? } else { read_toml(&bytes)? };
    ask(&shared, SettingsCommand::Replace(settings)).await
}

async fn reset(State(shared): State<Arc<Shared>>, _: Operator) -> Result<Json<Settings>, Problem> {
    ask(&shared, SettingsCommand::Replace(Settings::default())).await
}

fn level(settings: &Settings) -> AssistanceData {
    AssistanceData { level: settings.overlay.style.preset(), levels: StylePreset::ALL.to_vec() }
}

async fn assistance(State(shared): State<Arc<Shared>>) -> Result<Json<AssistanceData>, Problem> {
    in_force(&shared).map(|settings| Json(level(&settings)))
}

async fn assist(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(wish): Body<AssistanceRequest>,
) -> Result<Json<AssistanceData>, Problem> {
    let patch = json!({"overlay": {"style": wish.level.style()}});
    let Json(settings) = ask(&shared, SettingsCommand::Patch(patch)).await?;
    Ok(Json(level(&settings)))
}
