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
    routing::{delete_with, get_with, patch_with, post_with, put_with},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use billiards_protocol::calibration::{
    CalibrationProgress, CalibrationReport, PointsData, ProfilesData, TableReport, TablesData,
};
use billiards_table::{
    HandMark, ProfileName, ProjectorPoint, TableChoice, TableDimension, TableName, TableSpec, TestCard,
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

/// Choice of a table.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableRequest {
    /// Choice of the operator.
    pub table: TableChoice,
}

/// Changes of the table in force, which becomes a custom one; members that are left out stay as they are. `GET` of the
/// same address returns the possible values.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableChangeRequest {
    /// Length of the bed, nose to nose, metres, 0.4 to 5. Lines and spots keep their share of it.
    #[serde(default)]
    #[schemars(range(min = 0.4, max = 5.0))]
    pub length: Option<f64>,
    /// Width of the bed, nose to nose, metres, 0.3 to 0.85 times the length.
    #[serde(default)]
    pub width: Option<f64>,
    /// Diameter of the object balls, metres, 0.01 to 0.1. A cue ball as large as they were stays as large as they are.
    #[serde(default)]
    #[schemars(range(min = 0.01, max = 0.1))]
    pub ball_diameter: Option<f64>,
    /// Diameter of the cue ball, metres, 0.7 to 1.4 times that of the object balls.
    #[serde(default)]
    pub cue_ball_diameter: Option<f64>,
    /// Height of the nose above the bed, metres, 0.5 to 0.9 times the diameter of the balls.
    #[serde(default)]
    pub nose_height: Option<f64>,
    /// `true` to give the table pockets, `false` to take them away.
    #[serde(default)]
    pub pockets: Option<bool>,
    /// Width of the mouths of the corner pockets, metres, from 1.02 balls to 0.35 times the width of the bed.
    #[serde(default)]
    pub corner_width: Option<f64>,
    /// Width of the mouths of the side pockets, metres, from 1.02 balls to 0.35 times the width of the bed.
    #[serde(default)]
    pub side_width: Option<f64>,
}

impl TableChangeRequest {
    fn value(&self, dimension: TableDimension) -> Option<f64> {
        match dimension {
            TableDimension::Length => self.length,
            TableDimension::Width => self.width,
            TableDimension::BallDiameter => self.ball_diameter,
            TableDimension::CueBallDiameter => self.cue_ball_diameter,
            TableDimension::NoseHeight => self.nose_height,
            TableDimension::CornerWidth => self.corner_width,
            TableDimension::SideWidth => self.side_width,
        }
    }

    /// Returns a table with the changes; an error if it is impossible.
    fn apply(&self, table: TableSpec) -> Result<TableSpec, String> {
        let mut changed = TableSpec { kind: TableName::Custom, ..table };
        if let Some(wanted) = self.pockets {
            changed.set_pockets(wanted);
        }
        for dimension in TableDimension::ALL {
            let Some(value) = self.value(dimension) else { continue };
            if dimension.of(&changed).is_none() {
                return Err(format!("{} is {value}: expected none, for the table has no pockets", dimension.key()));
            }
            dimension.set(&mut changed, value);
        }
        changed.check().map(|()| changed).map_err(|error| error.to_string())
    }
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
        .api_route(&at("/tables"), read(tables, "tables", "Shipped tables"))
        .api_route(&at("/table"), read(table, "table", "Choice of table, and the table in force"))
        .api_route(
            &at("/table"),
            put_with(set_table, |op| {
                named("setTable", "Choose a table")(op).description(
                    "`auto` for a table that is estimated from the picture, the name of a shipped one, or the dimensions \
                     of a custom one, as in a table file.",
                )
            }),
        )
        .api_route(
            &at("/table"),
            patch_with(change_table, |op| {
                named("changeTable", "Change dimensions of the table in force")(op).description(
                    "The table becomes a custom one. Only the members that the request names are changed; without any, \
                     the dimensions stay as they are.",
                )
            }),
        )
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

async fn tables() -> Json<TablesData> {
    Json(TablesData::shipped())
}

async fn table(State(shared): State<Arc<Shared>>) -> Result<Json<TableReport>, Problem> {
    stands(&shared).map(|report| Json(report.table.clone()))
}

async fn set_table(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(TableRequest { table }): Body<TableRequest>,
) -> Answer {
    ask(&shared, SetupCommand::SetTable(table)).await
}

async fn change_table(
    State(shared): State<Arc<Shared>>,
    _: Operator,
    Body(change): Body<TableChangeRequest>,
) -> Answer {
    let invalid = |error: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error);
    let in_force = stands(&shared)?.table.spec.spec(TableName::Custom).map_err(|error| invalid(error.to_string()))?;
    let changed = change.apply(in_force).map_err(invalid)?;
    ask(&shared, SetupCommand::SetTable(TableChoice::Custom(changed))).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::TableKind;
    use serde_json::{Value, json};

    fn changed(table: TableKind, change: Value) -> Result<TableSpec, String> {
        let change: TableChangeRequest = serde_json::from_value(change).map_err(|error| error.to_string())?;
        change.apply(table.spec())
    }

    #[test]
    fn a_table_is_changed_by_its_dimensions() {
        let nine = TableKind::NINE_FOOT;
        let same = TableSpec { kind: TableName::Custom, ..nine.spec() };
        assert_eq!(changed(nine, json!({})), Ok(same));
        let longer = changed(nine, json!({"length": 2.6, "side_width": 0.14})).expect("possible");
        assert_eq!((longer.length, longer.width), (2.6, same.width));
        assert_eq!(longer.pockets.map(|pockets| pockets.side.width), Some(0.14));
        let carom = changed(nine, json!({"pockets": false, "ball_diameter": 0.0615})).expect("possible");
        assert_eq!((carom.pockets, carom.cue_ball.radius), (None, 0.5 * 0.0615));
        for (table, change, words) in [
            (nine, json!({"length": 96.0}), "length is 96: expected 0.4 to 5 metres"),
            (nine, json!({"nose_height": 0.06}), "nose_height is 0.06: expected"),
            (nine, json!({"pockets": false, "side_width": 0.14}), "pockets.side.width is 0.14: expected none"),
            (nine, json!({"lenght": 2.6}), "unknown field `lenght`"),
        ] {
            let error = changed(table, change).expect_err(words);
            assert!(error.contains(words), "{error}");
        }
    }
}
