//! The REST interface: `/api/v1/*`, described by an OpenAPI document that is generated from this very code.

mod calibration;
mod config;
mod debug;
mod diagnostics;
mod extract;
mod game;
mod health;
mod operation;
mod session;
mod vision;

use crate::{problem::Problem, state::Shared};
use aide::{
    axum::ApiRouter,
    openapi::{OpenApi, SecurityScheme, Tag},
    swagger::Swagger,
    transform::TransformOpenApi,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
};
use operation::tagged;
use std::sync::Arc;

/// Maximum length of a request's body, bytes.
pub(super) const MAX_BODY: usize = 64 * 1024;
/// Path of the OpenAPI document.
const DOCUMENT: &str = "/api/v1/openapi.json";
/// Path of the browsable form of the document.
const BROWSABLE: &str = "/api/docs";

/// Returns all routes, including the document that describes them.
pub(super) fn router() -> Router<Arc<Shared>> {
    // Types that are used in many places appear in the document once.
    aide::generate::extract_schemas(true);
    let mut document = OpenApi::default();
    let routes: Router<Arc<Shared>> = ApiRouter::new()
        .merge(tagged("health", health::routes()))
        .merge(tagged("session", session::routes()))
        .merge(tagged("vision", vision::routes()))
        .merge(tagged("calibration", calibration::routes()))
        .merge(tagged("game", game::routes()))
        .merge(tagged("config", config::routes()))
        .merge(tagged("debug", debug::routes()))
        .merge(tagged("debug", diagnostics::routes()))
        .finish_api_with(&mut document, describe);
    let document: Arc<str> = billiards_protocol::json(&document).into();
    let page = Swagger::new(DOCUMENT).with_title("Billiards Trainer: REST API").axum_handler();
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .route(
            DOCUMENT,
            get(move || async move { ([(header::CONTENT_TYPE, "application/json")], document.to_string()) }),
        )
        .merge(Router::new().route(BROWSABLE, get(page)).layer(map_response(with_its_own_scripts)))
}

fn describe(document: TransformOpenApi) -> TransformOpenApi {
    let tag = |name: &str, description: &str| Tag {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        ..Tag::default()
    };
    document
        .title("Billiards Trainer")
        .version(env!("CARGO_PKG_VERSION"))
        .summary("State of the table, calibration and settings.")
        .description(
            "From this computer everything can be looked at without a token; from elsewhere, and to change anything, a \
             token is needed: `Authorization: Bearer …`, or the cookie that `POST /api/v1/session` sets. Lengths are \
             metres in the table's frame: the origin is a corner where two nose lines meet, x runs across, y along. \
             Refusals are RFC 9457 problems with a stable `code`. A body that is not JSON (or TOML, where that is \
             taken) is answered with 400; a name or a value that is not possible with 422, a wrong value of a body with \
             the path of its key; an address, or something that it names, that does not exist with 404; what cannot be \
             done now with 409. Live data come over the WebSocket at `/api/v1/ws`.",
        )
        .tag(tag("health", "Health of the program."))
        .tag(tag("session", "Access tokens and roles."))
        .tag(tag("vision", "Camera pictures and detections."))
        .tag(tag("calibration", "Calibration of camera and projector."))
        .tag(tag("game", "Table and shot history."))
        .tag(tag("config", "Settings that can be changed while the program runs."))
        .tag(tag("debug", "Diagnostics."))
        .security_scheme(
            "operator",
            SecurityScheme::Http {
                scheme: "bearer".to_owned(),
                bearer_format: None,
                description: Some("Operator's token, shown in the program's panel.".to_owned()),
                extensions: Default::default(),
            },
        )
        .default_response::<Problem>()
}

/// Permits the browsable page's inline scripts.
async fn with_its_own_scripts(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let policy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
                  img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}
