//! `/api/v1/session`: a browser sends its token once, and keeps it in a cookie that scripts cannot read.

use crate::{
    access::{COOKIE, Role, is_local},
    api::{
        extract::Body,
        operation::{named, read},
    },
    problem::Problem,
    state::{Peer, Shared},
};
use aide::axum::{
    ApiRouter,
    routing::{delete_with, post_with},
};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Time that a browser keeps its token, seconds: half a year.
const KEPT: u32 = 180 * 24 * 3600;

/// Sender of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionData {
    /// Role of the sender.
    pub role: Role,
    /// `true` if the sender is on the server's computer and its request passed no proxy.
    pub loopback: bool,
}

/// A token to be kept in a cookie.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Token of the viewer or the operator, as shown in the panel.
    pub token: String,
}

pub(super) fn routes() -> ApiRouter<Arc<Shared>> {
    ApiRouter::new()
        .api_route("/api/v1/session", read(who, "session", "Role of the client"))
        .api_route(
            "/api/v1/session",
            post_with(enter, |op| {
                named("signIn", "Sign in: store a token in a cookie")(op).response::<200, Json<SessionData>>()
            }),
        )
        .api_route(
            "/api/v1/session",
            delete_with(leave, |op| {
                named("signOut", "Sign out: delete the cookie")(op).response::<200, Json<SessionData>>()
            }),
        )
}

async fn who(
    Extension(role): Extension<Role>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Json<SessionData> {
    Json(SessionData { role, loopback: is_local(&headers, peer.ip()) })
}

async fn enter(
    State(shared): State<Arc<Shared>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    Body(SignIn { token }): Body<SignIn>,
) -> Result<Response, Problem> {
    if !shared.guesses.allowed(peer.ip()) {
        let detail = "too many tokens were tried; wait a minute";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(60));
    }
    let role = shared.tokens.role(token.trim());
    if role == Role::None {
        let detail = "unknown token; use one that the program's panel shows";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail).with_code("wrong_token"));
    }
    let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={KEPT}", token.trim());
    Ok(with_cookie(&cookie, SessionData { role, loopback: is_local(&headers, peer.ip()) }))
}

async fn leave(Extension(Peer(peer)): Extension<Peer>, headers: HeaderMap) -> Response {
    let loopback = is_local(&headers, peer.ip());
    let role = if loopback { Role::Viewer } else { Role::None };
    let cookie = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    with_cookie(&cookie, SessionData { role, loopback })
}

fn with_cookie(cookie: &str, data: SessionData) -> Response {
    let mut response = Json(data).into_response();
    // A token consists of letters, digits, -, _ and dots: always a valid header value.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
