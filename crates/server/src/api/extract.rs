//! Extractors of a request's parts, with refusals that say what was wrong.

use crate::{
    access::Role,
    problem::Problem,
    state::{BODY_TIMEOUT, Shared},
};
use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, path::ErrorKind, rejection::PathRejection},
    http::{StatusCode, Uri, header, request::Parts},
};
use billiards_table::{document, settings::Settings};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::{fmt::Display, sync::Arc};
use tokio::time::timeout;

/// A JSON body.
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<Shared>) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let essence = kind.split(';').next().unwrap_or("").trim();
        if !(essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")) {
            let detail = format!("the body is `{}`; application/json is expected", shortened(kind));
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        read_json(&bytes(request, state).await?).map(Self)
    }
}

/// Reads a JSON body. One that is not JSON is a bad request; one with an impossible value is invalid.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = text(body)?;
    document::from_json(text).map_err(|error| refusal(document::from_json::<IgnoredAny>(text).is_ok(), error))
}

/// Reads settings from a TOML body, with the refusals of [`read_json`].
pub(crate) fn read_toml(body: &[u8]) -> Result<Settings, Problem> {
    let text = text(body)?;
    Settings::from_toml(text).map_err(|error| refusal(document::from_toml::<IgnoredAny>(text).is_ok(), error))
}

fn text(body: &[u8]) -> Result<&str, Problem> {
    let refused = |error: std::str::Utf8Error| {
        Problem::new(StatusCode::BAD_REQUEST, format!("the body is not UTF-8 text: {error}"))
    };
    std::str::from_utf8(body).map_err(refused)
}

/// Returns the refusal of a body for an error in it; `is_document` says whether it is a document of its format at all.
fn refusal(is_document: bool, error: impl Display) -> Problem {
    let status = if is_document { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
    Problem::new(status, format!("the body: {error}"))
}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Json::<T>::operation_input(context, operation);
    }
}

/// Reads the whole body of a request.
pub(crate) async fn bytes(request: Request, state: &Arc<Shared>) -> Result<Bytes, Problem> {
    let Ok(bytes) = timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await else {
        let detail = format!("the body did not arrive within {} s", BODY_TIMEOUT.as_secs());
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
    };
    bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("the body is longer than {} KiB", super::MAX_BODY / 1024);
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, format!("the body: {rejection}")),
    })
}

/// Parameters that browsers and dashboards add to the address of a picture only to bypass a cache.
const CACHE_BUSTERS: [&str; 12] =
    ["_", "_t", "_ts", "t", "ts", "time", "timestamp", "cb", "nocache", "rand", "random", "rnd"];

/// The query parameters of an address. Unknown ones are refused, because they may be misspelt, except
/// [`CACHE_BUSTERS`].
pub(crate) struct Params<T>(pub T);

/// Returns an address without its cache busters.
fn without_cache_busters(uri: &Uri) -> Uri {
    let Some(query) = uri.query() else { return uri.clone() };
    let is_meant = |pair: &&str| !CACHE_BUSTERS.contains(&pair.split('=').next().unwrap_or_default());
    let meant: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).filter(is_meant).collect();
    // A part of a valid address is valid.
    format!("{}?{}", uri.path(), meant.join("&")).parse().unwrap_or_else(|_| uri.clone())
}

impl<T: DeserializeOwned> FromRequestParts<Arc<Shared>> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&without_cache_busters(&parts.uri)) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.body_text())),
        }
    }
}

impl<T: JsonSchema> OperationInput for Params<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Query::<T>::operation_input(context, operation);
    }
}

/// The parameters in the path of an address.
pub(crate) struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Shared>> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<Shared>) -> Result<Self, Problem> {
        let path = parts.uri.path().to_owned();
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let words = match error.kind() {
                    ErrorKind::ParseError { value, expected_type, .. } => {
                        format!("`{}` is no {expected_type}", shortened(value))
                    }
                    ErrorKind::DeserializeError { message, .. } | ErrorKind::Message(message) => message.clone(),
                    other => other.to_string(),
                };
                Err(Problem::new(StatusCode::NOT_FOUND, format!("nothing is at {path}: {words}")))
            }
            Err(error) => Err(Problem::new(StatusCode::BAD_REQUEST, error.body_text())),
        }
    }
}

impl<T: JsonSchema> OperationInput for InPath<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        Path::<T>::operation_input(context, operation);
    }
}

/// Proof that the request comes from an operator.
pub(crate) struct Operator;

impl FromRequestParts<Arc<Shared>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Problem> {
        match parts.extensions.get::<Role>() {
            Some(Role::Operator) => Ok(Self),
            _ if parts.headers.contains_key(header::AUTHORIZATION) || parts.headers.contains_key(header::COOKIE) => {
                let detail = "this needs the operator's token; the token sent is for viewing only, or is wrong";
                Err(Problem::new(StatusCode::FORBIDDEN, detail))
            }
            _ => {
                let detail = "this needs the operator's token: `Authorization: Bearer …`, or POST /api/v1/session";
                Err(Problem::new(StatusCode::UNAUTHORIZED, detail))
            }
        }
    }
}

impl OperationInput for Operator {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push([("operator".to_owned(), Vec::new())].into_iter().collect());
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use std::collections::BTreeMap;

    fn assert_refused(problem: Problem, status: u16, words: &str) {
        let shown = format!("{problem:?}");
        assert!(shown.contains(words), "{shown}");
        assert_eq!(problem.into_response().status().as_u16(), status, "{shown}");
    }

    #[test]
    fn a_body_of_another_format_is_told_from_an_impossible_value() {
        for (body, status, words) in [
            (&b"{\"length\": "[..], 400, "EOF"),
            (b"{\"length\": \"long\", ", 400, "length: invalid type"),
            (b"\"\xff\"", 400, "not UTF-8"),
            (b"", 400, "EOF"),
            (b"{} 9", 400, "trailing"),
            (b"{\"length\": \"long\"}", 422, "length: invalid type"),
            (b"{\"length\": 1e999}", 422, "length: number out of range"),
            (b"9", 422, "invalid type: integer"),
        ] {
            assert_refused(read_json::<BTreeMap<String, f64>>(body).expect_err(words), status, words);
        }
        for (body, status, words) in [
            ("[shot", 400, "not settings"),
            ("[shot]\nside = \"left\"", 422, "shot.side: invalid type"),
            ("[shot]\nside = 9.0", 422, "shot.side is 9: expected -0.5 to 0.5"),
        ] {
            assert_refused(read_toml(body.as_bytes()).expect_err(words), status, words);
        }
    }

    #[test]
    fn only_cache_busters_are_taken_out_of_an_address() {
        for (address, meant) in [
            ("/snapshot", "/snapshot"),
            ("/snapshot?overlay=true", "/snapshot?overlay=true"),
            ("/snapshot?t=1699", "/snapshot?"),
            ("/snapshot?overlay=true&_=1699", "/snapshot?overlay=true"),
            ("/snapshot?_=1&overlay=true&timestamp=2&fps=3&&", "/snapshot?overlay=true&fps=3"),
            ("/snapshot?t", "/snapshot?"),
            ("/snapshot?overlays=true&tt=1", "/snapshot?overlays=true&tt=1"),
        ] {
            let address: Uri = address.parse().expect("an address");
            assert_eq!(without_cache_busters(&address).to_string(), meant);
        }
    }
}
