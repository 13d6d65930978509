//! `/api/v1/calibration*`: the calibration of the camera and the projector.

use crate::{
    api::{
        extract::{Body, InPath, Operator},
        operation::{named, read},
    },
    boards::newest,
    problem::Problem,
    state::Shared,
};
use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with, put_with},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use billiards_protocol::calibration::{CalibrationProgress, CalibrationReport, PointsData, ProfilesData};
use billiards_table::{
    HandMark, ProfileName, ProjectorPoint, TestCard,
    command::{Command, PointCommand, ProcedureCommand, ProfileCommand, ProjectorCommand, SetupCommand},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// A position in the projector's picture, pixels; it may lie outside the picture.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceRequest {
    /// X coordinate, pixels, growing to the right.
    pub x: f64,
    /// Y coordinate, pixels, growing downwards.
    pub y: f64,
}

/// A point in addition to the corners.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PointRequest {
    /// Name of the point, one of those that can be added, or the id of its mark.
    pub name: String,
}

/// Selection of a point.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct PointPath {
    /// Index of the point in the list, counted from 0.
    pub point: usize,
}

/// Selection of a profile.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ProfilePath {
    /// Name of the profile: 1 to 48 letters, digits, spaces, dots, - and _.
    #[schemars(extend("pattern" = r"^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,47}$"))]
    pub name: String,
}

/// A displacement in the projector's picture, pixels.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepRequest {
    /// Displacement to the right, pixels.
    pub dx: f64,
    /// Displacement downwards, pixels.
    pub dy: f64,
}

/// Visibility of points or of the check pattern.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisibilityRequest {
    /// `true` to project it on the cloth, `false` to remove it.
    pub shown: bool,
}

/// Test card to project.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardRequest {
    /// Name of the card; `null` for none.
    pub name: Option<TestCard>,
}

type Answer = Result<Json<CalibrationReport>, Problem>;
type Router = ApiRouter<Arc<Shared>>;

pub(super) fn routes() -> Router {
    let base = "/api/v1/calibration";
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        .api_route(base, read(report, "calibration", "Report of the calibration"))
        .api_route(
            &at("/progress"),
            read(progress, "progress", "Progress of the running calibration; `null` if none runs"),
        )
        .api_route(
            &at("/points"),
            read(points, "points", "Points of the projector's picture that can be moved by hand"),
        )
        .api_route(&at("/profiles"), read(profiles, "profiles", "Calibration profiles on disk"))
        .merge(act(
            &at("/start"),
            "startCalibration",
            "Start the automatic calibration of camera and projector",
            ProcedureCommand::Calibrate,
        ))
        .merge(act(
            &at("/lens/start"),
            "measureLens",
            "Start to measure the camera's lens by the printed board",
            ProcedureCommand::MeasureLens,
        ))
        .api_route(
            &at("/lens/board.svg"),
            get_with(board, |op| {
                let op = named(
                    "lensBoard",
                    "Board for measuring the lens: print it at 100 % on A4 and glue it on something flat",
                )(op);
                op.response_with::<200, (), _>(|response| response.description("image/svg+xml"))
            }),
        )
        .merge(act(&at("/cancel"), "cancelCalibration", "Cancel the running calibration", ProcedureCommand::Cancel))
        .merge(act(&at("/undo"), "undo", "Undo the last change of the calibration", SetupCommand::Undo))
        .merge(act(&at("/redo"), "redo", "Redo the change that was undone last", SetupCommand::Redo))
        .merge(act(&at("/seek"), "seekTable", "Search for the table in the camera's picture", SetupCommand::SeekTable))
        .merge(act(
            &at("/points/centre"),
            "centre",
            "Remove all points: the table is assumed to be centred in the projector's picture",
            SetupCommand::CentreProjector,
        ))
        .api_route(
            &at("/points/shown"),
            put_with(show_points, named("showPoints", "Show or hide the points on the cloth")),
        )
        .api_route(&at("/points/add"), post_with(add_point, named("addPoint", "Add a point besides the corners")))
        .api_route(&at("/points/{point}"), delete_with(remove_point, named("removePoint", "Remove an added point")))
        .api_route(
            &at("/points/{point}"),
            put_with(move_point, named("movePoint", "Move a point to a place of the projector's picture")),
        )
        .api_route(
            &at("/points/{point}/nudge"),
            post_with(nudge, named("nudgePoint", "Select a point and move it by a step")),
        )
        .api_route(&at("/points/{point}/select"), post_with(select, named("selectPoint", "Select a point")))
        .api_route(
            &at("/profiles/{name}"),
            put_with(save, named("saveProfile", "Save the calibration in force as a profile")),
        )
        .api_route(
            &at("/profiles/{name}"),
            delete_with(remove, named("deleteProfile", "Delete a profile; a copy is kept on disk")),
        )
        .api_route(&at("/profiles/{name}/apply"), post_with(apply, named("applyProfile", "Apply a profile")))
        .api_route(&at("/check"), put_with(check, named("showCheck", "Show or hide the check pattern on the cloth")))
        .api_route(&at("/card"), put_with(card, named("showCard", "Project a test card, or none")))
}

/// Creates a route that has one command executed.
fn act(path: &str, id: &'static str, summary: &'static str, command: impl Into<Command>) -> Router {
    let command: Command = command.into();
    let handler = move |State(shared): State<Arc<Shared>>, _: Operator| async move { ask(&shared, command).await };
    Router::new().api_route(path, post_with(handler, named(id, summary)))
}

fn stands(shared: &Shared) -> Result<Arc<CalibrationReport>, Problem> {
    newest(&shared.hub.boards.calibration).ok_or_else(|| Problem::not_yet("the calibration"))
}

async fn ask(shared: &Shared, command: impl Into<Command>) -> Answer {
    shared.mailbox.ask(command).await?;
    stands(shared).map(|report| Json((*report).clone()))
}

async fn report(State(shared): State<Arc<Shared>>) -> Answer {
    stands(&shared).map(|report| Json((*report).clone()))
}

async fn progress(State(shared): State<Arc<Shared>>) -> Result<Json<Option<CalibrationProgress>>, Problem> {
    stands(&shared).map(|report| Json(report.running.clone()))
}

async fn board(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    let svg = (shared.lens_board)().map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

async fn points(State(shared): State<Arc<Shared>>) -> Result<Json<PointsData>, Problem> {
    stands(&shared).map(|report| Json(report.points.clone()))
}

async fn profiles(State(shared): State<Arc<Shared>>) -> Result<Json<ProfilesData>, Problem> {
    stands(&shared).map(|report| Json(report.profiles.clone()))
}

async fn move_point(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    InPath(PointPath { point }): InPath<PointPath>,
    Body(PlaceRequest { x, y }): Body<PlaceRequest>,
) -> Answer {
    ask(&shared, PointCommand::Move(point, ProjectorPoint::new(x, y))).await
}

async fn show_points(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(VisibilityRequest { shown }): Body<VisibilityRequest>,
) -> Answer {
    ask(&shared, ProjectorCommand::ShowPoints(shown)).await
}

async fn add_point(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(PointRequest { name }): Body<PointRequest>,
) -> Answer {
    let report = stands(&shared)?;
    let PointsData { addable, marks, .. } = &report.points;
    let named = addable.iter().zip(marks).find(|(known, mark)| **known == name || **mark == name);
    let Some(mark) = named.and_then(|(_, mark)| HandMark::by_id(mark)) else {
        let detail = format!("`{name}` cannot be added: expected one of {}", addable.join("; "));
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    };
    ask(&shared, PointCommand::Add(mark)).await
}

async fn remove_point(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    InPath(PointPath { point }): InPath<PointPath>,
) -> Answer {
    ask(&shared, PointCommand::Remove(point)).await
}

async fn nudge(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    InPath(PointPath { point }): InPath<PointPath>,
    Body(StepRequest { dx, dy }): Body<StepRequest>,
) -> Answer {
    ask(&shared, PointCommand::Nudge { point, dx, dy }).await
}

async fn select(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    InPath(PointPath { point }): InPath<PointPath>,
) -> Answer {
    ask(&shared, PointCommand::Select(point)).await
}

fn profile(name: &str) -> Result<ProfileName, Problem> {
    name.parse::<ProfileName>().map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
}

async fn save(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    InPath(ProfilePath { name }): InPath<ProfilePath>,
) -> Answer {
    ask(&shared, ProfileCommand::SaveAs(profile(&name)?)).await
}

async fn apply(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    InPath(ProfilePath { name }): InPath<ProfilePath>,
) -> Answer {
    ask(&shared, ProfileCommand::Load(profile(&name)?)).await
}

async fn remove(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    InPath(ProfilePath { name }): InPath<ProfilePath>,
) -> Answer {
    ask(&shared, ProfileCommand::Delete(profile(&name)?)).await
}

async fn check(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(VisibilityRequest { shown }): Body<VisibilityRequest>,
) -> Answer {
    ask(&shared, ProjectorCommand::ShowCheck(shown)).await
}

async fn card(State(shared): State<Arc<Shared>>, _: Operator, Body(CardRequest { name }): Body<CardRequest>) -> Answer {
    ask(&shared, ProjectorCommand::ShowCard(name)).await
}
